//! The list of the members of projects.

use crate::domain::Code;
use crate::import::cells::{Cells, Units};
use crate::import::columns;
use crate::import::header::ListColumns;
use crate::import::list::{ListRead, ListRow, ReadOptions, read_list};

/// A household that takes part in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// The number of the row.
    pub row: u64,
    /// The code of the project.
    pub project: Code,
    /// The code of the household.
    pub household: Code,
    /// What it does there, such as `experienced`; never a class.
    pub role: Option<String>,
    /// A note.
    pub note: Option<String>,
}

impl ListRow for MemberRow {
    const LIST: ListColumns = columns::MEMBERS;

    fn read(cells: &mut Cells<'_>, _: &Units<'_>) -> Option<MemberRow> {
        cells.require(&["project", "household"]);
        let (project, household) = (cells.code("project"), cells.code("household"));
        let (role, note) = (cells.name("role"), cells.text("note"));
        Some(MemberRow {
            row: cells.row(),
            project: project?,
            household: household?,
            role,
            note,
        })
    }
}

/// Reads a list of the members of projects: `project, household, role, note`.
pub fn read_members(bytes: &[u8], file: &str, options: &ReadOptions) -> ListRead<MemberRow> {
    read_list(bytes, file, options, &Units::NONE)
}
