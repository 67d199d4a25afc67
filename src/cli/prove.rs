//! `socai prove` and `socai check-proof`: that an event is in the log, that the log only grew.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::checkpoint::{read_note, read_text};
use super::console::{Console, Failure, Problem};
use super::key;
use super::open::Place;
use crate::log::checkpoint::{self, Checkpoint};
use crate::log::durable;
use crate::log::merkle::leaf_hash;
use crate::log::note::{Note, Verifier};
use crate::log::proof::{ConsistencyProof, InclusionProof, MAX_PROOF_BYTES, Proof, ProofFault};
use crate::office::opening::hex;
use crate::office::proving::place_of;
use crate::office::{OfficeError, Prover};

/// `prove`.
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// Sự kiện: số thứ tự hoặc id · the event: its number or its id
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    pub event: Option<String>,
    /// Mốc xác nhận dùng làm gốc; mặc định là mốc mới nhất · default: the newest checkpoint
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub checkpoint: Option<PathBuf>,
    /// Chứng minh sổ có N sự kiện … · prove that the log of N events …
    #[arg(long, value_name = "N", requires = "to")]
    pub from: Option<u64>,
    /// … là phần đầu của sổ có M sự kiện · … is the beginning of the log of M events
    #[arg(long, value_name = "M", requires = "from")]
    pub to: Option<u64>,
    /// Ghi ra tệp thay vì in · write to this file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `check-proof`.
#[derive(Debug, Args)]
pub struct CheckProofArgs {
    /// Tệp bằng chứng · the proof
    pub file: PathBuf,
    /// Khóa công khai phải có chữ ký (chuỗi hoặc tệp, lặp lại được) · public keys that must have
    /// signed
    #[arg(long, value_name = "KEY")]
    pub key: Vec<String>,
    /// Sự kiện, nếu bằng chứng không kèm: một dòng của `events --raw` · the event, if not in it
    #[arg(long, value_name = "FILE")]
    pub event: Option<PathBuf>,
    /// Mốc xác nhận mà bằng chứng nối tiếp phải nêu (lặp lại được) · checkpoints that a consistency
    /// proof must name
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
}

/// Runs `prove`. It takes no lock and writes nothing to the ledger.
///
/// # Errors
/// [`Failure`] when the ledger cannot be read, or the checkpoint does not hold or does not cover
/// the event.
pub fn prove(console: &mut Console<'_>, place: &Place, args: &ProveArgs) -> Result<(), Failure> {
    let log = place.journal(console)?;
    let told = |console: &Console<'_>, error: OfficeError| console.failure(&error);
    if let (Some(from), Some(to)) = (args.from, args.to) {
        let prover = Prover::read(&log).map_err(|error| told(console, error))?;
        let proof = prover.consistency(from, to);
        let proof = proof.map_err(|error| told(console, error))?;
        let (text, json) = (proof.to_string(), consistency_json(&proof));
        return give(console, args.output.as_deref(), &text, json);
    }
    let named = args.event.as_deref().unwrap_or_default();
    let seq = place_of(&log, named).map_err(|error| told(console, error))?;
    let path = args.checkpoint.as_ref();
    let path = path.cloned().unwrap_or(place.dir.join(checkpoint::FILE));
    if args.checkpoint.is_none() && !path.exists() {
        return Err(told(console, OfficeError::NoCheckpoint));
    }
    let note = read_note(console, &path)?;
    let prover = Prover::read(&log).map_err(|error| told(console, error))?;
    let proof = prover.inclusion(&log, seq, &note);
    let proof = proof.map_err(|error| told(console, error))?;
    let (text, json) = (proof.to_string(), inclusion_json(&proof));
    give(console, args.output.as_deref(), &text, json)
}

