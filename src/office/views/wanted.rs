//! The state that a decision is made on, folded from no more than what it asks for.
//!
//! Everything that is not of a single household, person or support is always folded. Of those, the
//! events about the ones that are wanted are found by their keys and folded with the rest in the
//! order of the log, by the same `State::evolve`. What else the ledger holds is not in the state:
//! whoever decides says beforehand what the decision may look at ([`Wants`]).

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use uuid::Uuid;

use super::keys::{
    Key, duplicates_key, duplicates_of, household_key, members_key, person_key, reference_key,
    registered, support_key, support_of,
};
use super::run::is_of_a_subject;
use super::{Views, events_at};
use crate::domain::code::Code;
use crate::domain::event::{Body, Event};
use crate::domain::state::{DuplicateKey, State};
use crate::log::EventRead;
use crate::office::error::OfficeError;
use crate::office::ledger::decode;

/// More events than these beside the saved views, and everything is folded instead.
const LONGEST_TAIL: u64 = 100_000;

/// What a decision may look at of single households, persons and supports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wants {
    /// Households, by code.
    pub households: HashSet<Code>,
    /// Households whose persons are looked at too.
    pub members_of: HashSet<Code>,
    /// Persons, with the households they live or lived in.
    pub persons: HashSet<Code>,
    /// Supports, by id.
    pub supports: HashSet<Uuid>,
    /// Supports whose households are looked at too.
    pub households_of: HashSet<Uuid>,
    /// Supports, by the row key of a list.
    pub references: HashSet<Code>,
    /// Supports that another would be a duplicate of.
    pub duplicates: HashSet<DuplicateKey>,
    /// Who takes part in a project or stands on a list.
    pub lists: bool,
}

impl Wants {
    /// Adds what else is wanted.
    pub fn add(&mut self, other: Wants) {
        self.households.extend(other.households);
        self.members_of.extend(other.members_of);
        self.persons.extend(other.persons);
        self.supports.extend(other.supports);
        self.households_of.extend(other.households_of);
        self.references.extend(other.references);
        self.duplicates.extend(other.duplicates);
        self.lists |= other.lists;
    }

    /// Whether nothing is wanted that the other does not want.
    fn is_within(&self, other: &Wants) -> bool {
        self.households.is_subset(&other.households)
            && self.members_of.is_subset(&other.members_of)
            && self.persons.is_subset(&other.persons)
            && self.supports.is_subset(&other.supports)
            && self.households_of.is_subset(&other.households_of)
            && self.references.is_subset(&other.references)
            && self.duplicates.is_subset(&other.duplicates)
            && (other.lists || !self.lists)
    }

    fn keys(&self) -> Vec<Key> {
        let households = self.households.iter().chain(&self.members_of);
        let mut keys: Vec<Key> = households.map(household_key).collect();
        keys.extend(self.members_of.iter().map(members_key));
        keys.extend(self.persons.iter().map(person_key));
        let supports = self.supports.iter().chain(&self.households_of);
        keys.extend(supports.map(support_key));
        keys.extend(self.references.iter().map(reference_key));
        keys.extend(self.duplicates.iter().map(duplicates_key));
        keys
    }

    /// Wants what an event leads to, if it is one that is wanted; says whether it is. `open` gets
    /// the keys of what was not wanted before.
    fn take(&mut self, event: &Event, open: &mut Vec<Key>) -> bool {
        if let Some(support) = support_of(event) {
            let named = self.names(&event.body);
            if named && self.supports.insert(support) {
                open.push(support_key(&support));
            }
            let with_household = self.households_of.contains(&support);
            if let Some(household) = household_of(&event.body).filter(|_| with_household) {
                self.want_household(household, open);
            }
            return named || with_household || self.supports.contains(&support);
        }
        let (household, person, of) = registered(&event.body);
        if let (Some(person), Some(of)) = (person, of) {
            if self.members_of.contains(of) && !self.persons.contains(person) {
                self.persons.insert(person.clone());
                open.push(person_key(person));
            }
            if self.persons.contains(person) {
                self.want_household(of, open);
            }
        }
        let of_household = household.is_some_and(|household| {
            self.households.contains(household) || self.members_of.contains(household)
        });
        of_household || person.is_some_and(|person| self.persons.contains(person))
    }

    fn want_household(&mut self, household: &Code, open: &mut Vec<Key>) {
        if !self.households.contains(household) {
            self.households.insert(household.clone());
            open.push(household_key(household));
        }
    }

