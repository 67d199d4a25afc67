//! The verifier, tested by what it must find: every byte of a small ledger flipped, every prefix
//! cut, events swapped, doubled, dropped and changed by somebody who knows the format, checkpoints
//! signed by another key. `cargo test --test verify -- --nocapture` prints the figures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runner::Place;
use sha2::{Digest, Sha256};
use socai::domain::Code;
use socai::domain::command::{Command, HouseholdDraft};
use socai::domain::event::Actor;
use socai::log::checkpoint::{self, Checkpoint};
use socai::log::keys::KeyStore;
use socai::log::merkle::{self, Frontier, Hash, leaf_hash};
use socai::log::note::{Note, Signer};
use socai::log::random::SeededRandom;
use socai::log::{EventRead, JournalReader, LedgerId, LogOptions, SledLog, SystemClock};
use socai::office::verify::{Check, Verification, Verifying, verify};
use socai::office::{AsOf, Entry, Ledger, Mode, Opening, Tools, opening, tags_of};

const LEDGER: LedgerId = LedgerId::new([7; 16]);
const ORIGIN: &str = "socai/01990/test";
/// How many of the zeros behind the last frame are kept.
const ZEROS: usize = 200;

fn options() -> LogOptions {
    LogOptions::new(Arc::new(tags_of))
}

/// A closed ledger of a dozen events with a checkpoint over all of them, without an index.
struct Small {
    dir: tempfile::TempDir,
    segment: Vec<u8>,
    /// Where the last frame ends.
    end: usize,
    note: String,
    events: Vec<Vec<u8>>,
    signer: Signer,
}

impl Small {
    fn new() -> Small {
        let dir = tempfile::tempdir().unwrap();
        let mut tools = Tools::new(Arc::new(SystemClock), Box::new(SeededRandom::new(1)));
        let mut log = SledLog::create(dir.path(), LEDGER, options()).unwrap();
        let keys = dir.path().join("keys");
        let keys = KeyStore::create(&keys, &LEDGER.to_string(), tools.random.as_mut()).unwrap();
        let seed = keys.create_signing_seed(tools.random.as_mut()).unwrap();
        let signer = Signer::new(ORIGIN, &seed).unwrap();
        let clerk = Actor {
            id: "clerk".into(),
            name: "A clerk".into(),
            office: None,
        };
        let mut first = Opening::built_in(Code::new("01990").unwrap(), clerk.clone());
        let catalogue = Path::new(env!("CARGO_MANIFEST_DIR"));
        let catalogue = catalogue.join("examples/catalogue-other-office.json");
        first.catalogue = (fs::read_to_string(catalogue).unwrap(), "other.json".into());
        first.key = signer.verifier().to_string();
        first.origin = ORIGIN.into();
        opening::open(&mut log, &mut tools, &first).unwrap();
        let mut ledger = Ledger::fold(log, keys, AsOf::Head, i64::MAX).unwrap();
        for number in 1..=3 {
            let draft = HouseholdDraft {
                household: Some(Code::new(&format!("H{number}")).unwrap()),
                head: Some(format!("Chủ hộ {number}")),
                village: Some("Cao Lộc".into()),
                ..HouseholdDraft::default()
            };
            let entry = Entry::by_hand(Command::RegisterHousehold(draft));
            let recorded = ledger.record(&mut tools, &clerk, &[entry], Mode::Whole);
            assert!(!recorded.unwrap().any_rejected());
        }
        let (_, note) = ledger.checkpoint().unwrap();
        checkpoint::save(dir.path(), &note).unwrap();
        let head = ledger.log().head().seq;
        let events = ledger.log().read(1, head).unwrap();
        let events = events.map(|event| event.unwrap().bytes.to_vec()).collect();
        drop(ledger);
        fs::remove_dir_all(dir.path().join("sled")).unwrap();
        let mut segment = fs::read(segment_path(dir.path())).unwrap();
        let end = segment.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        segment.truncate(end + ZEROS);
        fs::write(segment_path(dir.path()), &segment).unwrap();
        let note = note.to_string();
        Small {
            dir,
            segment,
            end,
            note,
            events,
            signer,
        }
    }

