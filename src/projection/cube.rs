//! Counting: the rows of the months that a query touches, chunk by chunk.
//!
//! A chunk is of one stage, kind and class. Where a query groups and filters by nothing else (and
//! by months, on the axis of the day it happened), a whole chunk counts in one cell, and only the
//! columns that add up are looked at, as the narrow numbers they are kept as: sums of them are sums
//! of the values, and a row that does not stand is masked out. Distinct households, persons and
//! places are marks that are set once a cell. Every other chunk is unpacked, as far as the query
//! needs its columns, and its rows go one by one through the same filters and keys as in
//! `figures_by_scan`. What `cells` has counted before is not counted again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::base::{Base, Replaced};
use super::boundaries::Boundaries;
use super::cells::{Finest, LENGTHS, PeriodCell, PeriodCells};
use super::column::Column;
use super::facts::{Day, Fact, Facts, STANDS};
use super::figures::{Axis, Counted, Dimension, Entries, FiguresError, Reached, Scan, Sums, Test};
use super::packed::{AXES, Month, Span, days_of, month_of};
use super::partition::{Chunk, Columns, Field, Partition, Rows, Unfolded, Wanted};

/// The columns of a chunk that counts whole.
const COUNTED: Columns = Columns::of(&[
    Field::AddSeq,
    Field::VoidSeq,
    Field::Household,
    Field::Person,
    Field::Places,
    Field::Count,
    Field::Quantity,
    Field::Amount,
]);

/// What is looked at of every row that is counted one by one.
const OF_ROWS: Columns = COUNTED.and(Columns::of(&[
    Field::Unit,
    Field::Support,
    Field::Occurred,
    Field::Recovered,
    Field::Sign,
    Field::Recovery,
    Field::Contra,
    Field::Source,
    Field::Parts,
]));

/// Sums of whole numbers up to this size over one chunk fit into 64 bits.
const SAFE_TO_SUM: i128 = 1 << 52;

/// What is done with a row, the day it is placed at, and its funding.
type Visit<'a> = dyn FnMut(&Fact, Day, &[(u32, i64)]) + 'a;

/// The answer to a query, cell by cell.
pub(super) fn count(scan: &Scan<'_>) -> Result<Vec<Counted>, FiguresError> {
    let mut cells = Cells::default();
    let mut key = Vec::with_capacity(scan.query.by.len());
    let answered = Answered::of(scan, &mut key, &mut cells);
    let view = Reading::of(scan, answered)?;
    view.count(&mut key, cells)
}

/// A period that is counted for keeping.
pub(super) struct CountedPeriod {
    pub(super) counted: Vec<Counted>,
    /// The newest event that changed a row of it.
    pub(super) last: u64,
    /// The stages of the supports in each cell, as bits.
    pub(super) stages: HashMap<Finest, u16>,
}

/// The answer to a query by stage, kind and class, of a period that is counted for keeping: all
/// but some of its cells, which are known.
pub(super) fn count_period(
    scan: &Scan<'_>,
    known: HashSet<Finest>,
) -> Result<CountedPeriod, FiguresError> {
    let answered = Answered {
        cells: known,
        all: false,
    };
    let view = Reading::of(scan, answered)?;
    let (mut last, mut stages) = (0, HashMap::new());
    for (_, chunk) in view.chunks() {
        last = last.max(chunk.last_added).max(chunk.last_voided);
        *stages.entry(chunk.finest()).or_default() |= chunk.stages;
    }
    for fact in view.loose {
        let voided = if fact.void_seq == STANDS {
            0
        } else {
            fact.void_seq
        };
        last = last.max(fact.add_seq).max(voided);
        *stages.entry(fact.finest()).or_default() |= scan.facts.stages_of(fact);
    }
    let mut key = Vec::new();
    let counted = view.count(&mut key, Cells::default())?;
    Ok(CountedPeriod {
        counted,
        last,
        stages,
    })
}

