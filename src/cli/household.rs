//! `socai household`: one household now and over time, lists of them, and finding one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::args::{AsOfArgs, HouseholdCommand};
use super::book;
use super::console::{Console, Failure, table};
use super::figures::{fingerprint, stand_json};
use super::open::{Place, Reader};
use super::span::{Span, SpanArgs};
use super::{history, movement, values};
use crate::domain::code::Code;
use crate::domain::fixed::format_thousandths;
use crate::domain::personal::Subject;
use crate::domain::standing::standing;
use crate::domain::state::Household;
use crate::domain::tags::{household_tag, person_tag};
use crate::import::text::fold;
use crate::office::OfficeError;
use crate::office::views::Need;
use crate::projection::figures::{self, Dimension, Filter, Query};

/// Runs the command.
///
/// # Errors
/// [`Failure`] when there is no such household, or the ledger cannot be read.
pub fn run(
    console: &mut Console<'_>,
    place: &Place,
    command: &HouseholdCommand,
) -> Result<(), Failure> {
    match command {
        HouseholdCommand::Show { code, span, as_of } => {
            let span = Span::read(console, span)?;
            let ledger = about(console, place, as_of, code)?;
            show(console, &ledger, find(console, &ledger, code)?, span)
        }
        HouseholdCommand::Statement {
            code,
            period,
            person,
            axis,
            as_of,
        } => {
            let span = SpanArgs {
                period: Some(period.clone()),
                axis: axis.clone(),
            };
            let span = Span::read(console, &span)?;
            let ledger = about(console, place, as_of, code)?;
            let household = find(console, &ledger, code)?;
            statement(console, &ledger, household, person.as_deref(), span)
        }
        HouseholdCommand::History {
            code,
            span,
            output,
            as_of,
        } => {
            book::check(console, output.as_deref())?;
            let span = Span::read(console, span)?;
            let ledger = about(console, place, as_of, code)?;
            let household = find(console, &ledger, code)?;
            let mut tags = vec![household_tag(&household.code)];
            tags.extend(household.persons.iter().map(person_tag));
            let events = ledger
                .tagged(&tags)
                .map_err(|error| console.failure(&error))?;
            if let Some(path) = output {
                let code = &household.code;
                return history::save(console, &ledger, code, events, span, path);
            }
            history::print(console, &ledger, "household", &household.code, events, span)
        }
        HouseholdCommand::List {
            class,
            village,
            on,
            span,
            output,
            as_of,
        } => {
            book::check(console, output.as_deref())?;
            let span = Span::read(console, span)?;
            // Only a fold of the whole log names the households behind a figure.
            let ledger = match span.period {
                Some(_) => place.read(console, as_of)?,
                None => place.glance(console, as_of, &Need::People)?,
            };
            let received = span
                .period
                .map(|_| figures::households_behind(ledger.facts(), ledger.state(), &span.query()));
            let received = received
                .transpose()
                .map_err(|error| console.usage("household", &error))?;
            let on = match on {
                Some(text) => Some(values::date(console, "--on", text)?),
                None => None,
            };
            let class = match class {
                Some(text) => Some(values::class(console, "--class", text)?),
                None => None,
            };
            let wanted = |household: &&Household| {
                let known = match on {
                    Some(day) => standing(&household.classes, day, u64::MAX).class,
                    None => household.classes.latest().copied(),
                };
                let lives_in = |name: &String| {
                    let units = &ledger.state().units;
                    household.villages.latest().is_some_and(|village| {
                        let near = fold(units.name(village.as_str())) == fold(name);
                        near || units.is_called(village, name)
                    })
                };
                let has = |codes: &BTreeSet<Code>| codes.contains(&household.code);
                class.is_none_or(|class| known == Some(class))
                    && received.as_ref().is_none_or(has)
                    && village.as_ref().is_none_or(lives_in)
            };
            let found: Vec<&Household> = ledger.state().each_household().filter(wanted).collect();
            if let Some(path) = output {
                return workbook(
                    console,
                    &ledger,
                    &found,
                    (class, village.as_deref(), on),
                    span,
                    path,
                );
            }
            list(console, &ledger, &found, Some(span))
        }
        HouseholdCommand::Stale(args) => super::stale::run(console, place, args),
        HouseholdCommand::Find { text, as_of } => {
            let ledger = place.glance(console, as_of, &Need::People)?;
            let found = search(&ledger, text);
            list(console, &ledger, &found, None)
        }
    }
}

