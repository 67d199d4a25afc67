//! The cube: every figure of every screen, report and export comes from [`figures`].

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::str::FromStr;

use chrono::Datelike;
use serde::Serialize;

use super::boundaries::{Boundaries, Places};
use super::cells::{PeriodCell, PeriodCells};
use super::cube;
use super::facts::{Day, Fact, Facts, date, day, stage_bit};
use crate::domain::class::HouseholdClass;
use crate::domain::code::Code;
use crate::domain::fixed::format_thousandths;
use crate::domain::language::{Explain, Lang};
use crate::domain::period::Period;
use crate::domain::stage::Stage;
use crate::domain::state::State;

/// Which date places a support in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// The day it happened.
    #[default]
    Occurred,
    /// The last day of what it pays for, else the day it happened.
    Covers,
    /// The local day it was recorded.
    Recorded,
    /// The date of the document it rests on, else the day it happened.
    Decided,
}

impl Axis {
    /// All of them.
    pub const ALL: [Axis; 4] = [Axis::Occurred, Axis::Covers, Axis::Recorded, Axis::Decided];
}

impl Axis {
    /// What people call it.
    pub fn label(self, lang: Lang) -> &'static str {
        match self {
            Axis::Occurred => lang.pick("theo ngày phát sinh", "by the day it happened"),
            Axis::Covers => lang.pick("theo kỳ hưởng", "by what it pays for"),
            Axis::Recorded => lang.pick("theo ngày ghi sổ", "by the day it was recorded"),
            Axis::Decided => lang.pick("theo ngày văn bản", "by the date of the document"),
        }
    }

    /// Its name in options and output.
    pub fn name(self) -> &'static str {
        match self {
            Axis::Occurred => "occurred",
            Axis::Covers => "covers",
            Axis::Recorded => "recorded",
            Axis::Decided => "decided",
        }
    }
}

impl FromStr for Axis {
    type Err = FiguresError;
    fn from_str(text: &str) -> Result<Axis, FiguresError> {
        match text {
            "occurred" => Ok(Axis::Occurred),
            "covers" => Ok(Axis::Covers),
            "recorded" => Ok(Axis::Recorded),
            "decided" => Ok(Axis::Decided),
            _ => Err(FiguresError::UnknownValue {
                what: "axis".into(),
                value: text.into(),
            }),
        }
    }
}

macro_rules! dimensions {
    ($($variant:ident = $name:literal,)*) => {
        /// What figures can be grouped and filtered by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the names are the dimensions' own")]
        pub enum Dimension { $($variant,)* }

        impl Dimension {
            /// All of them.
            pub const ALL: &[Dimension] = &[$(Dimension::$variant,)*];

            /// Its name in options and output.
            pub fn name(self) -> &'static str {
                match self { $(Dimension::$variant => $name,)* }
            }
        }
    };
}

dimensions! {
    Kind = "kind",
    Stage = "stage",
    Class = "class",
    Source = "source",
    Programme = "programme",
    Project = "project",
    Village = "village",
    Commune = "commune",
    Month = "month",
    Quarter = "quarter",
    Covers = "covers",
    Group = "group",
    Sex = "sex",
    Minority = "minority",
}

impl FromStr for Dimension {
    type Err = FiguresError;
    fn from_str(text: &str) -> Result<Dimension, FiguresError> {
        let known = Dimension::ALL
            .iter()
            .find(|dimension| dimension.name() == text);
        known
            .copied()
            .ok_or_else(|| FiguresError::UnknownDimension(text.to_owned()))
    }
}

/// A condition on rows; several conditions must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// The row's key of a dimension is one of these.
    Dimension(Dimension, Vec<String>),
    /// The household is on a named list.
    Cohort(Vec<String>),
    /// The household is this one.
    Household(Code),
    /// The person is this one.
    Person(Code),
}

/// Why a query cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FiguresError {
    /// No such dimension.
    #[error("there is no dimension {0:?}")]
    UnknownDimension(String),
    /// No such value.
    #[error("{what} has no value {value:?}")]
    UnknownValue {
        /// The dimension or option.
        what: String,
        /// The value found.
        value: String,
    },
    /// A condition that is not of the form `D=V`.
    #[error("{0:?} is not of the form dimension=value")]
    BadFilter(String),
    /// What was saved of the facts cannot be read, and the log cannot be folded in its stead.
    #[error("the facts cannot be read: {0}")]
    Unreadable(String),
}

