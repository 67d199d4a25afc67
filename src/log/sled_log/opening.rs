//! Opening a log: the lock, the journal, the anchors outside it, the index.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::sealer::Sealer;
use super::{SUSPECT, SledLog, has_room};
use crate::log::checkpoint::{self, Checkpoint};
use crate::log::disk::{self, File};
use crate::log::durable;
use crate::log::error::LogError;
use crate::log::event::{Envelope, Head, LedgerId, StoredEvent, format_at};
use crate::log::event_bytes::EventBytes;
use crate::log::index::{Index, Meta};
use crate::log::journal::files::segment_name;
use crate::log::journal::layout::FrameHeader;
use crate::log::journal::survey::{Survey, survey};
use crate::log::journal::walk::{Step, Walker};
use crate::log::journal::write::{self, JournalWriter, free_name};
use crate::log::merkle::{Frontier, leaf_hash};
use crate::log::options::{IndexState, LogOptions, OpenReport, Progress, Stage, TornTail};

/// The folder of the journal.
pub(crate) const JOURNAL: &str = "journal";
pub(crate) const SLED: &str = "sled";
const LOCK: &str = "lock";
/// How often a held lock is tried again.
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// How long a lock is waited for where nobody said: a process that is being started holds a copy of
/// its parent's files for a moment, and so the lock that the parent has just given back.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);
/// How many events are indexed between two words about the progress.
const PROGRESS_STEP: u64 = 4_096;

/// The index as it was found.
struct Found {
    index: Option<Index>,
    /// What it holds, if it can be trusted about that.
    meta: Option<Meta>,
    /// Why it cannot be used.
    unfit: Option<String>,
}

/// An index that holds the whole journal.
struct Ready {
    index: Index,
    frontier: Frontier,
    state: IndexState,
}

impl SledLog {
    /// Creates an empty log in a folder; durable when this returns.
    ///
    /// # Errors
    /// [`LogError::LedgerExists`], [`LogError::Locked`], or what the system says.
    pub fn create(dir: &Path, ledger: LedgerId, options: LogOptions) -> Result<SledLog, LogError> {
        durable::create_folder(dir).map_err(|error| LogError::io(dir, &error))?;
        let lock = lock(dir, options.wait)?;
        let journal = dir.join(JOURNAL);
        if write::exists(&journal) {
            return Err(LogError::LedgerExists {
                path: dir.display().to_string(),
            });
        }
        write::create(&journal, ledger)?;
        open_locked(dir, lock, options, None)
    }

    /// Opens the log in a folder for appending.
    ///
    /// # Errors
    /// [`LogError::NotALedger`], [`LogError::Locked`], [`LogError::NewerFormat`],
    /// [`LogError::BadCheckpoint`]; [`LogError::Damaged`] where events that were acknowledged
    /// cannot be read, while [`crate::log::JournalReader`] still reads up to them.
    pub fn open(dir: &Path, options: LogOptions) -> Result<SledLog, LogError> {
        open(dir, options, None)
    }

    /// Opens the log with an index built anew from the journal; the old one is set aside.
    ///
    /// # Errors
    /// As [`SledLog::open`].
    pub fn rebuild(dir: &Path, options: LogOptions) -> Result<SledLog, LogError> {
        open(dir, options, Some("it was asked for".to_owned()))
    }
}

fn open(dir: &Path, options: LogOptions, anew: Option<String>) -> Result<SledLog, LogError> {
    if !write::exists(&dir.join(JOURNAL)) {
        return Err(LogError::NotALedger {
            path: dir.display().to_string(),
        });
    }
    let lock = lock(dir, options.wait)?;
    open_locked(dir, lock, options, anew)
}

