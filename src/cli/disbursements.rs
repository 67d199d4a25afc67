//! `socai export disbursements`: the list of who received what, as CSV or a workbook, in three
//! profiles.
//!
//! `payment` is the *danh sách chi trả* that people sign for what they receive. `posting` is what
//! is posted at the village: name, village, amount, and nothing else. `audit` has everything that
//! leads back to the events. All have one row for each row of the facts table that the figures
//! count, with its sign, so that their amounts sum to the figure of the same question.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use uuid::Uuid;

use super::args::AsOfArgs;
use super::book;
use super::console::{Console, Failure};
use super::figures::{filters, key_name, stages, stand_json};
use super::open::{Place, Reader};
use super::values;
use crate::domain::code::Code;
use crate::domain::event::{Body, Event};
use crate::domain::fixed::format_thousandths;
use crate::domain::personal::Subject;
use crate::domain::support::SupportState;
use crate::log::codec::format_moment;
use crate::office::OfficeError;
use crate::projection::facts::{Fact, date};
use crate::projection::figures::{Axis, Dimension, Query, rows_behind};

/// `export disbursements`.
#[derive(Debug, Args)]
pub struct DisbursementArgs {
    /// Kỳ, ví dụ 2023-H1 · period
    #[arg(long)]
    pub period: String,
    /// payment: danh sách ký nhận; posting: họ tên, thôn, số tiền (để niêm yết); audit: đầy đủ (để
    /// kiểm tra) · payment: to be signed; posting: name, village, amount; audit: everything
    #[arg(long, value_enum)]
    pub profile: Profile,
    /// Chính sách, cách nhau dấu phẩy · kinds, comma list
    #[arg(long, value_delimiter = ',')]
    pub kind: Vec<String>,
    /// Điều kiện chiều=giá_trị, cách nhau dấu phẩy · conditions dimension=value, comma list
    #[arg(long = "where", value_delimiter = ',', value_name = "D=V")]
    pub filters: Vec<String>,
    /// Trục thời gian: occurred, covers, recorded · which date places a support
    #[arg(long, default_value = "occurred")]
    pub axis: String,
    /// Giai đoạn, cách nhau dấu phẩy; approved để in danh sách trước khi chi · stages; approved for
    /// a list that is printed before paying
    #[arg(long, value_delimiter = ',', default_value = "disbursed")]
    pub stage: Vec<String>,
    /// Ghi ra tệp .csv hoặc .xlsx (chưa có) · write to a .csv or .xlsx file that does not exist
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub as_of: AsOfArgs,
}

/// For whom the list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Danh sách chi trả có cột ký nhận · to be signed by who receives
    Payment,
    /// Niêm yết công khai · posted in public
    Posting,
    /// Kiểm tra, thanh tra · for auditors
    Audit,
}

const PAYMENT: [(&str, &str); 10] = [
    ("STT", "no"),
    ("mã hộ", "household"),
    ("họ và tên", "name"),
    ("thôn", "village"),
    ("nội dung", "content"),
    ("số lượng", "quantity"),
    ("đơn vị tính", "unit"),
    ("số tiền", "amount"),
    ("ký nhận", "signature"),
    ("ghi chú", "note"),
];

const POSTING: [(&str, &str); 3] = [
    ("họ và tên", "name"),
    ("thôn", "village"),
    ("số tiền", "amount"),
];

