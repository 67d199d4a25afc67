//! What becomes of a ledger when its files are cut, flipped, lost or replaced: everything that was
//! acknowledged is there, or the damage has a name. Never a panic, never a silent loss.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod log_setup;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use log_setup::*;
use socai::log::checkpoint::{self, Checkpoint};
use socai::log::note::Signer;
use socai::log::{
    Condition, Damage, EventLog, EventRead, IndexState, JournalReader, LedgerId, LogError,
    LogOptions, SledLog,
};
use uuid::Uuid;

/// Bytes of a segment header, and of a frame header.
const HEADER: usize = 128;

/// A folder in memory where the machine has that: nothing here depends on a real disk, and the
/// campaign's power cuts do.
fn scratch() -> std::io::Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        return tempfile::tempdir_in(memory);
    }
    tempfile::tempdir()
}

/// A small ledger, closed: three batches of 1, 3 and 1 events.
struct Small {
    dir: tempfile::TempDir,
    /// The segment without the zeros behind its frames, but for a few.
    segment: Vec<u8>,
    /// Where each frame begins, and where the last ends.
    frames: Vec<usize>,
    lines: Vec<String>,
}

/// How many events there are after each batch.
const AFTER_BATCH: [usize; 4] = [0, 1, 4, 5];
/// How many of the zeros behind the frames are kept.
const ZEROS: usize = 200;

impl Small {
    fn new() -> Small {
        let dir = scratch().unwrap();
        let mut log = SledLog::create(dir.path(), LEDGER, options()).unwrap();
        for batch in [1..=1, 2..=4, 5..=5] {
            add(&mut log, batch);
        }
        let lines = lines(&log);
        log.close().unwrap();
        let mut segment = fs::read(segment_path(dir.path())).unwrap();
        let frames = frames(&segment);
        segment.truncate(frames.last().unwrap() + ZEROS);
        Small {
            dir,
            segment,
            frames,
            lines,
        }
    }

    fn end(&self) -> usize {
        *self.frames.last().unwrap()
    }

    fn checkpoint(&self) -> String {
        let log = SledLog::open(self.dir.path(), options()).unwrap();
        let (size, root) = (log.head().seq, log.head().root);
        let origin = "example.org/ledger".to_owned();
        let signer = Signer::new("ledger", &[7; 32]).unwrap();
        Checkpoint { origin, size, root }
            .sign(&signer)
            .unwrap()
            .to_string()
    }
}

fn segment_path(dir: &Path) -> PathBuf {
    dir.join("journal/00000000000000000001.frames")
}

/// Where each frame of a segment begins, and where the last ends.
fn frames(segment: &[u8]) -> Vec<usize> {
    let mut found = vec![HEADER];
    while segment[*found.last().unwrap()..].starts_with(b"SCFR") {
        let at = *found.last().unwrap();
        let len = u32::from_be_bytes(segment[at + 44..at + 48].try_into().unwrap());
        found.push(at + HEADER + len as usize);
    }
    found
}

/// A ledger that has nothing but this segment.
fn ledger_of(dir: &Path, segment: &[u8]) {
    if dir.exists() {
        fs::remove_dir_all(dir).unwrap();
    }
    fs::create_dir_all(dir.join("journal")).unwrap();
    fs::write(segment_path(dir), segment).unwrap();
}

/// Each way to spoil the segment: its name, where, and the bytes.
fn spoiled(small: &Small) -> impl Iterator<Item = (bool, usize, Vec<u8>)> + '_ {
    let cuts = (0..small.segment.len()).map(|at| (true, at, small.segment[..at].to_vec()));
    let flips = (0..small.segment.len()).map(|at| {
        let mut bytes = small.segment.clone();
        bytes[at] ^= 1 << (at % 8);
        (false, at, bytes)
    });
    cuts.chain(flips)
}

/// What a reader without a lock sees: whole batches of what was acknowledged, never anything else.
fn check_reader(small: &Small, dir: &Path, why: &str) -> Option<LogError> {
    let reader = match JournalReader::open(dir, &options()) {
        Ok(reader) => reader,
        Err(error @ LogError::Damaged { .. }) => return Some(error),
        Err(error) => panic!("{why}: {error}"),
    };
    let seen = reader.head().seq as usize;
    assert!(AFTER_BATCH.contains(&seen), "{why}: {seen} events");
    assert_eq!(lines(&reader), small.lines[..seen], "{why}");
    reader.fault().cloned()
}

