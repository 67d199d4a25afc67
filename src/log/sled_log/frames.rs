//! The events of a batch put together as frames, on two cores.
//!
//! Where a frame ends follows from the lengths of the events alone, so every second frame is made
//! in another thread while this one makes the others, adds their leaves to the tree and writes
//! them. The bytes are the same however many threads there are.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::{self, ScopedJoinHandle};

use crate::log::event::{NewEvent, Stamp, StoredEvent};
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
    pub(super) bytes: Vec<u8>,
    /// Where each event ends, at its line feed.
    ends: Vec<usize>,
    pub(super) leaves: Vec<Hash>,
    /// The checksum of the events.
    pub(super) crc: u32,
}

impl Frame {
    fn of(events: &[NewEvent], first_seq: u64, stamp: &Stamp, len: usize) -> Frame {
        let mut bytes = Vec::with_capacity(FRAME_HEADER + len);
        bytes.resize(FRAME_HEADER, 0);
        let mut ends = Vec::with_capacity(events.len());
        let mut leaves = Vec::with_capacity(events.len());
        for (seq, event) in (first_seq..).zip(events) {
            let begin = bytes.len();
            event.encode(stamp, seq, &mut bytes);
            leaves.push(leaf_hash(bytes.get(begin..).unwrap_or_default()));
            ends.push(bytes.len());
            bytes.push(b'\n');
        }
        Frame {
            first_seq,
            last_seq: first_seq + events.len() as u64 - 1,
            crc: crc32c::crc32c(bytes.get(FRAME_HEADER..).unwrap_or_default()),
            bytes,
            ends,
            leaves,
        }
    }

    /// Gives the events as they stand in the log.
    pub(super) fn store(
        self,
        batch: &[NewEvent],
        batch_first: u64,
        at_ms: i64,
        stored: &mut Vec<StoredEvent>,
    ) {
        let whole: Arc<[u8]> = self.bytes.into();
        let from = usize::try_from(self.first_seq - batch_first).unwrap_or(usize::MAX);
        let events = batch.get(from..).unwrap_or_default();
        let mut begin = FRAME_HEADER;
        for ((seq, event), end) in (self.first_seq..).zip(events).zip(self.ends) {
            stored.push(StoredEvent {
                seq,
                at_ms,
                id: event.id,
                bytes: EventBytes::part(&whole, begin, end),
            });
            begin = end + 1;
        }
    }
}

/// Which events go into one frame, and how many bytes they have with their line feeds.
fn cut(events: &[NewEvent], first_seq: u64) -> Vec<(Range<usize>, usize)> {
    let mut frames = Vec::new();
    let (mut begin, mut held) = (0, 0);
    for (place, (seq, event)) in (first_seq..).zip(events).enumerate() {
        let len = event.encoded_len(seq) + 1;
        if held > 0 && held + len > FRAME_TARGET {
            frames.push((begin..place, held));
            (begin, held) = (place, 0);
        }
        held += len;
    }
    if held > 0 {
        frames.push((begin..events.len(), held));
    }
    frames
}

/// Makes the frames of a batch and hands them over in their order.
pub(super) fn each<E>(
    events: &[NewEvent],
    first_seq: u64,
    stamp: &Stamp,
    mut take: impl FnMut(Frame) -> Result<(), E>,
) -> Result<(), E> {
    let frames = cut(events, first_seq);
    let make = |(range, len): &(Range<usize>, usize)| {
        let part = events.get(range.clone()).unwrap_or_default();
        Frame::of(part, first_seq + range.start as u64, stamp, *len)
    };
    if frames.len() < 2 {
        return frames.iter().map(make).try_for_each(take);
    }
    thread::scope(|scope| {
        let (send, made) = sync_channel(AHEAD);
        let (frames, make) = (frames.as_slice(), &make);
        // Without a thread, or with one that stopped, this one makes them all.
        let beside = thread::Builder::new().spawn_scoped(scope, move || {
            let others = frames.iter().skip(1).step_by(2);
            // Nobody takes them any more once writing has failed.
            others.map(make).try_for_each(|frame| send.send(frame))
        });
        let taken = frames.iter().enumerate().try_for_each(|(place, frame)| {
            let other = (place % 2 == 1 && beside.is_ok())
                .then(|| made.recv().ok())
                .flatten();
            take(other.unwrap_or_else(|| make(frame)))
        });
        drop(made);
        drop(beside.map(ScopedJoinHandle::join));
        taken
    })
}
