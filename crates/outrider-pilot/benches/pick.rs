//! What a decision costs: nanoseconds and allocations, per rule and size of the pool, alone and beside a second thread
//! that picks and completes on the same pool. `cargo bench -p outrider-pilot --bench pick [-- ROUNDS]`.
//!
//! Each figure is the median of `ROUNDS` (9) rounds; a round measures every case once, so that what the machine does
//! meanwhile hits all alike. Time is an argument of the pilot, so no clock is read inside. Beside it, what the slow
//! path costs: a tick (every 100 ms) and the making of a view (when something has changed), in microseconds.

use std::alloc::System;
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use outrider_core::{ClassId, Random, Time};
use outrider_pilot::{
    Exchange, Finish, HostSpec, Labels, PickRequest, Picker, Pool, PoolSettings, PoolView, ProbeAnswer, StrategyKind,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SIZES: [usize; 3] = [12, 100, 10_000];
const PICKS: u64 = 100_000;
/// Virtual time between two requests of one thread.
const GAP: Duration = Duration::from_micros(10);

/// One line of the table: its pool and what each round measured.
struct Case {
    kind: StrategyKind,
    hosts: usize,
    pool: Pool,
    view: PoolView,
    ns: [Vec<f64>; 4],
    slow_us: [Vec<f64>; 2],
    allocations: usize,
}

/// What one thread does: requests in flight, oldest first, and its luck and time.
struct Worker<'a> {
    view: &'a PoolView,
    in_flight: Vec<Option<Exchange>>,
    picker: Picker,
    now: Time,
}

impl<'a> Worker<'a> {
    /// One request in flight per two hosts, at most 1000.
    fn new(view: &'a PoolView, seed: u64) -> Worker<'a> {
        let places = (view.len() / 2).clamp(1, 1_000);
        let in_flight = (0..places).map(|_| None).collect();
        let mut worker =
            Worker { view, in_flight, picker: Picker::new(Random::new(seed)), now: Time::from_millis(1_000) };
        worker.cycle(4 * places as u64);
        worker
    }

    fn request(&self) -> PickRequest<'static> {
        request_at(self.now)
    }

    /// Picks alone.
    fn pick(&mut self, times: u64) {
        for _ in 0..times {
            self.now = self.now + GAP;
            let _ = black_box(self.view.pick(&self.request(), &mut self.picker));
            self.answer_probes();
        }
    }

    /// Whole lives: the oldest request is answered and ends, a new one is picked and begins.
    fn cycle(&mut self, times: u64) {
        for nth in 0..times {
            self.now = self.now + GAP;
            let place = usize::try_from(nth).expect("fewer than 2^32") % self.in_flight.len();
            if let Some(mut exchange) = self.in_flight[place].take() {
                exchange.answered(self.now);
                exchange.finish(Finish::Success, self.now);
            }
            let pick = self.view.pick(&self.request(), &mut self.picker).expect("nobody is full");
            self.in_flight[place] = Some(Exchange::begin(pick.host, pick.trial, self.now).carrying(pick.work));
            self.answer_probes();
        }
    }
}

impl Worker<'_> {
    fn answer_probes(&mut self) {
        while let Some(host) = self.picker.next_probe() {
            let in_flight = host.live.in_flight();
            let latency = Some(Duration::from_millis(1 + u64::from(in_flight)));
            let answer = ProbeAnswer { in_flight: f64::from(in_flight), latency };
            self.picker.probed(&host, answer, self.now);
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rounds = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(9);
    // `cargo test --benches` runs this without `--bench`: once, quickly.
    let (rounds, picks) = if arguments.iter().any(|a| a == "--bench") { (rounds, PICKS) } else { (1, 1_000) };
    let mut cases: Vec<Case> =
        SIZES.iter().flat_map(|&hosts| StrategyKind::ALL.map(|kind| case(kind, hosts))).collect();
    for round in 0..rounds {
        for case in &mut cases {
            measure(case, picks, round);
        }
    }
    print(&cases, rounds);
}

fn case(kind: StrategyKind, hosts: usize) -> Case {
    let mut pool = Pool::new(PoolSettings { strategy: kind, ..PoolSettings::named("bench") }, Time::ZERO);
    pool.set_hosts(&(0..hosts).map(spec).collect::<Vec<_>>(), Time::ZERO);
    teach(&mut pool, hosts);
    let view = pool.view();
    Case { kind, hosts, pool, view, ns: Default::default(), slow_us: Default::default(), allocations: 0 }
}

/// Classes that requests are of, in turns.
const CLASSES: u64 = 6;

/// A request of one of the classes, with a size.
fn request_at(now: Time) -> PickRequest<'static> {
    let class = ClassId(u8::try_from(now.as_nanos() / 10_000 % CLASSES).expect("a few"));
    PickRequest { class, tried: &[], repeatable: true, size: Some(1.5), key: None, now }
}

