//! How far a journal is whole, and whether what follows is a torn tail or damage.

use super::files::{sealed_name, segment_name};
use super::layout::{FRAME_HEADER, FRAME_MAGIC, FrameHeader};
use super::walk::{Cursor, Fault, Step, Walker, Window};
use crate::log::checkpoint::Checkpoint;
use crate::log::error::{Damage, LogError};
use crate::log::event::LedgerId;

/// How many bytes are searched at once.
const SEARCH: usize = 1 << 20;

/// What was found on a walk to the end of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Survey {
    /// The place behind the last complete batch.
    pub(crate) good: Cursor,
    /// Where the last complete batch begins; `None` if none was walked over.
    pub(crate) last_batch: Option<Cursor>,
    /// What stopped the walk, if not the end.
    pub(crate) fault: Option<Fault>,
    /// The fault can be a write that never became durable.
    tearable: bool,
}

/// A batch that was being written when the machine stopped; nobody was told that it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tail {
    /// The first event that it would have held.
    pub(crate) seq: u64,
    /// The first `seq` of the segment.
    pub(crate) segment: u64,
    /// Where it begins in the segment.
    pub(crate) offset: u64,
}

/// Walks to the end and checks every frame on the way. A checkpoint whose size is passed must have
/// the root that the journal has there.
pub(crate) fn survey(
    mut walker: Walker,
    checkpoint: Option<&Checkpoint>,
) -> Result<Survey, LogError> {
    let mut found = Survey {
        good: walker.cursor().clone(),
        last_batch: None,
        fault: differs(walker.cursor(), checkpoint),
        tearable: false,
    };
    // Where the batch that is being walked over begins, and the first event that its frames name.
    let mut start = found.good.clone();
    let mut batch_first = start.seq + 1;
    // An index that was cut short can stand amid a batch. It knows only what had been made durable,
    // so the rest of that batch must be there.
    let mut amid = walker.is_amid();
    let mut open = amid;
    while found.fault.is_none() {
        let before = walker.cursor().clone();
        match walker.step(true)? {
            Step::End if open => {
                found.good = start.clone();
                found.fault = Some(unfinished(&start));
            }
            Step::End => {
                found.good = walker.cursor().clone();
                break;
            }
            Step::Fault(fault) => {
                // The walk may have come into a new segment since the last batch.
                found.good = if open {
                    start.clone()
                } else {
                    walker.cursor().clone()
                };
                found.fault = Some(fault);
            }
            Step::Frame(frame) => {
                if !open {
                    start = begin(&before, walker.cursor());
                    batch_first = start.seq + 1;
                } else if amid && before == start {
                    batch_first = frame.batch_first.min(start.seq);
                }
                let same = start.segment == walker.cursor().segment;
                found.fault = if frame.batch_first == batch_first && same {
                    differs(walker.cursor(), checkpoint)
                } else if open {
                    Some(unfinished(&start))
                } else {
                    Some(fault_at(&before, Damage::Chain))
                };
                open = !frame.end;
                amid &= open;
                if frame.end && found.fault.is_none() {
                    found.good = walker.cursor().clone();
                    found.last_batch = Some(start.clone());
                }
            }
        }
    }
    found.tearable = match found.fault {
        Some(fault) if !amid => can_be_torn(&mut walker, &found.good, fault)?,
        _ => false,
    };
    Ok(found)
}

/// The place where a frame began: behind the one before it, or at the top of a new segment.
fn begin(before: &Cursor, after: &Cursor) -> Cursor {
    if before.segment == after.segment {
        before.clone()
    } else {
        Cursor {
            segment: after.segment,
            frame: 0,
            offset: after.frame,
            sealed: after.sealed,
            ..before.clone()
        }
    }
}

fn fault_at(cursor: &Cursor, why: Damage) -> Fault {
    Fault {
        segment: cursor.segment,
        offset: cursor.offset,
        first_bad_seq: cursor.seq + 1,
        why,
        sealed: cursor.sealed,
    }
}

fn unfinished(start: &Cursor) -> Fault {
    fault_at(start, Damage::Unfinished)
}

