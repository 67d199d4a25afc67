//! Which column of a list each cell of its header names.

use std::collections::BTreeMap;

use super::text::{fold, shown};
use super::words::key;

/// A column that a list may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its English name, which programs write.
    pub name: &'static str,
    /// What else names it. Case, diacritics and signs do not matter, nor does a remark in brackets.
    pub also: &'static [&'static str],
}

/// What the header of a list has to name.
#[derive(Debug, Clone, Copy)]
pub struct ListColumns {
    /// All columns of the list.
    pub columns: &'static [Column],
    /// Of each of these, at least one has to be there.
    pub required: &'static [&'static [&'static str]],
}

/// Where the columns of one file stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// By column. They are few: to compare the lengths of all names costs less than to search.
    found: Vec<Found>,
    /// Columns of the file that the list does not know, as written.
    pub unknown: Vec<String>,
    /// Which columns of the file have no name.
    unnamed: Vec<usize>,
    /// Which columns only number the rows.
    numbering: Vec<usize>,
    width: usize,
}

/// A column of the list in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    column: &'static str,
    place: usize,
    written: String,
}

/// Why a header will not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderFault {
    /// None of these columns is there.
    Missing(&'static [&'static str]),
    /// Two cells name the same column.
    Twice {
        /// The column.
        column: &'static str,
        /// The first cell, as written.
        first: String,
        /// The second cell, as written.
        second: String,
    },
    /// The header says that amounts are in thousands or millions.
    MoneyUnit(String),
}

/// Columns that only number the rows; passed over without a word.
const NUMBERING: [&str; 7] = ["stt", "tt", "so tt", "so thu tu", "no", "serial", ""];

/// The columns that a file of rejected rows ends with, in this order. A file that ends with them
/// is such a file, corrected: they are passed over.
pub const REJECT_COLUMNS: [&str; 3] = ["row", "column", "reason"];

/// Columns of money.
const MONEY: [&str; 2] = ["amount", "counterpart"];

/// What the columns begin with in which a workbook that was given back says what became of a row.
pub const ANSWER: &str = "socai ";

/// Whether a column holds what this program said of the rows, when the list was given back.
pub fn is_answer(header: &str) -> bool {
    header.starts_with(ANSWER)
}

/// How many columns belong to the list itself: all but [`REJECT_COLUMNS`] at the end.
pub fn own_width(header: &[String]) -> usize {
    let own = header.len().saturating_sub(REJECT_COLUMNS.len());
    let last = header.get(own..).unwrap_or_default();
    if last.iter().map(String::as_str).eq(REJECT_COLUMNS) {
        own
    } else {
        header.len()
    }
}

/// Finds the columns of a list in the cells of a header, in any order.
pub fn find_columns(list: &ListColumns, header: &[String]) -> (Places, Vec<HeaderFault>) {
    let mut faults = Vec::new();
    let mut places = Places {
        width: header.len(),
        ..Places::default()
    };
    let names = names_of(list);
    for (place, cell) in header.iter().enumerate().take(own_width(header)) {
        let cell = shown(cell);
        let bare = key(&without_remark(&cell));
        let amount = || {
            names
                .get(without_currency(&bare))
                .filter(|c| MONEY.contains(*c))
        };
        let Some(&column) = names.get(&bare).or_else(amount) else {
            if cell.is_empty() {
                places.unnamed.push(place);
            } else if NUMBERING.contains(&bare.as_str()) {
                places.numbering.push(place);
            } else if !is_answer(&cell) {
                places.unknown.push(cell);
            }
            continue;
        };
        if MONEY.contains(&column) && is_in_thousands(&cell) {
            faults.push(HeaderFault::MoneyUnit(cell.clone()));
        }
        if let Some(first) = places.found(column) {
            faults.push(HeaderFault::Twice {
                column,
                first: first.written.clone(),
                second: cell,
            });
            continue;
        }
        places.found.push(Found {
            column,
            place,
            written: cell,
        });
    }
    places.found.sort_by_key(|found| found.column);
    for any_of in list.required {
        if !any_of.iter().any(|column| places.has(column)) {
            faults.push(HeaderFault::Missing(any_of));
        }
    }
    (places, faults)
}

