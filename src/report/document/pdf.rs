//! PDF/A-2b in the layout of Decree 30/2020/NĐ-CP: the same parts as Word, laid out here. All
//! lengths are twips and whole numbers; [`ink`] alone turns them into what a PDF takes.
//!
//! **Invariant:** the same report gives the same bytes: no clock, no random id.

mod ink;
mod sheet;

use super::super::model::{Report, Table};
use super::super::render::{date_line, fingerprint, number_line, phrases};
use super::columns::{self, PADDING};
use super::drawn;
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
                let text = match mark {
                    Some(mark) => format!("{mark} {text}"),
                    None => (*text).to_owned(),
                };
                if matches!(rest.first(), Some(Piece::Foot)) {
                    self.keep_with_foot(&text);
                }
                let sheets = &mut self.sheets;
                sheets.paragraph(&text, (Face::Regular, size::BODY), page::INDENT, 276);
                sheets.gap(120);
            }
            Piece::Table(table) => self.table(table),
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
                let belongs = super::belongs(self.report, BLANK);
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
        let headings = rest
            .iter()
            .take_while(|piece| matches!(piece, Piece::Heading(..)))
            .count();
        let next = match rest.get(headings) {
            Some(Piece::Table(_)) => 5,
            Some(Piece::Paragraph(..)) => 2,
            _ => 0,
        };
        let lines = 1 + i32::try_from(headings).unwrap_or(0) + next;
        self.sheets.room(lines * (height(size::BODY) + 80));
        self.sheets.gap(60);
        self.sheets
            .paragraph(text, (face, size::BODY), page::INDENT, 240);
        self.sheets.gap(60);
    }

    fn table(&mut self, table: &Table) {
        let widths = columns::widths(table, size::TABLE, page::TEXT);
        let title = columns::lines(&table.title, Face::Italic, size::TABLE, page::TEXT);
        let titles = i32::try_from(title.len()).unwrap_or(1);
        self.sheets.gap(60);
        self.sheets.room((titles + 4) * (height(size::TABLE) + 40));
        for line in title {
            let y = self.sheets.y();
            let letters = (Face::Italic, size::TABLE);
            self.sheets.text(&line, letters, page::LEFT, y, 0);
            self.sheets.gap(height(size::TABLE));
        }
        self.sheets.gap(60);
        let labels: Vec<String> = table.columns.iter().map(|c| c.label.clone()).collect();
        let head = Row::of(table, &labels, &widths, true, true);
        head.draw(&mut self.sheets);
        let last = table.rows.len().saturating_sub(1);
        let total =
            (!table.total.is_empty()).then(|| Row::of(table, &table.total, &widths, true, false));
        for (place, cells) in table.rows.iter().enumerate() {
            let row = Row::of(table, cells, &widths, false, false);
            // The total does not stand alone on a page.
            let with = match &total {
                Some(total) if place == last => total.height(),
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
            if self.sheets.room(total.height()) {
                head.draw(&mut self.sheets);
            }
            total.draw(&mut self.sheets);
        }
        self.sheets.gap(140);
        self.helps(table);
    }

    /// The total in words, and bars as long as the figures.
    fn helps(&mut self, table: &Table) {
        let lang = self.report.language;
        let (italic, small) = (
            (Face::Italic, size::TABLE),
            (Face::Regular, size::RECIPIENTS),
        );
        if let Some(words) = drawn::in_words(table, lang) {
            for line in columns::lines(&words, italic.0, italic.1, page::TEXT) {
                self.sheets.room(height(italic.1));
                let y = self.sheets.y();
                self.sheets.text(&line, italic, page::LEFT, y, 0);
                self.sheets.gap(height(italic.1));
            }
            self.sheets.gap(100);
        }
        let Some(chart) = drawn::chart(table, lang) else {
            return;
        };
        let name = page::TEXT - BAR - FIGURE;
        let row = |label: &str| columns::lines(label, small.0, small.1, name - 2 * PADDING);
        let caption = drawn::caption(table, &chart);
        let caption = columns::lines(&caption, italic.0, italic.1, page::TEXT);
        let tall =
            |lines: &[String]| i32::try_from(lines.len()).unwrap_or(1) * height(small.1) + 110;
        let bars: i32 = chart.bars.iter().map(|bar| tall(&row(bar.label))).sum();
        let captions = i32::try_from(caption.len()).unwrap_or(1) * height(italic.1);
        self.sheets.room((bars + captions + 80).min(sheet::SPACE));
        for line in caption {
            let y = self.sheets.y();
            self.sheets
                .centred(&line, italic, page::LEFT, page::TEXT, y);
            self.sheets.gap(height(italic.1));
        }
        self.sheets.gap(60);
        let left = page::LEFT + name;
        for bar in &chart.bars {
            let lines = row(bar.label);
            let tall = tall(&lines);
            self.sheets.room(tall);
            let top = self.sheets.y();
            let mut y = top + 30;
            for line in &lines {
                let x = left - PADDING - small.0.width(line, small.1);
                self.sheets.text(line, small, x, y, 0);
                y += height(small.1);
            }
            let least = if bar.length > 0 { 40 } else { 0 };
            let long = (BAR * bar.length / 1_000).max(least);
            self.sheets.striped(left, top + 30, long, tall - 60);
            let y = top + (tall - height(small.1)) / 2;
            self.sheets
                .text(bar.figure, small, left + long + PADDING, y, 0);
            self.sheets.gap(tall);
        }
        self.sheets.gap(160);
    }

    /// The last words of the body stand on the page of the signature.
    fn keep_with_foot(&mut self, text: &str) {
        let letters = (Face::Regular, size::BODY);
        let lines = columns::lines_after(text, letters.0, letters.1, page::TEXT, page::INDENT);
        let lines = i32::try_from(lines.len()).unwrap_or(1);
        let tall = lines * height(size::BODY) * 276 / 240 + 280;
        self.sheets.room(tall + tall_foot(&self.recipients()));
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
