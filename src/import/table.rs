//! From text to a table: a header and numbered rows of cells, not yet understood.

use std::sync::Arc;

use super::limits::{MOST_COLUMNS, MOST_ROWS};
use super::text::is_blank;
use crate::domain::Lang;
use crate::domain::language::Explain;

/// The signs that may stand between two cells.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// A list as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The cells of the header row, as written.
    pub header: Vec<String>,
    /// The number of the header row.
    pub header_row: u64,
    /// The rows below the header that hold anything.
    pub rows: Vec<RawRow>,
    /// The sign between two cells: a comma, a semicolon or a tab.
    pub delimiter: u8,
}

/// A row as it stands in the file. Rows share the page that holds their cells.
#[derive(Debug, Clone)]
pub struct RawRow {
    /// The number by which a spreadsheet shows it; the header is usually row 1.
    pub row: u64,
    page: Arc<Page>,
    first: u32,
    count: u32,
}

/// The cells of some rows, one after the other.
#[derive(Debug, Default)]
struct Page {
    text: String,
    /// Where each cell ends in the text.
    ends: Vec<u32>,
}

/// How many bytes of cells a page takes before the next is begun.
const PAGE: usize = 64 * 1024;

/// Rows that are collected: their cells go to a page that is not shared yet.
#[derive(Debug, Default)]
pub(super) struct RowsOnPages {
    rows: Vec<RawRow>,
    page: Page,
    /// The rows of the page.
    open: Vec<(u64, u32, u32)>,
}

impl RowsOnPages {
    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len() + self.open.len()
    }

    /// Adds a row.
    pub(super) fn push<'c>(&mut self, row: u64, cells: impl IntoIterator<Item = &'c str>) {
        let length = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let first = length(self.page.ends.len());
        for cell in cells {
            self.page.text.push_str(cell);
            self.page.ends.push(length(self.page.text.len()));
        }
        let count = length(self.page.ends.len()) - first;
        self.open.push((row, first, count));
        if self.page.text.len() >= PAGE {
            self.close();
        }
    }

    fn close(&mut self) {
        let mut page = std::mem::take(&mut self.page);
        page.text.shrink_to_fit();
        page.ends.shrink_to_fit();
        let page = Arc::new(page);
        let rows = self.open.drain(..).map(|(row, first, count)| RawRow {
            row,
            page: page.clone(),
            first,
            count,
        });
        self.rows.extend(rows);
    }

    /// All rows, in their order.
    pub(super) fn finish(mut self) -> Vec<RawRow> {
        self.close();
        self.rows
    }
}

impl PartialEq for RawRow {
    fn eq(&self, other: &RawRow) -> bool {
        self.row == other.row && self.cells().eq(other.cells())
    }
}

impl Eq for RawRow {}

impl TableError {
    /// The row it is about, where it is about one.
    pub fn row(&self) -> Option<u64> {
        match self {
            TableError::OpenQuote { row } => Some(*row),
            _ => None,
        }
    }
}

impl RawRow {
    /// The cell of a column, counted from 0; empty where the row is shorter.
    pub fn cell(&self, column: usize) -> &str {
        let count = usize::try_from(self.count).unwrap_or(0);
        if column >= count {
            return "";
        }
        let end = |at: usize| self.page.ends.get(at).copied().unwrap_or(0);
        let at = usize::try_from(self.first).unwrap_or(0) + column;
        let start = at.checked_sub(1).map_or(0, end);
        let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let range = place(start)..place(end(at));
        self.page.text.get(range).unwrap_or_default()
    }

    /// All cells, in order.
    pub fn cells(&self) -> impl DoubleEndedIterator<Item = &str> {
        let count = usize::try_from(self.count).unwrap_or(0);
        (0..count).map(|column| self.cell(column))
    }

    /// How many cells it has, not counting empty ones at the end.
    pub fn len(&self) -> usize {
        width(self.cells())
    }

    /// Whether no cell holds anything.
    pub fn is_empty(&self) -> bool {
        self.cells().all(is_blank)
    }
}

/// How many cells there are, not counting empty ones at the end.
fn width<'c>(cells: impl Iterator<Item = &'c str>) -> usize {
    let filled = (1..).zip(cells).filter(|(_, cell)| !is_blank(cell));
    filled.last().map_or(0, |(place, _)| place)
}

/// Why a text is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Nothing but white space.
    #[error("the file is empty")]
    Empty,
    /// A header and nothing below it.
    #[error("the list has a header and no rows")]
    HeaderOnly,
    /// Over [`MOST_COLUMNS`] columns.
    #[error("the header has {0} columns")]
    TooManyColumns(usize),
    /// Over [`MOST_ROWS`] rows.
    #[error("the list has over {MOST_ROWS} rows")]
    TooManyRows,
    /// A quotation mark that opens a cell and is never closed.
    #[error("a quotation mark in row {row} is not closed")]
    OpenQuote {
        /// The row in which it opens.
        row: u64,
    },
    /// The parser of CSV gave up.
    #[error("the list cannot be parsed: {0}")]
    Unparsable(String),
}

