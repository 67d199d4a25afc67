//! Checking a ledger: everything that can be recomputed is recomputed, and what does not agree has
//! a name and a place.
//!
//! The quick check reads every byte of the journal and hashes every event: frames, chain, sequence,
//! roots, checkpoints. The full check also reads each event as this program understands it, folds
//! all of them, compares the index in sled with the journal, looks for the keys of sealed fields,
//! and makes every issued report again. Nothing is changed, and nothing is mended.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use chrono::NaiveDate;
use uuid::Uuid;

mod ahead;

use ahead::{Decoded, Seen};

use super::access::AccessLog;
use super::asof::AsOf;
use super::erasure;
use super::error::OfficeError;
use super::kept::{self, Kept};
use super::ledger::{Ledger, Stand};
use super::proving::Prover;
use super::views::{Need, Views, glance};
use crate::domain::event::Event;
use crate::domain::language::{Explain, Lang, Text};
use crate::domain::personal::{Personal, Subject};
use crate::domain::stage::Stage;
use crate::log::audit::{IndexReader, IndexUnread, Marks, marks};
use crate::log::checkpoint;
use crate::log::codec::DecodeError;
use crate::log::keys::{KeyError, KeyFinding, KeyStore};
use crate::log::merkle::leaf_hash;
use crate::log::note::Note;
use crate::log::{EventRead, JournalReader, LogError, LogOptions, StoredEvent};
use crate::projection::base::Base as _;
use crate::projection::partition::Wanted;
use crate::projection::{Dimension, Query, View, figures};
use crate::report::render::Form;

/// How many faults of one kind are told one by one; the rest is counted.
const TOLD: usize = 20;
/// How many events pass between two words about the progress.
const STEP: u64 = 8_192;

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Check {
    /// The journal's frames: checksums, chain, sequence, segments.
    Journal,
    /// That the events give the roots that the journal recorded.
    Tree,
    /// Signed checkpoints.
    Checkpoints,
    /// Each event as this program reads it: canonical, of this ledger, in time, of its own id.
    Events,
    /// That the events can be folded.
    Fold,
    /// The index in sled: events, ids, tags.
    Index,
    /// The keys that sealed fields need, and the key that signs.
    Keys,
    /// The log of who opened personal fields: its chain, and the anchors in the ledger.
    Access,
    /// The saved views, against a replay.
    Views,
    /// Issued reports, made again.
    Reports,
}

impl Check {
    /// All of them, in the order in which they are told.
    pub const ALL: [Check; 10] = [
        Check::Journal,
        Check::Tree,
        Check::Checkpoints,
        Check::Events,
        Check::Fold,
        Check::Index,
        Check::Keys,
        Check::Access,
        Check::Views,
        Check::Reports,
    ];

    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Check::Journal => "journal",
            Check::Tree => "tree",
            Check::Checkpoints => "checkpoints",
            Check::Events => "events",
            Check::Fold => "fold",
            Check::Index => "index",
            Check::Keys => "keys",
            Check::Access => "access",
            Check::Views => "views",
            Check::Reports => "reports",
        }
    }

    /// What people call it.
    pub fn name(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            Check::Journal => ("nhật ký", "journal"),
            Check::Tree => ("cây Merkle", "Merkle tree"),
            Check::Checkpoints => ("mốc xác nhận", "checkpoints"),
            Check::Events => ("từng sự kiện", "each event"),
            Check::Fold => ("dựng lại sổ", "replay"),
            Check::Index => ("chỉ mục sled", "index in sled"),
            Check::Keys => ("khóa", "keys"),
            Check::Access => ("nhật ký truy cập", "access log"),
            Check::Views => ("số liệu đã lưu", "saved views"),
            Check::Reports => ("báo cáo đã phát hành", "issued reports"),
        };
        lang.pick(vi, en)
    }
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything agrees.
    Holds,
    /// It was not, or not wholly, looked at; the findings say why.
    NotChecked,
    /// Something does not agree.
    Fails,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// By which check.
    pub check: Check,
    /// It is a fault; else a word about what was not checked, or about what is harmless.
    pub fault: bool,
    /// A stable name for programs.
    pub code: &'static str,
    /// The first event at fault, if it is about events.
    pub seq: Option<u64>,
    /// What it is, in both languages.
    pub text: Text,
}

/// What a whole verification came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How many events could be read.
    pub events: u64,
    /// Their root.
    pub root: [u8; 32],
    /// Whether the full check ran.
    pub full: bool,
    /// What was found, check by check.
    pub findings: Vec<Finding>,
    /// The checks that were made.
    pub made: BTreeSet<Check>,
    /// Checkpoints that were compared: size, and whose file.
    pub checkpoints: Vec<(u64, String)>,
    /// How many faults there were beyond those that are told one by one.
    pub more: BTreeMap<Check, u64>,
}

