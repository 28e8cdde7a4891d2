//! How much each member of an ensemble counts: shares that make the loss of the average least.
//!
//! Shares are not negative and add up to 1 (van der Laan, Polley, Hubbard 2007; Breiman 1996): an average then stays between its
//! members, as true as they are, and so few shares learn little by heart.

use crate::metrics::{POSITIVE, Sample};

/// Steps by the log loss, each cheap and short.
const LOG_LOSS_STEPS: u32 = 1_000;
/// Steps by the pinball loss.
const PINBALL_STEPS: u32 = 300;
/// Shares have settled once none moves further.
const SETTLED: f64 = 1e-7;
/// A probability nearer to 0 counts as this.
const CLIP: f64 = 1e-12;

/// The shares of members that say the probabilities `said`, by the log loss of their mean: expectation and maximisation, which never
/// makes it worse (Dempster, Laird, Rubin 1977).
///
/// # Panics
///
/// If there are no members, or one does not say as much as there are labels.
pub fn shares_by_log_loss(said: &[Vec<f64>], labels: &[f64]) -> Vec<f64> {
    check(said, labels);
    let members = said.len();
    let given = given(said, labels);
    let mut shares = even(members);
    for _ in 0..LOG_LOSS_STEPS {
        let mut blame = vec![0.0; members];
        for row in given.chunks_exact(members) {
            let sum: f64 = row.iter().zip(&shares).map(|(given, share)| given * share).sum();
            blame.iter_mut().zip(row).for_each(|(blame, given)| *blame += given / sum);
        }
        let parts: Vec<f64> = blame.iter().zip(&shares).map(|(blame, share)| blame * share).collect();
        let before = std::mem::replace(&mut shares, normalised(&parts));
        if shares.iter().zip(before).all(|(after, before)| (after - before).abs() < SETTLED) {
            break;
        }
    }
    shares
}

/// The probability that each member has given to what happened, row by row.
fn given(said: &[Vec<f64>], labels: &[f64]) -> Vec<f64> {
    let of = |(row, &label): (usize, &f64)| {
        let given = move |p: f64| if label == POSITIVE { p } else { 1.0 - p };
        said.iter().map(move |member| given(member[row]).max(CLIP))
    };
    labels.iter().enumerate().flat_map(of).collect()
}

/// The shares of members that say a quantile, by the pinball loss of their mean: multiplied steps against its slope, of which the best
/// point counts (Kivinen, Warmuth 1997).
///
/// # Panics
///
/// As [`shares_by_log_loss`].
pub fn shares_by_pinball(said: &[Vec<f64>], labels: &[f64], quantile: f64) -> Vec<f64> {
    check(said, labels);
    let loss = |means: &[f64]| crate::metrics::pinball(&Sample::new(labels, means), quantile).unwrap_or(f64::INFINITY);
    // Each member alone is a mean too.
    let alone = (0..said.len()).map(|only| (loss(&said[only]), corner(said.len(), only)));
    let (mut least, mut best) = alone.min_by(|a, b| a.0.total_cmp(&b.0)).expect("an ensemble has members");
    let mut shares = even(said.len());
    let apart = apart(said);
    for step in 1..=PINBALL_STEPS {
        let means = means(said, &shares);
        let now = loss(&means);
        // Members that say the same count alike.
        if now <= least {
            (least, best) = (now, shares.clone());
        }
        let pace = 2.0 / (apart * f64::from(step).sqrt());
        let slopes = said.iter().map(|member| slope(member, &means, labels, quantile));
        let moved: Vec<f64> = shares.iter().zip(slopes).map(|(share, slope)| share * (-pace * slope).exp()).collect();
        shares = normalised(&moved);
    }
    best
}

fn check(said: &[Vec<f64>], labels: &[f64]) {
    assert!(!said.is_empty(), "an ensemble has members");
    assert!(said.iter().all(|member| member.len() == labels.len()), "every member says something of each row");
}

fn even(members: usize) -> Vec<f64> {
    vec![1.0 / members as f64; members]
}

fn corner(members: usize, only: usize) -> Vec<f64> {
    (0..members).map(|member| f64::from(u8::from(member == only))).collect()
}

fn normalised(parts: &[f64]) -> Vec<f64> {
    let sum: f64 = parts.iter().sum();
    let is_sound = sum.is_finite() && sum > 0.0;
    if is_sound { parts.iter().map(|part| part / sum).collect() } else { even(parts.len()) }
}

