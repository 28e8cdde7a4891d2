//! What queues must be like: closed forms of M/M/c, and the recursion that is exact for any one run.

use outrider_core::Random;
use outrider_workload::Law;

/// A queue with Poisson arrivals, exponential services and `servers` servers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Queue {
    pub(super) servers: usize,
    /// Arrivals over what the servers can do, below 1.
    pub(super) load: f64,
    /// Mean service time, s.
    pub(super) service_s: f64,
}

impl Queue {
    /// Arrivals per second.
    pub(super) fn rate_per_s(&self) -> f64 {
        self.load * self.servers as f64 / self.service_s
    }

    /// Chance that an arrival has to wait (Erlang C, by the recursion of Erlang B).
    fn chance_to_wait(&self) -> f64 {
        let offered = self.load * self.servers as f64;
        let blocked = (1..=self.servers).fold(1.0, |b, n| offered * b / (n as f64 + offered * b));
        blocked / (1.0 - self.load * (1.0 - blocked))
    }

    /// Mean time from arrival to end of service, s.
    pub(super) fn sojourn_s(&self) -> f64 {
        let waiting = self.chance_to_wait() * self.service_s / (self.servers as f64 * (1.0 - self.load));
        self.service_s + waiting
    }

    /// Time that a share `quantile` of arrivals do not exceed, s; for one server, where it is exponential.
    pub(super) fn quantile_s(&self, quantile: f64) -> Option<f64> {
        (self.servers == 1).then(|| -(1.0 - quantile).ln() * self.sojourn_s())
    }

    /// Requests in a queue that has run for ever, at a moment drawn from `random`.
    pub(super) fn draw_present(&self, random: &mut Random) -> usize {
        let offered = self.load * self.servers as f64;
        let ratio = |n: usize| offered / n.min(self.servers) as f64;
        let below: f64 = (1..self.servers)
            .scan(1.0, |p, n| {
                *p *= ratio(n);
                Some(*p)
            })
            .sum::<f64>()
            + 1.0;
        let full = (1..=self.servers).fold(1.0, |p, n| p * ratio(n)) / (1.0 - self.load);
        let mut left = random.unit() * (below + full);
        let (mut present, mut weight) = (0, 1.0);
        while left >= weight && weight > 0.0 {
            left -= weight;
            present += 1;
            weight *= ratio(present);
        }
        present
    }
}

/// One arrival at a queue, s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Visit {
    pub(super) at_s: f64,
    pub(super) service_s: f64,
}

/// Arrivals for `length_s`, the requests that are there at the beginning first; they come at time 0.
pub(super) fn draw_visits(queue: &Queue, length_s: f64, random: &mut Random) -> Vec<Visit> {
    let law = Law::Exponential { mean: 1.0 };
    let present = queue.draw_present(random);
    let mut visits: Vec<Visit> =
        (0..present).map(|_| Visit { at_s: 0.0, service_s: queue.service_s * law.sample(random) }).collect();
    let gap_s = 1.0 / queue.rate_per_s();
    let mut at_s = gap_s * law.sample(random);
    while at_s < length_s {
        visits.push(Visit { at_s, service_s: queue.service_s * law.sample(random) });
        at_s += gap_s * law.sample(random);
    }
    visits
}

/// The time of each in a FIFO queue with `servers` servers, s (Lindley 1952, Kiefer and Wolfowitz 1955).
pub(super) fn sojourns_s(visits: &[Visit], servers: usize) -> Vec<f64> {
    let mut free_at = vec![0.0f64; servers];
    let sojourn = |visit: &Visit| {
        let first = free_at.iter_mut().min_by(|a, b| a.total_cmp(b)).expect("a queue has servers");
        *first = first.max(visit.at_s) + visit.service_s;
        *first - visit.at_s
    };
    visits.iter().map(sojourn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(servers: usize, load: f64) -> Queue {
        Queue { servers, load, service_s: 0.05 }
    }

    #[test]
    fn closed_forms_are_those_of_the_books() {
        // M/M/1: service / (1 - load). M/M/4 at 0.7: Erlang C is 0.4287, so 1 + 0.4287 / 1.2.
        assert!((queue(1, 0.9).sojourn_s() - 0.5).abs() < 1e-12);
        assert!((queue(4, 0.7).sojourn_s() / 0.05 - 1.357_2).abs() < 1e-3);
        assert!((queue(1, 0.5).quantile_s(0.5).unwrap() - 0.1 * 2f64.ln()).abs() < 1e-12);
        assert_eq!(queue(4, 0.5).quantile_s(0.5), None);
    }

    #[test]
    fn a_long_run_of_the_recursion_comes_to_the_closed_form() {
        for (servers, load) in [(1, 0.5), (1, 0.7), (4, 0.5), (4, 0.7), (4, 0.9)] {
            let queue = queue(servers, load);
            let visits = draw_visits(&queue, 300_000.0 / queue.rate_per_s(), &mut Random::new(5));
            let sojourns = sojourns_s(&visits, servers);
            let mean = sojourns.iter().sum::<f64>() / sojourns.len() as f64;
            // Three to five standard errors of so long a run.
            let tolerance = if load > 0.8 { 0.1 } else { 0.03 };
            assert!((mean / queue.sojourn_s() - 1.0).abs() < tolerance, "{servers} {load}: {mean}");
        }
    }

    #[test]
    fn a_queue_begins_as_one_that_has_run_for_ever() {
        for (servers, load) in [(1, 0.7), (4, 0.9)] {
            let queue = queue(servers, load);
            let mut random = Random::new(3);
            let n = 40_000;
            let mean = (0..n).map(|_| queue.draw_present(&mut random) as f64).sum::<f64>() / f64::from(n);
            // Little's law.
            let expected = queue.rate_per_s() * queue.sojourn_s();
            assert!((mean / expected - 1.0).abs() < 0.05, "{servers} {load}: {mean} {expected}");
        }
    }
}
