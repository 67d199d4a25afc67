//! A log against a model of it: random commands, crashes and reopenings. The model is a list of
//! events and nothing else; whatever the log answers, the model must answer too.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use proptest::prelude::*;
use socai::log::{
    Appended, Condition, EventLog, EventRead, JournalReader, LogError, NewEvent, SledLog,
};
use uuid::Uuid;

use crate::common::{copy, rounds};
use crate::log_setup::{LEDGER, NOON, TestClock, about, options_at};

/// Of each event its number and its subject; and a condition.
type Batch = (Vec<(u8, u8)>, Option<(u8, u8)>);

/// What happens to a ledger.
#[derive(Debug, Clone)]
enum Step {
    /// Batches that wait together.
    Append(Vec<Batch>),
    /// The clock goes on, or back.
    Clock(i32),
    /// The process is killed and the ledger opened again.
    Crash,
    /// The ledger is closed in order and opened again.
    Close,
    /// The index is lost.
    LoseIndex,
    /// The index is built anew.
    Rebuild,
    /// It is settled.
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    let event = (any::<u8>(), 0..4u8);
    let condition = proptest::option::weighted(0.3, (0..4u8, any::<u8>()));
    let batch = (proptest::collection::vec(event, 0..5), condition);
    prop_oneof![
        10 => proptest::collection::vec(batch, 1..4).prop_map(Step::Append),
        2 => (-400_000..400_000i32).prop_map(Step::Clock),
        2 => Just(Step::Crash),
        1 => Just(Step::Close),
        1 => Just(Step::LoseIndex),
        1 => Just(Step::Rebuild),
        1 => Just(Step::Settle),
    ]
}

/// The model: the number and the subject of every event.
#[derive(Default)]
struct Model {
    events: Vec<(u128, String)>,
    last_at: i64,
}

fn subject(number: u8) -> String {
    format!("s{number}")
}

impl Model {
    /// What a batch must be answered with, by a word; what it adds is added.
    fn append(&mut self, batch: &[(u8, u8)], condition: Option<(u8, u8)>) -> &'static str {
        let known = |number: u8| {
            self.events
                .iter()
                .any(|event| event.0 == u128::from(number))
        };
        let twice = |at: usize| batch[..at].iter().any(|event| event.0 == batch[at].0);
        if batch.is_empty() {
            return "empty_batch";
        }
        if let Some((about, after)) = condition {
            let mut later = self.events.iter().skip(after.into());
            if later.any(|event| event.1 == subject(about)) {
                return "condition_failed";
            }
        }
        if (0..batch.len()).any(|at| known(batch[at].0) || twice(at)) {
            return "id_exists";
        }
        let new = batch
            .iter()
            .map(|(number, about)| (u128::from(*number), subject(*about)));
        self.events.extend(new);
        "recorded"
    }

    /// Everything that a log shows is what the model has.
    fn check(&self, log: &dyn EventRead) {
        assert_eq!(log.head().seq as usize, self.events.len());
        let mut last_at = 0;
        for (place, event) in log.read(1, u64::MAX).unwrap().enumerate() {
            let event = event.unwrap();
            let (number, about) = &self.events[place];
            assert_eq!(
                (event.seq as usize, event.id),
                (place + 1, Uuid::from_u128(*number))
            );
            assert!(String::from_utf8_lossy(&event.bytes).contains(about));
            assert!(event.at_ms >= last_at, "time goes back");
            last_at = event.at_ms;
        }
        for number in 0..=255u128 {
            let place = self.events.iter().position(|event| event.0 == number);
            let found = log.find(&Uuid::from_u128(number)).unwrap();
            assert_eq!(found, place.map(|place| place as u64 + 1));
        }
        for about in (0..4).map(subject) {
            let places = (1..)
                .zip(&self.events)
                .filter(|(_, event)| event.1 == about);
            let places: Vec<u64> = places.map(|(place, _)| place).collect();
            assert_eq!(log.tagged(about.as_bytes()).unwrap(), places);
        }
    }
}

