//! Events: what the ledger is made of.
//!
//! A stored event is one JSON object in canonical form (RFC 8785). Its envelope says when, by
//! whom, from which row and on which document; its `data` says what. **Members are declared in
//! alphabetical order in every struct of this room**, so that writing a struct gives the canonical
//! form; a test compares each of them with a sorting writer.
//!
//! A version 1 is for ever: a stored type is never edited. See ARCHITECTURE.md, "How an event
//! changes".

use std::sync::Arc;

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::closing::{PeriodClosed, PeriodReopened};
use super::code::Code;
use super::custody::{AccessAnchored, SubjectErased, SubjectHeld, SubjectReleased};
use super::finding::Finding;
use super::ledger::{
    ActorRegistered, CatalogueAdopted, ContentPart, LedgerOpened, TemplateAdopted, UnitRegistered,
};
use super::ledger_key::LedgerKeyRotated;
use super::money::{BudgetChanged, ProjectAdvanced, ProjectJoined, ProjectRegistered, TargetSet};
use super::norm::{IndicatorSet, NormNotified};
use super::papers::DocumentRegistered;
use super::people::{
    CohortListed, HouseholdChanged, HouseholdClassified, HouseholdHeadChanged, HouseholdMoved,
    HouseholdRegistered, PersonChanged, PersonJoined, PersonLeft,
};
use super::personal::{Personal, Subject};
use super::recovery::LedgerRecovered;
use super::report::ReportIssued;
use super::stage::Stage;
use super::succession::{HouseholdClosed, HouseholdMerged, HouseholdSplit};
use super::support::{SupportCorrected, SupportRecovered, SupportReversed, SupportState};
use super::unit::{UnitRenamed, UnitReorganised};
use super::version::{self, Read};

/// Who acted, copied by value: renaming a user changes no history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The short id the official is registered under.
    pub id: String,
    /// The official's name at the time.
    pub name: String,
    /// The office at the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
}

/// The row of a list an event came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The name of the file, without its folder.
    pub file: String,
    /// SHA-256 of the file's bytes, in lower-case hex.
    pub file_sha256: String,
    /// The row as a spreadsheet counts it: the header is row 1.
    pub row: u64,
    /// The sheet of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

/// The paper an event rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The date of the document: the fourth time, "decided".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Its number and symbol, such as `20/QĐ-UBND`, or the citation as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its type, such as *Quyết định*.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// The female or male sex of a person, as the papers of Viet Nam have it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Nữ.
    Female,
    /// Nam.
    Male,
}

impl Sex {
    /// The code that stands in events and figures.
    pub fn code(self) -> &'static str {
        match self {
            Sex::Female => "female",
            Sex::Male => "male",
        }
    }
}

/// One event, decoded. Only a test has another set of types than [`Body`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<B = Body> {
    /// When it was recorded: milliseconds since 1970 in UTC, never decreasing along the log.
    pub at_ms: i64,
    /// The import or the command it belongs to, where that made several events.
    pub batch: Option<Uuid>,
    /// Who recorded it.
    pub by: Actor,
    /// What happened.
    pub body: B,
    /// The paper it rests on.
    pub document: Option<Document>,
    /// What seemed doubtful when it was decided, for somebody to look at.
    pub findings: Vec<Finding>,
    /// Its id, unique in the ledger.
    pub id: Uuid,
    /// It happened in a period that was already closed when it was recorded.
    pub late: bool,
    /// The ledger's id: 32 lower-case hex digits.
    pub ledger: String,
    /// Why, in the recorder's words: always there on a reversal or a correction.
    pub reason: Option<String>,
    /// Its place in the log, from 1, without gaps.
    pub seq: u64,
    /// The row it came from.
    pub source: Option<Source>,
}

