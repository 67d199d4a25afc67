//! What reading a list promises, whatever the list.

use chrono::NaiveDate;
use proptest::prelude::*;

use crate::domain::Sex;
use crate::domain::language::Explain;
use crate::domain::{Code, HouseholdClass, Lang, Money, Period, Quantity, Stage};
use crate::import::limits::LONGEST_CELL;
use crate::import::*;

fn units() -> Units<'static> {
    Units {
        currency_decimals: 0,
        of_kind: &|kind| match kind {
            "boarding_rice" => Some(("kg".into(), 3)),
            "livestock" => Some(("head".into(), 0)),
            _ => None,
        },
        of_support: &|reference| (reference == "R-1").then(|| ("kg".into(), 3)),
        decimals: &|unit| match unit {
            "kg" => Some(3),
            "con" => Some(0),
            _ => None,
        },
    }
}

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn codes<R>(list: &ListRead<R>) -> Vec<(Option<u64>, Option<&str>, &'static str)> {
    let issues = list.issues.iter();
    issues
        .map(|issue| (issue.row, issue.column.as_deref(), issue.code()))
        .collect()
}

fn supports(text: &str) -> ListRead<SupportRow> {
    read_supports(
        text.as_bytes(),
        "ho-tro.csv",
        &ReadOptions::default(),
        &units(),
    )
}

const HOUSEHOLDS: &str = "Ghi chú;THÔN;Mã hộ;Họ và tên chủ hộ;Phân loại;Ngày áp dụng;Số nhân khẩu\n\
    \"dòng một\ndòng hai\";Cao Lộc;HN-01; Hoàng  Thị Mai ;Hộ nghèo;1/1/2023;04\n\
    ;Lũng Chang;HN-02;Đặng Văn Điệp;;;\n";

fn check_households(list: &ListRead<HouseholdRow>) {
    assert_eq!(list.issues, []);
    let [first, second] = list.rows.as_slice() else {
        panic!("{:?}", list.rows)
    };
    assert_eq!(
        *first,
        HouseholdRow {
            row: 2,
            household: code("HN-01"),
            head: Some("Hoàng Thị Mai".into()),
            village: Some(code("Cao Lộc")),
            class: ClassCell::Given(HouseholdClass::Poor),
            class_from: Some(day("2023-01-01")),
            ethnicity: None,
            id_number: None,
            members: Some(4),
            poverty_code: None,
            note: Some("dòng một\ndòng hai".into()),
        }
    );
    assert_eq!(second.row, 3);
    assert_eq!(second.class, ClassCell::Empty);
}

#[test]
fn a_list_is_the_same_in_every_encoding_and_form() {
    let nfd: String = unicode_normalization::UnicodeNormalization::nfd(HOUSEHOLDS).collect();
    let marked = format!("\u{FEFF}{HOUSEHOLDS}");
    let windows = HOUSEHOLDS.replace('\n', "\r\n");
    for text in [HOUSEHOLDS, &nfd, &marked, &windows] {
        check_households(&read_households(
            text.as_bytes(),
            "ho.csv",
            &ReadOptions::default(),
        ));
    }
    let wide = marked.encode_utf16();
    let little: Vec<u8> = wide.clone().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = wide.flat_map(u16::to_be_bytes).collect();
    check_households(&read_households(&little, "ho.csv", &ReadOptions::default()));
    check_households(&read_households(&big, "ho.csv", &ReadOptions::default()));
}

#[test]
fn windows_1258_is_read_and_told() {
    // "hộ,chủ hộ,màu" and "HN-01,Lê Văn Đính,x" as the code page writes them.
    let bytes = b"h\xF4\xF2,chu\xD2 h\xF4\xF2,m\xE0u\nHN-01,L\xEA V\xE3n \xD0\xEDnh,x\n";
    let list = read_households(bytes, "ho.csv", &ReadOptions::default());
    let notices: Vec<&str> = list.notices.iter().map(Explain::code).collect();
    assert_eq!(notices, ["decoded_as_windows_1258", "unknown_column"]);
    assert_eq!(list.rows[0].head.as_deref(), Some("Lê Văn Đính"));
}

