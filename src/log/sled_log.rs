//! The log of a ledger on disk: the journal first, then the index in sled.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use uuid::Uuid;

use super::clock::next_at;
use super::disk::{self, File};
use super::error::LogError;
use super::event::{Condition, Head, LedgerId, NewEvent, Stamp, StoredEvent, Tag};
use super::index::{Block, Index, Meta};
use super::intake::{Recorded, admit, all_refused, answers};
use super::journal::range::JournalEvents;
use super::journal::walk::Cursor;
use super::journal::write::{FrameSpec, JournalWriter, WriteFault};
use super::merkle::{Frontier, Hash};
use super::options::{LogOptions, OpenReport};
use super::traits::{Appended, Batch, EventLog, EventRead, Events};
use sealer::Sealer;

mod frames;
pub(crate) mod opening;
mod sealer;

pub(crate) use opening::Follow;

/// How much space a disk must have left for an append: the index grows by a sled segment at a time,
/// and once sled has met a full disk it is of no use until the ledger is opened again.
const RESERVE: u64 = 24 << 20;

/// The file that says that the index must be built anew at the next open, and why.
const SUSPECT: &str = "sled.suspect";

/// A log in a folder: `journal/`, `sled/`, `lock`, and the `checkpoint` if one was made.
///
/// An append returns after the journal is durable. What it recorded waits in memory, where it is
/// found at once, and goes into the index when much waits, on [`SledLog::close`], on drop, and when
/// a writer is idle; whatever the index lacks is taken from the journal at the next open.
pub struct SledLog {
    dir: PathBuf,
    ledger: LedgerId,
    options: LogOptions,
    writer: JournalWriter,
    index: Index,
    frontier: Frontier,
    head: Head,
    /// Why nothing more may be written.
    poisoned: Option<String>,
    /// Why the index is not trusted any more.
    suspect: OnceLock<String>,
    report: OpenReport,
    sealer: Sealer,
    /// Held until everything else is closed.
    _lock: File,
}

/// A batch that is durable.
struct Written {
    stored: Vec<StoredEvent>,
    leaves: Vec<Hash>,
    tags: Vec<Vec<Tag>>,
    /// The place and the tree behind each frame.
    marks: Vec<(Cursor, Frontier)>,
}

impl SledLog {
    /// What happened when the log was opened.
    pub fn report(&self) -> &OpenReport {
        &self.report
    }

    /// The folder of the ledger.
    pub fn folder(&self) -> &Path {
        &self.dir
    }

    /// Why the index stopped being used since the opening, if it did. Reading then goes to the
    /// journal; no event is lost, and the next open builds the index anew.
    pub fn index_fault(&self) -> Option<&str> {
        self.suspect.get().map(String::as_str)
    }

    /// Makes the index durable and closes the log. Dropping the log does the same, without saying
    /// what failed.
    ///
    /// # Errors
    /// [`LogError::Index`]; no event is at risk.
    pub fn close(mut self) -> Result<(), LogError> {
        self.settle()
    }

    fn journal(&self) -> PathBuf {
        self.dir.join(opening::JOURNAL)
    }

    /// Remembers, also for the next open, that the index is not to be trusted.
    fn distrust(&self, why: String) -> LogError {
        // If the note cannot be written the next open finds the fault for itself.
        drop(disk::write(self.dir.join(SUSPECT), &why));
        LogError::Index {
            why: self.suspect.get_or_init(|| why).clone(),
        }
    }

    fn usable(&self) -> Result<(), LogError> {
        if let Some(why) = &self.poisoned {
            return Err(LogError::Poisoned { why: why.clone() });
        }
        match self.suspect.get() {
            Some(why) => Err(LogError::Index { why: why.clone() }),
            None => Ok(()),
        }
    }

    fn stamp(&self) -> Result<(i64, Stamp), LogError> {
        let options = &self.options;
        let now = options.clock.now_ms();
        let at_ms = next_at(now, &self.head, options.not_before_ms, options.accept_clock)?;
        // `next_at` gives only moments that have this form.
        let stamp = Stamp::new(at_ms, self.ledger).ok_or(LogError::Closed)?;
        Ok((at_ms, stamp))
    }

