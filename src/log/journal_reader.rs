//! Reading a ledger without its lock: beside a running writer, on read-only media, on a full disk.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use uuid::Uuid;

use super::checkpoint::{self, Checkpoint};
use super::error::LogError;
use super::event::{Head, LedgerId, StoredEvent};
use super::journal::each;
use super::journal::files::segments;
use super::journal::range::JournalEvents;
use super::journal::survey::{Survey, survey};
use super::journal::walk::{Cursor, Walker};
use super::memory_log::Lookup;
use super::options::{LogOptions, Tagger};
use super::traits::{EventRead, Events};

/// How often what looks like damage is looked at again: it can be a writer at work.
const LOOKS: usize = 3;

/// A log as its journal shows it, up to the last complete batch.
///
/// It writes nothing. Ids and tags are collected in memory when they are first asked for, which
/// reads the whole journal once. Events older than the newest segment are checked when they are
/// read; [`JournalReader::fault`] says what is known to be wrong.
pub struct JournalReader {
    dir: PathBuf,
    ledger: LedgerId,
    tagger: Tagger,
    end: Cursor,
    fault: Option<LogError>,
    lookup: OnceLock<Result<Lookup, LogError>>,
}

impl JournalReader {
    /// Opens the journal in a ledger's folder for reading.
    ///
    /// # Errors
    /// [`LogError::NotALedger`], [`LogError::NewerFormat`], what the system says;
    /// [`LogError::Damaged`] only where not even one segment can be read.
    pub fn open(dir: &Path, options: &LogOptions) -> Result<JournalReader, LogError> {
        let look = Look::at(dir)?;
        Ok(JournalReader {
            dir: dir.to_owned(),
            ledger: look.ledger,
            tagger: options.tagger.clone(),
            end: look.end,
            fault: look.fault,
            lookup: OnceLock::new(),
        })
    }

    /// Looks again, for events that were recorded since; returns how many there are.
    ///
    /// # Errors
    /// As [`JournalReader::open`].
    pub fn refresh(&mut self) -> Result<u64, LogError> {
        let look = Look::at(&self.dir)?;
        let more = look.end.seq.saturating_sub(self.end.seq);
        if look.end != self.end {
            self.lookup = OnceLock::new();
        }
        self.end = look.end;
        self.fault = look.fault;
        Ok(more)
    }

    /// Why this ledger would not open for appending, as far as it is known. A batch that a writer
    /// is just writing, or that was never acknowledged, is no fault.
    pub fn fault(&self) -> Option<&LogError> {
        self.fault.as_ref()
    }

    fn lookup(&self) -> Result<&Lookup, LogError> {
        let lookup = self.lookup.get_or_init(|| {
            let mut lookup = Lookup::default();
            for event in self.read(1, u64::MAX)? {
                let StoredEvent { seq, id, bytes, .. } = event?;
                let tags = (self.tagger)(&bytes).map_err(|why| LogError::Tags { seq, why })?;
                lookup.add(seq, id, tags);
            }
            Ok(lookup)
        });
        lookup.as_ref().map_err(LogError::clone)
    }
}

impl EventRead for JournalReader {
    fn ledger(&self) -> LedgerId {
        self.ledger
    }

    fn journal(&self) -> Option<PathBuf> {
        Some(self.dir.join("journal"))
    }

    fn head(&self) -> Head {
        Head {
            seq: self.end.seq,
            root: self.end.root,
            at_ms: self.end.at_ms,
        }
    }

    fn read(&self, from: u64, to: u64) -> Result<Events<'_>, LogError> {
        let journal = self.dir.join("journal");
        let events = JournalEvents::new(&journal, from, to.min(self.end.seq))?;
        Ok(Box::new(events))
    }

    fn read_each(&self, places: &[u64]) -> Result<Vec<StoredEvent>, LogError> {
        let known = places.partition_point(|place| *place <= self.end.seq);
        let segments = segments(&self.dir.join("journal"))?;
        match places.split_at_checked(known) {
            Some((places, [])) => each::read(&segments, places),
            _ => Err(each::missing(
                places.get(known).copied().unwrap_or_default(),
            )),
        }
    }

    fn find(&self, id: &Uuid) -> Result<Option<u64>, LogError> {
        Ok(self.lookup()?.find(id))
    }

    fn tagged(&self, tag: &[u8]) -> Result<Vec<u64>, LogError> {
        Ok(self.lookup()?.tagged(tag).to_vec())
    }
}

/// What one look at a journal found.
struct Look {
    ledger: LedgerId,
    end: Cursor,
    fault: Option<LogError>,
}

impl Look {
    fn at(dir: &Path) -> Result<Look, LogError> {
        // The checkpoint first: the journal that is read after it has at least what it covers.
        let (checkpoint, bad_checkpoint) = match checkpoint::claimed(dir) {
            Ok(checkpoint) => (checkpoint, None),
            Err(error) => (None, Some(error)),
        };
        let mut look = Look::once(dir, checkpoint.as_ref())?;
        for _ in 1..LOOKS {
            if look.fault.is_none() {
                break;
            }
            look = Look::once(dir, checkpoint.as_ref())?;
        }
        look.fault = look.fault.or(bad_checkpoint);
        Ok(look)
    }

    fn once(dir: &Path, checkpoint: Option<&Checkpoint>) -> Result<Look, LogError> {
        let (ledger, survey) = survey_newest(&dir.join("journal"), checkpoint)?;
        Ok(Look {
            ledger,
            fault: survey.judge(None, checkpoint).err(),
            end: survey.good,
        })
    }
}

/// Walks the newest segment, or the newest that has a readable header.
fn survey_newest(
    journal: &Path,
    checkpoint: Option<&Checkpoint>,
) -> Result<(LedgerId, Survey), LogError> {
    let mut wanted = u64::MAX;
    let mut newest_first = segments(journal)?.into_iter().rev();
    loop {
        match Walker::from_segment(journal, wanted) {
            Ok(walker) => return Ok((walker.ledger(), survey(walker, checkpoint)?)),
            Err(error @ LogError::Damaged { .. }) => match newest_first.next() {
                Some(segment) if segment.first > 1 => wanted = segment.first - 1,
                _ => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
}
