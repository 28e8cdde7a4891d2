//! From values to places, with ticks at round values that carry their unit.

/// What values are, and so how a tick is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Milliseconds; from a thousand on written as seconds.
    Ms,
    Seconds,
    PerSecond,
    /// 0 to 1, written as percent.
    Share,
    Count,
}

/// One direction of a panel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    is_log: bool,
    unit: Unit,
}

/// Values that range over more than this are drawn on a logarithmic axis.
const LOG_FROM: f64 = 20.0;

impl Axis {
    /// From 0 to the greatest of `values`, and a little more.
    pub(crate) fn from_zero(values: impl Iterator<Item = f64>, unit: Unit) -> Axis {
        let most = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
        let high = if most > 0.0 { most * 1.05 } else { 1.0 };
        Axis { low: 0.0, high, is_log: false, unit }
    }

    /// Exactly from `low` to `high`.
    pub(crate) fn between(low: f64, high: f64, unit: Unit) -> Axis {
        Axis { low, high: if high > low { high } else { low + 1.0 }, is_log: false, unit }
    }

    /// From the least to the greatest of `values`, and a little more.
    pub(crate) fn around(values: impl Iterator<Item = f64>, unit: Unit) -> Axis {
        let finite = values.filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            return Axis::between(0.0, 1.0, unit);
        }
        let more = if high > low { 0.06 * (high - low) } else { 0.5 * low.abs().max(1e-3) };
        Axis { low: low - more, high: high + more, is_log: false, unit }
    }

    /// Logarithmic over the positive `values`.
    pub(crate) fn log(values: impl Iterator<Item = f64>, unit: Unit) -> Axis {
        let positive = values.filter(|value| value.is_finite() && *value > 0.0);
        let (low, high) = positive.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)));
        let (low, high) = if low <= high { (low / 1.1, high * 1.1) } else { (1.0, 10.0) };
        // At least so much that two ticks fit.
        let high = high.max(low * 4.0);
        Axis { low, high, is_log: true, unit }
    }

    /// Logarithmic if `values` range widely, else from 0.
    pub(crate) fn fitting(values: impl Iterator<Item = f64> + Clone, unit: Unit) -> Axis {
        let log = Axis::log(values.clone(), unit);
        if log.high / log.low > LOG_FROM { log } else { Axis::from_zero(values, unit) }
    }

    pub(crate) const fn is_log(&self) -> bool {
        self.is_log
    }

    /// The greatest value.
    pub(crate) const fn high(&self) -> f64 {
        self.high
    }

    /// Where `value` lies between the ends, 0 to 1; beyond them, at the end.
    #[expect(clippy::cast_possible_truncation, reason = "a place in a picture needs no more digits")]
    pub(crate) fn place(&self, value: f64) -> f32 {
        let part = if self.is_log {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        part.clamp(0.0, 1.0) as f32
    }

    /// Round values between the ends, at most about `most`, each with its text.
    pub(crate) fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        let values = if self.is_log { self.log_ticks(most) } else { self.even_ticks(most) };
        let step = values.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
        values.into_iter().map(|value| (value, self.unit.write(value, step))).collect()
    }

    fn even_ticks(&self, most: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / most.max(1) as f64;
        let magnitude = 10f64.powf(rough.log10().floor());
        let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * magnitude >= rough).unwrap_or(10.0);
        let step = factor * magnitude;
        let first = (self.low / step).ceil();
        (0..=most + 1)
            .map(|n| (first + n as f64) * step)
            .take_while(|value| *value <= self.high * (1.0 + 1e-9))
            .collect()
    }

    /// The finest of 1-2-5, 1-3 and 1 by decades, or every second, third.. decade, that is not too many.
    fn log_ticks(&self, most: usize) -> Vec<f64> {
        let choices: [(&[f64], i32); 6] =
            [(&[1.0, 2.0, 5.0], 1), (&[1.0, 3.0], 1), (&[1.0], 1), (&[1.0], 2), (&[1.0], 3), (&[1.0], 6)];
        let of = |(factors, every): (&[f64], i32)| -> Vec<f64> {
            let decades = (-12..=12).filter(|decade: &i32| decade.rem_euclid(every) == 0);
            let values = decades.flat_map(|decade| factors.iter().map(move |factor| factor * 10f64.powi(decade)));
            values.filter(|value| (self.low..=self.high).contains(value)).collect()
        };
        choices.map(of).into_iter().find(|ticks| ticks.len() <= most.max(2)).unwrap_or_default()
    }
}

