//! The rules of templates. All issues are collected, none stops the search for others.

use std::collections::{BTreeMap, BTreeSet};

use super::issue::{TemplateIssue, TemplateProblem};
use super::sentence::{Sentence, Word};
use super::template::{Block, ChartSpec, Draws, FigureSource, Rows, Span, Template, both};
use crate::domain::language::Lang;
use crate::projection::Dimension;

/// Any year shows whether the names agree once `{year}` is filled in.
const SAMPLE_YEAR: i32 = 2023;

/// Dimensions whose keys split the rows without overlap, so that a breakdown by them sums up. An
/// action in several villages stands under each; a programme stands for its parts; several stages
/// without `stage` count an action once.
const BREAKDOWNS: [Dimension; 8] = [
    Dimension::Kind,
    Dimension::Class,
    Dimension::Source,
    Dimension::Project,
    Dimension::Covers,
    Dimension::Group,
    Dimension::Sex,
    Dimension::Minority,
];

/// Everything that is wrong with a template.
pub(super) fn issues(template: &Template, file: &str) -> Vec<TemplateIssue> {
    let mut check = Check {
        file,
        issues: Vec::new(),
    };
    match template.for_year(SAMPLE_YEAR) {
        Ok(dated) => check.template(&dated),
        Err(error) => check.add(
            "figures",
            TemplateProblem::Json {
                line: error.line(),
                column: error.column(),
                reason: error.to_string(),
            },
        ),
    }
    check.issues
}

struct Check<'a> {
    file: &'a str,
    issues: Vec<TemplateIssue>,
}

