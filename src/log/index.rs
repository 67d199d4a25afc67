//! The index in sled: events in blocks, ids and tags. All of it can be built from the journal.
//!
//! # Layout
//!
//! One tree with prefixes, and `sled::Batch`es. A transaction over several trees would be as
//! atomic, but it takes the lock of all trees, reads every old value first and runs its closure
//! again on a conflict; with a single writer none of this buys anything.
//!
//! | key | value |
//! |---|---|
//! | `e`, first `seq` | a plain block of events (`block.rs`), or where a packed one stands (`block_file.rs`) |
//! | `i`, id | `seq`, of a new event |
//! | `t`, tag length, tag, `seq` | of a new event |
//! | `r`, number, … | where ids and tags of old events stand in sorted runs (`run.rs`, `run_file.rs`) |
//! | `l` | which runs there are, up to where events are packed, how many are new; CRC-32C |
//! | `m` | what is indexed: ledger, place in the journal, root, edge of the tree; CRC-32C |
//!
//! Numbers are big-endian, so keys sort by `seq`; the event `seq` is in the block with the last key
//! that is not above it.
//!
//! # How it grows
//!
//! What is durable in the journal **waits** in memory at first: sled is on no way of an
//! acknowledgement. When much waits, or the log settles, it goes into sled; what waited at a crash
//! is taken from the journal again. A little goes in as keys of its own (it is *new*). When that
//! would be more than [`Sizes::new_most`] events, everything new and waiting becomes packed blocks
//! of [`Sizes::pack`] events and one sorted run. So there are under 30,000 keys at 10 million
//! events, and opening takes as long as at ten thousand.
//!
//! Packed blocks and runs stand in files of their own beside sled's: sled keeps a value twice over.
//! What stays in sled are new events and where the others are.
//!
//! A leaf of sled holds up to 16 values, and one that does not fit a quarter of a sled segment goes
//! to a file that sled never makes durable and never tidies. So a value has at most 30 KiB (a plain
//! block with one larger event stands in the file of blocks) and a sled segment 2 MiB: 16 times
//! 30 KiB fit. Larger segments leave more of the disk unused.

mod anew;
mod block;
mod block_file;
mod packer;
mod run;
mod run_file;
pub(crate) mod whole;

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use sled::IVec;
use uuid::Uuid;

pub(crate) use block::{Block, Whole};
use block::{Entry, Press};
use block_file::BlockFile;
use packer::Packer;
pub(crate) use run::print_of;
use run::{Run, TagGroup};
use run_file::{Places, Rows, RunFiles};

use super::durable;
use super::event::{Envelope, LedgerId, StoredEvent, Tag};
use super::id_map::IdMap;
use super::journal::layout::Take;
use super::journal::walk::Cursor;
use super::merkle::{Frontier, Hash, leaf_hash};

const CACHE: u64 = 64 << 20;
const SLED_SEGMENT: usize = 2 << 20;
/// Blocks go in until they hold this many bytes together.
const BATCH_BYTES: usize = 1 << 20;
/// So many opened blocks are kept.
const OPENED: usize = 8;
/// After so many look-ups of ids it pays to read all ids once.
const PROBES: usize = 512;
const META_KEY: &[u8] = b"m";
const LIST_KEY: &[u8] = b"l";
const META_FORMAT: u8 = 2;
/// In format 2 packed blocks were values of sled, in format 3 the blocks of runs; such an index is
/// built anew.
const LIST_FORMAT: u8 = 4;

/// How much of what is kept where. Tests make them small.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// Events in a packed block: a power of two. 512 events of 450 bytes pack to about 35 KB.
    pack: u64,
    /// So many events are kept as keys of their own.
    new_most: u64,
    /// When so many events wait they go into sled, …
    waiting_most: usize,
    /// … or when they have so many bytes.
    waiting_bytes: usize,
    /// So many runs of one level become one.
    fan: usize,
}

