//! The rows of the tables, from the facts, the register and the log.

use std::collections::BTreeSet;

use super::table::{
    BUDGET, CLASSES, CORRECTIONS, ExportError, FUNDING, HOUSEHOLDS, PERSONS, PROJECT_MEMBERS,
    PROJECT_STAGES, PROJECTS, RESIDENCES, SUPPORTS, Sink, TARGETS, UNITS, Value,
};
use crate::domain::class::HouseholdClass;
use crate::domain::code::Code;
use crate::domain::event::{Body, Event};
use crate::domain::personal::Subject;
use crate::domain::state::Dated;
use crate::domain::support::CorrectionMode;
use crate::log::EventRead;
use crate::office::Ledger;
use crate::office::asof::local_date;
use crate::projection::facts::{Fact, date};

/// How many events are read at once.
const AT_ONCE: u64 = 8_192;

/// Gives every row of every table to a sink. Personal fields are opened, and so logged as accesses,
/// only where they are asked for.
///
/// # Errors
/// [`ExportError`] when the ledger cannot be read or the sink cannot write.
pub fn fill<L: EventRead>(
    ledger: &Ledger<L>,
    personal: bool,
    sink: &mut dyn Sink,
) -> Result<(), ExportError> {
    supports(ledger, sink)?;
    funding(ledger, sink)?;
    households(ledger, personal, sink)?;
    classes(ledger, sink)?;
    residences(ledger, sink)?;
    persons(ledger, personal, sink)?;
    projects(ledger, sink)?;
    stocks(ledger, sink)?;
    units(ledger, sink)?;
    corrections(ledger, sink)
}

/// Every event that the ledger knows, in its order.
pub(super) fn each_event<L: EventRead>(
    ledger: &Ledger<L>,
    take: &mut dyn FnMut(Event) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let last = ledger.stand().seq;
    let mut from = 1;
    while from <= last {
        let to = last.min(from + AT_ONCE - 1);
        for event in ledger.events(from, to)? {
            take(event)?;
        }
        from = to + 1;
    }
    Ok(())
}

/// The facts that stand, by the events that made them.
fn standing<L: EventRead>(ledger: &Ledger<L>) -> Vec<&Fact> {
    let seq = ledger.stand().seq;
    let mut rows: Vec<&Fact> = ledger
        .facts()
        .rows()
        .iter()
        .filter(|fact| fact.stands_at(seq))
        .collect();
    rows.sort_by_key(|fact| (fact.add_seq, fact.sign));
    rows
}

fn offset<L: EventRead>(ledger: &Ledger<L>) -> &str {
    let opened = ledger.state().ledger.as_ref();
    opened.map_or("+00:00", |opened| opened.offset.as_str())
}

fn supports<L: EventRead>(ledger: &Ledger<L>, sink: &mut dyn Sink) -> Result<(), ExportError> {
    sink.begin(&SUPPORTS)?;
    let mut rows = standing(ledger).into_iter().peekable();
    each_event(ledger, &mut |event| {
        while let Some(fact) = rows.next_if(|fact| fact.add_seq == event.seq) {
            sink.row(support(ledger, fact, &event)?)?;
        }
        Ok(())
    })
}

