//! Everything that the index says of ids and tags, read once from beginning to end.
//!
//! To look for each of a million ids costs a million look-ups. Here every block is read once, and
//! what a look-up relies on is checked on the way: that each block stands under the key of its
//! first entry, and that the entries are sorted. Then what is here is what a look-up would find.

use std::collections::HashMap;

use uuid::Uuid;

use super::run::{self, ENTRY, IdEntry};
use super::run_file::Rows;
use super::{Index, guarded, guarded_text, seq_behind};

/// All ids of an index.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// Of events in runs: the last eight bytes of the id, and `seq`.
    pub(crate) prints: Vec<(u64, u64)>,
    /// Of newer events: the id and `seq`.
    pub(crate) new: Vec<(Uuid, u64)>,
}

/// The `seq` of all events of each tag, ascending.
pub(crate) type Tags = HashMap<Vec<u8>, Vec<u64>>;

impl Index {
    /// Every id with its `seq`.
    pub(crate) fn all_ids(&self) -> Result<Ids, String> {
        let db = self.db()?;
        let rows = self.rows()?;
        let mut ids = Ids::default();
        for run in &self.list.runs {
            guarded_text(|| ids_of(rows, run.number, &mut ids.prints))?;
        }
        let rows = guarded(|| db.scan_prefix(b"i").collect::<sled::Result<Vec<_>>>())?;
        for (key, value) in rows {
            let id = key.get(1..).and_then(|id| Uuid::from_slice(id).ok());
            let seq = <[u8; 8]>::try_from(value.as_ref()).ok();
            let (Some(id), Some(seq)) = (id, seq) else {
                return Err("the entry of an id is not readable".to_owned());
            };
            ids.new.push((id, u64::from_be_bytes(seq)));
        }
        Ok(ids)
    }

    /// Every tag with the `seq` of its events.
    pub(crate) fn all_tags(&self) -> Result<Tags, String> {
        let db = self.db()?;
        let rows = self.rows()?;
        let mut tags = Tags::new();
        for run in &self.list.runs {
            guarded_text(|| tags_of(rows, run.number, &mut tags))?;
        }
        let keys = guarded(|| {
            db.scan_prefix(b"t")
                .keys()
                .collect::<sled::Result<Vec<_>>>()
        })?;
        for key in keys {
            let tag = key.get(2..key.len().saturating_sub(8)).unwrap_or_default();
            add(&mut tags, tag, &[seq_behind(&key)]);
        }
        Ok(tags)
    }
}

/// The tag as the log has it; in the index its length stands before it.
fn add(tags: &mut Tags, tag: &[u8], seqs: &[u64]) {
    match tags.get_mut(tag) {
        Some(known) => known.extend_from_slice(seqs),
        None => drop(tags.insert(tag.to_vec(), seqs.to_vec())),
    }
}

fn unsorted() -> String {
    "a block of ids or tags does not stand where it is looked for".to_owned()
}

fn ids_of(rows: Rows<'_>, number: u32, into: &mut Vec<(u64, u64)>) -> Result<(), String> {
    let mut last: IdEntry = [0; ENTRY];
    for row in rows.db.scan_prefix(run::row_prefix(number, b'i')) {
        let (key, place) = row.map_err(|error| error.to_string())?;
        let value = rows.read(number, &place)?;
        let entries = run::entries(&value)?;
        if entries.first().map(IdEntry::as_slice) != key.get(6..) {
            return Err(unsorted());
        }
        for entry in entries {
            if *entry < last {
                return Err(unsorted());
            }
            last = *entry;
            into.push(run::parts(entry));
        }
    }
    Ok(())
}

fn tags_of(rows: Rows<'_>, number: u32, into: &mut Tags) -> Result<(), String> {
    let mut last = (Vec::new(), 0);
    for row in rows.db.scan_prefix(run::row_prefix(number, b't')) {
        let (key, place) = row.map_err(|error| error.to_string())?;
        let value = rows.read(number, &place)?;
        for (place, (tag, seqs)) in run::groups(&value)?.into_iter().enumerate() {
            let first = seqs.first().copied().unwrap_or_default();
            let named = key
                .get(6..)
                .and_then(|named| named.strip_prefix(tag.as_slice()));
            if place == 0 && named != Some(&first.to_be_bytes()) {
                return Err(unsorted());
            }
            if (&tag, first) <= (&last.0, last.1) && !last.0.is_empty() {
                return Err(unsorted());
            }
            add(into, tag.get(1..).unwrap_or_default(), &seqs);
            last = (tag, seqs.last().copied().unwrap_or_default());
        }
    }
    Ok(())
}
