//! The table in a sheet as offices make them: titles above, a header of one or two rows, a row that
//! numbers the columns, totals between and below, notes and signatures at the end.
//!
//! Nothing is dropped in silence: a row that is passed over is told, with what it says. Rows that
//! are hidden are rows, since hiding does not make a payment undone; they are told, and left out
//! only where that was said.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::header::{ListColumns, Places, find_columns};
use super::issue::ImportNotice;
use super::list::ReadOptions;
use super::number;
use super::table::{RawRow, RowsOnPages, Table};
use super::text::{fold, is_blank, shown};
use super::workbook::{CellKind, Sheet, SheetCell, SheetRow, WorkbookError, day_of_serial};

/// How many rows may stand above a header.
const ROWS_ABOVE: usize = 60;

/// Columns of dates, in which a bare number is the serial number of a day.
const DATES: [&str; 3] = ["occurred_on", "class_from", "born"];

/// Columns whose sum a list may state.
pub const SUMMED: [&str; 4] = ["amount", "counterpart", "quantity", "count"];

/// A table that was found in a sheet.
pub(super) struct Found {
    pub(super) table: Table,
    pub(super) sheet: Sheet,
    pub(super) notices: Vec<ImportNotice>,
}

/// Where a header stands in the rows of a sheet.
struct Header {
    /// The place of its first row among the rows that hold anything.
    at: usize,
    /// How many rows it has: one or two.
    height: usize,
    cells: Vec<String>,
    known: usize,
    complete: bool,
}

/// Finds the list in the sheets of a workbook.
///
/// # Errors
/// [`WorkbookError`] when no sheet, or more than one, holds such a list.
pub(super) fn find_table(
    sheets: Vec<Sheet>,
    list: &ListColumns,
    options: &ReadOptions,
) -> Result<Found, WorkbookError> {
    let names: Vec<String> = sheets.iter().map(|sheet| sheet.name.clone()).collect();
    let asked = asked_for(sheets, &names, options)?;
    let mut complete = Vec::new();
    let mut nearest: Option<(Sheet, Header)> = None;
    for sheet in asked {
        let Some(header) = find_header(&sheet, list, options) else {
            continue;
        };
        if header.complete {
            complete.push((sheet, header));
        } else if nearest
            .as_ref()
            .is_none_or(|(_, known)| known.known < header.known)
        {
            nearest = Some((sheet, header));
        }
    }
    if complete.len() > 1 {
        let found = complete.into_iter().map(|(sheet, _)| sheet.name);
        return Err(WorkbookError::SeveralSheets(found.collect()));
    }
    let (sheet, header) = complete
        .pop()
        .or(nearest)
        .ok_or(WorkbookError::NoTable { sheets: names })?;
    table_below(sheet, header, list, options)
}

fn asked_for(
    sheets: Vec<Sheet>,
    names: &[String],
    options: &ReadOptions,
) -> Result<Vec<Sheet>, WorkbookError> {
    let Some(asked) = &options.sheet else {
        return Ok(sheets);
    };
    let place = names
        .iter()
        .position(|name| name == asked)
        .or_else(|| names.iter().position(|name| fold(name) == fold(asked)))
        .or_else(|| asked.parse::<usize>().ok()?.checked_sub(1))
        .filter(|place| *place < names.len());
    let sheet = place.and_then(|place| sheets.into_iter().nth(place));
    sheet
        .map(|sheet| vec![sheet])
        .ok_or_else(|| WorkbookError::NoSuchSheet {
            asked: asked.clone(),
            sheets: names.to_vec(),
        })
}

fn find_header(sheet: &Sheet, list: &ListColumns, options: &ReadOptions) -> Option<Header> {
    let mut best: Option<Header> = None;
    for at in 0..sheet.rows.len().min(ROWS_ABOVE) {
        for height in [1, 2] {
            let Some(header) = header_at(sheet, at, height, list, options) else {
                continue;
            };
            let better = best.as_ref().is_none_or(|known| {
                (header.complete, header.known) > (known.complete, known.known)
            });
            if better {
                best = Some(header);
            }
        }
    }
    best
}

