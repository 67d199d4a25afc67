//! What can be wrong with a backup.

use std::io;

use crate::domain::language::{Explain, Lang};
use crate::log::error::LogError;

/// Why a backup cannot be written, or is not believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The bytes are no backup.
    #[error("this is not a backup of a ledger")]
    NotABackup,
    /// It was cut short, or changed.
    #[error("the backup is damaged at {place}: {why}")]
    Damaged {
        /// The member.
        place: String,
        /// What does not fit.
        why: String,
    },
    /// A later program wrote it.
    #[error("the backup has format {0}; this program knows format 1")]
    Newer(u32),
    /// It is sealed, and no passphrase was given.
    #[error("the backup is sealed: it needs its passphrase")]
    PassphraseNeeded,
    /// The passphrase is not the one it was sealed with, or its first bytes were changed.
    #[error("the passphrase is wrong, or the beginning of the backup was changed")]
    WrongPassphrase,
    /// A passphrase that can be guessed.
    #[error("the passphrase is too short: at least {least} characters")]
    WeakPassphrase {
        /// The least number of characters.
        least: usize,
    },
    /// Reading an archive takes more memory to open than a backup of this program does.
    #[error("the backup asks for more work to open than any backup of this program does")]
    TooCostly,
    /// A name or a length that the archive cannot hold.
    #[error("{name} cannot be put into a backup: {why}")]
    CannotHold {
        /// The file.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// Backups of different ledgers, or parts that do not follow each other.
    #[error("the backup {file} does not follow from what was read before: {why}")]
    DoesNotFollow {
        /// The file.
        file: String,
        /// What is missing or differs.
        why: String,
    },
    /// The log that is read or built.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The system refused to read or write.
    #[error("{path}: {source}")]
    Io {
        /// On what.
        path: String,
        /// What it said.
        source: io::Error,
    },
}

impl BackupError {
    pub(crate) fn damaged(place: &str, why: impl Into<String>) -> BackupError {
        BackupError::Damaged {
            place: place.to_owned(),
            why: why.into(),
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            BackupError::NotABackup => "đây không phải là bản sao lưu của một sổ".to_owned(),
            BackupError::Damaged { place, why } => {
                format!("bản sao lưu bị hỏng tại {place}: {why}")
            }
            BackupError::Newer(found) => {
                format!("bản sao lưu có dạng {found}; chương trình này chỉ đọc được dạng 1")
            }
            BackupError::PassphraseNeeded => {
                "bản sao lưu được niêm phong: cần cụm mật khẩu".to_owned()
            }
            BackupError::WrongPassphrase => {
                "cụm mật khẩu không đúng, hoặc phần đầu bản sao lưu đã bị sửa".to_owned()
            }
            BackupError::WeakPassphrase { least } => {
                format!("cụm mật khẩu quá ngắn: ít nhất {least} ký tự")
            }
            BackupError::TooCostly => {
                "bản sao lưu này đòi hỏi nhiều tính toán hơn mọi bản do chương trình tạo ra"
                    .to_owned()
            }
            BackupError::CannotHold { name, why } => {
                format!("không đưa được {name} vào bản sao lưu: {why}")
            }
            BackupError::DoesNotFollow { file, why } => {
                format!("bản sao lưu {file} không nối tiếp phần đã đọc: {why}")
            }
            BackupError::Log(error) => error.message(Lang::Vi),
            BackupError::Io { path, source } => format!("{path}: {source}"),
        }
    }
}

impl Explain for BackupError {
    fn code(&self) -> &'static str {
        match self {
            BackupError::NotABackup => "not_a_backup",
            BackupError::Damaged { .. } => "backup_damaged",
            BackupError::Newer(_) => "newer_backup",
            BackupError::PassphraseNeeded => "passphrase_needed",
            BackupError::WrongPassphrase => "wrong_passphrase",
            BackupError::WeakPassphrase { .. } => "weak_passphrase",
            BackupError::TooCostly => "backup_too_costly",
            BackupError::CannotHold { .. } => "backup_cannot_hold",
            BackupError::DoesNotFollow { .. } => "backup_does_not_follow",
            BackupError::Log(error) => error.code(),
            BackupError::Io { .. } => "file",
        }
    }

    fn message(&self, lang: Lang) -> String {
        lang.pick(self.vietnamese(), self.to_string())
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            BackupError::Damaged { .. } => (
                "Hãy dùng bản sao lưu khác; tệp này giữ lại để kiểm tra.",
                "Use another backup; keep this file for inspection.",
            ),
            BackupError::PassphraseNeeded => (
                "đặt $SOCAI_PASSPHRASE, dùng --passphrase-file, hoặc gõ khi được hỏi",
                "set $SOCAI_PASSPHRASE, use --passphrase-file, or type it when asked",
            ),
            BackupError::DoesNotFollow { .. } => (
                "đưa bản đầy đủ trước, rồi các bản nối tiếp theo thứ tự",
                "give the full backup first, then the increments in their order",
            ),
            BackupError::Log(error) => return error.hint(lang),
            _ => return None,
        };
        Some(lang.pick(vi, en).to_owned())
    }
}
