//! Decisions about support actions.

use chrono::NaiveDate;
use uuid::Uuid;

use super::catalogue::SupportKind;
use super::class::HouseholdClass;
use super::code::Code;
use super::command::{ClassGiven, Command, Context, FundingDraft, SupportChange, SupportDraft};
use super::decide::{
    Proposed, check_day, check_money, check_quantity, code, known_household, known_project,
    known_source, personal, village,
};
use super::decide_closing::{correction_date, is_late};
use super::event::Body;
use super::finding::{Finding, FindingCode};
use super::fixed::{LARGEST, Money};
use super::norm::departs;
use super::period::Period;
use super::rejection::{Rejection, Unknown};
use super::stage::Stage;
use super::standing::standing;
use super::state::{StageEntry, State, SupportRecord};
use super::support::{
    CorrectionMode, Funding, SupportCorrected, SupportRecovered, SupportReversed, SupportState,
};

pub(super) fn decide_support(
    state: &State,
    context: &Context,
    command: &Command,
) -> Result<Vec<Proposed>, Rejection> {
    match command {
        Command::RecordSupport(draft) => record(state, context, draft),
        Command::Advance {
            support,
            to,
            change,
        } => advance(state, context, *support, *to, change),
        Command::Correct {
            support,
            stage,
            change,
            effective_on,
        } => correct(state, context, *support, *stage, change, *effective_on),
        Command::Reverse {
            support,
            stage,
            effective_on,
        } => reverse(state, context, *support, *stage, *effective_on),
        Command::Recover {
            support,
            amount,
            on,
            source,
        } => recover(state, context, *support, *amount, *on, source.as_deref()),
        _ => Ok(Vec::new()),
    }
}

fn known_kind<'a>(state: &'a State, kind: &str) -> Result<&'a SupportKind, Rejection> {
    state.catalogue.kind(kind).ok_or_else(|| {
        let close = |code: &&SupportKind| {
            let (a, b) = (code.code.as_str(), kind);
            b.len() >= 3 && (a.contains(b) || b.contains(a) || a.get(..4) == b.get(..4))
        };
        let kinds = &state.catalogue.kinds;
        let known = kinds
            .iter()
            .filter(close)
            .map(|kind| kind.code.to_string())
            .collect();
        Rejection::Unknown {
            what: Unknown::Kind,
            name: kind.to_owned(),
            known,
        }
    })
}

fn check_stage(kind: &SupportKind, stage: Option<Stage>) -> Result<Stage, Rejection> {
    let all = || {
        Stage::ALL
            .into_iter()
            .filter(|stage| kind.allows(*stage))
            .collect()
    };
    let stage = stage
        .or_else(|| kind.default_stage())
        .ok_or_else(|| Rejection::StageNeeded {
            kind: kind.code.to_string(),
            stages: all(),
        })?;
    if kind.allows(stage) {
        return Ok(stage);
    }
    Err(Rejection::NoSuchStage {
        kind: kind.code.to_string(),
        stage,
        stages: all(),
    })
}

fn funding(
    state: &State,
    parts: &[FundingDraft],
    findings: &mut Vec<Finding>,
) -> Result<Vec<Funding>, Rejection> {
    let mut funding: Vec<Funding> = Vec::new();
    for part in parts {
        check_money(state, part.amount)?;
        let source = match &part.source {
            Some(source) => Some(known_source(state, source)?),
            None => {
                findings.push(Finding::new(FindingCode::SourceMissing));
                None
            }
        };
        let same = funding.iter_mut().find(|known| known.source == source);
        match same {
            Some(known) => {
                let sum = known.amount.checked_add(part.amount);
                known.amount = sum.ok_or_else(|| Rejection::TooLarge(part.amount.to_string()))?;
                check_money(state, known.amount)?;
            }
            None => funding.push(Funding {
                amount: part.amount,
                source,
            }),
        }
    }
    Ok(funding)
}

