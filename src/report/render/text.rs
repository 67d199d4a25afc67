//! Plain text, as an office lays out a document: 96 columns, the issuer on the left of the head,
//! the state's name and motto on its right.

use super::width::{centre, left, right, width, wrap};
use super::{date_line, fingerprint, number_line, phrases};
use crate::report::model::{Block, Chart, Report, Section, Table};
use crate::report::narrative::Paragraph;

/// The width of a page, in columns.
const PAGE: usize = 96;

/// The width of the left half of the head and of the foot.
const LEFT: usize = 44;

/// Space left for what is written by hand on a draft.
const BLANK: &str = "     ";

/// The first line of a paragraph.
const INDENT: usize = 4;

/// No column of a table is narrower than this, however long the others are.
const NARROWEST: usize = 8;

/// Renders a report as plain text, ending in a line break.
pub fn text(report: &Report) -> String {
    let mut page = Page::default();
    page.head(report);
    page.blocks(&report.opening);
    for section in &report.sections {
        page.section(section, true);
    }
    page.gap();
    page.blocks(&report.closing);
    page.foot(report);
    for section in &report.annexes {
        page.section(section, true);
    }
    page.gap();
    page.line(&"─".repeat(PAGE));
    for line in fingerprint(report) {
        for line in wrap(&line, PAGE) {
            page.line(&line);
        }
    }
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// One empty line, never two.
    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn head(&mut self, report: &Report) {
        let header = &report.header;
        self.halves(&header.issuer, &header.motto);
        self.halves(&[rule(header.issuer.last())], &[rule(header.motto.last())]);
        let number = number_line(report, BLANK);
        self.halves(&[number], &[date_line(report, BLANK)]);
        self.gap();
        self.line(&centre(&header.title, PAGE));
        for line in wrap(&header.subject, PAGE - 2 * INDENT) {
            self.line(&centre(&line, PAGE));
        }
        self.line(&centre(&"─".repeat(16), PAGE));
        self.gap();
    }

    /// Lines side by side, each centred in its half.
    fn halves(&mut self, first: &[String], second: &[String]) {
        let fold = |lines: &[String], columns: usize| -> Vec<String> {
            let lines = lines.iter().flat_map(|line| wrap(line, columns));
            lines.map(|line| centre(&line, columns)).collect()
        };
        let (first, second) = (fold(first, LEFT), fold(second, PAGE - LEFT));
        self.beside(&first, &second);
    }

    fn beside(&mut self, first: &[String], second: &[String]) {
        for row in 0..first.len().max(second.len()) {
            let cell = |lines: &[String]| lines.get(row).cloned().unwrap_or_default();
            self.line(&format!("{}{}", left(&cell(first), LEFT), cell(second)));
        }
    }

    fn section(&mut self, section: &Section, spaced: bool) {
        if spaced {
            self.gap();
        }
        let heading = match &section.number {
            Some(number) => format!("{number} {}", section.heading),
            None => section.heading.clone(),
        };
        for line in wrap(&heading, PAGE) {
            self.line(&line);
        }
        self.blocks(&section.blocks);
        for part in &section.sections {
            self.section(part, true);
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Paragraph(paragraph) => self.paragraph(paragraph),
                Block::Table(table) | Block::Chart(Chart { table, .. }) => self.table(table),
            }
        }
    }

    /// A paragraph has its first line indented, an item all lines but its mark.
    fn paragraph(&mut self, paragraph: &Paragraph) {
        let Some(mark) = &paragraph.mark else {
            // A mark in place of the indent keeps the words of the first line together.
            let held = format!("{}{}", "\u{1}".repeat(INDENT), paragraph.text);
            for line in wrap(&held, PAGE) {
                self.line(&line.replace('\u{1}', " "));
            }
            return;
        };
        let columns = INDENT + width(mark) + 1;
        let mut first = format!("{}{mark} ", " ".repeat(INDENT));
        for line in wrap(&paragraph.text, PAGE - columns) {
            self.line(&format!("{first}{line}"));
            first = " ".repeat(columns);
        }
    }

    fn table(&mut self, table: &Table) {
        self.gap();
        for line in wrap(&table.title, PAGE) {
            self.line(&line);
        }
        let labels: Vec<String> = table.columns.iter().map(|c| c.label.clone()).collect();
        let widths = widths(table, &labels);
        let line: Vec<String> = widths.iter().map(|columns| "─".repeat(*columns)).collect();
        self.row(table, &labels, &widths);
        self.line(&line.join("──"));
        for row in &table.rows {
            self.row(table, row, &widths);
        }
        if !table.total.is_empty() {
            self.line(&line.join("──"));
            self.row(table, &table.total, &widths);
        }
        self.gap();
    }

    fn row(&mut self, table: &Table, cells: &[String], widths: &[usize]) {
        let columns = || table.columns.iter().zip(widths);
        let folded: Vec<Vec<String>> = cells
            .iter()
            .zip(widths)
            .map(|(cell, columns)| wrap(cell, *columns))
            .collect();
        let height = folded.iter().map(Vec::len).max().unwrap_or(0);
        for row in 0..height {
            let cells = folded
                .iter()
                .zip(columns())
                .map(|(lines, (column, columns))| {
                    let cell = lines.get(row).map(String::as_str).unwrap_or_default();
                    if column.number {
                        right(cell, *columns)
                    } else {
                        left(cell, *columns)
                    }
                });
            self.line(&cells.collect::<Vec<_>>().join("  "));
        }
    }

    fn foot(&mut self, report: &Report) {
        self.gap();
        let mut receive = vec![phrases(report.language).recipients.to_owned()];
        for group in &report.recipients {
            receive.extend(wrap(&group.heading, LEFT - 2));
            for to in &group.to {
                let lines = wrap(&format!("- {to}"), LEFT - 2);
                receive.extend(lines);
            }
        }
        if report.recipients.is_empty() {
            receive.clear();
        }
        let columns = PAGE - LEFT;
        let signature = &report.signature;
        let sign: Vec<String> = [&signature.on_behalf, &signature.role]
            .into_iter()
            .flat_map(|line| wrap(line, columns))
            .map(|line| centre(&line, columns))
            .collect();
        self.beside(&receive, &sign);
    }
}

/// The short rule under a line of the head.
fn rule(under: Option<&String>) -> String {
    let columns = under.map_or(0, |line| width(line).min(PAGE - LEFT));
    "─".repeat(columns / 2)
}

/// The width of each column: what its cells need, the widest narrowed until the page holds all.
fn widths(table: &Table, labels: &[String]) -> Vec<usize> {
    let rows = || table.rows.iter().chain([&table.total]);
    let mut widths: Vec<usize> = labels.iter().map(|label| width(label)).collect();
    for row in rows() {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let gaps = 2 * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > PAGE {
        let text = table.columns.iter().map(|column| !column.number);
        let widest = widths
            .iter_mut()
            .zip(text)
            .filter(|(columns, is_text)| *is_text && **columns > NARROWEST)
            .map(|(columns, _)| columns)
            .max_by_key(|columns| **columns);
        let Some(widest) = widest else { break };
        *widest -= 1;
    }
    widths
}
