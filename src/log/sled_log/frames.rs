//! The events of a batch put together as frames, on two cores.
//!
//! Where a frame ends follows from the lengths of the events alone, so every second frame is made
//! in another thread while this one makes the others, adds their leaves to the tree and writes
//! them. The bytes are the same however many threads there are.

use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use uuid::Uuid;

use crate::log::event::{NewEvent, Stamp, StoredEvent, Tag};
use crate::log::event_bytes::EventBytes;
use crate::log::journal::layout::{FRAME_HEADER, FRAME_TARGET};
use crate::log::merkle::{Hash, leaf_hash};

/// How many frames the other thread is ahead at most.
const AHEAD: usize = 8;

/// A frame without its header.
pub(super) struct Frame {
    pub(super) first_seq: u64,
    pub(super) last_seq: u64,
    /// The place of the header, then the events, each closed by a line feed.
    bytes: Arc<[u8]>,
    /// The id of each event, and where it ends, at its line feed.
    ends: Vec<(Uuid, usize)>,
    /// The tags of each event.
    pub(super) tags: Vec<Vec<Tag>>,
    pub(super) leaves: Vec<Hash>,
    /// The checksum of the events.
    pub(super) crc: u32,
}

impl Frame {
    /// Puts events together; what they were made of is let go of one by one.
    fn of(part: Part, stamp: &Stamp) -> Frame {
        let Part {
            events,
            first_seq,
            len,
        } = part;
        let count = events.len();
        let mut bytes = Vec::with_capacity(FRAME_HEADER + len);
        bytes.resize(FRAME_HEADER, 0);
        let mut ends = Vec::with_capacity(count);
        let mut tags = Vec::with_capacity(count);
        let mut leaves = Vec::with_capacity(count);
        for (seq, event) in (first_seq..).zip(events) {
            let begin = bytes.len();
            event.encode(stamp, seq, &mut bytes);
            leaves.push(leaf_hash(bytes.get(begin..).unwrap_or_default()));
            ends.push((event.id, bytes.len()));
            tags.push(event.tags);
            bytes.push(b'\n');
        }
        Frame {
            first_seq,
            last_seq: first_seq + count as u64 - 1,
            crc: crc32c::crc32c(bytes.get(FRAME_HEADER..).unwrap_or_default()),
            // The thread that made it has the memory that its events left.
            bytes: bytes.into(),
            ends,
            tags,
            leaves,
        }
    }

    /// Its bytes, to be written under a header; none once they are stored.
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        Arc::get_mut(&mut self.bytes).unwrap_or_default()
    }

    /// Gives the events as they stand in the log.
    pub(super) fn store(self, at_ms: i64, stored: &mut Vec<StoredEvent>) {
        let whole = self.bytes;
        let mut begin = FRAME_HEADER;
        for (seq, (id, end)) in (self.first_seq..).zip(self.ends) {
            stored.push(StoredEvent {
                seq,
                at_ms,
                id,
                bytes: EventBytes::part(&whole, begin, end),
            });
            begin = end + 1;
        }
    }
}

/// The events of one frame.
struct Part {
    events: Vec<NewEvent>,
    first_seq: u64,
    /// How many bytes they have with their line feeds.
    len: usize,
}

/// Parts that are taken one by one, by whichever thread makes the frame.
type Parts = Vec<Mutex<Option<Part>>>;

/// The events of a batch by the frames they go into.
fn cut(events: Vec<NewEvent>, first_seq: u64) -> Parts {
    let mut parts = Vec::new();
    let mut part = Part {
        events: Vec::new(),
        first_seq,
        len: 0,
    };
    for (seq, event) in (first_seq..).zip(events) {
        let len = event.encoded_len(seq) + 1;
        if part.len > 0 && part.len + len > FRAME_TARGET {
            let next = Part {
                events: Vec::with_capacity(part.events.len()),
                first_seq: seq,
                len: 0,
            };
            parts.push(Mutex::new(Some(std::mem::replace(&mut part, next))));
        }
        part.len += len;
        part.events.push(event);
    }
    if part.len > 0 {
        parts.push(Mutex::new(Some(part)));
    }
    parts
}

/// Makes the frames of a batch and hands them over in their order.
pub(super) fn each<E>(
    events: Vec<NewEvent>,
    first_seq: u64,
    stamp: &Stamp,
    mut take: impl FnMut(Frame) -> Result<(), E>,
) -> Result<(), E> {
    let parts = cut(events, first_seq);
    let make = |part: &Mutex<Option<Part>>| {
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        part.take().map(|part| Frame::of(part, stamp))
    };
    if parts.len() < 2 {
        return parts.iter().filter_map(make).try_for_each(take);
    }
    thread::scope(|scope| {
        let (send, made) = sync_channel(AHEAD);
        let (parts, make) = (parts.as_slice(), &make);
        // Without a thread this one makes them all.
        let beside = thread::Builder::new().spawn_scoped(scope, move || {
            let mut others = parts.iter().skip(1).step_by(2).filter_map(make);
            // Nobody takes them any more once writing has failed.
            others.try_for_each(|frame| send.send(frame))
        });
        let taken = parts.iter().enumerate().try_for_each(|(place, part)| {
            let other = match &beside {
                Ok(_) if place % 2 == 1 => made.recv().ok(),
                _ => None,
            };
            match other.or_else(|| make(part)) {
                Some(frame) => take(frame).map_err(Some),
                None => Err(None),
            }
        });
        drop(made);
        let joined = beside.map(ScopedJoinHandle::join);
        match (taken, joined) {
            (Ok(()), _) => Ok(()),
            (Err(Some(fault)), _) => Err(fault),
            // The other thread stopped amid a frame, whose events are gone: nothing is committed.
            (Err(None), Ok(Err(panic))) => resume_unwind(panic),
            (Err(None), _) => resume_unwind(Box::new("a frame is gone")),
        }
    })
}
