//! Support that was granted on a class which, by what is known now, the household did not have on
//! that day; and households that had a class and were left out.
//!
//! What was granted stays as it was granted: this view only lays the two beside each other, with
//! the events behind each.
//!
//! A support that says what it covers is judged by those days, and not by the day it was paid:
//! arrears of a quarter in which the household was poor are in order, whatever it is by now. It
//! needs the class it was granted on for one of those days; the class shown is that of the last of
//! them, or of the day of payment where that came first.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use crate::domain::catalogue::{Cadence, Level, SupportKind};
use crate::domain::class::HouseholdClass;
use crate::domain::code::Code;
use crate::domain::period::Period;
use crate::domain::stage::Stage;
use crate::domain::standing::{Lapsed, standing};
use crate::domain::state::{Household, StageEntry, State};

/// What the difference means for the right to the support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The class it was granted on is among those entitled, and the class of the day is not.
    NotEntitled,
    /// The class of the day is among those entitled, and the one it was granted on is not.
    EntitledOtherwise,
    /// Another class, with no bearing on the right, or none that the catalogue knows of.
    OtherClass,
}

/// A support granted on another class than the household had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleSupport {
    /// The support.
    pub support: Uuid,
    /// Its row key.
    pub reference: Option<Code>,
    /// The event that says what was granted.
    pub seq: u64,
    /// The stage.
    pub stage: Stage,
    /// The kind.
    pub kind: Code,
    /// The household.
    pub household: Code,
    /// The day.
    pub on: NaiveDate,
    /// What was paid for, where that was said.
    pub covers: Option<Period>,
    /// The day whose class counts.
    pub judged_on: NaiveDate,
    /// The amount, in thousandths.
    pub amount: i128,
    /// The class it was granted on.
    pub granted: Option<HouseholdClass>,
    /// The class of that day by what the ledger knew when it was recorded.
    pub known_then: Option<HouseholdClass>,
    /// The class of that day by what is known now.
    pub known_now: Option<HouseholdClass>,
    /// The class had run out by then.
    pub lapsed: Option<Lapsed>,
    /// What the difference means.
    pub direction: Direction,
    /// The event that decided the class known now.
    pub decided_by: Option<u64>,
}

/// A household that had an entitled class on the day a kind was given to others, and got nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The kind.
    pub kind: Code,
    /// What was paid for, where that was said.
    pub covers: Option<Period>,
    /// The last day on which it was given to others.
    pub on: NaiveDate,
    /// The day whose class counts.
    pub judged_on: NaiveDate,
    /// The household.
    pub household: Code,
    /// Its class on that day by what is known now.
    pub class: HouseholdClass,
    /// The event that decided the class.
    pub decided_by: Option<u64>,
}

/// What is stale in a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stale {
    /// Supports granted on another class, by household and day.
    pub supports: Vec<StaleSupport>,
    /// Households that were left out, by kind and household.
    pub left_out: Vec<LeftOut>,
}

/// One time a kind was given: to whom, and the last day.
struct Round {
    households: BTreeSet<Code>,
    on: NaiveDate,
}

/// Looks at the supports that reached one of the stages in a period, each at the furthest of them.
pub fn stale(state: &State, from: NaiveDate, to: NaiveDate, stages: &[Stage]) -> Stale {
    let mut stale = Stale::default();
    let mut rounds: BTreeMap<(Code, Option<Period>), Round> = BTreeMap::new();
    for (id, record) in &state.supports {
        if record.reversed {
            continue;
        }
        let in_period = |entry: &&StageEntry| {
            let on = entry.state.occurred_on;
            stages.contains(&entry.stage) && from <= on && on <= to
        };
        let entry = record.entries.iter().filter(in_period);
        let Some(entry) = entry.max_by_key(|entry| entry.stage) else {
            continue;
        };
        let Some(code) = &entry.state.household else {
            continue;
        };
        let on = entry.state.occurred_on;
        let key = (
            entry.state.kind.clone(),
            entry.state.covers.as_ref().map(Period::canonical),
        );
        let round = rounds.entry(key).or_insert_with(|| Round {
            households: BTreeSet::new(),
            on,
        });
        round.households.insert(code.clone());
        round.on = round.on.max(on);
        if let Some(household) = state.households.get(code) {
            stale.supports.extend(differs(state, *id, entry, household));
        }
    }
    stale.supports.sort_by(|a, b| {
        let a = (&a.household, a.on, a.seq);
        a.cmp(&(&b.household, b.on, b.seq))
    });
    for ((kind, covers), round) in rounds {
        left_out(state, &kind, covers.as_ref(), &round, &mut stale.left_out);
    }
    stale
}

