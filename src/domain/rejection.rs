//! Rejections: why a command cannot be true.

use chrono::NaiveDate;

use super::adoption::AdoptionProblem;
use super::language::{Explain, Lang};
use super::stage::Stage;
use super::succession::HouseholdProblem;
use super::unit::UnitProblem;

/// A name the ledger does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are the words of ARCHITECTURE.md")]
pub enum Unknown {
    Household,
    Person,
    Project,
    Kind,
    Source,
    Unit,
    Group,
    Programme,
    Indicator,
    Support,
    Actor,
    Series,
    Document,
}

impl Unknown {
    fn parts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Unknown::Household => ("unknown_household", "hộ", "household"),
            Unknown::Person => ("unknown_person", "nhân khẩu", "person"),
            Unknown::Project => ("unknown_project", "dự án", "project"),
            Unknown::Kind => ("unknown_kind", "chính sách", "support kind"),
            Unknown::Source => ("unknown_source", "nguồn vốn", "funding source"),
            Unknown::Unit => ("unknown_unit", "đơn vị tính", "unit of measure"),
            Unknown::Group => ("unknown_group", "nhóm đối tượng", "group"),
            Unknown::Programme => ("unknown_programme", "chương trình", "programme"),
            Unknown::Indicator => ("unknown_indicator", "chỉ tiêu", "indicator"),
            Unknown::Support => ("unknown_support", "lượt hỗ trợ", "support"),
            Unknown::Actor => ("unknown_actor", "người dùng", "actor"),
            Unknown::Series => ("unknown_series", "chuỗi giá trị", "series"),
            Unknown::Document => ("unknown_document", "văn bản", "document"),
        }
    }
}

/// Why a command is refused: only what cannot be true is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The ledger does not know this name.
    Unknown {
        /// What it should name.
        what: Unknown,
        /// The name found.
        name: String,
        /// Names that would do, where they are few.
        known: Vec<String>,
    },
    /// Something that must be there is not.
    Missing(&'static str),
    /// Known already, with other content.
    Differs {
        /// What it is, such as `household LB-0001`.
        what: String,
        /// The fields that differ.
        fields: Vec<String>,
    },
    /// The unit is not the kind's.
    WrongUnit {
        /// The unit found.
        found: String,
        /// The unit of the kind; empty when it has none.
        expected: String,
    },
    /// More decimals than the unit or the currency has.
    TooFine {
        /// The value found.
        found: String,
        /// The unit or the currency.
        unit: String,
        /// How many decimals it has.
        decimals: u32,
    },
    /// Below zero.
    Negative(String),
    /// Beyond what one record can hold.
    TooLarge(String),
    /// Dated after today.
    FutureDate {
        /// The date found.
        found: NaiveDate,
        /// Today at the ledger's offset.
        today: NaiveDate,
    },
    /// Before 1900.
    AncientDate(NaiveDate),
    /// The kind does not have this stage.
    NoSuchStage {
        /// The kind.
        kind: String,
        /// The stage asked for.
        stage: Stage,
        /// Its stages.
        stages: Vec<Stage>,
    },
    /// The kind's stage must be stated.
    StageNeeded {
        /// The kind.
        kind: String,
        /// Its stages.
        stages: Vec<Stage>,
    },
    /// Both a household and a count.
    NamedAndCounted,
    /// The support reached this stage before.
    StageReached(Stage),
    /// The support has not reached this stage.
    StageNotReached(Stage),
    /// The support is reversed.
    Reversed,
    /// Several of the register answer to the name, and the row has no code.
    Ambiguous {
        /// The name or number as the row has it.
        name: String,
        /// The codes it could mean.
        candidates: Vec<String>,
    },
    /// Nobody of the register answers to the name or number, and the row has no code.
    NotInRegister(String),
    /// The counterpart is more than the amount.
    CounterpartTooLarge,
    /// A new amount over several sources, without saying how it splits.
    AmountNeedsSources,
    /// More than was disbursed would be taken back.
    RecoveryTooLarge {
        /// What can still be taken back.
        left: String,
    },
    /// Money taken back from what was never disbursed.
    NothingDisbursed,
    /// A source has to be named, since several paid.
    SourceNeeded(Vec<String>),
    /// A reason has to be given.
    ReasonNeeded,
    /// Nothing would change.
    NothingChanges,
    /// A date before the original's.
    BeforeOriginal(NaiveDate),
    /// A report of this number was issued in this year.
    ReportNumberTaken {
        /// The number.
        number: String,
        /// The year of its date.
        year: i32,
        /// The event that issued it.
        seq: u64,
    },
    /// A period that is not over cannot be closed.
    PeriodNotOver {
        /// The last day that was to be closed.
        through: NaiveDate,
        /// Today at the ledger's offset.
        today: NaiveDate,
    },
    /// The period is closed already, up to this day.
    PeriodClosed(NaiveDate),
    /// What was to be reopened is not closed.
    PeriodNotClosed {
        /// The day that was to stay closed.
        through: NaiveDate,
        /// The last closed day, if any.
        closed: Option<NaiveDate>,
    },
    /// A correction would stand in a closed period.
    EffectiveInClosed {
        /// The day asked for.
        on: NaiveDate,
        /// The last closed day.
        closed: NaiveDate,
    },
    /// The text cannot be a code.
    BadCode(String),
    /// A change of administrative units that cannot be true.
    Unit(UnitProblem),
    /// A household that cannot split, merge or close like that.
    Household(HouseholdProblem),
    /// A catalogue that cannot be adopted.
    Adoption(AdoptionProblem),
}

