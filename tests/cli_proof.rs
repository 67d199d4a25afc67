//! Checkpoints, cosignatures, proofs and tiles from the command line, and an outsider's script that
//! checks them without our program.

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
use std::path::Path;
use std::process::Command;

use runner::{Place, Ran, files, socai};
use socai::log::checkpoint::Checkpoint;
use socai::log::merkle::{self, leaf_hash};
use socai::log::note::Verifier;
use socai::log::tiles::Tiles;

impl Office {
    fn new() -> Office {
        let place = Place::new();
        let key = place.json("key show").json()["key"]
            .as_str()
            .unwrap()
            .to_owned();
        Office { place, key }
    }

    fn path(&self, name: &str) -> String {
        self.place.dir.path().join(name).display().to_string()
    }

    /// Runs words as they are.
    fn run(&self, words: &[&str]) -> Ran {
        let ledger = self.place.ledger().display().to_string();
        let mut all = vec!["--ledger", &ledger, "--lang", "en"];
        all.extend(words);
        socai(&all)
    }

    fn ok(&self, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!(ran.status, 0, "{words:?}: {}{}", ran.out, ran.err);
        ran.out
    }

    /// Runs with JSON; the command must be refused, and its code is answered.
    fn refused(&self, words: &[&str]) -> String {
        let mut all = vec!["--format", "json"];
        all.extend(words);
        let ran = self.run(&all);
        assert_eq!(ran.status, 1, "{words:?}: {}{}", ran.out, ran.err);
        ran.error()["code"].as_str().unwrap().to_owned()
    }

    fn record(&self, number: u32) {
        let line = format!(
            "record support --kind wifi --household H1 --amount {number}000 \
             --source state_budget --on 2023-04-12"
        );
        let ran = self.place.run(&line);
        assert_eq!(ran.status, 0, "{}", ran.err);
    }

    fn checkpoint(&self, name: &str) -> String {
        let path = self.path(name);
        self.ok(&["checkpoint", "--output", &path]);
        path
    }

    fn size_of(&self, checkpoint: &str) -> String {
        let text = fs::read_to_string(checkpoint).unwrap();
        text.lines().nth(1).unwrap().to_owned()
    }
}

struct Office {
    place: Place,
    key: String,
}

#[test]
fn a_checkpoint_is_verified_with_the_ledger_and_without() {
    let office = Office::new();
    assert_eq!(office.refused(&["checkpoint", "verify"]), "no_checkpoint");
    let first = office.checkpoint("first");
    office.record(1);
    office.ok(&["checkpoint", "verify"]);
    office.ok(&["checkpoint", "verify", &first]);

    let elsewhere = ["--ledger", "/nowhere", "checkpoint", "verify", &first];
    assert_eq!(socai(&elsewhere).status, 1);
    let with_key = [&elsewhere[..], &["--key", &office.key]].concat();
    let ran = socai(&with_key);
    assert_eq!(ran.status, 0, "{}", ran.err);

    let changed = office.path("changed");
    let text = fs::read_to_string(&first).unwrap();
    fs::write(&changed, text.replacen("socai/", "socaj/", 1)).unwrap();
    assert_eq!(
        office.refused(&["checkpoint", "verify", &changed]),
        "unknown_signature".replace("unknown", "forged")
    );
}

