//! Random events of supports, and random questions about them that mostly hit.

#![allow(
    dead_code,
    clippy::manual_is_multiple_of,
    reason = "each test file uses its own part; a remainder chooses"
)]

use proptest::prelude::*;
use socai::domain::event::{Actor, Body, Document, Event, Sex};
use socai::domain::fixed::{Money, Quantity};
use socai::domain::people::CohortListed;
use socai::domain::support::{
    CorrectionMode, Funding, SupportCorrected, SupportRecovered, SupportReversed, SupportState,
};
use socai::domain::{Code, HouseholdClass, Period, Stage};
use socai::projection::figures::Filter;
use socai::projection::{Axis, Boundaries, Dimension, Entries, Query, View};
use uuid::Uuid;

use super::memory_office::{Office, START_MS, code};

const KINDS: [&str; 4] = [
    "preferential_loan",
    "livestock",
    "medical_visit",
    "health_insurance_card",
];
const STAGES: [Stage; 4] = [
    Stage::Disbursed,
    Stage::Disbursed,
    Stage::Proposed,
    Stage::Held,
];
const DAYS: [&str; 6] = [
    "2023-01-01",
    "2023-01-31",
    "2023-02-15",
    "2023-06-30",
    "2023-07-01",
    "2024-03-09",
];
const COVERS: [&str; 4] = ["2022-Q4", "2023-01..2023-03", "2023-Q1", "2023-06"];
const SOURCES: [&str; 3] = ["state_budget", "vbsp", "household_counterpart"];
const UNITS: [&str; 2] = ["kg", "head"];
const VILLAGES: [&str; 4] = ["V1", "V2", "V3", "V4"];
const AMOUNTS: [i64; 5] = [0, 1_500, 20_000_000, 7, 9_000_000_000_000];

/// The small numbers that one event is made of.
pub type Seeds = (u8, [u16; 6]);

/// What random events are made of.
pub fn seeds(most: usize) -> impl Strategy<Value = Vec<Seeds>> {
    prop::collection::vec((0..100_u8, any::<[u16; 6]>()), 1..most)
}

fn pick<T: Copy>(from: &[T], number: u16) -> T {
    from[usize::from(number) % from.len()]
}

fn state(n: [u16; 6], support: Option<Uuid>) -> SupportState {
    let bit = |place: u16| n[1] >> place & 1 == 1;
    let named = n[0] % 5 != 0;
    let several = n[0] % 7 == 0;
    let mut villages = vec![code(pick(&VILLAGES, n[2] % 1_000))];
    if several {
        villages.push(code(pick(&VILLAGES, (n[2] % 1_000) + 1)));
        villages.sort();
    }
    if n[0] % 11 == 0 {
        villages.clear();
    }
    let parts = usize::from(n[3] % 8).min(3);
    let parts = if parts == 3 { 1 } else { parts };
    let funding = (0..parts).map(|part| Funding {
        amount: Money::from_thousandths(pick(&AMOUNTS, n[3] / 8 + part as u16) * 1_000),
        source: (n[3] % 13 != 0).then(|| code(pick(&SOURCES, n[3] / 16 + part as u16))),
    });
    SupportState {
        class: (n[4] % 6 < 5).then(|| HouseholdClass::ALL[usize::from(n[4] % 6)]),
        count: (!named).then_some(u64::from(n[5] % 40)),
        covers: bit(0).then(|| pick(&COVERS, n[5]).parse().unwrap()),
        follows: None,
        funding: funding.collect(),
        ground: None,
        group: bit(1).then(|| code("under_six")),
        household: named.then(|| code(&format!("H{}", n[5] % 9))),
        kind: code(pick(&KINDS, n[2] / 4)),
        lender: None,
        minority: bit(2).then(|| bit(3)),
        note: None,
        occurred_on: pick(&DAYS, n[4] / 8).parse().unwrap(),
        person: (named && bit(4)).then(|| code(&format!("P{}", n[5] % 14))),
        project: bit(5).then(|| code("DA-1")),
        quantity: bit(6).then(|| Quantity::from_thousandths(i64::from(n[0]) * 500)),
        recipient: None,
        reference: None,
        sex: bit(7).then(|| if bit(8) { Sex::Female } else { Sex::Male }),
        support,
        unit: bit(6).then(|| code(pick(&UNITS, n[1] / 512))),
        villages,
    }
}

