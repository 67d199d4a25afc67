//! Opening, in, out, closing: how a period moves what was there before it.
//!
//! **Invariant:** opening + late + in - out = closing, for every measure that adds up, whatever
//! the grouping. Each part is a figure of [`figures`]; the closing is asked for on its own, not
//! added up, so that a test can hold the two against each other.
//!
//! - `opening`: everything before the period: its closed days as they were known when the last of
//!   them was closed, its open days as they are known now.
//! - `late`: what has been recorded of the closed days since: *bổ sung kỳ trước*. It stands outside
//!   the period's own figures.
//! - `in`, `out`: rows of the period, by their sign. Only a correction of a closed day has rows
//!   that go out.
//! - `adjusted`: of `in` and `out`, what corrections of closed days come to.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::facts::Facts;
use super::figures::{Dimension, Entries, Figures, FiguresError, Query, Row, figures};
use crate::domain::fixed::format_thousandths;
use crate::domain::state::State;

/// The measures that add up, in the order of output.
pub const ADDITIVE: [&str; 5] = ["turns", "count", "amount", "quantity", "recovered"];

/// The measures of one column that add up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balance {
    /// Support actions.
    pub turns: i64,
    /// Beneficiaries.
    pub count: i64,
    /// Money, in thousandths.
    pub amount: i128,
    /// Goods, in thousandths of `unit`; 0 when units are mixed.
    pub quantity: i128,
    /// Money taken back, in thousandths.
    pub recovered: i128,
    /// The unit of `quantity`; `""` where there is none or several.
    pub unit: String,
    /// Quantities of several units meet: there is no sum of them to show.
    pub mixed_units: bool,
}

impl From<&Row> for Balance {
    fn from(row: &Row) -> Balance {
        Balance {
            turns: row.turns,
            count: row.count,
            amount: row.amount,
            quantity: row.quantity,
            recovered: row.recovered,
            unit: row.unit.clone(),
            mixed_units: row.mixed_units,
        }
    }
}

impl Balance {
    /// The sum of two.
    #[must_use]
    pub fn plus(&self, other: &Balance) -> Balance {
        self.joined(other, 1)
    }

    /// The difference of two.
    #[must_use]
    pub fn minus(&self, other: &Balance) -> Balance {
        self.joined(other, -1)
    }

    fn joined(&self, other: &Balance, sign: i64) -> Balance {
        let wide = i128::from(sign);
        let differ = !self.unit.is_empty() && !other.unit.is_empty() && self.unit != other.unit;
        let mixed_units = self.mixed_units || other.mixed_units || differ;
        let unit = match (mixed_units, self.unit.is_empty()) {
            (true, _) => String::new(),
            (false, true) => other.unit.clone(),
            (false, false) => self.unit.clone(),
        };
        Balance {
            turns: self.turns + sign * other.turns,
            count: self.count + sign * other.count,
            amount: self.amount + wide * other.amount,
            quantity: if mixed_units {
                0
            } else {
                self.quantity + wide * other.quantity
            },
            recovered: self.recovered + wide * other.recovered,
            unit,
            mixed_units,
        }
    }

    /// A measure by its name, as output writes it; empty for a quantity of several units.
    pub fn measure(&self, name: &str) -> Option<String> {
        Some(match name {
            "turns" => self.turns.to_string(),
            "count" => self.count.to_string(),
            "amount" => format_thousandths(self.amount),
            "quantity" if self.mixed_units => String::new(),
            "quantity" => format_thousandths(self.quantity),
            "recovered" => format_thousandths(self.recovered),
            _ => return None,
        })
    }

    /// Whether a measure is nothing; that of several units is something.
    pub fn is_zero(&self, name: &str) -> bool {
        self.measure(name).is_none_or(|text| text == "0")
    }
}

/// One cell of the table of movements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MovementRow {
    /// The key of each dimension.
    pub keys: Vec<String>,
    /// Before the period, closed days as they were known at their closing.
    pub opening: Balance,
    /// Recorded of those closed days since.
    pub late: Balance,
    /// What came in.
    pub incoming: Balance,
    /// What went out; positive.
    pub outgoing: Balance,
    /// Of the two, what corrections of closed days come to.
    pub adjusted: Balance,
    /// Up to the end of the period, as it is known now.
    pub closing: Balance,
}

