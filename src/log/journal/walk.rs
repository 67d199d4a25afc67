//! Walking through a journal frame by frame, checking each against the one before it.

use std::path::Path;
use std::sync::Arc;

use super::files::{Segment, read_at, sealed_name, segment_name, segments};
use super::layout::{
    FORMAT, FRAME_HEADER, FrameHeader, HeaderFault, SEGMENT_HEADER, SegmentHeader,
};
use super::sealed::{SEALED_FORMAT, Sealed, Unpacking};
use crate::log::disk::{self, File};
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
    /// The segment is sealed: what stands here of frames is said of chunks.
    pub(crate) sealed: bool,
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
            sealed: false,
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
            sealed: self.sealed,
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
    /// The segment is sealed.
    pub(crate) sealed: bool,
}

impl From<Fault> for LogError {
    fn from(fault: Fault) -> LogError {
        LogError::Damaged {
            segment: if fault.sealed {
                sealed_name(fault.segment)
            } else {
                segment_name(fault.segment)
            },
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
    file: Arc<File>,
    path: Arc<Path>,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// Opens a file for reading.
    pub(crate) fn open(path: &Path) -> Result<Window, LogError> {
        let file = File::open(path).map_err(|error| LogError::io(path, &error))?;
        Ok(Window {
            file: Arc::new(file),
            path: path.into(),
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

/// The content of a segment.
#[derive(Debug)]
enum Content {
    /// Frames.
    Frames(Window),
    /// Chunks that are taken for frames.
    Sealed(Box<Sealed>),
}

impl Content {
    /// Opens a segment. Frames that are gone have become a sealed segment. The inner error says
    /// what is wrong with its header.
    fn open(segment: &Segment) -> Result<Result<(Content, SegmentHeader), Damage>, LogError> {
        if !segment.sealed {
            match Window::open(&segment.path) {
                Ok(mut window) => {
                    let header = read_header(&mut window)?;
                    return Ok(header.map(|header| (Content::Frames(window), header)));
                }
                Err(error) if disk::exists(&segment.path) => return Err(error),
                Err(error) => {
                    let sealed = segment.path.with_file_name(sealed_name(segment.first));
                    if !disk::exists(&sealed) {
                        return Err(error);
                    }
                    return Content::open_sealed(&sealed);
                }
            }
        }
        Content::open_sealed(&segment.path)
    }

    fn open_sealed(path: &Path) -> Result<Result<(Content, SegmentHeader), Damage>, LogError> {
        match Sealed::open(path)? {
            Ok(sealed) => {
                let header = sealed.manifest.header;
                Ok(Ok((Content::Sealed(Box::new(sealed)), header)))
            }
            Err(HeaderFault::Damaged) => Ok(Err(Damage::SegmentHeader)),
            Err(HeaderFault::Newer(found)) => Err(LogError::NewerFormat {
                file: path.file_name().unwrap_or_default().display().to_string(),
                found,
                known: SEALED_FORMAT,
            }),
        }
    }

    fn start(&self, header: &SegmentHeader) -> Cursor {
        match self {
            Content::Frames(_) => Cursor::of_segment(header),
            Content::Sealed(sealed) => sealed.start(),
        }
    }
}

/// Where the events of a frame or a chunk stand, to be read in any thread.
pub(crate) struct Part {
    pub(crate) frame: FrameHeader,
    /// The place behind it.
    pub(crate) behind: Cursor,
    file: Arc<File>,
    path: Arc<Path>,
    /// Where its bytes begin, and how many there are.
    at: u64,
    len: usize,
}

impl Part {
    /// Reads the events and checks that they are as they were written. Of a chunk the packed bytes
    /// are kept too.
    pub(crate) fn read<'a>(&self, unpacking: &'a mut Unpacking) -> Result<&'a [u8], LogError> {
        let Unpacking { packed, events, .. } = unpacking;
        let sealed = self.behind.sealed;
        let into = if sealed { packed } else { events };
        into.resize(self.len, 0);
        let read = read_at(&self.file, into, self.at);
        let count = read.map_err(|error| LogError::io(&self.path, &error))?;
        into.truncate(count);
        // zstd says no more than that it cannot; what it is, the place tells.
        let unpacked = !sealed || unpacking.unpack(self.frame.payload_len as usize).is_ok();
        if unpacked && self.frame.holds(&unpacking.events) {
            return Ok(&unpacking.events);
        }
        Err(self.fault(self.frame.first_seq, Damage::Payload))
    }

    /// An event does not say its place.
    pub(crate) fn bad_event(&self, seq: u64) -> LogError {
        self.fault(seq, Damage::Event)
    }

    fn fault(&self, seq: u64, why: Damage) -> LogError {
        fault_behind(&self.behind, seq, why)
    }
}

/// A fault in the frame before a place.
pub(super) fn fault_behind(cursor: &Cursor, seq: u64, why: Damage) -> LogError {
    Fault {
        segment: cursor.segment,
        offset: cursor.frame,
        first_bad_seq: seq,
        why,
        sealed: cursor.sealed,
    }
    .into()
}

/// Goes through the frames of a journal in their order.
#[derive(Debug)]
pub(crate) struct Walker {
    segments: Vec<Segment>,
    /// Which of them is open.
    open: usize,
    content: Content,
    header: SegmentHeader,
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

    /// A walk over one segment alone.
    pub(crate) fn of_segment(segment: &Segment) -> Result<Walker, LogError> {
        Walker::at_segment(vec![segment.clone()], 0, segment.first)
    }

    fn at_segment(segments: Vec<Segment>, open: usize, seq: u64) -> Result<Walker, LogError> {
        let Some(segment) = segments.get(open) else {
            return Err(LogError::Closed);
        };
        let fault = |first_bad_seq: u64, why: Damage| Fault {
            segment: segment.first,
            offset: 0,
            first_bad_seq,
            why,
            sealed: segment.sealed,
        };
        if segment.first > seq.max(1) {
            return Err(fault(seq.max(1), Damage::Missing).into());
        }
        let (content, header) = match Content::open(segment)? {
            Ok((content, header)) if header.first_seq == segment.first => (content, header),
            Ok(_) => return Err(fault(segment.first, Damage::Chain).into()),
            Err(why) => return Err(fault(segment.first, why).into()),
        };
        Ok(Walker {
            open,
            cursor: content.start(&header),
            content,
            header,
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
        let Some((open, segment)) = open.and_then(|open| Some((open, segments.get(open)?))) else {
            return Ok(None);
        };
        let Ok((mut content, header)) = Content::open(segment)? else {
            return Ok(None);
        };
        if header.ledger != ledger || header.first_seq != cursor.segment {
            return Ok(None);
        }
        let place = match &mut content {
            Content::Frames(window) => is_at(window, &header, cursor)?.map(|ended| {
                let cursor = Cursor {
                    sealed: false,
                    ..cursor.clone()
                };
                (cursor, ended)
            }),
            // A sealed segment has whole batches, and its chunks are taken for batches.
            Content::Sealed(sealed) => sealed.place(cursor).map(|cursor| (cursor, true)),
        };
        Ok(place.map(|(cursor, ended)| Walker {
            open,
            content,
            header,
            cursor,
            amid: !ended,
            payload: None,
            segments,
        }))
    }

    /// The ledger that the journal belongs to.
    pub(crate) fn ledger(&self) -> LedgerId {
        self.header.ledger
    }

    /// The header of the segment that the walk is in.
    pub(crate) fn header(&self) -> SegmentHeader {
        self.header
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

    /// The file that the walk is in, if it holds frames.
    pub(crate) fn window(&mut self) -> Option<&mut Window> {
        match &mut self.content {
            Content::Frames(window) => Some(window),
            Content::Sealed(_) => None,
        }
    }

    /// The events of the frame that the last step gave, if it was told to read them.
    pub(crate) fn payload(&self) -> &[u8] {
        let Some((offset, len)) = self.payload else {
            return &[];
        };
        match &self.content {
            Content::Frames(window) => window.kept(offset, len).unwrap_or_default(),
            Content::Sealed(sealed) => sealed.events(),
        }
    }

    /// Reads and checks the events of the frame that the last step gave.
    pub(crate) fn read_events(&mut self, frame: &FrameHeader) -> Result<(), LogError> {
        if self.load(frame, self.cursor.frame)? {
            Ok(())
        } else {
            Err(self.fault_behind(frame.first_seq, Damage::Payload))
        }
    }

    /// Reads the events of a frame; `false` where they are not as they were written.
    fn load(&mut self, frame: &FrameHeader, offset: u64) -> Result<bool, LogError> {
        let at = offset + FRAME_HEADER as u64;
        let len = frame.payload_len as usize;
        let holds = match &mut self.content {
            Content::Frames(window) => frame.holds(window.get(at, len)?),
            Content::Sealed(sealed) => match sealed.chunk_at(frame.first_seq).cloned() {
                Some(chunk) => sealed.read(&chunk)?,
                None => false,
            },
        };
        self.payload = holds.then_some((at, len));
        Ok(holds)
    }

    /// An event of the frame that the last step gave does not say its place.
    pub(crate) fn bad_event(&self, seq: u64) -> LogError {
        self.fault_behind(seq, Damage::Event)
    }

    /// The walk has come to the end too early.
    pub(crate) fn missing(&self) -> LogError {
        Fault {
            segment: self.cursor.segment,
            offset: self.cursor.offset,
            first_bad_seq: self.cursor.seq + 1,
            why: Damage::Missing,
            sealed: self.cursor.sealed,
        }
        .into()
    }

    fn fault_behind(&self, seq: u64, why: Damage) -> LogError {
        fault_behind(&self.cursor, seq, why)
    }

    /// Goes over the next frame, and says where its events stand.
    pub(crate) fn next_part(&mut self) -> Result<Part, LogError> {
        let frame = match self.step(false)? {
            Step::Frame(frame) => frame,
            Step::End => return Err(self.missing()),
            Step::Fault(fault) => return Err(fault.into()),
        };
        let behind = self.cursor.clone();
        let (file, path, at, len) = match &self.content {
            Content::Frames(window) => {
                let at = behind.frame + FRAME_HEADER as u64;
                (&window.file, &window.path, at, u64::from(frame.payload_len))
            }
            Content::Sealed(sealed) => {
                let len = behind.offset - behind.frame;
                (&sealed.file, &sealed.path, behind.frame, len)
            }
        };
        Ok(Part {
            frame,
            file: file.clone(),
            path: path.clone(),
            at,
            len: usize::try_from(len).unwrap_or(usize::MAX),
            behind,
        })
    }

    /// Goes over the next frame. With `read_events` its events are read and checked too.
    pub(crate) fn step(&mut self, read_events: bool) -> Result<Step, LogError> {
        self.payload = None;
        loop {
            let offset = self.cursor.offset;
            match &mut self.content {
                Content::Frames(window) => {
                    let bytes = window.get(offset, FRAME_HEADER)?;
                    let blank = bytes.len() < FRAME_HEADER || bytes.iter().all(|byte| *byte == 0);
                    if !blank {
                        let header = bytes.first_chunk().and_then(FrameHeader::decode);
                        return self.frame(header, read_events);
                    }
                    if !window.is_zero_from(offset)? {
                        return Ok(self.fault(Damage::FrameHeader));
                    }
                }
                Content::Sealed(sealed) => {
                    if let Some(chunk) = sealed.chunk_at(self.cursor.seq + 1) {
                        let frame = sealed.frame(chunk, self.cursor.hash);
                        let behind = sealed.behind(chunk);
                        return self.chunk(frame, behind, read_events);
                    }
                }
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
        if header.ledger != self.header.ledger {
            return Ok(self.fault(Damage::Foreign));
        }
        if header.first_seq != self.cursor.seq + 1 || header.prev != self.cursor.hash {
            return Ok(self.fault(Damage::Chain));
        }
        if read_events && !self.load(&header, self.cursor.offset)? {
            return Ok(self.fault(Damage::Payload));
        }
        self.cursor = self.cursor.after(&header);
        Ok(Step::Frame(header))
    }

    fn chunk(
        &mut self,
        frame: FrameHeader,
        behind: Cursor,
        read_events: bool,
    ) -> Result<Step, LogError> {
        if read_events && !self.load(&frame, self.cursor.offset)? {
            return Ok(self.fault(Damage::Payload));
        }
        self.cursor = behind;
        Ok(Step::Frame(frame))
    }

    fn fault(&self, why: Damage) -> Step {
        Step::Fault(Fault {
            segment: self.cursor.segment,
            offset: self.cursor.offset,
            first_bad_seq: self.cursor.seq + 1,
            why,
            sealed: self.cursor.sealed,
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
            sealed: segment.sealed,
        };
        if segment.first > self.cursor.seq + 1 {
            return Ok(Some(fault(Damage::Missing)));
        }
        let (content, header) = match Content::open(segment)? {
            Ok(opened) => opened,
            Err(why) => return Ok(Some(fault(why))),
        };
        if header.ledger != self.header.ledger {
            return Ok(Some(fault(Damage::Foreign)));
        }
        let start = content.start(&header);
        let follows = start.seq == self.cursor.seq
            && start.segment == segment.first
            && (start.hash, start.root) == (self.cursor.hash, self.cursor.root);
        if !follows {
            return Ok(Some(fault(Damage::Chain)));
        }
        (self.content, self.header, self.cursor) = (content, header, start);
        self.open += 1;
        Ok(None)
    }
}

/// Whether the frame (or the segment header) before a saved place is the one that was saved, and
/// then whether a batch ends there.
fn is_at(
    window: &mut Window,
    header: &SegmentHeader,
    cursor: &Cursor,
) -> Result<Option<bool>, LogError> {
    let cursor = Cursor {
        sealed: false,
        ..cursor.clone()
    };
    if cursor.frame == 0 {
        return Ok((Cursor::of_segment(header) == cursor).then_some(true));
    }
    let bytes = window.get(cursor.frame, FRAME_HEADER)?;
    let Some(frame) = bytes.first_chunk().and_then(FrameHeader::decode) else {
        return Ok(None);
    };
    let before = Cursor {
        offset: cursor.frame,
        ..cursor.clone()
    };
    if frame.ledger != header.ledger || before.after(&frame) != cursor {
        return Ok(None);
    }
    let events = window.get(
        cursor.frame + FRAME_HEADER as u64,
        frame.payload_len as usize,
    )?;
    Ok(frame.holds(events).then_some(frame.end))
}