/// The rows at a place as a header, if they name columns of the list.
fn header_at(
    sheet: &Sheet,
    at: usize,
    height: usize,
    list: &ListColumns,
    options: &ReadOptions,
) -> Option<Header> {
    let first = sheet.rows.get(at)?;
    let cells: Vec<String> = match height {
        1 => first.cells.iter().map(|cell| cell.text.clone()).collect(),
        _ => {
            let second = sheet
                .rows
                .get(at + 1)
                .filter(|row| row.row == first.row + 1)?;
            two_rows(sheet, first, second, list, options)
        }
    };
    let (places, _) = options.find(list, &cells);
    let known = places.columns().count();
    let named = cells.iter().filter(|cell| !is_blank(cell)).count();
    // A single word of a title can be the name of a column; a header names several, or nothing but.
    if known == 0 || (known < 2 && named > 2) {
        return None;
    }
    let complete = list
        .required
        .iter()
        .all(|any_of| options.gives(any_of) || any_of.iter().any(|column| places.has(column)));
    Some(Header {
        at,
        height,
        cells,
        known,
        complete,
    })
}

/// A header of two rows: the lower cell, the two together, or the upper one, whichever names a
/// column. An upper cell that was merged over several columns speaks for each of them.
fn two_rows(
    sheet: &Sheet,
    upper: &SheetRow,
    lower: &SheetRow,
    list: &ListColumns,
    options: &ReadOptions,
) -> Vec<String> {
    let width = upper.cells.len().max(lower.cells.len());
    let names = |text: &str| {
        let (places, _) = options.find(list, &[text.to_owned()]);
        places.columns().next().is_some()
    };
    (0..width)
        .map(|column| {
            let above = spread(sheet, upper, column);
            let below = text_at(lower, column);
            if is_blank(below) {
                return above.to_owned();
            }
            let both = format!("{above} {below}");
            let choice = [below, both.as_str(), above]
                .into_iter()
                .find(|text| names(text));
            choice.unwrap_or(below).to_owned()
        })
        .collect()
}

fn text_at(row: &SheetRow, column: usize) -> &str {
    row.cells.get(column).map_or("", |cell| cell.text.as_str())
}

/// The text of a cell, or of the merged cell that covers it.
fn spread<'s>(sheet: &Sheet, row: &'s SheetRow, column: usize) -> &'s str {
    let own = text_at(row, column);
    if !own.is_empty() {
        return own;
    }
    let inside =
        |at: u64, first: u32, last: u32| (u64::from(first)..=u64::from(last)).contains(&at);
    let column_64 = u64::try_from(column).unwrap_or(u64::MAX);
    let covering = sheet.merges.iter().find(|merge| {
        inside(row.row - 1, merge.top, merge.bottom) && inside(column_64, merge.left, merge.right)
    });
    let left = covering.and_then(|merge| usize::try_from(merge.left).ok());
    left.map_or("", |left| text_at(row, left))
}

fn table_below(
    sheet: Sheet,
    header: Header,
    list: &ListColumns,
    options: &ReadOptions,
) -> Result<Found, WorkbookError> {
    if options.skip_hidden && sheet.hidden.is_none() {
        return Err(WorkbookError::HiddenUnknown);
    }
    let (places, _) = options.find(list, &header.cells);
    let last_header = header.at + header.height - 1;
    let header_row = sheet.rows.get(last_header).map_or(0, |row| row.row);
    let mut body = Body {
        sheet: &sheet,
        list,
        options,
        places: &places,
        width: header.cells.len(),
        rows: RowsOnPages::default(),
        notices: Vec::new(),
        passed: Vec::new(),
        sums: Sums::default(),
        serials: BTreeMap::new(),
        padded: Vec::new(),
        hidden: Vec::new(),
    };
    let mut words = Words {
        list,
        options,
        known: BTreeMap::new(),
    };
    for (at, row) in sheet.rows.iter().enumerate().skip(last_header + 1) {
        let same = (0..header.cells.len().max(row.cells.len())).all(|column| {
            let cell = header.cells.get(column).map_or("", String::as_str);
            fold(cell) == fold(text_at(row, column))
        });
        if same || (body.rows.len() == 0 && numbers_columns(row)) {
            continue;
        }
        let other = if words.name_columns(row) {
            header_at(&sheet, at, 1, list, options)
        } else {
            None
        };
        if header.complete && other.is_some_and(|other| other.complete && other.known >= 2) {
            return Err(WorkbookError::TwoTables {
                first: header_row,
                second: row.row,
            });
        }
        body.take(row);
    }
    let (rows, notices) = body.finish();
    let table = Table {
        header: header.cells,
        header_row,
        rows,
        delimiter: b',',
    };
    Ok(Found {
        table,
        sheet,
        notices,
    })
}

