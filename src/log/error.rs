//! What can go wrong in the log, said in both languages.

use uuid::Uuid;

use super::event::{MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES, MAX_TAG_BYTES, format_at};
use crate::domain::language::{Explain, Lang};

/// Why the log refused or failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// A batch without events.
    #[error("the batch has no events")]
    EmptyBatch,
    /// A batch over one of the two limits; nothing was written.
    #[error(
        "the batch has {events} events and {bytes} bytes; at most {MAX_BATCH_EVENTS} events and \
         {MAX_BATCH_BYTES} bytes go in at once"
    )]
    BatchTooLarge {
        /// How many events it has.
        events: u64,
        /// How many bytes they take.
        bytes: u64,
    },
    /// An event over the limit; nothing was written.
    #[error("event {id} has {bytes} bytes; an event has at most {MAX_EVENT_BYTES}")]
    EventTooLarge {
        /// The event's id.
        id: Uuid,
        /// Its size in bytes.
        bytes: usize,
    },
    /// A member whose name or value cannot stand in an event.
    #[error("member `{member}` of event {id} has a name or a value that an event cannot hold")]
    BadMember {
        /// The event's id.
        id: Uuid,
        /// The member's name.
        member: String,
    },
    /// A tag over the limit.
    #[error("event {id} has a tag of {bytes} bytes; a tag has at most {MAX_TAG_BYTES}")]
    TagTooLong {
        /// The event's id.
        id: Uuid,
        /// The tag's length in bytes.
        bytes: usize,
    },
    /// The id is already in the log, or twice in the batch; nothing was written.
    #[error("event {id} is already recorded, as number {seq}")]
    IdExists {
        /// The id.
        id: Uuid,
        /// Where it stands, or would stand for the first of two in one batch.
        seq: u64,
    },
    /// Another event came in between; nothing was written.
    #[error("event {seq} came in between and touches the same records")]
    ConditionFailed {
        /// The newest event that the condition forbids.
        seq: u64,
    },
    /// The clock says what can hardly be true; nothing was written.
    #[error("the computer's clock says {}, {}", moment(*.now_ms), clock_fault(*.fault, *.last_ms))]
    ClockSuspect {
        /// What the clock says, in milliseconds since 1970 UTC.
        now_ms: i64,
        /// When the last event was recorded; `None` in an empty log.
        last_ms: Option<i64>,
        /// What is wrong with it.
        fault: ClockFault,
    },
    /// No ledger is there.
    #[error("{path} is not a ledger: it has no journal")]
    NotALedger {
        /// The folder.
        path: String,
    },
    /// A ledger is already there.
    #[error("{path} already holds a ledger")]
    LedgerExists {
        /// The folder.
        path: String,
    },
    /// A file of a later version of the program.
    #[error("{file} has format {found}; this program knows formats up to {known}")]
    NewerFormat {
        /// The file's name.
        file: String,
        /// Its format.
        found: u32,
        /// The newest format that is known here.
        known: u32,
    },
    /// Another program has the ledger open for writing.
    #[error("another program is writing to the ledger in {path}")]
    Locked {
        /// The folder.
        path: String,
    },
    /// Events that were acknowledged can no longer be read as they were written.
    #[error("the journal is damaged at event {first_bad_seq}: {why} ({segment}, byte {offset})")]
    Damaged {
        /// The file's name.
        segment: String,
        /// The byte in the file.
        offset: u64,
        /// The first event that is at fault.
        first_bad_seq: u64,
        /// What is wrong.
        why: Damage,
    },
    /// The file `checkpoint` cannot be read as a checkpoint.
    #[error("the file {path} is not a checkpoint")]
    BadCheckpoint {
        /// The file.
        path: String,
    },
    /// The disk is full. Nothing of the append was kept; the log goes on once there is space.
    #[error("the disk is full: nothing was recorded")]
    Full,
    /// A write could not be made sure. Nothing more is accepted until the ledger is opened again.
    #[error("the disk failed, so the ledger takes nothing more until it is opened again: {why}")]
    Poisoned {
        /// What the system said.
        why: String,
    },
    /// The index (sled) cannot be used; no event is lost. It is built again at the next open.
    #[error("the index of the ledger cannot be used: {why}")]
    Index {
        /// What happened.
        why: String,
    },
    /// The tags of a stored event could not be derived.
    #[error("event {seq} cannot be indexed: {why}")]
    Tags {
        /// The event.
        seq: u64,
        /// What the tagger said.
        why: String,
    },
    /// The system refused a file.
    #[error("{path}: {why}")]
    Io {
        /// The file or folder.
        path: String,
        /// What the system said.
        why: String,
    },
    /// The writer has stopped.
    #[error("the writer of the ledger has stopped")]
    Closed,
}

