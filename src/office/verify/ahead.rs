//! Events read, hashed and decoded ahead, by a thread beside the one that folds them.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use crate::domain::event::Event;
use crate::domain::tags::tags;
use crate::log::codec::{self, DecodeError};
use crate::log::merkle::{Hash, leaf_hash};
use crate::log::{EventRead, JournalReader, LogError, StoredEvent};

/// So many events are handed over at once.
const MANY: usize = 512;
/// So many hands full wait at most.
const AHEAD: usize = 4;

/// An event and what was worked out of its bytes.
pub(super) struct Seen {
    pub(super) stored: StoredEvent,
    pub(super) leaf: Hash,
    /// What this program understands, where that was asked for.
    pub(super) decoded: Option<Result<Decoded, DecodeError>>,
}

/// An event as this program understands it.
pub(super) struct Decoded {
    pub(super) event: Event,
    pub(super) tags: Vec<Vec<u8>>,
}

type Handful = Vec<Result<Seen, LogError>>;

/// Visits all events in their order. What stops the reading is the last thing visited.
pub(super) fn each(
    reader: &JournalReader,
    decode: bool,
    visit: &mut dyn FnMut(Result<Seen, LogError>),
) {
    thread::scope(|scope| {
        let (send, receive) = sync_channel::<Handful>(AHEAD);
        let beside = thread::Builder::new()
            .name("reading ahead".to_owned())
            .spawn_scoped(scope, move || {
                read(reader, decode, &mut |handful| hand_over(&send, handful));
            });
        match beside {
            Ok(_) => receive.iter().flatten().for_each(visit),
            // Without a thread this one does both.
            Err(_) => read(reader, decode, &mut |handful| {
                handful.into_iter().for_each(&mut *visit);
                true
            }),
        }
    });
}

/// Whether somebody still listens.
fn hand_over(send: &SyncSender<Handful>, handful: Handful) -> bool {
    send.send(handful).is_ok()
}

fn read(reader: &JournalReader, decode: bool, give: &mut dyn FnMut(Handful) -> bool) {
    let events = match reader.read(1, reader.head().seq) {
        Ok(events) => events,
        Err(error) => {
            give(vec![Err(error)]);
            return;
        }
    };
    let mut handful = Vec::with_capacity(MANY);
    for event in events {
        handful.push(event.map(|stored| see(stored, decode)));
        if handful.len() >= MANY && !give(std::mem::replace(&mut handful, Vec::with_capacity(MANY)))
        {
            return;
        }
    }
    give(handful);
}

fn see(stored: StoredEvent, decode: bool) -> Seen {
    let decoded = decode.then(|| {
        codec::decode(&stored.bytes).map(|event| Decoded {
            tags: tags(&event),
            event,
        })
    });
    Seen {
        leaf: leaf_hash(&stored.bytes),
        decoded,
        stored,
    }
}