    /// Whether a support event is wanted for its row key, or for whose duplicate it may be.
    fn names(&self, body: &Body) -> bool {
        let reference = match body {
            Body::Support(_, state) if state.support.is_none() => state.reference.as_ref(),
            _ => None,
        };
        reference.is_some_and(|reference| self.references.contains(reference))
            || !self.duplicates.is_empty()
                && duplicates_of(body).is_some_and(|key| self.duplicates.contains(&key))
    }
}

/// The household that a support event says its support is for.
fn household_of(body: &Body) -> Option<&Code> {
    match body {
        Body::Support(_, state) => state.household.as_ref(),
        Body::SupportCorrected(data) => data.to.household.as_ref(),
        _ => None,
    }
}

/// What a state is folded from, as far as it is wanted.
#[derive(Debug)]
pub struct Source {
    views: Views,
    /// What every decision looks at, of the saved events.
    core: Vec<Event>,
    /// The events that follow the saved ones.
    tail: Vec<Event>,
    /// Everything that was wanted so far.
    wants: Wants,
    /// Whoever asks has a state with all of it.
    is_folded: bool,
}

impl Source {
    /// Finds the saved views of a log; `None` where there are none that fit it, or too much
    /// follows them.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn open<L: EventRead>(log: &L, folder: &Path) -> Result<Option<Source>, OfficeError> {
        let head = log.head();
        let Some(views) = Views::open(folder, log.ledger().as_bytes(), &head) else {
            return Ok(None);
        };
        if head.seq - views.seq() > LONGEST_TAIL {
            return Ok(None);
        }
        let Some(tail) = views.tail(log)? else {
            return Ok(None);
        };
        let core = views.core(false, true).map_err(OfficeError::Views)?;
        let tail: Vec<Event> = tail.iter().map(decode).collect::<Result<_, _>>()?;
        // What the tail says of an older support is folded onto all that was said of it before.
        let later = tail.iter().filter_map(|event| {
            let support = support_of(event)?;
            (support != event.id).then_some(support)
        });
        let supports = later.collect();
        Ok(Some(Source {
            views,
            core,
            tail,
            wants: Wants {
                supports,
                ..Wants::default()
            },
            is_folded: false,
        }))
    }

    /// Whether everything that is wanted is in the state already.
    pub fn has(&self, wants: &Wants) -> bool {
        self.is_folded && wants.is_within(&self.wants)
    }

    /// The state that was folded is gone: it is folded again before anything is decided.
    pub fn forget(&mut self) {
        self.is_folded = false;
    }

    /// Folds the state with what is wanted and all that was wanted before.
    ///
    /// # Errors
    /// [`OfficeError::Views`] where a saved file cannot be read, else what the log says.
    pub fn fold<L: EventRead>(&mut self, log: &L, wants: Wants) -> Result<State, OfficeError> {
        self.wants.add(wants);
        self.follow(log)?;
        let found = self.find(log)?;
        let lists = match self.wants.lists {
            true => self.views.core(true, true).map_err(OfficeError::Views)?,
            false => Vec::new(),
        };
        let core = if self.wants.lists { &lists } else { &self.core };
        let mut events: Vec<&Event> = core.iter().chain(&found).chain(&self.tail).collect();
        events.sort_by_key(|event| event.seq);
        let mut state = State::default();
        for event in events {
            state.evolve(event)?;
        }
        let head = log.head();
        (state.seq, state.at_ms) = (head.seq, head.at_ms);
        self.is_folded = true;
        Ok(state)
    }

    /// Reads what was appended since.
    fn follow<L: EventRead>(&mut self, log: &L) -> Result<(), OfficeError> {
        let last = self.tail.last().map_or(self.views.seq(), |last| last.seq);
        if last < log.head().seq {
            for stored in log.read(last + 1, log.head().seq)? {
                self.tail.push(decode(&stored?)?);
            }
        }
        Ok(())
    }

    /// The saved events about what is wanted and what it leads to.
    fn find<L: EventRead>(&self, log: &L) -> Result<Vec<Event>, OfficeError> {
        let mut wants = self.wants.clone();
        let mut open = wants.keys();
        let mut found: BTreeMap<u64, Event> = BTreeMap::new();
        loop {
            for event in self.tail.iter().filter(|it| is_of_a_subject(&it.body)) {
                wants.take(event, &mut open);
            }
            if open.is_empty() {
                return Ok(found.into_values().collect());
            }
            let keys = std::mem::take(&mut open);
            let mut places = self.views.places_of_all(keys).map_err(OfficeError::Views)?;
            places.retain(|place| !found.contains_key(place));
            for event in events_at(log, &places)? {
                // Another event can share a key, and core events are folded anyway.
                if is_of_a_subject(&event.body) && wants.take(&event, &mut open) {
                    found.insert(event.seq, event);
                }
            }
        }
    }
}
