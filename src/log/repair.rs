//! Repairing a damaged journal from what else knows its events.
//!
//! What the journal still has from its beginning is kept. What is missing is taken from whole
//! frames and chunks of sealed segments behind the damage, from the index in sled, from other
//! folders of the same ledger, and from tiles. An event is taken only up to a root that confirms
//! it: one that a signed checkpoint has, that a surviving frame or chunk recorded, or that the
//! donor itself recorded over the same beginning.
//! **A checkpoint is never contradicted**: where it differs, everything since the last one that
//! agrees is looked for elsewhere.
//!
//! The new journal is written and made durable beside the old, then both are renamed. Nothing is
//! deleted: the damaged journal stays as `journal.damaged-<time>`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::audit::{IndexReader, marks};
use super::checkpoint::{self, Checkpoint};
use super::disk;
use super::durable;
use super::error::LogError;
use super::event::{Envelope, LedgerId, StoredEvent, format_at};
use super::journal::layout::{FRAME_TARGET, SegmentHeader};
use super::journal::salvage::{Piece, pieces};
use super::journal::walk::{Cursor, Walker};
use super::journal::write::{self, FrameSpec, JournalWriter, free_name};
use super::journal_reader::JournalReader;
use super::merkle::{Frontier, Hash, empty_root, leaf_hash};
use super::options::LogOptions;
use super::sled_log::opening::{JOURNAL, lock};
use super::tiles::{Tiles, TilesError};
use super::traits::EventRead;
use super::tree::TILE_WIDTH;

/// Where the new journal is written.
const REPAIRED: &str = "journal.repaired";

/// Where events were taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The journal itself, from its beginning.
    Journal,
    /// Whole frames and chunks of the journal behind the damage.
    Frames,
    /// The index in sled.
    Index,
    /// Another folder: its name.
    Folder(String),
}

/// A range of events and where it was taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The first event.
    pub from: u64,
    /// The last event.
    pub to: u64,
    /// From where.
    pub origin: Origin,
}

/// What a repair did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// Where each range of events comes from, in their order.
    pub taken: Vec<Taken>,
    /// How many events the journal has afterwards.
    pub events: u64,
    /// Their root.
    pub root: Hash,
    /// The largest checkpoint that confirms them.
    pub confirmed: Option<u64>,
    /// Events that are known to have been there, and that nothing gives back: first and last.
    pub lost: Option<(u64, u64)>,
    /// Ranges of events behind those, which stand whole in the journal's files and cannot be joined
    /// to what is before the gap: nothing confirms them without it.
    pub beyond: Vec<(u64, u64)>,
    /// The journal needs no repair.
    pub whole: bool,
    /// Where the damaged parts were put.
    pub set_aside: Vec<PathBuf>,
}

/// What a repair may use.
#[derive(Debug, Clone, Default)]
pub struct Repairing {
    /// Folders of the same ledger, or of its tiles.
    pub from: Vec<PathBuf>,
    /// Checkpoints that others kept.
    pub checkpoints: Vec<Checkpoint>,
    /// Only find out what would be done.
    pub dry_run: bool,
}

/// What can be read of a source: an event, and the root that the source recorded behind it.
type Item = (StoredEvent, Option<Hash>);
type Items<'a> = Box<dyn Iterator<Item = Item> + 'a>;

enum Source {
    Folder(PathBuf, LogOptions),
    Frames(Vec<Piece>),
    Index(Box<IndexReader>),
    Tiles(Tiles),
}

impl Source {
    /// The events from a place on, as far as the source has them.
    fn events(&self, from: u64) -> Items<'_> {
        match self {
            Source::Folder(dir, options) => folder_events(dir, options, from),
            Source::Frames(pieces) => Box::new(
                pieces
                    .iter()
                    .filter(move |piece| piece.last_seq >= from)
                    .flat_map(|piece| {
                        let (last, root) = (piece.last_seq, piece.root);
                        let events = piece.events().unwrap_or_default().into_iter();
                        events.map(move |event| {
                            let recorded = root.filter(|_| event.seq == last);
                            (event, recorded)
                        })
                    })
                    .filter(move |(event, _)| event.seq >= from),
            ),
            Source::Index(index) => {
                let head = index.head();
                let events = index.events(from, head.seq).map_while(Result::ok);
                Box::new(events.map(move |event| {
                    let recorded = (event.seq == head.seq).then_some(head.root);
                    (event, recorded)
                }))
            }
            Source::Tiles(tiles) => {
                let (size, root) = (tiles.checkpoint().size, tiles.checkpoint().root);
                let first = from.saturating_sub(1) / TILE_WIDTH;
                let bundles = (first..tiles.bundles()).map_while(|at| tiles.bundle(at).ok());
                let events = bundles.flatten();
                let events = events.map_while(|bytes| StoredEvent::read(&bytes));
                let events = events.filter(move |event| event.seq >= from);
                Box::new(events.map(move |event| {
                    let recorded = (event.seq == size).then_some(root);
                    (event, recorded)
                }))
            }
        }
    }
}

