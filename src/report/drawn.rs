//! What helps to take a table in at a glance: bars as long as its figures, and its total in words.
//! Both are read off the cells, so they say what the table says.

use super::model::{Chart, Drawing, Table};
use super::spelled;
use crate::domain::language::Lang;

/// More bars than these are no help to the eye.
const BARS_MOST: usize = 12;

/// How a bar is filled; both print in black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    /// White: what was given.
    Empty,
    /// With stripes.
    Striped,
}

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    /// The figure beside it, as the table has it.
    pub(super) figure: String,
    /// How it is filled.
    pub(super) fill: Fill,
    /// The length of the frame it stands in, in thousandths of the longest; 0 for none.
    pub(super) frame: i32,
    /// Its own length in thousandths of the longest.
    pub(super) length: i32,
}

/// The bars of one row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// The bars, one under the other.
    pub(super) bars: Vec<Bar>,
    /// What they stand for.
    pub(super) label: String,
}

/// A table as bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drawn {
    /// What stands over the bars.
    pub(super) caption: String,
    /// The bars, in the order of the rows.
    pub(super) groups: Vec<Group>,
    /// What each filling shows, where there are several.
    pub(super) legend: Vec<(Fill, String)>,
}

/// The bars of a table whose rows have one name and add up to a total: the last column of figures
/// (of turns, households and money that is the money). None where there is nothing to compare.
pub(super) fn of_table(table: &Table, lang: Lang) -> Option<Drawn> {
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
        found.push((label.clone(), figure.clone(), thousandths(figure, lang)?));
    }
    let of = &table.columns.get(place)?.label;
    Some(Drawn {
        caption: format!("{}: {of}", table.title),
        groups: bars(found)?,
        legend: Vec::new(),
    })
}

/// One bar a row, all by the longest. None where all are nothing or one is less than that.
fn bars(found: Vec<(String, String, i128)>) -> Option<Vec<Group>> {
    let longest = found.iter().map(|(_, _, number)| *number).max()?;
    let any_negative = found.iter().any(|(_, _, number)| *number < 0);
    if longest == 0 || any_negative {
        return None;
    }
    let group = |(label, figure, number): (String, String, i128)| Group {
        bars: vec![Bar {
            figure,
            fill: Fill::Striped,
            frame: 0,
            length: part(number, longest),
        }],
        label,
    };
    Some(found.into_iter().map(group).collect())
}

/// A number in thousandths of the longest.
fn part(number: i128, longest: i128) -> i32 {
    let length = number.saturating_mul(1_000) / longest.max(1);
    i32::try_from(length).unwrap_or(0)
}

/// A row of a chart: its label, the cells that are drawn with their numbers, its last cell.
struct Read<'a> {
    label: String,
    numbers: Vec<(&'a str, i128)>,
    share: &'a str,
}

/// The rows of a chart; what is not known is not drawn.
fn read(chart: &Chart, lang: Lang) -> Vec<Read<'_>> {
    let mut rows = Vec::with_capacity(chart.table.rows.len());
    for row in &chart.table.rows {
        let numbers = chart.columns.iter().map(|place| {
            let cell = row.get(*place)?;
            Some((cell.as_str(), thousandths(cell, lang)?))
        });
        if let Some(numbers) = numbers.collect() {
            rows.push(Read {
                label: label(&chart.table, row),
                numbers,
                share: row.last().map_or("", String::as_str),
            });
        }
    }
    rows
}

