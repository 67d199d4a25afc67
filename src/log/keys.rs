//! The key store: the keys that seal personal fields, durable when in use and gone when erased.
//!
//! ```text
//! keys/                  mode 0700, every file 0600
//!   master.<generation>    32 random bytes; wraps every key of its generation
//!   subjects.<generation>  a header, then one record a key; only ever appended to
//!   signing                32 random bytes: the seed of the ledger's Ed25519 key
//!
//! header  "socaikey" ‖ format u32 = 1 ‖ generation u64 ‖ ledger id 16 ‖ records u64
//!         ‖ nonce 24 ‖ tag 16 ‖ crc32c of all before it u32                    88 bytes
//! record  key id 12 ‖ nonce 24 ‖ wrapped key 32 ‖ tag 16 ‖ crc32c u32          88 bytes
//! ```
//!
//! Numbers are big-endian. A key is wrapped with XChaCha20-Poly1305 under the master key, with
//! the parts "socai key wrap v1", ledger id (16 bytes) and key id as associated data; the tag of
//! the header is that of an empty text, with the parts "socai key file v1" and the 44 bytes
//! before the nonce. Parts are encoded as [`crate::log::seal`] says, which also derives the key
//! ids: no map from subjects to keys is kept.
//!
//! **Order.** [`KeyStore::ensure`] is durable before it returns, and is called before the
//! journal frames that use the keys: a cut leaves keys without fields, never fields without keys.
//!
//! **Erasing** writes both files of the next generation under temporary names, without the
//! erased keys and under a new master key; syncs them, renames them, syncs the folder; then
//! overwrites and removes the old generation. A generation counts when both its files are there
//! in full, and the newest that counts wins. So a cut before the second rename leaves the old
//! state, a cut after it the new one, and the next [`KeyStore::open`] removes what is left over.
//! Erasing again what is gone changes nothing, so whoever is unsure repeats it.
//!
//! A backup copies these files and never links to them: the overwriting goes through a hard link.
//!
//! **Damage.** An append that was cut short is ignored and overwritten by the next one. A damaged
//! record costs one subject its key; [`KeyStore::findings`] names it. A damaged header or
//! master key costs all keys, and nothing is removed or written then.
//!
//! **Readers** take no lock, never write, and look at the disk again when a key is not found.
//! At most one writer may be open: the ledger's lock sees to that.

pub mod error;
mod files;
mod format;
mod generation;
mod signing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

pub use error::{Fault, KeyError, KeyFinding};
use format::{Header, Master, RECORD_BYTES, RECORD_LEN, SECRET_LEN};
use generation::{Found, Generation, READ_ATTEMPTS, names, newest_number, read_secret};

use crate::domain::personal::Subject;
use crate::log::disk;
use crate::log::durable;
use crate::log::random::Random;
use crate::log::seal::{KeyId, SubjectKey};

/// The keys of one ledger. Safe to share between threads.
pub struct KeyStore {
    folder: PathBuf,
    writable: bool,
    state: Mutex<State>,
}

/// What an erasure did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Keys destroyed.
    pub keys: u64,
    /// Keys carried over to the new generation.
    pub kept: u64,
    /// Damaged records that could not be carried over; their keys were lost before.
    pub damaged: u64,
}

struct State {
    generation: Generation,
    left_over: Vec<PathBuf>,
    /// After a failed write or sync nothing is known of the disk, so nothing more is written.
    stopped: bool,
}

impl std::fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyStore")
            .field("folder", &self.folder)
            .field("writable", &self.writable)
            .finish_non_exhaustive()
    }
}

impl KeyStore {
    /// Makes the keys folder of a new ledger, with a master key and no subjects. It appears under
    /// its name only when complete, so a creation that was cut short can be repeated.
    ///
    /// # Errors
    /// [`KeyError::AlreadyThere`] if `folder` exists, [`KeyError::BadLedgerId`] if `ledger` is
    /// not 32 lower-case hexadecimal digits, [`KeyError::Io`].
    pub fn create(
        folder: &Path,
        ledger: &str,
        random: &mut dyn Random,
    ) -> Result<KeyStore, KeyError> {
        let ledger = parse_ledger(ledger)?;
        if disk::exists(folder) {
            return Err(KeyError::AlreadyThere {
                path: folder.to_owned(),
            });
        }
        let mut name = folder.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let unnamed = folder.with_file_name(name);
        if disk::exists(&unnamed) {
            // Keys of a creation that was cut short have sealed nothing.
            disk::remove_dir_all(&unnamed).map_err(KeyError::io("remove", &unnamed))?;
        }
        files::create_private_folder(&unnamed)?;
        let master = draw_secret(random);
        let header = Header {
            generation: 1,
            ledger,
            count: 0,
        };
        let header = header.encode(&Master::new(&master), draw(random));
        files::write_private_file(&unnamed.join("subjects.1"), &header)?;
        files::write_private_file(&unnamed.join("master.1"), master.as_slice())?;
        files::sync_folder(&unnamed)?;
        files::rename(&unnamed, folder)?;
        files::sync_folder(durable::parent(folder))?;
        KeyStore::open(folder)
    }

