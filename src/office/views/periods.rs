//! What stands in whole periods, on disk: what stays as it was, what is counted anew, and what
//! waits for a later save.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::base::SavedBase;
use super::file::{self, Part, from_bytes, to_bytes};
use super::manifest::{CellsFile, Manifest, PeriodFile};
use super::save::Pace;
use super::{Views, folder};
use crate::log::LogError;
use crate::office::error::OfficeError;
use crate::projection::Facts;
use crate::projection::base::Base;
use crate::projection::cells::{self, Finest, PeriodCells, periods_with};
use crate::projection::packed::{Month, Packed, on_two_cores};
use crate::projection::partition::Wanted;

/// The first month and the number of months.
type Period = (Month, u8);

/// A period of which something is to be counted.
struct Open {
    period: Period,
    /// What is known of it.
    cells: PeriodCells,
    /// It waits since an earlier save.
    waits: bool,
    /// How many rows are to be counted.
    rows: u64,
    /// They are counted now.
    is_counted: bool,
}

/// The periods of a save.
pub(super) struct Periods<'a> {
    dir: PathBuf,
    seq: u64,
    before: Option<&'a CellsFile>,
    /// The months as they are now.
    base: Arc<SavedBase>,
    /// How many rows of a stage, kind and class a month has; of those that were asked for.
    rows: BTreeMap<Month, BTreeMap<Finest, u64>>,
    bytes: Vec<u8>,
    written: BTreeMap<Period, (Part, bool)>,
}

impl<'a> Periods<'a> {
    /// Those of the views that were saved before, over the months of a manifest.
    pub(super) fn of(ledger: &Path, manifest: &Manifest, before: Option<&'a Views>) -> Periods<'a> {
        Periods {
            dir: folder(ledger),
            seq: manifest.seq,
            before: before.map(|views| &views.manifest.cells),
            base: Arc::new(SavedBase::new(ledger, manifest.clone().into())),
            rows: BTreeMap::new(),
            bytes: b"socaicells".to_vec(),
            written: BTreeMap::new(),
        }
    }

    /// The file of all periods, after it is written: the cells in which something came or changed
    /// are counted as far as the pace allows, the others stay.
    ///
    /// # Errors
    /// Where the months or the file before cannot be read, or the file cannot be written.
    pub(super) fn with(mut self, changed: &Packed, pace: Pace) -> Result<CellsFile, OfficeError> {
        let mut touched: BTreeMap<Period, BTreeSet<Finest>> = BTreeMap::new();
        for packed in &changed.months {
            for period in periods_with(packed.month) {
                touched.entry(period).or_default().extend(&packed.touched);
            }
        }
        let mut open = self.keep(touched).map_err(OfficeError::Views)?;
        // What waits longer, then what costs less.
        open.sort_by_key(|open| (!open.waits, open.rows, open.period));
        let facts = Facts::over(Some(self.base.clone()));
        let came: u64 = changed.months.iter().map(|packed| packed.came).sum();
        let mut left = pace
            .counted
            .saturating_add(came.saturating_mul(pace.counted_a_row));
        for (place, open) in open.iter_mut().enumerate() {
            open.is_counted = place == 0 || open.rows <= left;
            if open.is_counted {
                left = left.saturating_sub(open.rows);
            }
        }
        let counted = on_two_cores(&open, |open| {
            let cells = open.cells.clone();
            match open.is_counted {
                true => cells::count(&facts, open.period, cells),
                false => Ok(cells),
            }
        });
        for (open, cells) in open.iter().zip(counted) {
            let cells = cells.map_err(|error| OfficeError::Views(error.to_string()))?;
            self.put(open.period, &cells)?;
        }
        self.write()
    }

    /// Keeps the periods of which nothing is to be counted, and gives the others.
    fn keep(
        &mut self,
        mut touched: BTreeMap<Period, BTreeSet<Finest>>,
    ) -> Result<Vec<Open>, String> {
        let mut open = Vec::new();
        let before = self.before.cloned().unwrap_or_default();
        let file = fs::read(self.dir.join(&before.name)).unwrap_or_default();
        for known in before.periods {
            let period = (known.from, known.months);
            // A part that cannot be read is left out: whoever asks counts.
            let Some(part) = known.part.within(&file) else {
                continue;
            };
            let touched = touched.remove(&period);
            if touched.is_none() && !known.overtaken {
                let part = Part::add(&mut self.bytes, part);
                self.written.insert(period, (part, false));
                continue;
            }
            let mut cells: PeriodCells = from_bytes(part)?;
            cells.overtake(touched.unwrap_or_default());
            open.push(self.open(period, cells, known.overtaken)?);
        }
        for period in touched.into_keys() {
            let mut cells = PeriodCells::default();
            for month in months_of(period) {
                cells.overtake(self.rows(month)?.keys().copied());
            }
            open.push(self.open(period, cells, false)?);
        }
        Ok(open)
    }

    fn open(&mut self, period: Period, cells: PeriodCells, waits: bool) -> Result<Open, String> {
        let overtaken: BTreeSet<Finest> = cells.overtaken().collect();
        let mut open = Open {
            period,
            cells,
            waits,
            rows: 0,
            is_counted: false,
        };
        for month in months_of(period) {
            let rows = self.rows(month)?.iter();
            let counted = rows.filter(|(finest, _)| overtaken.contains(finest));
            open.rows += counted.map(|(_, rows)| rows).sum::<u64>();
        }
        Ok(open)
    }

    /// The rows of a month, as the directories of its layers say.
    fn rows(&mut self, month: Month) -> Result<&BTreeMap<Finest, u64>, String> {
        let rows = match self.rows.entry(month) {
            Entry::Occupied(known) => return Ok(known.into_mut()),
            Entry::Vacant(rows) => rows,
        };
        let mut counted = BTreeMap::new();
        if self.base.months().iter().any(|known| known.month == month) {
            for layer in self.base.layers(month, &|_, _| Wanted::default())? {
                for chunk in layer.partition.chunks() {
                    *counted.entry(chunk.finest()).or_default() += chunk.rows as u64;
                }
            }
        }
        Ok(rows.insert(counted))
    }

    fn put(&mut self, period: Period, cells: &PeriodCells) -> Result<(), OfficeError> {
        if !cells.is_empty() {
            let bytes = to_bytes(cells).map_err(OfficeError::Views)?;
            let part = Part::add(&mut self.bytes, &bytes);
            let overtaken = cells.overtaken().next().is_some();
            self.written.insert(period, (part, overtaken));
        }
        Ok(())
    }

    fn write(self) -> Result<CellsFile, OfficeError> {
        let name = format!("cells.{}", self.seq);
        let path = self.dir.join(&name);
        file::write(&path, &self.bytes).map_err(|error| LogError::io(&path, &error))?;
        let written = self.written.into_iter();
        let periods = written.map(|((from, months), (part, overtaken))| PeriodFile {
            from,
            months,
            part,
            overtaken,
        });
        Ok(CellsFile {
            name,
            periods: periods.collect(),
        })
    }
}

fn months_of((from, months): Period) -> std::ops::Range<Month> {
    from..from + Month::from(months)
}