/// Shows a pool that predicts enough of its hosts to go by what it has learnt.
fn teach(pool: &mut Pool, hosts: usize) {
    let (view, mut picker) = (pool.view(), Picker::new(Random::new(7)));
    let mut random = Random::new(8);
    for nth in 0..hosts as u64 * LESSONS {
        let now = Time::from_nanos(10_000 * nth % 900_000_000);
        let Ok(pick) = view.pick(&request_at(now), &mut picker) else { return };
        let Some(work) = pick.work else { return };
        let exchange = Exchange::begin(pick.host, pick.trial, now).carrying(Some(work));
        let took = Duration::from_micros(500 + random.next_u64() % 1_000);
        if let Some(outcome) = exchange.finish(Finish::Success, now + took) {
            pool.learn(&outcome);
        }
    }
    pool.tick(Time::from_millis(1_000));
}

/// Requests per host from which it learns: a host is known by ten.
const LESSONS: u64 = 24;

/// Weights of 1, 2 and 3.
fn spec(nth: usize) -> HostSpec {
    let nth = u32::try_from(nth).expect("a small pool");
    let address = SocketAddr::from((Ipv4Addr::from(0x0a00_0000 + nth), 80));
    HostSpec { address, weight: 1 + nth % 3, labels: Labels::default() }
}

fn measure(case: &mut Case, picks: u64, round: u64) {
    let Case { pool, view, ns, slow_us, allocations, .. } = case;
    let mut worker = Worker::new(view, round);
    ns[0].push(timed(picks, allocations, || worker.pick(picks)));
    ns[1].push(timed(picks, allocations, || worker.cycle(picks)));
    let stop = AtomicBool::new(false);
    let running = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut other = Worker::new(view, 1_000 + round);
            running.store(true, Ordering::Release);
            while !stop.load(Ordering::Relaxed) {
                other.cycle(64);
            }
        });
        while !running.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        ns[2].push(timed(picks, allocations, || worker.pick(picks)));
        ns[3].push(timed(picks, allocations, || worker.cycle(picks)));
        stop.store(true, Ordering::Relaxed);
    });
    let tick_at = Time::from_millis(1_000 + 100 * round);
    slow_us[0].push(timed(1_000, &mut 0, || drop(pool.tick(tick_at))));
    slow_us[1].push(timed(1_000, &mut 0, || drop(black_box(pool.view()))));
}

/// Nanoseconds per item of `work`; allocations of all threads meanwhile are added up.
fn timed(items: u64, allocations: &mut usize, work: impl FnOnce()) -> f64 {
    let region = Region::new(ALLOCATOR);
    let start = Instant::now();
    work();
    let took = start.elapsed();
    let change = region.change();
    *allocations += change.allocations + change.reallocations;
    took.as_secs_f64() * 1e9 / items as f64
}

#[allow(clippy::print_stdout)] // the table is what this is for
fn print(cases: &[Case], rounds: u64) {
    println!("ns, medians of {rounds} rounds; life = pick, begin, answered, finish; +1 = beside a second thread");
    println!(
        "{:<15} {:>6} {:>7} {:>7} {:>8} {:>8} {:>12} {:>8} {:>8}",
        "rule", "hosts", "pick", "life", "pick +1", "life +1", "allocations", "tick us", "view us"
    );
    for Case { kind, hosts, ns, slow_us, allocations, .. } in cases {
        let [pick, life, pick_beside, life_beside] = ns.each_ref().map(|rounds| median(rounds));
        let [tick, view] = slow_us.each_ref().map(|rounds| median(rounds));
        let fast = format!("{pick:>7.1} {life:>7.1} {pick_beside:>8.1} {life_beside:>8.1} {allocations:>12}");
        println!("{:<15} {hosts:>6} {fast} {tick:>8.1} {view:>8.1}", kind.name());
    }
}

fn median(rounds: &[f64]) -> f64 {
    let mut sorted = rounds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
