//! What the pilot counts on a host is what the world knows: requests in flight, and those that stand in line.

use std::collections::BTreeMap;

use outrider_pilot::Host;

use super::Checker;
use crate::balancer::host_at;
use crate::world::World;

pub(super) struct Counts;

impl Checker for Counts {
    fn name(&self) -> &'static str {
        "counts"
    }

    fn check(&mut self, world: &World) -> Result<(), String> {
        for (index, balancer) in (0..).zip(&world.balancers) {
            let truth = Truth::of(world, index);
            for host in balancer.view().candidates() {
                truth.compare(index, host)?;
            }
        }
        Ok(())
    }
}

/// Requests in flight and in line by host, as the world knows them.
#[derive(Default)]
struct Truth(BTreeMap<u16, (u32, u32)>);

impl Truth {
    fn of(world: &World, balancer: u16) -> Truth {
        let mut truth = Truth::default();
        let journeys = world.journeys.ids().filter_map(|id| world.journeys.get(id));
        for journey in journeys.filter(|journey| journey.balancer == balancer) {
            if let Some(exchange) = &journey.passage.exchange {
                truth.at(exchange.host()).0 += 1;
            }
            if let Some(waiting) = &journey.passage.waiting {
                truth.at(waiting.host()).1 += 1;
            }
        }
        truth
    }

    fn at(&mut self, host: &Host) -> &mut (u32, u32) {
        self.0.entry(host_at(host.address)).or_default()
    }

    fn compare(&self, balancer: u16, host: &Host) -> Result<(), String> {
        let index = host_at(host.address);
        let (in_flight, pending) = self.0.get(&index).copied().unwrap_or_default();
        let counted = (host.live.in_flight(), host.live.pending());
        if counted == (in_flight, pending) {
            return Ok(());
        }
        Err(format!(
            "balancer {balancer} counts {counted:?} in flight and in line at host {index}, not {in_flight} and {pending}"
        ))
    }
}
