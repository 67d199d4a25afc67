//! Figures: the question each one asks, and the answer.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::build::ReportError;
use super::model::Beside;
use super::number;
use super::point::{self, Point};
use super::template::{FigureSource, Measure, Rows, Span, Template};
use crate::domain::code::Code;
use crate::domain::fixed::format_thousandths;
use crate::domain::language::{Lang, Text};
use crate::domain::period::Period;
use crate::domain::stage::Stage;
use crate::domain::state::State;
use crate::projection::Boundaries;
use crate::projection::figures::{
    self, Axis, Dimension, Entries, FiguresError, Filter, Query, Row,
};
use crate::projection::movement::last_closed;
use crate::projection::view::View;

/// What a figure was asked: enough to ask it again, and to find the events behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// What was left out of a breakdown, and so is not in this part.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub except: BTreeMap<String, Vec<String>>,
    /// First day.
    pub from: NaiveDate,
    /// The kinds; none stands for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// What is read off.
    pub measure: Asked,
    /// The programme of a budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
    /// Only what was recorded after this event: the closing of these days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// The source of a budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The stages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// What was to be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Last day.
    pub to: NaiveDate,
    /// Conditions, all of which hold.
    #[serde(rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: BTreeMap<String, Vec<String>>,
}

/// What is read off: a measure of the cube, the names of its villages, or a stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// A sum of allocations.
    Budget,
    /// A target.
    Target,
    /// The names of the villages.
    VillageNames,
    /// A measure of the cube.
    #[serde(untagged)]
    Cube(Measure),
}

impl Question {
    /// The question to the cube, where the figure comes from the cube.
    ///
    /// # Errors
    /// [`FiguresError`] for a dimension that there is not.
    pub fn query(
        &self,
        axis: Axis,
        boundaries: Boundaries,
        as_of: u64,
    ) -> Result<Option<Query>, FiguresError> {
        if matches!(self.measure, Asked::Budget | Asked::Target) {
            return Ok(None);
        }
        let mut filters = Vec::new();
        for (field, values) in &self.conditions {
            filters.push(match field.as_str() {
                "cohort" => Filter::Cohort(values.clone()),
                by => Filter::Dimension(by.parse()?, values.clone()),
            });
        }
        // Nothing is left beside what was left out: no row may pass.
        for by in self.except.keys() {
            if !self.conditions.contains_key(by) {
                filters.push(Filter::Dimension(by.parse()?, Vec::new()));
            }
        }
        Ok(Some(Query {
            from: self.from,
            to: self.to,
            axis,
            as_of,
            since: self.since.unwrap_or(0),
            boundaries,
            by: Vec::new(),
            stages: self.stages.clone(),
            kinds: self.kinds.clone(),
            filters,
            entries: Entries::All,
        }))
    }

    /// The answer as programs have it, over a view; `None` where it does not come from the cube, or
    /// is no name.
    ///
    /// # Errors
    /// As [`Question::query`], or for what the view does not know.
    pub fn written(
        &self,
        view: &View,
        axis: Axis,
        boundaries: Boundaries,
        as_of: u64,
    ) -> Result<Option<String>, FiguresError> {
        let Some(mut query) = self.query(axis, boundaries, as_of)? else {
            return Ok(None);
        };
        let (facts, state) = (&view.facts, &view.state);
        let Asked::Cube(measure) = self.measure else {
            query.by = vec![Dimension::Village];
            let rows = figures::figures(facts, state, &query)?.rows;
            let keys = rows.into_iter().flat_map(|row| row.keys).collect();
            let names = village_names(state, &keys, boundaries, self.to);
            return Ok(Value::Names(names).written());
        };
        let row = figures::figures(facts, state, &query)?
            .rows
            .into_iter()
            .next();
        Ok(row.and_then(|row| value(state, &row, measure, &self.kinds).written()))
    }

    /// Narrows to rows that have one of some keys.
    fn narrow(&mut self, by: &str, keys: impl IntoIterator<Item = String>) {
        let mut keys: BTreeSet<String> = keys.into_iter().collect();
        if let Some(before) = self.conditions.get(by) {
            keys.retain(|key| before.contains(key));
        }
        self.conditions
            .insert(by.to_owned(), keys.into_iter().collect());
    }
}

