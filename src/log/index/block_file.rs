//! Blocks one behind the other in files beside sled's own: the packed blocks of events in one that
//! only grows, the blocks of each run in one of its own (`run_file.rs`).
//!
//! A packed block never changes, but sled writes every value again whenever the node that it is in
//! changes or its segment is cleaned, and leaves up to half of each segment empty: of a block of
//! 35 KB it kept 60 KB on the disk and wrote more than 100. So sled has only where a block stands:
//!
//! | place | bytes | |
//! |---|---|---|
//! | format | 0 | 3 |
//! | where it begins | 1..9 | big-endian |
//! | its length | 9..13 | big-endian |
//!
//! What sled says is durable here before sled is told. What a crash leaves behind the last block
//! that sled knows stays, and costs its space.

use std::fs::File;
use std::path::Path;

use crate::log::disk::real;

/// The name of the file of packed blocks in sled's folder.
pub(super) const PACKED: &str = "blocks";
/// What the place of a block begins with; a block itself begins with another format.
const PLACED: u8 = 3;
/// A larger value stands here whatever it is: sled would put it into a file that it never makes
/// durable.
const LARGEST_IN_SLED: usize = 30 << 10;
/// The length of a place.
pub(super) const PLACE: usize = 13;
/// No block is longer, so that a damaged place does not ask for more.
const LONGEST: usize = 64 << 20;

/// A file of blocks.
#[derive(Debug)]
pub(super) struct BlockFile {
    file: File,
    end: u64,
    dirty: bool,
}

impl BlockFile {
    /// Opens a file, or creates it.
    pub(super) fn open(path: &Path) -> Result<BlockFile, String> {
        let mut options = File::options();
        BlockFile::with(options.write(true).create(true).truncate(false), path)
    }

    /// Begins a file anew, whatever was there.
    pub(super) fn begin(path: &Path) -> Result<BlockFile, String> {
        let mut options = File::options();
        BlockFile::with(options.write(true).create(true).truncate(true), path)
    }

    /// Opens a file that is there, to read it.
    pub(super) fn finished(path: &Path) -> Result<BlockFile, String> {
        BlockFile::with(&mut File::options(), path)
    }

    fn with(options: &mut std::fs::OpenOptions, path: &Path) -> Result<BlockFile, String> {
        let text = |error: std::io::Error| error.to_string();
        let file = options.read(true).open(path).map_err(text)?;
        let end = file.metadata().map_err(text)?.len();
        Ok(BlockFile {
            file,
            end,
            dirty: false,
        })
    }

    /// Where the file ends.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Writes a block, and gives its place. It is not durable yet.
    pub(super) fn append(&mut self, block: &[u8]) -> Result<[u8; PLACE], String> {
        let len = u32::try_from(block.len()).map_err(|error| error.to_string())?;
        let written = real::write_all_at(&self.file, block, self.end);
        written.map_err(|error| error.to_string())?;
        let mut place = [PLACED; PLACE];
        let [_, numbers @ ..] = &mut place;
        let both = self.end.to_be_bytes().into_iter().chain(len.to_be_bytes());
        numbers
            .iter_mut()
            .zip(both)
            .for_each(|(to, from)| *to = from);
        self.end += u64::from(len);
        self.dirty = true;
        Ok(place)
    }

    /// What sled keeps of a plain block: the block, or its place where one event made it large.
    pub(super) fn plain(&mut self, block: Vec<u8>) -> Result<Vec<u8>, String> {
        if block.len() <= LARGEST_IN_SLED {
            return Ok(block);
        }
        self.append(&block).map(|place| place.to_vec())
    }

    /// Makes what was written durable.
    pub(super) fn sync(&mut self) -> Result<(), String> {
        if self.dirty {
            self.file.sync_data().map_err(|error| error.to_string())?;
            self.dirty = false;
        }
        Ok(())
    }

    /// The block at a place; `None` where a value is no place.
    pub(super) fn read(&self, value: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let Some((&[PLACED, a, b, c, d, e, f, g, h], len)) = value.split_first_chunk::<9>() else {
            return Ok(None);
        };
        let begin = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let len = len.try_into().map(u32::from_be_bytes).ok();
        let len = len.map(|len| len as usize).filter(|len| *len <= LONGEST);
        let len = len.ok_or("the place of a block is not readable")?;
        let mut block = vec![0; len];
        let (mut begin, mut rest) = (begin, block.as_mut_slice());
        while !rest.is_empty() {
            let read = real::read_at(&self.file, rest, begin);
            let count = read.map_err(|error| error.to_string())?;
            if count == 0 {
                return Err("a block is cut short".to_owned());
            }
            begin = begin.saturating_add(count as u64);
            rest = rest.get_mut(count..).unwrap_or_default();
        }
        Ok(Some(block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_read_from_its_place_and_no_other_value_is_a_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(PACKED);
        let mut file = BlockFile::open(&path).unwrap();
        let places = [b"one".as_slice(), b"", b"three"].map(|it| file.append(it).unwrap());
        file.sync().unwrap();
        let file = BlockFile::open(&path).unwrap();
        assert_eq!(file.end(), 8);
        let read = places.map(|place| file.read(&place).unwrap().unwrap());
        assert_eq!(read, [b"one".to_vec(), b"".to_vec(), b"three".to_vec()]);
        assert_eq!(file.read(&[1, 2, 3]).unwrap(), None);
        let mut behind = places[2];
        behind[8] += 1;
        assert!(file.read(&behind).is_err());
        assert!(file.read(&places[0][..10]).is_err());
    }
}