impl Verification {
    /// One in which nothing is looked at yet.
    fn of(full: bool) -> Verification {
        Verification {
            events: 0,
            root: crate::log::merkle::empty_root(),
            full,
            findings: Vec::new(),
            made: BTreeSet::new(),
            checkpoints: Vec::new(),
            more: BTreeMap::new(),
        }
    }

    /// Takes in what was found beside.
    fn take(&mut self, part: Verification) {
        self.findings.extend(part.findings);
        self.made.extend(part.made);
        self.more.extend(part.more);
    }

    /// Whether nothing is at fault.
    pub fn holds(&self) -> bool {
        !self.findings.iter().any(|finding| finding.fault)
    }

    /// The first event at fault.
    pub fn first_fault(&self) -> Option<u64> {
        let faults = self.findings.iter().filter(|finding| finding.fault);
        faults.filter_map(|finding| finding.seq).min()
    }

    /// What a check came to.
    pub fn verdict(&self, check: Check) -> Verdict {
        let of = |finding: &&Finding| finding.check == check;
        if self.findings.iter().filter(of).any(|finding| finding.fault) {
            return Verdict::Fails;
        }
        match self.made.contains(&check) {
            true => Verdict::Holds,
            false => Verdict::NotChecked,
        }
    }

    fn tell(&mut self, check: Check, code: &'static str, seq: Option<u64>, text: Text) {
        let told = self.findings.iter();
        let told = told.filter(|finding| finding.check == check && finding.fault);
        if told.count() >= TOLD {
            *self.more.entry(check).or_default() += 1;
            return;
        }
        self.findings.push(Finding {
            check,
            fault: true,
            code,
            seq,
            text,
        });
    }

    fn fault(&mut self, check: Check, error: &dyn Explain, seq: Option<u64>) {
        let text = Text::new(error.message(Lang::Vi), error.message(Lang::En));
        self.tell(check, error.code(), seq, text);
    }

    fn note(&mut self, check: Check, code: &'static str, text: Text) {
        self.findings.push(Finding {
            check,
            fault: false,
            code,
            seq: None,
            text,
        });
    }

    fn not_made(&mut self, check: Check, code: &'static str, text: Text) {
        self.made.remove(&check);
        self.note(check, code, text);
    }
}

/// How a verification is made.
#[derive(Default)]
pub struct Verifying<'a> {
    /// The full check.
    pub full: bool,
    /// Checkpoints that others kept: the name of the file, and the note.
    pub checkpoints: Vec<(String, Note)>,
    /// Told how many of how many events are read.
    pub progress: Option<&'a mut dyn FnMut(u64, u64)>,
}

/// What the pass over the events collects for the checks after it.
#[derive(Default)]
struct Pass {
    prover: Prover,
    view: View,
    /// Folding goes on as long as it can.
    folded: u64,
    stuck: bool,
    ids: Vec<Uuid>,
    tags: HashMap<Vec<u8>, Vec<u64>>,
    last_at: i64,
    /// Each subject with sealed fields: how often it had been erased, and its first such event.
    sealed: BTreeMap<(Subject, u32), u64>,
    /// Events of a later program.
    newer: u64,
}

/// Verifies the ledger in a folder. It takes the ledger's lock only to look at the index, and goes
/// without where another program has it.
///
/// # Errors
/// Where there is no ledger. Whatever is wrong with a ledger is an answer, not an error.
pub fn verify(
    dir: &Path,
    options: &LogOptions,
    mut how: Verifying<'_>,
) -> Result<Verification, OfficeError> {
    let mut found = Verification::of(how.full);
    let first = [Check::Journal, Check::Tree, Check::Checkpoints];
    found.made.extend(first);
    let reader = match JournalReader::open(dir, options) {
        Ok(reader) => reader,
        Err(error @ (LogError::NotALedger { .. } | LogError::NewerFormat { .. })) => {
            return Err(error.into());
        }
        Err(error) => {
            found.fault(Check::Journal, &error, first_bad(&error));
            return Ok(found);
        }
    };
    if let Some(fault) = reader.fault() {
        let check = match fault {
            LogError::BadCheckpoint { .. } => Check::Checkpoints,
            _ => Check::Journal,
        };
        found.fault(check, fault, first_bad(fault));
    }
    let mut pass = Pass::default();
    read_events(dir, &reader, &mut how, &mut pass, &mut found);
    found.events = pass.prover.tree.size();
    found.root = pass.prover.tree.root();
    check_checkpoints(dir, &how, &pass, &mut found);
    // What the index knows of is asked for even by the quick check: an event that is cut off behind
    // the last checkpoint is missed by nobody else.
    if how.full {
        found.made.extend([Check::Events, Check::Fold]);
        let view = std::mem::take(&mut pass.view);
        let beside = with_beside(
            || {
                let mut part = Verification::of(true);
                check_index(dir, options, &pass, true, &mut part);
                part
            },
            || check_keys_and_reports(dir, options, reader, view, &pass, &mut found),
        );
        found.take(beside);
    } else {
        check_index(dir, options, &pass, false, &mut found);
    }
    found.findings.sort_by_key(|finding| finding.check);
    Ok(found)
}