    fn root(&self) -> Hash {
        root(&self.events)
    }

    /// Verifies the ledger with this journal and this checkpoint.
    fn verify(&self, segment: &[u8], note: &str, full: bool, kept: &[&str]) -> Verification {
        fs::write(segment_path(self.dir.path()), segment).unwrap();
        fs::write(self.dir.path().join(checkpoint::FILE), note).unwrap();
        let kept = kept.iter().map(|note| Note::parse(note).unwrap());
        let how = Verifying {
            full,
            checkpoints: kept.map(|note| ("kept".to_owned(), note)).collect(),
            progress: None,
        };
        match verify(self.dir.path(), &options(), how) {
            Ok(found) => found,
            // Not even the header of the only segment is one: there is no ledger to speak of.
            Err(error) => panic!("{error}"),
        }
    }

    /// Whether the ledger on disk still has every event.
    fn is_unharmed(&self) -> bool {
        let Ok(reader) = JournalReader::open(self.dir.path(), &options()) else {
            return false;
        };
        let read = reader.read(1, u64::MAX).unwrap();
        let events: Vec<Vec<u8>> = read
            .map_while(|event| Some(event.ok()?.bytes.to_vec()))
            .collect();
        events == self.events && reader.head().root == self.root()
    }
}

fn segment_path(dir: &Path) -> PathBuf {
    dir.join("journal/00000000000000000001.frames")
}

fn root(events: &[Vec<u8>]) -> Hash {
    let leaves: Vec<Hash> = events.iter().map(|event| leaf_hash(event)).collect();
    merkle::root(&leaves)
}

/// How many changes of one kind were found, were harmless, or went by unseen.
#[derive(Debug, Default)]
struct Tally {
    tried: u32,
    found: u32,
    harmless: u32,
    silent: Vec<String>,
}

impl Tally {
    fn count(&mut self, found: bool, unharmed: bool, what: impl Fn() -> String) {
        self.tried += 1;
        match (found, unharmed) {
            (true, _) => self.found += 1,
            (false, true) => self.harmless += 1,
            (false, false) => self.silent.push(what()),
        }
    }

    fn close(self, name: &str, why_harmless: &str) {
        let (tried, found, harmless) = (self.tried, self.found, self.harmless);
        let silent = self.silent.len();
        println!(
            "{name}: {tried} tried, {found} found, {harmless} harmless ({why_harmless}), \
             {silent} silent"
        );
        assert!(self.silent.is_empty(), "{name}: {:#?}", self.silent);
        assert!(tried > 0);
    }
}

#[test]
fn an_unchanged_ledger_holds() {
    let small = Small::new();
    let found = small.verify(&small.segment, &small.note, true, &[&small.note]);
    assert!(found.holds(), "{:#?}", found.findings);
    assert_eq!(
        (found.events, found.root),
        (small.events.len() as u64, small.root())
    );
    assert_eq!(found.checkpoints.len(), 2);
}

#[test]
fn every_flipped_byte_and_every_cut_of_the_journal_is_found_or_harmless() {
    let small = Small::new();
    let mut tally = Tally::default();
    for at in 0..small.segment.len() {
        let mut segment = small.segment.clone();
        segment[at] ^= 1 << (at % 8);
        let found = small.verify(&segment, &small.note, false, &[]);
        let unharmed = found.holds() && small.is_unharmed();
        if at < small.end {
            assert!(!found.holds(), "byte {at} of a frame");
        }
        if let Some(first) = found.first_fault() {
            assert!(first <= small.events.len() as u64, "byte {at}");
        }
        tally.count(!found.holds(), unharmed, || format!("byte {at}"));
    }
    tally.close(
        "bytes of the journal flipped",
        "in the zeros behind the last frame",
    );

    let mut tally = Tally::default();
    for at in 0..small.segment.len() {
        let found = small.verify(&small.segment[..at], &small.note, false, &[]);
        let unharmed = found.holds() && small.is_unharmed();
        tally.count(!found.holds(), unharmed, || format!("cut at {at}"));
    }
    tally.close(
        "prefixes of the journal",
        "cut in the zeros behind the last frame",
    );
}

