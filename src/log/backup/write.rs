//! Writing a backup.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::archive::{write_end, write_member};
use super::error::BackupError;
use super::{Base, FORMAT, LINES_TARGET, MANIFEST, Manifest, Member, Span, hex};
use crate::log::event::LedgerId;
use crate::log::merkle::{Frontier, Hash, leaf_hash};

/// The level of zstd: the fastest that still packs JSON ten to one.
const LEVEL: i32 = 3;

/// What stands in every backup for whoever finds it.
const README: &str = "\
Đây là bản sao lưu của một sổ cái hỗ trợ (socai).\n\
  events/*.ndjson.zst  các sự kiện, mỗi dòng một sự kiện, nén zstd; thứ tự theo tên\n\
  checkpoint           mốc xác nhận có chữ ký mới nhất\n\
  kept/                các tệp báo cáo đã ban hành\n\
  keys/                khóa mở thông tin cá nhân và khóa ký: GIỮ BÍ MẬT\n\
  MANIFEST.json        danh mục và SHA-256 của từng phần\n\
Khôi phục:  socai restore TỆP THƯ_MỤC\n\
\n\
This is a backup of a support ledger (socai).\n\
  events/*.ndjson.zst  the events, one a line, compressed with zstd; in the order of the names\n\
  checkpoint           the newest signed checkpoint\n\
  kept/                issued report files\n\
  keys/                keys of personal fields and of the signatures: KEEP SECRET\n\
  MANIFEST.json        what there is, with the SHA-256 of every part\n\
To restore:  socai restore FILE FOLDER\n\
\n\
A line is one leaf of an RFC 6962 Merkle tree (SHA-256), without its line feed.\n\
";

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What the backup holds.
    pub manifest: Manifest,
    /// SHA-256 of the whole file.
    pub sha256: Hash,
    /// Its length in bytes.
    pub bytes: u64,
}

/// Counts and hashes what goes through.
pub struct Hashing<W> {
    to: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> Hashing<W> {
    /// Hashes from the first byte on.
    pub fn new(to: W) -> Hashing<W> {
        Hashing {
            to,
            hasher: Sha256::new(),
            bytes: 0,
        }
    }

    /// The output, the digest, and the length.
    pub fn finish(self) -> (W, Hash, u64) {
        (self.to, self.hasher.finalize().into(), self.bytes)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.hasher.update(bytes.get(..count).unwrap_or_default());
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// A backup that is being written: first the events, then the other members, then the manifest.
pub struct BackupWriter<'w> {
    to: &'w mut dyn Write,
    ledger: LedgerId,
    base: Option<Base>,
    from: u64,
    frontier: Frontier,
    lines: Vec<u8>,
    lines_from: u64,
    members: Vec<Member>,
}

impl<'w> BackupWriter<'w> {
    /// Begins a backup of the events after those of `base`: all of them where it is empty.
    ///
    /// # Errors
    /// What the output says.
    pub fn new(
        to: &'w mut dyn Write,
        ledger: LedgerId,
        base: Frontier,
    ) -> Result<BackupWriter<'w>, BackupError> {
        let from = base.size() + 1;
        let mut writer = BackupWriter {
            to,
            ledger,
            base: (base.size() > 0).then(|| Base {
                edge: base.edge().iter().map(|hash| hex(hash)).collect(),
                root: hex(&base.root()),
                size: base.size(),
            }),
            from,
            frontier: base,
            lines: Vec::with_capacity(LINES_TARGET + (1 << 16)),
            lines_from: from,
            members: Vec::new(),
        };
        writer.put("README.txt", README.as_bytes())?;
        Ok(writer)
    }

    /// Adds the next event.
    ///
    /// # Errors
    /// What the output says.
    pub fn event(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.frontier.push(leaf_hash(bytes));
        self.lines.extend_from_slice(bytes);
        self.lines.push(b'\n');
        if self.lines.len() >= LINES_TARGET {
            self.put_lines()?;
        }
        Ok(())
    }

    fn put_lines(&mut self) -> Result<(), BackupError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let name = format!("events/{:020}.ndjson.zst", self.lines_from);
        let packed = zstd::bulk::compress(&self.lines, LEVEL);
        let packed = packed.map_err(|source| BackupError::Io {
            path: name.clone(),
            source,
        })?;
        self.put(&name, &packed)?;
        self.lines.clear();
        self.lines_from = self.frontier.size() + 1;
        Ok(())
    }

    /// How many events there are so far, and their root: those of the base are counted.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Adds another member. No event may follow.
    ///
    /// # Errors
    /// A name or a length that cannot be, or what the output says.
    pub fn member(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.put_lines()?;
        self.put(name, bytes)
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        write_member(self.to, name, bytes)?;
        self.members.push(Member {
            bytes: bytes.len() as u64,
            name: name.to_owned(),
            sha256: hex(&Sha256::digest(bytes)),
        });
        Ok(())
    }

    /// Writes the manifest and the end.
    ///
    /// # Errors
    /// What the output says.
    pub fn finish(mut self) -> Result<Manifest, BackupError> {
        self.put_lines()?;
        let manifest = Manifest {
            base: self.base,
            events: Span {
                from: self.from,
                to: self.frontier.size(),
            },
            format: FORMAT,
            ledger: self.ledger.to_string(),
            members: self.members,
            root: hex(&self.frontier.root()),
        };
        let io = |source| BackupError::Io {
            path: MANIFEST.to_owned(),
            source,
        };
        let text = serde_json::to_vec(&manifest).map_err(|error| io(error.into()))?;
        write_member(self.to, MANIFEST, &text)?;
        write_end(self.to).map_err(io)?;
        Ok(manifest)
    }
}
