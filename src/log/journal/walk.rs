//! Walking through a journal frame by frame, checking each against the one before it.

use std::path::Path;

use super::files::{Segment, read_at, segment_name, segments};
use super::layout::{
    FORMAT, FRAME_HEADER, FrameHeader, HeaderFault, SEGMENT_HEADER, SegmentHeader,
};
use crate::log::disk::File;
use crate::log::error::{Damage, LogError};
use crate::log::event::LedgerId;
use crate::log::merkle::Hash;

/// How many bytes are read at once at least.
const READ_AHEAD: usize = 64 * 1024;

/// A place between two frames, and what is known of everything before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The last event before this place.
    pub(crate) seq: u64,
    /// Its `at` in milliseconds.
    pub(crate) at_ms: i64,
    /// The root up to it.
    pub(crate) root: Hash,
    /// The hash of the frame before this place.
    pub(crate) hash: Hash,
    /// The first `seq` of the segment.
    pub(crate) segment: u64,
    /// Where the frame before this place begins in the segment; 0 where there is none in it.
    pub(crate) frame: u64,
    /// Where the next frame begins in the segment.
    pub(crate) offset: u64,
}

impl Cursor {
    /// The beginning of a segment.
    pub(crate) fn of_segment(header: &SegmentHeader) -> Cursor {
        Cursor {
            seq: header.first_seq - 1,
            at_ms: header.at_ms,
            root: header.root,
            hash: header.prev,
            segment: header.first_seq,
            frame: 0,
            offset: SEGMENT_HEADER as u64,
        }
    }

    /// The place behind a frame that begins here.
    pub(crate) fn after(&self, frame: &FrameHeader) -> Cursor {
        Cursor {
            seq: frame.last_seq(),
            at_ms: frame.at_ms,
            root: frame.root,
            hash: frame.hash(),
            segment: self.segment,
            frame: self.offset,
            offset: self.offset + frame.len(),
        }
    }
}

/// Something in a journal that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The first `seq` of the segment.
    pub(crate) segment: u64,
    /// The byte in the segment.
    pub(crate) offset: u64,
    /// The first event at fault.
    pub(crate) first_bad_seq: u64,
    /// What is wrong.
    pub(crate) why: Damage,
}

impl From<Fault> for LogError {
    fn from(fault: Fault) -> LogError {
        LogError::Damaged {
            segment: segment_name(fault.segment),
            offset: fault.offset,
            first_bad_seq: fault.first_bad_seq,
            why: fault.why,
        }
    }
}

/// What comes next in a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A whole frame.
    Frame(FrameHeader),
    /// Nothing more.
    End,
    /// Something that is not as it was written.
    Fault(Fault),
}

/// A file of which the part last read is kept.
#[derive(Debug)]
pub(crate) struct Window {
    file: File,
    path: std::path::PathBuf,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// Opens a file for reading.
    pub(crate) fn open(path: &Path) -> Result<Window, LogError> {
        let file = File::open(path).map_err(|error| LogError::io(path, &error))?;
        Ok(Window {
            file,
            path: path.to_owned(),
            start: 0,
            bytes: Vec::new(),
        })
    }

    /// The bytes at a place; fewer where the file ends.
    pub(crate) fn get(&mut self, offset: u64, len: usize) -> Result<&[u8], LogError> {
        if self.kept(offset, len).is_none() {
            self.bytes.resize(len.max(READ_AHEAD), 0);
            self.start = offset;
            let read = read_at(&self.file, &mut self.bytes, offset);
            let count = read.map_err(|error| LogError::io(&self.path, &error))?;
            self.bytes.truncate(count);
        }
        let kept = self.kept(offset, len.min(self.bytes.len()));
        Ok(kept.unwrap_or(&[]))
    }

    fn kept(&self, offset: u64, len: usize) -> Option<&[u8]> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(from..from.checked_add(len)?)
    }

    /// Whether only zeros stand from a place to the end of the file.
    fn is_zero_from(&mut self, mut offset: u64) -> Result<bool, LogError> {
        loop {
            let bytes = self.get(offset, READ_AHEAD)?;
            match bytes.len() {
                0 => return Ok(true),
                _ if bytes.iter().any(|byte| *byte != 0) => return Ok(false),
                count => offset += count as u64,
            }
        }
    }
}

/// Goes through the frames of a journal in their order.
#[derive(Debug)]
pub(crate) struct Walker {
    segments: Vec<Segment>,
    /// Which of them is open.
    open: usize,
    window: Window,
    ledger: LedgerId,
    cursor: Cursor,
    /// The walk began behind a frame that is not the last of its batch.
    amid: bool,
    /// The events of the frame before the cursor, if they were read.
    payload: Option<(u64, usize)>,
}

