//! The support catalogue: what support an office gives, under which programme, to whom, how much,
//! and on which legal basis. It is data: another office, another country or a later law is
//! another file, never another program.
//!
//! The built-in catalogue is Viet Nam's ([`Catalogue::built_in_json`]). Each of its cells says how
//! sure it is ([`Certainty`]); what nobody could confirm is marked, and what nobody knows is left
//! out.
//!
//! **Invariant:** a catalogue that [`Catalogue::from_json`] returned has no [`CatalogueIssue`].
//! Reading works on text that was passed in; this module opens no file.

mod day;
mod expression;
mod issue;
mod read;
mod validate;

use std::fmt;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::HouseholdClass;
use super::code::Code;
use super::fixed::{Money, Quantity};
use super::language::Text;
use super::stage::Stage;
use day::IsoDay;
pub use expression::{Expression, ExpressionError};
pub use issue::{
    CatalogueIssue, CatalogueProblem, CodeProblem, List, Place, RuleProblem, ShapeProblem,
};

/// A catalogue of support: programmes, sources, units, indicators, groups and support kinds.
///
/// Every struct here declares its members in the order of their JSON names, and leaves out what is
/// absent, so that writing one gives the canonical form (RFC 8785) that events are kept in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The code of the catalogue, such as `vietnam`.
    #[schemars(extend("pattern" = r"^[a-z][a-z0-9_]*$"))]
    pub code: Code,
    /// The currency of its amounts, three capital letters (ISO 4217).
    #[schemars(extend("pattern" = r"^[A-Z]{3}$"))]
    pub currency: String,
    /// How many decimals an amount in that currency may have: 0 to 3.
    #[schemars(range(max = 3))]
    pub currency_decimals: u8,
    /// What the catalogue is, and where its facts come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Text")]
    pub description: Option<Text>,
    /// Groups that a support of some kinds is counted by, such as those of insurance cards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupCode>,
    /// What targets are set for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indicators: Vec<Indicator>,
    /// The kinds of support; at least one.
    pub kinds: Vec<SupportKind>,
    /// What people call the catalogue.
    pub name: Text,
    /// Programmes, projects and sub-projects; at least one.
    pub programmes: Vec<Programme>,
    /// Dated values that norms are worked out with: the base salary, a price, a tax rate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Series>,
    /// Who pays; at least one.
    pub sources: Vec<FundingSource>,
    /// What quantities are counted in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitOfMeasure>,
    /// The version of the catalogue, counted up with every change.
    pub version: u32,
}

/// A programme, a project of one, or a sub-project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// How sure its name and its place among the programmes are. Absent: nobody doubted them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Certainty")]
    pub certainty: Option<Certainty>,
    /// Its code, such as `ntp_poverty_reduction_p2`.
    #[schemars(extend("pattern" = r"^[a-z][a-z0-9_]*$"))]
    pub code: Code,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legal_basis: Vec<LegalBasis>,
    /// What people call it.
    pub name: Text,
    /// The programme that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code")]
    pub parent: Option<Code>,
    /// Its first day.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "IsoDay")]
    pub valid_from: Option<NaiveDate>,
    /// Its last day.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "IsoDay")]
    pub valid_to: Option<NaiveDate>,
}

/// Who pays for support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FundingSource {
    /// Its code, such as `state_budget`.
    #[schemars(extend("pattern" = r"^[a-z][a-z0-9_]*$"))]
    pub code: Code,
    /// What sort of source it is.
    pub kind: SourceKind,
    /// What people call it.
    pub name: Text,
}

/// What sort of source money comes from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Public money: a budget, a programme's capital, a state reserve.
    State,
    /// Lent by a bank, to be paid back.
    Credit,
    /// Given by a fund, an organisation or an enterprise.
    Donation,
    /// The beneficiary's own share.
    Counterpart,
}

/// What a quantity is counted in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitOfMeasure {
    /// Its code, such as `kg`.
    #[schemars(extend("pattern" = r"^[a-z][a-z0-9_]*$"))]
    pub code: Code,
    /// How many decimals a quantity in it may have: 0 to 3.
    #[schemars(range(max = 3))]
    pub decimals: u8,
    /// What people call it.
    pub name: Text,
}

