//! One generation of key files: choosing it, and finding keys in it. Nothing here writes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::{Fault, KeyError};
use super::format::{
    Header, HeaderError, Master, RECORD_BYTES, RECORD_LEN, Record, SECRET_LEN, crc_fits,
};
use crate::domain::personal::Subject;
use crate::log::disk::{self, File, OpenOptions};
use crate::log::seal::{KeyId, SubjectKey};

/// How often a reader starts again where no other erasure has passed since it last did.
pub(super) const READ_ATTEMPTS: u32 = 5;
/// How many records are read from disk at a time.
const RECORDS_AT_A_TIME: u64 = 1024;

/// One pair of files.
pub(super) struct Generation {
    pub number: u64,
    pub ledger: [u8; 16],
    pub master: Master,
    pub path: PathBuf,
    pub file: File,
    /// Filled on first use.
    index: Option<Index>,
    /// The records of some keys that were looked for in one pass, without an index.
    sought: BTreeMap<KeyId, u64>,
}

/// Where each key stands in the file.
#[derive(Default)]
pub(super) struct Index {
    /// The number of each key's record, from 1.
    pub records: HashMap<KeyId, u64, BuildHasherDefault<FirstBytes>>,
    /// Damaged records before the last good one.
    pub damaged: Vec<(u64, KeyId)>,
    /// The number of the last good record: the next append comes after it.
    pub last: u64,
    /// Its key: a reader sees by it that the writer took an append back.
    pub last_key: Option<KeyId>,
    /// Bytes after it that are no good record.
    pub torn_bytes: u64,
}

/// Takes the first bytes of a key id for its hash: they are those of a digest, and a ledger of ten
/// million events has hundreds of thousands of keys.
#[derive(Default)]
pub(super) struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 ^= u64::from_ne_bytes(*first);
        }
    }

    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// What a look-up in one generation gives.
pub(super) enum Found {
    Key(SubjectKey),
    Nothing,
    /// The number of the damaged record.
    Damaged(u64),
}

impl Generation {
    /// Opens the newest generation whose two files are there in full.
    pub(super) fn newest(folder: &Path, writable: bool) -> Result<Generation, KeyError> {
        let (mut attempt, mut seen) = (1, newest_number(folder)?);
        loop {
            match Generation::newest_once(folder, writable) {
                // An erasure may have passed between listing the folder and reading the files. A
                // slow reader may meet any number of them: only attempts beside none are counted.
                Err(KeyError::Incomplete { .. } | KeyError::Damaged { .. })
                    if !writable && attempt < READ_ATTEMPTS =>
                {
                    let now = newest_number(folder)?;
                    attempt += u32::from(now == seen);
                    seen = now;
                }
                other => return other,
            }
        }
    }

