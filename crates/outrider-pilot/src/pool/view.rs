//! A pool as the fast path sees it: immutable, with the hosts' atomics behind it.
//!
//! Cost of a pick: what its rule costs, plus one virtual call and two branches. No lock, no allocation.

mod explaining;

use std::net::SocketAddr;
use std::sync::Arc;

use outrider_core::{ClassId, Time};

use super::Pool;
use super::member::{Part, Role};
use crate::exchange::Host;
use crate::guards::breaker::{Place, find_place};
use crate::guards::retry_budget::RetryBudget;
use crate::guards::storm::StormGuard;
use crate::picker::Picker;
use crate::prediction::{Doubt, Work};
use crate::q_learning::{Lesson, Policy};
use crate::settings::{PoolSettings, StrategyKind};
use crate::strategies::predictive::Forecast;
use crate::strategies::{self, Candidate, Field, Rule};

pub use explaining::{Explanation, Quoted};

/// One publication of a pool.
#[derive(Debug)]
pub struct PoolView {
    settings: Arc<PoolSettings>,
    strategy: Box<dyn Rule>,
    /// What is expected, where the pool predicts and something is known.
    forecast: Option<Arc<Forecast>>,
    predicts: bool,
    /// What was learnt, where the pool is picked from by Q-learning.
    policy: Option<Arc<Policy>>,
    candidates: Box<[Candidate]>,
    trials: Box<[Candidate]>,
    budget: RetryBudget,
    storm_guard: StormGuard,
    panic: bool,
    hosts: usize,
    fit: usize,
}

/// What a pick is for.
#[derive(Clone, Copy, Debug)]
pub struct PickRequest<'a> {
    /// The class of the request.
    pub class: ClassId,
    /// Hosts that this request has been to.
    pub tried: &'a [SocketAddr],
    /// Whether it may be sent twice: only such requests try out a host that was ejected.
    pub repeatable: bool,
    /// Its size, as far as its head tells: >= 0, in whatever unit its class is measured in.
    pub size: Option<f32>,
    /// The hash of what shall stick to a host, where the pool goes by that and the request has it.
    pub key: Option<u64>,
    /// The time.
    pub now: Time,
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub struct Pick<'a> {
    /// The host.
    pub host: &'a Arc<Host>,
    /// It tries out a host that was ejected: pass it on to [`Exchange::begin`](crate::Exchange::begin) at once, or the
    /// next trial has to wait.
    pub trial: bool,
    /// The host is at its limit: wait for a place ([`Waiting`](crate::Waiting)) until
    /// [`Exchange::try_begin`](crate::Exchange::try_begin) finds one.
    pub full: bool,
    /// The host's weight, rounded up to a whole number.
    pub weight: u32,
    /// What is expected of the request there, where the pool predicts: pass it on to
    /// [`Exchange::carrying`](crate::Exchange::carrying).
    pub work: Option<Work>,
    /// What it was picked by, where the pool learns by Q-learning: pass it on to
    /// [`Exchange::teaching`](crate::Exchange::teaching).
    pub lesson: Option<Lesson>,
}

/// Why no host can be picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoHost {
    /// The pool has none.
    #[error("the pool has no hosts")]
    Empty,
    /// All are drained or weigh nothing.
    #[error("all hosts of the pool are drained")]
    AllUnavailable,
    /// All are at their limit, and so are their queues.
    #[error("all hosts of the pool are full")]
    Saturated,
    /// This request has been to all of them.
    #[error("the request has been tried on every host of the pool")]
    AllTried,
}

impl PoolView {
    pub(super) fn new(pool: &Pool) -> PoolView {
        let of = |is_wanted: &dyn Fn(&Role) -> bool| -> Box<[Candidate]> {
            let members = pool.roles.iter().zip(pool.members.values());
            let wanted = members.filter(|(role, _)| is_wanted(role));
            wanted.map(|(role, member)| Candidate::new(Arc::clone(&member.host), role.share)).collect()
        };
        let is_candidate = |role: &Role| role.is_fit() || pool.panic && role.is_usable();
        let candidates = of(&is_candidate);
        let table = pool.table().filter(|_| pool.predicts());
        let forecast = table.map(|table| Arc::new(Forecast::new(&pool.settings, &candidates, table)));
        let policy = pool.policy(&candidates, is_candidate);
        PoolView {
            strategy: strategies::build(&pool.settings, &candidates, &pool.lasting, forecast.as_ref(), policy.as_ref()),
            forecast,
            policy,
            predicts: pool.predicts(),
            candidates,
            trials: of(&|role| role.part == Part::Trial),
            settings: Arc::clone(&pool.settings),
            budget: pool.budget.clone(),
            storm_guard: pool.storm_guard.clone(),
            panic: pool.panic,
            hosts: pool.members.len(),
            fit: pool.roles.iter().filter(|role| role.is_fit()).count(),
        }
    }

