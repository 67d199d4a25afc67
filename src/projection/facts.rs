//! The facts table: one row per stage a support action reached. Every figure comes from here.
//!
//! Columns stand beside each other, codes are dictionary numbers, dates are days since 1970. A row
//! is never removed: `void_seq` says from which event on it is void, so that any as-of is a
//! comparison and never a replay. A contra correction adds rows with `sign` -1 and +1.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

use chrono::{Datelike, NaiveDate};
use hashbrown::HashTable;
use uuid::Uuid;

use super::base::{Base, Codes, Replaced, SmallDictionaries, Whose};
use super::figures::Axis;
use super::interner::{Interner, Quick};
use super::packed::{Month, Packed, month_of};
use super::partition::Rows;
use super::shelf::Shelf;
use crate::domain::code::Code;
use crate::domain::event::{Body, Event, Happened};
use crate::domain::period::Period;
use crate::domain::stage::Stage;
use crate::domain::support::{CorrectionMode, SupportState};

/// Days since 1 January 1970.
pub type Day = i32;

/// The day number of a date.
pub fn day(date: NaiveDate) -> Day {
    date.num_days_from_ce() - DAYS_TO_1970
}

/// The date of a day number.
pub fn date(day: Day) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(day.checked_add(DAYS_TO_1970)?)
}

const DAYS_TO_1970: i32 = 719_163;

/// `void_seq` of a row that stands.
pub const STANDS: u64 = u64::MAX;

/// One row. Numbers of codes are those of [`Facts`]'s dictionaries; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the columns are described in the module's text"
)]
pub struct Fact {
    pub add_seq: u64,
    pub void_seq: u64,
    pub sign: i8,
    /// A recovery: only its `recovered` counts.
    pub is_recovery: bool,
    /// One of the signed rows of a contra correction: it puts right a closed period.
    pub contra: bool,
    pub stage: Stage,
    pub occurred: Day,
    pub recorded: Day,
    /// The date of the document it rests on, else `occurred`.
    pub decided: Day,
    /// The place in the log of the event that opened the support: its number among supports.
    pub support: u64,
    pub kind: u32,
    /// 0 none, else the class's place in `HouseholdClass::ALL` plus 1.
    pub class: u8,
    /// 0 unknown, 1 female, 2 male.
    pub sex: u8,
    /// 0 unknown, 1 no, 2 yes.
    pub minority: u8,
    pub household: u32,
    pub person: u32,
    pub group: u32,
    pub project: u32,
    pub places: u32,
    pub covers: u32,
    pub unit: u32,
    pub count: u64,
    pub quantity: i64,
    pub recovered: i64,
    pub(super) funding_at: u32,
    pub(super) funding_len: u32,
    /// The stages that the support has rows at, as bits; known for a row that was packed.
    pub(super) stages: u16,
    /// The support's place among those that this fold met.
    pub(super) slot: u32,
    /// No reversal or correction has taken the row up yet.
    pub(super) open: bool,
}

impl Fact {
    /// A row that says nothing.
    pub(super) const NONE: Fact = Fact {
        add_seq: 0,
        void_seq: STANDS,
        sign: 1,
        is_recovery: false,
        contra: false,
        stage: Stage::Registered,
        occurred: 0,
        recorded: 0,
        decided: 0,
        support: 0,
        kind: 0,
        class: 0,
        sex: 0,
        minority: 0,
        household: 0,
        person: 0,
        group: 0,
        project: 0,
        places: 0,
        covers: 0,
        unit: 0,
        count: 0,
        quantity: 0,
        recovered: 0,
        funding_at: 0,
        funding_len: 0,
        stages: 0,
        slot: NO_ROW,
        open: false,
    };

    /// Whether the row counts for who knows the first `as_of` events.
    pub fn stands_at(&self, as_of: u64) -> bool {
        self.add_seq <= as_of && (self.void_seq == STANDS || self.void_seq > as_of)
    }
}

