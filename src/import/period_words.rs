//! Periods as people write them: `quý I/2023`, `T4/2023`, `6 tháng đầu năm 2023`.

use chrono::{Datelike, NaiveDate};

use super::date::read_date;
use super::text::fold;
use crate::domain::{Period, PeriodError};

impl Period {
    /// Reads a period in a form of [`Period`] or in Vietnamese words, without regard to case and
    /// diacritics: `quý I/2023`, `quý IV năm 2022`, `T4/2023`, `tháng 4/2023`, `04/2023`,
    /// `6 tháng đầu năm 2023`, `3 tháng cuối năm 2023`, `năm 2023`, `năm học 2022-2023`,
    /// `học kỳ 2 năm học 2022-2023`, `từ tháng 2 đến tháng 5 năm 2023`,
    /// `từ ngày 15/01/2023 đến ngày 30/4/2023`. It reads every Vietnamese [`Period::label`].
    ///
    /// # Errors
    /// [`PeriodError`] as for the strict forms.
    pub fn parse_vietnamese(text: &str) -> Result<Period, PeriodError> {
        let text = text.trim();
        let folded = fold(text);
        let strict = folded.to_uppercase().parse::<Period>();
        match strict {
            Err(PeriodError::Form(_)) => {}
            Err(error) => return Err(with_text(error, text)),
            Ok(period) => return Ok(period),
        }
        let read = match days(&folded) {
            Some(range) => Some(range),
            None => words(&tokens(&folded)),
        };
        match read {
            Some(Ok(period)) => Ok(period),
            Some(Err(error)) => Err(with_text(error, text)),
            None => Err(PeriodError::Form(text.to_owned())),
        }
    }
}

/// The same error about the text as it was written.
fn with_text(error: PeriodError, text: &str) -> PeriodError {
    let make = match error {
        PeriodError::Form(_) => PeriodError::Form,
        PeriodError::Year(_) => PeriodError::Year,
        PeriodError::Part(_) => PeriodError::Part,
        PeriodError::Day(_) => PeriodError::Day,
        PeriodError::MixedEnds(_) => PeriodError::MixedEnds,
        PeriodError::Reversed(_) => PeriodError::Reversed,
        PeriodError::SchoolYear(_) => PeriodError::SchoolYear,
    };
    make(text.to_owned())
}

/// What was understood, or why it is no period; `None` where nothing was understood.
type Reading = Option<Result<Period, PeriodError>>;

/// `từ ngày 15/01/2023 đến ngày 30/4/2023`, `ngày 15/01/2023`.
fn days(folded: &str) -> Reading {
    let text = folded.strip_prefix("tu ").unwrap_or(folded);
    let text = text.strip_prefix("ngay ")?;
    let (from, to) = match text.split_once(" den ") {
        Some((from, to)) => (from, to.strip_prefix("ngay ").unwrap_or(to)),
        None => (text, text),
    };
    let day = |text: &str| read_date(text).map_err(|_| PeriodError::Day(String::new()));
    Some(day(from).and_then(|from| {
        let form = format!("{from}..{}", day(to)?);
        form.parse()
    }))
}

/// Words and numbers without the signs between them; `năm` before a year says nothing.
fn tokens(folded: &str) -> Vec<&str> {
    let all: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|token| !token.is_empty())
        .collect();
    let mut kept = Vec::with_capacity(all.len());
    let mut rest = all.as_slice();
    while let [first, tail @ ..] = rest {
        let says_nothing = *first == "nam" && tail.first().is_some_and(|next| year(next).is_some());
        if !says_nothing {
            kept.push(*first);
        }
        rest = tail;
    }
    kept
}