impl Unit {
    /// `value` with its unit; `step` is the distance to the next, which the digits must tell apart.
    pub(crate) fn write(self, value: f64, step: f64) -> String {
        let digits = |value: f64| trim(value, step);
        match self {
            Unit::Ms if value == 0.0 => "0".into(),
            Unit::Ms if value >= 1_000.0 => format!("{} s", trim(value / 1_000.0, step / 1_000.0)),
            Unit::Ms => format!("{} ms", digits(value)),
            Unit::Seconds => format!("{} s", digits(value)),
            Unit::PerSecond => format!("{}/s", digits(value)),
            Unit::Share => format!("{} %", trim(value * 100.0, step * 100.0)),
            Unit::Count => digits(value),
        }
    }
}

/// As many decimals as `step` needs, and no noughts at the end.
fn trim(value: f64, step: f64) -> String {
    let decimals = (0..6).find(|&digits| step.min(value.abs().max(1e-9)) * 10f64.powi(digits) >= 0.999).unwrap_or(6);
    let decimals = usize::try_from(decimals).unwrap_or_default();
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(axis: &Axis, most: usize) -> Vec<String> {
        axis.ticks(most).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_and_carry_their_unit() {
        assert_eq!(
            texts(&Axis::between(0.0, 12.0, Unit::Seconds), 6),
            ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s", "12 s"]
        );
        assert_eq!(texts(&Axis::between(0.0, 1.2, Unit::Share), 4), ["0 %", "50 %", "100 %"]);
        assert_eq!(texts(&Axis::log([20.0, 20_000.0].into_iter(), Unit::Ms), 5), ["100 ms", "1 s", "10 s"]);
        assert_eq!(texts(&Axis::log([12.0, 60.0].into_iter(), Unit::Ms), 5), ["20 ms", "50 ms"]);
        assert_eq!(texts(&Axis::log([0.001, 1.0].into_iter(), Unit::Share), 5), ["0.1 %", "1 %", "10 %", "100 %"]);
        assert_eq!(texts(&Axis::between(0.0, 2_500.0, Unit::Ms), 5), ["0", "500 ms", "1 s", "1.5 s", "2 s", "2.5 s"]);
    }

    #[test]
    fn wide_ranges_are_logarithmic() {
        assert!(Axis::fitting([20.0, 20_000.0].into_iter(), Unit::Ms).is_log());
        assert!(!Axis::fitting([20.0, 90.0].into_iter(), Unit::Ms).is_log());
        let around = Axis::around([0.412, 0.418].into_iter(), Unit::Count);
        assert_eq!(texts(&around, 4), ["0.412", "0.414", "0.416", "0.418"]);
        assert!(!Axis::fitting([0.0, 0.0].into_iter(), Unit::Ms).ticks(5).is_empty());
    }

    proptest! {
        #[test]
        fn places_keep_the_order_and_stay_inside(
            values in prop::collection::vec(1e-3..1e6f64, 2..20), a in 1e-3..1e6f64, b in 1e-3..1e6f64,
        ) {
            for axis in [Axis::log(values.iter().copied(), Unit::Ms), Axis::from_zero(values.iter().copied(), Unit::Ms)] {
                let (one, two) = (axis.place(a.min(b)), axis.place(a.max(b)));
                prop_assert!((0.0..=1.0).contains(&one) && one <= two && two <= 1.0);
                let ticks = axis.ticks(6);
                prop_assert!(ticks.len() <= 8, "{ticks:?}");
                prop_assert!(ticks.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1), "{ticks:?}");
            }
        }
    }
}
