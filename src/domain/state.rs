//! The state that decisions are made on, folded from events by `evolve`.
//!
//! **Invariant:** `evolve` checks no rule. What was decided once is folded for ever, whatever the
//! rules are by then.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use chrono::NaiveDate;
use uuid::Uuid;

use super::catalogue::Catalogue;
use super::class::HouseholdClass;
use super::closing::Closings;
use super::code::Code;
use super::custody::{Anchor, Custody};
use super::event::{Body, Event, Sex};
use super::fixed::{Money, Quantity};
use super::language::Text;
use super::ledger::{ContentPart, LedgerOpened};
use super::money::{BudgetChanged, ProjectRegistered};
use super::norm::{ToldNorm, ToldValue};
use super::papers::DocumentRegistered;
use super::people::{HouseholdRegistered, PersonJoined};
use super::period::Period;
use super::personal::{Personal, Subject};
use super::report::IssuedReport;
use super::stage::Stage;
use super::succession::HouseholdEnd;
use super::support::{CorrectionMode, SupportState};
use super::unit::{UnitReorganised, Units};

/// A value that holds from a date (or from the beginning) until the next one.
///
/// **Tie-break:** of two values for the same date, the one recorded later holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated<T> {
    entries: Vec<DatedEntry<T>>,
}

impl<T> Default for Dated<T> {
    fn default() -> Dated<T> {
        Dated {
            entries: Vec::new(),
        }
    }
}

/// One value of a [`Dated`], and the event that said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedEntry<T> {
    /// From which day; `None` is from the beginning.
    pub from: Option<NaiveDate>,
    /// The event that recorded it.
    pub seq: u64,
    /// The value.
    pub value: T,
}

impl<T> Dated<T> {
    /// Adds a value recorded by event `seq`.
    pub fn push(&mut self, from: Option<NaiveDate>, seq: u64, value: T) {
        let place = self
            .entries
            .partition_point(|entry| (entry.from, entry.seq) <= (from, seq));
        self.entries.insert(place, DatedEntry { from, seq, value });
    }

    /// The value on a day.
    pub fn on(&self, day: NaiveDate) -> Option<&T> {
        self.entries
            .iter()
            .rev()
            .find(|entry| entry.from <= Some(day))
            .map(|entry| &entry.value)
    }

    /// The value with the latest date.
    pub fn latest(&self) -> Option<&T> {
        self.entries.last().map(|entry| &entry.value)
    }

    /// All values, by date and then by the order they were recorded in.
    pub fn entries(&self) -> &[DatedEntry<T>] {
        &self.entries
    }
}

/// A personal field, with the event and the place in it that it is sealed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The event that said it.
    pub event: Uuid,
    /// The place in the event's data, such as `head` or `to.note`.
    pub place: &'static str,
    /// The field.
    pub value: Personal,
}

/// Personal fields by name.
pub type PersonalFields = BTreeMap<&'static str, Kept>;

/// A household as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    /// Its code.
    pub code: Code,
    /// The event that registered it.
    pub registered: Uuid,
    /// The head belongs to an ethnic minority.
    pub minority: Option<bool>,
    /// `head`, `ethnicity`, `id_number` (of the head), `poverty_code`, `note`.
    pub personal: PersonalFields,
    /// Its class over time.
    pub classes: Dated<HouseholdClass>,
    /// Its village over time.
    pub villages: Dated<Code>,
    /// Number of members as the lists say.
    pub members: Option<u32>,
    /// The persons known by name, in the order they joined.
    pub persons: Vec<Code>,
    /// Its end.
    pub ended: Option<HouseholdEnd>,
    /// The households that came after it.
    pub successors: BTreeSet<Code>,
    /// The households that came before it.
    pub predecessors: BTreeSet<Code>,
}

/// A person as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The household.
    pub household: Code,
    /// Belongs to an ethnic minority.
    pub minority: Option<bool>,
    /// Sex.
    pub sex: Option<Sex>,
    /// `name`, `born`, `relation`, `ethnicity`, `id_number`, `note`.
    pub personal: PersonalFields,
    /// The event that registered the person.
    pub registered: Uuid,
    /// Left the household.
    pub left: Option<Option<NaiveDate>>,
}