/// What a target is set for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Its code, such as `target_poor_households_reduced`.
    #[schemars(extend("pattern" = r"^[a-z][a-z0-9_]*$"))]
    pub code: Code,
    /// What people call it.
    pub name: Text,
    /// The unit that a target for it is counted in.
    pub unit: Code,
}

/// A value that changes from day to day, such as the base salary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Its code, such as `base_salary`.
    #[schemars(extend("pattern" = r"^[a-z][a-z0-9_]*$"))]
    pub code: Code,
    /// What people call it.
    pub name: Text,
    /// Its values.
    pub values: Vec<SeriesValue>,
}

/// A value of a series, from a day until the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesValue {
    /// It was announced, and is not yet law.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub announced: bool,
    /// How sure this is.
    pub certainty: Certainty,
    /// What fixed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DocumentReference")]
    pub document: Option<DocumentReference>,
    /// Its first day. Absent: before anything that was looked up.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "IsoDay")]
    pub from: Option<NaiveDate>,
    /// The value.
    pub value: Quantity,
}

/// How a norm that is worked out becomes an amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// In which direction.
    pub mode: RoundingMode,
    /// To a multiple of this.
    pub to: Money,
}

/// In which direction an amount is rounded.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RoundingMode {
    /// To the nearest, a half away from zero.
    HalfUp,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
}

/// A group that a support is counted by, which is no household class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupCode {
    /// Its code, such as `under_six`.
    #[schemars(extend("pattern" = r"^[a-z][a-z0-9_]*$"))]
    pub code: Code,
    /// What people call it.
    pub name: Text,
}

/// A kind of support: one entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportKind {
    /// It is held, not disbursed: a visit, a meeting, a course.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub activity: bool,
    /// How often it is given.
    pub cadence: Cadence,
    /// Its code, such as `preschool_lunch`.
    #[schemars(extend("pattern" = r"^[a-z][a-z0-9_]*$"))]
    pub code: Code,
    /// `none` when a record must state its stage; absent otherwise. See
    /// [`SupportKind::default_stage`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DefaultStage")]
    pub default_stage: Option<DefaultStage>,
    /// Who may get it. Absent where nobody could tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Eligibility")]
    pub eligible: Option<Eligibility>,
    /// Kinds that name the same group exclude one another for a beneficiary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code")]
    pub exclusivity_group: Option<Code>,
    /// The groups that a support of this kind may be counted by; none when it has no groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Code>,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legal_basis: Vec<LegalBasis>,
    /// What a beneficiary of it is.
    pub level: Level,
    /// What is given.
    pub measure: Measure,
    /// What people call it.
    pub name: Text,
    /// How much is given, over time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub norms: Vec<Norm>,
    /// The programme it comes under.
    pub programme: Code,
    /// When and how it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Text")]
    pub recovery: Option<Text>,
    /// What who reads a figure of it has to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Text")]
    pub report_note: Option<Text>,
    /// Who usually pays for it, the most usual first. No limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Code>,
    /// The stages it goes through. Absent: `held` alone for an activity, all from `registered` to
    /// `settled` for any other kind. `rejected` and `withdrawn` are never listed
    /// ([`SupportKind::allows`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Stage>", length(min = 1))]
    pub stages: Option<Vec<Stage>>,
    /// The kind that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code")]
    pub successor: Option<Code>,
    /// The unit of its quantities; absent when it is only money. A record may still leave its
    /// quantity out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code")]
    pub unit: Option<Code>,
    /// The first day that it can be given for.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "IsoDay")]
    pub valid_from: Option<NaiveDate>,
    /// The last day that it can be given for; it can be paid later.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "IsoDay")]
    pub valid_to: Option<NaiveDate>,
}

/// What a kind of support gives.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Money, paid out.
    Money,
    /// Things: rice, animals, a house.
    Goods,
    /// Something that need not be paid.
    Waiver,
    /// A service that somebody else provides.
    Service,
    /// Money, to be paid back.
    Loan,
    /// Something that is held and attended.
    Activity,
}

