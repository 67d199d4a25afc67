//! A report's template as data: its figures, its texts in both languages, its outline.
//!
//! In every text, name and condition of a template, `{year}` and `{previous_year}` stand for the
//! report's year and the one before. What else stands in braces is described in
//! [`sentence`](super::sentence).

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::check;
use super::issue::{TemplateIssue, TemplateProblem};
use crate::domain::code::Code;
use crate::domain::language::{Lang, Text};
use crate::domain::stage::Stage;

/// The code of the built-in half-year report on poverty reduction.
const POVERTY_REDUCTION: &str = "poverty-reduction-half-year";

/// Its versions, from the first: a ledger keeps the one it adopted until it adopts another.
const POVERTY_REDUCTION_HALF_YEAR: [(u32, &str); 2] = [
    (
        1,
        include_str!("../../schemas/templates/poverty-reduction-half-year.json"),
    ),
    (
        2,
        include_str!("../../schemas/templates/poverty-reduction-half-year.v2.json"),
    ),
];

/// A report's template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// What stands after the signature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annexes: Vec<Section>,
    /// What ends the body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closing: Vec<Block>,
    /// Its code.
    pub code: Code,
    /// The figures by their names.
    #[serde(deserialize_with = "each_once")]
    pub figures: BTreeMap<String, FigureSource>,
    /// The head of the first page.
    pub header: Header,
    /// What people call it.
    pub name: Text,
    /// What opens the body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opening: Vec<Block>,
    /// Who receives it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<Recipients>,
    /// The body.
    pub sections: Vec<Section>,
    /// Who signs.
    pub signature: Signature,
    /// Its version, from 1.
    pub version: u32,
}

/// The head of the first page (Decree 30/2020/NĐ-CP, article 8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Who issues it, line by line.
    pub issuer: Vec<Text>,
    /// The name of the state and its motto, line by line.
    pub motto: Vec<Text>,
    /// What it is about.
    pub subject: Text,
    /// The symbol that follows the number, such as `BC-UBND`.
    pub symbol: String,
    /// The type of document.
    pub title: Text,
}

/// A group of recipients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipients {
    /// How they receive it.
    pub heading: Text,
    /// Who.
    pub to: Vec<Text>,
}

/// Who signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// For whom.
    pub on_behalf: Text,
    /// In which office.
    pub role: Text,
}

/// A part of the outline. Its heading is printed even when nothing stands under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// What stands under the heading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Block>,
    /// The heading.
    pub heading: Text,
    /// Its number, such as `3.1.`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Text>,
    /// Its own parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
}

/// What stands under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Figures as bars, with their table.
    Chart(ChartSpec),
    /// The points to confirm.
    Findings,
    /// A slot that the narrative given with the report fills.
    Narrative(String),
    /// The projects of a programme with their budgets.
    Projects(ProjectsTable),
    /// A paragraph with figures in it.
    Sentence(Text),
    /// Figures in rows.
    Table(TableSpec),
}

/// A chart. What it draws stands in a table beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartSpec {
    /// What is drawn.
    pub draws: Draws,
    /// What stands above it.
    pub title: Text,
}

/// What a chart draws.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Draws {
    /// Money given by each source, and how much of it was paid out: for every programme that was
    /// given any in the year, and for every project.
    Budgets {
        /// The programme, with its parts and their projects; none stands for all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        programme: Option<String>,
    },
    /// The last measure of a question to the cube, the greatest first.
    Figures(Grouped),
    /// How much of the targets of the year is reached: those named here, then all others.
    Targets(Vec<Goal>),
}

/// A question to the cube, grouped by one dimension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grouped {
    /// The dimension.
    pub by: String,
    /// The measures of the table; the last is drawn.
    pub columns: Vec<Measure>,
    /// The question.
    pub query: Rows,
}

/// A target and the figure that says how much of it is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// What people call it.
    pub label: Text,
    /// The figure that is to reach it.
    pub reached: String,
    /// The target, a figure as well.
    pub target: String,
}

/// The projects of a programme with their budgets by source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectsTable {
    /// The programme; its parts count as well.
    pub programme: String,
    /// What stands above it.
    pub title: Text,
}

/// A table: a question to the cube, grouped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSpec {
    /// The dimensions of the rows.
    pub by: Vec<String>,
    /// The measures of the columns.
    pub columns: Vec<Measure>,
    /// The question.
    pub query: Rows,
    /// Keys of the first dimension that have a row even when nothing is in it, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<String>,
    /// What stands above it.
    pub title: Text,
    /// Whether a row with the total ends it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub total: bool,
}

/// Which rows of the facts are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// The kinds; none stands for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Over which days.
    #[serde(default, skip_serializing_if = "Span::is_report")]
    pub period: Span,
    /// The stages.
    pub stages: Vec<Stage>,
    /// Conditions: a dimension or `cohort`, and the values one of which must hold.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", rename = "where")]
    pub conditions: BTreeMap<String, Vec<String>>,
}

