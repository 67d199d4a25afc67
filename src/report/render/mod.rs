//! Renderings of the canonical model. Each is a function of the model alone, the same bytes for
//! ever: a change that could move one takes a new number in [`RENDERER`].

mod csv;
mod html;
mod html_v1;
mod markdown;
mod text;
mod width;

pub use csv::{bare, csv};
pub use html::html;
pub use markdown::markdown;
pub use text::text;

use super::build::ReportError;
use super::model::Report;
use crate::domain::language::Lang;
use crate::projection::{Axis, Boundaries};

/// The number of the rules by which a model is rendered. The first had another page of HTML.
pub const RENDERER: u32 = 2;

/// The forms a report is rendered in. Each is the same bytes for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// The figures and the tables, one number a row, for a spreadsheet.
    Csv,
    /// A page that prints on A4.
    Html,
    /// The canonical model.
    Json,
    /// Markdown.
    Markdown,
    /// Plain text.
    Text,
}

impl Form {
    /// All of them, by the ending of their file.
    pub const ALL: [Form; 5] = [
        Form::Csv,
        Form::Html,
        Form::Json,
        Form::Markdown,
        Form::Text,
    ];

    /// The ending of its file.
    pub fn ending(self) -> &'static str {
        match self {
            Form::Csv => "csv",
            Form::Html => "html",
            Form::Json => "json",
            Form::Markdown => "md",
            Form::Text => "txt",
        }
    }

    /// The form of a file's ending.
    pub fn of_ending(ending: &str) -> Option<Form> {
        Form::ALL.into_iter().find(|form| form.ending() == ending)
    }
}

/// Renders a report by the newest rules, ending in a line break.
///
/// # Errors
/// None that is known: every part of a report has a written form.
pub fn render(report: &Report, form: Form) -> Result<String, ReportError> {
    render_by(report, form, RENDERER)
}

/// Renders a report by the rules of a number, as it was issued, ending in a line break.
///
/// # Errors
/// None that is known: every part of a report has a written form.
pub fn render_by(report: &Report, form: Form, renderer: u32) -> Result<String, ReportError> {
    Ok(match form {
        Form::Csv => csv(report)?,
        Form::Html if renderer < 2 => html_v1::html(report),
        Form::Html => html(report),
        Form::Json => {
            let text = report.to_canonical_json();
            text.map_err(|error| ReportError::Unwritable(error.to_string()))? + "\n"
        }
        Form::Markdown => markdown(report),
        Form::Text => text(report),
    })
}

/// What the renderers say of their own.
pub(super) struct Phrases {
    pub(super) number: &'static str,
    pub(super) recipients: &'static str,
    ledger: &'static str,
    model: &'static str,
}

pub(super) fn phrases(lang: Lang) -> Phrases {
    match lang {
        Lang::Vi => Phrases {
            number: "Số:",
            recipients: "Nơi nhận:",
            ledger: "Số liệu theo sổ cái đến sự kiện",
            model: "Mã SHA-256 của báo cáo",
        },
        Lang::En => Phrases {
            number: "No.",
            recipients: "Recipients:",
            ledger: "Data from the ledger up to event",
            model: "SHA-256 of this report",
        },
    }
}

/// The number and its symbol; a draft leaves the place of the number blank.
pub(super) fn number_line(report: &Report, blank: &str) -> String {
    let header = &report.header;
    let number = header.number.as_deref().unwrap_or(blank);
    let word = phrases(report.language).number;
    format!("{word} {number}/{}", header.symbol)
}

/// Place and date; a draft leaves the place of the date blank.
pub(super) fn date_line(report: &Report, blank: &str) -> String {
    let header = &report.header;
    let lang = report.language;
    let date = header.date.clone().unwrap_or_else(|| {
        let vi = format!("ngày {blank} tháng {blank} năm {blank}");
        lang.pick(vi, "(date)".to_owned())
    });
    format!("{}, {date}", header.place)
}

/// What an annex says it belongs to; a draft leaves number and date blank.
pub(super) fn belongs(report: &Report, blank: &str) -> String {
    let (header, lang) = (&report.header, report.language);
    let number = header.number.as_deref().unwrap_or(blank);
    let mut letters = header.title.chars();
    let first: String = letters.next().into_iter().collect();
    let title = format!("{first}{}", letters.as_str().to_lowercase());
    let word = phrases(lang).number.trim_end_matches(':');
    let date = header.date.clone().unwrap_or_else(|| {
        let vi = format!("ngày {blank} tháng {blank} năm {blank}");
        lang.pick(vi, "(date)".to_owned())
    });
    let symbol = &header.symbol;
    lang.pick(
        format!(
            "(Kèm theo {title} {} {number}/{symbol} {date})",
            word.to_lowercase()
        ),
        format!("(Attached to {title} {word} {number}/{symbol} of {date})"),
    )
}

/// What identifies the report and the state of the ledger it was made from.
pub(super) fn fingerprint(report: &Report) -> [String; 3] {
    let words = phrases(report.language);
    let as_of = &report.as_of;
    let template = &report.template;
    let digest = report.digest.as_deref().unwrap_or_default();
    // What says nothing counts by the day it happened.
    let axis = match report.axis {
        Axis::Occurred => String::new(),
        other => format!(", {}", other.label(report.language)),
    };
    // And by the boundaries of that day.
    let boundaries = match report.boundaries {
        Boundaries::Then => String::new(),
        other => format!(", {}", other.label(report.language)),
    };
    [
        format!(
            "{} {} ({}), {} {} v{}{axis}{boundaries}",
            words.ledger,
            as_of.seq,
            as_of.at,
            report.language.pick("mẫu", "template"),
            template.code,
            template.version
        ),
        format!(
            "{} {}",
            report
                .language
                .pick("Mã gốc của sổ:", "Root of the ledger:"),
            as_of.root
        ),
        format!("{}: {digest}", words.model),
    ]
}
