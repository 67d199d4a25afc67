//! A workbook of the report: its figures with what each was asked, and every table on a sheet of
//! its own, as numbers that can be calculated with.
//!
//! **Invariant:** a cell is a number only where the model's text is one in the report's language;
//! what is more than a number stays the text it is.

use super::super::drawn;
use super::super::figure::Question;
use super::super::model::{Block, Chart, Drawing, Figure, Report, Table};
use super::super::render::{bare, number_line};
use super::{DocumentError, Setting};
use crate::domain::language::{Explain as _, Lang};
use crate::sheet::{Bars, Book, Cell, Column, Letterhead, Page, Total, write};

/// Makes the workbook.
///
/// # Errors
/// [`DocumentError`] where a sheet cannot hold a table.
pub(super) fn xlsx(report: &Report, setting: &Setting<'_>) -> Result<Vec<u8>, DocumentError> {
    let lang = report.language;
    let mut pages = vec![figures(report)];
    pages.extend(self::pages(report));
    let book = Book {
        lang,
        origin: origin(report, setting),
        pages,
    };
    write(&book).map_err(|error| DocumentError::Unwritable(error.message(lang)))
}

fn figures(report: &Report) -> Page {
    let (header, lang) = (&report.header, report.language);
    let columns = vec![
        Column::text(lang.pick("mã số liệu", "figure")).wide(24),
        Column::number(lang.pick("giá trị", "value")).wide(18),
        Column::text(lang.pick("đơn vị", "unit")),
        Column::day(lang.pick("từ ngày", "from")),
        Column::day(lang.pick("đến ngày", "to")),
        Column::text(lang.pick("chính sách", "kinds")),
        Column::text(lang.pick("giai đoạn", "stages")),
        Column::text(lang.pick("điều kiện", "where")),
    ];
    let mut title = vec![header.title.clone(), header.subject.clone()];
    if header.number.is_some() {
        title.push(number_line(report, ""));
    }
    Page {
        columns,
        letterhead: Some(Letterhead {
            issuer: header.issuer.clone(),
            motto: header.motto.clone(),
        }),
        name: lang.pick("Số liệu", "Figures").to_owned(),
        rows: report.figures.iter().map(figure).collect(),
        title,
        ..Page::default()
    }
}

fn figure(figure: &Figure) -> Vec<Cell> {
    let question = &figure.question;
    let stages: Vec<&str> = question.stages.iter().map(|stage| stage.code()).collect();
    vec![
        Cell::text(&figure.id),
        Cell::of_canonical(figure.value.as_deref().unwrap_or_default()),
        Cell::text(figure.unit.clone().unwrap_or_default()),
        Cell::Day(question.from),
        Cell::Day(question.to),
        Cell::text(question.kinds.join(", ")),
        Cell::text(stages.join(", ")),
        Cell::text(conditions(question)),
    ]
}

fn conditions(question: &Question) -> String {
    let one = |(by, keys): (&String, &Vec<String>)| format!("{by}={}", keys.join("|"));
    let mut all: Vec<String> = question.conditions.iter().map(one).collect();
    let except = question.except.iter();
    all.extend(except.map(|(by, keys)| format!("{by}!={}", keys.join("|"))));
    all.join(", ")
}

fn page(table: &Table, number: usize, lang: Lang) -> Page {
    let cell = |(place, text): (usize, &String)| {
        let number = table.columns.get(place).is_some_and(|column| column.number);
        match number {
            true => Cell::of_canonical(&bare(text, lang)),
            false => Cell::text(text),
        }
    };
    let cells = |row: &Vec<String>| row.iter().enumerate().map(cell).collect::<Vec<Cell>>();
    let rows: Vec<Vec<Cell>> = table.rows.iter().map(cells).collect();
    let totals = cells(&table.total);
    let column = |(place, column): (usize, &super::super::model::Column)| {
        let label = column.label.clone();
        if !column.number {
            // The title stands over the whole table: the first column gives it room.
            return Column::text(label).wide(if place == 0 { 36 } else { 0 });
        }
        let total = match totals.get(place) {
            Some(Cell::Number(total)) if *total == sum(&rows, place) => Total::Sum,
            Some(Cell::Blank) | None => Total::None,
            Some(cell) => Total::Value(cell.clone()),
        };
        Column::number(label).total(total)
    };
    Page {
        columns: table.columns.iter().enumerate().map(column).collect(),
        name: format!("{} {number}", lang.pick("Bảng", "Table")),
        rows,
        title: vec![table.title.clone()],
        ..Page::default()
    }
}

