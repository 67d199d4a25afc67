//! Cells that hold one word of a fixed set: a class, a stage, a sex; in code or in Vietnamese.

use super::text::fold;
use crate::domain::{HouseholdClass, Sex, Stage};

/// What a class cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClassCell {
    /// This class.
    Given(HouseholdClass),
    /// Explicitly no class: `none`, `không`.
    None,
    /// Nothing: the class that the ledger knows on the day.
    #[default]
    Empty,
}

/// Folded words with single spaces in place of all other signs, so that `near_poor`, `Near-poor`
/// and `Cận nghèo.` are read alike.
pub(super) fn key(text: &str) -> String {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Reads a class, or `none`. `None` for an unknown word.
pub fn read_class(text: &str) -> Option<ClassCell> {
    let key = key(text);
    let word = key.strip_prefix("ho ").unwrap_or(&key);
    let class = match word {
        "" => return Some(ClassCell::Empty),
        "none" | "khong" | "chua phan loai" | "khong phan loai" => return Some(ClassCell::None),
        "poor" | "ngheo" | "hn" => HouseholdClass::Poor,
        "near poor" | "can ngheo" | "hcn" => HouseholdClass::NearPoor,
        "newly escaped" | "moi thoat ngheo" | "thoat ngheo" => HouseholdClass::NewlyEscaped,
        "average" | "trung binh" | "muc song trung binh" | "co muc song trung binh" => {
            HouseholdClass::Average
        }
        "other" | "khac" => HouseholdClass::Other,
        _ => return None,
    };
    Some(ClassCell::Given(class))
}

/// Reads a stage. `None` for an unknown word.
pub fn read_stage(text: &str) -> Option<Stage> {
    let key = key(text);
    let word = ["da ", "duoc ", "da duoc ", "bi "]
        .iter()
        .find_map(|prefix| key.strip_prefix(prefix))
        .unwrap_or(&key);
    let word = word.strip_prefix("duoc ").unwrap_or(word);
    let stage = match word {
        "registered" | "dang ky" | "dang ky nhu cau" => Stage::Registered,
        "proposed" | "de nghi" | "de xuat" | "lap danh sach de nghi" => Stage::Proposed,
        "appraised" | "tham dinh" => Stage::Appraised,
        "approved" | "phe duyet" | "duyet" => Stage::Approved,
        "disbursed" | "chi tra" | "cap phat" | "giai ngan" | "cap" | "chi tra cap phat" => {
            Stage::Disbursed
        }
        "settled" | "quyet toan" => Stage::Settled,
        "rejected" | "tu choi" => Stage::Rejected,
        "withdrawn" | "rut" | "rut ho so" => Stage::Withdrawn,
        "held" | "to chuc" => Stage::Held,
        _ => return None,
    };
    Some(stage)
}

/// Reads a sex. `None` for an unknown word.
pub fn read_sex(text: &str) -> Option<Sex> {
    match key(text).as_str() {
        "male" | "nam" => Some(Sex::Male),
        "female" | "nu" => Some(Sex::Female),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Lang;

    #[test]
    fn classes_are_read_by_code_by_name_and_as_people_write_them() {
        for class in HouseholdClass::ALL {
            let name = class.name();
            for text in [class.code(), name.get(Lang::Vi), name.get(Lang::En)] {
                assert_eq!(read_class(text), Some(ClassCell::Given(class)), "{text}");
            }
        }
        for (text, class) in [
            ("Hộ nghèo", HouseholdClass::Poor),
            ("NGHÈO", HouseholdClass::Poor),
            ("cận nghèo", HouseholdClass::NearPoor),
            ("Near-Poor", HouseholdClass::NearPoor),
            ("mới thoát nghèo", HouseholdClass::NewlyEscaped),
            ("hộ trung bình", HouseholdClass::Average),
            ("khác", HouseholdClass::Other),
        ] {
            assert_eq!(read_class(text), Some(ClassCell::Given(class)), "{text}");
        }
        assert_eq!(read_class("none"), Some(ClassCell::None));
        assert_eq!(read_class("Không"), Some(ClassCell::None));
        assert_eq!(read_class("  "), Some(ClassCell::Empty));
        assert_eq!(read_class("giàu"), None);
    }

    #[test]
    fn stages_are_read_by_code_by_name_and_as_people_write_them() {
        for stage in Stage::ALL {
            let name = stage.name();
            for text in [stage.code(), name.get(Lang::Vi), name.get(Lang::En)] {
                assert_eq!(read_stage(text), Some(stage), "{text}");
            }
        }
        for (text, stage) in [
            ("Đăng ký", Stage::Registered),
            ("đề nghị", Stage::Proposed),
            ("Đã được phê duyệt", Stage::Approved),
            ("chi trả", Stage::Disbursed),
            ("Cấp phát", Stage::Disbursed),
            ("đã giải ngân", Stage::Disbursed),
            ("quyết toán", Stage::Settled),
            ("tổ chức", Stage::Held),
        ] {
            assert_eq!(read_stage(text), Some(stage), "{text}");
        }
        assert_eq!(read_stage("xong"), None);
    }

    #[test]
    fn sexes_are_read_in_both_languages() {
        for (text, sex) in [
            ("Nam", Sex::Male),
            ("male", Sex::Male),
            ("Nữ", Sex::Female),
            ("FEMALE", Sex::Female),
        ] {
            assert_eq!(read_sex(text), Some(sex));
        }
        assert_eq!(read_sex("x"), None);
    }
}