/// The facts table with its dictionaries.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The first rows, where they are put away.
    shelf: Shelf,
    /// All others.
    rows: Vec<Fact>,
    funding: Vec<(u32, i64)>,
    /// Dictionaries.
    pub kinds: Interner<Code>,
    /// Households.
    pub households: Codes,
    /// Persons.
    pub persons: Codes,
    /// Groups of a kind.
    pub groups: Interner<Code>,
    /// For each group, the event that named it first.
    groups_since: Vec<u64>,
    /// Projects.
    pub projects: Interner<Code>,
    /// Funding sources.
    pub sources: Interner<Code>,
    /// Units of measure.
    pub units: Interner<Code>,
    /// Villages, one or several, sorted.
    pub places: Interner<Vec<Code>>,
    /// Periods a support pays for.
    pub periods: Interner<Period>,
    /// The places of supports among `supports`, by their ids.
    slots: HashTable<u32>,
    supports: Vec<Support>,
    /// What is kept of the supports once no event follows: the stages that their rows are at.
    stages: Vec<u16>,
    /// For each row, the row of the same support before it.
    before: Vec<u32>,
    offset_ms: i64,
    packed: OnceLock<Option<Arc<Packed>>>,
    base: Option<Arc<dyn Base>>,
    /// By month, the events whose rows in the base stand among these rows too, as they are now.
    replaced: HashMap<Month, Replaced>,
    /// How many events are known: no figure counts a row of a later one.
    known: u64,
}

impl Default for Facts {
    fn default() -> Facts {
        Facts::over(None)
    }
}

/// What the fold knows of a support.
#[derive(Debug, Clone, Copy)]
struct Support {
    id: Uuid,
    /// The event that opened it.
    opened: u64,
    /// Its newest row, or [`NO_ROW`].
    last: u32,
    /// The stages that any of its rows is at, as bits.
    stages: u16,
}

const NO_ROW: u32 = u32::MAX;

/// From how many rows on it pays to pack them before they are asked about.
const WORTH_PACKING: usize = 2_048;

impl Facts {
    /// An empty table, or one that goes on from what was saved.
    ///
    /// **Whoever goes on from a base folds the earlier events of a support again before an event
    /// that is about it**: its rows in the base are then replaced by the ones that are folded.
    pub fn over(base: Option<Arc<dyn Base>>) -> Facts {
        let mut facts = Facts {
            shelf: Shelf::default(),
            rows: Vec::new(),
            funding: Vec::new(),
            kinds: Interner::default(),
            households: Codes::new(Whose::Household, base.clone()),
            persons: Codes::new(Whose::Person, base.clone()),
            groups: Interner::default(),
            groups_since: Vec::new(),
            projects: Interner::default(),
            sources: Interner::default(),
            units: Interner::default(),
            places: Interner::default(),
            periods: Interner::default(),
            slots: HashTable::new(),
            supports: Vec::new(),
            stages: Vec::new(),
            before: Vec::new(),
            offset_ms: 0,
            packed: OnceLock::new(),
            base: None,
            replaced: HashMap::new(),
            known: u64::MAX,
        };
        if let Some(base) = base {
            facts.take_dictionaries(base.dictionaries());
            facts.base = Some(base);
        }
        facts
    }

    fn take_dictionaries(&mut self, small: &SmallDictionaries) {
        fn take<T: Clone + Eq + std::hash::Hash>(into: &mut Interner<T>, from: &[T]) {
            for value in from {
                into.intern(Some(value));
            }
        }
        take(&mut self.kinds, &small.kinds);
        take(&mut self.groups, &small.groups);
        self.groups_since.clone_from(&small.groups_since);
        take(&mut self.projects, &small.projects);
        take(&mut self.sources, &small.sources);
        take(&mut self.units, &small.units);
        take(&mut self.places, &small.places);
        take(&mut self.periods, &small.periods);
        self.offset_ms = small.offset_ms;
    }

    /// The dictionaries that are small, as a base keeps them.
    pub fn dictionaries(&self) -> SmallDictionaries {
        fn values<T: Clone + Eq + std::hash::Hash>(from: &Interner<T>) -> Vec<T> {
            from.iter().map(|(_, value)| value.clone()).collect()
        }
        SmallDictionaries {
            kinds: values(&self.kinds),
            groups: values(&self.groups),
            groups_since: self.groups_since.clone(),
            projects: values(&self.projects),
            sources: values(&self.sources),
            units: values(&self.units),
            places: values(&self.places),
            periods: values(&self.periods),
            offset_ms: self.offset_ms,
        }
    }

