//! Every fast way to a figure gives what looking at every row gives.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod cases;
mod memory_office;
mod random_facts;

use cases::cases;
use proptest::prelude::*;
use random_facts::{events, fold, of_cohort, query, seeds};
use socai::projection::figures::{events_behind, figures, figures_by_scan};
use socai::projection::packed::Packed;
use socai::projection::{Dimension, Facts, Query};

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn packed_rows_count_as_rows_do(
        seeds in seeds(120),
        queries in prop::collection::vec(query(), 1..12),
    ) {
        let view = fold(&events(&seeds));
        let packed = view.facts.clone();
        packed.pack();
        for mut query in queries {
            let slow = figures_by_scan(&view.facts, &view.state, &query);
            prop_assert_eq!(&figures(&packed, &view.state, &query), &slow, "{:?}", &query);
            prop_assert_eq!(&figures(&view.facts, &view.state, &query), &slow, "{:?}", &query);
            prop_assert_eq!(
                events_behind(&packed, &view.state, &query),
                events_behind(&view.facts, &view.state, &query)
            );
            of_cohort(&mut query, &view);
            prop_assert_eq!(
                figures(&packed, &view.state, &query),
                figures_by_scan(&view.facts, &view.state, &query)
            );
        }
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn rows_that_were_put_away_are_packed_as_if_they_had_not_been(
        seeds in seeds(160),
        newest in 0..12usize,
    ) {
        let events = events(&seeds);
        let (mut all, mut few) = (Facts::default(), Facts::default());
        for event in &events {
            all.evolve(event);
            few.evolve(event);
            few.put_away(newest);
            prop_assert!(few.rows().len() <= 2 * newest.max(1) + 8);
        }
        let pack = |facts: &Facts| Packed::changed(facts, &|_, _| 0).unwrap().months;
        let (all, few) = (pack(&all), pack(&few));
        prop_assert_eq!(all.len(), few.len());
        for (all, few) in all.iter().zip(&few) {
            prop_assert_eq!(all.month, few.month);
            prop_assert_eq!(all.spans, few.spans);
            prop_assert_eq!(&all.touched, &few.touched);
            prop_assert!(all.bytes == few.bytes);
        }
    }
}

#[test]
fn random_questions_mostly_hit() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut hits, mut cells, mut by_chunk, asked) = (0, 0, 0, 200);
    for _ in 0..asked {
        let seeds = seeds(120).new_tree(&mut runner).unwrap().current();
        let query: Query = query().new_tree(&mut runner).unwrap().current();
        let view = fold(&events(&seeds));
        if let Ok(answer) = figures(&view.facts, &view.state, &query) {
            hits += usize::from(answer.rows.iter().any(|row| row.turns != 0));
            cells += answer.rows.len();
            let chunk = [Dimension::Kind, Dimension::Stage, Dimension::Class];
            by_chunk += usize::from(query.by.iter().all(|by| chunk.contains(by)));
        }
    }
    assert!(hits > asked / 4, "only {hits} of {asked} questions hit");
    assert!(
        cells > asked / 2 && by_chunk > asked / 20,
        "{cells} {by_chunk}"
    );
}
