//! What was noted on supports when they were recorded: the points to confirm of a report.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::domain::event::{Body, Event};
use crate::domain::finding::FindingCode;
use crate::domain::state::State;

/// How many refs of a finding are named.
const EXAMPLES: usize = 3;

/// Findings with how often they were noted, and the refs of some of the supports.
pub type Found = Vec<(FindingCode, u64, Vec<String>)>;

/// The events that carry findings, in their order.
#[derive(Debug, Clone, Default)]
pub struct Noted {
    events: Vec<NotedEvent>,
}

#[derive(Debug, Clone)]
struct NotedEvent {
    codes: Vec<FindingCode>,
    event: Uuid,
    name: String,
    occurred_on: NaiveDate,
    support: Uuid,
}

impl Noted {
    /// Takes note of one event.
    pub fn take(&mut self, event: &Event) {
        if event.findings.is_empty() {
            return;
        }
        let (support, state) = match &event.body {
            Body::Support(_, state) => (state.support.unwrap_or(event.id), state.as_ref()),
            Body::SupportCorrected(data) => (data.support, &data.to),
            _ => return,
        };
        let reference = state.reference.as_ref();
        self.events.push(NotedEvent {
            codes: event.findings.iter().map(|one| one.code).collect(),
            event: event.id,
            name: reference.map_or_else(|| support.to_string(), ToString::to_string),
            occurred_on: state.occurred_on,
            support,
        });
    }

    /// What was noted on the supports of some days, where it still says what stands.
    pub fn among(&self, state: &State, from: NaiveDate, to: NaiveDate) -> Found {
        let mut found: BTreeMap<FindingCode, (u64, Vec<String>)> = BTreeMap::new();
        let stands = |noted: &&NotedEvent| {
            let record = state.supports.get(&noted.support);
            record.is_some_and(|record| {
                let mut entries = record.entries.iter();
                !record.reversed && entries.any(|entry| entry.event == noted.event)
            })
        };
        let within = |noted: &&NotedEvent| noted.occurred_on >= from && noted.occurred_on <= to;
        for noted in self.events.iter().filter(within).filter(stands) {
            for code in &noted.codes {
                let (count, examples) = found.entry(*code).or_default();
                *count += 1;
                if examples.len() < EXAMPLES {
                    examples.push(noted.name.clone());
                }
            }
        }
        let rows = found.into_iter();
        rows.map(|(code, (count, examples))| (code, count, examples))
            .collect()
    }
}
