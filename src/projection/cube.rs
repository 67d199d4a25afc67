//! Counting: the rows of the months that a query touches, chunk by chunk.
//!
//! A chunk is of one stage, kind and class. Where a query groups and filters by nothing else (and
//! by months, on the axis of the day it happened), a whole chunk counts in one cell, and only four
//! columns of it are looked at: sums come from two of them, and distinct households, persons and
//! places from marks that are set once a cell. Every other chunk is unpacked, and its rows go one
//! by one through the same filters and keys as in `figures_by_scan`.

use std::collections::HashMap;
use std::sync::Arc;

use super::base::Replaced;
use super::boundaries::Boundaries;
use super::facts::{Day, Fact, STANDS, stage_bit};
use super::figures::{Axis, Counted, Dimension, Entries, FiguresError, Reached, Scan, Sums, Test};
use super::packed::{AXES, Month, Span, days_of};
use super::partition::{Chunk, Field, Partition, Rows, Unfolded};

/// Sums of whole numbers up to this size over one chunk fit into 64 bits.
const SAFE_TO_SUM: i128 = 1 << 52;

/// What is done with a row, the day it is placed at, and its funding.
type Visit<'a> = dyn FnMut(&Fact, Day, &[(u32, i64)]) + 'a;

/// The answer to a query, cell by cell.
pub(super) fn count(scan: &Scan<'_>) -> Result<Vec<Counted>, FiguresError> {
    let view = Reading::of(scan)?;
    let mut cells = Cells::default();
    let mut wholes: Vec<Whole<'_>> = Vec::new();
    let mut key = Vec::with_capacity(scan.query.by.len());
    for (month, chunk) in view.chunks() {
        if view.counts_whole(month, chunk)
            && let Some(cell) = view.cell_of(month, chunk, &mut key, &mut cells)
        {
            wholes.push(Whole { cell, month, chunk });
        }
    }
    let one_by_one = |month: &Open<'_>, chunk: &Chunk| !view.counts_whole(month, chunk);
    view.rows(&one_by_one, &mut |fact, placed, parts| {
        scan.add(fact, placed, parts, &mut key, |key, amount| {
            cells.add(key, fact, scan.place(fact), amount);
        });
    });
    wholes.sort_by_key(|whole| whole.cell);
    Ok(cells.finish(&wholes, scan.as_of()))
}

/// Visits every row that a query counts, with the day it is placed at and its funding.
pub(super) fn each_row(scan: &Scan<'_>, visit: &mut Visit<'_>) -> Result<(), FiguresError> {
    Reading::of(scan)?.rows(&|_, _| true, visit);
    Ok(())
}

/// A month that is read.
struct Open<'a> {
    month: Month,
    partition: Arc<Partition>,
    /// The events whose rows stand elsewhere, as they are now.
    replaced: Option<&'a Replaced>,
}

impl Open<'_> {
    fn is_replaced(&self, added: u64) -> bool {
        self.replaced
            .is_some_and(|replaced| replaced.contains(added))
    }
}

/// A query on its way through the months.
struct Reading<'a> {
    scan: &'a Scan<'a>,
    months: Vec<Open<'a>>,
    /// Rows that stand in no month's partition.
    loose: &'a [Fact],
    /// The query asks about nothing by which the rows of a chunk differ.
    by_chunk: bool,
    /// The stages that are asked for, as bits.
    stages: u16,
    reached: Option<Reached>,
}

