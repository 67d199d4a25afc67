//! The parts of a report that no figure can write: a Markdown file with a heading `## slot` for
//! each slot of the template.
//!
//! Under a heading stand paragraphs, separated by empty lines, and items that begin with `- `,
//! `+ ` or a number with a dot. A title (`# …`) may stand before the first slot.

use std::collections::BTreeMap;

use serde::Serialize;

use super::template::Template;
use crate::domain::language::{Explain, Lang};

/// The texts of a narrative by their slots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrative {
    slots: BTreeMap<String, Vec<Paragraph>>,
}

/// A paragraph or an item of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paragraph {
    /// What an item begins with: `-`, `+` or `3.`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// The text, on one line.
    pub text: String,
}

impl Paragraph {
    /// A paragraph that is no item.
    pub fn plain(text: impl Into<String>) -> Paragraph {
        Paragraph {
            mark: None,
            text: text.into(),
        }
    }
}

/// One thing that is wrong with a narrative.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message(Lang::En))]
pub struct NarrativeIssue {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: NarrativeProblem,
}

/// What is wrong with a narrative.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NarrativeProblem {
    /// Over [`Narrative::LARGEST_BYTES`].
    TooLarge(usize),
    /// A heading that is no slot of the template.
    UnknownSlot {
        /// The heading.
        found: String,
        /// The slots of the template.
        known: Vec<String>,
    },
    /// A slot that stands twice.
    SlotTwice(String),
    /// A text before the first slot.
    NoSlot,
    /// A heading of another level.
    OtherHeading(String),
    /// A character that does not print.
    Control(char),
}

impl Narrative {
    /// The largest narrative that is read.
    pub const LARGEST_BYTES: usize = 1 << 20;

