//! The facts table: one row per stage a support action reached. Every figure comes from here.
//!
//! Columns stand beside each other, codes are dictionary numbers, dates are days since 1970. A row
//! is never removed: `void_seq` says from which event on it is void, so that any as-of is a
//! comparison and never a replay. A contra correction adds rows with `sign` -1 and +1.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

use super::interner::Interner;
use crate::domain::code::Code;
use crate::domain::event::{Body, Event};
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
    pub support: u32,
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
    funding_at: u32,
    funding_len: u32,
}

impl Fact {
    /// Whether the row counts for who knows the first `as_of` events.
    pub fn stands_at(&self, as_of: u64) -> bool {
        self.add_seq <= as_of && (self.void_seq == STANDS || self.void_seq > as_of)
    }
}

/// The facts table with its dictionaries.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    rows: Vec<Fact>,
    funding: Vec<(u32, i64)>,
    /// Dictionaries.
    pub kinds: Interner<Code>,
    /// Households.
    pub households: Interner<Code>,
    /// Persons.
    pub persons: Interner<Code>,
    /// Groups of a kind.
    pub groups: Interner<Code>,
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
    /// Support ids.
    pub supports: Interner<Uuid>,
    standing: HashMap<u32, Vec<usize>>,
    recoveries: HashMap<u32, Vec<usize>>,
    offset_ms: i64,
}

impl Facts {
    /// Folds one event.
    pub fn evolve(&mut self, event: &Event) {
        match &event.body {
            Body::LedgerOpened(data) => self.offset_ms = offset_ms(&data.offset),
            Body::Support(stage, state) => {
                let id = state.support.unwrap_or(event.id);
                let support = self.supports.intern(Some(&id));
                let occurred = day(state.occurred_on);
                self.add(event, support, *stage, state, occurred, false);
            }
            Body::SupportReversed(data) => {
                let support = self.supports.intern(Some(&data.support));
                let rows = self.take_standing(support, data.stage);
                let effective = day(data.effective_on);
                self.unsay(event, &rows, data.mode, effective);
                // What was never paid cannot have been taken back.
                if self.paid_row(support).is_none() {
                    let rows = self.recoveries.remove(&support).unwrap_or_default();
                    self.unsay(event, &rows, data.mode, effective);
                }
            }
            Body::SupportCorrected(data) => {
                let support = self.supports.intern(Some(&data.support));
                let rows = self.take_standing(support, Some(data.stage));
                let effective = day(data.effective_on);
                self.unsay(event, &rows, data.mode, effective);
                let moved = |index: &usize| self.rows.get(*index).is_some_and(|row| row.contra);
                let contra = data.mode == CorrectionMode::Contra || rows.iter().any(moved);
                self.add(event, support, data.stage, &data.to, effective, contra);
            }
            Body::SupportRecovered(data) => {
                let support = self.supports.intern(Some(&data.support));
                let source = self.sources.intern(data.source.as_ref());
                let paid = self.paid_row(support);
                if let Some(mut fact) = paid {
                    fact.add_seq = event.seq;
                    fact.void_seq = STANDS;
                    fact.sign = 1;
                    fact.is_recovery = true;
                    fact.occurred = day(data.occurred_on);
                    fact.recorded = self.local_day(event.at_ms);
                    fact.decided = decided(event, fact.occurred);
                    fact.contra = false;
                    fact.recovered = data.amount.thousandths();
                    (fact.quantity, fact.count, fact.unit) = (0, 0, 0);
                    (fact.funding_at, fact.funding_len) = self.add_funding(&[(source, 0)]);
                    let recoveries = self.recoveries.entry(support).or_default();
                    recoveries.push(self.rows.len());
                    self.rows.push(fact);
                }
            }
            _ => {}
        }
    }

    /// All rows, in the order they were added.
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

    fn local_day(&self, at_ms: i64) -> Day {
        let days = at_ms.saturating_add(self.offset_ms).div_euclid(86_400_000);
        Day::try_from(days).unwrap_or(Day::MAX)
    }

