//! Events read, hashed and decoded on two cores, in their order.

use crate::domain::event::Event;
use crate::domain::tags::tags;
use crate::log::codec::{self, DecodeError};
use crate::log::merkle::Hash;
use crate::log::sheaves::{self, Look, Sheaf};
use crate::log::{Envelope, EventRead, JournalReader, LogError, StoredEvent};

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

/// Decodes where that is asked for.
struct Decoding(bool);

impl Look for Decoding {
    type Found = Vec<Result<Decoded, DecodeError>>;

    const STRICT: bool = false;

    fn look(
        &self,
        _: u64,
        bytes: &[u8],
        found: &mut Self::Found,
    ) -> Result<Option<Envelope>, LogError> {
        if self.0 {
            found.push(codec::decode(bytes).map(|event| Decoded {
                tags: tags(&event),
                event,
            }));
        }
        Ok(None)
    }
}

/// Visits all events in their order. What stops the reading is the last thing visited.
pub(super) fn each(
    reader: &JournalReader,
    decode: bool,
    visit: &mut dyn FnMut(Result<Seen, LogError>),
) {
    let Some(journal) = reader.journal() else {
        return;
    };
    let events = (1, reader.head().seq);
    let mut visit_sheaf = |sheaf: &mut Sheaf<Vec<Result<Decoded, DecodeError>>>| {
        let mut decoded = sheaf.found.drain(..);
        for (stored, leaf) in sheaf.events.drain(..).zip(&sheaf.leaves) {
            visit(Ok(Seen {
                stored,
                leaf: *leaf,
                decoded: decoded.next(),
            }));
        }
        Ok::<(), LogError>(())
    };
    let visited = sheaves::each_from(&journal, events, &Decoding(decode), &mut visit_sheaf);
    if let Err(error) = visited {
        visit(Err(error));
    }
}
