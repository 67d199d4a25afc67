//! How the cost of an append, of opening, of recording and of importing grows with the ledger: it
//! should not.
//!
//! `cargo run --release --example append_curve -- 1000000 benches/curves` writes `append.csv` and
//! `append.svg`. Each point: medians of single durable appends and of bare writes with `fdatasync`
//! that take turns with them, since the disk's own pace changes from minute to minute; opening the
//! log; saving what a reader starts from, after a tenth of the ledger; opening the ledger as a writer
//! does and recording one support (median of five); importing a list of 10,000 supports with all
//! checks, each point's for months of its own, and saving again after it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a tool for developers stops where it cannot go on"
)]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use socai::domain::Money;
use socai::domain::command::{Command, FundingDraft, SupportDraft};
use socai::domain::event::{Actor, Event};
use socai::import::ReadOptions;
use socai::log::keys::KeyStore;
use socai::log::random::SystemRandom;
use socai::log::{Condition, EventLog, EventRead, JournalReader, LogOptions, SledLog};
use socai::office::lists::{List, ListFile};
use socai::office::{Entry, Ledger, Mode, Tools, new_events, tags_of, views};

#[path = "../benches/generate/mod.rs"]
mod generate;
#[path = "../benches/curves/panels.rs"]
mod panels;

const POINTS: u64 = 10;
/// Single appends a point.
const SINGLE: usize = 200;
const BATCH: usize = 10_000;
/// Records and rows a point.
const RECORDS: usize = 5;
const ROWS: usize = 10_000;

struct Point {
    events: u64,
    append_us: f64,
    bare_us: f64,
    open_ms: f64,
    read_open_ms: f64,
    record_ms: f64,
    import_rows_s: f64,
    list_save_ms: f64,
    save_ms: f64,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(events), Some(out)) = (args.next().and_then(|n| n.parse().ok()), args.next()) else {
        eprintln!("append_curve EVENTS FOLDER");
        std::process::exit(2);
    };
    let points = measure(events);
    let out = Path::new(&out);
    fs::write(out.join("append.csv"), csv(&points)).unwrap();
    fs::write(out.join("append.svg"), svg(&points)).unwrap();
}

fn options() -> LogOptions {
    let mut options = LogOptions::new(Arc::new(tags_of));
    options.accept_clock = true;
    options
}

