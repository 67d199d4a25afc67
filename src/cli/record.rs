//! `socai record`, `advance`, `correct`, `reverse`: one thing at a time, by hand.

use serde_json::json;

use super::args::{
    AdvanceArgs, BasisArgs, BudgetArgs, ChangeArgs, ClassArgs, CorrectArgs, HouseholdArgs,
    PersonArgs, ProjectArgs, RecordCommand, ReverseArgs, SupportArgs,
};
use super::console::{Console, Failure};
use super::open::{Place, Writer};
use super::values;
use crate::domain::command::{
    BudgetDraft, Command, FundingDraft, HouseholdDraft, PersonDraft, ProjectDraft, SupportChange,
    SupportDraft,
};
use crate::domain::fixed::Money;
use crate::domain::rejection::Rejection;
use crate::domain::stage::Stage;
use crate::office::{Entry, Mode, Outcome};

/// Runs `record`.
///
/// # Errors
/// [`Failure`] when what is recorded cannot be true, or the ledger cannot be written.
pub fn run(
    console: &mut Console<'_>,
    place: &Place,
    command: &RecordCommand,
) -> Result<(), Failure> {
    let mut ledger = place.write_named(console)?;
    let (command, basis, update) = read(console, &mut ledger, command)?;
    let mut entry = Entry::by_hand(command);
    entry.update = update;
    commit(console, place, &mut ledger, entry, &basis)
}

/// Runs `advance`.
///
/// # Errors
/// As [`run`].
pub fn advance(
    console: &mut Console<'_>,
    place: &Place,
    args: &AdvanceArgs,
) -> Result<(), Failure> {
    let mut ledger = place.write_named(console)?;
    let support = ledger
        .find_support(&args.support)
        .map_err(|error| console.failure(&error))?;
    let to = values::stage(console, "--to", &args.to)?;
    let mut change = change(console, &ledger, support, &args.change)?;
    change.occurred_on = Some(values::date(console, "--on", &args.on)?);
    let command = Command::Advance {
        support,
        to,
        change: Box::new(change),
    };
    commit(
        console,
        place,
        &mut ledger,
        Entry::by_hand(command),
        &args.basis,
    )
}

/// Runs `correct`.
///
/// # Errors
/// As [`run`].
pub fn correct(
    console: &mut Console<'_>,
    place: &Place,
    args: &CorrectArgs,
) -> Result<(), Failure> {
    let mut ledger = place.write_named(console)?;
    let support = ledger
        .find_support(&args.support)
        .map_err(|error| console.failure(&error))?;
    let mut change = change(console, &ledger, support, &args.change)?;
    if let Some(on) = &args.on {
        change.occurred_on = Some(values::date(console, "--on", on)?);
    }
    if let Some(covers) = &args.covers {
        change.covers = Some(values::period(console, "--covers", covers)?);
    }
    change.household = values::maybe_code(console, "--household", args.household.as_ref())?;
    change.class = values::class_given(console, args.class.as_ref())?;
    change.village = values::text(args.village.as_ref());
    change.count = args.count;
    change.ground = values::text(args.ground.as_ref());
    let stage = values::maybe_stage(console, "--stage", args.stage.as_ref())?;
    let command = Command::Correct {
        support,
        stage,
        change: Box::new(change),
        effective_on: effective_on(console, args.effective_on.as_ref())?,
    };
    commit(
        console,
        place,
        &mut ledger,
        Entry::by_hand(command),
        &args.basis,
    )
}

/// Runs `reverse`.
///
/// # Errors
/// As [`run`].
pub fn reverse(
    console: &mut Console<'_>,
    place: &Place,
    args: &ReverseArgs,
) -> Result<(), Failure> {
    let mut ledger = place.write_named(console)?;
    let support = ledger
        .find_support(&args.support)
        .map_err(|error| console.failure(&error))?;
    let stage = values::maybe_stage(console, "--stage", args.stage.as_ref())?;
    let entry = Entry::by_hand(Command::Reverse {
        support,
        stage,
        effective_on: effective_on(console, args.effective_on.as_ref())?,
    });
    commit(console, place, &mut ledger, entry, &args.basis)
}

fn effective_on(
    console: &Console<'_>,
    text: Option<&String>,
) -> Result<Option<chrono::NaiveDate>, Failure> {
    text.map(|text| values::date(console, "--effective-on", text))
        .transpose()
}

/// Opens the ledger and records one entry.
///
/// # Errors
/// As [`run`].
pub fn commit_new(
    console: &mut Console<'_>,
    place: &Place,
    entry: Entry,
    basis: &BasisArgs,
) -> Result<(), Failure> {
    let mut ledger = place.write_named(console)?;
    commit(console, place, &mut ledger, entry, basis)
}