/// What is wrong with a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockFault {
    /// Over 5 minutes before the last event.
    Behind,
    /// Over 400 days after the last event.
    FarAhead,
    /// Before the program itself was made.
    BeforeProgram,
    /// Before 1970 or after 9999.
    OutOfRange,
}

/// What is wrong with a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The header of a segment is not as it was written.
    #[error("the header of the segment is not as it was written")]
    SegmentHeader,
    /// The header of a frame is not as it was written.
    #[error("a frame header is not as it was written")]
    FrameHeader,
    /// The events of a frame are not as they were written.
    #[error("the events are not as they were written")]
    Payload,
    /// A batch lacks its last frame.
    #[error("a batch is not complete")]
    Unfinished,
    /// A frame or a segment does not follow from the one before it.
    #[error("it does not follow from what stands before it")]
    Chain,
    /// A frame or a segment belongs to another ledger.
    #[error("it belongs to another ledger")]
    Foreign,
    /// A segment is missing.
    #[error("a segment is missing")]
    Missing,
    /// The events are readable, but their hashes do not give the root that was recorded.
    #[error("the events do not give the recorded root")]
    Root,
    /// An event's own number, ledger or time is not what its place says.
    #[error("an event does not say its place")]
    Event,
    /// A checkpoint covers events that the journal does not have.
    #[error("the checkpoint covers {size} events, more than the journal has")]
    CheckpointBeyond {
        /// The checkpoint's size.
        size: u64,
    },
    /// The journal has as many events as the checkpoint, but other ones.
    #[error("the checkpoint of {size} events has another root")]
    CheckpointDiffers {
        /// The checkpoint's size.
        size: u64,
    },
    /// The index has events that the journal does not have.
    #[error("the index has {seq} events, more than the journal has")]
    IndexBeyond {
        /// The index's last event.
        seq: u64,
    },
}

impl Damage {
    fn vi(self) -> String {
        match self {
            Damage::SegmentHeader => "phần đầu của tệp không còn như lúc ghi".to_owned(),
            Damage::FrameHeader => "phần đầu của một khung không còn như lúc ghi".to_owned(),
            Damage::Payload => "các sự kiện không còn như lúc ghi".to_owned(),
            Damage::Unfinished => "một lần ghi không đầy đủ".to_owned(),
            Damage::Chain => "không nối tiếp với phần đứng trước".to_owned(),
            Damage::Foreign => "thuộc về một sổ khác".to_owned(),
            Damage::Missing => "thiếu một tệp của nhật ký".to_owned(),
            Damage::Root => "các sự kiện không cho ra mã gốc đã ghi".to_owned(),
            Damage::Event => "một sự kiện không mang đúng vị trí của nó".to_owned(),
            Damage::CheckpointBeyond { size } => {
                format!("mốc xác nhận bao gồm {size} sự kiện, nhiều hơn nhật ký hiện có")
            }
            Damage::CheckpointDiffers { size } => {
                format!("mốc xác nhận của {size} sự kiện có mã gốc khác")
            }
            Damage::IndexBeyond { seq } => {
                format!("chỉ mục có {seq} sự kiện, nhiều hơn nhật ký hiện có")
            }
        }
    }
}

fn moment(ms: i64) -> String {
    format_at(ms).unwrap_or_else(|| format!("{ms} ms"))
}

fn clock_fault(fault: ClockFault, last_ms: Option<i64>) -> String {
    let last = last_ms.map(moment).unwrap_or_default();
    match fault {
        ClockFault::Behind => format!("over 5 minutes before the last event ({last})"),
        ClockFault::FarAhead => format!("over 400 days after the last event ({last})"),
        ClockFault::BeforeProgram => "before this program was made".to_owned(),
        ClockFault::OutOfRange => "outside the years 1970 to 9999".to_owned(),
    }
}

