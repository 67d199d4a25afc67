//! `socai export tiles`: the log in a form that needs no program of ours.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::checkpoint::read_note;
use super::console::{Console, Failure};
use super::open::Place;
use crate::log::checkpoint;
use crate::log::durable;
use crate::log::tiles;
use crate::office::{OfficeError, Prover};

/// `export tiles`.
#[derive(Debug, Args)]
pub struct TilesArgs {
    /// Thư mục; xuất lại chỉ ghi phần mới · folder; again, only what is new is written
    pub dir: PathBuf,
    /// Mốc xác nhận; mặc định là mốc mới nhất của sổ · default: the ledger's newest
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
}

/// Runs the command. It takes no lock and writes nothing to the ledger.
///
/// # Errors
/// [`Failure`] when the ledger cannot be read, the checkpoint does not hold, or the folder holds
/// another log.
pub fn run(console: &mut Console<'_>, place: &Place, args: &TilesArgs) -> Result<(), Failure> {
    let TilesArgs { dir, checkpoint } = args;
    let log = place.journal(console)?;
    let path = checkpoint.clone();
    let path = path.unwrap_or(place.dir.join(checkpoint::FILE));
    if checkpoint.is_none() && !path.exists() {
        return Err(console.failure(&OfficeError::NoCheckpoint));
    }
    let note = read_note(console, &path)?;
    let prover = Prover::read(&log).map_err(|error| console.failure(&error))?;
    prover
        .open(&note)
        .map_err(|error| console.failure(&error))?;
    durable::create_folder(dir).map_err(|error| {
        let name = dir.display().to_string();
        console.failure(&OfficeError::File(name, error))
    })?;
    let done = tiles::export(&log, &note, dir);
    let done = done.map_err(|error| console.failure(&OfficeError::Tiles(error)))?;
    let (events, written, kept) = (done.events, done.written, done.kept);
    if console.is_json() {
        return console.json(&json!({
            "dir": dir.display().to_string(), "events": events, "written": written, "kept": kept,
        }));
    }
    let dir = dir.display();
    console.line(console.pick(
        format!("Đã xuất {events} sự kiện vào {dir}: {written} tệp mới, {kept} tệp giữ nguyên."),
        format!("Exported {events} events to {dir}: {written} files written, {kept} kept."),
    ))
}
