//! Events as a fold of figures looks at them, in their order. Where they stand in a journal it is
//! read and decoded on two cores.

use crate::domain::event::Happened;
use crate::log::codec::{Bare, BareReader, DecodeError};
use crate::log::merkle::{Hash, leaf_hash};
use crate::log::sheaves::{self, Look, Sheaf};
use crate::log::{Envelope, EventRead, LogError};
use crate::office::error::OfficeError;

/// An event with its bytes and its leaf.
pub(super) struct Seen<'a> {
    pub(super) event: Happened<'a>,
    pub(super) bytes: &'a [u8],
    pub(super) leaf: Hash,
}

/// Decodes events that are read together.
struct Decoding;

#[derive(Default)]
struct Decoded {
    reader: BareReader,
    events: Vec<Result<Bare, DecodeError>>,
}

impl Look for Decoding {
    type Found = Decoded;

    const STRICT: bool = false;

    fn look(
        &self,
        _: u64,
        bytes: &[u8],
        found: &mut Decoded,
    ) -> Result<Option<Envelope>, LogError> {
        let (event, envelope) = match found.reader.read(bytes) {
            Ok((event, envelope)) => (Ok(event), envelope),
            Err(error) => (Err(error), None),
        };
        found.events.push(event);
        Ok(envelope)
    }
}

/// Why no more is visited.
enum Stop {
    /// Whoever visits has enough.
    Enough,
    Fault(OfficeError),
}

impl From<LogError> for Stop {
    fn from(error: LogError) -> Stop {
        Stop::Fault(error.into())
    }
}

/// Visits the events of a log from one on, in their order, as long as whoever visits goes on.
///
/// # Errors
/// What stops the reading; the events before it were visited.
pub(super) fn each<L: EventRead>(
    log: &L,
    from: u64,
    visit: &mut dyn FnMut(Seen<'_>) -> bool,
) -> Result<(), OfficeError> {
    let to = log.head().seq;
    let visited = match log.journal() {
        Some(journal) => {
            let visit = &mut |sheaf: &mut Sheaf<Decoded>| visit_sheaf(sheaf, from, visit);
            sheaves::each_from(&journal, (from, to), &Decoding, visit)
        }
        None => each_alone(log, from, visit),
    };
    match visited {
        Ok(()) | Err(Stop::Enough) => Ok(()),
        Err(Stop::Fault(error)) => Err(error),
    }
}

fn visit_sheaf(
    sheaf: &Sheaf<Decoded>,
    from: u64,
    visit: &mut dyn FnMut(Seen<'_>) -> bool,
) -> Result<(), Stop> {
    let decoded = sheaf.events.iter().zip(&sheaf.found.events);
    for ((stored, event), leaf) in decoded.zip(&sheaf.leaves) {
        if stored.seq < from {
            continue;
        }
        let event = event.as_ref();
        let event = event.map_err(|error| undecoded(stored.seq, error.clone()))?;
        go_on(visit(Seen {
            event: event.happened(),
            bytes: &stored.bytes,
            leaf: *leaf,
        }))?;
    }
    Ok(())
}

/// The same of a log that is in memory.
fn each_alone<L: EventRead>(
    log: &L,
    from: u64,
    visit: &mut dyn FnMut(Seen<'_>) -> bool,
) -> Result<(), Stop> {
    let mut reader = BareReader::default();
    for stored in log.read(from, log.head().seq)? {
        let stored = stored?;
        let event = reader.read(&stored.bytes);
        let (event, _) = event.map_err(|error| undecoded(stored.seq, error))?;
        go_on(visit(Seen {
            event: event.happened(),
            bytes: &stored.bytes,
            leaf: leaf_hash(&stored.bytes),
        }))?;
    }
    Ok(())
}

fn undecoded(seq: u64, error: DecodeError) -> Stop {
    Stop::Fault(OfficeError::Decode(seq, error))
}

fn go_on(goes_on: bool) -> Result<(), Stop> {
    match goes_on {
        true => Ok(()),
        false => Err(Stop::Enough),
    }
}
