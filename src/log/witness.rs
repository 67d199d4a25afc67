//! Another office's signature under a checkpoint.
//!
//! A cosignature says: of this log, this is the longest history that I have seen, and everything I
//! saw before is its beginning. So whoever cosigns remembers the last checkpoint it signed, and
//! asks for a consistency proof before it signs a longer one. It never signs a shorter one, nor a
//! second history.

use super::checkpoint::{Checkpoint, CheckpointError};
use super::note::{Note, Signer, Verifier};
use super::proof::{ConsistencyProof, ProofFault};
use crate::domain::language::{Explain, Lang};

/// What a cosigning office remembers of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The key of the log.
    pub log_key: Verifier,
    /// The last checkpoint that was cosigned.
    pub checkpoint: Checkpoint,
}

/// Why a checkpoint is not cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// The checkpoint, or its signature.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The key of the log is not known yet.
    #[error("the key of the log {origin} is not known yet")]
    NoLogKey {
        /// The log.
        origin: String,
    },
    /// A longer history was cosigned before.
    #[error("a checkpoint of {seen} events was cosigned before; this one has only {size}")]
    Shorter {
        /// The size of this one.
        size: u64,
        /// The size of the other.
        seen: u64,
    },
    /// Another history was cosigned before.
    #[error("a checkpoint of {size} events with another root was cosigned before: two histories")]
    Fork {
        /// The size of both.
        size: u64,
    },
    /// It is not shown that the history seen before is the beginning of this one.
    #[error("{from} events were seen before: a consistency proof from {from} to {to} is needed")]
    NeedsProof {
        /// The size seen before.
        from: u64,
        /// The size of this one.
        to: u64,
    },
    /// The consistency proof does not hold, or is of other sizes.
    #[error(transparent)]
    Proof(#[from] ProofFault),
}

/// Checks a checkpoint against what was seen before, and adds the cosignature of `signer` at
/// `time` (seconds since 1970). What is returned with it is to be remembered before the note is
/// given away.
///
/// # Errors
/// Why it is not signed.
pub fn cosign(
    mut note: Note,
    log_key: &Verifier,
    seen: Option<&Seen>,
    proof: Option<&ConsistencyProof>,
    signer: &Signer,
    time: u64,
) -> Result<(Note, Seen), WitnessError> {
    let origin = Checkpoint::parse(&note.text)?.origin;
    let known = std::slice::from_ref(log_key);
    let checkpoint = Checkpoint::open(&note.to_string(), &origin, known)?;
    if let Some(seen) = seen.map(|seen| &seen.checkpoint) {
        follows(seen, &checkpoint, proof)?;
    }
    note.cosign(signer, time);
    let seen = Seen {
        log_key: log_key.clone(),
        checkpoint,
    };
    Ok((note, seen))
}

fn follows(
    seen: &Checkpoint,
    now: &Checkpoint,
    proof: Option<&ConsistencyProof>,
) -> Result<(), WitnessError> {
    if now.size < seen.size {
        return Err(WitnessError::Shorter {
            size: now.size,
            seen: seen.size,
        });
    }
    if now.size == seen.size {
        return if now.root == seen.root {
            Ok(())
        } else {
            Err(WitnessError::Fork { size: now.size })
        };
    }
    let proof = proof.ok_or(WitnessError::NeedsProof {
        from: seen.size,
        to: now.size,
    })?;
    let both = (seen.size, seen.root) == proof.older && (now.size, now.root) == proof.newer;
    if !both {
        let size = if (seen.size, seen.root) == proof.older {
            now.size
        } else {
            seen.size
        };
        return Err(ProofFault::OtherCheckpoint { size }.into());
    }
    Ok(proof.check()?)
}

impl Seen {
    /// The text that is kept: the key of the log, then the text of the checkpoint.
    pub fn to_text(&self) -> String {
        format!("{}\n{}", self.log_key, self.checkpoint.text())
    }

    /// Reads the text that was kept.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`] where it is not such a text.
    pub fn parse(text: &str) -> Result<Seen, CheckpointError> {
        let (key, text) = text.split_once('\n').ok_or(CheckpointError::Malformed)?;
        Ok(Seen {
            log_key: key.parse()?,
            checkpoint: Checkpoint::parse(text)?,
        })
    }
}

