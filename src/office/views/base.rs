//! The saved facts as a table goes on from them, and what stands in for them where they are
//! damaged.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::file::{from_bytes, read_range, unsound};
use super::manifest::{LayerFile, Manifest, MonthLayers};
use super::run::{CodeBlock, Numbered};
use crate::log::{EventRead, JournalReader, LogOptions, codec};
use crate::office::recording::tags_of;
use crate::projection::Facts;
use crate::projection::base::{Base, BaseMonth, SmallDictionaries, Wanting, Whose};
use crate::projection::cells::PeriodCells;
use crate::projection::layers::{Layer, read_replaces};
use crate::projection::packed::{Month, Packed};
use crate::projection::partition::{Partition, SectionAt, Wanted};

/// A layer with no more bytes is read at once.
const SMALL: u64 = 1 << 15;

/// The code blocks of each run, for households and persons.
type CodeIndexes = [OnceLock<Result<Vec<Vec<CodeBlock>>, String>>; 2];

/// The blocks of codes that were looked into, by the places of the run and of the block.
type CodeBlocks = HashMap<(Whose, usize, usize), Vec<Numbered>>;

/// The first month and the number of months.
type Period = (Month, u8);

/// The saved facts of a ledger. What is damaged is folded from the log again.
pub struct SavedBase {
    ledger: PathBuf,
    manifest: Arc<Manifest>,
    months: Vec<BaseMonth>,
    open: Mutex<HashMap<Month, Vec<Layer>>>,
    cells: Mutex<HashMap<Period, Option<Arc<PeriodCells>>>>,
    codes: CodeIndexes,
    blocks: Mutex<CodeBlocks>,
    folded: OnceLock<Result<Folded, String>>,
}

/// The facts of the same events, from the log.
struct Folded {
    facts: Facts,
    packed: Packed,
}

impl std::fmt::Debug for SavedBase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SavedBase")
            .field("ledger", &self.ledger)
            .field("seq", &self.manifest.seq)
            .finish_non_exhaustive()
    }
}

impl SavedBase {
    pub(super) fn new(ledger: &Path, manifest: Arc<Manifest>) -> SavedBase {
        SavedBase {
            ledger: ledger.to_owned(),
            months: manifest.months.iter().map(|file| file.month).collect(),
            manifest,
            open: Mutex::default(),
            cells: Mutex::default(),
            codes: CodeIndexes::default(),
            blocks: Mutex::default(),
            folded: OnceLock::new(),
        }
    }

    /// The layers of a month with the columns that are wanted, and those of it that were read
    /// before.
    fn read(
        &self,
        month: Month,
        before: Option<&Vec<Layer>>,
        wanted: &Wanting<'_>,
    ) -> Result<Vec<Layer>, String> {
        let mut months = self.manifest.months.iter();
        let month = months.find(|known| known.month.month == month);
        let month = month.ok_or("there is no such month")?;
        let mut layers = match before {
            Some(before) => before.clone(),
            None => self.directories(month)?,
        };
        for (place, (layer, file)) in layers.iter_mut().zip(&month.layers).enumerate() {
            let missing = layer.partition.missing(wanted(place, &layer.partition));
            if !missing.is_empty() {
                let path = super::folder(&self.ledger).join(&file.name);
                load(Arc::make_mut(&mut layer.partition), &missing, &path)?;
            }
        }
        Ok(layers)
    }

    /// The layers of a month as their directories say; the small ones whole.
    fn directories(&self, month: &MonthLayers) -> Result<Vec<Layer>, String> {
        let folder = super::folder(&self.ledger);
        let read = |file: &LayerFile| read_layer(file, &folder.join(&file.name));
        let saved: Result<Vec<_>, String> = month.layers.iter().map(read).collect();
        Ok(Layer::stack(saved?))
    }

    fn read_cells(&self, from: Month, months: u8) -> Option<PeriodCells> {
        let file = &self.manifest.cells;
        let mut periods = file.periods.iter();
        let period = periods.find(|period| (period.from, period.months) == (from, months))?;
        let bytes = period
            .part
            .read(&super::folder(&self.ledger).join(&file.name));
        // What cannot be read is counted again.
        from_bytes(&bytes.ok()?).ok()
    }

    fn read_number(&self, whose: Whose, code: &str) -> Result<Option<u32>, String> {
        let dir = super::folder(&self.ledger);
        let [households, persons] = &self.codes;
        let index = match whose {
            Whose::Household => households,
            Whose::Person => persons,
        };
        let runs = &self.manifest.runs;
        let index = index.get_or_init(|| {
            let blocks = runs.iter().map(|run| run.code_blocks(&dir, whose));
            blocks.collect()
        });
        let mut open = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let indexes = index.as_ref().map_err(String::clone)?;
        for (place, (run, blocks)) in runs.iter().zip(indexes).enumerate() {
            let Some(at) = CodeBlock::place_of(blocks, code) else {
                continue;
            };
            let codes = match open.entry((whose, place, at)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(vacant) => {
                    let block = blocks.get(at).ok_or("there is no such block")?;
                    vacant.insert(run.codes(&dir, block)?)
                }
            };
            let found = codes.binary_search_by(|known| (*known.0).cmp(code));
            if let Some((_, number)) = found.ok().and_then(|found| codes.get(found)) {
                return Ok(Some(*number));
            }
        }
        Ok(None)
    }

