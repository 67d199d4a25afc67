//! What a report counts: the places of the rows behind its figures and tables, and the entries of
//! the catalogue that it asks for. A reorganisation or a new catalogue is named beside two reports
//! only where it is about some of that.

use std::collections::BTreeSet;

use serde::Serialize;

use super::error::OfficeError;
use super::replay::Moment;
use crate::domain::catalogue::Catalogue;
use crate::domain::code::Code;
use crate::domain::event::Body;
use crate::domain::state::State;
use crate::domain::support::SupportState;
use crate::projection::figures;
use crate::report::Report;
use crate::report::figure::Question;

/// What one report counts, as it knew it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// The villages of the rows and of the projects shown, and every unit above them on any day.
    places: BTreeSet<Code>,
    /// Entries of the catalogue, by their list and code.
    entries: BTreeSet<(&'static str, String)>,
}

impl Counted {
    /// What a report counts; `behind` are the events behind its figures.
    pub(super) fn of(
        moment: Moment<'_>,
        report: &Report,
        behind: &BTreeSet<u64>,
    ) -> Result<Counted, OfficeError> {
        let state = &moment.view.state;
        let mut rows = behind.clone();
        let mut counted = Counted::default();
        for question in &report.beside.tables {
            let query = question.query(report.axis, report.boundaries, report.as_of.seq)?;
            let Some(query) = query else { continue };
            // By the rows, not by what stands: a signed row counts for a support that was reversed.
            for row in figures::rows_behind(&moment.view.facts, state, &query)? {
                rows.insert(row.add_seq);
                let places = moment.view.facts.places.value(row.places);
                counted.places.extend(places.into_iter().flatten().cloned());
            }
        }
        let figures = report.figures.iter().map(|figure| &figure.question);
        for question in figures.chain(&report.beside.tables) {
            counted.asked(question);
        }
        let entries = state.supports.values().flat_map(|record| &record.entries);
        for entry in entries.filter(|entry| rows.contains(&entry.seq)) {
            counted.row(&entry.state);
        }
        for code in &report.beside.projects {
            let project = state.projects.get(code.as_str());
            let village = project.and_then(|project| project.registered.village.clone());
            counted.places.extend(village);
        }
        counted.above(state);
        Ok(counted)
    }

    fn asked(&mut self, question: &Question) {
        let mut name = |list, codes: &[String]| {
            let codes = codes.iter().filter(|code| !code.is_empty());
            self.entries
                .extend(codes.map(|code| (list, code.to_owned())));
        };
        name("kinds", &question.kinds);
        for (by, list) in [
            ("kind", "kinds"),
            ("source", "sources"),
            ("group", "groups"),
            ("programme", "programmes"),
        ] {
            if let Some(codes) = question.conditions.get(by) {
                name(list, codes);
            }
        }
        let one = |code: &Option<String>| code.iter().cloned().collect::<Vec<_>>();
        name("programmes", &one(&question.programme));
        name("sources", &one(&question.source));
        name("indicators", &one(&question.target));
    }

    fn row(&mut self, row: &SupportState) {
        self.places.extend(row.villages.iter().cloned());
        self.entries.insert(("kinds", row.kind.to_string()));
        let payers = row.funding.iter().map(|part| ("sources", &part.source));
        let named = [("groups", &row.group), ("units", &row.unit)].into_iter();
        for (list, code) in named.chain(payers) {
            self.entries
                .extend(code.iter().map(|code| (list, code.to_string())));
        }
    }

    /// Every unit that one of the places belongs to on any day.
    fn above(&mut self, state: &State) {
        let mut open: Vec<Code> = self.places.iter().cloned().collect();
        while let Some(at) = open.pop() {
            let Some(unit) = state.units.get(&at) else {
                continue;
            };
            for parent in unit.parents.entries() {
                if self.places.insert(parent.value.clone()) {
                    open.push(parent.value.clone());
                }
            }
        }
    }

    /// What two reports count, either of them.
    pub(super) fn and(&self, other: &Counted) -> Counted {
        Counted {
            places: self.places.union(&other.places).cloned().collect(),
            entries: self.entries.union(&other.entries).cloned().collect(),
        }
    }

    /// The units of the report that an event renames, ends, or takes to another unit.
    pub(super) fn places_of(&self, body: &Body) -> Vec<String> {
        let touched: Vec<&Code> = match body {
            Body::UnitRenamed(data) => vec![&data.unit],
            Body::UnitReorganised(data) => {
                let parts = data.parts.iter().map(|part| &part.unit);
                data.from.iter().chain(parts).collect()
            }
            _ => Vec::new(),
        };
        let touched: BTreeSet<&Code> = touched
            .into_iter()
            .filter(|unit| self.places.contains(*unit))
            .collect();
        touched.into_iter().map(ToString::to_string).collect()
    }

    /// The entries of the report that are other ones in a second catalogue.
    pub(super) fn entries_of(&self, before: &Catalogue, after: &Catalogue) -> Vec<String> {
        let mut changed = BTreeSet::new();
        if (&before.currency, before.currency_decimals)
            != (&after.currency, after.currency_decimals)
        {
            changed.insert(after.currency.clone());
        }
        for (list, code) in &self.entries {
            if *list == "programmes" {
                let parts = |catalogue: &Catalogue| {
                    let below = catalogue.descendants(code).into_iter();
                    below.map(|one| one.code.to_string()).collect()
                };
                let (old, new): (BTreeSet<String>, BTreeSet<String>) =
                    (parts(before), parts(after));
                let parts = old.union(&new).map(String::as_str);
                for part in parts.chain([code.as_str()]) {
                    if entry(before, list, part) != entry(after, list, part) {
                        changed.insert(part.to_owned());
                    }
                }
            } else if entry(before, list, code) != entry(after, list, code) {
                changed.insert(code.clone());
            }
        }
        changed.into_iter().collect()
    }
}

/// An entry of a catalogue as it is written.
fn entry(catalogue: &Catalogue, list: &str, code: &str) -> Option<serde_json::Value> {
    fn written<T: Serialize>(entry: Option<&T>) -> Option<serde_json::Value> {
        entry.and_then(|entry| serde_json::to_value(entry).ok())
    }
    match list {
        "kinds" => written(catalogue.kind(code)),
        "sources" => written(catalogue.source(code)),
        "groups" => written(catalogue.group(code)),
        "units" => written(catalogue.unit(code)),
        "programmes" => written(catalogue.programme(code)),
        "indicators" => written(catalogue.indicator(code)),
        _ => None,
    }
}
