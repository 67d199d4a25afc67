//! `socai access`: who opened personal fields.

use clap::Subcommand;
use serde_json::json;

use super::args::{AsOfArgs, BasisArgs};
use super::console::{Console, Failure, table};
use super::open::Place;
use crate::domain::custody::CustodyCommand;
use crate::office::OfficeError;
use crate::office::access::{AccessEntry, AccessLog, Phase};
use crate::office::erasure::subject_named;

/// `access`.
#[derive(Debug, Subcommand)]
pub enum AccessCommand {
    /// Ai đã mở thông tin cá nhân, khi nào, của ai; kiểm tra chuỗi băm · the access log, checked
    Show {
        /// Chỉ của hộ hoặc người này · only of this subject
        #[arg(long)]
        subject: Option<String>,
    },
    /// Neo nhật ký truy cập vào sổ · anchor the access log in the ledger
    Anchor {
        #[command(flatten)]
        #[allow(missing_docs)]
        basis: BasisArgs,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the access log does not hold, or the ledger cannot be used.
pub fn run(
    console: &mut Console<'_>,
    place: &Place,
    command: &AccessCommand,
) -> Result<(), Failure> {
    let log = AccessLog::of(&place.dir);
    match command {
        AccessCommand::Show { subject } => {
            let ledger = place.read(console, &AsOfArgs::default())?;
            let anchors = &ledger.state().anchors;
            let mut entries = log
                .read(anchors)
                .map_err(|error| console.failure(&OfficeError::Access(error)))?;
            let total = entries.len();
            if let Some(subject) = subject {
                let subject = subject_named(ledger.state(), subject)
                    .map_err(|error| console.failure(&OfficeError::Rejected(error)))?;
                entries.retain(|entry| {
                    entry.subjects.contains(&subject) || entry.subjects_count.is_some()
                });
            }
            let anchored = anchors.last().map_or(0, |anchor| anchor.entries);
            if console.is_json() {
                return console.json(&json!({
                    "entries": entries, "total": total, "anchored": anchored,
                }));
            }
            print(console, &entries)?;
            console.line(console.pick(
                format!("{total} mục, chuỗi băm khớp; {anchored} mục đầu đã neo vào sổ"),
                format!("{total} entries, the chain holds; the first {anchored} are anchored"),
            ))
        }
        AccessCommand::Anchor { basis } => {
            let mut ledger = place.write(console)?;
            let head = log
                .head(&ledger.state().anchors)
                .map_err(|error| console.failure(&OfficeError::Access(error)))?;
            let (entries, sha256) = head.unwrap_or_default();
            let command = CustodyCommand::Anchor { entries, sha256 };
            super::subject::record(console, place, &mut ledger, command, basis)
        }
    }
}

/// Prints entries as a table.
///
/// # Errors
/// When the output cannot be written.
pub fn print(console: &mut Console<'_>, entries: &[AccessEntry]) -> Result<(), Failure> {
    let lang = console.lang;
    let rows = entries.iter().map(|entry| {
        let who = entry.by.as_ref().or(entry.user.as_ref());
        let whose = match (entry.phase, entry.subjects_count) {
            (Phase::Opening, _) => lang.pick("(bắt đầu)", "(begins)").to_owned(),
            (Phase::Opened, Some(count)) => {
                lang.pick(format!("{count} đối tượng"), format!("{count} subjects"))
            }
            (Phase::Opened, None) => {
                let names: Vec<_> = entry.subjects.iter().map(ToString::to_string).collect();
                names.join(", ")
            }
        };
        vec![
            entry.entry.to_string(),
            entry.at.clone(),
            who.cloned().unwrap_or_default(),
            entry.command.clone(),
            entry.fields.to_string(),
            whose,
        ]
    });
    let header = lang.pick(
        ["mục", "lúc", "ai", "lệnh", "số trường", "của ai"],
        ["entry", "at", "who", "command", "fields", "whose"],
    );
    console.line(table(&header, rows.collect(), &[0, 4]))
}
