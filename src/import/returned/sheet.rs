//! The sheet itself: copied tag by tag while it is read, with what is to change changed on the way.
//! Only a row is ever looked at as a whole, so a sheet of any length takes the same memory.

use std::io::{BufRead, Write};

use quick_xml::events::{BytesEnd, BytesStart, Event};
use quick_xml::{Reader, Writer};

use super::columns::Columns;
use super::package::Unkept;
use super::plan::{Change, Plan, RowPlan};
use super::styles::Styles;
use super::xml::{attribute, escaped, linked, prefixed, retag};

/// What follows the reference to comments in a sheet.
const BEHIND_COMMENTS: [&str; 9] = [
    "AlternateContent",
    "controls",
    "drawingHF",
    "extLst",
    "legacyDrawingHF",
    "oleObjects",
    "picture",
    "tableParts",
    "webPublishItems",
];

/// The reference to the drawing of the comments that a sheet gets where it has none.
pub(super) struct Link<'a> {
    /// Under which name the drawing stands in the relationships of the sheet.
    pub(super) id: &'a str,
    /// The namespace of references.
    pub(super) namespace: &'a str,
}

/// Copies a sheet with what is to change. Gives back the name of the drawing of comments, where the
/// sheet had one.
pub(super) fn edit(
    input: impl BufRead,
    output: impl Write,
    plan: &Plan,
    styles: &mut Styles,
    link: Option<&Link<'_>>,
) -> Result<Option<String>, Unkept> {
    let mut editor = Editor {
        reader: Reader::from_reader(input),
        out: Writer::new(output),
        buffer: Vec::new(),
        plan,
        styles,
        columns: None,
        next: None,
        prefix: String::new(),
        linked: false,
        drawing: None,
    };
    editor.sheet(link)?;
    Ok(editor.drawing)
}

struct Editor<'a, R, W: Write> {
    reader: Reader<R>,
    out: Writer<W>,
    buffer: Vec<u8>,
    plan: &'a Plan,
    styles: &'a mut Styles,
    /// The widths of columns, once they were passed.
    columns: Option<Columns>,
    /// The first row that is not yet written.
    next: Option<u64>,
    prefix: String,
    /// The reference to comments is written.
    linked: bool,
    drawing: Option<String>,
}

fn fault<T>(why: &str) -> Result<T, Unkept> {
    Err(Unkept(why.to_owned()))
}

