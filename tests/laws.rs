//! The laws of the ledger, over random ledgers: first those of the whole office, with its log, its
//! bytes and its seals; then those of deciding and folding alone, which take thousands of cases
//! (`SOCAI_CASES=5000 cargo test --test laws`).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod cases;
mod memory_office;
mod random_ledger;

use cases::cases;
use memory_office::{Office, START_MS, code, id, support};
use proptest::prelude::*;
use socai::domain::command::{ClassGiven, Command, FundingDraft, SupportChange, SupportDraft};
use socai::domain::{HouseholdClass, Money, Stage};
use socai::office::{AsOf, Outcome};
use socai::projection::figures::{self, MEASURES};
use socai::projection::{Axis, Dimension, Figures, Query};

const KINDS: [&str; 3] = ["preferential_loan", "electricity_subsidy", "housing"];
const HOUSEHOLDS: [&str; 4] = ["H1", "H2", "H3", "H4"];
const DAYS: [&str; 4] = ["2023-01-15", "2023-04-30", "2023-05-01", "2023-08-09"];
const SOURCES: [&str; 2] = ["state_budget", "vbsp"];

/// One thing that somebody does; the small numbers choose among what there is.
#[derive(Debug, Clone)]
enum Act {
    Support {
        kind: usize,
        household: usize,
        day: usize,
        stage: bool,
        amounts: Vec<(usize, i64)>,
    },
    Group {
        day: usize,
        count: u64,
    },
    Advance {
        which: usize,
        day: usize,
        amount: Option<i64>,
    },
    Correct {
        which: usize,
        amount: i64,
        class: bool,
    },
    Reverse {
        which: usize,
        whole: bool,
    },
    Recover {
        which: usize,
        amount: i64,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let amounts = prop::collection::vec((0..SOURCES.len(), 1..50_i64), 0..3);
    prop_oneof![
        4 => (0..KINDS.len(), 0..HOUSEHOLDS.len(), 0..DAYS.len(), any::<bool>(), amounts)
            .prop_map(|(kind, household, day, stage, amounts)| {
                Act::Support { kind, household, day, stage, amounts }
            }),
        1 => (0..DAYS.len(), 0..30_u64).prop_map(|(day, count)| Act::Group { day, count }),
        2 => (0..12_usize, 0..DAYS.len(), prop::option::of(1..50_i64))
            .prop_map(|(which, day, amount)| Act::Advance { which, day, amount }),
        2 => (0..12_usize, 1..50_i64, any::<bool>())
            .prop_map(|(which, amount, class)| Act::Correct { which, amount, class }),
        1 => (0..12_usize, any::<bool>()).prop_map(|(which, whole)| Act::Reverse { which, whole }),
        1 => (0..12_usize, 1..20_i64).prop_map(|(which, amount)| Act::Recover { which, amount }),
    ]
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(act(), 1..25)
}

fn office() -> Office {
    let mut office = Office::new();
    let classes = [
        Some(HouseholdClass::Poor),
        Some(HouseholdClass::NearPoor),
        None,
        Some(HouseholdClass::Poor),
    ];
    for (place, household) in HOUSEHOLDS.iter().enumerate() {
        let village = ["Cao Lộc", "Lũng Chang"][place % 2];
        office.household(household, village, classes[place]);
    }
    office
}

/// Does one thing; what cannot be true is refused, and that is no fault. A day passes each time.
fn perform(office: &mut Office, made: &mut Vec<uuid::Uuid>, act: &Act) -> bool {
    let at = office.clock.0.load(std::sync::atomic::Ordering::SeqCst);
    office
        .clock
        .0
        .store(at + 36_000_000, std::sync::atomic::Ordering::SeqCst);
    let chosen =
        |made: &Vec<uuid::Uuid>, which: usize| (!made.is_empty()).then(|| made[which % made.len()]);
    let outcome = match act {
        Act::Support {
            kind,
            household,
            day,
            stage,
            amounts,
        } => {
            let mut draft: SupportDraft =
                support(KINDS[*kind], HOUSEHOLDS[*household], DAYS[*day], 0);
            draft.stage = Some(if *stage {
                Stage::Disbursed
            } else {
                Stage::Proposed
            });
            draft.funding = amounts
                .iter()
                .map(|(source, amount)| FundingDraft {
                    source: Some(SOURCES[*source].to_owned()),
                    amount: Money::whole(*amount),
                })
                .collect();
            let outcome = office.one(Command::RecordSupport(Box::new(draft)));
            made.push(id(&outcome));
            outcome
        }
        Act::Group { day, count } => office.one(Command::RecordSupport(Box::new(SupportDraft {
            kind: "medical_visit".to_owned(),
            count: Some(*count),
            villages: vec!["Cao Lộc".to_owned()],
            occurred_on: DAYS[*day].parse().ok(),
            ..SupportDraft::default()
        }))),
        Act::Advance { which, day, amount } => {
            let Some(support) = chosen(made, *which) else {
                return false;
            };
            let change = SupportChange {
                occurred_on: DAYS[*day].parse().ok(),
                amount: amount.map(Money::whole),
                ..SupportChange::default()
            };
            let (to, change) = (Stage::Disbursed, Box::new(change));
            office.one(Command::Advance {
                support,
                to,
                change,
            })
        }
        Act::Correct {
            which,
            amount,
            class,
        } => {
            let Some(support) = chosen(made, *which) else {
                return false;
            };
            let change = SupportChange {
                amount: Some(Money::whole(*amount)),
                class: if *class {
                    ClassGiven::None
                } else {
                    ClassGiven::Unsaid
                },
                ..SupportChange::default()
            };
            office.because(Command::Correct {
                support,
                stage: None,
                change: Box::new(change),
                effective_on: None,
            })
        }
        Act::Reverse { which, whole } => {
            let Some(support) = chosen(made, *which) else {
                return false;
            };
            let stage = (!whole).then_some(Stage::Disbursed);
            office.because(Command::Reverse {
                support,
                stage,
                effective_on: None,
            })
        }
        Act::Recover { which, amount } => {
            let Some(support) = chosen(made, *which) else {
                return false;
            };
            let (amount, on) = (Money::whole(*amount), "2024-01-01".parse().unwrap());
            office.because(Command::Recover {
                support,
                amount,
                on,
                source: None,
            })
        }
    };
    matches!(outcome, Outcome::New { .. })
}

fn everything() -> Query {
    let mut query = Query::of(&"2022..2026".parse().unwrap());
    query.stages = Stage::ALL.to_vec();
    query
}

fn by(dimension: Dimension) -> Query {
    let mut query = everything();
    query.by = vec![dimension];
    query
}

fn all_figures(ledger: &socai::office::Ledger<socai::log::MemoryLog>, as_of: u64) -> Vec<Figures> {
    let mut answers = Vec::new();
    for axis in Axis::ALL {
        for dimension in Dimension::ALL {
            let mut query = by(*dimension);
            query.by.push(Dimension::Stage);
            query.by.dedup();
            (query.axis, query.as_of) = (axis, as_of);
            answers.push(figures::figures(ledger.facts(), ledger.state(), &query).unwrap());
        }
    }
    answers
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn replay_equals_live(acts in acts()) {
        let mut office = office();
        let mut made = Vec::new();
        for act in &acts {
            perform(&mut office, &mut made, act);
        }
        let replayed = office.replayed(AsOf::Head);
        prop_assert_eq!(all_figures(&replayed, u64::MAX), all_figures(&office.ledger, u64::MAX));
        let (live, again) = (office.ledger.state(), replayed.state());
        prop_assert_eq!(&live.households, &again.households);
        prop_assert_eq!(&live.supports, &again.supports);
        prop_assert_eq!(&live.units, &again.units);
    }

    #[test]
    fn an_as_of_is_a_ledger_that_stopped_there(acts in acts(), cut in 0..100_u64) {
        let mut office = office();
        let mut made = Vec::new();
        for act in &acts {
            perform(&mut office, &mut made, act);
        }
        let head = office.ledger.stand().seq;
        let stop = head.saturating_sub(cut % 20);
        let stopped = office.replayed(AsOf::Seq(stop));
        prop_assert_eq!(stopped.stand().seq, stop);
        prop_assert_eq!(all_figures(&stopped, u64::MAX), all_figures(&office.ledger, stop));
    }

    #[test]
    fn a_breakdown_sums_to_its_total(acts in acts()) {
        let mut office = office();
        let mut made = Vec::new();
        for act in &acts {
            perform(&mut office, &mut made, act);
        }
        let whole = office.figures(&everything()).rows.remove(0);
        for dimension in Dimension::ALL {
            let rows = office.figures(&by(*dimension)).rows;
            let amount: i128 = rows.iter().map(|row| row.amount).sum();
            let recovered: i128 = rows.iter().map(|row| row.recovered).sum();
            // By stage an action stands under each stage it reached; in all, at its furthest.
            if *dimension != Dimension::Stage {
                prop_assert_eq!(amount, whole.amount, "amount by {}", dimension.name());
                prop_assert_eq!(recovered, whole.recovered, "recovered by {}", dimension.name());
            }
            if !matches!(dimension, Dimension::Stage | Dimension::Source) {
                let turns: i64 = rows.iter().map(|row| row.turns).sum();
                let count: i64 = rows.iter().map(|row| row.count).sum();
                prop_assert_eq!(turns, whole.turns, "turns by {}", dimension.name());
                prop_assert_eq!(count, whole.count, "count by {}", dimension.name());
            }
        }
    }

    #[test]
    fn a_reversal_restores_the_figures(acts in acts(), kind in 0..KINDS.len(), day in 0..DAYS.len()) {
        let mut office = office();
        let mut made = Vec::new();
        for act in &acts {
            perform(&mut office, &mut made, act);
        }
        let before = all_figures(&office.ledger, u64::MAX);
        let stood = office.ledger.stand().seq;
        let draft = support(KINDS[kind], "H1", DAYS[day], 77);
        let support = id(&office.one(Command::RecordSupport(Box::new(draft))));
        prop_assert_ne!(&before, &all_figures(&office.ledger, u64::MAX));
        office.because(Command::Reverse {
            support,
            stage: None,
            effective_on: None,
        });
        prop_assert_eq!(&before, &all_figures(&office.ledger, u64::MAX));
        prop_assert_eq!(&before, &all_figures(&office.ledger, stood));
    }

    #[test]
    fn the_order_of_independent_supports_does_not_change_figures(
        picks in prop::collection::vec((0..KINDS.len(), 0..HOUSEHOLDS.len(), 0..DAYS.len(), 1..90_i64), 1..12),
    ) {
        let fill = |order: &mut dyn Iterator<Item = &(usize, usize, usize, i64)>| {
            let mut office = office();
            for (kind, household, day, amount) in order {
                let draft = support(KINDS[*kind], HOUSEHOLDS[*household], DAYS[*day], *amount);
                office.one(Command::RecordSupport(Box::new(draft)));
            }
            all_figures(&office.ledger, u64::MAX)
        };
        prop_assert_eq!(fill(&mut picks.iter()), fill(&mut picks.iter().rev()));
    }

    #[test]
    fn every_event_has_one_form(acts in acts()) {
        let mut office = office();
        let mut made = Vec::new();
        for act in &acts {
            perform(&mut office, &mut made, act);
        }
        for bytes in office.stored() {
            let event = socai::log::codec::decode(&bytes).unwrap();
            prop_assert_eq!(&socai::log::codec::encode(&event).unwrap(), &bytes);
            // serde_json keeps the members of a value sorted by name.
            let sorted: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(serde_json::to_vec(&sorted).unwrap(), bytes);
        }
    }
}

#[test]
fn a_random_ledger_does_what_the_laws_are_about() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut office, mut made, mut done) = (office(), Vec::new(), [0; 6]);
    for _ in 0..300 {
        let act = act().new_tree(&mut runner).unwrap().current();
        let place = match act {
            Act::Support { .. } => 0,
            Act::Group { .. } => 1,
            Act::Advance { .. } => 2,
            Act::Correct { .. } => 3,
            Act::Reverse { .. } => 4,
            Act::Recover { .. } => 5,
        };
        done[place] += usize::from(perform(&mut office, &mut made, &act));
    }
    assert!(
        done.iter().all(|count| *count > 0),
        "laws over too little: {done:?}"
    );
    let row = office.figures(&everything()).rows.remove(0);
    assert!(MEASURES.iter().all(|name| row.measure(name).is_some()));
    assert_ne!(code("H1"), code("H2"));
    assert!(office.ledger.stand().at_ms > START_MS);
}