/// What a fold of figures looks at in an event: neither who recorded it nor from which row.
#[derive(Debug, Clone, Copy)]
pub struct Happened<'a> {
    /// When it was recorded: milliseconds since 1970 in UTC.
    pub at_ms: i64,
    /// What happened.
    pub body: &'a Body,
    /// The date of the paper it rests on.
    pub document_date: Option<NaiveDate>,
    /// Its id.
    pub id: Uuid,
    /// Something seemed doubtful when it was decided.
    pub noted: bool,
    /// Its place in the log.
    pub seq: u64,
}

impl Event {
    /// What a fold of figures looks at.
    pub fn happened(&self) -> Happened<'_> {
        Happened {
            at_ms: self.at_ms,
            body: &self.body,
            document_date: self.document.as_ref().and_then(|paper| paper.date),
            id: self.id,
            noted: !self.findings.is_empty(),
            seq: self.seq,
        }
    }
}

/// Why `type` and `v` of a stored event cannot be read by this program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError<E> {
    /// A later program wrote it.
    #[error("an event of type {0} version {1} needs a newer program")]
    Newer(String, u32),
    /// The data does not have the shape of its type.
    #[error("{0}")]
    Malformed(E),
}

/// A set of event types, each read in every version it ever had and written in its newest.
pub trait Bodies: Serialize + Sized {
    /// The `type` of the event.
    fn type_name(&self) -> &'static str;

    /// The version it is written in: the `v` of the event.
    fn version(&self) -> u32;

    /// What it says of a support that reaches a stage, which most events do.
    fn support(&self) -> Option<&SupportState> {
        None
    }

    /// Reads the data of a type and version. Old versions are upcast here, so that no reader can
    /// miss it.
    ///
    /// # Errors
    /// [`BodyError::Newer`] for an unknown type or a higher version, else the deserialiser's own
    /// error.
    fn read<'de, D: Deserializer<'de>>(
        type_name: &str,
        v: u32,
        data: D,
    ) -> Result<Read<Self>, BodyError<D::Error>>;
}

/// The set of event types. A type whose data changed names the struct of the version before:
/// `HouseholdMoved(HouseholdMoved) = "household.moved" after HouseholdMovedV1`, and its data is
/// [`version::Versioned`].
macro_rules! bodies {
    (@read $data:ty, $v:expr, $from:expr) => {
        version::read_first::<$data, _>($v, $from)
    };
    (@read $data:ty, $v:expr, $from:expr, $before:ty) => {
        version::read_after::<$data, $before, _>($v, $from)
    };
    (@version $data:ty) => {
        1
    };
    (@version $data:ty, $before:ty) => {
        <$data as version::Versioned>::V
    };
    ($($(#[$doc:meta])* $variant:ident($data:ty) = $name:literal $(after $before:ty)?,)*) => {
        /// What happened: the type of an event with its data.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Body {
            $($(#[$doc])* $variant(Box<$data>),)*
            /// `support.<stage>` or, for an activity, `activity.held`: an action reached a stage.
            /// Shared with whoever keeps what it says.
            Support(Stage, Arc<SupportState>),
        }

        impl Body {
            /// The `type` of the event.
            pub fn type_name(&self) -> &'static str {
                Bodies::type_name(self)
            }

            /// The version in which a type is written.
            pub fn version_of(type_name: &str) -> Option<u32> {
                match type_name {
                    $($name => Some(bodies!(@version $data $(, $before)?)),)*
                    _ => support_stage(type_name).map(|_| 1),
                }
            }

            /// Every type this program reads and writes.
            pub fn type_names() -> Vec<&'static str> {
                let mut names = vec![$($name,)*];
                names.extend(Stage::ALL.map(support_type));
                names
            }

            /// The JSON Schema of the data of a type.
            pub fn data_schema(type_name: &str, generator: &mut SchemaGenerator) -> Option<Schema> {
                if support_stage(type_name).is_some() {
                    return Some(SupportState::json_schema(generator));
                }
                match type_name {
                    $($name => Some(<$data>::json_schema(generator)),)*
                    _ => None,
                }
            }
        }

        impl Bodies for Body {
            fn type_name(&self) -> &'static str {
                match self {
                    $(Body::$variant(_) => $name,)*
                    Body::Support(stage, _) => support_type(*stage),
                }
            }

            fn version(&self) -> u32 {
                match self {
                    $(Body::$variant(_) => bodies!(@version $data $(, $before)?),)*
                    Body::Support(..) => 1,
                }
            }

            fn support(&self) -> Option<&SupportState> {
                match self {
                    Body::Support(_, state) => Some(state),
                    _ => None,
                }
            }

            fn read<'de, D: Deserializer<'de>>(
                type_name: &str,
                v: u32,
                data: D,
            ) -> Result<Read<Body>, BodyError<D::Error>> {
                let newer = || BodyError::Newer(type_name.to_owned(), v);
                if let Some(stage) = support_stage(type_name) {
                    let read = version::read_first(v, data).map_err(BodyError::Malformed)?;
                    let Read { data, stored } = read.ok_or_else(newer)?;
                    let data = Body::Support(stage, Arc::new(data));
                    return Ok(Read { data, stored });
                }
                match type_name {
                    $($name => {
                        let read = bodies!(@read $data, v, data $(, $before)?);
                        let read = read.map_err(BodyError::Malformed)?;
                        let Read { data, stored } = read.ok_or_else(newer)?;
                        let data = Body::$variant(Box::new(data));
                        Ok(Read { data, stored })
                    })*
                    _ => Err(newer()),
                }
            }
        }

        impl Serialize for Body {
            /// Writes the data alone; the type stands in the envelope.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Body::$variant(data) => data.serialize(serializer),)*
                    Body::Support(_, state) => state.serialize(serializer),
                }
            }
        }
    };
}

