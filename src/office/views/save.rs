//! Saving: what the events since the last time change is written, then the manifest.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use super::ahead;
use super::base::SavedBase;
use super::file::{Part, from_bytes, to_bytes};
use super::keys::{support_key, support_of};
use super::manifest::{CellsFile, Manifest};
use super::months::Months;
use super::run::{Run, RunBuilder};
use super::{Views, events_at, folder};
use crate::domain::event::Event;
use crate::log::merkle::Frontier;
use crate::log::{EventRead, LogError, durable};
use crate::office::error::OfficeError;
use crate::office::ledger::decode;
use crate::projection::Facts;
use crate::projection::base::Whose;
use crate::projection::cells::{self, Finest, PeriodCells, periods_with};
use crate::projection::packed::{Month, Packed};

/// From how many unsaved events on it pays to save: so many are folded by every reader.
const WORTH_SAVING: u64 = 1_000;
/// A layer of a month is packed together with those that came since as soon as it has less than so
/// many times their rows: so every row is packed again now and then, and no month stands in many
/// layers.
pub const LAYER_SHARE: usize = 8;
/// How many events are decoded between two words about the progress.
const PROGRESS_STEP: u64 = 4_096;

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
    save_in_layers(ledger, log, LAYER_SHARE, progress)
}

/// [`save`] with another share than [`LAYER_SHARE`]: with 0 nothing is ever packed together.
///
/// # Errors
/// As [`save`].
pub fn save_in_layers<L: EventRead>(
    ledger: &Path,
    log: &L,
    share: usize,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Saved, OfficeError> {
    let before = Views::open(ledger, log.ledger().as_bytes(), &log.head());
    match save_onto(ledger, log, before.as_ref(), share, progress) {
        // What was saved before is damaged, or of another log: all of it is folded anew.
        Err(OfficeError::Views(_)) if before.is_some() => save_anew(ledger, log, progress),
        saved => saved,
    }
}

/// Folds everything and saves it in the place of what was saved before.
///
/// # Errors
/// As [`save`].
pub fn save_anew<L: EventRead>(
    ledger: &Path,
    log: &L,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Saved, OfficeError> {
    save_onto(ledger, log, None, LAYER_SHARE, progress)
}

fn save_onto<L: EventRead>(
    ledger: &Path,
    log: &L,
    before: Option<&Views>,
    share: usize,
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
            let facts = before.map(|views| on_base(log, views)).transpose()?;
            Folded::from(log, before, facts.unwrap_or_default(), false, progress)?
        }
    };
    match folded {
        Some(folded) if folded.frontier.root() == head.root => {
            write(ledger, log, before, folded, share)
        }
        _ => {
            let why = "the log changed while it was read".to_owned();
            Err(OfficeError::Views(why))
        }
    }
}

/// What the events since the last time come to.
struct Folded {
    at_ms: i64,
    frontier: Frontier,
    facts: Facts,
    run: RunBuilder,
}

impl Folded {
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
        let mut folded = Folded {
            at_ms: 0,
            frontier: frontier.unwrap_or_default(),
            facts,
            run: RunBuilder::new(from + 1),
        };
        let mut alone = true;
        ahead::each(log, from + 1, &mut |seen| {
            let (event, bytes) = (&seen.event, &seen.stored.bytes);
            let older = support_of(event).is_some_and(|support| support != event.id);
            alone = !(of_new_supports && older);
            if alone {
                folded.frontier.push(seen.leaf);
                folded.run.take(event, bytes, &folded.frontier);
                folded.facts.evolve(event);
                folded.at_ms = event.at_ms;
            }
            if event.seq.is_multiple_of(PROGRESS_STEP) || event.seq == to {
                progress(event.seq - from, to - from);
            }
            alone
        })?;
        if !alone {
            return Ok(None);
        }
        Ok(Some(folded))
    }
}