/// Reads the header of a segment. The inner error says what is wrong with it.
pub(crate) fn read_header(window: &mut Window) -> Result<Result<SegmentHeader, Damage>, LogError> {
    let path = window.path.clone();
    let bytes = window.get(0, SEGMENT_HEADER)?;
    let Some(bytes) = bytes.first_chunk::<SEGMENT_HEADER>() else {
        return Ok(Err(Damage::SegmentHeader));
    };
    match SegmentHeader::decode(bytes) {
        Ok(header) if header.first_seq > 0 => Ok(Ok(header)),
        Ok(_) | Err(HeaderFault::Damaged) => Ok(Err(Damage::SegmentHeader)),
        Err(HeaderFault::Newer(found)) => Err(LogError::NewerFormat {
            file: path.file_name().unwrap_or_default().display().to_string(),
            found,
            known: FORMAT,
        }),
    }
}

impl Walker {
    /// A walk from the first event.
    ///
    /// # Errors
    /// `NotALedger` where there is no segment; `Damaged` where the first is missing or not
    /// readable.
    pub(crate) fn from_start(journal: &Path) -> Result<Walker, LogError> {
        Walker::from_segment(journal, 1)
    }

    /// A walk from the beginning of the segment that holds an event, or of the last one.
    pub(crate) fn from_segment(journal: &Path, seq: u64) -> Result<Walker, LogError> {
        let segments = segments(journal)?;
        if segments.is_empty() {
            let ledger = crate::log::durable::parent(journal);
            return Err(LogError::NotALedger {
                path: ledger.display().to_string(),
            });
        }
        let open = segments
            .partition_point(|segment| segment.first <= seq)
            .saturating_sub(1);
        Walker::at_segment(segments, open, seq)
    }

    fn at_segment(segments: Vec<Segment>, open: usize, seq: u64) -> Result<Walker, LogError> {
        let fault = |segment: u64, first_bad_seq: u64, why: Damage| Fault {
            segment,
            offset: 0,
            first_bad_seq,
            why,
        };
        let Some(segment) = segments.get(open) else {
            return Err(LogError::Closed);
        };
        if segment.first > seq.max(1) {
            return Err(fault(segment.first, seq.max(1), Damage::Missing).into());
        }
        let mut window = Window::open(&segment.path)?;
        let header = match read_header(&mut window)? {
            Ok(header) if header.first_seq == segment.first => header,
            Ok(_) => return Err(fault(segment.first, segment.first, Damage::Chain).into()),
            Err(why) => return Err(fault(segment.first, segment.first, why).into()),
        };
        Ok(Walker {
            open,
            window,
            ledger: header.ledger,
            cursor: Cursor::of_segment(&header),
            amid: false,
            payload: None,
            segments,
        })
    }

    /// A walk from a place that was saved; `None` where the journal does not have that place, or
    /// has another frame before it.
    pub(crate) fn from_cursor(
        journal: &Path,
        ledger: LedgerId,
        cursor: &Cursor,
    ) -> Result<Option<Walker>, LogError> {
        let segments = segments(journal)?;
        let open = segments
            .iter()
            .position(|segment| segment.first == cursor.segment);
        let Some(segment) = open.and_then(|open| segments.get(open)) else {
            return Ok(None);
        };
        let mut window = Window::open(&segment.path)?;
        let Some(ended) = is_at(&mut window, ledger, cursor)? else {
            return Ok(None);
        };
        Ok(Some(Walker {
            open: open.unwrap_or_default(),
            window,
            ledger,
            cursor: cursor.clone(),
            amid: !ended,
            payload: None,
            segments,
        }))
    }

    /// The ledger that the journal belongs to.
    pub(crate) fn ledger(&self) -> LedgerId {
        self.ledger
    }

    /// The place behind the last step.
    pub(crate) fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Whether the walk is in the last segment.
    pub(crate) fn in_newest(&self) -> bool {
        self.open + 1 == self.segments.len()
    }

    /// Whether the walk began behind a frame that is not the last of its batch.
    pub(crate) fn is_amid(&self) -> bool {
        self.amid
    }

    /// The file that the walk is in.
    pub(crate) fn window(&mut self) -> &mut Window {
        &mut self.window
    }

    /// The events of the frame that the last step gave, if it was told to read them.
    pub(crate) fn payload(&self) -> &[u8] {
        self.payload
            .and_then(|(offset, len)| self.window.kept(offset, len))
            .unwrap_or_default()
    }

    /// Reads and checks the events of the frame that the last step gave.
    pub(crate) fn read_events(&mut self, frame: &FrameHeader) -> Result<(), LogError> {
        let at = self.cursor.frame + FRAME_HEADER as u64;
        let len = frame.payload_len as usize;
        if !frame.holds(self.window.get(at, len)?) {
            return Err(self.fault_behind(frame.first_seq, Damage::Payload));
        }
        self.payload = Some((at, len));
        Ok(())
    }

    /// An event of the frame that the last step gave does not say its place.
    pub(crate) fn bad_event(&self, seq: u64) -> LogError {
        self.fault_behind(seq, Damage::Event)
    }

