//! Commands: what somebody asks of the ledger. `decide` answers with events or a rejection.

use chrono::NaiveDate;
use uuid::Uuid;

use super::adoption::Adoption;
use super::class::HouseholdClass;
use super::code::Code;
use super::event::{Document, Sex};
use super::fixed::{Money, Quantity};
use super::ledger::{ContentPart, UnitLevel};
use super::norm::{IndicatorSet, NormNotified};
use super::papers::DocumentRegistered;
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

/// An administrative unit as somebody describes it. What is absent is not said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of `UnitRegistered`")]
pub struct UnitDraft {
    pub unit: Option<String>,
    pub code: Option<Code>,
    pub level: Option<UnitLevel>,
    pub name: Option<String>,
    pub parent: Option<String>,
    pub valid_from: Option<NaiveDate>,
}

/// A reorganisation of administrative units as a resolution describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReorganisationDraft {
    /// The first day of the new order.
    pub effective_on: Option<NaiveDate>,
    /// Units of the old order that the ledger may not know yet: those it does not are registered.
    pub known: Vec<UnitDraft>,
    /// The units that end, by id or by the code they have until then.
    pub from: Vec<String>,
    /// The units that take over: new ones with level and name, others by their id alone.
    pub into: Vec<UnitDraft>,
    /// Part and where it goes. A unit whose parts are not named goes whole to the only new unit of
    /// its level.
    pub parts: Vec<(String, String)>,
    /// Household and its new village, for villages that are divided.
    pub homes: Vec<(Code, String)>,
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
    /// A part of a household lives on its own.
    SplitHousehold {
        /// Which household.
        household: Code,
        /// What there is afterwards; those that are not known are registered.
        into: Vec<Code>,
        /// Persons and the household they belong to afterwards.
        members: Vec<(Code, Code)>,
        /// From which day.
        on: NaiveDate,
    },
    /// A household becomes part of another.
    MergeHousehold {
        /// The household that ends.
        household: Code,
        /// The household it becomes part of.
        into: Code,
        /// From which day.
        on: NaiveDate,
    },
    /// A household ends, and none comes after it.
    CloseHousehold {
        /// Which household.
        household: Code,
        /// The first day without it.
        on: NaiveDate,
    },
    /// A person leaves a household.
    LeaveHousehold {
        /// Which person.
        person: Code,
        /// From which day.
        on: NaiveDate,
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
    /// Adopt a newer catalogue.
    AdoptCatalogue(Box<Adoption>),
    /// A series has a value from a day on.
    SetIndicator(IndicatorSet),
    /// A document fixed how much is given.
    NotifyNorm(NormNotified),
    /// Register a document.
    RegisterDocument(DocumentRegistered),
    /// Put right what is said of a document.
    CorrectDocument(DocumentRegistered),
    /// Set a target.
    SetTarget {
        /// An indicator or a kind.
        kind: String,
        /// For which period.
        period: Period,
        /// The figure to reach.
        value: Quantity,
    },
    /// Issue a report, with the texts that the log does not hold yet.
    IssueReport {
        /// Everything that made it.
        issued: Box<ReportIssued>,
        /// The model, the narrative, the template, in parts.
        parts: Vec<ContentPart>,
    },
    /// Register an administrative unit.
    RegisterUnit(UnitDraft),
    /// Give a unit another name.
    RenameUnit {
        /// Which unit.
        unit: String,
        /// Its new name.
        name: String,
        /// From which day; absent for a name put right.
        on: Option<NaiveDate>,
    },
    /// Units end, and others take over what they had.
    ReorganiseUnits(Box<ReorganisationDraft>),
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
