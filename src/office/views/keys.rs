//! The keys that events are found by without reading the log.
//!
//! A key is a short number made of a tag: two tags can have the same one, so it says where to
//! look and nothing more.

use chrono::Datelike;
use uuid::Uuid;

use crate::domain::code::Code;
use crate::domain::event::{Body, Event};
use crate::domain::state::{DuplicateKey, duplicate_key};
use crate::domain::tags::tags;

/// A key: 40 bits. With four keys an event and ten million events a look-up meets a stranger once
/// in 25,000 times, and each bit less saves a byte for eight keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub(super) u64);

/// The key of a tag.
pub fn tag_key(tag: &[u8]) -> Key {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in tag {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // FNV alone leaves the high bits of short tags alike.
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    Key((hash ^ (hash >> 33)) & 0xff_ffff_ffff)
}

fn family_key(family: u8, name: &[u8]) -> Key {
    let mut tag = Vec::with_capacity(name.len() + 1);
    tag.push(family);
    tag.extend_from_slice(name);
    tag_key(&tag)
}

/// The key of the events of a support.
pub fn support_key(support: &Uuid) -> Key {
    family_key(b's', support.as_bytes())
}

/// The key of the event that opened the support with this row key of a list.
pub fn reference_key(reference: &Code) -> Key {
    family_key(b'r', reference.as_str().as_bytes())
}

/// The key of what is said of a household itself: its supports are not among it.
pub fn household_key(household: &Code) -> Key {
    family_key(b'H', household.as_str().as_bytes())
}

/// The key of what is said of a person itself.
pub fn person_key(person: &Code) -> Key {
    family_key(b'P', person.as_str().as_bytes())
}

/// The key of the persons who joined or left a household.
pub fn members_key(household: &Code) -> Key {
    family_key(b'M', household.as_str().as_bytes())
}

/// The key of what was given to somebody, of a kind, for a period: where it would be a duplicate.
pub fn duplicates_key(key: &DuplicateKey) -> Key {
    let (who, kind, covers, on) = key;
    let mut name = Vec::with_capacity(64);
    for part in [who, kind] {
        name.extend_from_slice(part.as_str().as_bytes());
        name.push(0x1f);
    }
    if let Some(covers) = covers {
        name.extend_from_slice(covers.to_string().as_bytes());
    }
    if let Some(on) = on {
        name.extend_from_slice(&on.num_days_from_ce().to_le_bytes());
    }
    family_key(b'd', &name)
}

/// The household or person itself, and the household whose persons change, that an event is about.
pub(super) fn registered(body: &Body) -> (Option<&Code>, Option<&Code>, Option<&Code>) {
    match body {
        Body::HouseholdRegistered(data) => (Some(&data.household), None, None),
        Body::HouseholdMoved(data) => (Some(&data.household), None, None),
        Body::HouseholdHeadChanged(data) => (Some(&data.household), None, None),
        Body::HouseholdChanged(data) => (Some(&data.household), None, None),
        Body::HouseholdClassified(data) => (Some(&data.household), None, None),
        Body::PersonJoined(data) => (None, Some(&data.person), Some(&data.household)),
        Body::PersonLeft(data) => (None, Some(&data.person), Some(&data.household)),
        Body::PersonChanged(data) => (None, Some(&data.person), None),
        _ => (None, None, None),
    }
}

/// The duplicates that a support event may be one of.
pub(super) fn duplicates_of(body: &Body) -> Option<DuplicateKey> {
    match body {
        Body::Support(_, state) if state.support.is_none() => duplicate_key(state),
        Body::SupportCorrected(data) => duplicate_key(&data.to),
        _ => None,
    }
}

/// The support that an event is about.
pub(super) fn support_of(event: &Event) -> Option<Uuid> {
    match &event.body {
        Body::Support(_, state) => Some(state.support.unwrap_or(event.id)),
        Body::SupportCorrected(data) => Some(data.support),
        Body::SupportReversed(data) => Some(data.support),
        Body::SupportRecovered(data) => Some(data.support),
        _ => None,
    }
}

/// Every key that leads to an event.
pub fn event_keys(event: &Event) -> Vec<Key> {
    let mut keys: Vec<Key> = tags(event).iter().map(|tag| tag_key(tag)).collect();
    keys.extend(support_of(event).as_ref().map(support_key));
    if let Body::Support(_, state) = &event.body
        && state.support.is_none()
    {
        keys.extend(state.reference.as_ref().map(reference_key));
    }
    let (household, person, members) = registered(&event.body);
    keys.extend(household.map(household_key));
    keys.extend(person.map(person_key));
    keys.extend(members.map(members_key));
    keys.extend(duplicates_of(&event.body).as_ref().map(duplicates_key));
    keys.sort_unstable();
    keys.dedup();
    keys
}
