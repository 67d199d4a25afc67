//! `socai export`: lists and the log in forms for others.

use clap::Subcommand;

use super::console::{Console, Failure};
use super::disbursements::{self, DisbursementArgs};
use super::open::Place;
use super::tiles::{self, TilesArgs};

/// `export`.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Danh sách chi trả (CSV): để niêm yết hoặc để kiểm tra · who received what, as CSV
    Disbursements(DisbursementArgs),
    /// Cả sổ theo chuẩn C2SP tlog-tiles (trường cá nhân vẫn niêm phong) · the whole log as
    /// tlog-tiles; personal fields stay sealed
    Tiles(TilesArgs),
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the ledger cannot be read or the output cannot be written.
pub fn run(
    console: &mut Console<'_>,
    place: &Place,
    command: &ExportCommand,
) -> Result<(), Failure> {
    match command {
        ExportCommand::Disbursements(args) => disbursements::run(console, place, args),
        ExportCommand::Tiles(args) => tiles::run(console, place, args),
    }
}
