//! `socai period`: closing and reopening the days that reports rest on.

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::args::{AsOfArgs, BasisArgs};
use super::console::{Console, Failure};
use super::figures::{axis_name, fingerprint, period_json, stand_json};
use super::history::document_text;
use super::open::{Place, Reader};
use super::{record, values};
use crate::domain::closing::ClosingMove;
use crate::domain::command::Command;
use crate::domain::event::Event;
use crate::domain::fixed::format_thousandths;
use crate::domain::period::Period;
use crate::office::Entry;
use crate::office::asof::local_date;
use crate::projection::figures::Query;
use crate::projection::{Axis, Balance, movement};

/// `period`.
#[derive(Debug, Subcommand)]
pub enum PeriodCommand {
    /// Khóa mọi ngày đến hết một ngày hoặc một kỳ · close every day through a date or a period
    Close(CloseArgs),
    /// Mở lại các ngày sau một ngày · open again the days after a date
    Reopen(ReopenArgs),
    /// Kỳ đã khóa chưa, sau đó có gì bổ sung · whether a period is closed, and what came late
    Show {
        /// Kỳ (không ghi: đến ngày khóa cuối) · period, else all closed days
        period: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
    /// Các lần khóa và mở lại · every closing and reopening
    List {
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
}

/// `period close`.
#[derive(Debug, Args)]
pub struct CloseArgs {
    /// Ngày cuối, hoặc kỳ (đến hết kỳ) · last day, or a period
    #[arg(long, value_name = "DATE|PERIOD")]
    pub through: String,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `period reopen`.
#[derive(Debug, Args)]
pub struct ReopenArgs {
    /// Ngày cuối vẫn khóa (hoặc kỳ: đến hết kỳ) · the last day that stays closed
    #[arg(long, value_name = "DATE|PERIOD")]
    pub through: String,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when nothing can be closed or reopened so, or the ledger cannot be read.
pub fn run(
    console: &mut Console<'_>,
    place: &Place,
    command: &PeriodCommand,
) -> Result<(), Failure> {
    match command {
        PeriodCommand::Close(args) => {
            let (period, through) = through(console, &args.through)?;
            let command = Command::ClosePeriod { period, through };
            let mut ledger = place.write_named(console)?;
            record::commit(
                console,
                place,
                &mut ledger,
                Entry::by_hand(command),
                &args.basis,
            )
        }
        PeriodCommand::Reopen(args) => {
            let (_, through) = through(console, &args.through)?;
            let command = Command::ReopenPeriod { through };
            let mut ledger = place.write_named(console)?;
            record::commit(
                console,
                place,
                &mut ledger,
                Entry::by_hand(command),
                &args.basis,
            )
        }
        PeriodCommand::Show { period, as_of } => {
            let period = period
                .as_ref()
                .map(|text| values::period(console, "PERIOD", text));
            let period = period.transpose()?;
            let ledger = place.read(console, as_of)?;
            show(console, &ledger, period)
        }
        PeriodCommand::List { as_of } => {
            let ledger = place.read(console, as_of)?;
            list(console, &ledger)
        }
    }
}

/// A day, or the period that ends on it.
fn through(console: &Console<'_>, text: &str) -> Result<(Option<Period>, NaiveDate), Failure> {
    if let Ok(day) = values::date(console, "--through", text) {
        return Ok((None, day));
    }
    let period = values::period(console, "--through", text)?;
    Ok((Some(period), period.last_day()))
}

fn event_of(console: &Console<'_>, ledger: &Reader, seq: u64) -> Result<Option<Event>, Failure> {
    let events = ledger.events(seq, seq);
    let mut events = events.map_err(|error| console.failure(&error))?;
    Ok(events.pop())
}

fn list(console: &mut Console<'_>, ledger: &Reader) -> Result<(), Failure> {
    let closings = &ledger.state().closings;
    let mut moves = Vec::new();
    for step in closings.moves() {
        moves.push((*step, event_of(console, ledger, step.seq)?));
    }
    if console.is_json() {
        let moves: Vec<Value> = moves
            .iter()
            .map(|(step, event)| move_json(step, event.as_ref()))
            .collect();
        return console.json(&json!({
            "as_of": stand_json(ledger.stand()),
            "closed_through": closings.through(),
            "moves": moves,
        }));
    }
    let lang = console.lang;
    for (step, event) in &moves {
        let text = move_text(console, ledger, step, event.as_ref());
        console.line(text)?;
    }
    console.line(match closings.through() {
        Some(day) => lang.pick(
            format!("Đã khóa đến hết ngày {}", day.format("%d/%m/%Y")),
            format!("Closed through {day}"),
        ),
        None => lang
            .pick("Chưa khóa kỳ nào", "No period is closed")
            .to_owned(),
    })?;
    console.line(fingerprint(ledger.stand(), lang))
}

fn move_json(step: &ClosingMove, event: Option<&Event>) -> Value {
    json!({
        "seq": step.seq,
        "type": if step.closes() { "closed" } else { "reopened" },
        "before": step.before,
        "through": step.through,
        "by": event.map(|event| &event.by),
        "at": event.map(|event| crate::log::codec::format_moment(event.at_ms)),
        "reason": event.and_then(|event| event.reason.as_ref()),
        "document": event.and_then(|event| event.document.as_ref()),
    })
}

fn move_text(
    console: &Console<'_>,
    ledger: &Reader,
    step: &ClosingMove,
    event: Option<&Event>,
) -> String {
    let lang = console.lang;
    let shown = |day: NaiveDate| match lang {
        crate::domain::Lang::Vi => day.format("%d/%m/%Y").to_string(),
        crate::domain::Lang::En => day.to_string(),
    };
    let mut text = if step.closes() {
        let what = lang.pick("khóa đến", "closed through");
        format!("#{} {what} {}", step.seq, shown(step.through))
    } else {
        let what = lang.pick("mở lại sau", "reopened after");
        format!("#{} {what} {}", step.seq, shown(step.through))
    };
    if let Some(before) = step.before {
        let was = lang.pick("trước đó khóa đến", "before: through");
        text.push_str(&format!(" ({was} {})", shown(before)));
    }
    let Some(event) = event else { return text };
    let offset = ledger.state().ledger.as_ref();
    let offset = offset.map_or("+00:00", |known| &known.offset);
    let recorded = shown(local_date(event.at_ms, offset));
    text.push_str(&lang.pick(
        format!("; ghi ngày {recorded} bởi {}", event.by.name),
        format!("; recorded {recorded} by {}", event.by.name),
    ));
    if let Some(reason) = &event.reason {
        text.push_str(&format!("; {}: {reason}", lang.pick("lý do", "reason")));
    }
    if let Some(document) = &event.document {
        text.push_str(&format!("; {}", document_text(document, lang)));
    }
    text
}

fn show(console: &mut Console<'_>, ledger: &Reader, period: Option<Period>) -> Result<(), Failure> {
    let closings = &ledger.state().closings;
    let day = period
        .map(|period| period.last_day())
        .or(closings.through());
    let closing = day.and_then(|day| closings.closing_of(day));
    let query = match (period, day) {
        (Some(period), _) => Some(Query::of(&period)),
        (None, day) => day.map(|day| Query::between(NaiveDate::MIN, day)),
    };
    let late = match (query, closing) {
        (Some(query), Some(closing)) => {
            let rows = movement::late(ledger.facts(), ledger.state(), &query, closing);
            let rows = rows.map_err(|error| console.usage("period", &error))?;
            rows.into_iter().next().map(|(_, late)| late)
        }
        _ => None,
    };
    let event = match closing {
        Some(seq) => event_of(console, ledger, seq)?,
        None => None,
    };
    if console.is_json() {
        let step = closings
            .moves()
            .iter()
            .find(|step| Some(step.seq) == closing);
        return console.json(&json!({
            "as_of": stand_json(ledger.stand()),
            "axis": Axis::Occurred,
            "period": period.as_ref().map(period_json),
            "closed_through": closings.through(),
            "closed": closing.is_some(),
            "closing": step.map(|step| move_json(step, event.as_ref())),
            "late": late.as_ref().map(super::movement::balance_json),
        }));
    }
    let lang = console.lang;
    if let Some(period) = period {
        console.line(format!("{} ({period})", period.label(lang)))?;
    }
    let line = match (closing, closings.through()) {
        (None, None) => lang
            .pick("Chưa khóa kỳ nào", "No period is closed")
            .to_owned(),
        (None, Some(through)) => lang.pick(
            format!("Chưa khóa: sổ khóa đến {}", through.format("%d/%m/%Y")),
            format!("Open: the ledger is closed through {through}"),
        ),
        (Some(seq), _) => {
            let step = closings.moves().iter().find(|step| step.seq == seq);
            match step {
                Some(step) => move_text(console, ledger, step, event.as_ref()),
                None => format!("#{seq}"),
            }
        }
    };
    console.line(line)?;
    if let Some(row) = late {
        let text = late_text(console, &row);
        console.line(text)?;
        console.line(axis_name(Axis::Occurred, lang))?;
    }
    console.line(fingerprint(ledger.stand(), lang))
}

/// What came after a closing, in one sentence.
fn late_text(console: &Console<'_>, row: &Balance) -> String {
    let lang = console.lang;
    let amount = console.number(&format_thousandths(row.amount));
    let recovered = console.number(&format_thousandths(row.recovered));
    lang.pick(
        format!(
            "Bổ sung sau khi khóa (chi trả, tổ chức): {} lượt, {amount}; thu hồi {recovered}",
            row.turns
        ),
        format!(
            "Late since its closing (disbursed, held): {} turns, {amount}; recovered {recovered}",
            row.turns
        ),
    )
}