/// What a beneficiary of a kind of support is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A household.
    Household,
    /// A person in a household.
    Person,
    /// A person in a household, as a pupil or a child at a school.
    Pupil,
    /// Several households together.
    Group,
    /// A village or a commune.
    Community,
    /// People who work on the programme.
    Official,
}

/// How often a kind of support is given.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    /// Every month.
    Monthly,
    /// Every quarter.
    Quarterly,
    /// Twice in a school year.
    PerSemester,
    /// Every year.
    Yearly,
    /// Once.
    Once,
    /// When it is held.
    Event,
    /// Whenever it is asked for.
    AnyTime,
}

/// How a record of a kind gets a stage that it does not state.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DefaultStage {
    /// It gets none: the stage must be stated.
    None,
}

/// Who may get a kind of support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Eligibility {
    /// How sure this is.
    pub certainty: Certainty,
    /// Classes of household that may get it by their class alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<HouseholdClass>,
    /// Grounds on which a beneficiary may get it, whatever the class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grounds: Vec<Ground>,
    /// The rule in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Text")]
    pub note: Option<Text>,
}

/// A ground on which support is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// Its code, such as `disabled`.
    #[schemars(extend("pattern" = r"^[a-z][a-z0-9_]*$"))]
    pub code: Code,
    /// What people call it.
    pub name: Text,
}

/// How much is given, from one day to another. Its formula is in words; its amount or quantity,
/// where it has one, is what the formula came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Norm {
    /// The amount, in the catalogue's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Money")]
    pub amount: Option<Money>,
    /// It was announced, and is not yet law: [`SupportKind::norm_on`] leaves it out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub announced: bool,
    /// The first day that it is applied to, where that is not the day it took effect (a law may
    /// reach back).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "IsoDay")]
    pub applies_from: Option<NaiveDate>,
    /// Whether the amount is a limit. Absent: it is exactly what is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NormBound")]
    pub bound: Option<NormBound>,
    /// How sure this is.
    pub certainty: Certainty,
    /// What fixed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DocumentReference")]
    pub document: Option<DocumentReference>,
    /// The day it took effect. Absent: before anything that was looked up.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "IsoDay")]
    pub effective_from: Option<NaiveDate>,
    /// The last day it is in force. Absent: until further notice.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "IsoDay")]
    pub effective_to: Option<NaiveDate>,
    /// The formula over series, such as `0.4 * base_salary`. Where there is an amount as well, that
    /// is what stands, and the formula checks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 300))]
    pub expression: Option<String>,
    /// The most months in a (school) year that it is given for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u8", range(min = 1, max = 12))]
    pub max_months: Option<u8>,
    /// What the amount or quantity is for.
    pub per: NormPer,
    /// The quantity, in the unit of the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Quantity")]
    pub quantity: Option<Quantity>,
    /// How the formula becomes an amount. Absent: to the whole unit of currency, half up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Rounding")]
    pub rounding: Option<Rounding>,
    /// The rule or formula in words.
    pub text: Text,
    /// The case it is for, where one kind has several norms at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Ground")]
    pub variant: Option<Ground>,
}

/// What a norm is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NormPer {
    /// One day.
    Day,
    /// One month.
    Month,
    /// One quarter.
    Quarter,
    /// One calendar or school year.
    Year,
    /// Once, for a beneficiary.
    Once,
    /// One household.
    Household,
    /// One person.
    Person,
    /// One house.
    House,
    /// One course.
    Course,
    /// One project.
    Project,
}

impl NormPer {
    /// The code that stands in a catalogue.
    pub fn code(self) -> &'static str {
        match self {
            NormPer::Day => "day",
            NormPer::Month => "month",
            NormPer::Quarter => "quarter",
            NormPer::Year => "year",
            NormPer::Once => "once",
            NormPer::Household => "household",
            NormPer::Person => "person",
            NormPer::House => "house",
            NormPer::Course => "course",
            NormPer::Project => "project",
        }
    }
}

