//! The two headers of a journal, byte for byte as the journal's page documents them.

use std::io::Write as _;

use sha2::{Digest, Sha256};

use crate::log::event::LedgerId;
use crate::log::merkle::Hash;

/// The journal format that this program writes.
pub(crate) const FORMAT: u32 = 1;
/// The length of a segment header in bytes.
pub(crate) const SEGMENT_HEADER: usize = 128;
/// The length of a frame header in bytes.
pub(crate) const FRAME_HEADER: usize = 128;
/// What a frame begins with.
pub(crate) const FRAME_MAGIC: [u8; 4] = *b"SCFR";
/// A frame is closed before its events pass this size in bytes. Frames become the chunks of sealed
/// segments, and a chunk is unpacked to read one event of it.
pub(crate) const FRAME_TARGET: usize = 64 << 10;

const SEGMENT_MAGIC: [u8; 16] = *b"socai journal\n\0\0";
const FLAG_END: u8 = 1;
/// No frame is longer: frames were once closed at 1 MiB, and hold one event more at most.
const MAX_PAYLOAD: usize = (1 << 20) + (1 << 16);

/// The header of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) ledger: LedgerId,
    pub(crate) first_seq: u64,
    /// The hash of the last frame before this segment.
    pub(crate) prev: Hash,
    /// The root of the events before this segment.
    pub(crate) root: Hash,
    /// The `at` of the last event before this segment.
    pub(crate) at_ms: i64,
}

/// Why a header is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderFault {
    /// It is not as it was written.
    Damaged,
    /// A later version of the program wrote it.
    Newer(u32),
}

impl SegmentHeader {
    /// The bytes of the header.
    pub(crate) fn encode(&self) -> [u8; SEGMENT_HEADER] {
        seal([
            &SEGMENT_MAGIC,
            &FORMAT.to_be_bytes(),
            &[0; 4],
            self.ledger.as_bytes(),
            &self.first_seq.to_be_bytes(),
            &self.prev,
            &self.root,
            &self.at_ms.to_be_bytes(),
            &[0; 4],
        ])
    }

    /// Reads the bytes of a header.
    pub(crate) fn decode(bytes: &[u8; SEGMENT_HEADER]) -> Result<SegmentHeader, HeaderFault> {
        let mut take = unseal(bytes).ok_or(HeaderFault::Damaged)?;
        let mut read = || {
            let magic: [u8; 16] = take.array()?;
            let format = u32::from_be_bytes(take.array()?);
            let zero: [u8; 4] = take.array()?;
            let header = SegmentHeader {
                ledger: LedgerId::new(take.array()?),
                first_seq: u64::from_be_bytes(take.array()?),
                prev: take.array()?,
                root: take.array()?,
                at_ms: i64::from_be_bytes(take.array()?),
            };
            Some((magic, format, zero, header))
        };
        match read() {
            Some((SEGMENT_MAGIC, FORMAT, [0, 0, 0, 0], header)) => Ok(header),
            Some((SEGMENT_MAGIC, format, ..)) if format > FORMAT => Err(HeaderFault::Newer(format)),
            _ => Err(HeaderFault::Damaged),
        }
    }
}

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    /// The frame is the last of its batch.
    pub(crate) end: bool,
    pub(crate) ledger: LedgerId,
    pub(crate) first_seq: u64,
    /// The first `seq` of the batch that the frame belongs to.
    pub(crate) batch_first: u64,
    /// The number of events, at least 1.
    pub(crate) count: u32,
    /// The length of the events with their line feeds.
    pub(crate) payload_len: u32,
    /// The `at` of the last event.
    pub(crate) at_ms: i64,
    /// The hash of the frame before.
    pub(crate) prev: Hash,
    /// The root up to the end of this frame.
    pub(crate) root: Hash,
    /// The CRC-32C of the events.
    pub(crate) payload_crc: u32,
}

impl FrameHeader {
    /// The bytes of the header.
    pub(crate) fn encode(&self) -> [u8; FRAME_HEADER] {
        let flags = if self.end { FLAG_END } else { 0 };
        seal([
            &FRAME_MAGIC,
            &[flags, 0, 0, 0],
            self.ledger.as_bytes(),
            &self.first_seq.to_be_bytes(),
            &self.batch_first.to_be_bytes(),
            &self.count.to_be_bytes(),
            &self.payload_len.to_be_bytes(),
            &self.at_ms.to_be_bytes(),
            &self.prev,
            &self.root,
            &self.payload_crc.to_be_bytes(),
        ])
    }

    /// Reads the bytes of a header; `None` where it is not as it was written.
    pub(crate) fn decode(bytes: &[u8; FRAME_HEADER]) -> Option<FrameHeader> {
        let mut take = unseal(bytes)?;
        let magic: [u8; 4] = take.array()?;
        let [flags, zeros @ ..]: [u8; 4] = take.array()?;
        let header = FrameHeader {
            end: flags & FLAG_END != 0,
            ledger: LedgerId::new(take.array()?),
            first_seq: u64::from_be_bytes(take.array()?),
            batch_first: u64::from_be_bytes(take.array()?),
            count: u32::from_be_bytes(take.array()?),
            payload_len: u32::from_be_bytes(take.array()?),
            at_ms: i64::from_be_bytes(take.array()?),
            prev: take.array()?,
            root: take.array()?,
            payload_crc: u32::from_be_bytes(take.array()?),
        };
        let known = magic == FRAME_MAGIC && flags & !FLAG_END == 0 && zeros == [0; 3];
        let sizes = header.count > 0 && header.payload_len as usize <= MAX_PAYLOAD;
        let numbers = header.first_seq >= 1
            && header
                .first_seq
                .checked_add(u64::from(header.count))
                .is_some();
        (known && sizes && numbers).then_some(header)
    }

