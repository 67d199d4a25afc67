//! Issued reports are the same bytes for ever.
//!
//! `golden/demo.v1.ndjson` is the log of the demo ledger on the day reports could first be issued,
//! with its half-year report issued in both languages; `golden/report-*` are the renderings as they
//! were then. **None of these files is ever edited.** A change to a fold, a counting rule or a
//! renderer that moves one byte of them takes a new number of `semantics` or `renderer`, and the
//! old rules stay in the program for the reports that were made by them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod memory_office;
mod runner;

use std::path::{Path, PathBuf};

use memory_office::log_of;
use socai::log::keys::KeyStore;
use socai::log::random::SeededRandom;
use socai::log::{EventRead, MemoryLog};
use socai::office::opening::hex;
use socai::office::{AsOf, Ledger};
use socai::report::render::{Form, render_by};

const ROOT: &str = "75fc4eb48f2cfe62ae477a10b67ed2d0e859551552926cbdfd88f069d34a234e";
const REPORTS: [&str; 2] = ["57/BC-UBND", "58/BC-UBND"];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// The golden log, folded by someone who has none of its keys.
fn ledger() -> (Ledger<MemoryLog>, tempfile::TempDir) {
    let text = std::fs::read_to_string(golden("demo.v1.ndjson")).unwrap();
    let lines: Vec<Vec<u8>> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
    let opened = socai::log::codec::decode(&lines[0]).unwrap();
    let log = log_of(opened.ledger.parse().unwrap(), &lines);
    let folder = tempfile::tempdir().unwrap();
    let mut random = SeededRandom::new(1);
    let keys = folder.path().join("keys");
    let keys = KeyStore::create(&keys, &opened.ledger, &mut random).unwrap();
    (
        Ledger::fold(log, keys, AsOf::Head, i64::MAX).unwrap(),
        folder,
    )
}

#[test]
fn the_issued_reports_are_what_they_always_were() {
    if !golden("demo.v1.ndjson").exists() {
        panic!(
            "no golden file; what it would hold is in {}",
            make().display()
        );
    }
    let (ledger, _folder) = ledger();
    assert_eq!(hex(&ledger.log().head().root), ROOT);
    for check in ledger.check_issued().unwrap() {
        assert!(check.fault.is_none(), "{}: {:?}", check.name, check.fault);
    }
    for (name, lang) in REPORTS.iter().zip(["vi", "en"]) {
        let issued = ledger.issued(name).unwrap();
        assert_eq!(issued.issued.language.as_str(), lang);
        let report = ledger.regenerate(issued).unwrap();
        for form in Form::ALL {
            let file = golden(&format!("report-{lang}.{}", form.ending()));
            let then = std::fs::read_to_string(&file).unwrap();
            let now = render_by(&report, form, issued.issued.renderer).unwrap();
            for (number, (now, then)) in now.lines().zip(then.lines()).enumerate() {
                assert_eq!(now, then, "{}:{}", file.display(), number + 1);
            }
            assert!(now == then, "{}", file.display());
        }
    }
}

#[test]
fn every_rendering_carries_the_fingerprint_and_no_name() {
    let (ledger, _folder) = ledger();
    let report = ledger.regenerate(ledger.issued("57").unwrap()).unwrap();
    let digest = report.digest.clone().unwrap();
    for form in Form::ALL {
        let text = render_by(&report, form, 1).unwrap();
        for mark in [&digest, &report.as_of.root, "2641"] {
            assert!(text.contains(mark), "{form:?} has no {mark}");
        }
        assert_eq!(text.matches("57/BC-UBND").count() > 0, form != Form::Json);
        let names = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/luc-binh-2023");
        let names = names.join("households.csv");
        for record in csv::Reader::from_path(names).unwrap().records() {
            assert!(!text.contains(&record.unwrap()[1]), "a name of a household");
        }
    }
}

/// The log and the renderings as this program makes them, in a folder for somebody to look at.
fn make() -> PathBuf {
    let place = tempfile::tempdir().unwrap().keep();
    let dir = place.join("ledger").display().to_string();
    let run = |words: &[&str]| {
        let ran = runner::socai(&[&["--ledger", &dir], words].concat());
        assert_eq!(ran.status, 0, "{}", ran.err);
        ran.out
    };
    run(&["demo", &dir]);
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/luc-binh-2023");
    for ((number, lang), file) in REPORTS
        .iter()
        .zip(["vi", "en"])
        .zip(["narrative.md", "narrative.en.md"])
    {
        let narrative = lists.join(file).display().to_string();
        run(&[
            "--lang",
            lang,
            "report",
            "issue",
            "--period",
            "2023-H1",
            "--cut-off",
            "2023-04-30",
            "--number",
            number,
            "--date",
            "2023-05-05",
            "--narrative",
            &narrative,
        ]);
        for form in Form::ALL {
            let file = place.join(format!("report-{lang}.{}", form.ending()));
            let file = file.display().to_string();
            run(&["report", "regenerate", number, "--output", &file]);
        }
    }
    let raw = run(&["events", "--raw"]);
    std::fs::write(place.join("demo.v1.ndjson"), raw).unwrap();
    let root = run(&["--format", "json", "figures", "--period", "2023"]);
    std::fs::write(place.join("root.json"), root).unwrap();
    place
}