impl Explain for WitnessError {
    fn code(&self) -> &'static str {
        match self {
            WitnessError::Checkpoint(error) => error.code(),
            WitnessError::NoLogKey { .. } => "no_log_key",
            WitnessError::Shorter { .. } => "shorter_history",
            WitnessError::Fork { .. } => "other_history",
            WitnessError::NeedsProof { .. } => "needs_proof",
            WitnessError::Proof(error) => error.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        let vi = match self {
            WitnessError::Checkpoint(error) => error.message(Lang::Vi),
            WitnessError::NoLogKey { origin } => format!("chưa biết khóa của sổ {origin}"),
            WitnessError::Shorter { size, seen } => {
                format!("đã đồng xác nhận mốc {seen} sự kiện; mốc này chỉ có {size}")
            }
            WitnessError::Fork { size } => {
                format!("đã đồng xác nhận một mốc {size} sự kiện có gốc khác: có hai lịch sử")
            }
            WitnessError::NeedsProof { from, to } => {
                format!("đã thấy {from} sự kiện: cần bằng chứng nối tiếp từ {from} đến {to}")
            }
            WitnessError::Proof(error) => error.message(Lang::Vi),
        };
        lang.pick(vi, self.to_string())
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            WitnessError::Checkpoint(error) => return error.hint(lang),
            WitnessError::Proof(error) => return error.hint(lang),
            WitnessError::NoLogKey { .. } => (
                "thêm --log-key với khóa mà cơ quan giữ sổ công bố".to_owned(),
                "add --log-key with the key that the ledger's office published".to_owned(),
            ),
            WitnessError::NeedsProof { from, to } => (
                format!("xin tệp của `socai prove --from {from} --to {to}`, rồi thêm --proof TỆP"),
                format!(
                    "ask for the file of `socai prove --from {from} --to {to}`, then add --proof FILE"
                ),
            ),
            WitnessError::Shorter { .. } | WitnessError::Fork { .. } => (
                "không ký; giữ cả hai mốc làm chứng và báo cáo cấp trên".to_owned(),
                "do not sign; keep both checkpoints as evidence and report it".to_owned(),
            ),
        };
        Some(lang.pick(vi, en))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::merkle::leaf_hash;
    use crate::log::tree::Tree;

    fn tree(name: &str, size: u64) -> Tree {
        let mut tree = Tree::new();
        (0..size).for_each(|at| tree.push(leaf_hash(format!("{name} {at}").as_bytes())));
        tree
    }

    fn log() -> Signer {
        Signer::new("socai/01990", &[1; 32]).unwrap()
    }

    fn office() -> Signer {
        Signer::new("bach-thong.example", &[2; 32]).unwrap()
    }

    fn note(tree: &Tree, size: u64) -> Note {
        let origin = "socai/01990".to_owned();
        let root = tree.root_at(size).unwrap();
        Checkpoint { origin, size, root }.sign(&log()).unwrap()
    }

    fn proof(tree: &Tree, older: u64, newer: u64) -> ConsistencyProof {
        ConsistencyProof {
            older: (older, tree.root_at(older).unwrap()),
            newer: (newer, tree.root_at(newer).unwrap()),
            path: tree.prove_consistency(older, newer).unwrap(),
        }
    }

    fn ask(
        note: Note,
        seen: Option<&Seen>,
        proof: Option<&ConsistencyProof>,
    ) -> Result<(Note, Seen), WitnessError> {
        cosign(
            note,
            log().verifier(),
            seen,
            proof,
            &office(),
            1_700_000_000,
        )
    }

    #[test]
    fn only_one_growing_history_is_ever_signed() {
        let (one, other) = (tree("one", 9), tree("other", 9));
        let (signed, seen) = ask(note(&one, 5), None, None).unwrap();
        let known = [office().verifier().cosigner()];
        assert_eq!(Note::open(&signed.to_string(), &known).unwrap().1.len(), 1);
        assert_eq!(Seen::parse(&seen.to_text()).unwrap(), seen);

        // The same again, and longer with a proof.
        ask(note(&one, 5), Some(&seen), None).unwrap();
        let grown = proof(&one, 5, 9);
        ask(note(&one, 9), Some(&seen), Some(&grown)).unwrap();

        assert_eq!(
            ask(note(&one, 9), Some(&seen), None),
            Err(WitnessError::NeedsProof { from: 5, to: 9 })
        );
        assert_eq!(
            ask(note(&one, 4), Some(&seen), None),
            Err(WitnessError::Shorter { size: 4, seen: 5 })
        );
        assert_eq!(
            ask(note(&other, 5), Some(&seen), None),
            Err(WitnessError::Fork { size: 5 })
        );
        // A longer second history: its own proof is not from what was seen, and no other holds.
        assert!(ask(note(&other, 9), Some(&seen), Some(&proof(&other, 5, 9))).is_err());
        let mut forged = proof(&other, 5, 9);
        forged.older = (5, one.root_at(5).unwrap());
        assert!(matches!(
            ask(note(&other, 9), Some(&seen), Some(&forged)),
            Err(WitnessError::Proof(ProofFault::Hashes(_)))
        ));
    }

    #[test]
    fn what_the_log_did_not_sign_is_not_cosigned() {
        let mut note = note(&tree("one", 3), 3);
        note.text = note.text.replace("\n3\n", "\n4\n");
        assert!(matches!(
            ask(note, None, None),
            Err(WitnessError::Checkpoint(_))
        ));
    }
}
