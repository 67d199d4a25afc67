//! One contract for every log: the same suite runs on the log in memory and the one on disk.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod cases;
mod log_setup;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cases::cases;
use log_setup::*;
use proptest::prelude::*;
use socai::log::merkle::{leaf_hash, root};
use socai::log::{
    ClockFault, Condition, EventLog, EventRead, GroupCommit, IndexState, JournalReader, LogError,
    LogOptions, MAX_BATCH_EVENTS, MAX_EVENT_BYTES, MemoryLog, NewEvent, SledLog,
};
use uuid::Uuid;

/// Makes empty logs.
trait Maker {
    type Log: EventLog + 'static;
    fn make(options: LogOptions) -> (tempfile::TempDir, Self::Log);
}

struct Memory;

impl Maker for Memory {
    type Log = MemoryLog;
    fn make(options: LogOptions) -> (tempfile::TempDir, MemoryLog) {
        (
            tempfile::tempdir().unwrap(),
            MemoryLog::new(LEDGER, options),
        )
    }
}

struct Disk;

impl Maker for Disk {
    type Log = SledLog;
    fn make(options: LogOptions) -> (tempfile::TempDir, SledLog) {
        let dir = tempfile::tempdir().unwrap();
        let log = SledLog::create(dir.path(), LEDGER, options).unwrap();
        (dir, log)
    }
}

fn refused(result: Result<socai::log::Appended, LogError>) -> LogError {
    result.expect_err("the append must be refused")
}

fn numbers_have_no_gaps<M: Maker>() {
    let (_dir, mut log) = M::make(options());
    assert_eq!((log.head().seq, log.ledger()), (0, LEDGER));
    let first = add(&mut log, 1..=1);
    assert_eq!((first.first, first.last, first.at_ms), (1, 1, NOON));
    let second = add(&mut log, 2..=4);
    assert_eq!((second.first, second.last), (2, 4));
    let seqs: Vec<u64> = log
        .read(1, 9)
        .unwrap()
        .map(|event| event.unwrap().seq)
        .collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
    let stored: Vec<_> = log.read(2, 4).unwrap().map(Result::unwrap).collect();
    assert_eq!(stored, second.events);
    assert_eq!(
        lines(&log)[0],
        concat!(
            r#"{"at":"2023-04-12T03:04:05.678Z","id":"00000000-0000-0000-0000-000000000001","#,
            r#""ledger":"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5","seq":1,"type":"t"}"#
        )
    );
    let leaves: Vec<_> = lines(&log)
        .iter()
        .map(|line| leaf_hash(line.as_bytes()))
        .collect();
    assert_eq!(log.head().root, root(&leaves));
}

fn a_range_is_what_was_asked_for<M: Maker>() {
    let (_dir, mut log) = M::make(options());
    assert_eq!(log.read(1, 5).unwrap().count(), 0);
    add(&mut log, 1..=3);
    add(&mut log, 4..=400);
    for (from, to, expected) in [
        (0, 2, 1..=2),
        (2, 3, 2..=3),
        (3, 5, 3..=5),
        (399, 900, 399..=400),
        (17, 17, 17..=17),
    ] {
        let seqs: Vec<u64> = log
            .read(from, to)
            .unwrap()
            .map(|it| it.unwrap().seq)
            .collect();
        assert_eq!(seqs, expected.collect::<Vec<_>>());
    }
    for (from, to) in [(5, 4), (401, 500), (0, 0), (u64::MAX, u64::MAX)] {
        assert_eq!(log.read(from, to).unwrap().count(), 0, "{from} to {to}");
    }
}

