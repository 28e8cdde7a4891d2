//! An experiment in words, for its report.

use super::{Demand, Experiment, FleetSource, Outcome};
use crate::report::{About, SOCKETS};

impl Experiment {
    /// What was compared, and how `command` does it again.
    pub fn about(&self, outcome: &Outcome, command: &str) -> About {
        let mut setup = vec![
            ("hosts".to_owned(), self.hosts_in_words()),
            ("arrivals".to_owned(), self.arrivals_in_words()),
            ("users".to_owned(), self.users_in_words()),
            ("rounds".to_owned(), self.rounds_in_words()),
        ];
        let mut add = |name: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                setup.push((name.to_owned(), lines.join("; ")));
            }
        };
        add("faults", self.faults.iter().map(ToString::to_string).collect());
        add("joins", self.joins.iter().map(|join| format!("host {} at {:?}", join.host, join.at)).collect());
        add("notes", outcome.notes.clone());
        About {
            name: self.name.clone(),
            about: self.about.clone(),
            world: SOCKETS.to_owned(),
            setup,
            versions: outcome.versions.clone(),
            command: command.to_owned(),
        }
    }

    fn hosts_in_words(&self) -> String {
        let (hosts, scale) = (self.fleet.hosts(), self.scale);
        let kind = match &self.fleet {
            FleetSource::UnevenMixed { seed: None, .. } => "unlike hosts, drawn by each seed",
            FleetSource::UnevenMixed { seed: Some(_), .. } => "unlike hosts, the same in all rounds",
            FleetSource::Same(_) => "hosts as the file has them",
        };
        let seed = self.seeds.first().copied().unwrap_or_default();
        let capacity = self.fleet(seed).map(|fleet| fleet.capacity_per_s()).unwrap_or_default();
        let reports = if self.orca { "they report their load (ORCA)" } else { "they report nothing" };
        format!("{hosts} {kind}, times {scale} as long; {capacity:.0} requests/s in all under seed {seed}; {reports}")
    }

    fn arrivals_in_words(&self) -> String {
        let demand = |demand: &Demand| match demand {
            Demand::Load(load) => format!("{load} of capacity"),
            Demand::RatePerS(rate) => format!("{rate} per second"),
        };
        let demands: Vec<String> = self.demands.iter().map(demand).collect();
        let patterns: Vec<&str> =
            self.patterns.iter().map(|p| if p.name.is_empty() { p.it.name() } else { &p.name }).collect();
        format!("open loop, {}; {}", demands.join(", "), patterns.join(", "))
    }

    fn users_in_words(&self) -> String {
        let patience = &self.clients;
        match patience.retries {
            0 => format!("wait {:?} and do not try again", patience.timeout),
            retries => format!(
                "wait {:?} and try again up to {retries} times, after up to {:?} at first{}",
                patience.timeout,
                patience.backoff,
                if patience.gives_up > 0.0 {
                    format!("; a share of {} gives up", patience.gives_up)
                } else {
                    String::new()
                }
            ),
        }
    }

    fn rounds_in_words(&self) -> String {
        let (seeds, workers) = (self.seeds.len(), self.workers);
        let (measured, warm_up) = (self.measured.as_secs_f64(), self.warm_up.as_secs_f64());
        let jobs = match self.jobs {
            1 => "one balancer at a time".to_owned(),
            jobs => format!("{jobs} balancers at a time, each with hosts of its own on the same machine"),
        };
        format!(
            "{seeds} seeds; {measured:.1} s each after {warm_up:.1} s of warm-up; hosts and balancer started anew for each; {jobs}; \
             {workers} thread(s) per balancer"
        )
    }
}