fn strs(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

#[test]
fn another_office_cosigns_only_one_growing_history() {
    let office = Office::new();
    let secret = office.path("district.key");
    let made = office.ok(&["key", "generate", "bach-thong.example", "--output", &secret]);
    let witness: Verifier = made.trim().parse().unwrap();
    let again = ["key", "generate", "x", "--output", &secret];
    assert_eq!(office.refused(&again), "file");

    let first = office.checkpoint("first");
    let cosigned = office.path("first.cosigned");
    let cosign = |file: &str, more: &[&str]| {
        let mut words = vec!["checkpoint", "cosign", file, "--key", &secret];
        words.extend(["--output", &cosigned]);
        words.extend(more);
        words.into_iter().map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(office.refused(&strs(&cosign(&first, &[]))), "no_log_key");
    office.ok(&strs(&cosign(&first, &["--log-key", &office.key])));
    let witness_key = witness.to_string();
    office.ok(&["checkpoint", "verify", &cosigned, "--key", &witness_key]);
    assert_eq!(
        office.refused(&["checkpoint", "verify", &first, "--key", &witness_key]),
        "not_signed"
    );

    office.record(1);
    let second = office.checkpoint("second");
    assert_eq!(office.refused(&strs(&cosign(&second, &[]))), "needs_proof");
    let (from, to) = (office.size_of(&first), office.size_of(&second));
    let proof = office.path("grown");
    office.ok(&["prove", "--from", &from, "--to", &to, "--output", &proof]);
    office.ok(&strs(&cosign(&second, &["--proof", &proof])));
    assert_eq!(
        office.refused(&strs(&cosign(&first, &[]))),
        "shorter_history"
    );

    // A proof can be made with the cosigned checkpoint; both signatures go with it.
    let inclusion = office.path("event");
    office.ok(&[
        "prove",
        "1",
        "--checkpoint",
        &cosigned,
        "--output",
        &inclusion,
    ]);
    office.ok(&[
        "check-proof",
        &inclusion,
        "--key",
        &office.key,
        "--key",
        &witness_key,
    ]);
}

#[test]
fn an_event_is_proved_to_who_has_no_ledger() {
    let office = Office::new();
    assert_eq!(office.refused(&["prove", "1"]), "no_checkpoint");
    let head = office.place.head();
    office.checkpoint("checkpoint");
    office.record(1);
    let raw = office.ok(&["events", "--raw"]);
    let outside = |file: &str, key: &str| {
        socai(&[
            "--ledger",
            "/nowhere",
            "--lang",
            "en",
            "check-proof",
            file,
            "--key",
            key,
        ])
    };
    for seq in [1, 2, head] {
        let file = office.path(&format!("{seq}.tlog-proof"));
        let name = seq.to_string();
        office.ok(&["prove", &name, "--output", &file]);
        let ran = outside(&file, &office.key);
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert!(ran.out.contains(raw.lines().nth(seq as usize - 1).unwrap()));
        // By its id it is the same proof.
        let id =
            serde_json::from_str::<serde_json::Value>(raw.lines().nth(seq as usize - 1).unwrap());
        let id = id.unwrap()["id"].as_str().unwrap().to_owned();
        let by_id = office.ok(&["prove", &id]);
        assert_eq!(
            by_id.trim_end(),
            fs::read_to_string(&file).unwrap().trim_end()
        );
        // As JSON it is a proof too.
        let json = office.path("proof.json");
        fs::write(&json, office.ok(&["--format", "json", "prove", &id])).unwrap();
        assert_eq!(outside(&json, &office.key).status, 0);
    }
    let next = (head + 1).to_string();
    assert_eq!(office.refused(&["prove", &next]), "not_covered");
    assert_eq!(office.refused(&["prove", "99999"]), "not_found");
    let file = office.path("1.tlog-proof");
    assert_eq!(office.refused(&["check-proof", &file]), "no_key");
    let stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(
        office.refused(&["check-proof", &file, "--key", stranger]),
        "unknown_signature"
    );
}

#[test]
fn a_second_history_is_told_from_the_first() {
    let office = Office::new();
    let old = office.path("old");
    runner::copy(&office.place.ledger(), Path::new(&old));
    office.record(1);
    let mine = office.checkpoint("mine");
    // The same beginning, then another event: an insider's second ledger with the same key.
    let run = |words: &[&str]| {
        let mut all = vec![
            "--ledger", &old, "--lang", "en", "--format", "json", "--by", "clerk",
        ];
        all.extend(words);
        socai(&all)
    };
    let other = [
        "record",
        "support",
        "--kind",
        "wifi",
        "--household",
        "H2",
        "--amount",
        "7000",
        "--source",
        "state_budget",
        "--on",
        "2023-04-13",
    ];
    assert_eq!(run(&other).status, 0);
    let ran = run(&["checkpoint", "verify", &mine]);
    assert_eq!(
        (ran.status, ran.error()["code"].as_str()),
        (1, Some("other_history"))
    );
}

#[test]
fn a_key_is_changed_by_an_event_and_old_checkpoints_still_hold() {
    let office = Office::new();
    let before = office.checkpoint("before");
    let ran = office.place.json("key rotate --reason leak");
    assert_eq!(ran.status, 0, "{}", ran.err);
    let answer = ran.json();
    assert_eq!(answer["previous"], office.key.as_str());
    let key = answer["key"].as_str().unwrap().to_owned();
    assert_ne!(key, office.key);
    assert_eq!(office.place.json("key show").json()["key"], key.as_str());
    let after = office.checkpoint("after");
    for (file, key) in [(&before, &office.key), (&after, &key)] {
        office.ok(&["checkpoint", "verify", file]);
        let alone = [
            "--ledger",
            "/nowhere",
            "checkpoint",
            "verify",
            file,
            "--key",
            key,
        ];
        assert_eq!(socai(&alone).status, 0);
    }
    let alone = [
        "--ledger",
        "/nowhere",
        "checkpoint",
        "verify",
        &after,
        "--key",
        &office.key,
    ];
    assert_eq!(socai(&alone).status, 1);
    // The old seed is gone.
    let keys = office.place.ledger().join("keys");
    let names: Vec<String> = fs::read_dir(keys)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("signing"))
        .collect();
    assert_eq!(names, ["signing"]);
}

/// A rotation that was cut short: the seed stands ready, the event is or is not there.
#[test]
fn a_rotation_that_was_cut_short_is_finished_or_forgotten() {
    let office = Office::new();
    let keys = office.place.ledger().join("keys");
    let old = fs::read(keys.join("signing")).unwrap();
    // Cut before the event: a seed that no event names is not used.
    fs::write(keys.join("signing.next"), [9; 32]).unwrap();
    office.checkpoint("one");
    office.ok(&["checkpoint", "verify"]);
    assert_eq!(fs::read(keys.join("signing")).unwrap(), old);
    // Cut after the event: both seeds are there, and the event names the next.
    assert_eq!(office.place.run("key rotate --reason leak").status, 0);
    let new = fs::read(keys.join("signing")).unwrap();
    assert_ne!(new, [9; 32]);
    fs::write(keys.join("signing"), &old).unwrap();
    fs::write(keys.join("signing.next"), &new).unwrap();
    office.checkpoint("two");
    office.ok(&["checkpoint", "verify"]);
    assert_eq!(fs::read(keys.join("signing")).unwrap(), new);
    assert!(!keys.join("signing.next").exists());
    // A seed that is neither signs nothing.
    fs::write(keys.join("signing"), [1; 32]).unwrap();
    assert_eq!(office.refused(&["checkpoint"]), "other_signing_key");
}

#[test]
fn tiles_hold_every_event_and_grow() {
    let office = Office::new();
    let dir = office.path("tiles");
    assert_eq!(office.refused(&["export", "tiles", &dir]), "no_checkpoint");
    let rows: String = (0..300)
        .map(|row| format!("R{row},wifi,H1,1000,state_budget,2023-04-12\n"))
        .collect();
    let list = format!("ref,kind,household,amount,source,occurred_on\n{rows}");
    assert_eq!(
        office.place.import("supports", list.as_bytes(), "").status,
        0
    );
    for round in 0..2 {
        office.checkpoint("checkpoint");
        let first = office.place.json(&format!("export tiles {dir}"));
        assert_eq!(first.status, 0, "{}", first.err);
        let again = office.place.json(&format!("export tiles {dir}")).json();
        assert_eq!(again["written"], 0);

        let tiles = Tiles::open(Path::new(&dir)).unwrap().unwrap();
        let raw = office.ok(&["events", "--raw"]);
        let events: Vec<Vec<u8>> = (0..tiles.bundles())
            .flat_map(|number| tiles.bundle(number).unwrap())
            .collect();
        let lines: Vec<&[u8]> = raw.lines().map(str::as_bytes).collect();
        assert_eq!(events, lines);
        let leaves: Vec<merkle::Hash> = events.iter().map(|event| leaf_hash(event)).collect();
        let checkpoint = Checkpoint::parse(&tiles.note().text).unwrap();
        assert_eq!(merkle::root(&leaves), checkpoint.root);
        let width = leaves.len() as u64 % 256;
        assert_eq!(tiles.tile(0, 0, 256).unwrap(), leaves[..256]);
        assert_eq!(tiles.tile(0, 1, width).unwrap(), leaves[256..]);
        assert_eq!(tiles.tile(1, 0, 1).unwrap(), [merkle::root(&leaves[..256])]);
        assert!(Path::new(&dir).join("tile/entries/000").is_file());
        if round == 0 {
            office.record(1);
        }
    }
    assert!(
        files(Path::new(&dir))
            .iter()
            .all(|path| { path.extension().is_none_or(|ending| ending != "new") })
    );
    let other = Office::new();
    other.checkpoint("checkpoint");
    assert_eq!(other.refused(&["export", "tiles", &dir]), "other_log");
}

/// The outsider's script, where Python is there; else the test is skipped and says so.
#[test]
fn a_script_in_another_language_checks_root_checkpoint_and_proof() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/check_ledger.py");
    let python = |arguments: &[&str]| {
        let mut command = Command::new("python3");
        command.arg(&script).args(arguments).output()
    };
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("SKIPPED a_script_in_another_language…: no python3 here");
        return;
    }
    let office = Office::new();
    (1..=5).for_each(|number| office.record(number));
    let checkpoint = office.checkpoint("checkpoint");
    let (events, proof) = (office.path("events"), office.path("proof"));
    fs::write(&events, office.ok(&["events", "--raw"])).unwrap();
    office.ok(&["prove", "17", "--output", &proof]);
    let good = python(&[&events, &checkpoint, &office.key, &proof]).unwrap();
    let text = String::from_utf8_lossy(&good.stderr);
    assert!(good.status.success(), "{text}");
    assert!(String::from_utf8_lossy(&good.stdout).contains("event 17 is proved"));

    // One digit of one amount, one signature, one proof: each is found.
    let raw = fs::read_to_string(&events).unwrap();
    let bad = office.path("bad");
    fs::write(
        &bad,
        raw.replacen("\"amount\":\"3000\"", "\"amount\":\"8000\"", 1),
    )
    .unwrap();
    assert!(
        !python(&[&bad, &checkpoint, &office.key])
            .unwrap()
            .status
            .success()
    );
    let note = fs::read_to_string(&checkpoint).unwrap();
    fs::write(&bad, note.replacen("socai/", "socaj/", 1)).unwrap();
    assert!(
        !python(&[&events, &bad, &office.key])
            .unwrap()
            .status
            .success()
    );
    let text = fs::read_to_string(&proof).unwrap();
    fs::write(&bad, text.replacen("index 16", "index 15", 1)).unwrap();
    let checked = python(&[&events, &checkpoint, &office.key, &bad]).unwrap();
    assert!(!checked.status.success());
}
