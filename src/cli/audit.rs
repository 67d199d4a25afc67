//! `socai audit`: what somebody who checks an office looks at first.

use std::collections::BTreeMap;

use clap::Subcommand;
use serde_json::json;

use super::args::AsOfArgs;
use super::console::{Console, Failure, table};
use super::figures::stand_json;
use super::open::Place;
use super::{traced, values};
use crate::domain::language::Lang;
use crate::office::late::LateEntry;

/// `audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Ghi muộn: lâu sau khi việc xảy ra, hoặc sau khi kỳ đã khóa · recorded long after the fact,
    /// or after its period was closed
    Late {
        /// Quá bao nhiêu ngày · more than so many days
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(i64).range(0..))]
        days: i64,
        /// Chỉ những lần ghi trong kỳ này · only what was recorded in this period
        #[arg(long, value_name = "PERIOD")]
        recorded: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] for a wrong period, or a ledger that cannot be read.
pub fn run(
    console: &mut Console<'_>,
    place: &Place,
    command: &AuditCommand,
) -> Result<(), Failure> {
    let AuditCommand::Late {
        days,
        recorded,
        as_of,
    } = command;
    let recorded = recorded.as_ref();
    let recorded = recorded.map(|text| values::period(console, "--recorded", text));
    let recorded = recorded.transpose()?;
    let ledger = place.read(console, as_of)?;
    let within = |date| recorded.as_ref().is_none_or(|period| period.contains(date));
    let late = ledger
        .late_entries(*days, within)
        .map_err(|error| console.failure(&error))?;
    if console.is_json() {
        return console.json(&json!({
            "as_of": stand_json(ledger.stand()),
            "days": days,
            "entries": late,
        }));
    }
    let lang = console.lang;
    if late.is_empty() {
        return console.line(lang.pick(
            format!("không có lần ghi nào muộn quá {days} ngày hay sau khi khóa kỳ"),
            format!("nothing was recorded more than {days} days late or after its period closed"),
        ));
    }
    for entry in &late {
        console.line(format!(
            "  {} · {}",
            delay(entry, lang),
            traced::what(&entry.event, ledger.state(), lang)
        ))?;
        console.line(format!("      {}", traced::whence(&entry.event, lang)))?;
    }
    console.line("")?;
    console.line(summary(&late, lang))
}

fn delay(entry: &LateEntry, lang: Lang) -> String {
    let days = entry.days;
    let text = lang.pick(format!("muộn {days} ngày"), format!("{days} days late"));
    if entry.closed {
        return text + lang.pick(", kỳ đã khóa", ", period closed");
    }
    text
}

/// How many entries of each recorder and file were late, and by how much at most.
fn summary(late: &[LateEntry], lang: Lang) -> String {
    let mut groups: BTreeMap<(String, String), (u64, u64, i64)> = BTreeMap::new();
    for entry in late {
        let source = entry.event.source.as_ref();
        let file = source.map(|source| source.file.clone());
        let file = file.unwrap_or_else(|| lang.pick("ghi tay", "by hand").to_owned());
        let (count, closed, most) = groups.entry((entry.event.by.id.clone(), file)).or_default();
        *count += 1;
        *closed += u64::from(entry.closed);
        *most = (*most).max(entry.days);
    }
    let rows = groups
        .into_iter()
        .map(|((by, file), (count, closed, most))| {
            vec![
                by,
                file,
                count.to_string(),
                closed.to_string(),
                most.to_string(),
            ]
        });
    let header = lang.pick(
        [
            "người ghi",
            "tệp",
            "số lần ghi muộn",
            "kỳ đã khóa",
            "muộn nhất (ngày)",
        ],
        [
            "recorder",
            "file",
            "late entries",
            "period closed",
            "latest (days)",
        ],
    );
    table(&header, rows.collect(), &[2, 3, 4])
}
