//! Sorted runs: ids and tags of old events in a few large values.
//!
//! A run covers events that stand beside each other in the log. It has two rows of blocks:
//!
//! | key | value |
//! |---|---|
//! | `r`, number of the run, `i`, first entry | entries of 13 bytes, sorted: the last 8 bytes of an id, `seq` in 5 |
//! | `r`, number of the run, `t`, first tag and `seq` | zstd: tag length, tag, how many, the first `seq`, the distance to each next, as varints |
//!
//! The blocks stand in a file (`run_file.rs`), sled has their places. A block begins with format 1
//! and the CRC-32C of the rest. The last 8 bytes of an id are random in both forms of id that a
//! ledger has; a hit is confirmed by the event itself, so ids that agree in them are told apart.
//! Runs of one level are merged when there are [`FAN`] of them.
//!
//! A block of ids has 24 KB: a look-up copies a block, so a larger one makes it slower, and a
//! smaller one makes more keys. A block of tags has 24 KB before it is compressed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::OnceLock;

use sled::IVec;

use super::run_file::Rows;
use super::unreadable_run;
use crate::log::event::Tag;

/// So many runs of one level become one of the next.
pub(super) const FAN: usize = 8;
/// An entry of an id: the last 8 bytes of the id, then 5 of `seq`.
pub(super) const ENTRY: usize = 13;
/// Entries in a block of ids.
const IDS: usize = 1_840;
/// The size of a block of tags in bytes, before it is compressed.
const TAGS: usize = 24 << 10;
/// No block of tags unpacks to more.
const TAGS_MOST: usize = 1 << 20;
const FORMAT: u8 = 1;
const LEVEL: i32 = 1;

/// An entry of an id.
pub(super) type IdEntry = [u8; ENTRY];

/// The last 8 bytes of an id.
pub(crate) fn print_of(id: &uuid::Uuid) -> u64 {
    id.as_u64_pair().1
}

/// The entry of an id at a place.
pub(super) fn entry(print: u64, seq: u64) -> IdEntry {
    let mut entry = [0; ENTRY];
    let (id, place) = entry.split_at_mut(8);
    id.copy_from_slice(&print.to_be_bytes());
    let [_, _, _, seq @ ..] = seq.to_be_bytes();
    place.copy_from_slice(&seq);
    entry
}

/// What an entry says.
pub(super) fn parts(entry: &IdEntry) -> (u64, u64) {
    let [a, b, c, d, e, f, g, h, v, w, x, y, z] = *entry;
    let print = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    (print, u64::from_be_bytes([0, 0, 0, v, w, x, y, z]))
}

/// Which events have a tag, in the order of `seq`; the tag with its length before it.
pub(super) type TagGroup = (Vec<u8>, Vec<u64>);

/// One run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) number: u32,
    pub(super) level: u8,
    /// How many events it covers.
    pub(super) events: u64,
    /// How many bytes its file has.
    pub(super) bytes: u64,
    filter: OnceLock<Filter>,
}

impl Run {
    pub(super) fn new(number: u32, level: u8, events: u64, bytes: u64) -> Run {
        Run {
            number,
            level,
            events,
            bytes,
            filter: OnceLock::new(),
        }
    }

    /// Whether an id can be in the run; `true` where it is not known.
    pub(super) fn may_hold(&self, print: u64) -> bool {
        self.filter
            .get()
            .is_none_or(|filter| filter.may_hold(print))
    }

    /// Reads all ids of the run once, to know of most others that they are not in it.
    pub(super) fn build_filter(&self, rows: Rows<'_>) -> Result<(), String> {
        if self.filter.get().is_none() {
            let mut filter = Filter::new(self.events);
            for value in values(rows, self.number, b'i') {
                entries(&value?)?
                    .iter()
                    .for_each(|entry| filter.add(parts(entry).0));
            }
            drop(self.filter.set(filter));
        }
        Ok(())
    }
}

/// A Bloom filter: 10 bits an id, 4 of them set, 1 % wrong answers.
#[derive(Debug)]
struct Filter(Vec<u64>);

