//! Saving: what the events since the last time change is written, then the manifest.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use super::ahead;
use super::keys::{support_in, support_key, support_of};
use super::manifest::Manifest;
use super::months::Months;
use super::periods::Periods;
use super::run::{Run, RunBuilder};
use super::{Views, events_at, folder};
use crate::domain::event::{Event, Happened};
use crate::log::merkle::Frontier;
use crate::log::{EventRead, JournalReader, LogError, LogOptions, durable};
use crate::office::error::OfficeError;
use crate::office::recording::tags_of;
use crate::projection::Facts;
use crate::projection::base::Whose;
use crate::projection::packed::Packed;

/// From how many unsaved events on it pays to save: so many are folded by every reader.
const WORTH_SAVING: u64 = 1_000;
/// So many of the newest rows are kept as they are while a long log is folded; of twice as many the
/// older ones are put away.
const ROWS_AT_HAND: usize = 1 << 19;
/// How many events are decoded between two words about the progress.
const PROGRESS_STEP: u64 = 4_096;

/// How much a save does of what can wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// A layer of a month is packed together with those above it as soon as it has less than so
    /// many times their rows; with 0 never. So every row is packed a few times in all, and no month
    /// stands in many layers.
    pub share: usize,
    /// So many rows are counted for what stands in whole periods, but one period in any case; the
    /// cells of the others wait for a later save, and whoever asks counts them.
    pub counted: u64,
    /// So many more for each row that came or changed.
    pub counted_a_row: u64,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            share: 8,
            counted: 8_000_000,
            counted_a_row: 100,
        }
    }
}

/// What was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// The events that the saved views know.
    pub seq: u64,
    /// How many of them were folded now.
    pub folded: u64,
    /// How many months were written.
    pub months: usize,
}

/// Whether so many events are not in the saved views that it pays to save them.
pub fn is_worth_saving<L: EventRead>(ledger: &Path, log: &L) -> bool {
    let head = log.head();
    let views = Views::open(ledger, log.ledger().as_bytes(), &head);
    let saved = views.map_or(0, |views| views.seq());
    head.seq - saved >= WORTH_SAVING
}

/// Throws the saved views away.
///
/// # Errors
/// What the system says.
pub fn throw_away(ledger: &Path) -> Result<(), OfficeError> {
    let folder = folder(ledger);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(OfficeError::File(folder.display().to_string(), error))
        }
        _ => Ok(()),
    }
}

