//! Going on after a loss: the ledger says what was lost, and no key signs two histories.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use std::fs;
use std::path::{Path, PathBuf};

use runner::{Place, Ran, copy, socai};
use serde_json::Value;

/// A ledger whose newest backup is older than its newest checkpoint.
struct Lost {
    place: Place,
    backup: String,
    /// A checkpoint that the backup has, and one that it has not.
    before: String,
    after: String,
}

fn on(ledger: &Path, line: &[&str]) -> Ran {
    let ledger = ledger.display().to_string();
    let mut words = vec!["--ledger", &ledger, "--by", "clerk", "--format", "json"];
    words.extend(line);
    socai(&words)
}

fn done(ran: Ran) -> Ran {
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    ran
}

impl Lost {
    fn new() -> Lost {
        let place = Place::new();
        let at = |name: &str| place.dir.path().join(name).display().to_string();
        let (backup, before, after) = (at("b.socai"), at("before"), at("after"));
        let ledger = place.ledger();
        done(on(&ledger, &["checkpoint", "--output", &before]));
        done(on(&ledger, &["backup", &backup]));
        done(on(&ledger, &["subject", "hold", "H1", "--basis", "Luật"]));
        done(on(&ledger, &["subject", "hold", "H2", "--basis", "Luật"]));
        done(on(&ledger, &["checkpoint", "--output", &after]));
        Lost {
            place,
            backup,
            before,
            after,
        }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.place.dir.path().join(name)
    }

    fn restore(&self, into: &Path, more: &[&str]) -> Ran {
        let into = into.display().to_string();
        let mut words = vec!["restore", &self.backup, &into];
        words.extend(more);
        on(&self.place.ledger(), &words)
    }

    fn accepted(&self, name: &str) -> (PathBuf, Value) {
        let into = self.at(name);
        let more = [
            "--verify-against",
            &self.after,
            "--accept-loss",
            "--reason",
            "ổ đĩa hỏng",
        ];
        let ran = done(self.restore(&into, &more));
        (into, ran.json())
    }
}

fn events(ledger: &Path) -> Vec<Value> {
    let raw = done(on(ledger, &["events", "--raw"])).out;
    let read = |line| serde_json::from_str(line).unwrap();
    raw.lines().map(read).collect()
}

#[test]
fn a_loss_is_refused_until_it_is_accepted_and_then_it_is_recorded() {
    let lost = Lost::new();
    let ran = lost.restore(&lost.at("no"), &["--verify-against", &lost.after]);
    assert_eq!(ran.error()["code"], "backup_older");
    for alone in [&["--accept-loss"][..], &["--reason", "vì"]] {
        assert_eq!(lost.restore(&lost.at("no"), alone).status, 2);
    }
    let empty = ["--accept-loss", "--reason", "  "];
    assert_eq!(lost.restore(&lost.at("no"), &empty).status, 2);
    assert!(!lost.at("no").exists() && !lost.at("no.restoring").exists());

    let (into, told) = lost.accepted("again");
    let old = events(&lost.place.ledger());
    let new = events(&into);
    let (last, kept) = new.split_last().unwrap();
    assert_eq!(kept, &old[..old.len() - 2]);
    let note = fs::read_to_string(&lost.after).unwrap();
    let size = note.lines().nth(1).unwrap();
    assert_eq!(last["type"], "ledger.recovered");
    assert_eq!(last["reason"], "ổ đĩa hỏng");
    assert_eq!(last["data"]["old_size"].to_string(), size);
    assert_eq!(last["data"]["previous"], old[0]["data"]["key"]);
    assert_eq!(told["lost"]["old_root"], last["data"]["old_root"]);
    assert_eq!(told["recovered"]["origin"], last["data"]["origin"]);
    let origin = last["data"]["origin"].as_str().unwrap();
    let first = old[0]["data"]["origin"].as_str().unwrap();
    assert!(origin.starts_with(&format!("{first}/recovered-{}-", new.len())));
    assert!(last["data"]["key"].as_str().unwrap().starts_with(origin));
}

