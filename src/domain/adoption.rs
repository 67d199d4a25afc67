//! Decisions about the rules a ledger works by: a newer catalogue, a value of a series, a norm.

use super::catalogue::Catalogue;
use super::code::Code;
use super::command::{Command, Context};
use super::decide::{Proposed, check_money, check_quantity};
use super::event::Body;
use super::language::{Explain, Lang};
use super::ledger::{CatalogueAdopted, ContentPart};
use super::norm::{IndicatorSet, NormNotified};
use super::rejection::{Rejection, Unknown};
use super::state::State;

/// A catalogue on its way into the ledger, with its text cut into parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// The catalogue.
    pub catalogue: Catalogue,
    /// The parts of its canonical text.
    pub parts: Vec<ContentPart>,
    /// SHA-256 of its canonical text.
    pub sha256: String,
}

/// Why a catalogue cannot be adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdoptionProblem {
    /// It is not newer than the one in use.
    NotNewer {
        /// The version in use.
        current: u32,
        /// The version found.
        found: u32,
    },
    /// Amounts would be in another currency, or in finer or coarser parts of it.
    Currency {
        /// The currency in use.
        current: String,
        /// The currency found.
        found: String,
    },
    /// It lacks codes that the ledger has used.
    Loses(Vec<String>),
}

impl Explain for AdoptionProblem {
    fn code(&self) -> &'static str {
        match self {
            AdoptionProblem::NotNewer { .. } => "catalogue_not_newer",
            AdoptionProblem::Currency { .. } => "catalogue_other_currency",
            AdoptionProblem::Loses(_) => "catalogue_loses",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            AdoptionProblem::NotNewer { current, found } => (
                format!("phiên bản {found} không mới hơn phiên bản đang dùng ({current})"),
                format!("version {found} is not newer than the one in use ({current})"),
            ),
            AdoptionProblem::Currency { current, found } => (
                format!("tiền tệ {found} khác tiền tệ của sổ ({current})"),
                format!("the currency {found} is not the ledger's ({current})"),
            ),
            AdoptionProblem::Loses(codes) => (
                format!("danh mục mới thiếu các mã sổ đã dùng: {}", codes.join(", ")),
                format!(
                    "it lacks codes that the ledger has used: {}",
                    codes.join(", ")
                ),
            ),
        };
        lang.pick(vi, en)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            AdoptionProblem::NotNewer { .. } => (
                "tăng `version` mỗi khi danh mục thay đổi",
                "count `version` up with every change of the catalogue",
            ),
            AdoptionProblem::Currency { .. } => return None,
            AdoptionProblem::Loses(_) => (
                "giữ lại mục cũ và ghi `valid_to` cho chính sách đã hết hiệu lực",
                "keep the old entries, and give a kind that ended its `valid_to`",
            ),
        };
        Some(lang.pick(vi, en).to_owned())
    }
}

/// Decides a command about rules.
pub(super) fn decide_rules(
    state: &State,
    context: &Context,
    command: &Command,
) -> Result<Vec<Proposed>, Rejection> {
    match command {
        Command::AdoptCatalogue(adoption) => adopt(state, context, adoption),
        Command::SetIndicator(data) => set(state, context, data),
        Command::NotifyNorm(data) => notify(state, context, data),
        _ => match super::papers::of(command) {
            Some((data, correction)) => {
                super::papers::decide_document(state, context, data, correction)
            }
            None => Ok(Vec::new()),
        },
    }
}

