//! What a pool that predicts expected of a request, for its line. Times in milliseconds.

use std::net::SocketAddr;

use outrider_pilot::{Doubt, Explanation, Quoted, Work};
use serde::{Serialize, Serializer};

const NS_PER_MS: f64 = 1e6;

/// What was expected of the last try on the host that was chosen; no number where nothing was.
#[derive(Debug, Serialize)]
pub(crate) struct Predicted {
    size: Option<f32>,
    service_ms: Option<f64>,
    wait_ms: Option<f64>,
    cost_ms: Option<f64>,
    correction: Option<f64>,
    table_epoch: u64,
    /// Why the fallback chose.
    #[serde(serialize_with = "reason")]
    fallback: Option<Doubt>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    explained: Option<Explained>,
}

/// What all hosts were to cost that were compared.
#[derive(Debug, Serialize)]
struct Explained {
    explores: bool,
    as_good_ms: Option<f64>,
    candidates: Vec<Candidate>,
}

#[derive(Debug, Serialize)]
struct Candidate {
    host: SocketAddr,
    in_flight: f64,
    slots: f64,
    correction: f64,
    service_ms: f64,
    wait_ms: f64,
    cost_ms: f64,
    error_price_ms: f64,
}

impl Predicted {
    /// What `work` says, with all that `explanation` does if there is one.
    pub(crate) fn new(work: &Work, explanation: Option<&Explanation>) -> Predicted {
        let known = |number: f64| work.is_known().then(|| rounded(number));
        Predicted {
            size: work.size,
            service_ms: known(work.service_ns() / NS_PER_MS),
            wait_ms: known(f64::from(work.wait_ns) / NS_PER_MS),
            cost_ms: known(f64::from(work.cost_ns) / NS_PER_MS),
            correction: known(f64::from(work.correction)),
            table_epoch: work.epoch,
            fallback: work.doubt,
            explained: explanation.map(Explained::new),
        }
    }
}

impl Explained {
    fn new(explanation: &Explanation) -> Explained {
        let candidates = explanation.candidates.iter().map(Candidate::new).collect();
        let as_good_ms = explanation.as_good_ns.map(|cost_ns| rounded(cost_ns / NS_PER_MS));
        Explained { explores: explanation.explores, as_good_ms, candidates }
    }
}

impl Candidate {
    fn new(quoted: &Quoted) -> Candidate {
        Candidate {
            host: quoted.host,
            in_flight: rounded(quoted.in_flight),
            slots: quoted.slots,
            correction: rounded(quoted.correction),
            service_ms: rounded(quoted.service_ns / NS_PER_MS),
            wait_ms: rounded(quoted.wait_ns / NS_PER_MS),
            cost_ms: rounded(quoted.cost_ns / NS_PER_MS),
            error_price_ms: rounded(quoted.error_price_ns / NS_PER_MS),
        }
    }
}

/// To three digits behind the point: finer than any prediction is worth.
fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

fn reason<S: Serializer>(doubt: &Option<Doubt>, to: S) -> Result<S::Ok, S::Error> {
    doubt.map(Doubt::name).serialize(to)
}
