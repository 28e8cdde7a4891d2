//! What a host reports of itself: the ORCA header, from averages that fade with a time constant of one second.

use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

/// Name of the header (gRPC proposal A51, Envoy's ORCA).
pub(super) const HEADER: &str = "endpoint-load-metrics";

const FADE_S: f64 = 1.0;

/// Fading averages of one host.
#[derive(Debug)]
pub(super) struct Meter {
    parallelism: f64,
    at: Instant,
    in_service: f64,
    utilization: f64,
    rate_per_s: f64,
}

impl Meter {
    pub(super) fn new(parallelism: usize, now: Instant) -> Meter {
        Meter { parallelism: parallelism as f64, at: now, in_service: 0.0, utilization: 0.0, rate_per_s: 0.0 }
    }

    /// A service begins.
    pub(super) fn begin(&mut self, now: Instant) {
        self.fade_to(now);
        self.in_service += 1.0;
    }

    /// A service ends, answered or not.
    pub(super) fn end(&mut self, now: Instant) {
        self.fade_to(now);
        self.in_service = (self.in_service - 1.0).max(0.0);
        self.rate_per_s += 1.0 / FADE_S;
    }

    /// The report's text form, where `present` requests are in service or queued and the one it answers was served for
    /// `service`.
    pub(super) fn report(&mut self, present: u64, service: Duration, now: Instant) -> HeaderValue {
        self.fade_to(now);
        let (utilization, rate_per_s, service_ms) = (self.utilization, self.rate_per_s, service.as_secs_f64() * 1e3);
        let text = format!(
            "TEXT cpu_utilization={utilization:.4}, rps_fractional={rate_per_s:.2}, named_metrics.rif={present}, \
             named_metrics.service_ms={service_ms:.3}"
        );
        HeaderValue::try_from(text).expect("numbers and names are header text")
    }

    fn fade_to(&mut self, now: Instant) {
        let passed: Duration = now.saturating_duration_since(self.at);
        let kept = (-passed.as_secs_f64() / FADE_S).exp();
        let level = self.in_service / self.parallelism;
        self.utilization = self.utilization * kept + level * (1.0 - kept);
        self.rate_per_s *= kept;
        self.at = self.at.max(now);
    }
}

/// What a probe is answered with `present` requests at the host and the latency that one more may expect, if known.
pub(super) fn answer_to_probe(present: u64, latency: Option<Duration>) -> HeaderValue {
    let latency_ms = latency.map(|latency| format!(", named_metrics.latency_ms={:.3}", latency.as_secs_f64() * 1e3));
    let text = format!("TEXT named_metrics.rif={present}{}", latency_ms.unwrap_or_default());
    HeaderValue::try_from(text).expect("numbers and names are header text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(report: &HeaderValue, name: &str) -> f64 {
        let text = report.to_str().unwrap().strip_prefix("TEXT ").unwrap();
        let pairs = text.split(", ").filter_map(|p| p.split_once('='));
        let mut found = pairs.filter(|(key, _)| *key == name);
        found.next().unwrap().1.parse().unwrap()
    }

    #[test]
    fn a_host_half_busy_reports_half_and_its_rate() {
        let start = Instant::now();
        let mut meter = Meter::new(2, start);
        // One of two slots always busy, 20 answers a second, for ten seconds.
        for k in 0..200 {
            meter.begin(start + Duration::from_millis(k * 50));
            meter.end(start + Duration::from_millis(k * 50 + 50));
        }
        let report = meter.report(7, Duration::from_micros(12_500), start + Duration::from_secs(10));
        assert!((field(&report, "cpu_utilization") - 0.5).abs() < 0.01);
        assert!((field(&report, "rps_fractional") - 20.0).abs() < 1.0);
        assert!((field(&report, "named_metrics.rif") - 7.0).abs() < 1e-9);
        assert!((field(&report, "named_metrics.service_ms") - 12.5).abs() < 1e-9);
    }

    #[test]
    fn an_idle_host_fades_to_nothing() {
        let start = Instant::now();
        let mut meter = Meter::new(1, start);
        meter.begin(start);
        meter.end(start + Duration::from_secs(1));
        let report = meter.report(0, Duration::ZERO, start + Duration::from_secs(20));
        assert!(field(&report, "cpu_utilization") < 1e-3);
        assert!(field(&report, "rps_fractional") < 0.01);
    }
}
