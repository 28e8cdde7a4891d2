//! What can be read only once, held to be read twice: in memory, or beyond a little in a file without a name.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use bytes::Bytes;

/// So much is held in memory.
const MEMORY_BYTES: u64 = 4 << 20;
/// Names are tried so often; each is 64 bits of luck.
const TRIES: usize = 16;

/// Where rows are.
#[derive(Debug)]
pub(crate) enum Origin {
    /// In a file of others.
    Path(PathBuf),
    /// In memory.
    Bytes(Bytes),
    /// In a file that no folder names: it goes away with the process, however that ends.
    Unnamed(File),
}

impl Origin {
    /// Holds all of `from`.
    ///
    /// # Errors
    /// When it is more than `limit` bytes, or cannot be read or held.
    pub(crate) fn hold(from: &mut dyn Read, limit: u64) -> io::Result<Origin> {
        let mut start = Vec::new();
        from.take(MEMORY_BYTES.min(limit) + 1).read_to_end(&mut start)?;
        let too_much =
            || io::Error::other(format!("more than {limit} bytes; put them into a file and name it with --data"));
        match start.len() as u64 {
            held if held > limit => Err(too_much()),
            held if held <= MEMORY_BYTES => Ok(Origin::Bytes(start.into())),
            held => {
                let mut file = unnamed()?;
                file.write_all(&start)?;
                let rest = io::copy(&mut from.take(limit - held + 1), &mut file)?;
                if held + rest > limit { Err(too_much()) } else { Ok(Origin::Unnamed(file)) }
            }
        }
    }

    /// From its beginning.
    pub(crate) fn open(&self) -> io::Result<Box<dyn Read>> {
        Ok(match self {
            Origin::Bytes(bytes) => Box::new(Cursor::new(bytes.clone())),
            Origin::Path(_) | Origin::Unnamed(_) => Box::new(self.file()?),
        })
    }

    /// The file, from its beginning.
    pub(crate) fn file(&self) -> io::Result<File> {
        match self {
            Origin::Path(path) => File::open(path),
            Origin::Unnamed(file) => {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(0))?;
                Ok(file)
            }
            Origin::Bytes(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// A file of its owner alone, which loses its name at once.
fn unnamed() -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Never through what somebody else has put there.
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let folder = std::env::temp_dir();
    for _ in 0..TRIES {
        let path = folder.join(format!("outrider-{:016x}", RandomState::new().build_hasher().finish()));
        match options.open(&path) {
            Ok(file) => return fs::remove_file(&path).map(|()| file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_twice(origin: &Origin) -> Vec<u8> {
        let mut all = Vec::new();
        (0..2).for_each(|_| _ = origin.open().unwrap().read_to_end(&mut all).unwrap());
        all
    }

    #[test]
    fn a_little_is_held_in_memory_and_more_in_a_file_without_a_name() {
        let little = Origin::hold(&mut &b"ab"[..], 2).unwrap();
        assert!(matches!(little, Origin::Bytes(_)) && read_twice(&little) == b"abab");
        let bytes = vec![7; (4 << 20) + 10];
        let much = Origin::hold(&mut bytes.as_slice(), bytes.len() as u64).unwrap();
        assert!(matches!(much, Origin::Unnamed(_)) && read_twice(&much).len() == 2 * bytes.len());
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        let bytes = vec![7; (4 << 20) + 10];
        for limit in [2, bytes.len() as u64 - 1] {
            let told = Origin::hold(&mut bytes.as_slice(), limit).unwrap_err().to_string();
            assert!(told.starts_with(&format!("more than {limit} bytes")), "{told}");
        }
    }
}