/// The answer to a figure's question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was asked.
    pub question: Question,
    /// What was answered.
    pub value: Value,
}

/// What a figure says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A count, in thousandths.
    Count(i128),
    /// An amount in thousandths, and its currency.
    Money(i128, String),
    /// A quantity in thousandths, and its unit with its name.
    Goods(i128, Option<(String, Text)>),
    /// Names.
    Names(Vec<String>),
}

impl Value {
    fn number(&self) -> Option<i128> {
        match self {
            Value::Count(number) | Value::Money(number, _) | Value::Goods(number, _) => {
                Some(*number)
            }
            Value::Names(_) => None,
        }
    }

    fn written(&self) -> Option<String> {
        match self {
            Value::Names(names) => (!names.is_empty()).then(|| names.join("; ")),
            _ => self.number().map(format_thousandths),
        }
    }
}

impl Answer {
    /// The number in thousandths, where it is one.
    pub fn number(&self) -> Option<i128> {
        self.value.number()
    }

    /// Nothing: 0, or no name.
    pub fn is_zero(&self) -> bool {
        match &self.value {
            Value::Names(names) => names.is_empty(),
            _ => self.number() == Some(0),
        }
    }

    /// As a sentence has it.
    pub fn text(&self, lang: Lang) -> String {
        match &self.value {
            Value::Count(number) => number::grouped(*number, lang),
            Value::Money(number, currency) => number::money(*number, currency, lang),
            Value::Goods(number, unit) => {
                let unit = unit.as_ref().map(|(_, name)| name);
                number::quantity(*number, unit, lang)
            }
            Value::Names(names) => names.join(", "),
        }
    }

    /// As programs have it; `None` for no name.
    pub fn written(&self) -> Option<String> {
        self.value.written()
    }

    /// The unit of the number: a currency, a unit of measure, or what is counted.
    pub fn unit(&self) -> Option<String> {
        match &self.value {
            Value::Money(_, currency) => Some(currency.clone()),
            Value::Goods(_, unit) => unit.as_ref().map(|(code, _)| code.clone()),
            Value::Count(_) => match self.question.measure {
                Asked::Cube(Measure::Turns) => Some("turn".to_owned()),
                Asked::Cube(Measure::Households) => Some("household".to_owned()),
                Asked::Cube(Measure::Persons) => Some("person".to_owned()),
                Asked::Cube(Measure::Villages) => Some("village".to_owned()),
                _ => None,
            },
            Value::Names(_) => None,
        }
    }
}

/// Asks and answers the figures of one template over one view.
pub(super) struct Asker<'a> {
    pub(super) view: &'a View,
    pub(super) template: &'a Template,
    pub(super) axis: Axis,
    pub(super) boundaries: Boundaries,
    pub(super) as_of: u64,
    pub(super) lang: Lang,
    /// First and last day of the data.
    pub(super) span: (NaiveDate, NaiveDate),
    /// The calendar year of the targets and budgets.
    pub(super) year: Period,
    /// What was noticed on the way.
    pub(super) points: Vec<Point>,
    /// What was asked beside the figures.
    pub(super) beside: Beside,
    /// What was found already: figures share their rows.
    pub(super) found: Found,
}

/// The questions of figures and the rows that answered some, so that nothing is asked twice.
#[derive(Debug, Default)]
pub(super) struct Found {
    questions: BTreeMap<String, Question>,
    rows: RefCell<Vec<(Question, Row)>>,
}

