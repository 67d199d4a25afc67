//! Workbooks as offices send them, each with one kind of mess. `tests/workbooks/make.sh` writes them
//! as `.xlsx` with this, and has LibreOffice save them as `.xls` and `.ods`.
//!
//! ```text
//! cargo run --example messy_workbooks FOLDER
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "an example stops where it fails"
)]

use rust_xlsxwriter::{
    Chart, ChartType, Color, ConditionalFormatCell, ConditionalFormatCellRule, DataValidation,
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Image, Note,
    Workbook, Worksheet,
};

/// The smallest picture there is: one point.
const POINT: [u8; 67] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0,
    1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0a, 0x49, 0x44, 0x41, 0x54,
    0x78, 0x9c, 0x63, 0, 1, 0, 0, 5, 0, 1, 0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, 0x49, 0x45, 0x4e,
    0x44, 0xae, 0x42, 0x60, 0x82,
];

const HEADER: [&str; 5] = ["STT", "Mã hộ", "Họ và tên", "Ngày", "Số tiền"];

fn book(build: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    let born = ExcelDateTime::from_ymd(2023, 6, 30).unwrap();
    book.set_properties(&DocProperties::new().set_creation_datetime(&born));
    build(&mut book);
    book.save_to_buffer().unwrap()
}

fn one(build: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    book(|book| build(book.add_worksheet()))
}

fn line(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, cell) in (0..).zip(cells) {
        if !cell.is_empty() {
            sheet.write_string(row, column, *cell).unwrap();
        }
    }
}

/// A list of payments to H1 and H2 from a row on; texts all of it.
fn list(sheet: &mut Worksheet, row: u32) {
    line(sheet, row, &HEADER);
    line(
        sheet,
        row + 1,
        &["1", "H1", "Nông Thị Liên", "12/4/2023", "1.337.000"],
    );
    line(
        sheet,
        row + 2,
        &["2", "H2", "Đàm Văn Long", "13/4/2023", "1.500.000"],
    );
}

/// The workbooks by the kind of their mess.
pub fn books() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("titles", one(titles)),
        ("two-row-header", one(two_row_header)),
        ("numbers-as-text", one(numbers_as_text)),
        ("dates", one(dates)),
        ("typed", one(typed)),
        ("error-formula", one(error_formula)),
        ("wrong-total", one(wrong_total)),
        ("sheets", book(sheets)),
        ("two-lists", book(two_lists)),
        ("two-tables", one(two_tables)),
        ("repeated-header", one(repeated_header)),
        ("decomposed", one(decomposed)),
        ("hidden", one(hidden)),
        ("groups", one(groups)),
        ("picture", one(picture)),
        ("chart", one(chart)),
        ("empty", one(|_| {})),
        ("letter", one(letter)),
        ("dressed", book(dressed)),
    ]
}

fn titles(sheet: &mut Worksheet) {
    line(
        sheet,
        0,
        &[
            "ỦY BAN NHÂN DÂN XÃ LỤC BÌNH",
            "",
            "",
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        ],
    );
    line(sheet, 1, &["", "", "", "Độc lập - Tự do - Hạnh phúc"]);
    let bold = Format::new().set_bold();
    sheet
        .merge_range(3, 0, 3, 4, "DANH SÁCH HỘ ĐƯỢC VAY VỐN", &bold)
        .unwrap();
    list(sheet, 5);
    line(sheet, 8, &["", "", "Tổng cộng", "", "2.837.000"]);
    line(sheet, 10, &["", "Ghi chú: chi tại trụ sở UBND xã"]);
    line(sheet, 12, &["", "", "NGƯỜI LẬP BIỂU", "", "CHỦ TỊCH"]);
}

fn two_row_header(sheet: &mut Worksheet) {
    let bold = Format::new().set_bold();
    sheet.merge_range(0, 0, 1, 0, "STT", &bold).unwrap();
    sheet.merge_range(0, 1, 0, 2, "Hộ gia đình", &bold).unwrap();
    sheet.merge_range(0, 3, 0, 4, "Chi trả", &bold).unwrap();
    line(sheet, 1, &["", "Mã hộ", "Họ và tên", "Ngày", "Số tiền"]);
    line(
        sheet,
        2,
        &["1", "H1", "Nông Thị Liên", "12/4/2023", "1.337.000"],
    );
    line(
        sheet,
        3,
        &["2", "H2", "Đàm Văn Long", "13/4/2023", "1.500.000"],
    );
}

fn numbers_as_text(sheet: &mut Worksheet) {
    line(sheet, 0, &HEADER);
    line(
        sheet,
        1,
        &["1", "H1", "Nông Thị Liên", "12/4/2023", "1.337.000 đ"],
    );
    line(
        sheet,
        2,
        &["2", "H2", "Đàm Văn Long", "13/4/2023", "1,500,000"],
    );
}

