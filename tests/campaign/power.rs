//! The power cut on a real ext4: an image is mounted, a writer records on it and is stopped with
//! SIGSTOP at a random moment, the image is copied as it is, and the copy is mounted. What never
//! left the machine's memory for the image is gone in the copy.
//!
//! Mounting needs root and a loop device. Where a machine has none the test says so and is skipped.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use socai::log::{IndexState, SledLog};

use crate::common::*;
use crate::log_setup::{LEDGER, options};

/// How ext4 is mounted: as usual, and in ways that order less.
const MOUNTS: [&str; 4] = [
    "loop",
    "loop,data=writeback",
    "loop,nodelalloc,commit=1",
    "loop,data=journal",
];
const WRITERS: [&str; 4] = ["batches", "slow", "single", "large"];
/// Events of a ledger that was closed before the writer began.
const OLD: u64 = 5_000;

fn run(program: &str, words: &[&str]) -> Result<(), String> {
    match Command::new(program).args(words).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(format!("{program}: {error}")),
    }
}

fn must(program: &str, words: &[&str]) {
    run(program, words).unwrap_or_else(|why| panic!("{program} {words:?}: {why}"));
}

/// Runs a test of this program in a mount space of its own, which ends with it: nothing stays
/// mounted. Without that it says why, and is skipped.
pub fn in_own_mounts(test: &str, try_out: &str) {
    let name = "unshare";
    let user = if run("sh", &["-c", "[ $(id -u) = 0 ]"]).is_ok() {
        "-m"
    } else {
        "-rm"
    };
    if let Err(why) = run(name, &[user, "sh", "-c", try_out]) {
        println!("SKIPPED {test}: this machine cannot mount: {why}");
        return;
    }
    let exe = std::env::current_exe().unwrap();
    let status = Command::new(name)
        .arg(user)
        .arg(exe)
        .args(["--exact", test, "--ignored", "--nocapture"])
        .status()
        .unwrap();
    assert!(status.success(), "{test}");
}

#[test]
fn a_power_cut_on_a_real_ext4_loses_nothing_that_was_acknowledged() {
    in_own_mounts(
        "power::inside",
        "d=$(mktemp -d) && truncate -s 8M $d.img && mkfs.ext4 -q $d.img && \
         mount -o loop $d.img $d && umount $d; s=$?; rm -rf $d $d.img; exit $s",
    );
}

#[test]
#[ignore = "runs in a mount space of its own"]
fn inside() {
    let mut dice = Dice::new(20);
    let temp = tempfile::tempdir().unwrap();
    let at = |name: &str| temp.path().join(name).display().to_string();
    let (empty, old, image, copied) = (at("empty"), at("old"), at("image"), at("copied"));
    let (live, dead) = (at("live"), at("dead"));
    for folder in [&live, &dead] {
        std::fs::create_dir(folder).unwrap();
    }
    prepare(&empty, &live, 0);
    prepare(&old, &live, OLD);
    let rounds = rounds(3);
    let mut sum = Sum::default();
    for round in 0..rounds as usize {
        let is_old = round % 2 == 1;
        let mode = WRITERS[(round / 2) % WRITERS.len()];
        let mount = MOUNTS[(round / 8) % MOUNTS.len()];
        let template = if is_old { &old } else { &empty };
        must("cp", &["--sparse=always", template, &image]);
        must("mount", &["-o", mount, &image, &live]);
        let ledger = Path::new(&live).join("ledger");
        let mut command = child("common::child_writer", &ledger);
        let mut writer = command.env("SOCAI_TEST_MODE", mode).spawn().unwrap();
        let said = Said::of(&mut writer);
        said.wait_for("ready");
        std::thread::sleep(Duration::from_millis(20 + dice.below(400)));
        must("kill", &["-STOP", &writer.id().to_string()]);
        let acknowledged = last_number(&said.so_far(), "acknowledged ");
        copy_static(&image, &copied);
        writer.kill().unwrap();
        writer.wait().unwrap();
        unmount(&live);
        must("mount", &["-o", "loop", &copied, &dead]);
        let before = if is_old { OLD } else { 0 };
        let log = check_ledger(&Path::new(&dead).join("ledger"), acknowledged.max(before));
        sum.acknowledged += acknowledged.saturating_sub(before);
        sum.torn += u64::from(log.report().torn.is_some());
        match log.report().index {
            IndexState::Current => {}
            IndexState::CaughtUp { .. } => sum.behind += 1,
            IndexState::Rebuilt { .. } => sum.rebuilt += 1,
        }
        drop(log);
        unmount(&dead);
    }
    println!(
        "power cut, ext4: {rounds} rounds, {} acknowledged events, {} torn tails set aside, \
         {} indexes behind, {} rebuilt, 0 lost",
        sum.acknowledged, sum.torn, sum.behind, sum.rebuilt
    );
}

#[derive(Default)]
struct Sum {
    acknowledged: u64,
    torn: u64,
    behind: u64,
    rebuilt: u64,
}

/// An image with a closed ledger of so many events.
fn prepare(image: &str, live: &str, events: u64) {
    must("truncate", &["-s", "160M", image]);
    must("mkfs.ext4", &["-q", image]);
    must("mount", &["-o", "loop", image, live]);
    let ledger = Path::new(live).join("ledger");
    if events == 0 {
        drop(SledLog::create(&ledger, LEDGER, options()).unwrap());
    } else {
        old_ledger(&ledger, events);
    }
    unmount(live);
}

/// Threads of sled let go of its files a little after it is dropped.
fn unmount(folder: &str) {
    for _ in 0..100 {
        if run("umount", &[folder]).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    must("umount", &[folder]);
}

/// Copies an image while nothing is written to it: until two looks are the same.
fn copy_static(image: &str, copied: &str) {
    for _ in 0..50 {
        must("cp", &["--sparse=always", image, copied]);
        if run("cmp", &["-s", image, copied]).is_ok() {
            return;
        }
    }
    panic!("the image does not come to rest");
}
