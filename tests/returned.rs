//! A rejected `.xlsx` comes back in its own package: all that is not ours stays byte for byte, and
//! what is not as expected comes back rebuilt from its cells. Nothing is ever lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "a test stops where it fails"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use calamine::{Data, Reader as _};
use cases::cases;
use proptest::prelude::*;

mod cases;
#[path = "../examples/messy_workbooks.rs"]
mod messy_workbooks;
mod runner;
use runner::{Place, Ran};

const PAY: &str = "--set kind=preferential_loan --set source=vbsp";

/// The parts of a package, in their order.
type Parts = Vec<(String, Vec<u8>)>;

fn unpack(bytes: &[u8]) -> Parts {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let number = archive.len();
    let part = |place| {
        let mut part = archive.by_index(place).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        (part.name().unwrap().into_owned(), bytes)
    };
    (0..number).map(part).collect()
}

fn pack(parts: &Parts) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in parts {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn text<'p>(parts: &'p Parts, name: &str) -> &'p str {
    let part = parts.iter().find(|(known, _)| known == name);
    std::str::from_utf8(&part.unwrap_or_else(|| panic!("no {name}")).1).unwrap()
}

/// The package with a text replaced in one of its parts.
fn with(bytes: &[u8], name: &str, old: &str, new: &str) -> Vec<u8> {
    let mut parts = unpack(bytes);
    let changed = text(&parts, name).replace(old, new);
    let part = parts.iter_mut().find(|(known, _)| known == name).unwrap();
    assert_ne!(changed.as_bytes(), part.1, "{name} holds {old}");
    part.1 = changed.into_bytes();
    pack(&parts)
}

/// The list of an office, with a household that is not there.
fn dressed() -> Vec<u8> {
    let books = messy_workbooks::books();
    let (_, bytes) = books.iter().find(|(name, _)| *name == "dressed").unwrap();
    with(bytes, SHARED, "<t>H2</t>", "<t>H99</t>")
}

const SHEET: &str = "xl/worksheets/sheet2.xml";
const SHARED: &str = "xl/sharedStrings.xml";

/// Imports a list that is given back.
fn give_back(place: &Place, bytes: &[u8], more: &str) -> (Ran, Vec<u8>) {
    let back = place.dir.path().join("back.xlsx");
    drop(std::fs::remove_file(&back));
    let file = place.file("list.xlsx", bytes);
    let line = format!(
        "import supports {} --rejects {}",
        file.display(),
        back.display()
    );
    let ran = place.json(&format!("{line} {PAY} {more}"));
    let bytes = std::fs::read(&back).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err));
    (ran, bytes)
}

fn is_rebuilt(ran: &Ran) -> bool {
    ran.out.contains("\"rebuilt\"")
}

/// What the cells of a sheet say.
fn cells(bytes: &[u8], sheet: &str) -> BTreeMap<(u32, u32), String> {
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range(sheet).unwrap();
    let (top, left) = range.start().unwrap_or_default();
    let used = range.used_cells().map(|(row, column, cell)| {
        let place = (u32::try_from(row).unwrap(), u32::try_from(column).unwrap());
        ((place.0 + top, place.1 + left), cell)
    });
    let said = used.filter(|(_, cell)| **cell != Data::Empty);
    said.map(|(place, cell)| (place, cell.to_string()))
        .collect()
}

