//! Word (OOXML, ECMA-376) in the layout of Decree 30/2020/NĐ-CP. The program writes the package
//! itself: no library has all that the decree asks for (a head of a table that repeats on every
//! page), and what it takes is small.
//!
//! **Invariant:** the same report gives the same bytes: files stand in a fixed order and carry the
//! date of no clock.

mod package;
mod paragraph;
mod parts;
mod table;

pub(super) use package::{Entry, pack};
pub(super) use paragraph::escape;
pub(super) use parts::mark;

use super::super::drawn::{self, Drawn};
use super::super::model::{Chart, Recipients, Report, Table};
use super::super::render::{belongs, date_line, fingerprint, number_line, phrases};
use super::flow::{self, Piece, page, size};
use super::font::Face;
use super::{DocumentError, Setting};
use paragraph::{Align, Look, Paragraph};

/// Space left for what is written by hand on a draft.
const BLANK: &str = "\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}";

/// Makes the whole document.
///
/// # Errors
/// None that is known: it is written to memory.
pub(super) fn docx(report: &Report, setting: &Setting<'_>) -> Result<Vec<u8>, DocumentError> {
    let mut writer = Writer::new(report, true);
    writer.head();
    let pieces = flow::whole(report);
    for (place, piece) in pieces.iter().enumerate() {
        // The last words of the body stand on the page of the signature.
        writer.with_next = matches!(pieces.get(place + 1), Some(Piece::Foot));
        writer.piece(piece, setting);
    }
    let body = writer.out;
    pack(&parts::entries(report, &body))
}

/// Parts of a report as the XML of paragraphs and tables, to stand in somebody's document: their
/// looks do not rest on the styles of it.
pub(super) fn pieces(report: &Report, setting: &Setting<'_>, pieces: &[Piece<'_>]) -> String {
    let mut writer = Writer::new(report, false);
    for piece in pieces {
        writer.piece(piece, setting);
    }
    writer.out
}

/// Recipients as paragraphs.
pub(super) fn recipients(report: &Report) -> String {
    let mut writer = Writer::new(report, false);
    writer.recipients();
    writer.out
}

struct Writer<'a> {
    report: &'a Report,
    /// Whether the document is ours and has our styles.
    own: bool,
    /// Whether the paragraph at hand stays with what follows.
    with_next: bool,
    out: String,
}

