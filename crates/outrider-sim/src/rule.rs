//! What decides: a rule of the pilot, or one that knows everything.

use outrider_pilot::StrategyKind;

use crate::clairvoyant::Omniscience;

/// Who picks the host of each request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// The pilot under this strategy, all hosts of one weight.
    Pilot(StrategyKind),
    /// The pilot under this strategy, each host weighing its true capacity.
    Weighted(StrategyKind),
    /// A rule outside of the pilot that knows every service time and every queue.
    Clairvoyant(Omniscience),
}

impl Rule {
    /// Its name in reports.
    pub fn name(&self) -> String {
        match self {
            Rule::Pilot(kind) => kind.name().to_owned(),
            Rule::Weighted(kind) => format!("weighted_{}", kind.name()),
            Rule::Clairvoyant(omniscience) => omniscience.name(),
        }
    }

    pub(crate) fn strategy(&self) -> StrategyKind {
        match self {
            Rule::Pilot(kind) | Rule::Weighted(kind) => *kind,
            // Nobody asks it then.
            Rule::Clairvoyant(_) => StrategyKind::Random,
        }
    }
}
