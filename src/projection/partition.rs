//! The rows of one month in columns, cut into chunks of one stage, kind and class.
//!
//! Within a month rows are sorted by stage, kind, class and household. A chunk never crosses one of
//! the first three, so they cost nothing a row, and a question about them is asked once a chunk.
//! Rows that a figure counts in an unusual way (a negative sign, a recovery) stand in chunks of
//! their own: they are *odd*, the others *plain*.
//!
//! The bytes of a partition are a **directory** (where the sections are, and what is known of each
//! chunk and its columns) and behind it the **sections**: each has the numbers of one column, of
//! all plain or of all odd chunks. So a question reads the directory and the few columns that it
//! is about.

use std::sync::Arc;

use super::base::Replaced;
use super::column::{Column, PADDING, read_number, write_number};
use super::facts::{Day, Fact, STANDS};
use crate::domain::stage::Stage;

/// The most rows of a chunk: its columns fit into the processor's nearest memory.
pub const CHUNK_ROWS: usize = 1_024;

macro_rules! columns {
    ($($name:ident),* $(,)?) => {
        /// The columns of a chunk, in their order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each is the field of `Fact` of that name")]
        pub enum Field { $($name),* }

        /// How many columns there are.
        pub const FIELDS: usize = [$(Field::$name),*].len();

        const ALL_FIELDS: [Field; FIELDS] = [$(Field::$name),*];
    };
}

// What most figures read stands first, one behind the other.
columns! {
    AddSeq, VoidSeq, Household, Person, Places, Unit, Count, Quantity, Amount,
    Support, Occurred, Recovered, Sign, Recovery, Contra, Source, Parts, Project, Covers, Recorded,
    Decided, Group, Sex, Minority, Stages,
}

/// The sections of the plain chunks, and as many of the odd ones: the columns, and behind them the
/// sources and the amounts of rows with several parts.
const SECTIONS: usize = FIELDS + 2;
const PART_SOURCES: usize = FIELDS;
const PART_AMOUNTS: usize = FIELDS + 1;

/// Columns of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Columns(u32);

impl Columns {
    /// None of them.
    pub const NONE: Columns = Columns(0);
    /// All of them.
    pub const ALL: Columns = Columns((1 << SECTIONS) - 1);

    /// These columns.
    pub const fn of(fields: &[Field]) -> Columns {
        let mut columns = 0;
        let mut rest = fields;
        while let [field, later @ ..] = rest {
            columns |= 1 << *field as u32;
            rest = later;
        }
        // The parts of rows with several stand beside their number.
        if columns & 1 << Field::Parts as u32 != 0 {
            columns |= 1 << PART_SOURCES | 1 << PART_AMOUNTS;
        }
        Columns(columns)
    }

    /// These and others.
    #[must_use]
    pub const fn and(self, others: Columns) -> Columns {
        Columns(self.0 | others.0)
    }

    fn has(self, section: usize) -> bool {
        self.0 >> section & 1 == 1
    }
}

/// The columns that a look at a partition needs: of its plain chunks, and of the odd ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Of chunks in which every row counts the usual way.
    pub plain: Columns,
    /// Of the others.
    pub odd: Columns,
}

impl Wanted {
    /// Every column.
    pub const ALL: Wanted = Wanted {
        plain: Columns::ALL,
        odd: Columns::ALL,
    };

    /// These columns of every chunk.
    pub const fn of_all(columns: Columns) -> Wanted {
        Wanted {
            plain: columns,
            odd: columns,
        }
    }

    fn has(self, plain: bool, section: usize) -> bool {
        let columns = if plain { self.plain } else { self.odd };
        columns.has(section)
    }
}

/// A row on its way into a partition.
#[derive(Debug, Clone, Copy)]
pub struct Packable<'a> {
    /// The row.
    pub fact: &'a Fact,
    /// Its funding.
    pub funding: &'a [(u32, i64)],
    /// The stages that rows of its support are at, as bits.
    pub stages: u16,
}