/// What the ledger has about a household. A text that is no code names none; then the whole ledger
/// is read to say so.
fn about(
    console: &mut Console<'_>,
    place: &Place,
    as_of: &AsOfArgs,
    code: &str,
) -> Result<Reader, Failure> {
    match Code::new(code) {
        Ok(code) => place.glance(console, as_of, &Need::Household(code)),
        Err(_) => place.read(console, as_of),
    }
}

fn find<'a>(
    console: &Console<'_>,
    ledger: &'a Reader,
    code: &str,
) -> Result<&'a Household, Failure> {
    let known = ledger.state().households.get(code);
    known.map(AsRef::as_ref).ok_or_else(|| {
        let (what, name) = ("household", code.to_owned());
        console.failure(&OfficeError::NotFound { what, name })
    })
}

/// Households whose code, head or members contain the words. Marks need not be typed; where they
/// are, they count.
fn search<'a>(ledger: &'a Reader, text: &str) -> Vec<&'a Household> {
    let typed = text.trim().to_lowercase();
    let plain = fold(text);
    let marked = typed != plain;
    let hit = |candidate: &str| {
        if marked {
            candidate.to_lowercase().contains(&typed)
        } else {
            fold(candidate).contains(&plain)
        }
    };
    let reader = ledger.personal();
    let state = ledger.state();
    let wanted = |household: &&Household| {
        let subject = Subject::Household(household.code.clone());
        let member = |code: &Code| {
            state.persons.get(code).is_some_and(|person| {
                let subject = Subject::Person(code.clone());
                hit(code.as_str()) || hit(&reader.field(&subject, &person.personal, "name"))
            })
        };
        hit(household.code.as_str())
            || hit(&reader.field(&subject, &household.personal, "head"))
            || household.persons.iter().any(member)
    };
    state.each_household().filter(wanted).collect()
}

fn list(
    console: &mut Console<'_>,
    ledger: &Reader,
    found: &[&Household],
    span: Option<Span>,
) -> Result<(), Failure> {
    let reader = ledger.personal();
    let units = &ledger.state().units;
    let rows = found.iter().map(|household| {
        let subject = Subject::Household(household.code.clone());
        let class = household.classes.latest();
        let village = household.villages.latest();
        (
            household.code.to_string(),
            reader.field(&subject, &household.personal, "head"),
            village.map(Code::as_str).unwrap_or_default(),
            class.copied(),
            household.members,
        )
    });
    if console.is_json() {
        let rows: Vec<Value> = rows
            .map(|(code, head, village, class, members)| {
                json!({
                    "household": code, "head": head, "members": members,
                    "village": village, "village_name": units.name(village),
                    "class": class.map(|class| class.code()).unwrap_or_default(),
                })
            })
            .collect();
        let mut answer = json!({ "as_of": stand_json(ledger.stand()), "households": rows });
        if let (Some(span), Some(object)) = (span, answer.as_object_mut()) {
            let (period, axis) = span.json();
            object.insert("period".to_owned(), period);
            object.insert("axis".to_owned(), axis);
        }
        return console.json(&answer);
    }
    let lang = console.lang;
    let header = lang.pick(
        ["mã hộ", "chủ hộ", "thôn", "phân loại", "nhân khẩu"],
        ["household", "head", "village", "class", "members"],
    );
    let cells = rows.map(|(code, head, village, class, members)| {
        let class = class
            .map(|class| class.name().get(lang).to_owned())
            .unwrap_or_default();
        vec![
            code,
            head,
            units.name(village).to_owned(),
            class,
            members.map(|n| n.to_string()).unwrap_or_default(),
        ]
    });
    let text = table(&header, cells.collect(), &[4]);
    console.line(text)?;
    console.line(console.pick(
        format!("{} hộ", found.len()),
        format!("{} households", found.len()),
    ))?;
    if let Some(span) = span {
        console.line(span.text(lang))?;
    }
    console.line(fingerprint(ledger.stand(), lang))
}

