//! `socai checkpoint`: signs where the log stands; lets another office sign it; checks one.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::console::{Console, Failure, Problem};
use super::key;
use super::open::Place;
use crate::log::checkpoint::{self, Checkpoint, CheckpointError};
use crate::log::codec::format_moment;
use crate::log::note::{Algorithm, Note, Verifier};
use crate::log::proof::Proof;
use crate::log::witness::{Seen, WitnessError, cosign};
use crate::log::{Clock as _, EventRead, JournalReader, LogError, SystemClock, durable};
use crate::office::opening::hex;
use crate::office::{OfficeError, Prover};

/// `checkpoint`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct CheckpointArgs {
    /// Làm gì · what to do
    #[command(subcommand)]
    pub command: Option<CheckpointCommand>,
    /// Ghi thêm ra tệp này · also write it to this file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What can be done with a checkpoint but signing it.
#[derive(Debug, Subcommand)]
pub enum CheckpointCommand {
    /// Cơ quan khác đồng xác nhận: ký thêm vào mốc · another office signs it too
    Cosign(CosignArgs),
    /// Kiểm tra một mốc với sổ, hoặc chỉ với khóa · check one against the ledger, or a key alone
    Verify(VerifyArgs),
}

/// `checkpoint cosign`.
#[derive(Debug, Args)]
pub struct CosignArgs {
    /// Tệp mốc xác nhận · the checkpoint
    pub file: PathBuf,
    /// Tệp khóa của cơ quan ký (`socai key generate`) · the key file of the office that signs
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Khóa công khai của sổ; lần sau đã nhớ · the ledger's public key; remembered afterwards
    #[arg(long, value_name = "KEY")]
    pub log_key: Option<String>,
    /// Bằng chứng nối tiếp từ mốc đã ký trước · consistency proof from the one signed before
    #[arg(long, value_name = "FILE")]
    pub proof: Option<PathBuf>,
    /// Ghi mốc đã ký ra tệp này thay vì in · write it to this file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `checkpoint verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Tệp mốc xác nhận; mặc định là mốc mới nhất của sổ · default: the ledger's newest
    pub file: Option<PathBuf>,
    /// Khóa phải có chữ ký trong mốc (chuỗi hoặc tệp, lặp lại được) · keys that must have signed
    #[arg(long, value_name = "KEY")]
    pub key: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the ledger or a key cannot be used, or a checkpoint does not hold.
pub fn run(console: &mut Console<'_>, place: &Place, args: &CheckpointArgs) -> Result<(), Failure> {
    match &args.command {
        None => sign(console, place, args.output.as_deref()),
        Some(CheckpointCommand::Cosign(args)) => run_cosign(console, args),
        Some(CheckpointCommand::Verify(args)) => verify(console, place, args),
    }
}

/// Signs where the ledger stands. It is opened for writing, so that the checkpoint covers durable
/// events only; it is durable itself before it is printed.
fn sign(console: &mut Console<'_>, place: &Place, output: Option<&Path>) -> Result<(), Failure> {
    let ledger = place.write(console)?;
    let signed = ledger.checkpoint();
    let (checkpoint, note) = signed.map_err(|error| console.failure(&error))?;
    checkpoint::save(&place.dir, &note)
        .map_err(|error| console.failure(&OfficeError::Checkpoint(error)))?;
    if let Some(path) = output {
        write(console, path, &note)?;
    }
    if console.is_json() {
        return console.json(&described(&checkpoint, &note));
    }
    console.line(note.to_string().trim_end())
}

fn described(checkpoint: &Checkpoint, note: &Note) -> Value {
    json!({
        "origin": checkpoint.origin, "size": checkpoint.size, "root": hex(&checkpoint.root),
        "note": note.to_string(),
    })
}

fn write(console: &Console<'_>, path: &Path, note: &Note) -> Result<(), Failure> {
    durable::replace(path, note.to_string().as_bytes()).map_err(|error| {
        let name = path.display().to_string();
        console.failure(&OfficeError::File(name, error))
    })
}

/// Reads a file of a bounded size.
pub fn read_text(console: &Console<'_>, path: &Path, limit: u64) -> Result<String, Failure> {
    use std::io::Read as _;
    let name = path.display().to_string();
    let mut text = String::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(console.failure(&OfficeError::File(name, error))),
    }
}

/// The most bytes of a checkpoint's file: a hundred signatures and more.
pub const MAX_NOTE_BYTES: u64 = 64 * 1024;