impl Explain for FiguresError {
    fn code(&self) -> &'static str {
        match self {
            FiguresError::UnknownDimension(_) => "unknown_dimension",
            FiguresError::UnknownValue { .. } => "unknown_value",
            FiguresError::BadFilter(_) => "bad_filter",
            FiguresError::Unreadable(_) => "facts_unreadable",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let vi = match self {
            FiguresError::UnknownDimension(name) => format!("không có chiều phân tổ “{name}”"),
            FiguresError::UnknownValue { what, value } => {
                format!("“{what}” không có giá trị “{value}”")
            }
            FiguresError::BadFilter(text) => format!("“{text}” không có dạng chiều=giá_trị"),
            FiguresError::Unreadable(why) => format!("không đọc được bảng số liệu: {why}"),
        };
        lang.pick(vi, self.to_string())
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let names = || {
            Dimension::ALL
                .iter()
                .map(|d| d.name())
                .collect::<Vec<_>>()
                .join(", ")
        };
        match self {
            FiguresError::UnknownDimension(_) | FiguresError::BadFilter(_) => Some(format!(
                "{}: {}, cohort",
                lang.pick("các chiều", "dimensions"),
                names()
            )),
            FiguresError::UnknownValue { what, .. } => match what.as_str() {
                "boundaries" => {
                    let vi = "then (của ngày phát sinh), now (hôm nay) hoặc một ngày: 2025-07-01";
                    let en = "then (of the day it happened), now (today) or a day: 2025-07-01";
                    Some(lang.pick(vi, en).to_owned())
                }
                "axis" => {
                    let axes = [Axis::Occurred, Axis::Covers, Axis::Recorded, Axis::Decided];
                    Some(axes.map(Axis::name).join(", "))
                }
                _ => None,
            },
            FiguresError::Unreadable(_) => Some(
                lang.pick("hãy chạy `socai rebuild`", "run `socai rebuild`")
                    .to_owned(),
            ),
        }
    }
}

/// Which signed rows count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Entries {
    /// All of them, each with its sign: what a figure is.
    #[default]
    All,
    /// What came in: rows that add.
    In,
    /// What went out: rows by which a correction takes from a later period what stands in a closed
    /// one.
    Out,
    /// Both rows of the corrections of closed periods.
    Contra,
}

impl Entries {
    fn hold(self, fact: &Fact) -> bool {
        match self {
            Entries::All => true,
            Entries::In => fact.sign > 0,
            Entries::Out => fact.sign < 0,
            Entries::Contra => fact.contra,
        }
    }
}

/// A question to the cube.
#[derive(Debug, Clone)]
pub struct Query {
    /// First day.
    pub from: chrono::NaiveDate,
    /// Last day.
    pub to: chrono::NaiveDate,
    /// Which date places a support.
    pub axis: Axis,
    /// How much of the log is known.
    pub as_of: u64,
    /// Only what was recorded after this event; 0 for all. Of days that were closed by it and have
    /// been closed ever since, this is what came late.
    pub since: u64,
    /// By which boundaries villages and communes are told apart.
    pub boundaries: Boundaries,
    /// The grouping.
    pub by: Vec<Dimension>,
    /// The stages that count.
    pub stages: Vec<Stage>,
    /// The kinds that count; empty for all.
    pub kinds: Vec<String>,
    /// Further conditions.
    pub filters: Vec<Filter>,
    /// Which signed rows count.
    pub entries: Entries,
}

impl Query {
    /// What was disbursed or held in a period, by all that the log knows.
    pub fn of(period: &Period) -> Query {
        Query::between(period.first_day(), period.last_day())
    }

    /// What was disbursed or held from one day to another, both included.
    pub fn between(from: chrono::NaiveDate, to: chrono::NaiveDate) -> Query {
        Query {
            from,
            to,
            axis: Axis::Occurred,
            as_of: u64::MAX,
            since: 0,
            boundaries: Boundaries::Then,
            by: Vec::new(),
            stages: vec![Stage::Disbursed, Stage::Held],
            kinds: Vec::new(),
            filters: Vec::new(),
            entries: Entries::All,
        }
    }

    /// Whether it groups or filters by a dimension.
    pub fn asks(&self, dimension: Dimension) -> bool {
        let by = |filter: &Filter| matches!(filter, Filter::Dimension(by, _) if *by == dimension);
        self.by.contains(&dimension) || self.filters.iter().any(by)
    }
}

