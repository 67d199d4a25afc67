//! `socai report`: the office's report of a period, as a draft, issued, and made again.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::args::{AsOfArgs, BasisArgs};
use super::console::{Console, Failure, table};
use super::open::{Place, Reader};
use super::report_diff;
use super::report_output::{Output, made_anew, put, put_kept, save};
use super::values;
use crate::domain::report::IssuedReport;
use crate::domain::state::State;
use crate::log::EventRead;
use crate::log::codec::format_moment;
use crate::office::kept::Keeping;
use crate::office::reports::{IssueBasis, ReportOrder, narrative_text};
use crate::office::views::Need;
use crate::office::{Ledger, Outcome};
use crate::projection::Boundaries;
use crate::report::Template;
use crate::report::document::{Document, LARGEST_LAYOUT_BYTES, Setting};

/// `report`.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Xem thử báo cáo của một kỳ, chưa có số · the draft of a report
    Show(ReportArgs),
    /// Phát hành báo cáo có số, ghi vào sổ · issue a report, on record
    Issue(IssueArgs),
    /// Các báo cáo đã phát hành · the issued reports
    List {
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
    /// Lập lại đúng báo cáo đã phát hành · an issued report again, byte for byte
    Regenerate {
        /// Số báo cáo, ví dụ 57/BC-UBND hoặc 57@2023 · its number
        number: String,
        /// Ghi ra tệp: .txt .md .html .csv .json .docx .pdf .xlsx · write to a file
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs)]
        layout: LayoutArgs,
    },
    /// Dùng mẫu báo cáo mới (JSON); báo cáo đã phát hành giữ mẫu cũ · adopt a template
    Adopt {
        /// Tệp mẫu; không ghi: mẫu có sẵn, bản mới nhất · its file; else the built-in, newest
        file: Option<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs)]
        basis: BasisArgs,
    },
    /// So sánh hai báo cáo, nêu nguyên nhân khác nhau · what differs between two reports, and why
    Diff(DiffArgs),
    /// Các sự kiện đứng sau một số liệu của báo cáo · the events behind a figure of a report
    Explain {
        /// Số báo cáo · number of the report
        number: String,
        /// Mã số liệu, ví dụ loan.amount; không nêu thì liệt kê · name of the figure, else all
        #[arg(long)]
        figure: Option<String>,
        /// Phụ lục theo tên, địa chỉ: ghi ra bảng tính (.xlsx, chưa có) · the appendix by name and
        /// address: a workbook, .xlsx, that does not exist
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// What is asked of a report.
#[derive(Debug, Args)]
pub struct OrderArgs {
    /// Kỳ báo cáo · period
    #[arg(long)]
    pub period: String,
    /// Số liệu đến ngày · data up to this day
    #[arg(long, value_name = "DATE")]
    pub cut_off: Option<String>,
    /// Trục thời gian · axis
    #[arg(long, default_value = "occurred")]
    pub axis: String,
    /// Địa giới: then (của ngày phát sinh), now (hôm nay) hoặc một ngày · boundaries of the day it
    /// happened, of today, or of a date
    #[arg(long, default_value = "then", value_name = "then|now|DATE")]
    pub boundaries: String,
    /// Mẫu báo cáo · template
    #[arg(long, default_value = "poverty-reduction-half-year")]
    pub template: String,
    /// Phần lời văn · narrative text
    #[arg(long, value_name = "FILE")]
    pub narrative: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub as_of: AsOfArgs,
}

/// `report show`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub order: OrderArgs,
    /// Ghi ra tệp: .txt .md .html .csv .json .docx .pdf .xlsx · write to a file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub layout: LayoutArgs,
}

/// An office's own layout.
#[derive(Debug, Default, Args)]
pub struct LayoutArgs {
    /// Mẫu trình bày .docx của cơ quan, có các trường {{…}} · the office's own Word layout
    #[arg(long, value_name = "FILE")]
    pub layout: Option<PathBuf>,
}

