//! Workbooks in: from the bytes of `.xlsx`, `.xls` or `.ods` to sheets of cells, as text.
//!
//! A cell becomes the text that the readers of a list would read it from, and keeps what it was:
//! a number is written with a comma before decimals, so that no reader can take a decimal sign for
//! a sign of thousands; a date is written year first. The value of a formula is the one that the
//! spreadsheet kept beside it.
//!
//! **Limits.** A workbook is packed, so a small file can unpack to an enormous one: what it holds
//! is unpacked once, counted and thrown away before anything is read ([`LARGEST_UNPACKED`]), and
//! the cells of a sheet are taken one by one, never as the rectangle that the sheet claims to be.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, Cursor, Read};
use std::panic::catch_unwind;

use calamine::{CellErrorType, Data, DataRef, Reader, Sheets, open_workbook_auto_from_rs};
use rust_decimal::Decimal;

use super::hidden::hidden_rows;
use super::limits::{LARGEST_UNPACKED, MOST_CELLS, MOST_COLUMNS, MOST_ROWS, MOST_SHEETS};
use crate::domain::Lang;
use crate::domain::language::Explain;

/// What a cell of a workbook is, beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CellKind {
    /// Text, or nothing.
    #[default]
    Text,
    /// A number.
    Number,
    /// A date.
    Date,
    /// What a formula gives that cannot be worked out: `#REF!`.
    Error,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SheetCell {
    /// The text a reader of lists reads.
    pub text: String,
    /// What it was.
    pub kind: CellKind,
}

/// A row that holds anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// The number by which a spreadsheet shows it, from 1.
    pub row: u64,
    /// Its cells from the first column on.
    pub cells: Vec<SheetCell>,
}

/// Cells that are shown as one: first and last row and column, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// First row.
    pub top: u32,
    /// Last row.
    pub bottom: u32,
    /// First column.
    pub left: u32,
    /// Last column.
    pub right: u32,
}

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// The rows that hold anything, in their order.
    pub rows: Vec<SheetRow>,
    /// Cells that are shown as one; none is known of an `.ods` file.
    pub merges: Vec<Merge>,
    /// Days are counted from 1904, as some spreadsheets do.
    pub from_1904: bool,
    /// The rows that are hidden, by the number by which a spreadsheet shows them; `None` of an
    /// `.xls` file, of which it is not known.
    pub hidden: Option<BTreeSet<u64>>,
}

/// Why a file is no workbook that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkbookError {
    /// A password is needed.
    #[error("the workbook is locked with a password")]
    Locked,
    /// It unpacks to more than [`LARGEST_UNPACKED`] bytes.
    #[error("the workbook unpacks to over {LARGEST_UNPACKED} bytes")]
    Bomb,
    /// It cannot be read; the reader's own reason.
    #[error("the workbook cannot be read: {0}")]
    Unreadable(String),
    /// Over [`MOST_SHEETS`] sheets.
    #[error("the workbook has {0} sheets")]
    TooManySheets(usize),
    /// Over [`MOST_CELLS`] cells, or a cell beyond the rows and columns a list can have.
    #[error("the sheet {0:?} is too large")]
    TooLarge(String),
    /// No sheet of this name or number.
    #[error("the workbook has no sheet {asked:?}")]
    NoSuchSheet {
        /// What was asked for.
        asked: String,
        /// The sheets it has.
        sheets: Vec<String>,
    },
    /// Hidden rows are to be left out, and it is not known which they are.
    #[error("hidden rows are not known of this kind of file")]
    HiddenUnknown,
    /// No sheet holds the list.
    #[error("no sheet holds a header of this list")]
    NoTable {
        /// The sheets that were looked at.
        sheets: Vec<String>,
    },
    /// Several sheets hold such a list.
    #[error("several sheets hold such a list")]
    SeveralSheets(Vec<String>),
    /// A sheet holds two such lists.
    #[error("the sheet holds two headers, in rows {first} and {second}")]
    TwoTables {
        /// The row of the first header.
        first: u64,
        /// The row of the second.
        second: u64,
    },
}

