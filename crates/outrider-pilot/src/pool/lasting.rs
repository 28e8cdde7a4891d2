//! What the rules of a pool keep from view to view, brought up to date.

use std::net::SocketAddr;
use std::sync::Arc;

use super::Pool;
use super::member::Role;
use crate::live::{PoolInFlight, Turn};
use crate::settings::StrategyKind;
use crate::strategies::Lasting;
use crate::strategies::ring::Ring;

impl Lasting {
    pub(super) fn new() -> Lasting {
        Lasting { turn: Arc::new(Turn::new()), in_flight: Arc::new(PoolInFlight::new()), ring: None }
    }
}

impl Pool {
    /// Makes the ring that `roles` ask for, unless it is there. Hosts that get no requests for now keep their points: a
    /// key that finds one walks on, and back when it returns.
    pub(super) fn settle_ring(&mut self, roles: &[Role]) {
        if self.settings.strategy != StrategyKind::ConsistentHash {
            self.lasting.ring = None;
            return;
        }
        let hosts = |roles: &[Role]| -> Vec<(SocketAddr, u64)> {
            roles.iter().map(|role| (role.address, role.share)).collect()
        };
        let wanted = hosts(roles);
        if self.lasting.ring.is_none() || wanted != hosts(&self.roles) {
            self.lasting.ring = Some(Arc::new(Ring::new(&wanted)));
        }
    }

    /// Adds up what is in flight, for the rule that needs it.
    pub(super) fn note_in_flight(&self) {
        if self.settings.strategy == StrategyKind::ConsistentHash {
            let in_flight = self.members.values().map(|member| u64::from(member.host.live.in_flight()));
            self.lasting.in_flight.set(in_flight.sum());
        }
    }

    #[cfg(test)]
    pub(crate) fn ring(&self) -> Option<&Arc<Ring>> {
        self.lasting.ring.as_ref()
    }
}
