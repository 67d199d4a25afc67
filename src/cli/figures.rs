//! `socai figures`: the cube.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::args::{FiguresArgs, TableArg};
use super::book;
use super::console::{Console, Failure, table};
use super::movement;
use super::open::{self, Reader};
use super::traced;
use crate::domain::fixed::format_thousandths;
use crate::domain::period::Period;
use crate::domain::stage::Stage;
use crate::log::codec::format_moment;
use crate::office::Stand;
use crate::office::opening::hex;
use crate::office::views::Need;
use crate::projection::Boundaries;
use crate::projection::figures::{self, Axis, Dimension, Filter, MEASURES, Query, Row};

/// Runs the command.
///
/// # Errors
/// [`Failure`] for an unknown value, or a ledger that cannot be read.
pub fn run(
    console: &mut Console<'_>,
    place: &open::Place,
    args: &FiguresArgs,
) -> Result<(), Failure> {
    let period: Period = args
        .period
        .parse()
        .map_err(|error| console.usage("--period", &error))?;
    let axis: Axis = args
        .axis
        .parse()
        .map_err(|error| console.usage("--axis", &error))?;
    let mut query = query(console, args, &period, axis)?;
    book::check(console, args.output.as_deref())?;
    let of_a_list = |filter: &Filter| matches!(filter, Filter::Cohort(_));
    let members = query.filters.iter().any(of_a_list);
    let villages = args.output.is_some()
        || args.explain
        || args.table.is_some()
        || [Dimension::Village, Dimension::Commune]
            .iter()
            .any(|by| query.asks(*by));
    // Told in the units of another day, a household counts where it lives by then: that takes the
    // whole register.
    let ledger = match args.boundaries.as_str() {
        // By name and address takes the register.
        "then" if args.explain && args.output.is_some() => place.read(console, &args.as_of)?,
        "then" if villages => place.glance(console, &args.as_of, &Need::Figures { members })?,
        "then" => place.glance(console, &args.as_of, &Need::Sums { members })?,
        _ => place.read(console, &args.as_of)?,
    };
    let today = super::open::today(&ledger);
    query.boundaries = Boundaries::parse(&args.boundaries, today)
        .map_err(|error| console.usage("--boundaries", &error))?;
    match args.table {
        Some(TableArg::Movement) => {
            return movements(console, &ledger, &query, &period, args.output.as_deref());
        }
        Some(which) => {
            return stocks(console, &ledger, which, &period, args.output.as_deref());
        }
        None => {}
    }
    let answer = figures::figures(ledger.facts(), ledger.state(), &query)
        .map_err(|error| console.usage("figures", &error))?;
    if let Some(path) = &args.output {
        return workbook(
            console,
            &ledger,
            (&query, &period),
            &answer.rows,
            args,
            path,
        );
    }
    if args.explain {
        return explain(console, &ledger, &query, &period, &answer.rows);
    }
    if console.is_json() {
        let rows: Vec<Value> = answer
            .rows
            .iter()
            .map(|row| row_json(&query.by, row))
            .collect();
        let by: Vec<&str> = query.by.iter().map(|by| by.name()).collect();
        return console.json(&json!({
            "period": period_json(&period),
            "axis": axis,
            "as_of": stand_json(ledger.stand()),
            "boundaries": query.boundaries,
            "by": by,
            "rows": rows,
        }));
    }
    print(console, &ledger, &query, &period, &answer.rows)
}

/// The figures as a workbook: with the whole below the rows and, explained, the events behind each
/// row by name and address.
fn workbook(
    console: &mut Console<'_>,
    ledger: &Reader,
    (query, period): (&Query, &Period),
    rows: &[Row],
    args: &FiguresArgs,
    path: &std::path::Path,
) -> Result<(), Failure> {
    let lang = console.lang;
    let whole = Query {
        by: Vec::new(),
        ..query.clone()
    };
    let whole = figures::figures(ledger.facts(), ledger.state(), &whole)
        .map_err(|error| console.usage("figures", &error))?;
    let (state, whole) = (ledger.state(), whole.rows.first());
    let mut pages = vec![book::figures::cube(state, query, period, rows, whole, lang)];
    if args.explain {
        let mut all = BTreeSet::new();
        let mut behind = Vec::new();
        for row in rows {
            let seqs = seqs_behind(console, ledger, query, row)?;
            all.extend(seqs.iter().copied());
            let keys = query.by.iter().zip(&row.keys);
            let keys: Vec<String> = keys
                .map(|(by, key)| key_name(state, *by, key, lang))
                .collect();
            behind.extend(seqs.into_iter().map(|seq| (keys.join(" · "), seq)));
        }
        let events = ledger.traced(&all);
        let events = events.map_err(|error| console.failure(&error))?;
        let known: std::collections::BTreeMap<u64, &crate::office::traced::Traced> =
            events.iter().map(|event| (event.seq, event)).collect();
        let rows = behind
            .into_iter()
            .filter_map(|(name, seq)| Some((name, *known.get(&seq)?)));
        let (name, title) = lang.pick(
            ("Chi tiết", "CHI TIẾT THEO TÊN, ĐỊA CHỈ"),
            ("Detail", "DETAIL BY NAME AND ADDRESS"),
        );
        let title = vec![title.to_owned(), period.label(lang)];
        pages.push(book::traced::page(ledger, name, title, rows, lang));
    }
    let origin = book::figures::origin(query, period, lang);
    book::save(console, ledger, path, pages, origin)
}

