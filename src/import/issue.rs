//! What is wrong with a list, said so that who made it can set it right.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::date::DateError;
use super::encoding::{Encoding, EncodingError};
use super::limits::LONGEST_CELL;
use super::number::NumberError;
use super::table::TableError;
use super::workbook::WorkbookError;
use crate::domain::code::CodeError;
use crate::domain::fixed::format_thousandths;
use crate::domain::language::Explain;
use crate::domain::{Lang, PeriodError, Text};

/// One thing that is wrong, and where. A row with an issue is not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportIssue {
    /// The name of the file.
    pub file: Arc<str>,
    /// The sheet of a workbook.
    pub sheet: Option<Arc<str>>,
    /// The row as a spreadsheet numbers it, the header usually being 1.
    pub row: Option<u64>,
    /// The column, as the file calls it.
    pub column: Option<String>,
    /// The text that was found there.
    pub value: Option<String>,
    /// What is wrong with it.
    pub problem: ImportProblem,
}

/// What can be wrong with a list, a row or a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportProblem {
    /// The file cannot be opened or read; the reason of the system.
    Unreadable(String),
    /// The bytes are no text.
    Encoding(EncodingError),
    /// The text is no table.
    Table(TableError),
    /// The workbook cannot be read, or holds no such list.
    Workbook(WorkbookError),
    /// A column is not there.
    MissingColumn {
        /// The columns one of which has to be there.
        any_of: &'static [&'static str],
        /// Names that would do.
        names: Vec<&'static str>,
    },
    /// Two columns mean the same.
    ColumnTwice {
        /// The column they mean.
        column: &'static str,
        /// The first, as written.
        first: String,
        /// The second, as written.
        second: String,
    },
    /// The header says that amounts are in thousands or millions.
    MoneyUnit,
    /// A cell that stands in no column of the header.
    CellWithoutColumn,
    /// A cell over [`LONGEST_CELL`] bytes; its length.
    CellTooLong(usize),
    /// A character that nobody can see.
    ControlCharacter(char),
    /// A formula where a text is expected.
    Formula,
    /// What a spreadsheet shows where a formula failed: `#REF!`.
    FormulaError,
    /// A code that a spreadsheet shortened to `6.08E+10`.
    ShortenedCode,
    /// Nothing where something has to stand.
    EmptyCell,
    /// No number.
    Number(NumberError),
    /// No date.
    Date(DateError),
    /// No period.
    Period(PeriodError),
    /// No code.
    Code(CodeError),
    /// No class.
    UnknownClass,
    /// No stage.
    UnknownStage,
    /// No sex.
    UnknownSex,
    /// A quantity whose unit the ledger does not know.
    UnknownUnit(String),
    /// A quantity of something that has no unit: a kind or a reference, as written.
    NoUnit(String),
    /// A row that names neither a household, nor a person, nor a count.
    NoBeneficiary,
    /// A row that names somebody and gives a count.
    CountOfNamed,
    /// What another room refused, in its own words.
    Refused {
        /// The stable name.
        code: &'static str,
        /// What is wrong.
        message: Text,
        /// What to do about it.
        hint: Option<Text>,
    },
}

impl ImportProblem {
    /// What another room has to say of a row, such as an unknown household.
    pub fn refused(error: &impl Explain) -> ImportProblem {
        let hint = error.hint(Lang::Vi).zip(error.hint(Lang::En));
        ImportProblem::Refused {
            code: error.code(),
            message: Text::new(error.message(Lang::Vi), error.message(Lang::En)),
            hint: hint.map(|(vi, en)| Text { en, vi }),
        }
    }

    /// The error inside, where it can say itself.
    fn inner(&self) -> Option<&dyn Explain> {
        match self {
            ImportProblem::Encoding(error) => Some(error),
            ImportProblem::Table(error) => Some(error),
            ImportProblem::Workbook(error) => Some(error),
            ImportProblem::Number(error) => Some(error),
            ImportProblem::Date(error) => Some(error),
            ImportProblem::Period(error) => Some(error),
            _ => None,
        }
    }
}