fn body(kind: u8, n: [u16; 6], opened: &mut Vec<(Uuid, SupportState)>, id: Uuid) -> Body {
    let known = (!opened.is_empty()).then(|| opened[usize::from(n[0]) % opened.len()].clone());
    let stage = pick(&STAGES, n[1] / 3);
    let mode = if n[2] % 2 == 0 {
        CorrectionMode::InPlace
    } else {
        CorrectionMode::Contra
    };
    let effective_on = pick(&DAYS, n[3]).parse().unwrap();
    match (kind, known) {
        (0..8, Some((support, first))) => Body::SupportReversed(Box::new(SupportReversed {
            effective_on,
            household: first.household,
            mode,
            person: first.person,
            project: first.project,
            stage: (n[4] % 2 == 0).then_some(stage),
            support,
        })),
        (8..18, Some((support, _))) => Body::SupportCorrected(Box::new(SupportCorrected {
            corrects: support,
            effective_on,
            mode,
            stage,
            support,
            to: state(n, Some(support)),
        })),
        (18..24, Some((support, first))) => Body::SupportRecovered(Box::new(SupportRecovered {
            amount: Money::whole(i64::from(n[5])),
            household: first.household,
            occurred_on: effective_on,
            person: first.person,
            project: first.project,
            source: (n[4] % 3 != 0).then(|| code(pick(&SOURCES, n[4]))),
            support,
        })),
        (24..40, Some((support, _))) => Body::Support(stage, state(n, Some(support)).into()),
        (40..43, _) => Body::CohortListed(Box::new(CohortListed {
            cohort: code("escape-2023"),
            household: code(&format!("H{}", n[0] % 9)),
            note: None,
            year: 2023,
        })),
        _ => {
            let state = state(n, None);
            opened.push((id, state.clone()));
            Body::Support(stage, state.into())
        }
    }
}

/// The events of a new ledger with villages, and then random ones.
pub fn events(seeds: &[Seeds]) -> Vec<Event> {
    let mut office = Office::new();
    for village in VILLAGES {
        office.household(&format!("first of {village}"), village, None);
    }
    let stored = office.stored();
    let mut events: Vec<Event> = stored
        .iter()
        .map(|bytes| socai::log::codec::decode(bytes).unwrap())
        .collect();
    let mut opened = Vec::new();
    for (place, (kind, n)) in seeds.iter().enumerate() {
        let id = Uuid::from_u128(place as u128 + 1);
        let body = body(*kind, *n, &mut opened, id);
        events.push(Event {
            at_ms: START_MS + place as i64 * 40_000_000,
            batch: None,
            by: Actor {
                id: "clerk".into(),
                name: "A clerk".into(),
                office: None,
            },
            body,
            document: (n[0] % 3 == 0).then(|| Document {
                date: Some(pick(&DAYS, n[1]).parse().unwrap()),
                issuer: None,
                number: None,
                kind: None,
            }),
            findings: Vec::new(),
            id,
            late: false,
            ledger: office.ledger.state().ledger_id.clone(),
            reason: Some("a test".into()),
            seq: events.len() as u64 + 1,
            source: None,
        });
    }
    events
}

/// Everything folded from events.
pub fn fold(events: &[Event]) -> View {
    let mut view = View::default();
    for event in events {
        view.evolve(event).unwrap();
    }
    view
}

fn value_of(by: Dimension, n: u16) -> &'static str {
    match by {
        Dimension::Kind => pick(&KINDS, n),
        Dimension::Stage => pick(&["disbursed", "proposed", "held"], n),
        Dimension::Class => pick(&["poor", "near_poor", ""], n),
        Dimension::Source => pick(&["state_budget", "vbsp", ""], n),
        Dimension::Programme => "",
        Dimension::Village => pick(&["V1", "V2", ""], n),
        Dimension::Month => pick(&["2023-01", "2023-06"], n),
        Dimension::Quarter => pick(&["2023-Q1", "2023-Q2"], n),
        Dimension::Covers => pick(&["2023-Q1", "2022-Q4", ""], n),
        Dimension::Group => pick(&["under_six", ""], n),
        Dimension::Sex => pick(&["female", "male"], n),
        Dimension::Minority => pick(&["yes", "no"], n),
        _ => "",
    }
}