/// With the journal alone: the last batch can be torn, an earlier one is damage.
#[test]
fn a_journal_cut_or_flipped_at_any_byte_is_recovered_or_named() {
    let small = Small::new();
    let temp = scratch().unwrap();
    let dir = temp.path().join("ledger");
    for (cut, at, bytes) in spoiled(&small) {
        let why = format!("{} at {at}", if cut { "cut" } else { "flip" });
        ledger_of(&dir, &bytes);
        let fault = check_reader(&small, &dir, &why);
        let opened = SledLog::open(&dir, options());
        // In which frame it is: 0 to 2, or 3 behind the last.
        let frame = small.frames.iter().filter(|start| **start <= at).count();
        let expected = match (at < HEADER, cut, frame) {
            (true, ..) | (_, false, 1 | 2) => None,
            (_, true, frame) => Some(AFTER_BATCH[frame - 1]),
            (_, false, 3) => Some(4),
            _ => Some(5),
        };
        let Some(count) = expected else {
            let error = opened.err().unwrap_or_else(|| panic!("{why}: opened"));
            assert!(matches!(error, LogError::Damaged { .. }), "{why}: {error}");
            assert_eq!(fault, Some(error), "{why}");
            continue;
        };
        assert_eq!(fault, None, "{why}");
        let mut log = opened.unwrap_or_else(|error| panic!("{why}: {error}"));
        assert_eq!(lines(&log), small.lines[..count], "{why}");
        let torn = log.report().torn.clone();
        let whole = cut && (small.frames.contains(&at) || at > small.end());
        assert_eq!(torn.is_none(), whole, "{why}");
        if let Some(torn) = torn {
            assert_eq!(torn.seq as usize, count + 1, "{why}");
            let start = torn.offset as usize;
            let saved = fs::read(&torn.saved_as).unwrap();
            assert_eq!(bytes[start..start + saved.len()], saved, "{why}");
            assert!(
                bytes[start + saved.len()..].iter().all(|byte| *byte == 0),
                "{why}"
            );
        }
        add(&mut log, 9..=9);
        drop(log);
        let log = SledLog::open(&dir, options()).unwrap();
        assert_eq!(
            (log.head().seq as usize, &log.report().torn),
            (count + 1, &None),
            "{why}"
        );
    }
}

/// With something that covers all events: all of them, or damage.
fn all_or_named(small: &Small, dir: &Path, spare_the_header: bool) {
    for (cut, at, bytes) in spoiled(small) {
        let why = format!("{} at {at}", if cut { "cut" } else { "flip" });
        fs::write(segment_path(dir), &bytes).unwrap();
        check_reader(small, dir, &why);
        match SledLog::open(dir, options()) {
            Ok(log) => {
                let behind = at >= small.end();
                let early = spare_the_header && !cut && at >= HEADER && at < small.frames[2];
                assert!(behind || early, "{why}: opened");
                assert_eq!(lines(&log), small.lines, "{why}");
                assert_eq!(log.find(&Uuid::from_u128(3)).unwrap(), Some(3), "{why}");
            }
            Err(LogError::Damaged { first_bad_seq, .. }) => {
                assert!((1..=6).contains(&first_bad_seq), "{why}: {first_bad_seq}");
                assert!(at < small.end(), "{why}: refused");
            }
            Err(error) => panic!("{why}: {error}"),
        }
    }
}

#[test]
fn what_the_index_covers_is_never_lost_silently() {
    let small = Small::new();
    // The index serves what the journal lost in its older frames, where no open looks again.
    all_or_named(&small, small.dir.path(), true);
    fs::write(segment_path(small.dir.path()), &small.segment).unwrap();
    let log = SledLog::open(small.dir.path(), options()).unwrap();
    assert_eq!(log.report().index, IndexState::Current);
    assert_eq!(lines(&log), small.lines);
}