macro_rules! from_errors {
    ($($error:ident => $problem:ident),*) => {$(
        impl From<$error> for ImportProblem {
            fn from(error: $error) -> ImportProblem {
                ImportProblem::$problem(error)
            }
        }
    )*};
}

from_errors!(
    EncodingError => Encoding,
    TableError => Table,
    WorkbookError => Workbook,
    NumberError => Number,
    DateError => Date,
    PeriodError => Period,
    CodeError => Code
);

impl ImportProblem {
    fn code(&self) -> &'static str {
        if let Some(inner) = self.inner() {
            return inner.code();
        }
        match self {
            ImportProblem::Unreadable(_) => "unreadable_file",
            ImportProblem::MissingColumn { .. } => "missing_column",
            ImportProblem::ColumnTwice { .. } => "column_twice",
            ImportProblem::MoneyUnit => "amounts_not_in_full",
            ImportProblem::CellWithoutColumn => "cell_without_column",
            ImportProblem::CellTooLong(_) => "cell_too_long",
            ImportProblem::ControlCharacter(_) => "control_character",
            ImportProblem::Formula => "formula",
            ImportProblem::FormulaError => "formula_error",
            ImportProblem::ShortenedCode => "shortened_number",
            ImportProblem::EmptyCell => "empty_cell",
            ImportProblem::Code(CodeError::LooksLikeCitizenId) => "citizen_id_as_code",
            ImportProblem::Code(_) => "bad_code",
            ImportProblem::UnknownClass => "unknown_class",
            ImportProblem::UnknownStage => "unknown_stage",
            ImportProblem::UnknownSex => "unknown_sex",
            ImportProblem::UnknownUnit(_) => "unknown_unit",
            ImportProblem::NoUnit(_) => "no_unit",
            ImportProblem::NoBeneficiary => "no_beneficiary",
            ImportProblem::CountOfNamed => "count_of_named",
            ImportProblem::Refused { code, .. } => code,
            _ => "bad_list",
        }
    }

    /// In Vietnamese and in English.
    fn message(&self, value: &str) -> (String, String) {
        match self {
            ImportProblem::MissingColumn { .. }
            | ImportProblem::ColumnTwice { .. }
            | ImportProblem::MoneyUnit
            | ImportProblem::Unreadable(_) => self.message_of_file(value),
            ImportProblem::UnknownClass
            | ImportProblem::UnknownStage
            | ImportProblem::UnknownSex
            | ImportProblem::UnknownUnit(_)
            | ImportProblem::NoUnit(_)
            | ImportProblem::NoBeneficiary
            | ImportProblem::CountOfNamed => self.message_of_meaning(value),
            ImportProblem::Code(error) => message_of_code(error, value),
            ImportProblem::CellWithoutColumn => (
                format!("ô \"{value}\" nằm ngoài các cột có tên trong dòng tiêu đề"),
                format!("the cell \"{value}\" stands in no column that the header names"),
            ),
            ImportProblem::CellTooLong(bytes) => (
                format!("ô dài {bytes} byte, quá giới hạn {LONGEST_CELL}"),
                format!("the cell has {bytes} bytes, over the limit of {LONGEST_CELL}"),
            ),
            ImportProblem::ControlCharacter(c) => {
                let number = u32::from(*c);
                (
                    format!("ô có ký tự điều khiển không nhìn thấy được (U+{number:04X})"),
                    format!("the cell holds an invisible control character (U+{number:04X})"),
                )
            }
            ImportProblem::Formula => (
                format!("\"{value}\" là công thức của bảng tính, không phải nội dung"),
                format!("\"{value}\" is a formula of a spreadsheet, not what it results in"),
            ),
            ImportProblem::FormulaError => (
                format!("\"{value}\" là công thức bị lỗi trong bảng tính"),
                format!("\"{value}\" is a formula of a spreadsheet that failed"),
            ),
            ImportProblem::ShortenedCode => (
                format!("\"{value}\" là mã số đã bị bảng tính rút gọn, không còn đủ chữ số"),
                format!("\"{value}\" is a code that a spreadsheet shortened; digits are lost"),
            ),
            ImportProblem::EmptyCell => ("ô còn trống".into(), "the cell is empty".into()),
            ImportProblem::Refused { message, .. } => (message.vi.clone(), message.en.clone()),
            _ => self.inner().map_or_else(Default::default, |inner| {
                (inner.message(Lang::Vi), inner.message(Lang::En))
            }),
        }
    }

    fn message_of_file(&self, value: &str) -> (String, String) {
        match self {
            ImportProblem::MissingColumn { any_of, .. } => {
                let (vi, en) = (any_of.join("\" hoặc \""), any_of.join("\" or \""));
                (
                    format!("dòng tiêu đề thiếu cột \"{vi}\""),
                    format!("the header lacks the column \"{en}\""),
                )
            }
            ImportProblem::ColumnTwice {
                column,
                first,
                second,
            } => (
                format!("hai cột \"{first}\" và \"{second}\" cùng là cột \"{column}\""),
                format!("the columns \"{first}\" and \"{second}\" both mean \"{column}\""),
            ),
            ImportProblem::MoneyUnit => (
                format!("cột \"{value}\" ghi số tiền theo nghìn hoặc triệu đồng"),
                format!("the column \"{value}\" gives amounts in thousands or millions"),
            ),
            ImportProblem::Unreadable(why) => (
                format!("không đọc được tệp: {why}"),
                format!("the file cannot be read: {why}"),
            ),
            _ => Default::default(),
        }
    }

    fn message_of_meaning(&self, value: &str) -> (String, String) {
        match self {
            ImportProblem::UnknownClass => (
                format!("không có loại hộ \"{value}\""),
                format!("there is no class \"{value}\""),
            ),
            ImportProblem::UnknownStage => (
                format!("không có giai đoạn \"{value}\""),
                format!("there is no stage \"{value}\""),
            ),
            ImportProblem::UnknownSex => (
                format!("không có giới tính \"{value}\""),
                format!("there is no sex \"{value}\""),
            ),
            ImportProblem::UnknownUnit(unit) => (
                format!("không biết đơn vị tính \"{unit}\" của số lượng \"{value}\""),
                format!("the unit \"{unit}\" of the quantity \"{value}\" is not known"),
            ),
            ImportProblem::NoUnit(of) => (
                format!(
                    "số lượng \"{value}\" không có đơn vị tính: \"{of}\" không có trong danh mục, \
                     hoặc không tính theo số lượng"
                ),
                format!(
                    "the quantity \"{value}\" has no unit: \"{of}\" is not known, or is not \
                     measured by quantity"
                ),
            ),
            ImportProblem::NoBeneficiary => (
                "dòng không ghi hộ, người hay số lượng đối tượng thụ hưởng".into(),
                "the row names neither a household, nor a person, nor a count".into(),
            ),
            ImportProblem::CountOfNamed => (
                format!("dòng vừa ghi tên đối tượng, vừa ghi số đối tượng \"{value}\""),
                format!("the row names a beneficiary and gives a count of \"{value}\" as well"),
            ),
            _ => Default::default(),
        }
    }

    fn hint(&self) -> Option<(String, String)> {
        if let Some(inner) = self.inner() {
            return inner.hint(Lang::Vi).zip(inner.hint(Lang::En));
        }
        if let ImportProblem::MissingColumn { names, .. } = self {
            let names = names.join(", ");
            return Some((
                format!("dòng đầu tiên phải là tiêu đề; thêm một cột tên là một trong: {names}"),
                format!("the first row has to be the header; add a column named one of: {names}"),
            ));
        }
        if let ImportProblem::Refused { hint, .. } = self {
            return hint.clone().map(|hint| (hint.vi, hint.en));
        }
        let (vi, en) = self.fixed_hint()?;
        Some((vi.to_owned(), en.to_owned()))
    }

    fn fixed_hint(&self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            ImportProblem::ColumnTwice { .. } => (
                "xóa hoặc đổi tên một trong hai cột",
                "remove or rename one of the two",
            ),
            ImportProblem::MoneyUnit => (
                "ghi số tiền đầy đủ theo đồng và sửa tiêu đề, ví dụ \"Số tiền (đồng)\"",
                "write amounts in full dong and say so in the header, such as \"amount\"",
            ),
            ImportProblem::CellWithoutColumn => (
                "đặt tên cho cột, xóa ô thừa, hoặc đặt ô có dấu ngăn cách trong dấu ngoặc kép",
                "name the column, remove the cell, or quote a cell that holds the delimiter",
            ),
            ImportProblem::CellTooLong(_) => ("rút ngắn nội dung ô", "shorten the cell"),
            ImportProblem::ControlCharacter(_) => (
                "xóa nội dung ô và gõ lại",
                "clear the cell and type it again",
            ),
            ImportProblem::Formula => (
                "ghi giá trị thay cho công thức (Dán đặc biệt, Giá trị)",
                "write the value instead of the formula (Paste Special, Values)",
            ),
            ImportProblem::FormulaError => (
                "mở bảng tính, sửa công thức hoặc ghi thẳng giá trị",
                "mend the formula in the spreadsheet, or write the value",
            ),
            ImportProblem::ShortenedCode => (
                "định dạng cột là Văn bản (Text), nhập lại mã đầy đủ rồi lưu",
                "format the column as text, enter the full code again, then save",
            ),
            ImportProblem::EmptyCell => ("điền vào ô này", "fill in the cell"),
            ImportProblem::Code(CodeError::LooksLikeCitizenId) => (
                "dùng mã riêng của hộ hoặc người; số định danh để ở cột \"id_number\"",
                "use a code of its own; a citizen's number belongs in the column \"id_number\"",
            ),
            ImportProblem::Code(_) => (
                "mã có 1 đến 120 ký tự trên một dòng, không có dấu chấm phẩy",
                "a code has 1 to 120 characters on one line, without a semicolon",
            ),
            _ => return self.hint_of_meaning(),
        })
    }

    fn hint_of_meaning(&self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            ImportProblem::UnknownClass => (
                "ghi hộ nghèo, cận nghèo, mới thoát nghèo, trung bình, khác hoặc không",
                "write poor, near_poor, newly_escaped, average, other or none",
            ),
            ImportProblem::UnknownStage => (
                "ghi đăng ký, đề nghị, thẩm định, phê duyệt, chi trả, quyết toán, từ chối, rút \
                 hoặc tổ chức",
                "write registered, proposed, appraised, approved, disbursed, settled, rejected, \
                 withdrawn or held",
            ),
            ImportProblem::UnknownSex => ("ghi nam hoặc nữ", "write male or female"),
            ImportProblem::UnknownUnit(_) => (
                "ghi một đơn vị tính có trong danh mục, ví dụ kg",
                "write a unit of the catalogue, such as kg",
            ),
            ImportProblem::NoUnit(_) => (
                "sửa mã, hoặc xóa số lượng",
                "correct the code, or remove the quantity",
            ),
            ImportProblem::NoBeneficiary => (
                "ghi mã hộ, mã người, hoặc số đối tượng (0 nếu không có)",
                "fill in household, person, or count (0 where there is nobody)",
            ),
            ImportProblem::CountOfNamed => (
                "bỏ số đối tượng ở dòng có tên, hoặc bỏ mã hộ và mã người ở dòng tổng hợp",
                "remove the count from a named row, or household and person from a group row",
            ),
            _ => return None,
        })
    }
}

