//! What can go wrong with the key files, and what is reported of them without being an error.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::language::{Explain, Lang};
use crate::domain::personal::Subject;
use crate::log::seal::KeyId;

/// Why the key store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The keys folder is not there. Everything else works, and personal fields show as sealed.
    #[error("the keys folder {} is missing; personal fields show as sealed", folder.display())]
    KeysMissing {
        /// Where it should be.
        folder: PathBuf,
    },
    /// `create` found something where the keys folder should come.
    #[error("{} exists already; a new keys folder never replaces one", path.display())]
    AlreadyThere {
        /// What exists.
        path: PathBuf,
    },
    /// No generation has both of its files.
    #[error("{} holds no complete pair of `master.N` and `subjects.N`", folder.display())]
    Incomplete {
        /// The keys folder.
        folder: PathBuf,
    },
    /// A key file is damaged as a whole: none of its keys can be used.
    #[error("the key file {} is damaged: {why}", file.display())]
    Damaged {
        /// The file at fault.
        file: PathBuf,
        /// What does not fit.
        why: Fault,
    },
    /// The file was written by a later version of the program.
    #[error("the key file {} has format {found}; this program knows format 1", file.display())]
    NewerFormat {
        /// The file.
        file: PathBuf,
        /// The format it names.
        found: u32,
    },
    /// The id given is no ledger id.
    #[error("{found:?} is no ledger id: it must be 32 lower-case hexadecimal digits")]
    BadLedgerId {
        /// The text found.
        found: String,
    },
    /// The keys belong to another ledger.
    #[error("the keys are those of ledger {found}, not of ledger {expected}")]
    OtherLedger {
        /// The ledger that the key files name.
        found: String,
        /// The ledger in hand.
        expected: String,
    },
    /// The record of this subject's key is damaged; other subjects are not affected.
    #[error("the key of {subject} is damaged in {} (record {record})", file.display())]
    KeyDamaged {
        /// Whose key.
        subject: Subject,
        /// The file at fault.
        file: PathBuf,
        /// The number of the record, from 1.
        record: u64,
    },
    /// A change was asked of a store that was opened for reading.
    #[error("the keys were opened for reading only")]
    ReadOnly,
    /// An earlier write or sync failed: what is on disk is unknown until the ledger is reopened.
    #[error("an earlier write to the keys failed; nothing more is written until they are reopened")]
    Stopped,
    /// There is no signing seed.
    #[error("the signing seed {} is missing", file.display())]
    SeedMissing {
        /// Where it should be.
        file: PathBuf,
    },
    /// The system refused to read or write.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was tried, in English: `read`, `write`, …
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What does not fit in a damaged key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It does not have the length that it must have.
    #[error("its length is wrong")]
    Length,
    /// The header is not that of a key file, or its checksum is wrong.
    #[error("its header is not readable")]
    Header,
    /// The number in the header is not the number in the name.
    #[error("its name and its header differ")]
    Name,
    /// The master key does not belong to the subjects file, or one of the two was changed.
    #[error("the master key does not fit it")]
    Master,
}

impl Fault {
    fn vietnamese(self) -> &'static str {
        match self {
            Fault::Length => "độ dài không đúng",
            Fault::Header => "không đọc được phần đầu tệp",
            Fault::Name => "tên tệp và phần đầu tệp không khớp",
            Fault::Master => "khóa chủ không khớp với tệp này",
        }
    }
}

impl KeyError {
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> KeyError {
        let path = path.into();
        move |source| KeyError::Io {
            action,
            path,
            source,
        }
    }

    pub(super) fn damaged(file: &Path, why: Fault) -> KeyError {
        KeyError::Damaged {
            file: file.to_owned(),
            why,
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            KeyError::KeysMissing { folder } => format!(
                "không có thư mục khóa {}; các trường cá nhân hiện ở dạng niêm phong",
                folder.display()
            ),
            KeyError::AlreadyThere { path } => format!(
                "{} đã có sẵn; dữ liệu khóa mới không bao giờ thay thế dữ liệu đang có",
                path.display()
            ),
            KeyError::Incomplete { folder } => format!(
                "trong {} không có cặp tệp `master.N` và `subjects.N` nào đầy đủ",
                folder.display()
            ),
            KeyError::Damaged { file, why } => {
                let why = why.vietnamese();
                format!("tệp khóa {} bị hỏng: {why}", file.display())
            }
            KeyError::NewerFormat { file, found } => format!(
                "tệp khóa {} có định dạng {found}; chương trình này chỉ biết định dạng 1",
                file.display()
            ),
            KeyError::BadLedgerId { found } => format!(
                "{found:?} không phải mã sổ cái: mã phải gồm 32 chữ số thập lục phân viết thường"
            ),
            KeyError::OtherLedger { found, expected } => {
                format!("các khóa này thuộc sổ cái {found}, không thuộc sổ cái {expected}")
            }
            KeyError::KeyDamaged {
                subject,
                file,
                record,
            } => format!(
                "khóa của {subject} bị hỏng trong {} (bản ghi {record})",
                file.display()
            ),
            KeyError::ReadOnly => "các khóa đang được mở chỉ để đọc".to_owned(),
            KeyError::Stopped => {
                "lần ghi khóa trước đã thất bại; không ghi thêm cho đến khi mở lại".to_owned()
            }
            KeyError::SeedMissing { file } => {
                format!("không có hạt giống khóa ký {}", file.display())
            }
            KeyError::Io { path, source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                format!("đĩa đã đầy, không ghi được {}", path.display())
            }
            KeyError::Io { path, source, .. } => {
                format!(
                    "hệ thống không đọc hoặc ghi được {}: {source}",
                    path.display()
                )
            }
        }
    }

