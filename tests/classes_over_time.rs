//! Classes over time, and households that split, merge and end: what was granted stays, and what is
//! known now is laid beside it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod memory_office;
mod runner;

use std::sync::atomic::Ordering;

use chrono::NaiveDate;
use memory_office::{Office, code, id, support};
use socai::domain::command::{ClassGiven, Command, PersonDraft};
use socai::domain::rejection::Rejection;
use socai::domain::{Code, Explain, FindingCode, HouseholdClass, Lang, Stage};
use socai::office::{AsOf, Outcome};
use socai::projection::stale::{Direction, Stale, stale};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn in_2023(office: &Office) -> Stale {
    let state = office.ledger.state();
    let stages = [Stage::Disbursed, Stage::Held];
    stale(state, day("2023-01-01"), day("2023-12-31"), &stages)
}

fn classify(office: &mut Office, household: &str, class: HouseholdClass, from: &str) -> u64 {
    let outcome = office.one(Command::Classify {
        household: code(household),
        class,
        from: Some(day(from)),
        standard: None,
    });
    match outcome {
        Outcome::New { seq, .. } => seq,
        other => panic!("{other:?}"),
    }
}

fn electricity(office: &mut Office, household: &str, class: ClassGiven) -> Outcome {
    let mut draft = support("electricity_subsidy", household, "2023-04-20", 153_000);
    draft.covers = "2023-Q1".parse().ok();
    draft.class = class;
    office.one(Command::RecordSupport(Box::new(draft)))
}

#[test]
fn paid_as_poor_and_not_poor_on_that_day_by_what_is_known_now() {
    let mut office = Office::new();
    office.household("H1", "Cao Lộc", Some(HouseholdClass::Poor));
    office.household("H2", "Cao Lộc", Some(HouseholdClass::Poor));
    office.household("H3", "Cao Lộc", Some(HouseholdClass::NearPoor));
    let paid = id(&electricity(&mut office, "H1", ClassGiven::Unsaid));
    assert_eq!(in_2023(&office).supports, []);
    // H2 was poor and got nothing while H1 did.
    let left_out: Vec<_> = in_2023(&office).left_out;
    assert_eq!(left_out.len(), 1);
    assert_eq!(
        (left_out[0].household.as_str(), left_out[0].class),
        ("H2", HouseholdClass::Poor)
    );
    let before = office.ledger.stand().seq;
    // A review that is recorded later reaches back.
    let seq = classify(&mut office, "H1", HouseholdClass::NearPoor, "2023-01-01");
    let found = in_2023(&office).supports;
    assert_eq!(found.len(), 1);
    let one = &found[0];
    assert_eq!((one.support, one.household.as_str()), (paid, "H1"));
    assert_eq!(one.granted, Some(HouseholdClass::Poor));
    assert_eq!(
        one.known_then,
        Some(HouseholdClass::Poor),
        "nobody could know"
    );
    assert_eq!(one.known_now, Some(HouseholdClass::NearPoor));
    assert_eq!(
        (one.direction, one.decided_by),
        (Direction::NotEntitled, Some(seq))
    );
    // As of the moment before, it was right.
    let earlier = office.replayed(AsOf::Seq(before));
    let stages = [Stage::Disbursed];
    let known = stale(
        earlier.state(),
        day("2023-01-01"),
        day("2023-12-31"),
        &stages,
    );
    assert_eq!(known.supports, []);
    // The reverse: treated as near-poor, and poor on that day by what is known now.
    electricity(&mut office, "H3", ClassGiven::Unsaid);
    classify(&mut office, "H3", HouseholdClass::Poor, "2023-01-01");
    let found = in_2023(&office).supports;
    let other = found
        .iter()
        .find(|one| one.household.as_str() == "H3")
        .unwrap();
    assert_eq!(other.direction, Direction::EntitledOtherwise);
    // A review that takes effect after the quarter that was paid for says nothing about it.
    classify(&mut office, "H2", HouseholdClass::Average, "2023-04-01");
    assert!(
        in_2023(&office)
            .left_out
            .iter()
            .any(|one| one.household.as_str() == "H2")
    );
    classify(&mut office, "H2", HouseholdClass::Average, "2023-03-31");
    assert!(in_2023(&office).left_out.is_empty());
    // What is put right is no longer stale.
    let change = socai::domain::command::SupportChange {
        class: ClassGiven::Class(HouseholdClass::NearPoor),
        ..Default::default()
    };
    let (support, stage) = (paid, None);
    office.because(Command::Correct {
        support,
        stage,
        change: Box::new(change),
        effective_on: None,
    });
    let found = in_2023(&office).supports;
    assert!(found.iter().all(|one| one.support != paid));
}

