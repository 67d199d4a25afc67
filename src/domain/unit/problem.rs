//! Why a change of administrative units cannot be true.

use chrono::NaiveDate;

use crate::domain::code::Code;
use crate::domain::language::{Explain, Lang};

/// Why a change of units is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnitProblem {
    /// The ledger does not know this unit.
    Unknown {
        /// The name found.
        name: String,
        /// The units there are, where they are few.
        known: Vec<String>,
    },
    /// Known already.
    Taken(Code),
    /// A date before the unit came into being.
    NotYet {
        /// Which unit.
        unit: Code,
        /// Its first day.
        from: NaiveDate,
        /// The date found.
        found: NaiveDate,
    },
    /// The unit had ended by then.
    Ended {
        /// Which unit.
        unit: Code,
        /// The first day without it.
        on: NaiveDate,
    },
    /// A unit or part is given twice.
    Twice(Code),
    /// What is named as a part belongs to none of the units that end.
    NoPart(Code),
    /// A part goes to a unit that does not take over anything.
    NoHeir(String),
    /// Units below one that ends have nowhere to go.
    Lost {
        /// The unit that ends.
        of: Code,
        /// What it would lose.
        units: Vec<Code>,
    },
    /// Households of a divided village have nowhere to go.
    Homeless {
        /// The village that is divided.
        village: Code,
        /// The households that no new village is named for.
        households: Vec<Code>,
    },
    /// A unit cannot belong to this one.
    WrongLevel {
        /// The part.
        unit: Code,
        /// Where it was to go.
        into: Code,
    },
    /// The code of a new unit is in use on that day.
    CodeInUse {
        /// The code.
        code: Code,
        /// By which unit.
        by: Code,
    },
    /// Nothing ends.
    NothingEnds,
    /// More parts than one event can hold.
    TooMany(usize),
}

fn list(codes: &[Code]) -> String {
    let shown: Vec<&str> = codes.iter().take(20).map(Code::as_str).collect();
    let more = if codes.len() > 20 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

impl Explain for UnitProblem {
    fn code(&self) -> &'static str {
        match self {
            UnitProblem::Unknown { .. } => "unknown_admin_unit",
            UnitProblem::Taken(_) => "admin_unit_taken",
            UnitProblem::NotYet { .. } => "admin_unit_not_yet",
            UnitProblem::Ended { .. } => "admin_unit_ended",
            UnitProblem::Twice(_) => "admin_unit_twice",
            UnitProblem::NoPart(_) => "admin_unit_no_part",
            UnitProblem::NoHeir(_) => "admin_unit_no_heir",
            UnitProblem::Lost { .. } => "admin_unit_lost",
            UnitProblem::Homeless { .. } => "households_homeless",
            UnitProblem::WrongLevel { .. } => "admin_unit_level",
            UnitProblem::CodeInUse { .. } => "admin_unit_code_in_use",
            UnitProblem::NothingEnds => "nothing_ends",
            UnitProblem::TooMany(_) => "too_many_parts",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            UnitProblem::Unknown { name, .. } => (
                format!("sổ không có đơn vị hành chính “{name}”"),
                format!("the ledger knows no administrative unit \"{name}\""),
            ),
            UnitProblem::Taken(unit) => (
                format!("đơn vị hành chính “{unit}” đã có trong sổ"),
                format!("the administrative unit \"{unit}\" is in the ledger already"),
            ),
            UnitProblem::NotYet { unit, from, found } => (
                format!("ngày {found} trước khi có đơn vị “{unit}” (từ {from})"),
                format!("{found} is before the unit \"{unit}\" exists (from {from})"),
            ),
            UnitProblem::Ended { unit, on } => (
                format!("đơn vị “{unit}” đã kết thúc: không còn từ ngày {on}"),
                format!("the unit \"{unit}\" has ended: it is no more from {on}"),
            ),
            UnitProblem::Twice(unit) => (
                format!("“{unit}” được nêu hai lần"),
                format!("\"{unit}\" is given twice"),
            ),
            UnitProblem::NoPart(unit) => (
                format!("“{unit}” không thuộc đơn vị nào trong các đơn vị kết thúc"),
                format!("\"{unit}\" belongs to none of the units that end"),
            ),
            UnitProblem::NoHeir(unit) => (
                format!("“{unit}” không nằm trong các đơn vị tiếp nhận"),
                format!("\"{unit}\" is none of the units that take over"),
            ),
            UnitProblem::Lost { of, units } => (
                format!(
                    "“{of}” kết thúc mà chưa nêu nơi tiếp nhận của: {}",
                    list(units)
                ),
                format!("\"{of}\" ends, and nobody takes over: {}", list(units)),
            ),
            UnitProblem::Homeless {
                village,
                households,
            } => (
                format!(
                    "thôn “{village}” được chia mà {} hộ chưa có thôn mới: {}",
                    households.len(),
                    list(households)
                ),
                format!(
                    "the village \"{village}\" is divided, and {} households have no new village: {}",
                    households.len(),
                    list(households)
                ),
            ),
            UnitProblem::WrongLevel { unit, into } => (
                format!("“{unit}” không thể thuộc “{into}”: sai cấp"),
                format!("\"{unit}\" cannot go to \"{into}\": the level is wrong"),
            ),
            UnitProblem::CodeInUse { code, by } => (
                format!("mã {code} đang là mã của “{by}” vào ngày đó"),
                format!("the code {code} is that of \"{by}\" on that day"),
            ),
            UnitProblem::NothingEnds => (
                "không có đơn vị nào kết thúc".to_owned(),
                "no unit ends".to_owned(),
            ),
            UnitProblem::TooMany(found) => (
                format!("{found} phần: quá nhiều cho một lần sắp xếp"),
                format!("{found} parts are too many for one reorganisation"),
            ),
        };
        lang.pick(vi, en)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            UnitProblem::Unknown { known, .. } if !known.is_empty() => {
                let known = known.join(", ");
                (format!("có: {known}"), format!("known: {known}"))
            }
            UnitProblem::Unknown { .. } => (
                "xem các đơn vị: socai unit list; đăng ký: socai unit register".to_owned(),
                "see the units: socai unit list; register one: socai unit register".to_owned(),
            ),
            UnitProblem::Lost { .. } => (
                "nêu nơi tiếp nhận của từng thôn: --part THÔN=ĐƠN_VỊ".to_owned(),
                "say where each part goes: --part VILLAGE=UNIT".to_owned(),
            ),
            UnitProblem::Homeless { .. } => (
                "nêu thôn mới của từng hộ: --home HỘ=THÔN".to_owned(),
                "name the new village of each household: --home HOUSEHOLD=VILLAGE".to_owned(),
            ),
            UnitProblem::TooMany(_) => (
                "chia thành nhiều lần sắp xếp, mỗi lần vài đơn vị".to_owned(),
                "divide it into several reorganisations of a few units each".to_owned(),
            ),
            UnitProblem::CodeInUse { .. } => (
                "nêu đơn vị cũ trong các đơn vị kết thúc".to_owned(),
                "name the old unit among those that end".to_owned(),
            ),
            _ => return None,
        };
        Some(lang.pick(vi, en))
    }
}
