//! Administrative units over time: villages, communes, districts, provinces.
//!
//! A unit is named by its id, never by its official code alone: code 01969 was *thị trấn Phủ
//! Thông* until 30 June 2025 and is *xã Phủ Thông* since. A unit that ends leaves what it had to
//! others, by an event that says which part went where; nothing recorded before is touched.

mod decide;
mod problem;

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code::Code;
use super::ledger::{UnitLevel, UnitRegistered};
use super::state::Dated;
use super::village_name::{letters, same_village};
pub(super) use decide::decide_unit;
pub use problem::UnitProblem;

/// `unit.renamed`: the same unit goes by another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitRenamed {
    /// What people call it from then on.
    pub name: String,
    /// From which day; without it, from the beginning (a name put right).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<NaiveDate>,
    /// Which unit.
    pub unit: Code,
}

/// `unit.reorganised`: units end, and others take over what they had. The new units are registered
/// by events before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitReorganised {
    /// The first day of the new order.
    pub effective_on: NaiveDate,
    /// The units that end on the day before, by id.
    pub from: Vec<Code>,
    /// The units that take over, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Code>", length(min = 1))]
    pub into: Vec<Code>,
    /// Where each part goes: every unit right below one that ends and, where a unit that ends goes
    /// as a whole (or in pieces that are no units), that unit itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<UnitPart>", length(min = 1))]
    pub parts: Vec<UnitPart>,
}

/// One part of a reorganisation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitPart {
    /// The unit that it belongs to from then on.
    pub into: Code,
    /// The part.
    pub unit: Code,
}

/// A unit as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// As it was registered.
    pub registered: UnitRegistered,
    /// The event that registered it.
    pub seq: u64,
    /// What figures call it: its official code, or its id where an earlier unit of this ledger has
    /// that code. Once given it never changes.
    pub key: Code,
    /// Its name over time.
    pub names: Dated<String>,
    /// The unit it belongs to over time, as it was said.
    pub parents: Dated<Code>,
    /// Its end.
    pub ended: Option<Ended>,
    /// The units it took over from.
    pub predecessors: BTreeSet<Code>,
}

/// The end of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The first day without it.
    pub on: NaiveDate,
    /// The event that ended it.
    pub seq: u64,
    /// The units that took over; none when it was abolished.
    pub successors: BTreeSet<Code>,
}

impl Unit {
    /// Its name on a day.
    pub fn name_on(&self, day: NaiveDate) -> &str {
        let name = self.names.on(day).or_else(|| self.names.latest());
        name.map_or(self.registered.name.as_str(), String::as_str)
    }

    /// The first day it has no more part in.
    pub fn has_ended_by(&self, day: NaiveDate) -> bool {
        self.ended.as_ref().is_some_and(|ended| ended.on <= day)
    }

    /// Whether it exists on a day.
    pub fn is_valid_on(&self, day: NaiveDate) -> bool {
        self.registered.valid_from.is_none_or(|from| from <= day) && !self.has_ended_by(day)
    }
}

/// All units of a ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units {
    by_id: BTreeMap<Code, Unit>,
    /// What figures call each unit, with its id.
    keys: BTreeSet<(Code, Code)>,
    /// Villages by the letters of any name they ever had.
    villages: BTreeMap<String, BTreeSet<Code>>,
}

impl Units {
    /// The unit with this id.
    pub fn get<Q: Ord + ?Sized>(&self, id: &Q) -> Option<&Unit>
    where
        Code: Borrow<Q>,
    {
        self.by_id.get(id)
    }

    /// The name of a unit on a day; the id stands for a unit that is not known.
    pub fn name_on<'a>(&'a self, id: &'a str, day: NaiveDate) -> &'a str {
        self.get(id).map_or(id, |unit| unit.name_on(day))
    }

