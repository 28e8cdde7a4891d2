//! What has been tried for one request, why it came to nothing, and which host is next.
//!
//! What is safe to repeat: idempotent requests without a body, or any request of which not a byte was sent. Each further try
//! needs a host not tried before and the pool's retry budget.

use std::net::SocketAddr;
use std::sync::Arc;

use http::Response;
use hyper::body::Incoming;
use outrider_pilot::{Explanation, FailureKind, Finish, Host, Lesson, NoHost, PickRequest, Work};

use crate::client_retry;
use crate::errors::ProxyError;
use crate::metrics::RetryReason;
use crate::outgoing::Outgoing;
use crate::passage::Passage;
use crate::probing;

/// The host of a try.
pub(crate) struct Chosen {
    pub(crate) host: Arc<Host>,
    pub(crate) trial: bool,
    pub(crate) full: bool,
    /// What is expected of the request there.
    pub(crate) work: Option<Work>,
    /// What it was picked by.
    pub(crate) lesson: Option<Lesson>,
    /// Why it was chosen, if the access log shall say so.
    pub(crate) explanation: Option<Box<Explanation>>,
}

/// Why a try came to nothing.
pub(crate) struct Setback {
    pub(crate) error: ProxyError,
    /// Why another try is worth it; none: it is not.
    pub(crate) reason: Option<RetryReason>,
    /// How the host is judged.
    pub(crate) finish: Finish,
    /// The host of the next try, if that was settled already.
    pub(crate) next: Option<Box<Chosen>>,
}

impl Setback {
    /// The host's fault; another may do better.
    pub(crate) fn blame(error: ProxyError, reason: RetryReason, kind: FailureKind) -> Setback {
        Setback { error, reason: Some(reason), finish: Finish::Failure(kind), next: None }
    }

    /// The host's fault, and the time is up.
    pub(crate) fn too_late(error: ProxyError) -> Setback {
        Setback { error, reason: None, finish: Finish::Failure(FailureKind::Timeout), next: None }
    }

    /// Not the host's fault, and nothing that another host would do better.
    pub(crate) fn ours(error: ProxyError) -> Setback {
        Setback { error, reason: None, finish: Finish::Cancelled, next: None }
    }

    /// A kept connection that its host had closed.
    pub(crate) fn stale() -> Setback {
        let reason = Some(RetryReason::StaleConnection);
        Setback { error: ProxyError::Terminated, reason, finish: Finish::Cancelled, next: None }
    }
}

/// What has been tried for one request.
#[derive(Default)]
pub(crate) struct Tries {
    tried: Vec<SocketAddr>,
    pub(crate) stale: u32,
}

impl Tries {
    pub(crate) fn pick(&self, passage: &Passage, outgoing: &Outgoing) -> Result<Chosen, NoHost> {
        let request = PickRequest {
            class: passage.class,
            tried: &self.tried,
            repeatable: outgoing.repeatable,
            size: passage.size,
            key: passage.sticky_key,
            now: passage.now(),
        };
        let mut picker = passage.connection.worker.picker.borrow_mut();
        let view = passage.view();
        let (pick, explanation) = if passage.is_explained() {
            let (pick, explanation) = view.pick_explained(&request, &mut picker);
            (pick?, Some(Box::new(explanation)))
        } else {
            (view.pick(&request, &mut picker)?, None)
        };
        probing::send_wanted(&passage.connection.worker, view, passage.pool.unwrap_or_default(), &mut picker);
        Ok(Chosen {
            host: Arc::clone(pick.host),
            trial: pick.trial,
            full: pick.full,
            work: pick.work,
            lesson: pick.lesson,
            explanation,
        })
    }

    /// The next host, if the answer is one that another host may better; else the answer stands.
    pub(crate) fn after_answer(
        &mut self,
        passage: &Passage,
        outgoing: &mut Outgoing,
        chosen: &Chosen,
        response: &Response<Incoming>,
    ) -> Option<Chosen> {
        let statuses = &passage.view().settings().retry.statuses;
        if !statuses.contains(&response.status().as_u16()) {
            return None;
        }
        self.next(passage, outgoing, chosen.host.address)
    }

    /// The next host after a try that came to nothing.
    pub(crate) fn after_setback(
        &mut self,
        passage: &Passage,
        outgoing: &mut Outgoing,
        chosen: Chosen,
        reason: RetryReason,
    ) -> Option<Chosen> {
        if reason != RetryReason::StaleConnection {
            return self.next(passage, outgoing, chosen.host.address);
        }
        // The host was free to close an idle connection: the same host, and no charge to the budget.
        outgoing.renew();
        self.stale += 1;
        outgoing.can_repeat().then_some(chosen)
    }

    /// Settles the host of a further try and charges it to the budget; none: there is no further try.
    pub(crate) fn next(&mut self, passage: &Passage, outgoing: &mut Outgoing, failed: SocketAddr) -> Option<Chosen> {
        outgoing.renew();
        if self.is_last(passage) || !outgoing.can_repeat() {
            return None;
        }
        self.tried.push(failed);
        let next = self.pick(passage, outgoing).ok().filter(|_| self.is_granted(passage));
        if next.is_none() {
            self.tried.pop();
        }
        next
    }

    fn is_granted(&self, passage: &Passage) -> bool {
        let granted = !client_retry::is_held_back(passage) && passage.view().retry_budget().try_retry(passage.now());
        if !granted {
            passage.connection.worker.metrics.retries_refused.add(1);
        }
        granted
    }

    /// Whether no further try is allowed.
    pub(crate) fn is_last(&self, passage: &Passage) -> bool {
        self.tried.len() >= passage.view().settings().retry.max as usize
    }
}