mod folding {
    //! Laws of deciding and folding, closing above all.

    use std::collections::{BTreeMap, BTreeSet};

    use chrono::{Days, NaiveDate};
    use proptest::prelude::*;
    use socai::domain::command::{Command, SupportDraft};
    use socai::domain::support::{CorrectionMode, SupportState};
    use socai::domain::{Body, Event, Stage};
    use socai::log::codec;
    use socai::projection::movement::{ADDITIVE, Balance, late, movement};
    use socai::projection::{
        Axis, Boundaries, Dimension, Entries, Facts, Figures, Query, View, figures::figures,
    };
    use socai::report::{KnownAs, Narrative, Report, ReportInput, Template, render};
    use uuid::Uuid;

    use crate::cases::cases;
    use crate::memory_office::code;
    use crate::random_ledger::{
        Act, Book, HOUSEHOLDS, KINDS, act, acts, entry, first_day, fold, perform, played, stands_on,
    };

    type Cells = BTreeMap<Vec<String>, Balance>;

    /// Every stage from one day to another, by kind and stage.
    fn span(from: NaiveDate, to: NaiveDate, axis: Axis) -> Query {
        Query {
            axis,
            by: vec![Dimension::Kind, Dimension::Stage],
            stages: Stage::ALL.to_vec(),
            ..Query::between(from, to)
        }
    }