    /// The newest name of a unit; the id stands for a unit that is not known.
    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.name_on(id, NaiveDate::MAX)
    }

    /// Whether a text means this unit: by its id, or by any name it ever had, in any spelling.
    pub fn is_called(&self, id: &Code, text: &str) -> bool {
        let names = self.get(id).map(|unit| unit.names.entries());
        let mut names = names.into_iter().flatten();
        id.as_str() == text || names.any(|name| same_village(&name.value, text))
    }

    /// The letters of every name a unit ever had, and of its id: a list that means it, in whatever
    /// spelling, has one of them.
    pub fn letters_of(&self, id: &Code) -> BTreeSet<String> {
        let names = self.get(id).map(|unit| unit.names.entries());
        let names = names.into_iter().flatten().map(|name| name.value.as_str());
        names.chain([id.as_str()]).map(letters).collect()
    }

    /// Whether there is a unit with this id.
    pub fn contains(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// All units by id.
    pub fn iter(&self) -> impl Iterator<Item = (&Code, &Unit)> {
        self.by_id.iter()
    }

    /// All units in the order of their ids.
    pub fn values(&self) -> impl Iterator<Item = &Unit> {
        self.by_id.values()
    }

    /// The villages with a name that is the same as one or near it, and perhaps others, in the
    /// order of their ids.
    pub(super) fn villages_like(&self, name: &str) -> impl Iterator<Item = &Unit> {
        let alike = self.villages.get(&letters(name)).into_iter().flatten();
        let units = alike.filter_map(|id| self.by_id.get(id));
        units.filter(|unit| unit.registered.level == UnitLevel::Village)
    }

    /// What figures call a unit; an id that is not known is its own key.
    pub fn key<'a>(&'a self, id: &'a Code) -> &'a Code {
        self.get(id).map_or(id, |unit| &unit.key)
    }

    /// The unit that a text names on a day: by its id, by its key, else by the official code it
    /// has on that day.
    pub fn named(&self, text: &str, day: NaiveDate) -> Option<&Code> {
        let coded = |unit: &&Unit| {
            unit.registered
                .code
                .as_ref()
                .is_some_and(|code| code.as_str() == text)
        };
        let on_day = self.values().filter(coded).find(|one| one.is_valid_on(day));
        let by_id = self.get(text).filter(|one| one.is_valid_on(day));
        let found = by_id.or(on_day).or_else(|| self.get(text));
        found
            .or_else(|| self.values().find(|unit| unit.key.as_str() == text))
            .map(|unit| &unit.registered.unit)
    }

    /// The unit that holds the place of `id` on a day: itself or, when it has ended, the one that
    /// took over as a whole. A unit that was divided or abolished has none, and stays itself.
    pub fn resolve<'a>(&'a self, id: &'a Code, day: NaiveDate) -> &'a Code {
        let mut at = id;
        // A circle of successors cannot be recorded; a log made by others may hold one.
        for _ in 0..=self.by_id.len() {
            let ended = self.get(at).and_then(|unit| unit.ended.as_ref());
            let Some(ended) = ended.filter(|ended| ended.on <= day) else {
                return at;
            };
            let mut successors = ended.successors.iter();
            match (successors.next(), successors.next()) {
                (Some(only), None) if only != at => at = only,
                _ => return at,
            }
        }
        at
    }

    /// The units that hold the place of `id` on a day, several where it was divided.
    pub fn divided<'a>(&'a self, id: &'a Code, day: NaiveDate) -> BTreeSet<&'a Code> {
        let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut open = vec![id];
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            let ended = self.get(at).and_then(|unit| unit.ended.as_ref());
            match ended.filter(|ended| ended.on <= day && !ended.successors.is_empty()) {
                Some(ended) => open.extend(&ended.successors),
                None => {
                    found.insert(at);
                }
            }
        }
        found
    }

    /// The unit that a unit belongs to on a day.
    pub fn parent_on(&self, id: &str, day: NaiveDate) -> Option<&Code> {
        let unit = self.get(id)?;
        Some(self.resolve(unit.parents.on(day)?, day))
    }

    /// The units right below one on a day, in the order of their ids.
    pub fn children_on(&self, parent: &Code, day: NaiveDate) -> Vec<&Code> {
        let below = |unit: &&Unit| {
            let id = unit.registered.unit.as_str();
            unit.is_valid_on(day) && self.parent_on(id, day) == Some(parent)
        };
        self.values()
            .filter(below)
            .map(|unit| &unit.registered.unit)
            .collect()
    }

    /// The days on which something changed above or at a unit: from each of them on, what it
    /// belongs to may be another.
    pub fn turning_days(&self, id: &str) -> BTreeSet<NaiveDate> {
        let (mut days, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut open: Vec<&str> = vec![id];
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            let Some(unit) = self.get(at) else { continue };
            for parent in unit.parents.entries() {
                days.extend(parent.from);
                open.push(parent.value.as_str());
            }
            if let Some(ended) = &unit.ended {
                days.insert(ended.on);
                open.extend(ended.successors.iter().map(Code::as_str));
            }
        }
        days
    }

    /// Folds `unit.registered`.
    pub fn register(&mut self, seq: u64, data: &UnitRegistered) {
        let code = data.code.clone().unwrap_or_else(|| data.unit.clone());
        let key = if self.is_taken(&code, &data.unit) {
            data.unit.clone()
        } else {
            code
        };
        let (mut names, mut parents) = (Dated::default(), Dated::default());
        names.push(None, seq, data.name.clone());
        if let Some(parent) = &data.parent {
            parents.push(None, seq, parent.clone());
        }
        let unit = Unit {
            registered: data.clone(),
            seq,
            key,
            names,
            parents,
            ended: None,
            predecessors: BTreeSet::new(),
        };
        self.name_village(&data.name, &data.unit);
        self.keys.insert((unit.key.clone(), data.unit.clone()));
        if let Some(old) = self.by_id.insert(data.unit.clone(), unit)
            && self.get(&data.unit).is_some_and(|unit| unit.key != old.key)
        {
            self.keys.remove(&(old.key, data.unit.clone()));
        }
    }

    /// Whether figures call another unit so.
    fn is_taken(&self, key: &Code, unit: &Code) -> bool {
        let from = (key.clone(), Code::known(""));
        let mut called = self
            .keys
            .range(from..)
            .take_while(|(other, _)| other == key);
        called.any(|(_, other)| other != unit)
    }

    fn name_village(&mut self, name: &str, unit: &Code) {
        let villages = self.villages.entry(letters(name)).or_default();
        villages.insert(unit.clone());
    }

    /// Ends a unit in a register that a decision is tried out on.
    fn end(&mut self, id: &Code, on: NaiveDate) {
        if let Some(unit) = self.by_id.get_mut(id) {
            let (seq, successors) = (0, BTreeSet::new());
            unit.ended = Some(Ended {
                on,
                seq,
                successors,
            });
        }
    }

    /// Folds `unit.renamed`.
    pub fn rename(&mut self, seq: u64, data: &UnitRenamed) {
        if let Some(unit) = self.by_id.get_mut(&data.unit) {
            unit.names.push(data.on, seq, data.name.clone());
            self.name_village(&data.name, &data.unit);
        }
    }

    /// Folds `unit.reorganised`.
    pub fn reorganise(&mut self, seq: u64, data: &UnitReorganised) {
        let on = data.effective_on;
        let eve = on.pred_opt().unwrap_or(on);
        let mut successors: BTreeMap<Code, BTreeSet<Code>> = BTreeMap::new();
        for part in &data.parts {
            let of = if data.from.contains(&part.unit) {
                Some(part.unit.clone())
            } else {
                self.parent_on(part.unit.as_str(), eve).cloned()
            };
            if let Some(of) = of.filter(|of| data.from.contains(of)) {
                successors.entry(of).or_default().insert(part.into.clone());
            }
            if !data.from.contains(&part.unit)
                && let Some(unit) = self.by_id.get_mut(&part.unit)
            {
                unit.parents.push(Some(on), seq, part.into.clone());
            }
        }
        for id in &data.from {
            let successors = self.takers(id, successors.remove(id).unwrap_or_default(), data);
            for successor in &successors {
                if let Some(unit) = self.by_id.get_mut(successor) {
                    unit.predecessors.insert(id.clone());
                }
            }
            if let Some(unit) = self.by_id.get_mut(id) {
                unit.ended = Some(Ended {
                    on,
                    seq,
                    successors,
                });
            }
        }
    }

    /// Those of a unit's heirs that are of its own level: a district whose communes went to the
    /// province was abolished, not merged into the province.
    fn takers(&self, id: &Code, heirs: BTreeSet<Code>, data: &UnitReorganised) -> BTreeSet<Code> {
        let level = |id: &Code| self.get(id).map(|unit| unit.registered.level);
        let own: Option<UnitLevel> = level(id);
        heirs
            .into_iter()
            .filter(|heir| level(heir) == own && data.into.contains(heir))
            .collect()
    }
}
