//! Where a row of the facts table counts: by the boundaries of its own day, or by those of another.
//!
//! A support keeps the village it was given in, by value. Which commune that village belonged to
//! on that day, and which village and commune hold its place today, the register of units knows.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use super::facts::{Day, Fact, Facts, day};
use super::figures::FiguresError;
use super::interner::Interner;
use crate::domain::code::Code;
use crate::domain::language::Lang;
use crate::domain::ledger::UnitLevel;
use crate::domain::state::State;

/// By which boundaries villages and communes are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Boundaries {
    /// Those of the day on which each thing happened: no later reorganisation moves a figure.
    #[default]
    Then,
    /// Those of one day: the whole history told in the units of that day.
    On(NaiveDate),
}

impl Boundaries {
    /// Reads `then`, `now` or a date; `today` is what `now` means.
    ///
    /// # Errors
    /// [`FiguresError::UnknownValue`] for anything else.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Boundaries, FiguresError> {
        if text == "now" {
            Ok(Boundaries::On(today))
        } else {
            text.parse()
        }
    }

    /// Whether they are those of the day on which each thing happened.
    pub fn is_then(&self) -> bool {
        *self == Boundaries::Then
    }

    /// What people call them.
    pub fn label(self, lang: Lang) -> String {
        match self {
            Boundaries::Then => lang
                .pick("địa giới tại thời điểm đó", "boundaries of the time")
                .to_owned(),
            Boundaries::On(day) => lang.pick(
                format!("địa giới ngày {}", day.format("%d/%m/%Y")),
                format!("boundaries of {day}"),
            ),
        }
    }
}

impl FromStr for Boundaries {
    type Err = FiguresError;
    fn from_str(text: &str) -> Result<Boundaries, FiguresError> {
        let unknown = || FiguresError::UnknownValue {
            what: "boundaries".into(),
            value: text.into(),
        };
        if text == "then" {
            return Ok(Boundaries::Then);
        }
        let day: NaiveDate = text.parse().map_err(|_| unknown())?;
        if day.to_string() == text {
            Ok(Boundaries::On(day))
        } else {
            Err(unknown())
        }
    }
}

impl fmt::Display for Boundaries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Boundaries::Then => f.write_str("then"),
            Boundaries::On(day) => write!(f, "{day}"),
        }
    }
}

impl Serialize for Boundaries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The places of a facts table as a query sees them, in numbers: 0 is no place.
#[derive(Default)]
pub(super) struct Places {
    /// Villages, one or several, by number; empty when the numbers are those of the table.
    moved: Option<Interner<Vec<Code>>>,
    /// The number of a place of the table.
    of_places: HashMap<u32, u32>,
    /// The number of a place of the table for one household, where its village was divided.
    of_household: HashMap<(u32, u32), u32>,
    /// The commune from a day on, for each number of a place.
    communes: HashMap<u32, Vec<(Day, u32)>>,
    commune_names: Vec<String>,
    commune_numbers: HashMap<String, u32>,
}

impl Places {
    /// The places of a table. Without `communes` nobody asks in which commune they lie.
    pub(super) fn of(
        facts: &Facts,
        state: &State,
        boundaries: Boundaries,
        communes: bool,
    ) -> Places {
        let mut places = Places::default();
        match boundaries {
            Boundaries::Then if !communes => {}
            Boundaries::Then => {
                for (number, villages) in facts.places.iter() {
                    let mut days: BTreeSet<NaiveDate> = BTreeSet::from([NaiveDate::MIN]);
                    for village in villages {
                        days.extend(state.units.turning_days(village.as_str()));
                    }
                    places.place_communes(state, number, villages, days);
                }
            }
            Boundaries::On(on) => places.move_to(facts, state, on),
        }
        places
    }

    fn place_communes(
        &mut self,
        state: &State,
        number: u32,
        villages: &[Code],
        days: BTreeSet<NaiveDate>,
    ) {
        let mut communes: Vec<(Day, u32)> = Vec::new();
        for from in days {
            let commune = self.number_of(&commune_on(state, villages, from));
            if communes.last().is_none_or(|(_, last)| *last != commune) {
                communes.push((day(from), commune));
            }
        }
        self.communes.insert(number, communes);
    }