#[test]
fn every_flipped_byte_and_every_cut_of_the_checkpoint_is_found() {
    let small = Small::new();
    let (mut flips, mut cuts) = (Tally::default(), Tally::default());
    for at in 0..small.note.len() {
        for bit in 0..8 {
            let mut note = small.note.clone().into_bytes();
            note[at] ^= 1 << bit;
            let path = small.dir.path().join(checkpoint::FILE);
            fs::write(path, &note).unwrap();
            let found = verify(small.dir.path(), &options(), Verifying::default()).unwrap();
            flips.count(!found.holds(), false, || format!("bit {bit} of byte {at}"));
        }
        let path = small.dir.path().join(checkpoint::FILE);
        fs::write(path, &small.note.as_bytes()[..at]).unwrap();
        let found = verify(small.dir.path(), &options(), Verifying::default()).unwrap();
        cuts.count(!found.holds(), false, || format!("cut at {at}"));
    }
    flips.close("bits of the checkpoint flipped", "none");
    cuts.close("prefixes of the checkpoint", "none");
}

/// A journal as its documentation has it, written by somebody who knows the format: checksums,
/// chain and roots are right, whatever the events say.
fn forged(events: &[Vec<u8>]) -> Vec<u8> {
    let seal = |mut header: Vec<u8>| {
        assert_eq!(header.len(), 124);
        let crc = crc32c::crc32c(&header);
        header.extend(crc.to_be_bytes());
        header
    };
    let mut segment = Vec::new();
    segment.extend(b"socai journal\n\0\0");
    segment.extend(1u32.to_be_bytes());
    segment.extend([0; 4]);
    segment.extend(LEDGER.as_bytes());
    segment.extend(1u64.to_be_bytes());
    segment.extend([0; 32]);
    segment.extend(merkle::empty_root());
    segment.extend([0; 12]);
    let mut segment = seal(segment);
    let (mut tree, mut prev) = (Frontier::new(), [0u8; 32]);
    for (seq, event) in (1u64..).zip(events) {
        tree.push(leaf_hash(event));
        let payload = [event.as_slice(), b"\n"].concat();
        let value: serde_json::Value = serde_json::from_slice(event).unwrap();
        let at = socai::log::codec::parse_moment(value["at"].as_str().unwrap()).unwrap();
        let mut header = Vec::new();
        header.extend(b"SCFR");
        header.extend([1, 0, 0, 0]);
        header.extend(LEDGER.as_bytes());
        header.extend(seq.to_be_bytes());
        header.extend(seq.to_be_bytes());
        header.extend(1u32.to_be_bytes());
        header.extend((payload.len() as u32).to_be_bytes());
        header.extend(at.to_be_bytes());
        header.extend(prev);
        header.extend(tree.root());
        header.extend(crc32c::crc32c(&payload).to_be_bytes());
        let header = seal(header);
        prev = Sha256::digest(&header).into();
        segment.extend(header);
        segment.extend(payload);
    }
    segment.extend([0; ZEROS]);
    segment
}

/// The events numbered from 1 again.
fn renumbered(mut events: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    for (seq, event) in (1..).zip(&mut events) {
        let mut value: serde_json::Value = serde_json::from_slice(event).unwrap();
        value["seq"] = serde_json::json!(seq);
        *event = value.to_string().into_bytes();
    }
    events
}

/// The event with the last digit of its time changed: as small a change as there is.
fn changed(event: &[u8]) -> Vec<u8> {
    let mut event = event.to_vec();
    let at = br#"{"at":"2023-04-12T03:04:05.67"#.len();
    event[at] = if event[at] == b'9' {
        b'8'
    } else {
        event[at] + 1
    };
    event
}