impl<'a> Reading<'a> {
    fn of(scan: &'a Scan<'a>) -> Result<Reading<'a>, FiguresError> {
        let facts = scan.facts;
        let unreadable = |why: &str| FiguresError::Unreadable(why.to_owned());
        for codes in [&facts.households, &facts.persons] {
            codes.fault().map_or(Ok(()), |why| Err(unreadable(why)))?;
        }
        let packed = facts.packed();
        let mut reading = Reading {
            scan,
            loose: if packed.is_some() { &[] } else { facts.rows() },
            months: Vec::new(),
            // In the units of another day, or of what came late, the rows of a chunk part.
            by_chunk: scan.query.boundaries == Boundaries::Then
                && scan.query.since == 0
                && asks_by_chunk(scan),
            stages: scan
                .query
                .stages
                .iter()
                .fold(0, |bits, stage| bits | stage_bit(*stage)),
            reached: None,
        };
        for packed in packed.iter().flat_map(|packed| &packed.months) {
            if reading.touches(&packed.spans) {
                reading.months.push(Open {
                    month: packed.month,
                    partition: packed.partition.clone(),
                    replaced: None,
                });
            }
        }
        if let Some(base) = facts.base() {
            for month in base.months() {
                if reading.touches(&month.spans) {
                    let partition = base.partition(month.month);
                    reading.months.push(Open {
                        month: month.month,
                        partition: partition.map_err(FiguresError::Unreadable)?,
                        replaced: facts.replaced(month.month),
                    });
                }
            }
        }
        if scan.counts_furthest() {
            let mut reached = Reached::default();
            let divided = |_: &Open<'_>, chunk: &Chunk| reading.divides(chunk.stages);
            reading.standing(&divided, &mut |fact, _, _| reached.take(fact));
            reading.reached = Some(reached);
        }
        Ok(reading)
    }

    /// Whether a month can have rows in the period.
    fn touches(&self, spans: &[Span; 4]) -> bool {
        let axis = AXES.iter().position(|axis| *axis == self.scan.query.axis);
        let span = axis.and_then(|axis| spans.get(axis));
        span.is_none_or(|span| span.touches(self.scan.from, self.scan.to))
    }

    /// Whether a support at these stages is at several of those that are asked for.
    fn divides(&self, stages: u16) -> bool {
        (stages & self.stages).count_ones() > 1
    }

    fn chunks(&self) -> impl Iterator<Item = (&Open<'a>, &Chunk)> {
        let chunks = |month| {
            let month: &Open<'a> = month;
            let chunks = month.partition.chunks().iter();
            chunks.map(move |chunk| (month, chunk))
        };
        self.months
            .iter()
            .flat_map(chunks)
            .filter(|(_, chunk)| self.scan.asks_for(chunk.stage, chunk.kind))
    }

    /// Whether every row of the chunk that stands counts in the same cell.
    fn counts_whole(&self, month: &Open<'_>, chunk: &Chunk) -> bool {
        let (first, last) = chunk.days;
        let sums = [Field::Count, Field::Quantity, Field::Amount].map(|field| {
            let column = chunk.column(field);
            i128::from(column.floor()) >= -SAFE_TO_SUM && column.ceiling() <= SAFE_TO_SUM
        });
        self.by_chunk
            && chunk.plain
            && first >= self.scan.from
            && last <= self.scan.to
            && days_of(month.month).0 <= first
            && chunk.column(Field::Unit).constant().is_some()
            && !(self.scan.counts_furthest() && self.divides(chunk.stages))
            && sums.iter().all(|safe| *safe)
    }

    /// The cell of a chunk that counts whole; `None` where a filter leaves it out.
    fn cell_of(
        &self,
        month: &Open<'_>,
        chunk: &Chunk,
        key: &mut Vec<u32>,
        cells: &mut Cells,
    ) -> Option<usize> {
        let fact = Fact {
            stage: chunk.stage,
            kind: chunk.kind,
            class: chunk.class,
            ..Fact::NONE
        };
        let placed = days_of(month.month).0;
        if !self.scan.passes(&fact, placed, &[]) {
            return None;
        }
        key.clear();
        let by = self.scan.query.by.iter();
        key.extend(by.map(|by| self.scan.key(&fact, placed, *by)));
        Some(cells.place(key))
    }

    /// Visits the rows that count, of the chunks that are wanted and of those in no chunk.
    fn rows(&self, wanted: &dyn Fn(&Open<'_>, &Chunk) -> bool, visit: &mut Visit<'_>) {
        self.standing(wanted, &mut |fact, placed, parts| {
            let reached = self.reached.as_ref();
            if reached.is_none_or(|reached| reached.counts(fact))
                && self.scan.passes(fact, placed, parts)
            {
                visit(fact, placed, parts);
            }
        });
    }

    /// Visits the rows that stand in the period and are of the kinds and stages asked for.
    fn standing(&self, wanted: &dyn Fn(&Open<'_>, &Chunk) -> bool, visit: &mut Visit<'_>) {
        let (scan, as_of) = (self.scan, self.scan.as_of());
        let mut placed_in_period = |fact: &Fact, parts: &[(u32, i64)]| {
            let placed = scan.facts.placed(fact, scan.query.axis);
            if placed >= scan.from && placed <= scan.to {
                visit(fact, placed, parts);
            }
        };
        let since = scan.query.since;
        let (mut unfolded, mut rows) = (Unfolded::default(), Rows::default());
        for (month, chunk) in self.chunks().filter(|(month, chunk)| wanted(month, chunk)) {
            let stands = |added: u64, voided: u64| {
                added > since
                    && added <= as_of
                    && (voided == 0 || voided > as_of)
                    && !month.is_replaced(added)
            };
            month
                .partition
                .unpack(chunk, &mut unfolded, &mut rows, stands);
            for fact in &rows.facts {
                placed_in_period(fact, rows.funding(fact));
            }
        }
        for fact in self.loose {
            if fact.add_seq > since && fact.stands_at(as_of) && scan.asks_for(fact.stage, fact.kind)
            {
                placed_in_period(fact, scan.facts.funding(fact));
            }
        }
    }
}

/// Whether a query groups and filters by nothing but what the rows of a chunk have in common.
fn asks_by_chunk(scan: &Scan<'_>) -> bool {
    const COMMON: [Dimension; 5] = [
        Dimension::Kind,
        Dimension::Stage,
        Dimension::Class,
        Dimension::Month,
        Dimension::Quarter,
    ];
    let common = |by: &Dimension| COMMON.contains(by);
    let tests = scan.tests.iter().all(|test| match test {
        Test::Keys(by, _) => common(by),
        Test::Households(_) | Test::Persons(_) => false,
    });
    let by = scan.query.by.iter().all(common);
    // Rows that come in are all of a plain chunk; rows of corrections are told one by one.
    let entries = matches!(scan.query.entries, Entries::All | Entries::In);
    tests && by && entries && scan.sources.is_none() && scan.query.axis == Axis::Occurred
}

/// A chunk that counts in one cell.
struct Whole<'a> {
    cell: usize,
    month: &'a Open<'a>,
    chunk: &'a Chunk,
}

