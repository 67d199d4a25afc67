//! Errors of the office: one place where those of the rooms below meet.

use super::access::AccessError;
use super::issued::IssuedError;
use super::restore::RestoreError;
use crate::domain::language::{Explain, Lang};
use crate::domain::rejection::Rejection;
use crate::domain::state::EvolveError;
use crate::import::encoding::EncodingError;
use crate::log::LogError;
use crate::log::backup::BackupError;
use crate::log::checkpoint::CheckpointError;
use crate::log::codec::DecodeError;
use crate::log::keys::KeyError;
use crate::log::proof::ProofFault;
use crate::log::seal::SealError;
use crate::log::tiles::TilesError;
use crate::projection::FiguresError;
use crate::report::document::DocumentError;
use crate::report::{NarrativeIssue, ReportError, TemplateIssue};

/// What can go wrong between a question or a command and its answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum OfficeError {
    /// The log.
    Log(LogError),
    /// The key store.
    Keys(KeyError),
    /// Sealing.
    Seal(SealError),
    /// A checkpoint or its note.
    Checkpoint(CheckpointError),
    /// A proof.
    Proof(ProofFault),
    /// The static export.
    Tiles(TilesError),
    /// The seed of the signing key is not that of the key that the ledger's events name.
    OtherSigningKey(String),
    /// A checkpoint of this ledger has another root than the ledger has at its size: there are two
    /// histories.
    OtherHistory {
        /// The size of the checkpoint.
        size: u64,
    },
    /// A checkpoint covers more events than there are.
    CheckpointBeyond {
        /// The size of the checkpoint.
        size: u64,
        /// How many events there are.
        head: u64,
    },
    /// A checkpoint of events that were lost, and given up when the ledger was restored.
    LostHistory {
        /// The size of the checkpoint.
        size: u64,
        /// The event that says so: the first one after the loss.
        recovered: u64,
    },
    /// The checkpoint does not cover the event.
    NotCovered {
        /// The event.
        seq: u64,
        /// The size of the checkpoint.
        size: u64,
    },
    /// No checkpoint was made yet.
    NoCheckpoint,
    /// An event that cannot be read, and its place.
    Decode(u64, DecodeError),
    /// An event that cannot be folded.
    Evolve(EvolveError),
    /// The command cannot be true.
    Rejected(Rejection),
    /// The question has no answer.
    Figures(FiguresError),
    /// A report cannot be made.
    Report(ReportError),
    /// A report cannot be made into a document.
    Document(DocumentError),
    /// An issued report, or the name of one.
    Issued(IssuedError),
    /// A template has errors.
    Template(Vec<TemplateIssue>),
    /// A narrative has errors.
    Narrative(Vec<NarrativeIssue>),
    /// A file that should be text is none.
    NotText(EncodingError),
    /// Not a place in the log, a moment or a date.
    BadAsOf(String),
    /// Later than now, or beyond the log.
    AsOfBeyond {
        /// What was asked for.
        asked: String,
        /// The last event.
        head: u64,
    },
    /// Nobody said who acts, and it cannot be known.
    NoActor(Vec<String>),
    /// Nothing goes by this name.
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The catalogue cannot be used.
    Catalogue(Vec<crate::domain::catalogue::CatalogueIssue>),
    /// A file could not be read or written.
    File(String, std::io::Error),
    /// The access log.
    Access(AccessError),
    /// A backup.
    Backup(BackupError),
    /// A restoration.
    Restore(RestoreError),
    /// A personal field was about to be written open. It was not.
    Unsealed,
    /// What was saved of the folds cannot be read or written; the log has everything.
    Views(String),
}

macro_rules! from {
    ($($variant:ident($error:ty)),*) => {$(
        impl From<$error> for OfficeError {
            fn from(error: $error) -> OfficeError {
                OfficeError::$variant(error)
            }
        }
    )*};
}

from!(
    Log(LogError),
    Keys(KeyError),
    Seal(SealError),
    Checkpoint(CheckpointError),
    Proof(ProofFault),
    Tiles(TilesError),
    Evolve(EvolveError),
    Rejected(Rejection),
    Figures(FiguresError),
    Report(ReportError),
    Access(AccessError),
    Backup(BackupError),
    Restore(RestoreError)
);