#[test]
fn a_named_support_and_a_group_are_read() {
    let list = supports(
        "ref,kind,household,count,class,group,village,amount,quantity,occurred_on,covers,\
         document,stage,counterpart\n\
         R-1,boarding_rice,HN-01,,poor,,,,1.125,12/4/2023,học kỳ 2 năm học 2022-2023,\
         Quyết định số 20/QĐ-UBND ngày 28/02/2023 của UBND xã,chi trả,\n\
         R-2,legal_aid,,119,none,,Cao Lộc; Lũng Chang,,,2023-03-10,,,tổ chức,\n\
         R-3,livestock,,0,,,,\"500,000,000\",12,2023-03-10,quý I/2023,,,25.000.000\n",
    );
    assert_eq!(list.issues, []);
    let [rice, aid, goats] = list.rows.as_slice() else {
        panic!("{:?}", list.rows)
    };
    assert_eq!(rice.quantity, Some(Quantity::whole(1125)));
    assert_eq!(rice.unit.as_deref(), Some("kg"));
    assert_eq!(rice.covers.unwrap().to_string(), "SY2022-2023-S2");
    assert_eq!(rice.stage, Some(Stage::Disbursed));
    let document = rice.document.clone().unwrap();
    assert_eq!(document.number.as_deref(), Some("20/QĐ-UBND"));
    assert_eq!(aid.villages, [code("Cao Lộc"), code("Lũng Chang")]);
    assert_eq!((aid.class, aid.count), (ClassCell::None, Some(119)));
    assert_eq!(goats.amount, Some(Money::whole(500_000_000)));
    assert_eq!(goats.counterpart, Some(Money::whole(25_000_000)));
    assert_eq!(goats.count, Some(0));
    assert_eq!(goats.unit.as_deref(), Some("head"));
}

#[test]
fn all_issues_of_all_rows_come_at_once_and_sound_rows_stay() {
    let list = supports(
        "ref;kind;household;person;count;class;amount;quantity;ngày;covers;note\n\
         R-1;livestock;;;;giàu;1000,5;1,5;31/4/2023;quý V/2023;=1+1\n\
         R-2;;HN-01;;3;;-5;;12/4/23;;x\n\
         R-3;wifi;HN-01;;;;@SUM(A1);2;45028;;x\n\
         R-4;livestock;;P-1;;;5;3;12/4/2023;;x\n\
         =1+1;livestock;006080001235;;;;năm;3;4/30/2023;;a\tb\n\
         6.08E+10;wifi;HN-01;;;;;;;;;thừa\n",
    );
    assert_eq!(
        codes(&list),
        [
            (Some(2), None, "no_beneficiary"),
            (Some(2), Some("class"), "unknown_class"),
            (Some(2), Some("amount"), "fraction_not_allowed"),
            (Some(2), Some("quantity"), "fraction_not_allowed"),
            (Some(2), Some("ngày"), "no_such_date"),
            (Some(2), Some("covers"), "no_such_period"),
            (Some(2), Some("note"), "formula"),
            (Some(3), Some("kind"), "empty_cell"),
            (Some(3), Some("count"), "count_of_named"),
            (Some(3), Some("amount"), "negative_number"),
            (Some(3), Some("ngày"), "short_year"),
            (Some(4), Some("amount"), "formula"),
            (Some(4), Some("quantity"), "no_unit"),
            (Some(4), Some("ngày"), "date_is_number"),
            (Some(6), Some("ref"), "formula"),
            (Some(6), Some("household"), "citizen_id_as_code"),
            (Some(6), Some("amount"), "not_a_number"),
            (Some(6), Some("ngày"), "month_first"),
            (Some(6), Some("note"), "control_character"),
            (Some(7), Some("L"), "cell_without_column"),
            (Some(7), Some("ngày"), "empty_cell"),
            (Some(7), Some("ref"), "shortened_number"),
        ]
    );
    assert_eq!(list.rows.len(), 1);
    assert_eq!(list.rows[0].person, Some(code("P-1")));
    assert_eq!(list.raw.len(), 6);
    let first = list.issues[2].spoken(Lang::En);
    assert_eq!(first.value.as_deref(), Some("1000,5"));
    assert_eq!(first.file, "ho-tro.csv");
}