/// The events behind one row.
fn seqs_behind(
    console: &Console<'_>,
    ledger: &Reader,
    query: &Query,
    row: &Row,
) -> Result<Vec<u64>, Failure> {
    let mut narrow = query.clone();
    let keys = query.by.iter().zip(&row.keys);
    let one = |(by, key): (&Dimension, &String)| Filter::Dimension(*by, vec![key.clone()]);
    narrow.filters.extend(keys.map(one));
    figures::events_behind(ledger.facts(), ledger.state(), &narrow)
        .map_err(|error| console.usage("figures", &error))
}

/// The figures with the events behind each row, down to the row of the file they came from.
fn explain(
    console: &mut Console<'_>,
    ledger: &Reader,
    query: &Query,
    period: &Period,
    rows: &[Row],
) -> Result<(), Failure> {
    let mut all = BTreeSet::new();
    let mut explained = Vec::with_capacity(rows.len());
    for row in rows {
        let seqs = seqs_behind(console, ledger, query, row)?;
        all.extend(seqs.iter().copied());
        let mut value = row_json(&query.by, row);
        if let Some(members) = value.as_object_mut() {
            members.insert("events".to_owned(), json!(seqs));
        }
        explained.push(value);
    }
    let events = ledger.traced(&all);
    let events = events.map_err(|error| console.failure(&error))?;
    if console.is_json() {
        let by: Vec<&str> = query.by.iter().map(|by| by.name()).collect();
        return console.json(&json!({
            "period": period_json(period),
            "axis": query.axis,
            "as_of": stand_json(ledger.stand()),
            "by": by,
            "rows": explained,
            "events": events,
        }));
    }
    print(console, ledger, query, period, rows)?;
    console.line("")?;
    console.line(console.pick("Các sự kiện đứng sau:", "The events behind:"))?;
    traced::list(console, ledger.state(), &events)
}

/// A period as output writes it.
pub fn period_json(period: &Period) -> Value {
    json!({ "label": period.to_string(), "from": period.first_day(), "to": period.last_day() })
}

/// An as-of as output writes it.
pub fn stand_json(stand: &Stand) -> Value {
    json!({ "seq": stand.seq, "at": format_moment(stand.at_ms), "root": hex(&stand.root) })
}

fn query(
    console: &Console<'_>,
    args: &FiguresArgs,
    period: &Period,
    axis: Axis,
) -> Result<Query, Failure> {
    let mut query = Query::of(period);
    query.axis = axis;
    for name in args.by.iter().filter(|name| !name.is_empty()) {
        let by: Dimension = name
            .parse()
            .map_err(|error| console.usage("--by", &error))?;
        if !query.by.contains(&by) {
            query.by.push(by);
        }
    }
    query.stages = stages(console, &args.stage)?;
    query.kinds = args
        .kind
        .iter()
        .filter(|kind| !kind.is_empty())
        .cloned()
        .collect();
    query.filters = filters(console, &args.filters)?;
    Ok(query)
}

/// Stages from a comma list, or all.
///
/// # Errors
/// [`Failure::Usage`] for what is no stage.
pub fn stages(console: &Console<'_>, names: &[String]) -> Result<Vec<Stage>, Failure> {
    if names.iter().any(|name| name == "all") {
        return Ok(Stage::ALL.to_vec());
    }
    let parse = |name: &String| {
        name.parse::<Stage>().map_err(|()| {
            let all = Stage::ALL.map(Stage::code).join(", ");
            let (vi, en) = (
                format!("không phải giai đoạn; có: {all}, all"),
                format!("no stage; there are: {all}, all"),
            );
            console.wrong("--stage", name, &vi, &en)
        })
    };
    names.iter().map(parse).collect()
}