    fn add(
        &mut self,
        event: &Event,
        support: u32,
        stage: Stage,
        state: &SupportState,
        occurred: Day,
        contra: bool,
    ) {
        let parts: Vec<(u32, i64)> = state
            .funding
            .iter()
            .map(|part| {
                (
                    self.sources.intern(part.source.as_ref()),
                    part.amount.thousandths(),
                )
            })
            .collect();
        let (funding_at, funding_len) = self.add_funding(&parts);
        let named = state.household.is_some();
        let places = (!state.villages.is_empty()).then_some(&state.villages);
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
            support,
            kind: self.kinds.intern(Some(&state.kind)),
            class: state.class.map_or(0, |class| class as u8 + 1),
            sex: state.sex.map_or(0, |sex| sex as u8 + 1),
            minority: state.minority.map_or(0, |minority| u8::from(minority) + 1),
            household: self.households.intern(state.household.as_ref()),
            person: self.persons.intern(state.person.as_ref()),
            group: self.groups.intern(state.group.as_ref()),
            project: self.projects.intern(state.project.as_ref()),
            places: self.places.intern(places),
            covers: self.periods.intern(state.covers.as_ref()),
            unit: self.units.intern(state.unit.as_ref()),
            count: if named { 1 } else { state.count.unwrap_or(0) },
            quantity: state.quantity.map_or(0, |quantity| quantity.thousandths()),
            recovered: 0,
            funding_at,
            funding_len,
        };
        self.standing
            .entry(support)
            .or_default()
            .push(self.rows.len());
        self.rows.push(fact);
    }

    fn add_funding(&mut self, parts: &[(u32, i64)]) -> (u32, u32) {
        let at = u32::try_from(self.funding.len()).unwrap_or(u32::MAX);
        self.funding.extend_from_slice(parts);
        (at, u32::try_from(parts.len()).unwrap_or(0))
    }

    fn take_standing(&mut self, support: u32, stage: Option<Stage>) -> Vec<usize> {
        let rows = &self.rows;
        let Some(standing) = self.standing.get_mut(&support) else {
            return Vec::new();
        };
        let hit = |index: &usize| {
            stage.is_none()
                || rows
                    .get(*index)
                    .is_some_and(|fact| Some(fact.stage) == stage)
        };
        let (taken, left) = standing.iter().copied().partition(hit);
        *standing = left;
        taken
    }

    /// Voids rows in their place, or adds a row of the opposite sign for each.
    fn unsay(&mut self, event: &Event, indexes: &[usize], mode: CorrectionMode, effective: Day) {
        let recorded = self.local_day(event.at_ms);
        for index in indexes {
            match mode {
                CorrectionMode::InPlace => {
                    if let Some(fact) = self.rows.get_mut(*index) {
                        fact.void_seq = event.seq;
                    }
                }
                CorrectionMode::Contra => {
                    if let Some(mut fact) = self.rows.get(*index).copied() {
                        (fact.sign, fact.contra) = (-1, true);
                        fact.decided = decided(event, effective);
                        (fact.add_seq, fact.void_seq) = (event.seq, STANDS);
                        (fact.occurred, fact.recorded) = (effective, recorded);
                        self.rows.push(fact);
                    }
                }
            }
        }
    }

    fn paid_row(&self, support: u32) -> Option<Fact> {
        let standing = self.standing.get(&support)?;
        let rows = || standing.iter().filter_map(|index| self.rows.get(*index));
        let at = |stage| rows().find(|fact| fact.stage == stage).copied();
        at(Stage::Disbursed).or_else(|| at(Stage::Settled))
    }
}

/// The day of the paper that an event rests on, else the day it stands at.
fn decided(event: &Event, else_on: Day) -> Day {
    let document = event.document.as_ref();
    document.and_then(|paper| paper.date).map_or(else_on, day)
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
