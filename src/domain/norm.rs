//! Norms over time: what the catalogue says, what was notified since, and what a norm comes to on a
//! day.
//!
//! A norm may be an expression over dated series (the base salary, a price, a tax rate). It may be
//! announced and not yet law; it may apply to days before it took effect. Whoever asks for a day
//! asks by the law as it is known, or by the law as it stood on an earlier day.

use chrono::{Datelike, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::catalogue::{
    Certainty, Expression, ExpressionError, Norm, NormBound, NormPer, Rounding, RoundingMode,
    SupportKind,
};
use super::code::Code;
use super::event::Document;
use super::fixed::{Money, Quantity, format_thousandths};
use super::language::Text;
use super::period::Period;
use super::state::State;
use super::support::SupportState;

/// `indicator.set`: a dated series has a value from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorSet {
    /// It was announced, and is not yet law.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub announced: bool,
    /// The first day of the value.
    pub from: NaiveDate,
    /// The series, by the code the catalogue gives it.
    pub indicator: Code,
    /// The value.
    pub value: Quantity,
}

/// `norm.notified`: a document fixed how much is given. It goes before the catalogue's own norm of
/// the same kind, case and measure for the days it is applied to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NormNotified {
    /// The amount, in the ledger's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// It was announced, and is not yet law.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub announced: bool,
    /// The first day it is applied to, where that is not the day it takes effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applies_from: Option<NaiveDate>,
    /// The day it takes effect.
    pub effective_from: NaiveDate,
    /// The last day it is applied to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_to: Option<NaiveDate>,
    /// The kind.
    pub kind: Code,
    /// What the amount or quantity is for.
    pub per: NormPer,
    /// The quantity, in the unit of the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// The case it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<Code>,
}

/// A value of a series that the ledger was told, and the event that told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldValue {
    /// What was told.
    pub set: IndicatorSet,
    /// The event.
    pub seq: u64,
}

/// A norm that the ledger was told, and the event that told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldNorm {
    /// What was told.
    pub norm: NormNotified,
    /// The paper.
    pub document: Option<Document>,
    /// The event.
    pub seq: u64,
}

/// A value that a norm was worked out with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedValue {
    /// The series.
    pub series: String,
    /// Its value on the day.
    pub value: Quantity,
    /// Since when it has it; none: from before anything that was looked up.
    pub from: Option<NaiveDate>,
    /// How sure the catalogue is of it.
    pub certainty: Option<Certainty>,
    /// The event that told it, where it was no catalogue.
    pub seq: Option<u64>,
}

/// What a norm comes to on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of `Norm`")]
pub struct NormOnDay {
    pub variant: Option<Code>,
    pub per: NormPer,
    pub bound: Option<NormBound>,
    pub amount: Option<Money>,
    pub quantity: Option<Quantity>,
    /// The exact value before rounding, where it was worked out.
    pub exact: Option<Decimal>,
    pub rounding: Option<Rounding>,
    pub expression: Option<String>,
    pub used: Vec<UsedValue>,
    /// Why the expression has no value.
    pub unknown: Option<ExpressionError>,
    pub announced: bool,
    pub effective_from: Option<NaiveDate>,
    pub applies_from: Option<NaiveDate>,
    pub effective_to: Option<NaiveDate>,
    pub certainty: Option<Certainty>,
    pub text: Option<Text>,
    /// The document that fixed it: type and number, or as it was cited.
    pub document: Option<String>,
    /// The event that told it, where it was no catalogue.
    pub seq: Option<u64>,
}

/// By which law a day is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LawOn {
    /// The law as it stood on this day; none: as it is known now, retroactive rules included.
    pub day: Option<NaiveDate>,
    /// What was only announced counts as well.
    pub announced: bool,
}

impl LawOn {
    fn knows(self, effective_from: Option<NaiveDate>, announced: bool) -> bool {
        let in_time = match (self.day, effective_from) {
            (Some(day), Some(from)) => from <= day,
            _ => true,
        };
        in_time && (self.announced || !announced)
    }
}

