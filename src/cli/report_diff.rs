//! `socai report diff` and `report explain`: what differs, and the events behind a number.

use serde_json::json;

use super::args::AsOfArgs;
use super::book;
use super::console::{Console, Failure, grouped, table};
use super::open::{Place, Reader};
use super::report::{DiffArgs, OrderArgs, boundaries, order};
use super::traced;
use crate::domain::language::Lang;
use crate::log::{Clock, SystemClock};
use crate::office::compare::{Cause, CauseKind, Comparison, FigureChange, Side, SideMark};
use crate::office::reports::ReportOrder;
use crate::projection::figures::Axis;

/// Runs `report diff`.
///
/// # Errors
/// [`Failure`] when one of the two cannot be made.
pub fn diff(console: &mut Console<'_>, place: &Place, args: &DiffArgs) -> Result<(), Failure> {
    let ledger = place.read(console, &AsOfArgs::default())?;
    let side = |text: &str| ledger.side(text).map_err(|error| console.failure(&error));
    let (a, b) = (side(&args.a)?, side(&args.b)?);
    let mut order = asked(console, &ledger, args, [&a, &b])?;
    if let Some(text) = &args.boundaries {
        order.boundaries = boundaries(console, text, &ledger)?;
    }
    let comparison = ledger
        .compare(&a, &b, &order, SystemClock.now_ms())
        .map_err(|error| console.failure(&error))?;
    if console.is_json() {
        let value = serde_json::to_value(&comparison).unwrap_or_default();
        return console.json(&value);
    }
    print(console, &ledger, &comparison)
}

/// What was asked of the issued report among the two; else what the options say.
fn asked(
    console: &Console<'_>,
    ledger: &Reader,
    args: &DiffArgs,
    sides: [&Side; 2],
) -> Result<ReportOrder, Failure> {
    let issued = sides.into_iter().find_map(|side| match side {
        Side::Issued(report) => Some(ReportOrder::again(report, ledger.state())),
        Side::AsOf(_) => None,
    });
    if let Some(order) = issued {
        return Ok(order);
    }
    let Some(period) = args.period.clone() else {
        return Err(console.wrong(
            "--period",
            "",
            "cần nêu kỳ báo cáo, vì cả hai đều không phải báo cáo đã phát hành",
            "a period is needed, since neither is an issued report",
        ));
    };
    order(
        console,
        &OrderArgs {
            period,
            cut_off: args.cut_off.clone(),
            axis: args.axis.clone(),
            boundaries: "then".to_owned(),
            template: args.template.clone(),
            narrative: None,
            as_of: AsOfArgs::default(),
        },
    )
}

fn name(mark: &SideMark) -> String {
    match &mark.number {
        Some(number) => format!("{number} (#{})", mark.seq),
        None => format!("#{}", mark.seq),
    }
}

fn print(
    console: &mut Console<'_>,
    ledger: &Reader,
    comparison: &Comparison,
) -> Result<(), Failure> {
    let lang = console.lang;
    let (a, b) = (name(&comparison.a), name(&comparison.b));
    console.line(lang.pick(format!("So sánh {a} với {b}"), format!("{a} against {b}")))?;
    for change in &comparison.parameters {
        let value = |value: &Option<String>| value.clone().unwrap_or_default();
        let line = format!(
            "  {}: {} → {}",
            change.name,
            value(&change.a),
            value(&change.b)
        );
        console.line(line)?;
    }
    console.line("")?;
    if comparison.figures.is_empty() && comparison.cells.is_empty() {
        console.line(lang.pick("Không số liệu nào khác nhau.", "No figure differs."))?;
    } else {
        figures(console, ledger, comparison, [&a, &b])?;
    }
    console.line("")?;
    console.line(lang.pick(
        format!("Nguyên nhân ({}):", comparison.causes.len()),
        format!("Causes ({}):", comparison.causes.len()),
    ))?;
    for (number, cause) in (1..).zip(&comparison.causes) {
        print_cause(console, ledger, number, cause)?;
    }
    Ok(())
}

