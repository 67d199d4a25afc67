//! Backups of a ledger's folder, made while others may be writing to it.
//!
//! No lock is taken: the journal is read up to its last complete batch, which is made durable
//! first, so that a backup never holds what a power cut could still take from the ledger. Keys are
//! durable before the events that use them, so they are copied after the journal was looked at; and
//! where an erasure passed meanwhile, all is done again. See [`crate::log::backup`] for the format.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::OfficeError;
use super::opening::{Tools, hex};
use crate::log::backup::sealed::{Cost, Passphrase, SealingWriter};
use crate::log::backup::write::Hashing;
use crate::log::backup::{BackupError, BackupWriter, Manifest, Written};
use crate::log::checkpoint::{self, Checkpoint, CheckpointError};
use crate::log::codec::format_moment;
use crate::log::merkle::{Frontier, leaf_hash};
use crate::log::note::Note;
use crate::log::{EventRead, JournalReader, LogOptions, durable};

/// The record of the backups that were made, in the ledger's folder.
pub const RECORD: &str = "backups.ndjson";
/// The folder of issued files.
pub const KEPT: &str = "kept";
/// How often a backup is begun again because keys were destroyed meanwhile.
const ATTEMPTS: u32 = 5;

/// How a backup is made.
pub struct BackupOrder<'a> {
    /// The file.
    pub file: &'a Path,
    /// A signed checkpoint: only the events after it.
    pub since: Option<&'a str>,
    /// Seals the file.
    pub passphrase: Option<&'a Passphrase>,
    /// How much work it is to try a passphrase.
    pub cost: Cost,
}

/// One line of the record: a backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRecord {
    /// When.
    pub at: String,
    /// The file, as it was named.
    pub file: String,
    /// The first event in it.
    pub from: u64,
    /// It was sealed with a passphrase.
    pub sealed: bool,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// The last event in it.
    pub to: u64,
}

/// The backups recorded in a ledger's folder, oldest first. A line that was cut short is left out.
///
/// # Errors
/// What the system says.
pub fn recorded(folder: &Path) -> Result<Vec<BackupRecord>, OfficeError> {
    let path = folder.join(RECORD);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(OfficeError::File(path.display().to_string(), error)),
    }
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> OfficeError {
    let name = path.display().to_string();
    move |source| {
        let path = name.clone();
        OfficeError::Backup(BackupError::Io { path, source })
    }
}

/// Makes a backup of the ledger in a folder; durable when this returns. The file must not exist.
///
/// # Errors
/// When the ledger cannot be read, the checkpoint is not one of its own, or the file cannot be
/// written; then there is no file.
pub fn backup(
    folder: &Path,
    options: &LogOptions,
    order: &BackupOrder<'_>,
    tools: &mut Tools,
) -> Result<Written, OfficeError> {
    if fs::symlink_metadata(order.file).is_ok() {
        return Err(io_error(order.file)(io::ErrorKind::AlreadyExists.into()));
    }
    let mut name = order.file.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = order.file.with_file_name(name);
    let written = attempts(folder, options, order, tools, &partial);
    if written.is_err() {
        // Half a backup is of no use; the error that made it so is what counts.
        drop(fs::remove_file(&partial));
    }
    let written = written?;
    fs::rename(&partial, order.file)
        .and_then(|()| durable::sync_folder(durable::parent(order.file)))
        .map_err(io_error(order.file))?;
    Ok(written)
}

fn attempts(
    folder: &Path,
    options: &LogOptions,
    order: &BackupOrder<'_>,
    tools: &mut Tools,
    partial: &Path,
) -> Result<Written, OfficeError> {
    for _ in 1..ATTEMPTS {
        if let Some(written) = attempt(folder, options, order, tools, partial)? {
            return Ok(written);
        }
    }
    let busy = io::Error::other("the keys were changed again and again");
    Err(io_error(&folder.join("keys"))(busy))
}

/// One try; `None` where keys were destroyed or changed while it went on.
fn attempt(
    folder: &Path,
    options: &LogOptions,
    order: &BackupOrder<'_>,
    tools: &mut Tools,
    partial: &Path,
) -> Result<Option<Written>, OfficeError> {
    let keys = key_names(folder)?;
    let log = JournalReader::open(folder, options)?;
    if let Some(fault) = log.fault() {
        return Err(fault.clone().into());
    }
    sync_journal(folder)?;
    let file = private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(partial)
        .map_err(io_error(partial))?;
    let mut output = Hashing::new(BufWriter::with_capacity(1 << 20, file));
    let manifest = match order.passphrase {
        None => write_all(&mut output, folder, &log, order, &keys),
        Some(passphrase) => {
            let random = tools.random.as_mut();
            let mut sealing = SealingWriter::new(&mut output, passphrase, order.cost, random)?;
            let manifest = write_all(&mut sealing, folder, &log, order, &keys)?;
            sealing.finish().map_err(io_error(partial))?;
            Ok(manifest)
        }
    };
    let manifest = match manifest {
        // A key file that is gone was there when the names were read.
        Err(_) | Ok(_) if key_names(folder)? != keys => return Ok(None),
        manifest => manifest?,
    };
    let (buffer, sha256, bytes) = output.finish();
    let file = buffer.into_inner().map_err(io::IntoInnerError::into_error);
    file.and_then(|file| file.sync_all())
        .map_err(io_error(partial))?;
    Ok(Some(Written {
        manifest,
        sha256,
        bytes,
    }))
}

