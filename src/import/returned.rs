//! A list given back as a workbook: the user's own sheet, what is wrong in red with a comment on
//! the cell, and two columns that say what became of each row. Corrected, it is imported as it is:
//! rows that were recorded are known by the column of results, which names the ledger.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, Note, Workbook, XlsxError};

use super::header::ANSWER;
use super::issue::ImportIssue;
use super::list::ListRead;
use super::sheet_table::mapping;
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

/// Whether a header cell is the column of results of this ledger.
pub(super) fn is_answer_of(header: &str, ledger: &str) -> bool {
    ["kết quả", "result"]
        .iter()
        .any(|what| header == answer_header(ledger, what))
}

impl<R> ListRead<R> {
    /// The list as a workbook, with what is wrong and what became of each row.
    ///
    /// # Errors
    /// [`XlsxError`] where a workbook cannot hold the list.
    pub fn write_returned(
        &self,
        issues: &[ImportIssue],
        answers: &BTreeMap<u64, RowAnswer>,
        ledger: &str,
        lang: Lang,
    ) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let epoch = ExcelDateTime::from_ymd(2000, 1, 1)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&epoch));
        let page = book.add_worksheet();
        let own = self.as_sheet();
        let sheet = self.sheet.as_deref().unwrap_or(&own);
        page.set_name(safe_name(&sheet.name))?;
        let formats = Formats::new();
        let marks = self.marks(issues);
        keep_shape(page, sheet, &formats)?;
        for row in &sheet.rows {
            let at = row_of(row.row);
            for (column, cell) in (0_u16..).zip(&row.cells) {
                let marked = marks.get(&(row.row, usize::from(column)));
                let is_header = row.row == self.header_row;
                write_cell(
                    page,
                    at,
                    column,
                    cell,
                    formats.of(cell, marked.is_some(), is_header),
                )?;
            }
        }
        for ((row, column), issues) in &marks {
            let column = u16::try_from(*column).unwrap_or(u16::MAX);
            let text: Vec<String> = issues.iter().map(|issue| said(issue, lang)).collect();
            let note = Note::new(text.join("\n"))
                .set_author("socai")
                .set_width(320);
            page.write_blank(row_of(*row), column, &formats.wrong).ok();
            if let Some(cell) = cell_at(sheet, *row, usize::from(column)) {
                write_cell(
                    page,
                    row_of(*row),
                    column,
                    cell,
                    formats.of(cell, true, false),
                )?;
            }
            page.insert_note(row_of(*row), column, &note)?;
        }
        self.write_answers(page, issues, answers, ledger, lang, &formats)?;
        page.set_freeze_panes(row_of(self.header_row + 1), 0)?;
        page.autofit();
        book.save_to_buffer()
    }

    fn write_answers(
        &self,
        page: &mut rust_xlsxwriter::Worksheet,
        issues: &[ImportIssue],
        answers: &BTreeMap<u64, RowAnswer>,
        ledger: &str,
        lang: Lang,
        formats: &Formats,
    ) -> Result<(), XlsxError> {
        // A workbook that came back a second time keeps its columns where they were.
        let old = self
            .header
            .iter()
            .position(|cell| is_answer_of(cell, ledger));
        let first = u16::try_from(old.unwrap_or(self.header.len())).unwrap_or(u16::MAX - 1);
        let names = [lang.pick("kết quả", "result"), lang.pick("lý do", "why")];
        for (column, name) in (first..).zip(names) {
            let text = answer_header(ledger, name);
            page.write_string_with_format(row_of(self.header_row), column, text, &formats.header)?;
        }
        for raw in &self.raw {
            let wrong: Vec<String> = issues
                .iter()
                .filter(|issue| issue.row == Some(raw.row))
                .map(|issue| match &issue.column {
                    Some(column) => format!("{column}: {}", said(issue, lang)),
                    None => said(issue, lang),
                })
                .collect();
            let answer = if wrong.is_empty() {
                answers.get(&raw.row).copied().unwrap_or(RowAnswer::Valid)
            } else {
                RowAnswer::Wrong
            };
            let format = if wrong.is_empty() {
                &formats.plain
            } else {
                &formats.wrong
            };
            let at = row_of(raw.row);
            page.write_string_with_format(at, first, answer.text(lang), format)?;
            page.write_string(at, first + 1, wrong.join("\n"))?;
        }
        Ok(())
    }

    /// The issues by the cell they are about; those about a whole row stand at its first cell.
    fn marks<'i>(&self, issues: &'i [ImportIssue]) -> BTreeMap<(u64, usize), Vec<&'i ImportIssue>> {
        let columns = mapping(&self.places);
        let mut marks: BTreeMap<(u64, usize), Vec<&ImportIssue>> = BTreeMap::new();
        for issue in issues {
            let Some(row) = issue.row else { continue };
            let place = issue.column.as_deref().and_then(|written| {
                let mut known = columns.iter();
                known.find_map(|(place, name, _)| (name == written).then_some(*place))
            });
            marks
                .entry((row, place.unwrap_or(0)))
                .or_default()
                .push(issue);
        }
        marks
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

