//! An index that is built from the beginning takes chunks of sealed segments as they are packed.
//!
//! The zstd frames of a few chunks, one behind the other, are the content of a packed block: it
//! unpacks to the same events, and nothing is compressed a second time. It stands in a file of its
//! own with a root and a checksum of its own, so that it is read whatever becomes of the journal.
//! Such blocks begin and end where the chunks do.
//!
//! Ids and tags are kept until there are [`RUN`] events of them, and become one run: written at
//! once, where appends write runs of [`super::Sizes::waiting_most`] events and merge them.

use std::collections::HashMap;
use std::thread;

use uuid::Uuid;

use super::block::{self, Whole};
use super::run::{self, IdEntry, Sink};
use super::{Blocks, Index, LIST_KEY, META_KEY, Meta, Run, block_key};
use crate::log::tag_list::TagList;

/// So many events make a run.
const RUN: usize = 2 << 20;
/// The level of such a run, as if smaller ones had been merged.
const LEVEL: u8 = 2;

/// What waits for a run.
#[derive(Default)]
pub(super) struct Anew {
    /// The last 8 bytes of each id, and `seq`: in this order they sort as their entries do.
    ids: Vec<u128>,
    tags: Tags,
    /// Where blocks stand that sled was not told of.
    places: Vec<(u64, [u8; 13])>,
    last: u64,
}

/// Which events have which tags.
#[derive(Default)]
struct Tags {
    /// Each tag with its length before it, and its number.
    numbers: HashMap<Box<[u8]>, u32>,
    /// The number of a tag, and how far behind the first event of the run one stands that has it.
    places: Vec<(u32, u32)>,
    key: Vec<u8>,
}

impl Tags {
    fn add(&mut self, tag: &[u8], place: u32) {
        let Ok(len) = u8::try_from(tag.len()) else {
            return;
        };
        self.key.clear();
        self.key.push(len);
        self.key.extend_from_slice(tag);
        let number = match self.numbers.get(self.key.as_slice()) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
                self.numbers.insert(self.key.as_slice().into(), number);
                number
            }
        };
        self.places.push((number, place));
    }

    /// Writes the tags of a run whose events begin behind `before`.
    fn write(self, number: u32, before: u64, sink: &mut Sink<'_>) -> Result<(), String> {
        let mut names: Vec<(&[u8], u32)> = Vec::with_capacity(self.numbers.len());
        names.extend(self.numbers.iter().map(|(name, number)| (&**name, *number)));
        names.sort_unstable();
        // Where the places of each tag begin among those of all, in the order of their names.
        let mut counts = vec![0u32; names.len()];
        for (tag, _) in &self.places {
            if let Some(count) = counts.get_mut(*tag as usize) {
                *count += 1;
            }
        }
        let mut ends = vec![0; names.len()];
        let mut begin = 0;
        for (_, tag) in &names {
            if let (Some(end), Some(count)) =
                (ends.get_mut(*tag as usize), counts.get(*tag as usize))
            {
                *end = begin;
                begin += *count as usize;
            }
        }
        let mut sorted = vec![0u32; self.places.len()];
        for (tag, place) in &self.places {
            if let Some(end) = ends.get_mut(*tag as usize) {
                if let Some(into) = sorted.get_mut(*end) {
                    *into = *place;
                }
                *end += 1;
            }
        }
        let mut writing = run::TagWriting::new(number, sink);
        let mut seqs: Vec<u64> = Vec::new();
        let mut begin = 0;
        for (name, tag) in &names {
            let end = ends.get(*tag as usize).copied().unwrap_or(begin);
            let places = sorted.get(begin..end).unwrap_or_default();
            begin = end;
            seqs.clear();
            seqs.extend(places.iter().map(|place| before + u64::from(*place)));
            // An event can carry a tag twice; it is found once.
            seqs.dedup();
            writing.put(name, &seqs)?;
        }
        writing.finish()
    }
}

impl Index {
    /// Whether all that is there is whole blocks: nothing is new and nothing waits.
    pub(crate) fn is_whole(&self) -> bool {
        self.list.new == 0 && self.waiting.entries.is_empty() && self.waiting.meta.is_none()
    }

    /// Adds the next events as a block that stands in the journal in the same form.
    pub(crate) fn add_whole(
        &mut self,
        whole: &Whole<'_>,
        first: u64,
        ids: &[Uuid],
        tags: &TagList,
    ) -> Result<(), String> {
        let place = self.blocks.append(&block::of_whole(whole, ids.len()))?;
        let before = self.list.packed_to;
        let anew = self.anew.get_or_insert_default();
        anew.places.push((first, place));
        for ((seq, id), tags) in (first..).zip(ids).zip(tags.events()) {
            let print = u128::from(run::print_of(id));
            anew.ids.push(print << 64 | u128::from(seq));
            anew.last = seq;
            let place = u32::try_from(seq - before).unwrap_or(u32::MAX);
            tags.for_each(|tag| anew.tags.add(tag, place));
        }
        Ok(())
    }

    /// Whether so many events wait for a run that it is to be written.
    pub(crate) fn is_run_full(&self) -> bool {
        self.anew.as_ref().is_some_and(|anew| anew.ids.len() >= RUN)
    }

    /// Writes the run of the whole blocks that were added, where there are any. Then the index
    /// holds what `meta` says.
    pub(crate) fn close_run(&mut self, meta: &Meta) -> Result<(), String> {
        let Some(anew) = self.anew.take() else {
            return Ok(());
        };
        let Anew {
            mut ids,
            tags,
            places,
            last,
        } = *anew;
        // What sled says of them must hold after a crash too.
        self.blocks.sync()?;
        let (number, before) = (self.next_number()?, self.list.packed_to);
        let events = last - before;
        let files = self.run_files.clone();
        let mut writing = files.begin(number)?;
        let (tagged, put) = thread::scope(|scope| {
            let beside = scope.spawn(|| {
                let mut blocks = Vec::new();
                let written = tags.write(number, before, &mut |key, value| {
                    blocks.push((key, value));
                    Ok(())
                });
                written.map(|()| blocks)
            });
            ids.sort_unstable();
            let entry =
                |id: &u128| run::entry((id >> 64) as u64, (id & u128::from(u64::MAX)) as u64);
            let entries = ids.iter().map(|id| Ok::<IdEntry, String>(entry(id)));
            let put = run::write_ids(number, entries, &mut |key, value| writing.put(key, &value));
            let tagged = beside
                .join()
                .unwrap_or_else(|_| Err("writing the tags stopped".to_owned()));
            (tagged, put)
        });
        put?;
        for (key, value) in tagged? {
            writing.put(key, &value)?;
        }
        let (rows, bytes) = writing.finish()?;
        let mut waits = Blocks::default();
        for (seq, place) in places {
            self.put(&mut waits, block_key(seq).to_vec(), place.to_vec())?;
        }
        self.put_places(&mut waits, rows)?;
        self.apply(waits.batch)?;
        self.list.runs.push(Run::new(number, LEVEL, events, bytes));
        self.list.next_number += 1;
        self.list.packed_to = last;
        self.list.blocks_end = self.blocks.end();
        self.flushed = last;
        let mut batch = sled::Batch::default();
        batch.insert(LIST_KEY, self.list.encode());
        batch.insert(META_KEY, meta.encode());
        self.apply(batch)
    }
}
