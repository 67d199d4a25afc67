//! Proofs that stand alone in a file: an event is in a log, a log only grew.
//!
//! An inclusion proof is a C2SP `tlog-proof`. Its `extra` line carries the event itself, from which
//! the leaf is hashed again, so the file needs nothing beside it but the log's public key:
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64 of the event's bytes>
//! index <seq - 1>
//! <base64 of a hash>            one line each, from the leaf's sibling up
//!
//! <the signed checkpoint>
//! ```
//!
//! There is no such format for consistency; ours says the same things in the same way:
//!
//! ```text
//! socai/consistency-proof@v1
//! older <size> <base64 of the root>
//! newer <size> <base64 of the root>
//! <base64 of a hash>            one line each
//! ```

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::event::MAX_EVENT_BYTES;
use super::merkle::{Hash, ProofError, leaf_hash, verify_consistency, verify_inclusion};
use super::note::{Note, Verifier};
use crate::domain::language::{Explain, Lang};

/// The first line of an inclusion proof.
pub const INCLUSION: &str = "c2sp.org/tlog-proof@v1";
/// The first line of a consistency proof.
pub const CONSISTENCY: &str = "socai/consistency-proof@v1";
/// A tree of 2^63 leaves has proofs of at most this many hashes; a consistency proof one more.
const MAX_HASHES: usize = 64;
/// The most bytes of a proof's file: an event in base64, 64 hashes, a hundred signatures.
pub const MAX_PROOF_BYTES: u64 = 256 * 1024;

/// That an event is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// The event's bytes, if the file carries them.
    pub event: Option<Vec<u8>>,
    /// Its place from 0.
    pub index: u64,
    /// The hashes beside the way from the leaf to the root.
    pub path: Vec<Hash>,
    /// The signed checkpoint that has the root.
    pub checkpoint: Note,
}

/// That a log of one size is the beginning of the log of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Size and root before.
    pub older: (u64, Hash),
    /// Size and root after.
    pub newer: (u64, Hash),
    /// The hashes that lead from one to the other.
    pub path: Vec<Hash>,
}

/// A proof of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// That an event is in a log.
    Inclusion(InclusionProof),
    /// That a log only grew.
    Consistency(ConsistencyProof),
}

/// Why a proof is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofFault {
    /// The text has the form of neither kind.
    #[error("this is not a proof")]
    Malformed,
    /// The hashes do not lead to the root.
    #[error("the proof does not hold: {0}")]
    Hashes(#[from] ProofError),
    /// The checkpoint in it or beside it.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The event is not in the file, and was not given beside it.
    #[error("the proof does not carry the event, and none was given")]
    NoEvent,
    /// The event in the file is another than the one that was given.
    #[error("the event in the proof is not the event that was given")]
    OtherEvent,
    /// A checkpoint that was given is of neither size of a consistency proof, or has another root.
    #[error("the checkpoint of size {size} is not one of this proof")]
    OtherCheckpoint {
        /// The size of the checkpoint.
        size: u64,
    },
}

impl InclusionProof {
    /// Checks that the hashes lead from the event to the root that the checkpoint says. Whose
    /// signature stands under the checkpoint is another question: [`InclusionProof::signed_by`].
    ///
    /// # Errors
    /// What does not hold.
    pub fn check(&self, event: Option<&[u8]>) -> Result<Checkpoint, ProofFault> {
        let event = match (event, self.event.as_deref()) {
            (Some(given), Some(own)) if given != own => return Err(ProofFault::OtherEvent),
            (Some(event), _) | (None, Some(event)) => event,
            (None, None) => return Err(ProofFault::NoEvent),
        };
        let checkpoint = Checkpoint::parse(&self.checkpoint.text)?;
        let (size, root) = (checkpoint.size, &checkpoint.root);
        verify_inclusion(&leaf_hash(event), self.index, size, &self.path, root)?;
        Ok(checkpoint)
    }

    /// The known keys that signed the checkpoint.
    ///
    /// # Errors
    /// Where none did, or a signature is false.
    pub fn signed_by<'v>(&self, known: &'v [Verifier]) -> Result<Vec<&'v Verifier>, ProofFault> {
        let (_, signed) =
            Note::open(&self.checkpoint.to_string(), known).map_err(CheckpointError::from)?;
        Ok(signed)
    }
}

impl ConsistencyProof {
    /// Checks that the hashes lead from the one root to the other.
    ///
    /// # Errors
    /// What does not hold.
    pub fn check(&self) -> Result<(), ProofFault> {
        let ((older, old_root), (newer, new_root)) = (&self.older, &self.newer);
        Ok(verify_consistency(
            *older, old_root, *newer, new_root, &self.path,
        )?)
    }

