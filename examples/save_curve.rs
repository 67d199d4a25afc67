//! What saving the views costs after appends that are partly about old supports.
//!
//! `cargo run --release --example save_curve -- FOLDER EVENTS LATE ROUNDS` works in a **copy** of a
//! large ledger: each round appends `EVENTS` events, `LATE` of which reverse or correct a support
//! from anywhere in the log or record one on an old day, then saves, and says how long that took,
//! how many months it wrote, and how many bytes stand in `views/` and were written.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a tool for developers stops where it cannot go on"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use socai::domain::event::{Body, Event};
use socai::domain::support::{CorrectionMode, SupportCorrected, SupportReversed};
use socai::log::{Condition, EventLog, EventRead, LogOptions, SledLog, codec};
use socai::office::{new_events, tags_of, views};
use uuid::Builder;

#[path = "../benches/generate/mod.rs"]
mod generate;

fn main() {
    let mut args = std::env::args().skip(1);
    let dir = args.next().map(PathBuf::from);
    let mut number = || args.next().and_then(|text| text.parse::<u64>().ok());
    let (Some(dir), Some(count), Some(late), Some(rounds)) = (dir, number(), number(), number())
    else {
        eprintln!("save_curve FOLDER EVENTS LATE ROUNDS");
        std::process::exit(2);
    };
    let mut options = LogOptions::new(Arc::new(tags_of));
    options.accept_clock = true;
    let mut log = SledLog::open(&dir, options).unwrap();
    let mut random = generate::Seeded::new(log.head().seq);
    for _ in 0..rounds {
        let events = round(&log, count, late, &mut random);
        for batch in events.chunks(10_000) {
            let new = new_events(batch).unwrap();
            log.append(new, &Condition::default()).unwrap();
        }
        let before = files(&dir);
        let begun = Instant::now();
        let saved = views::save(&dir, &log, &mut |_, _| {}).unwrap();
        let ms = begun.elapsed().as_millis();
        let after = files(&dir);
        let all: u64 = after.values().map(|file| file.1).sum();
        let written = after
            .iter()
            .filter(|(name, file)| before.get(*name) != Some(file));
        let written: u64 = written.map(|(_, file)| file.1).sum();
        eprintln!(
            "{} events: {count} saved in {ms} ms, {} months, {written} bytes of {all} in {} files",
            saved.seq,
            saved.months,
            after.len()
        );
    }
    log.close().unwrap();
}

type Files = BTreeMap<String, (SystemTime, u64)>;

fn files(dir: &Path) -> Files {
    let entries = std::fs::read_dir(views::folder(dir)).into_iter().flatten();
    let files = entries.map(|entry| {
        let entry = entry.unwrap();
        let about = entry.metadata().unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, (about.modified().unwrap(), about.len()))
    });
    files.collect()
}

/// Events as those of the log, of which so many are about what is long past.
fn round(log: &SledLog, count: u64, late: u64, random: &mut generate::Seeded) -> Vec<Event> {
    let head = log.head().seq;
    let of_supports = |from: u64, to: u64, random: &mut generate::Seeded, many: u64| {
        let mut found = Vec::new();
        while (found.len() as u64) < many {
            let mut places: Vec<u64> = (0..many).map(|_| from + random.below(to - from)).collect();
            places.sort_unstable();
            places.dedup();
            for stored in log.read_each(&places).unwrap() {
                let event = codec::decode(&stored.bytes).unwrap();
                let opens = matches!(&event.body, Body::Support(_, state)
                    if state.support.is_none() && state.household.is_some());
                found.extend(opens.then_some(event));
            }
        }
        found.truncate(usize::try_from(many).unwrap());
        found
    };
    let recent = of_supports(head - head / 60, head, random, count - late);
    let old = match late {
        0 => Vec::new(),
        _ => of_supports(head / 20, head, random, late),
    };
    let mut events = Vec::new();
    for (place, mut event) in recent.into_iter().chain(old).enumerate() {
        let Body::Support(stage, state) = &event.body else {
            continue;
        };
        let (stage, mut to) = (*stage, state.as_ref().clone());
        (to.note, to.recipient) = (None, None);
        let (old, effective_on) = (place as u64 >= count - late, to.occurred_on);
        let body = match place % 3 {
            1 if old => Body::SupportReversed(Box::new(SupportReversed {
                effective_on,
                household: to.household.clone(),
                mode: CorrectionMode::InPlace,
                person: None,
                project: None,
                stage: None,
                support: event.id,
            })),
            2 if old => Body::SupportCorrected(Box::new(SupportCorrected {
                corrects: event.id,
                effective_on,
                mode: CorrectionMode::InPlace,
                stage,
                support: event.id,
                to,
            })),
            _ => {
                to.reference = None;
                Body::Support(stage, Arc::new(to))
            }
        };
        let mut id = [0; 16];
        id.chunks_mut(8)
            .for_each(|half| half.copy_from_slice(&random.next().to_be_bytes()));
        (event.id, event.body) = (Builder::from_random_bytes(id).into_uuid(), body);
        events.push(event);
    }
    // What is late stands among the rest.
    for place in (1..events.len()).rev() {
        events.swap(
            place,
            usize::try_from(random.below(place as u64 + 1)).unwrap(),
        );
    }
    events
}