/// A project as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// As registered.
    pub registered: ProjectRegistered,
    /// Stages it reached, with day and event.
    pub stages: Vec<(Stage, Option<NaiveDate>, u64)>,
    /// Households that take part, with role.
    pub members: Vec<(Code, Option<Code>)>,
}

/// A named list of households.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cohort {
    /// The year of the list.
    pub year: u16,
    /// The households on it.
    pub households: BTreeSet<Code>,
}

/// One stage of a support, as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageEntry {
    /// The stage.
    pub stage: Stage,
    /// The event that says what stands: the stage event, or the last correction of it.
    pub event: Uuid,
    /// Its place in the log.
    pub seq: u64,
    /// What it says.
    pub state: Arc<SupportState>,
    /// The date its rows stand at in the figures, where a contra correction moved it.
    pub effective_on: Option<NaiveDate>,
}

impl StageEntry {
    /// The day its rows stand at in the figures.
    pub fn stands_on(&self) -> NaiveDate {
        self.effective_on.unwrap_or(self.state.occurred_on)
    }
}

/// A support action as the log has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SupportRecord {
    /// The stages that stand, in the order they were recorded.
    pub entries: Vec<StageEntry>,
    /// Reversed as a whole.
    pub reversed: bool,
    /// Taken back so far, in thousandths.
    pub recovered_thousandths: i64,
    /// The first and the last day money was taken back.
    pub recovered_on: Option<(NaiveDate, NaiveDate)>,
}

impl SupportRecord {
    /// The entry at a stage.
    pub fn at(&self, stage: Stage) -> Option<&StageEntry> {
        self.entries.iter().find(|entry| entry.stage == stage)
    }

    /// What was paid and can be taken back: the disbursement or, without one, the settlement.
    pub fn paid(&self) -> Option<&StageEntry> {
        let paid = self.at(Stage::Disbursed);
        paid.or_else(|| self.at(Stage::Settled))
            .filter(|_| !self.reversed)
    }

    /// The furthest stage that stands.
    pub fn furthest(&self) -> Option<&StageEntry> {
        self.entries.iter().max_by_key(|entry| entry.stage)
    }
}

/// Why an event cannot be folded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvolveError {
    /// A text that the event names by its SHA-256 is not in the log before it.
    #[error("event {seq} names the text {sha256}, which is not in the log before it")]
    MissingContent {
        /// The event.
        seq: u64,
        /// The digest it names.
        sha256: String,
    },
    /// The catalogue cannot be read by this program.
    #[error("the catalogue adopted by event {seq} cannot be read by this program")]
    UnreadableCatalogue {
        /// The event.
        seq: u64,
    },
    /// The ledger follows rules of counting that this program does not know.
    #[error("the ledger counts by rules number {0}, which this program does not know")]
    NewerSemantics(u32),
}

/// The number of the rules by which this program folds and counts.
pub const SEMANTICS: u32 = 1;

/// The key under which possible duplicates meet: who, what, and for which period.
pub type DuplicateKey = (Code, Code, Option<Period>, Option<NaiveDate>);

/// The parts of a [`DuplicateKey`].
pub type DuplicateParts<'a> = (&'a Code, &'a Code, Option<Period>, Option<NaiveDate>);

/// Budget by programme, project, source and period, in thousandths.
pub type BudgetKey = (Option<Code>, Option<Code>, Code, Option<Period>);

/// The catalogue in use, shared; one of nothing before the first is adopted.
#[derive(Debug, Clone)]
pub struct Adopted(Arc<Catalogue>);

impl From<Catalogue> for Adopted {
    fn from(catalogue: Catalogue) -> Adopted {
        Adopted(Arc::new(catalogue))
    }
}

impl std::ops::Deref for Adopted {
    type Target = Catalogue;
    fn deref(&self) -> &Catalogue {
        &self.0
    }
}

impl Default for Adopted {
    fn default() -> Adopted {
        let none = || Text::new("(chưa có)", "(none)");
        Adopted(Arc::new(Catalogue {
            code: Code::known("none"),
            currency: "VND".to_owned(),
            currency_decimals: 0,
            description: None,
            groups: Vec::new(),
            indicators: Vec::new(),
            kinds: Vec::new(),
            name: none(),
            programmes: Vec::new(),
            series: Vec::new(),
            sources: Vec::new(),
            units: Vec::new(),
            version: 0,
        }))
    }
}

