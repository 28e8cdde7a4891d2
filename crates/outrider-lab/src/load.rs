//! Open-loop load on real sockets: requests are sent when they are due, whatever became of those before, and latency
//! counts from when they were due. (A closed loop, or a clock that starts at the send, omits what a stalled server does to
//! those who would have come: coordinated omission.)
//!
//! Cost per request: one hand-over between threads, one task, one exchange on a kept connection; 30 to 50 us of CPU.

mod connections;
mod effort;
mod exchange;
mod pacer;
mod patience;
pub mod plan;
mod record;
mod recording;
mod summary;

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use http::HeaderValue;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use connections::Connections;
use exchange::Common;

pub use effort::Effort;
pub use patience::{Failure, Patience};
pub use plan::{Ask, Planned};
pub use record::{Attempt, Outcome, Record};
pub use recording::{PUBLIC, RecordingError, read_trace};
pub(crate) use recording::{open, read_rows};
pub use summary::Summary;

use crate::stop::Stop;

/// Where load goes, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The address to connect to.
    pub address: SocketAddr,
    /// The `Host` header.
    pub authority: String,
    /// How long users wait, and what they do then.
    pub patience: Patience,
    /// Connections at a time; requests beyond wait, and their wait counts.
    pub connections: usize,
}

impl Target {
    /// `address`, named as itself, with 30 s patience, no retries and at most 1024 connections.
    pub fn at(address: SocketAddr) -> Target {
        Target { address, authority: address.to_string(), patience: Patience::default(), connections: 1024 }
    }
}

/// How a run of load ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadEnd {
    /// Connections that were opened.
    pub connections: u64,
    /// Whether it was stopped before the end of its plan.
    pub stopped: bool,
    /// From the first moment to the end of the last request.
    pub took: Duration,
    /// What it cost the generator, and how well its clock did.
    pub effort: Effort,
}

/// Why load could not be sent.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The `Host` header would be none.
    #[error("{0:?} cannot be a Host header")]
    Authority(String),
    /// The system gave no runtime or thread.
    #[error("the load generator cannot start: {0}")]
    Thread(#[from] io::Error),
}

/// Sends `plan` to `target` on the calling thread; `on_record` sees each request at its end, in the order of ends. When
/// `stop` is raised, nothing more is sent and what is under way is dropped.
///
/// # Errors
/// When nothing can be sent at all; what goes wrong with a request is in its record.
pub fn run(
    target: &Target,
    plan: impl Iterator<Item = Planned> + Send + 'static,
    stop: &Stop,
    mut on_record: impl FnMut(&Record),
) -> Result<LoadEnd, LoadError> {
    run_spread(std::slice::from_ref(target), plan.map(|planned| (0, planned)), stop, |_, record| on_record(record))
}

/// As [`run`], where each request has the index of its target beside it.
///
/// # Errors
/// When nothing can be sent at all; what goes wrong with a request is in its record.
pub(crate) fn run_spread(
    targets: &[Target],
    plan: impl Iterator<Item = (usize, Planned)> + Send + 'static,
    stop: &Stop,
    mut on_record: impl FnMut(usize, &Record),
) -> Result<LoadEnd, LoadError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let meter = effort::Meter::start();
    let start = Instant::now();
    let ways = targets.iter().map(|target| common(target, start).map(Rc::new)).collect::<Result<Vec<_>, _>>()?;
    let (due, pacer) = pacer::start(plan, |(_, planned)| planned.at, start.into_std(), stop.clone())?;
    let sending = LocalSet::new();
    sending.block_on(&runtime, async {
        tokio::select! {
            () = send_all(&ways, due, &mut on_record) => {}
            () = stop.stopped() => {}
        }
    });
    let took = start.elapsed();
    // The channel is gone or the plan at its end: the pacer is about to leave. If it panicked, that has been printed.
    let pacer_late_us = pacer.join().unwrap_or_else(|_| summary::histogram());
    Ok(LoadEnd {
        connections: ways.iter().map(|way| way.connections.opened()).sum(),
        stopped: stop.is_stopped(),
        took,
        effort: meter.end(&pacer_late_us),
    })
}

fn common(target: &Target, start: Instant) -> Result<Common, LoadError> {
    let authority =
        HeaderValue::try_from(&target.authority).map_err(|_| LoadError::Authority(target.authority.clone()))?;
    let connections = Connections::new(target.address, target.connections);
    Ok(Common { connections, authority, patience: target.patience.clone(), start })
}

async fn send_all(
    ways: &[Rc<Common>],
    mut due: mpsc::Receiver<(usize, Planned)>,
    on_record: &mut impl FnMut(usize, &Record),
) {
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            // Those who are due go before those who are done: lateness must not grow with the answers' bookkeeping.
            biased;
            planned = due.recv() => match planned {
                Some((to, planned)) => {
                    let way = Rc::clone(&ways[to]);
                    under_way.spawn_local(async move { (to, way.exchange(planned).await) });
                }
                None => break,
            },
            Some(Ok((to, record))) = under_way.join_next() => on_record(to, &record),
        }
    }
    while let Some(ended) = under_way.join_next().await {
        if let Ok((to, record)) = ended {
            on_record(to, &record);
        }
    }
}
