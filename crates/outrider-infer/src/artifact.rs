//! A trained model as bytes: versioned, bounded, checked, and without anything that could run.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `OUTRIDER` |
//! | 2 | version of the format |
//! | 8 | length of the whole |
//! | 4 | length of the header |
//! | .. | the header, JSON: what the model is for, takes, was learnt from and is worth |
//! | 2 | how many sections follow |
//! | .. | each: 1 byte length of its name, the name, 8 bytes length, its bytes, opaque here |
//! | 32 | SHA-256 of all before |
//!
//! Numbers are little-endian. The same model gives the same bytes: nothing here tells when or where they were written.

mod bytes;
mod error;
mod header;

use outrider_core::schema::Schema;

pub use error::ArtifactError;
pub use header::{ArtifactFeature, Gate, Header, Lineage, Window};

/// The format that is written.
pub const VERSION: u16 = 1;
/// The whole, in bytes.
pub const BYTES_MAX: usize = 256 << 20;
/// The header, in bytes.
pub const HEADER_BYTES_MAX: usize = 64 << 20;
/// Sections.
pub const SECTIONS_MAX: usize = 64;

/// A model and all that is to be known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    header: Header,
    sections: Vec<Section>,
}

/// A part of the model, in a format of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Unique in an artifact; 1 to 255 bytes.
    pub name: String,
    /// Whatever its owner writes and reads.
    pub bytes: Vec<u8>,
}

impl Artifact {
    /// Of a header and sections.
    ///
    /// # Errors
    /// When something is larger than may be read again, or a name is empty or there twice.
    pub fn new(header: Header, sections: Vec<Section>) -> Result<Artifact, ArtifactError> {
        header.check()?;
        check_names(&sections)?;
        let artifact = Artifact { header, sections };
        bytes::check_sizes(&artifact)?;
        Ok(artifact)
    }

    /// What is to be known of the model.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The section of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn section(&self, name: &str) -> Result<&[u8], ArtifactError> {
        let found = self.sections.iter().find(|section| section.name == name);
        found.map(|section| section.bytes.as_slice()).ok_or_else(|| ArtifactError::NoSection(name.to_owned()))
    }

    /// The names of the sections in their order.
    pub fn section_names(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|section| section.name.as_str())
    }

    /// As bytes, the same for the same model.
    pub fn write(&self) -> Vec<u8> {
        bytes::write(self)
    }

    /// From bytes, which may be anything.
    ///
    /// # Errors
    /// When they are no artifact, were cut short, altered, or written by a newer version, or are too many.
    pub fn read(bytes: &[u8]) -> Result<Artifact, ArtifactError> {
        bytes::read(bytes)
    }

    /// Whether the model is for `task` and takes what `schema` has, by name and in its order.
    ///
    /// # Errors
    /// When it is not, naming the columns.
    pub fn check_fit(&self, task: &str, schema: &Schema) -> Result<(), ArtifactError> {
        if self.header.task != task {
            return Err(ArtifactError::Task { found: self.header.task.clone(), expected: task.to_owned() });
        }
        let own = self.header.schema();
        match own == *schema {
            true => Ok(()),
            false => Err(ArtifactError::Columns(error::unlike(&own, schema))),
        }
    }
}

fn check_names(sections: &[Section]) -> Result<(), ArtifactError> {
    for (number, section) in sections.iter().enumerate() {
        let is_taken = sections[..number].iter().any(|before| before.name == section.name);
        if is_taken || section.name.is_empty() || section.name.len() > usize::from(u8::MAX) {
            return Err(ArtifactError::SectionName(section.name.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