/// Which words name columns of a list, each looked up once: a long list says the same words in row
/// after row, and whether one of its rows is another header is asked of all of them.
struct Words<'a> {
    list: &'a ListColumns,
    options: &'a ReadOptions,
    known: BTreeMap<String, bool>,
}

impl Words<'_> {
    /// Whether at least two cells of a row are names of columns. No column is called by a number,
    /// unless somebody said so.
    fn name_columns(&mut self, row: &SheetRow) -> bool {
        let plain = self.options.named.is_empty();
        let cells = row.cells.iter().map(|cell| cell.text.as_str());
        let worded = cells
            .filter(|text| !is_blank(text))
            .filter(|text| !plain || !text.bytes().any(|byte| byte.is_ascii_digit()));
        let mut named = 0;
        for text in worded {
            let names = match self.known.get(text) {
                Some(names) => *names,
                None => {
                    let (places, _) = self.options.find(self.list, &[text.to_owned()]);
                    let names = places.columns().next().is_some();
                    self.known.insert(text.to_owned(), names);
                    names
                }
            };
            named += u32::from(names);
            if named >= 2 {
                return true;
            }
        }
        false
    }
}

/// A row under the header that numbers the columns: `(1) (2) (3)`, or `A B 1 2`.
fn numbers_columns(row: &SheetRow) -> bool {
    let cells = row.cells.iter().filter(|cell| !is_blank(&cell.text));
    let marks: Vec<&str> = cells
        .map(|cell| cell.text.trim().trim_matches(['(', ')', '[', ']']))
        .collect();
    let is_mark = |mark: &&str| {
        let number = mark.len() <= 2 && mark.bytes().all(|b| b.is_ascii_digit());
        let letter = mark.len() == 1 && mark.bytes().all(|b| b.is_ascii_uppercase());
        number || letter || mark.contains('=')
    };
    let numbers: Vec<u32> = marks.iter().filter_map(|mark| mark.parse().ok()).collect();
    let rising = numbers.is_sorted_by(|a, b| a < b);
    marks.len() >= 3
        && marks.iter().all(is_mark)
        && rising
        && numbers.first().is_some_and(|n| *n <= 2)
}

/// The rows below a header, as they are sorted out.
struct Body<'a> {
    sheet: &'a Sheet,
    list: &'a ListColumns,
    options: &'a ReadOptions,
    places: &'a Places,
    width: usize,
    rows: RowsOnPages,
    notices: Vec<ImportNotice>,
    passed: Vec<(u64, String)>,
    sums: Sums,
    serials: BTreeMap<&'static str, Vec<u64>>,
    padded: Vec<u64>,
    hidden: Vec<u64>,
}