fn words(tokens: &[&str]) -> Reading {
    match tokens {
        [y] => year(y).map(|y| whole(Period::year(y))),
        ["tu", y, "den", z] if year(y).is_some() => range("", y, y, "", z, z),
        ["quy", q, y] => Some(part(year(y)?, q, Period::quarter)),
        ["tu", "quy", q, "den", "quy", r, y] => range("Q", q, y, "Q", r, y),
        ["tu", "quy", q, x, "den", "quy", r, y] => range("Q", q, x, "Q", r, y),
        ["thang", m, y] | [m, y] => month(m, y),
        ["tu", "thang", m, "den", "thang", n, y] | ["thang", m, "den", n, y] => {
            range("M", m, y, "M", n, y)
        }
        ["tu", "thang", m, x, "den", "thang", n, y] => range("M", m, x, "M", n, y),
        [n, "thang", "dau", "nam", y] | [n, "thang", "dau", y] => months_of(n, y, true),
        [n, "thang", "cuoi", "nam", y] | [n, "thang", "cuoi", y] => months_of(n, y, false),
        ["nam", "hoc", y, z] => Some(school(year(y)?, year(z)?, None)),
        ["hoc", "ky", s, rest @ ..] | ["hk", s, rest @ ..] => semester(s, rest),
        [s, rest @ ..] => semester(s.strip_prefix("hk")?, rest),
        [] => None,
    }
}

/// `4 2023`, `t4 2023`, and `q1 2023` that stands in the same place.
fn month(text: &str, y: &str) -> Reading {
    let y = year(y)?;
    if let Some(quarter) = text.strip_prefix('q') {
        return number(quarter).map(|_| part(y, quarter, Period::quarter));
    }
    let month = text.strip_prefix('t').unwrap_or(text);
    let month = number(month)?;
    Some(whole(Period::month(y, month)))
}

fn months_of(count: &str, y: &str, first: bool) -> Reading {
    let (count, y) = (number(count)?, year(y)?);
    let ends = match (1..=12).contains(&count) {
        false => None,
        true if first => Period::month(y, 1).zip(Period::month(y, count)),
        true => Period::month(y, 13 - count).zip(Period::month(y, 12)),
    };
    let Some((from, to)) = ends else {
        return Some(Err(PeriodError::Part(String::new())));
    };
    Some(shortest(from.first_day(), to.last_day()))
}

/// The shortest form that is no form of schools: nobody who writes months means a semester.
fn shortest(from: NaiveDate, to: NaiveDate) -> Result<Period, PeriodError> {
    let period = Period::shortest(from, to)?;
    if !period.to_string().starts_with("SY") {
        return Ok(period);
    }
    let month = |date: NaiveDate| format!("{:04}-{:02}", date.year(), date.month());
    format!("{}..{}", month(from), month(to)).parse()
}

/// A range of years (`""`), quarters (`Q`) or months (`M`).
fn range(what: &str, first: &str, x: &str, last_what: &str, last: &str, y: &str) -> Reading {
    let end = |what: &str, part: &str, y: &str| match what {
        "Q" => Period::quarter(year(y)?, roman(part)?),
        "M" => Period::month(year(y)?, number(part)?),
        _ => Period::year(year(y)?),
    };
    let (from, to) = (end(what, first, x)?, end(last_what, last, y)?);
    Some(format!("{from}..{to}").parse())
}

fn semester(text: &str, rest: &[&str]) -> Reading {
    let number = roman(text)?;
    match rest {
        ["nam", "hoc", y, z] | [y, z] => Some(school(year(y)?, year(z)?, Some(number))),
        _ => None,
    }
}

fn school(first: i32, second: i32, semester: Option<u32>) -> Result<Period, PeriodError> {
    if second != first + 1 {
        return Err(PeriodError::SchoolYear(String::new()));
    }
    let (Some(_), Some(_)) = (Period::year(first), Period::year(second)) else {
        return Err(PeriodError::Year(String::new()));
    };
    match semester {
        None => whole(Period::school_year(first)),
        Some(semester) => whole(Period::semester(first, semester)),
    }
}

fn part(
    y: i32,
    text: &str,
    make: impl Fn(i32, u32) -> Option<Period>,
) -> Result<Period, PeriodError> {
    whole(roman(text).and_then(|number| make(y, number)))
}

fn whole(period: Option<Period>) -> Result<Period, PeriodError> {
    period.ok_or_else(|| PeriodError::Part(String::new()))
}

/// A year of four digits, from 1900 to 2199.
fn year(text: &str) -> Option<i32> {
    let year = (text.len() == 4).then(|| text.parse().ok()).flatten()?;
    Period::year(year).map(|_| year)
}

