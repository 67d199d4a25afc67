//! Charts of a report: every form says their numbers, the numbers are those of the cube, and an
//! issued report with charts is the same bytes for ever.
//!
//! `golden/charts.v1.ndjson` is the log of a small office on the day charts could first be issued,
//! with its report issued in both languages; `golden/charts-*` are the renderings as they were then.
//! **None of these files is ever edited.**

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod memory_office;
mod runner;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader};
use memory_office::log_of;
use runner::Place;
use serde_json::Value;
use socai::log::EventRead;
use socai::log::keys::KeyStore;
use socai::log::random::SeededRandom;
use socai::office::opening::hex;
use socai::office::{AsOf, Ledger};
use socai::report::render::{Form, RENDERER, render_by};

const ROOT: &str = "fcf68a458b03cc3f84676dbc0b47c52378991d1a2d22ff63c49b065bc621d9e7";
const REPORTS: [&str; 2] = ["57/BC-UBND", "58/BC-UBND"];
const PERIOD: &str = "--period 2023-Q2 --cut-off 2023-06-15";

/// An office with targets, budgets, a project, a closed quarter and what came late to it.
fn place() -> Place {
    let place = Place::new();
    for line in [
        "record target --kind target_poor_households_reduced --period 2023 --value 42",
        "record target --kind target_near_poor_households_reduced --period 2023 --value 80",
        "record target --kind wifi --period 2023 --value 3",
        "record project --project goats --name Nuôi_dê --programme ntp_poverty_reduction_p2",
        "record allocation --programme ntp_poverty_reduction --source state_budget \
         --amount 500.000.000 --period 2023",
        "record allocation --project goats --source state_budget --amount 100.000.000",
        "record allocation --project goats --source household_counterpart --amount 9.200.000",
        "record support --kind preferential_loan --household H1 --amount 50.000.000 \
         --source vbsp --on 2023-01-10 --ref LOAN-1",
        "period close --through 2023-03-31",
        "record support --kind preferential_loan --household H2 --amount 9.000.000 \
         --source vbsp --on 2023-02-01 --ref LATE-1",
        "record support --kind preferential_loan --household H2 --amount 1.337.000.000 \
         --source vbsp --on 2023-04-20 --ref LOAN-2",
        "record support --kind livestock --household H1 --amount 30.000.000 --project goats \
         --source state_budget --stage disbursed --on 2023-05-10 --ref GOAT-1",
        "record support --kind livestock --household H3 --amount 1.500.500 --stage disbursed \
         --source state_budget --on 2023-05-11 --ref GOAT-2",
        "record support --kind wifi --household H3 --on 2023-04-01 --ref WIFI-1",
        "record support --kind wifi --household H1 --on 2023-02-01 --ref WIFI-2",
    ] {
        let ran = place.run(line);
        assert_eq!(ran.status, 0, "{line}: {}{}", ran.out, ran.err);
    }
    place
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// The golden log, folded by someone who has none of its keys.
#[test]
fn issued_charts_are_what_they_always_were() {
    if !golden("charts.v1.ndjson").exists() {
        panic!("no golden file; see {}", make().display());
    }
    let text = fs::read_to_string(golden("charts.v1.ndjson")).unwrap();
    let lines: Vec<Vec<u8>> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
    let opened = socai::log::codec::decode(&lines[0]).unwrap();
    let log = log_of(opened.ledger.parse().unwrap(), &lines);
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let keys = KeyStore::create(&keys, &opened.ledger, &mut SeededRandom::new(1)).unwrap();
    let ledger = Ledger::fold(log, keys, AsOf::Head, i64::MAX).unwrap();
    assert_eq!(hex(&ledger.log().head().root), ROOT);
    for check in ledger.check_issued().unwrap() {
        assert!(check.fault.is_none(), "{}: {:?}", check.name, check.fault);
    }
    for (name, lang) in REPORTS.iter().zip(["vi", "en"]) {
        let issued = ledger.issued(name).unwrap();
        assert_eq!(issued.issued.renderer, 2);
        let report = ledger.regenerate(issued).unwrap();
        for form in Form::ALL {
            let file = golden(&format!("charts-{lang}.{}", form.ending()));
            let then = fs::read_to_string(&file).unwrap();
            let now = render_by(&report, form, issued.issued.renderer).unwrap();
            for (number, (now, then)) in now.lines().zip(then.lines()).enumerate() {
                assert_eq!(now, then, "{}:{}", file.display(), number + 1);
            }
            assert!(now == then, "{}", file.display());
        }
    }
}

/// The log and the renderings as this program makes them, in a folder for somebody to look at.
fn make() -> PathBuf {
    assert_eq!(RENDERER, 2, "what is issued now is no first golden file");
    let (place, folder) = (place(), tempfile::tempdir().unwrap().keep());
    for (number, lang) in REPORTS.iter().zip(["vi", "en"]) {
        let issue = format!("report issue {PERIOD} --date 2023-06-20 --number {number}");
        let ran = place.run(&format!("--lang {lang} {issue}"));
        assert_eq!(ran.status, 0, "{}", ran.err);
        for form in Form::ALL {
            let file = folder.join(format!("charts-{lang}.{}", form.ending()));
            let line = format!("report regenerate {number} --output {}", file.display());
            assert_eq!(place.run(&line).status, 0);
        }
    }
    let raw = place.run("events --raw").out;
    fs::write(folder.join("charts.v1.ndjson"), raw).unwrap();
    let verified = place.json("verify").out;
    fs::write(folder.join("root.json"), verified).unwrap();
    folder
}

/// All blocks of a kind in a model, in the order in which they are printed.
fn blocks<'m>(part: &'m Value, kind: &str, found: &mut Vec<&'m Value>) {
    for one in part.as_array().into_iter().flatten() {
        if one[kind].is_object() {
            found.push(&one[kind]);
        }
        blocks(&one["blocks"], kind, found);
        blocks(&one["sections"], kind, found);
    }
}

