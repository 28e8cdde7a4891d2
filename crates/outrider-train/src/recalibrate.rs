//! Makes probabilities true again, after rows were resampled or weighted, or where a model tells order better than odds.

use outrider_infer::Recalibration;

use crate::metrics::{POSITIVE, Sample};

/// Probabilities nearer to 0 or 1 count as this far from it: their odds are finite.
const CLIP: f64 = 1e-12;
const STEPS: usize = 100;
const SETTLED: f64 = 1e-12;

/// From a world where positives are the share `trained` of rows (after resampling) to one where they are the share `natural` (Saerens,
/// Latinne, Decaestecker 2002; King, Zeng 2001). `None` unless both lie between 0 and 1.
pub fn for_shares(trained: f64, natural: f64) -> Option<Recalibration> {
    Recalibration::new(1.0, log_odds(natural) - log_odds(trained)).ok()
}

/// Platt's sigmoid on log odds, fitted on rows that have not trained, with his targets, which keep off 0 and 1 (Platt 1999; Lin,
/// Lin, Weng 2007). `None` if there are not both classes, a score is no probability, or higher scores do not mean more positives.
pub fn platt(sample: &Sample) -> Option<Recalibration> {
    let rows = targets(sample)?;
    let mut at = [1.0, 0.0];
    for _ in 0..STEPS {
        let step = newton_step(&rows, at)?;
        let now = loss(&rows, at);
        let moved = |part: f64| [at[0] - part * step[0], at[1] - part * step[1]];
        let mut part = 1.0;
        while loss(&rows, moved(part)) > now && part > SETTLED {
            part /= 2.0;
        }
        at = moved(part);
        if step[0].abs().max(step[1].abs()) * part < SETTLED {
            break;
        }
    }
    Recalibration::new(at[0], at[1]).ok()
}

/// Log odds, target and weight of a row.
type Row = (f64, f64, f64);

fn targets(sample: &Sample) -> Option<Vec<Row>> {
    let is_right = sample.scores.iter().all(|score| (0.0..=1.0).contains(score));
    let sum = |is_positive: bool| -> f64 {
        sample.iter().filter(|(label, _, _)| (*label == POSITIVE) == is_positive).map(|(_, _, weight)| weight).sum()
    };
    let (positives, negatives) = (sum(true), sum(false));
    let of_positive = (positives + 1.0) / (positives + 2.0);
    let of_negative = 1.0 / (negatives + 2.0);
    let row = |(label, score, weight): Row| {
        (log_odds(score.clamp(CLIP, 1.0 - CLIP)), if label == POSITIVE { of_positive } else { of_negative }, weight)
    };
    (is_right && positives > 0.0 && negatives > 0.0).then(|| sample.iter().map(row).collect())
}

fn loss(rows: &[Row], [slope, shift]: [f64; 2]) -> f64 {
    let of = |&(odds, target, weight): &Row| {
        let x = slope * odds + shift;
        weight * (x.max(0.0) - target * x + (-x.abs()).exp().ln_1p())
    };
    rows.iter().map(of).sum()
}

fn newton_step(rows: &[Row], [slope, shift]: [f64; 2]) -> Option<[f64; 2]> {
    let (mut first, mut second) = ([0.0; 2], [0.0; 3]);
    for &(odds, target, weight) in rows {
        let probability = 1.0 / (1.0 + (-(slope * odds + shift)).exp());
        let (error, spread) = (weight * (probability - target), weight * probability * (1.0 - probability));
        first = [first[0] + error * odds, first[1] + error];
        second = [second[0] + spread * odds * odds, second[1] + spread * odds, second[2] + spread];
    }
    // Scores that are all the same leave the slope open; a trace more on the diagonal closes it.
    let [a, b, c] = [second[0] * (1.0 + 1e-12) + 1e-12, second[1], second[2] * (1.0 + 1e-12) + 1e-12];
    let determinant = a * c - b * b;
    (determinant > 0.0)
        .then(|| [(c * first[0] - b * first[1]) / determinant, (a * first[1] - b * first[0]) / determinant])
}

fn log_odds(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

#[cfg(test)]
mod tests {
    use outrider_core::Random;

    use super::*;
    use crate::metrics::{expected_calibration_error, log_loss};

    /// Labels by true probabilities, which are told with their odds raised to a power and multiplied.
    fn world(power: f64, factor: f64) -> (Vec<f64>, Vec<f64>) {
        let mut random = Random::new(3);
        let wrong = Recalibration::new(power, factor.ln()).unwrap();
        let row = |_| {
            let truth = 0.02 + 0.6 * random.unit().powi(2);
            (f64::from(u8::from(random.chance(truth))), wrong.apply(truth))
        };
        (0..20_000).map(row).unzip()
    }

    fn mended(labels: &[f64], told: &[f64], recalibration: Recalibration) -> (f64, f64) {
        let after: Vec<f64> = told.iter().map(|&p| recalibration.apply(p)).collect();
        let sample = Sample::new(labels, &after);
        (expected_calibration_error(&sample, 10).unwrap(), log_loss(&sample).unwrap())
    }

    #[test]
    fn platt_undoes_a_sigmoid() {
        let (labels, told) = world(2.0, 9.0);
        let before = expected_calibration_error(&Sample::new(&labels, &told), 10).unwrap();
        let (after, _) = mended(&labels, &told, platt(&Sample::new(&labels, &told)).unwrap());
        assert!(before > 0.1 && after < 0.02, "{before} to {after}");
    }

    #[test]
    fn a_changed_share_is_changed_back() {
        // As resampling to equal classes multiplies odds.
        let share = 0.22;
        let (labels, told) = world(1.0, (1.0 - share) / share);
        let before = expected_calibration_error(&Sample::new(&labels, &told), 10).unwrap();
        let (after, _) = mended(&labels, &told, for_shares(0.5, share).unwrap());
        assert!(before > 0.2 && after < 0.02, "{before} to {after}");
    }

    #[test]
    fn platt_is_where_the_loss_is_least() {
        let (labels, told) = world(0.5, 0.3);
        let found = platt(&Sample::new(&labels, &told)).unwrap();
        let (_, least) = mended(&labels, &told, found);
        let bytes = found.write();
        let of = |at: usize| f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        for (slope, shift) in [(0.02, 0.0), (-0.02, 0.0), (0.0, 0.02), (0.0, -0.02)] {
            let near = Recalibration::new(of(0) + slope, of(8) + shift).unwrap();
            assert!(mended(&labels, &told, near).1 > least);
        }
    }

    #[test]
    fn what_cannot_be_mended_is_none() {
        assert_eq!(platt(&Sample::new(&[1.0, 1.0], &[0.2, 0.4])), None, "one class");
        assert_eq!(platt(&Sample::new(&[1.0, 0.0], &[1.2, 0.4])), None, "no probability");
        let (labels, told) = world(1.0, 1.0);
        let upside_down: Vec<f64> = told.iter().map(|p| 1.0 - p).collect();
        assert_eq!(platt(&Sample::new(&labels, &upside_down)), None);
        assert_eq!((for_shares(0.5, 0.0), for_shares(1.0, 0.5)), (None, None));
        let same = vec![0.5; labels.len()];
        let rate = labels.iter().sum::<f64>() / labels.len() as f64;
        let constant = platt(&Sample::new(&labels, &same)).map(|found| found.apply(0.5));
        assert!(constant.is_some_and(|p| (p - rate).abs() < 0.001), "{constant:?}, expected {rate}");
    }
}
