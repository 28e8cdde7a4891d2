//! Why a request goes where it goes: the very decision, told as it is taken.

use std::net::SocketAddr;
use std::time::Duration;

use outrider_core::Time;

use super::{NoHost, Pick, PickRequest, PoolView};
use crate::picker::Picker;
use crate::prediction::Doubt;
use crate::strategies::Field;
use crate::strategies::predictive::{Listener, Quote};

/// What a pool that predicts expected of its hosts when it decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Which table; 0: there is none yet.
    pub epoch: u64,
    /// How old it is.
    pub table_age: Option<Duration>,
    /// Why the choice did not go by it; `None`: it did.
    pub doubt: Option<Doubt>,
    /// The hosts that were compared.
    pub candidates: Vec<Quoted>,
    /// Where the request goes; `None`: nowhere.
    pub chosen: Option<SocketAddr>,
    /// The host was chosen to learn of it, and not because it costs least.
    pub explores: bool,
    /// Costs up to this are as good as the least, by how well they are known, and one of those hosts was drawn; `None`: nothing was drawn.
    pub as_good_ns: Option<f64>,
}

/// What a request was to cost on one host. Times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quoted {
    /// The host.
    pub host: SocketAddr,
    /// Requests on it as best known, failures of the last seconds included.
    pub in_flight: f64,
    /// Requests that it serves at a time.
    pub slots: f64,
    /// How many times as long as the table says it takes just now.
    pub correction: f64,
    /// Its service, by table and correction.
    pub service_ns: f64,
    /// Its wait for a free slot.
    pub wait_ns: f64,
    /// All of it, and what it takes from others.
    pub cost_ns: f64,
    /// What a failure would cost, times its probability: on top of that.
    pub error_price_ns: f64,
}

/// The least cost of those that are quoted, ns.
struct Least(f32);

impl Listener for Least {
    #[allow(clippy::cast_possible_truncation)] // 24 bits are enough
    fn quoted(&mut self, _at: usize, quote: &Quote) {
        self.0 = self.0.min(quote.cost_ns as f32);
    }
}

/// Notes all that it is told.
struct Record<'a> {
    view: &'a PoolView,
    explanation: Explanation,
}

impl Listener for Record<'_> {
    fn quoted(&mut self, at: usize, quote: &Quote) {
        self.explanation.candidates.push(self.view.quoted(at, quote));
    }

    fn priced(&mut self, at: usize, price_ns: f64) {
        let host = self.view.candidates[at].host.address;
        let mut quoted = self.explanation.candidates.iter_mut().filter(|quoted| quoted.host == host);
        quoted.by_ref().for_each(|quoted| quoted.error_price_ns = price_ns);
    }

    fn explores(&mut self, _at: usize) {
        self.explanation.explores = true;
    }

    fn settles(&mut self, most_ns: f64) {
        self.explanation.as_good_ns = Some(most_ns);
    }
}

impl PoolView {
    /// As [`PoolView::pick`], and why.
    pub fn pick_explained(
        &self,
        request: &PickRequest<'_>,
        picker: &mut Picker,
    ) -> (Result<Pick<'_>, NoHost>, Explanation) {
        let mut record = self.record(request.now);
        let picked = self.pick_by(request, picker, |field, picker| self.select(field, picker, &mut record));
        let chosen = picked.as_ref().ok().map(|pick| pick.host.address);
        (picked, Explanation { chosen, ..record.explanation })
    }

    /// Where such a request would go now and why, a trial of an ejected host apart. Under another strategy: where
    /// `predictive` would send it. `None` if the pool does not predict.
    pub fn explain(&self, request: &PickRequest<'_>, picker: &mut Picker) -> Option<Explanation> {
        // Only what can be repeated tries out hosts.
        let request = PickRequest { repeatable: false, ..*request };
        if self.predicts && !self.observes() {
            return Some(self.pick_explained(&request, picker).1);
        }
        let mut record = self.record(request.now);
        let field = Field { candidates: &self.candidates, request: &request };
        let chosen = self.predicts.then(|| self.foretold(&field, picker, &mut record))?;
        let chosen = chosen.filter(|_| record.explanation.doubt.is_none());
        Some(Explanation { chosen: chosen.map(|at| self.candidates[at].host.address), ..record.explanation })
    }

    /// As the strategy does, with what `predictive` expects noted.
    fn select(&self, field: &Field<'_>, picker: &mut Picker, record: &mut Record<'_>) -> Option<usize> {
        if record.explanation.doubt.is_none() && !self.observes() {
            return self.foretold(field, picker, record);
        }
        self.foretold(field, &mut Picker::new(picker.random().clone()), record);
        (record.explanation.explores, record.explanation.as_good_ns) = (false, None);
        self.strategy.pick(field, picker)
    }

    fn foretold(&self, field: &Field<'_>, picker: &mut Picker, listener: &mut impl Listener) -> Option<usize> {
        self.forecast.as_ref()?.pick(field, picker, listener)
    }

    /// What the host costs that `predictive` finds the cheapest, ns, if that is less than `cost_ns`.
    pub(super) fn least_cost_ns(&self, field: &Field<'_>, picker: &mut Picker, cost_ns: f32) -> f32 {
        let mut least = Least(cost_ns);
        // Luck of its own: to watch must not change what the strategy draws.
        self.foretold(field, &mut Picker::new(picker.random().clone()), &mut least);
        least.0
    }

    fn record(&self, now: Time) -> Record<'_> {
        let explanation = Explanation {
            epoch: self.forecast.as_ref().map_or(0, |forecast| forecast.epoch()),
            table_age: self.forecast.as_ref().map(|forecast| forecast.age(now)),
            doubt: self.doubt(now),
            candidates: Vec::new(),
            chosen: None,
            explores: false,
            as_good_ns: None,
        };
        Record { view: self, explanation }
    }

    fn quoted(&self, at: usize, quote: &Quote) -> Quoted {
        let slots = self.forecast.as_ref().and_then(|forecast| forecast.slots(at));
        Quoted {
            host: self.candidates[at].host.address,
            in_flight: quote.found,
            slots: f64::from(slots.unwrap_or(1.0)),
            correction: quote.correction,
            service_ns: quote.service_ns,
            wait_ns: quote.wait_ns,
            cost_ns: quote.cost_ns,
            error_price_ns: 0.0,
        }
    }
}

#[cfg(test)]
mod tests;
