//! Does a row say again what the log has?
//!
//! The same file imported twice records nothing twice: a row whose key is known is compared with
//! the event it once made. What a row leaves to the ledger (the class in force, the village of the
//! household, the kind's unit) is not compared, so that a later reclassification does not turn an
//! old list into an error. Where a row came from (`source`) is provenance, not content.

use super::code::Code;
use super::command::{ClassGiven, HouseholdDraft, PersonDraft, SupportChange, SupportDraft};
use super::people::{HouseholdRegistered, PersonJoined};
use super::stage::Stage;
use super::state::{Household, Kept, Person};
use super::support::SupportState;

/// Reads a personal field of a stored event; `None` when its key is gone.
pub type Opened<'a> = dyn Fn(&Kept) -> Option<String> + 'a;

fn same_personal(
    name: &'static str,
    given: Option<&String>,
    known: Option<&Kept>,
    opened: &Opened,
    differ: &mut Vec<String>,
) {
    let same = match (given, known) {
        (None, None) => true,
        (Some(given), Some(known)) => opened(known).is_none_or(|known| known == *given),
        _ => false,
    };
    note(name, same, differ);
}

fn note(name: &str, same: bool, differ: &mut Vec<String>) {
    if !same {
        differ.push(name.to_owned());
    }
}

fn text(code: Option<&Code>) -> Option<&str> {
    code.map(Code::as_str)
}

/// The fields in which a support row differs from the event it once made.
pub fn support_differs(
    draft: &SupportDraft,
    stage: Stage,
    known_stage: Stage,
    known: &SupportState,
    event: uuid::Uuid,
    village_is: &dyn Fn(&str, &Code) -> bool,
    opened: &Opened,
) -> Vec<String> {
    let mut differ = Vec::new();
    note("kind", draft.kind == known.kind.as_str(), &mut differ);
    note("stage", stage == known_stage, &mut differ);
    let household = draft.household.is_none() && draft.person.is_some();
    note(
        "household",
        household || draft.household == known.household,
        &mut differ,
    );
    note("person", draft.person == known.person, &mut differ);
    note("count", draft.count == known.count, &mut differ);
    let class = match draft.class {
        ClassGiven::Unsaid => true,
        ClassGiven::None => known.class.is_none(),
        ClassGiven::Class(class) => known.class == Some(class),
    };
    note("class", class, &mut differ);
    note(
        "group",
        draft.group.as_deref() == text(known.group.as_ref()),
        &mut differ,
    );
    // A row without a village left it to the ledger; one that names them means exactly these.
    let villages = draft.villages.is_empty()
        || (known.villages.iter()).all(|code| draft.villages.iter().any(|v| village_is(v, code)))
            && (draft.villages.iter()).all(|v| known.villages.iter().any(|c| village_is(v, c)));
    note("village", villages, &mut differ);
    let amount: i128 = draft
        .funding
        .iter()
        .map(|part| i128::from(part.amount.thousandths()))
        .sum();
    note("amount", amount == known.amount_thousandths(), &mut differ);
    let sources: std::collections::BTreeMap<Option<&str>, i128> =
        draft
            .funding
            .iter()
            .fold(Default::default(), |mut sums, part| {
                *sums.entry(part.source.as_deref()).or_default() +=
                    i128::from(part.amount.thousandths());
                sums
            });
    let known_sources: std::collections::BTreeMap<Option<&str>, i128> = known
        .funding
        .iter()
        .map(|part| {
            (
                text(part.source.as_ref()),
                i128::from(part.amount.thousandths()),
            )
        })
        .collect();
    note("source", sources == known_sources, &mut differ);
    note("quantity", draft.quantity == known.quantity, &mut differ);
    let unit = draft.unit.is_none()
        || known.quantity.is_none()
        || draft.unit.as_deref() == text(known.unit.as_ref());
    note("unit", unit, &mut differ);
    note(
        "occurred_on",
        draft.occurred_on == Some(known.occurred_on),
        &mut differ,
    );
    let covers = match (&draft.covers, &known.covers) {
        (Some(given), Some(known)) => given.same_days(known),
        (None, None) => true,
        _ => false,
    };
    note("covers", covers, &mut differ);
    note("project", draft.project == known.project, &mut differ);
    note(
        "lender",
        draft.lender.as_deref() == text(known.lender.as_ref()),
        &mut differ,
    );
    note("ground", draft.ground == known.ground, &mut differ);
    note("follows", draft.follows == known.follows, &mut differ);
    for (place, given, known) in [
        ("recipient", &draft.recipient, &known.recipient),
        ("note", &draft.note, &known.note),
    ] {
        let known = known.clone().map(|value| Kept {
            event,
            place,
            value,
        });
        same_personal(place, given.as_ref(), known.as_ref(), opened, &mut differ);
    }
    differ
}

/// The fields in which a row of a list of stages differs from the event it once made. What the row
/// leaves out was carried over, and is not compared.
pub fn stage_differs(
    support: uuid::Uuid,
    change: &SupportChange,
    known: &SupportState,
    event: uuid::Uuid,
    opened: &Opened,
) -> Vec<String> {
    let mut differ = Vec::new();
    note("ref", known.support == Some(support), &mut differ);
    let day = change.occurred_on == Some(known.occurred_on);
    note("occurred_on", day, &mut differ);
    let amount = change
        .amount
        .is_none_or(|amount| i128::from(amount.thousandths()) == known.amount_thousandths());
    note("amount", amount, &mut differ);
    let quantity = change.quantity.is_none() || change.quantity == known.quantity;
    note("quantity", quantity, &mut differ);
    if change.note.is_some() {
        let known = known.note.clone().map(|value| Kept {
            event,
            place: "note",
            value,
        });
        same_personal(
            "note",
            change.note.as_ref(),
            known.as_ref(),
            opened,
            &mut differ,
        );
    }
    differ
}