fn means(said: &[Vec<f64>], shares: &[f64]) -> Vec<f64> {
    let mean = |row: usize| said.iter().zip(shares).map(|(member, share)| share * member[row]).sum();
    (0..said[0].len()).map(mean).collect()
}

/// How far members are from their mean, on the mean of rows; 1 if they all say the same.
fn apart(said: &[Vec<f64>]) -> f64 {
    let middle = means(said, &even(said.len()));
    let distance = |member: &Vec<f64>| {
        member.iter().zip(&middle).map(|(said, middle)| (said - middle).abs()).sum::<f64>() / member.len().max(1) as f64
    };
    let most = said.iter().map(distance).fold(0.0, f64::max);
    if most > 0.0 { most } else { 1.0 }
}

/// Of the mean pinball loss by the share of a member, less what moves all shares alike.
fn slope(member: &[f64], means: &[f64], labels: &[f64], quantile: f64) -> f64 {
    let of = |((said, mean), label): ((&f64, &f64), &f64)| {
        (said - mean) * if label > mean { -quantile } else { 1.0 - quantile }
    };
    member.iter().zip(means).zip(labels).map(of).sum::<f64>() / labels.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use outrider_core::Random;

    use super::*;
    use crate::metrics::{log_loss, pinball};

    #[test]
    fn the_shares_of_a_mixture_are_found() {
        let mut random = Random::new(1);
        let (mut first, mut second, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..40_000 {
            let (a, b) = (random.unit(), random.unit());
            labels.push(f64::from(u8::from(random.chance(0.3 * a + 0.7 * b))));
            first.push(a);
            second.push(b);
        }
        let useless = vec![0.5; labels.len()];
        let shares = shares_by_log_loss(&[first, second, useless], &labels);
        let expected = [0.3, 0.7, 0.0];
        assert!(shares.iter().zip(expected).all(|(share, expected)| (share - expected).abs() < 0.03), "{shares:?}");
    }

    #[test]
    fn the_shares_of_a_mixed_quantile_are_found() {
        let mut random = Random::new(2);
        let (mut first, mut second, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..20_000 {
            let (a, b) = (random.unit(), 3.0 * random.unit());
            // The 0.9-quantile of the uniform noise is 0.9.
            labels.push(0.25 * a + 0.75 * b + random.unit());
            first.push(a + 0.9);
            second.push(b + 0.9);
        }
        let shares = shares_by_pinball(&[first, second], &labels, 0.9);
        assert!((shares[0] - 0.25).abs() < 0.03, "{shares:?}");
    }

    /// On the rows that shares are learnt from, no member may be better by more than the last steps would have gained.
    #[test]
    fn the_mean_is_no_worse_than_its_best_member() {
        let mut random = Random::new(3);
        let labels: Vec<f64> = (0..500).map(|_| f64::from(u8::from(random.chance(0.4)))).collect();
        let mut member = |noise: f64| -> Vec<f64> {
            labels.iter().map(|label| (0.4 + 0.2 * label + noise * (random.unit() - 0.5)).clamp(0.0, 1.0)).collect()
        };
        let said = [member(0.1), member(0.6), member(1.5)];
        let loss = |said: &[f64]| log_loss(&Sample::new(&labels, said)).unwrap();
        let own: Vec<f64> = said.iter().map(|member| loss(member)).collect();
        let stacked = loss(&means(&said, &shares_by_log_loss(&said, &labels)));
        assert!(own.iter().all(|own| stacked <= own + 1e-4), "{stacked}, members {own:?}");
        let loss = |said: &[f64]| pinball(&Sample::new(&labels, said), 0.5).unwrap();
        let own: Vec<f64> = said.iter().map(|member| loss(member)).collect();
        let stacked = loss(&means(&said, &shares_by_pinball(&said, &labels, 0.5)));
        assert!(own.iter().all(|own| stacked <= own * (1.0 + 1e-12)), "{stacked}, members {own:?}");
    }

    #[test]
    fn members_that_say_the_same_count_alike() {
        let said = vec![vec![0.2, 0.7]; 3];
        for shares in [shares_by_log_loss(&said, &[0.0, 1.0]), shares_by_pinball(&said, &[0.0, 1.0], 0.5)] {
            assert!(shares.iter().all(|share| (share - 1.0 / 3.0).abs() < 1e-12), "{shares:?}");
        }
        let sure = [vec![0.0, 1.0], vec![1.0, 0.0]];
        assert!(shares_by_log_loss(&sure, &[0.0, 1.0])[0] > 0.999, "a sure mistake is finite");
    }
}
