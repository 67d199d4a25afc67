//! The package of a document: files of XML in a ZIP, in a fixed order, dated 1 January 1980.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::super::DocumentError;

/// A file of the package: its name and its bytes.
pub(in super::super) type Entry = (String, Vec<u8>);

/// Packs files. The same files give the same bytes.
pub(in super::super) fn pack(entries: &[Entry]) -> Result<Vec<u8>, DocumentError> {
    let unwritable = |error: &dyn std::fmt::Display| DocumentError::Unwritable(error.to_string());
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let started = writer.start_file(name.as_str(), options);
        started.map_err(|error| unwritable(&error))?;
        let written = writer.write_all(bytes);
        written.map_err(|error| unwritable(&error))?;
    }
    let done = writer.finish().map_err(|error| unwritable(&error))?;
    Ok(done.into_inner())
}
