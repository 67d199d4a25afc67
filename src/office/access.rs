//! The access log: who opened personal fields, when, with which command, and whose.
//!
//! ```text
//! access/log.ndjson    one entry a line; only ever appended to; every file 0600
//! access/lock          held while an entry is appended
//!
//! {"at":"…","by":"vhxh","command":"household show","entry":17,"fields":0,
//!  "phase":"opening","prev":"<SHA-256 of the line before, hex>","user":"lan"}
//! {…,"entry":18,"fields":6,"phase":"opened","prev":"…","subjects":["household:LB-0001"],…}
//! ```
//!
//! **Before the first field is handed out** an entry `opening` is durable; when the command ends an
//! entry `opened` says whose fields they were and how many. An `opening` without its `opened` is a
//! command that was cut short, and may have read anything. Each entry names the hash of the line
//! before it, and `access.anchored` events put the hash of the newest into the ledger: from then on
//! no earlier entry can be changed or cut off unseen. Entries name codes, never a name.
//!
//! On media that cannot be written to, reading goes on, and the caller says that it was not logged:
//! whoever holds the keys can copy the folder anyway, so refusing would protect nobody.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::backup::private;
use super::opening::hex;
use crate::domain::custody::Anchor;
use crate::domain::language::{Explain, Lang};
use crate::domain::personal::Subject;
use crate::log::codec::format_moment;
use crate::log::{Clock, durable};

/// More subjects than this are counted and not listed: a list of a whole commune is one act.
pub const SUBJECTS_MAX: usize = 500;
/// The longest line that is read, in bytes.
const LINE_MAX: u64 = 256 * 1024;
/// What the first entry names as the line before it.
const NO_LINE: [u8; 32] = [0; 32];

/// Told of every personal field before its text is handed out.
pub trait Watch: Send + Sync {
    /// A field of this subject was opened.
    fn opened(&self, subject: &Subject);
}

/// Whether an entry stands before or after the fields were handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The first field is about to be handed out.
    Opening,
    /// The command has ended.
    Opened,
}

/// One entry, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessEntry {
    /// When.
    pub at: String,
    /// Who, as `--by` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The words of the command, without what it was given.
    pub command: String,
    /// Its number, from 1, without gaps.
    pub entry: u64,
    /// How many fields were opened.
    pub fields: u64,
    /// Before or after.
    pub phase: Phase,
    /// SHA-256 of the line before, lower-case hex; zeros in the first.
    pub prev: String,
    /// Whose fields; absent in `opening`, and where there were too many to list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
    /// How many subjects, where they are not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects_count: Option<u64>,
    /// The user of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// What does not hold in an access log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// A line is no entry, or not the one that must follow.
    #[error("entry {entry} of the access log was changed, or the one before it: {why}")]
    Broken {
        /// The number it should have.
        entry: u64,
        /// What does not fit.
        why: String,
    },
    /// The ledger says that there was more.
    #[error("the access log ends at entry {found}, but event {seq} anchored {entries} entries")]
    Shorter {
        /// The last entry.
        found: u64,
        /// The entries anchored.
        entries: u64,
        /// The event.
        seq: u64,
    },
    /// The ledger says that it was another.
    #[error("entry {entries} of the access log is not the one that event {seq} anchored")]
    NotAnchored {
        /// The entry.
        entries: u64,
        /// The event.
        seq: u64,
    },
    /// The system refused to read or write.
    #[error("the access log {}: {source}", path.display())]
    Io {
        /// On what.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl Explain for AccessError {
    fn code(&self) -> &'static str {
        match self {
            AccessError::Broken { .. } => "access_log_broken",
            AccessError::Shorter { .. } => "access_log_cut",
            AccessError::NotAnchored { .. } => "access_log_changed",
            AccessError::Io { .. } => "access_log_io",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let vi = match self {
            AccessError::Broken { entry, why } => {
                format!("mục {entry} của nhật ký truy cập, hoặc mục trước đó, đã bị sửa: {why}")
            }
            AccessError::Shorter {
                found,
                entries,
                seq,
            } => format!(
                "nhật ký truy cập chỉ còn {found} mục, nhưng sự kiện {seq} đã neo {entries} mục"
            ),
            AccessError::NotAnchored { entries, seq } => {
                format!("mục {entries} của nhật ký truy cập không phải mục mà sự kiện {seq} đã neo")
            }
            AccessError::Io { path, source } => {
                format!("nhật ký truy cập {}: {source}", path.display())
            }
        };
        lang.pick(vi, self.to_string())
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            AccessError::Io { .. } => None,
            _ => Some(
                lang.pick(
                    "Giữ nguyên tệp để kiểm tra, và so với bản sao lưu gần nhất.",
                    "Keep the file as it is for inspection, and compare it with the newest backup.",
                )
                .to_owned(),
            ),
        }
    }
}