    /// What this table goes on from.
    pub fn base(&self) -> Option<&Arc<dyn Base>> {
        self.base.as_ref()
    }

    /// The events whose rows in a month of the base are replaced.
    pub(super) fn replaced(&self, month: Month) -> Option<&Replaced> {
        self.replaced.get(&month)
    }

    /// Counts no event after this place from now on.
    pub fn know_only(&mut self, seq: u64) {
        self.known = seq;
    }

    /// How many events are known.
    pub(super) fn known(&self) -> u64 {
        self.known
    }

    /// Folds one event.
    pub fn evolve(&mut self, event: &Event) {
        self.happen(event.happened());
    }

    /// Folds what happened in one event.
    pub fn happen(&mut self, event: Happened<'_>) {
        self.packed.take();
        match event.body {
            Body::LedgerOpened(data) => self.offset_ms = offset_ms(&data.offset),
            Body::Support(stage, state) => {
                let id = state.support.unwrap_or(event.id);
                let slot = self.slot(&id, event.seq);
                let occurred = day(state.occurred_on);
                self.add(&event, slot, *stage, state, occurred, false);
            }
            Body::SupportReversed(data) => {
                let slot = self.slot(&data.support, event.seq);
                self.take_back(slot);
                let rows = self.take_standing(slot, data.stage);
                let effective = day(data.effective_on);
                self.unsay(&event, &rows, data.mode, effective);
                // What was never paid cannot have been taken back.
                if self.paid_row(slot).is_none() {
                    let rows = self.take_open(slot, |fact| fact.is_recovery);
                    self.unsay(&event, &rows, data.mode, effective);
                }
            }
            Body::SupportCorrected(data) => {
                let slot = self.slot(&data.support, event.seq);
                self.take_back(slot);
                let rows = self.take_standing(slot, Some(data.stage));
                let effective = day(data.effective_on);
                self.unsay(&event, &rows, data.mode, effective);
                let moved = |index: &usize| self.row(*index).is_some_and(|row| row.contra);
                let contra = data.mode == CorrectionMode::Contra || rows.iter().any(moved);
                self.add(&event, slot, data.stage, &data.to, effective, contra);
            }
            Body::SupportRecovered(data) => {
                let slot = self.slot(&data.support, event.seq);
                self.take_back(slot);
                let source = self.sources.intern(data.source.as_ref());
                let paid = self.paid_row(slot);
                if let Some(mut fact) = paid {
                    fact.add_seq = event.seq;
                    fact.void_seq = STANDS;
                    fact.sign = 1;
                    fact.is_recovery = true;
                    fact.occurred = day(data.occurred_on);
                    fact.recorded = self.local_day(event.at_ms);
                    fact.decided = decided(&event, fact.occurred);
                    fact.contra = false;
                    fact.recovered = data.amount.thousandths();
                    (fact.quantity, fact.count, fact.unit) = (0, 0, 0);
                    (fact.funding_at, fact.funding_len) = self.add_funding(&[(source, 0)]);
                    self.push(fact, true);
                }
            }
            _ => {}
        }
    }

    /// All rows, in the order they were added; but for those that were put away.
    pub fn rows(&self) -> &[Fact] {
        &self.rows
    }

    /// The funding of a row: source and amount in thousandths.
    pub fn funding(&self, fact: &Fact) -> &[(u32, i64)] {
        let at = fact.funding_at as usize;
        self.funding
            .get(at..at + fact.funding_len as usize)
            .unwrap_or_default()
    }

    /// The row with a number, which must not be put away.
    fn row(&self, index: usize) -> Option<&Fact> {
        self.rows.get(index.checked_sub(self.shelf.len())?)
    }

    fn row_mut(&mut self, index: usize) -> Option<&mut Fact> {
        self.rows.get_mut(index.checked_sub(self.shelf.len())?)
    }