    /// Refuses while there is still room for everything else: a disk that is full to the last byte
    /// would take the index along.
    fn has_room(&self, events: &[NewEvent]) -> Result<(), LogError> {
        let bytes: usize = events.iter().map(|event| event.encoded_len(u64::MAX)).sum();
        // Once in the journal, once in the index, and once more while sled rearranges it.
        has_room(&self.dir, 3 * bytes as u64)
    }

    /// Writes one batch and makes it durable.
    fn write(
        &mut self,
        events: Vec<NewEvent>,
        at_ms: i64,
        stamp: &Stamp,
    ) -> Result<Written, WriteFault> {
        let mut written = Written {
            stored: Vec::with_capacity(events.len()),
            leaves: Vec::with_capacity(events.len()),
            tags: Vec::with_capacity(events.len()),
            marks: Vec::new(),
        };
        let mut frontier = self.frontier.clone();
        let batch_first = self.head.seq + 1;
        let last = self.head.seq + events.len() as u64;
        self.writer.begin()?;
        let writer = &mut self.writer;
        frames::each(events, batch_first, stamp, |mut frame| {
            frame.leaves.iter().for_each(|leaf| frontier.push(*leaf));
            let end = frame.last_seq == last;
            let spec = spec(batch_first, &frame, at_ms, &frontier, end);
            let crc = frame.crc;
            writer.put_whole(spec, frame.bytes_mut(), crc)?;
            written
                .marks
                .push((writer.cursor().clone(), frontier.clone()));
            written.leaves.extend_from_slice(&frame.leaves);
            written.tags.append(&mut frame.tags);
            frame.store(at_ms, &mut written.stored);
            Ok(())
        })?;
        self.writer.commit()?;
        Ok(written)
    }

    /// Takes a failed write back, or stops for good.
    fn fail(&mut self, fault: WriteFault) -> LogError {
        let fault = match fault {
            WriteFault::Full => self.writer.abandon().err().unwrap_or(WriteFault::Full),
            last => last,
        };
        if let WriteFault::Final(why) = &fault {
            self.poisoned = Some(why.clone());
        }
        fault.into()
    }

    /// Brings what is durable into the index. It is recorded whatever becomes of this.
    /// The events are given back where somebody looks at them; else they are let go of one by one.
    fn index_written(&mut self, written: Written, seen: bool) -> Vec<StoredEvent> {
        let stored = if seen {
            written.stored.clone()
        } else {
            Vec::new()
        };
        let hashed = written.stored.into_iter().zip(written.leaves);
        let mut events = hashed.zip(written.tags).peekable();
        for (cursor, frontier) in written.marks {
            let seq = cursor.seq;
            while let Some(((event, leaf), tags)) = events.next_if(|((it, _), _)| it.seq <= seq) {
                self.index.add(event, leaf, tags);
            }
            self.index.mark(Meta {
                ledger: self.ledger,
                cursor,
                frontier,
            });
            if self.index.is_full()
                && let Err(why) = self.index.flush()
            {
                self.distrust(why);
                break;
            }
        }
        stored
    }

    fn append_all(&mut self, batches: Vec<Batch>, seen: bool) -> Vec<Result<Appended, LogError>> {
        if let Err(error) = self.usable() {
            return batches.iter().map(|_| Err(error.clone())).collect();
        }
        let admitted = admit(batches, self.head.seq, &*self);
        let (at_ms, stamp) = match self.stamp() {
            Ok(stamp) => stamp,
            Err(error) => return all_refused(admitted.verdicts, &error),
        };
        if admitted.events.is_empty() {
            return answers(admitted.verdicts, Vec::new(), at_ms);
        }
        if let Err(error) = self.has_room(&admitted.events) {
            return all_refused(admitted.verdicts, &error);
        }
        match self.write(admitted.events, at_ms, &stamp) {
            Ok(written) => {
                self.advance(&written, at_ms);
                let stored = self.index_written(written, seen);
                self.close_segment();
                answers(admitted.verdicts, stored, at_ms)
            }
            Err(fault) => all_refused(admitted.verdicts, &self.fail(fault)),
        }
    }

    /// Closes a segment that is full, and has full ones sealed while appends go on.
    fn close_segment(&mut self) {
        match self.writer.roll_if_full() {
            Ok(false) => {}
            Ok(true) => self.sealer.add(&self.journal()),
            // What is recorded stays recorded; the next append tries again.
            Err(WriteFault::Full) => {}
            Err(WriteFault::Final(why)) => self.poisoned = Some(why),
        }
        self.drop_sealed_frames(false);
    }