    /// The `seq` of the last event of the frame.
    pub(crate) fn last_seq(&self) -> u64 {
        self.first_seq + u64::from(self.count) - 1
    }

    /// The length of header and events together.
    pub(crate) fn len(&self) -> u64 {
        FRAME_HEADER as u64 + u64::from(self.payload_len)
    }

    /// The hash that the next frame carries.
    pub(crate) fn hash(&self) -> Hash {
        frame_hash(&self.encode())
    }

    /// The events are as they were written: their checksum, their number, their last line feed.
    pub(crate) fn holds(&self, payload: &[u8]) -> bool {
        crc32c::crc32c(payload) == self.payload_crc
            && payload.len() == self.payload_len as usize
            && payload.last() == Some(&b'\n')
            && lines(payload) == self.count as usize
    }
}

/// The number of line feeds, counted in narrow sums.
fn lines(bytes: &[u8]) -> usize {
    let count = |part: &[u8]| {
        let ends = part.iter().map(|byte| u8::from(*byte == b'\n'));
        usize::from(ends.fold(0u8, u8::wrapping_add))
    };
    // No sum passes 255.
    bytes.chunks(255).map(count).sum()
}

/// The hash of a frame, taken over its header.
pub(crate) fn frame_hash(header: &[u8; FRAME_HEADER]) -> Hash {
    Sha256::digest(header).into()
}

/// Joins the parts of a header, which are 124 bytes, and closes them with their checksum.
fn seal<const PARTS: usize>(parts: [&[u8]; PARTS]) -> [u8; 128] {
    let mut header = [0; 128];
    let mut rest = header.as_mut_slice();
    for part in parts {
        // The parts of both headers are 124 bytes long, so they always fit.
        drop(rest.write_all(part));
    }
    let crc = crc32c::crc32c(header.first_chunk::<124>().map_or(&[], |body| body));
    if let Some(place) = header.last_chunk_mut::<4>() {
        *place = crc.to_be_bytes();
    }
    header
}

/// Checks a header's checksum and gives what stands before it.
fn unseal(header: &[u8; 128]) -> Option<Take<'_>> {
    let (body, crc) = header.split_last_chunk::<4>()?;
    (crc32c::crc32c(body) == u32::from_be_bytes(*crc)).then_some(Take(body))
}

/// Takes fixed-size parts off the front of bytes.
pub(crate) struct Take<'a>(pub(crate) &'a [u8]);

impl Take<'_> {
    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (part, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment() -> SegmentHeader {
        SegmentHeader {
            ledger: LedgerId::new([1; 16]),
            first_seq: 7,
            prev: [2; 32],
            root: [3; 32],
            at_ms: 1_700_000_000_000,
        }
    }

    fn frame() -> FrameHeader {
        FrameHeader {
            end: true,
            ledger: LedgerId::new([1; 16]),
            first_seq: 7,
            batch_first: 6,
            count: 2,
            payload_len: 6,
            at_ms: 1_700_000_000_000,
            prev: [2; 32],
            root: [3; 32],
            payload_crc: crc32c::crc32c(b"{}\n{}\n"),
        }
    }

    #[test]
    fn headers_are_read_back_and_no_flipped_bit_is_taken() {
        assert_eq!(SegmentHeader::decode(&segment().encode()), Ok(segment()));
        assert_eq!(FrameHeader::decode(&frame().encode()), Some(frame()));
        for bit in 0..128 * 8 {
            let mut bytes = segment().encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SegmentHeader::decode(&bytes), Err(HeaderFault::Damaged));
            let mut bytes = frame().encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(FrameHeader::decode(&bytes), None);
        }
    }

    #[test]
    fn a_later_format_says_so() {
        let mut bytes = segment().encode();
        bytes[19] = 2;
        let crc = crc32c::crc32c(&bytes[..124]).to_be_bytes();
        bytes[124..].copy_from_slice(&crc);
        assert_eq!(SegmentHeader::decode(&bytes), Err(HeaderFault::Newer(2)));
    }

    #[test]
    fn the_documented_places_hold() {
        let bytes = segment().encode();
        assert_eq!(&bytes[..16], b"socai journal\n\0\0");
        assert_eq!(bytes[40..48], 7u64.to_be_bytes());
        assert_eq!(bytes[112..120], 1_700_000_000_000i64.to_be_bytes());
        let bytes = frame().encode();
        assert_eq!((&bytes[..4], bytes[4]), (b"SCFR".as_slice(), 1));
        assert_eq!(bytes[32..40], 6u64.to_be_bytes());
        assert_eq!(bytes[88..120], [3; 32]);
    }

    #[test]
    fn a_frame_holds_only_its_own_events() {
        assert!(frame().holds(b"{}\n{}\n"));
        assert!(!frame().holds(b"{}\n{}\n{}\n"));
        assert!(!frame().holds(b"{}\n[]\n"));
        assert_eq!((frame().last_seq(), frame().len()), (8, 134));
    }
}
