//! The keys that events are found by without reading the log.
//!
//! A key is a short number made of a tag: two tags can have the same one, so it says where to
//! look and nothing more.

use uuid::Uuid;

use crate::domain::code::Code;
use crate::domain::event::{Body, Event};
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
    keys.sort_unstable();
    keys.dedup();
    keys
}
