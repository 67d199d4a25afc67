//! Processes killed with SIGKILL at random moments. What a child said through its pipe before it
//! died was acknowledged.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use socai::domain::code::Code;
use socai::domain::personal::Subject;
use socai::log::keys::KeyStore;
use socai::log::random::SystemRandom;
use socai::log::seal::{AssociatedData, seal};
use socai::log::{EventRead, JournalReader, LogError, SledLog};
use uuid::Uuid;

use crate::common::*;
use crate::log_setup::{LEDGER, options};

/// Kills a child at a random moment after it was ready; gives every line it said.
fn kill_after(mut command: Command, ready: &str, within: u64, dice: &mut Dice) -> Vec<String> {
    let mut child = command.spawn().unwrap();
    let said = Said::of(&mut child);
    let mut lines = vec![said.wait_for(ready)];
    std::thread::sleep(Duration::from_micros(dice.below(within * 1_000)));
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!complaint.contains("panicked"), "{complaint}");
    lines.extend(said.rest());
    lines
}

fn writers(mode: &str, salt: u64, within: u64, few: u64) {
    let mut dice = Dice::new(salt);
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    let (mut acknowledged_in_all, mut torn, mut behind) = (0, 0, 0);
    let rounds = rounds(few);
    for round in 0..rounds {
        // A ledger lives through many kills, and then a fresh one begins.
        if round % 20 == 0 {
            drop(std::fs::remove_dir_all(&dir));
            drop(SledLog::create(&dir, LEDGER, options()).unwrap());
        }
        let mut command = child("common::child_writer", &dir);
        command.env("SOCAI_TEST_MODE", mode);
        let lines = kill_after(command, "ready", within, &mut dice);
        let acknowledged = last_number(&lines, "acknowledged ");
        let log = check_ledger(&dir, acknowledged);
        acknowledged_in_all += lines.len() as u64 - 1;
        torn += u64::from(log.report().torn.is_some());
        behind += u64::from(log.report().index != socai::log::IndexState::Current);
        if mode == "large" {
            // An open log may write on in threads of its own.
            drop(log);
            std::fs::remove_dir_all(&dir).unwrap();
            drop(SledLog::create(&dir, LEDGER, options()).unwrap());
        }
    }
    println!(
        "kill, {mode}: {rounds} rounds, {acknowledged_in_all} acknowledged appends, {torn} torn \
         tails set aside, {behind} indexes behind, 0 lost"
    );
}

#[test]
fn while_single_events_are_recorded() {
    writers("single", 1, 30, 4);
}

#[test]
fn while_batches_are_recorded() {
    writers("batches", 2, 40, 4);
}

#[test]
fn while_batches_of_many_frames_are_recorded() {
    writers("large", 3, 120, 4);
}

/// What a kill left behind of sealing: a copy that was being made, or frames whose copy is there.
fn amid_sealing(dir: &Path) -> (u64, u64) {
    let (mut parts, mut both) = (0, 0);
    for entry in std::fs::read_dir(dir.join("journal")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        parts += u64::from(name.ends_with(".tmp"));
        if let Some(first) = name.strip_suffix(".frames") {
            let sealed = path.with_file_name(format!("{first}.ndjson.zst"));
            both += u64::from(sealed.exists());
        }
    }
    (parts, both)
}

#[test]
fn while_segments_are_sealed() {
    let mut dice = Dice::new(9);
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    let (mut parts, mut both, mut sealed) = (0, 0, 0);
    let rounds = rounds(4);
    for round in 0..rounds {
        if round % 10 == 0 {
            drop(std::fs::remove_dir_all(&dir));
            drop(SledLog::create(&dir, LEDGER, options()).unwrap());
        }
        let mut command = child("common::child_writer", &dir);
        command.env("SOCAI_TEST_MODE", "sealing");
        let lines = kill_after(command, "ready", 60, &mut dice);
        let left = amid_sealing(&dir);
        parts += u64::from(left.0 > 0);
        both += u64::from(left.1 > 0);
        // Opening seals what is left, and every event is read through whatever stands there.
        drop(check_ledger(&dir, last_number(&lines, "acknowledged ")));
        drop(check_ledger(&dir, 0));
        sealed = std::fs::read_dir(dir.join("journal"))
            .unwrap()
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .path()
                    .to_str()
                    .unwrap()
                    .ends_with(".zst")
            })
            .count();
    }
    println!(
        "kill, sealing: {rounds} rounds, {parts} amid a copy, {both} between copy and frames, \
         {sealed} sealed segments in the last ledger, 0 lost"
    );
}