/// One row of an answer. Measures are exact; `amount` and `recovered` are in the ledger's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The key of each dimension asked for, `""` where there is none.
    pub keys: Vec<String>,
    /// Support actions.
    pub turns: i64,
    /// Distinct households, named only.
    pub households: u64,
    /// Distinct persons, named only.
    pub persons: u64,
    /// Beneficiaries: one for a named action, the count for a group.
    pub count: i64,
    /// Distinct villages.
    pub villages: u64,
    /// Money, in thousandths.
    pub amount: i128,
    /// Goods, in thousandths of `unit`; 0 when units are mixed.
    pub quantity: i128,
    /// Money taken back, in thousandths.
    pub recovered: i128,
    /// The unit of `quantity`; `""` where there is none or several.
    pub unit: String,
    /// Quantities of several units meet in the row: there is no sum of them to show.
    pub mixed_units: bool,
}

impl Row {
    fn empty(keys: Vec<String>) -> Row {
        Row {
            keys,
            turns: 0,
            households: 0,
            persons: 0,
            count: 0,
            villages: 0,
            amount: 0,
            quantity: 0,
            recovered: 0,
            unit: String::new(),
            mixed_units: false,
        }
    }

    /// A measure by its name, as output writes it; empty for a quantity of several units.
    pub fn measure(&self, name: &str) -> Option<String> {
        Some(match name {
            "turns" => self.turns.to_string(),
            "households" => self.households.to_string(),
            "persons" => self.persons.to_string(),
            "count" => self.count.to_string(),
            "villages" => self.villages.to_string(),
            "amount" => format_thousandths(self.amount),
            "quantity" if self.mixed_units => String::new(),
            "quantity" => format_thousandths(self.quantity),
            "recovered" => format_thousandths(self.recovered),
            "unit" => self.unit.clone(),
            _ => return None,
        })
    }
}

/// The names of the measures, in the order of output.
pub const MEASURES: [&str; 8] = [
    "turns",
    "households",
    "persons",
    "count",
    "villages",
    "amount",
    "quantity",
    "recovered",
];

/// An answer: rows sorted by their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The grouping.
    pub by: Vec<Dimension>,
    /// The rows; without grouping exactly one.
    pub rows: Vec<Row>,
}

/// What adds up in a cell.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub(super) turns: i64,
    pub(super) count: i64,
    pub(super) amount: i128,
    pub(super) recovered: i128,
    pub(super) quantities: BTreeMap<u32, i128>,
}

impl Sums {
    /// Adds a row, of which `amount` counts. `true`: whom it names counts too.
    pub(super) fn add(&mut self, fact: &Fact, amount: i128) -> bool {
        if fact.is_recovery {
            self.recovered += i128::from(fact.sign) * i128::from(fact.recovered);
            return false;
        }
        let sign = i64::from(fact.sign);
        self.turns += sign;
        self.count += sign * i64::try_from(fact.count).unwrap_or(i64::MAX);
        self.amount += i128::from(sign) * amount;
        if fact.unit != 0 {
            *self.quantities.entry(fact.unit).or_default() +=
                i128::from(sign) * i128::from(fact.quantity);
        }
        sign > 0
    }
}

#[derive(Default)]
struct Cell {
    sums: Sums,
    households: HashSet<u32>,
    persons: HashSet<u32>,
    places: HashSet<u32>,
}

/// Answers a query. `state` is the state as of the same moment: it knows which programme a kind
/// belongs to, which commune a village is in, and who is on a named list.
///
/// # Errors
/// [`FiguresError`] for a value that neither the catalogue nor the ledger knows.
pub fn figures(facts: &Facts, state: &State, query: &Query) -> Result<Figures, FiguresError> {
    let scan = Scan::prepare(facts, state, query)?;
    Ok(scan.figures(cube::count(&scan)?))
}

/// Answers a query as [`figures`] does, by looking at every row one after the other. It is slow
/// and easy to see through: tests hold the two equal.
///
/// # Errors
/// As [`figures`].
pub fn figures_by_scan(
    facts: &Facts,
    state: &State,
    query: &Query,
) -> Result<Figures, FiguresError> {
    let scan = Scan::prepare(facts, state, query)?;
    let mut cells: HashMap<Vec<u32>, Cell> = HashMap::new();
    let mut key = Vec::with_capacity(query.by.len());
    for (fact, placed) in &scan.select() {
        scan.add(
            fact,
            *placed,
            facts.funding(fact),
            &mut key,
            |key, amount| {
                let cell = cells.entry(key.to_vec()).or_default();
                if cell.sums.add(fact, amount) {
                    let named = |number: u32| (number != 0).then_some(number);
                    cell.households.extend(named(fact.household));
                    cell.persons.extend(named(fact.person));
                    cell.places.extend(named(fact.places));
                }
            },
        );
    }
    let counted = cells.into_iter().map(|(key, cell)| Counted {
        key,
        sums: cell.sums,
        households: cell.households.len() as u64,
        persons: cell.persons.len() as u64,
        places: cell.places.into_iter().collect(),
        villages: None,
    });
    Ok(scan.figures(counted.collect()))
}

