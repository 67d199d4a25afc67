//! Administrative units over time: what ends, what takes over, and figures by the boundaries of
//! the time or of another day.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod cases;
mod memory_office;
mod runner;

use cases::cases;
use chrono::NaiveDate;
use memory_office::{Office, code, support};
use proptest::prelude::*;
use runner::socai;
use serde_json::Value;
use socai::domain::command::{Command, ReorganisationDraft, SupportDraft, UnitDraft};
use socai::domain::ledger::UnitLevel;
use socai::domain::rejection::Rejection;
use socai::domain::{Explain, Stage};
use socai::office::{AsOf, Outcome};
use socai::projection::{Boundaries, Dimension, Figures, Query};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn new_unit(level: UnitLevel, official: Option<&str>, name: &str) -> UnitDraft {
    UnitDraft {
        code: official.map(code),
        level: Some(level),
        name: Some(name.to_owned()),
        ..UnitDraft::default()
    }
}

fn under(mut draft: UnitDraft, parent: &str) -> UnitDraft {
    draft.parent = Some(parent.to_owned());
    draft
}

fn known(id: &str) -> UnitDraft {
    UnitDraft {
        unit: Some(id.to_owned()),
        ..UnitDraft::default()
    }
}

fn reorganise(on: &str, from: &[&str], into: Vec<UnitDraft>) -> ReorganisationDraft {
    ReorganisationDraft {
        effective_on: on.parse().ok(),
        from: from.iter().map(|id| (*id).to_owned()).collect(),
        into,
        ..ReorganisationDraft::default()
    }
}

fn ask(office: &mut Office, draft: ReorganisationDraft) -> Outcome {
    office.one(Command::ReorganiseUnits(Box::new(draft)))
}

fn refused(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Rejected(rejection) => {
            for lang in [socai::domain::Lang::Vi, socai::domain::Lang::En] {
                assert!(!rejection.message(lang).is_empty());
            }
            assert!(matches!(rejection, Rejection::Unit(_)), "{rejection:?}");
            rejection.code()
        }
        other => panic!("not refused: {other:?}"),
    }
}

/// Two villages of Lục Bình with a household and a payment each.
fn office() -> Office {
    let mut office = Office::new();
    office.household("H1", "Cao Lộc", None);
    office.household("H2", "Lũng Chang", None);
    for (household, amount) in [("H1", 10), ("H2", 20)] {
        let draft = support("livestock", household, "2023-03-01", amount);
        office.one(Command::RecordSupport(Box::new(draft)));
    }
    office
}

fn by(office: &Office, dimension: Dimension, boundaries: Boundaries, period: &str) -> Figures {
    let mut query = Query::of(&period.parse().unwrap());
    query.by = vec![dimension];
    query.stages = Stage::ALL.to_vec();
    query.boundaries = boundaries;
    office.figures(&query)
}

fn keys(figures: &Figures) -> Vec<String> {
    figures.rows.iter().map(|row| row.keys[0].clone()).collect()
}

fn merge_into_phu_thong(office: &mut Office) {
    let old = new_unit(UnitLevel::Commune, Some("01969"), "thị trấn Phủ Thông");
    office.one(Command::RegisterUnit(old));
    let new = new_unit(UnitLevel::Commune, Some("01969"), "xã Phủ Thông");
    let outcome = ask(
        office,
        reorganise("2025-07-01", &["01990", "01969"], vec![new]),
    );
    assert!(matches!(outcome, Outcome::New { .. }), "{outcome:?}");
}

#[test]
fn a_code_that_is_used_again_names_two_units() {
    let mut office = office();
    let before = by(&office, Dimension::Commune, Boundaries::Then, "2023");
    assert_eq!(keys(&before), ["01990"]);
    merge_into_phu_thong(&mut office);
    let units = &office.ledger.state().units;
    let (eve, first) = (day("2025-06-30"), day("2025-07-01"));
    assert_eq!(units.named("01969", eve).unwrap().as_str(), "01969");
    assert_eq!(
        units.named("01969", first).unwrap().as_str(),
        "01969@2025-07-01"
    );
    assert_eq!(
        units.get("01969").unwrap().name_on(eve),
        "thị trấn Phủ Thông"
    );
    let now = Boundaries::On(first);
    assert_eq!(
        by(&office, Dimension::Commune, Boundaries::Then, "2023"),
        before
    );
    let eve = by(&office, Dimension::Commune, Boundaries::On(eve), "2023");
    assert_eq!(eve, before);
    let after = by(&office, Dimension::Commune, now, "2023");
    assert_eq!(
        keys(&after),
        ["01969@2025-07-01"],
        "not the key of the town"
    );
    assert_eq!(after.rows[0].amount, before.rows[0].amount);
    // A village goes on as it is.
    let villages = by(&office, Dimension::Village, now, "2023");
    assert_eq!(keys(&villages), ["Cao Lộc", "Lũng Chang"]);
}

