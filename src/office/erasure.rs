//! Erasing a subject: its key is destroyed for good, and the log says so.
//!
//! ```text
//! 1  decide        unknown subject, legal hold, nothing to erase: refused, nothing has changed
//! 2  intend        keys/erasing, durable: what is to be erased, by whom, on which basis
//! 3  redact        kept files that name the subject
//! 4  destroy       the key file is written anew under a new master key, the old one overwritten
//! 5  record        `subject.erased`, one event a subject, in one batch, under ids known before
//! 6  done          keys/erasing is removed
//! ```
//!
//! A cut at any point leaves an intent that the next opening for writing carries out from step 3;
//! each step repeated changes nothing. Until that is done nothing else is recorded, so that no
//! field is sealed under the id of a destroyed key. The intent holds codes, and no name.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::backup::{self, BackupRecord};
use super::error::OfficeError;
use super::kept::{self, Redacted};
use super::ledger::Ledger;
use super::opening::Tools;
use super::recording::{Entry, Mode, NaturalKey, Outcome};
use crate::domain::code::Code;
use crate::domain::command::Command;
use crate::domain::custody::CustodyCommand;
use crate::domain::event::{Actor, Body, Document, Event};
use crate::domain::personal::Subject;
use crate::domain::rejection::{Rejection, Unknown};
use crate::domain::state::State;
use crate::domain::tags::{household_tag, subject_tag};
use crate::log::durable;
use crate::log::seal::KeyId;
use crate::log::{EventLog, EventRead};

/// The fields by which somebody is found in an issued file.
const NAMING: [&str; 5] = ["head", "name", "recipient", "id_number", "poverty_code"];
/// The file in the keys folder that says what is being erased.
pub const INTENT: &str = "erasing";

/// What is to be erased, and why.
#[derive(Debug, Clone)]
pub struct ErasureOrder {
    /// Whose data.
    pub subjects: Vec<Subject>,
    /// The legal basis.
    pub basis: String,
    /// The day it was asked for.
    pub requested_on: Option<NaiveDate>,
    /// The paper.
    pub document: Option<Document>,
    /// Why, in the office's words.
    pub reason: Option<String>,
}

/// What an erasure did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureReport {
    /// Whose keys were destroyed.
    pub subjects: Vec<Subject>,
    /// The events that say so: first and last; `None` where they were recorded before.
    pub recorded: Option<(u64, u64)>,
    /// How many subjects keep their keys.
    pub kept: u64,
    /// The backups made before that can still open what was erased.
    pub earlier_backups: Vec<BackupRecord>,
    /// What became of the issued files beside the ledger.
    pub kept_files: Redacted,
    /// Where a name of an erased person may still be opened, under the key of their household.
    pub named_elsewhere: Vec<Mention>,
}

/// A field of another subject that holds the name of an erased person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Under whose key.
    pub subject: Subject,
    /// In which event.
    pub seq: u64,
    /// At which place.
    pub place: &'static str,
}

/// An erasure that was begun. Its form is that of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Intent {
    basis: String,
    by: Actor,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Document>,
    format: u32,
    ledger: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_on: Option<NaiveDate>,
    subjects: Vec<IntendedSubject>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IntendedSubject {
    /// From 1, as in the event.
    erasure: u32,
    key: String,
    subject: Subject,
}

impl Intent {
    /// One entry a subject, under an id that a repetition gives again.
    fn entries(&self) -> Vec<Entry> {
        let entry = |item: &IntendedSubject| Entry {
            command: Command::Custody(CustodyCommand::Erase {
                subject: item.subject.clone(),
                basis: self.basis.clone(),
                erasure: item.erasure,
                key: item.key.clone(),
                requested_on: self.requested_on,
            }),
            document: self.document.clone(),
            reason: self.reason.clone(),
            key: Some(NaturalKey {
                family: "erasures",
                key: format!("{}/{}", item.subject, item.erasure),
            }),
            source: None,
            update: false,
        };
        self.subjects.iter().map(entry).collect()
    }

    /// The subjects with the number that their key is found by.
    fn keys(&self) -> Vec<(Subject, u32)> {
        let items = self.subjects.iter();
        items
            .map(|item| (item.subject.clone(), item.erasure.saturating_sub(1)))
            .collect()
    }
}

