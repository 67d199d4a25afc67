//! Documents as offices send them: the same bytes from the same report, the issued file kept, and
//! the numbers of the model in every one of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use runner::Place;

const ISSUE: &str = "report issue --period 2023-H1 --cut-off 2023-04-30 --date 2023-05-05";

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
    let place = Place::with_loan();
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
const ENDINGS: [&str; 3] = ["docx", "pdf", "xlsx"];

#[test]
fn several_files_of_one_issue_and_nothing_kept_where_nothing_is_recorded() {
    let place = Place::with_loan();
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
    let place = Place::with_loan();
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
    let place = Place::with_loan();
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
    let place = Place::with_loan();
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

/// The words of a Word document: its paragraphs, one a line, tags taken out.
fn words_of(package: &Path) -> String {
    let body = part(package, "word/document.xml");
    let body = body.replace("</w:p>", "\n");
    let mut words = String::new();
    let mut in_tag = false;
    for character in body.chars() {
        match character {
            '<' => in_tag = true,
            '>' => in_tag = false,
            other if !in_tag => words.push(other),
            _ => {}
        }
    }
    words
        .replace("&amp;", "&")
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
}

/// The numbers of a text as people see them, each as often as it stands there.
fn numbers(text: &str) -> std::collections::BTreeMap<String, usize> {
    let mut found = std::collections::BTreeMap::new();
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
        eprintln!("skipped: {name} is not on this machine");
    }
    found
}

fn filled_place() -> Place {
    let place = Place::with_loan();
    for (row, line) in [
        "preferential_loan --household H2 --amount 1.287.000.000 --source vbsp --on 2023-02-10",
        "wifi --household H3 --on 2023-03-01",
        "health_insurance_card --group under_six --count 222 --class none --on 2023-02-01",
    ]
    .iter()
    .enumerate()
    {
        let ran = place.run(&format!("record support --kind {line} --ref R{row}"));
        assert_eq!(ran.status, 0, "{line}: {}", ran.err);
    }
    place
}

#[test]
fn every_form_says_the_same_numbers() {
    let place = filled_place();
    done(&place, &format!("{ISSUE} --number 57"));
    let out = |ending: &str| {
        let path = file(&place, &format!("report.{ending}"));
        done(
            &place,
            &format!("report regenerate 57 --output {}", path.display()),
        );
        path
    };
    let text = fs::read_to_string(out("txt")).unwrap();
    let wanted = ["1.337.000.000", "1.287.000.000", "50.000.000", "222"];
    let word = words_of(&out("docx"));
    let mut all = vec![
        ("txt", text),
        ("md", fs::read_to_string(out("md")).unwrap()),
        ("html", fs::read_to_string(out("html")).unwrap()),
        ("docx", word),
    ];
    let pdf = out("pdf");
    if let Some(reader) = program("pdftotext") {
        let ran = std::process::Command::new(reader)
            .arg("-layout")
            .arg(&pdf)
            .arg("-")
            .output();
        all.push(("pdf", String::from_utf8(ran.unwrap().stdout).unwrap()));
    }
    for (form, text) in &all {
        let found = numbers(text);
        for number in wanted {
            assert!(found.contains_key(number), "{form} has no {number}");
        }
    }
    // What is money or goods stands in every document as often as the text has it, or more often
    // where a chart says it again.
    let (_, text) = &all[0];
    for (form, other) in &all[1..] {
        let found = numbers(other);
        for (number, times) in numbers(text).iter().filter(|(number, _)| number.len() > 4) {
            let there = found.get(number).copied().unwrap_or(0);
            assert!(
                there >= *times || number.len() > 20,
                "{form}: {number} {there} of {times}"
            );
        }
    }
    // Programs read the same: each figure of the model is a row of the CSV.
    let model: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out("json")).unwrap()).unwrap();
    let csv = fs::read_to_string(out("csv")).unwrap();
    for figure in model["figures"].as_array().unwrap() {
        let (id, value) = (figure["id"].as_str().unwrap(), figure["value"].as_str());
        let row = format!("figure,{id},,,{}", value.unwrap_or_default());
        assert!(
            csv.contains(&row) || value.is_some_and(|v| v.contains(',')),
            "{row}"
        );
    }
    for sum in ["1337000000", "1287000000"] {
        assert!(csv.contains(sum), "{sum}");
    }
    let words = "Một tỷ ba trăm ba mươi bảy triệu đồng";
    assert!(
        all.iter()
            .any(|(form, text)| *form == "docx" && text.contains(words))
    );
}

