//! The generated ledgers that everything is measured on are real ledgers: they fold, and their
//! figures are what a plain count of their events gives.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test stops where it fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use socai::domain::event::{Body, Event};
use socai::domain::stage::Stage;
use socai::domain::support::SupportState;
use socai::log::keys::KeyStore;
use socai::log::{EventRead, JournalReader, LogOptions, SledLog};
use socai::office::{AsOf, Ledger, tags_of};
use socai::projection::{Dimension, Query, figures};
use uuid::Uuid;

#[path = "../benches/generate/mod.rs"]
mod generate;

type Row = (u64, BTreeSet<String>, i128);

/// Turns, households and amount of the disbursements of a half-year by kind and class, counted
/// without any code of the projection.
fn counted(events: &[Event], as_of: u64) -> BTreeMap<(String, String), Row> {
    let mut standing: BTreeMap<(Uuid, Stage), SupportState> = BTreeMap::new();
    for event in events.iter().filter(|event| event.seq <= as_of) {
        match &event.body {
            Body::Support(stage, state) => {
                standing.insert((event.id, *stage), (**state).clone());
            }
            Body::SupportReversed(data) => standing.retain(|(id, _), _| *id != data.support),
            Body::SupportCorrected(data) => {
                standing.insert((data.support, data.stage), data.to.clone());
            }
            _ => {}
        }
    }
    let mut rows: BTreeMap<_, Row> = BTreeMap::new();
    for ((_, stage), state) in standing {
        let day = state.occurred_on.to_string();
        if stage == Stage::Disbursed && ("2023-01-01".."2023-07-01").contains(&day.as_str()) {
            let class = state.class.unwrap().to_string();
            let row = rows.entry((state.kind.to_string(), class)).or_default();
            row.0 += 1;
            row.1.insert(state.household.as_ref().unwrap().to_string());
            row.2 += state.amount_thousandths();
        }
    }
    rows
}

#[test]
fn a_generated_ledger_folds_to_what_its_events_say() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    let mut events = Vec::new();
    let head = generate::write(&dir, generate::Plan::of(6_000), 700, &mut |event| {
        events.push(event.clone());
    });
    assert_eq!(events.last().unwrap().seq, head);
    for as_of in [head, head * 6 / 10] {
        let log = JournalReader::open(&dir, &LogOptions::new(Arc::new(tags_of))).unwrap();
        let keys = KeyStore::open_read_only(&dir.join("keys")).unwrap();
        let ledger = Ledger::fold(log, keys, AsOf::Seq(as_of), i64::MAX).unwrap();
        let mut query = Query::of(&"2023-H1".parse().unwrap());
        query.by = vec![Dimension::Kind, Dimension::Class];
        let figures = figures::figures(ledger.facts(), ledger.state(), &query).unwrap();
        let wanted = counted(&events, as_of);
        let found: BTreeMap<_, _> = figures
            .rows
            .iter()
            .map(|row| {
                let key = (row.keys[0].clone(), row.keys[1].clone());
                (key, (row.turns, row.households, row.amount))
            })
            .collect();
        let wanted: BTreeMap<_, _> = wanted
            .into_iter()
            .map(|(key, row)| (key, (row.0 as i64, row.1.len() as i64, row.2)))
            .collect();
        assert!(wanted.len() > 20, "the half-year has cells: {wanted:?}");
        assert_eq!(format!("{found:?}"), format!("{wanted:?}"), "as of {as_of}");
    }
}

/// The same seed gives the same log, whatever the size of the batches that come from one moment.
#[test]
fn the_same_seed_gives_the_same_ledger() {
    let temp = tempfile::tempdir().unwrap();
    let roots: Vec<_> = ["a", "b"]
        .map(|name| {
            let dir = temp.path().join(name);
            generate::write(&dir, generate::Plan::of(500), 50, &mut |_| {});
            let log = SledLog::open(&dir, LogOptions::new(Arc::new(tags_of)));
            log.map(|log| log.head().root).ok()
        })
        .into();
    assert!(roots[0].is_some());
    assert_eq!(roots[0], roots[1]);
}