fn support<L: EventRead>(
    ledger: &Ledger<L>,
    fact: &Fact,
    event: &Event,
) -> Result<Vec<Value>, ExportError> {
    let facts = ledger.facts();
    let reference = match &event.body {
        Body::Support(_, state) => state.reference.as_ref(),
        Body::SupportCorrected(data) => data.to.reference.as_ref(),
        _ => None,
    };
    let sign = i128::from(fact.sign);
    let parts = facts.funding(fact).iter();
    let amount: i128 = parts.map(|(_, amount)| i128::from(*amount)).sum();
    let class = usize::from(fact.class).checked_sub(1);
    let class = class.and_then(|place| HouseholdClass::ALL.get(place));
    let villages = facts.places.value(fact.places).into_iter().flatten();
    let document = event.document.as_ref();
    let source = event.source.as_ref();
    let count = i64::try_from(fact.count).unwrap_or(i64::MAX);
    Ok(vec![
        Value::seq(fact.add_seq),
        Value::text(Some(event.id)),
        Value::seq(fact.support),
        Value::text(reference),
        Value::text(facts.kinds.value(fact.kind)),
        Value::text(Some(fact.stage.code())),
        Value::Whole(fact.sign.into()),
        Value::yes(fact.contra),
        Value::yes(fact.is_recovery),
        Value::day(date(fact.occurred)),
        Value::day(date(fact.recorded)),
        Value::day(date(fact.decided)),
        Value::text(facts.periods.value(fact.covers)),
        Value::text(facts.households.code(fact.household)),
        Value::text(facts.persons.code(fact.person)),
        joined(villages),
        Value::text(class.map(|class| class.code())),
        match fact.sex {
            1 => Value::Text("female".to_owned()),
            2 => Value::Text("male".to_owned()),
            _ => Value::None,
        },
        match fact.minority {
            0 => Value::None,
            known => Value::yes(known == 2),
        },
        Value::text(facts.groups.value(fact.group)),
        Value::text(facts.projects.value(fact.project)),
        Value::Whole(count * i64::from(fact.sign)),
        decimal(amount * sign)?,
        decimal(i128::from(fact.quantity) * sign)?,
        Value::text(facts.units.value(fact.unit)),
        decimal(i128::from(fact.recovered) * sign)?,
        Value::text(document.and_then(|document| document.number.as_ref())),
        Value::text(source.map(|source| &source.file)),
        source.map_or(Value::None, |source| Value::seq(source.row)),
        Value::yes(event.late),
    ])
}

fn decimal(thousandths: i128) -> Result<Value, ExportError> {
    let number = i64::try_from(thousandths).ok();
    let number = number.filter(|number| number.unsigned_abs() < 1_000_000_000_000_000_000);
    let too_large = || ExportError::TooLarge(thousandths.to_string());
    number.map(Value::Decimal).ok_or_else(too_large)
}

fn joined<'c>(codes: impl IntoIterator<Item = &'c Code>) -> Value {
    let codes: Vec<&str> = codes.into_iter().map(Code::as_str).collect();
    Value::text(Some(codes.join(";")))
}

fn funding<L: EventRead>(ledger: &Ledger<L>, sink: &mut dyn Sink) -> Result<(), ExportError> {
    sink.begin(&FUNDING)?;
    let facts = ledger.facts();
    for fact in standing(ledger) {
        for (source, amount) in facts
            .funding(fact)
            .iter()
            .filter(|(_, amount)| *amount != 0)
        {
            sink.row(vec![
                Value::seq(fact.add_seq),
                Value::Whole(fact.sign.into()),
                Value::text(facts.sources.value(*source)),
                decimal(i128::from(*amount) * i128::from(fact.sign))?,
            ])?;
        }
    }
    Ok(())
}

fn households<L: EventRead>(
    ledger: &Ledger<L>,
    personal: bool,
    sink: &mut dyn Sink,
) -> Result<(), ExportError> {
    sink.begin(&HOUSEHOLDS)?;
    let reader = ledger.personal();
    for (code, household) in &ledger.state().households {
        let class = household.classes.latest();
        let ended = household.ended.as_ref();
        let mut row = vec![
            Value::text(Some(code)),
            Value::text(household.villages.latest()),
            Value::text(class.map(|class| class.code())),
            household
                .members
                .map_or(Value::None, |members| Value::Whole(members.into())),
            household.minority.map_or(Value::None, Value::yes),
            Value::day(ended.map(|ended| ended.on)),
            joined(&household.predecessors),
            joined(&household.successors),
        ];
        if personal {
            let subject = Subject::Household(code.clone());
            let field = |name| Value::text(Some(reader.field(&subject, &household.personal, name)));
            row.extend([field("head"), field("id_number")]);
        }
        sink.row(row)?;
    }
    Ok(())
}

