//! Whether a pool goes by its table, and what can be told of that.

use std::net::SocketAddr;
use std::time::Duration;

use outrider_core::{ClassId, Time};

use super::{Accuracy, HostEvent, Pool, Reckoning};
use crate::prediction::{Doubt, Table};
use crate::settings::StrategyKind;

/// What the pool goes by, and since when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reliance {
    doubt: Option<Doubt>,
    since: Time,
}

impl Reliance {
    /// Nothing is known at first.
    pub(super) fn new(now: Time) -> Reliance {
        Reliance { doubt: Some(Doubt::Unknown), since: now }
    }
}

/// How a pool that predicts does.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictionStatus {
    /// Which table is in force; 0: none yet.
    pub epoch: u64,
    /// How old it is.
    pub table_age: Option<Duration>,
    /// Why it is not gone by; `None`: it may be.
    pub doubt: Option<Doubt>,
    /// Mean distance of actual from expected, as logarithms: of predictions, and of simple averages. `None` before there
    /// were enough requests.
    pub losses: Option<(f64, f64)>,
    /// What picks went by so far.
    pub reckoning: Reckoning,
    /// What predictions were worth by class.
    pub classes: Vec<(ClassId, Accuracy)>,
    /// What is expected of each host.
    pub hosts: Vec<HostPrediction>,
}

/// What is expected of one host.
#[derive(Clone, Debug, PartialEq)]
pub struct HostPrediction {
    /// Where it listens.
    pub address: SocketAddr,
    /// Requests that it serves at a time; `None` if nothing is known.
    pub slots: Option<f32>,
    /// How many times as long as the table says it takes just now; `None` if nothing is known.
    pub correction: Option<f32>,
    /// What its requests in flight are expected to take in sum, s.
    pub outstanding_s: f64,
    /// What predictions were worth.
    pub accuracy: Accuracy,
}

impl Pool {
    /// How it predicts; `None` if it does not.
    pub fn prediction(&self) -> Option<PredictionStatus> {
        let table = self.table();
        self.predicts().then(|| PredictionStatus {
            epoch: table.map_or(0, |table| table.epoch),
            table_age: table.map(|table| self.now.since(table.at)),
            doubt: self.doubt(),
            losses: self.learning.guard.losses(),
            reckoning: self.accounts.reckoning(),
            classes: self.accounts.classes(),
            hosts: self.members.keys().map(|&host| self.host_prediction(host, table.map(AsRef::as_ref))).collect(),
        })
    }

    fn host_prediction(&self, address: SocketAddr, table: Option<&Table>) -> HostPrediction {
        let live = &self.members[&address].host.live;
        let row = table.and_then(|table| Some((table, table.rows.get(&address)?)));
        HostPrediction {
            address,
            slots: row.map(|(_, row)| row.slots),
            correction: row.and_then(|(table, row)| Some(live.factor()? / (row.level * table.common))),
            outstanding_s: live.outstanding_ns() as f64 / 1e9,
            accuracy: self.accounts.host(address),
        }
    }

    fn doubt(&self) -> Option<Doubt> {
        let is_guarded = self.settings.predict.guard;
        self.table().map_or(Some(Doubt::Unknown), |table| table.doubt(is_guarded, self.now))
    }

    /// Tells when the fallback takes over, and when it hands back. Only where predictions route.
    pub(super) fn note_reliance(&mut self) {
        if self.settings.strategy != StrategyKind::Predictive {
            self.reliance = Reliance::new(self.now);
            return;
        }
        let doubt = self.doubt();
        if doubt == self.reliance.doubt {
            return;
        }
        let before = std::mem::replace(&mut self.reliance, Reliance { doubt, since: self.now });
        self.events.push(match doubt {
            Some(doubt) => HostEvent::Fallback { doubt },
            None => HostEvent::FallbackEnded { length: self.now.since(before.since) },
        });
    }
}