impl Asker<'_> {
    fn state(&self) -> &State {
        &self.view.state
    }

    /// The question to the cube, as this report asks all of them.
    pub(super) fn query(&self, question: &Question) -> Result<Option<Query>, FiguresError> {
        question.query(self.axis, self.boundaries, self.as_of)
    }

    /// Answers all figures.
    pub(super) fn answers(&mut self) -> Result<BTreeMap<String, Answer>, ReportError> {
        let template = self.template;
        let names = template.figures.keys();
        names
            .map(|name| Ok((name.clone(), self.answer(name)?)))
            .collect()
    }

    fn answer(&mut self, name: &str) -> Result<Answer, ReportError> {
        let question = self.question(name)?;
        let value = match question.measure {
            Asked::Budget => self.budget(&question),
            Asked::Target => self.target(&question),
            Asked::VillageNames => Value::Names(self.villages(name, &question)?),
            Asked::Cube(measure) => {
                let row = self.row(name, &question)?;
                self.read(&row, measure, &question)
            }
        };
        Ok(Answer { question, value })
    }

    fn days(&self, span: Span) -> (NaiveDate, NaiveDate) {
        match span {
            Span::Report => self.span,
            Span::Year => (self.year.first_day(), self.span.1),
            Span::Earlier => self.earlier().0,
        }
    }

    /// The closed days before the period, and the closing since which they are closed. Without one
    /// there are no such days.
    fn earlier(&self) -> ((NaiveDate, NaiveDate), Option<u64>) {
        let first = NaiveDate::from_yo_opt(1900, 1).unwrap_or(NaiveDate::MIN);
        let eve = self.span.0.pred_opt().unwrap_or(self.span.0);
        match last_closed(self.state(), eve) {
            Some((through, closing)) => ((first, through), Some(closing)),
            None => ((eve, first), None),
        }
    }

    /// The question behind rows of the template.
    pub(super) fn rows(&mut self, rows: &Rows, measure: Measure) -> Question {
        let (from, to) = self.days(rows.period);
        let mut question = Question {
            kinds: rows.kinds.clone(),
            stages: rows.stages.clone(),
            conditions: rows.conditions.clone(),
            ..self.stock(Asked::Cube(measure))
        };
        (question.from, question.to) = (from, to);
        if rows.period == Span::Earlier {
            question.since = self.earlier().1;
        }
        self.keep_known_cohorts(&mut question);
        question
    }

    pub(super) fn stock(&self, measure: Asked) -> Question {
        Question {
            except: BTreeMap::new(),
            from: self.year.first_day(),
            kinds: Vec::new(),
            measure,
            programme: None,
            since: None,
            source: None,
            stages: Vec::new(),
            target: None,
            to: self.year.last_day(),
            conditions: BTreeMap::new(),
        }
    }

    /// A list that was not put in yet has nobody on it: the figure is 0 and the report says why.
    fn keep_known_cohorts(&mut self, question: &mut Question) {
        let Some(cohorts) = question.conditions.get("cohort") else {
            return;
        };
        let known = &self.view.state.cohorts;
        let (kept, missing): (Vec<String>, Vec<String>) = cohorts
            .iter()
            .cloned()
            .partition(|cohort| known.contains_key(cohort.as_str()));
        for cohort in missing {
            let point = point::cohort_missing(&cohort, self.lang);
            if !self.points.contains(&point) {
                self.points.push(point);
            }
            let left_out = question.except.entry("cohort".to_owned()).or_default();
            left_out.push(cohort);
        }
        question.conditions.insert("cohort".to_owned(), kept);
    }

    pub(super) fn question(&mut self, name: &str) -> Result<Question, ReportError> {
        if let Some(known) = self.found.questions.get(name) {
            return Ok(known.clone());
        }
        let question = self.new_question(name)?;
        let known = &mut self.found.questions;
        known.insert(name.to_owned(), question.clone());
        Ok(question)
    }

    fn new_question(&mut self, name: &str) -> Result<Question, ReportError> {
        let template = self.template;
        let unknown = || ReportError::UnknownFigure(name.to_owned());
        let source = template.figures.get(name).ok_or_else(unknown)?;
        Ok(match source {
            FigureSource::Query { measure, rows } => self.rows(rows, *measure),
            FigureSource::Same { measure, of } => Question {
                measure: Asked::Cube(*measure),
                ..self.question(of)?
            },
            FigureSource::Villages { of } => Question {
                measure: Asked::VillageNames,
                ..self.question(of)?
            },
            FigureSource::Part { by, keys, of } => {
                let mut question = self.question(of)?;
                question.narrow(by, keys.iter().cloned());
                question
            }
            FigureSource::Unclassified { by, of } => {
                let mut question = self.question(of)?;
                question.narrow(by, [String::new()]);
                question
            }
            FigureSource::Others { by, of } => self.others(name, by, of)?,
            FigureSource::Target { kind, .. } => Question {
                target: Some(kind.clone()),
                ..self.stock(Asked::Target)
            },
            FigureSource::Budget {
                programme, source, ..
            } => Question {
                programme: programme.clone(),
                source: source.clone(),
                ..self.stock(Asked::Budget)
            },
        })
    }

    /// What no named part of a breakdown holds.
    fn others(&mut self, name: &str, by: &str, of: &str) -> Result<Question, ReportError> {
        let mut question = self.question(of)?;
        let mut named: BTreeSet<String> = BTreeSet::new();
        for source in self.template.figures.values() {
            match source {
                FigureSource::Part {
                    by: other_by,
                    keys,
                    of: other,
                } if other_by == by && other == of => named.extend(keys.iter().cloned()),
                FigureSource::Unclassified {
                    by: other_by,
                    of: other,
                } if other_by == by && other == of => {
                    named.insert(String::new());
                }
                _ => {}
            }
        }
        let found = self.keys(name, &question, by)?;
        let left: Vec<String> = found.difference(&named).cloned().collect();
        question.conditions.remove(by);
        if !left.is_empty() {
            question.conditions.insert(by.to_owned(), left);
        }
        let named = named.into_iter().map(shown_key).collect();
        question.except.insert(by.to_owned(), named);
        Ok(question)
    }

    /// The keys of a dimension in the rows of a question.
    fn keys(
        &self,
        name: &str,
        question: &Question,
        by: &str,
    ) -> Result<BTreeSet<String>, ReportError> {
        let failed = |error| ReportError::figure(name, error);
        let dimension: Dimension = by.parse().map_err(failed)?;
        let Some(mut query) = self.query(question).map_err(failed)? else {
            return Ok(BTreeSet::new());
        };
        query.by = vec![dimension];
        let answer = figures::figures(&self.view.facts, self.state(), &query).map_err(failed)?;
        Ok(answer.rows.into_iter().flat_map(|row| row.keys).collect())
    }

    /// The one row that answers a question, whatever is read off it.
    pub(super) fn row(&self, name: &str, question: &Question) -> Result<Row, ReportError> {
        if matches!(question.measure, Asked::Budget | Asked::Target) {
            return Err(ReportError::UnknownFigure(name.to_owned()));
        }
        let question = Question {
            measure: Asked::Cube(Measure::Turns),
            ..question.clone()
        };
        let known = |(asked, _): &&(Question, Row)| *asked == question;
        if let Some((_, row)) = self.found.rows.borrow().iter().find(known) {
            return Ok(row.clone());
        }
        let row = self.new_row(name, &question)?;
        self.found.rows.borrow_mut().push((question, row.clone()));
        Ok(row)
    }

    fn new_row(&self, name: &str, question: &Question) -> Result<Row, ReportError> {
        let failed = |error| ReportError::figure(name, error);
        let query = self.query(question).map_err(failed)?;
        let query = query.ok_or_else(|| ReportError::UnknownFigure(name.to_owned()))?;
        let answer = figures::figures(&self.view.facts, self.state(), &query).map_err(failed)?;
        let row = answer.rows.into_iter().next();
        row.ok_or_else(|| ReportError::UnknownFigure(name.to_owned()))
    }

    fn read(&mut self, row: &Row, measure: Measure, question: &Question) -> Value {
        if measure == Measure::Quantity && row.turns != 0 && row.unit.is_empty() {
            let point = point::unit_mixed(self.state(), question, self.lang);
            self.points.push(point);
        }
        value(self.state(), row, measure, &question.kinds)
    }

    fn villages(&self, name: &str, question: &Question) -> Result<Vec<String>, ReportError> {
        let keys = self.keys(name, question, "village")?;
        Ok(village_names(
            self.state(),
            &keys,
            self.boundaries,
            question.to,
        ))
    }

    fn target(&mut self, question: &Question) -> Value {
        let kind = question.target.clone().unwrap_or_default();
        let year = self.year;
        let set = self
            .view
            .state
            .targets
            .iter()
            .filter(|((known, period), _)| known.as_str() == kind && period.same_days(&year))
            .max_by_key(|(_, (_, seq))| *seq);
        match set {
            Some((_, (value, _))) => Value::Count(i128::from(value.thousandths())),
            None => {
                let point = point::target_missing(self.state(), &kind, &year, self.lang);
                self.points.push(point);
                Value::Count(0)
            }
        }
    }

    /// What was given to a programme in a year. What is given to a project by name is its own.
    fn budget(&mut self, question: &Question) -> Value {
        let year = self.year;
        let within = |period: &Period| {
            year.first_day() <= period.first_day() && period.last_day() <= year.last_day()
        };
        let programmes = question.programme.as_deref().map(|code| self.below(code));
        let of_programme = |programme: &Option<Code>| match (&programmes, programme) {
            (None, _) => true,
            (Some(wanted), Some(code)) => wanted.contains(code.as_str()),
            (Some(_), None) => false,
        };
        let source = question.source.as_deref();
        let (mut sum, mut undated) = (0_i128, 0_i128);
        let mut levels: BTreeSet<bool> = BTreeSet::new();
        for ((programme, project, payer, period), (amount, _)) in &self.view.state.budgets {
            let counts = project.is_none()
                && of_programme(programme)
                && source.is_none_or(|source| payer.as_str() == source);
            match period {
                Some(period) if counts && within(period) => {
                    sum += i128::from(*amount);
                    let top = programme.as_ref().map(Code::as_str);
                    levels.insert(top == question.programme.as_deref());
                }
                None if counts => undated += i128::from(*amount),
                _ => {}
            }
        }
        let currency = self.view.state.catalogue.currency.clone();
        if undated != 0 {
            let amount = number::money(undated, &currency, self.lang);
            self.points.push(point::budget_undated(&amount, self.lang));
        }
        if levels.len() > 1 && question.programme.is_some() {
            self.points.push(point::budget_two_levels(self.lang));
        }
        Value::Money(sum, currency)
    }

    /// A programme and its parts.
    pub(super) fn below(&self, code: &str) -> BTreeSet<String> {
        let parts = self.state().catalogue.descendants(code);
        let mut codes: BTreeSet<String> = parts.iter().map(|one| one.code.to_string()).collect();
        codes.insert(code.to_owned());
        codes
    }
}

