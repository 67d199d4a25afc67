//! What goes in: the checks of an append, the same for every log.

use std::collections::HashMap;

use uuid::Uuid;

use super::error::LogError;
use super::event::{
    Condition, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES, NewEvent, StoredEvent, Tag,
};
use super::id_map::IdMap;
use super::traits::{Appended, Batch};

/// From so many ids on they are looked up together.
const MANY: usize = 256;

/// What is already recorded, as far as the checks ask.
pub(crate) trait Recorded {
    /// The `seq` of an id.
    fn seq_of(&self, id: &Uuid) -> Result<Option<u64>, LogError>;
    /// Whether any of these ids may be recorded; `false` is certain.
    fn may_hold_any(&self, ids: &[Uuid]) -> Result<bool, LogError> {
        for id in ids {
            if self.seq_of(id)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
    /// The last `seq` of a tag.
    fn last_tagged(&self, tag: &[u8]) -> Result<Option<u64>, LogError>;
}

/// The batches of a group after the checks.
#[derive(Debug, Default)]
pub(crate) struct Admitted {
    /// The events that go in, in their order.
    pub(crate) events: Vec<NewEvent>,
    /// For each batch its first and last `seq`, or why it does not go in.
    pub(crate) verdicts: Vec<Result<(u64, u64), LogError>>,
}

/// Ids and tags of the batches of this group that go in.
#[derive(Debug, Default)]
struct Waiting {
    ids: IdMap<u64>,
    tags: HashMap<Tag, u64>,
    /// Whether any batch of the group asks for tags; most groups do not.
    wants_tags: bool,
}

/// Checks batches against what is recorded and against each other. `head` is the last `seq`.
pub(crate) fn admit(batches: Vec<Batch>, head: u64, recorded: &dyn Recorded) -> Admitted {
    let conditional = |(_, condition): &Batch| !condition.fail_if_any.is_empty();
    let mut waiting = Waiting {
        wants_tags: batches.iter().skip(1).any(conditional),
        ..Waiting::default()
    };
    let mut admitted = Admitted::default();
    for (events, condition) in batches {
        let first = head + admitted.events.len() as u64 + 1;
        let verdict = waiting.admit_batch(events, &condition, first, recorded);
        admitted.verdicts.push(verdict.map(|events| {
            let last = first + events.len() as u64 - 1;
            // One batch alone is the common case, and moves as it is.
            if admitted.events.is_empty() {
                admitted.events = events;
            } else {
                admitted.events.extend(events);
            }
            (first, last)
        }));
    }
    admitted
}

impl Waiting {
    fn admit_batch(
        &mut self,
        events: Vec<NewEvent>,
        condition: &Condition,
        first: u64,
        recorded: &dyn Recorded,
    ) -> Result<Vec<NewEvent>, LogError> {
        check_sizes(&events, first)?;
        self.check_condition(condition, recorded)?;
        self.take_ids(&events, first, recorded)?;
        if self.wants_tags {
            for (seq, event) in (first..).zip(&events) {
                for tag in &event.tags {
                    self.tags.insert(tag.clone(), seq);
                }
            }
        }
        Ok(events)
    }

    fn check_condition(
        &self,
        condition: &Condition,
        recorded: &dyn Recorded,
    ) -> Result<(), LogError> {
        let mut newest = None;
        for tag in &condition.fail_if_any {
            let last = match self.tags.get(tag) {
                Some(seq) => Some(*seq),
                None => recorded.last_tagged(tag)?,
            };
            newest = newest.max(last);
        }
        match newest {
            Some(seq) if seq > condition.after.unwrap_or(0) => {
                Err(LogError::ConditionFailed { seq })
            }
            _ => Ok(()),
        }
    }

    /// Takes all ids of a batch, or none of them.
    fn take_ids(
        &mut self,
        events: &[NewEvent],
        first: u64,
        recorded: &dyn Recorded,
    ) -> Result<(), LogError> {
        self.ids.reserve(events.len());
        let mut refused = None;
        let mut taken = 0;
        // Of a large batch most often no id is known, and that is told by one pass over all.
        let all_new = events.len() >= MANY && {
            let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
            !recorded.may_hold_any(&ids)?
        };
        for (seq, event) in (first..).zip(events) {
            let there = match self.ids.get(&event.id) {
                Some(seq) => Ok(Some(*seq)),
                None if all_new => Ok(None),
                None => recorded.seq_of(&event.id),
            };
            match there {
                Ok(None) => self.ids.insert(event.id, seq),
                Ok(Some(seq)) => {
                    refused = Some(LogError::IdExists { id: event.id, seq });
                    break;
                }
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            };
            taken += 1;
        }
        let Some(refused) = refused else {
            return Ok(());
        };
        for event in events.iter().take(taken) {
            self.ids.remove(&event.id);
        }
        Err(refused)
    }
}

fn check_sizes(events: &[NewEvent], first: u64) -> Result<(), LogError> {
    if events.is_empty() {
        return Err(LogError::EmptyBatch);
    }
    let mut total = 0;
    for (seq, event) in (first..).zip(events) {
        event.check()?;
        let bytes = event.encoded_len(seq);
        if bytes > MAX_EVENT_BYTES {
            return Err(LogError::EventTooLarge {
                id: event.id,
                bytes,
            });
        }
        total += bytes as u64 + 1;
    }
    if events.len() > MAX_BATCH_EVENTS || total > MAX_BATCH_BYTES {
        return Err(LogError::BatchTooLarge {
            events: events.len() as u64,
            bytes: total,
        });
    }
    Ok(())
}

/// Gives every batch of a group its stored events.
pub(crate) fn answers(
    verdicts: Vec<Result<(u64, u64), LogError>>,
    mut stored: Vec<StoredEvent>,
    at_ms: i64,
) -> Vec<Result<Appended, LogError>> {
    let mut answers: Vec<_> = verdicts
        .into_iter()
        .rev()
        .map(|verdict| {
            verdict.map(|(first, last)| {
                let count = usize::try_from(last + 1 - first).unwrap_or(usize::MAX);
                let events = if count >= stored.len() {
                    std::mem::take(&mut stored)
                } else {
                    stored.split_off(stored.len() - count)
                };
                Appended {
                    first,
                    last,
                    at_ms,
                    events,
                }
            })
        })
        .collect();
    answers.reverse();
    answers
}

/// Gives every batch that would have gone in the same error.
pub(crate) fn all_refused(
    verdicts: Vec<Result<(u64, u64), LogError>>,
    error: &LogError,
) -> Vec<Result<Appended, LogError>> {
    let refuse =
        |verdict: Result<(u64, u64), LogError>| Err(verdict.err().unwrap_or(error.clone()));
    verdicts.into_iter().map(refuse).collect()
}
