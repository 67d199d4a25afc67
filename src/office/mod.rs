//! The one way in: open a ledger, decide, append, query.
//!
//! The command line and every other front door use this room and no room below it to change
//! anything, so that a rule lives once. Here the clock, randomness, keys, log and projections meet.

pub mod access;
pub mod asof;
pub mod backup;
mod batch;
pub mod compare;
mod counted;
pub mod erasure;
pub mod error;
pub mod issued;
pub mod kept;
pub mod late;
pub mod ledger;
pub mod lists;
mod named;
pub mod noted;
pub mod opening;
pub mod personal;
pub mod proving;
pub mod recording;
pub mod recovery;
mod register;
pub mod replay;
pub mod reports;
pub mod restore;
pub mod signing;
pub mod sizes;
pub mod traced;
pub mod verify;
pub mod views;

pub use asof::AsOf;
pub use erasure::{ErasureOrder, ErasureReport};
pub use error::OfficeError;
pub use ledger::{Ledger, Stand};
pub use opening::{Opening, Tools};
pub use proving::{KeyHistory, Prover};
pub use recording::{Entry, Mode, NaturalKey, Outcome, Recorded, new_events, tags_of};