/// Long enough to be read by two threads, and of few texts, so that most are read again.
#[test]
fn a_long_list_reads_as_each_of_its_rows_alone() {
    let header =
        "kind,household,class,stage,amount,occurred_on,covers,source,village,document,quantity\n";
    let row = |n: usize| {
        let day = ["12/4/2023", "31/4/2023", "2023-04-12", "12/4/23"][n % 4];
        let amount = ["1.000", "-5", "2.000.000 đ", "=1+1", " 7 "][n % 5];
        let class = ["nghèo", "giàu", "hộ  cận nghèo"][n % 3];
        let covers = ["quý I/2023", "quý V/2023"][n / 20 % 2];
        let paper = ["20/QĐ-UBND", "@SUM(A1)", "Kế  hoạch 54/KH-UBND"][n / 3 % 3];
        let kind = ["livestock", "boarding_rice", "wifi"][n / 2 % 3];
        format!("{kind},HN-01,{class},chi trả,{amount},{day},{covers},vbsp,A; B,{paper},{n}\n")
    };
    let texts: Vec<String> = (0..40).map(row).collect();
    let alone = texts
        .iter()
        .map(|text| supports(&format!("{header}{text}")));
    let alone: Vec<ListRead<SupportRow>> = alone.collect();
    let (mut rows, mut issues) = (Vec::new(), Vec::new());
    let mut file = header.to_owned();
    for (place, number) in (2_u64..4_502).enumerate() {
        file.push_str(&texts[place % 40]);
        let read = &alone[place % 40];
        rows.extend(read.rows.iter().cloned().map(|mut row| {
            row.row = number;
            row
        }));
        issues.extend(read.issues.iter().cloned().map(|mut issue| {
            issue.row = Some(number);
            issue
        }));
    }
    assert!(rows.len() > 100 && issues.len() > 4_500);
    let list = supports(&file);
    assert_eq!(list.rows, rows);
    assert_eq!(list.issues, issues);
}

#[test]
fn a_tab_before_a_number_is_the_mark_of_a_formula() {
    let list = supports("kind,household,occurred_on,amount\nwifi,HN-01,2023-01-01,\t5\n");
    assert_eq!(codes(&list), [(Some(2), Some("amount"), "formula")]);
}

#[test]
fn a_cell_beyond_the_limit_is_refused() {
    let long = "x".repeat(LONGEST_CELL + 1);
    let list = read_cohort(
        format!("hộ,ghi chú\nHN-01,{long}\n").as_bytes(),
        "a.csv",
        &ReadOptions::default(),
    );
    assert_eq!(codes(&list), [(Some(2), Some("ghi chú"), "cell_too_long")]);
}

#[test]
fn a_file_that_is_no_list_says_what_it_is() {
    for (bytes, code) in [
        (
            b"PK\x03\x04 xl/workbook.xml".as_slice(),
            "workbook_unreadable",
        ),
        (b"%PDF-1.4", "not_a_list"),
        (b"a\0b", "binary_file"),
        (b"", "empty_file"),
        ("hộ,ghi chú\n".as_bytes(), "no_rows"),
        ("hộ,ghi chú\nHN-01,\"x\n".as_bytes(), "open_quote"),
        ("chủ hộ\nMai\n".as_bytes(), "missing_column"),
        ("hộ,Mã hộ\nHN-01,HN-01\n".as_bytes(), "column_twice"),
    ] {
        let list = read_cohort(bytes, "a.csv", &ReadOptions::default());
        let [issue] = list.issues.as_slice() else {
            panic!("{code}: {:?}", list.issues)
        };
        assert_eq!(issue.code(), code);
        assert!(issue.hint(Lang::Vi).is_some());
        assert!(list.rows.is_empty());
    }
}

#[test]
fn a_header_issue_names_both_columns_or_what_would_do() {
    let twice = read_cohort(
        "hộ,Mã hộ\nHN-01,HN-01\n".as_bytes(),
        "a.csv",
        &ReadOptions::default(),
    );
    let message = twice.issues[0].message(Lang::Vi);
    assert!(
        message.contains("\"hộ\"") && message.contains("\"Mã hộ\""),
        "{message}"
    );
    let missing = supports("chính sách;ngày\nwifi;1/1/2023\n");
    let line = missing.issues[0].line(Lang::En);
    for name in ["household", "person", "count", "mã hộ"] {
        assert!(line.contains(name), "{line}");
    }
    let thousands = supports("chính sách;hộ;ngày;Số tiền (triệu đồng)\nwifi;1;1/1/2023;5\n");
    assert_eq!(
        codes(&thousands),
        [(Some(1), Some("Số tiền (triệu đồng)"), "amounts_not_in_full")]
    );
}