fn open_locked(
    dir: &Path,
    lock: File,
    options: LogOptions,
    anew: Option<String>,
) -> Result<SledLog, LogError> {
    let journal = dir.join(JOURNAL);
    let checkpoint = checkpoint::claimed(dir)?;
    let ledger = Walker::from_start(&journal)?.ledger();
    let mut found = find_index(dir, ledger, &options);
    let (survey, placed) = survey_journal(&journal, ledger, &found, checkpoint.as_ref())?;
    let indexed = found.meta.as_ref().map(|meta| meta.cursor.seq);
    let torn = match survey.judge(indexed, checkpoint.as_ref())? {
        Some(tail) => {
            let (saved_as, bytes) = write::set_tail_aside(&journal, &tail)?;
            Some(TornTail {
                seq: tail.seq,
                segment: segment_name(tail.segment),
                offset: tail.offset,
                bytes,
                saved_as,
            })
        }
        None => None,
    };
    // An index that was sound is no witness of anything once there is a new one.
    let replaced = anew.is_some() && found.unfit.is_none() && placed;
    if found.unfit.is_none() {
        let unplaced = "it does not match the journal".to_owned();
        found.unfit = anew.or((!placed).then_some(unplaced));
    }
    // Whoever wrote before may have been stopped between giving a name and making it durable.
    for folder in [&journal, dir] {
        durable::sync_folder(folder).map_err(|error| LogError::io(folder, &error))?;
    }
    if indexed.is_none_or(|seq| seq < survey.good.seq) {
        write::rewrite_last_batch(&journal, &survey)?;
    }
    let mut ready = ready_index(dir, found, &survey, &options)?;
    if replaced
        && let IndexState::Rebuilt { set_aside, .. } = &mut ready.state
        && set_aside
            .as_ref()
            .is_some_and(|path| disk::remove_dir_all(path).is_ok())
    {
        *set_aside = None;
    }
    Ok(SledLog {
        dir: dir.to_owned(),
        ledger,
        writer: JournalWriter::open(&journal, ledger, survey.good.clone(), options.segment_bytes)?,
        sealer: Sealer::open(&journal)?,
        index: ready.index,
        head: Head {
            seq: survey.good.seq,
            root: ready.frontier.root(),
            at_ms: survey.good.at_ms,
        },
        frontier: ready.frontier,
        poisoned: None,
        suspect: OnceLock::new(),
        report: OpenReport {
            torn,
            index: ready.state,
        },
        options,
        _lock: lock,
    })
}

/// Takes the ledger's lock.
pub(crate) fn lock(dir: &Path, wait: Option<Duration>) -> Result<File, LogError> {
    let path = dir.join(LOCK);
    let file = disk::private()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path);
    let file = file.map_err(|error| LogError::io(&path, &error))?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(LogError::io(&path, &error)),
            Err(TryLockError::WouldBlock) => {
                if begun.elapsed() >= wait.unwrap_or(LOCK_PATIENCE) {
                    return Err(LogError::Locked {
                        path: dir.display().to_string(),
                    });
                }
                thread::sleep(LOCK_PAUSE);
            }
        }
    }
}

fn find_index(dir: &Path, ledger: LedgerId, options: &LogOptions) -> Found {
    let suspect = disk::read(dir.join(SUSPECT)).ok();
    let suspect = suspect.map(|why| String::from_utf8_lossy(&why).into_owned());
    match Index::open(&dir.join(SLED), options.index_patience) {
        Ok((index, meta)) if meta.ledger == ledger => Found {
            index: Some(index),
            meta: Some(meta),
            unfit: suspect,
        },
        Ok((index, _)) => Found {
            index: Some(index),
            meta: None,
            unfit: Some("it belongs to another ledger".to_owned()),
        },
        Err(why) => Found {
            index: None,
            meta: None,
            unfit: Some(why),
        },
    }
}

/// Walks the journal from the place that the index has come to, or from the start. The flag says
/// whether the index's place is one of this journal.
fn survey_journal(
    journal: &Path,
    ledger: LedgerId,
    found: &Found,
    checkpoint: Option<&Checkpoint>,
) -> Result<(Survey, bool), LogError> {
    if let Some(meta) = &found.meta
        && let Some(walker) = Walker::from_cursor(journal, ledger, &meta.cursor)?
    {
        return Ok((survey(walker, checkpoint)?, true));
    }
    Ok((survey(Walker::from_start(journal)?, checkpoint)?, false))
}

/// Brings the index up to the journal, or builds it anew.
fn ready_index(
    dir: &Path,
    mut found: Found,
    survey: &Survey,
    options: &LogOptions,
) -> Result<Ready, LogError> {
    let journal = dir.join(JOURNAL);
    let mut work = Indexing {
        options,
        total: survey.good.seq,
    };
    if let (Some(mut index), Some(meta), None) =
        (found.index.take(), found.meta.take(), found.unfit.as_ref())
    {
        let behind = survey.good.seq - meta.cursor.seq;
        let caught_up = match Walker::from_cursor(&journal, meta.ledger, &meta.cursor)? {
            Some(walker) => work.run(walker, meta.frontier, &mut index),
            None => Err(Trouble::Index("it does not match the journal".to_owned())),
        };
        match caught_up {
            Ok(frontier) => {
                let state = match behind {
                    0 => IndexState::Current,
                    events => IndexState::CaughtUp { events },
                };
                return Ok(Ready {
                    index,
                    frontier,
                    state,
                });
            }
            Err(Trouble::Log(error)) => return Err(error),
            Err(Trouble::Index(why)) => found.unfit = Some(why),
        }
    }
    build_anew(dir, found.unfit.unwrap_or_default(), &mut work)
}

