//! Flies worlds of the swarm, and says how many steps that was and how long it took.
//!
//! `cargo run --release -p outrider-sim --example swarm -- [WORLDS] [STEPS] [FIRST SEED]`

#![expect(clippy::print_stdout, reason = "the figure is what it is for")]

use std::process::ExitCode;
use std::time::Instant;

use outrider_sim::{Calm, fly_swarm};

fn main() -> ExitCode {
    let (worlds, steps, first) = (argument(1, 256), argument(2, 3_000), argument(3, 0));
    let (mut all, mut broken, began) = (Calm::default(), 0, Instant::now());
    for seed in first..first + worlds {
        match fly_swarm(seed, steps) {
            Ok(calm) => all += calm,
            Err(breach) => {
                broken += 1;
                println!("{breach}");
            }
        }
    }
    let took_s = began.elapsed().as_secs_f64();
    println!("{worlds} worlds, {broken} of them broken; {} steps in {took_s:.1} s: {all:?}", all.steps);
    if broken > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn argument(nth: usize, default: u64) -> u64 {
    let told = std::env::args().nth(nth);
    told.map_or(default, |told| told.parse().unwrap_or_else(|_| panic!("{told:?} is not a whole number")))
}
