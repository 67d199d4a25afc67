//! PDF/A-2b in the layout of Decree 30/2020/NĐ-CP: the same parts as Word, laid out here. All
//! lengths are twips and whole numbers; [`ink`] alone turns them into what a PDF takes.
//!
//! **Invariant:** the same report gives the same bytes: no clock, no random id.

mod ink;
mod sheet;

use super::super::drawn::{self, Drawn, Fill, Group};
use super::super::model::{Chart, Report, Table};
use super::super::render::{belongs, date_line, fingerprint, number_line, phrases};
use super::columns::{self, PADDING};
use super::flow::{self, Piece, page, size};
use super::font::Face;
use super::{DocumentError, Setting};
use ink::Ink;
use sheet::{Sheets, height};

/// Space left for what is written by hand on a draft.
const BLANK: &str = "\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}";

/// Half the text's width.
const HALF: i32 = page::TEXT / 2;

/// The side of the QR code: 28 mm, so that a telephone reads it off paper.
const CODE: i32 = 1_588;

/// The longest bar of a chart, and the space for its figure.
const BAR: i32 = 3_800;
const FIGURE: i32 = 1_900;

/// Makes the whole document.
///
/// # Errors
/// When the library refuses; none is known.
pub(super) fn pdf(report: &Report, setting: &Setting<'_>) -> Result<Vec<u8>, DocumentError> {
    let mut layout = Layout {
        report,
        sheets: Sheets::new(),
    };
    layout.head();
    let pieces = flow::whole(report);
    for (place, piece) in pieces.iter().enumerate() {
        let rest = pieces.get(place + 1..).unwrap_or_default();
        layout.piece(piece, rest, setting)?;
    }
    ink::write(report, layout.sheets.done())
}

/// What the QR code says: the three lines that a checkpoint of this size has, then the report.
pub(super) fn code_text(report: &Report, origin: &str) -> String {
    use base64::Engine;
    let root: Vec<u8> = (0..report.as_of.root.len())
        .step_by(2)
        .filter_map(|place| report.as_of.root.get(place..place + 2))
        .filter_map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect();
    let root = base64::engine::general_purpose::STANDARD.encode(root);
    let digest = report.digest.as_deref().unwrap_or_default();
    let number = number_line(report, "…");
    let seq = report.as_of.seq;
    format!("{origin}\n{seq}\n{root}\n\n{number}\nsha256 {digest}\n")
}

struct Layout<'a> {
    report: &'a Report,
    sheets: Sheets,
}