/// Reads a table from text with line feeds only. The first row that holds anything is the header,
/// and decides which delimiter the file uses.
///
/// # Errors
/// [`TableError`] says why the text is no table.
pub fn read_table(text: &str) -> Result<Table, TableError> {
    let delimiter = delimiter_of(text);
    let open_quote = open_quote(text, delimiter);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut table = Table {
        header: Vec::new(),
        header_row: 0,
        rows: Vec::new(),
        delimiter,
    };
    let mut rows = RowsOnPages::default();
    let (mut row, mut cells) = (0, csv::StringRecord::new());
    loop {
        let start = offset(reader.position());
        match reader.read_record(&mut cells) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(TableError::Unparsable(error.to_string())),
        }
        // The parser passes over empty lines without a word, but a spreadsheet counts them.
        let rest = text.as_bytes().get(start..).unwrap_or_default();
        let skipped = rest.iter().take_while(|&&b| b == b'\n').count();
        row += 1 + u64::try_from(skipped).unwrap_or(0);
        if open_quote.is_some_and(|at| at < offset(reader.position())) {
            return Err(TableError::OpenQuote { row });
        }
        add_row(&mut table, &mut rows, row, &cells)?;
    }
    table.rows = rows.finish();
    if table.header.is_empty() {
        return Err(TableError::Empty);
    }
    if table.rows.is_empty() {
        return Err(TableError::HeaderOnly);
    }
    Ok(table)
}

fn offset(position: &csv::Position) -> usize {
    usize::try_from(position.byte()).unwrap_or(usize::MAX)
}

fn add_row(
    table: &mut Table,
    rows: &mut RowsOnPages,
    row: u64,
    cells: &csv::StringRecord,
) -> Result<(), TableError> {
    if cells.iter().all(is_blank) {
        return Ok(());
    }
    if table.header.is_empty() {
        let width = width(cells.iter());
        if width > MOST_COLUMNS {
            return Err(TableError::TooManyColumns(width));
        }
        table.header_row = row;
        table.header = cells.iter().take(width).map(str::to_owned).collect();
        return Ok(());
    }
    if u64::try_from(rows.len()).is_ok_and(|rows| rows >= MOST_ROWS) {
        return Err(TableError::TooManyRows);
    }
    rows.push(row, cells);
    Ok(())
}