fn build_anew(dir: &Path, why: String, work: &mut Indexing<'_>) -> Result<Ready, LogError> {
    // On a full disk an index can be neither opened nor built, and is not damaged by that.
    has_room(dir, 0)?;
    let set_aside = set_aside(dir, work.options)?;
    let index_error = |why: String| LogError::Index { why };
    let mut index =
        Index::create(&dir.join(SLED), work.options.index_patience).map_err(index_error)?;
    let walker = Walker::from_start(&dir.join(JOURNAL))?;
    let frontier = match work.run(walker, Frontier::new(), &mut index) {
        Ok(frontier) => frontier,
        Err(Trouble::Log(error)) => return Err(error),
        Err(Trouble::Index(why)) => return Err(index_error(why)),
    };
    index.settle().map_err(index_error)?;
    let suspect = dir.join(SUSPECT);
    if disk::exists(&suspect) {
        disk::remove_file(&suspect).map_err(|error| LogError::io(&suspect, &error))?;
    }
    Ok(Ready {
        index,
        frontier,
        state: IndexState::Rebuilt { why, set_aside },
    })
}

/// Gives the old index another name.
fn set_aside(dir: &Path, options: &LogOptions) -> Result<Option<PathBuf>, LogError> {
    let path = dir.join(SLED);
    if !disk::exists(&path) {
        return Ok(None);
    }
    let now = format_at(options.clock.now_ms()).unwrap_or_default();
    let digits: String = now.chars().filter(char::is_ascii_digit).take(14).collect();
    let aside = free_name(dir, &format!("sled.damaged-{digits}"), "");
    disk::rename(&path, &aside)
        .and_then(|()| durable::sync_folder(dir))
        .map_err(|error| LogError::io(&path, &error))?;
    Ok(Some(aside))
}

/// What can go wrong while the index is brought up to the journal.
enum Trouble {
    /// The journal or the tagger.
    Log(LogError),
    /// sled.
    Index(String),
}

impl From<LogError> for Trouble {
    fn from(error: LogError) -> Trouble {
        Trouble::Log(error)
    }
}

/// Bringing the journal into the index.
struct Indexing<'a> {
    options: &'a LogOptions,
    /// The last event to index.
    total: u64,
}

impl Indexing<'_> {
    /// Indexes everything from the walker's place on, and checks that it gives the recorded roots.
    fn run(
        &mut self,
        mut walker: Walker,
        mut frontier: Frontier,
        index: &mut Index,
    ) -> Result<Frontier, Trouble> {
        let mut told = frontier.size();
        while frontier.size() < self.total {
            let frame = match walker.step(true)? {
                Step::Frame(frame) => frame,
                Step::End => return Err(walker.missing().into()),
                Step::Fault(fault) => return Err(LogError::from(fault).into()),
            };
            self.frame(&walker, &frame, &mut frontier, index)?;
            index.mark(meta(&walker, &frontier));
            if index.is_full() {
                index.flush().map_err(Trouble::Index)?;
            }
            if frontier.size() - told >= PROGRESS_STEP || frontier.size() == self.total {
                told = frontier.size();
                self.tell(told);
            }
        }
        if self.total == 0 {
            index.mark(meta(&walker, &frontier));
        }
        index.flush().map_err(Trouble::Index)?;
        Ok(frontier)
    }

    fn frame(
        &self,
        walker: &Walker,
        frame: &FrameHeader,
        frontier: &mut Frontier,
        index: &mut Index,
    ) -> Result<(), LogError> {
        let mut last_at = i64::MIN;
        let whole: Arc<[u8]> = walker.payload().into();
        let mut begin = 0;
        let ends = memchr::memchr_iter(b'\n', &whole);
        for (seq, end) in (frame.first_seq..).zip(ends) {
            let event = whole.get(begin..end).unwrap_or_default();
            let envelope = Envelope::read(event)
                .filter(|it| it.seq == seq && it.ledger == walker.ledger() && it.at_ms >= last_at);
            let envelope = envelope.ok_or_else(|| walker.bad_event(seq))?;
            last_at = envelope.at_ms;
            let tags = (self.options.tagger)(event).map_err(|why| LogError::Tags { seq, why })?;
            let leaf = leaf_hash(event);
            frontier.push(leaf);
            let event = StoredEvent {
                seq,
                at_ms: envelope.at_ms,
                id: envelope.id,
                bytes: EventBytes::part(&whole, begin, end),
            };
            begin = end + 1;
            index.add(event, leaf, tags);
        }
        if last_at != frame.at_ms {
            return Err(walker.bad_event(frame.last_seq()));
        }
        if frontier.root() != frame.root {
            return Err(walker.bad_root(frame.first_seq));
        }
        Ok(())
    }

    fn tell(&self, done: u64) {
        if let Some(progress) = &self.options.progress {
            progress(Progress {
                stage: Stage::Index,
                done,
                total: self.total,
            });
        }
    }
}

fn meta(walker: &Walker, frontier: &Frontier) -> Meta {
    Meta {
        ledger: walker.ledger(),
        cursor: walker.cursor().clone(),
        frontier: frontier.clone(),
    }
}
