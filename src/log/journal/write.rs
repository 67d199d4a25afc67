//! Writing frames and making them durable.

use std::io;
use std::path::{Path, PathBuf};

use super::files::{read_at, segment_name, segments};
use super::layout::{FRAME_HEADER, FrameHeader, SEGMENT_HEADER, SegmentHeader};
use super::survey::{Survey, Tail};
use super::walk::Cursor;
use crate::log::disk::{self, File, write_all_at};
use crate::log::durable;
use crate::log::error::LogError;
use crate::log::event::LedgerId;
use crate::log::merkle::{Hash, empty_root};

/// How many zeros are written ahead at first, and at most, in bytes.
const FILL_FIRST: u64 = 64 << 10;
const FILL_MOST: u64 = 4 << 20;
/// How many bytes are copied at once.
const COPY: usize = 1 << 20;

/// Why a commit failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WriteFault {
    /// There is no space. What was written is gone again; the journal goes on.
    Full,
    /// It is not known what the disk holds. Nothing more may be written.
    Final(String),
}

impl From<WriteFault> for LogError {
    fn from(fault: WriteFault) -> LogError {
        match fault {
            WriteFault::Full => LogError::Full,
            WriteFault::Final(why) => LogError::Poisoned { why },
        }
    }
}

/// What a frame says of the events in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameSpec {
    pub(crate) first_seq: u64,
    pub(crate) batch_first: u64,
    pub(crate) count: u32,
    pub(crate) at_ms: i64,
    pub(crate) root: Hash,
    /// The frame is the last of its batch.
    pub(crate) end: bool,
}

/// The writing end of a journal.
pub(crate) struct JournalWriter {
    journal: PathBuf,
    ledger: LedgerId,
    file: File,
    cursor: Cursor,
    /// Up to where the segment holds frames or zeros.
    filled: u64,
    /// How many zeros the next fill writes.
    fill: u64,
    /// The frame that is being put together: its header's place, then its events.
    frame: Vec<u8>,
    /// Where the batch that is being written began.
    start: Option<Cursor>,
    /// A new segment begins behind the first batch that passes this size in bytes.
    segment_bytes: u64,
}

/// Creates an empty journal; durable when this returns.
pub(crate) fn create(journal: &Path, ledger: LedgerId) -> Result<(), LogError> {
    durable::create_folder(journal).map_err(|error| LogError::io(journal, &error))?;
    let header = SegmentHeader {
        ledger,
        first_seq: 1,
        prev: [0; 32],
        root: empty_root(),
        at_ms: 0,
    };
    let path = journal.join(segment_name(1));
    durable::replace(&path, &header.encode()).map_err(|error| LogError::io(&path, &error))
}

fn open_segment(path: &Path) -> io::Result<(File, u64)> {
    let file = File::options().read(true).write(true).open(path)?;
    let len = file.metadata()?.len();
    Ok((file, len))
}

/// Copies a torn tail aside and cuts it off, both durable; gives the copy's path and length.
pub(crate) fn set_tail_aside(journal: &Path, tail: &Tail) -> Result<(PathBuf, u64), LogError> {
    let path = journal.join(segment_name(tail.segment));
    let aside = free_name(journal, &format!("torn-{}", tail.seq), ".bin");
    let result = copy_tail(&path, tail.offset, &aside).and_then(|len| {
        let (file, _) = open_segment(&path)?;
        file.set_len(tail.offset)?;
        file.sync_all()?;
        Ok(len)
    });
    match result {
        Ok(len) => Ok((aside, len)),
        Err(error) => Err(LogError::io(&path, &error)),
    }
}

/// A name in a folder that is not taken yet.
pub(crate) fn free_name(folder: &Path, stem: &str, ending: &str) -> PathBuf {
    let plain = folder.join(format!("{stem}{ending}"));
    let numbered = (2u32..).map(|number| folder.join(format!("{stem}-{number}{ending}")));
    std::iter::once(plain.clone())
        .chain(numbered)
        .find(|path| !disk::exists(path))
        .unwrap_or(plain)
}