const AUDIT: [(&str, &str); 24] = [
    ("sự kiện", "seq"),
    ("ghi lúc", "recorded_at"),
    ("người ghi", "recorded_by"),
    ("lượt hỗ trợ", "support"),
    ("mã dòng", "ref"),
    ("chính sách", "kind"),
    ("mã hộ", "household"),
    ("mã nhân khẩu", "person"),
    ("họ và tên", "name"),
    ("người nhận", "recipient"),
    ("thôn", "village"),
    ("phân loại", "class"),
    ("dấu", "sign"),
    ("số tiền", "amount"),
    ("nguồn vốn", "funding"),
    ("số lượng", "quantity"),
    ("đơn vị tính", "unit"),
    ("ngày", "occurred_on"),
    ("kỳ hưởng", "covers"),
    ("dự án", "project"),
    ("văn bản", "document"),
    ("tệp", "file"),
    ("dòng", "row"),
    ("lý do", "reason"),
];

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the question is wrong, or the ledger or the file cannot be used.
pub fn run(
    console: &mut Console<'_>,
    place: &Place,
    args: &DisbursementArgs,
) -> Result<(), Failure> {
    let ledger = place.read(console, &args.as_of)?;
    let period = values::period(console, "--period", &args.period)?;
    let mut query = Query::of(&period);
    query.axis = args
        .axis
        .parse::<Axis>()
        .map_err(|error| console.usage("--axis", &error))?;
    query.stages = stages(console, &args.stage)?;
    query.kinds = args
        .kind
        .iter()
        .filter(|kind| !kind.is_empty())
        .cloned()
        .collect();
    query.filters = filters(console, &args.filters)?;
    let rows = rows_behind(ledger.facts(), ledger.state(), &query)
        .map_err(|error| console.usage("--where", &error))?;
    let rows: Vec<&Fact> = rows.iter().filter(|fact| !fact.is_recovery).collect();
    let (columns, cells) = match args.profile {
        Profile::Payment => (&PAYMENT[..], payment(console, &ledger, &rows)),
        Profile::Posting => (&POSTING[..], posting(console, &ledger, &rows)),
        Profile::Audit => (&AUDIT[..], audit(console, &ledger, &rows)?),
    };
    if let Some(path) = args.output.as_ref().filter(|path| book::is_workbook(path)) {
        let title = title(console, &ledger, args, &period.label(console.lang));
        let signed = args.profile == Profile::Payment;
        let lang = console.lang;
        let page = book::disbursements::page(&ledger, columns, &cells, title, signed, lang);
        let origin = book::figures::origin(&query, &period, lang);
        return book::save(console, &ledger, path, vec![page], origin);
    }
    if console.is_json() {
        let rows: Vec<Value> = cells
            .iter()
            .map(|row| {
                let names = columns.iter().map(|(_, en)| (*en).to_owned());
                let values = row.iter().map(|cell| Value::String(cell.clone()));
                Value::Object(names.zip(values).collect())
            })
            .collect();
        let as_of = stand_json(ledger.stand());
        return console.json(&json!({ "as_of": as_of, "rows": rows }));
    }
    let header = columns.iter().map(|(vi, en)| console.pick(*vi, *en));
    let text = csv_text(header.collect(), &cells);
    match &args.output {
        None => Ok(console.out.write_all(&text)?),
        Some(path) => {
            let name = path.display().to_string();
            book::write_new(path, &text)
                .map_err(|error| console.failure(&OfficeError::File(name.clone(), error)))?;
            let count = cells.len();
            console.line(console.pick(
                format!("Đã ghi {count} dòng vào {name}"),
                format!("Wrote {count} rows to {name}"),
            ))
        }
    }
}

/// What the list is called: what was paid, and for which days.
fn title(
    console: &Console<'_>,
    ledger: &Reader,
    args: &DisbursementArgs,
    period: &str,
) -> Vec<String> {
    let lang = console.lang;
    let title = match args.profile {
        Profile::Payment => lang.pick("DANH SÁCH CHI TRẢ, CẤP PHÁT", "PAYMENT LIST"),
        Profile::Posting => lang.pick("DANH SÁCH NIÊM YẾT CHI TRẢ", "LIST OF PAYMENTS"),
        Profile::Audit => lang.pick("DANH SÁCH CHI TRẢ ĐỂ KIỂM TRA", "PAYMENTS FOR AUDIT"),
    };
    let kinds = args.kind.iter().filter(|kind| !kind.is_empty());
    let kinds: Vec<String> = kinds
        .map(|kind| key_name(ledger.state(), Dimension::Kind, kind, lang))
        .collect();
    let mut lines = vec![title.to_owned()];
    if !kinds.is_empty() {
        lines.push(kinds.join(", "));
    }
    lines.push(period.to_owned());
    lines
}

fn csv_text(header: Vec<&str>, rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(row.iter().map(|cell| plain(cell)));
    }
    writer.into_inner().unwrap_or_default()
}

