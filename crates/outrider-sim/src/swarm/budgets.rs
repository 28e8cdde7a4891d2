//! In the ten seconds before every retry, by the clock of the core that makes it, there are no more of them than the budget says.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use outrider_core::Time;
use outrider_pilot::RetrySettings;

use super::Checker;
use crate::world::{Act, World};

const WINDOW: Duration = Duration::from_secs(10);
/// No core's clock is further behind.
const LAG: Duration = Duration::from_millis(5);

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
        for (balancer, act) in &world.witness.acts {
            let now = world.balancers[usize::from(*balancer)].reads(world.now);
            let ledger = self.ledgers.entry(*balancer).or_default();
            match act {
                Act::Shed | Act::Picked(_) => {}
                Act::Asked => ledger.requests.push_back(now),
                Act::Retried => {
                    ledger.retries.push_back(now);
                    let (retries, requests) = ledger.before(now);
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

impl Ledger {
    /// Retries and requests in the window before `now`. What has happened and bears a later time is from a core whose clock is
    /// ahead: a request is one all the same, a retry is held against the window before itself.
    fn before(&mut self, now: Time) -> (f64, f64) {
        forget(&mut self.retries, now);
        forget(&mut self.requests, now);
        let within = |time: &&Time| now.since(**time) < WINDOW;
        let retries = self.retries.iter().filter(within).filter(|time| **time <= now);
        (retries.count() as f64, self.requests.iter().filter(within).count() as f64)
    }
}

fn forget(times: &mut VecDeque<Time>, now: Time) {
    while times.front().is_some_and(|time| now.since(*time) >= WINDOW + LAG) {
        times.pop_front();
    }
}
