//! Damaged sealed segments are given back from what else holds their events, and where nothing
//! does, it is said exactly what is lost and what stands whole behind it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod log_setup;
#[path = "runner/mod.rs"]
mod runner;

use std::fs;
use std::path::{Path, PathBuf};

use log_setup::*;
use runner::copy;
use socai::log::repair::{Origin, Repaired, Repairing, repair};
use socai::log::{JournalReader, LogOptions, SledLog};

fn small() -> LogOptions {
    LogOptions {
        segment_bytes: 3_000,
        ..options()
    }
}

/// A closed ledger of several sealed segments and one of frames.
struct Sealed {
    temp: tempfile::TempDir,
    lines: Vec<String>,
}

impl Sealed {
    fn new() -> Sealed {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("whole");
        let mut log = SledLog::create(&dir, LEDGER, small()).unwrap();
        for number in 1..=60 {
            add(&mut log, number..=number);
        }
        let lines = lines(&log);
        log.close().unwrap();
        Sealed { temp, lines }
    }

    fn whole(&self) -> PathBuf {
        self.temp.path().join("whole")
    }

    /// A fresh copy, with or without what else knows the events.
    fn copy(&self, name: &str, index: bool) -> PathBuf {
        let dir = self.temp.path().join(name);
        drop(fs::remove_dir_all(&dir));
        copy(&self.whole(), &dir);
        if !index {
            fs::remove_dir_all(dir.join("sled")).unwrap();
        }
        dir
    }

    /// The sealed segments: first and last event, and the name.
    fn segments(&self) -> Vec<(u64, u64, String)> {
        let mut names: Vec<String> = fs::read_dir(self.whole().join("journal"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let first = |name: &String| name[..20].parse::<u64>().unwrap();
        let ends = names.iter().skip(1).map(|next| first(next) - 1);
        let sealed = names.iter().zip(ends);
        let sealed: Vec<_> = sealed
            .map(|(name, last)| (first(name), last, name.clone()))
            .collect();
        assert!(sealed.len() > 3 && sealed.iter().all(|it| it.2.ends_with(".ndjson.zst")));
        sealed
    }

    fn gives_all(&self, dir: &Path, repaired: &Repaired, why: &str) {
        assert_eq!(repaired.lost, None, "{why}: {repaired:?}");
        assert_eq!(repaired.events, 60, "{why}");
        let reader = JournalReader::open(dir, &small()).unwrap();
        assert_eq!(reader.fault(), None, "{why}");
        assert_eq!(lines(&reader), self.lines, "{why}");
        let mut log = SledLog::open(dir, small()).unwrap();
        assert_eq!(lines(&log), self.lines, "{why}");
        add(&mut log, 61..=61);
    }
}

fn run(dir: &Path, with: &Repairing) -> Repaired {
    repair(dir, &small(), with).unwrap()
}

fn alone() -> Repairing {
    Repairing::default()
}

/// The regions of a sealed segment: the events, and each part of what stands behind them.
fn regions(bytes: &[u8]) -> Vec<usize> {
    let magic = bytes.windows(8).rposition(|part| part == b"SCSEALED");
    let from = magic.unwrap() - 8;
    let inside = [
        0, 4, 8, 16, 20, 24, 40, 48, 80, 112, 120, 152, 156, 160, 164, 168, 176,
    ];
    let behind = inside.iter().map(|at| from + at);
    let closing = [bytes.len() - 8, bytes.len() - 4, bytes.len() - 1];
    let events = (0..from).step_by(from / 8);
    events.chain(behind).chain(closing).collect()
}

#[test]
fn every_region_of_a_sealed_segment_is_given_back() {
    let sealed = Sealed::new();
    let (first, last, name) = sealed.segments()[1].clone();
    let good = fs::read(sealed.whole().join("journal").join(&name)).unwrap();
    let (mut alone_whole, mut alone_lost, mut ignored) = (0, 0, 0);
    for at in regions(&good) {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        let why = format!("byte {at} of {}", good.len());
        // Nothing but the journal: what is lost is the chunk that was hit, or nothing.
        let dir = sealed.copy("alone", false);
        fs::write(dir.join("journal").join(&name), &bytes).unwrap();
        let repaired = run(&dir, &alone());
        match repaired.lost {
            Some(lost) => {
                assert_eq!(lost, (first, 60), "{why}");
                assert_eq!(repaired.events, first - 1, "{why}");
                assert_eq!(repaired.beyond, [(last + 1, 60)], "{why}");
                let now = fs::read(dir.join("journal").join(&name)).unwrap();
                assert_eq!(now, bytes, "{why}: something was changed");
                alone_lost += 1;
            }
            None if repaired.whole => ignored += 1,
            None => {
                sealed.gives_all(&dir, &repaired, &why);
                assert!(repaired.taken.iter().any(|it| it.origin == Origin::Frames));
                alone_whole += 1;
            }
        }
        // With its index nothing is ever lost.
        let dir = sealed.copy("index", true);
        fs::write(dir.join("journal").join(&name), &bytes).unwrap();
        let repaired = run(&dir, &alone());
        if !repaired.whole {
            sealed.gives_all(&dir, &repaired, &why);
        }
    }
    println!(
        "sealed segment, {} places: {ignored} ignored by zstd, alone {alone_whole} given back and \
         {alone_lost} lost as said, with the index all given back",
        regions(&good).len()
    );
    assert!(alone_lost > 0 && alone_whole > 0);
}

/// What is done to the sealed segment.
type Damage = fn(&Path, &[(u64, u64, String)]);

const DAMAGES: [(&str, Damage); 5] = [
    ("cut in two", |journal, segments| {
        let path = journal.join(&segments[1].2);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 3]).unwrap();
    }),
    ("emptied", |journal, segments| {
        fs::write(journal.join(&segments[1].2), b"").unwrap();
    }),
    ("removed", |journal, segments| {
        fs::remove_file(journal.join(&segments[1].2)).unwrap();
    }),
    ("the first removed", |journal, segments| {
        fs::remove_file(journal.join(&segments[0].2)).unwrap();
    }),
    ("two exchanged", |journal, segments| {
        let (one, other) = (journal.join(&segments[1].2), journal.join(&segments[2].2));
        fs::rename(&one, journal.join("x")).unwrap();
        fs::rename(&other, &one).unwrap();
        fs::rename(journal.join("x"), &other).unwrap();
    }),
];

