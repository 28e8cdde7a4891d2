//! What a host knows of its own load: averages that fade with a time constant of one second, as the hosts on sockets
//! report them in their ORCA header.

use std::time::Duration;

use outrider_core::{LoadReport, Time};

const FADE_S: f64 = 1.0;

/// Fading averages of one host.
#[derive(Debug)]
pub(crate) struct Meter {
    parallelism: f64,
    at: Time,
    in_service: f64,
    utilization: f64,
    rate_per_s: f64,
}

/// What a host says of itself at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) utilization: f64,
    pub(crate) rate_per_s: f64,
    /// Requests in service or queued.
    pub(crate) rif: f64,
}

impl Meter {
    pub(crate) fn new(parallelism: usize) -> Meter {
        Meter { parallelism: parallelism as f64, at: Time::ZERO, in_service: 0.0, utilization: 0.0, rate_per_s: 0.0 }
    }

    /// So many are in service from now on.
    pub(crate) fn serve(&mut self, in_service: usize, now: Time) {
        self.fade_to(now);
        self.in_service = in_service as f64;
    }

    /// A service has ended.
    pub(crate) fn answered(&mut self, now: Time) {
        self.fade_to(now);
        self.rate_per_s += 1.0 / FADE_S;
    }

    /// The report of this moment, where `rif` requests are in service or queued.
    pub(crate) fn say(&mut self, rif: f64, now: Time) -> Said {
        self.fade_to(now);
        Said { utilization: self.utilization, rate_per_s: self.rate_per_s, rif }
    }

    fn fade_to(&mut self, now: Time) {
        let passed: Duration = now.since(self.at);
        if passed.is_zero() {
            return;
        }
        let kept = (-passed.as_secs_f64() / FADE_S).exp();
        let level = (self.in_service / self.parallelism).min(1.0);
        self.utilization = self.utilization * kept + level * (1.0 - kept);
        self.rate_per_s *= kept;
        self.at = now;
    }
}

/// A report like those of the wire, written over again and again so that an answer allocates nothing.
#[derive(Debug)]
pub(crate) struct Form(LoadReport);

impl Form {
    pub(crate) fn new() -> Form {
        let named_metrics = vec![("rif".to_owned(), 0.0)];
        Form(LoadReport { named_metrics, ..LoadReport::default() })
    }

    pub(crate) fn filled(&mut self, said: Said) -> &LoadReport {
        self.0.cpu_utilization = Some(said.utilization);
        self.0.rps_fractional = Some(said.rate_per_s);
        self.0.named_metrics[0].1 = said.rif;
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_half_busy_reports_half_and_its_rate() {
        let mut meter = Meter::new(2);
        // One of two slots always busy, 20 answers a second, for ten seconds.
        for k in 0..200 {
            meter.serve(1, Time::from_millis(k * 50));
            meter.answered(Time::from_millis(k * 50 + 50));
        }
        let said = meter.say(7.0, Time::from_millis(10_000));
        assert!((said.utilization - 0.5).abs() < 0.01, "{said:?}");
        assert!((said.rate_per_s - 20.0).abs() < 1.0, "{said:?}");
        assert_eq!(Form::new().filled(said).named("rif"), Some(7.0));
    }

    #[test]
    fn an_idle_host_fades_to_nothing() {
        let mut meter = Meter::new(1);
        meter.serve(1, Time::ZERO);
        meter.serve(0, Time::from_millis(1_000));
        meter.answered(Time::from_millis(1_000));
        let said = meter.say(0.0, Time::from_millis(20_000));
        assert!(said.utilization < 1e-3 && said.rate_per_s < 0.01, "{said:?}");
    }
}
