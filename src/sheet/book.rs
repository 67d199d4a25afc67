//! A workbook before it is written: pages with a table each, and a page that says where they are
//! from. A text is a text whatever it begins with, so that no name can become a formula.

use chrono::NaiveDate;

use crate::domain::language::Lang;

/// A workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// The language of what is written beside the pages.
    pub lang: Lang,
    /// What it is from: a name and its value each, on the last page.
    pub origin: Vec<(String, String)>,
    /// The pages.
    pub pages: Vec<Page>,
}

/// A page: what stands above the table, the table, what stands below it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Bars below the table.
    pub bars: Option<Bars>,
    /// The columns.
    pub columns: Vec<Column>,
    /// Lines below the table.
    pub foot: Vec<String>,
    /// The head that an office's paper has.
    pub letterhead: Option<Letterhead>,
    /// The name of the sheet.
    pub name: String,
    /// The rows, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// Who signs, side by side.
    pub signatures: Vec<Signature>,
    /// Lines above the table; the first is its title.
    pub title: Vec<String>,
}

/// Columns of a table as a chart of the spreadsheet's own. It prints in black and white.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bars {
    /// The columns that are drawn: of two, the first empty, the second with stripes.
    pub columns: Vec<u16>,
    /// Where the measure ends, if not at the longest bar.
    pub end: Option<u32>,
    /// What each row is called, where that is not what stands in its first column.
    pub names: Vec<String>,
    /// What stands above it.
    pub title: String,
}

/// The head of an office's paper, line by line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letterhead {
    /// Who issues it.
    pub issuer: Vec<String>,
    /// The name of the state and its motto.
    pub motto: Vec<String>,
}

/// Who signs below a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// How, such as *(Ký, họ tên)*.
    pub how: String,
    /// In which office.
    pub who: String,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub label: String,
    /// What stands in it.
    pub look: Look,
    /// It is not printed where all columns together would be too small to read.
    pub on_screen: bool,
    /// What stands below it.
    pub total: Total,
    /// How wide it is at least, in characters.
    pub width: u16,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A day.
    Day,
    /// A number.
    Number,
    /// The number of a row.
    Order,
    /// A text: names, and codes that only look like numbers.
    Text,
}

/// What stands below a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Total {
    /// Nothing.
    #[default]
    None,
    /// A formula that adds up the column.
    Sum,
    /// A number that is no sum: distinct households over all rows.
    Value(Cell),
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cell {
    /// Nothing.
    #[default]
    Blank,
    /// A day.
    Day(NaiveDate),
    /// A number, in thousandths.
    Number(i128),
    /// A text.
    Text(String),
}

impl Column {
    fn of(label: impl Into<String>, look: Look, total: Total) -> Column {
        Column {
            label: label.into(),
            look,
            on_screen: false,
            total,
            width: 0,
        }
    }

    /// A column of texts.
    pub fn text(label: impl Into<String>) -> Column {
        Column::of(label, Look::Text, Total::None)
    }

    /// A column of days.
    pub fn day(label: impl Into<String>) -> Column {
        Column::of(label, Look::Day, Total::None)
    }

    /// A column of numbers that nobody adds up.
    pub fn number(label: impl Into<String>) -> Column {
        Column::of(label, Look::Number, Total::None)
    }

    /// A column of numbers with their sum below.
    pub fn summed(label: impl Into<String>) -> Column {
        Column::of(label, Look::Number, Total::Sum)
    }

    /// A column that numbers the rows.
    pub fn order(label: impl Into<String>) -> Column {
        Column::of(label, Look::Order, Total::None)
    }

    /// The same, for the screen alone where a sheet of paper has no room for it; such columns stand
    /// at the end.
    #[must_use]
    pub fn on_screen(mut self) -> Column {
        self.on_screen = true;
        self
    }

    /// The same, at least so wide.
    #[must_use]
    pub fn wide(mut self, width: u16) -> Column {
        self.width = width;
        self
    }

    /// The same with another total.
    #[must_use]
    pub fn total(mut self, total: Total) -> Column {
        self.total = total;
        self
    }
}

impl Cell {
    /// A text; nothing where it is empty.
    pub fn text(text: impl Into<String>) -> Cell {
        match text.into() {
            text if text.is_empty() => Cell::Blank,
            text => Cell::Text(text),
        }
    }

    /// A whole number.
    pub fn count(number: impl Into<i128>) -> Cell {
        Cell::Number(number.into() * 1_000)
    }

    /// A day, where there is one.
    pub fn day(day: Option<NaiveDate>) -> Cell {
        day.map_or(Cell::Blank, Cell::Day)
    }

    /// A canonical number such as `-12.5`; any other text stays one.
    pub fn of_canonical(text: &str) -> Cell {
        thousandths(text).map_or_else(|| Cell::text(text), Cell::Number)
    }
}

/// The thousandths of a canonical number.
fn thousandths(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let only_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 24 || decimals.len() > 3 {
        return None;
    }
    if !only_digits(whole) || !only_digits(decimals) {
        return None;
    }
    let number: i128 = format!("{whole}{decimals:0<3}").parse().ok()?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_canonical_number_becomes_a_number() {
        assert_eq!(Cell::of_canonical("-12.5"), Cell::Number(-12_500));
        assert_eq!(Cell::of_canonical("0"), Cell::Number(0));
        assert_eq!(
            Cell::of_canonical("1337000000"),
            Cell::Number(1_337_000_000_000)
        );
        for text in ["-", "1,5", "1.2345", "=1", "12a", "."] {
            assert_eq!(
                Cell::of_canonical(text),
                Cell::Text(text.to_owned()),
                "{text}"
            );
        }
        assert_eq!(Cell::of_canonical(""), Cell::Blank);
    }
}
