//! What the tests of the log share: a clock that stands still, a tagger, small events.
#![allow(dead_code, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use socai::log::{
    Appended, Clock, Condition, EventLog, EventRead, LedgerId, LogError, LogOptions, NewEvent,
};
use uuid::Uuid;

pub const LEDGER: LedgerId = LedgerId::new([0xa5; 16]);
/// 2023-04-12T03:04:05.678Z.
pub const NOON: i64 = 1_681_268_645_678;

/// A clock that a test sets.
#[derive(Debug)]
pub struct TestClock(pub AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The tag of an event is its `type`, and its `subject` if it has one.
pub fn tags(event: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let event: serde_json::Value = serde_json::from_slice(event).map_err(|e| e.to_string())?;
    let text = |name: &str| event[name].as_str().map(|text| text.as_bytes().to_vec());
    Ok(["type", "subject"].into_iter().filter_map(text).collect())
}

pub fn options() -> LogOptions {
    options_at(&Arc::new(TestClock(AtomicI64::new(NOON))))
}

pub fn options_at(clock: &Arc<TestClock>) -> LogOptions {
    let mut options = LogOptions::new(Arc::new(tags));
    options.clock = clock.clone();
    // A child that another test starts holds a copy of every open file until it runs its own
    // program; a lock that was just given back can look taken for that long.
    options.wait = Some(std::time::Duration::from_secs(20));
    options
}

/// An event of type `t`; its id is its number.
pub fn event(number: u128) -> NewEvent {
    with_members(number, vec![("type", "\"t\"".to_owned())])
}

/// An event about a subject.
pub fn about(number: u128, subject: &str) -> NewEvent {
    let subject = serde_json::to_string(subject).unwrap();
    with_members(
        number,
        vec![("subject", subject), ("type", "\"t\"".to_owned())],
    )
}

/// An event of about this many bytes.
pub fn sized(number: u128, bytes: usize) -> NewEvent {
    let data = format!("\"{}\"", "x".repeat(bytes));
    with_members(number, vec![("data", data), ("type", "\"t\"".to_owned())])
}

fn with_members(number: u128, members: Vec<(&'static str, String)>) -> NewEvent {
    let value = |name: &str| {
        let found = members.iter().find(|member| member.0 == name)?;
        serde_json::from_str::<String>(&found.1).ok()
    };
    let tags = ["type", "subject"].into_iter().filter_map(value);
    NewEvent {
        id: Uuid::from_u128(number),
        tags: tags.map(String::into_bytes).collect(),
        members: members.into(),
    }
}

pub fn add(log: &mut dyn EventLog, numbers: std::ops::RangeInclusive<u128>) -> Appended {
    log.append(numbers.map(event).collect(), &Condition::default())
        .unwrap()
}

/// The bytes of all events.
pub fn lines(log: &dyn EventRead) -> Vec<String> {
    try_lines(log).unwrap()
}

pub fn try_lines(log: &dyn EventRead) -> Result<Vec<String>, LogError> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    log.read(1, u64::MAX)?
        .map(|event| Ok(text(&event?.bytes)))
        .collect()
}
