//! The touchstone: each figure of one real half-year report comes out of a ledger of events.
//!
//! `luc_binh_figures.csv` names for each of the 55 figures the command that gives it, the row and
//! the measure to look at, and the value.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

use std::ffi::OsString;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

fn socai(arguments: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("socai")
        .chain(arguments.iter().copied())
        .map(OsString::from);
    let status = socai::cli::run(arguments, &mut out, &mut err, false);
    (
        status,
        String::from_utf8(out).unwrap(),
        String::from_utf8(err).unwrap(),
    )
}

/// The demo ledger, made once for all tests of this file, and what the demo printed.
fn demo() -> &'static (tempfile::TempDir, String) {
    static DEMO: OnceLock<(tempfile::TempDir, String)> = OnceLock::new();
    DEMO.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let ledger = dir.path().join("demo");
        let (status, out, err) = socai(&["demo", ledger.to_str().unwrap()]);
        assert_eq!(status, 0, "{err}");
        (dir, out)
    })
}

fn ledger() -> String {
    demo().0.path().join("demo").to_str().unwrap().to_owned()
}

fn ask(command: &str) -> Value {
    let ledger = ledger();
    let mut arguments = vec!["--ledger", &ledger, "--format", "json"];
    arguments.extend(command.split(' '));
    let (status, out, err) = socai(&arguments);
    assert_eq!(status, 0, "{command}: {err}");
    serde_json::from_str(&out).unwrap()
}

/// Rows of an answer whose members have the values named, `a=b,c=d`.
fn chosen<'a>(answer: &'a Value, row: &str) -> Vec<&'a Value> {
    let rows = answer["rows"].as_array().unwrap().iter();
    let wanted: Vec<(&str, &str)> = row
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    rows.filter(|row| wanted.iter().all(|(name, value)| row[*name] == *value))
        .collect()
}

#[test]
fn all_55_figures_come_out_of_the_events() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/luc_binh_figures.csv");
    let mut reader = csv::Reader::from_path(table).unwrap();
    let mut faults = Vec::new();
    let mut figures = 0;
    for record in reader.records() {
        let record = record.unwrap();
        let (id, command, row) = (&record[0], &record[1], &record[2]);
        let (measure, value) = (&record[3], &record[4]);
        let answer = ask(command);
        let rows = chosen(&answer, row);
        assert_eq!(rows.len(), 1, "{id}: {answer}");
        let found = match &rows[0][measure] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if found != value {
            faults.push(format!("{id}: {found}, not {value}"));
        }
        figures += 1;
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(figures, 55);
}

#[test]
fn the_21st_turn_is_shown_as_unclassified_and_never_dropped() {
    let answer = ask("figures --period 2023-01..2023-04 --kind preferential_loan --by class");
    let rows = answer["rows"].as_array().unwrap();
    let turns: i64 = rows.iter().map(|row| row["turns"].as_i64().unwrap()).sum();
    assert_eq!(turns, 21);
    let none = chosen(&answer, "class=").len();
    assert_eq!(none, 1, "the turn without a class has a row of its own");
    let whole = ask("figures --period 2023-01..2023-04 --kind preferential_loan");
    assert_eq!(
        whole["rows"][0]["households"], 20,
        "21 turns are 20 households"
    );
}

#[test]
fn what_the_original_left_inconsistent_is_a_finding() {
    let ledger = ledger();
    let (_, out, _) = socai(&["--ledger", &ledger, "events", "--type", "support.disbursed"]);
    let near_poor_on_study_cost = out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|event| event["data"]["kind"] == "study_cost")
        .filter(|event| event["data"]["class"] == "near_poor")
        .filter(|event| event["findings"][0]["code"] == "not_eligible")
        .count();
    assert!(
        near_poor_on_study_cost > 0,
        "near-poor on study cost goes in with its finding"
    );
    let report = &demo().1;
    assert!(
        report.contains("chưa phân loại"),
        "21 turns, 20 of them classified"
    );
    assert!(
        report.contains("6 tháng đầu năm 2023"),
        "the title's period"
    );
    assert!(report.contains("4 tháng đầu năm 2023"), "the data's period");
}

#[test]
fn no_name_of_a_beneficiary_stands_in_the_clear() {
    let ledger = ledger();
    let (status, raw, _) = socai(&["--ledger", &ledger, "events", "--raw"]);
    assert_eq!(status, 0);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/luc-binh-2023");
    let mut names = 0;
    for (file, column) in [("households.csv", 1), ("persons.csv", 2)] {
        let mut reader = csv::Reader::from_path(root.join(file)).unwrap();
        for record in reader.records() {
            let name = record.unwrap()[column].to_owned();
            assert!(
                !raw.contains(&format!("\"{name}\"")),
                "{name} is readable in the log"
            );
            names += 1;
        }
    }
    assert!(names > 900);
    assert!(
        !raw.contains("dữ liệu giả lập"),
        "a note about a household is readable in the log"
    );
    let (_, opened, _) = socai(&["--ledger", &ledger, "events"]);
    assert!(
        opened.contains("dữ liệu giả lập"),
        "with its key a note is opened"
    );
}

#[test]
fn the_same_lists_again_record_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("again");
    let ledger = ledger.to_str().unwrap();
    assert_eq!(socai(&["demo", ledger]).0, 0);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/luc-binh-2023");
    for (list, file) in [
        ("households", "households.csv"),
        ("persons", "persons.csv"),
        ("projects", "projects.csv"),
        ("members", "members.csv"),
        ("supports", "loans.csv"),
        ("supports", "insurance-cards.csv"),
        ("supports", "goats.csv"),
        ("supports", "activities.csv"),
    ] {
        let file = root.join(file);
        let file = file.to_str().unwrap();
        let (status, out, err) =
            socai(&["--ledger", ledger, "--format", "json", "import", list, file]);
        assert_eq!(status, 0, "{file}: {err}{out}");
        let answer: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(answer["recorded"], 0, "{file}: {answer}");
        assert_eq!(answer["already"], answer["rows"], "{file}");
    }
}