fn figures(
    console: &mut Console<'_>,
    ledger: &Reader,
    comparison: &Comparison,
    [one, other]: [&String; 2],
) -> Result<(), Failure> {
    let lang = console.lang;
    let none = || "—".to_owned();
    let shown = |value: &Option<String>| match value {
        Some(text) if text.parse::<rust_decimal::Decimal>().is_ok() => grouped(text, lang),
        Some(text) => text.clone(),
        None => none(),
    };
    let row = |figure: &FigureChange| {
        vec![
            figure.change.name.clone(),
            figure.question.describe(ledger.state(), lang),
            shown(&figure.change.a),
            shown(&figure.change.b),
            shown(&figure.difference),
        ]
    };
    let header = [
        lang.pick("số liệu", "figure"),
        lang.pick("nội dung", "what it counts"),
        one.as_str(),
        other.as_str(),
        lang.pick("chênh lệch", "difference"),
    ];
    let rows = comparison.figures.iter().map(row).collect();
    console.line(table(&header, rows, &[2, 3, 4]))?;
    if comparison.cells.is_empty() {
        return Ok(());
    }
    console.line("")?;
    let row = |cell: &crate::office::compare::CellChange| {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(none);
        let change = &cell.change;
        vec![
            format!("{} / {}", cell.row, change.name),
            value(&change.a),
            value(&change.b),
        ]
    };
    let header = [
        lang.pick("ô trong bảng", "cell of a table"),
        one.as_str(),
        other.as_str(),
    ];
    let rows = comparison.cells.iter().map(row).collect();
    console.line(table(&header, rows, &[1, 2]))
}

fn print_cause(
    console: &mut Console<'_>,
    ledger: &Reader,
    number: usize,
    cause: &Cause,
) -> Result<(), Failure> {
    let lang = console.lang;
    let what = traced::what(&cause.event, ledger.state(), lang);
    console.line(format!(
        "{number:>3}. {}: {what}",
        called(cause.cause, lang)
    ))?;
    console.line(format!("     {}", traced::whence(&cause.event, lang)))?;
    if !cause.supports.is_empty() {
        console.line(lang.pick(
            format!(
                "     các lượt đã hưởng theo phân loại cũ: {}",
                cause.supports.join(", ")
            ),
            format!(
                "     granted on the earlier class: {}",
                cause.supports.join(", ")
            ),
        ))?;
    }
    if !cause.touched.is_empty() {
        let touched = cause.touched.join(", ");
        console.line(lang.pick(
            format!("     trong những gì báo cáo đếm: {touched}"),
            format!("     of what the report counts: {touched}"),
        ))?;
    }
    let figures = if cause.figures.is_empty() {
        lang.pick(
            "     không làm đổi số liệu nào của kỳ này".to_owned(),
            "     moves no figure of this period".to_owned(),
        )
    } else {
        let names = cause.figures.join(", ");
        lang.pick(
            format!("     làm đổi: {names}"),
            format!("     moves: {names}"),
        )
    };
    console.line(figures)
}

/// What people call a cause.
fn called(cause: CauseKind, lang: Lang) -> &'static str {
    let (vi, en) = match cause {
        CauseKind::LateEntry => ("Ghi bổ sung muộn", "Late entry"),
        CauseKind::NewEntry => ("Ghi mới", "New entry"),
        CauseKind::Correction => ("Điều chỉnh", "Correction"),
        CauseKind::Reversal => ("Hủy", "Reversal"),
        CauseKind::Recovery => ("Thu hồi", "Recovery"),
        CauseKind::Reclassification => ("Phân loại lại hộ", "Household reclassified"),
        CauseKind::UnitReorganisation => ("Sắp xếp đơn vị hành chính", "Units reorganised"),
        CauseKind::Catalogue => ("Danh mục mới", "New catalogue"),
        CauseKind::Template => ("Mẫu báo cáo mới", "New template"),
        CauseKind::Register => ("Danh sách, dự án", "List or project"),
        CauseKind::Closing => ("Khóa kỳ, mở lại kỳ", "Days closed or reopened"),
        CauseKind::Stock => ("Chỉ tiêu, vốn phân bổ", "Target or budget"),
    };
    lang.pick(vi, en)
}

