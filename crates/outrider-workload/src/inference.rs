//! How long a host takes for requests to a language model, from measured times.
//!
//! A request has two phases. Its prompt is read at once, which takes the longer the more tokens it has; then its answer is
//! written token by token. Both take the longer the more requests the host has in its batch. What was measured is a cross:
//! all prompts at batch 1, all batches at one prompt; between the arms a time is taken to be the product of both, between
//! two measured points a straight line. A prompt shorter than any that was measured takes as long as the shortest, a larger
//! one follows the last line; so do batches.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement {
    /// Tokens of each prompt.
    pub prompt: f64,
    /// Requests in the batch.
    pub batch: f64,
    /// Time until the prompts were read, ms.
    pub prompt_ms: f64,
    /// Time per token of the answers, ms.
    pub token_ms: f64,
}

/// Times of one kind of host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostTimes {
    prompt: Arms,
    token: Arms,
}

/// Measurements that times cannot be read off.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum InferenceError {
    /// A number that is not above 0.
    #[error("measurement {0}: every number must be above 0 and at most 1e9")]
    Number(usize),
    /// An arm of the cross is missing.
    #[error("there must be two prompts at batch 1, and two batches, 1 among them, at one prompt")]
    Few,
}

/// A time at batch 1 by tokens of the prompt, ms, and how many times longer it is by batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Arms {
    alone_ms: Curve,
    stretch: Curve,
}

/// Straight lines between points, ascending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Curve(Vec<(f64, f64)>);

impl HostTimes {
    /// The times of a kind of host that `measured` is about; the middle one where the same was measured more than once.
    ///
    /// # Errors
    /// When a number makes no sense or there are too few.
    pub fn of(measured: &[Measurement]) -> Result<HostTimes, InferenceError> {
        let sound = |m: &Measurement| {
            [m.prompt, m.batch, m.prompt_ms, m.token_ms].iter().all(|number| *number > 0.0 && *number <= 1e9)
        };
        if let Some(bad) = measured.iter().position(|m| !sound(m)) {
            return Err(InferenceError::Number(bad));
        }
        let arms = |of: fn(&Measurement) -> f64| Arms::of(measured, of).ok_or(InferenceError::Few);
        Ok(HostTimes { prompt: arms(|m| m.prompt_ms)?, token: arms(|m| m.token_ms)? })
    }

    /// The same with all times `factor` times as long.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> HostTimes {
        HostTimes { prompt: self.prompt.scaled(factor), token: self.token.scaled(factor) }
    }

    /// Time to read a prompt of so many tokens, alone, ms.
    pub fn prompt_ms(&self, prompt: f64) -> f64 {
        self.prompt.alone_ms.at(prompt)
    }

    /// Time to write one token of the answer to a prompt of so many, alone, ms.
    pub fn token_ms(&self, prompt: f64) -> f64 {
        self.token.alone_ms.at(prompt)
    }

    /// How many times longer reading takes with `batch` requests there.
    pub fn prompt_stretch(&self, batch: usize) -> f64 {
        self.prompt.stretch.at(batch as f64)
    }

    /// How many times longer writing takes with `batch` requests there.
    pub fn token_stretch(&self, batch: usize) -> f64 {
        self.token.stretch.at(batch as f64)
    }

    /// Time of a request if all the while `batch` requests are there, itself included, ms.
    pub fn time_ms(&self, prompt: f64, output: f64, batch: usize) -> f64 {
        self.prompt_ms(prompt) * self.prompt_stretch(batch) + output * self.token_ms(prompt) * self.token_stretch(batch)
    }

    /// The largest batch that was measured.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count above 0")]
    pub fn batch_max(&self) -> usize {
        self.token.stretch.0.last().map_or(1, |point| point.0 as usize)
    }
}

impl Arms {
    fn of(measured: &[Measurement], of: fn(&Measurement) -> f64) -> Option<Arms> {
        let alone = measured.iter().filter(|m| is(m.batch, 1.0));
        let alone_ms = Curve::through(alone.map(|m| (m.prompt, of(m))))?;
        let reference = most_batches(measured)?;
        let at_reference = measured.iter().filter(|m| is(m.prompt, reference));
        let by_batch = Curve::through(at_reference.map(|m| (m.batch, of(m))))?;
        let first = by_batch.0[0];
        is(first.0, 1.0).then(|| Arms { alone_ms, stretch: by_batch.scaled(1.0 / first.1) })
    }

