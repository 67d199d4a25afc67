//! Workbooks out: typed cells, totals that are formulas with their results, no name that becomes a
//! formula, the same bytes from two processes, and LibreOffice opens them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "a test stops where it fails"
)]

use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::Command;

use calamine::{Data, Reader as _, Xlsx, open_workbook};

mod runner;
use runner::Place;

/// A ledger with three loans of two households, one of them named like a formula.
fn place() -> Place {
    let place = Place::new();
    let ran = place.run("record household --code 00123 --head =1+1 --village Cao_Lộc");
    assert_eq!(ran.status, 0, "{}", ran.err);
    let list = "ref,kind,household,occurred_on,amount,source\n\
                V1,preferential_loan,H1,2023-01-10,66.850.000,vbsp\n\
                V2,preferential_loan,00123,2023-02-10,50.000.000,vbsp\n\
                V3,preferential_loan,H1,2023-03-10,1.000.000,vbsp\n";
    let ran = place.import("supports", list.as_bytes(), "");
    assert_eq!(ran.status, 0, "{}", ran.err);
    place
}

fn sheet(path: &str, at: usize) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let name = book.sheet_names()[at].clone();
    let range = book.worksheet_range(&name).unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn find<'a>(rows: &'a [Vec<Data>], what: &str) -> &'a Vec<Data> {
    let holds = |row: &&Vec<Data>| row.iter().any(|cell| text(cell) == what);
    rows.iter()
        .find(holds)
        .unwrap_or_else(|| panic!("no {what} in {rows:?}"))
}

#[test]
fn figures_have_typed_cells_their_whole_and_their_origin() {
    let place = place();
    let path = place.out("figures.xlsx");
    let ran = place.run(&format!(
        "figures --period 2023-H1 --by kind,month --output {path}"
    ));
    assert_eq!(ran.status, 0, "{}", ran.err);
    let rows = sheet(&path, 0);
    let header = find(&rows, "Chính sách");
    let at = |name: &str| header.iter().position(|cell| text(cell) == name).unwrap();
    let january = find(&rows, "2023-01");
    assert_eq!(january[at("Số tiền")], Data::Float(66_850_000.0));
    let total = find(&rows, "Cộng");
    assert_eq!(total[at("Số tiền")], Data::Float(117_850_000.0));
    // H1 has two months: the column would add up to three households, and there are two.
    assert_eq!(total[at("Hộ")], Data::Float(2.0));
    let mut book: Xlsx<_> = open_workbook(&path).unwrap();
    let name = book.sheet_names()[0].clone();
    let formulas = book.worksheet_formula(&name).unwrap();
    let formulas: Vec<&String> = formulas.used_cells().map(|(_, _, it)| it).collect();
    assert!(
        formulas.iter().any(|it| it.starts_with("SUM(")),
        "{formulas:?}"
    );
    let origin = sheet(&path, 1);
    let root = place.json("figures --period 2023").json()["as_of"]["root"].clone();
    assert_eq!(
        text(&find(&origin, "mã gốc (SHA-256)")[1]),
        root.as_str().unwrap()
    );
    let command = text(&find(&origin, "lệnh")[1]);
    assert_eq!(command, "socai figures --period 2023-H1 --by kind,month");
    assert!(text(&find(&origin, "kỳ")[1]).contains("2023-H1"));
}

#[test]
fn a_name_is_a_text_and_so_is_a_number_that_names() {
    let place = place();
    let path = place.out("households.xlsx");
    let ran = place.run(&format!("household list --output {path}"));
    assert_eq!(ran.status, 0, "{}", ran.err);
    let rows = sheet(&path, 0);
    let row = find(&rows, "00123");
    assert!(row.contains(&Data::String("=1+1".to_owned())), "{row:?}");
    let mut book: Xlsx<_> = open_workbook(&path).unwrap();
    let name = book.sheet_names()[0].clone();
    let formulas = book.worksheet_formula(&name).unwrap();
    for (_, _, formula) in formulas.used_cells() {
        assert!(
            formula.is_empty() || formula.starts_with("SUM("),
            "{formula}"
        );
    }
}

