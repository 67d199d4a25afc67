//! Periods: the spans of days that reports, covers and targets are stated for.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::language::{Explain, Lang};

/// The first and the last year that a period may touch. A year outside them is a slip of the
/// hand, not a report.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// A span of whole days, both ends included, together with the form it was written in, so that
/// it is written back as it was read.
///
/// | form | days |
/// |---|---|
/// | `2023` | the calendar year |
/// | `2023-H1` | the first or second half of it |
/// | `2023-Q1` | a quarter |
/// | `2023-04` | a month |
/// | `2022..2023`, `2023-Q1..2023-Q3`, `2023-01..2023-04`, `2023-01-15..2023-04-30` | a range |
/// | `SY2022-2023` | the school year: 1 September 2022 to 31 May 2023 |
/// | `SY2022-2023-S1`, `-S2` | its semesters: to 31 December, and from 1 January |
///
/// ```
/// use socai::domain::{Lang, Period};
/// let period: Period = "2023-H1".parse()?;
/// assert_eq!(period.last_day().to_string(), "2023-06-30");
/// assert_eq!(period.label(Lang::Vi), "6 tháng đầu năm 2023");
/// # Ok::<(), socai::domain::PeriodError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    from: NaiveDate,
    to: NaiveDate,
    form: Form,
}

/// How a period is written. The order is that of [`Period::shortest`]: the shorter text first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    Year,
    Half,
    Quarter,
    Month,
    YearRange,
    SchoolYear,
    Semester,
    MonthRange,
    QuarterRange,
    DayRange,
}

/// Why a text is no period. Each names the text that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// It has none of the forms of [`Period`].
    #[error("{0:?} is not a period")]
    Form(String),
    /// A year before 1900 or after 2199.
    #[error("{0:?} has a year outside 1900 to 2199")]
    Year(String),
    /// A half, quarter, month or semester that a year does not have.
    #[error("{0:?} names a part that a year does not have")]
    Part(String),
    /// A day that the calendar does not have.
    #[error("{0:?} names a day that does not exist")]
    Day(String),
    /// A range from one form to another.
    #[error("the two ends of {0:?} are written in different forms")]
    MixedEnds(String),
    /// A range that ends before it starts.
    #[error("{0:?} ends before it starts")]
    Reversed(String),
    /// A school year whose second year is not the one after the first.
    #[error("{0:?} is not a school year of two following years")]
    SchoolYear(String),
}

impl Period {
    /// The calendar year. `None` outside 1900 to 2199.
    pub fn year(year: i32) -> Option<Period> {
        Period::months(Form::Year, (year, 1), (year, 12))
    }

    /// Half 1 or 2 of a year. `None` for another half, or outside 1900 to 2199.
    pub fn half(year: i32, half: u32) -> Option<Period> {
        let last = half.checked_mul(6)?;
        Period::months(Form::Half, (year, last.checked_sub(5)?), (year, last))
    }

    /// Quarter 1 to 4 of a year. `None` for another quarter, or outside 1900 to 2199.
    pub fn quarter(year: i32, quarter: u32) -> Option<Period> {
        let last = quarter.checked_mul(3)?;
        Period::months(Form::Quarter, (year, last.checked_sub(2)?), (year, last))
    }

    /// Month 1 to 12 of a year. `None` for another month, or outside 1900 to 2199.
    pub fn month(year: i32, month: u32) -> Option<Period> {
        Period::months(Form::Month, (year, month), (year, month))
    }

    /// The school year that starts on 1 September of `year`. `None` outside 1900 to 2199.
    pub fn school_year(year: i32) -> Option<Period> {
        Period::months(Form::SchoolYear, (year, 9), (year.checked_add(1)?, 5))
    }

    /// Semester 1 or 2 of the school year that starts in `year`. `None` for another semester, or
    /// outside 1900 to 2199.
    pub fn semester(year: i32, semester: u32) -> Option<Period> {
        let next = year.checked_add(1)?;
        let whole = Period::school_year(year)?;
        match semester {
            1 => Period::months(Form::Semester, (year, 9), (year, 12)),
            2 => Period::months(Form::Semester, (next, 1), (next, 5)),
            _ => None,
        }
        .filter(|part| whole.contains(part.from) && whole.contains(part.to))
    }