impl fmt::Display for NormPer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Whether an amount is a limit.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NormBound {
    /// No more than that.
    AtMost,
    /// No less than that.
    AtLeast,
}

/// A document that a norm names: enough to find it among the legal bases, or in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentReference {
    /// The article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub article: Option<String>,
    /// Its number and symbol, such as `105/2020/NĐ-CP`.
    #[schemars(length(min = 1))]
    pub number: String,
    /// What sort of document it is.
    #[serde(rename = "type")]
    pub document_type: LegalType,
}

/// A legal document that a programme or a kind of support rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalBasis {
    /// The first day that it is applied to, where that is not the day it took effect.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "IsoDay")]
    pub applies_from: Option<NaiveDate>,
    /// The article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub article: Option<String>,
    /// How sure this is.
    pub certainty: Certainty,
    /// The day it took effect.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "IsoDay")]
    pub effective_from: Option<NaiveDate>,
    /// The day it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "IsoDay")]
    pub issued: Option<NaiveDate>,
    /// Its number and symbol, such as `105/2020/NĐ-CP`.
    #[schemars(length(min = 1))]
    pub number: String,
    /// The number of the document that replaced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub repealed_by: Option<String>,
    /// What sort of document it is.
    #[serde(rename = "type")]
    pub document_type: LegalType,
}

/// What sort of legal document it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LegalType {
    /// Nghị định.
    Decree,
    /// Quyết định.
    Decision,
    /// Thông tư.
    Circular,
    /// Luật.
    Law,
    /// Nghị quyết.
    Resolution,
    /// Kế hoạch.
    Plan,
}

impl LegalType {
    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            LegalType::Decree => Text::new("Nghị định", "Decree"),
            LegalType::Decision => Text::new("Quyết định", "Decision"),
            LegalType::Circular => Text::new("Thông tư", "Circular"),
            LegalType::Law => Text::new("Luật", "Law"),
            LegalType::Resolution => Text::new("Nghị quyết", "Resolution"),
            LegalType::Plan => Text::new("Kế hoạch", "Plan"),
        }
    }
}

/// How sure a cell of the catalogue is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Read in a source.
    Verified,
    /// Worked out from what was read.
    Computed,
    /// Stated by the office's own paper.
    Stated,
    /// Remembered, not confirmed: a default that an office may change, always shown as such.
    Unverified,
}

impl Certainty {
    /// What stands beside a cell of this certainty: nothing unless it is unverified.
    pub fn flag(self) -> Option<Text> {
        match self {
            Certainty::Unverified => Some(Text::new("chưa xác minh", "unverified")),
            Certainty::Verified | Certainty::Computed | Certainty::Stated => None,
        }
    }
}

impl Catalogue {
    /// The longest catalogue that is read, in bytes: 1 MiB. The built-in one is a tenth of it.
    pub const LARGEST_BYTES: usize = 1 << 20;

    /// The most entries of one list of a catalogue that is read.
    pub const MOST_ENTRIES: usize = 2_000;

