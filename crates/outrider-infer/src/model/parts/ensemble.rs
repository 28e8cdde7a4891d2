//! An ensemble as sections: one that says what it is made of, and those of each member under its number.
//!
//! `ensemble`, little endian: version (u16), members (u8), heads (u8), the kind of each member (length as u16, UTF-8), then for each
//! head a weight for each member (f64). `N.words`: for each feature the words of member N (their number as u32, each with its
//! length as u16).

use super::{LOGARITHMIC, PartsError, Shelf, section};
use crate::artifact::Section;
use crate::bytes::{Rest, write_text, write_words};
use crate::{DamagedError, Ensemble, MEMBERS_MAX, Model, TooLargeError};

/// As headers have it.
pub(super) const KIND: &str = "ensemble";
const WORDS: &str = "words";
const VERSION: u16 = 1;

pub(super) fn write(ensemble: &Ensemble, features: usize) -> Result<Vec<Section>, PartsError> {
    let mut sections = vec![section(KIND, plan(ensemble)?)];
    for (nth, member) in ensemble.members().iter().enumerate() {
        let (parts, words) = member.parts(features)?;
        let mut bytes = Vec::new();
        words.iter().try_for_each(|words| write_words(&mut bytes, words))?;
        let parts = parts.into_iter().chain([section(WORDS, bytes)]);
        sections.extend(parts.map(|part| Section { name: format!("{}{}", prefix(nth), part.name), ..part }));
    }
    Ok(sections)
}

/// What it is made of.
fn plan(ensemble: &Ensemble) -> Result<Vec<u8>, TooLargeError> {
    let count = |count: usize, what| u8::try_from(count).map_err(|_| TooLargeError(what));
    let mut bytes = VERSION.to_le_bytes().to_vec();
    bytes.push(count(ensemble.members().len(), "members")?);
    bytes.push(count(ensemble.weights().len(), "heads")?);
    ensemble.members().iter().try_for_each(|member| write_text(&mut bytes, member.kind()))?;
    bytes.extend(ensemble.weights().iter().flatten().flat_map(|weight| weight.to_le_bytes()));
    Ok(bytes)
}

pub(super) fn read(shelf: &Shelf) -> Result<Model, PartsError> {
    let mut rest = Rest(shelf.section(KIND)?);
    rest.version(VERSION)?;
    let [count, heads] = rest.take("the numbers of members and heads")?;
    let (count, heads) = (usize::from(count), usize::from(heads));
    if count > MEMBERS_MAX {
        return Err(crate::EnsembleError::Members(count).into());
    }
    let kinds = (0..count).map(|_| rest.text()).collect::<Result<Vec<_>, _>>()?;
    let weights = rest.numbers(heads * count)?;
    let weights = weights.chunks(count.max(1)).map(<[f64]>::to_vec).collect();
    let members = kinds.iter().enumerate().map(|(nth, kind)| member(shelf, nth, kind));
    let ensemble = Ensemble::weighted(members.collect::<Result<_, _>>()?, weights, shelf.has(LOGARITHMIC))?;
    Ok(Model::Ensemble { ensemble, recalibration: shelf.recalibration()? })
}

/// A kind that is an ensemble itself is refused as unknown: nothing is read in itself.
fn member(shelf: &Shelf, nth: usize, kind: &str) -> Result<Model, PartsError> {
    let own = Shelf { artifact: shelf.artifact, prefix: prefix(nth) };
    let mut rest = Rest(own.section(WORDS)?);
    let features = shelf.artifact.header().features.len();
    let words = (0..features).map(|_| rest.words()).collect::<Result<_, DamagedError>>()?;
    rest.end()?;
    own.model(kind, words)
}

fn prefix(nth: usize) -> String {
    format!("{nth}.")
}