/// Some names that would do for a column, for who has to add it.
pub fn names_that_do(list: &ListColumns, column: &str) -> Vec<&'static str> {
    let found = list.columns.iter().find(|c| c.name == column);
    found.map_or_else(Vec::new, |column| {
        let also = column.also.iter().copied();
        std::iter::once(column.name).chain(also).take(5).collect()
    })
}

impl Places {
    fn found(&self, column: &str) -> Option<&Found> {
        self.found.iter().find(|found| found.column == column)
    }

    /// Whether the file has the column.
    pub fn has(&self, column: &str) -> bool {
        self.found(column).is_some()
    }

    /// Where the column stands, from 0.
    pub fn place(&self, column: &str) -> Option<usize> {
        self.found(column).map(|found| found.place)
    }

    /// The columns that were found.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.found.iter().map(|found| found.column)
    }

    /// The column at a place.
    pub fn column_at(&self, place: usize) -> Option<&'static str> {
        let found = self.found.iter().find(|found| found.place == place);
        found.map(|found| found.column)
    }

    /// Whether the column at a place only numbers the rows.
    pub fn is_numbering(&self, place: usize) -> bool {
        self.numbering.contains(&place)
    }

    /// Whether a column numbers the rows.
    pub fn numbers_rows(&self) -> bool {
        !self.numbering.is_empty()
    }

    /// Calls each column what the file does, after it was found by another name.
    pub(super) fn write_as(&mut self, header: &[String]) {
        for found in &mut self.found {
            if let Some(cell) = header.get(found.place) {
                found.written = shown(cell);
            }
        }
    }

    /// What the file calls the column; its English name where the file does not have it.
    pub fn written<'a>(&'a self, column: &'a str) -> &'a str {
        self.found(column).map_or(column, |found| &found.written)
    }

    /// Whether the header gives the column at this place no name.
    pub fn is_unnamed(&self, place: usize) -> bool {
        place >= self.width || self.unnamed.contains(&place)
    }
}

fn names_of(list: &ListColumns) -> BTreeMap<String, &'static str> {
    let mut names = BTreeMap::new();
    for column in list.columns {
        for name in std::iter::once(&column.name).chain(column.also) {
            names.insert(key(name), column.name);
        }
    }
    names
}