#[test]
fn all_that_is_not_ours_stays_byte_for_byte() {
    let (place, sent) = (Place::new(), dressed());
    let (ran, back) = give_back(&place, &sent, "");
    assert_eq!(
        (ran.status, is_rebuilt(&ran)),
        (1, false),
        "{}{}",
        ran.out,
        ran.err
    );
    let (before, after) = (unpack(&sent), unpack(&back));
    let changed = [
        "[Content_Types].xml",
        "xl/styles.xml",
        SHEET,
        "xl/worksheets/_rels/sheet2.xml.rels",
        "xl/drawings/vmlDrawing1.vml",
        "xl/comments1.xml",
    ];
    let names = |parts: &Parts| {
        parts
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&before),
        names(&after),
        "no part comes or goes, nor moves"
    );
    for (old, new) in before.iter().zip(&after) {
        assert!(
            old.1 == new.1 || changed.contains(&old.0.as_str()),
            "{}",
            old.0
        );
    }
    // Of the sheet, what stands around the cells.
    let sheet = text(&after, SHEET);
    for kept in [
        "<autoFilter ref=\"A4:E7\"/>",
        "<mergeCell ref=\"B3:C3\"/>",
        "operator=\"greaterThan\"",
        "<formula1>\"H1,H2,H3\"</formula1>",
        "&amp;CXã Lục Bình",
        "orientation=\"landscape\"",
        "ht=\"24\" customHeight=\"1\"",
        "<f>ROW()-4</f>",
        "<row r=\"7\" hidden=\"1\">",
        "state=\"frozen\"",
    ] {
        assert!(sheet.contains(kept), "{kept}: {sheet}");
    }
    // The header of the results is as high as its neighbour, and what was hidden there is seen.
    assert!(
        sheet.contains("<mergeCells count=\"7\">") && sheet.contains("\"F3:F4\""),
        "{sheet}"
    );
    assert!(
        !sheet.contains("<col hidden") && sheet.contains("ref=\"A1:G7\""),
        "{sheet}"
    );
    // The comment of the office, and ours.
    let comments = text(&after, "xl/comments1.xml");
    assert!(
        comments.contains("đã gọi điện") && comments.contains("ref=\"B6\""),
        "{comments}"
    );
    assert_eq!(
        text(&after, "xl/drawings/vmlDrawing1.vml")
            .matches("<v:shape ")
            .count(),
        2
    );
    // Every cell says what it said.
    let (old, new) = (cells(&sent, "Danh sách"), cells(&back, "Danh sách"));
    for (at, said) in &old {
        assert_eq!(new.get(at), Some(said), "{at:?}");
    }
    let answers: Vec<&str> = (4..7).map(|row| new[&(row, 5)].as_str()).collect();
    assert_eq!(answers, ["đúng, chưa ghi", "lỗi", "đúng, chưa ghi"]);
    assert!(new[&(5, 6)].contains("H99"));
    // The same list gives the same bytes.
    assert_eq!(give_back(&place, &sent, "").1, back);
}

