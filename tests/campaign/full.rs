//! A disk that is really full: a small file system in memory, filled by a file beside the ledger.
//! What cannot be recorded is refused with its own error, reading goes on, and when there is space
//! again everything goes on.

use std::fs;
use std::path::Path;
use std::process::Command;

use socai::log::{EventRead, JournalReader, LogError, SledLog};

use crate::common::*;
use crate::log_setup::{LEDGER, options};
use crate::power::in_own_mounts;

#[test]
fn a_full_disk_refuses_and_recovers() {
    let try_out = "d=$(mktemp -d) && mount -t tmpfs -o size=1m none $d && umount $d; s=$?; \
                   rmdir $d; exit $s";
    in_own_mounts("full::inside", try_out);
}

/// Takes all the space that is left, down to the last byte.
fn fill(path: &Path) {
    use std::io::Write as _;
    let mut file = fs::File::options()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    for size in [1 << 20, 4_096, 512, 1] {
        while file.write_all(&vec![1; size]).is_ok() {}
    }
}

#[test]
#[ignore = "runs in a mount space of its own"]
fn inside() {
    let temp = tempfile::tempdir().unwrap();
    let place = temp.path().display().to_string();
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=120m", "none", &place])
        .status();
    assert!(mount.unwrap().success());
    let rounds = rounds(2);
    for round in 0..rounds {
        library(
            &temp.path().join("ledger"),
            &temp.path().join("ballast"),
            round,
        );
    }
    println!("full disk, library: {rounds} rounds, 0 lost, all refused and taken up again");
    let passes = rounds.div_ceil(2);
    let mut told = [0; 5];
    for pass in 0..passes {
        program(temp.path(), pass, &mut told);
    }
    println!(
        "full disk, program: {passes} passes; refused as disk_full: record {}, import {}, backup {}, \
         erase {}, checkpoint {}; figures and events went on, all was done after space was freed",
        told[0], told[1], told[2], told[3], told[4]
    );
    assert!(
        Command::new("umount")
            .arg(&place)
            .status()
            .unwrap()
            .success()
    );
}

fn library(dir: &Path, ballast: &Path, round: u64) {
    drop(fs::remove_dir_all(dir));
    // Some ledgers seal a segment every few appends, also while there is no room for the copy.
    let mut options = options();
    if round % 3 == 1 {
        options.segment_bytes = 20_000;
    }
    let mut log = SledLog::create(dir, LEDGER, options.clone()).unwrap();
    let size = 1 + round % 50;
    while log.head().seq < 400 {
        append(&mut log, size, 300).unwrap();
    }
    fill(ballast);
    // What is filled ahead can still be used; then it is over.
    let mut acknowledged = log.head().seq;
    let error = loop {
        match append(&mut log, size, 300) {
            Ok(last) => acknowledged = last,
            Err(error) => break error,
        }
    };
    assert_eq!(error, LogError::Full);
    for _ in 0..3 {
        assert_eq!(append(&mut log, 1, 60_000), Err(LogError::Full));
    }
    assert_eq!(log.head().seq, acknowledged);
    check_events(&log, acknowledged);
    let reader = JournalReader::open(dir, &options).unwrap();
    assert_eq!((reader.head().seq, reader.fault()), (acknowledged, None));
    check_events(&reader, acknowledged);
    // Closed and opened while it is full: reading goes on whatever the writer says.
    let reopen = round.is_multiple_of(2);
    if reopen {
        drop(log);
        match SledLog::open(dir, options.clone()) {
            Ok(log) => check_events(&log, acknowledged),
            Err(LogError::Full | LogError::Index { .. } | LogError::Io { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
        check_events(&JournalReader::open(dir, &options).unwrap(), acknowledged);
        fs::remove_file(ballast).unwrap();
    } else {
        fs::remove_file(ballast).unwrap();
        assert_eq!(append(&mut log, size, 300).unwrap(), acknowledged + size);
        acknowledged += size;
        drop(log);
    }
    drop(check_ledger(dir, acknowledged));
}

/// What a command said, and whether it succeeded.
fn socai(dir: &Path, words: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_socai"))
        .args(["--format", "json", "--ledger"])
        .arg(dir)
        .env("SOCAI_BY", "clerk")
        .args(words)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(!err.contains("panicked"), "{words:?}: {err}");
    (output.status.success(), out, err)
}

/// The program: what cannot be done says that the disk is full, and is done afterwards.
fn program(place: &Path, pass: u64, told: &mut [u64; 5]) {
    let (dir, ballast) = (place.join("office"), place.join("ballast"));
    drop(fs::remove_dir_all(&dir));
    let list = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = list.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let must = |words: &[&str]| {
        let (done, out, err) = socai(&dir, words);
        assert!(done, "{words:?}: {err}");
        out
    };
    let rows = |from: u64, to: u64| {
        let rows = (from..to).map(|n| format!("H{n},Nông Thị {n},Cao Lộc\n"));
        format!("household,head,village\n{}", rows.collect::<String>())
    };
    let few = write("few.csv", rows(1, 50 + 150 * (pass % 4)));
    let many = write("many.csv", rows(1, 2_000 + 500 * (pass % 5)));
    must(&["init", "--unit", "01990", "--name", "Lục Bình"]);
    must(&["import", "households", &few]);
    let figures = ["figures", "--period", "2023"];
    let before = must(&figures);
    fill(&ballast);
    let record = "record support --kind tuition_waiver --household H7 --amount 150000 --on \
                  2023-04-02 --source state_budget";
    let record: Vec<&str> = record.split_whitespace().collect();
    let import = ["import", "households", many.as_str()];
    let copy = place.join("copy.socai").display().to_string();
    let backup = ["backup", copy.as_str()];
    let erase = ["subject", "erase", "H9", "--basis", "Luật"];
    let checkpoint = ["checkpoint"];
    let mut recorded = 0;
    // The space that was filled ahead takes some more.
    while recorded < 400 && socai(&dir, &record).0 {
        recorded += 1;
    }
    let tries: [&[&str]; 5] = [&record, &import, &backup, &erase, &checkpoint];
    for (told, words) in told.iter_mut().zip(tries) {
        let (done, _, err) = socai(&dir, words);
        assert!(!done, "{words:?} succeeded on a full disk");
        let full = err.contains("\"disk_full\"") || err.contains("os error 28");
        assert!(full, "{words:?}: {err}");
        *told += 1;
    }
    assert!(!Path::new(&copy).exists(), "a part of a backup");
    let now = must(&figures);
    if recorded == 0 {
        assert_eq!(now, before);
    }
    must(&["events", "--raw"]);
    must(&["household", "show", "H9"]);
    fs::remove_file(&ballast).unwrap();
    for words in tries {
        must(words);
    }
    must(&["verify", "--full"]);
    must(&["backup", "verify", &copy]);
    fs::remove_file(&copy).unwrap();
}
