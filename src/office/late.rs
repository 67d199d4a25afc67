//! The retroactive monitor: what was recorded long after the fact, or after its period was closed.

use chrono::NaiveDate;
use serde::Serialize;

use super::asof::local_date;
use super::error::OfficeError;
use super::ledger::{Ledger, offset};
use super::traced::Traced;
use crate::domain::event::{Body, Event};
use crate::log::EventRead;

/// An entry that came late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LateEntry {
    /// The day it is about.
    pub about: NaiveDate,
    /// How many days lie between.
    pub days: i64,
    /// Its period was closed when it was recorded.
    pub closed: bool,
    /// The event.
    #[serde(flatten)]
    pub event: Traced,
}

/// The day an event is about, where that can lie long before it was recorded.
fn about(event: &Event) -> Option<NaiveDate> {
    match &event.body {
        Body::Support(_, state) => Some(state.occurred_on),
        Body::SupportCorrected(data) => Some(data.to.occurred_on),
        Body::SupportRecovered(data) => Some(data.occurred_on),
        Body::HouseholdClassified(data) => data.effective_from,
        Body::HouseholdMoved(data) => data.on,
        _ => None,
    }
}

impl<L: EventRead> Ledger<L> {
    /// What was recorded more than `days` days after the day it is about, or after that day's
    /// period was closed, in the order it was recorded. A reversal is about the day that the
    /// support happened.
    ///
    /// # Errors
    /// When the log or an event cannot be read.
    pub fn late_entries(
        &self,
        days: i64,
        recorded: impl Fn(NaiveDate) -> bool,
    ) -> Result<Vec<LateEntry>, OfficeError> {
        let offset = offset(self.state());
        let mut late = Vec::new();
        for event in self.events(1, u64::MAX)? {
            let recorded_on = local_date(event.at_ms, offset);
            if !recorded(recorded_on) {
                continue;
            }
            let traced = || Traced::of(&event, self.state());
            let about = match &event.body {
                Body::SupportReversed(_) => traced().said.occurred_on,
                _ => about(&event),
            };
            let Some(about) = about else { continue };
            let apart = recorded_on.signed_duration_since(about).num_days();
            if apart > days || event.late {
                late.push(LateEntry {
                    about,
                    days: apart,
                    closed: event.late,
                    event: traced(),
                });
            }
        }
        Ok(late)
    }
}
