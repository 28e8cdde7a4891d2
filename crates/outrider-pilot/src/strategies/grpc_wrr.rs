//! `grpc_wrr`: round robin by the weights that hosts earn with their load reports, queries per second over utilisation.
//!
//! Source: gRPC proposal A58 (`weighted_round_robin`): weight = qps / (utilization + eps / qps x penalty), from
//! `rps_fractional`, `application_utilization` (else `cpu_utilization`) and `eps` of ORCA; weights are renewed once a
//! second, used after [`BLACKOUT`] of reports and until none has come for [`EXPIRY`]; a host without one has the mean of
//! the others; fewer than two of them make it plain round robin. The bounds of a weight around the mean are those of
//! gRPC's `static_stride_scheduler.cc`.
//!
//! A58 schedules by earliest deadline first over a heap, rebuilt each second with random first deadlines. The sequence
//! of [`super::round_robin`] is such a schedule, computed ahead (at no point is a host a whole turn off its share, which
//! random deadlines do not promise), and a pick stays one `fetch_add`; the position goes on from view to view. So there
//! is no rule of its own here, only the weights.
//!
//! Ours: what share of its answers fails is taken from here if the host admits to fewer, since a host that fails fast is
//! hardly utilised. What a host says with a failed answer is not taken in at all (`outrider-proxy`).

use std::time::Duration;

use outrider_core::Time;

use crate::live::ReportSeen;

/// How often weights are renewed.
pub(crate) const UPDATE: Duration = Duration::from_secs(1);
/// A host must have reported for so long before its weight counts: from its first report, again after it was out, and
/// again after its weight had expired.
const BLACKOUT: Duration = Duration::from_secs(10);
/// A weight that has not been reported for so long counts no more.
const EXPIRY: Duration = Duration::from_secs(180);
/// What failed answers weigh against utilisation.
const ERROR_PENALTY: f64 = 1.0;
/// The share of a host of mean weight: shares are in hundredths of the mean.
const MEAN: f64 = 100.0;
/// The largest share, ten times the mean.
const MOST: f64 = 1_000.0;
/// The smallest share, a hundredth of the mean.
const LEAST: f64 = 1.0;

/// What a host has earned by its reports.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Earned {
    weight: f64,
    /// The first report of those that have come without a break.
    since: Option<Time>,
    last: Option<Time>,
}

impl Earned {
    /// Takes in the host's latest report, when of our own requests there `failing` (0 to 1) failed. One without a rate or
    /// a utilisation is as good as none: the weight stays.
    pub(crate) fn hear(&mut self, report: &ReportSeen, failing: f64, now: Time) {
        let said = now - report.age;
        let is_new = self.last.is_none_or(|last| said > last);
        let Some(weight) = weight(report, failing).filter(|_| is_new) else { return };
        self.weight = weight;
        self.since = self.since.or(Some(said));
        self.last = Some(said);
    }

    /// The host has been out: its weight does not count until it has reported for a while again.
    pub(crate) fn restart(&mut self) {
        self.since = None;
    }

    /// Its weight, if that counts now.
    pub(crate) fn weight(&mut self, now: Time) -> Option<f64> {
        if self.last.is_none_or(|last| now.since(last) >= EXPIRY) {
            self.since = None;
        }
        let since = self.since?;
        (now.since(since) >= BLACKOUT).then_some(self.weight)
    }
}

/// The weight of A58; `None` without a rate or a utilisation.
fn weight(report: &ReportSeen, failing: f64) -> Option<f64> {
    let is_some = |number: &f64| *number > 0.0;
    let rate_per_s = report.rps_fractional.filter(is_some)?;
    let application = report.application_utilization.filter(is_some);
    let utilization = application.or(report.cpu_utilization.filter(is_some))?;
    let admitted = report.eps.unwrap_or(0.0) / rate_per_s;
    let weight = rate_per_s / (utilization + admitted.max(failing) * ERROR_PENALTY);
    (weight.is_finite() && weight > 0.0).then_some(weight)
}

