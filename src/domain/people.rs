//! Events of households, persons and named lists.
//!
//! Names, birth dates, citizen numbers, ethnicity, certificate numbers, relations and notes are
//! [`Personal`]: sealed before they are written. What stays clear (code, village, class, sex,
//! belonging to a minority) is pseudonymous, not anonymous.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::HouseholdClass;
use super::code::Code;
use super::event::Sex;
use super::personal::Personal;

/// `household.registered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdRegistered {
    /// The head's ethnicity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<Personal>,
    /// The head's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<Personal>,
    /// The code that never changes.
    pub household: Code,
    /// The head's citizen number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<Personal>,
    /// How many people live in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<u32>,
    /// The head belongs to an ethnic minority (any but Kinh).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minority: Option<bool>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal>,
    /// The number of the poverty certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poverty_code: Option<Personal>,
    /// The village it lives in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub village: Option<Code>,
}

/// `household.moved`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdMoved {
    /// Which household.
    pub household: Code,
    /// From which day; without it, from the beginning (a village put right).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<NaiveDate>,
    /// Where it lives from then on.
    pub village: Code,
}

/// `household.head_changed`: what is given replaces what was known of the head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdHeadChanged {
    /// The head's ethnicity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<Personal>,
    /// The head's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<Personal>,
    /// Which household.
    pub household: Code,
    /// The head's citizen number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<Personal>,
    /// The head belongs to an ethnic minority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minority: Option<bool>,
    /// From which day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<NaiveDate>,
}

/// `household.changed`: what is given replaces what was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdChanged {
    /// Which household.
    pub household: Code,
    /// How many people live in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<u32>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal>,
    /// The number of the poverty certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poverty_code: Option<Personal>,
}

/// `household.classified`: a review decided a class (Decision 24/2021/QĐ-TTg).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdClassified {
    /// The class.
    pub class: HouseholdClass,
    /// The day it takes effect; without it, from the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<NaiveDate>,
    /// Which household.
    pub household: Code,
    /// The standard it was decided by, such as `07/2021/NĐ-CP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
}

/// `person.joined`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonJoined {
    /// Birth date or year, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub born: Option<Personal>,
    /// Ethnicity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<Personal>,
    /// The household the person belongs to.
    pub household: Code,
    /// Citizen number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<Personal>,
    /// From which day; without it, from the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_on: Option<NaiveDate>,
    /// Belongs to an ethnic minority (any but Kinh).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minority: Option<bool>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Personal>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal>,
    /// The code that never changes.
    pub person: Code,
    /// Relation to the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Personal>,
    /// Sex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
}

/// `person.changed`: what is given replaces what was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonChanged {
    /// Birth date or year, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub born: Option<Personal>,
    /// Ethnicity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<Personal>,
    /// Citizen number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<Personal>,
    /// Belongs to an ethnic minority (any but Kinh).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minority: Option<bool>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Personal>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal>,
    /// Which person.
    pub person: Code,
    /// Relation to the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Personal>,
    /// Sex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
}

/// `person.left`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonLeft {
    /// The household that was left.
    pub household: Code,
    /// From which day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_on: Option<NaiveDate>,
    /// Which person.
    pub person: Code,
}

/// `cohort.listed`: one household of a named list, such as the households expected to escape
/// poverty in 2023. A cohort is a list with a year, not a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CohortListed {
    /// The code of the list.
    pub cohort: Code,
    /// Which household.
    pub household: Code,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal>,
    /// The year of the list.
    pub year: u16,
}