/// Decides one entry and records nothing.
///
/// # Errors
/// As [`run`].
pub fn check_new(
    console: &mut Console<'_>,
    place: &Place,
    mut entry: Entry,
    basis: &BasisArgs,
) -> Result<(), Failure> {
    let mut ledger = place.write_named(console)?;
    complete(&mut entry, basis);
    let by = place.actor(console, &ledger)?;
    let mut tools = place.tools();
    let recorded = ledger
        .record(&mut tools, &by, &[entry], Mode::DryRun)
        .map_err(|error| console.failure(&error))?;
    match recorded.outcomes.into_iter().next() {
        Some(Outcome::Rejected(rejection)) => Err(console.refused(&rejection)),
        _ if console.is_json() => console.json(&json!({ "status": "checked" })),
        _ => console.line(console.pick(
            "hợp lệ; chưa ghi gì (--dry-run)",
            "it can be recorded; nothing was (--dry-run)",
        )),
    }
}

/// Adds the document and the reason that were given.
fn complete(entry: &mut Entry, basis: &BasisArgs) {
    let given = values::document(basis.document.as_ref());
    entry.document = given.or(entry.document.take());
    entry.reason = values::text(basis.reason.as_ref());
}

pub(super) fn commit(
    console: &mut Console<'_>,
    place: &Place,
    ledger: &mut Writer,
    mut entry: Entry,
    basis: &BasisArgs,
) -> Result<(), Failure> {
    complete(&mut entry, basis);
    let by = place.actor(console, ledger)?;
    let mut tools = place.tools();
    let outcome = ledger
        .record_one(&mut tools, &by, entry)
        .map_err(|error| console.failure(&error))?;
    tell(console, &outcome)
}

fn tell(console: &mut Console<'_>, outcome: &Outcome) -> Result<(), Failure> {
    let lang = console.lang;
    match outcome {
        Outcome::New {
            id, seq, findings, ..
        } => {
            if console.is_json() {
                return console.json(&json!({
                    "id": id, "seq": seq, "status": "recorded", "findings": findings
                }));
            }
            console.line(lang.pick(
                format!("đã ghi #{seq} {id}"),
                format!("recorded #{seq} {id}"),
            ))?;
            for finding in findings {
                let text = format!("  ⚠ {}", finding.message(lang));
                console.line(text)?;
            }
            Ok(())
        }
        Outcome::Already { id } => {
            if console.is_json() {
                return console.json(&json!({ "id": id, "status": "already" }));
            }
            console.line(lang.pick("đã có trong sổ, không ghi thêm", "already in the ledger"))
        }
        Outcome::Rejected(rejection) => Err(console.refused(rejection)),
    }
}

type Read = (Command, BasisArgs, bool);

fn read(
    console: &Console<'_>,
    ledger: &mut Writer,
    command: &RecordCommand,
) -> Result<Read, Failure> {
    let plain = |command: Command, basis: &BasisArgs| Ok((command, basis.clone(), false));
    match command {
        RecordCommand::Support(args) => {
            let draft = support(console, ledger, args, None)?;
            plain(Command::RecordSupport(Box::new(draft)), &args.basis)
        }
        RecordCommand::Activity(args) => {
            let draft = support(console, ledger, args, Some(Stage::Held))?;
            plain(Command::RecordSupport(Box::new(draft)), &args.basis)
        }
        RecordCommand::Household(args) => {
            let command = Command::RegisterHousehold(household(console, args)?);
            Ok((command, args.basis.clone(), args.update))
        }
        RecordCommand::Person(args) => {
            let command = Command::RegisterPerson(person(console, args)?);
            Ok((command, args.basis.clone(), args.update))
        }
        RecordCommand::Class(args) => plain(class(console, args)?, &args.basis),
        RecordCommand::Rules(command) => {
            let (command, basis) = super::catalogue::read(console, ledger.state(), command)?;
            Ok((command, basis, false))
        }
        RecordCommand::Succession(command) => {
            let (command, basis) = super::succession::read(console, command)?;
            Ok((command, basis, false))
        }
        RecordCommand::Unit(args) => plain(super::unit::register(console, args)?, &args.basis),
        RecordCommand::Project(args) => {
            let draft = project(console, ledger, args)?;
            plain(Command::RegisterProject(draft), &args.basis)
        }
        RecordCommand::Allocation(args) => {
            plain(budget(console, ledger, args, false)?, &args.basis)
        }
        RecordCommand::Adjustment(args) => plain(budget(console, ledger, args, true)?, &args.basis),
        other => read_fields(console, ledger, other),
    }
}