fn clock_fault_vi(fault: ClockFault, last_ms: Option<i64>) -> String {
    let last = last_ms.map(moment).unwrap_or_default();
    match fault {
        ClockFault::Behind => format!("chậm hơn sự kiện cuối ({last}) quá 5 phút"),
        ClockFault::FarAhead => format!("sau sự kiện cuối ({last}) quá 400 ngày"),
        ClockFault::BeforeProgram => "trước cả ngày phát hành chương trình".to_owned(),
        ClockFault::OutOfRange => "ngoài khoảng từ năm 1970 đến năm 9999".to_owned(),
    }
}

impl LogError {
    /// An error of the system at a path.
    pub(crate) fn io(path: &std::path::Path, error: &std::io::Error) -> LogError {
        if error.kind() == std::io::ErrorKind::StorageFull {
            return LogError::Full;
        }
        LogError::Io {
            path: path.display().to_string(),
            why: error.to_string(),
        }
    }

    /// What the office handed over cannot go in.
    fn refused_vi(&self) -> Option<String> {
        Some(match self {
            LogError::EmptyBatch => "lần ghi không có sự kiện nào".to_owned(),
            LogError::BatchTooLarge { events, bytes } => format!(
                "lần ghi có {events} sự kiện, {bytes} byte; mỗi lần chỉ ghi được tối đa \
                 {MAX_BATCH_EVENTS} sự kiện và {MAX_BATCH_BYTES} byte"
            ),
            LogError::EventTooLarge { id, bytes } => format!(
                "sự kiện {id} dài {bytes} byte; mỗi sự kiện dài tối đa {MAX_EVENT_BYTES} byte"
            ),
            LogError::BadMember { id, member } => format!(
                "trường `{member}` của sự kiện {id} có tên hoặc giá trị không ghi được vào sự kiện"
            ),
            LogError::TagTooLong { id, bytes } => format!(
                "sự kiện {id} có khóa tra cứu dài {bytes} byte; tối đa là {MAX_TAG_BYTES} byte"
            ),
            LogError::IdExists { id, seq } => {
                format!("sự kiện {id} đã được ghi, ở số thứ tự {seq}")
            }
            LogError::ConditionFailed { seq } => {
                format!("sự kiện số {seq} vừa được ghi xen vào và chạm đến cùng dữ liệu")
            }
            LogError::ClockSuspect {
                now_ms,
                last_ms,
                fault,
            } => format!(
                "đồng hồ của máy chỉ {}, {}",
                moment(*now_ms),
                clock_fault_vi(*fault, *last_ms)
            ),
            _ => return None,
        })
    }

    /// The ledger or the machine is not as it should be.
    fn failed_vi(&self) -> Option<String> {
        Some(match self {
            LogError::NotALedger { path } => {
                format!("{path} không phải là một sổ: không có nhật ký")
            }
            LogError::LedgerExists { path } => format!("{path} đã có một sổ"),
            LogError::NewerFormat { file, found, known } => format!(
                "{file} ở định dạng {found}; chương trình này chỉ đọc được đến định dạng {known}"
            ),
            LogError::Locked { path } => {
                format!("một chương trình khác đang ghi vào sổ ở {path}")
            }
            LogError::Damaged {
                segment,
                offset,
                first_bad_seq,
                why,
            } => format!(
                "nhật ký hỏng từ sự kiện số {first_bad_seq}: {} ({segment}, byte {offset})",
                why.vi()
            ),
            LogError::BadCheckpoint { path } => {
                format!("tệp {path} không phải là một mốc xác nhận")
            }
            LogError::Full => "đĩa đã đầy: chưa ghi được gì".to_owned(),
            LogError::Poisoned { why } => {
                format!("đĩa bị lỗi, sổ không nhận thêm gì cho đến khi mở lại: {why}")
            }
            LogError::Index { why } => format!("không dùng được chỉ mục của sổ: {why}"),
            LogError::Tags { seq, why } => {
                format!("không lập được chỉ mục cho sự kiện số {seq}: {why}")
            }
            LogError::Io { path, why } => format!("{path}: {why}"),
            LogError::Closed => "phần ghi của sổ đã dừng".to_owned(),
            _ => return None,
        })
    }
}

