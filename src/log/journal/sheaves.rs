//! The events of a journal, read and looked into on two cores.
//!
//! One walk goes from header to header and gives out **sheaves**: frames, or chunks of a sealed
//! segment, that stand beside each other. A thread beside takes one after the other, reads it,
//! unpacks it, checks it, hashes its events and has them looked into; whoever wants the sheaves in
//! their order does the same with the next of them as long as the one that it wants is not there.
//! So each chunk is read and unpacked once, both cores have work until the end whoever has more of
//! it, and no more than [`AHEAD`] sheaves are held.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use uuid::Uuid;

use super::layout::FrameHeader;
use super::sealed::Unpacking;
use super::walk::{Cursor, Part, Walker, fault_behind};
use crate::log::error::{Damage, LogError};
use crate::log::event::{Envelope, StoredEvent};
use crate::log::event_bytes::EventBytes;
use crate::log::merkle::{self, Hash, Perfect, leaf_hash, perfect_parts};

/// A sheaf is full with so many events, …
const MANY: u64 = 512;
/// … or so many bytes.
const MANY_BYTES: u64 = 256 << 10;
/// So many sheaves are made ahead at most.
const AHEAD: usize = 16;

/// Who looks into events on the way.
pub(crate) trait Look: Sync {
    /// What is found in the events of a sheaf.
    type Found: Default + Send;

    /// Every event must be of the journal's ledger, and not before the one before it.
    const STRICT: bool;

    /// Of sealed segments chunks are wanted as they are packed, in the place of their events.
    fn takes_chunks(&self) -> bool {
        false
    }

    /// Looks into the next event of a sheaf, and says what the log wrote into it where that is
    /// known by then.
    ///
    /// # Errors
    /// What cannot be understood: the reading stops there.
    fn look(
        &self,
        seq: u64,
        bytes: &[u8],
        found: &mut Self::Found,
    ) -> Result<Option<Envelope>, LogError>;
}

/// A frame or a chunk that was read and holds what it should.
pub(crate) struct Page {
    pub(crate) frame: FrameHeader,
    /// The place behind it.
    pub(crate) behind: Cursor,
    /// How many events of the sheaf are in it and in the pages before it.
    pub(crate) end: usize,
    /// Its events as parts of the ledger's tree.
    pub(crate) parts: Vec<Perfect>,
}

impl Page {
    /// The events do not lead to the root in the header.
    pub(crate) fn bad_root(&self) -> LogError {
        fault_behind(&self.behind, self.frame.first_seq, Damage::Root)
    }
}

/// Chunks of a sealed segment, as they stand there.
pub(crate) struct Chunks {
    /// Their zstd frames, one behind the other.
    pub(crate) packed: Vec<u8>,
    /// How many bytes they unpack to.
    pub(crate) raw_len: usize,
    /// The root over their events alone.
    pub(crate) root: Hash,
}

/// Pages that were read together.
pub(crate) struct Sheaf<F> {
    pub(crate) pages: Vec<Page>,
    /// The first event.
    pub(crate) first: u64,
    pub(crate) ids: Vec<Uuid>,
    /// The events, where they are not in `chunks`.
    pub(crate) events: Vec<StoredEvent>,
    pub(crate) leaves: Vec<Hash>,
    /// What was found in the events.
    pub(crate) found: F,
    /// Where it was asked for, and all of the sheaf is of a sealed segment.
    pub(crate) chunks: Option<Chunks>,
    /// What stops the reading behind these pages.
    pub(crate) fault: Option<LogError>,
    beside: bool,
}

/// Takes sheaves in their order.
pub(crate) type Visit<'a, F, E> = dyn FnMut(&mut Sheaf<F>) -> Result<(), E> + 'a;

