//! What the tables of an export are called, what their columns hold, and what that means.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::domain::language::{Explain, Lang};
use crate::office::OfficeError;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A day.
    Day,
    /// An exact decimal with at most three places.
    Decimal,
    /// A text or a code.
    Text,
    /// A whole number.
    Whole,
}

impl Holds {
    /// What it is called in the description of the columns.
    pub fn name(self) -> &'static str {
        match self {
            Holds::Day => "date",
            Holds::Decimal => "decimal(18,3)",
            Holds::Text => "text",
            Holds::Whole => "integer",
        }
    }
}

/// A cell of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A day.
    Day(NaiveDate),
    /// A decimal, in thousandths.
    Decimal(i64),
    /// Nothing.
    None,
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
}

impl Value {
    /// A text; nothing where there is none.
    pub fn text<T: ToString>(text: Option<T>) -> Value {
        match text.map(|text| text.to_string()) {
            Some(text) if !text.is_empty() => Value::Text(text),
            _ => Value::None,
        }
    }

    /// A day, where there is one.
    pub fn day(day: Option<NaiveDate>) -> Value {
        day.map_or(Value::None, Value::Day)
    }

    /// A place in the log.
    pub fn seq(seq: u64) -> Value {
        Value::Whole(i64::try_from(seq).unwrap_or(i64::MAX))
    }

    /// Yes or no as 1 and 0.
    pub fn yes(yes: bool) -> Value {
        Value::Whole(i64::from(yes))
    }
}

/// A column: its name, what it holds, what that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// What it means, in Vietnamese and in English.
    pub means: (&'static str, &'static str),
    /// It opens a personal field: it is there only when it was asked for.
    pub personal: bool,
}

/// A table: its name, what a row is, its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name.
    pub name: &'static str,
    /// What a row is, in Vietnamese and in English.
    pub row: (&'static str, &'static str),
    /// Its columns.
    pub columns: &'static [ColumnSpec],
}

impl TableSpec {
    /// The columns of an export.
    pub fn columns(&self, personal: bool) -> impl Iterator<Item = &'static ColumnSpec> {
        let kept = move |column: &&ColumnSpec| personal || !column.personal;
        self.columns.iter().filter(kept)
    }
}

/// Where rows go. A table is begun, then its rows come, then the next is begun.
pub trait Sink {
    /// Begins a table.
    ///
    /// # Errors
    /// When it cannot be written.
    fn begin(&mut self, table: &'static TableSpec) -> Result<(), ExportError>;

    /// Takes a row: a value for each column of the table.
    ///
    /// # Errors
    /// When it cannot be written.
    fn row(&mut self, row: Vec<Value>) -> Result<(), ExportError>;
}

/// Why an export cannot be made.
#[derive(Debug)]
pub enum ExportError {
    /// A file cannot be written.
    File(PathBuf, std::io::Error),
    /// The ledger cannot be read.
    Office(OfficeError),
    /// The folder holds something already.
    NotEmpty(PathBuf),
    /// The writer of Parquet refuses.
    Parquet(String),
    /// A number is too large for a decimal of 18 digits.
    TooLarge(String),
}

impl ExportError {
    /// At a file.
    pub fn at(path: &Path) -> impl FnOnce(std::io::Error) -> ExportError + '_ {
        |error| ExportError::File(path.to_owned(), error)
    }
}

impl From<OfficeError> for ExportError {
    fn from(error: OfficeError) -> ExportError {
        ExportError::Office(error)
    }
}