/// Over which days a figure is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// The report's period, to the cut-off.
    #[default]
    Report,
    /// The calendar year in which the report's period ends.
    Year,
    /// The closed days before the report's period: only what was recorded of them since they were
    /// closed (*bổ sung kỳ trước*). Nothing, where none is closed.
    Earlier,
}

impl Span {
    fn is_report(&self) -> bool {
        *self == Span::Report
    }
}

/// Where a figure comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FigureSource {
    /// Money given to a programme, without what is given to projects by name.
    Budget {
        /// For which days.
        period: Span,
        /// The programme; its parts count as well.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        programme: Option<String>,
        /// Who pays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
    },
    /// What no `part` (and no `unclassified`) of the same breakdown names.
    Others {
        /// The dimension.
        by: String,
        /// The figure that is broken down.
        of: String,
    },
    /// The part of a figure that has one of some keys.
    Part {
        /// The dimension.
        by: String,
        /// The keys.
        keys: Vec<String>,
        /// The figure that is broken down.
        of: String,
    },
    /// A question to the cube.
    Query {
        /// What is read off.
        measure: Measure,
        /// Which rows.
        rows: Rows,
    },
    /// Another measure of the rows of another figure.
    Same {
        /// What is read off.
        measure: Measure,
        /// The figure with the rows.
        of: String,
    },
    /// What was to be reached.
    Target {
        /// An indicator or a kind.
        kind: String,
        /// For which days.
        period: Span,
    },
    /// The part of a figure that has no key.
    Unclassified {
        /// The dimension.
        by: String,
        /// The figure that is broken down.
        of: String,
    },
    /// The names of the villages in the rows of another figure.
    Villages {
        /// The figure with the rows.
        of: String,
    },
}

impl Draws {
    /// The targets it names.
    pub fn goals(&self) -> &[Goal] {
        match self {
            Draws::Targets(goals) => goals,
            Draws::Budgets { .. } | Draws::Figures(_) => &[],
        }
    }
}

impl FigureSource {
    /// The figure it is taken from.
    pub fn of(&self) -> Option<&str> {
        match self {
            FigureSource::Others { of, .. }
            | FigureSource::Part { of, .. }
            | FigureSource::Same { of, .. }
            | FigureSource::Unclassified { of, .. }
            | FigureSource::Villages { of } => Some(of),
            _ => None,
        }
    }
}

/// What is read off an answer of the cube.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Support actions.
    Turns,
    /// Distinct households.
    Households,
    /// Distinct persons.
    Persons,
    /// Beneficiaries.
    Count,
    /// Distinct villages.
    Villages,
    /// Money.
    Amount,
    /// Goods.
    Quantity,
    /// Money taken back.
    Recovered,
}

impl Measure {
    /// Its name in the cube.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Turns => "turns",
            Measure::Households => "households",
            Measure::Persons => "persons",
            Measure::Count => "count",
            Measure::Villages => "villages",
            Measure::Amount => "amount",
            Measure::Quantity => "quantity",
            Measure::Recovered => "recovered",
        }
    }

    /// What people call it, at the head of a column.
    pub fn label(self) -> Text {
        match self {
            Measure::Turns => Text::new("Số lượt", "Turns"),
            Measure::Households => Text::new("Số hộ", "Households"),
            Measure::Persons => Text::new("Số người", "Persons"),
            Measure::Count => Text::new("Số đối tượng", "Count"),
            Measure::Villages => Text::new("Số thôn", "Villages"),
            Measure::Amount => Text::new("Số tiền", "Amount"),
            Measure::Quantity => Text::new("Số lượng", "Quantity"),
            Measure::Recovered => Text::new("Số tiền thu hồi", "Recovered"),
        }
    }

    /// Whether parts of it may add up to more than the whole, one household standing in several.
    pub fn is_distinct(self) -> bool {
        matches!(
            self,
            Measure::Households | Measure::Persons | Measure::Villages
        )
    }
}

impl Template {
    /// The largest template that is read.
    pub const LARGEST_BYTES: usize = 1 << 20;

    /// The templates that the program brings along, each in its newest version: code, version, and
    /// the JSON text.
    pub fn built_in() -> Vec<(&'static str, u32, &'static str)> {
        let mut newest = Template::built_in_versions();
        newest.drain(..newest.len().saturating_sub(1));
        newest
    }

    /// All versions of the templates that the program brings along, from the first.
    pub fn built_in_versions() -> Vec<(&'static str, u32, &'static str)> {
        let versions = POVERTY_REDUCTION_HALF_YEAR.iter();
        versions
            .map(|(version, text)| (POVERTY_REDUCTION, *version, *text))
            .collect()
    }

    /// Reads and checks a template. `file_name` is named in the issues.
    ///
    /// # Errors
    /// All issues that were found; one alone where the text is no template at all.
    pub fn from_json(text: &str, file_name: &str) -> Result<Template, Vec<TemplateIssue>> {
        let issue = |problem| TemplateIssue {
            file: file_name.to_owned(),
            place: String::new(),
            problem,
        };
        if text.len() > Template::LARGEST_BYTES {
            let problem = TemplateProblem::TooLarge(text.len());
            return Err(vec![issue(problem)]);
        }
        let template: Template = serde_json::from_str(text).map_err(|error| {
            vec![issue(TemplateProblem::Json {
                line: error.line(),
                column: error.column(),
                reason: error.to_string(),
            })]
        })?;
        let issues = check::issues(&template, file_name);
        if issues.is_empty() {
            Ok(template)
        } else {
            Err(issues)
        }
    }