/// What the village of a household is called now.
fn village_name(ledger: &Reader, village: Option<&Code>) -> String {
    let name = village.map(|code| ledger.state().units.name(code.as_str()));
    name.unwrap_or_default().to_owned()
}

/// The list as a workbook, by village and code.
fn workbook(
    console: &mut Console<'_>,
    ledger: &Reader,
    found: &[&Household],
    (class, village, on): (
        Option<crate::domain::HouseholdClass>,
        Option<&str>,
        Option<chrono::NaiveDate>,
    ),
    span: Span,
    path: &std::path::Path,
) -> Result<(), Failure> {
    let lang = console.lang;
    let reader = ledger.personal();
    let listed = |household: &&Household| {
        let subject = Subject::Household(household.code.clone());
        let known = match on {
            Some(day) => standing(&household.classes, day, u64::MAX).class,
            None => household.classes.latest().copied(),
        };
        let village = household.villages.latest();
        book::household::Listed {
            class: known,
            code: household.code.to_string(),
            head: reader.field(&subject, &household.personal, "head"),
            members: household.members,
            village: village_name(ledger, village),
        }
    };
    let mut asked: Vec<String> = Vec::new();
    asked.extend(class.map(|class| class.name().get(lang).to_owned()));
    asked.extend(village.map(|name| format!("{} {name}", lang.pick("thôn", "village"))));
    asked.extend(on.map(|day| match lang {
        crate::domain::Lang::Vi => format!("phân loại tại ngày {}", day.format("%d/%m/%Y")),
        crate::domain::Lang::En => format!("class on {day}"),
    }));
    if span.period.is_some() {
        let text = span.text(lang);
        asked.push(lang.pick(format!("có hỗ trợ {text}"), format!("supported {text}")));
    }
    if asked.is_empty() {
        asked.push(lang.pick("toàn bộ các hộ", "all households").to_owned());
    }
    let asked = asked.join(", ");
    let listed = found.iter().map(listed).collect();
    let page = book::household::list(ledger, listed, &asked, lang);
    let mut origin = vec![(lang.pick("danh sách", "list").to_owned(), asked)];
    origin.extend(book::spanned(span, lang));
    book::save(console, ledger, path, vec![page], origin)
}

fn received(
    ledger: &Reader,
    code: &Code,
    span: Span,
) -> Result<Vec<figures::Row>, figures::FiguresError> {
    let query = Query {
        by: vec![Dimension::Kind, Dimension::Stage],
        filters: vec![Filter::Household(code.clone())],
        ..span.query()
    };
    figures::figures(ledger.facts(), ledger.state(), &query).map(|answer| answer.rows)
}

