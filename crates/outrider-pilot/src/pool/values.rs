//! What a pool that is picked from by Q-learning has learnt, and its publication: with the next tick after a change.

use std::net::SocketAddr;
use std::sync::Arc;

use super::Pool;
use super::member::{Member, Role};
use crate::prediction::Outcome;
use crate::q_learning::{LinearPolicy, Policy, Saved, SavedError, Seat, Student, TablePolicy, Usual, Values};
use crate::strategies::Candidate;

/// How fast the usual number in flight follows what is seen at a tick.
const USUAL_SHARE: f32 = 0.1;

/// What one pool has learnt, and what of that is not published yet.
#[derive(Debug, Default)]
pub(super) struct Lessons {
    /// None where the rule learns nothing.
    student: Option<Student>,
    /// Requests in flight at a host, as they usually are.
    in_flight: f32,
    changed: bool,
}

impl Pool {
    /// What has been learnt, for a file: to be given to [`Pool::adopt_values`] after a restart. `None` where the rule learns
    /// nothing.
    pub fn values(&self) -> Option<Vec<u8>> {
        let student = self.lessons.student.as_ref()?;
        Some(Saved::bytes(&student.values, student.epsilon, &self.settings.q_learning))
    }

    /// Goes on from what [`Pool::values`] once said.
    ///
    /// # Errors
    /// When it is damaged, or of other hosts, another rule or other settings. What was learnt here then stays.
    pub fn adopt_values(&mut self, bytes: &[u8]) -> Result<(), SavedError> {
        let saved = Saved::read(bytes, &self.settings.q_learning)?;
        let fresh = self.fresh_student().ok_or(SavedError::Unwanted)?;
        if !saved.values.is_like(&fresh.values) {
            return Err(SavedError::Unwanted);
        }
        self.lessons.student = Some(fresh.knowing(saved.values, saved.epsilon));
        self.version += 1;
        Ok(())
    }

    fn fresh_student(&self) -> Option<Student> {
        let hosts: Vec<SocketAddr> = self.members.keys().copied().collect();
        Student::new(self.settings.strategy, &hosts, &self.settings.q_learning)
    }

    /// Makes sure that what is learnt is what the rule needs, of the hosts that there are. A table of other hosts is none.
    pub(super) fn settle_student(&mut self) {
        let fresh = self.fresh_student();
        let fits = |kept: &Student| fresh.as_ref().is_some_and(|fresh| kept.values.is_like(&fresh.values));
        self.lessons.student = self.lessons.student.take().filter(fits).or(fresh);
        if let Some(student) = &mut self.lessons.student {
            student.keep(|host| self.members.contains_key(host));
        }
    }

    /// What was learnt under other settings is worth nothing.
    pub(super) fn forget_values(&mut self) {
        self.lessons = Lessons::default();
    }

    pub(super) fn learn_value(&mut self, outcome: &Outcome) {
        if let (Some(student), Some(experience)) = (&mut self.lessons.student, &outcome.experience) {
            self.lessons.changed |= student.learn(outcome, experience, &self.settings.q_learning);
        }
    }

    /// Publishes what was learnt since the last tick.
    #[allow(clippy::cast_precision_loss)] // counts far below 2^24
    pub(super) fn publish_values(&mut self) {
        if self.lessons.student.is_none() {
            return;
        }
        let in_flight = self.members.values().map(|member| member.host.live.in_flight() as f32).sum::<f32>();
        let mean = in_flight / self.members.len().max(1) as f32;
        self.lessons.in_flight += USUAL_SHARE * (mean - self.lessons.in_flight);
        self.version += u64::from(std::mem::take(&mut self.lessons.changed));
    }

    /// What is known, over `candidates`.
    pub(super) fn policy(&self, candidates: &[Candidate], is_candidate: impl Fn(&Role) -> bool) -> Option<Arc<Policy>> {
        let student = self.lessons.student.as_ref()?;
        let known = match &student.values {
            Values::Table(table) => {
                let members = self.roles.iter().zip(self.members.values());
                let seat = |(role, member): (&Role, &Member)| Seat {
                    host: Arc::clone(&member.host),
                    response_ms: student.response_ms(role.address),
                    fit: is_candidate(role),
                };
                TablePolicy::new(table, members.map(seat).collect(), &self.settings).into()
            }
            Values::Linear { weights, .. } => {
                let responses_ms = |candidate: &Candidate| student.response_ms(candidate.host.address);
                let responses_ms: Vec<Option<f32>> = candidates.iter().map(responses_ms).collect();
                let usual = Usual::of(self.lessons.in_flight, &responses_ms);
                let penalty_per_ms = self.settings.q_learning.penalty_per_ms;
                LinearPolicy::new(weights, usual, candidates, &responses_ms, penalty_per_ms, self.version).into()
            }
        };
        Some(Arc::new(Policy { epsilon: student.epsilon, known }))
    }
}

#[cfg(test)]
mod tests;