/// Conditions `dimension=value`.
///
/// # Errors
/// [`Failure`] where one is none.
pub fn filters(console: &Console<'_>, texts: &[String]) -> Result<Vec<Filter>, Failure> {
    let mut filters: Vec<Filter> = Vec::new();
    for text in texts.iter().filter(|text| !text.is_empty()) {
        let (name, value) = text.split_once('=').ok_or_else(|| {
            console.usage("--where", &figures::FiguresError::BadFilter(text.clone()))
        })?;
        let value = value.to_owned();
        if name == "cohort" {
            match filters.iter_mut().find_map(|filter| match filter {
                Filter::Cohort(values) => Some(values),
                _ => None,
            }) {
                Some(values) => values.push(value),
                None => filters.push(Filter::Cohort(vec![value])),
            }
            continue;
        }
        let by: Dimension = name
            .parse()
            .map_err(|error| console.usage("--where", &error))?;
        match filters.iter_mut().find_map(|filter| match filter {
            Filter::Dimension(known, values) if *known == by => Some(values),
            _ => None,
        }) {
            Some(values) => values.push(value),
            None => filters.push(Filter::Dimension(by, vec![value])),
        }
    }
    Ok(filters)
}

/// One row as output writes it.
pub fn row_json(by: &[Dimension], row: &Row) -> Value {
    let mut object = Map::new();
    for (by, key) in by.iter().zip(&row.keys) {
        object.insert(by.name().to_owned(), json!(key));
    }
    object.insert("turns".to_owned(), json!(row.turns));
    object.insert("households".to_owned(), json!(row.households));
    object.insert("persons".to_owned(), json!(row.persons));
    object.insert("count".to_owned(), json!(row.count));
    object.insert("villages".to_owned(), json!(row.villages));
    object.insert("amount".to_owned(), json!(format_thousandths(row.amount)));
    object.insert(
        "quantity".to_owned(),
        json!(row.measure("quantity").unwrap_or_default()),
    );
    object.insert(
        "recovered".to_owned(),
        json!(format_thousandths(row.recovered)),
    );
    object.insert("unit".to_owned(), json!(row.unit));
    Value::Object(object)
}

/// Stages by their names, or all of them.
pub fn stages_name(stages: &[Stage], lang: crate::domain::Lang) -> String {
    if stages.len() == Stage::ALL.len() {
        return lang.pick("mọi giai đoạn", "all stages").to_owned();
    }
    let names = stages.iter().map(|stage| stage.name().get(lang).to_owned());
    let names: Vec<String> = names.collect();
    names.join(", ")
}

fn print(
    console: &mut Console<'_>,
    ledger: &Reader,
    query: &Query,
    period: &Period,
    rows: &[Row],
) -> Result<(), Failure> {
    let lang = console.lang;
    console.line(format!(
        "{} ({}) · {} · {} · {}",
        period.label(lang),
        period,
        axis_name(query.axis, lang),
        boundaries_name(query.boundaries, lang),
        stages_name(&query.stages, lang)
    ))?;
    let mut header: Vec<&str> = query
        .by
        .iter()
        .map(|by| dimension_name(*by, lang))
        .collect();
    header.extend(MEASURES.map(|measure| measure_name(measure, lang)));
    header.push(measure_name("unit", lang));
    let keys = query.by.len();
    let cells = rows.iter().map(|row| {
        let mut cells: Vec<String> = query
            .by
            .iter()
            .zip(&row.keys)
            .map(|(by, key)| key_name(ledger.state(), *by, key, lang))
            .collect();
        cells.extend(
            MEASURES.map(|measure| console.number(&row.measure(measure).unwrap_or_default())),
        );
        cells.push(unit_name(ledger.state(), &row.unit, console.lang));
        cells
    });
    let numeric: Vec<usize> = (keys..keys + MEASURES.len()).collect();
    let text = table(&header, cells.collect(), &numeric);
    console.line(text)?;
    if rows.is_empty() {
        console.line(console.pick("(không có số liệu)", "(no figures)"))?;
    }
    console.line(fingerprint(ledger.stand(), lang))
}

/// The line under every output that says how much of the log it knows.
pub fn fingerprint(stand: &Stand, lang: crate::domain::Lang) -> String {
    let root = hex(&stand.root);
    let at = format_moment(stand.at_ms);
    lang.pick(
        format!(
            "Số liệu theo sổ đến sự kiện {} ({at}), gốc {root}",
            stand.seq
        ),
        format!("As of event {} ({at}), root {root}", stand.seq),
    )
}