impl Filter {
    fn new(ids: u64) -> Filter {
        let words = usize::try_from(ids * 10 / 64).unwrap_or(1) + 1;
        Filter(vec![0; words])
    }

    fn places(&self, print: u64) -> impl Iterator<Item = (usize, u64)> + use<> {
        let len = self.0.len() as u64;
        let step = print.rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        (0..4u64).map(move |round| {
            let mixed = print
                .wrapping_mul(0xff51_afd7_ed55_8ccd)
                .wrapping_add(step.wrapping_mul(round));
            let word = (u128::from(mixed) * u128::from(len)) >> 64;
            (
                usize::try_from(word).unwrap_or_default(),
                1 << ((mixed >> 3) % 64),
            )
        })
    }

    fn add(&mut self, print: u64) {
        for (word, bit) in self.places(print) {
            if let Some(word) = self.0.get_mut(word) {
                *word |= bit;
            }
        }
    }

    fn may_hold(&self, print: u64) -> bool {
        let mut places = self.places(print);
        places.all(|(word, bit)| self.0.get(word).is_some_and(|word| word & bit != 0))
    }
}

/// What the keys of a row of blocks begin with.
pub(super) fn row_prefix(number: u32, row: u8) -> Vec<u8> {
    let [a, b, c, d] = number.to_be_bytes();
    vec![b'r', a, b, c, d, row]
}

fn key(number: u32, row: u8, first: &[u8]) -> Vec<u8> {
    let mut key = row_prefix(number, row);
    key.extend_from_slice(first);
    key
}

fn values(rows: Rows<'_>, number: u32, row: u8) -> impl Iterator<Item = Result<Vec<u8>, String>> {
    let found = rows.db.scan_prefix(row_prefix(number, row));
    found.values().map(move |value| {
        let place = value.map_err(|error| error.to_string())?;
        rows.read(number, &place)
    })
}

fn close(mut block: Vec<u8>) -> Vec<u8> {
    if let Some((opening, content)) = block.split_first_chunk_mut::<5>() {
        let [a, b, c, d] = crc32c::crc32c(content).to_be_bytes();
        *opening = [FORMAT, a, b, c, d];
    }
    block
}

fn content(value: &[u8]) -> Result<&[u8], String> {
    match value.split_first_chunk::<5>() {
        Some(([FORMAT, crc @ ..], content)) if crc32c::crc32c(content).to_be_bytes() == *crc => {
            Ok(content)
        }
        _ => Err(unreadable_run()),
    }
}

/// The entries of a block of ids.
pub(super) fn entries(value: &[u8]) -> Result<&[IdEntry], String> {
    match content(value)?.as_chunks::<ENTRY>() {
        (entries, []) => Ok(entries),
        _ => Err(unreadable_run()),
    }
}

fn put_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The groups of a block of tags.
pub(super) fn groups(value: &[u8]) -> Result<Vec<TagGroup>, String> {
    let raw = zstd::bulk::decompress(content(value)?, TAGS_MOST).map_err(|_| unreadable_run())?;
    let mut bytes = raw.as_slice();
    let mut groups = Vec::new();
    while let Some(len) = bytes.first() {
        let group = take_group(&mut bytes, usize::from(*len) + 1);
        groups.push(group.ok_or_else(unreadable_run)?);
    }
    Ok(groups)
}

