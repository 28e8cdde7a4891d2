//! What is sent when: windows, load patterns, workloads and sizes.

use std::time::Duration;

use outrider_core::Random;

use super::world::WORKLOADS;

/// The hours (UTC) that the windows begin at.
const WINDOWS: [u8; 5] = [2, 8, 12, 18, 22];
const PATTERNS: [LoadPattern; 4] = [LoadPattern::Low, LoadPattern::Medium, LoadPattern::Ramp, LoadPattern::Burst];
/// Requests a second, at most.
const RATE_MAX_PER_S: f64 = 30.0;
/// The part of a session in which requests are sent; in the rest queues empty.
const SENDING: f64 = 0.9;
const HOUR_S: f64 = 3_600.0;
const DAY_S: f64 = 24.0 * HOUR_S;

/// How long the experiment is, in its own time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Design {
    /// Days, each with five windows of four sessions.
    pub days: u32,
    /// How long one load pattern lasts.
    pub session: Duration,
    /// All luck.
    pub seed: u64,
}

/// How the rate goes over a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoadPattern {
    Low,
    Medium,
    Ramp,
    Burst,
}

/// A request to both platforms. Times are those of the experiment, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sent {
    /// From the first midnight.
    pub(crate) at_s: f64,
    /// From the beginning of the run, which leaves out what lies between windows.
    pub(crate) run_s: f64,
    /// The hour that its window begins at.
    pub(crate) window: u8,
    pub(crate) pattern: LoadPattern,
    /// Its place among the workloads.
    pub(crate) workload: usize,
    pub(crate) size_kb: f64,
}

impl Default for Design {
    fn default() -> Design {
        Design { days: 5, session: Duration::from_secs(300), seed: 1 }
    }
}

impl LoadPattern {
    pub(crate) fn name(self) -> &'static str {
        match self {
            LoadPattern::Low => "low",
            LoadPattern::Medium => "medium",
            LoadPattern::Ramp => "ramp",
            LoadPattern::Burst => "burst",
        }
    }

    /// Requests a second when so much (0 to 1) of the sending is over.
    fn rate_per_s(self, part: f64) -> f64 {
        match self {
            LoadPattern::Medium => 15.0,
            LoadPattern::Ramp => 5.0 + 20.0 * part,
            LoadPattern::Burst if (1.0 / 3.0..2.0 / 3.0).contains(&part) => RATE_MAX_PER_S,
            LoadPattern::Low | LoadPattern::Burst => 5.0,
        }
    }
}

impl Design {
    /// How long it takes in its own time.
    pub fn length(&self) -> Duration {
        self.session * self.days * u32::try_from(WINDOWS.len() * PATTERNS.len()).expect("a small number")
    }

    /// All requests, in the order of their times.
    pub(crate) fn requests(&self) -> Vec<Sent> {
        let mut random = Random::stream(self.seed, 1);
        self.sessions().flat_map(|session| self.fill(session, &mut random)).collect()
    }

    /// The beginning of each session, as if a request were sent there.
    fn sessions(&self) -> impl Iterator<Item = Sent> + use<> {
        let (days, session_s) = (self.days as usize, self.session.as_secs_f64());
        (0..days * WINDOWS.len() * PATTERNS.len()).map(move |number| {
            let (window, nth) = (number / PATTERNS.len(), number % PATTERNS.len());
            let (day, hour) = (window / WINDOWS.len(), WINDOWS[window % WINDOWS.len()]);
            Sent {
                at_s: day as f64 * DAY_S + f64::from(hour) * HOUR_S + nth as f64 * session_s,
                run_s: number as f64 * session_s,
                window: hour,
                pattern: PATTERNS[(nth + day) % PATTERNS.len()],
                workload: 0,
                size_kb: 0.0,
            }
        })
    }

    /// The requests of a session: a Poisson stream at the largest rate, thinned to the pattern's (Lewis, Shedler 1979).
    fn fill(&self, session: Sent, random: &mut Random) -> Vec<Sent> {
        let sending_s = self.session.as_secs_f64() * SENDING;
        let (mut sent, mut since_s) = (Vec::new(), 0.0);
        loop {
            since_s -= (1.0 - random.unit()).ln() / RATE_MAX_PER_S;
            if since_s >= sending_s {
                return sent;
            }
            if random.chance(session.pattern.rate_per_s(since_s / sending_s) / RATE_MAX_PER_S) {
                let (workload, size_kb) = drawn(random);
                let (at_s, run_s) = (session.at_s + since_s, session.run_s + since_s);
                sent.push(Sent { at_s, run_s, workload, size_kb, ..session });
            }
        }
    }
}

/// A workload by its share, and one of its sizes.
fn drawn(random: &mut Random) -> (usize, f64) {
    let (luck, mut below) = (random.unit(), 0.0);
    let reaches = |(_, workload): &(usize, &super::world::Workload)| {
        below += workload.share;
        luck < below
    };
    let found = WORKLOADS.iter().enumerate().find(reaches).map_or(WORKLOADS.len() - 1, |(place, _)| place);
    let sizes_kb = &WORKLOADS[found].sizes_kb;
    (found, sizes_kb[random.below(sizes_kb.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_have_their_rates_and_lie_in_their_windows() {
        let design = Design { days: 4, ..Design::default() };
        let requests = design.requests();
        assert!(requests.is_sorted_by(|a, b| a.run_s <= b.run_s && a.at_s <= b.at_s));
        // 20 sessions of each pattern, of 270 s: 5, 15, 15 and 40/3 a second on average; four standard deviations.
        for (pattern, rate_per_s) in PATTERNS.into_iter().zip([5.0, 15.0, 15.0, 40.0 / 3.0]) {
            let count = requests.iter().filter(|sent| sent.pattern == pattern).count() as f64;
            let expected: f64 = 20.0 * 270.0 * rate_per_s;
            assert!((count - expected).abs() < 4.0 * expected.sqrt(), "{pattern:?}: {count} beside {expected}");
        }
        let hour = |sent: &Sent| sent.at_s.rem_euclid(DAY_S).div_euclid(HOUR_S);
        assert!(requests.iter().all(|sent| hour(sent) == f64::from(sent.window)));
        let last = requests.last().unwrap();
        assert!(last.run_s < design.length().as_secs_f64() && last.at_s > 3.0 * DAY_S + 22.0 * HOUR_S);
    }

    #[test]
    fn bursts_and_ramps_are_where_they_should_be() {
        let sessions = |pattern: LoadPattern| [0.0, 0.3, 0.5, 0.7, 1.0].map(|part| pattern.rate_per_s(part));
        assert_eq!(sessions(LoadPattern::Burst), [5.0, 5.0, 30.0, 5.0, 5.0]);
        assert_eq!(sessions(LoadPattern::Ramp), [5.0, 11.0, 15.0, 19.0, 25.0]);
    }
}
