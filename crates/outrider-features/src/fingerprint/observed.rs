//! What fingerprints are made of: one ended exchange.

use std::net::SocketAddr;
use std::time::Duration;

use outrider_core::{ClassId, Time};

/// One exchange that has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observed {
    /// The host it was on.
    pub host: SocketAddr,
    /// The class of the request.
    pub class: ClassId,
    /// Its size, >= 0, in whatever unit the class is measured in; `None` where the head does not tell.
    pub size: Option<f64>,
    /// Requests on the host when this one was dispatched, itself not counted, as best known.
    pub in_flight: u32,
    /// From the last byte of the request to the last of the answer, less the time blocked on the client.
    pub took: Duration,
    /// How it ended.
    pub end: End,
    /// What the host says it cost.
    pub cost: Cost,
    /// When it ended.
    pub now: Time,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The whole answer came, and its time is the host's.
    Served,
    /// It went well, but how long it took says nothing: an upgrade, a stream.
    Open,
    /// By the host's fault.
    Failed,
    /// By nobody's fault: nothing is learnt.
    Cancelled,
}

/// What a host says that one exchange cost (ORCA `request_cost`); what it does not say is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// CPU time in the unit that the hosts use, >= 0.
    pub cpu: Option<f64>,
    /// Memory in the unit that the hosts use, >= 0.
    pub mem: Option<f64>,
}