/// A log, and the folder that it lies in: a crash moves it to a copy.
struct Run {
    temp: tempfile::TempDir,
    folders: u32,
    log: Option<SledLog>,
    clock: Arc<TestClock>,
    model: Model,
}

impl Run {
    fn new() -> Run {
        let clock = Arc::new(TestClock(AtomicI64::new(NOON)));
        let temp = tempfile::tempdir().unwrap();
        let log = SledLog::create(&temp.path().join("0"), LEDGER, options_at(&clock)).unwrap();
        Run {
            temp,
            folders: 0,
            log: Some(log),
            clock,
            model: Model::default(),
        }
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join(self.folders.to_string())
    }

    fn log(&mut self) -> &mut SledLog {
        self.log.as_mut().unwrap()
    }

    fn open(&mut self, open: impl FnOnce(&Path) -> Result<SledLog, LogError>) {
        self.log = Some(open(&self.dir()).unwrap());
    }

    fn step(&mut self, step: &Step) {
        let options = options_at(&self.clock);
        match step {
            Step::Append(batches) => self.append(batches),
            Step::Clock(by) => drop(self.clock.0.fetch_add(i64::from(*by), Ordering::SeqCst)),
            Step::Settle => self.log().settle().unwrap(),
            Step::Crash => {
                // What the files hold at this moment is what a kill would leave.
                let from = self.dir();
                self.folders += 1;
                copy(&from, &self.dir());
                self.log = None;
                self.open(|dir| SledLog::open(dir, options));
            }
            Step::Close => {
                self.log.take().unwrap().close().unwrap();
                self.open(|dir| SledLog::open(dir, options));
            }
            Step::LoseIndex => {
                self.log = None;
                std::fs::remove_dir_all(self.dir().join("sled")).unwrap();
                self.open(|dir| SledLog::open(dir, options));
            }
            Step::Rebuild => {
                self.log = None;
                self.open(|dir| SledLog::rebuild(dir, options));
            }
        }
    }

    fn append(&mut self, batches: &[Batch]) {
        let group = batches.iter().map(|(batch, condition)| {
            let events: Vec<NewEvent> = batch
                .iter()
                .map(|(number, about_whom)| about((*number).into(), &subject(*about_whom)))
                .collect();
            let condition = condition.map(|(about, after)| Condition {
                fail_if_any: vec![subject(about).into_bytes()],
                after: Some(after.into()),
            });
            (events, condition.unwrap_or_default())
        });
        let answers = self.log.as_mut().unwrap().append_group(group.collect());
        assert_eq!(answers.len(), batches.len());
        let behind = self.model.last_at - self.clock.0.load(Ordering::SeqCst);
        let clock_is_bad = !self.model.events.is_empty() && behind > 5 * 60 * 1_000;
        for (answer, (batch, condition)) in answers.into_iter().zip(batches) {
            let before = self.model.events.len();
            let expected = self.model.append(batch, *condition);
            if clock_is_bad {
                // Refused, be it for the clock or for what would have come before it.
                self.model.events.truncate(before);
                assert_ne!(word(&answer), "recorded");
                continue;
            }
            assert_eq!(word(&answer), expected);
            if let Ok(appended) = answer {
                self.model.last_at = appended.at_ms;
                assert_eq!(appended.first as usize, before + 1);
                assert_eq!(appended.last as usize, self.model.events.len());
            }
        }
    }
}

fn word(answer: &Result<Appended, LogError>) -> &'static str {
    use socai::domain::language::Explain as _;
    match answer {
        Ok(_) => "recorded",
        Err(error) => error.code(),
    }
}

#[test]
fn the_log_does_what_its_model_does() {
    let cases = rounds(8);
    let config = ProptestConfig {
        cases: cases as u32,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let steps = proptest::collection::vec(step(), 1..30);
    let result = runner.run(&steps, |steps| {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
        }
        run.model.check(run.log.as_ref().unwrap());
        let reader = JournalReader::open(&run.dir(), &options_at(&run.clock)).unwrap();
        run.model.check(&reader);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    println!("model: {cases} cases of up to 30 steps, 0 differences");
}