/// The value of a series on a day: what the ledger was told goes before the catalogue, and of two
/// for the same day the one told later.
pub fn series_on(state: &State, series: &str, day: NaiveDate, law: LawOn) -> Option<UsedValue> {
    let listed = state.catalogue.series(series);
    let listed = listed.into_iter().flat_map(|known| &known.values);
    let listed = listed
        .filter(|value| law.knows(value.from, value.announced))
        .filter(|value| value.from.is_none_or(|from| from <= day))
        .map(|value| UsedValue {
            series: series.to_owned(),
            value: value.value,
            from: value.from,
            certainty: Some(value.certainty),
            seq: None,
        });
    let told = state.told_values.iter();
    let told = told
        .filter(|told| told.set.indicator.as_str() == series)
        .filter(|told| law.knows(Some(told.set.from), told.set.announced))
        .filter(|told| told.set.from <= day)
        .map(|told| UsedValue {
            series: series.to_owned(),
            value: told.set.value,
            from: Some(told.set.from),
            certainty: None,
            seq: Some(told.seq),
        });
    listed
        .chain(told)
        .max_by_key(|value| (value.from, value.seq))
}

/// A norm that is applied to a day: one that the ledger was told, or one of the catalogue.
#[derive(Debug, Clone, Copy)]
enum Applied<'a> {
    Told(&'a ToldNorm),
    Listed(&'a Norm),
}

impl Applied<'_> {
    fn variant(&self) -> Option<&Code> {
        match self {
            Applied::Told(told) => told.norm.variant.as_ref(),
            Applied::Listed(norm) => norm.variant.as_ref().map(|variant| &variant.code),
        }
    }

    fn per(&self) -> NormPer {
        match self {
            Applied::Told(told) => told.norm.per,
            Applied::Listed(norm) => norm.per,
        }
    }

    fn bound(&self) -> Option<NormBound> {
        match self {
            Applied::Told(_) => None,
            Applied::Listed(norm) => norm.bound,
        }
    }

    fn quantity(&self) -> Option<Quantity> {
        match self {
            Applied::Told(told) => told.norm.quantity,
            Applied::Listed(norm) => norm.quantity,
        }
    }

    fn announced(&self) -> bool {
        match self {
            Applied::Told(told) => told.norm.announced,
            Applied::Listed(norm) => norm.announced,
        }
    }

    fn certainty(&self) -> Option<Certainty> {
        match self {
            Applied::Told(_) => None,
            Applied::Listed(norm) => Some(norm.certainty),
        }
    }

    /// The amount; one that has to be worked out is what [`listed_on_day`] says it is.
    fn amount(&self, state: &State, day: NaiveDate, law: LawOn) -> Option<Money> {
        match self {
            Applied::Told(told) => told.norm.amount,
            Applied::Listed(norm) if is_worked_out(norm) => {
                listed_on_day(state, norm, day, law).amount
            }
            Applied::Listed(norm) => norm.amount,
        }
    }

    fn answers_the_same(&self, other: &Applied<'_>) -> bool {
        self.variant() == other.variant()
            && self.per() == other.per()
            && self.quantity().is_some() == other.quantity().is_some()
            && self.announced() == other.announced()
    }
}

/// Whether the amount of a norm comes from its expression: what the law itself came to stands.
fn is_worked_out(norm: &Norm) -> bool {
    norm.expression.is_some() && norm.amount.is_none() && norm.quantity.is_none()
}

