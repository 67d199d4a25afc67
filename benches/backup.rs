//! Backup and restore of a generated ledger.
//!
//! `cargo bench --bench backup`; `SOCAI_BENCH_EVENTS=1000000 cargo bench --bench backup` for a
//! larger ledger than 100,000 events.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark stops where it cannot go on"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use socai::log::backup::read::{NoSink, read};
use socai::log::backup::sealed::{Cost, Passphrase};
use socai::log::random::SystemRandom;
use socai::log::{LogOptions, SystemClock};
use socai::office::backup::{BackupOrder, backup};
use socai::office::restore::{RestoreOrder, restore};
use socai::office::{Tools, tags_of};
use zeroize::Zeroizing;

mod generate;

fn events() -> u64 {
    let asked = std::env::var("SOCAI_BENCH_EVENTS").ok();
    asked.map_or(100_000, |text| text.parse().unwrap())
}

fn options() -> LogOptions {
    LogOptions::new(Arc::new(tags_of))
}

fn make(ledger: &Path, file: &Path, passphrase: Option<&Passphrase>) {
    drop(fs::remove_file(file));
    let order = BackupOrder {
        file,
        since: None,
        passphrase,
        cost: Cost::default(),
    };
    let mut tools = Tools::new(Arc::new(SystemClock), Box::new(SystemRandom));
    backup(ledger, &options(), &order, &mut tools).unwrap();
}

fn bench(c: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("ledger");
    generate::write(&ledger, generate::Plan::of(events()), 50_000, &mut |_| {});
    let file = dir.path().join("a.socai");
    let sealed = dir.path().join("b.socai");
    let words = Passphrase::new(Zeroizing::new("mười hai con trâu".to_owned()));
    let mut group = c.benchmark_group(format!("backup of {} events", events()));
    group
        .sample_size(10)
        .throughput(Throughput::Elements(events()));
    group.bench_function("make", |b| b.iter(|| make(&ledger, &file, None)));
    group.bench_function("make sealed", |b| {
        b.iter(|| make(&ledger, &sealed, Some(&words)))
    });
    group.bench_function("verify", |b| {
        b.iter(|| read(&mut fs::File::open(&file).unwrap(), None, &mut NoSink).unwrap());
    });
    group.bench_function("restore with its index", |b| {
        b.iter(|| {
            let into = dir.path().join("again");
            drop(fs::remove_dir_all(&into));
            let order = RestoreOrder {
                files: std::slice::from_ref(&file),
                folder: &into,
                passphrase: None,
                known: &[],
                accept_loss: false,
            };
            restore(&order, options()).unwrap().publish().unwrap();
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
