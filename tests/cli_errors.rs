//! Bad input: each is a clear error in the chosen language with its exit status, and nothing is
//! half-written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use runner::{Place, copy, socai};

const HEADER: &str = "ref,kind,household,amount,quantity,unit,source,occurred_on,note\n";

/// Imports one row; says the code of the first error.
fn row_error(place: &Place, row: &str) -> (String, String) {
    let head = place.head();
    let ran = place.import("supports", format!("{HEADER}{row}\n").as_bytes(), "");
    assert_eq!(ran.status, 1, "{row}: {}{}", ran.out, ran.err);
    assert_eq!(place.head(), head, "{row}: something was recorded");
    let answer = ran.json();
    assert_eq!(answer["recorded"], 0, "{row}");
    let error = &answer["errors"][0];
    assert_eq!(error["row"], 2, "{row}: {answer}");
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    assert!(!text("message").is_empty());
    (text("code"), text("column"))
}

#[test]
fn a_row_that_cannot_be_true_is_named_by_its_cell() {
    let place = Place::new();
    for (row, code, column) in [
        (
            "R1,lone,H1,1000,,,state_budget,2023-04-01,",
            "unknown_kind",
            "kind",
        ),
        (
            "R1,wifi,H9,1000,,,state_budget,2023-04-01,",
            "unknown_household",
            "household",
        ),
        (
            "R1,wifi,H1,1000,,,moon,2023-04-01,",
            "unknown_source",
            "source",
        ),
        (
            "R1,boarding_rice,H1,,75,head,state_budget,2023-04-01,",
            "wrong_unit",
            "unit",
        ),
        (
            "R1,wifi,H1,-1000,,,state_budget,2023-04-01,",
            "negative",
            "amount",
        ),
        (
            "R1,wifi,H1,\"1000,5\",,,state_budget,2023-04-01,",
            "fraction",
            "amount",
        ),
        (
            "R1,wifi,H1,9999999999999999999,,,state_budget,2023-04-01,",
            "too_large",
            "amount",
        ),
        (
            "R1,wifi,H1,1000,,,state_budget,31/4/2023,",
            "",
            "occurred_on",
        ),
        (
            "R1,wifi,H1,1000,,,state_budget,2099-01-01,",
            "future_date",
            "occurred_on",
        ),
        ("R1,=1+1,H1,1000,,,state_budget,2023-04-01,", "", "kind"),
        ("R1,wifi,H1,=1+1,,,state_budget,2023-04-01,", "", "amount"),
        (
            "R1,wifi,\"H\n1\",1000,,,state_budget,2023-04-01,",
            "",
            "household",
        ),
    ] {
        let (found, at) = row_error(&place, row);
        assert_eq!(at, column, "{row}: {found}");
        let expected = code.is_empty() || found.contains(code);
        assert!(expected, "{row}: {found}, not {code}");
    }
}

#[test]
fn the_message_is_in_the_chosen_language() {
    let place = Place::new();
    let list = format!("{HEADER}R1,wifi,H9,1000,,,state_budget,2023-04-01,\n");
    let file = place.file("list.csv", list.as_bytes());
    let vi = place.run(&format!("import supports {}", file.display()));
    assert!(vi.err.contains("không có hộ"), "{}", vi.err);
    assert!(vi.err.contains("dòng 2"), "{}", vi.err);
    let en = place.run(&format!("--lang en import supports {}", file.display()));
    assert!(en.err.contains("unknown household"), "{}", en.err);
    assert!(!en.err.contains("không"), "{}", en.err);
}

#[test]
fn all_errors_are_told_at_once_and_valid_rows_wait_for_a_word() {
    let place = Place::new();
    let list = format!(
        "{HEADER}R1,wifi,H1,1000,,,state_budget,2023-04-01,\n\
         R2,wifi,H9,1000,,,state_budget,2023-04-01,\n\
         R3,lone,H1,x,,,state_budget,2023-04-01,\n"
    );
    let head = place.head();
    let ran = place.import("supports", list.as_bytes(), "");
    assert_eq!((ran.status, place.head()), (1, head));
    let rows: Vec<_> = ran.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["row"].as_u64())
        .collect();
    assert!(
        rows.contains(&Some(3)) && rows.contains(&Some(4)),
        "{rows:?}"
    );
    let dry = place.import("supports", list.as_bytes(), "--dry-run");
    assert_eq!((dry.status, place.head()), (1, head));

    let rejects = place.dir.path().join("rejects.csv");
    let more = format!("--accept-valid --rejects {}", rejects.display());
    let ran = place.import("supports", list.as_bytes(), &more);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(
        (&ran.json()["recorded"], &ran.json()["rejected"]),
        (&1.into(), &2.into())
    );
    let given_back = std::fs::read_to_string(&rejects).unwrap();
    let put_right = given_back
        .replace("H9", "H2")
        .replace("lone", "wifi")
        .replace(",x,", ",5000,");
    let ran = place.import("supports", put_right.as_bytes(), "");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert_eq!(ran.json()["recorded"], 2, "corrected, the rows go in once");
    let whole = list
        .replace("H9", "H2")
        .replace("lone", "wifi")
        .replace(",x,", ",5000,");
    let again = place.import("supports", whole.as_bytes(), "");
    assert_eq!(
        again.json()["already"],
        3,
        "the whole corrected list records nothing more: {}",
        again.out
    );
}

