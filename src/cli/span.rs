//! `--period` and `--axis` of the views that show a household or a project: which days, by which
//! of the four dates. Every one of them says on its output what it was asked.

use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};

use super::console::{Console, Failure};
use super::figures::{axis_name, period_json};
use crate::domain::event::{Body, Event};
use crate::domain::language::Lang;
use crate::domain::period::Period;
use crate::domain::stage::Stage;
use crate::office::asof::local_date;
use crate::projection::figures::{Axis, Query};

/// Which days, by which date.
#[derive(Debug, Clone, Default, Args)]
pub struct SpanArgs {
    /// Chỉ trong kỳ này · only in this period
    #[arg(long)]
    pub period: Option<String>,
    /// Trục thời gian: occurred, covers, recorded, decided · which date counts
    #[arg(long, default_value = "occurred")]
    pub axis: String,
}

/// Which days, by which date, read.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The period; all days without one.
    pub period: Option<Period>,
    /// Which date counts.
    pub axis: Axis,
}

impl Span {
    /// Reads the options.
    ///
    /// # Errors
    /// [`Failure::Usage`] names the option and what there is.
    pub fn read(console: &Console<'_>, args: &SpanArgs) -> Result<Span, Failure> {
        let period = args.period.as_ref().map(|text| {
            let period = text.parse::<Period>();
            period.map_err(|error| console.usage("--period", &error))
        });
        let axis = args.axis.parse::<Axis>();
        Ok(Span {
            period: period.transpose()?,
            axis: axis.map_err(|error| console.usage("--axis", &error))?,
        })
    }

    /// Every stage, in these days.
    pub fn query(&self) -> Query {
        let (from, to) = match &self.period {
            Some(period) => (period.first_day(), period.last_day()),
            None => (NaiveDate::MIN, NaiveDate::MAX),
        };
        Query {
            axis: self.axis,
            stages: Stage::ALL.to_vec(),
            ..Query::between(from, to)
        }
    }

    /// What was asked, as output for programs writes it: null for all days.
    pub fn json(&self) -> (Value, Value) {
        let period = self.period.as_ref().map(period_json);
        (json!(period), json!(self.axis))
    }

    /// What was asked, for people.
    pub fn text(&self, lang: Lang) -> String {
        let axis = axis_name(self.axis, lang);
        match &self.period {
            Some(period) => format!("{} ({period}) · {axis}", period.label(lang)),
            None => format!("{} · {axis}", lang.pick("mọi kỳ", "all periods")),
        }
    }

    /// Whether an event stands in these days.
    pub fn holds(&self, event: &Event, offset: &str) -> bool {
        self.period
            .is_none_or(|period| period.contains(placed(event, self.axis, offset)))
    }
}

/// The day that an axis places an event at. What happened on no day of its own stands at the day
/// it was recorded.
fn placed(event: &Event, axis: Axis, offset: &str) -> NaiveDate {
    let recorded = local_date(event.at_ms, offset);
    let (on, covers) = match &event.body {
        Body::Support(_, data) => (Some(data.occurred_on), data.covers),
        Body::SupportCorrected(data) => (Some(data.effective_on), data.to.covers),
        Body::SupportReversed(data) => (Some(data.effective_on), None),
        Body::SupportRecovered(data) => (Some(data.occurred_on), None),
        Body::HouseholdClassified(data) => (data.effective_from, None),
        Body::HouseholdMoved(data) => (data.on, None),
        Body::ProjectAdvanced(data) => (data.on, None),
        Body::PersonLeft(data) => (data.left_on, None),
        _ => (None, None),
    };
    let on = on.unwrap_or(recorded);
    let document = event.document.as_ref();
    match axis {
        Axis::Occurred => on,
        Axis::Covers => covers.map_or(on, |covers| covers.last_day()),
        Axis::Recorded => recorded,
        Axis::Decided => document.and_then(|paper| paper.date).unwrap_or(on),
    }
}
