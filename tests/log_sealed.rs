//! Sealed segments: the events one a line for any `zstdcat`, nothing lost on the way there, and
//! every flipped byte named.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod log_setup;

use std::fs;
use std::path::{Path, PathBuf};

use log_setup::*;
use socai::log::{EventRead, IndexState, JournalReader, LogError, LogOptions, SledLog};
use uuid::Uuid;

/// Options under which a few events fill a segment.
fn small() -> LogOptions {
    LogOptions {
        segment_bytes: 3_000,
        ..options()
    }
}

/// A closed ledger of 61 events in batches of 1 to 3, with several sealed segments.
fn ledger(dir: &Path) -> Vec<String> {
    let mut log = SledLog::create(dir, LEDGER, small()).unwrap();
    let mut next = 1;
    for batch in 0..31u128 {
        let last = next + batch % 3;
        add(&mut log, next..=last);
        next = last + 1;
    }
    let expected = lines(&log);
    assert_eq!(log.find(&Uuid::from_u128(7)).unwrap(), Some(7));
    log.close().unwrap();
    expected
}

fn names(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("journal")).unwrap();
    let mut paths: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(ending))
        .collect();
    paths.sort();
    paths
}

fn copy(from: &Path, to: &Path) {
    if to.exists() {
        fs::remove_dir_all(to).unwrap();
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn check(dir: &Path, expected: &[String], why: &str) -> IndexState {
    let reader = JournalReader::open(dir, &small()).unwrap();
    assert_eq!(lines(&reader), expected, "{why}: the reader");
    assert_eq!(reader.fault(), None, "{why}");
    let mut log = SledLog::open(dir, small()).unwrap_or_else(|error| panic!("{why}: {error}"));
    assert_eq!(lines(&log), expected, "{why}: the log");
    let state = log.report().index.clone();
    let last = expected.len() as u128;
    assert_eq!(log.find(&Uuid::from_u128(last)).unwrap(), Some(last as u64));
    add(&mut log, last + 1..=last + 1);
    drop(log);
    let log = SledLog::open(dir, small()).unwrap();
    assert_eq!(lines(&log).len(), expected.len() + 1, "{why}: and one more");
    state
}

#[test]
fn all_but_the_newest_segment_are_lines_for_any_zstd() {
    let temp = tempfile::tempdir().unwrap();
    let expected = ledger(temp.path());
    let sealed = names(temp.path(), ".ndjson.zst");
    assert!(sealed.len() > 3, "{sealed:?}");
    assert_eq!(names(temp.path(), ".frames").len(), 1);
    assert_eq!(names(temp.path(), ".tmp").len(), 0);
    let mut text = String::new();
    for path in &sealed {
        let bytes = fs::read(path).unwrap();
        text.push_str(&String::from_utf8(zstd::decode_all(bytes.as_slice()).unwrap()).unwrap());
    }
    let found: Vec<&str> = text.lines().collect();
    assert_eq!(found, expected[..found.len()]);
    assert!(found.len() > 40, "only {} events are sealed", found.len());
    assert_eq!(
        check(temp.path(), &expected, "as it is"),
        IndexState::Current
    );
}

#[test]
fn the_index_can_be_lost_or_old() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    let expected = ledger(&dir);
    let other = temp.path().join("other");
    copy(&dir, &other);
    fs::remove_dir_all(other.join("sled")).unwrap();
    let state = check(&other, &expected, "no index");
    assert!(matches!(state, IndexState::Rebuilt { .. }), "{state:?}");
    // An index of the time when the segments still had their frames.
    let early = temp.path().join("early");
    let mut log = SledLog::create(&early, LEDGER, small()).unwrap();
    add(&mut log, 1..=1);
    drop(log);
    copy(&dir, &other);
    fs::remove_dir_all(other.join("sled")).unwrap();
    copy(&early.join("sled"), &other.join("sled"));
    check(&other, &expected, "an old index");
}

#[test]
fn a_crash_at_any_step_of_sealing_loses_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    let expected = ledger(&dir);
    let sealed = names(&dir, ".ndjson.zst");
    let other = temp.path().join("other");
    let first = sealed[0].file_name().unwrap().to_str().unwrap();
    // Before the name was given: a part of the copy under another name.
    copy(&dir, &other);
    let bytes = fs::read(&sealed[0]).unwrap();
    fs::write(other.join(format!("journal/{first}.tmp")), &bytes[..99]).unwrap();
    check(&other, &expected, "a half-written copy");
    // Between the name and the removal of the frames: both are there, and the copy is rubbish.
    let mut made = SledLog::create(&temp.path().join("one"), LEDGER, options()).unwrap();
    let mut next = 1;
    let mut batch = 0;
    let in_first = String::from_utf8(zstd::decode_all(bytes.as_slice()).unwrap()).unwrap();
    let in_first = in_first.lines().count() as u128;
    while next <= in_first {
        add(&mut made, next..=next + batch % 3);
        next += batch % 3 + 1;
        batch += 1;
    }
    drop(made);
    let name = "journal/00000000000000000001.frames";
    let frames = fs::read(temp.path().join("one").join(name)).unwrap();
    let used = frames.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for spoil in [false, true] {
        copy(&dir, &other);
        fs::write(other.join(name), &frames[..used]).unwrap();
        if spoil {
            fs::write(other.join("journal").join(first), b"rubbish").unwrap();
        }
        check(&other, &expected, "both are there");
        assert_eq!(names(&other, ".frames").len(), 1, "sealed again");
        let again = fs::read(other.join("journal").join(first)).unwrap();
        assert_eq!(again, bytes, "the same copy");
    }
}