/// Reads a signed note from a file.
pub fn read_note(console: &Console<'_>, path: &Path) -> Result<Note, Failure> {
    let text = read_text(console, path, MAX_NOTE_BYTES)?;
    Note::parse(&text)
        .map_err(|error| console.failure(&OfficeError::Checkpoint(CheckpointError::Note(error))))
}

fn run_cosign(console: &mut Console<'_>, args: &CosignArgs) -> Result<(), Failure> {
    let signer = key::read_signer(console, &args.key)?;
    let note = read_note(console, &args.file)?;
    let told = |console: &Console<'_>, error: WitnessError| console.refused(&error);
    let origin = Checkpoint::parse(&note.text)
        .map_err(|error| told(console, error.into()))?
        .origin;
    let memory = memory_of(&args.key, &origin);
    let seen = read_seen(console, &memory)?;
    let given = args.log_key.as_ref();
    let given = given.map(|text| key::verifier(console, "--log-key", text));
    let log_key = match (given.transpose()?, &seen) {
        (Some(key), _) => key,
        (None, Some(seen)) => seen.log_key.clone(),
        (None, None) => return Err(told(console, WitnessError::NoLogKey { origin })),
    };
    let proof = match &args.proof {
        Some(path) => match super::prove::read_proof(console, path)? {
            Proof::Consistency(proof) => Some(proof),
            Proof::Inclusion(_) => {
                let name = path.display().to_string();
                return Err(console.wrong(
                    "--proof",
                    &name,
                    "đây là bằng chứng của một sự kiện, không phải bằng chứng nối tiếp",
                    "this proves one event; a consistency proof is needed",
                ));
            }
        },
        None => None,
    };
    let time = u64::try_from(SystemClock.now_ms() / 1000).unwrap_or_default();
    let (note, seen) = cosign(note, &log_key, seen.as_ref(), proof.as_ref(), &signer, time)
        .map_err(|error| told(console, error))?;
    // What was signed is remembered before anybody can have it.
    durable::create_folder(durable::parent(&memory))
        .and_then(|()| durable::replace(&memory, seen.to_text().as_bytes()))
        .map_err(|error| {
            let name = memory.display().to_string();
            console.failure(&OfficeError::File(name, error))
        })?;
    if let Some(path) = &args.output {
        write(console, path, &note)?;
    }
    if console.is_json() {
        return console.json(&described(&seen.checkpoint, &note));
    }
    match &args.output {
        None => console.line(note.to_string().trim_end()),
        Some(path) => {
            let (size, path) = (seen.checkpoint.size, path.display());
            console.line(console.pick(
                format!("Đã đồng xác nhận mốc {size} sự kiện: {path}"),
                format!("Cosigned the checkpoint of {size} events: {path}"),
            ))
        }
    }
}

/// Where an office remembers what it cosigned of a log: beside its key.
fn memory_of(key: &Path, origin: &str) -> PathBuf {
    let mut folder = key.file_name().unwrap_or_default().to_owned();
    folder.push(".seen");
    let name = hex(&Sha256::digest(origin.as_bytes()));
    let name: String = name.chars().take(16).collect();
    key.with_file_name(folder).join(name)
}

fn read_seen(console: &Console<'_>, path: &Path) -> Result<Option<Seen>, Failure> {
    match std::fs::exists(path) {
        Ok(false) => return Ok(None),
        Ok(true) => {}
        Err(error) => {
            let name = path.display().to_string();
            return Err(console.failure(&OfficeError::File(name, error)));
        }
    }
    let text = read_text(console, path, MAX_NOTE_BYTES)?;
    let at = path.display().to_string();
    Seen::parse(&text)
        .map(Some)
        .map_err(|error| Failure::Refused(Problem::of(&error, console.lang).at(at)))
}