    fn scaled(&self, factor: f64) -> Arms {
        Arms { alone_ms: self.alone_ms.scaled(factor), stretch: self.stretch.clone() }
    }
}

/// The prompt that was measured at the most batches.
fn most_batches(measured: &[Measurement]) -> Option<f64> {
    let batches = |prompt: f64| {
        let mut batches: Vec<f64> = measured.iter().filter(|m| is(m.prompt, prompt)).map(|m| m.batch).collect();
        batches.sort_unstable_by(f64::total_cmp);
        batches.dedup();
        batches.len()
    };
    let most = measured.iter().max_by(|a, b| batches(a.prompt).cmp(&batches(b.prompt)));
    most.map(|m| m.prompt)
}

fn is(number: f64, wanted: f64) -> bool {
    number.total_cmp(&wanted).is_eq()
}

impl Curve {
    /// Through the middle of those with one x; `None` if there are not two x.
    fn through(points: impl Iterator<Item = (f64, f64)>) -> Option<Curve> {
        let mut points: Vec<(f64, f64)> = points.collect();
        points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let middles: Vec<(f64, f64)> = points.chunk_by(|a, b| is(a.0, b.0)).map(|same| same[same.len() / 2]).collect();
        (middles.len() > 1).then_some(Curve(middles))
    }

    fn at(&self, x: f64) -> f64 {
        let x = x.max(self.0[0].0);
        let right = self.0.partition_point(|point| point.0 < x).clamp(1, self.0.len() - 1);
        let ((x0, y0), (x1, y1)) = (self.0[right - 1], self.0[right]);
        // A last line that falls ends where it was measured to: no batch makes time go backwards.
        let share = if y1 >= y0 { (x - x0) / (x1 - x0) } else { ((x - x0) / (x1 - x0)).min(1.0) };
        y0 + share * (y1 - y0)
    }

    fn scaled(&self, factor: f64) -> Curve {
        Curve(self.0.iter().map(|&(x, y)| (x, y * factor)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn measured(prompt: f64, batch: f64, prompt_ms: f64, token_ms: f64) -> Measurement {
        Measurement { prompt, batch, prompt_ms, token_ms }
    }

    fn tiny() -> Vec<Measurement> {
        vec![
            measured(100.0, 1.0, 11.0, 4.0),
            measured(100.0, 1.0, 10.0, 4.0),
            measured(100.0, 1.0, 900.0, 4.0),
            measured(300.0, 1.0, 30.0, 5.0),
            measured(100.0, 4.0, 44.0, 6.0),
        ]
    }

    #[test]
    fn times_are_those_measured_and_on_lines_between() {
        let times = HostTimes::of(&tiny()).unwrap();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(times.time_ms(100.0, 10.0, 1), 11.0 + 40.0), "the middle of three");
        assert!(near(times.time_ms(300.0, 1.0, 1), 30.0 + 5.0));
        assert!(near(times.prompt_ms(200.0), 20.5) && near(times.token_ms(200.0), 4.5));
        assert!(near(times.time_ms(100.0, 10.0, 4), 44.0 + 60.0));
        assert!(near(times.prompt_stretch(2), 2.0) && near(times.token_stretch(3), 1.0 + 0.5 * 2.0 / 3.0));
        assert!(near(times.prompt_ms(1.0), 11.0) && near(times.prompt_ms(500.0), 49.0));
        assert_eq!(times.batch_max(), 4);
        assert!(near(times.scaled(2.0).time_ms(200.0, 3.0, 3), 2.0 * times.time_ms(200.0, 3.0, 3)));
    }

    #[test]
    fn what_is_no_cross_is_refused() {
        assert_eq!(HostTimes::of(&[]), Err(InferenceError::Few));
        assert_eq!(HostTimes::of(&tiny()[..4]), Err(InferenceError::Few), "one batch");
        assert_eq!(HostTimes::of(&tiny()[4..]), Err(InferenceError::Few), "nothing alone");
        let mut bad = tiny();
        bad[3].token_ms = f64::NAN;
        assert_eq!(HostTimes::of(&bad), Err(InferenceError::Number(3)));
    }

    proptest! {
        #[test]
        fn more_tokens_never_take_less(prompt in 0.0..1e5f64, more in 0.0..1e4f64, output in 0.0..1e4f64, batch in 1usize..99) {
            let times = HostTimes::of(&tiny()).unwrap();
            let time = times.time_ms(prompt, output, batch);
            prop_assert!(time > 0.0 && times.time_ms(prompt + more, output + more, batch) >= time);
        }
    }
}
