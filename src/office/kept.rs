//! Kept files: issued reports beside the ledger. An erased name goes out of them too.

use std::fs;
use std::io;
use std::path::Path;

use super::backup::{KEPT, list};
use super::error::OfficeError;
use super::personal::ERASED;
use crate::log::durable;

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
            durable::replace(&path, text.as_bytes()).map_err(failed)?;
            redacted.changed.push(name);
        }
    }
    Ok(redacted)
}
