//! `decide(state, context, command) -> events`: the one place where rules are checked.
//!
//! Only what cannot be true is refused. What is merely doubtful goes in with a [`Finding`].

use chrono::{Datelike, NaiveDate};

use super::code::Code;
use super::command::{BudgetDraft, Command, Context, HouseholdDraft, PersonDraft, ProjectDraft};
use super::decide_closing::is_late;
use super::event::{Body, Document};
use super::finding::{Finding, FindingCode};
use super::fixed::{LARGEST, Money, Quantity};
use super::ledger::{ActorRegistered, UnitLevel, UnitRegistered};
use super::money::{BudgetChanged, ProjectAdvanced, ProjectJoined, ProjectRegistered, TargetSet};
use super::people::{
    CohortListed, HouseholdChanged, HouseholdClassified, HouseholdHeadChanged, HouseholdMoved,
    HouseholdRegistered, PersonChanged, PersonJoined,
};
use super::personal::Personal;
use super::rejection::{Rejection, Unknown};
use super::state::State;
use super::unit::Unit;
pub use super::village_name::same_village;
use super::village_name::{Likeness, likeness};

/// An event that was decided and has no id, time or place in the log yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// What happened. Its personal fields are open; they are sealed before it is written.
    pub body: Body,
    /// What seemed doubtful.
    pub findings: Vec<Finding>,
    /// It happened in a period that is closed.
    pub late: bool,
    /// The paper it rests on.
    pub document: Option<Document>,
    /// Why.
    pub reason: Option<String>,
}

impl Proposed {
    pub(super) fn new(context: &Context, body: Body) -> Proposed {
        Proposed {
            body,
            findings: Vec::new(),
            late: false,
            document: context.document.clone(),
            reason: context.reason.clone(),
        }
    }

    pub(super) fn with(mut self, findings: Vec<Finding>) -> Proposed {
        self.findings = findings;
        self
    }
}

