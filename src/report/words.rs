//! What the period, the office and its place are called in a sentence.

use chrono::{Datelike, NaiveDate};

use super::sentence::Word;
use crate::domain::language::Lang;
use crate::domain::period::Period;

/// Levels of a unit as its name begins with them, and how English says them after the name.
const LEVELS: [(&str, &str); 7] = [
    ("xã", "commune"),
    ("phường", "ward"),
    ("thị trấn", "township"),
    ("đặc khu", "special zone"),
    ("huyện", "district"),
    ("thành phố", "city"),
    ("tỉnh", "province"),
];

/// The words of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    period: String,
    span: String,
    in_span: String,
    unit: String,
    unit_upper: String,
    place: String,
}

impl Words {
    /// The words for a report of a unit over a period, whose data cover a span.
    pub fn new(period: &Period, span: &Period, unit_name: &str, lang: Lang) -> Words {
        let (unit, place) = unit(unit_name, lang);
        Words {
            period: period.label(lang),
            span: span.label(lang),
            in_span: in_span(span, lang),
            unit_upper: unit.to_uppercase(),
            unit,
            place,
        }
    }

    /// One of them.
    pub fn get(&self, word: Word) -> &str {
        match word {
            Word::Period => &self.period,
            Word::Span => &self.span,
            Word::InSpan => &self.in_span,
            Word::Unit => &self.unit,
            Word::UnitUpper => &self.unit_upper,
            Word::Place => &self.place,
        }
    }
}

/// The unit as the head of a paper has it: *XÃ LỤC BÌNH*.
pub fn unit_upper(name: &str, lang: Lang) -> String {
    unit(name, lang).0.to_uppercase()
}

/// The unit as a sentence has it, and its name without its level.
fn unit(name: &str, lang: Lang) -> (String, String) {
    for (level, english) in LEVELS {
        let words = level.split(' ').count();
        let mut parts = name.splitn(words + 1, ' ');
        let first: Vec<&str> = parts.by_ref().take(words).collect();
        if first.join(" ").to_lowercase() == level
            && let Some(place) = parts.next()
        {
            let unit = lang.pick(format!("{level} {place}"), format!("{place} {english}"));
            return (unit, place.to_owned());
        }
    }
    (name.to_owned(), name.to_owned())
}

fn in_span(span: &Period, lang: Lang) -> String {
    let label = span.label(lang);
    match lang {
        Lang::Vi => match label.strip_prefix("từ ") {
            Some(rest) => format!("Từ {rest}"),
            None => format!("Trong {label}"),
        },
        Lang::En => {
            let first = label.split(' ').next().unwrap_or_default();
            let named = ["first", "second", "third", "fourth", "school"].contains(&first);
            let before = match (named, label.contains(" to ")) {
                (true, _) => "In the",
                (false, true) => "From",
                (false, false) if span.first_day() == span.last_day() => "On",
                (false, false) => "In",
            };
            format!("{before} {label}")
        }
    }
}

/// A date as the head of a document has it: *ngày 05 tháng 02 năm 2023* (Decree 30/2020/NĐ-CP
/// writes a zero before days under 10 and before months 1 and 2).
pub fn date_line(date: NaiveDate, lang: Lang) -> String {
    let (day, month, year) = (date.day(), date.month(), date.year());
    match lang {
        Lang::Vi if month <= 2 => format!("ngày {day:02} tháng {month:02} năm {year}"),
        Lang::Vi => format!("ngày {day:02} tháng {month} năm {year}"),
        Lang::En => date.format("%-d %B %Y").to_string(),
    }
}

/// A date in a sentence: *ngày 30/4/2023*, *30 April 2023*.
pub fn date_words(date: NaiveDate, lang: Lang) -> String {
    match Period::shortest(date, date) {
        Ok(day) => day.label(lang),
        Err(_) => date.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_called_by_its_level_and_name() {
        for name in ["Xã Lục Bình", "xã Lục Bình"] {
            assert_eq!(
                unit(name, Lang::Vi),
                ("xã Lục Bình".into(), "Lục Bình".into())
            );
            assert_eq!(unit(name, Lang::En).0, "Lục Bình commune");
        }
        assert_eq!(unit("Thị trấn Phủ Thông", Lang::En).0, "Phủ Thông township");
        assert_eq!(
            unit("Kawangware", Lang::Vi),
            ("Kawangware".into(), "Kawangware".into())
        );
        assert_eq!(unit("xã", Lang::Vi).0, "xã");
    }

    #[test]
    fn a_span_opens_a_sentence() {
        for (period, vi, en) in [
            (
                "2023-01..2023-04",
                "Trong 4 tháng đầu năm 2023",
                "In the first 4 months of 2023",
            ),
            (
                "2023-H1",
                "Trong 6 tháng đầu năm 2023",
                "In the first half of 2023",
            ),
            ("2023-04", "Trong tháng 4 năm 2023", "In April 2023"),
            ("2023", "Trong năm 2023", "In 2023"),
            (
                "2023-01-01..2023-04-28",
                "Từ ngày 01/01/2023 đến ngày 28/4/2023",
                "From 1 January 2023 to 28 April 2023",
            ),
            (
                "2023-04-28..2023-04-28",
                "Trong ngày 28/4/2023",
                "On 28 April 2023",
            ),
        ] {
            let period: Period = period.parse().unwrap();
            assert_eq!(in_span(&period, Lang::Vi), vi);
            assert_eq!(in_span(&period, Lang::En), en);
        }
    }

    #[test]
    fn the_date_of_a_document() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let vi = date_line(date("2023-02-05"), Lang::Vi);
        assert_eq!(vi, "ngày 05 tháng 02 năm 2023");
        let vi = date_line(date("2023-04-28"), Lang::Vi);
        assert_eq!(vi, "ngày 28 tháng 4 năm 2023");
        let en = date_line(date("2023-02-05"), Lang::En);
        assert_eq!(en, "5 February 2023");
    }
}