fn message_of_code(error: &CodeError, value: &str) -> (String, String) {
    match error {
        CodeError::LooksLikeCitizenId => (
            format!("\"{value}\" giống số định danh công dân, không được dùng làm mã"),
            format!("\"{value}\" looks like a citizen's number, which cannot be a code"),
        ),
        CodeError::Empty => ("mã còn trống".into(), "the code is empty".into()),
        CodeError::TooLong(_) => (
            format!("mã \"{value}\" dài quá 120 ký tự"),
            format!("the code \"{value}\" has over 120 characters"),
        ),
        CodeError::BadCharacter(_) => (
            format!("mã \"{value}\" có ký tự không dùng được trong mã"),
            format!("the code \"{value}\" holds a character that a code cannot hold"),
        ),
    }
}

impl Explain for ImportIssue {
    fn code(&self) -> &'static str {
        self.problem.code()
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = self
            .problem
            .message(self.value.as_deref().unwrap_or_default());
        lang.pick(vi, en)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.problem.hint().map(|(vi, en)| lang.pick(vi, en))
    }
}

/// An issue as programs read it, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpokenIssue {
    /// The name of the file.
    pub file: String,
    /// The sheet of a workbook, else null.
    pub sheet: Option<String>,
    /// The row as a spreadsheet numbers it, else null.
    pub row: Option<u64>,
    /// The column as the file calls it, else null.
    pub column: Option<String>,
    /// What was found, else null.
    pub value: Option<String>,
    /// The stable name of what is wrong.
    pub code: &'static str,
    /// What is wrong and why.
    pub message: String,
    /// What would be right, else null.
    pub hint: Option<String>,
}