    /// Checks that a checkpoint is the older or the newer of this proof.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn names(&self, checkpoint: &Checkpoint) -> Result<(), ProofFault> {
        let named = (checkpoint.size, checkpoint.root);
        if named == self.older || named == self.newer {
            return Ok(());
        }
        Err(ProofFault::OtherCheckpoint {
            size: checkpoint.size,
        })
    }
}

impl Proof {
    /// Reads a proof of either kind.
    ///
    /// # Errors
    /// [`ProofFault::Malformed`] where it is neither.
    pub fn parse(text: &str) -> Result<Proof, ProofFault> {
        let (first, rest) = text.split_once('\n').ok_or(ProofFault::Malformed)?;
        match first {
            INCLUSION => parse_inclusion(rest).map(Proof::Inclusion),
            CONSISTENCY => parse_consistency(rest).map(Proof::Consistency),
            _ => None,
        }
        .ok_or(ProofFault::Malformed)
    }
}

fn parse_inclusion(text: &str) -> Option<InclusionProof> {
    let (head, note) = text.split_once("\n\n")?;
    let mut lines = head.split('\n').peekable();
    let event = match lines.next_if(|line| line.starts_with("extra ")) {
        Some(line) => Some(STANDARD.decode(line.strip_prefix("extra ")?).ok()?),
        None => None,
    };
    if event
        .as_ref()
        .is_some_and(|event| event.len() > MAX_EVENT_BYTES)
    {
        return None;
    }
    Some(InclusionProof {
        event,
        index: number(lines.next()?.strip_prefix("index ")?)?,
        path: hashes(lines)?,
        checkpoint: Note::parse(note).ok()?,
    })
}

fn parse_consistency(text: &str) -> Option<ConsistencyProof> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let mut point = |name: &str| {
        let (size, root) = lines.next()?.strip_prefix(name)?.split_once(' ')?;
        Some((number(size)?, hash(root)?))
    };
    let (older, newer) = (point("older ")?, point("newer ")?);
    Some(ConsistencyProof {
        older,
        newer,
        path: hashes(lines)?,
    })
}

fn number(text: &str) -> Option<u64> {
    let plain = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (plain && digits).then(|| text.parse().ok()).flatten()
}

fn hash(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

fn hashes<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Vec<Hash>> {
    let hashes: Vec<Hash> = lines
        .take(MAX_HASHES + 1)
        .map(hash)
        .collect::<Option<_>>()?;
    (hashes.len() <= MAX_HASHES).then_some(hashes)
}

impl fmt::Display for InclusionProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{INCLUSION}")?;
        if let Some(event) = &self.event {
            writeln!(f, "extra {}", STANDARD.encode(event))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", STANDARD.encode(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl fmt::Display for ConsistencyProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{CONSISTENCY}")?;
        for (name, (size, root)) in [("older", &self.older), ("newer", &self.newer)] {
            writeln!(f, "{name} {size} {}", STANDARD.encode(root))?;
        }
        for hash in &self.path {
            writeln!(f, "{}", STANDARD.encode(hash))?;
        }
        Ok(())
    }
}

impl Explain for ProofFault {
    fn code(&self) -> &'static str {
        match self {
            ProofFault::Malformed => "bad_proof",
            ProofFault::Hashes(_) => "proof_does_not_hold",
            ProofFault::Checkpoint(error) => error.code(),
            ProofFault::NoEvent => "proof_without_event",
            ProofFault::OtherEvent => "other_event",
            ProofFault::OtherCheckpoint { .. } => "other_checkpoint",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let vi = match self {
            ProofFault::Malformed => "đây không phải là một bằng chứng".to_owned(),
            ProofFault::Hashes(error) => format!("bằng chứng không đúng: {}", hashes_vi(*error)),
            ProofFault::Checkpoint(error) => error.message(Lang::Vi),
            ProofFault::NoEvent => {
                "bằng chứng không kèm sự kiện, và cũng không có sự kiện nào được đưa vào".to_owned()
            }
            ProofFault::OtherEvent => {
                "sự kiện trong bằng chứng không phải là sự kiện được đưa vào".to_owned()
            }
            ProofFault::OtherCheckpoint { size } => {
                format!("mốc xác nhận có {size} sự kiện không thuộc bằng chứng này")
            }
        };
        lang.pick(vi, self.to_string())
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            ProofFault::NoEvent => (
                "thêm --event TỆP: đúng một dòng của `socai events --raw`",
                "add --event FILE: one line of `socai events --raw` as it is",
            ),
            ProofFault::Checkpoint(error) => return error.hint(lang),
            _ => return None,
        };
        Some(lang.pick(vi, en).to_owned())
    }
}