/// Whom a row names, and in which cell.
struct Named {
    cell: usize,
    household: u32,
    person: u32,
    places: u32,
}

/// The cells of an answer while they fill.
#[derive(Default)]
struct Cells {
    places: HashMap<Vec<u32>, usize>,
    cells: Vec<Counted>,
    /// Whether any row stands behind each.
    filled: Vec<bool>,
    named: Vec<Named>,
    last: Option<usize>,
}

impl Cells {
    fn place(&mut self, key: &[u32]) -> usize {
        // Rows of one cell stand together more often than not.
        if let Some(last) = self.last
            && self.cells.get(last).is_some_and(|cell| cell.key == key)
        {
            return last;
        }
        let place = match self.places.get(key) {
            Some(place) => *place,
            None => {
                self.places.insert(key.to_vec(), self.cells.len());
                self.cells.push(Counted {
                    key: key.to_vec(),
                    ..Counted::default()
                });
                self.filled.push(false);
                self.cells.len() - 1
            }
        };
        self.last = Some(place);
        place
    }

    fn add(&mut self, key: &[u32], fact: &Fact, places: u32, amount: i128) {
        let cell = self.place(key);
        if let Some(filled) = self.filled.get_mut(cell) {
            *filled = true;
        }
        let named = self
            .cells
            .get_mut(cell)
            .is_some_and(|cell| cell.sums.add(fact, amount));
        if named && (fact.household, fact.person, places) != (0, 0, 0) {
            self.named.push(Named {
                cell,
                household: fact.household,
                person: fact.person,
                places,
            });
        }
    }

    /// Counts the chunks, and whom each cell names; both come sorted by cell.
    fn finish(mut self, wholes: &[Whole<'_>], as_of: u64) -> Vec<Counted> {
        self.named.sort_by_key(|named| named.cell);
        let (mut wholes, mut named) = (wholes, self.named.as_slice());
        let mut counter = Counter::default();
        for (place, cell) in self.cells.iter_mut().enumerate() {
            let (own, rest) = split(wholes, |whole| whole.cell == place);
            wholes = rest;
            counter.begin();
            let mut filled = self.filled.get(place).copied().unwrap_or(false);
            for whole in own {
                filled |= counter.whole(whole, as_of, &mut cell.sums);
            }
            let (own, rest) = split(named, |named| named.cell == place);
            named = rest;
            own.iter().for_each(|named| counter.named(named));
            if let Some(place) = self.filled.get_mut(place) {
                *place = filled;
            }
            (cell.households, cell.persons) = (counter.households.count, counter.persons.count);
            cell.places.append(&mut counter.found);
        }
        let filled = self.cells.into_iter().zip(self.filled);
        filled
            .filter_map(|(cell, filled)| filled.then_some(cell))
            .collect()
    }
}

/// The first items that belong together, and the rest.
fn split<T>(items: &[T], belongs: impl Fn(&T) -> bool) -> (&[T], &[T]) {
    let end = items.iter().position(|item| !belongs(item));
    items.split_at(end.unwrap_or(items.len()))
}

/// Counts distinct numbers: each has a mark that says in which round it was last seen.
#[derive(Default)]
struct Marks {
    marks: Vec<u32>,
    round: u32,
    count: u64,
}

impl Marks {
    fn begin(&mut self) {
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.marks.fill(0);
            self.round = 1;
        }
        self.count = 0;
    }

    /// Whether the number is new in this round; 0 never is.
    fn is_new(&mut self, number: u32) -> bool {
        if number == 0 {
            return false;
        }
        if self.marks.len() <= number as usize {
            let len = (number as usize + 1).next_power_of_two();
            self.marks.resize(len, 0);
        }
        match self.marks.get_mut(number as usize) {
            Some(mark) if *mark != self.round => {
                *mark = self.round;
                self.count += 1;
                true
            }
            _ => false,
        }
    }
}