fn dates(sheet: &mut Worksheet) {
    line(sheet, 0, &HEADER);
    line(sheet, 1, &["1", "H1", "Nông Thị Liên", "", "1.337.000"]);
    line(sheet, 2, &["2", "H2", "Đàm Văn Long", "", "1.500.000"]);
    let day = Format::new().set_num_format("dd/mm/yyyy");
    let april = ExcelDateTime::from_ymd(2023, 4, 12).unwrap();
    sheet
        .write_datetime_with_format(1, 3, &april, &day)
        .unwrap();
    // 13 April 2023 in a cell that shows a number.
    sheet.write_number(2, 3, 45_029).unwrap();
}

fn typed(sheet: &mut Worksheet) {
    line(sheet, 0, &HEADER);
    line(sheet, 1, &["", "H1", "Nông Thị Liên", "12/4/2023"]);
    line(sheet, 2, &["", "H2", "Đàm Văn Long", "13/4/2023"]);
    let money = Format::new().set_num_format("#,##0");
    sheet.write_number(1, 0, 1).unwrap();
    sheet
        .write_number_with_format(1, 4, 1_337_000, &money)
        .unwrap();
    sheet
        .write_formula(2, 0, Formula::new("=A2+1").set_result("2"))
        .unwrap();
    let sum = Formula::new("=E2+163000").set_result("1500000");
    sheet.write_formula_with_format(2, 4, sum, &money).unwrap();
}

fn error_formula(sheet: &mut Worksheet) {
    list(sheet, 0);
    sheet
        .write_formula(2, 4, Formula::new("=#REF!*2").set_result("#REF!"))
        .unwrap();
}

fn wrong_total(sheet: &mut Worksheet) {
    list(sheet, 0);
    line(sheet, 3, &["", "", "Cộng", "", "2.900.000"]);
}

fn sheets(book: &mut Workbook) {
    line(
        book.add_worksheet().set_name("Bìa").unwrap(),
        0,
        &["BÁO CÁO THÁNG 4"],
    );
    list(book.add_worksheet().set_name("Danh sách").unwrap(), 2);
    let notes = book.add_worksheet().set_name("Ghi chú").unwrap();
    line(notes, 0, &["Ghi chú", "đã rà soát"]);
}

fn two_lists(book: &mut Workbook) {
    list(book.add_worksheet().set_name("Tháng 4").unwrap(), 0);
    list(book.add_worksheet().set_name("Tháng 5").unwrap(), 0);
}

fn two_tables(sheet: &mut Worksheet) {
    list(sheet, 0);
    line(sheet, 5, &["Mã hộ", "Ngày", "Số tiền", "Nguồn vốn"]);
    line(sheet, 6, &["H3", "14/4/2023", "100.000", "vbsp"]);
}

fn repeated_header(sheet: &mut Worksheet) {
    list(sheet, 0);
    line(sheet, 3, &HEADER);
    line(sheet, 4, &["3", "H3", "Hà Thị Đào", "14/4/2023", "163.000"]);
}

fn decomposed(sheet: &mut Worksheet) {
    line(
        sheet,
        0,
        &[
            "STT",
            "Ma\u{303} hộ",
            "Họ và  tên",
            "Nga\u{300}y",
            "Số tiê\u{300}n",
            "Sở thích",
        ],
    );
    line(
        sheet,
        1,
        &[
            "1",
            "H1",
            "Nông\u{a0}Thị  Liên",
            "12/4/2023",
            "1.337.000",
            "không",
        ],
    );
    line(
        sheet,
        2,
        &["2", " H2 ", "Đàm Văn Long", "13/4/2023", "1.500.000", ""],
    );
}

fn hidden(sheet: &mut Worksheet) {
    list(sheet, 0);
    line(sheet, 3, &["3", "H3", "Hà Thị Đào", "14/4/2023", "163.000"]);
    sheet.set_row_hidden(3).unwrap();
}

fn groups(sheet: &mut Worksheet) {
    line(sheet, 0, &HEADER);
    line(sheet, 1, &["I", "Thôn Cao Lộc"]);
    line(
        sheet,
        2,
        &["1", "H1", "Nông Thị Liên", "12/4/2023", "1.337.000"],
    );
    line(sheet, 3, &["", "", "Cộng", "", "1.337.000"]);
    line(sheet, 4, &["II", "Thôn Lũng Chang"]);
    line(
        sheet,
        5,
        &["1", "H2", "Đàm Văn Long", "13/4/2023", "1.500.000"],
    );
    line(sheet, 6, &["", "", "Cộng", "", "1.500.000"]);
    line(sheet, 7, &["", "", "Tổng cộng", "", "2.837.000"]);
}

fn picture(sheet: &mut Worksheet) {
    let image = Image::new_from_buffer(&POINT).unwrap();
    sheet.insert_image(1, 1, &image).unwrap();
}

fn chart(sheet: &mut Worksheet) {
    for (row, value) in [1_337, 1_500, 163].iter().enumerate() {
        let row = u32::try_from(row).unwrap();
        sheet.write_number(row, 0, *value).unwrap();
    }
    let mut chart = Chart::new(ChartType::Column);
    chart.add_series().set_values("Sheet1!$A$1:$A$3");
    sheet.insert_chart(1, 2, &chart).unwrap();
}

