//! What a run of load cost the generator, and how well its clock did: whether figures are those of what was measured.
//!
//! CPU time is read from the kernel's own accounts of process and thread, at the beginning and at the end.

use std::time::Duration;

use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};

/// The generator's own figures of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// CPU time of the whole process: of simulated hosts and other runs too, if they are in it.
    pub process_cpu: Duration,
    /// CPU time of the one thread that sends and receives. Near the run's time, that thread is the bottleneck.
    pub loader_cpu: Duration,
    /// How late the pacer woke for each request: median.
    pub pacer_late_p50: Duration,
    /// Quantile 0.99.
    pub pacer_late_p99: Duration,
    /// The worst.
    pub pacer_late_max: Duration,
}

/// Reads the accounts.
pub(super) struct Meter {
    process: Duration,
    thread: Duration,
}

impl Meter {
    /// From now on, for this process and the calling thread.
    pub(super) fn start() -> Meter {
        Meter { process: account(ClockId::ProcessCPUTime), thread: account(ClockId::ThreadCPUTime) }
    }

    /// Until now, on the same thread.
    pub(super) fn end(self, pacer_late_us: &Histogram<u64>) -> Effort {
        let late = |quantile| Duration::from_micros(pacer_late_us.value_at_quantile(quantile));
        Effort {
            process_cpu: account(ClockId::ProcessCPUTime).saturating_sub(self.process),
            loader_cpu: account(ClockId::ThreadCPUTime).saturating_sub(self.thread),
            pacer_late_p50: late(0.5),
            pacer_late_p99: late(0.99),
            pacer_late_max: late(1.0),
        }
    }
}

fn account(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_charged_to_process_and_thread_and_sleep_is_not() {
        let meter = Meter::start();
        // Ends by the thread's own account: however busy the machine is, so much work has been done.
        while account(ClockId::ThreadCPUTime).saturating_sub(meter.thread) < Duration::from_millis(20) {
            std::hint::spin_loop();
        }
        let effort = meter.end(&super::super::summary::histogram());
        assert!(effort.loader_cpu >= Duration::from_millis(20));
        assert!(effort.process_cpu >= Duration::from_millis(20));
    }
}
