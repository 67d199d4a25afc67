//! Closing: one watermark on the days that supports happened.
//!
//! `period.closed` moves it forward and `period.reopened` back, both by explicit dates. Closing
//! forbids nothing: what is recorded of a closed day says so itself (`late`), and what puts a
//! closed day right stands at a later date (`contra`). **Invariant:** both are decided once and
//! stand in the event; no fold looks at the watermark to place a row.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::period::Period;

/// `period.closed`: every day up to and including `through` is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodClosed {
    /// The period that was named, where one was; it ends on `through`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The last closed day.
    pub through: NaiveDate,
}

/// `period.reopened`: only the days up to and including `through` stay closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodReopened {
    /// The last day that stays closed.
    pub through: NaiveDate,
}

/// Days that one event closed and that have been closed ever since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedSpan {
    /// Its last day; it begins after the span before it.
    pub through: NaiveDate,
    /// The `period.closed` event.
    pub seq: u64,
}

/// One move of the watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosingMove {
    /// The event.
    pub seq: u64,
    /// Where the watermark stood before.
    pub before: Option<NaiveDate>,
    /// Where it stands after.
    pub through: NaiveDate,
}

impl ClosingMove {
    /// Whether days were closed, not reopened.
    pub fn closes(&self) -> bool {
        self.before.is_none_or(|before| before < self.through)
    }
}

/// What is closed, and since which event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closings {
    spans: Vec<ClosedSpan>,
    moves: Vec<ClosingMove>,
}

impl Closings {
    /// Folds `period.closed`.
    pub fn close(&mut self, seq: u64, through: NaiveDate) {
        self.note(seq, through);
        self.spans.push(ClosedSpan { through, seq });
    }

    /// Folds `period.reopened`. Days that stay closed keep the event that closed them.
    pub fn reopen(&mut self, seq: u64, through: NaiveDate) {
        self.note(seq, through);
        let kept = self.spans.partition_point(|span| span.through < through);
        self.spans.truncate(kept + 1);
        if let Some(last) = self.spans.get_mut(kept) {
            last.through = through;
        }
    }

    fn note(&mut self, seq: u64, through: NaiveDate) {
        let before = self.through();
        self.moves.push(ClosingMove {
            seq,
            before,
            through,
        });
    }

    /// The watermark: the last closed day.
    pub fn through(&self) -> Option<NaiveDate> {
        self.spans.last().map(|span| span.through)
    }

    /// Whether a day is closed.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.through().is_some_and(|through| day <= through)
    }

    /// The event since which a day has been closed without a break: its closing.
    pub fn closing_of(&self, day: NaiveDate) -> Option<u64> {
        let place = self.spans.partition_point(|span| span.through < day);
        self.spans.get(place).map(|span| span.seq)
    }

    /// The closed days, parted by the events that closed them, in their order.
    pub fn spans(&self) -> &[ClosedSpan] {
        &self.spans
    }

    /// Every move of the watermark, in the order of the log.
    pub fn moves(&self) -> &[ClosingMove] {
        &self.moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn a_day_keeps_the_event_that_closed_it_until_it_is_reopened() {
        let mut closings = Closings::default();
        assert_eq!(closings.through(), None);
        assert!(!closings.holds(day("1900-01-01")));
        closings.close(10, day("2023-03-31"));
        closings.close(20, day("2023-06-30"));
        assert_eq!(closings.closing_of(day("2023-03-31")), Some(10));
        assert_eq!(closings.closing_of(day("2023-04-01")), Some(20));
        assert_eq!(closings.closing_of(day("2023-07-01")), None);
        closings.reopen(30, day("2023-04-30"));
        assert_eq!(closings.through(), Some(day("2023-04-30")));
        assert_eq!(closings.closing_of(day("2023-04-30")), Some(20));
        assert_eq!(closings.closing_of(day("2023-05-01")), None);
        closings.close(40, day("2023-06-30"));
        assert_eq!(closings.closing_of(day("2023-05-01")), Some(40));
        assert_eq!(closings.closing_of(day("2023-01-01")), Some(10));
        closings.reopen(50, day("2022-12-31"));
        assert_eq!(closings.closing_of(day("2022-12-31")), Some(10));
        assert!(!closings.holds(day("2023-01-01")));
        let closes: Vec<bool> = closings.moves().iter().map(ClosingMove::closes).collect();
        assert_eq!(closes, [true, true, false, true, false]);
    }
}
