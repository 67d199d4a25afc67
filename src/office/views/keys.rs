//! The keys that events are found by without reading the log.
//!
//! A key is a short number made of a tag: two tags can have the same one, so it says where to
//! look and nothing more.

use std::fmt::{self, Write as _};

use chrono::Datelike;
use uuid::Uuid;

use crate::domain::code::Code;
use crate::domain::event::{Body, Event, Happened};
use crate::domain::state::{DuplicateKey, DuplicateParts, duplicate_key, duplicate_parts};
use crate::domain::tags::each_tag;

/// A key: 40 bits. With four keys an event and ten million events a look-up meets a stranger once
/// in 25,000 times, and each bit less saves a byte for eight keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub(super) u64);

/// A key in the making.
struct Mixed(u64);

impl Mixed {
    fn new() -> Mixed {
        Mixed(0xcbf2_9ce4_8422_2325)
    }

    fn family(family: u8) -> Mixed {
        Mixed::new().with(&[family])
    }

    fn with(mut self, bytes: &[u8]) -> Mixed {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }

    fn code(self, code: &Code) -> Mixed {
        self.with(code.as_str().as_bytes())
    }

    fn key(self) -> Key {
        // FNV alone leaves the high bits of short tags alike.
        let mut hash = self.0;
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        Key((hash ^ (hash >> 33)) & 0xff_ffff_ffff)
    }
}

impl fmt::Write for Mixed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        *self = Mixed(self.0).with(text.as_bytes());
        Ok(())
    }
}

/// The key of a tag.
pub fn tag_key(tag: &[u8]) -> Key {
    Mixed::new().with(tag).key()
}

/// The key of the events of a support.
pub fn support_key(support: &Uuid) -> Key {
    Mixed::family(b's').with(support.as_bytes()).key()
}

/// The key of the event that opened the support with this row key of a list.
pub fn reference_key(reference: &Code) -> Key {
    Mixed::family(b'r').code(reference).key()
}

/// The key of what is said of a household itself: its supports are not among it.
pub fn household_key(household: &Code) -> Key {
    Mixed::family(b'H').code(household).key()
}

/// The key of what is said of a person itself.
pub fn person_key(person: &Code) -> Key {
    Mixed::family(b'P').code(person).key()
}

/// The key of the persons who joined or left a household.
pub fn members_key(household: &Code) -> Key {
    Mixed::family(b'M').code(household).key()
}

/// The key of what was given to somebody, of a kind, for a period: where it would be a duplicate.
pub fn duplicates_key(key: &DuplicateKey) -> Key {
    let (who, kind, covers, on) = key;
    duplicate((who, kind, *covers, *on))
}

fn duplicate((who, kind, covers, on): DuplicateParts<'_>) -> Key {
    let mut mixed = Mixed::family(b'd');
    for part in [who, kind] {
        mixed = mixed.code(part).with(&[0x1f]);
    }
    if let Some(covers) = covers {
        // Writing to memory cannot fail.
        let _: fmt::Result = write!(mixed, "{covers}");
    }
    if let Some(on) = on {
        mixed = mixed.with(&on.num_days_from_ce().to_le_bytes());
    }
    mixed.key()
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
    support_in(&event.happened())
}

/// The support that something happened to.
pub(super) fn support_in(event: &Happened<'_>) -> Option<Uuid> {
    match event.body {
        Body::Support(_, state) => Some(state.support.unwrap_or(event.id)),
        Body::SupportCorrected(data) => Some(data.support),
        Body::SupportReversed(data) => Some(data.support),
        Body::SupportRecovered(data) => Some(data.support),
        _ => None,
    }
}

/// Every key that leads to an event.
pub fn event_keys(event: &Event) -> Vec<Key> {
    let mut keys = Vec::with_capacity(8);
    put_event_keys(&event.happened(), &mut keys);
    keys
}

/// Puts every key that leads to an event in the place of what `keys` held.
pub(super) fn put_event_keys(event: &Happened<'_>, keys: &mut Vec<Key>) {
    keys.clear();
    each_tag(event.body, &mut |family, code| {
        keys.push(Mixed::family(family).code(code).key());
    });
    keys.extend(support_in(event).as_ref().map(support_key));
    if let Body::Support(_, state) = event.body
        && state.support.is_none()
    {
        keys.extend(state.reference.as_ref().map(reference_key));
    }
    let (household, person, members) = registered(event.body);
    keys.extend(household.map(household_key));
    keys.extend(person.map(person_key));
    keys.extend(members.map(members_key));
    let duplicates = match event.body {
        Body::Support(_, state) if state.support.is_none() => duplicate_parts(state),
        Body::SupportCorrected(data) => duplicate_parts(&data.to),
        _ => None,
    };
    keys.extend(duplicates.map(duplicate));
    keys.sort_unstable();
    keys.dedup();
}
