//! Hosts that have left the pool, kept for a while: a name that resolves to other addresses for a minute, or a file
//! written in two steps, must not wipe out counters, ejections and drains.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use outrider_core::Time;

use super::member::Member;

/// How long a host is remembered.
const REMEMBERED: Duration = Duration::from_secs(600);
/// Members by address, each with the time of its removal.
#[derive(Debug, Default)]
pub(super) struct Removed(BTreeMap<SocketAddr, (Time, Member)>);

impl Removed {
    /// How many are remembered; beyond that the oldest are forgotten.
    pub(super) const MAX: usize = 4096;

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The member at `address`, if it was removed less than 10 minutes ago.
    pub(super) fn take(&mut self, address: SocketAddr, now: Time) -> Option<Member> {
        let (since, member) = self.0.remove(&address)?;
        (now.since(since) < REMEMBERED).then_some(member)
    }

    pub(super) fn extend(&mut self, members: impl Iterator<Item = Member>, now: Time) {
        self.0.retain(|_, (since, _)| now.since(*since) < REMEMBERED);
        self.0.extend(members.map(|member| (member.host.address, (now, member))));
        while self.0.len() > Removed::MAX {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let oldest = self.0.iter().min_by_key(|(_, (since, _))| *since);
        if let Some(address) = oldest.map(|(&address, _)| address) {
            self.0.remove(&address);
        }
    }
}
