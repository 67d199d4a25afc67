//! CSV (RFC 4180) for a spreadsheet: one number a row, first the figures, then the cells of the
//! tables. A byte order mark stands before it, since Excel reads Vietnamese wrongly without one.

use super::super::build::ReportError;
use super::super::figure::Question;
use super::super::model::{Block, Report, Table};
use crate::domain::language::Lang;

/// The columns.
pub const COLUMNS: [&str; 11] = [
    "part", "name", "row", "column", "value", "unit", "from", "to", "kinds", "stages", "where",
];

type Line = [String; COLUMNS.len()];

/// Renders the numbers of a report as CSV.
///
/// # Errors
/// None that is known: it is written to memory.
pub fn csv(report: &Report) -> Result<String, ReportError> {
    let unwritable = |error: &dyn std::fmt::Display| ReportError::Unwritable(error.to_string());
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::from("\u{feff}"));
    let mut write = |line: &[String]| {
        let written = writer.write_record(line);
        written.map_err(|error| unwritable(&error))
    };
    write(&COLUMNS.map(str::to_owned))?;
    for line in lines(report) {
        write(&line)?;
    }
    let bytes = writer.into_inner().map_err(|error| unwritable(&error))?;
    String::from_utf8(bytes).map_err(|error| unwritable(&error))
}

fn lines(report: &Report) -> Vec<Line> {
    let mut lines = marks(report);
    for figure in &report.figures {
        let question = &figure.question;
        let mut line = line("figure", &figure.id);
        let cells = [
            figure.value.clone().unwrap_or_default(),
            figure.unit.clone().unwrap_or_default(),
            question.from.to_string(),
            question.to.to_string(),
            question.kinds.join(" "),
            list(&question.stages),
            conditions(question),
        ];
        for (place, cell) in line.iter_mut().skip(4).zip(cells) {
            *place = plain(&cell);
        }
        lines.push(line);
    }
    for block in report.blocks() {
        match block {
            Block::Table(table) => cells("table", table, report.language, &mut lines),
            Block::Chart(chart) => cells("chart", &chart.table, report.language, &mut lines),
            Block::Paragraph(_) => {}
        }
    }
    lines
}

/// What the report is, and its fingerprint.
fn marks(report: &Report) -> Vec<Line> {
    let header = &report.header;
    let number = header.number.as_ref();
    let number = number.map(|number| format!("{number}/{}", header.symbol));
    let template = &report.template;
    let marks = [
        ("number", number.unwrap_or_default()),
        ("period", report.period.label.to_string()),
        ("span", report.span.label.to_string()),
        ("seq", report.as_of.seq.to_string()),
        ("root", report.as_of.root.clone()),
        (
            "template",
            format!("{} v{}", template.code, template.version),
        ),
        ("digest", report.digest.clone().unwrap_or_default()),
    ];
    let mark = |(name, value): (&str, String)| {
        let mut line = line("report", name);
        if let Some(place) = line.get_mut(4) {
            *place = plain(&value);
        }
        line
    };
    marks.into_iter().map(mark).collect()
}

fn line(part: &str, name: &str) -> Line {
    let mut line = Line::default();
    for (place, cell) in line.iter_mut().zip([part, name]) {
        *place = plain(cell);
    }
    line
}

fn list<T: ToString>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    items.join(" ")
}

fn conditions(question: &Question) -> String {
    let one = |(by, keys): (&String, &Vec<String>)| format!("{by}={}", keys.join("|"));
    let mut all: Vec<String> = question.conditions.iter().map(one).collect();
    let except = question.except.iter();
    all.extend(except.map(|(by, keys)| format!("{by}!={}", keys.join("|"))));
    all.join(" ")
}

/// The numbers of a table, each under its column and beside the words of its row.
fn cells(part: &str, table: &Table, lang: Lang, lines: &mut Vec<Line>) {
    let total = (!table.total.is_empty()).then_some(&table.total);
    for row in table.rows.iter().chain(total) {
        let cells = || table.columns.iter().zip(row);
        let words = cells().filter(|(column, _)| !column.number);
        let words: Vec<&str> = words.map(|(_, cell)| cell.as_str()).collect();
        let head = words.join(" / ");
        for (column, cell) in cells().filter(|(column, _)| column.number) {
            let number = bare(cell, lang);
            let mut line = line(part, &table.title);
            for (place, cell) in line.iter_mut().skip(2).zip([&head, &column.label, &number]) {
                *place = plain(cell);
            }
            lines.push(line);
        }
    }
}

/// A number without the marks between its thousands; what is more than a number stays.
pub fn bare(cell: &str, lang: Lang) -> String {
    let (group, point) = lang.pick(('.', ','), (',', '.'));
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || c == group || c == point);
    if !number {
        return cell.to_owned();
    }
    cell.replace(group, "").replace(point, ".")
}

/// A cell that no spreadsheet takes for a formula.
fn plain(cell: &str) -> String {
    let number = cell.strip_prefix('-').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
    });
    if cell.starts_with(['=', '+', '@', '-']) && !number {
        return format!("'{cell}");
    }
    cell.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{bare, plain};
    use crate::domain::language::Lang;

    #[test]
    fn a_number_has_one_form_in_both_languages() {
        assert_eq!(bare("1.337.000,5", Lang::Vi), "1337000.5");
        assert_eq!(bare("-1,337,000.5", Lang::En), "-1337000.5");
        assert_eq!(bare("1.125 kg", Lang::Vi), "1.125 kg");
        assert_eq!(bare("-", Lang::Vi), "-");
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        for cell in ["=1+1", "+x", "@x", "-x", "-1+2", "-"] {
            assert_eq!(plain(cell), format!("'{cell}"));
        }
        for cell in ["-1125.5", "21", "Cao Lộc", ""] {
            assert_eq!(plain(cell), cell);
        }
    }
}
