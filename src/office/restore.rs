//! Restoring a ledger from a backup and the increments that follow it, into an empty place.
//!
//! Everything is built beside that place under another name, checked, and given its name last: a
//! restoration that was cut short leaves nothing that looks like a ledger.
//!
//! **The newest known checkpoint decides.** A backup is older than the ledger was. Whoever holds a
//! checkpoint of the lost ledger gives it: where the backup has other events, it is refused for
//! good; where it has fewer, what came after would be lost, and it is refused too, unless the loss
//! is accepted: then the ledger says so before anything else ([`super::recovery`]).

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::OfficeError;
use crate::domain::language::{Explain, Lang};
use crate::log::backup::read::{Contents, Sink, read};
use crate::log::backup::sealed::Passphrase;
use crate::log::backup::{BackupError, CHECKPOINT};
use crate::log::checkpoint::Checkpoint;
use crate::log::keys::KeyStore;
use crate::log::merkle::{self, leaf_hash};
use crate::log::note::{Note, NoteError, Verifier};
use crate::log::{Head, JournalBuilder, LedgerId, LogOptions, SledLog, durable};

use super::backup::{KEPT, RECORD, list};

/// What is restored, and what is known of the ledger that it was.
pub struct RestoreOrder<'a> {
    /// The full backup, then its increments.
    pub files: &'a [PathBuf],
    /// The folder to restore into: it must not exist, or be empty.
    pub folder: &'a Path,
    /// Opens sealed backups.
    pub passphrase: Option<&'a Passphrase>,
    /// Signed checkpoints that are known of the ledger.
    pub known: &'a [String],
    /// What came after the backup is given up.
    pub accept_loss: bool,
}

/// Why a ledger is not restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The place is taken.
    #[error("{0} is not empty: a ledger is only restored into an empty place")]
    NotEmpty(String),
    /// The first file is no full backup.
    #[error("{0} holds only a part: give the full backup first")]
    NotFull(String),
    /// The checkpoint is not signed by a key of this ledger.
    #[error("the checkpoint of {size} events is not signed by a key that this ledger names")]
    Unsigned {
        /// Its size.
        size: u64,
    },
    /// The backup is older than a known checkpoint.
    #[error("the backup ends at event {have}; the ledger had {known} when it was last signed")]
    Older {
        /// What the backup has.
        have: u64,
        /// What the checkpoint covers.
        known: u64,
    },
    /// The backup is of another history.
    #[error("after {size} events the backup has another root than the signed checkpoint")]
    OtherHistory {
        /// The checkpoint's size.
        size: u64,
    },
    /// The backup has no keys.
    #[error("the backup holds no keys")]
    NoKeys,
}

impl Explain for RestoreError {
    fn code(&self) -> &'static str {
        match self {
            RestoreError::NotEmpty(_) => "not_empty",
            RestoreError::NotFull(_) => "not_a_full_backup",
            RestoreError::Unsigned { .. } => "checkpoint_unsigned",
            RestoreError::Older { .. } => "backup_older",
            RestoreError::OtherHistory { .. } => "other_history",
            RestoreError::NoKeys => "backup_without_keys",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let vi = match self {
            RestoreError::NotEmpty(path) => {
                format!("{path} không trống: chỉ khôi phục vào một nơi trống")
            }
            RestoreError::NotFull(file) => {
                format!("{file} chỉ là một phần: phải đưa bản sao lưu đầy đủ trước")
            }
            RestoreError::Unsigned { size } => {
                format!("mốc xác nhận {size} sự kiện không được ký bằng khóa mà sổ này công bố")
            }
            RestoreError::Older { have, known } => format!(
                "bản sao lưu dừng ở sự kiện {have}; khi được ký lần cuối sổ đã có {known} sự kiện"
            ),
            RestoreError::OtherHistory { size } => {
                format!("sau {size} sự kiện, bản sao lưu có gốc khác với mốc đã ký")
            }
            RestoreError::NoKeys => "bản sao lưu không có khóa".to_owned(),
        };
        lang.pick(vi, self.to_string())
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            RestoreError::Older { .. } => (
                "hãy tìm bản sao lưu mới hơn, hoặc bản nối tiếp (--then); nếu không còn: --accept-loss \
                 --reason LÝ_DO",
                "look for a newer backup, or for an increment (--then); if there is none: \
                 --accept-loss --reason WHY",
            ),
            RestoreError::OtherHistory { .. } => (
                "bản sao lưu hoặc mốc xác nhận không phải của lịch sử này: cần người kiểm tra",
                "the backup or the checkpoint is of another history: somebody must look into it",
            ),
            _ => return None,
        };
        Some(lang.pick(vi, en).to_owned())
    }
}