    /// The built-in catalogue of Viet Nam, as JSON.
    pub fn built_in_json() -> &'static str {
        include_str!("../../schemas/catalogue/vietnam.json")
    }

    /// Reads a catalogue from the text of a file and checks it. `file_name` is what the issues
    /// call the file.
    ///
    /// # Errors
    /// Every [`CatalogueIssue`] that was found, in the order of the file's lists. An entry that
    /// cannot be read at all gives its first fault only, and the other entries are still checked.
    pub fn from_json(text: &str, file_name: &str) -> Result<Catalogue, Vec<CatalogueIssue>> {
        read::catalogue(text, file_name)
    }

    /// Everything that is wrong with the catalogue; nothing when it can be used.
    pub fn validate(&self) -> Vec<CatalogueIssue> {
        validate::issues(&validate::Parts::of(self))
    }

    /// The kind of support with this code.
    pub fn kind(&self, code: &str) -> Option<&SupportKind> {
        self.kinds.iter().find(|kind| kind.code.as_str() == code)
    }

    /// The funding source with this code.
    pub fn source(&self, code: &str) -> Option<&FundingSource> {
        self.sources.iter().find(|one| one.code.as_str() == code)
    }

    /// The unit of measure with this code.
    pub fn unit(&self, code: &str) -> Option<&UnitOfMeasure> {
        self.units.iter().find(|unit| unit.code.as_str() == code)
    }

    /// The programme, project or sub-project with this code.
    pub fn programme(&self, code: &str) -> Option<&Programme> {
        self.programmes.iter().find(|one| one.code.as_str() == code)
    }

    /// The group with this code.
    pub fn group(&self, code: &str) -> Option<&GroupCode> {
        self.groups.iter().find(|group| group.code.as_str() == code)
    }

    /// The indicator with this code.
    pub fn indicator(&self, code: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|one| one.code.as_str() == code)
    }

    /// The series with this code.
    pub fn series(&self, code: &str) -> Option<&Series> {
        self.series.iter().find(|one| one.code.as_str() == code)
    }

    /// A programme with everything below it, the programme first, then its children in the order
    /// of the catalogue, then theirs. Empty when there is no such programme.
    pub fn descendants(&self, programme: &str) -> Vec<&Programme> {
        let mut found: Vec<&Programme> = self.programme(programme).into_iter().collect();
        let mut next = 0;
        while let Some(parent) = found.get(next).map(|one| &one.code) {
            let children: Vec<&Programme> = self
                .programmes
                .iter()
                .filter(|one| one.parent.as_ref() == Some(parent))
                .filter(|one| !found.iter().any(|known| known.code == one.code))
                .collect();
            found.extend(children);
            next += 1;
        }
        found
    }
}

impl SupportKind {
    /// The stages of a kind that does not list its own and is no activity.
    const ALL_STAGES: [Stage; 6] = [
        Stage::Registered,
        Stage::Proposed,
        Stage::Appraised,
        Stage::Approved,
        Stage::Disbursed,
        Stage::Settled,
    ];

    /// The stages a support of this kind goes through.
    pub fn stages(&self) -> &[Stage] {
        match &self.stages {
            Some(stages) => stages,
            None if self.activity => &[Stage::Held],
            None => &SupportKind::ALL_STAGES,
        }
    }

    /// Whether a support of this kind can reach the stage. What can be asked for (any stage from
    /// `registered` to `approved`) can also be rejected or withdrawn.
    pub fn allows(&self, stage: Stage) -> bool {
        match stage {
            Stage::Rejected | Stage::Withdrawn => self
                .stages()
                .iter()
                .any(|stage| (Stage::Registered..=Stage::Approved).contains(stage)),
            _ => self.stages().contains(&stage),
        }
    }

    /// The stage of a record that states none: `held` for an activity, `disbursed` for any other
    /// kind. `None`: the stage must be stated.
    pub fn default_stage(&self) -> Option<Stage> {
        match self.default_stage {
            Some(DefaultStage::None) => None,
            None if self.activity => Some(Stage::Held),
            None => Some(Stage::Disbursed),
        }
    }

    /// The norms in force on a day, several where they are for different cases. What was only
    /// announced is not among them. For support that covers a period, ask for a day of that
    /// period and not for the day it was paid.
    pub fn norm_on(&self, date: NaiveDate) -> Vec<&Norm> {
        self.norms
            .iter()
            .filter(|norm| !norm.announced && norm.covers(date))
            .collect()
    }

    /// Whether a support of this kind can be given for a day.
    pub fn is_valid_on(&self, date: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= date) && self.valid_to.is_none_or(|to| date <= to)
    }
}

impl Norm {
    /// The first day it is applied to: `applies_from`, else `effective_from`. `None`: from ever.
    pub fn first_day(&self) -> Option<NaiveDate> {
        self.applies_from.or(self.effective_from)
    }

    fn covers(&self, date: NaiveDate) -> bool {
        self.first_day().is_none_or(|from| from <= date)
            && self.effective_to.is_none_or(|to| date <= to)
    }
}