fn take_group(bytes: &mut &[u8], len: usize) -> Option<TagGroup> {
    let (tag, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    let count = take_varint(bytes)?;
    let mut seqs = Vec::new();
    let mut seq = 0u64;
    for _ in 0..count {
        seq = seq.checked_add(take_varint(bytes)?)?;
        seqs.push(seq);
    }
    Some((tag.to_vec(), seqs))
}

/// Takes finished blocks: a key and a value.
pub(super) type Sink<'a> = dyn FnMut(Vec<u8>, Vec<u8>) -> Result<(), String> + 'a;

/// Writes the ids of a run, which come sorted.
pub(super) fn write_ids(
    number: u32,
    ids: impl Iterator<Item = Result<IdEntry, String>>,
    sink: &mut Sink<'_>,
) -> Result<(), String> {
    let mut block: Vec<u8> = Vec::new();
    let mut first = Vec::new();
    for entry in ids {
        let entry = entry?;
        if block.is_empty() {
            first = key(number, b'i', &entry);
            block.resize(5, 0);
        }
        block.extend_from_slice(&entry);
        if block.len() >= IDS * ENTRY {
            sink(
                std::mem::take(&mut first),
                close(std::mem::take(&mut block)),
            )?;
        }
    }
    if !block.is_empty() {
        sink(first, close(block))?;
    }
    Ok(())
}

/// Writes the tags of a run. Groups come sorted by tag; those of one tag by `seq`.
pub(super) fn write_tags(
    number: u32,
    groups: impl Iterator<Item = Result<TagGroup, String>>,
    sink: &mut Sink<'_>,
) -> Result<(), String> {
    let mut writing = TagWriting::new(number, sink);
    let mut join = Joined { groups, next: None };
    while let Some((tag, seqs)) = join.next_group()? {
        writing.put(&tag, &seqs)?;
    }
    writing.finish()
}

/// The tags of a run while they are written.
pub(super) struct TagWriting<'a, 'b> {
    number: u32,
    sink: &'a mut Sink<'b>,
    compressor: Option<zstd::bulk::Compressor<'static>>,
    raw: Vec<u8>,
    first: Vec<u8>,
}

impl<'a, 'b> TagWriting<'a, 'b> {
    pub(super) fn new(number: u32, sink: &'a mut Sink<'b>) -> TagWriting<'a, 'b> {
        TagWriting {
            number,
            sink,
            compressor: None,
            raw: Vec::new(),
            first: Vec::new(),
        }
    }

    /// Writes the next tag, with its length before it, and the `seq` of its events.
    pub(super) fn put(&mut self, tag: &[u8], seqs: &[u64]) -> Result<(), String> {
        /// No group is longer, so that no block is much too large.
        const MOST: usize = 4_096;
        for part in seqs.chunks(MOST) {
            let Some(start) = part.first() else { continue };
            if self.raw.is_empty() {
                self.first = key(self.number, b't', tag);
                self.first.extend_from_slice(&start.to_be_bytes());
            }
            self.raw.extend_from_slice(tag);
            put_varint(part.len() as u64, &mut self.raw);
            let mut last = 0;
            for seq in part {
                put_varint(seq - last, &mut self.raw);
                last = *seq;
            }
            if self.raw.len() >= TAGS {
                self.close_block()?;
            }
        }
        Ok(())
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> Result<(), String> {
        if self.raw.is_empty() {
            return Ok(());
        }
        self.close_block()
    }

    fn close_block(&mut self) -> Result<(), String> {
        let text = |error: std::io::Error| error.to_string();
        let compressor = match &mut self.compressor {
            Some(compressor) => compressor,
            none => none.insert(zstd::bulk::Compressor::new(LEVEL).map_err(text)?),
        };
        let packed = compressor.compress(&self.raw).map_err(text)?;
        self.raw.clear();
        let mut block = vec![0; 5];
        block.extend_from_slice(&packed);
        (self.sink)(std::mem::take(&mut self.first), close(block))
    }
}

/// Groups of which neighbours with the same tag are one.
struct Joined<I> {
    groups: I,
    next: Option<TagGroup>,
}

impl<I: Iterator<Item = Result<TagGroup, String>>> Joined<I> {
    fn next_group(&mut self) -> Result<Option<TagGroup>, String> {
        let Some((tag, mut seqs)) = self
            .next
            .take()
            .map_or_else(|| self.groups.next().transpose(), |group| Ok(Some(group)))?
        else {
            return Ok(None);
        };
        while let Some(group) = self.groups.next().transpose()? {
            if group.0 != tag {
                self.next = Some(group);
                break;
            }
            seqs.extend_from_slice(&group.1);
        }
        Ok(Some((tag, seqs)))
    }
}

/// Merges sorted rows; of equal items the one of the earlier row comes first.
pub(super) struct Merge<T, I> {
    rows: Vec<I>,
    heap: BinaryHeap<Reverse<(T, usize)>>,
    failed: Option<String>,
}

impl<T: Ord, I: Iterator<Item = Result<T, String>>> Merge<T, I> {
    pub(super) fn new(rows: Vec<I>) -> Merge<T, I> {
        let count = rows.len();
        let mut merge = Merge {
            rows,
            heap: BinaryHeap::new(),
            failed: None,
        };
        (0..count).for_each(|row| merge.pull(row));
        merge
    }

    fn pull(&mut self, row: usize) {
        match self.rows.get_mut(row).and_then(Iterator::next) {
            Some(Ok(item)) => self.heap.push(Reverse((item, row))),
            Some(Err(why)) => self.failed = Some(why),
            None => {}
        }
    }
}

impl<T: Ord, I: Iterator<Item = Result<T, String>>> Iterator for Merge<T, I> {
    type Item = Result<T, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(why) = self.failed.take() {
            self.heap.clear();
            return Some(Err(why));
        }
        let Reverse((item, row)) = self.heap.pop()?;
        self.pull(row);
        Some(Ok(item))
    }
}

/// All ids of a run, sorted.
pub(super) fn read_ids(
    rows: Rows<'_>,
    number: u32,
) -> impl Iterator<Item = Result<IdEntry, String>> {
    values(rows, number, b'i').flat_map(|value| {
        match value.and_then(|value| Ok(entries(&value)?.to_vec())) {
            Ok(entries) => entries.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(why) => vec![Err(why)],
        }
    })
}

/// All tags of a run, sorted.
pub(super) fn read_tags(
    rows: Rows<'_>,
    number: u32,
) -> impl Iterator<Item = Result<TagGroup, String>> {
    values(rows, number, b't').flat_map(|value| match value.and_then(|value| groups(&value)) {
        Ok(groups) => groups.into_iter().map(Ok).collect::<Vec<_>>(),
        Err(why) => vec![Err(why)],
    })
}

/// The block of a row whose first entry is the last below a key.
pub(super) fn block_below(
    rows: Rows<'_>,
    number: u32,
    row: u8,
    above: &[u8],
) -> Result<Option<(IVec, Vec<u8>)>, String> {
    let found = rows.db.get_lt(above).map_err(|error| error.to_string())?;
    let found = found.filter(|(key, _)| key.starts_with(&row_prefix(number, row)));
    let read = |(key, place): (IVec, IVec)| Ok((key, rows.read(number, &place)?));
    found.map(read).transpose()
}

/// The places in a run that an id can have.
pub(super) fn find(rows: Rows<'_>, number: u32, print: u64) -> Result<Vec<u64>, String> {
    let mut above = key(number, b'i', &print.to_be_bytes());
    above.extend_from_slice(&[0xff; 6]);
    let mut seqs = Vec::new();
    while let Some((at, value)) = block_below(rows, number, b'i', &above)? {
        let entries = entries(&value)?;
        let from = entries.partition_point(|entry| parts(entry).0 < print);
        let hits = entries.iter().skip(from).map(parts);
        seqs.extend(hits.take_while(|hit| hit.0 == print).map(|hit| hit.1));
        if from > 0 {
            break;
        }
        above = at.to_vec();
    }
    Ok(seqs)
}

/// The places in a run that have a tag, ascending.
pub(super) fn tagged(rows: Rows<'_>, number: u32, tag: &Tag) -> Result<Vec<u64>, String> {
    let mut above = key(number, b't', tag);
    above.extend_from_slice(&[0xff; 9]);
    let mut parts = Vec::new();
    while let Some((at, value)) = block_below(rows, number, b't', &above)? {
        let groups = groups(&value)?;
        let goes_on = groups.first().is_some_and(|group| group.0 >= *tag);
        let mut seqs = Vec::new();
        for group in groups.into_iter().filter(|group| group.0 == *tag) {
            seqs.extend(group.1);
        }
        parts.push(seqs);
        if !goes_on {
            break;
        }
        above = at.to_vec();
    }
    parts.reverse();
    Ok(parts.concat())
}