/// The text outside brackets: `Số tiền (đồng)` is `Số tiền`.
fn without_remark(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|c| match c {
            '(' | '[' => {
                depth += 1;
                false
            }
            ')' | ']' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

/// Words that say that an amount is not in full dong.
const SCALES: [&str; 9] = [
    "nghin", "ngan", "ng", "trieu", "tr", "trd", "ty", "thousand", "million",
];

fn is_in_thousands(text: &str) -> bool {
    let folded = fold(text);
    let words = key(&folded);
    let is_scaled = words.split(' ').any(|word| SCALES.contains(&word));
    is_scaled || folded.contains("1000") || folded.contains("1.000")
}

/// `số tiền nghìn đồng` is `số tiền`: a currency without brackets around it.
fn without_currency(key: &str) -> &str {
    let mut rest = key;
    while let Some((head, last)) = rest.rsplit_once(' ') {
        if !SCALES.contains(&last) && !["dong", "d", "vnd", "1000"].contains(&last) {
            break;
        }
        rest = head;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::columns;

    fn header(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    fn find(list: &ListColumns, cells: &[&str]) -> (Places, Vec<HeaderFault>) {
        find_columns(list, &header(cells))
    }

    #[test]
    fn within_a_list_every_name_means_one_column() {
        for list in columns::ALL {
            let mut seen = BTreeMap::new();
            for column in list.columns {
                for name in std::iter::once(&column.name).chain(column.also) {
                    let before = seen.insert(key(name), column.name);
                    assert!(
                        before.is_none_or(|b| b == column.name),
                        "{name}: {before:?}"
                    );
                }
            }
            for column in list.required.iter().copied().flatten() {
                assert!(list.columns.iter().any(|c| c.name == *column), "{column}");
            }
        }
    }

    #[test]
    fn columns_are_found_in_any_order_case_and_form() {
        let (places, faults) = find(
            &columns::HOUSEHOLDS,
            &[
                "STT",
                "THÔN/BẢN",
                "ho\u{323}\u{302} va\u{300} te\u{302}n chu\u{309} ho\u{323}\u{302}",
                "Mã hộ *",
                "class_from",
                "Phân loại hộ (năm 2023)",
                "Số CCCD/CMND",
            ],
        );
        assert_eq!(faults, []);
        assert_eq!(places.unknown, Vec::<String>::new());
        for (column, place) in [
            ("village", 1),
            ("head", 2),
            ("household", 3),
            ("class_from", 4),
            ("class", 5),
            ("id_number", 6),
        ] {
            assert_eq!(places.place(column), Some(place), "{column}");
        }
        assert_eq!(places.written("village"), "THÔN/BẢN");
    }

    #[test]
    fn an_unknown_column_is_told_and_no_fault() {
        let (places, faults) = find(&columns::COHORT, &["hộ", "Màu nhà"]);
        assert_eq!(places.unknown, ["Màu nhà"]);
        assert_eq!(faults, []);
    }

    #[test]
    fn every_fault_of_a_header_is_told() {
        let (_, faults) = find(
            &columns::SUPPORTS,
            &["Thôn", "Xóm", "Số tiền (nghìn đồng)", "chính sách"],
        );
        let twice = HeaderFault::Twice {
            column: "village",
            first: "Thôn".into(),
            second: "Xóm".into(),
        };
        let unit = HeaderFault::MoneyUnit("Số tiền (nghìn đồng)".into());
        let date = HeaderFault::Missing(&["occurred_on"]);
        let whom = HeaderFault::Missing(&["household", "person", "count", "id_number", "name"]);
        assert_eq!(faults, [twice, unit, whom, date]);
        let (_, faults) = find(&columns::HOUSEHOLDS, &["Chủ hộ"]);
        assert_eq!(faults, [HeaderFault::Missing(&["household"])]);
        assert!(names_that_do(&columns::HOUSEHOLDS, "household").contains(&"mã hộ"));
    }

    #[test]
    fn an_amount_may_name_its_currency_but_no_thousands() {
        let cells = |amount| ["chính sách", "hộ", "ngày", amount];
        for amount in [
            "Số tiền (đồng)",
            "Số tiền, đồng",
            "KINH PHÍ (VNĐ)",
            "amount VND",
        ] {
            let (places, faults) = find(&columns::SUPPORTS, &cells(amount));
            assert_eq!(
                (places.place("amount"), faults),
                (Some(3), vec![]),
                "{amount}"
            );
        }
        for amount in [
            "Số tiền (1.000đ)",
            "Số tiền triệu đồng",
            "Kinh phí (tr.đ)",
            "amount (thousand)",
        ] {
            let (_, faults) = find(&columns::SUPPORTS, &cells(amount));
            assert_eq!(faults, [HeaderFault::MoneyUnit(amount.into())]);
        }
    }

    #[test]
    fn the_columns_of_a_file_of_rejects_are_passed_over() {
        let cells = header(&[
            "ref",
            "kind",
            "household",
            "occurred_on",
            "reason",
            "row",
            "column",
            "reason",
        ]);
        assert_eq!(own_width(&cells), 5);
        let (places, faults) = find_columns(&columns::SUPPORTS, &cells);
        assert_eq!((faults, places.place("reason")), (vec![], Some(4)));
        assert_eq!(places.unknown, Vec::<String>::new());
    }
}
