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
    program(temp.path());
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
    let mut log = SledLog::create(dir, LEDGER, options()).unwrap();
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
    let reader = JournalReader::open(dir, &options()).unwrap();
    assert_eq!((reader.head().seq, reader.fault()), (acknowledged, None));
    check_events(&reader, acknowledged);
    // Closed and opened while it is full: reading goes on whatever the writer says.
    let reopen = round.is_multiple_of(2);
    if reopen {
        drop(log);
        match SledLog::open(dir, options()) {
            Ok(log) => check_events(&log, acknowledged),
            Err(LogError::Full | LogError::Index { .. } | LogError::Io { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
        check_events(&JournalReader::open(dir, &options()).unwrap(), acknowledged);
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

/// The program: `record` and `import` say that the disk is full, and succeed afterwards.
fn program(place: &Path) {
    let (dir, ballast) = (place.join("office"), place.join("ballast"));
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
    let rows = |from: u32, to: u32| {
        let rows = (from..to).map(|n| format!("H{n},Nông Thị {n},Cao Lộc\n"));
        format!("household,head,village\n{}", rows.collect::<String>())
    };
    let few = write("few.csv", rows(1, 50));
    let many = write("many.csv", rows(1, 3_000));
    must(&["init", "--unit", "01990", "--name", "Lục Bình"]);
    must(&["import", "households", &few]);
    let figures = ["figures", "--period", "2023"];
    let before = must(&figures);
    fill(&ballast);
    let record = "record support --kind tuition_waiver --household H7 --amount 150000 --on \
                  2023-04-02 --source state_budget";
    let record: Vec<&str> = record.split_whitespace().collect();
    let import = ["import", "households", many.as_str()];
    let mut refused = Vec::new();
    let mut recorded = 0;
    // The space that was filled ahead takes some more.
    for _ in 0..400 {
        let (done, _, err) = socai(&dir, &record);
        if !done {
            refused.push(err);
            break;
        }
        recorded += 1;
    }
    let (done, _, err) = socai(&dir, &import);
    assert!(!done, "an import succeeded on a full disk");
    refused.push(err);
    for err in &refused {
        assert!(err.contains("\"disk_full\""), "{err}");
    }
    let now = must(&figures);
    if recorded == 0 {
        assert_eq!(now, before);
    }
    must(&["events", "--raw"]);
    fs::remove_file(&ballast).unwrap();
    must(&record);
    must(&import);
    println!(
        "full disk, program: record and import refused as disk_full ({recorded} records still \
         fitted), figures and events went on, everything recorded after space was freed"
    );
}
