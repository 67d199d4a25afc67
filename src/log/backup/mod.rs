//! A backup: one file that holds a ledger, and that can be read without this program.
//!
//! # The file, format 1
//!
//! A backup is a POSIX tar archive (ustar; every mtime, uid and gid is 0) of these members, in this
//! order:
//!
//! | member | what |
//! |---|---|
//! | `README.txt` | what this is, for whoever finds it |
//! | `events/<first seq, 20 digits>.ndjson.zst` | canonical events one a line, each line closed by LF, compressed with zstd; about 4 MiB of lines a member, in the order of the log |
//! | `checkpoint` | the newest signed checkpoint, if there is one |
//! | `access/log.ndjson` | the log of who opened personal fields, if there is one |
//! | `backups.ndjson` | the record of earlier backups, if there is one |
//! | `kept/…` | issued files, as they stand beside the ledger |
//! | `keys/…` | the key files (see `log::keys`), the only part with secrets in it |
//! | `MANIFEST.json` | the last: what there is, with the SHA-256 of every member |
//!
//! So `tar xf FILE` and `cat events/* | zstd -d` give the hashed bytes, one leaf a line. The same
//! ledger folder gives the same bytes.
//!
//! The manifest is one JSON object: `format` 1, `ledger`, `events` `{from, to}`, `root` (of all
//! events up to `to`, hex), `members` `[{bytes, name, sha256}]`, and in an increment `base`
//! `{edge, root, size}`: the events before `from` that it builds on. `edge` is the list of the
//! roots of the perfect subtrees of the first `size` events, largest first, so that the root can be
//! computed without them.
//!
//! # Sealed with a passphrase
//!
//! The archive as a whole is sealed as [`sealed`] describes: Argon2id, then XChaCha20-Poly1305 in
//! the STREAM construction over chunks of 64 KiB. A sealed backup has a random salt, so two of the
//! same ledger differ.
//!
//! # What a reader may rely on
//!
//! Nothing in a backup is believed: names, lengths, digests, the numbering of the events, their
//! root and the root at the base are checked before anything is used, and every length is bounded.
//! The signature of the checkpoint is for the caller to check, who knows the keys.

pub mod archive;
pub mod error;
pub mod read;
pub mod sealed;
pub mod write;

use serde::{Deserialize, Serialize};

pub use error::BackupError;
pub use read::{Contents, Sink, read};
pub use write::{BackupWriter, Written};

/// The number of this format.
pub const FORMAT: u32 = 1;
/// How many bytes of lines go into one member.
pub const LINES_TARGET: usize = 4 << 20;
/// The most that a member of events may hold, decompressed: one batch over the target.
pub const LINES_MAX: usize = LINES_TARGET + (1 << 17);
/// The largest member, in bytes: the key file of some millions of subjects, or a scanned report.
pub const MEMBER_MAX: u64 = 1 << 30;
/// The most members: a national ledger of 100 million events has some thousands.
pub const MEMBERS_MAX: usize = 1_000_000;
/// The name of the last member.
pub const MANIFEST: &str = "MANIFEST.json";
/// The name of the member with the newest checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What an increment builds on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// Which events.
    pub events: Span,
    /// The format.
    pub format: u32,
    /// The ledger's id.
    pub ledger: String,
    /// Every member but this one.
    pub members: Vec<Member>,
    /// The root of all events up to the last, lower-case hex.
    pub root: String,
}

/// The events before an increment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The roots of the perfect subtrees, largest first, lower-case hex.
    pub edge: Vec<String>,
    /// Their root, lower-case hex.
    pub root: String,
    /// How many.
    pub size: u64,
}

/// A range of events, both ends included; empty where it ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
}

/// One member of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its length.
    pub bytes: u64,
    /// Its name.
    pub name: String,
    /// The SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the hex of a hash.
pub(crate) fn parse_hash(text: &str) -> Option<[u8; 32]> {
    let lower = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 64 || !text.as_bytes().iter().all(lower) {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(hash)
}