fn charts(model: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    for part in ["opening", "sections", "closing", "annexes"] {
        blocks(&model[part], "chart", &mut found);
    }
    found
}

/// The rows of a table with its total, as texts.
fn rows(table: &Value) -> Vec<Vec<String>> {
    let rows = table["rows"].as_array().unwrap().iter();
    let cells = |row: &Value| {
        let cells = row.as_array().unwrap().iter();
        cells
            .map(|cell| cell.as_str().unwrap().to_owned())
            .collect()
    };
    rows.chain(table.get("total")).map(cells).collect()
}

fn words_of(package: &Path) -> String {
    let mut zip = zip::ZipArchive::new(fs::File::open(package).unwrap()).unwrap();
    let mut body = String::new();
    let mut part = zip.by_name("word/document.xml").unwrap();
    part.read_to_string(&mut body).unwrap();
    without_tags(&body.replace("</w:p>", "\n"))
}

fn without_tags(text: &str) -> String {
    let mut words = String::new();
    let mut in_tag = false;
    for character in text.chars() {
        match character {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                words.push(' ');
            }
            other if !in_tag => words.push(other),
            _ => {}
        }
    }
    words
}

/// How often each number stands in a text, as people see it.
fn numbers(text: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let parts = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','));
    for number in parts.map(|part| part.trim_matches(['.', ','])) {
        if !number.is_empty() {
            *found.entry(number.to_owned()).or_default() += 1;
        }
    }
    found
}

/// A program of the machine, if it is there.
fn program(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    let mut paths = std::env::split_paths(&paths).map(|dir| dir.join(name));
    let found = paths.find(|path| path.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: {name} is not on this machine");
    }
    found
}