/// The commands whose options stand in the command itself.
fn read_fields(
    console: &Console<'_>,
    ledger: &mut Writer,
    command: &RecordCommand,
) -> Result<Read, Failure> {
    let (command, basis) = match command {
        RecordCommand::Member {
            project,
            household,
            role,
            note,
            basis,
        } => {
            let command = Command::JoinProject {
                project: values::code(console, "--project", project)?,
                household: values::code(console, "--household", household)?,
                role: values::maybe_code(console, "--role", role.as_ref())?,
                note: values::text(note.as_ref()),
            };
            (command, basis.clone())
        }
        RecordCommand::Cohort {
            code,
            year,
            household,
            note,
            basis,
        } => {
            let command = Command::ListCohort {
                cohort: values::code(console, "--code", code)?,
                year: *year,
                household: values::code(console, "--household", household)?,
                note: values::text(note.as_ref()),
            };
            (command, basis.clone())
        }
        RecordCommand::Target {
            kind,
            period,
            value,
            basis,
        } => {
            let command = Command::SetTarget {
                kind: kind.clone(),
                period: values::period(console, "--period", period)?,
                value: values::quantity(console, ledger.state(), value, None, None)?,
            };
            (command, basis.clone())
        }
        RecordCommand::Recovery {
            support,
            amount,
            on,
            source,
            basis,
        } => {
            let command = Command::Recover {
                support: ledger
                    .find_support(support)
                    .map_err(|error| console.failure(&error))?,
                amount: values::money(console, ledger.state(), "--amount", amount)?,
                on: values::date(console, "--on", on)?,
                source: source.clone(),
            };
            (command, basis.clone())
        }
        RecordCommand::Actor { id, name, office } => {
            let command = Command::RegisterActor {
                actor: values::code(console, "--id", id)?,
                name: crate::import::text::normalised(name),
                office: values::text(office.as_ref()),
            };
            (command, BasisArgs::default())
        }
        other => return read(console, ledger, other),
    };
    Ok((command, basis, false))
}

fn household(console: &Console<'_>, args: &HouseholdArgs) -> Result<HouseholdDraft, Failure> {
    let class = args
        .class
        .as_ref()
        .map(|text| values::class(console, "--class", text));
    let from = args.class_from.as_ref();
    let from = from
        .map(|text| values::date(console, "--class-from", text))
        .transpose()?;
    Ok(HouseholdDraft {
        household: Some(values::code(console, "--household", &args.household)?),
        head: values::text(args.head.as_ref()),
        village: values::text(args.village.as_ref()),
        class: class.transpose()?,
        class_from: from,
        standard: values::text(args.standard.as_ref()),
        ethnicity: values::text(args.ethnicity.as_ref()),
        id_number: values::text(args.id_number.as_ref()),
        members: args.members,
        poverty_code: values::text(args.poverty_code.as_ref()),
        note: values::text(args.note.as_ref()),
    })
}

fn person(console: &Console<'_>, args: &PersonArgs) -> Result<PersonDraft, Failure> {
    let sex = args.sex.as_ref().map(|text| {
        crate::import::words::read_sex(text).ok_or_else(|| {
            console.wrong(
                "--sex",
                text,
                "phải là nam hoặc nữ",
                "must be male or female",
            )
        })
    });
    Ok(PersonDraft {
        person: Some(values::code(console, "--person", &args.person)?),
        household: Some(values::code(console, "--household", &args.household)?),
        name: values::text(args.name.as_ref()),
        born: values::text(args.born.as_ref()),
        sex: sex.transpose()?,
        relation: values::text(args.relation.as_ref()),
        ethnicity: values::text(args.ethnicity.as_ref()),
        id_number: values::text(args.id_number.as_ref()),
        note: values::text(args.note.as_ref()),
    })
}

fn class(console: &Console<'_>, args: &ClassArgs) -> Result<Command, Failure> {
    let from = args.from.as_ref();
    Ok(Command::Classify {
        household: values::code(console, "--household", &args.household)?,
        class: values::class(console, "--class", &args.class)?,
        from: from
            .map(|text| values::date(console, "--from", text))
            .transpose()?,
        standard: values::text(args.standard.as_ref()),
    })
}