/// Decides a command.
///
/// # Errors
/// [`Rejection`] when what is asked cannot be true.
pub fn decide(
    state: &State,
    context: &Context,
    command: &Command,
) -> Result<Vec<Proposed>, Rejection> {
    match command {
        Command::RegisterActor {
            actor,
            name,
            office,
        } => {
            let (actor, name, office) = (actor.clone(), name.clone(), office.clone());
            let body = Body::ActorRegistered(Box::new(ActorRegistered {
                actor,
                name,
                office,
            }));
            Ok(vec![Proposed::new(context, body)])
        }
        Command::RegisterHousehold(draft) => register_household(state, context, draft),
        Command::UpdateHousehold(draft) => update_household(state, context, draft),
        Command::RegisterPerson(draft) => register_person(state, context, draft),
        Command::UpdatePerson(draft) => update_person(state, context, draft),
        Command::Classify {
            household,
            class,
            from,
            standard,
        } => {
            known_household(state, household)?;
            let (standard, class) = (standard.clone(), *class);
            let (effective_from, household) = (*from, household.clone());
            let data = HouseholdClassified {
                class,
                effective_from,
                household,
                standard,
            };
            let body = Body::HouseholdClassified(Box::new(data));
            Ok(vec![Proposed::new(context, body).with(undated(*from))])
        }
        Command::RegisterProject(draft) => register_project(state, context, draft),
        Command::JoinProject {
            project,
            household,
            role,
            note,
        } => {
            known_project(state, project)?;
            known_household(state, household)?;
            let data = ProjectJoined {
                household: household.clone(),
                note: personal(note.as_ref()),
                project: project.clone(),
                role: role.clone(),
            };
            Ok(vec![Proposed::new(
                context,
                Body::ProjectJoined(Box::new(data)),
            )])
        }
        Command::ListCohort {
            cohort,
            year,
            household,
            note,
        } => {
            known_household(state, household)?;
            let data = CohortListed {
                cohort: cohort.clone(),
                household: household.clone(),
                note: personal(note.as_ref()),
                year: *year,
            };
            Ok(vec![Proposed::new(
                context,
                Body::CohortListed(Box::new(data)),
            )])
        }
        Command::ChangeBudget(draft) => change_budget(state, context, draft),
        Command::SetTarget {
            kind,
            period,
            value,
        } => {
            let catalogue = &state.catalogue;
            if catalogue.indicator(kind).is_none() && catalogue.kind(kind).is_none() {
                let known = catalogue
                    .indicators
                    .iter()
                    .map(|i| i.code.to_string())
                    .collect();
                let (what, name) = (Unknown::Indicator, kind.clone());
                return Err(Rejection::Unknown { what, name, known });
            }
            if value.is_negative() {
                return Err(Rejection::Negative(value.to_string()));
            }
            let data = TargetSet {
                kind: code(kind)?,
                period: *period,
                value: *value,
            };
            let mut event = Proposed::new(context, Body::TargetSet(Box::new(data)));
            event.late = is_late(state, period.last_day());
            Ok(vec![event])
        }
        Command::ClosePeriod { .. } | Command::ReopenPeriod { .. } => {
            super::decide_closing::decide_closing(state, context, command)
        }
        Command::AdoptTemplate { adopted, parts } => {
            super::report::adopt(state, context, adopted, parts)
        }
        Command::IssueReport { issued, parts } => {
            super::report::issue(state, context, issued, parts)
        }
        Command::Custody(command) => super::custody::decide_custody(state, context, command),
        Command::RegisterUnit(_) | Command::RenameUnit { .. } | Command::ReorganiseUnits(_) => {
            super::unit::decide_unit(state, context, command)
        }
        Command::AdoptCatalogue(_)
        | Command::SetIndicator(_)
        | Command::NotifyNorm(_)
        | Command::RegisterDocument(_)
        | Command::CorrectDocument(_) => super::adoption::decide_rules(state, context, command),
        Command::SplitHousehold { .. }
        | Command::MergeHousehold { .. }
        | Command::CloseHousehold { .. }
        | Command::LeaveHousehold { .. } => {
            super::succession::decide_succession(state, context, command)
        }
        _ => super::decide_support::decide_support(state, context, command),
    }
}

pub(super) fn personal(text: Option<&String>) -> Option<Personal> {
    text.cloned().map(Personal::Open)
}

pub(super) fn code(text: &str) -> Result<Code, Rejection> {
    Code::new(text).map_err(|error| Rejection::BadCode(error.to_string()))
}

pub(super) fn known_household(state: &State, household: &Code) -> Result<(), Rejection> {
    if state.households.contains_key(household) {
        return Ok(());
    }
    Err(Rejection::unknown(Unknown::Household, household.as_str()))
}

pub(super) fn known_project(state: &State, project: &Code) -> Result<(), Rejection> {
    if state.projects.contains_key(project) {
        return Ok(());
    }
    Err(Rejection::unknown(Unknown::Project, project.as_str()))
}

/// A source of the catalogue, by its code.
pub(super) fn known_source(state: &State, source: &str) -> Result<Code, Rejection> {
    if state.catalogue.source(source).is_some() {
        return code(source);
    }
    let known = state
        .catalogue
        .sources
        .iter()
        .map(|source| source.code.to_string())
        .collect();
    Err(Rejection::Unknown {
        what: Unknown::Source,
        name: source.to_owned(),
        known,
    })
}

fn known_programme(state: &State, programme: &str) -> Result<Code, Rejection> {
    if state.catalogue.programme(programme).is_some() {
        return code(programme);
    }
    let known = state
        .catalogue
        .programmes
        .iter()
        .map(|entry| entry.code.to_string())
        .collect();
    Err(Rejection::Unknown {
        what: Unknown::Programme,
        name: programme.to_owned(),
        known,
    })
}