impl Packable<'_> {
    fn amount(&self) -> i128 {
        self.funding.iter().map(|part| i128::from(part.1)).sum()
    }

    /// Every figure counts it the usual way.
    fn is_plain(&self) -> bool {
        self.fact.sign > 0 && !self.fact.is_recovery && i64::try_from(self.amount()).is_ok()
    }

    fn order(&self) -> impl Ord + use<> {
        let fact = self.fact;
        let run = (fact.stage, fact.kind, fact.class, !self.is_plain());
        (run, fact.household, fact.add_seq, fact.sign)
    }

    fn run(&self) -> (Stage, u32, u8, bool) {
        let fact = self.fact;
        (fact.stage, fact.kind, fact.class, self.is_plain())
    }

    fn value(&self, field: Field) -> i64 {
        let fact = self.fact;
        match field {
            Field::AddSeq => fact.add_seq.cast_signed(),
            Field::VoidSeq if fact.void_seq == STANDS => 0,
            Field::VoidSeq => fact.void_seq.cast_signed(),
            // Most rows are of the event that opened their support.
            Field::Support => fact.add_seq.wrapping_sub(fact.support).cast_signed(),
            Field::Occurred => fact.occurred.into(),
            Field::Recorded => fact.recorded.into(),
            Field::Household => fact.household.into(),
            Field::Person => fact.person.into(),
            Field::Group => fact.group.into(),
            Field::Project => fact.project.into(),
            Field::Places => fact.places.into(),
            Field::Covers => fact.covers.into(),
            Field::Unit => fact.unit.into(),
            Field::Count => fact.count.cast_signed(),
            Field::Quantity => fact.quantity,
            Field::Recovered => fact.recovered,
            Field::Sign => fact.sign.into(),
            Field::Recovery => fact.is_recovery.into(),
            Field::Contra => fact.contra.into(),
            // Papers are mostly of the day itself.
            Field::Decided => i64::from(fact.decided) - i64::from(fact.occurred),
            Field::Sex => fact.sex.into(),
            Field::Minority => fact.minority.into(),
            Field::Source => self.funding.first().map_or(0, |part| part.0.into()),
            Field::Amount => i64::try_from(self.amount()).unwrap_or(0),
            Field::Parts => i64::try_from(self.funding.len()).unwrap_or(0),
            Field::Stages => self.stages.into(),
        }
    }
}

/// Rows of one stage, kind and class.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The place of its first row among all rows of the partition.
    first: u32,
    /// How many.
    pub rows: usize,
    /// Their stage.
    pub stage: Stage,
    /// Their kind.
    pub kind: u32,
    /// Their class.
    pub class: u8,
    /// All of them stand with a positive sign, and none is a recovery.
    pub plain: bool,
    /// The newest of the events that added them.
    pub last_added: u64,
    /// The newest of the events that voided them, or 0.
    pub last_voided: u64,
    /// The first and the last day they happened.
    pub days: (Day, Day),
    /// The stages that any of their supports is at, as bits.
    pub stages: u16,
    columns: [Column; FIELDS],
    /// The funding of the rows that have not exactly one part: sources and amounts.
    parts: (usize, Column, Column),
}

/// Columns that were unfolded for a look at them; kept, so that their memory is used again.
#[derive(Debug, Clone, Default)]
pub struct Unfolded {
    numbers: Vec<u32>,
    values: Vec<i64>,
    lens: Vec<i64>,
    sources: Vec<i64>,
    /// The rows that are taken out.
    taken: Vec<usize>,
}

/// Rows taken out of a partition, with their funding.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// The rows; their funding stands in `funding`.
    pub facts: Vec<Fact>,
    funding: Vec<(u32, i64)>,
}

impl Rows {
    /// Adds a row with its funding.
    pub(super) fn push(&mut self, mut fact: Fact, funding: &[(u32, i64)]) {
        fact.funding_at = u32::try_from(self.funding.len()).unwrap_or(u32::MAX);
        fact.funding_len = u32::try_from(funding.len()).unwrap_or(0);
        self.funding.extend_from_slice(funding);
        self.facts.push(fact);
    }

    /// The funding of one of the rows.
    pub fn funding(&self, fact: &Fact) -> &[(u32, i64)] {
        let at = fact.funding_at as usize;
        let parts = self.funding.get(at..at + fact.funding_len as usize);
        parts.unwrap_or_default()
    }
}

/// Where a section stands in the bytes of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SectionAt {
    /// Its first byte.
    pub at: u64,
    /// How many bytes it has.
    pub len: usize,
    crc: u32,
    plain: bool,
    section: usize,
}

/// The bytes of a section, and of what was read with it.
#[derive(Debug, Clone)]
struct Section {
    bytes: Arc<[u8]>,
    from: usize,
}

