//! What is saved of a range of events beside the facts.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::file::{Part, Parts, from_bytes, to_bytes};
use super::key_list::KeyList;
use super::keys::{Key, put_event_keys, support_in};
use super::words::Words;
use crate::domain::code::Code;
use crate::domain::event::{Body, Event, Happened};
use crate::domain::ledger::UnitLevel;
use crate::log::codec;
use crate::log::merkle::Frontier;
use crate::projection::base::Whose;
use crate::projection::column::{read_number, write_number};

/// How many events lie between two marks: so many are hashed at most to give the root as of any
/// event.
const MARK_EVERY: u64 = 1_024;
/// How many marks a block holds.
const MARKS_A_BLOCK: usize = 64;
/// How many keys a block holds.
const KEYS_A_BLOCK: usize = 1_024;
/// How many codes a block holds.
const CODES_A_BLOCK: usize = 512;
/// The bytes of an entry of the key index: first key, place, length and checksum of the block.
const KEY_ENTRY: usize = 24;

/// Events that are not kept, but whose places are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// What is about households and persons, and no support.
    People,
    /// Supports on which something was noted when they were recorded.
    Noted,
}

impl Listed {
    const ALL: [Listed; 2] = [Listed::People, Listed::Noted];

    fn has(self, event: &Happened<'_>) -> bool {
        match self {
            Listed::People => matches!(class_of(event.body), Class::Person),
            Listed::Noted => event.noted && support_in(event).is_some(),
        }
    }
}

/// A place in the log with its time and the edge of the tree up to it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Mark {
    seq: u64,
    pub at_ms: i64,
    edge: Vec<[u8; 32]>,
}

impl Mark {
    /// The edge of the tree.
    pub(super) fn frontier(&self) -> Option<Frontier> {
        Frontier::from_parts(self.seq, self.edge.clone())
    }
}

/// A block of marks, and what its first mark says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct MarkBlock {
    seq: u64,
    at_ms: i64,
    block: Part,
}

/// A block of codes, sorted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct CodeBlock {
    first: String,
    block: Part,
}

impl CodeBlock {
    /// The place of the block, of those of a run, that a code stands in if it stands in any.
    pub(super) fn place_of(blocks: &[CodeBlock], code: &str) -> Option<usize> {
        let behind = blocks.partition_point(|block| block.first.as_str() <= code);
        behind.checked_sub(1)
    }
}

/// A code and its number.
pub(super) type Numbered = (Box<str>, u32);

/// A run file, and where its parts stand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Run {
    pub name: String,
    pub first: u64,
    pub last: u64,
    core: Part,
    members: Part,
    villages: Part,
    /// The places of some events: those of each [`Listed`].
    listed: [Part; 2],
    marks: Part,
    /// The index of the blocks of household codes and of person codes.
    codes: [Part; 2],
    keys: Part,
}

impl Run {
    /// How many events it is of.
    pub(super) fn len(&self) -> u64 {
        self.last + 1 - self.first
    }

    /// Adds the saved events to `events`.
    pub(super) fn core(
        &self,
        dir: &Path,
        (members, villages): (bool, bool),
        events: &mut Vec<Event>,
    ) -> Result<(), String> {
        let path = dir.join(&self.name);
        let parts = [
            Some(&self.core),
            members.then_some(&self.members),
            villages.then_some(&self.villages),
        ];
        for part in parts.into_iter().flatten().filter(|part| part.len > 0) {
            decode_lines(&part.read(&path)?, &|_| true, events)?;
        }
        Ok(())
    }

    /// Adds the villages that some words may name.
    pub(super) fn villages(
        &self,
        dir: &Path,
        words: &Words,
        events: &mut Vec<Event>,
    ) -> Result<(), String> {
        let bytes = self.villages.read(&dir.join(&self.name))?;
        decode_lines(&bytes, &|line| words.may_name(line), events)
    }

