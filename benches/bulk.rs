//! Recording in bulk and by many writers, without the peers of `benches/compare`.
//!
//! `cargo bench --bench bulk -- [EVENTS] [ROUNDS] [JOB]`, where a job is `log`, `view` or `writers`.
//! Prints events a second, wall and processor time an event.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    reason = "a benchmark stops where it cannot go on"
)]

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use socai::domain::event::Event;
use socai::log::{Condition, EventLog, EventRead, GroupCommit, SledLog};
use socai::office::new_events;
use socai::projection::View;

#[path = "generate/mod.rs"]
mod generate;

/// As in `benches/compare`.
const BULK: usize = 10_000;
const WRITERS: usize = 64;
const MOST_WRITTEN: usize = 32_000;

fn main() {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|it| it != "--bench")
        .collect();
    let number = |place: usize, default: u64| {
        let given = args.get(place);
        given.map_or(default, |text| text.replace('_', "").parse().unwrap())
    };
    let (count, rounds) = (number(0, 200_000), number(1, 3));
    let mut plan = generate::Plan::of(count);
    plan.sealed = false;
    let first = {
        let dir = tempfile::tempdir().unwrap();
        generate::open(&dir.path().join("ledger")).0.head().seq + 1
    };
    let events: Vec<Event> = generate::events(plan, first, None)
        .flat_map(|day| day.events)
        .collect();
    for _ in 0..rounds {
        for job in ["log", "view", "writers"] {
            if args.get(2).is_none_or(|wanted| wanted == job) {
                run(job, &events);
            }
        }
    }
}

fn run(job: &str, events: &[Event]) {
    let dir = tempfile::Builder::new()
        .prefix("socai-bulk")
        .tempdir()
        .unwrap();
    let (log, _, clock) = generate::open(&dir.path().join("ledger"));
    let last = events.last().unwrap().at_ms;
    clock.0.store(last, std::sync::atomic::Ordering::SeqCst);
    let (cpu, begun) = (processor_time(), Instant::now());
    let mut view = View::default();
    let count = match job {
        "writers" => in_groups(log, events.get(..MOST_WRITTEN).unwrap_or(events)),
        "view" => in_bulk(log, events, Some(&mut view)),
        _ => in_bulk(log, events, None),
    };
    let (cpu, wall) = (processor_time().saturating_sub(cpu), begun.elapsed());
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
    println!(
        "{job}: {:.0} events/s, {:.2} us wall, {:.2} us processor an event, {} bytes an event",
        count as f64 / wall.as_secs_f64(),
        each(wall),
        each(cpu),
        size(dir.path()) / count as u64,
    );
}

/// What this process has used of the processors, by `/proc`.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let ticks = behind.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|it| it.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn size(path: &Path) -> u64 {
    let entries = std::fs::read_dir(path).unwrap().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => size(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// What is durable is folded in a thread behind the appends.
fn in_bulk(mut log: SledLog, events: &[Event], view: Option<&mut View>) -> usize {
    std::thread::scope(|scope| {
        let (send, durable) = sync_channel::<&[Event]>(16);
        let folds = view.is_some();
        scope.spawn(move || {
            let Some(view) = view else { return };
            for event in durable.iter().flatten() {
                view.evolve(event).unwrap();
            }
        });
        for part in events.chunks(BULK) {
            let new = new_events(part).unwrap();
            let appended = log.append(new, &Condition::default()).unwrap();
            assert_eq!(appended.first, part.first().unwrap().seq);
            if folds {
                send.send(part).unwrap();
            }
        }
        drop(send);
        log.close().unwrap();
    });
    events.len()
}

fn in_groups(log: SledLog, events: &[Event]) -> usize {
    let group = GroupCommit::start(log, 1_024).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let handle = group.handle();
            scope.spawn(move || {
                for event in events.iter().skip(writer).step_by(WRITERS) {
                    let event = vec![generate::new_event(event)];
                    handle.append(event, Condition::default()).unwrap();
                }
            });
        }
    });
    drop(group.stop().unwrap());
    events.len()
}