#[test]
fn people_sign_a_list_that_says_its_sum_in_words() {
    let place = place();
    let path = place.out("pay.xlsx");
    let ran = place.run(&format!(
        "export disbursements --period 2023-Q1 --profile payment --output {path}"
    ));
    assert_eq!(ran.status, 0, "{}", ran.err);
    let rows = sheet(&path, 0);
    find(&rows, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
    find(&rows, "Ký nhận");
    find(&rows, "KẾ TOÁN");
    let words = "Một trăm mười bảy triệu tám trăm năm mươi nghìn đồng";
    let said = rows.iter().flatten().any(|cell| text(cell).contains(words));
    assert!(said, "{rows:?}");
    let total = find(&rows, "Cộng");
    assert!(total.contains(&Data::Float(117_850_000.0)));
}

#[test]
fn the_detail_names_who_stands_behind_each_row_and_is_in_the_access_log() {
    let place = place();
    let path = place.out("detail.xlsx");
    let ran = place.run(&format!(
        "figures --period 2023-H1 --by kind --explain --output {path}"
    ));
    assert_eq!(ran.status, 0, "{}", ran.err);
    let rows = sheet(&path, 1);
    let header = find(&rows, "Họ và tên");
    let at = |name: &str| header.iter().position(|cell| text(cell) == name).unwrap();
    let row = find(&rows, "00123");
    assert_eq!(text(&row[at("Họ và tên")]), "=1+1");
    assert_eq!(text(&row[at("Thôn")]), "Cao Lộc");
    assert_eq!(row[at("Số tiền")], Data::Float(50_000_000.0));
    assert!(matches!(row[at("Ngày")], Data::DateTime(_)), "{row:?}");
    let log = place.run("access show");
    assert!(log.out.contains("figures"), "{}{}", log.out, log.err);
}

#[test]
fn nothing_is_written_over_and_only_workbooks_are_written() {
    let place = place();
    let path = place.out("twice.xlsx");
    let line = format!("household list --output {path}");
    assert_eq!(place.run(&line).status, 0);
    assert_eq!(place.run(&line).status, 1);
    let path = place.out("list.docx");
    let ran = place.json(&format!("household list --output {path}"));
    assert_eq!(ran.status, 2);
    assert!(!Path::new(&path).exists());
}

/// The commands whose answers are workbooks.
fn commands() -> [&'static str; 9] {
    [
        "figures --period 2023-H1 --by kind",
        "figures --period 2023-H1 --by kind --explain",
        "figures --period 2023-H1 --table movement --by kind",
        "figures --period 2023 --table budget",
        "household list --village Cao_Lộc",
        "household history H1",
        "project list",
        "export disbursements --period 2023-H1 --profile payment",
        "export disbursements --period 2023-H1 --profile audit",
    ]
}

#[test]
fn two_processes_write_the_same_bytes() {
    let place = place();
    for (number, command) in commands().iter().enumerate() {
        let bytes = [0, 1].map(|run| {
            let path = place.out(&format!("{number}-{run}.xlsx"));
            let ran = Command::new(env!("CARGO_BIN_EXE_socai"))
                .args(["--ledger", place.ledger().to_str().unwrap()])
                .args(command.split(' ').map(|word| word.replace('_', " ")))
                .args(["--output", &path])
                .output()
                .unwrap();
            assert!(
                ran.status.success(),
                "{}",
                String::from_utf8_lossy(&ran.stderr)
            );
            std::fs::read(path).unwrap()
        });
        assert!(bytes[0] == bytes[1], "{command}");
    }
}

#[test]
fn every_sheet_prints_on_a4_with_its_header_on_each_page() {
    let place = place();
    for (number, command) in commands().iter().enumerate() {
        let path = place.out(&format!("print-{number}.xlsx"));
        let ran = place.run(&format!("{command} --output {path}"));
        assert_eq!(ran.status, 0, "{}", ran.err);
        let bytes = std::fs::read(&path).unwrap();
        let mut book = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut part = |name: &str| {
            let mut text = String::new();
            book.by_name(name)
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            text
        };
        let sheet = part("xl/worksheets/sheet1.xml");
        for wanted in ["paperSize=\"9\"", "fitToHeight=\"0\"", "state=\"frozen\""] {
            assert!(sheet.contains(wanted), "{command}: {wanted}");
        }
        let names = part("xl/workbook.xml");
        assert!(names.contains("_xlnm.Print_Titles"), "{command}");
        // All columns are printed, but for a list so wide that nobody could read it.
        let is_wide = command.contains("audit");
        assert_eq!(names.contains("_xlnm.Print_Area"), is_wide, "{command}");
        assert_eq!(
            part("xl/sharedStrings.xml").contains("Không in, xem"),
            is_wide
        );
    }
}

#[test]
fn libreoffice_opens_them() {
    if Command::new("soffice").arg("--version").output().is_err() {
        eprintln!("skipped: soffice is not installed");
        return;
    }
    let place = place();
    let path = place.out("pay.xlsx");
    let ran = place.run(&format!(
        "export disbursements --period 2023-Q1 --profile payment --output {path}"
    ));
    assert_eq!(ran.status, 0, "{}", ran.err);
    let home = format!("-env:UserInstallation=file://{}", place.out("office"));
    let ran = Command::new("soffice")
        .args([
            &home,
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76",
            "--outdir",
        ])
        .arg(place.dir.path())
        .arg(&path)
        .output()
        .unwrap();
    assert!(ran.status.success());
    let csv = std::fs::read_to_string(place.out("pay.csv")).unwrap();
    assert!(
        csv.contains("Nông Thị Liên") && csv.contains("=1+1"),
        "{csv}"
    );
    assert!(
        csv.contains("117,850,000") || csv.contains("117.850.000"),
        "{csv}"
    );
}

/// The demo's report as a workbook: its numbers are those of the model, typed; and the appendix.
#[test]
fn a_report_is_a_workbook_of_its_numbers_with_an_appendix_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("demo").display().to_string();
    let run = |words: &[&str]| {
        let words: Vec<&str> = ["--ledger", &ledger].iter().chain(words).copied().collect();
        let ran = runner::socai(&words);
        assert_eq!(ran.status, 0, "{words:?}: {}{}", ran.out, ran.err);
        ran
    };
    run(&["demo", &ledger]);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let show = ["report", "show", "--period", "2023-H1"];
    let (xlsx, json) = (path("r.xlsx"), path("r.json"));
    run(&[&show[..], &["--output", &xlsx]].concat());
    run(&[&show[..], &["--output", &json]].concat());
    let model: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let rows = sheet(&xlsx, 0);
    for figure in model["figures"].as_array().unwrap() {
        let row = find(&rows, figure["id"].as_str().unwrap());
        let value = figure["value"].as_str().unwrap_or_default();
        match value.parse::<f64>() {
            Ok(number) => assert_eq!(row[1], Data::Float(number), "{figure}"),
            Err(_) => assert_eq!(text(&row[1]), value),
        }
    }
    let book: Xlsx<_> = open_workbook(&xlsx).unwrap();
    let last = book.sheet_names().len() - 1;
    assert!(last >= 2, "a sheet for each table");
    let digest = model["digest"].as_str().unwrap();
    assert_eq!(
        text(&find(&sheet(&xlsx, last), "mã báo cáo (SHA-256)")[1]),
        digest
    );
    // The appendix of the issued one: behind the loans stand their households.
    let basis = ["--number", "57", "--date", "2023-06-30", "--by", "vhxh"];
    let issue = ["report", "issue", "--period", "2023-H1"];
    run(&[&issue[..], &basis[..]].concat());
    let appendix = path("a.xlsx");
    run(&["report", "explain", "57", "--output", &appendix]);
    let rows = sheet(&appendix, 0);
    let header = find(&rows, "Số liệu");
    let at = |name: &str| header.iter().position(|cell| text(cell) == name).unwrap();
    let loans = rows
        .iter()
        .filter(|row| text(&row[at("Số liệu")]).starts_with("loan.amount"));
    let loans: Vec<_> = loans.collect();
    assert_eq!(loans.len(), 21);
    let sum: f64 = loans
        .iter()
        .map(|row| row[at("Số tiền")].to_string().parse::<f64>().unwrap())
        .sum();
    assert!((sum - 1_337_000_000.0).abs() < 0.5, "{sum}");
    for row in loans {
        assert!(!text(&row[at("Họ và tên")]).is_empty() && !text(&row[at("Thôn")]).is_empty());
    }
}
