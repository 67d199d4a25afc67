//! What a document adds to a table so that it is taken in at a glance: bars as long as its figures,
//! and its total in words. Both are read off the cells, so they say what the table says.

use super::super::model::Table;
use super::super::spelled;
use crate::domain::language::Lang;

/// More bars than these are no help to the eye.
const BARS_MOST: usize = 12;

/// A bar of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar<'a> {
    /// What it stands for.
    pub(super) label: &'a str,
    /// The figure, as the table has it.
    pub(super) figure: &'a str,
    /// Its length in thousandths of the longest.
    pub(super) length: i32,
}

/// A chart of a table: what its bars show, and the bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chart<'a> {
    /// The heading of the column that is drawn.
    pub(super) of: &'a str,
    /// The bars, in the order of the rows.
    pub(super) bars: Vec<Bar<'a>>,
}

/// The chart of a table whose rows have one name and add up to a total: the last column of figures
/// (of turns, households and money that is the money). None where there is nothing to compare.
pub(super) fn chart(table: &Table, lang: Lang) -> Option<Chart<'_>> {
    let names = table.columns.iter().filter(|column| !column.number).count();
    let several = (2..=BARS_MOST).contains(&table.rows.len());
    if names != 1 || table.total.is_empty() || !several {
        return None;
    }
    let place = table.columns.iter().rposition(|column| column.number)?;
    let name = table.columns.iter().position(|column| !column.number)?;
    let mut found = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let (label, figure) = (row.get(name)?, row.get(place)?);
        found.push((label, figure, thousandths(figure, lang)?));
    }
    let longest = found.iter().map(|(_, _, number)| *number).max()?;
    let any_negative = found.iter().any(|(_, _, number)| *number < 0);
    if longest == 0 || any_negative {
        return None;
    }
    let mut bars = Vec::with_capacity(found.len());
    for (label, figure, number) in found {
        bars.push(Bar {
            label,
            figure,
            length: i32::try_from(number * 1_000 / longest).unwrap_or(0),
        });
    }
    let of = table.columns.get(place)?.label.as_str();
    Some(Chart { of, bars })
}

/// What stands over the bars: what the table is about, and which of its columns they show.
pub(super) fn caption(table: &Table, chart: &Chart<'_>) -> String {
    format!("{}: {}", table.title, chart.of)
}

/// The total of a table in words, where it is money: *(Bằng chữ: Năm mươi triệu đồng)*.
pub(super) fn in_words(table: &Table, lang: Lang) -> Option<String> {
    let currency = lang.pick("(đồng)", "(dong)");
    let of_money = |label: &str| label.ends_with(currency);
    let place = table
        .columns
        .iter()
        .position(|column| of_money(&column.label))?;
    let total = thousandths(table.total.get(place)?, lang)?;
    let words = spelled::amount(total, "VND", lang);
    Some(lang.pick(
        format!("(Bằng chữ: {words}.)"),
        format!("(In words: {words}.)"),
    ))
}

/// A number as a cell has it; none where the cell holds more than a number.
fn thousandths(cell: &str, lang: Lang) -> Option<i128> {
    let (group, point) = lang.pick(('.', ','), (',', '.'));
    let (sign, digits) = match cell.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, cell),
    };
    let (whole, rest) = digits.split_once(point).unwrap_or((digits, ""));
    let whole: i128 = whole.replace(group, "").parse().ok()?;
    if rest.len() > 3 || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let rest: i128 = format!("{rest:0<3}").parse().ok()?;
    Some(sign * (whole.checked_mul(1_000)? + rest))
}

#[cfg(test)]
mod tests {
    use super::super::super::model::Column;
    use super::*;

    fn table(rows: &[(&str, &str)], total: &str) -> Table {
        let column = |label: &str, number| Column {
            label: label.to_owned(),
            number,
        };
        let cells = |(name, number): &(&str, &str)| vec![(*name).to_owned(), (*number).to_owned()];
        Table {
            columns: vec![
                column("Phân loại hộ", false),
                column("Số tiền (đồng)", true),
            ],
            rows: rows.iter().map(cells).collect(),
            title: "t".to_owned(),
            total: if total.is_empty() {
                Vec::new()
            } else {
                vec!["Tổng số".to_owned(), total.to_owned()]
            },
        }
    }

    #[test]
    fn bars_are_as_long_as_their_figures() {
        let rows = [("a", "735.000.000"), ("b", "330.000.000"), ("c", "0")];
        let table = table(&rows, "1.065.000.000");
        let chart = chart(&table, Lang::Vi).unwrap();
        let lengths: Vec<i32> = chart.bars.iter().map(|bar| bar.length).collect();
        assert_eq!(lengths, [1_000, 448, 0]);
        assert_eq!(chart.bars[1].figure, "330.000.000");
    }

    #[test]
    fn nothing_is_drawn_where_there_is_nothing_to_compare() {
        assert_eq!(chart(&table(&[("a", "1")], "1"), Lang::Vi), None);
        assert_eq!(chart(&table(&[("a", "1"), ("b", "2")], ""), Lang::Vi), None);
        assert_eq!(
            chart(&table(&[("a", "0"), ("b", "0")], "0"), Lang::Vi),
            None
        );
        assert_eq!(
            chart(&table(&[("a", "1"), ("b", "2 kg")], "3"), Lang::Vi),
            None
        );
        assert_eq!(
            chart(&table(&[("a", "1"), ("b", "-2")], "-1"), Lang::Vi),
            None
        );
    }

    #[test]
    fn a_total_of_money_stands_in_words() {
        let words = in_words(&table(&[], "1.337.000.000"), Lang::Vi);
        let expected = "(Bằng chữ: Một tỷ ba trăm ba mươi bảy triệu đồng.)";
        assert_eq!(words.as_deref(), Some(expected));
        assert_eq!(in_words(&table(&[], ""), Lang::Vi), None);
    }
}