#[test]
fn every_form_says_the_numbers_of_the_charts() {
    let place = place();
    for lang in ["vi", "en"] {
        let out = |ending: &str| {
            let path = place.dir.path().join(format!("report.{ending}"));
            let show = format!("report show {PERIOD} --output {}", path.display());
            let ran = place.run(&format!("--lang {lang} {show}"));
            assert_eq!(ran.status, 0, "{}", ran.err);
            path
        };
        let model = fs::read_to_string(out("json")).unwrap();
        let model: Value = serde_json::from_str(&model).unwrap();
        let charts = charts(&model);
        assert_eq!(charts.len(), 4);
        let text = fs::read_to_string(out("txt")).unwrap();
        let html = without_tags(&fs::read_to_string(out("html")).unwrap());
        let mut all = vec![
            ("md", fs::read_to_string(out("md")).unwrap()),
            ("html", html),
            ("docx", words_of(&out("docx"))),
        ];
        let pdf = out("pdf");
        if let Some(reader) = program("pdftotext") {
            let mut ran = std::process::Command::new(reader);
            let ran = ran.arg("-layout").arg(&pdf).arg("-").output();
            all.push(("pdf", String::from_utf8(ran.unwrap().stdout).unwrap()));
        }
        // A number stands in each form as often as in the tables of the text, and again at its bar.
        let said = numbers(&text);
        for chart in &charts {
            for cell in rows(&chart["table"]).concat() {
                if !cell.starts_with(|c: char| c.is_ascii_digit()) {
                    continue;
                }
                for (form, other) in &all {
                    let there = numbers(other).get(&cell).copied().unwrap_or(0);
                    assert!(there >= said[&cell], "{form}: {cell} {there}");
                }
            }
        }
        for (form, other) in all.iter().filter(|(form, _)| *form != "md") {
            let bar = numbers(other)["1.337.000.000".replace('.', group(lang)).as_str()];
            assert!(
                bar > said[&"1.337.000.000".replace('.', group(lang))],
                "{form}"
            );
        }
        csv_has(&fs::read_to_string(out("csv")).unwrap(), &charts, lang);
        workbook_has(&out("xlsx"), &charts, lang);
    }
}

fn group(lang: &str) -> &'static str {
    if lang == "vi" { "." } else { "," }
}

/// A number of the model as programs write it; none where the cell holds something else.
fn plain(cell: &str, lang: &str) -> Option<f64> {
    let bare = cell.replace(group(lang), "").replace(',', ".");
    bare.parse().ok()
}

fn csv_has(text: &str, charts: &[&Value], lang: &str) {
    let text = text.strip_prefix('\u{feff}').unwrap();
    let mut found = Vec::new();
    for record in csv::Reader::from_reader(text.as_bytes()).records() {
        let record = record.unwrap();
        if &record[0] == "chart" {
            found.push((record[1].to_owned(), record[4].to_owned()));
        }
    }
    let mut wanted = Vec::new();
    for chart in charts {
        let table = &chart["table"];
        for row in rows(table) {
            for (column, cell) in table["columns"].as_array().unwrap().iter().zip(row) {
                if column["number"] == true {
                    wanted.push((table["title"].as_str().unwrap().to_owned(), cell));
                }
            }
        }
    }
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_eq!(found.0, wanted.0);
        match plain(&wanted.1, lang) {
            Some(number) => assert_eq!(found.1.parse::<f64>().unwrap(), number),
            None => assert_eq!(found.1, wanted.1),
        }
    }
}