impl ImportIssue {
    /// The issue as programs read it.
    pub fn spoken(&self, lang: Lang) -> SpokenIssue {
        SpokenIssue {
            file: self.file.to_string(),
            sheet: self.sheet.as_deref().map(str::to_owned),
            row: self.row,
            column: self.column.clone(),
            value: self.value.clone(),
            code: self.code(),
            message: self.message(lang),
            hint: self.hint(lang),
        }
    }

    /// Where it is: *hộ.csv, dòng 5, cột "Số tiền"*.
    pub fn place(&self, lang: Lang) -> String {
        let mut place = self.file.to_string();
        if let Some(sheet) = &self.sheet {
            place += &lang.pick(
                format!(", trang \"{sheet}\""),
                format!(", sheet \"{sheet}\""),
            );
        }
        if let Some(row) = self.row {
            place += &lang.pick(format!(", dòng {row}"), format!(", row {row}"));
        }
        if let Some(column) = &self.column {
            place += &lang.pick(
                format!(", cột \"{column}\""),
                format!(", column \"{column}\""),
            );
        }
        place
    }

    /// Where it is, what is wrong, and what would be right, in one line.
    pub fn line(&self, lang: Lang) -> String {
        let hint = self.hint(lang).map(|hint| format!(" ({hint})"));
        let (place, message) = (self.place(lang), self.message(lang));
        format!("{place}: {message}{}", hint.unwrap_or_default())
    }
}

