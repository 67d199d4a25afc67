//! `verify` beside what goes on and what went wrong elsewhere than in the journal: a writer at work,
//! an erasure that was cut short, a damaged access log, damaged views, a damaged index.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use runner::{Place, Ran, copy, files, socai};
use socai::log::keys::KeyStore;
use socai::log::random::SeededRandom;
use socai::log::{LogOptions, SledLog, SystemClock};
use socai::office::{AsOf, ErasureOrder, Ledger, Tools, tags_of};

fn on(ledger: &Path, line: &str) -> Ran {
    let ledger = ledger.display().to_string();
    let mut words = vec!["--ledger", &ledger, "--format", "json"];
    words.extend(line.split(' '));
    socai(&words)
}

/// The verdict of a check and the codes of what it found.
fn check(ran: &Ran, name: &str) -> (String, Vec<String>) {
    let answer = ran.json();
    let checks = answer["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["check"] == name).unwrap();
    let findings = check["findings"].as_array().unwrap().iter();
    let codes = findings.map(|finding| finding["code"].as_str().unwrap().to_owned());
    (
        check["verdict"].as_str().unwrap().to_owned(),
        codes.collect(),
    )
}

fn options() -> LogOptions {
    LogOptions::new(Arc::new(tags_of))
}

#[test]
fn beside_a_writer_all_but_the_index_is_checked() {
    let place = Place::new();
    let writer = SledLog::open(&place.ledger(), options()).unwrap();
    for command in ["verify", "verify --full"] {
        let ran = on(&place.ledger(), command);
        assert_eq!(ran.status, 0, "{}", ran.out);
        let found = check(&ran, "index");
        assert_eq!(
            found,
            ("not_checked".to_owned(), vec!["index_in_use".to_owned()])
        );
        assert_eq!(check(&ran, "journal").0, "holds");
    }
    drop(writer);
    // While lists are imported, each look sees a ledger that holds.
    let ledger = place.ledger();
    let folder = place.dir.path().to_owned();
    let writer = std::thread::spawn(move || {
        for list in 0..6 {
            let rows: String = (0..30)
                .map(|row| format!("Q{list}-{row},Hộ {list} {row},Cao Lộc\n"))
                .collect();
            let file = folder.join(format!("{list}.csv"));
            fs::write(&file, format!("household,head,village\n{rows}")).unwrap();
            let line = format!("import households {} --by clerk --wait 60", file.display());
            let ran = on(&ledger, &line);
            assert_eq!(ran.status, 0, "{}", ran.err);
        }
    });
    let mut looks = 0;
    while !writer.is_finished() || looks == 0 {
        let ran = on(&place.ledger(), "verify");
        assert_eq!(ran.status, 0, "{}", ran.out);
        looks += 1;
    }
    writer.join().unwrap();
    assert_eq!(on(&place.ledger(), "verify --full").status, 0);
}

#[test]
fn an_erasure_that_was_cut_short_is_told_and_no_fault() {
    for destroyed in [false, true] {
        let place = Place::new();
        let log = SledLog::open(&place.ledger(), options()).unwrap();
        let keys = KeyStore::open(&place.ledger().join("keys")).unwrap();
        let mut ledger = Ledger::fold(log, keys, AsOf::Head, i64::MAX).unwrap();
        let clerk = ledger.actor(Some("clerk"), None).unwrap();
        let mut tools = Tools::new(Arc::new(SystemClock), Box::new(SeededRandom::new(2)));
        let subject: socai::domain::personal::Subject = "household:H1".parse().unwrap();
        let order = ErasureOrder {
            subjects: vec![subject.clone()],
            basis: "Luật".to_owned(),
            requested_on: None,
            document: None,
            reason: None,
        };
        let folder = place.ledger();
        ledger
            .intend_erasure(&mut tools, &folder, &clerk, &order)
            .unwrap();
        drop(ledger);
        if destroyed {
            let keys = KeyStore::open(&folder.join("keys")).unwrap();
            keys.erase(&[(subject, 0)], &mut SeededRandom::new(9))
                .unwrap();
        }
        let ran = on(&folder, "verify --full");
        assert_eq!(ran.status, 0, "{}", ran.out);
        let (verdict, codes) = check(&ran, "keys");
        assert_eq!(
            (verdict.as_str(), codes),
            ("holds", vec!["erasure_pending".to_owned()])
        );
        assert_eq!(
            on(&folder, "subject hold H2 --basis Luật --by clerk").status,
            0
        );
        let ran = on(&folder, "verify --full");
        assert_eq!(
            (ran.status, check(&ran, "keys").1),
            (0, Vec::new()),
            "{}",
            ran.out
        );
        // Another key that is gone is no part of what was intended.
        let subjects = folder.join("keys/subjects.2");
        let bytes = fs::read(&subjects).unwrap();
        fs::write(&subjects, &bytes[..bytes.len() - 88]).unwrap();
        let ran = on(&folder, "verify --full");
        assert_eq!((ran.status, check(&ran, "keys").0.as_str()), (1, "fails"));
    }
}

#[test]
fn a_damaged_access_log_is_found_up_to_its_last_entry() {
    let place = Place::new();
    for _ in 0..3 {
        assert_eq!(place.run("household show H1").status, 0);
    }
    assert_eq!(place.run("access anchor").status, 0);
    assert_eq!(on(&place.ledger(), "verify --full").status, 0);
    let path = place.ledger().join("access/log.ndjson");
    let good = fs::read(&path).unwrap();
    let (mut found, mut cut) = (0, 0);
    for at in (0..good.len()).step_by(good.len() / 12) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let ran = on(&place.ledger(), "verify --full");
        assert_eq!(
            (ran.status, check(&ran, "access").0.as_str()),
            (1, "fails"),
            "byte {at}"
        );
        found += 1;
    }
    for at in (0..good.len()).step_by(good.len() / 4) {
        fs::write(&path, &good[..at]).unwrap();
        let ran = on(&place.ledger(), "verify --full");
        assert_eq!(
            (ran.status, check(&ran, "access").0.as_str()),
            (1, "fails"),
            "cut at {at}"
        );
        cut += 1;
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(on(&place.ledger(), "verify --full").status, 1);
    println!(
        "access log: {found} flips and {} cuts found, 0 silent",
        cut + 1
    );
}

/// Flips one bit here and there of the files of a folder. Each is found by `verify --full`, or no
/// answer is another: views and index are caches, and what they cannot vouch for is not used.
fn mutated(place: &Place, folder: &str, named: &str, flips: usize) {
    let questions = [
        "figures --period 2023 --by kind,class",
        "household show H1",
        "events --raw",
    ];
    let answers = |ledger: &Path| questions.map(|line| on(ledger, line).out);
    let expected = answers(&place.ledger());
    let (mut found, mut harmless) = (0, 0);
    for file in files(&place.ledger().join(folder)) {
        let good = fs::read(&file).unwrap();
        let used = good
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |last| last + 1);
        let below = file.strip_prefix(place.ledger()).unwrap();
        for at in (0..used).step_by((used / flips).max(1)) {
            let other = place.dir.path().join("other");
            copy(&place.ledger(), &other);
            let mut bytes = good.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(other.join(below), bytes).unwrap();
            let ran = on(&other, "verify --full");
            match ran.status {
                0 => harmless += 1,
                _ => {
                    assert_eq!(
                        check(&ran, named).0,
                        "fails",
                        "{}: {}",
                        below.display(),
                        ran.out
                    );
                    found += 1;
                }
            }
            assert_eq!(
                answers(&other),
                expected,
                "byte {at} of {}",
                below.display()
            );
            fs::remove_dir_all(&other).unwrap();
        }
    }
    println!("{folder}: {found} flips found, {harmless} harmless (the same answers), 0 silent");
    assert!(found > 0);
}

#[test]
fn a_damaged_view_never_changes_an_answer() {
    let place = Place::with_views();
    mutated(&place, "views", "views", 2);
}

#[test]
fn a_damaged_index_never_changes_an_answer() {
    let place = Place::new();
    mutated(&place, "sled", "index", 10);
}