fn workbook_has(path: &Path, charts: &[&Value], lang: &str) {
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(path).unwrap();
    let word = if lang == "vi" {
        "Biểu đồ"
    } else {
        "Chart"
    };
    let sheets = book.sheet_names();
    let sheets: Vec<&String> = sheets
        .iter()
        .filter(|name| name.starts_with(word))
        .collect();
    assert_eq!(sheets.len(), charts.len());
    for (sheet, chart) in sheets.into_iter().zip(charts) {
        let range = book.worksheet_range(sheet).unwrap();
        let cells: Vec<Vec<Data>> = range.rows().map(<[Data]>::to_vec).collect();
        let table = &chart["table"];
        let label = table["columns"][0]["label"].as_str().unwrap();
        let head = cells.iter().position(|row| row[0] == label).unwrap();
        for (row, cells) in rows(table).iter().zip(&cells[head + 1..]) {
            for (cell, found) in row.iter().zip(cells).skip(1) {
                match (plain(cell, lang), found) {
                    (Some(number), Data::Float(found)) => assert_eq!(number, *found),
                    (Some(number), Data::Int(found)) => assert_eq!(number, *found as f64),
                    (_, found) => assert_eq!(&found.to_string(), cell),
                }
            }
        }
    }
    // Each has bars of the spreadsheet's own, over the very cells.
    let mut zip = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    for number in 1..=charts.len() {
        let mut part = zip
            .by_name(&format!("xl/charts/chart{number}.xml"))
            .unwrap();
        let mut xml = String::new();
        part.read_to_string(&mut xml).unwrap();
        assert!(xml.contains("<c:barChart>") && xml.contains(word), "{xml}");
    }
}

#[test]
fn charts_show_what_the_ledger_counts() {
    let place = place();
    let model = place.json(&format!("report show {PERIOD}")).json();
    let charts = charts(&model);
    // By kind and class: the cube of the screen, the greatest first.
    for (chart, by) in charts.iter().zip(["kind", "class"]) {
        let asked = format!("figures --period 2023-04-01..2023-06-15 --stage disbursed --by {by}");
        let cube = place.json(&asked).json();
        let mut wanted: Vec<i64> = cube["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["amount"].as_str().unwrap().parse::<f64>().unwrap()) as i64)
            .collect();
        wanted.sort_unstable_by(|a, b| b.cmp(a));
        let shown: Vec<i64> = rows(&chart["table"])
            .iter()
            .map(|row| row[2].replace('.', "").parse().unwrap())
            .collect();
        let (total, shown) = shown.split_last().unwrap();
        assert_eq!(shown, wanted, "{by}");
        assert_eq!(*total, wanted.iter().sum::<i64>());
        assert_eq!(*total, 1_337_000_000 + 30_000_000 + 1_500_500);
    }
    let table = |place: usize| rows(&charts[place]["table"]);
    // Targets: what the template names, then the others; what nothing counts is said to be unknown.
    let progress: Vec<[String; 4]> = table(2)
        .into_iter()
        .map(|row| {
            [
                row[1].clone(),
                row[2].clone(),
                row[3].clone(),
                row[4].clone(),
            ]
        })
        .collect();
    assert_eq!(
        progress,
        [
            ["42", "0", "hộ", "0"],
            ["80", "–", "hộ", "–"],
            // The year counts, not the quarter alone.
            ["3", "2", "hộ", "66,7"],
        ]
    );
    // Budgets: what was paid in a project that has its own money is not the programme's.
    let budgets: Vec<Vec<String>> = table(3).into_iter().map(|row| row[1..].to_vec()).collect();
    assert_eq!(
        budgets,
        [
            ["Ngân sách nhà nước", "500.000.000", "1.500.500", "0,3"],
            ["Dân đối ứng", "9.200.000", "0", "0"],
            ["Ngân sách nhà nước", "100.000.000", "30.000.000", "30"],
        ]
    );
    // What came late to the closed quarter is no part of this one, and is said.
    let text = place.run(&format!("report show {PERIOD}")).out;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let late = "2 lượt hỗ trợ đã chi trả, cấp phát, số tiền 9.000.000 đồng";
    assert!(text.contains(late), "{text}");
}

#[test]
fn where_nothing_is_recorded_nothing_is_drawn_and_that_is_said() {
    let place = Place::new();
    let text = place.run(&format!("report show {PERIOD}")).out;
    for words in [
        "Tiến độ thực hiện chỉ tiêu năm 2023: không có.",
        "Sử dụng kinh phí năm 2023 theo nguồn vốn: không có.",
        "Bổ sung kỳ trước (ghi vào sổ sau khi kỳ đã khóa sổ): 0 lượt",
    ] {
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(words), "{text}");
    }
    for ending in ["html", "docx", "pdf", "xlsx"] {
        let path = place.dir.path().join(format!("report.{ending}"));
        let show = format!("report show {PERIOD} --output {}", path.display());
        let ran = place.run(&show);
        assert_eq!(ran.status, 0, "{ending}: {}", ran.err);
    }
}