    /// Puts all rows away but the newest, where twice as many are there. **Figures do not count
    /// them any more**; they are there for what follows and for packing what changed. A table that
    /// goes on from a base keeps all.
    pub fn put_away(&mut self, newest: usize) {
        if self.base.is_some() || self.rows.len() < 2 * newest.max(1) {
            return;
        }
        let mut end = self.rows.len() - newest;
        // What one event added stays together.
        let added = |place: usize| self.rows.get(place).map(|fact| fact.add_seq);
        while end > 0 && added(end) == added(end - 1) {
            end -= 1;
        }
        let mut count = 0;
        for fact in self.rows.iter().take(end) {
            let at = fact.funding_at as usize;
            let funding = self.funding.get(at..at + fact.funding_len as usize);
            if !self.shelf.put(fact, funding.unwrap_or_default()) {
                break;
            }
            count += 1;
        }
        self.rows.drain(..count);
        // Rows can share their funding with rows from before.
        let begins = self.rows.iter().map(|fact| fact.funding_at).min();
        let begin = begins.map_or(self.funding.len(), |begin| begin as usize);
        self.funding.drain(..begin.min(self.funding.len()));
        for fact in &mut self.rows {
            fact.funding_at -= u32::try_from(begin).unwrap_or(fact.funding_at);
        }
    }

    /// No event follows: what only folding asks for is let go of.
    pub fn end_folding(&mut self) {
        self.slots = HashTable::new();
        self.before = Vec::new();
        let supports = std::mem::take(&mut self.supports);
        self.stages = supports.iter().map(|support| support.stages).collect();
    }

    /// Takes the rows of a support back: something happens to it.
    fn take_back(&mut self, slot: u32) {
        let Some(support) = self.supports.get(slot as usize).copied() else {
            return;
        };
        let (mut places, mut next) = (Vec::new(), support.last);
        while next != NO_ROW {
            places.push(next);
            next = self.before.get(next as usize).copied().unwrap_or(NO_ROW);
        }
        let is_away = |place: &u32| (*place as usize) < self.shelf.len();
        if !places.iter().any(is_away) {
            return;
        }
        // The oldest first, and each again behind the one before it.
        let mut last = NO_ROW;
        for place in places.into_iter().rev() {
            last = match self.shelf.take(place as usize) {
                Some((mut fact, funding)) => {
                    let index = u32::try_from(self.before.len()).unwrap_or(NO_ROW);
                    (fact.funding_at, fact.funding_len) = self.add_funding(&funding);
                    self.before.push(last);
                    self.rows.push(fact);
                    index
                }
                None => {
                    if let Some(before) = self.before.get_mut(place as usize) {
                        *before = last;
                    }
                    place
                }
            };
        }
        if let Some(support) = self.supports.get_mut(slot as usize) {
            support.last = last;
        }
    }

    /// The months of rows that are put away, and how many these are at most.
    pub(super) fn months_put_away(&self) -> impl Iterator<Item = (Month, usize)> {
        self.shelf.months()
    }

    /// The rows of a month that are put away, as they are packed.
    pub(super) fn put_away_in(&self, month: Month) -> Rows {
        let mut rows = self.shelf.rows(month);
        for fact in &mut rows.facts {
            fact.stages = self.stages_of(fact);
        }
        rows
    }

    fn slot(&mut self, id: &Uuid, seq: u64) -> u32 {
        let hash = Quick::default().hash_one(id);
        let is = |slot: &u32| {
            let support = self.supports.get(*slot as usize);
            support.is_some_and(|support| support.id == *id)
        };
        if let Some(slot) = self.slots.find(hash, is) {
            return *slot;
        }
        let slot = u32::try_from(self.supports.len()).unwrap_or(NO_ROW);
        self.supports.push(Support {
            id: *id,
            opened: seq,
            last: NO_ROW,
            stages: 0,
        });
        let supports = &self.supports;
        self.slots.insert_unique(hash, slot, |slot| {
            let support = supports.get(*slot as usize);
            support.map_or(0, |support| Quick::default().hash_one(support.id))
        });
        slot
    }