/// Copies what stands from `offset` on, without the zeros behind it.
fn copy_tail(segment: &Path, offset: u64, aside: &Path) -> io::Result<u64> {
    let (from, _) = open_segment(segment)?;
    let to = disk::private().write(true).create_new(true).open(aside)?;
    let mut chunk = vec![0; COPY];
    let (mut copied, mut len) = (0, 0);
    loop {
        let count = read_at(&from, &mut chunk, offset + copied)?;
        let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        write_all_at(&to, bytes, copied)?;
        if let Some(last) = bytes.iter().rposition(|byte| *byte != 0) {
            len = copied + last as u64 + 1;
        }
        copied += count as u64;
    }
    to.set_len(len)?;
    to.sync_all()?;
    durable::sync_folder(durable::parent(aside))?;
    Ok(len)
}

/// Writes the last batch once more, in place, and makes it durable.
///
/// After a failed `fdatasync` the system may show bytes that never reached the disk and that it
/// will not write again. So a batch that nothing but the journal knows is not trusted as read.
pub(crate) fn rewrite_last_batch(journal: &Path, survey: &Survey) -> Result<(), LogError> {
    let Some(start) = survey.last_batch.as_ref() else {
        return Ok(());
    };
    if start.segment != survey.good.segment || start.sealed {
        return Ok(());
    }
    let path = journal.join(segment_name(start.segment));
    let rewrite = || {
        let (file, _) = open_segment(&path)?;
        let mut chunk = vec![0; COPY];
        let mut offset = start.offset;
        while offset < survey.good.offset {
            let wanted = usize::try_from(survey.good.offset - offset).unwrap_or(COPY);
            let part = chunk.get_mut(..wanted.min(COPY)).unwrap_or_default();
            let count = read_at(&file, part, offset)?;
            write_all_at(&file, part.get(..count).unwrap_or_default(), offset)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            offset += count as u64;
        }
        file.sync_all()
    };
    rewrite().map_err(|error: io::Error| LogError::io(&path, &error))
}

impl JournalWriter {
    /// Opens a journal for writing at a place behind which there are only zeros.
    pub(crate) fn open(
        journal: &Path,
        ledger: LedgerId,
        cursor: Cursor,
        segment_bytes: u64,
    ) -> Result<JournalWriter, LogError> {
        let cursor = if cursor.sealed {
            // The newest segment is never sealed; a journal that lost it goes on behind.
            let header = header_behind(ledger, &cursor);
            let path = journal.join(segment_name(header.first_seq));
            durable::replace(&path, &header.encode())
                .map_err(|error| LogError::io(&path, &error))?;
            Cursor::of_segment(&header)
        } else {
            cursor
        };
        let path = journal.join(segment_name(cursor.segment));
        let opened = open_segment(&path).map_err(|error| LogError::io(&path, &error))?;
        let (file, len) = opened;
        Ok(JournalWriter {
            journal: journal.to_owned(),
            ledger,
            file,
            filled: len.max(cursor.offset),
            cursor,
            fill: FILL_FIRST,
            frame: vec![0; FRAME_HEADER],
            start: None,
            segment_bytes,
        })
    }

    /// The place behind the last frame that was put.
    pub(crate) fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Begins a new segment if the last one is full, and says whether it did.
    pub(crate) fn roll_if_full(&mut self) -> Result<bool, WriteFault> {
        let full = self.cursor.offset >= disk::segment_target(self.segment_bytes);
        if full {
            self.roll()?;
        }
        Ok(full)
    }

    /// Begins a batch.
    pub(crate) fn begin(&mut self) -> Result<(), WriteFault> {
        self.clear_frame();
        self.start = Some(self.cursor.clone());
        Ok(())
    }

    /// The events of the next frame, to be added to.
    pub(crate) fn events(&mut self) -> &mut Vec<u8> {
        &mut self.frame
    }

    /// The length of the events of the next frame, in bytes.
    pub(crate) fn events_len(&self) -> usize {
        self.frame.len().saturating_sub(FRAME_HEADER)
    }

    /// Writes the frame with the events that were added. It is not durable yet.
    pub(crate) fn put(&mut self, spec: FrameSpec) -> Result<(), WriteFault> {
        let mut frame = std::mem::take(&mut self.frame);
        let crc = crc32c::crc32c(frame.get(FRAME_HEADER..).unwrap_or_default());
        let put = self.put_whole(spec, &mut frame, crc);
        self.frame = frame;
        put?;
        self.clear_frame();
        Ok(())
    }