/// A value over time: whose, what, from when, by which event.
fn over_time<T>(
    code: &Code,
    dated: &Dated<T>,
    text: impl Fn(&T) -> String,
    sink: &mut dyn Sink,
) -> Result<(), ExportError> {
    for entry in dated.entries() {
        sink.row(vec![
            Value::text(Some(code)),
            Value::text(Some(text(&entry.value))),
            Value::day(entry.from),
            Value::seq(entry.seq),
        ])?;
    }
    Ok(())
}

fn classes<L: EventRead>(ledger: &Ledger<L>, sink: &mut dyn Sink) -> Result<(), ExportError> {
    sink.begin(&CLASSES)?;
    for (code, household) in &ledger.state().households {
        over_time(code, &household.classes, |it| it.code().to_owned(), sink)?;
    }
    Ok(())
}

fn residences<L: EventRead>(ledger: &Ledger<L>, sink: &mut dyn Sink) -> Result<(), ExportError> {
    sink.begin(&RESIDENCES)?;
    for (code, household) in &ledger.state().households {
        over_time(code, &household.villages, Code::to_string, sink)?;
    }
    Ok(())
}

fn persons<L: EventRead>(
    ledger: &Ledger<L>,
    personal: bool,
    sink: &mut dyn Sink,
) -> Result<(), ExportError> {
    sink.begin(&PERSONS)?;
    let reader = ledger.personal();
    for (code, person) in &ledger.state().persons {
        let sex = person.sex.map(|sex| match sex {
            crate::domain::Sex::Female => "female",
            crate::domain::Sex::Male => "male",
        });
        let mut row = vec![
            Value::text(Some(code)),
            Value::text(Some(&person.household)),
            Value::text(sex),
            person.minority.map_or(Value::None, Value::yes),
            Value::yes(person.left.is_some()),
            Value::day(person.left.flatten()),
        ];
        if personal {
            let subject = Subject::Person(code.clone());
            let field = |name| Value::text(Some(reader.field(&subject, &person.personal, name)));
            row.extend([field("name"), field("born")]);
        }
        sink.row(row)?;
    }
    Ok(())
}

fn projects<L: EventRead>(ledger: &Ledger<L>, sink: &mut dyn Sink) -> Result<(), ExportError> {
    let projects = &ledger.state().projects;
    sink.begin(&PROJECTS)?;
    for (code, project) in projects {
        let registered = &project.registered;
        let quantity = registered.quantity.map(|quantity| quantity.thousandths());
        let stage = project.stages.last().map(|(stage, _, _)| stage.code());
        let members = i64::try_from(project.members.len()).unwrap_or(i64::MAX);
        sink.row(vec![
            Value::text(Some(code)),
            Value::text(Some(&registered.name)),
            Value::text(registered.programme.as_ref()),
            Value::text(registered.village.as_ref()),
            quantity.map_or(Value::None, Value::Decimal),
            Value::text(registered.unit.as_ref()),
            Value::text(stage),
            Value::Whole(members),
        ])?;
    }
    sink.begin(&PROJECT_STAGES)?;
    for (code, project) in projects {
        for (stage, on, seq) in &project.stages {
            let code = Value::text(Some(code));
            let stage = Value::text(Some(stage.code()));
            sink.row(vec![code, stage, Value::day(*on), Value::seq(*seq)])?;
        }
    }
    sink.begin(&PROJECT_MEMBERS)?;
    for (code, project) in projects {
        for (household, role) in &project.members {
            let (code, role) = (Value::text(Some(code)), Value::text(role.as_ref()));
            sink.row(vec![code, Value::text(Some(household)), role])?;
        }
    }
    Ok(())
}

