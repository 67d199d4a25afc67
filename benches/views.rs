//! Reading a large ledger: saving the views, opening them, figures, the history of a household.
//!
//! `cargo bench --bench views`; `SOCAI_BENCH_EVENTS=100000,1000000,10000000` chooses the sizes. The
//! generated ledgers are kept under the system's folder for temporary files and used again.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops where it cannot go on"
)]

mod generate;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use generate::Plan;
use socai::log::keys::KeyStore;
use socai::log::{JournalReader, LogOptions};
use socai::office::views::{self, Need, glance};
use socai::office::{AsOf, Ledger, tags_of};
use socai::projection::{Axis, Dimension, Query, figures};

fn sizes() -> Vec<u64> {
    let named = std::env::var("SOCAI_BENCH_EVENTS").unwrap_or_else(|_| "100000".to_owned());
    named.split(',').map(|size| size.parse().unwrap()).collect()
}

fn ledger(events: u64) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("socai-bench-views-{events}"));
    if !dir.join("views").join("manifest").exists() {
        drop(std::fs::remove_dir_all(&dir));
        generate::write(&dir, Plan::of(events), 10_000, &mut |_| {});
        views::save(&dir, &journal(&dir), &mut |_, _| {}).unwrap();
    }
    dir
}

fn journal(dir: &Path) -> JournalReader {
    JournalReader::open(dir, &LogOptions::new(Arc::new(tags_of))).unwrap()
}

fn open(dir: &Path, as_of: AsOf, need: &Need) -> Ledger<JournalReader> {
    let keys = KeyStore::open_read_only(&dir.join("keys")).unwrap();
    glance(journal(dir), keys, as_of, i64::MAX / 2, dir, need).unwrap()
}

fn half_year() -> Query {
    let mut query = Query::of(&"2023-H1".parse().unwrap());
    query.by = vec![Dimension::Kind, Dimension::Class];
    query
}

fn reading(criterion: &mut Criterion) {
    for events in sizes() {
        let dir = ledger(events);
        let mut group = criterion.benchmark_group(format!("{events} events"));
        group.sample_size(10);
        group.bench_function("fold everything and save it", |bench| {
            bench.iter(|| {
                views::throw_away(&dir).unwrap();
                views::save(&dir, &journal(&dir), &mut |_, _| {}).unwrap()
            });
        });
        let need = Need::Figures { members: false };
        group.bench_function("open the saved views", |bench| {
            bench.iter(|| open(&dir, AsOf::Head, &need));
        });
        group.bench_function("open them and ask for a half-year", |bench| {
            bench.iter(|| {
                let ledger = open(&dir, AsOf::Head, &need);
                figures::figures(ledger.facts(), ledger.state(), &half_year()).unwrap()
            });
        });
        let past = AsOf::Seq(events * 55 / 100);
        group.bench_function("the same as of a past event", |bench| {
            bench.iter(|| {
                let ledger = open(&dir, past, &need);
                figures::figures(ledger.facts(), ledger.state(), &half_year()).unwrap()
            });
        });
        let household = Need::Household(generate::household(events / 40));
        group.bench_function("open what is about one household", |bench| {
            bench.iter(|| open(&dir, AsOf::Head, &household));
        });
        group.sample_size(20);
        let ledger = open(&dir, AsOf::Head, &need);
        let mut warm = |name: &str, query: &Query| {
            group.bench_function(format!("half-year warm: {name}"), |bench| {
                bench.iter(|| figures::figures(ledger.facts(), ledger.state(), query).unwrap());
            });
        };
        warm("by kind and class, at the head", &half_year());
        let mut query = half_year();
        query.as_of = events * 55 / 100;
        warm("by kind and class, as of a past event", &query);
        query = half_year();
        query.by = vec![Dimension::Village];
        warm("by village", &query);
        query.by = vec![Dimension::Source, Dimension::Month];
        warm("by source and month", &query);
        query = half_year();
        query.axis = Axis::Recorded;
        warm("by kind and class, by the day of recording", &query);
        group.finish();
    }
}

criterion_group!(benches, reading);
criterion_main!(benches);
