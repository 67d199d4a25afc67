//! Households that end and households that come after them.
//!
//! Support stays with the household that received it. Whoever looks at a household sees what the
//! households before it received, and nothing is written again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code::Code;
use super::command::{Command, Context};
use super::decide::{Proposed, check_day, known_household};
use super::event::Body;
use super::language::{Explain, Lang};
use super::people::{HouseholdRegistered, PersonJoined, PersonLeft};
use super::rejection::{Rejection, Unknown};
use super::state::State;

/// `household.split`: a part of a household lives on its own from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdSplit {
    /// Which household.
    pub household: Code,
    /// What there is afterwards. The household itself is among them when it goes on.
    pub into: Vec<Code>,
    /// From which day.
    pub on: NaiveDate,
}

/// `household.merged`: a household becomes part of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdMerged {
    /// The household that ends.
    pub household: Code,
    /// The household it becomes part of.
    pub into: Code,
    /// From which day.
    pub on: NaiveDate,
}

/// `household.closed`: a household ends, and none comes after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdClosed {
    /// Which household.
    pub household: Code,
    /// The first day without it.
    pub on: NaiveDate,
}

/// The end of a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdEnd {
    /// The first day without it.
    pub on: NaiveDate,
    /// The event that ended it.
    pub seq: u64,
}

/// Why a household cannot split, merge or close like that.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HouseholdProblem {
    /// It had ended by then.
    Ended {
        /// Which household.
        household: Code,
        /// The first day without it.
        on: NaiveDate,
    },
    /// A household or person is given twice.
    Twice(Code),
    /// A split into nothing but one.
    NoSplit,
    /// A household cannot become part of itself.
    Itself(Code),
    /// The person is no member of the household that splits.
    NoMember {
        /// The person.
        person: Code,
        /// The household that splits.
        household: Code,
    },
    /// A member goes to a household that does not come out of the split.
    NoHeir(Code),
    /// Members of a household that ends have nowhere to go.
    Lost(Vec<Code>),
}

impl Explain for HouseholdProblem {
    fn code(&self) -> &'static str {
        match self {
            HouseholdProblem::Ended { .. } => "household_ended",
            HouseholdProblem::Twice(_) => "household_twice",
            HouseholdProblem::NoSplit => "no_split",
            HouseholdProblem::Itself(_) => "household_itself",
            HouseholdProblem::NoMember { .. } => "no_member",
            HouseholdProblem::NoHeir(_) => "household_no_heir",
            HouseholdProblem::Lost(_) => "members_lost",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            HouseholdProblem::Ended { household, on } => (
                format!("hộ {household} đã kết thúc: không còn từ ngày {on}"),
                format!("household {household} has ended: it is no more from {on}"),
            ),
            HouseholdProblem::Twice(code) => (
                format!("“{code}” được nêu hai lần"),
                format!("\"{code}\" is given twice"),
            ),
            HouseholdProblem::NoSplit => (
                "tách hộ phải còn lại ít nhất hai hộ".to_owned(),
                "a split leaves at least two households".to_owned(),
            ),
            HouseholdProblem::Itself(household) => (
                format!("hộ {household} không thể nhập vào chính nó"),
                format!("household {household} cannot become part of itself"),
            ),
            HouseholdProblem::NoMember { person, household } => (
                format!("nhân khẩu {person} không thuộc hộ {household}"),
                format!("the person {person} is no member of household {household}"),
            ),
            HouseholdProblem::NoHeir(household) => (
                format!("hộ {household} không nằm trong các hộ sau khi tách"),
                format!("household {household} does not come out of the split"),
            ),
            HouseholdProblem::Lost(persons) => {
                let persons: Vec<&str> = persons.iter().map(Code::as_str).collect();
                let persons = persons.join(", ");
                (
                    format!("hộ kết thúc mà chưa nêu nhân khẩu về hộ nào: {persons}"),
                    format!("the household ends, and these members have no household: {persons}"),
                )
            }
        };
        lang.pick(vi, en)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            HouseholdProblem::NoSplit => (
                "nêu mọi hộ sau khi tách: --into HỘ1,HỘ2 (kể cả hộ cũ nếu hộ đó còn)",
                "name all households after the split: --into H1,H2 (the old one too if it goes on)",
            ),
            HouseholdProblem::Lost(_) | HouseholdProblem::NoHeir(_) => (
                "nêu từng nhân khẩu: --member NHÂN_KHẨU=HỘ",
                "name each member: --member PERSON=HOUSEHOLD",
            ),
            _ => return None,
        };
        Some(lang.pick(vi, en).to_owned())
    }
}

/// Decides a command about households that end.
pub(super) fn decide_succession(
    state: &State,
    context: &Context,
    command: &Command,
) -> Result<Vec<Proposed>, Rejection> {
    match command {
        Command::SplitHousehold {
            household,
            into,
            members,
            on,
        } => split(state, context, household, into, members, *on),
        Command::MergeHousehold {
            household,
            into,
            on,
        } => merge(state, context, household, into, *on),
        Command::CloseHousehold { household, on } => {
            if context.reason.is_none() {
                return Err(Rejection::ReasonNeeded);
            }
            lives(state, context, household, *on)?;
            let (household, on) = (household.clone(), *on);
            let data = HouseholdClosed { household, on };
            let body = Body::HouseholdClosed(Box::new(data));
            Ok(vec![Proposed::new(context, body)])
        }
        Command::LeaveHousehold { person, on } => leave(state, context, person, *on),
        _ => Ok(Vec::new()),
    }
}

