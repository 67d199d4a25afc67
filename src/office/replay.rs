//! The ledger as it stood at earlier places of its log, all of them in one pass.

use std::collections::BTreeSet;

use super::error::OfficeError;
use super::ledger::{Stand, decode};
use super::noted::Noted;
use crate::log::EventRead;
use crate::log::merkle::{Frontier, leaf_hash};
use crate::projection::View;

/// The ledger as it stood when its log had so many events.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Everything that was folded.
    pub view: &'a View,
    /// Where.
    pub stand: &'a Stand,
    /// What had been noted on supports.
    pub noted: &'a Noted,
}

/// Shows the ledger as it stood at each of some places, in their order. A place beyond the log is
/// passed over.
///
/// # Errors
/// When an event cannot be read or folded, or what `visit` says.
pub fn each_moment<L: EventRead>(
    log: &L,
    places: &BTreeSet<u64>,
    visit: &mut dyn FnMut(Moment<'_>) -> Result<(), OfficeError>,
) -> Result<(), OfficeError> {
    let Some(last) = places.last() else {
        return Ok(());
    };
    let (mut view, mut noted) = (View::default(), Noted::default());
    let mut frontier = Frontier::default();
    for stored in log.read(1, *last)? {
        let stored = stored?;
        let event = decode(&stored)?;
        view.evolve(&event)?;
        noted.take(&event);
        frontier.push(leaf_hash(&stored.bytes));
        if places.contains(&stored.seq) {
            let stand = Stand {
                seq: stored.seq,
                at_ms: stored.at_ms,
                root: frontier.root(),
            };
            visit(Moment {
                view: &view,
                stand: &stand,
                noted: &noted,
            })?;
        }
    }
    Ok(())
}
