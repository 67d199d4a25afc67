//! A ledger whose clock, ids and randomness are fixed: its bytes and its root are known for ever.
//!
//! **A line of `golden/ledger.v1.ndjson` is never edited.** A new version of an event is a new
//! golden file beside it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod memory_office;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use memory_office::{Office, code, id, support};
use socai::domain::command::{
    BudgetDraft, ClassGiven, Command, FundingDraft, HouseholdDraft, PersonDraft, ProjectDraft,
    SupportChange, SupportDraft,
};
use socai::domain::event::{Body, Document, Sex};
use socai::domain::{HouseholdClass, Money, Quantity, Stage};
use socai::log::{EventRead, LedgerId, LogOptions, SledLog, merkle};
use socai::office::opening::hex;
use socai::office::{Entry, tags_of};

/// The root of `golden/closing.v1.ndjson`.
const CLOSING_ROOT: &str = "1cf2e7c15a379ecaa362c5bba88516612be03f1e7bcff456429394c88a780923";

const ROOT: &str = "05ac3ccc223b0b83b93917aa160e0376ad75b07acc60b2cce598e4d6c9a07486";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn golden(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_default()
}

fn on(day: &str) -> Box<SupportChange> {
    Box::new(SupportChange {
        occurred_on: day.parse().ok(),
        ..SupportChange::default()
    })
}

fn people(office: &mut Office) {
    let household = HouseholdDraft {
        household: Some(code("LB-0001")),
        head: Some("Nông Thị Liên".to_owned()),
        village: Some("Lũng Chang".to_owned()),
        class: Some(HouseholdClass::Poor),
        class_from: "2022-01-01".parse().ok(),
        standard: Some("07/2021/NĐ-CP".to_owned()),
        ethnicity: Some("Tày".to_owned()),
        id_number: Some("000177000084".to_owned()),
        members: Some(4),
        poverty_code: Some("HN-2022-0059".to_owned()),
        note: Some("dữ liệu giả lập".to_owned()),
    };
    let changed = HouseholdDraft {
        household: Some(code("LB-0001")),
        head: Some("Nông Văn Sơn".to_owned()),
        village: Some("Cao Lộc".to_owned()),
        members: Some(5),
        class: Some(HouseholdClass::NearPoor),
        class_from: "2024-01-01".parse().ok(),
        ..HouseholdDraft::default()
    };
    let person = PersonDraft {
        person: Some(code("LB-0001-02")),
        household: Some(code("LB-0001")),
        name: Some("Nông Văn Minh".to_owned()),
        born: Some("2018-05-03".to_owned()),
        sex: Some(Sex::Male),
        relation: Some("con".to_owned()),
        ethnicity: Some("Tày".to_owned()),
        ..PersonDraft::default()
    };
    let older = PersonDraft {
        person: Some(code("LB-0001-02")),
        born: Some("2017-05-03".to_owned()),
        ..PersonDraft::default()
    };
    office.record(vec![
        Command::RegisterActor {
            actor: code("ketoan"),
            name: "Kế toán".to_owned(),
            office: Some("UBND xã".to_owned()),
        },
        Command::RegisterHousehold(household),
        Command::UpdateHousehold(changed),
        Command::RegisterPerson(person),
        Command::UpdatePerson(older),
        Command::ListCohort {
            cohort: code("escape-2023"),
            year: 2023,
            household: code("LB-0001"),
            note: None,
        },
    ]);
}

fn money(office: &mut Office) {
    let part = |source: &str, amount| FundingDraft {
        source: Some(source.to_owned()),
        amount: Money::whole(amount),
    };
    let budget = |adjustment, amount| BudgetDraft {
        programme: Some("ntp_poverty_reduction".to_owned()),
        project: None,
        source: "state_budget".to_owned(),
        amount: Money::whole(amount),
        period: "2023".parse().ok(),
        adjustment,
    };
    office.record(vec![
        Command::RegisterProject(ProjectDraft {
            project: code("goats-2023"),
            name: "Nuôi dê sinh sản".to_owned(),
            programme: Some("ntp_poverty_reduction_p2".to_owned()),
            village: Some("Lũng Chang".to_owned()),
            quantity: Some(Quantity::whole(120)),
            unit: Some("head".to_owned()),
            stage: Some(Stage::Proposed),
            stage_on: "2023-04-17".parse().ok(),
            budget: vec![part("state_budget", 500_000_000)],
        }),
        Command::JoinProject {
            project: code("goats-2023"),
            household: code("LB-0001"),
            role: Some(code("member")),
            note: None,
        },
        Command::ChangeBudget(budget(false, 500_000_000)),
        Command::ChangeBudget(budget(true, -1_000_000)),
        Command::SetTarget {
            kind: "target_poor_households_reduced".to_owned(),
            period: "2023".parse().unwrap(),
            value: Quantity::whole(42),
        },
    ]);
}