/// Does one piece of work in a thread beside the other; one after the other where there is none.
fn with_beside<T: Send>(beside: impl Fn() -> T + Send + Sync, here: impl FnOnce()) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, &beside);
        here();
        let done = thread.ok().and_then(|thread| thread.join().ok());
        done.unwrap_or_else(&beside)
    })
}

fn first_bad(error: &LogError) -> Option<u64> {
    match error {
        LogError::Damaged { first_bad_seq, .. } => Some(*first_bad_seq),
        LogError::Tags { seq, .. } => Some(*seq),
        _ => None,
    }
}

/// The one pass over all events.
fn read_events(
    dir: &Path,
    reader: &JournalReader,
    how: &mut Verifying<'_>,
    pass: &mut Pass,
    found: &mut Verification,
) {
    let head = reader.head().seq;
    let mut roots = match marks(dir) {
        Ok(marks) => Roots::new(marks),
        Err(error) => {
            found.fault(Check::Journal, &error, first_bad(&error));
            return;
        }
    };
    let mut tree_holds = true;
    let ledger = reader.ledger().to_string();
    ahead::each(reader, how.full, &mut |seen| {
        let Seen {
            stored,
            leaf,
            decoded,
        } = match seen {
            Ok(seen) => seen,
            Err(error) => return found.fault(Check::Journal, &error, first_bad(&error)),
        };
        pass.prover.tree.push(leaf);
        if let Err(error) = pass.prover.keys.see(stored.seq, &stored.bytes) {
            found.fault(Check::Events, &error, Some(stored.seq));
        }
        if tree_holds {
            tree_holds = roots.agree(pass, found);
        }
        if let Some(decoded) = decoded {
            see_event(&ledger, &stored, decoded, pass, found);
        }
        let tells = stored.seq.is_multiple_of(STEP) || stored.seq == head;
        if let Some(progress) = how.progress.as_mut().filter(|_| tells) {
            progress(stored.seq, head);
        }
    });
    if how.full {
        check_same_ids(pass, found);
    }
    if let (Some(error), None) = (roots.fault_behind(), reader.fault()) {
        let text = |lang| error.message(lang);
        let text = Text::new(
            format!(
                "lần ghi cuối dở dang, chưa từng được xác nhận: {}",
                text(Lang::Vi)
            ),
            format!(
                "the last write was cut short and never acknowledged: {}",
                text(Lang::En)
            ),
        );
        found.note(Check::Journal, "torn_tail", text);
    }
    let recorded = reader.head().root;
    if tree_holds && pass.prover.tree.size() == head && pass.prover.tree.root() != recorded {
        found.tell(Check::Tree, "root", Some(1), root_text(1, head));
    }
}

/// The recorded roots, beside the events that they are compared with.
struct Roots {
    marks: std::iter::Peekable<Marks>,
}

impl Roots {
    fn new(marks: Marks) -> Roots {
        Roots {
            marks: marks.peekable(),
        }
    }

    /// Compares the tree with the mark at its size, if there is one.
    fn agree(&mut self, pass: &Pass, found: &mut Verification) -> bool {
        let size = pass.prover.tree.size();
        while let Some(Ok(mark)) = self.marks.peek().cloned() {
            if mark.last > size {
                return true;
            }
            self.marks.next();
            if mark.last == size && mark.root != pass.prover.tree.root() {
                let text = root_text(mark.first, mark.last);
                found.tell(Check::Tree, "root", Some(mark.first), text);
                return false;
            }
        }
        // A mark that cannot be read stops the reading of the events too, where it is told.
        true
    }

    /// What stops the marks, if not their end.
    fn fault_behind(&mut self) -> Option<LogError> {
        self.marks.by_ref().find_map(Result::err)
    }
}

fn root_text(first: u64, last: u64) -> Text {
    Text::new(
        format!("các sự kiện {first} đến {last} không cho ra gốc đã ghi"),
        format!("events {first} to {last} do not give the recorded root"),
    )
}

