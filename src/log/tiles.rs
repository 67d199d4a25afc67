//! The static layout of C2SP `tlog-tiles`: what others' tools read a whole log from.
//!
//! ```text
//! checkpoint                        the signed note
//! tile/<level>/<number>[.p/<width>]   256 hashes of 32 bytes, or fewer with their width
//! tile/entries/<number>[.p/<width>]   256 events, each behind its length in two bytes
//! ```
//!
//! A number is written in groups of three digits, all but the last behind an `x`: 1234067 is
//! `x001/x234/067`. All numbers in files are big-endian.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::checkpoint::{self, Checkpoint, CheckpointError};
use super::durable;
use super::error::LogError;
use super::event::MAX_EVENT_BYTES;
use super::merkle::{Hash, leaf_hash};
use super::note::Note;
use super::traits::EventRead;
use super::tree::{TILE_WIDTH, Tree};
use crate::domain::language::{Explain, Lang};

/// What an export wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exported {
    /// Events that the folder now holds.
    pub events: u64,
    /// Files that were written.
    pub written: u64,
    /// Files that were there already, with the same bytes.
    pub kept: u64,
}

/// Why tiles could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TilesError {
    /// The log below, or the system.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The checkpoint of the folder or of the log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The folder holds the tiles of another log.
    #[error("the folder holds the tiles of the log {found}")]
    OtherLog {
        /// Whose they are.
        found: String,
    },
    /// The folder holds more events than the checkpoint that is to be exported.
    #[error("the folder already holds {size} events")]
    Longer {
        /// How many it holds.
        size: u64,
    },
    /// The events do not give the root of the checkpoint.
    #[error("the first {size} events do not give the root of the checkpoint")]
    OtherRoot {
        /// The size of the checkpoint.
        size: u64,
    },
    /// A bundle of events is not as the format has it.
    #[error("{path} is not a bundle of {width} events")]
    Bundle {
        /// The file.
        path: String,
        /// How many events it should hold.
        width: u64,
    },
}

/// The path of a tile or a bundle below its level, such as `x001/x234/067` or `000.p/17`.
pub fn tile_path(number: u64, width: u64) -> String {
    let mut groups = vec![format!("{:03}", number % 1000)];
    let mut rest = number / 1000;
    while rest > 0 {
        groups.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    groups.reverse();
    let mut path = groups.join("/");
    if width < TILE_WIDTH {
        path.push_str(&format!(".p/{width}"));
    }
    path
}

/// Writes the events that a checkpoint covers, their tiles, and last the checkpoint. What is there
/// already with the same bytes is left alone, so that a repeated export writes what is new.
///
/// # Errors
/// [`TilesError::OtherLog`], [`TilesError::Longer`], [`TilesError::OtherRoot`]; what the log or
/// the system says. The checkpoint is replaced only when everything it covers is there.
pub fn export(log: &dyn EventRead, note: &Note, folder: &Path) -> Result<Exported, TilesError> {
    let checkpoint = Checkpoint::parse(&note.text)?;
    if let Some(there) = claimed(folder)? {
        if there.origin != checkpoint.origin {
            return Err(TilesError::OtherLog {
                found: there.origin,
            });
        }
        if there.size > checkpoint.size {
            return Err(TilesError::Longer { size: there.size });
        }
    }
    let mut writer = Writer {
        folder,
        done: Exported::default(),
    };
    let mut tree = Tree::new();
    let mut bundle = Vec::new();
    if checkpoint.size > 0 {
        for event in log.read(1, checkpoint.size)? {
            let event = event?;
            tree.push(leaf_hash(&event.bytes));
            put_entry(&mut bundle, &event.bytes);
            let at = tree.size();
            if at.is_multiple_of(TILE_WIDTH) {
                writer.put("entries", at / TILE_WIDTH - 1, TILE_WIDTH, &bundle)?;
                bundle.clear();
            }
        }
    }
    let size = tree.size();
    if size != checkpoint.size || tree.root() != checkpoint.root {
        return Err(TilesError::OtherRoot {
            size: checkpoint.size,
        });
    }
    if !bundle.is_empty() {
        writer.put("entries", size / TILE_WIDTH, size % TILE_WIDTH, &bundle)?;
    }
    writer.put_tiles(&tree)?;
    writer.done.events = size;
    checkpoint::save(folder, note)?;
    Ok(writer.done)
}

fn put_entry(bundle: &mut Vec<u8>, event: &[u8]) {
    // No event is longer: the log refuses it.
    let len = u16::try_from(event.len()).unwrap_or(u16::MAX);
    bundle.extend_from_slice(&len.to_be_bytes());
    bundle.extend_from_slice(event);
}

fn claimed(folder: &Path) -> Result<Option<Checkpoint>, TilesError> {
    Ok(checkpoint::claimed(folder)?)
}

struct Writer<'a> {
    folder: &'a Path,
    done: Exported,
}

impl Writer<'_> {
    fn put_tiles(&mut self, tree: &Tree) -> Result<(), TilesError> {
        for level in 0..tree.levels() {
            for number in 0.. {
                let hashes = tree.tile(level, number);
                if hashes.is_empty() {
                    break;
                }
                let bytes = hashes.concat();
                self.put(&level.to_string(), number, hashes.len() as u64, &bytes)?;
            }
        }
        Ok(())
    }

    fn put(
        &mut self,
        level: &str,
        number: u64,
        width: u64,
        bytes: &[u8],
    ) -> Result<(), TilesError> {
        let path = self.folder.join("tile").join(level);
        let path = path.join(tile_path(number, width));
        let io = |error: io::Error| LogError::io(&path, &error);
        match fs::read(&path) {
            Ok(there) if there == bytes => {
                self.done.kept += 1;
                return Ok(());
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(durable::parent(&path)).map_err(io)?;
            }
            Err(error) => return Err(io(error).into()),
        }
        let beside = path.with_extension("new");
        fs::write(&beside, bytes)
            .and_then(|()| fs::rename(&beside, &path))
            .map_err(io)?;
        self.done.written += 1;
        Ok(())
    }
}