/// A cell that a spreadsheet would take for a formula is marked as a text.
fn plain(cell: &str) -> String {
    let number = cell.strip_prefix('-').is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c == '.')
    });
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !number {
        return format!("'{cell}");
    }
    cell.to_owned()
}

/// Who stands in a row: the person, else the head of the household, else how many there were.
fn name(console: &Console<'_>, ledger: &Reader, fact: &Fact) -> String {
    let (facts, state, reader) = (ledger.facts(), ledger.state(), ledger.personal());
    let person = facts.persons.code(fact.person);
    if let Some((code, person)) = person.and_then(|code| Some((code, state.persons.get(code)?))) {
        return reader.field(&Subject::Person(code.clone()), &person.personal, "name");
    }
    let household = facts.households.code(fact.household);
    let household = household.and_then(|code| state.households.get(code));
    match household {
        Some(household) => {
            let subject = Subject::Household(household.code.clone());
            reader.field(&subject, &household.personal, "head")
        }
        None => console.pick(
            format!("({} đối tượng)", fact.count),
            format!("({} beneficiaries)", fact.count),
        ),
    }
}

fn villages(ledger: &Reader, fact: &Fact) -> String {
    let places = ledger.facts().places.value(fact.places);
    let day = date(fact.occurred).unwrap_or_default();
    let units = &ledger.state().units;
    let names = places.into_iter().flatten();
    let names = names.map(|code| units.name_on(code.as_str(), day));
    names.collect::<Vec<_>>().join("; ")
}

fn amount(ledger: &Reader, fact: &Fact) -> String {
    let parts = ledger.facts().funding(fact).iter();
    let sum: i128 = parts.map(|(_, amount)| i128::from(*amount)).sum();
    format_thousandths(sum * i128::from(fact.sign))
}

/// The rows of the list that people sign, by village and name.
fn payment(console: &Console<'_>, ledger: &Reader, rows: &[&Fact]) -> Vec<Vec<String>> {
    let (facts, lang) = (ledger.facts(), console.lang);
    let code = |code: Option<&Code>| code.map(ToString::to_string).unwrap_or_default();
    let mut sorted: Vec<(String, String, u64, &Fact)> = rows
        .iter()
        .map(|fact| {
            let (village, name) = (villages(ledger, fact), name(console, ledger, fact));
            (village, name, fact.add_seq, *fact)
        })
        .collect();
    sorted.sort_by(|a, b| (&a.0, &a.1, a.2, a.3.sign).cmp(&(&b.0, &b.1, b.2, b.3.sign)));
    let row = |(number, (village, name, _, fact)): (u64, (String, String, u64, &Fact))| {
        let kind = code(facts.kinds.value(fact.kind));
        let mut content = key_name(ledger.state(), Dimension::Kind, &kind, lang);
        if let Some(covers) = facts.periods.value(fact.covers) {
            content.push_str(&format!(", {}", covers.label(lang)));
        }
        let quantity = i128::from(fact.quantity) * i128::from(fact.sign);
        let unit = code(facts.units.value(fact.unit));
        let note = match fact.sign {
            -1 => lang.pick("điều chỉnh giảm", "taken back by a correction"),
            _ => "",
        };
        vec![
            number.to_string(),
            code(facts.households.code(fact.household)),
            name,
            village,
            content,
            if fact.quantity == 0 {
                String::new()
            } else {
                format_thousandths(quantity)
            },
            super::figures::unit_name(ledger.state(), &unit, lang),
            amount(ledger, fact),
            String::new(),
            note.to_owned(),
        ]
    };
    (1..).zip(sorted).map(row).collect()
}

fn posting(console: &Console<'_>, ledger: &Reader, rows: &[&Fact]) -> Vec<Vec<String>> {
    let mut cells: Vec<(String, i32, u64, Vec<String>)> = rows
        .iter()
        .map(|fact| {
            let village = villages(ledger, fact);
            let row = vec![
                name(console, ledger, fact),
                village.clone(),
                amount(ledger, fact),
            ];
            (village, fact.occurred, fact.add_seq, row)
        })
        .collect();
    cells.sort();
    cells.into_iter().map(|(.., row)| row).collect()
}

