//! Reading a backup, and checking everything in it that can be checked without keys.

use std::collections::BTreeSet;
use std::io::{BufReader, Read};

use sha2::{Digest, Sha256};

use super::archive::read_member;
use super::error::BackupError;
use super::sealed::{MAGIC, OpeningReader, Passphrase};
use super::{
    CHECKPOINT, FORMAT, LINES_MAX, MANIFEST, MEMBERS_MAX, Manifest, Member, hex, parse_hash,
};
use crate::log::event::{Envelope, LedgerId, MAX_EVENT_BYTES};
use crate::log::merkle::{Frontier, leaf_hash};

/// What is told of a backup while it is read. Nothing of it may be used before [`read`] has
/// returned: a later member can show that it was changed.
pub trait Sink {
    /// The next event.
    ///
    /// # Errors
    /// What the sink says; the reading ends.
    fn event(&mut self, seq: u64, bytes: &[u8]) -> Result<(), BackupError>;

    /// Another member: a kept file, a key file, the access log.
    ///
    /// # Errors
    /// What the sink says; the reading ends.
    fn member(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError>;
}

/// A sink that wants nothing, for checking alone.
pub struct NoSink;

impl Sink for NoSink {
    fn event(&mut self, _: u64, _: &[u8]) -> Result<(), BackupError> {
        Ok(())
    }

    fn member(&mut self, _: &str, _: &[u8]) -> Result<(), BackupError> {
        Ok(())
    }
}

/// A backup that was read to its end and is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// What it holds.
    pub manifest: Manifest,
    /// The newest checkpoint: a signed note whose signature is not checked yet.
    pub checkpoint: Option<String>,
    /// The first event of a full backup, which names the origin and the key of the checkpoints.
    pub first_event: Option<Vec<u8>>,
    /// The tree over all events up to the last.
    pub frontier: Frontier,
    /// It was sealed with a passphrase.
    pub sealed: bool,
}

impl Contents {
    /// Whether the keys of the personal fields are in it.
    pub fn has_keys(&self) -> bool {
        let members = &self.manifest.members;
        members
            .iter()
            .any(|member| member.name.starts_with("keys/"))
    }
}

/// Whether a file's first bytes are those of a sealed backup.
pub fn is_sealed(first: &[u8]) -> bool {
    first.starts_with(MAGIC)
}

/// Reads a backup.
///
/// # Errors
/// What is wrong with it, or with the passphrase; what the sink says.
pub fn read(
    from: &mut dyn Read,
    passphrase: Option<&Passphrase>,
    sink: &mut dyn Sink,
) -> Result<Contents, BackupError> {
    let mut first = [0; MAGIC.len()];
    let length = fill(from, &mut first)?;
    let first = first.get(..length).unwrap_or_default();
    let mut whole = BufReader::with_capacity(1 << 20, first.chain(from));
    if !is_sealed(first) {
        return Reading::run(&mut whole, sink, false);
    }
    let passphrase = passphrase.ok_or(BackupError::PassphraseNeeded)?;
    let mut opened = OpeningReader::new(whole, passphrase)?;
    Reading::run(&mut opened, sink, true)
}

fn fill(from: &mut dyn Read, to: &mut [u8]) -> Result<usize, BackupError> {
    let mut length = 0;
    while let Some(rest) = to.get_mut(length..).filter(|rest| !rest.is_empty()) {
        let count = from.read(rest).map_err(|source| BackupError::Io {
            path: "header".to_owned(),
            source,
        })?;
        if count == 0 {
            break;
        }
        length += count;
    }
    Ok(length)
}

struct Reading<'s> {
    sink: &'s mut dyn Sink,
    members: Vec<Member>,
    names: BTreeSet<String>,
    /// The digests of the events' lines come before the manifest says where they begin, so they
    /// are collected: 32 bytes an event.
    leaves: Vec<[u8; 32]>,
    first_seq: Option<u64>,
    ledger: Option<LedgerId>,
    last_at: i64,
    checkpoint: Option<String>,
    first_event: Option<Vec<u8>>,
}