#[test]
fn dots_used_in_two_ways_are_noticed() {
    let list = supports(
        "kind,household,occurred_on,quantity\n\
         boarding_rice,HN-01,2023-01-01,1.125\n\
         boarding_rice,HN-02,2023-01-01,1.5\n",
    );
    assert_eq!(list.issues, []);
    let dots = ImportNotice::MixedDots {
        column: "quantity".into(),
        thousands: (2, "1.125".into()),
        decimals: (3, "1.5".into()),
    };
    assert_eq!(list.notices, [dots]);
}

#[test]
fn the_other_lists_are_read() {
    let persons = "Mã nhân khẩu;hộ;Họ và tên;Năm sinh;Giới tính;Số CCCD\n\
                   P-1;HN-01;Mai;1961;Nữ;006080001235\nP-2;HN-01;Điệp;12/4/2015;nam;\n";
    let list = read_persons(persons.as_bytes(), "a.csv", &ReadOptions::default());
    assert_eq!(list.issues, []);
    assert_eq!(list.rows[0].born, Some(Born::In(1961)));
    assert_eq!(list.rows[0].sex, Some(Sex::Female));
    assert_eq!(list.rows[0].id_number.as_deref(), Some("006080001235"));
    assert_eq!(list.rows[1].born, Some(Born::On(day("2015-04-12"))));

    let projects = "Mã dự án;Tên dự án;Số lượng;ĐVT;Kinh phí;Nguồn vốn\n\
                    DE-01;Nuôi dê;120;con;500.000.000;state_budget\nX;Y;1;tấn;;\nZ;Y;1;;;\n";
    let list = read_projects(
        projects.as_bytes(),
        "a.csv",
        &ReadOptions::default(),
        &units(),
    );
    assert_eq!(list.rows[0].quantity, Some(Quantity::whole(120)));
    assert_eq!(list.rows[0].amount, Some(Money::whole(500_000_000)));
    assert_eq!(
        codes(&list),
        [
            (Some(3), Some("Số lượng"), "unknown_unit"),
            (Some(4), Some("Số lượng"), "unknown_unit"),
        ]
    );

    let members = "dự án;hộ;vai trò\nDE-01;HN-01;experienced\n";
    let list = read_members(members.as_bytes(), "a.csv", &ReadOptions::default());
    assert_eq!(list.rows[0].role.as_deref(), Some("experienced"));

    let stages = "ref,giai đoạn,ngày,số lượng\nR-1,quyết toán,30/6/2023,\"45,5\"\nR-2,xong,x,1\n";
    let list = read_stages(
        stages.as_bytes(),
        "a.csv",
        &ReadOptions::default(),
        &units(),
    );
    assert_eq!(list.rows[0].stage, Stage::Settled);
    assert_eq!(list.rows[0].quantity.unwrap().to_string(), "45.5");
    assert_eq!(
        codes(&list),
        [
            (Some(3), Some("giai đoạn"), "unknown_stage"),
            (Some(3), Some("ngày"), "bad_date"),
            (Some(3), Some("số lượng"), "no_unit"),
        ]
    );
}

#[test]
fn rejected_rows_come_back_with_their_reasons_and_can_be_imported_once_corrected() {
    let list = supports(
        "kind;household;occurred_on;amount;reason;note\n\
         wifi;HN-01;31/4/2023;-5;vì; =2+3\n\
         wifi;HN-02;12/4/2023;5;;tốt\n\
         wifi;HN-03;12/4/23;5;;+84 912;thừa\n",
    );
    let file = list.write_rejects(&list.issues, Lang::Vi).unwrap();
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(text.starts_with(
        "\u{FEFF}kind;household;occurred_on;amount;reason;note;;row;column;reason\r\n"
    ));
    assert!(text.contains("HN-01") && text.contains("HN-03") && !text.contains("HN-02"));
    assert!(
        text.contains("vì;' =2+3;;2;\"amount; occurred_on; note\";"),
        "{text}"
    );
    assert!(
        text.contains("ngày \"\"31/4/2023\"\" không tồn tại"),
        "{text}"
    );
    assert!(text.contains(";+84 912;thừa;4;"), "{text}");

    let again = read_supports(&file, "rejects.csv", &ReadOptions::default(), &units());
    assert_eq!(again.issues.len(), list.issues.len());
    let twice = again.write_rejects(&again.issues, Lang::Vi).unwrap();
    let header = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(header(&twice), header(&file));

    let corrected = text
        .replace("31/4/2023;-5", "30/4/2023;5")
        .replace("' =2+3", "5")
        .replace(";12/4/23;", ";12/4/2023;")
        .replace(";thừa;", ";;");
    let corrected = supports(&corrected);
    assert_eq!(corrected.issues, []);
    assert_eq!(corrected.notices, []);
    assert_eq!(corrected.rows[0].reason.as_deref(), Some("vì"));
    assert_eq!(corrected.rows[1].note.as_deref(), Some("+84 912"));
}

