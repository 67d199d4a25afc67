//! `socai report`: the office's report of a period.

use std::collections::BTreeMap;
use std::path::Path;

use super::args::ReportArgs;
use super::console::{Console, Failure, Problem};
use super::open::{Place, Reader};
use super::values;
use crate::domain::event::Body;
use crate::domain::finding::FindingCode;
use crate::domain::language::Explain;
use crate::domain::period::Period;
use crate::log::codec::format_moment;
use crate::office::OfficeError;
use crate::office::opening::hex;
use crate::projection::Axis;
use crate::report::build::KnownAs;
use crate::report::{Narrative, Report, ReportInput, Template, render};

/// How many refs of a finding are named.
const EXAMPLES: usize = 3;

/// Runs `report show`. `narrative` stands in for `--narrative` where the program brings its own.
///
/// # Errors
/// [`Failure`] when the template or the narrative has errors, or the ledger cannot be read.
pub fn show(
    console: &mut Console<'_>,
    place: &Place,
    args: &ReportArgs,
    narrative: Option<(&str, &str)>,
) -> Result<(), Failure> {
    let period: Period = args
        .period
        .parse()
        .map_err(|error| console.usage("--period", &error))?;
    let axis: Axis = args
        .axis
        .parse()
        .map_err(|error| console.usage("--axis", &error))?;
    let cut_off = args.cut_off.as_ref();
    let cut_off = cut_off
        .map(|text| values::date(console, "--cut-off", text))
        .transpose()?;
    let kind = kind(console, args)?;
    let ledger = place.read(console, &args.as_of)?;
    let template = template(console, &ledger, &args.template)?;
    let narrative = match (&args.narrative, narrative) {
        (Some(path), _) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|error| console.failure(&OfficeError::File(name.clone(), error)))?;
            parse(console, &text, &name, &template)?
        }
        (None, Some((name, text))) => parse(console, text, name, &template)?,
        (None, None) => Narrative::default(),
    };
    let last = cut_off.unwrap_or(period.last_day());
    let findings =
        findings(&ledger, period.first_day(), last).map_err(|error| console.failure(&error))?;
    let stand = ledger.stand();
    let input = ReportInput {
        view: ledger.view(),
        as_of: KnownAs {
            seq: stand.seq,
            at: format_moment(stand.at_ms),
            root: hex(&stand.root),
        },
        template: &template,
        period,
        cut_off,
        axis,
        lang: console.lang,
        number: None,
        date: None,
        narrative: &narrative,
        findings,
    };
    let report = Report::build(&input).map_err(|error| console.refused(&error))?;
    let text = match kind {
        Kind::Text => render::text(&report),
        Kind::Markdown => render::markdown(&report),
        Kind::Json => {
            let text = report.to_canonical_json();
            text.map_err(|error| other(console, "report", &error.to_string()))? + "\n"
        }
    };
    match &args.output {
        Some(path) => write(console, path, &text),
        None => console.line(text.trim_end_matches('\n')),
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Markdown,
    Json,
}

/// The form by the ending of the file, else by `--format`.
fn kind(console: &Console<'_>, args: &ReportArgs) -> Result<Kind, Failure> {
    let Some(path) = &args.output else {
        return Ok(if console.is_json() {
            Kind::Json
        } else {
            Kind::Text
        });
    };
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("txt") => Ok(Kind::Text),
        Some("md") => Ok(Kind::Markdown),
        Some("json") => Ok(Kind::Json),
        _ => Err(console.wrong(
            "--output",
            &path.display().to_string(),
            "tên tệp phải kết thúc bằng .txt, .md hoặc .json",
            "the file must end in .txt, .md or .json",
        )),
    }
}

fn write(console: &mut Console<'_>, path: &Path, text: &str) -> Result<(), Failure> {
    let name = path.display().to_string();
    std::fs::write(path, text)
        .map_err(|error| console.failure(&OfficeError::File(name.clone(), error)))?;
    if console.is_json() {
        return console.json(&serde_json::json!({ "output": name }));
    }
    console.line(console.pick(
        format!("đã ghi báo cáo ra {name}"),
        format!("wrote the report to {name}"),
    ))
}

fn other(console: &Console<'_>, code: &str, message: &str) -> Failure {
    let _ = console;
    Failure::Refused(Problem {
        code: code.to_owned(),
        message: message.to_owned(),
        location: None,
        hint: None,
    })
}

/// The template that the ledger adopted, as of the view.
fn template(console: &Console<'_>, ledger: &Reader, code: &str) -> Result<Template, Failure> {
    let state = ledger.state();
    let adopted = state.templates.get(code);
    let text = adopted
        .and_then(|(_, sha256)| state.contents.get(sha256))
        .ok_or_else(|| {
            let (what, name) = ("template", code.to_owned());
            console.failure(&OfficeError::NotFound { what, name })
        })?;
    Template::from_json(text, code).map_err(|issues| {
        let lines: Vec<String> = issues
            .iter()
            .map(|issue| issue.message(console.lang))
            .collect();
        other(console, "bad_template", &lines.join("\n  "))
    })
}

fn parse(
    console: &Console<'_>,
    text: &str,
    name: &str,
    template: &Template,
) -> Result<Narrative, Failure> {
    Narrative::parse(text, name, template).map_err(|issues| {
        let lines: Vec<String> = issues
            .iter()
            .map(|issue| issue.message(console.lang))
            .collect();
        other(console, "bad_narrative", &lines.join("\n  "))
    })
}

type Found = Vec<(FindingCode, u64, Vec<String>)>;

/// What was noted on the supports of the days, how often, and the refs of some of them.
fn findings(
    ledger: &Reader,
    from: chrono::NaiveDate,
    to: chrono::NaiveDate,
) -> Result<Found, OfficeError> {
    let mut found: BTreeMap<FindingCode, (u64, Vec<String>)> = BTreeMap::new();
    for event in ledger.events(1, u64::MAX)? {
        if event.findings.is_empty() {
            continue;
        }
        let (support, state) = match &event.body {
            Body::Support(_, state) => (state.support.unwrap_or(event.id), state.as_ref()),
            Body::SupportCorrected(data) => (data.support, &data.to),
            _ => continue,
        };
        let stands = ledger.state().supports.get(&support).is_some_and(|record| {
            record.entries.iter().any(|entry| entry.event == event.id) && !record.reversed
        });
        if !stands || state.occurred_on < from || state.occurred_on > to {
            continue;
        }
        let name = state
            .reference
            .as_ref()
            .map_or_else(|| support.to_string(), ToString::to_string);
        for finding in &event.findings {
            let (count, examples) = found.entry(finding.code).or_default();
            *count += 1;
            if examples.len() < EXAMPLES {
                examples.push(name.clone());
            }
        }
    }
    Ok(found
        .into_iter()
        .map(|(code, (count, examples))| (code, count, examples))
        .collect())
}
