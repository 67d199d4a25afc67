//! The durable append-only log.
//!
//! It knows bytes and hashes, no household. An event goes in as named members of canonical JSON
//! with opaque tags; the log numbers it without gaps, stamps it, and answers only after it is
//! durable. Nothing is ever changed or deleted.
//!
//! - [`EventRead`] and [`EventLog`]: what any log does. [`MemoryLog`] and [`SledLog`] are two that
//!   pass the same tests; [`JournalReader`] reads beside a writer, without a lock.
//! - [`SledLog`] writes twice: first its journal (the commit point; its byte layout is documented
//!   in `src/log/journal/mod.rs`), then an index in sled that can always be built again.
//! - [`GroupCommit`]: one writer for many threads.
//! - [`merkle`], [`tree`], [`note`], [`checkpoint`], [`proof`], [`tiles`]: what lets anybody check
//!   the log without this program.

pub mod audit;
pub mod backup;
mod canonical;
pub mod checkpoint;
mod clock;
pub mod codec;
mod disk;
pub mod durable;
mod error;
mod event;
mod event_bytes;
mod group_commit;
mod id_map;
mod index;
mod intake;
mod journal;
mod journal_reader;
pub mod keys;
mod members;
mod memory_log;
pub mod merkle;
pub mod note;
mod options;
pub mod proof;
pub mod random;
pub mod repair;
pub mod seal;
mod sled_log;
mod tag_list;
pub mod tiles;
mod traits;
pub mod tree;
pub mod witness;

pub use clock::{Clock, SystemClock};
pub use error::{ClockFault, Damage, LogError};
pub(crate) use event::Envelope;
pub use event::{
    Condition, Head, LedgerId, LedgerIdError, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES,
    MAX_TAG_BYTES, NewEvent, StoredEvent, Tag,
};
pub use event_bytes::EventBytes;
pub use group_commit::{GroupCommit, LogHandle};
pub use index::panic_is_caught;
pub use journal::build::JournalBuilder;
pub(crate) use journal::sheaves;
pub use journal_reader::JournalReader;
pub use members::Members;
pub use memory_log::MemoryLog;
pub use options::{IndexState, LogOptions, OpenReport, Progress, Stage, Tagger, TornTail};
pub(crate) use sled_log::Follow;
pub use sled_log::SledLog;
pub(crate) use tag_list::TagList;
pub use traits::{Appended, Batch, EventLog, EventRead, Events};
