//! How loaded a host is, in three steps: what the state of `q_learning` is made of.

use std::time::Duration;

use outrider_core::Time;

use crate::live::HostLive;
use crate::settings::QLearningSettings;

/// A report older than this says nothing of now.
const REPORT_AGE: Duration = Duration::from_secs(10);

/// How loaded a host is: the worst of what is known of it. What is not known is never low.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Low,
    Medium,
    High,
}

impl Level {
    /// The level of a host that may be picked, which on average answers in `response_ms`. One that never answered is not low,
    /// and one whose last answer was a failure is high: a dead host is not an idle one.
    pub(crate) fn of(live: &HostLive, response_ms: Option<f32>, settings: &QLearningSettings, now: Time) -> Level {
        if live.failures_in_row() > 0 {
            return Level::High;
        }
        let active = Level::between(live.in_flight(), settings.active);
        let response = response_ms.map_or(Level::Medium, |ms| Level::of_response(ms, settings));
        let cpu = cpu(live, now).map_or(Level::Low, |cpu| Level::between(cpu, settings.cpu));
        active.max(response).max(cpu)
    }

    fn of_response(ms: f32, settings: &QLearningSettings) -> Level {
        let (medium, high) = settings.response;
        Level::between(ms, (medium.as_secs_f32() * 1e3, high.as_secs_f32() * 1e3))
    }

    fn between<T: PartialOrd + Copy>(value: T, (medium, high): (T, T)) -> Level {
        if value >= high {
            Level::High
        } else if value >= medium {
            Level::Medium
        } else {
            Level::Low
        }
    }
}

/// The utilisation that the host has lately reported.
pub(crate) fn cpu(live: &HostLive, now: Time) -> Option<f64> {
    live.report(now).filter(|report| report.age <= REPORT_AGE)?.cpu_utilization
}

#[cfg(test)]
mod tests {
    use outrider_core::LoadReport;
    use proptest::prelude::*;

    use super::*;
    use crate::exchange::{Exchange, FailureKind, Finish};
    use crate::testing::{candidates, load};

    const NOW: Time = Time::from_millis(1_000);

    /// The level of a host with that CPU, so many in flight and that response time.
    fn level(cpu: Option<f64>, active: usize, response_ms: Option<f32>) -> Level {
        let candidates = candidates(&[1]);
        let _held = load(&candidates, &[active]);
        let live = &candidates[0].host.live;
        live.reported(&LoadReport { cpu_utilization: cpu, ..LoadReport::default() }, NOW);
        Level::of(live, response_ms, &QLearningSettings::default(), NOW)
    }

    proptest! {
        #[test]
        fn the_worst_metric_wins(cpu in 0.0f64..1.2, active in 0usize..15, response in 0.0f32..400.0) {
            let all = level(Some(cpu), active, Some(response));
            let each = [
                level(Some(cpu), 0, Some(0.0)), level(None, active, Some(0.0)), level(None, 0, Some(response)),
            ];
            prop_assert_eq!(Some(all), each.into_iter().max());
        }

        #[test]
        fn what_never_answered_is_never_low(cpu in prop::option::of(0.0f64..1.2), active in 0usize..15) {
            prop_assert!(level(cpu, active, None) > Level::Low);
        }
    }

    #[test]
    fn the_bounds_are_the_predecessors() {
        use Level::{High, Low, Medium};
        let cpu = [0.49, 0.5, 0.79, 0.8].map(|cpu| level(Some(cpu), 0, Some(1.0)));
        let active = [4, 5, 9, 10].map(|active| level(None, active, Some(1.0)));
        let response = [99.0, 100.0, 199.0, 200.0].map(|ms| level(None, 0, Some(ms)));
        assert_eq!([cpu, active, response], [[Low, Medium, Medium, High]; 3]);
    }

    #[test]
    fn a_dead_host_is_no_idle_one() {
        let host = &candidates(&[1])[0].host;
        let of = || Level::of(&host.live, Some(20.0), &QLearningSettings::default(), NOW);
        assert_eq!(of(), Level::Low);
        Exchange::begin(host, false, NOW).finish(Finish::Failure(FailureKind::Connect), NOW);
        assert_eq!(of(), Level::High);
        Exchange::begin(host, false, NOW).finish(Finish::Success, NOW);
        assert_eq!(of(), Level::Low);
    }

    #[test]
    fn what_a_host_said_long_ago_says_nothing_of_now() {
        let host = &candidates(&[1])[0].host;
        host.live.reported(&LoadReport { cpu_utilization: Some(0.9), ..LoadReport::default() }, NOW);
        let after = |s| Level::of(&host.live, Some(1.0), &QLearningSettings::default(), NOW + Duration::from_secs(s));
        assert_eq!((after(10), after(11)), (Level::High, Level::Low));
    }
}
