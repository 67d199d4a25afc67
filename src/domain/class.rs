//! The class a household is put in by a review.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::language::Text;

/// The class of a household, decided by a review, with a standard and a date it takes effect
/// (Decision 24/2021/QĐ-TTg; the standard of 2022-2025 is Decree 07/2021/NĐ-CP).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HouseholdClass {
    /// Hộ nghèo.
    Poor,
    /// Hộ cận nghèo.
    NearPoor,
    /// Hộ mới thoát nghèo.
    NewlyEscaped,
    /// Hộ có mức sống trung bình.
    Average,
    /// Hộ khác.
    Other,
}

impl HouseholdClass {
    /// All classes, in the order in which figures show them.
    pub const ALL: [HouseholdClass; 5] = [
        HouseholdClass::Poor,
        HouseholdClass::NearPoor,
        HouseholdClass::NewlyEscaped,
        HouseholdClass::Average,
        HouseholdClass::Other,
    ];

    /// The code that stands in events and figures.
    pub fn code(self) -> &'static str {
        match self {
            HouseholdClass::Poor => "poor",
            HouseholdClass::NearPoor => "near_poor",
            HouseholdClass::NewlyEscaped => "newly_escaped",
            HouseholdClass::Average => "average",
            HouseholdClass::Other => "other",
        }
    }

    /// The most months that a household can be in it: *newly escaped* is a class of its own only
    /// for the three years after a household left the list of the poor and near-poor.
    pub fn most_months(self) -> Option<u32> {
        matches!(self, HouseholdClass::NewlyEscaped).then_some(36)
    }

    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            HouseholdClass::Poor => Text::new("hộ nghèo", "poor"),
            HouseholdClass::NearPoor => Text::new("hộ cận nghèo", "near-poor"),
            HouseholdClass::NewlyEscaped => Text::new("hộ mới thoát nghèo", "newly escaped"),
            HouseholdClass::Average => Text::new("hộ mức sống trung bình", "average"),
            HouseholdClass::Other => Text::new("hộ khác", "other"),
        }
    }
}

impl fmt::Display for HouseholdClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for HouseholdClass {
    type Err = ();
    fn from_str(text: &str) -> Result<HouseholdClass, ()> {
        HouseholdClass::ALL
            .into_iter()
            .find(|class| class.code() == text)
            .ok_or(())
    }
}
