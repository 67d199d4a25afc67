//! The facts by month: which months there are, what they can hold, and their partitions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use chrono::Datelike;

use super::base::Base;
use super::cells::Finest;
use super::facts::{Day, Fact, Facts, date, day};
use super::figures::Axis;
use super::layers::{Layer, replaced};
use super::partition::{Columns, Field, Packable, Partition, Rows, Unfolded, Wanted};

/// A month, as its year times twelve and its place in the year.
pub type Month = i32;

/// The month of a day.
pub fn month_of(placed: Day) -> Month {
    let placed = date(placed).unwrap_or_default();
    placed.year() * 12 + placed.month0().cast_signed()
}

/// The first and the last day of a month.
pub fn days_of(month: Month) -> (Day, Day) {
    let first = |month: Month| {
        let (year, month) = (
            month.div_euclid(12),
            month.rem_euclid(12).cast_unsigned() + 1,
        );
        chrono::NaiveDate::from_ymd_opt(year, month, 1).map(day)
    };
    let from = first(month).unwrap_or(Day::MIN);
    (from, first(month + 1).map_or(Day::MAX, |next| next - 1))
}

/// From which to which day the rows of a month stand, on one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Span {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
}

impl Span {
    /// Nothing yet.
    pub const NONE: Span = Span {
        from: Day::MAX,
        to: Day::MIN,
    };

    /// Takes a day in.
    pub fn take(&mut self, placed: Day) {
        self.from = self.from.min(placed);
        self.to = self.to.max(placed);
    }

    /// Whether a day of it can lie in a period.
    pub fn touches(&self, from: Day, to: Day) -> bool {
        self.from <= to && from <= self.to
    }
}

/// The axes in the order of a month's spans.
pub const AXES: [Axis; 4] = Axis::ALL;

/// Rows of a month, and on which days they stand on each axis.
#[derive(Debug, Clone)]
pub struct PackedMonth {
    /// Which month.
    pub month: Month,
    /// For each of [`AXES`].
    pub spans: [Span; 4],
    /// The rows.
    pub partition: Arc<Partition>,
    /// The bytes of the partition, and how many of them are its directory.
    pub bytes: (Vec<u8>, usize),
    /// For each layer of the base that stays below it, the rows that stand in it now.
    pub replaces: Vec<Vec<u32>>,
    /// The stages, kinds and classes of what came or changed.
    pub touched: BTreeSet<Finest>,
    /// How many rows came or changed.
    pub came: u64,
}

/// How many of the layers of a base's month stay as they are under so many rows that came or
/// changed; the others are packed together with these.
pub type Staying<'a> = dyn Fn(Month, usize) -> usize + Sync + 'a;

/// The facts by the month they happened in.
#[derive(Debug, Clone, Default)]
pub struct Packed {
    /// The months in their order.
    pub months: Vec<PackedMonth>,
}

impl Packed {
    /// Packs every row of a table that goes on from nothing. `None` where a row cannot be packed
    /// as it is.
    pub fn of(facts: &Facts) -> Option<Packed> {
        let months = by_month(facts);
        let pack = |(month, rows): (Month, Vec<&Fact>)| pack(facts, month, &rows, &[]);
        let months = months.into_iter().map(pack).collect::<Option<Vec<_>>>()?;
        Some(Packed { months })
    }

    /// The months of a table that are not as its base has them: of each, the rows that came or
    /// changed, and those of the layers of the base that do not stay. Every month, where there is
    /// no base.
    ///
    /// # Errors
    /// Why the base cannot be read, or a row cannot be packed.
    pub fn changed(facts: &Facts, staying: &Staying<'_>) -> Result<Packed, String> {
        let mut months = by_month(facts);
        let put_away: BTreeMap<Month, usize> = facts.months_put_away().collect();
        for month in put_away.keys() {
            months.entry(*month).or_default();
        }
        let months: Vec<(Month, Vec<&Fact>)> = months.into_iter().collect();
        let packed = on_two_cores(&months, |(month, rows)| {
            let count = rows.len() + put_away.get(month).copied().unwrap_or(0);
            changed_month(facts, *month, rows, staying(*month, count))
        });
        let months = packed.into_iter().collect::<Result<Vec<_>, String>>()?;
        Ok(Packed { months })
    }
}

