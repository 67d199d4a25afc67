//! Workbooks as offices send them: a dozen kinds of mess, each read right or told by its cell.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

use std::io::Write as _;

use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

mod runner;
use runner::{Place, Ran};

/// Builds a workbook of one sheet.
fn workbook(build: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    build(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

fn rows(sheet: &mut Worksheet, first: u32, rows: &[&[&str]]) {
    for (at, cells) in (first..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            if !cell.is_empty() {
                sheet.write_string(at, column, *cell).unwrap();
            }
        }
    }
}

impl Place {
    fn book(&self, list: &str, bytes: &[u8], more: &str) -> Ran {
        let file = self.file("list.xlsx", bytes);
        self.json(&format!("import {list} {} {more}", file.display()))
    }
}

const PAY: &str = "--set kind=preferential_loan --set source=vbsp";

#[test]
fn titles_stand_above_and_notes_and_signatures_below() {
    let place = Place::new();
    let bytes = workbook(|sheet| {
        rows(
            sheet,
            0,
            &[
                &[
                    "ỦY BAN NHÂN DÂN XÃ",
                    "",
                    "",
                    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
                ],
                &["", "", "", "Độc lập - Tự do - Hạnh phúc"],
                &[],
                &["DANH SÁCH HỘ NGHÈO NĂM 2023"],
                &[],
                &["STT", "Mã hộ", "Chủ hộ", "Thôn", "Phân loại", "Từ ngày"],
                &["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
                &["I", "Thôn Cao Lộc"],
                &["1", "N1", "Nông Văn Một", "Cao Lộc", "hộ nghèo", "1/1/2023"],
                &[
                    "2",
                    "N2",
                    "Nông  Văn\u{a0}Hai",
                    "Cao Lộc",
                    "hộ nghèo",
                    "1/1/2023",
                ],
                &["", "", "Tổng cộng: 2 hộ"],
                &[],
                &["", "Ghi chú: số liệu đến 31/12/2022"],
                &["", "", "", "NGƯỜI LẬP BIỂU"],
            ],
        );
    });
    let ran = place.book("households", &bytes, "--dry-run");
    let json = ran.json();
    assert_eq!(
        (ran.status, json["rows"].as_u64()),
        (0, Some(2)),
        "{}{}",
        ran.out,
        ran.err
    );
    let told = json["notices"].to_string();
    assert!(
        told.contains("Thôn Cao Lộc") && told.contains("NGƯỜI LẬP BIỂU"),
        "{told}"
    );
    assert_eq!(place.book("households", &bytes, "").status, 0);
    let shown = place.run("household show N2").out;
    assert!(shown.contains("Nông Văn Hai"), "{shown}");
}

#[test]
fn a_header_of_two_merged_rows_is_one_header() {
    let place = Place::new();
    let bytes = workbook(|sheet| {
        let format = Format::new();
        sheet.merge_range(0, 0, 1, 0, "Mã hộ", &format).unwrap();
        sheet
            .merge_range(0, 1, 1, 1, "Ngày chi trả", &format)
            .unwrap();
        sheet.merge_range(0, 2, 0, 3, "Kinh phí", &format).unwrap();
        sheet.write_string(1, 2, "Tổng số tiền").unwrap();
        sheet.write_string(1, 3, "Đối ứng").unwrap();
        rows(sheet, 2, &[&["H1", "12/4/2023", "1.500.000", "500.000"]]);
    });
    let ran = place.book(
        "supports",
        &bytes,
        "--set kind=livestock --set source=state_budget",
    );
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    let figures = place.json("figures --period 2023 --by source").json();
    assert_eq!(figures["rows"][0]["amount"], "500000");
    assert_eq!(figures["rows"][1]["amount"], "1000000");
}

#[test]
fn numbers_and_dates_keep_their_meaning_in_every_kind_of_cell() {
    let place = Place::new();
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let bytes = workbook(|sheet| {
        rows(sheet, 0, &[&["ref", "Mã hộ", "Ngày", "Số tiền"]]);
        for (row, name) in (1..=5).zip(["R1", "R2", "R3", "R4", "R5"]) {
            sheet.write_string(row, 0, name).unwrap();
            sheet.write_string(row, 1, "H1").unwrap();
        }
        let day = rust_xlsxwriter::ExcelDateTime::from_ymd(2023, 4, 12).unwrap();
        sheet.write_datetime_with_format(1, 2, &day, &date).unwrap();
        sheet.write_number(2, 2, 45028).unwrap();
        for (row, text) in [
            (3, "9/3/2023"),
            (4, "2023-03-09"),
            (5, "ngày 9 tháng 3 năm 2023"),
        ] {
            sheet.write_string(row, 2, text).unwrap();
        }
        sheet.write_number(1, 3, 1_337_000).unwrap();
        sheet.write_string(2, 3, "1.337.000").unwrap();
        sheet.write_string(3, 3, "1,500,000 đ").unwrap();
        sheet
            .write_formula(4, 3, Formula::new("=1000*5").set_result("5000"))
            .unwrap();
        sheet.write_string(5, 3, "50000").unwrap();
    });
    let ran = place.book("supports", &bytes, PAY);
    let json = ran.json();
    assert_eq!(
        (ran.status, json["recorded"].as_u64()),
        (0, Some(5)),
        "{}{}",
        ran.out,
        ran.err
    );
    assert!(
        json["notices"].to_string().contains("serial_dates"),
        "{}",
        ran.out
    );
    let rows = place.json("figures --period 2023 --by month").json();
    assert_eq!(
        rows["rows"][0]["amount"],
        (1_500_000 + 5_000 + 50_000).to_string()
    );
    assert_eq!(rows["rows"][1]["amount"], (1_337_000 * 2).to_string());
}

#[test]
fn a_fraction_of_a_dong_in_a_number_cell_is_refused_and_grams_are_not() {
    let place = Place::new();
    let bytes = workbook(|sheet| {
        rows(
            sheet,
            0,
            &[&["Mã hộ", "Ngày", "Số tiền"], &["H1", "12/4/2023"]],
        );
        sheet.write_number(1, 2, 1.125).unwrap();
    });
    let ran = place.book("supports", &bytes, PAY);
    assert_eq!(ran.status, 1, "{}", ran.out);
    assert_eq!(ran.json()["errors"][0]["code"], "fraction_not_allowed");
    let bytes = workbook(|sheet| {
        rows(
            sheet,
            0,
            &[&["Mã hộ", "Ngày", "Khối lượng"], &["H1", "12/4/2023"]],
        );
        sheet.write_number(1, 2, 1.125).unwrap();
    });
    let ran = place.book("supports", &bytes, "--set kind=boarding_rice");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    let figures = place
        .json("figures --period 2023 --kind boarding_rice")
        .json();
    assert_eq!(figures["rows"][0]["quantity"], "1.125");
}

#[test]
fn citizens_numbers_get_back_the_zeros_that_a_spreadsheet_took() {
    let place = Place::new();
    let bytes = workbook(|sheet| {
        rows(
            sheet,
            0,
            &[&["Mã hộ", "Chủ hộ", "Số CCCD"], &["N1", "Nông Văn Một"]],
        );
        sheet.write_number(1, 2, 6_080_001_235_u64 as u32).ok();
        sheet
            .write(1, 2, rust_decimal::Decimal::from(6_080_001_235_u64))
            .unwrap();
    });
    let ran = place.book("households", &bytes, "");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert!(
        ran.json()["notices"].to_string().contains("padded_ids"),
        "{}",
        ran.out
    );
    let shown = place.json("household show N1").json();
    assert_eq!(shown["id_number"], "006080001235");
}

#[test]
fn a_formula_that_failed_is_named_by_its_cell() {
    let place = Place::new();
    let bytes = workbook(|sheet| {
        rows(
            sheet,
            0,
            &[&["Mã hộ", "Ngày", "Số tiền"], &["H1", "12/4/2023"]],
        );
        sheet
            .write_formula(1, 2, Formula::new("=#REF!+1").set_result("#REF!"))
            .unwrap();
    });
    let ran = place.book("supports", &bytes, PAY);
    let error = ran.json()["errors"][0].clone();
    assert_eq!(
        (ran.status, error["code"].as_str()),
        (1, Some("formula_error")),
        "{}",
        ran.out
    );
    assert_eq!(
        (error["row"].as_u64(), error["column"].as_str()),
        (Some(2), Some("Số tiền"))
    );
    assert_eq!(error["sheet"], "Sheet1");
}

#[test]
fn a_total_that_is_not_the_sum_of_its_column_is_told() {
    let place = Place::new();
    let list = |total: &str| {
        workbook(|sheet| {
            rows(
                sheet,
                0,
                &[
                    &["STT", "Mã hộ", "Ngày", "Số tiền"],
                    &["1", "H1", "12/4/2023", "1.000.000"],
                    &["2", "H2", "12/4/2023", "2.000.000"],
                    &["", "Cộng", "", total],
                ],
            );
        })
    };
    let ran = place.book("supports", &list("3.000.000"), &format!("{PAY} --dry-run"));
    assert!(!ran.out.contains("total_differs"), "{}", ran.out);
    assert_eq!(ran.json()["sums"]["amount"], "3000000");
    let ran = place.book("supports", &list("4.000.000"), &format!("{PAY} --dry-run"));
    assert!(ran.out.contains("total_differs"), "{}", ran.out);
    // A household of the name Tòng is no total.
    let bytes = workbook(|sheet| {
        rows(
            sheet,
            0,
            &[
                &["Mã hộ", "Chủ hộ"],
                &["T1", "Tòng Văn Cộng"],
                &["T2", "Tổng"],
            ],
        );
    });
    assert_eq!(
        place.book("households", &bytes, "--dry-run").json()["rows"],
        2
    );
}

#[test]
fn of_several_sheets_the_one_with_the_list_is_read_or_asked_for() {
    let place = Place::new();
    let list: &[&[&str]] = &[&["Mã hộ", "Chủ hộ"], &["N1", "Nông Văn Một"]];
    let book = |second: bool| {
        let mut book = Workbook::new();
        rows(
            book.add_worksheet().set_name("Bìa").unwrap(),
            0,
            &[&["Báo cáo"], &["năm 2023"]],
        );
        rows(book.add_worksheet().set_name("Tháng 4").unwrap(), 0, list);
        if second {
            rows(book.add_worksheet().set_name("Tháng 5").unwrap(), 0, list);
        }
        book.save_to_buffer().unwrap()
    };
    assert_eq!(
        place.book("households", &book(false), "--dry-run").json()["sheet"],
        "Tháng 4"
    );
    let ran = place.book("households", &book(true), "");
    assert_eq!(
        (ran.status, ran.json()["errors"][0]["code"].as_str()),
        (1, Some("several_sheets"))
    );
    let ran = place.book("households", &book(true), "--sheet 3");
    assert_eq!(
        (ran.status, ran.json()["sheet"].as_str()),
        (0, Some("Tháng 5")),
        "{}",
        ran.err
    );
    let ran = place.book("households", &book(true), "--sheet 9");
    assert_eq!(ran.json()["errors"][0]["code"], "no_such_sheet");
}

#[test]
fn two_tables_of_one_sheet_and_no_table_are_told() {
    let place = Place::new();
    let bytes = workbook(|sheet| {
        rows(
            sheet,
            0,
            &[
                &["Mã hộ", "Chủ hộ"],
                &["N1", "Nông Văn Một"],
                &["Chủ hộ", "Mã hộ"],
                &["Nông Văn Hai", "N2"],
            ],
        );
    });
    let ran = place.book("households", &bytes, "");
    assert_eq!(
        (ran.status, ran.json()["errors"][0]["code"].as_str()),
        (1, Some("two_tables"))
    );
    let bytes = workbook(|sheet| rows(sheet, 0, &[&["Kính gửi: UBND huyện"], &["một bức thư"]]));
    let ran = place.book("households", &bytes, "");
    assert_eq!(
        (ran.status, ran.json()["errors"][0]["code"].as_str()),
        (1, Some("no_table"))
    );
    let ran = place.book("households", &workbook(|_| ()), "");
    assert_eq!(
        (ran.status, ran.json()["errors"][0]["code"].as_str()),
        (1, Some("no_table"))
    );
}

#[test]
fn a_header_repeated_on_every_page_is_no_row() {
    let place = Place::new();
    let bytes = workbook(|sheet| {
        rows(
            sheet,
            0,
            &[
                &["Mã hộ", "Chủ hộ"],
                &["N1", "Nông Văn Một"],
                &["Mã hộ", "Chủ hộ"],
                &["N2", "Nông Văn Hai"],
            ],
        );
    });
    assert_eq!(place.book("households", &bytes, "").json()["recorded"], 2);
}

#[test]
fn text_in_decomposed_form_and_unknown_columns_are_read_and_told() {
    let place = Place::new();
    let bytes = workbook(|sheet| {
        rows(
            sheet,
            0,
            &[
                &[
                    "Ma\u{303} ho\u{323}\u{302}",
                    "Chu\u{309} ho\u{323}\u{302}",
                    "Màu nhà",
                ],
                &["N1", "Nông Thi\u{323} Hie\u{302}\u{300}n", "xanh"],
            ],
        );
    });
    let ran = place.book("households", &bytes, "");
    assert!(ran.out.contains("Màu nhà"), "{}", ran.out);
    assert!(place.run("household show N1").out.contains("Nông Thị Hiền"));
}

#[test]
fn a_list_of_names_is_matched_against_the_register_and_never_guessed() {
    let place = Place::new();
    let more = "household,head,village,id_number\nH7,Nông Thị Liên,Nà Chuông,006080009999\n";
    assert_eq!(place.import("households", more.as_bytes(), "").status, 0);
    let list = |name: &str, village: &str, number: &str| {
        workbook(|sheet| {
            rows(
                sheet,
                0,
                &[
                    &["Họ và tên", "Thôn", "Số CCCD", "Ngày chi trả", "Số tiền"],
                    &[name, village, number, "12/4/2023", "1.000.000"],
                ],
            );
        })
    };
    let ran = place.book("supports", &list("nong thi lien", "", ""), PAY);
    assert_eq!(
        ran.json()["errors"][0]["code"],
        "ambiguous_name",
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("H1") && ran.out.contains("H7"),
        "{}",
        ran.out
    );
    let ran = place.book("supports", &list("Không Có Ai", "", ""), PAY);
    assert_eq!(ran.json()["errors"][0]["code"], "not_in_register");
    let ran = place.book("supports", &list("Nông Thị Liên", "Cao Lộc", ""), PAY);
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert!(place.run("household history H1").out.contains("1.000.000"));
    let ran = place.book("supports", &list("", "", "006080009999"), PAY);
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert!(place.run("household history H7").out.contains("1.000.000"));
}

#[test]
fn columns_can_be_named_and_the_naming_saved() {
    let place = Place::new();
    let bytes = workbook(|sheet| {
        rows(sheet, 0, &[&["Mã số", "Ông/Bà"], &["N1", "Nông Văn Một"]]);
    });
    let ran = place.book("households", &bytes, "");
    assert_eq!(ran.status, 1, "{}", ran.out);
    let file = place.file("list.xlsx", &bytes);
    let run = |more: &[&str]| {
        let ledger = place.ledger();
        let path = file.to_str().unwrap();
        let mut words = vec!["--ledger", ledger.to_str().unwrap(), "--format", "json"];
        words.extend(["import", "households", path]);
        words.extend(more);
        runner::socai(&words)
    };
    let named = ["--map", "Mã số=household", "--map", "ông/bà=head"];
    let ran = run(&[&named[..], &["--save-profile", "lao-dong", "--dry-run"]].concat());
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert_eq!(ran.json()["columns"][1]["written"], "Ông/Bà");
    let ran = run(&["--profile", "lao-dong"]);
    assert_eq!(
        (ran.status, ran.json()["recorded"].as_u64()),
        (0, Some(1)),
        "{}",
        ran.err
    );
    assert_eq!(run(&["--map", "x=colour"]).status, 2);
    assert_eq!(run(&["--profile", "none"]).status, 1);
    assert_eq!(run(&["--profile", "../x"]).status, 2);
}

#[test]
fn the_list_comes_back_red_and_corrected_records_each_row_once() {
    let place = Place::new();
    let bytes = workbook(|sheet| {
        rows(
            sheet,
            0,
            &[
                &["DANH SÁCH CHI TRẢ"],
                &["STT", "Mã hộ", "Ngày", "Số tiền"],
                &["1", "H1", "12/4/2023", "1.000.000"],
                &["2", "H9", "31/4/2023", "2.000.000"],
                &["3", "H3", "12/4/2023", "3.000.000"],
            ],
        );
    });
    let back = place.dir.path().join("back.xlsx");
    let more = format!("{PAY} --accept-valid --rejects {}", back.display());
    let ran = place.book("supports", &bytes, &more);
    assert_eq!(ran.json()["recorded"], 2, "{}{}", ran.out, ran.err);
    assert_eq!(ran.json()["rejected"], 1);

    // What came back: the user's own sheet, the wrong cells with a comment, what became of rows.
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&back).unwrap();
    use calamine::Reader as _;
    let range = book.worksheet_range("Sheet1").unwrap();
    let text = |row, column| range.get_value((row, column)).map(ToString::to_string);
    assert_eq!(text(0, 0).unwrap(), "DANH SÁCH CHI TRẢ");
    assert!(text(1, 4).unwrap().starts_with("socai "));
    let answers: Vec<String> = (2..5).map(|row| text(row, 4).unwrap()).collect();
    assert_eq!(answers, ["đã ghi", "lỗi", "đã ghi"]);
    assert!(text(3, 5).unwrap().contains("31/4/2023"));
    let packed = std::fs::read(&back).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&packed)).unwrap();
    let mut comments = String::new();
    std::io::Read::read_to_string(
        &mut archive.by_name("xl/comments1.xml").unwrap(),
        &mut comments,
    )
    .unwrap();
    assert!(
        comments.contains("B4") || comments.contains("C4"),
        "{comments}"
    );

    // Imported as it is: nothing new. Corrected: the one row, and again nothing.
    let ran = place.book("supports", &packed, &format!("{PAY} --accept-valid"));
    assert_eq!(
        (
            ran.json()["recorded"].as_u64(),
            ran.json()["already"].as_u64()
        ),
        (Some(0), Some(2))
    );
    let corrected = {
        let mut again = Workbook::new();
        let sheet = again.add_worksheet();
        for (row, column, cell) in range.used_cells() {
            let (row, column) = (u32::try_from(row).unwrap(), u16::try_from(column).unwrap());
            let text = match (row, column) {
                (3, 1) => "H2".to_owned(),
                (3, 2) => "30/4/2023".to_owned(),
                _ => cell.to_string(),
            };
            sheet.write_string(row, column, text).unwrap();
        }
        again.save_to_buffer().unwrap()
    };
    let ran = place.book("supports", &corrected, PAY);
    assert_eq!(
        (ran.status, ran.json()["recorded"].as_u64()),
        (0, Some(1)),
        "{}{}",
        ran.out,
        ran.err
    );
    let ran = place.book("supports", &corrected, PAY);
    assert_eq!(ran.json()["recorded"], 0);
    let figures = place.json("figures --period 2023").json();
    assert_eq!(figures["rows"][0]["turns"], 3);
    assert_eq!(figures["rows"][0]["amount"], "6000000");

    // Another ledger has none of these rows, whatever stands beside them.
    let other = Place::new();
    assert_eq!(
        other.book("supports", &corrected, PAY).json()["recorded"],
        3
    );
}

#[test]
fn what_is_no_list_is_told_and_bounded() {
    let place = Place::new();
    let head = place.head();
    // A packed file that unpacks to far more than it may.
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    bomb.start_file("xl/workbook.xml", options).unwrap();
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..520 {
        bomb.write_all(&zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    let far = workbook(|sheet| {
        rows(sheet, 0, &[&["Mã hộ"], &["N1"]]);
        sheet.write_string(1_048_575, 16_383, "x").unwrap();
    });
    let encrypted: Vec<u8> = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
        .iter()
        .copied()
        .chain("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for (bytes, code) in [
        (bomb.as_slice(), "workbook_too_large"),
        (far.as_slice(), "sheet_too_large"),
        (encrypted.as_slice(), "workbook_locked"),
        (b"PK\x03\x04 xl/ rubbish".as_slice(), "workbook_unreadable"),
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 rubbish".as_slice(),
            "workbook_unreadable",
        ),
    ] {
        let ran = place.book("households", bytes, "");
        assert_eq!(ran.status, 1, "{code}: {}", ran.out);
        assert_eq!(ran.json()["errors"][0]["code"], code, "{}", ran.out);
    }
    assert_eq!(place.head(), head, "nothing was recorded");
}