    fn newest_once(folder: &Path, writable: bool) -> Result<Generation, KeyError> {
        let mut first_fault = None;
        for number in complete_numbers(folder)?.into_iter().rev() {
            match Generation::load(folder, number, writable) {
                Ok(generation) => return Ok(generation),
                // Cut short before it was published: an older generation still counts. Any other
                // fault is damage, and then nothing older may come back to life.
                Err(
                    error @ KeyError::Damaged {
                        why: Fault::Length, ..
                    },
                ) => {
                    first_fault.get_or_insert(error);
                }
                Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Err(first_fault.unwrap_or_else(|| KeyError::Incomplete {
            folder: folder.to_owned(),
        }))
    }

    fn load(folder: &Path, number: u64, writable: bool) -> Result<Generation, KeyError> {
        let master = Master::new(&*read_secret(&folder.join(format!("master.{number}")))?);
        let path = folder.join(format!("subjects.{number}"));
        let mut file = OpenOptions::new()
            .read(true)
            .write(writable)
            .open(&path)
            .map_err(KeyError::io("open", &path))?;
        let length = file.metadata().map_err(KeyError::io("read", &path))?.len();
        if length < RECORD_BYTES {
            return Err(KeyError::damaged(&path, Fault::Length));
        }
        let mut bytes = [0; RECORD_LEN];
        file.read_exact(&mut bytes)
            .map_err(KeyError::io("read", &path))?;
        let header = Header::decode(&bytes, &master).map_err(|error| match error {
            HeaderError::Fault(why) => KeyError::damaged(&path, why),
            HeaderError::Newer(found) => KeyError::NewerFormat {
                file: path.clone(),
                found,
            },
        })?;
        if header.generation != number {
            return Err(KeyError::damaged(&path, Fault::Name));
        }
        if length / RECORD_BYTES <= header.count {
            return Err(KeyError::damaged(&path, Fault::Length));
        }
        Ok(Generation {
            number,
            ledger: header.ledger,
            master,
            path,
            file,
            index: None,
            sought: BTreeMap::new(),
        })
    }

    /// The index, read from the file on first use.
    pub(super) fn index(&mut self) -> Result<&mut Index, KeyError> {
        if self.index.is_none() {
            let mut index = Index::default();
            self.scan(&mut index)?;
            self.index = Some(index);
        }
        Ok(self.index.get_or_insert_default())
    }

    /// Lets go of the index: the next use reads the whole file again.
    pub(super) fn forget(&mut self) {
        self.index = None;
    }

    /// Takes in what was appended since the index was read; answers whether that was anything.
    pub(super) fn read_on(&mut self) -> Result<bool, KeyError> {
        let Some(mut index) = self.index.take() else {
            return Ok(false);
        };
        let before = index.last;
        let last_key = match before {
            0 => None,
            last => self.record(last)?.map(|record| record.id),
        };
        if last_key != index.last_key {
            // The last record is another now: an append that this reader saw was taken back.
            return Ok(true);
        }
        self.scan(&mut index)?;
        let changed = index.last != before;
        self.index = Some(index);
        Ok(changed)
    }

    /// Reads the records after `index.last` into the index.
    fn scan(&mut self, index: &mut Index) -> Result<(), KeyError> {
        // Bad records count as damaged only once a good one follows; at the end they are torn.
        let mut bad = Vec::new();
        let (master, ledger) = (&self.master, self.ledger);
        let length = self.file.metadata().map_or(0, |file| file.len());
        let more = (length / RECORD_BYTES).saturating_sub(index.last + 1);
        index
            .records
            .reserve(usize::try_from(more).unwrap_or_default());
        let read = each_record(&mut self.file, index.last + 1, |number, bytes| {
            let Some(id) = Record::id(bytes) else {
                return;
            };
            // The tag is the stronger check: where only the checksum was hit, the key is whole.
            let opens = || {
                let record = Record::decode(bytes);
                record.is_some_and(|record| master.unwrap(ledger, &record).is_some())
            };
            if crc_fits(bytes) || opens() {
                index.damaged.append(&mut bad);
                index.records.insert(id, number);
                index.last = number;
                index.last_key = Some(id);
            } else {
                bad.push((number, id));
            }
        });
        let end = read.map_err(KeyError::io("read", &self.path))?;
        index.torn_bytes = end.saturating_sub((index.last + 1) * RECORD_BYTES);
        Ok(())
    }

    /// Looks for the records of a few keys in one pass over the file, which is cheaper than an
    /// index of hundreds of thousands. What is not found is looked for in the index when it is
    /// asked for.
    pub(super) fn seek(&mut self, ids: &BTreeSet<KeyId>) -> Result<(), KeyError> {
        if self.index.is_some() {
            return Ok(());
        }
        // Most records are told apart by two bytes.
        let mut begins = vec![false; 1 << 16];
        let place = |id: &KeyId| {
            let [first, second, ..] = id.0;
            usize::from(u16::from_be_bytes([first, second]))
        };
        for id in ids {
            if let Some(begins) = begins.get_mut(place(id)) {
                *begins = true;
            }
        }
        let sought = &mut self.sought;
        let read = each_record(&mut self.file, 1, |number, bytes| {
            let id = Record::id(bytes).filter(|id| begins.get(place(id)) == Some(&true));
            if let Some(id) = id.filter(|id| ids.contains(id)) {
                sought.insert(id, number);
            }
        });
        read.map(drop).map_err(KeyError::io("read", &self.path))
    }

    /// The key that a pass found; what cannot be read there, the index tells.
    fn find_sought(&mut self, id: KeyId) -> Result<Option<SubjectKey>, KeyError> {
        let number = match (&self.index, self.sought.get(&id)) {
            (None, Some(number)) => *number,
            _ => return Ok(None),
        };
        let record = self.record(number)?.filter(|record| record.id == id);
        let secret = record.and_then(|record| self.master.unwrap(self.ledger, &record));
        Ok(secret.map(|secret| SubjectKey::new(id, secret)))
    }

    pub(super) fn find(&mut self, id: KeyId) -> Result<Found, KeyError> {
        if let Some(key) = self.find_sought(id)? {
            return Ok(Found::Key(key));
        }
        let index = self.index()?;
        let Some(&number) = index.records.get(&id) else {
            let damaged = index.damaged.iter().find(|(_, damaged)| *damaged == id);
            return Ok(damaged.map_or(Found::Nothing, |(number, _)| Found::Damaged(*number)));
        };
        let record = self.record(number)?.filter(|record| record.id == id);
        let key = record.and_then(|record| self.master.unwrap(self.ledger, &record));
        Ok(key.map_or(Found::Damaged(number), |secret| {
            Found::Key(SubjectKey::new(id, secret))
        }))
    }

    /// Reads one record; `None` where the file is shorter than that.
    fn record(&mut self, number: u64) -> Result<Option<Record>, KeyError> {
        let mut bytes = [0; RECORD_LEN];
        let read = self
            .file
            .seek(SeekFrom::Start(number * RECORD_BYTES))
            .and_then(|_| self.file.read_exact(&mut bytes));
        match read {
            Ok(()) => Ok(Record::decode(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(KeyError::io("read", &self.path)(error)),
        }
    }

    pub(super) fn key_damaged(&self, subject: &Subject, record: u64) -> KeyError {
        KeyError::KeyDamaged {
            subject: subject.clone(),
            file: self.path.clone(),
            record,
        }
    }
}

/// The names in the keys folder, sorted: a master key is destroyed before what it wrapped.
pub(super) fn names(folder: &Path) -> Result<BTreeSet<String>, KeyError> {
    let entries = disk::read_dir(folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => KeyError::KeysMissing {
            folder: folder.to_owned(),
        },
        _ => KeyError::io("read", folder)(error),
    })?;
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(KeyError::io("read", folder))?;
        names.extend(entry.file_name().into_string().ok());
    }
    Ok(names)
}

/// The generations of which both files are there.
fn complete_numbers(folder: &Path) -> Result<BTreeSet<u64>, KeyError> {
    let names = names(folder)?;
    Ok(names
        .iter()
        .filter_map(|name| name.strip_prefix("master."))
        .filter(|number| names.contains(&format!("subjects.{number}")))
        .filter_map(|number| number.parse().ok())
        .collect())
}

pub(super) fn newest_number(folder: &Path) -> Result<Option<u64>, KeyError> {
    Ok(complete_numbers(folder)?.pop_last())
}

/// Calls `take` with each whole record from number `from` on; answers where the file ends.
fn each_record(
    file: &mut File,
    from: u64,
    mut take: impl FnMut(u64, &[u8; RECORD_LEN]),
) -> io::Result<u64> {
    let mut number = from;
    let mut end = file.seek(SeekFrom::Start(from * RECORD_BYTES))?;
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        let mut part = Read::take(&mut *file, RECORDS_AT_A_TIME * RECORD_BYTES);
        end += part.read_to_end(&mut chunk)? as u64;
        let (records, rest) = chunk.as_chunks::<RECORD_LEN>();
        for record in records {
            take(number, record);
            number += 1;
        }
        if records.is_empty() || !rest.is_empty() {
            return Ok(end);
        }
    }
}

/// Reads a file of exactly 32 secret bytes.
pub(super) fn read_secret(path: &Path) -> Result<Zeroizing<[u8; SECRET_LEN]>, KeyError> {
    let io_error = |error| KeyError::io("read", path)(error);
    let mut file = File::open(path).map_err(io_error)?;
    if file.metadata().map_err(io_error)?.len() != SECRET_LEN as u64 {
        return Err(KeyError::damaged(path, Fault::Length));
    }
    let mut secret = Zeroizing::new([0; SECRET_LEN]);
    file.read_exact(secret.as_mut_slice()).map_err(io_error)?;
    Ok(secret)
}
