//! What differs between two reports, and why; the events behind a number; what came late.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use runner::Place;
use serde_json::Value;

const ISSUE: &str = "report issue --period 2023-H1 --cut-off 2023-04-30 --date 2023-05-05";

/// A ledger whose loans come from a list, with a report issued on them.
fn place() -> Place {
    let place = Place::new();
    let list = "ref,kind,household,amount,source,occurred_on,document\n\
                LOAN-1,preferential_loan,H1,50000000,vbsp,2023-03-10,12/QĐ-NHCS\n\
                LOAN-2,preferential_loan,H2,30000000,vbsp,2023-04-10,12/QĐ-NHCS\n\
                LOAN-3,preferential_loan,H3,20000000,vbsp,2023-04-12,\n";
    let ran = place.import("supports", list.as_bytes(), "");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    done(&place, &format!("{ISSUE} --number 57"));
    place
}

fn done(place: &Place, line: &str) -> Value {
    let ran = place.json(line);
    assert_eq!(ran.status, 0, "{line}: {}", ran.err);
    ran.json()
}

fn names(value: &Value) -> Vec<&str> {
    let all = value.as_array().unwrap().iter();
    all.map(|one| one.as_str().unwrap()).collect()
}

fn figure<'a>(diff: &'a Value, name: &str) -> &'a Value {
    let figures = diff["figures"].as_array().unwrap();
    let found = figures.iter().find(|figure| figure["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in {diff}"))
}

#[test]
fn nothing_differs_from_itself() {
    let place = place();
    for pair in ["57 57", "57 now"] {
        let diff = done(&place, &format!("report diff {pair}"));
        assert_eq!(diff["figures"], Value::Array(Vec::new()), "{pair}");
        assert_eq!(diff["causes"], Value::Array(Vec::new()), "{pair}");
    }
    let text = place.run("report diff 57 now").out;
    assert!(text.contains("Không số liệu nào khác nhau."), "{text}");
}