impl Layout<'_> {
    fn piece(
        &mut self,
        piece: &Piece<'_>,
        rest: &[Piece<'_>],
        setting: &Setting<'_>,
    ) -> Result<(), DocumentError> {
        match piece {
            Piece::Heading(section, depth) => {
                self.heading(&flow::heading(section), *depth, rest);
            }
            Piece::Paragraph(mark, text) => {
                let text = marked(*mark, text);
                if matches!(rest.first(), Some(Piece::Foot)) {
                    self.keep_with_foot(&text);
                }
                let sheets = &mut self.sheets;
                sheets.paragraph(&text, (Face::Regular, size::BODY), page::INDENT, 276);
                sheets.gap(120);
            }
            Piece::Table(table) => self.table(table, true),
            Piece::Chart(chart) => self.chart(chart),
            Piece::Foot => self.foot(),
            Piece::Annex(section) => {
                self.sheets.new_sheet();
                let number = section
                    .number
                    .as_deref()
                    .map(|one| one.trim_end_matches('.'));
                for text in number.into_iter().chain([section.heading.as_str()]) {
                    self.centred(text, (Face::Bold, size::BODY));
                }
                let belongs = belongs(self.report, BLANK);
                self.centred(&belongs, (Face::Italic, size::BODY));
                self.sheets.gap(120);
            }
            Piece::Marks => self.marks(setting)?,
        }
        Ok(())
    }

    /// Lines in the middle of the page.
    fn centred(&mut self, text: &str, (face, size): (Face, i32)) {
        for line in columns::lines(text, face, size, page::TEXT) {
            self.sheets.room(height(size));
            let y = self.sheets.y();
            self.sheets
                .centred(&line, (face, size), page::LEFT, page::TEXT, y);
            self.sheets.gap(height(size));
        }
    }

    /// Lines in the middle of a column, from a height down; answers where they end.
    fn column(&mut self, lines: &[(&str, Face, i32)], left: i32, width: i32, top: i32) -> i32 {
        let mut y = top;
        for (text, face, size) in lines {
            for line in columns::lines(text, *face, *size, width) {
                self.sheets.centred(&line, (*face, *size), left, width, y);
                y += height(*size);
            }
        }
        y
    }

    fn rule(&mut self, under: Option<&String>, size: i32, part: i32, middle: i32, y: i32) {
        let text = under.map_or("", String::as_str);
        let long = Face::Bold.width(text, size).min(page::TEXT) / part;
        self.sheets.line(middle - long / 2, y, long, 10);
    }

    fn head(&mut self) {
        let header = &self.report.header;
        let (left, right) = (page::LEFT, page::LEFT + page::HEAD_LEFT);
        let wide = page::TEXT - page::HEAD_LEFT;
        let top = self.sheets.y();
        let issuer: Vec<(&str, Face, i32)> = header
            .issuer
            .iter()
            .map(|line| (line.as_str(), Face::Bold, size::HEAD))
            .collect();
        let issuer_end = self.column(&issuer, left, page::HEAD_LEFT, top);
        let motto: Vec<(&str, Face, i32)> = header
            .motto
            .iter()
            .enumerate()
            .map(|(place, line)| {
                let size = if place == 0 { size::HEAD } else { size::BODY };
                (line.as_str(), Face::Bold, size)
            })
            .collect();
        let motto_end = self.column(&motto, right, wide, top);
        let motto_size = motto.last().map_or(size::BODY, |(_, _, size)| *size);
        let middle = left + page::HEAD_LEFT / 2;
        self.rule(header.issuer.last(), size::HEAD, 2, middle, issuer_end + 40);
        let middle = right + wide / 2;
        self.rule(header.motto.last(), motto_size, 1, middle, motto_end + 40);
        let y = issuer_end.max(motto_end) + 220;
        let number = number_line(self.report, BLANK);
        let number = [(number.as_str(), Face::Regular, size::HEAD)];
        let date = date_line(self.report, BLANK);
        let date = [(date.as_str(), Face::Italic, size::BODY)];
        let number_end = self.column(&number, left, page::HEAD_LEFT, y);
        let date_end = self.column(&date, right, wide, y);
        self.sheets.go(number_end.max(date_end) + 360);
        let (title, subject) = (header.title.clone(), header.subject.clone());
        self.centred(&title, (Face::Bold, size::BODY));
        self.centred(&subject, (Face::Bold, size::BODY));
        let y = self.sheets.y() + 50;
        self.rule(Some(&subject), size::BODY, 3, page::LEFT + HALF, y);
        self.sheets.gap(300);
    }

    /// A heading stays with what follows it.
    fn heading(&mut self, text: &str, depth: usize, rest: &[Piece<'_>]) {
        let face = Face::of(true, depth > 2);
        let tall = tall_heading(text, depth) + self.first_of(rest);
        self.sheets.room(tall.min(sheet::SPACE));
        self.sheets.gap(60);
        self.sheets
            .paragraph(text, (face, size::BODY), page::INDENT, 240);
        self.sheets.gap(60);
    }

    /// The height that has to follow a heading on its page: that of the headings after it, and what
    /// cannot be parted from the first of what they head.
    fn first_of(&self, rest: &[Piece<'_>]) -> i32 {
        let mut tall = 0;
        for (place, piece) in rest.iter().enumerate() {
            match piece {
                Piece::Heading(section, depth) => {
                    tall += tall_heading(&flow::heading(section), *depth);
                }
                Piece::Paragraph(mark, text) => {
                    let last = matches!(rest.get(place + 1), Some(Piece::Foot));
                    let text = marked(*mark, text);
                    return tall
                        + match last {
                            true => self.tall_last(&text),
                            false => tall_paragraph(&text, 2),
                        };
                }
                Piece::Table(table) => return tall + tall_beginning(table, true),
                Piece::Chart(chart) => {
                    let drawn = drawn::of_chart(chart, self.report.language);
                    let bars = drawn.map(|drawn| tall_drawn(&drawn));
                    return tall + bars.unwrap_or_else(|| tall_beginning(&chart.table, true));
                }
                Piece::Foot => return tall + tall_foot(&self.recipients()) + 160,
                Piece::Annex(_) | Piece::Marks => return tall,
            }
        }
        tall
    }

    /// Figures in rows, under their title where it does not stand over them already.
    fn table(&mut self, table: &Table, titled: bool) {
        let widths = columns::widths(table, size::TABLE, page::TEXT);
        self.sheets.gap(60);
        self.sheets
            .room(tall_beginning(table, titled).min(sheet::SPACE));
        if titled {
            for line in columns::lines(&table.title, Face::Italic, size::TABLE, page::TEXT) {
                let y = self.sheets.y();
                let letters = (Face::Italic, size::TABLE);
                self.sheets.text(&line, letters, page::LEFT, y, 0);
                self.sheets.gap(height(size::TABLE));
            }
            self.sheets.gap(60);
        }
        let labels: Vec<String> = table.columns.iter().map(|c| c.label.clone()).collect();
        let head = Row::of(table, &labels, &widths, true, true);
        head.draw(&mut self.sheets);
        let last = table.rows.len().saturating_sub(1);
        let total =
            (!table.total.is_empty()).then(|| Row::of(table, &table.total, &widths, true, false));
        // What is said of the total stands under it.
        let words = if titled {
            self.words(table)
        } else {
            Vec::new()
        };
        let said = match words.len() {
            0 => 0,
            lines => 140 + count(lines) * height(size::TABLE),
        };
        for (place, cells) in table.rows.iter().enumerate() {
            let row = Row::of(table, cells, &widths, false, false);
            // The total does not stand alone on a page.
            let with = match &total {
                Some(total) if place == last => total.height() + said,
                _ => 0,
            };
            for part in row.parts(head.height()) {
                if self.sheets.room(part.height() + with) {
                    head.draw(&mut self.sheets);
                }
                part.draw(&mut self.sheets);
            }
        }
        if let Some(total) = total {
            if self.sheets.room(total.height() + said) {
                head.draw(&mut self.sheets);
            }
            total.draw(&mut self.sheets);
        }
        self.sheets.gap(140);
        if titled {
            self.helps(table, &words);
        }
    }

    /// The total in words, line by line.
    fn words(&self, table: &Table) -> Vec<String> {
        let words = drawn::in_words(table, self.report.language);
        words.map_or_else(Vec::new, |words| {
            columns::lines(&words, Face::Italic, size::TABLE, page::TEXT)
        })
    }

    /// The total in words, and bars as long as the figures.
    fn helps(&mut self, table: &Table, words: &[String]) {
        for line in words {
            self.sheets.room(height(size::TABLE));
            let y = self.sheets.y();
            let letters = (Face::Italic, size::TABLE);
            self.sheets.text(line, letters, page::LEFT, y, 0);
            self.sheets.gap(height(size::TABLE));
        }
        if !words.is_empty() {
            self.sheets.gap(100);
        }
        if let Some(drawn) = drawn::of_table(table, self.report.language) {
            self.sheets.room(tall_drawn(&drawn).min(sheet::SPACE));
            self.drawn(&drawn);
        }
    }

    /// Bars, then the table that they are read off, on one page where it has room for both.
    fn chart(&mut self, chart: &Chart) {
        let Some(drawn) = drawn::of_chart(chart, self.report.language) else {
            return self.table(&chart.table, true);
        };
        let bars = tall_drawn(&drawn);
        let both = bars + tall_whole(&chart.table);
        let together = if both <= sheet::SPACE {
            both
        } else {
            bars + tall_beginning(&chart.table, false)
        };
        self.sheets.gap(120);
        self.sheets.room(together.min(sheet::SPACE));
        self.drawn(&drawn);
        self.table(&chart.table, false);
    }

    fn drawn(&mut self, drawn: &Drawn) {
        for line in columns::lines(&drawn.caption, CAPTION.0, CAPTION.1, page::TEXT) {
            let y = self.sheets.y();
            self.sheets
                .centred(&line, CAPTION, page::LEFT, page::TEXT, y);
            self.sheets.gap(height(CAPTION.1));
        }
        self.sheets.gap(60);
        for group in &drawn.groups {
            self.group(group);
        }
        if !drawn.legend.is_empty() {
            self.legend(&drawn.legend);
        }
        self.sheets.gap(160);
    }

    /// The bars of a row, its name beside them.
    fn group(&mut self, group: &Group) {
        let lines = name_lines(&group.label);
        let tall = tall_group(group);
        self.sheets.room(tall);
        let top = self.sheets.y();
        let left = page::LEFT + NAME;
        let mut y = top + (tall - count(lines.len()) * height(SMALL.1)) / 2;
        for line in &lines {
            let x = left - PADDING - SMALL.0.width(line, SMALL.1);
            self.sheets.text(line, SMALL, x, y, 0);
            y += height(SMALL.1);
        }
        let each = height(SMALL.1) + 30;
        let mut y = top + (tall - each * count(group.bars.len())) / 2;
        for bar in &group.bars {
            // At least a line, so that a small figure is seen; none for nothing.
            let long = |thousandths: i32| match thousandths {
                0 => 0,
                some => (BAR * some / 1_000).max(40),
            };
            let (length, frame) = (long(bar.length), long(bar.frame));
            self.sheets.framed(left, y, frame, each);
            match bar.fill {
                Fill::Empty => self.sheets.framed(left, y, length, each),
                Fill::Striped => self.sheets.striped(left, y, length, each),
            }
            let at = (
                left + length.max(frame) + PADDING,
                y + (each - height(SMALL.1)) / 2,
            );
            self.sheets.text(&bar.figure, SMALL, at.0, at.1, 0);
            y += each;
        }
        self.sheets.gap(tall);
    }

    /// What each filling shows, in the middle.
    fn legend(&mut self, legend: &[(Fill, String)]) {
        const SAMPLE: i32 = 400;
        let wide = |what: &String| SAMPLE + PADDING + SMALL.0.width(what, SMALL.1);
        let whole: i32 = legend.iter().map(|(_, what)| wide(what) + 300).sum();
        let mut x = page::LEFT + (page::TEXT - whole + 300) / 2;
        let y = self.sheets.y() + 40;
        for (fill, what) in legend {
            let tall = height(SMALL.1) - 60;
            match fill {
                Fill::Empty => self.sheets.framed(x, y + 30, SAMPLE, tall),
                Fill::Striped => self.sheets.striped(x, y + 30, SAMPLE, tall),
            }
            self.sheets.text(what, SMALL, x + SAMPLE + PADDING, y, 0);
            x += wide(what) + 300;
        }
        self.sheets.gap(height(SMALL.1) + 40);
    }

    /// The last words of the body stand on the page of the signature.
    fn keep_with_foot(&mut self, text: &str) {
        let tall = self.tall_last(text);
        self.sheets.room(tall);
    }

    /// The height of the last words of the body with the signature.
    fn tall_last(&self, text: &str) -> i32 {
        tall_paragraph(text, usize::MAX) + 280 + tall_foot(&self.recipients())
    }

    /// The recipients, line by line.
    fn recipients(&self) -> Vec<(String, Face, i32)> {
        let report = self.report;
        let mut left: Vec<(String, Face, i32)> = Vec::new();
        if !report.recipients.is_empty() {
            let word = phrases(report.language).recipients.to_owned();
            left.push((word, Face::BoldItalic, size::TABLE));
        }
        for group in &report.recipients {
            let lines = std::iter::once(group.heading.clone());
            let lines = lines.chain(group.to.iter().map(|to| format!("- {to}")));
            for text in lines {
                for line in columns::lines(&text, Face::Regular, size::RECIPIENTS, HALF - 200) {
                    left.push((line, Face::Regular, size::RECIPIENTS));
                }
            }
        }
        left
    }

    /// The recipients left, the signature right, on one page.
    fn foot(&mut self) {
        let report = self.report;
        let left = self.recipients();
        self.sheets.gap(160);
        let tall = tall_foot(&left);
        self.sheets.room(tall);
        let top = self.sheets.y();
        let mut y = top;
        for (text, face, size) in &left {
            self.sheets.text(text, (*face, *size), page::LEFT, y, 0);
            y += height(*size);
        }
        let (role, whom) = (&report.signature.role, &report.signature.on_behalf);
        let sign = [
            (whom.as_str(), Face::Bold, size::BODY),
            (role.as_str(), Face::Bold, size::BODY),
        ];
        self.column(&sign, page::LEFT + HALF, HALF, top);
        self.sheets.go(top + tall);
    }

    /// The fingerprint: in words, and in a code that a telephone reads.
    fn marks(&mut self, setting: &Setting<'_>) -> Result<(), DocumentError> {
        self.sheets.gap(240);
        self.sheets.room(CODE + 120);
        let top = self.sheets.y();
        self.sheets.line(page::LEFT, top, page::TEXT, 10);
        self.sheets.code(
            &code_text(self.report, setting.origin),
            page::LEFT,
            top + 120,
            CODE,
        )?;
        let left = page::LEFT + CODE + 170;
        let width = page::TEXT - CODE - 170;
        let mut y = top + 120;
        let own = setting.line(self.report.language);
        let hint = self.report.language.pick(
            "Ba dòng đầu của mã QR là mốc xác nhận của sổ tại sự kiện này; dòng cuối là mã SHA-256 \
             của báo cáo.",
            "The first three lines of the QR code are the ledger's checkpoint at this event; the \
             last is the SHA-256 of the report.",
        );
        let lines = fingerprint(self.report);
        for text in lines.iter().map(String::as_str).chain([own.as_str(), hint]) {
            for line in columns::lines(text, Face::Regular, size::MARKS, width) {
                self.sheets
                    .text(&line, (Face::Regular, size::MARKS), left, y, 0);
                y += height(size::MARKS);
            }
        }
        self.sheets.go((top + 120 + CODE).max(y));
        Ok(())
    }
}

/// A paragraph with its mark.
fn marked(mark: Option<&str>, text: &str) -> String {
    match mark {
        Some(mark) => format!("{mark} {text}"),
        None => text.to_owned(),
    }
}

fn count(lines: usize) -> i32 {
    i32::try_from(lines).unwrap_or(1)
}

/// The height of the first lines of a paragraph; all of three, since none is left alone.
fn tall_paragraph(text: &str, most: usize) -> i32 {
    let lines = columns::lines_after(text, Face::Regular, size::BODY, page::TEXT, page::INDENT);
    let lines = match lines.len() {
        few @ ..=3 => few,
        many => many.min(most),
    };
    count(lines) * (height(size::BODY) * 276 / 240)
}

fn tall_heading(text: &str, depth: usize) -> i32 {
    let face = Face::of(true, depth > 2);
    let lines = columns::lines_after(text, face, size::BODY, page::TEXT, page::INDENT);
    count(lines.len()) * height(size::BODY) + 120
}

/// The height of what of a table stands together: a short one whole, else its title, its head and
/// its first rows, since a head does not stand alone, nor a single row under it where more follow.
fn tall_beginning(table: &Table, titled: bool) -> i32 {
    let whole = tall_rows(table, titled, usize::MAX);
    if whole <= SHORT {
        return whole;
    }
    tall_rows(table, titled, 2)
}

/// A table that is no taller is not parted: a third of a page.
const SHORT: i32 = sheet::SPACE / 3;

/// The height of a table under bars.
fn tall_whole(table: &Table) -> i32 {
    tall_rows(table, false, usize::MAX) + 140
}

fn tall_rows(table: &Table, titled: bool, most: usize) -> i32 {
    let widths = columns::widths(table, size::TABLE, page::TEXT);
    let labels: Vec<String> = table.columns.iter().map(|c| c.label.clone()).collect();
    let mut tall = 60 + Row::of(table, &labels, &widths, true, true).height();
    if titled {
        let title = columns::lines(&table.title, Face::Italic, size::TABLE, page::TEXT);
        tall += count(title.len()) * height(size::TABLE) + 60;
    }
    let total = (!table.total.is_empty()).then_some(&table.total);
    let rows = table.rows.iter().chain(total).take(most);
    tall + rows
        .map(|cells| Row::of(table, cells, &widths, false, false).height())
        .sum::<i32>()
}

/// The letters of bars, and of what stands over them.
const SMALL: (Face, i32) = (Face::Regular, size::RECIPIENTS);
const CAPTION: (Face, i32) = (Face::Italic, size::TABLE);

/// The space for the names of bars.
const NAME: i32 = page::TEXT - BAR - FIGURE;

fn name_lines(label: &str) -> Vec<String> {
    columns::lines(label, SMALL.0, SMALL.1, NAME - 2 * PADDING)
}

fn tall_group(group: &Group) -> i32 {
    let lines = name_lines(&group.label).len().max(group.bars.len());
    count(lines) * height(SMALL.1) + 110
}

fn tall_drawn(drawn: &Drawn) -> i32 {
    let caption = columns::lines(&drawn.caption, CAPTION.0, CAPTION.1, page::TEXT);
    let bars: i32 = drawn.groups.iter().map(tall_group).sum();
    let legend = if drawn.legend.is_empty() {
        0
    } else {
        height(SMALL.1) + 40
    };
    count(caption.len()) * height(CAPTION.1) + 60 + bars + legend + 160
}

/// The height of the foot: the recipients, or the signature with space for the hand, the seal and
/// the name.
fn tall_foot(recipients: &[(String, Face, i32)]) -> i32 {
    let listed: i32 = recipients.iter().map(|(_, _, size)| height(*size)).sum();
    listed.max(7 * height(size::BODY))
}

/// Space above and below the words of a cell.
const ROOM: i32 = 30;

/// A row of a table, its words broken into lines.
struct Row<'a> {
    cells: Vec<Vec<String>>,
    widths: &'a [i32],
    table: &'a Table,
    face: Face,
    is_head: bool,
}

impl<'a> Row<'a> {
    fn of(
        table: &'a Table,
        cells: &[String],
        widths: &'a [i32],
        bold: bool,
        is_head: bool,
    ) -> Row<'a> {
        let face = Face::of(bold, false);
        let cells = cells.iter().zip(widths);
        let cells =
            cells.map(|(cell, width)| columns::lines(cell, face, size::TABLE, width - 2 * PADDING));
        Row {
            cells: cells.collect(),
            widths,
            table,
            face,
            is_head,
        }
    }

    fn height(&self) -> i32 {
        let lines = self.cells.iter().map(Vec::len).max().unwrap_or(1).max(1);
        i32::try_from(lines).unwrap_or(1) * height(size::TABLE) + 2 * ROOM
    }

    /// The row, or parts of it that each fit on a page under the head of the table.
    fn parts(self, head: i32) -> Vec<Row<'a>> {
        let most = (sheet::SPACE - head - 2 * ROOM) / height(size::TABLE);
        let most = usize::try_from(most).unwrap_or(1).max(1);
        let lines = self.cells.iter().map(Vec::len).max().unwrap_or(0);
        if lines <= most {
            return vec![self];
        }
        let part = |first: usize| Row {
            cells: self
                .cells
                .iter()
                .map(|cell| cell.iter().skip(first).take(most).cloned().collect())
                .collect(),
            widths: self.widths,
            table: self.table,
            face: self.face,
            is_head: self.is_head,
        };
        (0..lines).step_by(most).map(part).collect()
    }

    fn draw(&self, sheets: &mut Sheets) {
        let (top, tall) = (sheets.y(), self.height());
        let mut x = page::LEFT;
        let whole: i32 = self.widths.iter().sum();
        sheets.line(x, top, whole, 8);
        sheets.line(x, top + tall, whole, 8);
        sheets.ink(Ink::Box(x, top, 8, tall));
        let columns = self.widths.iter().zip(&self.table.columns);
        for (lines, (width, column)) in self.cells.iter().zip(columns) {
            let tall_lines = i32::try_from(lines.len()).unwrap_or(0) * height(size::TABLE);
            let mut y = top + ROOM;
            if self.is_head {
                y = top + (tall - tall_lines) / 2;
            }
            for line in lines {
                let long = self.face.width(line, size::TABLE);
                let at = match (self.is_head, column.number) {
                    (true, _) => x + (width - long) / 2,
                    (false, true) => x + width - PADDING - long,
                    (false, false) => x + PADDING,
                };
                sheets.text(line, (self.face, size::TABLE), at, y, 0);
                y += height(size::TABLE);
            }
            x += width;
            sheets.ink(Ink::Box(x, top, 8, tall));
        }
        sheets.gap(tall);
    }
}
