//! The cube, targets, budgets and movements as pages.

use super::super::figures::{
    axis_name, boundaries_name, dimension_name, key_name, measure_name, stages_name, unit_name,
};
use super::super::movement;
use super::{Origin, asked};
use crate::domain::language::Lang;
use crate::domain::period::Period;
use crate::domain::state::State;
use crate::projection::figures::{MEASURES, Query, Row};
use crate::projection::movement::{ADDITIVE, Movement};
use crate::sheet::{Cell, Column, Page, Total};

/// What a question was, line by line.
pub fn origin(query: &Query, period: &Period, lang: Lang) -> Vec<Origin> {
    let mut lines = asked(Some(period), query.axis, lang);
    lines.push((
        lang.pick("địa giới", "boundaries").to_owned(),
        boundaries_name(query.boundaries, lang),
    ));
    let stages = stages_name(&query.stages, lang);
    lines.push((lang.pick("giai đoạn", "stages").to_owned(), stages));
    lines
}

/// The rows of the cube. `whole` is the same question without groups: what distinct households
/// come to, which no column adds up to.
pub fn cube(
    state: &State,
    query: &Query,
    period: &Period,
    rows: &[Row],
    whole: Option<&Row>,
    lang: Lang,
) -> Page {
    let mut columns: Vec<Column> = query
        .by
        .iter()
        .map(|by| Column::text(dimension_name(*by, lang)))
        .collect();
    let measured =
        |row: &Row, measure: &str| Cell::of_canonical(&row.measure(measure).unwrap_or_default());
    for measure in MEASURES {
        let sum: i128 = rows.iter().map(|row| number(&measured(row, measure))).sum();
        let total = match whole.map(|whole| measured(whole, measure)) {
            Some(cell) if number(&cell) == sum && cell != Cell::Blank => Total::Sum,
            Some(cell) => Total::Value(cell),
            None => Total::None,
        };
        columns.push(Column::number(measure_name(measure, lang)).total(total));
    }
    columns.push(Column::text(measure_name("unit", lang)));
    let cells = |row: &Row| {
        let keys = query.by.iter().zip(&row.keys);
        let mut cells: Vec<Cell> = keys
            .map(|(by, key)| Cell::text(key_name(state, *by, key, lang)))
            .collect();
        cells.extend(MEASURES.map(|measure| measured(row, measure)));
        cells.push(Cell::text(unit_name(state, &row.unit, lang)));
        cells
    };
    Page {
        columns,
        name: lang.pick("Số liệu", "Figures").to_owned(),
        rows: rows.iter().map(cells).collect(),
        title: vec![
            lang.pick("SỐ LIỆU HỖ TRỢ", "FIGURES OF SUPPORT").to_owned(),
            format!("{} · {}", period.label(lang), axis_name(query.axis, lang)),
        ],
        ..Page::default()
    }
}

fn number(cell: &Cell) -> i128 {
    match cell {
        Cell::Number(number) => *number,
        _ => 0,
    }
}

/// Opening, in, out and closing: a line for each measure that has anything.
pub fn movement(state: &State, period: &Period, answer: &Movement, lang: Lang) -> Page {
    let mut columns: Vec<Column> = answer
        .by
        .iter()
        .map(|by| Column::text(dimension_name(*by, lang)))
        .collect();
    columns.push(Column::text(lang.pick("số đo", "measure")));
    columns.extend(movement::column_names(lang).map(Column::number));
    let mut rows = Vec::new();
    for row in &answer.rows {
        let columns = movement::columns(row);
        for measure in ADDITIVE {
            if columns.iter().all(|(_, balance)| balance.is_zero(measure)) {
                continue;
            }
            let keys = answer.by.iter().zip(&row.keys);
            let mut cells: Vec<Cell> = keys
                .map(|(by, key)| Cell::text(key_name(state, *by, key, lang)))
                .collect();
            cells.push(Cell::text(measure_name(measure, lang)));
            cells.extend(columns.map(|(_, balance)| {
                Cell::of_canonical(&balance.measure(measure).unwrap_or_default())
            }));
            rows.push(cells);
        }
    }
    let rule = lang.pick(
        "đầu kỳ + bổ sung kỳ trước + tăng - giảm = cuối kỳ",
        "opening + late + in - out = closing",
    );
    Page {
        columns,
        foot: vec![rule.to_owned()],
        name: lang.pick("Tăng giảm", "Movement").to_owned(),
        rows,
        title: vec![
            lang.pick("TÌNH HÌNH TĂNG, GIẢM TRONG KỲ", "MOVEMENT OF THE PERIOD")
                .to_owned(),
            period.label(lang),
        ],
        ..Page::default()
    }
}

/// Targets or budgets: texts, and a number at the end of each row.
pub fn stocks(
    (name, title): (&str, &str),
    header: &[&str],
    rows: &[Vec<String>],
    (period, summed): (&Period, bool),
    lang: Lang,
) -> Page {
    let last = header.len().saturating_sub(1);
    let column = |(place, label): (usize, &&str)| match place == last {
        true if summed => Column::summed(*label),
        true => Column::number(*label),
        false => Column::text(*label),
    };
    let cells = |row: &Vec<String>| {
        let cell = |(place, text): (usize, &String)| match place == last {
            true => Cell::of_canonical(text),
            false => Cell::text(text.clone()),
        };
        row.iter().enumerate().map(cell).collect()
    };
    Page {
        columns: header.iter().enumerate().map(column).collect(),
        name: name.to_owned(),
        rows: rows.iter().map(cells).collect(),
        title: vec![title.to_owned(), period.label(lang)],
        ..Page::default()
    }
}
