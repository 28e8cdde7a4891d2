//! What decides: a rule of the pilot, or one that knows everything.

use outrider_pilot::{PoolSettings, PredictSettings, StrategyKind};

use crate::clairvoyant::Omniscience;

/// Who picks the host of each request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// The pilot under this strategy, all hosts of one weight.
    Pilot(StrategyKind),
    /// The pilot under this strategy, each host weighing its true capacity.
    Weighted(StrategyKind),
    /// The pilot under `predictive` without one of its parts.
    Ablated(Ablation),
    /// A rule outside of the pilot that knows every service time and every queue.
    Clairvoyant(Omniscience),
}

/// What `predictive` has to do without, to see what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ablation {
    /// All requests are alike.
    NoClasses,
    /// Sizes are not looked at.
    NoSizes,
    /// How each host does now is not looked at.
    NoCorrection,
    /// What waits on a host is not counted.
    NoWait,
    /// Every host is taken to serve eight requests at a time.
    Slots8,
    /// The table is never used: the fallback picks.
    Fallback,
}

impl Ablation {
    /// All of them.
    pub const ALL: [Ablation; 6] = [
        Ablation::NoClasses,
        Ablation::NoSizes,
        Ablation::NoCorrection,
        Ablation::NoWait,
        Ablation::Slots8,
        Ablation::Fallback,
    ];

    /// What is put behind `predictive_` in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Ablation::NoClasses => "no_classes",
            Ablation::NoSizes => "no_sizes",
            Ablation::NoCorrection => "no_correction",
            Ablation::NoWait => "no_wait",
            Ablation::Slots8 => "slots_8",
            Ablation::Fallback => "fallback",
        }
    }

    fn settings(self, whole: &PredictSettings) -> PredictSettings {
        match self {
            Ablation::NoClasses => PredictSettings { classes: false, ..whole.clone() },
            Ablation::NoSizes => PredictSettings { sizes: false, ..whole.clone() },
            Ablation::NoCorrection => PredictSettings { correction: false, ..whole.clone() },
            Ablation::NoWait => PredictSettings { wait: false, ..whole.clone() },
            Ablation::Slots8 => PredictSettings { slots: Some(8), ..whole.clone() },
            Ablation::Fallback => PredictSettings { fallback_only: true, ..whole.clone() },
        }
    }
}

impl Rule {
    /// Its name in reports.
    pub fn name(&self) -> String {
        match self {
            Rule::Pilot(kind) => kind.name().to_owned(),
            Rule::Weighted(kind) => format!("weighted_{}", kind.name()),
            Rule::Ablated(ablation) => format!("{}_{}", StrategyKind::Predictive.name(), ablation.name()),
            Rule::Clairvoyant(omniscience) => omniscience.name(),
        }
    }

    /// What a pool under this rule is told, which is otherwise told `pool`.
    pub(crate) fn settings(&self, pool: &PoolSettings) -> PoolSettings {
        let pool = PoolSettings { strategy: self.strategy(), ..pool.clone() };
        match self {
            Rule::Ablated(ablation) => PoolSettings { predict: ablation.settings(&pool.predict), ..pool },
            _ => pool,
        }
    }

    pub(crate) fn strategy(&self) -> StrategyKind {
        match self {
            Rule::Pilot(kind) | Rule::Weighted(kind) => *kind,
            Rule::Ablated(_) => StrategyKind::Predictive,
            // Nobody asks it then.
            Rule::Clairvoyant(_) => StrategyKind::Random,
        }
    }
}
