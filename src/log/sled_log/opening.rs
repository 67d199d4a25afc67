//! Opening a log: the lock, the journal, the anchors outside it, the index.

use std::fs::TryLockError;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use super::sealer::Sealer;
use super::{SUSPECT, SledLog, has_room};
use crate::log::checkpoint::{self, Checkpoint};
use crate::log::disk::{self, File};
use crate::log::durable;
use crate::log::error::LogError;
use crate::log::event::{Envelope, Head, LedgerId, format_at};
use crate::log::index::{Index, Meta, Whole};
use crate::log::journal::files::segment_name;
use crate::log::journal::sheaves::{self, Look, Page, Sheaf};
use crate::log::journal::survey::{Survey, survey};
use crate::log::journal::walk::{Cursor, Walker};
use crate::log::journal::write::{self, JournalWriter, free_name};
use crate::log::merkle::Frontier;
use crate::log::options::{IndexState, LogOptions, OpenReport, Progress, Stage, Tagger, TornTail};
use crate::log::tag_list::TagList;

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
struct FoundIndex {
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
        open_locked(dir, lock, options, None, None::<&mut Nobody>)
    }

    /// Opens the log in a folder for appending.
    ///
    /// # Errors
    /// [`LogError::NotALedger`], [`LogError::Locked`], [`LogError::NewerFormat`],
    /// [`LogError::BadCheckpoint`]; [`LogError::Damaged`] where events that were acknowledged
    /// cannot be read, while [`crate::log::JournalReader`] still reads up to them.
    pub fn open(dir: &Path, options: LogOptions) -> Result<SledLog, LogError> {
        open(dir, options, None, None::<&mut Nobody>)
    }

    /// Opens the log with an index built anew from the journal; the old one is set aside.
    ///
    /// # Errors
    /// As [`SledLog::open`].
    pub fn rebuild(dir: &Path, options: LogOptions) -> Result<SledLog, LogError> {
        rebuild(dir, options, None::<&mut Nobody>)
    }

    /// The same, with somebody who follows on the way and says the tags.
    ///
    /// # Errors
    /// As [`SledLog::rebuild`].
    pub(crate) fn rebuild_with<F: Follow>(
        dir: &Path,
        options: LogOptions,
        follower: &mut F,
    ) -> Result<SledLog, LogError> {
        rebuild(dir, options, Some(follower))
    }
}

fn rebuild<F: Follow>(
    dir: &Path,
    options: LogOptions,
    follower: Option<&mut F>,
) -> Result<SledLog, LogError> {
    open(dir, options, Some("it was asked for".to_owned()), follower)
}

fn open<F: Follow>(
    dir: &Path,
    options: LogOptions,
    anew: Option<String>,
    follower: Option<&mut F>,
) -> Result<SledLog, LogError> {
    if !write::exists(&dir.join(JOURNAL)) {
        return Err(LogError::NotALedger {
            path: dir.display().to_string(),
        });
    }
    let lock = lock(dir, options.wait)?;
    open_locked(dir, lock, options, anew, follower)
}