impl Check<'_> {
    fn add(&mut self, place: &str, problem: TemplateProblem) {
        self.issues.push(TemplateIssue {
            file: self.file.to_owned(),
            place: place.to_owned(),
            problem,
        });
    }

    fn template(&mut self, template: &Template) {
        for (name, source) in &template.figures {
            self.figure(template, name, source);
        }
        self.breakdowns(template);
        self.blocks(template);
        self.texts(template);
    }

    fn figure(&mut self, template: &Template, name: &str, source: &FigureSource) {
        let place = format!("figures.{name}");
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_');
        let is_word = Word::ALL.iter().any(|(word, _)| *word == name);
        if name.is_empty() || is_word || !name.chars().all(fits) {
            self.add(&place, TemplateProblem::BadName(name.to_owned()));
        }
        match source {
            FigureSource::Query { rows, .. } => self.rows(&place, rows),
            FigureSource::Part { by, keys, .. } => {
                self.breakdown_dimension(&place, by);
                if keys.is_empty() {
                    self.add(&place, TemplateProblem::Empty("keys"));
                }
            }
            FigureSource::Others { by, .. } | FigureSource::Unclassified { by, .. } => {
                self.breakdown_dimension(&place, by);
            }
            FigureSource::Budget { period, .. } | FigureSource::Target { period, .. }
                if *period == Span::Earlier =>
            {
                self.add(&place, TemplateProblem::StockEarlier);
            }
            _ => {}
        }
        self.origin(template, name, source, &place);
    }

    /// Follows what a figure is taken from down to a question to the cube.
    fn origin(&mut self, template: &Template, name: &str, source: &FigureSource, place: &str) {
        let mut seen = BTreeSet::from([name]);
        let mut source = source;
        while let Some(of) = source.of() {
            let Some(next) = template.figures.get(of) else {
                let name = of.to_owned();
                return self.add(place, TemplateProblem::UnknownFigure { name });
            };
            if !seen.insert(of) {
                return self.add(place, TemplateProblem::Circle(name.to_owned()));
            }
            source = next;
            let has_rows = !matches!(
                next,
                FigureSource::Budget { .. }
                    | FigureSource::Target { .. }
                    | FigureSource::Villages { .. }
            );
            if !has_rows {
                let (figure, of) = (name.to_owned(), of.to_owned());
                return self.add(place, TemplateProblem::NoRows { figure, of });
            }
        }
    }

    fn rows(&mut self, place: &str, rows: &Rows) {
        if rows.stages.is_empty() {
            self.add(place, TemplateProblem::Empty("stages"));
        }
        for (field, values) in &rows.conditions {
            if field != "cohort" && field.parse::<Dimension>().is_err() {
                let found = field.clone();
                self.add(place, TemplateProblem::Dimension { found });
            }
            if values.is_empty() {
                self.add(place, TemplateProblem::Empty("where"));
            }
        }
    }

    fn breakdown_dimension(&mut self, place: &str, by: &str) {
        let fits = by
            .parse::<Dimension>()
            .is_ok_and(|dimension| BREAKDOWNS.contains(&dimension));
        if !fits {
            let found = by.to_owned();
            self.add(place, TemplateProblem::Dimension { found });
        }
    }

    fn breakdowns(&mut self, template: &Template) {
        let mut closed: BTreeMap<(&str, &str), bool> = BTreeMap::new();
        for source in template.figures.values() {
            match source {
                FigureSource::Part { by, of, .. } | FigureSource::Unclassified { by, of } => {
                    closed.entry((of, by)).or_default();
                }
                FigureSource::Others { by, of } => {
                    closed.insert((of, by), true);
                }
                _ => {}
            }
        }
        for ((of, by), _) in closed.into_iter().filter(|(_, closed)| !closed) {
            let place = format!("figures.{of}");
            let (of, by) = (of.to_owned(), by.to_owned());
            self.add(&place, TemplateProblem::OpenBreakdown { of, by });
        }
    }

    fn blocks(&mut self, template: &Template) {
        let mut slots = BTreeSet::new();
        for (place, block) in template.blocks() {
            match block {
                Block::Narrative(slot) if !slots.insert(slot) => {
                    self.add(&place, TemplateProblem::SlotTwice(slot.clone()));
                }
                Block::Table(table) => {
                    self.rows(&place, &table.query);
                    for found in table
                        .by
                        .iter()
                        .filter(|by| by.parse::<Dimension>().is_err())
                    {
                        let found = found.clone();
                        self.add(&place, TemplateProblem::Dimension { found });
                    }
                    for (list, empty) in [
                        ("by", table.by.is_empty()),
                        ("columns", table.columns.is_empty()),
                    ] {
                        if empty {
                            self.add(&place, TemplateProblem::Empty(list));
                        }
                    }
                }
                Block::Chart(chart) => self.chart(template, &place, chart),
                _ => {}
            }
        }
    }

    fn chart(&mut self, template: &Template, place: &str, chart: &ChartSpec) {
        if let Draws::Figures(grouped) = &chart.draws {
            self.rows(place, &grouped.query);
            if grouped.by.parse::<Dimension>().is_err() {
                let found = grouped.by.clone();
                self.add(place, TemplateProblem::Dimension { found });
            }
            if grouped.columns.is_empty() {
                self.add(place, TemplateProblem::Empty("columns"));
            }
        }
        for goal in chart.draws.goals() {
            for name in [&goal.reached, &goal.target] {
                match template.figures.get(name) {
                    None => {
                        let name = name.clone();
                        self.add(place, TemplateProblem::UnknownFigure { name });
                    }
                    // Names are no number to draw.
                    Some(FigureSource::Villages { of }) => {
                        let (figure, of) = (name.clone(), of.clone());
                        self.add(place, TemplateProblem::NoRows { figure, of });
                    }
                    Some(_) => {}
                }
            }
        }
    }

    /// Every placeholder names a figure, and every figure is shown in both languages, save those
    /// that stand only for the rows which others take their part of.
    fn texts(&mut self, template: &Template) {
        let mut shown: BTreeSet<(&str, String)> = BTreeSet::new();
        for (place, text) in template.texts() {
            for (lang, text) in both(text) {
                match Sentence::parse(text) {
                    Err(fault) => self.add(&place, TemplateProblem::Sentence { lang, fault }),
                    Ok(sentence) => {
                        for (name, is_shown) in sentence.figures() {
                            if !template.figures.contains_key(name) {
                                let name = name.to_owned();
                                self.add(&place, TemplateProblem::UnknownFigure { name });
                            } else if is_shown {
                                shown.insert((lang.tag(), name.to_owned()));
                            }
                        }
                    }
                }
            }
        }
        for (_, block) in template.blocks() {
            let Block::Chart(chart) = block else { continue };
            for name in chart
                .draws
                .goals()
                .iter()
                .flat_map(|goal| [&goal.reached, &goal.target])
            {
                for lang in [Lang::Vi, Lang::En] {
                    shown.insert((lang.tag(), name.clone()));
                }
            }
        }
        let bases: BTreeSet<&str> = template
            .figures
            .values()
            .filter_map(FigureSource::of)
            .collect();
        for name in template.figures.keys() {
            for lang in [Lang::Vi, Lang::En] {
                if !bases.contains(name.as_str()) && !shown.contains(&(lang.tag(), name.clone())) {
                    let figure = name.clone();
                    let place = format!("figures.{name}");
                    self.add(&place, TemplateProblem::NotShown { figure, lang });
                }
            }
        }
    }
}