/// Whether bytes begin as a workbook does: packed (`.xlsx`, `.ods`) or of the old kind (`.xls`).
pub fn is_workbook(bytes: &[u8]) -> bool {
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let packed =
        bytes.starts_with(b"PK\x03\x04") && (holds(b"xl/") || holds(b"opendocument.spreadsheet"));
    packed || bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
}

/// Reads all sheets of a workbook.
///
/// # Errors
/// [`WorkbookError`]; nothing beyond the limits is held in memory.
pub fn read_workbook(bytes: &[u8]) -> Result<Vec<Sheet>, WorkbookError> {
    let before = READING.replace(true);
    // The reader of packed workbooks is another's, and stops at some that nobody meant.
    let read = catch_unwind(|| read_sheets(bytes));
    READING.set(before);
    read.unwrap_or_else(|_| Err(WorkbookError::Unreadable("its parts contradict".to_owned())))
}

thread_local! {
    static READING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is one of the workbook reader's, which is caught and said in our
/// words. A program that prints panics can leave these out.
pub fn panic_is_caught() -> bool {
    READING.get()
}

fn read_sheets(bytes: &[u8]) -> Result<Vec<Sheet>, WorkbookError> {
    if bytes.starts_with(b"PK") {
        check_unpacked(bytes)?;
    } else if is_encrypted_office(bytes) {
        return Err(WorkbookError::Locked);
    }
    let mut book =
        open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| refusal(&error))?;
    let names = book.sheet_names();
    if names.len() > MOST_SHEETS {
        return Err(WorkbookError::TooManySheets(names.len()));
    }
    let is_old = matches!(book, Sheets::Xls(_));
    let mut hidden = if is_old {
        Vec::new()
    } else {
        hidden_rows(bytes)
    }
    .into_iter();
    let mut sheets = Vec::with_capacity(names.len());
    for name in names {
        let mut sheet = read_sheet(&mut book, name)?;
        let rows = hidden.next().unwrap_or_default();
        sheet.hidden = (!is_old).then_some(rows);
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// Unpacks everything once, and keeps nothing.
fn check_unpacked(bytes: &[u8]) -> Result<(), WorkbookError> {
    let unreadable = |error: String| WorkbookError::Unreadable(error);
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(error.to_string()))?;
    let mut left = LARGEST_UNPACKED;
    for place in 0..archive.len() {
        let part = match archive.by_index(place) {
            Ok(part) => part,
            Err(zip::result::ZipError::UnsupportedArchive(_)) => return Err(WorkbookError::Locked),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let read = io::copy(&mut part.take(left + 1), &mut io::sink());
        left = left
            .checked_sub(read.map_err(|error| unreadable(error.to_string()))?)
            .ok_or(WorkbookError::Bomb)?;
    }
    Ok(())
}

/// A workbook with a password is a container of the old kind that holds an encrypted package.
fn is_encrypted_office(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    bytes.windows(name.len()).any(|window| window == name)
}

fn refusal(error: &calamine::Error) -> WorkbookError {
    use calamine::{Error, OdsError, XlsError, XlsxError};
    match error {
        Error::Xlsx(XlsxError::Password)
        | Error::Xls(XlsError::Password)
        | Error::Ods(OdsError::Password) => WorkbookError::Locked,
        error => WorkbookError::Unreadable(error.to_string()),
    }
}

type Book<'a> = Sheets<Cursor<&'a [u8]>>;

fn read_sheet(book: &mut Book<'_>, name: String) -> Result<Sheet, WorkbookError> {
    let mut sheet = Sheet {
        name,
        ..Sheet::default()
    };
    let mut cells = Collector::new(&sheet.name);
    let unreadable = |error: &dyn std::fmt::Display| WorkbookError::Unreadable(error.to_string());
    if let Sheets::Xlsx(xlsx) = book {
        sheet.from_1904 = xlsx.has_1904_epoch();
        let merged = xlsx.merge_cells_by_sheet_name(&sheet.name);
        sheet.merges = merged.unwrap_or_default().iter().map(merge).collect();
        // A sheet of charts has no cells.
        let Ok(mut reader) = xlsx.worksheet_cells_reader(&sheet.name) else {
            return Ok(sheet);
        };
        while let Some(cell) = reader.next_cell().map_err(|error| unreadable(&error))? {
            let read = match cell.get_value() {
                DataRef::SharedString(text) => text_cell(text),
                DataRef::String(text) => text_cell(text),
                other => cell_of(&Data::from(other.clone())),
            };
            cells.take(cell.get_position(), read)?;
        }
    } else {
        if let Sheets::Xls(xls) = book {
            #[allow(deprecated, reason = "the one that the old format has")]
            let merged = xls.worksheet_merge_cells(&sheet.name);
            sheet.merges = merged.unwrap_or_default().iter().map(merge).collect();
        }
        let range = match book.worksheet_range(&sheet.name) {
            Ok(range) => range,
            Err(error) => return Err(unreadable(&error)),
        };
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, value) in range.used_cells() {
            let place = |at: usize, first: u32| {
                u32::try_from(at)
                    .ok()
                    .and_then(|at| at.checked_add(first))
                    .unwrap_or(u32::MAX)
            };
            cells.take((place(row, top), place(column, left)), cell_of(value))?;
        }
    }
    sheet.rows = cells.rows;
    Ok(sheet)
}

fn merge(dimensions: &calamine::Dimensions) -> Merge {
    Merge {
        top: dimensions.start.0,
        bottom: dimensions.end.0,
        left: dimensions.start.1,
        right: dimensions.end.1,
    }
}

/// Puts cells, as they come in their order, into rows.
struct Collector<'n> {
    sheet: &'n str,
    rows: Vec<SheetRow>,
    cells: usize,
}

