//! Sealed segments: canonical events one a line, compressed, in a form that outlives the program.
//!
//! `zstdcat` gives the events of the file `<first seq>.ndjson.zst` and nothing else: a sealed
//! segment is a row of zstd frames (**chunks**) and behind them one *skippable* zstd frame, which
//! every decoder passes over. It holds what the frames of the segment said beside the events.
//! Numbers are big-endian but for the two that zstd itself reads.
//!
//! | skippable frame | bytes | |
//! |---|---|---|
//! | magic | 0..4 | `5E 2A 4D 18` |
//! | length of what follows | 4..8 | little-endian |
//! | magic | 8..16 | `SCSEALED` |
//! | format | 16..20 | 1 |
//! | number of chunks | 20..24 | |
//! | ledger id | 24..40 | |
//! | first `seq` | 40..48 | |
//! | hash of the frame before | 48..80 | as in a segment header |
//! | root before | 80..112 | |
//! | last `at` before | 112..120 | |
//! | hash of the last frame | 120..152 | which the next segment names |
//! | a row a chunk | 56 each | events, bytes of the events, bytes of the zstd frame, CRC-32C of the events (4 each), last `at` (8), root behind it (32) |
//! | length of the skippable frame | last 8..4 | so that it is found from the end of the file |
//! | CRC-32C of all before it | last 4 | |
//!
//! Hashes cover the events, never compressed bytes: the file can be written anew by any zstd.

use std::path::Path;
use std::sync::Arc;

use super::files::read_at;
use super::layout::{FrameHeader, HeaderFault, SegmentHeader, Take};
use super::walk::Cursor;
use crate::log::disk::File;
use crate::log::error::LogError;
use crate::log::event::LedgerId;
use crate::log::merkle::Hash;

/// The format of sealed segments that this program writes.
pub(crate) const SEALED_FORMAT: u32 = 1;

const SKIPPABLE: [u8; 4] = 0x184d_2a5eu32.to_le_bytes();
const MAGIC: [u8; 8] = *b"SCSEALED";
/// The skippable frame without its rows.
const FIXED: usize = 160;
const ROW: usize = 56;
/// What stands behind the rows: the length and the checksum.
const CLOSING: usize = 8;
/// No chunk is longer: a full frame of the journal and what stood before it.
pub(crate) const MAX_CHUNK: u32 = 4 << 20;

/// One zstd frame of a sealed segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// The first event.
    pub(crate) first_seq: u64,
    /// How many events.
    pub(crate) count: u32,
    /// The length of the events with their line feeds.
    pub(crate) raw_len: u32,
    /// Where the zstd frame begins in the file.
    pub(crate) offset: u64,
    /// The length of the zstd frame.
    pub(crate) packed_len: u32,
    /// The CRC-32C of the events.
    pub(crate) crc: u32,
    /// The `at` of the last event.
    pub(crate) at_ms: i64,
    /// The root behind the last event.
    pub(crate) root: Hash,
}

impl Chunk {
    pub(crate) fn last_seq(&self) -> u64 {
        self.first_seq + u64::from(self.count) - 1
    }
}

/// What a sealed segment says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// As the segment began.
    pub(crate) header: SegmentHeader,
    /// The hash of its last frame.
    pub(crate) last_hash: Hash,
    pub(crate) chunks: Vec<Chunk>,
}

