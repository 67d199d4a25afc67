//! The ledger for the tools of others: what they read is what `figures` says.

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
use std::fs::File;
use std::process::Command;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::RowAccessor as _;
use rust_decimal::Decimal;

mod runner;
use runner::Place;

/// Loans that were corrected in an open and in a closed period, reversed and partly taken back; a
/// budget; an approval that was paid and one that was not.
fn place() -> Place {
    let place = Place::new();
    let list = "ref,kind,household,occurred_on,amount,source,stage\n\
                V1,preferential_loan,H1,2023-01-10,66.850.000,vbsp,disbursed\n\
                V2,preferential_loan,H2,2023-02-10,50.000.000,vbsp,disbursed\n\
                V3,preferential_loan,H3,2023-03-10,1.000.000,vbsp,disbursed\n\
                HS1,housing,H1,2023-03-01,40.000.000,state_budget,approved\n\
                HS2,housing,H2,2023-03-01,30.000.000,state_budget,approved\n";
    let ran = place.import("supports", list.as_bytes(), "");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    for line in [
        "advance HS1 --to disbursed --on 2023-04-02",
        "correct V3 --amount 2.000.000 --reason wrong",
        "period close --through 2023-03-31",
        "correct V2 --amount 45.000.000 --reason checked",
        "record recovery V1 --amount 850.000 --on 2023-05-01 --source vbsp --reason late",
        "record allocation --programme ntp_poverty_reduction --source vbsp --period 2023 \
         --amount 200.000.000 --document 12/QĐ-UBND",
    ] {
        let ran = place.run(line);
        assert_eq!(ran.status, 0, "{line}: {}{}", ran.out, ran.err);
    }
    place
}

/// Kind and stage to amount and recovered, as `figures` gives them.
fn figures(place: &Place) -> BTreeMap<(String, String), (Decimal, Decimal)> {
    let ran = place.json("figures --period 2000..2100 --by kind,stage --stage all");
    let rows = ran.json()["rows"].as_array().unwrap().clone();
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| {
            let number = |name| text(row, name).parse::<Decimal>().unwrap();
            let key = (text(row, "kind"), text(row, "stage"));
            (key, (number("amount"), number("recovered")))
        })
        .collect()
}

#[test]
fn csv_adds_up_to_the_figures_and_names_nobody() {
    let place = place();
    let dir = place.out("tables");
    let ran = place.run(&format!("export csv {dir}"));
    assert_eq!(ran.status, 0, "{}", ran.err);
    let mut sums: BTreeMap<(String, String), (Decimal, Decimal)> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(format!("{dir}/supports.csv")).unwrap();
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let sum = sums
            .entry((row["kind"].clone(), row["stage"].clone()))
            .or_default();
        sum.0 += row["amount"].parse::<Decimal>().unwrap();
        sum.1 += row["recovered"].parse::<Decimal>().unwrap();
    }
    assert_eq!(sums, figures(&place));
    let mut tables = 0;
    for entry in std::fs::read_dir(&dir).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("Nông Thị Liên"));
        tables += 1;
    }
    assert_eq!(tables, 14);
    let corrections = std::fs::read_to_string(format!("{dir}/corrections.csv")).unwrap();
    assert_eq!(corrections.lines().count(), 4, "{corrections}");
    let ran = place.json(&format!("export csv {dir}"));
    assert_eq!(
        (ran.status, ran.error()["code"].as_str()),
        (1, Some("folder_not_empty"))
    );
    let named = place.out("named");
    assert_eq!(
        place.run(&format!("export csv {named} --personal")).status,
        0
    );
    let text = std::fs::read_to_string(format!("{named}/households.csv")).unwrap();
    assert!(text.contains("Nông Thị Liên"));
    let log = place.run("access show");
    assert!(log.out.contains("export csv"), "{}", log.out);
}

#[test]
fn every_column_of_every_table_is_described() {
    let place = place();
    let dir = place.out("tables");
    assert_eq!(place.run(&format!("export csv {dir} --personal")).status, 0);
    let mut described: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(format!("{dir}/columns.csv")).unwrap();
    for row in reader.records() {
        let row = row.unwrap();
        assert!(!row[3].is_empty() && !row[4].is_empty(), "{row:?}");
        let columns = described.entry(row[0].to_owned()).or_default();
        columns.extend((!row[1].is_empty()).then(|| row[1].to_owned()));
    }
    assert_eq!(described.len(), 13);
    for (table, columns) in described {
        let mut reader = csv::Reader::from_path(format!("{dir}/{table}.csv")).unwrap();
        let header: Vec<String> = reader
            .headers()
            .unwrap()
            .iter()
            .map(str::to_owned)
            .collect();
        assert_eq!(header, columns, "{table}");
        for row in reader.records() {
            row.unwrap();
        }
    }
}

