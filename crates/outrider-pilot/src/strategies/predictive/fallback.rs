//! What `predictive` goes by when it cannot go by its table.

use super::Forecast;
use crate::picker::Picker;
use crate::settings::PoolSettings;
use crate::strategies::lowest::lowest;
use crate::strategies::prequal::Prequal;
use crate::strategies::{Candidate, Field, Rule};

#[derive(Debug)]
pub(super) enum Fallback {
    /// Fewest in flight over weight times learned capacity; the reciprocal of that for each candidate.
    LeastRequest(Box<[f64]>),
    /// Hosts answer probes.
    Prequal(Prequal),
}

impl Fallback {
    pub(super) fn new(settings: &PoolSettings, candidates: &[Candidate], forecast: Option<&Forecast>) -> Fallback {
        if settings.probe.path.is_some() {
            return Fallback::Prequal(Prequal::new(candidates, settings.probe.per_request));
        }
        let capacity = |at: usize| forecast.map_or(1.0, |forecast| forecast.capacity(at));
        let over = |(at, candidate): (usize, &Candidate)| candidate.per_share / capacity(at);
        Fallback::LeastRequest(candidates.iter().enumerate().map(over).collect())
    }
}

impl Rule for Fallback {
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        match self {
            Fallback::Prequal(rule) => rule.pick(field, picker),
            Fallback::LeastRequest(over) => {
                let cost = |at: usize| Some((field.load_if_open(at)? + 1.0) * over[at]);
                lowest(over.len(), cost, picker.random())
            }
        }
    }
}