impl Explain for LogError {
    fn code(&self) -> &'static str {
        match self {
            LogError::EmptyBatch => "empty_batch",
            LogError::BatchTooLarge { .. } => "batch_too_large",
            LogError::EventTooLarge { .. } => "event_too_large",
            LogError::BadMember { .. } => "bad_member",
            LogError::TagTooLong { .. } => "tag_too_long",
            LogError::IdExists { .. } => "id_exists",
            LogError::ConditionFailed { .. } => "condition_failed",
            LogError::ClockSuspect { .. } => "clock_suspect",
            LogError::NotALedger { .. } => "not_a_ledger",
            LogError::LedgerExists { .. } => "ledger_exists",
            LogError::NewerFormat { .. } => "newer_format",
            LogError::Locked { .. } => "locked",
            LogError::Damaged { .. } => "damaged",
            LogError::BadCheckpoint { .. } => "bad_checkpoint",
            LogError::Full => "disk_full",
            LogError::Poisoned { .. } => "poisoned",
            LogError::Index { .. } => "index_unusable",
            LogError::Tags { .. } => "untaggable",
            LogError::Io { .. } => "io",
            LogError::Closed => "closed",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.to_string(),
            Lang::Vi => self
                .refused_vi()
                .or_else(|| self.failed_vi())
                .unwrap_or_else(|| self.to_string()),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            LogError::BatchTooLarge { .. } => (
                "chia danh sách thành nhiều phần rồi ghi từng phần",
                "split the list and record it in parts",
            ),
            LogError::ConditionFailed { .. } => (
                "xem lại dữ liệu mới nhất rồi ghi lại",
                "look at the newest state, then record again",
            ),
            LogError::ClockSuspect { .. } => (
                "chỉnh lại đồng hồ của máy; nếu đồng hồ đúng, thêm --accept-clock",
                "set the computer's clock; if it is right, add --accept-clock",
            ),
            LogError::NotALedger { .. } => (
                "kiểm tra đường dẫn ở --ledger, hoặc lập sổ mới bằng `socai init`",
                "check the path in --ledger, or open a new ledger with `socai init`",
            ),
            LogError::LedgerExists { .. } => ("chọn một thư mục khác", "choose another folder"),
            LogError::NewerFormat { .. } => (
                "cài phiên bản mới của chương trình",
                "install the newer version of the program",
            ),
            LogError::Locked { .. } => (
                "đợi chương trình kia xong, hoặc thêm --wait",
                "wait until the other program is done, or add --wait",
            ),
            LogError::Damaged { .. } => (
                "sổ chỉ đọc được; sao chép cả thư mục đi nơi khác trước khi khôi phục",
                "the ledger can only be read; copy the whole folder elsewhere before any repair",
            ),
            LogError::BadCheckpoint { .. } => (
                "khôi phục tệp này từ bản sao lưu gần nhất",
                "restore this file from the newest backup",
            ),
            LogError::Full => (
                "giải phóng chỗ trống trên đĩa rồi ghi lại",
                "free space on the disk, then record again",
            ),
            LogError::Poisoned { .. } => (
                "đóng chương trình, kiểm tra đĩa, rồi mở lại sổ",
                "close the program, check the disk, then open the ledger again",
            ),
            LogError::Index { .. } => (
                "không mất sự kiện nào; đóng rồi mở lại sổ, chỉ mục sẽ được lập lại",
                "no event is lost; close and open the ledger, and the index is built again",
            ),
            _ => return None,
        };
        Some(lang.pick(vi, en).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_speaks_both_languages() {
        let errors = [
            LogError::EmptyBatch,
            LogError::Full,
            LogError::Closed,
            LogError::ClockSuspect {
                now_ms: 0,
                last_ms: Some(1),
                fault: ClockFault::Behind,
            },
            LogError::Damaged {
                segment: "00000000000000000001.frames".into(),
                offset: 128,
                first_bad_seq: 1,
                why: Damage::IndexBeyond { seq: 4 },
            },
            LogError::Tags {
                seq: 3,
                why: "x".into(),
            },
        ];
        for error in errors {
            assert_ne!(error.message(Lang::Vi), error.message(Lang::En));
            assert!(!error.code().is_empty());
        }
    }
}
