//! Worlds drawn at random break nothing. `OUTRIDER_SWARM=SEEDS,STEPS` flies more of them.

use outrider_sim::{Calm, fly_swarm};

/// Seeds that broke something once.
const KEPT: [u64; 3] = [24, 87, 164];

fn how_many() -> (u64, u64) {
    let told = std::env::var("OUTRIDER_SWARM").ok();
    let numbers = told.as_deref().and_then(|text| text.split_once(','));
    let numbers = numbers.and_then(|(seeds, steps)| Some((seeds.parse().ok()?, steps.parse().ok()?)));
    numbers.unwrap_or((256, 3_000))
}

#[test]
fn no_world_of_the_swarm_breaks_a_rule() {
    let (seeds, steps) = how_many();
    let (mut all, mut broken) = (Calm::default(), Vec::new());
    for seed in KEPT.into_iter().chain(0..seeds) {
        match fly_swarm(seed, steps) {
            Ok(calm) => {
                all.steps += calm.steps;
                all.requests += calm.requests;
                all.retries += calm.retries;
                all.stood_in_line += calm.stood_in_line;
                all.trials += calm.trials;
            }
            Err(breach) => broken.push(breach.to_string()),
        }
    }
    assert!(broken.is_empty(), "{} of {seeds} worlds are broken:\n{}", broken.len(), broken.join("\n"));
    println!("{all:?}");
    // A swarm in which nothing happens proves nothing.
    assert!(all.retries > seeds && all.stood_in_line > seeds && all.trials > seeds / 4, "{all:?}");
}