#[test]
#[ignore = "runs as a child of another test"]
fn child_rebuilder() {
    let dir = std::env::var_os("SOCAI_TEST_LEDGER").expect("run by a campaign");
    println!("ready");
    loop {
        drop(SledLog::rebuild(Path::new(&dir), options()).unwrap());
        println!("rebuilt");
    }
}

#[test]
fn while_the_index_is_built_anew() {
    let mut dice = Dice::new(4);
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("ledger");
    old_ledger(&dir, 4_000);
    let rounds = rounds(3);
    // Each check records one event more.
    for events in 4_000..4_000 + rounds {
        kill_after(
            child("kill::child_rebuilder", &dir),
            "ready",
            150,
            &mut dice,
        );
        drop(check_ledger(&dir, events));
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.starts_with("sled.damaged") {
                std::fs::remove_dir_all(path).unwrap();
            }
        }
    }
    println!("kill, rebuild: {rounds} rounds, 0 lost");
}

fn household(number: u64) -> (Subject, u32) {
    let code = Code::new(&format!("H{number}")).unwrap();
    (Subject::Household(code), 0)
}

/// A text sealed with a subject's key: the same key gives the same text.
fn sealed(keys: &KeyStore, number: u64) -> Option<String> {
    let (subject, erasures) = household(number);
    let key = keys.key_for(&subject, erasures).unwrap()?;
    let data = AssociatedData {
        ledger: &keys.ledger(),
        event: Uuid::from_u128(1),
        subject: &subject,
        place: "name",
    };
    Some(format!("{:?}", seal(&key, [3; 24], &data, "Lý Thị Vạ").unwrap()).replace(' ', ""))
}

#[test]
#[ignore = "runs as a child of another test"]
fn child_eraser() {
    let dir = std::env::var_os("SOCAI_TEST_LEDGER").expect("run by a campaign");
    let keys = KeyStore::open(&Path::new(&dir).join("keys")).unwrap();
    let from: u64 = std::env::var("SOCAI_TEST_MODE").unwrap().parse().unwrap();
    println!("ready");
    for number in from.. {
        let subjects = [household(number), household(number + 1_000_000)];
        keys.ensure(&subjects, &mut SystemRandom).unwrap();
        println!("made {number} {}", sealed(&keys, number).unwrap());
        if number % 3 == 0 {
            keys.erase(&[household(number)], &mut SystemRandom).unwrap();
            println!("gone {number}");
        }
    }
}

#[test]
fn while_keys_are_made_and_erased() {
    let mut dice = Dice::new(5);
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("keys");
    drop(KeyStore::create(&folder, &LEDGER.to_string(), &mut SystemRandom).unwrap());
    let mut known = std::collections::BTreeMap::new();
    let rounds = rounds(4);
    for round in 0..rounds {
        let mut command = child("kill::child_eraser", temp.path());
        command.env("SOCAI_TEST_MODE", (round * 10_000).to_string());
        let lines = kill_after(command, "ready", 30, &mut dice);
        let keys = KeyStore::open(&folder).unwrap();
        let mut last = None;
        for line in &lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["made", number, sealed] => {
                    known.insert(number.parse::<u64>().unwrap(), Some(sealed.to_owned()));
                    last = number.parse().ok();
                }
                ["gone", number] => drop(known.insert(number.parse().unwrap(), None)),
                _ => {}
            }
        }
        // An erasure that was under way may have come to its end.
        if let Some(last) = last
            && last % 3 == 0
            && sealed(&keys, last).is_none()
        {
            known.insert(last, None);
        }
        for (number, expected) in &known {
            assert_eq!(sealed(&keys, *number), *expected, "key {number}");
        }
        let files = std::fs::read_dir(&folder).unwrap().count();
        assert_eq!(files, 2, "an old generation is still there");
    }
    println!(
        "kill, keys: {rounds} rounds, {} keys checked, 0 lost, 0 came back",
        known.len()
    );
}

/// The program itself, on a ledger of its own.
pub struct Office {
    pub temp: tempfile::TempDir,
    pub base: PathBuf,
}