    /// Opens the keys for reading and writing, and removes what an interrupted erasure left. The
    /// caller holds the ledger's lock.
    ///
    /// # Errors
    /// [`KeyError::KeysMissing`] if there is no such folder; [`KeyError::Incomplete`],
    /// [`KeyError::Damaged`] or [`KeyError::NewerFormat`] if no generation can be used;
    /// [`KeyError::Io`].
    pub fn open(folder: &Path) -> Result<KeyStore, KeyError> {
        let generation = Generation::newest(folder, true)?;
        // A store that was killed may have written records or given names without making them
        // durable; what is used from here on must be.
        let synced = generation.file.sync_data();
        synced.map_err(KeyError::io("sync", &generation.path))?;
        files::sync_folder(folder)?;
        files::sync_folder(durable::parent(folder))?;
        let left_over = remove_left_over(folder, generation.number)?;
        Ok(KeyStore::with(folder, true, generation, left_over))
    }

    /// Opens the keys for reading, beside a writer or on media that cannot be written to.
    ///
    /// # Errors
    /// As [`KeyStore::open`].
    pub fn open_read_only(folder: &Path) -> Result<KeyStore, KeyError> {
        let generation = Generation::newest(folder, false)?;
        Ok(KeyStore::with(folder, false, generation, Vec::new()))
    }

    fn with(
        folder: &Path,
        writable: bool,
        generation: Generation,
        left_over: Vec<PathBuf>,
    ) -> KeyStore {
        KeyStore {
            folder: folder.to_owned(),
            writable,
            state: Mutex::new(State {
                generation,
                left_over,
                stopped: false,
            }),
        }
    }

    /// The id of the ledger whose keys these are: 32 lower-case hexadecimal digits.
    pub fn ledger(&self) -> String {
        ledger_text(self.lock().generation.ledger)
    }

    /// Checks that these keys belong to the ledger in hand.
    ///
    /// # Errors
    /// [`KeyError::OtherLedger`] names both.
    pub fn check_ledger(&self, expected: &str) -> Result<(), KeyError> {
        let found = self.ledger();
        if found == expected {
            return Ok(());
        }
        Err(KeyError::OtherLedger {
            found,
            expected: expected.to_owned(),
        })
    }

    /// The key of a subject, after `erasures` erasures of it; `None` if there is none: it was
    /// erased, or never made. A reader looks at the disk again before it says so.
    ///
    /// # Errors
    /// [`KeyError::KeyDamaged`] if the subject's record is damaged; [`KeyError::Io`]; for a
    /// reader also what [`KeyStore::open`] may answer.
    pub fn key_for(
        &self,
        subject: &Subject,
        erasures: u32,
    ) -> Result<Option<SubjectKey>, KeyError> {
        let id = KeyId::of(&self.ledger(), subject, erasures);
        self.key(subject, id)
    }

    /// The key of this id, as a sealed field of the subject names it; `None` if there is none.
    ///
    /// # Errors
    /// As [`KeyStore::key_for`].
    pub fn key(&self, subject: &Subject, id: KeyId) -> Result<Option<SubjectKey>, KeyError> {
        let mut state = self.lock();
        let mut found = state.generation.find(id)?;
        // An append or an erasure by the writer may have passed since the file was read.
        let mut attempts = if self.writable { 0 } else { READ_ATTEMPTS };
        while attempts > 0 && !matches!(found, Found::Key(_)) {
            let damaged = matches!(found, Found::Damaged(_));
            let number = state.generation.number;
            if !state.look_again(&self.folder, damaged && attempts == READ_ATTEMPTS)? {
                break;
            }
            found = state.generation.find(id)?;
            // Erasures that follow one another may outrun a slow reader: that is no attempt.
            attempts -= u32::from(state.generation.number == number);
        }
        match found {
            Found::Key(key) => Ok(Some(key)),
            Found::Nothing => Ok(None),
            Found::Damaged(record) => Err(state.generation.key_damaged(subject, record)),
        }
    }

    /// Looks for a few keys at once, so that asking for them one by one is cheap.
    ///
    /// # Errors
    /// [`KeyError::Io`].
    pub fn look_for(&self, ids: &BTreeSet<KeyId>) -> Result<(), KeyError> {
        self.lock().generation.seek(ids)
    }

