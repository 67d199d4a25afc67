//! An office's own Word document with named fields (`{{number}}`, `{{loan.amount}}`, `{{body}}`)
//! as the layout of a report. Word cuts what people type into runs as it likes; a field is found
//! wherever its letters stand in one paragraph.
//!
//! **Invariant:** a layout is read within limits and written whole or not at all. Nothing in it is
//! carried out: no macro, no field code, no link.

mod field;
mod fill;

use std::io::{Cursor, Read};

use super::docx::{Entry, mark, pack};
use super::{DocumentError, Setting};
use crate::domain::language::{Explain, Lang};
use crate::report::model::Report;

/// The largest layout that is read, packed and unpacked.
pub const LARGEST_BYTES: usize = 16 << 20;
const LARGEST_UNPACKED: u64 = 64 << 20;
const ENTRIES_MOST: usize = 2_000;

/// What can be wrong with a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutError {
    /// Not a Word document (.docx), or a damaged or encrypted one.
    NotWord(String),
    /// It holds more than is read.
    TooLarge,
    /// It carries macros.
    Macros,
    /// Fields that there are not: their names, and where.
    UnknownFields {
        /// The names found.
        found: Vec<String>,
        /// The names there are, but for the figures.
        known: Vec<String>,
    },
    /// A field for paragraphs among other words.
    NotAlone(String),
    /// A field that is begun and not ended, with the words it stands in.
    Unended(String),
}

impl From<LayoutError> for DocumentError {
    fn from(error: LayoutError) -> DocumentError {
        DocumentError::Layout(error)
    }
}

impl Explain for LayoutError {
    fn code(&self) -> &'static str {
        match self {
            LayoutError::NotWord(_) => "layout_not_word",
            LayoutError::TooLarge => "layout_too_large",
            LayoutError::Macros => "layout_macros",
            LayoutError::UnknownFields { .. } => "layout_unknown_field",
            LayoutError::NotAlone(_) => "layout_field_not_alone",
            LayoutError::Unended(_) => "layout_field_unended",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            LayoutError::NotWord(why) => (
                format!("tệp mẫu không phải văn bản Word (.docx) đọc được: {why}"),
                format!("the layout is no Word document (.docx) that can be read: {why}"),
            ),
            LayoutError::TooLarge => (
                "tệp mẫu quá lớn khi giải nén".to_owned(),
                "the layout is too large when unpacked".to_owned(),
            ),
            LayoutError::Macros => (
                "tệp mẫu có macro".to_owned(),
                "the layout carries macros".to_owned(),
            ),
            LayoutError::UnknownFields { found, .. } => {
                let names: Vec<String> =
                    found.iter().map(|name| format!("{{{{{name}}}}}")).collect();
                let names = names.join(", ");
                (
                    format!("tệp mẫu có trường không biết: {names}"),
                    format!("the layout has unknown fields: {names}"),
                )
            }
            LayoutError::NotAlone(name) => (
                format!("trường {{{{{name}}}}} phải đứng riêng một đoạn"),
                format!("the field {{{{{name}}}}} must stand alone in its paragraph"),
            ),
            LayoutError::Unended(words) => (
                format!("có “{{{{” mà thiếu “}}}}”: {words}"),
                format!("a \"{{{{\" has no \"}}}}\": {words}"),
            ),
        };
        lang.pick(vi, en)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            LayoutError::NotWord(_) | LayoutError::Macros => (
                "mở bằng Word rồi lưu lại dạng .docx, không mật khẩu, không macro".to_owned(),
                "open it in Word and save it as .docx, without a password or macros".to_owned(),
            ),
            LayoutError::TooLarge => (
                "bỏ bớt hình ảnh trong mẫu".to_owned(),
                "take pictures out of the layout".to_owned(),
            ),
            LayoutError::UnknownFields { known, .. } => {
                let known = known.join(", ");
                (
                    format!("các trường: {known}, và mã số liệu như loan.amount"),
                    format!("the fields are {known}, and figures such as loan.amount"),
                )
            }
            LayoutError::NotAlone(_) => (
                "xuống dòng trước và sau trường này".to_owned(),
                "put it in a paragraph of its own".to_owned(),
            ),
            LayoutError::Unended(_) => (
                "viết trọn {{tên}} trong một đoạn".to_owned(),
                "write {{name}} whole, within one paragraph".to_owned(),
            ),
        };
        Some(lang.pick(vi, en))
    }
}

/// Fills a layout with a report.
pub(super) fn filled(
    report: &Report,
    setting: &Setting<'_>,
    layout: &[u8],
) -> Result<Vec<u8>, DocumentError> {
    let mut entries = unpacked(layout)?;
    let fields = field::Fields::new(report, setting);
    let mut unknown = Vec::new();
    for (name, bytes) in &mut entries {
        if !has_text(name) {
            continue;
        }
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|error| LayoutError::NotWord(format!("{name}: {error}")))?;
        let bad = |why: String| LayoutError::NotWord(format!("{name}: {why}"));
        let filled = fill::fill(text, &fields, &mut unknown).map_err(|fault| match fault {
            fill::Fault::Xml(why) => bad(why),
            fill::Fault::Layout(error) => error,
        })?;
        *bytes = filled.into_bytes();
    }
    if !unknown.is_empty() {
        unknown.sort();
        unknown.dedup();
        let known = field::NAMES.iter().map(|name| (*name).to_owned());
        return Err(LayoutError::UnknownFields {
            found: unknown,
            known: known.collect(),
        }
        .into());
    }
    mark(&mut entries, report);
    pack(&entries)
}

/// The files that hold what people read.
fn has_text(name: &str) -> bool {
    let Some(file) = name.strip_prefix("word/") else {
        return false;
    };
    let begins = ["document", "header", "footer", "footnotes", "endnotes"];
    file.ends_with(".xml")
        && !file.contains('/')
        && begins.iter().any(|begin| file.starts_with(begin))
}

/// The files of the package, within the limits.
fn unpacked(layout: &[u8]) -> Result<Vec<Entry>, LayoutError> {
    if layout.len() > LARGEST_BYTES {
        return Err(LayoutError::TooLarge);
    }
    let bad = |error: &dyn std::fmt::Display| LayoutError::NotWord(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(layout)).map_err(|error| bad(&error))?;
    if archive.len() > ENTRIES_MOST {
        return Err(LayoutError::TooLarge);
    }
    let mut left = LARGEST_UNPACKED;
    let mut entries: Vec<Entry> = Vec::with_capacity(archive.len());
    for place in 0..archive.len() {
        let file = archive.by_index(place).map_err(|error| bad(&error))?;
        let name = file.name().map_err(|error| bad(&error))?.into_owned();
        if name.to_lowercase().contains("vbaproject") {
            return Err(LayoutError::Macros);
        }
        if file.is_dir() {
            continue;
        }
        let mut bytes = Vec::new();
        // What the package says of its sizes is not believed.
        let read = file.take(left + 1).read_to_end(&mut bytes);
        let read = read.map_err(|error| bad(&error))? as u64;
        left = left.checked_sub(read).ok_or(LayoutError::TooLarge)?;
        entries.push((name, bytes));
    }
    if !entries.iter().any(|(name, _)| name == "word/document.xml") {
        return Err(LayoutError::NotWord("word/document.xml".to_owned()));
    }
    Ok(entries)
}
