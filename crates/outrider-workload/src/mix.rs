//! Which class a request is of.

mod change;

use outrider_core::Random;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Class, FormError, Sizes, SizesError};
pub use change::MixChange;

/// A mix of classes, drawn by share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Class>", into = "Vec<Class>")]
pub struct Mix {
    classes: Vec<Class>,
    /// Sum of the shares up to and with each class; the last is 1.
    cumulative: Vec<f64>,
}

/// A mix that cannot be drawn from.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum MixError {
    /// No class at all, or more than 64.
    #[error("a mix has 1 to 64 classes, not {0}")]
    Count(usize),
    /// A name that cannot stand in a path, or that comes twice.
    #[error("class name {0:?} is taken, empty, longer than 32 or not of letters, digits, '-' and '_'")]
    Name(String),
    /// Not one share for each class.
    #[error("there are {classes} classes, so shares are {classes} too, not {given}")]
    Shares {
        /// Shares that are there.
        given: usize,
        /// Classes.
        classes: usize,
    },
    /// A mean or a share that makes no sense.
    #[error("class {0:?}: mean_ms must be 0 to 3600000, share 0 to 1000000, and not all shares 0")]
    Number(String),
    /// Sizes that cannot be drawn.
    #[error("class {class:?}: {source}")]
    Sizes {
        /// Its class.
        class: String,
        /// What is wrong.
        source: SizesError,
    },
    /// A form that cannot be sent.
    #[error("class {class:?}: {source}")]
    Form {
        /// Its class.
        class: String,
        /// What is wrong.
        source: FormError,
    },
}

const CLASSES_MAX: usize = 64;

impl Mix {
    /// A mix of `classes`.
    ///
    /// # Errors
    /// When there is no class, too many, a bad name or a senseless number.
    pub fn new(classes: Vec<Class>) -> Result<Mix, MixError> {
        check(&classes)?;
        let total: f64 = classes.iter().map(|c| c.share).sum();
        let mut sum = 0.0;
        let cumulative = classes
            .iter()
            .map(|c| {
                sum += c.share;
                sum / total
            })
            .collect();
        Ok(Mix { classes, cumulative })
    }

    /// A mix of one class, called `all`.
    ///
    /// # Errors
    /// When `mean_ms` is not 0 to an hour.
    pub fn single(mean_ms: f64) -> Result<Mix, MixError> {
        Mix::new(vec![Class::new("all", mean_ms, 1.0)])
    }

    /// The six classes of `uneven-mixed` (methods, scenarios): most requests are cheap, most work is in the dear ones.
    pub fn uneven_mixed() -> Mix {
        let class = |(name, mean_ms, share)| Class::new(name, mean_ms, share);
        let classes = [
            ("ping", 2.0, 0.35),
            ("item", 4.0, 0.25),
            ("list", 8.0, 0.20),
            ("search", 15.0, 0.12),
            ("report", 40.0, 0.06),
            ("export", 120.0, 0.02),
        ];
        Mix::new(classes.map(class).to_vec()).expect("the classes of uneven-mixed make sense")
    }

    /// The same mix with every mean `factor` times as long.
    ///
    /// # Errors
    /// When a mean would leave its range.
    pub fn scaled(&self, factor: f64) -> Result<Mix, MixError> {
        let scale = |class: &Class| Class { mean_ms: class.mean_ms * factor, ..class.clone() };
        Mix::new(self.classes.iter().map(scale).collect())
    }

    /// The index of one request's class.
    pub fn draw(&self, random: &mut Random) -> usize {
        let u = random.unit();
        self.cumulative.partition_point(|&bound| bound <= u).min(self.classes.len() - 1)
    }

    /// The classes, in the order of their indices.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The index of the class called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.classes.iter().position(|c| c.name == name)
    }

    /// Share of class `index` among all requests, 0 to 1.
    pub fn share(&self, index: usize) -> f64 {
        let before = index.checked_sub(1).map_or(0.0, |i| self.cumulative[i]);
        self.cumulative[index] - before
    }

    /// Mean service time of a request of size 1 on a host of speed 1, ms.
    pub fn mean_ms(&self) -> f64 {
        (0..self.classes.len()).map(|i| self.share(i) * self.classes[i].mean_ms).sum()
    }
}

impl TryFrom<Vec<Class>> for Mix {
    type Error = MixError;