/// Ethnic minority: any ethnicity but Kinh (the majority, also written Việt).
fn minority(ethnicity: &Option<String>) -> Option<bool> {
    let ethnicity = ethnicity.as_deref()?.trim().to_lowercase();
    Some(!matches!(
        ethnicity.as_str(),
        "kinh" | "việt" | "kinh (việt)"
    ))
}

pub(super) fn check_money(state: &State, amount: Money) -> Result<(), Rejection> {
    if amount.is_negative() {
        return Err(Rejection::Negative(amount.to_string()));
    }
    if amount.thousandths() / 1_000 > LARGEST {
        return Err(Rejection::TooLarge(amount.to_string()));
    }
    let decimals = u32::from(state.catalogue.currency_decimals);
    if amount.decimals() > decimals {
        let unit = state.catalogue.currency.clone();
        return Err(Rejection::TooFine {
            found: amount.to_string(),
            unit,
            decimals,
        });
    }
    Ok(())
}

/// The unit of a quantity: the kind's own, which a given one must equal; else the given one.
pub(super) fn check_quantity(
    state: &State,
    quantity: Quantity,
    given: Option<&str>,
    of_kind: Option<&str>,
) -> Result<Code, Rejection> {
    if quantity.is_negative() {
        return Err(Rejection::Negative(quantity.to_string()));
    }
    if quantity.thousandths() / 1_000 > LARGEST {
        return Err(Rejection::TooLarge(quantity.to_string()));
    }
    let unit = match (given, of_kind) {
        (Some(found), Some(expected)) if found != expected => {
            let (found, expected) = (found.to_owned(), expected.to_owned());
            return Err(Rejection::WrongUnit { found, expected });
        }
        (Some(unit), _) | (None, Some(unit)) => unit,
        (None, None) => return Err(Rejection::Missing("unit")),
    };
    let Some(known) = state.catalogue.unit(unit) else {
        let known = state
            .catalogue
            .units
            .iter()
            .map(|unit| unit.code.to_string())
            .collect();
        return Err(Rejection::Unknown {
            what: Unknown::Unit,
            name: unit.to_owned(),
            known,
        });
    };
    if quantity.decimals() > u32::from(known.decimals) {
        let (unit, decimals) = (unit.to_owned(), u32::from(known.decimals));
        return Err(Rejection::TooFine {
            found: quantity.to_string(),
            unit,
            decimals,
        });
    }
    code(unit)
}

/// A day that can be true: not after today, not before 1900.
pub(super) fn check_day(context: &Context, day: NaiveDate) -> Result<(), Rejection> {
    if day > context.today {
        return Err(Rejection::FutureDate {
            found: day,
            today: context.today,
        });
    }
    if day.year() < 1900 {
        return Err(Rejection::AncientDate(day));
    }
    Ok(())
}

fn undated(from: Option<NaiveDate>) -> Vec<Finding> {
    if from.is_some() {
        Vec::new()
    } else {
        vec![Finding::new(FindingCode::ClassUndated)]
    }
}

/// Finds the village that a list names or, when the ledger does not know it, proposes to register
/// it under the ledger's unit with its name as its code.
pub(super) fn village(
    state: &State,
    context: &Context,
    name: &str,
    proposed: &mut Vec<Proposed>,
) -> Result<Code, Rejection> {
    if let Some(unit) = state.units.get(name) {
        return Ok(unit.registered.unit.clone());
    }
    let mut near = None;
    let villages = || state.units.villages_like(name);
    // Of two villages of one name the one that still exists is meant.
    let (ended, there): (Vec<&Unit>, Vec<&Unit>) =
        villages().partition(|unit| unit.has_ended_by(context.today));
    for unit in there.into_iter().chain(ended) {
        for known in unit.names.entries() {
            match likeness(&known.value, name) {
                Likeness::Same => return Ok(unit.registered.unit.clone()),
                Likeness::Near => near = Some(known.value.clone()),
                Likeness::Other => {}
            }
        }
    }
    let already = proposed.iter().find_map(|known| match &known.body {
        Body::UnitRegistered(known) if same_village(&known.name, name) => Some(&known.unit),
        _ => None,
    });
    if let Some(unit) = already {
        return Ok(unit.clone());
    }
    let unit = code(name)?;
    let mut findings = vec![Finding::between(FindingCode::VillageNew, name, "")];
    if let Some(near) = near {
        findings.push(Finding::between(FindingCode::VillageNear, name, &near));
    }
    let data = UnitRegistered {
        code: None,
        level: UnitLevel::Village,
        name: name.to_owned(),
        parent: state.ledger.as_ref().map(|ledger| ledger.unit.clone()),
        unit: unit.clone(),
        valid_from: None,
    };
    proposed.push(Proposed::new(context, Body::UnitRegistered(Box::new(data))).with(findings));
    Ok(unit)
}