fn an_id_stands_once<M: Maker>() {
    let (_dir, mut log) = M::make(options());
    add(&mut log, 1..=3);
    let head = log.head();
    let none = Condition::default();
    let again = refused(log.append(vec![event(8), event(2)], &none));
    let id = Uuid::from_u128(2);
    assert_eq!(again, LogError::IdExists { id, seq: 2 });
    let twice = refused(log.append(vec![event(9), event(10), event(9)], &none));
    let id = Uuid::from_u128(9);
    assert_eq!(twice, LogError::IdExists { id, seq: 4 });
    assert_eq!(log.head(), head);
    assert_eq!(log.find(&Uuid::from_u128(3)).unwrap(), Some(3));
    assert_eq!(log.find(&Uuid::from_u128(8)).unwrap(), None);
    assert_eq!(add(&mut log, 8..=9).first, 4);
}

fn tags_lead_to_events<M: Maker>() {
    let (_dir, mut log) = M::make(options());
    let none = Condition::default();
    log.append(vec![about(1, "h1"), about(2, "h10"), about(3, "h1")], &none)
        .unwrap();
    log.append(vec![about(4, "h1")], &none).unwrap();
    assert_eq!(log.tagged(b"h1").unwrap(), [1, 3, 4]);
    assert_eq!(log.tagged(b"h10").unwrap(), [2]);
    assert_eq!(log.tagged(b"h").unwrap(), Vec::<u64>::new());
    assert_eq!(log.tagged(&[b'h'; 300]).unwrap(), Vec::<u64>::new());
    assert_eq!(log.tagged(b"t").unwrap(), [1, 2, 3, 4]);
}

fn a_condition_is_checked_in_the_same_step<M: Maker>() {
    let (_dir, mut log) = M::make(options());
    let none = Condition::default();
    log.append(vec![about(1, "h1"), about(2, "h2")], &none)
        .unwrap();
    let unless = |tags: &[&str], after| Condition {
        fail_if_any: tags.iter().map(|tag| tag.as_bytes().to_vec()).collect(),
        after,
    };
    let failed = refused(log.append(vec![about(3, "h1")], &unless(&["h3", "h1"], None)));
    assert_eq!(failed, LogError::ConditionFailed { seq: 1 });
    let failed = refused(log.append(vec![about(3, "h2")], &unless(&["h2"], Some(1))));
    assert_eq!(failed, LogError::ConditionFailed { seq: 2 });
    assert_eq!(log.head().seq, 2);
    log.append(vec![about(3, "h2")], &unless(&["h1", "h2"], Some(2)))
        .unwrap();
    log.append(vec![about(4, "h3")], &unless(&["h3"], None))
        .unwrap();
}

fn a_group_fails_batch_by_batch<M: Maker>() {
    let (_dir, mut log) = M::make(options());
    let none = Condition::default;
    let unless = |tag: &str| Condition {
        fail_if_any: vec![tag.as_bytes().to_vec()],
        after: None,
    };
    let answers = log.append_group(vec![
        (vec![about(1, "h1"), about(2, "h2")], none()),
        (vec![about(3, "h9"), about(1, "h3")], none()),
        (vec![about(4, "h2")], unless("h2")),
        (vec![about(3, "h3")], unless("h9")),
        (Vec::new(), none()),
        (vec![about(5, "h5"), about(6, "h5")], unless("h5")),
    ]);
    let id = Uuid::from_u128(1);
    let spans: Vec<_> = answers
        .iter()
        .map(|answer| {
            answer
                .as_ref()
                .map(|it| (it.first, it.last, it.events.len()))
        })
        .collect();
    assert_eq!(
        spans,
        [
            Ok((1, 2, 2)),
            Err(&LogError::IdExists { id, seq: 1 }),
            Err(&LogError::ConditionFailed { seq: 2 }),
            Ok((3, 3, 1)),
            Err(&LogError::EmptyBatch),
            Ok((4, 5, 2)),
        ]
    );
    assert_eq!(
        answers[3].as_ref().unwrap().events[0].id,
        Uuid::from_u128(3)
    );
    assert_eq!(log.head().seq, 5);
    assert_eq!(log.tagged(b"h5").unwrap(), [4, 5]);
}