/// Everything decisions need to know of the log so far.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The opening event's data.
    pub ledger: Option<LedgerOpened>,
    /// The ledger's id.
    pub ledger_id: String,
    /// Number of events folded.
    pub seq: u64,
    /// Time of the last event.
    pub at_ms: i64,
    /// Officials by id: name and office.
    pub actors: BTreeMap<Code, (String, Option<String>)>,
    /// The catalogue in use.
    pub catalogue: Adopted,
    /// Adopted templates: code to version and digest.
    pub templates: BTreeMap<Code, (u32, String)>,
    /// Issued reports, in their order.
    pub reports: Vec<IssuedReport>,
    /// Texts by digest.
    pub contents: BTreeMap<String, Arc<str>>,
    parts: BTreeMap<String, BTreeMap<u32, String>>,
    /// Values of series that the ledger was told, in that order.
    pub told_values: Vec<ToldValue>,
    /// Norms that the ledger was told, in that order.
    pub told_norms: Vec<ToldNorm>,
    /// Documents by the number that events cite them by, as they stand.
    pub documents: BTreeMap<Code, DocumentRegistered>,
    /// Administrative units by id.
    pub units: Units,
    /// Households by code, shared with the states that this one was copied from.
    pub households: BTreeMap<Code, Arc<Household>>,
    /// Persons by code.
    pub persons: BTreeMap<Code, Person>,
    /// Projects by code.
    pub projects: BTreeMap<Code, Project>,
    /// Named lists by code.
    pub cohorts: BTreeMap<Code, Cohort>,
    /// Targets: the newest of a kind and period.
    pub targets: BTreeMap<(Code, Period), (Quantity, u64)>,
    /// Budgets in thousandths, with the events that made them.
    pub budgets: BTreeMap<BudgetKey, (i64, Vec<u64>)>,
    /// Support actions by id.
    pub supports: BTreeMap<Uuid, SupportRecord>,
    /// Supports by the list's own row key.
    pub references: BTreeMap<Code, Uuid>,
    /// Which days are closed, and since when.
    pub closings: Closings,
    /// What is recorded of the custody of personal data, by whose they are.
    pub custody: BTreeMap<Subject, Custody>,
    /// The anchors of the access log, in their order.
    pub anchors: Vec<Anchor>,
    /// By the number of a key, in the order of the log, the supports that may share the key.
    duplicates: BTreeSet<(u64, u64, Uuid)>,
}