#[test]
fn of_two_classes_for_one_day_the_one_recorded_later_holds() {
    let mut office = Office::new();
    office.household("H1", "Cao Lộc", None);
    classify(&mut office, "H1", HouseholdClass::Poor, "2023-01-01");
    classify(&mut office, "H1", HouseholdClass::NearPoor, "2023-01-01");
    let outcome = electricity(&mut office, "H1", ClassGiven::Unsaid);
    let record = &office.ledger.state().supports[&id(&outcome)];
    assert_eq!(
        record.entries[0].state.class,
        Some(HouseholdClass::NearPoor)
    );
    let replayed = office.replayed(AsOf::Head);
    assert_eq!(
        replayed.state().households,
        office.ledger.state().households
    );
}

#[test]
fn newly_escaped_counts_up_to_its_36_months() {
    let mut office = Office::new();
    office.household("H1", "Cao Lộc", Some(HouseholdClass::Poor));
    classify(
        &mut office,
        "H1",
        HouseholdClass::NewlyEscaped,
        "2020-07-01",
    );
    classify(&mut office, "H1", HouseholdClass::Poor, "2019-01-01");
    let loan = |office: &mut Office, on: &str, class| {
        let mut draft = support("preferential_loan", "H1", on, 1_000);
        draft.class = class;
        office.one(Command::RecordSupport(Box::new(draft)))
    };
    // The class of the poor from 2022-01-01, as registered, is taken back by a later review.
    classify(
        &mut office,
        "H1",
        HouseholdClass::NewlyEscaped,
        "2022-01-01",
    );
    let class = |office: &Office, outcome: &Outcome| {
        office.ledger.state().supports[&id(outcome)].entries[0]
            .state
            .class
    };
    let last = loan(&mut office, "2023-06-30", ClassGiven::Unsaid);
    assert_eq!(class(&office, &last), Some(HouseholdClass::NewlyEscaped));
    let over = loan(&mut office, "2023-07-01", ClassGiven::Unsaid);
    assert_eq!(class(&office, &over), None, "no class is made up");
    let Outcome::New { findings, .. } = &over else {
        panic!("{over:?}")
    };
    let lapsed = findings
        .iter()
        .find(|f| f.code == FindingCode::ClassLapsed)
        .unwrap();
    assert_eq!(lapsed.expected.as_deref(), Some("2023-06-30"));
    for lang in [Lang::Vi, Lang::En] {
        assert!(lapsed.message(lang).contains("36"));
    }
    // A list may still say so: it goes in, and is found.
    let given = ClassGiven::Class(HouseholdClass::NewlyEscaped);
    let said = loan(&mut office, "2023-07-02", given);
    assert_eq!(class(&office, &said), Some(HouseholdClass::NewlyEscaped));
    let found = in_2023(&office).supports;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].lapsed.unwrap().last, day("2023-06-30"));
    assert_eq!(found[0].known_now, None);
}

fn person(office: &mut Office, name: &str, household: &str) {
    let draft = PersonDraft {
        person: Some(code(name)),
        household: Some(code(household)),
        ..PersonDraft::default()
    };
    office.one(Command::RegisterPerson(draft));
}

fn split(into: &[&str], members: &[(&str, &str)], on: &str) -> Command {
    Command::SplitHousehold {
        household: code("H1"),
        into: into.iter().map(|name| code(name)).collect(),
        members: members.iter().map(|(p, h)| (code(p), code(h))).collect(),
        on: day(on),
    }
}

