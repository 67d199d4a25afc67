//! Commands: what somebody asks of the ledger. `decide` answers with events or a rejection.

use chrono::NaiveDate;
use uuid::Uuid;

use super::class::HouseholdClass;
use super::code::Code;
use super::custody::CustodyCommand;
use super::event::{Document, Sex};
use super::fixed::{Money, Quantity};
use super::ledger::{ContentPart, TemplateAdopted};
use super::period::Period;
use super::report::ReportIssued;
use super::stage::Stage;

/// How a row names the class of a support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClassGiven {
    /// Nothing said: the class in force on the day is taken.
    #[default]
    Unsaid,
    /// Said to have none (*chưa phân loại*).
    None,
    /// This one, by value.
    Class(HouseholdClass),
}

/// A household as somebody describes it. What is absent is not said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the fields are those of `HouseholdRegistered` and its class"
)]
pub struct HouseholdDraft {
    pub household: Option<Code>,
    pub head: Option<String>,
    pub village: Option<String>,
    pub class: Option<HouseholdClass>,
    pub class_from: Option<NaiveDate>,
    pub standard: Option<String>,
    pub ethnicity: Option<String>,
    pub id_number: Option<String>,
    pub members: Option<u32>,
    pub poverty_code: Option<String>,
    pub note: Option<String>,
}

/// A person as somebody describes them. What is absent is not said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of `PersonJoined`")]
pub struct PersonDraft {
    pub person: Option<Code>,
    pub household: Option<Code>,
    pub name: Option<String>,
    pub born: Option<String>,
    pub sex: Option<Sex>,
    pub relation: Option<String>,
    pub ethnicity: Option<String>,
    pub id_number: Option<String>,
    pub note: Option<String>,
}

/// One part of the funding as somebody gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundingDraft {
    /// The code of the source, if it was said.
    pub source: Option<String>,
    /// How much.
    pub amount: Money,
}

/// A support action as somebody describes it. What is absent is not said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of `SupportState`")]
pub struct SupportDraft {
    pub reference: Option<Code>,
    pub kind: String,
    pub stage: Option<Stage>,
    pub household: Option<Code>,
    pub person: Option<Code>,
    pub count: Option<u64>,
    pub class: ClassGiven,
    pub group: Option<String>,
    pub villages: Vec<String>,
    pub funding: Vec<FundingDraft>,
    pub quantity: Option<Quantity>,
    pub unit: Option<String>,
    pub occurred_on: Option<NaiveDate>,
    pub covers: Option<Period>,
    pub project: Option<Code>,
    pub lender: Option<String>,
    pub recipient: Option<String>,
    pub ground: Option<String>,
    pub follows: Option<Uuid>,
    pub note: Option<String>,
}

/// What changes on the way to the next stage, or in a correction. What is absent carries over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SupportChange {
    /// A new total amount; with several sources `funding` says how it splits.
    pub amount: Option<Money>,
    /// New funding as a whole.
    pub funding: Vec<FundingDraft>,
    /// A new quantity.
    pub quantity: Option<Quantity>,
    /// The date of the stage.
    pub occurred_on: Option<NaiveDate>,
    /// Another class.
    pub class: ClassGiven,
    /// Another count (group rows).
    pub count: Option<u64>,
    /// Another period it pays for.
    pub covers: Option<Period>,
    /// Another household: the support was put under the wrong one.
    pub household: Option<Code>,
    /// Another village.
    pub village: Option<String>,
    /// Another ground.
    pub ground: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// Another recipient.
    pub recipient: Option<String>,
    /// The note and the recipient as they stand, opened by the caller: a sealed field belongs to
    /// one event and cannot move to the next as it is.
    pub carried: Carried,
}

/// Opened personal fields that carry over to the next event of a support.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of `SupportState`")]
pub struct Carried {
    pub note: Option<String>,
    pub recipient: Option<String>,
}

/// A change of a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetDraft {
    /// The programme it is given to.
    pub programme: Option<String>,
    /// The project it is given to.
    pub project: Option<Code>,
    /// Who pays.
    pub source: String,
    /// How much; for an adjustment the difference.
    pub amount: Money,
    /// The budget period.
    pub period: Option<Period>,
    /// An adjustment of an earlier allocation.
    pub adjustment: bool,
}

