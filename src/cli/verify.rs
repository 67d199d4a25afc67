//! `socai verify`: recomputes everything and names what does not agree.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::checkpoint::read_note;
use super::console::{Console, Failure};
use super::open::Place;
use crate::office::opening::hex;
use crate::office::verify::{self, Check, Finding, Verdict, Verification, Verifying};

/// `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Kiểm tra đầy đủ: từng sự kiện, dựng lại sổ, chỉ mục, khóa, báo cáo · the full check: each
    /// event, replay, index, keys, reports
    #[arg(long)]
    pub full: bool,
    /// Mốc xác nhận do nơi khác giữ (lặp lại được) · checkpoints that others kept
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
}

/// Runs the command. Exit status 1 where anything is at fault.
///
/// # Errors
/// [`Failure`] when there is no ledger, or the check fails.
pub fn run(console: &mut Console<'_>, place: &Place, args: &VerifyArgs) -> Result<(), Failure> {
    let mut checkpoints = Vec::new();
    for path in &args.checkpoint {
        checkpoints.push((path.display().to_string(), read_note(console, path)?));
    }
    let bar = console.progress_bar();
    let mut tick = |done: u64, of: u64| {
        if let Some(bar) = &bar {
            bar.set_length(of);
            bar.set_position(done);
        }
    };
    let how = Verifying {
        full: args.full,
        checkpoints,
        progress: Some(&mut tick),
    };
    let found = verify::verify(&place.dir, &place.options(), how);
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let found = found.map_err(|error| console.failure(&error))?;
    if console.is_json() {
        console.json(&as_json(console, &found))?;
    } else {
        tell(console, &found)?;
    }
    if found.holds() {
        Ok(())
    } else {
        Err(Failure::Told)
    }
}

fn as_json(console: &Console<'_>, found: &Verification) -> serde_json::Value {
    let checks = Check::ALL.iter().map(|check| {
        let verdict = match found.verdict(*check) {
            Verdict::Holds => "holds",
            Verdict::NotChecked => "not_checked",
            Verdict::Fails => "fails",
        };
        let of = |finding: &&Finding| finding.check == *check;
        let findings = found.findings.iter().filter(of).map(|finding| {
            json!({
                "code": finding.code, "fault": finding.fault, "seq": finding.seq,
                "message": finding.text.get(console.lang),
            })
        });
        json!({
            "check": check.code(), "verdict": verdict,
            "findings": findings.collect::<Vec<_>>(), "more": found.more.get(check),
        })
    });
    let compared = found.checkpoints.iter();
    let compared = compared.map(|(size, name)| json!({ "size": size, "file": name }));
    json!({
        "holds": found.holds(), "full": found.full, "events": found.events,
        "root": hex(&found.root), "first_fault": found.first_fault(),
        "checkpoints": compared.collect::<Vec<_>>(), "checks": checks.collect::<Vec<_>>(),
    })
}

fn tell(console: &mut Console<'_>, found: &Verification) -> Result<(), Failure> {
    for check in Check::ALL {
        let verdict = found.verdict(check);
        let of = |finding: &&Finding| finding.check == check;
        let findings: Vec<&Finding> = found.findings.iter().filter(of).collect();
        if verdict == Verdict::NotChecked && findings.is_empty() {
            continue;
        }
        let sign = match verdict {
            Verdict::Holds => "✓",
            Verdict::NotChecked => "–",
            Verdict::Fails => "✗",
        };
        console.line(format!("{sign} {}", check.name(console.lang)))?;
        for finding in findings {
            let text = finding.text.get(console.lang).to_owned();
            console.line(format!("    {text}"))?;
        }
        if let Some(more) = found.more.get(&check) {
            console.line(console.pick(
                format!("    … và {more} lỗi nữa"),
                format!("    … and {more} more faults"),
            ))?;
        }
    }
    for (size, name) in &found.checkpoints {
        console.line(console.pick(
            format!("  mốc {size} sự kiện khớp: {name}"),
            format!("  the checkpoint of {size} events agrees: {name}"),
        ))?;
    }
    let (events, root) = (found.events, hex(&found.root));
    if found.holds() {
        let unlooked = console.pick(
            " (kiểm tra nhanh; --full để kiểm tra cả nội dung)",
            " (quick check; --full looks at the content too)",
        );
        let rest = if found.full { "" } else { unlooked };
        return console.line(console.pick(
            format!("ĐÚNG: {events} sự kiện, gốc {root}{rest}"),
            format!("HOLDS: {events} events, root {root}{rest}"),
        ));
    }
    console.line(match found.first_fault() {
        Some(seq) => console.pick(
            format!("SAI: sự kiện đầu tiên có lỗi là #{seq}"),
            format!("FAILS: the first event at fault is #{seq}"),
        ),
        None => console.pick("SAI".to_owned(), "FAILS".to_owned()),
    })
}