#[test]
fn nothing_in_the_rejects_runs_as_a_formula() {
    let list = read_cohort(
        "hộ;ghi chú\nx;=cmd|' /C calc'!A0\n@y;-2+3\nz;-5\n".as_bytes(),
        "a.csv",
        &ReadOptions::default(),
    );
    let all: Vec<ImportIssue> = (2..=4)
        .map(|row| ImportIssue {
            row: Some(row),
            ..list.issues[0].clone()
        })
        .collect();
    let text = String::from_utf8(list.write_rejects(&all, Lang::En).unwrap()).unwrap();
    assert!(
        text.contains("x;'=cmd") && text.contains("'@y;'-2+3") && text.contains("z;-5"),
        "{text}"
    );
}

#[test]
fn another_room_can_refuse_a_row_in_its_own_words() {
    let list = supports("chính sách;hộ;ngày\nwifi;HN-09;1/1/2023\n");
    let error = crate::domain::PeriodError::Form("x".into());
    let issue = list.issue_at(2, Some("household"), &error);
    assert_eq!(issue.column.as_deref(), Some("hộ"));
    assert_eq!(issue.value.as_deref(), Some("HN-09"));
    assert_eq!(issue.code(), "bad_period");
    assert_eq!(issue.message(Lang::En), error.message(Lang::En));
}

#[test]
fn a_file_is_loaded_and_one_over_the_limit_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("nhỏ.csv");
    std::fs::write(&small, "hộ\n1\n").unwrap();
    assert_eq!(load(&small).unwrap(), "hộ\n1\n".as_bytes());
    let large = folder.path().join("lớn.csv");
    std::fs::File::create(&large)
        .unwrap()
        .set_len(200_000_000)
        .unwrap();
    let issue = load(&large).unwrap_err();
    assert_eq!((issue.code(), &*issue.file), ("file_too_large", "lớn.csv"));
    assert_eq!(
        load(&folder.path().join("x")).unwrap_err().code(),
        "unreadable_file"
    );
}

fn any_code() -> impl Strategy<Value = Code> {
    "[A-ZĐ][A-Za-z0-9ộưế,./_-]{0,8}".prop_map(|text| Code::new(&text).unwrap())
}

fn any_text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[A-ZĐa-zộưế][a-zộưế,;\"]{0,8}( [a-zộ0-9]{1,4}){0,2}(\n[a-z]{1,4})?")
}

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0..90_000_u64).prop_map(|days| day("1900-01-01") + chrono::Days::new(days))
}

fn any_class() -> impl Strategy<Value = ClassCell> {
    let given = proptest::sample::select(HouseholdClass::ALL.to_vec()).prop_map(ClassCell::Given);
    prop_oneof![given, Just(ClassCell::None), Just(ClassCell::Empty)]
}

prop_compose! {
    fn any_support()(
        reference in proptest::option::of(any_code()),
        stage in proptest::option::of(proptest::sample::select(Stage::ALL.to_vec())),
        household in proptest::option::of(any_code()),
        count in 0..5_000_u64,
        class in any_class(),
        villages in proptest::collection::vec(any_code(), 0..3),
        money in proptest::option::of(0..=999_999_999_999_999_i64),
        kilograms in proptest::option::of(0..=999_999_999_i64),
        occurred_on in any_day(),
        covers in proptest::option::of(crate::domain::period::tests::any_period()),
        (recipient, note) in (any_text(), any_text()),
    ) -> SupportRow {
        SupportRow {
            row: 0,
            reference,
            kind: "boarding_rice".into(),
            stage,
            count: household.is_none().then_some(count),
            household,
            person: None,
            name: None,
            id_number: None,
            class,
            group: None,
            villages,
            amount: money.map(Money::whole),
            counterpart: None,
            quantity: kilograms.map(Quantity::from_thousandths),
            unit: kilograms.map(|_| "kg".into()),
            occurred_on,
            covers,
            source: None,
            project: None,
            lender: None,
            recipient,
            ground: None,
            document: None,
            reason: None,
            note,
        }
    }
}

