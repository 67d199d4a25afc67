//! How the cost of a question grows: with what it is about, and not with the ledger.
//!
//! `cargo run --release --example read_curves -- 200000 benches/curves` writes `reading.csv` and
//! `reading.svg`. Curves: a figure over the rows of its period, in ledgers of several sizes; a support
//! that was corrected over and over; a household with ever more events; ever more villages; a month
//! of ever more events (of 5 million with the size above). `cold` opens the ledger for one question,
//! `warm` asks a ledger that is open; medians of seven.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a tool for developers stops where it cannot go on"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use chrono::NaiveDate;
use socai::domain::Code;
use socai::domain::event::{Body, Event};
use socai::domain::support::{CorrectionMode, SupportCorrected, SupportState};
use socai::domain::tags::household_tag;
use socai::log::keys::KeyStore;
use socai::log::{Condition, EventLog, EventRead, JournalReader, LogOptions};
use socai::office::views::{self, Need, glance};
use socai::office::{AsOf, Ledger, new_events, tags_of};
use socai::projection::{Dimension, Filter, Query, figures};
use uuid::Uuid;

#[path = "../benches/generate/mod.rs"]
mod generate;
#[path = "../benches/curves/panels.rs"]
mod panels;

const RUNS: usize = 7;
const PERIODS: [&str; 5] = ["2023-03", "2023-Q1", "2023-H1", "2023", "2022..2024"];

struct Point {
    curve: String,
    /// What grows.
    x: u64,
    ledger: u64,
    cold_ms: f64,
    warm_ms: f64,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(events), Some(out)) = (args.next().and_then(|n| n.parse().ok()), args.next()) else {
        eprintln!("read_curves EVENTS FOLDER");
        std::process::exit(2);
    };
    let mut points = Vec::new();
    for events in [events / 10, events] {
        by_period(events, &mut points);
    }
    for times in [10, 100, 1_000, 10_000] {
        points.push(corrected(times));
    }
    for times in [100, 1_000, 10_000, 100_000] {
        points.push(household(times));
    }
    for villages in [50, 500, 5_000, 50_000] {
        points.push(of_villages(villages, events / 5));
    }
    for events in [events / 4, events * 5 / 2, events * 25] {
        points.push(month(events));
    }
    let out = Path::new(&out);
    std::fs::write(out.join("reading.csv"), csv(&points)).unwrap();
    std::fs::write(out.join("reading.svg"), svg(&points)).unwrap();
}

fn journal(dir: &Path) -> JournalReader {
    JournalReader::open(dir, &LogOptions::new(Arc::new(tags_of))).unwrap()
}

fn open(dir: &Path, need: &Need) -> Ledger<JournalReader> {
    let keys = KeyStore::open_read_only(&dir.join("keys")).unwrap();
    glance(journal(dir), keys, AsOf::Head, i64::MAX / 2, dir, need).unwrap()
}

