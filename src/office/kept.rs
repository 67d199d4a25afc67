//! Kept files: issued documents beside the ledger, each named by the SHA-256 of what it was when
//! it was issued (`kept/<sha256>.docx`). An erased name goes out of them too: the file is then
//! called `kept/<sha256>.redacted.docx`, since its bytes are no longer those it is named by.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::backup::{KEPT, list};
use super::error::OfficeError;
use super::opening::hex;
use super::personal::ERASED;
use crate::log::durable;
use crate::report::document::Document;

/// What stands in the name of a file that is no longer as it was issued.
const REDACTED: &str = "redacted";

/// Which documents of a report are kept when it is issued, and where.
#[derive(Debug, Clone, Copy)]
pub struct Keeping<'a> {
    /// The ledger's folder.
    pub folder: &'a Path,
    /// The documents.
    pub documents: &'a [Document],
    /// An office's own layout of the Word document.
    pub layout: Option<&'a [u8]>,
}

/// A file as it was issued, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Byte for byte.
    Original(Vec<u8>),
    /// Without the names that were erased since.
    Redacted(Vec<u8>),
    /// It was kept and is no longer there.
    Gone,
    /// What stands in its place is something else.
    Altered,
    /// None was kept when the report was issued.
    Never,
}

impl Kept {
    /// Whether there is a file to hand out.
    pub fn is_there(&self) -> bool {
        matches!(self, Kept::Original(_) | Kept::Redacted(_))
    }
}

/// SHA-256 in lower-case hex.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn path_of(folder: &Path, sha256: &str, ending: &str) -> PathBuf {
    folder.join(KEPT).join(format!("{sha256}.{ending}"))
}

/// Keeps a file. It is durable when this returns. Answers its path if it was not there before.
///
/// # Errors
/// What the system says.
pub fn keep(folder: &Path, ending: &str, bytes: &[u8]) -> Result<Option<PathBuf>, OfficeError> {
    let path = path_of(folder, &digest(bytes), ending);
    let failed = |error| OfficeError::File(path.display().to_string(), error);
    if fs::read(&path).is_ok_and(|known| known == bytes) {
        return Ok(None);
    }
    let parent = folder.join(KEPT);
    if !parent.is_dir() {
        durable::create_folder(&parent).map_err(failed)?;
    }
    durable::replace(&path, bytes).map_err(failed)?;
    Ok(Some(path.clone()))
}

/// Finds the file of a digest that a report was issued with.
///
/// # Errors
/// What the system says, but for a file that is not there.
pub fn find(folder: &Path, sha256: Option<&str>, ending: &str) -> Result<Kept, OfficeError> {
    let Some(sha256) = sha256 else {
        return Ok(Kept::Never);
    };
    let mut altered = false;
    let redacted = format!("{REDACTED}.{ending}");
    for (ending, is_original) in [(ending, true), (redacted.as_str(), false)] {
        let path = path_of(folder, sha256, ending);
        match fs::read(&path) {
            Ok(bytes) if !is_original => return Ok(Kept::Redacted(bytes)),
            Ok(bytes) if digest(&bytes) == sha256 => return Ok(Kept::Original(bytes)),
            Ok(_) => altered = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(OfficeError::File(path.display().to_string(), error)),
        }
    }
    Ok(if altered { Kept::Altered } else { Kept::Gone })
}

/// The name that a file has once a name was taken out of it: that of another file than what was
/// issued, where its name was its digest.
fn redacted_path(path: &Path) -> Option<PathBuf> {
    let (stem, ending) = (path.file_stem()?.to_str()?, path.extension()?.to_str()?);
    let is_digest = stem.len() == 64 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| path.with_file_name(format!("{stem}.{REDACTED}.{ending}")))
}

/// A shorter text would be found where it means something else.
const CHARACTERS_LEAST: usize = 4;

/// What became of the kept files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redacted {
    /// The files in which a name stood; it stands there no more.
    pub changed: Vec<String>,
    /// The files that cannot be searched: they are no text.
    pub unsearched: Vec<String>,
}

/// Puts `[đã xóa]` in the place of every text in the kept files of a ledger's folder. A file is
/// replaced as a whole. Files that are no text (Word, Excel, PDF pack their texts) are told.
///
/// # Errors
/// What the system says; repeating it goes on.
pub fn redact(folder: &Path, texts: &[String]) -> Result<Redacted, OfficeError> {
    let mut files = Vec::new();
    list(&folder.join(KEPT), KEPT, &mut files)?;
    let mut wanted: Vec<&String> = texts
        .iter()
        .filter(|text| text.chars().count() >= CHARACTERS_LEAST)
        .collect();
    // The longest first: a name can be a part of another.
    wanted.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let mut redacted = Redacted::default();
    for (name, path) in files {
        let failed = |error: io::Error| OfficeError::File(name.clone(), error);
        let Ok(mut text) = String::from_utf8(fs::read(&path).map_err(failed)?) else {
            redacted.unsearched.push(name);
            continue;
        };
        let before = text.len();
        let mut found = false;
        for name in &wanted {
            if text.contains(name.as_str()) {
                text = text.replace(name.as_str(), ERASED);
                found = true;
            }
        }
        debug_assert!(found || before == text.len());
        if found {
            match redacted_path(&path) {
                Some(other) => {
                    durable::replace(&other, text.as_bytes()).map_err(failed)?;
                    durable::remove(&path).map_err(failed)?;
                }
                None => durable::replace(&path, text.as_bytes()).map_err(failed)?,
            }
            redacted.changed.push(name);
        }
    }
    Ok(redacted)
}
