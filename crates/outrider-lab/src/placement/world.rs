//! The rules of the two platforms: what requests take, what they are given, and what it costs.
//!
//! The numbers were chosen so that neither platform is the better one for everything: containers where the load is even, serverless where
//! more comes at once than their slots hold. They were chosen before any model had been trained on what comes of them, but for one: lightweight functions
//! were first given 256 MB, with which containers were nearly always better for them, and little was left to learn.

use outrider_core::Random;
use outrider_workload::{Prices, TaskSize};

use super::ColdStarts;
use super::design::Sent;

/// Memory that buys a vCPU, MB (AWS Lambda's documentation).
const MB_PER_VCPU: f64 = 1_769.0;
/// How much the CPU time of a request varies: sigma of its logarithm.
const CPU_SIGMA: f64 = 0.3;
/// The same of its memory.
const MEMORY_SIGMA: f64 = 0.15;
/// An instance is kept so long after its last request, seconds.
const KEPT_S: f64 = 300.0;
/// How much slower serverless functions are in each window, by the hour that it begins at.
const SLOWER: [(u8, f64); 5] = [(2, 0.95), (8, 1.0), (12, 1.15), (18, 1.1), (22, 1.0)];

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// Of all requests.
    pub(crate) share: f64,
    pub(crate) sizes_kb: [f64; 3],
    /// CPU time of one without a payload, and of each kB.
    cpu_s: f64,
    cpu_s_per_kb: f64,
    /// What a serverless function is given.
    given_mb: f64,
    /// What a request uses without a payload, and for each kB.
    used_mb: f64,
    used_mb_per_kb: f64,
    /// The containers that serve it.
    pub(crate) task: TaskSize,
}

pub(crate) const WORKLOADS: [Workload; 4] = [
    Workload {
        name: "lightweight_api",
        share: 0.5,
        sizes_kb: [1.0, 10.0, 50.0],
        cpu_s: 0.008,
        cpu_s_per_kb: 0.000_1,
        given_mb: 320.0,
        used_mb: 60.0,
        used_mb_per_kb: 0.1,
        task: TaskSize { vcpu: 0.25, gb: 0.5, count: 1 },
    },
    Workload {
        name: "thumbnail_processing",
        share: 0.25,
        sizes_kb: [100.0, 500.0, 2_000.0],
        cpu_s: 0.05,
        cpu_s_per_kb: 0.000_08,
        given_mb: 512.0,
        used_mb: 60.0,
        used_mb_per_kb: 0.17,
        task: TaskSize { vcpu: 0.5, gb: 1.0, count: 2 },
    },
    Workload {
        name: "medium_processing",
        share: 0.15,
        sizes_kb: [200.0, 1_000.0, 5_000.0],
        cpu_s: 0.3,
        cpu_s_per_kb: 0.000_12,
        given_mb: 1_024.0,
        used_mb: 150.0,
        used_mb_per_kb: 0.13,
        task: TaskSize { vcpu: 1.0, gb: 2.0, count: 2 },
    },
    Workload {
        name: "heavy_processing",
        share: 0.1,
        sizes_kb: [1_000.0, 5_000.0, 10_000.0],
        cpu_s: 1.0,
        cpu_s_per_kb: 0.000_1,
        given_mb: 1_024.0,
        used_mb: 200.0,
        used_mb_per_kb: 0.055,
        task: TaskSize { vcpu: 1.0, gb: 2.0, count: 3 },
    },
];

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Platform {
    Serverless = 0,
    Containers = 1,
}

/// What one request takes on a platform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Work {
    /// How long it executes, seconds of the experiment.
    pub(crate) execution_s: f64,
    pub(crate) used_mb: f64,
    /// What it is given; `None`: as much as it needs.
    pub(crate) given_mb: Option<f64>,
    /// Whether that is enough.
    pub(crate) is_good: bool,
}

/// Instances that wait for a request, and since when, in seconds of the experiment.
#[derive(Debug, Default)]
pub(crate) struct Instances(Vec<f64>);

impl Platform {
    pub(crate) const BOTH: [Platform; 2] = [Platform::Serverless, Platform::Containers];

    /// As logs have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Platform::Serverless => "lambda",
            Platform::Containers => "ecs",
        }
    }
}

/// The luck of a request: the same on both platforms.
fn luck(seed: u64, number: usize) -> Random {
    Random::stream(seed, 2 + number as u64)
}

