//! What is whole behind a place that cannot be read: frames, and the chunks of sealed segments.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::files::{Segment, segments};
use super::layout::{FRAME_HEADER, FRAME_MAGIC, FrameHeader};
use super::sealed::{Chunk, MAX_CHUNK, Sealed};
use super::walk::Window;
use crate::log::error::LogError;
use crate::log::event::{LedgerId, StoredEvent};
use crate::log::merkle::Hash;

/// How many bytes are searched at once.
const SEARCH: usize = 1 << 20;
/// What a zstd frame begins with.
const ZSTD_MAGIC: [u8; 4] = 0xfd2f_b528u32.to_le_bytes();

/// Events that stand whole beside each other, wherever that is.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    path: PathBuf,
    place: Place,
    /// The first event.
    pub(crate) first_seq: u64,
    /// The last event.
    pub(crate) last_seq: u64,
    /// The root that was recorded behind it.
    pub(crate) root: Option<Hash>,
}

#[derive(Debug, Clone)]
enum Place {
    /// A frame, at this place.
    Frame(u64, FrameHeader),
    /// A chunk of a sealed segment that says what it holds.
    Chunk(Box<Chunk>),
    /// A zstd frame of a sealed segment that does not say so any more, at this place.
    Packed(u64),
}

impl Piece {
    /// The events; empty where they can no longer be read.
    pub(crate) fn events(&self) -> Result<Vec<StoredEvent>, LogError> {
        match &self.place {
            Place::Frame(offset, header) => {
                let mut window = Window::open(&self.path)?;
                let at = offset + FRAME_HEADER as u64;
                Ok(lines(window.get(at, header.payload_len as usize)?))
            }
            Place::Chunk(chunk) => match Sealed::open(&self.path)? {
                Ok(mut sealed) => {
                    sealed.read(chunk)?;
                    Ok(lines(sealed.events()))
                }
                Err(_) => Ok(Vec::new()),
            },
            Place::Packed(offset) => {
                let mut window = Window::open(&self.path)?;
                Ok(unpacked(&mut window, *offset)?.unwrap_or_default())
            }
        }
    }
}

fn lines(bytes: &[u8]) -> Vec<StoredEvent> {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.map_while(StoredEvent::read).collect()
}

/// The whole pieces of a ledger that have events after `seq`, in the order of their events. The
/// first of two for the same place counts.
pub(crate) fn pieces(journal: &Path, ledger: LedgerId, seq: u64) -> Result<Vec<Piece>, LogError> {
    let mut found: Vec<Piece> = Vec::new();
    for segment in segments(journal)? {
        if segment.sealed {
            sealed_pieces(&segment, ledger, &mut found)?;
        } else {
            frames(&segment, ledger, &mut found)?;
        }
    }
    found.retain(|piece| piece.last_seq > seq);
    found.sort_by_key(|piece| piece.first_seq);
    Ok(found)
}

fn frames(segment: &Segment, ledger: LedgerId, found: &mut Vec<Piece>) -> Result<(), LogError> {
    let mut window = Window::open(&segment.path)?;
    let mut offset = 0;
    while let Some(at) = next_magic(&mut window, offset, FRAME_MAGIC)? {
        match whole_frame(&mut window, at)? {
            Some(header) => {
                offset = at + header.len();
                if header.ledger == ledger {
                    found.push(Piece {
                        path: segment.path.clone(),
                        place: Place::Frame(at, header),
                        first_seq: header.first_seq,
                        last_seq: header.last_seq(),
                        root: Some(header.root),
                    });
                }
            }
            None => offset = at + 1,
        }
    }
    Ok(())
}

/// The chunks that are as they were written. Where the end of the file does not say what there is,
/// the zstd frames are looked for, and each must unpack with its own checksum.
fn sealed_pieces(
    segment: &Segment,
    ledger: LedgerId,
    found: &mut Vec<Piece>,
) -> Result<(), LogError> {
    let Ok(mut sealed) = Sealed::open(&segment.path)? else {
        return packed_pieces(segment, ledger, found);
    };
    if sealed.manifest.header.ledger != ledger {
        return Ok(());
    }
    for chunk in sealed.manifest.chunks.clone() {
        if sealed.read(&chunk)? {
            found.push(Piece {
                path: segment.path.clone(),
                first_seq: chunk.first_seq,
                last_seq: chunk.last_seq(),
                root: Some(chunk.root),
                place: Place::Chunk(Box::new(chunk)),
            });
        }
    }
    Ok(())
}

fn packed_pieces(
    segment: &Segment,
    ledger: LedgerId,
    found: &mut Vec<Piece>,
) -> Result<(), LogError> {
    let mut window = Window::open(&segment.path)?;
    let mut offset = 0;
    while let Some(at) = next_magic(&mut window, offset, ZSTD_MAGIC)? {
        offset = at + 1;
        let Some(events) = unpacked(&mut window, at)? else {
            continue;
        };
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            continue;
        };
        let envelope = crate::log::event::Envelope::read(&first.bytes);
        if envelope.is_some_and(|it| it.ledger == ledger) {
            found.push(Piece {
                path: segment.path.clone(),
                place: Place::Packed(at),
                first_seq: first.seq,
                last_seq: last.seq,
                root: None,
            });
        }
    }
    Ok(())
}

/// The events of a zstd frame, if it is whole and holds nothing else.
fn unpacked(window: &mut Window, offset: u64) -> Result<Option<Vec<StoredEvent>>, LogError> {
    let packed = window.get(offset, 2 * MAX_CHUNK as usize)?;
    let Ok(decoder) = zstd::stream::read::Decoder::with_buffer(packed) else {
        return Ok(None);
    };
    let mut raw = Vec::new();
    let most = u64::from(MAX_CHUNK);
    // An error is damage, or only something that looks like the beginning of a frame.
    if decoder
        .single_frame()
        .take(most)
        .read_to_end(&mut raw)
        .is_err()
    {
        return Ok(None);
    }
    let events = lines(&raw);
    let whole: usize = events.iter().map(|event| event.bytes.len() + 1).sum();
    let in_order = events.windows(2).all(|pair| match pair {
        [one, other] => one.seq + 1 == other.seq,
        _ => true,
    });
    Ok((whole == raw.len() && in_order).then_some(events))
}

fn next_magic(
    window: &mut Window,
    mut offset: u64,
    magic: [u8; 4],
) -> Result<Option<u64>, LogError> {
    loop {
        let bytes = window.get(offset, SEARCH)?;
        let found = bytes
            .windows(magic.len())
            .position(|four| four == magic.as_slice());
        match found {
            Some(at) => return Ok(Some(offset + at as u64)),
            None if bytes.len() < SEARCH => return Ok(None),
            None => offset += (bytes.len() - (magic.len() - 1)) as u64,
        }
    }
}

fn whole_frame(window: &mut Window, offset: u64) -> Result<Option<FrameHeader>, LogError> {
    let header = window.get(offset, FRAME_HEADER)?;
    let Some(frame) = header.first_chunk().and_then(FrameHeader::decode) else {
        return Ok(None);
    };
    let events = window.get(offset + FRAME_HEADER as u64, frame.payload_len as usize)?;
    Ok(frame.holds(events).then_some(frame))
}