    /// The events of the frame that the last step gave do not lead to the root in it.
    pub(crate) fn bad_root(&self, seq: u64) -> LogError {
        self.fault_behind(seq, Damage::Root)
    }

    /// The walk has come to the end too early.
    pub(crate) fn missing(&self) -> LogError {
        Fault {
            segment: self.cursor.segment,
            offset: self.cursor.offset,
            first_bad_seq: self.cursor.seq + 1,
            why: Damage::Missing,
        }
        .into()
    }

    fn fault_behind(&self, seq: u64, why: Damage) -> LogError {
        Fault {
            segment: self.cursor.segment,
            offset: self.cursor.frame,
            first_bad_seq: seq,
            why,
        }
        .into()
    }

    /// Goes over the next frame. With `read_events` its events are read and checked too.
    pub(crate) fn step(&mut self, read_events: bool) -> Result<Step, LogError> {
        self.payload = None;
        loop {
            let offset = self.cursor.offset;
            let bytes = self.window.get(offset, FRAME_HEADER)?;
            let blank = bytes.len() < FRAME_HEADER || bytes.iter().all(|byte| *byte == 0);
            if !blank {
                let header = bytes.first_chunk().and_then(FrameHeader::decode);
                return self.frame(header, read_events);
            }
            if !self.window.is_zero_from(offset)? {
                return Ok(self.fault(Damage::FrameHeader));
            }
            if self.in_newest() {
                return Ok(Step::End);
            }
            if let Some(fault) = self.next_segment()? {
                return Ok(Step::Fault(fault));
            }
        }
    }

    fn frame(&mut self, header: Option<FrameHeader>, read_events: bool) -> Result<Step, LogError> {
        let Some(header) = header else {
            return Ok(self.fault(Damage::FrameHeader));
        };
        if header.ledger != self.ledger {
            return Ok(self.fault(Damage::Foreign));
        }
        if header.first_seq != self.cursor.seq + 1 || header.prev != self.cursor.hash {
            return Ok(self.fault(Damage::Chain));
        }
        if read_events {
            let at = self.cursor.offset + FRAME_HEADER as u64;
            let len = header.payload_len as usize;
            if !header.holds(self.window.get(at, len)?) {
                return Ok(self.fault(Damage::Payload));
            }
            self.payload = Some((at, len));
        }
        self.cursor = self.cursor.after(&header);
        Ok(Step::Frame(header))
    }

    fn fault(&self, why: Damage) -> Step {
        Step::Fault(Fault {
            segment: self.cursor.segment,
            offset: self.cursor.offset,
            first_bad_seq: self.cursor.seq + 1,
            why,
        })
    }

    /// Opens the next segment and checks that it follows.
    fn next_segment(&mut self) -> Result<Option<Fault>, LogError> {
        let Some(segment) = self.segments.get(self.open + 1) else {
            return Ok(None);
        };
        let fault = |why| Fault {
            segment: segment.first,
            offset: 0,
            first_bad_seq: self.cursor.seq + 1,
            why,
        };
        if segment.first > self.cursor.seq + 1 {
            return Ok(Some(fault(Damage::Missing)));
        }
        let mut window = Window::open(&segment.path)?;
        let header = match read_header(&mut window)? {
            Ok(header) => header,
            Err(why) => return Ok(Some(fault(why))),
        };
        if header.ledger != self.ledger {
            return Ok(Some(fault(Damage::Foreign)));
        }
        let start = Cursor::of_segment(&header);
        let follows = start.seq == self.cursor.seq
            && start.segment == segment.first
            && (start.hash, start.root) == (self.cursor.hash, self.cursor.root);
        if !follows {
            return Ok(Some(fault(Damage::Chain)));
        }
        self.window = window;
        self.cursor = start;
        self.open += 1;
        Ok(None)
    }
}

/// Whether the frame (or the segment header) before a saved place is the one that was saved, and
/// then whether a batch ends there.
fn is_at(window: &mut Window, ledger: LedgerId, cursor: &Cursor) -> Result<Option<bool>, LogError> {
    let header = match read_header(window)? {
        Ok(header) if header.ledger == ledger && header.first_seq == cursor.segment => header,
        _ => return Ok(None),
    };
    if cursor.frame == 0 {
        return Ok((Cursor::of_segment(&header) == *cursor).then_some(true));
    }
    let bytes = window.get(cursor.frame, FRAME_HEADER)?;
    let Some(frame) = bytes.first_chunk().and_then(FrameHeader::decode) else {
        return Ok(None);
    };
    let before = Cursor {
        offset: cursor.frame,
        ..cursor.clone()
    };
    if frame.ledger != ledger || before.after(&frame) != *cursor {
        return Ok(None);
    }
    let events = window.get(
        cursor.frame + FRAME_HEADER as u64,
        frame.payload_len as usize,
    )?;
    Ok(frame.holds(events).then_some(frame.end))
}
