//! A list given back as a workbook: the user's own sheet, what is wrong in red with a comment on
//! the cell, and two columns that say what became of each row. Corrected, it is imported as it is:
//! rows that were recorded are known by the column of results, which names the ledger.
//!
//! An `.xlsx` comes back in its own package ([`package`]): fonts, widths, other sheets, all that is
//! not ours is copied. Of the other kinds, and of a package that is not as expected, the list is
//! rebuilt from its cells ([`rebuilt`]).

mod columns;
mod notes;
mod package;
mod plan;
mod rebuilt;
mod sheet;
mod styles;
mod xml;

use std::collections::BTreeMap;

use rust_xlsxwriter::XlsxError;

use self::plan::Plan;
use super::header::ANSWER;
use super::issue::ImportIssue;
use super::list::ListRead;
use super::text::fold;
use super::workbook::{CellKind, Sheet, SheetCell, SheetRow};
use crate::domain::Lang;
use crate::domain::language::Explain;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowAnswer {
    /// It was recorded now.
    Recorded,
    /// It was there already.
    Already,
    /// It is right, and was not recorded because others are wrong.
    Valid,
    /// Something is wrong with it.
    Wrong,
}

impl RowAnswer {
    fn text(self, lang: Lang) -> &'static str {
        match self {
            RowAnswer::Recorded => lang.pick("đã ghi", "recorded"),
            RowAnswer::Already => lang.pick("đã có", "already there"),
            RowAnswer::Valid => lang.pick("đúng, chưa ghi", "valid, not recorded"),
            RowAnswer::Wrong => lang.pick("lỗi", "error"),
        }
    }
}

/// Whether a cell of the column of results says that its row is in the ledger.
pub(super) fn is_recorded(text: &str) -> bool {
    matches!(
        fold(text).as_str(),
        "da ghi" | "da co" | "recorded" | "already there"
    )
}

/// How the columns of results are called for a ledger: its first eight digits, so that a list that
/// is taken to another ledger is read there as a new one.
fn answer_header(ledger: &str, what: &str) -> String {
    let short: String = ledger.chars().take(8).collect();
    format!("{ANSWER}{short}: {what}")
}

/// Whether a header cell is a column of results of this ledger, by one of its names.
fn is_called(header: &str, ledger: &str, names: &[&str]) -> bool {
    let mut names = names.iter();
    names.any(|what| header == answer_header(ledger, what))
}

/// Whether a header cell is the column of results of this ledger.
pub(super) fn is_answer_of(header: &str, ledger: &str) -> bool {
    is_called(header, ledger, &RESULT)
}

/// What the columns of results are called, in both languages.
const RESULT: [&str; 2] = ["kết quả", "result"];
const WHY: [&str; 2] = ["lý do", "why"];

/// A list that was given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The bytes of an `.xlsx`.
    pub bytes: Vec<u8>,
    /// Why the sheet of an `.xlsx` is rebuilt from its cells, where its package could not be kept.
    pub rebuilt: Option<String>,
}

impl<R> ListRead<R> {
    /// The list as a workbook, with what is wrong and what became of each row. `bytes` are those of
    /// the file that was read.
    ///
    /// # Errors
    /// [`XlsxError`] where a workbook cannot hold the list.
    pub fn write_returned(
        &self,
        bytes: &[u8],
        issues: &[ImportIssue],
        answers: &BTreeMap<u64, RowAnswer>,
        ledger: &str,
        lang: Lang,
    ) -> Result<Returned, XlsxError> {
        let own = self.as_sheet();
        let sheet = self.sheet.as_deref().unwrap_or(&own);
        let plan = Plan::of(self, sheet, issues, answers, ledger, lang);
        let is_package = self.sheet.is_some() && package::is_one(bytes);
        let kept = is_package.then(|| package::keep(bytes, &sheet.name, &plan));
        let rebuilt = match kept {
            Some(Ok(bytes)) => {
                let rebuilt = None;
                return Ok(Returned { bytes, rebuilt });
            }
            Some(Err(why)) => Some(why.0),
            None => None,
        };
        let bytes = rebuilt::write(sheet, self.header_row, &plan)?;
        Ok(Returned { bytes, rebuilt })
    }

    /// A list that came as text, as a sheet.
    fn as_sheet(&self) -> Sheet {
        let cells = |texts: &mut dyn Iterator<Item = String>| {
            let cell = |text| SheetCell {
                text,
                kind: CellKind::Text,
            };
            texts.map(cell).collect()
        };
        let header = SheetRow {
            row: self.header_row,
            cells: cells(&mut self.header.iter().cloned()),
        };
        let rows = self.raw.iter().map(|raw| SheetRow {
            row: raw.row,
            cells: cells(&mut raw.cells().map(str::to_owned)),
        });
        Sheet {
            name: self.origin.file.to_string(),
            rows: std::iter::once(header).chain(rows).collect(),
            ..Sheet::default()
        }
    }
}

fn said(issue: &ImportIssue, lang: Lang) -> String {
    match issue.hint(lang) {
        Some(hint) => format!("{} ({hint})", issue.message(lang)),
        None => issue.message(lang),
    }
}
