//! Building a journal from events that another copy of the log had.

use std::path::Path;

use super::files::segment_name;
use super::layout::FRAME_TARGET;
use super::walk::Walker;
use super::write::{self, FrameSpec, JournalWriter};
use crate::log::error::{Damage, LogError};
use crate::log::event::{Envelope, Head, LedgerId};
use crate::log::merkle::{Frontier, leaf_hash};
use crate::log::options::SEGMENT_BYTES;

/// How many bytes become durable at once.
const BATCH_TARGET: usize = 64 << 20;

/// A journal that is being built, event by event, with the bytes that they always had.
///
/// What it is built from is not asked for: the caller compares the root with a signed one. Until
/// [`JournalBuilder::finish`] has returned, nothing is promised to be durable.
pub struct JournalBuilder {
    writer: JournalWriter,
    ledger: LedgerId,
    frontier: Frontier,
    at_ms: i64,
    /// The batch that is open: its first event and its length so far.
    batch: Option<(u64, usize)>,
    frame_first: u64,
}

impl JournalBuilder {
    /// Begins the journal of a ledger's folder.
    ///
    /// # Errors
    /// [`LogError::LedgerExists`], or what the system says.
    pub fn create(ledger_folder: &Path, ledger: LedgerId) -> Result<JournalBuilder, LogError> {
        let journal = ledger_folder.join("journal");
        if write::exists(&journal) {
            return Err(LogError::LedgerExists {
                path: ledger_folder.display().to_string(),
            });
        }
        write::create(&journal, ledger)?;
        let start = Walker::from_start(&journal)?.cursor().clone();
        Ok(JournalBuilder {
            writer: JournalWriter::open(&journal, ledger, start, SEGMENT_BYTES)?,
            ledger,
            frontier: Frontier::new(),
            at_ms: i64::MIN,
            batch: None,
            frame_first: 1,
        })
    }

    /// Adds the next event.
    ///
    /// # Errors
    /// [`LogError::Damaged`] where it is not the next event of this ledger; what the disk says.
    pub fn push(&mut self, event: &[u8]) -> Result<(), LogError> {
        let seq = self.frontier.size() + 1;
        let envelope = Envelope::read(event)
            .filter(|it| it.seq == seq && it.ledger == self.ledger && it.at_ms >= self.at_ms);
        let envelope = envelope.ok_or_else(|| {
            let cursor = self.writer.cursor();
            LogError::Damaged {
                segment: segment_name(cursor.segment),
                offset: cursor.offset,
                first_bad_seq: seq,
                why: Damage::Event,
            }
        })?;
        let (first, length) = match self.batch {
            Some(batch) => batch,
            None => {
                self.writer.begin()?;
                self.frame_first = seq;
                (seq, 0)
            }
        };
        self.batch = Some((first, length + event.len() + 1));
        let held = self.writer.events_len();
        if held > 0 && held + event.len() + 1 > FRAME_TARGET {
            self.put(first, false)?;
        }
        let out = self.writer.events();
        out.extend_from_slice(event);
        out.push(b'\n');
        self.frontier.push(leaf_hash(event));
        self.at_ms = envelope.at_ms;
        if length + event.len() >= BATCH_TARGET {
            self.end_batch()?;
        }
        Ok(())
    }

    fn put(&mut self, batch_first: u64, end: bool) -> Result<(), LogError> {
        let last = self.frontier.size();
        let count = u32::try_from(last + 1 - self.frame_first).unwrap_or(u32::MAX);
        self.writer.put(FrameSpec {
            first_seq: self.frame_first,
            batch_first,
            count,
            at_ms: self.at_ms,
            root: self.frontier.root(),
            end,
        })?;
        self.frame_first = last + 1;
        Ok(())
    }

    fn end_batch(&mut self) -> Result<(), LogError> {
        if let Some((first, _)) = self.batch.take() {
            self.put(first, true)?;
            self.writer.commit()?;
        }
        Ok(())
    }

    /// Makes everything durable, and says what there is.
    ///
    /// # Errors
    /// What the disk says.
    pub fn finish(mut self) -> Result<Head, LogError> {
        self.end_batch()?;
        Ok(Head {
            seq: self.frontier.size(),
            root: self.frontier.root(),
            at_ms: self.at_ms.max(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::log::{EventRead as _, JournalReader, LogOptions};

    fn event(ledger: LedgerId, seq: u64) -> Vec<u8> {
        let at = "2024-12-01T03:00:00.000Z";
        let id = uuid::Uuid::from_u128(seq.into());
        let filler = "x".repeat(700);
        format!(r#"{{"at":"{at}","data":"{filler}","id":"{id}","ledger":"{ledger}","seq":{seq}}}"#)
            .into_bytes()
    }

    #[test]
    fn what_is_built_is_read_back_with_its_root() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = LedgerId::new([5; 16]);
        let mut builder = JournalBuilder::create(dir.path(), ledger).unwrap();
        // Over several frames.
        for seq in 1..=4_000 {
            builder.push(&event(ledger, seq)).unwrap();
        }
        assert!(builder.push(&event(ledger, 4_002)).is_err());
        assert!(builder.push(&event(LedgerId::new([6; 16]), 4_001)).is_err());
        let head = builder.finish().unwrap();
        let options = LogOptions::new(Arc::new(|_| Ok(Vec::new())));
        let reader = JournalReader::open(dir.path(), &options).unwrap();
        assert_eq!((reader.fault(), reader.head()), (None, head));
        let events = reader.read(1, u64::MAX).unwrap();
        for (seq, stored) in (1..).zip(events) {
            assert_eq!(*stored.unwrap().bytes, *event(ledger, seq));
        }
        assert!(JournalBuilder::create(dir.path(), ledger).is_err());
    }
}