/// The events of a journal up to its first fault, each with the root recorded behind it.
fn folder_events<'a>(dir: &Path, options: &LogOptions, from: u64) -> Items<'a> {
    let (Ok(reader), Ok(marks)) = (JournalReader::open(dir, options), marks(dir)) else {
        return Box::new(std::iter::empty());
    };
    let mut marks = marks.map_while(Result::ok).peekable();
    let mut items = Vec::new();
    let head = reader.head().seq;
    if let Ok(events) = reader.read(from, head) {
        for event in events.map_while(Result::ok) {
            while marks.next_if(|mark| mark.last < event.seq).is_some() {}
            let here = marks.next_if(|mark| mark.last == event.seq);
            items.push((event, here.map(|mark| mark.root)));
        }
    }
    Box::new(items.into_iter())
}

/// What confirms a root: checkpoints, which are never contradicted, and roots of surviving frames.
struct Anchors {
    signed: BTreeMap<u64, Hash>,
    recorded: BTreeMap<u64, Vec<Hash>>,
}

/// How far a source leads.
#[derive(Clone)]
struct Reached {
    /// The tree up to the last root that was confirmed.
    tree: Frontier,
    /// The largest checkpoint on the way.
    signed: Option<u64>,
}

impl Anchors {
    /// Follows a source from a confirmed place as long as roots confirm it.
    fn follow(&self, source: &Source, ledger: LedgerId, from: &Reached) -> Reached {
        let mut reached = from.clone();
        // Where a checkpoint differs, everything since the last that agreed is in doubt.
        let mut undoubted = from.clone();
        let mut tree = from.tree.clone();
        for (event, recorded) in source.events(tree.size() + 1) {
            let envelope = Envelope::read(&event.bytes);
            if event.seq != tree.size() + 1 || envelope.is_none_or(|it| it.ledger != ledger) {
                break;
            }
            tree.push(leaf_hash(&event.bytes));
            let (size, root) = (tree.size(), tree.root_if(self, recorded));
            let Some(root) = root else { continue };
            if let Some(signed) = self.signed.get(&size) {
                if *signed != root {
                    return undoubted;
                }
                reached = Reached {
                    tree: tree.clone(),
                    signed: Some(size),
                };
                undoubted = reached.clone();
                continue;
            }
            if recorded.is_some_and(|recorded| recorded != root) {
                break;
            }
            let known = self.recorded.get(&size);
            if recorded == Some(root) || known.is_some_and(|roots| roots.contains(&root)) {
                reached.tree = tree.clone();
            }
        }
        reached
    }

    fn asks(&self, size: u64) -> bool {
        self.signed.contains_key(&size) || self.recorded.contains_key(&size)
    }

    /// The last event that is known to have been there.
    fn last(&self) -> u64 {
        let signed = self.signed.last_key_value().map(|(size, _)| *size);
        let recorded = self.recorded.last_key_value().map(|(size, _)| *size);
        signed.max(recorded).unwrap_or_default()
    }
}

impl Frontier {
    /// The root, computed only where something can confirm it.
    fn root_if(&self, anchors: &Anchors, recorded: Option<Hash>) -> Option<Hash> {
        (recorded.is_some() || anchors.asks(self.size())).then(|| self.root())
    }
}

