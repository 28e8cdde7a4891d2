//! Whether a model may be trusted: known when, split honestly, no leak, better than the baselines, sane in shape. A reason is a sentence that
//! names its columns.

mod acceptance;
mod evidence;
mod honesty;
mod known;
mod leak;
mod rivals;
mod shape;
mod skew;
mod survivors;
mod thin;

pub use acceptance::Acceptance;
pub use evidence::{Evidence, Rules};
pub use known::known_in_time;
pub use rivals::{Baseline, Contest};
pub use shape::{Decile, ShapeLimits, by_load_decile, load_deciles};
pub use skew::differences;
pub use survivors::{Survival, survival};

use crate::metrics::Bootstrap;

/// What the gates say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds what it promises, as far as data can tell.
    Credible,
    /// It is not shown to be better than this baseline.
    NoBetterThan(String),
    /// Too good, or made in a way that makes figures worthless; every reason a sentence.
    Suspicious(Vec<String>),
}

/// A verdict, and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// What the gates say.
    pub verdict: Verdict,
    /// A person has accepted it although it is suspicious.
    pub accepted: bool,
    /// What a reader must know besides, each a sentence.
    pub notes: Vec<String>,
    /// How it did beside each baseline.
    pub contests: Vec<Contest>,
}

impl Verdict {
    /// As reports and artifacts have it.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Credible => "credible",
            Verdict::NoBetterThan(_) => "no_better_than",
            Verdict::Suspicious(_) => "suspicious",
        }
    }

    /// Why it is not credible.
    pub fn reasons(&self) -> Vec<String> {
        match self {
            Verdict::Credible => Vec::new(),
            Verdict::NoBetterThan(baseline) => {
                vec![format!("it is not shown to be better than {baseline}; use that, or bring more or other data")]
            }
            Verdict::Suspicious(reasons) => reasons.clone(),
        }
    }
}

impl Judgement {
    /// Whether decisions may go by the model.
    pub fn may_decide(&self) -> bool {
        self.verdict == Verdict::Credible || self.accepted && rivals::unbeaten(&self.contests).is_none()
    }
}

/// Runs all gates. `accept_suspicious`: a person takes the reasons upon themselves; it does not make up for a baseline.
pub fn judge(rules: &Rules, evidence: &Evidence, bootstrap: &Bootstrap, accept_suspicious: bool) -> Judgement {
    let mut notes = honesty::notes(evidence);
    let contests = rivals::contests(rules, evidence, bootstrap);
    let mut reasons = known_in_time(evidence.data.schema(), rules.decision, &rules.forbidden);
    reasons.extend(honesty::reasons(rules, evidence));
    reasons.extend(leak::reasons(rules, evidence, &contests));
    reasons.extend(survivors::reasons(rules, evidence));
    reasons.extend(shape::reasons(rules, evidence));
    let unbeaten = rivals::unbeaten(&contests);
    // Of a model that a baseline makes needless, only that needs to be said.
    let is_refused = |check: &acceptance::Check| check.has_failed() && unbeaten.is_none();
    let (failed, told): (Vec<_>, Vec<_>) = acceptance::checks(rules, evidence).into_iter().partition(is_refused);
    reasons.extend(failed.iter().map(ToString::to_string));
    notes.extend(leak::notes(evidence));
    notes.extend(thin::told(evidence));
    notes.extend(survivors::notes(evidence));
    notes.extend(told.iter().map(ToString::to_string));
    notes.extend(contests.iter().filter_map(Contest::note));
    let verdict = match unbeaten.clone() {
        _ if !reasons.is_empty() => Verdict::Suspicious(reasons),
        Some(baseline) => Verdict::NoBetterThan(baseline),
        None => Verdict::Credible,
    };
    let accepted = accept_suspicious && matches!(verdict, Verdict::Suspicious(_)) && unbeaten.is_none();
    Judgement { verdict, accepted, notes, contests }
}
