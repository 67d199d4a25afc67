//! The same mess in every kind of workbook: `.xlsx` as it is made, `.xls` and `.ods` as LibreOffice
//! saved it (`tests/workbooks/make.sh`). Each is read the same, or refused by the same name.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "a test stops where it fails"
)]

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};

use calamine::Reader as _;
use rust_xlsxwriter::{Workbook, Worksheet};
use serde_json::Value;

#[path = "../examples/messy_workbooks.rs"]
mod messy_workbooks;
mod runner;
use runner::Place;

const PAY: &str = "--set kind=preferential_loan --set source=vbsp";

/// What comes of a mess: how many rows, their sum and the notices that are told; or the error.
type Outcome = Result<(u64, &'static str, &'static [&'static str]), &'static str>;

fn outcomes() -> Vec<(&'static str, Outcome)> {
    let both = "2837000";
    vec![
        ("titles", Ok((2, both, &["passed_rows"]))),
        ("two-row-header", Ok((2, both, &[]))),
        ("numbers-as-text", Ok((2, both, &[]))),
        ("dates", Ok((2, both, &["serial_dates"]))),
        ("typed", Ok((2, both, &[]))),
        ("error-formula", Err("formula_error")),
        ("wrong-total", Ok((2, both, &["total_differs"]))),
        ("sheets", Ok((2, both, &[]))),
        ("two-lists", Err("several_sheets")),
        ("two-tables", Err("two_tables")),
        ("repeated-header", Ok((3, "3000000", &[]))),
        ("decomposed", Ok((2, both, &["unknown_column"]))),
        ("hidden", Ok((3, "3000000", &["hidden_rows"]))),
        ("groups", Ok((2, both, &["passed_rows"]))),
        ("picture", Err("no_table")),
        ("chart", Err("no_table")),
        ("empty", Err("no_table")),
        ("letter", Err("no_table")),
        ("dressed", Ok((3, "3000000", &["hidden_rows"]))),
    ]
}

fn fixture(name: &str, ending: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workbooks");
    folder.join(format!("{name}.{ending}"))
}

fn codes(value: &Value) -> Vec<String> {
    let all = value.as_array().unwrap().iter();
    all.map(|one| one["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_same_mess_is_read_the_same_in_every_kind_of_workbook() {
    let place = Place::new();
    let head = place.head();
    let books = messy_workbooks::books();
    let outcomes = outcomes();
    assert!(outcomes.len() >= 12 && outcomes.len() == books.len());
    for ((name, bytes), (known, outcome)) in books.iter().zip(outcomes) {
        assert_eq!(*name, known);
        let xlsx = place.file(&format!("{name}.xlsx"), bytes);
        for path in [xlsx, fixture(name, "xls"), fixture(name, "ods")] {
            let what = path.display();
            let ran = place.json(&format!("import supports {what} --dry-run {PAY}"));
            let answer = ran.json();
            match outcome {
                Ok((rows, sum, notices)) => {
                    assert_eq!(ran.status, 0, "{what}: {}{}", ran.out, ran.err);
                    assert_eq!(answer["recorded"], rows, "{what}: {}", ran.out);
                    assert_eq!(answer["sums"]["amount"], sum, "{what}: {}", ran.out);
                    // What is hidden is not known of the old kind.
                    let old = path.extension().is_some_and(|ending| ending == "xls");
                    let wanted = notices.iter().filter(|it| !(old && **it == "hidden_rows"));
                    let told = codes(&answer["notices"]);
                    for notice in wanted {
                        assert!(
                            told.iter().any(|it| it == notice),
                            "{what}: {notice}: {told:?}"
                        );
                    }
                }
                Err(code) => {
                    assert_eq!(ran.status, 1, "{what}: {}{}", ran.out, ran.err);
                    let told = codes(&answer["errors"]);
                    assert!(told.iter().any(|it| it == code), "{what}: {code}: {told:?}");
                }
            }
        }
    }
    assert_eq!(place.head(), head, "nothing was recorded");
}

#[test]
fn hidden_rows_are_rows_unless_they_are_to_be_left_out() {
    let books = messy_workbooks::books();
    let (_, bytes) = books.iter().find(|(name, _)| *name == "hidden").unwrap();
    let place = Place::new();
    let xlsx = place.file("hidden.xlsx", bytes);
    for path in [xlsx, fixture("hidden", "ods")] {
        let what = path.display();
        let ran = place.json(&format!(
            "import supports {what} --dry-run --skip-hidden {PAY}"
        ));
        assert_eq!(ran.json()["recorded"], 2, "{what}: {}{}", ran.out, ran.err);
        let told = ran.json()["notices"].clone();
        let hidden = told
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["code"] == "hidden_rows");
        assert!(
            hidden.unwrap()["message"].as_str().unwrap().contains('4'),
            "{told}"
        );
    }
    let old = fixture("hidden", "xls").display().to_string();
    let ran = place.json(&format!(
        "import supports {old} --dry-run --skip-hidden {PAY}"
    ));
    assert_eq!(
        codes(&ran.json()["errors"]),
        ["hidden_unknown"],
        "{}",
        ran.out
    );
}

/// A list with a day that is none, saved in one of the kinds; it goes out red, comes back corrected,
/// and every row is recorded once.
#[test]
fn a_list_of_any_kind_comes_back_red_and_records_each_row_once() {
    for ending in ["xlsx", "xls", "ods"] {
        let place = Place::new();
        let source = match ending {
            "xlsx" => {
                let books = messy_workbooks::books();
                let (_, bytes) = books
                    .iter()
                    .find(|(name, _)| *name == "error-formula")
                    .unwrap();
                place.file("error-formula.xlsx", bytes)
            }
            ending => fixture("error-formula", ending),
        };
        let back = place.dir.path().join("back.xlsx");
        let line = format!(
            "import supports {} --accept-valid --rejects {} {PAY}",
            source.display(),
            back.display()
        );
        let ran = place.json(&line);
        let answer = ran.json();
        assert_eq!(answer["recorded"], 1, "{ending}: {}{}", ran.out, ran.err);
        assert_eq!(answer["rejected"], 1, "{ending}");
        let mut book: calamine::Xlsx<_> = calamine::open_workbook(&back).unwrap();
        let name = book.sheet_names()[0].clone();
        let range = book.worksheet_range(&name).unwrap();
        let packed = std::fs::read(&back).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(&packed)).unwrap();
        let mut comments = String::new();
        let mut part = archive.by_name("xl/comments1.xml").unwrap();
        part.read_to_string(&mut comments).unwrap();
        assert!(comments.contains("E3"), "{ending}: {comments}");
        drop(part);
        // Corrected by hand: the one cell.
        let mut again = Workbook::new();
        copy(again.add_worksheet(), &range, &[((2, 4), "1.500.000")]);
        let corrected = place.file("corrected.xlsx", &again.save_to_buffer().unwrap());
        let line = format!("import supports {} {PAY}", corrected.display());
        for recorded in [1, 0] {
            let ran = place.json(&line);
            assert_eq!(
                ran.json()["recorded"],
                recorded,
                "{ending}: {}{}",
                ran.out,
                ran.err
            );
        }
        let figures = place.json("figures --period 2023").json();
        assert_eq!(figures["rows"][0]["turns"], 2, "{ending}");
        assert_eq!(figures["rows"][0]["amount"], "2837000", "{ending}");
    }
}

fn copy(
    sheet: &mut Worksheet,
    range: &calamine::Range<calamine::Data>,
    put: &[((usize, usize), &str)],
) {
    for (row, column, cell) in range.used_cells() {
        let text = put.iter().find(|(at, _)| *at == (row, column));
        let text = text.map_or_else(|| cell.to_string(), |(_, text)| (*text).to_owned());
        let (row, column) = (u32::try_from(row).unwrap(), u16::try_from(column).unwrap());
        sheet.write_string(row, column, text).unwrap();
    }
}

#[test]
fn a_password_is_told_and_macros_are_never_run_nor_needed() {
    let place = Place::new();
    let head = place.head();
    let locked = fixture("locked", "xlsx").display().to_string();
    let ran = place.json(&format!("import supports {locked} --dry-run {PAY}"));
    assert_eq!(
        codes(&ran.json()["errors"]),
        ["workbook_locked"],
        "{}",
        ran.out
    );
    // A workbook with macros is one with a part that is not looked at.
    let books = messy_workbooks::books();
    let (_, bytes) = books.iter().find(|(name, _)| *name == "titles").unwrap();
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut with = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for place in 0..parts.len() {
        with.raw_copy_file(parts.by_index(place).unwrap()).unwrap();
    }
    let options = zip::write::SimpleFileOptions::default();
    with.start_file("xl/vbaProject.bin", options).unwrap();
    with.write_all(b"not a program").unwrap();
    let macros = place.file("list.xlsm", &with.finish().unwrap().into_inner());
    let ran = place.json(&format!(
        "import supports {} --dry-run {PAY}",
        macros.display()
    ));
    assert_eq!(ran.json()["recorded"], 2, "{}{}", ran.out, ran.err);
    assert_eq!(place.head(), head);
}

/// A sheet of a million rows is refused while it is read, with no more in memory than a list may be.
#[test]
fn a_million_rows_are_refused() {
    let place = Place::new();
    let head = place.head();
    let books = messy_workbooks::books();
    let (_, bytes) = books.iter().find(|(name, _)| *name == "empty").unwrap();
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut with = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    for place in 0..parts.len() {
        let part = parts.by_index(place).unwrap();
        if part.name().unwrap() != "xl/worksheets/sheet1.xml" {
            with.raw_copy_file(part).unwrap();
        }
    }
    with.start_file("xl/worksheets/sheet1.xml", options)
        .unwrap();
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    write!(with, "<worksheet xmlns=\"{main}\"><sheetData>").unwrap();
    let text = |row: u32, text: &str| {
        format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"inlineStr\"><is><t>{text}</t></is></c></row>")
    };
    with.write_all(text(1, "Mã hộ").as_bytes()).unwrap();
    for row in 2..=1_000_001 {
        write!(with, "<row r=\"{row}\"><c r=\"A{row}\"><v>1</v></c></row>").unwrap();
    }
    write!(with, "</sheetData></worksheet>").unwrap();
    let path = place.file("million.xlsx", &with.finish().unwrap().into_inner());
    let ran = place.json(&format!("import households {}", path.display()));
    assert_eq!(
        codes(&ran.json()["errors"]),
        ["sheet_too_large"],
        "{}",
        ran.out
    );
    assert_eq!(place.head(), head);
}