/// The rows of one month; of a partition that was read in part, some of their columns.
#[derive(Debug, Clone, Default)]
pub struct Partition {
    chunks: Arc<[Chunk]>,
    sections: Arc<[SectionAt]>,
    loaded: [[Option<Section>; SECTIONS]; 2],
    /// The places of the rows that stand in another partition, as they are now; ascending.
    gone: Arc<[u32]>,
}

impl Partition {
    /// Packs rows, in whatever order they come, into the bytes of a partition, and says how many of
    /// them are the directory. `None` where they cannot be read back as they are.
    pub fn pack(mut rows: Vec<Packable<'_>>) -> Option<(Partition, Vec<u8>, usize)> {
        rows.sort_by_cached_key(Packable::order);
        let mut packing = Packing::default();
        for run in rows.chunk_by(|a, b| a.run() == b.run()) {
            for rows in run.chunks(CHUNK_ROWS) {
                packing.chunk(rows);
            }
        }
        let (bytes, directory) = packing.finish();
        let partition = Partition::whole(&bytes, directory)?;
        (partition.len() == rows.len()).then_some((partition, bytes, directory))
    }

    /// Reads the directory of a partition whose sections begin at `end`; its columns are then
    /// loaded as they are needed. `None` where the bytes are no directory.
    pub fn directory(bytes: &[u8], mut end: u64) -> Option<Partition> {
        let mut at = 0;
        let mut sections = Vec::new();
        for plain in [true, false] {
            for section in 0..SECTIONS {
                let len = usize::try_from(read_number(bytes, &mut at)?).ok()?;
                let mut crc = 0;
                if len > 0 {
                    crc = u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
                    at += 4;
                }
                sections.push(SectionAt {
                    at: end,
                    len,
                    crc,
                    plain,
                    section,
                });
                end = end.checked_add(len as u64)?;
            }
        }
        let mut chunks: Vec<Chunk> = Vec::new();
        let (mut first, mut ends) = (0u32, [[0; SECTIONS]; 2]);
        while at < bytes.len() {
            let mut chunk = read_chunk(bytes, &mut at, &mut ends)?;
            chunk.first = first;
            first = first.checked_add(u32::try_from(chunk.rows).ok()?)?;
            chunks.push(chunk);
        }
        let lens = sections.iter().map(|section| section.len);
        let fits = lens.eq(ends.as_flattened().iter().copied());
        fits.then(|| Partition {
            chunks: chunks.into(),
            sections: sections.into(),
            loaded: Default::default(),
            gone: Arc::default(),
        })
    }

    /// Reads the bytes of a whole partition, of which so many are its directory.
    pub fn whole(bytes: &[u8], directory: usize) -> Option<Partition> {
        let (directory, rest) = bytes.split_at_checked(directory)?;
        let mut partition = Partition::directory(directory, directory.len() as u64)?;
        let missing = partition.missing(Wanted::ALL);
        partition.load(&missing, rest.to_vec()).then_some(partition)
    }

    /// The partition but for some of its rows, named by their places, ascending.
    #[must_use]
    pub fn without(self, gone: Vec<u32>) -> Partition {
        let gone = gone.into();
        Partition { gone, ..self }
    }

    /// The rows of a chunk that stand in another partition, ascending.
    pub(super) fn gone(&self, chunk: &Chunk) -> impl Iterator<Item = usize> {
        let from = self.gone.partition_point(|place| *place < chunk.first);
        let gone = self.gone.get(from..).unwrap_or_default().iter();
        let row = move |place: &u32| (place - chunk.first) as usize;
        gone.map(row).take_while(|row| *row < chunk.rows)
    }

    /// The places of the rows that were added by events that `replaced` has, ascending, but for
    /// those that are gone.
    pub(super) fn places(&self, replaced: &Replaced) -> Vec<u32> {
        let mut places = Vec::new();
        let (mut numbers, mut added) = (Vec::new(), Vec::new());
        for chunk in &*self.chunks {
            let column = chunk.column(Field::AddSeq);
            if !replaced.touches(column.floor().cast_unsigned(), chunk.last_added) {
                continue;
            }
            let section = self.of(chunk, Field::AddSeq);
            column.fill(section, chunk.rows, &mut numbers, &mut added);
            let mut gone = self.gone(chunk).peekable();
            for (row, (place, added)) in (chunk.first..).zip(&added).enumerate() {
                if gone.next_if_eq(&row).is_none() && replaced.contains(added.cast_unsigned()) {
                    places.push(place);
                }
            }
        }
        places
    }

