//! The generator against the hosts: queues are as theory says, and what a stall does to those who would have come shows.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

use std::net::SocketAddr;
use std::time::Duration;

use http::uri::PathAndQuery;
use outrider_lab::load::{self, Ask, LoadEnd, Outcome, Patience, Planned, Record, Target, plan};
use outrider_lab::{Backends, BackendsSpec, Fault, Stop};
use outrider_workload::{Fleet, Law, Pattern, Requests};

fn backends(parallelism: usize, mean_ms: f64) -> (Backends, SocketAddr) {
    let fleet = Fleet::equal(1, parallelism, mean_ms, Law::Fixed(1.0)).unwrap();
    let backends = Backends::start(BackendsSpec::new(fleet, 1)).unwrap();
    let address = backends.addresses()[0];
    (backends, address)
}

fn records(target: &Target, plan: impl Iterator<Item = Planned> + Send + 'static) -> (Vec<Record>, LoadEnd) {
    let mut all = Vec::new();
    let end = load::run(target, plan, &Stop::new(), |r| all.push(r.clone())).unwrap();
    all.sort_by_key(|r| r.number);
    (all, end)
}

/// A metronome of GETs.
fn pace(rate_per_s: f64, ms: u64) -> impl Iterator<Item = Planned> + Send + 'static {
    let path = PathAndQuery::from_static("/c/all");
    plan::plain(path, Ask::default(), &Pattern::Pace, rate_per_s, Duration::from_millis(ms), 1)
}

fn mean_ms(latencies: impl Iterator<Item = Duration>) -> f64 {
    let (sum, n) = latencies.fold((0.0, 0.0), |(sum, n), l| (sum + l.as_secs_f64(), n + 1.0));
    sum / n * 1e3
}

/// Mean time in a FIFO queue with `servers` servers for these arrivals and services, seconds (Kiefer and Wolfowitz 1955).
fn expected_mean_ms(arrivals: &[(f64, f64)], servers: usize) -> f64 {
    let mut free_at = vec![0.0f64; servers];
    let latency = arrivals.iter().map(|&(at, service)| {
        let first = free_at.iter_mut().min_by(|a, b| a.total_cmp(b)).unwrap();
        *first = first.max(at) + service;
        Duration::from_secs_f64(*first - at)
    });
    mean_ms(latency.collect::<Vec<_>>().into_iter())
}

/// M/D/c and M/G/c: the very arrivals and sizes that are sent, through the textbook recursion.
fn queue_obeys_theory(size: Law) {
    let (backends, address) = backends(4, 30.0);
    let fleet = Fleet { size, ..backends.spec().fleet.clone() };
    let rate_per_s = 0.85 * 4.0 / 0.030;
    let duration = Duration::from_secs(2);
    let arrivals: Vec<(f64, f64)> = Requests::new(&fleet, &Pattern::Poisson, rate_per_s, duration, 4)
        .map(|r| (r.at.as_secs_f64(), r.size * 0.030))
        .take_while(|&(at, _)| at < 2.0)
        .collect();
    let expected = expected_mean_ms(&arrivals, 4);
    let plan = plan::mixed(&fleet, &Pattern::Poisson, rate_per_s, duration, 4);
    let (records, _) = records(&Target::at(address), plan);
    let measured = mean_ms(records.iter().map(Record::latency));
    // Theory knows no sockets and timers: reality may be a little slower, never faster.
    assert!(
        measured > expected - 1.0 && measured < expected * 1.15 + 5.0,
        "measured {measured:.1} ms, expected {expected:.1} ms"
    );
    let counts = backends.counts(0);
    assert_eq!(counts.answered, arrivals.len() as u64);
    assert_eq!((counts.in_service, counts.queued), (0, 0));
    // Time spent serving is what the sizes came to, however late timers were; sizes travel with six digits.
    let work_s: f64 = arrivals.iter().map(|&(_, service)| service).sum();
    assert!((counts.busy_s - work_s).abs() < 1e-6 * arrivals.len() as f64, "{} {work_s}", counts.busy_s);
}

#[test]
fn equal_services_queue_as_theory_says() {
    queue_obeys_theory(Law::Fixed(1.0));
}

#[test]
fn unequal_services_queue_as_theory_says() {
    queue_obeys_theory(Law::Exponential { mean: 1.0 });
}