/// Facts that go on from the saved ones, with the earlier events of every support that the events
/// since are about.
fn on_base<L: EventRead>(log: &L, views: &Views) -> Result<Facts, OfficeError> {
    let mut mentioned = HashSet::new();
    for stored in log.read(views.seq() + 1, u64::MAX)? {
        let event = decode(&stored?)?;
        mentioned.extend(support_of(&event).filter(|support| *support != event.id));
    }
    let mut facts = Facts::over(Some(views.base()));
    for event in earlier(log, views, &mentioned)? {
        facts.evolve(&event);
    }
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

fn write<L: EventRead>(
    ledger: &Path,
    log: &L,
    before: Option<&Views>,
    folded: Folded,
    share: usize,
) -> Result<Saved, OfficeError> {
    let Folded {
        at_ms,
        frontier,
        facts,
        mut run,
    } = folded;
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
    let mut manifest = Manifest::new(*log.ledger().as_bytes(), at_ms, &frontier);
    manifest.dictionaries = facts.dictionaries();
    let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    manifest.counts = [count(facts.households.len()), count(facts.persons.len())];
    let folded = run.len();
    // The keys are sorted and written while the months are packed.
    let (runs, months) = thread::scope(|scope| {
        let beside = scope.spawn(|| runs_of(&dir, before, run));
        let months = Months::of(&dir, before);
        let staying = |month, rows| months.staying(month, rows, share);
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
    let (changed, files) = months?;
    (manifest.months, manifest.runs) = (files, runs?);
    manifest.cells = cells_of(ledger, &manifest, before, &changed)?;
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

/// What stands in whole periods: the cells in which something came or changed are counted, the
/// others stay.
fn cells_of(
    ledger: &Path,
    manifest: &Manifest,
    before: Option<&Views>,
    changed: &Packed,
) -> Result<CellsFile, OfficeError> {
    let dir = folder(ledger);
    let mut touched: BTreeMap<(Month, u8), BTreeSet<Finest>> = BTreeMap::new();
    for packed in &changed.months {
        for period in periods_with(packed.month) {
            touched.entry(period).or_default().extend(&packed.touched);
        }
    }
    let mut bytes = b"socaicells".to_vec();
    let mut periods: BTreeMap<(Month, u8), Part> = BTreeMap::new();
    let mut known: BTreeMap<(Month, u8), PeriodCells> = BTreeMap::new();
    if let Some(file) = before.map(|views| &views.manifest.cells) {
        let all = fs::read(dir.join(&file.name)).unwrap_or_default();
        for (from, months, part) in &file.periods {
            let period = (*from, *months);
            // A part that cannot be read is left out: whoever asks counts.
            let Some(part) = part.within(&all) else {
                continue;
            };
            match touched.get(&period) {
                None => drop(periods.insert(period, Part::add(&mut bytes, part))),
                Some(touched) => {
                    let cells = from_bytes::<PeriodCells>(part).map_err(OfficeError::Views)?;
                    known.insert(period, cells.without(touched));
                }
            }
        }
    }
    let facts = Facts::over(Some(Arc::new(SavedBase::new(
        ledger,
        manifest.clone().into(),
    ))));
    for period in touched.into_keys() {
        let known = known.remove(&period).unwrap_or_default();
        let cells = cells::count(&facts, period, known);
        let cells = cells.map_err(|error| OfficeError::Views(error.to_string()))?;
        if !cells.cells.is_empty() {
            let cells = to_bytes(&cells).map_err(OfficeError::Views)?;
            periods.insert(period, Part::add(&mut bytes, &cells));
        }
    }
    let name = format!("cells.{}", manifest.seq);
    let path = dir.join(&name);
    super::file::write(&path, &bytes).map_err(|error| LogError::io(&path, &error))?;
    let periods = periods.into_iter();
    Ok(CellsFile {
        name,
        periods: periods
            .map(|((from, months), part)| (from, months, part))
            .collect(),
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
