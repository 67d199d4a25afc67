//! `socai sizes`: what each part of a ledger's folder takes on the disk, and what that is an event.

use serde_json::json;

use super::console::{Console, Failure, table};
use super::open::Place;
use crate::domain::language::Lang;
use crate::log::EventRead;
use crate::office::OfficeError;
use crate::office::sizes::{self, Part};

/// Runs the command.
///
/// # Errors
/// [`Failure`] when there is no ledger, or its folder cannot be read.
pub fn run(console: &mut Console<'_>, place: &Place) -> Result<(), Failure> {
    let events = place.journal(console)?.head().seq;
    let parts = sizes::of(&place.dir);
    let parts = parts.map_err(|error| {
        console.failure(&OfficeError::File(place.dir.display().to_string(), error))
    })?;
    let total: u64 = parts.iter().map(|(_, bytes)| bytes).sum();
    if console.is_json() {
        let parts: Vec<_> = parts
            .iter()
            .map(|(part, bytes)| json!({ "part": part.code(), "bytes": bytes }))
            .collect();
        return console.json(&json!({ "events": events, "bytes": total, "parts": parts }));
    }
    let lang = console.lang;
    let mut rows = Vec::new();
    for (part, bytes) in &parts {
        rows.push(row(console, name(*part, lang), *bytes, events));
    }
    let whole = lang.pick("cả sổ", "the whole folder");
    rows.push(row(console, whole, total, events));
    let header = lang.pick(
        ["phần", "byte", "byte/sự kiện"],
        ["part", "bytes", "bytes/event"],
    );
    console.line(table(&header, rows, &[1, 2]))?;
    let events = console.number(&events.to_string());
    console.line(lang.pick(format!("{events} sự kiện"), format!("{events} events")))
}

fn row(console: &Console<'_>, name: &str, bytes: u64, events: u64) -> Vec<String> {
    let tenths = (bytes * 10).checked_div(events).unwrap_or(0);
    let each = match tenths % 10 {
        0 => (tenths / 10).to_string(),
        tenth => format!("{}.{tenth}", tenths / 10),
    };
    vec![
        name.to_owned(),
        console.number(&bytes.to_string()),
        console.number(&each),
    ]
}

fn name(part: Part, lang: Lang) -> &'static str {
    match part {
        Part::Sealed => lang.pick("nhật ký: đoạn đã niêm", "journal: sealed segments"),
        Part::Frames => lang.pick(
            "nhật ký: đoạn đang ghi (chừa sẵn chỗ)",
            "journal: the segment being written (room kept)",
        ),
        Part::Index => lang.pick("chỉ mục (sled)", "index (sled)"),
        Part::Months => lang.pick("bảng số liệu theo tháng", "facts by month"),
        Part::Cells => lang.pick("số liệu cả kỳ tính sẵn", "figures of whole periods"),
        Part::Keys => lang.pick("khóa tìm sự kiện, mã số", "keys to events, codes"),
        Part::Subjects => lang.pick("khóa dữ liệu cá nhân", "keys of personal data"),
        Part::Others => lang.pick(
            "mốc xác nhận, báo cáo và khác",
            "checkpoints, reports, others",
        ),
    }
}
