//! The register of documents: what papers are properly called, apart from how an event cites them.
//!
//! An event keeps the citation it was recorded with. When the citation was wrong (`27/UBND-VHXXH`),
//! the register says what is right, and every view can show it; no event is touched.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code::Code;
use super::command::{Command, Context};
use super::decide::Proposed;
use super::event::Body;
use super::rejection::{Rejection, Unknown};
use super::state::State;

/// `document.registered` and `document.corrected`: what a document is, as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentRegistered {
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Its date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// The number and symbol that events cite it by.
    pub document: Code,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Its right number and symbol.
    pub number: String,
    /// Its type, such as *Quyết định*.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// Decides a command about documents.
pub(super) fn decide_document(
    state: &State,
    context: &Context,
    data: &DocumentRegistered,
    correction: bool,
) -> Result<Vec<Proposed>, Rejection> {
    let known = state.documents.get(&data.document);
    let data = Box::new(data.clone());
    let body = match (known, correction) {
        (Some(known), _) if *known == *data => return Err(Rejection::NothingChanges),
        (Some(_), true) if context.reason.is_none() => return Err(Rejection::ReasonNeeded),
        (Some(_), true) => Body::DocumentCorrected(data),
        (None, true) => {
            let name = data.document.as_str();
            return Err(Rejection::unknown(Unknown::Document, name));
        }
        (Some(_), false) => {
            return Err(Rejection::Differs {
                what: format!("document {}", data.document),
                fields: vec!["document".to_owned()],
            });
        }
        (None, false) => Body::DocumentRegistered(data),
    };
    Ok(vec![Proposed::new(context, body)])
}

/// Whether a command is about documents.
pub(super) fn of(command: &Command) -> Option<(&DocumentRegistered, bool)> {
    match command {
        Command::RegisterDocument(data) => Some((data, false)),
        Command::CorrectDocument(data) => Some((data, true)),
        _ => None,
    }
}