/// What a household, or one person of it, had, received and has.
fn statement(
    console: &mut Console<'_>,
    ledger: &Reader,
    household: &Household,
    person: Option<&str>,
    span: Span,
) -> Result<(), Failure> {
    let mut query = span.query();
    query.by = vec![Dimension::Kind, Dimension::Stage];
    query.filters = vec![Filter::Household(household.code.clone())];
    if let Some(code) = person {
        let Some((code, _)) = ledger.state().persons.get_key_value(code) else {
            let (what, name) = ("person", code.to_owned());
            return Err(console.failure(&OfficeError::NotFound { what, name }));
        };
        query.filters.push(Filter::Person(code.clone()));
    }
    let moved = movement::ask(console, ledger, &query)?;
    let seqs = figures::events_behind(ledger.facts(), ledger.state(), &query);
    let seqs = seqs.map_err(|error| console.usage("household", &error))?;
    let events = ledger.events_at(&seqs);
    let mut events = events.map_err(|error| console.failure(&error))?;
    if console.is_json() {
        let (period, axis) = span.json();
        return console.json(&json!({
            "as_of": stand_json(ledger.stand()),
            "household": household.code,
            "person": person,
            "period": period,
            "axis": axis,
            "opening_closed": movement::opening_json(&moved),
            "rows": movement::rows_json(&moved),
            "events": history::events_json(ledger, &mut events, console.lang),
        }));
    }
    let lang = console.lang;
    let who = match person {
        Some(person) => format!("{} / {person}", household.code),
        None => household.code.to_string(),
    };
    console.line(format!("{} {who}", lang.pick("Sao kê hộ", "Statement of")))?;
    console.line(span.text(lang))?;
    movement::print(console, ledger.state(), &query, &moved)?;
    history::print_events(console, ledger, &mut events)?;
    console.line(fingerprint(ledger.stand(), lang))
}

fn show(
    console: &mut Console<'_>,
    ledger: &Reader,
    household: &Household,
    span: Span,
) -> Result<(), Failure> {
    let rows = received(ledger, &household.code, span)
        .map_err(|error| console.usage("household", &error))?;
    if console.is_json() {
        let before = received_before(console, ledger, household, span)?;
        let mut value = show_json(ledger, household, &rows, &before);
        if let Some(object) = value.as_object_mut() {
            let (period, axis) = span.json();
            object.insert("period".to_owned(), period);
            object.insert("axis".to_owned(), axis);
        }
        return console.json(&value);
    }
    let lang = console.lang;
    let reader = ledger.personal();
    let subject = Subject::Household(household.code.clone());
    let field = |name: &str| reader.field(&subject, &household.personal, name);
    console.line(format!(
        "{} {}",
        lang.pick("Hộ", "Household"),
        household.code
    ))?;
    let village = village_name(ledger, household.villages.latest());
    let members = household.members.map(|n| n.to_string()).unwrap_or_default();
    let labels = lang.pick(
        [
            "chủ hộ",
            "dân tộc",
            "số định danh",
            "thôn",
            "nhân khẩu",
            "giấy chứng nhận",
            "ghi chú",
        ],
        [
            "head",
            "ethnicity",
            "citizen number",
            "village",
            "members",
            "certificate",
            "note",
        ],
    );
    let values = [
        field("head"),
        field("ethnicity"),
        field("id_number"),
        village,
        members,
        field("poverty_code"),
        field("note"),
    ];
    for (label, value) in labels
        .iter()
        .zip(values)
        .filter(|(_, value)| !value.is_empty())
    {
        console.line(format!("  {label}: {value}"))?;
    }
    console.line(lang.pick("Phân loại theo thời gian", "Class over time"))?;
    for class in household.classes.entries() {
        let from = class.from.map_or_else(
            || lang.pick("từ đầu", "from the beginning").to_owned(),
            |day| {
                lang.pick(
                    format!("từ {}", day.format("%d/%m/%Y")),
                    format!("from {day}"),
                )
            },
        );
        let name = class.value.name();
        console.line(format!("  {from}: {} (#{})", name.get(lang), class.seq))?;
    }
    succession(console, household)?;
    persons(console, ledger, household)?;
    let (cohorts, projects) = lists_of(ledger, &household.code);
    if !cohorts.is_empty() {
        console.line(format!(
            "{}: {}",
            lang.pick("Có tên trong danh sách", "On lists"),
            cohorts.join(", ")
        ))?;
    }
    if !projects.is_empty() {
        console.line(format!(
            "{}: {}",
            lang.pick("Tham gia dự án", "Projects"),
            projects.join(", ")
        ))?;
    }
    console.line(lang.pick(
        "Hỗ trợ theo chính sách và giai đoạn",
        "Support by kind and stage",
    ))?;
    console.line(span.text(lang))?;
    let header = lang.pick(
        [
            "chính sách",
            "giai đoạn",
            "lượt",
            "số tiền",
            "số lượng",
            "thu hồi",
        ],
        ["kind", "stage", "turns", "amount", "quantity", "recovered"],
    );
    let cells = rows.iter().map(|row| received_cells(console, ledger, row));
    let text = table(&header, cells.collect(), &[2, 3, 4, 5]);
    console.line(text)?;
    for (before, rows) in received_before(console, ledger, household, span)? {
        console.line(lang.pick(
            format!("Hỗ trợ mà hộ trước đó, {before}, đã nhận"),
            format!("Received by the household before it, {before}"),
        ))?;
        let cells = rows.iter().map(|row| received_cells(console, ledger, row));
        let text = table(&header, cells.collect(), &[2, 3, 4, 5]);
        console.line(text)?;
    }
    console.line(fingerprint(ledger.stand(), lang))
}

