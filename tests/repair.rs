//! A damaged journal is given back from its other copies, or it is said what is lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use std::fs;
use std::path::{Path, PathBuf};

use runner::{Place, Ran, copy};

struct Damaged {
    place: Place,
    raw: String,
    head: u64,
}

impl Damaged {
    /// A ledger with a checkpoint over all but its last event.
    fn new() -> Damaged {
        let place = Place::new();
        for number in 1..=4 {
            let line = format!(
                "record support --kind wifi --household H1 --amount {number}000 \
                 --source state_budget --on 2023-04-12"
            );
            assert_eq!(place.run(&line).status, 0);
            if number == 3 {
                assert_eq!(place.run("checkpoint").status, 0);
            }
        }
        let raw = place.run("events --raw").out;
        let head = raw.lines().count() as u64;
        Damaged { place, raw, head }
    }

    fn segment(&self) -> PathBuf {
        self.place
            .ledger()
            .join("journal/00000000000000000001.frames")
    }

    /// Where each frame begins.
    fn frames(&self) -> Vec<usize> {
        let segment = fs::read(self.segment()).unwrap();
        let mut found = vec![128];
        while segment[*found.last().unwrap()..].starts_with(b"SCFR") {
            let at = *found.last().unwrap();
            let len = u32::from_be_bytes(segment[at + 44..at + 48].try_into().unwrap());
            found.push(at + 128 + len as usize);
        }
        found.pop();
        found
    }

    fn spoil(&self, at: usize) {
        let mut segment = fs::read(self.segment()).unwrap();
        segment[at] ^= 4;
        fs::write(self.segment(), segment).unwrap();
    }

    fn without_index(&self) {
        fs::remove_dir_all(self.place.ledger().join("sled")).unwrap();
    }

    /// A copy of the whole ledger as it is now.
    fn backup(&self, name: &str) -> String {
        let to = self.place.dir.path().join(name);
        copy(&self.place.ledger(), &to);
        to.display().to_string()
    }

    fn repair(&self, more: &str) -> Ran {
        self.place.json(&format!("repair {more}"))
    }

    /// The repaired ledger is what it was, byte for byte, and holds.
    fn is_as_before(&self) {
        assert_eq!(self.place.run("events --raw").out, self.raw);
        let ran = self.place.json("verify --full");
        assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
        let names = names(&self.place.ledger());
        assert!(
            names
                .iter()
                .any(|name| name.starts_with("journal.damaged-")),
            "{names:?}"
        );
        let line = "record support --kind wifi --household H2 --amount 9000 \
                    --source state_budget --on 2023-04-13";
        assert_eq!(self.place.run(line).status, 0);
    }
}

