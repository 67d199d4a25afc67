//! What can be wrong with a catalogue, said in both languages: where, the value found, and what
//! would be right.

use chrono::NaiveDate;

use super::NormPer;
use crate::domain::language::{Explain, Lang, Text};
use crate::domain::stage::Stage;

/// How many characters of a value that was found are shown.
const LONGEST_SHOWN: usize = 60;

/// How many codes a hint lists.
const MOST_LISTED: usize = 24;

/// One thing that is wrong with a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message(Lang::En))]
pub struct CatalogueIssue {
    /// The entry at fault, such as ``kinds[3] `livestock` ``; empty for the catalogue as a whole.
    pub entry: String,
    /// The field of the entry, such as `norms[1].amount`; empty for the entry as a whole.
    pub field: String,
    /// The file it was read from, where it was read.
    pub file: Option<String>,
    /// Where in the file, when the text itself is at fault.
    pub place: Option<Place>,
    /// What is wrong.
    pub problem: CatalogueProblem,
}

/// A place in a file, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// The lists of a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// Groups.
    Groups,
    /// Indicators.
    Indicators,
    /// Support kinds.
    Kinds,
    /// Programmes.
    Programmes,
    /// Series.
    Series,
    /// Funding sources.
    Sources,
    /// Units of measure.
    Units,
}

impl List {
    /// The member of the catalogue that holds the list.
    pub fn member(self) -> &'static str {
        match self {
            List::Groups => "groups",
            List::Indicators => "indicators",
            List::Kinds => "kinds",
            List::Programmes => "programmes",
            List::Series => "series",
            List::Sources => "sources",
            List::Units => "units",
        }
    }

    fn one(self) -> Text {
        match self {
            List::Groups => Text::new("nhóm đối tượng", "group"),
            List::Indicators => Text::new("chỉ tiêu", "indicator"),
            List::Kinds => Text::new("loại hỗ trợ", "kind of support"),
            List::Programmes => Text::new("chương trình", "programme"),
            List::Series => Text::new("chuỗi giá trị", "series"),
            List::Sources => Text::new("nguồn vốn", "funding source"),
            List::Units => Text::new("đơn vị tính", "unit of measure"),
        }
    }
}

/// What is wrong with a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogueProblem {
    /// The text cannot be read as a catalogue.
    Shape(ShapeProblem),
    /// A code is wrong, or names nothing.
    Code(CodeProblem),
    /// A rule of catalogues is broken.
    Rule(RuleProblem),
}

/// Why a text cannot be read as a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShapeProblem {
    /// Over [`super::Catalogue::LARGEST_BYTES`].
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// A list of over [`super::Catalogue::MOST_ENTRIES`].
    TooMany {
        /// Its length.
        found: usize,
    },
    /// It is no JSON object.
    NotJson {
        /// What the JSON reader said, in English.
        reason: String,
    },
    /// A member that a catalogue does not have.
    UnknownMember {
        /// Its name.
        name: String,
        /// The names that it could be.
        allowed: Vec<String>,
    },
    /// A member that has to be there.
    MissingMember {
        /// Its name.
        name: String,
    },
    /// A member that is there twice.
    DuplicateMember {
        /// Its name.
        name: String,
    },
    /// A word that is none of those that can stand there.
    UnknownValue {
        /// The word.
        found: String,
        /// The words that can.
        allowed: Vec<String>,
    },
    /// A value of another form.
    WrongValue {
        /// The value, as it stands in the file.
        found: String,
        /// What can stand there.
        expected: Text,
    },
}

/// What is wrong with a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeProblem {
    /// Another form than `[a-z][a-z0-9_]*`.
    Malformed {
        /// The code.
        found: String,
    },
    /// An earlier entry of the list has it.
    Duplicate {
        /// The code.
        found: String,
        /// The earlier entry.
        first: String,
    },
    /// No entry has it.
    Unknown {
        /// The code.
        found: String,
        /// The list that it was looked for in.
        list: List,
        /// The codes of that list.
        known: Vec<String>,
    },
    /// A programme that is a part of itself.
    Circle {
        /// The programmes, from this one back to it.
        path: Vec<String>,
    },
    /// A kind that is its own successor.
    OwnSuccessor,
}