fn measure(events: u64) -> Vec<Point> {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    let (mut log, keys, clock) = generate::open(&dir);
    let bare = File::create(temp.path().join("bare")).unwrap();
    let plan = generate::Plan::of(events);
    let mut days = generate::events(plan, log.head().seq + 1, Some(keys));
    let mut waiting: Vec<Event> = Vec::new();
    let mut points = Vec::new();
    for point in 1..=POINTS {
        while log.head().seq < events * point / POINTS {
            let Some(day) = days.next() else { break };
            clock.0.store(day.at_ms, Ordering::SeqCst);
            waiting.extend(day.events);
            while waiting.len() > BATCH + SINGLE {
                let rest = waiting.split_off(BATCH);
                let batch = new_events(&std::mem::replace(&mut waiting, rest)).unwrap();
                log.append(batch, &Condition::default()).unwrap();
            }
        }
        while waiting.len() < SINGLE {
            let Some(day) = days.next() else { break };
            waiting.extend(day.events);
        }
        let rest = waiting.split_off(SINGLE.min(waiting.len()));
        let (append_us, bare_us) = singles(&mut log, &bare, &waiting);
        waiting = rest;
        let events = log.head().seq;
        log.close().unwrap();
        let begun = Instant::now();
        drop(JournalReader::open(&dir, &options()).unwrap());
        let read_open_ms = begun.elapsed().as_secs_f64() * 1e3;
        let again = || LogOptions {
            clock: clock.clone(),
            ..options()
        };
        let begun = Instant::now();
        log = SledLog::open(&dir, again()).unwrap();
        let open_ms = begun.elapsed().as_secs_f64() * 1e3;
        let begun = Instant::now();
        views::save(&dir, &log, &mut |_, _| {}).unwrap();
        let save_ms = begun.elapsed().as_secs_f64() * 1e3;
        log.close().unwrap();
        let mut records = Vec::new();
        for _ in 0..RECORDS {
            let begun = Instant::now();
            let mut ledger = open_to_write(&dir, again(), clock.0.load(Ordering::SeqCst));
            let outcome = ledger.record_one(&mut tools(&clock), &clerk(), one(&clock));
            outcome.unwrap();
            records.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        let mut ledger = open_to_write(&dir, again(), clock.0.load(Ordering::SeqCst));
        let file = list(&clock, plan.households, point);
        let begun = Instant::now();
        let imported = ledger.import(&mut tools(&clock), &clerk(), &file, Mode::Whole);
        let import_rows_s = ROWS as f64 / begun.elapsed().as_secs_f64();
        assert_eq!(imported.unwrap().recorded, ROWS);
        log = ledger.into_log();
        let begun = Instant::now();
        views::save(&dir, &log, &mut |_, _| {}).unwrap();
        let list_save_ms = begun.elapsed().as_secs_f64() * 1e3;
        let record_ms = median(records);
        eprintln!(
            "{events} events: append {append_us:.0} us, bare {bare_us:.0} us, open {open_ms:.1} ms, \
             to read {read_open_ms:.1} ms, record {record_ms:.1} ms, import {import_rows_s:.0} \
             rows/s, save {list_save_ms:.0} ms after it, {save_ms:.0} ms after a tenth"
        );
        points.push(Point {
            events,
            append_us,
            bare_us,
            open_ms,
            read_open_ms,
            record_ms,
            import_rows_s,
            list_save_ms,
            save_ms,
        });
    }
    points
}

fn clerk() -> Actor {
    Actor {
        id: "clerk1".into(),
        name: "Cán bộ 1".into(),
        office: None,
    }
}

fn tools(clock: &Arc<generate::SetClock>) -> Tools {
    Tools::new(clock.clone(), Box::new(SystemRandom))
}

fn open_to_write(dir: &Path, options: LogOptions, now_ms: i64) -> Ledger<SledLog> {
    let log = SledLog::open(dir, options).unwrap();
    let keys = KeyStore::open(&dir.join("keys")).unwrap();
    let ledger = Ledger::to_write(log, keys, dir, now_ms).unwrap();
    assert!(!ledger.knows_all());
    ledger
}

fn today(clock: &Arc<generate::SetClock>) -> chrono::NaiveDate {
    socai::office::asof::local_date(clock.0.load(Ordering::SeqCst), "+07:00")
}

/// A support for a household that is registered on the first day.
fn one(clock: &Arc<generate::SetClock>) -> Entry {
    Entry::by_hand(Command::RecordSupport(Box::new(SupportDraft {
        kind: "electricity_subsidy".to_owned(),
        household: Some(generate::household(1)),
        occurred_on: Some(today(clock)),
        funding: vec![FundingDraft {
            source: Some("state_budget".to_owned()),
            amount: Money::whole(168_000),
        }],
        ..SupportDraft::default()
    })))
}

/// A list of supports for a quarter of the households at most, each with a key of its own, for the
/// twelve months of a year that no other point pays for.
fn list(clock: &Arc<generate::SetClock>, households: u64, point: u64) -> ListFile {
    let (day, now) = (today(clock), clock.0.load(Ordering::SeqCst));
    let mut text = String::from("ref,kind,household,amount,source,occurred_on,covers\n");
    for row in 0..ROWS {
        let household = generate::household(row as u64 % (households / 4).max(1));
        let (year, month) = (2000 + point, 1 + row % 12);
        writeln!(
            text,
            "C-{now}-{row},wifi,{household},90000,state_budget,{day},{year}-{month:02}"
        )
        .unwrap();
    }
    ListFile {
        list: List::Supports,
        bytes: text.into_bytes(),
        name: "curve.csv".to_owned(),
        cohort: None,
        document: None,
        reason: None,
        update: false,
        options: ReadOptions::default(),
        as_workbook: false,
    }
}

fn singles(log: &mut SledLog, bare: &File, events: &[Event]) -> (f64, f64) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let zeros = vec![0u8; 1 << 20];
    std::os::unix::fs::FileExt::write_all_at(bare, &zeros, 0).unwrap();
    bare.sync_all().unwrap();
    for (place, event) in events.iter().enumerate() {
        let new = new_events(std::slice::from_ref(event)).unwrap();
        let begun = Instant::now();
        let appended = log.append(new, &Condition::default()).unwrap();
        ours.push(begun.elapsed().as_secs_f64() * 1e6);
        let bytes = &appended.events[0].bytes;
        let begun = Instant::now();
        std::os::unix::fs::FileExt::write_all_at(bare, bytes, place as u64 * 1_024).unwrap();
        bare.sync_data().unwrap();
        theirs.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    (median(ours), median(theirs))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn csv(points: &[Point]) -> String {
    let mut text = String::from(
        "events,append_us,bare_write_us,open_ms,open_to_read_ms,record_ms,import_rows_a_second,\
         list_save_ms,save_ms\n",
    );
    for point in points {
        let Point {
            events,
            append_us,
            bare_us,
            open_ms,
            read_open_ms,
            record_ms,
            import_rows_s,
            list_save_ms,
            save_ms,
        } = point;
        writeln!(
            text,
            "{events},{append_us:.1},{bare_us:.1},{open_ms:.2},{read_open_ms:.2},{record_ms:.2},\
             {import_rows_s:.0},{list_save_ms:.0},{save_ms:.0}"
        )
        .unwrap();
    }
    text
}

/// A line of a panel: its name, and what it shows of a point.
type Line = (&'static str, fn(&Point) -> f64);

/// Panels over the size of the ledger, each from zero.
fn svg(points: &[Point]) -> String {
    let curves: [(&str, &[Line]); 6] = [
        (
            "One durable append, us",
            &[("socai", |p| p.append_us), ("bare write", |p| p.bare_us)],
        ),
        (
            "Opening, ms",
            &[
                ("to read", |p| p.read_open_ms),
                ("to append", |p| p.open_ms),
            ],
        ),
        (
            "Opening and recording one support, ms",
            &[("", |p| p.record_ms)],
        ),
        (
            "A list of 10,000 rows, rows a second",
            &[("", |p| p.import_rows_s)],
        ),
        ("Saving after that list, ms", &[("", |p| p.list_save_ms)]),
        (
            "Saving after a tenth of the ledger, ms",
            &[("", |p| p.save_ms)],
        ),
    ];
    let panels: Vec<String> = curves
        .iter()
        .map(|(name, lines)| one_panel(points, name, lines))
        .collect();
    panels::sheet(&panels)
}

fn one_panel(points: &[Point], name: &str, lines: &[Line]) -> String {
    let most = points.last().map_or(1, |point| point.events).max(1) as f64;
    let all = lines.iter().flat_map(|(_, value)| points.iter().map(value));
    let top = round_up(all.fold(0.0, f64::max));
    let at = |events: u64, y: f64| (44.0 + 262.0 * events as f64 / most, 200.0 - 165.0 * y / top);
    let mut text = panels::frame(name);
    for part in 0..=4 {
        let value = top * f64::from(part) / 4.0;
        text += &panels::level(at(0, value).1, &value.to_string());
    }
    let colours = ["#1b6ca8", "#b8541a"];
    for (place, ((label, value), colour)) in lines.iter().zip(colours).enumerate() {
        let line: Vec<(f64, f64)> = points
            .iter()
            .map(|point| at(point.events, value(point)))
            .collect();
        text += &panels::line(&line, label, colour, place as f64 * 60.0);
    }
    for point in points.iter().skip(1).step_by(2) {
        let label = format!("{}k", point.events / 1_000);
        text += &panels::mark(at(point.events, 0.0).0, &label);
    }
    text
}

/// The next of 1, 2, 4 and 8 times a power of ten.
fn round_up(value: f64) -> f64 {
    let decade = 10f64.powf(value.max(0.001).log10().floor());
    let steps = [1.0, 2.0, 4.0, 8.0].map(|step| step * decade);
    steps
        .into_iter()
        .find(|step| *step >= value)
        .unwrap_or(10.0 * decade)
}
