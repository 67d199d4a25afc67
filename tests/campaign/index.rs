//! sled damaged in every way that was measured to hurt it: bits, pages, cuts and missing files, on
//! a folder that was closed in order and on one that was opened again. Always every event is there;
//! what cannot be used is set aside as `sled.damaged-<time>` and built anew.

use std::fs;
use std::path::Path;

use socai::log::{EventRead, IndexState, LogError, SledLog};
use uuid::Uuid;

use crate::common::*;
use crate::log_setup::options;

/// So many that ids, tags and events also stand in the files beside sled's own.
const EVENTS: u64 = 6_000;
const WAYS: [&str; 14] = [
    "one bit flipped",
    "one page zeroed",
    "one page of rubbish",
    "cut",
    "db missing",
    "conf missing",
    "conf rubbish",
    "all missing",
    "run. bit",
    "run. cut",
    "run. missing",
    "blocks bit",
    "blocks cut",
    "blocks missing",
];

/// Damages the first file beside sled's own whose name begins so, if there is one.
fn damage_beside(sled: &Path, name: &str, how: &str, dice: &mut Dice) {
    let paths = fs::read_dir(sled)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let named = |path: &std::path::PathBuf| {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        file.starts_with(name)
    };
    let Some(path) = paths.filter(named).min() else {
        return;
    };
    let mut bytes = fs::read(&path).unwrap();
    match how {
        "missing" => return fs::remove_file(path).unwrap(),
        _ if bytes.is_empty() => return,
        "cut" => bytes.truncate(dice.below(bytes.len() as u64) as usize),
        _ => {
            let at = dice.below(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << dice.below(8);
        }
    }
    fs::write(path, bytes).unwrap();
}

fn damage(sled: &Path, way: &str, dice: &mut Dice) {
    if let Some((name @ ("run." | "blocks"), how)) = way.split_once(' ') {
        return damage_beside(sled, name, how, dice);
    }
    let db = sled.join("db");
    let content = fs::read(&db).unwrap();
    let used = content.iter().rposition(|byte| *byte != 0).unwrap_or(0) as u64;
    let at = dice.below(used) as usize;
    let page = |bytes: &mut [u8], what: u8| {
        let from = at / 4_096 * 4_096;
        let to = bytes.len().min(from + 4_096);
        bytes[from..to].fill(what);
    };
    let mut spoiled = content;
    match way {
        "one bit flipped" => spoiled[at] ^= 1 << dice.below(8),
        "one page zeroed" => page(&mut spoiled, 0),
        "one page of rubbish" => page(&mut spoiled, 0xa7),
        "cut" => spoiled.truncate(at),
        "db missing" => return fs::remove_file(&db).unwrap(),
        "conf missing" => return fs::remove_file(sled.join("conf")).unwrap(),
        "conf rubbish" => return fs::write(sled.join("conf"), "rubbish").unwrap(),
        _ => return fs::remove_dir_all(sled).unwrap(),
    }
    fs::write(&db, spoiled).unwrap();
}

/// The newest snapshot of sled, if it has made one.
fn snapshot(sled: &Path) -> Option<std::path::PathBuf> {
    let names = fs::read_dir(sled)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    names
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("snap.")
        })
        .max()
}

#[derive(Debug, Default)]
struct Count {
    harmless: u64,
    caught_up: u64,
    rebuilt_at_open: u64,
    rebuilt_later: u64,
}

fn is_rebuilt(log: &SledLog, dir: &Path) -> bool {
    let IndexState::Rebuilt { set_aside, .. } = &log.report().index else {
        return false;
    };
    if let Some(aside) = set_aside {
        let name = aside.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with("sled.damaged-") && aside.exists());
        assert_eq!(aside.parent(), Some(dir));
    }
    true
}