/// Cells that were shown as one are one again, and what was hidden is hidden.
fn keep_shape(
    page: &mut rust_xlsxwriter::Worksheet,
    sheet: &Sheet,
    formats: &Formats,
) -> Result<(), XlsxError> {
    for merge in &sheet.merges {
        let columns = (u16::try_from(merge.left), u16::try_from(merge.right));
        let (Ok(left), Ok(right)) = columns else {
            continue;
        };
        if (merge.top, left) != (merge.bottom, right) {
            // Two that overlap are none that a spreadsheet made.
            page.merge_range(merge.top, left, merge.bottom, right, "", &formats.plain)
                .ok();
        }
    }
    for row in sheet.hidden.iter().flatten() {
        page.set_row_hidden(row_of(*row))?;
    }
    Ok(())
}

fn said(issue: &ImportIssue, lang: Lang) -> String {
    match issue.hint(lang) {
        Some(hint) => format!("{} ({hint})", issue.message(lang)),
        None => issue.message(lang),
    }
}

fn row_of(row: u64) -> u32 {
    u32::try_from(row.saturating_sub(1)).unwrap_or(u32::MAX)
}

fn cell_at(sheet: &Sheet, row: u64, column: usize) -> Option<&SheetCell> {
    let place = sheet
        .rows
        .binary_search_by_key(&row, |known| known.row)
        .ok()?;
    sheet.rows.get(place)?.cells.get(column)
}

/// A name that a sheet can have: 31 characters, and none of those that mean something in formulas.
fn safe_name(name: &str) -> String {
    let kept = name.chars().map(|c| match c {
        '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'' => ' ',
        c => c,
    });
    let kept: String = kept.take(31).collect();
    match kept.trim() {
        "" => "socai".to_owned(),
        kept => kept.to_owned(),
    }
}

/// The looks of cells.
struct Formats {
    plain: Format,
    header: Format,
    wrong: Format,
    date: Format,
    wrong_date: Format,
}

impl Formats {
    fn new() -> Formats {
        let red = Color::RGB(0xFF_C7_CE);
        let date = Format::new().set_num_format("dd/mm/yyyy");
        Formats {
            plain: Format::new(),
            header: Format::new().set_bold().set_text_wrap(),
            wrong: Format::new().set_background_color(red),
            wrong_date: date.clone().set_background_color(red),
            date,
        }
    }

    fn of(&self, cell: &SheetCell, wrong: bool, header: bool) -> &Format {
        match (cell.kind, wrong) {
            _ if header => &self.header,
            (CellKind::Date, false) => &self.date,
            (CellKind::Date, true) => &self.wrong_date,
            (_, true) => &self.wrong,
            (_, false) => &self.plain,
        }
    }
}

fn write_cell(
    page: &mut rust_xlsxwriter::Worksheet,
    row: u32,
    column: u16,
    cell: &SheetCell,
    format: &Format,
) -> Result<(), XlsxError> {
    if cell.text.is_empty() {
        return Ok(());
    }
    if cell.kind == CellKind::Number
        && let Ok(number) = cell.text.replace(',', ".").parse::<Decimal>()
        && cell.text.len() <= 15
    {
        page.write_with_format(row, column, number, format)?;
        return Ok(());
    }
    if cell.kind == CellKind::Date
        && let Ok(date) = ExcelDateTime::parse_from_str(&cell.text)
    {
        page.write_datetime_with_format(row, column, &date, format)?;
        return Ok(());
    }
    page.write_string_with_format(row, column, &cell.text, format)?;
    Ok(())
}
