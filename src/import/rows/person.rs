//! The list of persons.

use crate::domain::Code;
use crate::domain::Sex;
use crate::import::cells::{Cells, Units};
use crate::import::columns;
use crate::import::date::{Born, read_born};
use crate::import::header::ListColumns;
use crate::import::issue::ImportProblem;
use crate::import::list::{ListRead, ListRow, ReadOptions, read_list};
use crate::import::words::read_sex;

/// A person of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// The number of the row.
    pub row: u64,
    /// The code of the person.
    pub person: Code,
    /// The code of the household that the person belongs to.
    pub household: Code,
    /// The name.
    pub name: Option<String>,
    /// The day of birth, or the year where no more is known.
    pub born: Option<Born>,
    /// The sex.
    pub sex: Option<Sex>,
    /// The relation to the head, as written.
    pub relation: Option<String>,
    /// The ethnicity.
    pub ethnicity: Option<String>,
    /// The citizen's number, as written.
    pub id_number: Option<String>,
    /// A note.
    pub note: Option<String>,
}

impl ListRow for PersonRow {
    const LIST: ListColumns = columns::PERSONS;

    fn read(cells: &mut Cells<'_>, _: &Units<'_>) -> Option<PersonRow> {
        cells.require(&["person", "household"]);
        let (person, household) = (cells.code("person"), cells.code("household"));
        let (name, born) = (cells.text("name"), cells.read("born", read_born));
        let sex = cells.read("sex", |text| {
            read_sex(text).ok_or(ImportProblem::UnknownSex)
        });
        let (relation, ethnicity) = (cells.text("relation"), cells.text("ethnicity"));
        let (id_number, note) = (cells.name("id_number"), cells.text("note"));
        Some(PersonRow {
            row: cells.row(),
            person: person?,
            household: household?,
            name,
            born,
            sex,
            relation,
            ethnicity,
            id_number,
            note,
        })
    }
}

/// Reads a list of persons: `person, household, name, born, sex, relation, ethnicity, id_number,
/// note`.
pub fn read_persons(bytes: &[u8], file: &str, options: &ReadOptions) -> ListRead<PersonRow> {
    read_list(bytes, file, options, &Units::NONE)
}
