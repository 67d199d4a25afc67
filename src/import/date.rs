//! Dates as people write them: year first, or day first; never month first.

use chrono::{Datelike, NaiveDate};

use super::text::fold;
use crate::domain::Lang;
use crate::domain::language::Explain;

/// The years that a date in a list can lie in.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2199;

/// Why a cell is no date. Each names the text that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// It is of no form that is read.
    #[error("{0:?} is not a date")]
    Form(String),
    /// A day that the calendar does not have, such as 31/4/2023.
    #[error("{0:?} does not exist")]
    NoSuchDay(String),
    /// The second number is over 12 and the first is not: the month was written first.
    #[error("{0:?} has the month first")]
    MonthFirst(String),
    /// A year of two digits.
    #[error("{0:?} has a year of two digits")]
    ShortYear(String),
    /// A year before 1900 or after 2199.
    #[error("{0:?} has a year outside 1900 to 2199")]
    Year(String),
    /// A bare number, as a spreadsheet stores a date.
    #[error("{0:?} is a bare number")]
    Serial(String),
}

/// A date of birth: lists of old people often know the year only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Born {
    /// The day.
    On(NaiveDate),
    /// The year only.
    In(i32),
}

impl std::fmt::Display for Born {
    /// `1961-04-12`, or `1961`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Born::On(date) => write!(f, "{date}"),
            Born::In(year) => write!(f, "{year}"),
        }
    }
}

/// Reads `2023-04-12`, `12/4/2023`, `12-4-2023`, `12.4.2023` (with or without zeros) and
/// `ngày 12 tháng 4 năm 2023`. A day comes before its month, always.
///
/// # Errors
/// [`DateError`] names the text and what is wrong with it.
pub fn read_date(text: &str) -> Result<NaiveDate, DateError> {
    let found = text.trim();
    let form = || DateError::Form(found.to_owned());
    if found.len() > 1 && found.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DateError::Serial(found.to_owned()));
    }
    let words = in_words(found);
    let text = words.as_deref().unwrap_or(found);
    let mut signs = text.chars().filter(|c| !c.is_ascii_digit() && *c != ' ');
    let sign = signs.next().ok_or_else(form)?;
    if !matches!(sign, '/' | '-' | '.') {
        return Err(form());
    }
    let parts: Vec<&str> = text.split(sign).map(str::trim).collect();
    let &[first, second, third] = parts.as_slice() else {
        return Err(form());
    };
    let (day, month, year) = if first.len() == 4 {
        (third, second, first)
    } else {
        (first, second, third)
    };
    let part = |text: &str| number(text).ok_or_else(form);
    let (day, month, years) = (part(day)?, part(month)?, part(year)?);
    if year.len() == 2 {
        return Err(DateError::ShortYear(found.to_owned()));
    }
    if year.len() != 4 {
        return Err(form());
    }
    checked(found, day, month, years)
}

/// Reads a date of birth: as [`read_date`], or a year by itself.
///
/// # Errors
/// [`DateError`] names the text and what is wrong with it.
pub fn read_born(text: &str) -> Result<Born, DateError> {
    let found = text.trim();
    match number(found) {
        Some(year) if found.len() == 4 => {
            let year = i32::try_from(year).ok().filter(|_| YEARS.contains(&year));
            year.map(Born::In)
                .ok_or_else(|| DateError::Year(found.to_owned()))
        }
        _ => read_date(found).map(Born::On),
    }
}

fn checked(found: &str, day: u32, month: u32, year: u32) -> Result<NaiveDate, DateError> {
    if !YEARS.contains(&year) {
        return Err(DateError::Year(found.to_owned()));
    }
    let date = i32::try_from(year)
        .ok()
        .and_then(|year| NaiveDate::from_ymd_opt(year, month, day));
    date.ok_or_else(|| {
        if month > 12 && month <= 31 && (1..=12).contains(&day) {
            DateError::MonthFirst(found.to_owned())
        } else {
            DateError::NoSuchDay(found.to_owned())
        }
    })
}

/// One to four ASCII digits.
fn number(text: &str) -> Option<u32> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// `ngày 12 tháng 4 năm 2023` and `ngày 12/4/2023`, as `12/4/2023`.
fn in_words(text: &str) -> Option<String> {
    let folded = fold(text);
    let rest = folded.strip_prefix("ngay ")?;
    let words: Vec<&str> = rest.split(' ').collect();
    match words.as_slice() {
        [date] => Some((*date).to_owned()),
        [day, "thang", month, "nam", year] => Some(format!("{day}/{month}/{year}")),
        _ => None,
    }
}

/// Writes a date as a list would: `12/4/2023`, for hints.
fn as_written(date: NaiveDate) -> String {
    format!("{}/{}/{}", date.day(), date.month(), date.year())
}

