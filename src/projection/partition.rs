//! The rows of one month in columns, cut into chunks of one stage, kind and class.
//!
//! Within a month rows are sorted by stage, kind, class and household. A chunk never crosses one of
//! the first three, so they cost nothing a row, and a question about them is asked once a chunk.
//! Rows that a figure counts in an unusual way (a negative sign, a recovery) stand in chunks of
//! their own.

use super::column::{Column, read_number, write_number};
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

columns! {
    AddSeq, VoidSeq, Support, Occurred, Recorded, Household, Person, Group, Project, Places, Covers,
    Unit, Count, Quantity, Recovered, Sign, Recovery, Contra, Decided, Sex, Minority,
    Source, Amount, Parts, Stages,
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
    /// The first and the last day they happened.
    pub days: (Day, Day),
    /// The stages that any of their supports is at, as bits.
    pub stages: u16,
    columns: [Column; FIELDS],
    /// The funding of the rows that have not exactly one part: sources and amounts.
    parts: (usize, Column, Column),
}

/// Columns that were unfolded for a look at them; kept, so that their memory is used again.
#[derive(Debug, Clone)]
pub struct Unfolded {
    columns: [Vec<i64>; FIELDS],
    sources: Vec<i64>,
    amounts: Vec<i64>,
}

impl Default for Unfolded {
    fn default() -> Unfolded {
        Unfolded {
            columns: std::array::from_fn(|_| Vec::new()),
            sources: Vec::new(),
            amounts: Vec::new(),
        }
    }
}

/// Rows taken out of a partition, with their funding.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// The rows; their funding stands in `funding`.
    pub facts: Vec<Fact>,
    funding: Vec<(u32, i64)>,
}

impl Rows {
    /// The funding of one of the rows.
    pub fn funding(&self, fact: &Fact) -> &[(u32, i64)] {
        let at = fact.funding_at as usize;
        let parts = self.funding.get(at..at + fact.funding_len as usize);
        parts.unwrap_or_default()
    }
}

/// The rows of one month.
#[derive(Debug, Clone, Default)]
pub struct Partition {
    bytes: Vec<u8>,
    chunks: Vec<Chunk>,
}

impl Partition {
    /// Packs rows, in whatever order they come. `None` where they cannot be read back as they are.
    pub fn pack(mut rows: Vec<Packable<'_>>) -> Option<Partition> {
        rows.sort_by_cached_key(Packable::order);
        let mut bytes = Vec::new();
        for run in rows.chunk_by(|a, b| a.run() == b.run()) {
            for rows in run.chunks(CHUNK_ROWS) {
                write_chunk(rows, &mut bytes);
            }
        }
        Partition::read(bytes).filter(|partition| partition.len() == rows.len())
    }

