//! `socai import`: a list in, with everything that is wrong told at once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::args::{ImportArgs, ListKind};
use super::console::{Console, Failure};
use super::open::Place;
use super::values;
use crate::domain::finding::FindingCode;
use crate::domain::language::Explain;
use crate::import::load;
use crate::office::Mode;
use crate::office::OfficeError;
use crate::office::lists::{Imported, List, ListFile};

/// How many errors or findings of one kind are shown to people; JSON has them all.
const SHOWN: usize = 40;

/// Runs the command.
///
/// # Errors
/// [`Failure::Told`] when rows were refused and nothing was recorded.
pub fn run(console: &mut Console<'_>, place: &Place, args: &ImportArgs) -> Result<(), Failure> {
    let bytes = load(&args.file).map_err(|issue| console.refused(issue.as_ref()))?;
    let name = args.file.file_name().unwrap_or(args.file.as_os_str());
    let cohort = match (&args.code, args.year) {
        (Some(code), Some(year)) => Some((values::code(console, "--code", code)?, year)),
        _ => None,
    };
    let file = ListFile {
        list: list(args.list),
        bytes: Vec::new(),
        name: name.to_string_lossy().into_owned(),
        cohort,
        document: values::document(args.document.as_ref()),
        reason: values::text(args.reason.as_ref()),
        update: args.update,
        options: super::reading::options(console, place, list(args.list), &args.reading)?,
        as_workbook: args.rejects.as_ref().is_some_and(|path| {
            let ending = path.extension().and_then(|ending| ending.to_str());
            ending.is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"))
        }),
    };
    let mode = match (args.dry_run, args.accept_valid) {
        (true, _) => Mode::DryRun,
        (false, true) => Mode::AcceptValid,
        (false, false) => Mode::Whole,
    };
    let mut ledger = place.write_named(console)?;
    let by = place.actor(console, &ledger)?;
    let mut tools = place.tools();
    tools.lang = console.lang;
    tools.progress = console.interactive.then(|| progress(console.lang));
    let imported = ledger
        .import_bytes(&mut tools, &by, &file, bytes.into(), mode)
        .map_err(|error| console.failure(&error))?;
    if let Some(path) = &args.rejects
        && (!imported.issues.is_empty() || file.as_workbook)
    {
        std::fs::write(path, &imported.rejects).map_err(|error| {
            console.failure(&OfficeError::File(path.display().to_string(), error))
        })?;
    }
    tell(console, &file, &imported, mode)
}

fn list(kind: ListKind) -> List {
    match kind {
        ListKind::Households => List::Households,
        ListKind::Persons => List::Persons,
        ListKind::Projects => List::Projects,
        ListKind::Members => List::Members,
        ListKind::Cohort => List::Cohort,
        ListKind::Supports => List::Supports,
        ListKind::Stages => List::Stages,
    }
}

/// A bar that appears when a list takes longer than a second.
fn progress(lang: crate::domain::Lang) -> Box<dyn FnMut(usize, usize) + Send> {
    let started = std::time::Instant::now();
    let mut bar: Option<indicatif::ProgressBar> = None;
    Box::new(move |done, of| {
        if done % 512 != 0 && done + 1 != of {
            return;
        }
        if bar.is_none() && started.elapsed().as_secs() >= 1 {
            let new = indicatif::ProgressBar::new(of as u64);
            let style = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
            if let Ok(style) = style {
                new.set_style(style);
            }
            new.set_message(lang.pick("đang kiểm tra", "checking"));
            bar = Some(new);
        }
        if let Some(bar) = &bar {
            bar.set_position(done as u64);
            if done + 1 == of {
                bar.finish_and_clear();
            }
        }
    })
}

fn tell(
    console: &mut Console<'_>,
    file: &ListFile,
    imported: &Imported,
    mode: Mode,
) -> Result<(), Failure> {
    let failed = !imported.issues.is_empty() && mode != Mode::AcceptValid;
    if console.is_json() {
        tell_json(console, file, imported, mode)?;
    } else {
        tell_people(console, file, imported, mode)?;
    }
    if failed { Err(Failure::Told) } else { Ok(()) }
}

