//! Documents as offices send them: the same bytes from the same report, the issued file kept, and
//! the numbers of the model in every one of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use runner::Place;

const ISSUE: &str = "report issue --period 2023-H1 --cut-off 2023-04-30 --date 2023-05-05";

fn place() -> Place {
    let place = Place::new();
    let ran = place.run(
        "record support --kind preferential_loan --household H1 --amount 50.000.000 \
         --source vbsp --on 2023-03-10 --ref LOAN-1",
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    place
}

fn file(place: &Place, name: &str) -> PathBuf {
    place.dir.path().join(name)
}

fn done(place: &Place, line: &str) -> runner::Ran {
    let ran = place.run(line);
    assert_eq!(ran.status, 0, "{line}: {}", ran.err);
    ran
}

/// A part of a package.
fn part(package: &Path, name: &str) -> String {
    let mut zip = zip::ZipArchive::new(fs::File::open(package).unwrap()).unwrap();
    let mut text = String::new();
    zip.by_name(name)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[test]
fn the_issued_file_is_kept_and_handed_out_again() {
    let place = place();
    for ending in ENDINGS {
        let number = format!("57{ending}");
        let first = file(&place, &format!("first.{ending}"));
        let line = format!("{ISSUE} --number {number} --output {}", first.display());
        let issued = place.json(&line).json();
        let sha256 = issued["renderings"][ending].as_str().unwrap().to_owned();
        let kept = place
            .ledger()
            .join("kept")
            .join(format!("{sha256}.{ending}"));
        let then = fs::read(&first).unwrap();
        assert_eq!(fs::read(&kept).unwrap(), then);

        let again = file(&place, &format!("again.{ending}"));
        let line = format!("report regenerate {number} --output {}", again.display());
        assert_eq!(place.json(&line).json()["source"], "kept");
        assert_eq!(fs::read(&again).unwrap(), then);
        assert_eq!(place.run("verify --full").status, 0);

        // What is something else is not handed out, and `verify` names it.
        fs::write(&kept, "x").unwrap();
        let ran = place.json(&line).json();
        assert_eq!(
            (&ran["source"], &ran["kept"]),
            (&"made_anew".into(), &"altered".into())
        );
        assert_eq!(ran["same_bytes"], true, "one version, the same bytes");
        let found = place.json("verify --full");
        assert_eq!(found.status, 1);
        assert!(found.out.contains("kept_file_differs"), "{}", found.out);

        // What is gone is made again, and said to be.
        fs::remove_file(&kept).unwrap();
        fs::remove_file(&again).unwrap();
        let ran = place.json(&line).json();
        assert_eq!(
            (&ran["source"], &ran["kept"]),
            (&"made_anew".into(), &"gone".into())
        );
        assert_eq!(fs::read(&again).unwrap(), then);
        let found = place.json("verify --full");
        assert!(found.out.contains("kept_file_gone"), "{}", found.out);
        assert_eq!(found.status, 0, "a file that is gone is told, and no fault");
    }
}

/// The endings of documents.
const ENDINGS: [&str; 1] = ["docx"];

#[test]
fn several_files_of_one_issue_and_nothing_kept_where_nothing_is_recorded() {
    let place = place();
    let (word, text) = (file(&place, "a.docx"), file(&place, "a.md"));
    let outputs = format!("--output {} --output {}", word.display(), text.display());
    done(&place, &format!("{ISSUE} --number 57 {outputs}"));
    assert!(word.exists() && text.exists());
    let kept = || fs::read_dir(place.ledger().join("kept")).unwrap().count();
    assert_eq!(kept(), 1);
    let ran = place.run(&format!("{ISSUE} --number 57 {outputs}"));
    assert_eq!(ran.status, 1, "a number is given once");
    assert_eq!(kept(), 1);
    let other = file(&place, "b.docx");
    let ran = place.run(&format!("{ISSUE} --number 57 --output {}", other.display()));
    assert_eq!((ran.status, other.exists(), kept()), (1, false, 1));
}

#[test]
fn a_report_issued_without_a_document_is_made_into_one_later() {
    let place = place();
    done(&place, &format!("{ISSUE} --number 57"));
    let path = file(&place, "a.docx");
    let line = format!("report regenerate 57 --output {}", path.display());
    let ran = place.json(&line).json();
    assert_eq!(
        (&ran["source"], &ran["kept"]),
        (&"made_anew".into(), &"never_kept".into())
    );
    let marks = part(&path, "docProps/custom.xml");
    assert!(marks.contains(ran["digest"].as_str().unwrap()));
}

#[test]
fn a_name_that_was_erased_goes_out_of_a_kept_file() {
    // A kept text stands for any: its name is its digest, and no longer says what it holds.
    let place = place();
    let kept = place.ledger().join("kept");
    fs::create_dir(&kept).unwrap();
    let name = "a".repeat(64);
    fs::write(kept.join(format!("{name}.md")), "Hộ Nông Thị Liên").unwrap();
    done(&place, "subject erase H1 --basis Luật");
    assert!(!kept.join(format!("{name}.md")).exists());
    let text = fs::read_to_string(kept.join(format!("{name}.redacted.md"))).unwrap();
    assert!(!text.contains("Liên"), "{text}");
}

#[test]
fn word_has_the_layout_of_the_decree() {
    let place = place();
    let path = file(&place, "a.docx");
    done(
        &place,
        &format!("{ISSUE} --number 57 --output {}", path.display()),
    );
    let body = part(&path, "word/document.xml");
    for mark in [
        "<w:titlePg/>",
        "<w:tblHeader/>",
        "<w:pgSz w:w=\"11906\" w:h=\"16838\"/>",
        "Số: 57/BC-UBND",
        "ngày 05 tháng 5 năm 2023",
        "Nơi nhận:",
    ] {
        assert!(body.contains(mark), "{mark}");
    }
    assert!(part(&path, "word/styles.xml").contains("Times New Roman"));
    assert!(part(&path, "word/header1.xml").contains(" PAGE "));
    assert!(
        !part(&path, "word/header2.xml").contains("PAGE"),
        "none on the first page"
    );
}