impl From<AdoptionProblem> for Rejection {
    fn from(problem: AdoptionProblem) -> Rejection {
        Rejection::Adoption(problem)
    }
}

impl From<HouseholdProblem> for Rejection {
    fn from(problem: HouseholdProblem) -> Rejection {
        Rejection::Household(problem)
    }
}

impl From<UnitProblem> for Rejection {
    fn from(problem: UnitProblem) -> Rejection {
        Rejection::Unit(problem)
    }
}

impl Rejection {
    /// A name that is not known, without suggestions.
    pub fn unknown(what: Unknown, name: &str) -> Rejection {
        Rejection::Unknown {
            what,
            name: name.to_owned(),
            known: Vec::new(),
        }
    }
}

fn list<T: ToString>(items: &[T]) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

impl Explain for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Rejection::Unknown { what, .. } => what.parts().0,
            Rejection::Missing(_) => "missing_value",
            Rejection::Differs { .. } => "differs",
            Rejection::WrongUnit { .. } => "wrong_unit",
            Rejection::TooFine { .. } => "too_fine",
            Rejection::Negative(_) => "negative",
            Rejection::TooLarge(_) => "too_large",
            Rejection::FutureDate { .. } => "future_date",
            Rejection::AncientDate(_) => "ancient_date",
            Rejection::NoSuchStage { .. } => "no_such_stage",
            Rejection::StageNeeded { .. } => "stage_needed",
            Rejection::NamedAndCounted => "named_and_counted",
            Rejection::StageReached(_) => "stage_reached",
            Rejection::StageNotReached(_) => "stage_not_reached",
            Rejection::Reversed => "reversed",
            Rejection::Ambiguous { .. } => "ambiguous_name",
            Rejection::NotInRegister(_) => "not_in_register",
            Rejection::CounterpartTooLarge => "counterpart_too_large",
            Rejection::AmountNeedsSources => "amount_needs_sources",
            Rejection::RecoveryTooLarge { .. } => "recovery_too_large",
            Rejection::NothingDisbursed => "nothing_disbursed",
            Rejection::SourceNeeded(_) => "source_needed",
            Rejection::ReasonNeeded => "reason_needed",
            Rejection::NothingChanges => "nothing_changes",
            Rejection::BeforeOriginal(_) => "before_original",
            Rejection::ReportNumberTaken { .. } => "report_number_taken",
            Rejection::BadCode(_) => "bad_code",
            Rejection::PeriodNotOver { .. } => "period_not_over",
            Rejection::PeriodClosed(_) => "period_closed",
            Rejection::PeriodNotClosed { .. } => "period_not_closed",
            Rejection::EffectiveInClosed { .. } => "effective_in_closed",
            Rejection::Unit(problem) => problem.code(),
            Rejection::Household(problem) => problem.code(),
            Rejection::Adoption(problem) => problem.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        match self {
            Rejection::Unit(problem) => return problem.message(lang),
            Rejection::Household(problem) => return problem.message(lang),
            Rejection::Adoption(problem) => return problem.message(lang),
            _ => {}
        }
        let (vi, en) = self.both();
        lang.pick(vi, en)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            Rejection::Unit(problem) => return problem.hint(lang),
            Rejection::Household(problem) => return problem.hint(lang),
            Rejection::Adoption(problem) => return problem.hint(lang),
            _ => {}
        }
        let (vi, en) = self.hints()?;
        Some(lang.pick(vi, en))
    }
}