/// The class by value, and what is doubtful about it.
fn class_on(
    state: &State,
    household: Option<&Code>,
    given: ClassGiven,
    day: NaiveDate,
    findings: &mut Vec<Finding>,
) -> Option<HouseholdClass> {
    let known = household.and_then(|code| state.households.get(code));
    if let Some(ended) = known.and_then(|known| known.ended.as_ref())
        && ended.on <= day
    {
        let (found, expected) = (day.to_string(), ended.on.to_string());
        findings.push(Finding::between(
            FindingCode::HouseholdEnded,
            &found,
            &expected,
        ));
    }
    let standing = known.map(|known| standing(&known.classes, day, u64::MAX));
    let standing = standing.unwrap_or_default();
    if let Some(lapsed) = &standing.lapsed
        && (given == ClassGiven::Unsaid || given == ClassGiven::Class(lapsed.class))
    {
        let (found, last) = (lapsed.class.code(), lapsed.last.to_string());
        findings.push(Finding::between(FindingCode::ClassLapsed, found, &last));
    }
    let known = standing.class;
    match given {
        ClassGiven::None => None,
        ClassGiven::Unsaid => {
            if household.is_some() && known.is_none() && standing.lapsed.is_none() {
                findings.push(Finding::new(FindingCode::ClassUnknown));
            }
            known
        }
        ClassGiven::Class(class) => {
            if let Some(known) = known.filter(|known| *known != class) {
                let (found, expected) = (class.code(), known.code());
                findings.push(Finding::between(FindingCode::ClassDiffers, found, expected));
            }
            Some(class)
        }
    }
}

/// What the rules of the day say of a support: whether the kind was given for it, and how much.
fn note_norm(state: &State, kind: &SupportKind, given: &SupportState, findings: &mut Vec<Finding>) {
    let covers = given.covers.as_ref();
    let day = covers.map_or(given.occurred_on, Period::first_day);
    if !kind.is_valid_on(day) {
        let date = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let mut valid = format!("{}..{}", date(kind.valid_from), date(kind.valid_to));
        if let Some(successor) = &kind.successor {
            valid = format!("{valid} → {successor}");
        }
        let found = day.to_string();
        findings.push(Finding::between(FindingCode::KindNotValid, &found, &valid));
    }
    if let Some((found, expected)) = departs(state, kind, given) {
        findings.push(Finding::between(
            FindingCode::NormDiffers,
            &found,
            &expected,
        ));
    }
}

fn note_eligibility(kind: &SupportKind, state: &SupportState, findings: &mut Vec<Finding>) {
    let Some(class) = state.class else { return };
    let Some(eligible) = &kind.eligible else {
        return;
    };
    let classes = &eligible.classes;
    if !classes.is_empty() && !classes.contains(&class) && state.ground.is_none() {
        let expected = classes
            .iter()
            .map(|class| class.code())
            .collect::<Vec<_>>()
            .join(", ");
        findings.push(Finding::between(
            FindingCode::NotEligible,
            class.code(),
            &expected,
        ));
    }
}

/// A count is a JSON number, which is exact only up to 2^53 - 1, and figures add counts up.
fn check_count(count: u64) -> Result<(), Rejection> {
    if count > LARGEST.unsigned_abs() {
        return Err(Rejection::TooLarge(count.to_string()));
    }
    Ok(())
}

fn household_of(
    state: &State,
    draft: &SupportDraft,
    findings: &mut Vec<Finding>,
) -> Result<Option<Code>, Rejection> {
    if let Some(household) = &draft.household {
        known_household(state, household)?;
    }
    let Some(person) = &draft.person else {
        return Ok(draft.household.clone());
    };
    let known = state
        .persons
        .get(person)
        .ok_or_else(|| Rejection::unknown(Unknown::Person, person.as_str()))?;
    let home = &known.household;
    match &draft.household {
        Some(household) if household != home => {
            let (found, expected) = (household.as_str(), home.as_str());
            findings.push(Finding::between(
                FindingCode::PersonElsewhere,
                found,
                expected,
            ));
            Ok(Some(household.clone()))
        }
        _ => Ok(Some(home.clone())),
    }
}

