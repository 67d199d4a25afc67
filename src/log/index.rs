//! The index in sled: events in blocks, ids and tags. All of it can be built from the journal.
//!
//! # Layout
//!
//! One tree with prefixes, and one `sled::Batch` a commit. A transaction over several trees would
//! be as atomic, but it takes the lock of all trees, reads every old value first and runs its
//! closure again on a conflict; with a single writer none of this buys anything.
//!
//! | key | value |
//! |---|---|
//! | `e`, first `seq` | a block: format byte 1, CRC-32C of the rest, events with line feeds |
//! | `i`, id | `seq` |
//! | `t`, tag length, tag, `seq` | |
//! | `m` | what is indexed: ledger, place in the journal, root, edge of the tree, CRC-32C |
//!
//! Numbers are big-endian, so keys sort by `seq`; the event `seq` is in the block with the last key
//! that is not above it. Other format bytes are free for compressed blocks of many commits, other
//! prefixes for sorted runs of ids and tags.
//!
//! A leaf of sled holds up to 16 values, and one that does not fit a quarter of a sled segment goes
//! to a file that sled never makes durable and never tidies. So a block has at most 48 KiB (an
//! event of up to 64 KiB stands alone) and a sled segment 8 MiB: 16 times 64 KiB fit.

use std::cell::Cell;
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use sled::IVec;
use uuid::Uuid;

use super::durable;
use super::event::{LedgerId, Tag};
use super::journal::layout::Take;
use super::journal::walk::Cursor;
use super::merkle::Frontier;

const CACHE: u64 = 64 << 20;
const SLED_SEGMENT: usize = 8 << 20;
/// The size of a block in bytes, unless one event is larger.
const BLOCK_TARGET: usize = 48 << 10;
/// Entries are applied when they hold this many bytes.
const APPLY_TARGET: usize = 1 << 20;
/// Format byte of a block of plain events.
const PLAIN: u8 = 1;
/// What stands before the events in a block.
const BLOCK_HEADER: usize = 5;
const META_KEY: &[u8] = b"m";
const META_FORMAT: u8 = 1;

/// What the index holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) ledger: LedgerId,
    /// The place in the journal up to which it is indexed.
    pub(crate) cursor: Cursor,
    /// The edge of the tree at that place.
    pub(crate) frontier: Frontier,
}

impl Meta {
    fn encode(&self) -> Vec<u8> {
        let cursor = &self.cursor;
        let mut out = vec![META_FORMAT];
        out.extend_from_slice(self.ledger.as_bytes());
        for number in [cursor.seq, cursor.segment, cursor.frame, cursor.offset] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&cursor.at_ms.to_be_bytes());
        out.extend_from_slice(&cursor.root);
        out.extend_from_slice(&cursor.hash);
        self.frontier
            .edge()
            .iter()
            .for_each(|hash| out.extend_from_slice(hash));
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_be_bytes());
        out
    }

    fn decode(bytes: &[u8]) -> Option<Meta> {
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if crc32c::crc32c(body) != u32::from_be_bytes(*crc) {
            return None;
        }
        let mut take = Take(body);
        if take.array::<1>()? != [META_FORMAT] {
            return None;
        }
        let ledger = LedgerId::new(take.array()?);
        let mut number = || take.array().map(u64::from_be_bytes);
        let (seq, segment, frame, offset) = (number()?, number()?, number()?, number()?);
        let cursor = Cursor {
            seq,
            segment,
            frame,
            offset,
            at_ms: i64::from_be_bytes(take.array()?),
            root: take.array()?,
            hash: take.array()?,
        };
        let (edge, rest) = take.0.as_chunks::<32>();
        let frontier = Frontier::from_parts(seq, edge.to_vec())?;
        let sound = rest.is_empty() && frontier.root() == cursor.root;
        sound.then_some(Meta {
            ledger,
            cursor,
            frontier,
        })
    }
}