/// The bars of a chart. None where there is nothing to draw: its table says why.
pub(super) fn of_chart(chart: &Chart, lang: Lang) -> Option<Drawn> {
    let rows = read(chart, lang);
    let numbers = rows.iter().flat_map(|row| &row.numbers);
    let numbers: Vec<i128> = numbers.map(|(_, number)| *number).collect();
    let longest = numbers.iter().copied().max()?;
    if longest == 0 || numbers.iter().any(|number| *number < 0) {
        return None;
    }
    if chart.drawing == Drawing::Bars {
        return single(chart, rows, lang);
    }
    let groups = rows.iter().map(|row| double(chart.drawing, row, longest));
    let column = |at: usize| {
        let place = chart.columns.get(at)?;
        Some(chart.table.columns.get(*place)?.label.clone())
    };
    Some(Drawn {
        caption: chart.table.title.clone(),
        groups: groups.collect::<Option<_>>()?,
        legend: vec![(Fill::Empty, column(0)?), (Fill::Striped, column(1)?)],
    })
}

/// A bar each, of the largest.
fn single(chart: &Chart, mut rows: Vec<Read<'_>>, lang: Lang) -> Option<Drawn> {
    rows.retain(|row| row.numbers.iter().any(|(_, number)| *number > 0));
    let all = rows.len();
    rows.truncate(BARS_MOST);
    let found = rows.into_iter().filter_map(|row| {
        let (cell, number) = row.numbers.into_iter().next()?;
        Some((row.label, cell.to_owned(), number))
    });
    let of = chart.table.columns.get(*chart.columns.first()?)?;
    let mut caption = format!("{}: {}", chart.table.title, of.label);
    if all > BARS_MOST {
        caption.push_str(&lang.pick(
            format!(" ({BARS_MOST} dòng lớn nhất trong {all})"),
            format!(" (the {BARS_MOST} largest of {all})"),
        ));
    }
    Some(Drawn {
        caption,
        groups: bars(found.collect())?,
        legend: Vec::new(),
    })
}

/// What was given and used, or the target and what of it is reached.
fn double(drawing: Drawing, row: &Read<'_>, longest: i128) -> Option<Group> {
    let [(whole, wanted), (used, reached)] = row.numbers.as_slice() else {
        return None;
    };
    let label = row.label.clone();
    if drawing == Drawing::Parts {
        let own = *wanted.max(reached);
        let bar = Bar {
            figure: format!("{used}/{whole} ({}%)", row.share),
            fill: Fill::Striped,
            frame: part(*wanted, own),
            length: part(*reached, own),
        };
        let bars = vec![bar];
        return Some(Group { bars, label });
    }
    let bar = |figure: &str, number: i128, fill: Fill| Bar {
        figure: figure.to_owned(),
        fill,
        frame: 0,
        length: part(number, longest),
    };
    let bars = vec![
        bar(whole, *wanted, Fill::Empty),
        bar(used, *reached, Fill::Striped),
    ];
    Some(Group { bars, label })
}

