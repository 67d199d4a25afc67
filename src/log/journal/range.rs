//! Reading events straight from the journal.

use std::path::Path;
use std::sync::Arc;

use super::files::Segment;
use super::layout::FrameHeader;
use super::walk::{Step, Walker};
use crate::log::error::LogError;
use crate::log::event::StoredEvent;
use crate::log::event_bytes::EventBytes;

/// The events of a range, in their order. The first that cannot be read is the last item.
pub(crate) struct JournalEvents {
    walker: Option<Walker>,
    /// Of a range the events share the memory of their frame; single events do not hold it.
    shares: bool,
    whole: Option<Arc<[u8]>>,
    /// The frame that the walk is in, where its next event begins, and which one that is.
    frame: Option<(FrameHeader, usize, u64)>,
    next: u64,
    to: u64,
}

impl JournalEvents {
    /// The events `from` to `to`, both included; both must be in the journal.
    pub(crate) fn new(journal: &Path, from: u64, to: u64) -> Result<JournalEvents, LogError> {
        let from = from.max(1);
        let walker = (from <= to)
            .then(|| Walker::from_segment(journal, from))
            .transpose()?;
        Ok(JournalEvents {
            shares: true,
            ..JournalEvents::walking(walker, from, to)
        })
    }

    /// The same of one segment, which must hold them.
    pub(crate) fn of_segment(
        segment: &Segment,
        from: u64,
        to: u64,
    ) -> Result<JournalEvents, LogError> {
        let walker = Walker::of_segment(segment)?;
        Ok(JournalEvents::walking(Some(walker), from, to))
    }

    fn walking(walker: Option<Walker>, from: u64, to: u64) -> JournalEvents {
        JournalEvents {
            walker,
            shares: false,
            whole: None,
            frame: None,
            next: from,
            to,
        }
    }

    /// Leaves out what lies before a place further on.
    pub(crate) fn pass_to(&mut self, place: u64) {
        self.next = self.next.max(place);
    }

    fn read_next(&mut self) -> Result<Option<StoredEvent>, LogError> {
        let Some(walker) = self.walker.as_mut().filter(|_| self.next <= self.to) else {
            return Ok(None);
        };
        loop {
            let passed = |frame: &(FrameHeader, usize, u64)| frame.0.last_seq() < self.next;
            if self.frame.as_ref().is_some_and(passed) {
                self.frame = None;
            }
            let Some((_, start, seq)) = self.frame.as_mut() else {
                match walker.step(false)? {
                    Step::End => return Err(walker.missing()),
                    Step::Fault(fault) => return Err(fault.into()),
                    Step::Frame(frame) if frame.last_seq() < self.next => {}
                    Step::Frame(frame) => {
                        walker.read_events(&frame)?;
                        self.whole = self.shares.then(|| walker.payload().into());
                        self.frame = Some((frame, 0, frame.first_seq));
                    }
                }
                continue;
            };
            let rest = walker.payload().get(*start..).unwrap_or_default();
            let Some(len) = memchr::memchr(b'\n', rest) else {
                self.frame = None;
                continue;
            };
            let passed = *seq < self.next;
            let begin = *start;
            *start += len + 1;
            *seq += 1;
            // What is passed over is not looked into: the frame's checksum fits.
            if passed {
                continue;
            }
            let event = match &self.whole {
                Some(whole) => StoredEvent::of(EventBytes::part(whole, begin, begin + len)),
                None => rest.get(..len).and_then(StoredEvent::read),
            };
            match event {
                Some(event) if event.seq == self.next => {
                    self.next += 1;
                    return Ok(Some(event));
                }
                _ => return Err(walker.bad_event(self.next)),
            }
        }
    }
}

impl Iterator for JournalEvents {
    type Item = Result<StoredEvent, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.read_next().transpose();
        if !matches!(item, Some(Ok(_))) {
            self.walker = None;
        }
        item
    }
}