#[test]
fn parquet_holds_the_same_exact_numbers_and_days() {
    let place = place();
    let dir = place.out("parquet");
    let ran = place.run(&format!("export parquet {dir}"));
    assert_eq!(ran.status, 0, "{}", ran.err);
    let file = File::open(format!("{dir}/supports.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let meta = reader.metadata().file_metadata();
    let schema = meta.schema_descr();
    let place_of = |name: &str| {
        let columns = schema.columns().iter();
        columns
            .map(|column| column.name().to_owned())
            .position(|known| known == name)
            .unwrap()
    };
    let stated = meta.key_value_metadata().unwrap();
    let root = place.json("figures --period 2023").json()["as_of"]["root"].clone();
    let said = stated
        .iter()
        .find(|one| one.key == "socai.as_of.root")
        .unwrap();
    assert_eq!(said.value.as_deref(), root.as_str());
    let mut sums: BTreeMap<(String, String), (Decimal, Decimal)> = BTreeMap::new();
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let text = |name| row.get_string(place_of(name)).unwrap().clone();
        let decimal = |name| {
            let number = row.get_decimal(place_of(name)).unwrap();
            assert_eq!((number.scale(), number.precision()), (3, 18));
            let bytes: [u8; 8] = number.data().try_into().unwrap();
            Decimal::new(i64::from_be_bytes(bytes), 3).normalize()
        };
        let sum = sums.entry((text("kind"), text("stage"))).or_default();
        sum.0 += decimal("amount");
        sum.1 += decimal("recovered");
        if row.get_string(place_of("ref")).is_ok_and(|it| it == "V1")
            && row.get_long(place_of("recovery")).unwrap() == 0
        {
            let day = {
                let mut cells = row.get_column_iter();
                cells.nth(place_of("occurred_on")).unwrap().1.to_string()
            };
            assert!(day.starts_with("2023-01-10"), "{day}");
        }
    }
    assert_eq!(sums, figures(&place));
}

#[test]
fn json_lines_are_the_events_as_they_are_hashed() {
    let place = place();
    let file = place.out("all.jsonl");
    assert_eq!(place.run(&format!("export jsonl {file}")).status, 0);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text, place.run("events --raw").out);
    let early = place.out("early.jsonl");
    assert_eq!(
        place.run(&format!("export jsonl {early} --as-of 5")).status,
        0
    );
    assert_eq!(std::fs::read_to_string(&early).unwrap().lines().count(), 5);
    assert_eq!(place.run(&format!("export jsonl {file}")).status, 1);
}

/// The balance of an account in a journal, in its own way of adding up.
fn balances(journal: &str) -> BTreeMap<String, Decimal> {
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut whole = Decimal::ZERO;
    for line in journal
        .lines()
        .filter(|line| line.starts_with("    ") && line.ends_with(" VND"))
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.len() != 3 {
            continue;
        }
        let amount: Decimal = words[1].parse().unwrap();
        *sums.entry(words[0].to_owned()).or_default() += amount;
        whole += amount;
    }
    assert_eq!(whole, Decimal::ZERO, "debits and credits differ");
    sums
}

#[test]
fn the_journal_balances_and_comes_to_what_was_paid_taken_back_and_committed() {
    let place = place();
    let file = place.out("books.journal");
    let ran = place.run(&format!("export hledger {file}"));
    assert_eq!(ran.status, 0, "{}", ran.err);
    let text = std::fs::read_to_string(&file).unwrap();
    let sums = balances(&text);
    let figures = figures(&place);
    for ((kind, stage), (amount, recovered)) in figures {
        if stage == "disbursed" {
            let kind = kind.replace('_', "-");
            let kind = kind[..1].to_uppercase() + &kind[1..];
            let sum = |account: String| sums.get(&account).copied().unwrap_or_default();
            assert_eq!(sum(format!("Expenses:Disbursed:{kind}")), amount, "{kind}");
            assert_eq!(
                sum(format!("Income:Recovered:{kind}")),
                -recovered,
                "{kind}"
            );
        }
    }
    // HS1 was paid, HS2 only approved.
    assert_eq!(sums["Equity:Committed:Housing"], Decimal::from(30_000_000));
    // 200 allocated, 66.85 + 45 + 2 paid, 0.85 taken back.
    assert_eq!(sums["Assets:Funds:Vbsp"], Decimal::from(87_000_000));
    let corrections = text
        .lines()
        .filter(|line| line.contains("support.corrected"));
    assert_eq!(corrections.count(), 4, "{text}");
    assert!(text.contains("event:") && !text.contains("Nông Thị Liên"));
}

/// Runs a program over a journal; `None`, and a line that says so, where it is not there.
fn check(program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    match Command::new(program).args(arguments).output() {
        Ok(ran) => {
            let text = [ran.stdout, ran.stderr].concat();
            Some((
                ran.status.success(),
                String::from_utf8_lossy(&text).into_owned(),
            ))
        }
        Err(_) => {
            eprintln!("skipped: {program} is not installed");
            None
        }
    }
}

#[test]
fn hledger_agrees_with_the_figures() {
    let place = place();
    let file = place.out("books.journal");
    assert_eq!(place.run(&format!("export hledger {file}")).status, 0);
    let Some((ok, text)) = check("hledger", &["-f", &file, "check", "--strict"]) else {
        return;
    };
    assert!(ok, "{text}");
    let arguments = [
        "-f",
        &file,
        "balance",
        "Expenses:Disbursed",
        "--no-total",
        "-O",
        "csv",
    ];
    let (_, text) = check("hledger", &arguments).unwrap();
    assert!(
        text.contains("113850000") || text.contains("113850000.000"),
        "{text}"
    );
    // An assertion that is wrong is found: the journal cannot agree with anything.
    let wrong = std::fs::read_to_string(&file)
        .unwrap()
        .replace("= 113850000", "= 113850001");
    std::fs::write(&file, wrong).unwrap();
    let (ok, _) = check("hledger", &["-f", &file, "check"]).unwrap();
    assert!(!ok);
}

#[test]
fn beancount_agrees_with_the_figures() {
    let place = place();
    let file = place.out("books.beancount");
    assert_eq!(place.run(&format!("export beancount {file}")).status, 0);
    let Some((ok, text)) = check("bean-check", &[&file]) else {
        return;
    };
    assert!(ok, "{text}");
    let right = std::fs::read_to_string(&file).unwrap();
    let wrong = right.replace("Loan  113850000", "Loan  113850001");
    let wrong = wrong.replace("loan  113850000", "loan  113850001");
    assert_ne!(right, wrong);
    std::fs::write(&file, wrong).unwrap();
    let (ok, _) = check("bean-check", &[&file]).unwrap();
    assert!(!ok);
}
