//! Writing and reading. Every length is hostile until it is checked.

use outrider_core::schema::Schema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::check;
use super::{Artifact, ArtifactError, BYTES_MAX, HEADER_BYTES_MAX, Header, SECTIONS_MAX, Section, VERSION};

const MAGIC: &[u8; 8] = b"OUTRIDER";
/// What comes before the header: magic, version and two lengths.
const START: usize = 8 + 2 + 8 + 4;
const CHECKSUM: usize = 32;

/// The header as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<H> {
    /// In hexadecimal: JSON has no whole numbers of 64 bits.
    schema_hash: String,
    header: H,
}

/// Whether `artifact` is small enough to be read again.
pub(super) fn check_sizes(artifact: &Artifact) -> Result<(), ArtifactError> {
    let header = header_bytes(&artifact.header).len();
    let section = |section: &Section| 1 + section.name.len() + 8 + section.bytes.len();
    let sections: usize = artifact.sections.iter().map(section).sum();
    check("sections", artifact.sections.len(), SECTIONS_MAX)?;
    check("bytes of header", header, HEADER_BYTES_MAX)?;
    check("bytes", START + header + 2 + sections + CHECKSUM, BYTES_MAX)
}

pub(super) fn write(artifact: &Artifact) -> Vec<u8> {
    let header = header_bytes(&artifact.header);
    let mut out = MAGIC.to_vec();
    out.extend(VERSION.to_le_bytes());
    out.extend([0; 8]);
    out.extend(length::<u32>(header.len()).to_le_bytes());
    out.extend(header);
    out.extend(length::<u16>(artifact.sections.len()).to_le_bytes());
    for section in &artifact.sections {
        out.push(length(section.name.len()));
        out.extend(section.name.as_bytes());
        out.extend((section.bytes.len() as u64).to_le_bytes());
        out.extend(&section.bytes);
    }
    let whole = (out.len() + CHECKSUM) as u64;
    out[10..18].copy_from_slice(&whole.to_le_bytes());
    let checksum = Sha256::digest(&out);
    out.extend(&checksum[..]);
    out
}

fn header_bytes(header: &Header) -> Vec<u8> {
    let written = Written { schema_hash: format!("{:016x}", header.schema().hash()), header };
    serde_json::to_vec(&written).expect("names, numbers and lists can be written")
}

/// A length that was checked when the artifact was made.
fn length<T: TryFrom<usize>>(length: usize) -> T {
    T::try_from(length).unwrap_or_else(|_| unreachable!("lengths are checked when an artifact is made"))
}

pub(super) fn read(bytes: &[u8]) -> Result<Artifact, ArtifactError> {
    check("bytes", bytes.len(), BYTES_MAX)?;
    let mut rest = Rest(checked(bytes)?);
    let header_bytes = rest.number::<4>()?;
    check("bytes of header", header_bytes, HEADER_BYTES_MAX)?;
    let header = read_header(rest.take(header_bytes)?)?;
    let count = rest.number::<2>()?;
    check("sections", count, SECTIONS_MAX)?;
    let sections = (0..count).map(|_| rest.section()).collect::<Result<Vec<_>, _>>()?;
    if !rest.0.is_empty() {
        return Err(ArtifactError::Altered);
    }
    Artifact::new(header, sections)
}

/// What lies between the start and the checksum, if the two fit.
fn checked(bytes: &[u8]) -> Result<&[u8], ArtifactError> {
    let truncated = |expected| ArtifactError::Truncated { found: bytes.len(), expected };
    let is_cut = bytes.len() < MAGIC.len() && MAGIC.starts_with(bytes) && !bytes.is_empty();
    let Some(start) = bytes.strip_prefix(MAGIC) else {
        return Err(if is_cut { truncated((START + CHECKSUM) as u64) } else { ArtifactError::Alien });
    };
    let mut rest = Rest(start);
    let short = |_| truncated((START + CHECKSUM) as u64);
    let version = u16::try_from(rest.number::<2>().map_err(short)?).unwrap_or(u16::MAX);
    if version > VERSION {
        return Err(ArtifactError::TooNew(version));
    }
    let whole = rest.take(8).map_err(short)?.try_into().map_or(0, u64::from_le_bytes);
    if whole > bytes.len() as u64 {
        return Err(truncated(whole));
    }
    let (before, checksum) = bytes.split_at_checked(bytes.len().saturating_sub(CHECKSUM)).unwrap_or_default();
    match whole == bytes.len() as u64 && Sha256::digest(before)[..] == *checksum {
        true => before.get(START - 4..).ok_or(ArtifactError::Altered),
        false => Err(ArtifactError::Altered),
    }
}

fn read_header(bytes: &[u8]) -> Result<Header, ArtifactError> {
    let read = serde_json::from_slice::<Written<Header>>(bytes);
    let Written { schema_hash, header } = read.map_err(|error| ArtifactError::Header(error.to_string()))?;
    check_hash(&schema_hash, &header.schema())?;
    Ok(header)
}

fn check_hash(written: &str, schema: &Schema) -> Result<(), ArtifactError> {
    let no_hash = |_| ArtifactError::Header(format!("schema_hash is {written:?}, expected 16 hexadecimal digits"));
    let expected = u64::from_str_radix(written, 16).map_err(no_hash)?;
    let found = schema.hash();
    if found == expected { Ok(()) } else { Err(ArtifactError::SchemaHash { found, expected }) }
}

/// Bytes that are still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ArtifactError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(ArtifactError::Altered)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A whole number of so many bytes.
    fn number<const BYTES: usize>(&mut self) -> Result<usize, ArtifactError> {
        let bytes = self.take(BYTES)?.iter().rev();
        let number = bytes.fold(0, |number: u64, &byte| number << 8 | u64::from(byte));
        usize::try_from(number).map_err(|_| ArtifactError::Altered)
    }

    fn section(&mut self) -> Result<Section, ArtifactError> {
        let name_bytes = self.number::<1>()?;
        let name = String::from_utf8_lossy(self.take(name_bytes)?).into_owned();
        let length = self.number::<8>()?;
        Ok(Section { name, bytes: self.take(length)?.to_vec() })
    }
}
