//! Rounds made up for tests: small and told by hand, or of a real queue, fast enough to make by the hundred thousand.

use std::collections::BinaryHeap;
use std::time::Duration;

use outrider_core::Random;
use outrider_workload::Law;

use outrider_sim::{BenchTruth, End, HostSample, Mark, Measured, MeasuredHost, Recovery, Row};

/// A good answer of the first host, scheduled and done so long after the start of its round.
pub(crate) fn row(scheduled_us: u64, latency_us: u64) -> Row {
    Row { scheduled_us, latency_us, late_us: 50, class: 0, host: Some(0), end: End::Status(200), tries: 1, size: 1.0 }
}

/// A sample of hosts that have nothing in hand.
pub(crate) fn host_sample(at_ms: u64, arrived: &[u64]) -> HostSample {
    let hosts = arrived.len();
    HostSample {
        at: Duration::from_millis(at_ms),
        arrived: arrived.to_vec(),
        busy_s: vec![0.0; hosts],
        in_service: vec![0; hosts],
        queued: vec![0; hosts],
        picks: None,
    }
}

/// Four seconds on two equal hosts after one of warm-up; no requests yet.
pub(crate) fn round(strategy: &str, seed: u64) -> Measured {
    let host = |n| MeasuredHost { name: format!("h{n}"), parallelism: 2, capacity_share: 0.5 };
    Measured {
        scenario: "test".into(),
        load: Some(0.5),
        strategy: strategy.into(),
        seed,
        warm_up: Duration::from_secs(1),
        length: Duration::from_secs(5),
        classes: vec!["small".into(), "large".into()],
        hosts: (1..=2).map(host).collect(),
        tries: Vec::new(),
        rows: Vec::new(),
        samples: Vec::new(),
        marks: Vec::new(),
        recovery: None,
        bench: Some(BenchTruth::default()),
    }
}

/// What a made-up comparison is like.
#[derive(Clone, Debug)]
pub(crate) struct MadeUp {
    /// Speed of each host; all serve four at a time.
    pub(crate) speeds: Vec<f64>,
    pub(crate) load: f64,
    pub(crate) length_s: f64,
    /// Users give up after this long.
    pub(crate) timeout_ms: f64,
    /// The first host hangs between these, s.
    pub(crate) hang_s: Option<(f64, f64)>,
}

impl Default for MadeUp {
    fn default() -> MadeUp {
        let speeds = vec![0.5, 0.7, 1.0, 1.0, 1.4, 2.0];
        MadeUp { speeds, load: 0.7, length_s: 12.0, timeout_ms: 10_000.0, hang_s: None }
    }
}

/// How a made-up balancer picks: how often it looks for the shortest queue instead of the next host, and whether it knows speeds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wits {
    pub(crate) looks: f64,
    pub(crate) knows_speed: bool,
}

const SLOTS: usize = 4;
const CLASS_MS: [f64; 3] = [30.0, 120.0, 480.0];
const CLASS_SHARES: [f64; 3] = [0.6, 0.3, 0.1];

impl MadeUp {
    /// One round: first come, first served, at every host; equal requests for every strategy of a seed.
    pub(crate) fn round(&self, strategy: &str, wits: Wits, seed: u64) -> Measured {
        let mut luck = Random::new(seed);
        let mean_ms: f64 = CLASS_MS.iter().zip(CLASS_SHARES).map(|(ms, share)| ms * share).sum();
        let capacity: f64 = self.speeds.iter().map(|speed| speed * SLOTS as f64 / mean_ms).sum();
        let gap = Law::Exponential { mean: 1.0 / (self.load * capacity) };
        let mut hosts: Vec<Host> = self.speeds.iter().map(|&speed| Host::new(speed)).collect();
        let mut measured = self.empty(strategy, seed);
        let (mut at_ms, mut next_sample_ms) = (0.0, 0.0);
        let mut turn = 0;
        loop {
            at_ms += gap.sample(&mut luck);
            let class = class(&mut luck);
            let work_ms = Law::LogNormal { mu: -0.18, sigma: 0.6 }.sample(&mut luck) * CLASS_MS[class];
            let dice = luck.unit();
            while next_sample_ms <= at_ms.min(self.length_s * 1e3) {
                measured.samples.push(sample(&mut hosts, next_sample_ms));
                next_sample_ms += 100.0;
            }
            if at_ms >= self.length_s * 1e3 {
                return measured;
            }
            turn += 1;
            let pick =
                if dice < wits.looks { shortest(&mut hosts, at_ms, wits.knows_speed) } else { turn % hosts.len() };
            let hang_end_ms =
                self.hang_s.filter(|(a, b)| pick == 0 && (a * 1e3..b * 1e3).contains(&at_ms)).map(|h| h.1 * 1e3);
            let work_ms = hang_end_ms.map_or(work_ms, |end| (end - at_ms) * self.speeds[0]);
            measured.rows.push(self.row(at_ms, class, pick, hosts[pick].serve(at_ms, work_ms)));
        }
    }

    /// Every strategy on seeds 1 to `seeds`.
    pub(crate) fn rounds(&self, strategies: &[(&str, Wits)], seeds: u64) -> Vec<Measured> {
        let of =
            |&(name, wits): &(&str, Wits)| (1..=seeds).map(|seed| self.round(name, wits, seed)).collect::<Vec<_>>();
        strategies.iter().flat_map(of).collect()
    }