/// Runs `report explain --output`: behind each figure the events by name and address.
///
/// # Errors
/// [`Failure`] for an unknown report or figure, or a file that exists.
pub fn appendix(
    console: &mut Console<'_>,
    place: &Place,
    number: &str,
    figure: Option<&str>,
    path: &std::path::Path,
) -> Result<(), Failure> {
    book::check(console, Some(path))?;
    let ledger = place.read(console, &AsOfArgs::default())?;
    let issued = ledger.issued(number);
    let issued = issued.map_err(|error| console.failure(&error))?;
    let lang = console.lang;
    let behind = ledger
        .explain_figures(issued, figure)
        .map_err(|error| console.failure(&error))?;
    let called = |one: &crate::office::compare::Explanation| {
        let what = one.figure.question.describe(ledger.state(), lang);
        format!("{}: {what}", one.figure.id)
    };
    let rows = behind.iter().flat_map(|one| {
        let name = called(one);
        one.events.iter().map(move |event| (name.clone(), event))
    });
    let number = issued.issued.number.to_string();
    let (name, title) = lang.pick(
        ("Phụ lục", "PHỤ LỤC THEO TÊN, ĐỊA CHỈ"),
        ("Appendix", "APPENDIX BY NAME AND ADDRESS"),
    );
    let of = lang.pick("Kèm theo báo cáo số", "Attached to report no.");
    let title = vec![title.to_owned(), format!("{of} {number}")];
    let mut page = book::traced::page(&ledger, name, title, rows, lang);
    page.letterhead = Some(book::letterhead(&ledger, lang));
    let axis = issued
        .issued
        .axis
        .as_str()
        .parse()
        .unwrap_or(Axis::Occurred);
    let mut origin = book::asked(Some(&issued.issued.period), axis, lang);
    let line = |vi: &str, en: &str, value: &str| (lang.pick(vi, en).to_owned(), value.to_owned());
    origin.push(line("báo cáo", "report", &number));
    origin.push(line("mã báo cáo", "digest", &issued.issued.model));
    let seq = issued.issued.as_of.seq.to_string();
    origin.push(line("báo cáo theo sự kiện", "report as of event", &seq));
    book::save(console, &ledger, path, vec![page], origin)
}

/// Runs `report explain`.
///
/// # Errors
/// [`Failure`] for an unknown report or figure.
pub fn explain(
    console: &mut Console<'_>,
    place: &Place,
    number: &str,
    figure: Option<&str>,
) -> Result<(), Failure> {
    let ledger = place.read(console, &AsOfArgs::default())?;
    let issued = ledger.issued(number);
    let issued = issued.map_err(|error| console.failure(&error))?;
    let lang = console.lang;
    let Some(figure) = figure else {
        let report = ledger.regenerate(issued);
        let report = report.map_err(|error| console.failure(&error))?;
        if console.is_json() {
            return console.json(&json!({ "figures": report.figures }));
        }
        let row = |figure: &crate::report::model::Figure| {
            let what = figure.question.describe(ledger.state(), lang);
            let value = figure.value.clone().unwrap_or_default();
            vec![figure.id.clone(), what, value]
        };
        let header = lang.pick(
            ["số liệu", "nội dung", "giá trị"],
            ["figure", "what it counts", "value"],
        );
        return console.line(table(
            &header,
            report.figures.iter().map(row).collect(),
            &[2],
        ));
    };
    let explained = ledger
        .explain_figure(issued, figure)
        .map_err(|error| console.failure(&error))?;
    if console.is_json() {
        let value = serde_json::to_value(&explained).unwrap_or_default();
        return console.json(&value);
    }
    let value = explained.figure.value.clone().unwrap_or_default();
    let what = explained.figure.question.describe(ledger.state(), lang);
    console.line(format!("{figure} = {} ({what})", console.number(&value)))?;
    traced::list(console, ledger.state(), &explained.events)
}