impl<'a> Writer<'a> {
    fn new(report: &'a Report, own: bool) -> Writer<'a> {
        Writer {
            report,
            own,
            with_next: false,
            out: String::new(),
        }
    }

    fn put(&mut self, paragraph: &Paragraph) {
        self.out.push_str(&paragraph.xml());
    }

    fn piece(&mut self, piece: &Piece<'_>, setting: &Setting<'_>) {
        match piece {
            Piece::Heading(section, depth) => self.heading(&flow::heading(section), *depth),
            Piece::Paragraph(mark, text) => self.paragraph(*mark, text),
            Piece::Table(one) => self.table(one),
            Piece::Chart(chart) => self.chart(chart),
            Piece::Foot => self.foot(),
            Piece::Annex(section) => self.annex(section.number.as_deref(), &section.heading),
            Piece::Marks => self.marks(setting),
        }
    }

    /// Issuer and state, number and date side by side; then the title.
    fn head(&mut self) {
        let header = &self.report.header;
        let centred = |text: &str, size: i32, bold: bool| Paragraph {
            align: Align::Centre,
            look: Look::new(size).bold(bold),
            ..Paragraph::of(text)
        };
        let mut left: Vec<Paragraph> = Vec::new();
        let issuer = header.issuer.iter();
        left.extend(issuer.map(|line| centred(line, size::HEAD, true)));
        left.push(rule(header.issuer.last(), size::HEAD, page::HEAD_LEFT, 2));
        let mut right: Vec<Paragraph> = Vec::new();
        for (place, line) in header.motto.iter().enumerate() {
            let size = if place == 0 { size::HEAD } else { size::BODY };
            right.push(centred(line, size, true));
        }
        let columns = [page::HEAD_LEFT, page::TEXT - page::HEAD_LEFT];
        let motto_size = if header.motto.len() > 1 {
            size::BODY
        } else {
            size::HEAD
        };
        right.push(rule(header.motto.last(), motto_size, columns[1], 1));
        let number = Paragraph {
            before: 120,
            ..centred(&number_line(self.report, BLANK), size::HEAD, false)
        };
        let date = Paragraph {
            look: Look::new(size::BODY).italic(true),
            before: 120,
            ..centred(&date_line(self.report, BLANK), size::BODY, false)
        };
        let rows = [[left, right], [vec![number], vec![date]]];
        self.out.push_str(&table::sides(&columns, &rows, false));
        let title = Paragraph {
            before: 360,
            after: 0,
            ..centred(&header.title, size::BODY, true)
        };
        self.put(&title);
        let subject = Paragraph {
            after: 0,
            ..centred(&header.subject, size::BODY, true)
        };
        self.put(&subject);
        let mut rule = rule(Some(&header.subject), size::BODY, page::TEXT, 3);
        rule.after = 240;
        self.put(&rule);
    }

    /// Figures in rows, with what helps to take them in.
    fn table(&mut self, one: &Table) {
        let lang = self.report.language;
        let words = drawn::in_words(one, lang);
        self.out.push_str(&table::title(&one.title));
        self.out.push_str(&table::data(one, words.is_some()));
        if let Some(words) = words {
            self.put(&Paragraph {
                look: Look::new(size::TABLE).italic(true),
                after: 120,
                ..Paragraph::of(&words)
            });
        }
        if let Some(drawn) = drawn::of_table(one, lang) {
            self.drawn(&drawn, false);
        }
    }

    /// Bars, then the table that they are read off. Where the table is short they stand in one row
    /// that is not parted, since not every program keeps tables together.
    fn chart(&mut self, chart: &Chart) {
        let Some(drawn) = drawn::of_chart(chart, self.report.language) else {
            return self.table(&chart.table);
        };
        let together = table::is_short(&chart.table);
        if together {
            self.out.push_str(&table::frame());
        }
        self.drawn(&drawn, true);
        self.out.push_str(&table::data(&chart.table, false));
        if together {
            self.out.push_str(table::FRAME_END);
        }
    }

    /// Bars under what they show. `with_table` keeps them with the table that follows.
    fn drawn(&mut self, drawn: &Drawn, with_table: bool) {
        self.put(&Paragraph {
            align: Align::Centre,
            look: Look::new(size::TABLE).italic(true),
            before: if with_table { 180 } else { 60 },
            after: 40,
            with_next: true,
            ..Paragraph::of(&drawn.caption)
        });
        self.out.push_str(&table::bars(drawn, with_table));
        self.put(&Paragraph {
            look: Look::new(size::MARKS),
            exact: 120,
            with_next: with_table,
            ..Paragraph::of("")
        });
    }

    fn heading(&mut self, text: &str, depth: usize) {
        let look = Look::new(size::BODY).bold(true).italic(depth > 2);
        let paragraph = Paragraph {
            style: self.own.then(|| format!("Heading{}", depth.min(3))),
            outline: Some(depth.min(9)),
            look,
            align: Align::Both,
            before: 120,
            after: 60,
            first: page::INDENT,
            with_next: true,
            ..Paragraph::of(text)
        };
        self.put(&paragraph);
    }

    fn paragraph(&mut self, mark: Option<&str>, text: &str) {
        let text = match mark {
            Some(mark) => format!("{mark} {text}"),
            None => text.to_owned(),
        };
        let paragraph = Paragraph {
            look: self.look(),
            align: Align::Both,
            after: 120,
            line: 276,
            first: page::INDENT,
            with_next: self.with_next,
            ..Paragraph::of(&text)
        };
        self.put(&paragraph);
    }

    /// The look of the body: that of the document it stands in.
    fn look(&self) -> Look {
        Look::default()
    }

    fn annex(&mut self, number: Option<&str>, heading: &str) {
        let mut first = true;
        let number = number.map(|number| number.trim_end_matches('.').to_owned());
        for text in number.iter().map(String::as_str).chain([heading]) {
            let paragraph = Paragraph {
                style: (first && self.own).then(|| "Heading1".to_owned()),
                outline: first.then_some(1),
                new_page: first,
                look: Look::new(size::BODY).bold(true),
                align: Align::Centre,
                before: 0,
                after: 0,
                with_next: true,
                ..Paragraph::of(text)
            };
            self.put(&paragraph);
            first = false;
        }
        let paragraph = Paragraph {
            look: Look::new(size::BODY).italic(true),
            align: Align::Centre,
            after: 120,
            with_next: true,
            ..Paragraph::of(&belongs(self.report, BLANK))
        };
        self.put(&paragraph);
    }

    fn recipient_lines(&self) -> Vec<Paragraph> {
        let report = self.report;
        let mut lines = Vec::new();
        if report.recipients.is_empty() {
            return lines;
        }
        lines.push(Paragraph {
            look: Look::new(size::TABLE).bold(true).italic(true),
            ..Paragraph::of(phrases(report.language).recipients)
        });
        let small = |text: &str| Paragraph {
            look: Look::new(size::RECIPIENTS),
            ..Paragraph::of(text)
        };
        for Recipients { heading, to } in &report.recipients {
            lines.push(small(heading));
            lines.extend(to.iter().map(|to| small(&format!("- {to}"))));
        }
        lines
    }

    fn recipients(&mut self) {
        for line in self.recipient_lines() {
            self.put(&line);
        }
    }

    /// The recipients left, the signature right; they stay together.
    fn foot(&mut self) {
        let signature = &self.report.signature;
        let centred = |text: &str| Paragraph {
            align: Align::Centre,
            look: Look::new(size::BODY).bold(true),
            ..Paragraph::of(text)
        };
        let mut sign = vec![centred(&signature.on_behalf), centred(&signature.role)];
        // Space for the hand and the seal, then for the name.
        sign.extend((0..5).map(|_| centred("")));
        let half = page::TEXT / 2;
        let rows = [[self.recipient_lines(), sign]];
        let columns = [half, page::TEXT - half];
        self.put(&Paragraph {
            look: Look::new(size::MARKS),
            with_next: true,
            ..Paragraph::of("")
        });
        self.out.push_str(&table::sides(&columns, &rows, true));
    }

    fn marks(&mut self, setting: &Setting<'_>) {
        let mut first = true;
        let lines = fingerprint(self.report);
        for text in lines.iter().chain([&setting.line(self.report.language)]) {
            self.put(&Paragraph {
                look: Look::new(size::MARKS),
                above: first,
                before: if first { 240 } else { 0 },
                ..Paragraph::of(text)
            });
            first = false;
        }
    }
}

/// A rule in the middle of a column: as long as a text of a size, or a part of it.
fn rule(under: Option<&String>, size: i32, column: i32, part: i32) -> Paragraph {
    let text = under.map_or("", String::as_str);
    let long = (Face::Bold.width(text, size) / part).min(column / 2 * 2 / part.max(1));
    let beside = (column - long).max(0) / 2;
    Paragraph {
        above: true,
        left: beside,
        right: beside,
        exact: 80,
        before: 40,
        look: Look::new(80),
        ..Paragraph::of("")
    }
}