/// Opens a ledger with a damaged index, twice: everything is there.
fn survives(dir: &Path, count: &mut Count) {
    let log = SledLog::open(dir, options()).unwrap();
    check_events(&log, EVENTS);
    let at_open = is_rebuilt(&log, dir);
    let behind = matches!(log.report().index, IndexState::CaughtUp { .. });
    for id in (1..=EVENTS).step_by(37) {
        match log.find(&Uuid::from_u128(id.into())) {
            Ok(found) => assert_eq!(found, Some(id)),
            Err(LogError::Index { .. }) => break,
            Err(error) => panic!("{error:?}"),
        }
    }
    match log.tagged(b"t") {
        Ok(found) => assert_eq!(found.len() as u64, EVENTS),
        Err(LogError::Index { .. }) => {}
        Err(error) => panic!("{error:?}"),
    }
    let suspect = log.index_fault().is_some();
    drop(log);
    let log = SledLog::open(dir, options()).unwrap();
    let later = is_rebuilt(&log, dir);
    assert!(later || !suspect, "a bad index was kept");
    check_events(&log, EVENTS);
    drop(log);
    drop(check_ledger(dir, EVENTS));
    match (at_open, later) {
        (true, _) => count.rebuilt_at_open += 1,
        (_, true) => count.rebuilt_later += 1,
        _ if behind => count.caught_up += 1,
        _ => count.harmless += 1,
    }
}

#[test]
fn a_damaged_index_is_set_aside_and_costs_no_event() {
    let mut dice = Dice::new(30);
    let temp = tempfile::tempdir().unwrap();
    let (closed, reopened) = (temp.path().join("closed"), temp.path().join("reopened"));
    old_ledger(&closed, EVENTS);
    copy(&closed, &reopened);
    drop(SledLog::open(&reopened, options()).unwrap());
    let rounds = rounds(1).div_ceil(WAYS.len() as u64 * 2);
    let dir = temp.path().join("damaged");
    let mut copies = 0;
    for (state, from) in [("closed", &closed), ("opened again", &reopened)] {
        for way in WAYS.iter().chain(&["snapshot bit", "snapshot cut"]) {
            let mut count = Count::default();
            for _ in 0..rounds {
                drop(fs::remove_dir_all(&dir));
                copy(from, &dir);
                let sled = dir.join("sled");
                match (*way, snapshot(&sled)) {
                    ("snapshot bit" | "snapshot cut", None) => continue,
                    ("snapshot bit", Some(path)) => {
                        let mut bytes = fs::read(&path).unwrap();
                        let at = dice.below(bytes.len() as u64) as usize;
                        bytes[at] ^= 1 << dice.below(8);
                        fs::write(path, bytes).unwrap();
                    }
                    ("snapshot cut", Some(path)) => {
                        let bytes = fs::read(&path).unwrap();
                        let at = dice.below(bytes.len() as u64) as usize;
                        fs::write(path, &bytes[..at]).unwrap();
                    }
                    _ => damage(&sled, way, &mut dice),
                }
                survives(&dir, &mut count);
                copies += 1;
            }
            println!("sled {state}, {way}: {count:?}");
        }
    }
    println!("sled damaged: {copies} copies, 0 events lost");
}

/// A damaged index under the program itself: the command does its work, says what happened, and no
/// panic of sled reaches the screen.
#[test]
fn the_program_says_it_in_its_own_words() {
    let mut dice = Dice::new(31);
    let office = crate::kill::Office::new();
    let rounds = rounds(4);
    let ledger = office.temp.path().join("damaged");
    let mut rebuilt = 0;
    for round in 0..rounds as usize {
        drop(fs::remove_dir_all(&ledger));
        copy(&office.base, &ledger);
        damage(&ledger.join("sled"), WAYS[round % WAYS.len()], &mut dice);
        let words = "record support --kind tuition_waiver --household H7 --amount 150000 --on \
                     2023-04-02 --source state_budget";
        let words: Vec<&str> = words.split_whitespace().collect();
        let output = office.command(&ledger, &words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(!said.contains("panicked"), "{said}");
        let aside = fs::read_dir(&ledger).unwrap().any(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.starts_with("sled.damaged-")
        });
        rebuilt += u64::from(aside);
    }
    println!("sled damaged under the program: {rounds} commands, {rebuilt} set aside, 0 failed");
}