/// The type of the event by which a support reaches a stage.
pub fn support_type(stage: Stage) -> &'static str {
    match stage {
        Stage::Registered => "support.registered",
        Stage::Proposed => "support.proposed",
        Stage::Appraised => "support.appraised",
        Stage::Approved => "support.approved",
        Stage::Disbursed => "support.disbursed",
        Stage::Settled => "support.settled",
        Stage::Rejected => "support.rejected",
        Stage::Withdrawn => "support.withdrawn",
        Stage::Held => "activity.held",
    }
}

fn support_stage(type_name: &str) -> Option<Stage> {
    Stage::ALL
        .into_iter()
        .find(|stage| support_type(*stage) == type_name)
}

bodies! {
    /// The first event of every ledger.
    LedgerOpened(LedgerOpened) = "ledger.opened",
    /// Another key signs the checkpoints from here on.
    LedgerKeyRotated(LedgerKeyRotated) = "ledger.key_rotated",
    /// Events were lost, and the ledger goes on under another origin and key.
    LedgerRecovered(LedgerRecovered) = "ledger.recovered",
    /// An official may act.
    ActorRegistered(ActorRegistered) = "actor.registered",
    /// A part of a larger text that a later event of the batch names by its SHA-256.
    ContentPart(ContentPart) = "content.part",
    /// A catalogue is in use from here on.
    CatalogueAdopted(CatalogueAdopted) = "catalogue.adopted",
    /// A report template is in use from here on.
    TemplateAdopted(TemplateAdopted) = "template.adopted",
    /// A dated series has a value from a day on.
    IndicatorSet(IndicatorSet) = "indicator.set",
    /// A document fixed how much is given.
    NormNotified(NormNotified) = "norm.notified",
    /// A document is known by its number.
    DocumentRegistered(DocumentRegistered) = "document.registered",
    /// What was said of a document was wrong, and this is right.
    DocumentCorrected(DocumentRegistered) = "document.corrected",
    /// An administrative unit is known.
    UnitRegistered(UnitRegistered) = "unit.registered",
    /// An administrative unit goes by another name.
    UnitRenamed(UnitRenamed) = "unit.renamed",
    /// Administrative units end, and others take over.
    UnitReorganised(UnitReorganised) = "unit.reorganised",
    /// A household is known.
    HouseholdRegistered(HouseholdRegistered) = "household.registered",
    /// A household lives in another village.
    HouseholdMoved(HouseholdMoved) = "household.moved",
    /// A household has another head.
    HouseholdHeadChanged(HouseholdHeadChanged) = "household.head_changed",
    /// Another attribute of a household changed.
    HouseholdChanged(HouseholdChanged) = "household.changed",
    /// A review put a household in a class.
    HouseholdClassified(HouseholdClassified) = "household.classified",
    /// A part of a household lives on its own.
    HouseholdSplit(HouseholdSplit) = "household.split",
    /// A household became part of another.
    HouseholdMerged(HouseholdMerged) = "household.merged",
    /// A household ended, and none came after it.
    HouseholdClosed(HouseholdClosed) = "household.closed",
    /// A person belongs to a household.
    PersonJoined(PersonJoined) = "person.joined",
    /// An attribute of a person changed.
    PersonChanged(PersonChanged) = "person.changed",
    /// A person left a household.
    PersonLeft(PersonLeft) = "person.left",
    /// A household is on a named list.
    CohortListed(CohortListed) = "cohort.listed",
    /// A project is known.
    ProjectRegistered(ProjectRegistered) = "project.registered",
    /// A project reached a stage.
    ProjectAdvanced(ProjectAdvanced) = "project.advanced",
    /// A household takes part in a project.
    ProjectJoined(ProjectJoined) = "project.joined",
    /// Money was given to a programme or a project.
    BudgetAllocated(BudgetChanged) = "budget.allocated",
    /// An allocation was raised or lowered.
    BudgetAdjusted(BudgetChanged) = "budget.adjusted",
    /// A target was set for a period; the newest replaces the older.
    TargetSet(TargetSet) = "target.set",
    /// A support, or one stage of it, was recorded by mistake.
    SupportReversed(SupportReversed) = "support.reversed",
    /// One stage of a support was recorded wrongly, and this is right.
    SupportCorrected(SupportCorrected) = "support.corrected",
    /// Money was taken back.
    SupportRecovered(SupportRecovered) = "support.recovered",
    /// A report was issued, with everything that made it.
    ReportIssued(ReportIssued) = "report.issued",
    /// Days are closed: what is recorded of them from here on is late.
    PeriodClosed(PeriodClosed) = "period.closed",
    /// Closed days are open again.
    PeriodReopened(PeriodReopened) = "period.reopened",
    /// The key of a subject was destroyed: nobody can open its fields any more.
    SubjectErased(SubjectErased) = "subject.erased",
    /// A subject's data must be kept.
    SubjectHeld(SubjectHeld) = "subject.held",
    /// A hold has ended.
    SubjectReleased(SubjectReleased) = "subject.released",
    /// The log of who opened personal fields had this length and hash.
    AccessAnchored(AccessAnchored) = "access.anchored",
}