/// `report issue`.
#[derive(Debug, Args)]
pub struct IssueArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub order: OrderArgs,
    /// Số văn bản, ví dụ 57 hoặc 57/BC-UBND · number of the document
    #[arg(long)]
    pub number: String,
    /// Ngày văn bản · date of the document
    #[arg(long)]
    pub date: String,
    /// Ghi ra tệp (lặp lại được): .txt .md .html .csv .json .docx .pdf .xlsx; văn bản được
    /// lưu trong kept/ · write to a file (repeatable); a document is kept in kept/
    #[arg(long, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub layout: LayoutArgs,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `report diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// Số báo cáo, `now`, hoặc thời điểm dữ liệu · number of a report, `now`, or an as-of
    pub a: String,
    /// Như trên · the same
    pub b: String,
    /// Kỳ, nếu cả hai đều chưa phát hành · period, where neither was issued
    #[arg(long)]
    pub period: Option<String>,
    /// Số liệu đến ngày · data up to this day
    #[arg(long, value_name = "DATE")]
    pub cut_off: Option<String>,
    /// Trục thời gian · axis
    #[arg(long, default_value = "occurred")]
    pub axis: String,
    /// Địa giới của bản chưa phát hành: then, now hoặc một ngày; không nêu thì như báo cáo kia ·
    /// boundaries of what was not issued: then, now or a date; else as in the other report
    #[arg(long, value_name = "then|now|DATE")]
    pub boundaries: Option<String>,
    /// Mẫu báo cáo · template
    #[arg(long, default_value = "poverty-reduction-half-year")]
    pub template: String,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the report cannot be made, or the ledger cannot be read or written.
pub fn run(
    console: &mut Console<'_>,
    place: &Place,
    command: &ReportCommand,
) -> Result<(), Failure> {
    match command {
        ReportCommand::Show(args) => show(console, place, args, None),
        ReportCommand::Issue(args) => issue(console, place, args),
        ReportCommand::List { as_of } => list(console, place, as_of),
        ReportCommand::Regenerate {
            number,
            output,
            layout,
        } => regenerate(console, place, number, (output.as_deref(), layout)),
        ReportCommand::Adopt { file, basis } => adopt(console, place, file.as_deref(), basis),
        ReportCommand::Diff(args) => report_diff::diff(console, place, args),
        ReportCommand::Explain {
            number,
            figure,
            output: Some(path),
        } => report_diff::appendix(console, place, number, figure.as_deref(), path),
        ReportCommand::Explain { number, figure, .. } => {
            report_diff::explain(console, place, number, figure.as_deref())
        }
    }
}

/// Runs `report show`. `narrative` (text and name) stands in for `--narrative` where the program
/// brings its own.
///
/// # Errors
/// [`Failure`] when the template or the narrative has errors, or the ledger cannot be read.
pub fn show(
    console: &mut Console<'_>,
    place: &Place,
    args: &ReportArgs,
    narrative: Option<(&str, &str)>,
) -> Result<(), Failure> {
    let mut order = order(console, &args.order)?;
    let form = Output::of(console, args.output.as_deref())?;
    let layout = read_layout(
        console,
        &args.layout,
        form == Output::Document(Document::Docx),
    )?;
    if let (None, Some((name, text))) = (&order.narrative, narrative) {
        order.narrative = Some((text.to_owned(), name.to_owned()));
    }
    let ledger = match args.order.boundaries.as_str() {
        "then" => place.glance(console, &args.order.as_of, &Need::Report)?,
        _ => place.read(console, &args.order.as_of)?,
    };
    order.boundaries = boundaries(console, &args.order.boundaries, &ledger)?;
    let report = ledger.draft(&order);
    let report = report.map_err(|error| console.failure(&error))?;
    let setting = setting(ledger.state(), layout.as_ref());
    put(console, &report, form, &setting, args.output.as_deref())
}

/// What a document says beside the report.
fn setting<'a>(state: &'a State, layout: Option<&'a Vec<u8>>) -> Setting<'a> {
    let opened = state.ledger.as_ref();
    Setting {
        origin: opened.map_or("", |opened| &opened.origin),
        layout: layout.map(Vec::as_slice),
    }
}

/// The office's own layout, where one was given. It is for Word alone.
fn read_layout(
    console: &Console<'_>,
    args: &LayoutArgs,
    is_word: bool,
) -> Result<Option<Vec<u8>>, Failure> {
    let Some(path) = &args.layout else {
        return Ok(None);
    };
    if !is_word {
        return Err(console.wrong(
            "--layout",
            &path.display().to_string(),
            "mẫu trình bày chỉ dùng khi ghi ra tệp .docx (--output FILE.docx)",
            "a layout is for an output of Word (--output FILE.docx)",
        ));
    }
    values::bytes(console, path, LARGEST_LAYOUT_BYTES).map(Some)
}