/// The last day that a support covers; the day of payment where that came first, or where nothing
/// was said.
fn judged_on(covers: Option<&Period>, on: NaiveDate) -> NaiveDate {
    covers.map_or(on, |covers| {
        covers.last_day().min(on).max(covers.first_day())
    })
}

/// The classes of a household on the days of a period, by what is known now.
fn classes_in(household: &Household, days: &Period) -> BTreeSet<Option<HouseholdClass>> {
    let known = |day| standing(&household.classes, day, u64::MAX);
    let (first, last) = (days.first_day(), days.last_day());
    let mut turns: BTreeSet<NaiveDate> = BTreeSet::from([first, last]);
    let decided = household.classes.entries().iter();
    turns.extend(decided.filter_map(|entry| entry.from));
    turns.retain(|day| (first..=last).contains(day));
    turns.into_iter().map(|day| known(day).class).collect()
}

fn differs(
    state: &State,
    support: Uuid,
    entry: &StageEntry,
    household: &Household,
) -> Option<StaleSupport> {
    let on = entry.state.occurred_on;
    let covers = entry.state.covers.as_ref().map(Period::canonical);
    let judged_on = judged_on(covers.as_ref(), on);
    let now = standing(&household.classes, judged_on, u64::MAX);
    let granted = entry.state.class;
    let on_some_day = match &covers {
        Some(covers) => classes_in(household, covers),
        None => BTreeSet::from([now.class]),
    };
    if on_some_day.contains(&granted) {
        return None;
    }
    let kind = state.catalogue.kind(entry.state.kind.as_str());
    // A ground entitles whatever the class.
    let by_class = kind.filter(|_| entry.state.ground.is_none());
    Some(StaleSupport {
        support,
        reference: entry.state.reference.clone(),
        seq: entry.seq,
        stage: entry.stage,
        kind: entry.state.kind.clone(),
        household: household.code.clone(),
        on,
        covers,
        judged_on,
        amount: entry.state.amount_thousandths(),
        granted,
        known_then: standing(&household.classes, judged_on, entry.seq).class,
        known_now: now.class,
        lapsed: now.lapsed,
        direction: direction(by_class, granted, &on_some_day),
        decided_by: now.seq,
    })
}

fn direction(
    kind: Option<&SupportKind>,
    granted: Option<HouseholdClass>,
    now: &BTreeSet<Option<HouseholdClass>>,
) -> Direction {
    let eligible = kind.and_then(|kind| kind.eligible.as_ref());
    let Some(eligible) = eligible.filter(|eligible| !eligible.classes.is_empty()) else {
        return Direction::OtherClass;
    };
    let entitled = |class: Option<HouseholdClass>| {
        class.is_some_and(|class| eligible.classes.contains(&class))
    };
    let now = now.iter().any(|class| entitled(*class));
    match (entitled(granted), now) {
        (true, false) => Direction::NotEntitled,
        (false, true) => Direction::EntitledOtherwise,
        _ => Direction::OtherClass,
    }
}

/// Only kinds that come again and again to every household of a class can leave one out: a loan or
/// a house is nobody's by class alone.
fn left_out(
    state: &State,
    code: &Code,
    covers: Option<&Period>,
    round: &Round,
    found: &mut Vec<LeftOut>,
) {
    let Some(kind) = state.catalogue.kind(code.as_str()) else {
        return;
    };
    let regular = matches!(
        kind.cadence,
        Cadence::Monthly | Cadence::Quarterly | Cadence::Yearly | Cadence::PerSemester
    );
    let Some(eligible) = &kind.eligible else {
        return;
    };
    if !regular || kind.level != Level::Household {
        return;
    }
    let judged_on = judged_on(covers, round.on);
    for household in state.households.values() {
        let gone = household
            .ended
            .as_ref()
            .is_some_and(|end| end.on <= judged_on);
        if gone || round.households.contains(&household.code) {
            continue;
        }
        let known = standing(&household.classes, judged_on, u64::MAX);
        if let Some(class) = known.class.filter(|class| eligible.classes.contains(class)) {
            found.push(LeftOut {
                kind: code.clone(),
                covers: covers.copied(),
                on: round.on,
                judged_on,
                household: household.code.clone(),
                class,
                decided_by: known.seq,
            });
        }
    }
}