/// Random questions.
pub fn query() -> impl Strategy<Value = Query> {
    let by = prop::collection::vec(0..Dimension::ALL.len(), 0..4);
    let filters = prop::collection::vec((0..Dimension::ALL.len() + 2, any::<u16>()), 0..2);
    let periods = prop::sample::select(vec![
        "2023-H1",
        "2023",
        "2023-01",
        "2023-01-15..2023-02-20",
        "2022..2025",
        "2024-12",
    ]);
    let stages = prop::sample::select(vec![
        vec![Stage::Disbursed, Stage::Held],
        vec![Stage::Disbursed],
        Stage::ALL.to_vec(),
        vec![Stage::Proposed, Stage::Held],
    ]);
    let kinds = prop::collection::vec(0..KINDS.len(), 0..2);
    let as_of = prop_oneof![Just(u64::MAX), 10..80_u64];
    let since = prop_oneof![3 => Just(0), 1 => 1..60_u64];
    let on = prop_oneof![3 => Just(None), 1 => Just(Some("2025-07-01"))];
    let known = (as_of, since, on);
    (by, filters, periods, stages, kinds, 0..16_usize, known).prop_map(
        |(by, filters, period, stages, kinds, axis, (as_of, since, on))| {
            let mut query = Query::of(&period.parse::<Period>().unwrap());
            for place in by {
                if !query.by.contains(&Dimension::ALL[place]) {
                    query.by.push(Dimension::ALL[place]);
                }
            }
            query.axis = Axis::ALL[axis % 4];
            query.entries = [Entries::All, Entries::In, Entries::Out, Entries::Contra][axis / 4];
            query.stages = stages;
            query.kinds = kinds.iter().map(|kind| KINDS[*kind].to_owned()).collect();
            query.as_of = as_of;
            query.since = since;
            if let Some(day) = on {
                query.boundaries = Boundaries::On(day.parse().unwrap());
            }
            for (which, n) in filters {
                query.filters.push(match Dimension::ALL.get(which) {
                    Some(by) => Filter::Dimension(*by, vec![value_of(*by, n).to_owned()]),
                    None if n % 2 == 0 => Filter::Household(code(&format!("H{}", n % 9))),
                    None => Filter::Person(Code::new("P4").unwrap()),
                });
            }
            query
        },
    )
}

/// A question about a whole month, quarter, half-year or year by stage, kind or class.
pub fn of_whole_periods() -> impl Strategy<Value = Query> {
    let period = prop::sample::select(vec!["2023", "2023-H1", "2023-Q1", "2023-01", "2023-06"]);
    (query(), period, 0..8_usize, any::<bool>()).prop_map(|(mut query, period, by, all)| {
        let period: Period = period.parse().unwrap();
        (query.from, query.to) = (period.first_day(), period.last_day());
        (query.axis, query.entries, query.since) = (Axis::Occurred, Entries::All, 0);
        query.boundaries = Boundaries::Then;
        let common = [Dimension::Kind, Dimension::Stage, Dimension::Class];
        let named = common.into_iter().enumerate();
        query.by = named
            .filter(|(place, _)| by >> place & 1 == 1)
            .map(|(_, by)| by)
            .collect();
        query
            .filters
            .retain(|filter| matches!(filter, Filter::Dimension(by, _) if common.contains(by)));
        if all {
            query.as_of = u64::MAX;
        }
        query
    })
}

/// A question about who is on a list, where there is one.
pub fn of_cohort(query: &mut Query, view: &View) {
    if view.state.cohorts.contains_key("escape-2023") {
        query
            .filters
            .push(Filter::Cohort(vec!["escape-2023".to_owned()]));
    }
}