/// Visits the events from one on up to another; the first sheaf can have some that are before them.
///
/// # Errors
/// As [`each`].
pub(crate) fn each_from<L: Look, E: From<LogError>>(
    journal: &Path,
    (from, to): (u64, u64),
    look: &L,
    visit: &mut Visit<'_, L::Found, E>,
) -> Result<(), E> {
    if from > to {
        return Ok(());
    }
    let mut walker = Walker::from_segment(journal, from)?;
    let mut first = None;
    while walker.cursor().seq < from {
        first = Some(walker.next_part()?);
    }
    start(walker, first, to, look, &mut |sheaf| {
        // Frames can have become a chunk that goes on behind what was asked for.
        sheaf.keep_to(to);
        visit(sheaf)
    })
}

/// Visits the events behind a walker's place up to an event, which must be the last of its frame.
///
/// # Errors
/// What stops the reading, after what is before it was visited; or what whoever visits says.
pub(crate) fn each<L: Look, E: From<LogError>>(
    walker: Walker,
    to: u64,
    look: &L,
    visit: &mut Visit<'_, L::Found, E>,
) -> Result<(), E> {
    if walker.cursor().seq >= to {
        return Ok(());
    }
    start(walker, None, to, look, visit)
}

fn start<L: Look, E: From<LogError>>(
    walker: Walker,
    held: Option<Part>,
    to: u64,
    look: &L,
    visit: &mut Visit<'_, L::Found, E>,
) -> Result<(), E> {
    let line = Line {
        state: Mutex::new(State {
            walker,
            held,
            to,
            next: 0,
            wanted: 0,
            made: BTreeMap::new(),
            ended: false,
            closed: false,
            used: Vec::new(),
        }),
        changed: Condvar::new(),
        look,
    };
    thread::scope(|scope| {
        let closing = Closing(&line);
        let beside = || {
            let work = || line.work();
            let named = thread::Builder::new().name("reading ahead".to_owned());
            named.spawn_scoped(scope, work).ok()
        };
        // On a simulated disk everything is done in one thread, so that a seed repeats exactly.
        #[cfg(test)]
        let beside = || match crate::log::disk::simulated::is_mounted() {
            true => None,
            false => beside(),
        };
        let _beside = beside();
        let visited = line.visit(visit);
        drop(closing);
        visited
    })
}

/// Sheaves on their way.
struct Line<'a, L: Look> {
    state: Mutex<State<L::Found>>,
    changed: Condvar,
    look: &'a L,
}

struct State<F> {
    walker: Walker,
    /// A part that begins the next sheaf.
    held: Option<Part>,
    to: u64,
    /// The number of the next sheaf to be made.
    next: usize,
    /// The number of the sheaf that is wanted.
    wanted: usize,
    made: BTreeMap<usize, Sheaf<F>>,
    /// No more sheaves follow.
    ended: bool,
    /// Nobody wants any more.
    closed: bool,
    /// Visited sheaves, let go of in the thread that made them, so that their memory goes round.
    used: Vec<Sheaf<F>>,
}

/// Says that nobody wants any more, also where visiting panicked.
struct Closing<'a, 'b, L: Look>(&'a Line<'b, L>);

impl<L: Look> Drop for Closing<'_, '_, L> {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.changed.notify_all();
    }
}

/// A sheaf that is being made. Where making it panicks a fault stands in its place, so that nobody
/// waits for it.
struct Making<'a, 'b, L: Look> {
    line: &'a Line<'b, L>,
    number: usize,
    made: Option<Sheaf<L::Found>>,
}

impl<L: Look> Drop for Making<'_, '_, L> {
    fn drop(&mut self) {
        let fault = || Sheaf::new(Some(LogError::Closed));
        let sheaf = self.made.take().unwrap_or_else(fault);
        self.line.state().made.insert(self.number, sheaf);
        self.line.changed.notify_all();
    }
}