fn open_locked<F: Follow>(
    dir: &Path,
    lock: File,
    options: LogOptions,
    anew: Option<String>,
    follower: Option<&mut F>,
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
    let mut ready = ready_index(dir, found, &survey, &options, follower)?;
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

fn find_index(dir: &Path, ledger: LedgerId, options: &LogOptions) -> FoundIndex {
    let suspect = disk::read(dir.join(SUSPECT)).ok();
    let suspect = suspect.map(|why| String::from_utf8_lossy(&why).into_owned());
    match Index::open(&dir.join(SLED), options.index_patience) {
        Ok((index, meta)) if meta.ledger == ledger => FoundIndex {
            index: Some(index),
            meta: Some(meta),
            unfit: suspect,
        },
        Ok((index, _)) => FoundIndex {
            index: Some(index),
            meta: None,
            unfit: Some("it belongs to another ledger".to_owned()),
        },
        Err(why) => FoundIndex {
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
    found: &FoundIndex,
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
fn ready_index<F: Follow>(
    dir: &Path,
    mut found: FoundIndex,
    survey: &Survey,
    options: &LogOptions,
    follower: Option<&mut F>,
) -> Result<Ready, LogError> {
    let journal = dir.join(JOURNAL);
    let mut work = Indexing {
        options,
        total: survey.good.seq,
        whole: false,
        told: 0,
    };
    if let (Some(mut index), Some(meta), None) =
        (found.index.take(), found.meta.take(), found.unfit.as_ref())
    {
        let behind = survey.good.seq - meta.cursor.seq;
        let caught_up = match Walker::from_cursor(&journal, meta.ledger, &meta.cursor)? {
            Some(walker) => work.run(walker, meta.frontier, &mut index, None::<&mut Nobody>),
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
    work.whole = true;
    build_anew(dir, found.unfit.unwrap_or_default(), &mut work, follower)
}

fn build_anew<F: Follow>(
    dir: &Path,
    why: String,
    work: &mut Indexing<'_>,
    follower: Option<&mut F>,
) -> Result<Ready, LogError> {
    // On a full disk an index can be neither opened nor built, and is not damaged by that.
    has_room(dir, 0)?;
    let set_aside = set_aside(dir, work.options)?;
    let index_error = |why: String| LogError::Index { why };
    let mut index =
        Index::create(&dir.join(SLED), work.options.index_patience).map_err(index_error)?;
    let walker = Walker::from_start(&dir.join(JOURNAL))?;
    let frontier = match work.run(walker, Frontier::new(), &mut index, follower) {
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

/// Whoever wants every event of a log while its index is built anew, so that the journal is read
/// once for both.
pub(crate) trait Follow: Send {
    /// What is worked out of events that are looked into together, in whichever thread has time.
    type Found: Default + Send;

    /// Looks into the next event, and says by which tags it is found; also what the log wrote into
    /// it, where that is known by then.
    ///
    /// # Errors
    /// Why no tags can be said: the index cannot be built.
    fn look(
        bytes: &[u8],
        tags: &mut TagList,
        found: &mut Self::Found,
    ) -> Result<Option<Envelope>, String>;

    /// Takes the events in their order, each by its place among those that were looked into
    /// together. `tree` has the leaf of this event too where its `seq` is a multiple of 1,024, and
    /// else at least those of the events before that multiple.
    fn take(&mut self, seq: u64, place: usize, found: &Self::Found, tree: &Frontier);

    /// All events were taken, and their roots are those of the journal; the index is being
    /// finished meanwhile.
    fn end(&mut self, ledger: LedgerId, tree: &Frontier);
}

/// Nobody follows: the tags are those that the options give.
struct Nobody;

impl Follow for Nobody {
    type Found = ();

    fn look(_: &[u8], _: &mut TagList, (): &mut ()) -> Result<Option<Envelope>, String> {
        Ok(None)
    }

    fn take(&mut self, _: u64, _: usize, (): &(), _: &Frontier) {}

    fn end(&mut self, _: LedgerId, _: &Frontier) {}
}

/// What is found in the events of a sheaf.
#[derive(Default)]
struct Found<T> {
    tags: TagList,
    found: T,
}

/// Looks for the tags of events, and for what a follower finds in them.
struct Looking<'a, F> {
    /// Where there is no follower.
    tagger: Option<&'a Tagger>,
    whole: bool,
    follower: PhantomData<fn() -> F>,
}

impl<F: Follow> Look for Looking<'_, F> {
    type Found = Found<F::Found>;

    const STRICT: bool = true;

    fn takes_chunks(&self) -> bool {
        self.whole
    }

    fn look(
        &self,
        seq: u64,
        bytes: &[u8],
        into: &mut Self::Found,
    ) -> Result<Option<Envelope>, LogError> {
        let no_tags = |why| LogError::Tags { seq, why };
        if let Some(tagger) = self.tagger {
            let tags = tagger(bytes).map_err(no_tags)?;
            tags.iter().for_each(|tag| into.tags.put(tag));
        }
        let envelope = F::look(bytes, &mut into.tags, &mut into.found).map_err(no_tags)?;
        into.tags.close_event();
        Ok(envelope)
    }
}

/// Bringing the journal into the index.
struct Indexing<'a> {
    options: &'a LogOptions,
    /// The last event to index.
    total: u64,
    /// Chunks of sealed segments go in as they are packed.
    whole: bool,
    told: u64,
}

impl Indexing<'_> {
    /// Indexes everything from the walker's place on, and checks that it gives the recorded roots.
    fn run<F: Follow>(
        &mut self,
        walker: Walker,
        mut frontier: Frontier,
        index: &mut Index,
        mut follower: Option<&mut F>,
    ) -> Result<Frontier, Trouble> {
        self.told = frontier.size();
        let ledger = walker.ledger();
        let mut behind = meta(ledger, walker.cursor(), &frontier);
        let options = self.options;
        let looking = Looking::<F> {
            tagger: follower.is_none().then_some(&options.tagger),
            whole: self.whole,
            follower: PhantomData,
        };
        sheaves::each(walker, self.total, &looking, &mut |sheaf| {
            let mut begin = 0;
            for page in &sheaf.pages {
                take(sheaf, page, begin, &mut frontier, &mut follower);
                if frontier.root() != page.frame.root {
                    return Err(page.bad_root().into());
                }
                begin = page.end;
            }
            if let Some(page) = sheaf.pages.last() {
                let before = std::mem::replace(&mut behind, meta(ledger, &page.behind, &frontier));
                let added = self.add(sheaf, &before, &behind, index);
                added.map_err(Trouble::Index)?;
                self.tell(frontier.size());
            }
            Ok::<(), Trouble>(())
        })?;
        thread::scope(|scope| {
            let tree = &frontier;
            let beside = follower.map(|follower| scope.spawn(move || follower.end(ledger, tree)));
            let finished = self.finish(behind, index);
            if let Some(Err(panic)) = beside.map(ScopedJoinHandle::join) {
                std::panic::resume_unwind(panic);
            }
            finished.map_err(Trouble::Index)
        })?;
        Ok(frontier)
    }

    /// Adds the events of a sheaf.
    fn add<T: Default>(
        &self,
        sheaf: &mut Sheaf<Found<T>>,
        before: &Meta,
        behind: &Meta,
        index: &mut Index,
    ) -> Result<(), String> {
        if let Some(chunks) = sheaf.chunks.as_ref()
            && index.is_whole()
        {
            let whole = Whole {
                packed: &chunks.packed,
                raw_len: chunks.raw_len,
                root: chunks.root,
            };
            index.add_whole(&whole, sheaf.first, &sheaf.ids, &sheaf.found.tags)?;
            if index.is_run_full() {
                index.close_run(behind)?;
            }
            return Ok(());
        }
        index.close_run(before)?;
        let events = sheaf.stored()?.to_vec();
        for (place, (event, leaf)) in events.into_iter().zip(&sheaf.leaves).enumerate() {
            index.add(event, *leaf, sheaf.found.tags.of(place));
        }
        index.mark(behind.clone());
        if index.is_full() {
            index.flush()?;
        }
        Ok(())
    }

    fn finish(&self, behind: Meta, index: &mut Index) -> Result<(), String> {
        index.close_run(&behind)?;
        if self.total == 0 {
            index.mark(behind);
        }
        index.flush()?;
        if self.whole { index.settle() } else { Ok(()) }
    }

    fn tell(&mut self, done: u64) {
        if done - self.told < PROGRESS_STEP && done < self.total {
            return;
        }
        self.told = done;
        if let Some(progress) = &self.options.progress {
            progress(Progress {
                stage: Stage::Index,
                done,
                total: self.total,
            });
        }
    }
}

/// Adds the events of a page to the tree, and hands each over.
fn take<F: Follow>(
    sheaf: &Sheaf<Found<F::Found>>,
    page: &Page,
    begin: usize,
    frontier: &mut Frontier,
    follower: &mut Option<&mut F>,
) {
    let mut events = (page.frame.first_seq..).zip(begin..page.end);
    for part in &page.parts {
        frontier.push_perfect(part);
        if let Some(follower) = follower {
            let events = events.by_ref().take(1 << part.height);
            let found = &sheaf.found.found;
            events.for_each(|(seq, place)| follower.take(seq, place, found, frontier));
        }
    }
}

fn meta(ledger: LedgerId, cursor: &Cursor, frontier: &Frontier) -> Meta {
    Meta {
        ledger,
        cursor: cursor.clone(),
        frontier: frontier.clone(),
    }
}
