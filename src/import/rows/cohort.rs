//! The list of the households of a cohort.

use crate::domain::Code;
use crate::import::cells::{Cells, Units};
use crate::import::columns;
use crate::import::header::ListColumns;
use crate::import::list::{ListRead, ListRow, ReadOptions, read_list};

/// A household of a cohort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortRow {
    /// The number of the row.
    pub row: u64,
    /// The code of the household.
    pub household: Code,
    /// A note.
    pub note: Option<String>,
}

impl ListRow for CohortRow {
    const LIST: ListColumns = columns::COHORT;

    fn read(cells: &mut Cells<'_>, _: &Units<'_>) -> Option<CohortRow> {
        cells.require(&["household"]);
        let (household, note) = (cells.code("household"), cells.text("note"));
        Some(CohortRow {
            row: cells.row(),
            household: household?,
            note,
        })
    }
}

/// Reads the list of a cohort: `household, note`.
pub fn read_cohort(bytes: &[u8], file: &str, options: &ReadOptions) -> ListRead<CohortRow> {
    read_list(bytes, file, options, &Units::NONE)
}