/// A cell of the cube in the numbers of the dictionaries.
#[derive(Debug, Clone, Default)]
pub(super) struct Counted {
    pub(super) key: Vec<u32>,
    pub(super) sums: Sums,
    pub(super) households: u64,
    pub(super) persons: u64,
    /// The numbers of the places, each once.
    pub(super) places: Vec<u32>,
    /// How many villages these are, where it was counted before.
    pub(super) villages: Option<u64>,
}

/// Counts the cells of a period for keeping; the query groups by stage, kind and class.
pub(super) fn cells_of(
    facts: &Facts,
    query: &Query,
    known: PeriodCells,
) -> Result<PeriodCells, FiguresError> {
    let state = State::default();
    let scan = Scan::prepare(facts, &state, query)?;
    let cube::CountedPeriod {
        counted,
        last,
        stages,
    } = cube::count_period(&scan, known.finest().collect())?;
    let cell = |counted: Counted| {
        let villages = scan.villages(&counted);
        let [stage, kind, class] = *counted.key.as_slice() else {
            return None;
        };
        let class = u8::try_from(class).ok()?;
        let at = *Stage::ALL.get(stage.checked_sub(1)? as usize)?;
        Some(PeriodCell {
            stage: at as u8,
            kind,
            class,
            stages: stages.get(&(at, kind, class)).copied().unwrap_or(u16::MAX),
            turns: counted.sums.turns,
            count: counted.sums.count,
            amount: counted.sums.amount,
            recovered: counted.sums.recovered,
            quantities: counted.sums.quantities.into_iter().collect(),
            households: counted.households,
            persons: counted.persons,
            villages,
        })
    };
    Ok(known.with(counted.into_iter().filter_map(cell), last))
}

/// The rows of the facts table that a query counts, with their places in the log: what stands
/// behind a figure.
///
/// # Errors
/// As [`figures`].
pub fn events_behind(
    facts: &Facts,
    state: &State,
    query: &Query,
) -> Result<Vec<u64>, FiguresError> {
    let scan = Scan::prepare(facts, state, query)?;
    let mut seqs = Vec::new();
    cube::each_row(&scan, &mut |fact, _, _| seqs.push(fact.add_seq))?;
    seqs.sort_unstable();
    seqs.dedup();
    Ok(seqs)
}

/// The households that a query counts anything of. Only a fold of the whole log can name them.
///
/// # Errors
/// As [`figures`].
pub fn households_behind(
    facts: &Facts,
    state: &State,
    query: &Query,
) -> Result<BTreeSet<Code>, FiguresError> {
    let scan = Scan::prepare(facts, state, query)?;
    let mut numbers = BTreeSet::new();
    cube::each_row(&scan, &mut |fact, _, _| {
        numbers.extend((fact.household != 0).then_some(fact.household));
    })?;
    let code = |number: u32| {
        let why = || FiguresError::Unreadable("a household has a number and no code".to_owned());
        facts.households.code(number).cloned().ok_or_else(why)
    };
    numbers.into_iter().map(code).collect()
}

/// The same as rows of the facts table, in the order they were added.
///
/// # Errors
/// As [`figures`].
pub fn rows_behind(facts: &Facts, state: &State, query: &Query) -> Result<Vec<Fact>, FiguresError> {
    let scan = Scan::prepare(facts, state, query)?;
    Ok(scan.select().into_iter().map(|(fact, _)| *fact).collect())
}

/// A filter in the numbers of the dictionaries.
pub(super) enum Test {
    Keys(Dimension, HashSet<u32>),
    Households(HashSet<u32>),
    Persons(HashSet<u32>),
}

/// A query in the numbers of the dictionaries.
pub(super) struct Scan<'a> {
    pub(super) facts: &'a Facts,
    pub(super) query: &'a Query,
    pub(super) from: Day,
    pub(super) to: Day,
    pub(super) kinds: Option<HashSet<u32>>,
    pub(super) tests: Vec<Test>,
    pub(super) sources: Option<HashSet<u32>>,
    programme_names: Vec<String>,
    programme_of_kind: HashMap<u32, u32>,
    programme_of_project: HashMap<u32, u32>,
    places: Places,
    covers_names: Vec<String>,
    covers_of_period: HashMap<u32, u32>,
}