fn give(
    console: &mut Console<'_>,
    output: Option<&Path>,
    text: &str,
    json: Value,
) -> Result<(), Failure> {
    if let Some(path) = output {
        durable::replace(path, text.as_bytes()).map_err(|error| {
            let name = path.display().to_string();
            console.failure(&OfficeError::File(name, error))
        })?;
    }
    if console.is_json() {
        return console.json(&json);
    }
    match output {
        None => console.line(text.trim_end()),
        Some(path) => {
            let path = path.display();
            console.line(console.pick(
                format!("Bằng chứng: {path} (kiểm tra: socai check-proof {path} --key KHÓA)"),
                format!("Proof: {path} (check it: socai check-proof {path} --key KEY)"),
            ))
        }
    }
}

fn path_json(path: &[[u8; 32]]) -> Vec<String> {
    path.iter().map(|hash| hex(hash)).collect()
}

fn inclusion_json(proof: &InclusionProof) -> Value {
    let checkpoint = Checkpoint::parse(&proof.checkpoint.text).ok();
    let event = proof.event.as_deref().unwrap_or_default();
    json!({
        "kind": "inclusion", "seq": proof.index + 1, "index": proof.index,
        "leaf": hex(&leaf_hash(event)), "hashes": path_json(&proof.path),
        "size": checkpoint.as_ref().map(|it| it.size),
        "root": checkpoint.as_ref().map(|it| hex(&it.root)),
        "event": String::from_utf8_lossy(event), "text": proof.to_string(),
    })
}

fn consistency_json(proof: &ConsistencyProof) -> Value {
    let point = |(size, root): &(u64, [u8; 32])| json!({ "size": size, "root": hex(root) });
    json!({
        "kind": "consistency", "older": point(&proof.older), "newer": point(&proof.newer),
        "hashes": path_json(&proof.path), "text": proof.to_string(),
    })
}

/// Reads a proof from a file: its text, or the JSON that holds the text.
///
/// # Errors
/// [`Failure`] when it cannot be read or is none.
pub fn read_proof(console: &Console<'_>, path: &Path) -> Result<Proof, Failure> {
    let mut text = read_text(console, path, MAX_PROOF_BYTES)?;
    if text.starts_with('{')
        && let Ok(value) = serde_json::from_str::<Value>(&text)
        && let Some(inner) = value.get("text").and_then(Value::as_str)
    {
        text = inner.to_owned();
    }
    let at = path.display().to_string();
    Proof::parse(&text).map_err(|error| Failure::Refused(Problem::of(&error, console.lang).at(at)))
}

/// Runs `check-proof`: it needs no ledger.
///
/// # Errors
/// [`Failure`] when the proof does not hold, or no known key vouches for the root.
pub fn check(console: &mut Console<'_>, args: &CheckProofArgs) -> Result<(), Failure> {
    let known = args.key.iter();
    let known = known.map(|text| key::verifier(console, "--key", text));
    let known: Vec<Verifier> = known.collect::<Result<_, _>>()?;
    match read_proof(console, &args.file)? {
        Proof::Inclusion(proof) => check_inclusion(console, args, &proof, &known),
        Proof::Consistency(proof) => check_consistency(console, args, &proof, &known),
    }
}

fn check_inclusion(
    console: &mut Console<'_>,
    args: &CheckProofArgs,
    proof: &InclusionProof,
    known: &[Verifier],
) -> Result<(), Failure> {
    let told = |console: &Console<'_>, error: ProofFault| console.refused(&error);
    let given = match &args.event {
        Some(path) => {
            let text = read_text(console, path, MAX_PROOF_BYTES)?;
            Some(text.trim_end_matches(['\n', '\r']).to_owned().into_bytes())
        }
        None => None,
    };
    let checkpoint = proof.check(given.as_deref());
    let checkpoint = checkpoint.map_err(|error| told(console, error))?;
    let (size, root) = (checkpoint.size, hex(&checkpoint.root));
    if known.is_empty() {
        return Err(nobody_vouches(console, &root));
    }
    let signed = signed_by(console, &proof.checkpoint, known)?;
    let event = given.or_else(|| proof.event.clone()).unwrap_or_default();
    let event = String::from_utf8_lossy(&event).into_owned();
    if console.is_json() {
        return console.json(&json!({
            "kind": "inclusion", "holds": true, "seq": proof.index + 1, "size": size, "root": root,
            "origin": checkpoint.origin, "signed_by": signed, "event": event,
        }));
    }
    let (seq, origin) = (proof.index + 1, &checkpoint.origin);
    console.line(console.pick(
        format!("ĐÚNG: sự kiện #{seq} có trong {size} sự kiện đầu của sổ {origin}"),
        format!("HOLDS: event #{seq} is among the first {size} events of {origin}"),
    ))?;
    console.line(console.pick(format!("  gốc {root}"), format!("  root {root}")))?;
    for name in signed {
        console.line(console.pick(
            format!("  có chữ ký của {name}"),
            format!("  signed by {name}"),
        ))?;
    }
    console.line(format!("  {event}"))
}