fn stocks<L: EventRead>(ledger: &Ledger<L>, sink: &mut dyn Sink) -> Result<(), ExportError> {
    sink.begin(&BUDGET)?;
    for ((programme, project, source, period), (amount, _)) in &ledger.state().budgets {
        sink.row(vec![
            Value::text(programme.as_ref()),
            Value::text(project.as_ref()),
            Value::text(Some(source)),
            Value::text(period.as_ref()),
            Value::Decimal(*amount),
        ])?;
    }
    sink.begin(&TARGETS)?;
    for ((kind, period), (value, seq)) in &ledger.state().targets {
        sink.row(vec![
            Value::text(Some(kind)),
            Value::text(Some(period)),
            Value::Decimal(value.thousandths()),
            Value::seq(*seq),
        ])?;
    }
    Ok(())
}

fn units<L: EventRead>(ledger: &Ledger<L>, sink: &mut dyn Sink) -> Result<(), ExportError> {
    sink.begin(&UNITS)?;
    for (code, unit) in ledger.state().units.iter() {
        let ended = unit.ended.as_ref();
        let name = unit.names.latest().map(String::as_str);
        let level = serde_json::to_value(unit.registered.level).unwrap_or_default();
        sink.row(vec![
            Value::text(Some(code)),
            Value::text(Some(&unit.key)),
            Value::text(level.as_str()),
            Value::text(Some(name.unwrap_or(&unit.registered.name))),
            Value::text(unit.parents.latest()),
            Value::day(ended.map(|ended| ended.on)),
            joined(ended.into_iter().flat_map(|ended| &ended.successors)),
            Value::seq(unit.seq),
        ])?;
    }
    Ok(())
}

fn corrections<L: EventRead>(ledger: &Ledger<L>, sink: &mut dyn Sink) -> Result<(), ExportError> {
    sink.begin(&CORRECTIONS)?;
    let marked = corrected(ledger);
    let offset = offset(ledger).to_owned();
    each_event(ledger, &mut |event| {
        if !marked.contains(&event.seq) {
            return Ok(());
        }
        match correction(&event, &offset)? {
            Some(row) => sink.row(row),
            None => Ok(()),
        }
    })
}

/// The events that void a row or add one beside it: no other is looked at twice.
fn corrected<L: EventRead>(ledger: &Ledger<L>) -> BTreeSet<u64> {
    let (seq, facts) = (ledger.stand().seq, ledger.facts());
    let mut marked = BTreeSet::new();
    for fact in facts.rows() {
        marked.extend((fact.void_seq <= seq).then_some(fact.void_seq));
        let beside = fact.contra || fact.is_recovery;
        marked.extend((beside && fact.add_seq <= seq).then_some(fact.add_seq));
    }
    marked
}

fn correction(event: &Event, offset: &str) -> Result<Option<Vec<Value>>, ExportError> {
    let mode = |mode| match mode {
        CorrectionMode::InPlace => "in_place",
        CorrectionMode::Contra => "contra",
    };
    let (support, corrects, stage, mode, on, amount) = match &event.body {
        Body::SupportCorrected(data) => (
            data.support,
            Some(data.corrects),
            Some(data.stage),
            Some(mode(data.mode)),
            data.effective_on,
            Some(data.to.amount_thousandths()),
        ),
        Body::SupportReversed(data) => (
            data.support,
            None,
            data.stage,
            Some(mode(data.mode)),
            data.effective_on,
            None,
        ),
        Body::SupportRecovered(data) => (
            data.support,
            None,
            None,
            None,
            data.occurred_on,
            Some(data.amount.thousandths().into()),
        ),
        _ => return Ok(None),
    };
    let document = event.document.as_ref();
    Ok(Some(vec![
        Value::seq(event.seq),
        Value::text(Some(event.id)),
        Value::text(Some(event.body.type_name())),
        Value::text(Some(support)),
        Value::text(corrects),
        Value::text(stage.map(|stage| stage.code())),
        Value::text(mode),
        Value::Day(on),
        Value::Day(local_date(event.at_ms, offset)),
        amount.map_or(Ok(Value::None), decimal)?,
        Value::text(Some(&event.by.id)),
        Value::text(document.and_then(|document| document.number.as_ref())),
        Value::text(event.reason.as_ref()),
    ]))
}
