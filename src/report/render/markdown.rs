//! Markdown (CommonMark with tables), for reading on a screen and for conversion by others.

use super::{date_line, fingerprint, number_line, phrases};
use crate::report::model::{Block, Chart, Column, Report, Section, Table};
use crate::report::narrative::Paragraph;

/// Space left for what is written by hand on a draft: plain spaces would run together.
const BLANK: &str = "&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;";

/// The deepest heading Markdown has.
const DEEPEST: usize = 6;

/// Renders a report as Markdown, ending in a line break.
pub fn markdown(report: &Report) -> String {
    let mut parts = head(report);
    blocks(&report.opening, &mut parts);
    for section in &report.sections {
        heading(section, 2, &mut parts);
    }
    blocks(&report.closing, &mut parts);
    parts.push(foot(report));
    for section in &report.annexes {
        heading(section, 2, &mut parts);
    }
    parts.push("---".to_owned());
    let fingerprint = fingerprint(report).map(|line| escape(&line));
    parts.push(fingerprint.join("\\\n"));
    let mut text = parts.join("\n\n");
    text.push('\n');
    text
}

fn head(report: &Report) -> Vec<String> {
    let header = &report.header;
    let bold = |lines: &[String]| {
        let lines: Vec<String> = lines.iter().map(|l| format!("**{}**", escape(l))).collect();
        lines.join("<br>")
    };
    let number = number_line(report, BLANK);
    let date = date_line(report, BLANK);
    let rows = [
        format!("| {} | {} |", bold(&header.issuer), bold(&header.motto)),
        "|:---:|:---:|".to_owned(),
        format!("| {number} | *{date}* |"),
    ];
    vec![
        rows.join("\n"),
        format!("# {}", escape(&header.title)),
        format!("**{}**", escape(&header.subject)),
    ]
}

fn foot(report: &Report) -> String {
    let mut receive = Vec::new();
    if !report.recipients.is_empty() {
        receive.push(format!("***{}***", phrases(report.language).recipients));
    }
    for group in &report.recipients {
        receive.push(escape(&group.heading));
        receive.extend(group.to.iter().map(|to| format!("- {}", escape(to))));
    }
    let signature = &report.signature;
    let sign = [&signature.on_behalf, &signature.role].map(|l| format!("**{}**", escape(l)));
    let rows = [
        "| | |".to_owned(),
        "|:---|:---:|".to_owned(),
        format!("| {} | {} |", receive.join("<br>"), sign.join("<br>")),
    ];
    rows.join("\n")
}

fn heading(section: &Section, depth: usize, parts: &mut Vec<String>) {
    let marks = "#".repeat(depth.min(DEEPEST));
    let words = match &section.number {
        Some(number) => format!("{number} {}", section.heading),
        None => section.heading.clone(),
    };
    parts.push(format!("{marks} {}", escape(&words)));
    blocks(&section.blocks, parts);
    for part in &section.sections {
        heading(part, depth + 1, parts);
    }
}

/// Items that follow each other stand without an empty line between them, so that they are one
/// list.
fn blocks(blocks: &[Block], parts: &mut Vec<String>) {
    let mut in_list = false;
    for block in blocks {
        let (text, is_item) = match block {
            Block::Paragraph(paragraph) => (words(paragraph), paragraph.mark.is_some()),
            Block::Table(table) | Block::Chart(Chart { table, .. }) => (rows(table), false),
        };
        match parts.last_mut() {
            Some(last) if in_list && is_item => {
                last.push('\n');
                last.push_str(&text);
            }
            _ => parts.push(text),
        }
        in_list = is_item;
    }
}

fn words(paragraph: &Paragraph) -> String {
    let text = escape(&paragraph.text);
    match &paragraph.mark {
        Some(mark) => format!("{mark} {text}"),
        None => opening(&text),
    }
}

/// A paragraph that begins like an item or a heading is none.
fn opening(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    if digits > 0 && rest.starts_with(['.', ')']) {
        return format!("{number}\\{rest}");
    }
    if text.starts_with(['#', '+', '-', '=', '~']) {
        return format!("\\{text}");
    }
    text.to_owned()
}

fn rows(table: &Table) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        format!("| {} |", cells.join(" | "))
    };
    let labels: Vec<String> = table.columns.iter().map(|c| c.label.clone()).collect();
    let align = |column: &Column| if column.number { "---:" } else { ":---" };
    let aligned: Vec<&str> = table.columns.iter().map(align).collect();
    let mut lines = vec![
        format!("*{}*\n", escape(&table.title)),
        line(&labels),
        format!("|{}|", aligned.join("|")),
    ];
    lines.extend(table.rows.iter().map(|row| line(row)));
    if !table.total.is_empty() {
        let bold: Vec<String> = table
            .total
            .iter()
            .map(|cell| format!("**{}**", escape(cell)))
            .collect();
        lines.push(format!("| {} |", bold.join(" | ")));
    }
    lines.join("\n")
}

/// Characters that mean something to Markdown, taken as themselves.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&'
        ) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_what_it_is() {
        assert_eq!(escape("a*b_c|d<e>"), "a\\*b\\_c\\|d\\<e\\>");
        let plain = |text: &str| words(&Paragraph::plain(text));
        assert_eq!(plain("1. x"), "1\\. x");
        assert_eq!(plain("2023 x"), "2023 x");
        assert_eq!(plain("- x"), "\\- x");
        assert_eq!(plain("# x"), "\\# x");
        let item = Paragraph {
            mark: Some("1.".into()),
            text: "x".into(),
        };
        assert_eq!(words(&item), "1. x");
    }
}
