//! `socai repair` and `socai rebuild`: a damaged journal from its other copies, the index anew.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::checkpoint::read_note;
use super::console::{Console, Failure, Problem};
use super::open::Place;
use crate::log::checkpoint::Checkpoint;
use crate::log::repair::{Origin, Repaired, Repairing, Taken, repair};
use crate::log::{EventRead as _, IndexState, SledLog};
use crate::office::OfficeError;
use crate::office::opening::hex;

/// `repair`.
#[derive(Debug, Args)]
pub struct RepairArgs {
    /// Bản khác của cùng sổ này: thư mục sổ hoặc thư mục tiles (lặp lại được) · another copy of
    /// this ledger: its folder, or its tiles
    #[arg(long, value_name = "DIR")]
    pub from: Vec<PathBuf>,
    /// Mốc xác nhận do nơi khác giữ: kết quả phải khớp (lặp lại được) · checkpoints that others
    /// kept, which the result must agree with
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
    /// Chỉ xem sẽ làm gì, không đổi gì · only tell what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs `repair`. What is damaged is set aside, never deleted; where events would be lost nothing
/// is changed.
///
/// # Errors
/// [`Failure`] when the ledger is in use, or events cannot be given back.
pub fn run(console: &mut Console<'_>, place: &Place, args: &RepairArgs) -> Result<(), Failure> {
    let mut checkpoints = Vec::new();
    for path in &args.checkpoint {
        let note = read_note(console, path)?;
        let checkpoint = Checkpoint::parse(&note.text);
        let told = |error| console.failure(&OfficeError::Checkpoint(error));
        checkpoints.push(checkpoint.map_err(told)?);
    }
    let with = Repairing {
        from: args.from.clone(),
        checkpoints,
        dry_run: args.dry_run,
    };
    let repaired = repair(&place.dir, &place.options(), &with);
    let repaired = repaired.map_err(|error| console.failure(&OfficeError::Tiles(error)))?;
    let index = match repaired.lost.is_none() && !args.dry_run {
        true => Some(reopened(console, place, false)?),
        false => None,
    };
    tell(console, args, &repaired, index.as_ref())?;
    match repaired.lost {
        None => Ok(()),
        Some(lost) => Err(Failure::Refused(refusal(console, lost, &repaired.beyond))),
    }
}

/// What became of the index.
pub(super) struct Reopened {
    pub(super) state: IndexState,
    pub(super) events: u64,
}

impl Reopened {
    pub(super) fn json(&self) -> Value {
        match &self.state {
            IndexState::Current => json!({ "state": "current" }),
            IndexState::CaughtUp { events } => json!({ "state": "caught_up", "events": events }),
            IndexState::Rebuilt { why, set_aside } => {
                let aside = set_aside.as_ref().map(|path| path.display().to_string());
                json!({ "state": "rebuilt", "why": why, "set_aside": aside })
            }
        }
    }

    pub(super) fn told(&self, console: &Console<'_>) -> String {
        let events = self.events;
        match &self.state {
            IndexState::Current => console.pick(
                format!("Chỉ mục đầy đủ: {events} sự kiện."),
                format!("The index is complete: {events} events."),
            ),
            IndexState::CaughtUp { events: more } => console.pick(
                format!("Chỉ mục đã bổ sung {more} sự kiện, nay đủ {events}."),
                format!("The index took in {more} events and holds all {events} now."),
            ),
            IndexState::Rebuilt { set_aside, .. } => {
                let aside = set_aside.as_ref().map(|path| path.display().to_string());
                let aside = aside.map_or(String::new(), |path| {
                    console.pick(
                        format!(" Bản cũ giữ ở {path}."),
                        format!(" The old one is kept at {path}."),
                    )
                });
                console.pick(
                    format!("Đã lập lại chỉ mục của {events} sự kiện từ nhật ký.{aside}"),
                    format!("Built the index of {events} events anew from the journal.{aside}"),
                )
            }
        }
    }
}

/// Opens the log for writing, which brings the index up to the journal, and closes it.
fn reopened(console: &Console<'_>, place: &Place, anew: bool) -> Result<Reopened, Failure> {
    let mut options = place.options();
    let bar = console.progress_bar();
    if let Some(bar) = bar.clone() {
        options.progress = Some(std::sync::Arc::new(move |progress| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
        }));
    }
    let opened = match anew {
        true => SledLog::rebuild(&place.dir, options),
        false => SledLog::open(&place.dir, options),
    };
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let told = |error| console.failure(&OfficeError::Log(error));
    let log = opened.map_err(told)?;
    let reopened = Reopened {
        state: log.report().index.clone(),
        events: log.head().seq,
    };
    log.close().map_err(told)?;
    Ok(reopened)
}

fn origin_code(origin: &Origin) -> Value {
    match origin {
        Origin::Journal => json!("journal"),
        Origin::Frames => json!("frames"),
        Origin::Index => json!("index"),
        Origin::Folder(name) => json!({ "folder": name }),
    }
}

