//! The fields of a layout and what stands in their place.

use unicode_normalization::UnicodeNormalization;

use super::super::super::model::Report;
use super::super::super::render::number_line;
use super::super::super::{number, spelled};
use super::super::flow::{self, Piece};
use super::super::{Setting, docx};
use crate::domain::fixed::parse_thousandths;

/// The names there are, beside the figures of the report.
pub(super) const NAMES: [&str; 22] = [
    "annexes",
    "as_of",
    "body",
    "date",
    "digest",
    "issuer",
    "marks",
    "motto",
    "number",
    "number_line",
    "on_behalf",
    "origin",
    "period",
    "place",
    "recipients",
    "role",
    "root",
    "section:II.2",
    "seq",
    "span",
    "subject",
    "title",
];

/// Space left for what is written by hand on a draft.
const BLANK: &str = "\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}";

/// What stands in the place of a field.
pub(super) enum Value {
    /// Words, in a paragraph with others; a line feed breaks the line.
    Words(String),
    /// Paragraphs and tables in the place of a whole paragraph, as XML.
    Blocks(String),
}

/// The fields of one report.
pub(super) struct Fields<'a> {
    report: &'a Report,
    setting: &'a Setting<'a>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(report: &'a Report, setting: &'a Setting<'a>) -> Fields<'a> {
        Fields { report, setting }
    }

    /// What a field stands for, if there is such a field.
    pub(super) fn value(&self, name: &str) -> Option<Value> {
        let name: String = name.nfc().collect();
        let name = name.trim();
        self.words(name)
            .map(Value::Words)
            .or_else(|| self.blocks(name).map(Value::Blocks))
            .or_else(|| self.figure(name).map(Value::Words))
    }

    fn words(&self, name: &str) -> Option<String> {
        let (report, header) = (self.report, &self.report.header);
        let blank = || BLANK.to_owned();
        Some(match name {
            "as_of" => report.as_of.at.clone(),
            "date" => header.date.clone().unwrap_or_else(blank),
            "digest" => report.digest.clone().unwrap_or_default(),
            "issuer" => header.issuer.join("\n"),
            "motto" => header.motto.join("\n"),
            "number" => header.number.clone().unwrap_or_else(blank),
            "number_line" => number_line(report, BLANK),
            "on_behalf" => report.signature.on_behalf.clone(),
            "origin" => self.setting.origin.to_owned(),
            "period" => report.period.text.clone(),
            "place" => header.place.clone(),
            "role" => report.signature.role.clone(),
            "root" => report.as_of.root.clone(),
            "seq" => report.as_of.seq.to_string(),
            "span" => report.span.text.clone(),
            "subject" => header.subject.clone(),
            "title" => header.title.clone(),
            _ => return None,
        })
    }

    fn blocks(&self, name: &str) -> Option<String> {
        let report = self.report;
        let pieces = match name {
            "annexes" => flow::annexes(report),
            "body" => flow::body(report),
            "marks" => vec![Piece::Marks],
            "recipients" => return Some(docx::recipients(report)),
            _ => flow::numbered(report, name.strip_prefix("section:")?)?,
        };
        Some(docx::pieces(report, self.setting, &pieces))
    }

    /// A figure by its name: its digits; `:words` in words, `:money` with the currency.
    fn figure(&self, name: &str) -> Option<String> {
        let (name, form) = name.split_once(':').unwrap_or((name, ""));
        let figure = self.report.figure(name)?;
        let lang = self.report.language;
        let Some(value) = &figure.value else {
            return Some(String::new());
        };
        let Ok(number) = parse_thousandths(value) else {
            return form.is_empty().then(|| value.clone());
        };
        let number = i128::from(number);
        let currency = figure.unit.as_deref();
        Some(match (form, currency) {
            ("", _) => number::grouped(number, lang),
            ("money", Some(currency)) => number::money(number, currency, lang),
            ("words", Some("VND")) => spelled::amount(number, "VND", lang),
            ("words", _) => spelled::spelled(number, lang),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_order() {
        assert!(NAMES.is_sorted());
    }
}
