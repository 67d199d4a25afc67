//! The list of households.

use chrono::NaiveDate;

use crate::domain::Code;
use crate::import::cells::{Cells, Units};
use crate::import::columns;
use crate::import::header::ListColumns;
use crate::import::list::{ListRead, ListRow, ReadOptions, read_list};
use crate::import::words::ClassCell;

/// A household of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdRow {
    /// The number of the row.
    pub row: u64,
    /// Its code.
    pub household: Code,
    /// The name of its head.
    pub head: Option<String>,
    /// The village, by code or name.
    pub village: Option<Code>,
    /// Its class.
    pub class: ClassCell,
    /// The day from which the class holds.
    pub class_from: Option<NaiveDate>,
    /// The ethnicity of its head.
    pub ethnicity: Option<String>,
    /// The citizen's number of its head, as written.
    pub id_number: Option<String>,
    /// How many members it has.
    pub members: Option<u64>,
    /// The code under which the register of poor households knows it.
    pub poverty_code: Option<String>,
    /// A note.
    pub note: Option<String>,
}

impl ListRow for HouseholdRow {
    const LIST: ListColumns = columns::HOUSEHOLDS;

    fn read(cells: &mut Cells<'_>, _: &Units<'_>) -> Option<HouseholdRow> {
        cells.require(&["household"]);
        let household = cells.code("household");
        let (head, village) = (cells.text("head"), cells.code("village"));
        let (class, class_from) = (cells.class("class"), cells.date("class_from"));
        let (ethnicity, id_number) = (cells.text("ethnicity"), cells.name("id_number"));
        let (members, poverty_code) = (cells.count("members"), cells.name("poverty_code"));
        let note = cells.text("note");
        Some(HouseholdRow {
            row: cells.row(),
            household: household?,
            head,
            village,
            class,
            class_from,
            ethnicity,
            id_number,
            members,
            poverty_code,
            note,
        })
    }
}

/// Reads a list of households: `household, head, village, class, class_from, ethnicity,
/// id_number, members, poverty_code, note`.
///
/// ```
/// let file = "Mã hộ;Họ và tên chủ hộ;Thôn;Phân loại\nHN-01;Hoàng Thị Mai;Cao Lộc;hộ nghèo\n";
/// let list = socai::import::read_households(file.as_bytes(), "ho.csv", &Default::default());
/// assert!(list.issues.is_empty());
/// assert_eq!(list.rows[0].head.as_deref(), Some("Hoàng Thị Mai"));
/// ```
pub fn read_households(bytes: &[u8], file: &str, options: &ReadOptions) -> ListRead<HouseholdRow> {
    read_list(bytes, file, options, &Units::NONE)
}