    /// The pool's name.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// What the pool is told to do.
    pub fn settings(&self) -> &PoolSettings {
        &self.settings
    }

    /// The pool's retry budget.
    pub fn retry_budget(&self) -> &RetryBudget {
        &self.budget
    }

    /// The pool's storm guard.
    pub fn storm_guard(&self) -> &StormGuard {
        &self.storm_guard
    }

    /// Whether all hosts are used because too few are fit.
    pub fn panic(&self) -> bool {
        self.panic
    }

    /// How many hosts the pool has.
    pub fn len(&self) -> usize {
        self.hosts
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.hosts == 0
    }

    /// How many of them are fit: neither drained, unhealthy, ejected nor on trial.
    pub fn eligible(&self) -> usize {
        self.fit
    }

    /// The hosts that may be picked now, those on trial apart.
    pub fn candidates(&self) -> impl ExactSizeIterator<Item = &Arc<Host>> {
        self.candidates.iter().map(|candidate| &candidate.host)
    }

    /// Whether picks say what is expected of their requests, which is learnt from.
    #[inline]
    pub fn predicts(&self) -> bool {
        self.predicts
    }

    /// Why no choice may go by the table at `now`; `None`: it may.
    pub fn doubt(&self, now: Time) -> Option<Doubt> {
        self.forecast.as_ref().map_or(Some(Doubt::Unknown), |forecast| forecast.doubt(now))
    }

    /// Where the request goes.
    pub fn pick(&self, request: &PickRequest<'_>, picker: &mut Picker) -> Result<Pick<'_>, NoHost> {
        self.pick_by(request, picker, |field, picker| self.strategy.pick(field, picker))
    }

    #[inline]
    fn pick_by(
        &self,
        request: &PickRequest<'_>,
        picker: &mut Picker,
        select: impl FnOnce(&Field<'_>, &mut Picker) -> Option<usize>,
    ) -> Result<Pick<'_>, NoHost> {
        picker.begin_pick();
        if let Some(candidate) = self.claim_trial(request) {
            return Ok(Pick { trial: true, ..picked(candidate, false) });
        }
        if self.candidates.is_empty() {
            return Err(if self.hosts == 0 { NoHost::Empty } else { NoHost::AllUnavailable });
        }
        let field = Field { candidates: &self.candidates, request };
        if let Some(at) = select(&field, picker) {
            return Ok(self.picked(&field, at, false, picker));
        }
        match find_place(&field, self.settings.breaker.max_pending, picker.random())? {
            Place::Open(at) => Ok(self.picked(&field, at, false, picker)),
            Place::Queue(at) => Ok(self.picked(&field, at, true, picker)),
        }
    }

    #[inline]
    fn picked(&self, field: &Field<'_>, at: usize, full: bool, picker: &mut Picker) -> Pick<'_> {
        let work = self.predicts.then(|| self.work(field, at, picker));
        let lesson = self.policy.as_ref().map(|policy| Lesson::of(policy, field, at));
        Pick { work, lesson, ..picked(&self.candidates[at], full) }
    }

    #[allow(clippy::cast_precision_loss)] // counts far below 2^24
    fn work(&self, field: &Field<'_>, at: usize, picker: &mut Picker) -> Work {
        let known = self.forecast.as_ref().and_then(|forecast| forecast.work(field, at));
        let live = &self.candidates[at].host.live;
        let found = || live.in_flight() as f32 + live.others(field.request.now);
        let work = known.unwrap_or_else(|| Work::unknown(field.request.class, field.request.size, found()));
        if !self.observes() {
            return work;
        }
        Work { least_cost_ns: self.least_cost_ns(field, picker, work.cost_ns), ..work }
    }

    /// Whether it predicts while another rule picks.
    #[inline]
    fn observes(&self) -> bool {
        self.predicts && self.settings.strategy != StrategyKind::Predictive
    }

    #[inline]
    fn claim_trial(&self, request: &PickRequest<'_>) -> Option<&Candidate> {
        if self.trials.is_empty() || !request.repeatable || !request.tried.is_empty() {
            return None;
        }
        self.trials
            .iter()
            .find(|candidate| !candidate.host.live.is_full() && candidate.host.live.trial().claim(request.now))
    }
}

fn picked(candidate: &Candidate, full: bool) -> Pick<'_> {
    let weight = u32::try_from(candidate.share.div_ceil(100)).unwrap_or(u32::MAX);
    Pick { host: &candidate.host, trial: false, full, weight, work: None, lesson: None }
}

#[cfg(test)]
mod tests;
