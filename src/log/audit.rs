//! Looking at the files of a log as they are, without mending anything.
//!
//! [`marks`] gives the roots that the journal recorded on its way, to be compared with the roots
//! that its events give. [`IndexReader`] reads the index as it stands: where [`super::SledLog`]
//! would set a damaged one aside and build it anew, it says what is wrong.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::disk::File;
use super::error::LogError;
use super::event::{Head, LedgerId, StoredEvent};
use super::index::{Block, Index, Meta, print_of};
use super::journal::walk::{Step, Walker};
use super::merkle::Hash;
use super::options::LogOptions;
use super::sled_log::opening::{JOURNAL, SLED, lock};

/// A root that the journal recorded: over everything up to its last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The first event since the mark before.
    pub first: u64,
    /// The last event that the root covers.
    pub last: u64,
    /// The root.
    pub root: Hash,
}

/// The marks of a journal, in their order. The first that cannot be read is the last item.
#[derive(Debug)]
pub struct Marks {
    walker: Option<Walker>,
}

/// The roots that the journal in a ledger's folder recorded. Only headers are read.
///
/// # Errors
/// [`LogError::NotALedger`], or where not even the first segment can be read.
pub fn marks(dir: &Path) -> Result<Marks, LogError> {
    let walker = Walker::from_start(&dir.join(JOURNAL))?;
    Ok(Marks {
        walker: Some(walker),
    })
}

impl Iterator for Marks {
    type Item = Result<Mark, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        let walker = self.walker.as_mut()?;
        let item = match walker.step(false) {
            Ok(Step::Frame(frame)) => {
                return Some(Ok(Mark {
                    first: frame.first_seq,
                    last: frame.last_seq(),
                    root: frame.root,
                }));
            }
            Ok(Step::End) => None,
            Ok(Step::Fault(fault)) => Some(Err(fault.into())),
            Err(error) => Some(Err(error)),
        };
        self.walker = None;
        item
    }
}

/// Why the index could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexUnread {
    /// There is none; the next opening builds it.
    Missing,
    /// Another program is writing to the ledger, and the index is its own.
    InUse,
    /// It cannot be opened; the next opening sets it aside and builds it anew.
    Damaged(String),
}

/// The index of a log as it stands.
pub struct IndexReader {
    index: Index,
    meta: Meta,
    /// The copy that was made because the folder cannot be written to.
    copy: Option<PathBuf>,
    _lock: Option<File>,
}

impl IndexReader {
    /// Opens the index under the ledger's lock. On media that cannot be written to, a copy of it is
    /// opened in the system's folder for temporary files: sled writes when it opens.
    ///
    /// # Errors
    /// [`IndexUnread`].
    pub fn open(dir: &Path, options: &LogOptions) -> Result<IndexReader, IndexUnread> {
        let path = dir.join(SLED);
        if !path.is_dir() {
            return Err(IndexUnread::Missing);
        }
        let (path, lock, copy) = match lock(dir, Some(std::time::Duration::ZERO)) {
            Ok(lock) => (path, Some(lock), None),
            Err(LogError::Locked { .. }) => return Err(IndexUnread::InUse),
            Err(_) => {
                let copy =
                    copied(&path).map_err(|error| IndexUnread::Damaged(error.to_string()))?;
                (copy.clone(), None, Some(copy))
            }
        };
        match Index::open(&path, options.index_patience) {
            Ok((index, meta)) => Ok(IndexReader {
                index,
                meta,
                copy,
                _lock: lock,
            }),
            Err(why) => {
                remove(copy.as_deref());
                Err(IndexUnread::Damaged(why))
            }
        }
    }

    /// The ledger that the index says it belongs to.
    pub fn ledger(&self) -> LedgerId {
        self.meta.ledger
    }

    /// How far the index says it is.
    pub fn head(&self) -> Head {
        let cursor = &self.meta.cursor;
        Head {
            seq: cursor.seq,
            root: cursor.root,
            at_ms: cursor.at_ms,
        }
    }

