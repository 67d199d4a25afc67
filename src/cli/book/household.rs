//! Households as a page.

use super::super::open::Reader;
use super::letterhead;
use crate::domain::class::HouseholdClass;
use crate::domain::language::Lang;
use crate::sheet::{Cell, Column, Page};

/// A household as a list shows it.
pub struct Listed {
    /// Its class.
    pub class: Option<HouseholdClass>,
    /// Its code.
    pub code: String,
    /// Its head.
    pub head: String,
    /// How many members it has.
    pub members: Option<u32>,
    /// Where it lives.
    pub village: String,
}

/// The list of households; `asked` says which.
pub fn list(ledger: &Reader, rows: Vec<Listed>, asked: &str, lang: Lang) -> Page {
    let columns = vec![
        Column::order(lang.pick("STT", "no.")),
        Column::text(lang.pick("Mã hộ", "Household")),
        Column::text(lang.pick("Chủ hộ", "Head")).wide(24),
        Column::text(lang.pick("Thôn", "Village")).wide(14),
        Column::text(lang.pick("Phân loại", "Class")),
        Column::summed(lang.pick("Nhân khẩu", "Members")),
    ];
    let cells = |(number, row): (u64, Listed)| {
        let class = row.class.map(|class| class.name().get(lang).to_owned());
        vec![
            Cell::count(number),
            Cell::text(row.code),
            Cell::text(row.head),
            Cell::text(row.village),
            Cell::text(class.unwrap_or_default()),
            row.members.map_or(Cell::Blank, Cell::count),
        ]
    };
    let count = rows.len();
    Page {
        columns,
        foot: vec![lang.pick(
            format!("Tổng số: {count} hộ"),
            format!("In all: {count} households"),
        )],
        letterhead: Some(letterhead(ledger, lang)),
        name: lang.pick("Hộ", "Households").to_owned(),
        rows: (1..).zip(rows).map(cells).collect(),
        title: vec![
            lang.pick("DANH SÁCH HỘ", "LIST OF HOUSEHOLDS").to_owned(),
            asked.to_owned(),
        ],
        ..Page::default()
    }
}
