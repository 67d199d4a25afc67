//! Custody of personal data: erasures, legal holds, and the anchor of the access log.
//!
//! None of these events says anything of a person but the code of the subject. What was erased can
//! be seen from the log for ever; what it said cannot.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::code::Code;
use super::command::Context;
use super::decide::Proposed;
use super::event::{Body, Event};
use super::personal::Subject;
use super::rejection::{Rejection, Unknown};
use super::state::State;

/// `subject.erased`: the key of a subject was destroyed before this was recorded. Its sealed fields
/// stand in the log for ever, and nobody can open them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectErased {
    /// The legal basis.
    pub basis: String,
    /// Which erasure of this subject it is, from 1: what is recorded later gets a new key.
    pub erasure: u32,
    /// The id of the key that was destroyed: 24 lower-case hexadecimal digits.
    pub key: String,
    /// The day it was asked for, from which the legal term runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_on: Option<NaiveDate>,
    /// Who.
    pub subject: Subject,
}

/// `subject.held`: the law or an authority requires the data to be kept. Until it is released, an
/// erasure is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectHeld {
    /// The legal basis.
    pub basis: String,
    /// Who.
    pub subject: Subject,
    /// The last day of the hold; absent until it is released.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
}

/// `subject.released`: a hold has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectReleased {
    /// The id of the event that held.
    pub hold: Uuid,
    /// Who.
    pub subject: Subject,
}

/// `access.anchored`: the log of who opened personal fields had this many entries, and the last of
/// them this hash. It covers all before it, since each entry names the hash of the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessAnchored {
    /// The number of entries.
    pub entries: u64,
    /// SHA-256 of the last entry's line, lower-case hex.
    pub sha256: String,
}

/// What the log says of the custody of one subject's data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Custody {
    /// Its erasures, in their order.
    pub erasures: Vec<Erasure>,
    /// The holds that are not released, by the id of the event that began them.
    pub holds: BTreeMap<Uuid, Hold>,
}

/// One erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The event.
    pub seq: u64,
    /// When it was recorded, in milliseconds.
    pub at_ms: i64,
    /// The legal basis.
    pub basis: String,
}

/// One hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The event.
    pub seq: u64,
    /// The legal basis.
    pub basis: String,
    /// Its last day.
    pub until: Option<NaiveDate>,
}

impl Hold {
    /// Whether it still holds on a day.
    pub fn on(&self, day: NaiveDate) -> bool {
        self.until.is_none_or(|until| day <= until)
    }
}

/// An anchor of the access log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The event.
    pub seq: u64,
    /// The number of entries it covers.
    pub entries: u64,
    /// The hash of the last of them.
    pub sha256: String,
}

/// What is asked of the custody of personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustodyCommand {
    /// Say that a subject's key was destroyed. The office destroys it first.
    Erase {
        /// Who.
        subject: Subject,
        /// The legal basis.
        basis: String,
        /// Which erasure of the subject this is.
        erasure: u32,
        /// The id of the key.
        key: String,
        /// The day it was asked for.
        requested_on: Option<NaiveDate>,
    },
    /// Keep a subject's data from being erased.
    Hold {
        /// Who.
        subject: Subject,
        /// The legal basis.
        basis: String,
        /// The last day.
        until: Option<NaiveDate>,
    },
    /// End a hold.
    Release {
        /// Who.
        subject: Subject,
        /// Which hold; absent where there is only one.
        hold: Option<Uuid>,
    },
    /// Anchor the access log.
    Anchor {
        /// The number of entries.
        entries: u64,
        /// The hash of the last.
        sha256: String,
    },
}

impl State {
    /// How often the subject was erased.
    pub fn erasures(&self, subject: &Subject) -> u32 {
        let custody = self.custody.get(subject);
        custody.map_or(0, |known| {
            u32::try_from(known.erasures.len()).unwrap_or(u32::MAX)
        })
    }

    /// A hold that keeps the subject's data on this day: its own or, as the papers of a household
    /// name its members and its members name it, one of theirs.
    pub fn hold_on(&self, subject: &Subject, day: NaiveDate) -> Option<(Subject, &Hold)> {
        let mut kin = vec![subject.clone()];
        match subject {
            Subject::Person(code) => {
                let household = self
                    .persons
                    .get(code)
                    .map(|person| person.household.clone());
                kin.extend(household.map(Subject::Household));
            }
            Subject::Household(code) => {
                kin.extend(self.persons_of(code).map(Subject::Person));
            }
            Subject::Ledger => {}
        }
        kin.into_iter().find_map(|kin| {
            let custody = self.custody.get(&kin)?;
            let hold = custody.holds.values().find(|hold| hold.on(day))?;
            Some((kin, hold))
        })
    }

