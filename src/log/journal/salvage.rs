//! Whole frames behind a place that cannot be read.

use std::path::{Path, PathBuf};

use super::files::segments;
use super::layout::{FRAME_HEADER, FRAME_MAGIC, FrameHeader};
use super::walk::Window;
use crate::log::error::LogError;
use crate::log::event::{LedgerId, StoredEvent};

/// How many bytes are searched at once.
const SEARCH: usize = 1 << 20;

/// A whole frame, wherever it stands.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    path: PathBuf,
    offset: u64,
    /// What the frame says of itself.
    pub(crate) header: FrameHeader,
}

impl Piece {
    /// The events of the frame; empty where it can no longer be read.
    pub(crate) fn events(&self) -> Result<Vec<StoredEvent>, LogError> {
        let mut window = Window::open(&self.path)?;
        let at = self.offset + FRAME_HEADER as u64;
        let payload = window.get(at, self.header.payload_len as usize)?;
        let lines = payload.split(|byte| *byte == b'\n');
        Ok(lines.map_while(StoredEvent::read).collect())
    }
}

/// The whole frames of a ledger that have events after `seq`, in the order of their events. The
/// first of two for the same place counts.
pub(crate) fn pieces(journal: &Path, ledger: LedgerId, seq: u64) -> Result<Vec<Piece>, LogError> {
    let mut found: Vec<Piece> = Vec::new();
    for segment in segments(journal)? {
        let mut window = Window::open(&segment.path)?;
        let mut offset = 0;
        while let Some(at) = next_magic(&mut window, offset)? {
            match whole_frame(&mut window, at)? {
                Some(header) => {
                    offset = at + header.len();
                    if header.ledger == ledger && header.last_seq() > seq {
                        let path = segment.path.clone();
                        let offset = at;
                        found.push(Piece {
                            path,
                            offset,
                            header,
                        });
                    }
                }
                None => offset = at + 1,
            }
        }
    }
    found.sort_by_key(|piece| piece.header.first_seq);
    Ok(found)
}

fn next_magic(window: &mut Window, mut offset: u64) -> Result<Option<u64>, LogError> {
    loop {
        let bytes = window.get(offset, SEARCH)?;
        let magic = bytes
            .windows(FRAME_MAGIC.len())
            .position(|four| four == FRAME_MAGIC);
        match magic {
            Some(at) => return Ok(Some(offset + at as u64)),
            None if bytes.len() < SEARCH => return Ok(None),
            None => offset += (bytes.len() - (FRAME_MAGIC.len() - 1)) as u64,
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
