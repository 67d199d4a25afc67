//! Events of projects, budgets and targets.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code::Code;
use super::fixed::{Money, Quantity};
use super::period::Period;
use super::personal::Personal;
use super::stage::Stage;

/// `project.registered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectRegistered {
    /// What people call it.
    pub name: String,
    /// The programme it comes under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme: Option<Code>,
    /// Its code.
    pub project: Code,
    /// Its size in goods, such as 120 head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// The unit of `quantity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Code>,
    /// Where it is carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub village: Option<Code>,
}

/// `project.advanced`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectAdvanced {
    /// The day, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<NaiveDate>,
    /// Which project.
    pub project: Code,
    /// The stage it reached.
    pub stage: Stage,
}

/// `project.joined`: a role such as `experienced` is not a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectJoined {
    /// Which household.
    pub household: Code,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal>,
    /// Which project.
    pub project: Code,
    /// In which role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Code>,
}

/// `budget.allocated`, and `budget.adjusted` where the amount may be below zero. Allocations and
/// adjustments of one (programme, project, source, period) add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetChanged {
    /// The amount given or, for an adjustment, the difference.
    pub amount: Money,
    /// The budget period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The programme it is given to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme: Option<Code>,
    /// The project it is given to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<Code>,
    /// Who pays.
    pub source: Code,
}

/// `target.set`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSet {
    /// An indicator or a support kind of the catalogue.
    pub kind: Code,
    /// The period it is for.
    pub period: Period,
    /// The figure to reach.
    pub value: Quantity,
}