/// A ledger that was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Which ledger.
    pub ledger: LedgerId,
    /// Where it stands.
    pub head: Head,
    /// The size of the newest signed checkpoint that the restored events were compared with.
    pub compared: Option<u64>,
    /// The newest signed checkpoint of events that are lost. There is one only where the loss was
    /// accepted.
    pub lost: Option<Checkpoint>,
}

/// A restoration that is built and checked, and has not its name yet. Dropping it removes it.
pub struct Restoration {
    building: PathBuf,
    folder: PathBuf,
    done: bool,
    /// What was restored.
    pub restored: Restored,
}

impl Drop for Restoration {
    fn drop(&mut self) {
        if !self.done {
            // What stays behind has another name than a ledger, and the next restoration takes it
            // away.
            drop(fs::remove_dir_all(&self.building));
        }
    }
}

impl Restoration {
    /// Where it is being built.
    pub fn building(&self) -> &Path {
        &self.building
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// What the system says.
    pub fn publish(mut self) -> Result<Restored, OfficeError> {
        // An empty folder gives way to the name.
        match fs::remove_dir(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(file_error(&self.folder)(error));
            }
            _ => {}
        }
        fs::rename(&self.building, &self.folder)
            .and_then(|()| durable::sync_folder(durable::parent(&self.folder)))
            .map_err(file_error(&self.folder))?;
        self.done = true;
        Ok(self.restored.clone())
    }
}

fn file_error(path: &Path) -> impl Fn(io::Error) -> OfficeError {
    let name = path.display().to_string();
    move |error| OfficeError::File(name.clone(), error)
}

/// Builds a ledger from backups and checks it against what is known.
///
/// # Errors
/// What does not hold; then nothing is left in its place.
pub fn restore(order: &RestoreOrder<'_>, options: LogOptions) -> Result<Restoration, OfficeError> {
    if !is_free(order.folder)? {
        return Err(RestoreError::NotEmpty(order.folder.display().to_string()).into());
    }
    let mut name = order.folder.file_name().unwrap_or_default().to_owned();
    name.push(".restoring");
    let building = order.folder.with_file_name(name);
    if building.exists() {
        fs::remove_dir_all(&building).map_err(file_error(&building))?;
    }
    durable::create_folder(&building).map_err(file_error(&building))?;
    // From here on what is built is removed where something fails.
    let mut restoration = Restoration {
        building,
        folder: order.folder.to_owned(),
        done: false,
        restored: Restored {
            ledger: LedgerId::new([0; 16]),
            head: Head {
                seq: 0,
                root: merkle::empty_root(),
                at_ms: 0,
            },
            compared: None,
            lost: None,
        },
    };
    restoration.restored = build(order, &restoration.building, options)?;
    Ok(restoration)
}

fn is_free(folder: &Path) -> Result<bool, OfficeError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(file_error(folder)(error)),
    }
}

