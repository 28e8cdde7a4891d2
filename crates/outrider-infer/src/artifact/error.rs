//! Why an artifact is none, or not the one that is wanted.

use outrider_core::schema::{Feature, Schema};
use thiserror::Error;

use super::VERSION;

/// Why an artifact cannot be made, read or used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ArtifactError {
    /// Something else.
    #[error("this is no model artifact: it does not begin with OUTRIDER; name the file that `outrider train` wrote")]
    Alien,
    /// Written by a later version of this program.
    #[error(
        "the artifact has format {0}, this program reads up to {VERSION}; use the version that wrote it, or train again"
    )]
    TooNew(u16),
    /// Its end is missing.
    #[error("the artifact is cut short: {found} bytes of {expected}; copy it again")]
    Truncated {
        /// Bytes that are there.
        found: usize,
        /// Bytes that it says it has.
        expected: u64,
    },
    /// The checksum does not fit.
    #[error("the artifact was altered: its checksum does not fit its bytes; copy it again, or train again")]
    Altered,
    /// Too much of something.
    #[error("the artifact has {found} {what}, expected at most {limit}; train a smaller model")]
    Large {
        /// Of what.
        what: &'static str,
        /// How much.
        found: usize,
        /// How much there may be.
        limit: usize,
    },
    /// The header makes no sense although the checksum fits.
    #[error("the artifact's header cannot be read: {0}; train again")]
    Header(String),
    /// Names, kinds and times do not give the hash that was written with them.
    #[error("the artifact's schema has hash {found:016x}, but it was trained with {expected:016x}; train again")]
    SchemaHash {
        /// Of the features in the header.
        found: u64,
        /// What the header says.
        expected: u64,
    },
    /// A feature without sense.
    #[error("feature {0:?} is there twice, has a word twice, or has words although it is a number")]
    Feature(String),
    /// A section's name.
    #[error("section {0:?}: expected a name of 1 to 255 bytes that no other section has")]
    SectionName(String),
    /// A part that the model needs.
    #[error("the artifact has no section {0:?}; it was made for another kind of model")]
    NoSection(String),
    /// For something else.
    #[error("the artifact is for the task {found}, expected one for {expected}")]
    Task {
        /// What it is for.
        found: String,
        /// What is wanted.
        expected: String,
    },
    /// Features that are not those of the data.
    #[error("the model does not take these columns: {0}")]
    Columns(String),
}

/// Checks that `found` is no more than `limit`.
pub(super) fn check(what: &'static str, found: usize, limit: usize) -> Result<(), ArtifactError> {
    if found > limit { Err(ArtifactError::Large { what, found, limit }) } else { Ok(()) }
}

/// In what columns two schemas differ.
pub(super) fn unlike(model: &Schema, data: &Schema) -> String {
    let missing = model.features.iter().filter(|feature| data.position(&feature.name).is_none());
    let missing = missing.map(|feature| format!("{} is missing", described(feature)));
    let more = data.features.iter().filter(|feature| model.position(&feature.name).is_none());
    let more = more.map(|feature| format!("{} is not known to it", described(feature)));
    let other = model.features.iter().filter_map(|own| {
        let found = &data.features[data.position(&own.name)?];
        (found != own).then(|| format!("{} is expected as {}", described(found), described(own)))
    });
    let told: Vec<String> = missing.chain(more).chain(other).collect();
    if told.is_empty() { order(model) } else { told.join("; ") }
}

fn order(model: &Schema) -> String {
    let names: Vec<&str> = model.features.iter().map(|feature| feature.name.as_str()).collect();
    format!("they are in another order; it takes {}", names.join(", "))
}

fn described(feature: &Feature) -> String {
    format!("{:?} ({}, known at {})", feature.name, feature.kind.name(), feature.known_at.name())
}