impl Reading<'_> {
    fn run(
        from: &mut dyn Read,
        sink: &mut dyn Sink,
        sealed: bool,
    ) -> Result<Contents, BackupError> {
        let mut reading = Reading {
            sink,
            members: Vec::new(),
            names: BTreeSet::new(),
            leaves: Vec::new(),
            first_seq: None,
            ledger: None,
            last_at: i64::MIN,
            checkpoint: None,
            first_event: None,
        };
        let mut manifest = None;
        while let Some(member) = read_member(from, reading.members.is_empty())? {
            let late = || BackupError::damaged(&member.name, "it stands behind the manifest");
            if manifest.is_some() || reading.members.len() >= MEMBERS_MAX {
                return Err(late());
            }
            if member.name == MANIFEST {
                manifest = Some(member.bytes);
            } else {
                reading.take(&member.name, &member.bytes)?;
            }
        }
        let manifest = manifest.ok_or_else(|| BackupError::damaged(MANIFEST, "it is missing"))?;
        reading.check(&manifest, sealed)
    }

    fn take(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.members.push(Member {
            bytes: bytes.len() as u64,
            name: name.to_owned(),
            sha256: hex(&Sha256::digest(bytes)),
        });
        if !self.names.insert(name.to_owned()) {
            return Err(BackupError::damaged(name, "it is there twice"));
        }
        if name.starts_with("events/") {
            return self.take_events(name, bytes);
        }
        if name == CHECKPOINT {
            let text = String::from_utf8(bytes.to_vec());
            let text = text.map_err(|_| BackupError::damaged(name, "it is not a text"))?;
            self.checkpoint = Some(text);
        }
        self.sink.member(name, bytes)
    }

    fn take_events(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        let lines = zstd::bulk::decompress(bytes, LINES_MAX);
        let lines = lines.map_err(|error| BackupError::damaged(name, error.to_string()))?;
        let first_seq = name
            .strip_prefix("events/")
            .and_then(|rest| rest.strip_suffix(".ndjson.zst"))
            .filter(|digits| digits.len() == 20)
            .and_then(|digits| digits.parse::<u64>().ok());
        let first_seq = first_seq.ok_or_else(|| BackupError::damaged(name, "its name"))?;
        let begun = *self.first_seq.get_or_insert(first_seq);
        let next = begun.checked_add(self.leaves.len() as u64);
        if next != Some(first_seq) || first_seq == 0 {
            return Err(BackupError::damaged(
                name,
                "it does not follow the one before",
            ));
        }
        let Some(lines) = lines.strip_suffix(b"\n") else {
            return Err(BackupError::damaged(name, "its last line has no end"));
        };
        for (seq, line) in (first_seq..).zip(lines.split(|byte| *byte == b'\n')) {
            self.take_event(name, seq, line)?;
        }
        Ok(())
    }

    fn take_event(&mut self, name: &str, seq: u64, line: &[u8]) -> Result<(), BackupError> {
        let bad = |why: &str| BackupError::damaged(name, format!("event {seq}: {why}"));
        let envelope = Envelope::read(line)
            .filter(|_| line.len() <= MAX_EVENT_BYTES)
            .ok_or_else(|| bad("it is no event"))?;
        if envelope.seq != seq {
            return Err(bad("it has another number"));
        }
        if *self.ledger.get_or_insert(envelope.ledger) != envelope.ledger {
            return Err(bad("it is of another ledger"));
        }
        if envelope.at_ms < self.last_at {
            return Err(bad("it was recorded before the one before it"));
        }
        self.last_at = envelope.at_ms;
        self.leaves.push(leaf_hash(line));
        if seq == 1 {
            self.first_event = Some(line.to_vec());
        }
        self.sink.event(seq, line)
    }

    fn check(self, manifest: &[u8], sealed: bool) -> Result<Contents, BackupError> {
        let bad = |why: &str| BackupError::damaged(MANIFEST, why);
        #[derive(serde::Deserialize)]
        struct Versioned {
            format: u32,
        }
        let versioned: Versioned =
            serde_json::from_slice(manifest).map_err(|_| bad("it is not readable"))?;
        if versioned.format != FORMAT {
            return Err(BackupError::Newer(versioned.format));
        }
        let manifest: Manifest =
            serde_json::from_slice(manifest).map_err(|error| bad(&error.to_string()))?;
        if manifest.members != self.members {
            let pairs = manifest.members.iter().zip(&self.members);
            let mut differing = pairs.filter(|(said, found)| said != found);
            let place = differing.next().map(|(said, _)| said.name.clone());
            let place = place.unwrap_or_else(|| MANIFEST.to_owned());
            return Err(BackupError::damaged(
                &place,
                "its digest or its place is another",
            ));
        }
        let ledger: LedgerId = manifest.ledger.parse().map_err(|_| bad("its ledger id"))?;
        if self.ledger.is_some_and(|found| found != ledger) {
            return Err(bad("its events are of another ledger"));
        }
        let mut frontier = match &manifest.base {
            None => Frontier::new(),
            Some(base) => {
                let edge: Option<Vec<_>> = base.edge.iter().map(|it| parse_hash(it)).collect();
                edge.and_then(|edge| Frontier::from_parts(base.size, edge))
                    .filter(|edge| hex(&edge.root()) == base.root)
                    .ok_or_else(|| bad("the root of its base"))?
            }
        };
        let from = frontier.size() + 1;
        self.leaves.iter().for_each(|leaf| frontier.push(*leaf));
        let span = manifest.events;
        let begins = self.first_seq.is_none_or(|first| first == from);
        if span.from != from || span.to != frontier.size() || !begins {
            return Err(bad("the range of its events"));
        }
        if hex(&frontier.root()) != manifest.root {
            return Err(bad("the root of its events is another"));
        }
        Ok(Contents {
            manifest,
            checkpoint: self.checkpoint,
            first_event: self.first_event,
            frontier,
            sealed,
        })
    }
}