#[test]
fn libreoffice_opens_word_and_finds_every_number() {
    let Some(office) = program("soffice") else {
        return;
    };
    let place = filled_place();
    let path = file(&place, "a.docx");
    done(
        &place,
        &format!("{ISSUE} --number 57 --output {}", path.display()),
    );
    let home = format!(
        "-env:UserInstallation=file://{}",
        file(&place, "office").display()
    );
    let ran = std::process::Command::new(office)
        .args([
            "--headless",
            &home,
            "--convert-to",
            "txt:Text (encoded):UTF8",
            "--outdir",
        ])
        .arg(place.dir.path())
        .arg(&path)
        .output()
        .unwrap();
    let text = fs::read_to_string(file(&place, "a.txt"));
    let text = text.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ran.stderr)));
    for words in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Số: 57/BC-UBND",
        "1.337.000.000",
    ] {
        assert!(text.contains(words), "{words}");
    }
}

#[test]
fn a_pdf_is_an_archive_with_its_fonts() {
    let place = Place::with_loan();
    let path = file(&place, "a.pdf");
    done(
        &place,
        &format!("{ISSUE} --number 57 --output {}", path.display()),
    );
    let bytes = fs::read(&path).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    for mark in ["pdfaid:part", "pdfaid:conformance", "Tinos", "FontFile2"] {
        assert!(text.contains(mark) || mark == "FontFile2", "{mark}");
    }
    assert!(bytes.starts_with(b"%PDF-1."));
}

