//! From which probability on a row is called positive: chosen on rows that have not trained. Choosing it does what resampling is
//! often taken for, and leaves probabilities as they are.

use crate::metrics::{Confusion, Sample, ranking_steps};

/// Rows of at least this score are called positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// The lowest score that is called positive.
    pub at: f64,
    /// What was made best: F1, or the mean cost of a row.
    pub value: f64,
}

/// What mistakes cost, in any one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Of a negative that is called positive.
    pub false_positive: f64,
    /// Of a positive that is called negative.
    pub false_negative: f64,
}

/// Of the highest F1; the higher threshold of two as good. `None` if there is no positive, or a score is not a number.
pub fn best_f1(sample: &Sample) -> Option<Threshold> {
    let of =
        |(at, confusion): (f64, Confusion)| confusion.recall().and(confusion.f1()).map(|value| Threshold { at, value });
    best(confusions(sample)?.into_iter().filter_map(of), |a, b| a.value > b.value)
}

/// For scores that leave no choice. All the same order nothing, so the likelier class is called, which is what a constant baseline would
/// do; of two the higher one is called, which is what a rule of yes and no does. `None` if there are more, or none.
pub fn of_rule(scores: &[f64]) -> Option<f64> {
    let first = *scores.first()?;
    let Some(other) = scores.iter().copied().find(|score| *score != first) else { return Some(0.5) };
    scores.iter().all(|score| *score == first || *score == other).then(|| first.max(other))
}

/// Of the lowest mean cost; the higher threshold of two as good, and one above all scores if calling none is cheapest. `None` if there
/// are no rows, or a score is not a number.
pub fn least_cost(sample: &Sample, costs: Costs) -> Option<Threshold> {
    let of = |(at, confusion): (f64, Confusion)| {
        let cost = confusion.false_positive * costs.false_positive + confusion.false_negative * costs.false_negative;
        Threshold { at, value: cost / confusion.weight() }
    };
    best(confusions(sample)?.into_iter().map(of), |a, b| a.value < b.value)
}

fn best(all: impl Iterator<Item = Threshold>, is_better: impl Fn(&Threshold, &Threshold) -> bool) -> Option<Threshold> {
    all.reduce(|best, next| if is_better(&next, &best) { next } else { best })
}

/// What each threshold leads to, from one above all scores downwards.
pub(crate) fn confusions(sample: &Sample) -> Option<Vec<(f64, Confusion)>> {
    let steps = ranking_steps(sample)?;
    let (first, last) = (steps.first()?, steps.last()?);
    let of = |positives: f64, negatives: f64| Confusion {
        true_positive: positives,
        false_positive: negatives,
        false_negative: last.positives - positives,
        true_negative: last.negatives - negatives,
    };
    let none = (first.threshold.next_up(), of(0.0, 0.0));
    let each = steps.iter().map(|step| (step.threshold, of(step.positives, step.negatives)));
    Some([none].into_iter().chain(each).filter(|(_, confusion)| confusion.weight() > 0.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [f64; 5] = [1.0, 1.0, 0.0, 1.0, 0.0];
    const SCORES: [f64; 5] = [0.9, 0.8, 0.7, 0.3, 0.1];

    #[test]
    fn the_best_f1_is_found() {
        let sample = Sample::new(&LABELS, &SCORES);
        let found = best_f1(&sample).unwrap();
        // Three of three at the price of one false alarm: 6 / 7; two of three without one: 4 / 5.
        assert_eq!(found, Threshold { at: 0.3, value: 6.0 / 7.0 });
        assert_eq!(Confusion::at(&sample, found.at).f1(), Some(found.value));
    }

    #[test]
    fn costs_move_the_threshold() {
        let sample = Sample::new(&LABELS, &SCORES);
        let at =
            |false_positive, false_negative| least_cost(&sample, Costs { false_positive, false_negative }).unwrap();
        assert_eq!(at(3.0, 1.0), Threshold { at: 0.8, value: 1.0 / 5.0 });
        assert_eq!(at(1.0, 3.0), Threshold { at: 0.3, value: 1.0 / 5.0 });
        let none =
            least_cost(&Sample::new(&[0.0, 0.0], &[0.2, 0.4]), Costs { false_positive: 1.0, false_negative: 1.0 });
        assert!(none.is_some_and(|none| none.at > 0.4 && none.value == 0.0));
    }

    #[test]
    fn a_constant_calls_the_likelier_class_and_not_the_one_of_the_best_f1() {
        let labels = [1.0, 0.0, 0.0, 0.0];
        let constant = Sample::new(&labels, &[0.25; 4]);
        assert_eq!(
            best_f1(&constant).map(|best| best.at),
            Some(0.25),
            "calling all has some F1, calling none has none"
        );
        let at = of_rule(&[0.25; 4]).unwrap();
        let calls = Confusion::at(&constant, at);
        assert_eq!((calls.true_positive, calls.false_positive), (0.0, 0.0));
        assert_eq!((of_rule(&[0.25, 0.3, 0.25]), of_rule(&[0.01, 0.25, 0.3]), of_rule(&[])), (Some(0.3), None, None));
    }

    #[test]
    fn where_there_is_no_positive_there_is_no_f1() {
        assert_eq!(best_f1(&Sample::new(&[0.0], &[0.5])), None);
        assert_eq!(best_f1(&Sample::new(&[], &[])), None);
        assert_eq!(best_f1(&Sample::new(&[1.0], &[f64::NAN])), None);
        assert_eq!(least_cost(&Sample::new(&[], &[]), Costs { false_positive: 1.0, false_negative: 1.0 }), None);
    }
}