/// The access log of one ledger.
#[derive(Debug, Clone)]
pub struct AccessLog {
    folder: PathBuf,
}

/// What an entry is made of, before it has its number.
#[derive(Debug, Clone)]
pub struct NewAccess {
    /// Who, as `--by` says.
    pub by: Option<String>,
    /// The words of the command.
    pub command: String,
    /// How many fields.
    pub fields: u64,
    /// Before or after.
    pub phase: Phase,
    /// Whose.
    pub subjects: Vec<Subject>,
    /// The user of the system.
    pub user: Option<String>,
}

impl AccessLog {
    /// The access log in a ledger's folder. It need not be there yet.
    pub fn of(ledger: &Path) -> AccessLog {
        AccessLog {
            folder: ledger.join("access"),
        }
    }

    /// Where the entries stand.
    pub fn path(&self) -> PathBuf {
        self.folder.join("log.ndjson")
    }

    fn io(&self, source: io::Error) -> AccessError {
        AccessError::Io {
            path: self.path(),
            source,
        }
    }

    /// Appends an entry, durable when this returns. Several programs may do so at once.
    ///
    /// # Errors
    /// [`AccessError::Io`]; [`AccessError::Broken`] where the last line is no entry.
    pub fn append(&self, at: String, new: NewAccess) -> Result<AccessEntry, AccessError> {
        if !self.folder.exists() {
            durable::create_folder(&self.folder).map_err(|error| self.io(error))?;
        }
        let lock = private()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.folder.join("lock"))
            .map_err(|error| self.io(error))?;
        lock.lock().map_err(|error| self.io(error))?;
        let is_new = !self.path().exists();
        let mut file = private()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path())
            .map_err(|error| self.io(error))?;
        let (number, prev) = self.last(&mut file)?;
        let count = new.subjects.len();
        let listed = count <= SUBJECTS_MAX;
        let entry = AccessEntry {
            at,
            by: new.by,
            command: new.command,
            entry: number + 1,
            fields: new.fields,
            phase: new.phase,
            prev: hex(&prev),
            subjects: if listed { new.subjects } else { Vec::new() },
            subjects_count: (!listed).then_some(count as u64),
            user: new.user,
        };
        let mut line =
            serde_json::to_vec(&entry).map_err(|error| self.io(io::Error::other(error)))?;
        line.push(b'\n');
        let written = file.write_all(&line).and_then(|()| file.sync_data());
        written.map_err(|error| self.io(error))?;
        if is_new {
            durable::sync_folder(&self.folder).map_err(|error| self.io(error))?;
        }
        Ok(entry)
    }

    /// The number and the hash of the last line; stands behind it. A line that was cut short by a
    /// crash was never acknowledged, and is taken away.
    fn last(&self, file: &mut File) -> Result<(u64, [u8; 32]), AccessError> {
        let length = file.metadata().map_err(|error| self.io(error))?.len();
        let from = length.saturating_sub(LINE_MAX);
        let mut tail = Vec::new();
        let read = file
            .seek(SeekFrom::Start(from))
            .and_then(|_| file.read_to_end(&mut tail));
        read.map_err(|error| self.io(error))?;
        let whole = tail
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let end = from + whole as u64;
        if end < length {
            file.set_len(end).map_err(|error| self.io(error))?;
        }
        file.seek(SeekFrom::Start(end))
            .map_err(|error| self.io(error))?;
        let Some(lines) = tail.get(..whole.saturating_sub(1)).filter(|_| whole > 0) else {
            return Ok((0, NO_LINE));
        };
        let start = lines
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let line = lines.get(start..).unwrap_or_default();
        let entry: AccessEntry =
            serde_json::from_slice(line).map_err(|error| AccessError::Broken {
                entry: 0,
                why: error.to_string(),
            })?;
        Ok((entry.entry, Sha256::digest(line).into()))
    }

    /// Reads all entries and checks that each follows from the one before, and that the anchors of
    /// the ledger hold.
    ///
    /// # Errors
    /// The first fault.
    pub fn read(&self, anchors: &[Anchor]) -> Result<Vec<AccessEntry>, AccessError> {
        let mut entries = Vec::new();
        let mut prev = NO_LINE;
        let mut open_anchors = anchors.iter().peekable();
        let mut lines = match File::open(self.path()) {
            Ok(file) => Some(BufReader::new(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(self.io(error)),
        };
        while let Some(reader) = &mut lines {
            let mut line = Vec::new();
            let mut limited = reader.take(LINE_MAX);
            let read = limited.read_until(b'\n', &mut line);
            read.map_err(|error| self.io(error))?;
            // A line without its end is being written, or was cut short before it counted.
            if line.pop() != Some(b'\n') {
                break;
            }
            let number = entries.len() as u64 + 1;
            let broken = |why: &str| AccessError::Broken {
                entry: number,
                why: why.to_owned(),
            };
            let entry: AccessEntry =
                serde_json::from_slice(&line).map_err(|error| broken(&error.to_string()))?;
            if entry.entry != number {
                return Err(broken("its number is another"));
            }
            if entry.prev != hex(&prev) {
                return Err(broken("it does not name the hash of the line before"));
            }
            prev = Sha256::digest(&line).into();
            while let Some(anchor) = open_anchors.next_if(|anchor| anchor.entries <= number) {
                if anchor.entries == number && anchor.sha256 != hex(&prev) {
                    return Err(AccessError::NotAnchored {
                        entries: number,
                        seq: anchor.seq,
                    });
                }
            }
            entries.push(entry);
        }
        match open_anchors.next() {
            Some(anchor) => Err(AccessError::Shorter {
                found: entries.len() as u64,
                entries: anchor.entries,
                seq: anchor.seq,
            }),
            None => Ok(entries),
        }
    }

    /// The number of entries and the hash of the last, for an anchor; `None` while there are none.
    ///
    /// # Errors
    /// As [`AccessLog::read`].
    pub fn head(&self, anchors: &[Anchor]) -> Result<Option<(u64, String)>, AccessError> {
        let entries = self.read(anchors)?;
        if entries.is_empty() {
            return Ok(None);
        }
        let text = fs::read(self.path()).map_err(|error| self.io(error))?;
        let mut lines = text.split(|byte| *byte == b'\n');
        let last = lines.nth(entries.len() - 1).unwrap_or_default();
        Ok(Some((entries.len() as u64, hex(&Sha256::digest(last)))))
    }
}

/// One command, and what it opens.
pub struct Access {
    log: Mutex<AccessLog>,
    clock: Arc<dyn Clock>,
    by: Option<String>,
    command: String,
    user: Option<String>,
    state: Mutex<Opened>,
}

#[derive(Default)]
struct Opened {
    begun: bool,
    fields: u64,
    subjects: BTreeSet<Subject>,
    /// Why it could not be logged.
    fault: Option<AccessError>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access")
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

impl Access {
    /// A command that may open personal fields. Nothing is logged until it does.
    pub fn new(
        log: AccessLog,
        clock: Arc<dyn Clock>,
        command: String,
        by: Option<String>,
        user: Option<String>,
    ) -> Access {
        Access {
            log: Mutex::new(log),
            clock,
            by,
            command,
            user,
            state: Mutex::default(),
        }
    }

    fn entry(&self, opened: &Opened, phase: Phase) -> Result<AccessEntry, AccessError> {
        let at = format_moment(self.clock.now_ms());
        let new = NewAccess {
            by: self.by.clone(),
            command: self.command.clone(),
            fields: opened.fields,
            phase,
            subjects: opened.subjects.iter().cloned().collect(),
            user: self.user.clone(),
        };
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.append(at, new)
    }

    /// The command turned to the ledger in another folder.
    pub fn relocate(&self, log: AccessLog) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = log;
    }

    /// Says what was opened, at the end of the command.
    ///
    /// # Errors
    /// Why this access is not in the log, or not wholly.
    pub fn finish(&self) -> Result<(), AccessError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = std::mem::take(&mut *state);
        if let Some(fault) = opened.fault {
            return Err(fault);
        }
        if opened.begun {
            self.entry(&opened, Phase::Opened)?;
        }
        Ok(())
    }
}

impl Watch for Access {
    fn opened(&self, subject: &Subject) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.begun {
            state.begun = true;
            state.fault = self.entry(&Opened::default(), Phase::Opening).err();
        }
        state.fields += 1;
        if !state.subjects.contains(subject) {
            state.subjects.insert(subject.clone());
        }
    }
}
