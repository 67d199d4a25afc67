//! Facts that were folded before and saved: what a [`super::Facts`] goes on from.
//!
//! **Numbers are those of one fold.** A code has the number of its first sight in the log, so a
//! saved base, a fold that goes on from it and a fold of everything all give it the same number.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::sync::Arc;

use super::cells::PeriodCells;
use super::interner::{Interner, Quick};
use super::layers::Layer;
use super::packed::{Month, Span};
use super::partition::{Partition, Wanted};
use crate::domain::code::Code;
use crate::domain::period::Period;

/// Whose codes: there are too many of these to load them all for one figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    /// Households.
    Household,
    /// Persons.
    Person,
}

/// The dictionaries that are small enough to be loaded whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SmallDictionaries {
    /// Support kinds.
    pub kinds: Vec<Code>,
    /// Groups of a kind.
    pub groups: Vec<Code>,
    /// For each group, the event that named it first.
    pub groups_since: Vec<u64>,
    /// Projects.
    pub projects: Vec<Code>,
    /// Funding sources.
    pub sources: Vec<Code>,
    /// Units of measure.
    pub units: Vec<Code>,
    /// Villages, one or several, sorted.
    pub places: Vec<Vec<Code>>,
    /// Periods a support pays for.
    pub periods: Vec<Period>,
    /// The ledger's offset from UTC in milliseconds.
    pub offset_ms: i64,
}

/// A month of a base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BaseMonth {
    /// Which month.
    pub month: Month,
    /// From which to which day its rows stand, for each of `packed::AXES`.
    pub spans: [Span; 4],
}

impl BaseMonth {
    /// Takes the days of other rows in, or only theirs.
    pub fn take(&mut self, spans: [Span; 4], only: bool) {
        if only {
            self.spans = spans;
        }
        for (span, other) in self.spans.iter_mut().zip(spans) {
            span.take(other.from);
            span.take(other.to);
        }
    }
}

/// What is wanted of a layer of a month, by its place and what its directory says.
pub type Wanting<'a> = dyn Fn(usize, &Partition) -> Wanted + 'a;

/// The facts of the first events of a log, as they were saved.
pub trait Base: Debug + Send + Sync {
    /// How many events they were folded from.
    fn seq(&self) -> u64;

    /// The dictionaries.
    fn dictionaries(&self) -> &SmallDictionaries;

    /// The months that have rows, in their order.
    fn months(&self) -> &[BaseMonth];

    /// The layers of a month, with the columns at least that `wanted` says of each.
    ///
    /// # Errors
    /// Why they cannot be had, neither from where they were saved nor from the log.
    fn layers(&self, month: Month, wanted: &Wanting<'_>) -> Result<Vec<Layer>, String>;

    /// Whether something was damaged and had to be folded from the log.
    fn was_damaged(&self) -> bool;

    /// What was counted of a period that begins with a month and has so many, if it was.
    fn cells(&self, from: Month, months: u8) -> Option<Arc<PeriodCells>>;

    /// The number of a code, where it has one.
    ///
    /// # Errors
    /// As [`Base::layers`].
    fn number(&self, whose: Whose, code: &str) -> Result<Option<u32>, String>;

    /// How many codes have a number.
    fn count(&self, whose: Whose) -> u32;
}

/// The dictionary of households or persons: what was met since the base was saved, and the base.
#[derive(Debug, Clone)]
pub struct Codes {
    whose: Whose,
    base: Option<Arc<dyn Base>>,
    /// Numbers that the base gave.
    known: HashMap<Code, u32, Quick>,
    fresh: Interner<Code>,
    fault: Option<String>,
}

impl Codes {
    /// An empty dictionary, or what a base has.
    pub fn new(whose: Whose, base: Option<Arc<dyn Base>>) -> Codes {
        Codes {
            whose,
            base,
            known: HashMap::default(),
            fresh: Interner::default(),
            fault: None,
        }
    }

    fn before(&self) -> u32 {
        self.base.as_ref().map_or(0, |base| base.count(self.whose))
    }

    /// The number of a code; a new code gets the next number.
    pub fn intern(&mut self, code: Option<&Code>) -> u32 {
        let Some(code) = code else { return 0 };
        if let Some(base) = &self.base {
            if let Some(number) = self.known.get(code) {
                return *number;
            }
            if self.fresh.number(code.as_str()).is_none() {
                match base.number(self.whose, code.as_str()) {
                    Ok(None) => {}
                    Ok(Some(number)) => {
                        self.known.insert(code.clone(), number);
                        return number;
                    }
                    // The number that follows is not right; whoever asks is told why.
                    Err(why) => self.fault = Some(why),
                }
            }
        }
        self.before() + self.fresh.intern(Some(code))
    }

    /// The number of a code that was seen.
    ///
    /// # Errors
    /// Why the base cannot be read.
    pub fn number(&self, code: &str) -> Result<Option<u32>, String> {
        if let Some(number) = self.known.get(code) {
            return Ok(Some(*number));
        }
        if let Some(number) = self.fresh.number(code) {
            return Ok(Some(self.before() + number));
        }
        match &self.base {
            Some(base) => base.number(self.whose, code),
            None => Ok(None),
        }
    }

    /// The code of a number; a base does not name its codes.
    pub fn code(&self, number: u32) -> Option<&Code> {
        self.fresh.value(number.checked_sub(self.before())?)
    }

    /// The codes that the base does not have, with their numbers.
    pub fn fresh(&self) -> impl Iterator<Item = (u32, &Code)> {
        let before = self.before();
        let fresh = self.fresh.iter();
        fresh.map(move |(number, code)| (before + number, code))
    }

    /// Why a number that was given cannot be trusted.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// How many codes have a number.
    pub fn len(&self) -> usize {
        self.before() as usize + self.fresh.len()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The events whose rows in a base are replaced by what was folded since.
#[derive(Debug, Clone, Default)]
pub struct Replaced {
    /// A first look that costs little: one bit for every event of the same last digits.
    bits: [[u64; 32]; 2],
    events: BTreeSet<u64>,
}

impl Replaced {
    /// Takes an event in.
    pub fn insert(&mut self, seq: u64) {
        let bits = self.bits.as_flattened_mut();
        if let Some(bits) = bits.get_mut((seq >> 6 & 63) as usize) {
            *bits |= 1 << (seq & 63);
        }
        self.events.insert(seq);
    }

    /// Whether it has this event.
    pub fn contains(&self, seq: u64) -> bool {
        let bits = self.bits.as_flattened().get((seq >> 6 & 63) as usize);
        bits.is_some_and(|bits| bits >> (seq & 63) & 1 == 1) && self.events.contains(&seq)
    }

    /// Whether it has an event of a range.
    pub fn touches(&self, first: u64, last: u64) -> bool {
        first <= last && self.events.range(first..=last).next().is_some()
    }
}
