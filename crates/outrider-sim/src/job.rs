//! A request at its three stations: the user's journey, the passage through one balancer, the job at one host.
//!
//! A journey has one passage at a time, a passage waits for at most one job. A job outlives the passage that left it until
//! its host has heard of it, as a request on a socket does.

use std::net::SocketAddr;
use std::sync::Arc;

use outrider_core::Time;
use outrider_pilot::{Admitted, Exchange, Host, Lesson, ProbeAnswer, Waiting, Work};
use outrider_workload::Request;

use crate::measured::End;
use crate::meter::Said;
use crate::slab::Id;

pub(crate) type JobId = Id<Job>;
pub(crate) type JourneyId = Id<Journey>;
pub(crate) type ProbeId = Id<Probe>;

/// One request of a user, until they have their answer or stop asking.
#[derive(Debug)]
pub(crate) struct Journey {
    pub(crate) request: Request,
    /// Its luck, wherever it lands.
    pub(crate) noise: f64,
    pub(crate) balancer: u16,
    /// Times the user has asked.
    pub(crate) tries: u8,
    pub(crate) passage: Passage,
}

impl Journey {
    /// Index of its class.
    pub(crate) fn class(&self) -> u16 {
        u16::try_from(self.request.class).unwrap_or(u16::MAX)
    }

    /// Its size as its head tells it.
    #[expect(clippy::cast_possible_truncation, reason = "24 bits are enough")]
    pub(crate) fn size(&self) -> f32 {
        self.request.size as f32
    }

    /// What it asks of a host.
    pub(crate) fn demand(&self) -> Demand {
        let Request { class, size, output, .. } = self.request;
        Demand { class, size, output, noise: self.noise }
    }

    /// A hash of who asks: every request is from a user of its own.
    pub(crate) fn key(&self) -> u64 {
        self.request.number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// Whether the user waits for an answer; else they rest before they ask again.
    pub(crate) fn is_asking(&self) -> bool {
        self.is_in_flight() || self.passage.waiting.is_some()
    }

    /// Whether a host has it, or is about to.
    pub(crate) fn is_in_flight(&self) -> bool {
        self.passage.job.is_some() || self.passage.exchange.is_some()
    }

    /// Whether it waits for an answer of a host that was ejected, or that is tried out.
    pub(crate) fn is_stranded(&self) -> bool {
        let exchange = self.passage.exchange.as_ref();
        exchange.is_some_and(|exchange| exchange.is_trial() || exchange.host().live.is_suspended())
    }

    /// Whether it stands in line for a host that was ejected.
    pub(crate) fn stands_at_suspended(&self) -> bool {
        self.passage.waiting.as_ref().is_some_and(|waiting| waiting.host().live.is_suspended())
    }
}

/// What a balancer knows of the request it is about to answer.
#[derive(Debug, Default)]
pub(crate) struct Passage {
    /// When the user asked.
    pub(crate) asked: Time,
    /// What the storm guard is to be told at the end.
    pub(crate) admitted: Option<Admitted>,
    /// Tries so far, the current one included.
    pub(crate) attempts: u32,
    /// Hosts that failed it.
    pub(crate) tried: Vec<SocketAddr>,
    pub(crate) exchange: Option<Exchange>,
    /// Stands in line for a host instead.
    pub(crate) waiting: Option<Waiting>,
    /// What is expected of it on the host that it was last given.
    pub(crate) work: Option<Work>,
    /// What that host was picked by.
    pub(crate) lesson: Option<Lesson>,
    pub(crate) job: Option<JobId>,
    /// When it was sent to its host.
    pub(crate) sent: Time,
}

/// What a request asks of a host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand {
    pub(crate) class: usize,
    pub(crate) size: f64,
    pub(crate) output: f64,
    pub(crate) noise: f64,
}

/// A request that one host has, or is about to have.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) journey: JourneyId,
    pub(crate) host: u16,
    pub(crate) demand: Demand,
    /// When it came to its host, and how many it found there.
    pub(crate) reached: Time,
    pub(crate) found: u32,
    /// What the host said of itself when it answered.
    pub(crate) said: Option<Said>,
}

#[cfg(test)]
impl Job {
    /// One that nobody looks into.
    pub(crate) fn testing() -> Job {
        let demand = Demand { class: 0, size: 1.0, output: 0.0, noise: 1.0 };
        let journey = crate::slab::Slab::new().put(Journey {
            request: Request { number: 0, at: Time::ZERO, class: 0, size: 1.0, output: 0.0 },
            noise: 1.0,
            balancer: 0,
            tries: 0,
            passage: Passage::default(),
        });
        Job { journey, host: 0, demand, reached: Time::ZERO, found: 0, said: None }
    }
}

/// A question to a host.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) balancer: u16,
    pub(crate) host: Arc<Host>,
    pub(crate) sent: Time,
    pub(crate) answer: Option<ProbeAnswer>,
}

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// Answered 200.
    Served,
    /// Answered 500.
    Failed,
    /// No connection.
    Refused,
    /// The connection broke.
    Broken,
}

/// How a user's try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// A host's answer.
    Answered { status: u16, host: u16 },
    /// No connection, and no other host that might do better.
    Refused,
    /// The connection broke, likewise.
    Broken,
    /// No answer for a minute, likewise.
    Silent,
    /// There was no host to ask, or no place on one.
    NoPlace,
    /// The storm guard rejected it.
    Shed,
    /// The user has lost patience.
    LeftAlone,
}

impl Ending {
    /// What the user has of it, with the statuses that the proxy gives to its own answers.
    pub(crate) fn end(self) -> End {
        match self {
            Ending::Answered { status, .. } => End::Status(status),
            Ending::Refused | Ending::Broken => End::Status(502),
            Ending::Silent => End::Status(504),
            Ending::NoPlace | Ending::Shed => End::Status(503),
            Ending::LeftAlone => End::TimedOut,
        }
    }

    /// The host that answered.
    pub(crate) fn host(self) -> Option<u16> {
        if let Ending::Answered { host, .. } = self { Some(host) } else { None }
    }
}