/// Folds what the saved views do not have and saves it. `progress` is told how many of how many
/// events are folded.
///
/// # Errors
/// When the log cannot be read or the files cannot be written. What was saved before still counts.
pub fn save<L: EventRead>(
    ledger: &Path,
    log: &L,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Saved, OfficeError> {
    save_at(ledger, log, Pace::default(), progress)
}

/// [`save`] at another pace than the default one.
///
/// # Errors
/// As [`save`].
pub fn save_at<L: EventRead>(
    ledger: &Path,
    log: &L,
    pace: Pace,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Saved, OfficeError> {
    let before = Views::open(ledger, log.ledger().as_bytes(), &log.head());
    match save_onto(ledger, log, before.as_ref(), pace, progress) {
        // What was saved before is damaged, or of another log: all of it is folded anew.
        Err(OfficeError::Views(_)) if before.is_some() => {
            save_onto(ledger, log, None, Pace::default(), progress)
        }
        saved => saved,
    }
}

fn save_onto<L: EventRead>(
    ledger: &Path,
    log: &L,
    before: Option<&Views>,
    pace: Pace,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Saved, OfficeError> {
    let head = log.head();
    let from = before.map_or(0, Views::seq);
    let known = before.and_then(|views| views.manifest.frontier());
    if from == head.seq && known.unwrap_or_default().root() == head.root {
        let (seq, folded, months) = (head.seq, 0, 0);
        return Ok(Saved {
            seq,
            folded,
            months,
        });
    }
    let alone = before.map_or_else(Facts::default, |views| Facts::over(Some(views.base())));
    // Most often nothing that follows is about a support from before.
    let folded = match Folded::from(log, before, alone, before.is_some(), progress)? {
        Some(folded) => Some(folded),
        None => {
            let facts = before
                .map(|views| on_base(ledger, log, views))
                .transpose()?;
            Folded::from(log, before, facts.unwrap_or_default(), false, progress)?
        }
    };
    match folded {
        Some(folded) if folded.frontier.root() == head.root => {
            write(ledger, *log.ledger().as_bytes(), before, folded, pace)
        }
        _ => {
            let why = "the log changed while it was read".to_owned();
            Err(OfficeError::Views(why))
        }
    }
}

/// What the events since the last time come to.
pub(super) struct Folded {
    at_ms: i64,
    frontier: Frontier,
    facts: Facts,
    run: RunBuilder,
}

impl Folded {
    /// Nothing yet: every event follows.
    pub(super) fn nothing() -> Folded {
        Folded {
            at_ms: 0,
            frontier: Frontier::new(),
            facts: Facts::default(),
            run: RunBuilder::new(1),
        }
    }

    /// Folds the next event; at least where a mark is due, the tree is that up to it.
    pub(super) fn take(&mut self, event: Happened<'_>, bytes: &[u8], tree: &Frontier) {
        self.run.take(&event, bytes, tree);
        self.facts.happen(event);
        self.facts.put_away(ROWS_AT_HAND);
        self.at_ms = event.at_ms;
    }

    /// Saves what was folded from the first event on, in the place of what was saved before.
    pub(super) fn save(
        mut self,
        ledger: &Path,
        id: [u8; 16],
        tree: &Frontier,
    ) -> Result<Saved, OfficeError> {
        self.frontier = tree.clone();
        write(ledger, id, None, self, Pace::default())
    }

    /// Folds the events behind the saved views. Where it was asked for, nothing is given as soon as
    /// one of them is about a support from before, whose earlier events must be folded first.
    fn from<L: EventRead>(
        log: &L,
        before: Option<&Views>,
        facts: Facts,
        of_new_supports: bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Option<Folded>, OfficeError> {
        let (from, to) = (before.map_or(0, Views::seq), log.head().seq);
        let frontier = before.and_then(|views| views.manifest.frontier());
        let mut frontier = frontier.unwrap_or_default();
        let mut folded = Folded {
            facts,
            run: RunBuilder::new(from + 1),
            ..Folded::nothing()
        };
        let mut alone = true;
        ahead::each(log, from + 1, &mut |seen| {
            let event = seen.event;
            let older = support_in(&event).is_some_and(|support| support != event.id);
            alone = !(of_new_supports && older);
            if alone {
                frontier.push(seen.leaf);
                folded.take(event, seen.bytes, &frontier);
            }
            if event.seq.is_multiple_of(PROGRESS_STEP) || event.seq == to {
                progress(event.seq - from, to - from);
            }
            alone
        })?;
        folded.frontier = frontier;
        Ok(alone.then_some(folded))
    }
}

/// Facts that go on from the saved ones, with the earlier events of every support that the events
/// since are about.
fn on_base<L: EventRead>(ledger: &Path, log: &L, views: &Views) -> Result<Facts, OfficeError> {
    let mut mentioned = HashSet::new();
    ahead::each(log, views.seq() + 1, &mut |seen| {
        let support = support_in(&seen.event);
        mentioned.extend(support.filter(|support| *support != seen.event.id));
        true
    })?;
    // To read one event the journal unpacks 64 KiB, the index a block of a thousand events.
    let journal = JournalReader::open(ledger, &LogOptions::new(Arc::new(tags_of)));
    let journal = journal.ok().filter(|journal| {
        EventRead::ledger(journal) == log.ledger() && journal.head().seq >= views.seq()
    });
    let events = match journal {
        Some(journal) => earlier(&journal, views, &mentioned)?,
        None => earlier(log, views, &mentioned)?,
    };
    let mut facts = Facts::over(Some(views.base()));
    events.iter().for_each(|event| facts.evolve(event));
    Ok(facts)
}

/// The saved events about some supports, in their order.
///
/// # Errors
/// [`OfficeError::Views`] where the saved files cannot be read, else what the log says.
pub(super) fn earlier<L: EventRead>(
    log: &L,
    views: &Views,
    supports: &HashSet<uuid::Uuid>,
) -> Result<Vec<Event>, OfficeError> {
    let keys = supports.iter().map(support_key).collect();
    let places = views.places_of_all(keys).map_err(OfficeError::Views)?;
    let mut events = events_at(log, &places)?;
    events.retain(|event| support_of(event).is_some_and(|support| supports.contains(&support)));
    Ok(events)
}

fn write(
    ledger: &Path,
    id: [u8; 16],
    before: Option<&Views>,
    folded: Folded,
    pace: Pace,
) -> Result<Saved, OfficeError> {
    let Folded {
        at_ms,
        frontier,
        mut facts,
        mut run,
    } = folded;
    facts.end_folding();
    let dir = folder(ledger);
    durable::create_folder(&dir).map_err(|error| LogError::io(&dir, &error))?;
    for (whose, codes) in [
        (Whose::Household, &facts.households),
        (Whose::Person, &facts.persons),
    ] {
        if let Some(why) = codes.fault() {
            return Err(OfficeError::Views(why.to_owned()));
        }
        for (number, code) in codes.fresh() {
            run.code(whose, code, number);
        }
    }
    let mut manifest = Manifest::new(id, at_ms, &frontier);
    manifest.dictionaries = facts.dictionaries();
    let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    manifest.counts = [count(facts.households.len()), count(facts.persons.len())];
    let folded = run.len();
    // The keys are sorted and written while the months are packed.
    let (runs, months) = thread::scope(|scope| {
        let beside = scope.spawn(|| runs_of(&dir, before, run));
        let months = Months::of(&dir, before);
        let staying = |month, rows| months.staying(month, rows, pace.share);
        let changed = Packed::changed(&facts, &staying).map_err(OfficeError::Views);
        let months = changed.and_then(|changed| {
            // Places of rows in what stands in for a damaged file are not those in the file.
            if facts.base().is_some_and(|base| base.was_damaged()) {
                return Err(OfficeError::Views("what was saved is damaged".to_owned()));
            }
            let files = months.with(&changed, manifest.seq)?;
            Ok((changed, files))
        });
        let stopped = |_| Err(OfficeError::Views("writing the keys stopped".to_owned()));
        (beside.join().unwrap_or_else(stopped), months)
    });
    // Of a long log the rows are most of what is held; periods are counted from the files.
    drop(facts);
    let (changed, files) = months?;
    (manifest.months, manifest.runs) = (files, runs?);
    manifest.cells = Periods::of(ledger, &manifest, before).with(&changed, pace)?;
    let months = changed.months.len();
    manifest.write(&dir).map_err(OfficeError::Views)?;
    // What no manifest names is of no use to anybody any more; a reader that had it named before
    // folds the log where a file is gone.
    tidy(&dir, &manifest);
    Ok(Saved {
        seq: manifest.seq,
        folded,
        months,
    })
}

/// The runs with the new one. A run is put together with the ones before it as long as they are
/// not much longer, so that there are never many.
fn runs_of(
    dir: &Path,
    before: Option<&Views>,
    mut run: RunBuilder,
) -> Result<Vec<Run>, OfficeError> {
    let mut runs = before
        .map(|views| views.manifest.runs.clone())
        .unwrap_or_default();
    while let Some(last) = runs.pop_if(|last| last.len() < 4 * run.len()) {
        let mut merged = last.open(dir).map_err(OfficeError::Views)?;
        merged.append(run);
        run = merged;
    }
    runs.push(run.write(dir).map_err(OfficeError::Views)?);
    Ok(runs)
}

fn tidy(dir: &Path, manifest: &Manifest) {
    let named = manifest.names();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().is_none_or(|name| !named.contains(name)) {
            // A file that stays costs its space and nothing else.
            drop(fs::remove_file(entry.path()));
        }
    }
}