/// The open index.
pub(crate) struct Index {
    db: Option<sled::Db>,
    /// sled's own file, opened once, so that no write error of it goes unseen.
    file: File,
    dirty: bool,
}

thread_local! {
    static IN_SLED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is one of sled's, which is caught, said in our words, and costs
/// no event. A program that prints panics can leave these out.
pub fn panic_is_caught() -> bool {
    IN_SLED.get()
        || thread::current()
            .name()
            .is_some_and(|it| it.starts_with("sled"))
}

/// Runs a call of sled: its errors and its panics are the same to us.
fn guarded<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, String> {
    let before = IN_SLED.replace(true);
    let called = catch_unwind(AssertUnwindSafe(call));
    IN_SLED.set(before);
    match called {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(format!(
                "sled stopped: {}",
                text.unwrap_or("without a reason")
            ))
        }
    }
}

/// Opens sled in a thread of its own, because a damaged folder can make it hang.
fn open_db(path: &Path, patience: Duration) -> Result<sled::Db, String> {
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(CACHE)
        .segment_size(SLED_SEGMENT)
        .flush_every_ms(None)
        .use_compression(false);
    let (send, receive) = mpsc::channel();
    let opening = move || drop(send.send(open_unlocked(&config, patience)));
    thread::Builder::new()
        .spawn(opening)
        .map_err(|error| error.to_string())?;
    match receive.recv_timeout(patience) {
        Ok(opened) => opened,
        Err(_) => Err(format!("sled did not open within {} s", patience.as_secs())),
    }
}

/// Opens sled, and waits while its own lock is still held: by threads of a database that was just
/// dropped, or by a child that has not yet run its program. The ledger's lock is ours by now, so
/// nobody works on it; and an index set aside for that would be lost as a witness of what the
/// journal held.
fn open_unlocked(config: &sled::Config, patience: Duration) -> Result<sled::Db, String> {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        match guarded(|| config.open()) {
            Err(why) if why.contains("could not acquire lock") && waited < patience => {
                thread::sleep(PAUSE);
                waited += PAUSE;
            }
            opened => return opened,
        }
    }
}

impl Index {
    /// Opens the index that is there and reads what it holds.
    pub(crate) fn open(path: &Path, patience: Duration) -> Result<(Index, Meta), String> {
        if !path.is_dir() {
            return Err("it is missing".to_owned());
        }
        let index = Index::around(open_db(path, patience)?, path)?;
        let meta = index.get(META_KEY)?;
        match meta.as_deref().and_then(Meta::decode) {
            Some(meta) => Ok((index, meta)),
            None => Err("it does not say what it holds".to_owned()),
        }
    }

    /// Creates an empty index; its files and their names are durable when this returns.
    pub(crate) fn create(path: &Path, patience: Duration) -> Result<Index, String> {
        let text = |error: std::io::Error| error.to_string();
        durable::create_folder(path).map_err(text)?;
        let mut index = Index::around(open_db(path, patience)?, path)?;
        index.dirty = true;
        index.settle()?;
        for file in files(path).map_err(text)? {
            File::open(file)
                .and_then(|file| file.sync_all())
                .map_err(text)?;
        }
        durable::sync_folder(path).map_err(text)?;
        durable::sync_folder(durable::parent(path)).map_err(text)?;
        Ok(index)
    }

    fn around(db: sled::Db, path: &Path) -> Result<Index, String> {
        let file = File::options().read(true).write(true).open(path.join("db"));
        Ok(Index {
            file: file.map_err(|error| error.to_string())?,
            db: Some(db),
            dirty: false,
        })
    }

    fn db(&self) -> Result<&sled::Db, String> {
        self.db.as_ref().ok_or_else(|| "it is closed".to_owned())
    }

    fn get(&self, key: &[u8]) -> Result<Option<IVec>, String> {
        let db = self.db()?;
        guarded(|| db.get(key))
    }