/// The norms of a kind that are applied to a day, several where they are for different cases.
fn applied_on<'a>(
    state: &'a State,
    kind: &'a SupportKind,
    day: NaiveDate,
    law: LawOn,
) -> Vec<Applied<'a>> {
    let mut found: Vec<Applied<'a>> = Vec::new();
    let told = state.told_norms.iter().rev();
    for told in told.filter(|told| told.norm.kind == kind.code) {
        let norm = &told.norm;
        let from = norm.applies_from.unwrap_or(norm.effective_from);
        let in_time = from <= day && norm.effective_to.is_none_or(|to| day <= to);
        if !in_time || !law.knows(Some(norm.effective_from), norm.announced) {
            continue;
        }
        let told = Applied::Told(told);
        if !found.iter().any(|other| other.answers_the_same(&told)) {
            found.push(told);
        }
    }
    let told = found.len();
    for norm in &kind.norms {
        let in_time = norm.first_day().is_none_or(|from| from <= day)
            && norm.effective_to.is_none_or(|to| day <= to);
        if !in_time || !law.knows(norm.effective_from, norm.announced) {
            continue;
        }
        let listed = Applied::Listed(norm);
        let mut overruling = found.iter().take(told);
        if !overruling.any(|other| other.answers_the_same(&listed)) {
            found.push(listed);
        }
    }
    found
}

/// The norms of a kind on a day, several where they are for different cases.
pub fn norms_on(state: &State, kind: &SupportKind, day: NaiveDate, law: LawOn) -> Vec<NormOnDay> {
    let applied = applied_on(state, kind, day, law).into_iter();
    applied
        .map(|norm| match norm {
            Applied::Told(told) => told_on_day(told),
            Applied::Listed(norm) => listed_on_day(state, norm, day, law),
        })
        .collect()
}

fn told_on_day(told: &ToldNorm) -> NormOnDay {
    let norm = &told.norm;
    let cited = told.document.as_ref().map(|document| {
        let kind = document.kind.clone().unwrap_or_default();
        let number = document.number.clone().unwrap_or_default();
        format!("{kind} {number}").trim().to_owned()
    });
    NormOnDay {
        variant: norm.variant.clone(),
        per: norm.per,
        bound: None,
        amount: norm.amount,
        quantity: norm.quantity,
        exact: None,
        rounding: None,
        expression: None,
        used: Vec::new(),
        unknown: None,
        announced: norm.announced,
        effective_from: Some(norm.effective_from),
        applies_from: norm.applies_from,
        effective_to: norm.effective_to,
        certainty: None,
        text: None,
        document: cited,
        seq: Some(told.seq),
    }
}

fn listed_on_day(state: &State, norm: &Norm, day: NaiveDate, law: LawOn) -> NormOnDay {
    let mut on_day = NormOnDay {
        variant: norm.variant.as_ref().map(|variant| variant.code.clone()),
        per: norm.per,
        bound: norm.bound,
        amount: norm.amount,
        quantity: norm.quantity,
        exact: None,
        rounding: norm.rounding.clone(),
        expression: norm.expression.clone(),
        used: Vec::new(),
        unknown: None,
        announced: norm.announced,
        effective_from: norm.effective_from,
        applies_from: norm.applies_from,
        effective_to: norm.effective_to,
        certainty: Some(norm.certainty),
        text: Some(norm.text.clone()),
        document: norm.document.as_ref().map(|document| {
            let kind = document.document_type.name();
            format!("{} {}", kind.vi, document.number)
        }),
        seq: None,
    };
    if let Some(expression) = &norm.expression {
        match work_out(state, expression, day, law) {
            Ok((exact, used)) => {
                on_day.used = used;
                on_day.exact = Some(exact);
                // Else the formula is there to check what the law itself came to.
                if is_worked_out(norm) {
                    on_day.amount = rounded(exact, norm.rounding.as_ref());
                }
            }
            Err(error) => on_day.unknown = Some(error),
        }
    }
    on_day
}

fn work_out(
    state: &State,
    expression: &str,
    day: NaiveDate,
    law: LawOn,
) -> Result<(Decimal, Vec<UsedValue>), ExpressionError> {
    let expression = Expression::parse(expression)?;
    let names = expression.names().into_iter();
    let used: Vec<UsedValue> = names
        .filter_map(|name| series_on(state, name, day, law))
        .collect();
    let of = |name: &str| {
        let known = used.iter().find(|value| value.series == name);
        known.map(|known| known.value.to_decimal())
    };
    let exact = expression.value(&of)?;
    Ok((exact, used))
}

