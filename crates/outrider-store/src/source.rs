//! What kind of file it is, by its first bytes; unpacked if it is gzipped.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use crate::held::Origin;
use crate::limits::Limits;
use crate::sink::{Refusal, Sink};
use crate::{atlas_rows, csv_rows, json_rows, parquet_rows};

const BUFFER_BYTES: usize = 64 << 10;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const PARQUET: &[u8] = b"PAR1";
const UTF8_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Gives every row of `origin` to `sink`.
pub(crate) fn read_rows(origin: &Origin, limits: &Limits, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let mut file = BufReader::with_capacity(BUFFER_BYTES, origin.open()?);
    if peek(&mut file)?.starts_with(PARQUET) {
        return match origin {
            Origin::Bytes(bytes) => parquet_rows::read(bytes.clone(), sink),
            Origin::Path(_) | Origin::Unnamed(_) => parquet_rows::read(origin.file()?, sink),
        };
    }
    if !peek(&mut file)?.starts_with(&GZIP) {
        return read_text(&mut file, limits, sink);
    }
    let unpacked =
        Bounded { inner: MultiGzDecoder::new(file), left: limits.unpacked_bytes, limit: limits.unpacked_bytes };
    let mut unpacked = BufReader::with_capacity(BUFFER_BYTES, unpacked);
    if peek(&mut unpacked)?.starts_with(PARQUET) {
        return read_unpacked_parquet(unpacked, limits.unpacked_parquet_bytes, sink);
    }
    read_text(&mut unpacked, limits, sink)
}

/// JSON lines if it begins with a brace, else CSV.
fn read_text(text: &mut dyn BufRead, limits: &Limits, sink: &mut dyn Sink) -> Result<(), Refusal> {
    if peek(text)?.starts_with(&UTF8_MARK) {
        text.consume(UTF8_MARK.len());
    }
    let start = peek(text)?;
    match start.trim_ascii_start().first() {
        None if start.is_empty() => Err(Refusal::Empty),
        _ if start.contains(&0) => Err(Refusal::Binary),
        Some(b'{' | b'[') if atlas_rows::is_meant(start) => atlas_rows::read(text, limits, sink),
        Some(b'{') => json_rows::read(text, limits, sink),
        Some(b'[') => Err(Refusal::JsonList),
        _ => csv_rows::read(text, limits, sink),
    }
}

/// The index of a Parquet file is at its end, so that it must be held whole.
fn read_unpacked_parquet(unpacked: impl Read, limit: u64, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let mut bytes = Vec::new();
    Bounded { inner: unpacked, left: limit, limit }.read_to_end(&mut bytes)?;
    parquet_rows::read(bytes::Bytes::from(bytes), sink)
}

/// What is in the buffer, filled if it was empty.
fn peek(text: &mut (impl BufRead + ?Sized)) -> io::Result<&[u8]> {
    text.fill_buf()
}

/// A reader that fails beyond its limit.
struct Bounded<R> {
    inner: R,
    left: u64,
    limit: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other(format!("it unpacks to more than {} bytes", self.limit))),
        }
        Ok(read)
    }
}
