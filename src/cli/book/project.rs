//! Projects as pages.

use crate::domain::language::Lang;
use crate::sheet::{Cell, Column, Page};

/// A row of texts, then of numbers in thousandths.
pub type Line = (Vec<String>, Vec<i128>);

/// A page whose rows are texts, then numbers; numbers are added up where `summed` says so.
pub fn page(name: &str, title: &str, header: &[&str], summed: &[bool], lines: Vec<Line>) -> Page {
    let texts = header.len().saturating_sub(summed.len());
    let column = |(place, label): (usize, &&str)| {
        let number = place.checked_sub(texts).and_then(|place| summed.get(place));
        match number {
            None => Column::text(*label),
            Some(true) => Column::summed(*label),
            Some(false) => Column::number(*label),
        }
    };
    let cells = |(texts, numbers): Line| {
        let texts = texts.into_iter().map(Cell::text);
        texts.chain(numbers.into_iter().map(Cell::Number)).collect()
    };
    Page {
        columns: header.iter().enumerate().map(column).collect(),
        name: name.to_owned(),
        rows: lines.into_iter().map(cells).collect(),
        title: vec![title.to_owned()],
        ..Page::default()
    }
}

/// What the columns of money are called.
pub fn money_header(lang: Lang) -> [&'static str; 7] {
    lang.pick(
        [
            "nguồn vốn",
            "dự toán",
            "đang đề nghị",
            "đã duyệt chưa chi",
            "đã chi",
            "thu hồi",
            "còn lại",
        ],
        [
            "source",
            "budget",
            "proposed",
            "committed",
            "disbursed",
            "recovered",
            "remaining",
        ],
    )
}