/// By which boundaries a report counts: today is the day on which it is made, and stays that day.
pub(super) fn boundaries<L: EventRead>(
    console: &Console<'_>,
    text: &str,
    ledger: &Ledger<L>,
) -> Result<Boundaries, Failure> {
    let parsed = Boundaries::parse(text, super::open::today(ledger));
    parsed.map_err(|error| console.usage("--boundaries", &error))
}

/// What is asked, apart from its boundaries: what *now* is, the ledger knows.
pub(super) fn order(console: &Console<'_>, args: &OrderArgs) -> Result<ReportOrder, Failure> {
    let period = args.period.parse();
    let axis = args.axis.parse();
    let cut_off = args.cut_off.as_ref();
    let cut_off = cut_off.map(|text| values::date(console, "--cut-off", text));
    let narrative = match &args.narrative {
        Some(path) => {
            let name = path.display().to_string();
            let bytes = values::bytes(console, path, crate::report::Narrative::LARGEST_BYTES)?;
            let text = narrative_text(&bytes).map_err(|error| console.failure(&error))?;
            (!text.trim().is_empty()).then_some((text, name))
        }
        None => None,
    };
    Ok(ReportOrder {
        period: period
            .map_err(|error: crate::domain::PeriodError| console.usage("--period", &error))?,
        cut_off: cut_off.transpose()?,
        axis: axis
            .map_err(|error: crate::projection::FiguresError| console.usage("--axis", &error))?,
        boundaries: Boundaries::Then,
        template: args.template.clone(),
        lang: console.lang,
        narrative,
    })
}

fn issue(console: &mut Console<'_>, place: &Place, args: &IssueArgs) -> Result<(), Failure> {
    let mut order = order(console, &args.order)?;
    let basis = IssueBasis {
        number: args.number.clone(),
        date: values::date(console, "--date", &args.date)?,
        document: values::document(args.basis.document.as_ref()),
        reason: values::text(args.basis.reason.as_ref()),
    };
    let mut outputs: Vec<(&Path, Output)> = Vec::new();
    for path in &args.output {
        outputs.push((path, Output::of(console, Some(path))?));
    }
    let documents = outputs.iter().filter_map(|(_, output)| match output {
        Output::Document(document) => Some(*document),
        Output::Text(..) => None,
    });
    let documents: Vec<Document> = documents.collect();
    let layout = read_layout(console, &args.layout, documents.contains(&Document::Docx))?;
    let as_of = place.as_of(console, &args.order.as_of)?;
    let mut ledger = place.write(console)?;
    order.boundaries = boundaries(console, &args.order.boundaries, &ledger)?;
    let by = place.actor(console, &ledger)?;
    let mut tools = place.tools();
    let keeping = Keeping {
        folder: &place.dir,
        documents: &documents,
        layout: layout.as_deref(),
    };
    let (report, outcome) = ledger
        .issue_and_keep(&mut tools, &by, &order, as_of, &basis, &keeping)
        .map_err(|error| console.failure(&error))?;
    let Outcome::New { seq, .. } = outcome else {
        return Ok(());
    };
    let issued = ledger.state().reports.iter().find(|one| one.seq == seq);
    let Some(issued) = issued.cloned() else {
        return Ok(());
    };
    if console.is_json() {
        console.json(&row(&issued))?;
    } else {
        tell_issued(console, &issued)?;
    }
    let setting = setting(ledger.state(), layout.as_ref());
    for (path, output) in outputs {
        let bytes = output.bytes(console, &report, &setting)?;
        save(console, path, &bytes)?;
    }
    Ok(())
}

fn tell_issued(console: &mut Console<'_>, issued: &IssuedReport) -> Result<(), Failure> {
    let (number, seq) = (&issued.issued.number, issued.seq);
    console.line(console.pick(
        format!("đã phát hành báo cáo {number} (#{seq})"),
        format!("issued report {number} (#{seq})"),
    ))?;
    fingerprint(console, issued)?;
    console.line(console.pick(
        format!("lập lại bất cứ lúc nào: socai report regenerate {number}"),
        format!("the same again at any time: socai report regenerate {number}"),
    ))
}

