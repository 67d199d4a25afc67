//! The list of projects.

use std::sync::Arc;

use crate::domain::{Code, Money, Quantity, Stage};
use crate::import::cells::{Cells, Units};
use crate::import::citation::Citation;
use crate::import::columns;
use crate::import::header::ListColumns;
use crate::import::issue::ImportProblem;
use crate::import::list::{ListRead, ListRow, ReadOptions, read_list};

/// A project of a list, or one of its sources: rows with the same `project` and another `source`
/// are one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRow {
    /// The number of the row.
    pub row: u64,
    /// The code of the project.
    pub project: Code,
    /// Its name.
    pub name: Option<String>,
    /// The programme it comes under, by code or name.
    pub programme: Option<String>,
    /// The village, by code or name.
    pub village: Option<Code>,
    /// How far it has come.
    pub stage: Option<Stage>,
    /// The source of the amount, by code or name.
    pub source: Option<String>,
    /// The budget from this source.
    pub amount: Option<Money>,
    /// The goods it gives out.
    pub quantity: Option<Quantity>,
    /// What the goods are measured in, as written.
    pub unit: Option<String>,
    /// The document it rests on.
    pub document: Option<Arc<Citation>>,
}

impl ListRow for ProjectRow {
    const LIST: ListColumns = columns::PROJECTS;

    fn read(cells: &mut Cells<'_>, units: &Units<'_>) -> Option<ProjectRow> {
        cells.require(&["project"]);
        let (project, name) = (cells.code("project"), cells.text("name"));
        let (programme, village) = (cells.name("programme"), cells.code("village"));
        let (stage, source) = (cells.stage("stage"), cells.name("source"));
        let (amount, unit) = (cells.money("amount", units), cells.name("unit"));
        let known = unit.clone().and_then(|unit| {
            let decimals = (units.decimals)(&unit)?;
            Some((unit, decimals))
        });
        let quantity = cells.quantity(known.as_ref(), || {
            ImportProblem::UnknownUnit(unit.clone().unwrap_or_default())
        });
        let document = cells.citation("document");
        Some(ProjectRow {
            row: cells.row(),
            project: project?,
            name,
            programme,
            village,
            stage,
            source,
            amount,
            quantity,
            unit,
            document,
        })
    }
}

/// Reads a list of projects: `project, name, programme, village, stage, source, amount, quantity,
/// unit, document`. A quantity is read by the unit that stands beside it.
pub fn read_projects(
    bytes: &[u8],
    file: &str,
    options: &ReadOptions,
    units: &Units<'_>,
) -> ListRead<ProjectRow> {
    read_list(bytes, file, options, units)
}