impl Explain for ExportError {
    fn code(&self) -> &'static str {
        match self {
            ExportError::File(..) => "file",
            ExportError::Office(error) => error.code(),
            ExportError::NotEmpty(_) => "folder_not_empty",
            ExportError::Parquet(_) => "parquet",
            ExportError::TooLarge(_) => "number_too_large",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match self {
            ExportError::File(path, error) => format!("{}: {error}", path.display()),
            ExportError::Office(error) => error.message(lang),
            ExportError::NotEmpty(path) => {
                let path = path.display();
                lang.pick(
                    format!("thư mục {path} đã có tệp"),
                    format!("the folder {path} is not empty"),
                )
            }
            ExportError::Parquet(why) => lang.pick(
                format!("không ghi được Parquet: {why}"),
                format!("Parquet cannot be written: {why}"),
            ),
            ExportError::TooLarge(number) => lang.pick(
                format!("số {number} quá lớn"),
                format!("the number {number} is too large"),
            ),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            ExportError::Office(error) => error.hint(lang),
            ExportError::NotEmpty(_) => Some(
                lang.pick("chọn một thư mục mới", "choose a new folder")
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// Makes the folder of an export; one that holds anything is refused.
///
/// # Errors
/// [`ExportError`].
pub fn new_folder(path: &Path) -> Result<(), ExportError> {
    if let Ok(mut entries) = std::fs::read_dir(path)
        && entries.next().is_some()
    {
        return Err(ExportError::NotEmpty(path.to_owned()));
    }
    std::fs::create_dir_all(path).map_err(ExportError::at(path))
}

/// Makes a file that does not exist, for its owner alone.
///
/// # Errors
/// When it exists or cannot be made.
pub fn new_file(path: &Path) -> Result<std::fs::File, ExportError> {
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(ExportError::at(path))
}

macro_rules! table {
    ($name:ident, $text:literal, $row:expr, [$(
        $column:literal $holds:ident $means:expr $(, $personal:ident)?;
    )*]) => {
        /// A table of the export.
        pub(super) const $name: TableSpec = TableSpec {
            name: $text,
            row: $row,
            columns: &[$(ColumnSpec {
                name: $column,
                holds: Holds::$holds,
                means: $means,
                personal: table!(@ $($personal)?),
            },)*],
        };
    };
    (@ personal) => { true };
    (@) => { false };
}

table!(SUPPORTS, "supports", ("một giai đoạn của một lượt hỗ trợ, đang có hiệu lực; cộng lại bằng số liệu của figures", "a stage of a support that stands; sums are those of figures"), [
    "seq" Whole ("số thứ tự sự kiện", "place of the event in the log");
    "event" Text ("mã sự kiện", "id of the event");
    "support" Whole ("lượt hỗ trợ: số thứ tự của sự kiện mở", "the support: place of the event that opened it");
    "ref" Text ("mã dòng của danh sách", "the list's own row key");
    "kind" Text ("chính sách", "support kind");
    "stage" Text ("giai đoạn", "stage");
    "sign" Whole ("1, hoặc -1 nếu điều chỉnh giảm", "1, or -1 where a correction takes it back");
    "contra" Whole ("1 nếu là điều chỉnh của kỳ đã khóa", "1 for a correction of a closed period");
    "recovery" Whole ("1 nếu là thu hồi", "1 for money taken back");
    "occurred_on" Day ("ngày phát sinh", "the day it happened, or stands at");
    "recorded_on" Day ("ngày ghi sổ", "the day it was recorded");
    "decided_on" Day ("ngày văn bản", "the date of the document");
    "covers" Text ("kỳ hưởng", "the period it pays for");
    "household" Text ("mã hộ", "household");
    "person" Text ("mã nhân khẩu", "person");
    "villages" Text ("thôn, cách nhau dấu ;", "villages, parted by ;");
    "class" Text ("phân loại khi hỗ trợ", "class it was granted on");
    "sex" Text ("giới tính", "sex");
    "minority" Whole ("1 nếu là người dân tộc thiểu số", "1 for an ethnic minority");
    "beneficiary_group" Text ("nhóm đối tượng", "group of the kind");
    "project" Text ("dự án", "project");
    "count" Whole ("số đối tượng, có dấu", "beneficiaries, signed");
    "amount" Decimal ("số tiền, có dấu", "money, signed");
    "quantity" Decimal ("số lượng, có dấu", "goods, signed");
    "unit" Text ("đơn vị tính", "unit of quantity");
    "recovered" Decimal ("số tiền thu hồi, có dấu", "money taken back, signed");
    "document" Text ("số văn bản", "number of the document");
    "file" Text ("tệp nguồn", "file it came from");
    "row" Whole ("dòng của tệp", "row of the file");
    "late" Whole ("1 nếu ghi sau khi khóa kỳ", "1 when recorded after closing");
]);

table!(FUNDING, "funding", ("phần tiền của một nguồn vốn trong một dòng của supports", "what one source pays of a row of supports"), [
    "seq" Whole ("số thứ tự sự kiện", "place of the event in the log");
    "sign" Whole ("1 hoặc -1", "1 or -1");
    "source" Text ("nguồn vốn", "funding source");
    "amount" Decimal ("số tiền, có dấu", "money, signed");
]);

table!(HOUSEHOLDS, "households", ("một hộ", "a household"), [
    "household" Text ("mã hộ", "code");
    "village" Text ("thôn hiện nay", "village now");
    "class" Text ("phân loại hiện nay", "class now");
    "members" Whole ("số nhân khẩu", "number of members");
    "minority" Whole ("1 nếu chủ hộ là người dân tộc thiểu số", "1 for a head of an ethnic minority");
    "ended_on" Day ("ngày hộ kết thúc", "the day it ended");
    "predecessors" Text ("hộ trước đó, cách nhau dấu ;", "households before it, parted by ;");
    "successors" Text ("hộ sau đó, cách nhau dấu ;", "households after it, parted by ;");
    "head" Text ("chủ hộ", "head"), personal;
    "id_number" Text ("số định danh chủ hộ", "citizen number of the head"), personal;
]);

table!(CLASSES, "classes", ("phân loại của một hộ từ một ngày", "the class of a household from a day on"), [
    "household" Text ("mã hộ", "household");
    "class" Text ("phân loại", "class");
    "from" Day ("từ ngày; trống là từ đầu", "from this day; empty from the beginning");
    "seq" Whole ("số thứ tự sự kiện", "place of the event in the log");
]);

table!(RESIDENCES, "residences", ("thôn của một hộ từ một ngày", "the village of a household from a day on"), [
    "household" Text ("mã hộ", "household");
    "village" Text ("thôn", "village");
    "from" Day ("từ ngày; trống là từ đầu", "from this day; empty from the beginning");
    "seq" Whole ("số thứ tự sự kiện", "place of the event in the log");
]);

table!(PERSONS, "persons", ("một nhân khẩu", "a person"), [
    "person" Text ("mã nhân khẩu", "code");
    "household" Text ("mã hộ", "household");
    "sex" Text ("giới tính", "sex");
    "minority" Whole ("1 nếu là người dân tộc thiểu số", "1 for an ethnic minority");
    "left" Whole ("1 nếu đã rời hộ", "1 who left the household");
    "left_on" Day ("ngày rời hộ", "the day of leaving");
    "name" Text ("họ và tên", "name"), personal;
    "born" Text ("ngày sinh", "born"), personal;
]);

table!(PROJECTS, "projects", ("một dự án", "a project"), [
    "project" Text ("mã dự án", "code");
    "name" Text ("tên", "name");
    "programme" Text ("chương trình", "programme");
    "village" Text ("thôn", "village");
    "quantity" Decimal ("quy mô", "size");
    "unit" Text ("đơn vị tính", "unit of quantity");
    "stage" Text ("giai đoạn hiện nay", "stage now");
    "members" Whole ("số hộ tham gia", "households that take part");
]);

table!(PROJECT_STAGES, "project_stages", ("một giai đoạn mà dự án đã đến", "a stage that a project reached"), [
    "project" Text ("mã dự án", "project");
    "stage" Text ("giai đoạn", "stage");
    "on" Day ("ngày", "day");
    "seq" Whole ("số thứ tự sự kiện", "place of the event in the log");
]);

table!(PROJECT_MEMBERS, "project_members", ("một hộ tham gia dự án", "a household in a project"), [
    "project" Text ("mã dự án", "project");
    "household" Text ("mã hộ", "household");
    "role" Text ("vai trò", "role");
]);

table!(BUDGET, "budget", ("vốn phân bổ", "money allocated"), [
    "programme" Text ("chương trình", "programme");
    "project" Text ("dự án", "project");
    "source" Text ("nguồn vốn", "funding source");
    "period" Text ("kỳ", "period");
    "amount" Decimal ("số tiền", "money");
]);

table!(TARGETS, "targets", ("chỉ tiêu được giao", "a target"), [
    "kind" Text ("chỉ tiêu", "kind or indicator");
    "period" Text ("kỳ", "period");
    "value" Decimal ("giá trị", "value");
    "seq" Whole ("số thứ tự sự kiện", "place of the event in the log");
]);

table!(UNITS, "units", ("một đơn vị hành chính", "an administrative unit"), [
    "unit" Text ("mã trong sổ", "id in the ledger");
    "key" Text ("mã trong số liệu", "what figures call it");
    "level" Text ("cấp", "level");
    "name" Text ("tên hiện nay", "name now");
    "parent" Text ("đơn vị cấp trên hiện nay", "the unit it belongs to now");
    "ended_on" Day ("ngày đầu tiên không còn", "the first day without it");
    "successors" Text ("đơn vị tiếp nhận, cách nhau dấu ;", "units that took over, parted by ;");
    "seq" Whole ("số thứ tự sự kiện", "place of the event in the log");
]);

table!(CORRECTIONS, "corrections", ("một lần điều chỉnh, hủy hoặc thu hồi", "a correction, a reversal or a recovery"), [
    "seq" Whole ("số thứ tự sự kiện", "place of the event in the log");
    "event" Text ("mã sự kiện", "id of the event");
    "type" Text ("loại sự kiện", "type of the event");
    "support" Text ("mã lượt hỗ trợ", "id of the support");
    "corrects" Text ("mã sự kiện được điều chỉnh", "id of the event it corrects");
    "stage" Text ("giai đoạn", "stage");
    "mode" Text ("in_place: sửa trong kỳ mở; contra: dòng có dấu, kỳ đã khóa giữ nguyên", "in_place, or contra: signed rows, the closed period stays");
    "effective_on" Day ("ngày tính", "the day it stands at");
    "recorded_on" Day ("ngày ghi sổ", "the day it was recorded");
    "amount" Decimal ("số tiền mới, hoặc số tiền thu hồi", "the new amount, or the amount taken back");
    "by" Text ("người ghi", "who recorded it");
    "document" Text ("số văn bản", "number of the document");
    "reason" Text ("lý do", "reason");
]);

/// The tables of an export, in their order.
pub const TABLES: [&TableSpec; 13] = [
    &SUPPORTS,
    &FUNDING,
    &HOUSEHOLDS,
    &CLASSES,
    &RESIDENCES,
    &PERSONS,
    &PROJECTS,
    &PROJECT_STAGES,
    &PROJECT_MEMBERS,
    &BUDGET,
    &TARGETS,
    &UNITS,
    &CORRECTIONS,
];
