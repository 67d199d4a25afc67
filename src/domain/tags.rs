//! Tags: by what an event is found again, as opaque bytes for the log.

use super::code::Code;
use super::event::{Body, Event};
use super::personal::Subject;

/// The tag of a household's events.
pub fn household_tag(code: &Code) -> Vec<u8> {
    tag(b'h', code.as_str())
}

/// The tag of a person's events.
pub fn person_tag(code: &Code) -> Vec<u8> {
    tag(b'p', code.as_str())
}

/// The tag of a project's events.
pub fn project_tag(code: &Code) -> Vec<u8> {
    tag(b'j', code.as_str())
}

fn tag(family: u8, code: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(code.len() + 1);
    bytes.push(family);
    bytes.extend_from_slice(code.as_bytes());
    bytes
}

/// The tags of an event: the household, person and project it is about.
pub fn tags(event: &Event) -> Vec<Vec<u8>> {
    body_tags(&event.body)
}

/// The tags of what an event says, before it has its place in the log.
pub fn body_tags(body: &Body) -> Vec<Vec<u8>> {
    let mut tags = Vec::with_capacity(2);
    each_tag(body, &mut |family, code| {
        tags.push(tag(family, code.as_str()))
    });
    tags
}

/// Visits the tags of what an event says: the byte that a tag begins with, and the code behind it.
pub fn each_tag(body: &Body, visit: &mut dyn FnMut(u8, &Code)) {
    let (household, person, project) = about(body);
    for (family, code) in [(b'h', household), (b'p', person), (b'j', project)] {
        if let Some(code) = code {
            visit(family, code);
        }
    }
    match body {
        Body::HouseholdSplit(data) => {
            let others = data.into.iter().filter(|heir| **heir != data.household);
            others.for_each(|heir| visit(b'h', heir));
        }
        Body::HouseholdMerged(data) => visit(b'h', &data.into),
        _ => {}
    }
}

type About<'a> = (Option<&'a Code>, Option<&'a Code>, Option<&'a Code>);

fn about(body: &Body) -> About<'_> {
    match body {
        Body::HouseholdRegistered(data) => (Some(&data.household), None, None),
        Body::HouseholdMoved(data) => (Some(&data.household), None, None),
        Body::HouseholdHeadChanged(data) => (Some(&data.household), None, None),
        Body::HouseholdChanged(data) => (Some(&data.household), None, None),
        Body::HouseholdClassified(data) => (Some(&data.household), None, None),
        Body::HouseholdSplit(data) => (Some(&data.household), None, None),
        Body::HouseholdMerged(data) => (Some(&data.household), None, None),
        Body::HouseholdClosed(data) => (Some(&data.household), None, None),
        Body::CohortListed(data) => (Some(&data.household), None, None),
        Body::PersonJoined(data) => (Some(&data.household), Some(&data.person), None),
        Body::PersonChanged(data) => (None, Some(&data.person), None),
        Body::PersonLeft(data) => (Some(&data.household), Some(&data.person), None),
        Body::ProjectRegistered(data) => (None, None, Some(&data.project)),
        Body::ProjectAdvanced(data) => (None, None, Some(&data.project)),
        Body::ProjectJoined(data) => (Some(&data.household), None, Some(&data.project)),
        Body::BudgetAllocated(data) | Body::BudgetAdjusted(data) => {
            (None, None, data.project.as_ref())
        }
        Body::Support(_, data) => (
            data.household.as_ref(),
            data.person.as_ref(),
            data.project.as_ref(),
        ),
        Body::SupportCorrected(data) => (
            data.to.household.as_ref(),
            data.to.person.as_ref(),
            data.to.project.as_ref(),
        ),
        Body::SupportReversed(data) => (
            data.household.as_ref(),
            data.person.as_ref(),
            data.project.as_ref(),
        ),
        Body::SupportRecovered(data) => (
            data.household.as_ref(),
            data.person.as_ref(),
            data.project.as_ref(),
        ),
        Body::SubjectErased(data) => about_subject(&data.subject),
        Body::SubjectHeld(data) => about_subject(&data.subject),
        Body::SubjectReleased(data) => about_subject(&data.subject),
        _ => (None, None, None),
    }
}

fn about_subject(subject: &Subject) -> About<'_> {
    match subject {
        Subject::Household(household) => (Some(household), None, None),
        Subject::Person(person) => (None, Some(person), None),
        Subject::Ledger => (None, None, None),
    }
}

/// The tag of the events that are about a subject; none for the ledger as a whole.
pub fn subject_tag(subject: &Subject) -> Option<Vec<u8>> {
    match subject {
        Subject::Household(code) => Some(household_tag(code)),
        Subject::Person(code) => Some(person_tag(code)),
        Subject::Ledger => None,
    }
}