fn adopt(
    console: &mut Console<'_>,
    place: &Place,
    file: Option<&Path>,
    basis: &BasisArgs,
) -> Result<(), Failure> {
    let (name, text) = match file {
        Some(file) => {
            let bytes = values::bytes(console, file, Template::LARGEST_BYTES)?;
            let text = narrative_text(&bytes).map_err(|error| console.failure(&error))?;
            (file.display().to_string(), text)
        }
        None => {
            let built_in = Template::built_in().pop();
            let (code, version, text) = built_in.unwrap_or_default();
            (format!("{code} v{version}"), text.to_owned())
        }
    };
    let mut ledger = place.write(console)?;
    let by = place.actor(console, &ledger)?;
    let basis = (
        values::document(basis.document.as_ref()),
        values::text(basis.reason.as_ref()),
    );
    let mut tools = place.tools();
    let outcome = ledger
        .adopt_template(&mut tools, &by, (&text, &name), basis)
        .map_err(|error| console.failure(&error))?;
    let Outcome::New { seq, .. } = outcome else {
        return Ok(());
    };
    if console.is_json() {
        return console.json(&json!({ "seq": seq, "status": "recorded" }));
    }
    console.line(console.pick(
        format!("đã dùng mẫu {name} (#{seq})"),
        format!("adopted the template {name} (#{seq})"),
    ))
}

/// Under what a report can be checked.
fn fingerprint(console: &mut Console<'_>, report: &IssuedReport) -> Result<(), Failure> {
    let as_of = &report.issued.as_of;
    let lines = [
        (
            console.pick("dữ liệu đến", "as of"),
            format!("#{}", as_of.seq),
        ),
        (console.pick("mã gốc", "root"), as_of.root.clone()),
        (
            console.pick("mã báo cáo", "digest"),
            report.issued.model.clone(),
        ),
    ];
    for (name, value) in lines {
        console.line(format!("  {name}: {value}"))?;
    }
    Ok(())
}

fn list(console: &mut Console<'_>, place: &Place, as_of: &AsOfArgs) -> Result<(), Failure> {
    let ledger = place.read(console, as_of)?;
    let reports = &ledger.state().reports;
    if console.is_json() {
        let rows: Vec<Value> = reports.iter().map(row).collect();
        return console.json(&json!({ "reports": rows }));
    }
    if reports.is_empty() {
        return console.line(console.pick("chưa phát hành báo cáo nào", "no report was issued"));
    }
    let lang = console.lang;
    let line = |report: &IssuedReport| {
        let issued = &report.issued;
        vec![
            issued.number.to_string(),
            issued.date.to_string(),
            issued.period.label(lang),
            issued
                .cut_off
                .map(|date| date.to_string())
                .unwrap_or_default(),
            format!("#{}", issued.as_of.seq),
            report.by.name.clone(),
            issued.model.chars().take(16).collect(),
        ]
    };
    let header = lang.pick(
        [
            "số",
            "ngày",
            "kỳ",
            "số liệu đến",
            "sự kiện",
            "người phát hành",
            "mã",
        ],
        [
            "number",
            "date",
            "period",
            "cut-off",
            "as of",
            "issued by",
            "digest",
        ],
    );
    let text = table(&header, reports.iter().map(line).collect(), &[]);
    console.line(text)
}

/// An issued report for programs: its event's data, who and when.
fn row(report: &IssuedReport) -> Value {
    let mut row = serde_json::to_value(&report.issued).unwrap_or_default();
    if let Some(row) = row.as_object_mut() {
        row.insert("seq".to_owned(), json!(report.seq));
        row.insert("at".to_owned(), json!(format_moment(report.at_ms)));
        row.insert("by".to_owned(), json!(report.by));
        row.insert("name".to_owned(), json!(report.name()));
    }
    row
}

fn regenerate(
    console: &mut Console<'_>,
    place: &Place,
    number: &str,
    (output, layout): (Option<&Path>, &LayoutArgs),
) -> Result<(), Failure> {
    let form = Output::of(console, output)?;
    let layout = read_layout(console, layout, form == Output::Document(Document::Docx))?;
    let ledger: Reader = place.read(console, &AsOfArgs::default())?;
    let issued = ledger.issued(number);
    let issued = issued.map_err(|error| console.failure(&error))?;
    let setting = setting(ledger.state(), layout.as_ref());
    let mut kept = None;
    if let (Output::Document(document), Some(path)) = (form, output) {
        let found = put_kept(console, &place.dir, issued, document, path)?;
        if found.is_there() {
            return Ok(());
        }
        kept = Some((document, path, found));
    }
    let report = ledger.regenerate(issued);
    let report = report.map_err(|error| console.failure(&error))?;
    match kept {
        Some((document, path, kept)) => made_anew(
            console,
            (issued, &report),
            (document, &setting),
            &kept,
            path,
        ),
        None => {
            let form = form.by(issued.issued.renderer);
            put(console, &report, form, &setting, output)
        }
    }
}
