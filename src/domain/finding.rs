//! Findings: what seemed doubtful when an event was decided.
//!
//! A finding never blocks by itself: a suspected duplicate keeps receiving until somebody decides.
//! It is stored with the event, in codes, and shown in the reader's language.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::language::{Lang, Text};

/// What kind of doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// The list gives another class than the ledger knows for that day.
    ClassDiffers,
    /// No class is known for the household on that day.
    ClassUnknown,
    /// The class is not among those the kind is for, and no ground was given.
    NotEligible,
    /// The same kind for the same beneficiary and the same period is there already.
    PossibleDuplicate,
    /// An amount without its source.
    SourceMissing,
    /// A village the ledger did not know was registered.
    VillageNew,
    /// A new village whose name is close to a known one.
    VillageNear,
    /// The person is not known as a member of the household that was named.
    PersonElsewhere,
    /// A stage is dated before an earlier one.
    StageOrder,
    /// The support had been rejected or withdrawn.
    AfterRefusal,
    /// A class without the day it takes effect: taken as from the beginning.
    ClassUndated,
    /// The class had run out by that day.
    ClassLapsed,
    /// The household had ended by that day.
    HouseholdEnded,
    /// The amount is another than the norm of the period it pays for.
    NormDiffers,
    /// The kind could not be given for that day.
    KindNotValid,
    /// The clock of the machine was accepted although it seemed wrong.
    ClockAccepted,
}

/// The schema leaves the list of codes open: a new rule adds a code, and changes no event type.
impl JsonSchema for FindingCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FindingCode".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[a-z]+(_[a-z]+)*$",
            "description": "What kind of doubt. New rules may add codes."
        })
    }
}

impl FindingCode {
    /// All kinds of doubt that this program knows.
    pub const ALL: [FindingCode; 16] = [
        FindingCode::ClassDiffers,
        FindingCode::ClassUnknown,
        FindingCode::NotEligible,
        FindingCode::PossibleDuplicate,
        FindingCode::SourceMissing,
        FindingCode::VillageNew,
        FindingCode::VillageNear,
        FindingCode::PersonElsewhere,
        FindingCode::StageOrder,
        FindingCode::AfterRefusal,
        FindingCode::ClassUndated,
        FindingCode::ClassLapsed,
        FindingCode::HouseholdEnded,
        FindingCode::NormDiffers,
        FindingCode::KindNotValid,
        FindingCode::ClockAccepted,
    ];

    /// The name in events.
    pub fn code(self) -> &'static str {
        match self {
            FindingCode::ClassDiffers => "class_differs",
            FindingCode::ClassUnknown => "class_unknown",
            FindingCode::NotEligible => "not_eligible",
            FindingCode::PossibleDuplicate => "possible_duplicate",
            FindingCode::SourceMissing => "source_missing",
            FindingCode::VillageNew => "village_new",
            FindingCode::VillageNear => "village_near",
            FindingCode::PersonElsewhere => "person_elsewhere",
            FindingCode::StageOrder => "stage_order",
            FindingCode::AfterRefusal => "after_refusal",
            FindingCode::ClassUndated => "class_undated",
            FindingCode::ClassLapsed => "class_lapsed",
            FindingCode::HouseholdEnded => "household_ended",
            FindingCode::NormDiffers => "norm_differs",
            FindingCode::KindNotValid => "kind_not_valid",
            FindingCode::ClockAccepted => "clock_accepted",
        }
    }

    /// What it means.
    pub fn text(self) -> Text {
        match self {
            FindingCode::ClassDiffers => Text::new(
                "phân loại hộ trong danh sách khác phân loại đã ghi trong sổ tại ngày đó",
                "the class in the list differs from the class the ledger knows for that day",
            ),
            FindingCode::ClassUnknown => Text::new(
                "hộ chưa có phân loại tại ngày đó",
                "no class is known for the household on that day",
            ),
            FindingCode::NotEligible => Text::new(
                "phân loại hộ không thuộc diện được hưởng, và chưa ghi lý do hưởng",
                "the class is not among those entitled, and no ground was given",
            ),
            FindingCode::PossibleDuplicate => Text::new(
                "có thể trùng: cùng chính sách, cùng đối tượng, cùng kỳ hưởng",
                "possible duplicate: same kind, same beneficiary, same period",
            ),
            FindingCode::SourceMissing => Text::new(
                "số tiền chưa ghi nguồn vốn",
                "an amount without a funding source",
            ),
            FindingCode::VillageNew => Text::new(
                "thôn mới được đăng ký vào sổ",
                "a new village was registered",
            ),
            FindingCode::VillageNear => Text::new(
                "tên thôn mới gần giống một thôn đã có",
                "the name of a new village is close to a known one",
            ),
            FindingCode::PersonElsewhere => Text::new(
                "người này được ghi trong hộ khác",
                "the person is recorded in another household",
            ),
            FindingCode::StageOrder => Text::new(
                "ngày của giai đoạn này sớm hơn giai đoạn trước đó",
                "this stage is dated before an earlier stage",
            ),
            FindingCode::AfterRefusal => Text::new(
                "hồ sơ đã bị từ chối hoặc đã rút trước đó",
                "the support had been rejected or withdrawn before",
            ),
            FindingCode::ClassUndated => Text::new(
                "phân loại không ghi ngày áp dụng: coi như áp dụng từ đầu",
                "a class without a date: taken as from the beginning",
            ),
            FindingCode::ClassLapsed => Text::new(
                "phân loại hộ đã hết thời hạn tại ngày đó (mới thoát nghèo: 36 tháng), cần rà soát lại",
                "the class had run out by that day (newly escaped: 36 months); a review is needed",
            ),
            FindingCode::HouseholdEnded => Text::new(
                "hộ đã kết thúc (tách, nhập, xóa) trước ngày đó",
                "the household had ended (split, merged, closed) by that day",
            ),
            FindingCode::NormDiffers => Text::new(
                "mức hỗ trợ khác định mức của kỳ hưởng",
                "the amount is another than the norm of the period it pays for",
            ),
            FindingCode::KindNotValid => Text::new(
                "chính sách không còn (hoặc chưa) áp dụng cho ngày đó",
                "the kind had ended, or not begun, by the day it is for",
            ),
            FindingCode::ClockAccepted => Text::new(
                "đồng hồ của máy có vẻ sai nhưng đã được chấp nhận",
                "the clock seemed wrong and was accepted",
            ),
        }
    }
}

/// A doubt noted with an event. Only codes stand in it, never a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What kind of doubt.
    pub code: FindingCode,
    /// What the ledger knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

impl Finding {
    /// A finding with nothing to compare.
    pub fn new(code: FindingCode) -> Finding {
        Finding {
            code,
            expected: None,
            found: None,
        }
    }

    /// A finding that names what was given and what the ledger knows. An empty text is left out.
    pub fn between(code: FindingCode, found: &str, expected: &str) -> Finding {
        let kept = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Finding {
            code,
            expected: kept(expected),
            found: kept(found),
        }
    }

    /// The finding as a sentence.
    pub fn message(&self, lang: Lang) -> String {
        let mut text = self.code.text().get(lang).to_owned();
        if let Some(found) = &self.found {
            text.push_str(lang.pick(" (ghi: ", " (given: "));
            text.push_str(found);
            if let Some(expected) = &self.expected {
                text.push_str(lang.pick("; sổ: ", "; ledger: "));
                text.push_str(expected);
            }
            text.push(')');
        }
        text
    }
}