impl Default for Sizes {
    fn default() -> Sizes {
        Sizes {
            pack: 512,
            new_most: 4_096,
            waiting_most: 65_536,
            waiting_bytes: 32 << 20,
            fan: run::FAN,
        }
    }
}

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
            sealed: false,
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

/// Which runs there are, and what is not in them yet.
#[derive(Debug, Default)]
struct List {
    /// Events up to here are in packed blocks and in runs.
    packed_to: u64,
    /// So many events behind them are keys of their own.
    new: u64,
    next_number: u32,
    runs: Vec<Run>,
    /// Runs that were merged and are being removed.
    leaving: Vec<u32>,
    /// The file of blocks has at least so many bytes.
    blocks_end: u64,
}

impl List {
    fn encode(&self) -> Vec<u8> {
        let mut out = vec![LIST_FORMAT];
        out.extend_from_slice(&self.blocks_end.to_be_bytes());
        out.extend_from_slice(&self.packed_to.to_be_bytes());
        out.extend_from_slice(&self.new.to_be_bytes());
        out.extend_from_slice(&self.next_number.to_be_bytes());
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes();
        out.extend_from_slice(&count(self.runs.len()));
        for run in &self.runs {
            out.extend_from_slice(&run.number.to_be_bytes());
            out.push(run.level);
            out.extend_from_slice(&run.events.to_be_bytes());
            out.extend_from_slice(&run.bytes.to_be_bytes());
        }
        out.extend_from_slice(&count(self.leaving.len()));
        for number in &self.leaving {
            out.extend_from_slice(&number.to_be_bytes());
        }
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_be_bytes());
        out
    }

    fn decode(bytes: &[u8]) -> Option<List> {
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if crc32c::crc32c(body) != u32::from_be_bytes(*crc) {
            return None;
        }
        let mut take = Take(body);
        if take.array::<1>()? != [LIST_FORMAT] {
            return None;
        }
        let mut list = List {
            blocks_end: u64::from_be_bytes(take.array()?),
            packed_to: u64::from_be_bytes(take.array()?),
            new: u64::from_be_bytes(take.array()?),
            next_number: u32::from_be_bytes(take.array()?),
            ..List::default()
        };
        for _ in 0..u32::from_be_bytes(take.array()?) {
            let number = u32::from_be_bytes(take.array()?);
            let [level] = take.array()?;
            let events = u64::from_be_bytes(take.array()?);
            let bytes = u64::from_be_bytes(take.array()?);
            list.runs.push(Run::new(number, level, events, bytes));
        }
        for _ in 0..u32::from_be_bytes(take.array()?) {
            list.leaving.push(u32::from_be_bytes(take.array()?));
        }
        take.0.is_empty().then_some(list)
    }
}

/// What is durable in the journal and not in sled yet.
#[derive(Default)]
struct Waiting {
    entries: Vec<(Entry, Vec<Tag>)>,
    ids: IdMap<u64>,
    bytes: usize,
    /// What the index holds once this is in it.
    meta: Option<Meta>,
    /// Up to here whole groups were handed to the packer.
    handed: u64,
}

