//! Decisions about administrative units.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::problem::UnitProblem;
use super::{UnitPart, UnitRenamed, UnitReorganised, Units};
use crate::domain::code::Code;
use crate::domain::command::{Command, Context, ReorganisationDraft, UnitDraft};
use crate::domain::decide::{Proposed, code, known_household};
use crate::domain::event::Body;
use crate::domain::ledger::{UnitLevel, UnitRegistered};
use crate::domain::people::HouseholdMoved;
use crate::domain::rejection::Rejection;
use crate::domain::state::State;

/// What one event can hold: a part is about 100 bytes, an event 65,535.
const MOST_PARTS: usize = 300;

/// Decides a command about units.
pub(in crate::domain) fn decide_unit(
    state: &State,
    context: &Context,
    command: &Command,
) -> Result<Vec<Proposed>, Rejection> {
    match command {
        Command::RegisterUnit(draft) => {
            let mut units = state.units.clone();
            let (_, proposed) = register(&mut units, context, draft, None)?;
            Ok(vec![proposed])
        }
        Command::RenameUnit { unit, name, on } => rename(state, context, unit, name, *on),
        Command::ReorganiseUnits(draft) => Reorganisation::of(state, context, draft)?.decide(),
        _ => Ok(Vec::new()),
    }
}

fn unknown(units: &Units, name: &str) -> Rejection {
    let all: Vec<String> = units.iter().map(|(id, _)| id.to_string()).collect();
    let known = if all.len() <= 12 { all } else { Vec::new() };
    let name = name.to_owned();
    UnitProblem::Unknown { name, known }.into()
}

fn checked_day(day: NaiveDate) -> Result<NaiveDate, Rejection> {
    if (1900..2200).contains(&day.year()) {
        Ok(day)
    } else {
        Err(Rejection::AncientDate(day))
    }
}

/// The id that a new unit gets: `<code>@<valid_from>` where both are known, else its code, else its
/// name.
fn new_id(units: &Units, draft: &UnitDraft, from: Option<NaiveDate>) -> Result<Code, Rejection> {
    if let Some(unit) = &draft.unit {
        return code(unit);
    }
    let name = draft.name.as_deref().ok_or(Rejection::Missing("name"))?;
    match (&draft.code, from) {
        (Some(official), Some(from)) => code(&format!("{official}@{from}")),
        (Some(official), None) => Ok(official.clone()),
        (None, Some(from)) if units.contains(name) => code(&format!("{name}@{from}")),
        (None, _) => code(name),
    }
}

/// Registers a unit in the scratch register and proposes the event. `from` is the day that a
/// reorganisation makes it.
fn register(
    units: &mut Units,
    context: &Context,
    draft: &UnitDraft,
    from: Option<NaiveDate>,
) -> Result<(Code, Proposed), Rejection> {
    let from = draft.valid_from.or(from).map(checked_day).transpose()?;
    let unit = new_id(units, draft, from)?;
    if units.contains(unit.as_str()) {
        return Err(UnitProblem::Taken(unit).into());
    }
    let level = draft.level.ok_or(Rejection::Missing("level"))?;
    let name = draft.name.clone().ok_or(Rejection::Missing("name"))?;
    let parent = match &draft.parent {
        Some(text) => {
            let day = from.unwrap_or(context.today);
            let parent = units.named(text, day).ok_or_else(|| unknown(units, text))?;
            let above = units.get(parent).map(|one| one.registered.level);
            if above.is_some_and(|above| above <= level) {
                let (unit, into) = (unit, parent.clone());
                return Err(UnitProblem::WrongLevel { unit, into }.into());
            }
            Some(parent.clone())
        }
        None => None,
    };
    let data = UnitRegistered {
        code: draft.code.clone(),
        level,
        name,
        parent,
        unit: unit.clone(),
        valid_from: from,
    };
    units.register(0, &data);
    let body = Body::UnitRegistered(Box::new(data));
    Ok((unit, Proposed::new(context, body)))
}