#[test]
fn what_it_signs_from_then_on_is_another_log() {
    let lost = Lost::new();
    let (into, told) = lost.accepted("again");
    done(on(&into, &["verify", "--full"]));
    let found = done(on(&into, &["verify"])).json().to_string();
    assert!(found.contains("\"recovered\""), "{found}");
    // The checkpoint of the kept events holds as it did; that of the lost ones names the loss.
    done(on(&into, &["checkpoint", "verify", &lost.before]));
    done(on(&into, &["verify", "--checkpoint", &lost.before]));
    let ran = on(&into, &["checkpoint", "verify", &lost.after]);
    assert_eq!(ran.error()["code"], "lost_history");
    let ran = on(&into, &["verify", "--checkpoint", &lost.after]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.json()["first_fault"], told["recovered"]["seq"]);
    // Proofs go on: across the recovery, and of the recovery itself, under the new key.
    let key = told["recovered"]["key"].as_str().unwrap();
    let seq = told["recovered"]["seq"].to_string();
    let proof = lost.at("proof").display().to_string();
    done(on(&into, &["prove", &seq, "--output", &proof]));
    done(on(&into, &["check-proof", &proof, "--key", key]));
    let old_key = events(&into)[0]["data"]["key"].as_str().unwrap().to_owned();
    let ran = on(&into, &["check-proof", &proof, "--key", &old_key]);
    assert_eq!(ran.status, 1, "the old key signs no new history");
    done(on(
        &into,
        &["prove", "--from", "3", "--to", &seq, "--output", &proof],
    ));
    done(on(&into, &["check-proof", &proof]));
    // Recording, rotating, checkpoints and backups go on.
    done(on(&into, &["subject", "hold", "H3", "--basis", "Luật"]));
    done(on(&into, &["key", "rotate", "--reason", "bàn giao"]));
    let note = lost.at("note").display().to_string();
    done(on(&into, &["checkpoint", "--output", &note]));
    let second = lost.at("second.socai").display().to_string();
    done(on(&into, &["backup", &second]));
    let third = lost.at("third").display().to_string();
    done(on(
        &into,
        &["restore", &second, &third, "--verify-against", &note],
    ));
    // The lost checkpoint is not of the history that this backup holds.
    fs::remove_dir_all(&third).unwrap();
    for more in [&[][..], &["--accept-loss", "--reason", "x"]] {
        let mut words = vec!["restore", &second, &third, "--verify-against", &lost.after];
        words.extend(more);
        assert_eq!(on(&into, &words).error()["code"], "other_history");
    }
}

#[test]
fn no_key_signs_two_histories() {
    let lost = Lost::new();
    let (one, first) = lost.accepted("one");
    let (two, second) = lost.accepted("two");
    for what in ["key", "origin"] {
        assert_ne!(first["recovered"][what], second["recovered"][what]);
    }
    let seeds = [&lost.place.ledger(), &one, &two].map(|ledger| {
        assert!(!ledger.join("keys/signing.next").exists());
        fs::read(ledger.join("keys/signing")).unwrap()
    });
    assert!(seeds[0] != seeds[1] && seeds[0] != seeds[2] && seeds[1] != seeds[2]);
    // A second loss: the origin grows no tail.
    let backup = lost.at("one.socai").display().to_string();
    done(on(&one, &["backup", &backup]));
    let into = lost.at("three").display().to_string();
    let words = [
        "restore",
        &backup,
        &into,
        "--accept-loss",
        "--reason",
        "không còn mốc nào",
    ];
    let told = done(on(&one, &words)).json();
    let origin = told["recovered"]["origin"].as_str().unwrap();
    assert_eq!(origin.matches("recovered-").count(), 1);
    assert!(told["lost"].is_null());
    let last = events(Path::new(&into)).pop().unwrap();
    assert!(last["data"].get("old_size").is_none() && last["data"].get("old_root").is_none());
    done(on(Path::new(&into), &["verify", "--full"]));
    done(on(
        Path::new(&into),
        &["checkpoint", "verify", &lost.before],
    ));
    assert_eq!(
        on(Path::new(&into), &["checkpoint", "verify", &lost.after]).error()["code"],
        "lost_history"
    );
}

/// The machine stops behind the event and before the old seed is gone: the new key is already
/// drawn, and whatever needs it next finishes the change.
#[test]
fn a_cut_between_the_event_and_the_keys_is_finished() {
    let lost = Lost::new();
    let (whole, told) = lost.accepted("again");
    let cut = lost.at("cut");
    copy(&whole, &cut);
    fs::remove_file(cut.join("checkpoint")).unwrap();
    fs::rename(cut.join("keys/signing"), cut.join("keys/signing.next")).unwrap();
    fs::copy(
        lost.place.ledger().join("keys/signing"),
        cut.join("keys/signing"),
    )
    .unwrap();
    done(on(&cut, &["verify", "--full"]));
    done(on(&cut, &["checkpoint"]));
    done(on(&cut, &["checkpoint", "verify"]));
    assert!(!cut.join("keys/signing.next").exists());
    let key = done(on(&cut, &["key", "show"])).json();
    assert_eq!(key["key"], told["recovered"]["key"]);
    // A restoration that was cut short has another name, and the next one takes it away.
    copy(&cut, &lost.at("late.restoring"));
    let (late, _) = lost.accepted("late");
    assert!(!lost.at("late.restoring").exists());
    done(on(&late, &["verify", "--full"]));
}
