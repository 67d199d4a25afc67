//! A report in each of its forms over a large ledger: opening the saved views, counting every
//! figure and chart, and writing the file, as a command does it.
//!
//! `cargo bench --bench documents`; `SOCAI_BENCH_EVENTS=100000,1000000` chooses the sizes. The
//! generated ledgers are kept under the system's folder for temporary files and used again.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark stops where it cannot go on"
)]

mod generate;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use generate::Plan;
use socai::domain::Lang;
use socai::log::keys::KeyStore;
use socai::log::{JournalReader, LogOptions};
use socai::office::reports::ReportOrder;
use socai::office::views::{self, Need, glance};
use socai::office::{AsOf, Ledger, tags_of};
use socai::projection::{Axis, Boundaries};
use socai::report::Report;
use socai::report::document::{Document, Setting, document};
use socai::report::render::{Form, render};

fn sizes() -> Vec<u64> {
    let named = std::env::var("SOCAI_BENCH_EVENTS").unwrap_or_else(|_| "100000".to_owned());
    named.split(',').map(|size| size.parse().unwrap()).collect()
}

/// A generated ledger that has adopted the built-in template, with its views saved.
fn ledger(events: u64) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("socai-bench-documents-{events}"));
    if !dir.join("views").join("manifest").exists() {
        drop(std::fs::remove_dir_all(&dir));
        generate::write(&dir, Plan::of(events), 10_000, &mut |_| {});
        let ledger = dir.display().to_string();
        let words = [
            "socai", "--ledger", &ledger, "--by", "clerk1", "report", "adopt",
        ];
        let words = words.map(OsString::from);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = socai::cli::run(words, &mut out, &mut err, false);
        assert_eq!(status, 0, "{}", String::from_utf8_lossy(&err));
        views::save(&dir, &journal(&dir), &mut |_, _| {}).unwrap();
    }
    dir
}

fn journal(dir: &Path) -> JournalReader {
    JournalReader::open(dir, &LogOptions::new(Arc::new(tags_of))).unwrap()
}

fn open(dir: &Path) -> Ledger<JournalReader> {
    let keys = KeyStore::open_read_only(&dir.join("keys")).unwrap();
    glance(
        journal(dir),
        keys,
        AsOf::Head,
        i64::MAX / 2,
        dir,
        &Need::Report,
    )
    .unwrap()
}

fn half_year() -> ReportOrder {
    ReportOrder {
        period: "2023-H1".parse().unwrap(),
        cut_off: None,
        axis: Axis::Occurred,
        boundaries: Boundaries::Then,
        template: "poverty-reduction-half-year".to_owned(),
        lang: Lang::Vi,
        narrative: None,
    }
}

const SETTING: Setting<'_> = Setting {
    origin: "socai/01990/bench",
    layout: None,
};

/// Writes a report and tells how many bytes it takes.
type Write = Box<dyn Fn(&Report) -> usize>;

/// Every form by the ending of its file.
fn forms() -> Vec<(&'static str, Write)> {
    let mut all: Vec<(&'static str, Write)> = Vec::new();
    for form in Form::ALL {
        let write = move |report: &Report| render(report, form).unwrap().len();
        all.push((form.ending(), Box::new(write)));
    }
    for form in Document::ALL {
        let write = move |report: &Report| document(report, form, &SETTING).unwrap().len();
        all.push((form.ending(), Box::new(write)));
    }
    all
}

fn documents(criterion: &mut Criterion) {
    for events in sizes() {
        let dir = ledger(events);
        let mut group = criterion.benchmark_group(format!("{events} events"));
        group.sample_size(10);
        let report = open(&dir).draft(&half_year()).unwrap();
        let charts = report
            .to_canonical_json()
            .unwrap()
            .matches("\"drawing\"")
            .count();
        assert!(charts >= 2, "the report has {charts} charts");
        group.bench_function("opening the saved views alone", |bench| {
            bench.iter(|| open(&dir));
        });
        let ledger = open(&dir);
        group.bench_function("counting every figure and chart alone", |bench| {
            bench.iter(|| ledger.draft(&half_year()).unwrap());
        });
        for (ending, write) in forms() {
            group.bench_function(format!("a report as .{ending}, from the ledger"), |bench| {
                bench.iter(|| write(&open(&dir).draft(&half_year()).unwrap()));
            });
        }
        for (ending, write) in forms() {
            group.bench_function(format!("writing alone: .{ending}"), |bench| {
                bench.iter(|| write(&report));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, documents);
criterion_main!(benches);