fn rename(
    state: &State,
    context: &Context,
    unit: &str,
    name: &str,
    on: Option<NaiveDate>,
) -> Result<Vec<Proposed>, Rejection> {
    let day = on.map(checked_day).transpose()?.unwrap_or(context.today);
    let units = &state.units;
    let id = units.named(unit, day).ok_or_else(|| unknown(units, unit))?;
    exists_on(units, id, day)?;
    let known = units.get(id);
    if name.trim().is_empty() {
        return Err(Rejection::Missing("name"));
    }
    if known.is_some_and(|known| known.name_on(day) == name) {
        return Err(Rejection::NothingChanges);
    }
    let data = UnitRenamed {
        name: name.to_owned(),
        on,
        unit: id.clone(),
    };
    let body = Body::UnitRenamed(Box::new(data));
    Ok(vec![Proposed::new(context, body)])
}

/// Refuses a unit that has not begun by a day, or has ended.
fn exists_on(units: &Units, id: &Code, day: NaiveDate) -> Result<(), Rejection> {
    let Some(unit) = units.get(id) else {
        return Err(unknown(units, id.as_str()));
    };
    if let Some(from) = unit.registered.valid_from.filter(|from| *from > day) {
        let (unit, found) = (id.clone(), day);
        return Err(UnitProblem::NotYet { unit, from, found }.into());
    }
    if let Some(ended) = unit.ended.as_ref().filter(|ended| ended.on <= day) {
        let (unit, on) = (id.clone(), ended.on);
        return Err(UnitProblem::Ended { unit, on }.into());
    }
    Ok(())
}

/// A reorganisation on its way from what somebody asked for to events.
struct Reorganisation<'a> {
    state: &'a State,
    context: &'a Context,
    draft: &'a ReorganisationDraft,
    /// The first day of the new order, and the last of the old one.
    on: NaiveDate,
    eve: NaiveDate,
    /// The units as they will be once the new ones are registered.
    units: Units,
    from: Vec<Code>,
    into: Vec<Code>,
    proposed: Vec<Proposed>,
}