/// A rule of catalogues that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleProblem {
    /// A text with nothing in it.
    EmptyText,
    /// A text with a control character.
    ControlCharacter {
        /// The text.
        found: String,
    },
    /// A formula that cannot be read.
    Expression {
        /// The formula.
        found: String,
        /// The character at which something else was expected, from 1.
        at: Option<usize>,
    },
    /// A list that needs at least one entry.
    EmptyList,
    /// A kind that goes through no stage.
    NoStages,
    /// A stage that is listed twice.
    DuplicateStage {
        /// The stage.
        found: Stage,
    },
    /// `rejected` or `withdrawn` among the stages: they follow from the others.
    OutcomeStage {
        /// The stage.
        found: Stage,
    },
    /// An activity that is not held, or `held` for what is no activity.
    StagesOfActivity {
        /// Whether the kind is an activity.
        activity: bool,
    },
    /// `activity` says one thing and `measure` another.
    MeasureOfActivity {
        /// Whether the kind is an activity.
        activity: bool,
    },
    /// A record without a stage would get one that the kind does not have.
    DefaultStage {
        /// The stage it would get.
        stage: Stage,
    },
    /// Goods without a unit, or a norm with a quantity for a kind without a unit.
    NoUnit,
    /// A period that ends before it starts.
    ReversedDates {
        /// The day that should be the earlier one.
        from: NaiveDate,
        /// The day that should be the later one.
        to: NaiveDate,
    },
    /// Two norms of one kind for the same thing on the same day.
    OverlappingNorms {
        /// The earlier entry of `norms`.
        other: usize,
        /// What both are for.
        per: NormPer,
    },
    /// Below zero.
    Negative {
        /// The number.
        found: String,
    },
    /// More decimals than the currency or the unit has.
    TooFine {
        /// The number.
        found: String,
        /// The decimals it may have.
        decimals: u8,
    },
    /// A number outside its bounds.
    OutOfRange {
        /// The number.
        found: u8,
        /// The smallest.
        least: u8,
        /// The largest.
        most: u8,
    },
    /// No currency code.
    Currency {
        /// What stands there.
        found: String,
    },
}

impl CatalogueIssue {
    /// Where the issue is: file, line and column, entry and field, as far as they are known.
    pub fn location(&self, lang: Lang) -> String {
        let place = self.place.map(|place| match lang {
            Lang::Vi => format!("dòng {}, cột {}", place.line, place.column),
            Lang::En => format!("line {}, column {}", place.line, place.column),
        });
        let field = (!self.field.is_empty()).then(|| format!("`{}`", self.field));
        let entry = match (self.entry.is_empty(), &field) {
            (false, _) => Some(self.entry.clone()),
            (true, None) => Some(lang.pick("danh mục", "the catalogue").to_owned()),
            (true, Some(_)) => None,
        };
        let parts = [self.file.clone(), place, entry, field];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Explain for CatalogueIssue {
    fn code(&self) -> &'static str {
        match &self.problem {
            CatalogueProblem::Shape(problem) => problem.code(),
            CatalogueProblem::Code(problem) => problem.code(),
            CatalogueProblem::Rule(problem) => problem.code(),
        }
    }

    fn message(&self, lang: Lang) -> String {
        let what = match &self.problem {
            CatalogueProblem::Shape(problem) => problem.message(),
            CatalogueProblem::Code(problem) => problem.message(),
            CatalogueProblem::Rule(problem) => problem.message(),
        };
        format!("{}: {}", self.location(lang), what.get(lang))
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let hint = match &self.problem {
            CatalogueProblem::Shape(problem) => problem.hint(),
            CatalogueProblem::Code(problem) => problem.hint(),
            CatalogueProblem::Rule(problem) => problem.hint(),
        };
        Some(hint.get(lang).to_owned())
    }
}

impl ShapeProblem {
    fn code(&self) -> &'static str {
        match self {
            ShapeProblem::TooLarge { .. } => "catalogue_too_large",
            ShapeProblem::TooMany { .. } => "catalogue_too_many",
            ShapeProblem::NotJson { .. } => "catalogue_not_json",
            ShapeProblem::UnknownMember { .. } => "catalogue_unknown_member",
            ShapeProblem::MissingMember { .. } => "catalogue_missing_member",
            ShapeProblem::DuplicateMember { .. } => "catalogue_duplicate_member",
            ShapeProblem::UnknownValue { .. } => "catalogue_unknown_value",
            ShapeProblem::WrongValue { .. } => "catalogue_wrong_value",
        }
    }