/// Writes supports as an office would: Vietnamese header, decimals after a comma.
fn written(rows: &[SupportRow], delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(vec![]);
    writer
        .write_record([
            "Mã lượt",
            "Chính sách",
            "Giai đoạn",
            "Hộ",
            "Số người",
            "Diện",
            "Thôn",
            "Số tiền",
            "Số lượng",
            "Ngày",
            "Kỳ hưởng",
            "Người nhận",
            "Ghi chú",
        ])
        .unwrap();
    let shown =
        |value: Option<&dyn std::fmt::Display>| value.map(|v| v.to_string()).unwrap_or_default();
    for row in rows {
        let class = match row.class {
            ClassCell::Given(class) => class.name().vi,
            ClassCell::None => "không".into(),
            ClassCell::Empty => String::new(),
        };
        let villages: Vec<&str> = row.villages.iter().map(Code::as_str).collect();
        let quantity = row.quantity.map(|quantity| {
            let text = quantity.to_string();
            text.replace('.', ",")
        });
        writer
            .write_record([
                shown(row.reference.as_ref().map(|v| v as _)),
                row.kind.to_string(),
                row.stage.map(|stage| stage.name().vi).unwrap_or_default(),
                shown(row.household.as_ref().map(|v| v as _)),
                shown(row.count.as_ref().map(|v| v as _)),
                class,
                villages.join("; "),
                shown(row.amount.as_ref().map(|v| v as _)),
                quantity.unwrap_or_default(),
                row.occurred_on.format("%-d/%-m/%Y").to_string(),
                row.covers
                    .map(|period: Period| period.to_string())
                    .unwrap_or_default(),
                row.recipient.clone().unwrap_or_default(),
                row.note.clone().unwrap_or_default(),
            ])
            .unwrap();
    }
    writer.into_inner().unwrap()
}

/// A row that could not be read has an issue, and a row with an issue is not among the rows.
fn check_that_no_row_vanishes<R>(list: &ListRead<R>) {
    let first = list.raw.first().map_or(u64::MAX, |raw| raw.row);
    if list
        .issues
        .iter()
        .any(|issue| issue.row.is_none_or(|row| row < first))
    {
        assert!(list.rows.is_empty());
        return;
    }
    let rejected: std::collections::BTreeSet<_> = list.issues.iter().map(|i| i.row).collect();
    assert_eq!(list.rows.len() + rejected.len(), list.raw.len());
}

proptest! {
    #[test]
    fn reading_a_written_list_gives_the_same_values(
        rows in proptest::collection::vec(any_support(), 1..6),
        delimiter in proptest::sample::select(vec![b',', b';', b'\t']),
    ) {
        let list = read_supports(&written(&rows, delimiter), "a.csv", &ReadOptions::default(), &units());
        prop_assert_eq!(&list.issues, &[]);
        let expected: Vec<SupportRow> = (2..)
            .zip(rows)
            .map(|(row, support)| SupportRow { row, ..support })
            .collect();
        prop_assert_eq!(list.rows, expected);
    }

    #[test]
    fn arbitrary_bytes_never_break_a_reader(bytes in any::<Vec<u8>>()) {
        check_that_no_row_vanishes(&read_households(&bytes, "a.csv", &ReadOptions::default()));
        check_that_no_row_vanishes(&read_supports(&bytes, "a.csv", &ReadOptions::default(), &units()));
    }

    #[test]
    fn arbitrary_cells_never_break_a_reader(
        cells in "([-=+@'\"0-9a-zộ.,/ \t\n;\u{200B}\u{7}]{0,6};){1,40}",
    ) {
        let head = "hộ;dự án;chính sách;ngày;số người;ref;giai đoạn;người;số tiền;số lượng\n";
        let bytes = format!("{head}{cells}").into_bytes();
        check_that_no_row_vanishes(&read_supports(&bytes, "a.csv", &ReadOptions::default(), &units()));
        check_that_no_row_vanishes(&read_stages(&bytes, "a.csv", &ReadOptions::default(), &units()));
        check_that_no_row_vanishes(&read_persons(&bytes, "a.csv", &ReadOptions::default()));
        check_that_no_row_vanishes(&read_projects(&bytes, "a.csv", &ReadOptions::default(), &units()));
        check_that_no_row_vanishes(&read_members(&bytes, "a.csv", &ReadOptions::default()));
        let list = read_households(&bytes, "a.csv", &ReadOptions::default());
        check_that_no_row_vanishes(&list);
        list.write_rejects(&list.issues, Lang::Vi).unwrap();
    }
}
