//! `socai project`: a project as it stands.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::args::ProjectCommand;
use super::book;
use super::console::{Console, Failure, table};
use super::figures::{fingerprint, stand_json};
use super::open::{Place, Reader};
use super::span::Span;
use crate::domain::code::Code;
use crate::domain::fixed::format_thousandths;
use crate::domain::language::Lang;
use crate::domain::personal::Subject;
use crate::domain::stage::Stage;
use crate::domain::state::Project;
use crate::office::OfficeError;
use crate::office::views::Need;
use crate::projection::figures::{self, Axis, Dimension, Filter, Query, Row};

/// Money of a project by source, in thousandths.
#[derive(Debug, Default, Clone, Copy)]
struct Money {
    budget: i128,
    proposed: i128,
    committed: i128,
    disbursed: i128,
    recovered: i128,
}

impl Money {
    /// What is left of the budget: recovered money is there to be used again.
    fn remaining(self) -> i128 {
        self.budget - self.committed - self.disbursed + self.recovered
    }

    /// As columns, what is left last.
    fn columns(self) -> [i128; 6] {
        [
            self.budget,
            self.proposed,
            self.committed,
            self.disbursed,
            self.recovered,
            self.remaining(),
        ]
    }
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when there is no such project, or the ledger cannot be read.
pub fn run(
    console: &mut Console<'_>,
    place: &Place,
    command: &ProjectCommand,
) -> Result<(), Failure> {
    match command {
        ProjectCommand::Show {
            code,
            span,
            output,
            as_of,
        } => {
            book::check(console, output.as_deref())?;
            let span = Span::read(console, span)?;
            let ledger = match Code::new(code) {
                Ok(code) => place.glance(console, as_of, &Need::Projects(Some(code)))?,
                // A text that is no code names none.
                Err(_) => place.read(console, as_of)?,
            };
            let Some((code, project)) = ledger.state().projects.get_key_value(code.as_str()) else {
                let (what, name) = ("project", code.clone());
                return Err(console.failure(&OfficeError::NotFound { what, name }));
            };
            if let Some(path) = output {
                return show_workbook(console, &ledger, (code, project), span, path);
            }
            show(console, &ledger, code, project, span)
        }
        ProjectCommand::List {
            span,
            output,
            as_of,
        } => {
            book::check(console, output.as_deref())?;
            let span = Span::read(console, span)?;
            let ledger = place.glance(console, as_of, &Need::Projects(None))?;
            list(console, &ledger, span, output.as_deref())
        }
    }
}

fn rows(
    console: &Console<'_>,
    ledger: &Reader,
    code: &Code,
    by: Vec<Dimension>,
    stages: Vec<Stage>,
    span: Span,
) -> Result<Vec<Row>, Failure> {
    let query = Query {
        by,
        stages,
        filters: vec![Filter::Dimension(
            Dimension::Project,
            vec![code.to_string()],
        )],
        ..span.query()
    };
    let answer = figures::figures(ledger.facts(), ledger.state(), &query);
    answer
        .map(|answer| answer.rows)
        .map_err(|error| console.usage("project", &error))
}

/// Money is a stock: it counts all days, whatever period is asked for.
const ALL_DAYS: Span = Span {
    period: None,
    axis: Axis::Occurred,
};

/// Committed is what is approved and not yet disbursed; an action counts at its furthest stage.
fn money(
    console: &Console<'_>,
    ledger: &Reader,
    code: &Code,
) -> Result<BTreeMap<String, Money>, Failure> {
    let mut sums: BTreeMap<String, Money> = BTreeMap::new();
    for (source, amount) in ledger.state().project_budget(code) {
        sums.entry(source.to_string()).or_default().budget = i128::from(amount.thousandths());
    }
    for (source, stage, amount) in furthest(ledger, code) {
        let sum = sums.entry(source).or_default();
        match stage {
            Stage::Approved => sum.committed += amount,
            Stage::Disbursed | Stage::Settled => sum.disbursed += amount,
            Stage::Registered | Stage::Proposed | Stage::Appraised => sum.proposed += amount,
            _ => {}
        }
    }
    for row in rows(
        console,
        ledger,
        code,
        vec![Dimension::Source],
        vec![Stage::Disbursed, Stage::Settled],
        ALL_DAYS,
    )? {
        let source = row.keys.into_iter().next().unwrap_or_default();
        sums.entry(source).or_default().recovered += row.recovered;
    }
    Ok(sums)
}

/// What each standing support of the project comes to at its furthest stage, by source.
fn furthest(ledger: &Reader, code: &Code) -> Vec<(String, Stage, i128)> {
    let mut parts = Vec::new();
    for record in ledger
        .state()
        .supports
        .values()
        .filter(|record| !record.reversed)
    {
        let Some(entry) = record.furthest() else {
            continue;
        };
        if entry.state.project.as_ref() != Some(code) {
            continue;
        }
        for part in &entry.state.funding {
            let source = part
                .source
                .as_ref()
                .map(Code::to_string)
                .unwrap_or_default();
            parts.push((source, entry.stage, i128::from(part.amount.thousandths())));
        }
    }
    parts
}

fn stage_of(project: &Project) -> Option<Stage> {
    project.stages.last().map(|(stage, _, _)| *stage)
}

fn show(
    console: &mut Console<'_>,
    ledger: &Reader,
    code: &Code,
    project: &Project,
    span: Span,
) -> Result<(), Failure> {
    let money = money(console, ledger, code)?;
    let goods = rows(
        console,
        ledger,
        code,
        vec![Dimension::Kind, Dimension::Stage],
        Stage::ALL.to_vec(),
        span,
    )?;
    if console.is_json() {
        let mut value = show_json(ledger, code, project, &money, &goods);
        if let Some(object) = value.as_object_mut() {
            let (period, axis) = span.json();
            object.insert("period".to_owned(), period);
            object.insert("axis".to_owned(), axis);
        }
        return console.json(&value);
    }
    let lang = console.lang;
    let registered = &project.registered;
    console.line(format!(
        "{} {code}: {}",
        lang.pick("Dự án", "Project"),
        registered.name
    ))?;
    if let Some(programme) = &registered.programme {
        let known = ledger.state().catalogue.programme(programme.as_str());
        let name = known.map_or(programme.as_str(), |known| known.name.get(lang));
        console.line(format!(
            "  {}: {name}",
            lang.pick("chương trình", "programme")
        ))?;
    }
    if let Some(village) = &registered.village {
        let village = ledger.state().units.name(village.as_str());
        console.line(format!("  {}: {village}", lang.pick("thôn", "village")))?;
    }
    if let (Some(quantity), Some(unit)) = (registered.quantity, &registered.unit) {
        let size = console.number(&quantity.to_string());
        let unit = super::figures::unit_name(ledger.state(), unit.as_str(), lang);
        console.line(format!("  {}: {size} {unit}", lang.pick("quy mô", "size")))?;
    }
    for (stage, on, seq) in &project.stages {
        let on = on
            .map(|day| format!(" {}", day.format("%d/%m/%Y")))
            .unwrap_or_default();
        console.line(format!(
            "  {}: {}{on} (#{seq})",
            lang.pick("giai đoạn", "stage"),
            stage.name().get(lang)
        ))?;
    }
    let header = book::project::money_header(lang);
    let cells = money.iter().map(|(source, sums)| {
        let name = super::figures::key_name(ledger.state(), Dimension::Source, source, lang);
        let figure = |sum: i128| console.number(&format_thousandths(sum));
        std::iter::once(name)
            .chain(sums.columns().map(figure))
            .collect::<Vec<_>>()
    });
    let text = table(&header, cells.collect(), &[1, 2, 3, 4, 5, 6]);
    console.line(text)?;
    console.line(format!(
        "{} · {}",
        lang.pick("Các lượt hỗ trợ", "Supports"),
        span.text(lang)
    ))?;
    print_goods(console, ledger, &goods)?;
    console.line(lang.pick(
        format!("Hộ tham gia: {}", project.members.len()),
        format!("Members: {}", project.members.len()),
    ))?;
    print_members(console, ledger, project)?;
    console.line(fingerprint(ledger.stand(), lang))
}

/// The households that take part, by name. Their class stands in each support, as it was then.
fn print_members(
    console: &mut Console<'_>,
    ledger: &Reader,
    project: &Project,
) -> Result<(), Failure> {
    let lang = console.lang;
    let cells = members(ledger, project, lang);
    let header = members_header(lang);
    let text = table(&header, cells, &[]);
    console.line(text)
}

fn members_header(lang: Lang) -> [&'static str; 4] {
    lang.pick(
        ["mã hộ", "chủ hộ", "thôn", "vai trò"],
        ["household", "head", "village", "role"],
    )
}

/// The households that take part: code, head, village, role.
fn members(ledger: &Reader, project: &Project, lang: Lang) -> Vec<Vec<String>> {
    let (state, reader) = (ledger.state(), ledger.personal());
    let row = |(code, role): &(Code, Option<Code>)| {
        let known = state.households.get(code);
        let head = known.map(|known| {
            let subject = Subject::Household(code.clone());
            reader.field(&subject, &known.personal, "head")
        });
        let village = known.and_then(|known| known.villages.latest());
        let role = role
            .as_ref()
            .map_or(String::new(), |role| match role.as_str() {
                "member" => lang.pick("thành viên", "member").to_owned(),
                "experienced" => lang
                    .pick("hộ có kinh nghiệm", "experienced household")
                    .to_owned(),
                other => other.to_owned(),
            });
        let village = village.map(|code| state.units.name(code.as_str()).to_owned());
        let village = village.unwrap_or_default();
        vec![code.to_string(), head.unwrap_or_default(), village, role]
    };
    project.members.iter().map(row).collect()
}

/// A project as a workbook: its money by source, its supports, its members.
fn show_workbook(
    console: &mut Console<'_>,
    ledger: &Reader,
    (code, project): (&Code, &Project),
    span: Span,
    path: &Path,
) -> Result<(), Failure> {
    let lang = console.lang;
    let state = ledger.state();
    let money = money(console, ledger, code)?;
    let by = vec![Dimension::Kind, Dimension::Stage];
    let goods = rows(console, ledger, code, by, Stage::ALL.to_vec(), span)?;
    let name = |by, key: &String| super::figures::key_name(state, by, key, lang);
    let title = format!("{code}: {}", project.registered.name);
    let money = money.iter().map(|(source, sums)| {
        (
            vec![name(Dimension::Source, source)],
            sums.columns().to_vec(),
        )
    });
    let goods = goods.iter().map(|row| {
        let keys = [Dimension::Kind, Dimension::Stage].into_iter();
        let mut texts: Vec<String> = keys.zip(&row.keys).map(|(by, key)| name(by, key)).collect();
        texts.push(super::figures::unit_name(state, &row.unit, lang));
        let counts = [row.turns.into(), row.households.into()].map(|count: i128| count * 1_000);
        let numbers = counts.into_iter().chain([row.amount, row.quantity]);
        (texts, numbers.collect())
    });
    let goods_header = lang.pick(
        [
            "chính sách",
            "giai đoạn",
            "đơn vị",
            "lượt",
            "hộ",
            "số tiền",
            "số lượng",
        ],
        [
            "kind",
            "stage",
            "unit",
            "turns",
            "households",
            "amount",
            "quantity",
        ],
    );
    let members = members(ledger, project, lang);
    let members = members.into_iter().map(|texts| (texts, Vec::new()));
    let [first, second, third] = lang.pick(
        ["Vốn", "Hỗ trợ", "Hộ tham gia"],
        ["Money", "Supports", "Members"],
    );
    let header = book::project::money_header(lang);
    use book::project::page;
    let mut pages = vec![
        page(first, &title, &header, &[true; 6], money.collect()),
        page(second, &title, &goods_header, &[false; 4], goods.collect()),
        page(third, &title, &members_header(lang), &[], members.collect()),
    ];
    if let Some(page) = pages.get_mut(1) {
        page.title.push(span.text(lang));
    }
    book::save(console, ledger, path, pages, book::spanned(span, lang))
}

fn print_goods(console: &mut Console<'_>, ledger: &Reader, goods: &[Row]) -> Result<(), Failure> {
    let lang = console.lang;
    let header = lang.pick(
        [
            "chính sách",
            "giai đoạn",
            "lượt",
            "hộ",
            "số tiền",
            "số lượng",
        ],
        ["kind", "stage", "turns", "households", "amount", "quantity"],
    );
    let cells = goods.iter().map(|row| {
        let mut cells: Vec<String> = [Dimension::Kind, Dimension::Stage]
            .iter()
            .zip(&row.keys)
            .map(|(by, key)| super::figures::key_name(ledger.state(), *by, key, lang))
            .collect();
        cells.push(row.turns.to_string());
        cells.push(row.households.to_string());
        cells.push(console.number(&format_thousandths(row.amount)));
        cells.push(format!(
            "{} {}",
            console.number(&format_thousandths(row.quantity)),
            super::figures::unit_name(ledger.state(), &row.unit, lang)
        ));
        cells
    });
    let text = table(&header, cells.collect(), &[2, 3, 4, 5]);
    console.line(text)
}

fn money_json(money: &BTreeMap<String, Money>) -> Vec<Value> {
    let figure = format_thousandths;
    money
        .iter()
        .map(|(source, sums)| {
            json!({
                "source": source,
                "budget": figure(sums.budget),
                "proposed": figure(sums.proposed),
                "committed": figure(sums.committed),
                "disbursed": figure(sums.disbursed),
                "recovered": figure(sums.recovered),
                "remaining": figure(sums.remaining()),
            })
        })
        .collect()
}

fn show_json(
    ledger: &Reader,
    code: &Code,
    project: &Project,
    money: &BTreeMap<String, Money>,
    goods: &[Row],
) -> Value {
    let by = [Dimension::Kind, Dimension::Stage];
    let goods: Vec<Value> = goods
        .iter()
        .map(|row| super::figures::row_json(&by, row))
        .collect();
    let members: Vec<Value> = project
        .members
        .iter()
        .map(|(household, role)| json!({ "household": household, "role": role }))
        .collect();
    let stages: Vec<Value> = project
        .stages
        .iter()
        .map(|(stage, on, seq)| json!({ "stage": stage, "on": on, "seq": seq }))
        .collect();
    json!({
        "as_of": stand_json(ledger.stand()),
        "project": code,
        "name": project.registered.name,
        "programme": project.registered.programme,
        "village": project.registered.village,
        "village_name": project.registered.village.as_ref().map(|village| {
            ledger.state().units.name(village.as_str())
        }),
        "quantity": project.registered.quantity,
        "unit": project.registered.unit,
        "stage": stage_of(project),
        "stages": stages,
        "money": money_json(money),
        "supports": goods,
        "members": members,
    })
}

fn list(
    console: &mut Console<'_>,
    ledger: &Reader,
    span: Span,
    output: Option<&Path>,
) -> Result<(), Failure> {
    let lang = console.lang;
    let mut found = Vec::new();
    for (code, project) in &ledger.state().projects {
        let money = money(console, ledger, code)?;
        let paid = rows(
            console,
            ledger,
            code,
            Vec::new(),
            vec![Stage::Disbursed, Stage::Settled],
            span,
        )?;
        let paid: i128 = paid.iter().map(|row| row.amount).sum();
        found.push((code, project, money, paid));
    }
    let header = lang.pick(
        ["mã", "tên", "giai đoạn", "hộ", "dự toán", "đã chi"],
        [
            "project",
            "name",
            "stage",
            "households",
            "budget",
            "disbursed",
        ],
    );
    if let Some(path) = output {
        let lines = found.iter().map(|(code, project, money, paid)| {
            let stage = stage_of(project).map(|stage| stage.name().get(lang).to_owned());
            let name = project.registered.name.clone();
            let members = i128::try_from(project.members.len()).unwrap_or(i128::MAX / 1_000);
            let budget = money.values().map(|sums| sums.budget).sum();
            (
                vec![code.to_string(), name, stage.unwrap_or_default()],
                vec![members * 1_000, budget, *paid],
            )
        });
        let (name, title) = lang.pick(
            ("Dự án", "DANH SÁCH DỰ ÁN"),
            ("Projects", "LIST OF PROJECTS"),
        );
        let summed = [false, true, true];
        let mut page = book::project::page(name, title, &header, &summed, lines.collect());
        let paid = lang.pick("đã chi", "disbursed");
        page.title.push(format!("{paid}: {}", span.text(lang)));
        page.letterhead = Some(book::letterhead(ledger, lang));
        return book::save(console, ledger, path, vec![page], book::spanned(span, lang));
    }
    if console.is_json() {
        let rows: Vec<Value> = found
            .iter()
            .map(|(code, project, money, paid)| {
                json!({
                    "project": code, "name": project.registered.name,
                    "programme": project.registered.programme, "stage": stage_of(project),
                    "members": project.members.len(), "money": money_json(money),
                    "disbursed": format_thousandths(*paid),
                })
            })
            .collect();
        let as_of = stand_json(ledger.stand());
        let (period, axis) = span.json();
        return console.json(&json!({
            "as_of": as_of, "period": period, "axis": axis, "projects": rows
        }));
    }
    let cells = found.iter().map(|(code, project, money, paid)| {
        let sum = |of: fn(&Money) -> i128| {
            console.number(&format_thousandths(money.values().map(of).sum()))
        };
        let stage = stage_of(project).map(|stage| stage.name().get(lang).to_owned());
        vec![
            code.to_string(),
            project.registered.name.clone(),
            stage.unwrap_or_default(),
            project.members.len().to_string(),
            sum(|sums| sums.budget),
            console.number(&format_thousandths(*paid)),
        ]
    });
    let text = table(&header, cells.collect(), &[3, 4, 5]);
    console.line(text)?;
    console.line(format!(
        "{}: {}",
        lang.pick("Đã chi", "Disbursed"),
        span.text(lang)
    ))?;
    console.line(fingerprint(ledger.stand(), lang))
}
