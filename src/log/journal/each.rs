//! Reading single events that lie far apart: only the frames and chunks that hold them.

use std::thread;

use super::files::Segment;
use super::range::JournalEvents;
use crate::log::error::{Damage, LogError};
use crate::log::event::StoredEvent;

/// From so many places on a second thread pays: most of them lie in chunks of their own, and to
/// unpack one takes longer than to begin a thread.
const WORTH_TWO: usize = 8;

/// The events at some places, which ascend and are in the journal of these segments.
pub(crate) fn read(segments: &[Segment], places: &[u64]) -> Result<Vec<StoredEvent>, LogError> {
    // A simulated disk belongs to one thread.
    if places.len() < WORTH_TWO || cfg!(test) {
        return one_by_one(segments, places);
    }
    let (left, right) = places.split_at(places.len() / 2);
    thread::scope(|scope| {
        let beside = thread::Builder::new().spawn_scoped(scope, || one_by_one(segments, right));
        let mut events = one_by_one(segments, left)?;
        // Without a thread, or with one that stopped, this one does it all.
        let rest = match beside.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(rest)) => rest,
            _ => one_by_one(segments, right),
        };
        events.extend(rest?);
        Ok(events)
    })
}

/// What is said where an event is not in the journal.
pub(crate) fn missing(place: u64) -> LogError {
    LogError::Damaged {
        segment: String::new(),
        offset: 0,
        first_bad_seq: place,
        why: Damage::Missing,
    }
}

fn one_by_one(segments: &[Segment], places: &[u64]) -> Result<Vec<StoredEvent>, LogError> {
    let segment_of = |place: &u64| segments.partition_point(|it| it.first <= *place);
    let mut events = Vec::with_capacity(places.len());
    for places in places.chunk_by(|a, b| segment_of(a) == segment_of(b)) {
        let (Some(first), Some(last)) = (places.first(), places.last()) else {
            continue;
        };
        let number = segment_of(first).saturating_sub(1);
        let segment = segments.get(number).ok_or_else(|| missing(*first))?;
        let mut segment = JournalEvents::of_segment(segment, *first, *last)?;
        for place in places {
            segment.pass_to(*place);
            let event = segment.next().transpose()?;
            events.push(event.ok_or_else(|| missing(*place))?);
        }
    }
    Ok(events)
}