    /// The places of some events, ascending.
    pub(super) fn listed(&self, dir: &Path, which: Listed) -> Result<Vec<u64>, String> {
        let [people, noted] = &self.listed;
        let part = match which {
            Listed::People => people,
            Listed::Noted => noted,
        };
        let bytes = part.read(&dir.join(&self.name))?;
        let (mut at, mut place, mut places) = (0, 0u64, Vec::new());
        while at < bytes.len() {
            let more = read_number(&bytes, &mut at).ok_or("a list of places is not readable")?;
            place = place.wrapping_add(more);
            places.push(place);
        }
        Ok(places)
    }

    /// The last mark that `known` knows by its place and its time.
    pub(super) fn mark_before(
        &self,
        dir: &Path,
        known: &dyn Fn(u64, i64) -> bool,
    ) -> Result<Option<Mark>, String> {
        let path = dir.join(&self.name);
        let blocks: Vec<MarkBlock> = from_bytes(&self.marks.read(&path)?)?;
        let before = blocks.partition_point(|block| known(block.seq, block.at_ms));
        let Some(block) = before.checked_sub(1).and_then(|place| blocks.get(place)) else {
            return Ok(None);
        };
        let mut marks: Vec<Mark> = from_bytes(&block.block.read(&path)?)?;
        marks.truncate(marks.partition_point(|mark| known(mark.seq, mark.at_ms)));
        Ok(marks.pop())
    }

    fn marks(&self, dir: &Path) -> Result<Vec<Mark>, String> {
        let path = dir.join(&self.name);
        let blocks: Vec<MarkBlock> = from_bytes(&self.marks.read(&path)?)?;
        let mut marks = Vec::new();
        for block in blocks {
            marks.extend(from_bytes::<Vec<Mark>>(&block.block.read(&path)?)?);
        }
        Ok(marks)
    }

    /// The index of the blocks of keys.
    pub(super) fn key_index(&self, dir: &Path) -> Result<Vec<u8>, String> {
        self.keys.read(&dir.join(&self.name))
    }

    /// Adds the places that a key leads to.
    pub(super) fn places(
        &self,
        dir: &Path,
        index: &[u8],
        key: Key,
        places: &mut Vec<u64>,
    ) -> Result<(), String> {
        let path = dir.join(&self.name);
        let entries = index.as_chunks::<KEY_ENTRY>().0;
        // A key's places can begin in the block before the first that starts with the key.
        let from = entries.partition_point(|entry| first_of(entry) < key.0);
        for entry in entries.iter().skip(from.saturating_sub(1)) {
            if first_of(entry) > key.0 {
                break;
            }
            let part = part_of(entry).ok_or("a key index is not readable")?;
            each_key(&part.read(&path)?, self.first, &mut |(found, seq)| {
                if found == key.0 {
                    places.push(seq);
                }
            })?;
        }
        Ok(())
    }

    /// Adds the places that any of some keys leads to; `keys` are ascending and each is there once.
    /// Every block that can hold one of them is read once.
    pub(super) fn places_of_all(
        &self,
        dir: &Path,
        index: &[u8],
        keys: &[Key],
        places: &mut Vec<u64>,
    ) -> Result<(), String> {
        let entries = index.as_chunks::<KEY_ENTRY>().0;
        let mut file = None;
        let (mut rest, mut next) = (keys, 0);
        while let Some(key) = rest.first() {
            // A key's places can begin in the block before the first that starts with the key.
            let from = entries.partition_point(|entry| first_of(entry) < key.0);
            let at = from.saturating_sub(1).max(next);
            let Some(entry) = entries.get(at) else {
                break;
            };
            let first = first_of(entry);
            if first > key.0 {
                rest = from_key(rest, first);
                continue;
            }
            let file = match &mut file {
                Some(file) => file,
                None => file.insert(Parts::open(&dir.join(&self.name))?),
            };
            let part = part_of(entry).ok_or("a key index is not readable")?;
            let mut wanted = rest;
            each_key(file.read(&part)?, self.first, &mut |(found, seq)| {
                while wanted.first().is_some_and(|key| key.0 < found) {
                    wanted = wanted.get(1..).unwrap_or_default();
                }
                if wanted.first().is_some_and(|key| key.0 == found) {
                    places.push(seq);
                }
            })?;
            next = at + 1;
            // The key that the next block begins with stands at its beginning too.
            rest = from_key(rest, entries.get(next).map_or(u64::MAX, first_of));
        }
        Ok(())
    }