    fn message(&self) -> Text {
        match self {
            ShapeProblem::TooLarge { bytes } => Text::new(
                format!("tệp dài {bytes} byte, quá giới hạn 1 MiB"),
                format!("the file has {bytes} bytes, over the limit of 1 MiB"),
            ),
            ShapeProblem::TooMany { found } => Text::new(
                format!("danh sách có {found} mục, quá giới hạn 2.000"),
                format!("the list has {found} entries, over the limit of 2,000"),
            ),
            ShapeProblem::NotJson { reason } => Text::new(
                format!("không đọc được tệp theo định dạng JSON ({reason})"),
                format!("the file cannot be read as JSON ({reason})"),
            ),
            ShapeProblem::UnknownMember { name, .. } => Text::new(
                format!("không có trường nào tên `{}`", shown(name)),
                format!("there is no member `{}`", shown(name)),
            ),
            ShapeProblem::MissingMember { name } => Text::new(
                format!("thiếu trường `{name}`"),
                format!("the member `{name}` is missing"),
            ),
            ShapeProblem::DuplicateMember { name } => Text::new(
                format!("trường `{}` xuất hiện hai lần", shown(name)),
                format!("the member `{}` is there twice", shown(name)),
            ),
            ShapeProblem::UnknownValue { found, .. } => Text::new(
                format!("giá trị `{}` không dùng được ở đây", shown(found)),
                format!("`{}` cannot stand here", shown(found)),
            ),
            ShapeProblem::WrongValue { found, .. } => Text::new(
                format!("giá trị {} không đúng dạng", shown(found)),
                format!("the value {} has the wrong form", shown(found)),
            ),
        }
    }

    fn hint(&self) -> Text {
        match self {
            ShapeProblem::TooLarge { .. } => Text::new(
                "kiểm tra xem đây có đúng là tệp danh mục không",
                "check that this is the catalogue file",
            ),
            ShapeProblem::TooMany { .. } => {
                Text::new("chia thành nhiều danh mục", "make several catalogues of it")
            }
            ShapeProblem::NotJson { .. } => Text::new(
                "thường là thiếu hoặc thừa dấu phẩy, dấu ngoặc kép hay dấu ngoặc ở ngay \
                     trước vị trí này",
                "most often a comma, quote or bracket is missing or left over just before",
            ),
            ShapeProblem::UnknownMember { name, allowed } => one_of(name, allowed),
            ShapeProblem::MissingMember { name } => Text::new(
                format!("thêm trường `{name}`: {}", expected(name).vi),
                format!("add the member `{name}`: {}", expected(name).en),
            ),
            ShapeProblem::DuplicateMember { .. } => {
                Text::new("chỉ giữ lại một trường", "keep only one of them")
            }
            ShapeProblem::UnknownValue { found, allowed } => one_of(found, allowed),
            ShapeProblem::WrongValue { expected, .. } => Text::new(
                format!("cần: {}", expected.vi),
                format!("what is needed: {}", expected.en),
            ),
        }
    }
}

impl CodeProblem {
    fn code(&self) -> &'static str {
        match self {
            CodeProblem::Malformed { .. } => "catalogue_bad_code",
            CodeProblem::Duplicate { .. } => "catalogue_duplicate_code",
            CodeProblem::Unknown { list, .. } => match list {
                List::Groups => "catalogue_unknown_group",
                List::Indicators => "catalogue_unknown_indicator",
                List::Kinds => "catalogue_unknown_kind",
                List::Programmes => "catalogue_unknown_programme",
                List::Series => "catalogue_unknown_series",
                List::Sources => "catalogue_unknown_source",
                List::Units => "catalogue_unknown_unit",
            },
            CodeProblem::Circle { .. } => "catalogue_programme_circle",
            CodeProblem::OwnSuccessor => "catalogue_own_successor",
        }
    }

    fn message(&self) -> Text {
        match self {
            CodeProblem::Malformed { found } => Text::new(
                format!("mã `{}` không đúng dạng", shown(found)),
                format!("the code `{}` has the wrong form", shown(found)),
            ),
            CodeProblem::Duplicate { found, first } => Text::new(
                format!("mã `{}` đã dùng ở {first}", shown(found)),
                format!("the code `{}` already stands at {first}", shown(found)),
            ),
            CodeProblem::Unknown { found, list, .. } => Text::new(
                format!("không có {} nào mã `{}`", list.one().vi, shown(found)),
                format!("there is no {} `{}`", list.one().en, shown(found)),
            ),
            CodeProblem::Circle { path } => Text::new(
                format!("chương trình nằm trong chính nó: {}", path.join(" > ")),
                format!("the programme is a part of itself: {}", path.join(" > ")),
            ),
            CodeProblem::OwnSuccessor => Text::new(
                "loại hỗ trợ không thể thay thế chính nó",
                "a kind of support cannot be its own successor",
            ),
        }
    }

    fn hint(&self) -> Text {
        match self {
            CodeProblem::Malformed { .. } => Text::new(
                "mã bắt đầu bằng chữ thường, chỉ gồm a-z, 0-9 và dấu gạch dưới, ví dụ \
                     `preschool_lunch`",
                "a code starts with a small letter and holds only a-z, 0-9 and underscores, \
                     such as `preschool_lunch`",
            ),
            CodeProblem::Duplicate { .. } => {
                Text::new("mỗi mã chỉ dùng một lần", "use each code once")
            }
            CodeProblem::Unknown { found, list, known } => {
                if known.is_empty() {
                    Text::new(
                        format!("thêm mã này vào `{}`", list.member()),
                        format!("add it to `{}`", list.member()),
                    )
                } else {
                    one_of(found, known)
                }
            }
            CodeProblem::Circle { .. } => Text::new(
                "bỏ `parent` ở chương trình cao nhất",
                "leave out `parent` at the topmost programme",
            ),
            CodeProblem::OwnSuccessor => Text::new(
                "ghi mã của loại hỗ trợ thay thế, hoặc bỏ `successor`",
                "name the kind that took its place, or leave out `successor`",
            ),
        }
    }
}

