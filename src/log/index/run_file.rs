//! The blocks of each run in a file of its own, `run.<number>`.
//!
//! A run is written once and read until it is merged with others; sled would keep twice its bytes.
//! sled has the first entry of each block and its place. The file and its name are durable before
//! sled is told of the run; it is removed once what sled says of the merged run is durable.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sled::IVec;

use super::block_file::{BlockFile, PLACE};
use super::unreadable_run;
use crate::log::durable;

/// The files of the runs.
#[derive(Debug)]
pub(super) struct RunFiles {
    folder: PathBuf,
    open: Mutex<BTreeMap<u32, Arc<BlockFile>>>,
}

impl RunFiles {
    pub(super) fn of(folder: &Path) -> RunFiles {
        RunFiles {
            folder: folder.to_owned(),
            open: Mutex::default(),
        }
    }

    fn path(&self, number: u32) -> PathBuf {
        self.folder.join(format!("run.{number}"))
    }

    /// Begins the file of a run.
    pub(super) fn begin(&self, number: u32) -> Result<Writing<'_>, String> {
        Ok(Writing {
            file: BlockFile::begin(&self.path(number))?,
            places: Vec::new(),
            files: self,
            number,
        })
    }

    /// How many bytes the file of a run has.
    pub(super) fn len(&self, number: u32) -> Result<u64, String> {
        Ok(self.file(number)?.end())
    }

    fn file(&self, number: u32) -> Result<Arc<BlockFile>, String> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&number) {
            return Ok(file.clone());
        }
        let file = BlockFile::finished(&self.path(number));
        let file = Arc::new(file.map_err(|why| format!("run.{number}: {why}"))?);
        open.insert(number, file.clone());
        Ok(file)
    }

    /// The block of a run at a place.
    fn read(&self, number: u32, place: &IVec) -> Result<Vec<u8>, String> {
        self.file(number)?.read(place)?.ok_or_else(unreadable_run)
    }

    /// Removes the file of a run that nothing leads to any more.
    pub(super) fn remove(&self, number: u32) -> Result<(), String> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&number);
        match std::fs::remove_file(self.path(number)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.to_string()),
            _ => Ok(()),
        }
    }
}

/// The keys of blocks, and where these stand.
pub(super) type Places = Vec<(Vec<u8>, [u8; PLACE])>;

/// A run that is being written.
pub(super) struct Writing<'a> {
    file: BlockFile,
    places: Places,
    files: &'a RunFiles,
    number: u32,
}

impl Writing<'_> {
    /// Writes a block.
    pub(super) fn put(&mut self, key: Vec<u8>, block: &[u8]) -> Result<(), String> {
        self.places.push((key, self.file.append(block)?));
        Ok(())
    }

    /// Makes the run durable: what sled is to be told of it, and how many bytes it has.
    pub(super) fn finish(mut self) -> Result<(Places, u64), String> {
        self.file.sync()?;
        durable::sync_folder(&self.files.folder).map_err(|error| error.to_string())?;
        let end = self.file.end();
        let open = self.files.open.lock();
        let mut open = open.unwrap_or_else(PoisonError::into_inner);
        open.insert(self.number, Arc::new(self.file));
        Ok((self.places, end))
    }
}

/// What the runs hold: sled leads to the blocks in their files.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) db: &'a sled::Db,
    pub(super) files: &'a RunFiles,
}

impl Rows<'_> {
    /// The block that a value of sled stands for.
    pub(super) fn read(self, number: u32, place: &IVec) -> Result<Vec<u8>, String> {
        self.files.read(number, place)
    }
}