#[test]
fn a_payment_on_the_last_day_and_one_on_the_first() {
    let mut office = office();
    office
        .clock
        .0
        .fetch_add(400 * 86_400_000, std::sync::atomic::Ordering::SeqCst);
    merge_into_phu_thong(&mut office);
    for date in ["2025-06-30", "2025-07-01"] {
        let draft = support("livestock", "H1", date, 5);
        office.one(Command::RecordSupport(Box::new(draft)));
    }
    let then = by(&office, Dimension::Commune, Boundaries::Then, "2025");
    assert_eq!(keys(&then), ["01969@2025-07-01", "01990"]);
    assert!(then.rows.iter().all(|row| row.turns == 1));
    let now = by(
        &office,
        Dimension::Commune,
        Boundaries::On(day("2026-01-01")),
        "2025",
    );
    assert_eq!(keys(&now), ["01969@2025-07-01"]);
    assert_eq!(now.rows[0].turns, 2);
}

#[test]
fn villages_merge_and_their_households_with_them() {
    let mut office = office();
    let new = under(new_unit(UnitLevel::Village, None, "Cao Chang"), "01990");
    let outcome = ask(
        &mut office,
        reorganise("2024-01-01", &["Cao Lộc", "Lũng Chang"], vec![new]),
    );
    assert!(matches!(outcome, Outcome::New { .. }), "{outcome:?}");
    let state = office.ledger.state();
    for household in ["H1", "H2"] {
        let home = |on| {
            state
                .home_on(&code(household), day(on))
                .unwrap()
                .to_string()
        };
        assert_eq!(home("2024-01-01"), "Cao Chang");
        assert_ne!(home("2023-12-31"), "Cao Chang");
    }
    let draft = support("livestock", "H1", "2024-02-01", 5);
    office.one(Command::RecordSupport(Box::new(draft)));
    let then = by(&office, Dimension::Village, Boundaries::Then, "2023..2024");
    assert_eq!(keys(&then), ["Cao Chang", "Cao Lộc", "Lũng Chang"]);
    let now = by(
        &office,
        Dimension::Village,
        Boundaries::On(day("2024-06-01")),
        "2023..2024",
    );
    assert_eq!(keys(&now), ["Cao Chang"]);
    assert_eq!((now.rows[0].turns, now.rows[0].villages), (3, 1));
}

#[test]
fn a_divided_village_takes_each_household_where_it_lives() {
    let mut office = office();
    office.household("H3", "Cao Lộc", None);
    let group = SupportDraft {
        kind: "medical_visit".to_owned(),
        count: Some(7),
        villages: vec!["Cao Lộc".to_owned()],
        occurred_on: "2023-05-01".parse().ok(),
        ..SupportDraft::default()
    };
    office.one(Command::RecordSupport(Box::new(group)));
    let new = |name: &str| under(new_unit(UnitLevel::Village, None, name), "01990");
    let mut draft = reorganise("2024-01-01", &["Cao Lộc"], vec![new("Cao 1"), new("Cao 2")]);
    draft.parts = [("Cao Lộc", "Cao 1"), ("Cao Lộc", "Cao 2")]
        .map(|(part, into)| (part.to_owned(), into.to_owned()))
        .to_vec();
    draft.homes = vec![(code("H1"), "Cao 2".to_owned())];
    assert_eq!(
        refused(ask(&mut office, draft.clone())),
        "households_homeless"
    );
    draft.homes.push((code("H3"), "Cao 1".to_owned()));
    let outcome = ask(&mut office, draft);
    assert!(matches!(outcome, Outcome::New { .. }), "{outcome:?}");
    let now = by(
        &office,
        Dimension::Village,
        Boundaries::On(day("2024-06-01")),
        "2023",
    );
    // What came without a name went to the village as it was: to both, and to neither alone.
    assert_eq!(keys(&now), ["Cao 1;Cao 2", "Cao 2", "Lũng Chang"]);
    assert_eq!(now.rows[0].count, 7);
    let replayed = office.replayed(AsOf::Head);
    assert_eq!(
        replayed.state().households,
        office.ledger.state().households
    );
    assert_eq!(replayed.state().units, office.ledger.state().units);
}