impl OfficeError {
    fn inner(&self) -> Option<&dyn Explain> {
        match self {
            OfficeError::Log(error) => Some(error),
            OfficeError::Keys(error) => Some(error),
            OfficeError::Seal(error) => Some(error),
            OfficeError::Checkpoint(error) => Some(error),
            OfficeError::Proof(error) => Some(error),
            OfficeError::Tiles(error) => Some(error),
            OfficeError::Decode(_, error) => Some(error),
            OfficeError::Rejected(error) => Some(error),
            OfficeError::Figures(error) => Some(error),
            OfficeError::Report(error) => Some(error),
            OfficeError::Document(error) => Some(error),
            OfficeError::Issued(error) => Some(error),
            OfficeError::Access(error) => Some(error),
            OfficeError::Backup(error) => Some(error),
            OfficeError::Restore(error) => Some(error),
            _ => None,
        }
    }

    fn both(&self) -> (String, String) {
        match self {
            OfficeError::Evolve(error) => (
                format!("không dựng lại được sổ: {error}"),
                format!("the ledger cannot be folded: {error}"),
            ),
            OfficeError::BadAsOf(text) => (
                format!(
                    "“{text}” không phải là số thứ tự, thời điểm, ngày hay số báo cáo đã phát hành"
                ),
                format!(
                    "\"{text}\" is not a sequence number, a moment, a date or the number of an \
                     issued report"
                ),
            ),
            OfficeError::AsOfBeyond { asked, head } => (
                format!("thời điểm dữ liệu “{asked}” vượt quá sổ (sự kiện cuối: {head})"),
                format!("the as-of \"{asked}\" is beyond the log (last event: {head})"),
            ),
            OfficeError::NoActor(_) => (
                "chưa rõ ai ghi sổ".to_owned(),
                "it is not known who records".to_owned(),
            ),
            OfficeError::NotFound { what, name } => {
                let vi = match *what {
                    "household" => "hộ",
                    "project" => "dự án",
                    "support" => "lượt hỗ trợ",
                    "template" => "mẫu báo cáo",
                    "person" => "nhân khẩu",
                    "event" => "sự kiện",
                    other => other,
                };
                (
                    format!("không tìm thấy {vi} “{name}”"),
                    format!("no {what} \"{name}\""),
                )
            }
            OfficeError::Catalogue(issues) => (
                format!("danh mục chính sách có lỗi:{}", lines(issues, Lang::Vi)),
                format!("the catalogue has errors:{}", lines(issues, Lang::En)),
            ),
            OfficeError::Template(issues) => (
                format!("mẫu báo cáo có lỗi:{}", lines(issues, Lang::Vi)),
                format!("the template has errors:{}", lines(issues, Lang::En)),
            ),
            OfficeError::Narrative(issues) => (
                format!("phần lời văn có lỗi:{}", lines(issues, Lang::Vi)),
                format!("the narrative has errors:{}", lines(issues, Lang::En)),
            ),
            OfficeError::Views(why) => (
                format!("không lưu được bảng số liệu dựng sẵn: {why}"),
                format!("the saved views cannot be read or written: {why}"),
            ),
            OfficeError::OtherSigningKey(named) => (
                format!("khóa ký đang có không phải là khóa của sổ: {named}"),
                format!("the signing key at hand is not the key of the ledger: {named}"),
            ),
            OfficeError::OtherHistory { size } => (
                format!("gốc của {size} sự kiện đầu khác với mốc xác nhận: có hai lịch sử"),
                format!(
                    "the first {size} events have another root than the checkpoint: there are two \
                     histories"
                ),
            ),
            OfficeError::CheckpointBeyond { size, head } => (
                format!("mốc xác nhận có {size} sự kiện, sổ chỉ có {head}"),
                format!("the checkpoint covers {size} events, the ledger has only {head}"),
            ),
            OfficeError::LostHistory { size, recovered } => (
                format!(
                    "mốc xác nhận {size} sự kiện là của lịch sử đã mất: sổ được khôi phục có chấp \
                     nhận mất dữ liệu, từ sự kiện {recovered} là lịch sử mới"
                ),
                format!(
                    "the checkpoint of {size} events is of a history that was lost: the ledger was \
                     restored with a loss, and from event {recovered} on it is another"
                ),
            ),
            OfficeError::NotCovered { seq, size } => (
                format!("mốc xác nhận có {size} sự kiện, chưa gồm sự kiện {seq}"),
                format!("the checkpoint covers {size} events, and not event {seq}"),
            ),
            OfficeError::NoCheckpoint => (
                "sổ chưa có mốc xác nhận nào".to_owned(),
                "no checkpoint was made yet".to_owned(),
            ),
            OfficeError::NotText(EncodingError::Excel | EncodingError::OtherKind(_)) => (
                "tệp này không phải là văn bản thường".to_owned(),
                "this file is no plain text".to_owned(),
            ),
            OfficeError::NotText(error) => (error.message(Lang::Vi), error.message(Lang::En)),
            OfficeError::File(name, error) => (
                format!("tệp {name}: {error}"),
                format!("file {name}: {error}"),
            ),
            _ => (
                "một trường thông tin cá nhân chưa được niêm phong".to_owned(),
                "a personal field was not sealed".to_owned(),
            ),
        }
    }
}