/// Repairs the journal in a ledger's folder. With `dry_run`, and where events would be lost,
/// nothing is changed.
///
/// # Errors
/// [`LogError::Locked`], [`LogError::NotALedger`], or what the system says.
pub fn repair(dir: &Path, options: &LogOptions, with: &Repairing) -> Result<Repaired, TilesError> {
    finish_swap(dir)?;
    let ledger = ledger_of(dir, with, options)?;
    let (sources, anchors, bad_checkpoint) = gather(dir, options, with, ledger)?;
    let nothing = Reached {
        tree: Frontier::new(),
        signed: None,
    };
    let mut taken = Vec::new();
    let mut at = nothing;
    let mut first = true;
    loop {
        let mut best: Option<(usize, Reached)> = None;
        // The journal's own beginning comes first; then whatever leads furthest.
        for (number, (_, source)) in sources.iter().enumerate().skip(usize::from(!first)) {
            if first && number > 0 {
                break;
            }
            let reached = anchors.follow(source, ledger, &at);
            let further = best
                .as_ref()
                .map_or(at.tree.size(), |(_, it)| it.tree.size());
            if reached.tree.size() > further {
                best = Some((number, reached));
            }
        }
        match best {
            Some((number, reached)) => {
                let origin = sources.get(number).map(|(origin, _)| origin.clone());
                taken.push((
                    number,
                    Taken {
                        from: at.tree.size() + 1,
                        to: reached.tree.size(),
                        origin: origin.unwrap_or(Origin::Journal),
                    },
                ));
                at = reached;
            }
            None if first => {}
            None => break,
        }
        first = false;
    }
    let last = anchors.last();
    let events = at.tree.size();
    let mut repaired = Repaired {
        whole: journal_is_whole(dir, events, at.tree.root()) && bad_checkpoint.is_none(),
        taken: taken.iter().map(|(_, taken)| taken.clone()).collect(),
        events,
        root: at.tree.root(),
        confirmed: at.signed,
        lost: (last > events).then_some((events + 1, last)),
        beyond: beyond(&sources, events),
        set_aside: Vec::new(),
    };
    if repaired.whole || with.dry_run || repaired.lost.is_some() {
        return Ok(repaired);
    }
    // The index was open until here, and its files belong to it.
    let journal_is_bad = !journal_is_whole(dir, events, at.tree.root());
    if journal_is_bad {
        write_anew(dir, ledger, &sources, &taken)?;
    }
    drop(sources);
    let now = format_at(options.clock.now_ms()).unwrap_or_default();
    let digits: String = now.chars().filter(char::is_ascii_digit).take(14).collect();
    if let Some(path) = bad_checkpoint {
        let aside = free_name(dir, &format!("checkpoint.damaged-{digits}"), "");
        disk::rename(&path, &aside).map_err(|error| LogError::io(&path, &error))?;
        repaired.set_aside.push(aside);
    }
    if journal_is_bad {
        let _lock = lock(dir, options.wait)?;
        repaired.set_aside.push(swap(dir, &digits)?);
    }
    durable::sync_folder(dir).map_err(|error| LogError::io(dir, &error))?;
    Ok(repaired)
}