#[test]
fn what_cannot_be_is_refused_and_says_so() {
    let commune = || new_unit(UnitLevel::Commune, Some("01969"), "xã Phủ Thông");
    let other = || new_unit(UnitLevel::Commune, Some("01970"), "xã Khác");
    let mut office = office();
    let mut case = |change: &dyn Fn(&mut ReorganisationDraft), expected: &str| {
        let mut draft = reorganise("2025-07-01", &["01990"], vec![commune()]);
        change(&mut draft);
        let before = office.ledger.stand().clone();
        assert_eq!(refused(ask(&mut office, draft)), expected);
        assert_eq!(*office.ledger.stand(), before, "nothing half-written");
    };
    let part = |part: &str, into: &str| (part.to_owned(), into.to_owned());
    case(
        &|draft| draft.from = vec!["99999".to_owned()],
        "unknown_admin_unit",
    );
    case(
        &|draft| draft.from.push("01990".to_owned()),
        "admin_unit_twice",
    );
    case(&|draft| draft.from.clear(), "nothing_ends");
    case(&|draft| draft.into.push(other()), "admin_unit_lost");
    case(&|draft| draft.into.clear(), "admin_unit_lost");
    case(
        &|draft| draft.parts = vec![part("Cao Lộc", "01969")],
        "admin_unit_lost",
    );
    case(
        &|draft| draft.parts = vec![part("Cao Lộc", "01969"), part("Cao Lộc", "01969")],
        "admin_unit_twice",
    );
    case(
        &|draft| {
            draft.into.push(other());
            draft.parts = vec![part("Cao Lộc", "01969"), part("Cao Lộc", "01970")];
        },
        "admin_unit_twice",
    );
    case(
        &|draft| draft.parts = vec![part("Nowhere", "01969")],
        "unknown_admin_unit",
    );
    case(
        &|draft| draft.parts = vec![part("Cao Lộc", "01990")],
        "admin_unit_no_heir",
    );
    case(
        &|draft| {
            draft.from = vec!["Lũng Chang".to_owned()];
            draft.into = vec![new_unit(UnitLevel::Village, None, "Lũng Mới")];
            draft.parts = vec![part("Cao Lộc", "Lũng Mới")];
        },
        "admin_unit_no_part",
    );
    case(
        &|draft| draft.into = vec![new_unit(UnitLevel::Village, None, "Thôn Mới")],
        "admin_unit_lost",
    );
    case(
        &|draft| {
            draft.into = vec![new_unit(UnitLevel::Village, None, "Thôn Mới")];
            draft.parts = vec![part("01990", "Thôn Mới")];
        },
        "admin_unit_level",
    );
    case(
        &|draft| draft.into = vec![known("99999")],
        "unknown_admin_unit",
    );
    case(
        &|draft| draft.into = vec![known("01990")],
        "admin_unit_twice",
    );
    // A date before the unit exists, and a unit that has ended.
    let mut young = new_unit(UnitLevel::Commune, Some("02000"), "xã Mới");
    young.valid_from = Some(day("2024-01-01"));
    office.one(Command::RegisterUnit(young));
    let early = reorganise("2023-07-01", &["02000@2024-01-01"], vec![commune()]);
    assert_eq!(refused(ask(&mut office, early)), "admin_unit_not_yet");
    let same_code = new_unit(UnitLevel::Commune, Some("02000"), "xã Trùng Mã");
    let draft = reorganise("2025-07-01", &["01990"], vec![same_code]);
    assert_eq!(refused(ask(&mut office, draft)), "admin_unit_code_in_use");
    merge_into_phu_thong(&mut office);
    let again = reorganise("2026-01-01", &["01990"], vec![other()]);
    assert_eq!(refused(ask(&mut office, again)), "admin_unit_ended");
    let late = Command::RenameUnit {
        unit: "01990".to_owned(),
        name: "xã Khác".to_owned(),
        on: Some(day("2025-08-01")),
    };
    assert_eq!(refused(office.one(late)), "admin_unit_ended");
}