/// Makes what was just read of the journal durable. On media that cannot be written to it is.
fn sync_journal(folder: &Path) -> Result<(), OfficeError> {
    let journal = folder.join("journal");
    let entries = fs::read_dir(&journal).map_err(io_error(&journal))?;
    let mut segments: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "frames"))
        .collect();
    segments.sort();
    for path in segments.iter().rev().take(2) {
        match File::open(path).and_then(|file| file.sync_data()) {
            Ok(()) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ReadOnlyFilesystem
                        | io::ErrorKind::InvalidInput
                        | io::ErrorKind::PermissionDenied
                        | io::ErrorKind::Unsupported
                ) => {}
            Err(error) => return Err(io_error(path)(error)),
        }
    }
    Ok(())
}

/// Options for a file that only its owner may read.
pub(super) fn private() -> fs::OpenOptions {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn write_all(
    output: &mut dyn Write,
    folder: &Path,
    log: &JournalReader,
    order: &BackupOrder<'_>,
    keys: &BTreeSet<String>,
) -> Result<Manifest, OfficeError> {
    let head = log.head();
    let base = match order.since {
        Some(note) => base(log, note)?,
        None => Frontier::new(),
    };
    let from = base.size() + 1;
    let mut writer = BackupWriter::new(output, log.ledger(), base)?;
    if from <= head.seq {
        for stored in log.read(from, head.seq)? {
            writer.event(&stored?.bytes)?;
        }
    }
    if writer.frontier().root() != head.root {
        let why = "its events do not give the root that its last frame names";
        return Err(BackupError::damaged("journal", why).into());
    }
    for name in ["checkpoint", "access/log.ndjson", RECORD] {
        if let Some(bytes) = read_if_there(&folder.join(name))? {
            writer.member(name, &bytes)?;
        }
    }
    let mut kept = Vec::new();
    list(&folder.join(KEPT), KEPT, &mut kept)?;
    for (name, path) in kept {
        let bytes = fs::read(&path).map_err(io_error(&path))?;
        writer.member(&name, &bytes)?;
    }
    for name in keys {
        let path = folder.join("keys").join(name);
        let bytes = Zeroizing::new(fs::read(&path).map_err(io_error(&path))?);
        writer.member(&format!("keys/{name}"), &bytes)?;
    }
    Ok(writer.finish()?)
}

/// The tree at a checkpoint of this very log.
fn base(log: &JournalReader, note: &str) -> Result<Frontier, OfficeError> {
    let note = Note::parse(note).map_err(CheckpointError::from)?;
    let checkpoint = Checkpoint::parse(&note.text)?;
    let head = log.head();
    let other = |why: String| BackupError::DoesNotFollow {
        file: checkpoint::FILE.to_owned(),
        why,
    };
    if checkpoint.size > head.seq {
        let why = format!(
            "it covers {} events, the ledger has {}",
            checkpoint.size, head.seq
        );
        return Err(other(why).into());
    }
    let mut frontier = Frontier::new();
    if checkpoint.size > 0 {
        for stored in log.read(1, checkpoint.size)? {
            frontier.push(leaf_hash(&stored?.bytes));
        }
    }
    // The root is what counts: whoever signed it, it is one of this log's own.
    if frontier.root() != checkpoint.root {
        let why = format!(
            "the ledger had another root after {} events",
            checkpoint.size
        );
        return Err(other(why).into());
    }
    Ok(frontier)
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, OfficeError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(io_error(path)(error)),
    }
}

/// The files below a folder by the names they have in a backup, in their order.
pub(super) fn list(
    folder: &Path,
    name: &str,
    to: &mut Vec<(String, PathBuf)>,
) -> Result<(), OfficeError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error(folder)(error)),
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(io_error(folder))?;
        names.insert(entry.file_name().to_string_lossy().into_owned());
    }
    for file in names {
        let (path, name) = (folder.join(&file), format!("{name}/{file}"));
        if path.is_dir() {
            list(&path, &name, to)?;
        } else if !name.ends_with(".tmp") {
            to.push((name, path));
        }
    }
    Ok(())
}

/// The key files. Their names change whenever a key is destroyed or an erasure begins or ends.
fn key_names(folder: &Path) -> Result<BTreeSet<String>, OfficeError> {
    let keys = folder.join("keys");
    let mut names = Vec::new();
    list(&keys, "", &mut names)?;
    Ok(names
        .into_iter()
        .map(|(name, _)| name.trim_start_matches('/').to_owned())
        .collect())
}

/// Remembers a backup in the ledger's folder, so that an erasure can name it.
///
/// # Errors
/// What the system says; the backup is whole whatever becomes of this.
pub fn remember(
    folder: &Path,
    file: &Path,
    written: &Written,
    sealed: bool,
    at_ms: i64,
) -> Result<(), OfficeError> {
    let path = folder.join(RECORD);
    let record = BackupRecord {
        at: format_moment(at_ms),
        file: file.display().to_string(),
        from: written.manifest.events.from,
        sealed,
        sha256: hex(&written.sha256),
        to: written.manifest.events.to,
    };
    let failed = |error| OfficeError::File(path.display().to_string(), error);
    let mut line = serde_json::to_vec(&record).map_err(|error| failed(error.into()))?;
    line.push(b'\n');
    let mut options = private();
    let file = options.append(true).create(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(&line).and_then(|()| file.sync_all()));
    written.map_err(failed)
}
