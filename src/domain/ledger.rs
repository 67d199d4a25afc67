//! Events of the ledger itself: its opening, who may act, what is adopted, the units.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code::Code;
use super::language::Text;

/// `ledger.opened`: the first event. The ledger's id (128 random bits) stands in the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerOpened {
    /// ISO 4217 code of the currency of every amount.
    pub currency: String,
    /// The verifier key of the checkpoints, as a C2SP signed note has it.
    pub key: String,
    /// What people call the unit.
    pub name: String,
    /// The fixed offset from UTC by which dates are read, such as `+07:00`.
    pub offset: String,
    /// The origin line of the checkpoints.
    pub origin: String,
    /// The number of the rules by which events are folded and counted.
    pub semantics: u32,
    /// The id of the unit whose ledger this is.
    pub unit: Code,
}

/// `actor.registered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActorRegistered {
    /// The id given with `--by`.
    pub actor: Code,
    /// The official's name.
    pub name: String,
    /// The office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
}

/// `content.part`: a piece of a text too large for one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContentPart {
    /// Which piece, from 0.
    pub index: u32,
    /// How many pieces.
    pub of: u32,
    /// SHA-256 of the whole text, lower-case hex.
    pub sha256: String,
    /// The piece.
    pub text: String,
}

/// `catalogue.adopted`: its text stands in `content.part` events of the same batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogueAdopted {
    /// The catalogue's code.
    pub catalogue: Code,
    /// SHA-256 of its canonical text.
    pub sha256: String,
    /// Its version.
    pub version: u32,
}

/// `template.adopted`: its text stands in `content.part` events of the same batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateAdopted {
    /// SHA-256 of its canonical text.
    pub sha256: String,
    /// The template's code.
    pub template: Code,
    /// Its version.
    pub version: u32,
}

/// The level of an administrative unit.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum UnitLevel {
    /// Thôn, bản, tổ dân phố.
    Village,
    /// Xã, phường, thị trấn.
    Commune,
    /// Huyện (until 30 June 2025).
    District,
    /// Tỉnh, thành phố.
    Province,
}

impl UnitLevel {
    /// All levels, the lowest first.
    pub const ALL: [UnitLevel; 4] = [
        UnitLevel::Village,
        UnitLevel::Commune,
        UnitLevel::District,
        UnitLevel::Province,
    ];

    /// The code that stands in events.
    pub fn code(self) -> &'static str {
        match self {
            UnitLevel::Village => "village",
            UnitLevel::Commune => "commune",
            UnitLevel::District => "district",
            UnitLevel::Province => "province",
        }
    }

    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            UnitLevel::Village => Text::new("thôn", "village"),
            UnitLevel::Commune => Text::new("xã", "commune"),
            UnitLevel::District => Text::new("huyện", "district"),
            UnitLevel::Province => Text::new("tỉnh", "province"),
        }
    }
}

impl std::str::FromStr for UnitLevel {
    type Err = ();
    fn from_str(text: &str) -> Result<UnitLevel, ()> {
        let known = UnitLevel::ALL.into_iter();
        let mut named = known.filter(|level| level.code() == text || level.name().vi == text);
        named.next().ok_or(())
    }
}

/// `unit.registered`. Its id is `<code>@<valid_from>` where both are known, else the code alone;
/// a village without an official code goes by the name it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitRegistered {
    /// The official code. The same code can name another unit at another time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Its level.
    pub level: UnitLevel,
    /// What people call it.
    pub name: String,
    /// The unit it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Code>,
    /// Its id in this ledger.
    pub unit: Code,
    /// The day it came into being, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<NaiveDate>,
}