impl<'a> Reorganisation<'a> {
    fn of(
        state: &'a State,
        context: &'a Context,
        draft: &'a ReorganisationDraft,
    ) -> Result<Reorganisation<'a>, Rejection> {
        let on = draft
            .effective_on
            .ok_or(Rejection::Missing("effective_on"))?;
        let on = checked_day(on)?;
        let eve = on.pred_opt().ok_or(Rejection::AncientDate(on))?;
        Ok(Reorganisation {
            state,
            context,
            draft,
            on,
            eve,
            units: state.units.clone(),
            from: Vec::new(),
            into: Vec::new(),
            proposed: Vec::new(),
        })
    }

    fn decide(mut self) -> Result<Vec<Proposed>, Rejection> {
        self.introduce()?;
        self.end_units()?;
        self.begin_units()?;
        let given = self.given_parts()?;
        let parts = self.complete(given)?;
        if parts.len() > MOST_PARTS {
            return Err(UnitProblem::TooMany(parts.len()).into());
        }
        let homes = self.homes(&parts)?;
        let data = UnitReorganised {
            effective_on: self.on,
            from: self.from,
            into: self.into,
            parts,
        };
        let body = Body::UnitReorganised(Box::new(data));
        self.proposed.push(Proposed::new(self.context, body));
        for moved in homes {
            let body = Body::HouseholdMoved(Box::new(moved));
            self.proposed.push(Proposed::new(self.context, body));
        }
        Ok(self.proposed)
    }

    /// Registers the units of the old order that the ledger has not heard of, so that the whole
    /// reorganisation is on record and not only the ledger's own share of it.
    fn introduce(&mut self) -> Result<(), Rejection> {
        for draft in &self.draft.known {
            let text = draft.unit.as_deref();
            let text = text.or(draft.code.as_ref().map(Code::as_str));
            let text = text.or(draft.name.as_deref()).unwrap_or_default();
            let there = self.units.named(text, self.eve);
            let there = there.and_then(|id| self.units.get(id));
            if there.is_some_and(|unit| unit.is_valid_on(self.eve)) {
                continue;
            }
            let (_, proposed) = register(&mut self.units, self.context, draft, None)?;
            self.proposed.push(proposed);
        }
        Ok(())
    }

    fn end_units(&mut self) -> Result<(), Rejection> {
        for text in &self.draft.from {
            let id = self.units.named(text, self.eve);
            let id = id.ok_or_else(|| unknown(&self.units, text))?.clone();
            exists_on(&self.units, &id, self.eve)?;
            if self.from.contains(&id) {
                return Err(UnitProblem::Twice(id).into());
            }
            // It may end only once; an end that is recorded for a later day would be undone.
            let ended = self.units.get(&id).and_then(|u| u.ended.as_ref());
            if let Some(ended) = ended {
                let (unit, on) = (id, ended.on);
                return Err(UnitProblem::Ended { unit, on }.into());
            }
            self.from.push(id);
        }
        if self.from.is_empty() {
            return Err(UnitProblem::NothingEnds.into());
        }
        // From here on a code names the unit that has it in the new order.
        for id in &self.from {
            self.units.end(id, self.on);
        }
        Ok(())
    }

    /// Registers the new units; those named without a level or a name are there already and take
    /// over as they are.
    fn begin_units(&mut self) -> Result<(), Rejection> {
        // A unit above stands before the units below it, whatever the order they were given in.
        let mut drafts: Vec<&UnitDraft> = self.draft.into.iter().collect();
        drafts.sort_by_key(|draft| std::cmp::Reverse(draft.level));
        for draft in drafts {
            let id = if draft.level.is_none() && draft.name.is_none() {
                let text = draft.unit.as_deref();
                let text = text.or(draft.code.as_ref().map(Code::as_str));
                let text = text.ok_or(Rejection::Missing("unit"))?;
                let id = self.units.named(text, self.on);
                let id = id.ok_or_else(|| unknown(&self.units, text))?.clone();
                if self.from.contains(&id) {
                    return Err(UnitProblem::Twice(id).into());
                }
                exists_on(&self.units, &id, self.on)?;
                id
            } else {
                self.code_is_free(draft)?;
                let (id, proposed) = register(&mut self.units, self.context, draft, Some(self.on))?;
                self.proposed.push(proposed);
                id
            };
            if self.into.contains(&id) {
                return Err(UnitProblem::Twice(id).into());
            }
            self.into.push(id);
        }
        Ok(())
    }

    /// The same code may name another unit, but only once the one that has it ends.
    fn code_is_free(&self, draft: &UnitDraft) -> Result<(), Rejection> {
        let Some(official) = &draft.code else {
            return Ok(());
        };
        let holds = |unit: &&super::Unit| {
            unit.registered.code.as_ref() == Some(official) && unit.is_valid_on(self.on)
        };
        match self.units.values().find(holds) {
            Some(unit) => {
                let (code, by) = (official.clone(), unit.registered.unit.clone());
                Err(UnitProblem::CodeInUse { code, by }.into())
            }
            None => Ok(()),
        }
    }

    /// The parts as they were given, checked one by one.
    fn given_parts(&self) -> Result<Vec<UnitPart>, Rejection> {
        let mut parts: Vec<UnitPart> = Vec::new();
        for (text, heir) in &self.draft.parts {
            let unit = self.units.named(text, self.eve);
            let unit = unit.ok_or_else(|| unknown(&self.units, text))?.clone();
            let into = self.units.named(heir, self.on);
            let into = into.filter(|into| self.into.contains(into));
            let into = into.ok_or_else(|| UnitProblem::NoHeir(heir.clone()))?;
            exists_on(&self.units, &unit, self.eve)?;
            let ends = self.from.contains(&unit);
            let parent = self.units.parent_on(unit.as_str(), self.eve);
            if !ends && !parent.is_some_and(|parent| self.from.contains(parent)) {
                return Err(UnitProblem::NoPart(unit).into());
            }
            let part = UnitPart {
                into: into.clone(),
                unit,
            };
            self.check_level(&part, ends)?;
            // A unit that ends may go in several directions; one that goes on has one place.
            let twice = |known: &UnitPart| known.unit == part.unit && (!ends || *known == part);
            if parts.iter().any(twice) {
                return Err(UnitProblem::Twice(part.unit).into());
            }
            parts.push(part);
        }
        Ok(parts)
    }

    fn check_level(&self, part: &UnitPart, ends: bool) -> Result<(), Rejection> {
        let level = |id: &Code| self.units.get(id).map(|unit| unit.registered.level);
        let fits = match (level(&part.unit), level(&part.into)) {
            (Some(unit), Some(into)) if ends => unit == into,
            (Some(unit), Some(into)) => unit < into,
            _ => true,
        };
        if fits {
            return Ok(());
        }
        let (unit, into) = (part.unit.clone(), part.into.clone());
        Err(UnitProblem::WrongLevel { unit, into }.into())
    }

    /// Adds the parts that go without saying: a unit whose parts nobody named goes whole to the
    /// only new unit of its level. Nothing that ends may lose what was below it.
    fn complete(&self, given: Vec<UnitPart>) -> Result<Vec<UnitPart>, Rejection> {
        let mut parts: BTreeSet<UnitPart> = given.iter().cloned().collect();
        let named: BTreeSet<&Code> = given.iter().map(|part| &part.unit).collect();
        for of in &self.from {
            let children: Vec<Code> = self
                .units
                .children_on(of, self.eve)
                .into_iter()
                .filter(|child| !self.from.contains(child))
                .cloned()
                .collect();
            let (said, left): (Vec<Code>, Vec<Code>) = children
                .into_iter()
                .partition(|child| named.contains(child));
            let whole: Vec<&Code> = given
                .iter()
                .filter(|part| &part.unit == of)
                .map(|part| &part.into)
                .collect();
            let heir = match whole.as_slice() {
                [only] => Some(*only),
                [] if said.is_empty() => self.only_heir(of),
                _ => None,
            };
            match heir {
                Some(into) => {
                    let moved = left.into_iter().chain(self.whole(of, into));
                    parts.extend(moved.map(|unit| UnitPart {
                        into: into.clone(),
                        unit,
                    }));
                }
                None if left.is_empty() => {}
                None => {
                    let (of, units) = (of.clone(), left);
                    return Err(UnitProblem::Lost { of, units }.into());
                }
            }
        }
        Ok(parts.into_iter().collect())
    }

    /// A unit itself, when it goes to one of its own level.
    fn whole(&self, of: &Code, into: &Code) -> Option<Code> {
        let level = |id: &Code| self.units.get(id).map(|unit| unit.registered.level);
        (level(of) == level(into)).then(|| of.clone())
    }

    /// The only unit that takes over from units of this level.
    fn only_heir(&self, of: &Code) -> Option<&Code> {
        let level = |id: &Code| self.units.get(id).map(|unit| unit.registered.level);
        let own = level(of);
        let mut heirs = self.into.iter().filter(|into| level(into) == own);
        match (heirs.next(), heirs.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// The moves of the households of a village that is divided: nobody but the office knows which
    /// household lives in which of the new villages.
    fn homes(&self, parts: &[UnitPart]) -> Result<Vec<HouseholdMoved>, Rejection> {
        let mut named: BTreeMap<&Code, Code> = BTreeMap::new();
        for (household, text) in &self.draft.homes {
            known_household(self.state, household)?;
            let village = self.units.named(text, self.on);
            let village = village.ok_or_else(|| unknown(&self.units, text))?.clone();
            if named.insert(household, village).is_some() {
                return Err(UnitProblem::Twice(household.clone()).into());
            }
        }
        let mut moves = Vec::new();
        for of in &self.from {
            let is_village = self
                .units
                .get(of)
                .is_some_and(|unit| unit.registered.level == UnitLevel::Village);
            let heirs: BTreeSet<&Code> = parts
                .iter()
                .filter(|part| &part.unit == of)
                .map(|part| &part.into)
                .collect();
            if !is_village || heirs.len() == 1 {
                continue;
            }
            let mut homeless = Vec::new();
            for household in self.state.households.values() {
                if household.villages.on(self.on) != Some(of) {
                    continue;
                }
                match named.remove(&household.code) {
                    Some(village) if heirs.contains(&village) => moves.push(HouseholdMoved {
                        household: household.code.clone(),
                        on: Some(self.on),
                        village,
                    }),
                    Some(village) => return Err(UnitProblem::NoHeir(village.to_string()).into()),
                    None => homeless.push(household.code.clone()),
                }
            }
            if !homeless.is_empty() {
                let (village, households) = (of.clone(), homeless);
                return Err(UnitProblem::Homeless {
                    village,
                    households,
                }
                .into());
            }
        }
        match named.keys().next() {
            Some(household) => Err(UnitProblem::NoPart((*household).clone()).into()),
            None => Ok(moves),
        }
    }
}