#[test]
fn a_name_changes_from_a_day_on() {
    let mut office = office();
    let rename = |name: &str, on: Option<&str>| Command::RenameUnit {
        unit: "Cao Lộc".to_owned(),
        name: name.to_owned(),
        on: on.map(day),
    };
    office.one(rename("Cao Sơn", Some("2024-01-01")));
    let same = office.one(rename("Cao Sơn", Some("2024-06-01")));
    assert!(
        matches!(same, Outcome::Rejected(Rejection::NothingChanges)),
        "{same:?}"
    );
    let unit = office.ledger.state().units.get("Cao Lộc").unwrap().clone();
    assert_eq!(unit.name_on(day("2023-12-31")), "Cao Lộc");
    assert_eq!(unit.name_on(day("2024-01-01")), "Cao Sơn");
    // A list may call it by either name.
    office.household("H9", "thôn Cao Sơn", None);
    assert_eq!(
        office
            .ledger
            .state()
            .home_on(&code("H9"), day("2024-02-01"))
            .unwrap(),
        &code("Cao Lộc")
    );
}

/// One thing that happens: a payment, or a reorganisation of villages.
#[derive(Debug, Clone)]
enum Act {
    Pay {
        household: usize,
        month: u32,
        amount: i64,
    },
    Visit {
        village: usize,
        month: u32,
        count: u64,
    },
    Merge {
        first: usize,
        second: usize,
        month: u32,
    },
    Divide {
        village: usize,
        month: u32,
    },
    Commune {
        month: u32,
    },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..6_usize, 1..=12_u32, 1..90_i64)
            .prop_map(|(household, month, amount)| Act::Pay { household, month, amount }),
        2 => (0..9_usize, 1..=12_u32, 0..40_u64)
            .prop_map(|(village, month, count)| Act::Visit { village, month, count }),
        1 => (0..9_usize, 0..9_usize, 1..=12_u32)
            .prop_map(|(first, second, month)| Act::Merge { first, second, month }),
        1 => (0..9_usize, 1..=12_u32).prop_map(|(village, month)| Act::Divide { village, month }),
        1 => (1..=12_u32).prop_map(|month| Act::Commune { month }),
    ]
}

/// Villages that exist on a day, by id.
fn living(office: &Office, on: NaiveDate) -> Vec<String> {
    let units = office.ledger.state().units.values();
    units
        .filter(|unit| unit.registered.level == UnitLevel::Village && unit.is_valid_on(on))
        .map(|unit| unit.registered.unit.to_string())
        .collect()
}

/// Does one thing in a month of 2024. The number makes names of new units.
fn perform(office: &mut Office, number: usize, act: &Act) -> bool {
    let first = |month: u32| NaiveDate::from_ymd_opt(2024, month, 1).unwrap();
    let outcome = match act {
        Act::Pay {
            household,
            month,
            amount,
        } => {
            let date = first(*month).to_string();
            let draft = support("livestock", &format!("H{household}"), &date, *amount);
            office.one(Command::RecordSupport(Box::new(draft)))
        }
        Act::Visit {
            village,
            month,
            count,
        } => {
            let villages = living(office, first(*month));
            let draft = SupportDraft {
                kind: "medical_visit".to_owned(),
                count: Some(*count),
                villages: vec![villages[village % villages.len()].clone()],
                occurred_on: Some(first(*month)),
                ..SupportDraft::default()
            };
            office.one(Command::RecordSupport(Box::new(draft)))
        }
        Act::Merge {
            first: a,
            second: b,
            month,
        } => {
            let villages = living(office, first(*month));
            let (a, b) = (&villages[a % villages.len()], &villages[b % villages.len()]);
            let name = format!("M{number}");
            let new = under(new_unit(UnitLevel::Village, None, &name), "01990");
            ask(
                office,
                reorganise(&first(*month).to_string(), &[a, b], vec![new]),
            )
        }
        Act::Divide { village, month } => {
            let on = first(*month);
            let villages = living(office, on);
            let village = villages[village % villages.len()].clone();
            let names = [format!("D{number}a"), format!("D{number}b")];
            let new = |name: &String| under(new_unit(UnitLevel::Village, None, name), "01990");
            let mut draft = reorganise(
                &on.to_string(),
                &[&village],
                names.iter().map(new).collect(),
            );
            draft.parts = names
                .iter()
                .map(|name| (village.clone(), name.clone()))
                .collect();
            let homes = office.ledger.state().households.values();
            draft.homes = homes
                .filter(|known| known.villages.on(on).is_some_and(|v| v.as_str() == village))
                .enumerate()
                .map(|(place, known)| (known.code.clone(), names[place % 2].clone()))
                .collect();
            ask(office, draft)
        }
        Act::Commune { month } => {
            let on = first(*month);
            let units = office.ledger.state().units.values();
            let ends: Vec<String> = units
                .filter(|unit| unit.registered.level == UnitLevel::Commune && unit.is_valid_on(on))
                .map(|unit| unit.registered.unit.to_string())
                .collect();
            let ends: Vec<&str> = ends.iter().map(String::as_str).collect();
            let new = new_unit(
                UnitLevel::Commune,
                Some("01990"),
                &format!("xã số {number}"),
            );
            ask(office, reorganise(&on.to_string(), &ends, vec![new]))
        }
    };
    matches!(outcome, Outcome::New { .. })
}

