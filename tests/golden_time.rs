//! Golden ledgers of what changes over time: each family of events has a file of its own, beside
//! `golden/ledger.v1.ndjson`, with its bytes and its root. **A line of these files is never
//! edited.**

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod memory_office;

use std::path::Path;

use memory_office::{Office, code};
use socai::domain::catalogue::NormPer;
use socai::domain::command::{Command, PersonDraft, ReorganisationDraft, UnitDraft};
use socai::domain::ledger::UnitLevel;
use socai::domain::norm::{IndicatorSet, NormNotified};
use socai::domain::papers::DocumentRegistered;
use socai::log::{EventRead, merkle};
use socai::office::opening::hex;
use socai::office::{AsOf, Entry};

const HOUSEHOLDS: &str = "2044442a40b7517bdf2560da84d354f2be76c01d7fe3314ad000460f381c5664";
const RULES: &str = "3db49a51b3644dc69adb9424d35ac970bffbc6693036be2852e032ee5b0e06d6";
const UNITS: &str = "c7e91db864a3a955a4dd285d0d942f4a9711e6570f767fc2dc23a6f13d774836";

fn golden(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    std::fs::read_to_string(root.join(name)).unwrap_or_default()
}

fn office() -> Office {
    Office::with_catalogue(include_str!("golden/catalogue.v1.json"))
}

/// The stored bytes are those of the golden file, and a replay of the file gives the same state.
fn compare(office: &Office, name: &str, root: &str) {
    let mut lines = Vec::new();
    for bytes in office.stored() {
        lines.extend_from_slice(&bytes);
        lines.push(b'\n');
    }
    let written = String::from_utf8(lines).unwrap();
    if golden(name).is_empty() {
        let dir = tempfile::tempdir().unwrap().keep();
        std::fs::write(dir.join(name), &written).unwrap();
        let head = hex(&office.ledger.log().head().root);
        panic!(
            "no golden file; what it would hold is in {}, root {head}",
            dir.display()
        );
    }
    for (number, (now, then)) in written.lines().zip(golden(name).lines()).enumerate() {
        assert_eq!(now, then, "{name}, event {}", number + 1);
    }
    assert_eq!(written.lines().count(), golden(name).lines().count());
    assert_eq!(hex(&office.ledger.log().head().root), root);
    let mut frontier = merkle::Frontier::new();
    for line in golden(name).lines() {
        frontier.push(merkle::leaf_hash(line.as_bytes()));
        socai::log::codec::decode(line.as_bytes()).unwrap();
    }
    assert_eq!(hex(&frontier.root()), root);
    let replayed = office.replayed(AsOf::Head);
    assert_eq!(replayed.state().units, office.ledger.state().units);
    assert_eq!(
        replayed.state().households,
        office.ledger.state().households
    );
}

fn unit(level: UnitLevel, official: &str, name: &str, parent: Option<&str>) -> UnitDraft {
    UnitDraft {
        code: (!official.is_empty()).then(|| code(official)),
        level: Some(level),
        name: Some(name.to_owned()),
        parent: parent.map(str::to_owned),
        ..UnitDraft::default()
    }
}

