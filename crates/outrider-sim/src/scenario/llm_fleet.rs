//! Real questions to a language model, on hosts whose times were measured: what the file of `llm-fleet` leaves open.
//!
//! Whoever may read files hands in the recorded questions and the times of each kind of host. The balancers see the tokens of
//! a prompt and the class; how many tokens the answer will have only its host knows.

use std::sync::Arc;

use outrider_workload::{
    Asked, AskedRow, Class, Fleet, FleetHost, HostTimes, Law, Mix, MixError, Pattern, Trace, TraceError, TraceFile,
};
use thiserror::Error;

use super::{FleetSource, LanguageModel, Scenario, ScenarioError};
use crate::scenario::sound::HOSTS_MAX;

/// Questions or times that make no scenario.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LlmFleetError {
    /// The recording makes no sense.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// Times that cannot be a fleet's.
    #[error(transparent)]
    Mix(#[from] MixError),
    /// The rest of the scenario makes no sense.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A question of no class that there is, or a class that nobody asks.
    #[error("there must be questions of each class, and of no other")]
    Classes,
    /// Not one entry of times for each kind.
    #[error("there are times of {given} kinds of hosts, and {wanted} kinds")]
    Kinds {
        /// Times handed in.
        given: usize,
        /// Kinds that the scenario has.
        wanted: usize,
    },
}

impl Scenario {
    /// The same with these questions, and hosts with the times of each kind; as it is if it needs none.
    ///
    /// Load 1 is what hosts can do whose batches are as large as was measured, of the questions as they come.
    ///
    /// # Errors
    /// When questions, times or the scenario itself make no sense.
    pub fn with_recordings(self, rows: Vec<AskedRow>, times: &[HostTimes]) -> Result<Scenario, LlmFleetError> {
        let FleetSource::LanguageModel(model) = &self.fleet else { return Ok(self) };
        let trace = Trace::of_asked(rows)?;
        let fleet = fleet(model, trace.asked(), times)?;
        let host_times: Vec<HostTimes> = (0..fleet.hosts.len()).map(|host| times[host % times.len()].clone()).collect();
        let scenario = Scenario {
            fleet: FleetSource::Full(fleet),
            pattern: Pattern::Trace(TraceFile::default()),
            trace: Some(Arc::new(trace)),
            times: Some(host_times.into()),
            ..self
        };
        scenario.check_all()?;
        Ok(scenario)
    }
}

/// Hosts of all kinds in turn, with mean times as of full batches, so that capacity is what they can do.
fn fleet(model: &LanguageModel, asked: &[Asked], kinds: &[HostTimes]) -> Result<Fleet, LlmFleetError> {
    if kinds.is_empty() || kinds.len() != model.kinds.len() {
        return Err(LlmFleetError::Kinds { given: kinds.len(), wanted: model.kinds.len() });
    }
    let of_class = |class: usize| asked.iter().filter(move |asked| asked.class == class);
    let counts: Vec<usize> = (0..model.questions.len()).map(|class| of_class(class).count()).collect();
    if counts.contains(&0) || counts.iter().sum::<usize>() != asked.len() {
        return Err(LlmFleetError::Classes);
    }
    let mean_ms = |times: &HostTimes, class: usize| {
        let all_ms = of_class(class).map(|asked| times.time_ms(asked.prompt, asked.output, times.batch_max()));
        all_ms.sum::<f64>() / counts[class] as f64
    };
    let class = |(class, count): (usize, &usize)| {
        Class::new(&model.questions[class].class, mean_ms(&kinds[0], class), *count as f64)
    };
    let mix = Mix::new(counts.iter().enumerate().map(class).collect())?;
    let host = |nth: usize| {
        let times = &kinds[nth % kinds.len()];
        let faster = |class: usize| mix.classes()[class].mean_ms / mean_ms(times, class);
        FleetHost { speed: 1.0, parallelism: times.batch_max(), class_speeds: (0..counts.len()).map(faster).collect() }
    };
    let hosts = (0..model.each.saturating_mul(kinds.len()).min(HOSTS_MAX + 1)).map(host).collect();
    Ok(Fleet { mix, size: Law::Fixed(1.0), noise: Law::Fixed(1.0), antagonists: None, hosts })
}

