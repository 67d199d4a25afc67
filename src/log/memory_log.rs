//! A log in memory: for tests, for trying things out, and as the measure of every other log.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::clock::next_at;
use super::error::LogError;
use super::event::{Head, LedgerId, NewEvent, Stamp, StoredEvent, Tag};
use super::intake::{Recorded, admit, all_refused, answers};
use super::merkle::{Frontier, leaf_hash};
use super::options::LogOptions;
use super::traits::{Appended, Batch, EventLog, EventRead, Events};

/// A log that lives as long as the process.
#[derive(Debug)]
pub struct MemoryLog {
    ledger: LedgerId,
    options: LogOptions,
    events: Vec<StoredEvent>,
    lookup: Lookup,
    frontier: Frontier,
    at_ms: i64,
}

/// Ids and tags in memory.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    ids: HashMap<Uuid, u64>,
    tags: BTreeMap<Tag, Vec<u64>>,
}

impl Lookup {
    /// Adds an event; events come in their order.
    pub(crate) fn add(&mut self, seq: u64, id: Uuid, tags: Vec<Tag>) {
        self.ids.insert(id, seq);
        for tag in tags {
            let seqs = self.tags.entry(tag).or_default();
            if seqs.last() != Some(&seq) {
                seqs.push(seq);
            }
        }
    }

    /// The `seq` of an id.
    pub(crate) fn find(&self, id: &Uuid) -> Option<u64> {
        self.ids.get(id).copied()
    }

    /// The `seq` of every event with a tag.
    pub(crate) fn tagged(&self, tag: &[u8]) -> &[u64] {
        self.tags.get(tag).map_or(&[], Vec::as_slice)
    }
}

impl Recorded for Lookup {
    fn seq_of(&self, id: &Uuid) -> Result<Option<u64>, LogError> {
        Ok(self.find(id))
    }

    fn last_tagged(&self, tag: &[u8]) -> Result<Option<u64>, LogError> {
        Ok(self.tagged(tag).last().copied())
    }
}

impl MemoryLog {
    /// An empty log of a ledger.
    pub fn new(ledger: LedgerId, options: LogOptions) -> MemoryLog {
        MemoryLog {
            ledger,
            options,
            events: Vec::new(),
            lookup: Lookup::default(),
            frontier: Frontier::new(),
            at_ms: 0,
        }
    }

    fn stamp(&self) -> Result<(i64, Stamp), LogError> {
        let options = &self.options;
        let now = options.clock.now_ms();
        let at_ms = next_at(
            now,
            &self.head(),
            options.not_before_ms,
            options.accept_clock,
        )?;
        // `next_at` gives only moments that have this form.
        let stamp = Stamp::new(at_ms, self.ledger).ok_or(LogError::Closed)?;
        Ok((at_ms, stamp))
    }

    fn record(&mut self, event: NewEvent, seq: u64, at_ms: i64, stamp: &Stamp) -> StoredEvent {
        let mut bytes = Vec::with_capacity(event.encoded_len(seq));
        event.encode(stamp, seq, &mut bytes);
        self.frontier.push(leaf_hash(&bytes));
        let stored = StoredEvent {
            seq,
            at_ms,
            id: event.id,
            bytes: bytes.into(),
        };
        self.lookup.add(seq, event.id, event.tags);
        self.events.push(stored.clone());
        stored
    }
}

impl EventRead for MemoryLog {
    fn ledger(&self) -> LedgerId {
        self.ledger
    }

    fn head(&self) -> Head {
        Head {
            seq: self.events.len() as u64,
            root: self.frontier.root(),
            at_ms: self.at_ms,
        }
    }

    fn read(&self, from: u64, to: u64) -> Result<Events<'_>, LogError> {
        let start = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
        let end = usize::try_from(to)
            .unwrap_or(usize::MAX)
            .min(self.events.len());
        let events = self.events.get(start..end).unwrap_or_default();
        Ok(Box::new(events.iter().cloned().map(Ok)))
    }

    fn find(&self, id: &Uuid) -> Result<Option<u64>, LogError> {
        Ok(self.lookup.find(id))
    }

    fn tagged(&self, tag: &[u8]) -> Result<Vec<u64>, LogError> {
        Ok(self.lookup.tagged(tag).to_vec())
    }
}

impl EventLog for MemoryLog {
    fn append_group(&mut self, batches: Vec<Batch>) -> Vec<Result<Appended, LogError>> {
        let admitted = admit(batches, self.events.len() as u64, &self.lookup);
        let (at_ms, stamp) = match self.stamp() {
            Ok(stamp) => stamp,
            Err(error) => return all_refused(admitted.verdicts, &error),
        };
        let first = self.events.len() as u64 + 1;
        let stored: Vec<_> = (first..)
            .zip(admitted.events)
            .map(|(seq, event)| self.record(event, seq, at_ms, &stamp))
            .collect();
        if !stored.is_empty() {
            self.at_ms = at_ms;
        }
        answers(admitted.verdicts, stored, at_ms)
    }
}
