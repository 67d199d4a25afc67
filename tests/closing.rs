//! Closing on the command line, the four dates, and what cannot be true of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use runner::{Place, socai};
use serde_json::{Value, json};

/// Three payments of the first quarter and one of the second.
fn paid() -> Place {
    let place = Place::new();
    for (reference, household, on, amount) in [
        ("W1", "H1", "2023-01-10", 100_000),
        ("W2", "H2", "2023-02-10", 200_000),
        ("W3", "H3", "2023-03-10", 300_000),
        ("W4", "H1", "2023-04-10", 400_000),
    ] {
        let ran = place.json(&format!(
            "record support --kind wifi --household {household} --amount {amount} \
             --source state_budget --on {on} --ref {reference}"
        ));
        assert_eq!(ran.status, 0, "{}", ran.err);
    }
    place
}

fn done(place: &Place, line: &str) -> Value {
    let ran = place.json(line);
    assert_eq!(ran.status, 0, "{line}: {}", ran.err);
    ran.json()
}

fn refused(place: &Place, line: &str, code: &str) {
    let head = place.head();
    for lang in ["vi", "en"] {
        let ran = place.json(&format!("--lang {lang} {line}"));
        assert_eq!(ran.status, 1, "{line}: {}{}", ran.out, ran.err);
        let error = ran.error();
        assert_eq!(error["code"], code, "{line}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(
            !message.is_empty() && message != "refused",
            "{line}: {message}"
        );
    }
    assert_eq!(place.head(), head, "{line} wrote something");
}

fn movement(place: &Place, period: &str, more: &str) -> Value {
    let table =
        format!("figures --table movement --by kind --stage disbursed --period {period} {more}");
    done(place, &table)
}