impl Office {
    pub fn new() -> Office {
        let temp = tempfile::tempdir().unwrap();
        let base = temp.path().join("base");
        let office = Office { temp, base };
        let base = office.base.clone();
        office.must(&base, &["init", "--unit", "01990", "--name", "Lục Bình"]);
        let rows = (1..=300).map(|n| format!("H{n},Nông Thị {n},Cao Lộc,poor,2022-01-01\n"));
        let list = format!(
            "household,head,village,class,class_from\n{}",
            rows.collect::<String>()
        );
        let file = office.file("households.csv", &list);
        office.must(&base, &["import", "households", &file]);
        office
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.temp.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    pub fn command(&self, ledger: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_socai"));
        command
            .args(["--format", "json", "--ledger"])
            .arg(ledger)
            .env("SOCAI_BY", "clerk")
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn must(&self, ledger: &Path, words: &[&str]) {
        let output = self.command(ledger, words).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}: {complaint}");
    }

    fn head(&self, ledger: &Path) -> u64 {
        match JournalReader::open(ledger, &reading()) {
            Ok(reader) => {
                assert_eq!(reader.fault(), None);
                reader.head().seq
            }
            Err(LogError::NotALedger { .. }) => 0,
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs a command and kills it within the time it takes; whether it had come to its end.
    fn kill(&self, ledger: &Path, words: &[&str], took: Duration, dice: &mut Dice) -> bool {
        let mut child = self.command(ledger, words).spawn().unwrap();
        let most = took.as_micros() as u64 * 11 / 10;
        std::thread::sleep(Duration::from_micros(dice.below(most)));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!complaint.contains("panicked"), "{complaint}");
        output.status.success()
    }

    /// How long a command takes on a copy of the base, and the head behind it.
    fn measure(&self, words: &[&str]) -> (Duration, u64) {
        let ledger = self.temp.path().join("measured");
        if self.base.exists() {
            copy(&self.base, &ledger);
        }
        let begun = Instant::now();
        self.must(&ledger, words);
        let took = begun.elapsed();
        let head = self.head(&ledger);
        std::fs::remove_dir_all(&ledger).unwrap();
        (took, head)
    }

    /// Kills a command that records one batch: all of it is there, or nothing; then it is run to
    /// its end.
    fn all_or_nothing(&self, words: &[&str], repeatable: bool, rounds: u64, dice: &mut Dice) {
        let (took, full) = self.measure(words);
        let before = self.head(&self.base);
        let ledger = self.temp.path().join("killed");
        let (mut ended, mut whole) = (0, 0);
        for _ in 0..rounds {
            drop(std::fs::remove_dir_all(&ledger));
            copy(&self.base, &ledger);
            let done = self.kill(&ledger, words, took, dice);
            let head = self.head(&ledger);
            assert!(
                head == before || head == full,
                "{head} events: a part was recorded"
            );
            assert!(!done || head == full, "acknowledged, and not there");
            ended += u64::from(done);
            whole += u64::from(head == full);
            self.must(&ledger, words);
            let end = self.head(&ledger);
            let again = if head == full { full - before } else { 0 };
            assert_eq!(end, if repeatable { full } else { full + again });
        }
        println!(
            "kill, {}: {rounds} rounds, {whole} recorded ({ended} acknowledged), {} not at all, \
             0 in part",
            words[..2].join(" "),
            rounds - whole
        );
    }
}

fn supports(count: u64) -> String {
    let rows = (1..=count).map(|n| {
        let household = 1 + n % 300;
        format!(
            "R{n},tuition_waiver,H{household},{}000,2023-03-15,state_budget\n",
            100 + n
        )
    });
    let header = "ref,kind,household,amount,occurred_on,source\n";
    format!("{header}{}", rows.collect::<String>())
}

#[test]
fn while_a_list_is_imported() {
    let mut dice = Dice::new(6);
    let office = Office::new();
    let file = office.file("supports.csv", &supports(2_500));
    let words = ["import", "supports", &file];
    office.all_or_nothing(&words, true, rounds(3), &mut dice);
}

#[test]
fn while_one_support_is_recorded() {
    let mut dice = Dice::new(7);
    let office = Office::new();
    let words = "record support --kind tuition_waiver --household H7 --amount 150000 --on \
                 2023-04-02 --source state_budget";
    let words: Vec<&str> = words.split_whitespace().collect();
    office.all_or_nothing(&words, false, rounds(3), &mut dice);
}

#[test]
fn while_a_ledger_is_opened_for_the_first_time() {
    let mut dice = Dice::new(8);
    let office = Office::new();
    let ledger = office.temp.path().join("new");
    let words = ["init", "--unit", "01990", "--name", "Lục Bình"];
    let begun = Instant::now();
    office.must(&ledger, &words);
    let took = begun.elapsed();
    let full = office.head(&ledger);
    let file = office.file(
        "more.csv",
        "household,head,village\nH1,Nông Thị Liên,Cao Lộc\n",
    );
    let rounds = rounds(4);
    let mut begun_anew = 0;
    for _ in 0..rounds {
        drop(std::fs::remove_dir_all(&ledger));
        let done = office.kill(&ledger, &words, took, &mut dice);
        let head = office.head(&ledger);
        assert!(head == 0 || head == full, "{head} events");
        assert!(!done || head == full);
        if head == 0 {
            office.must(&ledger, &words);
            begun_anew += 1;
        }
        office.must(&ledger, &["import", "households", &file]);
        office.must(&ledger, &["checkpoint"]);
    }
    println!("kill, init: {rounds} rounds, {begun_anew} begun again, 0 in part");
}

/// A backup that was cut short leaves no file of its name; one that is there is whole. The ledger
/// is as it was.
#[test]
fn while_a_backup_is_made() {
    let mut dice = Dice::new(10);
    let office = Office::new();
    let supports = office.file("supports.csv", &supports(2_500));
    office.must(&office.base, &["import", "supports", &supports]);
    let file = office.temp.path().join("b.socai").display().to_string();
    let words = ["backup", &file];
    let begun = Instant::now();
    office.must(&office.base, &words);
    let took = begun.elapsed();
    let head = office.head(&office.base);
    let rounds = rounds(3);
    let mut whole = 0;
    for _ in 0..rounds {
        drop(std::fs::remove_file(&file));
        let done = office.kill(&office.base, &words, took, &mut dice);
        let there = Path::new(&file).exists();
        assert!(!done || there, "acknowledged, and not there");
        if there {
            office.must(&office.base, &["backup", "verify", &file]);
        } else {
            office.must(&office.base, &words);
            office.must(&office.base, &["backup", "verify", &file]);
        }
        whole += u64::from(there);
        assert_eq!(office.head(&office.base), head);
    }
    office.must(&office.base, &["verify", "--full"]);
    println!(
        "kill, backup: {rounds} rounds, {whole} whole files, {} no file, 0 in part",
        rounds - whole
    );
}

/// A restoration with an accepted loss: either there is no ledger, or one that says what was lost
/// and signs with its new key.
#[test]
fn while_a_loss_is_accepted() {
    let mut dice = Dice::new(11);
    let office = Office::new();
    let file = office.temp.path().join("b.socai").display().to_string();
    let note = office.temp.path().join("newer").display().to_string();
    office.must(&office.base, &["backup", &file]);
    let old = office.head(&office.base);
    office.must(&office.base, &["subject", "hold", "H1", "--basis", "Luật"]);
    office.must(&office.base, &["checkpoint", "--output", &note]);
    let seed = std::fs::read(office.base.join("keys/signing")).unwrap();
    let into = office.temp.path().join("again");
    let words = [
        "restore",
        &file,
        into.to_str().unwrap(),
        "--verify-against",
        &note,
        "--accept-loss",
        "--reason",
        "ổ đĩa hỏng",
    ];
    let begun = Instant::now();
    office.must(&into, &words);
    let took = begun.elapsed();
    let rounds = rounds(3);
    let (mut whole, mut keys) = (0, std::collections::BTreeSet::new());
    for _ in 0..rounds {
        drop(std::fs::remove_dir_all(&into));
        let done = office.kill(&into, &words, took, &mut dice);
        let there = into.exists();
        assert!(!done || there, "acknowledged, and not there");
        if !there {
            office.must(&into, &words);
        }
        whole += u64::from(there);
        assert_eq!(office.head(&into), old + 1);
        office.must(&into, &["verify", "--full"]);
        office.must(&into, &["checkpoint", "verify"]);
        let now = std::fs::read(into.join("keys/signing")).unwrap();
        assert_ne!(now, seed, "the key of the lost history signs this one");
        assert!(keys.insert(now), "one key for two histories");
        assert!(!into.join("keys/signing.next").exists());
    }
    println!(
        "kill, restore --accept-loss: {rounds} rounds, {whole} whole, {} not at all, 0 in part",
        rounds - whole
    );
}

fn reading() -> socai::log::LogOptions {
    socai::log::LogOptions::new(std::sync::Arc::new(socai::office::tags_of))
}