fn audit(
    console: &Console<'_>,
    ledger: &Reader,
    rows: &[&Fact],
) -> Result<Vec<Vec<String>>, Failure> {
    let wanted: BTreeSet<u64> = rows.iter().map(|fact| fact.add_seq).collect();
    let mut events = BTreeMap::new();
    if let (Some(first), Some(last)) = (wanted.first(), wanted.last()) {
        let read = ledger
            .events(*first, *last)
            .map_err(|error| console.failure(&error))?;
        let read = read.into_iter().filter(|event| wanted.contains(&event.seq));
        events.extend(read.map(|event| (event.seq, event)));
    }
    let mut rows = rows.to_vec();
    rows.sort_by_key(|fact| (fact.add_seq, fact.sign));
    Ok(rows
        .into_iter()
        .filter_map(|fact| Some(audit_row(console, ledger, fact, events.get(&fact.add_seq)?)))
        .collect())
}

/// The support that an event is about; the event that opens one is named by itself.
fn support_of(event: &Event) -> Option<Uuid> {
    match &event.body {
        Body::Support(_, state) => Some(state.support.unwrap_or(event.id)),
        Body::SupportCorrected(data) => Some(data.support),
        Body::SupportReversed(data) => Some(data.support),
        Body::SupportRecovered(data) => Some(data.support),
        _ => None,
    }
}

fn audit_row(console: &Console<'_>, ledger: &Reader, fact: &Fact, event: &Event) -> Vec<String> {
    let facts = ledger.facts();
    let mut event = event.clone();
    ledger.personal().open_event(&mut event);
    let state = state_of(&event);
    let code = |code: Option<&Code>| code.map(ToString::to_string).unwrap_or_default();
    let day = |day| date(day).map(|day| day.to_string()).unwrap_or_default();
    let recipient = state.and_then(|state| state.recipient.as_ref());
    let recipient = recipient.and_then(|text| text.open_text());
    let class = state
        .and_then(|state| state.class)
        .map(|class| class.code());
    let funding = facts.funding(fact).iter().map(|(source, amount)| {
        let amount = format_thousandths(i128::from(*amount) * i128::from(fact.sign));
        match facts.sources.value(*source) {
            Some(source) => format!("{source}={amount}"),
            None => amount,
        }
    });
    let quantity = i128::from(fact.quantity) * i128::from(fact.sign);
    let document = event.document.as_ref();
    let document = document.map(|it| super::history::document_text(it, console.lang));
    let source = event.source.as_ref();
    let support = support_of(&event);
    let reference = state.and_then(|state| state.reference.as_ref());
    let covers = facts.periods.value(fact.covers);
    vec![
        event.seq.to_string(),
        format_moment(event.at_ms),
        event.by.id.clone(),
        support.map(|id| id.to_string()).unwrap_or_default(),
        code(reference),
        code(facts.kinds.value(fact.kind)),
        code(facts.households.code(fact.household)),
        code(facts.persons.code(fact.person)),
        name(console, ledger, fact),
        recipient.unwrap_or_default().to_owned(),
        villages(ledger, fact),
        class.unwrap_or_default().to_owned(),
        fact.sign.to_string(),
        amount(ledger, fact),
        funding.collect::<Vec<_>>().join("; "),
        if fact.quantity == 0 {
            String::new()
        } else {
            format_thousandths(quantity)
        },
        code(facts.units.value(fact.unit)),
        day(fact.occurred),
        covers.map(ToString::to_string).unwrap_or_default(),
        code(facts.projects.value(fact.project)),
        document.unwrap_or_default(),
        source.map(|it| it.file.clone()).unwrap_or_default(),
        source.map(|it| it.row.to_string()).unwrap_or_default(),
        event.reason.clone().unwrap_or_default(),
    ]
}

fn state_of(event: &Event) -> Option<&SupportState> {
    match &event.body {
        Body::Support(_, state) => Some(state),
        Body::SupportCorrected(data) => Some(&data.to),
        _ => None,
    }
}