/// No two events have the same id.
fn check_same_ids(pass: &Pass, found: &mut Verification) {
    let mut ids: Vec<(Uuid, u64)> = pass.ids.iter().copied().zip(1..).collect();
    ids.sort_unstable();
    let again = ids.windows(2).filter_map(|pair| match pair {
        [(one, _), (other, seq)] if one == other => Some((*seq, *other)),
        _ => None,
    });
    let mut again: Vec<(u64, Uuid)> = again.collect();
    again.sort_unstable();
    for (seq, id) in again {
        let text = Text::new(
            format!("sự kiện {seq} mang id đã có: {id}"),
            format!("event {seq} has an id that is there already: {id}"),
        );
        found.tell(Check::Events, "same_id", Some(seq), text);
    }
}

/// One event as this program understands it.
fn see_event(
    ledger: &str,
    stored: &StoredEvent,
    decoded: Result<Decoded, DecodeError>,
    pass: &mut Pass,
    found: &mut Verification,
) {
    let seq = stored.seq;
    pass.ids.push(stored.id);
    if stored.at_ms < pass.last_at {
        let text = Text::new(
            format!("sự kiện {seq} có thời điểm trước sự kiện liền trước"),
            format!("event {seq} was recorded before the one before it"),
        );
        found.tell(Check::Events, "time_goes_back", Some(seq), text);
    }
    pass.last_at = stored.at_ms;
    let Decoded { event, tags } = match decoded {
        Ok(decoded) => decoded,
        Err(DecodeError::Newer(..)) => {
            pass.newer += 1;
            pass.stuck = true;
            return;
        }
        Err(error) => {
            pass.stuck = true;
            found.fault(Check::Events, &OfficeError::Decode(seq, error), Some(seq));
            return;
        }
    };
    if event.ledger != ledger {
        let text = Text::new(
            format!("sự kiện {seq} thuộc sổ khác: {}", event.ledger),
            format!("event {seq} belongs to another ledger: {}", event.ledger),
        );
        found.tell(Check::Events, "other_ledger", Some(seq), text);
    }
    for tag in tags {
        let seqs = pass.tags.entry(tag).or_default();
        if seqs.last() != Some(&seq) {
            seqs.push(seq);
        }
    }
    if pass.stuck {
        return;
    }
    see_sealed(&event, pass);
    match pass.view.evolve_figures(&event) {
        Ok(()) => pass.folded = seq,
        Err(error) => {
            pass.stuck = true;
            found.fault(Check::Fold, &OfficeError::Evolve(error), Some(seq));
        }
    }
}

fn see_sealed(event: &Event, pass: &mut Pass) {
    let mut sealed = false;
    event
        .body
        .each_personal(&mut |_, value| sealed |= matches!(value, Personal::Sealed(_)));
    if sealed {
        let subject = event.body.subject();
        let erasures = erasures(&pass.view, &subject);
        pass.sealed.entry((subject, erasures)).or_insert(event.seq);
    }
}

/// How often a subject was erased, as far as the view knows.
fn erasures(view: &View, subject: &Subject) -> u32 {
    view.state.erasures(subject)
}

/// The ledger's newest checkpoint and those that others kept.
fn check_checkpoints(dir: &Path, how: &Verifying<'_>, pass: &Pass, found: &mut Verification) {
    let own = match checkpoint::read(dir) {
        Ok(None) => None,
        Ok(Some(text)) => match Note::parse(&text) {
            Ok(note) => Some((checkpoint::FILE.to_owned(), note)),
            Err(error) => {
                found.fault(Check::Checkpoints, &error, None);
                return;
            }
        },
        // The journal's reader has told it.
        Err(_) => return,
    };
    if own.is_none() {
        let text = Text::new(
            "sổ chưa có mốc xác nhận nào: chạy `socai checkpoint`",
            "no checkpoint was made yet: run `socai checkpoint`",
        );
        found.note(Check::Checkpoints, "no_checkpoint", text);
    }
    for recovery in &pass.prover.keys.recoveries {
        let (seq, reason) = (recovery.seq, &recovery.reason);
        let lost = |lang: Lang| match recovery.old_size {
            Some(old) => lang.pick(
                format!("các sự kiện {seq} đến {old} của lịch sử cũ đã mất"),
                format!("events {seq} to {old} of the old history were lost"),
            ),
            None => lang.pick(
                format!("không biết mất bao nhiêu sự kiện sau {}", seq - 1),
                format!("how many events after {} were lost is not known", seq - 1),
            ),
        };
        let text = Text::new(
            format!(
                "sự kiện {seq}: sổ được khôi phục có chấp nhận mất dữ liệu; {}: {reason}",
                lost(Lang::Vi)
            ),
            format!(
                "event {seq}: the ledger was restored with a loss; {}: {reason}",
                lost(Lang::En)
            ),
        );
        found.note(Check::Checkpoints, "recovered", text);
    }
    for (name, note) in own.iter().chain(&how.checkpoints) {
        match pass.prover.open(note) {
            Ok(checkpoint) => found.checkpoints.push((checkpoint.size, name.clone())),
            Err(error) => {
                let text = |lang| format!("{name}: {}", error.message(lang));
                let text = Text::new(text(Lang::Vi), text(Lang::En));
                let seq = match error {
                    OfficeError::OtherHistory { .. } => Some(1),
                    OfficeError::CheckpointBeyond { head, .. } => Some(head + 1),
                    OfficeError::LostHistory { recovered, .. } => Some(recovered),
                    _ => None,
                };
                found.tell(Check::Checkpoints, error.code(), seq, text);
            }
        }
    }
}