fn record(
    state: &State,
    context: &Context,
    draft: &SupportDraft,
) -> Result<Vec<Proposed>, Rejection> {
    let kind = known_kind(state, &draft.kind)?;
    let stage = check_stage(kind, draft.stage)?;
    let occurred_on = draft.occurred_on.ok_or(Rejection::Missing("occurred_on"))?;
    check_day(context, occurred_on)?;
    let mut findings = Vec::new();
    let household = household_of(state, draft, &mut findings)?;
    if household.is_some() && draft.count.is_some() {
        return Err(Rejection::NamedAndCounted);
    }
    if household.is_none() && draft.count.is_none() {
        return Err(Rejection::Missing("household"));
    }
    draft.count.map_or(Ok(()), check_count)?;
    if let Some(project) = &draft.project {
        known_project(state, project)?;
    }
    let group = match &draft.group {
        Some(group)
            if kind.groups.is_empty()
                || kind.groups.iter().any(|known| known.as_str() == group) =>
        {
            Some(code(group)?)
        }
        Some(group) => {
            let known = kind.groups.iter().map(Code::to_string).collect();
            return Err(Rejection::Unknown {
                what: Unknown::Group,
                name: group.clone(),
                known,
            });
        }
        None => None,
    };
    let unit = match draft.quantity {
        Some(quantity) => {
            let (given, of_kind) = (draft.unit.as_deref(), kind.unit.as_ref().map(Code::as_str));
            Some(check_quantity(state, quantity, given, of_kind)?)
        }
        None => None,
    };
    let mut proposed = Vec::new();
    let villages = villages_of(
        state,
        context,
        draft,
        household.as_ref(),
        occurred_on,
        &mut proposed,
    )?;
    let funding = funding(state, &draft.funding, &mut findings)?;
    let class = class_on(
        state,
        household.as_ref(),
        draft.class,
        occurred_on,
        &mut findings,
    );
    let (sex, minority) = match &household {
        Some(household) => state.attributes(household, draft.person.as_ref()),
        None => (None, None),
    };
    let lender = draft.lender.as_deref().map(code).transpose()?;
    let entered = SupportState {
        class,
        count: draft.count,
        covers: draft.covers,
        follows: draft.follows,
        funding,
        ground: draft.ground.clone(),
        group,
        household,
        kind: kind.code.clone(),
        lender,
        minority,
        note: personal(draft.note.as_ref()),
        occurred_on,
        person: draft.person.clone(),
        project: draft.project.clone(),
        quantity: draft.quantity,
        recipient: personal(draft.recipient.as_ref()),
        reference: draft.reference.clone(),
        sex,
        support: None,
        unit,
        villages,
    };
    note_eligibility(kind, &entered, &mut findings);
    note_norm(state, kind, &entered, &mut findings);
    if draft.follows.is_none()
        && let Some(first) = state.possible_duplicates(&entered).first()
    {
        let first = first.to_string();
        findings.push(Finding::between(FindingCode::PossibleDuplicate, "", &first));
    }
    let mut event = Proposed::new(context, Body::Support(stage, entered.into())).with(findings);
    event.late = is_late(state, occurred_on);
    proposed.push(event);
    Ok(proposed)
}

fn villages_of(
    state: &State,
    context: &Context,
    draft: &SupportDraft,
    household: Option<&Code>,
    day: NaiveDate,
    proposed: &mut Vec<Proposed>,
) -> Result<Vec<Code>, Rejection> {
    if draft.villages.is_empty() {
        let home = household.and_then(|code| state.home_on(code, day));
        return Ok(home.cloned().into_iter().collect());
    }
    let mut villages = Vec::new();
    for name in &draft.villages {
        let village = village(state, context, name, proposed)?;
        if !villages.contains(&village) {
            villages.push(village);
        }
    }
    villages.sort();
    Ok(villages)
}

fn record_of(state: &State, support: Uuid) -> Result<&SupportRecord, Rejection> {
    let record = state
        .supports
        .get(&support)
        .ok_or_else(|| Rejection::unknown(Unknown::Support, &support.to_string()))?;
    if record.reversed {
        Err(Rejection::Reversed)
    } else {
        Ok(record)
    }
}

fn furthest(record: &SupportRecord) -> Result<&StageEntry, Rejection> {
    record.furthest().ok_or(Rejection::Reversed)
}

/// What is given replaces what was; the rest carries over.
fn changed(
    state: &State,
    context: &Context,
    from: &SupportState,
    change: &SupportChange,
    proposed: &mut Vec<Proposed>,
    findings: &mut Vec<Finding>,
) -> Result<SupportState, Rejection> {
    let mut to = from.clone();
    if let Some(day) = change.occurred_on {
        check_day(context, day)?;
        to.occurred_on = day;
    }
    if let Some(household) = &change.household {
        known_household(state, household)?;
        if to.count.is_some() {
            return Err(Rejection::NamedAndCounted);
        }
        to.household = Some(household.clone());
        to.person = None;
        (to.sex, to.minority) = state.attributes(household, None);
        to.class = class_on(
            state,
            Some(household),
            change.class,
            to.occurred_on,
            findings,
        );
        let village = state.home_on(household, to.occurred_on);
        to.villages = village.cloned().into_iter().collect();
    } else if change.class != ClassGiven::Unsaid {
        let household = to.household.as_ref();
        to.class = class_on(state, household, change.class, to.occurred_on, findings);
    }
    if let Some(name) = &change.village {
        to.villages = vec![village(state, context, name, proposed)?];
    }
    if let Some(quantity) = change.quantity {
        let kind = known_kind(state, to.kind.as_str())?;
        let unit = to
            .unit
            .as_ref()
            .map(Code::as_str)
            .or(kind.unit.as_ref().map(Code::as_str));
        to.unit = Some(check_quantity(state, quantity, None, unit)?);
        to.quantity = Some(quantity);
    }
    if !change.funding.is_empty() {
        to.funding = funding(state, &change.funding, findings)?;
    } else if let Some(amount) = change.amount {
        check_money(state, amount)?;
        to.funding = match to.funding.as_slice() {
            [] => vec![Funding {
                amount,
                source: None,
            }],
            [only] => vec![Funding {
                amount,
                source: only.source.clone(),
            }],
            _ => return Err(Rejection::AmountNeedsSources),
        };
    }
    if let Some(count) = change.count {
        if to.household.is_some() {
            return Err(Rejection::NamedAndCounted);
        }
        check_count(count)?;
        to.count = Some(count);
    }
    to.covers = change.covers.or(to.covers);
    if change.ground.is_some() {
        to.ground.clone_from(&change.ground);
    }
    to.note = personal(change.note.as_ref().or(change.carried.note.as_ref()));
    to.recipient = personal(
        change
            .recipient
            .as_ref()
            .or(change.carried.recipient.as_ref()),
    );
    Ok(to)
}