fn places() -> Office {
    let mut office = Office::new();
    for place in 0..6 {
        office.household(&format!("H{place}"), &format!("V{}", place % 3), None);
    }
    office
}

fn sums(figures: &Figures) -> (i64, i64, i128) {
    figures
        .rows
        .iter()
        .fold((0, 0, 0), |(turns, count, amount), row| {
            (turns + row.turns, count + row.count, amount + row.amount)
        })
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn no_later_reorganisation_moves_a_figure_of_the_time(
        before in prop::collection::vec(act(), 1..14),
        after in prop::collection::vec(act(), 1..8),
    ) {
        let mut office = places();
        for (number, act) in before.iter().enumerate() {
            perform(&mut office, number, act);
        }
        // What is reorganised later takes effect later; what was paid before stays where it was.
        let then = |office: &Office, dimension| {
            by(office, dimension, Boundaries::Then, "2024-01..2024-06")
        };
        let stood = [Dimension::Village, Dimension::Commune].map(|by| then(&office, by));
        for (number, act) in after.iter().enumerate() {
            let later = match act.clone() {
                Act::Pay { household, month, amount } => {
                    Act::Pay { household, month: month.max(7), amount }
                }
                Act::Visit { village, month, count } => {
                    Act::Visit { village, month: month.max(7), count }
                }
                Act::Merge { first, second, month } => {
                    Act::Merge { first, second, month: month.max(7) }
                }
                Act::Divide { village, month } => Act::Divide { village, month: month.max(7) },
                Act::Commune { month } => Act::Commune { month: month.max(7) },
            };
            perform(&mut office, 100 + number, &later);
        }
        prop_assert_eq!(&stood, &[Dimension::Village, Dimension::Commune].map(|by| then(&office, by)));
        // The same rows in other drawers: sums agree between then and any day.
        for dimension in [Dimension::Village, Dimension::Commune] {
            let whole = sums(&by(&office, dimension, Boundaries::Then, "2023..2025"));
            for on in ["2020-01-01", "2024-04-15", "2024-09-01", "2026-01-01"] {
                let other = by(&office, dimension, Boundaries::On(day(on)), "2023..2025");
                prop_assert_eq!(sums(&other), whole, "{} on {}", dimension.name(), on);
            }
        }
        let replayed = office.replayed(AsOf::Head);
        prop_assert_eq!(&replayed.state().units, &office.ledger.state().units);
        prop_assert_eq!(&replayed.state().households, &office.ledger.state().households);
    }
}

#[test]
fn random_reorganisations_do_happen() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut done = [0; 5];
    for _ in 0..20 {
        let mut office = places();
        for number in 0..14 {
            let act = act().new_tree(&mut runner).unwrap().current();
            let place = match act {
                Act::Pay { .. } => 0,
                Act::Visit { .. } => 1,
                Act::Merge { .. } => 2,
                Act::Divide { .. } => 3,
                Act::Commune { .. } => 4,
            };
            done[place] += usize::from(perform(&mut office, number, &act));
        }
    }
    assert!(done.iter().all(|count| *count > 2), "{done:?}");
}

fn example() -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("examples/phu-thong-2025.json")
        .display()
        .to_string()
}

