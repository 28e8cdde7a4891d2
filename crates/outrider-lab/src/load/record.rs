//! What became of one request of a user, with all the tries that it took them.

use std::sync::Arc;
use std::time::Duration;

use outrider_core::Time;

/// One request from its schedule to its end. Times count from the start of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The request's number in its plan.
    pub number: u64,
    /// Index of its class in the plan's mix.
    pub class: usize,
    /// When it was to arrive.
    pub scheduled: Time,
    /// When a task took it up; later than scheduled by the bench's own fault.
    pub taken: Time,
    /// When its last try was due; as scheduled if that was the first.
    pub due: Time,
    /// When its head was first given to a connection; later than taken if it had to wait for one. None if it never was.
    pub sent: Option<Time>,
    /// When the answer to its last try had been read to the end, or that was given up.
    pub done: Time,
    /// How its last try ended.
    pub outcome: Outcome,
    /// Tries, 1 and more.
    pub tries: u8,
    /// How large it was beside others of its class.
    pub size: f64,
    /// The tries before the last, whose end is that of the request.
    pub before: Vec<Attempt>,
    /// Who answered last, as the response header [`crate::backends::SERVED_BY`] says.
    pub host: Option<Arc<str>>,
}

/// A try after which the user tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// When it was due.
    pub due: Time,
    /// When it ended.
    pub done: Time,
    /// How it ended.
    pub outcome: Outcome,
    /// Who answered, if anybody did.
    pub host: Option<Arc<str>>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An answer with this status, read to its end.
    Answered(u16),
    /// No whole answer before the time allowed.
    TimedOut,
    /// No connection could be opened.
    NotConnected,
    /// The connection broke before the answer's end.
    Broken,
}

impl Outcome {
    /// Whether the user got what they asked for: an answer below 400.
    pub const fn is_good(self) -> bool {
        matches!(self, Outcome::Answered(status) if status < 400)
    }
}

impl Record {
    /// Time from the *scheduled* arrival to the end: a server that stalls is charged for all who wanted to come meanwhile.
    pub const fn latency(&self) -> Duration {
        self.done.since(self.scheduled)
    }

    /// How long it waited for a connection of the generator's; zero if it never got one.
    pub fn waited(&self) -> Duration {
        self.sent.map_or(Duration::ZERO, |sent| sent.since(self.taken))
    }

    /// How late the bench itself was to take it up.
    pub const fn late(&self) -> Duration {
        self.taken.since(self.scheduled)
    }
}