/// Why hashes prove nothing, in Vietnamese.
pub(crate) fn hashes_vi(error: ProofError) -> String {
    match error {
        ProofError::OutOfRange { asked, size } => {
            format!("sổ có {size} sự kiện, nên không có bằng chứng cho {asked}")
        }
        ProofError::WrongLength => "số lượng mã băm không đúng".to_owned(),
        ProofError::WrongRoot => "các mã băm dẫn đến một gốc khác".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::note::{NoteError, Signer};
    use crate::log::tree::Tree;

    fn event(number: u64) -> Vec<u8> {
        format!("{{\"seq\":{number}}}").into_bytes()
    }

    fn tree(size: u64) -> Tree {
        let mut tree = Tree::new();
        (1..=size).for_each(|number| tree.push(leaf_hash(&event(number))));
        tree
    }

    fn signer() -> Signer {
        Signer::new("socai/01990", &[3; 32]).unwrap()
    }

    fn inclusion(tree: &Tree, seq: u64, size: u64) -> InclusionProof {
        let checkpoint = Checkpoint {
            origin: "socai/01990".to_owned(),
            size,
            root: tree.root_at(size).unwrap(),
        };
        InclusionProof {
            event: Some(event(seq)),
            index: seq - 1,
            path: tree.prove_inclusion(seq - 1, size).unwrap(),
            checkpoint: checkpoint.sign(&signer()).unwrap(),
        }
    }

    #[test]
    fn an_inclusion_proof_is_read_back_and_holds() {
        let tree = tree(9);
        for size in 1..=9 {
            for seq in 1..=size {
                let proof = inclusion(&tree, seq, size);
                let read = Proof::parse(&proof.to_string()).unwrap();
                assert_eq!(read, Proof::Inclusion(proof.clone()));
                assert_eq!(proof.check(None).unwrap().size, size);
                assert_eq!(proof.check(Some(&event(seq))).unwrap().size, size);
                let known = [signer().verifier().clone()];
                assert_eq!(proof.signed_by(&known).unwrap().len(), 1);
                assert_eq!(
                    proof.check(Some(&event(seq + 1))),
                    Err(ProofFault::OtherEvent)
                );
            }
        }
    }

    #[test]
    fn the_form_is_that_of_the_specification() {
        let text = inclusion(&tree(3), 2, 3).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "c2sp.org/tlog-proof@v1");
        assert_eq!(lines[1], format!("extra {}", STANDARD.encode(event(2))));
        assert_eq!(lines[2], "index 1");
        assert_eq!((lines[3].len(), lines[4].len()), (44, 44));
        assert_eq!(lines[5..8], ["", "socai/01990", "3"]);
        assert!(lines[10].starts_with("\u{2014} socai/01990 "));
    }

    #[test]
    fn a_consistency_proof_is_read_back_and_holds() {
        let tree = tree(9);
        for newer in 0..=9 {
            for older in 0..=newer {
                let proof = ConsistencyProof {
                    older: (older, tree.root_at(older).unwrap()),
                    newer: (newer, tree.root_at(newer).unwrap()),
                    path: tree.prove_consistency(older, newer).unwrap(),
                };
                proof.check().unwrap();
                let read = Proof::parse(&proof.to_string()).unwrap();
                assert_eq!(read, Proof::Consistency(proof));
            }
        }
    }

    #[test]
    fn a_proof_without_its_event_or_with_another_proves_nothing() {
        let mut proof = inclusion(&tree(5), 3, 5);
        proof.event = Some(event(4));
        assert!(matches!(proof.check(None), Err(ProofFault::Hashes(_))));
        proof.event = None;
        assert_eq!(proof.check(None), Err(ProofFault::NoEvent));
        proof.check(Some(&event(3))).unwrap();
        let stranger = Signer::new("socai/01990", &[4; 32]).unwrap();
        assert_eq!(
            proof.signed_by(&[stranger.verifier().clone()]),
            Err(ProofFault::Checkpoint(CheckpointError::Note(
                NoteError::Unknown
            )))
        );
    }

    #[test]
    fn every_changed_byte_of_a_proof_is_found() {
        let tree = tree(11);
        let proof = inclusion(&tree, 5, 11);
        let text = proof.to_string();
        let known = [signer().verifier().clone()];
        let holds = |text: &str| match Proof::parse(text) {
            Ok(Proof::Inclusion(proof)) => {
                proof.check(None).is_ok() && proof.signed_by(&known).is_ok()
            }
            _ => false,
        };
        assert!(holds(&text));
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            // What is no text any more is no proof.
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(!holds(&changed), "byte {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,300}") {
            let _ = Proof::parse(&text);
            let _ = Proof::parse(&format!("{INCLUSION}\n{text}"));
            let _ = Proof::parse(&format!("{CONSISTENCY}\n{text}"));
        }
    }
}
