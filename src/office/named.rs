//! What the decision about an entry looks at: it must be known before it is decided.
//!
//! **Invariant:** for every command that is answered here, `decide` and the look for what is there
//! already read of single households, persons and supports only these. `tests/known_in_part.rs`
//! holds decisions on a ledger that knows no more equal to those on the whole.

use uuid::Uuid;

use super::recording::{Entry, NaturalKey, id_of_row};
use super::views::Wants;
use crate::domain::code::Code;
use crate::domain::command::{ClassGiven, Command, SupportChange, SupportDraft};
use crate::domain::event::support_type;
use crate::domain::period::Period;
use crate::domain::state::State;

/// What the decisions about some entries look at; `None` where that may be everything.
pub(super) fn wants(state: &State, entries: &[Entry]) -> Option<Wants> {
    let mut entries = entries.iter();
    entries.try_fold(Wants::default(), |wants, entry| {
        and_wants(state, entry, wants)
    })
}

/// These wants and those of one entry more.
pub(super) fn and_wants(state: &State, entry: &Entry, mut wants: Wants) -> Option<Wants> {
    want(state, entry, &mut wants).then_some(wants)
}

fn want(state: &State, entry: &Entry, wants: &mut Wants) -> bool {
    match &entry.command {
        Command::RecordSupport(draft) => record(state, entry.key.as_ref(), draft, wants),
        Command::Advance {
            support, change, ..
        }
        | Command::Correct {
            support, change, ..
        } => changed(*support, change, wants),
        Command::Reverse { support, .. } | Command::Recover { support, .. } => {
            wants.supports.insert(*support);
        }
        Command::RegisterHousehold(draft) | Command::UpdateHousehold(draft) => {
            one(&mut wants.households, draft.household.as_ref());
        }
        Command::RegisterPerson(draft) | Command::UpdatePerson(draft) => {
            one(&mut wants.persons, draft.person.as_ref());
            one(&mut wants.households, draft.household.as_ref());
        }
        Command::Classify { household, .. } => one(&mut wants.households, Some(household)),
        Command::JoinProject { household, .. } | Command::ListCohort { household, .. } => {
            wants.lists = true;
            one(&mut wants.households, Some(household));
        }
        Command::SplitHousehold {
            household,
            into,
            members,
            ..
        } => {
            wants.members_of.insert(household.clone());
            wants.members_of.extend(into.iter().cloned());
            let persons = members.iter().map(|(person, _)| person.clone());
            wants.persons.extend(persons);
        }
        Command::MergeHousehold {
            household, into, ..
        } => {
            wants.members_of.insert(household.clone());
            wants.members_of.insert(into.clone());
        }
        Command::CloseHousehold { household, .. } => {
            wants.members_of.insert(household.clone());
        }
        Command::LeaveHousehold { person, .. } => one(&mut wants.persons, Some(person)),
        // What is not of a single household, person or support is always known.
        Command::RegisterActor { .. }
        | Command::RegisterProject(_)
        | Command::ChangeBudget(_)
        | Command::SetIndicator(_)
        | Command::NotifyNorm(_)
        | Command::RegisterDocument(_)
        | Command::CorrectDocument(_)
        | Command::SetTarget { .. }
        | Command::AdoptTemplate { .. }
        | Command::RegisterUnit(_)
        | Command::RenameUnit { .. }
        | Command::ClosePeriod { .. }
        | Command::ReopenPeriod { .. } => {}
        Command::AdoptCatalogue(_)
        | Command::IssueReport { .. }
        | Command::ReorganiseUnits(_)
        | Command::Custody(_) => return false,
    }
    true
}

fn one(wanted: &mut std::collections::HashSet<Code>, code: Option<&Code>) {
    if let Some(code) = code
        && !wanted.contains(code)
    {
        wanted.insert(code.clone());
    }
}

fn changed(support: Uuid, change: &SupportChange, wants: &mut Wants) {
    // A class that is given is compared with that of the household, which the support names.
    if change.class == ClassGiven::Unsaid {
        wants.supports.insert(support);
    } else {
        wants.households_of.insert(support);
    }
    one(&mut wants.households, change.household.as_ref());
}

fn record(state: &State, key: Option<&NaturalKey>, draft: &SupportDraft, wants: &mut Wants) {
    one(&mut wants.households, draft.household.as_ref());
    one(&mut wants.persons, draft.person.as_ref());
    one(&mut wants.references, draft.reference.as_ref());
    let reference = draft.reference.as_ref().map(Code::as_str);
    // A support that a row with this ref once made has this ref: it is found by it.
    let key = key.filter(|key| reference != Some(key.key.as_str()));
    let kind = state.catalogue.kind(&draft.kind);
    let stage = draft
        .stage
        .or_else(|| kind.and_then(|kind| kind.default_stage()));
    if let (Some(key), Some(stage)) = (key, stage) {
        let id = id_of_row(&state.ledger_id, key, support_type(stage), 0);
        wants.supports.insert(id);
    }
    if draft.follows.is_some() {
        return;
    }
    let who = draft.person.as_ref().or(draft.household.as_ref());
    let covers = draft.covers.as_ref().map(Period::canonical);
    let on = draft.occurred_on.filter(|_| covers.is_none());
    if let (Some(who), Some(kind)) = (who, kind) {
        let key = (who.clone(), kind.code.clone(), covers, on);
        wants.duplicates.insert(key);
    }
}