fn what_is_too_large_is_refused_before_anything_is_written<M: Maker>() {
    let (_dir, mut log) = M::make(options());
    let none = Condition::default();
    let overhead = log.append(vec![sized(1, 0)], &none).unwrap().events[0]
        .bytes
        .len();
    let largest = log
        .append(vec![sized(2, MAX_EVENT_BYTES - overhead)], &none)
        .unwrap();
    assert_eq!(largest.events[0].bytes.len(), MAX_EVENT_BYTES);
    let head = log.head();
    let over = refused(log.append(
        vec![event(3), sized(4, MAX_EVENT_BYTES - overhead + 1)],
        &none,
    ));
    let id = Uuid::from_u128(4);
    assert_eq!(
        over,
        LogError::EventTooLarge {
            id,
            bytes: MAX_EVENT_BYTES + 1
        }
    );
    assert_eq!(refused(log.append(Vec::new(), &none)), LogError::EmptyBatch);
    let many = (10..).take(MAX_BATCH_EVENTS + 1).map(event).collect();
    assert!(matches!(
        refused(log.append(many, &none)),
        LogError::BatchTooLarge {
            events: 1_000_001,
            ..
        }
    ));
    let mut long_tag = event(3);
    long_tag.tags.push(vec![0; 256]);
    assert!(matches!(
        refused(log.append(vec![long_tag], &none)),
        LogError::TagTooLong { bytes: 256, .. }
    ));
    assert_eq!(log.head(), head);
}

fn a_suspect_clock_is_refused<M: Maker>() {
    let clock = Arc::new(TestClock(AtomicI64::new(NOON)));
    let mut wanted = options_at(&clock);
    wanted.not_before_ms = NOON - 1;
    let (_dir, mut log) = M::make(wanted);
    add(&mut log, 1..=1);
    clock.0.store(NOON - 1, Ordering::SeqCst);
    assert_eq!(add(&mut log, 2..=2).at_ms, NOON);
    clock.0.store(NOON + 401 * 86_400_000, Ordering::SeqCst);
    let none = Condition::default();
    let suspect = refused(log.append(vec![event(3)], &none));
    assert!(matches!(
        suspect,
        LogError::ClockSuspect {
            fault: ClockFault::FarAhead,
            ..
        }
    ));
    clock.0.store(NOON - 2, Ordering::SeqCst);
    let suspect = refused(log.append(vec![event(3)], &none));
    assert!(matches!(
        suspect,
        LogError::ClockSuspect {
            fault: ClockFault::BeforeProgram,
            ..
        }
    ));
    assert_eq!(log.head().seq, 2);
}

fn eight_threads_share_one_writer<M: Maker>() {
    let (_dir, log) = M::make(options());
    let writer = GroupCommit::start(log, 64).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8u128 {
            let handle = writer.handle();
            scope.spawn(move || {
                for step in 0..25u128 {
                    let base = 1 + (thread * 25 + step) * 2;
                    let events: Vec<NewEvent> = vec![event(base), event(base + 1)];
                    let appended = handle.append(events, Condition::default()).unwrap();
                    assert_eq!(appended.last, appended.first + 1);
                    let found = handle
                        .read(move |log| log.find(&Uuid::from_u128(base + 1)))
                        .unwrap()
                        .unwrap();
                    assert_eq!(found, Some(appended.last));
                }
            });
        }
    });
    let handle = writer.handle();
    let log = writer.stop().unwrap();
    assert_eq!(
        handle.append(vec![event(9_999)], Condition::default()),
        Err(LogError::Closed)
    );
    assert_eq!(log.head().seq, 400);
    let events: Vec<_> = log.read(1, 400).unwrap().map(Result::unwrap).collect();
    // A batch stands together, whichever thread it came from.
    for pair in events.chunks(2) {
        assert_eq!(pair[0].id.as_u128() + 1, pair[1].id.as_u128());
        assert_eq!(pair[0].seq + 1, pair[1].seq);
    }
}