    fn up_to(day: NaiveDate) -> Query {
        span(NaiveDate::MIN, day, Axis::Occurred)
    }

    fn always() -> Query {
        span(NaiveDate::MIN, NaiveDate::MAX, Axis::Occurred)
    }

    fn cells(view: &View, query: &Query) -> Cells {
        let rows = figures(&view.facts, &view.state, query).unwrap().rows;
        let cell = |row: socai::projection::Row| (row.keys.clone(), Balance::from(&row));
        without_empty(rows.into_iter().map(cell).collect())
    }

    /// A cell whose measures are all nothing says nothing.
    fn without_empty(mut cells: Cells) -> Cells {
        cells.retain(|_, cell| ADDITIVE.iter().any(|name| !cell.is_zero(name)));
        for cell in cells.values_mut().filter(|cell| cell.quantity == 0) {
            cell.unit.clear();
        }
        cells
    }

    fn difference(now: &Cells, then: &Cells) -> Cells {
        let mut cells = now.clone();
        for (keys, cell) in then {
            let known = cells.entry(keys.clone()).or_default();
            *known = known.minus(cell);
        }
        without_empty(cells)
    }

    fn everything(view: &View, as_of: u64) -> Vec<Figures> {
        let mut answers = Vec::new();
        for axis in Axis::ALL {
            for dimension in Dimension::ALL {
                let mut query = always();
                (query.axis, query.as_of) = (axis, as_of);
                query.by = vec![*dimension, Dimension::Stage];
                query.by.dedup();
                answers.push(figures(&view.facts, &view.state, &query).unwrap());
            }
        }
        answers
    }