/// The open index.
pub(crate) struct Index {
    db: Option<sled::Db>,
    /// sled's own file, opened once, so that no write error of it goes unseen.
    file: File,
    dirty: bool,
    sizes: Sizes,
    list: List,
    waiting: Waiting,
    blocks: BlockFile,
    run_files: Arc<RunFiles>,
    packer: Packer,
    press: Press,
    /// Whole blocks that wait for their run.
    anew: Option<Box<anew::Anew>>,
    /// The last event that is in sled.
    flushed: u64,
    /// Blocks that were opened last, the newest at the end.
    opened: Mutex<Vec<(u64, Arc<[u8]>)>>,
    probes: AtomicUsize,
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
        let mut index = Index::around(open_db(path, patience)?, path)?;
        let meta = index.get(META_KEY)?;
        let list = index.get(LIST_KEY)?;
        let meta = meta.as_deref().and_then(Meta::decode);
        let (Some(meta), Some(list)) = (meta, list.as_deref().and_then(List::decode)) else {
            return Err("it does not say what it holds".to_owned());
        };
        if list.packed_to + list.new != meta.cursor.seq {
            return Err("it does not say where its events are".to_owned());
        }
        if list.blocks_end > index.blocks.end() {
            return Err("a part of its blocks is missing".to_owned());
        }
        for run in &list.runs {
            if index.run_files.len(run.number)? < run.bytes {
                return Err("a part of its runs is missing".to_owned());
            }
        }
        index.list = list;
        index.flushed = meta.cursor.seq;
        Ok((index, meta))
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
            sizes: Sizes::default(),
            list: List::default(),
            waiting: Waiting::default(),
            blocks: BlockFile::open(&path.join(block_file::PACKED))?,
            run_files: Arc::new(RunFiles::of(path)),
            packer: Packer::default(),
            press: Press::default(),
            anew: None,
            flushed: 0,
            opened: Mutex::default(),
            probes: AtomicUsize::new(0),
        })
    }

    fn db(&self) -> Result<&sled::Db, String> {
        self.db.as_ref().ok_or_else(|| "it is closed".to_owned())
    }

    fn rows(&self) -> Result<Rows<'_>, String> {
        let (db, files) = (self.db()?, &*self.run_files);
        Ok(Rows { db, files })
    }

    fn get(&self, key: &[u8]) -> Result<Option<IVec>, String> {
        let db = self.db()?;
        guarded(|| db.get(key))
    }

    fn apply(&mut self, batch: sled::Batch) -> Result<(), String> {
        self.dirty = true;
        let db = self.db()?;
        guarded(|| db.apply_batch(batch))
    }

    /// Adds an event that is durable; events come in their order and without gaps.
    pub(crate) fn add(&mut self, event: StoredEvent, leaf: Hash, tags: Vec<Tag>) {
        self.waiting.bytes += event.bytes.len();
        self.waiting.ids.insert(event.id, event.seq);
        let seq = event.seq;
        self.waiting.entries.push((Entry { event, leaf }, tags));
        let packs = self.list.new + self.waiting.entries.len() as u64 > self.sizes.new_most;
        if packs && (seq - self.list.packed_to).is_multiple_of(self.sizes.pack) {
            self.hand_over(seq);
        }
    }

    /// Hands the whole groups that wait to the packer: this much will not stay as it is.
    fn hand_over(&mut self, seq: u64) {
        let pack = self.sizes.pack;
        let packed = self.list.packed_to;
        let whole = packed + (self.flushed - packed).next_multiple_of(pack);
        let mut from = whole.max(self.waiting.handed);
        while from < seq {
            let place = usize::try_from(from - self.flushed).unwrap_or(usize::MAX);
            let group = self.waiting.entries.iter().skip(place);
            let group = group.take(usize::try_from(pack).unwrap_or(usize::MAX));
            let group = group.map(|(entry, _)| entry.clone()).collect();
            self.packer.add(from + 1, group);
            from += pack;
        }
        self.waiting.handed = from;
    }

    /// Says what the index holds with the events that were added.
    pub(crate) fn mark(&mut self, meta: Meta) {
        self.waiting.meta = Some(meta);
    }

    /// Whether enough waits.
    pub(crate) fn is_full(&self) -> bool {
        let waiting = &self.waiting;
        waiting.entries.len() >= self.sizes.waiting_most
            || waiting.bytes >= self.sizes.waiting_bytes
    }

    /// Brings what waits into sled. It is not durable there yet: the journal is.
    pub(crate) fn flush(&mut self) -> Result<(), String> {
        let Some(meta) = self.waiting.meta.take() else {
            return Ok(());
        };
        let waiting = std::mem::take(&mut self.waiting);
        let (entries, tags): (Vec<Entry>, Vec<Vec<Tag>>) = waiting.entries.into_iter().unzip();
        if self.list.new + entries.len() as u64 <= self.sizes.new_most {
            self.flush_new(&entries, &tags, &meta)?;
        } else {
            self.compact(entries, tags, &meta)?;
        }
        self.flushed = meta.cursor.seq;
        self.merge_runs()
    }

    /// Little: every id and every tag is a key of its own.
    fn flush_new(
        &mut self,
        entries: &[Entry],
        tags: &[Vec<Tag>],
        meta: &Meta,
    ) -> Result<(), String> {
        let mut batch = sled::Batch::default();
        for (seq, block) in block::plain(entries) {
            batch.insert(&block_key(seq), self.blocks.plain(block)?);
        }
        self.blocks.sync()?;
        for (entry, tags) in entries.iter().zip(tags) {
            let seq = entry.event.seq.to_be_bytes();
            batch.insert(&id_key(&entry.event.id), &seq);
            for tag in tags.iter().filter_map(|tag| tag_key(tag)) {
                batch.insert([b"t".as_slice(), &tag, &seq].concat(), &[]);
            }
        }
        self.list.new += entries.len() as u64;
        self.list.blocks_end = self.blocks.end();
        batch.insert(LIST_KEY, self.list.encode());
        batch.insert(META_KEY, meta.encode());
        self.apply(batch)
    }

    /// Much: all that is new and all that waits become packed blocks and a run.
    fn compact(
        &mut self,
        waiting: Vec<Entry>,
        tags: Vec<Vec<Tag>>,
        meta: &Meta,
    ) -> Result<(), String> {
        let from = self.list.packed_to;
        let mut gone: BTreeSet<Vec<u8>> = self.keys(&block_key(from + 1), b'e')?.collect();
        let mut entries = self.new_entries()?;
        let ids = run_ids(&entries, &waiting);
        let groups = run_tags(self.new_tags()?, &waiting, &tags);
        entries.extend(waiting);
        let pack = usize::try_from(self.sizes.pack).unwrap_or(512);
        let packed = entries.len() - entries.len() % pack;
        let (old, rest) = entries.split_at_checked(packed).unwrap_or((&entries, &[]));
        let mut waits = Blocks::default();
        let mut handed = self.packer.finish(&mut self.press)?;
        let mut places = Vec::new();
        for group in old.chunks(pack) {
            let first = group.first().map_or(0, |entry| entry.event.seq);
            let blocks = match handed.remove(&first) {
                Some(blocks) => blocks,
                None => self.press.pack(group)?,
            };
            for (seq, block) in blocks {
                places.push((block_key(seq), self.blocks.append(&block)?));
            }
        }
        // What sled says of them must hold after a crash too.
        self.blocks.sync()?;
        for (key, place) in places {
            gone.remove(key.as_slice());
            self.put(&mut waits, key.to_vec(), place.to_vec())?;
        }
        // Ids and tags of the rest stay keys of their own, so that a run ends where blocks do.
        let number = self.next_number()?;
        let end = from + packed as u64;
        let in_run = ids
            .into_iter()
            .filter(|entry| run::parts(entry).1 <= end)
            .map(Ok);
        let files = self.run_files.clone();
        let mut writing = files.begin(number)?;
        run::write_ids(number, in_run, &mut |key, value| writing.put(key, &value))?;
        let below = |(tag, mut seqs): TagGroup| {
            seqs.retain(|seq| *seq <= end);
            (!seqs.is_empty()).then_some(Ok((tag, seqs)))
        };
        let tags_in_run = groups.iter().cloned().filter_map(below);
        run::write_tags(number, tags_in_run, &mut |key, value| {
            writing.put(key, &value)
        })?;
        let (places, bytes) = writing.finish()?;
        self.put_places(&mut waits, places)?;
        self.apply(waits.batch)?;
        let mut batch = sled::Batch::default();
        for (seq, block) in block::plain(rest) {
            gone.remove(block_key(seq).as_slice());
            batch.insert(&block_key(seq), self.blocks.plain(block)?);
        }
        self.blocks.sync()?;
        gone.into_iter().for_each(|key| batch.remove(key));
        for key in self.keys(b"i", b'i')?.chain(self.keys(b"t", b't')?) {
            batch.remove(key);
        }
        for entry in rest {
            batch.insert(&id_key(&entry.event.id), &entry.event.seq.to_be_bytes());
        }
        for (tag, seqs) in &groups {
            for seq in seqs.iter().filter(|seq| **seq > end) {
                batch.insert([b"t".as_slice(), tag, &seq.to_be_bytes()].concat(), &[]);
            }
        }
        if packed > 0 {
            self.list
                .runs
                .push(Run::new(number, 0, packed as u64, bytes));
            self.list.next_number += 1;
        }
        self.list.packed_to = end;
        self.list.blocks_end = self.blocks.end();
        self.list.new = rest.len() as u64;
        batch.insert(LIST_KEY, self.list.encode());
        batch.insert(META_KEY, meta.encode());
        self.apply(batch)
    }

    /// Writes a block, together with others.
    fn put(&mut self, waits: &mut Blocks, key: Vec<u8>, block: Vec<u8>) -> Result<(), String> {
        waits.bytes += block.len();
        waits.batch.insert(key, block);
        if waits.bytes >= BATCH_BYTES {
            self.apply(std::mem::take(waits).batch)?;
        }
        Ok(())
    }

    /// Says where the blocks of a run stand.
    fn put_places(&mut self, waits: &mut Blocks, places: Places) -> Result<(), String> {
        let mut places = places.into_iter();
        places.try_for_each(|(key, place)| self.put(waits, key, place.to_vec()))
    }

    /// The number of the next run. What a writer that was cut short had said of such a run is
    /// removed: it would stand among the blocks of the new one.
    fn next_number(&mut self) -> Result<u32, String> {
        let number = self.list.next_number;
        self.forget_run(number)?;
        Ok(number)
    }

    /// Removes everything that leads to the blocks of a run.
    fn forget_run(&mut self, number: u32) -> Result<(), String> {
        let db = self.db()?;
        let mut batch = sled::Batch::default();
        let prefix = run::row_prefix(number, b'i');
        let prefix = prefix.get(..5).unwrap_or_default();
        let mut any = false;
        guarded(|| {
            for key in db.scan_prefix(prefix).keys() {
                batch.remove(key?);
                any = true;
            }
            Ok(())
        })?;
        if any { self.apply(batch) } else { Ok(()) }
    }

    /// All keys of a prefix from one on.
    fn keys(&self, from: &[u8], prefix: u8) -> Result<std::vec::IntoIter<Vec<u8>>, String> {
        let db = self.db()?;
        let keys: Vec<Vec<u8>> = guarded(|| {
            let keys = db.range(from..&[prefix + 1]).keys();
            keys.map(|key| Ok(key?.to_vec())).collect()
        })?;
        Ok(keys.into_iter())
    }

    /// The events in sled that are not packed.
    fn new_entries(&self) -> Result<Vec<Entry>, String> {
        let mut entries = Vec::new();
        let mut next = self.list.packed_to + 1;
        while next <= self.flushed {
            let mut block = self.block(next)?;
            let before = next;
            while let Some(bytes) = block.next_shared() {
                let event = StoredEvent::of(bytes).ok_or("an event is not readable")?;
                if event.seq == next && next <= self.flushed {
                    let leaf = leaf_hash(&event.bytes);
                    entries.push(Entry { event, leaf });
                    next += 1;
                }
            }
            if next == before {
                return Err(format!("it has no event {next}"));
            }
        }
        Ok(entries)
    }

    /// The tags that are keys of their own.
    fn new_tags(&self) -> Result<Vec<TagGroup>, String> {
        let mut groups: Vec<TagGroup> = Vec::new();
        for key in self.keys(b"t", b't')? {
            let tag = key.get(1..key.len().saturating_sub(8)).unwrap_or_default();
            let seq = seq_behind(&key);
            match groups.last_mut() {
                Some(group) if group.0 == tag => group.1.push(seq),
                _ => groups.push((tag.to_vec(), vec![seq])),
            }
        }
        Ok(groups)
    }

    /// Makes one run of many of the same level, as often as there are too many.
    fn merge_runs(&mut self) -> Result<(), String> {
        loop {
            let runs = &self.list.runs;
            let Some(level) = runs.last().map(|run| run.level) else {
                return Ok(());
            };
            let start = runs.partition_point(|run| run.level > level);
            let merged: Vec<u32> = runs.iter().skip(start).map(|run| run.number).collect();
            if merged.len() < self.sizes.fan {
                return Ok(());
            }
            let events = runs.iter().skip(start).map(|run| run.events).sum();
            let number = self.next_number()?;
            let files = self.run_files.clone();
            let mut writing = files.begin(number)?;
            let rows = self.rows()?;
            let ids = merged.iter().map(|number| run::read_ids(rows, *number));
            let ids = run::Merge::new(ids.collect());
            run::write_ids(number, ids, &mut |key, value| writing.put(key, &value))?;
            let tags = merged.iter().map(|number| run::read_tags(rows, *number));
            let tags = run::Merge::new(tags.collect());
            run::write_tags(number, tags, &mut |key, value| writing.put(key, &value))?;
            let (places, bytes) = writing.finish()?;
            let mut waits = Blocks::default();
            self.put_places(&mut waits, places)?;
            self.apply(waits.batch)?;
            self.list.runs.truncate(start);
            self.list
                .runs
                .push(Run::new(number, level.saturating_add(1), events, bytes));
            self.list.next_number += 1;
            self.list.leaving.extend_from_slice(&merged);
            let mut batch = sled::Batch::default();
            batch.insert(LIST_KEY, self.list.encode());
            self.apply(batch)?;
            merged
                .into_iter()
                .try_for_each(|number| self.forget_run(number))?;
        }
    }

    /// Removes the files of runs that were merged, once what sled says of it is durable: a state of
    /// sled from before the merging leads to them. A crash in between leaves them in the list.
    fn remove_leaving(&mut self) -> Result<(), String> {
        for number in std::mem::take(&mut self.list.leaving) {
            self.forget_run(number)?;
            self.run_files.remove(number)?;
        }
        Ok(())
    }

    /// The `seq` of an id.
    pub(crate) fn find(&self, id: &Uuid) -> Result<Option<u64>, String> {
        if let Some(seq) = self.waiting.ids.get(id) {
            return Ok(Some(*seq));
        }
        if self.list.new > 0
            && let Some(value) = self.get(&id_key(id))?
        {
            return match <[u8; 8]>::try_from(value.as_ref()) {
                Ok(seq) => Ok(Some(u64::from_be_bytes(seq))),
                Err(_) => Err(format!("the entry of event {id} is not readable")),
            };
        }
        let print = run::print_of(id);
        let filters = self.probes.fetch_add(1, Ordering::Relaxed) >= PROBES;
        for run in self.list.runs.iter().rev() {
            let rows = self.rows()?;
            if filters {
                guarded_text(|| run.build_filter(rows))?;
            }
            if run.may_hold(print)
                && let Some(seq) = self.find_in(run, print, id)?
            {
                return Ok(Some(seq));
            }
        }
        Ok(None)
    }

    /// The place of an id in a run; the event itself confirms it.
    fn find_in(&self, run: &Run, print: u64, id: &Uuid) -> Result<Option<u64>, String> {
        let rows = self.rows()?;
        for seq in guarded_text(|| run::find(rows, run.number, print))? {
            let mut block = self.block(seq)?;
            while let Some(bytes) = block.next_event() {
                let event = Envelope::read(bytes).ok_or("an event is not readable")?;
                if event.seq == seq && event.id == *id {
                    return Ok(Some(seq));
                }
            }
        }
        Ok(None)
    }

    /// Whether any of these ids may be there; `false` is certain. Much faster than to find each.
    pub(crate) fn may_hold_any(&self, ids: &[Uuid]) -> Result<bool, String> {
        if ids.iter().any(|id| self.waiting.ids.contains_key(id)) {
            return Ok(true);
        }
        if self.list.new > 0 {
            let new: HashSet<Vec<u8>> = self.keys(b"i", b'i')?.collect();
            if ids.iter().any(|id| new.contains(id_key(id).as_slice())) {
                return Ok(true);
            }
        }
        let mut prints: Vec<u64> = ids.iter().map(run::print_of).collect();
        prints.sort_unstable();
        let rows = self.rows()?;
        // The first batch passes over the runs; of those that follow most ids are told by a filter.
        let filters = self.probes.fetch_add(prints.len(), Ordering::Relaxed) >= PROBES;
        for run in &self.list.runs {
            if filters {
                guarded_text(|| run.build_filter(rows))?;
            }
            if guarded_text(|| any_in(rows, run, &prints))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The `seq` of every event with a tag, ascending.
    pub(crate) fn tagged(&self, tag: &[u8]) -> Result<Vec<u64>, String> {
        let Some(prefix) = tag_key(tag) else {
            return Ok(Vec::new());
        };
        let (db, rows) = (self.db()?, self.rows()?);
        let mut seqs = Vec::new();
        for run in &self.list.runs {
            seqs.extend(guarded_text(|| run::tagged(rows, run.number, &prefix))?);
        }
        if self.list.new > 0 {
            let new: Vec<u64> = guarded(|| {
                let keys = db.scan_prefix([b"t".as_slice(), &prefix].concat()).keys();
                keys.map(|key| Ok(seq_behind(&key?))).collect()
            })?;
            seqs.extend(new);
        }
        seqs.extend(self.waiting_tagged(tag));
        Ok(seqs)
    }

    fn waiting_tagged<'a>(&'a self, tag: &'a [u8]) -> impl DoubleEndedIterator<Item = u64> + 'a {
        let has = move |(_, tags): &&(Entry, Vec<Tag>)| tags.iter().any(|its| its == tag);
        let entries = self.waiting.entries.iter().filter(has);
        entries.map(|(entry, _)| entry.event.seq)
    }

    /// The last `seq` of a tag.
    pub(crate) fn last_tagged(&self, tag: &[u8]) -> Result<Option<u64>, String> {
        let last = self.waiting_tagged(tag).next_back();
        match last {
            Some(seq) => Ok(Some(seq)),
            None => Ok(self.tagged(tag)?.pop()),
        }
    }

    /// An event that is not in sled yet.
    pub(crate) fn waiting(&self, seq: u64) -> Option<&StoredEvent> {
        let place = usize::try_from(seq.checked_sub(self.flushed + 1)?).ok()?;
        self.waiting
            .entries
            .get(place)
            .map(|(entry, _)| &entry.event)
    }

    /// The block that should hold an event.
    pub(crate) fn block(&self, seq: u64) -> Result<Block, String> {
        let db = self.db()?;
        let above = block_key(seq + 1);
        let found = guarded(|| db.get_lt(above))?;
        let Some((key, value)) = found.filter(|(key, _)| key.first() == Some(&b'e')) else {
            return Err(format!("it has no event {seq}"));
        };
        let first = seq_behind(&key);
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if first + self.sizes.pack > self.list.packed_to + 1 {
            // Plain blocks cost nothing to open, and change. After a crash a packed one can stand
            // here already.
            let packed = self.blocks.read(&value)?;
            return block::open(packed.as_deref().unwrap_or(&value)).map(Block::new);
        }
        if let Some((_, events)) = opened.iter().find(|(known, _)| *known == first) {
            return Ok(Block::new(events.clone()));
        }
        let packed = self.blocks.read(&value)?;
        let packed = packed.ok_or("a block is not where it should be")?;
        let events = block::open(&packed)?;
        if opened.len() >= OPENED {
            opened.remove(0);
        }
        opened.push((first, events.clone()));
        Ok(Block::new(events))
    }

    /// Makes the index durable.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        self.flush()?;
        self.sync()?;
        self.remove_leaving()?;
        self.sync()
    }

    fn sync(&mut self) -> Result<(), String> {
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

/// Blocks that go in together.
#[derive(Default)]
struct Blocks {
    batch: sled::Batch,
    bytes: usize,
}

/// As [`guarded`], for calls that say themselves what failed.
fn guarded_text<T>(call: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    guarded(|| Ok(call()))?
}

/// The ids of a run, sorted.
fn run_ids(new: &[Entry], waiting: &[Entry]) -> Vec<run::IdEntry> {
    let entry = |entry: &Entry| run::entry(run::print_of(&entry.event.id), entry.event.seq);
    let mut ids: Vec<_> = new.iter().chain(waiting).map(entry).collect();
    ids.sort_unstable();
    ids
}

/// The tags of a run, sorted: those that are new, and behind them those that wait.
fn run_tags(new: Vec<TagGroup>, waiting: &[Entry], tags: &[Vec<Tag>]) -> Vec<TagGroup> {
    let mut groups: HashMap<Vec<u8>, Vec<u64>> = new.into_iter().collect();
    let mut key = Vec::new();
    for (entry, tags) in waiting.iter().zip(tags) {
        for tag in tags {
            let Ok(len) = u8::try_from(tag.len()) else {
                continue;
            };
            key.clear();
            key.push(len);
            key.extend_from_slice(tag);
            let seqs = match groups.get_mut(&key) {
                Some(seqs) => seqs,
                None => groups.entry(key.clone()).or_default(),
            };
            // An event can carry a tag twice; it is found once.
            if seqs.last() != Some(&entry.event.seq) {
                seqs.push(entry.event.seq);
            }
        }
    }
    let mut groups: Vec<TagGroup> = groups.into_iter().collect();
    groups.sort_unstable();
    groups
}

/// Whether a run holds any of these, which come sorted: a block is read and checked once.
fn any_in(rows: Rows<'_>, run: &Run, prints: &[u64]) -> Result<bool, String> {
    let mut block: Vec<run::IdEntry> = Vec::new();
    for print in prints.iter().filter(|print| run.may_hold(**print)) {
        let ends = (block.first(), block.last());
        let here = matches!(ends, (Some(first), Some(last))
            if run::parts(first).0 <= *print && *print <= run::parts(last).0);
        if !here {
            let mut above = run::row_prefix(run.number, b'i');
            above.extend_from_slice(&print.to_be_bytes());
            above.extend_from_slice(&[0xff; 6]);
            let found = run::block_below(rows, run.number, b'i', &above)?;
            let Some((_, value)) = found else { continue };
            block = run::entries(&value)?.to_vec();
        }
        let found = block.binary_search_by_key(print, |entry| run::parts(entry).0);
        if found.is_ok() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn unreadable_run() -> String {
    "a block of ids or tags is not as it was written".to_owned()
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

/// A tag with its length before it; `None` for one that is too long to be there.
fn tag_key(tag: &[u8]) -> Option<Vec<u8>> {
    let len = u8::try_from(tag.len()).ok()?;
    Some([&[len], tag].concat())
}

fn seq_behind(key: &[u8]) -> u64 {
    key.last_chunk().map_or(0, |seq| u64::from_be_bytes(*seq))
}

#[cfg(test)]
mod tests;