impl Manifest {
    /// The skippable frame.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let len = FIXED + ROW * self.chunks.len();
        let number = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let mut out = Vec::with_capacity(len);
        out.extend_from_slice(&SKIPPABLE);
        out.extend_from_slice(&number(len - 8).to_le_bytes());
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&SEALED_FORMAT.to_be_bytes());
        out.extend_from_slice(&number(self.chunks.len()).to_be_bytes());
        out.extend_from_slice(self.header.ledger.as_bytes());
        out.extend_from_slice(&self.header.first_seq.to_be_bytes());
        out.extend_from_slice(&self.header.prev);
        out.extend_from_slice(&self.header.root);
        out.extend_from_slice(&self.header.at_ms.to_be_bytes());
        out.extend_from_slice(&self.last_hash);
        for chunk in &self.chunks {
            for number in [chunk.count, chunk.raw_len, chunk.packed_len, chunk.crc] {
                out.extend_from_slice(&number.to_be_bytes());
            }
            out.extend_from_slice(&chunk.at_ms.to_be_bytes());
            out.extend_from_slice(&chunk.root);
        }
        out.extend_from_slice(&number(len).to_be_bytes());
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_be_bytes());
        out
    }

    /// Reads a skippable frame whose checksum holds.
    fn decode(bytes: &[u8]) -> Result<Manifest, HeaderFault> {
        let body = unclosed(bytes).ok_or(HeaderFault::Damaged)?;
        let mut take = Take(body);
        let mut read = || {
            let skippable: [u8; 4] = take.array()?;
            let _: [u8; 4] = take.array()?;
            let magic: [u8; 8] = take.array()?;
            let format = u32::from_be_bytes(take.array()?);
            (skippable == SKIPPABLE && magic == MAGIC).then_some(format)
        };
        match read() {
            Some(SEALED_FORMAT) => {}
            Some(format) if format > SEALED_FORMAT => return Err(HeaderFault::Newer(format)),
            _ => return Err(HeaderFault::Damaged),
        }
        Manifest::decode_body(take).ok_or(HeaderFault::Damaged)
    }

    fn decode_body(mut take: Take<'_>) -> Option<Manifest> {
        let count = u32::from_be_bytes(take.array()?);
        let ledger = LedgerId::new(take.array()?);
        let first_seq = u64::from_be_bytes(take.array()?);
        let header = SegmentHeader {
            ledger,
            first_seq,
            prev: take.array()?,
            root: take.array()?,
            at_ms: i64::from_be_bytes(take.array()?),
        };
        let last_hash = take.array()?;
        let mut chunks: Vec<Chunk> = Vec::new();
        let (mut next, mut offset) = (first_seq, 0u64);
        for _ in 0..count {
            let mut number = || take.array().map(u32::from_be_bytes);
            let (count, raw_len) = (number()?, number()?);
            let (packed_len, crc) = (number()?, number()?);
            let chunk = Chunk {
                first_seq: next,
                count,
                raw_len,
                offset,
                packed_len,
                crc,
                at_ms: i64::from_be_bytes(take.array()?),
                root: take.array()?,
            };
            next = next.checked_add(u64::from(count))?;
            offset = offset.checked_add(u64::from(packed_len))?;
            let sane = count > 0 && raw_len <= MAX_CHUNK && packed_len <= 2 * MAX_CHUNK;
            chunks.push(sane.then_some(chunk)?);
        }
        let sound = take.0.is_empty() && first_seq > 0 && !chunks.is_empty();
        sound.then_some(Manifest {
            header,
            last_hash,
            chunks,
        })
    }
}

/// The skippable frame without its closing, if the checksum and the length hold.
fn unclosed(bytes: &[u8]) -> Option<&[u8]> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    let (rows, len) = body.split_last_chunk::<4>()?;
    let sound = crc32c::crc32c(body) == u32::from_be_bytes(*crc)
        && u32::from_be_bytes(*len) as usize == bytes.len();
    sound.then_some(rows)
}

/// An open sealed segment.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(super) file: Arc<File>,
    pub(super) path: Arc<Path>,
    pub(crate) manifest: Manifest,
    /// The chunk that was read last.
    unpacking: Unpacking,
}

/// What unpacking chunks needs again and again.
#[derive(Default)]
pub(crate) struct Unpacking {
    /// Made with the first chunk that is read, and used for all.
    decompressor: Option<zstd::bulk::Decompressor<'static>>,
    pub(super) packed: Vec<u8>,
    /// The events.
    pub(super) events: Vec<u8>,
}

/// A decompressor says nothing of itself.
impl std::fmt::Debug for Unpacking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacking")
    }
}

impl Unpacking {
    /// Unpacks what was read.
    pub(super) fn unpack(&mut self, len: usize) -> std::io::Result<usize> {
        let decompressor = match &mut self.decompressor {
            Some(decompressor) => decompressor,
            none => none.insert(zstd::bulk::Decompressor::new()?),
        };
        self.events.clear();
        self.events.reserve(len);
        decompressor.decompress_to_buffer(&self.packed, &mut self.events)
    }
}

impl Sealed {
    /// Opens a sealed segment. The inner error says what is wrong with it.
    pub(crate) fn open(path: &Path) -> Result<Result<Sealed, HeaderFault>, LogError> {
        let io = |error: &std::io::Error| LogError::io(path, error);
        let file = File::open(path).map_err(|error| io(&error))?;
        let len = file.metadata().map_err(|error| io(&error))?.len();
        let mut closing = [0; CLOSING];
        let at = len.saturating_sub(CLOSING as u64);
        read_at(&file, &mut closing, at).map_err(|error| io(&error))?;
        let [a, b, c, d, ..] = closing;
        let wanted = u64::from(u32::from_be_bytes([a, b, c, d]));
        if wanted < FIXED as u64 || wanted > len {
            return Ok(Err(HeaderFault::Damaged));
        }
        let mut bytes = vec![0; usize::try_from(wanted).unwrap_or_default()];
        read_at(&file, &mut bytes, len - wanted).map_err(|error| io(&error))?;
        let manifest = match Manifest::decode(&bytes) {
            Ok(manifest) => manifest,
            Err(fault) => return Ok(Err(fault)),
        };
        let end = manifest.chunks.last();
        let end = end.map_or(0, |last| last.offset + u64::from(last.packed_len));
        if end != len - wanted {
            return Ok(Err(HeaderFault::Damaged));
        }
        Ok(Ok(Sealed {
            file: Arc::new(file),
            path: path.into(),
            manifest,
            unpacking: Unpacking::default(),
        }))
    }