fn register_household(
    state: &State,
    context: &Context,
    draft: &HouseholdDraft,
) -> Result<Vec<Proposed>, Rejection> {
    let household = draft
        .household
        .clone()
        .ok_or(Rejection::Missing("household"))?;
    if state.households.contains_key(&household) {
        let what = format!("household {household}");
        return Err(Rejection::Differs {
            what,
            fields: vec!["household".to_owned()],
        });
    }
    let mut proposed = Vec::new();
    let village = match &draft.village {
        Some(name) => Some(village(state, context, name, &mut proposed)?),
        None => None,
    };
    let data = HouseholdRegistered {
        ethnicity: personal(draft.ethnicity.as_ref()),
        head: personal(draft.head.as_ref()),
        household: household.clone(),
        id_number: personal(draft.id_number.as_ref()),
        members: draft.members,
        minority: minority(&draft.ethnicity),
        note: personal(draft.note.as_ref()),
        poverty_code: personal(draft.poverty_code.as_ref()),
        village,
    };
    proposed.push(Proposed::new(
        context,
        Body::HouseholdRegistered(Box::new(data)),
    ));
    if let Some(class) = draft.class {
        let (effective_from, standard) = (draft.class_from, draft.standard.clone());
        let data = HouseholdClassified {
            class,
            effective_from,
            household,
            standard,
        };
        let body = Body::HouseholdClassified(Box::new(data));
        proposed.push(Proposed::new(context, body).with(undated(draft.class_from)));
    }
    Ok(proposed)
}

/// Proposes an event for each part of the description that differs from what is known. Personal
/// fields that are given replace what is known; the caller leaves out those that are equal, since
/// only it can open them.
fn update_household(
    state: &State,
    context: &Context,
    draft: &HouseholdDraft,
) -> Result<Vec<Proposed>, Rejection> {
    let code = draft
        .household
        .clone()
        .ok_or(Rejection::Missing("household"))?;
    let known = state
        .households
        .get(&code)
        .ok_or_else(|| Rejection::unknown(Unknown::Household, code.as_str()))?;
    let mut proposed = Vec::new();
    if let Some(name) = &draft.village {
        let village = village(state, context, name, &mut proposed)?;
        if known.villages.latest() != Some(&village) {
            let on = known.villages.latest().map(|_| context.today);
            let data = HouseholdMoved {
                household: code.clone(),
                on,
                village,
            };
            proposed.push(Proposed::new(context, Body::HouseholdMoved(Box::new(data))));
        }
    }
    if draft.head.is_some() || draft.ethnicity.is_some() || draft.id_number.is_some() {
        let data = HouseholdHeadChanged {
            ethnicity: personal(draft.ethnicity.as_ref()),
            head: personal(draft.head.as_ref()),
            household: code.clone(),
            id_number: personal(draft.id_number.as_ref()),
            minority: minority(&draft.ethnicity),
            on: None,
        };
        proposed.push(Proposed::new(
            context,
            Body::HouseholdHeadChanged(Box::new(data)),
        ));
    }
    let members = draft
        .members
        .filter(|members| known.members != Some(*members));
    if members.is_some() || draft.poverty_code.is_some() || draft.note.is_some() {
        let data = HouseholdChanged {
            household: code.clone(),
            members,
            note: personal(draft.note.as_ref()),
            poverty_code: personal(draft.poverty_code.as_ref()),
        };
        proposed.push(Proposed::new(
            context,
            Body::HouseholdChanged(Box::new(data)),
        ));
    }
    if let Some(class) = draft.class
        && !class_is_known(known, class, draft.class_from)
    {
        let (effective_from, standard) = (draft.class_from, draft.standard.clone());
        let data = HouseholdClassified {
            class,
            effective_from,
            household: code,
            standard,
        };
        let body = Body::HouseholdClassified(Box::new(data));
        proposed.push(Proposed::new(context, body).with(undated(draft.class_from)));
    }
    Ok(proposed)
}