fn names(dir: &Path) -> Vec<String> {
    fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_whole_ledger_needs_no_repair() {
    let damaged = Damaged::new();
    let ran = damaged.repair("");
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(ran.json()["whole"], true);
    assert_eq!(damaged.place.run("events --raw").out, damaged.raw);
}

#[test]
fn every_frame_is_given_back_from_the_index() {
    let first = Damaged::new();
    let frames = first.frames();
    for at in [&[0, 20][..], &frames].concat() {
        let damaged = Damaged::new();
        damaged.spoil(at + 40);
        assert_eq!(damaged.place.json("verify").status, 1);
        let dry = damaged.repair("--dry-run");
        assert_eq!(dry.status, 0, "byte {at}: {}{}", dry.out, dry.err);
        assert_eq!(
            damaged.place.json("verify").status,
            1,
            "a dry run changed something"
        );
        let ran = damaged.repair("");
        assert_eq!(ran.status, 0, "byte {at}: {}{}", ran.out, ran.err);
        assert_eq!(ran.json()["events"], damaged.head);
        assert!(ran.json()["confirmed"].as_u64().is_some());
        damaged.is_as_before();
    }
}

#[test]
fn what_is_cut_off_comes_back_from_the_index() {
    let damaged = Damaged::new();
    let frames = damaged.frames();
    let segment = fs::read(damaged.segment()).unwrap();
    fs::write(damaged.segment(), &segment[..frames[2]]).unwrap();
    let ran = damaged.repair("");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    damaged.is_as_before();
}

#[test]
fn without_any_copy_it_is_said_what_is_lost_and_nothing_changes() {
    let damaged = Damaged::new();
    let frames = damaged.frames();
    damaged.without_index();
    let before = *frames.iter().rev().nth(1).unwrap();
    damaged.spoil(before + 130);
    let segment = fs::read(damaged.segment()).unwrap();
    let ran = damaged.repair("");
    assert_eq!(
        (ran.status, ran.error()["code"].as_str()),
        (1, Some("events_lost"))
    );
    let answer = ran.json();
    assert_eq!(answer["events"], damaged.head - 2);
    assert_eq!(answer["lost"]["from"], damaged.head - 1);
    assert_eq!(answer["lost"]["to"], damaged.head);
    assert_eq!(fs::read(damaged.segment()).unwrap(), segment);
    for lang in ["vi", "en"] {
        assert_eq!(
            damaged.place.run(&format!("--lang {lang} repair")).status,
            1
        );
    }
}

#[test]
fn the_gap_is_taken_from_a_copy_and_the_rest_from_the_frames_behind_it() {
    let damaged = Damaged::new();
    let backup = damaged.backup("backup");
    // The copy is older: it lacks the newest event, which still stands whole behind the damage.
    let cut = Path::new(&backup).join("journal/00000000000000000001.frames");
    let frames = damaged.frames();
    let segment = fs::read(&cut).unwrap();
    fs::write(&cut, &segment[..*frames.last().unwrap()]).unwrap();
    fs::remove_dir_all(Path::new(&backup).join("sled")).unwrap();
    damaged.without_index();
    // The opening of the ledger is whole: it may have several frames.
    damaged.spoil(frames[frames.len() - 3] + 130);
    let ran = damaged.repair(&format!("--from {backup}"));
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    let origins: Vec<String> = ran.json()["taken"]
        .as_array()
        .unwrap()
        .iter()
        .map(|taken| taken["origin"].as_str().unwrap_or("folder").to_owned())
        .collect();
    assert_eq!(origins, ["journal", "folder", "frames"]);
    damaged.is_as_before();
}

#[test]
fn tiles_give_events_back_up_to_their_checkpoint() {
    let damaged = Damaged::new();
    let tiles = damaged.place.dir.path().join("tiles").display().to_string();
    assert_eq!(
        damaged.place.run(&format!("export tiles {tiles}")).status,
        0
    );
    damaged.without_index();
    let frames = damaged.frames();
    damaged.spoil(frames[1] + 130);
    let ran = damaged.repair(&format!("--from {tiles}"));
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    damaged.is_as_before();
}

#[test]
fn another_history_is_never_taken_for_the_lost_one() {
    let damaged = Damaged::new();
    let frames = damaged.frames();
    // A copy in which somebody recorded something else instead of the last three events.
    let other = Damaged::new();
    let other = other.backup("other");
    damaged.without_index();
    damaged.spoil(frames[frames.len() - 3] + 130);
    let ran = damaged.repair(&format!("--from {other}"));
    assert_eq!(
        (ran.status, ran.error()["code"].as_str()),
        (1, Some("events_lost"))
    );
}

#[test]
fn a_damaged_checkpoint_is_set_aside() {
    let damaged = Damaged::new();
    let path = damaged.place.ledger().join("checkpoint");
    fs::write(&path, "rubbish").unwrap();
    assert_eq!(damaged.place.json("verify").status, 1);
    let ran = damaged.repair("");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert_eq!(damaged.place.run("checkpoint").status, 0);
    assert_eq!(damaged.place.json("verify --full").status, 0);
    let names = names(&damaged.place.ledger());
    assert!(
        names
            .iter()
            .any(|name| name.starts_with("checkpoint.damaged-")),
        "{names:?}"
    );
}

#[test]
fn a_repair_that_was_cut_between_its_renames_is_finished() {
    let damaged = Damaged::new();
    let ledger = damaged.place.ledger();
    let aside = ledger.join("journal.damaged-20260101000000");
    fs::rename(ledger.join("journal"), &aside).unwrap();
    copy(&aside, &ledger.join("journal.repaired"));
    let ran = damaged.repair("");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert_eq!(ran.json()["whole"], true);
    damaged.is_as_before();
}
