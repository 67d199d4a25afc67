//! `socai export csv|parquet|jsonl|hledger|beancount`: the ledger for the tools of others.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::args::AsOfArgs;
use super::console::{Console, Failure};
use super::open::{Place, Reader};
use crate::export::table::new_file;
use crate::export::{CsvFolder, Dialect, ExportError, Journal, ParquetFolder, fill};
use crate::log::EventRead as _;
use crate::log::codec::format_moment;
use crate::office::OfficeError;
use crate::office::opening::hex;

/// `export csv` and `export parquet`.
#[derive(Debug, Args)]
pub struct FolderArgs {
    /// Thư mục mới hoặc trống · a folder that is empty or not there
    pub dir: PathBuf,
    /// Kèm họ tên, số định danh, ngày sinh (việc mở được ghi nhật ký) · with names, citizen numbers
    /// and births; opening them is logged
    #[arg(long)]
    pub personal: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub as_of: AsOfArgs,
}

/// `export jsonl`, `export hledger`, `export beancount`.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// Tệp mới · a file that does not exist
    pub file: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub as_of: AsOfArgs,
}

/// Runs `export csv`.
///
/// # Errors
/// [`Failure`] when the ledger cannot be read or the folder cannot be written.
pub fn csv(console: &mut Console<'_>, place: &Place, args: &FolderArgs) -> Result<(), Failure> {
    let ledger = place.read(console, &args.as_of)?;
    let done = CsvFolder::create(&args.dir, args.personal).and_then(|mut folder| {
        fill(&ledger, args.personal, &mut folder)?;
        folder.finish()
    });
    told(console, &args.dir, done)
}

/// Runs `export parquet`.
///
/// # Errors
/// As [`csv`].
pub fn parquet(console: &mut Console<'_>, place: &Place, args: &FolderArgs) -> Result<(), Failure> {
    let ledger = place.read(console, &args.as_of)?;
    let origin = origin(&ledger);
    let done = ParquetFolder::create(&args.dir, args.personal, origin).and_then(|mut folder| {
        fill(&ledger, args.personal, &mut folder)?;
        folder.finish()
    });
    told(console, &args.dir, done)
}

/// What a file says of where it is from.
fn origin(ledger: &Reader) -> Vec<(String, String)> {
    let stand = ledger.stand();
    let lines = [
        ("socai.ledger", ledger.state().ledger_id.clone()),
        ("socai.as_of.seq", stand.seq.to_string()),
        ("socai.as_of.at", format_moment(stand.at_ms)),
        ("socai.as_of.root", hex(&stand.root)),
    ];
    lines.map(|(name, value)| (name.to_owned(), value)).into()
}

fn told(
    console: &mut Console<'_>,
    dir: &Path,
    done: Result<(usize, u64), ExportError>,
) -> Result<(), Failure> {
    let (files, rows) = done.map_err(|error| console.refused(&error))?;
    let dir = dir.display();
    if console.is_json() {
        return console.json(&json!({ "dir": dir.to_string(), "files": files, "rows": rows }));
    }
    console.line(console.pick(
        format!("đã xuất {rows} dòng, {files} tệp vào {dir}; columns.csv giải nghĩa từng cột"),
        format!("exported {rows} rows in {files} files to {dir}; columns.csv says what each column means"),
    ))
}

/// Runs `export jsonl`: the events as they are hashed, one a line; personal fields stay sealed.
///
/// # Errors
/// [`Failure`] when the ledger cannot be read or the file cannot be written.
pub fn jsonl(console: &mut Console<'_>, place: &Place, args: &FileArgs) -> Result<(), Failure> {
    let ledger = place.read(console, &args.as_of)?;
    let seq = ledger.stand().seq;
    let file = new_file(&args.file).map_err(|error| console.refused(&error))?;
    let failed = |console: &Console<'_>, error| {
        let error = ExportError::at(&args.file)(error);
        console.refused(&error)
    };
    let mut out = BufWriter::new(file);
    let events = ledger.log().read(1, seq);
    let events = events.map_err(|error| console.failure(&OfficeError::Log(error)))?;
    for event in events {
        let event = event.map_err(|error| console.failure(&OfficeError::Log(error)))?;
        let written = out
            .write_all(&event.bytes)
            .and_then(|()| out.write_all(b"\n"));
        written.map_err(|error| failed(console, error))?;
    }
    out.flush().map_err(|error| failed(console, error))?;
    told_file(console, &args.file, seq)
}

/// Runs `export hledger` or `export beancount`.
///
/// # Errors
/// As [`jsonl`].
pub fn journal(
    console: &mut Console<'_>,
    place: &Place,
    args: &FileArgs,
    dialect: Dialect,
) -> Result<(), Failure> {
    let ledger = place.read(console, &args.as_of)?;
    let lines = origin(&ledger).into_iter();
    let heading = lines.map(|(name, value)| format!("{name}: {value}"));
    let journal = Journal::of(&ledger, heading.collect());
    let journal = journal.map_err(|error| console.refused(&error))?;
    let file = new_file(&args.file).map_err(|error| console.refused(&error))?;
    let mut out = BufWriter::new(file);
    let written = journal.write(dialect, &mut out).and_then(|()| out.flush());
    written.map_err(|error| console.refused(&ExportError::at(&args.file)(error)))?;
    told_file(
        console,
        &args.file,
        u64::try_from(journal.len()).unwrap_or(u64::MAX),
    )
}

fn told_file(console: &mut Console<'_>, file: &Path, count: u64) -> Result<(), Failure> {
    let file = file.display();
    if console.is_json() {
        return console.json(&json!({ "output": file.to_string(), "entries": count }));
    }
    console.line(console.pick(
        format!("đã xuất {count} mục vào {file}"),
        format!("exported {count} entries to {file}"),
    ))
}