/// Visits every row that a query counts, with the day it is placed at and its funding.
pub(super) fn each_row(scan: &Scan<'_>, visit: &mut Visit<'_>) -> Result<(), FiguresError> {
    Reading::of(scan, Answered::default())?.rows(false, visit);
    Ok(())
}

/// What needs no counting, because it was counted when the facts were saved.
#[derive(Default)]
struct Answered {
    cells: HashSet<Finest>,
    /// Nothing that was saved is left to be counted.
    all: bool,
}

impl Answered {
    /// Takes the groups that are one saved cell each into the answer.
    fn of(scan: &Scan<'_>, key: &mut Vec<u32>, cells: &mut Cells) -> Answered {
        let Some((base, saved)) = Answered::saved(scan) else {
            return Answered::default();
        };
        let mut touched = Answered::touched(scan, base.as_ref());
        let mut answered = Answered {
            cells: HashSet::new(),
            all: true,
        };
        for finest in saved.overtaken() {
            let fact = of_finest(finest);
            if scan.asks_for(fact.stage, fact.kind) && scan.passes(&fact, scan.from, &[]) {
                scan.fill_key(&fact, scan.from, key);
                touched.insert(key.clone());
                answered.all = false;
            }
        }
        let mut groups: HashMap<Vec<u32>, Vec<&PeriodCell>> = HashMap::new();
        for cell in &saved.cells {
            let Some(stage) = cell.at_stage() else {
                return Answered::default();
            };
            let fact = of_finest((stage, cell.kind, cell.class));
            if scan.asks_for(stage, cell.kind) && scan.passes(&fact, scan.from, &[]) {
                scan.fill_key(&fact, scan.from, key);
                groups.entry(key.clone()).or_default().push(cell);
            }
        }
        for (key, group) in groups {
            let [cell] = group.as_slice() else {
                answered.all = false;
                continue;
            };
            let several = scan.counts_furthest() && scan.divides(cell.stages);
            let untouched = cell.at_stage().filter(|_| !touched.contains(&key));
            let Some(stage) = untouched.filter(|_| !several) else {
                answered.all = false;
                continue;
            };
            answered.cells.insert((stage, cell.kind, cell.class));
            cells.put(key, cell);
        }
        answered
    }

    /// The cells of the period that is asked about, if they are what the query asks for.
    fn saved<'a>(scan: &Scan<'a>) -> Option<(&'a Arc<dyn Base>, Arc<PeriodCells>)> {
        let whole = |by: &Dimension| !matches!(by, Dimension::Month | Dimension::Quarter);
        let tests = scan.tests.iter().all(|test| match test {
            Test::Keys(by, _) => whole(by),
            Test::Households(_) | Test::Persons(_) => false,
        });
        let fits = tests
            && scan.query.by.iter().all(whole)
            && scan.query.entries == Entries::All
            && asks_by_chunk(scan);
        let base = scan.facts.base().filter(|_| fits)?;
        let (first, last) = (month_of(scan.from), month_of(scan.to));
        let months = u8::try_from(last.checked_sub(first)?.checked_add(1)?).ok()?;
        let whole = days_of(first).0 == scan.from && days_of(last).1 == scan.to;
        if !whole || !LENGTHS.contains(&months) {
            return None;
        }
        let cells = base.cells(first, months)?;
        (cells.last <= scan.as_of()).then_some((base, cells))
    }

    /// The groups that rows outside of the saved months stand in, as they do now or did before.
    fn touched(scan: &Scan<'_>, base: &dyn Base) -> HashSet<Vec<u32>> {
        let mut touched = HashSet::new();
        let mut key = Vec::new();
        for fact in scan.facts.rows() {
            let known = fact.add_seq <= scan.as_of() || fact.add_seq <= base.seq();
            if known && fact.occurred >= scan.from && fact.occurred <= scan.to {
                scan.fill_key(fact, scan.from, &mut key);
                touched.insert(key.clone());
            }
        }
        touched
    }
}

