//! A list as it was read: its rows, what is wrong with it, and the rows to give back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use super::cells::{Cells, Findings, Seen, Units};
use super::encoding::{Encoding, check_size, decode};
use super::header::{
    HeaderFault, ListColumns, Places, REJECT_COLUMNS, find_columns, names_that_do, own_width,
};
use super::issue::{ImportIssue, ImportNotice, ImportProblem};
use super::limits::LARGEST_FILE;
use super::returned::{is_answer_of, is_recorded};
use super::sheet_table::{find_named, find_table};
use super::table::{RawRow, Table, TableError, read_table};
use super::text::shown;
use super::workbook::{Sheet, WorkbookError, is_workbook, read_workbook};
use crate::domain::Lang;
use crate::domain::language::Explain;

/// The file that a list came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The name of the file, without its folders.
    pub file: Arc<str>,
    /// The sheet of a workbook.
    pub sheet: Option<Arc<str>>,
}

/// How a list is to be read, where that was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The sheet of a workbook, by name or number.
    pub sheet: Option<String>,
    /// What columns mean, by the folded text of their header.
    pub named: Vec<(String, &'static str)>,
    /// What stands in a column where the file has no such column, or a blank cell.
    pub defaults: Vec<(&'static str, String)>,
    /// Rows that are hidden in a workbook are left out.
    pub skip_hidden: bool,
    /// The ledger's id: a list that was given back says which rows are in it.
    pub ledger: String,
}

impl ReadOptions {
    /// Whether a value was given for one of these columns.
    pub(super) fn gives(&self, any_of: &[&str]) -> bool {
        let mut given = self.defaults.iter();
        given.any(|(column, _)| any_of.contains(column))
    }

    /// Finds the columns of a header.
    pub(super) fn find(&self, list: &ListColumns, header: &[String]) -> (Places, Vec<HeaderFault>) {
        let (places, mut faults) = if self.named.is_empty() {
            find_columns(list, header)
        } else {
            find_named(list, header, &self.named)
        };
        faults.retain(|fault| !matches!(fault, HeaderFault::Missing(any_of) if self.gives(any_of)));
        (places, faults)
    }
}

/// A list that was read: what could be read, and all that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRead<R> {
    /// Where it came from.
    pub origin: Origin,
    /// The rows in which everything could be read, in the order of the file.
    pub rows: Vec<R>,
    /// Everything that is wrong, in the order of the file. A row that an issue names is not in
    /// `rows`.
    pub issues: Vec<ImportIssue>,
    /// What does not stop the list, and who made it should know.
    pub notices: Vec<ImportNotice>,
    /// The cells of the header, as written.
    pub header: Vec<String>,
    /// All rows that hold anything, as written.
    pub raw: Vec<RawRow>,
    /// Where the columns stand.
    pub places: Places,
    /// The sheet that it was found in, as it stands in the workbook.
    pub sheet: Option<Box<Sheet>>,
    /// The number of the header row.
    pub header_row: u64,
    /// Rows that an earlier import recorded, by what it wrote beside them.
    pub answered: Vec<u64>,
    delimiter: u8,
}

/// A row of a list of one type.
pub(super) trait ListRow: Sized + Send {
    /// The columns of the list.
    const LIST: ListColumns;
    /// Reads one row. `None`, or any issue, keeps it out of the rows.
    fn read(cells: &mut Cells<'_>, units: &Units<'_>) -> Option<Self>;
}

/// Reads the bytes of a file, at most [`LARGEST_FILE`] of them. A larger file is refused from its
/// size, before any of it is read.
///
/// # Errors
/// An [`ImportIssue`] that names the file, when it cannot be opened or read, or is too large.
pub fn load(path: &Path) -> Result<Vec<u8>, Box<ImportIssue>> {
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    let unreadable = |error: io::Error| ImportProblem::Unreadable(error.to_string());
    let read = || -> Result<Vec<u8>, ImportProblem> {
        let file = File::open(path).map_err(unreadable)?;
        check_size(file.metadata().map_err(unreadable)?.len())?;
        let mut bytes = Vec::new();
        // What has no size, such as a pipe, is cut off one byte over the limit.
        let mut limited = file.take(LARGEST_FILE + 1);
        limited.read_to_end(&mut bytes).map_err(unreadable)?;
        check_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        Ok(bytes)
    };
    read().map_err(|problem| Box::new(Origin::of(&name).issue(problem)))
}

impl Origin {
    fn of(file: &str) -> Origin {
        Origin {
            file: file.into(),
            sheet: None,
        }
    }

    fn issue(&self, problem: ImportProblem) -> ImportIssue {
        ImportIssue {
            file: self.file.clone(),
            sheet: self.sheet.clone(),
            row: None,
            column: None,
            value: None,
            problem,
        }
    }
}