    /// The keys of these subjects, in their order; those that are missing are made and appended
    /// with one write and one sync. All are durable when this returns.
    ///
    /// # Errors
    /// [`KeyError::KeyDamaged`] if a subject's record is damaged (its key is never replaced
    /// silently: a backup may still hold it); [`KeyError::ReadOnly`]; [`KeyError::Stopped`];
    /// [`KeyError::Io`]. Nothing is in use after an error.
    pub fn ensure(
        &self,
        subjects: &[(Subject, u32)],
        random: &mut dyn Random,
    ) -> Result<Vec<SubjectKey>, KeyError> {
        let mut state = self.lock_to_write()?;
        let generation = &mut state.generation;
        let ledger = ledger_text(generation.ledger);
        let mut made = Made::default();
        let mut keys = Vec::with_capacity(subjects.len());
        for (subject, erasures) in subjects {
            let id = KeyId::of(&ledger, subject, *erasures);
            keys.push(match made.keys.get(&id) {
                Some(key) => key.clone(),
                None => match generation.find(id)? {
                    Found::Key(key) => key,
                    Found::Nothing => made.make(generation, id, random)?,
                    Found::Damaged(record) => {
                        return Err(generation.key_damaged(subject, record));
                    }
                },
            });
        }
        if !made.keys.is_empty() {
            state.append(&made)?;
        }
        Ok(keys)
    }

    /// Destroys the keys of these subjects for good. When this returns, no file of the keys
    /// folder can open their fields; earlier backups of the folder still can.
    ///
    /// # Errors
    /// [`KeyError::ReadOnly`], [`KeyError::Stopped`], [`KeyError::Io`]. After an error the keys
    /// may or may not be gone; opening again and erasing again settles it.
    pub fn erase(
        &self,
        subjects: &[(Subject, u32)],
        random: &mut dyn Random,
    ) -> Result<Erased, KeyError> {
        let mut state = self.lock_to_write()?;
        let ledger = ledger_text(state.generation.ledger);
        let ids = subjects
            .iter()
            .map(|(subject, erasures)| KeyId::of(&ledger, subject, *erasures));
        let asked: BTreeSet<KeyId> = ids.collect();
        let index = state.generation.index()?;
        let keys = asked.iter().filter(|id| index.records.contains_key(id));
        let keys = keys.count() as u64;
        if keys == 0 && !index.damaged.iter().any(|(_, id)| asked.contains(id)) {
            return Ok(Erased {
                keys: 0,
                kept: index.records.len() as u64,
                damaged: 0,
            });
        }
        let old = state.generation.number;
        let written = write_next(&self.folder, &mut state.generation, &asked, random);
        let (kept, damaged) = written.inspect_err(|_| remove_temporary(&self.folder))?;
        // From here on a failure leaves a choice that only `open` can make.
        state.stopped = true;
        publish(&self.folder, old.saturating_add(1))?;
        // The new files are read back before the old ones are destroyed.
        state.generation = Generation::newest(&self.folder, true)?;
        remove_left_over(&self.folder, state.generation.number)?;
        state.stopped = false;
        Ok(Erased {
            keys,
            kept,
            damaged,
        })
    }

    /// How many subjects have a key.
    ///
    /// # Errors
    /// [`KeyError::Io`].
    pub fn count(&self) -> Result<u64, KeyError> {
        Ok(self.lock().generation.index()?.records.len() as u64)
    }

    /// What people should know of the key files: damaged records, an append that was cut short,
    /// files that an interrupted erasure had left. Reads the whole subjects file if that has not
    /// happened yet.
    ///
    /// # Errors
    /// [`KeyError::Io`].
    pub fn findings(&self) -> Result<Vec<KeyFinding>, KeyError> {
        let mut state = self.lock();
        let left_over = state.left_over.iter().cloned();
        let mut findings: Vec<KeyFinding> = left_over
            .map(|file| KeyFinding::LeftOverRemoved { file })
            .collect();
        let path = state.generation.path.clone();
        let index = state.generation.index()?;
        findings.extend(
            index
                .damaged
                .iter()
                .map(|(record, key)| KeyFinding::DamagedRecord {
                    file: path.clone(),
                    record: *record,
                    key: *key,
                }),
        );
        if index.torn_bytes > 0 {
            findings.push(KeyFinding::TornTail {
                file: path.clone(),
                bytes: index.torn_bytes,
            });
        }
        Ok(findings)
    }