/// The table of movements of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The grouping: that of the query, and the stage where it asks for several.
    pub by: Vec<Dimension>,
    /// The last closed day before the period, and the closing as of which the opening knows the
    /// days up to it; `None` where all of them are open.
    pub opening_closed: Option<(NaiveDate, u64)>,
    /// The rows, sorted by their keys.
    pub rows: Vec<MovementRow>,
}

/// The table of movements of the period that a query asks about. `state` is as of the same moment
/// as the query.
///
/// # Errors
/// As [`figures`].
pub fn movement(facts: &Facts, state: &State, query: &Query) -> Result<Movement, FiguresError> {
    let ask = |query: &Query| figures(facts, state, query);
    let mut within = query.clone();
    // An action stands under each stage it reached; only by stage do periods add up.
    if within.stages.len() > 1 && !within.by.contains(&Dimension::Stage) {
        within.by.push(Dimension::Stage);
    }
    let eve = within.from.pred_opt().unwrap_or(within.from);
    let days = |from, to| Query {
        from,
        to,
        ..within.clone()
    };
    let mut table = Table::default();
    let opening_closed = last_closed(state, eve);
    let mut open_from = NaiveDate::MIN;
    if let Some((through, closing)) = opening_closed {
        let now = days(NaiveDate::MIN, through);
        table.add(&ask(&now)?, |row, now| row.late = now);
        let then = Query {
            as_of: closing.min(now.as_of),
            ..now
        };
        table.add(&ask(&then)?, |row, then| {
            row.late = row.late.minus(&then);
            row.opening = then;
        });
        open_from = through.succ_opt().unwrap_or(through);
    }
    if open_from <= eve {
        let open = ask(&days(open_from, eve))?;
        table.add(&open, |row, open| row.opening = row.opening.plus(&open));
    }
    for (entries, sign) in [(Entries::In, 1), (Entries::Out, -1), (Entries::Contra, 0)] {
        let mut signed = within.clone();
        signed.entries = entries;
        table.add(&ask(&signed)?, |row, part| match sign {
            1 => row.incoming = part,
            -1 => row.outgoing = Balance::default().minus(&part),
            _ => row.adjusted = part,
        });
    }
    let up_to = days(NaiveDate::MIN, within.to);
    table.add(&ask(&up_to)?, |row, all| row.closing = all);
    Ok(Movement {
        by: within.by,
        opening_closed,
        rows: table.finish(),
    })
}

/// The last closed day up to a day, with its closing.
pub fn last_closed(state: &State, day: NaiveDate) -> Option<(NaiveDate, u64)> {
    let through = state.closings.through()?.min(day);
    Some((through, state.closings.closing_of(through)?))
}

#[derive(Default)]
struct Table(BTreeMap<Vec<String>, MovementRow>);

impl Table {
    fn add(&mut self, answer: &Figures, put: impl Fn(&mut MovementRow, Balance)) {
        for row in &answer.rows {
            let cell = self.0.entry(row.keys.clone()).or_default();
            put(cell, Balance::from(row));
        }
    }

    fn finish(self) -> Vec<MovementRow> {
        let row = |(keys, mut row): (Vec<String>, MovementRow)| {
            row.keys = keys;
            row
        };
        self.0.into_iter().map(row).collect()
    }
}

/// What was recorded of a period after an event, usually its closing: *bổ sung kỳ trước*. Cells
/// without a difference are left out; without grouping there is exactly one.
///
/// # Errors
/// As [`figures`].
pub fn late(
    facts: &Facts,
    state: &State,
    query: &Query,
    since: u64,
) -> Result<Vec<(Vec<String>, Balance)>, FiguresError> {
    let now = figures(facts, state, query)?;
    let then = Query {
        as_of: since.min(query.as_of),
        ..query.clone()
    };
    let mut cells: BTreeMap<Vec<String>, Balance> = BTreeMap::new();
    for row in &now.rows {
        cells.insert(row.keys.clone(), Balance::from(row));
    }
    for row in &figures(facts, state, &then)?.rows {
        let cell = cells.entry(row.keys.clone()).or_default();
        *cell = cell.minus(&Balance::from(row));
    }
    let differs = |balance: &Balance| ADDITIVE.iter().any(|name| !balance.is_zero(name));
    cells.retain(|_, balance| query.by.is_empty() || differs(balance));
    Ok(cells.into_iter().collect())
}
