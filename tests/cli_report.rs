//! Reports by hand: drafts, issues, the same again, and every wrong question.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use runner::Place;

const ISSUE: &str = "report issue --period 2023-H1 --cut-off 2023-04-30 --date 2023-05-05";

#[test]
fn an_issued_report_is_the_same_bytes_whatever_came_after() {
    let place = Place::with_loan();
    let before = place.run("report show --period 2023-H1 --cut-off 2023-04-30");
    assert!(
        before.out.contains("Số:      /BC-UBND"),
        "a draft has no number"
    );
    let issued = place.json(&format!("{ISSUE} --number 57")).json();
    assert_eq!(issued["number"], "57/BC-UBND");
    assert_eq!(issued["period"], "2023-H1");
    assert_eq!(issued["by"]["id"], "clerk");
    let first = place.run("report regenerate 57/BC-UBND");
    assert_eq!(first.status, 0, "{}", first.err);
    assert!(first.out.contains("Số: 57/BC-UBND"));
    assert!(first.out.contains("ngày 05 tháng 5 năm 2023"));
    let digest = issued["model"].as_str().unwrap();
    assert!(first.out.contains(digest), "the fingerprint");
    for line in [
        "record support --kind preferential_loan --household H2 --amount 9.000.000 --source vbsp --on 2023-04-01",
        "correct LOAN-1 --amount 60.000.000 --reason nhầm",
        "record class --household H1 --class near_poor --from 2023-01-01",
    ] {
        let ran = place.run(line);
        assert_eq!(ran.status, 0, "{line}: {}", ran.err);
    }
    let draft = place.run("report show --period 2023-H1 --cut-off 2023-04-30");
    assert!(draft.out.contains("69.000.000"), "the draft moves on");
    assert_eq!(place.run("report regenerate 57").out, first.out);
    assert_eq!(
        place.run("report regenerate 57/BC-UBND@2023").out,
        first.out
    );
    let list = place.json("report list").json();
    assert_eq!(list["reports"][0]["model"], issued["model"]);
    // The number of a report is an as-of: what it knew.
    let then = place
        .json("figures --period 2023 --as-of 57/BC-UBND")
        .json();
    assert_eq!(then["as_of"]["seq"], issued["as_of"]["seq"]);
    assert_eq!(then["rows"][0]["amount"], "50000000");
}

#[test]
fn each_form_has_its_own_file_and_the_bytes_that_were_issued() {
    let place = Place::with_loan();
    let issued = place.json(&format!("{ISSUE} --number 57")).json();
    for (ending, digest) in issued["renderings"].as_object().unwrap() {
        let file = place.dir.path().join(format!("bao-cao.{ending}"));
        let ran = place.run(&format!("report regenerate 57 --output {}", file.display()));
        assert_eq!(ran.status, 0, "{}", ran.err);
        let bytes = std::fs::read(&file).unwrap();
        use sha2::Digest;
        let found = socai::office::opening::hex(&sha2::Sha256::digest(&bytes));
        assert_eq!(digest.as_str(), Some(found.as_str()), "{ending}");
    }
}

#[test]
fn a_report_is_issued_on_what_was_known_earlier_too() {
    let place = Place::with_loan();
    let head = place.head();
    place.run("reverse LOAN-1 --reason nhầm");
    let issued = place
        .json(&format!("{ISSUE} --number 8 --as-of {head}"))
        .json();
    assert_eq!(issued["as_of"]["seq"], head);
    let text = place.run("report regenerate 8").out;
    assert!(text.contains("50.000.000"), "the loan stood then");
}

