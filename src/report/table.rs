//! Tables: a question to the cube in rows, and the projects with their budgets.

use super::build::ReportError;
use super::figure::{Asker, Question, Value, value};
use super::model::{Column, Table};
use super::number;
use super::template::{Measure, ProjectsTable, TableSpec};
use crate::domain::class::HouseholdClass;
use crate::domain::code::Code;
use crate::domain::language::{Lang, Text};
use crate::domain::period::Period;
use crate::domain::stage::Stage;
use crate::domain::state::State;
use crate::projection::Boundaries;
use crate::projection::figures::{self, Dimension, Row};

/// What stands in a cell that has nothing to say: a cell is never empty.
pub(super) const NOTHING: &str = "–";

/// What people call a key of a dimension (or a cohort). No key is called *chưa phân loại*, or what
/// fits the dimension, and never left out.
pub(super) fn key_label(state: &State, by: &str, key: &str, lang: Lang) -> String {
    if key.is_empty() {
        return nameless(by).get(lang).to_owned();
    }
    let catalogue = &state.catalogue;
    let name = match by {
        "kind" => catalogue.kind(key).map(|one| one.name.clone()),
        "source" => catalogue.source(key).map(|one| one.name.clone()),
        "group" => catalogue.group(key).map(|one| one.name.clone()),
        "programme" => catalogue.programme(key).map(|one| one.name.clone()),
        "class" => key.parse().ok().map(HouseholdClass::name),
        "stage" => key.parse().ok().map(Stage::name),
        "sex" if key == "female" => Some(Text::new("nữ", "female")),
        "sex" => Some(Text::new("nam", "male")),
        "minority" if key == "yes" => Some(Text::new("dân tộc thiểu số", "ethnic minority")),
        "minority" => Some(Text::new("dân tộc Kinh", "not ethnic minority")),
        "project" => {
            let project = state.projects.get(key);
            project.map(|one| Text::new(&one.registered.name, &one.registered.name))
        }
        "village" | "commune" => return villages(state, key),
        "month" | "quarter" | "covers" => {
            let period = key.parse::<Period>().ok();
            return period.map_or_else(|| key.to_owned(), |period| period.label(lang));
        }
        _ => None,
    };
    name.map_or_else(|| key.to_owned(), |name| name.get(lang).to_owned())
}

fn nameless(by: &str) -> Text {
    match by {
        "source" => Text::new("chưa ghi nguồn", "no source given"),
        "group" => Text::new("chưa phân nhóm", "no group given"),
        "village" | "commune" => Text::new("chưa ghi địa bàn", "no place given"),
        "project" => Text::new("ngoài dự án", "no project"),
        "covers" => Text::new("chưa ghi kỳ hưởng", "no period given"),
        "sex" | "minority" => Text::new("chưa rõ", "not known"),
        _ => Text::new("chưa phân loại", "unclassified"),
    }
}

fn villages(state: &State, key: &str) -> String {
    let named = |village| state.units.name_on(village, chrono::NaiveDate::MIN);
    key.split(';').map(named).collect::<Vec<_>>().join(", ")
}

/// What stands at the head of a column of keys.
fn heading(by: &str) -> Text {
    match by {
        "kind" => Text::new("Chính sách", "Kind of support"),
        "stage" => Text::new("Giai đoạn", "Stage"),
        "class" => Text::new("Phân loại hộ", "Household class"),
        "source" => Text::new("Nguồn vốn", "Source"),
        "programme" => Text::new("Chương trình", "Programme"),
        "project" => Text::new("Dự án", "Project"),
        "village" => Text::new("Thôn", "Village"),
        "commune" => Text::new("Xã", "Commune"),
        "month" => Text::new("Tháng", "Month"),
        "quarter" => Text::new("Quý", "Quarter"),
        "covers" => Text::new("Kỳ hưởng", "Period paid for"),
        "group" => Text::new("Nhóm đối tượng", "Group"),
        "sex" => Text::new("Giới tính", "Sex"),
        "minority" => Text::new("Dân tộc thiểu số", "Ethnic minority"),
        other => Text::new(other, other),
    }
}