#[test]
fn luc_binh_becomes_part_of_phu_thong_and_its_report_of_2023_stays() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("demo").display().to_string();
    assert_eq!(socai(&["demo", &ledger]).status, 0);
    let ask = |words: &[&str]| {
        let mut arguments = vec!["--ledger", ledger.as_str()];
        arguments.extend(words);
        let ran = socai(&arguments);
        assert_eq!(ran.status, 0, "{words:?}: {}", ran.err);
        ran
    };
    let figures = |boundaries: &str, by: &str| -> Value {
        let words = [
            "figures",
            "--period",
            "2023",
            "--by",
            by,
            "--stage",
            "all",
            "--boundaries",
            boundaries,
            "--format",
            "json",
        ];
        ask(&words).json()
    };
    let report = || {
        let words = [
            "report",
            "show",
            "--period",
            "2023-H1",
            "--cut-off",
            "2023-04-30",
        ];
        let text = ask(&words).out;
        // What says how much of the log it knows is another, and nothing else is.
        let body = text.split("Số liệu theo sổ cái").next().unwrap();
        body.to_owned()
    };
    let (villages, communes) = (figures("then", "village"), figures("then", "commune"));
    let before = report();
    let checked = ask(&["unit", "reorganise", &example(), "--dry-run"]);
    assert!(checked.out.contains("--dry-run"));
    ask(&["unit", "reorganise", &example()]);
    assert_eq!(figures("then", "village")["rows"], villages["rows"]);
    assert_eq!(figures("then", "commune")["rows"], communes["rows"]);
    assert_eq!(report(), before);
    let now = figures("2025-07-01", "commune");
    assert_eq!(now["boundaries"], "2025-07-01");
    let named = |row: &&Value| row["commune"] == "01969@2025-07-01";
    let now = now["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(named)
        .unwrap()
        .clone();
    let named = |row: &&Value| row["commune"] == "01990";
    let then = communes["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(named)
        .unwrap()
        .clone();
    for measure in ["turns", "households", "count", "amount", "villages"] {
        assert_eq!(now[measure], then[measure], "{measure}");
    }
    let shown = ask(&["unit", "show", "01969", "--format", "json"]).json();
    assert_eq!(
        shown["units"].as_array().unwrap().len(),
        2,
        "a town, then a commune"
    );
    let commune = &shown["units"][1];
    assert_eq!(commune["parent"], "19@2025-07-01");
    assert_eq!(commune["predecessors"].as_array().unwrap().len(), 4);
    let district = ask(&["unit", "show", "063", "--format", "json"]).json();
    assert_eq!(
        district["units"][0]["successors"].as_array().unwrap().len(),
        0,
        "abolished"
    );
    let eve = ask(&["unit", "list", "--on", "2025-06-30", "--format", "json"]).json();
    let levels = |list: &Value, level: &str| {
        let units = list["units"].as_array().unwrap().iter();
        units.filter(|unit| unit["level"] == level).count()
    };
    let after = ask(&["unit", "list", "--on", "2025-07-01", "--format", "json"]).json();
    assert_eq!(
        (levels(&eve, "district"), levels(&after, "district")),
        (1, 0)
    );
    assert_eq!((levels(&eve, "commune"), levels(&after, "commune")), (4, 1));
    assert_eq!(levels(&eve, "village"), levels(&after, "village"));
    assert!(
        ask(&["unit", "show", "01990"])
            .out
            .contains("01969@2025-07-01")
    );
    assert!(
        ask(&["unit", "list", "--lang", "en"])
            .out
            .contains("province")
    );
    // The same again, and what the file cannot hold.
    let again = socai(&[
        "--ledger",
        &ledger,
        "--format",
        "json",
        "unit",
        "reorganise",
        &example(),
    ]);
    assert_eq!(
        (again.status, again.error()["code"].as_str()),
        (1, Some("admin_unit_ended"))
    );
    let bad = dir.path().join("bad.json").display().to_string();
    std::fs::write(&bad, "{\"effective_on\": \"1/7/2025\"}").unwrap();
    let ran = socai(&[
        "--ledger",
        &ledger,
        "--format",
        "json",
        "unit",
        "reorganise",
        &bad,
    ]);
    assert_eq!(
        (ran.status, ran.error()["code"].as_str()),
        (1, Some("bad_file"))
    );
    let wrong = socai(&[
        "--ledger",
        &ledger,
        "figures",
        "--period",
        "2023",
        "--boundaries",
        "soon",
    ]);
    assert_eq!(wrong.status, 2);
}