fn adopt(
    state: &State,
    context: &Context,
    adoption: &Adoption,
) -> Result<Vec<Proposed>, Rejection> {
    let (new, old) = (&adoption.catalogue, &state.catalogue);
    if new.code == old.code && new.version <= old.version {
        let (current, found) = (old.version, new.version);
        return Err(AdoptionProblem::NotNewer { current, found }.into());
    }
    if new.currency != old.currency || new.currency_decimals != old.currency_decimals {
        let (current, found) = (old.currency.clone(), new.currency.clone());
        return Err(AdoptionProblem::Currency { current, found }.into());
    }
    let lost = lost(state, new);
    if !lost.is_empty() {
        return Err(AdoptionProblem::Loses(lost).into());
    }
    let parts = adoption.parts.iter().cloned();
    let mut proposed: Vec<Proposed> = parts
        .map(|part| Proposed::new(context, Body::ContentPart(Box::new(part))))
        .collect();
    let data = CatalogueAdopted {
        catalogue: new.code.clone(),
        sha256: adoption.sha256.clone(),
        version: new.version,
    };
    let body = Body::CatalogueAdopted(Box::new(data));
    proposed.push(Proposed::new(context, body));
    Ok(proposed)
}

/// Codes that supports, budgets, projects and targets of the ledger use, and the catalogue lacks.
fn lost(state: &State, new: &Catalogue) -> Vec<String> {
    let mut lost: Vec<String> = Vec::new();
    let mut miss = |there: bool, code: &Code| {
        if !there {
            lost.push(code.to_string());
        }
    };
    for record in state.supports.values() {
        for entry in &record.entries {
            let given = &entry.state;
            miss(new.kind(given.kind.as_str()).is_some(), &given.kind);
            if let Some(unit) = &given.unit {
                miss(new.unit(unit.as_str()).is_some(), unit);
            }
            for source in given.funding.iter().filter_map(|part| part.source.as_ref()) {
                miss(new.source(source.as_str()).is_some(), source);
            }
        }
    }
    for (programme, _, source, _) in state.budgets.keys() {
        miss(new.source(source.as_str()).is_some(), source);
        if let Some(programme) = programme {
            miss(new.programme(programme.as_str()).is_some(), programme);
        }
    }
    for project in state.projects.values() {
        if let Some(programme) = &project.registered.programme {
            miss(new.programme(programme.as_str()).is_some(), programme);
        }
    }
    for (target, _) in state.targets.keys() {
        let there = new.indicator(target.as_str()).is_some() || new.kind(target.as_str()).is_some();
        miss(there, target);
    }
    for told in &state.told_values {
        let series = &told.set.indicator;
        miss(new.series(series.as_str()).is_some(), series);
    }
    for told in &state.told_norms {
        miss(new.kind(told.norm.kind.as_str()).is_some(), &told.norm.kind);
    }
    lost.sort_unstable();
    lost.dedup();
    lost
}

fn set(state: &State, context: &Context, data: &IndicatorSet) -> Result<Vec<Proposed>, Rejection> {
    if state.catalogue.series(data.indicator.as_str()).is_none() {
        let series = state.catalogue.series.iter();
        return Err(Rejection::Unknown {
            what: Unknown::Series,
            name: data.indicator.to_string(),
            known: series.map(|one| one.code.to_string()).collect(),
        });
    }
    if data.value.is_negative() {
        return Err(Rejection::Negative(data.value.to_string()));
    }
    if state
        .told_values
        .last()
        .is_some_and(|told| told.set == *data)
    {
        return Err(Rejection::NothingChanges);
    }
    let body = Body::IndicatorSet(Box::new(data.clone()));
    Ok(vec![Proposed::new(context, body)])
}

fn notify(
    state: &State,
    context: &Context,
    data: &NormNotified,
) -> Result<Vec<Proposed>, Rejection> {
    let Some(kind) = state.catalogue.kind(data.kind.as_str()) else {
        return Err(Rejection::unknown(Unknown::Kind, data.kind.as_str()));
    };
    if data.amount.is_none() && data.quantity.is_none() {
        return Err(Rejection::Missing("amount"));
    }
    if let Some(amount) = data.amount {
        check_money(state, amount)?;
    }
    if let Some(quantity) = data.quantity {
        check_quantity(state, quantity, None, kind.unit.as_ref().map(Code::as_str))?;
    }
    let first = data.applies_from.unwrap_or(data.effective_from);
    if data.effective_to.is_some_and(|to| to < first) {
        return Err(Rejection::BeforeOriginal(first));
    }
    let body = Body::NormNotified(Box::new(data.clone()));
    Ok(vec![Proposed::new(context, body)])
}