    fn of_state(state: &SupportState) -> Balance {
        let quantity = state.quantity.map_or(0, |quantity| quantity.thousandths());
        let named = state.household.is_some();
        Balance {
            turns: 1,
            count: if named {
                1
            } else {
                i64::try_from(state.count.unwrap_or(0)).unwrap()
            },
            amount: state.amount_thousandths(),
            quantity: i128::from(quantity),
            unit: state
                .unit
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            ..Balance::default()
        }
    }

    /// What the late events of closed days come to, read from the events alone: every event after
    /// `seq` that says it is late and stands at `through` or before.
    fn said_late(events: &[Event], seq: u64, through: NaiveDate) -> Cells {
        let mut kinds: BTreeMap<Uuid, String> = BTreeMap::new();
        let mut said = Cells::new();
        let mut paid: BTreeMap<Uuid, BTreeSet<Stage>> = BTreeMap::new();
        for event in events {
            let late = event.late && event.seq > seq && stands_on(event).unwrap() <= through;
            let mut say = |keys: [String; 2], balance: &Balance| {
                if late {
                    let cell = said.entry(keys.to_vec()).or_default();
                    *cell = cell.plus(balance);
                }
            };
            match &event.body {
                Body::Support(stage, state) => {
                    let id = state.support.unwrap_or(event.id);
                    kinds.insert(id, state.kind.to_string());
                    paid.entry(id).or_default().insert(*stage);
                    say(
                        [state.kind.to_string(), stage.to_string()],
                        &of_state(state),
                    );
                }
                Body::SupportCorrected(data) => {
                    let keys = [data.to.kind.to_string(), data.stage.to_string()];
                    say(keys, &of_state(&data.to));
                }
                Body::SupportReversed(data) => match data.stage {
                    Some(stage) => drop(paid.entry(data.support).or_default().remove(&stage)),
                    None => drop(paid.remove(&data.support)),
                },
                Body::SupportRecovered(data) => {
                    let disbursed = paid[&data.support].contains(&Stage::Disbursed);
                    let stage = if disbursed {
                        Stage::Disbursed
                    } else {
                        Stage::Settled
                    };
                    let recovered = Balance {
                        recovered: i128::from(data.amount.thousandths()),
                        ..Balance::default()
                    };
                    say(
                        [kinds[&data.support].clone(), stage.to_string()],
                        &recovered,
                    );
                }
                _ => {}
            }
        }
        without_empty(said)
    }

    fn late_cells(view: &View, query: &Query, since: u64) -> Cells {
        let cells = late(&view.facts, &view.state, query, since).unwrap();
        without_empty(cells.into_iter().collect())
    }