    /// The codes of a block with their numbers, sorted.
    pub(super) fn codes(&self, dir: &Path, block: &CodeBlock) -> Result<Vec<Numbered>, String> {
        from_bytes(&block.block.read(&dir.join(&self.name))?)
    }

    pub(super) fn code_blocks(&self, dir: &Path, whose: Whose) -> Result<Vec<CodeBlock>, String> {
        let [households, persons] = &self.codes;
        let part = match whose {
            Whose::Household => households,
            Whose::Person => persons,
        };
        from_bytes(&part.read(&dir.join(&self.name))?)
    }

    /// Everything in it, to be put together with what follows.
    pub(super) fn open(&self, dir: &Path) -> Result<RunBuilder, String> {
        let path = dir.join(&self.name);
        let mut builder = RunBuilder::new(self.first);
        builder.last = self.last;
        builder.core = self.core.read(&path)?;
        builder.members = self.members.read(&path)?;
        builder.villages = self.villages.read(&path)?;
        for (which, into) in Listed::ALL.into_iter().zip(&mut builder.listed) {
            *into = self.listed(dir, which)?;
        }
        builder.marks = self.marks(dir)?;
        let index = self.keys.read(&path)?;
        for entry in index.as_chunks::<KEY_ENTRY>().0 {
            let part = part_of(entry).ok_or("a key index is not readable")?;
            each_key(&part.read(&path)?, 0, &mut |(key, behind)| {
                builder.keys.push(key, behind);
            })?;
        }
        for (whose, into) in [Whose::Household, Whose::Person]
            .into_iter()
            .zip(&mut builder.codes)
        {
            for block in self.code_blocks(dir, whose)? {
                into.extend(self.codes(dir, &block)?);
            }
        }
        Ok(builder)
    }
}

fn decode_lines(
    bytes: &[u8],
    wanted: &dyn Fn(&[u8]) -> bool,
    events: &mut Vec<Event>,
) -> Result<(), String> {
    let lines = bytes.split(|byte| *byte == b'\n');
    for line in lines.filter(|line| !line.is_empty() && wanted(line)) {
        events.push(codec::decode_kept(line).map_err(|error| error.to_string())?);
    }
    Ok(())
}

/// The keys that are not below one.
fn from_key(keys: &[Key], least: u64) -> &[Key] {
    let below = keys.partition_point(|key| key.0 < least);
    keys.get(below..).unwrap_or_default()
}

