//! Laws of every pick, whatever the rule and the state.

use proptest::prelude::*;

use super::*;
use crate::exchange::{Exchange, Waiting};
use crate::settings::{BreakerSettings, StrategyKind};
use crate::testing::{address, picker, request_at, specs};

/// The state of one host: weight, requests in flight, requests pending.
type State = (u32, u32, u32);

const LIMITS: BreakerSettings = BreakerSettings { max_connections: 3, max_pending: 2 };

/// A view of hosts in such states, and what keeps them there.
fn view(kind: StrategyKind, states: &[State]) -> (PoolView, Vec<Exchange>, Vec<Waiting>) {
    let settings = PoolSettings { strategy: kind, breaker: LIMITS, ..PoolSettings::named("api") };
    let mut pool = Pool::new(settings, Time::ZERO);
    let weights: Vec<u32> = states.iter().map(|state| state.0).collect();
    pool.set_hosts(&specs(&weights), Time::ZERO);
    let hosts = || pool.members.values().map(|member| &member.host).zip(states);
    let begin = |host| Exchange::begin(host, false, Time::ZERO);
    let held = hosts().flat_map(|(host, state)| (0..state.1).map(move |_| begin(host))).collect();
    let waiting = hosts().flat_map(|(host, state)| (0..state.2).map(move |_| Waiting::begin(host))).collect();
    (pool.view(), held, waiting)
}

fn is_open(state: &State) -> bool {
    state.0 > 0 && state.1 < LIMITS.max_connections
}

/// What the law says of a pick among `states` when the hosts in `tried` are out of the question.
fn check(states: &[State], tried: &[SocketAddr], result: Result<Pick<'_>, NoHost>) -> Result<(), TestCaseError> {
    let usable: Vec<(SocketAddr, &State)> =
        states.iter().enumerate().map(|(nth, s)| (address(nth), s)).filter(|(_, s)| s.0 > 0).collect();
    let left: Vec<&State> = usable.iter().filter(|(a, _)| !tried.contains(a)).map(|&(_, s)| s).collect();
    let has_open = left.iter().any(|state| is_open(state));
    let shortest = left.iter().map(|state| state.2).min();
    match result {
        Ok(pick) => {
            let (address, state) = usable.iter().find(|(a, _)| *a == pick.host.address).expect("usable");
            prop_assert!(!tried.contains(address));
            prop_assert_eq!(pick.full, !has_open);
            let fits = if has_open { is_open(state) } else { Some(state.2) == shortest };
            prop_assert!(fits, "{state:?} of {left:?}");
            prop_assert!(!pick.full || state.2 < LIMITS.max_pending);
            prop_assert_eq!(pick.weight, state.0);
        }
        Err(NoHost::Empty) => prop_assert!(states.is_empty()),
        Err(NoHost::AllUnavailable) => prop_assert!(usable.is_empty() && !states.is_empty()),
        Err(NoHost::AllTried) => prop_assert!(left.is_empty() && !usable.is_empty()),
        Err(NoHost::Saturated) => prop_assert!(!has_open && shortest >= Some(LIMITS.max_pending)),
    }
    Ok(())
}

fn states() -> impl Strategy<Value = Vec<State>> {
    prop_oneof![
        prop::collection::vec((0u32..4, 0u32..5, 0u32..3), 0..20),
        // Nearly saturated, where a rule's own draws find nothing.
        prop::collection::vec((1u32..4, 3u32..4, 1u32..3), 0..20),
        prop::collection::vec((1u32..3, prop::sample::select(vec![0, 3, 3, 3, 3, 3]), 0u32..2), 1..200),
    ]
}

proptest! {
    #[test]
    fn picks_are_open_while_anything_is_and_refusals_are_true(
        states in states(), tried in prop::collection::vec(0usize..20, 0..4), seed: u64,
    ) {
        let tried: Vec<SocketAddr> = tried.into_iter().map(address).collect();
        for kind in StrategyKind::ALL {
            let (view, _held, _waiting) = view(kind, &states);
            let mut picker = picker(seed);
            for _ in 0..5 {
                let request = PickRequest { tried: &tried, ..request_at(Time::ZERO) };
                check(&states, &tried, view.pick(&request, &mut picker))?;
            }
        }
    }
}

#[test]
fn a_large_pool_that_is_full_is_refused_without_looking_at_all_of_it() {
    let full = vec![(1, LIMITS.max_connections, LIMITS.max_pending); 3_000];
    for kind in StrategyKind::ALL {
        let (view, _held, _waiting) = view(kind, &full);
        let refused = view.pick(&request_at(Time::ZERO), &mut picker(2)).unwrap_err();
        assert_eq!(refused, NoHost::Saturated);
    }
}
