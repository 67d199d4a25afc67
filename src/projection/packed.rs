//! The facts by month: which months there are, what they can hold, and their partitions.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::Datelike;

use super::facts::{Day, Fact, Facts, date, day};
use super::figures::Axis;
use super::partition::{Packable, Partition};

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

/// A month's partition, and on which days its rows stand on each axis.
#[derive(Debug, Clone)]
pub struct PackedMonth {
    /// Which month.
    pub month: Month,
    /// For each of [`AXES`].
    pub spans: [Span; 4],
    /// The rows.
    pub partition: Arc<Partition>,
}

/// The facts by the month they happened in.
#[derive(Debug, Clone, Default)]
pub struct Packed {
    /// The months in their order.
    pub months: Vec<PackedMonth>,
}

impl Packed {
    /// Packs every row of a table. `None` where a row cannot be packed as it is.
    pub fn of(facts: &Facts) -> Option<Packed> {
        let mut months: BTreeMap<Month, Vec<&Fact>> = BTreeMap::new();
        let mut known = (Day::MAX, 0);
        for fact in facts.rows() {
            // Rows come by the day more often than not.
            if known.0 != fact.occurred {
                known = (fact.occurred, month_of(fact.occurred));
            }
            months.entry(known.1).or_default().push(fact);
        }
        let pack = |(month, rows): (Month, Vec<&Fact>)| {
            Some(PackedMonth {
                month,
                spans: spans(facts, &rows),
                partition: Arc::new(Partition::pack(packable(facts, &rows))?),
            })
        };
        let months = months.into_iter().map(pack).collect::<Option<Vec<_>>>()?;
        Some(Packed { months })
    }
}

fn packable<'a>(facts: &'a Facts, rows: &[&'a Fact]) -> Vec<Packable<'a>> {
    let packable = |fact: &&'a Fact| Packable {
        fact,
        funding: facts.funding(fact),
        stages: facts.stages_of(fact),
    };
    rows.iter().map(packable).collect()
}

fn spans(facts: &Facts, rows: &[&Fact]) -> [Span; 4] {
    let mut spans = [Span::NONE; 4];
    for fact in rows {
        for (axis, span) in AXES.into_iter().zip(&mut spans) {
            span.take(facts.placed(fact, axis));
        }
    }
    spans
}