/// A folder of tiles, for reading its events back.
#[derive(Debug)]
pub struct Tiles {
    folder: PathBuf,
    note: Note,
    checkpoint: Checkpoint,
}

impl Tiles {
    /// Opens a folder; `None` where it holds no tiles.
    ///
    /// # Errors
    /// A checkpoint that cannot be read.
    pub fn open(folder: &Path) -> Result<Option<Tiles>, TilesError> {
        if !folder.join("tile/entries").is_dir() {
            return Ok(None);
        }
        let Some(text) = checkpoint::read(folder)? else {
            return Ok(None);
        };
        let note = Note::parse(&text).map_err(CheckpointError::from)?;
        Ok(Some(Tiles {
            folder: folder.to_owned(),
            checkpoint: Checkpoint::parse(&note.text)?,
            note,
        }))
    }

    /// The checkpoint of the folder. Its signatures are not checked here.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The checkpoint with its signatures.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// How many bundles there are.
    pub fn bundles(&self) -> u64 {
        self.checkpoint.size.div_ceil(TILE_WIDTH)
    }

    /// The events of a bundle. They are not checked against anything but the form of a bundle.
    ///
    /// # Errors
    /// [`TilesError::Bundle`], or what the system says.
    pub fn bundle(&self, number: u64) -> Result<Vec<Vec<u8>>, TilesError> {
        let left = self.checkpoint.size.saturating_sub(number * TILE_WIDTH);
        let width = left.min(TILE_WIDTH);
        let path = self.folder.join("tile/entries");
        let path = path.join(tile_path(number, width));
        let bytes = fs::read(&path).map_err(|error| LogError::io(&path, &error))?;
        entries(&bytes, width).ok_or_else(|| TilesError::Bundle {
            path: path.display().to_string(),
            width,
        })
    }

    /// The hashes of a tile, as its file has them.
    ///
    /// # Errors
    /// What the system says.
    pub fn tile(&self, level: usize, number: u64, width: u64) -> Result<Vec<Hash>, TilesError> {
        let path = self.folder.join("tile").join(level.to_string());
        let path = path.join(tile_path(number, width));
        let bytes = fs::read(&path).map_err(|error| LogError::io(&path, &error))?;
        Ok(bytes.as_chunks::<32>().0.to_vec())
    }
}

fn entries(mut bytes: &[u8], width: u64) -> Option<Vec<Vec<u8>>> {
    let mut events = Vec::new();
    while let Some((len, rest)) = bytes.split_first_chunk::<2>() {
        let (event, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        if event.len() > MAX_EVENT_BYTES {
            return None;
        }
        events.push(event.to_vec());
        bytes = rest;
    }
    (bytes.is_empty() && events.len() as u64 == width).then_some(events)
}

impl Explain for TilesError {
    fn code(&self) -> &'static str {
        match self {
            TilesError::Log(error) => error.code(),
            TilesError::Checkpoint(error) => error.code(),
            TilesError::OtherLog { .. } => "other_log",
            TilesError::Longer { .. } => "tiles_longer",
            TilesError::OtherRoot { .. } => "other_root",
            TilesError::Bundle { .. } => "bad_bundle",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let vi = match self {
            TilesError::Log(error) => error.message(Lang::Vi),
            TilesError::Checkpoint(error) => error.message(Lang::Vi),
            TilesError::OtherLog { found } => format!("thư mục này chứa sổ khác: {found}"),
            TilesError::Longer { size } => format!("thư mục này đã có {size} sự kiện"),
            TilesError::OtherRoot { size } => {
                format!("{size} sự kiện đầu không cho ra gốc của mốc xác nhận")
            }
            TilesError::Bundle { path, width } => {
                format!("{path} không phải là một gói {width} sự kiện")
            }
        };
        lang.pick(vi, self.to_string())
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            TilesError::Log(error) => return error.hint(lang),
            TilesError::Checkpoint(error) => return error.hint(lang),
            TilesError::OtherLog { .. } => ("chọn một thư mục khác", "choose another folder"),
            TilesError::Longer { .. } => (
                "sổ này ngắn hơn bản đã xuất: chạy `socai verify`",
                "this ledger is shorter than what was exported: run `socai verify`",
            ),
            TilesError::OtherRoot { .. } => ("chạy `socai verify`", "run `socai verify`"),
            TilesError::Bundle { .. } => return None,
        };
        Some(lang.pick(vi, en).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_the_specification_has_it() {
        assert_eq!(tile_path(1_234_067, 256), "x001/x234/067");
        assert_eq!(tile_path(0, 256), "000");
        assert_eq!(tile_path(1_000, 17), "x001/000.p/17");
        assert_eq!(tile_path(5, 1), "005.p/1");
    }

    #[test]
    fn a_bundle_that_is_cut_or_padded_is_none() {
        let mut bundle = Vec::new();
        put_entry(&mut bundle, b"{}");
        put_entry(&mut bundle, b"");
        assert_eq!(entries(&bundle, 2).unwrap(), [b"{}".to_vec(), Vec::new()]);
        assert_eq!(entries(&bundle, 1), None);
        for cut in 1..bundle.len() {
            assert_eq!(entries(&bundle[..cut], 2), None);
        }
        bundle.push(0);
        assert_eq!(entries(&bundle, 2), None);
    }
}