fn supports(office: &mut Office) {
    let mut goats = support("livestock", "LB-0001", "2023-04-17", 25_000_000);
    goats.stage = Some(Stage::Registered);
    goats.reference = Some(code("GOAT-1"));
    goats.project = Some(code("goats-2023"));
    goats.quantity = Some(Quantity::whole(6));
    goats.recipient = Some("Nông Văn Sơn".to_owned());
    goats.funding.push(FundingDraft {
        source: Some("household_counterpart".to_owned()),
        amount: Money::whole(4_615_000),
    });
    let mut entry = Entry::by_hand(Command::RecordSupport(Box::new(goats)));
    entry.document = Some(Document {
        date: "2023-02-28".parse().ok(),
        issuer: Some("UBND xã".to_owned()),
        number: Some("20/QĐ-UBND".to_owned()),
        kind: Some("Quyết định".to_owned()),
    });
    let support_id = id(&office.entry(entry));
    for (to, day) in [
        (Stage::Proposed, "2023-04-20"),
        (Stage::Appraised, "2023-05-05"),
        (Stage::Approved, "2023-06-01"),
        (Stage::Disbursed, "2023-07-01"),
        (Stage::Settled, "2023-12-20"),
    ] {
        office.one(Command::Advance {
            support: support_id,
            to,
            change: on(day),
        });
    }
    let mut lunch = support("preschool_lunch", "LB-0001", "2023-03-01", 800_000);
    lunch.person = Some(code("LB-0001-02"));
    lunch.covers = "2023-01..2023-05".parse().ok();
    lunch.ground = Some("poor".to_owned());
    let lunch = id(&office.one(Command::RecordSupport(Box::new(lunch))));
    let change = SupportChange {
        amount: Some(Money::whole(640_000)),
        class: ClassGiven::Class(HouseholdClass::Poor),
        ..SupportChange::default()
    };
    office.because(Command::Correct {
        support: lunch,
        stage: None,
        change: Box::new(change),
        effective_on: None,
    });
    let (amount, day) = (Money::whole(160_000), "2023-09-01".parse().unwrap());
    office.because(Command::Recover {
        support: lunch,
        amount,
        on: day,
        source: None,
    });
    office.because(Command::Reverse {
        support: lunch,
        stage: None,
        effective_on: None,
    });
    for (kind, to) in [("housing", Stage::Rejected), ("wifi", Stage::Withdrawn)] {
        let mut draft = support(kind, "LB-0001", "2023-02-01", 0);
        draft.stage = Some(Stage::Proposed);
        draft.funding.clear();
        let opened = id(&office.one(Command::RecordSupport(Box::new(draft))));
        office.one(Command::Advance {
            support: opened,
            to,
            change: on("2023-03-01"),
        });
    }
    office.one(Command::RecordSupport(Box::new(SupportDraft {
        kind: "legal_aid".to_owned(),
        count: Some(119),
        villages: vec!["Cao Lộc".to_owned(), "Lũng Chang".to_owned()],
        occurred_on: "2023-03-15".parse().ok(),
        ..SupportDraft::default()
    })));
}

fn ledger() -> Office {
    // A copy of its own: the built-in catalogue goes on changing.
    let mut office = Office::with_catalogue(include_str!("golden/catalogue.v1.json"));
    people(&mut office);
    office.clock.0.fetch_add(86_400_000, Ordering::SeqCst);
    money(&mut office);
    office.clock.0.fetch_add(86_400_000, Ordering::SeqCst);
    supports(&mut office);
    office
}