fn verify(console: &mut Console<'_>, place: &Place, args: &VerifyArgs) -> Result<(), Failure> {
    let known = args.key.iter();
    let known = known.map(|text| key::verifier(console, "--key", text));
    let known: Vec<Verifier> = known.collect::<Result<_, _>>()?;
    let log = match JournalReader::open(&place.dir, &place.options()) {
        Ok(log) => Some(log),
        // Without a ledger the keys alone can tell, if there are any.
        Err(LogError::NotALedger { .. }) if args.file.is_some() && !known.is_empty() => None,
        Err(error) => return Err(console.failure(&OfficeError::Log(error))),
    };
    let path = args
        .file
        .clone()
        .unwrap_or(place.dir.join(checkpoint::FILE));
    if args.file.is_none() && !path.exists() {
        return Err(console.failure(&OfficeError::NoCheckpoint));
    }
    let note = read_note(console, &path)?;
    let (checkpoint, own) = match &log {
        Some(log) => {
            let prover = Prover::read(log).map_err(|error| console.failure(&error))?;
            let checkpoint = prover.open(&note);
            let checkpoint = checkpoint.map_err(|error| console.failure(&error))?;
            let own = prover.keys.of_size(checkpoint.size).cloned();
            (checkpoint, own)
        }
        None => {
            let checkpoint = Checkpoint::parse(&note.text);
            let told = |error| console.failure(&OfficeError::Checkpoint(error));
            (checkpoint.map_err(told)?, None)
        }
    };
    let signed = signatures(console, &note, own.as_ref(), &known)?;
    tell_verified(console, &checkpoint, &signed, log.map(|log| log.head().seq))
}

/// A signature line and what is known of it.
struct Signed {
    name: String,
    /// It was made by a known key; `None` where the key is not known.
    by: Option<Verifier>,
    /// When, for a cosignature.
    time: Option<u64>,
}

/// Sorts the signatures; every key that was asked for must have signed.
fn signatures(
    console: &Console<'_>,
    note: &Note,
    own: Option<&Verifier>,
    asked: &[Verifier],
) -> Result<Vec<Signed>, Failure> {
    let known: Vec<Verifier> = own.into_iter().chain(asked).cloned().collect();
    let told = |error| console.failure(&OfficeError::Checkpoint(CheckpointError::Note(error)));
    let (_, by) = Note::open(&note.to_string(), &known).map_err(told)?;
    for key in asked {
        if !by.contains(&key) {
            let message = console.pick(
                format!("khóa {key} không ký vào mốc này"),
                format!("the key {key} did not sign this checkpoint"),
            );
            return Err(Failure::Refused(Problem {
                code: "not_signed".to_owned(),
                message,
                location: None,
                hint: None,
            }));
        }
    }
    let lines = note.signatures.iter().map(|line| {
        let same = |key: &&&Verifier| key.name() == line.name && key.hash() == line.hash;
        let key = by.iter().find(same).map(|key| (**key).clone());
        let cosigned = key
            .as_ref()
            .is_some_and(|key| key.algorithm() == Algorithm::Cosignature);
        Signed {
            name: line.name.clone(),
            by: key,
            time: line.time().filter(|_| cosigned),
        }
    });
    Ok(lines.collect())
}

fn moment(seconds: u64) -> String {
    format_moment(
        i64::try_from(seconds)
            .unwrap_or_default()
            .saturating_mul(1000),
    )
}

fn tell_verified(
    console: &mut Console<'_>,
    checkpoint: &Checkpoint,
    signed: &[Signed],
    head: Option<u64>,
) -> Result<(), Failure> {
    let (size, root) = (checkpoint.size, hex(&checkpoint.root));
    if console.is_json() {
        let signed = signed.iter().map(|line| {
            json!({
                "name": line.name, "verified": line.by.is_some(),
                "key": line.by.as_ref().map(ToString::to_string), "at": line.time.map(moment),
            })
        });
        return console.json(&json!({
            "origin": checkpoint.origin, "size": size, "root": root, "holds": true,
            "ledger_size": head, "signatures": signed.collect::<Vec<_>>(),
        }));
    }
    console.line(match head {
        Some(head) => console.pick(
            format!("Mốc xác nhận đúng: {size} sự kiện đầu của sổ (sổ có {head}), gốc {root}"),
            format!(
                "The checkpoint holds: the first {size} events of the ledger ({head}), root {root}"
            ),
        ),
        None => console.pick(
            format!(
                "Chữ ký đúng: {size} sự kiện của sổ {}, gốc {root}",
                checkpoint.origin
            ),
            format!(
                "The signatures hold: {size} events of {}, root {root}",
                checkpoint.origin
            ),
        ),
    })?;
    for line in signed {
        let at = line.time.map(|time| format!(" ({})", moment(time)));
        let at = at.unwrap_or_default();
        let said = match &line.by {
            Some(_) => format!("  ✓ {}{at}", line.name),
            None => console.pick(
                format!("  ? {} (chưa biết khóa, chưa kiểm tra)", line.name),
                format!("  ? {} (key not known, not checked)", line.name),
            ),
        };
        console.line(said)?;
    }
    Ok(())
}
