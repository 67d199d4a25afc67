//! From a template and a view to the canonical model.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::figure::{Answer, Asker, Found};
use super::model::{
    AsOfMark, Beside, Block, Dates, Figure, Header, Recipients, Report, Section, Signature,
    TemplateMark,
};
use super::narrative::{Narrative, Paragraph};
use super::point::{self, Point};
use super::sentence::{Filling, Sentence};
use super::template::{self, Draws, Template};
use super::words::{Words, date_line, date_words};
use crate::domain::finding::FindingCode;
use crate::domain::language::{Explain, Lang, Text};
use crate::domain::period::Period;
use crate::domain::state::SEMANTICS;
use crate::projection::Boundaries;
use crate::projection::figures::{Axis, FiguresError};
use crate::projection::view::View;

/// How much of the log the view knows, as the caller resolved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAs {
    /// The last event.
    pub seq: u64,
    /// Its time, as it is to be printed.
    pub at: String,
    /// The root of the log's Merkle tree, in lower-case hex.
    pub root: String,
}

/// Everything that a report depends on.
#[derive(Debug, Clone)]
pub struct ReportInput<'a> {
    /// The register and the facts, folded to `as_of`.
    pub view: &'a View,
    /// How much of the log that is.
    pub as_of: KnownAs,
    /// The template.
    pub template: &'a Template,
    /// The period the report is called by.
    pub period: Period,
    /// The last day of its data, where that is earlier than the period's end.
    pub cut_off: Option<NaiveDate>,
    /// Which date places a support in a period.
    pub axis: Axis,
    /// By which boundaries villages and communes are told apart.
    pub boundaries: Boundaries,
    /// The language.
    pub lang: Lang,
    /// The document's number; a draft has none.
    pub number: Option<String>,
    /// The document's date; a draft has none.
    pub date: Option<NaiveDate>,
    /// What no figure can write.
    pub narrative: &'a Narrative,
    /// What was noted on the events of the period: how often, and the refs of some of them.
    pub findings: Vec<(FindingCode, u64, Vec<String>)>,
}

/// Why a report cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The catalogue or the ledger does not know what a figure asks for.
    #[error("the figure {figure:?} cannot be answered: {source}")]
    Figure {
        /// The figure, or the title of the table.
        figure: String,
        /// Why.
        source: FiguresError,
    },
    /// A name that no figure of the template has.
    #[error("the template has no figure {0:?}")]
    UnknownFigure(String),
    /// A text of the template that cannot be read.
    #[error("the text {0:?} of the template cannot be read")]
    BadText(String),
    /// A cut-off outside the period.
    #[error("the cut-off {cut_off} lies outside the period {period}")]
    CutOff {
        /// The cut-off.
        cut_off: NaiveDate,
        /// The period.
        period: Period,
    },
    /// A view without the event that opens a ledger.
    #[error("the ledger has not been opened")]
    NotOpened,
    /// The model has no written form.
    #[error("the report cannot be written: {0}")]
    Unwritable(String),
}

impl ReportError {
    pub(super) fn figure(figure: &str, source: FiguresError) -> ReportError {
        ReportError::Figure {
            figure: figure.to_owned(),
            source,
        }
    }
}