pub(super) fn capital(text: String) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => text,
    }
}

impl Asker<'_> {
    /// A table of the cube. Listed keys have a row even when nothing is in it.
    pub(super) fn table(&mut self, spec: &TableSpec, title: String) -> Result<Table, ReportError> {
        let failed = |error| ReportError::figure(&title, error);
        let question = self.rows(&spec.query, Measure::Turns);
        self.beside.tables.push(question.clone());
        let dimensions: Result<Vec<Dimension>, _> = spec.by.iter().map(|by| by.parse()).collect();
        let dimensions = dimensions.map_err(failed)?;
        let query = self.query(&question).map_err(failed)?;
        let mut query = query.ok_or_else(|| ReportError::UnknownFigure(title.clone()))?;
        query.by = dimensions;
        let state = &self.view.state;
        let answer = figures::figures(&self.view.facts, state, &query).map_err(failed)?;
        let mut rows: Vec<Vec<String>> = Vec::new();
        for key in &spec.rows {
            let mut found = answer
                .rows
                .iter()
                .filter(|row| row.keys.first() == Some(key));
            match (found.next(), spec.by.len()) {
                (None, 1) => rows.push(self.empty_cells(spec, key)),
                (first, _) => {
                    rows.extend(
                        first
                            .into_iter()
                            .chain(found)
                            .map(|row| self.cells(spec, row)),
                    );
                }
            }
        }
        let (classed, nameless): (Vec<&Row>, Vec<&Row>) = answer
            .rows
            .iter()
            .filter(|row| row.keys.first().is_none_or(|key| !spec.rows.contains(key)))
            .partition(|row| row.keys.first().is_some_and(|key| !key.is_empty()));
        rows.extend(
            classed
                .into_iter()
                .chain(nameless)
                .map(|row| self.cells(spec, row)),
        );
        let total = if spec.total {
            self.total(spec, &title, &question)?
        } else {
            Vec::new()
        };
        Ok(Table {
            columns: self.columns(spec),
            rows,
            title,
            total,
        })
    }

    /// The row that ends a table: the question without its grouping.
    pub(super) fn total(
        &self,
        spec: &TableSpec,
        title: &str,
        question: &Question,
    ) -> Result<Vec<String>, ReportError> {
        let row = self.row(title, question)?;
        let mut cells = vec![self.lang.pick("Tổng số", "Total").to_owned()];
        cells.extend(spec.by.iter().skip(1).map(|_| NOTHING.to_owned()));
        cells.extend(self.measures(spec, &row));
        Ok(cells)
    }

    pub(super) fn columns(&self, spec: &TableSpec) -> Vec<Column> {
        let keys = spec.by.iter().map(|by| Column {
            label: heading(by).get(self.lang).to_owned(),
            number: false,
        });
        let measures = spec.columns.iter().map(|measure| {
            let label = measure.label();
            let mut label = label.get(self.lang).to_owned();
            if matches!(measure, Measure::Amount | Measure::Recovered) {
                label = format!("{label} ({})", self.currency());
            }
            Column {
                label,
                number: true,
            }
        });
        keys.chain(measures).collect()
    }

    pub(super) fn currency(&self) -> &str {
        match self.view.state.catalogue.currency.as_str() {
            "VND" => self.lang.pick("đồng", "dong"),
            other => other,
        }
    }

    /// What people call a key, a place by its name in the boundaries of the report.
    fn label(&self, by: &str, key: &str) -> String {
        let state = &self.view.state;
        match (by, self.boundaries) {
            ("village" | "commune", Boundaries::On(day)) if !key.is_empty() => {
                let named = |place: &str| {
                    let unit = state.units.named(place, day);
                    let unit = unit.and_then(|id| state.units.get(id));
                    unit.map_or(place, |unit| unit.name_on(day)).to_owned()
                };
                key.split(';').map(named).collect::<Vec<_>>().join(", ")
            }
            _ => key_label(state, by, key, self.lang),
        }
    }

    /// Where a project is, in the boundaries of the report.
    fn place(&self, village: &Code) -> String {
        let Boundaries::On(day) = self.boundaries else {
            return villages(&self.view.state, village.as_str());
        };
        let heirs = self.view.state.units.divided(village, day);
        let heirs = heirs
            .into_iter()
            .map(|heir| self.label("village", heir.as_str()));
        heirs.collect::<Vec<_>>().join(", ")
    }

    pub(super) fn cells(&self, spec: &TableSpec, row: &Row) -> Vec<String> {
        let labels = spec
            .by
            .iter()
            .zip(&row.keys)
            .map(|(by, key)| capital(self.label(by, key)));
        labels.chain(self.measures(spec, row)).collect()
    }

    fn empty_cells(&self, spec: &TableSpec, key: &str) -> Vec<String> {
        let by = spec.by.first().map(String::as_str).unwrap_or_default();
        let label = capital(self.label(by, key));
        let zeros = spec.columns.iter().map(|_| "0".to_owned());
        std::iter::once(label).chain(zeros).collect()
    }

    fn measures(&self, spec: &TableSpec, row: &Row) -> Vec<String> {
        let state = &self.view.state;
        let cell = |measure: &Measure| {
            let value = value(state, row, *measure, &spec.query.kinds);
            match value {
                Value::Goods(number, Some((_, name))) if number != 0 => {
                    number::quantity(number, Some(&name), self.lang)
                }
                Value::Goods(number, _) | Value::Count(number) | Value::Money(number, _) => {
                    number::grouped(number, self.lang)
                }
                Value::Names(names) => names.join(", "),
            }
        };
        spec.columns.iter().map(cell).collect()
    }

    /// The projects of a programme: where, how far, and who gives how much.
    pub(super) fn projects(&mut self, spec: &ProjectsTable, title: String) -> Table {
        let lang = self.lang;
        let state = &self.view.state;
        let programmes = self.below(&spec.programme);
        let (mut rows, mut shown) = (Vec::new(), Vec::new());
        for (code, project) in &state.projects {
            let programme = project.registered.programme.as_ref();
            if programme.is_none_or(|programme| !programmes.contains(programme.as_str())) {
                continue;
            }
            shown.push(code.clone());
            let village = project.registered.village.as_ref();
            let village = village.map(|village| self.place(village));
            let stage = project.stages.iter().map(|(stage, _, _)| *stage).max();
            let stage = stage.map(|stage| capital(stage.name().get(lang).to_owned()));
            let head = [
                Some(project.registered.name.clone()),
                village,
                stage,
                Some(number::grouped(project.members.len() as i128 * 1_000, lang)),
            ];
            let head = head.map(|cell| cell.unwrap_or_else(|| NOTHING.to_owned()));
            let budget = state.project_budget(code);
            let mut sources: Vec<[String; 2]> = budget
                .iter()
                .map(|(source, amount)| {
                    let amount = number::grouped(amount.thousandths().into(), lang);
                    [key_label(state, "source", source.as_str(), lang), amount]
                })
                .collect();
            if sources.is_empty() {
                sources.push([NOTHING.to_owned(), "0".to_owned()]);
            }
            for source in sources {
                rows.push(head.iter().cloned().chain(source).collect());
            }
        }
        let label = |vi: &str, en: &str, number| Column {
            label: lang.pick(vi, en).to_owned(),
            number,
        };
        let amount = lang.pick("Kinh phí", "Budget");
        let columns = vec![
            label("Dự án", "Project", false),
            label("Thôn", "Village", false),
            label("Giai đoạn", "Stage", false),
            label("Số hộ", "Households", true),
            label("Nguồn vốn", "Source", false),
            Column {
                label: format!("{amount} ({})", self.currency()),
                number: true,
            },
        ];
        self.beside.projects.extend(shown);
        Table {
            columns,
            rows,
            title,
            total: Vec::new(),
        }
    }
}