impl RuleProblem {
    fn code(&self) -> &'static str {
        match self {
            RuleProblem::EmptyText => "catalogue_empty_text",
            RuleProblem::ControlCharacter { .. } => "catalogue_control_character",
            RuleProblem::Expression { .. } => "catalogue_expression",
            RuleProblem::EmptyList => "catalogue_empty_list",
            RuleProblem::NoStages => "catalogue_no_stages",
            RuleProblem::DuplicateStage { .. } => "catalogue_duplicate_stage",
            RuleProblem::OutcomeStage { .. } => "catalogue_outcome_stage",
            RuleProblem::StagesOfActivity { .. } => "catalogue_stages_of_activity",
            RuleProblem::MeasureOfActivity { .. } => "catalogue_measure_of_activity",
            RuleProblem::DefaultStage { .. } => "catalogue_default_stage",
            RuleProblem::NoUnit => "catalogue_no_unit",
            RuleProblem::ReversedDates { .. } => "catalogue_reversed_dates",
            RuleProblem::OverlappingNorms { .. } => "catalogue_overlapping_norms",
            RuleProblem::Negative { .. } => "catalogue_negative",
            RuleProblem::TooFine { .. } => "catalogue_too_fine",
            RuleProblem::OutOfRange { .. } => "catalogue_out_of_range",
            RuleProblem::Currency { .. } => "catalogue_currency",
        }
    }

    fn message(&self) -> Text {
        match self {
            RuleProblem::EmptyText => Text::new("nội dung để trống", "the text is empty"),
            RuleProblem::ControlCharacter { found } => Text::new(
                format!("\"{}\" có ký tự điều khiển", shown(found)),
                format!("\"{}\" holds a control character", shown(found)),
            ),
            RuleProblem::Expression { found, at } => {
                let at = at.map(|at| at.to_string()).unwrap_or_default();
                Text::new(
                    format!("\"{}\" không phải công thức (ký tự {at})", shown(found)),
                    format!("\"{}\" is no formula (character {at})", shown(found)),
                )
            }
            RuleProblem::EmptyList => {
                Text::new("danh sách không có mục nào", "the list has no entry")
            }
            RuleProblem::NoUnit => Text::new(
                "loại hỗ trợ này chưa có đơn vị tính",
                "this kind has no unit",
            ),
            RuleProblem::DuplicateStage { found } => Text::new(
                format!("giai đoạn `{found}` ghi hai lần"),
                format!("the stage `{found}` is listed twice"),
            ),
            RuleProblem::OutcomeStage { found } => Text::new(
                format!("không liệt kê giai đoạn `{found}`"),
                format!("the stage `{found}` is not listed"),
            ),
            RuleProblem::StagesOfActivity { .. } => Text::new(
                "hoạt động phải có giai đoạn `held`, và chỉ hoạt động mới có",
                "an activity needs the stage `held`, and nothing else has it",
            ),
            RuleProblem::MeasureOfActivity { activity } => Text::new(
                format!("`activity` là `{activity}` nhưng `measure` lại nói khác"),
                format!("`activity` is `{activity}`, and `measure` says otherwise"),
            ),
            RuleProblem::DefaultStage { stage } => Text::new(
                format!("khi không ghi giai đoạn sẽ lấy `{stage}`, mà loại này không có"),
                format!("a record without a stage would get `{stage}`, which it does not have"),
            ),
            RuleProblem::NoStages => Text::new("không có giai đoạn nào", "there is no stage"),
            RuleProblem::ReversedDates { from, to } => Text::new(
                format!("ngày {from} ở sau ngày {to}"),
                format!("{from} is after {to}"),
            ),
            RuleProblem::OverlappingNorms { other, per } => Text::new(
                format!("trùng thời gian với norms[{other}] (cùng tính theo `{per}`)"),
                format!("is in force together with norms[{other}] (both per `{per}`)"),
            ),
            RuleProblem::Negative { found } => Text::new(
                format!("{found} nhỏ hơn 0"),
                format!("{found} is below zero"),
            ),
            RuleProblem::TooFine { found, decimals } => Text::new(
                format!("{found} có quá {decimals} chữ số thập phân"),
                format!("{found} has more than {decimals} decimals"),
            ),
            RuleProblem::OutOfRange { found, least, most } => Text::new(
                format!("{found} không nằm trong khoảng {least} đến {most}"),
                format!("{found} is not from {least} to {most}"),
            ),
            RuleProblem::Currency { found } => Text::new(
                format!("\"{}\" không phải mã tiền tệ", shown(found)),
                format!("\"{}\" is no currency code", shown(found)),
            ),
        }
    }

    fn hint(&self) -> Text {
        match self {
            RuleProblem::EmptyText => Text::new(
                "ghi nội dung bằng cả tiếng Việt (`vi`) và tiếng Anh (`en`), hoặc bỏ trường \
                     này nếu không bắt buộc",
                "write it in Vietnamese (`vi`) and English (`en`), or leave an optional \
                     member out",
            ),
            RuleProblem::ControlCharacter { .. } => Text::new(
                "chỉ được dùng dấu xuống dòng",
                "only a line feed may be used",
            ),
            RuleProblem::Expression { .. } => Text::new(
                "dùng số, mã chuỗi giá trị, + - * và dấu ngoặc, ví dụ 0.4 * base_salary",
                "use numbers, codes of series, + - * and brackets, such as 0.4 * base_salary",
            ),
            RuleProblem::EmptyList => Text::new("thêm ít nhất một mục", "add at least one entry"),
            RuleProblem::NoUnit => Text::new(
                "thêm `unit` cho loại hỗ trợ bằng hiện vật hoặc có định mức bằng số lượng",
                "add a `unit` to what is given in goods, or has a norm with a quantity",
            ),
            RuleProblem::DuplicateStage { .. } => Text::new("chỉ ghi một lần", "list it once"),
            RuleProblem::OutcomeStage { .. } => Text::new(
                "bỏ ra: mọi hỗ trợ có đề nghị đều có thể bị từ chối hoặc rút",
                "leave it out: what can be asked for can always be rejected or withdrawn",
            ),
            RuleProblem::StagesOfActivity { activity: true } => {
                Text::new("thêm `held` vào `stages`", "add `held` to `stages`")
            }
            RuleProblem::StagesOfActivity { activity: false } => Text::new(
                "ghi `\"activity\": true`, hoặc bỏ `held`",
                "write `\"activity\": true`, or leave `held` out",
            ),
            RuleProblem::MeasureOfActivity { .. } => Text::new(
                "hoạt động ghi `\"activity\": true` và `\"measure\": \"activity\"`; loại khác \
                     không ghi cả hai",
                "an activity has `\"activity\": true` and `\"measure\": \"activity\"`, any \
                     other kind neither",
            ),
            RuleProblem::DefaultStage { .. } => Text::new(
                "thêm giai đoạn đó, hoặc ghi `\"default_stage\": \"none\"`",
                "add that stage, or write `\"default_stage\": \"none\"`",
            ),
            RuleProblem::NoStages => Text::new(
                "bỏ `stages` để dùng đủ các giai đoạn, hoặc ghi ít nhất một giai đoạn",
                "leave `stages` out for all of them, or list at least one",
            ),
            RuleProblem::ReversedDates { .. } => Text::new(
                "kiểm tra lại hai ngày: ngày đầu không được sau ngày cuối",
                "check both: the first day cannot come after the last",
            ),
            RuleProblem::OverlappingNorms { .. } => Text::new(
                "ghi `effective_to` cho định mức cũ, hoặc `variant` nếu là hai trường hợp",
                "give the older norm an `effective_to`, or both a `variant` if they are for \
                     different cases",
            ),
            RuleProblem::Negative { .. } => Text::new("ghi số từ 0 trở lên", "write zero or more"),
            RuleProblem::TooFine { .. } => Text::new(
                "làm tròn, hoặc sửa số chữ số thập phân của tiền tệ hay đơn vị tính",
                "round it, or change the decimals of the currency or unit",
            ),
            RuleProblem::OutOfRange { least, most, .. } => Text::new(
                format!("ghi số từ {least} đến {most}"),
                format!("write a number from {least} to {most}"),
            ),
            RuleProblem::Currency { .. } => Text::new(
                "ghi ba chữ in hoa theo ISO 4217, ví dụ `VND`",
                "write the three capital letters of ISO 4217, such as `VND`",
            ),
        }
    }
}