impl<'n> Collector<'n> {
    fn new(sheet: &'n str) -> Collector<'n> {
        Collector {
            sheet,
            rows: Vec::new(),
            cells: 0,
        }
    }

    fn take(&mut self, (row, column): (u32, u32), cell: SheetCell) -> Result<(), WorkbookError> {
        if cell.text.trim().is_empty() {
            return Ok(());
        }
        let too_large = || WorkbookError::TooLarge(self.sheet.to_owned());
        let column = usize::try_from(column).map_err(|_| too_large())?;
        self.cells += 1;
        // Far out there is nothing that belongs to a list; what a list has too many of is told
        // when it is read.
        if column >= MOST_COLUMNS * 2 || self.cells > MOST_CELLS {
            return Err(too_large());
        }
        let row = u64::from(row) + 1;
        if self.rows.last().is_none_or(|last| last.row != row) {
            if u64::try_from(self.rows.len()).is_ok_and(|rows| rows > MOST_ROWS + 1_000) {
                return Err(too_large());
            }
            self.rows.push(SheetRow {
                row,
                cells: Vec::new(),
            });
        }
        if let Some(last) = self.rows.last_mut() {
            if last.cells.len() <= column {
                last.cells.resize_with(column + 1, SheetCell::default);
            }
            if let Some(place) = last.cells.get_mut(column) {
                *place = cell;
            }
        }
        Ok(())
    }
}

fn text_cell(text: &str) -> SheetCell {
    SheetCell {
        text: text.to_owned(),
        kind: CellKind::Text,
    }
}

fn cell_of(value: &Data) -> SheetCell {
    let cell = |text: String, kind| SheetCell { text, kind };
    match value {
        Data::Empty => SheetCell::default(),
        Data::String(text) => text_cell(text),
        Data::Int(number) => cell(number.to_string(), CellKind::Number),
        Data::Float(_) => {
            use calamine::DataType as _;
            cell(number_text(value.as_string()), CellKind::Number)
        }
        Data::Bool(yes) => cell(if *yes { "1" } else { "0" }.to_owned(), CellKind::Number),
        Data::DateTime(moment) => match moment.as_datetime() {
            Some(moment) => cell(moment.date().to_string(), CellKind::Date),
            None => cell(moment.to_string(), CellKind::Text),
        },
        Data::DateTimeIso(text) => {
            let date = text.split('T').next().unwrap_or_default();
            cell(date.to_owned(), CellKind::Date)
        }
        Data::DurationIso(text) => cell(text.clone(), CellKind::Text),
        Data::Error(error) => cell(error_text(error).to_owned(), CellKind::Error),
    }
}

/// A number of a workbook as a Vietnamese list writes it: no sign of thousands, a comma before
/// decimals, and never exactly three of them, which could be read as thousands. A spreadsheet is
/// exact to 15 digits; what lies beyond is the noise of its arithmetic.
fn number_text(shortest: Option<String>) -> String {
    let shortest = shortest.unwrap_or_default();
    let exact = shortest
        .parse::<Decimal>()
        .or_else(|_| Decimal::from_scientific(&shortest));
    let Ok(exact) = exact else {
        return shortest;
    };
    let rounded = exact.round_sf(15).unwrap_or(exact).normalize();
    let text = rounded.to_string();
    match text.split_once('.') {
        Some((whole, decimals)) if decimals.len() == 3 => format!("{whole},{decimals}0"),
        Some((whole, decimals)) => format!("{whole},{decimals}"),
        None => text,
    }
}

/// The day of a serial number, as spreadsheets count days; `None` where it is none.
pub fn day_of_serial(text: &str, from_1904: bool) -> Option<chrono::NaiveDate> {
    let whole = text.split(',').next()?;
    let serial: i64 = whole.parse().ok()?;
    // 1900-03-01 is day 61: before it the spreadsheet counts a day that never was.
    let epoch = if from_1904 {
        (1904, 1, 1)
    } else {
        (1899, 12, 30)
    };
    let first = chrono::NaiveDate::from_ymd_opt(epoch.0, epoch.1, epoch.2)?;
    let in_range = (61..=109_205).contains(&serial);
    let days = u64::try_from(serial).ok().filter(|_| in_range)?;
    first.checked_add_days(chrono::Days::new(days))
}

/// Whether a text is what a spreadsheet shows where a formula failed.
pub fn is_error_text(text: &str) -> bool {
    ERRORS.contains(&text.trim())
}

const ERRORS: [&str; 8] = [
    "#REF!",
    "#N/A",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#GETTING_DATA",
];

fn error_text(error: &CellErrorType) -> &'static str {
    match error {
        CellErrorType::Div0 => "#DIV/0!",
        CellErrorType::NA => "#N/A",
        CellErrorType::Name => "#NAME?",
        CellErrorType::Null => "#NULL!",
        CellErrorType::Num => "#NUM!",
        CellErrorType::Ref => "#REF!",
        _ => "#VALUE!",
    }
}