fn build(
    order: &RestoreOrder<'_>,
    building: &Path,
    options: LogOptions,
) -> Result<Restored, OfficeError> {
    let mut parts = Parts {
        folder: building,
        builder: None,
        leaves: Vec::new(),
        keys: Vec::new(),
        members: BTreeSet::new(),
        file: String::new(),
    };
    let mut newest = None;
    for path in order.files {
        parts.file = path.display().to_string();
        let contents = parts.take(path, order.passphrase)?;
        newest = contents.checkpoint.or(newest);
    }
    let Parts {
        builder: Some(builder),
        leaves,
        keys,
        ..
    } = parts
    else {
        let first = order.files.first().map(|path| path.display().to_string());
        return Err(RestoreError::NotFull(first.unwrap_or_default()).into());
    };
    let head = builder.finish()?;
    let known = compare(order, &leaves, &keys)?;
    let own = newest.map(|note| checked(&note, &leaves, &keys));
    let own = own.transpose()?.unwrap_or(Claim::Holds(0));
    let lost = match (known.lost, own) {
        (Some(lost), Claim::More(own)) if own.size > lost.size => Some(own),
        (None, Claim::More(own)) => Some(own),
        (lost, _) => lost,
    };
    if let (Some(lost), false) = (&lost, order.accept_loss) {
        return Err(RestoreError::Older {
            have: leaves.len() as u64,
            known: lost.size,
        }
        .into());
    }
    if lost.is_some() {
        // It may cover what is lost, and no log opens behind its checkpoint. The backup has it.
        let path = building.join(CHECKPOINT);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(file_error(&path)(error));
            }
            _ => {}
        }
    }
    let log = SledLog::open(building, options)?;
    let ledger = crate::log::EventRead::ledger(&log);
    if crate::log::EventRead::head(&log).root != head.root {
        return Err(BackupError::damaged("journal", "it was not written as it was read").into());
    }
    log.close()?;
    let store = KeyStore::open(&building.join("keys"))?;
    store.check_ledger(&ledger.to_string())?;
    Ok(Restored {
        ledger,
        head,
        compared: known.compared,
        lost,
    })
}

/// What a known checkpoint says of the restored events.
enum Claim {
    /// They are those that were signed.
    Holds(u64),
    /// There were more.
    More(Checkpoint),
}

/// What the known checkpoints come to.
struct Known {
    /// The size of the newest that the restored events were compared with.
    compared: Option<u64>,
    /// The newest that covers more than was restored.
    lost: Option<Checkpoint>,
}

/// Compares every known checkpoint; none may be of another history.
fn compare(
    order: &RestoreOrder<'_>,
    leaves: &[merkle::Hash],
    keys: &[Verifier],
) -> Result<Known, OfficeError> {
    let mut known = Known {
        compared: None,
        lost: None,
    };
    for note in order.known {
        match checked(note, leaves, keys)? {
            Claim::Holds(size) => known.compared = known.compared.max(Some(size)),
            Claim::More(more) => {
                let newest = known.lost.as_ref().map_or(0, |lost| lost.size);
                if more.size > newest {
                    known.lost = Some(more);
                }
            }
        }
    }
    Ok(known)
}

/// Compares a signed checkpoint with the restored events.
fn checked(note: &str, leaves: &[merkle::Hash], keys: &[Verifier]) -> Result<Claim, OfficeError> {
    let text = Note::parse(note).map_err(crate::log::checkpoint::CheckpointError::from)?;
    let checkpoint = Checkpoint::parse(&text.text)?;
    let size = checkpoint.size;
    match Note::open(note, keys) {
        Ok(_) => {}
        Err(NoteError::Unknown) => return Err(RestoreError::Unsigned { size }.into()),
        Err(error) => return Err(crate::log::checkpoint::CheckpointError::from(error).into()),
    }
    let covered = usize::try_from(size)
        .ok()
        .and_then(|size| leaves.get(..size));
    match covered {
        None => Ok(Claim::More(checkpoint)),
        Some(covered) if merkle::root(covered) == checkpoint.root => Ok(Claim::Holds(size)),
        Some(_) => Err(RestoreError::OtherHistory { size }.into()),
    }
}

/// What is put together from the files.
struct Parts<'a> {
    folder: &'a Path,
    builder: Option<JournalBuilder>,
    leaves: Vec<merkle::Hash>,
    /// The keys that the ledger's events name for its checkpoints.
    keys: Vec<Verifier>,
    /// The names that the file in hand has brought.
    members: BTreeSet<String>,
    file: String,
}