    /// Writes a frame that was put together elsewhere: the place of its header, then its events,
    /// whose checksum is known. It is not durable yet.
    pub(crate) fn put_whole(
        &mut self,
        spec: FrameSpec,
        frame: &mut [u8],
        payload_crc: u32,
    ) -> Result<(), WriteFault> {
        let header = FrameHeader {
            end: spec.end,
            ledger: self.ledger,
            first_seq: spec.first_seq,
            batch_first: spec.batch_first,
            count: spec.count,
            payload_len: u32::try_from(frame.len().saturating_sub(FRAME_HEADER))
                .unwrap_or(u32::MAX),
            at_ms: spec.at_ms,
            prev: self.cursor.hash,
            root: spec.root,
            payload_crc,
        };
        let bytes = header.encode();
        if let Some(place) = frame.first_chunk_mut() {
            *place = bytes;
        }
        let written = write_all_at(&self.file, frame, self.cursor.offset);
        written.map_err(|error| write_fault(&error))?;
        self.cursor = self.cursor.after(&header);
        Ok(())
    }

    /// Makes the batch durable. This is the commit point.
    pub(crate) fn commit(&mut self) -> Result<(), WriteFault> {
        if self.cursor.offset > self.filled {
            self.fill_ahead()?;
        }
        // Whatever this error says, what the disk holds is no longer known.
        let synced = self.file.sync_data();
        synced.map_err(|error| WriteFault::Final(error.to_string()))?;
        self.start = None;
        Ok(())
    }

    /// Takes back a batch that did not fit on the disk.
    pub(crate) fn abandon(&mut self) -> Result<(), WriteFault> {
        let Some(start) = self.start.take() else {
            return Ok(());
        };
        let cut = self.file.set_len(start.offset);
        cut.and_then(|()| self.file.sync_all())
            .map_err(|error| WriteFault::Final(error.to_string()))?;
        self.filled = start.offset;
        self.fill = FILL_FIRST;
        self.cursor = start;
        self.clear_frame();
        Ok(())
    }

    /// Writes zeros behind the frames, so that the next commits change no size. A full disk is no
    /// reason to refuse what already has its place.
    fn fill_ahead(&mut self) -> Result<(), WriteFault> {
        let zeros = vec![0; usize::try_from(self.fill).unwrap_or(COPY)];
        match write_all_at(&self.file, &zeros, self.cursor.offset) {
            Ok(()) => {
                self.filled = self.cursor.offset + self.fill;
                self.fill = (self.fill * 2).min(FILL_MOST);
                Ok(())
            }
            Err(error) => match write_fault(&error) {
                WriteFault::Full => {
                    self.filled = self.cursor.offset;
                    Ok(())
                }
                last => Err(last),
            },
        }
    }

    /// Closes the segment and opens the next one. A crash in between leaves a journal that goes on
    /// in the old one.
    fn roll(&mut self) -> Result<(), WriteFault> {
        let header = header_behind(self.ledger, &self.cursor);
        let path = self.journal.join(segment_name(header.first_seq));
        self.file
            .set_len(self.cursor.offset)
            .map_err(|error| write_fault(&error))?;
        self.filled = self.cursor.offset;
        let synced = self.file.sync_all();
        synced.map_err(|error| WriteFault::Final(error.to_string()))?;
        let next = durable::replace(&path, &header.encode()).and_then(|()| open_segment(&path));
        match next {
            Ok((file, len)) => {
                self.file = file;
                self.cursor = Cursor::of_segment(&header);
                self.filled = len.max(SEGMENT_HEADER as u64);
                Ok(())
            }
            // The name is given last, so without space there is no half segment.
            Err(error) => {
                if let (WriteFault::Full, false) = (write_fault(&error), disk::exists(&path)) {
                    return Err(WriteFault::Full);
                }
                Err(WriteFault::Final(error.to_string()))
            }
        }
    }

    fn clear_frame(&mut self) {
        self.frame.clear();
        self.frame.resize(FRAME_HEADER, 0);
    }
}

/// The header of a segment that begins at a place.
fn header_behind(ledger: LedgerId, cursor: &Cursor) -> SegmentHeader {
    SegmentHeader {
        ledger,
        first_seq: cursor.seq + 1,
        prev: cursor.hash,
        root: cursor.root,
        at_ms: cursor.at_ms,
    }
}

/// Sorts what the system says of a write.
fn write_fault(error: &io::Error) -> WriteFault {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => WriteFault::Full,
        _ => WriteFault::Final(error.to_string()),
    }
}

/// Whether a folder holds a journal, without opening it.
pub(crate) fn exists(journal: &Path) -> bool {
    segments(journal).is_ok_and(|segments| !segments.is_empty())
}