fn differs(cursor: &Cursor, checkpoint: Option<&Checkpoint>) -> Option<Fault> {
    let checkpoint = checkpoint?;
    let other = cursor.seq == checkpoint.size && cursor.root != checkpoint.root;
    // The first event is the first that can be other; which one is, nobody can tell from here.
    other.then(|| Fault {
        first_bad_seq: 1,
        ..fault_at(
            cursor,
            Damage::CheckpointDiffers {
                size: checkpoint.size,
            },
        )
    })
}

/// A fault is a torn tail only in the newest segment, and only where no later batch follows: a
/// batch is written after the one before it had been made durable.
fn can_be_torn(walker: &mut Walker, good: &Cursor, fault: Fault) -> Result<bool, LogError> {
    let kind = matches!(
        fault.why,
        Damage::FrameHeader | Damage::Payload | Damage::Unfinished
    );
    if !kind || !walker.in_newest() {
        return Ok(false);
    }
    let ledger = walker.ledger();
    // A sealed segment was made of batches that are durable: nothing of it can be torn.
    let Some(window) = walker.window() else {
        return Ok(false);
    };
    let later = has_later_batch(window, ledger, fault.offset, good.seq + 1)?;
    Ok(!later)
}

/// Looks for a whole frame of a batch that begins after `seq`.
fn has_later_batch(
    window: &mut Window,
    ledger: LedgerId,
    mut offset: u64,
    seq: u64,
) -> Result<bool, LogError> {
    loop {
        let bytes = window.get(offset, SEARCH)?;
        let magic = bytes
            .windows(FRAME_MAGIC.len())
            .position(|four| four == FRAME_MAGIC);
        match magic {
            Some(at) => {
                offset += at as u64;
                if is_later_frame(window, ledger, offset, seq)? {
                    return Ok(true);
                }
                offset += 1;
            }
            None if bytes.len() < FRAME_MAGIC.len() => return Ok(false),
            None => offset += (bytes.len() - (FRAME_MAGIC.len() - 1)) as u64,
        }
    }
}

fn is_later_frame(
    window: &mut Window,
    ledger: LedgerId,
    offset: u64,
    seq: u64,
) -> Result<bool, LogError> {
    let header = window.get(offset, FRAME_HEADER)?;
    let Some(frame) = header.first_chunk().and_then(FrameHeader::decode) else {
        return Ok(false);
    };
    if frame.ledger != ledger || frame.batch_first <= seq {
        return Ok(false);
    }
    let events = window.get(offset + FRAME_HEADER as u64, frame.payload_len as usize)?;
    Ok(frame.holds(events))
}

impl Survey {
    /// What follows from the walk and from what others know of the log: the index's last event
    /// and the checkpoint. `Some` is a torn tail, to be set aside.
    ///
    /// # Errors
    /// `Damaged` where events are lost that had been acknowledged.
    pub(crate) fn judge(
        &self,
        index: Option<u64>,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Option<Tail>, LogError> {
        let seq = self.good.seq;
        let index_beyond = index.filter(|index| *index > seq);
        let beyond = checkpoint
            .map(|checkpoint| checkpoint.size)
            .filter(|size| *size > seq);
        match self.fault {
            Some(fault) if !self.tearable || index_beyond.is_some() || beyond.is_some() => {
                return Err(fault.into());
            }
            Some(_) => return Ok(Some(self.tail())),
            None => {}
        }
        let why = match (index_beyond, beyond) {
            (Some(seq), _) => Damage::IndexBeyond { seq },
            (None, Some(size)) => Damage::CheckpointBeyond { size },
            (None, None) => return Ok(None),
        };
        Err(LogError::Damaged {
            segment: if self.good.sealed {
                sealed_name(self.good.segment)
            } else {
                segment_name(self.good.segment)
            },
            offset: self.good.offset,
            first_bad_seq: seq + 1,
            why,
        })
    }

    fn tail(&self) -> Tail {
        Tail {
            seq: self.good.seq + 1,
            segment: self.good.segment,
            offset: self.good.offset,
        }
    }
}
