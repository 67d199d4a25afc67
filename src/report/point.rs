//! The points to confirm: what the report itself noticed, and what was noticed when its events
//! were recorded. None of them changes a figure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::build::ReportError;
use super::figure::{Answer, Asked, Asker, Question};
use super::narrative::Narrative;
use super::number;
use super::sentence::Sentence;
use super::table::key_label;
use super::template::{Block, FigureSource, Measure, Template};
use super::words::date_words;
use crate::domain::finding::FindingCode;
use crate::domain::language::Lang;
use crate::domain::period::Period;
use crate::domain::state::State;

/// Below this, two equal counts are chance and nobody has to confirm them.
const WORTH_CONFIRMING: i128 = 10_000;

/// A point to confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Point {
    /// A stable name for programs.
    pub code: String,
    /// How many events it was noted on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Some of them, by their refs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
    /// The sentence.
    pub text: String,
}

fn point(code: &str, text: String) -> Point {
    Point {
        code: code.to_owned(),
        count: None,
        examples: Vec::new(),
        text,
    }
}

pub(super) fn cohort_missing(cohort: &str, lang: Lang) -> Point {
    let vi = format!("Danh sách “{cohort}” chưa có trong sổ: các số liệu theo danh sách này là 0.");
    let en = format!("The list \"{cohort}\" is not in the ledger: the figures that use it are 0.");
    point("list_missing", lang.pick(vi, en))
}

pub(super) fn unit_mixed(state: &State, question: &Question, lang: Lang) -> Point {
    let what = describe(state, question, lang);
    let vi = format!("{what}: có lượt chưa ghi đơn vị tính, hoặc ghi nhiều đơn vị khác nhau.");
    let en = format!("{what}: some entries have no unit of measure, or several differ.");
    point("unit_mixed", lang.pick(vi, en))
}

pub(super) fn target_missing(state: &State, kind: &str, year: &Period, lang: Lang) -> Point {
    let catalogue = &state.catalogue;
    let named = catalogue.indicator(kind).map(|one| &one.name);
    let named = named.or_else(|| catalogue.kind(kind).map(|one| &one.name));
    let name = named.map_or(kind, |name| name.get(lang));
    let label = year.label(lang);
    let vi = format!("Sổ chưa ghi chỉ tiêu “{name}” {label}: báo cáo in số 0.");
    let en = format!("No target \"{name}\" for {label} is in the ledger: the report prints 0.");
    point("target_missing", lang.pick(vi, en))
}

pub(super) fn budget_undated(amount: &str, lang: Lang) -> Point {
    let vi = format!("Vốn phân bổ {amount} không ghi thời kỳ nên chưa được tính vào báo cáo.");
    let en = format!("An allocation of {amount} has no period and is not counted here.");
    point("allocation_undated", lang.pick(vi, en))
}

pub(super) fn budget_two_levels(lang: Lang) -> Point {
    let vi = "Vốn được ghi ở cả cấp chương trình và cấp dự án thành phần: cần xác nhận không tính \
              hai lần.";
    let en = "Allocations stand at the programme and at its projects: please confirm that none is \
              counted twice.";
    point("allocation_two_levels", lang.pick(vi, en).to_owned())
}

/// The report is called by one period, its data end earlier.
pub(super) fn cut_off(period: &Period, span: &Period, lang: Lang) -> Point {
    let (label, data) = (period.label(lang), span.label(lang));
    let last = date_words(span.last_day(), lang);
    let vi = format!("Tên báo cáo ghi {label}, số liệu tính đến hết {last} ({data}).");
    let en = format!("The title says {label}; the data end on {last} ({data}).");
    point("cut_off", lang.pick(vi, en))
}