/// The one list of personal fields, for reading and for sealing.
macro_rules! personal_fields {
    ($body:expr, $as_ref:ident, $visit:expr) => {
        match $body {
            Body::HouseholdRegistered(data) => {
                personal_fields!(
                    data, $as_ref, $visit, ethnicity, head, id_number, note, poverty_code
                );
            }
            Body::HouseholdHeadChanged(data) => {
                personal_fields!(data, $as_ref, $visit, ethnicity, head, id_number);
            }
            Body::HouseholdChanged(data) => {
                personal_fields!(data, $as_ref, $visit, note, poverty_code);
            }
            Body::CohortListed(data) => personal_fields!(data, $as_ref, $visit, note),
            Body::ProjectJoined(data) => personal_fields!(data, $as_ref, $visit, note),
            Body::PersonJoined(data) => {
                personal_fields!(
                    data, $as_ref, $visit, born, ethnicity, id_number, name, note, relation
                );
            }
            Body::PersonChanged(data) => {
                personal_fields!(
                    data, $as_ref, $visit, born, ethnicity, id_number, name, note, relation
                );
            }
            Body::SupportCorrected(data) => {
                if let Some(value) = data.to.note.$as_ref() {
                    $visit("to.note", value);
                }
                if let Some(value) = data.to.recipient.$as_ref() {
                    $visit("to.recipient", value);
                }
            }
            _ => {}
        }
    };
    ($data:expr, $as_ref:ident, $visit:expr, $($field:ident),*) => {{
        $(if let Some(value) = $data.$field.$as_ref() {
            $visit(stringify!($field), value);
        })*
    }};
}