/// Reads the list of one type from the bytes of a file.
pub(super) fn read_list<R: ListRow>(
    bytes: &[u8],
    file: &str,
    options: &ReadOptions,
    units: &Units<'_>,
) -> ListRead<R> {
    let origin = Origin::of(file);
    let mut list = ListRead::empty(origin);
    if is_workbook(bytes) {
        let found = read_workbook(bytes).and_then(|sheets| find_table(sheets, &R::LIST, options));
        match found {
            Ok(found) => {
                list.origin.sheet = Some(found.sheet.name.as_str().into());
                list.notices.extend(found.notices);
                if found.table.rows.is_empty() {
                    let problem = ImportProblem::Table(TableError::HeaderOnly);
                    list.issues.push(list.origin.issue(problem));
                }
                fill(&mut list, found.table, options, units);
                list.sheet = Some(Box::new(found.sheet));
            }
            Err(error) => list.issues.push(list.origin.issue(error.into())),
        }
        return list;
    }
    if let Some(asked) = &options.sheet {
        let error = WorkbookError::NoSuchSheet {
            asked: asked.clone(),
            sheets: Vec::new(),
        };
        list.issues.push(list.origin.issue(error.into()));
        return list;
    }
    let text = match decode(bytes) {
        Ok((text, encoding)) => {
            if encoding == Encoding::Windows1258 {
                list.notices.push(ImportNotice::Decoded(encoding));
            }
            text
        }
        Err(error) => {
            list.issues.push(list.origin.issue(error.into()));
            return list;
        }
    };
    match read_table(&text) {
        Ok(table) => fill(&mut list, table, options, units),
        Err(error) => {
            let mut issue = list.origin.issue(error.clone().into());
            issue.row = error.row();
            list.issues.push(issue);
        }
    }
    list
}

/// Reads the header and, where it will do, every row.
fn fill<R: ListRow>(
    list: &mut ListRead<R>,
    table: Table,
    options: &ReadOptions,
    units: &Units<'_>,
) {
    let (places, faults) = options.find(&R::LIST, &table.header);
    let unknown = places.unknown.iter().cloned();
    list.notices
        .extend(unknown.map(ImportNotice::UnknownColumn));
    list.delimiter = table.delimiter;
    let (own, width) = (own_width(&table.header), table.header.len());
    for fault in faults {
        list.issues.push(header_issue(
            &list.origin,
            &R::LIST,
            table.header_row,
            fault,
        ));
    }
    if list.issues.is_empty() {
        let answer = table
            .header
            .iter()
            .position(|cell| is_answer_of(cell, &options.ledger));
        let reading = Reading {
            origin: &list.origin,
            places: &places,
            defaults: &options.defaults,
            answer,
            own,
            width,
            units,
        };
        let Part {
            rows,
            findings,
            answered,
        } = reading.all(&table.rows);
        (list.rows, list.answered) = (rows, answered);
        list.notices.extend(findings.mixed_dots(&places));
        if !list.answered.is_empty() {
            let answered = list.answered.len();
            list.notices.push(ImportNotice::AnsweredRows(answered));
        }
        list.issues = findings.issues;
    }
    list.places = places;
    list.header_row = table.header_row;
    list.header = table.header;
    list.raw = table.rows;
}

/// From so many rows a thread on it pays to read them in two.
const MANY: usize = 2_000;

/// What is the same for all rows of a list.
struct Reading<'a> {
    origin: &'a Origin,
    places: &'a Places,
    defaults: &'a [(&'static str, String)],
    /// Where an earlier import wrote what became of the rows.
    answer: Option<usize>,
    own: usize,
    width: usize,
    units: &'a Units<'a>,
}

/// Some rows, as they were read.
struct Part<R> {
    rows: Vec<R>,
    findings: Findings,
    answered: Vec<u64>,
}

impl Reading<'_> {
    /// Reads all rows; of many, half are read in another thread.
    fn all<R: ListRow>(&self, raw: &[RawRow]) -> Part<R> {
        let half = raw.len() / 2;
        let (upper, lower) = raw.split_at_checked(half).unwrap_or((raw, &[]));
        if half < MANY {
            return self.part(raw);
        }
        thread::scope(|scope| {
            let beside = thread::Builder::new().spawn_scoped(scope, || self.part(lower));
            let mut all = self.part::<R>(upper);
            // Without a thread, or with one that stopped, this one does it all.
            let made = beside.ok().and_then(|beside| beside.join().ok());
            let later = made.unwrap_or_else(|| self.part(lower));
            all.rows.extend(later.rows);
            all.findings.then(later.findings);
            all.answered.extend(later.answered);
            all
        })
    }

    fn part<R: ListRow>(&self, raw: &[RawRow]) -> Part<R> {
        let mut part = Part {
            rows: Vec::with_capacity(raw.len()),
            findings: Findings::default(),
            answered: Vec::new(),
        };
        let mut seen = Seen::default();
        for raw in raw {
            if self
                .answer
                .is_some_and(|place| is_recorded(raw.cell(place)))
            {
                part.answered.push(raw.row);
                continue;
            }
            let before = part.findings.issues.len();
            let mut cells = Cells {
                origin: self.origin,
                places: self.places,
                defaults: self.defaults,
                raw,
                findings: &mut part.findings,
                seen: &mut seen,
            };
            cells.check_width(self.own, self.width);
            let row = R::read(&mut cells, self.units);
            let is_sound = part.findings.issues.len() == before;
            part.rows.extend(row.filter(|_| is_sound));
        }
        part
    }
}