/// The share of each host, in hundredths of the mean of `weights`; those without a weight have the mean. `None` with
/// fewer than two weights.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within 1 and 1000
pub(crate) fn shares(weights: &[Option<f64>]) -> Option<Vec<u64>> {
    let known = weights.iter().flatten();
    let count = known.clone().count();
    // Divided one by one: the sum of what hosts may claim can be infinite.
    let mean: f64 = known.map(|weight| weight / count as f64).sum();
    let share = |weight: &Option<f64>| weight.map_or(MEAN, |weight| (weight / mean * MEAN).clamp(LEAST, MOST).round());
    (count >= 2).then(|| weights.iter().map(|weight| share(weight) as u64).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Time = Time::from_millis(500_000);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn report(rate_per_s: f64, cpu: f64) -> ReportSeen {
        ReportSeen {
            age: Duration::ZERO,
            cpu_utilization: Some(cpu),
            mem_utilization: None,
            application_utilization: None,
            rps_fractional: Some(rate_per_s),
            eps: None,
            rif: None,
        }
    }

    /// Reports every second for so many seconds.
    fn reporting(earned: &mut Earned, from: Time, for_s: u64) {
        (0..=for_s).for_each(|second| earned.hear(&report(100.0, 0.5), 0.0, from + seconds(second)));
    }

    proptest! {
        #[test]
        fn shares_are_in_proportion_and_who_has_no_weight_has_the_mean(
            weights in prop::collection::vec(prop::option::of(1.0f64..9.0), 2..30),
        ) {
            let known: Vec<f64> = weights.iter().flatten().copied().collect();
            prop_assume!(known.len() >= 2);
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            for (share, weight) in shares(&weights).unwrap().iter().zip(&weights) {
                let exact = weight.map_or(100.0, |weight| weight / mean * 100.0);
                prop_assert!((*share as f64 - exact).abs() <= 0.5 + 1e-9);
            }
        }

        #[test]
        fn whatever_hosts_claim_nobody_starves_and_nobody_takes_all(
            claims in prop::collection::vec((0.0f64..f64::MAX, 0.0f64..f64::MAX, 0.0f64..f64::MAX), 2..20),
        ) {
            let weights: Vec<Option<f64>> = claims
                .iter()
                .map(|&(rate, cpu, eps)| weight(&ReportSeen { eps: Some(eps), ..report(rate, cpu) }, 0.0))
                .collect();
            if let Some(shares) = shares(&weights) {
                prop_assert!(shares.iter().all(|share| (1..=1_000).contains(share)), "{shares:?}");
            }
        }
    }

    #[test]
    fn the_weight_is_the_one_of_the_proposal() {
        let said = ReportSeen { eps: Some(10.0), ..report(100.0, 0.4) };
        let table = [
            (report(100.0, 0.5), 0.0, Some(200.0)),
            (ReportSeen { application_utilization: Some(0.25), ..report(100.0, 0.5) }, 0.0, Some(400.0)),
            (ReportSeen { application_utilization: Some(0.0), ..report(100.0, 0.5) }, 0.0, Some(200.0)),
            (said, 0.0, Some(200.0)),
            (said, 0.05, Some(200.0)),
            (said, 0.6, Some(100.0)),
            (report(0.0, 0.5), 0.0, None),
            (report(100.0, 0.0), 0.0, None),
            (ReportSeen { rps_fractional: None, ..report(1.0, 0.5) }, 0.0, None),
        ];
        for (report, failing, expected) in table {
            assert_eq!(weight(&report, failing), expected, "{report:?}, {failing}");
        }
    }

    #[test]
    fn a_weight_counts_after_10_s_of_reports_and_until_3_min_without() {
        let mut earned = Earned::default();
        assert_eq!(earned.weight(START), None);
        reporting(&mut earned, START, 10);
        assert_eq!(earned.weight(START + Duration::from_millis(9_999)), None);
        assert_eq!(earned.weight(START + seconds(10)), Some(200.0));
        assert_eq!(earned.weight(START + seconds(189)), Some(200.0));
        assert_eq!(earned.weight(START + seconds(190)), None);
        reporting(&mut earned, START + seconds(200), 9);
        assert_eq!(earned.weight(START + seconds(209)), None, "10 s anew");
        reporting(&mut earned, START + seconds(210), 0);
        assert_eq!(earned.weight(START + seconds(210)), Some(200.0));
    }

    #[test]
    fn a_host_that_was_out_begins_anew_and_an_old_report_is_none() {
        let mut earned = Earned::default();
        reporting(&mut earned, START, 10);
        earned.restart();
        let now = START + seconds(60);
        earned.hear(&ReportSeen { age: seconds(50), ..report(100.0, 0.5) }, 0.0, now);
        assert_eq!(earned.weight(now), None);
        reporting(&mut earned, now, 10);
        assert_eq!(earned.weight(now + seconds(10)), Some(200.0));
    }

    #[test]
    fn a_report_that_says_nothing_changes_nothing() {
        let mut earned = Earned::default();
        reporting(&mut earned, START, 10);
        let now = START + seconds(11);
        earned.hear(&report(0.0, 0.0), 0.0, now);
        assert_eq!(earned.weight(now), Some(200.0));
    }

    #[test]
    fn one_weight_is_none() {
        assert_eq!(shares(&[Some(3.0), None, None]), None);
        assert_eq!(shares(&[]), None);
        assert_eq!(shares(&[Some(3.0), None, Some(1.0)]), Some(vec![150, 100, 50]));
    }
}