    /// Removes the frames of segments whose sealed copy is there, once the index is durable behind
    /// them: its place in the journal must not point into frames that are gone.
    fn drop_sealed_frames(&mut self, wait: bool) {
        while let Some(first) = self.sealer.sealed(wait) {
            if self.suspect.get().is_some() || self.poisoned.is_some() {
                return;
            }
            match self.index.settle() {
                Ok(()) => self.sealer.drop_frames(&self.journal(), first),
                Err(why) => drop(self.distrust(why)),
            }
        }
    }

    fn finish_sealing(&mut self) {
        self.sealer.go_on(&self.journal());
        self.drop_sealed_frames(true);
    }

    fn advance(&mut self, written: &Written, at_ms: i64) {
        if let Some((cursor, frontier)) = written.marks.last() {
            self.frontier = frontier.clone();
            self.head = Head {
                seq: cursor.seq,
                root: cursor.root,
                at_ms,
            };
        }
    }
}

/// Whether a disk has this much space beside the reserve, as far as the system says.
fn has_room(dir: &Path, bytes: u64) -> Result<(), LogError> {
    match disk::available(dir) {
        Some(left) if left < bytes.saturating_add(RESERVE) => Err(LogError::Full),
        _ => Ok(()),
    }
}

fn spec(
    batch_first: u64,
    frame: &frames::Frame,
    at_ms: i64,
    frontier: &Frontier,
    end: bool,
) -> FrameSpec {
    FrameSpec {
        first_seq: frame.first_seq,
        batch_first,
        // A frame has at most a few hundred events: it is closed at 128 KiB.
        count: u32::try_from(frame.leaves.len()).unwrap_or(u32::MAX),
        at_ms,
        root: frontier.root(),
        end,
    }
}

impl Recorded for SledLog {
    fn seq_of(&self, id: &Uuid) -> Result<Option<u64>, LogError> {
        if self.head.seq == 0 {
            return Ok(None);
        }
        self.find(id)
    }

    fn may_hold_any(&self, ids: &[Uuid]) -> Result<bool, LogError> {
        if self.head.seq == 0 {
            return Ok(false);
        }
        self.usable()?;
        self.index
            .may_hold_any(ids)
            .map_err(|why| self.distrust(why))
    }

    fn last_tagged(&self, tag: &[u8]) -> Result<Option<u64>, LogError> {
        self.usable()?;
        self.index
            .last_tagged(tag)
            .map_err(|why| self.distrust(why))
    }
}

impl EventRead for SledLog {
    fn ledger(&self) -> LedgerId {
        self.ledger
    }

    fn journal(&self) -> Option<PathBuf> {
        Some(SledLog::journal(self))
    }

    fn head(&self) -> Head {
        self.head
    }

    fn read(&self, from: u64, to: u64) -> Result<Events<'_>, LogError> {
        Ok(Box::new(IndexedEvents {
            log: self,
            block: None,
            journal: None,
            next: from.max(1),
            to: to.min(self.head.seq),
        }))
    }

    fn read_each(&self, places: &[u64]) -> Result<Vec<StoredEvent>, LogError> {
        let mut from = IndexedEvents {
            log: self,
            block: None,
            journal: None,
            next: 1,
            to: self.head.seq,
        };
        let mut events = Vec::with_capacity(places.len());
        for place in places {
            if from.next != *place {
                // Of the journal one place is looked up; a block is gone on in.
                (from.next, from.journal) = (*place, None);
            }
            let seq = *place;
            let event = from.next().transpose()?;
            events.push(event.ok_or_else(|| LogError::Index {
                why: format!("it has no event {seq}"),
            })?);
        }
        Ok(events)
    }

    fn find(&self, id: &Uuid) -> Result<Option<u64>, LogError> {
        if let Some(why) = self.suspect.get() {
            return Err(LogError::Index { why: why.clone() });
        }
        self.index.find(id).map_err(|why| self.distrust(why))
    }

    fn tagged(&self, tag: &[u8]) -> Result<Vec<u64>, LogError> {
        if let Some(why) = self.suspect.get() {
            return Err(LogError::Index { why: why.clone() });
        }
        self.index.tagged(tag).map_err(|why| self.distrust(why))
    }
}

impl EventLog for SledLog {
    fn append_group(&mut self, batches: Vec<Batch>) -> Vec<Result<Appended, LogError>> {
        self.append_all(batches, true)
    }

