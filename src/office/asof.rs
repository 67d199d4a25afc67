//! As-of: how much of the log a view knows.

use chrono::NaiveDate;

use super::error::OfficeError;
use super::issued::{IssuedError, named};
use super::ledger::decode;
use crate::domain::report::IssuedReport;
use crate::log::EventRead;
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

    /// As [`AsOf::parse`], and the number of an issued report stands for the events it was made
    /// from.
    ///
    /// # Errors
    /// [`OfficeError::BadAsOf`] when the text is none of them, and what the log says.
    pub fn find<L: EventRead>(text: &str, log: &L) -> Result<AsOf, OfficeError> {
        let bad = match AsOf::parse(text) {
            Ok(as_of) => return Ok(as_of),
            Err(bad) => bad,
        };
        let mut reports = Vec::new();
        for stored in log.read(1, u64::MAX)? {
            let stored = stored?;
            // Reports are few: the others are not decoded.
            if !holds(&stored.bytes, br#""type":"report.issued""#) {
                continue;
            }
            reports.extend(IssuedReport::of(&decode(&stored)?));
        }
        match named(&reports, text) {
            Ok(report) => Ok(AsOf::Seq(report.issued.as_of.seq)),
            Err(error @ IssuedError::Ambiguous { .. }) => Err(error.into()),
            Err(_) => Err(bad),
        }
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

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
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