fn note(signer: &Signer, events: &[Vec<u8>]) -> String {
    let origin = ORIGIN.to_owned();
    let (size, root) = (events.len() as u64, root(events));
    let checkpoint = Checkpoint { origin, size, root };
    checkpoint.sign(signer).unwrap().to_string()
}

#[test]
fn a_history_rewritten_by_who_knows_the_format_is_found() {
    let small = Small::new();
    let count = small.events.len();
    let found = small.verify(&forged(&small.events), &small.note, true, &[]);
    assert!(
        found.holds(),
        "the forger writes the true history: {:#?}",
        found.findings
    );

    let mut tally = Tally::default();
    let mut swaps = Tally::default();
    for one in 0..count {
        for other in one + 1..count {
            let mut events = small.events.clone();
            events.swap(one, other);
            for (events, how) in [
                (events.clone(), "as they were"),
                (renumbered(events), "renumbered"),
            ] {
                let found = small.verify(&forged(&events), &small.note, false, &[]);
                swaps.count(!found.holds(), false, || {
                    format!("{one} and {other}, {how}")
                });
            }
        }
        let mut doubled = small.events.clone();
        doubled.insert(one + 1, doubled[one].clone());
        let mut moved = small.events.clone();
        moved.push(moved[one].clone());
        let mut dropped = small.events.clone();
        dropped.remove(one);
        let mut touched = small.events.clone();
        touched[one] = changed(&touched[one]);
        for (events, how) in [
            (doubled.clone(), "doubled"),
            (renumbered(doubled), "doubled and renumbered"),
            (moved.clone(), "appended again"),
            (renumbered(moved), "appended again and renumbered"),
            (dropped.clone(), "dropped"),
            (renumbered(dropped), "dropped and renumbered"),
            (touched, "changed"),
        ] {
            let found = small.verify(&forged(&events), &small.note, true, &[]);
            tally.count(!found.holds(), false, || format!("event {} {how}", one + 1));
        }
    }
    swaps.close("pairs of events swapped", "none");
    tally.close("events doubled, dropped, changed", "none");
}

#[test]
fn a_checkpoint_signed_by_another_key_is_found_and_the_own_key_cannot_contradict_a_kept_one() {
    let small = Small::new();
    let stranger = Signer::new(ORIGIN, &[9; 32]).unwrap();
    let (mut other_key, mut own_key) = (Tally::default(), Tally::default());
    for one in 0..small.events.len() {
        let mut events = small.events.clone();
        events[one] = changed(&events[one]);
        let journal = forged(&events);
        let found = small.verify(&journal, &note(&stranger, &events), false, &[]);
        other_key.count(!found.holds(), false, || format!("event {}", one + 1));
        // Whoever has the ledger's own key can sign a second history. Nothing on this machine can
        // tell; a checkpoint that somebody else kept, or cosigned, can.
        let forged_note = note(&small.signer, &events);
        let found = small.verify(&journal, &forged_note, false, &[&small.note]);
        assert_eq!(
            found.verdict(Check::Checkpoints),
            socai::office::verify::Verdict::Fails
        );
        own_key.count(!found.holds(), false, || format!("event {}", one + 1));
    }
    let found = small.verify(&small.segment, &note(&stranger, &small.events), false, &[]);
    assert!(!found.holds(), "the true history under a strange key");
    other_key.close("second histories signed by another key", "none");
    own_key.close(
        "second histories signed by the own key, with a kept checkpoint",
        "none",
    );
}

