//! What stands in whole months, quarters, half-years and years, counted when the facts are saved.
//!
//! A saved cell is of one stage, kind and class: the finest that the chunks of a partition are
//! of. It was counted by the same `cube` that answers every other question. A question is answered
//! from it where it asks for one whole period, where nothing of the period has changed after the
//! event as of which it asks, and only for those groups that are one cell and no more: sums of
//! cells add up, distinct households do not.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::facts::{Facts, date};
use super::figures::{Dimension, FiguresError, Query, cells_of};
use super::packed::{Month, days_of};
use crate::domain::stage::Stage;

/// How many months the saved periods have: each begins at a multiple of its length.
pub const LENGTHS: [u8; 4] = [1, 3, 6, 12];

/// A stage, a kind and a class: what the rows of a chunk have in common.
pub type Finest = (Stage, u32, u8);

/// What stands in a period at one stage, of one kind and class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is the measure of that name")]
pub struct PeriodCell {
    /// The stage's place in `Stage::ALL`.
    pub stage: u8,
    pub kind: u32,
    pub class: u8,
    /// The stages that any support in it is at, as bits.
    pub stages: u16,
    pub turns: i64,
    pub count: i64,
    pub amount: i128,
    pub recovered: i128,
    pub quantities: Vec<(u32, i128)>,
    pub households: u64,
    pub persons: u64,
    pub villages: u64,
}

impl PeriodCell {
    /// Its stage.
    pub fn at_stage(&self) -> Option<Stage> {
        Stage::ALL.get(usize::from(self.stage)).copied()
    }

    fn finest(&self) -> Option<Finest> {
        Some((self.at_stage()?, self.kind, self.class))
    }
}

/// The cells of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodCells {
    /// The newest event that added or voided a row of the period: as of it and of any later event
    /// the cells are right.
    pub last: u64,
    /// The cells.
    pub cells: Vec<PeriodCell>,
    /// The stages (their places in `Stage::ALL`), kinds and classes in which something came or
    /// changed since: none of them is among the cells, and whoever asks counts them.
    overtaken: BTreeSet<(u8, u32, u8)>,
}

impl PeriodCells {
    /// Takes out the cells in which something came or changed.
    pub fn overtake(&mut self, touched: impl IntoIterator<Item = Finest>) {
        let touched = touched.into_iter();
        let place = |(stage, kind, class): Finest| (stage as u8, kind, class);
        self.overtaken.extend(touched.map(place));
        let overtaken = &self.overtaken;
        let place = |cell: &PeriodCell| (cell.stage, cell.kind, cell.class);
        self.cells.retain(|cell| !overtaken.contains(&place(cell)));
    }

    /// What is not among the cells though it has rows.
    pub fn overtaken(&self) -> impl Iterator<Item = Finest> {
        self.overtaken.iter().filter_map(|(stage, kind, class)| {
            let stage = Stage::ALL.get(usize::from(*stage)).copied()?;
            Some((stage, *kind, *class))
        })
    }

    /// Whether nothing is said of the period.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.overtaken.is_empty()
    }

    /// The cells with others that were counted up to an event, now that none is overtaken.
    pub(super) fn with(mut self, counted: impl Iterator<Item = PeriodCell>, last: u64) -> Self {
        self.cells.extend(counted);
        self.last = self.last.max(last);
        self.overtaken.clear();
        self
    }

    pub(super) fn finest(&self) -> impl Iterator<Item = Finest> {
        self.cells.iter().filter_map(PeriodCell::finest)
    }
}

/// The saved periods that a month is in: their first months and lengths.
pub fn periods_with(month: Month) -> impl Iterator<Item = (Month, u8)> {
    let begins = move |months: u8| month - month.rem_euclid(Month::from(months));
    LENGTHS
        .into_iter()
        .map(move |months| (begins(months), months))
}

/// Counts the cells of a period that are not known.
///
/// # Errors
/// Where the facts cannot be read.
pub fn count(
    facts: &Facts,
    (from, months): (Month, u8),
    known: PeriodCells,
) -> Result<PeriodCells, FiguresError> {
    let last = from + Month::from(months) - 1;
    let day = |day| date(day).unwrap_or_default();
    let mut query = Query::between(day(days_of(from).0), day(days_of(last).1));
    query.stages = Stage::ALL.to_vec();
    query.by = vec![Dimension::Stage, Dimension::Kind, Dimension::Class];
    cells_of(facts, &query, known)
}
