//! The canonical model of a report: every text resolved, every figure with its question. What the
//! renderers show stands here and nowhere else.
//!
//! **Members are declared in alphabetical order in every struct**, so that writing one gives the
//! canonical form (RFC 8785); a test compares it with a sorting writer. `null`, `""`, `[]` and `{}`
//! never appear.

use chrono::NaiveDate;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::figure::Question;
use super::narrative::Paragraph;
use super::point::Point;
use crate::domain::code::Code;
use crate::domain::language::Lang;
use crate::domain::period::Period;
use crate::projection::Boundaries;
use crate::projection::figures::Axis;

/// A report, complete and in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What stands after the signature.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub annexes: Vec<Section>,
    /// How much of the log it knows.
    pub as_of: AsOfMark,
    /// Which date places a support in a period.
    pub axis: Axis,
    /// By which boundaries villages and communes are told apart; absent where by those of the day
    /// on which each thing happened.
    #[serde(skip_serializing_if = "Boundaries::is_then")]
    pub boundaries: Boundaries,
    /// What it counts beside its figures; no part of its written form.
    #[serde(skip)]
    pub beside: Beside,
    /// What ends the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub closing: Vec<Block>,
    /// SHA-256 of the canonical JSON without this member, in lower-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The figures by their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// The points to confirm.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Point>,
    /// The head of the first page.
    pub header: Header,
    /// The language of its texts.
    pub language: Lang,
    /// What opens the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub opening: Vec<Block>,
    /// The period it is called by.
    pub period: Dates,
    /// Who receives it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<Recipients>,
    /// The body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
    /// The rules by which the events were folded and counted.
    pub semantics: u32,
    /// Who signs: for whom, and in which office.
    pub signature: Signature,
    /// The days its data cover: the period up to the cut-off.
    pub span: Dates,
    /// The template.
    pub template: TemplateMark,
}

/// What a report counts beside its figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// The projects that its tables show.
    pub projects: Vec<Code>,
    /// The questions of its tables, the targets and budgets of its charts among them.
    pub tables: Vec<Question>,
}

/// How much of the log a report knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AsOfMark {
    /// The time of the last event.
    pub at: String,
    /// The root of the log's Merkle tree, in lower-case hex.
    pub root: String,
    /// The last event.
    pub seq: u64,
}

/// A period with its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dates {
    /// First day.
    pub from: NaiveDate,
    /// The period as it is written in options.
    pub label: Period,
    /// What people call it.
    pub text: String,
    /// Last day.
    pub to: NaiveDate,
}

impl Dates {
    pub(super) fn of(period: &Period, lang: Lang) -> Dates {
        Dates {
            from: period.first_day(),
            label: *period,
            text: period.label(lang),
            to: period.last_day(),
        }
    }
}

/// The template a report was made by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateMark {
    /// Its code.
    pub code: Code,
    /// Its version.
    pub version: u32,
}

/// A figure, with what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// Its name in the template.
    pub id: String,
    /// What it was asked.
    pub question: Question,
    /// What it is counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The exact number, or names; absent where there is no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// The head of the first page. `number` and `date` are absent on a draft and their place is left
/// blank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Header {
    /// The date as the document has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Who issues it, line by line.
    pub issuer: Vec<String>,
    /// The name of the state and its motto, line by line.
    pub motto: Vec<String>,
    /// The number without its symbol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Where it is issued.
    pub place: String,
    /// What it is about.
    pub subject: String,
    /// What follows the number.
    pub symbol: String,
    /// The type of document.
    pub title: String,
}

/// A group of recipients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recipients {
    /// How they receive it.
    pub heading: String,
    /// Who.
    pub to: Vec<String>,
}

/// Who signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// For whom.
    pub on_behalf: String,
    /// In which office.
    pub role: String,
}

/// A part of the outline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What stands under the heading.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Block>,
    /// The heading.
    pub heading: String,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its own parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
}

impl Section {
    fn collect<'a>(&'a self, all: &mut Vec<&'a Block>) {
        all.extend(&self.blocks);
        for part in &self.sections {
            part.collect(all);
        }
    }
}

/// What stands under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Figures as bars, and the table they stand in.
    Chart(Chart),
    /// A paragraph or an item of a list.
    Paragraph(Paragraph),
    /// Figures in rows.
    Table(Table),
}

/// Some columns of a table as bars, one row beside the other. What a bar is called is what stands
/// in its row before the first number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chart {
    /// The columns that are drawn, by their place from 0: one, or what was given and what of it was
    /// used, or the target and what of it is reached.
    pub columns: Vec<usize>,
    /// How they are drawn.
    pub drawing: Drawing,
    /// The numbers.
    pub table: Table,
}

/// How a chart draws its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawing {
    /// A bar each, all by one measure.
    Bars,
    /// Two bars each, all by one measure.
    Pairs,
    /// A bar in a frame each, by its own measure: a part of a whole.
    Parts,
}

/// A table. Every row has a cell for each column, and no cell is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
    /// What stands above it.
    pub title: String,
    /// The row that ends it, where it has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub total: Vec<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its heading.
    pub label: String,
    /// Whether numbers stand in it.
    pub number: bool,
}

impl Report {
    /// The canonical text (RFC 8785): the form that is stored and named by its digest.
    ///
    /// # Errors
    /// None that is known: every part of a report has a written form.
    pub fn to_canonical_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The canonical text without the digest: what the digest is of, and what the log stores.
    ///
    /// # Errors
    /// As [`Report::to_canonical_json`].
    pub fn to_model_json(&self) -> Result<String, serde_json::Error> {
        let bare = Report {
            digest: None,
            ..self.clone()
        };
        serde_json::to_string(&bare)
    }

    /// Fills in the digest of everything else.
    pub(super) fn seal(&mut self) -> Result<(), serde_json::Error> {
        let digest = Sha256::digest(self.to_model_json()?.as_bytes());
        self.digest = Some(digest.iter().map(|byte| format!("{byte:02x}")).collect());
        Ok(())
    }

    /// All blocks, in the order in which they are printed.
    pub fn blocks(&self) -> Vec<&Block> {
        let mut all: Vec<&Block> = self.opening.iter().collect();
        for section in &self.sections {
            section.collect(&mut all);
        }
        all.extend(&self.closing);
        for section in &self.annexes {
            section.collect(&mut all);
        }
        all
    }

    /// A figure by its name.
    pub fn figure(&self, id: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.id == id)
    }
}