    /// The shortest form of two dates: 1 January to 31 March 2023 is `2023-Q1`. Where two forms
    /// are equally short, months win over quarters.
    ///
    /// # Errors
    /// [`PeriodError`] when `to` is before `from`, or a year is outside 1900 to 2199.
    pub fn shortest(from: NaiveDate, to: NaiveDate) -> Result<Period, PeriodError> {
        let written = || format!("{from}..{to}");
        if !YEARS.contains(&from.year()) || !YEARS.contains(&to.year()) {
            return Err(PeriodError::Year(written()));
        }
        if to < from {
            return Err(PeriodError::Reversed(written()));
        }
        let (year, last) = (from.year(), (to.year(), to.month()));
        let school = if from.month() == 1 { year - 1 } else { year };
        let candidates = [
            Period::year(year),
            Period::half(year, from.month0() / 6 + 1),
            Period::quarter(year, from.month0() / 3 + 1),
            Period::month(year, from.month()),
            Period::months(Form::YearRange, (year, 1), (to.year(), 12)),
            Period::school_year(school),
            Period::semester(school, 1),
            Period::semester(school, 2),
            Period::months(Form::MonthRange, (year, from.month()), last),
        ];
        Ok(candidates
            .into_iter()
            .flatten()
            .find(|period| period.from == from && period.to == to)
            .unwrap_or(Period {
                from,
                to,
                form: Form::DayRange,
            }))
    }

    /// The same days in their shortest form, so that `2023-01..2023-03` and `2023-Q1` are one.
    pub fn canonical(&self) -> Period {
        Period::shortest(self.from, self.to).unwrap_or(*self)
    }

    /// The first day.
    pub fn first_day(&self) -> NaiveDate {
        self.from
    }

    /// The last day, which is still part of the period.
    pub fn last_day(&self) -> NaiveDate {
        self.to
    }

