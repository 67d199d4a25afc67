//! Decisions about closing and reopening periods, and how a correction stands beside them.

use chrono::{Datelike, NaiveDate};

use super::closing::{PeriodClosed, PeriodReopened};
use super::command::{Command, Context};
use super::decide::Proposed;
use super::event::Body;
use super::rejection::Rejection;
use super::state::State;
use super::support::CorrectionMode;

pub(super) fn decide_closing(
    state: &State,
    context: &Context,
    command: &Command,
) -> Result<Vec<Proposed>, Rejection> {
    let body = match command {
        Command::ClosePeriod { period, through } => {
            check_close(state, context, *through)?;
            let (period, through) = (*period, *through);
            Body::PeriodClosed(Box::new(PeriodClosed { period, through }))
        }
        Command::ReopenPeriod { through } => {
            check_reopen(state, context, *through)?;
            let through = *through;
            Body::PeriodReopened(Box::new(PeriodReopened { through }))
        }
        _ => return Ok(Vec::new()),
    };
    Ok(vec![Proposed::new(context, body)])
}

/// A day is closed when it is over: so today is always open, and what puts a closed day right
/// always has a date to stand at.
fn check_close(state: &State, context: &Context, through: NaiveDate) -> Result<(), Rejection> {
    if through >= context.today {
        let today = context.today;
        return Err(Rejection::PeriodNotOver { through, today });
    }
    if through.year() < 1900 {
        return Err(Rejection::AncientDate(through));
    }
    match state.closings.through() {
        Some(closed) if through <= closed => Err(Rejection::PeriodClosed(closed)),
        _ => Ok(()),
    }
}

fn check_reopen(state: &State, context: &Context, through: NaiveDate) -> Result<(), Rejection> {
    if context.reason.is_none() {
        return Err(Rejection::ReasonNeeded);
    }
    if through.year() < 1900 {
        return Err(Rejection::AncientDate(through));
    }
    match state.closings.through() {
        Some(closed) if through < closed => Ok(()),
        closed => Err(Rejection::PeriodNotClosed { through, closed }),
    }
}

/// How a correction stands, and at which date: decided here once and never again.
///
/// `rows` are the first and the last day of the rows it takes back, `natural` is the day the
/// replacement stands at when it takes their place. With every row in open days that is what
/// happens; else, or where another day is asked for, signed rows stand at an open day, never
/// before the last of the rows.
pub(super) fn correction_date(
    state: &State,
    context: &Context,
    (first, last): (NaiveDate, NaiveDate),
    natural: NaiveDate,
    asked: Option<NaiveDate>,
) -> Result<(CorrectionMode, NaiveDate), Rejection> {
    let open = !state.closings.holds(first);
    let Some(on) = asked else {
        return Ok(if open {
            (CorrectionMode::InPlace, natural)
        } else {
            (CorrectionMode::Contra, context.today.max(last))
        });
    };
    super::decide::check_day(context, on)?;
    if open && on == natural {
        return Ok((CorrectionMode::InPlace, natural));
    }
    if on < last {
        return Err(Rejection::BeforeOriginal(last));
    }
    match state.closings.through() {
        Some(closed) if on <= closed => Err(Rejection::EffectiveInClosed { on, closed }),
        _ => Ok((CorrectionMode::Contra, on)),
    }
}

/// Whether something of this day says of itself that it is late.
pub(super) fn is_late(state: &State, day: NaiveDate) -> bool {
    state.closings.holds(day)
}
