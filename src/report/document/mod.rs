//! Documents as offices send them. What they are made with changes from version to version of the
//! program (a library of PDF, a way of packing), so they are no [`Form`](super::render::Form) that
//! is the same bytes for ever: within one version the same report gives the same bytes, each
//! carries the digest of the model it was made from, and the file that was issued is kept.
//!
//! **Invariant:** a document shows what the model says and nothing else.

mod columns;
mod docx;
mod flow;
mod font;
mod layout;
mod pdf;
mod xlsx;

pub use layout::{LARGEST_BYTES as LARGEST_LAYOUT_BYTES, LayoutError};

use super::model::Report;
use crate::domain::language::{Explain, Lang};

/// The documents a report is made into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Document {
    /// Word.
    Docx,
    /// PDF/A-2b.
    Pdf,
    /// Excel.
    Xlsx,
}

impl Document {
    /// All of them.
    pub const ALL: [Document; 3] = [Document::Docx, Document::Pdf, Document::Xlsx];

    /// The ending of its file.
    pub fn ending(self) -> &'static str {
        match self {
            Document::Docx => "docx",
            Document::Pdf => "pdf",
            Document::Xlsx => "xlsx",
        }
    }

    /// The document of a file's ending.
    pub fn of_ending(ending: &str) -> Option<Document> {
        let mut all = Document::ALL.into_iter();
        all.find(|document| document.ending() == ending)
    }
}

/// What a document says beside the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting<'a> {
    /// The origin of the ledger's checkpoints.
    pub origin: &'a str,
    /// An office's own Word document to fill, instead of the built-in layout.
    pub layout: Option<&'a [u8]>,
}

impl Setting<'_> {
    /// Which ledger it is.
    fn line(&self, lang: Lang) -> String {
        format!("{} {}", lang.pick("Sổ:", "Ledger:"), self.origin)
    }
}

/// Why a document cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The office's own layout cannot be used.
    #[error("{}", .0.message(Lang::En))]
    Layout(LayoutError),
    /// It has no written form.
    #[error("the document cannot be written: {0}")]
    Unwritable(String),
}

impl Explain for DocumentError {
    fn code(&self) -> &'static str {
        match self {
            DocumentError::Layout(error) => error.code(),
            DocumentError::Unwritable(_) => "document_unwritable",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match self {
            DocumentError::Layout(error) => error.message(lang),
            DocumentError::Unwritable(why) => lang.pick(
                format!("không lập được văn bản: {why}"),
                format!("the document cannot be written: {why}"),
            ),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            DocumentError::Layout(error) => error.hint(lang),
            DocumentError::Unwritable(_) => None,
        }
    }
}

/// Makes a report into a document.
///
/// # Errors
/// [`DocumentError`]: none that is known where no layout was given.
pub fn document(
    report: &Report,
    document: Document,
    setting: &Setting<'_>,
) -> Result<Vec<u8>, DocumentError> {
    match (document, setting.layout) {
        (Document::Docx, Some(layout)) => layout::filled(report, setting, layout),
        (Document::Docx, None) => docx::docx(report, setting),
        (Document::Pdf, _) => pdf::pdf(report, setting),
        (Document::Xlsx, _) => xlsx::xlsx(report, setting),
    }
}