/// The events behind a place that the ledger's own files still hold.
fn beyond(sources: &[(Origin, Source)], seq: u64) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for (_, source) in sources {
        if let Source::Frames(pieces) = source {
            ranges.extend(pieces.iter().map(|piece| (piece.first_seq, piece.last_seq)));
        }
    }
    ranges.retain(|(_, last)| *last > seq);
    ranges.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (first, last) in ranges {
        let first = first.max(seq + 1);
        match joined.last_mut() {
            Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// Whether the journal gives these events without a fault.
fn journal_is_whole(dir: &Path, events: u64, root: Hash) -> bool {
    let Ok(marks) = marks(dir) else { return false };
    let mut last = (0, empty_root());
    for mark in marks {
        match mark {
            Ok(mark) => last = (mark.last, mark.root),
            Err(_) => return false,
        }
    }
    let reader = JournalReader::open(
        dir,
        &LogOptions::new(std::sync::Arc::new(|_| Ok(Vec::new()))),
    );
    let Ok(reader) = reader else { return false };
    let fault_free = reader.fault().is_none() && (reader.head().seq, reader.head().root) == last;
    if !fault_free || last != (events, root) {
        return false;
    }
    let mut tree = Frontier::new();
    let Ok(read) = reader.read(1, events) else {
        return false;
    };
    for event in read {
        match event {
            Ok(event) => tree.push(leaf_hash(&event.bytes)),
            Err(_) => return false,
        }
    }
    tree.root() == root
}

/// The ledger's id: from its journal, else from the index or the first donor that says it.
fn ledger_of(dir: &Path, with: &Repairing, options: &LogOptions) -> Result<LedgerId, TilesError> {
    let own = Walker::from_start(&dir.join(JOURNAL)).map(|walker| walker.ledger());
    let error = match own {
        Ok(ledger) => return Ok(ledger),
        Err(error) => error,
    };
    if let Ok(reader) = JournalReader::open(dir, options) {
        return Ok(reader.ledger());
    }
    if let Ok(index) = IndexReader::open(dir, options) {
        return Ok(index.ledger());
    }
    for folder in &with.from {
        if let Ok(reader) = JournalReader::open(folder, options) {
            return Ok(reader.ledger());
        }
    }
    Err(error.into())
}

type Gathered = (Vec<(Origin, Source)>, Anchors, Option<PathBuf>);

/// Everything that knows events of the ledger, the journal first, and what confirms them.
fn gather(
    dir: &Path,
    options: &LogOptions,
    with: &Repairing,
    ledger: LedgerId,
) -> Result<Gathered, TilesError> {
    let mut anchors = Anchors {
        signed: BTreeMap::new(),
        recorded: BTreeMap::new(),
    };
    let (own, bad_checkpoint) = match checkpoint::claimed(dir) {
        Ok(own) => (own, None),
        Err(_) => (None, Some(dir.join(checkpoint::FILE))),
    };
    for checkpoint in own.iter().chain(&with.checkpoints) {
        anchors.signed.insert(checkpoint.size, checkpoint.root);
    }
    let journal = Source::Folder(dir.to_owned(), options.clone());
    let mut sources = vec![(Origin::Journal, journal)];
    let frames = pieces(&dir.join(JOURNAL), ledger, 0)?;
    for piece in &frames {
        let roots = anchors.recorded.entry(piece.last_seq).or_default();
        roots.extend(piece.root);
    }
    sources.push((Origin::Frames, Source::Frames(frames)));
    if let Ok(index) = IndexReader::open(dir, options) {
        let head = index.head();
        anchors
            .recorded
            .entry(head.seq)
            .or_default()
            .push(head.root);
        sources.push((Origin::Index, Source::Index(Box::new(index))));
    }
    for folder in &with.from {
        let origin = Origin::Folder(folder.display().to_string());
        if let Some(tiles) = Tiles::open(folder)? {
            sources.push((origin, Source::Tiles(tiles)));
        } else {
            // A folder that is no ledger is an error: it was named for its help.
            JournalReader::open(folder, options)?;
            sources.push((origin, Source::Folder(folder.clone(), options.clone())));
        }
    }
    Ok((sources, anchors, bad_checkpoint))
}

/// Writes the events into a new journal beside the old one; durable when this returns.
fn write_anew(
    dir: &Path,
    ledger: LedgerId,
    sources: &[(Origin, Source)],
    taken: &[(usize, Taken)],
) -> Result<(), LogError> {
    let journal = dir.join(REPAIRED);
    if journal.exists() {
        // Left by a repair that was cut short; it was never in use.
        disk::remove_dir_all(&journal).map_err(|error| LogError::io(&journal, &error))?;
    }
    write::create(&journal, ledger)?;
    let start = Cursor::of_segment(&SegmentHeader {
        ledger,
        first_seq: 1,
        prev: [0; 32],
        root: empty_root(),
        at_ms: 0,
    });
    let mut copy = Copying {
        writer: JournalWriter::open(&journal, ledger, start, crate::log::options::SEGMENT_BYTES)?,
        tree: Frontier::new(),
        first: 1,
        at_ms: 0,
    };
    for (number, range) in taken {
        let Some((_, source)) = sources.get(*number) else {
            continue;
        };
        for (event, _) in source.events(range.from) {
            if event.seq > range.to {
                break;
            }
            copy.add(&event)?;
        }
    }
    copy.close()
}

/// Events on their way into a new journal, one frame a batch.
struct Copying {
    writer: JournalWriter,
    tree: Frontier,
    /// The first event of the frame that is being filled.
    first: u64,
    at_ms: i64,
}

impl Copying {
    fn add(&mut self, event: &StoredEvent) -> Result<(), LogError> {
        let held = self.writer.events_len();
        if held > 0 && held + event.bytes.len() + 1 > FRAME_TARGET {
            self.close()?;
        }
        if self.writer.events_len() == 0 {
            self.writer.begin().map_err(LogError::from)?;
            self.first = event.seq;
        }
        let out = self.writer.events();
        out.extend_from_slice(&event.bytes);
        out.push(b'\n');
        self.tree.push(leaf_hash(&event.bytes));
        self.at_ms = event.at_ms;
        Ok(())
    }

    fn close(&mut self) -> Result<(), LogError> {
        if self.writer.events_len() == 0 {
            return Ok(());
        }
        let count = self.tree.size() + 1 - self.first;
        self.writer
            .put(FrameSpec {
                first_seq: self.first,
                batch_first: self.first,
                count: u32::try_from(count).unwrap_or(u32::MAX),
                at_ms: self.at_ms,
                root: self.tree.root(),
                end: true,
            })
            .and_then(|()| self.writer.commit())
            .map_err(LogError::from)
    }
}

/// Puts the new journal in the place of the old one, which keeps its files under another name.
fn swap(dir: &Path, digits: &str) -> Result<PathBuf, LogError> {
    let (journal, new) = (dir.join(JOURNAL), dir.join(REPAIRED));
    let aside = free_name(dir, &format!("journal.damaged-{digits}"), "");
    disk::rename(&journal, &aside)
        .and_then(|()| disk::rename(&new, &journal))
        .and_then(|()| durable::sync_folder(dir))
        .map_err(|error| LogError::io(&journal, &error))?;
    Ok(aside)
}

/// A cut between the two renames leaves no journal under its name.
fn finish_swap(dir: &Path) -> Result<(), LogError> {
    let (journal, new) = (dir.join(JOURNAL), dir.join(REPAIRED));
    if journal.exists() || !new.exists() {
        return Ok(());
    }
    disk::rename(&new, &journal)
        .and_then(|()| durable::sync_folder(dir))
        .map_err(|error| LogError::io(&new, &error))
}
