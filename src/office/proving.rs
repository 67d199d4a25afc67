//! Proofs from a log: one pass over its events gives the tree and the keys that may sign it.

use uuid::Uuid;

use super::error::OfficeError;
use crate::domain::event::Body;
use crate::log::checkpoint::{Checkpoint, CheckpointError};
use crate::log::merkle::leaf_hash;
use crate::log::note::{Note, NoteError, Verifier};
use crate::log::proof::{ConsistencyProof, InclusionProof, ProofFault};
use crate::log::tree::Tree;
use crate::log::{EventRead, codec};

/// What the events of a ledger say of who signs its checkpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyHistory {
    /// The origin line of the checkpoints that are signed now.
    pub origin: String,
    /// Each key with the `seq` of the event that named it, in their order.
    keys: Vec<(u64, Verifier)>,
    /// Where the ledger went on after a loss.
    pub recoveries: Vec<Recovery>,
}

/// A place where a ledger went on after events were lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// The `ledger.recovered` that says so: the first event of the new history.
    pub seq: u64,
    /// The origin line of the checkpoints before it.
    pub origin: String,
    /// The size of the newest signed checkpoint that was known of the lost history.
    pub old_size: Option<u64>,
    /// Why, in the recorder's words.
    pub reason: String,
}

/// How the events that name keys end. The members of an event stand in alphabetical order, and a
/// quotation mark inside a text is escaped, so nothing else can end like this.
const NAMING: [&[u8]; 3] = [
    br#""type":"ledger.opened","v":1}"#,
    br#""type":"ledger.key_rotated","v":1}"#,
    br#""type":"ledger.recovered","v":1}"#,
];

impl KeyHistory {
    /// Looks at an event; all but a few are passed over at a glance.
    ///
    /// # Errors
    /// An event that names a key and cannot be read.
    pub fn see(&mut self, seq: u64, bytes: &[u8]) -> Result<(), OfficeError> {
        if !NAMING.iter().any(|end| bytes.ends_with(end)) {
            return Ok(());
        }
        let event = codec::decode(bytes).map_err(|error| OfficeError::Decode(seq, error))?;
        let key = match event.body {
            Body::LedgerOpened(opened) => {
                self.origin = opened.origin;
                opened.key
            }
            Body::LedgerKeyRotated(rotated) => rotated.key,
            Body::LedgerRecovered(recovered) => {
                self.recoveries.push(Recovery {
                    seq,
                    origin: std::mem::replace(&mut self.origin, recovered.origin),
                    old_size: recovered.old_size,
                    reason: event.reason.unwrap_or_default(),
                });
                recovered.key
            }
            _ => return Ok(()),
        };
        // A ledger without a signing key names none.
        if let Ok(key) = key.parse() {
            self.keys.push((seq, key));
        }
        Ok(())
    }

    /// The key that signs a checkpoint of this size: the last one that it covers. The empty log is
    /// signed by the first.
    pub fn of_size(&self, size: u64) -> Option<&Verifier> {
        let covered = self.keys.iter().rfind(|(seq, _)| *seq <= size);
        covered.or(self.keys.first()).map(|(_, key)| key)
    }

    /// The origin line of a checkpoint of this size.
    pub fn origin_of_size(&self, size: u64) -> &str {
        let later = self.recoveries.iter().find(|recovery| recovery.seq > size);
        later.map_or(&self.origin, |recovery| &recovery.origin)
    }

    /// Reads a checkpoint of this ledger: its origin, and the signature of the key of its size.
    ///
    /// # Errors
    /// What does not hold; [`OfficeError::LostHistory`] for a checkpoint of events that were given
    /// up.
    pub fn open(&self, note: &Note) -> Result<Checkpoint, OfficeError> {
        let claimed = Checkpoint::parse(&note.text)?;
        let size = claimed.size;
        let text = note.to_string();
        if let Some(recovery) = self.gave_up(&claimed) {
            let before = self.of_size(recovery.seq - 1).ok_or_else(unknown)?;
            Checkpoint::open(&text, &recovery.origin, std::slice::from_ref(before))?;
            return Err(OfficeError::LostHistory {
                size,
                recovered: recovery.seq,
            });
        }
        let known = self.of_size(size).ok_or_else(unknown)?;
        let origin = self.origin_of_size(size);
        Ok(Checkpoint::open(
            &text,
            origin,
            std::slice::from_ref(known),
        )?)
    }