    /// Reads a narrative for a template. `file_name` is named in the issues.
    ///
    /// # Errors
    /// All issues, in the order of their lines.
    pub fn parse(
        text: &str,
        file_name: &str,
        template: &Template,
    ) -> Result<Narrative, Vec<NarrativeIssue>> {
        let mut reader = Reader {
            file: file_name,
            known: template.slots(),
            narrative: Narrative::default(),
            slot: None,
            open: false,
            issues: Vec::new(),
        };
        if text.len() > Narrative::LARGEST_BYTES {
            reader.add(1, NarrativeProblem::TooLarge(text.len()));
            return Err(reader.issues);
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (line, number) in text.lines().zip(1..) {
            reader.line(number, line);
        }
        if reader.issues.is_empty() {
            Ok(reader.narrative)
        } else {
            Err(reader.issues)
        }
    }

    /// What stands in a slot; empty when nothing does.
    pub fn slot(&self, name: &str) -> &[Paragraph] {
        self.slots.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Where the reader is: a slot that is known, or one that is not and whose text is passed over.
enum Slot {
    Known(String),
    Unknown,
}

struct Reader<'a> {
    file: &'a str,
    known: Vec<&'a str>,
    narrative: Narrative,
    slot: Option<Slot>,
    /// Whether the next line goes on with the last paragraph.
    open: bool,
    issues: Vec<NarrativeIssue>,
}

impl Reader<'_> {
    fn add(&mut self, line: usize, problem: NarrativeProblem) {
        let file = self.file.to_owned();
        self.issues.push(NarrativeIssue {
            file,
            line,
            problem,
        });
    }

    fn line(&mut self, number: usize, line: &str) {
        if let Some(control) = line.chars().find(|c| c.is_control() && *c != '\t') {
            return self.add(number, NarrativeProblem::Control(control));
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let text = words.join(" ");
        if text.is_empty() {
            self.open = false;
        } else if let Some(slot) = text.strip_prefix("## ") {
            self.heading(number, slot);
        } else if text.starts_with('#') {
            if self.slot.is_some() || !text.starts_with("# ") {
                self.add(number, NarrativeProblem::OtherHeading(text));
            }
        } else {
            self.text(number, text);
        }
    }

    fn heading(&mut self, number: usize, slot: &str) {
        self.open = false;
        self.slot = Some(Slot::Unknown);
        if !self.known.contains(&slot) {
            let known = self.known.iter().map(|slot| (*slot).to_owned()).collect();
            let found = slot.to_owned();
            self.add(number, NarrativeProblem::UnknownSlot { found, known });
        } else if self.narrative.slots.contains_key(slot) {
            self.add(number, NarrativeProblem::SlotTwice(slot.to_owned()));
        } else {
            self.narrative.slots.insert(slot.to_owned(), Vec::new());
            self.slot = Some(Slot::Known(slot.to_owned()));
        }
    }

    fn text(&mut self, number: usize, text: String) {
        let slot = match &self.slot {
            None => return self.add(number, NarrativeProblem::NoSlot),
            Some(Slot::Unknown) => return,
            Some(Slot::Known(slot)) => slot,
        };
        let Some(paragraphs) = self.narrative.slots.get_mut(slot) else {
            return;
        };
        let (mark, text) = item(&text);
        match paragraphs.last_mut() {
            Some(last) if self.open && mark.is_none() => {
                last.text.push(' ');
                last.text.push_str(text);
            }
            _ => paragraphs.push(Paragraph {
                mark,
                text: text.to_owned(),
            }),
        }
        self.open = true;
    }
}

/// The mark of an item, and what follows it.
fn item(text: &str) -> (Option<String>, &str) {
    if let Some((mark, rest)) = text.split_once(' ') {
        let number = mark.strip_suffix('.').unwrap_or_default();
        let counted = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if counted || matches!(mark, "-" | "+") {
            return (Some(mark.to_owned()), rest);
        }
    }
    (None, text)
}

impl Explain for NarrativeIssue {
    fn code(&self) -> &'static str {
        match self.problem {
            NarrativeProblem::TooLarge(_) => "narrative_too_large",
            NarrativeProblem::UnknownSlot { .. } => "narrative_unknown_slot",
            NarrativeProblem::SlotTwice(_) => "narrative_slot_twice",
            NarrativeProblem::NoSlot => "narrative_no_slot",
            NarrativeProblem::OtherHeading(_) => "narrative_other_heading",
            NarrativeProblem::Control(_) => "narrative_control_character",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match &self.problem {
            NarrativeProblem::TooLarge(bytes) => (
                format!("phần lời văn quá lớn: {bytes} byte"),
                format!("the narrative is too large: {bytes} bytes"),
            ),
            NarrativeProblem::UnknownSlot { found, .. } => (
                format!("mẫu báo cáo không có phần “{found}”"),
                format!("the template has no slot \"{found}\""),
            ),
            NarrativeProblem::SlotTwice(slot) => (
                format!("phần “{slot}” xuất hiện hai lần"),
                format!("the slot \"{slot}\" stands twice"),
            ),
            NarrativeProblem::NoSlot => (
                "có lời văn trước phần đầu tiên".to_owned(),
                "a text stands before the first slot".to_owned(),
            ),
            NarrativeProblem::OtherHeading(found) => (
                format!("tiêu đề “{found}” không phải là tiêu đề của một phần"),
                format!("the heading \"{found}\" is not that of a slot"),
            ),
            NarrativeProblem::Control(found) => (
                format!("ký tự điều khiển {found:?}"),
                format!("the control character {found:?}"),
            ),
        };
        let place = lang.pick("dòng", "line");
        format!(
            "{}, {place} {}: {}",
            self.file,
            self.line,
            lang.pick(vi, en)
        )
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match &self.problem {
            NarrativeProblem::UnknownSlot { known, .. } => {
                let known = known.join(", ");
                Some(lang.pick(format!("các phần: {known}"), format!("slots: {known}")))
            }
            NarrativeProblem::NoSlot | NarrativeProblem::OtherHeading(_) => Some(
                lang.pick(
                    "mỗi phần bắt đầu bằng một dòng “## tên phần”",
                    "each slot begins with a line \"## slot\"",
                )
                .to_owned(),
            ),
            _ => None,
        }
    }
}
