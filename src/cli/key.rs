//! `socai key`: keys that sign checkpoints.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use zeroize::Zeroizing;

use super::checkpoint::{MAX_NOTE_BYTES, read_text};
use super::console::{Console, Failure, Problem};
use super::open::Place;
use crate::log::note::{Signer, Verifier};
use crate::log::random::{Random as _, SystemRandom};
use crate::log::{Clock as _, SystemClock, checkpoint, durable};
use crate::office::OfficeError;

/// `key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Tạo khóa cho cơ quan đồng xác nhận · make a key for an office that cosigns
    Generate {
        /// Tên khóa, ví dụ bach-thong.example · name of the key
        name: String,
        /// Tệp giữ khóa bí mật (chỉ chủ tệp đọc được) · file of the secret key
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Khóa công khai của một tệp khóa, hoặc của sổ · the public key of a key file, or the ledger's
    Show {
        /// Tệp khóa; mặc định là khóa của sổ · key file; default: the ledger's key
        file: Option<PathBuf>,
    },
    /// Thay khóa ký mốc của sổ · change the key that signs the ledger's checkpoints
    Rotate {
        /// Lý do, ghi vào sổ · reason, recorded
        #[arg(long)]
        reason: String,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when a key cannot be made, read or changed.
pub fn run(console: &mut Console<'_>, place: &Place, command: &KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::Generate { name, output } => generate(console, name, output),
        KeyCommand::Show { file: Some(file) } => {
            let signer = read_signer(console, file)?;
            let key = signer.verifier().cosigner();
            tell_key(console, &key)
        }
        KeyCommand::Show { file: None } => show(console, place),
        KeyCommand::Rotate { reason } => rotate(console, place, reason),
    }
}

fn generate(console: &mut Console<'_>, name: &str, output: &Path) -> Result<(), Failure> {
    let mut seed = Zeroizing::new([0; 32]);
    SystemRandom.fill(seed.as_mut_slice());
    let signer = Signer::new(name, &seed).map_err(|error| console.usage("NAME", &error))?;
    let taken = |error| {
        let name = output.display().to_string();
        console.failure(&OfficeError::File(name, error))
    };
    if std::fs::exists(output).map_err(taken)? {
        // A key that is overwritten is gone for ever, and what it signed cannot be continued.
        return Err(taken(std::io::ErrorKind::AlreadyExists.into()));
    }
    let secret = Zeroizing::new(format!("{}\n", *signer.secret()));
    durable::replace(output, secret.as_bytes()).map_err(taken)?;
    tell_key(console, &signer.verifier().cosigner())
}

fn tell_key(console: &mut Console<'_>, key: &Verifier) -> Result<(), Failure> {
    if console.is_json() {
        return console.json(&json!({ "name": key.name(), "key": key.to_string() }));
    }
    console.line(key.to_string())
}

fn show(console: &mut Console<'_>, place: &Place) -> Result<(), Failure> {
    let ledger = place.read(console, &super::args::AsOfArgs::default())?;
    let known = ledger.state().ledger.as_ref();
    let key = known.map(|ledger| ledger.key.clone()).unwrap_or_default();
    let key: Verifier = key
        .parse()
        .map_err(|error: crate::log::note::NoteError| console.refused(&error))?;
    tell_key(console, &key)
}

fn rotate(console: &mut Console<'_>, place: &Place, reason: &str) -> Result<(), Failure> {
    let reason = crate::import::text::normalised(reason);
    if reason.is_empty() {
        return Err(console.wrong("--reason", "", "phải nêu lý do", "a reason is needed"));
    }
    let mut ledger = place.write(console)?;
    let actor = place.actor(console, &ledger)?;
    let mut tools = place.tools();
    let rotated = ledger
        .rotate_key(&mut tools, &actor, &reason)
        .map_err(|error| console.failure(&error))?;
    // The newest checkpoint is signed anew, so that who reads the file finds the key in use.
    let (_, note) = ledger
        .checkpoint()
        .map_err(|error| console.failure(&error))?;
    checkpoint::save(&place.dir, &note)
        .map_err(|error| console.failure(&OfficeError::Checkpoint(error)))?;
    if console.is_json() {
        return console.json(&json!({
            "key": rotated.key, "previous": rotated.previous, "seq": rotated.seq,
        }));
    }
    console.line(console.pick(
        format!("Đã thay khóa ký mốc (sự kiện #{}).", rotated.seq),
        format!("The signing key was changed (event #{}).", rotated.seq),
    ))?;
    console.line(console.pick(
        format!("  khóa mới: {}", rotated.key),
        format!("  new key: {}", rotated.key),
    ))?;
    let today = crate::log::codec::format_moment(SystemClock.now_ms());
    console.line(console.pick(
        format!("  gửi khóa mới cho các cơ quan đồng xác nhận ({today})"),
        format!("  send the new key to the offices that cosign ({today})"),
    ))
}

/// A public key given as itself or as a file that holds it.
///
/// # Errors
/// [`Failure`] with the option's name when it is neither.
pub fn verifier(console: &Console<'_>, option: &str, text: &str) -> Result<Verifier, Failure> {
    if let Ok(key) = text.parse::<Verifier>() {
        return Ok(key);
    }
    let path = Path::new(text);
    let line = match path.is_file() {
        true => read_text(console, path, MAX_NOTE_BYTES)?,
        false => text.to_owned(),
    };
    line.lines()
        .next()
        .unwrap_or_default()
        .trim()
        .parse()
        .map_err(|error: crate::log::note::NoteError| console.usage(option, &error))
}

/// A secret key from its file.
///
/// # Errors
/// [`Failure`] when the file cannot be read or holds no key.
pub fn read_signer(console: &Console<'_>, path: &Path) -> Result<Signer, Failure> {
    let text = Zeroizing::new(read_text(console, path, MAX_NOTE_BYTES)?);
    let at = path.display().to_string();
    text.trim_end()
        .parse()
        .map_err(|error: crate::log::note::NoteError| {
            Failure::Refused(Problem::of(&error, console.lang).at(at))
        })
}