    /// The events as the index holds them. The first that cannot be read is the last item.
    pub fn events(&self, from: u64, to: u64) -> IndexEvents<'_> {
        IndexEvents {
            index: &self.index,
            block: None,
            next: from.max(1),
            to: to.min(self.meta.cursor.seq),
        }
    }

    /// Compares the ids in the index with those of the events, the first of which is event 1:
    /// the `seq` of the first that the index does not find, or finds elsewhere.
    ///
    /// # Errors
    /// What is wrong with the index.
    pub fn misplaced_ids(&self, ids: &[Uuid]) -> Result<Vec<u64>, String> {
        let found = self.index.all_ids()?;
        let mut there = found.prints;
        let mut misplaced = Vec::new();
        for (id, seq) in found.new {
            let place = usize::try_from(seq).ok().and_then(|seq| seq.checked_sub(1));
            if place.and_then(|place| ids.get(place)) != Some(&id) {
                misplaced.push(seq);
            }
            there.push((print_of(&id), seq));
        }
        let mut wanted: Vec<(u64, u64)> = ids.iter().map(print_of).zip(1..).collect();
        there.sort_unstable();
        wanted.sort_unstable();
        if there != wanted {
            misplaced.extend(differing(&there, &wanted).map(|(_, seq)| seq));
            if misplaced.is_empty() {
                return Err("it has an id twice".to_owned());
            }
        }
        misplaced.sort_unstable();
        misplaced.dedup();
        Ok(misplaced)
    }

    /// The `seq` of every event of each tag, ascending.
    ///
    /// # Errors
    /// What is wrong with the index.
    pub fn tags(&self) -> Result<HashMap<Vec<u8>, Vec<u64>>, String> {
        self.index.all_tags()
    }
}

/// What stands in one of two sorted lists and not in the other.
fn differing<'a, T: Ord + Copy>(one: &'a [T], other: &'a [T]) -> impl Iterator<Item = T> + 'a {
    let only = |a: &'a [T], b: &'a [T]| a.iter().filter(|item| b.binary_search(item).is_err());
    only(one, other).chain(only(other, one)).copied()
}

impl Drop for IndexReader {
    fn drop(&mut self) {
        self.index.close();
        remove(self.copy.as_deref());
    }
}

/// Copies sled's files to a folder of their own.
fn copied(path: &Path) -> std::io::Result<PathBuf> {
    let name = format!("socai-verify-{}", std::process::id());
    let copy = super::journal::write::free_name(&std::env::temp_dir(), &name, "");
    super::durable::create_folder(&copy)?;
    let copying = copy_files(path, &copy);
    if copying.is_err() {
        remove(Some(&copy));
    }
    copying.map(|()| copy)
}

fn copy_files(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy_files(&entry.path(), &target)?;
        } else {
            // Written anew, not copied: the copy must not be read-only as its source is.
            fs::write(&target, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

fn remove(copy: Option<&Path>) {
    if let Some(copy) = copy {
        // What is left in the folder for temporary files is sealed, and of no harm.
        drop(fs::remove_dir_all(copy));
    }
}

/// Events of an index, in their order.
pub struct IndexEvents<'a> {
    index: &'a Index,
    block: Option<Block>,
    next: u64,
    to: u64,
}

impl IndexEvents<'_> {
    fn read_next(&mut self) -> Result<StoredEvent, String> {
        for _ in 0..2 {
            let mut block = match self.block.take() {
                Some(block) => block,
                None => self.index.block(self.next)?,
            };
            while let Some(bytes) = block.next_event() {
                let event = StoredEvent::read(bytes).ok_or("an event is not readable")?;
                if event.seq == self.next {
                    self.block = Some(block);
                    return Ok(event);
                }
                if event.seq > self.next {
                    break;
                }
            }
        }
        Err(format!("it has no event {}", self.next))
    }
}

impl Iterator for IndexEvents<'_> {
    type Item = Result<StoredEvent, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next > self.to {
            return None;
        }
        let event = self.read_next();
        match &event {
            Ok(event) => self.next = event.seq + 1,
            Err(_) => self.to = 0,
        }
        Some(event)
    }
}
