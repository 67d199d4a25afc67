//! The stages of a support action.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::language::Text;

/// How far a support action has come. A figure counts one stage or says which it counts together:
/// a list that was proposed is no money that was paid.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A need was put down (đăng ký nhu cầu).
    Registered,
    /// On a list that was sent for approval (đề nghị).
    Proposed,
    /// Examined by who has to examine it (thẩm định).
    Appraised,
    /// Approved, not yet given (phê duyệt).
    Approved,
    /// Money, goods or a waiver has reached the beneficiary (chi trả, cấp phát).
    Disbursed,
    /// Accounts are closed on it (quyết toán).
    Settled,
    /// Refused.
    Rejected,
    /// Taken back by who asked for it.
    Withdrawn,
    /// An activity took place.
    Held,
}

impl Stage {
    /// All stages, the further one later.
    pub const ALL: [Stage; 9] = [
        Stage::Registered,
        Stage::Proposed,
        Stage::Appraised,
        Stage::Approved,
        Stage::Disbursed,
        Stage::Settled,
        Stage::Rejected,
        Stage::Withdrawn,
        Stage::Held,
    ];

    /// The code that stands in events and figures.
    pub fn code(self) -> &'static str {
        match self {
            Stage::Registered => "registered",
            Stage::Proposed => "proposed",
            Stage::Appraised => "appraised",
            Stage::Approved => "approved",
            Stage::Disbursed => "disbursed",
            Stage::Settled => "settled",
            Stage::Rejected => "rejected",
            Stage::Withdrawn => "withdrawn",
            Stage::Held => "held",
        }
    }

    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            Stage::Registered => Text::new("đã đăng ký", "registered"),
            Stage::Proposed => Text::new("đã đề nghị", "proposed"),
            Stage::Appraised => Text::new("đã thẩm định", "appraised"),
            Stage::Approved => Text::new("đã phê duyệt", "approved"),
            Stage::Disbursed => Text::new("đã chi trả, cấp phát", "disbursed"),
            Stage::Settled => Text::new("đã quyết toán", "settled"),
            Stage::Rejected => Text::new("bị từ chối", "rejected"),
            Stage::Withdrawn => Text::new("đã rút", "withdrawn"),
            Stage::Held => Text::new("đã tổ chức", "held"),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Stage {
    type Err = ();
    fn from_str(text: &str) -> Result<Stage, ()> {
        Stage::ALL
            .into_iter()
            .find(|stage| stage.code() == text)
            .ok_or(())
    }
}
