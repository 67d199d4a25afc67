//! `socai export`: lists and the log in forms for others.

use clap::Subcommand;

use super::console::{Console, Failure};
use super::disbursements::{self, DisbursementArgs};
use super::open::Place;
use super::tables::{self, FileArgs, FolderArgs};
use super::tiles::{self, TilesArgs};
use crate::export::Dialect;

/// `export`.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Danh sách chi trả (CSV): để niêm yết hoặc để kiểm tra · who received what, as CSV
    Disbursements(DisbursementArgs),
    /// Các bảng CSV: hỗ trợ, hộ, dự án, vốn, chỉ tiêu, đơn vị, điều chỉnh · tables as CSV
    Csv(FolderArgs),
    /// Các bảng ấy dạng Parquet · the same tables as Parquet
    Parquet(FolderArgs),
    /// Mọi sự kiện, mỗi dòng một JSON; trường cá nhân vẫn niêm phong · every event, one a line
    Jsonl(FileArgs),
    /// Sổ nhật ký kế toán cho hledger · a journal for hledger
    Hledger(FileArgs),
    /// Sổ nhật ký kế toán cho Beancount · a journal for Beancount
    Beancount(FileArgs),
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
        ExportCommand::Csv(args) => tables::csv(console, place, args),
        ExportCommand::Parquet(args) => tables::parquet(console, place, args),
        ExportCommand::Jsonl(args) => tables::jsonl(console, place, args),
        ExportCommand::Hledger(args) => tables::journal(console, place, args, Dialect::Hledger),
        ExportCommand::Beancount(args) => tables::journal(console, place, args, Dialect::Beancount),
        ExportCommand::Tiles(args) => tiles::run(console, place, args),
    }
}
