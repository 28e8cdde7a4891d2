//! What is to be known of a model.

use std::collections::{BTreeMap, BTreeSet};

use outrider_core::schema::{Feature, FeatureKind, KnownAt, Schema};
use serde::{Deserialize, Serialize};

use super::error::ArtifactError;

/// Features of a model.
const FEATURES_MAX: usize = 4_096;

/// What is to be known of a model besides its parts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The question that it answers: `retry`, `service`.
    pub task: String,
    /// The kind of model: `logistic`, `boosting`.
    pub model: String,
    /// What it takes, in its order.
    pub features: Vec<ArtifactFeature>,
    /// When its rows are from; `None`: they bear no times.
    pub window: Option<Window>,
    /// Rows that it was learnt from.
    pub rows: u64,
    /// By name, with the unit last; `None`: undefined.
    pub metrics: BTreeMap<String, Option<f64>>,
    /// What the gates say.
    pub gate: Gate,
    /// Where it comes from.
    pub lineage: Lineage,
}

/// What a model takes in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtifactFeature {
    /// As [`Feature::name`].
    pub name: String,
    /// `number` or `category`.
    #[serde(with = "kind")]
    pub kind: FeatureKind,
    /// `arrival`, `response` or `outcome`.
    #[serde(with = "known_at")]
    pub known_at: KnownAt,
    /// The words of a category, by code; a word that is not there has the code behind the last. Empty for numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dictionary: Vec<String>,
}

/// The first and the last time of the rows, in microseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The first.
    pub from_us: i64,
    /// The last.
    pub to_us: i64,
}

/// What the gates say of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// `credible`, `no_better_than <baseline>`, `suspicious`, or `not_judged` where no rows have judged it.
    pub verdict: String,
    /// Sentences.
    pub reasons: Vec<String>,
    /// Somebody took it in spite of the verdict.
    pub accepted_by_hand: bool,
}

impl Gate {
    /// Whether decisions may go by the model.
    pub fn may_decide(&self) -> bool {
        self.verdict == "credible" || self.accepted_by_hand
    }
}

/// Where a model comes from: enough to make it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lineage {
    /// SHA-256 of the data, in hexadecimal.
    pub data_sha256: String,
    /// All luck of training.
    pub seed: u64,
    /// What training was told, as it was told.
    pub parameters: BTreeMap<String, String>,
    /// SHA-256 of the artifact that it goes on from, in hexadecimal.
    pub parent_sha256: Option<String>,
}

impl Header {
    /// What it takes, in its order.
    pub fn schema(&self) -> Schema {
        Schema { features: self.features.iter().map(ArtifactFeature::feature).collect() }
    }

    /// Whether names are unique and dictionaries fit their kinds.
    pub(super) fn check(&self) -> Result<(), ArtifactError> {
        let mut names = BTreeSet::new();
        if let Some(bad) = self.features.iter().find(|feature| !names.insert(&feature.name) || !feature.is_sound()) {
            return Err(ArtifactError::Feature(bad.name.clone()));
        }
        match self.features.len() > FEATURES_MAX {
            true => Err(ArtifactError::Large { what: "features", found: self.features.len(), limit: FEATURES_MAX }),
            false => Ok(()),
        }
    }
}

impl ArtifactFeature {
    fn feature(&self) -> Feature {
        Feature { name: self.name.clone(), kind: self.kind, known_at: self.known_at }
    }

    /// Words are unique, and only categories have them.
    fn is_sound(&self) -> bool {
        let different = self.dictionary.iter().collect::<BTreeSet<_>>().len();
        different == self.dictionary.len() && (self.kind == FeatureKind::Category || self.dictionary.is_empty())
    }
}

/// A kind by its name.
mod kind {
    use outrider_core::schema::FeatureKind;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
    pub(super) fn serialize<S: Serializer>(kind: &FeatureKind, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(kind.name())
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<FeatureKind, D::Error> {
        let name = String::deserialize(from)?;
        let known = [FeatureKind::Number, FeatureKind::Category].into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| D::Error::custom(format!("no kind {name:?}, expected number or category")))
    }
}

/// A time of knowing by its name.
mod known_at {
    use outrider_core::schema::KnownAt;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
    pub(super) fn serialize<S: Serializer>(known_at: &KnownAt, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(known_at.name())
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<KnownAt, D::Error> {
        let name = String::deserialize(from)?;
        let all = [KnownAt::Arrival, KnownAt::Response, KnownAt::Outcome];
        let known = all.into_iter().find(|known_at| known_at.name() == name);
        known.ok_or_else(|| D::Error::custom(format!("no time {name:?}, expected arrival, response or outcome")))
    }
}