fn index_in_use(found: &mut Verification) {
    let text = Text::new(
        "chương trình khác đang ghi sổ: chưa so chỉ mục",
        "another program is writing to the ledger: the index was not compared",
    );
    found.not_made(Check::Index, "index_in_use", text);
}

/// Whether the journal, which nobody writes to while the index is held, has come to where the index
/// is: a writer was there between the reading of it and the opening of the index.
fn has_grown(dir: &Path, options: &LogOptions, to: u64) -> bool {
    JournalReader::open(dir, options).is_ok_and(|journal| journal.head().seq >= to)
}

fn check_index(
    dir: &Path,
    options: &LogOptions,
    pass: &Pass,
    full: bool,
    found: &mut Verification,
) {
    found.made.insert(Check::Index);
    let index = match IndexReader::open(dir, options) {
        Ok(index) => index,
        Err(IndexUnread::InUse) => return index_in_use(found),
        Err(IndexUnread::Missing) => {
            let text = Text::new(
                "chưa có chỉ mục: lần mở sau sẽ lập lại từ nhật ký",
                "there is no index: the next opening builds it from the journal",
            );
            return found.not_made(Check::Index, "index_missing", text);
        }
        Err(IndexUnread::Damaged(why)) => {
            return found.tell(Check::Index, "index_damaged", None, index_text(&why));
        }
    };
    let (head, tree) = (index.head(), &pass.prover.tree);
    if head.seq > tree.size() && has_grown(dir, options, head.seq) {
        return index_in_use(found);
    }
    if head.seq > tree.size() {
        let (there, here) = (head.seq, tree.size());
        let text = Text::new(
            format!("chỉ mục có {there} sự kiện, nhật ký chỉ đọc được {here}: chạy `socai repair`"),
            format!(
                "the index holds {there} events, the journal gives only {here}: run `socai repair`"
            ),
        );
        found.tell(Check::Index, "index_beyond", Some(here + 1), text);
    } else if tree.root_at(head.seq) != Ok(head.root) {
        let text = Text::new(
            "gốc ghi trong chỉ mục khác với nhật ký",
            "the root in the index is not that of the journal",
        );
        found.tell(Check::Index, "index_root", None, text);
    } else if head.seq < tree.size() {
        let behind = tree.size() - head.seq;
        let text = Text::new(
            format!("chỉ mục còn thiếu {behind} sự kiện mới; lần mở sau sẽ bổ sung"),
            format!("the index lacks the newest {behind} events; the next opening adds them"),
        );
        found.note(Check::Index, "index_behind", text);
    }
    if full {
        compare_events(&index, pass, found);
        compare_ids(&index, pass, found);
        // Of a ledger that this program cannot read, it does not know the tags.
        if pass.newer == 0 {
            compare_tags(&index, pass, found);
        }
    }
}

fn index_text(why: &str) -> Text {
    Text::new(
        format!("không đọc được chỉ mục: {why}; lần mở sau sẽ lập lại từ nhật ký"),
        format!("the index cannot be read: {why}; the next opening builds it from the journal"),
    )
}

fn compare_events(index: &IndexReader, pass: &Pass, found: &mut Verification) {
    let tree = &pass.prover.tree;
    for event in index.events(1, tree.size()) {
        match event {
            Ok(event) if tree.leaf(event.seq - 1) == Some(&leaf_hash(&event.bytes)) => {}
            Ok(event) => {
                let seq = event.seq;
                let text = Text::new(
                    format!("sự kiện {seq} trong chỉ mục khác với nhật ký"),
                    format!("event {seq} in the index is not that of the journal"),
                );
                found.tell(Check::Index, "index_event", Some(seq), text);
            }
            Err(why) => {
                return found.tell(Check::Index, "index_damaged", None, index_text(&why));
            }
        }
    }
}