impl Body {
    /// Who the personal fields of this event are about: the person, else the household, else the
    /// ledger as a whole (free text about no one in particular).
    pub fn subject(&self) -> Subject {
        let of = |household: Option<&Code>, person: Option<&Code>| match (person, household) {
            (Some(person), _) => Subject::Person(person.clone()),
            (None, Some(household)) => Subject::Household(household.clone()),
            (None, None) => Subject::Ledger,
        };
        match self {
            Body::HouseholdRegistered(data) => of(Some(&data.household), None),
            Body::HouseholdHeadChanged(data) => of(Some(&data.household), None),
            Body::HouseholdChanged(data) => of(Some(&data.household), None),
            Body::CohortListed(data) => of(Some(&data.household), None),
            Body::ProjectJoined(data) => of(Some(&data.household), None),
            Body::PersonJoined(data) => of(None, Some(&data.person)),
            Body::PersonChanged(data) => of(None, Some(&data.person)),
            Body::Support(_, data) => of(data.household.as_ref(), data.person.as_ref()),
            Body::SupportCorrected(data) => of(data.to.household.as_ref(), data.to.person.as_ref()),
            _ => Subject::Ledger,
        }
    }

    /// Visits the personal fields with their places.
    pub fn each_personal(&self, visit: &mut dyn FnMut(&'static str, &Personal)) {
        match self {
            Body::Support(_, state) => personal_fields!(state, as_ref, visit, note, recipient),
            _ => personal_fields!(self, as_ref, visit),
        }
    }

    /// Visits the personal fields with their places, to seal or open them.
    pub fn each_personal_mut(&mut self, visit: &mut dyn FnMut(&'static str, &mut Personal)) {
        match self {
            // Most have none, and stay shared.
            Body::Support(_, state) if state.note.is_none() && state.recipient.is_none() => {}
            Body::Support(_, state) => {
                let state = Arc::make_mut(state);
                personal_fields!(state, as_mut, visit, note, recipient);
            }
            _ => personal_fields!(self, as_mut, visit),
        }
    }
}

#[cfg(test)]
mod tests {
    //! A type with three versions. The product has none yet; the machinery is the product's own.

    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::version::{Nothing, Versioned};
    use crate::log::codec::{DecodeError, decode_as, encode};

    /// Version 1 knew one name for the village.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct MovedV1 {
        household: Code,
        to: String,
    }

    /// Version 2 called it `village` and had a date.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct MovedV2 {
        household: Code,
        #[serde(skip_serializing_if = "Option::is_none")]
        on: Option<NaiveDate>,
        village: String,
    }