impl Body<'_> {
    fn take(&mut self, row: &SheetRow) {
        if is_total(row) && !self.is_row_of_list(row) {
            self.notices.extend(self.sums.check(row, self.places));
            return;
        }
        if self.is_note(row) {
            let text = row.cells.iter().map(|cell| cell.text.trim());
            let text: Vec<&str> = text.filter(|text| !text.is_empty()).collect();
            self.passed.push((row.row, shown(&text.join(" "))));
            return;
        }
        let hidden = self.sheet.hidden.as_ref();
        if hidden.is_some_and(|rows| rows.contains(&row.row)) {
            self.hidden.push(row.row);
            if self.options.skip_hidden {
                return;
            }
        }
        let cells = row.cells.iter().enumerate();
        let texts: Vec<Cow<'_, str>> = cells
            .map(|(column, cell)| self.text(row.row, column, cell))
            .collect();
        let cell = |place: usize| texts.get(place).map_or("", |text| text);
        self.sums.add_cells(cell, self.places);
        self.rows.push(row.row, texts.iter().map(|text| &**text));
    }

    fn has(&self, row: &SheetRow, column: &str) -> bool {
        let place = self.places.place(column);
        place.is_some_and(|place| !is_blank(text_at(row, place)))
    }

    /// Whether all that a row of the list must have is there.
    fn is_row_of_list(&self, row: &SheetRow) -> bool {
        let mut groups = self.list.required.iter();
        groups.all(|any_of| {
            self.options.gives(any_of) || any_of.iter().any(|column| self.has(row, column))
        })
    }

    /// A row that is no row of the list: a heading between, a note, a signature. Where the list
    /// numbers its rows, a row of one or two cells without a number is none; without such a column
    /// it is one only if something stands where the list must have it.
    fn is_note(&self, row: &SheetRow) -> bool {
        let filled = row
            .cells
            .iter()
            .filter(|cell| !is_blank(&cell.text))
            .count();
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let numbered = row.cells.iter().zip(0..).any(|(cell, column)| {
            self.places.is_numbering(column) && plain(cell.text.trim().trim_end_matches('.'))
        });
        let short = filled <= 2 && self.width >= 4;
        if numbered || (self.is_row_of_list(row) && !(short && self.places.numbers_rows())) {
            return false;
        }
        let mut groups = self.list.required.iter();
        let none = !groups.any(|any_of| any_of.iter().any(|column| self.has(row, column)));
        none || short
    }

    /// The text of a cell as its column needs it.
    fn text<'c>(&mut self, row: u64, column: usize, cell: &'c SheetCell) -> Cow<'c, str> {
        let name = self.places.column_at(column);
        let date = name.and_then(|name| DATES.into_iter().find(|date| *date == name));
        match (cell.kind, name) {
            (CellKind::Number, Some(_)) if date.is_some() => {
                let year = cell.text.len() == 4 && ("1900".."2200").contains(&cell.text.as_str());
                if date == Some("born") && year {
                    return Cow::Borrowed(&cell.text);
                }
                match day_of_serial(&cell.text, self.sheet.from_1904) {
                    Some(day) => {
                        if let Some(date) = date {
                            self.serials.entry(date).or_default().push(row);
                        }
                        day.to_string().into()
                    }
                    None => Cow::Borrowed(&cell.text),
                }
            }
            (CellKind::Number, Some("id_number")) => match cell.text.len() {
                10 | 11 => {
                    self.padded.push(row);
                    format!("{:0>12}", cell.text).into()
                }
                8 => {
                    self.padded.push(row);
                    format!("{:0>9}", cell.text).into()
                }
                _ => Cow::Borrowed(&cell.text),
            },
            // A spreadsheet takes `4/2023` for the first of April.
            (CellKind::Date, Some("covers")) => {
                Cow::Borrowed(cell.text.strip_suffix("-01").unwrap_or(&cell.text))
            }
            _ => Cow::Borrowed(&cell.text),
        }
    }

    fn finish(mut self) -> (Vec<RawRow>, Vec<ImportNotice>) {
        for (column, rows) in std::mem::take(&mut self.serials) {
            self.notices.push(ImportNotice::SerialDates {
                column: self.places.written(column).to_owned(),
                rows,
            });
        }
        if !self.padded.is_empty() {
            self.notices.push(ImportNotice::PaddedIds {
                column: self.places.written("id_number").to_owned(),
                rows: self.padded,
            });
        }
        if !self.hidden.is_empty() {
            self.notices.push(ImportNotice::HiddenRows {
                rows: self.hidden,
                skipped: self.options.skip_hidden,
            });
        }
        if !self.passed.is_empty() {
            self.notices.push(ImportNotice::PassedRows(self.passed));
        }
        (self.rows.finish(), self.notices)
    }
}