/// Slots of the template that the narrative left empty.
pub(super) fn narrative_missing(
    template: &Template,
    narrative: &Narrative,
    lang: Lang,
) -> Option<Point> {
    let slots = template.slots().into_iter();
    let missing: Vec<String> = slots
        .filter(|slot| narrative.slot(slot).is_empty())
        .map(str::to_owned)
        .collect();
    if missing.is_empty() {
        return None;
    }
    let (count, names) = (missing.len(), missing.join(", "));
    let vi = format!("Chưa có lời văn cho {count} phần: {names}.");
    let en = format!("Parts without a narrative text, {count}: {names}.");
    Some(Point {
        examples: missing,
        ..point("narrative_missing", lang.pick(vi, en))
    })
}

/// What was noted on events, as the caller counted it.
pub(super) fn noted(code: FindingCode, count: u64, examples: &[String], lang: Lang) -> Point {
    let text = code.text();
    let mut sentence = capital(text.get(lang));
    let such = if examples.is_empty() {
        String::new()
    } else {
        let word = lang.pick("ví dụ", "such as");
        format!(", {word} {}", examples.join(", "))
    };
    let vi = format!(": {count} sự kiện{such}.");
    let events = if count == 1 { "event" } else { "events" };
    let en = format!(": {count} {events}{such}.");
    sentence.push_str(&lang.pick(vi, en));
    Point {
        code: code.code().to_owned(),
        count: Some(count),
        examples: examples.to_vec(),
        text: sentence,
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

impl Question {
    /// What it is about, in words: its kinds, its measure, its conditions.
    pub fn describe(&self, state: &State, lang: Lang) -> String {
        let catalogue = &state.catalogue;
        match self.measure {
            Asked::Target => {
                let kind = self.target.as_deref().unwrap_or_default();
                let known = catalogue.indicator(kind).map(|known| &known.name);
                let name = known.map_or(kind, |name| name.get(lang));
                format!("{}: {name}", lang.pick("Chỉ tiêu", "Target"))
            }
            Asked::Budget => {
                let code = self.programme.as_deref().unwrap_or_default();
                let known = catalogue.programme(code).map(|known| &known.name);
                let name = known.map_or(code, |name| name.get(lang));
                format!("{}: {name}", lang.pick("Vốn phân bổ", "Allocation"))
            }
            _ => describe(state, self, lang),
        }
    }
}

/// What a question is about: its kinds, its conditions, its measure.
fn describe(state: &State, question: &Question, lang: Lang) -> String {
    let kinds = question.kinds.iter();
    let kinds: Vec<String> = kinds
        .map(|kind| key_label(state, "kind", kind, lang))
        .collect();
    let mut parts = Vec::new();
    if let Asked::Cube(measure) = question.measure {
        parts.push(measure.label().get(lang).to_lowercase());
    }
    for (by, keys) in &question.conditions {
        parts.extend(keys.iter().map(|key| key_label(state, by, key, lang)));
    }
    let all = lang.pick("Các chính sách", "All kinds").to_owned();
    let kinds = if kinds.is_empty() {
        all
    } else {
        kinds.join(", ")
    };
    format!("{kinds} ({})", parts.join("; "))
}

impl Asker<'_> {
    /// Breakdowns whose classified parts do not sum to the total.
    pub(super) fn breakdowns(
        &mut self,
        answers: &BTreeMap<String, Answer>,
    ) -> Result<(), ReportError> {
        let figures = &self.template.figures;
        let breakdowns: BTreeSet<(&str, &str)> = figures
            .values()
            .filter_map(|source| match source {
                FigureSource::Others { by, of } => Some((of.as_str(), by.as_str())),
                _ => None,
            })
            .collect();
        for (of, by) in breakdowns {
            let Some(whole) = answers.get(of) else {
                continue;
            };
            let (mut classified, mut unclassified) = (0_i128, 0_i128);
            for (name, source) in figures {
                let number = answers.get(name).and_then(Answer::number).unwrap_or(0);
                match source {
                    FigureSource::Part {
                        by: b, of: o, keys, ..
                    } if (o.as_str(), b.as_str()) == (of, by) && !keys.contains(&String::new()) => {
                        classified += number;
                    }
                    FigureSource::Others { by: b, of: o }
                        if (o.as_str(), b.as_str()) == (of, by) =>
                    {
                        classified += number;
                    }
                    FigureSource::Unclassified { by: b, of: o }
                        if (o.as_str(), b.as_str()) == (of, by) =>
                    {
                        unclassified += number;
                    }
                    _ => {}
                }
            }
            let total = whole.number().unwrap_or(0);
            if classified != total {
                let sums = [total, classified, unclassified];
                self.unequal(of, whole, sums)?;
            }
        }
        Ok(())
    }

    fn unequal(&mut self, of: &str, whole: &Answer, sums: [i128; 3]) -> Result<(), ReportError> {
        let lang = self.lang;
        let what = describe(&self.view.state, &whole.question, lang);
        let [total, classified, unclassified] = sums.map(|number| number::grouped(number, lang));
        let [total_number, classified_number, _] = sums;
        if classified_number > total_number && whole.question.measure.is_distinct() {
            let vi = format!(
                "{what}: tổng số {total}, cộng các nhóm {classified}, vì có đối tượng được tính ở \
                 nhiều nhóm."
            );
            let en = format!(
                "{what}: {total} in all, {classified} over the groups, since some stand in several."
            );
            self.points.push(point("groups_overlap", lang.pick(vi, en)));
            return Ok(());
        }
        let households = if whole.question.measure == Asked::Cube(Measure::Turns) {
            let row = self.row(of, &whole.question)?;
            let households = number::grouped(i128::from(row.households) * 1_000, lang);
            let vi = format!(" Số hộ, mỗi hộ tính một lần: {households}.");
            let en = format!(" Households, each counted once: {households}.");
            lang.pick(vi, en)
        } else {
            String::new()
        };
        let vi = format!(
            "{what}: tổng số {total}, các nhóm đã phân loại cộng lại {classified}, chưa phân loại \
             {unclassified}.{households}"
        );
        let en = format!(
            "{what}: {total} in all, {classified} over the classified groups, {unclassified} \
             unclassified.{households}"
        );
        let code = "total_differs_from_parts";
        self.points.push(point(code, lang.pick(vi, en)));
        Ok(())
    }

    /// Equal counts of different kinds on adjacent lines: the same people, or a slip in copying.
    pub(super) fn twins(&mut self, answers: &BTreeMap<String, Answer>) {
        let mut before: Option<&Answer> = None;
        for name in shown(self.template, self.lang) {
            let is_whole = matches!(
                self.template.figures.get(&name),
                Some(FigureSource::Query { .. })
            );
            let counts = |answer: &&Answer| {
                matches!(
                    answer.question.measure,
                    Asked::Cube(Measure::Count | Measure::Households | Measure::Persons)
                )
            };
            let Some(answer) = answers.get(&name).filter(|_| is_whole).filter(counts) else {
                continue;
            };
            if let Some(first) = before
                && first.number() == answer.number()
                && first.question.measure == answer.question.measure
                && first.question.kinds != answer.question.kinds
                && first.number() >= Some(WORTH_CONFIRMING)
            {
                let lang = self.lang;
                let [one, other] =
                    [first, answer].map(|a| describe(&self.view.state, &a.question, lang));
                let number = answer.text(lang);
                let vi = format!(
                    "Hai dòng liền nhau cùng một số {number}: {one} và {other}. Đề nghị xác nhận."
                );
                let en = format!(
                    "Two adjacent lines have one number, {number}: {one} and {other}. Please \
                     confirm."
                );
                self.points
                    .push(point("equal_neighbours", lang.pick(vi, en)));
            }
            before = Some(answer);
        }
    }
}

impl Asked {
    fn is_distinct(self) -> bool {
        matches!(self, Asked::Cube(measure) if measure.is_distinct())
    }
}

/// The figures in the order in which the sentences show them first.
fn shown(template: &Template, lang: Lang) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (_, block) in template.blocks() {
        let Block::Sentence(text) = block else {
            continue;
        };
        let Ok(sentence) = Sentence::parse(text.get(lang)) else {
            continue;
        };
        for (name, is_shown) in sentence.figures() {
            if is_shown && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}