/// What stands in a row before its first number.
pub(super) fn label(table: &Table, row: &[String]) -> String {
    let cells = table.columns.iter().zip(row);
    let names = cells.take_while(|(column, _)| !column.number);
    let names: Vec<&str> = names.map(|(_, cell)| cell.as_str()).collect();
    names.join(" – ")
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
    use super::super::model::Column;
    use super::*;

    fn columns(labels: &[(&str, bool)]) -> Vec<Column> {
        let column = |(label, number): &(&str, bool)| Column {
            label: (*label).to_owned(),
            number: *number,
        };
        labels.iter().map(column).collect()
    }

    fn table(rows: &[(&str, &str)], total: &str) -> Table {
        let cells = |(name, number): &(&str, &str)| vec![(*name).to_owned(), (*number).to_owned()];
        Table {
            columns: columns(&[("Phân loại hộ", false), ("Số tiền (đồng)", true)]),
            rows: rows.iter().map(cells).collect(),
            title: "t".to_owned(),
            total: if total.is_empty() {
                Vec::new()
            } else {
                vec!["Tổng số".to_owned(), total.to_owned()]
            },
        }
    }

    fn lengths(drawn: &Drawn) -> Vec<(i32, i32)> {
        let bars = drawn.groups.iter().flat_map(|group| &group.bars);
        bars.map(|bar| (bar.frame, bar.length)).collect()
    }

    #[test]
    fn bars_are_as_long_as_their_figures() {
        let rows = [("a", "735.000.000"), ("b", "330.000.000"), ("c", "0")];
        let drawn = of_table(&table(&rows, "1.065.000.000"), Lang::Vi).unwrap();
        assert_eq!(lengths(&drawn), [(0, 1_000), (0, 448), (0, 0)]);
        assert_eq!(drawn.groups[1].bars[0].figure, "330.000.000");
    }

    #[test]
    fn nothing_is_drawn_where_there_is_nothing_to_compare() {
        for (rows, total) in [
            (&[("a", "1")][..], "1"),
            (&[("a", "1"), ("b", "2")], ""),
            (&[("a", "0"), ("b", "0")], "0"),
            (&[("a", "1"), ("b", "2 kg")], "3"),
            (&[("a", "1"), ("b", "-2")], "-1"),
        ] {
            assert_eq!(of_table(&table(rows, total), Lang::Vi), None, "{rows:?}");
        }
    }

    #[test]
    fn a_total_of_money_stands_in_words() {
        let words = in_words(&table(&[], "1.337.000.000"), Lang::Vi);
        let expected = "(Bằng chữ: Một tỷ ba trăm ba mươi bảy triệu đồng.)";
        assert_eq!(words.as_deref(), Some(expected));
        assert_eq!(in_words(&table(&[], ""), Lang::Vi), None);
    }

    fn chart(drawing: Drawing, rows: &[[&str; 5]]) -> Chart {
        let cells = |row: &[&str; 5]| row.iter().map(|cell| (*cell).to_owned()).collect();
        let labels = [
            ("Dự án", false),
            ("Nguồn", false),
            ("Được giao", true),
            ("Đã chi", true),
            ("%", true),
        ];
        Chart {
            columns: vec![2, 3],
            drawing,
            table: Table {
                columns: columns(&labels),
                rows: rows.iter().map(cells).collect(),
                title: "t".to_owned(),
                total: Vec::new(),
            },
        }
    }

    #[test]
    fn what_was_given_and_used_stand_by_one_measure_and_a_part_by_its_own() {
        let rows = [
            ["a", "x", "1.000", "250", "25"],
            ["b", "y", "500", "600", "120"],
            ["c", "z", "80", "–", "–"],
        ];
        let drawn = of_chart(&chart(Drawing::Pairs, &rows), Lang::Vi).unwrap();
        assert_eq!(lengths(&drawn), [(0, 1_000), (0, 250), (0, 500), (0, 600)]);
        assert_eq!(drawn.groups[0].label, "a – x");
        assert_eq!(drawn.legend.len(), 2);
        let drawn = of_chart(&chart(Drawing::Parts, &rows), Lang::Vi).unwrap();
        assert_eq!(lengths(&drawn), [(1_000, 250), (833, 1_000)]);
        assert_eq!(drawn.groups[1].bars[0].figure, "600/500 (120%)");
        let taken_back = [["a", "x", "1.000", "-1", "0"]];
        assert_eq!(
            of_chart(&chart(Drawing::Pairs, &taken_back), Lang::Vi),
            None
        );
        assert_eq!(of_chart(&chart(Drawing::Parts, &rows[2..]), Lang::Vi), None);
    }

    #[test]
    fn a_chart_draws_the_largest_and_says_so() {
        let numbers: Vec<String> = (1..=20).rev().map(|number| number.to_string()).collect();
        let mut rows: Vec<(&str, &str)> = numbers.iter().map(|one| ("a", one.as_str())).collect();
        rows.push(("b", "0"));
        let chart = Chart {
            columns: vec![1],
            drawing: Drawing::Bars,
            table: table(&rows, "210"),
        };
        let drawn = of_chart(&chart, Lang::Vi).unwrap();
        assert_eq!(drawn.groups.len(), BARS_MOST);
        assert!(drawn.caption.ends_with("(12 dòng lớn nhất trong 20)"));
    }
}