fn sum(rows: &[Vec<Cell>], place: usize) -> i128 {
    let cells = rows.iter().filter_map(|row| row.get(place));
    let number = |cell: &Cell| match cell {
        Cell::Number(number) => *number,
        _ => 0,
    };
    cells.map(number).sum()
}

/// The pages of the tables and charts, in the order in which they are printed.
fn pages(report: &Report) -> Vec<Page> {
    let lang = report.language;
    let mut pages = Vec::new();
    for block in report.blocks() {
        let number = pages.len() + 1;
        match block {
            Block::Table(table) => pages.push(page(table, number, lang)),
            Block::Chart(chart) => pages.push(Page {
                bars: Some(bars(chart, lang)),
                name: format!("{} {number}", lang.pick("Biểu đồ", "Chart")),
                ..page(&chart.table, number, lang)
            }),
            Block::Paragraph(_) => {}
        }
    }
    pages
}

/// The bars of a chart. A part of a whole has no common measure but its share, the last column.
fn bars(chart: &Chart, lang: Lang) -> Bars {
    let table = &chart.table;
    let place = |place: usize| u16::try_from(place).unwrap_or(u16::MAX);
    let share = table.columns.len().saturating_sub(1);
    let parts = chart.drawing == Drawing::Parts;
    let columns = match parts {
        true => vec![place(share)],
        false => chart.columns.iter().copied().map(place).collect(),
    };
    let of = columns.first().filter(|_| columns.len() == 1);
    let of = of.and_then(|of| table.columns.get(usize::from(*of)));
    let title = match of {
        Some(of) => format!("{}: {}", table.title, of.label),
        None => table.title.clone(),
    };
    let shares = table.rows.iter().filter_map(|row| row.get(share));
    let whole = |share: &String| match Cell::of_canonical(&bare(share, lang)) {
        Cell::Number(share) => share <= 100_000,
        _ => true,
    };
    let named = |row: &Vec<String>| drawn::label(table, row);
    let several = table.columns.get(1).is_some_and(|column| !column.number);
    Bars {
        columns,
        end: (parts && shares.into_iter().all(whole)).then_some(100),
        names: match several {
            true => table.rows.iter().map(named).collect(),
            false => Vec::new(),
        },
        title,
    }
}

/// What the report is, and its fingerprint.
fn origin(report: &Report, setting: &Setting<'_>) -> Vec<(String, String)> {
    let lang = report.language;
    let (template, as_of) = (&report.template, &report.as_of);
    let line = |vi: &str, en: &str, value: String| (lang.pick(vi, en).to_owned(), value);
    vec![
        line("sổ", "ledger", setting.origin.to_owned()),
        line("kỳ", "period", report.period.text.clone()),
        line(
            "số liệu của các ngày",
            "days",
            report.span.label.to_string(),
        ),
        line("trục thời gian", "axis", report.axis.label(lang).to_owned()),
        line(
            "mẫu báo cáo",
            "template",
            format!("{} v{}", template.code, template.version),
        ),
        line("số liệu đến sự kiện", "as of event", as_of.seq.to_string()),
        line("ghi lúc", "recorded at", as_of.at.clone()),
        line("mã gốc (SHA-256)", "root (SHA-256)", as_of.root.clone()),
        line(
            "mã báo cáo (SHA-256)",
            "digest (SHA-256)",
            report.digest.clone().unwrap_or_default(),
        ),
    ]
}