    /// The canonical text: RFC 8785, since the members of each struct stand in alphabetical order.
    ///
    /// # Errors
    /// None that is known: every part of a template has a written form.
    pub fn to_canonical_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The template with `{year}` and `{previous_year}` filled in, wherever they stand.
    ///
    /// # Errors
    /// When two figures have one name then.
    pub fn for_year(&self, year: i32) -> Result<Template, serde_json::Error> {
        let text = self.to_canonical_json()?;
        let text = text.replace("{year}", &year.to_string());
        serde_json::from_str(&text.replace("{previous_year}", &(year - 1).to_string()))
    }

    /// All blocks, in the order in which they are printed.
    pub fn blocks(&self) -> Vec<(String, &Block)> {
        let mut blocks = Vec::new();
        number("opening", &self.opening, &mut blocks);
        for (index, section) in self.sections.iter().enumerate() {
            section.collect(&format!("sections[{index}]"), &mut blocks);
        }
        number("closing", &self.closing, &mut blocks);
        for (index, section) in self.annexes.iter().enumerate() {
            section.collect(&format!("annexes[{index}]"), &mut blocks);
        }
        blocks
    }

    /// The slots that a narrative can fill, in the order in which they are printed.
    pub fn slots(&self) -> Vec<&str> {
        let blocks = self.blocks().into_iter();
        blocks
            .filter_map(|(_, block)| match block {
                Block::Narrative(slot) => Some(slot.as_str()),
                _ => None,
            })
            .collect()
    }

    /// All texts with their places.
    pub fn texts(&self) -> Vec<(String, &Text)> {
        let header = &self.header;
        let mut texts = vec![
            ("header.subject".to_owned(), &header.subject),
            ("header.title".to_owned(), &header.title),
        ];
        let lines = header.issuer.iter().chain(&header.motto);
        texts.extend(lines.map(|line| ("header".to_owned(), line)));
        for recipients in &self.recipients {
            texts.push(("recipients".to_owned(), &recipients.heading));
            texts.extend(recipients.to.iter().map(|to| ("recipients".to_owned(), to)));
        }
        let signature = &self.signature;
        for text in [&signature.on_behalf, &signature.role] {
            texts.push(("signature".to_owned(), text));
        }
        for (lists, list) in [("sections", &self.sections), ("annexes", &self.annexes)] {
            for (index, section) in list.iter().enumerate() {
                section.headings(&format!("{lists}[{index}]"), &mut texts);
            }
        }
        for (place, block) in self.blocks() {
            match block {
                Block::Sentence(text) => texts.push((place, text)),
                Block::Table(table) => texts.push((format!("{place}.title"), &table.title)),
                Block::Projects(table) => texts.push((format!("{place}.title"), &table.title)),
                Block::Chart(chart) => {
                    texts.push((format!("{place}.title"), &chart.title));
                    let goals = chart.draws.goals().iter();
                    texts.extend(goals.map(|goal| (format!("{place}.label"), &goal.label)));
                }
                Block::Findings | Block::Narrative(_) => {}
            }
        }
        texts
    }
}

fn number<'a>(place: &str, list: &'a [Block], blocks: &mut Vec<(String, &'a Block)>) {
    for (index, block) in list.iter().enumerate() {
        blocks.push((format!("{place}[{index}]"), block));
    }
}

impl Section {
    fn collect<'a>(&'a self, place: &str, blocks: &mut Vec<(String, &'a Block)>) {
        number(&format!("{place}.blocks"), &self.blocks, blocks);
        for (index, section) in self.sections.iter().enumerate() {
            section.collect(&format!("{place}.sections[{index}]"), blocks);
        }
    }

    fn headings<'a>(&'a self, place: &str, texts: &mut Vec<(String, &'a Text)>) {
        texts.push((format!("{place}.heading"), &self.heading));
        for (index, section) in self.sections.iter().enumerate() {
            section.headings(&format!("{place}.sections[{index}]"), texts);
        }
    }
}

/// What a text says in each language.
pub(super) fn both(text: &Text) -> [(Lang, &str); 2] {
    [Lang::Vi, Lang::En].map(|lang| (lang, text.get(lang)))
}

/// Reads a map and refuses a name that stands twice: the later would silently replace the earlier.
fn each_once<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, FigureSource>, D::Error> {
    struct Once;
    impl<'de> Visitor<'de> for Once {
        type Value = BTreeMap<String, FigureSource>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("figures by their names")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut figures = BTreeMap::new();
            while let Some((name, figure)) = map.next_entry::<String, FigureSource>()? {
                if figures.contains_key(&name) {
                    let twice = format!("the figure {name:?} stands twice");
                    return Err(serde::de::Error::custom(twice));
                }
                figures.insert(name, figure);
            }
            Ok(figures)
        }
    }
    deserializer.deserialize_map(Once)
}