macro_rules! contract {
    ($($name:ident),+ $(,)?) => {
        mod memory {
            $(#[test] fn $name() { super::$name::<super::Memory>(); })+
        }
        mod disk {
            $(#[test] fn $name() { super::$name::<super::Disk>(); })+
        }
    };
}

contract!(
    numbers_have_no_gaps,
    a_range_is_what_was_asked_for,
    an_id_stands_once,
    tags_lead_to_events,
    a_condition_is_checked_in_the_same_step,
    a_group_fails_batch_by_batch,
    what_is_too_large_is_refused_before_anything_is_written,
    a_suspect_clock_is_refused,
    eight_threads_share_one_writer,
);

#[test]
fn a_log_on_disk_is_the_same_after_it_is_opened_again() {
    let (dir, mut log) = Disk::make(options());
    add(&mut log, 1..=3);
    add(&mut log, 4..=4);
    let (head, events) = (log.head(), lines(&log));
    log.close().unwrap();
    let mut log = SledLog::open(dir.path(), options()).unwrap();
    assert_eq!(log.report().index, IndexState::Current);
    assert_eq!((log.head(), lines(&log)), (head, events));
    assert_eq!(log.find(&Uuid::from_u128(4)).unwrap(), Some(4));
    assert_eq!(add(&mut log, 5..=5).first, 5);
    drop(log);
    let rebuilt = SledLog::rebuild(dir.path(), options()).unwrap();
    assert!(matches!(rebuilt.report().index, IndexState::Rebuilt { .. }));
    assert_eq!(rebuilt.tagged(b"t").unwrap(), [1, 2, 3, 4, 5]);
    let reader = JournalReader::open(dir.path(), &options()).unwrap();
    assert_eq!(
        (reader.head(), lines(&reader)),
        (rebuilt.head(), lines(&rebuilt))
    );
    assert_eq!(reader.tagged(b"t").unwrap(), [1, 2, 3, 4, 5]);
    assert_eq!(reader.find(&Uuid::from_u128(2)).unwrap(), Some(2));
    assert_eq!(reader.fault(), None);
}

#[test]
fn one_writer_at_a_time_and_any_number_of_readers() {
    let (dir, mut log) = Disk::make(options());
    let at_once = || LogOptions {
        wait: None,
        ..options()
    };
    let second = SledLog::open(dir.path(), at_once()).err();
    assert!(matches!(second, Some(LogError::Locked { .. })));
    let exists = SledLog::create(dir.path(), LEDGER, at_once()).err();
    assert!(matches!(exists, Some(LogError::Locked { .. })));
    let mut reader = JournalReader::open(dir.path(), &options()).unwrap();
    assert_eq!(reader.head(), log.head());
    add(&mut log, 1..=5);
    assert_eq!(reader.head().seq, 0);
    assert_eq!(reader.refresh().unwrap(), 5);
    assert_eq!(lines(&reader), lines(&log));
    drop(log);
    let exists = SledLog::create(dir.path(), LEDGER, options()).err();
    assert!(matches!(exists, Some(LogError::LedgerExists { .. })));
}

#[test]
fn who_waits_gets_the_lock() {
    let (dir, log) = Disk::make(options());
    let mut patient = options();
    patient.wait = Some(std::time::Duration::from_secs(60));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| SledLog::open(dir.path(), patient).map(|log| log.head()));
        log.close().unwrap();
        assert_eq!(waiting.join().unwrap().unwrap().seq, 0);
    });
}

#[test]
fn a_folder_without_a_journal_is_no_ledger_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let opened = SledLog::open(dir.path(), options()).err();
    assert!(matches!(opened, Some(LogError::NotALedger { .. })));
    let read = JournalReader::open(dir.path(), &options()).err();
    assert!(matches!(read, Some(LogError::NotALedger { .. })));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, log) = Disk::make(options());
    let mode = |name: &str| {
        let path = dir.path().join(name);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("journal"), 0o700);
    assert_eq!(mode("sled"), 0o700);
    assert_eq!(mode("journal/00000000000000000001.frames"), 0o600);
    assert_eq!(mode("lock"), 0o600);
    drop(log);
}