/// The fill of a cell, as the styles write it.
fn fill_of(bytes: &[u8], cell: &str) -> String {
    let parts = unpack(bytes);
    let styles = text(&parts, "xl/styles.xml");
    let number = |from: &str, name: &str| -> usize {
        let (_, rest) = from.split_once(&format!(" {name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let sheet = text(&parts, SHEET);
    let (_, rest) = sheet.split_once(&format!("<c r=\"{cell}\"")).unwrap();
    let look = number(rest.split_once('>').unwrap().0, "s");
    let (_, looks) = styles.split_once("<cellXfs").unwrap();
    let fill = number(looks.split("<xf").nth(look + 1).unwrap(), "fillId");
    styles
        .split("<fill>")
        .nth(fill + 1)
        .unwrap()
        .split_once("</fill>")
        .unwrap()
        .0
        .to_owned()
}

#[test]
fn a_list_given_back_twice_is_as_if_it_was_given_back_once() {
    let place = Place::new();
    let sent = with(&dressed(), SHARED, "<t>H3</t>", "<t>H88</t>");
    let (ran, first) = give_back(&place, &sent, "--accept-valid");
    assert_eq!(ran.json()["recorded"], 1, "{}{}", ran.out, ran.err);
    assert!(!is_rebuilt(&ran));
    let is_red = |bytes: &[u8], cell: &str| fill_of(bytes, cell).contains("FFFFC6CC");
    assert!(is_red(&first, "B6") && is_red(&first, "B7") && !is_red(&first, "B5"));

    // One of the two is corrected in the sheet that came back.
    let half = with(&first, SHARED, "<t>H99</t>", "<t>H2</t>");
    let (ran, second) = give_back(&place, &half, "--accept-valid");
    let json = ran.json();
    assert_eq!(
        (&json["recorded"], &json["already"]),
        (&1.into(), &1.into()),
        "{}",
        ran.out
    );
    assert!(!is_rebuilt(&ran));
    assert!(!is_red(&second, "B6") && is_red(&second, "B7"));
    let parts = unpack(&second);
    let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names.iter().filter(|name| name.contains("omments")).count(),
        1,
        "{names:?}"
    );
    let comments = text(&parts, "xl/comments1.xml");
    assert_eq!(comments.matches("socai: ").count(), 1, "{comments}");
    assert_eq!(comments.matches("<author>").count(), 3, "{comments}");
    assert!(
        comments.contains("ref=\"B7\"") && comments.contains("đã gọi điện"),
        "{comments}"
    );
    assert_eq!(
        text(&parts, "xl/drawings/vmlDrawing1.vml")
            .matches("<v:shape ")
            .count(),
        2
    );
    assert_eq!(text(&parts, SHEET).matches("\"F3:F4\"").count(), 1);
    let said = cells(&second, "Danh sách");
    assert_eq!(
        said.keys().map(|(_, column)| *column).max(),
        Some(6),
        "two columns of results"
    );
    let answers: Vec<&str> = (4..7).map(|row| said[&(row, 5)].as_str()).collect();
    assert_eq!(answers, ["đã có", "đã ghi", "lỗi"]);
    assert_eq!(
        said.get(&(5, 6)).map(String::as_str),
        None,
        "no reason is left"
    );

    // The office shades this row: the colour that the red covered is back.
    assert_eq!(fill_of(&second, "B6"), fill_of(&sent, "B6"));
    assert_ne!(fill_of(&sent, "B6"), fill_of(&sent, "B5"));
    // Nothing more is wrong: every row once, no red, no word of ours but the results.
    let whole = with(&second, SHARED, "<t>H88</t>", "<t>H3</t>");
    let (ran, third) = give_back(&place, &whole, "");
    assert_eq!(
        (ran.status, &ran.json()["recorded"]),
        (0, &1.into()),
        "{}{}",
        ran.out,
        ran.err
    );
    assert!(!text(&unpack(&third), "xl/comments1.xml").contains("socai: "));
    let (ran, fourth) = give_back(&place, &third, "");
    assert_eq!(
        (&ran.json()["recorded"], &ran.json()["already"]),
        (&0.into(), &3.into())
    );
    let looks = |bytes: &[u8]| text(&unpack(bytes), "xl/styles.xml").to_owned();
    assert_eq!(
        looks(&third),
        looks(&fourth),
        "no look is added when none is needed"
    );
    let figures = place.json("figures --period 2023").json();
    assert_eq!(figures["rows"][0]["turns"], 3);
    assert_eq!(figures["rows"][0]["amount"], "3000000");
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

/// A package as small as one can be, with a sheet as it is given.
fn small(sheet: &str) -> Vec<u8> {
    let types = format!(
        "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" ContentType=\
         \"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" \
         ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\
         \"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>"
    );
    let link = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>")
    };
    let links = |links: &[String]| {
        let all = links.concat();
        format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{all}</Relationships>")
    };
    let book = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"A&amp;B\" \
         sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let styles = format!(
        "<styleSheet xmlns=\"{MAIN}\"><fills count=\"1\"><fill><patternFill patternType=\"none\"/>\
         </fill></fills><cellXfs count=\"2\"><xf fillId=\"0\"/><xf numFmtId=\"14\"/></cellXfs>\
         </styleSheet>"
    );
    let parts = [
        ("[Content_Types].xml", types),
        (
            "_rels/.rels",
            links(&[link("rId1", "officeDocument", "xl/workbook.xml")]),
        ),
        ("xl/workbook.xml", book),
        (
            "xl/_rels/workbook.xml.rels",
            links(&[
                link("rId1", "worksheet", "worksheets/sheet1.xml"),
                link("rId2", "styles", "styles.xml"),
            ]),
        ),
        ("xl/styles.xml", styles),
        ("xl/worksheets/sheet1.xml", sheet.to_owned()),
    ];
    let parts = parts.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    pack(&parts.to_vec())
}

/// A sheet of some rows, each a number and its cells: a column and what it says.
fn sheet(prefix: &str, numbered: bool, rows: &[(u32, Vec<(u8, String)>)]) -> String {
    let p = prefix;
    let name = match p {
        "" => "xmlns".to_owned(),
        p => format!("xmlns:{}", p.trim_end_matches(':')),
    };
    let mut text = format!("<{p}worksheet {name}=\"{MAIN}\"><{p}sheetData>");
    for (row, cells) in rows {
        let _ = match numbered {
            true => write!(text, "<{p}row r=\"{row}\" spans=\"1:4\">"),
            false => write!(text, "<{p}row>"),
        };
        for (column, said) in cells {
            let at = match numbered {
                true => format!(" r=\"{}{row}\"", char::from(b'A' + column)),
                false => String::new(),
            };
            let _ = write!(
                text,
                "<{p}c{at} t=\"inlineStr\"><{p}is><{p}t>{said}</{p}t></{p}is></{p}c>"
            );
        }
        let _ = write!(text, "</{p}row>");
    }
    write!(text, "</{p}sheetData></{p}worksheet>").unwrap();
    text
}

fn list(cells: &[&str]) -> Vec<(u8, String)> {
    (0..)
        .zip(cells)
        .map(|(at, said)| (at, (*said).to_owned()))
        .collect()
}

const HEADER: [&str; 3] = ["Mã hộ", "Ngày", "Số tiền"];

#[test]
fn a_sheet_of_any_spelling_is_kept() {
    let place = Place::new();
    let rows = [
        (1, list(&HEADER)),
        (2, list(&["H1", "31/4/2023", "5.000"])),
        (3, list(&["H2"])),
    ];
    for (prefix, numbered) in [("", true), ("", false), ("x:", true), ("ss:", false)] {
        let sent = small(&sheet(prefix, numbered, &rows));
        let (ran, back) = give_back(&place, &sent, "");
        assert!(!is_rebuilt(&ran), "{prefix}{numbered}: {}", ran.out);
        let parts = unpack(&back);
        let sheet = text(&parts, "xl/worksheets/sheet1.xml");
        // What is wrong is named, also where there was no cell.
        assert!(
            sheet.contains(&format!("<{prefix}c r=\"B3\" s=\"2\"/>")),
            "{sheet}"
        );
        assert!(
            sheet.contains(&format!("<{prefix}legacyDrawing xmlns:r=")),
            "{sheet}"
        );
        let comments = text(&parts, "xl/comments1.xml");
        assert!(
            comments.contains("\"B2\"") && comments.contains("\"B3\""),
            "{comments}"
        );
        let types = text(&parts, "[Content_Types].xml");
        assert!(
            types.contains("/xl/comments1.xml") && types.contains("vmlDrawing"),
            "{types}"
        );
        let said = cells(&back, "A&B");
        assert_eq!(said[&(1, 3)], "lỗi", "{said:?}");
    }
}

/// What cannot be kept is rebuilt, and told; and still every cell says what it said.
#[test]
fn what_is_not_as_expected_is_rebuilt_from_its_cells() {
    let place = Place::new();
    let rows = [(1, list(&HEADER)), (2, list(&["H1", "31/4/2023", "5.000"]))];
    let plain = sheet("", true, &rows);
    let sent = small(&plain);
    let without = |name: &str| {
        let parts = unpack(&sent);
        pack(
            &parts
                .into_iter()
                .filter(|(known, _)| known != name)
                .collect(),
        )
    };
    let beside = |name: &str, bytes: &[u8]| {
        let mut parts = unpack(&sent);
        parts.push((name.to_owned(), bytes.to_vec()));
        pack(&parts)
    };
    let changed = |old: &str, new: &str| small(&plain.replace(old, new));
    let deep = "<a>".repeat(500) + &"</a>".repeat(500);
    let sheet_links = "xl/worksheets/_rels/sheet1.xml.rels";
    let links = |kind: &str, target: &str| {
        format!(
            "<Relationships><Relationship Id=\"a\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>\
             </Relationships>"
        )
    };
    let styles = |old: &str, new: &str| with(&sent, "xl/styles.xml", old, new);
    for (why, bytes) in [
        ("no styles", without("xl/styles.xml")),
        ("no types", without("[Content_Types].xml")),
        ("a signature", beside("_xmlsignatures/a.xml", b"<a/>")),
        ("macros", beside("xl/vbaProject.bin", b"x")),
        (
            "other types",
            with(&sent, "[Content_Types].xml", "sheet.main", "template.main"),
        ),
        ("no looks", styles("cellXfs", "cells")),
        (
            "looks too deep",
            styles("<cellXfs", &format!("{deep}<cellXfs")),
        ),
        (
            "a document type",
            styles("<styleSheet", "<!DOCTYPE a><styleSheet"),
        ),
        (
            "no such look",
            changed("<c r=\"B2\"", "<c s=\"77\" r=\"B2\""),
        ),
        ("no look", changed("<c r=\"B2\"", "<c s=\"-1\" r=\"B2\"")),
        (
            "columns without a place",
            changed("<sheetData>", "<cols><col/></cols><sheetData>"),
        ),
        ("two drawings", {
            let twice = "</sheetData><legacyDrawing/><legacyDrawing/>";
            changed("</sheetData>", twice)
        }),
        ("an open end", changed("</worksheet>", "<a>")),
        ("links that are none", beside(sheet_links, b"links")),
        ("comments that are not there", {
            beside(
                sheet_links,
                links("comments", "../comments1.xml").as_bytes(),
            )
        }),
        ("links out of the package", {
            beside(sheet_links, links("comments", "../../../../x").as_bytes())
        }),
        ("letters of another kind", {
            let latin = b"<Relationships>\xff\xfe</Relationships>";
            beside(sheet_links, latin)
        }),
    ] {
        let (ran, back) = give_back(&place, &bytes, "");
        assert_eq!(
            (ran.status, is_rebuilt(&ran)),
            (1, true),
            "{why}: {}{}",
            ran.out,
            ran.err
        );
        let said = cells(&back, "A&B");
        for (at, old) in cells(&sent, "A&B") {
            assert_eq!(said.get(&at), Some(&old), "{why}: {at:?}");
        }
        assert_eq!(said[&(1, 3)], "lỗi", "{why}");
    }
    // A formula where a result is to stand is not written over.
    let formula = "<c r=\"D2\"><f>1+1</f></c></row></sheetData>";
    let (ran, _) = give_back(&place, &changed("</row></sheetData>", formula), "");
    assert!(is_rebuilt(&ran), "{}", ran.out);
}

proptest! {
    #![proptest_config(cases(24))]

    /// Sheets with holes: whatever stood there stands there, and every row has its result.
    #[test]
    fn no_cell_is_lost(
        rows in proptest::collection::btree_map(
            2_u32..40,
            proptest::collection::btree_map(0_u8..7, "[a-z0-9ộ]{1,5}", 1..5),
            1..9,
        ),
        prefixed in any::<bool>(),
    ) {
        let prefix = if prefixed { "x:" } else { "" };
        let mut all = vec![(1, list(&HEADER))];
        for (row, cells) in rows {
            all.push((row, cells.into_iter().collect()));
        }
        let sent = small(&sheet(prefix, true, &all));
        let units = socai::import::Units::NONE;
        let options = socai::import::ReadOptions {
            defaults: vec![("kind", "x".to_owned())],
            ..socai::import::ReadOptions::default()
        };
        let list = socai::import::read_supports(&sent, "a.xlsx", &options, &units);
        let lang = socai::domain::Lang::En;
        let answers = BTreeMap::new();
        let back = list.write_returned(&sent, &list.issues, &answers, "01990", lang).unwrap();
        prop_assert_eq!(back.rebuilt, None);
        let (old, new) = (cells(&sent, "A&B"), cells(&back.bytes, "A&B"));
        for (at, said) in &old {
            prop_assert_eq!(new.get(at), Some(said));
        }
        let more: Vec<_> = new.keys().filter(|at| !old.contains_key(*at)).collect();
        let first = more.iter().map(|(_, column)| *column).min().unwrap();
        let results = more.iter().filter(|(_, column)| *column == first).count();
        prop_assert_eq!(results, list.raw.len() + 1);
        prop_assert!(more.iter().all(|(_, column)| *column - first < 2));
        // Read again, it is the same list: no column of ours is one of it.
        let again = socai::import::read_supports(&back.bytes, "a.xlsx", &options, &units);
        prop_assert_eq!(again.raw.len(), list.raw.len());
    }
}

/// LibreOffice opens it without repair, and what it saves comes back as ours.
#[test]
fn it_opens_in_libreoffice() {
    if Command::new("soffice").arg("--version").output().is_err() {
        eprintln!("skipped: soffice is not installed");
        return;
    }
    let place = Place::new();
    let (_, back) = give_back(&place, &dressed(), "--accept-valid");
    let file = place.file("given.xlsx", &back);
    let saved = place.dir.path().join("saved");
    for form in ["pdf", "xlsx"] {
        office(&file, form, &saved);
    }
    assert!(saved.join("given.pdf").metadata().unwrap().len() > 1_000);
    let saved = std::fs::read(saved.join("given.xlsx")).unwrap();
    let (before, after) = (cells(&back, "Danh sách"), cells(&saved, "Danh sách"));
    assert_eq!(before, after);

    let corrected = with(&saved, SHARED, ">H99<", ">H2<");
    let (ran, again) = give_back(&place, &corrected, "");
    let json = ran.json();
    assert_eq!(
        (&json["recorded"], &json["already"]),
        (&1.into(), &2.into()),
        "{}",
        ran.out
    );
    assert!(!is_rebuilt(&ran), "{}", ran.out);
    let parts = unpack(&again);
    let comments = parts
        .iter()
        .find(|(name, _)| name.contains("comments"))
        .unwrap();
    let comments = std::str::from_utf8(&comments.1).unwrap();
    assert!(
        !comments.contains("socai: ") && comments.contains("đã gọi điện"),
        "{comments}"
    );
    let said = cells(&again, "Danh sách");
    let columns = said.keys().map(|(_, column)| *column);
    assert_eq!(columns.max(), Some(6), "two columns of results");
    assert_eq!(
        said.get(&(5, 6)),
        None,
        "nothing is said of a row that is right"
    );
}

fn office(file: &Path, form: &str, folder: &Path) {
    let home = folder.with_extension("office");
    let ran = Command::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}", home.display()))
        .args(["--headless", "--convert-to", form, "--outdir"])
        .arg(folder)
        .arg(file)
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}