    fn push(&mut self, mut fact: Fact, open: bool) {
        let index = u32::try_from(self.shelf.len() + self.rows.len()).unwrap_or(NO_ROW);
        fact.open = open;
        let mut last = NO_ROW;
        if let Some(support) = self.supports.get_mut(fact.slot as usize) {
            last = std::mem::replace(&mut support.last, index);
            support.stages |= stage_bit(fact.stage);
        }
        if let Some(base) = &self.base
            && fact.add_seq <= base.seq()
        {
            let month = self.replaced.entry(month_of(fact.occurred)).or_default();
            month.insert(fact.add_seq);
        }
        self.before.push(last);
        self.rows.push(fact);
    }

    /// The day that an axis places a row at.
    pub(super) fn placed(&self, fact: &Fact, axis: Axis) -> Day {
        match axis {
            // Money taken back pays for no period: it stands at its own date.
            Axis::Covers if fact.is_recovery => fact.occurred,
            Axis::Occurred => fact.occurred,
            Axis::Recorded => fact.recorded,
            Axis::Decided => fact.decided,
            Axis::Covers => {
                let covers = self.periods.value(fact.covers);
                covers.map_or(fact.occurred, |period| day(period.last_day()))
            }
        }
    }

    /// The stages that a support has rows at, as bits.
    pub(super) fn stages_of(&self, fact: &Fact) -> u16 {
        let support = self.supports.get(fact.slot as usize);
        let stages = support.map(|support| support.stages);
        let ended = || self.stages.get(fact.slot as usize).copied();
        stages.or_else(ended).unwrap_or(u16::MAX)
    }

    /// Packs the rows into columns by month now, however few they are.
    pub fn pack(&self) {
        self.packed.get_or_init(|| Packed::of(self).map(Arc::new));
    }

    /// The rows in columns by month, where there are so many that it pays; made once.
    pub(super) fn packed(&self) -> Option<&Packed> {
        let few = self.rows.len() < WORTH_PACKING && self.packed.get().is_none();
        if few || self.base.is_some() {
            return None;
        }
        let packed = self.packed.get_or_init(|| Packed::of(self).map(Arc::new));
        packed.as_deref()
    }

    fn local_day(&self, at_ms: i64) -> Day {
        let days = at_ms.saturating_add(self.offset_ms).div_euclid(86_400_000);
        Day::try_from(days).unwrap_or(Day::MAX)
    }

    fn add(
        &mut self,
        event: &Happened<'_>,
        slot: u32,
        stage: Stage,
        state: &SupportState,
        occurred: Day,
        contra: bool,
    ) {
        let funding_at = u32::try_from(self.funding.len()).unwrap_or(u32::MAX);
        for part in &state.funding {
            let source = self.sources.intern(part.source.as_ref());
            self.funding.push((source, part.amount.thousandths()));
        }
        let funding_len = u32::try_from(state.funding.len()).unwrap_or(0);
        let named = state.household.is_some();
        let places = (!state.villages.is_empty()).then_some(&state.villages);
        let opened = self.supports.get(slot as usize);
        let fact = Fact {
            add_seq: event.seq,
            void_seq: STANDS,
            sign: 1,
            is_recovery: false,
            contra,
            stage,
            occurred,
            recorded: self.local_day(event.at_ms),
            decided: decided(event, occurred),
            support: opened.map_or(event.seq, |support| support.opened),
            kind: self.kinds.intern(Some(&state.kind)),
            class: state.class.map_or(0, |class| class as u8 + 1),
            sex: state.sex.map_or(0, |sex| sex as u8 + 1),
            minority: state.minority.map_or(0, |minority| u8::from(minority) + 1),
            household: self.households.intern(state.household.as_ref()),
            person: self.persons.intern(state.person.as_ref()),
            group: self.group(event.seq, state.group.as_ref()),
            project: self.projects.intern(state.project.as_ref()),
            places: self.places.intern(places),
            covers: self.periods.intern(state.covers.as_ref()),
            unit: self.units.intern(state.unit.as_ref()),
            count: if named { 1 } else { state.count.unwrap_or(0) },
            quantity: state.quantity.map_or(0, |quantity| quantity.thousandths()),
            recovered: 0,
            funding_at,
            funding_len,
            stages: 0,
            slot,
            open: true,
        };
        self.push(fact, true);
    }