impl State {
    /// Folds one event.
    ///
    /// # Errors
    /// [`EvolveError`] when the log needs a program that this one is not.
    pub fn evolve(&mut self, event: &Event) -> Result<(), EvolveError> {
        self.seq = event.seq;
        self.at_ms = event.at_ms;
        match &event.body {
            Body::LedgerOpened(data) => {
                if data.semantics > SEMANTICS {
                    return Err(EvolveError::NewerSemantics(data.semantics));
                }
                self.ledger_id.clone_from(&event.ledger);
                self.ledger = Some((**data).clone());
            }
            Body::LedgerKeyRotated(data) => {
                if let Some(ledger) = &mut self.ledger {
                    ledger.key.clone_from(&data.key);
                }
            }
            Body::LedgerRecovered(data) => {
                if let Some(ledger) = &mut self.ledger {
                    ledger.key.clone_from(&data.key);
                    ledger.origin.clone_from(&data.origin);
                }
            }
            Body::ActorRegistered(data) => {
                let named = (data.name.clone(), data.office.clone());
                self.actors.insert(data.actor.clone(), named);
            }
            Body::ContentPart(part) => self.take_part(part),
            Body::CatalogueAdopted(data) => self.adopt_catalogue(event.seq, &data.sha256)?,
            Body::TemplateAdopted(data) => {
                self.content(event.seq, &data.sha256)?;
                let adopted = (data.version, data.sha256.clone());
                self.templates.insert(data.template.clone(), adopted);
            }
            Body::ReportIssued(_) => self.reports.extend(IssuedReport::of(event)),
            Body::UnitRegistered(data) => self.units.register(event.seq, data),
            Body::IndicatorSet(data) => self.told_values.push(ToldValue {
                set: (**data).clone(),
                seq: event.seq,
            }),
            Body::NormNotified(data) => self.told_norms.push(ToldNorm {
                norm: (**data).clone(),
                document: event.document.clone(),
                seq: event.seq,
            }),
            Body::DocumentRegistered(data) | Body::DocumentCorrected(data) => {
                self.documents
                    .insert(data.document.clone(), (**data).clone());
            }
            Body::UnitRenamed(data) => self.units.rename(event.seq, data),
            Body::UnitReorganised(data) => self.reorganise(event.seq, data),
            Body::ProjectRegistered(data) => {
                let project = Project {
                    registered: (**data).clone(),
                    stages: Vec::new(),
                    members: Vec::new(),
                };
                self.projects.insert(data.project.clone(), project);
            }
            Body::ProjectAdvanced(data) => {
                if let Some(project) = self.projects.get_mut(&data.project) {
                    project.stages.push((data.stage, data.on, event.seq));
                }
            }
            Body::ProjectJoined(data) => {
                if let Some(project) = self.projects.get_mut(&data.project) {
                    project
                        .members
                        .push((data.household.clone(), data.role.clone()));
                }
            }
            Body::BudgetAllocated(data) | Body::BudgetAdjusted(data) => {
                self.take_budget(event.seq, data);
            }
            Body::TargetSet(data) => {
                let key = (data.kind.clone(), data.period.canonical());
                self.targets.insert(key, (data.value, event.seq));
            }
            Body::CohortListed(data) => {
                let cohort = self.cohorts.entry(data.cohort.clone()).or_default();
                cohort.year = data.year;
                cohort.households.insert(data.household.clone());
            }
            Body::PeriodClosed(data) => self.closings.close(event.seq, data.through),
            Body::PeriodReopened(data) => self.closings.reopen(event.seq, data.through),
            Body::Support(..)
            | Body::SupportReversed(_)
            | Body::SupportCorrected(_)
            | Body::SupportRecovered(_) => self.evolve_support(event),
            Body::SubjectErased(_)
            | Body::SubjectHeld(_)
            | Body::SubjectReleased(_)
            | Body::AccessAnchored(_) => self.evolve_custody(event),
            _ => self.evolve_people(event),
        }
        Ok(())
    }

    /// The same for whoever asks for no single support and for no name: nothing is kept of them.
    ///
    /// # Errors
    /// As [`State::evolve`]; an event of a support can always be folded.
    pub fn evolve_for_figures(&mut self, event: &Event) -> Result<(), EvolveError> {
        match &event.body {
            Body::HouseholdRegistered(_)
            | Body::HouseholdHeadChanged(_)
            | Body::HouseholdChanged(_)
            | Body::PersonJoined(_)
            | Body::PersonChanged(_) => {
                self.evolve(event)?;
                match event.body.subject() {
                    Subject::Household(code) => {
                        if let Some(household) = self.household_mut(&code) {
                            household.personal = PersonalFields::new();
                        }
                    }
                    Subject::Person(code) => {
                        if let Some(person) = self.persons.get_mut(&code) {
                            person.personal = PersonalFields::new();
                        }
                    }
                    Subject::Ledger => {}
                }
                Ok(())
            }
            Body::Support(..)
            | Body::SupportReversed(_)
            | Body::SupportCorrected(_)
            | Body::SupportRecovered(_) => {
                (self.seq, self.at_ms) = (event.seq, event.at_ms);
                Ok(())
            }
            _ => self.evolve(event),
        }
    }

    fn take_part(&mut self, part: &ContentPart) {
        let parts = self.parts.entry(part.sha256.clone()).or_default();
        parts.insert(part.index, part.text.clone());
        if parts.len() as u64 == u64::from(part.of) {
            let whole: String = parts.values().map(String::as_str).collect();
            self.contents.insert(part.sha256.clone(), whole.into());
            self.parts.remove(&part.sha256);
        }
    }

