//! Saved projections: what was folded from the first events of a log, kept in `views/`.
//!
//! ```text
//! views/
//!   manifest              which files count, and of which log they are: replaced last
//!   month.<month>.<seq>   a large layer of a month: facts in columns (projection::partition)
//!   layers.<seq>          the small layers that a save added to its months (projection::layers)
//!   cells.<seq>           what stands in whole months, quarters and years (projection::cells)
//!   run.<first>-<last>    of a range of events: the few that a figure needs beside the facts, the
//!                         edge of the tree now and then, codes by name, and where what is found
//! ```
//!
//! **It is a cache.** The manifest names the ledger, the number of events with their root, the
//! rules of counting and the code that wrote it; where one of them does not fit, or a checksum is
//! wrong, the log is folded instead. **One fold**: what is saved is what `State::evolve` and
//! `Facts::evolve` made of the events; going on from it folds the events that follow with the same
//! two functions.
//!
//! No personal field is opened on the way: the events that are kept stand as they stand in the log.

mod about;
mod ahead;
mod anew;
mod base;
mod file;
mod key_list;
mod keys;
mod manifest;
mod months;
mod periods;
mod run;
mod save;
mod wanted;
mod words;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::domain::event::Event;
use crate::log::{EventRead, Head, StoredEvent};

use super::error::OfficeError;
use super::ledger::decode;
use base::SavedBase;
use manifest::Manifest;

pub use about::{Need, glance, tagged};
pub use anew::Anew;
pub use keys::{Key, event_keys, reference_key, support_key, tag_key};
pub(super) use run::is_of_a_subject;
pub use save::{Pace, Saved, is_worth_saving, save, save_at, throw_away};
pub(super) use wanted::{Source, Wants};

/// The folder of the saved views of a ledger.
pub fn folder(ledger: &Path) -> PathBuf {
    ledger.join("views")
}

/// The saved views of a log, up to an event.
#[derive(Debug, Clone)]
pub struct Views {
    ledger: PathBuf,
    manifest: Arc<Manifest>,
    /// The key indexes of the runs, once they were asked for.
    indexes: Arc<OnceLock<Result<Vec<Vec<u8>>, String>>>,
}

impl Views {
    /// The saved views in a ledger's folder, if they are of this log and of this program. Whether
    /// the log has the events that they were folded from is checked by [`Views::tail`].
    pub fn open(ledger: &Path, id: &[u8; 16], head: &Head) -> Option<Views> {
        let manifest = manifest::read(&folder(ledger))?;
        let fits = manifest.fits(id) && manifest.seq <= head.seq && manifest.seq > 0;
        fits.then(|| Views {
            ledger: ledger.to_owned(),
            manifest: Arc::new(manifest),
            indexes: Arc::default(),
        })
    }

    /// How many events were folded.
    pub fn seq(&self) -> u64 {
        self.manifest.seq
    }

    /// The events that follow, after checking that the log's root is that of the saved events with
    /// these. `None` where it is not: the views are of another log.
    pub fn tail<L: EventRead>(&self, log: &L) -> Result<Option<Vec<StoredEvent>>, OfficeError> {
        let head = log.head();
        let Some(mut frontier) = self.manifest.frontier() else {
            return Ok(None);
        };
        let mut events = Vec::new();
        if self.seq() < head.seq {
            for stored in log.read(self.seq() + 1, head.seq)? {
                let stored = stored?;
                frontier.push(crate::log::merkle::leaf_hash(&stored.bytes));
                events.push(stored);
            }
        }
        let same = frontier.size() == head.seq && frontier.root() == head.root;
        Ok(same.then_some(events))
    }

    /// The facts that were saved.
    pub fn base(&self) -> Arc<SavedBase> {
        Arc::new(SavedBase::new(&self.ledger, self.manifest.clone()))
    }

    /// The places of the events that a key may lead to, ascending. Another event can share the
    /// key, so whoever asks looks at what the events say.
    ///
    /// # Errors
    /// Why the saved file cannot be read.
    pub fn places(&self, key: Key) -> Result<Vec<u64>, String> {
        let dir = folder(&self.ledger);
        let mut places = Vec::new();
        for (run, index) in self.manifest.runs.iter().zip(self.indexes()?) {
            run.places(&dir, index, key, &mut places)?;
        }
        Ok(places)
    }

    /// The places of the events that any of some keys may lead to, ascending, each once.
    ///
    /// # Errors
    /// Why the saved file cannot be read.
    fn places_of_all(&self, mut keys: Vec<Key>) -> Result<Vec<u64>, String> {
        keys.sort_unstable();
        keys.dedup();
        let dir = folder(&self.ledger);
        let mut places = Vec::new();
        for (run, index) in self.manifest.runs.iter().zip(self.indexes()?) {
            run.places_of_all(&dir, index, &keys, &mut places)?;
        }
        places.sort_unstable();
        places.dedup();
        Ok(places)
    }

    fn indexes(&self) -> Result<&[Vec<u8>], String> {
        let dir = folder(&self.ledger);
        let indexes = self.indexes.get_or_init(|| {
            let runs = self.manifest.runs.iter();
            runs.map(|run| run.key_index(&dir)).collect()
        });
        indexes.as_deref().map_err(|why| why.clone())
    }

    /// The saved events that a figure needs beside the facts: everything but households, persons
    /// and supports; with `members` also who takes part in a project or stands on a list, with
    /// `villages` the villages too.
    ///
    /// # Errors
    /// Why the saved file cannot be read.
    fn core(&self, members: bool, villages: bool) -> Result<Vec<Event>, String> {
        let dir = folder(&self.ledger);
        let mut events = Vec::new();
        for run in &self.manifest.runs {
            run.core(&dir, (members, villages), &mut events)?;
        }
        events.sort_by_key(|event| event.seq);
        Ok(events)
    }

    /// The saved villages that some words may name.
    fn villages(&self, words: &words::Words) -> Result<Vec<Event>, String> {
        let dir = folder(&self.ledger);
        let mut events = Vec::new();
        for run in &self.manifest.runs {
            run.villages(&dir, words, &mut events)?;
        }
        Ok(events)
    }

    /// The places of some saved events, ascending.
    fn listed(&self, which: run::Listed) -> Result<Vec<u64>, String> {
        let dir = folder(&self.ledger);
        let mut places = Vec::new();
        for run in &self.manifest.runs {
            places.extend(run.listed(&dir, which)?);
        }
        Ok(places)
    }

    /// The last mark that is not behind an event which `known` knows, by its place and its time.
    fn mark_before(&self, known: &dyn Fn(u64, i64) -> bool) -> Result<run::Mark, String> {
        let dir = folder(&self.ledger);
        for run in self.manifest.runs.iter().rev() {
            if let Some(mark) = run.mark_before(&dir, known)? {
                return Ok(mark);
            }
        }
        Ok(run::Mark::default())
    }
}

/// Events at some places, in their order.
///
/// # Errors
/// When the log or an event cannot be read.
pub fn events_at<L: EventRead>(log: &L, places: &[u64]) -> Result<Vec<Event>, OfficeError> {
    log.read_each(places)?.iter().map(decode).collect()
}