fn advance(
    state: &State,
    context: &Context,
    support: Uuid,
    to: Stage,
    change: &SupportChange,
) -> Result<Vec<Proposed>, Rejection> {
    let record = record_of(state, support)?;
    if record.at(to).is_some() {
        return Err(Rejection::StageReached(to));
    }
    let from = furthest(record)?;
    check_stage(known_kind(state, from.state.kind.as_str())?, Some(to))?;
    if change.occurred_on.is_none() {
        return Err(Rejection::Missing("occurred_on"));
    }
    let (mut proposed, mut findings) = (Vec::new(), Vec::new());
    let mut entered = changed(
        state,
        context,
        &from.state,
        change,
        &mut proposed,
        &mut findings,
    )?;
    entered.support = Some(support);
    if matches!(from.stage, Stage::Rejected | Stage::Withdrawn) {
        findings.push(Finding::between(
            FindingCode::AfterRefusal,
            to.code(),
            from.stage.code(),
        ));
    }
    let earlier = record.entries.iter().filter(|entry| entry.stage < to);
    if let Some(earlier) = earlier.max_by_key(|entry| entry.state.occurred_on)
        && earlier.state.occurred_on > entered.occurred_on
    {
        let (found, expected) = (entered.occurred_on, earlier.state.occurred_on);
        let (found, expected) = (found.to_string(), expected.to_string());
        findings.push(Finding::between(FindingCode::StageOrder, &found, &expected));
    }
    let late = is_late(state, entered.occurred_on);
    let mut event = Proposed::new(context, Body::Support(to, entered.into())).with(findings);
    event.late = late;
    proposed.push(event);
    Ok(proposed)
}

fn correct(
    state: &State,
    context: &Context,
    support: Uuid,
    stage: Option<Stage>,
    change: &SupportChange,
    asked: Option<NaiveDate>,
) -> Result<Vec<Proposed>, Rejection> {
    if context.reason.is_none() {
        return Err(Rejection::ReasonNeeded);
    }
    let record = record_of(state, support)?;
    let entry = match stage {
        Some(stage) => record.at(stage).ok_or(Rejection::StageNotReached(stage))?,
        None => furthest(record)?,
    };
    let (mut proposed, mut findings) = (Vec::new(), Vec::new());
    let mut to = changed(
        state,
        context,
        &entry.state,
        change,
        &mut proposed,
        &mut findings,
    )?;
    let same = SupportState {
        note: entry.state.note.clone(),
        recipient: entry.state.recipient.clone(),
        ..to.clone()
    };
    if same == *entry.state && change.note.is_none() && change.recipient.is_none() {
        return Err(Rejection::NothingChanges);
    }
    to.support = None;
    // More cannot have been taken back than was paid.
    let is_paid = record.paid().is_some_and(|paid| paid.event == entry.event);
    let left = to.amount_thousandths();
    if is_paid && left < i128::from(record.recovered_thousandths) {
        let left = super::fixed::format_thousandths(left);
        return Err(Rejection::RecoveryTooLarge { left });
    }
    // What is put right has its reason, and is not compared with the norm again.
    note_eligibility(known_kind(state, to.kind.as_str())?, &to, &mut findings);
    let row = entry.stands_on();
    // What a contra correction once moved into the open period stays there.
    let natural = entry.effective_on.unwrap_or(to.occurred_on);
    let (mode, effective_on) = correction_date(state, context, (row, row), natural, asked)?;
    let late = is_late(state, effective_on);
    let (corrects, stage) = (entry.event, entry.stage);
    let data = SupportCorrected {
        corrects,
        effective_on,
        mode,
        stage,
        support,
        to,
    };
    let mut event = Proposed::new(context, Body::SupportCorrected(Box::new(data))).with(findings);
    event.late = late;
    proposed.push(event);
    Ok(proposed)
}

