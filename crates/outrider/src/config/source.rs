//! Files as they are read: bounded, and text.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Largest file that is read. For a document that begins with `[` the YAML scanner holds every token until the bracket is
/// closed, at 180 bytes for each byte of the file.
pub(crate) const BYTES_MAX: u64 = 1 << 20;

/// Why a file could not be read; reads on after its name.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// The system refused.
    #[error("cannot be read ({0})")]
    Io(#[from] io::Error),
    /// A folder.
    #[error("is a folder")]
    Folder,
    /// Larger than [`BYTES_MAX`].
    #[error("is larger than 1MiB")]
    TooLarge,
    /// Not UTF-8 from this line on.
    #[error("is not UTF-8 text (line {line})")]
    NotText {
        /// From 1.
        line: usize,
    },
}

/// The text of a file.
///
/// # Errors
/// It cannot be read, or is not UTF-8 text of at most 1 MiB.
pub(crate) fn read(path: &Path) -> Result<String, Unreadable> {
    read_bytes(path).and_then(|bytes| text(&bytes))
}

/// The bytes of a file.
///
/// # Errors
/// It cannot be read, or has more than 1 MiB.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Unreadable> {
    if path.is_dir() {
        return Err(Unreadable::Folder);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Unreadable::TooLarge);
    }
    Ok(bytes)
}

/// Bytes as text.
///
/// # Errors
/// They are not UTF-8.
pub(crate) fn text(bytes: &[u8]) -> Result<String, Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let sound = &bytes[..error.valid_up_to()];
        Unreadable::NotText { line: 1 + sound.iter().filter(|byte| **byte == b'\n').count() }
    })?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_text_says_where() {
        assert_eq!(text(b"a: 1\nb: \xff\n").unwrap_err().to_string(), "is not UTF-8 text (line 2)");
        assert_eq!(text("é".as_bytes()).unwrap(), "é");
    }

    #[test]
    fn reading_is_bounded() {
        assert!(matches!(read(Path::new("/dev/zero")), Err(Unreadable::TooLarge)));
        assert!(matches!(read(Path::new("/")), Err(Unreadable::Folder)));
        assert!(matches!(read(Path::new("/nonexistent")), Err(Unreadable::Io(_))));
    }
}
