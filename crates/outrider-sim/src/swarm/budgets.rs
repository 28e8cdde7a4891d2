//! In the ten seconds before every retry there are no more of them than the budget says.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use outrider_core::Time;
use outrider_pilot::RetrySettings;

use super::Checker;
use crate::world::{Act, World};

const WINDOW: Duration = Duration::from_secs(10);

/// A ledger of its own, by balancer.
pub(super) struct Budgets {
    ratio: f64,
    min_per_s: u32,
    ledgers: BTreeMap<u16, Ledger>,
}

#[derive(Default)]
struct Ledger {
    requests: VecDeque<Time>,
    retries: VecDeque<Time>,
}

impl Budgets {
    pub(super) fn new(settings: &RetrySettings) -> Budgets {
        Budgets { ratio: settings.budget_ratio, min_per_s: settings.budget_min_per_s, ledgers: BTreeMap::new() }
    }
}

impl Checker for Budgets {
    fn name(&self) -> &'static str {
        "budgets"
    }

    fn check(&mut self, world: &World) -> Result<(), String> {
        let now = world.now;
        for (balancer, act) in &world.witness.acts {
            let ledger = self.ledgers.entry(*balancer).or_default();
            match act {
                Act::Asked => note(&mut ledger.requests, now),
                Act::Picked(_) => {}
                Act::Retried => {
                    note(&mut ledger.retries, now);
                    let retries = recent(&mut ledger.retries, now);
                    let requests = recent(&mut ledger.requests, now);
                    let allowed = self.ratio * requests + f64::from(self.min_per_s) * WINDOW.as_secs_f64();
                    if retries > allowed + 1e-9 {
                        return Err(format!(
                            "{retries} retries of {requests} requests at balancer {balancer}, {allowed} allowed"
                        ));
                    }
                }
            }
        }
        Ok(())
    }
}

fn note(times: &mut VecDeque<Time>, now: Time) {
    times.push_back(now);
}

/// How many there were in the window.
fn recent(times: &mut VecDeque<Time>, now: Time) -> f64 {
    while times.front().is_some_and(|time| now.since(*time) >= WINDOW) {
        times.pop_front();
    }
    times.len() as f64
}
