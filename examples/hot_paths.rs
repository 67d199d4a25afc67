//! The paths whose cost is guarded: `benches/guard/run` counts their instructions.
//!
//! `hot_paths JOB` does one job on 4,000 generated events; only what `measured` calls is counted.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a tool for developers stops where it cannot go on"
)]

use std::hint::black_box;
use std::sync::Arc;

use socai::domain::event::Event;
use socai::log::merkle::{Frontier, leaf_hash};
use socai::log::{Condition, EventLog, LogOptions, MemoryLog, codec};
use socai::office::{new_events, tags_of};
use socai::projection::{Dimension, Query, View, figures};

#[path = "../benches/generate/mod.rs"]
mod generate;

const EVENTS: u64 = 4_000;
const JOBS: [&str; 6] = ["encode", "decode", "hash", "append", "fold", "figures"];

fn main() {
    let Some(job) = std::env::args().nth(1) else {
        JOBS.iter().for_each(|job| println!("{job}"));
        return;
    };
    let mut plan = generate::Plan::of(EVENTS);
    plan.sealed = false;
    let days = generate::events(plan, 1, None);
    let events: Vec<Event> = days.flat_map(|day| day.events).collect();
    match job.as_str() {
        "encode" => measured(|| {
            events
                .iter()
                .map(|event| codec::encode(event).unwrap().len())
                .sum()
        }),
        "decode" => {
            let bytes = encoded(&events);
            measured(|| {
                bytes
                    .iter()
                    .map(|event| codec::decode(event).unwrap().seq as usize)
                    .sum()
            });
        }
        "hash" => {
            let bytes = encoded(&events);
            measured(|| {
                let mut tree = Frontier::new();
                bytes.iter().for_each(|event| tree.push(leaf_hash(event)));
                usize::from(tree.root().first().copied().unwrap_or_default())
            });
        }
        "append" => append(&events),
        "fold" => measured(|| folded(&events).facts.rows().len()),
        _ => {
            let view = folded(&events);
            let mut query = Query::of(&"2023-H1".parse().unwrap());
            query.by = vec![Dimension::Kind, Dimension::Class];
            query.as_of = EVENTS * 6 / 10;
            measured(|| {
                figures::figures(&view.facts, &view.state, &query)
                    .unwrap()
                    .rows
                    .len()
            });
        }
    }
}

fn encoded(events: &[Event]) -> Vec<Vec<u8>> {
    events
        .iter()
        .map(|event| codec::encode(event).unwrap())
        .collect()
}

fn folded(events: &[Event]) -> View {
    let mut view = View::default();
    events.iter().for_each(|event| view.evolve(event).unwrap());
    view
}

/// In batches that one thread encodes: what two threads do is counted, but not always alike.
fn append(events: &[Event]) {
    let mut options = LogOptions::new(Arc::new(tags_of));
    options.accept_clock = true;
    let mut log = MemoryLog::new(generate::LEDGER, options);
    measured(|| {
        events
            .chunks(100)
            .map(|part| {
                let new = new_events(part).unwrap();
                log.append(new, &Condition::default()).unwrap().events.len()
            })
            .sum()
    });
}

#[inline(never)]
fn measured(mut job: impl FnMut() -> usize) {
    black_box(job());
}
