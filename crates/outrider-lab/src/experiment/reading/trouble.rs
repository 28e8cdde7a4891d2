//! What happens to hosts in a round, and what counts as recovered.

use std::time::Duration;

use serde_saphyr::Spanned;

use super::{HOUR, Judge};
use crate::ScriptedFault;
use crate::experiment::Join;
use crate::experiment::written::{WrittenJoin, WrittenRecovery};
use outrider_sim::{Mistake, Recovery};

impl Judge {
    pub(super) fn faults(
        &mut self,
        faults: &[Spanned<ScriptedFault>],
        hosts: usize,
        length: Duration,
    ) -> Vec<ScriptedFault> {
        for fault in faults {
            self.moment(fault, fault.value.host, fault.value.at, (hosts, length));
        }
        faults.iter().map(|fault| fault.value).collect()
    }

    pub(super) fn joins(&mut self, joins: &[Spanned<WrittenJoin>], hosts: usize, length: Duration) -> Vec<Join> {
        for join in joins {
            self.moment(join, join.value.host, join.value.at.0, (hosts, length));
        }
        let joins: Vec<Join> = joins.iter().map(|join| Join { host: join.value.host, at: join.value.at.0 }).collect();
        if joins.len() >= hosts {
            self.mistakes.push(Mistake::of_all("joins: a host must be there at first"));
        }
        joins
    }

    /// Something that happens to `host` at `at` of the round.
    fn moment<T>(&mut self, place: &Spanned<T>, host: usize, at: Duration, (hosts, length): (usize, Duration)) {
        if host >= hosts {
            self.note(place, format!("there is no host {host}: they are 0 to {}", hosts - 1));
        }
        if at >= length {
            self.note(place, format!("at {at:?} the round is over: warm_up and measured are {length:?} together"));
        }
    }

    pub(super) fn recovery(&mut self, recovery: Option<&Spanned<WrittenRecovery>>, hosts: usize) -> Option<Recovery> {
        let written = recovery?;
        match written.value {
            WrittenRecovery::Goodput => Some(Recovery::Goodput),
            WrittenRecovery::Latency => Some(Recovery::Latency),
            WrittenRecovery::Host(host) => {
                self.moment(written, host, Duration::ZERO, (hosts, HOUR));
                Some(Recovery::Host(host))
            }
        }
    }
}