#[test]
fn the_same_ref_with_other_content_is_told_and_names_what_differs() {
    let place = Place::new();
    let first = format!("{HEADER}R1,wifi,H1,1000,,,state_budget,2023-04-01,\n");
    assert_eq!(place.import("supports", first.as_bytes(), "").status, 0);
    let head = place.head();
    assert_eq!(
        place.import("supports", first.as_bytes(), "").json()["already"],
        1
    );
    let other = first.replace("1000", "2000");
    let ran = place.import("supports", other.as_bytes(), "");
    assert_eq!((ran.status, place.head()), (1, head));
    let message = ran.json()["errors"][0]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.contains("R1") && message.contains("amount"),
        "{message}"
    );
}

#[test]
fn a_file_that_is_no_list_says_why() {
    let place = Place::new();
    let head = place.head();
    for (bytes, what) in [
        (&b""[..], "an empty file"),
        (b"R1,wifi,H1,1000\n", "no header"),
        (
            b"kind,kind,household,occurred_on\nwifi,wifi,H1,2023-04-01\n",
            "a header twice",
        ),
        (b"kind,household\nwifi,H1\n", "a required header missing"),
        (b"PK\x03\x04whatever", "a workbook"),
        (b"kind,household\0,occurred_on\n", "a zero byte"),
    ] {
        let ran = place.import("supports", bytes, "");
        assert_eq!(ran.status, 1, "{what}: {}{}", ran.out, ran.err);
        let errors = ran.json()["errors"].as_array().unwrap().len();
        assert!(errors > 0, "{what}");
    }
    assert_eq!(place.head(), head);
}

#[test]
fn a_file_of_200_mb_is_refused_from_its_size() {
    let place = Place::new();
    let path = place.dir.path().join("huge.csv");
    std::fs::File::create(&path)
        .unwrap()
        .set_len(200 << 20)
        .unwrap();
    let ran = place.json(&format!("import supports {}", path.display()));
    assert_eq!(ran.status, 1);
    assert!(!ran.error()["message"].as_str().unwrap().is_empty());
}

#[test]
fn the_encodings_that_offices_send_are_read() {
    let place = Place::new();
    let list = "\u{feff}Mã hộ;Chủ hộ;Thôn;Phân loại\nH7;Đặng Thị Hường;Cao Lộc;hộ nghèo\n";
    let ran = place.import("households", list.as_bytes(), "");
    assert_eq!(ran.status, 0, "{}", ran.out);
    let mut utf16 = vec![0xff, 0xfe];
    let list = list.replace("H7", "H8").replace('\u{feff}', "");
    utf16.extend(list.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(place.import("households", &utf16, "").status, 0);
    // Windows-1258: "Hường" with its marks apart, as that code page writes them.
    let mut old = b"household,head,village\nH9,H\xfd\xf5\xccng,Cao L\xf4\xf2c\n".to_vec();
    old.retain(|byte| *byte != 0);
    let ran = place.import("households", &old, "");
    assert_eq!(ran.status, 0, "{}", ran.out);
    let found = place.json("household find dang").json();
    assert_eq!(found["households"].as_array().unwrap().len(), 2, "{found}");
    let found = place.json("household show H7").json();
    assert_eq!(found["head"], "Đặng Thị Hường");
}

#[test]
fn a_note_may_have_several_lines() {
    let place = Place::new();
    let list = format!("{HEADER}R1,wifi,H1,1000,,,state_budget,2023-04-01,\"hai\ndòng\"\n");
    assert_eq!(place.import("supports", list.as_bytes(), "").status, 0);
    let history = place.json("household history H1").json();
    let note = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|e| e["data"]["note"].as_str());
    assert_eq!(note, Some("hai\ndòng"));
}