/// A row of which nothing is known but its stage, kind and class.
fn of_finest((stage, kind, class): Finest) -> Fact {
    Fact {
        stage,
        kind,
        class,
        ..Fact::NONE
    }
}

impl Fact {
    pub(super) fn finest(&self) -> Finest {
        (self.stage, self.kind, self.class)
    }
}

impl Chunk {
    /// What its rows have in common.
    pub fn finest(&self) -> Finest {
        (self.stage, self.kind, self.class)
    }
}

/// A layer of a month that is read.
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
    layers: Vec<Open<'a>>,
    /// Rows that stand in no month's partition.
    loose: &'a [Fact],
    /// The query asks about nothing by which the rows of a chunk differ.
    by_chunk: bool,
    /// The columns that it needs of rows which are looked at one by one.
    columns: Columns,
    answered: HashSet<Finest>,
    reached: Option<Reached>,
}

impl<'a> Reading<'a> {
    fn of(scan: &'a Scan<'a>, answered: Answered) -> Result<Reading<'a>, FiguresError> {
        let facts = scan.facts;
        let unreadable = |why: &str| FiguresError::Unreadable(why.to_owned());
        for codes in [&facts.households, &facts.persons] {
            codes.fault().map_or(Ok(()), |why| Err(unreadable(why)))?;
        }
        let packed = facts.packed();
        let mut reading = Reading {
            scan,
            loose: if packed.is_some() { &[] } else { facts.rows() },
            layers: Vec::new(),
            by_chunk: asks_by_chunk(scan),
            columns: columns_of(scan),
            answered: answered.cells,
            reached: None,
        };
        for packed in packed.iter().flat_map(|packed| &packed.months) {
            if reading.touches(&packed.spans) {
                reading.layers.push(Open {
                    month: packed.month,
                    partition: packed.partition.clone(),
                    replaced: None,
                });
            }
        }
        if let Some(base) = facts.base().filter(|_| !answered.all) {
            reading
                .open(base.as_ref())
                .map_err(FiguresError::Unreadable)?;
        }
        if scan.counts_furthest() {
            let mut reached = Reached::default();
            let divided = |_: &Open<'_>, chunk: &Chunk| scan.divides(chunk.stages);
            reading.standing(&divided, &mut |fact, _, _| reached.take(fact));
            reading.reached = Some(reached);
        }
        Ok(reading)
    }

    /// Opens the months of a base that can have rows in the period: the directories of their
    /// layers, and then the columns that their chunks are counted by.
    fn open(&mut self, base: &dyn Base) -> Result<(), String> {
        for month in base.months() {
            if !self.touches(&month.spans) {
                continue;
            }
            let month = month.month;
            let wanted = |_, partition: &Partition| self.wanted(month, partition);
            for layer in base.layers(month, &wanted)? {
                self.layers.push(Open {
                    month,
                    partition: layer.partition,
                    replaced: self.scan.facts.replaced(month),
                });
            }
        }
        Ok(())
    }

    /// The columns that are looked at of the chunks of a layer of a month.
    fn wanted(&self, month: Month, layer: &Partition) -> Wanted {
        let mut wanted = Wanted::default();
        for chunk in layer.chunks() {
            if !self.asks_about(chunk) {
                continue;
            }
            if self.counts_whole(month, chunk) {
                wanted.plain = wanted.plain.and(COUNTED);
            } else if chunk.plain {
                wanted.plain = wanted.plain.and(self.columns);
            } else {
                wanted.odd = wanted.odd.and(self.columns);
            }
        }
        wanted
    }

    /// The answer, cell by cell, with the cells that were counted before.
    fn count(&self, key: &mut Vec<u32>, mut cells: Cells) -> Result<Vec<Counted>, FiguresError> {
        let scan = self.scan;
        let mut wholes: Vec<Whole<'_>> = Vec::new();
        for (month, chunk) in self.chunks() {
            if self.counts_whole(month.month, chunk)
                && let Some(cell) = self.cell_of(month, chunk, key, &mut cells)
            {
                wholes.push(Whole { cell, month, chunk });
            }
        }
        self.rows(true, &mut |fact, placed, parts| {
            scan.add(fact, placed, parts, key, |key, amount| {
                cells.add(key, fact, scan.place(fact), amount);
            });
        });
        wholes.sort_by_key(|whole| whole.cell);
        Ok(cells.finish(&wholes, scan.as_of(), scan.facts))
    }

    /// Whether a month can have rows in the period.
    fn touches(&self, spans: &[Span; 4]) -> bool {
        let axis = AXES.iter().position(|axis| *axis == self.scan.query.axis);
        let span = axis.and_then(|axis| spans.get(axis));
        span.is_none_or(|span| span.touches(self.scan.from, self.scan.to))
    }

    fn chunks(&self) -> impl Iterator<Item = (&Open<'a>, &Chunk)> {
        let chunks = |month| {
            let month: &Open<'a> = month;
            let chunks = month.partition.chunks().iter();
            chunks.map(move |chunk| (month, chunk))
        };
        self.layers
            .iter()
            .flat_map(chunks)
            .filter(|(_, chunk)| self.asks_about(chunk))
    }

    fn asks_about(&self, chunk: &Chunk) -> bool {
        self.scan.asks_for(chunk.stage, chunk.kind) && !self.answered.contains(&chunk.finest())
    }

    /// Whether every row of the chunk that stands counts in the same cell.
    fn counts_whole(&self, month: Month, chunk: &Chunk) -> bool {
        let (first, last) = chunk.days;
        let sums = [Field::Count, Field::Quantity, Field::Amount].map(|field| {
            let column = chunk.column(field);
            i128::from(column.floor()) >= -SAFE_TO_SUM && column.ceiling() <= SAFE_TO_SUM
        });
        self.by_chunk
            && chunk.plain
            && first >= self.scan.from
            && last <= self.scan.to
            && days_of(month).0 <= first
            && chunk.column(Field::Unit).constant().is_some()
            && !(self.scan.counts_furthest() && self.scan.divides(chunk.stages))
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
        let fact = of_finest(chunk.finest());
        let placed = days_of(month.month).0;
        if !self.scan.passes(&fact, placed, &[]) {
            return None;
        }
        self.scan.fill_key(&fact, placed, key);
        Some(cells.place(key))
    }

    /// Visits the rows that count, of the chunks and of those in no chunk. Of chunks that count
    /// whole only where `but_whole` does not leave them out.
    fn rows(&self, but_whole: bool, visit: &mut Visit<'_>) {
        let wanted =
            |month: &Open<'_>, chunk: &Chunk| !but_whole || !self.counts_whole(month.month, chunk);
        self.standing(&wanted, &mut |fact, placed, parts| {
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
                .unpack(chunk, self.columns, &mut unfolded, &mut rows, stands);
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
    // In the units of another day, or of what came late, the rows of a chunk part.
    let then = scan.query.boundaries == Boundaries::Then && scan.query.since == 0;
    let by = scan.query.by.iter().all(common);
    // Rows that come in are all of a plain chunk; rows of corrections are told one by one.
    let entries = matches!(scan.query.entries, Entries::All | Entries::In);
    tests && by && then && entries && scan.sources.is_none() && scan.query.axis == Axis::Occurred
}

/// The columns that are needed of rows which are looked at one by one.
fn columns_of(scan: &Scan<'_>) -> Columns {
    let asks = |by: &Dimension| {
        let tests = scan.tests.iter();
        scan.query.by.contains(by)
            || tests
                .into_iter()
                .any(|test| matches!(test, Test::Keys(tested, _) if tested == by))
    };
    let of_axis = match scan.query.axis {
        Axis::Occurred => Columns::NONE,
        Axis::Covers => Columns::of(&[Field::Covers]),
        Axis::Recorded => Columns::of(&[Field::Recorded]),
        Axis::Decided => Columns::of(&[Field::Decided]),
    };
    let mut columns = OF_ROWS.and(of_axis);
    for by in Dimension::ALL.iter().filter(|by| asks(by)) {
        columns = columns.and(match by {
            Dimension::Programme | Dimension::Project => Columns::of(&[Field::Project]),
            Dimension::Covers => Columns::of(&[Field::Covers]),
            Dimension::Group => Columns::of(&[Field::Group]),
            Dimension::Sex => Columns::of(&[Field::Sex]),
            Dimension::Minority => Columns::of(&[Field::Minority]),
            // Of the chunk, of the place, the funding or the day.
            Dimension::Kind
            | Dimension::Stage
            | Dimension::Class
            | Dimension::Source
            | Dimension::Village
            | Dimension::Commune
            | Dimension::Month
            | Dimension::Quarter => Columns::NONE,
        });
    }
    columns
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

    /// Takes in a cell that was counted before.
    fn put(&mut self, key: Vec<u32>, cell: &PeriodCell) {
        self.places.insert(key.clone(), self.cells.len());
        self.filled.push(true);
        self.cells.push(Counted {
            key,
            sums: Sums {
                turns: cell.turns,
                count: cell.count,
                amount: cell.amount,
                recovered: cell.recovered,
                quantities: cell.quantities.iter().copied().collect(),
            },
            households: cell.households,
            persons: cell.persons,
            places: Vec::new(),
            villages: Some(cell.villages),
        });
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
    fn finish(mut self, wholes: &[Whole<'_>], as_of: u64, facts: &Facts) -> Vec<Counted> {
        self.named.sort_by_key(|named| named.cell);
        let (mut wholes, mut named) = (wholes, self.named.as_slice());
        let mut counter = Counter::of(facts);
        for (place, cell) in self.cells.iter_mut().enumerate() {
            let (own, rest) = split(wholes, |whole| whole.cell == place);
            wholes = rest;
            let (named_own, rest) = split(named, |named| named.cell == place);
            named = rest;
            if cell.villages.is_some() {
                continue;
            }
            counter.begin();
            let mut filled = self.filled.get(place).copied().unwrap_or(false);
            for whole in own {
                filled |= counter.whole(whole, as_of, &mut cell.sums);
            }
            named_own.iter().for_each(|named| counter.named(named));
            if let Some(place) = self.filled.get_mut(place) {
                *place = filled;
            }
            (cell.households, cell.persons) = (counter.households.count, counter.persons.count);
            counter.places.seen(&mut cell.places);
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

/// Counts distinct numbers: one bit for each.
#[derive(Default)]
struct Distinct {
    words: Vec<u64>,
    count: u64,
}

impl Distinct {
    /// For numbers up to one.
    fn up_to(largest: usize) -> Distinct {
        let words = vec![0; largest / 64 + 1];
        Distinct { words, count: 0 }
    }

    fn begin(&mut self) {
        self.words.fill(0);
        self.count = 0;
        // 0 is nobody.
        if let Some(first) = self.words.first_mut() {
            *first = 1;
        }
    }

    fn see(&mut self, number: u32) {
        let place = number as usize >> 6;
        if self.words.len() <= place {
            self.words.resize(place + 1, 0);
        }
        self.see_if(number, u32::MAX);
    }

    /// Sees a number up to the largest, if the mask is all ones and not 0.
    #[inline]
    fn see_if(&mut self, number: u32, mask: u32) {
        if let Some(word) = self.words.get_mut(number as usize >> 6) {
            let bit = u64::from(mask & 1) << (number & 63);
            let new = bit & !*word;
            *word |= bit;
            self.count += u64::from(new != 0);
        }
    }
}

/// The places of a cell: one byte for each.
#[derive(Default)]
struct Places {
    marks: Vec<u8>,
}

impl Places {
    fn see(&mut self, number: u32) {
        let place = number as usize;
        if self.marks.len() <= place {
            self.marks.resize(place + 1, 0);
        }
        self.see_if(number, u32::MAX);
    }

    #[inline]
    fn see_if(&mut self, number: u32, mask: u32) {
        if let Some(mark) = self.marks.get_mut(number as usize) {
            *mark |= (mask & 1) as u8;
        }
    }

    /// Takes the places that were seen out; 0 is none.
    fn seen(&mut self, into: &mut Vec<u32>) {
        let (words, rest) = self.marks.as_chunks_mut::<8>();
        let mut take = |first: u32, marks: &mut [u8]| {
            for (number, mark) in (first..).zip(marks) {
                if std::mem::take(mark) != 0 && number != 0 {
                    into.push(number);
                }
            }
        };
        let mut first = 0;
        for word in words {
            if *word != [0; 8] {
                take(first, word);
            }
            first += 8;
        }
        take(first, rest);
    }
}

/// Counts the chunks of one cell after the other.
#[derive(Default)]
struct Counter {
    households: Distinct,
    persons: Distinct,
    places: Places,
    /// All ones for a row that stands, else 0.
    stands: Vec<u32>,
    numbers: Vec<u32>,
    values: Vec<i64>,
}

impl Counter {
    fn of(facts: &Facts) -> Counter {
        Counter {
            households: Distinct::up_to(facts.households.len()),
            persons: Distinct::up_to(facts.persons.len()),
            places: Places {
                marks: vec![0; facts.places.len() + 1],
            },
            ..Counter::default()
        }
    }

    fn begin(&mut self) {
        self.households.begin();
        self.persons.begin();
    }

    fn named(&mut self, named: &Named) {
        self.households.see(named.household);
        self.persons.see(named.person);
        self.places.see(named.places);
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
        let column = chunk.column(Field::AddSeq);
        let first = column.floor().cast_unsigned();
        if first > as_of {
            return None;
        }
        let replaced = whole.month.replaced;
        let replaced = replaced.filter(|replaced| replaced.touches(first, chunk.last_added));
        let known = chunk.last_added <= as_of;
        let mut gone = whole.month.partition.gone(chunk).peekable();
        if known && chunk.last_voided == 0 && replaced.is_none() && gone.peek().is_none() {
            return Some(chunk.rows);
        }
        self.stands.clear();
        if known && replaced.is_none() {
            self.stands.resize(chunk.rows, u32::MAX);
        } else {
            self.add_known(whole, &column, as_of, replaced);
        }
        if chunk.last_voided > 0 {
            self.drop_void(whole, as_of);
        }
        for row in gone {
            if let Some(mask) = self.stands.get_mut(row) {
                *mask = 0;
            }
        }
        let standing: u32 = self.stands.iter().map(|mask| mask & 1).sum();
        (standing > 0).then_some(standing as usize)
    }

    /// The rows that were added by then and are not replaced.
    fn add_known(
        &mut self,
        whole: &Whole<'_>,
        column: &Column,
        as_of: u64,
        replaced: Option<&Replaced>,
    ) {
        let (partition, chunk) = (&whole.month.partition, whole.chunk);
        let section = partition.of(chunk, Field::AddSeq);
        let as_of = i64::try_from(as_of).unwrap_or(i64::MAX);
        let mask = |known: bool| 0u32.wrapping_sub(u32::from(known));
        let narrow = replaced.is_none() && column.scale() > 0 && column.floor() >= 0;
        if narrow && column.numbers(section, chunk.rows, &mut self.numbers) {
            // Up to which number a value is not above the event.
            let most = (as_of - column.floor()) / column.scale();
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            let known = self.numbers.iter().map(|number| mask(*number <= most));
            self.stands.extend(known);
            return;
        }
        column.fill(section, chunk.rows, &mut self.numbers, &mut self.values);
        self.stands.extend(self.values.iter().map(|added| {
            let gone = replaced.is_some_and(|it| it.contains(added.cast_unsigned()));
            mask(*added <= as_of && !gone)
        }));
    }

    /// Takes out the rows that were void by then.
    fn drop_void(&mut self, whole: &Whole<'_>, as_of: u64) {
        let (partition, chunk) = (&whole.month.partition, whole.chunk);
        let section = partition.of(chunk, Field::VoidSeq);
        let column = chunk.column(Field::VoidSeq);
        let as_of = i64::try_from(as_of).unwrap_or(i64::MAX);
        let is_void = |voided: i64| voided != 0 && voided <= as_of;
        if column.is_sparse() && column.floor() == 0 {
            let stands = &mut self.stands;
            column.each_exception_value(section, chunk.rows, &mut |row, voided| {
                if is_void(voided)
                    && let Some(mask) = stands.get_mut(row)
                {
                    *mask = 0;
                }
            });
            return;
        }
        column.fill(section, chunk.rows, &mut self.numbers, &mut self.values);
        for (mask, voided) in self.stands.iter_mut().zip(&self.values) {
            if is_void(*voided) {
                *mask = 0;
            }
        }
    }

    fn sum(&mut self, whole: &Whole<'_>, field: Field, turns: i64, all: bool) -> i64 {
        let column = whole.chunk.column(field);
        if let Some(value) = column.constant() {
            return value * turns;
        }
        let (section, rows) = (
            whole.month.partition.of(whole.chunk, field),
            whole.chunk.rows,
        );
        if column.numbers(section, rows, &mut self.numbers) {
            let sum: u64 = if all {
                self.numbers.iter().map(|number| u64::from(*number)).sum()
            } else {
                let masked = self.numbers.iter().zip(&self.stands);
                masked.map(|(number, mask)| u64::from(number & mask)).sum()
            };
            return column.floor() * turns + column.scale() * sum.cast_signed();
        }
        column.fill(section, rows, &mut self.numbers, &mut self.values);
        if all {
            return self.values.iter().sum();
        }
        let masked = self.values.iter().zip(&self.stands);
        masked
            .filter(|(_, mask)| **mask != 0)
            .map(|(value, _)| value)
            .sum()
    }

    fn distinct(&mut self, whole: &Whole<'_>, all: bool) {
        let mut stands = std::mem::take(&mut self.stands);
        if all {
            stands.clear();
            stands.resize(whole.chunk.rows, u32::MAX);
        }
        for field in [Field::Household, Field::Person, Field::Places] {
            let column = whole.chunk.column(field);
            if let Some(value) = column.constant() {
                let value = u32::try_from(value).unwrap_or(0);
                match field {
                    Field::Household => self.households.see(value),
                    Field::Person => self.persons.see(value),
                    _ => self.places.see(value),
                }
                continue;
            }
            let section = whole.month.partition.of(whole.chunk, field);
            let (rows, floor) = (whole.chunk.rows, column.floor());
            let scale = u32::try_from(column.scale()).unwrap_or(0);
            let floor = u32::try_from(floor).unwrap_or(0);
            // Numbers of codes are 32 bits wide.
            if !column.numbers(section, rows, &mut self.numbers) {
                continue;
            }
            let numbers = self.numbers.iter().zip(&stands);
            let numbers =
                numbers.map(|(n, mask)| (floor.wrapping_add(n.wrapping_mul(scale)), *mask));
            match field {
                Field::Household => numbers.for_each(|(n, mask)| self.households.see_if(n, mask)),
                Field::Person => numbers.for_each(|(n, mask)| self.persons.see_if(n, mask)),
                _ => numbers.for_each(|(n, mask)| self.places.see_if(n, mask)),
            }
        }
        self.stands = stands;
    }
}

const _: () = assert!(STANDS > i64::MAX.cast_unsigned());
