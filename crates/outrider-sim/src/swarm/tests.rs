//! Each checker sees what it is there for: a world that is well, spoilt in one way.

use outrider_core::Random;
use outrider_pilot::{Exchange, FailureKind, Finish, Work};

use super::*;
use crate::measured::End;
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
    Picked {
        host: 0,
        trial: false,
        full: false,
        ejected: false,
        tried: false,
        room_elsewhere: true,
        class: 0,
        size: 1.0,
        work: None,
    }
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

/// A world with one balancer that predicts, once a pick has gone by the tenth table or so: with that pick, and what it went by.
fn foreseen() -> (Flight, Picked, Work) {
    let mut flights = (0..).map(|seed| Flight::of(&Drawn::new(seed), seed));
    let seen = flights.find_map(|mut flight| {
        let (picked, work) = (0..2_000).find_map(|_| {
            assert_eq!(flight.step(), Ok(true));
            flight.world.witness.acts.iter().find_map(by_table)
        })?;
        (flight.world.balancers.len() == 1).then_some((flight, picked, work))
    });
    seen.expect("there is no end of worlds")
}

fn by_table((_, act): &(u16, Act)) -> Option<(Picked, Work)> {
    let Act::Picked(picked) = act else { return None };
    Some((*picked, picked.work.filter(|work| work.epoch >= 10)?))
}

/// What the checker says of the pick once `spoil` has been at it.
fn told_of_cells(spoil: impl Fn(&mut Picked, &mut Work)) -> Result<(), String> {
    let (mut flight, mut picked, mut work) = foreseen();
    spoil(&mut picked, &mut work);
    flight.world.witness.acts = vec![(0, Act::Picked(Picked { work: Some(work), ..picked }))];
    cells::Cells.check(&flight.world)
}

#[test]
fn a_cell_of_another_host_is_seen() {
    assert_eq!(told_of_cells(|_, _| {}), Ok(()));
    let (flight, picked, _) = foreseen();
    let others = (0..).take(flight.world.hosts.len()).filter(|host| *host != picked.host);
    let seen = others.filter(|other| told_of_cells(|picked, _| picked.host = *other).is_err()).count();
    assert!(seen > 0, "no other host's row");
    told_of_cells(|_, work| work.table_ns += 1).expect_err("another number");
    told_of_cells(|_, work| work.epoch -= 1).expect_err("another table");
    told_of_cells(|picked, _| picked.class += 1).expect_err("another class");
    told_of_cells(|_, work| work.cost_ns = f32::NAN).expect_err("no number");
    told_of_cells(|_, work| work.correction = 0.0).expect_err("no factor");
}

#[test]
fn work_that_leaks_is_seen() {
    let (flight, _, work) = foreseen();
    assert_eq!(work::OutstandingWork.check(&flight.world), Ok(()));
    let host = flight.world.balancers[0].view().candidates().next().expect("there are hosts");
    std::mem::forget(Exchange::begin(host, false, flight.world.now).carrying(Some(work)));
    work::OutstandingWork.check(&flight.world).expect_err("nobody has it in flight");
}

#[test]
fn a_view_that_leads_to_an_ejected_host_is_seen() {
    let (mut flight, ..) = foreseen();
    let balancer = &mut flight.world.balancers[0];
    let (now, hosts) = (flight.world.now, balancer.view().candidates().cloned().collect::<Vec<_>>());
    for (nth, host) in hosts.iter().enumerate() {
        let finish = if nth == 0 { Finish::Failure(FailureKind::Reset) } else { Finish::Success };
        (0..100).for_each(|_| assert_eq!(Exchange::begin(host, false, now).finish(finish, now), None));
    }
    let mut ejections = ejections::Ejections::default();
    let mut check = |flight: &Flight| (0..100).try_for_each(|_| ejections.check(&flight.world));
    balancer.judge(now);
    check(&flight).expect_err("the verdict is not published");
    flight.world.balancers[0].tick(now);
    assert_eq!(check(&flight), Ok(()));
}

#[test]
fn users_who_are_not_served_in_fine_weather_are_seen() {
    let mut flight = flight(3);
    let mut recovered = flight.clear_up().expect("it is well");
    assert_eq!(recovered.check(&flight.world), Ok(()));
    for row in flight.world.record.rows.iter_mut().flatten() {
        row.end = End::TimedOut;
    }
    assert!(recovered.check(&flight.world).is_err_and(|told| told.starts_with("0 of the last ")));
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