#[test]
fn a_number_is_given_once_a_year() {
    let place = Place::with_loan();
    assert_eq!(place.run(&format!("{ISSUE} --number 57")).status, 0);
    let head = place.head();
    for number in ["57", "57/BC-UBND"] {
        let ran = place.json(&format!("{ISSUE} --number {number}"));
        assert_eq!(ran.status, 1);
        assert_eq!(ran.error()["code"], "report_number_taken");
    }
    assert_eq!(place.head(), head, "a refused issue records nothing");
    let next_year = "report issue --period 2023 --date 2024-01-10 --number 57";
    assert_eq!(place.run(next_year).status, 0);
    let ran = place.json("report regenerate 57");
    assert_eq!(ran.error()["code"], "ambiguous_report");
    let hint = ran.error()["hint"].to_string();
    assert!(hint.contains("57/BC-UBND@2024"), "{hint}");
    assert_eq!(place.run("report regenerate 57@2024").status, 0);
    let ran = place.json("figures --period 2023 --as-of 57/BC-UBND");
    assert_eq!(ran.error()["code"], "ambiguous_report");
}

#[test]
fn every_wrong_question_has_an_answer_and_records_nothing() {
    let place = Place::with_loan();
    place.run(&format!("{ISSUE} --number 57"));
    let head = place.head();
    let narrative = place.file("narrative.md", "## không có\nx\n".as_bytes());
    let binary = place.file("binary.md", &[0, 159, 146, 150]);
    let wrong_narrative = format!("{ISSUE} --number 1 --narrative {}", narrative.display());
    let wrong_bytes = format!("{ISSUE} --number 1 --narrative {}", binary.display());
    let workbook = place.file("mau.json", b"PK\x03\x04xl/workbook.xml");
    let wrong_workbook = format!("{ISSUE} --number 1 --narrative {}", workbook.display());
    let adopt = |file: &std::path::Path| format!("report adopt {}", file.display());
    let period = "report issue --number 1 --date 2023-05-05";
    for (line, status, code) in [
        ("report regenerate 99", 1, "unknown_report"),
        ("report regenerate 57@1999", 1, "unknown_report"),
        ("report regenerate 57 --output a.odt", 2, "usage"),
        (
            &format!("{ISSUE} --number 1 --as-of 999999"),
            1,
            "as_of_beyond",
        ),
        (
            &format!("{ISSUE} --number 1 --as-of 2999-01-01"),
            1,
            "as_of_beyond",
        ),
        (&format!("{ISSUE} --number 1 --as-of 1/BC"), 2, "bad_as_of"),
        (
            &format!("{ISSUE} --number 1 --as-of 0"),
            1,
            "report_not_opened",
        ),
        (&format!("{ISSUE} --number /BC"), 1, "bad_report_number"),
        (&format!("{ISSUE} --number 1@2"), 1, "bad_report_number"),
        (&format!("{ISSUE} --number 1 --template no"), 1, "not_found"),
        (&format!("{ISSUE} --number 1 --axis no"), 2, "unknown_value"),
        (
            &format!("{period} --period 2023-H1 --cut-off 2024-01-01"),
            1,
            "report_cut_off",
        ),
        (&format!("{period} --period 2023-H9"), 2, "no_such_period"),
        (&wrong_narrative, 1, "bad_narrative"),
        (&wrong_bytes, 1, "binary_file"),
        (&wrong_workbook, 1, "not_text"),
        (&adopt(&binary), 1, "binary_file"),
        (&adopt(&workbook), 1, "not_text"),
        (&adopt(&place.dir.path().join("no.json")), 1, "file"),
        (
            "report issue --period 2023 --number 1 --date 2023-02-30",
            1,
            "no_such_date",
        ),
    ] {
        let ran = place.json(line);
        assert_eq!(
            (ran.status, ran.out.as_str()),
            (status, ""),
            "{line}: {}",
            ran.err
        );
        let error = ran.error();
        assert_eq!(error["code"], code, "{line}: {error}");
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
    assert_eq!(place.head(), head);
    // What is no text is told what it should be, and nothing of lists.
    for (language, right, wrong) in [("vi", "lời văn", "danh sách"), ("en", "narrative", "list")]
    {
        for line in [
            &wrong_bytes,
            &wrong_workbook,
            &adopt(&binary),
            &adopt(&workbook),
        ] {
            let error = place.json(&format!("--lang {language} {line}")).error();
            let hint = error["hint"].as_str().unwrap();
            assert!(
                hint.contains(right) && hint.contains("UTF-8"),
                "{line}: {error}"
            );
            assert!(!error.to_string().contains(wrong), "{line}: {error}");
        }
    }
}