fn amount(table: &Value, column: &str) -> String {
    assert_eq!(table["rows"].as_array().unwrap().len(), 1, "{table}");
    table["rows"][0][column]["amount"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_closed_quarter_shows_late_entries_and_corrections_in_their_own_columns() {
    let place = paid();
    let closed = done(
        &place,
        "period close --through 2023-Q1 --document 31/BC-UBND",
    );
    let closing = closed["seq"].as_u64().unwrap();
    let list = done(&place, "period list");
    assert_eq!(list["closed_through"], "2023-03-31");
    assert_eq!(list["moves"][0]["seq"], closing);
    assert_eq!(list["moves"][0]["by"]["id"], "clerk");
    assert_eq!(list["moves"][0]["document"]["number"], "31/BC-UBND");

    // A late entry stands at its own date, and says so itself.
    done(
        &place,
        "record support --kind wifi --household H2 --amount 50000 --source state_budget --on 2023-03-20 --ref W5",
    );
    // A correction of a closed day stands at an open one; what was reported stays.
    done(
        &place,
        "correct W1 --amount 130000 --reason typo --effective-on 2023-04-03",
    );
    done(
        &place,
        "reverse W2 --reason twice --effective-on 2023-05-04",
    );
    // An open day is put right in its place.
    done(&place, "correct W4 --amount 410000 --reason typo");

    let history = done(&place, "household history H2")["events"].clone();
    let late = history
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["late"] == true);
    assert_eq!(late.unwrap()["occurred_on"], "2023-03-20");

    let table = movement(&place, "2023-Q2", "");
    assert_eq!(table["opening_closed"]["seq"], closing);
    assert_eq!(amount(&table, "opening"), "600000");
    assert_eq!(amount(&table, "late"), "50000");
    assert_eq!(amount(&table, "in"), "540000");
    assert_eq!(amount(&table, "out"), "300000");
    assert_eq!(amount(&table, "adjusted"), "-170000");
    assert_eq!(amount(&table, "closing"), "890000");
    // What was reported at the closing is what the next period opens with.
    let then = movement(&place, "2023-Q1", &format!("--as-of {closing}"));
    assert_eq!(amount(&then, "closing"), amount(&table, "opening"));

    let show = done(&place, "period show 2023-Q1");
    assert_eq!(
        (&show["closed"], &show["axis"]),
        (&json!(true), &json!("occurred"))
    );
    assert_eq!(
        (&show["late"]["turns"], &show["late"]["amount"]),
        (&json!(1), &json!("50000"))
    );
    let show = done(&place, "period show 2023-Q2");
    assert_eq!(
        (&show["closed"], &show["late"]),
        (&json!(false), &Value::Null)
    );

    // The signed rows of the correction count in the totals of the second quarter, and nobody
    // twice: the household of the reversal received nothing in it.
    let quarter = done(&place, "figures --period 2023-Q2 --by class");
    let of = |class: &str| {
        let rows = quarter["rows"].as_array().unwrap();
        rows.iter()
            .find(|row| row["class"] == class)
            .unwrap()
            .clone()
    };
    assert_eq!(of("poor")["amount"], "440000");
    assert_eq!(
        (&of("near_poor")["amount"], &of("near_poor")["turns"]),
        (&json!("-200000"), &json!(-1))
    );
    assert_eq!(of("near_poor")["households"], 0);
}

#[test]
fn a_reopened_period_is_put_right_in_its_place_and_closed_again() {
    let place = paid();
    done(&place, "period close --through 2023-03-31");
    refused(
        &place,
        "period reopen --through 2023-02-28",
        "reason_needed",
    );
    done(&place, "period reopen --through 2023-02 --reason mistake");
    let list = done(&place, "period list");
    assert_eq!(list["closed_through"], "2023-02-28");
    assert_eq!(list["moves"][1]["type"], "reopened");
    assert_eq!(list["moves"][1]["before"], "2023-03-31");
    assert_eq!(list["moves"][1]["reason"], "mistake");
    done(&place, "correct W3 --amount 310000 --reason typo");
    let again = done(&place, "period close --through 2023-Q1")["seq"].clone();
    let table = movement(&place, "2023-Q2", "");
    assert_eq!(table["opening_closed"]["seq"], again);
    assert_eq!(
        (amount(&table, "opening"), amount(&table, "late")),
        ("610000".into(), "0".into())
    );
    // January was never opened: its closing is still the first.
    let first = &list["moves"][0]["seq"];
    assert_eq!(
        done(&place, "period show 2023-01")["closing"]["seq"],
        *first
    );
    assert_eq!(done(&place, "period show 2023-03")["closing"]["seq"], again);
}

#[test]
fn what_cannot_be_true_of_a_closing_is_refused_in_both_languages() {
    let place = paid();
    refused(
        &place,
        "period reopen --through 2023-01-31 --reason r",
        "period_not_closed",
    );
    refused(&place, "period close --through 2199", "period_not_over");
    let today = chrono::Utc::now() + chrono::TimeDelta::hours(7);
    let today = today.date_naive();
    refused(
        &place,
        &format!("period close --through {today}"),
        "period_not_over",
    );
    let nonsense = place.json("period close --through 2023-02-31");
    assert_eq!(nonsense.status, 1, "{}", nonsense.out);
    assert_eq!(nonsense.error()["where"], "--through");
    done(&place, "period close --through 2023-Q1");
    for same in ["2023-03-31", "2023-Q1", "2023-02", "1999-12-31"] {
        refused(
            &place,
            &format!("period close --through {same}"),
            "period_closed",
        );
    }
    for same in ["2023-03-31", "2023-06-30"] {
        let line = format!("period reopen --through {same} --reason r");
        refused(&place, &line, "period_not_closed");
    }
    for command in ["correct W1 --amount 1", "reverse W1"] {
        let line = |on: &str| format!("{command} --reason r --effective-on {on}");
        refused(&place, &line("2023-03-31"), "effective_in_closed");
        refused(&place, &line("2023-01-09"), "before_original");
        refused(&place, &line("2199-01-01"), "future_date");
    }
    refused(
        &place,
        "reverse W4 --reason r --effective-on 2023-04-09",
        "before_original",
    );
    done(&place, "reverse W2 --reason twice");
    refused(&place, "correct W2 --amount 5 --reason r", "reversed");
    refused(&place, "reverse W2 --reason r", "reversed");
}

/// Money taken back goes with what it was taken from, and a closed period keeps both.
#[test]
fn a_reversal_never_takes_a_recovery_out_of_a_closed_period() {
    let place = paid();
    done(
        &place,
        "record recovery W1 --amount 40000 --on 2023-02-15 --reason back",
    );
    done(&place, "advance W1 --to settled --on 2023-05-20");
    done(&place, "period close --through 2023-Q1");
    let before = done(&place, "figures --period 2023-Q1 --stage all")["rows"].clone();
    done(&place, "reverse W1 --stage disbursed --reason r");
    done(&place, "reverse W1 --stage settled --reason r");
    let after = done(&place, "figures --period 2023-Q1 --stage all")["rows"].clone();
    assert_eq!(before, after);
    let all = done(&place, "figures --period 2023..2199 --stage all --by stage");
    let recovered = |row: &Value| row["recovered"].as_str().unwrap() != "0";
    assert!(
        !all["rows"].as_array().unwrap().iter().any(recovered),
        "{all}"
    );
}

/// Closing is of days. A budget, a target and a project are stocks: they stay open, as-of tells
/// what they were, and what is set of a period that was closed says it is late.
#[test]
fn budgets_targets_and_projects_of_closed_periods_say_they_are_late() {
    let place = paid();
    done(&place, "period close --through 2023");
    let record = |line: &str| {
        let ran = place.json(line);
        assert_eq!(ran.status, 0, "{line}: {}", ran.err);
    };
    for period in ["2023", "2024"] {
        record(&format!(
            "record target --kind target_poor_households_reduced --period {period} --value 42"
        ));
        record(&format!(
            "record allocation --programme ntp_poverty_reduction --source state_budget --amount 5 --period {period}"
        ));
    }
    record("record project --project P1 --name Goats --stage proposed --on 2023-05-01");
    let raw = place.run("events --raw");
    let events: Vec<Value> = raw
        .out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let late = |kind: &str| -> Vec<bool> {
        let of = events.iter().filter(|event| event["type"] == kind);
        of.map(|event| event["late"] == true).collect()
    };
    assert_eq!(late("target.set"), [true, false]);
    assert_eq!(late("budget.allocated"), [true, false]);
    assert_eq!(late("project.advanced"), [true]);
    assert_eq!(late("household.registered"), [false, false, false]);
}

/// Two classes decided for one household with the same date: the one recorded later holds.
#[test]
fn of_two_classes_for_the_same_date_the_one_recorded_later_holds() {
    let place = paid();
    for class in ["poor", "near_poor", "newly_escaped"] {
        done(
            &place,
            &format!("record class --household H1 --class {class} --from 2024-01-01"),
        );
    }
    let shown = done(&place, "household show H1");
    assert_eq!(shown["class"], "newly_escaped");
    let classes = shown["classes"].as_array().unwrap();
    let seqs: Vec<u64> = classes
        .iter()
        .map(|class| class["seq"].as_u64().unwrap())
        .collect();
    assert!(seqs.is_sorted(), "{classes:?}");
    done(
        &place,
        "record class --household H1 --class near_poor --from 2024-01-01",
    );
    done(
        &place,
        "record support --kind wifi --household H1 --amount 5 --source state_budget --on 2024-01-01 --ref T1",
    );
    let rows = done(&place, "figures --period 2024 --by class")["rows"].clone();
    assert_eq!(rows[0]["class"], "near_poor");
    // A later date does not lose against a later entry.
    done(
        &place,
        "record class --household H1 --class average --from 2023-12-31",
    );
    assert_eq!(done(&place, "household show H1")["class"], "near_poor");
    assert_eq!(
        done(&place, "household list --on 2023-12-31 --class average")["households"][0]["household"],
        "H1"
    );
}

#[test]
fn every_view_takes_the_four_axes_and_says_which_it_took() {
    let place = paid();
    done(&place, "record project --project P1 --name Goats");
    let ledger = place.ledger().display().to_string();
    let mut words = vec!["--ledger", &ledger, "--by", "clerk"];
    words.extend("record support --kind wifi --household H1 --amount 7".split(' '));
    words.extend("--source state_budget --on 2023-06-05 --covers 2023-02 --project P1".split(' '));
    words.extend(["--document", "Quyết định số 20/QĐ-UBND ngày 28/2/2023"]);
    let ran = socai(&words);
    assert_eq!(ran.status, 0, "{}", ran.err);
    for view in [
        "figures --period 2023-02",
        "figures --table movement --period 2023-02",
        "household show H1 --period 2023-02",
        "household history H1 --period 2023-02",
        "household list --period 2023-02",
        "household statement H1 --period 2023-02",
        "project show P1 --period 2023-02",
        "project list --period 2023-02",
    ] {
        for (axis, vi, en) in [
            ("occurred", "theo ngày phát sinh", "by the day it happened"),
            ("covers", "theo kỳ hưởng", "by what it pays for"),
            ("recorded", "theo ngày ghi sổ", "by the day it was recorded"),
            (
                "decided",
                "theo ngày văn bản",
                "by the date of the document",
            ),
        ] {
            let line = format!("{view} --axis {axis}");
            let json = done(&place, &line);
            assert_eq!(json["axis"], axis, "{line}: {json}");
            assert_eq!(json["period"]["label"], "2023-02", "{line}: {json}");
            assert!(json["as_of"]["seq"].is_u64(), "{line}: {json}");
            let text = place.run(&line);
            assert!(text.out.contains(vi), "{line}: {}{}", text.out, text.err);
            let text = place.run(&format!("--lang en {line}"));
            assert!(text.out.contains(en), "{line}: {}{}", text.out, text.err);
        }
        let wrong = place.json(&format!("{view} --axis sideways"));
        assert_eq!(wrong.status, 2, "{view}: {}", wrong.out);
    }
    // The same payment stands in February by what it pays for and by its paper, in June by its day.
    let turns = |axis: &str, period: &str| {
        let line = format!("figures --period {period} --where project=P1 --axis {axis}");
        done(&place, &line)["rows"][0]["turns"].clone()
    };
    assert_eq!(turns("covers", "2023-02"), 1);
    assert_eq!(turns("decided", "2023-02"), 1);
    assert_eq!(turns("occurred", "2023-06"), 1);
    assert_eq!(turns("occurred", "2023-02"), 0);
    assert_eq!(turns("recorded", "2023"), 0);
    let paid = |axis: &str| {
        let rows = done(
            &place,
            &format!("project list --period 2023-02 --axis {axis}"),
        );
        rows["projects"][0]["disbursed"].clone()
    };
    assert_eq!((paid("covers"), paid("occurred")), (json!("7"), json!("0")));
    let listed = |axis: &str| {
        let found = done(
            &place,
            &format!("household list --period 2023-06 --axis {axis}"),
        );
        found["households"].as_array().unwrap().len()
    };
    assert_eq!((listed("occurred"), listed("covers")), (1, 0));
}

#[test]
fn a_statement_shows_opening_each_entry_and_closing() {
    let place = paid();
    let ran = place.import(
        "persons",
        b"person,household,name\nH1-1,H1,Nong Van A\nH1-2,H1,Nong Van B\n",
        "",
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    done(
        &place,
        "record support --kind wifi --household H1 --person H1-1 --amount 9000 --source state_budget --on 2023-05-01",
    );
    let statement = done(&place, "household statement H1 --period 2023-Q2");
    assert_eq!(amount(&statement, "opening"), "100000");
    assert_eq!(amount(&statement, "in"), "409000");
    assert_eq!(amount(&statement, "closing"), "509000");
    assert_eq!(statement["events"].as_array().unwrap().len(), 2);
    let of = done(
        &place,
        "household statement H1 --person H1-1 --period 2023-Q2",
    );
    assert_eq!(
        (amount(&of, "opening"), amount(&of, "closing")),
        ("0".into(), "9000".into())
    );
    let none = done(
        &place,
        "household statement H1 --person H1-2 --period 2023-Q2",
    );
    assert_eq!(none["rows"], json!([]));
    let unknown = place.json("household statement H1 --person H9 --period 2023-Q2");
    assert_eq!(
        (unknown.status, unknown.error()["code"].as_str()),
        (1, Some("not_found"))
    );
    let text = place.run("household statement H1 --period 2023-Q2");
    assert!(
        text.out
            .contains("đầu kỳ + bổ sung kỳ trước + tăng - giảm = cuối kỳ"),
        "{}",
        text.out
    );
}