/// Closing, and what is recorded of closed days: late, or with signed rows.
fn closing() -> Office {
    let mut office = Office::with_catalogue(include_str!("golden/catalogue.v1.json"));
    office.household("LB-0001", "Cao Lộc", Some(HouseholdClass::Poor));
    let paid = |day: &str, amount| {
        Command::RecordSupport(Box::new(support("wifi", "LB-0001", day, amount)))
    };
    let first = id(&office.one(paid("2023-02-10", 150_000)));
    let second = id(&office.one(paid("2023-03-10", 250_000)));
    office.clock.0.fetch_add(86_400_000, Ordering::SeqCst);
    let mut close = Entry::by_hand(Command::ClosePeriod {
        period: "2023-Q1".parse().ok(),
        through: "2023-03-31".parse().unwrap(),
    });
    close.document = Some(Document {
        date: "2023-04-05".parse().ok(),
        issuer: None,
        number: Some("31/BC-UBND".to_owned()),
        kind: Some("Báo cáo".to_owned()),
    });
    office.entry(close);
    office.one(paid("2023-03-20", 90_000));
    let correct = |support, amount, effective_on: Option<&str>| Command::Correct {
        support,
        stage: None,
        change: Box::new(SupportChange {
            amount: Some(Money::whole(amount)),
            ..SupportChange::default()
        }),
        effective_on: effective_on.map(|day| day.parse().unwrap()),
    };
    office.because(correct(first, 160_000, None));
    office.because(correct(second, 260_000, Some("2023-04-02")));
    office.clock.0.fetch_add(86_400_000, Ordering::SeqCst);
    office.because(Command::Reverse {
        support: first,
        stage: None,
        effective_on: None,
    });
    office.one(Command::ClosePeriod {
        period: None,
        through: "2023-05-15".parse().unwrap(),
    });
    office.because(Command::ReopenPeriod {
        through: "2023-02-28".parse().unwrap(),
    });
    office.because(Command::Reverse {
        support: second,
        stage: None,
        effective_on: Some("2023-06-01".parse().unwrap()),
    });
    office
}

fn check_golden(office: &Office, name: &str, root: &str) {
    let mut lines = Vec::new();
    for bytes in office.stored() {
        lines.extend_from_slice(&bytes);
        lines.push(b'\n');
    }
    let (written, known) = (String::from_utf8(lines).unwrap(), golden(name));
    if known.is_empty() {
        let dir = tempfile::tempdir().unwrap().keep();
        std::fs::write(dir.join(name), &written).unwrap();
        let root = hex(&office.ledger.log().head().root);
        let dir = dir.display();
        panic!("no golden file; what it would hold is in {dir}, its root is {root}");
    }
    for (number, (now, then)) in written.lines().zip(known.lines()).enumerate() {
        assert_eq!(now, then, "{name}: event {}", number + 1);
    }
    assert_eq!(written.lines().count(), known.lines().count());
    assert_eq!(hex(&office.ledger.log().head().root), root);
}

#[test]
fn the_bytes_and_the_root_are_what_they_always_were() {
    check_golden(&ledger(), "ledger.v1.ndjson", ROOT);
    check_golden(&closing(), "closing.v1.ndjson", CLOSING_ROOT);
}

/// The types in a golden file, which replays and gives its root.
fn replayed(name: &str, root: Option<&str>) -> BTreeSet<&'static str> {
    let mut frontier = merkle::Frontier::new();
    let mut types = BTreeSet::new();
    let mut view = socai::projection::View::default();
    for line in golden(name).lines() {
        frontier.push(merkle::leaf_hash(line.as_bytes()));
        let event = socai::log::codec::decode(line.as_bytes()).unwrap();
        types.insert(event.body.type_name());
        view.evolve(&event).unwrap();
    }
    if let Some(root) = root {
        assert_eq!(hex(&frontier.root()), root, "{name}");
    }
    types
}

#[test]
fn the_golden_lines_replay_and_give_the_root() {
    replayed("ledger.v1.ndjson", Some(ROOT));
    replayed("closing.v1.ndjson", Some(CLOSING_ROOT));
}

#[test]
fn each_type_has_a_golden_event() {
    let mut types = BTreeSet::new();
    for file in std::fs::read_dir(folder()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".ndjson") {
            types.extend(replayed(&name, None));
        }
    }
    let all = Body::type_names();
    let absent: Vec<_> = all.iter().filter(|name| !types.contains(*name)).collect();
    assert!(absent.is_empty(), "no golden event of {absent:?}");
}

#[test]
fn the_same_events_on_disk_have_the_same_bytes_and_root() {
    let office = ledger();
    let dir = tempfile::tempdir().unwrap();
    let clock = office.clock.clone();
    let options = LogOptions {
        clock: std::sync::Arc::new(clock.clone()),
        ..LogOptions::new(std::sync::Arc::new(tags_of))
    };
    let ledger = LedgerId::new([7; 16]);
    let mut log = SledLog::create(&dir.path().join("ledger"), ledger, options).unwrap();
    for bytes in office.stored() {
        let event = socai::log::codec::decode(&bytes).unwrap();
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
    assert_eq!(hex(&log.head().root), ROOT);
    let stored: Vec<_> = log
        .read(1, u64::MAX)
        .unwrap()
        .map(|event| event.unwrap().bytes.to_vec())
        .collect();
    assert_eq!(stored, office.stored());
}