    fn try_from(classes: Vec<Class>) -> Result<Mix, MixError> {
        Mix::new(classes)
    }
}

impl From<Mix> for Vec<Class> {
    fn from(mix: Mix) -> Vec<Class> {
        mix.classes
    }
}

fn check(classes: &[Class]) -> Result<(), MixError> {
    if classes.is_empty() || classes.len() > CLASSES_MAX {
        return Err(MixError::Count(classes.len()));
    }
    for (i, class) in classes.iter().enumerate() {
        let taken = classes[..i].iter().any(|other| other.name == class.name);
        if taken || !class.has_sound_name() {
            return Err(MixError::Name(class.name.clone()));
        }
        check_class(class)?;
    }
    if classes.iter().all(|c| c.share == 0.0) {
        return Err(MixError::Number(classes[0].name.clone()));
    }
    Ok(())
}

fn check_class(class: &Class) -> Result<(), MixError> {
    let name = || class.name.clone();
    if !(0.0..=3_600_000.0).contains(&class.mean_ms) || !(0.0..=1e6).contains(&class.share) {
        return Err(MixError::Number(name()));
    }
    let sizes = class.sizes.as_ref().map_or(Ok(()), Sizes::check);
    sizes.map_err(|source| MixError::Sizes { class: name(), source })?;
    class.form.check().map_err(|source| MixError::Form { class: name(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Form;
    use proptest::prelude::*;

    #[test]
    fn uneven_mixed_costs_what_its_shares_say() {
        let mix = Mix::uneven_mixed();
        assert!((mix.mean_ms() - 9.9).abs() < 1e-9);
        assert!((mix.scaled(5.0).unwrap().mean_ms() - 49.5).abs() < 1e-9);
    }

    #[test]
    fn classes_come_up_by_share() {
        let mix = Mix::uneven_mixed();
        let mut random = Random::new(2);
        let n = 100_000;
        let mut counts = vec![0u32; mix.classes().len()];
        for _ in 0..n {
            counts[mix.draw(&mut random)] += 1;
        }
        for (i, &count) in counts.iter().enumerate() {
            let p = mix.share(i);
            let error = 5.0 * (p * (1.0 - p) / f64::from(n)).sqrt();
            assert!((f64::from(count) / f64::from(n) - p).abs() < error, "{i}");
        }
    }

    #[test]
    fn senseless_mixes_are_refused() {
        let class = |name: &str, mean_ms, share| Class::new(name, mean_ms, share);
        let sized = Class { sizes: Some(Sizes::List(vec![])), ..class("a", 1.0, 1.0) };
        let formed = Class { form: Form { method: Some("no".to_owned()), ..Form::default() }, ..class("a", 1.0, 1.0) };
        for classes in [
            vec![],
            vec![class("", 1.0, 1.0)],
            vec![class("a/b", 1.0, 1.0)],
            vec![class("a", 1.0, 1.0), class("a", 1.0, 1.0)],
            vec![class("a", -1.0, 1.0)],
            vec![class("a", f64::NAN, 1.0)],
            vec![class("a", 1.0, f64::INFINITY)],
            vec![class("a", 1.0, 0.0)],
            (0..65).map(|i| class(&format!("c{i}"), 1.0, 1.0)).collect(),
            vec![sized],
            vec![formed],
        ] {
            assert!(Mix::new(classes.clone()).is_err(), "{classes:?}");
        }
    }

    #[test]
    fn a_mix_is_a_list_of_classes_in_json() {
        let text = serde_json::to_string(&Mix::uneven_mixed()).unwrap();
        assert_eq!(serde_json::from_str::<Mix>(&text).unwrap(), Mix::uneven_mixed());
        assert!(serde_json::from_str::<Mix>("[]").is_err());
    }

    proptest! {
        #[test]
        fn a_class_without_share_never_comes_up(shares in prop::collection::vec(0u32..4, 1..8), seed: u64) {
            prop_assume!(shares.iter().any(|&s| s > 0));
            let class = |(i, &share): (usize, &u32)| Class::new(format!("c{i}"), 1.0, f64::from(share));
            let mix = Mix::new(shares.iter().enumerate().map(class).collect()).unwrap();
            let mut random = Random::new(seed);
            for _ in 0..50 {
                prop_assert!(shares[mix.draw(&mut random)] > 0);
            }
        }
    }
}