fn letter(sheet: &mut Worksheet) {
    line(sheet, 0, &["Kính gửi: Ủy ban nhân dân huyện"]);
    line(sheet, 2, &["Xã báo cáo tình hình chi trả tháng 4 như sau."]);
}

/// A list as an office dresses it: titles, a coloured header of two rows, borders, widths, a hidden
/// row, a filter, a rule for colours, a choice of values, a comment of its own, a page to print, and
/// sheets beside it.
fn dressed(book: &mut Workbook) {
    let notes = book.add_worksheet().set_name("Hướng dẫn").unwrap();
    let red = Format::new().set_font_color(Color::Red);
    notes
        .write_string_with_format(0, 0, "Điền từ cột B", &red)
        .unwrap();
    let sheet = book.add_worksheet().set_name("Danh sách").unwrap();
    let letter = Format::new()
        .set_font_name("Times New Roman")
        .set_font_size(12);
    let cell = letter.clone().set_border(FormatBorder::Thin);
    let head = cell
        .clone()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_background_color(Color::RGB(0xDD_EB_F7));
    let title = letter
        .set_bold()
        .set_font_size(14)
        .set_align(FormatAlign::Center);
    sheet
        .merge_range(0, 0, 0, 4, "DANH SÁCH HỘ ĐƯỢC VAY VỐN NĂM 2023", &title)
        .unwrap();
    sheet.set_row_height(0, 24).unwrap();
    sheet.merge_range(2, 0, 3, 0, "STT", &head).unwrap();
    sheet.merge_range(2, 1, 2, 2, "Hộ gia đình", &head).unwrap();
    sheet.merge_range(2, 3, 3, 3, "Ngày", &head).unwrap();
    sheet.merge_range(2, 4, 3, 4, "Số tiền", &head).unwrap();
    for (column, name) in [(1, "Mã hộ"), (2, "Họ và tên")] {
        sheet.write_with_format(3, column, name, &head).unwrap();
    }
    let day = cell.clone().set_num_format("dd/mm/yyyy");
    let money = cell.clone().set_num_format("#,##0");
    let band = Color::RGB(0xFF_F2_CC);
    let lines = [
        ("H1", "Nông Thị Liên", 12, 1_337_000),
        ("H2", "Đàm Văn Long", 13, 1_500_000),
        ("H3", "Hà Thị Đào", 14, 163_000),
    ];
    for (row, (household, name, of_april, amount)) in (4..).zip(lines) {
        let dress = |format: &Format| match row {
            5 => format.clone().set_background_color(band),
            _ => format.clone(),
        };
        let number = Formula::new(format!("=ROW()-{}", 4)).set_result((row - 3).to_string());
        sheet
            .write_formula_with_format(row, 0, number, &dress(&cell))
            .unwrap();
        sheet
            .write_with_format(row, 1, household, &dress(&cell))
            .unwrap();
        sheet
            .write_with_format(row, 2, name, &dress(&cell))
            .unwrap();
        let april = ExcelDateTime::from_ymd(2023, 4, of_april).unwrap();
        sheet
            .write_datetime_with_format(row, 3, &april, &dress(&day))
            .unwrap();
        sheet
            .write_with_format(row, 4, amount, &dress(&money))
            .unwrap();
    }
    sheet.set_row_hidden(6).unwrap();
    for (column, width) in [(0, 6), (1, 10), (2, 26), (3, 13), (4, 16)] {
        sheet.set_column_width(column, width).unwrap();
    }
    sheet.set_column_hidden(5).unwrap();
    sheet.autofilter(3, 0, 6, 4).unwrap();
    let large = ConditionalFormatCell::new()
        .set_rule(ConditionalFormatCellRule::GreaterThan(1_400_000))
        .set_format(Format::new().set_bold());
    sheet.add_conditional_format(4, 4, 6, 4, &large).unwrap();
    let known = DataValidation::new()
        .allow_list_strings(&["H1", "H2", "H3"])
        .unwrap();
    sheet.add_data_validation(4, 1, 6, 1, &known).unwrap();
    let note = Note::new("đã gọi điện").set_author("Hà");
    sheet.insert_note(4, 2, &note).unwrap();
    sheet.set_freeze_panes(4, 0).unwrap();
    sheet.set_landscape().set_paper_size(9);
    sheet.set_repeat_rows(2, 3).unwrap();
    sheet.set_header("&CXã Lục Bình");
    let codes = book.add_worksheet().set_name("Danh mục").unwrap();
    line(codes, 0, &["vbsp", "Ngân hàng Chính sách xã hội"]);
    book.define_name("Nguồn", "='Danh mục'!$A$1").unwrap();
}

#[allow(dead_code, reason = "a test takes the books without the program")]
fn main() {
    let folder = std::env::args().nth(1).expect("a folder");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in books() {
        let path = std::path::Path::new(&folder).join(format!("{name}.xlsx"));
        std::fs::write(&path, bytes).unwrap();
        println!("{}", path.display());
    }
}
