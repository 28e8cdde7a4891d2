//! Worlds drawn at random break nothing. `cargo run --release -p outrider-sim --example swarm` flies more of them.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use outrider_sim::{Breach, Calm, fly_swarm};

const SEEDS: u64 = 256;
const STEPS: u64 = 3_000;
const KEPT: &str = "tests/sim/kept.txt";

/// Seeds and steps of worlds that broke something once.
fn kept() -> Vec<(u64, u64)> {
    let read = |line: &str| {
        let mut words = line.split_whitespace();
        let mut number = || words.next()?.parse().ok();
        let numbers = number().zip(number());
        numbers.unwrap_or_else(|| panic!("{KEPT}: {line:?} does not begin with seed and steps"))
    };
    let lines = include_str!("kept.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(read).collect()
}

fn keep(breach: &Breach, steps: u64) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(KEPT);
    let line = format!("{} {steps} {}: {}\n", breach.seed, breach.rule, breach.what);
    let kept = OpenOptions::new().append(true).open(&path).and_then(|mut file| file.write_all(line.as_bytes()));
    kept.unwrap_or_else(|error| panic!("{}: {error}; it should say {line}", path.display()));
}

#[test]
fn no_world_of_the_swarm_breaks_a_rule() {
    let (mut all, mut broken) = (Calm::default(), Vec::new());
    let kept = kept();
    for (seed, steps) in kept.iter().copied().chain((0..SEEDS).map(|seed| (seed, STEPS))) {
        match fly_swarm(seed, steps) {
            Ok(calm) => all += calm,
            Err(breach) => {
                if !kept.contains(&(seed, steps)) {
                    keep(&breach, steps);
                }
                broken.push(breach.to_string());
            }
        }
    }
    assert!(broken.is_empty(), "{} worlds are broken, kept in {KEPT}:\n{}", broken.len(), broken.join("\n"));
    println!("{all:?}");
    // A swarm in which nothing happens proves nothing.
    let often = [all.retries, all.stood_in_line, all.foreseen / 10, all.trials * 4];
    assert!(often.iter().all(|times| *times > SEEDS), "{all:?}");
}