/// What request `number` of the world of `seed` takes.
pub(crate) fn work(sent: &Sent, number: usize, platform: Platform, seed: u64) -> Work {
    let workload = &WORKLOADS[sent.workload];
    let mut random = luck(seed, number);
    let cpu_s = (workload.cpu_s + workload.cpu_s_per_kb * sent.size_kb) * log_normal(CPU_SIGMA, &mut random);
    let used_mb = (workload.used_mb + workload.used_mb_per_kb * sent.size_kb) * log_normal(MEMORY_SIGMA, &mut random);
    match platform {
        Platform::Containers => {
            Work { execution_s: cpu_s / workload.task.vcpu, used_mb, given_mb: None, is_good: true }
        }
        Platform::Serverless => {
            let is_good = used_mb <= workload.given_mb;
            let vcpu = (workload.given_mb / MB_PER_VCPU).min(1.0);
            let part = if is_good { 1.0 } else { 0.5 };
            Work {
                execution_s: cpu_s / vcpu * slower(sent.window) * part,
                used_mb: used_mb.min(workload.given_mb),
                given_mb: Some(workload.given_mb),
                is_good,
            }
        }
    }
}

/// How long an instance takes to start for request `number`, seconds.
pub(crate) fn cold_start_s(sent: &Sent, number: usize, cold: &ColdStarts, seed: u64) -> f64 {
    let mut random = Random::stream(!seed, number as u64);
    cold.draw_s(WORKLOADS[sent.workload].given_mb, &mut random)
}

fn slower(window: u8) -> f64 {
    SLOWER.iter().find(|(hour, _)| *hour == window).map_or(1.0, |(_, slower)| *slower)
}

/// The exponential of a normal number of deviation `sigma` (Box, Muller 1958).
pub(super) fn log_normal(sigma: f64, random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
    (sigma * radius * (std::f64::consts::TAU * random.unit()).cos()).exp()
}

/// The default prices, with the tasks of this world.
pub(crate) fn prices() -> Prices {
    let tasks = WORKLOADS.iter().map(|workload| (workload.name.to_owned(), workload.task));
    Prices { tasks: tasks.collect(), ..Prices::default() }
}

impl Instances {
    /// Takes the one that waits the shortest at `at_s`, if there is one; those that were kept long enough are gone.
    pub(crate) fn take(&mut self, at_s: f64) -> bool {
        self.0.retain(|since_s| at_s - since_s <= KEPT_S);
        let newest = (0..self.0.len()).max_by(|&a, &b| self.0[a].total_cmp(&self.0[b]));
        newest.map(|place| self.0.swap_remove(place)).is_some()
    }

    /// One waits from `at_s` on.
    pub(crate) fn give_back(&mut self, at_s: f64) {
        self.0.push(at_s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placement::Design;

    #[test]
    fn instances_are_kept_for_five_minutes_and_serve_one_at_a_time() {
        let mut instances = Instances::default();
        assert!(!instances.take(0.0), "the first starts cold");
        instances.give_back(1.0);
        assert!(instances.take(301.0));
        assert!(!instances.take(301.0), "it is busy");
        instances.give_back(302.0);
        assert!(!instances.take(603.0), "kept no longer");
    }

    #[test]
    fn a_request_needs_the_same_on_both_platforms() {
        let sent = Design { days: 1, ..Design::default() }.requests();
        for (number, sent) in sent.iter().enumerate().take(1_000) {
            let both = Platform::BOTH.map(|platform| work(sent, number, platform, 1));
            let workload = &WORKLOADS[sent.workload];
            let cpu_s = both[1].execution_s * workload.task.vcpu;
            let serverless_s = cpu_s * MB_PER_VCPU / workload.given_mb * 0.95;
            let part = if both[0].is_good { 1.0 } else { 0.5 };
            assert!((both[0].execution_s / serverless_s / part - 1.0).abs() < 1e-9, "{sent:?}: {both:?}");
            assert_eq!(both[0].is_good, both[1].used_mb <= workload.given_mb);
        }
    }

    #[test]
    fn containers_are_neither_idle_nor_hopeless() {
        // Mean CPU time of each workload at 15 requests a second, as a part of what its tasks can do.
        let load = |workload: &Workload| {
            let mean_kb = workload.sizes_kb.iter().sum::<f64>() / 3.0;
            let cpu_s = (workload.cpu_s + workload.cpu_s_per_kb * mean_kb) * (CPU_SIGMA * CPU_SIGMA / 2.0).exp();
            15.0 * workload.share * cpu_s / workload.task.vcpu / f64::from(workload.task.count)
        };
        assert!(WORKLOADS.iter().all(|workload| (0.3..0.9).contains(&load(workload))));
        assert!((WORKLOADS.iter().map(|workload| workload.share).sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
