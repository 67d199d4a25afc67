//! The list that moves support actions to another stage.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::{Code, Money, Quantity, Stage};
use crate::import::cells::{Cells, Units};
use crate::import::citation::Citation;
use crate::import::columns;
use crate::import::header::ListColumns;
use crate::import::issue::ImportProblem;
use crate::import::list::{ListRead, ListRow, ReadOptions, read_list};

/// The next stage of a support action. What is not given carries over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageRow {
    /// The number of the row.
    pub row: u64,
    /// The key of the support: its column `ref`.
    pub reference: Code,
    /// The stage it reaches.
    pub stage: Stage,
    /// The day it reaches it.
    pub occurred_on: NaiveDate,
    /// The amount at this stage.
    pub amount: Option<Money>,
    /// The quantity at this stage, in `unit`.
    pub quantity: Option<Quantity>,
    /// The unit of the support, where there is a quantity.
    pub unit: Option<String>,
    /// The document it rests on.
    pub document: Option<Arc<Citation>>,
    /// A note.
    pub note: Option<String>,
}

impl ListRow for StageRow {
    const LIST: ListColumns = columns::STAGES;

    fn read(cells: &mut Cells<'_>, units: &Units<'_>) -> Option<StageRow> {
        cells.require(&["ref", "stage", "occurred_on"]);
        let (reference, stage) = (cells.code("ref"), cells.stage("stage"));
        let (occurred_on, amount) = (cells.date("occurred_on"), cells.money("amount", units));
        let unit = reference
            .as_ref()
            .and_then(|code| (units.of_support)(code.as_str()));
        let quantity = reference.as_ref().and_then(|code| {
            cells.quantity(unit.as_ref(), || ImportProblem::NoUnit(code.to_string()))
        });
        let (document, note) = (cells.citation("document"), cells.text("note"));
        Some(StageRow {
            row: cells.row(),
            reference: reference?,
            stage: stage?,
            occurred_on: occurred_on?,
            amount,
            quantity,
            unit: unit.filter(|_| quantity.is_some()).map(|(unit, _)| unit),
            document,
            note,
        })
    }
}

/// Reads a list of stages: `ref, stage, occurred_on, amount, quantity, document, note`. A quantity
/// is read by the unit of the support that `ref` names.
pub fn read_stages(
    bytes: &[u8],
    file: &str,
    options: &ReadOptions,
    units: &Units<'_>,
) -> ListRead<StageRow> {
    read_list(bytes, file, options, units)
}
