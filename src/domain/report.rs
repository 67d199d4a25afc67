//! `report.issued`: an office sent a report, and this is all that made it.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code::Code;
use super::command::Context;
use super::decide::Proposed;
use super::event::{Actor, Body, Event};
use super::ledger::{ContentPart, TemplateAdopted};
use super::period::Period;
use super::rejection::Rejection;
use super::state::State;

/// How much of the log an issued report knows: its first `seq` events, whose Merkle root is `root`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportAsOf {
    /// Root of the RFC 6962 tree over those events, lower-case hex.
    pub root: String,
    /// How many events.
    pub seq: u64,
}

/// The template a report was made by: its text stands in `content.part` events by this digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportTemplate {
    /// Its code.
    pub code: Code,
    /// SHA-256 of its text, lower-case hex.
    pub sha256: String,
    /// Its version.
    pub version: u32,
}

/// `report.issued`: with the events up to `as_of` this is everything that the report depends on.
/// Made again from it, the model and each rendering have the digests that stand here.
///
/// What later rules may widen (axis, boundaries, language, the forms) is a code and no closed
/// list, so that this version of the event need never change for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportIssued {
    /// How much of the log it knows.
    pub as_of: ReportAsOf,
    /// Which date places a support in a period: `occurred`, `covers`, `recorded`.
    pub axis: Code,
    /// The administrative boundaries it counts by: `then` or `now`; absent where it was not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundaries: Option<Code>,
    /// The last day of its data, where that is earlier than the period's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<NaiveDate>,
    /// The date of the document.
    pub date: NaiveDate,
    /// The language of its texts: `vi` or `en`.
    pub language: Code,
    /// SHA-256 of the canonical model, whose text stands in `content.part` events.
    pub model: String,
    /// SHA-256 of what no figure can write, whose text stands in `content.part` events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub narrative: Option<String>,
    /// The number of the document with its symbol, such as `57/BC-UBND`: unique in a year.
    pub number: Code,
    /// The period it is called by.
    pub period: Period,
    /// The number of the rules by which the model is rendered.
    pub renderer: u32,
    /// SHA-256 of each rendering, by the ending of its file.
    pub renderings: BTreeMap<String, String>,
    /// The number of the rules by which events are folded and counted.
    pub semantics: u32,
    /// The template.
    pub template: ReportTemplate,
}

/// An issued report as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedReport {
    /// When it was recorded.
    pub at_ms: i64,
    /// Who issued it.
    pub by: Actor,
    /// Everything that made it.
    pub issued: ReportIssued,
    /// The place of the event.
    pub seq: u64,
}

impl IssuedReport {
    /// What an event issues, if it issues a report.
    pub fn of(event: &Event) -> Option<IssuedReport> {
        let Body::ReportIssued(data) = &event.body else {
            return None;
        };
        Some(IssuedReport {
            at_ms: event.at_ms,
            by: event.by.clone(),
            issued: (**data).clone(),
            seq: event.seq,
        })
    }

    /// The name that no other report of the ledger has: `57/BC-UBND@2023`.
    pub fn name(&self) -> String {
        format!("{}@{}", self.issued.number, self.issued.date.year())
    }

    /// Whether people mean this report by a text: its number with or without the symbol, with or
    /// without `@` and the year of its date.
    pub fn is_called(&self, text: &str) -> bool {
        let (number, year) = match text.rsplit_once('@') {
            Some((number, year)) => (number, year.parse::<i32>().ok()),
            None => (text, None),
        };
        let own = self.issued.number.as_str();
        let bare = own.split_once('/').map_or(own, |(bare, _)| bare);
        let number_fits = number == own || number == bare;
        let year_fits = match year {
            Some(year) => year == self.issued.date.year(),
            None => !text.contains('@'),
        };
        number_fits && year_fits
    }
}

/// Issues a report: the texts it rests on, then the event that names them.
pub(super) fn issue(
    state: &State,
    context: &Context,
    issued: &ReportIssued,
    parts: &[ContentPart],
) -> Result<Vec<Proposed>, Rejection> {
    let year = issued.date.year();
    let taken = state
        .reports
        .iter()
        .find(|known| known.issued.number == issued.number && known.issued.date.year() == year);
    if let Some(known) = taken {
        return Err(Rejection::ReportNumberTaken {
            number: issued.number.to_string(),
            year,
            seq: known.seq,
        });
    }
    Ok(with_texts(
        context,
        parts,
        Body::ReportIssued(Box::new(issued.clone())),
    ))
}

/// Adopts a template: a version is adopted once, and never an older one after it.
pub(super) fn adopt(
    state: &State,
    context: &Context,
    adopted: &TemplateAdopted,
    parts: &[ContentPart],
) -> Result<Vec<Proposed>, Rejection> {
    if let Some((version, sha256)) = state.templates.get(&adopted.template) {
        if *sha256 == adopted.sha256 {
            return Err(Rejection::NothingChanges);
        }
        if adopted.version <= *version {
            return Err(Rejection::Differs {
                what: format!("template {} v{version}", adopted.template),
                fields: vec!["version".to_owned()],
            });
        }
    }
    Ok(with_texts(
        context,
        parts,
        Body::TemplateAdopted(Box::new(adopted.clone())),
    ))
}

/// The texts that an event names, then the event.
fn with_texts(context: &Context, parts: &[ContentPart], body: Body) -> Vec<Proposed> {
    let bare = Context {
        today: context.today,
        document: None,
        reason: None,
    };
    let texts = parts.iter().cloned();
    let mut proposed: Vec<Proposed> = texts
        .map(|part| Proposed::new(&bare, Body::ContentPart(Box::new(part))))
        .collect();
    proposed.push(Proposed::new(context, body));
    proposed
}
