//! Going on after a loss.
//!
//! A ledger that is restored from an older backup than the newest that was known has lost events,
//! and checkpoints of them are signed and in others' hands. Its next event would be a second event
//! of the same number. So it says first that it lost them, and takes another origin and another
//! key: **the same key never signs two histories**. Whoever kept a checkpoint of the lost events
//! still has the proof that they were there, and the event names its size and root.

use super::error::OfficeError;
use super::ledger::Ledger;
use super::opening::{Tools, hex};
use crate::domain::event::{Actor, Body};
use crate::domain::recovery::LedgerRecovered;
use crate::log::EventLog;
use crate::log::checkpoint::Checkpoint;

/// What stands in an origin line between the ledger's first origin and what sets a later one apart.
const SUFFIX: &str = "/recovered-";

/// A ledger that goes on after a loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The event that says so.
    pub seq: u64,
    /// The key from here on.
    pub key: String,
    /// The origin line from here on.
    pub origin: String,
}

impl<L: EventLog> Ledger<L> {
    /// Records that events were lost, under another origin and key. The order is: the new seed is
    /// durable, the event is durable, the old seed is gone.
    ///
    /// # Errors
    /// What the keys and the log say.
    pub fn recover(
        &mut self,
        tools: &mut Tools,
        by: &Actor,
        reason: &str,
        lost: Option<&Checkpoint>,
    ) -> Result<Recovered, OfficeError> {
        let (before, previous) = self.origin();
        let mut random = [0; 4];
        tools.random.fill(&mut random);
        let first = before.split(SUFFIX).next().unwrap_or_default();
        // Two restorations of one backup take different ones.
        let origin = format!("{first}{SUFFIX}{}-{}", self.stand.seq + 1, hex(&random));
        let key = self.next_key(tools, &origin)?;
        let body = Body::LedgerRecovered(Box::new(LedgerRecovered {
            key: key.clone(),
            old_root: lost.map(|checkpoint| hex(&checkpoint.root)),
            old_size: lost.map(|checkpoint| checkpoint.size),
            origin: origin.clone(),
            previous,
        }));
        let seq = self.change_key(tools, by, reason, body)?;
        Ok(Recovered { seq, key, origin })
    }
}
