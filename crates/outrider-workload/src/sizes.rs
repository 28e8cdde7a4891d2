//! The sizes of one class: a law, or a few sizes with their shares.

use outrider_core::Random;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Law, LawError};

/// How the sizes of a class are drawn. A size is a factor on the service time; a class is the same work on average where
/// its sizes have mean 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sizes {
    /// By a law.
    Law(Law),
    /// One of a few, by share.
    List(Vec<SizeShare>),
}

/// One size of a few.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizeShare {
    /// The factor on the service time, 0 to 1,000,000.
    pub size: f64,
    /// Its share, relative to the other sizes.
    pub share: f64,
}

/// Sizes that cannot be drawn.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SizesError {
    /// The law makes no sense.
    #[error(transparent)]
    Law(#[from] LawError),
    /// The list makes no sense.
    #[error("a list of sizes has 1 to 64 of them, sizes and shares of 0 to 1000000, not all shares 0")]
    List,
}

const SIZES_MAX: usize = 64;

impl Sizes {
    /// Whether they can be drawn.
    ///
    /// # Errors
    /// When a number makes no sense.
    pub fn check(&self) -> Result<(), SizesError> {
        match self {
            Sizes::Law(law) => law.checked().map(|_| ()).map_err(SizesError::Law),
            Sizes::List(list) => {
                let number = |x: f64| (0.0..=1e6).contains(&x);
                let sound = list.iter().all(|s| number(s.size) && number(s.share)) && total(list) > 0.0;
                (sound && list.len() <= SIZES_MAX).then_some(()).ok_or(SizesError::List)
            }
        }
    }

    /// One draw.
    pub fn sample(&self, random: &mut Random) -> f64 {
        match self {
            Sizes::Law(law) => law.sample(random),
            Sizes::List(list) => {
                let mut left = random.unit() * total(list);
                let drawn = list.iter().find(|s| {
                    left -= s.share;
                    left < 0.0
                });
                // Rounding may leave a hair beyond the last that has a share.
                drawn.or_else(|| list.iter().rfind(|s| s.share > 0.0)).map_or(1.0, |s| s.size)
            }
        }
    }

    /// The mean of all draws.
    pub fn mean(&self) -> f64 {
        match self {
            Sizes::Law(law) => law.mean(),
            Sizes::List(list) => list.iter().map(|s| s.size * s.share).sum::<f64>() / total(list),
        }
    }
}

fn total(list: &[SizeShare]) -> f64 {
    list.iter().map(|s| s.share).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(sizes: &[(f64, f64)]) -> Sizes {
        Sizes::List(sizes.iter().map(|&(size, share)| SizeShare { size, share }).collect())
    }

    #[test]
    fn sizes_come_up_by_share() {
        let sizes = list(&[(0.5, 3.0), (9.0, 0.0), (2.5, 1.0)]);
        let mut random = Random::new(4);
        let n = 40_000;
        let big = (0..n).filter(|_| sizes.sample(&mut random) > 2.0).count() as f64 / f64::from(n);
        assert!((big - 0.25).abs() < 0.011, "{big}");
        assert!((sizes.mean() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn senseless_sizes_are_refused() {
        for sizes in [
            list(&[]),
            list(&[(1.0, 0.0)]),
            list(&[(-1.0, 1.0)]),
            list(&[(1.0, f64::NAN)]),
            list(&[(1.0, 1.0); 65]),
            Sizes::Law(Law::Fixed(-1.0)),
        ] {
            assert!(sizes.check().is_err(), "{sizes:?}");
        }
    }

    #[test]
    fn a_list_or_a_law_is_written_by_name() {
        let read = |text| serde_json::from_str::<Sizes>(text).unwrap();
        assert_eq!(read(r#"{"list": [{"size": 1, "share": 2}]}"#), list(&[(1.0, 2.0)]));
        assert_eq!(read(r#"{"law": {"exponential": {"mean": 1}}}"#), Sizes::Law(Law::Exponential { mean: 1.0 }));
    }

    proptest! {
        #[test]
        fn only_sizes_with_a_share_come_up(shares in prop::collection::vec(0u32..3, 1..8), seed: u64) {
            prop_assume!(shares.iter().any(|&s| s > 0));
            // A size of 1 where there is a share, of 0 where there is none.
            let pairs: Vec<(f64, f64)> = shares.iter().map(|&s| (f64::from(s.min(1)), f64::from(s))).collect();
            let sizes = list(&pairs);
            let mut random = Random::new(seed);
            for _ in 0..30 {
                prop_assert!(sizes.sample(&mut random) > 0.5);
            }
        }
    }
}
