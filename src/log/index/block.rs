//! Blocks of events: plain while they are new, packed when they are old.
//!
//! | plain | bytes | |
//! |---|---|---|
//! | format | 0 | 1 |
//! | CRC-32C of the rest | 1..5 | |
//! | events | 5.. | each closed by a line feed |
//!
//! | packed | bytes | |
//! |---|---|---|
//! | format | 0 | 2 |
//! | CRC-32C of the rest | 1..5 | |
//! | events | 5..9 | their number |
//! | bytes of the events | 9..13 | |
//! | root | 13..45 | of the subtree of these events alone |
//! | zstd frames | 45.. | the events, each closed by a line feed |
//!
//! What is packed here is a power of two of events. Of a log that was packed here from its first
//! event on, each block begins behind a multiple of its number of events, so its root is a node of
//! the ledger's Merkle tree. A block that was taken over from the journal (`anew.rs`) has one zstd
//! frame for each of its chunks. The root is checked whenever a block is unpacked.

use std::sync::Arc;

use crate::log::event::StoredEvent;
use crate::log::event_bytes::EventBytes;
use crate::log::merkle::{self, Hash, leaf_hash};

/// The size of a plain block in bytes, unless one event is larger.
pub(super) const BLOCK_TARGET: usize = 24 << 10;
/// A packed block has at most this many bytes, unless one event is larger: to read an event its
/// whole block is unpacked.
const PACKED_MOST: usize = 60 << 10;
/// No block unpacks to more: 512 events of the largest size.
const UNPACKED_MOST: usize = 512 * 65_536;
const PLAIN: u8 = 1;
const PACKED: u8 = 2;
/// What stands before the content: format and checksum.
const OPENING: usize = 5;
const PACKED_HEADER: usize = 45;
/// Blocks are written on the way of a writer that settles, so the fastest level.
const LEVEL: i32 = 1;

/// An event on its way into a block.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) event: StoredEvent,
    pub(super) leaf: Hash,
}

/// Closes a block: writes its format and its checksum into the place before its content.
fn close(format: u8, mut block: Vec<u8>) -> Vec<u8> {
    if let Some((opening, content)) = block.split_first_chunk_mut::<OPENING>() {
        let [a, b, c, d] = crc32c::crc32c(content).to_be_bytes();
        *opening = [format, a, b, c, d];
    }
    block
}

/// Plain blocks of events, each with the `seq` of its first.
pub(super) fn plain(entries: &[Entry]) -> Vec<(u64, Vec<u8>)> {
    let mut blocks: Vec<(u64, Vec<u8>)> = Vec::new();
    for entry in entries {
        let bytes = &entry.event.bytes;
        let fits = |block: &Vec<u8>| block.len() + bytes.len() < BLOCK_TARGET;
        if !blocks.last().is_some_and(|(_, block)| fits(block)) {
            blocks.push((entry.event.seq, vec![0; OPENING]));
        }
        if let Some((_, block)) = blocks.last_mut() {
            block.extend_from_slice(bytes);
            block.push(b'\n');
        }
    }
    let closed = blocks
        .into_iter()
        .map(|(seq, block)| (seq, close(PLAIN, block)));
    closed.collect()
}

/// Packed blocks, each with the `seq` of its first event.
pub(super) type Packed = Vec<(u64, Vec<u8>)>;

/// What packing needs again and again.
#[derive(Default)]
pub(super) struct Press {
    compressor: Option<zstd::bulk::Compressor<'static>>,
    raw: Vec<u8>,
    packed: Vec<u8>,
}

impl Press {
    /// Packs a power of two of events into one block, or into smaller ones where it would be too
    /// big; each with the `seq` of its first event.
    pub(super) fn pack(&mut self, entries: &[Entry]) -> Result<Packed, String> {
        let mut blocks = Packed::new();
        self.pack_into(entries, &mut blocks)?;
        Ok(blocks)
    }