/// A row that states sums. Only the whole words are meant: `Tòng` is a name.
fn is_total(row: &SheetRow) -> bool {
    let texts = row.cells.iter().filter(|cell| cell.kind == CellKind::Text);
    let first = texts
        .map(|cell| fold(&cell.text))
        .find(|text| !text.trim().is_empty());
    first.is_some_and(|text| {
        let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
        let whole = ["tong", "cong", "total", "sum", "luy ke"].contains(&bare);
        let begins = [
            "tong cong",
            "tong so",
            "cong thon",
            "cong xa",
            "cong:",
            "tong:",
            "grand total",
        ];
        whole || begins.iter().any(|begin| text.starts_with(begin))
    })
}

/// Sums of the columns that a list may state the sum of, in thousandths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    all: BTreeMap<&'static str, i128>,
    since: BTreeMap<&'static str, i128>,
}

impl Sums {
    /// Adds a row; a cell that is no number adds nothing.
    pub fn add(&mut self, raw: &RawRow, places: &Places) {
        self.add_cells(|place| raw.cell(place), places);
    }

    fn add_cells<'c>(&mut self, cell: impl Fn(usize) -> &'c str, places: &Places) {
        for column in SUMMED {
            let Some(place) = places.place(column) else {
                continue;
            };
            let value = value_of(column, cell(place)).unwrap_or(0);
            *self.all.entry(column).or_default() += value;
            *self.since.entry(column).or_default() += value;
        }
    }

    /// The sums of all rows.
    pub fn all(&self) -> &BTreeMap<&'static str, i128> {
        &self.all
    }

    /// What a row of totals states otherwise than the rows above it come to.
    fn check(&mut self, row: &SheetRow, places: &Places) -> Vec<ImportNotice> {
        let mut notices = Vec::new();
        for column in SUMMED {
            let stated = places
                .place(column)
                .and_then(|place| value_of(column, text_at(row, place)));
            let Some(stated) = stated else { continue };
            let all = self.all.get(column).copied().unwrap_or(0);
            let since = self.since.get(column).copied().unwrap_or(0);
            if stated != all && stated != since {
                notices.push(ImportNotice::TotalDiffers {
                    row: row.row,
                    column: places.written(column).to_owned(),
                    stated,
                    sum: all,
                });
            }
        }
        self.since.clear();
        notices
    }
}

fn value_of(column: &str, text: &str) -> Option<i128> {
    if is_blank(text) {
        return None;
    }
    let thousandths = match column {
        "quantity" => number::read_quantity(text.trim(), "", 3)
            .ok()?
            .thousandths(),
        _ => number::read_money(text.trim(), 0).ok()?.thousandths(),
    };
    Some(thousandths.into())
}

/// The columns as they were understood: where, what the file says, what it means.
pub fn mapping(places: &Places) -> Vec<(usize, String, &'static str)> {
    let mut found: Vec<(usize, String, &'static str)> = places
        .columns()
        .filter_map(|column| {
            Some((
                places.place(column)?,
                places.written(column).to_owned(),
                column,
            ))
        })
        .collect();
    found.sort();
    found
}

/// Finds the columns of a header, with what somebody said of them first.
pub(super) fn find_named(
    list: &ListColumns,
    header: &[String],
    named: &[(String, &'static str)],
) -> (Places, Vec<super::header::HeaderFault>) {
    let renamed: Vec<String> = header
        .iter()
        .map(|cell| {
            let key = fold(cell);
            let said = named.iter().find(|(name, _)| *name == key);
            said.map_or_else(|| cell.clone(), |(_, column)| (*column).to_owned())
        })
        .collect();
    let (mut places, faults) = find_columns(list, &renamed);
    places.write_as(header);
    (places, faults)
}