#[test]
fn every_flipped_byte_is_named_by_the_first_event_at_fault() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    let expected = ledger(&dir);
    let sealed = names(&dir, ".ndjson.zst");
    let (spoiled, next) = (&sealed[1], &sealed[2]);
    let first = |path: &Path| -> u64 {
        let name = path.file_name().unwrap().to_str().unwrap();
        name[..20].parse().unwrap()
    };
    let good = fs::read(spoiled).unwrap();
    let other = temp.path().join("other");
    copy(&dir, &other);
    fs::remove_dir_all(other.join("sled")).unwrap();
    let target = other.join("journal").join(spoiled.file_name().unwrap());
    let damaged = |error: &LogError, why: &str| {
        let LogError::Damaged {
            segment,
            first_bad_seq,
            ..
        } = error
        else {
            panic!("{why}: {error}");
        };
        assert_eq!(*first_bad_seq, first(spoiled), "{why}");
        assert_eq!(
            Some(segment.as_str()),
            spoiled.file_name().unwrap().to_str(),
            "{why}"
        );
    };
    let cuts = (0..good.len())
        .step_by(7)
        .map(|at| (at, good[..at].to_vec()));
    let flips = (0..good.len()).map(|at| {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        (at, bytes)
    });
    for (at, bytes) in cuts.chain(flips) {
        let why = format!("byte {at} of {}", good.len());
        fs::write(&target, &bytes).unwrap();
        let reader = JournalReader::open(&other, &small()).unwrap();
        match try_lines(&reader) {
            // zstd ignores a few bits of its own headers; the events are what counts.
            Ok(lines) => assert_eq!(lines, expected, "{why}"),
            Err(error) => damaged(&error, &why),
        }
        let before = first(spoiled) - 1;
        let read: Result<Vec<_>, _> = reader.read(1, before).unwrap().collect();
        assert_eq!(
            read.unwrap().len() as u64,
            before,
            "{why}: what stands before"
        );
        let after: Result<Vec<_>, _> = reader.read(first(next), u64::MAX).unwrap().collect();
        let rest = expected.len() as u64 + 1 - first(next);
        assert_eq!(
            after.unwrap().len() as u64,
            rest,
            "{why}: what stands behind"
        );
    }
    fs::write(&target, &good[..good.len() / 2]).unwrap();
    let opened = SledLog::open(&other, small()).err().unwrap();
    damaged(&opened, "opened without an index");
    // The index has every event still.
    copy(&dir, &other);
    fs::write(&target, &good[..good.len() / 2]).unwrap();
    let log = SledLog::open(&other, small()).unwrap();
    assert_eq!(lines(&log), expected);
}

#[test]
fn a_reader_goes_on_while_segments_are_sealed() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let mut log = SledLog::create(dir, LEDGER, small()).unwrap();
    add(&mut log, 1..=9);
    let reader = JournalReader::open(dir, &small()).unwrap();
    let mut begun = reader.read(1, 9).unwrap();
    assert_eq!(begun.next().unwrap().unwrap().seq, 1);
    for number in 10..60 {
        add(&mut log, number..=number);
    }
    log.close().unwrap();
    assert!(names(dir, ".ndjson.zst").len() > 3);
    assert_eq!(begun.map(|event| event.unwrap().seq).last(), Some(9));
    assert_eq!(lines(&reader).len(), 9);
}

#[test]
fn a_journal_whose_newest_segment_is_gone_is_damage_where_anything_knows_of_it() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    ledger(&dir);
    fs::remove_file(&names(&dir, ".frames")[0]).unwrap();
    let opened = SledLog::open(&dir, small()).err();
    assert!(
        matches!(opened, Some(LogError::Damaged { .. })),
        "{opened:?}"
    );
    // Nothing else knows: the log goes on behind what is there.
    fs::remove_dir_all(dir.join("sled")).unwrap();
    let mut log = SledLog::open(&dir, small()).unwrap();
    let head = log.head().seq;
    assert!(head > 40);
    add(&mut log, 900..=900);
    drop(log);
    assert_eq!(SledLog::open(&dir, small()).unwrap().head().seq, head + 1);
}
