//! What the campaigns share: events that say which batch they belong to, a child that records and
//! says what was acknowledged, and the check of a ledger after a fault.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use socai::log::merkle::{Frontier, leaf_hash};
use socai::log::{Condition, EventLog, EventRead, JournalReader, NewEvent, SledLog};
use uuid::Uuid;

use crate::log_setup::options;

/// Numbers by a seed (SplitMix64).
pub struct Dice(u64);

impl Dice {
    /// By `SOCAI_SEED`, or always the same.
    pub fn new(salt: u64) -> Dice {
        let seed = std::env::var("SOCAI_SEED").ok();
        Dice(seed.map_or(1, |seed| seed.parse().unwrap()) ^ (salt << 32))
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end.max(1)
    }
}

/// How many rounds are run: few in an ordinary test run.
pub fn rounds(few: u64) -> u64 {
    std::env::var("SOCAI_ROUNDS").map_or(few, |rounds| rounds.parse().unwrap())
}

/// An event that says where its batch begins and how large it is.
pub fn written(seq: u64, first: u64, size: u64, bytes: u64) -> NewEvent {
    let text = format!("\"{first} {size} {}\"", "x".repeat(bytes as usize));
    NewEvent {
        id: Uuid::from_u128(seq.into()),
        tags: vec![b"t".to_vec()],
        members: vec![("data", text), ("type", "\"t\"".to_owned())].into(),
    }
}

/// Appends one batch behind the head.
pub fn append(log: &mut SledLog, size: u64, bytes: u64) -> Result<u64, socai::log::LogError> {
    let first = log.head().seq + 1;
    let events = (first..first + size).map(|seq| written(seq, first, size, bytes));
    let appended = log.append(events.collect(), &Condition::default())?;
    Ok(appended.last)
}

/// Every event is there without a gap, each in a whole batch, and they give the root.
pub fn check_events(log: &dyn EventRead, acknowledged: u64) {
    let head = log.head();
    assert!(
        head.seq >= acknowledged,
        "{acknowledged} acknowledged, {} there",
        head.seq
    );
    let mut frontier = Frontier::new();
    let mut batch_end = 0;
    let mut expected = 1;
    for event in log.read(1, u64::MAX).unwrap() {
        let event = event.unwrap();
        assert_eq!(event.seq, expected, "a gap");
        assert_eq!(event.id, Uuid::from_u128(expected.into()));
        expected += 1;
        frontier.push(leaf_hash(&event.bytes));
        let text = std::str::from_utf8(&event.bytes).unwrap();
        let (_, data) = text.split_once("\"data\":\"").unwrap();
        let mut words = data.split(' ').map(|word| word.parse::<u64>().unwrap_or(0));
        let (first, size) = (words.next().unwrap(), words.next().unwrap());
        if event.seq > batch_end {
            assert_eq!(first, event.seq, "the beginning of a batch is missing");
            batch_end = first + size - 1;
        }
        assert!(batch_end == first + size - 1, "two batches are mixed");
    }
    assert_eq!(expected, head.seq + 1, "events are missing");
    assert_eq!(batch_end, head.seq, "a batch is not whole");
    assert_eq!(frontier.root(), head.root, "another root");
}

/// After a fault: a reader and a writer see everything, and recording goes on.
pub fn check_ledger(dir: &Path, acknowledged: u64) -> SledLog {
    let reader = JournalReader::open(dir, &options()).unwrap();
    assert_eq!(reader.fault(), None);
    check_events(&reader, acknowledged);
    let mut log = SledLog::open(dir, options()).unwrap();
    assert_eq!(log.head(), reader.head());
    check_events(&log, acknowledged);
    let head = log.head().seq;
    if head > 0 {
        let id = Uuid::from_u128(head.into());
        assert_eq!(log.find(&id).unwrap(), Some(head));
        assert_eq!(log.tagged(b"t").unwrap().len() as u64, head);
    }
    assert_eq!(append(&mut log, 1, 10).unwrap(), head + 1);
    log
}

/// A test of this program, run as a child process.
pub fn child(test: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("SOCAI_TEST_LEDGER", dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What a child says, line by line, as it says it.
pub struct Said(Receiver<String>);

impl Said {
    pub fn of(child: &mut Child) -> Said {
        let (send, receive) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Said(receive)
    }

    /// Waits for one line with a word.
    pub fn wait_for(&self, word: &str) -> String {
        loop {
            let line = self.0.recv().expect("the child stopped too early");
            if line.contains(word) {
                return line;
            }
        }
    }

    /// Every line until the child's end.
    pub fn rest(&self) -> Vec<String> {
        self.0.iter().collect()
    }

    /// Every line that is there, of a child that says nothing any more.
    pub fn so_far(&self) -> Vec<String> {
        let patience = Duration::from_millis(150);
        std::iter::from_fn(|| self.0.recv_timeout(patience).ok()).collect()
    }
}

/// The last number behind a word.
pub fn last_number(lines: &[String], word: &str) -> u64 {
    let numbers = lines.iter().filter_map(|line| line.split(word).nth(1));
    numbers
        .filter_map(|number| number.trim().parse().ok())
        .next_back()
        .unwrap_or(0)
}

/// A child that records for ever, and says what was acknowledged.
#[test]
#[ignore = "runs as a child of another test"]
fn child_writer() {
    let dir = std::env::var_os("SOCAI_TEST_LEDGER").expect("run by a campaign");
    let mode = std::env::var("SOCAI_TEST_MODE").unwrap();
    let mut options = options();
    if mode == "sealing" {
        // A few appends fill a segment: the thread that seals is hardly ever idle.
        options.segment_bytes = 12_000;
    }
    let mut log = SledLog::open(Path::new(&dir), options).unwrap();
    println!("ready");
    let mut turn = 0;
    loop {
        turn += 1;
        let (size, bytes) = match mode.as_str() {
            "single" => (1, 300),
            "batches" => (1 + turn % 200, 200),
            "large" => (30 + turn % 40, 60_000),
            _ => (1 + turn % 5, 300),
        };
        if mode == "slow" {
            std::thread::sleep(Duration::from_millis(40));
        }
        let last = append(&mut log, size, bytes).unwrap();
        println!("acknowledged {last}");
        if turn % 64 == 0 {
            log.settle().unwrap();
        }
    }
}

pub fn copy(from: &Path, to: &Path) {
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

/// A ledger that was closed with so many events in it.
pub fn old_ledger(dir: &Path, events: u64) {
    let mut log = SledLog::create(dir, crate::log_setup::LEDGER, options()).unwrap();
    while log.head().seq < events {
        let left = events - log.head().seq;
        append(&mut log, left.min(500), 300).unwrap();
    }
    log.close().unwrap();
}