fn compare_ids(index: &IndexReader, pass: &Pass, found: &mut Verification) {
    let head = usize::try_from(index.head().seq).unwrap_or(usize::MAX);
    let ids = pass.ids.get(..head).unwrap_or(&pass.ids);
    match index.misplaced_ids(ids) {
        Ok(misplaced) => {
            for seq in misplaced {
                let text = Text::new(
                    format!("chỉ mục không tìm thấy sự kiện {seq} theo id"),
                    format!("the index does not find event {seq} by its id"),
                );
                found.tell(Check::Index, "index_id", Some(seq), text);
            }
        }
        Err(why) => found.tell(Check::Index, "index_damaged", None, index_text(&why)),
    }
}

fn compare_tags(index: &IndexReader, pass: &Pass, found: &mut Verification) {
    let head = index.head().seq;
    let there = match index.tags() {
        Ok(there) => there,
        Err(why) => return found.tell(Check::Index, "index_damaged", None, index_text(&why)),
    };
    // In a fixed order, so that the first fault told is the same every time.
    let names: BTreeSet<&Vec<u8>> = pass.tags.keys().chain(there.keys()).collect();
    for tag in names {
        let known = pass.tags.get(tag).map(Vec::as_slice).unwrap_or_default();
        let known = known.get(..known.partition_point(|seq| *seq <= head));
        let known = known.unwrap_or_default();
        let there = there.get(tag).map(Vec::as_slice).unwrap_or_default();
        if there != known {
            let missing = known.iter().find(|seq| there.binary_search(seq).is_err());
            let extra = there.iter().find(|seq| known.binary_search(seq).is_err());
            let seq = missing.or(extra).copied();
            let tag = String::from_utf8_lossy(tag);
            let text = Text::new(
                format!("chỉ mục của “{tag}” khác với nhật ký"),
                format!("the index of \"{tag}\" is not what the journal gives"),
            );
            found.tell(Check::Index, "index_tag", seq, text);
        }
    }
}

fn check_keys_and_reports(
    dir: &Path,
    options: &LogOptions,
    reader: JournalReader,
    view: View,
    pass: &Pass,
    found: &mut Verification,
) {
    found.made.extend([Check::Keys, Check::Reports]);
    if pass.newer > 0 {
        let newer = pass.newer;
        let text = Text::new(
            format!("{newer} sự kiện của phiên bản socai mới hơn: chỉ kiểm tra mã băm"),
            format!("{newer} events of a newer socai: only their hashes were checked"),
        );
        found.not_made(Check::Fold, "newer_ledger", text.clone());
        found.not_made(Check::Reports, "newer_ledger", text);
    }
    let keys = match KeyStore::open_read_only(&dir.join("keys")) {
        Ok(keys) => keys,
        Err(KeyError::KeysMissing { .. }) => {
            let text = Text::new(
                "không có thư mục khóa: chưa kiểm tra khóa và báo cáo",
                "there is no folder of keys: keys and reports were not checked",
            );
            found.not_made(Check::Keys, "keys_missing", text.clone());
            return found.not_made(Check::Reports, "keys_missing", text);
        }
        Err(error) => {
            found.fault(Check::Keys, &error, None);
            let text = Text::new("khóa không dùng được", "the keys cannot be used");
            return found.not_made(Check::Reports, "keys_unusable", text);
        }
    };
    check_keys(dir, &keys, &reader, &view, pass, found);
    check_access(dir, &view, pass, found);
    if pass.stuck {
        if pass.newer == 0 {
            let text = Text::new("sổ không dựng lại được", "the ledger cannot be folded");
            found.not_made(Check::Reports, "cannot_fold", text);
        }
        return;
    }
    let stand = Stand {
        seq: pass.folded,
        at_ms: pass.last_at,
        root: pass.prover.tree.root(),
    };
    let ledger = Ledger {
        log: reader,
        keys,
        view,
        watch: None,
        noted: None,
        at_hand: BTreeMap::new(),
        stand,
        part: None,
    };
    check_views(dir, options, &ledger, found);
    check_reports(&ledger, found);
    check_kept(dir, &ledger, found);
}