    /// Applies entries and what the index then holds, all or nothing. It is not durable yet: the
    /// journal is.
    pub(crate) fn apply(&mut self, entries: Entries, meta: &Meta) -> Result<(), String> {
        let mut batch = entries.finish();
        batch.insert(META_KEY, meta.encode());
        self.dirty = true;
        let db = self.db()?;
        guarded(|| db.apply_batch(batch))
    }

    /// The `seq` of an id.
    pub(crate) fn find(&self, id: &Uuid) -> Result<Option<u64>, String> {
        match self.get(&id_key(id))? {
            Some(value) => match <[u8; 8]>::try_from(value.as_ref()) {
                Ok(seq) => Ok(Some(u64::from_be_bytes(seq))),
                Err(_) => Err(format!("the entry of event {id} is not readable")),
            },
            None => Ok(None),
        }
    }

    /// The `seq` of every event with a tag, ascending.
    pub(crate) fn tagged(&self, tag: &[u8]) -> Result<Vec<u64>, String> {
        let Some(prefix) = tag_prefix(tag) else {
            return Ok(Vec::new());
        };
        let db = self.db()?;
        guarded(|| {
            let keys = db.scan_prefix(&prefix).keys();
            keys.map(|key| Ok(seq_behind(&key?))).collect()
        })
    }

    /// The last `seq` of a tag.
    pub(crate) fn last_tagged(&self, tag: &[u8]) -> Result<Option<u64>, String> {
        let Some(prefix) = tag_prefix(tag) else {
            return Ok(None);
        };
        let db = self.db()?;
        let above = [prefix.as_slice(), &[0xff; 8]].concat();
        let last = guarded(|| db.get_lt(above))?;
        let last = last.filter(|(key, _)| key.starts_with(&prefix));
        Ok(last.map(|(key, _)| seq_behind(&key)))
    }

    /// The block that should hold an event.
    pub(crate) fn block(&self, seq: u64) -> Result<Block, String> {
        let db = self.db()?;
        let above = block_key(seq + 1);
        match guarded(|| db.get_lt(above))? {
            Some((key, value)) if key.first() == Some(&b'e') => Block::new(value),
            _ => Err(format!("it has no event {seq}")),
        }
    }

    /// Makes the index durable.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        if !self.dirty {
            return Ok(());
        }
        let db = self.db()?;
        guarded(|| db.flush())?;
        // sled's own flush does not reach the disk on Linux.
        self.file.sync_data().map_err(|error| error.to_string())?;
        self.dirty = false;
        Ok(())
    }

    /// Lets go of sled's files, whatever state it is in.
    pub(crate) fn close(&mut self) {
        if let Some(db) = self.db.take() {
            drop(guarded(|| {
                drop(db);
                Ok(())
            }));
        }
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.close();
    }
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    Ok(files)
}

fn block_key(seq: u64) -> [u8; 9] {
    let mut key = [b'e'; 9];
    if let Some(place) = key.last_chunk_mut() {
        *place = seq.to_be_bytes();
    }
    key
}

fn id_key(id: &Uuid) -> [u8; 17] {
    let mut key = [b'i'; 17];
    if let Some(place) = key.last_chunk_mut() {
        *place = *id.as_bytes();
    }
    key
}

/// What the keys of a tag begin with; `None` for one that is too long to be there.
fn tag_prefix(tag: &[u8]) -> Option<Vec<u8>> {
    let len = u8::try_from(tag.len()).ok()?;
    Some([&[b't', len], tag].concat())
}

fn seq_behind(key: &[u8]) -> u64 {
    key.last_chunk().map_or(0, |seq| u64::from_be_bytes(*seq))
}

/// Entries that go in together.
#[derive(Default)]
pub(crate) struct Entries {
    batch: sled::Batch,
    block: Vec<u8>,
    block_first: u64,
    bytes: usize,
}