    fn content(&self, seq: u64, sha256: &str) -> Result<Arc<str>, EvolveError> {
        let missing = || EvolveError::MissingContent {
            seq,
            sha256: sha256.to_owned(),
        };
        self.contents.get(sha256).cloned().ok_or_else(missing)
    }

    fn adopt_catalogue(&mut self, seq: u64, sha256: &str) -> Result<(), EvolveError> {
        let text = self.content(seq, sha256)?;
        let catalogue = Catalogue::from_json(&text, "catalogue")
            .map_err(|_| EvolveError::UnreadableCatalogue { seq })?;
        self.catalogue = Adopted(Arc::new(catalogue));
        Ok(())
    }

    fn take_budget(&mut self, seq: u64, data: &BudgetChanged) {
        let key = (
            data.programme.clone(),
            data.project.clone(),
            data.source.clone(),
            data.period.as_ref().map(Period::canonical),
        );
        let (sum, events) = self.budgets.entry(key).or_default();
        *sum = sum.saturating_add(data.amount.thousandths());
        events.push(seq);
    }

    /// The households of a village that went whole to another live there from then on; those of a
    /// divided village are moved one by one, by events of their own.
    fn reorganise(&mut self, seq: u64, data: &UnitReorganised) {
        self.units.reorganise(seq, data);
        let on = data.effective_on;
        for household in self.households.values_mut() {
            let home = household.villages.on(on).cloned();
            let Some(home) = home.filter(|home| data.from.contains(home)) else {
                continue;
            };
            let heir = self.units.resolve(&home, on);
            if *heir != home {
                let household = Arc::make_mut(household);
                household.villages.push(Some(on), seq, heir.clone());
            }
        }
    }

    fn evolve_people(&mut self, event: &Event) {
        match &event.body {
            Body::HouseholdRegistered(data) => self.register_household(event, data),
            Body::HouseholdMoved(data) => {
                if let Some(household) = self.household_mut(&data.household) {
                    household
                        .villages
                        .push(data.on, event.seq, data.village.clone());
                }
            }
            Body::HouseholdHeadChanged(data) => {
                if let Some(household) = self.household_mut(&data.household) {
                    replace(&mut household.minority, &data.minority);
                    keep(&mut household.personal, event, &event.body);
                }
            }
            Body::HouseholdChanged(data) => {
                if let Some(household) = self.household_mut(&data.household) {
                    replace(&mut household.members, &data.members);
                    keep(&mut household.personal, event, &event.body);
                }
            }
            Body::HouseholdClassified(data) => {
                if let Some(household) = self.household_mut(&data.household) {
                    household
                        .classes
                        .push(data.effective_from, event.seq, data.class);
                }
            }
            Body::HouseholdSplit(data) => {
                let goes_on = data.into.contains(&data.household);
                self.succeed(&data.household, &data.into);
                self.end_household(&data.household, (!goes_on).then_some(data.on), event.seq);
            }
            Body::HouseholdMerged(data) => {
                self.succeed(&data.household, std::slice::from_ref(&data.into));
                self.end_household(&data.household, Some(data.on), event.seq);
            }
            Body::HouseholdClosed(data) => {
                self.end_household(&data.household, Some(data.on), event.seq);
            }
            Body::PersonJoined(data) => {
                self.join_person(event, data);
            }
            Body::PersonChanged(data) => {
                if let Some(person) = self.persons.get_mut(&data.person) {
                    replace(&mut person.minority, &data.minority);
                    replace(&mut person.sex, &data.sex);
                    keep(&mut person.personal, event, &event.body);
                }
            }
            Body::PersonLeft(data) => {
                if let Some(person) = self.persons.get_mut(&data.person) {
                    person.left = Some(data.left_on);
                }
            }
            _ => {}
        }
    }

    fn household_mut(&mut self, code: &Code) -> Option<&mut Household> {
        self.households.get_mut(code).map(Arc::make_mut)
    }