/// Refuses a household that is not known, or has ended; a day that cannot be.
fn lives(
    state: &State,
    context: &Context,
    household: &Code,
    on: NaiveDate,
) -> Result<(), Rejection> {
    known_household(state, household)?;
    check_day(context, on)?;
    let ended = state
        .households
        .get(household)
        .and_then(|known| known.ended.as_ref());
    match ended {
        Some(ended) => {
            let (household, on) = (household.clone(), ended.on);
            Err(HouseholdProblem::Ended { household, on }.into())
        }
        None => Ok(()),
    }
}

fn joins(context: &Context, person: &Code, household: &Code, on: NaiveDate) -> Proposed {
    let data = PersonJoined {
        born: None,
        ethnicity: None,
        household: household.clone(),
        id_number: None,
        joined_on: Some(on),
        minority: None,
        name: None,
        note: None,
        person: person.clone(),
        relation: None,
        sex: None,
    };
    Proposed::new(context, Body::PersonJoined(Box::new(data)))
}

fn split(
    state: &State,
    context: &Context,
    household: &Code,
    into: &[Code],
    members: &[(Code, Code)],
    on: NaiveDate,
) -> Result<Vec<Proposed>, Rejection> {
    lives(state, context, household, on)?;
    let mut heirs: BTreeSet<&Code> = BTreeSet::new();
    let mut proposed = Vec::new();
    for heir in into {
        if !heirs.insert(heir) {
            return Err(HouseholdProblem::Twice(heir.clone()).into());
        }
        if state.households.contains_key(heir) {
            lives(state, context, heir, on)?;
            continue;
        }
        // Its class is for a review to decide; it lives where it lived.
        let data = HouseholdRegistered {
            ethnicity: None,
            head: None,
            household: heir.clone(),
            id_number: None,
            members: None,
            minority: None,
            note: None,
            poverty_code: None,
            village: state.home_on(household, on).cloned(),
        };
        let body = Body::HouseholdRegistered(Box::new(data));
        proposed.push(Proposed::new(context, body));
    }
    if heirs.len() < 2 {
        return Err(HouseholdProblem::NoSplit.into());
    }
    let data = HouseholdSplit {
        household: household.clone(),
        into: into.to_vec(),
        on,
    };
    let body = Body::HouseholdSplit(Box::new(data));
    proposed.push(Proposed::new(context, body));
    let known = state.households.get(household);
    let persons = known
        .map(|known| known.persons.as_slice())
        .unwrap_or_default();
    let mut named: BTreeMap<&Code, &Code> = BTreeMap::new();
    for (person, heir) in members {
        if !persons.contains(person) {
            let (person, household) = (person.clone(), household.clone());
            return Err(HouseholdProblem::NoMember { person, household }.into());
        }
        if !heirs.contains(heir) {
            return Err(HouseholdProblem::NoHeir(heir.clone()).into());
        }
        if named.insert(person, heir).is_some() {
            return Err(HouseholdProblem::Twice(person.clone()).into());
        }
        if heir != household {
            proposed.push(joins(context, person, heir, on));
        }
    }
    let here = |person: &&Code| {
        let known = state.persons.get(*person);
        known.is_some_and(|known| known.left.is_none()) && !named.contains_key(*person)
    };
    let lost: Vec<Code> = persons.iter().filter(here).cloned().collect();
    if !heirs.contains(household) && !lost.is_empty() {
        return Err(HouseholdProblem::Lost(lost).into());
    }
    Ok(proposed)
}

fn merge(
    state: &State,
    context: &Context,
    household: &Code,
    into: &Code,
    on: NaiveDate,
) -> Result<Vec<Proposed>, Rejection> {
    lives(state, context, household, on)?;
    lives(state, context, into, on)?;
    if household == into {
        return Err(HouseholdProblem::Itself(into.clone()).into());
    }
    let data = HouseholdMerged {
        household: household.clone(),
        into: into.clone(),
        on,
    };
    let mut proposed = vec![Proposed::new(
        context,
        Body::HouseholdMerged(Box::new(data)),
    )];
    let known = state.households.get(household);
    for person in known.into_iter().flat_map(|known| &known.persons) {
        let left = state
            .persons
            .get(person)
            .is_none_or(|known| known.left.is_some());
        if !left {
            proposed.push(joins(context, person, into, on));
        }
    }
    Ok(proposed)
}

fn leave(
    state: &State,
    context: &Context,
    person: &Code,
    on: NaiveDate,
) -> Result<Vec<Proposed>, Rejection> {
    check_day(context, on)?;
    let known = state
        .persons
        .get(person)
        .ok_or_else(|| Rejection::unknown(Unknown::Person, person.as_str()))?;
    if known.left.is_some() {
        return Err(Rejection::NothingChanges);
    }
    let data = PersonLeft {
        household: known.household.clone(),
        left_on: Some(on),
        person: person.clone(),
    };
    let body = Body::PersonLeft(Box::new(data));
    Ok(vec![Proposed::new(context, body)])
}
