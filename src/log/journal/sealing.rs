//! Making a sealed segment out of a segment of frames.
//!
//! 1. The frames are walked over and checked, from the segment's header to the header of the next
//!    segment; their events go, compressed, into a file of another name.
//! 2. The file is made durable, read back and compared with the frames, event by event.
//! 3. It gets its name, and the folder is made durable.
//! 4. [`drop_frames`], called when nothing needs the places in the frames any more, removes them.
//!
//! A crash at any place leaves the frames, or a sealed segment that was compared with them, or
//! both; where both are there the frames count, and sealing is simply done again.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::files::{Segment, sealed_name, segment_name, segments};
use super::layout::{FrameHeader, SegmentHeader};
use super::sealed::{Chunk, Manifest, Sealed};
use super::walk::{Step, Walker};
use crate::log::disk::{self, File};
use crate::log::durable;
use crate::log::error::LogError;

/// Frames go into one chunk until their events have this many bytes, so that a chunk is a frame of
/// a batch or several small ones, 48 to 112 KiB. To read one event is to unpack its chunk. Of
/// generated events 128 KiB took 88.1 bytes an event, 64 KiB 90.4, 32 KiB 95.2, 16 KiB 104.7.
const CHUNK_TARGET: usize = 48 << 10;
/// Sealing runs beside the writer. Ids and digests of random bits hardly pack: level 1 made a
/// million generated events no larger than level 3, and level 9 a tenth smaller for ten times the
/// work.
const LEVEL: i32 = 1;

/// The segments of frames that can be sealed: all but the newest.
pub(crate) fn unsealed(journal: &Path) -> Result<Vec<u64>, LogError> {
    let mut segments = segments(journal)?;
    segments.pop();
    let frames = segments.iter().filter(|segment| !segment.sealed);
    Ok(frames.map(|segment| segment.first).collect())
}

/// Writes the sealed copy of a segment beside its frames; durable and compared when this returns.
pub(crate) fn write_copy(journal: &Path, first: u64) -> Result<(), LogError> {
    let all = segments(journal)?;
    let place = all.iter().position(|segment| segment.first == first);
    let place = place.ok_or(LogError::Closed)?;
    let (Some(segment), Some(next)) = (all.get(place), all.get(place + 1)) else {
        return Err(LogError::Closed);
    };
    let temporary = journal.join(format!("{}.tmp", sealed_name(first)));
    let io = |error: &io::Error| LogError::io(&temporary, error);
    let written = Sealing::new(&temporary)
        .map_err(|error| io(&error))?
        .write(segment)
        .and_then(|manifest| follows(&manifest, next))
        .and_then(|()| compare(segment, &temporary));
    if let Err(error) = written {
        // The copy is of no use; the frames are there.
        drop(disk::remove_file(&temporary));
        return Err(error);
    }
    disk::rename(&temporary, journal.join(sealed_name(first)))
        .and_then(|()| durable::sync_folder(journal))
        .map_err(|error| io(&error))
}

/// Removes the frames of a segment whose sealed copy is durable.
pub(crate) fn drop_frames(journal: &Path, first: u64) -> Result<(), LogError> {
    let frames = journal.join(segment_name(first));
    let sealed = journal.join(sealed_name(first));
    File::open(&sealed).map_err(|error| LogError::io(&sealed, &error))?;
    disk::remove_file(&frames)
        .and_then(|()| durable::sync_folder(journal))
        .map_err(|error| LogError::io(&frames, &error))
}

/// A sealed segment in the making.
struct Sealing {
    file: File,
    path: PathBuf,
    compressor: zstd::bulk::Compressor<'static>,
    events: Vec<u8>,
    count: u32,
    chunks: Vec<Chunk>,
    offset: u64,
}

impl Sealing {
    fn new(path: &Path) -> io::Result<Sealing> {
        let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
        // `zstd --test` then finds a flipped byte without this program.
        compressor.include_checksum(true)?;
        let file = disk::private()
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)?;
        Ok(Sealing {
            file,
            path: path.to_owned(),
            compressor,
            events: Vec::with_capacity(2 * CHUNK_TARGET),
            count: 0,
            chunks: Vec::new(),
            offset: 0,
        })
    }

    fn write(mut self, segment: &Segment) -> Result<Manifest, LogError> {
        let mut walker = Walker::of_segment(segment)?;
        let header = walker.header();
        let mut last: Option<FrameHeader> = None;
        loop {
            let frame = match walker.step(true)? {
                Step::Frame(frame) => frame,
                Step::Fault(fault) => return Err(fault.into()),
                Step::End => break,
            };
            self.events.extend_from_slice(walker.payload());
            self.count += frame.count;
            if self.events.len() >= CHUNK_TARGET {
                self.close_chunk(&frame)?;
            }
            last = Some(frame);
        }
        let whole = last.filter(|frame| frame.end);
        let last = whole.ok_or_else(|| walker.missing())?;
        self.close_chunk(&last)?;
        let manifest = Manifest {
            header,
            last_hash: walker.cursor().hash,
            chunks: std::mem::take(&mut self.chunks),
        };
        let closed = self.file.write_all(&manifest.encode());
        closed
            .and_then(|()| self.file.sync_all())
            .map_err(|error| LogError::io(&self.path, &error))?;
        Ok(manifest)
    }

    fn close_chunk(&mut self, last: &FrameHeader) -> Result<(), LogError> {
        if self.events.is_empty() {
            return Ok(());
        }
        let packed = self.compressor.compress(&self.events).and_then(|packed| {
            self.file.write_all(&packed)?;
            Ok(packed.len())
        });
        let packed_len = packed.map_err(|error| LogError::io(&self.path, &error))?;
        let number = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        self.chunks.push(Chunk {
            first_seq: last.last_seq() + 1 - u64::from(self.count),
            count: self.count,
            raw_len: number(self.events.len()),
            offset: self.offset,
            packed_len: number(packed_len),
            crc: crc32c::crc32c(&self.events),
            at_ms: last.at_ms,
            root: last.root,
        });
        self.offset += packed_len as u64;
        self.events.clear();
        self.count = 0;
        Ok(())
    }
}

/// The next segment names the last frame and the root of this one.
fn follows(manifest: &Manifest, next: &Segment) -> Result<(), LogError> {
    let walker = Walker::of_segment(next)?;
    let header: SegmentHeader = walker.header();
    let last = manifest.chunks.last();
    let same = last.is_some_and(|last| {
        let seq = last.first_seq + u64::from(last.count);
        (header.first_seq, header.root) == (seq, last.root)
    });
    if same && header.prev == manifest.last_hash {
        Ok(())
    } else {
        Err(walker.missing())
    }
}

/// Reads a sealed copy back and compares it with the frames it was made from.
fn compare(segment: &Segment, copy: &Path) -> Result<(), LogError> {
    let mut walker = Walker::of_segment(segment)?;
    let Ok(mut sealed) = Sealed::open(copy)? else {
        return Err(walker.missing());
    };
    for chunk in sealed.manifest.chunks.clone() {
        if !sealed.read(&chunk)? {
            return Err(walker.missing());
        }
        let mut rest = sealed.events();
        while !rest.is_empty() {
            let Step::Frame(_) = walker.step(true)? else {
                return Err(walker.missing());
            };
            let Some(more) = rest.strip_prefix(walker.payload()) else {
                return Err(walker.missing());
            };
            rest = more;
        }
    }
    match walker.step(true)? {
        Step::End => Ok(()),
        _ => Err(walker.missing()),
    }
}