impl Explain for ReportError {
    fn code(&self) -> &'static str {
        match self {
            ReportError::Figure { .. } => "report_figure",
            ReportError::UnknownFigure(_) => "report_unknown_figure",
            ReportError::BadText(_) => "report_bad_text",
            ReportError::CutOff { .. } => "report_cut_off",
            ReportError::NotOpened => "report_not_opened",
            ReportError::Unwritable(_) => "report_unwritable",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            ReportError::Figure { figure, source } => {
                let (vi, en) = (source.message(Lang::Vi), source.message(Lang::En));
                (
                    format!("không tính được “{figure}”: {vi}"),
                    format!("\"{figure}\" cannot be answered: {en}"),
                )
            }
            ReportError::CutOff { cut_off, period } => (
                format!(
                    "ngày chốt số liệu ({}) nằm ngoài kỳ báo cáo {} ({period})",
                    date_words(*cut_off, Lang::Vi),
                    period.label(Lang::Vi)
                ),
                format!(
                    "the cut-off {} lies outside {} ({period})",
                    date_words(*cut_off, Lang::En),
                    period.label(Lang::En)
                ),
            ),
            ReportError::UnknownFigure(name) => (
                format!("mẫu báo cáo không có số liệu “{name}”"),
                format!("the template has no figure \"{name}\""),
            ),
            ReportError::BadText(text) => (
                format!("không đọc được câu “{text}” của mẫu"),
                format!("the text \"{text}\" of the template cannot be read"),
            ),
            ReportError::NotOpened => (
                "sổ chưa được mở".to_owned(),
                "the ledger has not been opened".to_owned(),
            ),
            ReportError::Unwritable(why) => (
                format!("không ghi được báo cáo: {why}"),
                format!("the report cannot be written: {why}"),
            ),
        };
        lang.pick(vi, en)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let hint = match self {
            ReportError::Figure { .. } => lang.pick(
                "mẫu báo cáo này không hợp với danh mục của sổ: dùng mẫu khác, hoặc bổ sung danh \
                 mục",
                "this template does not fit the ledger's catalogue: use another, or extend the \
                 catalogue",
            ),
            ReportError::CutOff { .. } => lang.pick(
                "ngày chốt phải từ ngày đầu đến ngày cuối của kỳ",
                "give a day from the first to the last of the period",
            ),
            ReportError::UnknownFigure(_) => lang.pick(
                "liệt kê các số liệu của báo cáo: socai report explain SỐ_BÁO_CÁO",
                "list the figures of a report: socai report explain NUMBER",
            ),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Report {
    /// Makes a report.
    ///
    /// # Errors
    /// [`ReportError`]: the template asks for what the catalogue does not have, or the cut-off
    /// does not fit the period.
    pub fn build(input: &ReportInput<'_>) -> Result<Report, ReportError> {
        let unwritable = |error: serde_json::Error| ReportError::Unwritable(error.to_string());
        let span = span(input)?;
        let last = input.period.last_day();
        let year = Period::year(last.year()).unwrap_or(input.period);
        let template = input.template.for_year(last.year()).map_err(unwritable)?;
        let ledger = input.view.state.ledger.as_ref();
        let ledger = ledger.ok_or(ReportError::NotOpened)?;
        let words = Words::new(&input.period, &span, &ledger.name, input.lang);
        let mut asker = Asker {
            view: input.view,
            template: &template,
            axis: input.axis,
            boundaries: input.boundaries,
            as_of: input.as_of.seq,
            lang: input.lang,
            span: (span.first_day(), span.last_day()),
            year,
            points: Vec::new(),
            beside: Beside::default(),
            found: Found::default(),
        };
        let answers = asker.answers()?;
        let points = points(input, &mut asker, &answers, &span)?;
        let mut builder = Builder {
            asker,
            answers: &answers,
            words: &words,
            narrative: input.narrative,
            points: &points,
            lang: input.lang,
        };
        let mut report = builder.report(input, &template, &span)?;
        report.findings.clone_from(&points);
        report.beside = builder.asker.beside;
        report.seal().map_err(unwritable)?;
        Ok(report)
    }
}

/// The days the data cover.
fn span(input: &ReportInput<'_>) -> Result<Period, ReportError> {
    let period = input.period;
    let Some(cut_off) = input.cut_off else {
        return Ok(period);
    };
    let outside = || ReportError::CutOff { cut_off, period };
    if !period.contains(cut_off) {
        return Err(outside());
    }
    if cut_off == period.last_day() {
        return Ok(period);
    }
    Period::shortest(period.first_day(), cut_off).map_err(|_| outside())
}

/// All points to confirm: of the dates, of the figures, of the narrative, of the events.
fn points(
    input: &ReportInput<'_>,
    asker: &mut Asker<'_>,
    answers: &BTreeMap<String, Answer>,
    span: &Period,
) -> Result<Vec<Point>, ReportError> {
    let lang = input.lang;
    let mut points = Vec::new();
    if !span.same_days(&input.period) {
        points.push(point::cut_off(&input.period, span, lang));
    }
    let of_answers = std::mem::take(&mut asker.points);
    asker.breakdowns(answers)?;
    asker.twins(answers);
    points.append(&mut asker.points);
    points.extend(of_answers);
    points.extend(point::narrative_missing(
        asker.template,
        input.narrative,
        lang,
    ));
    let noted = input.findings.iter();
    points.extend(noted.map(|(code, count, such)| point::noted(*code, *count, such, lang)));
    Ok(points)
}

struct Builder<'a, 'b> {
    asker: Asker<'a>,
    answers: &'b BTreeMap<String, Answer>,
    words: &'b Words,
    narrative: &'b Narrative,
    points: &'b [Point],
    lang: Lang,
}

impl Builder<'_, '_> {
    fn report(
        &mut self,
        input: &ReportInput<'_>,
        template: &Template,
        span: &Period,
    ) -> Result<Report, ReportError> {
        Ok(Report {
            annexes: self.sections(&template.annexes)?,
            as_of: AsOfMark {
                at: input.as_of.at.clone(),
                root: input.as_of.root.clone(),
                seq: input.as_of.seq,
            },
            axis: input.axis,
            boundaries: input.boundaries,
            beside: Beside::default(),
            closing: self.blocks(&template.closing)?,
            digest: None,
            figures: self.figures(),
            findings: Vec::new(),
            header: self.header(input, &template.header)?,
            language: self.lang,
            opening: self.blocks(&template.opening)?,
            period: Dates::of(&input.period, self.lang),
            recipients: self.recipients(&template.recipients)?,
            sections: self.sections(&template.sections)?,
            semantics: SEMANTICS,
            signature: Signature {
                on_behalf: self.fill(&template.signature.on_behalf)?,
                role: self.fill(&template.signature.role)?,
            },
            span: Dates::of(span, self.lang),
            template: TemplateMark {
                code: template.code.clone(),
                version: template.version,
            },
        })
    }

    fn figures(&self) -> Vec<Figure> {
        let figure = |(id, answer): (&String, &Answer)| Figure {
            id: id.clone(),
            question: answer.question.clone(),
            unit: answer.unit(),
            value: answer.written(),
        };
        self.answers.iter().map(figure).collect()
    }

    fn header(
        &self,
        input: &ReportInput<'_>,
        header: &template::Header,
    ) -> Result<Header, ReportError> {
        let given = input.number.as_deref();
        let (number, symbol) = match given.map(|given| given.split_once('/').ok_or(given)) {
            Some(Ok((number, symbol))) => (Some(number), symbol),
            Some(Err(number)) => (Some(number), header.symbol.as_str()),
            None => (None, header.symbol.as_str()),
        };
        Ok(Header {
            date: input.date.map(|date| date_line(date, self.lang)),
            issuer: self.lines(&header.issuer)?,
            motto: self.lines(&header.motto)?,
            number: number.map(str::to_owned),
            place: self.words.get(super::sentence::Word::Place).to_owned(),
            subject: self.fill(&header.subject)?,
            symbol: symbol.to_owned(),
            title: self.fill(&header.title)?,
        })
    }

    fn recipients(
        &self,
        recipients: &[template::Recipients],
    ) -> Result<Vec<Recipients>, ReportError> {
        let group = |group: &template::Recipients| {
            Ok(Recipients {
                heading: self.fill(&group.heading)?,
                to: self.lines(&group.to)?,
            })
        };
        recipients.iter().map(group).collect()
    }

    fn lines(&self, texts: &[Text]) -> Result<Vec<String>, ReportError> {
        texts.iter().map(|text| self.fill(text)).collect()
    }

    fn fill(&self, text: &Text) -> Result<String, ReportError> {
        let text = text.get(self.lang);
        let bad = |_| ReportError::BadText(text.to_owned());
        let sentence = Sentence::parse(text).map_err(bad)?;
        Ok(sentence.fill(&Filling {
            answers: self.answers,
            words: self.words,
            lang: self.lang,
        }))
    }

    fn sections(&mut self, sections: &[template::Section]) -> Result<Vec<Section>, ReportError> {
        let mut built = Vec::with_capacity(sections.len());
        for section in sections {
            let number = section.number.as_ref().map(|number| self.fill(number));
            built.push(Section {
                blocks: self.blocks(&section.blocks)?,
                heading: self.fill(&section.heading)?,
                number: number.transpose()?,
                sections: self.sections(&section.sections)?,
            });
        }
        Ok(built)
    }

    fn blocks(&mut self, blocks: &[template::Block]) -> Result<Vec<Block>, ReportError> {
        let mut built = Vec::new();
        for block in blocks {
            match block {
                template::Block::Sentence(text) => {
                    let text = self.fill(text)?;
                    built.push(Block::Paragraph(Paragraph::plain(text)));
                }
                template::Block::Narrative(slot) => {
                    let paragraphs = self.narrative.slot(slot).iter().cloned();
                    built.extend(paragraphs.map(Block::Paragraph));
                }
                template::Block::Findings => built.extend(self.findings()),
                template::Block::Table(spec) => {
                    let title = self.fill(&spec.title)?;
                    let table = self.asker.table(spec, title)?;
                    built.push(self.table(table));
                }
                template::Block::Chart(spec) => {
                    let title = self.fill(&spec.title)?;
                    let chart = self.chart(&spec.draws, title)?;
                    built.push(chart);
                }
                template::Block::Projects(spec) => {
                    let title = self.fill(&spec.title)?;
                    let table = self.asker.projects(spec, title);
                    built.push(self.table(table));
                }
            }
        }
        Ok(built)
    }

    /// A chart, or one line that says that there is nothing to draw.
    fn chart(&mut self, draws: &Draws, title: String) -> Result<Block, ReportError> {
        let mut goals = Vec::new();
        for goal in draws.goals() {
            goals.push(self.fill(&goal.label)?);
        }
        let chart = self.asker.chart(draws, &goals, self.answers, title)?;
        Ok(match chart.table.rows.is_empty() {
            true => self.table(chart.table),
            false => Block::Chart(chart),
        })
    }

    /// A table, or one line that says that nothing is there.
    fn table(&self, table: super::model::Table) -> Block {
        if table.rows.is_empty() {
            let none = self.lang.pick("không có", "none");
            let text = format!("{}: {none}.", table.title);
            return Block::Paragraph(Paragraph::plain(text));
        }
        Block::Table(table)
    }

    fn findings(&self) -> Vec<Block> {
        if self.points.is_empty() {
            let none = self.lang.pick(
                "Không có điểm nào cần xác nhận.",
                "There is nothing to confirm.",
            );
            return vec![Block::Paragraph(Paragraph::plain(none))];
        }
        let item = |(number, point): (usize, &Point)| {
            Block::Paragraph(Paragraph {
                mark: Some(format!("{number}.")),
                text: point.text.clone(),
            })
        };
        (1..).zip(self.points).map(item).collect()
    }
}
