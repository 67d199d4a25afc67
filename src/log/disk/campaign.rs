//! The campaign on the simulated disk: lives of a ledger, each by a seed, each of several sessions
//! that end in a power cut, a kill or an orderly close. After each, everything that was
//! acknowledged must be there, and nothing else; where a bit was flipped, it must be there or the
//! damage must be named.
//!
//! `SOCAI_SEEDS=10000 cargo test --release --lib simulated_disk -- --nocapture` runs many seeds and
//! prints the counts; `SOCAI_SEED=n` runs one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::simulated::{self, Dice, Faults, Happened, Shared, locked};
use crate::domain::code::Code;
use crate::domain::personal::Subject;
use crate::log::checkpoint::{self, Checkpoint};
use crate::log::keys::{KeyFinding, KeyStore};
use crate::log::note::Signer;
use crate::log::random::SeededRandom;
use crate::log::{
    Clock, Condition, EventLog, EventRead, JournalReader, LedgerId, LogError, LogOptions, NewEvent,
    SledLog,
};

const LEDGER: LedgerId = LedgerId::new([0x51; 16]);
/// How many seeds an ordinary test run takes.
const FEW: u64 = 60;

struct Noon;

impl Clock for Noon {
    fn now_ms(&self) -> i64 {
        1_681_268_645_678
    }
}

fn options() -> LogOptions {
    let mut options = LogOptions::new(Arc::new(|_| Ok(vec![b"t".to_vec()])));
    options.clock = Arc::new(Noon);
    options
}

fn event(number: u128, bytes: usize) -> NewEvent {
    let data = format!("\"{number}-{}\"", "x".repeat(bytes));
    NewEvent {
        id: Uuid::from_u128(number),
        tags: vec![b"t".to_vec()],
        members: vec![("data", data), ("type", "\"t\"".to_owned())].into(),
    }
}

/// What is known of a subject's key.
#[derive(Debug, Clone, PartialEq)]
enum Known {
    /// It has this key.
    Has([u8; 32]),
    /// It has none.
    None,
    /// It has none, or one that nobody has used yet.
    Unused,
    /// Its erasure was not acknowledged: it has this key or none.
    Erasing([u8; 32]),
}

/// What a life came to.
#[derive(Debug, Default)]
struct Count {
    seeds: u64,
    sessions: u64,
    acknowledged: u64,
    recovered: u64,
    refused_full: u64,
    poisoned: u64,
    named: u64,
    torn: u64,
    /// Sealed segments, looked at after each session.
    sealed: u64,
    seeds_changed: u64,
    seeds_finished: u64,
    disk: Happened,
}

/// One life of a ledger.
struct Life {
    dir: PathBuf,
    disk: Shared,
    dice: Dice,
    random: SeededRandom,
    created: bool,
    /// The events that were acknowledged.
    lines: Vec<String>,
    ids: Vec<u128>,
    /// The batch of which the answer is not known.
    doubtful: Option<Vec<u128>>,
    next: u128,
    checkpoint: Option<Checkpoint>,
    /// Those since then of which the answer is not known.
    doubtful_checkpoints: Vec<Checkpoint>,
    keys_created: bool,
    keys: BTreeMap<u32, Known>,
    /// The seed that signs, as the events of the ledger would name it.
    named: Option<[u8; 32]>,
    older_index: bool,
    count: Count,
}