#[test]
fn a_ledger_that_is_none_or_in_use_or_of_a_later_program() {
    let place = Place::new();
    let nowhere = socai(&[
        "--ledger",
        "/nonexistent/ledger",
        "--format",
        "json",
        "figures",
        "--period",
        "2023",
    ]);
    assert_eq!(nowhere.status, 1);
    assert!(!nowhere.error()["code"].as_str().unwrap().is_empty());
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().to_str().unwrap();
    assert_eq!(socai(&["--ledger", path, "household", "list"]).status, 1);

    let head = place.head();
    let options = socai::log::LogOptions::new(std::sync::Arc::new(socai::office::tags_of));
    let writer = socai::log::SledLog::open(&place.ledger(), options).unwrap();
    let ran = place.json("record support --kind wifi --household H1 --on 2023-04-01");
    assert_eq!(ran.status, 1);
    assert_eq!(ran.error()["code"], "locked", "{}", ran.err);
    assert_eq!(place.head(), head, "reading goes on beside a writer");
    drop(writer);

    let later = tempfile::tempdir().unwrap();
    let copied = later.path().join("ledger");
    copy(&place.ledger(), &copied);
    let segment = std::fs::read_dir(copied.join("journal"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[19] = 2;
    let crc = crc32c::crc32c(&bytes[..124]).to_be_bytes();
    bytes[124..128].copy_from_slice(&crc);
    std::fs::write(&segment, bytes).unwrap();
    let path = copied.to_str().unwrap();
    let ran = socai(&["--ledger", path, "--format", "json", "household", "list"]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.error()["code"], "newer_format", "{}", ran.err);
    let again = place.run("init --unit 01990 --name Xã");
    assert_eq!(
        again.status, 1,
        "a folder that holds a ledger is not opened anew"
    );
    assert_eq!(place.head(), head);
}

#[test]
fn figures_go_on_without_the_index_and_without_keys() {
    let place = Place::new();
    assert_eq!(
        place
            .run("record support --kind wifi --household H1 --on 2023-04-01")
            .status,
        0
    );
    let before = place.json("figures --period 2023 --by kind,class").out;
    std::fs::remove_dir_all(place.ledger().join("sled")).unwrap();
    assert_eq!(
        place.json("figures --period 2023 --by kind,class").out,
        before
    );
    assert_eq!(
        place
            .run("record support --kind wifi --household H2 --on 2023-04-01")
            .status,
        0
    );
    assert_eq!(
        place.json("figures --period 2023").json()["rows"][0]["turns"],
        2
    );
}

#[test]
fn wrong_usage_is_status_2() {
    let place = Place::new();
    for line in [
        "figures",
        "figures --period 2023-13",
        "figures --period 2023-01..2023-Q2",
        "figures --period 2023 --axis sideways",
        "figures --period 2023 --by colour",
        "figures --period 2023 --stage paid",
        "figures --period 2023 --kind lone",
        "figures --period 2023 --where class=rich",
        "figures --period 2023 --where cohort=none",
        "figures --period 2023 --where class",
        "figures --period 2023 --as-of yesterday",
        "no-such-command",
        "import poems x.csv",
        "report show --period 2023-H1 --output report.exe",
    ] {
        let ran = place.json(line);
        assert_eq!(ran.status, 2, "{line}: {}{}", ran.out, ran.err);
        assert!(ran.error()["message"].is_string(), "{line}: {}", ran.err);
    }
    for line in [
        "figures --period 2023 --as-of 99999",
        "household show H99",
        "project show P9",
    ] {
        assert_eq!(place.json(line).status, 1, "{line}");
    }
    assert_eq!(place.run("--help").status, 0);
}

#[test]
fn by_hand_what_cannot_be_true_is_refused_and_nothing_is_written() {
    let place = Place::new();
    let head = place.head();
    for (line, code) in [
        (
            "record support --kind lone --household H1 --on 2023-04-01",
            "unknown_kind",
        ),
        (
            "record support --kind wifi --household H9 --on 2023-04-01",
            "unknown_household",
        ),
        (
            "record support --kind wifi --household H1 --on 31/4/2023",
            "",
        ),
        (
            "record support --kind wifi --household H1 --on 2099-01-01",
            "future_date",
        ),
        (
            "record support --kind wifi --household H1 --amount -5 --on 2023-04-01",
            "",
        ),
        (
            "record support --kind vocational_training --count 5 --on 2023-04-01",
            "stage_needed",
        ),
        (
            "record support --kind legal_aid --stage disbursed --count 5 --on 2023-04-01",
            "no_such_stage",
        ),
        (
            "record support --kind wifi --household H1 --count 2 --on 2023-04-01",
            "named_and_counted",
        ),
        (
            "record class --household H9 --class poor",
            "unknown_household",
        ),
        ("reverse R9 --reason x", "not_found"),
    ] {
        let ran = place.json(line);
        assert_eq!(ran.status, 1, "{line}: {}{}", ran.out, ran.err);
        let found = ran.error()["code"].as_str().unwrap().to_owned();
        assert!(code.is_empty() || found == code, "{line}: {found}");
    }
    assert_eq!(place.head(), head);
}