    fn hints(&self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            KeyError::KeysMissing { .. }
            | KeyError::Incomplete { .. }
            | KeyError::Damaged { .. }
            | KeyError::KeyDamaged { .. }
            | KeyError::SeedMissing { .. } => (
                "Hãy khôi phục thư mục khóa từ phần khóa của bản sao lưu mới nhất.",
                "Restore the keys folder from the keys part of the newest backup.",
            ),
            KeyError::OtherLedger { .. } => (
                "Hãy đặt vào đây thư mục khóa của đúng sổ cái này.",
                "Put the keys folder of this very ledger here.",
            ),
            KeyError::NewerFormat { .. } => (
                "Hãy dùng phiên bản mới hơn của chương trình.",
                "Use a newer version of the program.",
            ),
            KeyError::AlreadyThere { .. } => (
                "Hãy mở sổ cái đang có, hoặc chọn thư mục khác.",
                "Open the ledger that is there, or choose another folder.",
            ),
            KeyError::Stopped => (
                "Hãy kiểm tra ổ đĩa rồi mở lại sổ cái.",
                "Check the disk, then open the ledger again.",
            ),
            KeyError::Io { .. } => (
                "Hãy kiểm tra dung lượng trống và quyền truy cập của thư mục khóa.",
                "Check the free space and the permissions of the keys folder.",
            ),
            KeyError::ReadOnly | KeyError::BadLedgerId { .. } => return None,
        })
    }
}

impl Explain for KeyError {
    fn code(&self) -> &'static str {
        match self {
            KeyError::KeysMissing { .. } => "keys_missing",
            KeyError::AlreadyThere { .. } => "keys_already_there",
            KeyError::Incomplete { .. } => "keys_incomplete",
            KeyError::Damaged { .. } => "keys_damaged",
            KeyError::NewerFormat { .. } => "keys_newer_format",
            KeyError::BadLedgerId { .. } => "bad_ledger_id",
            KeyError::OtherLedger { .. } => "keys_other_ledger",
            KeyError::KeyDamaged { .. } => "key_damaged",
            KeyError::ReadOnly => "keys_read_only",
            KeyError::Stopped => "keys_stopped",
            KeyError::SeedMissing { .. } => "signing_seed_missing",
            KeyError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "disk_full"
            }
            KeyError::Io { .. } => "keys_io",
        }
    }

    fn message(&self, lang: Lang) -> String {
        lang.pick(self.vietnamese(), self.to_string())
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.hints().map(|(vi, en)| lang.pick(vi, en).to_owned())
    }
}

/// Something in the key files that did not stop the work, but that people should know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFinding {
    /// The end of the file is no complete record: an append was cut short before it was
    /// acknowledged. It is ignored, and overwritten by the next append.
    #[error("{} ends with {bytes} bytes of an append that was cut short", file.display())]
    TornTail {
        /// The file.
        file: PathBuf,
        /// How many bytes after the last whole record.
        bytes: u64,
    },
    /// A record before the last good one is damaged: the key of one subject is lost.
    #[error("record {record} of {} is damaged; its key was {key}", file.display())]
    DamagedRecord {
        /// The file.
        file: PathBuf,
        /// The number of the record, from 1.
        record: u64,
        /// The id that the damaged record still shows; it may itself be damaged.
        key: KeyId,
    },
    /// A file of an erasure or a creation that was cut short was wiped and removed.
    #[error("{} was left by an interrupted erasure; it was wiped and removed", file.display())]
    LeftOverRemoved {
        /// The file that is gone.
        file: PathBuf,
    },
}

impl Explain for KeyFinding {
    fn code(&self) -> &'static str {
        match self {
            KeyFinding::TornTail { .. } => "keys_torn_tail",
            KeyFinding::DamagedRecord { .. } => "keys_damaged_record",
            KeyFinding::LeftOverRemoved { .. } => "keys_left_over",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let vi = match self {
            KeyFinding::TornTail { file, bytes } => format!(
                "cuối tệp {} có {bytes} byte của một lần ghi dở dang",
                file.display()
            ),
            KeyFinding::DamagedRecord { file, record, key } => format!(
                "bản ghi {record} của {} bị hỏng; mã khóa của nó là {key}",
                file.display()
            ),
            KeyFinding::LeftOverRemoved { file } => format!(
                "{} còn sót lại từ một lần xóa khóa dở dang; tệp đã được ghi đè và xóa",
                file.display()
            ),
        };
        lang.pick(vi, self.to_string())
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            KeyFinding::DamagedRecord { .. } => (
                "Hãy kiểm tra ổ đĩa và khôi phục thư mục khóa từ bản sao lưu.",
                "Check the disk and restore the keys folder from a backup.",
            ),
            KeyFinding::TornTail { .. } | KeyFinding::LeftOverRemoved { .. } => return None,
        };
        Some(lang.pick(vi, en).to_owned())
    }
}