fn project(
    console: &Console<'_>,
    ledger: &Writer,
    args: &ProjectArgs,
) -> Result<ProjectDraft, Failure> {
    let state = ledger.state();
    let on = args.on.as_ref();
    let quantity = args.quantity.as_ref();
    let quantity = quantity
        .map(|text| values::quantity(console, state, text, args.unit.as_deref(), None))
        .transpose()?;
    Ok(ProjectDraft {
        project: values::code(console, "--project", &args.project)?,
        name: crate::import::text::normalised(&args.name),
        programme: values::text(args.programme.as_ref()),
        village: values::text(args.village.as_ref()),
        quantity,
        unit: args.unit.clone(),
        stage: values::maybe_stage(console, "--stage", args.stage.as_ref())?,
        stage_on: on
            .map(|text| values::date(console, "--on", text))
            .transpose()?,
        budget: values::funding(console, state, &args.funding)?,
    })
}

fn budget(
    console: &Console<'_>,
    ledger: &Writer,
    args: &BudgetArgs,
    adjustment: bool,
) -> Result<Command, Failure> {
    let period = args.period.as_ref();
    Ok(Command::ChangeBudget(BudgetDraft {
        programme: args.programme.clone(),
        project: values::maybe_code(console, "--project", args.project.as_ref())?,
        source: args.source.clone(),
        amount: values::signed_money(console, ledger.state(), "--amount", &args.amount)?,
        period: period
            .map(|text| values::period(console, "--period", text))
            .transpose()?,
        adjustment,
    }))
}

fn support(
    console: &Console<'_>,
    ledger: &mut Writer,
    args: &SupportArgs,
    default_stage: Option<Stage>,
) -> Result<SupportDraft, Failure> {
    let follows = args.follows.as_ref().map(|text| {
        ledger
            .find_support(text)
            .map_err(|error| console.failure(&error))
    });
    let state = ledger.state();
    let kind = crate::office::lists::kind_code(&state.catalogue, &args.kind);
    let quantity = args
        .quantity
        .as_ref()
        .map(|text| values::quantity(console, state, text, args.unit.as_deref(), Some(&kind)));
    let covers = args.covers.as_ref();
    Ok(SupportDraft {
        reference: values::maybe_code(console, "--ref", args.reference.as_ref())?,
        stage: values::maybe_stage(console, "--stage", args.stage.as_ref())?.or(default_stage),
        household: values::maybe_code(console, "--household", args.household.as_ref())?,
        person: values::maybe_code(console, "--person", args.person.as_ref())?,
        count: args.count,
        class: values::class_given(console, args.class.as_ref())?,
        group: values::text(args.group.as_ref()),
        villages: args
            .village
            .iter()
            .filter_map(|name| values::text(Some(name)))
            .collect(),
        funding: support_funding(console, ledger, args)?,
        quantity: quantity.transpose()?,
        unit: args.unit.clone(),
        occurred_on: Some(values::date(console, "--on", &args.on)?),
        covers: covers
            .map(|text| values::period(console, "--covers", text))
            .transpose()?,
        project: values::maybe_code(console, "--project", args.project.as_ref())?,
        lender: values::text(args.lender.as_ref()),
        recipient: values::text(args.recipient.as_ref()),
        ground: values::text(args.ground.as_ref()),
        follows: follows.transpose()?,
        note: values::text(args.note.as_ref()),
        kind,
    })
}

fn support_funding(
    console: &Console<'_>,
    ledger: &Writer,
    args: &SupportArgs,
) -> Result<Vec<FundingDraft>, Failure> {
    let state = ledger.state();
    let money = |option, text: &Option<String>| {
        text.as_ref()
            .map(|text| values::money(console, state, option, text))
            .transpose()
    };
    let amount = money("--amount", &args.amount)?;
    let counterpart = money("--counterpart", &args.counterpart)?;
    if !args.funding.is_empty() {
        return values::funding(console, state, &args.funding);
    }
    crate::office::lists::funding(amount, counterpart, args.source.clone())
        .map_err(|rejection: Rejection| console.refused(&rejection))
}

fn change(
    console: &Console<'_>,
    ledger: &Writer,
    support: uuid::Uuid,
    args: &ChangeArgs,
) -> Result<SupportChange, Failure> {
    let state = ledger.state();
    let record = state.supports.get(&support);
    let entry = record.and_then(|record| record.furthest());
    let amount: Option<Money> = args
        .amount
        .as_ref()
        .map(|text| values::money(console, state, "--amount", text))
        .transpose()?;
    let quantity = args.quantity.as_ref().map(|text| {
        let unit = entry
            .and_then(|entry| entry.state.unit.as_ref())
            .map(|unit| unit.as_str());
        let kind = entry.map(|entry| entry.state.kind.as_str());
        values::quantity(console, state, text, unit, kind)
    });
    Ok(SupportChange {
        amount,
        funding: values::funding(console, state, &args.funding)?,
        quantity: quantity.transpose()?,
        note: values::text(args.note.as_ref()),
        recipient: values::text(args.recipient.as_ref()),
        ..SupportChange::default()
    })
}
