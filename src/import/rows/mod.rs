//! One row of each list, with exactly the columns that the list has.

mod cohort;
mod household;
mod member;
mod person;
mod project;
mod stage;
mod support;
#[cfg(test)]
mod tests;

pub use cohort::{CohortRow, read_cohort};
pub use household::{HouseholdRow, read_households};
pub use member::{MemberRow, read_members};
pub use person::{PersonRow, read_persons};
pub use project::{ProjectRow, read_projects};
pub use stage::{StageRow, read_stages};
pub use support::{SupportRow, read_supports};