impl<L: Look> Line<'_, L> {
    fn state(&self) -> MutexGuard<'_, State<L::Found>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<L::Found>>) -> MutexGuard<'a, State<L::Found>> {
        let waited = self.changed.wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes sheaves as long as anybody wants them.
    fn work(&self) {
        let mut unpacking = Unpacking::default();
        let mut state = self.state();
        while !state.closed && !state.ended {
            let used = std::mem::take(&mut state.used);
            let Some((number, parts, fault)) = state.take_parts() else {
                state = self.wait(state);
                continue;
            };
            drop(state);
            drop(used);
            self.make(number, parts, fault, true, &mut unpacking);
            state = self.state();
        }
    }

    fn make(
        &self,
        number: usize,
        parts: Vec<Part>,
        fault: Option<LogError>,
        beside: bool,
        unpacking: &mut Unpacking,
    ) {
        let mut making = Making {
            line: self,
            number,
            made: None,
        };
        let mut sheaf = Sheaf::of(&parts, self.look, unpacking);
        sheaf.fault = sheaf.fault.or(fault);
        sheaf.beside = beside;
        making.made = Some(sheaf);
    }

    fn visit<E: From<LogError>>(&self, visit: &mut Visit<'_, L::Found, E>) -> Result<(), E> {
        let mut unpacking = Unpacking::default();
        let mut state = self.state();
        loop {
            let wanted = state.wanted;
            if let Some(mut sheaf) = state.made.remove(&wanted) {
                state.wanted += 1;
                drop(state);
                self.changed.notify_all();
                visit(&mut sheaf)?;
                if let Some(fault) = sheaf.fault.take() {
                    return Err(fault.into());
                }
                if sheaf.beside {
                    state = self.state();
                    state.used.push(sheaf);
                } else {
                    drop(sheaf);
                    state = self.state();
                }
            } else if let Some((number, parts, fault)) = state.take_parts() {
                drop(state);
                self.make(number, parts, fault, false, &mut unpacking);
                state = self.state();
            } else if state.wanted < state.next {
                state = self.wait(state);
            } else {
                return Ok(());
            }
        }
    }
}

/// The number of a sheaf, where its parts stand, and what stops the reading behind them.
type Parts = (usize, Vec<Part>, Option<LogError>);

impl<F> State<F> {
    /// The parts of the next sheaf; `None` where there are no more, or enough are ahead.
    fn take_parts(&mut self) -> Option<Parts> {
        if self.ended || self.next >= self.wanted + AHEAD {
            return None;
        }
        let mut parts: Vec<Part> = Vec::new();
        let (mut events, mut bytes) = (0, 0);
        let mut fault = None;
        while events < MANY && bytes < MANY_BYTES && !self.ended {
            let part = match self.held.take() {
                Some(part) => part,
                None => match self.walker.next_part() {
                    Ok(part) => part,
                    Err(error) => {
                        (fault, self.ended) = (Some(error), true);
                        break;
                    }
                },
            };
            let (count, len) = (
                u64::from(part.frame.count),
                u64::from(part.frame.payload_len),
            );
            let fits = events + count <= MANY && bytes + len <= MANY_BYTES;
            let beside = |first: &Part| fits && first.behind.segment == part.behind.segment;
            if !parts.first().is_none_or(beside) {
                self.held = Some(part);
                break;
            }
            (events, bytes) = (events + count, bytes + len);
            self.ended = part.frame.last_seq() >= self.to;
            parts.push(part);
        }
        self.next += 1;
        Some((self.next - 1, parts, fault))
    }
}

impl<F: Default> Sheaf<F> {
    fn new(fault: Option<LogError>) -> Sheaf<F> {
        Sheaf {
            pages: Vec::new(),
            first: 0,
            ids: Vec::new(),
            events: Vec::new(),
            leaves: Vec::new(),
            found: F::default(),
            chunks: None,
            fault,
            beside: false,
        }
    }