impl fmt::Display for ImportIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line(Lang::En))
    }
}

impl std::error::Error for ImportIssue {}

/// Something about a list that does not stop it, and that who made it should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportNotice {
    /// A column that is not read, as the file calls it.
    UnknownColumn(String),
    /// The file was no UTF-8 and was read in an older encoding.
    Decoded(Encoding),
    /// In one column a dot stands before decimals in one row, and before thousands in another.
    MixedDots {
        /// The column, as the file calls it.
        column: String,
        /// A row and cell in which it groups thousands.
        thousands: (u64, String),
        /// A row and cell in which it stands before decimals.
        decimals: (u64, String),
    },
    /// Bare numbers in a column of dates were read as the days that a spreadsheet counts.
    SerialDates {
        /// The column, as the file calls it.
        column: String,
        /// The rows.
        rows: Vec<u64>,
    },
    /// Citizens' numbers that a spreadsheet kept as numbers got back the zeros before them.
    PaddedIds {
        /// The column, as the file calls it.
        column: String,
        /// The rows.
        rows: Vec<u64>,
    },
    /// Rows that are hidden in the workbook.
    HiddenRows {
        /// The rows.
        rows: Vec<u64>,
        /// They were left out, as was said.
        skipped: bool,
    },
    /// Rows that are no rows of the list, with what they say.
    PassedRows(Vec<(u64, String)>),
    /// A row of totals states another sum than the rows above it come to.
    TotalDiffers {
        /// The row of the total.
        row: u64,
        /// The column, as the file calls it.
        column: String,
        /// What it states, in thousandths.
        stated: i128,
        /// What the rows come to, in thousandths.
        sum: i128,
    },
    /// Rows that an earlier import of this list recorded, by what it wrote beside them.
    AnsweredRows(usize),
    /// The list that is given back is rebuilt from its cells: the workbook could not be kept,
    /// for this reason.
    Rebuilt(String),
}