    /// Whether a day lies in the period.
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.from <= date && date <= self.to
    }

    /// Whether two periods are the same days, however they are written.
    pub fn same_days(&self, other: &Period) -> bool {
        self.from == other.from && self.to == other.to
    }

    /// The whole months from the first to the last, each `(year, month)`.
    fn months(form: Form, first: (i32, u32), last: (i32, u32)) -> Option<Period> {
        if !YEARS.contains(&first.0) || !YEARS.contains(&last.0) || last < first {
            return None;
        }
        let from = NaiveDate::from_ymd_opt(first.0, first.1, 1)?;
        let to = last_day_of_month(last.0, last.1)?;
        Some(Period { from, to, form })
    }

    /// What the period is called in a sentence: *6 tháng đầu năm 2023*, *first half of 2023*.
    pub fn label(&self, lang: Lang) -> String {
        match lang {
            Lang::Vi => self.label_vi(),
            Lang::En => self.label_en(),
        }
    }

    fn label_vi(&self) -> String {
        let (from, to) = (self.from, self.to);
        let year = from.year();
        match self.form {
            Form::Year => format!("năm {year}"),
            Form::Half if from.month() == 1 => format!("6 tháng đầu năm {year}"),
            Form::Half => format!("6 tháng cuối năm {year}"),
            Form::Quarter => format!("quý {} năm {year}", roman(quarter_of(from))),
            Form::Month => format!("tháng {} năm {year}", from.month()),
            Form::SchoolYear => format!("năm học {year}-{}", to.year()),
            Form::Semester => {
                let (first, semester) = semester_of(from);
                let next = first + 1;
                format!("học kỳ {} năm học {first}-{next}", roman(semester))
            }
            Form::YearRange if year == to.year() => format!("năm {year}"),
            Form::YearRange => format!("từ năm {year} đến năm {}", to.year()),
            Form::QuarterRange => {
                let (first, last) = (roman(quarter_of(from)), roman(quarter_of(to)));
                span_vi("quý", first, year, last, to.year())
            }
            Form::MonthRange if year == to.year() && from.month() == 1 => match to.month() {
                1 => format!("tháng 1 năm {year}"),
                12 => format!("năm {year}"),
                month => format!("{month} tháng đầu năm {year}"),
            },
            Form::MonthRange => span_vi("tháng", from.month(), year, to.month(), to.year()),
            Form::DayRange if from == to => format!("ngày {}", day_vi(from)),
            Form::DayRange => format!("từ ngày {} đến ngày {}", day_vi(from), day_vi(to)),
        }
    }

    fn label_en(&self) -> String {
        let (from, to) = (self.from, self.to);
        let year = from.year();
        match self.form {
            Form::Year => format!("{year}"),
            Form::Half if from.month() == 1 => format!("first half of {year}"),
            Form::Half => format!("second half of {year}"),
            Form::Quarter => format!("{} quarter of {year}", ordinal_en(quarter_of(from))),
            Form::Month => from.format("%B %Y").to_string(),
            Form::SchoolYear => format!("school year {year}-{}", to.year()),
            Form::Semester => {
                let (first, semester) = semester_of(from);
                let ordinal = ordinal_en(semester);
                format!("{ordinal} semester of school year {first}-{}", first + 1)
            }
            Form::YearRange if year == to.year() => format!("{year}"),
            Form::YearRange => format!("{year} to {}", to.year()),
            Form::QuarterRange => {
                let (first, last) = (ordinal_en(quarter_of(from)), ordinal_en(quarter_of(to)));
                let end = format!("{last} quarter of {}", to.year());
                match (first == last, year == to.year()) {
                    (true, true) => end,
                    (false, true) => format!("{first} to {end}"),
                    (_, false) => format!("{first} quarter of {year} to {end}"),
                }
            }
            Form::MonthRange if (year, from.month()) == (to.year(), to.month()) => {
                from.format("%B %Y").to_string()
            }
            Form::MonthRange if year == to.year() && from.month() == 1 => match to.month() {
                12 => format!("{year}"),
                month => format!("first {month} months of {year}"),
            },
            Form::MonthRange if year == to.year() => {
                format!("{} to {}", from.format("%B"), to.format("%B %Y"))
            }
            Form::MonthRange => format!("{} to {}", from.format("%B %Y"), to.format("%B %Y")),
            Form::DayRange if from == to => day_en(from),
            Form::DayRange => format!("{} to {}", day_en(from), day_en(to)),
        }
    }
}

/// *từ quý I đến quý III năm 2023*, *từ tháng 11 năm 2022 đến tháng 2 năm 2023*.
fn span_vi<T: fmt::Display + PartialEq>(
    what: &str,
    first: T,
    first_year: i32,
    last: T,
    year: i32,
) -> String {
    match (first == last, first_year == year) {
        (true, true) => format!("{what} {last} năm {year}"),
        (false, true) => format!("từ {what} {first} đến {what} {last} năm {year}"),
        (_, false) => format!("từ {what} {first} năm {first_year} đến {what} {last} năm {year}"),
    }
}

/// Decree 30/2020/NĐ-CP writes a zero before days under 10 and before months 1 and 2 only.
fn day_vi(date: NaiveDate) -> String {
    let (day, month, year) = (date.day(), date.month(), date.year());
    if month <= 2 {
        format!("{day:02}/{month:02}/{year}")
    } else {
        format!("{day:02}/{month}/{year}")
    }
}

fn day_en(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

fn quarter_of(date: NaiveDate) -> u32 {
    date.month0() / 3 + 1
}

/// The year in which the school year of a semester starts, and which semester it is.
fn semester_of(from: NaiveDate) -> (i32, u32) {
    if from.month() == 1 {
        (from.year() - 1, 2)
    } else {
        (from.year(), 1)
    }
}

fn roman(number: u32) -> &'static str {
    match number {
        1 => "I",
        2 => "II",
        3 => "III",
        _ => "IV",
    }
}

fn ordinal_en(number: u32) -> &'static str {
    match number {
        1 => "first",
        2 => "second",
        3 => "third",
        _ => "fourth",
    }
}

