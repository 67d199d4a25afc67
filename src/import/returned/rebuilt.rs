//! A list that is given back, rebuilt from its cells: of a list that came as text, of the workbooks
//! that are no `.xlsx`, and of those that cannot be kept as they are.

use rust_decimal::Decimal;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, Note, Workbook, Worksheet, XlsxError,
};

use super::plan::{Change, Plan};
use crate::import::workbook::{CellKind, Sheet, SheetCell};

/// Writes the sheet with what is to change in it.
pub(super) fn write(sheet: &Sheet, header_row: u64, plan: &Plan) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let epoch = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&epoch));
    let page = book.add_worksheet();
    page.set_name(safe_name(&sheet.name))?;
    let formats = Formats::new();
    keep_shape(page, sheet, &formats)?;
    for row in &sheet.rows {
        let is_header = row.row == header_row;
        for (column, cell) in (0_u16..).zip(&row.cells) {
            let format = formats.of(cell, false, is_header);
            write_cell(page, row_of(row.row), column, cell, format)?;
        }
    }
    for (row, changes) in &plan.rows {
        for (column, change) in &changes.changes {
            let (at, column) = (row_of(*row), u16::try_from(*column).unwrap_or(u16::MAX));
            match change {
                Change::Red => {
                    page.write_blank(at, column, &formats.wrong).ok();
                    if let Some(cell) = cell_at(sheet, *row, usize::from(column)) {
                        write_cell(page, at, column, cell, formats.of(cell, true, false))?;
                    }
                }
                Change::Text { text, red } => {
                    let format = match (*row == header_row, red) {
                        (true, _) => &formats.header,
                        (false, true) => &formats.wrong,
                        (false, false) => &formats.plain,
                    };
                    page.write_string_with_format(at, column, text.as_ref(), format)?;
                }
                Change::Blank => {
                    page.write_string(at, column, "")?;
                }
            }
        }
    }
    for ((row, column), text) in &plan.notes {
        let column = u16::try_from(*column).unwrap_or(u16::MAX);
        let note = Note::new(text).set_author("socai").set_width(320);
        page.insert_note(row_of(*row), column, &note)?;
    }
    page.set_freeze_panes(row_of(header_row + 1), 0)?;
    page.autofit();
    book.save_to_buffer()
}

/// Cells that were shown as one are one again, and what was hidden is hidden.
fn keep_shape(page: &mut Worksheet, sheet: &Sheet, formats: &Formats) -> Result<(), XlsxError> {
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
    page: &mut Worksheet,
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