    /// The sections that are needed and were not loaded, in the order of their bytes.
    pub fn missing(&self, wanted: Wanted) -> Vec<SectionAt> {
        let missing = |it: &&SectionAt| {
            it.len > 0
                && wanted.has(it.plain, it.section)
                && self.section(it.plain, it.section).is_none()
        };
        self.sections.iter().filter(missing).copied().collect()
    }

    /// Loads sections from the bytes between the first and the last of them. `false` where these
    /// are not as they were written.
    #[must_use]
    pub fn load(&mut self, sections: &[SectionAt], mut bytes: Vec<u8>) -> bool {
        let Some(first) = sections.first() else {
            return true;
        };
        let ranges = || {
            sections.iter().map(|section| {
                let from = usize::try_from(section.at - first.at).unwrap_or(usize::MAX);
                (section, from)
            })
        };
        let sound = ranges().all(|(section, from)| {
            let bytes = from
                .checked_add(section.len)
                .and_then(|end| bytes.get(from..end));
            bytes.is_some_and(|bytes| crc32c::crc32c(bytes) == section.crc)
        });
        if !sound {
            return false;
        }
        bytes.extend([0; PADDING]);
        let bytes: Arc<[u8]> = bytes.into();
        for (section, from) in ranges() {
            let [plain, odd] = &mut self.loaded;
            let loaded = if section.plain { plain } else { odd };
            if let Some(place) = loaded.get_mut(section.section) {
                let bytes = bytes.clone();
                *place = Some(Section { bytes, from });
            }
        }
        true
    }

    fn section(&self, plain: bool, section: usize) -> Option<&[u8]> {
        let [of_plain, of_odd] = &self.loaded;
        let loaded = if plain { of_plain } else { of_odd };
        let section = loaded.get(section)?.as_ref()?;
        section.bytes.get(section.from..)
    }

    /// The chunks.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.rows).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The section of a column of a chunk. **It was loaded**, or the column is the same in every
    /// row of every such chunk.
    pub(super) fn of(&self, chunk: &Chunk, field: Field) -> &[u8] {
        self.section(chunk.plain, field as usize)
            .unwrap_or_default()
    }

    /// Takes the rows of a chunk out that `wanted` names by the events that added and voided them
    /// (0 where none did), with some of their columns; the others are as in a row that says
    /// nothing.
    pub fn unpack(
        &self,
        chunk: &Chunk,
        columns: Columns,
        unfolded: &mut Unfolded,
        rows: &mut Rows,
        wanted: impl Fn(u64, u64) -> bool,
    ) {
        rows.facts.clear();
        rows.funding.clear();
        self.choose(chunk, unfolded, rows, wanted);
        for field in ALL_FIELDS {
            let told = matches!(field, Field::AddSeq | Field::VoidSeq);
            let column = chunk.column(field);
            if told || !columns.has(field as usize) || column.constant() == Some(0) {
                continue;
            }
            let values = &mut unfolded.values;
            column.fill(
                self.of(chunk, field),
                chunk.rows,
                &mut unfolded.numbers,
                values,
            );
            let taken = unfolded.taken.iter().map(|row| values.get(*row));
            for (fact, value) in rows.facts.iter_mut().zip(taken) {
                set(fact, field, value.copied().unwrap_or(0));
            }
        }
        if columns.has(Field::Decided as usize) {
            for fact in &mut rows.facts {
                fact.decided = fact.decided.wrapping_add(fact.occurred);
            }
        }
        if columns.has(Field::Parts as usize) {
            self.fund(chunk, unfolded, rows);
        }
    }

    /// The rows that are wanted, as far as the chunk and the events that added and voided them say.
    fn choose(
        &self,
        chunk: &Chunk,
        unfolded: &mut Unfolded,
        rows: &mut Rows,
        wanted: impl Fn(u64, u64) -> bool,
    ) {
        let (added, voided) = (&mut unfolded.values, &mut unfolded.lens);
        let numbers = &mut unfolded.numbers;
        for (field, values) in [(Field::AddSeq, &mut *added), (Field::VoidSeq, &mut *voided)] {
            let column = chunk.column(field);
            column.fill(self.of(chunk, field), chunk.rows, numbers, values);
        }
        unfolded.taken.clear();
        let mut gone = self.gone(chunk).peekable();
        for (row, (added, voided)) in added.iter().zip(&*voided).enumerate() {
            if gone.next_if_eq(&row).is_some() {
                continue;
            }
            let (add_seq, void_seq) = (added.cast_unsigned(), voided.cast_unsigned());
            if wanted(add_seq, void_seq) {
                unfolded.taken.push(row);
                rows.facts.push(Fact {
                    add_seq,
                    void_seq: if void_seq == 0 { STANDS } else { void_seq },
                    support: add_seq,
                    stage: chunk.stage,
                    kind: chunk.kind,
                    class: chunk.class,
                    slot: u32::MAX,
                    ..Fact::NONE
                });
            }
        }
    }