/// The delimiter that stands most often between the cells of the header; a comma where none does.
fn delimiter_of(text: &str) -> u8 {
    let header = text.trim_start();
    let mut counts = [0_u32; DELIMITERS.len()];
    let mut quoted = false;
    for b in header.bytes() {
        match b {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => {
                for (count, delimiter) in counts.iter_mut().zip(DELIMITERS) {
                    *count += u32::from(b == delimiter);
                }
            }
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let found = counts.into_iter().zip(DELIMITERS).find(|&(n, _)| n == most);
    found.map_or(b',', |(_, delimiter)| delimiter)
}

/// Where the quotation mark stands that opens a cell and is never closed. The parser of CSV takes
/// the rest of the file for one cell then, and rows would vanish without a word.
fn open_quote(text: &str, delimiter: u8) -> Option<usize> {
    #[derive(Clone, Copy)]
    enum In {
        Start,
        Plain,
        Quoted(usize),
        Closing(usize),
    }
    if !text.contains('"') {
        return None;
    }
    let mut place = In::Start;
    for (at, b) in text.bytes().enumerate() {
        place = match (place, b) {
            (In::Start, b'"') => In::Quoted(at),
            (In::Quoted(open), b'"') => In::Closing(open),
            (In::Closing(open), b'"') => In::Quoted(open),
            (In::Quoted(open), _) => In::Quoted(open),
            (_, b'\n') => In::Start,
            (_, b) if b == delimiter => In::Start,
            _ => In::Plain,
        };
    }
    match place {
        In::Quoted(open) => Some(open),
        _ => None,
    }
}

impl Explain for TableError {
    fn code(&self) -> &'static str {
        match self {
            TableError::Empty => "empty_file",
            TableError::HeaderOnly => "no_rows",
            TableError::TooManyColumns(_) => "too_many_columns",
            TableError::TooManyRows => "too_many_rows",
            TableError::OpenQuote { .. } => "open_quote",
            TableError::Unparsable(_) => "unparsable_csv",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match self {
            TableError::Empty => lang.pick("tệp trống".to_owned(), "the file is empty".to_owned()),
            TableError::HeaderOnly => lang.pick(
                "danh sách chỉ có dòng tiêu đề, không có dòng dữ liệu nào".to_owned(),
                "the list has a header and no rows below it".to_owned(),
            ),
            TableError::TooManyColumns(found) => lang.pick(
                format!("dòng tiêu đề có {found} cột, quá giới hạn {MOST_COLUMNS}"),
                format!("the header has {found} columns, over the limit of {MOST_COLUMNS}"),
            ),
            TableError::TooManyRows => lang.pick(
                format!("danh sách có quá {MOST_ROWS} dòng"),
                format!("the list has over {MOST_ROWS} rows"),
            ),
            TableError::OpenQuote { row } => lang.pick(
                format!("dấu ngoặc kép mở ở dòng {row} không được đóng lại"),
                format!("a quotation mark opens in row {row} and is not closed"),
            ),
            TableError::Unparsable(why) => lang.pick(
                format!("không đọc được danh sách CSV: {why}"),
                format!("the CSV list cannot be parsed: {why}"),
            ),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let hint = match self {
            TableError::Empty | TableError::HeaderOnly => lang.pick(
                "danh sách cần một dòng tiêu đề và các dòng dữ liệu bên dưới",
                "a list needs a header row and rows of data below it",
            ),
            TableError::TooManyColumns(_) => lang.pick(
                "chỉ giữ lại các cột cần nhập",
                "keep only the columns to import",
            ),
            TableError::TooManyRows => lang.pick(
                "chia danh sách thành nhiều tệp",
                "split the list into several files",
            ),
            TableError::OpenQuote { .. } => lang.pick(
                "đóng dấu ngoặc kép, hoặc viết hai dấu liền nhau nếu nó thuộc nội dung ô",
                "close the quotation mark, or write it twice where it belongs to the cell",
            ),
            TableError::Unparsable(_) => lang.pick(
                "lưu lại danh sách thành tệp \"CSV UTF-8\"",
                "save the list again as a \"CSV UTF-8\" file",
            ),
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(table: &Table) -> Vec<(u64, Vec<&str>)> {
        let rows = table.rows.iter();
        rows.map(|raw| (raw.row, raw.cells().collect())).collect()
    }

    #[test]
    fn the_delimiter_is_found_from_the_header() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2\n", b';'),
            ("a\tb\n1\t2\n", b'\t'),
            ("a\n1\n", b','),
            ("\"a,b,c\";d\n1;2\n", b';'),
        ] {
            assert_eq!(read_table(text).unwrap().delimiter, delimiter, "{text:?}");
        }
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_shows_them() {
        let text = "a,b\n1,\"two\nlines\"\n\n , \n3,4\n\n\n5,6\n";
        let table = read_table(text).unwrap();
        assert_eq!(
            cells(&table),
            [
                (2, vec!["1", "two\nlines"]),
                (5, vec!["3", "4"]),
                (8, vec!["5", "6"]),
            ]
        );
        let late_header = read_table("\n\na,b\n1,2").unwrap();
        assert_eq!(cells(&late_header), [(4, vec!["1", "2"])]);
    }

    #[test]
    fn quoted_cells_hold_delimiters_and_quotation_marks() {
        let table = read_table("a,b\n\"x, \"\"y\"\"\",5\" ống\n").unwrap();
        assert_eq!(cells(&table), [(2, vec!["x, \"y\"", "5\" ống"])]);
    }

    #[test]
    fn what_is_no_table_says_why() {
        assert_eq!(read_table(""), Err(TableError::Empty));
        assert_eq!(read_table("\n , \n\n"), Err(TableError::Empty));
        assert_eq!(read_table("a,b\n\n"), Err(TableError::HeaderOnly));
        let open = "a,b\n1,2\n\n3,\"x\n5,6\n7,8\n";
        assert_eq!(read_table(open), Err(TableError::OpenQuote { row: 4 }));
        let wide = vec!["x"; MOST_COLUMNS + 1].join(",");
        assert_eq!(read_table(&wide), Err(TableError::TooManyColumns(101)));
        let long = format!("a\n{}", "1\n".repeat(500_001));
        assert_eq!(read_table(&long), Err(TableError::TooManyRows));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            rows in proptest::collection::vec(
                proptest::collection::vec("[a-zộ \"\n,;]{1,6}x", 3..=3), 1..6),
            delimiter in proptest::sample::select(DELIMITERS.to_vec()),
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(vec![]);
            writer.write_record(["h1", "h2", "h3"]).unwrap();
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let table = read_table(&text).unwrap();
            let read: Vec<Vec<&str>> = table.rows.iter().map(|r| r.cells().collect()).collect();
            prop_assert_eq!(read, rows);
            let numbers: Vec<u64> = table.rows.iter().map(|r| r.row).collect();
            let expected: Vec<u64> = (2..).take(table.rows.len()).collect();
            prop_assert_eq!(numbers, expected);
        }

        #[test]
        fn no_text_breaks_the_reader(text in any::<String>()) {
            let _ = read_table(&text);
        }
    }
}
