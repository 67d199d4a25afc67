//! The files of a journal: their names, and reading at a place.

use std::io;
use std::path::{Path, PathBuf};

use crate::log::disk::{self, File};
use crate::log::error::LogError;

/// The ending of a segment's name.
const ENDING: &str = ".frames";
/// The ending of the name of a sealed segment.
const SEALED: &str = ".ndjson.zst";
/// The number of digits in a segment's name.
const DIGITS: usize = 20;

/// A segment by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The first `seq`, as the name says.
    pub(crate) first: u64,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its frames are gone: it is a sealed segment.
    pub(crate) sealed: bool,
}

/// The name of the segment that begins with this `seq`.
pub(crate) fn segment_name(first: u64) -> String {
    format!("{first:0DIGITS$}{ENDING}")
}

/// The name of the sealed segment that begins with this `seq`.
pub(crate) fn sealed_name(first: u64) -> String {
    format!("{first:0DIGITS$}{SEALED}")
}

/// The segments of a journal in their order; empty where the folder does not exist. Where frames
/// and their sealed copy are both there, the frames count.
pub(crate) fn segments(journal: &Path) -> Result<Vec<Segment>, LogError> {
    let entries = match disk::read_dir(journal) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LogError::io(journal, &error)),
    };
    let mut segments = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| LogError::io(journal, &error))?.path();
        if let Some((first, sealed)) = first_of(&path) {
            segments.push(Segment {
                first,
                path,
                sealed,
            });
        }
    }
    segments.sort_by_key(|segment| (segment.first, segment.sealed));
    segments.dedup_by_key(|segment| segment.first);
    Ok(segments)
}

/// The first `seq` that a name tells, and whether it is that of a sealed segment.
fn first_of(path: &Path) -> Option<(u64, bool)> {
    let name = path.file_name()?.to_str()?;
    let (digits, sealed) = match name.strip_suffix(ENDING) {
        Some(digits) => (digits, false),
        None => (name.strip_suffix(SEALED)?, true),
    };
    let plain = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    let first = plain.then(|| digits.parse().ok()).flatten()?;
    Some((first, sealed))
}

/// Reads at a place until `bytes` is full or the file ends; returns how many bytes were read.
pub(crate) fn read_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<usize> {
    let wanted = bytes.len();
    while !bytes.is_empty() {
        match disk::read_at(file, bytes, offset) {
            Ok(0) => break,
            Ok(count) => {
                bytes = bytes.get_mut(count..).unwrap_or_default();
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(wanted - bytes.len())
}