/// The review is known: the last value for that very date (or for no date) is this class or, where
/// no date was given, the newest class is.
pub(super) fn class_is_known(
    known: &super::state::Household,
    class: super::class::HouseholdClass,
    from: Option<NaiveDate>,
) -> bool {
    let same_day = |entry: &&super::state::DatedEntry<_>| entry.from == from;
    let last = known.classes.entries().iter().rev().find(same_day);
    last.is_some_and(|entry| entry.value == class)
        || (from.is_none() && known.classes.latest() == Some(&class))
}

fn register_person(
    state: &State,
    context: &Context,
    draft: &PersonDraft,
) -> Result<Vec<Proposed>, Rejection> {
    let person = draft.person.clone().ok_or(Rejection::Missing("person"))?;
    let household = draft
        .household
        .clone()
        .ok_or(Rejection::Missing("household"))?;
    known_household(state, &household)?;
    if state.persons.contains_key(&person) {
        let what = format!("person {person}");
        return Err(Rejection::Differs {
            what,
            fields: vec!["person".to_owned()],
        });
    }
    let data = PersonJoined {
        born: personal(draft.born.as_ref()),
        ethnicity: personal(draft.ethnicity.as_ref()),
        household,
        id_number: personal(draft.id_number.as_ref()),
        joined_on: None,
        minority: minority(&draft.ethnicity),
        name: personal(draft.name.as_ref()),
        note: personal(draft.note.as_ref()),
        person,
        relation: personal(draft.relation.as_ref()),
        sex: draft.sex,
    };
    Ok(vec![Proposed::new(
        context,
        Body::PersonJoined(Box::new(data)),
    )])
}

fn update_person(
    state: &State,
    context: &Context,
    draft: &PersonDraft,
) -> Result<Vec<Proposed>, Rejection> {
    let code = draft.person.clone().ok_or(Rejection::Missing("person"))?;
    let known = state
        .persons
        .get(&code)
        .ok_or_else(|| Rejection::unknown(Unknown::Person, code.as_str()))?;
    let mut proposed = Vec::new();
    if let Some(household) = &draft.household
        && *household != known.household
    {
        known_household(state, household)?;
        let data = PersonJoined {
            born: None,
            ethnicity: None,
            household: household.clone(),
            id_number: None,
            joined_on: Some(context.today),
            minority: None,
            name: None,
            note: None,
            person: code.clone(),
            relation: None,
            sex: None,
        };
        proposed.push(Proposed::new(context, Body::PersonJoined(Box::new(data))));
    }
    let sex = draft.sex.filter(|sex| known.sex != Some(*sex));
    let data = PersonChanged {
        born: personal(draft.born.as_ref()),
        ethnicity: personal(draft.ethnicity.as_ref()),
        id_number: personal(draft.id_number.as_ref()),
        minority: minority(&draft.ethnicity),
        name: personal(draft.name.as_ref()),
        note: personal(draft.note.as_ref()),
        person: code,
        relation: personal(draft.relation.as_ref()),
        sex,
    };
    let says_something = data.sex.is_some()
        || [
            &data.born,
            &data.ethnicity,
            &data.id_number,
            &data.name,
            &data.note,
            &data.relation,
        ]
        .into_iter()
        .any(Option::is_some);
    if says_something {
        proposed.push(Proposed::new(context, Body::PersonChanged(Box::new(data))));
    }
    Ok(proposed)
}

