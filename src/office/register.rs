//! Who a row means that names somebody and gives no code: by citizen's number, else by name, in the
//! village that stands beside it.
//!
//! The register is opened in memory for the time of one import. Only one answer is an answer: where
//! several people have the name the row is refused with their codes, and nothing is guessed.

use std::collections::{BTreeMap, BTreeSet};

use super::personal::{ERASED, PersonalReader};
use crate::domain::code::Code;
use crate::domain::personal::Subject;
use crate::domain::rejection::Rejection;
use crate::domain::state::State;
use crate::domain::village_name::letters;
use crate::import::fold;

/// A household, or a person of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    pub(super) household: Code,
    pub(super) person: Option<Code>,
}

/// Everybody of the register, by name and by number.
pub(super) struct Register {
    by_number: BTreeMap<String, BTreeSet<Named>>,
    heads: BTreeMap<String, BTreeSet<Named>>,
    persons: BTreeMap<String, BTreeSet<Named>>,
    /// For each household, the letters of the names of the village it lives in.
    villages: BTreeMap<Code, BTreeSet<String>>,
}

impl Register {
    pub(super) fn open(state: &State, reader: &PersonalReader<'_>) -> Register {
        let mut register = Register {
            by_number: BTreeMap::new(),
            heads: BTreeMap::new(),
            persons: BTreeMap::new(),
            villages: BTreeMap::new(),
        };
        let known = |text: String| Some(text).filter(|text| !text.is_empty() && text != ERASED);
        for household in state.households.values() {
            let subject = Subject::Household(household.code.clone());
            let field = |name| known(reader.field(&subject, &household.personal, name));
            let named = Named {
                household: household.code.clone(),
                person: None,
            };
            if let Some(village) = household.villages.latest() {
                let names = state.units.letters_of(village);
                register.villages.insert(household.code.clone(), names);
            }
            if let Some(number) = field("id_number") {
                register
                    .by_number
                    .entry(number)
                    .or_default()
                    .insert(named.clone());
            }
            if let Some(name) = field("head") {
                register.heads.entry(fold(&name)).or_default().insert(named);
            }
        }
        for (code, person) in &state.persons {
            let subject = Subject::Person(code.clone());
            let field = |name| known(reader.field(&subject, &person.personal, name));
            let named = Named {
                household: person.household.clone(),
                person: Some(code.clone()),
            };
            if let Some(number) = field("id_number") {
                register
                    .by_number
                    .entry(number)
                    .or_default()
                    .insert(named.clone());
            }
            if let Some(name) = field("name") {
                register
                    .persons
                    .entry(fold(&name))
                    .or_default()
                    .insert(named);
            }
        }
        register
    }

    /// Who a row means. A number says more than a name; where a kind goes to households the head
    /// is meant before a member of the same name, else the member.
    ///
    /// # Errors
    /// [`Rejection::Ambiguous`] or [`Rejection::NotInRegister`].
    pub(super) fn find(
        &self,
        number: Option<&str>,
        name: Option<&str>,
        village: Option<&str>,
        of_person: bool,
    ) -> Result<Named, Rejection> {
        if let Some(found) = number.and_then(|number| self.by_number.get(number)) {
            return one(number.unwrap_or_default(), found.iter(), of_person);
        }
        let name = name.or(number).unwrap_or_default();
        let village = village.map(letters);
        let near = |named: &&Named| match (&village, self.villages.get(&named.household)) {
            (Some(village), Some(names)) => names.contains(village),
            _ => true,
        };
        let lists = match of_person {
            true => [&self.persons, &self.heads],
            false => [&self.heads, &self.persons],
        };
        for list in lists {
            let found: Vec<&Named> = list
                .get(&fold(name))
                .map(|found| found.iter().filter(near).collect())
                .unwrap_or_default();
            if !found.is_empty() {
                return one(name, found.into_iter(), of_person);
            }
        }
        Err(Rejection::NotInRegister(name.to_owned()))
    }
}

/// The one that is meant: a household whose head is also listed as a person of it is one answer.
fn one<'n>(
    name: &str,
    found: impl Iterator<Item = &'n Named>,
    of_person: bool,
) -> Result<Named, Rejection> {
    let found: Vec<&Named> = found.collect();
    let households: BTreeSet<&Code> = found.iter().map(|named| &named.household).collect();
    let persons: Vec<&&Named> = found
        .iter()
        .filter(|named| named.person.is_some())
        .collect();
    let only = match (households.len(), of_person, persons.as_slice()) {
        (1, true, [person]) => Some((**person).clone()),
        (1, true, []) | (1, false, _) => found.first().map(|named| Named {
            household: named.household.clone(),
            person: None,
        }),
        _ => None,
    };
    only.ok_or_else(|| Rejection::Ambiguous {
        name: name.to_owned(),
        candidates: found
            .iter()
            .map(|named| {
                named
                    .person
                    .as_ref()
                    .unwrap_or(&named.household)
                    .to_string()
            })
            .collect(),
    })
}