#[test]
fn what_a_checkpoint_covers_is_never_lost_silently() {
    let small = Small::new();
    let note = small.checkpoint();
    let temp = scratch().unwrap();
    let dir = temp.path().join("ledger");
    for (cut, at, bytes) in spoiled(&small) {
        let why = format!("{} at {at}", if cut { "cut" } else { "flip" });
        // Behind the frames the case without a checkpoint says the same, at length.
        if at > small.end() + 8 {
            continue;
        }
        ledger_of(&dir, &bytes);
        fs::write(dir.join(checkpoint::FILE), &note).unwrap();
        let fault = check_reader(&small, &dir, &why);
        match SledLog::open(&dir, options()) {
            Ok(log) => {
                assert!(at >= small.end(), "{why}: opened");
                assert_eq!(lines(&log), small.lines, "{why}");
                assert_eq!(fault, None, "{why}");
            }
            Err(error @ LogError::Damaged { .. }) => {
                assert!(at < small.end(), "{why}: {error}");
                assert!(fault.is_some(), "{why}: the reader saw nothing");
            }
            Err(error) => panic!("{why}: {error}"),
        }
    }
}

#[test]
fn a_checkpoint_with_another_root_or_no_checkpoint_at_all_is_named() {
    let small = Small::new();
    let path = small.dir.path().join(checkpoint::FILE);
    let signer = Signer::new("ledger", &[7; 32]).unwrap();
    let other = Checkpoint {
        origin: "example.org/ledger".to_owned(),
        size: 5,
        root: [1; 32],
    };
    checkpoint::save(small.dir.path(), &other.sign(&signer).unwrap()).unwrap();
    let opened = SledLog::open(small.dir.path(), options()).err();
    let differs = Damage::CheckpointDiffers { size: 5 };
    assert!(matches!(opened, Some(LogError::Damaged { why, .. }) if why == differs));
    fs::write(&path, "rubbish").unwrap();
    let opened = SledLog::open(small.dir.path(), options()).err();
    assert!(matches!(opened, Some(LogError::BadCheckpoint { .. })));
    let reader = JournalReader::open(small.dir.path(), &options()).unwrap();
    assert_eq!(lines(&reader), small.lines);
    assert!(matches!(
        reader.fault(),
        Some(LogError::BadCheckpoint { .. })
    ));
}

#[test]
fn a_large_batch_without_its_end_is_discarded_whole() {
    let dir = scratch().unwrap();
    let mut log = SledLog::create(dir.path(), LEDGER, options()).unwrap();
    add(&mut log, 1..=2);
    let kept = lines(&log);
    let events = (10..16).map(|number| sized(number, 30_000)).collect();
    log.append(events, &Condition::default()).unwrap();
    drop(log);
    let whole = fs::read(segment_path(dir.path())).unwrap();
    let frames = frames(&whole);
    assert_eq!(frames.len(), 5, "one small frame and three large ones");
    let temp = scratch().unwrap();
    let other = temp.path().join("ledger");
    let zeroed = |from: usize, to: usize| {
        let mut bytes = whole.clone();
        bytes[from..to].fill(0);
        bytes
    };
    // Writes reach the disk in any order: any of the three frames can be missing.
    for spoiled in [
        whole[..frames[3]].to_vec(),
        whole[..frames[2]].to_vec(),
        whole[..frames[3] + 5_000].to_vec(),
        zeroed(frames[1], frames[2]),
        zeroed(frames[2], frames[3]),
        zeroed(frames[3], frames[4]),
    ] {
        ledger_of(&other, &spoiled);
        let reader = JournalReader::open(&other, &options()).unwrap();
        assert_eq!((lines(&reader), reader.fault()), (kept.clone(), None));
        let mut log = SledLog::open(&other, options()).unwrap();
        assert_eq!(lines(&log), kept);
        assert_eq!(log.report().torn.as_ref().unwrap().seq, 3);
        assert_eq!(add(&mut log, 3..=3).first, 3);
    }
    // A later batch proves that this one had been made durable.
    let mut log = SledLog::open(dir.path(), options()).unwrap();
    add(&mut log, 100..=100);
    drop(log);
    let mut bytes = fs::read(segment_path(dir.path())).unwrap();
    bytes[frames[2] + 300] ^= 4;
    ledger_of(&other, &bytes);
    let opened = SledLog::open(&other, options()).err();
    let Some(LogError::Damaged {
        offset,
        first_bad_seq,
        why,
        ..
    }) = opened
    else {
        panic!("damage was taken for a torn tail");
    };
    assert_eq!((offset as usize, why), (frames[2], Damage::Payload));
    let reader = JournalReader::open(&other, &options()).unwrap();
    assert_eq!(lines(&reader), kept);
    assert!(first_bad_seq > 3);
}