/// The names of villages on a day, or on the day of the boundaries.
fn village_names(
    state: &State,
    keys: &BTreeSet<String>,
    boundaries: Boundaries,
    to: NaiveDate,
) -> Vec<String> {
    let villages: BTreeSet<&str> = keys
        .iter()
        .flat_map(|key| key.split(';'))
        .filter(|village| !village.is_empty())
        .collect();
    let named_on = match boundaries {
        Boundaries::Then => to,
        Boundaries::On(day) => day,
    };
    let called = |village| state.units.name_on(village, named_on).to_owned();
    villages.into_iter().map(called).collect()
}

/// A key as the model names it: nothing is written as `none`, as lists have it.
fn shown_key(key: String) -> String {
    if key.is_empty() {
        "none".to_owned()
    } else {
        key
    }
}

/// A measure of a row with what it is counted in.
pub(super) fn value(state: &State, row: &Row, measure: Measure, kinds: &[String]) -> Value {
    let count = |number: i128| Value::Count(number * 1_000);
    let currency = || state.catalogue.currency.clone();
    match measure {
        Measure::Turns => count(row.turns.into()),
        Measure::Households => count(row.households.into()),
        Measure::Persons => count(row.persons.into()),
        Measure::Count => count(row.count.into()),
        Measure::Villages => count(row.villages.into()),
        Measure::Amount => Value::Money(row.amount, currency()),
        Measure::Recovered => Value::Money(row.recovered, currency()),
        Measure::Quantity => {
            let unit = match (row.unit.as_str(), kinds) {
                ("", [kind]) if row.quantity == 0 => {
                    let kind = state.catalogue.kind(kind);
                    kind.and_then(|kind| kind.unit.as_ref()).map(Code::as_str)
                }
                ("", _) => None,
                (unit, _) => Some(unit),
            };
            let named = unit.map(|code| {
                let known = state.catalogue.unit(code);
                let name = known.map_or_else(|| Text::new(code, code), |unit| unit.name.clone());
                (code.to_owned(), name)
            });
            Value::Goods(row.quantity, named)
        }
    }
}
