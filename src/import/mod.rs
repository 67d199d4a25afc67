//! Lists in: from the bytes of a CSV file to typed rows, with all errors of all rows at once.
//!
//! **Invariant:** nothing here decides anything about households or the ledger, or knows what the
//! ledger holds. A list is read by what stands in it, and by the units that the caller names.
//!
//! The steps, each in its module: bytes to text ([`encoding`]), text to a table ([`table`]), header
//! cells to columns ([`header`]), cells to values ([`number`], [`date`], [`citation`], [`words`]),
//! and a row to its type ([`rows`]).

mod cells;
pub mod citation;
pub mod columns;
pub mod date;
pub mod encoding;
pub mod header;
mod hidden;
pub mod issue;
pub mod limits;
mod list;
pub mod number;
mod period_words;
mod returned;
pub mod rows;
pub mod sheet_table;
pub mod table;
pub mod text;
pub mod words;
pub mod workbook;

pub use cells::Units;
pub use citation::Citation;
pub use date::Born;
pub use issue::{ImportIssue, ImportNotice, ImportProblem, SpokenIssue, SpokenNotice};
pub use list::{ListRead, Origin, ReadOptions, load};
pub use returned::{Returned, RowAnswer};
pub use rows::{
    CohortRow, HouseholdRow, MemberRow, PersonRow, ProjectRow, StageRow, SupportRow, read_cohort,
    read_households, read_members, read_persons, read_projects, read_stages, read_supports,
};
pub use text::fold;
pub use words::ClassCell;