/// A project as somebody describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of `ProjectRegistered`")]
pub struct ProjectDraft {
    pub project: Code,
    pub name: String,
    pub programme: Option<String>,
    pub village: Option<String>,
    pub quantity: Option<Quantity>,
    pub unit: Option<String>,
    pub stage: Option<Stage>,
    pub stage_on: Option<NaiveDate>,
    pub budget: Vec<FundingDraft>,
}

/// Something asked of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Register an official.
    RegisterActor {
        /// The id given with `--by`.
        actor: Code,
        /// Name.
        name: String,
        /// Office.
        office: Option<String>,
    },
    /// Register a household, with its class.
    RegisterHousehold(HouseholdDraft),
    /// Change what is said of a known household.
    UpdateHousehold(HouseholdDraft),
    /// Register a person.
    RegisterPerson(PersonDraft),
    /// Change what is said of a known person.
    UpdatePerson(PersonDraft),
    /// Record the decision of a review.
    Classify {
        /// Which household.
        household: Code,
        /// The class.
        class: HouseholdClass,
        /// The day it takes effect.
        from: Option<NaiveDate>,
        /// The standard.
        standard: Option<String>,
    },
    /// Register a project with its stage and budget.
    RegisterProject(ProjectDraft),
    /// A household takes part in a project.
    JoinProject {
        /// Which project.
        project: Code,
        /// Which household.
        household: Code,
        /// In which role.
        role: Option<Code>,
        /// A note.
        note: Option<String>,
    },
    /// Put a household on a named list.
    ListCohort {
        /// The code of the list.
        cohort: Code,
        /// Its year.
        year: u16,
        /// Which household.
        household: Code,
        /// A note.
        note: Option<String>,
    },
    /// Give or adjust a budget.
    ChangeBudget(BudgetDraft),
    /// Set a target.
    SetTarget {
        /// An indicator or a kind.
        kind: String,
        /// For which period.
        period: Period,
        /// The figure to reach.
        value: Quantity,
    },
    /// Adopt a report template, with its text.
    AdoptTemplate {
        /// Its code, version and digest.
        adopted: Box<TemplateAdopted>,
        /// The text in parts; none where the log holds it already.
        parts: Vec<ContentPart>,
    },
    /// Issue a report, with the texts that the log does not hold yet.
    IssueReport {
        /// Everything that made it.
        issued: Box<ReportIssued>,
        /// The model, the narrative, the template, in parts.
        parts: Vec<ContentPart>,
    },
    /// Record a support action at a stage.
    RecordSupport(Box<SupportDraft>),
    /// Move a support to another stage.
    Advance {
        /// Which support.
        support: Uuid,
        /// To which stage.
        to: Stage,
        /// What changes on the way; `occurred_on` must be there.
        change: Box<SupportChange>,
    },
    /// Put right one stage of a support.
    Correct {
        /// Which support.
        support: Uuid,
        /// Which stage; absent for the furthest.
        stage: Option<Stage>,
        /// What is right.
        change: Box<SupportChange>,
        /// The day it stands at, where that is asked for.
        effective_on: Option<NaiveDate>,
    },
    /// Void a support, or one stage of it.
    Reverse {
        /// Which support.
        support: Uuid,
        /// Which stage; absent for all.
        stage: Option<Stage>,
        /// The day it stands at, where that is asked for.
        effective_on: Option<NaiveDate>,
    },
    /// Record money taken back.
    Recover {
        /// From which support.
        support: Uuid,
        /// How much.
        amount: Money,
        /// On which day.
        on: NaiveDate,
        /// To which source.
        source: Option<String>,
    },
    /// Close every day up to and including one.
    ClosePeriod {
        /// The period that was named, where one was.
        period: Option<Period>,
        /// The last closed day.
        through: NaiveDate,
    },
    /// Open again what is closed after a day.
    ReopenPeriod {
        /// The last day that stays closed.
        through: NaiveDate,
    },
    /// Something about the custody of personal data.
    Custody(CustodyCommand),
}

/// What a decision may know beside the state: nothing is read from the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Today at the ledger's offset.
    pub today: NaiveDate,
    /// The paper the command rests on.
    pub document: Option<Document>,
    /// Why.
    pub reason: Option<String>,
}