/// What can stand in a member of this name.
pub(super) fn expected(member: &str) -> Text {
    match member {
        "amount" | "quantity" => Text::new(
            "số viết trong dấu ngoặc kép, không có dấu phân cách hàng nghìn, ví dụ \"160000\" \
             hoặc \"1.5\"",
            "a number in quotes without separators of thousands, such as \"160000\" or \"1.5\"",
        ),
        "valid_from" | "valid_to" | "effective_from" | "effective_to" | "applies_from"
        | "issued" => Text::new(
            "ngày có thật, viết năm-tháng-ngày, ví dụ \"2023-07-01\"",
            "a day that exists, as year-month-day, such as \"2023-07-01\"",
        ),
        "name" | "text" | "note" | "description" | "recovery" | "report_note" => Text::new(
            "hai thứ tiếng, ví dụ {\"en\": \"rice\", \"vi\": \"gạo\"}",
            "both languages, such as {\"en\": \"rice\", \"vi\": \"gạo\"}",
        ),
        "version" | "decimals" | "currency_decimals" | "max_months" => Text::new(
            "số nguyên, không có dấu ngoặc kép, ví dụ 2",
            "a whole number without quotes, such as 2",
        ),
        "activity" | "announced" => Text::new("true hoặc false", "true or false"),
        "groups" | "indicators" | "kinds" | "programmes" | "series" | "sources" | "units"
        | "norms" | "values" | "legal_basis" | "stages" | "classes" | "grounds" => Text::new(
            "một danh sách trong dấu ngoặc vuông",
            "a list in square brackets",
        ),
        "code" | "programme" | "unit" | "parent" | "successor" | "exclusivity_group" => Text::new(
            "một mã gồm a-z, 0-9 và dấu gạch dưới, ví dụ \"preschool_lunch\"",
            "a code of a-z, 0-9 and underscores, such as \"preschool_lunch\"",
        ),
        _ => Text::new(
            "giá trị đúng theo lược đồ catalogue.schema.json",
            "a value of the schema catalogue.schema.json",
        ),
    }
}