/// The saved views: every file readable, and every figure that of the replay.
fn check_views(
    dir: &Path,
    options: &LogOptions,
    ledger: &Ledger<JournalReader>,
    found: &mut Verification,
) {
    found.made.insert(Check::Views);
    let Some(views) = Views::open(dir, ledger.log.ledger().as_bytes(), &ledger.log.head()) else {
        let text = Text::new(
            "chưa có số liệu đã lưu dùng được; lệnh xem sẽ dựng từ nhật ký",
            "there are no saved views that would be used; questions fold the log",
        );
        return found.not_made(Check::Views, "no_views", text);
    };
    let base = views.base();
    let unreadable = base
        .months()
        .iter()
        .find_map(|month| base.layers(month.month, &|_, _| Wanted::ALL).err());
    if let Some(why) = unreadable.or_else(|| base.was_damaged().then(String::new)) {
        let text = Text::new(
            format!("số liệu đã lưu bị hỏng, sẽ không được dùng: chạy `socai rebuild` {why}"),
            format!("the saved views are damaged and not used: run `socai rebuild` {why}"),
        );
        return found.tell(Check::Views, "views_damaged", None, text);
    }
    match saved_ledger(dir, options) {
        Ok(saved) => compare_figures(&saved, ledger, found),
        Err(error) => found.fault(Check::Views, &error, None),
    }
}

/// The ledger as a question sees it, through the saved views.
fn saved_ledger(dir: &Path, options: &LogOptions) -> Result<Ledger<JournalReader>, OfficeError> {
    let log = JournalReader::open(dir, options)?;
    let keys = KeyStore::open_read_only(&dir.join("keys"))?;
    let need = Need::Figures { members: true };
    glance(log, keys, AsOf::Head, i64::MAX, dir, &need)
}

/// Every dimension over all time, each stage by itself.
fn compare_figures(
    saved: &Ledger<JournalReader>,
    replayed: &Ledger<JournalReader>,
    found: &mut Verification,
) {
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    let mut query = Query::between(day(1900, 1, 1), day(2200, 12, 31));
    query.stages = Stage::ALL.to_vec();
    for dimension in Dimension::ALL {
        query.by = vec![*dimension, Dimension::Stage];
        query.by.dedup();
        let of = |ledger: &Ledger<JournalReader>| {
            figures::figures(ledger.facts(), ledger.state(), &query)
        };
        if of(saved) != of(replayed) {
            let name = dimension.name();
            let text = Text::new(
                format!("số liệu đã lưu theo “{name}” khác với số dựng lại: chạy `socai rebuild`"),
                format!(
                    "the saved figures by \"{name}\" are not those of a replay: run `socai rebuild`"
                ),
            );
            found.tell(Check::Views, "views_differ", None, text);
        }
    }
}

/// The access log, which the ledger anchors.
fn check_access(dir: &Path, view: &View, pass: &Pass, found: &mut Verification) {
    if pass.newer > 0 {
        // A newer program may have anchored more.
        return;
    }
    found.made.insert(Check::Access);
    if let Err(error) = AccessLog::of(dir).read(&view.state.anchors) {
        found.fault(Check::Access, &error, None);
    }
}

/// The keys that an erasure which was cut short is about to destroy, or has destroyed.
fn pending_erasure(dir: &Path, found: &mut Verification) -> Vec<(Subject, u32)> {
    match erasure::pending(dir) {
        Ok(pending) => {
            if !pending.is_empty() {
                let names: Vec<String> = pending.iter().map(|it| it.0.to_string()).collect();
                let names = names.join(", ");
                let text = Text::new(
                    format!(
                        "một việc xóa dữ liệu cá nhân đang dở dang ({names}); lần ghi sổ tiếp theo \
                         sẽ hoàn tất"
                    ),
                    format!(
                        "an erasure of personal data is unfinished ({names}); the next recording \
                         finishes it"
                    ),
                );
                found.note(Check::Keys, "erasure_pending", text);
            }
            pending
        }
        Err(error) => {
            found.fault(Check::Keys, &error, None);
            Vec::new()
        }
    }
}