#[test]
fn every_difference_leads_to_the_events_that_made_it() {
    let place = place();
    for line in [
        "record support --kind preferential_loan --household H3 --amount 9000000 --source vbsp \
         --on 2023-04-02 --ref LATE --document 34/BB --reason sót",
        "correct LOAN-1 --amount 60000000 --reason nhầm",
        "reverse LOAN-2 --reason trùng",
        "record recovery LOAN-3 --amount 1000000 --on 2023-04-20 --reason thừa",
        "record class --household H1 --class near_poor --from 2023-01-01 --reason rà",
        "record support --kind housing --household H1 --amount 1 --source vbsp --on 2022-01-01",
        "record class --household H2 --class poor --from 2024-01-01",
        "record target --kind target_poor_households_reduced --period 2023 --value 50",
    ] {
        done(&place, line);
    }
    let diff = done(&place, "report diff 57 now");
    let causes = diff["causes"].as_array().unwrap();
    let kinds: Vec<&str> = causes
        .iter()
        .map(|one| one["cause"].as_str().unwrap())
        .collect();
    let expected = [
        "late_entry",
        "correction",
        "reversal",
        "recovery",
        "reclassification",
        "stock",
    ];
    assert_eq!(
        kinds, expected,
        "what is outside the report's days is no cause"
    );
    let late = &causes[0];
    assert_eq!(late["event"]["reason"], "sót");
    assert_eq!(late["event"]["by"]["id"], "clerk");
    assert_eq!(late["event"]["document"]["number"], "34/BB");
    assert_eq!(late["event"]["ref"], "LATE");
    assert!(names(&late["figures"]).contains(&"loan.turns.poor"));
    let corrected = names(&causes[1]["figures"]);
    assert!(corrected.contains(&"loan.amount"));
    assert!(
        !corrected.contains(&"loan.turns"),
        "the turn stays one turn"
    );
    assert_eq!(
        causes[4]["figures"],
        Value::Array(Vec::new()),
        "granted by value"
    );
    assert_eq!(names(&causes[4]["supports"]), ["LOAN-1"]);
    let amount = figure(&diff, "loan.amount");
    assert_eq!(
        (&amount["a"], &amount["b"]),
        (&"100000000".into(), &"89000000".into())
    );
    assert_eq!(amount["difference"], "-11000000");
    let seqs: Vec<u64> = amount["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_u64().unwrap())
        .collect();
    let of = |place: usize| causes[place]["event"]["seq"].as_u64().unwrap();
    assert_eq!(seqs, [of(0), of(1), of(2)]);
    assert!(!diff["cells"].as_array().unwrap().is_empty());
    // The other way round the difference changes its sign and the causes stay.
    let back = done(&place, "report diff now 57");
    assert_eq!(figure(&back, "loan.amount")["difference"], "11000000");
    assert_eq!(back["causes"], diff["causes"]);
}

#[test]
fn two_moments_and_two_reports_are_compared_as_well() {
    let place = place();
    let head = place.head();
    done(&place, "correct LOAN-1 --amount 60000000 --reason nhầm");
    done(
        &place,
        "report issue --period 2023-H1 --date 2023-07-05 --number 99",
    );
    let diff = done(&place, "report diff 57 99");
    assert_eq!(diff["parameters"][0]["name"], "span");
    assert_eq!(diff["b"]["number"], "99/BC-UBND");
    assert_eq!(diff["causes"][0]["cause"], "correction");
    let diff = done(&place, &format!("report diff {head} now --period 2023-Q1"));
    assert_eq!(figure(&diff, "loan.amount")["difference"], "10000000");
    for (line, status, code) in [
        ("report diff 57 98/BC-UBND", 1, "unknown_report"),
        ("report diff 57 999999", 1, "as_of_beyond"),
        ("report diff 1 2", 2, "usage"),
        ("report diff 0 57", 1, "as_of_beyond"),
        ("report explain 58", 1, "unknown_report"),
        ("report explain 57 --figure no", 1, "report_unknown_figure"),
    ] {
        let ran = place.json(line);
        assert_eq!(ran.status, status, "{line}: {}", ran.err);
        assert_eq!(ran.error()["code"], code, "{line}: {}", ran.err);
    }
}

#[test]
fn a_number_is_followed_down_to_the_row_of_the_file() {
    let place = place();
    done(&place, "reverse LOAN-2 --reason trùng");
    let explained = done(&place, "report explain 57 --figure loan.amount");
    assert_eq!(explained["figure"]["value"], "100000000");
    let events = explained["events"].as_array().unwrap();
    let rows: Vec<u64> = events
        .iter()
        .map(|e| e["source"]["row"].as_u64().unwrap())
        .collect();
    assert_eq!(rows, [2, 3, 4], "as it was when the report was made");
    assert_eq!(events[0]["source"]["file"], "list.csv");
    assert_eq!(events[0]["document"]["number"], "12/QĐ-NHCS");
    let sum: i64 = events
        .iter()
        .map(|e| e["amount"].as_str().unwrap().parse::<i64>().unwrap())
        .sum();
    assert_eq!(sum, 100_000_000);
    let cube = done(
        &place,
        "figures --period 2023-H1 --kind preferential_loan --by class --explain",
    );
    let poor = &cube["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["class"] == "poor")
        .unwrap()["events"];
    assert_eq!(poor.as_array().unwrap().len(), 2);
    assert_eq!(
        cube["events"].as_array().unwrap().len(),
        2,
        "the reversed one is behind no number"
    );
    let text = place.run("report explain 57 --figure loan.amount").out;
    assert!(text.contains("từ tệp list.csv, dòng 2"), "{text}");
    assert!(place.run("report explain 57").out.contains("loan.amount"));
}

#[test]
fn what_came_late_is_listed_with_who_recorded_it() {
    let place = place();
    let today = done(&place, "figures --period 2023")["as_of"]["at"]
        .as_str()
        .unwrap()[..10]
        .to_owned();
    done(
        &place,
        &format!(
            "record support --kind housing --household H1 --amount 5 --source vbsp --on {today}"
        ),
    );
    let late = done(&place, "audit late --days 2");
    let entries = late["entries"].as_array().unwrap();
    let refs: Vec<&str> = entries.iter().filter_map(|e| e["ref"].as_str()).collect();
    assert_eq!(
        refs,
        ["LOAN-1", "LOAN-2", "LOAN-3"],
        "today's entry is not late"
    );
    for entry in entries {
        assert!(entry["days"].as_i64().unwrap() > 2);
        assert_eq!(entry["by"]["id"], "clerk");
        assert_eq!(entry["closed"], false);
    }
    assert_eq!(late["entries"][3]["document"]["number"], "12/QĐ-NHCS");
    let none = done(&place, "audit late --days 100000");
    assert_eq!(none["entries"], Value::Array(Vec::new()));
    let none = done(&place, "audit late --recorded 2001");
    assert_eq!(none["entries"], Value::Array(Vec::new()));
    assert_eq!(place.run("audit late --days -1").status, 2);
}