/// One or two digits.
fn number(text: &str) -> Option<u32> {
    let plain = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// One to four, in Roman or other numerals.
fn roman(text: &str) -> Option<u32> {
    match text {
        "i" => Some(1),
        "ii" => Some(2),
        "iii" => Some(3),
        "iv" => Some(4),
        other => number(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Lang;
    use crate::domain::period::tests::any_period;
    use proptest::prelude::*;

    #[test]
    fn what_people_write_is_read() {
        for (text, form) in [
            ("quý I/2023", "2023-Q1"),
            ("Quý IV năm 2022", "2022-Q4"),
            ("QUÝ 2 NĂM 2023", "2023-Q2"),
            ("quy iii 2023", "2023-Q3"),
            ("quy\u{301} I/2023", "2023-Q1"),
            ("Q1/2023", "2023-Q1"),
            ("T4/2023", "2023-04"),
            ("t12.2023", "2023-12"),
            ("tháng 4/2023", "2023-04"),
            ("Tháng 04 năm 2023", "2023-04"),
            ("04/2023", "2023-04"),
            ("6 tháng đầu năm 2023", "2023-H1"),
            ("06 tháng đầu năm 2023", "2023-H1"),
            ("6 tháng cuối năm 2023", "2023-H2"),
            ("4 tháng đầu năm 2023", "2023-01..2023-04"),
            ("5 tháng đầu năm 2023", "2023-01..2023-05"),
            ("9 tháng đầu năm 2023", "2023-01..2023-09"),
            ("3 tháng đầu năm 2023", "2023-Q1"),
            ("năm 2023", "2023"),
            ("2023", "2023"),
            ("năm học 2022-2023", "SY2022-2023"),
            ("Năm học 2022 - 2023", "SY2022-2023"),
            ("học kỳ 2 năm học 2022-2023", "SY2022-2023-S2"),
            ("Học kỳ I năm học 2022-2023", "SY2022-2023-S1"),
            ("HK2 2022-2023", "SY2022-2023-S2"),
            ("HK II năm học 2022-2023", "SY2022-2023-S2"),
            ("từ tháng 2 đến tháng 5 năm 2023", "2023-02..2023-05"),
            ("từ tháng 11/2022 đến tháng 2/2023", "2022-11..2023-02"),
            (
                "từ ngày 15/01/2023 đến ngày 30/4/2023",
                "2023-01-15..2023-04-30",
            ),
            ("2023-h1", "2023-H1"),
            (" sy2022-2023 ", "SY2022-2023"),
            ("2023-01..2023-04", "2023-01..2023-04"),
        ] {
            let read = Period::parse_vietnamese(text).map(|period| period.to_string());
            assert_eq!(read, Ok(form.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_period_says_why_about_the_text_as_written() {
        type Make = fn(String) -> PeriodError;
        for (make, text) in [
            (PeriodError::Part as Make, "quý V/2023"),
            (PeriodError::Part, "T13/2023"),
            (PeriodError::Part, "13 tháng đầu năm 2023"),
            (PeriodError::Part, "học kỳ 3 năm học 2022-2023"),
            (PeriodError::SchoolYear, "năm học 2022-2024"),
            (PeriodError::Reversed, "từ tháng 5 đến tháng 2 năm 2023"),
            (PeriodError::Day, "từ ngày 31/4/2023 đến ngày 30/6/2023"),
            (PeriodError::MixedEnds, "2023-01..2023-04-30"),
            (PeriodError::Form, "quý I"),
            (PeriodError::Form, "đầu năm 2023"),
            (PeriodError::Form, "tháng 4/23"),
            (PeriodError::Form, ""),
            (PeriodError::Form, "=1+1"),
        ] {
            assert_eq!(Period::parse_vietnamese(text), Err(make(text.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn every_vietnamese_label_is_read(period in any_period()) {
            let label = period.label(Lang::Vi);
            let read = Period::parse_vietnamese(&label);
            prop_assert!(read.is_ok_and(|read| read.same_days(&period)), "{}", label);
        }

        #[test]
        fn no_text_breaks_the_reader(
            text in ".{0,20}",
            words in "((tu|den|quy|thang|nam|hoc|ky|dau|cuoi|ngay|hk|iv|13|4|2023|2199)[ /-]){0,8}",
        ) {
            let _ = Period::parse_vietnamese(&text);
            let _ = Period::parse_vietnamese(&words);
        }
    }
}