fn check_keys(
    dir: &Path,
    keys: &KeyStore,
    reader: &JournalReader,
    view: &View,
    pass: &Pass,
    found: &mut Verification,
) {
    if let Err(error) = keys.check_ledger(&reader.ledger().to_string()) {
        return found.fault(Check::Keys, &error, None);
    }
    match keys.findings() {
        Ok(findings) => {
            for finding in findings {
                match finding {
                    // An append that was never acknowledged: harmless.
                    KeyFinding::TornTail { .. } | KeyFinding::LeftOverRemoved { .. } => {
                        let text = Text::new(finding.message(Lang::Vi), finding.message(Lang::En));
                        found.note(Check::Keys, finding.code(), text);
                    }
                    _ => found.fault(Check::Keys, &finding, None),
                }
            }
        }
        Err(error) => return found.fault(Check::Keys, &error, None),
    }
    let pending = pending_erasure(dir, found);
    for ((subject, then), seq) in &pass.sealed {
        let is_pending = pending.iter().any(|it| (&it.0, it.1) == (subject, *then));
        let erased = erasures(view, subject) > *then;
        match keys.key_for(subject, *then) {
            Ok(Some(_)) if erased => {
                let text = Text::new(
                    format!("khóa của trường cá nhân từ sự kiện {seq} còn đó, dù đã có lệnh xóa"),
                    format!(
                        "the key of personal fields since event {seq} is still there, though its \
                         erasure is recorded"
                    ),
                );
                found.tell(Check::Keys, "erased_key_there", Some(*seq), text);
            }
            Ok(Some(_)) => {}
            Ok(None) if erased || is_pending => {}
            Ok(None) => {
                let text = Text::new(
                    format!("mất khóa của trường cá nhân từ sự kiện {seq} (chưa từng có lệnh xóa)"),
                    format!(
                        "the key of personal fields since event {seq} is lost (no erasure was \
                         ever recorded)"
                    ),
                );
                found.tell(Check::Keys, "key_lost", Some(*seq), text);
            }
            Err(error) => found.fault(Check::Keys, &error, Some(*seq)),
        }
    }
    check_signing_key(keys, pass, found);
}

/// The seed must be that of the key which the newest event about it names.
fn check_signing_key(keys: &KeyStore, pass: &Pass, found: &mut Verification) {
    let Some(named) = pass.prover.keys.of_size(pass.prover.tree.size()) else {
        return;
    };
    let is_named = |seed: &[u8; 32]| {
        crate::log::note::Signer::new(&pass.prover.keys.origin, seed)
            .is_ok_and(|signer| signer.verifier() == named)
    };
    let seed = keys.signing_seed();
    if seed.as_ref().is_ok_and(|seed| is_named(seed)) {
        return;
    }
    // A rotation that was cut short: the next checkpoint finishes it.
    if matches!(keys.next_seed(), Ok(Some(seed)) if is_named(&seed)) {
        return;
    }
    match seed {
        Ok(_) => {
            let error = OfficeError::OtherSigningKey(named.to_string());
            found.fault(Check::Keys, &error, None);
        }
        Err(error) => found.fault(Check::Keys, &error, None),
    }
}

fn check_reports(ledger: &Ledger<JournalReader>, found: &mut Verification) {
    let checks = match ledger.check_issued() {
        Ok(checks) => checks,
        Err(error) => return found.fault(Check::Reports, &error, None),
    };
    for check in checks {
        if let Some(error) = check.fault {
            let text = |lang| format!("{}: {}", check.name, error.message(lang));
            let text = Text::new(text(Lang::Vi), text(Lang::En));
            found.tell(Check::Reports, error.code(), Some(check.seq), text);
        }
    }
}

/// The documents as they were issued: one that is gone is told, one that is something else is a
/// fault. A name may have been erased from it, where the ledger erased anybody since.
fn check_kept(dir: &Path, ledger: &Ledger<JournalReader>, found: &mut Verification) {
    for report in &ledger.state().reports {
        for (ending, sha256) in &report.issued.renderings {
            if Form::of_ending(ending).is_some() {
                continue;
            }
            let name = format!("{} .{ending}", report.name());
            let erased = ledger.state().custody.values();
            let mut erased = erased.flat_map(|custody| &custody.erasures);
            let erased = erased.any(|erasure| erasure.seq > report.seq);
            match kept::find(dir, Some(sha256), ending) {
                Ok(Kept::Original(_) | Kept::Never) => {}
                Ok(Kept::Redacted(_)) if erased => {
                    let text = Text::new(
                        format!("{name}: tệp đã phát hành, tên người đã bị xóa theo luật"),
                        format!("{name}: the file as issued, an erased name was taken out of it"),
                    );
                    found.note(Check::Reports, "kept_file_redacted", text);
                }
                Ok(Kept::Gone) => {
                    let text = Text::new(
                        format!("{name}: tệp đã phát hành không còn trong kept/"),
                        format!("{name}: the file as issued is gone from kept/"),
                    );
                    found.note(Check::Reports, "kept_file_gone", text);
                }
                Ok(Kept::Altered | Kept::Redacted(_)) => {
                    let text = Text::new(
                        format!("{name}: tệp trong kept/ không phải tệp đã phát hành"),
                        format!("{name}: the file in kept/ is not the one that was issued"),
                    );
                    found.tell(Check::Reports, "kept_file_differs", Some(report.seq), text);
                }
                Err(error) => found.fault(Check::Reports, &error, Some(report.seq)),
            }
        }
    }
}
