//! `socai export`: lists and the log in forms for others.

use clap::Subcommand;

use super::console::{Console, Failure};
use super::disbursements::{self, DisbursementArgs};
use super::open::Place;

/// `export`.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Danh sách chi trả (CSV): để niêm yết hoặc để kiểm tra · who received what, as CSV
    Disbursements(DisbursementArgs),
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
    }
}
