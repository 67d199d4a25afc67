//! Checkpoints: the signed size and root of a log, and the file that keeps the newest one.
//!
//! The text is that of a C2SP checkpoint: the origin, the size in decimal, the root in base64, one
//! a line. Further lines are extensions; they are kept and signed, and mean nothing here.

use std::io::{self, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::disk::File;
use super::durable;
use super::error::LogError;
use super::note::{MAX_NOTE_BYTES, Note, NoteError, Signer, Verifier};
use crate::domain::language::{Explain, Lang};

/// The name of the file in a ledger's folder.
pub const FILE: &str = "checkpoint";

/// Size and root of a log, under the name of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log, unique in the world; signed with it.
    pub origin: String,
    /// The number of events.
    pub size: u64,
    /// The RFC 6962 root.
    pub root: [u8; 32],
}

/// Why a checkpoint is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text has not the form of a checkpoint.
    #[error("this is not a checkpoint")]
    Malformed,
    /// The checkpoint is of another log.
    #[error("the checkpoint is of the log {found}, not of {wanted}")]
    OtherOrigin {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// The file could not be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root)
        )
    }

    /// The note over this checkpoint with one signature.
    ///
    /// # Errors
    /// An origin that cannot stand in a note.
    pub fn sign(&self, signer: &Signer) -> Result<Note, CheckpointError> {
        if self.origin.is_empty() || self.origin.contains('\n') {
            return Err(CheckpointError::Malformed);
        }
        let mut note = Note::new(&self.text())?;
        note.sign(signer);
        Ok(note)
    }

    /// Reads the text of a checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`] where it has not the form of one.
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        parse_text(text).ok_or(CheckpointError::Malformed)
    }

    /// Reads a signed checkpoint of the log `origin` and checks its signatures.
    ///
    /// # Errors
    /// What does not hold.
    pub fn open(
        note: &str,
        origin: &str,
        known: &[Verifier],
    ) -> Result<Checkpoint, CheckpointError> {
        let (note, _) = Note::open(note, known)?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        if checkpoint.origin == origin {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::OtherOrigin {
                found: checkpoint.origin,
                wanted: origin.to_owned(),
            })
        }
    }
}

fn parse_text(text: &str) -> Option<Checkpoint> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
    let plain = size == "0" || (!size.starts_with('0') && size.bytes().all(|b| b.is_ascii_digit()));
    if origin.is_empty() || !plain || lines.any(str::is_empty) {
        return None;
    }
    Some(Checkpoint {
        origin: origin.to_owned(),
        size: size.parse().ok()?,
        root: STANDARD.decode(root).ok()?.try_into().ok()?,
    })
}

/// Keeps a signed checkpoint as the newest of the ledger; durable when this returns.
///
/// # Errors
/// What the system says; the older checkpoint is then still there.
pub fn save(ledger: &Path, note: &Note) -> Result<(), CheckpointError> {
    let path = ledger.join(FILE);
    Checkpoint::parse(&note.text)?;
    durable::replace(&path, note.to_string().as_bytes())
        .map_err(|error| LogError::io(&path, &error).into())
}

/// The newest checkpoint of a ledger, checked; `None` where none was made yet.
///
/// # Errors
/// What does not hold, or what the system says.
pub fn load(
    ledger: &Path,
    origin: &str,
    known: &[Verifier],
) -> Result<Option<Checkpoint>, CheckpointError> {
    match read(ledger)? {
        Some(note) => Checkpoint::open(&note, origin, known).map(Some),
        None => Ok(None),
    }
}

/// What the newest checkpoint claims. Its signatures are not checked: the log knows no keys, and
/// a file that claims too much only makes it more careful.
pub(crate) fn claimed(ledger: &Path) -> Result<Option<Checkpoint>, LogError> {
    let Some(note) = read(ledger)? else {
        return Ok(None);
    };
    let checkpoint = Note::parse(&note)
        .ok()
        .and_then(|note| parse_text(&note.text));
    match checkpoint {
        Some(checkpoint) => Ok(Some(checkpoint)),
        None => Err(LogError::BadCheckpoint {
            path: ledger.join(FILE).display().to_string(),
        }),
    }
}

fn read(ledger: &Path) -> Result<Option<String>, LogError> {
    let path = ledger.join(FILE);
    // One byte over the longest note is enough to refuse it.
    let most = MAX_NOTE_BYTES as u64 + 1;
    let bytes = File::open(&path).and_then(|file| {
        let mut bytes = Vec::new();
        (&file).take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    match bytes {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(LogError::BadCheckpoint {
                path: path.display().to_string(),
            }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LogError::io(&path, &error)),
    }
}

impl Explain for CheckpointError {
    fn code(&self) -> &'static str {
        match self {
            CheckpointError::Note(_) => "bad_note",
            CheckpointError::Malformed => "bad_checkpoint",
            CheckpointError::OtherOrigin { .. } => "other_origin",
            CheckpointError::Log(error) => error.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        let vi = match self {
            CheckpointError::Note(error) => format!("mốc xác nhận không hợp lệ: {error}"),
            CheckpointError::Malformed => "đây không phải là một mốc xác nhận".to_owned(),
            CheckpointError::OtherOrigin { found, wanted } => {
                format!("mốc xác nhận này là của sổ {found}, không phải của {wanted}")
            }
            CheckpointError::Log(error) => error.message(Lang::Vi),
        };
        lang.pick(vi, self.to_string())
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            CheckpointError::Log(error) => error.hint(lang),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: "socai.example/luc-binh".to_owned(),
            size: 1_234,
            root: [9; 32],
        }
    }

    #[test]
    fn a_checkpoint_is_kept_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let signer = Signer::new("luc-binh", &[3; 32]).unwrap();
        let known = [signer.verifier().clone()];
        let origin = "socai.example/luc-binh";
        assert_eq!(load(dir.path(), origin, &known).unwrap(), None);
        save(dir.path(), &checkpoint().sign(&signer).unwrap()).unwrap();
        assert_eq!(
            load(dir.path(), origin, &known).unwrap(),
            Some(checkpoint())
        );
        assert_eq!(claimed(dir.path()).unwrap(), Some(checkpoint()));
        assert!(matches!(
            load(dir.path(), "another", &known),
            Err(CheckpointError::OtherOrigin { .. })
        ));
        let stranger = [Signer::new("luc-binh", &[4; 32])
            .unwrap()
            .verifier()
            .clone()];
        assert_eq!(
            load(dir.path(), origin, &stranger),
            Err(CheckpointError::Note(NoteError::Unknown))
        );
        fs::write(dir.path().join(FILE), "rubbish").unwrap();
        assert!(matches!(
            claimed(dir.path()),
            Err(LogError::BadCheckpoint { .. })
        ));
    }

    #[test]
    fn the_text_has_one_form() {
        let root = STANDARD.encode([9; 32]);
        assert_eq!(
            checkpoint().text(),
            format!("socai.example/luc-binh\n1234\n{root}\n")
        );
        for text in [
            String::new(),
            format!("\n1\n{root}\n"),
            format!("o\n01\n{root}\n"),
            format!("o\n+1\n{root}\n"),
            format!("o\n1\n{root}"),
            "o\n1\nAAAA\n".to_owned(),
        ] {
            assert_eq!(
                Checkpoint::parse(&text),
                Err(CheckpointError::Malformed),
                "{text:?}"
            );
        }
        let extended = format!("o\n1\n{root}\nextension\n");
        assert_eq!(Checkpoint::parse(&extended).unwrap().size, 1);
    }
}