    /// Reads the bytes of a partition. `None` where they are not one.
    pub fn read(bytes: Vec<u8>) -> Option<Partition> {
        let mut chunks = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            chunks.push(read_chunk(&bytes, &mut at)?);
        }
        Some(Partition { bytes, chunks })
    }

    /// The bytes that [`Partition::read`] takes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
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

    /// Puts the values of a column of a chunk into `out`.
    pub fn fill(&self, chunk: &Chunk, field: Field, out: &mut Vec<i64>) {
        chunk.column(field).fill(&self.bytes, chunk.rows, out);
    }

    /// Takes the rows of a chunk out that `wanted` names by the events that added and voided them
    /// (0 where none did).
    pub fn unpack(
        &self,
        chunk: &Chunk,
        unfolded: &mut Unfolded,
        rows: &mut Rows,
        wanted: impl Fn(u64, u64) -> bool,
    ) {
        rows.facts.clear();
        rows.funding.clear();
        for (column, values) in chunk.columns.iter().zip(&mut unfolded.columns) {
            column.fill(&self.bytes, chunk.rows, values);
        }
        let (count, sources, amounts) = &chunk.parts;
        sources.fill(&self.bytes, *count, &mut unfolded.sources);
        amounts.fill(&self.bytes, *count, &mut unfolded.amounts);
        let mut parts = unfolded.sources.iter().zip(&unfolded.amounts);
        let part = |(source, amount): (&i64, &i64)| (narrow(*source), *amount);
        for row in 0..chunk.rows {
            let value = |field: Field| {
                let column = unfolded.columns.get(field as usize);
                column
                    .and_then(|values| values.get(row))
                    .copied()
                    .unwrap_or(0)
            };
            let len = usize::try_from(value(Field::Parts)).unwrap_or(0);
            let (add_seq, void_seq) = (
                value(Field::AddSeq).cast_unsigned(),
                value(Field::VoidSeq).cast_unsigned(),
            );
            if !wanted(add_seq, void_seq) {
                if len != 1 {
                    parts.by_ref().take(len).for_each(drop);
                }
                continue;
            }
            let funding_at = narrow(i64::try_from(rows.funding.len()).unwrap_or(0));
            if len == 1 {
                let single = (narrow(value(Field::Source)), value(Field::Amount));
                rows.funding.push(single);
            } else {
                rows.funding.extend(parts.by_ref().take(len).map(part));
            }
            rows.facts.push(Fact {
                add_seq,
                void_seq: if void_seq == 0 { STANDS } else { void_seq },
                sign: if value(Field::Sign) < 0 { -1 } else { 1 },
                is_recovery: value(Field::Recovery) != 0,
                contra: value(Field::Contra) != 0,
                stage: chunk.stage,
                occurred: days(value(Field::Occurred)),
                recorded: days(value(Field::Recorded)),
                decided: days(value(Field::Occurred) + value(Field::Decided)),
                support: add_seq.wrapping_sub(value(Field::Support).cast_unsigned()),
                kind: chunk.kind,
                class: chunk.class,
                sex: value(Field::Sex) as u8,
                minority: value(Field::Minority) as u8,
                household: narrow(value(Field::Household)),
                person: narrow(value(Field::Person)),
                group: narrow(value(Field::Group)),
                project: narrow(value(Field::Project)),
                places: narrow(value(Field::Places)),
                covers: narrow(value(Field::Covers)),
                unit: narrow(value(Field::Unit)),
                count: value(Field::Count).cast_unsigned(),
                quantity: value(Field::Quantity),
                recovered: value(Field::Recovered),
                funding_at,
                funding_len: narrow(value(Field::Parts)),
                stages: value(Field::Stages) as u16,
                slot: u32::MAX,
                open: false,
            });
        }
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

fn write_chunk(rows: &[Packable<'_>], out: &mut Vec<u8>) {
    let Some(first) = rows.first() else {
        return;
    };
    let (stage, kind, class, plain) = first.run();
    let added = rows.iter().map(|row| row.fact.add_seq).max();
    let stages = rows.iter().fold(0, |bits, row| bits | row.stages);
    let occurred = || rows.iter().map(|row| row.fact.occurred);
    for number in [
        rows.len() as u64,
        stage as u64,
        kind.into(),
        class.into(),
        plain.into(),
        added.unwrap_or(0),
        stages.into(),
    ] {
        write_number(number, out);
    }
    for day in [occurred().min(), occurred().max()] {
        super::column::write_signed(day.unwrap_or(0).into(), out);
    }
    let mut values = Vec::with_capacity(rows.len());
    for field in ALL_FIELDS {
        values.clear();
        values.extend(rows.iter().map(|row| row.value(field)));
        Column::write(&values, out);
    }
    let parts = || {
        let several = rows.iter().filter(|row| row.funding.len() != 1);
        several.flat_map(|row| row.funding)
    };
    write_number(parts().count() as u64, out);
    values.clear();
    values.extend(parts().map(|part| i64::from(part.0)));
    Column::write(&values, out);
    values.clear();
    values.extend(parts().map(|part| part.1));
    Column::write(&values, out);
}

fn read_chunk(bytes: &[u8], at: &mut usize) -> Option<Chunk> {
    let rows = usize::try_from(read_number(bytes, at)?).ok()?;
    if rows == 0 || rows > CHUNK_ROWS {
        return None;
    }
    let stage = *Stage::ALL.get(usize::try_from(read_number(bytes, at)?).ok()?)?;
    let kind = u32::try_from(read_number(bytes, at)?).ok()?;
    let class = u8::try_from(read_number(bytes, at)?).ok()?;
    let plain = read_number(bytes, at)? != 0;
    let last_added = read_number(bytes, at)?;
    let stages = u16::try_from(read_number(bytes, at)?).ok()?;
    let mut day = || Day::try_from(super::column::read_signed(bytes, at)?).ok();
    let days = (day()?, day()?);
    let mut columns = [Column::default(); FIELDS];
    for column in &mut columns {
        *column = Column::read(bytes, at, rows)?;
    }
    let count = usize::try_from(read_number(bytes, at)?).ok()?;
    let parts = (
        count,
        Column::read(bytes, at, count)?,
        Column::read(bytes, at, count)?,
    );
    Some(Chunk {
        rows,
        stage,
        kind,
        class,
        plain,
        last_added,
        days,
        stages,
        columns,
        parts,
    })
}