    /// The facts from the log: every code has the same number in them.
    fn folded(&self) -> Result<&Folded, String> {
        let folded = self.folded.get_or_init(|| {
            let options = LogOptions::new(Arc::new(tags_of));
            let log = JournalReader::open(&self.ledger, &options);
            let log = log.map_err(|error| error.to_string())?;
            let mut facts = Facts::default();
            let events = log.read(1, self.manifest.seq);
            for stored in events.map_err(|error| error.to_string())? {
                let stored = stored.map_err(|error| error.to_string())?;
                let event = codec::decode(&stored.bytes).map_err(|error| error.to_string())?;
                facts.evolve(&event);
            }
            let packed = Packed::changed(&facts, &|_, _| 0)?;
            Ok(Folded { facts, packed })
        });
        folded.as_ref().map_err(String::clone)
    }
}

/// Reads a layer's directory and what it replaces; of a small layer everything.
fn read_layer(file: &LayerFile, path: &Path) -> Result<(Partition, Vec<Vec<u32>>), String> {
    let small = file.len <= SMALL;
    let len = if small { file.len } else { file.head.len };
    let bytes = read_range(path, file.head.at, len)?;
    let parse = || {
        let head = usize::try_from(file.head.len).ok()?;
        let (head, sections) = bytes.split_at_checked(head)?;
        let mut at = 0;
        let replaces = file
            .head
            .is_sound(head)
            .then(|| read_replaces(head, &mut at))??;
        let end = file.head.at.checked_add(file.head.len)?;
        let mut partition = Partition::directory(head.get(at..)?, end)?;
        let missing = partition.missing(Wanted::ALL);
        let whole = !small || partition.load(&missing, sections.to_vec());
        whole.then_some((partition, replaces))
    };
    parse().ok_or_else(|| unsound(path))
}

/// Loads sections from a file; those that stand side by side are read at once.
fn load(partition: &mut Partition, missing: &[SectionAt], path: &Path) -> Result<(), String> {
    let adjacent = |a: &SectionAt, b: &SectionAt| a.at + a.len as u64 == b.at;
    for sections in missing.chunk_by(adjacent) {
        let (Some(first), Some(last)) = (sections.first(), sections.last()) else {
            continue;
        };
        let len = last.at + last.len as u64 - first.at;
        if !partition.load(sections, read_range(path, first.at, len)?) {
            return Err(unsound(path));
        }
    }
    Ok(())
}

impl Base for SavedBase {
    fn seq(&self) -> u64 {
        self.manifest.seq
    }

    fn dictionaries(&self) -> &SmallDictionaries {
        &self.manifest.dictionaries
    }

    fn months(&self) -> &[BaseMonth] {
        &self.months
    }

    fn layers(&self, month: Month, wanted: &Wanting<'_>) -> Result<Vec<Layer>, String> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let layers = match self.read(month, open.get(&month), wanted) {
            Ok(layers) => layers,
            // All rows of the month, whichever layer is damaged.
            Err(_) => {
                let mut months = self.folded()?.packed.months.iter();
                let found = months.find(|packed| packed.month == month);
                let partition = found.map(|packed| packed.partition.clone());
                vec![Layer {
                    partition: partition.unwrap_or_default(),
                    ..Layer::default()
                }]
            }
        };
        open.insert(month, layers.clone());
        Ok(layers)
    }

    fn was_damaged(&self) -> bool {
        self.folded.get().is_some()
    }

    fn cells(&self, from: Month, months: u8) -> Option<Arc<PeriodCells>> {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let known = cells.entry((from, months));
        known
            .or_insert_with(|| self.read_cells(from, months).map(Arc::new))
            .clone()
    }

    fn number(&self, whose: Whose, code: &str) -> Result<Option<u32>, String> {
        match self.read_number(whose, code) {
            Ok(number) => Ok(number),
            Err(_) => {
                let facts = &self.folded()?.facts;
                match whose {
                    Whose::Household => facts.households.number(code),
                    Whose::Person => facts.persons.number(code),
                }
            }
        }
    }

    fn count(&self, whose: Whose) -> u32 {
        let [households, persons] = self.manifest.counts;
        match whose {
            Whose::Household => households,
            Whose::Person => persons,
        }
    }
}