    proptest! {
        #![proptest_config(cases(256))]

        #[test]
        fn replay_from_the_bytes_is_the_live_view(acts in acts()) {
            let book = played(&acts);
            let again: Vec<Event> = book
                .events
                .iter()
                .map(|event| codec::decode(&codec::encode(event).unwrap()).unwrap())
                .collect();
            prop_assert_eq!(&again, &book.events);
            let view = fold(&again);
            prop_assert_eq!(everything(&view, u64::MAX), everything(&book.view, u64::MAX));
            prop_assert_eq!(&view.state.supports, &book.view.state.supports);
            prop_assert_eq!(&view.state.closings, &book.view.state.closings);
        }

        #[test]
        fn as_of_n_is_a_ledger_that_stopped_at_n(acts in acts(), cut in 0..40_u64) {
            let book = played(&acts);
            let stop = (book.events.len() as u64).saturating_sub(cut);
            let stopped = book.at(stop);
            prop_assert_eq!(everything(&stopped, u64::MAX), everything(&book.view, stop));
        }

        #[test]
        fn figures_by_any_grouping_sum_to_the_total(acts in acts(), axis in 0..4_usize) {
            let book = played(&acts);
            let sum = |by: Vec<Dimension>| {
                let mut query = always();
                (query.by, query.axis) = (by, Axis::ALL[axis]);
                let rows = figures(&book.view.facts, &book.view.state, &query).unwrap().rows;
                let wide = |of: fn(&socai::projection::Row) -> i128| rows.iter().map(of).sum::<i128>();
                let turns = wide(|row| row.turns.into());
                (wide(|row| row.amount), wide(|row| row.recovered), turns, wide(|row| row.count.into()))
            };
            let whole = sum(vec![Dimension::Stage]);
            for dimension in Dimension::ALL.iter().filter(|by| **by != Dimension::Stage) {
                let parts = sum(vec![*dimension, Dimension::Stage]);
                prop_assert_eq!((parts.0, parts.1), (whole.0, whole.1), "{}", dimension.name());
                // An action of two sources stands under each of them.
                if *dimension != Dimension::Source {
                    prop_assert_eq!((parts.2, parts.3), (whole.2, whole.3), "{}", dimension.name());
                }
            }
        }

        #[test]
        fn a_reversal_restores_what_there_was(
            acts in acts(), kind in 0..KINDS.len(), ago in 0..200_u64, waits in 0..40_u64,
        ) {
            let mut book = played(&acts);
            let before = cells(&book.view, &always());
            let closed = book.view.state.closings.through();
            let closed_before = closed.map(|day| cells(&book.view, &up_to(day)));
            let draft = SupportDraft {
                kind: KINDS[kind].to_owned(),
                household: Some(code("H1")),
                stage: Some(Stage::Disbursed),
                occurred_on: Some(book.ago(ago)),
                funding: vec![socai::domain::command::FundingDraft {
                    source: Some("vbsp".to_owned()),
                    amount: socai::domain::Money::whole(77),
                }],
                ..SupportDraft::default()
            };
            let command = Command::RecordSupport(Box::new(draft));
            let support = book.record(&command, None).unwrap();
            prop_assert_ne!(&cells(&book.view, &always()), &before);
            book.today = book.today + Days::new(waits);
            let reverse = Command::Reverse { support, stage: None, effective_on: None };
            prop_assert!(book.record(&reverse, None).is_some());
            prop_assert_eq!(&cells(&book.view, &always()), &before);
            // In a closed period the late entry stays where it was made, and nothing else moves.
            if let (Some(day), Some(then)) = (closed, closed_before) {
                let moved = difference(&cells(&book.view, &up_to(day)), &then);
                let was_late = book.events[book.events.len() - 2].late;
                prop_assert_eq!(moved.values().map(|cell| cell.turns).sum::<i64>(), i64::from(was_late));
            }
        }

        #[test]
        fn the_order_of_independent_imports_does_not_change_figures(
            one in prop::collection::vec(entry(), 1..15),
            two in prop::collection::vec(entry(), 1..15),
        ) {
            let fill = |lists: [(&Vec<Act>, u64); 2]| {
                let mut book = Book::new();
                for (list, _) in lists {
                    let mut made = Vec::new();
                    for act in list {
                        perform(&mut book, &mut made, act);
                    }
                }
                everything(&book.view, u64::MAX)
            };
            prop_assert_eq!(fill([(&one, 0), (&two, 0)]), fill([(&two, 0), (&one, 0)]));
        }

        #[test]
        fn an_event_says_itself_whether_it_is_late(acts in acts()) {
            let book = played(&acts);
            let mut watermark: Option<NaiveDate> = None;
            for event in &book.events {
                match &event.body {
                    Body::PeriodClosed(data) => watermark = Some(data.through),
                    Body::PeriodReopened(data) => watermark = Some(data.through),
                    _ => {}
                }
                if let Some(on) = stands_on(event) {
                    let closed = watermark.is_some_and(|watermark| on <= watermark);
                    prop_assert_eq!(event.late, closed, "event {}", event.seq);
                }
            }
            prop_assert_eq!(watermark, book.view.state.closings.through());
        }

        #[test]
        fn closed_days_move_only_by_what_says_it_is_late(acts in acts()) {
            let book = played(&acts);
            for span in book.view.state.closings.spans() {
                let found = late_cells(&book.view, &up_to(span.through), span.seq);
                let said = said_late(&book.events, span.seq, span.through);
                prop_assert_eq!(&found, &said, "closed through {} by {}", span.through, span.seq);
                // What was recorded since is the same: it is what a report shows.
                let mut since = up_to(span.through);
                since.since = span.seq;
                prop_assert_eq!(cells(&book.view, &since), said);
            }
        }

        #[test]
        fn opening_and_in_and_out_are_the_closing(
            acts in acts(), start in 0..200_u64, days in 0..120_u64,
        ) {
            let book = played(&acts);
            let from = book.ago(start);
            for axis in Axis::ALL {
                let query = span(from, from + Days::new(days), axis);
                let table = movement(&book.view.facts, &book.view.state, &query).unwrap();
                for row in &table.rows {
                    let came = row.opening.plus(&row.late).plus(&row.incoming);
                    let left = came.minus(&row.outgoing);
                    for name in ADDITIVE {
                        prop_assert_eq!(
                            left.measure(name), row.closing.measure(name), "{} {:?}", name, row.keys
                        );
                    }
                }
                // The period's own figure is what came in less what went out.
                let own: Cells = table
                    .rows
                    .iter()
                    .map(|row| (row.keys.clone(), row.incoming.minus(&row.outgoing)))
                    .collect();
                prop_assert_eq!(without_empty(own), cells(&book.view, &query));
            }
        }

        #[test]
        fn a_period_opens_with_what_the_one_before_it_closed_with(acts in acts()) {
            let book = played(&acts);
            let closings = &book.view.state.closings;
            for pair in closings.spans().windows(2) {
                let (first, second) = (pair[0], pair[1]);
                let query = span(first.through.succ_opt().unwrap(), second.through, Axis::Occurred);
                let then = book.at(second.seq);
                let closed = movement(&then.facts, &then.state, &query).unwrap();
                prop_assert_eq!(closed.opening_closed, Some((first.through, first.seq)));
                let next = span(second.through.succ_opt().unwrap(), book.today, Axis::Occurred);
                let opened = movement(&book.view.facts, &book.view.state, &next).unwrap();
                prop_assert_eq!(opened.opening_closed, Some((second.through, second.seq)));
                let all = |rows: &[socai::projection::MovementRow], of: fn(&socai::projection::MovementRow) -> Balance| {
                    let cells = rows.iter().map(|row| (row.keys.clone(), of(row))).collect();
                    without_empty(cells)
                };
                let left = all(&closed.rows, |row| row.closing.clone());
                prop_assert_eq!(left, all(&opened.rows, |row| row.opening.clone()));
            }
        }

        #[test]
        fn what_goes_out_is_a_correction_of_a_closed_day_and_counts_nobody(acts in acts()) {
            let book = played(&acts);
            let mut before = BTreeMap::new();
            for event in &book.events {
                let (support, mode, on) = match &event.body {
                    Body::SupportCorrected(data) => (data.support, data.mode, data.effective_on),
                    Body::SupportReversed(data) => (data.support, data.mode, data.effective_on),
                    Body::PeriodClosed(data) => {
                        before.insert(event.seq, data.through);
                        continue;
                    }
                    Body::PeriodReopened(data) => {
                        before.insert(event.seq, data.through);
                        continue;
                    }
                    _ => continue,
                };
                if mode == CorrectionMode::Contra {
                    let watermark = before.values().next_back();
                    prop_assert!(watermark.is_none_or(|watermark| on > *watermark), "{}", support);
                }
            }
            let mut query = always();
            query.by.push(Dimension::Class);
            query.entries = Entries::Out;
            for row in figures(&book.view.facts, &book.view.state, &query).unwrap().rows {
                prop_assert!(row.turns <= 0 && row.recovered <= 0);
                prop_assert_eq!((row.households, row.persons, row.villages), (0, 0, 0));
            }
        }

        #[test]
        fn no_support_is_ever_below_nothing(acts in acts()) {
            let book = played(&acts);
            for (keys, cell) in cells(&book.view, &always()) {
                prop_assert!(cell.turns >= 0 && cell.amount >= 0, "{:?}", keys);
                prop_assert!(cell.recovered >= 0 && cell.quantity >= 0, "{:?}", keys);
            }
            let standing = |record: &socai::domain::state::SupportRecord| {
                if record.reversed { 0 } else { record.entries.len() }
            };
            let stages: usize = book.view.state.supports.values().map(standing).sum();
            let turns: i64 = cells(&book.view, &always()).values().map(|cell| cell.turns).sum();
            prop_assert_eq!(i64::try_from(stages).unwrap(), turns);
        }
    }