/// Row numbers for people: all of a few, the first of many.
fn row_numbers(rows: &[u64]) -> String {
    let shown: Vec<String> = rows.iter().take(8).map(u64::to_string).collect();
    let dots = if rows.len() > 8 { ", …" } else { "" };
    format!("{}{dots}", shown.join(", "))
}

impl Explain for ImportNotice {
    fn code(&self) -> &'static str {
        match self {
            ImportNotice::UnknownColumn(_) => "unknown_column",
            ImportNotice::Decoded(_) => "decoded_as_windows_1258",
            ImportNotice::MixedDots { .. } => "mixed_dots",
            ImportNotice::SerialDates { .. } => "serial_dates",
            ImportNotice::PaddedIds { .. } => "padded_ids",
            ImportNotice::HiddenRows { .. } => "hidden_rows",
            ImportNotice::PassedRows(_) => "passed_rows",
            ImportNotice::TotalDiffers { .. } => "total_differs",
            ImportNotice::AnsweredRows(_) => "answered_rows",
            ImportNotice::Rebuilt(_) => "rebuilt",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match self {
            ImportNotice::UnknownColumn(name) => lang.pick(
                format!("cột \"{name}\" không được đọc"),
                format!("the column \"{name}\" is not read"),
            ),
            ImportNotice::Decoded(_) => lang.pick(
                "tệp không phải UTF-8, đã được đọc theo bảng mã Windows-1258".to_owned(),
                "the file is not UTF-8 and was read as Windows-1258".to_owned(),
            ),
            ImportNotice::SerialDates { column, rows } => {
                let rows = row_numbers(rows);
                lang.pick(
                    format!("cột \"{column}\": số trong ô được đọc là ngày (dòng {rows})"),
                    format!("the column \"{column}\": numbers were read as dates (rows {rows})"),
                )
            }
            ImportNotice::PaddedIds { column, rows } => {
                let rows = row_numbers(rows);
                lang.pick(
                    format!("cột \"{column}\": đã thêm lại các số 0 ở đầu (dòng {rows})"),
                    format!("the column \"{column}\": lost zeros were put back (rows {rows})"),
                )
            }
            ImportNotice::HiddenRows { rows, skipped } => {
                let (count, rows) = (rows.len(), row_numbers(rows));
                match skipped {
                    true => lang.pick(
                        format!("{count} dòng bị ẩn đã được bỏ qua (dòng {rows})"),
                        format!("{count} hidden rows were left out (rows {rows})"),
                    ),
                    false => lang.pick(
                        format!("{count} dòng bị ẩn vẫn được đọc (dòng {rows})"),
                        format!("{count} hidden rows were read all the same (rows {rows})"),
                    ),
                }
            }
            ImportNotice::PassedRows(rows) => {
                let shown: Vec<String> = rows
                    .iter()
                    .take(8)
                    .map(|(row, text)| format!("{row} \"{text}\""))
                    .collect();
                let dots = if rows.len() > 8 { ", …" } else { "" };
                let (count, shown) = (rows.len(), shown.join(", "));
                lang.pick(
                    format!("{count} dòng không phải dòng dữ liệu, không đọc: {shown}{dots}"),
                    format!(
                        "{count} rows are no rows of the list and were not read: {shown}{dots}"
                    ),
                )
            }
            ImportNotice::TotalDiffers {
                row,
                column,
                stated,
                sum,
            } => {
                let (stated, sum) = (format_thousandths(*stated), format_thousandths(*sum));
                lang.pick(
                    format!(
                        "dòng tổng {row}, cột \"{column}\" ghi {stated}; cộng các dòng là {sum}"
                    ),
                    format!(
                        "the total in row {row}, \"{column}\", is {stated}; the rows come to {sum}"
                    ),
                )
            }
            ImportNotice::AnsweredRows(rows) => lang.pick(
                format!("{rows} dòng đã được ghi ở lần nhập trước (theo cột kết quả), bỏ qua"),
                format!(
                    "{rows} rows were recorded by an earlier import (by the column of results)"
                ),
            ),
            ImportNotice::Rebuilt(why) => lang.pick(
                format!(
                    "tệp trả lại được dựng lại từ nội dung các ô, không giữ được định dạng ({why})"
                ),
                format!(
                    "the list given back is rebuilt from its cells, how they looked is lost ({why})"
                ),
            ),
            ImportNotice::MixedDots {
                column,
                thousands: (t_row, t),
                decimals: (d_row, d),
            } => lang.pick(
                format!(
                    "cột \"{column}\" dùng dấu chấm theo hai cách: dòng {t_row}, \"{t}\" là hàng \
                     nghìn; dòng {d_row}, \"{d}\" là thập phân"
                ),
                format!(
                    "the column \"{column}\" uses dots in two ways: in row {t_row}, \"{t}\" is in \
                     thousands; in row {d_row}, \"{d}\" has decimals"
                ),
            ),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let hint = match self {
            ImportNotice::UnknownColumn(_) => lang.pick(
                "đổi tên cột nếu cần nhập nội dung của nó",
                "rename the column if what it holds should be imported",
            ),
            ImportNotice::Decoded(_) => lang.pick(
                "kiểm tra dấu tiếng Việt; nên lưu danh sách thành tệp \"CSV UTF-8\"",
                "check the diacritics; better save the list as a \"CSV UTF-8\" file",
            ),
            ImportNotice::SerialDates { .. } => lang.pick(
                "kiểm tra lại ngày; nên định dạng cột là Ngày (Date)",
                "check the dates; better format the column as dates",
            ),
            ImportNotice::PaddedIds { .. } => lang.pick(
                "nên định dạng cột là Văn bản (Text)",
                "better format the column as text",
            ),
            ImportNotice::HiddenRows { skipped: false, .. } => lang.pick(
                "kiểm tra lại; thêm --skip-hidden để bỏ qua các dòng ẩn",
                "check them; add --skip-hidden to leave them out",
            ),
            ImportNotice::Rebuilt(_) => lang.pick(
                "nên sửa trong tệp gốc, hoặc lưu lại nó thành .xlsx không có macro",
                "better correct the original file, or save it anew as .xlsx without macros",
            ),
            ImportNotice::HiddenRows { .. }
            | ImportNotice::PassedRows(_)
            | ImportNotice::AnsweredRows(_) => return None,
            ImportNotice::TotalDiffers { .. } => lang.pick(
                "đối chiếu với danh sách giấy trước khi ghi",
                "compare with the paper list before recording",
            ),
            ImportNotice::MixedDots { .. } => lang.pick(
                "kiểm tra lại; viết số thập phân với dấu phẩy",
                "check it; write decimals after a comma",
            ),
        };
        Some(hint.to_owned())
    }
}

/// A notice as programs read it, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpokenNotice {
    /// The stable name.
    pub code: &'static str,
    /// What was noticed.
    pub message: String,
    /// What to do about it, else null.
    pub hint: Option<String>,
}