impl Parts<'_> {
    fn take(
        &mut self,
        path: &Path,
        passphrase: Option<&Passphrase>,
    ) -> Result<Contents, OfficeError> {
        let mut file = File::open(path).map_err(|source| BackupError::Io {
            path: path.display().to_string(),
            source,
        })?;
        self.members.clear();
        let contents = read(&mut file, passphrase, self)?;
        if let Some(base) = &contents.manifest.base {
            let size = usize::try_from(base.size).ok();
            let covered = size.and_then(|size| self.leaves.get(..size));
            let same = covered
                .is_some_and(|covered| super::opening::hex(&merkle::root(covered)) == base.root);
            if !same {
                let why = format!("it builds on {} events of another history", base.size);
                return Err(self.does_not_follow(why).into());
            }
        }
        if !contents.has_keys() {
            return Err(RestoreError::NoKeys.into());
        }
        // Keys of the files before, which this one no longer has, were destroyed since.
        self.forget_what_is_gone()?;
        Ok(contents)
    }

    fn does_not_follow(&self, why: String) -> BackupError {
        BackupError::DoesNotFollow {
            file: self.file.clone(),
            why,
        }
    }

    /// Takes away the keys and the kept files that the file in hand no longer has.
    fn forget_what_is_gone(&self) -> Result<(), OfficeError> {
        let mut files = Vec::new();
        for name in ["keys", KEPT] {
            list(&self.folder.join(name), name, &mut files)?;
        }
        for (name, path) in files {
            if !self.members.contains(&name) {
                fs::remove_file(&path)
                    .and_then(|()| durable::sync_folder(durable::parent(&path)))
                    .map_err(file_error(&path))?;
            }
        }
        Ok(())
    }
}

impl Sink for Parts<'_> {
    fn event(&mut self, seq: u64, bytes: &[u8]) -> Result<(), BackupError> {
        let leaf = leaf_hash(bytes);
        let have = self.leaves.len() as u64;
        if seq <= have {
            let at = usize::try_from(seq - 1).ok();
            let same = at.and_then(|at| self.leaves.get(at)) == Some(&leaf);
            return match same {
                true => Ok(()),
                false => Err(self.does_not_follow(format!("event {seq} is another"))),
            };
        }
        if seq != have + 1 {
            let why = format!("it begins at event {seq}, after event {have}");
            return Err(self.does_not_follow(why));
        }
        let builder = match &mut self.builder {
            Some(builder) => builder,
            none => {
                let ledger = first_ledger(bytes).ok_or_else(|| {
                    BackupError::damaged("events", "the first event names no ledger")
                })?;
                none.insert(JournalBuilder::create(self.folder, ledger)?)
            }
        };
        builder.push(bytes)?;
        self.leaves.push(leaf);
        self.keys.extend(key_named(bytes));
        Ok(())
    }

    fn member(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        if name == "README.txt" {
            return Ok(());
        }
        let known = [CHECKPOINT, "access/log.ndjson", RECORD].contains(&name)
            || name.starts_with(&format!("{KEPT}/"))
            || name
                .strip_prefix("keys/")
                .is_some_and(|rest| !rest.contains('/'));
        if !known {
            return Err(BackupError::damaged(name, "it is no part of a ledger"));
        }
        let path = self.folder.join(name);
        let failed = |source| BackupError::Io {
            path: path.display().to_string(),
            source,
        };
        durable::create_folder(durable::parent(&path)).map_err(failed)?;
        durable::replace(&path, bytes).map_err(failed)?;
        self.members.insert(name.to_owned());
        Ok(())
    }
}

fn first_ledger(event: &[u8]) -> Option<LedgerId> {
    #[derive(serde::Deserialize)]
    struct Named {
        ledger: String,
    }
    let named: Named = serde_json::from_slice(event).ok()?;
    named.ledger.parse().ok()
}

/// The verifier key that an event of the family `ledger` brings.
fn key_named(event: &[u8]) -> Option<Verifier> {
    #[derive(serde::Deserialize)]
    struct Named {
        data: Data,
        #[serde(rename = "type")]
        kind: String,
    }
    #[derive(serde::Deserialize)]
    struct Data {
        key: Option<String>,
    }
    let mark = br#""type":"ledger."#;
    if !event.windows(mark.len()).any(|part| part == mark) {
        return None;
    }
    let named: Named = serde_json::from_slice(event).ok()?;
    let key = named
        .data
        .key
        .filter(|_| named.kind.starts_with("ledger."))?;
    key.parse().ok()
}