fn last_day_of_month(year: i32, month: u32) -> Option<NaiveDate> {
    let (next_year, next_month) = if month == 12 {
        (year.checked_add(1)?, 1)
    } else {
        (year, month.checked_add(1)?)
    };
    NaiveDate::from_ymd_opt(next_year, next_month, 1)?.pred_opt()
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from, self.to);
        let year = from.year();
        let month = |f: &mut fmt::Formatter<'_>, date: NaiveDate| {
            write!(f, "{}-{:02}", date.year(), date.month())
        };
        let quarter = |f: &mut fmt::Formatter<'_>, date: NaiveDate| {
            write!(f, "{}-Q{}", date.year(), quarter_of(date))
        };
        match self.form {
            Form::Year => write!(f, "{year}"),
            Form::Half => write!(f, "{year}-H{}", from.month0() / 6 + 1),
            Form::Quarter => quarter(f, from),
            Form::Month => month(f, from),
            Form::YearRange => write!(f, "{year}..{}", to.year()),
            Form::SchoolYear => write!(f, "SY{year}-{}", to.year()),
            Form::Semester => {
                let (first, semester) = semester_of(from);
                write!(f, "SY{first}-{}-S{semester}", first + 1)
            }
            Form::MonthRange => {
                month(f, from)?;
                f.write_str("..")?;
                month(f, to)
            }
            Form::QuarterRange => {
                quarter(f, from)?;
                f.write_str("..")?;
                quarter(f, to)
            }
            Form::DayRange => write!(f, "{from}..{to}"),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Period, PeriodError> {
        match text.split_once("..") {
            Some((from, to)) => parse_range(text, from, to),
            None => match text.strip_prefix("SY") {
                Some(school) => parse_school(text, school),
                None => parse_calendar(text, text),
            },
        }
    }
}

/// One end of a range or a period by itself: a day, a month, a quarter, a half or a year.
enum End {
    Whole(Period),
    Day(NaiveDate),
}

fn parse_end(text: &str, end: &str) -> Result<End, PeriodError> {
    if end.len() != "2023-01-15".len() || end.matches('-').count() != 2 {
        return parse_calendar(text, end).map(End::Whole);
    }
    let mut parts = end.split('-');
    let mut next = |width| number(parts.next().unwrap_or_default(), width);
    let (Some(year), Some(month), Some(day)) = (next(4), next(2), next(2)) else {
        return Err(PeriodError::Form(text.to_owned()));
    };
    let year = checked_year(text, year)?;
    NaiveDate::from_ymd_opt(year, month, day)
        .map(End::Day)
        .ok_or_else(|| PeriodError::Day(text.to_owned()))
}

fn parse_range(text: &str, from: &str, to: &str) -> Result<Period, PeriodError> {
    let (start, from, to) = match (parse_end(text, from)?, parse_end(text, to)?) {
        (End::Day(from), End::Day(to)) => (Form::DayRange, from, to),
        (End::Whole(from), End::Whole(to)) if from.form == to.form => (from.form, from.from, to.to),
        _ => return Err(PeriodError::MixedEnds(text.to_owned())),
    };
    let form = match start {
        Form::Year => Form::YearRange,
        Form::Quarter => Form::QuarterRange,
        Form::Month => Form::MonthRange,
        Form::DayRange => Form::DayRange,
        _ => return Err(PeriodError::Form(text.to_owned())),
    };
    if to < from {
        return Err(PeriodError::Reversed(text.to_owned()));
    }
    Ok(Period { from, to, form })
}

/// `2023`, `2023-H1`, `2023-Q1`, `2023-04`. `text` is the whole period, for the error.
fn parse_calendar(text: &str, part: &str) -> Result<Period, PeriodError> {
    let form = || PeriodError::Form(text.to_owned());
    let (year, rest) = match part.split_once('-') {
        Some((year, rest)) => (year, Some(rest)),
        None => (part, None),
    };
    let year = checked_year(text, number(year, 4).ok_or_else(form)?)?;
    let Some(rest) = rest else {
        return Period::year(year).ok_or_else(form);
    };
    let period = if let Some(half) = rest.strip_prefix('H') {
        Period::half(year, number(half, 1).ok_or_else(form)?)
    } else if let Some(quarter) = rest.strip_prefix('Q') {
        Period::quarter(year, number(quarter, 1).ok_or_else(form)?)
    } else {
        Period::month(year, number(rest, 2).ok_or_else(form)?)
    };
    period.ok_or_else(|| PeriodError::Part(text.to_owned()))
}