/// Voids what stands. Stages on both sides of the closing each get a reversal of their own, so that
/// a closed period keeps its figures.
fn reverse(
    state: &State,
    context: &Context,
    support: Uuid,
    stage: Option<Stage>,
    asked: Option<NaiveDate>,
) -> Result<Vec<Proposed>, Rejection> {
    if context.reason.is_none() {
        return Err(Rejection::ReasonNeeded);
    }
    let record = record_of(state, support)?;
    let reversal = |entry: &StageEntry, stage: Option<Stage>, dated: Dated| {
        let (mode, effective_on) = dated;
        let data = SupportReversed {
            effective_on,
            household: entry.state.household.clone(),
            mode,
            person: entry.state.person.clone(),
            project: entry.state.project.clone(),
            stage,
            support,
        };
        Proposed::new(context, Body::SupportReversed(Box::new(data)))
    };
    let dated = |entry: &StageEntry| {
        let rows = rows_of(record, entry);
        correction_date(state, context, rows, entry.stands_on(), asked)
    };
    if let Some(stage) = stage {
        let entry = record.at(stage).ok_or(Rejection::StageNotReached(stage))?;
        return Ok(vec![reversal(entry, Some(stage), dated(entry)?)]);
    }
    let entries: Vec<(&StageEntry, Dated)> = record
        .entries
        .iter()
        .map(|entry| Ok((entry, dated(entry)?)))
        .collect::<Result<_, Rejection>>()?;
    let last = furthest(record)?;
    let same = |mode| entries.iter().all(|(_, (other, _))| *other == mode);
    if same(CorrectionMode::InPlace) {
        let dated = (CorrectionMode::InPlace, last.stands_on());
        return Ok(vec![reversal(last, None, dated)]);
    }
    let latest = entries.iter().map(|(_, (_, on))| *on).max();
    if let Some(on) = latest.filter(|_| same(CorrectionMode::Contra)) {
        return Ok(vec![reversal(last, None, (CorrectionMode::Contra, on))]);
    }
    Ok(entries
        .into_iter()
        .map(|(entry, dated)| reversal(entry, Some(entry.stage), dated))
        .collect())
}

type Dated = (CorrectionMode, NaiveDate);

/// The first and the last day of the rows that go with a stage: its own and, with what was paid,
/// those of what was taken back of it.
fn rows_of(record: &SupportRecord, entry: &StageEntry) -> (NaiveDate, NaiveDate) {
    let on = entry.stands_on();
    let paid = matches!(entry.stage, Stage::Disbursed | Stage::Settled);
    match record.recovered_on.filter(|_| paid) {
        Some((first, last)) => (on.min(first), on.max(last)),
        None => (on, on),
    }
}

fn recover(
    state: &State,
    context: &Context,
    support: Uuid,
    amount: Money,
    on: NaiveDate,
    source: Option<&str>,
) -> Result<Vec<Proposed>, Rejection> {
    if context.reason.is_none() {
        return Err(Rejection::ReasonNeeded);
    }
    check_money(state, amount)?;
    check_day(context, on)?;
    let record = record_of(state, support)?;
    let paid = record.paid().ok_or(Rejection::NothingDisbursed)?;
    if on < paid.state.occurred_on {
        return Err(Rejection::BeforeOriginal(paid.state.occurred_on));
    }
    let left = paid.state.amount_thousandths() - i128::from(record.recovered_thousandths);
    if i128::from(amount.thousandths()) > left {
        let left = super::fixed::format_thousandths(left);
        return Err(Rejection::RecoveryTooLarge { left });
    }
    let source = match (source, paid.state.funding.as_slice()) {
        (Some(source), _) => Some(known_source(state, source)?),
        (None, [only]) => only.source.clone(),
        (None, parts) => {
            let sources = parts.iter().filter_map(|part| part.source.as_ref());
            return Err(Rejection::SourceNeeded(
                sources.map(Code::to_string).collect(),
            ));
        }
    };
    let data = SupportRecovered {
        amount,
        household: paid.state.household.clone(),
        occurred_on: on,
        person: paid.state.person.clone(),
        project: paid.state.project.clone(),
        source,
        support,
    };
    let mut event = Proposed::new(context, Body::SupportRecovered(Box::new(data)));
    event.late = is_late(state, on);
    Ok(vec![event])
}
