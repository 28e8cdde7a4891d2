//! What a training can be told.

use std::collections::BTreeMap;

use crate::class_weights::ClassWeights;
use crate::split::Shares;

/// How rows are to be split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SplitChoice {
    /// By time where there are times, else by leaving a group out, else by luck.
    #[default]
    Usual,
    /// By time.
    Time,
    /// The group of this name judges; none: the last one by name.
    LeaveOut(Option<String>),
    /// By luck.
    Random,
}

/// What a training can be told; all of it has a good default.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How rows are split.
    pub split: SplitChoice,
    /// How many train and choose.
    pub shares: Shares,
    /// All luck.
    pub seed: u64,
    /// Only these models, by name; none: all of the task.
    pub models: Vec<String>,
    /// Besides, models on rows that SMOTE made, with so many neighbours.
    pub smote: Option<usize>,
    /// How much classes count.
    pub class_weights: ClassWeights,
    /// Draws of a random search for the parameters of boosting; 0: none.
    pub search: usize,
    /// Try every setting of a grid of boosting, by F1 over folds in time, instead.
    pub grid: bool,
    /// Trees of a model, at most.
    pub trees: usize,
    /// A person takes what the gates find suspicious upon themselves.
    pub accept_suspicious: bool,
    /// What artifacts are to say besides, by name.
    pub remembered: BTreeMap<String, String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            split: SplitChoice::Usual,
            shares: Shares::default(),
            seed: 1,
            models: Vec::new(),
            smote: None,
            class_weights: ClassWeights::Equal,
            search: 0,
            grid: false,
            trees: 200,
            accept_suspicious: false,
            remembered: BTreeMap::new(),
        }
    }
}