/// Numbers names from 1, in the order of first sight.
fn numbered(names: &mut Vec<String>, name: &str) -> u32 {
    let place = names
        .iter()
        .position(|known| known == name)
        .unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

impl<'a> Scan<'a> {
    fn prepare(
        facts: &'a Facts,
        state: &'a State,
        query: &'a Query,
    ) -> Result<Scan<'a>, FiguresError> {
        let mut scan = Scan {
            facts,
            query,
            from: day(query.from),
            to: day(query.to),
            kinds: None,
            tests: Vec::new(),
            sources: None,
            programme_names: Vec::new(),
            programme_of_kind: HashMap::new(),
            programme_of_project: HashMap::new(),
            places: Places::of(
                facts,
                state,
                query.boundaries,
                query.asks(Dimension::Commune),
            ),
            covers_names: Vec::new(),
            covers_of_period: HashMap::new(),
        };
        scan.map_programmes(state);
        let covers = query.asks(Dimension::Covers);
        for (number, period) in facts.periods.iter().filter(|_| covers) {
            let shortest = shortest(period);
            let covers = numbered(&mut scan.covers_names, &shortest);
            scan.covers_of_period.insert(number, covers);
        }
        if !query.kinds.is_empty() {
            for kind in &query.kinds {
                check(facts, state, Dimension::Kind, kind)?;
            }
            let numbers = query
                .kinds
                .iter()
                .filter_map(|kind| facts.kinds.number(kind.as_str()));
            scan.kinds = Some(numbers.collect());
        }
        for filter in &query.filters {
            scan.take_filter(state, filter)?;
        }
        Ok(scan)
    }

    fn map_programmes(&mut self, state: &State) {
        for (number, kind) in self.facts.kinds.iter() {
            if let Some(kind) = state.catalogue.kind(kind.as_str()) {
                let programme = numbered(&mut self.programme_names, kind.programme.as_str());
                self.programme_of_kind.insert(number, programme);
            }
        }
        for (number, project) in self.facts.projects.iter() {
            let registered = state.projects.get(project);
            if let Some(code) = registered.and_then(|known| known.registered.programme.as_ref()) {
                let programme = numbered(&mut self.programme_names, code.as_str());
                self.programme_of_project.insert(number, programme);
            }
        }
    }

    fn take_filter(&mut self, state: &State, filter: &Filter) -> Result<(), FiguresError> {
        match filter {
            Filter::Household(code) => {
                let number = self.facts.households.number(code.as_str());
                let number = number.map_err(FiguresError::Unreadable)?;
                self.tests
                    .push(Test::Households(number.into_iter().collect()));
            }
            Filter::Person(code) => {
                let number = self.facts.persons.number(code.as_str());
                let number = number.map_err(FiguresError::Unreadable)?;
                self.tests.push(Test::Persons(number.into_iter().collect()));
            }
            Filter::Cohort(codes) => {
                let mut households = HashSet::new();
                for code in codes {
                    let cohort = state.cohorts.get(code.as_str()).ok_or_else(|| {
                        let (what, value) = ("cohort".to_owned(), code.clone());
                        FiguresError::UnknownValue { what, value }
                    })?;
                    for code in &cohort.households {
                        let number = self.facts.households.number(code.as_str());
                        households.extend(number.map_err(FiguresError::Unreadable)?);
                    }
                }
                self.tests.push(Test::Households(households));
            }
            Filter::Dimension(dimension, values) => {
                for value in values.iter().filter(|value| !value.is_empty()) {
                    check(self.facts, state, *dimension, value)?;
                }
                let keys: Vec<String> = values
                    .iter()
                    .map(|value| key_of(state, *dimension, value))
                    .collect();
                let wanted = self.wanted(state, *dimension, &keys);
                if *dimension == Dimension::Source {
                    self.sources = Some(wanted);
                } else {
                    self.tests.push(Test::Keys(*dimension, wanted));
                }
            }
        }
        Ok(())
    }

    /// The numbers of the keys that a filter names. A programme stands for its parts as well, an
    /// activity in several villages for each of them.
    fn wanted(&self, state: &State, dimension: Dimension, values: &[String]) -> HashSet<u32> {
        let given = |name: &str| values.iter().any(|value| value == name);
        match dimension {
            Dimension::Month | Dimension::Quarter => {
                let numbers = values
                    .iter()
                    .filter_map(|value| calendar_number(dimension, value));
                numbers.collect()
            }
            Dimension::Programme => {
                let below: HashSet<String> = values
                    .iter()
                    .flat_map(|value| state.catalogue.descendants(value))
                    .map(|programme| programme.code.to_string())
                    .collect();
                let numbered = (1u32..).zip(&self.programme_names);
                let mut wanted: HashSet<u32> = numbered
                    .filter(|(_, name)| below.contains(*name) || given(name))
                    .map(|(number, _)| number)
                    .collect();
                wanted.extend(given("").then_some(0));
                wanted
            }
            _ => {
                let names = |number: u32| {
                    let name = self.name(dimension, number);
                    let touched = matches!(dimension, Dimension::Village | Dimension::Commune)
                        && name.split(';').any(given);
                    given(&name) || touched
                };
                (0..=self.largest(dimension))
                    .filter(|number| names(*number))
                    .collect()
            }
        }
    }

    fn largest(&self, dimension: Dimension) -> u32 {
        let facts = self.facts;
        let last = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        match dimension {
            Dimension::Kind => last(facts.kinds.iter().count()),
            Dimension::Stage => last(Stage::ALL.len()),
            Dimension::Class => last(HouseholdClass::ALL.len()),
            Dimension::Source => last(facts.sources.iter().count()),
            Dimension::Programme => last(self.programme_names.len()),
            Dimension::Project => last(facts.projects.iter().count()),
            Dimension::Village => last(self.places.len(facts)),
            Dimension::Commune => last(self.places.commune_names().len()),
            Dimension::Covers => last(self.covers_names.len()),
            Dimension::Group => last(facts.groups.iter().count()),
            Dimension::Sex | Dimension::Minority => 2,
            Dimension::Month | Dimension::Quarter => 0,
        }
    }

    /// The rows that count, with the day each is placed at.
    fn select(&self) -> Vec<(&'a Fact, Day)> {
        let as_of = self.as_of();
        let mut rows: Vec<(&Fact, Day)> = Vec::new();
        for fact in self.facts.rows() {
            if !fact.stands_at(as_of) || fact.add_seq <= self.query.since {
                continue;
            }
            let placed = self.facts.placed(fact, self.query.axis);
            let in_period = placed >= self.from && placed <= self.to;
            if in_period && self.asks_for(fact.stage, fact.kind) {
                rows.push((fact, placed));
            }
        }
        if self.counts_furthest() {
            let mut reached = Reached::default();
            rows.iter().for_each(|(fact, _)| reached.take(fact));
            rows.retain(|(fact, _)| reached.counts(fact));
        }
        rows.retain(|(fact, placed)| self.passes(fact, *placed, self.facts.funding(fact)));
        rows
    }

    /// The number of a row's place, by the boundaries that were asked for.
    pub(super) fn place(&self, fact: &Fact) -> u32 {
        self.places.place(fact)
    }

    /// The last event that the answer knows.
    pub(super) fn as_of(&self) -> u64 {
        self.query.as_of.min(self.facts.known())
    }

    /// Whether rows of a stage and kind can count.
    pub(super) fn asks_for(&self, stage: Stage, kind: u32) -> bool {
        let kinds = self.kinds.as_ref();
        self.query.stages.contains(&stage) && kinds.is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Whether an action counts once, at the furthest stage it reached in the period.
    pub(super) fn counts_furthest(&self) -> bool {
        self.query.stages.len() > 1 && !self.query.by.contains(&Dimension::Stage)
    }

    /// Whether a row passes every filter; `parts` is its funding.
    pub(super) fn passes(&self, fact: &Fact, placed: Day, parts: &[(u32, i64)]) -> bool {
        let tests = self.tests.iter().all(|test| match test {
            Test::Keys(dimension, wanted) => wanted.contains(&self.key(fact, placed, *dimension)),
            Test::Households(wanted) => fact.household != 0 && wanted.contains(&fact.household),
            Test::Persons(wanted) => fact.person != 0 && wanted.contains(&fact.person),
        });
        let funded = self.sources.as_ref().is_none_or(|wanted| {
            parts.iter().any(|(source, _)| wanted.contains(source))
                || (parts.is_empty() && wanted.contains(&0))
        });
        tests && funded && self.query.entries.hold(fact)
    }

    /// The number of a row's key; a source is not one number, so it is filled in by the caller.
    pub(super) fn key(&self, fact: &Fact, placed: Day, dimension: Dimension) -> u32 {
        let of = |map: &HashMap<u32, u32>, number: u32| map.get(&number).copied().unwrap_or(0);
        match dimension {
            Dimension::Kind => fact.kind,
            Dimension::Stage => fact.stage as u32 + 1,
            Dimension::Class => u32::from(fact.class),
            Dimension::Source => 0,
            Dimension::Programme => match of(&self.programme_of_project, fact.project) {
                0 => of(&self.programme_of_kind, fact.kind),
                programme => programme,
            },
            Dimension::Project => fact.project,
            Dimension::Village => self.places.place(fact),
            Dimension::Commune => self.places.commune(fact),
            Dimension::Month => month_number(placed),
            Dimension::Quarter => month_number(placed) / 3,
            Dimension::Covers => of(&self.covers_of_period, fact.covers),
            Dimension::Group => fact.group,
            Dimension::Sex => u32::from(fact.sex),
            Dimension::Minority => u32::from(fact.minority),
        }
    }

    fn name(&self, dimension: Dimension, number: u32) -> String {
        let facts = self.facts;
        let coded = |code: Option<&Code>| code.map(Code::to_string).unwrap_or_default();
        let index = (number as usize).checked_sub(1);
        let listed = |names: &[String]| {
            index
                .and_then(|index| names.get(index))
                .cloned()
                .unwrap_or_default()
        };
        match dimension {
            Dimension::Kind => coded(facts.kinds.value(number)),
            Dimension::Stage => {
                let stage = index.and_then(|index| Stage::ALL.get(index));
                stage.map(Stage::to_string).unwrap_or_default()
            }
            Dimension::Class => {
                let class = index.and_then(|index| HouseholdClass::ALL.get(index));
                class.map(HouseholdClass::to_string).unwrap_or_default()
            }
            Dimension::Source => coded(facts.sources.value(number)),
            Dimension::Programme => listed(&self.programme_names),
            Dimension::Project => coded(facts.projects.value(number)),
            Dimension::Village => {
                let villages = self.places.villages(facts, number);
                villages
                    .iter()
                    .map(Code::as_str)
                    .collect::<Vec<_>>()
                    .join(";")
            }
            Dimension::Commune => listed(self.places.commune_names()),
            Dimension::Month => format!("{:04}-{:02}", number / 12, number % 12 + 1),
            Dimension::Quarter => format!("{:04}-Q{}", number / 4, number % 4 + 1),
            Dimension::Covers => listed(&self.covers_names),
            Dimension::Group => coded(facts.groups.value(number)),
            Dimension::Sex => named(number, ["", "female", "male"]),
            Dimension::Minority => named(number, ["", "no", "yes"]),
        }
    }

    /// The keys of a row, but for a source.
    pub(super) fn fill_key(&self, fact: &Fact, placed: Day, key: &mut Vec<u32>) {
        key.clear();
        key.extend(self.query.by.iter().map(|by| self.key(fact, placed, *by)));
    }

    /// Whether a support at these stages is at several of those that are asked for.
    pub(super) fn divides(&self, stages: u16) -> bool {
        let asked = self.query.stages.iter();
        let asked = asked.fold(0, |bits, stage| bits | stage_bit(*stage));
        (stages & asked).count_ones() > 1
    }

    /// Gives the keys that a row counts under, and what of its amount counts there.
    pub(super) fn add(
        &self,
        fact: &Fact,
        placed: Day,
        parts: &[(u32, i64)],
        key: &mut Vec<u32>,
        mut take: impl FnMut(&[u32], i128),
    ) {
        let counted = |source: &u32| self.sources.as_ref().is_none_or(|set| set.contains(source));
        self.fill_key(fact, placed, key);
        let place = self.query.by.iter().position(|by| *by == Dimension::Source);
        let Some(place) = place else {
            let amount = parts.iter().filter(|(source, _)| counted(source));
            let amount: i128 = amount.map(|(_, amount)| i128::from(*amount)).sum();
            take(key, amount);
            return;
        };
        if parts.is_empty() {
            take(key, 0);
        }
        for (source, amount) in parts.iter().filter(|(source, _)| counted(source)) {
            if let Some(slot) = key.get_mut(place) {
                *slot = *source;
            }
            take(key, i128::from(*amount));
        }
    }

    /// The rows of an answer, sorted by their keys.
    fn figures(&self, cells: Vec<Counted>) -> Figures {
        let by = &self.query.by;
        let row = |cell: &Counted| {
            let keys = by.iter().zip(&cell.key);
            let names = keys.map(|(by, number)| self.name(*by, *number)).collect();
            self.finish(names, cell)
        };
        let mut rows: Vec<Row> = cells.iter().map(row).collect();
        rows.sort_by(|a, b| a.keys.cmp(&b.keys));
        if by.is_empty() && rows.is_empty() {
            rows.push(Row::empty(Vec::new()));
        }
        Figures {
            by: by.clone(),
            rows,
        }
    }

    /// How many villages a cell names.
    fn villages(&self, cell: &Counted) -> u64 {
        if let Some(villages) = cell.villages {
            return villages;
        }
        let villages = |number: &u32| self.places.villages(self.facts, *number);
        // Places of one village each are different villages.
        if cell.places.iter().all(|place| villages(place).len() == 1) {
            return cell.places.len() as u64;
        }
        let villages: HashSet<&Code> = cell.places.iter().flat_map(villages).collect();
        villages.len() as u64
    }

    fn finish(&self, keys: Vec<String>, cell: &Counted) -> Row {
        let sums = &cell.sums;
        let mixed_units = sums.quantities.len() > 1;
        let mut units = sums.quantities.iter();
        let (unit, quantity) = match (units.next(), units.next()) {
            (Some((unit, quantity)), None) => (self.facts.units.value(*unit), *quantity),
            _ => (None, 0),
        };
        Row {
            turns: sums.turns,
            households: cell.households,
            persons: cell.persons,
            count: sums.count,
            villages: self.villages(cell),
            amount: sums.amount,
            quantity,
            recovered: sums.recovered,
            unit: unit.map(Code::to_string).unwrap_or_default(),
            mixed_units,
            keys,
        }
    }
}

fn shortest(period: &Period) -> String {
    period.canonical().to_string()
}

/// The key that a value names: periods and communes can be named in several ways.
fn key_of(state: &State, dimension: Dimension, value: &str) -> String {
    let key = match dimension {
        Dimension::Covers => value.parse::<Period>().ok().map(|p| shortest(&p)),
        Dimension::Commune => state.units.get(value).map(|unit| unit.key.to_string()),
        _ => None,
    };
    key.unwrap_or_else(|| value.to_owned())
}

fn named(number: u32, names: [&str; 3]) -> String {
    names
        .get(number as usize)
        .copied()
        .unwrap_or_default()
        .to_owned()
}

fn month_number(placed: Day) -> u32 {
    let placed = date(placed).unwrap_or_default();
    u32::try_from(placed.year()).unwrap_or(0) * 12 + placed.month0()
}

fn calendar_number(dimension: Dimension, value: &str) -> Option<u32> {
    let period: Period = value.parse().ok()?;
    let (year, month) = (period.first_day().year(), period.first_day().month());
    let number = month_number(day(period.first_day()));
    let (number, whole) = match dimension {
        Dimension::Quarter => (number / 3, Period::quarter(year, month.div_ceil(3))),
        _ => (number, Period::month(year, month)),
    };
    whole
        .is_some_and(|whole| whole.same_days(&period))
        .then_some(number)
}

/// The stages that supports stand at among some rows, by their signs.
#[derive(Default)]
pub(super) struct Reached {
    net: HashMap<u64, BTreeMap<Stage, i64>>,
}

impl Reached {
    /// Takes a row in.
    pub(super) fn take(&mut self, fact: &Fact) {
        if !fact.is_recovery {
            let stages = self.net.entry(fact.support).or_default();
            *stages.entry(fact.stage).or_default() += i64::from(fact.sign);
        }
    }

    /// Whether the row is at the furthest stage that its support stands at, so that the action
    /// counts once.
    pub(super) fn counts(&self, fact: &Fact) -> bool {
        let Some(stages) = self.net.get(&fact.support).filter(|_| !fact.is_recovery) else {
            return true;
        };
        let standing = stages.iter().rev().find(|(_, net)| **net > 0);
        let furthest = standing.or_else(|| stages.iter().next_back());
        furthest.is_none_or(|(stage, _)| *stage == fact.stage)
    }
}

/// Refuses a value that neither the catalogue nor the ledger knows.
fn check(
    facts: &Facts,
    state: &State,
    dimension: Dimension,
    value: &str,
) -> Result<(), FiguresError> {
    let catalogue = &state.catalogue;
    let known = match dimension {
        Dimension::Kind => catalogue.kind(value).is_some(),
        Dimension::Stage => value.parse::<Stage>().is_ok(),
        Dimension::Class => value.parse::<HouseholdClass>().is_ok(),
        Dimension::Source => catalogue.source(value).is_some(),
        Dimension::Programme => catalogue.programme(value).is_some(),
        Dimension::Project => state.projects.contains_key(value),
        Dimension::Village => state.units.contains(value) || value.contains(';'),
        Dimension::Commune => {
            state.units.contains(value) || state.units.values().any(|u| u.key.as_str() == value)
        }
        Dimension::Month | Dimension::Quarter => calendar_number(dimension, value).is_some(),
        Dimension::Covers => value.parse::<Period>().is_ok(),
        Dimension::Group => catalogue.group(value).is_some() || facts.knows_group(value),
        Dimension::Sex => matches!(value, "female" | "male"),
        Dimension::Minority => matches!(value, "yes" | "no"),
    };
    if known {
        return Ok(());
    }
    let (what, value) = (dimension.name().to_owned(), value.to_owned());
    Err(FiguresError::UnknownValue { what, value })
}
