//! `predictive`: the host where the request costs least, by what was learnt of hosts and classes.
//!
//! The cost of a request on a host (`forecast.rs`): its own service there, what it waits, and what it takes from others. It has
//! a kink where queueing begins and a product of time and load, for every *linear* mix of latency and requests in flight
//! loses to the latter alone (Wydrowski et al., NSDI'24, appendix A).
//!
//! **Candidates**: all hosts up to 16, else 8 of the best for the class by table and 8 at random; where hosts answer probes and
//! balancers are several, those probed lately, of which is known what others have there.
//!
//! **Exploration**: a host that nobody was sent to for a while (`choice.rs`) gets the next cheap request, if it is within
//! three times the best cost: what is never asked is never known to be well again.
//!
//! **Fallback**: until enough is known, when the table is older than 5 s, and while simple averages predict better:
//! least request weighted by learned capacity, or Prequal where hosts answer probes.
//!
//! Cost: three lines a host (row and cell, counters, work), 16 hosts at most; one division each. No allocation, no lock.

mod choice;
mod fallback;
mod forecast;
mod quote;

use std::sync::Arc;

use super::{Candidate, Field, Rule};
use crate::picker::Picker;
use crate::settings::PoolSettings;
use fallback::Fallback;
pub(crate) use forecast::{Forecast, Listener};
pub(crate) use quote::Quote;

#[derive(Debug)]
pub(super) struct Predictive {
    /// None before anything is known.
    forecast: Option<Arc<Forecast>>,
    fallback: Fallback,
}

impl Predictive {
    pub(super) fn new(
        settings: &PoolSettings,
        candidates: &[Candidate],
        forecast: Option<&Arc<Forecast>>,
    ) -> Predictive {
        let fallback = Fallback::new(settings, candidates, forecast.map(Arc::as_ref));
        let forecast = forecast.filter(|_| !settings.predict.fallback_only).cloned();
        Predictive { forecast, fallback }
    }
}

impl Rule for Predictive {
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        match &self.forecast {
            Some(forecast) if forecast.doubt(field.request.now).is_none() => forecast.pick(field, picker, &mut ()),
            _ => self.fallback.pick(field, picker),
        }
    }
}

#[cfg(test)]
mod tests;
