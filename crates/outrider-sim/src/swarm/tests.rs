//! Each checker sees what it is there for: a world that is well, spoilt in one way.

use outrider_core::Random;

use super::*;
use crate::world::{Act, Picked};

/// A world in full swing.
fn flight(seed: u64) -> Flight {
    let drawn = Drawn::new(seed);
    let mut flight = Flight::of(&drawn, seed);
    while flight.world.journeys.len() < 3 {
        assert_eq!(flight.step(), Ok(true));
    }
    flight
}

/// Which rule says no once `spoil` has been at it.
fn told(spoil: impl Fn(&mut World)) -> &'static str {
    let mut flight = flight(3);
    spoil(&mut flight.world);
    let mut checkers = std::mem::take(&mut flight.checkers);
    // Some look now and then only.
    let judged = (0..100).try_for_each(|_| flight.judge(&mut checkers));
    judged.expect_err("it has been spoilt").rule
}

fn picked() -> Picked {
    Picked { host: 0, trial: false, full: false, ejected: false, tried: false, room_elsewhere: true }
}

#[test]
fn a_request_that_is_lost_is_missed() {
    assert_eq!(told(|world| world.record.ended += 1), "conservation");
    let drop_one = |world: &mut World| {
        let id = world.journeys.ids().next().expect("somebody is under way");
        world.journeys.take(id);
    };
    assert_eq!(told(drop_one), "conservation");
}

#[test]
fn a_count_that_leaks_is_seen() {
    let leak = |world: &mut World| {
        let id = world.journeys.ids().find(|id| world.journeys.get(*id).is_some_and(|j| j.passage.exchange.is_some()));
        let journey = world.journeys.get_mut(id.expect("somebody is in flight")).expect("it is there");
        std::mem::forget(journey.passage.exchange.take());
    };
    assert_eq!(told(leak), "counts");
}

#[test]
fn a_pick_that_should_not_be_is_seen() {
    for wrong in
        [Picked { ejected: true, ..picked() }, Picked { tried: true, ..picked() }, Picked { full: true, ..picked() }]
    {
        assert_eq!(told(|world| world.witness.acts.push((0, Act::Picked(wrong)))), "picks");
    }
    let mut flight = flight(3);
    let fine = [picked(), Picked { ejected: true, trial: true, ..picked() }];
    flight.world.witness.acts = fine.map(|picked| (0, Act::Picked(picked))).to_vec();
    assert_eq!(picks::Picks.check(&flight.world), Ok(()));
}

#[test]
fn a_budget_that_is_overdrawn_is_seen() {
    assert_eq!(told(|world| world.witness.acts.extend([(0, Act::Retried); 10_000])), "budgets");
}

#[test]
fn who_is_left_waiting_is_seen() {
    let mut flight = flight(3);
    let judged = flight.judge(&mut [Box::new(rest::Rest)]);
    assert_eq!(judged.map_err(|breach| breach.rule), Err("rest"));
    flight.world.clear_up(FINE);
    while flight.step() == Ok(true) {}
    assert_eq!(flight.judge(&mut [Box::new(rest::Rest)]), Ok(()));
}

#[test]
fn a_breach_says_where_to_look() {
    let breach = Breach { seed: 7, step: 12, at: Duration::from_millis(1_500), rule: "counts", what: "odd".to_owned() };
    assert_eq!(breach.to_string(), "seed 7, step 12, at 1.500 s: counts: odd");
    let seed = Random::new(1).next_u64();
    assert_eq!(fly_swarm(seed, 500), fly_swarm(seed, 500), "a world is its seed");
}