impl Rejection {
    fn both(&self) -> (String, String) {
        match self {
            Rejection::Unknown { what, name, .. } => {
                let (_, vi, en) = what.parts();
                (
                    format!("không có {vi} “{name}” trong sổ"),
                    format!("unknown {en} \"{name}\""),
                )
            }
            Rejection::Missing(what) => (
                format!("thiếu giá trị “{what}”"),
                format!("the value \"{what}\" is missing"),
            ),
            Rejection::Differs { what, fields } => (
                format!(
                    "{what} đã có trong sổ với nội dung khác: {}",
                    fields.join(", ")
                ),
                format!(
                    "{what} is in the ledger with other content: {}",
                    fields.join(", ")
                ),
            ),
            Rejection::WrongUnit { found, expected } => (
                format!("đơn vị tính “{found}” không đúng, phải là “{expected}”"),
                format!("the unit \"{found}\" is wrong, it must be \"{expected}\""),
            ),
            Rejection::TooFine {
                found,
                unit,
                decimals,
            } => (
                format!("{found} có quá nhiều chữ số thập phân: {unit} có {decimals}"),
                format!("{found} has too many decimals: {unit} has {decimals}"),
            ),
            Rejection::Negative(found) => (
                format!("{found} nhỏ hơn 0"),
                format!("{found} is below zero"),
            ),
            Rejection::TooLarge(found) => (
                format!("{found} vượt quá mức có thể ghi (999.999.999.999.999)"),
                format!("{found} is beyond what can be recorded (999,999,999,999,999)"),
            ),
            Rejection::FutureDate { found, today } => (
                format!("ngày {found} ở tương lai (hôm nay là {today})"),
                format!("the date {found} is in the future (today is {today})"),
            ),
            Rejection::AncientDate(found) => (
                format!("ngày {found} trước năm 1900"),
                format!("the date {found} is before 1900"),
            ),
            _ => self.both_of_supports(),
        }
    }

    fn both_of_supports(&self) -> (String, String) {
        let same = |vi: &str, en: &str| (vi.to_owned(), en.to_owned());
        match self {
            Rejection::NoSuchStage { kind, stage, .. } => (
                format!("“{kind}” không có giai đoạn “{stage}”"),
                format!("\"{kind}\" has no stage \"{stage}\""),
            ),
            Rejection::StageNeeded { kind, .. } => (
                format!("phải ghi rõ giai đoạn của “{kind}”"),
                format!("the stage of \"{kind}\" must be stated"),
            ),
            Rejection::NamedAndCounted => same(
                "một dòng có cả mã hộ và số lượng đối tượng",
                "a row has both a household and a count",
            ),
            Rejection::StageReached(stage) => (
                format!("lượt hỗ trợ này đã ở giai đoạn “{stage}”"),
                format!("the support has reached the stage \"{stage}\" already"),
            ),
            Rejection::StageNotReached(stage) => (
                format!("lượt hỗ trợ này chưa đến giai đoạn “{stage}”"),
                format!("the support has not reached the stage \"{stage}\""),
            ),
            Rejection::Reversed => {
                same("lượt hỗ trợ này đã bị hủy", "the support has been reversed")
            }
            Rejection::Ambiguous { name, candidates } => {
                let codes = candidates.join(", ");
                (
                    format!("“{name}” có thể là: {codes}"),
                    format!("{name:?} could be any of: {codes}"),
                )
            }
            Rejection::NotInRegister(name) => (
                format!("không có ai tên hoặc số định danh “{name}” trong sổ"),
                format!("nobody in the register has the name or number {name:?}"),
            ),
            Rejection::CounterpartTooLarge => same(
                "phần đối ứng lớn hơn tổng số tiền",
                "the counterpart is more than the amount",
            ),
            Rejection::AmountNeedsSources => same(
                "khoản này có nhiều nguồn vốn: phải ghi số tiền của từng nguồn",
                "several sources pay: say how the new amount splits",
            ),
            Rejection::RecoveryTooLarge { left } => (
                format!("số thu hồi lớn hơn số đã chi còn lại ({left})"),
                format!("more than what is left of the disbursed amount ({left})"),
            ),
            Rejection::NothingDisbursed => same(
                "chưa có khoản chi nào để thu hồi",
                "nothing was disbursed that could be taken back",
            ),
            Rejection::SourceNeeded(_) => same(
                "có nhiều nguồn vốn: phải ghi thu hồi về nguồn nào",
                "several sources paid: say which one it goes back to",
            ),
            Rejection::ReasonNeeded => same("phải ghi lý do", "a reason must be given"),
            Rejection::NothingChanges => same("không có gì thay đổi", "nothing would change"),
            Rejection::BeforeOriginal(original) => (
                format!("ngày này trước ngày của lần ghi gốc ({original})"),
                format!("the date is before that of the original ({original})"),
            ),
            Rejection::ReportNumberTaken { number, year, seq } => (
                format!("báo cáo số {number} năm {year} đã được phát hành (sự kiện {seq})"),
                format!("report {number} of {year} was issued before (event {seq})"),
            ),
            Rejection::BadCode(why) => (
                format!("mã không hợp lệ: {why}"),
                format!("not a usable code: {why}"),
            ),
            _ => self.both_of_closings(),
        }
    }