impl<R: BufRead, W: Write> Editor<'_, R, W> {
    /// The next event, on its own: what it says does not outlive what is done with it.
    fn event(&mut self) -> Result<Event<'static>, Unkept> {
        self.buffer.clear();
        let event = self.reader.read_event_into(&mut self.buffer)?;
        match event {
            Event::DocType(_) => fault("a document type"),
            event => Ok(event.into_owned()),
        }
    }

    fn write(&mut self, event: Event<'_>) -> Result<(), Unkept> {
        Ok(self.out.write_event(event)?)
    }

    fn raw(&mut self, text: &str) -> Result<(), Unkept> {
        Ok(self.out.get_mut().write_all(text.as_bytes())?)
    }

    fn sheet(&mut self, link: Option<&Link<'_>>) -> Result<(), Unkept> {
        let root = loop {
            match self.event()? {
                Event::Start(tag) if tag.local_name().as_ref() == "worksheet" => break tag,
                Event::Start(_) | Event::Empty(_) | Event::Eof => return fault("no sheet"),
                event => self.write(event)?,
            }
        };
        let prefix = root.name().prefix();
        self.prefix = prefixed(prefix.as_ref().map_or("", |prefix| prefix.as_ref()));
        self.write(Event::Start(root))?;
        // The reference to comments is still to be written.
        let mut link = link;
        let mut has_data = false;
        loop {
            let event = self.event()?;
            let (tag, is_open) = match &event {
                Event::Start(tag) => (tag, true),
                Event::Empty(tag) => (tag, false),
                Event::End(_) => {
                    self.link(link.take())?;
                    self.write(event)?;
                    break;
                }
                Event::Eof => return fault("a sheet without an end"),
                _ => {
                    self.write(event)?;
                    continue;
                }
            };
            let local = tag.local_name().as_ref().to_owned();
            if local == "legacyDrawing" {
                if self.linked {
                    return fault("two drawings of comments");
                }
                link = None;
                self.linked = true;
                self.drawing = linked(tag, "id")?;
            } else if BEHIND_COMMENTS.contains(&local.as_str()) && has_data {
                self.link(link.take())?;
            }
            match (local.as_str(), is_open) {
                ("cols", true) if !has_data => self.columns()?,
                ("sheetData", true) if !has_data => {
                    has_data = true;
                    self.widths_if_none()?;
                    self.write(event)?;
                    self.rows()?;
                }
                ("sheetData", _) => return fault("a sheet without rows"),
                ("dimension", false) => {
                    let tag = self.dimension(tag)?;
                    self.raw(&format!("<{tag}/>"))?;
                }
                ("mergeCells", true) => {
                    let tag = tag.clone();
                    self.merges(&tag)?;
                }
                (_, true) => {
                    self.write(event)?;
                    self.rest(true)?;
                }
                (_, false) => self.write(event)?,
            }
        }
        if !has_data {
            return fault("a sheet without rows");
        }
        loop {
            match self.event()? {
                Event::Eof => return Ok(()),
                Event::Start(_) | Event::Empty(_) => return fault("two roots"),
                event => self.write(event)?,
            }
        }
    }

    /// The rest of an element that was opened, copied or passed over. Whether it held a formula.
    fn rest(&mut self, copy: bool) -> Result<bool, Unkept> {
        let (mut depth, mut formula) = (1_usize, false);
        while depth > 0 {
            let event = self.event()?;
            match &event {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => return fault("an element without an end"),
                _ => {}
            }
            if let Event::Start(tag) | Event::Empty(tag) = &event {
                formula |= tag.local_name().as_ref() == "f";
            }
            if copy {
                self.write(event)?;
            }
        }
        Ok(formula)
    }

    fn link(&mut self, link: Option<&Link<'_>>) -> Result<(), Unkept> {
        let Some(link) = link else { return Ok(()) };
        self.linked = true;
        let text = format!(
            "<{}legacyDrawing xmlns:r=\"{}\" r:id=\"{}\"/>",
            self.prefix, link.namespace, link.id
        );
        self.raw(&text)
    }

    /// What the sheet says of its size, with the columns of results.
    fn dimension(&self, tag: &BytesStart<'_>) -> Result<String, Unkept> {
        let said = attribute(tag, "ref")?.unwrap_or_default();
        let (first, last) = said.split_once(':').unwrap_or((&said, &said));
        let last_row = self.plan.rows.last_key_value().map_or(0, |(row, _)| *row);
        let answers = self.plan.answers.iter().map(|answer| answer.at);
        let last_column = answers.max().unwrap_or(0);
        let wider = place(last).filter(|_| place(first).is_some());
        let Some((row, column)) = wider else {
            return Ok(tag.to_string());
        };
        let last = name(row.max(last_row), column.max(last_column));
        retag(tag, &[("ref", Some(&format!("{first}:{last}")))])
    }

    fn columns(&mut self) -> Result<(), Unkept> {
        let mut columns = Columns::default();
        let mut depth = 1_usize;
        while depth > 0 {
            let event = self.event()?;
            match &event {
                Event::Start(tag) | Event::Empty(tag) => columns.read(tag)?,
                Event::Eof => return fault("columns without an end"),
                _ => {}
            }
            match event {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
        self.write_columns(columns)
    }

    fn widths_if_none(&mut self) -> Result<(), Unkept> {
        if self.columns.is_some() {
            return Ok(());
        }
        self.write_columns(Columns::default())
    }

    fn write_columns(&mut self, mut columns: Columns) -> Result<(), Unkept> {
        for answer in &self.plan.answers {
            columns.show(answer.at, answer.width, answer.is_new)?;
        }
        let text = columns.written(&self.prefix)?;
        self.columns = Some(columns);
        self.raw(&text)
    }

    /// The header of a column of results is as high as the one beside it.
    fn merges(&mut self, tag: &BytesStart<'_>) -> Result<(), Unkept> {
        let merges: Vec<String> = self
            .plan
            .merges
            .iter()
            .map(|(top, bottom, column)| {
                let range = (name(*top, *column), name(*bottom, *column));
                format!(
                    "<{}mergeCell ref=\"{}:{}\"/>",
                    self.prefix, range.0, range.1
                )
            })
            .collect();
        let count = attribute(tag, "count")?.and_then(|count| count.parse::<usize>().ok());
        let tag = match count {
            Some(count) if !merges.is_empty() => {
                let count = count.saturating_add(merges.len()).to_string();
                retag(tag, &[("count", Some(&count))])?
            }
            _ => tag.to_string(),
        };
        self.raw(&format!("<{tag}>{}", merges.concat()))?;
        self.rest(true)?;
        Ok(())
    }

    fn rows(&mut self) -> Result<(), Unkept> {
        self.next = self.plan.rows.keys().next().copied();
        let mut last = 0;
        loop {
            let event = self.event()?;
            let (tag, is_open) = match &event {
                Event::Start(tag) => (tag, true),
                Event::Empty(tag) => (tag, false),
                Event::End(_) => {
                    self.rows_before(u64::MAX)?;
                    return self.write(event);
                }
                Event::Eof => return fault("rows without an end"),
                _ => {
                    self.write(event)?;
                    continue;
                }
            };
            if tag.local_name().as_ref() != "row" {
                return fault("what is no row among the rows");
            }
            let row = match attribute(tag, "r")? {
                Some(said) => said.parse().ok().filter(|row| *row > last),
                None => Some(last + 1),
            };
            let Some(row) = row else {
                return fault("rows out of their order");
            };
            last = row;
            self.rows_before(row)?;
            match self.plan.rows.get(&row) {
                Some(plan) => {
                    let tag = tag.clone();
                    self.row(row, &tag, is_open, plan)?;
                    self.passed(row);
                }
                None => {
                    self.write(event)?;
                    if is_open {
                        self.rest(true)?;
                    }
                }
            }
        }
    }

    fn passed(&mut self, row: u64) {
        let mut rest = self.plan.rows.range(row.saturating_add(1)..);
        self.next = rest.next().map(|(row, _)| *row);
    }

    /// Rows that are to hold something, and that the sheet does not have.
    fn rows_before(&mut self, row: u64) -> Result<(), Unkept> {
        while let Some(next) = self.next.filter(|next| *next < row) {
            if let Some(plan) = self.plan.rows.get(&next) {
                let tag = format!("{}row r=\"{next}\"", self.prefix);
                let len = self.prefix.len() + "row".len();
                self.row(next, &BytesStart::from_content(tag, len), false, plan)?;
            }
            self.passed(next);
        }
        Ok(())
    }

    fn row(
        &mut self,
        row: u64,
        tag: &BytesStart<'_>,
        is_open: bool,
        plan: &RowPlan,
    ) -> Result<(), Unkept> {
        let name = tag.name().as_ref().to_owned();
        // How far the row reaches is a hint, and no longer right.
        let start = retag(tag, &[("spans", None)])?;
        self.raw(&format!("<{start}>"))?;
        let mut cells = Cells {
            row,
            plan,
            prefix: name.strip_suffix("row").unwrap_or_default().to_owned(),
            look: match attribute(tag, "customFormat")?.as_deref() {
                Some("1" | "true") => look_of(tag)?,
                _ => None,
            },
            done: 0,
            left: None,
        };
        if is_open {
            self.cells(&mut cells)?;
        } else {
            self.cells_before(&mut cells, u32::MAX)?;
        }
        self.write(Event::End(BytesEnd::new(name)))
    }

    fn cells(&mut self, cells: &mut Cells<'_>) -> Result<(), Unkept> {
        loop {
            let event = self.event()?;
            let (tag, is_open) = match &event {
                Event::Start(tag) => (tag, true),
                Event::Empty(tag) => (tag, false),
                Event::End(_) => return self.cells_before(cells, u32::MAX),
                Event::Eof => return fault("a row without an end"),
                _ => {
                    self.write(event)?;
                    continue;
                }
            };
            match tag.local_name().as_ref() {
                "c" => {}
                // What comes behind the cells of a row.
                _ => {
                    self.cells_before(cells, u32::MAX)?;
                    self.write(event)?;
                    if is_open {
                        self.rest(true)?;
                    }
                    continue;
                }
            }
            let column = match attribute(tag, "r")? {
                Some(said) => place(&said)
                    .filter(|(row, column)| *row == cells.row && *column >= cells.done)
                    .map(|(_, column)| column),
                None => Some(cells.done),
            };
            let Some(column) = column else {
                return fault("cells out of their order");
            };
            self.cells_before(cells, column)?;
            cells.done = column + 1;
            self.cell(cells, column, &event, is_open)?;
        }
    }

    /// A cell that the sheet has.
    fn cell(
        &mut self,
        cells: &mut Cells<'_>,
        column: u32,
        event: &Event<'_>,
        is_open: bool,
    ) -> Result<(), Unkept> {
        let (Event::Start(tag) | Event::Empty(tag)) = event else {
            return fault("no cell");
        };
        let own = look_of(tag)?.unwrap_or(0);
        let plain = self.styles.plain(own)?;
        let look = match cells.plan.changes.get(&column) {
            None => plain,
            Some(Change::Red) => self.styles.wrong(plain)?,
            Some(change) => {
                if is_open && self.rest(false)? {
                    return fault("a formula in a column of results");
                }
                return self.answer(cells, column, change);
            }
        };
        cells.left = Some((column, plain));
        if look == own {
            self.write(event.borrow())?;
        } else {
            let start = retag(tag, &[("s", Some(&look.to_string()))])?;
            let end = if is_open { ">" } else { "/>" };
            self.raw(&format!("<{start}{end}"))?;
        }
        if is_open {
            self.rest(true)?;
        }
        Ok(())
    }

    /// Cells that are to hold something, and that the row does not have.
    fn cells_before(&mut self, cells: &mut Cells<'_>, column: u32) -> Result<(), Unkept> {
        let plan = cells.plan;
        for (at, change) in plan.changes.range(cells.done.min(column)..column) {
            self.answer(cells, *at, change)?;
        }
        cells.done = cells.done.max(column);
        Ok(())
    }

    /// A cell as it is to be, in the look of the one beside it.
    fn answer(
        &mut self,
        cells: &mut Cells<'_>,
        column: u32,
        change: &Change,
    ) -> Result<(), Unkept> {
        let of_column = || {
            self.columns
                .as_ref()
                .and_then(|columns| columns.look(column))
        };
        let plain = match (change, cells.left) {
            (Change::Text { .. } | Change::Blank, Some((left, look))) if left + 1 == column => look,
            _ => cells.look.or_else(of_column).unwrap_or(0),
        };
        let plain = self.styles.plain(plain)?;
        cells.left = Some((column, plain));
        let look = match change {
            Change::Red | Change::Text { red: true, .. } => self.styles.wrong(plain)?,
            _ => plain,
        };
        let (p, at) = (&cells.prefix, name(cells.row, column));
        let text = match change {
            Change::Text { text, .. } => format!(
                "<{p}c r=\"{at}\" s=\"{look}\" t=\"inlineStr\"><{p}is><{p}t xml:space=\"preserve\">\
                 {}</{p}t></{p}is></{p}c>",
                escaped(text)
            ),
            Change::Red | Change::Blank => format!("<{p}c r=\"{at}\" s=\"{look}\"/>"),
        };
        self.raw(&text)
    }
}

/// A row while its cells are written.
struct Cells<'a> {
    row: u64,
    plan: &'a RowPlan,
    prefix: String,
    /// The look of cells that are not there.
    look: Option<u32>,
    /// The first column that is not yet written.
    done: u32,
    /// The cell that was written last, and its look.
    left: Option<(u32, u32)>,
}

