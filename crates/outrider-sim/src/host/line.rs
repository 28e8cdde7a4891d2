//! The line of requests at a host, whatever its discipline.

use outrider_workload::HostTimes;
use serde::{Deserialize, Serialize};

use super::batching::Batching;
use super::fifo::Fifo;
use super::sharing::Sharing;

/// How a host divides itself among its requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discipline {
    /// So many at a time as its parallelism, the others in one queue.
    #[default]
    Fifo,
    /// All at once: n requests share as many servers as its parallelism, each at most one.
    Sharing,
    /// A batch of a language model, as large as its parallelism, at measured times; the others in one queue.
    Batching,
}

#[derive(Debug)]
pub(super) enum Line {
    Batching(Batching),
    Fifo(Fifo),
    Sharing(Sharing),
}

/// What a host's line is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineSpec<'a> {
    pub(crate) discipline: Discipline,
    /// Those of a host that runs a language model.
    pub(crate) times: Option<&'a HostTimes>,
}

impl LineSpec<'_> {
    pub(super) fn make(self, parallelism: usize) -> Line {
        match self.discipline {
            Discipline::Fifo => Line::Fifo(Fifo::new(parallelism)),
            Discipline::Sharing => Line::Sharing(Sharing::new(parallelism)),
            Discipline::Batching => {
                let times = self.times.expect("a scenario without times is refused").clone();
                Line::Batching(Batching::new(times, parallelism))
            }
        }
    }
}