fn refusal(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Rejected(rejection) => {
            for lang in [Lang::Vi, Lang::En] {
                assert!(!rejection.message(lang).is_empty());
            }
            rejection.code()
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn home(office: &Office, name: &str) -> Code {
    office.ledger.state().persons[name].household.clone()
}

#[test]
fn a_household_splits_and_its_support_stays_with_it() {
    let mut office = Office::new();
    office.household("H1", "Cao Lộc", Some(HouseholdClass::Poor));
    person(&mut office, "P1", "H1");
    person(&mut office, "P2", "H1");
    electricity(&mut office, "H1", ClassGiven::Unsaid);
    for (command, expected) in [
        (split(&["H1"], &[], "2023-06-01"), "no_split"),
        (split(&["H8"], &[], "2023-06-01"), "no_split"),
        (split(&["H8", "H8"], &[], "2023-06-01"), "household_twice"),
        (
            split(&["H8", "H9"], &[("P1", "H8")], "2023-06-01"),
            "members_lost",
        ),
        (
            split(&["H1", "H9"], &[("P1", "H7")], "2023-06-01"),
            "household_no_heir",
        ),
        (
            split(&["H1", "H9"], &[("P7", "H9")], "2023-06-01"),
            "no_member",
        ),
        (
            split(&["H1", "H9"], &[("P1", "H9"), ("P1", "H1")], "2023-06-01"),
            "household_twice",
        ),
        (split(&["H1", "H9"], &[], "2999-06-01"), "future_date"),
    ] {
        let before = office.ledger.stand().clone();
        assert_eq!(refusal(office.one(command)), expected);
        assert_eq!(*office.ledger.stand(), before, "nothing half-written");
    }
    // The old household goes on.
    office.one(split(&["H1", "H2"], &[("P2", "H2")], "2023-06-01"));
    assert_eq!(
        (home(&office, "P1"), home(&office, "P2")),
        (code("H1"), code("H2"))
    );
    let state = office.ledger.state();
    assert!(state.households["H1"].ended.is_none());
    assert!(state.households["H2"].predecessors.contains("H1"));
    assert_eq!(
        state.home_on(&code("H2"), day("2023-06-01")).unwrap(),
        &code("Cao Lộc")
    );
    // H2 becomes part of H3, and H1 is closed.
    office.household("H3", "Lũng Chang", None);
    let merge = |a: &str, b: &str| Command::MergeHousehold {
        household: code(a),
        into: code(b),
        on: day("2024-01-01"),
    };
    assert_eq!(refusal(office.one(merge("H2", "H2"))), "household_itself");
    assert_eq!(refusal(office.one(merge("H2", "H99"))), "unknown_household");
    office.one(merge("H2", "H3"));
    assert_eq!(home(&office, "P2"), code("H3"));
    assert_eq!(refusal(office.one(merge("H2", "H1"))), "household_ended");
    let close = Command::CloseHousehold {
        household: code("H1"),
        on: day("2024-02-01"),
    };
    assert_eq!(refusal(office.one(close.clone())), "reason_needed");
    office.because(close);
    // A payment to a household that is no more is recorded, and found.
    let mut draft = support("livestock", "H1", "2024-02-01", 1_000);
    draft.class = ClassGiven::None;
    let late = office.one(Command::RecordSupport(Box::new(draft.clone())));
    let Outcome::New { findings, .. } = &late else {
        panic!("{late:?}")
    };
    assert!(
        findings
            .iter()
            .any(|f| f.code == FindingCode::HouseholdEnded)
    );
    draft.occurred_on = Some(day("2024-01-31"));
    let Outcome::New { findings, .. } = office.one(Command::RecordSupport(Box::new(draft))) else {
        panic!("refused")
    };
    assert!(
        findings
            .iter()
            .all(|f| f.code != FindingCode::HouseholdEnded)
    );
    // A person leaves, once.
    let leave = Command::LeaveHousehold {
        person: code("P1"),
        on: day("2024-01-05"),
    };
    assert!(matches!(office.one(leave.clone()), Outcome::New { .. }));
    assert!(matches!(
        office.one(leave),
        Outcome::Rejected(Rejection::NothingChanges)
    ));
    let replayed = office.replayed(AsOf::Head);
    assert_eq!(
        replayed.state().households,
        office.ledger.state().households
    );
    assert_eq!(replayed.state().persons, office.ledger.state().persons);
    assert!(office.clock.0.load(Ordering::SeqCst) > 0);
}

#[test]
fn arrears_are_judged_by_the_days_they_cover() {
    let mut office = Office::new();
    for household in ["H1", "H2", "H3", "H4"] {
        office.household(household, "Cao Lộc", Some(HouseholdClass::Poor));
    }
    // H1 and H4 left the list on 1 July; H2 on 1 March; H3 was never on it in those days.
    classify(&mut office, "H1", HouseholdClass::NearPoor, "2023-07-01");
    classify(&mut office, "H2", HouseholdClass::NearPoor, "2023-03-01");
    classify(&mut office, "H3", HouseholdClass::NearPoor, "2022-06-01");
    classify(&mut office, "H4", HouseholdClass::NearPoor, "2023-07-01");
    let pay = |office: &mut Office, household: &str, covers: Option<&str>| {
        let mut draft = support("electricity_subsidy", household, "2023-11-20", 153_000);
        draft.covers = covers.and_then(|covers| covers.parse().ok());
        draft.class = ClassGiven::Class(HouseholdClass::Poor);
        id(&office.one(Command::RecordSupport(Box::new(draft))))
    };
    // Paid in November for the first quarter.
    pay(&mut office, "H1", Some("2023-Q1"));
    pay(&mut office, "H2", Some("2023-Q1"));
    let wrong = pay(&mut office, "H3", Some("2023-Q1"));
    // Paid in November, and nothing said of what for.
    let unsaid = pay(&mut office, "H4", None);
    let found = in_2023(&office);
    let supports: Vec<_> = found.supports.iter().map(|one| one.support).collect();
    assert_eq!(
        supports,
        [wrong, unsaid],
        "poor on a covered day is in order"
    );
    for one in &found.supports {
        assert_eq!(one.direction, Direction::NotEntitled);
    }
    assert_eq!(found.supports[0].judged_on, day("2023-03-31"));
    assert_eq!(found.supports[0].covers, "2023-Q1".parse().ok());
    assert_eq!(found.supports[1].judged_on, day("2023-11-20"));
    // H4 was poor in the first quarter and had nothing for it.
    let left_out: Vec<_> = found
        .left_out
        .iter()
        .map(|one| one.household.as_str())
        .collect();
    assert_eq!(left_out, ["H4"]);
    assert_eq!(found.left_out[0].judged_on, day("2023-03-31"));
}

#[test]
fn the_commands_tell_it_in_both_languages() {
    let place = runner::Place::new();
    let run = |command: &str| {
        let ran = place.run(command);
        assert_eq!(ran.status, 0, "{command}: {}", ran.err);
        ran
    };
    run(
        "record support --kind electricity_subsidy --household H1 --amount 153000 --on 2023-04-20 --covers 2023-Q1 --source state_budget",
    );
    run("record class --household H1 --class near_poor --from 2023-01-01");
    let text = run("household stale --period 2023").out;
    assert!(
        text.contains("H1") && text.contains("không thuộc diện"),
        "{text}"
    );
    assert!(text.contains("H3"), "left out: {text}");
    let json = run("--format json --lang en household stale --period 2023").json();
    assert_eq!(json["supports"][0]["granted"], "poor");
    assert_eq!(json["supports"][0]["covers"], "2023-Q1");
    assert_eq!(json["supports"][0]["judged_on"], "2023-03-31");
    assert!(
        text.contains("kỳ hưởng") && text.contains("2023-Q1"),
        "{text}"
    );
    assert_eq!(json["supports"][0]["known_now"], "near_poor");
    assert_eq!(
        json["supports"][0]["granted_by"]["type"],
        "support.disbursed"
    );
    assert_eq!(
        json["supports"][0]["decided_by"]["type"],
        "household.classified"
    );
    assert_eq!(json["left_out"][0]["household"], "H3");
    assert!(
        run("--lang en household stale --period 2023")
            .out
            .contains("not entitled")
    );
    let english = run("--lang en household stale --period 2023").out;
    assert!(
        english.contains("covers") && english.contains("2023-Q1"),
        "{english}"
    );
    run("record household-split --household H1 --into H1,H10 --on 2023-06-01");
    let shown = run("household show H10").out;
    assert!(
        shown.contains("Hộ trước đó: H1") && shown.contains("153.000"),
        "{shown}"
    );
    let json = run("--format json household show H10").json();
    assert_eq!(json["received_before"][0]["household"], "H1");
    assert_eq!(json["received"].as_array().unwrap().len(), 0);
    assert!(run("household history H10").out.contains("tách hộ"));
    run("record household-merge --household H10 --into H1 --on 2023-07-01");
    run("record household-close --household H3 --on 2023-07-01 --reason moved_away");
    assert!(
        run("--lang en household show H3")
            .out
            .contains("No more from 2023-07-01")
    );
    assert_eq!(place.run("household stale --period soon").status, 2);
    assert_eq!(
        place
            .run("household stale --period 2023 --stage nothing")
            .status,
        2
    );
}
