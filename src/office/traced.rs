//! An event as somebody who follows a number wants to see it: who, when, why, on which paper, from
//! which row of which file, and what it says of the support.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::asof::local_date;
use super::ledger::offset;
use crate::domain::class::HouseholdClass;
use crate::domain::code::Code;
use crate::domain::event::{Actor, Body, Document, Event, Source};
use crate::domain::fixed::{Quantity, format_thousandths};
use crate::domain::period::Period;
use crate::domain::stage::Stage;
use crate::domain::state::State;
use crate::domain::support::{CorrectionMode, SupportState};
use crate::log::codec::format_moment;

/// An event that stands behind a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Traced {
    /// When it was recorded.
    pub at: String,
    /// Who recorded it.
    pub by: Actor,
    /// The paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
    /// Its id.
    pub id: Uuid,
    /// It was recorded after its period was closed.
    pub late: bool,
    /// The local day it was recorded.
    pub recorded_on: NaiveDate,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its place in the log.
    pub seq: u64,
    /// The row of the file it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    /// What it says.
    #[serde(flatten)]
    pub said: Said,
}

/// What an event says of a support, a household or a budget. What it does not say is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Said {
    /// How much money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<HouseholdClass>,
    /// How many a group stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// What it pays for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covers: Option<Period>,
    /// The day it stands at, or takes effect on, where that is another than the day it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_on: Option<NaiveDate>,
    /// The household.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub household: Option<Code>,
    /// The support kind, the target or the programme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Code>,
    /// How a correction stands in the figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<CorrectionMode>,
    /// The day it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_on: Option<NaiveDate>,
    /// The person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Code>,
    /// The project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<Code>,
    /// How much in goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// The list's own row key of the support.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Code>,
    /// The stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// The support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<Uuid>,
    /// The unit of `quantity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Code>,
}

impl Traced {
    /// Traces an event; `state` knows the support that a reversal only names.
    pub fn of(event: &Event, state: &State) -> Traced {
        Traced {
            at: format_moment(event.at_ms),
            by: event.by.clone(),
            document: event.document.clone(),
            id: event.id,
            late: event.late,
            reason: event.reason.clone(),
            recorded_on: local_date(event.at_ms, offset(state)),
            seq: event.seq,
            source: event.source.clone(),
            type_name: event.body.type_name(),
            said: said(event, state),
        }
    }
}

/// The support an event is about.
pub(super) fn support_of(event: &Event) -> Option<Uuid> {
    match &event.body {
        Body::Support(_, state) => Some(state.support.unwrap_or(event.id)),
        Body::SupportCorrected(data) => Some(data.support),
        Body::SupportReversed(data) => Some(data.support),
        Body::SupportRecovered(data) => Some(data.support),
        _ => None,
    }
}

fn said(event: &Event, state: &State) -> Said {
    let support = support_of(event);
    let mut said = match &event.body {
        Body::Support(stage, data) => of_state(data, *stage),
        Body::SupportCorrected(data) => Said {
            effective_on: Some(data.effective_on),
            mode: Some(data.mode),
            ..of_state(&data.to, data.stage)
        },
        Body::SupportReversed(data) => Said {
            effective_on: Some(data.effective_on),
            household: data.household.clone(),
            mode: Some(data.mode),
            person: data.person.clone(),
            project: data.project.clone(),
            stage: data.stage,
            ..known(state, support, data.stage)
        },
        Body::SupportRecovered(data) => Said {
            amount: Some(data.amount.to_string()),
            household: data.household.clone(),
            occurred_on: Some(data.occurred_on),
            person: data.person.clone(),
            project: data.project.clone(),
            ..known(state, support, None)
        },
        Body::HouseholdClassified(data) => Said {
            class: Some(data.class),
            effective_on: data.effective_from,
            household: Some(data.household.clone()),
            ..Said::default()
        },
        Body::BudgetAllocated(data) | Body::BudgetAdjusted(data) => Said {
            amount: Some(data.amount.to_string()),
            covers: data.period,
            kind: data.programme.clone(),
            project: data.project.clone(),
            ..Said::default()
        },
        Body::TargetSet(data) => Said {
            covers: Some(data.period),
            kind: Some(data.kind.clone()),
            quantity: Some(data.value),
            ..Said::default()
        },
        Body::CohortListed(data) => Said {
            household: Some(data.household.clone()),
            kind: Some(data.cohort.clone()),
            ..Said::default()
        },
        _ => Said::default(),
    };
    said.support = support;
    said
}

fn of_state(state: &SupportState, stage: Stage) -> Said {
    Said {
        amount: Some(format_thousandths(state.amount_thousandths())),
        class: state.class,
        count: state.count,
        covers: state.covers,
        effective_on: None,
        household: state.household.clone(),
        kind: Some(state.kind.clone()),
        mode: None,
        occurred_on: Some(state.occurred_on),
        person: state.person.clone(),
        project: state.project.clone(),
        quantity: state.quantity,
        reference: state.reference.clone(),
        stage: Some(stage),
        support: None,
        unit: state.unit.clone(),
    }
}

/// What the ledger knows of a support that an event only names.
fn known(state: &State, support: Option<Uuid>, stage: Option<Stage>) -> Said {
    let record = support.and_then(|id| state.supports.get(&id));
    let entry = record.and_then(|record| match stage {
        Some(stage) => record.at(stage),
        None => record.furthest(),
    });
    let Some(entry) = entry.or_else(|| record.and_then(|record| record.furthest())) else {
        return Said::default();
    };
    Said {
        kind: Some(entry.state.kind.clone()),
        occurred_on: Some(entry.state.occurred_on),
        reference: entry.state.reference.clone(),
        ..Said::default()
    }
}
