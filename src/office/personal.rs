//! Personal fields between memory and the log: sealed on the way in, opened on the way out.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::domain::event::{Body, Event};
use crate::domain::personal::{Personal, Subject};
use crate::domain::state::{Kept, PersonalFields, State};
use crate::log::keys::KeyStore;
use crate::log::random::Random;
use crate::log::seal::{self, AssociatedData, KeyId};

use super::access::Watch;
use super::error::OfficeError;

/// What stands where a key is gone.
pub const ERASED: &str = "[đã xóa]";

/// So many keys are looked for in one pass; for more the key store makes its index.
const FEW: usize = 256;

/// Opens personal fields.
pub struct PersonalReader<'a> {
    keys: &'a KeyStore,
    ledger: &'a str,
    watch: Option<&'a dyn Watch>,
}

impl<'a> PersonalReader<'a> {
    /// A reader over a ledger's keys; `ledger` is the ledger's id.
    pub fn new(keys: &'a KeyStore, ledger: &'a str) -> Self {
        PersonalReader {
            keys,
            ledger,
            watch: None,
        }
    }

    /// The same, with somebody who is told of every field before it is handed out.
    pub fn watched(mut self, watch: Option<&'a dyn Watch>) -> Self {
        self.watch = watch;
        self
    }

    /// The text of a field, or `None` when its key is gone.
    pub fn open(&self, subject: &Subject, kept: &Kept) -> Option<String> {
        let sealed = match &kept.value {
            Personal::Open(text) => return Some(text.clone()),
            Personal::Sealed(sealed) => sealed,
        };
        let id = KeyId::parse(&sealed.k)?;
        let key = self.keys.key(subject, id).ok()??;
        let (event, place, ledger) = (kept.event, kept.place, self.ledger);
        if let Some(watch) = self.watch {
            watch.opened(subject);
        }
        seal::open(
            &key,
            &AssociatedData {
                ledger,
                event,
                subject,
                place,
            },
            sealed,
        )
        .ok()
    }

    /// The text of a field by name: empty when there is none, `[đã xóa]` when its key is gone.
    pub fn field(&self, subject: &Subject, fields: &PersonalFields, name: &str) -> String {
        match fields.get(name) {
            None => String::new(),
            Some(kept) => self
                .open(subject, kept)
                .unwrap_or_else(|| ERASED.to_owned()),
        }
    }

    /// Says which events will be opened, so that their keys are looked for at once.
    pub fn look_for(&self, events: &[Event]) {
        let mut ids = BTreeSet::new();
        for event in events {
            event.body.each_personal(&mut |_, value| {
                if let Personal::Sealed(sealed) = value {
                    ids.extend(KeyId::parse(&sealed.k));
                }
            });
        }
        if !ids.is_empty() && ids.len() <= FEW {
            // What cannot be read now is asked for again, and said, when a field is opened.
            drop(self.keys.look_for(&ids));
        }
    }

    /// Opens every personal field of an event that can be opened.
    pub fn open_event(&self, event: &mut Event) {
        self.open_body(event.id, &mut event.body);
    }

    /// Opens every personal field that can be opened of what an event says.
    pub(super) fn open_body(&self, event: Uuid, body: &mut Body) {
        let subject = body.subject();
        body.each_personal_mut(&mut |place, value| {
            let kept = Kept {
                event,
                place,
                value: value.clone(),
            };
            if let Some(text) = self.open(&subject, &kept) {
                *value = Personal::Open(text);
            }
        });
    }
}

/// Seals every open personal field of the events. The keys that are new are durable before this
/// returns, and so before any frame that uses them. What is recorded after an erasure is sealed
/// under a key of its own: the state says how often each subject was erased. Says whether there was
/// anything to seal.
pub(super) fn seal_events(
    keys: &KeyStore,
    random: &mut dyn Random,
    state: &State,
    events: &mut [Event],
) -> Result<bool, OfficeError> {
    let subjects: BTreeSet<Subject> = events
        .iter()
        .filter(|event| is_personal(&event.body))
        .map(|event| event.body.subject())
        .collect();
    if subjects.is_empty() {
        return Ok(false);
    }
    let counted = |subject: Subject| {
        let erasures = state.erasures(&subject);
        (subject, erasures)
    };
    let wanted: Vec<(Subject, u32)> = subjects.into_iter().map(counted).collect();
    keys.ensure(&wanted, random)?;
    for event in events {
        seal_event(keys, random, state, event)?;
    }
    Ok(true)
}

/// Whether any personal field is open.
pub(super) fn is_personal(body: &Body) -> bool {
    let mut any = false;
    body.each_personal(&mut |_, value| any |= value.open_text().is_some());
    any
}

fn seal_event(
    keys: &KeyStore,
    random: &mut dyn Random,
    state: &State,
    event: &mut Event,
) -> Result<(), OfficeError> {
    if !is_personal(&event.body) {
        return Ok(());
    }
    let subject = event.body.subject();
    let erasures = state.erasures(&subject);
    let key = keys
        .key_for(&subject, erasures)?
        .ok_or(OfficeError::Unsealed)?;
    let (ledger, id) = (event.ledger.clone(), event.id);
    let mut failed = None;
    event.body.each_personal_mut(&mut |place, value| {
        let Some(text) = value.open_text() else {
            return;
        };
        let mut nonce = [0; 24];
        random.fill(&mut nonce);
        let ad = AssociatedData {
            ledger: &ledger,
            event: id,
            subject: &subject,
            place,
        };
        match seal::seal(&key, nonce, &ad, text) {
            Ok(sealed) => *value = sealed.into(),
            Err(error) => failed = Some(error),
        }
    });
    failed.map_or(Ok(()), |error| Err(error.into()))
}
