//! A ledger in memory with a clock that is set, for tests.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use socai::domain::command::{Command, FundingDraft, HouseholdDraft, SupportDraft};
use socai::domain::event::Actor;
use socai::domain::fixed::Money;
use socai::domain::{Code, HouseholdClass};
use socai::log::keys::KeyStore;
use socai::log::random::SeededRandom;
use socai::log::{Clock, EventRead, LedgerId, LogOptions, MemoryLog};
use socai::office::{
    AsOf, Entry, Ledger, Mode, Opening, Outcome, Recorded, Tools, opening, tags_of,
};
use socai::projection::{Figures, Query, figures};

/// A clock that stands where it is put.
#[derive(Clone)]
pub struct SetClock(pub Arc<AtomicI64>);

impl Clock for SetClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// 1 December 2024, 03:00 UTC.
pub const START_MS: i64 = 1_733_022_000_000;

/// A ledger, its tools, and who records.
pub struct Office {
    pub ledger: Ledger<MemoryLog>,
    pub tools: Tools,
    pub clock: SetClock,
    pub clerk: Actor,
    pub folder: tempfile::TempDir,
}

pub fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

impl Office {
    pub fn new() -> Office {
        Office::with_catalogue(socai::domain::Catalogue::built_in_json())
    }

    pub fn with_catalogue(catalogue: &str) -> Office {
        Office::with(catalogue, Vec::new())
    }

    /// With the built-in template of the half-year report.
    pub fn reporting() -> Office {
        let templates = socai::report::Template::built_in();
        let templates = templates.into_iter();
        Office::with(
            socai::domain::Catalogue::built_in_json(),
            templates
                .map(|(name, version, text)| (code(name), version, text.to_owned()))
                .collect(),
        )
    }

    pub fn with(catalogue: &str, templates: Vec<(Code, u32, String)>) -> Office {
        Office::opened_at(START_MS, catalogue, templates)
    }

    pub fn opened_at(
        start_ms: i64,
        catalogue: &str,
        templates: Vec<(Code, u32, String)>,
    ) -> Office {
        let clock = SetClock(Arc::new(AtomicI64::new(start_ms)));
        let mut tools = Tools::new(Arc::new(clock.clone()), Box::new(SeededRandom::new(1)));
        let folder = tempfile::tempdir().unwrap();
        let id = LedgerId::new([7; 16]);
        let keys = folder.path().join("keys");
        let keys = KeyStore::create(&keys, &id.to_string(), tools.random.as_mut()).unwrap();
        let options = LogOptions {
            clock: Arc::new(clock.clone()),
            ..LogOptions::new(Arc::new(tags_of))
        };
        let mut log = MemoryLog::new(id, options);
        let clerk = Actor {
            id: "clerk".into(),
            name: "A clerk".into(),
            office: None,
        };
        let mut opening = Opening::built_in(code("01990"), clerk.clone());
        opening.catalogue = (catalogue.to_owned(), "catalogue.json".to_owned());
        opening.templates = templates;
        opening::open(&mut log, &mut tools, &opening).unwrap();
        let ledger = Ledger::fold(log, keys, AsOf::Head, start_ms).unwrap();
        Office {
            ledger,
            tools,
            clock,
            clerk,
            folder,
        }
    }

    pub fn record(&mut self, commands: Vec<Command>) -> Recorded {
        let entries: Vec<Entry> = commands.into_iter().map(Entry::by_hand).collect();
        self.ledger
            .record(&mut self.tools, &self.clerk, &entries, Mode::Whole)
            .unwrap()
    }

    pub fn entry(&mut self, entry: Entry) -> Outcome {
        let recorded = self
            .ledger
            .record(&mut self.tools, &self.clerk, &[entry], Mode::Whole)
            .unwrap();
        recorded.outcomes.into_iter().next().unwrap()
    }

    pub fn one(&mut self, command: Command) -> Outcome {
        self.entry(Entry::by_hand(command))
    }

    /// Records with a reason, which corrections need.
    pub fn because(&mut self, command: Command) -> Outcome {
        let mut entry = Entry::by_hand(command);
        entry.reason = Some("a test".to_owned());
        self.entry(entry)
    }

    pub fn household(&mut self, name: &str, village: &str, class: Option<HouseholdClass>) {
        let draft = HouseholdDraft {
            household: Some(code(name)),
            head: Some(format!("Head of {name}")),
            village: Some(village.to_owned()),
            class,
            class_from: "2022-01-01".parse().ok(),
            ..HouseholdDraft::default()
        };
        let outcome = self.one(Command::RegisterHousehold(draft));
        assert!(matches!(outcome, Outcome::New { .. }), "{outcome:?}");
    }

    /// The log's bytes folded again from nothing.
    pub fn replayed(&self, as_of: AsOf) -> Ledger<MemoryLog> {
        let log = log_of(self.ledger.log().ledger(), &self.stored());
        assert_eq!(
            log.head().root,
            self.ledger.log().head().root,
            "the same bytes, the same root"
        );
        let keys = KeyStore::open_read_only(&self.folder.path().join("keys")).unwrap();
        Ledger::fold(log, keys, as_of, i64::MAX).unwrap()
    }

    pub fn stored(&self) -> Vec<Vec<u8>> {
        let events = self.ledger.log().read(1, u64::MAX).unwrap();
        events.map(|event| event.unwrap().bytes.to_vec()).collect()
    }

    pub fn figures(&self, query: &Query) -> Figures {
        figures::figures(self.ledger.facts(), self.ledger.state(), query).unwrap()
    }
}

/// A log of stored events, appended again.
pub fn log_of(ledger: LedgerId, stored: &[Vec<u8>]) -> MemoryLog {
    let clock = SetClock(Arc::new(AtomicI64::new(0)));
    let options = LogOptions {
        clock: Arc::new(clock.clone()),
        ..LogOptions::new(Arc::new(tags_of))
    };
    let mut log = MemoryLog::new(ledger, options);
    for bytes in stored {
        let event = socai::log::codec::decode(bytes).unwrap();
        clock.0.store(event.at_ms, Ordering::SeqCst);
        let members = socai::log::codec::members(&event).unwrap();
        let tags = socai::domain::tags::tags(&event);
        let new = socai::log::NewEvent {
            id: event.id,
            members,
            tags,
        };
        socai::log::EventLog::append(&mut log, vec![new], &Default::default()).unwrap();
    }
    log
}

/// A support of a kind for a household on a day.
pub fn support(kind: &str, household: &str, day: &str, amount: i64) -> SupportDraft {
    SupportDraft {
        kind: kind.to_owned(),
        household: Some(code(household)),
        occurred_on: day.parse().ok(),
        funding: vec![FundingDraft {
            source: Some("state_budget".to_owned()),
            amount: Money::whole(amount),
        }],
        ..SupportDraft::default()
    }
}

/// The id of what an outcome recorded.
pub fn id(outcome: &Outcome) -> uuid::Uuid {
    match outcome {
        Outcome::New { id, .. } => *id,
        other => panic!("not recorded: {other:?}"),
    }
}
