//! What a log is opened with, and what it says about the opening.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::clock::{Clock, SystemClock};
use super::event::Tag;

/// A reader without a lock walks the newest segment when it opens, so it
/// must not grow long.
pub(crate) const SEGMENT_BYTES: u64 = 16 << 20;

/// Derives the tags of an event from its bytes, as the office did when it was recorded.
pub type Tagger = Arc<dyn Fn(&[u8]) -> Result<Vec<Tag>, String> + Send + Sync>;

/// What a long piece of work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The index is being built from the journal.
    Index,
}

/// How far a long piece of work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Events done.
    pub done: u64,
    /// Events in all.
    pub total: u64,
}

/// What a log is opened with.
#[derive(Clone)]
pub struct LogOptions {
    /// Tells when events are recorded.
    pub clock: Arc<dyn Clock>,
    /// Derives tags again when the index is built from the journal.
    pub tagger: Tagger,
    /// Told how far a rebuild is.
    pub progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
    /// The day the program was made, in milliseconds: no event is recorded before it.
    pub not_before_ms: i64,
    /// Somebody looked at a clock that seems wrong, and says it is right.
    pub accept_clock: bool,
    /// How long to wait for another writer to finish; `None` means not at all.
    pub wait: Option<Duration>,
    /// How long the index may take to open before it is set aside as hung.
    pub index_patience: Duration,
    /// After how many bytes a segment of the journal is closed, and in time sealed.
    pub segment_bytes: u64,
}

impl LogOptions {
    /// The options of an ordinary log: the computer's clock, no waiting.
    pub fn new(tagger: Tagger) -> LogOptions {
        LogOptions {
            clock: Arc::new(SystemClock),
            tagger,
            progress: None,
            not_before_ms: 0,
            accept_clock: false,
            wait: None,
            index_patience: Duration::from_secs(120),
            segment_bytes: SEGMENT_BYTES,
        }
    }
}

impl fmt::Debug for LogOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogOptions")
            .field("not_before_ms", &self.not_before_ms)
            .field("accept_clock", &self.accept_clock)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}

/// A batch that was being written when the machine stopped. Nobody was told it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The `seq` its first event would have had.
    pub seq: u64,
    /// The file's name.
    pub segment: String,
    /// Where it began in the file.
    pub offset: u64,
    /// How many bytes of it there were.
    pub bytes: u64,
    /// Where they were copied to.
    pub saved_as: PathBuf,
}

/// What became of the index at the opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexState {
    /// It was up to date.
    Current,
    /// It was behind the journal and has caught up.
    CaughtUp {
        /// How many events it lacked.
        events: u64,
    },
    /// It was built anew.
    Rebuilt {
        /// Why.
        why: String,
        /// Where the old one was put, if there was one.
        set_aside: Option<PathBuf>,
    },
}

/// What happened at the opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReport {
    /// The torn tail that was set aside, if there was one.
    pub torn: Option<TornTail>,
    /// What became of the index.
    pub index: IndexState,
}