/// What people call an axis.
pub fn axis_name(axis: Axis, lang: crate::domain::Lang) -> &'static str {
    axis.label(lang)
}

/// What people call the boundaries that places are told apart by.
pub fn boundaries_name(boundaries: Boundaries, lang: crate::domain::Lang) -> String {
    boundaries.label(lang)
}

/// What people call a dimension.
pub fn dimension_name(by: Dimension, lang: crate::domain::Lang) -> &'static str {
    let vi = match by {
        Dimension::Kind => "chính sách",
        Dimension::Stage => "giai đoạn",
        Dimension::Class => "phân loại",
        Dimension::Source => "nguồn vốn",
        Dimension::Programme => "chương trình",
        Dimension::Project => "dự án",
        Dimension::Village => "thôn",
        Dimension::Commune => "xã",
        Dimension::Month => "tháng",
        Dimension::Quarter => "quý",
        Dimension::Covers => "kỳ hưởng",
        Dimension::Group => "nhóm",
        Dimension::Sex => "giới tính",
        Dimension::Minority => "DTTS",
    };
    lang.pick(vi, by.name())
}

/// What people call a measure.
pub fn measure_name(measure: &'static str, lang: crate::domain::Lang) -> &'static str {
    let vi = match measure {
        "turns" => "lượt",
        "households" => "hộ",
        "persons" => "người",
        "count" => "đối tượng",
        "villages" => "thôn",
        "amount" => "số tiền",
        "quantity" => "số lượng",
        "recovered" => "thu hồi",
        _ => "đơn vị",
    };
    lang.pick(vi, measure)
}

/// What people call the key of a dimension.
pub fn key_name(
    state: &crate::domain::State,
    by: Dimension,
    key: &str,
    lang: crate::domain::Lang,
) -> String {
    let catalogue = &state.catalogue;
    let text = |text: crate::domain::Text| text.get(lang).to_owned();
    let named = match by {
        _ if key.is_empty() => None,
        Dimension::Kind => catalogue.kind(key).map(|kind| text(kind.name.clone())),
        Dimension::Source => catalogue
            .source(key)
            .map(|source| text(source.name.clone())),
        Dimension::Group => catalogue.group(key).map(|group| text(group.name.clone())),
        Dimension::Programme => catalogue
            .programme(key)
            .map(|known| text(known.name.clone())),
        Dimension::Class => key
            .parse::<crate::domain::HouseholdClass>()
            .ok()
            .map(|c| text(c.name())),
        Dimension::Stage => key.parse::<Stage>().ok().map(|stage| text(stage.name())),
        Dimension::Project => state
            .projects
            .get(key)
            .map(|known| known.registered.name.clone()),
        _ => Some(key.to_owned()),
    };
    let none = || match by {
        Dimension::Class => lang.pick("(chưa phân loại)", "(unclassified)").to_owned(),
        _ if key.is_empty() => lang.pick("(không ghi)", "(none)").to_owned(),
        _ => key.to_owned(),
    };
    named.unwrap_or_else(none)
}

/// What people call a unit of measure; nothing where there is none.
pub fn unit_name(state: &crate::domain::State, unit: &str, lang: crate::domain::Lang) -> String {
    let known = state.catalogue.unit(unit);
    known.map_or_else(|| unit.to_owned(), |known| known.name.get(lang).to_owned())
}

fn overlaps(a: &Period, b: &Period) -> bool {
    a.first_day() <= b.last_day() && b.first_day() <= a.last_day()
}

/// What the period found, what came and went, and what it left.
fn movements(
    console: &mut Console<'_>,
    ledger: &Reader,
    query: &Query,
    period: &Period,
    output: Option<&std::path::Path>,
) -> Result<(), Failure> {
    let answer = movement::ask(console, ledger, query)?;
    if let Some(path) = output {
        let lang = console.lang;
        let page = book::figures::movement(ledger.state(), period, &answer, lang);
        let origin = book::figures::origin(query, period, lang);
        return book::save(console, ledger, path, vec![page], origin);
    }
    if console.is_json() {
        let by: Vec<&str> = answer.by.iter().map(|by| by.name()).collect();
        return console.json(&json!({
            "period": period_json(period),
            "axis": query.axis,
            "as_of": stand_json(ledger.stand()),
            "table": "movement",
            "by": by,
            "opening_closed": movement::opening_json(&answer),
            "rows": movement::rows_json(&answer),
        }));
    }
    console.line(format!("{} ({period})", period.label(console.lang)))?;
    movement::print(console, ledger.state(), query, &answer)?;
    console.line(fingerprint(ledger.stand(), console.lang))
}

/// A row of a table of stocks with names for codes.
fn named_row(
    state: &crate::domain::State,
    columns: &[&str],
    row: &[String],
    lang: crate::domain::Lang,
) -> Vec<String> {
    let name = |(column, text): (&&str, &String)| match *column {
        _ if text.is_empty() => String::new(),
        "kind" => {
            let known = state.catalogue.indicator(text).map(|known| &known.name);
            let name = known.map(|name| name.get(lang).to_owned());
            name.unwrap_or_else(|| key_name(state, Dimension::Kind, text, lang))
        }
        "programme" => key_name(state, Dimension::Programme, text, lang),
        "project" => key_name(state, Dimension::Project, text, lang),
        "source" => key_name(state, Dimension::Source, text, lang),
        _ => text.clone(),
    };
    columns.iter().zip(row).map(name).collect()
}

/// Targets and budgets are stocks, not movements: those whose period meets the one asked for.
fn stocks(
    console: &mut Console<'_>,
    ledger: &Reader,
    which: TableArg,
    period: &Period,
    output: Option<&std::path::Path>,
) -> Result<(), Failure> {
    let state = ledger.state();
    let (name, columns, rows): (&str, &[&str], Vec<Vec<String>>) = match which {
        TableArg::Targets => {
            let met = state
                .targets
                .iter()
                .filter(|((_, of), _)| overlaps(of, period));
            let rows = met.map(|((kind, of), (value, _))| {
                vec![kind.to_string(), of.to_string(), value.to_string()]
            });
            ("targets", &["kind", "period", "value"], rows.collect())
        }
        TableArg::Budget | TableArg::Movement => {
            let met = state
                .budgets
                .iter()
                .filter(|((_, _, _, of), _)| of.as_ref().is_none_or(|of| overlaps(of, period)));
            let text = |code: Option<&crate::domain::Code>| {
                code.map(ToString::to_string).unwrap_or_default()
            };
            let rows = met.map(|((programme, project, source, of), (sum, _))| {
                vec![
                    text(programme.as_ref()),
                    text(project.as_ref()),
                    source.to_string(),
                    of.map(|of| of.to_string()).unwrap_or_default(),
                    format_thousandths(i128::from(*sum)),
                ]
            });
            (
                "budget",
                &["programme", "project", "source", "period", "amount"],
                rows.collect(),
            )
        }
    };
    let lang = console.lang;
    let header: Vec<&str> = columns
        .iter()
        .map(|name| match *name {
            "kind" => lang.pick("chỉ tiêu", "kind"),
            "period" => lang.pick("kỳ", "period"),
            "value" => lang.pick("giá trị", "value"),
            "programme" => lang.pick("chương trình", "programme"),
            "project" => lang.pick("dự án", "project"),
            "source" => lang.pick("nguồn vốn", "source"),
            _ => lang.pick("số tiền", "amount"),
        })
        .collect();
    if let Some(path) = output {
        let names = match name {
            "targets" => lang.pick(("Chỉ tiêu", "CHỈ TIÊU ĐƯỢC GIAO"), ("Targets", "TARGETS")),
            _ => lang.pick(("Nguồn vốn", "NGUỒN VỐN PHÂN BỔ"), ("Budget", "BUDGET")),
        };
        let asked = (period, name != "targets");
        let named = |row: &Vec<String>| named_row(state, columns, row, lang);
        let rows: Vec<Vec<String>> = rows.iter().map(named).collect();
        let page = book::figures::stocks(names, &header, &rows, asked, lang);
        let period = (
            lang.pick("kỳ", "period").to_owned(),
            format!("{} ({period})", period.label(lang)),
        );
        return book::save(console, ledger, path, vec![page], vec![period]);
    }
    if console.is_json() {
        let rows: Vec<Value> = rows
            .into_iter()
            .map(|row| {
                columns
                    .iter()
                    .zip(row)
                    .map(|(name, cell)| (*name, cell))
                    .collect()
            })
            .collect();
        return console.json(&json!({
            "period": period_json(period),
            "as_of": stand_json(ledger.stand()),
            "table": name,
            "rows": rows,
        }));
    }
    let last = columns.len() - 1;
    let shown = rows.into_iter().map(|mut row| {
        if let Some(cell) = row.get_mut(last) {
            *cell = console.number(cell);
        }
        row
    });
    let text = table(&header, shown.collect(), &[last]);
    console.line(text)?;
    console.line(fingerprint(ledger.stand(), lang))
}