/// What follows `SY`: `2022-2023`, `2022-2023-S1`.
fn parse_school(text: &str, school: &str) -> Result<Period, PeriodError> {
    let form = || PeriodError::Form(text.to_owned());
    let mut parts = school.split('-');
    let mut next_year = || number(parts.next().unwrap_or_default(), 4).ok_or_else(form);
    let (first, second) = (next_year()?, next_year()?);
    let (first, second) = (checked_year(text, first)?, checked_year(text, second)?);
    if second != first + 1 {
        return Err(PeriodError::SchoolYear(text.to_owned()));
    }
    let period = match (parts.next(), parts.next()) {
        (None, None) => Period::school_year(first).ok_or_else(form)?,
        (Some(semester), None) => {
            let semester = semester.strip_prefix('S').ok_or_else(form)?;
            let semester = number(semester, 1).ok_or_else(form)?;
            Period::semester(first, semester).ok_or_else(|| PeriodError::Part(text.to_owned()))?
        }
        _ => return Err(form()),
    };
    Ok(period)
}

/// Exactly `width` ASCII digits.
fn number(text: &str, width: usize) -> Option<u32> {
    let plain = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn checked_year(text: &str, year: u32) -> Result<i32, PeriodError> {
    i32::try_from(year)
        .ok()
        .filter(|year| YEARS.contains(year))
        .ok_or_else(|| PeriodError::Year(text.to_owned()))
}

impl Explain for PeriodError {
    fn code(&self) -> &'static str {
        match self {
            PeriodError::Form(_) => "bad_period",
            PeriodError::Year(_) => "period_year_out_of_range",
            PeriodError::Part(_) => "no_such_period",
            PeriodError::Day(_) => "no_such_date",
            PeriodError::MixedEnds(_) => "period_mixed_ends",
            PeriodError::Reversed(_) => "period_reversed",
            PeriodError::SchoolYear(_) => "bad_school_year",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match self {
            PeriodError::Form(found) => lang.pick(
                format!("\"{found}\" không phải là một kỳ"),
                format!("\"{found}\" is not a period"),
            ),
            PeriodError::Year(found) => lang.pick(
                format!("kỳ \"{found}\" có năm ngoài khoảng 1900 đến 2199"),
                format!("the period \"{found}\" has a year outside 1900 to 2199"),
            ),
            PeriodError::Part(found) => lang.pick(
                format!("kỳ \"{found}\" không có trong năm"),
                format!("a year has no such part as \"{found}\""),
            ),
            PeriodError::Day(found) => lang.pick(
                format!("kỳ \"{found}\" có ngày không tồn tại"),
                format!("the period \"{found}\" names a day that does not exist"),
            ),
            PeriodError::MixedEnds(found) => lang.pick(
                format!("hai đầu của kỳ \"{found}\" không cùng một dạng"),
                format!("the two ends of the period \"{found}\" are not of one form"),
            ),
            PeriodError::Reversed(found) => lang.pick(
                format!("kỳ \"{found}\" kết thúc trước khi bắt đầu"),
                format!("the period \"{found}\" ends before it starts"),
            ),
            PeriodError::SchoolYear(found) => lang.pick(
                format!("năm học \"{found}\" không gồm hai năm liền nhau"),
                format!("the school year \"{found}\" is not of two following years"),
            ),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let hint = match self {
            PeriodError::Form(_) | PeriodError::Year(_) => lang.pick(
                "viết 2023, 2023-H1, 2023-Q1, 2023-04, 2023-01..2023-04, \
                 2023-01-15..2023-04-30, SY2022-2023 hoặc SY2022-2023-S2",
                "write 2023, 2023-H1, 2023-Q1, 2023-04, 2023-01..2023-04, \
                 2023-01-15..2023-04-30, SY2022-2023 or SY2022-2023-S2",
            ),
            PeriodError::Part(_) => lang.pick(
                "một năm có H1 và H2, Q1 đến Q4, tháng 01 đến 12; năm học có S1 và S2",
                "a year has H1 and H2, Q1 to Q4, months 01 to 12; a school year has S1 and S2",
            ),
            PeriodError::Day(_) => lang.pick(
                "kiểm tra số ngày của tháng",
                "check how many days the month has",
            ),
            PeriodError::MixedEnds(_) => lang.pick(
                "viết cả hai đầu theo tháng (2023-01..2023-04) \
                 hoặc theo ngày (2023-01-15..2023-04-30)",
                "write both ends as months (2023-01..2023-04) \
                 or as days (2023-01-15..2023-04-30)",
            ),
            PeriodError::Reversed(_) => lang.pick("đổi chỗ hai đầu", "swap the two ends"),
            PeriodError::SchoolYear(_) => lang.pick(
                "viết hai năm liền nhau, ví dụ SY2022-2023",
                "write two following years, such as SY2022-2023",
            ),
        };
        Some(hint.to_owned())
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Period, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Period {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Period".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let year = "(19|20|21)[0-9]{2}";
        let month = "(0[1-9]|1[0-2])";
        let day = "(0[1-9]|[12][0-9]|3[01])";
        let calendar = format!("{year}(-(H[12]|Q[1-4]|{month}))?");
        let of = |end: &str| format!(r"{end}\.\.{end}");
        let months = of(&format!("{year}-{month}"));
        let days = of(&format!("{year}-{month}-{day}"));
        let range = [of(year), of(&format!("{year}-Q[1-4]")), months, days].join("|");
        json_schema!({
            "type": "string",
            "pattern": format!("^({calendar}|{range}|SY{year}-{year}(-S[12])?)$"),
            "description": "a span of whole days, both ends included, as it was written"
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn period(text: &str) -> Period {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_form_has_its_days_and_is_written_back_as_it_was_read() {
        for (text, from, to) in [
            ("2023", "2023-01-01", "2023-12-31"),
            ("2023-H1", "2023-01-01", "2023-06-30"),
            ("2023-H2", "2023-07-01", "2023-12-31"),
            ("2023-Q1", "2023-01-01", "2023-03-31"),
            ("2022-Q4", "2022-10-01", "2022-12-31"),
            ("2023-04", "2023-04-01", "2023-04-30"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2023-01..2023-04", "2023-01-01", "2023-04-30"),
            ("2023-01..2023-03", "2023-01-01", "2023-03-31"),
            ("2022-11..2023-02", "2022-11-01", "2023-02-28"),
            ("2023-01-15..2023-04-30", "2023-01-15", "2023-04-30"),
            ("2023-01-15..2023-01-15", "2023-01-15", "2023-01-15"),
            ("2021..2025", "2021-01-01", "2025-12-31"),
            ("2023-Q1..2023-Q3", "2023-01-01", "2023-09-30"),
            ("SY2022-2023", "2022-09-01", "2023-05-31"),
            ("SY2022-2023-S1", "2022-09-01", "2022-12-31"),
            ("SY2022-2023-S2", "2023-01-01", "2023-05-31"),
        ] {
            let period = period(text);
            assert_eq!(period.first_day().to_string(), from, "{text}");
            assert_eq!(period.last_day().to_string(), to, "{text}");
            assert_eq!(period.to_string(), text);
            assert!(period.contains(period.first_day()) && period.contains(period.last_day()));
            assert!(!period.contains(period.last_day().succ_opt().unwrap()));
            assert!(!period.contains(period.first_day().pred_opt().unwrap()));
            let json = serde_json::to_string(&period).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Period>(&json).unwrap(), period);
        }
    }

    #[test]
    fn what_is_no_period_says_why() {
        type Make = fn(String) -> PeriodError;
        let cases: &[(Make, &str)] = &[
            (
                PeriodError::Form,
                "23 2023-4 2023-q1 sy2022-2023 2023-01-15 2023.. ..2023 +023",
            ),
            (
                PeriodError::Form,
                "2023-H1..2023-H2 2023-01...2023-04 2023-Q 2023-01..2023-04..2023-05",
            ),
            (
                PeriodError::Form,
                "SY2022 SY2022-2023-1 SY2022-2023-S1-S2 ٢٠٢٣",
            ),
            (
                PeriodError::Year,
                "1899 2200 0000-01 2023..2200 SY2199-2200 SY2199-2200-S1",
            ),
            (
                PeriodError::Part,
                "2023-H0 2023-H3 2023-Q0 2023-Q5 2023-00 2023-13",
            ),
            (
                PeriodError::Part,
                "2023-01..2023-13 SY2022-2023-S0 SY2022-2023-S3",
            ),
            (
                PeriodError::Day,
                "2023-01-15..2023-04-31 2023-02-29..2023-03-01",
            ),
            (
                PeriodError::MixedEnds,
                "2023-01..2023-04-30 2023..2023-04 2023-Q1..2023-04",
            ),
            (PeriodError::MixedEnds, "2023-H1..2023-12"),
            (
                PeriodError::Reversed,
                "2023-04..2023-01 2023-04-30..2023-04-29",
            ),
            (PeriodError::Reversed, "2023..2022 2023-Q2..2023-Q1"),
            (
                PeriodError::SchoolYear,
                "SY2022-2024 SY2023-2022 SY2022-2022",
            ),
        ];
        for (make, texts) in cases {
            for text in texts.split(' ') {
                assert_eq!(text.parse::<Period>(), Err(make(text.to_owned())));
            }
        }
        for text in ["", " 2023", "2023 "] {
            assert_eq!(
                text.parse::<Period>(),
                Err(PeriodError::Form(text.to_owned()))
            );
        }
    }

    #[test]
    fn a_period_is_called_as_people_call_it() {
        for (text, vi, en) in [
            ("2023", "năm 2023", "2023"),
            ("2023-H1", "6 tháng đầu năm 2023", "first half of 2023"),
            ("2023-H2", "6 tháng cuối năm 2023", "second half of 2023"),
            ("2023-Q1", "quý I năm 2023", "first quarter of 2023"),
            ("2022-Q4", "quý IV năm 2022", "fourth quarter of 2022"),
            ("2023-04", "tháng 4 năm 2023", "April 2023"),
            (
                "2023-01..2023-04",
                "4 tháng đầu năm 2023",
                "first 4 months of 2023",
            ),
            ("2023-01..2023-12", "năm 2023", "2023"),
            ("2023-01..2023-01", "tháng 1 năm 2023", "January 2023"),
            ("2023-05..2023-05", "tháng 5 năm 2023", "May 2023"),
            (
                "2023-02..2023-05",
                "từ tháng 2 đến tháng 5 năm 2023",
                "February to May 2023",
            ),
            (
                "2022-11..2023-02",
                "từ tháng 11 năm 2022 đến tháng 2 năm 2023",
                "November 2022 to February 2023",
            ),
            (
                "2023-01-15..2023-04-30",
                "từ ngày 15/01/2023 đến ngày 30/4/2023",
                "15 January 2023 to 30 April 2023",
            ),
            ("2023-04-09..2023-04-09", "ngày 09/4/2023", "9 April 2023"),
            ("2021..2025", "từ năm 2021 đến năm 2025", "2021 to 2025"),
            (
                "2023-Q1..2023-Q3",
                "từ quý I đến quý III năm 2023",
                "first to third quarter of 2023",
            ),
            ("SY2022-2023", "năm học 2022-2023", "school year 2022-2023"),
            (
                "SY2022-2023-S2",
                "học kỳ II năm học 2022-2023",
                "second semester of school year 2022-2023",
            ),
        ] {
            assert_eq!(period(text).label(Lang::Vi), vi);
            assert_eq!(period(text).label(Lang::En), en);
        }
    }

    #[test]
    fn the_shortest_form_of_two_dates() {
        for (long, short) in [
            ("2023-01-01..2023-03-31", "2023-Q1"),
            ("2023-01..2023-03", "2023-Q1"),
            ("2023-Q1..2023-Q2", "2023-H1"),
            ("2023-Q1..2023-Q3", "2023-01..2023-09"),
            ("2023-01..2023-12", "2023"),
            ("2023-04-01..2023-04-30", "2023-04"),
            ("2021-01-01..2025-12-31", "2021..2025"),
            ("2022-09..2023-05", "SY2022-2023"),
            ("2022-09..2022-12", "SY2022-2023-S1"),
            ("2023-01..2023-05", "SY2022-2023-S2"),
            ("2023-01..2023-04", "2023-01..2023-04"),
            ("2023-01-15..2023-04-30", "2023-01-15..2023-04-30"),
        ] {
            let long = period(long);
            let shortest = Period::shortest(long.first_day(), long.last_day()).unwrap();
            assert_eq!(shortest.to_string(), short);
        }
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert!(matches!(
            Period::shortest(day(2023, 2, 1), day(2023, 1, 1)),
            Err(PeriodError::Reversed(_))
        ));
        assert!(matches!(
            Period::shortest(day(1899, 1, 1), day(2023, 1, 1)),
            Err(PeriodError::Year(_))
        ));
    }

    #[test]
    fn the_schema_takes_what_is_written() {
        let mut generator = SchemaGenerator::default();
        let schema = Period::json_schema(&mut generator).to_value();
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        compiler.add_resource("period.json", schema).unwrap();
        let index = compiler.compile("period.json", &mut schemas).unwrap();
        let takes = |text: &str| schemas.validate(&text.into(), index).is_ok();
        for good in [
            "2023",
            "2023-H1",
            "2023-Q4",
            "2023-12",
            "2023-01..2023-04",
            "2023-01-15..2023-04-30",
            "2022..2023",
            "2023-Q1..2023-Q2",
            "SY2022-2023-S2",
        ] {
            assert!(takes(good), "{good}");
        }
        for bad in ["2023-H3", "2023-13", "quý I/2023", "2023-01..2023-04-30"] {
            assert!(!takes(bad), "{bad}");
        }
    }

    fn any_date() -> impl Strategy<Value = NaiveDate> {
        let first = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap();
        (0..109_573_u64).prop_map(move |days| first + chrono::Days::new(days))
    }

    /// Periods of every form.
    pub(crate) fn any_period() -> impl Strategy<Value = Period> {
        let year = 1900..2199_i32;
        let ends = (any_date(), any_date()).prop_map(|(a, b)| (a.min(b), a.max(b)));
        prop_oneof![
            year.clone().prop_map(Period::year),
            (year.clone(), 1..=2_u32).prop_map(|(y, h)| Period::half(y, h)),
            (year.clone(), 1..=4_u32).prop_map(|(y, q)| Period::quarter(y, q)),
            (year.clone(), 1..=12_u32).prop_map(|(y, m)| Period::month(y, m)),
            year.clone().prop_map(Period::school_year),
            (year.clone(), 1..=2_u32).prop_map(|(y, s)| Period::semester(y, s)),
            (ends, 0..4_u8).prop_map(|((from, to), form)| {
                let month = |d: NaiveDate| format!("{}-{:02}", d.year(), d.month());
                let quarter = |d: NaiveDate| format!("{}-Q{}", d.year(), quarter_of(d));
                let text = match form {
                    0 => format!("{from}..{to}"),
                    1 => format!("{}..{}", month(from), month(to)),
                    2 => format!("{}..{}", quarter(from), quarter(to)),
                    _ => format!("{}..{}", from.year(), to.year()),
                };
                text.parse().ok()
            }),
        ]
        .prop_map(Option::unwrap)
    }

    proptest! {
        #[test]
        fn writing_then_reading_gives_the_same(period in any_period()) {
            prop_assert_eq!(period.to_string().parse::<Period>(), Ok(period));
        }

        #[test]
        fn the_shortest_form_has_the_same_days_and_is_not_longer(period in any_period()) {
            let shortest = Period::shortest(period.first_day(), period.last_day()).unwrap();
            prop_assert!(shortest.same_days(&period));
            prop_assert!(shortest.to_string().len() <= period.to_string().len());
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".{0,24}") {
            let _ = text.parse::<Period>();
        }
    }
}