/// The part of a value that is shown: one line of at most [`LONGEST_SHOWN`] characters, without
/// anything that a terminal would obey.
pub(super) fn shown(value: &str) -> String {
    let mut words = value.split_whitespace().collect::<Vec<_>>().join(" ");
    words = words.replace(char::is_control, "\u{fffd}");
    if let Some((end, _)) = words.char_indices().nth(LONGEST_SHOWN) {
        words.truncate(end);
        words.push('…');
    }
    words
}

/// A hint that names what could have been meant, the likeliest first.
fn one_of(found: &str, allowed: &[String]) -> Text {
    let mut likely: Vec<&String> = allowed.iter().collect();
    // A slip is most often near the end of a word, or in its ending.
    likely.sort_by_key(|word| std::cmp::Reverse(common_start(found, word)));
    let listed: Vec<String> = likely
        .iter()
        .take(MOST_LISTED)
        .map(|word| format!("`{word}`"))
        .collect();
    let rest = if likely.len() > MOST_LISTED {
        ", …"
    } else {
        ""
    };
    Text::new(
        format!("dùng một trong các giá trị: {}{rest}", listed.join(", ")),
        format!("use one of {}{rest}", listed.join(", ")),
    )
}

fn common_start(one: &str, other: &str) -> usize {
    one.chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count()
}