#[cfg(test)]
mod tests {
    use outrider_pilot::StrategyKind;
    use outrider_workload::Measurement;

    use super::*;
    use crate::{Rule, by_name, fly};

    /// A made-up kind of host, so many times as slow.
    fn times(slow: f64) -> HostTimes {
        let measured = |prompt, batch, prompt_ms, token_ms| Measurement {
            prompt,
            batch,
            prompt_ms: prompt_ms * slow,
            token_ms: token_ms * slow,
        };
        HostTimes::of(&[
            measured(100.0, 1.0, 5.0, 2.0),
            measured(1_000.0, 1.0, 50.0, 2.0),
            measured(100.0, 8.0, 40.0, 3.0),
        ])
        .unwrap()
    }

    fn rows(class: impl Fn(usize) -> usize) -> Vec<AskedRow> {
        let asked = |nth: usize| Asked {
            class: class(nth),
            prompt: if nth.is_multiple_of(2) { 800.0 } else { 100.0 },
            output: (nth % 5 * 10) as f64,
        };
        (0..300).map(|nth| AskedRow { at_s: (nth + nth % 7) as f64, asked: asked(nth) }).collect()
    }

    fn read(rows: Vec<AskedRow>, kinds: &[HostTimes]) -> Result<Scenario, LlmFleetError> {
        by_name("llm-fleet").unwrap().with_recordings(rows, kinds)
    }

    fn scenario() -> Scenario {
        read(rows(|nth| nth % 2), &[times(2.0), times(1.0), times(1.5)]).unwrap()
    }

    #[test]
    fn capacity_is_that_of_full_batches() {
        let fleet = scenario().fleet(1).unwrap();
        let mean_ms = |prompt: f64| times(2.0).time_ms(prompt, 20.0, 8);
        let slow_per_s = 8.0 * 1e3 / ((mean_ms(800.0) + mean_ms(100.0)) / 2.0);
        let expected = 4.0 * slow_per_s * (1.0 + 2.0 + 2.0 / 1.5);
        assert!((fleet.capacity_per_s() / expected - 1.0).abs() < 1e-9, "{} {expected}", fleet.capacity_per_s());
    }

    #[test]
    fn what_makes_no_scenario_is_refused() {
        let kinds = [times(2.0), times(1.0), times(1.5)];
        assert_eq!(read(rows(|_| 0), &kinds), Err(LlmFleetError::Classes));
        assert_eq!(read(rows(|nth| nth % 3), &kinds), Err(LlmFleetError::Classes));
        assert!(matches!(read(Vec::new(), &kinds), Err(LlmFleetError::Trace(_))));
        assert_eq!(read(rows(|nth| nth % 2), &kinds[..2]), Err(LlmFleetError::Kinds { given: 2, wanted: 3 }));
        assert_eq!(by_name("llm-fleet").unwrap().check(0.7, 1).unwrap_err(), ScenarioError::NoData);
        let unmeasured = Scenario { times: None, ..scenario() };
        assert_eq!(unmeasured.check(0.7, 1).unwrap_err(), ScenarioError::Unmeasured);
    }

    #[test]
    fn hosts_that_cannot_keep_up_with_their_share_are_found_by_every_rule_that_looks() {
        let scenario = scenario().with_requests(3_000, 0.8, 1).unwrap();
        let p99_ms = |kind| {
            let flown = fly(&scenario, Rule::Pilot(kind), 0.8, 1).unwrap().measured;
            assert!(flown.rows.iter().all(|row| row.end.is_good()));
            crate::quantile(&flown.latencies_ms(), 0.99)
        };
        let blind_ms = p99_ms(StrategyKind::RoundRobin);
        for kind in [StrategyKind::LeastRequest, StrategyKind::Predictive] {
            assert!(p99_ms(kind) < 0.8 * blind_ms, "{}: {} {blind_ms}", kind.name(), p99_ms(kind));
        }
    }
}
