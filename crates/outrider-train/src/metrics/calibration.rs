//! Whether what is called 0.3 happens three times in ten. Bins hold equal weight: where positives are rare, bins of equal
//! width would leave all rows in the first.

use super::{POSITIVE, Sample, ratio};

/// Rows of neighbouring probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReliabilityBin {
    /// Their mean probability.
    pub predicted: f64,
    /// The share of positives among them.
    pub observed: f64,
    /// Their weight.
    pub weight: f64,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    weight: f64,
    predicted: f64,
    positive: f64,
}

/// At most `bins` bins from the lowest probability upwards; rows of one probability share a bin.
pub fn reliability(sample: &Sample, bins: usize) -> Option<Vec<ReliabilityBin>> {
    let total: f64 = sample.iter().map(|(_, _, weight)| weight).sum();
    if bins == 0 || total <= 0.0 || sample.scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let mut order: Vec<usize> = (0..sample.rows()).collect();
    order.sort_by(|&a, &b| sample.scores[a].total_cmp(&sample.scores[b]));
    let (mut found, mut sums, mut before) = (Vec::new(), Sums::default(), 0.0);
    for (at, &row) in order.iter().enumerate() {
        sums.add(sample, row);
        let is_last_of_score = order.get(at + 1).is_none_or(|&next| sample.scores[next] != sample.scores[row]);
        let target = total * (found.len() + 1) as f64 / bins as f64;
        if is_last_of_score && before + sums.weight >= target * (1.0 - 1e-12) {
            before += sums.weight;
            found.extend(std::mem::take(&mut sums).bin());
        }
    }
    found.extend(sums.bin());
    Some(found)
}

impl Sums {
    fn add(&mut self, sample: &Sample, row: usize) {
        let weight = sample.weight(row);
        self.weight += weight;
        self.predicted += weight * sample.scores[row];
        self.positive += weight * f64::from(u8::from(sample.labels[row] == POSITIVE));
    }

    fn bin(self) -> Option<ReliabilityBin> {
        let predicted = ratio(self.predicted, self.weight)?;
        Some(ReliabilityBin { predicted, observed: self.positive / self.weight, weight: self.weight })
    }
}

/// The mean distance of what is predicted from what is observed, bin by bin (Naeini et al. 2015, with bins of equal weight).
pub fn expected_calibration_error(sample: &Sample, bins: usize) -> Option<f64> {
    let bins = reliability(sample, bins)?;
    let total: f64 = bins.iter().map(|bin| bin.weight).sum();
    ratio(bins.iter().map(|bin| bin.weight * (bin.predicted - bin.observed).abs()).sum(), total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_equal_weight_and_whole_scores() {
        let labels = [0.0, 1.0, 0.0, 1.0, 1.0, 1.0];
        let scores = [0.1, 0.3, 0.5, 0.5, 0.5, 0.9];
        let bins = reliability(&Sample::new(&labels, &scores), 3).unwrap();
        let expected = [(0.2, 0.5, 2.0), (0.5, 2.0 / 3.0, 3.0), (0.9, 1.0, 1.0)];
        assert_eq!(bins.len(), expected.len());
        for (bin, (predicted, observed, weight)) in bins.iter().zip(expected) {
            assert!((bin.predicted - predicted).abs() < 1e-12, "{bin:?}");
            assert_eq!((bin.observed, bin.weight), (observed, weight));
        }
        let error = expected_calibration_error(&Sample::new(&labels, &scores), 3).unwrap();
        assert!((error - (2.0 * 0.3 + 3.0 / 6.0 + 0.1) / 6.0).abs() < 1e-12, "{error}");
    }

    #[test]
    fn a_rate_that_is_told_rightly_has_no_error() {
        let labels: Vec<f64> = (0..100).map(|row| f64::from(u8::from(row % 4 == 0))).collect();
        let told = vec![0.25; 100];
        assert_eq!(expected_calibration_error(&Sample::new(&labels, &told), 10), Some(0.0));
        let wrong = vec![0.75; 100];
        assert_eq!(expected_calibration_error(&Sample::new(&labels, &wrong), 10), Some(0.5));
    }

    #[test]
    fn what_is_undefined_is_none() {
        assert_eq!(expected_calibration_error(&Sample::new(&[], &[]), 10), None);
        assert_eq!(reliability(&Sample::new(&[1.0], &[f64::NAN]), 10), None);
        assert_eq!(reliability(&Sample::new(&[1.0], &[0.5]), 0), None);
    }
}