/// The exact value as money: rounded where the norm says how, else to the whole unit, half up.
fn rounded(exact: Decimal, rounding: Option<&Rounding>) -> Option<Money> {
    let to = rounding.map_or(Decimal::ONE, |rounding| rounding.to.to_decimal());
    if to.is_zero() {
        return None;
    }
    let strategy = match rounding.map_or(RoundingMode::HalfUp, |rounding| rounding.mode) {
        RoundingMode::HalfUp => RoundingStrategy::MidpointAwayFromZero,
        RoundingMode::Up => RoundingStrategy::AwayFromZero,
        RoundingMode::Down => RoundingStrategy::ToZero,
    };
    let steps = exact.checked_div(to)?.round_dp_with_strategy(0, strategy);
    Money::from_decimal(steps.checked_mul(to)?).ok()
}

/// The first days of the months that a period is made of; none when it is not made of months.
fn months_of(period: &Period) -> Option<Vec<NaiveDate>> {
    let (mut day, last) = (period.first_day(), period.last_day());
    if day.day() != 1 || last.succ_opt()?.day() != 1 {
        return None;
    }
    let mut months = Vec::new();
    while day <= last && months.len() < 60 {
        months.push(day);
        day = day.checked_add_months(chrono::Months::new(1))?;
    }
    Some(months)
}

/// What a support would be by the norms of the months it pays for, when it is something else:
/// what was given and what it could have been. Norms that nobody confirmed compare nothing.
pub fn departs(
    state: &State,
    kind: &SupportKind,
    given: &SupportState,
) -> Option<(String, String)> {
    let months = months_of(given.covers.as_ref()?)?;
    let count = if given.household.is_some() {
        1
    } else {
        i128::from(given.count?)
    };
    let in_goods = given.quantity.is_some() && given.amount_thousandths() == 0;
    let found = match given.quantity {
        Some(quantity) if in_goods => i128::from(quantity.thousandths()),
        _ => given.amount_thousandths(),
    };
    if count == 0 || found == 0 {
        return None;
    }
    let first = *months.first()?;
    let law = LawOn::default();
    let monthly = |norm: &Applied<'_>| {
        let sure = norm.certainty() != Some(Certainty::Unverified);
        let measured = || {
            if in_goods {
                norm.quantity().is_some()
            } else {
                norm.amount(state, first, law).is_some()
            }
        };
        sure && matches!(norm.per(), NormPer::Month | NormPer::Quarter) && measured()
    };
    let of_first = applied_on(state, kind, first, law);
    let mut wanted: Vec<String> = Vec::new();
    for norm in of_first.iter().filter(|norm| monthly(norm)) {
        let Some(each) = sum_over(state, kind, &months, norm, in_goods) else {
            continue;
        };
        let whole = each.checked_mul(count)?;
        let fits = match norm.bound() {
            None => found == whole,
            Some(NormBound::AtMost) => found <= whole,
            Some(NormBound::AtLeast) => found >= whole,
        };
        if fits {
            return None;
        }
        wanted.push(format_thousandths(whole));
    }
    wanted.sort_unstable();
    wanted.dedup();
    (!wanted.is_empty()).then(|| (format_thousandths(found), wanted.join(" / ")))
}

/// The norm of one case over some months, in thousandths.
fn sum_over(
    state: &State,
    kind: &SupportKind,
    months: &[NaiveDate],
    of: &Applied<'_>,
    in_goods: bool,
) -> Option<i128> {
    let step = if of.per() == NormPer::Quarter { 3 } else { 1 };
    if !months.len().is_multiple_of(step) {
        return None;
    }
    let law = LawOn::default();
    let mut sum: i128 = 0;
    for month in months.iter().step_by(step) {
        let norms = applied_on(state, kind, *month, law);
        let norm = norms
            .iter()
            .find(|norm| norm.variant() == of.variant() && norm.per() == of.per())?;
        let each = if in_goods {
            i128::from(norm.quantity()?.thousandths())
        } else {
            i128::from(norm.amount(state, *month, law)?.thousandths())
        };
        sum = sum.checked_add(each)?;
    }
    Some(sum)
}