fn header_issue(origin: &Origin, list: &ListColumns, row: u64, fault: HeaderFault) -> ImportIssue {
    let (column, problem) = match fault {
        HeaderFault::Missing(any_of) => {
            let names = any_of.iter().flat_map(|column| names_that_do(list, column));
            let names = names.collect();
            (None, ImportProblem::MissingColumn { any_of, names })
        }
        HeaderFault::Twice {
            column,
            first,
            second,
        } => {
            let name = second.clone();
            let problem = ImportProblem::ColumnTwice {
                column,
                first,
                second,
            };
            (Some(name), problem)
        }
        HeaderFault::MoneyUnit(written) => (Some(written), ImportProblem::MoneyUnit),
    };
    ImportIssue {
        row: Some(row),
        value: column.clone(),
        column,
        ..origin.issue(problem)
    }
}

impl<R> ListRead<R> {
    fn empty(origin: Origin) -> ListRead<R> {
        ListRead {
            origin,
            rows: Vec::new(),
            issues: Vec::new(),
            notices: Vec::new(),
            header: Vec::new(),
            raw: Vec::new(),
            places: Places::default(),
            sheet: None,
            header_row: 0,
            answered: Vec::new(),
            delimiter: b',',
        }
    }

    /// An issue about a row that was read, for what another room refuses. `column` is the English
    /// name; the issue names it as the file does, and repeats the cell.
    pub fn issue_at(&self, row: u64, column: Option<&str>, error: &impl Explain) -> ImportIssue {
        let place = column.and_then(|column| self.places.place(column));
        let raw = self.raw.binary_search_by_key(&row, |raw| raw.row);
        let raw = raw.ok().and_then(|at| self.raw.get(at));
        let value = raw.zip(place).map(|(raw, place)| shown(raw.cell(place)));
        ImportIssue {
            row: Some(row),
            column: column.map(|column| self.places.written(column).to_owned()),
            value: value.filter(|value| !value.is_empty()),
            ..self.origin.issue(ImportProblem::refused(error))
        }
    }

    /// The rejected rows as a file of their own: the user's own rows and columns, then `row`,
    /// `column` and `reason` for each. UTF-8 with a byte order mark, so that Excel reads it well.
    /// Corrected, the file can be imported as it is: the three columns at its end are passed over.
    ///
    /// # Errors
    /// None in practice: the file is written to memory.
    pub fn write_rejects(&self, issues: &[ImportIssue], lang: Lang) -> io::Result<Vec<u8>> {
        let mut reasons: BTreeMap<u64, Vec<&ImportIssue>> = BTreeMap::new();
        for issue in issues {
            reasons
                .entry(issue.row.unwrap_or(0))
                .or_default()
                .push(issue);
        }
        let (own, width) = (own_width(&self.header), self.header.len());
        let rejected = || self.raw.iter().filter(|raw| reasons.contains_key(&raw.row));
        let extra = rejected().map(|raw| raw.len().saturating_sub(width)).max();
        let extra = extra.unwrap_or(0);

        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.delimiter)
            .terminator(csv::Terminator::CRLF)
            .from_writer(BYTE_ORDER_MARK.to_vec());
        let names = self.header.iter().take(own).map(|name| as_text(name));
        let unnamed = std::iter::repeat_n(Cow::Borrowed(""), extra);
        let told = REJECT_COLUMNS.map(Cow::Borrowed);
        let header = names.chain(unnamed).chain(told);
        writer.write_record(header.map(Cow::into_owned))?;
        for raw in rejected() {
            let of_row = reasons.get(&raw.row).map_or(&[][..], Vec::as_slice);
            let places = (0..own).chain(width..width + extra);
            let cells = places.map(|place| as_text(raw.cell(place)).into_owned());
            let told = reject_cells(raw.row, of_row, lang);
            writer.write_record(cells.chain(told))?;
        }
        writer.into_inner().map_err(|error| error.into_error())
    }
}

/// By this mark Excel knows that a file is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What stands under [`REJECT_COLUMNS`] for one row.
fn reject_cells(row: u64, issues: &[&ImportIssue], lang: Lang) -> [String; 3] {
    let columns: Vec<&str> = issues.iter().filter_map(|i| i.column.as_deref()).collect();
    let reason = |issue: &&ImportIssue| match issue.hint(lang) {
        Some(hint) => format!("{} ({hint})", issue.message(lang)),
        None => issue.message(lang),
    };
    let reasons: Vec<String> = issues.iter().map(reason).collect();
    [row.to_string(), columns.join("; "), reasons.join("; ")]
}

/// Marks what a spreadsheet would run as a formula as text, in the way of spreadsheets: nothing
/// that somebody put into a list may run on the machine of who opens the rejects.
fn as_text(cell: &str) -> Cow<'_, str> {
    let number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ' ');
    let bare = cell.trim_start_matches(' ');
    let runs = match bare.chars().next() {
        Some('=' | '@' | '\t') => true,
        Some('+' | '-') => !bare.chars().skip(1).all(number),
        _ => false,
    };
    if runs {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}
