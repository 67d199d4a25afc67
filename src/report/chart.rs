//! Charts: what of the ledger is drawn, as the table that the bars are read off.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::build::ReportError;
use super::figure::{Answer, Asked, Asker, Question, Value, value};
use super::model::{Chart, Column, Drawing, Table};
use super::number;
use super::table::{NOTHING, capital, key_label};
use super::template::{Draws, Goal, Grouped, Measure, Rows, Span, TableSpec};
use crate::domain::catalogue;
use crate::domain::code::Code;
use crate::domain::language::Text;
use crate::domain::period::Period;
use crate::domain::stage::Stage;
use crate::projection::figures::{self, Dimension, Row};

/// Money by a programme or project and its source, in thousandths.
type Sums = BTreeMap<(String, String), i128>;

/// A target, and what of it is reached, where that is known.
struct Progress {
    label: String,
    target: i128,
    reached: Option<i128>,
    unit: String,
}

impl Asker<'_> {
    /// What a chart draws; its table has no row where there is nothing. `labels` are the names of
    /// the targets that it names.
    pub(super) fn chart(
        &mut self,
        draws: &Draws,
        labels: &[String],
        answers: &BTreeMap<String, Answer>,
        title: String,
    ) -> Result<Chart, ReportError> {
        match draws {
            Draws::Figures(grouped) => self.grouped(grouped, title),
            Draws::Budgets { programme } => self.budgets(programme.as_deref(), title),
            Draws::Targets(goals) => self.targets(goals, labels, answers, title),
        }
    }

    /// A table of the cube, the greatest first.
    fn grouped(&mut self, grouped: &Grouped, title: String) -> Result<Chart, ReportError> {
        let drawn = grouped.columns.last().copied().unwrap_or(Measure::Turns);
        let spec = TableSpec {
            by: vec![grouped.by.clone()],
            columns: grouped.columns.clone(),
            query: grouped.query.clone(),
            rows: Vec::new(),
            title: Text::new("", ""),
            total: true,
        };
        let question = self.rows(&grouped.query, drawn);
        let by = self.dimension(&grouped.by, &title)?;
        let mut rows = self.ask(&question, vec![by], &title)?;
        let (state, kinds) = (&self.view.state, &grouped.query.kinds);
        let size = |row: &Row| match value(state, row, drawn, kinds) {
            Value::Count(number) | Value::Money(number, _) | Value::Goods(number, _) => number,
            Value::Names(_) => 0,
        };
        rows.sort_by_key(|row| Reverse(size(row)));
        let cells = rows.iter().map(|row| self.cells(&spec, row)).collect();
        let table = Table {
            columns: self.columns(&spec),
            rows: cells,
            total: self.total(&spec, &title, &question)?,
            title,
        };
        self.beside.tables.push(question);
        Ok(Chart {
            columns: vec![grouped.columns.len()],
            drawing: Drawing::Bars,
            table,
        })
    }

    fn dimension(&self, by: &str, title: &str) -> Result<Dimension, ReportError> {
        by.parse()
            .map_err(|error| ReportError::figure(title, error))
    }

    fn ask(
        &self,
        question: &Question,
        by: Vec<Dimension>,
        title: &str,
    ) -> Result<Vec<Row>, ReportError> {
        let failed = |error| ReportError::figure(title, error);
        let query = self.query(question).map_err(failed)?;
        let mut query = query.ok_or_else(|| ReportError::UnknownFigure(title.to_owned()))?;
        query.by = by;
        let (facts, state) = (&self.view.facts, &self.view.state);
        Ok(figures::figures(facts, state, &query).map_err(failed)?.rows)
    }

    /// What each source gave to programmes and projects, and what of it was paid out. What a
    /// project was given by name is its own, and so is what was paid in it.
    fn budgets(&mut self, programme: Option<&str>, title: String) -> Result<Chart, ReportError> {
        let (programmes, projects) = self.given(programme);
        for (programme, source) in programmes.keys() {
            let question = Question {
                programme: (!programme.is_empty()).then(|| programme.clone()),
                source: Some(source.clone()),
                ..self.stock(Asked::Budget)
            };
            self.beside.tables.push(question);
        }
        let mut rows = Vec::new();
        let used = self.used_by_programmes(&programmes, &title)?;
        self.budget_rows("programme", &programmes, &used, &mut rows);
        let used = self.used_by_projects(&projects, &title)?;
        self.budget_rows("project", &projects, &used, &mut rows);
        let pick = |vi, en| self.lang.pick(vi, en);
        let money = |vi, en| {
            let label = format!("{} ({})", pick(vi, en), self.currency());
            self.column(&label, true)
        };
        let columns = vec![
            self.column(pick("Chương trình, dự án", "Programme, project"), false),
            self.column(pick("Nguồn vốn", "Source"), false),
            money("Được giao", "Given"),
            money("Đã giải ngân", "Paid out"),
            self.column(pick("Tỷ lệ (%)", "Share (%)"), true),
        ];
        Ok(Chart {
            columns: vec![2, 3],
            drawing: Drawing::Pairs,
            table: self.drawn(columns, rows, title),
        })
    }

    /// What was given to programmes in the year, and to projects at any time: of a programme and
    /// its parts, or all.
    fn given(&self, programme: Option<&str>) -> (Sums, Sums) {
        let wanted = programme.map(|code| self.below(code));
        let counts = |code: Option<&Code>| match (&wanted, code) {
            (None, _) => true,
            (Some(wanted), Some(code)) => wanted.contains(code.as_str()),
            (Some(_), None) => false,
        };
        let (state, year) = (&self.view.state, self.year);
        let within = |period: &Period| {
            year.first_day() <= period.first_day() && period.last_day() <= year.last_day()
        };
        let (mut programmes, mut projects) = (Sums::new(), Sums::new());
        for ((programme, project, source, period), (amount, _)) in &state.budgets {
            let (sums, key) = match project {
                Some(project) => {
                    let known = state.projects.get(project);
                    let under = known.and_then(|known| known.registered.programme.as_ref());
                    if !counts(under.or(programme.as_ref())) {
                        continue;
                    }
                    (&mut projects, project.to_string())
                }
                None => {
                    let then = period.as_ref().is_some_and(within);
                    if !then || !counts(programme.as_ref()) {
                        continue;
                    }
                    let key = programme.as_ref().map(Code::to_string);
                    (&mut programmes, key.unwrap_or_default())
                }
            };
            *sums.entry((key, source.to_string())).or_default() += i128::from(*amount);
        }
        (programmes, projects)
    }

    /// The projects that were given money by name.
    fn funded(&self) -> BTreeSet<String> {
        let budgets = self.view.state.budgets.keys();
        let named = budgets.filter_map(|(_, project, _, _)| project.as_ref());
        named.map(Code::to_string).collect()
    }

    fn budget_rows(&self, by: &str, given: &Sums, used: &Sums, rows: &mut Vec<Vec<String>>) {
        let (state, lang) = (&self.view.state, self.lang);
        let keys: BTreeSet<&(String, String)> = given.keys().chain(used.keys()).collect();
        for key in keys {
            let given = given.get(key).copied().unwrap_or(0);
            let used = used.get(key).copied().unwrap_or(0);
            let (of, source) = key;
            let named = match (by, of.as_str()) {
                ("programme", "") => lang.pick("chung", "in general").to_owned(),
                _ => key_label(state, by, of, lang),
            };
            rows.push(vec![
                capital(named),
                capital(key_label(state, "source", source, lang)),
                number::grouped(given, lang),
                number::grouped(used, lang),
                self.share(used, given),
            ]);
        }
    }

    /// What was paid out in the year under programmes that were given money, outside of projects
    /// that have their own.
    fn used_by_programmes(&mut self, given: &Sums, title: &str) -> Result<Sums, ReportError> {
        let own = self.funded();
        let question = self.rows(&paid(Span::Year), Measure::Amount);
        let by = vec![Dimension::Programme, Dimension::Source, Dimension::Project];
        let rows = self.ask(&question, by, title)?;
        self.beside.tables.push(question);
        let mut used = Sums::new();
        let programmes: BTreeSet<&String> = given.keys().map(|(programme, _)| programme).collect();
        for programme in programmes {
            let parts = self.below(programme);
            for row in &rows {
                let [under, source, project] = row.keys.as_slice() else {
                    continue;
                };
                if row.amount == 0 || own.contains(project) {
                    continue;
                }
                if programme.is_empty() || parts.contains(under) {
                    let key = (programme.clone(), source.clone());
                    *used.entry(key).or_default() += row.amount;
                }
            }
        }
        Ok(used)
    }

    /// What was ever paid out in projects that were given money, up to the last day of the data.
    fn used_by_projects(&mut self, given: &Sums, title: &str) -> Result<Sums, ReportError> {
        if given.is_empty() {
            return Ok(Sums::new());
        }
        let mut question = self.rows(&paid(Span::Year), Measure::Amount);
        question.from = NaiveDate::from_yo_opt(1900, 1).unwrap_or(question.from);
        let projects: BTreeSet<&String> = given.keys().map(|(project, _)| project).collect();
        let projects: Vec<String> = projects.into_iter().cloned().collect();
        let codes = projects.iter().filter_map(|code| Code::new(code).ok());
        self.beside.projects.extend(codes);
        question.conditions.insert("project".to_owned(), projects);
        let by = vec![Dimension::Project, Dimension::Source];
        let rows = self.ask(&question, by, title)?;
        self.beside.tables.push(question);
        let paid = rows.into_iter().filter(|row| row.amount != 0);
        let keyed = paid.filter_map(|row| {
            let [project, source] = row.keys.as_slice() else {
                return None;
            };
            Some(((project.clone(), source.clone()), row.amount))
        });
        Ok(keyed.collect())
    }

    /// The targets of the year and how far each is reached.
    fn targets(
        &mut self,
        goals: &[Goal],
        labels: &[String],
        answers: &BTreeMap<String, Answer>,
        title: String,
    ) -> Result<Chart, ReportError> {
        let mut progress = Vec::new();
        let mut named: BTreeSet<String> = BTreeSet::new();
        for (goal, label) in goals.iter().zip(labels) {
            let target = answers.get(&goal.target);
            if let Some(kind) = target.and_then(|answer| answer.question.target.clone()) {
                named.insert(kind);
            }
            let number = |name: &str| answers.get(name).and_then(Answer::number);
            let Some(target) = number(&goal.target).filter(|target| *target != 0) else {
                continue;
            };
            progress.push(Progress {
                label: label.clone(),
                target,
                reached: number(&goal.reached),
                unit: self.target_unit(answers.get(&goal.target)),
            });
        }
        progress.extend(self.other_targets(&named, &title)?);
        let (lang, pick) = (self.lang, |vi, en| self.lang.pick(vi, en));
        let rows = progress.into_iter().map(|one| {
            let nothing = || NOTHING.to_owned();
            let reached = one.reached;
            vec![
                one.label,
                number::grouped(one.target, lang),
                reached.map_or_else(nothing, |reached| number::grouped(reached, lang)),
                one.unit,
                reached.map_or_else(nothing, |reached| self.share(reached, one.target)),
            ]
        });
        let rows = rows.collect();
        let columns = vec![
            self.column(pick("Chỉ tiêu", "Target"), false),
            self.column(pick("Được giao", "Set"), true),
            self.column(pick("Đã thực hiện", "Reached"), true),
            self.column(pick("Đơn vị tính", "Unit"), false),
            self.column(pick("Tỷ lệ (%)", "Share (%)"), true),
        ];
        Ok(Chart {
            columns: vec![1, 2],
            drawing: Drawing::Parts,
            table: self.drawn(columns, rows, title),
        })
    }

    fn target_unit(&self, target: Option<&Answer>) -> String {
        let catalogue = &self.view.state.catalogue;
        let kind = target.and_then(|answer| answer.question.target.as_deref());
        let unit = kind.and_then(|kind| {
            let of_indicator = catalogue.indicator(kind).map(|one| one.unit.as_str());
            let of_kind = || catalogue.kind(kind).and_then(|one| one.unit.as_ref());
            of_indicator.or_else(|| of_kind().map(Code::as_str))
        });
        unit.map_or_else(|| NOTHING.to_owned(), |unit| self.unit(unit))
    }

    fn unit(&self, code: &str) -> String {
        let known = self.view.state.catalogue.unit(code);
        known.map_or_else(
            || code.to_owned(),
            |unit| unit.name.get(self.lang).to_owned(),
        )
    }

    /// The targets of the year that the template does not name. What is reached is counted for a
    /// kind of support; an indicator has no other figure than the template's.
    fn other_targets(
        &mut self,
        named: &BTreeSet<String>,
        title: &str,
    ) -> Result<Vec<Progress>, ReportError> {
        let (state, year) = (&self.view.state, self.year);
        let mut newest: BTreeMap<&Code, (i128, u64)> = BTreeMap::new();
        for ((code, period), (value, seq)) in &state.targets {
            if !period.same_days(&year) || named.contains(code.as_str()) {
                continue;
            }
            let set = (i128::from(value.thousandths()), *seq);
            let known = newest.entry(code).or_insert(set);
            if known.1 < set.1 {
                *known = set;
            }
        }
        let asked = newest.keys().map(|code| Question {
            target: Some(code.to_string()),
            ..self.stock(Asked::Target)
        });
        let asked: Vec<Question> = asked.collect();
        self.beside.tables.extend(asked);
        let mut progress = Vec::new();
        for (code, (target, _)) in newest.into_iter().filter(|(_, (target, _))| *target != 0) {
            let (name, reached, unit) = match state.catalogue.kind(code.as_str()) {
                Some(kind) => {
                    let (reached, unit) = self.reached(kind, title)?;
                    (kind.name.clone(), Some(reached), unit)
                }
                None => {
                    let indicator = state.catalogue.indicator(code.as_str());
                    let unit = indicator.map(|one| self.unit(one.unit.as_str()));
                    let name = indicator.map(|one| one.name.clone());
                    let name = name.unwrap_or_else(|| Text::new(code.as_str(), code.as_str()));
                    (name, None, unit.unwrap_or_else(|| NOTHING.to_owned()))
                }
            };
            progress.push(Progress {
                label: capital(name.get(self.lang).to_owned()),
                target,
                reached,
                unit,
            });
        }
        Ok(progress)
    }

    /// What of a kind was handed out or held in the year, in goods where they were recorded, else
    /// in beneficiaries.
    fn reached(
        &mut self,
        kind: &catalogue::SupportKind,
        title: &str,
    ) -> Result<(i128, String), ReportError> {
        let rows = Rows {
            kinds: vec![kind.code.to_string()],
            stages: vec![Stage::Disbursed, Stage::Held],
            ..paid(Span::Year)
        };
        let question = self.rows(&rows, Measure::Count);
        let row = self.row(title, &question)?;
        self.beside.tables.push(question);
        let count = i128::from(row.count) * 1_000;
        let goods = kind.measure == catalogue::Measure::Goods;
        let own = kind.unit.as_ref().map(|unit| self.unit(unit.as_str()));
        Ok(match (goods, row.quantity) {
            (true, quantity @ 1..) => (quantity, self.unit(&row.unit)),
            // Beneficiaries are no goods.
            (true, _) if count != 0 => (count, self.beneficiaries()),
            _ => (count, own.unwrap_or_else(|| self.beneficiaries())),
        })
    }

    fn beneficiaries(&self) -> String {
        self.lang.pick("đối tượng", "beneficiary").to_owned()
    }

    /// A part in hundredths of a whole, with one decimal.
    fn share(&self, part: i128, whole: i128) -> String {
        if whole == 0 {
            return NOTHING.to_owned();
        }
        let tenths = (part * 2_000 + whole).div_euclid(2 * whole);
        number::grouped(tenths * 100, self.lang)
    }

    fn column(&self, label: &str, number: bool) -> Column {
        Column {
            label: label.to_owned(),
            number,
        }
    }

    fn drawn(&self, columns: Vec<Column>, rows: Vec<Vec<String>>, title: String) -> Table {
        Table {
            columns,
            rows,
            title,
            total: Vec::new(),
        }
    }
}

/// All that was paid out.
fn paid(period: Span) -> Rows {
    Rows {
        kinds: Vec::new(),
        period,
        stages: vec![Stage::Disbursed],
        conditions: BTreeMap::new(),
    }
}
