//! When an event was recorded: a clock that is passed in, and the rules of what it may say.

use std::time::{SystemTime, UNIX_EPOCH};

use super::error::{ClockFault, LogError};
use super::event::{Head, format_at};

/// How far the clock may lie behind the last event: 5 minutes, in milliseconds.
const MAX_BEHIND_MS: i64 = 5 * 60 * 1_000;
/// How far the clock may lie after the last event: 400 days, in milliseconds.
const MAX_AFTER_MS: i64 = 400 * 24 * 60 * 60 * 1_000;

/// Tells the present moment.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01 UTC.
    fn now_ms(&self) -> i64;
}

/// The clock of the computer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        }
    }
}

/// The `at` of the next events: the later of now and the last `at`.
///
/// A clock that is over 5 minutes behind the last event, over 400 days after it, or before the
/// program was made is refused, unless `accept` says that somebody looked at it. A moment that
/// `at` cannot show (before 1970, after 9999) is refused always.
pub(crate) fn next_at(
    now_ms: i64,
    head: &Head,
    not_before_ms: i64,
    accept: bool,
) -> Result<i64, LogError> {
    let at_ms = if head.seq == 0 {
        now_ms
    } else {
        now_ms.max(head.at_ms)
    };
    let behind = head.at_ms.saturating_sub(now_ms);
    let fault = if format_at(at_ms).is_none() {
        Some(ClockFault::OutOfRange)
    } else if accept {
        None
    } else if now_ms < not_before_ms {
        Some(ClockFault::BeforeProgram)
    } else if head.seq > 0 && behind > MAX_BEHIND_MS {
        Some(ClockFault::Behind)
    } else if head.seq > 0 && behind < -MAX_AFTER_MS {
        Some(ClockFault::FarAhead)
    } else {
        None
    };
    match fault {
        Some(fault) => Err(LogError::ClockSuspect {
            now_ms,
            last_ms: (head.seq > 0).then_some(head.at_ms),
            fault,
        }),
        None => Ok(at_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1_000;
    const LAST: i64 = 1_700_000_000_000;

    fn at(now_ms: i64, accept: bool) -> Result<i64, ClockFault> {
        let head = Head {
            seq: 3,
            root: [0; 32],
            at_ms: LAST,
        };
        next_at(now_ms, &head, LAST - 2 * MAX_BEHIND_MS, accept).map_err(|error| match error {
            LogError::ClockSuspect { fault, .. } => fault,
            other => panic!("{other}"),
        })
    }

    #[test]
    fn time_never_runs_backwards_and_a_strange_clock_is_refused() {
        assert_eq!(at(LAST + 5, false), Ok(LAST + 5));
        assert_eq!(at(LAST - 5, false), Ok(LAST));
        assert_eq!(at(LAST - MAX_BEHIND_MS, false), Ok(LAST));
        assert_eq!(at(LAST - MAX_BEHIND_MS - 1, false), Err(ClockFault::Behind));
        assert_eq!(at(LAST + 400 * DAY, false), Ok(LAST + 400 * DAY));
        assert_eq!(at(LAST + 400 * DAY + 1, false), Err(ClockFault::FarAhead));
        assert_eq!(
            at(LAST - 3 * MAX_BEHIND_MS, false),
            Err(ClockFault::BeforeProgram)
        );
    }

    #[test]
    fn an_accepted_clock_is_used_but_never_goes_back() {
        assert_eq!(at(LAST - DAY, true), Ok(LAST));
        assert_eq!(at(LAST + 1_000 * DAY, true), Ok(LAST + 1_000 * DAY));
        assert_eq!(at(i64::MAX, true), Err(ClockFault::OutOfRange));
    }

    #[test]
    fn the_first_event_has_nothing_before_it() {
        let empty = Head {
            seq: 0,
            root: [0; 32],
            at_ms: 0,
        };
        assert_eq!(next_at(LAST, &empty, 0, false).unwrap(), LAST);
        assert!(next_at(-1, &empty, i64::MIN, false).is_err());
    }
}
