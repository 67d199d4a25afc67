//! What can be wrong with a template, said in both languages.

use super::sentence::{SentenceFault, Word};
use crate::domain::language::{Explain, Lang};
use crate::projection::Dimension;

/// One thing that is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message(Lang::En))]
pub struct TemplateIssue {
    /// The file it was read from.
    pub file: String,
    /// Where in the template, such as `sections[1].blocks[0]`; empty for the whole.
    pub place: String,
    /// What is wrong.
    pub problem: TemplateProblem,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateProblem {
    /// Over [`super::Template::LARGEST_BYTES`].
    TooLarge(usize),
    /// Not JSON, or not of the shape of a template.
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the reader said, in English.
        reason: String,
    },
    /// A text that cannot be read.
    Sentence {
        /// The language of the text.
        lang: Lang,
        /// Why.
        fault: SentenceFault,
    },
    /// A name that no figure has.
    UnknownFigure {
        /// The name.
        name: String,
    },
    /// A figure that no text shows.
    NotShown {
        /// The figure.
        figure: String,
        /// The language in which it is missing.
        lang: Lang,
    },
    /// A figure named like a word of the sentences, or with a character that cannot stand there.
    BadName(String),
    /// A figure that is taken, in the end, from itself.
    Circle(String),
    /// A part of a figure that has no rows to take a part of.
    NoRows {
        /// The figure.
        figure: String,
        /// What it is taken from.
        of: String,
    },
    /// A breakdown without `others`: it could sum to less than its total.
    OpenBreakdown {
        /// The figure that is broken down.
        of: String,
        /// The dimension.
        by: String,
    },
    /// A dimension that there is not, or that cannot stand here.
    Dimension {
        /// What was found.
        found: String,
    },
    /// A target or a budget of earlier days: closing is of days, not of stocks.
    StockEarlier,
    /// A slot that stands twice.
    SlotTwice(String),
    /// A list that has to hold something.
    Empty(&'static str),
}

impl Explain for TemplateIssue {
    fn code(&self) -> &'static str {
        match self.problem {
            TemplateProblem::TooLarge(_) => "template_too_large",
            TemplateProblem::Json { .. } => "template_malformed",
            TemplateProblem::Sentence { .. } => "template_bad_text",
            TemplateProblem::UnknownFigure { .. } => "template_unknown_figure",
            TemplateProblem::NotShown { .. } => "template_figure_not_shown",
            TemplateProblem::BadName(_) => "template_bad_name",
            TemplateProblem::Circle(_) => "template_circle",
            TemplateProblem::NoRows { .. } => "template_no_rows",
            TemplateProblem::OpenBreakdown { .. } => "template_open_breakdown",
            TemplateProblem::Dimension { .. } => "template_bad_dimension",
            TemplateProblem::StockEarlier => "template_stock_earlier",
            TemplateProblem::SlotTwice(_) => "template_slot_twice",
            TemplateProblem::Empty(_) => "template_empty_list",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let what = match lang {
            Lang::Vi => vietnamese(&self.problem),
            Lang::En => english(&self.problem),
        };
        if self.place.is_empty() {
            format!("{}: {what}", self.file)
        } else {
            format!("{}: {}: {what}", self.file, self.place)
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let hint = match &self.problem {
            TemplateProblem::OpenBreakdown { of, by } => lang.pick(
                format!("thêm một số liệu “others” của “{of}” theo “{by}” và đưa vào câu văn"),
                format!("add a figure \"others\" of \"{of}\" by \"{by}\" and show it in a text"),
            ),
            TemplateProblem::Dimension { .. } => {
                let names: Vec<&str> = Dimension::ALL.iter().map(|one| one.name()).collect();
                let names = names.join(", ");
                lang.pick(
                    format!("các chiều: {names}"),
                    format!("dimensions: {names}"),
                )
            }
            TemplateProblem::Sentence {
                fault: SentenceFault::UnknownForm(_),
                ..
            } => lang.pick(
                "các cách viết: number, pad2, hoặc hai từ số ít/số nhiều".to_owned(),
                "forms: number, pad2, or two words one/many".to_owned(),
            ),
            TemplateProblem::BadName(_) => {
                let words: Vec<&str> = Word::ALL.iter().map(|(name, _)| *name).collect();
                let words = words.join(", ");
                lang.pick(
                    format!("chỉ dùng a-z, 0-9, dấu chấm và gạch dưới, khác với: {words}"),
                    format!("a-z, 0-9, dots and underscores only, and none of: {words}"),
                )
            }
            TemplateProblem::UnknownFigure { .. } => lang.pick(
                "khai báo số liệu này trong “figures”, hoặc sửa tên".to_owned(),
                "declare it in \"figures\", or put its name right".to_owned(),
            ),
            _ => return None,
        };
        Some(hint)
    }
}

fn vietnamese(problem: &TemplateProblem) -> String {
    match problem {
        TemplateProblem::TooLarge(bytes) => format!("mẫu quá lớn: {bytes} byte"),
        TemplateProblem::Json {
            line,
            column,
            reason,
        } => format!("dòng {line}, cột {column}: không đọc được mẫu: {reason}"),
        TemplateProblem::Sentence { lang, fault } => {
            let why = match fault {
                SentenceFault::Unbalanced => "dấu ngoặc nhọn không khớp".to_owned(),
                SentenceFault::BadPlaceholder(found) => format!("không hiểu “{{{found}}}”"),
                SentenceFault::UnknownForm(found) => format!("không có cách viết “{found}”"),
            };
            format!("({}) {why}", lang.tag())
        }
        TemplateProblem::UnknownFigure { name } => format!("không có số liệu “{name}”"),
        TemplateProblem::NotShown { figure, lang } => {
            let tag = lang.tag();
            format!("số liệu “{figure}” không xuất hiện trong câu văn nào ({tag})")
        }
        TemplateProblem::BadName(name) => format!("không thể đặt tên số liệu là “{name}”"),
        TemplateProblem::Circle(name) => format!("số liệu “{name}” được tính từ chính nó"),
        TemplateProblem::NoRows { figure, of } => {
            format!("“{figure}” là một phần của “{of}”, nhưng “{of}” không phải số liệu tra từ sổ")
        }
        TemplateProblem::OpenBreakdown { of, by } => {
            format!("phân tổ của “{of}” theo “{by}” có thể không cộng đủ tổng số")
        }
        TemplateProblem::Dimension { found } => format!("không dùng được chiều “{found}” ở đây"),
        TemplateProblem::StockEarlier => {
            "chỉ tiêu và nguồn vốn không có phần bổ sung kỳ trước (“earlier”)".to_owned()
        }
        TemplateProblem::SlotTwice(slot) => format!("phần lời văn “{slot}” xuất hiện hai lần"),
        TemplateProblem::Empty(list) => format!("“{list}” không được để trống"),
    }
}

fn english(problem: &TemplateProblem) -> String {
    match problem {
        TemplateProblem::TooLarge(bytes) => format!("the template is too large: {bytes} bytes"),
        TemplateProblem::Json {
            line,
            column,
            reason,
        } => format!("line {line}, column {column}: not a template: {reason}"),
        TemplateProblem::Sentence { lang, fault } => {
            let why = match fault {
                SentenceFault::Unbalanced => "a brace stands without its other".to_owned(),
                SentenceFault::BadPlaceholder(found) => format!("\"{{{found}}}\" means nothing"),
                SentenceFault::UnknownForm(found) => format!("there is no form \"{found}\""),
            };
            format!("({}) {why}", lang.tag())
        }
        TemplateProblem::UnknownFigure { name } => format!("there is no figure \"{name}\""),
        TemplateProblem::NotShown { figure, lang } => {
            let tag = lang.tag();
            format!("the figure \"{figure}\" stands in no text ({tag})")
        }
        TemplateProblem::BadName(name) => format!("a figure cannot be named \"{name}\""),
        TemplateProblem::Circle(name) => format!("the figure \"{name}\" is taken from itself"),
        TemplateProblem::NoRows { figure, of } => {
            format!("\"{figure}\" is a part of \"{of}\", which is no question to the ledger")
        }
        TemplateProblem::OpenBreakdown { of, by } => {
            format!("the breakdown of \"{of}\" by \"{by}\" may sum to less than its total")
        }
        TemplateProblem::Dimension { found } => {
            format!("the dimension \"{found}\" cannot stand here")
        }
        TemplateProblem::StockEarlier => {
            "a target or a budget has nothing late for an earlier period (\"earlier\")".to_owned()
        }
        TemplateProblem::SlotTwice(slot) => format!("the slot \"{slot}\" stands twice"),
        TemplateProblem::Empty(list) => format!("\"{list}\" cannot be empty"),
    }
}