impl ImportNotice {
    /// The notice as programs read it.
    pub fn spoken(&self, lang: Lang) -> SpokenNotice {
        SpokenNotice {
            code: self.code(),
            message: self.message(lang),
            hint: self.hint(lang),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::number::read_money;

    fn issue() -> ImportIssue {
        ImportIssue {
            file: "hỗ trợ.csv".into(),
            sheet: None,
            row: Some(5),
            column: Some("Số tiền".into()),
            value: Some("1000,5".into()),
            problem: read_money("1000,5", 0).unwrap_err().into(),
        }
    }

    #[test]
    fn an_issue_says_where_what_why_and_what_would_be_right() {
        assert_eq!(
            issue().line(Lang::Vi),
            "hỗ trợ.csv, dòng 5, cột \"Số tiền\": \"1000,5\" có phần lẻ, mà ở đây chỉ dùng số \
             nguyên (ghi số nguyên đầy đủ, ví dụ 1337000 hoặc 1.337.000)"
        );
        assert_eq!(
            issue().to_string(),
            "hỗ trợ.csv, row 5, column \"Số tiền\": \"1000,5\" has a fraction, where only whole \
             numbers are used (write the whole number in full, such as 1337000 or 1.337.000)"
        );
    }

    #[test]
    fn an_issue_as_json_has_every_member() {
        let json = serde_json::to_value(issue().spoken(Lang::En)).unwrap();
        let object = json.as_object().unwrap();
        let names: Vec<&str> = object.keys().map(String::as_str).collect();
        for name in [
            "file", "sheet", "row", "column", "value", "code", "message", "hint",
        ] {
            assert!(names.contains(&name), "{name}");
        }
        assert_eq!(json["code"], "fraction_not_allowed");
        assert_eq!(json["row"], 5);
        assert!(json["sheet"].is_null());
    }

    #[test]
    fn every_problem_says_itself_in_both_languages() {
        let found = "x".to_owned();
        let text = Text::new("vi", "en");
        let hint = Some(text.clone());
        let problems = [
            ImportProblem::Encoding(EncodingError::Excel),
            ImportProblem::Table(TableError::Empty),
            ImportProblem::MissingColumn {
                any_of: &["ref"],
                names: vec!["ref"],
            },
            ImportProblem::ColumnTwice {
                column: "ref",
                first: found.clone(),
                second: found.clone(),
            },
            ImportProblem::MoneyUnit,
            ImportProblem::CellWithoutColumn,
            ImportProblem::CellTooLong(40_000),
            ImportProblem::ControlCharacter('\t'),
            ImportProblem::Formula,
            ImportProblem::ShortenedCode,
            ImportProblem::EmptyCell,
            ImportProblem::Date(DateError::Form(found.clone())),
            ImportProblem::Period(PeriodError::Form(found.clone())),
            ImportProblem::Code(CodeError::LooksLikeCitizenId),
            ImportProblem::Code(CodeError::BadCharacter(found.clone())),
            ImportProblem::Code(CodeError::TooLong(found.clone())),
            ImportProblem::UnknownClass,
            ImportProblem::UnknownStage,
            ImportProblem::UnknownSex,
            ImportProblem::UnknownUnit(found.clone()),
            ImportProblem::NoUnit(found.clone()),
            ImportProblem::NoBeneficiary,
            ImportProblem::CountOfNamed,
            ImportProblem::Refused {
                code: "refused",
                message: text,
                hint,
            },
        ];
        for problem in problems {
            let issue = ImportIssue { problem, ..issue() };
            assert_ne!(issue.code(), "bad_list", "{issue:?}");
            assert!(!issue.message(Lang::Vi).is_empty(), "{issue:?}");
            assert_ne!(
                issue.message(Lang::Vi),
                issue.message(Lang::En),
                "{issue:?}"
            );
            assert_ne!(issue.hint(Lang::Vi).unwrap(), issue.hint(Lang::En).unwrap());
        }
    }
}