fn look_of(tag: &BytesStart<'_>) -> Result<Option<u32>, Unkept> {
    match attribute(tag, "s")? {
        None => Ok(None),
        Some(said) => match said.parse() {
            Ok(look) => Ok(Some(look)),
            Err(_) => fault("a look that is no number"),
        },
    }
}

/// The row, from 1, and the column, from 0, of the name of a cell.
pub(super) fn place(name: &str) -> Option<(u64, u32)> {
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = name.split_at_checked(digits)?;
    let mut column = 0_u32;
    for letter in letters.bytes() {
        let letter = letter.to_ascii_uppercase();
        if !letter.is_ascii_uppercase() || column > MOST_COLUMNS {
            return None;
        }
        column = column * 26 + u32::from(letter - b'A') + 1;
    }
    let column = column.checked_sub(1).filter(|it| *it < MOST_COLUMNS)?;
    let row = row
        .parse()
        .ok()
        .filter(|row| (1..=MOST_ROWS).contains(row))?;
    Some((row, column))
}

/// The most rows and columns that a sheet of this kind has.
const MOST_ROWS: u64 = 1_048_576;
pub(super) const MOST_COLUMNS: u32 = 16_384;

/// The name of a cell.
pub(super) fn name(row: u64, column: u32) -> String {
    let column = u16::try_from(column).unwrap_or(u16::MAX);
    format!(
        "{}{row}",
        rust_xlsxwriter::utility::column_number_to_name(column)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_names() {
        for (text, there) in [("A1", (1, 0)), ("Z9", (9, 25)), ("AA10", (10, 26))] {
            assert_eq!(place(text), Some(there));
            assert_eq!(name(there.0, there.1), text);
        }
        for text in [
            "",
            "A",
            "1",
            "A0",
            "XFE1",
            "A1048577",
            "A1B",
            "$A$1",
            "ZZZZZZZZZZ1",
        ] {
            assert_eq!(place(text), None, "{text}");
        }
    }
}
