//! When the weather has cleared: everybody has an answer, nothing is counted as in flight or expected, every host is in use
//! again, and who predicts goes by a table of late.

use std::time::Duration;

use super::Checker;
use super::truth::{Tally, Truth};
use crate::balancer::Balancer;
use crate::world::World;

/// A table that is refreshed is never older than its period and two ticks.
const TICKS: Duration = Duration::from_millis(200);

pub(super) struct Rest;

impl Checker for Rest {
    fn name(&self) -> &'static str {
        "rest"
    }

    fn check(&mut self, world: &World) -> Result<(), String> {
        let waiting = world.journeys.len();
        if waiting > 0 {
            return Err(format!("{waiting} users still wait"));
        }
        for (index, balancer) in (0..).zip(&world.balancers) {
            let wrong = leftover(world, index).or_else(|| unused(world, balancer)).or_else(|| stale(world, balancer));
            if let Some(wrong) = wrong {
                return Err(format!("balancer {index} {wrong}"));
            }
        }
        Ok(())
    }
}

fn leftover(world: &World, balancer: u16) -> Option<String> {
    let held = Truth::of(world, balancer).hosts().any(|(host, _)| {
        let live = &host.live;
        let (in_flight, in_line) = (live.in_flight(), live.pending());
        let (expected, outstanding_ns) = (live.expected(), live.outstanding_ns());
        Tally { in_flight, in_line, expected, outstanding_ns } != Tally::default()
    });
    held.then(|| "counts what nobody waits for".to_owned())
}

fn unused(world: &World, balancer: &Balancer) -> Option<String> {
    let (view, there) = (balancer.view(), world.hosts.len());
    let states = || balancer.statuses().into_iter().map(|host| (host.address, host.state)).collect::<Vec<_>>();
    (view.eligible() < there || view.panic())
        .then(|| format!("uses {} of {there} hosts: {:?}", view.eligible(), states()))
}

fn stale(world: &World, balancer: &Balancer) -> Option<String> {
    let table = balancer.expected(0, 0, None)?;
    let age = balancer.clock.of_control(world.now).since(table.written);
    (age > balancer.view().settings().predict.refresh + TICKS).then(|| format!("goes by a table {age:?} old"))
}