    /// The two opposite demands of one product's users: OpenSID#8233 wants a death of 26/11/2023
    /// that was reported on 13/7/2024 counted in November, OpenSID#2540 wants the monthly report to
    /// count what was reported in the month. Both are right: they ask by another axis.
    #[test]
    fn opensid_8233_counts_by_event_date_and_opensid_2540_by_report_date() {
        let mut book = Book::new();
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let on_time = Command::RecordSupport(Box::new(SupportDraft {
            kind: "medical_visit".to_owned(),
            count: Some(1),
            occurred_on: Some(day("2023-11-20")),
            ..SupportDraft::default()
        }));
        book.today = day("2023-11-30");
        book.record(&on_time, None).unwrap();
        book.today = day("2024-01-05");
        let through = day("2023-12-31");
        book.record(
            &Command::ClosePeriod {
                period: None,
                through,
            },
            None,
        )
        .unwrap();
        let closing = book.events.len() as u64;
        book.today = day("2024-07-13");
        let reported_late = Command::RecordSupport(Box::new(SupportDraft {
            kind: "medical_visit".to_owned(),
            count: Some(1),
            occurred_on: Some(day("2023-11-26")),
            ..SupportDraft::default()
        }));
        book.record(&reported_late, None).unwrap();
        let count = |month: &str, axis, as_of| {
            let mut query = Query::of(&month.parse().unwrap());
            (query.axis, query.as_of) = (axis, as_of);
            figures(&book.view.facts, &book.view.state, &query)
                .unwrap()
                .rows[0]
                .count
        };
        let now = u64::MAX;
        // OpenSID#8233: by the day it happened.
        assert_eq!(count("2023-11", Axis::Occurred, now), 2);
        assert_eq!(count("2024-07", Axis::Occurred, now), 0);
        // OpenSID#2540: by the day it was reported.
        assert_eq!(count("2023-11", Axis::Recorded, now), 1);
        assert_eq!(count("2024-07", Axis::Recorded, now), 1);
        // And the report that was made in January is still what it was ...
        assert_eq!(count("2023-11", Axis::Occurred, closing), 1);
        // ... while the report of July shows the late one beside its own figures.
        let july = Query::of(&"2024-07".parse().unwrap());
        let july = movement(&book.view.facts, &book.view.state, &july).unwrap();
        assert_eq!(
            (july.rows[0].opening.count, july.rows[0].late.count),
            (1, 1)
        );
        assert_eq!(
            (july.rows[0].incoming.count, july.rows[0].closing.count),
            (0, 2)
        );
    }