    fn pack_into(&mut self, entries: &[Entry], out: &mut Packed) -> Result<(), String> {
        let Some(first) = entries.first() else {
            return Ok(());
        };
        self.raw.clear();
        for entry in entries {
            self.raw.extend_from_slice(&entry.event.bytes);
            self.raw.push(b'\n');
        }
        let text = |error: std::io::Error| error.to_string();
        let compressor = match &mut self.compressor {
            Some(compressor) => compressor,
            none => none.insert(zstd::bulk::Compressor::new(LEVEL).map_err(text)?),
        };
        self.packed.clear();
        self.packed
            .reserve(zstd::zstd_safe::compress_bound(self.raw.len()));
        compressor
            .compress_to_buffer(&self.raw, &mut self.packed)
            .map_err(text)?;
        if self.packed.len() + PACKED_HEADER > PACKED_MOST && entries.len() > 1 {
            let (left, right) = entries.split_at(entries.len() / 2);
            self.pack_into(left, out)?;
            return self.pack_into(right, out);
        }
        let leaves: Vec<Hash> = entries.iter().map(|entry| entry.leaf).collect();
        let root = merkle::root(&leaves);
        let block = closed(entries.len(), self.raw.len(), &root, &self.packed);
        out.push((first.event.seq, block));
        Ok(())
    }
}

/// Events as they are packed elsewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole<'a> {
    /// zstd frames, one behind the other: the events, each closed by a line feed.
    pub(crate) packed: &'a [u8],
    /// How many bytes they unpack to.
    pub(crate) raw_len: usize,
    /// The root over these events alone.
    pub(crate) root: Hash,
}

/// The packed block of events that are packed already.
pub(super) fn of_whole(whole: &Whole<'_>, events: usize) -> Vec<u8> {
    closed(events, whole.raw_len, &whole.root, whole.packed)
}

fn closed(events: usize, raw_len: usize, root: &Hash, packed: &[u8]) -> Vec<u8> {
    let number = |len: usize| u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes();
    let mut block = Vec::with_capacity(PACKED_HEADER + packed.len());
    block.resize(OPENING, 0);
    block.extend_from_slice(&number(events));
    block.extend_from_slice(&number(raw_len));
    block.extend_from_slice(root);
    block.extend_from_slice(packed);
    close(PACKED, block)
}

/// The events of a block, each closed by a line feed.
pub(super) fn open(value: &[u8]) -> Result<Arc<[u8]>, String> {
    let unsound = || "a block is not as it was written".to_owned();
    let Some(([format, crc @ ..], content)) = value.split_first_chunk::<OPENING>() else {
        return Err(unsound());
    };
    if crc32c::crc32c(content).to_be_bytes() != *crc {
        return Err(unsound());
    }
    match *format {
        PLAIN => Ok(content.into()),
        PACKED => unpack(content).ok_or_else(unsound),
        _ => Err(unsound()),
    }
}

fn unpack(content: &[u8]) -> Option<Arc<[u8]>> {
    let (count, rest) = content.split_first_chunk::<4>()?;
    let (raw_len, rest) = rest.split_first_chunk::<4>()?;
    let (root, packed) = rest.split_first_chunk::<32>()?;
    let raw_len = u32::from_be_bytes(*raw_len) as usize;
    if raw_len > UNPACKED_MOST {
        return None;
    }
    let events = zstd::bulk::decompress(packed, raw_len).ok()?;
    let lines = events.split_inclusive(|byte| *byte == b'\n');
    let leaves: Vec<Hash> = lines
        .map(|line| leaf_hash(line.strip_suffix(b"\n").unwrap_or(line)))
        .collect();
    let sound =
        leaves.len() == u32::from_be_bytes(*count) as usize && merkle::root(&leaves) == *root;
    sound.then(|| events.into())
}

/// Events as they stand in one value of the index.
#[derive(Debug)]
pub(crate) struct Block {
    events: Arc<[u8]>,
    at: usize,
}

impl Block {
    pub(super) fn new(events: Arc<[u8]>) -> Block {
        Block { events, at: 0 }
    }

    /// The next event's bytes, shared with the block; `None` at the end.
    pub(crate) fn next_shared(&mut self) -> Option<EventBytes> {
        let begin = self.at;
        self.next_event()?;
        Some(EventBytes::part(&self.events, begin, self.at - 1))
    }

    /// The next event's bytes; `None` at the end.
    pub(crate) fn next_event(&mut self) -> Option<&[u8]> {
        let rest = self.events.get(self.at..)?;
        let len = memchr::memchr(b'\n', rest)?;
        self.at += len + 1;
        rest.get(..len)
    }
}