    /// Gives the rows that were taken out their funding.
    fn fund(&self, chunk: &Chunk, unfolded: &mut Unfolded, rows: &mut Rows) {
        let Unfolded {
            numbers,
            values,
            lens,
            sources,
            taken,
        } = unfolded;
        let mut fill = |field: Field, values: &mut Vec<i64>| {
            let column = chunk.column(field);
            column.fill(self.of(chunk, field), chunk.rows, numbers, values);
        };
        fill(Field::Parts, lens);
        fill(Field::Source, sources);
        fill(Field::Amount, values);
        // Of a row that is taken out with one part, that part; of others, where theirs begin.
        let mut begins = Vec::new();
        let mut begin = 0;
        let mut next = taken.iter().peekable();
        for (row, ((len, source), amount)) in lens.iter().zip(&*sources).zip(&*values).enumerate() {
            let several = if *len == 1 { 0 } else { narrow(*len) as usize };
            if next.next_if(|taken| **taken == row).is_some() {
                begins.push((narrow(*len), begin, (narrow(*source), *amount)));
            }
            begin += several;
        }
        let (count, of_sources, of_amounts) = &chunk.parts;
        let mut part_of = |section: usize, column: &Column, values: &mut Vec<i64>| {
            let section = self.section(chunk.plain, section).unwrap_or_default();
            column.fill(section, *count, numbers, values);
        };
        part_of(PART_SOURCES, of_sources, sources);
        part_of(PART_AMOUNTS, of_amounts, values);
        for (fact, (len, begin, single)) in rows.facts.iter_mut().zip(begins) {
            fact.funding_at = narrow(i64::try_from(rows.funding.len()).unwrap_or(0));
            fact.funding_len = len;
            if len == 1 {
                rows.funding.push(single);
                continue;
            }
            let parts = sources.iter().zip(&*values).skip(begin);
            let part = |(source, amount): (&i64, &i64)| (narrow(*source), *amount);
            rows.funding.extend(parts.take(len as usize).map(part));
        }
    }
}

/// Sets what a column says of a row.
fn set(fact: &mut Fact, field: Field, value: i64) {
    match field {
        // The chunk says it, or `Partition::fund` does.
        Field::AddSeq | Field::VoidSeq | Field::Source | Field::Amount | Field::Parts => {}
        Field::Household => fact.household = narrow(value),
        Field::Person => fact.person = narrow(value),
        Field::Places => fact.places = narrow(value),
        Field::Unit => fact.unit = narrow(value),
        Field::Count => fact.count = value.cast_unsigned(),
        Field::Quantity => fact.quantity = value,
        Field::Support => fact.support = fact.add_seq.wrapping_sub(value.cast_unsigned()),
        Field::Occurred => fact.occurred = days(value),
        Field::Recovered => fact.recovered = value,
        Field::Sign => fact.sign = if value < 0 { -1 } else { 1 },
        Field::Recovery => fact.is_recovery = value != 0,
        Field::Contra => fact.contra = value != 0,
        Field::Project => fact.project = narrow(value),
        Field::Covers => fact.covers = narrow(value),
        Field::Recorded => fact.recorded = days(value),
        // From the day it happened; that is added when all columns are there.
        Field::Decided => fact.decided = days(value),
        Field::Group => fact.group = narrow(value),
        Field::Sex => fact.sex = value as u8,
        Field::Minority => fact.minority = value as u8,
        Field::Stages => fact.stages = value as u16,
    }
}

impl Chunk {
    /// A column.
    pub fn column(&self, field: Field) -> Column {
        self.columns
            .get(field as usize)
            .copied()
            .unwrap_or_default()
    }
}