    /// The chunk that begins with an event.
    pub(crate) fn chunk_at(&self, first_seq: u64) -> Option<&Chunk> {
        let chunks = &self.manifest.chunks;
        let place = chunks.binary_search_by_key(&first_seq, |chunk| chunk.first_seq);
        chunks.get(place.ok()?)
    }

    /// A chunk as if it were a frame and a batch of its own.
    pub(crate) fn frame(&self, chunk: &Chunk, prev: Hash) -> FrameHeader {
        FrameHeader {
            end: true,
            ledger: self.manifest.header.ledger,
            first_seq: chunk.first_seq,
            batch_first: chunk.first_seq,
            count: chunk.count,
            payload_len: chunk.raw_len,
            at_ms: chunk.at_ms,
            prev,
            root: chunk.root,
            payload_crc: chunk.crc,
        }
    }

    /// The place behind a chunk.
    pub(crate) fn behind(&self, chunk: &Chunk) -> Cursor {
        let is_last = self.manifest.chunks.last() == Some(chunk);
        Cursor {
            seq: chunk.last_seq(),
            at_ms: chunk.at_ms,
            root: chunk.root,
            // Within a sealed segment the roots are the chain; only its last frame is named.
            hash: if is_last {
                self.manifest.last_hash
            } else {
                chunk.root
            },
            segment: self.manifest.header.first_seq,
            frame: chunk.offset,
            offset: chunk.offset + u64::from(chunk.packed_len),
            sealed: true,
        }
    }

    /// The beginning.
    pub(crate) fn start(&self) -> Cursor {
        Cursor {
            offset: 0,
            sealed: true,
            ..Cursor::of_segment(&self.manifest.header)
        }
    }

    /// The place that was saved when this segment still had its frames, if it is the beginning
    /// or the end of a chunk.
    pub(crate) fn place(&self, saved: &Cursor) -> Option<Cursor> {
        let start = self.start();
        let behind = self.manifest.chunks.iter().map(|chunk| self.behind(chunk));
        std::iter::once(start)
            .chain(behind)
            .find(|place| (place.seq, place.root) == (saved.seq, saved.root))
    }

    /// Reads the events of a chunk; `false` where they are not as they were written.
    pub(crate) fn read(&mut self, chunk: &Chunk) -> Result<bool, LogError> {
        let unpacking = &mut self.unpacking;
        unpacking.packed.resize(chunk.packed_len as usize, 0);
        let read = read_at(&self.file, &mut unpacking.packed, chunk.offset);
        read.map_err(|error| LogError::io(&self.path, &error))?;
        // zstd says no more than that it cannot; what it is, the place tells.
        let unpacked = unpacking.unpack(chunk.raw_len as usize).is_ok();
        let frame = self.frame(chunk, [0; 32]);
        let holds = unpacked && frame.holds(&self.unpacking.events);
        if !holds {
            self.unpacking.events.clear();
        }
        Ok(holds)
    }

    /// The events that were read last.
    pub(crate) fn events(&self) -> &[u8] {
        &self.unpacking.events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let chunk = |first_seq: u64, offset: u64| Chunk {
            first_seq,
            count: 2,
            raw_len: 6,
            offset,
            packed_len: 20,
            crc: crc32c::crc32c(b"{}\n{}\n"),
            at_ms: 9,
            root: [4; 32],
        };
        Manifest {
            header: SegmentHeader {
                ledger: LedgerId::new([1; 16]),
                first_seq: 7,
                prev: [2; 32],
                root: [3; 32],
                at_ms: 8,
            },
            last_hash: [5; 32],
            chunks: vec![chunk(7, 0), chunk(9, 20)],
        }
    }

    #[test]
    fn a_manifest_is_read_back_and_no_flipped_bit_is_taken() {
        let bytes = manifest().encode();
        assert_eq!(Manifest::decode(&bytes), Ok(manifest()));
        assert_eq!(bytes.len(), FIXED + 2 * ROW);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Manifest::decode(&flipped), Err(HeaderFault::Damaged));
        }
    }

    #[test]
    fn a_later_format_says_so() {
        let mut bytes = manifest().encode();
        bytes[19] = 2;
        let end = bytes.len() - 4;
        let crc = crc32c::crc32c(&bytes[..end]).to_be_bytes();
        bytes[end..].copy_from_slice(&crc);
        assert_eq!(Manifest::decode(&bytes), Err(HeaderFault::Newer(2)));
    }

    #[test]
    fn other_decoders_pass_over_the_manifest() {
        let events = b"{}\n{}\n";
        let mut file = zstd::bulk::compress(events, 3).unwrap();
        file.extend_from_slice(&manifest().encode());
        assert_eq!(zstd::decode_all(file.as_slice()).unwrap(), events);
    }
}
