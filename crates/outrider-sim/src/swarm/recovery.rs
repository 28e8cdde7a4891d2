//! When the weather has been fine for a while, users are served: nothing that faults have left behind keeps them out. But for
//! the storm guard, which remembers for two minutes what hosts refused.

use outrider_core::Time;

use super::Checker;
use crate::balancer::Balancer;
use crate::measured::Row;
use crate::world::World;

/// So many in a hundred; a limit of one request a host may refuse the others even then.
const SERVED_PERCENT: usize = 90;

/// Of the users who came after `since`.
pub(super) struct Recovery {
    pub(super) since: Time,
}

impl Checker for Recovery {
    fn name(&self) -> &'static str {
        "recovery"
    }

    fn check(&mut self, world: &World) -> Result<(), String> {
        let since_us = self.since.as_nanos() / 1_000;
        let rows = world.record.rows.iter().rev().flatten();
        let late: Vec<&Row> = rows.take_while(|row| row.scheduled_us >= since_us).collect();
        let served = late.iter().filter(|row| row.end.is_good()).count();
        if served * 100 < late.len() * SERVED_PERCENT && !is_shedding(world) {
            return Err(format!("{served} of the last {} users were served", late.len()));
        }
        Ok(())
    }
}

fn is_shedding(world: &World) -> bool {
    let sheds = |balancer: &Balancer| !balancer.view().storm_guard().shedding(balancer.reads(world.now)).is_empty();
    world.balancers.iter().any(sheds)
}