    fn register_household(&mut self, event: &Event, data: &HouseholdRegistered) {
        let mut villages = Dated::default();
        if let Some(village) = &data.village {
            villages.push(None, event.seq, village.clone());
        }
        let mut household = Household {
            code: data.household.clone(),
            registered: event.id,
            minority: data.minority,
            personal: PersonalFields::new(),
            classes: Dated::default(),
            villages,
            members: data.members,
            persons: Vec::new(),
            ended: None,
            successors: BTreeSet::new(),
            predecessors: BTreeSet::new(),
        };
        keep(&mut household.personal, event, &event.body);
        self.households
            .insert(data.household.clone(), household.into());
    }

    fn succeed(&mut self, household: &Code, heirs: &[Code]) {
        for heir in heirs.iter().filter(|heir| *heir != household) {
            if let Some(known) = self.household_mut(heir) {
                known.predecessors.insert(household.clone());
            }
            if let Some(known) = self.household_mut(household) {
                known.successors.insert(heir.clone());
            }
        }
    }

    fn end_household(&mut self, household: &Code, on: Option<NaiveDate>, seq: u64) {
        if let Some(known) = self.household_mut(household) {
            known.ended = on.map(|on| HouseholdEnd { on, seq });
        }
    }

    fn join_person(&mut self, event: &Event, data: &PersonJoined) {
        if let Some(person) = self.persons.get(&data.person)
            && let Some(old) = self.households.get_mut(&person.household)
        {
            let old = Arc::make_mut(old);
            old.persons.retain(|code| *code != data.person);
        }
        if let Some(household) = self.household_mut(&data.household) {
            household.persons.push(data.person.clone());
        }
        let person = self
            .persons
            .entry(data.person.clone())
            .or_insert_with(|| Person {
                household: data.household.clone(),
                minority: None,
                sex: None,
                personal: PersonalFields::new(),
                registered: event.id,
                left: None,
            });
        person.household = data.household.clone();
        person.left = None;
        replace(&mut person.minority, &data.minority);
        replace(&mut person.sex, &data.sex);
        keep(&mut person.personal, event, &event.body);
    }

    fn evolve_support(&mut self, event: &Event) {
        match &event.body {
            Body::Support(stage, state) => {
                let id = state.support.unwrap_or(event.id);
                if state.support.is_none() {
                    if let Some(reference) = &state.reference {
                        self.references.insert(reference.clone(), id);
                    }
                    if let Some(parts) = duplicate_parts(state) {
                        let number = duplicate_number(&parts);
                        self.duplicates.insert((number, event.seq, id));
                    }
                }
                let entries = &mut self.supports.entry(id).or_default().entries;
                // Most supports are recorded at one stage.
                entries.reserve_exact(1);
                entries.push(StageEntry {
                    stage: *stage,
                    event: event.id,
                    seq: event.seq,
                    state: state.clone(),
                    effective_on: None,
                });
            }
            Body::SupportReversed(data) => {
                if let Some(record) = self.supports.get_mut(&data.support) {
                    match data.stage {
                        Some(stage) => record.entries.retain(|entry| entry.stage != stage),
                        None => record.reversed = true,
                    }
                    record.reversed |= record.entries.is_empty();
                    if record.paid().is_none() {
                        record.recovered_thousandths = 0;
                        record.recovered_on = None;
                    }
                }
            }
            Body::SupportCorrected(data) => {
                if let Some(record) = self.supports.get_mut(&data.support)
                    && let Some(entry) = record
                        .entries
                        .iter_mut()
                        .find(|entry| entry.stage == data.stage)
                {
                    entry.event = event.id;
                    entry.seq = event.seq;
                    entry.state = Arc::new(data.to.clone());
                    // What a contra correction once moved stands where it was moved to.
                    let moved = data.mode == CorrectionMode::Contra || entry.effective_on.is_some();
                    entry.effective_on = moved.then_some(data.effective_on);
                    if let Some(parts) = duplicate_parts(&data.to) {
                        let number = duplicate_number(&parts);
                        let known = numbered(&self.duplicates, number).any(|id| id == data.support);
                        if !known {
                            let entry = (number, event.seq, data.support);
                            self.duplicates.insert(entry);
                        }
                    }
                }
            }
            Body::SupportRecovered(data) => {
                if let Some(record) = self.supports.get_mut(&data.support) {
                    record.recovered_thousandths += data.amount.thousandths();
                    let on = data.occurred_on;
                    let (first, last) = record.recovered_on.unwrap_or((on, on));
                    record.recovered_on = Some((first.min(on), last.max(on)));
                }
            }
            _ => {}
        }
    }

