//! Events read in their order and decoded beside: one thread reads and folds, the other decodes and
//! hashes what was read ahead of it.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::domain::event::Event;
use crate::log::merkle::{Hash, leaf_hash};
use crate::log::{EventRead, StoredEvent};
use crate::office::error::OfficeError;
use crate::office::ledger::decode;

/// So many events are handed over at once.
const MANY: usize = 512;
/// So many hands full wait at most on each way.
const AHEAD: usize = 4;

/// An event with what was worked out of its bytes.
pub(super) struct Seen {
    pub(super) stored: StoredEvent,
    pub(super) leaf: Hash,
    pub(super) event: Event,
}

type Decoded = Result<Vec<Seen>, OfficeError>;

/// Events to decode, and others that were folded: they are let go of in the thread that made them,
/// so that their memory goes round in it.
type Given = (Vec<StoredEvent>, Vec<Seen>);

fn see(handful: Vec<StoredEvent>) -> Decoded {
    let seen = handful.into_iter().map(|stored| {
        Ok(Seen {
            leaf: leaf_hash(&stored.bytes),
            event: decode(&stored)?,
            stored,
        })
    });
    seen.collect()
}

/// The thread that decodes, and how many hands full it has.
struct Beside {
    give: SyncSender<Given>,
    take: Receiver<Decoded>,
    waiting: usize,
    folded: Vec<Seen>,
}

/// Visits the events of a log from one on, in their order, as long as whoever visits goes on.
///
/// # Errors
/// What stops the reading; the events before it were visited.
pub(super) fn each<L: EventRead>(
    log: &L,
    from: u64,
    visit: &mut dyn FnMut(&Seen) -> bool,
) -> Result<(), OfficeError> {
    thread::scope(|scope| {
        let (give, given) = sync_channel::<Given>(AHEAD);
        let (put, take) = sync_channel::<Decoded>(AHEAD);
        let work = move || {
            // Nobody takes them any more once reading has failed.
            let decode = |(handful, folded): Given| {
                drop(folded);
                see(handful)
            };
            let mut decoded = given.iter().map(decode);
            drop(decoded.try_for_each(|seen| put.send(seen)));
        };
        let beside = thread::Builder::new()
            .name("decoding".to_owned())
            .spawn_scoped(scope, work);
        let mut beside = beside.ok().map(|_| Beside {
            give,
            take,
            waiting: 0,
            folded: Vec::new(),
        });
        let mut handful = Vec::with_capacity(MANY);
        for stored in log.read(from, log.head().seq)? {
            handful.push(stored?);
            if handful.len() >= MANY {
                let full = std::mem::replace(&mut handful, Vec::with_capacity(MANY));
                if !pass(full, &mut beside, visit)? {
                    return Ok(());
                }
            }
        }
        let mut goes_on = pass(handful, &mut beside, visit)?;
        while let Some(beside) = beside.as_mut().filter(|it| goes_on && it.waiting > 0) {
            goes_on = beside.fold_one(visit)?;
        }
        Ok(())
    })
}

/// Hands events over, and folds what comes back where much waits.
fn pass(
    handful: Vec<StoredEvent>,
    beside: &mut Option<Beside>,
    visit: &mut dyn FnMut(&Seen) -> bool,
) -> Result<bool, OfficeError> {
    let Some(beside) = beside else {
        return Ok(see(handful)?.iter().all(visit));
    };
    if beside.waiting >= AHEAD && !beside.fold_one(visit)? {
        return Ok(false);
    }
    beside.waiting += 1;
    let given = (handful, std::mem::take(&mut beside.folded));
    beside.give.send(given).map_err(|_| stopped())?;
    Ok(true)
}

impl Beside {
    fn fold_one(&mut self, visit: &mut dyn FnMut(&Seen) -> bool) -> Result<bool, OfficeError> {
        self.waiting -= 1;
        let seen = self.take.recv().map_err(|_| stopped())??;
        let goes_on = seen.iter().all(visit);
        self.folded = seen;
        Ok(goes_on)
    }
}

fn stopped() -> OfficeError {
    OfficeError::Views("decoding stopped".to_owned())
}