    /// Makes the seed of the ledger's signing key, durable before this returns.
    ///
    /// # Errors
    /// [`KeyError::AlreadyThere`] if there is one: a seed is never replaced;
    /// [`KeyError::ReadOnly`]; [`KeyError::Io`].
    pub fn create_signing_seed(
        &self,
        random: &mut dyn Random,
    ) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let _state = self.lock_to_write()?;
        let path = self.folder.join("signing");
        if disk::exists(&path) {
            return Err(KeyError::AlreadyThere { path });
        }
        let seed = draw_secret(random);
        let temporary = self.folder.join("signing.tmp");
        files::destroy(&temporary)?;
        files::write_private_file(&temporary, seed.as_slice())?;
        files::rename(&temporary, &path)?;
        files::sync_folder(&self.folder)?;
        Ok(seed)
    }

    /// The seed of the ledger's signing key.
    ///
    /// # Errors
    /// [`KeyError::SeedMissing`]; [`KeyError::Damaged`] if it is not 32 bytes;
    /// [`KeyError::Io`].
    pub fn signing_seed(&self) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let path = self.folder.join("signing");
        match read_secret(&path) {
            Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Err(KeyError::SeedMissing { file: path })
            }
            other => other,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked may have left a write unfinished only with `stopped` set.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_to_write(&self) -> Result<MutexGuard<'_, State>, KeyError> {
        let state = self.lock();
        match (self.writable, state.stopped) {
            (false, _) => Err(KeyError::ReadOnly),
            (true, true) => Err(KeyError::Stopped),
            (true, false) => Ok(state),
        }
    }
}

/// Keys that are made but not yet on disk.
#[derive(Default)]
struct Made {
    keys: HashMap<KeyId, SubjectKey>,
    order: Vec<KeyId>,
    records: Vec<u8>,
}

impl Made {
    fn make(
        &mut self,
        generation: &Generation,
        id: KeyId,
        random: &mut dyn Random,
    ) -> Result<SubjectKey, KeyError> {
        let secret = draw_secret(random);
        let record = generation
            .master
            .wrap(generation.ledger, id, draw(random), &secret)
            .ok_or(KeyError::Stopped)?;
        record.encode(&mut self.records);
        let key = SubjectKey::new(id, secret);
        self.keys.insert(id, key.clone());
        self.order.push(id);
        Ok(key)
    }
}

impl State {
    /// Appends records after the last good one, durable when this returns.
    fn append(&mut self, made: &Made) -> Result<(), KeyError> {
        let generation = &mut self.generation;
        let index = generation.index()?;
        let (last, torn) = (index.last, index.torn_bytes > 0);
        let end = (last + 1) * RECORD_BYTES;
        let path = generation.path.clone();
        let file = &mut generation.file;
        // An error from here on leaves the file in an unknown state: an fsync is never retried.
        self.stopped = true;
        if torn {
            file.set_len(end).map_err(KeyError::io("write", &path))?;
        }
        let written = file
            .seek(SeekFrom::Start(end))
            .and_then(|_| file.write_all(&made.records));
        if let Err(error) = written {
            // A full disk is no reason to stop for good, if the part that was written can go for
            // good: else an erasure could be acknowledged and a key come back after a power cut.
            let taken_back = file.set_len(end).and_then(|()| file.sync_data());
            self.stopped = taken_back.is_err();
            return Err(KeyError::io("write", &path)(error));
        }
        if let Err(error) = file.sync_data() {
            // The system may go on showing records that never reached the disk. The next store
            // must not take them for durable: it shall make new ones in their place.
            drop(file.set_len(end));
            return Err(KeyError::io("sync", &path)(error));
        }
        self.stopped = false;
        let index = generation.index()?;
        index.torn_bytes = 0;
        for id in &made.order {
            index.last += 1;
            index.last_key = Some(*id);
            index.records.insert(*id, index.last);
        }
        Ok(())
    }

    /// Reads what a writer has added, or the new generation after an erasure; `all` reads the
    /// whole file again. Answers whether anything may have changed.
    fn look_again(&mut self, folder: &Path, all: bool) -> Result<bool, KeyError> {
        if newest_number(folder)? != Some(self.generation.number) {
            self.generation = Generation::newest(folder, false)?;
            return Ok(true);
        }
        if all {
            self.generation.forget();
            return Ok(true);
        }
        self.generation.read_on()
    }
}