/// The names of the keys that signed; every key that was asked for must have.
fn signed_by(
    console: &Console<'_>,
    note: &Note,
    known: &[Verifier],
) -> Result<Vec<String>, Failure> {
    let refused = |error| console.refused(&ProofFault::Checkpoint(error));
    let (_, signed) =
        Note::open(&note.to_string(), known).map_err(|error| refused(error.into()))?;
    if let Some(missing) = known.iter().find(|key| !signed.contains(key)) {
        return Err(Failure::Refused(Problem {
            code: "not_signed".to_owned(),
            message: console.pick(
                format!("khóa {missing} không ký vào mốc này"),
                format!("the key {missing} did not sign this checkpoint"),
            ),
            location: None,
            hint: None,
        }));
    }
    Ok(signed.iter().map(|key| key.name().to_owned()).collect())
}

fn nobody_vouches(console: &Console<'_>, root: &str) -> Failure {
    Failure::Refused(Problem {
        code: "no_key".to_owned(),
        message: console.pick(
            format!("các mã băm dẫn đúng đến gốc {root}, nhưng chưa kiểm tra ai ký gốc đó"),
            format!("the hashes lead to the root {root}, but nobody's signature on it was checked"),
        ),
        location: None,
        hint: Some(
            console
                .pick(
                    "thêm --key với khóa công khai mà cơ quan giữ sổ công bố",
                    "add --key with the public key that the ledger's office published",
                )
                .to_owned(),
        ),
    })
}

fn check_consistency(
    console: &mut Console<'_>,
    args: &CheckProofArgs,
    proof: &ConsistencyProof,
    known: &[Verifier],
) -> Result<(), Failure> {
    proof.check().map_err(|error| console.refused(&error))?;
    for path in &args.checkpoint {
        let note = read_note(console, path)?;
        if !known.is_empty() {
            signed_by(console, &note, known)?;
        }
        let checkpoint = Checkpoint::parse(&note.text).map_err(ProofFault::from);
        checkpoint
            .and_then(|checkpoint| proof.names(&checkpoint))
            .map_err(|error| {
                let at = path.display().to_string();
                Failure::Refused(Problem::of(&error, console.lang).at(at))
            })?;
    }
    let ((older, old_root), (newer, new_root)) = (&proof.older, &proof.newer);
    let (old_root, new_root) = (hex(old_root), hex(new_root));
    if console.is_json() {
        return console.json(&json!({
            "kind": "consistency", "holds": true,
            "older": { "size": older, "root": old_root },
            "newer": { "size": newer, "root": new_root },
            "checkpoints": args.checkpoint.len(), "signatures_checked": !known.is_empty(),
        }));
    }
    console.line(console.pick(
        format!("ĐÚNG: sổ {older} sự kiện là phần đầu của sổ {newer} sự kiện"),
        format!("HOLDS: the log of {older} events is the beginning of the log of {newer}"),
    ))?;
    console.line(console.pick(
        format!("  gốc {old_root} → {new_root}"),
        format!("  root {old_root} → {new_root}"),
    ))?;
    if args.checkpoint.is_empty() {
        console.line(console.pick(
            "  chưa so với mốc có chữ ký nào: thêm --checkpoint TỆP --key KHÓA",
            "  compared with no signed checkpoint: add --checkpoint FILE --key KEY",
        ))?;
    }
    Ok(())
}
