//! The catalogue and its norms over time: what was law on a day, what it came to, and what differs
//! from it.

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

use chrono::NaiveDate;
use memory_office::{Office, code, support};
use socai::domain::catalogue::NormPer;
use socai::domain::command::{Command, SupportDraft};
use socai::domain::norm::{IndicatorSet, LawOn, NormNotified, NormOnDay, norms_on, series_on};
use socai::domain::papers::DocumentRegistered;
use socai::domain::{Catalogue, Explain, Finding, FindingCode, Lang, Money};
use socai::office::{Entry, Outcome, opening};
use socai::projection::{Dimension, Query};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn norm(office: &Office, kind: &str, on: &str, law: LawOn) -> Vec<NormOnDay> {
    let state = office.ledger.state();
    norms_on(state, state.catalogue.kind(kind).unwrap(), day(on), law)
}

fn amount(office: &Office, kind: &str, on: &str) -> String {
    let norms = norm(office, kind, on, LawOn::default());
    assert_eq!(norms.len(), 1, "{norms:?}");
    norms[0].amount.unwrap().to_string()
}

fn findings(outcome: &Outcome, code: FindingCode) -> Vec<Finding> {
    let Outcome::New { findings, .. } = outcome else {
        panic!("{outcome:?}")
    };
    findings
        .iter()
        .filter(|found| found.code == code)
        .cloned()
        .collect()
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

#[test]
fn a_norm_changes_its_form_and_each_day_has_its_own() {
    let office = Office::new();
    for (on, expected) in [
        ("2023-06-30", "596000"),
        ("2023-07-01", "720000"),
        ("2024-06-30", "720000"),
        ("2024-07-01", "936000"),
        ("2025-04-30", "936000"),
        ("2025-05-01", "936000"),
    ] {
        assert_eq!(amount(&office, "boarding_meal", on), expected, "{on}");
    }
    // Until Decree 66/2025 it is 40 % of the base salary, and the formula gives the same.
    let before = &norm(&office, "boarding_meal", "2024-09-01", LawOn::default())[0];
    assert_eq!(before.exact.unwrap().normalize().to_string(), "936000");
    assert_eq!(before.used[0].value.to_string(), "2340000");
    let after = &norm(&office, "boarding_meal", "2025-05-01", LawOn::default())[0];
    assert_eq!((after.expression.as_deref(), after.exact), (None, None));
    assert_eq!(after.document.as_deref(), Some("Nghị định 66/2025/NĐ-CP"));
    // A norm that is only a formula comes to an amount, and says how it was rounded.
    let electricity = &norm(
        &office,
        "electricity_subsidy",
        "2025-02-01",
        LawOn::default(),
    )[0];
    assert_eq!(
        electricity.exact.unwrap().normalize().to_string(),
        "61333.2"
    );
    assert_eq!(electricity.amount.unwrap().to_string(), "61333");
    let lunch = &norm(&office, "preschool_lunch", "2020-10-31", LawOn::default())[0];
    assert_eq!(lunch.amount.unwrap().to_string(), "149000");
    assert_eq!(amount(&office, "preschool_lunch", "2020-11-01"), "160000");
}

#[test]
fn a_formula_agrees_with_the_amount_beside_it_wherever_both_are_written() {
    let office = Office::new();
    let mut compared = 0;
    for kind in &office.ledger.state().catalogue.kinds {
        for listed in kind.norms.iter().filter(|norm| norm.expression.is_some()) {
            let on = listed.first_day().unwrap_or(day("2019-07-01"));
            let law = LawOn::default();
            let found = norms_on(office.ledger.state(), kind, on, law);
            let same = |norm: &&NormOnDay| norm.expression == listed.expression;
            let found = found.iter().find(same).unwrap();
            assert_eq!(found.unknown, None, "{}", kind.code);
            if let (Some(amount), Some(exact)) = (listed.amount, found.exact) {
                assert_eq!(amount.to_decimal(), exact.normalize(), "{} {on}", kind.code);
                compared += 1;
            }
        }
    }
    assert!(compared >= 6, "{compared}");
}

#[test]
fn announced_is_not_yet_law_and_a_rule_may_reach_back() {
    let mut office = Office::new();
    let value = |office: &Office, on: &str, law: LawOn| {
        let found = series_on(office.ledger.state(), "base_salary", day(on), law);
        found.unwrap().value.to_string()
    };
    let announced = LawOn {
        day: None,
        announced: true,
    };
    assert_eq!(value(&office, "2026-07-01", LawOn::default()), "2340000");
    assert_eq!(value(&office, "2026-07-01", announced), "2530000");
    assert_eq!(value(&office, "2026-06-30", announced), "2340000");
    // Once the decree is out, the ledger is told; who looks as of an earlier day does not see it.
    office.one(Command::SetIndicator(IndicatorSet {
        announced: false,
        from: day("2026-07-01"),
        indicator: code("base_salary"),
        value: "2530000".parse().unwrap(),
    }));
    assert_eq!(value(&office, "2026-07-01", LawOn::default()), "2530000");
    // In force on 14 August, and applied from 1 July: between the two days nobody could know.
    office.one(Command::NotifyNorm(NormNotified {
        amount: Some(Money::whole(200_000)),
        announced: false,
        applies_from: Some(day("2023-07-01")),
        effective_from: day("2023-08-14"),
        effective_to: None,
        kind: code("study_cost"),
        per: NormPer::Month,
        quantity: None,
        variant: None,
    }));
    assert_eq!(amount(&office, "study_cost", "2023-06-30"), "150000");
    assert_eq!(amount(&office, "study_cost", "2023-07-01"), "200000");
    let law = LawOn {
        day: Some(day("2023-08-13")),
        announced: false,
    };
    let then = norm(&office, "study_cost", "2023-07-15", law);
    assert_eq!(then[0].amount.unwrap().to_string(), "150000");
    let law = LawOn {
        day: Some(day("2023-08-14")),
        announced: false,
    };
    let then = norm(&office, "study_cost", "2023-07-15", law);
    assert_eq!(then[0].amount.unwrap().to_string(), "200000");
    assert!(then[0].seq.is_some(), "it leads to its event");
}

#[test]
fn an_amount_that_is_not_the_norm_is_found_and_never_blocked() {
    let mut office = Office::new();
    office.household("H1", "Cao Lộc", Some(socai::domain::HouseholdClass::Poor));
    let record = |office: &mut Office, kind: &str, covers: &str, amount: i64| {
        let mut draft = support(kind, "H1", "2023-04-20", amount);
        draft.covers = covers.parse().ok();
        office.one(Command::RecordSupport(Box::new(draft)))
    };
    let differs = FindingCode::NormDiffers;
    let right = record(&mut office, "electricity_subsidy", "2023-Q1", 153_000);
    assert_eq!(findings(&right, differs), []);
    let wrong = record(&mut office, "electricity_subsidy", "2022-Q4", 150_000);
    let found = findings(&wrong, differs);
    assert_eq!(found[0].found.as_deref(), Some("150000"));
    assert_eq!(found[0].expected.as_deref(), Some("153000"));
    // Nothing is known of the second quarter until it is notified.
    let unknown = record(&mut office, "electricity_subsidy", "2023-Q2", 1);
    assert_eq!(findings(&unknown, differs), []);
    office.one(Command::NotifyNorm(NormNotified {
        amount: Some(Money::whole(55_000)),
        announced: false,
        applies_from: None,
        effective_from: day("2023-04-01"),
        effective_to: Some(day("2023-12-31")),
        kind: code("electricity_subsidy"),
        per: NormPer::Month,
        quantity: None,
        variant: None,
    }));
    let wrong = record(&mut office, "electricity_subsidy", "2023-Q2", 153_000);
    assert_eq!(
        findings(&wrong, differs)[0].expected.as_deref(),
        Some("165000")
    );
    // Five months over a change of the base salary: each month has its own norm.
    let meals = record(
        &mut office,
        "boarding_meal",
        "2023-05..2023-08",
        2 * 596_000 + 2 * 720_000,
    );
    assert_eq!(findings(&meals, differs), []);
    let meals = record(
        &mut office,
        "boarding_meal",
        "2023-05..2023-08",
        4 * 596_000,
    );
    assert_eq!(
        findings(&meals, differs)[0].expected.as_deref(),
        Some("2632000")
    );
    // Goods and groups: 15 kg a pupil a month.
    let rice = |quantity: &str| SupportDraft {
        kind: "boarding_rice".to_owned(),
        count: Some(15),
        quantity: quantity.parse().ok(),
        unit: Some("kg".to_owned()),
        occurred_on: "2023-03-01".parse().ok(),
        covers: "2023-01..2023-05".parse().ok(),
        ..SupportDraft::default()
    };
    let right = office.one(Command::RecordSupport(Box::new(rice("1125"))));
    assert_eq!(findings(&right, differs), []);
    let wrong = office.one(Command::RecordSupport(Box::new(rice("1.125"))));
    assert_eq!(
        findings(&wrong, differs)[0].expected.as_deref(),
        Some("1125")
    );
}

#[test]
fn a_kind_that_has_ended_is_recorded_and_found() {
    let mut office = Office::new();
    office
        .clock
        .0
        .fetch_add(400 * 86_400_000, std::sync::atomic::Ordering::SeqCst);
    office.household("H1", "Cao Lộc", None);
    let record = |office: &mut Office, on: &str, covers: &str| {
        let mut draft = support("tuition_waiver", "H1", on, 100_000);
        draft.covers = covers.parse().ok();
        let outcome = office.one(Command::RecordSupport(Box::new(draft)));
        findings(&outcome, FindingCode::KindNotValid)
    };
    // Paid late for a time when it was law, and for a school year when tuition is free.
    assert_eq!(record(&mut office, "2025-10-01", "2025-01..2025-05"), []);
    let found = record(&mut office, "2025-10-01", "2025-10..2025-12");
    assert_eq!(found[0].expected.as_deref(), Some("..2025-09-02"));
}

fn adopt(office: &mut Office, change: &dyn Fn(&mut serde_json::Value)) -> Outcome {
    let mut catalogue: serde_json::Value =
        serde_json::from_str(Catalogue::built_in_json()).unwrap();
    change(&mut catalogue);
    let text = catalogue.to_string();
    let adoption = opening::adoption(&text, "new.json").unwrap();
    office.one(Command::AdoptCatalogue(Box::new(adoption)))
}

#[test]
fn a_newer_catalogue_is_adopted_by_event_and_the_past_stays() {
    let mut office = Office::new();
    office.household("H1", "Cao Lộc", Some(socai::domain::HouseholdClass::Poor));
    let draft = support("livestock", "H1", "2023-03-01", 1_000);
    office.one(Command::RecordSupport(Box::new(draft)));
    let by_programme = |office: &Office| {
        let mut query = Query::of(&"2023".parse().unwrap());
        query.by = vec![Dimension::Programme, Dimension::Kind];
        office.figures(&query)
    };
    let (before, stood) = (by_programme(&office), office.ledger.stand().seq);
    let newer = |v: &mut serde_json::Value| v["version"] = 99.into();
    assert_eq!(refusal(adopt(&mut office, &|_| {})), "catalogue_not_newer");
    let lost = adopt(&mut office, &|v| {
        newer(v);
        let kinds = v["kinds"].as_array_mut().unwrap();
        kinds.retain(|kind| kind["code"] != "livestock");
    });
    assert_eq!(refusal(lost), "catalogue_loses");
    let other = adopt(&mut office, &|v| {
        newer(v);
        v["currency"] = "LAK".into();
    });
    assert_eq!(refusal(other), "catalogue_other_currency");
    assert_eq!(office.ledger.stand().seq, stood, "nothing half-written");
    let adopted = adopt(&mut office, &|v| {
        newer(v);
        for kind in v["kinds"].as_array_mut().unwrap() {
            if kind["code"] == "livestock" {
                kind["name"]["vi"] = "Tên mới".into();
                kind["programme"] = "regular_housing".into();
                kind["valid_to"] = "2024-12-31".into();
            }
        }
    });
    assert!(matches!(adopted, Outcome::New { .. }), "{adopted:?}");
    assert_eq!(office.ledger.state().catalogue.version, 99);
    assert_ne!(
        by_programme(&office),
        before,
        "now it comes under another programme"
    );
    let earlier = office.replayed(socai::office::AsOf::Seq(stood));
    let mut query = Query::of(&"2023".parse().unwrap());
    query.by = vec![Dimension::Programme, Dimension::Kind];
    let then = socai::projection::figures::figures(earlier.facts(), earlier.state(), &query);
    assert_eq!(
        then.unwrap(),
        before,
        "what was known then gives the figures of then"
    );
}

#[test]
fn a_wrong_citation_is_put_right_and_no_event_is_touched() {
    let mut office = Office::new();
    let paper = |number: &str| DocumentRegistered {
        about: None,
        date: Some(day("2023-02-09")),
        document: code("27/UBND-VHXXH"),
        issuer: Some("UBND xã".to_owned()),
        number: number.to_owned(),
        kind: Some("Công văn".to_owned()),
    };
    let right = Command::CorrectDocument(paper("27/UBND-VHXH"));
    assert_eq!(refusal(office.one(right.clone())), "unknown_document");
    let first = Command::RegisterDocument(paper("27/UBND-VHXXH"));
    assert!(matches!(office.one(first.clone()), Outcome::New { .. }));
    assert_eq!(refusal(office.one(first)), "nothing_changes");
    assert_eq!(refusal(office.one(right.clone())), "reason_needed");
    let twice = Command::RegisterDocument(paper("27/UBND-VHXH"));
    assert_eq!(refusal(office.one(twice)), "differs");
    let mut entry = Entry::by_hand(right);
    entry.reason = Some("ghi nhầm ký hiệu".to_owned());
    assert!(matches!(office.entry(entry), Outcome::New { .. }));
    let known = &office.ledger.state().documents["27/UBND-VHXXH"];
    assert_eq!(known.number, "27/UBND-VHXH");
}

#[test]
fn what_cannot_be_recorded_of_rules_is_refused() {
    let mut office = Office::new();
    let set = |indicator: &str, value: &str| {
        Command::SetIndicator(IndicatorSet {
            announced: false,
            from: day("2024-01-01"),
            indicator: code(indicator),
            value: value.parse().unwrap(),
        })
    };
    assert_eq!(refusal(office.one(set("nothing", "1"))), "unknown_series");
    assert_eq!(refusal(office.one(set("base_salary", "-1"))), "negative");
    office.one(set("base_salary", "2000000"));
    assert_eq!(
        refusal(office.one(set("base_salary", "2000000"))),
        "nothing_changes"
    );
    let norm = |change: &dyn Fn(&mut NormNotified)| {
        let mut norm = NormNotified {
            amount: Some(Money::whole(1)),
            announced: false,
            applies_from: None,
            effective_from: day("2024-01-01"),
            effective_to: None,
            kind: code("study_cost"),
            per: NormPer::Month,
            quantity: None,
            variant: None,
        };
        change(&mut norm);
        Command::NotifyNorm(norm)
    };
    assert_eq!(
        refusal(office.one(norm(&|n| n.kind = code("none")))),
        "unknown_kind"
    );
    assert_eq!(
        refusal(office.one(norm(&|n| n.amount = None))),
        "missing_value"
    );
    assert_eq!(
        refusal(office.one(norm(&|n| n.amount = Some(Money::whole(-1))))),
        "negative"
    );
    let fine = "1.5".parse().ok();
    assert_eq!(refusal(office.one(norm(&|n| n.amount = fine))), "too_fine");
    let ended = Some(day("2023-12-31"));
    assert_eq!(
        refusal(office.one(norm(&|n| n.effective_to = ended))),
        "before_original"
    );
    // A catalogue with a formula that cannot be read, or names no series.
    for (expression, expected) in [
        ("0.4 * ", "catalogue_expression"),
        ("0.4 * wages", "catalogue_unknown_series"),
    ] {
        let mut catalogue: serde_json::Value =
            serde_json::from_str(Catalogue::built_in_json()).unwrap();
        let kinds = catalogue["kinds"].as_array_mut().unwrap();
        let meal = kinds
            .iter_mut()
            .find(|kind| kind["code"] == "boarding_meal")
            .unwrap();
        meal["norms"][0]["expression"] = expression.into();
        let issues = Catalogue::from_json(&catalogue.to_string(), "new.json").unwrap_err();
        assert_eq!(issues[0].code(), expected);
    }
}

#[test]
fn the_commands_tell_it_in_both_languages() {
    let place = runner::Place::new();
    let run = |command: &str| {
        let ran = place.run(command);
        assert_eq!(ran.status, 0, "{command}: {}", ran.err);
        ran
    };
    let text = run("catalogue norm boarding_meal --on 2024-09-01").out;
    for expected in [
        "936.000 đồng",
        "0.4 * base_salary",
        "2.340.000",
        "116/2016/NĐ-CP",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let json = run("--format json catalogue norm electricity_subsidy --on 2025-02-01").json();
    assert_eq!(json["norms"][0]["amount"], "61333");
    assert_eq!(json["norms"][0]["exact"], "61333.2");
    let before = run("--format json catalogue norm study_cost --on 2023-07-15").json();
    let seq = before["as_of"]["seq"].clone();
    run(
        "record norm --kind study_cost --amount 200000 --per month --from 2023-08-14 --applies-from 2023-07-01",
    );
    run("record indicator --indicator electricity_vat --value 0.08 --from 2023-07-01");
    run("record indicator --indicator base_salary --value 2600000 --from 2027-01-01 --announced");
    let after = run("--format json catalogue norm study_cost --on 2023-07-15").json();
    assert_eq!(after["norms"][0]["amount"], "200000");
    let then = format!("--format json catalogue norm study_cost --on 2023-07-15 --as-of {seq}");
    assert_eq!(run(&then).json()["norms"], before["norms"]);
    let law = run("--format json catalogue norm study_cost --on 2023-07-15 --law-on 2023-08-01");
    assert_eq!(law.json()["norms"][0]["amount"], "150000");
    let text = run("--lang en catalogue show tuition_waiver --on 2025-10-01").out;
    assert!(text.contains("ended after 2025-09-02"), "{text}");
    assert!(
        run("catalogue show --on 2025-10-01")
            .out
            .contains("02/09/2025")
    );
    assert!(
        run("--lang en catalogue show")
            .out
            .contains("electricity_subsidy")
    );
    let again = place.run("--format json catalogue adopt --built-in");
    assert_eq!(
        (again.status, again.error()["code"].as_str()),
        (1, Some("catalogue_not_newer"))
    );
    assert_eq!(
        place.run("catalogue norm nothing --on 2023-01-01").status,
        1
    );
    assert_eq!(
        place
            .run("record norm --kind wifi --amount 1 --per week --from 2023-01-01")
            .status,
        2
    );
    run("record document 27/UBND-VHXXH --type Công_văn");
    run("record document-correction 27/UBND-VHXXH --number 27/UBND-VHXH --reason typo");
    run("record class --household H1 --class poor --from 2023-01-01 --document 27/UBND-VHXXH");
    let history = run("household history H1").out;
    assert!(
        history.contains("đính chính") && history.contains("27/UBND-VHXH"),
        "{history}"
    );
}