fn origin_text(console: &Console<'_>, origin: &Origin) -> String {
    match origin {
        Origin::Journal => console.pick("nhật ký", "the journal").to_owned(),
        Origin::Frames => console
            .pick(
                "phần còn nguyên sau chỗ hỏng",
                "whole frames behind the damage",
            )
            .to_owned(),
        Origin::Index => console.pick("chỉ mục sled", "the index in sled").to_owned(),
        Origin::Folder(name) => name.clone(),
    }
}

fn tell(
    console: &mut Console<'_>,
    args: &RepairArgs,
    repaired: &Repaired,
    index: Option<&Reopened>,
) -> Result<(), Failure> {
    if console.is_json() {
        let taken = repaired.taken.iter().map(|taken| {
            json!({ "from": taken.from, "to": taken.to, "origin": origin_code(&taken.origin) })
        });
        let aside = repaired
            .set_aside
            .iter()
            .map(|path| path.display().to_string());
        return console.json(&json!({
            "whole": repaired.whole, "dry_run": args.dry_run, "events": repaired.events,
            "root": hex(&repaired.root), "confirmed": repaired.confirmed,
            "taken": taken.collect::<Vec<_>>(), "set_aside": aside.collect::<Vec<_>>(),
            "lost": repaired.lost.map(|(from, to)| json!({ "from": from, "to": to })),
            "beyond": repaired.beyond.iter().map(|(from, to)| json!({ "from": from, "to": to }))
                .collect::<Vec<_>>(),
            "index": index.map(Reopened::json),
        }));
    }
    if repaired.whole {
        console.line(console.pick("Nhật ký nguyên vẹn.", "The journal is whole."))?;
    } else {
        for Taken { from, to, origin } in &repaired.taken {
            let origin = origin_text(console, origin);
            console.line(console.pick(
                format!("  sự kiện {from} đến {to}: {origin}"),
                format!("  events {from} to {to}: {origin}"),
            ))?;
        }
        let (events, root) = (repaired.events, hex(&repaired.root));
        console.line(
            match (args.dry_run || repaired.lost.is_some(), repaired.confirmed) {
                (true, _) => console.pick(
                    format!("Có thể khôi phục {events} sự kiện, gốc {root}. Chưa thay đổi gì."),
                    format!("{events} events can be given back, root {root}. Nothing was changed."),
                ),
                (false, Some(size)) => console.pick(
                    format!(
                        "Đã khôi phục {events} sự kiện, gốc {root}; mốc {size} sự kiện xác nhận."
                    ),
                    format!(
                        "Repaired: {events} events, root {root}; the checkpoint of {size} confirms."
                    ),
                ),
                (false, None) => console.pick(
                    format!(
                        "Đã khôi phục {events} sự kiện, gốc {root}; không có mốc nào xác nhận."
                    ),
                    format!("Repaired: {events} events, root {root}; no checkpoint confirms them."),
                ),
            },
        )?;
        for path in &repaired.set_aside {
            let path = path.display();
            console.line(console.pick(
                format!("  phần hỏng được giữ ở {path}"),
                format!("  what was damaged is kept at {path}"),
            ))?;
        }
    }
    match index {
        Some(index) => console.line(index.told(console)),
        None => Ok(()),
    }
}

/// What is lost, exactly: what nothing gives back, without what stands whole behind it.
fn refusal(console: &Console<'_>, (from, to): (u64, u64), beyond: &[(u64, u64)]) -> Problem {
    let mut missing = Vec::new();
    let mut next = from;
    for (first, last) in beyond {
        if next < *first {
            missing.push((next, first - 1));
        }
        next = last + 1;
    }
    if next <= to {
        missing.push((next, to));
    }
    let lost = ranges(&missing);
    let behind = match beyond {
        [] => String::new(),
        beyond => console.pick(
            format!(
                "; {} còn nguyên phía sau, sẽ nối lại được khi tìm ra phần thiếu",
                ranges(beyond)
            ),
            format!(
                "; {} stand whole behind them, to be joined once those are found",
                ranges(beyond)
            ),
        ),
    };
    Problem {
        code: "events_lost".to_owned(),
        message: console.pick(
            format!("không tìm lại được sự kiện {lost}{behind}; chưa thay đổi gì"),
            format!("events {lost} are in no copy at hand{behind}; nothing was changed"),
        ),
        location: None,
        hint: Some(
            console
                .pick(
                    "thêm --from với một bản sao của sổ (bản sao lưu đã `socai restore` ra thư mục \
                     khác) hoặc bản xuất tiles có các sự kiện đó",
                    "add --from with a copy of the ledger (a backup put into another folder by \
                     `socai restore`) or exported tiles that have these events",
                )
                .to_owned(),
        ),
    }
}

fn ranges(ranges: &[(u64, u64)]) -> String {
    let range = |(from, to): &(u64, u64)| match from == to {
        true => format!("#{from}"),
        false => format!("#{from}–#{to}"),
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(", ")
}