fn subject(number: u32) -> (Subject, u32) {
    (
        Subject::Household(Code::new(&format!("H{number}")).unwrap()),
        0,
    )
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

impl Life {
    fn new(dir: &Path, seed: u64) -> Life {
        Life {
            dir: dir.to_owned(),
            disk: simulated::mount(dir, seed ^ 0xd15c),
            dice: Dice::new(seed),
            random: SeededRandom::new(seed),
            created: false,
            lines: Vec::new(),
            ids: Vec::new(),
            doubtful: None,
            next: 1,
            checkpoint: None,
            doubtful_checkpoints: Vec::new(),
            keys_created: false,
            keys: BTreeMap::new(),
            named: None,
            older_index: false,
            count: Count::default(),
        }
    }

    /// Says what happens, where one seed is repeated.
    fn tell(&self, what: impl FnOnce() -> String) {
        if std::env::var_os("SOCAI_SEED").is_some() {
            println!("{}", what());
        }
    }

    fn set_faults(&self, faults: Faults) {
        locked(&self.disk).faults = faults;
    }

    /// The faults of a session.
    fn choose_faults(&mut self) -> Faults {
        let dice = &mut self.dice;
        let mut faults = Faults::default();
        match dice.below(8) {
            0..4 => faults.power_cut_after = Some(dice.below(50)),
            4 => faults.sync_error = 2 + dice.below(20),
            5 => faults.write_error = 2 + dice.below(30),
            6 => faults.room = Some(dice.below(200_000)),
            _ => {}
        }
        if dice.once_in(3) {
            faults.short_read = 1 + dice.below(4);
        }
        if dice.once_in(10) {
            faults.read_error = 20;
        }
        faults
    }

    /// Opens the ledger, first with what may go wrong, then with a sound disk: that must succeed.
    fn open(&mut self, faults: &Faults) -> SledLog {
        self.set_faults(faults.clone());
        if let Ok(log) = self.open_once() {
            return log;
        }
        self.after_the_fault();
        self.open_once()
            .unwrap_or_else(|error| panic!("a sound disk: {error:?}"))
    }

    fn open_once(&mut self) -> Result<SledLog, LogError> {
        if self.created {
            return SledLog::open(&self.dir, options());
        }
        let created = match SledLog::create(&self.dir, LEDGER, options()) {
            // A creation that was cut short may have come far enough.
            Err(LogError::LedgerExists { .. }) => SledLog::open(&self.dir, options()),
            other => other,
        };
        self.created = created.is_ok();
        created
    }

    /// The process ended while something was wrong; now the disk is sound.
    fn after_the_fault(&mut self) {
        let mut disk = locked(&self.disk);
        if self.dice.once_in(2) || disk.is_off() {
            disk.power_cut();
        }
        disk.faults = Faults::default();
    }

    /// Everything that was acknowledged is in a log, and nothing else.
    fn check(&mut self, log: &dyn EventRead) {
        let head = log.head().seq as usize;
        if let Some(doubtful) = self.doubtful.take()
            && head == self.lines.len() + doubtful.len()
        {
            self.ids.extend(doubtful);
            let new = read_lines(log, self.lines.len() as u64 + 1, head as u64).unwrap();
            self.lines.extend(new);
            self.count.recovered += 1;
        }
        assert_eq!(head, self.lines.len(), "events");
        let lines = read_lines(log, 1, head as u64).unwrap();
        assert!(lines == self.lines, "other bytes");
        for (place, id) in self.ids.iter().enumerate() {
            let id = Uuid::from_u128(*id).to_string();
            assert!(lines[place].contains(&id), "an event in another's place");
        }
        if let Some(last) = self.ids.last() {
            let found = log.find(&Uuid::from_u128(*last)).unwrap();
            assert_eq!(found, Some(head as u64));
        }
        assert_eq!(log.find(&Uuid::from_u128(self.next)).unwrap(), None);
    }

    fn check_checkpoint(&mut self) {
        let found = checkpoint::claimed(&self.dir).unwrap();
        let doubtful = std::mem::take(&mut self.doubtful_checkpoints);
        let known = found == self.checkpoint || found.iter().any(|it| doubtful.contains(it));
        assert!(known, "the checkpoint is {found:?}");
        self.checkpoint = found;
    }

    fn append(&mut self, log: &mut SledLog) {
        let (count, bytes) = match self.dice.below(40) {
            0 => (20, 60_000),
            1..4 => (1 + self.dice.below(60), 40),
            4 => (2, 40_000),
            _ => (1 + self.dice.below(4), self.dice.below(400)),
        };
        let ids: Vec<u128> = (0..count)
            .map(|more| self.next + u128::from(more))
            .collect();
        self.next += u128::from(count);
        let events = ids.iter().map(|id| event(*id, bytes as usize)).collect();
        let answer = log.append(events, &Condition::default());
        self.tell(|| {
            let answer = answer.as_ref().map(|appended| appended.last);
            format!("append of {count} x {bytes}: {answer:?}")
        });
        match answer {
            Ok(appended) => {
                assert_eq!(appended.first, self.lines.len() as u64 + 1);
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                let new = appended.events.iter().map(|event| text(&event.bytes));
                self.lines.extend(new);
                self.ids.extend(ids);
                self.count.acknowledged += count;
                assert!(self.doubtful.is_none(), "acknowledged after a failure");
            }
            Err(LogError::Poisoned { .. }) => {
                self.count.poisoned += 1;
                self.doubtful.get_or_insert(ids);
            }
            Err(LogError::Full) => self.count.refused_full += 1,
            Err(error) => panic!("an append was refused: {error:?}"),
        }
    }

    fn save_checkpoint(&mut self, log: &SledLog) {
        let signer = Signer::new("o", &[7; 32]).unwrap();
        let head = log.head();
        let checkpoint = Checkpoint {
            origin: "o".to_owned(),
            size: head.seq,
            root: head.root,
        };
        let note = checkpoint.sign(&signer).unwrap();
        match checkpoint::save(&self.dir, &note) {
            Ok(()) => {
                self.checkpoint = Some(checkpoint);
                self.doubtful_checkpoints.clear();
            }
            Err(_) => self.doubtful_checkpoints.push(checkpoint),
        }
    }

    fn open_keys(&mut self, sound: bool) -> Option<KeyStore> {
        let folder = self.dir.join("keys");
        let opened = if self.keys_created {
            KeyStore::open(&folder)
        } else if super::exists(&folder) {
            // A creation that was cut short after its last step.
            KeyStore::open(&folder)
        } else {
            KeyStore::create(&folder, &LEDGER.to_string(), &mut self.random)
        };
        match opened {
            Ok(keys) => {
                self.keys_created = true;
                Some(keys)
            }
            Err(error) => {
                assert!(!sound, "keys on a sound disk: {error:?}");
                None
            }
        }
    }

    /// Compares the keys with what is known of them; what was in doubt is known from now on.
    fn check_keys(&mut self, keys: &KeyStore) {
        for (number, known) in &mut self.keys {
            let (subject, erasures) = subject(*number);
            let found = keys.key_for(&subject, erasures).unwrap();
            let found = found.map(|key| *key.secret());
            let fits = match (&*known, found) {
                (Known::Has(key), Some(found)) => found == *key,
                (Known::Erasing(key), found) => found.is_none() || found == Some(*key),
                (Known::None, None) | (Known::Unused, _) => true,
                _ => false,
            };
            assert!(fits, "key {number}: {known:?}, found {found:?}");
            *known = found.map_or(Known::None, Known::Has);
        }
    }

    /// The seed that is named signs, or waits to: a change that was cut short can be finished.
    fn check_signing(&mut self, keys: &KeyStore) {
        let seed = keys.signing_seed().map(|seed| *seed);
        let Some(named) = self.named else {
            // The one that is there was never used.
            let made = seed.or_else(|_| {
                let made = keys.create_signing_seed(&mut self.random);
                made.map(|seed| *seed)
            });
            self.named = Some(made.unwrap());
            return;
        };
        if seed.is_ok_and(|seed| seed == named) {
            return;
        }
        let next = keys.next_seed().unwrap().map(|seed| *seed);
        assert_eq!(next, Some(named), "the seed that signs is gone");
        keys.use_next_seed().unwrap();
        assert_eq!(*keys.signing_seed().unwrap(), named);
        self.count.seeds_finished += 1;
    }

    /// As the office changes the key: the seed, the event, the old seed.
    fn change_signing(&mut self, keys: &KeyStore) {
        if self.named.is_none() {
            let made = keys.create_signing_seed(&mut self.random);
            self.named = made.ok().map(|seed| *seed);
            return;
        }
        // What was cut short before is finished first; where that fails, nothing is begun.
        let seed = keys.signing_seed().map(|seed| *seed);
        if seed.ok() != self.named && keys.use_next_seed().is_err() {
            return;
        }
        let Ok(next) = keys.draw_next_seed(&mut self.random) else {
            return;
        };
        if self.dice.once_in(4) {
            // The event was not recorded.
            return;
        }
        self.named = Some(*next);
        self.count.seeds_changed += 1;
        drop(keys.use_next_seed());
    }

    fn use_keys(&mut self, keys: &KeyStore) {
        let count = 1 + self.dice.below(4);
        let numbers: Vec<u32> = (0..count).map(|_| self.dice.below(12) as u32).collect();
        let subjects: Vec<_> = numbers.iter().map(|number| subject(*number)).collect();
        if self.dice.once_in(3) {
            let result = keys.erase(&subjects, &mut self.random);
            for number in numbers {
                let known = self.keys.entry(number).or_insert(Known::None);
                *known = match (&result, &*known) {
                    (Ok(_), _) | (Err(_), Known::None) => Known::None,
                    (Err(_), Known::Has(key) | Known::Erasing(key)) => Known::Erasing(*key),
                    (Err(_), Known::Unused) => Known::Unused,
                };
            }
            return;
        }
        let result = keys.ensure(&subjects, &mut self.random);
        for (place, number) in numbers.into_iter().enumerate() {
            let known = self.keys.entry(number).or_insert(Known::None);
            match &result {
                Ok(keys) => {
                    let secret = *keys[place].secret();
                    if let Known::Has(before) = known {
                        assert_eq!(secret, *before, "another key for {number}");
                    }
                    *known = Known::Has(secret);
                }
                Err(_) if *known == Known::None => *known = Known::Unused,
                Err(_) => {}
            }
        }
    }

    fn session(&mut self) {
        self.count.sessions += 1;
        let faults = self.choose_faults();
        self.tell(|| format!("session with {faults:?}"));
        let mut log = self.open(&faults);
        let keys = self.open_keys(false);
        if locked(&self.disk).faults.read_error == 0 {
            let off = locked(&self.disk).is_off();
            if !off {
                self.check(&log);
            }
        }
        for _ in 0..self.dice.below(25) {
            match self.dice.below(10) {
                0 => self.save_checkpoint(&log),
                1 | 2 => {
                    if let Some(keys) = &keys {
                        match self.dice.below(4) {
                            0 => self.change_signing(keys),
                            _ => self.use_keys(keys),
                        }
                    }
                }
                3 => drop(log.settle()),
                4 => self.free_space(&mut log),
                _ => self.append(&mut log),
            }
        }
        drop(keys);
        self.end(log);
        self.look();
        if self.dice.once_in(2) {
            self.flip();
        }
    }

    /// After space was freed everything goes on.
    fn free_space(&mut self, log: &mut SledLog) {
        let full = locked(&self.disk).faults.room.is_some();
        if full && self.dice.once_in(2) {
            self.set_faults(Faults::default());
            if self.doubtful.is_none() {
                let before = self.count.refused_full;
                self.append(log);
                assert_eq!(before, self.count.refused_full, "full without being full");
            }
        }
    }

    /// The process ends, with or without the power, and something becomes of the index.
    fn end(&mut self, log: SledLog) {
        let sled = self.dir.join("sled");
        let older = self.dir.join("sled.dam-older");
        let killed = self.dice.once_in(3);
        self.tell(|| format!("ends, killed: {killed}"));
        if killed {
            // A kill: the index is as it is at this moment.
            let now = self.dir.join("sled.dam-now");
            copy(&sled, &now);
            drop(log);
            fs::remove_dir_all(&sled).unwrap();
            fs::rename(&now, &sled).unwrap();
        } else {
            drop(log);
        }
        let mut disk = locked(&self.disk);
        let power_cut = disk.is_off() || self.dice.once_in(2);
        if power_cut {
            disk.power_cut();
        }
        disk.faults = Faults::default();
        drop(disk);
        self.tell(|| format!("power cut: {power_cut}"));
        match self.dice.below(12) {
            0 => fs::remove_dir_all(&sled).unwrap(),
            1 if self.older_index => {
                fs::remove_dir_all(&sled).unwrap();
                copy(&older, &sled);
            }
            2 => {
                if older.exists() {
                    fs::remove_dir_all(&older).unwrap();
                }
                copy(&sled, &older);
                self.older_index = true;
            }
            3 => {
                let db = fs::File::options().write(true).open(sled.join("db"));
                let db = db.unwrap();
                let len = db.metadata().unwrap().len();
                db.set_len(self.dice.below(len)).unwrap();
            }
            _ => {}
        }
    }

    /// On a sound disk everything is there, for a reader and for a writer.
    fn look(&mut self) {
        if self.created {
            let reader = JournalReader::open(&self.dir, &options()).unwrap();
            assert_eq!(reader.fault(), None);
            self.check(&reader);
        }
        let log = self.open(&Faults::default());
        self.check(&log);
        self.check_checkpoint();
        if let Some(keys) = self.open_keys(true) {
            self.check_keys(&keys);
            self.check_signing(&keys);
        }
        log.close().unwrap();
        self.count_sealed();
    }

    /// All but the newest segment are sealed where the disk is sound.
    fn count_sealed(&mut self) {
        let entries = super::read_dir(self.dir.join("journal")).unwrap();
        let names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let of = |ending: &str| names.iter().filter(|name| name.ends_with(ending)).count();
        assert_eq!(of(".frames"), 1, "{names:?}");
        self.count.sealed += of(".ndjson.zst") as u64;
    }

    /// A bit flips on the disk while nobody looks.
    fn flip(&mut self) {
        let mut files = Vec::new();
        for folder in ["journal", "keys"] {
            let entries = super::read_dir(self.dir.join(folder)).unwrap();
            files.extend(entries.map(|entry| entry.unwrap().path()));
        }
        if self.checkpoint.is_some() {
            files.push(self.dir.join(checkpoint::FILE));
        }
        let file = files[self.dice.below(files.len() as u64) as usize].clone();
        let Some(flip) = locked(&self.disk).flip(&file) else {
            return;
        };
        self.tell(|| format!("{flip:?} in {}", file.display()));
        if file.starts_with(self.dir.join("keys")) {
            self.flipped_keys();
        } else {
            self.flipped_log(&file);
        }
        locked(&self.disk).turn(&flip);
        self.look();
    }

    fn flipped_keys(&mut self) {
        let Ok(keys) = KeyStore::open_read_only(&self.dir.join("keys")) else {
            self.count.named += 1;
            return;
        };
        for (number, known) in &self.keys {
            let (subject, erasures) = subject(*number);
            let expected = match known {
                Known::Has(key) => Some(*key),
                _ => None,
            };
            match keys.key_for(&subject, erasures) {
                Ok(Some(found)) => assert_eq!(Some(*found.secret()), expected),
                Ok(None) if expected.is_some() => {
                    let findings = keys.findings().unwrap();
                    let torn = |it: &KeyFinding| matches!(it, KeyFinding::TornTail { .. });
                    assert!(
                        findings.iter().any(torn) || !findings.is_empty(),
                        "a key went away in silence"
                    );
                    self.count.named += 1;
                }
                Ok(None) => {}
                Err(_) => self.count.named += 1,
            }
        }
    }

    /// Whatever is read is right, or the damage has a name. The index was whole and up to date.
    fn flipped_log(&mut self, file: &Path) {
        match JournalReader::open(&self.dir, &options()) {
            Ok(reader) => {
                let all = self.lines.len() as u64;
                let torn = reader.head().seq < all && reader.fault().is_none();
                // A reader knows no index: to it the last batch can be one being written.
                self.count.torn += u64::from(torn);
                match read_lines(&reader, 1, u64::MAX) {
                    Ok(lines) => assert!(lines == self.lines[..lines.len()]),
                    Err(_) => self.count.named += 1,
                }
            }
            Err(_) => self.count.named += 1,
        }
        match SledLog::open(&self.dir, options()) {
            Ok(log) => {
                assert_eq!(log.report().torn, None, "{:?}", log.report());
                assert_eq!(log.head().seq as usize, self.lines.len());
                match read_lines(&log, 1, u64::MAX) {
                    Ok(lines) => assert!(lines == self.lines, "other bytes"),
                    Err(_) => self.count.named += 1,
                }
            }
            Err(LogError::Damaged { .. } | LogError::BadCheckpoint { .. }) => self.count.named += 1,
            Err(LogError::NewerFormat { .. }) => self.count.named += 1,
            Err(error) => panic!("{}: {error:?}", file.display()),
        }
    }
}

fn read_lines(log: &dyn EventRead, from: u64, to: u64) -> Result<Vec<String>, LogError> {
    log.read(from, to)?
        .map(|event| Ok(String::from_utf8_lossy(&event?.bytes).into_owned()))
        .collect()
}

fn live(seed: u64) -> Count {
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    };
    let mut life = Life::new(dir.path(), seed);
    for _ in 0..2 + life.dice.below(4) {
        life.session();
    }
    life.count.disk = locked(&life.disk).happened.clone();
    simulated::unmount();
    life.count
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn simulated_disk_loses_nothing_that_was_acknowledged() {
    let seeds = match number("SOCAI_SEED") {
        Some(seed) => seed..seed + 1,
        None => {
            let first = number("SOCAI_FIRST_SEED").unwrap_or_default();
            first..first + number("SOCAI_SEEDS").unwrap_or(FEW)
        }
    };
    let mut sum = Count::default();
    for seed in seeds {
        let lived = std::panic::catch_unwind(|| live(seed));
        let count = lived.unwrap_or_else(|_| panic!("repeat it with SOCAI_SEED={seed}"));
        sum.add(&count);
    }
    println!("{sum:#?}");
    assert!(sum.acknowledged > 0 && sum.disk.power_cuts > 0);
}

impl Count {
    fn add(&mut self, other: &Count) {
        self.seeds += 1;
        self.sessions += other.sessions;
        self.acknowledged += other.acknowledged;
        self.recovered += other.recovered;
        self.refused_full += other.refused_full;
        self.poisoned += other.poisoned;
        self.named += other.named;
        self.torn += other.torn;
        self.sealed += other.sealed;
        self.seeds_changed += other.seeds_changed;
        self.seeds_finished += other.seeds_finished;
        let (sum, one) = (&mut self.disk, &other.disk);
        sum.power_cuts += one.power_cuts;
        sum.lost += one.lost;
        sum.torn += one.torn;
        sum.full += one.full;
        sum.sync_errors += one.sync_errors;
        sum.write_errors += one.write_errors;
        sum.read_errors += one.read_errors;
        sum.short_reads += one.short_reads;
        sum.flips += one.flips;
    }
}