type Received = (Code, Vec<figures::Row>);

/// What the households before this one received: it stays with them, and is seen from here.
fn received_before(
    console: &Console<'_>,
    ledger: &Reader,
    household: &Household,
    span: Span,
) -> Result<Vec<Received>, Failure> {
    let (mut found, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
    let mut open: Vec<&Code> = household.predecessors.iter().collect();
    while let Some(code) = open.pop() {
        if !seen.insert(code) {
            continue;
        }
        let rows =
            received(ledger, code, span).map_err(|error| console.usage("household", &error))?;
        found.push((code.clone(), rows));
        let before = ledger.state().households.get(code);
        open.extend(before.into_iter().flat_map(|before| &before.predecessors));
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// Where it came from, what came after it, and when it ended.
fn succession(console: &mut Console<'_>, household: &Household) -> Result<(), Failure> {
    let lang = console.lang;
    let joined = |codes: &std::collections::BTreeSet<Code>| {
        let codes: Vec<&str> = codes.iter().map(Code::as_str).collect();
        codes.join(", ")
    };
    if !household.predecessors.is_empty() {
        let before = joined(&household.predecessors);
        console.line(format!(
            "{}: {before}",
            lang.pick("Hộ trước đó", "Before it")
        ))?;
    }
    if !household.successors.is_empty() {
        let after = joined(&household.successors);
        console.line(format!("{}: {after}", lang.pick("Hộ sau đó", "After it")))?;
    }
    if let Some(ended) = &household.ended {
        console.line(lang.pick(
            format!(
                "Không còn từ {} (#{})",
                ended.on.format("%d/%m/%Y"),
                ended.seq
            ),
            format!("No more from {} (#{})", ended.on, ended.seq),
        ))?;
    }
    Ok(())
}

fn received_cells(console: &Console<'_>, ledger: &Reader, row: &figures::Row) -> Vec<String> {
    let lang = console.lang;
    let mut keys = row.keys.iter();
    let mut key = |by| {
        let key = keys.next().map(String::as_str).unwrap_or_default();
        super::figures::key_name(ledger.state(), by, key, lang)
    };
    let quantity = match row.unit.as_str() {
        "" => String::new(),
        unit => format!(
            "{} {}",
            console.number(&format_thousandths(row.quantity)),
            super::figures::unit_name(ledger.state(), unit, lang)
        ),
    };
    vec![
        key(Dimension::Kind),
        key(Dimension::Stage),
        row.turns.to_string(),
        console.number(&format_thousandths(row.amount)),
        quantity,
        console.number(&format_thousandths(row.recovered)),
    ]
}

fn persons(
    console: &mut Console<'_>,
    ledger: &Reader,
    household: &Household,
) -> Result<(), Failure> {
    if household.persons.is_empty() {
        return Ok(());
    }
    let lang = console.lang;
    let reader = ledger.personal();
    console.line(lang.pick("Nhân khẩu", "Members"))?;
    let header = lang.pick(
        ["mã", "họ tên", "sinh", "giới tính", "quan hệ"],
        ["person", "name", "born", "sex", "relation"],
    );
    let known = household.persons.iter().filter_map(|code| {
        let person = ledger.state().persons.get(code)?;
        let subject = Subject::Person(code.clone());
        let field = |name: &str| reader.field(&subject, &person.personal, name);
        let sex = person.sex.map(|sex| match sex {
            crate::domain::Sex::Female => lang.pick("nữ", "female"),
            crate::domain::Sex::Male => lang.pick("nam", "male"),
        });
        let sex = sex.unwrap_or_default().to_owned();
        Some(vec![
            code.to_string(),
            field("name"),
            field("born"),
            sex,
            field("relation"),
        ])
    });
    let text = table(&header, known.collect(), &[]);
    console.line(text)
}

fn lists_of(ledger: &Reader, code: &Code) -> (Vec<String>, Vec<String>) {
    let state = ledger.state();
    let cohorts = state
        .cohorts
        .iter()
        .filter(|(_, cohort)| cohort.households.contains(code));
    let projects = state.projects.iter().filter(|(_, project)| {
        project
            .members
            .iter()
            .any(|(household, _)| household == code)
    });
    (
        cohorts.map(|(name, _)| name.to_string()).collect(),
        projects.map(|(name, _)| name.to_string()).collect(),
    )
}

fn show_json(
    ledger: &Reader,
    household: &Household,
    rows: &[figures::Row],
    before: &[Received],
) -> Value {
    let reader = ledger.personal();
    let subject = Subject::Household(household.code.clone());
    let field = |name: &str| reader.field(&subject, &household.personal, name);
    let classes: Vec<Value> = household
        .classes
        .entries()
        .iter()
        .map(|class| json!({ "class": class.value, "from": class.from, "seq": class.seq }))
        .collect();
    let villages: Vec<Value> = household
        .villages
        .entries()
        .iter()
        .map(|village| {
            let name = ledger.state().units.name(village.value.as_str());
            json!({
                "village": village.value, "village_name": name, "from": village.from,
                "seq": village.seq,
            })
        })
        .collect();
    let persons: Vec<Value> = household
        .persons
        .iter()
        .filter_map(|code| {
            let person = ledger.state().persons.get(code)?;
            let subject = Subject::Person(code.clone());
            let field = |name: &str| reader.field(&subject, &person.personal, name);
            Some(json!({
                "person": code, "name": field("name"), "born": field("born"), "sex": person.sex,
                "relation": field("relation"), "ethnicity": field("ethnicity"),
                "id_number": field("id_number"),
            }))
        })
        .collect();
    let (cohorts, projects) = lists_of(ledger, &household.code);
    let by = [Dimension::Kind, Dimension::Stage];
    let received: Vec<Value> = rows
        .iter()
        .map(|row| super::figures::row_json(&by, row))
        .collect();
    let before: Vec<Value> = before
        .iter()
        .map(|(code, rows)| {
            let rows = rows.iter().map(|row| super::figures::row_json(&by, row));
            json!({ "household": code, "received": rows.collect::<Vec<Value>>() })
        })
        .collect();
    json!({
        "as_of": stand_json(ledger.stand()),
        "household": household.code,
        "head": field("head"),
        "ethnicity": field("ethnicity"),
        "id_number": field("id_number"),
        "poverty_code": field("poverty_code"),
        "note": field("note"),
        "minority": household.minority,
        "members": household.members,
        "village": household.villages.latest(),
        "village_name": village_name(ledger, household.villages.latest()),
        "villages": villages,
        "class": household.classes.latest(),
        "classes": classes,
        "persons": persons,
        "cohorts": cohorts,
        "projects": projects,
        "received": received,
        "received_before": before,
        "predecessors": household.predecessors,
        "successors": household.successors,
        "ended_on": household.ended.as_ref().map(|ended| ended.on),
    })
}