#[test]
fn units_that_end_and_units_that_take_over() {
    let mut office = office();
    office.household("H1", "Cao Lộc", None);
    office.household("H2", "Lũng Chang", None);
    office.one(Command::RenameUnit {
        unit: "Lũng Chang".to_owned(),
        name: "Lũng Chàng".to_owned(),
        on: "2024-05-01".parse().ok(),
    });
    let village = |name| unit(UnitLevel::Village, "", name, Some("01990"));
    let part = |part: &str, into: &str| (part.to_owned(), into.to_owned());
    let divided = ReorganisationDraft {
        effective_on: "2024-09-01".parse().ok(),
        from: vec!["Cao Lộc".to_owned()],
        into: vec![village("Cao Lộc 1"), village("Cao Lộc 2")],
        parts: vec![part("Cao Lộc", "Cao Lộc 1"), part("Cao Lộc", "Cao Lộc 2")],
        homes: vec![(code("H1"), "Cao Lộc 2".to_owned())],
        ..ReorganisationDraft::default()
    };
    office.one(Command::ReorganiseUnits(Box::new(divided)));
    let merged = ReorganisationDraft {
        effective_on: "2025-07-01".parse().ok(),
        known: vec![
            unit(UnitLevel::Province, "19", "tỉnh Thái Nguyên", None),
            unit(UnitLevel::Commune, "01969", "thị trấn Phủ Thông", None),
        ],
        from: ["19", "01969", "01990"].map(str::to_owned).to_vec(),
        into: vec![
            unit(UnitLevel::Commune, "01969", "xã Phủ Thông", Some("19")),
            unit(UnitLevel::Province, "19", "tỉnh Thái Nguyên", None),
        ],
        ..ReorganisationDraft::default()
    };
    let mut entry = Entry::by_hand(Command::ReorganiseUnits(Box::new(merged)));
    entry.document = Some(socai::domain::Document {
        date: "2025-06-16".parse().ok(),
        issuer: Some("Ủy ban Thường vụ Quốc hội".to_owned()),
        number: Some("1683/NQ-UBTVQH15".to_owned()),
        kind: Some("Nghị quyết".to_owned()),
    });
    office.entry(entry);
    compare(&office, "units.v1.ndjson", UNITS);
}

#[test]
fn households_that_split_merge_and_end() {
    let mut office = office();
    office.household("H1", "Cao Lộc", Some(socai::domain::HouseholdClass::Poor));
    office.household("H2", "Cao Lộc", None);
    for person in ["P1", "P2"] {
        office.one(Command::RegisterPerson(PersonDraft {
            person: Some(code(person)),
            household: Some(code("H1")),
            ..PersonDraft::default()
        }));
    }
    office.one(Command::SplitHousehold {
        household: code("H1"),
        into: vec![code("H1"), code("H3")],
        members: vec![(code("P2"), code("H3"))],
        on: "2023-06-01".parse().unwrap(),
    });
    office.one(Command::MergeHousehold {
        household: code("H3"),
        into: code("H2"),
        on: "2024-01-01".parse().unwrap(),
    });
    office.one(Command::LeaveHousehold {
        person: code("P2"),
        on: "2024-02-01".parse().unwrap(),
    });
    office.because(Command::CloseHousehold {
        household: code("H2"),
        on: "2024-03-01".parse().unwrap(),
    });
    compare(&office, "households.v1.ndjson", HOUSEHOLDS);
}

#[test]
fn rules_that_change() {
    // A catalogue of its own, with series: the built-in one goes on changing.
    let mut office = Office::with_catalogue(include_str!("golden/catalogue-series.v1.json"));
    office.one(Command::SetIndicator(IndicatorSet {
        announced: true,
        from: "2026-07-01".parse().unwrap(),
        indicator: code("base_salary"),
        value: "2530000".parse().unwrap(),
    }));
    office.one(Command::NotifyNorm(NormNotified {
        amount: Some(socai::domain::Money::whole(51_000)),
        announced: false,
        applies_from: "2022-10-01".parse().ok(),
        effective_from: "2022-11-01".parse().unwrap(),
        effective_to: "2023-03-31".parse().ok(),
        kind: code("meals"),
        per: NormPer::Month,
        quantity: None,
        variant: Some(code("poor")),
    }));
    let mut paper = DocumentRegistered {
        about: Some("Điều tra, rà soát".to_owned()),
        date: "2023-02-09".parse().ok(),
        document: code("27/UBND-VHXXH"),
        issuer: Some("UBND xã".to_owned()),
        number: "27/UBND-VHXXH".to_owned(),
        kind: Some("Công văn".to_owned()),
    };
    office.one(Command::RegisterDocument(paper.clone()));
    paper.number = "27/UBND-VHXH".to_owned();
    office.because(Command::CorrectDocument(paper));
    let newer = include_str!("golden/catalogue-series.v1.json");
    let newer = newer.replace("\"version\": 1", "\"version\": 2");
    let adoption = socai::office::opening::adoption(&newer, "newer.json").unwrap();
    office.one(Command::AdoptCatalogue(Box::new(adoption)));
    compare(&office, "rules.v1.ndjson", RULES);
}
