//! The history of a household or a project as a page: one event a row.

use chrono::NaiveDate;

use crate::domain::language::Lang;
use crate::sheet::{Cell, Column, Page};

/// An event as a row.
pub struct Told {
    /// Who recorded it.
    pub by: String,
    /// The paper it rests on.
    pub document: String,
    /// Its place in the log.
    pub seq: u64,
    /// What overtook it, and what else is said of it.
    pub notes: String,
    /// The day it was recorded.
    pub recorded: NaiveDate,
    /// What it says.
    pub text: String,
}

/// The page.
pub fn page(title: String, asked: String, rows: Vec<Told>, lang: Lang) -> Page {
    let columns = vec![
        Column::order(lang.pick("sự kiện", "event")),
        Column::day(lang.pick("ngày ghi", "recorded")),
        Column::text(lang.pick("nội dung", "what")).wide(40),
        Column::text(lang.pick("văn bản", "document")).wide(20),
        Column::text(lang.pick("người ghi", "by")).wide(18),
        Column::text(lang.pick("ghi chú", "notes")).wide(30),
    ];
    let cells = |row: Told| {
        vec![
            Cell::count(row.seq),
            Cell::Day(row.recorded),
            Cell::text(row.text),
            Cell::text(row.document),
            Cell::text(row.by),
            Cell::text(row.notes),
        ]
    };
    Page {
        columns,
        name: lang.pick("Lịch sử", "History").to_owned(),
        rows: rows.into_iter().map(cells).collect(),
        title: vec![title, asked],
        ..Page::default()
    }
}