    fn both_of_closings(&self) -> (String, String) {
        match self {
            Rejection::PeriodNotOver { through, today } => (
                format!("kỳ đến {through} chưa kết thúc, chưa khóa được (hôm nay là {today})"),
                format!("the days up to {through} are not over (today is {today})"),
            ),
            Rejection::PeriodClosed(closed) => (
                format!("đã khóa đến ngày {closed}"),
                format!("already closed through {closed}"),
            ),
            Rejection::PeriodNotClosed {
                closed: Some(closed),
                through,
            } => (
                format!("các ngày sau {through} không bị khóa: sổ chỉ khóa đến {closed}"),
                format!("the days after {through} are not closed: closed through {closed}"),
            ),
            Rejection::PeriodNotClosed { .. } => (
                "sổ chưa khóa kỳ nào".to_owned(),
                "no period was ever closed, or all are open again".to_owned(),
            ),
            Rejection::EffectiveInClosed { on, closed } => (
                format!("ngày hiệu lực {on} nằm trong kỳ đã khóa (đến {closed})"),
                format!("the effective date {on} lies in a closed period (through {closed})"),
            ),
            _ => ("bị từ chối".to_owned(), "refused".to_owned()),
        }
    }

    fn hints(&self) -> Option<(String, String)> {
        let same = |vi: &str, en: &str| Some((vi.to_owned(), en.to_owned()));
        match self {
            Rejection::Unknown { known, .. } if !known.is_empty() => Some((
                format!("có: {}", known.join(", ")),
                format!("known: {}", known.join(", ")),
            )),
            Rejection::Unknown {
                what: Unknown::Household,
                ..
            } => same(
                "nhập danh sách hộ trước: socai import households FILE",
                "import the households first: socai import households FILE",
            ),
            Rejection::Unknown {
                what: Unknown::Person,
                ..
            } => same(
                "nhập danh sách nhân khẩu trước: socai import persons FILE",
                "import the persons first: socai import persons FILE",
            ),
            Rejection::Unknown {
                what: Unknown::Project,
                ..
            } => same(
                "nhập dự án trước: socai import projects FILE",
                "import the projects first: socai import projects FILE",
            ),
            Rejection::Unknown {
                what: Unknown::Actor,
                ..
            } => same(
                "đăng ký người dùng: socai record actor --id … --name …",
                "register the actor: socai record actor --id … --name …",
            ),
            Rejection::Differs { .. } => same(
                "nếu thông tin mới là đúng: thêm --update (hộ, nhân khẩu), hoặc dùng correct (lượt hỗ trợ)",
                "if the new content is right: add --update (households, persons), or use correct (supports)",
            ),
            Rejection::NoSuchStage { stages, .. } | Rejection::StageNeeded { stages, .. } => {
                Some((
                    format!("các giai đoạn: {}", list(stages)),
                    format!("stages: {}", list(stages)),
                ))
            }
            Rejection::NamedAndCounted => same(
                "bỏ trống một trong hai ô: có mã hộ là ghi theo tên, có số lượng là ghi theo nhóm",
                "leave one of the two empty: a household makes it named, a count makes it a group",
            ),
            Rejection::SourceNeeded(sources) => Some((
                format!("các nguồn: {}", list(sources)),
                format!("sources: {}", list(sources)),
            )),
            Rejection::AmountNeedsSources => same(
                "dùng --funding NGUỒN=SỐ_TIỀN cho từng nguồn",
                "give --funding SOURCE=AMOUNT for each",
            ),
            Rejection::StageReached(_) => same(
                "nếu số liệu ghi sai, dùng: socai correct … --reason …",
                "if it was recorded wrongly: socai correct … --reason …",
            ),
            Rejection::ReportNumberTaken { number, .. } => Some((
                format!(
                    "lập lại đúng báo cáo ấy: socai report regenerate {number}; báo cáo mới cần số mới"
                ),
                format!(
                    "the same report again: socai report regenerate {number}; a new one needs a new number"
                ),
            )),
            Rejection::ReasonNeeded => same("thêm --reason “…”", "add --reason \"…\""),
            Rejection::PeriodNotOver { .. } => same(
                "chỉ khóa những ngày đã qua, muộn nhất là hôm qua",
                "close days that are over, up to yesterday at the latest",
            ),
            Rejection::PeriodClosed(_) | Rejection::PeriodNotClosed { .. } => same(
                "xem các lần khóa, mở: socai period list",
                "see what was closed and reopened: socai period list",
            ),
            Rejection::EffectiveInClosed { closed, .. } => Some((
                format!("chọn một ngày sau {closed}, hoặc bỏ --effective-on"),
                format!("choose a day after {closed}, or leave --effective-on out"),
            )),
            _ => None,
        }
    }
}
