//! What an office waits for, at 10 thousand and 100 thousand support actions.
//!
//! `cargo bench --bench ledger`

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops where it cannot go on"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use socai::domain::Code;
use socai::domain::event::Actor;
use socai::domain::tags::household_tag;
use socai::log::keys::KeyStore;
use socai::log::random::SeededRandom;
use socai::log::{JournalReader, LedgerId, LogOptions, SledLog, SystemClock};
use socai::office::lists::{List, ListFile};
use socai::office::{AsOf, Ledger, Mode, Opening, Tools, opening, tags_of};
use socai::projection::{Dimension, Query, figures};

const HOUSEHOLDS: u64 = 20_000;
const KINDS: [&str; 6] = [
    "preferential_loan",
    "electricity_subsidy",
    "wifi",
    "study_cost",
    "housing",
    "tuition_waiver",
];

/// A small generator of its own, so that every run and every machine imports the same lists.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// Some households receive far more often than others.
    fn skewed(&mut self, bound: u64) -> u64 {
        let (a, b) = (self.below(bound), self.below(bound));
        a * b / bound
    }
}

fn households() -> Vec<u8> {
    let classes = ["poor", "near_poor", "newly_escaped", "average"];
    let mut list = String::from("household,head,village,class,class_from,ethnicity\n");
    for number in 0..HOUSEHOLDS {
        let class = classes[usize::try_from(number % 4).unwrap()];
        let village = number % 40;
        writeln!(
            list,
            "H-{number:06},Chủ hộ {number},Thôn {village},{class},2022-01-01,Tày"
        )
        .unwrap();
    }
    list.into_bytes()
}

fn supports(rows: u64) -> Vec<u8> {
    let mut random = Seeded(7);
    let mut list = String::from("ref,kind,household,amount,source,occurred_on,covers\n");
    for row in 0..rows {
        let kind = KINDS[usize::try_from(random.below(6)).unwrap()];
        let (household, amount) = (random.skewed(HOUSEHOLDS), (random.below(500) + 1) * 10_000);
        let (year, month) = (2022 + random.below(3), random.below(12) + 1);
        let day = random.below(28) + 1;
        writeln!(
            list,
            "R-{row:07},{kind},H-{household:06},{amount},state_budget,\
             {year}-{month:02}-{day:02},{year}-{month:02}"
        )
        .unwrap();
    }
    list.into_bytes()
}

fn clerk() -> Actor {
    Actor {
        id: "clerk".into(),
        name: "Clerk".into(),
        office: None,
    }
}

fn options() -> LogOptions {
    LogOptions::new(Arc::new(tags_of))
}

fn tools() -> Tools {
    Tools::new(Arc::new(SystemClock), Box::new(SeededRandom::new(1)))
}

fn import(ledger: &mut Ledger<SledLog>, list: List, bytes: Vec<u8>) {
    let (name, cohort) = ("list.csv".to_owned(), None);
    let file = ListFile {
        options: socai::import::ReadOptions::default(),
        as_workbook: false,
        list,
        bytes,
        name,
        cohort,
        document: None,
        reason: None,
        update: false,
    };
    let imported = ledger
        .import(&mut tools(), &clerk(), &file, Mode::Whole)
        .unwrap();
    assert_eq!(imported.issues.len(), 0);
}

fn new_ledger(dir: &Path) -> Ledger<SledLog> {
    let mut tools = tools();
    let id = LedgerId::new([1; 16]);
    let mut log = SledLog::create(dir, id, options()).unwrap();
    let keys = KeyStore::create(&dir.join("keys"), &id.to_string(), tools.random.as_mut()).unwrap();
    let opening = Opening::built_in(Code::new("01990").unwrap(), clerk());
    opening::open(&mut log, &mut tools, &opening).unwrap();
    let mut ledger = Ledger::fold(log, keys, AsOf::Head, i64::MAX).unwrap();
    import(&mut ledger, List::Households, households());
    ledger
}

fn read(dir: &Path) -> Ledger<JournalReader> {
    let log = JournalReader::open(dir, &options()).unwrap();
    let keys = KeyStore::open_read_only(&dir.join("keys")).unwrap();
    Ledger::fold(log, keys, AsOf::Head, i64::MAX).unwrap()
}

fn importing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("import a list of supports with all checks, durable");
    group.sample_size(10);
    for rows in [10_000, 100_000] {
        let list = supports(rows);
        group.throughput(Throughput::Elements(rows));
        group.bench_function(BenchmarkId::from_parameter(rows), |bench| {
            bench.iter_batched(
                || {
                    let dir = tempfile::tempdir().unwrap();
                    let ledger = new_ledger(&dir.path().join("ledger"));
                    (dir, ledger, list.clone())
                },
                |(dir, mut ledger, list)| {
                    import(&mut ledger, List::Supports, list);
                    (dir, ledger)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn asking(criterion: &mut Criterion) {
    for rows in [10_000, 100_000] {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("ledger");
        let mut ledger = new_ledger(&place);
        import(&mut ledger, List::Supports, supports(rows));
        drop(ledger);
        let mut group = criterion.benchmark_group(format!("{rows} supports"));
        group.sample_size(10);
        group.bench_function("open a ledger and fold it", |bench| {
            bench.iter(|| read(&place))
        });
        let ledger = read(&place);
        let mut query = Query::of(&"2023-H1".parse().unwrap());
        query.by = vec![Dimension::Kind, Dimension::Class];
        group.bench_function("figures of a half-year by kind and class, warm", |bench| {
            bench.iter(|| figures::figures(ledger.facts(), ledger.state(), &query).unwrap());
        });
        query.as_of = ledger.stand().seq / 2;
        group.bench_function("the same as of half the log, warm", |bench| {
            bench.iter(|| figures::figures(ledger.facts(), ledger.state(), &query).unwrap());
        });
        let tag = household_tag(&Code::new("H-000100").unwrap());
        group.bench_function("history of a household, warm", |bench| {
            bench.iter(|| ledger.tagged(std::slice::from_ref(&tag)).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, importing, asking);
criterion_main!(benches);