#[test]
fn a_bulk_load_fills_segments_and_is_found_again() {
    let (dir, mut log) = Disk::make(options());
    let none = Condition::default();
    for batch in 0..3u128 {
        let events = (0..600)
            .map(|number| sized(1 + batch * 600 + number, 60_000))
            .collect();
        log.append(events, &none).unwrap();
    }
    let head = log.head();
    let segments = || {
        let entries = std::fs::read_dir(dir.path().join("journal")).unwrap();
        // A segment is known by its first number, whether its frames are there or it is sealed.
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name[..20].to_owned()
        };
        entries
            .map(name)
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    };
    assert_eq!(segments(), 4);
    add(&mut log, 5_000..=5_000);
    let seqs = |log: &dyn EventRead| -> Vec<u64> {
        log.read(1_190, 1_210)
            .unwrap()
            .map(|event| event.unwrap().seq)
            .collect()
    };
    let expected: Vec<u64> = (1_190..=1_210).collect();
    assert_eq!(seqs(&log), expected);
    drop(log);
    let reader = JournalReader::open(dir.path(), &options()).unwrap();
    assert_eq!(seqs(&reader), expected);
    assert_eq!((reader.head().seq, reader.fault()), (head.seq + 1, None));
    std::fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let log = SledLog::open(dir.path(), options()).unwrap();
    assert_eq!((log.head(), seqs(&log)), (reader.head(), expected));
    assert!(
        !dir.path()
            .join("sled/blobs")
            .read_dir()
            .is_ok_and(|mut it| it.next().is_some())
    );
}

/// One step of a random history.
#[derive(Debug, Clone)]
enum Move {
    Append(Vec<(u8, u8)>, Option<(u8, u8)>),
    Reopen,
    LoseIndex,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let event = (any::<u8>(), 0u8..4);
    let condition = prop::option::weighted(0.3, (0u8..4, 0u8..20));
    let append = (prop::collection::vec(event, 0..6), condition);
    let step = prop_oneof![
        12 => append.prop_map(|(events, condition)| Move::Append(events, condition)),
        1 => Just(Move::Reopen),
        1 => Just(Move::LoseIndex),
    ];
    prop::collection::vec(step, 1..25)
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn any_history_gives_the_same_log_in_memory_and_on_disk(moves in moves()) {
        let (_, mut memory) = Memory::make(options());
        let (dir, disk) = Disk::make(options());
        let mut disk = Some(disk);
        for step in moves {
            match step {
                Move::Append(events, condition) => {
                    let events: Vec<NewEvent> = events
                        .iter()
                        .map(|(number, subject)| about((*number).into(), &format!("h{subject}")))
                        .collect();
                    let condition = Condition {
                        fail_if_any: condition
                            .iter()
                            .map(|(subject, _)| format!("h{subject}").into_bytes())
                            .collect(),
                        after: condition.map(|(_, after)| after.into()),
                    };
                    let expected = memory.append(events.clone(), &condition);
                    prop_assert_eq!(disk.as_mut().unwrap().append(events, &condition), expected);
                }
                Move::Reopen | Move::LoseIndex => {
                    drop(disk.take());
                    if matches!(step, Move::LoseIndex) {
                        std::fs::remove_dir_all(dir.path().join("sled")).unwrap();
                    }
                    disk = Some(SledLog::open(dir.path(), options()).unwrap());
                }
            }
        }
        let disk = disk.unwrap();
        prop_assert_eq!(disk.head(), memory.head());
        prop_assert_eq!(lines(&disk), lines(&memory));
        for subject in ["h0", "h1", "h2", "h3"] {
            prop_assert_eq!(disk.tagged(subject.as_bytes()), memory.tagged(subject.as_bytes()));
        }
    }
}