    const LATE_TEMPLATE: &str = r#"{
        "code": "late", "version": 1, "name": {"vi": "m", "en": "m"},
        "figures": {
            "own": {"query": {"measure": "amount", "rows": {"stages": ["disbursed"]}}},
            "late": {"query": {"measure": "amount",
                "rows": {"period": "earlier", "stages": ["disbursed"]}}},
            "late.households": {"same": {"measure": "households", "of": "late"}}
        },
        "header": {"issuer": [], "motto": [], "subject": {"vi": "s", "en": "s"},
            "symbol": "BC", "title": {"vi": "t", "en": "t"}},
        "sections": [{"heading": {"vi": "h", "en": "h"}, "blocks": [{"sentence": {
            "vi": "trong kỳ {own}, bổ sung kỳ trước {late} cho {late.households} hộ",
            "en": "own {own}, late {late} for {late.households}"}}]}],
        "signature": {"on_behalf": {"vi": "a", "en": "a"}, "role": {"vi": "r", "en": "r"}}
    }"#;

    #[test]
    fn a_report_shows_what_came_late_beside_its_own_figures() {
        let mut book = Book::new();
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let pay = |household: &str, on: &str, amount| {
            let draft = crate::memory_office::support("wifi", household, on, amount);
            Command::RecordSupport(Box::new(draft))
        };
        let report = |book: &Book, axis| {
            let template = Template::from_json(LATE_TEMPLATE, "late.json").unwrap();
            let input = ReportInput {
                view: &book.view,
                as_of: KnownAs {
                    seq: book.events.len() as u64,
                    at: String::new(),
                    root: String::new(),
                },
                template: &template,
                period: "2023-Q2".parse().unwrap(),
                cut_off: None,
                axis,
                boundaries: Boundaries::Then,
                lang: socai::domain::Lang::Vi,
                number: None,
                date: None,
                narrative: &Narrative::default(),
                findings: Vec::new(),
            };
            render::text(&Report::build(&input).unwrap()).replace(" đồng", "")
        };
        book.today = day("2023-06-30");
        book.record(&pay("H1", "2023-02-01", 100), None).unwrap();
        book.record(&pay("H1", "2023-05-01", 7), None).unwrap();
        assert!(report(&book, Axis::Occurred).contains("trong kỳ 7, bổ sung kỳ trước 0 cho 0 hộ"));
        let through = day("2023-03-31");
        book.record(
            &Command::ClosePeriod {
                period: None,
                through,
            },
            None,
        )
        .unwrap();
        book.record(&pay("H2", "2023-03-01", 40), None).unwrap();
        book.record(&pay("H2", "2023-04-01", 3), None).unwrap();
        let text = report(&book, Axis::Occurred);
        assert!(
            text.contains("trong kỳ 10, bổ sung kỳ trước 40 cho 1 hộ"),
            "{text}"
        );
        // Another axis than that of the days is stated on the paper itself.
        assert!(!text.contains("theo ngày"), "{text}");
        let text = report(&book, Axis::Decided).replace('\n', " ");
        assert!(text.contains("theo ngày văn bản"), "{text}");
        let stock = LATE_TEMPLATE.replace(
            "\"own\": {\"query\": {\"measure\": \"amount\", \"rows\": {\"stages\": [\"disbursed\"]}}}",
            "\"own\": {\"target\": {\"kind\": \"wifi\", \"period\": \"earlier\"}}",
        );
        let issues = Template::from_json(&stock, "late.json").unwrap_err();
        assert_eq!(
            issues[0].problem,
            socai::report::TemplateProblem::StockEarlier
        );
    }

    /// The laws are about something: a long random ledger does all of it.
    #[test]
    fn a_random_ledger_closes_reopens_is_late_and_corrects_closed_days() {
        use proptest::strategy::ValueTree;
        use proptest::test_runner::TestRunner;
        let mut runner = TestRunner::deterministic();
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        for _ in 0..40 {
            let (mut book, mut made) = (Book::new(), Vec::new());
            for _ in 0..40 {
                let act = act().new_tree(&mut runner).unwrap().current();
                perform(&mut book, &mut made, &act);
            }
            for event in &book.events {
                let mut see = |what| *seen.entry(what).or_default() += 1;
                match &event.body {
                    Body::PeriodClosed(_) => see("closed"),
                    Body::PeriodReopened(_) => see("reopened"),
                    Body::HouseholdClassified(_) => see("classified"),
                    Body::Support(..) if event.late => see("late"),
                    Body::SupportRecovered(_) if event.late => see("late recovery"),
                    Body::SupportRecovered(_) => see("recovery"),
                    Body::SupportCorrected(data) if data.mode == CorrectionMode::Contra => {
                        see("contra correction");
                    }
                    Body::SupportCorrected(_) if event.late => see("correction into closed days"),
                    Body::SupportCorrected(_) => see("correction in place"),
                    Body::SupportReversed(data) if data.mode == CorrectionMode::Contra => {
                        see("contra reversal");
                    }
                    Body::SupportReversed(_) => see("reversal in place"),
                    _ => {}
                }
            }
            let recovered = |fact: &&socai::projection::facts::Fact| fact.is_recovery;
            let facts: &Facts = &book.view.facts;
            let contra = facts.rows().iter().filter(recovered);
            let contra = contra.filter(|fact| fact.sign < 0).count();
            *seen.entry("recovery voided by signed rows").or_default() +=
                u32::try_from(contra).unwrap();
        }
        for what in [
            "closed",
            "reopened",
            "classified",
            "late",
            "late recovery",
            "recovery",
            "contra correction",
            "correction into closed days",
            "correction in place",
            "contra reversal",
            "reversal in place",
            "recovery voided by signed rows",
        ] {
            assert!(seen.contains_key(what), "never {what}: {seen:?}");
        }
        assert!(HOUSEHOLDS.len() > 1 && first_day().succ_opt().is_some());
    }
}