    fn number_of(&mut self, name: &str) -> u32 {
        if name.is_empty() {
            return 0;
        }
        if let Some(number) = self.commune_numbers.get(name) {
            return *number;
        }
        self.commune_names.push(name.to_owned());
        let number = u32::try_from(self.commune_names.len()).unwrap_or(u32::MAX);
        self.commune_numbers.insert(name.to_owned(), number);
        number
    }

    fn move_to(&mut self, facts: &Facts, state: &State, on: NaiveDate) {
        let mut moved: Interner<Vec<Code>> = Interner::default();
        let mut divided: HashSet<u32> = HashSet::new();
        for (number, villages) in facts.places.iter() {
            let mut today: BTreeSet<&Code> = BTreeSet::new();
            for village in villages {
                let heirs = state.units.divided(village, on);
                if heirs.len() > 1 {
                    divided.insert(number);
                }
                today.extend(heirs);
            }
            let today: Vec<Code> = today.into_iter().cloned().collect();
            self.of_places.insert(number, moved.intern(Some(&today)));
        }
        if !divided.is_empty() {
            for fact in facts.rows() {
                if fact.household != 0 && divided.contains(&fact.places) {
                    self.settle(facts, state, fact, on, &mut moved);
                }
            }
        }
        for (number, villages) in moved.iter() {
            self.place_communes(state, number, villages, BTreeSet::from([on]));
        }
        self.moved = Some(moved);
    }

    /// A household of a divided village counts where it was moved to when the village was divided.
    fn settle(
        &mut self,
        facts: &Facts,
        state: &State,
        fact: &Fact,
        on: NaiveDate,
        moved: &mut Interner<Vec<Code>>,
    ) {
        let villages = facts.places.value(fact.places).map(Vec::as_slice);
        let household = facts.households.code(fact.household);
        let household = household.and_then(|code| state.households.get(code));
        let (Some([village]), Some(household)) = (villages, household) else {
            return;
        };
        let mut at = village;
        while let Some(ended) = state.units.get(at).and_then(|u| u.ended.as_ref()) {
            if ended.on > on {
                break;
            }
            let home = household.villages.on(ended.on);
            match home.filter(|home| ended.successors.contains(*home)) {
                Some(home) if home != at => at = home,
                _ => break,
            }
        }
        let heirs = state.units.divided(at, on);
        let today: Vec<Code> = heirs.into_iter().cloned().collect();
        let number = moved.intern(Some(&today));
        self.of_household
            .insert((fact.places, fact.household), number);
    }

    /// The number of a row's place.
    pub(super) fn place(&self, fact: &Fact) -> u32 {
        if self.moved.is_none() || fact.places == 0 {
            return fact.places;
        }
        let of_household = self.of_household.get(&(fact.places, fact.household));
        of_household
            .or_else(|| self.of_places.get(&fact.places))
            .copied()
            .unwrap_or(0)
    }

    /// The villages of a place.
    pub(super) fn villages<'a>(&'a self, facts: &'a Facts, number: u32) -> &'a [Code] {
        let places = self.moved.as_ref().unwrap_or(&facts.places);
        places.value(number).map(Vec::as_slice).unwrap_or_default()
    }

    /// How many places there are.
    pub(super) fn len(&self, facts: &Facts) -> usize {
        self.moved.as_ref().unwrap_or(&facts.places).iter().count()
    }

    /// The number of a row's commune.
    pub(super) fn commune(&self, fact: &Fact) -> u32 {
        let Some(communes) = self.communes.get(&self.place(fact)) else {
            return 0;
        };
        // By the boundaries of one day there is one entry, and it counts for every row.
        let until = communes.partition_point(|(from, _)| *from <= fact.occurred);
        let entry = communes.get(until.saturating_sub(1));
        entry.map_or(0, |(_, commune)| *commune)
    }

    /// The names of the communes, by number from 1.
    pub(super) fn commune_names(&self) -> &[String] {
        &self.commune_names
    }
}

/// The key of the commune of some villages on a day; of several communes, each.
fn commune_on(state: &State, villages: &[Code], on: NaiveDate) -> String {
    let mut communes: Vec<&str> = villages
        .iter()
        .filter_map(|village| {
            let unit = state.units.get(village)?;
            if unit.registered.level == UnitLevel::Commune {
                return Some(state.units.key(state.units.resolve(village, on)));
            }
            let parent = state.units.parent_on(village.as_str(), on)?;
            Some(state.units.key(parent))
        })
        .map(Code::as_str)
        .collect();
    communes.sort_unstable();
    communes.dedup();
    communes.join(";")
}