fn register_project(
    state: &State,
    context: &Context,
    draft: &ProjectDraft,
) -> Result<Vec<Proposed>, Rejection> {
    if state.projects.contains_key(&draft.project) {
        let what = format!("project {}", draft.project);
        return Err(Rejection::Differs {
            what,
            fields: vec!["project".to_owned()],
        });
    }
    let programme = match &draft.programme {
        Some(programme) => Some(known_programme(state, programme)?),
        None => None,
    };
    let mut proposed = Vec::new();
    let village = match &draft.village {
        Some(name) => Some(village(state, context, name, &mut proposed)?),
        None => None,
    };
    let unit = match draft.quantity {
        Some(quantity) => Some(check_quantity(
            state,
            quantity,
            draft.unit.as_deref(),
            None,
        )?),
        None => None,
    };
    let data = ProjectRegistered {
        name: draft.name.clone(),
        programme: programme.clone(),
        project: draft.project.clone(),
        quantity: draft.quantity,
        unit,
        village,
    };
    proposed.push(Proposed::new(
        context,
        Body::ProjectRegistered(Box::new(data)),
    ));
    if let Some(stage) = draft.stage {
        let (on, project) = (draft.stage_on, draft.project.clone());
        let body = Body::ProjectAdvanced(Box::new(ProjectAdvanced { on, project, stage }));
        let mut event = Proposed::new(context, body);
        event.late = on.is_some_and(|on| is_late(state, on));
        proposed.push(event);
    }
    for part in &draft.budget {
        check_money(state, part.amount)?;
        let source = part.source.as_deref().ok_or(Rejection::Missing("source"))?;
        let data = BudgetChanged {
            amount: part.amount,
            period: None,
            programme: programme.clone(),
            project: Some(draft.project.clone()),
            source: known_source(state, source)?,
        };
        proposed.push(Proposed::new(
            context,
            Body::BudgetAllocated(Box::new(data)),
        ));
    }
    Ok(proposed)
}

fn change_budget(
    state: &State,
    context: &Context,
    draft: &BudgetDraft,
) -> Result<Vec<Proposed>, Rejection> {
    if let Some(project) = &draft.project {
        known_project(state, project)?;
    }
    let programme = match &draft.programme {
        Some(programme) => Some(known_programme(state, programme)?),
        None => None,
    };
    if programme.is_none() && draft.project.is_none() {
        return Err(Rejection::Missing("programme"));
    }
    let magnitude = Money::from_thousandths(draft.amount.thousandths().saturating_abs());
    check_money(
        state,
        if draft.adjustment {
            magnitude
        } else {
            draft.amount
        },
    )?;
    let data = BudgetChanged {
        amount: draft.amount,
        period: draft.period,
        programme,
        project: draft.project.clone(),
        source: known_source(state, &draft.source)?,
    };
    let data = Box::new(data);
    let body = if draft.adjustment {
        Body::BudgetAdjusted(data)
    } else {
        Body::BudgetAllocated(data)
    };
    let mut event = Proposed::new(context, body);
    let last = draft.period.map(|period| period.last_day());
    event.late = last.is_some_and(|last| is_late(state, last));
    Ok(vec![event])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minority_is_any_ethnicity_but_kinh() {
        assert_eq!(minority(&None), None);
        assert_eq!(minority(&Some("Kinh".into())), Some(false));
        assert_eq!(minority(&Some("Tày".into())), Some(true));
    }
}