/// Writes the files of the next generation under temporary names and syncs them: every good
/// record but those of `gone`, wrapped anew. Answers how many were kept, and how many records
/// could not be read.
fn write_next(
    folder: &Path,
    old: &mut Generation,
    gone: &BTreeSet<KeyId>,
    random: &mut dyn Random,
) -> Result<(u64, u64), KeyError> {
    let secret = draw_secret(random);
    let master = Master::new(&secret);
    let path = folder.join("subjects.tmp");
    files::destroy(&path)?;
    let file = files::create_private_file(&path)?;
    let (kept, damaged) = {
        let mut writer = BufWriter::new(&file);
        // Room for the header, which is known when the records are counted.
        let room = writer.write_all(&[0; RECORD_LEN]);
        room.map_err(KeyError::io("write", &path))?;
        let counts = copy_records(old, gone, &master, random, &mut writer)?;
        writer.flush().map_err(KeyError::io("write", &path))?;
        counts
    };
    let header = Header {
        generation: old.number.saturating_add(1),
        ledger: old.ledger,
        count: kept,
    };
    let header = header.encode(&master, draw(random));
    (&file)
        .seek(SeekFrom::Start(0))
        .and_then(|_| (&file).write_all(&header))
        .and_then(|()| file.sync_all())
        .map_err(KeyError::io("write", &path))?;
    let path = folder.join("master.tmp");
    files::destroy(&path)?;
    files::write_private_file(&path, secret.as_slice())?;
    Ok((kept, damaged))
}

/// Gives back the space of an erasure that could not be written, as far as the disk lets.
fn remove_temporary(folder: &Path) {
    for name in ["master.tmp", "subjects.tmp"] {
        // A failure here is reported by the next erasure or removed by the next opening.
        let _ = files::destroy(&folder.join(name));
    }
}

/// Copies the good records of a generation, wrapped under another master key.
fn copy_records(
    old: &mut Generation,
    gone: &BTreeSet<KeyId>,
    master: &Master,
    random: &mut dyn Random,
    to: &mut dyn Write,
) -> Result<(u64, u64), KeyError> {
    let index = old.index()?;
    let mut damaged = index.damaged.len() as u64;
    let mut kept = 0;
    // In the order of the file, so that a seed gives the same bytes.
    let records = index.records.iter();
    let in_order: BTreeMap<u64, KeyId> = records.map(|(id, number)| (*number, *id)).collect();
    let mut bytes = Vec::with_capacity(RECORD_LEN);
    for id in in_order.into_values().filter(|id| !gone.contains(id)) {
        let Found::Key(key) = old.find(id)? else {
            damaged += 1;
            continue;
        };
        let record = master
            .wrap(old.ledger, id, draw(random), key.secret())
            .ok_or(KeyError::Stopped)?;
        bytes.clear();
        record.encode(&mut bytes);
        to.write_all(&bytes)
            .map_err(KeyError::io("write", &old.path))?;
        kept += 1;
    }
    Ok((kept, damaged))
}

/// Gives the temporary files their names: from the second rename on, the new generation counts.
fn publish(folder: &Path, number: u64) -> Result<(), KeyError> {
    for name in ["subjects", "master"] {
        let from = folder.join(format!("{name}.tmp"));
        files::rename(&from, &folder.join(format!("{name}.{number}")))?;
    }
    files::sync_folder(folder)
}

/// Wipes and removes every key file that is not of this generation; answers which they were.
fn remove_left_over(folder: &Path, current: u64) -> Result<Vec<PathBuf>, KeyError> {
    let current = current.to_string();
    let mut removed = Vec::new();
    for name in names(folder)? {
        let left_over = match name.split_once('.') {
            Some(("master" | "subjects", end)) => {
                end != current && (end == "tmp" || end.parse::<u64>().is_ok())
            }
            Some(("signing", end)) => end == "tmp",
            _ => false,
        };
        if left_over {
            let path = folder.join(&name);
            files::destroy(&path)?;
            removed.push(path);
        }
    }
    if !removed.is_empty() {
        files::sync_folder(folder)?;
    }
    Ok(removed)
}

fn draw_secret(random: &mut dyn Random) -> Zeroizing<[u8; SECRET_LEN]> {
    let mut secret = Zeroizing::new([0; SECRET_LEN]);
    random.fill(secret.as_mut_slice());
    secret
}

fn draw(random: &mut dyn Random) -> [u8; 24] {
    let mut nonce = [0; 24];
    random.fill(&mut nonce);
    nonce
}

fn parse_ledger(text: &str) -> Result<[u8; 16], KeyError> {
    let hex = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    Some(text)
        .filter(|text| text.len() == 32 && text.bytes().all(hex))
        .and_then(|text| u128::from_str_radix(text, 16).ok())
        .map(u128::to_be_bytes)
        .ok_or_else(|| KeyError::BadLedgerId {
            found: text.to_owned(),
        })
}

fn ledger_text(ledger: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(ledger))
}