impl Explain for DateError {
    fn code(&self) -> &'static str {
        match self {
            DateError::Form(_) => "bad_date",
            DateError::NoSuchDay(_) => "no_such_date",
            DateError::MonthFirst(_) => "month_first",
            DateError::ShortYear(_) => "short_year",
            DateError::Year(_) => "year_out_of_range",
            DateError::Serial(_) => "date_is_number",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match self {
            DateError::Form(found) => lang.pick(
                format!("\"{found}\" không phải là ngày"),
                format!("\"{found}\" is not a date"),
            ),
            DateError::NoSuchDay(found) => lang.pick(
                format!("ngày \"{found}\" không tồn tại"),
                format!("the date \"{found}\" does not exist"),
            ),
            DateError::MonthFirst(found) => lang.pick(
                format!("\"{found}\" ghi tháng trước ngày"),
                format!("\"{found}\" has the month before the day"),
            ),
            DateError::ShortYear(found) => lang.pick(
                format!("năm trong \"{found}\" chỉ có hai chữ số"),
                format!("the year in \"{found}\" has only two digits"),
            ),
            DateError::Year(found) => lang.pick(
                format!("\"{found}\" có năm ngoài khoảng 1900 đến 2199"),
                format!("\"{found}\" has a year outside 1900 to 2199"),
            ),
            DateError::Serial(found) => lang.pick(
                format!("\"{found}\" là một con số, không phải ngày"),
                format!("\"{found}\" is a bare number, not a date"),
            ),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let hint = match self {
            DateError::NoSuchDay(_) => lang
                .pick(
                    "kiểm tra số ngày của tháng; viết ngày/tháng/năm",
                    "check how many days the month has; write day/month/year",
                )
                .to_owned(),
            DateError::Serial(_) => lang
                .pick(
                    "định dạng cột là Ngày (Date) kiểu dd/mm/yyyy rồi lưu lại",
                    "format the column as a date of the form dd/mm/yyyy and save again",
                )
                .to_owned(),
            _ => {
                let example = NaiveDate::from_ymd_opt(2023, 4, 12).unwrap_or_default();
                let written = as_written(example);
                lang.pick(
                    format!("viết ngày/tháng/năm với năm bốn chữ số: {written} hoặc {example}"),
                    format!(
                        "write day/month/year with a year of four digits: {written} or {example}"
                    ),
                )
            }
        };
        Some(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_way_of_writing_a_date() {
        for text in [
            "2023-04-12",
            "2023-4-12",
            "2023/04/12",
            "12/4/2023",
            "12/04/2023",
            "12-4-2023",
            "12.4.2023",
            " 12 / 4 / 2023 ",
            "ngày 12 tháng 4 năm 2023",
            "Ngày 12/4/2023",
        ] {
            assert_eq!(read_date(text).unwrap().to_string(), "2023-04-12", "{text}");
        }
        assert_eq!(read_date("3/4/2023").unwrap().to_string(), "2023-04-03");
        assert_eq!(read_date("29/2/2024").unwrap().to_string(), "2024-02-29");
    }

    #[test]
    fn what_is_no_date_says_why() {
        type Make = fn(String) -> DateError;
        let cases: &[(Make, &[&str])] = &[
            (
                DateError::NoSuchDay,
                &[
                    "31/4/2023",
                    "2023-04-31",
                    "29/2/2023",
                    "0/4/2023",
                    "13/13/2023",
                ],
            ),
            (DateError::MonthFirst, &["4/30/2023", "2023-13-04"]),
            (DateError::ShortYear, &["12/4/23"]),
            (DateError::Year, &["12/4/1023", "12/4/2200"]),
            (DateError::Serial, &["45028", "2023"]),
            (
                DateError::Form,
                &[
                    "",
                    "x",
                    "12/4",
                    "12/4-2023",
                    "12/4/2023/1",
                    "/4/2023",
                    "12/4/023",
                    "1",
                    "12 4 2023",
                    "=1+1",
                ],
            ),
        ];
        for (make, texts) in cases {
            for text in *texts {
                let error = make((*text).to_owned());
                assert_eq!(read_date(text), Err(error.clone()), "{text}");
                for lang in [Lang::Vi, Lang::En] {
                    assert!(error.message(lang).contains(text));
                    assert!(error.hint(lang).is_some());
                }
            }
        }
    }

    #[test]
    fn a_birth_may_be_known_by_its_year() {
        assert_eq!(read_born("1961").unwrap().to_string(), "1961");
        assert_eq!(read_born("12/4/1961").unwrap().to_string(), "1961-04-12");
        assert_eq!(read_born("1861"), Err(DateError::Year("1861".into())));
        assert_eq!(read_born("61"), Err(DateError::Serial("61".into())));
    }

    proptest! {
        #[test]
        fn a_written_date_is_read(days in 0..109_000_u64) {
            let date = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap() + chrono::Days::new(days);
            prop_assert_eq!(read_date(&date.to_string()), Ok(date));
            prop_assert_eq!(read_date(&as_written(date)), Ok(date));
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".{0,16}", digits in "[0-9/.-]{0,12}") {
            let _ = read_date(&text);
            let _ = read_born(&digits);
        }
    }
}