#[test]
fn little_s_law_holds_between_loader_and_host() {
    let (backends, address) = backends(2, 25.0);
    let rate_per_s = 64.0;
    let duration = Duration::from_secs(2);
    let path = PathAndQuery::from_static("/c/all");
    let plan = plan::plain(path, Ask::default(), &Pattern::Poisson, rate_per_s, duration, 9);
    let target = Target::at(address);
    let sending = std::thread::spawn(move || records(&target, plan));
    // Looks at the host's own counts while the load runs.
    let mut seen = Vec::new();
    while !sending.is_finished() {
        let counts = backends.counts(0);
        seen.push((counts.in_service + counts.queued) as f64);
        std::thread::sleep(Duration::from_millis(2));
    }
    let (records, end) = sending.join().unwrap();
    let inside = seen.iter().sum::<f64>() / seen.len() as f64;
    let throughput_per_s = records.len() as f64 / end.took.as_secs_f64();
    let predicted = throughput_per_s * mean_ms(records.iter().map(Record::latency)) / 1e3;
    assert!((inside / predicted - 1.0).abs() < 0.25, "L = {inside:.2}, lambda W = {predicted:.2}");
}

#[test]
fn a_stall_is_charged_to_all_who_would_have_come_meanwhile() {
    let (backends, address) = backends(100, 1.0);
    // 200/s for 1.2 s; from about 0.4 s on nothing is answered for 0.5 s. Four connections: most cannot even be sent then,
    // and a clock that starts at the send would miss what the stall did to them.
    let target = Target { connections: 4, ..Target::at(address) };
    let stalled = std::thread::spawn(move || records(&target, pace(200.0, 1_200)));
    while backends.counts(0).requests < 80 {
        std::thread::yield_now();
    }
    backends.set_fault(0, Fault::Hang);
    std::thread::sleep(Duration::from_millis(500));
    backends.set_fault(0, Fault::None);
    let (records, _) = stalled.join().unwrap();

    let over = |ms| {
        let bound = Duration::from_millis(ms);
        records.iter().filter(|r| r.latency() >= bound).count()
    };
    // Those due in the first 250 ms of the stall waited at least 250 ms: 50 of them, and so on down the slope.
    assert!((40..=80).contains(&over(250)), "{}", over(250));
    assert!((10..=40).contains(&over(425)), "{}", over(425));
    assert!(records.len() - over(100) > 100, "those before and after were served at once");
}

#[test]
fn too_few_connections_show_as_waiting_not_as_lateness() {
    let (_backends, address) = backends(100, 20.0);
    let target = Target { connections: 1, ..Target::at(address) };
    let (records, end) = records(&target, pace(1000.0, 21));
    assert_eq!((records.len(), end.connections), (20, 1));
    let last = records.iter().max_by_key(|r| r.done).unwrap();
    assert!(last.latency() >= Duration::from_millis(380), "20 in a row of 20 ms");
    assert!(last.sent.unwrap().since(last.taken) >= Duration::from_millis(340));
    assert!(last.late() < Duration::from_millis(340));
}

#[test]
fn connections_are_kept_and_carry_all_requests() {
    let (_backends, address) = backends(100, 1.0);
    let (records, end) = records(&Target::at(address), pace(200.0, 500));
    assert!(records.iter().all(|r| r.outcome == Outcome::Answered(200)));
    assert!(records.iter().all(|r| r.host.as_deref() == Some("h0")));
    assert!(end.connections < 50, "{} for {} requests", end.connections, records.len());
}

#[test]
fn failures_are_told_apart() {
    let (backends, address) = backends(1, 1.0);
    let target = Target { patience: Patience::once(Duration::from_millis(100)), ..Target::at(address) };
    let outcomes = || -> Vec<Outcome> {
        let (records, _) = records(&target, pace(100.0, 51));
        records.iter().map(|r| r.outcome).collect()
    };
    backends.set_fault(0, Fault::FailFast);
    assert_eq!(outcomes(), [Outcome::Answered(500); 5]);
    backends.set_fault(0, Fault::Refuse);
    assert_eq!(outcomes(), [Outcome::NotConnected; 5]);
    backends.set_fault(0, Fault::Hang);
    assert_eq!(outcomes(), [Outcome::TimedOut; 5]);
}

#[test]
fn a_connection_that_dies_breaks_its_request() {
    let (backends, address) = backends(10, 60_000.0);
    let sending = std::thread::spawn(move || records(&Target::at(address), pace(100.0, 11)));
    while backends.counts(0).in_service < 1 {
        std::thread::yield_now();
    }
    backends.set_fault(0, Fault::Die);
    let (records, _) = sending.join().unwrap();
    assert_eq!(records[0].outcome, Outcome::Broken);
}

#[test]
fn a_raised_flag_ends_the_run() {
    let (backends, address) = backends(100, 60_000.0);
    let stop = Stop::new();
    let sending = std::thread::spawn({
        let stop = stop.clone();
        move || load::run(&Target::at(address), pace(100.0, 3_600_000), &stop, |_| {})
    });
    while backends.counts(0).requests < 3 {
        std::thread::yield_now();
    }
    stop.stop();
    assert!(sending.join().unwrap().unwrap().stopped);
}
