//! Workbooks of 100,000 rows: reading a list out of one, out of the same list as CSV, and writing
//! one. What an import takes as a whole is measured by `time socai import supports LIST`.
//!
//! `cargo bench --bench workbooks`; `SOCAI_BENCH_ROWS=100000` chooses the size.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark stops where it cannot go on"
)]

use std::fmt::Write as _;

use criterion::{Criterion, criterion_group, criterion_main};
use rust_xlsxwriter::Workbook;
use socai::domain::Lang;
use socai::import::{ReadOptions, Units, read_supports};
use socai::sheet::{Book, Cell, Column, Page, write};

fn rows() -> u32 {
    let named = std::env::var("SOCAI_BENCH_ROWS").unwrap_or_else(|_| "100000".to_owned());
    named.parse().unwrap()
}

fn list(rows: u32) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let header = [
        "STT",
        "Mã dòng",
        "Chính sách",
        "Mã hộ",
        "Ngày",
        "Số tiền",
        "Nguồn vốn",
        "Ghi chú",
    ];
    for (column, name) in (0..).zip(header) {
        sheet.write_string(0, column, name).unwrap();
    }
    for row in 1..=rows {
        let texts = [
            (1, format!("R-{row:06}")),
            (2, "preferential_loan".to_owned()),
            (3, format!("H{:05}", row % 20_000)),
            (4, format!("{}/4/2023", row % 28 + 1)),
            (6, "vbsp".to_owned()),
            (7, "chi tại trụ sở".to_owned()),
        ];
        sheet.write_number(row, 0, row).unwrap();
        sheet.write_number(row, 5, row * 1_000).unwrap();
        for (column, text) in texts {
            sheet.write_string(row, column, text).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// The same list as a file of text.
fn text(rows: u32) -> String {
    let mut text = "STT,Mã dòng,Chính sách,Mã hộ,Ngày,Số tiền,Nguồn vốn,Ghi chú\n".to_owned();
    for row in 1..=rows {
        let (household, day, amount) = (row % 20_000, row % 28 + 1, row * 1_000);
        writeln!(
            text,
            "{row},R-{row:06},preferential_loan,H{household:05},{day}/4/2023,{amount},vbsp,chi tại trụ sở"
        )
        .unwrap();
    }
    text
}

fn page(rows: u32) -> Book {
    let row = |row: u32| {
        vec![
            Cell::count(row),
            Cell::text(format!("LB-{row:06}")),
            Cell::text("Nông Thị Liên"),
            Cell::text("Cao Lộc"),
            Cell::text("hộ nghèo"),
            Cell::Number(i128::from(row) * 1_000_000),
        ]
    };
    Book {
        lang: Lang::Vi,
        origin: Vec::new(),
        pages: vec![Page {
            columns: vec![
                Column::number("STT"),
                Column::text("Mã hộ"),
                Column::text("Chủ hộ"),
                Column::text("Thôn"),
                Column::text("Phân loại"),
                Column::summed("Số tiền"),
            ],
            name: "Hộ".to_owned(),
            rows: (1..=rows).map(row).collect(),
            title: vec!["DANH SÁCH".to_owned()],
            ..Page::default()
        }],
    }
}

fn workbooks(criterion: &mut Criterion) {
    let rows = rows();
    let bytes = list(rows);
    let text = text(rows);
    let book = page(rows);
    let mut group = criterion.benchmark_group(format!("{rows} rows"));
    group.sample_size(10);
    group.bench_function("a list out of a workbook", |bench| {
        bench.iter(|| {
            let read = read_supports(&bytes, "list.xlsx", &ReadOptions::default(), &Units::NONE);
            assert!(read.issues.is_empty());
        });
    });
    group.bench_function("the same list out of CSV", |bench| {
        bench.iter(|| {
            let bytes = text.as_bytes();
            let read = read_supports(bytes, "list.csv", &ReadOptions::default(), &Units::NONE);
            assert!(read.issues.is_empty());
        });
    });
    group.bench_function("a workbook out", |bench| {
        bench.iter(|| write(&book).unwrap())
    });
    group.finish();
}

criterion_group!(benches, workbooks);
criterion_main!(benches);