impl Explain for WorkbookError {
    fn code(&self) -> &'static str {
        match self {
            WorkbookError::Locked => "workbook_locked",
            WorkbookError::Bomb => "workbook_too_large",
            WorkbookError::Unreadable(_) => "workbook_unreadable",
            WorkbookError::TooManySheets(_) => "too_many_sheets",
            WorkbookError::TooLarge(_) => "sheet_too_large",
            WorkbookError::NoSuchSheet { .. } => "no_such_sheet",
            WorkbookError::HiddenUnknown => "hidden_unknown",
            WorkbookError::NoTable { .. } => "no_table",
            WorkbookError::SeveralSheets(_) => "several_sheets",
            WorkbookError::TwoTables { .. } => "two_tables",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let most = LARGEST_UNPACKED / (1024 * 1024);
        match self {
            WorkbookError::Locked => lang.pick(
                "tệp bảng tính có mật khẩu".to_owned(),
                "the workbook is locked with a password".to_owned(),
            ),
            WorkbookError::Bomb => lang.pick(
                format!("tệp bảng tính khi giải nén lớn hơn {most} MiB"),
                format!("the workbook unpacks to over {most} MiB"),
            ),
            WorkbookError::Unreadable(why) => lang.pick(
                format!("không đọc được tệp bảng tính: {why}"),
                format!("the workbook cannot be read: {why}"),
            ),
            WorkbookError::TooManySheets(found) => lang.pick(
                format!("tệp có {found} trang tính, quá giới hạn {MOST_SHEETS}"),
                format!("the workbook has {found} sheets, over the limit of {MOST_SHEETS}"),
            ),
            WorkbookError::TooLarge(sheet) => lang.pick(
                format!("trang \"{sheet}\" quá lớn: quá {MOST_ROWS} dòng, hoặc có ô nằm quá xa"),
                format!("the sheet \"{sheet}\" has over {MOST_ROWS} rows, or a cell far out"),
            ),
            WorkbookError::NoSuchSheet { asked, sheets } => lang.pick(
                format!("không có trang \"{asked}\"; tệp có: {}", sheets.join(", ")),
                format!(
                    "there is no sheet \"{asked}\"; it has: {}",
                    sheets.join(", ")
                ),
            ),
            WorkbookError::HiddenUnknown => lang.pick(
                "không biết dòng nào bị ẩn trong tệp .xls".to_owned(),
                "which rows are hidden is not known of an .xls file".to_owned(),
            ),
            WorkbookError::NoTable { sheets } => lang.pick(
                format!(
                    "không thấy bảng nào có tiêu đề của danh sách này ({})",
                    sheets.join(", ")
                ),
                format!(
                    "no sheet has the header of this list ({})",
                    sheets.join(", ")
                ),
            ),
            WorkbookError::SeveralSheets(sheets) => lang.pick(
                format!("có nhiều trang chứa danh sách này: {}", sheets.join(", ")),
                format!("several sheets hold such a list: {}", sheets.join(", ")),
            ),
            WorkbookError::TwoTables { first, second } => lang.pick(
                format!("trang có hai bảng: tiêu đề ở dòng {first} và dòng {second}"),
                format!("the sheet holds two tables, with headers in rows {first} and {second}"),
            ),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let hint = match self {
            WorkbookError::Locked => lang.pick(
                "bỏ mật khẩu của tệp rồi lưu lại",
                "save the workbook without a password",
            ),
            WorkbookError::Bomb | WorkbookError::TooManySheets(_) | WorkbookError::TooLarge(_) => {
                lang.pick(
                    "chép riêng danh sách sang một tệp mới",
                    "copy the list alone into a new file",
                )
            }
            WorkbookError::Unreadable(_) => lang.pick(
                "mở tệp bằng Excel hoặc LibreOffice và lưu lại dạng .xlsx",
                "open it in Excel or LibreOffice and save it as .xlsx",
            ),
            WorkbookError::NoSuchSheet { .. } | WorkbookError::SeveralSheets(_) => lang.pick(
                "chọn trang bằng --sheet TÊN",
                "name the sheet with --sheet NAME",
            ),
            WorkbookError::HiddenUnknown => lang.pick(
                "lưu lại dạng .xlsx, hoặc bỏ --skip-hidden",
                "save it as .xlsx, or leave out --skip-hidden",
            ),
            WorkbookError::NoTable { .. } => lang.pick(
                "kiểm tra tên cột, hoặc chỉ rõ bằng --map \"CỘT TRONG TỆP=tên cột\"",
                "check the names of the columns, or give them with --map \"COLUMN=name\"",
            ),
            WorkbookError::TwoTables { .. } => lang.pick(
                "tách mỗi bảng ra một trang riêng",
                "put each table on a sheet of its own",
            ),
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_so_that_it_can_be_read_in_one_way_only() {
        for (shortest, text) in [
            ("1337000000", "1337000000"),
            ("1.337e9", "1337000000"),
            ("45.5", "45,5"),
            ("1.125", "1,1250"),
            ("0.30000000000000004", "0,3"),
            ("100000000000000000000", "100000000000000000000"),
            ("-5", "-5"),
        ] {
            assert_eq!(number_text(Some(shortest.to_owned())), text);
        }
    }

    #[test]
    fn days_are_counted_as_spreadsheets_do() {
        assert_eq!(
            day_of_serial("45028", false).unwrap().to_string(),
            "2023-04-12"
        );
        assert_eq!(
            day_of_serial("43566", true).unwrap().to_string(),
            "2023-04-12"
        );
        assert_eq!(
            day_of_serial("61", false).unwrap().to_string(),
            "1900-03-01"
        );
        for text in ["60", "0", "-1", "1337000000", "abc", ""] {
            assert_eq!(day_of_serial(text, false), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_workbook_says_so_and_nothing_panics() {
        assert!(!is_workbook(b"a,b\n1,2\n"));
        assert!(read_workbook(b"PK\x03\x04rubbish xl/").is_err());
        assert!(read_workbook(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 rubbish").is_err());
    }
}
