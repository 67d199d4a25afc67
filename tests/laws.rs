//! The laws of the ledger, over random ledgers.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod memory_office;

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
    for axis in [Axis::Occurred, Axis::Covers, Axis::Recorded] {
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
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

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