    fn append_unseen(
        &mut self,
        events: Vec<NewEvent>,
        condition: &Condition,
    ) -> Result<Appended, LogError> {
        let mut answers = self.append_all(vec![(events, condition.clone())], false);
        answers.pop().unwrap_or(Err(LogError::Closed))
    }

    fn settle(&mut self) -> Result<(), LogError> {
        if let Some(why) = self.suspect.get() {
            return Err(LogError::Index { why: why.clone() });
        }
        self.index.settle().map_err(|why| self.distrust(why))?;
        self.finish_sealing();
        Ok(())
    }
}

impl Drop for SledLog {
    fn drop(&mut self) {
        // Nothing is lost where this fails: the journal has it.
        drop(self.settle());
        self.index.close();
    }
}

/// Events from the index, and from the journal as soon as the index fails.
struct IndexedEvents<'a> {
    log: &'a SledLog,
    block: Option<Block>,
    journal: Option<JournalEvents>,
    next: u64,
    to: u64,
}

impl IndexedEvents<'_> {
    fn next_indexed(&mut self) -> Result<StoredEvent, String> {
        let index = &self.log.index;
        if let Some(event) = index.waiting(self.next) {
            return Ok(event.clone());
        }
        let mut block = match self.block.take() {
            Some(block) => block,
            None => index.block(self.next)?,
        };
        let mut event = event_in(&mut block, self.next)?;
        if event.is_none() {
            block = index.block(self.next)?;
            event = event_in(&mut block, self.next)?;
        }
        self.block = Some(block);
        event.ok_or_else(|| format!("it has no event {}", self.next))
    }
}

/// Goes on in a block until an event; `None` where the block ends before it.
fn event_in(block: &mut Block, seq: u64) -> Result<Option<StoredEvent>, String> {
    while let Some(bytes) = block.next_shared() {
        let event = StoredEvent::of(bytes).ok_or("an event is not readable")?;
        if event.seq > seq {
            return Err(format!("it has no event {seq}"));
        }
        if event.seq == seq {
            return Ok(Some(event));
        }
    }
    Ok(None)
}

impl Iterator for IndexedEvents<'_> {
    type Item = Result<StoredEvent, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next > self.to {
            return None;
        }
        if self.journal.is_none() && self.log.suspect.get().is_none() {
            match self.next_indexed() {
                Ok(event) => {
                    self.next += 1;
                    return Some(Ok(event));
                }
                Err(why) => drop(self.log.distrust(why)),
            }
        }
        let journal = match self.journal.take() {
            Some(journal) => Ok(journal),
            None => JournalEvents::new(&self.log.journal(), self.next, self.to),
        };
        match journal.map(|mut journal| (journal.next(), journal)) {
            Ok((Some(Ok(event)), journal)) => {
                self.next = event.seq + 1;
                self.journal = Some(journal);
                Some(Ok(event))
            }
            Ok((item, _)) => {
                self.to = 0;
                item
            }
            Err(error) => {
                self.to = 0;
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::log::options::IndexState;

    /// A kill between two batches of sled leaves the index amid a batch of the journal.
    #[test]
    fn an_index_that_stops_amid_a_batch_catches_up() {
        let dir = tempfile::tempdir().unwrap();
        let options = || LogOptions::new(Arc::new(|_| Ok(Vec::new())));
        let ledger = LedgerId::new([1; 16]);
        let mut log = SledLog::create(dir.path(), ledger, options()).unwrap();
        let events = (1..=40).map(|number| NewEvent {
            id: Uuid::from_u128(number),
            tags: Vec::new(),
            members: vec![("data", format!("\"{}\"", "x".repeat(60_000)))].into(),
        });
        let (at_ms, stamp) = log.stamp().unwrap();
        let mut written = log.write(events.collect(), at_ms, &stamp).unwrap();
        assert!(written.marks.len() > 2);
        written.marks.truncate(1);
        drop(log.index_written(written, false));
        log.close().unwrap();
        let log = SledLog::open(dir.path(), options()).unwrap();
        assert!(matches!(log.report().index, IndexState::CaughtUp { .. }));
        assert_eq!(log.head().seq, 40);
        assert_eq!(log.read(1, 40).unwrap().filter(Result::is_ok).count(), 40);
        assert_eq!(log.find(&Uuid::from_u128(40)).unwrap(), Some(40));
    }
}