    /// Supports of the same kind for the same beneficiary and period, that stand.
    pub fn possible_duplicates(&self, state: &SupportState) -> Vec<Uuid> {
        let Some(parts) = duplicate_parts(state) else {
            return Vec::new();
        };
        // A correction may have moved a support to another beneficiary, kind or period.
        let stands = |id: &Uuid| {
            let record = self.supports.get(id).filter(|record| !record.reversed);
            record.is_some_and(|record| {
                let mut entries = record.entries.iter();
                entries.any(|entry| duplicate_parts(&entry.state).as_ref() == Some(&parts))
            })
        };
        let number = duplicate_number(&parts);
        numbered(&self.duplicates, number).filter(stands).collect()
    }

    /// All households, by code.
    pub fn each_household(&self) -> impl Iterator<Item = &Household> {
        self.households.values().map(AsRef::as_ref)
    }

    /// The village that a household lives in on a day.
    pub fn home_on(&self, household: &Code, day: NaiveDate) -> Option<&Code> {
        let home = self.households.get(household)?.villages.on(day)?;
        Some(self.units.resolve(home, day))
    }

    /// The sex and belonging to a minority that a figure groups a named support by.
    pub fn attributes(
        &self,
        household: &Code,
        person: Option<&Code>,
    ) -> (Option<Sex>, Option<bool>) {
        let person = person.and_then(|code| self.persons.get(code));
        let head = self
            .households
            .get(household)
            .and_then(|household| household.minority);
        (
            person.and_then(|person| person.sex),
            person.and_then(|person| person.minority).or(head),
        )
    }

    /// The sum of the budget of a project by source.
    pub fn project_budget(&self, project: &Code) -> BTreeMap<Code, Money> {
        let mut sums: BTreeMap<Code, Money> = BTreeMap::new();
        for ((_, named, source, _), (sum, _)) in &self.budgets {
            if named.as_ref() == Some(project) {
                let so_far = sums.entry(source.clone()).or_default();
                *so_far = Money::from_thousandths(so_far.thousandths().saturating_add(*sum));
            }
        }
        sums
    }
}

/// The supports under the number of a key, in the order of the log.
fn numbered(known: &BTreeSet<(u64, u64, Uuid)>, number: u64) -> impl Iterator<Item = Uuid> {
    let all = (number, 0, Uuid::nil())..=(number, u64::MAX, Uuid::max());
    known.range(all).map(|(_, _, id)| *id)
}

/// Keeps the personal fields of an event; each replaces the field of its name.
fn keep(fields: &mut PersonalFields, event: &Event, body: &Body) {
    body.each_personal(&mut |place, value| {
        fields.insert(
            place,
            Kept {
                event: event.id,
                place,
                value: value.clone(),
            },
        );
    });
}

fn replace<T: Clone>(place: &mut Option<T>, given: &Option<T>) {
    if given.is_some() {
        place.clone_from(given);
    }
}

/// The key under which the possible duplicates of a support meet.
pub fn duplicate_key(state: &SupportState) -> Option<DuplicateKey> {
    let (who, kind, covers, on) = duplicate_parts(state)?;
    Some((who.clone(), kind.clone(), covers, on))
}

/// As [`duplicate_key`], without copying the codes.
pub fn duplicate_parts(state: &SupportState) -> Option<DuplicateParts<'_>> {
    let who = state.person.as_ref().or(state.household.as_ref())?;
    let on = state.covers.is_none().then_some(state.occurred_on);
    let covers = state.covers.as_ref().map(Period::canonical);
    Some((who, &state.kind, covers, on))
}

/// A number made of a key: supports that do not share the key can share it, and are told apart by
/// what they say.
fn duplicate_number(parts: &DuplicateParts<'_>) -> u64 {
    let mut mixed = Mixed::default();
    parts.hash(&mut mixed);
    mixed.finish()
}

/// Mixes words; the same on every machine and in every run.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut()
                .zip(chunk)
                .for_each(|(to, from)| *to = *from);
            let word = u64::from_le_bytes(word);
            self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