fn median_ms(mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            run();
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

/// A question to the cube: opened for it, and asked again.
fn asked(dir: &Path, query: &Query) -> (f64, f64, u64) {
    let members = false;
    let need = match query.asks(Dimension::Village) {
        true => Need::Figures { members },
        false => Need::Sums { members },
    };
    let ask = |ledger: &Ledger<JournalReader>| {
        figures::figures(ledger.facts(), ledger.state(), query).unwrap()
    };
    let cold = median_ms(|| drop(ask(&open(dir, &need))));
    let ledger = open(dir, &need);
    let rows = ask(&ledger).rows.iter().map(|row| row.turns).sum::<i64>();
    let warm = median_ms(|| drop(ask(&ledger)));
    (cold, warm, rows.cast_unsigned())
}

fn told(point: Point) -> Point {
    let Point {
        curve, x, ledger, ..
    } = &point;
    let (cold, warm) = (point.cold_ms, point.warm_ms);
    eprintln!("{curve}: {x} in {ledger} events: cold {cold:.2} ms, warm {warm:.3} ms");
    point
}

/// A figure by kind and class as of an event shortly before the head, so that it is counted.
fn by_period(events: u64, points: &mut Vec<Point>) {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    let ledger = generate::write(&dir, generate::Plan::of(events), 50_000, &mut |_| {});
    views::save(&dir, &journal(&dir), &mut |_, _| {}).unwrap();
    for period in PERIODS {
        let mut query = Query::of(&period.parse().unwrap());
        query.by = vec![Dimension::Kind, Dimension::Class];
        query.as_of = ledger * 85 / 100;
        let (cold_ms, warm_ms, x) = asked(&dir, &query);
        points.push(told(Point {
            curve: format!("period, {events} events"),
            x,
            ledger,
            cold_ms,
            warm_ms,
        }));
    }
}

/// Writes a ledger of generated events, changed on the way.
fn written(dir: &Path, plan: generate::Plan, change: &mut dyn FnMut(Event) -> Vec<Event>) -> u64 {
    let (mut log, keys, clock) = generate::open(dir);
    let mut seq = log.head().seq;
    for day in generate::events(plan, seq + 1, Some(keys)) {
        clock.0.store(day.at_ms, Ordering::SeqCst);
        let mut events: Vec<Event> = day.events.into_iter().flat_map(&mut *change).collect();
        for event in &mut events {
            seq += 1;
            event.seq = seq;
        }
        if !events.is_empty() {
            let events = new_events(&events).unwrap();
            log.append(events, &Condition::default()).unwrap();
        }
    }
    log.close().unwrap();
    views::save(dir, &journal(dir), &mut |_, _| {}).unwrap();
    seq
}

fn numbered(number: u64) -> Uuid {
    Uuid::from_u128(0x8000_8000_0000_0000_0000 << 32 | u128::from(number))
}

/// One support that is corrected so many times.
fn corrected(times: u64) -> Point {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    let mut chain: Option<(Code, Uuid)> = None;
    let mut change = |event: Event| {
        let Body::Support(stage, state) = &event.body else {
            return vec![event];
        };
        if chain.is_some() || state.household.is_none() || state.support.is_some() {
            return vec![event];
        }
        chain = state.household.clone().map(|code| (code, event.id));
        let (mut events, mut last) = (vec![event.clone()], event.id);
        for time in 0..times {
            let mut to = SupportState::clone(state);
            to.support = Some(event.id);
            let corrected = SupportCorrected {
                corrects: last,
                effective_on: state.occurred_on,
                mode: CorrectionMode::InPlace,
                stage: *stage,
                support: event.id,
                to,
            };
            last = numbered(time);
            events.push(Event {
                id: last,
                reason: Some("again".to_owned()),
                body: Body::SupportCorrected(Box::new(corrected)),
                ..event.clone()
            });
        }
        events
    };
    let ledger = written(&dir, generate::Plan::of(20_000), &mut change);
    let (cold_ms, warm_ms) = history(&dir, &chain.unwrap().0);
    told(Point {
        curve: "corrections of one support".to_owned(),
        x: times,
        ledger,
        cold_ms,
        warm_ms,
    })
}

/// The history of a household: opened for it, and asked of a log that is open.
fn history(dir: &Path, code: &Code) -> (f64, f64) {
    let need = Need::Household(code.clone());
    let tags = [household_tag(code)];
    let cold = median_ms(|| drop(open(dir, &need).tagged(&tags).unwrap()));
    let log = journal(dir);
    let warm = median_ms(|| {
        let keys = KeyStore::open_read_only(&dir.join("keys")).unwrap();
        let ledger = glance(&log, keys, AsOf::Head, i64::MAX / 2, dir, &need).unwrap();
        drop(ledger.tagged(&tags).unwrap());
    });
    (cold, warm)
}

/// A month with so many events, by kind and class, as of shortly before the head.
fn month(events: u64) -> Point {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    let mut day = 0;
    let mut change = |mut event: Event| {
        if let Body::Support(_, state) = &mut event.body {
            day = (day + 1) % 31;
            let state = Arc::make_mut(state);
            state.occurred_on = NaiveDate::from_ymd_opt(2023, 3, day + 1).unwrap();
        }
        vec![event]
    };
    let plan = generate::Plan {
        villages: 500,
        ..generate::Plan::of(events)
    };
    let ledger = written(&dir, plan, &mut change);
    let mut query = Query::of(&"2023-03".parse().unwrap());
    query.by = vec![Dimension::Kind, Dimension::Class];
    query.as_of = ledger * 95 / 100;
    let (cold_ms, warm_ms, x) = asked(&dir, &query);
    told(Point {
        curve: "events of one month".to_owned(),
        x,
        ledger,
        cold_ms,
        warm_ms,
    })
}

/// A household with so many events.
fn household(times: u64) -> Point {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    let code = generate::household(7);
    let mut left = times;
    let mut change = |mut event: Event| {
        if let Body::Support(_, state) = &mut event.body
            && state.support.is_none()
            && state.household.is_some()
            && left > 0
        {
            left -= 1;
            let state = Arc::make_mut(state);
            state.household = Some(code.clone());
            (state.note, state.recipient) = (None, None);
        }
        vec![event]
    };
    let ledger = written(&dir, generate::Plan::of(150_000), &mut change);
    let (cold_ms, warm_ms) = history(&dir, &code);
    told(Point {
        curve: "events of one household".to_owned(),
        x: times,
        ledger,
        cold_ms,
        warm_ms,
    })
}

/// A half-year by village and of one village, in a ledger of so many villages.
fn of_villages(villages: u64, events: u64) -> Point {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    let plan = generate::Plan {
        villages,
        ..generate::Plan::of(events)
    };
    let ledger = written(&dir, plan, &mut |event| vec![event]);
    let mut query = Query::of(&"2023-H1".parse().unwrap());
    query.by = vec![Dimension::Kind, Dimension::Class];
    let village = generate::village(1).to_string();
    query
        .filters
        .push(Filter::Dimension(Dimension::Village, vec![village]));
    let (cold_ms, warm_ms, _) = asked(&dir, &query);
    told(Point {
        curve: "villages, a half-year of one of them".to_owned(),
        x: villages,
        ledger,
        cold_ms,
        warm_ms,
    })
}

fn csv(points: &[Point]) -> String {
    let mut text = String::from("curve,x,ledger_events,cold_ms,warm_ms\n");
    for point in points {
        let Point {
            curve,
            x,
            ledger,
            cold_ms,
            warm_ms,
        } = point;
        writeln!(text, "\"{curve}\",{x},{ledger},{cold_ms:.3},{warm_ms:.4}").unwrap();
    }
    text
}

/// A panel a curve, both axes logarithmic: a line that rises by one square a square is linear.
fn svg(points: &[Point]) -> String {
    let curves = points.chunk_by(|a, b| a.curve == b.curve);
    panels::sheet(&curves.map(one_panel).collect::<Vec<_>>())
}

fn one_panel(panel: &[Point]) -> String {
    let decades = |value: f64| value.max(1e-3).log10();
    let xs = panel.iter().map(|point| decades(point.x as f64));
    let left = xs.clone().fold(f64::INFINITY, f64::min).floor();
    let right = xs.fold(f64::NEG_INFINITY, f64::max).ceil().max(left + 1.0);
    let (bottom, top) = (-3.0, 4.0);
    let at = |x: f64, y: f64| {
        let x = 44.0 + 262.0 * (x - left) / (right - left);
        (x, 200.0 - 165.0 * (y - bottom) / (top - bottom))
    };
    let mut text = panels::frame(&panel[0].curve);
    for decade in [-3, -2, -1, 0, 1, 2, 3, 4] {
        let (_, y) = at(left, f64::from(decade));
        text += &panels::level(y, &format!("{} ms", 10f64.powi(decade)));
    }
    for (colour, label, indent, value) in [
        ("#b8541a", "cold", 0.0, (|p| p.cold_ms) as fn(&Point) -> f64),
        ("#1b6ca8", "warm", 40.0, |p| p.warm_ms),
    ] {
        let place = |point: &Point| at(decades(point.x as f64), decades(value(point)));
        let line: Vec<(f64, f64)> = panel.iter().map(place).collect();
        text += &panels::line(&line, label, colour, indent);
    }
    for point in panel {
        let (x, _) = at(decades(point.x as f64), bottom);
        text += &panels::mark(x, &point.x.to_string());
    }
    text
}