/// The subject that a text names: `household:CODE`, `person:CODE` or `ledger`, else the household
/// or the person of that code.
///
/// # Errors
/// An unknown code, or one that names both a household and a person.
pub fn subject_named(state: &State, text: &str) -> Result<Subject, Rejection> {
    let bad = |error: &dyn std::fmt::Display| Rejection::BadCode(error.to_string());
    let subject = match text.parse::<Subject>() {
        Ok(subject) => Some(subject),
        Err(crate::domain::personal::SubjectError::UnknownForm(_)) => None,
        Err(error) => return Err(bad(&error)),
    };
    let known = |subject: &Subject| match subject {
        Subject::Household(code) => state.households.contains_key(code),
        Subject::Person(code) => state.persons.contains_key(code),
        Subject::Ledger => true,
    };
    if let Some(subject) = subject {
        return match &subject {
            _ if known(&subject) => Ok(subject),
            Subject::Person(code) => Err(Rejection::unknown(Unknown::Person, code.as_str())),
            other => {
                let code = other.to_string().replacen("household:", "", 1);
                Err(Rejection::unknown(Unknown::Household, &code))
            }
        };
    }
    let code = Code::new(text).map_err(|error| bad(&error))?;
    let (household, person) = (Subject::Household(code.clone()), Subject::Person(code));
    match (known(&household), known(&person)) {
        (true, false) => Ok(household),
        (false, true) => Ok(person),
        (true, true) => Err(Rejection::Missing("household:… / person:…")),
        (false, false) => Err(Rejection::unknown(Unknown::Household, text)),
    }
}

/// Whether an erasure was begun in this ledger's folder and is not finished.
pub fn is_pending(folder: &Path) -> bool {
    intent_path(folder).exists()
}