#[test]
fn cut_removed_and_exchanged_segments_are_given_back_from_index_copy_and_tiles() {
    let sealed = Sealed::new();
    let segments = sealed.segments();
    let donor = sealed.copy("donor", false);
    for (what, damage) in DAMAGES {
        for (from, index) in [(None, true), (Some(&donor), false)] {
            let dir = sealed.copy("damaged", index);
            damage(&dir.join("journal"), &segments);
            let mut with = alone();
            with.from.extend(from.cloned());
            let repaired = run(&dir, &with);
            assert!(!repaired.whole, "{what}");
            sealed.gives_all(&dir, &repaired, what);
            assert!(
                repaired.set_aside.iter().all(|path| path.is_dir())
                    && !repaired.set_aside.is_empty()
            );
        }
    }
}

#[test]
fn without_a_copy_it_is_said_what_is_lost_and_what_is_not() {
    let sealed = Sealed::new();
    let segments = sealed.segments();
    for (what, damage) in DAMAGES {
        let dir = sealed.copy("damaged", false);
        damage(&dir.join("journal"), &segments);
        let repaired = run(&dir, &alone());
        match what {
            // Each says what it holds, whatever its name.
            "two exchanged" => sealed.gives_all(&dir, &repaired, what),
            "the first removed" => {
                assert_eq!(repaired.lost, Some((1, 60)), "{what}");
                assert_eq!(repaired.beyond, [(segments[1].0, 60)], "{what}");
            }
            _ => {
                assert_eq!(repaired.lost, Some((segments[1].0, 60)), "{what}");
                assert_eq!(repaired.beyond, [(segments[2].0, 60)], "{what}");
            }
        }
    }
}

/// Two segments hit, a donor that has only one of them: that one is taken, the other is named.
#[test]
fn a_donor_that_lacks_some_gives_what_it_has() {
    let sealed = Sealed::new();
    let segments = sealed.segments();
    let (dir, donor) = (sealed.copy("damaged", false), sealed.copy("donor", false));
    for at in [1, 3] {
        fs::remove_file(dir.join("journal").join(&segments[at].2)).unwrap();
    }
    let with = Repairing {
        from: vec![donor.clone()],
        dry_run: true,
        ..alone()
    };
    let repaired = run(&dir, &with);
    assert_eq!((repaired.lost, repaired.events), (None, 60));
    fs::remove_file(donor.join("journal").join(&segments[3].2)).unwrap();
    let repaired = run(&dir, &with);
    assert_eq!(repaired.lost, Some((segments[3].0, 60)));
    assert_eq!(repaired.events, segments[3].0 - 1);
    assert_eq!(repaired.beyond, [(segments[3].1 + 1, 60)]);
}