fn narrow(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn days(value: i64) -> Day {
    Day::try_from(value).unwrap_or(Day::MAX)
}

/// A partition while it is packed.
#[derive(Default)]
struct Packing {
    chunks: Vec<u8>,
    sections: [[Vec<u8>; SECTIONS]; 2],
    values: Vec<i64>,
}

impl Packing {
    fn chunk(&mut self, rows: &[Packable<'_>]) {
        let Some(first) = rows.first() else {
            return;
        };
        let (stage, kind, class, plain) = first.run();
        let added = rows.iter().map(|row| row.fact.add_seq).max();
        let voided = rows.iter().map(|row| row.value(Field::VoidSeq)).max();
        let stages = rows.iter().fold(0, |bits, row| bits | row.stages);
        let occurred = || rows.iter().map(|row| row.fact.occurred);
        for number in [
            rows.len() as u64,
            stage as u64,
            kind.into(),
            class.into(),
            plain.into(),
            added.unwrap_or(0),
            voided.unwrap_or(0).cast_unsigned(),
            stages.into(),
        ] {
            write_number(number, &mut self.chunks);
        }
        for day in [occurred().min(), occurred().max()] {
            super::column::write_signed(day.unwrap_or(0).into(), &mut self.chunks);
        }
        for (section, field) in ALL_FIELDS.into_iter().enumerate() {
            self.values.clear();
            self.values.extend(rows.iter().map(|row| row.value(field)));
            self.column(plain, section);
        }
        let parts = || {
            let several = rows.iter().filter(|row| row.funding.len() != 1);
            several.flat_map(|row| row.funding)
        };
        write_number(parts().count() as u64, &mut self.chunks);
        self.values.clear();
        self.values.extend(parts().map(|part| i64::from(part.0)));
        self.column(plain, PART_SOURCES);
        self.values.clear();
        self.values.extend(parts().map(|part| part.1));
        self.column(plain, PART_AMOUNTS);
    }

    fn column(&mut self, plain: bool, section: usize) {
        let [of_plain, of_odd] = &mut self.sections;
        let sections = if plain { of_plain } else { of_odd };
        if let Some(section) = sections.get_mut(section) {
            Column::write(&self.values, &mut self.chunks, section);
        }
    }

    /// The bytes, and how many of them are the directory.
    fn finish(self) -> (Vec<u8>, usize) {
        let mut bytes = Vec::new();
        for section in self.sections.as_flattened() {
            write_number(section.len() as u64, &mut bytes);
            if !section.is_empty() {
                bytes.extend(crc32c::crc32c(section).to_le_bytes());
            }
        }
        bytes.extend(self.chunks);
        let directory = bytes.len();
        for section in self.sections.as_flattened() {
            bytes.extend_from_slice(section);
        }
        (bytes, directory)
    }
}

fn read_chunk(bytes: &[u8], at: &mut usize, ends: &mut [[usize; SECTIONS]; 2]) -> Option<Chunk> {
    let rows = usize::try_from(read_number(bytes, at)?).ok()?;
    if rows == 0 || rows > CHUNK_ROWS {
        return None;
    }
    let stage = *Stage::ALL.get(usize::try_from(read_number(bytes, at)?).ok()?)?;
    let kind = u32::try_from(read_number(bytes, at)?).ok()?;
    let class = u8::try_from(read_number(bytes, at)?).ok()?;
    let plain = read_number(bytes, at)? != 0;
    let last_added = read_number(bytes, at)?;
    let last_voided = read_number(bytes, at)?;
    let stages = u16::try_from(read_number(bytes, at)?).ok()?;
    let mut day = || Day::try_from(super::column::read_signed(bytes, at)?).ok();
    let days = (day()?, day()?);
    let [of_plain, of_odd] = ends;
    let ends = if plain { of_plain } else { of_odd };
    let [ends @ .., sources, amounts] = ends;
    let mut columns = [Column::default(); FIELDS];
    for (column, end) in columns.iter_mut().zip(ends) {
        *column = Column::read(bytes, at, rows, end)?;
    }
    let count = usize::try_from(read_number(bytes, at)?).ok()?;
    let parts = (
        count,
        Column::read(bytes, at, count, sources)?,
        Column::read(bytes, at, count, amounts)?,
    );
    Some(Chunk {
        first: 0,
        rows,
        stage,
        kind,
        class,
        plain,
        last_added,
        last_voided,
        stages,
        days,
        columns,
        parts,
    })
}
