//! The log of a ledger on disk: the journal first, then the index in sled.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use uuid::Uuid;

use super::clock::next_at;
use super::disk::{self, File};
use super::error::LogError;
use super::event::{Head, LedgerId, NewEvent, Stamp, StoredEvent, Tag};
use super::index::{Block, Entries, Index, Meta};
use super::intake::{Recorded, admit, all_refused, answers};
use super::journal::layout::FRAME_TARGET;
use super::journal::range::JournalEvents;
use super::journal::walk::Cursor;
use super::journal::write::{FrameSpec, JournalWriter, WriteFault};
use super::merkle::{Frontier, leaf_hash};
use super::options::{LogOptions, OpenReport};
use super::traits::{Appended, Batch, EventLog, EventRead, Events};

mod opening;

/// How much space a disk must have left for an append: the index grows by a sled segment at a time,
/// and once sled has met a full disk it is of no use until the ledger is opened again.
const RESERVE: u64 = 24 << 20;

/// The file that says that the index must be built anew at the next open, and why.
const SUSPECT: &str = "sled.suspect";

/// A log in a folder: `journal/`, `sled/`, `lock`, and the `checkpoint` if one was made.
///
/// An append returns after the journal is durable. The index follows in memory and is made durable
/// on [`SledLog::close`], on drop, and when a writer is idle; whatever it lacks is taken from the
/// journal at the next open.
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
    /// Held until everything else is closed.
    _lock: File,
}

/// A batch that is durable.
struct Written {
    stored: Vec<StoredEvent>,
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
            tags: Vec::with_capacity(events.len()),
            marks: Vec::new(),
        };
        let mut frontier = self.frontier.clone();
        let batch_first = self.head.seq + 1;
        let mut frame_first = batch_first;
        self.writer.begin()?;
        for (seq, event) in (batch_first..).zip(events) {
            let held = self.writer.events_len();
            if held > 0 && held + event.encoded_len(seq) + 1 > FRAME_TARGET {
                let spec = spec(batch_first, frame_first, seq - 1, at_ms, &frontier, false);
                self.writer.put(spec)?;
                written
                    .marks
                    .push((self.writer.cursor().clone(), frontier.clone()));
                frame_first = seq;
            }
            let out = self.writer.events();
            let start = out.len();
            event.encode(stamp, seq, out);
            let bytes = out.get(start..).unwrap_or_default();
            frontier.push(leaf_hash(bytes));
            written.stored.push(StoredEvent {
                seq,
                at_ms,
                id: event.id,
                bytes: bytes.into(),
            });
            written.tags.push(event.tags);
            out.push(b'\n');
        }
        let last = self.head.seq + written.stored.len() as u64;
        self.writer
            .put(spec(batch_first, frame_first, last, at_ms, &frontier, true))?;
        self.writer.commit()?;
        written.marks.push((self.writer.cursor().clone(), frontier));
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
    fn index_written(&mut self, written: &Written) {
        let mut events = written.stored.iter().zip(&written.tags).peekable();
        for (cursor, frontier) in &written.marks {
            let mut entries = Entries::default();
            while let Some((event, tags)) = events.next_if(|(event, _)| event.seq <= cursor.seq) {
                entries.add(event.seq, &event.id, &event.bytes, tags);
            }
            let meta = Meta {
                ledger: self.ledger,
                cursor: cursor.clone(),
                frontier: frontier.clone(),
            };
            if let Err(why) = self.index.apply(entries, &meta) {
                self.distrust(why);
                return;
            }
        }
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
    first_seq: u64,
    last_seq: u64,
    at_ms: i64,
    frontier: &Frontier,
    end: bool,
) -> FrameSpec {
    FrameSpec {
        first_seq,
        batch_first,
        // A frame has at most a few thousand events: it is closed at 1 MiB.
        count: u32::try_from(last_seq + 1 - first_seq).unwrap_or(u32::MAX),
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
                self.index_written(&written);
                answers(admitted.verdicts, written.stored, at_ms)
            }
            Err(fault) => all_refused(admitted.verdicts, &self.fail(fault)),
        }
    }

    fn settle(&mut self) -> Result<(), LogError> {
        if let Some(why) = self.suspect.get() {
            return Err(LogError::Index { why: why.clone() });
        }
        self.index.settle().map_err(|why| self.distrust(why))
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
    while let Some(bytes) = block.next_event() {
        let event = StoredEvent::read(bytes).ok_or("an event is not readable")?;
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
            members: vec![("data", format!("\"{}\"", "x".repeat(60_000)))],
        });
        let (at_ms, stamp) = log.stamp().unwrap();
        let mut written = log.write(events.collect(), at_ms, &stamp).unwrap();
        assert_eq!(written.marks.len(), 3);
        written.marks.truncate(1);
        log.index_written(&written);
        log.close().unwrap();
        let log = SledLog::open(dir.path(), options()).unwrap();
        assert!(matches!(log.report().index, IndexState::CaughtUp { .. }));
        assert_eq!(log.head().seq, 40);
        assert_eq!(log.read(1, 40).unwrap().filter(Result::is_ok).count(), 40);
        assert_eq!(log.find(&Uuid::from_u128(40)).unwrap(), Some(40));
    }
}
