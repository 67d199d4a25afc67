//! Tags: by what an event is found again, as opaque bytes for the log.

use super::code::Code;
use super::event::{Body, Event};

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
    let (household, person, project) = about(body);
    let mut tags = Vec::new();
    tags.extend(household.map(household_tag));
    tags.extend(person.map(person_tag));
    tags.extend(project.map(project_tag));
    match body {
        Body::HouseholdSplit(data) => {
            let others = data.into.iter().filter(|heir| **heir != data.household);
            tags.extend(others.map(household_tag));
        }
        Body::HouseholdMerged(data) => tags.push(household_tag(&data.into)),
        _ => {}
    }
    tags
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
        _ => (None, None, None),
    }
}
