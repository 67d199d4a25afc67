//! Who received what, as a page: to be signed, to be posted, to be audited.

use super::super::open::Reader;
use super::letterhead;
use crate::domain::language::Lang;
use crate::report::spelled;
use crate::sheet::{Cell, Column, Page, Signature};

/// Columns that hold numbers, by their English names.
const NUMBERS: [&str; 7] = ["no", "seq", "sign", "amount", "quantity", "row", "count"];
/// Numbers that are added up.
const SUMMED: [&str; 1] = ["amount"];
/// Columns that hold days.
const DAYS: [&str; 1] = ["occurred_on"];
/// Columns that need room.
const WIDE: [(&str, u16); 5] = [
    ("name", 24),
    ("village", 14),
    ("content", 26),
    ("signature", 18),
    ("note", 16),
];

/// The page: `columns` are the Vietnamese and English names, `rows` canonical texts.
pub fn page(
    ledger: &Reader,
    columns: &[(&str, &str)],
    rows: &[Vec<String>],
    title: Vec<String>,
    signed: bool,
    lang: Lang,
) -> Page {
    let column = |(vi, en): &(&str, &str)| {
        let label = capital(lang.pick(vi, en));
        let column = match *en {
            en if SUMMED.contains(&en) => Column::summed(label),
            en if NUMBERS.contains(&en) => Column::number(label),
            en if DAYS.contains(&en) => Column::day(label),
            _ => Column::text(label),
        };
        let wide = WIDE.iter().find(|(name, _)| name == en);
        column.wide(wide.map_or(0, |(_, width)| *width))
    };
    let cell = |((_, en), text): (&(&str, &str), &String)| match *en {
        en if NUMBERS.contains(&en) => Cell::of_canonical(text),
        en if DAYS.contains(&en) => match text.parse() {
            Ok(day) => Cell::Day(day),
            Err(_) => Cell::text(text.clone()),
        },
        _ => Cell::text(text.clone()),
    };
    let rows: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| columns.iter().zip(row).map(cell).collect())
        .collect();
    let amount_at = columns.iter().position(|(_, en)| *en == "amount");
    let sum: i128 = rows
        .iter()
        .filter_map(|row| match row.get(amount_at?)? {
            Cell::Number(number) => Some(*number),
            _ => None,
        })
        .sum();
    let words = spelled::amount(sum, "VND", lang);
    let count = rows.len();
    Page {
        bars: None,
        columns: columns.iter().map(column).collect(),
        foot: vec![lang.pick(
            format!("Danh sách có {count} dòng. Số tiền bằng chữ: {words}."),
            format!("{count} rows. Amount in words: {words}."),
        )],
        letterhead: Some(letterhead(ledger, lang)),
        name: lang.pick("Danh sách", "List").to_owned(),
        rows,
        signatures: if signed { signatures(lang) } else { Vec::new() },
        title,
    }
}

fn capital(label: &str) -> String {
    if label == "no" {
        return "No.".to_owned();
    }
    let mut letters = label.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn signatures(lang: Lang) -> Vec<Signature> {
    let how = lang.pick("(Ký, họ tên)", "(signature, full name)");
    let sealed = lang.pick("(Ký, họ tên, đóng dấu)", "(signature, full name, seal)");
    let who = lang.pick(
        ["NGƯỜI LẬP BIỂU", "KẾ TOÁN", "CHỦ TỊCH"],
        ["PREPARED BY", "ACCOUNTANT", "CHAIRPERSON"],
    );
    let hows = [how, how, sealed];
    let one = |(who, how): (&str, &str)| Signature {
        how: how.to_owned(),
        who: who.to_owned(),
    };
    who.into_iter().zip(hows).map(one).collect()
}
