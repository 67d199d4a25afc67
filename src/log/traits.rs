//! What any log does.

use std::path::PathBuf;

use uuid::Uuid;

use super::error::LogError;
use super::event::{Condition, Head, LedgerId, NewEvent, StoredEvent};

/// Events in their order, read as they are asked for.
pub type Events<'a> = Box<dyn Iterator<Item = Result<StoredEvent, LogError>> + 'a>;

/// Events that go in together or not at all, and what must hold when they do.
pub type Batch = (Vec<NewEvent>, Condition);

/// What an append recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The `seq` of the first event.
    pub first: u64,
    /// The `seq` of the last event.
    pub last: u64,
    /// When they were recorded, in milliseconds.
    pub at_ms: i64,
    /// The events as they stand in the log.
    pub events: Vec<StoredEvent>,
}

/// The reading half of a log.
pub trait EventRead {
    /// The ledger that the log belongs to.
    fn ledger(&self) -> LedgerId;

    /// The folder of the journal that the events stand in, where there is one: whoever wants many
    /// of them reads it on two cores.
    fn journal(&self) -> Option<PathBuf> {
        None
    }

    /// The number of events, their root, and the last moment.
    fn head(&self) -> Head;

    /// The events `from` to `to`, both included. What lies before 1 or after the head is left out;
    /// a range that ends before it begins is empty.
    ///
    /// # Errors
    /// Where the log cannot be read at all. An event that cannot be read is an error in its place,
    /// and the last item.
    fn read(&self, from: u64, to: u64) -> Result<Events<'_>, LogError>;

    /// The events at these places, which must be ascending and in the log.
    ///
    /// # Errors
    /// Where one of them cannot be read.
    fn read_each(&self, places: &[u64]) -> Result<Vec<StoredEvent>, LogError> {
        let mut events = Vec::with_capacity(places.len());
        for run in places.chunk_by(|a, b| a + 1 == *b) {
            if let (Some(first), Some(last)) = (run.first(), run.last()) {
                for event in self.read(*first, *last)? {
                    events.push(event?);
                }
            }
        }
        Ok(events)
    }

    /// The `seq` of an id.
    ///
    /// # Errors
    /// Where the log cannot be read.
    fn find(&self, id: &Uuid) -> Result<Option<u64>, LogError>;

    /// The `seq` of every event with this tag, ascending.
    ///
    /// # Errors
    /// Where the log cannot be read.
    fn tagged(&self, tag: &[u8]) -> Result<Vec<u64>, LogError>;
}

impl<L: EventRead + ?Sized> EventRead for &L {
    fn ledger(&self) -> LedgerId {
        (**self).ledger()
    }

    fn journal(&self) -> Option<PathBuf> {
        (**self).journal()
    }

    fn head(&self) -> Head {
        (**self).head()
    }

    fn read(&self, from: u64, to: u64) -> Result<Events<'_>, LogError> {
        (**self).read(from, to)
    }

    fn read_each(&self, places: &[u64]) -> Result<Vec<StoredEvent>, LogError> {
        (**self).read_each(places)
    }

    fn find(&self, id: &Uuid) -> Result<Option<u64>, LogError> {
        (**self).find(id)
    }

    fn tagged(&self, tag: &[u8]) -> Result<Vec<u64>, LogError> {
        (**self).tagged(tag)
    }
}

/// A log that events can be added to.
pub trait EventLog: EventRead + Send {
    /// Adds events, all or none, and returns once they are durable.
    ///
    /// # Errors
    /// Nothing was recorded, with one exception: after [`LogError::Poisoned`] it is not known, and
    /// the next open tells.
    fn append(
        &mut self,
        events: Vec<NewEvent>,
        condition: &Condition,
    ) -> Result<Appended, LogError> {
        let mut answers = self.append_group(vec![(events, condition.clone())]);
        answers.pop().unwrap_or(Err(LogError::Closed))
    }

    /// As [`EventLog::append`], for whoever does not look at the events as they stand in the log:
    /// they need not be kept, and the answer has none.
    ///
    /// # Errors
    /// As [`EventLog::append`].
    fn append_unseen(
        &mut self,
        events: Vec<NewEvent>,
        condition: &Condition,
    ) -> Result<Appended, LogError> {
        let mut appended = self.append(events, condition)?;
        appended.events.clear();
        Ok(appended)
    }

    /// Adds several batches that waited together: each all or none, all made durable at once. A
    /// batch that is refused does not hinder the others; a later batch sees the earlier ones.
    /// There is one answer a batch, in their order.
    fn append_group(&mut self, batches: Vec<Batch>) -> Vec<Result<Appended, LogError>>;

    /// Does what need not be done while somebody waits. Nothing depends on it being called.
    ///
    /// # Errors
    /// What failed; no event is at risk.
    fn settle(&mut self) -> Result<(), LogError> {
        Ok(())
    }
}