fn first_of(entry: &[u8; KEY_ENTRY]) -> u64 {
    entry
        .first_chunk::<8>()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn part_of(entry: &[u8; KEY_ENTRY]) -> Option<Part> {
    from_fixed(entry.get(8..)?)
}

fn from_fixed(bytes: &[u8]) -> Option<Part> {
    let (at, rest) = bytes.split_first_chunk::<8>()?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let crc = rest.first_chunk::<4>()?;
    Some(Part::known(
        u64::from_le_bytes(*at),
        u32::from_le_bytes(*len).into(),
        u32::from_le_bytes(*crc),
    ))
}

/// Visits the keys of a block with their places.
fn each_key(block: &[u8], first: u64, visit: &mut dyn FnMut((u64, u64))) -> Result<(), String> {
    let (mut at, mut key, mut seq) = (0, 0, first);
    while at < block.len() {
        let mut number = || read_number(block, &mut at).ok_or("a block of keys is not readable");
        let (more, place) = (number()?, number()?);
        if more == 0 {
            seq = seq.wrapping_add(place);
        } else {
            key = u64::wrapping_add(key, more);
            seq = first.wrapping_add(place);
        }
        visit((key, seq));
    }
    Ok(())
}

/// A run that is put together.
#[derive(Debug)]
pub(super) struct RunBuilder {
    first: u64,
    last: u64,
    core: Vec<u8>,
    members: Vec<u8>,
    villages: Vec<u8>,
    listed: [Vec<u64>; 2],
    marks: Vec<Mark>,
    keys: KeyList,
    /// The keys of the event that was taken last.
    keys_of_one: Vec<Key>,
    codes: [Vec<Numbered>; 2],
}

impl RunBuilder {
    /// A run that begins with an event.
    pub(super) fn new(first: u64) -> RunBuilder {
        RunBuilder {
            first,
            last: first - 1,
            core: Vec::new(),
            members: Vec::new(),
            villages: Vec::new(),
            listed: [Vec::new(), Vec::new()],
            marks: Vec::new(),
            keys: KeyList::default(),
            keys_of_one: Vec::new(),
            codes: [Vec::new(), Vec::new()],
        }
    }

    /// How many events it is of.
    pub(super) fn len(&self) -> u64 {
        self.last + 1 - self.first
    }

    /// Takes the next event in; `frontier` is the edge of the tree with it, at least where a mark
    /// is due. The bytes are asked for of no event that is found by its keys.
    pub(super) fn take(&mut self, event: &Happened<'_>, bytes: &[u8], frontier: &Frontier) {
        self.last = event.seq;
        let seq = event.seq;
        put_event_keys(event, &mut self.keys_of_one);
        for key in &self.keys_of_one {
            self.keys.push(key.0, seq - self.first);
        }
        if let Some(part) = match class_of(event.body) {
            Class::Core => Some(&mut self.core),
            Class::Member => Some(&mut self.members),
            Class::Village => Some(&mut self.villages),
            Class::Person | Class::Support => None,
        } {
            part.extend_from_slice(bytes);
            part.push(b'\n');
        }
        for (which, into) in Listed::ALL.into_iter().zip(&mut self.listed) {
            if which.has(event) {
                into.push(seq);
            }
        }
        if seq.is_multiple_of(MARK_EVERY) {
            self.marks.push(Mark {
                seq,
                at_ms: event.at_ms,
                edge: frontier.edge().to_vec(),
            });
        }
    }

    /// Takes the number of a new code in.
    pub(super) fn code(&mut self, whose: Whose, code: &Code, number: u32) {
        let [households, persons] = &mut self.codes;
        let codes = match whose {
            Whose::Household => households,
            Whose::Person => persons,
        };
        codes.push((code.as_str().into(), number));
    }

    /// Takes in what a later run has.
    pub(super) fn append(&mut self, later: RunBuilder) {
        self.last = later.last;
        self.core.extend(later.core);
        self.members.extend(later.members);
        self.villages.extend(later.villages);
        for (listed, later) in self.listed.iter_mut().zip(later.listed) {
            listed.extend(later);
        }
        self.marks.extend(later.marks);
        self.keys.append(later.keys, later.first - self.first);
        for (codes, later) in self.codes.iter_mut().zip(later.codes) {
            codes.extend(later);
        }
    }

    /// Writes the run into a folder.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn write(mut self, dir: &Path) -> Result<Run, String> {
        let mut file = Vec::new();
        let core = Part::add(&mut file, &self.core);
        let members = Part::add(&mut file, &self.members);
        let villages = Part::add(&mut file, &self.villages);
        let mut listed = [Part::default(); 2];
        for (part, places) in listed.iter_mut().zip(&self.listed) {
            let (mut bytes, mut last) = (Vec::new(), 0);
            for place in places {
                write_number(place - last, &mut bytes);
                last = *place;
            }
            *part = Part::add(&mut file, &bytes);
        }
        let mut blocks = Vec::new();
        for marks in self.marks.chunks(MARKS_A_BLOCK) {
            let Some(first) = marks.first() else { continue };
            blocks.push(MarkBlock {
                seq: first.seq,
                at_ms: first.at_ms,
                block: Part::add(&mut file, &to_bytes(&marks)?),
            });
        }
        let marks = Part::add(&mut file, &to_bytes(&blocks)?);
        let mut codes = [Part::default(); 2];
        for (index, codes) in codes.iter_mut().zip(&mut self.codes) {
            codes.sort_unstable();
            let mut blocks = Vec::new();
            for block in codes.chunks(CODES_A_BLOCK) {
                let first = block.first().map(|entry| entry.0.to_string());
                let first = first.unwrap_or_default();
                let block = Part::add(&mut file, &to_bytes(&block)?);
                blocks.push(CodeBlock { first, block });
            }
            *index = Part::add(&mut file, &to_bytes(&blocks)?);
        }
        let keys = write_keys(std::mem::take(&mut self.keys), &mut file)?;
        let name = format!("run.{}-{}", self.first, self.last);
        super::file::write(&dir.join(&name), &file).map_err(|error| format!("{name}: {error}"))?;
        Ok(Run {
            name,
            first: self.first,
            last: self.last,
            core,
            members,
            villages,
            listed,
            marks,
            codes,
            keys,
        })
    }
}