/// Whose keys an unfinished erasure destroys, each with the number that its key is found by.
///
/// # Errors
/// When the intent is there and cannot be read.
pub fn pending(folder: &Path) -> Result<Vec<(Subject, u32)>, OfficeError> {
    let path = intent_path(folder);
    match std::fs::read(&path) {
        Ok(text) => match serde_json::from_slice::<Intent>(&text) {
            Ok(intent) => Ok(intent.keys()),
            Err(error) => Err(file_error(&path, io::Error::other(error))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(file_error(&path, error)),
    }
}

fn intent_path(folder: &Path) -> PathBuf {
    folder.join("keys").join(INTENT)
}

fn file_error(path: &Path, error: io::Error) -> OfficeError {
    OfficeError::File(path.display().to_string(), error)
}

impl<L: EventLog> Ledger<L> {
    /// Erases subjects. When this returns their keys are gone and the log says so.
    ///
    /// # Errors
    /// A refusal changes nothing. After any other error the erasure may be half done; it is
    /// finished at the next opening for writing.
    pub fn erase(
        &mut self,
        tools: &mut Tools,
        folder: &Path,
        by: &Actor,
        order: &ErasureOrder,
    ) -> Result<ErasureReport, OfficeError> {
        let named_elsewhere = self.named_elsewhere(&order.subjects)?;
        self.intend_erasure(tools, folder, by, order)?;
        let report = self.finish_erasure(tools, folder)?;
        Ok(report.map_or_else(
            || ErasureReport {
                subjects: Vec::new(),
                recorded: None,
                kept: 0,
                earlier_backups: Vec::new(),
                kept_files: Redacted::default(),
                named_elsewhere: Vec::new(),
            },
            |report| ErasureReport {
                named_elsewhere,
                ..report
            },
        ))
    }

    /// Decides an erasure and makes the intent durable; nothing is destroyed yet.
    ///
    /// # Errors
    /// As [`Ledger::erase`].
    pub fn intend_erasure(
        &mut self,
        tools: &mut Tools,
        folder: &Path,
        by: &Actor,
        order: &ErasureOrder,
    ) -> Result<(), OfficeError> {
        let intent = self.intent(by, order)?;
        let decided = self.record(tools, by, &intent.entries(), Mode::DryRun)?;
        for outcome in decided.outcomes {
            if let Outcome::Rejected(rejection) = outcome {
                return Err(rejection.into());
            }
        }
        let path = intent_path(folder);
        let text = serde_json::to_vec(&intent)
            .map_err(|error| file_error(&path, io::Error::other(error)))?;
        durable::replace(&path, &text).map_err(|error| file_error(&path, error))
    }

    fn intent(&self, by: &Actor, order: &ErasureOrder) -> Result<Intent, OfficeError> {
        let wanted: BTreeSet<&Subject> = order.subjects.iter().collect();
        let ledger = &self.state().ledger_id;
        let mut subjects = Vec::with_capacity(wanted.len());
        for subject in wanted {
            let erasures = self.state().erasures(subject);
            if self.keys.key_for(subject, erasures)?.is_none() {
                continue;
            }
            subjects.push(IntendedSubject {
                erasure: erasures.saturating_add(1),
                key: KeyId::of(ledger, subject, erasures).to_string(),
                subject: subject.clone(),
            });
        }
        if subjects.is_empty() {
            let names: Vec<_> = order.subjects.iter().map(Subject::to_string).collect();
            return Err(Rejection::NothingToErase(names.join(", ")).into());
        }
        Ok(Intent {
            basis: order.basis.clone(),
            by: by.clone(),
            document: order.document.clone(),
            format: 1,
            ledger: ledger.clone(),
            reason: order.reason.clone(),
            requested_on: order.requested_on,
            subjects,
        })
    }

    /// Carries out an erasure that was begun; `None` where none was.
    ///
    /// # Errors
    /// When the intent cannot be read, or the keys, kept files or log cannot be written. It can be
    /// repeated.
    pub fn finish_erasure(
        &mut self,
        tools: &mut Tools,
        folder: &Path,
    ) -> Result<Option<ErasureReport>, OfficeError> {
        let path = intent_path(folder);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(file_error(&path, error)),
        };
        let intent: Intent = serde_json::from_slice(&text)
            .map_err(|error| file_error(&path, io::Error::other(error)))?;
        if intent.ledger != self.state().ledger_id || intent.format != 1 {
            let why = "it belongs to another ledger or a later program";
            return Err(file_error(&path, io::Error::other(why)));
        }
        let (kept_files, earlier_backups) = self.traces(folder, &intent)?;
        let erased = self.keys.erase(&intent.keys(), tools.random.as_mut())?;
        let recorded = self.record(tools, &intent.by, &intent.entries(), Mode::Whole)?;
        for outcome in recorded.outcomes {
            if let Outcome::Rejected(rejection) = outcome {
                return Err(rejection.into());
            }
        }
        fs::remove_file(&path)
            .and_then(|()| durable::sync_folder(&folder.join("keys")))
            .map_err(|error| file_error(&path, error))?;
        Ok(Some(ErasureReport {
            subjects: intent
                .subjects
                .into_iter()
                .map(|item| item.subject)
                .collect(),
            recorded: recorded.appended,
            kept: erased.kept,
            earlier_backups,
            kept_files,
            named_elsewhere: Vec::new(),
        }))
    }
}

impl<L: EventRead> Ledger<L> {
    /// Takes the names out of the kept files, while they can still be opened, and finds the
    /// backups that hold them.
    fn traces(
        &self,
        folder: &Path,
        intent: &Intent,
    ) -> Result<(Redacted, Vec<BackupRecord>), OfficeError> {
        let mut names = Vec::new();
        let mut first = u64::MAX;
        for item in &intent.subjects {
            for mut event in self.sealed_events(&item.subject)? {
                first = first.min(event.seq);
                self.personal().open_event(&mut event);
                event.body.each_personal(&mut |place, value| {
                    let field = place.rsplit('.').next().unwrap_or(place);
                    if let (true, Some(text)) = (NAMING.contains(&field), value.open_text()) {
                        names.push(text.to_owned());
                    }
                });
            }
        }
        names.sort();
        names.dedup();
        let redacted = kept::redact(folder, &names)?;
        let mut backups = backup::recorded(folder)?;
        backups.retain(|record| record.to >= first);
        Ok((redacted, backups))
    }

    /// Fields under the key of a household that hold the name of a person to be erased, where the
    /// household itself is not.
    fn named_elsewhere(&self, subjects: &[Subject]) -> Result<Vec<Mention>, OfficeError> {
        let mut mentions = Vec::new();
        for subject in subjects {
            let Subject::Person(code) = subject else {
                continue;
            };
            let Some(person) = self.state().persons.get(code) else {
                continue;
            };
            let household = Subject::Household(person.household.clone());
            let name = self.personal().field(subject, &person.personal, "name");
            if subjects.contains(&household) || name.is_empty() {
                continue;
            }
            for mut event in self.tagged(&[household_tag(&person.household)])? {
                if event.body.subject() != household {
                    continue;
                }
                self.personal().open_event(&mut event);
                event.body.each_personal(&mut |place, value| {
                    if value.open_text().is_some_and(|text| text.contains(&name)) {
                        mentions.push(Mention {
                            subject: household.clone(),
                            seq: event.seq,
                            place,
                        });
                    }
                });
            }
        }
        Ok(mentions)
    }

    /// The events with a personal field of the subject that is sealed under a key that was not
    /// destroyed: what an erasure would close.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn sealed_events(&self, subject: &Subject) -> Result<Vec<Event>, OfficeError> {
        let events = match subject_tag(subject) {
            Some(tag) => self.tagged(&[tag])?,
            None => self.events(1, self.stand().seq)?,
        };
        let since = self.state().custody.get(subject);
        let since = since.and_then(|custody| custody.erasures.last());
        let since = since.map_or(0, |erasure| erasure.seq);
        let personal = |body: &Body| {
            let mut any = false;
            body.each_personal(&mut |_, _| any = true);
            any
        };
        let wanted = |event: &Event| {
            event.seq > since && event.body.subject() == *subject && personal(&event.body)
        };
        Ok(events.into_iter().filter(wanted).collect())
    }
}