    fn row(&self, at_ms: f64, class: usize, pick: usize, latency_ms: f64) -> Row {
        let timed_out = latency_ms > self.timeout_ms;
        Row {
            latency_us: micros(latency_ms.min(self.timeout_ms)),
            class: u16::try_from(class).unwrap(),
            host: (!timed_out).then(|| u16::try_from(pick).unwrap()),
            end: if timed_out { End::TimedOut } else { End::Status(200) },
            ..row(micros(at_ms), 0)
        }
    }

    fn empty(&self, strategy: &str, seed: u64) -> Measured {
        let all: f64 = self.speeds.iter().sum();
        let host = |(n, speed): (usize, &f64)| MeasuredHost {
            name: format!("h{}", n + 1),
            parallelism: SLOTS,
            capacity_share: speed / all,
        };
        let mark = |at_s, what: &str| Mark { at: Duration::from_secs_f64(at_s), host: Some(0), what: what.into() };
        Measured {
            load: Some(self.load),
            length: Duration::from_secs_f64(self.length_s),
            warm_up: Duration::from_secs_f64(self.length_s / 6.0),
            hosts: self.speeds.iter().enumerate().map(host).collect(),
            classes: CLASS_MS.iter().map(|ms| format!("{ms} ms")).collect(),
            recovery: self.hang_s.map(|_| Recovery::Host(0)),
            marks: self.hang_s.map_or(Vec::new(), |(a, b)| vec![mark(a, "h1 hangs"), mark(b, "h1 is well again")]),
            bench: Some(BenchTruth {
                timer_lag_mean_ms: 0.1,
                timer_lag_max_ms: 1.2,
                cpu_cores: 0.4,
                ..BenchTruth::default()
            }),
            ..round(strategy, seed)
        }
    }
}

fn class(luck: &mut Random) -> usize {
    let dice = luck.unit();
    usize::from(dice >= CLASS_SHARES[0]) + usize::from(dice >= CLASS_SHARES[0] + CLASS_SHARES[1])
}

/// A host with as many slots as [`SLOTS`] and one queue.
struct Host {
    speed: f64,
    /// When each slot is free again, in ns to be ordered, negative so that the heap's greatest is the first.
    free: BinaryHeap<i64>,
    /// From when to when each request in hand is served.
    served_ms: Vec<(f64, f64)>,
    arrived: u64,
    busy_ms: f64,
}

impl Host {
    fn new(speed: f64) -> Host {
        Host { speed, free: [0; SLOTS].into_iter().collect(), served_ms: Vec::new(), arrived: 0, busy_ms: 0.0 }
    }

    /// The latency of a request that comes now, ms.
    #[expect(clippy::cast_possible_truncation, reason = "times of a test are short")]
    fn serve(&mut self, at_ms: f64, work_ms: f64) -> f64 {
        let free_ms = -self.free.pop().unwrap() as f64 / 1e6;
        let start_ms = free_ms.max(at_ms);
        let end_ms = start_ms + work_ms / self.speed;
        self.free.push(-(end_ms * 1e6) as i64);
        self.served_ms.push((start_ms, end_ms));
        self.arrived += 1;
        end_ms - at_ms
    }

    fn in_hand(&mut self, at_ms: f64) -> usize {
        let busy_ms = &mut self.busy_ms;
        self.served_ms.retain(|(start, end)| {
            *busy_ms += if *end <= at_ms { end - start } else { 0.0 };
            *end > at_ms
        });
        self.served_ms.len()
    }

    /// Time spent serving so far, s.
    fn busy_s(&mut self, at_ms: f64) -> f64 {
        self.in_hand(at_ms);
        let current: f64 = self.served_ms.iter().map(|(start, _)| (at_ms - start).max(0.0)).sum();
        (self.busy_ms + current) / 1e3
    }
}

fn shortest(hosts: &mut [Host], at_ms: f64, knows_speed: bool) -> usize {
    let mut best = (f64::INFINITY, 0);
    for (index, host) in hosts.iter_mut().enumerate() {
        let cost = (host.in_hand(at_ms) as f64 + 1.0) / if knows_speed { host.speed } else { 1.0 };
        if cost < best.0 {
            best = (cost, index);
        }
    }
    best.1
}

fn sample(hosts: &mut [Host], at_ms: f64) -> HostSample {
    let in_hand: Vec<usize> = hosts.iter_mut().map(|host| host.in_hand(at_ms)).collect();
    let small = |n: usize| u32::try_from(n).unwrap();
    HostSample {
        at: Duration::from_secs_f64(at_ms / 1e3),
        arrived: hosts.iter().map(|host| host.arrived).collect(),
        busy_s: hosts.iter_mut().map(|host| host.busy_s(at_ms)).collect(),
        in_service: in_hand.iter().map(|&n| small(n.min(SLOTS))).collect(),
        queued: in_hand.iter().map(|&n| small(n.saturating_sub(SLOTS))).collect(),
        picks: None,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times of a test are short and positive")]
fn micros(ms: f64) -> u64 {
    (ms * 1e3).round() as u64
}
