//! Issued reports by their names, and what can be wrong with one.

use super::error::OfficeError;
use crate::domain::language::{Explain, Lang};
use crate::domain::report::IssuedReport;

/// What can be wrong with an issued report, or with the name of one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssuedError {
    /// No report has this number.
    Unknown {
        /// The name found.
        name: String,
        /// Those that were issued.
        known: Vec<String>,
    },
    /// The number was given in several years.
    Ambiguous {
        /// The name found.
        name: String,
        /// The reports it could mean.
        known: Vec<String>,
    },
    /// Not a number of a document.
    BadNumber(String),
    /// Made again, the report is not what was issued.
    Differs {
        /// Its number.
        number: String,
        /// What differs first: `root`, `template`, `narrative`, `stored model`, `model`, or the
        /// ending of a rendering.
        what: String,
    },
    /// It was made by rules that this program does not know.
    Newer(String),
}

impl From<IssuedError> for OfficeError {
    fn from(error: IssuedError) -> OfficeError {
        OfficeError::Issued(error)
    }
}

/// The issued report that a text names.
///
/// # Errors
/// [`IssuedError::Unknown`] or [`IssuedError::Ambiguous`].
pub fn named<'a>(reports: &'a [IssuedReport], text: &str) -> Result<&'a IssuedReport, IssuedError> {
    let text = crate::import::text::normalised(text);
    let mut called = reports.iter().filter(|report| report.is_called(&text));
    let names = |reports: &mut dyn Iterator<Item = &IssuedReport>| {
        let names = reports.map(IssuedReport::name);
        names.collect::<Vec<_>>()
    };
    match (called.next(), called.next()) {
        (Some(report), None) => Ok(report),
        (None, _) => Err(IssuedError::Unknown {
            known: names(&mut reports.iter()),
            name: text,
        }),
        (Some(first), Some(second)) => Err(IssuedError::Ambiguous {
            known: names(&mut [first, second].into_iter().chain(called)),
            name: text,
        }),
    }
}

impl Explain for IssuedError {
    fn code(&self) -> &'static str {
        match self {
            IssuedError::Unknown { .. } => "unknown_report",
            IssuedError::Ambiguous { .. } => "ambiguous_report",
            IssuedError::BadNumber(_) => "bad_report_number",
            IssuedError::Differs { .. } => "report_differs",
            IssuedError::Newer(_) => "newer_report",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            IssuedError::Unknown { name, .. } => (
                format!("chưa phát hành báo cáo số “{name}”"),
                format!("no report \"{name}\" was issued"),
            ),
            IssuedError::Ambiguous { name, .. } => (
                format!("“{name}” là số của nhiều báo cáo"),
                format!("\"{name}\" is the number of several reports"),
            ),
            IssuedError::BadNumber(number) => (
                format!("“{number}” không phải là số văn bản"),
                format!("\"{number}\" is not the number of a document"),
            ),
            IssuedError::Differs { number, what } => {
                let vi = match what.as_str() {
                    "root" => "mã gốc của sổ",
                    "template" => "mẫu báo cáo",
                    "narrative" => "phần lời văn",
                    "stored model" => "bản lưu trong sổ",
                    "model" => "nội dung",
                    other => other,
                };
                (
                    format!("báo cáo {number} lập lại không khớp với bản đã phát hành: {vi}"),
                    format!("report {number}, made again, is not what was issued: {what}"),
                )
            }
            IssuedError::Newer(number) => (
                format!("báo cáo {number} được lập bằng quy tắc mà chương trình này chưa biết"),
                format!("report {number} was made by rules that this program does not know"),
            ),
        };
        lang.pick(vi, en)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            IssuedError::Unknown { known, .. } if known.is_empty() => (
                "sổ chưa phát hành báo cáo nào: socai report issue …".to_owned(),
                "no report was issued yet: socai report issue …".to_owned(),
            ),
            IssuedError::Unknown { known, .. } => (
                format!("đã phát hành: {}", known.join(", ")),
                format!("issued: {}", known.join(", ")),
            ),
            IssuedError::Ambiguous { known, .. } => (
                format!("thêm năm: {}", known.join(", ")),
                format!("add the year: {}", known.join(", ")),
            ),
            IssuedError::BadNumber(_) => (
                "ví dụ: 57, hoặc 57/BC-UBND; không có dấu cách và @".to_owned(),
                "such as 57 or 57/BC-UBND; no spaces and no @".to_owned(),
            ),
            IssuedError::Differs { .. } => (
                "kiểm tra sổ: socai verify; bản lưu của báo cáo nằm trong sổ theo mã của nó"
                    .to_owned(),
                "check the ledger: socai verify; the report as issued stands in the log by its \
                 digest"
                    .to_owned(),
            ),
            IssuedError::Newer(_) => (
                "hãy dùng phiên bản socai mới hơn".to_owned(),
                "use a newer version of socai".to_owned(),
            ),
        };
        Some(lang.pick(vi, en))
    }
}
