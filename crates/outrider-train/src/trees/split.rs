//! The best split of a node by one feature.

use super::binner::{BINS, Bins};
use super::histogram::{Pair, minus, plus};

/// Words on the smaller side of a split by category, at most.
const WORDS_MAX: usize = 32;
/// Words are ordered by gradient / (hessian + this), so that rare ones stand in the middle.
const WORDS_SMOOTHING: f64 = 10.0;
/// A word of which a node has seen less is left with the others: what it says is mostly chance.
const WORD_HESSIAN_MIN: f64 = 25.0;
/// Added to the hessians of a split by category: it chooses among many sets, so that chance finds a good one sooner.
const WORDS_LAMBDA: f64 = 10.0;
/// Gains below this share of what is gained from, and bins below this share of their node, are rounding.
const ROUNDING: f64 = 1e-10;

/// What splits must keep to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Added to every hessian: shrinks leaves.
    pub(super) lambda: f64,
    /// The least sum of hessians of a child.
    pub(super) min_hessian: f64,
}

/// Which bins take the left child.
pub(super) type Side = [bool; BINS];

/// A way to split a node.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub(super) feature: usize,
    pub(super) gain: f64,
    pub(super) rule: Rule,
    /// Gradient and hessian of each child.
    pub(super) sums: [Pair; 2],
}

#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// Bins up to this one go left.
    Number { bin: usize, missing_left: bool },
    /// These bins go left.
    Category(Box<Side>),
}

impl Rule {
    /// The side of each bin.
    pub(super) fn side(&self) -> Side {
        match self {
            Rule::Number { bin, missing_left } => {
                std::array::from_fn(|at| if at == 0 { *missing_left } else { at <= *bin })
            }
            Rule::Category(left) => **left,
        }
    }
}

impl Limits {
    /// What a node is worth; the gain of a split is what the children are worth more.
    fn worth(&self, [gradient, hessian]: Pair) -> f64 {
        gradient * gradient / (hessian + self.lambda)
    }

    /// What the children are worth; nothing if one is too small.
    fn children(&self, left: Pair, right: Pair) -> f64 {
        if left[1] < self.min_hessian || right[1] < self.min_hessian {
            return f64::NEG_INFINITY;
        }
        let (a, b) = (left[1] + self.lambda, right[1] + self.lambda);
        (left[0] * left[0] * b + right[0] * right[0] * a) / (a * b)
    }

    /// The best split by `feature` of a node whose rows sum up to `total`.
    pub(super) fn best(&self, feature: usize, bins: &Bins, sums: &[Pair; BINS], total: Pair) -> Option<Split> {
        let limits = match bins {
            Bins::Number(_) => *self,
            Bins::Category(_) => Limits { lambda: self.lambda + WORDS_LAMBDA, ..*self },
        };
        let (worth, rule, left) = match bins {
            Bins::Number(_) => limits.number(&sums[..=bins.last()], total),
            Bins::Category(_) => limits.category(&sums[..=bins.last()], total),
        }?;
        let before = self.worth(total);
        let gain = worth - before;
        let real = gain > ROUNDING * before && gain > 0.0 && gain.is_finite();
        real.then(|| Split { feature, gain, rule, sums: [left, minus(total, left)] })
    }

    /// By a cut, missing values on the better side; where there are none, on the side of more rows.
    fn number(&self, sums: &[Pair], total: Pair) -> Option<(f64, Rule, Pair)> {
        let missing = sums[0];
        let mut best = self.scan(&sums[1..], [0.0; 2], total);
        let mut missing_left = best.is_some_and(|(_, _, left)| 2.0 * left[1] > total[1]);
        if missing[1] > ROUNDING * total[1] {
            missing_left = false;
            let other = self.scan(&sums[1..], missing, total);
            if other.map(|(worth, ..)| worth) > best.map(|(worth, ..)| worth) {
                (best, missing_left) = (other, true);
            }
        }
        best.map(|(worth, bin, left)| (worth, Rule::Number { bin, missing_left }, left))
    }

    /// The best cut of bins in their order: its worth, the last bin to the left, and the sums to the left.
    fn scan(&self, sums: &[Pair], start: Pair, total: Pair) -> Option<(f64, usize, Pair)> {
        let (mut left, mut best) = (start, None);
        let mut most = f64::NEG_INFINITY;
        for (at, sum) in sums.iter().enumerate() {
            left = plus(left, *sum);
            let worth = self.children(left, minus(total, left));
            if worth > most {
                most = worth;
                best = Some((worth, at + 1, left));
            }
        }
        best
    }

    /// By a set of words, from either end of their order; missing is a word like others.
    fn category(&self, sums: &[Pair], total: Pair) -> Option<(f64, Rule, Pair)> {
        let mut order: Vec<usize> = (0..sums.len()).filter(|&bin| sums[bin][1] >= WORD_HESSIAN_MIN).collect();
        let mean = |bin: usize| sums[bin][0] / (sums[bin][1] + WORDS_SMOOTHING);
        order.sort_by(|&a, &b| mean(a).total_cmp(&mean(b)));
        let up = self.words(order.iter().copied(), sums, total);
        let down = self.words(order.iter().rev().copied(), sums, total);
        let (worth, count, left, reversed) = match (up, down) {
            (Some(up), Some(down)) if down.0 > up.0 => (down.0, down.1, down.2, true),
            (Some(up), _) => (up.0, up.1, up.2, false),
            (None, down) => down.map(|(worth, count, left)| (worth, count, left, true))?,
        };
        let members = if reversed { &order[order.len() - count..] } else { &order[..count] };
        let mut side = Box::new([false; BINS]);
        members.iter().for_each(|&bin| side[bin] = true);
        Some((worth, Rule::Category(side), left))
    }

    fn words(
        &self,
        order: impl ExactSizeIterator<Item = usize>,
        sums: &[Pair],
        total: Pair,
    ) -> Option<(f64, usize, Pair)> {
        let most = WORDS_MAX.min(order.len().saturating_sub(1));
        let sums: Vec<Pair> = order.take(most).map(|bin| sums[bin]).collect();
        self.scan(&sums, [0.0; 2], total)
    }
}