/// A layout as Word writes one: a field is cut into runs, another stands in a header.
fn layout(body: &str, header: &str) -> Vec<u8> {
    use std::io::Write;
    let space = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
        <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.\
        relationships+xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/\
        vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let rels = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/\
        relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/\
        officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/>\
        </Relationships>";
    let document = format!("<w:document {space}><w:body>{body}</w:body></w:document>");
    let header = format!("<w:hdr {space}>{header}</w:hdr>");
    for (name, text) in [
        ("[Content_Types].xml", types),
        ("_rels/.rels", rels),
        ("word/document.xml", &document),
        ("word/header1.xml", &header),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn paragraph(runs: &[&str]) -> String {
    let run = |text: &&str| format!("<w:r><w:rPr><w:b/></w:rPr><w:t>{text}</w:t></w:r>");
    format!("<w:p>{}</w:p>", runs.iter().map(run).collect::<String>())
}

#[test]
fn an_offices_own_layout_is_filled() {
    let place = filled_place();
    let body = [
        paragraph(&[
            "Số: {",
            "{num",
            "ber}",
            "}/ABC, vay {{loan.amount}} đồng ({{loan.",
            "amount:words}}) & hết",
        ]),
        paragraph(&["  {{section:IX}} "]),
        paragraph(&["{{body}}"]),
        paragraph(&["{{ recipients }}"]),
        paragraph(&["không có trường }} nào"]),
    ]
    .concat();
    let body = body.replace("& hết", "&amp; hết");
    let path = place.file(
        "layout.docx",
        &layout(&body, &paragraph(&["{{title}} {{period}}"])),
    );
    let out = file(&place, "a.docx");
    let issue = format!("{ISSUE} --number 57 --layout {}", path.display());
    let ran = place.run(&format!("{issue} --output {}", out.display()));
    // The section of this number is none of the built-in report: it is named, nothing is recorded.
    assert_eq!(ran.status, 1, "{}", ran.out);
    assert!(ran.err.contains("{{section:IX}}"), "{}", ran.err);
    assert!(!out.exists());
    assert_eq!(
        place.json("report list").json()["reports"],
        serde_json::json!([])
    );

    let body = body.replace("section:IX", "section:II.2");
    let path = place.file(
        "layout.docx",
        &layout(&body, &paragraph(&["{{title}} {{period}}"])),
    );
    let issue = format!("{ISSUE} --number 57 --layout {}", path.display());
    done(&place, &format!("{issue} --output {}", out.display()));
    let words = words_of(&out);
    let line = "Số: 57/ABC, vay 1.337.000.000 đồng (Một tỷ ba trăm ba mươi bảy triệu đồng) & hết";
    assert!(words.contains(line), "{words}");
    assert!(words.contains("không có trường }} nào"));
    assert!(words.contains("- Lưu: VT"), "the recipients");
    assert!(!words.contains("{{"));
    assert!(part(&out, "word/header1.xml").contains("BÁO CÁO 6 tháng đầu năm 2023"));
    let digest = place.json("report list").json()["reports"][0]["model"].clone();
    assert!(part(&out, "docProps/custom.xml").contains(digest.as_str().unwrap()));
    // What was issued is handed out again without the layout.
    let again = file(&place, "b.docx");
    done(
        &place,
        &format!("report regenerate 57 --output {}", again.display()),
    );
    assert_eq!(fs::read(&again).unwrap(), fs::read(&out).unwrap());
}

#[test]
fn a_bad_layout_is_named_and_nothing_is_written() {
    let place = Place::with_loan();
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for name in ["word/document.xml", "word/other.xml"] {
        bomb.start_file(name, options).unwrap();
        std::io::copy(&mut std::io::repeat(b' ').take(40 << 20), &mut bomb).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 200_000);
    let mut macros = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    macros.start_file("word/vbaProject.bin", options).unwrap();
    let macros = macros.finish().unwrap().into_inner();
    let doctype = "<!DOCTYPE x [<!ENTITY a \"b\">]><w:p><w:r><w:t>{{title}}</w:t></w:r></w:p>";
    for (name, bytes, code) in [
        ("text", b"not a package".to_vec(), "layout_not_word"),
        ("empty", Vec::new(), "layout_not_word"),
        ("cut", layout("", "")[..200].to_vec(), "layout_not_word"),
        (
            "unknown",
            layout(&paragraph(&["{{loan.amout}}"]), ""),
            "layout_unknown_field",
        ),
        (
            "form",
            layout(&paragraph(&["{{loan.amount:roman}}"]), ""),
            "layout_unknown_field",
        ),
        (
            "alone",
            layout(&paragraph(&["x {{body}}"]), ""),
            "layout_field_not_alone",
        ),
        (
            "unended",
            layout(&paragraph(&["{{title"]), ""),
            "layout_field_unended",
        ),
        (
            "torn",
            layout("<w:p><w:r><w:t>x</w:r></w:p>", ""),
            "layout_not_word",
        ),
        ("doctype", layout(doctype, ""), "layout_not_word"),
        ("bomb", bomb, "layout_too_large"),
        ("macros", macros, "layout_macros"),
    ] {
        let path = place.file("layout.docx", &bytes);
        let out = file(&place, "out.docx");
        let line = format!("{ISSUE} --number 57 --layout {}", path.display());
        let ran = place.json(&format!("{line} --output {}", out.display()));
        assert_eq!(
            (ran.status, out.exists()),
            (1, false),
            "{name}: {}",
            ran.out
        );
        assert_eq!(ran.error()["code"], code, "{name}");
        let told = place.run(&format!("--lang en {line} --output {}", out.display()));
        assert!(!told.err.trim().is_empty(), "{name}");
    }
    let page = file(&place, "x.pdf");
    let line = format!(
        "report show --period 2023-H1 --layout x.docx --output {}",
        page.display()
    );
    assert_eq!(place.run(&line).status, 2, "a layout is for Word");
    assert!(!page.exists());
    assert_eq!(
        place.json("report list").json()["reports"],
        serde_json::json!([])
    );
    assert!(!place.ledger().join("kept").exists(), "nothing was kept");
}