    fn group(&mut self, seq: u64, group: Option<&Code>) -> u32 {
        let number = self.groups.intern(group);
        if number as usize > self.groups_since.len() {
            self.groups_since.push(seq);
        }
        number
    }

    /// Whether a known event names this group. What was saved may hold the groups of later events
    /// as well.
    pub(super) fn knows_group(&self, group: &str) -> bool {
        let since = self.groups.number(group).and_then(|number| {
            let place = (number as usize).checked_sub(1)?;
            self.groups_since.get(place)
        });
        since.is_some_and(|since| *since <= self.known)
    }

    fn add_funding(&mut self, parts: &[(u32, i64)]) -> (u32, u32) {
        let at = u32::try_from(self.funding.len()).unwrap_or(u32::MAX);
        self.funding.extend_from_slice(parts);
        (at, u32::try_from(parts.len()).unwrap_or(0))
    }

    /// The open rows of a support that are asked for, the oldest first.
    fn open_rows(&self, slot: u32, wanted: impl Fn(&Fact) -> bool) -> Vec<usize> {
        let mut found = Vec::new();
        let support = self.supports.get(slot as usize);
        let mut next = support.map_or(NO_ROW, |support| support.last);
        while next != NO_ROW {
            let row = self.row(next as usize);
            if row.is_some_and(|fact| fact.open && wanted(fact)) {
                found.push(next as usize);
            }
            next = self.before.get(next as usize).copied().unwrap_or(NO_ROW);
        }
        found.reverse();
        found
    }

    fn take_open(&mut self, slot: u32, wanted: impl Fn(&Fact) -> bool) -> Vec<usize> {
        let taken = self.open_rows(slot, wanted);
        for index in &taken {
            if let Some(fact) = self.row_mut(*index) {
                fact.open = false;
            }
        }
        taken
    }

    fn take_standing(&mut self, slot: u32, stage: Option<Stage>) -> Vec<usize> {
        let hit = |fact: &Fact| stage.is_none_or(|stage| fact.stage == stage);
        self.take_open(slot, |fact| !fact.is_recovery && hit(fact))
    }

    /// Voids rows in their place, or adds a row of the opposite sign for each.
    fn unsay(
        &mut self,
        event: &Happened<'_>,
        indexes: &[usize],
        mode: CorrectionMode,
        effective: Day,
    ) {
        let recorded = self.local_day(event.at_ms);
        for index in indexes {
            match mode {
                CorrectionMode::InPlace => {
                    if let Some(fact) = self.row_mut(*index) {
                        fact.void_seq = event.seq;
                    }
                }
                CorrectionMode::Contra => {
                    if let Some(mut fact) = self.row(*index).copied() {
                        (fact.sign, fact.contra) = (-1, true);
                        fact.decided = decided(event, effective);
                        (fact.add_seq, fact.void_seq) = (event.seq, STANDS);
                        (fact.occurred, fact.recorded) = (effective, recorded);
                        self.push(fact, false);
                    }
                }
            }
        }
    }

    fn paid_row(&self, slot: u32) -> Option<Fact> {
        let standing = self.open_rows(slot, |fact| !fact.is_recovery);
        let rows = || standing.iter().filter_map(|index| self.row(*index));
        let at = |stage| rows().find(|fact| fact.stage == stage).copied();
        at(Stage::Disbursed).or_else(|| at(Stage::Settled))
    }
}

/// The day of the paper that an event rests on, else the day it stands at.
fn decided(event: &Happened<'_>, else_on: Day) -> Day {
    event.document_date.map_or(else_on, day)
}

/// A stage as a bit among stages.
pub(super) fn stage_bit(stage: Stage) -> u16 {
    1 << stage as u16
}

/// Milliseconds of an offset such as `+07:00`.
pub fn offset_ms(offset: &str) -> i64 {
    let parts = || {
        let (sign, rest) = match offset.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
        Some(sign * minutes * 60_000)
    };
    parts().unwrap_or(0)
}
