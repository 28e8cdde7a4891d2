//! When the weather has been fine for a while, users are served: nothing that faults have left behind keeps them out. But for
//! the storm guard, which remembers for two minutes what hosts refused.

use outrider_core::Time;

use super::Checker;
use crate::measured::Row;
use crate::world::World;

/// So many in a hundred; a limit of one request a host may refuse the others even then.
const SERVED_PERCENT: u64 = 90;

/// Of the users who came after `since`; storm guards have refused `shed` requests since then.
pub(super) struct Recovery {
    pub(super) since: Time,
    pub(super) shed: u64,
}

impl Checker for Recovery {
    fn name(&self) -> &'static str {
        "recovery"
    }

    fn check(&mut self, world: &World) -> Result<(), String> {
        let since_us = self.since.as_nanos() / 1_000;
        let rows = world.record.rows.iter().rev().flatten();
        let late: Vec<&Row> = rows.take_while(|row| row.scheduled_us >= since_us).collect();
        let (users, served) = (late.len() as u64, late.iter().filter(|row| row.end.is_good()).count() as u64);
        if (served + self.shed) * 100 < users * SERVED_PERCENT {
            return Err(format!("{served} of the last {users} users were served, {} requests shed", self.shed));
        }
        Ok(())
    }
}