    /// Version 3 has several villages.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct Moved {
        household: Code,
        #[serde(skip_serializing_if = "Option::is_none")]
        on: Option<NaiveDate>,
        villages: Vec<String>,
    }

    impl Versioned for MovedV1 {
        type Before = Nothing;
        fn lift(before: Nothing) -> MovedV1 {
            match before {}
        }
    }

    impl Versioned for MovedV2 {
        type Before = MovedV1;
        fn lift(before: MovedV1) -> MovedV2 {
            MovedV2 {
                household: before.household,
                on: None,
                village: before.to,
            }
        }
    }

    impl Versioned for Moved {
        type Before = MovedV2;
        fn lift(before: MovedV2) -> Moved {
            Moved {
                household: before.household,
                on: before.on,
                villages: vec![before.village],
            }
        }
    }

    mod types {
        #![allow(dead_code, missing_docs, reason = "a set of types for this test only")]
        use super::super::*;
        use super::{Moved, MovedV2};
        bodies! {
            /// With three versions.
            Moved(Moved) = "household.moved" after MovedV2,
            /// With one.
            TargetSet(TargetSet) = "target.set",
        }
    }

    fn line(data: &str, v: u32) -> String {
        format!(
            r#"{{"at":"2023-04-12T03:04:05.678Z","by":{{"id":"c","name":"A clerk"}},"data":{data},"id":"01938029-2380-734b-b666-050a06025712","ledger":"07070707070707070707070707070707","seq":1,"type":"household.moved","v":{v}}}"#
        )
    }

    fn moved(bytes: &str) -> Result<Moved, DecodeError> {
        let event = decode_as::<types::Body>(bytes.as_bytes())?;
        match event.body {
            types::Body::Moved(moved) => Ok(*moved),
            other => Err(DecodeError::Malformed(other.type_name().to_owned())),
        }
    }

    const V1: &str = r#"{"household":"H1","to":"Cao Lộc"}"#;
    const V2: &str = r#"{"household":"H1","village":"Cao Lộc"}"#;
    const V3: &str = r#"{"household":"H1","villages":["Cao Lộc"]}"#;

    #[test]
    fn every_version_reads_as_the_newest_and_folds_the_same() {
        let newest = moved(&line(V3, 3));
        assert!(newest.is_ok(), "{newest:?}");
        for (data, v) in [(V1, 1), (V2, 2)] {
            assert_eq!(moved(&line(data, v)), newest);
        }
        let fold = |lines: &[String]| {
            let mut homes: BTreeMap<Code, Vec<Vec<String>>> = BTreeMap::new();
            for moved in lines.iter().flat_map(|line| moved(line)) {
                let seen = homes.entry(moved.household).or_default();
                seen.push(moved.villages);
            }
            homes
        };
        let mixed = fold(&[line(V1, 1), line(V2, 2), line(V3, 3)]);
        assert_eq!(mixed, fold(&[line(V3, 3), line(V3, 3), line(V3, 3)]));
        assert_eq!(mixed.values().map(Vec::len).sum::<usize>(), 3);
    }

    #[test]
    fn an_old_version_is_held_to_its_own_canonical_form() {
        for (broken, v) in [
            (r#"{"to":"Cao Lộc","household":"H1"}"#, 1),
            (r#"{"household":"H1", "to":"Cao Lộc"}"#, 1),
            (r#"{"household":"H1","to":"Cao L\u1ed9c"}"#, 1),
            (r#"{"household":"H1","on":null,"village":"Cao Lộc"}"#, 2),
        ] {
            let found = moved(&line(broken, v));
            assert_eq!(found, Err(DecodeError::NotCanonical), "{broken}");
        }
        for (foreign, v) in [(V3, 1), (V1, 2), (V2, 3), (r#"{"household":"H1"}"#, 1)] {
            let found = moved(&line(foreign, v));
            assert!(matches!(found, Err(DecodeError::Malformed(_))), "{foreign}");
        }
    }

    #[test]
    fn a_later_version_needs_a_newer_program_and_the_newest_is_written() {
        for v in [0, 4, u32::MAX] {
            let newer = DecodeError::Newer("household.moved".to_owned(), v);
            assert_eq!(moved(&line(V3, v)), Err(newer));
        }
        let event = decode_as::<types::Body>(line(V1, 1).as_bytes());
        let again = event.map(|event| encode(&event).unwrap_or_default());
        assert_eq!(again, Ok(line(V3, 3).into_bytes()));
        assert_eq!(types::Body::version_of("household.moved"), Some(3));
        assert_eq!(types::Body::version_of("target.set"), Some(1));
        assert_eq!(types::Body::version_of("support.disbursed"), Some(1));
        assert_eq!(types::Body::version_of("no.such"), None);
    }

    #[test]
    fn every_type_of_the_product_has_a_version() {
        for name in Body::type_names() {
            assert!(Body::version_of(name).is_some_and(|v| v >= 1), "{name}");
        }
    }
}