impl Entries {
    /// Adds an event; events come in their order and without gaps.
    pub(crate) fn add(&mut self, seq: u64, id: &Uuid, event: &[u8], tags: &[Tag]) {
        if self.block.len() + event.len() + 1 > BLOCK_TARGET {
            self.close_block();
        }
        if self.block.is_empty() {
            self.block_first = seq;
            self.block.resize(BLOCK_HEADER, 0);
        }
        self.block.extend_from_slice(event);
        self.block.push(b'\n');
        self.bytes += event.len() + 1;
        self.batch.insert(&id_key(id), &seq.to_be_bytes());
        for mut key in tags.iter().filter_map(|tag| tag_prefix(tag)) {
            key.extend_from_slice(&seq.to_be_bytes());
            self.batch.insert(key, &[]);
        }
    }

    /// Whether there is enough to apply.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= APPLY_TARGET
    }

    fn close_block(&mut self) {
        let Some((header, events)) = self.block.split_first_chunk_mut::<BLOCK_HEADER>() else {
            return;
        };
        let [a, b, c, d] = crc32c::crc32c(events).to_be_bytes();
        *header = [PLAIN, a, b, c, d];
        self.batch
            .insert(&block_key(self.block_first), self.block.as_slice());
        self.block.clear();
    }

    fn finish(mut self) -> sled::Batch {
        self.close_block();
        self.batch
    }
}

/// Events as they stand in one value of the index.
#[derive(Debug)]
pub(crate) struct Block {
    value: IVec,
    at: usize,
}

impl Block {
    fn new(value: IVec) -> Result<Block, String> {
        let sound = match value.split_first_chunk::<BLOCK_HEADER>() {
            Some(([PLAIN, crc @ ..], events)) => crc32c::crc32c(events).to_be_bytes() == *crc,
            _ => false,
        };
        if sound {
            Ok(Block {
                value,
                at: BLOCK_HEADER,
            })
        } else {
            Err("a block is not as it was written".to_owned())
        }
    }

    /// The next event's bytes; `None` at the end.
    pub(crate) fn next_event(&mut self) -> Option<&[u8]> {
        let rest = self.value.get(self.at..)?;
        let len = rest.iter().position(|byte| *byte == b'\n')?;
        self.at += len + 1;
        rest.get(..len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta() -> Meta {
        let mut frontier = Frontier::new();
        (0..5).for_each(|number| frontier.push([number; 32]));
        Meta {
            ledger: LedgerId::new([4; 16]),
            cursor: Cursor {
                seq: 5,
                at_ms: 6,
                root: frontier.root(),
                hash: [7; 32],
                segment: 1,
                frame: 128,
                offset: 900,
            },
            frontier,
        }
    }

    #[test]
    fn what_is_indexed_is_read_back_and_no_flipped_bit_is_taken() {
        let bytes = meta().encode();
        assert_eq!(Meta::decode(&bytes), Some(meta()));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Meta::decode(&flipped), None);
        }
    }

    #[test]
    fn large_events_make_no_files_beside_sled() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sled");
        let mut index = Index::create(&path, Duration::from_secs(60)).unwrap();
        let event = vec![b'x'; 65_535];
        for first in (0..64u64).step_by(16) {
            let mut entries = Entries::default();
            for seq in first + 1..=first + 16 {
                entries.add(
                    seq,
                    &Uuid::from_u128(seq.into()),
                    &event,
                    &[b"tag".to_vec()],
                );
            }
            index.apply(entries, &meta()).unwrap();
        }
        index.settle().unwrap();
        assert_eq!(
            fs::read_dir(path.join("blobs")).map_or(0, Iterator::count),
            0
        );
        assert_eq!(
            index.block(40).unwrap().next_event(),
            Some(event.as_slice())
        );
        assert_eq!(index.tagged(b"tag").unwrap(), (1..=64).collect::<Vec<_>>());
        assert_eq!(index.last_tagged(b"tag").unwrap(), Some(64));
        assert_eq!(index.last_tagged(b"ta").unwrap(), None);
        assert_eq!(index.find(&Uuid::from_u128(9)).unwrap(), Some(9));
    }
}
