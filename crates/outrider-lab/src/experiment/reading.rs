//! From what is written to what it means. What has the wrong form stops the reading, for what follows cannot be told; what
//! makes no sense is collected, so that all of it is told at once.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use outrider_sim::{Mistake, Mistakes, read_form};
use outrider_workload::{Fleet, FleetError};
use serde_saphyr::{Location, Spanned};

use super::written::{Written, WrittenFleet, WrittenSpan};
use super::{Experiment, FleetSource};
use crate::load::Patience;

mod balancers;
mod demand;
mod trouble;

const ABOUT_CHARS_MAX: usize = 1_000;
const HOSTS_MAX: usize = 256;
const SCALES: RangeInclusive<f64> = 0.01..=1_000.0;
const LOADS: RangeInclusive<f64> = 0.001..=10.0;
const RATES_PER_S: RangeInclusive<f64> = 0.001..=100_000.0;
const LISTED_MAX: usize = 64;
const RETRIES_MAX: u8 = 10;
const JOBS_MAX: usize = 64;
const HOUR: Duration = Duration::from_secs(3_600);

/// The experiment that `text` describes.
pub(super) fn read(text: &str, source: &str) -> Result<Experiment, Mistakes> {
    let refuse = |mistakes| Err(Mistakes { source: source.to_owned(), mistakes });
    let written: Written = match read_form(text) {
        Ok(written) => written,
        Err(mistake) => return refuse(vec![mistake]),
    };
    let mut judge = Judge::default();
    let experiment = judge.experiment(&written);
    judge.mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
    match experiment {
        Some(experiment) if judge.mistakes.is_empty() => Ok(experiment),
        _ => refuse(judge.mistakes),
    }
}

/// Collects what makes no sense.
#[derive(Default)]
struct Judge {
    mistakes: Vec<Mistake>,
}

const NAMES: &str = "1 to 48 small letters, digits and '-'";

fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=48).contains(&text.len()) && text.chars().all(allowed)
}

impl Judge {
    fn experiment(&mut self, written: &Written) -> Option<Experiment> {
        let fleet = self.fleet(&written.fleet);
        let hosts = fleet.as_ref().map_or(HOSTS_MAX, FleetSource::hosts);
        let (warm_up, measured) = (self.span(&written.warm_up), self.span(&written.measured));
        if measured.is_zero() {
            self.note(&written.measured, "measured must be above 0s");
        }
        let length = warm_up + measured;
        let experiment = Experiment {
            name: self.name(&written.name),
            about: self.about(&written.about),
            scale: self.number(written.scale.as_ref(), &SCALES, "scale", 1.0),
            demands: self.demands(written),
            patterns: self.patterns(written),
            warm_up,
            measured,
            seeds: self.seeds(written.seeds.as_ref()),
            clients: self.clients(written.clients.as_ref()),
            orca: written.orca.unwrap_or(true),
            faults: self.faults(&written.faults, hosts, length),
            joins: self.joins(&written.joins, hosts, length),
            recovery: self.recovery(written.recovery.as_ref(), hosts),
            jobs: self.count(written.jobs.as_ref(), "jobs"),
            workers: self.count(written.workers.as_ref(), "workers"),
            balancers: self.balancers(&written.balancers, hosts),
            fleet: fleet?,
        };
        self.scaled(written, &experiment);
        Some(experiment)
    }

    fn note<T>(&mut self, at: &Spanned<T>, what: impl Display) {
        let place: Location = at.referenced;
        self.mistakes.push(Mistake { line: place.line(), column: place.column(), what: what.to_string() });
    }

    fn name(&mut self, name: &Spanned<String>) -> String {
        if !is_name(&name.value) {
            self.note(name, format!("name is {NAMES}, for it names files"));
        }
        name.value.clone()
    }

    fn about(&mut self, about: &Spanned<String>) -> String {
        if about.value.trim().is_empty() || about.value.chars().count() > ABOUT_CHARS_MAX {
            self.note(about, "about says in a sentence or two what is compared, for the report");
        }
        about.value.trim().to_owned()
    }

    fn fleet(&mut self, fleet: &Spanned<WrittenFleet>) -> Option<FleetSource> {
        let source = match &fleet.value {
            &WrittenFleet::UnevenMixed { hosts, antagonists, seed } => {
                FleetSource::UnevenMixed { hosts, antagonists, seed }
            }
            // Not made at all: it might not fit into the memory.
            WrittenFleet::Equal { hosts, .. } if *hosts > HOSTS_MAX => return self.hosts(fleet, *hosts).and(None),
            &WrittenFleet::Equal { hosts, parallelism, mean: WrittenSpan(mean), noise } => {
                let made = Fleet::equal(hosts, parallelism, mean.as_secs_f64() * 1e3, noise);
                FleetSource::Same(self.made(fleet, made)?)
            }
            WrittenFleet::Full(full) => FleetSource::Same(self.made(fleet, full.check().map(|()| full.clone()))?),
        };
        self.hosts(fleet, source.hosts()).map(|()| source)
    }

    fn hosts(&mut self, at: &Spanned<WrittenFleet>, hosts: usize) -> Option<()> {
        if (1..=HOSTS_MAX).contains(&hosts) {
            return Some(());
        }
        self.note(at, format!("a fleet has 1 to {HOSTS_MAX} hosts here, not {hosts}"));
        None
    }

    fn made(&mut self, at: &Spanned<WrittenFleet>, made: Result<Fleet, FleetError>) -> Option<Fleet> {
        made.map_err(|error| self.note(at, error)).ok()
    }

    /// Times are only known to be possible once fleet and scale are.
    fn scaled(&mut self, written: &Written, experiment: &Experiment) {
        if let Err(error) = experiment.fleet(1) {
            self.note(&written.fleet, format!("at scale {}: {error}", experiment.scale));
        }
    }

    fn clients(&mut self, clients: Option<&Spanned<Patience>>) -> Patience {
        let Some(clients) = clients else {
            return Patience::default();
        };
        let Patience { timeout, backoff, retries, gives_up, .. } = clients.value;
        if timeout.is_zero() || timeout > HOUR || backoff > HOUR {
            self.note(clients, "clients: timeout is above 0s and at most 1h, backoff at most 1h");
        }
        if retries > RETRIES_MAX {
            self.note(clients, format!("clients: retries are 0 to {RETRIES_MAX}, not {retries}"));
        }
        if !(0.0..=1.0).contains(&gives_up) {
            self.note(clients, format!("clients: gives_up is a chance from 0 to 1, not {gives_up}"));
        }
        clients.value.clone()
    }

    fn span(&mut self, span: &Spanned<WrittenSpan>) -> Duration {
        if span.value.0 > HOUR {
            self.note(span, "at most 1h");
        }
        span.value.0.min(HOUR)
    }

    fn number(&mut self, at: Option<&Spanned<f64>>, range: &RangeInclusive<f64>, what: &str, default: f64) -> f64 {
        let Some(at) = at else {
            return default;
        };
        if !range.contains(&at.value) {
            self.note(at, format!("{what} is a number from {} to {}, not {}", range.start(), range.end(), at.value));
            return default;
        }
        at.value
    }

    fn count(&mut self, at: Option<&Spanned<usize>>, what: &str) -> usize {
        let count = at.map_or(1, |at| at.value);
        if let Some(at) = at.filter(|_| !(1..=JOBS_MAX).contains(&count)) {
            self.note(at, format!("{what} is a whole number from 1 to {JOBS_MAX}, not {count}"));
        }
        count
    }
}

#[cfg(test)]
mod tests;