    /// The persons of a household, those who left it last of all included.
    pub fn persons_of(&self, household: &Code) -> impl Iterator<Item = Code> {
        let persons = self.persons.iter();
        persons
            .filter(move |(_, person)| person.household == *household)
            .map(|(code, _)| code.clone())
    }

    pub(super) fn evolve_custody(&mut self, event: &Event) {
        let (seq, at_ms) = (event.seq, event.at_ms);
        match &event.body {
            Body::SubjectErased(data) => {
                let basis = data.basis.clone();
                let custody = self.custody.entry(data.subject.clone()).or_default();
                custody.erasures.push(Erasure { seq, at_ms, basis });
            }
            Body::SubjectHeld(data) => {
                let (basis, until) = (data.basis.clone(), data.until);
                let custody = self.custody.entry(data.subject.clone()).or_default();
                custody.holds.insert(event.id, Hold { seq, basis, until });
            }
            Body::SubjectReleased(data) => {
                if let Some(custody) = self.custody.get_mut(&data.subject) {
                    custody.holds.remove(&data.hold);
                }
            }
            Body::AccessAnchored(data) => self.anchors.push(Anchor {
                seq,
                entries: data.entries,
                sha256: data.sha256.clone(),
            }),
            _ => {}
        }
    }
}

/// Decides a command about the custody of personal data.
pub(super) fn decide_custody(
    state: &State,
    context: &Context,
    command: &CustodyCommand,
) -> Result<Vec<Proposed>, Rejection> {
    let body = match command {
        CustodyCommand::Erase {
            subject,
            basis,
            erasure,
            key,
            requested_on,
        } => {
            known_subject(state, subject)?;
            if let Some((held, hold)) = state.hold_on(subject, context.today) {
                return Err(Rejection::SubjectHeld {
                    subject: held.to_string(),
                    basis: hold.basis.clone(),
                    until: hold.until,
                });
            }
            Body::SubjectErased(Box::new(SubjectErased {
                basis: stated(basis)?,
                erasure: *erasure,
                key: key.clone(),
                requested_on: not_after(*requested_on, context.today)?,
                subject: subject.clone(),
            }))
        }
        CustodyCommand::Hold {
            subject,
            basis,
            until,
        } => {
            known_subject(state, subject)?;
            if let Some(until) = until.filter(|until| *until < context.today) {
                return Err(Rejection::HoldIsOver(until));
            }
            Body::SubjectHeld(Box::new(SubjectHeld {
                basis: stated(basis)?,
                subject: subject.clone(),
                until: *until,
            }))
        }
        CustodyCommand::Release { subject, hold } => release(state, context, subject, *hold)?,
        CustodyCommand::Anchor { entries, sha256 } => {
            let last = state.anchors.last();
            if last.is_some_and(|last| last.entries >= *entries) || *entries == 0 {
                return Err(Rejection::NothingChanges);
            }
            Body::AccessAnchored(Box::new(AccessAnchored {
                entries: *entries,
                sha256: sha256.clone(),
            }))
        }
    };
    Ok(vec![Proposed::new(context, body)])
}

fn release(
    state: &State,
    context: &Context,
    subject: &Subject,
    hold: Option<Uuid>,
) -> Result<Body, Rejection> {
    known_subject(state, subject)?;
    let holds = state.custody.get(subject).map(|custody| &custody.holds);
    let ids: Vec<Uuid> = holds
        .into_iter()
        .flat_map(BTreeMap::keys)
        .copied()
        .collect();
    let hold = match (hold, ids.as_slice()) {
        (None, [only]) => *only,
        (Some(hold), ids) if ids.contains(&hold) => hold,
        (_, ids) => {
            return Err(Rejection::WhichHold {
                subject: subject.to_string(),
                holds: ids.iter().map(Uuid::to_string).collect(),
            });
        }
    };
    if context.reason.is_none() {
        return Err(Rejection::ReasonNeeded);
    }
    let subject = subject.clone();
    Ok(Body::SubjectReleased(Box::new(SubjectReleased {
        hold,
        subject,
    })))
}

fn known_subject(state: &State, subject: &Subject) -> Result<(), Rejection> {
    match subject {
        Subject::Household(code) if !state.households.contains_key(code) => {
            Err(Rejection::unknown(Unknown::Household, code.as_str()))
        }
        Subject::Person(code) if !state.persons.contains_key(code) => {
            Err(Rejection::unknown(Unknown::Person, code.as_str()))
        }
        _ => Ok(()),
    }
}

fn stated(basis: &str) -> Result<String, Rejection> {
    match basis.trim() {
        "" => Err(Rejection::Missing("basis")),
        basis => Ok(basis.to_owned()),
    }
}

fn not_after(found: Option<NaiveDate>, today: NaiveDate) -> Result<Option<NaiveDate>, Rejection> {
    match found {
        Some(found) if found > today => Err(Rejection::FutureDate { found, today }),
        found => Ok(found),
    }
}
