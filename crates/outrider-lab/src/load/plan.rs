//! What is to be sent when.

use std::time::Duration;

use http::uri::PathAndQuery;
use outrider_core::{Random, Time};
use outrider_workload::{Arrivals, Fleet, Pattern, Request, Requests};

/// One request to send.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Its number, from 0.
    pub number: u64,
    /// When it arrives, from the start of the run.
    pub at: Time,
    /// Index of its class.
    pub class: usize,
    /// What it asks for.
    pub path: PathAndQuery,
}

/// GETs of one path, of one class, for `duration`.
pub fn plain(
    path: PathAndQuery,
    pattern: Pattern,
    rate_per_s: f64,
    duration: Duration,
    seed: u64,
) -> impl Iterator<Item = Planned> + Send + use<> {
    let end = Time::ZERO + duration;
    let planned = move |(at, number)| Planned { number, at, class: 0, path: path.clone() };
    Arrivals::new(pattern, rate_per_s, Random::stream(seed, 1)).take_while(move |&at| at < end).zip(0..).map(planned)
}

/// Requests of the fleet's mix for `duration`, in the form that lab backends read: class in the path, size and number in
/// the query. The same seed gives the same requests.
pub fn mixed(
    fleet: &Fleet,
    pattern: Pattern,
    rate_per_s: f64,
    duration: Duration,
    seed: u64,
) -> impl Iterator<Item = Planned> + Send + use<> {
    let end = Time::ZERO + duration;
    let names: Vec<String> = fleet.mix.classes().iter().map(|c| c.name.clone()).collect();
    Requests::new(fleet, pattern, rate_per_s, seed)
        .take_while(move |request| request.at < end)
        .map(move |request| planned(&request, &names[request.class]))
}

fn planned(request: &Request, class: &str) -> Planned {
    let Request { number, size, .. } = *request;
    let path = format!("/c/{class}?size={size:.6}&n={number}");
    Planned {
        number,
        at: request.at,
        class: request.class,
        path: PathAndQuery::try_from(path).expect("class names, numbers and sizes stand in a path"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn schedule(rate_per_s: f64, seed: u64) -> Vec<Planned> {
        let fleet = Fleet::uneven_mixed(3, 1);
        let second = Duration::from_secs(1);
        mixed(&fleet, Pattern::Poisson, rate_per_s, second, seed).collect()
    }

    #[test]
    fn a_plan_ends_with_its_duration() {
        let path = PathAndQuery::from_static("/");
        let pace: Vec<Planned> = plain(path, Pattern::Pace, 100.0, Duration::from_millis(305), 1).collect();
        assert_eq!(pace.len(), 30);
        assert_eq!(pace[29].at.as_millis(), 300);
    }

    proptest! {
        #[test]
        fn equal_seeds_give_equal_schedules_and_others_do_not(seed: u64) {
            let plan = schedule(300.0, seed);
            prop_assert_eq!(&plan, &schedule(300.0, seed));
            prop_assert_ne!(&plan, &schedule(300.0, seed ^ 1));
            prop_assert!(plan.windows(2).all(|w| w[0].at <= w[1].at && w[0].number + 1 == w[1].number));
        }
    }
}