    fn of<L: Look<Found = F>>(parts: &[Part], look: &L, unpacking: &mut Unpacking) -> Sheaf<F> {
        let mut sheaf = Sheaf::new(None);
        let count = parts.iter().map(|part| part.frame.count as usize).sum();
        sheaf.first = parts.first().map_or(0, |part| part.frame.first_seq);
        sheaf.ids.reserve(count);
        sheaf.leaves.reserve(count);
        let sealed = look.takes_chunks() && parts.iter().all(|part| part.behind.sealed);
        let mut chunks = sealed.then(|| Chunks {
            packed: Vec::new(),
            raw_len: 0,
            root: [0; 32],
        });
        for part in parts {
            if let Err(fault) = sheaf.page(part, look, unpacking, !sealed) {
                sheaf.fault = Some(fault);
                // Of a page that is not whole nothing is told.
                let whole = sheaf.pages.last().map_or(0, |page| page.end);
                sheaf.ids.truncate(whole);
                sheaf.events.truncate(whole);
                sheaf.leaves.truncate(whole);
                break;
            }
            if let Some(chunks) = &mut chunks {
                chunks.packed.extend_from_slice(&unpacking.packed);
                chunks.raw_len += part.frame.payload_len as usize;
            }
        }
        if let Some(chunks) = &mut chunks {
            chunks.root = merkle::root(&sheaf.leaves);
        }
        sheaf.chunks = chunks;
        sheaf
    }

    fn keep_to(&mut self, to: u64) {
        let kept = usize::try_from((to + 1).saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.ids.truncate(kept);
        self.events.truncate(kept);
        self.leaves.truncate(kept);
    }

    /// The events, also where they are in chunks.
    ///
    /// # Errors
    /// Why chunks cannot be unpacked a second time.
    pub(crate) fn stored(&mut self) -> Result<&[StoredEvent], String> {
        if let Some(chunks) = self.chunks.take() {
            let events = zstd::bulk::decompress(&chunks.packed, chunks.raw_len);
            let whole: Arc<[u8]> = events.map_err(|error| error.to_string())?.into();
            let mut begin = 0;
            for end in memchr::memchr_iter(b'\n', &whole) {
                let event = StoredEvent::of(EventBytes::part(&whole, begin, end));
                self.events.push(event.ok_or("an event is not readable")?);
                begin = end + 1;
            }
        }
        Ok(&self.events)
    }

    fn page<L: Look<Found = F>>(
        &mut self,
        part: &Part,
        look: &L,
        unpacking: &mut Unpacking,
        keeps: bool,
    ) -> Result<(), LogError> {
        let events = part.read(unpacking)?;
        let whole: Option<Arc<[u8]>> = keeps.then(|| events.into());
        let frame = &part.frame;
        let before = self.leaves.len();
        let mut begin = 0;
        let mut last_at = i64::MIN;
        for (seq, end) in (frame.first_seq..).zip(memchr::memchr_iter(b'\n', events)) {
            let bytes = events.get(begin..end).unwrap_or_default();
            let fits = |it: &Envelope| {
                it.seq == seq && (!L::STRICT || it.ledger == frame.ledger && it.at_ms >= last_at)
            };
            let read = || Envelope::read(bytes).filter(fits);
            let envelope = match look.look(seq, bytes, &mut self.found) {
                Ok(known) => known.filter(fits).or_else(read),
                Err(error) if read().is_some() => return Err(error),
                Err(_) => None,
            };
            let envelope = envelope.ok_or_else(|| part.bad_event(seq))?;
            last_at = envelope.at_ms;
            self.leaves.push(leaf_hash(bytes));
            self.ids.push(envelope.id);
            if let Some(whole) = &whole {
                self.events.push(StoredEvent {
                    seq,
                    at_ms: envelope.at_ms,
                    id: envelope.id,
                    bytes: EventBytes::part(whole, begin, end),
                });
            }
            begin = end + 1;
        }
        if L::STRICT && last_at != frame.at_ms {
            return Err(part.bad_event(frame.last_seq()));
        }
        let leaves = self.leaves.get(before..).unwrap_or_default();
        self.pages.push(Page {
            frame: *frame,
            behind: part.behind.clone(),
            end: self.leaves.len(),
            parts: perfect_parts(frame.first_seq - 1, leaves),
        });
        Ok(())
    }
}
