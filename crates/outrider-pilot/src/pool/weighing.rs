//! The weights that hosts earn by their reports, for pools that are picked from by `grpc_wrr`: once a second, on the slow
//! path. What they are is said in [`crate::strategies::grpc_wrr`]; here is whose they are and when they are published.
//!
//! A new view costs a sequence, so a round that changes no share by more than a twentieth changes none. Earned shares
//! stand in for configured weights, which count again where fewer than two hosts have reported; a weight of 0 stays 0.

use outrider_core::Time;

use super::Pool;
use super::member::{Member, Part};
use crate::settings::StrategyKind;
use crate::strategies::grpc_wrr;

impl Pool {
    /// Renews the weights if that is due.
    pub(super) fn weigh(&mut self) {
        let is_due = self.weighed.is_none_or(|last| self.now.since(last) >= grpc_wrr::UPDATE);
        if self.settings.strategy != StrategyKind::GrpcWrr || !is_due {
            return;
        }
        self.weighed = Some(self.now);
        let now = self.now;
        let weights: Vec<Option<f64>> = self.members.values_mut().map(|member| member.earned_weight(now)).collect();
        let shares = grpc_wrr::shares(&weights);
        let share = |nth: usize| shares.as_ref().map(|shares| shares[nth]);
        if !self.members.values().enumerate().any(|(nth, member)| differs(member.earned_share, share(nth))) {
            return;
        }
        for (nth, member) in self.members.values_mut().enumerate() {
            member.earned_share = share(nth);
        }
        self.settle();
    }
}

impl Member {
    /// What the host has earned, if that counts now. One that is not fit earns nothing, and begins anew when it returns.
    fn earned_weight(&mut self, now: Time) -> Option<f64> {
        if self.role().part != Part::Fit {
            self.earned.restart();
            return None;
        }
        let failing = 1.0 - self.record.success_rate().unwrap_or(1.0);
        if let Some(report) = self.host.live.report(now) {
            self.earned.hear(&report, failing, now);
        }
        self.earned.weight(now)
    }
}

/// Whether a share has changed enough to be published.
fn differs(before: Option<u64>, after: Option<u64>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => before.abs_diff(after) * 20 > before,
        (before, after) => before.is_some() != after.is_some(),
    }
}

#[cfg(test)]
mod tests;