#[test]
fn a_ledger_adopts_the_newest_template_and_keeps_what_it_issued() {
    let place = Place::new();
    let again = place.json("report adopt");
    assert_eq!(
        again.status, 1,
        "a new ledger has the newest: {}",
        again.out
    );
    let (_, version, text) = socai::report::Template::built_in_versions().remove(0);
    assert_eq!(version, 1);
    assert!(!text.contains("\"chart\""));
    // A template whose chart asks for what there is not is refused whole.
    let newest = socai::report::Template::built_in().pop().unwrap().2;
    for (from, to, named) in [
        (
            "\"by\": \"kind\",\n                \"columns\": [\n                  \"turns\",\n                  \"amount\"",
            "\"by\": \"colour\", \"columns\": [\"amount\"",
            "colour",
        ),
        (
            "\"reached\": \"target.expected_to_escape\"",
            "\"reached\": \"no.figure\"",
            "no.figure",
        ),
        (
            "\"reached\": \"target.expected_to_escape\"",
            "\"reached\": \"goat.village_names\"",
            "goat.village_names",
        ),
        ("\"budgets\": {}", "\"budgets\": {\"colour\": 1}", "colour"),
    ] {
        assert!(newest.contains(from), "{from}");
        let bad = newest
            .replacen(from, to, 1)
            .replacen("\"version\": 2", "\"version\": 3", 1);
        let file = place.file("bad.json", bad.as_bytes());
        let ran = place.json(&format!("report adopt {}", file.display()));
        let error = ran.error();
        assert_eq!((ran.status, &error["code"]), (1, &"bad_template".into()));
        assert!(
            error["message"].as_str().unwrap().contains(named),
            "{error}"
        );
    }
}

#[test]
fn what_moves_a_chart_is_named() {
    let place = place();
    let issue = format!("report issue {PERIOD} --date 2023-06-20 --number 57");
    assert_eq!(place.run(&issue).status, 0);
    // A target of a kind and a budget of another programme, which no figure of the template asks
    // for; a target of another year; a payment in the project long before the report's days.
    let mut seqs = Vec::new();
    for line in [
        "record target --kind housing --period 2023 --value 5",
        "record target --kind housing --period 2022 --value 9",
        "record allocation --programme ntp_ethnic_minority --source state_budget \
         --amount 70.000.000 --period 2023",
        "record support --kind livestock --household H1 --amount 2.000.000 --project goats \
         --source state_budget --stage disbursed --on 2022-12-10 --ref GOAT-0",
    ] {
        let ran = place.json(line);
        assert_eq!(ran.status, 0, "{line}: {}{}", ran.out, ran.err);
        seqs.push(ran.json()["seq"].as_u64().unwrap());
    }
    let diff = place.json("report diff 57 now").json();
    let causes = diff["causes"].as_array().unwrap().iter();
    let causes: Vec<u64> = causes
        .map(|one| one["event"]["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(causes, [seqs[0], seqs[2], seqs[3]], "{diff}");
    let cells = diff["cells"].to_string();
    for moved in ["70.000.000", "32.000.000"] {
        assert!(cells.contains(moved), "{cells}");
    }
}