    /// The recovery that gave up the events which a checkpoint claims.
    fn gave_up(&self, claimed: &Checkpoint) -> Option<&Recovery> {
        let mut recoveries = self.recoveries.iter();
        recoveries.find(|it| it.origin == claimed.origin && claimed.size >= it.seq)
    }
}

fn unknown() -> CheckpointError {
    NoteError::Unknown.into()
}

/// A log as a tree, ready to prove anything about it.
#[derive(Debug, Clone, Default)]
pub struct Prover {
    /// The tree.
    pub tree: Tree,
    /// Who signs.
    pub keys: KeyHistory,
}

impl Prover {
    /// Reads all events of a log once.
    ///
    /// # Errors
    /// An event that cannot be read.
    pub fn read(log: &impl EventRead) -> Result<Prover, OfficeError> {
        let mut prover = Prover::default();
        let head = log.head().seq;
        if head > 0 {
            for event in log.read(1, head)? {
                let event = event?;
                prover.tree.push(leaf_hash(&event.bytes));
                prover.keys.see(event.seq, &event.bytes)?;
            }
        }
        Ok(prover)
    }

    /// Checks a checkpoint against the tree: signed by the ledger's key, and of its root.
    ///
    /// # Errors
    /// What does not hold.
    pub fn open(&self, note: &Note) -> Result<Checkpoint, OfficeError> {
        let checkpoint = self.keys.open(note)?;
        let size = self.tree.size();
        match self.tree.root_at(checkpoint.size) {
            Ok(root) if root == checkpoint.root => Ok(checkpoint),
            Ok(_) => Err(OfficeError::OtherHistory {
                size: checkpoint.size,
            }),
            Err(_) => Err(OfficeError::CheckpointBeyond {
                size: checkpoint.size,
                head: size,
            }),
        }
    }

    /// The proof that an event is in the log that a checkpoint covers.
    ///
    /// # Errors
    /// When the checkpoint does not hold, or does not cover the event.
    pub fn inclusion(
        &self,
        log: &impl EventRead,
        seq: u64,
        note: &Note,
    ) -> Result<InclusionProof, OfficeError> {
        let checkpoint = self.open(note)?;
        let size = checkpoint.size;
        if seq == 0 || seq > size {
            return Err(OfficeError::NotCovered { seq, size });
        }
        let event = log.read(seq, seq)?.next().transpose()?;
        Ok(InclusionProof {
            event: event.map(|event| event.bytes.to_vec()),
            index: seq - 1,
            path: self
                .tree
                .prove_inclusion(seq - 1, size)
                .map_err(ProofFault::from)?,
            checkpoint: note.clone(),
        })
    }

    /// The proof that the log of one size is the beginning of the log of another.
    ///
    /// # Errors
    /// When the log has not that many events.
    pub fn consistency(&self, older: u64, newer: u64) -> Result<ConsistencyProof, OfficeError> {
        let root = |size| self.tree.root_at(size).map_err(ProofFault::from);
        let path = self.tree.prove_consistency(older, newer);
        Ok(ConsistencyProof {
            older: (older, root(older)?),
            newer: (newer, root(newer)?),
            path: path.map_err(ProofFault::from)?,
        })
    }
}

/// The place of an event that is named by its number or its id.
///
/// # Errors
/// [`OfficeError::NotFound`].
pub fn place_of(log: &impl EventRead, named: &str) -> Result<u64, OfficeError> {
    let missing = || OfficeError::NotFound {
        what: "event",
        name: named.to_owned(),
    };
    if let Ok(seq) = named.trim_start_matches('#').parse::<u64>() {
        let there = (1..=log.head().seq).contains(&seq);
        return if there { Ok(seq) } else { Err(missing()) };
    }
    let id = Uuid::parse_str(named).map_err(|_| missing())?;
    // An index of all ids would cost more than looking at each event once.
    for event in log.read(1, log.head().seq)? {
        let event = event?;
        if event.id == id {
            return Ok(event.seq);
        }
    }
    Err(missing())
}