fn copy(from: &Path, to: &Path) {
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

/// Opens a ledger with a spoiled index: every event is there, at once and for good.
fn nothing_is_lost(dir: &Path, expected: &[String], why: &str) {
    let log = SledLog::open(dir, options()).unwrap_or_else(|error| panic!("{why}: {error}"));
    assert_eq!(lines(&log), expected, "{why}");
    let ids = 1..=expected.len() as u128;
    for id in ids.clone() {
        match log.find(&Uuid::from_u128(id)) {
            Ok(found) => assert_eq!(found, Some(id as u64), "{why}"),
            Err(LogError::Index { .. }) => break,
            Err(error) => panic!("{why}: {error}"),
        }
    }
    drop(log.tagged(b"t"));
    let suspect = log.index_fault().is_some();
    drop(log);
    let log = SledLog::open(dir, options()).unwrap_or_else(|error| panic!("{why}: {error}"));
    if suspect {
        assert!(
            matches!(log.report().index, IndexState::Rebuilt { .. }),
            "{why}"
        );
    }
    assert_eq!(lines(&log), expected, "{why}");
    assert!(
        ids.clone()
            .all(|id| log.find(&Uuid::from_u128(id)) == Ok(Some(id as u64))),
        "{why}"
    );
    assert_eq!(log.tagged(b"t").unwrap().len(), expected.len(), "{why}");
}

#[test]
fn a_spoiled_index_costs_no_event() {
    let dir = scratch().unwrap();
    let mut log = SledLog::create(dir.path(), LEDGER, options()).unwrap();
    for batch in 0..40u128 {
        add(&mut log, 1 + batch * 10..=10 + batch * 10);
    }
    let expected = lines(&log);
    log.close().unwrap();
    let db = fs::read(dir.path().join("sled/db")).unwrap();
    let used = db.iter().rposition(|byte| *byte != 0).unwrap();
    let temp = scratch().unwrap();
    let other = temp.path().join("ledger");
    let spoil = |spoil: &dyn Fn(&Path), why: &str| {
        if other.exists() {
            fs::remove_dir_all(&other).unwrap();
        }
        copy(dir.path(), &other);
        spoil(&other.join("sled"));
        nothing_is_lost(&other, &expected, why);
    };
    spoil(&|sled| fs::remove_dir_all(sled).unwrap(), "removed");
    spoil(
        &|sled| fs::remove_file(sled.join("db")).unwrap(),
        "db removed",
    );
    spoil(
        &|sled| fs::remove_file(sled.join("conf")).unwrap(),
        "conf removed",
    );
    spoil(
        &|sled| fs::write(sled.join("conf"), "rubbish").unwrap(),
        "conf rubbish",
    );
    spoil(
        &|sled| {
            fs::remove_dir_all(sled).unwrap();
            fs::write(sled, "a file").unwrap();
        },
        "a file in its place",
    );
    for part in 0..12 {
        let at = used * part / 12 + 3;
        let cut = move |sled: &Path| {
            let file = fs::File::options()
                .write(true)
                .open(sled.join("db"))
                .unwrap();
            file.set_len(at as u64).unwrap();
        };
        spoil(&cut, &format!("cut at {at}"));
    }
    for part in 0..24 {
        let at = used * part / 24 + 11;
        let flip = |sled: &Path| {
            let mut bytes = db.clone();
            bytes[at] ^= 1 << (part % 8);
            fs::write(sled.join("db"), bytes).unwrap();
        };
        spoil(&flip, &format!("flip at {at}"));
    }
}

#[test]
fn the_index_of_another_ledger_is_set_aside() {
    let small = Small::new();
    let stranger = scratch().unwrap();
    let id = LedgerId::new([0x5a; 16]);
    let mut log = SledLog::create(stranger.path(), id, options()).unwrap();
    add(&mut log, 1..=50);
    drop(log);
    fs::remove_dir_all(small.dir.path().join("sled")).unwrap();
    copy(
        &stranger.path().join("sled"),
        &small.dir.path().join("sled"),
    );
    let log = SledLog::open(small.dir.path(), options()).unwrap();
    let IndexState::Rebuilt { set_aside, .. } = &log.report().index else {
        panic!("the index of another ledger was used");
    };
    assert!(set_aside.as_ref().unwrap().join("db").exists());
    assert_eq!(lines(&log), small.lines);
}

#[test]
fn an_index_of_another_history_of_the_same_ledger_is_set_aside() {
    let small = Small::new();
    let other = scratch().unwrap();
    let mut log = SledLog::create(other.path(), LEDGER, options()).unwrap();
    add(&mut log, 11..=12);
    drop(log);
    fs::remove_dir_all(small.dir.path().join("sled")).unwrap();
    copy(&other.path().join("sled"), &small.dir.path().join("sled"));
    let log = SledLog::open(small.dir.path(), options()).unwrap();
    assert!(matches!(log.report().index, IndexState::Rebuilt { .. }));
    assert_eq!(log.find(&Uuid::from_u128(11)).unwrap(), None);
    assert_eq!(lines(&log), small.lines);
}

#[test]
fn an_older_journal_under_a_newer_index_is_damage_also_for_a_rebuild() {
    let small = Small::new();
    let mut log = SledLog::open(small.dir.path(), options()).unwrap();
    add(&mut log, 6..=6);
    drop(log);
    fs::write(segment_path(small.dir.path()), &small.segment).unwrap();
    for opened in [
        SledLog::open(small.dir.path(), options()),
        SledLog::rebuild(small.dir.path(), options()),
    ] {
        assert!(matches!(
            opened.err(),
            Some(LogError::Damaged {
                why: Damage::IndexBeyond { seq: 6 },
                first_bad_seq: 6,
                ..
            })
        ));
    }
}

#[test]
fn missing_and_foreign_segments_are_named() {
    let dir = scratch().unwrap();
    let large = || LogOptions {
        segment_bytes: 64 << 20,
        ..options()
    };
    let mut log = SledLog::create(dir.path(), LEDGER, large()).unwrap();
    for batch in 0..4u128 {
        let events = (0..600)
            .map(|number| sized(1 + batch * 600 + number, 60_000))
            .collect();
        log.append(events, &Condition::default()).unwrap();
    }
    for batch in 4..6u128 {
        let events = (0..600)
            .map(|number| sized(1 + batch * 600 + number, 60_000))
            .collect();
        log.append(events, &Condition::default()).unwrap();
    }
    drop(log);
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let journal = dir.path().join("journal");
    let mut names: Vec<_> = fs::read_dir(&journal)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    // Three that are sealed, and the newest.
    assert_eq!(names.len(), 4);
    let why = || match SledLog::open(dir.path(), options()).err() {
        Some(LogError::Damaged {
            why, first_bad_seq, ..
        }) => (why, first_bad_seq),
        other => panic!("{other:?}"),
    };
    for (gone, first_bad) in [(0, 1), (1, 1_201)] {
        let aside = dir.path().join("aside");
        fs::rename(&names[gone], &aside).unwrap();
        assert_eq!(why(), (Damage::Missing, first_bad));
        fs::rename(&aside, &names[gone]).unwrap();
    }
    // Damage in an older segment is no torn tail.
    let mut bytes = fs::read(&names[1]).unwrap();
    let place = bytes.len() / 2;
    bytes[place] ^= 1;
    fs::write(&names[1], &bytes).unwrap();
    assert_eq!(why().0, Damage::Payload);
    bytes[place] ^= 1;
    fs::write(&names[1], &bytes).unwrap();
    // A header of another ledger.
    let stranger = scratch().unwrap();
    drop(SledLog::create(stranger.path(), LedgerId::new([1; 16]), options()).unwrap());
    let header = fs::read(segment_path(stranger.path())).unwrap();
    let newest = fs::read(&names[3]).unwrap();
    fs::write(&names[3], [&header[..HEADER], &newest[HEADER..]].concat()).unwrap();
    assert_eq!(why(), (Damage::Foreign, 3_601));
    let reader = JournalReader::open(dir.path(), &options());
    assert!(reader.is_ok_and(|reader| reader.head().seq == 3_600 && reader.fault().is_some()));
}

#[test]
fn a_later_format_is_not_touched() {
    let small = Small::new();
    let mut bytes = small.segment.clone();
    bytes[19] = 2;
    let crc = crc32c::crc32c(&bytes[..124]).to_be_bytes();
    bytes[124..128].copy_from_slice(&crc);
    fs::write(segment_path(small.dir.path()), &bytes).unwrap();
    let newer = |error: Option<LogError>| {
        assert!(matches!(
            error,
            Some(LogError::NewerFormat {
                found: 2,
                known: 1,
                ..
            })
        ));
    };
    newer(SledLog::open(small.dir.path(), options()).err());
    newer(JournalReader::open(small.dir.path(), &options()).err());
    assert_eq!(fs::read(segment_path(small.dir.path())).unwrap(), bytes);
}

/// Records for ever, and says what was acknowledged. Run by the test below, and killed by it.
#[test]
#[ignore = "runs as a child of another test"]
fn child_writer() {
    let dir = std::env::var_os("SOCAI_TEST_LEDGER").expect("run by a_killed_writer");
    let mut log = SledLog::open(Path::new(&dir), options()).unwrap();
    loop {
        let next = u128::from(log.head().seq) + 1;
        let appended = add(&mut log, next..=next + next % 5);
        println!("acknowledged {}", appended.last);
    }
}

#[test]
fn a_killed_writer_lost_nothing_that_it_acknowledged() {
    let dir = scratch().unwrap();
    drop(SledLog::create(dir.path(), LEDGER, options()).unwrap());
    for round in 1..=3u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_writer", "--ignored", "--nocapture"])
            .env("SOCAI_TEST_LEDGER", dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = 0;
        let heard = said.by_ref().map(Result::unwrap).filter_map(|line| {
            line.split("acknowledged ")
                .nth(1)
                .map(|seq| seq.parse::<u64>().unwrap())
        });
        for seq in heard.take(100) {
            acknowledged = seq;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let log = SledLog::open(dir.path(), options()).unwrap();
        let seen = lines(&log).len() as u64;
        assert!(acknowledged > 0 && seen >= acknowledged, "round {round}");
        assert_eq!(log.find(&Uuid::from_u128(seen.into())).unwrap(), Some(seen));
    }
}

#[test]
fn a_reader_beside_a_writer_sees_whole_batches() {
    let dir = scratch().unwrap();
    let mut log = SledLog::create(dir.path(), LEDGER, options()).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut reader = JournalReader::open(dir.path(), &options()).unwrap();
            let mut looks = 0;
            loop {
                let last = done.load(Ordering::SeqCst);
                reader.refresh().unwrap();
                assert_eq!(reader.fault(), None);
                let seq = reader.head().seq;
                assert_eq!(seq % 7, 0, "a part of a batch was seen");
                let tail: Vec<_> = reader.read(seq.saturating_sub(20), seq).unwrap().collect();
                assert!(tail.iter().all(Result::is_ok));
                looks += 1;
                if last {
                    return (looks, lines(&reader));
                }
            }
        });
        for batch in 0..300u128 {
            let size = if batch % 50 == 0 { 400_000 / 7 } else { 100 };
            let events = (0..7)
                .map(|number| sized(1 + batch * 7 + number, size))
                .collect();
            log.append(events, &Condition::default()).unwrap();
        }
        done.store(true, Ordering::SeqCst);
        let (looks, seen) = reading.join().unwrap();
        assert!(looks > 0);
        assert_eq!(seen, lines(&log));
    });
}
