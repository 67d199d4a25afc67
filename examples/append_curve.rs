//! How the cost of an append, of opening, of recording and of importing grows with the ledger: it
//! should not.
//!
//! `cargo run --release --example append_curve -- 1000000 benches/curves` writes `append.csv` and
//! `append.svg`. Each point: medians of single durable appends and of bare writes with `fdatasync`
//! that take turns with them, since the disk's own pace changes from minute to minute; opening the
//! log; opening the ledger as a writer does and recording one support (median of five); importing a
//! list of 10,000 supports with all checks; saving what a reader starts from.

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
        let file = list(&clock, plan.households);
        let begun = Instant::now();
        let imported = ledger.import(&mut tools(&clock), &clerk(), &file, Mode::Whole);
        let import_rows_s = ROWS as f64 / begun.elapsed().as_secs_f64();
        assert_eq!(imported.unwrap().recorded, ROWS);
        log = ledger.into_log();
        let record_ms = median(records);
        eprintln!(
            "{events} events: append {append_us:.0} us, bare {bare_us:.0} us, open {open_ms:.1} ms, \
             to read {read_open_ms:.1} ms, record {record_ms:.1} ms, import {import_rows_s:.0} \
             rows/s, save {save_ms:.0} ms"
        );
        points.push(Point {
            events,
            append_us,
            bare_us,
            open_ms,
            read_open_ms,
            record_ms,
            import_rows_s,
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

/// A list of supports for a quarter of the households at most, each with a key of its own.
fn list(clock: &Arc<generate::SetClock>, households: u64) -> ListFile {
    let (day, now) = (today(clock), clock.0.load(Ordering::SeqCst));
    let mut text = String::from("ref,kind,household,amount,source,occurred_on,covers\n");
    for row in 0..ROWS {
        let household = generate::household(row as u64 % (households / 4).max(1));
        let month = 1 + row % 12;
        writeln!(
            text,
            "C-{now}-{row},wifi,{household},90000,state_budget,{day},2020-{month:02}"
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
        "events,append_us,bare_write_us,open_ms,open_to_read_ms,record_ms,import_rows_a_second,save_ms\n",
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
            save_ms,
        } = point;
        writeln!(
            text,
            "{events},{append_us:.1},{bare_us:.1},{open_ms:.2},{read_open_ms:.2},{record_ms:.2},\
             {import_rows_s:.0},{save_ms:.0}"
        )
        .unwrap();
    }
    text
}

/// Lines over the size of the ledger, each on a scale of its own from zero.
fn svg(points: &[Point]) -> String {
    let (width, height) = (640.0, 320.0);
    let most = points
        .last()
        .map_or(1.0, |point| point.events as f64)
        .max(1.0);
    type Line = (&'static str, &'static str, fn(&Point) -> f64);
    let lines: [Line; 5] = [
        ("#1b6ca8", "append / bare write + fdatasync", |p| {
            p.append_us / p.bare_us.max(1.0)
        }),
        ("#b8541a", "open to append, ms", |p| p.open_ms),
        ("#3a7d44", "open to read, ms", |p| p.read_open_ms),
        ("#7b3fa0", "open and record one support, ms", |p| {
            p.record_ms
        }),
        ("#8a6d00", "import of a list, thousand rows a second", |p| {
            p.import_rows_s / 1e3
        }),
    ];
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n\
         <path d=\"M50 20V280H620\" fill=\"none\" stroke=\"#444\"/>\n\
         <text x=\"335\" y=\"310\" text-anchor=\"middle\">events, up to {most}</text>\n"
    );
    for (row, (colour, name, value)) in lines.iter().enumerate() {
        let top = points.iter().map(value).fold(0.0, f64::max).max(0.001) * 1.25;
        let path: Vec<String> = points
            .iter()
            .map(|point| {
                let x = 50.0 + 570.0 * point.events as f64 / most;
                format!("{x:.1},{:.1}", 280.0 - 260.0 * value(point) / top)
            })
            .collect();
        writeln!(
            text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n\
             <text x=\"60\" y=\"{}\" fill=\"{colour}\">{name}: top of the scale {top:.1}</text>",
            path.join(" "),
            34 + row * 16
        )
        .unwrap();
    }
    text.push_str("</svg>\n");
    text
}