/// Each issue on a line of its own.
fn lines<I: Explain>(issues: &[I], lang: Lang) -> String {
    let lines = issues
        .iter()
        .map(|issue| format!("\n  {}", issue.message(lang)));
    lines.collect()
}

impl Explain for OfficeError {
    fn code(&self) -> &'static str {
        match self {
            OfficeError::Evolve(EvolveError::NewerSemantics(_)) => "newer_ledger",
            OfficeError::Evolve(_) => "cannot_fold",
            OfficeError::BadAsOf(_) => "bad_as_of",
            OfficeError::AsOfBeyond { .. } => "as_of_beyond",
            OfficeError::NoActor(_) => "no_actor",
            OfficeError::NotFound { .. } => "not_found",
            OfficeError::Catalogue(_) => "bad_catalogue",
            OfficeError::Template(_) => "bad_template",
            OfficeError::Narrative(_) => "bad_narrative",
            OfficeError::NotText(EncodingError::Excel | EncodingError::OtherKind(_)) => "not_text",
            OfficeError::NotText(error) => error.code(),
            OfficeError::File(..) => "file",
            OfficeError::OtherSigningKey(_) => "other_signing_key",
            OfficeError::OtherHistory { .. } => "other_history",
            OfficeError::CheckpointBeyond { .. } => "checkpoint_beyond",
            OfficeError::LostHistory { .. } => "lost_history",
            OfficeError::NotCovered { .. } => "not_covered",
            OfficeError::NoCheckpoint => "no_checkpoint",
            OfficeError::Unsealed => "unsealed",
            OfficeError::Views(_) => "views",
            _ => self.inner().map_or("error", Explain::code),
        }
    }

    fn message(&self, lang: Lang) -> String {
        if let Some(inner) = self.inner() {
            let place = match self {
                OfficeError::Decode(seq, _) => {
                    lang.pick(format!("sự kiện {seq}: "), format!("event {seq}: "))
                }
                _ => String::new(),
            };
            return place + &inner.message(lang);
        }
        let (vi, en) = self.both();
        lang.pick(vi, en)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            OfficeError::NotText(_) => Some(
                lang.pick(
                    "lời văn là tệp .md, mẫu báo cáo là tệp .json: lưu thành văn bản thường, mã UTF-8",
                    "a narrative is a .md file, a template a .json file: save it as plain text, UTF-8",
                )
                .to_owned(),
            ),
            OfficeError::NoActor(known) => Some(lang.pick(
                format!(
                    "dùng --by ID hoặc $SOCAI_BY; đã đăng ký: {}",
                    known.join(", ")
                ),
                format!("use --by ID or $SOCAI_BY; registered: {}", known.join(", ")),
            )),
            OfficeError::NotCovered { .. } | OfficeError::NoCheckpoint => Some(
                lang.pick(
                    "chạy `socai checkpoint` để ký mốc mới",
                    "run `socai checkpoint` to sign a new one",
                )
                .to_owned(),
            ),
            OfficeError::OtherHistory { .. } | OfficeError::CheckpointBeyond { .. } => Some(
                lang.pick(
                    "giữ nguyên cả hai bản, chạy `socai verify`, và báo cho đơn vị giám sát",
                    "keep both as they are, run `socai verify`, and tell who oversees the office",
                )
                .to_owned(),
            ),
            OfficeError::LostHistory { recovered, .. } => Some(lang.pick(
                format!("lý do mất: `socai events --raw --from {recovered} --to {recovered}`"),
                format!(
                    "why it was lost: `socai events --raw --from {recovered} --to {recovered}`"
                ),
            )),
            OfficeError::OtherSigningKey(_) => Some(
                lang.pick(
                    "khôi phục thư mục keys từ bản sao lưu đúng của sổ này",
                    "restore the folder keys from the right backup of this ledger",
                )
                .to_owned(),
            ),
            OfficeError::BadAsOf(_) => Some(
                lang.pick(
                    "ví dụ: 1234, 2023-06-30, 2023-06-30T17:00:00+07:00",
                    "for example 1234, 2023-06-30, 2023-06-30T17:00:00+07:00",
                )
                .to_owned(),
            ),
            _ => self.inner().and_then(|inner| inner.hint(lang)),
        }
    }
}

impl std::fmt::Display for OfficeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for OfficeError {}