fn write_keys(keys: KeyList, file: &mut Vec<u8>) -> Result<Part, String> {
    let (mut index, mut block) = (Vec::new(), Vec::new());
    let (mut count, mut first) = (0, 0);
    let (mut last, mut last_place) = (0, 0);
    let mut close = |first: u64, block: &mut Vec<u8>| {
        let part = Part::add(file, block);
        index.extend(first.to_le_bytes());
        index.extend(part.fixed());
        block.clear();
    };
    keys.each_sorted(&mut |key, place| {
        if count == KEYS_A_BLOCK {
            close(first, &mut block);
            count = 0;
        }
        if count == 0 {
            (first, last, last_place) = (key, 0, 0);
        }
        // A key that is no more than the one before it goes on from its place.
        let more = key - last;
        write_number(more, &mut block);
        write_number(
            if more == 0 { place - last_place } else { place },
            &mut block,
        );
        (last, last_place) = (key, place);
        count += 1;
    })?;
    if count > 0 {
        close(first, &mut block);
    }
    Ok(Part::add(file, &index))
}

enum Class {
    /// A figure needs it beside the facts.
    Core,
    /// It says that a household takes part in something.
    Member,
    /// It registers a village: there can be tens of thousands, and few questions name them.
    Village,
    /// It is about a household or a person, and found by its keys.
    Person,
    /// It is about a support, and found by its keys.
    Support,
}

fn class_of(body: &Body) -> Class {
    match body {
        Body::CohortListed(_) | Body::ProjectJoined(_) => Class::Member,
        Body::UnitRegistered(data) if data.level == UnitLevel::Village => Class::Village,
        Body::HouseholdRegistered(_)
        | Body::HouseholdMoved(_)
        | Body::HouseholdHeadChanged(_)
        | Body::HouseholdChanged(_)
        | Body::HouseholdClassified(_)
        | Body::PersonJoined(_)
        | Body::PersonChanged(_)
        | Body::PersonLeft(_) => Class::Person,
        Body::Support(..)
        | Body::SupportReversed(_)
        | Body::SupportCorrected(_)
        | Body::SupportRecovered(_) => Class::Support,
        // Whatever else there is or will be is needed until somebody says that it is not.
        _ => Class::Core,
    }
}

/// Whether an event is found by its keys and by nothing else.
pub(in crate::office) fn is_of_a_subject(body: &Body) -> bool {
    matches!(class_of(body), Class::Person | Class::Support)
}