/// The fields in which a household row differs from the event that registered the household.
/// `first_class` is the class that was recorded first, with its date: a later review of the same
/// class is another review. A row that names no class does not speak of classes at all.
pub fn household_registration_differs(
    draft: &HouseholdDraft,
    known: &HouseholdRegistered,
    event: uuid::Uuid,
    first_class: Option<(super::class::HouseholdClass, Option<chrono::NaiveDate>)>,
    village_is: &dyn Fn(&str, &Code) -> bool,
    opened: &Opened,
) -> Vec<String> {
    let mut differ = Vec::new();
    let village = match (&draft.village, &known.village) {
        (Some(given), Some(known)) => village_is(given, known),
        (None, None) => true,
        _ => false,
    };
    note("village", village, &mut differ);
    let class = draft
        .class
        .is_none_or(|class| Some((class, draft.class_from)) == first_class);
    note("class", class, &mut differ);
    note("members", draft.members == known.members, &mut differ);
    for (name, given, known) in [
        ("head", &draft.head, &known.head),
        ("ethnicity", &draft.ethnicity, &known.ethnicity),
        ("id_number", &draft.id_number, &known.id_number),
        ("poverty_code", &draft.poverty_code, &known.poverty_code),
        ("note", &draft.note, &known.note),
    ] {
        let known = known.clone().map(|value| Kept {
            event,
            place: name,
            value,
        });
        same_personal(name, given.as_ref(), known.as_ref(), opened, &mut differ);
    }
    differ
}

/// Leaves in the draft only what differs from what is known now; what a row does not say is not
/// compared. Returns the names of the fields that are left.
pub fn household_news(
    draft: &mut HouseholdDraft,
    known: &Household,
    village_is: &dyn Fn(&str, &Code) -> bool,
    opened: &Opened,
) -> Vec<String> {
    let mut news = Vec::new();
    if let Some(given) = &draft.village {
        let same = known
            .villages
            .latest()
            .is_some_and(|village| village_is(given, village));
        keep("village", same, &mut draft.village, &mut news);
    }
    if let Some(class) = draft.class {
        let same = super::decide::class_is_known(known, class, draft.class_from);
        keep("class", same, &mut draft.class, &mut news);
    }
    if draft.members.is_some() {
        let same = draft.members == known.members;
        keep("members", same, &mut draft.members, &mut news);
    }
    for (name, given) in [
        ("head", &mut draft.head),
        ("ethnicity", &mut draft.ethnicity),
        ("id_number", &mut draft.id_number),
        ("poverty_code", &mut draft.poverty_code),
        ("note", &mut draft.note),
    ] {
        keep_personal(name, given, known.personal.get(name), opened, &mut news);
    }
    news
}

/// As [`household_news`], for a person.
pub fn person_news(draft: &mut PersonDraft, known: &Person, opened: &Opened) -> Vec<String> {
    let mut news = Vec::new();
    if draft.household.is_some() {
        let same = draft.household.as_ref() == Some(&known.household);
        keep("household", same, &mut draft.household, &mut news);
    }
    if draft.sex.is_some() {
        let same = draft.sex == known.sex;
        keep("sex", same, &mut draft.sex, &mut news);
    }
    for (name, given) in [
        ("name", &mut draft.name),
        ("born", &mut draft.born),
        ("relation", &mut draft.relation),
        ("ethnicity", &mut draft.ethnicity),
        ("id_number", &mut draft.id_number),
        ("note", &mut draft.note),
    ] {
        keep_personal(name, given, known.personal.get(name), opened, &mut news);
    }
    news
}

/// The fields in which a person row differs from the event that registered the person.
pub fn person_registration_differs(
    draft: &PersonDraft,
    known: &PersonJoined,
    event: uuid::Uuid,
    opened: &Opened,
) -> Vec<String> {
    let mut differ = Vec::new();
    note(
        "household",
        draft.household.as_ref() == Some(&known.household),
        &mut differ,
    );
    note("sex", draft.sex == known.sex, &mut differ);
    for (name, given, known) in [
        ("name", &draft.name, &known.name),
        ("born", &draft.born, &known.born),
        ("relation", &draft.relation, &known.relation),
        ("ethnicity", &draft.ethnicity, &known.ethnicity),
        ("id_number", &draft.id_number, &known.id_number),
        ("note", &draft.note, &known.note),
    ] {
        let known = known.clone().map(|value| Kept {
            event,
            place: name,
            value,
        });
        same_personal(name, given.as_ref(), known.as_ref(), opened, &mut differ);
    }
    differ
}

fn keep<T>(name: &str, same: bool, given: &mut Option<T>, news: &mut Vec<String>) {
    if same {
        *given = None;
    } else {
        news.push(name.to_owned());
    }
}

/// A field whose key is gone counts as the same: what was erased is not written again by an old
/// list.
fn keep_personal(
    name: &str,
    given: &mut Option<String>,
    known: Option<&Kept>,
    opened: &Opened,
    news: &mut Vec<String>,
) {
    let Some(text) = given else { return };
    let same = known.is_some_and(|known| opened(known).is_none_or(|known| known == *text));
    keep(name, same, given, news);
}