fn tell_json(
    console: &mut Console<'_>,
    file: &ListFile,
    imported: &Imported,
    mode: Mode,
) -> Result<(), Failure> {
    let lang = console.lang;
    let errors: Vec<_> = imported
        .issues
        .iter()
        .map(|issue| issue.spoken(lang))
        .collect();
    let notices: Vec<_> = imported
        .notices
        .iter()
        .map(|notice| notice.spoken(lang))
        .collect();
    let findings: Vec<Value> = imported
        .findings
        .iter()
        .map(|(row, finding)| {
            json!({
                "row": row, "code": finding.code, "found": finding.found,
                "expected": finding.expected, "message": finding.message(lang),
            })
        })
        .collect();
    console.json(&json!({
        "file": file.name,
        "dry_run": mode == Mode::DryRun,
        "rows": imported.rows,
        "recorded": imported.recorded,
        "already": imported.already,
        "rejected": imported.rejected,
        "sheet": imported.sheet,
        "columns": super::reading::mapping_json(&imported.mapping),
        "sums": super::reading::sums_json(&imported.sums),
        "first_seq": imported.appended.map(|(first, _)| first),
        "last_seq": imported.appended.map(|(_, last)| last),
        "errors": errors,
        "notices": notices,
        "findings": findings,
    }))
}

fn tell_people(
    console: &mut Console<'_>,
    file: &ListFile,
    imported: &Imported,
    mode: Mode,
) -> Result<(), Failure> {
    let lang = console.lang;
    for issue in imported.issues.iter().take(SHOWN) {
        console.notice(format!(
            "{}: {}",
            lang.pick("lỗi", "error"),
            issue.line(lang)
        ));
    }
    if mode == Mode::DryRun || !file.options.named.is_empty() {
        super::reading::show(console, imported)?;
    }
    let more = imported.issues.len().saturating_sub(SHOWN);
    if more > 0 {
        console.notice(lang.pick(
            format!("… và {more} lỗi khác; --rejects TỆP ghi tất cả các dòng sai"),
            format!("… and {more} more; --rejects FILE writes all rejected rows"),
        ));
    }
    for notice in &imported.notices {
        console.notice(format!(
            "{}: {}",
            lang.pick("lưu ý", "note"),
            notice.message(lang)
        ));
    }
    let mut kinds: BTreeMap<FindingCode, Vec<String>> = BTreeMap::new();
    for (row, finding) in &imported.findings {
        kinds
            .entry(finding.code)
            .or_default()
            .push(match &finding.found {
                Some(found) if finding.code == FindingCode::VillageNew => found.clone(),
                _ => row.to_string(),
            });
    }
    for (code, rows) in kinds {
        let count = rows.len();
        let shown = rows.into_iter().take(8).collect::<Vec<_>>().join(", ");
        let dots = if count > 8 { ", …" } else { "" };
        let text = code.text();
        let place = match code {
            FindingCode::VillageNew => "",
            _ => lang.pick("dòng ", "rows "),
        };
        console.line(format!(
            "⚠ {}: {count} ({place}{shown}{dots})",
            text.get(lang)
        ))?;
    }
    let verb = match mode {
        Mode::DryRun => lang.pick("sẽ ghi", "would record"),
        _ => lang.pick("đã ghi", "recorded"),
    };
    console.line(lang.pick(
        format!(
            "{}: {} dòng, {verb} {}, đã có {}, trả lại {}",
            file.name, imported.rows, imported.recorded, imported.already, imported.rejected
        ),
        format!(
            "{}: {} rows, {verb} {}, already there {}, rejected {}",
            file.name, imported.rows, imported.recorded, imported.already, imported.rejected
        ),
    ))?;
    if !imported.issues.is_empty() && mode == Mode::Whole {
        console.notice(lang.pick(
            "không ghi dòng nào: sửa danh sách, hoặc thêm --accept-valid để ghi các dòng đúng",
            "nothing was recorded: correct the list, or add --accept-valid to record the valid rows",
        ));
    }
    Ok(())
}
