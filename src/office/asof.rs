//! As-of: how much of the log a view knows.

use chrono::NaiveDate;

use super::error::OfficeError;
use crate::log::codec::parse_moment;
use crate::projection::facts::offset_ms;

/// How much of the log a view knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AsOf {
    /// All of it.
    #[default]
    Head,
    /// The first events, up to this place.
    Seq(u64),
    /// What was recorded up to this moment, in milliseconds since 1970.
    Moment(i64),
    /// What was recorded up to the end of this day at the ledger's offset.
    Date(NaiveDate),
}

impl AsOf {
    /// Reads a place in the log, a moment (RFC 3339) or a date.
    ///
    /// # Errors
    /// [`OfficeError::BadAsOf`] when the text is none of them.
    pub fn parse(text: &str) -> Result<AsOf, OfficeError> {
        if let Ok(seq) = text.parse::<u64>() {
            return Ok(AsOf::Seq(seq));
        }
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Ok(AsOf::Date(date));
        }
        parse_moment(text)
            .map(AsOf::Moment)
            .ok_or_else(|| OfficeError::BadAsOf(text.to_owned()))
    }

    /// Whether an event at this place and time is known.
    pub fn knows(self, seq: u64, at_ms: i64, offset: &str) -> bool {
        match self {
            AsOf::Head => true,
            AsOf::Seq(last) => seq <= last,
            AsOf::Moment(moment) => at_ms <= moment,
            AsOf::Date(date) => at_ms < end_of_day(date, offset),
        }
    }

    /// The moment asked for is after now: nothing can be known of it.
    pub fn is_future(self, now_ms: i64, offset: &str) -> bool {
        match self {
            AsOf::Head | AsOf::Seq(_) => false,
            AsOf::Moment(moment) => moment > now_ms,
            AsOf::Date(date) => date > local_date(now_ms, offset),
        }
    }
}

fn end_of_day(date: NaiveDate, offset: &str) -> i64 {
    let midnight = date
        .and_time(chrono::NaiveTime::MIN)
        .and_utc()
        .timestamp_millis();
    midnight + 86_400_000 - offset_ms(offset)
}

/// The date at an offset.
pub fn local_date(at_ms: i64, offset: &str) -> NaiveDate {
    let local = at_ms.saturating_add(offset_ms(offset));
    chrono::DateTime::from_timestamp_millis(local)
        .unwrap_or_default()
        .date_naive()
}
