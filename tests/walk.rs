//! The walk of the README: a report is issued, the ledger goes on, the report is made again to the
//! same bytes, and every difference is named with its cause.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use std::path::Path;

use runner::socai;

#[test]
fn an_issued_report_stays_and_what_came_after_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("demo").display().to_string();
    let run = |words: &[&str]| {
        let ran = socai(&[&["--ledger", &ledger], words].concat());
        assert_eq!(ran.status, 0, "{words:?}: {}", ran.err);
        ran
    };
    run(&["demo", &ledger]);
    let narrative =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/luc-binh-2023/narrative.md");
    let narrative = narrative.display().to_string();
    run(&[
        "report",
        "issue",
        "--period",
        "2023-H1",
        "--cut-off",
        "2023-04-30",
        "--number",
        "57",
        "--date",
        "2023-05-05",
        "--narrative",
        &narrative,
    ]);
    let forms = ["txt", "md", "html", "csv", "json"];
    let regenerate = |folder: &str| {
        let folder = dir.path().join(folder);
        std::fs::create_dir(&folder).unwrap();
        forms.map(|form| {
            let file = folder.join(format!("bao-cao.{form}"));
            let name = file.display().to_string();
            run(&["report", "regenerate", "57", "--output", &name]);
            std::fs::read(file).unwrap()
        })
    };
    let issued = regenerate("issued");
    run(&["period", "close", "--through", "2023-04"]);
    run(&[
        "record",
        "support",
        "--kind",
        "preferential_loan",
        "--household",
        "LB-0059",
        "--amount",
        "40.000.000",
        "--source",
        "vbsp",
        "--on",
        "2023-04-20",
        "--ref",
        "LOAN-2023-022",
        "--document",
        "34/BB-NHCS ngày 12/6/2023",
        "--reason",
        "bổ sung khoản vay còn sót",
    ]);
    run(&[
        "correct",
        "LOAN-2023-001",
        "--amount",
        "60.000.000",
        "--reason",
        "ghi nhầm số tiền",
    ]);
    run(&[
        "record",
        "class",
        "--household",
        "LB-0059",
        "--class",
        "near_poor",
        "--from",
        "2023-01-01",
        "--reason",
        "rà soát lại",
    ]);
    let merger = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/phu-thong-2025.json");
    run(&["unit", "reorganise", &merger.display().to_string()]);
    assert!(
        regenerate("again") == issued,
        "the same bytes in every form"
    );
    let diff = run(&["--format", "json", "report", "diff", "57", "now"]).json();
    let causes = diff["causes"].as_array().unwrap();
    let named: Vec<&str> = causes
        .iter()
        .map(|one| one["cause"].as_str().unwrap())
        .collect();
    assert_eq!(
        named,
        [
            "late_entry",
            "correction",
            "reclassification",
            "unit_reorganisation"
        ]
    );
    assert!(causes[3]["figures"].as_array().unwrap().is_empty());
    assert_eq!(causes[0]["event"]["late"], true);
    assert_eq!(causes[0]["event"]["document"]["number"], "34/BB-NHCS");
    let amount = diff["figures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "loan.amount");
    assert_eq!(
        amount.unwrap()["difference"],
        "40000000",
        "a closed period keeps its own figure"
    );
    assert_eq!(causes[1]["event"]["mode"], "contra");
    assert!(causes[1]["figures"].as_array().unwrap().is_empty());
    let late = run(&["--format", "json", "audit", "late"]).json();
    let closed = late["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["closed"] == true);
    assert!(closed.count() >= 1, "the screen that finds it");
}
