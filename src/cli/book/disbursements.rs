//! Who received what, as a page: to be signed, to be posted, to be audited.

use super::super::open::Reader;
use super::letterhead;
use crate::domain::class::HouseholdClass;
use crate::domain::language::Lang;
use crate::report::spelled;
use crate::sheet::{Cell, Column, Page, Signature};

/// Columns that hold numbers, by their English names.
const NUMBERS: [&str; 3] = ["amount", "quantity", "count"];
/// Columns whose numbers only say which one it is.
const ORDERS: [&str; 4] = ["no", "seq", "sign", "row"];
/// Numbers that are added up.
const SUMMED: [&str; 1] = ["amount"];
/// Columns that hold days.
const DAYS: [&str; 1] = ["occurred_on"];
/// From which of these on they are for the screen, where paper has no room for all.
const ON_SCREEN: &str = "recipient";
/// The columns of a list for auditors as they stand on paper: who got what first, then where it is
/// from.
const ON_PAPER: [&str; 24] = [
    "seq",
    "household",
    "name",
    "village",
    "class",
    "ref",
    "kind",
    "sign",
    "amount",
    "funding",
    "quantity",
    "unit",
    "occurred_on",
    "covers",
    "document",
    "recipient",
    "person",
    "project",
    "reason",
    "file",
    "row",
    "recorded_at",
    "recorded_by",
    "support",
];
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
    let mut order: Vec<usize> = (0..columns.len()).collect();
    let is_audit = columns.iter().any(|(_, en)| *en == "seq");
    if is_audit {
        let named = |at: &usize| columns.get(*at).map(|(_, en)| *en);
        order.sort_by_key(|at| ON_PAPER.iter().position(|name| Some(*name) == named(at)));
    }
    let column = |(vi, en): &(&str, &str)| {
        let label = match *en {
            "no" => lang.pick("STT", "No.").to_owned(),
            _ => lang.pick(*vi, *en).replace('_', " "),
        };
        let column = match *en {
            en if SUMMED.contains(&en) => Column::summed(label),
            en if NUMBERS.contains(&en) => Column::number(label),
            en if ORDERS.contains(&en) => Column::order(label),
            en if DAYS.contains(&en) => Column::day(label),
            _ => Column::text(label),
        };
        let wide = WIDE.iter().find(|(name, _)| name == en);
        let column = column.wide(wide.map_or(0, |(_, width)| *width));
        let place = |name: &str| ON_PAPER.iter().position(|known| *known == name);
        match is_audit && place(en) >= place(ON_SCREEN) {
            true => column.on_screen(),
            false => column,
        }
    };
    let cell = |((_, en), text): (&(&str, &str), &String)| match *en {
        en if NUMBERS.contains(&en) || ORDERS.contains(&en) => Cell::of_canonical(text),
        en if DAYS.contains(&en) => match text.parse() {
            Ok(day) => Cell::Day(day),
            Err(_) => Cell::text(text.clone()),
        },
        "kind" => match ledger.state().catalogue.kind(text) {
            Some(kind) => Cell::text(kind.name.get(lang)),
            None => Cell::text(text.clone()),
        },
        "funding" => Cell::text(sources(ledger, text, lang)),
        "class" => match text.parse::<HouseholdClass>() {
            Ok(class) => Cell::text(class.name().get(lang)),
            Err(_) => Cell::text(text.clone()),
        },
        _ => Cell::text(text.clone()),
    };
    let rows: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| {
            let places = order
                .iter()
                .filter_map(|at| columns.get(*at).zip(row.get(*at)));
            places.map(cell).collect()
        })
        .collect();
    let mut places = order.iter().filter_map(|at| columns.get(*at));
    let amount_at = places.position(|(_, en)| *en == "amount");
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
        columns: order
            .iter()
            .filter_map(|at| columns.get(*at))
            .map(column)
            .collect(),
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

/// From which sources, by their names; of a single one the amount stands beside it.
fn sources(ledger: &Reader, text: &str, lang: Lang) -> String {
    let parts: Vec<&str> = text.split("; ").collect();
    let named = |part: &&str| {
        let (code, amount) = part.split_once('=').unwrap_or((part, ""));
        let source = ledger.state().catalogue.source(code);
        let name = source.map_or(code, |source| source.name.get(lang));
        match parts.len() {
            1 => name.to_owned(),
            _ => format!("{name}: {amount}"),
        }
    };
    let named: Vec<String> = parts.iter().map(named).collect();
    named.join("; ")
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