#[test]
fn a_time_that_goes_back_and_an_id_that_repeats_have_names() {
    let small = Small::new();
    let mut events = small.events.clone();
    let last = events.len() - 1;
    let mut value: serde_json::Value = serde_json::from_slice(&events[last]).unwrap();
    value["at"] = serde_json::json!("2001-01-01T00:00:00.000Z");
    events[last] = value.to_string().into_bytes();
    let found = small.verify(&forged(&events), &note(&small.signer, &events), true, &[]);
    let codes: Vec<&str> = found.findings.iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&"time_goes_back"), "{codes:?}");
    assert_eq!(found.first_fault(), Some(last as u64 + 1));

    let mut events = small.events.clone();
    events.push(events[last].clone());
    let events = renumbered(events);
    let found = small.verify(&forged(&events), &note(&small.signer, &events), true, &[]);
    let codes: Vec<&str> = found.findings.iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&"same_id"), "{codes:?}");
    assert_eq!(found.first_fault(), Some(last as u64 + 2));
}

#[test]
fn an_event_in_another_form_is_found_though_every_hash_is_right() {
    let small = Small::new();
    for (from, to) in [
        (r#"{"at":"#, r#"{ "at":"#),
        (r#""v":1}"#, r#""v":1,"w":1}"#),
        (r#""by":{"id":"#, r#""by":{"ID":"#),
    ] {
        let mut events = small.events.clone();
        let text = String::from_utf8(events[1].clone()).unwrap();
        assert!(text.contains(from));
        events[1] = text.replacen(from, to, 1).into_bytes();
        let found = small.verify(&forged(&events), &note(&small.signer, &events), true, &[]);
        assert_eq!(found.first_fault(), Some(2), "{to}: {:#?}", found.findings);
    }
}

// From here on: the command, with a real ledger and its index.

fn codes(answer: &serde_json::Value, check: &str) -> Vec<String> {
    let checks = answer["checks"].as_array().unwrap();
    let check = checks.iter().find(|it| it["check"] == check).unwrap();
    let findings = check["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_command_says_what_holds_and_exits_with_1_where_something_does_not() {
    let place = Place::new();
    assert_eq!(place.run("checkpoint").status, 0);
    for line in ["verify", "verify --full"] {
        let ran = place.json(line);
        assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
        assert_eq!(ran.json()["holds"], true);
    }
    let answer = place.json("verify --full").json();
    for check in answer["checks"].as_array().unwrap() {
        // A small ledger has no saved views to check.
        let expected = match check["check"].as_str() {
            Some("views") => "not_checked",
            _ => "holds",
        };
        assert_eq!(check["verdict"], expected, "{check}");
    }
    for lang in ["vi", "en"] {
        let ran = place.run(&format!("--lang {lang} verify --full"));
        assert_eq!(ran.status, 0, "{}", ran.err);
    }

    // A writer at work: everything but the index is checked beside it.
    let log = SledLog::open(&place.ledger(), options()).unwrap();
    let ran = place.json("verify --full");
    assert_eq!(ran.status, 0, "{}", ran.out);
    assert_eq!(codes(&ran.json(), "index"), ["index_in_use"]);
    drop(log);

    let segment = segment_path(&place.ledger());
    let mut bytes = fs::read(&segment).unwrap();
    bytes[5_000] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    let ran = place.json("verify");
    assert_eq!(
        (ran.status, ran.json()["holds"].as_bool()),
        (1, Some(false))
    );
    assert!(ran.json()["first_fault"].as_u64().is_some());
}

#[test]
fn a_ledger_that_cannot_be_written_to_is_verified_whole() {
    let place = Place::new();
    assert_eq!(place.run("checkpoint").status, 0);
    let lock = place.ledger().join("lock");
    // A lock that cannot be opened stands for media that cannot be written to; this holds for
    // every user, root too.
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let ran = place.json("verify --full");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    for check in ran.json()["checks"].as_array().unwrap() {
        // A small ledger has no saved views to check.
        let expected = match check["check"].as_str() {
            Some("views") => "not_checked",
            _ => "holds",
        };
        assert_eq!(check["verdict"], expected, "{check}");
    }
}

#[test]
fn an_index_that_differs_from_the_journal_is_found() {
    let place = Place::new();
    let sled = place.ledger().join("sled");
    let spoil = |spoil: &dyn Fn(&sled::Db)| {
        let config = sled::Config::new().path(&sled).segment_size(2 << 20);
        let db = config.flush_every_ms(None).open().unwrap();
        spoil(&db);
        db.flush().unwrap();
    };
    let verdict = || {
        let ran = place.json("verify --full");
        assert_eq!(ran.status, 1, "{}", ran.out);
        codes(&ran.json(), "index")
    };
    let pick = |db: &sled::Db, prefix: &[u8]| db.scan_prefix(prefix).next().unwrap().unwrap();
    spoil(&|db| {
        let (key, value) = pick(db, b"i");
        db.remove(&key).unwrap();
        db.insert(b"kept-i", &*value).unwrap();
    });
    assert_eq!(verdict(), ["index_id"]);
    spoil(&|db| {
        let (key, _) = pick(db, b"t");
        db.remove(&key).unwrap();
    });
    assert_eq!(verdict(), ["index_id", "index_tag"]);
    // The journal is whole, and the index is built anew from it.
    assert_eq!(place.run("rebuild").status, 0);
    assert_eq!(place.json("verify --full").status, 0);
}

#[test]
fn saved_views_are_compared_with_a_replay() {
    let place = Place::with_views();
    let ran = place.json("verify --full");
    assert_eq!(ran.status, 0, "{}", ran.out);
    assert_eq!(codes(&ran.json(), "views"), Vec::<String>::new());
    let views = fs::read_dir(place.ledger().join("views")).unwrap();
    let paths = views.map(|entry| entry.unwrap().path());
    let rows = |path: &PathBuf| {
        let name = path.display().to_string();
        name.contains("month.") || name.contains("layers.")
    };
    let month = paths.filter(rows);
    let month = month.last().unwrap();
    let mut bytes = fs::read(&month).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(&month, bytes).unwrap();
    let ran = place.json("verify --full");
    assert_eq!(
        (ran.status, codes(&ran.json(), "views")),
        (1, vec!["views_damaged".into()])
    );
    assert_eq!(place.run("rebuild").status, 0);
    assert_eq!(place.json("verify --full").status, 0);
}

#[test]
fn an_erased_key_is_no_lost_key_and_must_be_gone() {
    let place = Place::new();
    let kept = place.dir.path().join("kept");
    let keys = place.ledger().join("keys");
    runner::copy(&keys, &kept);
    let ran = place.run("subject erase H1 --basis Luật");
    assert_eq!(ran.status, 0, "{}", ran.err);
    let ran = place.json("verify --full");
    assert_eq!(ran.status, 0, "{}", ran.out);
    // Somebody puts the old keys back.
    fs::remove_dir_all(&keys).unwrap();
    runner::copy(&kept, &keys);
    let ran = place.json("verify --full");
    assert_eq!(
        (ran.status, codes(&ran.json(), "keys")),
        (1, vec!["erased_key_there".into()])
    );
}

#[test]
fn a_lost_key_and_a_strange_signing_key_are_found() {
    let place = Place::new();
    let keys = place.ledger().join("keys");
    let signing = fs::read(keys.join("signing")).unwrap();
    fs::write(keys.join("signing"), [3; 32]).unwrap();
    let ran = place.json("verify --full");
    assert_eq!(
        (ran.status, codes(&ran.json(), "keys")),
        (1, vec!["other_signing_key".into()])
    );
    fs::write(keys.join("signing"), signing).unwrap();
    // The last record of the key file: the key of one household.
    let subjects = keys.join("subjects.1");
    let bytes = fs::read(&subjects).unwrap();
    fs::write(&subjects, &bytes[..bytes.len() - 88]).unwrap();
    let ran = place.json("verify --full");
    assert_eq!(
        (ran.status, codes(&ran.json(), "keys")),
        (1, vec!["key_lost".into()])
    );
}