/// The rows of a month that came or changed, on top of so many layers of the base.
fn changed_month(
    facts: &Facts,
    month: Month,
    rows: &[&Fact],
    staying: usize,
) -> Result<PackedMonth, String> {
    let base = facts.base().filter(|base| has(base.as_ref(), month));
    let layers = match base {
        Some(base) => base.layers(month, &|place, _| match place < staying {
            true => Wanted::of_all(Columns::of(&[Field::AddSeq])),
            false => Wanted::ALL,
        })?,
        None => Vec::new(),
    };
    let (below, above) = layers.split_at(staying.min(layers.len()));
    let mut kept = kept(facts, month, above);
    let put_away = facts.put_away_in(month);
    let came = (rows.len() + put_away.facts.len()) as u64;
    let touched = rows.iter().copied().chain(&put_away.facts);
    let touched = touched.map(Fact::finest).collect();
    kept.push(put_away);
    let packed = pack(facts, month, rows, &kept);
    let mut packed = packed.ok_or_else(|| format!("month {month} cannot be packed"))?;
    packed.came = came;
    packed.touched = touched;
    for (place, layer) in below.iter().enumerate() {
        // What the layers that are packed together replaced, this one replaces now.
        let mut places = replaced(&layers, place, staying);
        if let Some(replaced) = facts.replaced(month) {
            places.extend(layer.partition.places(replaced));
            places.sort_unstable();
        }
        packed.replaces.push(places);
    }
    Ok(packed)
}

fn has(base: &dyn Base, month: Month) -> bool {
    base.months().iter().any(|known| known.month == month)
}

/// What is made of each item, in their order. Another thread takes from the beginning what this
/// one, which takes from the end, has not begun.
pub fn on_two_cores<T: Sync, R: Send>(items: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let left = Mutex::new(0..items.len());
    let next = |first: bool| {
        let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
        if first { left.next() } else { left.next_back() }
    };
    let take = |first: bool| {
        let mut made = Vec::new();
        while let Some(place) = next(first) {
            made.extend(items.get(place).map(|item| (place, make(item))));
        }
        made
    };
    thread::scope(|scope| {
        let beside = (items.len() > 1).then(|| {
            let work = || take(true);
            thread::Builder::new().spawn_scoped(scope, work).ok()
        });
        let mut made = take(false);
        if let Some(beside) = beside.flatten() {
            match beside.join() {
                Ok(others) => made.extend(others),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        made.sort_unstable_by_key(|(place, _)| *place);
        made.into_iter().map(|(_, made)| made).collect()
    })
}

/// The rows by the month they happened in.
fn by_month(facts: &Facts) -> BTreeMap<Month, Vec<&Fact>> {
    let mut months: BTreeMap<Month, Vec<&Fact>> = BTreeMap::new();
    let mut known = (Day::MAX, 0);
    for fact in facts.rows() {
        // Rows come by the day more often than not.
        if known.0 != fact.occurred {
            known = (fact.occurred, month_of(fact.occurred));
        }
        months.entry(known.1).or_default().push(fact);
    }
    months
}

/// The rows of some layers of a base's month that are not replaced.
fn kept(facts: &Facts, month: Month, layers: &[Layer]) -> Vec<Rows> {
    let mut kept = Vec::new();
    let mut unfolded = Unfolded::default();
    let replaced = facts.replaced(month);
    let stays = |added, _| !replaced.is_some_and(|replaced| replaced.contains(added));
    for partition in layers.iter().map(|layer| &layer.partition) {
        for chunk in partition.chunks() {
            let mut rows = Rows::default();
            partition.unpack(chunk, Columns::ALL, &mut unfolded, &mut rows, stays);
            kept.push(rows);
        }
    }
    kept
}

fn pack(facts: &Facts, month: Month, rows: &[&Fact], kept: &[Rows]) -> Option<PackedMonth> {
    let mut packable = Vec::with_capacity(rows.len());
    for rows in kept {
        packable.extend(rows.facts.iter().map(|fact| Packable {
            fact,
            funding: rows.funding(fact),
            stages: fact.stages,
        }));
    }
    packable.extend(rows.iter().map(|fact| Packable {
        fact,
        funding: facts.funding(fact),
        stages: facts.stages_of(fact),
    }));
    let mut spans = [Span::NONE; 4];
    for row in &packable {
        for (axis, span) in AXES.into_iter().zip(&mut spans) {
            span.take(facts.placed(row.fact, axis));
        }
    }
    let (partition, bytes, directory) = Partition::pack(packable)?;
    Some(PackedMonth {
        month,
        spans,
        partition: Arc::new(partition),
        bytes: (bytes, directory),
        replaces: Vec::new(),
        touched: BTreeSet::new(),
        came: 0,
    })
}
