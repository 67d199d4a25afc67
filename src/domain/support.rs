//! Events of support actions.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::class::HouseholdClass;
use super::code::Code;
use super::event::Sex;
use super::fixed::{Money, Quantity};
use super::period::Period;
use super::personal::Personal;
use super::stage::Stage;

/// What one source pays of a support. The amount of a support is the sum of its funding; goods
/// name their source with amount 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Funding {
    /// The amount, in the ledger's currency.
    pub amount: Money,
    /// Who pays; absent when whoever recorded it did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Code>,
}

/// `support.<stage>` and `activity.held`: everything that was true of a support when it reached
/// the stage, by value, so that no fold needs a join and a later reclassification rewrites nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportState {
    /// The class on which it was granted; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<HouseholdClass>,
    /// How many a figure without names stands for: cards, people, visits. 0 is a nil return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// What it pays for, which may be another period than when it was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covers: Option<Period>,
    /// The first tranche, when this is a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<Uuid>,
    /// Who pays what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub funding: Vec<Funding>,
    /// The eligibility ground.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// The group of the kind, such as the group of an insurance card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Code>,
    /// The household it goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub household: Option<Code>,
    /// The support kind.
    pub kind: Code,
    /// Who lends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lender: Option<Code>,
    /// The person's belonging to a minority, else the head's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minority: Option<bool>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal>,
    /// The day it was proposed, approved, paid, handed over, held: the stage's own date.
    pub occurred_on: NaiveDate,
    /// The person of the household it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Code>,
    /// The project it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<Code>,
    /// How much in goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// Who physically received it, when that is not the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Personal>,
    /// The list's own row key, unique in the ledger.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Code>,
    /// The person's sex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// The support this is a later stage of; absent on the event that opens one, whose own id is
    /// the support's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<Uuid>,
    /// The unit of `quantity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Code>,
    /// The village, or the villages of an activity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub villages: Vec<Code>,
}

impl SupportState {
    /// The amount in thousandths of the currency unit: the sum of the funding.
    pub fn amount_thousandths(&self) -> i128 {
        self.funding
            .iter()
            .map(|part| i128::from(part.amount.thousandths()))
            .sum()
    }
}

/// How a reversal or correction stands in the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionMode {
    /// The period was open: the original's rows are void from here on, a replacement stands at its
    /// own date.
    InPlace,
    /// The period was closed: the original stays, signed rows stand at `effective_on`.
    Contra,
}

/// `support.reversed`: the support, or one stage of it, should not have been recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportReversed {
    /// The date it stands at, decided once and never again.
    pub effective_on: NaiveDate,
    /// The household of the support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub household: Option<Code>,
    /// How it stands in the figures.
    pub mode: CorrectionMode,
    /// The person of the support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Code>,
    /// The project of the support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<Code>,
    /// The one stage that is reversed; absent for the whole support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// The support.
    pub support: Uuid,
}

/// `support.corrected`: one stage of a support with what is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportCorrected {
    /// The event that was wrong.
    pub corrects: Uuid,
    /// The date it stands at, decided once and never again.
    pub effective_on: NaiveDate,
    /// How it stands in the figures.
    pub mode: CorrectionMode,
    /// The stage that is corrected.
    pub stage: Stage,
    /// The support.
    pub support: Uuid,
    /// What is right: the full state.
    pub to: SupportState,
}

/// `support.recovered`: money taken back (truy thu). It never lowers `amount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportRecovered {
    /// How much.
    pub amount: Money,
    /// The household of the support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub household: Option<Code>,
    /// The day it was taken back.
    pub occurred_on: NaiveDate,
    /// The person of the support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Code>,
    /// The project of the support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<Code>,
    /// The source it goes back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Code>,
    /// The support.
    pub support: Uuid,
}