/// Counts the chunks of one cell after the other.
#[derive(Default)]
struct Counter {
    households: Marks,
    persons: Marks,
    places: Marks,
    /// The places of the cell.
    found: Vec<u32>,
    /// All ones for a row that stands, else 0.
    stands: Vec<i64>,
    added: Vec<i64>,
    values: Vec<i64>,
}

impl Counter {
    fn begin(&mut self) {
        self.households.begin();
        self.persons.begin();
        self.places.begin();
    }

    fn named(&mut self, named: &Named) {
        self.households.is_new(named.household);
        self.persons.is_new(named.person);
        if self.places.is_new(named.places) {
            self.found.push(named.places);
        }
    }

    /// Counts the rows of a chunk that stand; `false` where none does.
    fn whole(&mut self, whole: &Whole<'_>, as_of: u64, sums: &mut Sums) -> bool {
        let Some(standing) = self.standing(whole, as_of) else {
            return false;
        };
        let all = standing == whole.chunk.rows;
        let turns = i64::try_from(standing).unwrap_or(i64::MAX);
        sums.turns += turns;
        sums.count += self.sum(whole, Field::Count, turns, all);
        sums.amount += i128::from(self.sum(whole, Field::Amount, turns, all));
        if let Some(unit) = whole.chunk.column(Field::Unit).constant()
            && let Ok(unit @ 1..) = u32::try_from(unit)
        {
            let quantity = self.sum(whole, Field::Quantity, turns, all);
            *sums.quantities.entry(unit).or_default() += i128::from(quantity);
        }
        self.distinct(whole, all);
        true
    }

    /// How many rows stand, with their masks in `stands` unless it is all of them.
    fn standing(&mut self, whole: &Whole<'_>, as_of: u64) -> Option<usize> {
        let chunk = whole.chunk;
        let void = chunk.column(Field::VoidSeq);
        if chunk.column(Field::AddSeq).floor().cast_unsigned() > as_of {
            return None;
        }
        let first = chunk.column(Field::AddSeq).floor().cast_unsigned();
        let replaced = whole.month.replaced;
        let replaced = replaced.filter(|replaced| replaced.touches(first, chunk.last_added));
        if chunk.last_added <= as_of && void.constant() == Some(0) && replaced.is_none() {
            return Some(chunk.rows);
        }
        let as_of = i64::try_from(as_of).unwrap_or(i64::MAX);
        whole
            .month
            .partition
            .fill(chunk, Field::AddSeq, &mut self.added);
        self.stands.clear();
        if void.constant() == Some(0) {
            let known = self.added.iter().map(|added| -i64::from(*added <= as_of));
            self.stands.extend(known);
        } else {
            whole
                .month
                .partition
                .fill(chunk, Field::VoidSeq, &mut self.values);
            let rows = self.added.iter().zip(&self.values);
            self.stands.extend(rows.map(|(added, voided)| {
                -i64::from((*added <= as_of) & ((*voided == 0) | (*voided > as_of)))
            }));
        }
        if let Some(replaced) = replaced {
            for (stands, added) in self.stands.iter_mut().zip(&self.added) {
                if replaced.contains(added.cast_unsigned()) {
                    *stands = 0;
                }
            }
        }
        let standing = -self.stands.iter().sum::<i64>();
        usize::try_from(standing).ok().filter(|rows| *rows > 0)
    }

    fn sum(&mut self, whole: &Whole<'_>, field: Field, turns: i64, all: bool) -> i64 {
        let column = whole.chunk.column(field);
        if let Some(value) = column.constant() {
            return value * turns;
        }
        whole
            .month
            .partition
            .fill(whole.chunk, field, &mut self.values);
        if all {
            return self.values.iter().sum();
        }
        let masked = self.values.iter().zip(&self.stands);
        masked.map(|(value, stands)| value & stands).sum()
    }

    fn distinct(&mut self, whole: &Whole<'_>, all: bool) {
        for field in [Field::Household, Field::Person, Field::Places] {
            let number = |value: i64| u32::try_from(value).unwrap_or(0);
            let marks = match field {
                Field::Household => &mut self.households,
                Field::Person => &mut self.persons,
                _ => &mut self.places,
            };
            let mut see = |number: u32| {
                if marks.is_new(number) && field == Field::Places {
                    self.found.push(number);
                }
            };
            if let Some(value) = whole.chunk.column(field).constant() {
                see(number(value));
                continue;
            }
            whole
                .month
                .partition
                .fill(whole.chunk, field, &mut self.values);
            if all {
                self.values.iter().for_each(|value| see(number(*value)));
                continue;
            }
            for (value, stands) in self.values.iter().zip(&self.stands) {
                if *stands != 0 {
                    see(number(*value));
                }
            }
        }
    }
}

const _: () = assert!(STANDS > i64::MAX.cast_unsigned());
