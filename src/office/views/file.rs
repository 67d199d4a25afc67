//! Files of the saved views: written whole and made durable, read in parts that carry a checksum.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::log::durable;

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Part {
    pub at: u64,
    pub len: u64,
    crc: u32,
}

impl Part {
    /// Adds bytes to a file that is put together, and says where they stand.
    pub(super) fn add(file: &mut Vec<u8>, bytes: &[u8]) -> Part {
        let part = Part {
            at: file.len() as u64,
            len: bytes.len() as u64,
            crc: crc32c::crc32c(bytes),
        };
        file.extend_from_slice(bytes);
        part
    }

    /// A part that is known by its numbers.
    pub(super) fn known(at: u64, len: u64, crc: u32) -> Part {
        Part { at, len, crc }
    }

    /// The part in 16 bytes, little-endian: place, length, checksum. A block is far below 4 GiB.
    pub(super) fn fixed(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let len = u32::try_from(self.len).unwrap_or(u32::MAX);
        let numbers = self.at.to_le_bytes().into_iter();
        let numbers = numbers
            .chain(len.to_le_bytes())
            .chain(self.crc.to_le_bytes());
        bytes
            .iter_mut()
            .zip(numbers)
            .for_each(|(to, from)| *to = from);
        bytes
    }

    /// The part's bytes.
    ///
    /// # Errors
    /// Why they cannot be read, or that they are not as they were written.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let bytes = read_range(path, self.at, self.len)?;
        if self.is_sound(&bytes) {
            Ok(bytes)
        } else {
            Err(unsound(path))
        }
    }

    /// The part's bytes within those of the whole file, if they are as they were written.
    pub(super) fn within<'a>(&self, file: &'a [u8]) -> Option<&'a [u8]> {
        let at = usize::try_from(self.at).ok()?;
        let end = at.checked_add(usize::try_from(self.len).ok()?)?;
        file.get(at..end).filter(|bytes| self.is_sound(bytes))
    }

    /// The same bytes at another place.
    pub(super) fn moved_to(self, at: u64) -> Part {
        Part { at, ..self }
    }

    /// Whether these are the part's bytes, as they were written.
    pub(super) fn is_sound(&self, bytes: &[u8]) -> bool {
        bytes.len() as u64 == self.len && crc32c::crc32c(bytes) == self.crc
    }
}

/// The words for a file with other bytes in it.
pub(super) fn unsound(path: &Path) -> String {
    format!("{} is not as it was written", name_of(path))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().display().to_string()
}

/// Reads some bytes of a file; fewer where it ends.
///
/// # Errors
/// What the system says.
pub(super) fn read_range(path: &Path, at: u64, len: u64) -> Result<Vec<u8>, String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        // A damaged manifest cannot ask for more than there is.
        let there = file.metadata()?.len().saturating_sub(at);
        let len = usize::try_from(len.min(there)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; len];
        if at > 0 {
            file.seek(SeekFrom::Start(at))?;
        }
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| format!("{}: {error}", name_of(path)))
}

/// A file whose parts are read one after another.
pub(super) struct Parts {
    file: File,
    name: String,
    len: u64,
    bytes: Vec<u8>,
}

impl Parts {
    /// Opens a file for it.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn open(path: &Path) -> Result<Parts, String> {
        let name = path.file_name().unwrap_or_default().display().to_string();
        let open = || -> std::io::Result<(File, u64)> {
            let file = File::open(path)?;
            let len = file.metadata()?.len();
            Ok((file, len))
        };
        let (file, len) = open().map_err(|error| format!("{name}: {error}"))?;
        let bytes = Vec::new();
        Ok(Parts {
            file,
            name,
            len,
            bytes,
        })
    }

    /// A part's bytes, until the next is read.
    ///
    /// # Errors
    /// As [`Part::read`].
    pub(super) fn read(&mut self, part: &Part) -> Result<&[u8], String> {
        let damaged = || format!("{} is not as it was written", self.name);
        if part
            .at
            .checked_add(part.len)
            .is_none_or(|end| end > self.len)
        {
            return Err(damaged());
        }
        let len = usize::try_from(part.len).map_err(|error| error.to_string())?;
        self.bytes.resize(len, 0);
        let read = self.file.seek(SeekFrom::Start(part.at));
        let read = read.and_then(|_| self.file.read_exact(&mut self.bytes));
        read.map_err(|error| format!("{}: {error}", self.name))?;
        if crc32c::crc32c(&self.bytes) == part.crc {
            Ok(&self.bytes)
        } else {
            Err(damaged())
        }
    }
}

/// Writes a file whole; it is durable when this returns.
///
/// # Errors
/// What the system says.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), std::io::Error> {
    durable::replace(path, bytes)
}

/// Reads what [`to_bytes`] wrote.
pub(super) fn from_bytes<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    postcard::from_bytes(bytes).map_err(|error| error.to_string())
}

/// A value as bytes.
pub(super) fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, String> {
    postcard::to_stdvec(value).map_err(|error| error.to_string())
}
