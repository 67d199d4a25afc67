//! What differs between two reports, and the events that made it differ.
//!
//! Both sides are made by the one way reports are made. A figure's difference is then followed
//! down: the rows of the facts table behind it on each side are compared by the events that added
//! them, and what is new, gone or changed leads to the events recorded in between. What touched a
//! support or a unit that the report counts is named even where no figure moved: a correction that
//! stands in a later period, or a class that is now known to have been another.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::asof::{AsOf, local_date};
use super::counted::Counted;
use super::error::OfficeError;
use super::issued::IssuedError;
use super::ledger::{Ledger, decode, offset};
use super::replay::{Moment, each_moment};
use super::reports::{ReportOrder, again, make_draft};
use super::traced::{Traced, support_of};
use crate::domain::catalogue::Catalogue;
use crate::domain::class::HouseholdClass;
use crate::domain::code::Code;
use crate::domain::event::{Body, Event};
use crate::domain::period::Period;
use crate::domain::report::IssuedReport;
use crate::domain::stage::Stage;
use crate::domain::state::{Adopted, State};
use crate::log::EventRead;
use crate::projection::figures::{self, Query};
use crate::projection::{Boundaries, View};
use crate::report::figure::{Asked, Question};
use crate::report::model::{Block, Chart, Figure, Section};
use crate::report::template::Measure;
use crate::report::{Report, ReportError};

/// One of the two reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// An issued report, as it was issued.
    Issued(Box<IssuedReport>),
    /// The same report on what was known then.
    AsOf(AsOf),
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The first report.
    pub a: SideMark,
    /// The second.
    pub b: SideMark,
    /// What was asked of the two differently.
    pub parameters: Vec<Change>,
    /// Figures that differ.
    pub figures: Vec<FigureChange>,
    /// Numbers of tables that differ, and are no figure of the template.
    pub cells: Vec<CellChange>,
    /// The events that made them differ, in their order.
    pub causes: Vec<Cause>,
}

/// Which report a side is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SideMark {
    /// Its number, where it was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// How many events it knows.
    pub seq: u64,
    /// When the last of them was recorded.
    pub at: String,
    /// The root over them.
    pub root: String,
    /// The digest of the report.
    pub digest: String,
}

/// A value that is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Of what.
    pub name: String,
    /// In the first report; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<String>,
    /// In the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<String>,
}

/// A figure that is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FigureChange {
    /// Name and values.
    #[serde(flatten)]
    pub change: Change,
    /// The second less the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// What it is counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it was asked, in the later of the two.
    pub question: Question,
    /// The events that moved it, by their place. Empty where only what was asked differs.
    pub events: Vec<u64>,
}

/// A number of a table that is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CellChange {
    /// The table.
    pub table: String,
    /// The words of its row.
    pub row: String,
    /// The column and the values.
    #[serde(flatten)]
    pub change: Change,
}

/// Why something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// It had happened when the first report was made, and was recorded afterwards.
    LateEntry,
    /// It happened and was recorded afterwards.
    NewEntry,
    /// A support was put right.
    Correction,
    /// A support was voided.
    Reversal,
    /// Money was taken back.
    Recovery,
    /// A household had another class, by what is known now.
    Reclassification,
    /// Administrative units were reorganised or renamed.
    UnitReorganisation,
    /// Another catalogue.
    Catalogue,
    /// Another template.
    Template,
    /// A named list, a project or a member of it.
    Register,
    /// A target or a budget.
    Stock,
    /// Days were closed or reopened, so that others are late additions of closed days.
    Closing,
}

impl CauseKind {
    /// The code that stands in JSON.
    pub fn code(self) -> &'static str {
        match self {
            CauseKind::LateEntry => "late_entry",
            CauseKind::NewEntry => "new_entry",
            CauseKind::Correction => "correction",
            CauseKind::Reversal => "reversal",
            CauseKind::Recovery => "recovery",
            CauseKind::Reclassification => "reclassification",
            CauseKind::UnitReorganisation => "unit_reorganisation",
            CauseKind::Catalogue => "catalogue",
            CauseKind::Template => "template",
            CauseKind::Register => "register",
            CauseKind::Stock => "stock",
            CauseKind::Closing => "closing",
        }
    }
}

/// An event that made something differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Why.
    pub cause: CauseKind,
    /// The figures it moved, by name; none where it stands in another period or moves no figure.
    pub figures: Vec<String>,
    /// The supports of the report that were granted on a class which, by what is known now, was
    /// another on that day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub supports: Vec<String>,
    /// Where units were reorganised or renamed, those of the report; where a catalogue was adopted,
    /// the entries of the report that are others in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub touched: Vec<String>,
    /// The event.
    pub event: Traced,
}

/// So many events of one figure are tried one by one.
const TRIED_EVENTS_MAX: usize = 200;

/// One side, with what stands behind it.
struct Made {
    mark: SideMark,
    report: Report,
    template: (Code, u32),
    at_ms: i64,
    /// The events behind each figure.
    behind: BTreeMap<String, BTreeSet<u64>>,
    /// The events behind everything that the report's days hold.
    base: BTreeSet<u64>,
    counted: Counted,
    /// The catalogue that was in force.
    catalogue: Adopted,
    granted: BTreeMap<(Uuid, Stage), Granted>,
    /// The supports by the events that say how they stand.
    granted_at: BTreeMap<u64, Uuid>,
}

/// A support of the report: on which class it was granted, and which class was known for the day.
struct Granted {
    household: Option<Code>,
    name: String,
    known: Option<HouseholdClass>,
}

impl<L: EventRead> Ledger<L> {
    /// The side that a text names: `now`, the number of an issued report, or an as-of.
    ///
    /// # Errors
    /// When the text is none of them.
    pub fn side(&self, text: &str) -> Result<Side, OfficeError> {
        if text == "now" {
            return Ok(Side::AsOf(AsOf::Head));
        }
        match self.issued(text) {
            Ok(report) => Ok(Side::Issued(Box::new(report.clone()))),
            Err(OfficeError::Issued(unknown @ IssuedError::Unknown { .. })) => {
                // A number with its symbol can be nothing else.
                let as_of = AsOf::parse(text);
                as_of.map(Side::AsOf).map_err(|_| unknown.into())
            }
            Err(other) => Err(other),
        }
    }

    /// Compares two reports. What is not an issued report is made as `order` says.
    ///
    /// # Errors
    /// When one of the two cannot be made.
    pub fn compare(
        &self,
        a: &Side,
        b: &Side,
        order: &ReportOrder,
        now_ms: i64,
    ) -> Result<Comparison, OfficeError> {
        let place = |side: &Side| match side {
            Side::Issued(report) => Ok(report.issued.as_of.seq),
            Side::AsOf(as_of) => self.place_of(*as_of, now_ms),
        };
        let places = (place(a)?, place(b)?);
        let (mut one, mut other): (Option<Made>, Option<Made>) = (None, None);
        let mut framed = BTreeSet::new();
        let both = BTreeSet::from([places.0, places.1]);
        each_moment(&self.log, &both, &mut |moment| {
            if moment.stand.seq == places.0 {
                one = Some(self.made(moment, a, order)?);
            }
            if moment.stand.seq == places.1 {
                other = Some(self.made(moment, b, order)?);
            }
            // The place that knows less comes first; what it counted is asked again here.
            let known = [&one, &other].into_iter().flatten();
            let older = known.min_by_key(|made| made.mark.seq);
            if let Some(older) = older.filter(|made| made.mark.seq < moment.stand.seq) {
                framed = moved_by_frame(moment, &older.report)?;
            }
            Ok(())
        })?;
        let beyond = || OfficeError::AsOfBeyond {
            asked: "0".to_owned(),
            head: self.stand.seq,
        };
        let (a, b) = (one.ok_or_else(beyond)?, other.ok_or_else(beyond)?);
        let between = self.events(a.mark.seq.min(b.mark.seq) + 1, a.mark.seq.max(b.mark.seq))?;
        Ok(Differing::of(&a, &b, &between, &self.view, framed).comparison())
    }

    fn made(
        &self,
        moment: Moment<'_>,
        side: &Side,
        order: &ReportOrder,
    ) -> Result<Made, OfficeError> {
        let (report, number) = match side {
            Side::Issued(issued) => (
                again(moment, self.state(), &issued.issued)?,
                Some(issued.issued.number.to_string()),
            ),
            Side::AsOf(_) => (make_draft(moment, order)?, None),
        };
        let mut behind = BTreeMap::new();
        let (state, facts) = (&moment.view.state, &moment.view.facts);
        for figure in &report.figures {
            let question = &figure.question;
            let seqs = match question.query(report.axis, report.boundaries, report.as_of.seq)? {
                Some(query) => figures::events_behind(facts, state, &query)?,
                None => stock(state, question),
            };
            behind.insert(figure.id.clone(), seqs.into_iter().collect());
        }
        let base = base(moment, &report)?;
        let rows = behind.values().flatten().copied().collect();
        let counted = Counted::of(moment, &report, &rows)?;
        Ok(Made {
            mark: SideMark {
                number,
                seq: report.as_of.seq,
                at: report.as_of.at.clone(),
                root: report.as_of.root.clone(),
                digest: report.digest.clone().unwrap_or_default(),
            },
            template: (report.template.code.clone(), report.template.version),
            at_ms: moment.stand.at_ms,
            granted_at: granted_at(state, &base),
            granted: granted(state, &base),
            catalogue: state.catalogue.clone(),
            counted,
            report,
            behind,
            base,
        })
    }
}

/// Everything that the days of a report hold, in every kind and stage, and what its tables count of
/// other days.
fn base(moment: Moment<'_>, report: &Report) -> Result<BTreeSet<u64>, OfficeError> {
    let asked = report.figures.iter().map(|figure| &figure.question);
    let cube = asked.filter(|question| !matches!(question.measure, Asked::Budget | Asked::Target));
    let cube = cube.filter(|question| question.from <= question.to);
    let first = cube.map(|question| question.from).min();
    let query = Query {
        from: first.unwrap_or(report.span.from).min(report.span.from),
        to: report.span.to,
        axis: report.axis,
        as_of: report.as_of.seq,
        by: vec![figures::Dimension::Stage],
        stages: Stage::ALL.to_vec(),
        ..Query::of(&report.span.label)
    };
    let (facts, state) = (&moment.view.facts, &moment.view.state);
    let mut base: BTreeSet<u64> = figures::events_behind(facts, state, &query)?
        .into_iter()
        .collect();
    for question in &report.beside.tables {
        let query = question.query(report.axis, report.boundaries, report.as_of.seq)?;
        if let Some(query) = query.filter(|query| query.from < query.to) {
            base.extend(figures::events_behind(facts, state, &query)?);
        }
    }
    Ok(base)
}

/// The supports that stand behind a report.
fn granted(state: &State, base: &BTreeSet<u64>) -> BTreeMap<(Uuid, Stage), Granted> {
    let mut granted = BTreeMap::new();
    for (support, record) in &state.supports {
        for entry in record
            .entries
            .iter()
            .filter(|entry| base.contains(&entry.seq))
        {
            let said = &entry.state;
            let household = said.household.clone();
            let known = household
                .as_ref()
                .and_then(|code| state.households.get(code));
            let known = known.and_then(|known| known.classes.on(said.occurred_on));
            let reference = said.reference.as_ref();
            let one = Granted {
                known: known.copied(),
                household,
                name: reference.map_or_else(|| support.to_string(), ToString::to_string),
            };
            granted.insert((*support, entry.stage), one);
        }
    }
    granted
}

fn granted_at(state: &State, base: &BTreeSet<u64>) -> BTreeMap<u64, Uuid> {
    let records = state.supports.iter();
    let entries = records
        .flat_map(|(support, record)| record.entries.iter().map(|entry| (entry.seq, *support)));
    entries.filter(|(seq, _)| base.contains(seq)).collect()
}

/// The events after one place and up to another that took away rows, by the event that added these.
fn voided(view: &View, after: u64, to: u64) -> BTreeMap<u64, BTreeSet<u64>> {
    let mut voided: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let rows = view.facts.rows().iter();
    for row in rows.filter(|row| row.void_seq > after && row.void_seq <= to) {
        voided.entry(row.add_seq).or_default().insert(row.void_seq);
    }
    voided
}

/// The events behind a target or a budget.
pub(super) fn stock(state: &State, question: &Question) -> Vec<u64> {
    let within =
        |period: &Period| question.from <= period.first_day() && period.last_day() <= question.to;
    match question.measure {
        Asked::Target => {
            let wanted = question.target.as_deref().unwrap_or_default();
            let set = state.targets.iter();
            set.filter(|((kind, period), _)| kind.as_str() == wanted && within(period))
                .map(|(_, (_, seq))| *seq)
                .collect()
        }
        Asked::Budget => {
            let programmes = question.programme.as_deref();
            let programmes = programmes.map(|code| {
                let parts = state.catalogue.descendants(code).into_iter();
                let mut codes: BTreeSet<&str> = parts.map(|part| part.code.as_str()).collect();
                codes.insert(code);
                codes
            });
            let budgets = state.budgets.iter();
            let counts = budgets.filter(|((programme, project, source, period), _)| {
                let of_programme = programmes.as_ref().is_none_or(|wanted| {
                    let named = programme.as_ref();
                    named.is_some_and(|code| wanted.contains(code.as_str()))
                });
                let of_source = question.source.as_deref();
                project.is_none()
                    && of_programme
                    && of_source.is_none_or(|wanted| source.as_str() == wanted)
                    && period.as_ref().is_some_and(within)
            });
            counts
                .flat_map(|(_, (_, seqs))| seqs.iter().copied())
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The two sides with the events recorded in between.
struct Differing<'a> {
    a: &'a Made,
    b: &'a Made,
    /// The one that knows less, and the one that knows more.
    older: &'a Made,
    newer: &'a Made,
    between: &'a [Event],
    /// Everything that is known now: its facts answer for any moment before.
    view: &'a View,
    /// The last day that the older report could know.
    known_to: NaiveDate,
    /// The figures that the lists, units and catalogue of the newer report move by themselves.
    framed: BTreeSet<String>,
    /// What either of the two counts.
    counted: Counted,
    /// What of that each reorganisation and each catalogue in between is about, by its place.
    touched: BTreeMap<u64, Vec<String>>,
    /// Which events in between took away the rows that an event had added.
    voided: BTreeMap<u64, BTreeSet<u64>>,
    /// Which figures each event moved.
    moved: BTreeMap<u64, BTreeSet<String>>,
}

impl<'a> Differing<'a> {
    fn of(
        a: &'a Made,
        b: &'a Made,
        between: &'a [Event],
        view: &'a View,
        framed: BTreeSet<String>,
    ) -> Differing<'a> {
        let (older, newer) = if a.mark.seq <= b.mark.seq {
            (a, b)
        } else {
            (b, a)
        };
        let known_to = local_date(older.at_ms, offset(&view.state));
        Differing {
            a,
            b,
            older,
            newer,
            between,
            view,
            known_to,
            framed,
            counted: older.counted.and(&newer.counted),
            touched: BTreeMap::new(),
            voided: voided(view, older.mark.seq, newer.mark.seq),
            moved: BTreeMap::new(),
        }
    }

    fn comparison(mut self) -> Comparison {
        self.touched = self.touched();
        let figures = self.figures();
        let causes = self.causes();
        Comparison {
            a: self.a.mark.clone(),
            b: self.b.mark.clone(),
            parameters: parameters(&self.a.report, &self.b.report),
            figures,
            cells: cells(&self.a.report, &self.b.report),
            causes,
        }
    }

    fn figures(&mut self) -> Vec<FigureChange> {
        let names = |made: &'a Made| made.report.figures.iter().map(|figure| figure.id.as_str());
        let all: BTreeSet<&str> = names(self.a).chain(names(self.b)).collect();
        let mut changes = Vec::new();
        for name in all {
            let (one, other) = (self.a.report.figure(name), self.b.report.figure(name));
            let value = |figure: Option<&Figure>| figure.and_then(|figure| figure.value.clone());
            let (a, b) = (value(one), value(other));
            let newer = self.newer.report.figure(name);
            let Some(figure) = newer.or(one).or(other).filter(|_| a != b) else {
                continue;
            };
            let events = self.behind(name, &figure.question);
            for seq in &events {
                let moved = self.moved.entry(*seq).or_default();
                moved.insert(name.to_owned());
            }
            changes.push(FigureChange {
                difference: difference(a.as_deref(), b.as_deref()),
                unit: figure.unit.clone(),
                question: figure.question.clone(),
                events,
                change: Change {
                    name: name.to_owned(),
                    a,
                    b,
                },
            });
        }
        changes
    }

    /// The events in between that moved a figure.
    fn behind(&self, name: &str, question: &Question) -> Vec<u64> {
        let none = BTreeSet::new();
        let older = self.older.behind.get(name).unwrap_or(&none);
        let newer = self.newer.behind.get(name).unwrap_or(&none);
        let mut seqs: BTreeSet<u64> = BTreeSet::new();
        // What was added in between, and what else happened to the supports of rows that came or
        // went.
        seqs.extend(
            newer
                .difference(older)
                .filter(|seq| **seq > self.older.mark.seq),
        );
        let gone: BTreeSet<u64> = older.difference(newer).copied().collect();
        let supports: BTreeSet<Uuid> = self.supports_of(&gone);
        let of_gone = self
            .between
            .iter()
            .filter(|event| support_of(event).is_some_and(|support| supports.contains(&support)));
        seqs.extend(of_gone.map(|event| event.seq));
        // A correction of a closed period adds several rows; a later event may take one of them.
        seqs.extend(
            older
                .iter()
                .filter_map(|seq| self.voided.get(seq))
                .flatten(),
        );
        let rows_moved = !seqs.is_empty();
        let mut moved = if rows_moved {
            self.that_moved(&seqs, question)
        } else {
            Vec::new()
        };
        moved.extend(self.closings_behind(name));
        if !rows_moved || self.framed.contains(name) {
            let report = &self.newer.report;
            let frame = self.between.iter().filter(|event| match &event.body {
                Body::CatalogueAdopted(_) | Body::TemplateAdopted(_) => self.touches(event),
                _ => around(event, question, report.boundaries),
            });
            moved.extend(frame.map(|event| event.seq));
        }
        moved.sort_unstable();
        moved.dedup();
        moved
    }

    /// What closed or reopened days in between, where a figure of late additions is asked of other
    /// days for it, or of what followed another closing.
    fn closings_behind(&self, name: &str) -> impl Iterator<Item = u64> {
        let of = |made: &'a Made| made.report.figure(name).map(|figure| &figure.question);
        let asked = [of(self.older), of(self.newer)];
        let late = asked.iter().flatten().any(|asked| asked.since.is_some());
        let [older, newer] = asked.map(|asked| asked.map(|asked| (asked.to, asked.since)));
        let between = self.between.iter().filter(move |_| late && older != newer);
        between
            .filter(|event| matches!(event.body, Body::PeriodClosed(_) | Body::PeriodReopened(_)))
            .map(|event| event.seq)
    }

    /// Of some events those that moved a figure: a correction of an amount replaces a row and
    /// leaves the number of turns what it was. Where none did by itself, or they are too many to
    /// try each, all of them.
    fn that_moved(&self, seqs: &BTreeSet<u64>, question: &Question) -> Vec<u64> {
        let all = || seqs.iter().copied().collect();
        let report = &self.newer.report;
        let Ok(Some(query)) = question.query(report.axis, report.boundaries, 0) else {
            return all();
        };
        if seqs.len() > TRIED_EVENTS_MAX {
            return all();
        }
        let known = |as_of: u64| {
            let query = Query {
                as_of,
                ..query.clone()
            };
            let answer = figures::figures(&self.view.facts, &self.view.state, &query);
            let row = answer.ok()?.rows.into_iter().next()?;
            let measure = serde_json::to_value(question.measure).ok()?;
            row.measure(measure.as_str()?)
        };
        let moves = |seq: &&u64| known(**seq) != known(seq.saturating_sub(1));
        let moved: Vec<u64> = seqs.iter().filter(moves).copied().collect();
        if moved.is_empty() { all() } else { moved }
    }

    /// The supports whose rows were added by some events that the older report knows.
    fn supports_of(&self, seqs: &BTreeSet<u64>) -> BTreeSet<Uuid> {
        let older = &self.older.granted_at;
        seqs.iter()
            .filter_map(|seq| older.get(seq))
            .copied()
            .collect()
    }

    /// What of the reports each reorganisation and each catalogue in between is about.
    fn touched(&self) -> BTreeMap<u64, Vec<String>> {
        let mut before = self.older.catalogue.clone();
        let mut touched = BTreeMap::new();
        for event in self.between {
            let names = match &event.body {
                Body::CatalogueAdopted(data) => {
                    let text = self.view.state.contents.get(&data.sha256);
                    let after = text.and_then(|text| Catalogue::from_json(text, "").ok());
                    let Some(after) = after.map(Adopted::from) else {
                        continue;
                    };
                    let names = self.counted.entries_of(&before, &after);
                    before = after;
                    names
                }
                body => self.counted.places_of(body),
            };
            touched.insert(event.seq, names);
        }
        touched
    }

    fn causes(&self) -> Vec<Cause> {
        let causes = self.between.iter().filter_map(|event| {
            let moved = self.moved.get(&event.seq);
            let supports = self.reclassified(event);
            let touched = self.touches(event) || !supports.is_empty();
            let cause = self.kind(event)?;
            (moved.is_some() || touched).then(|| Cause {
                cause,
                figures: moved.into_iter().flatten().cloned().collect(),
                supports,
                touched: self.touched.get(&event.seq).cloned().unwrap_or_default(),
                event: Traced::of(event, &self.view.state),
            })
        });
        causes.collect()
    }

    fn kind(&self, event: &Event) -> Option<CauseKind> {
        Some(match &event.body {
            Body::Support(_, state) if event.late || state.occurred_on <= self.known_to => {
                CauseKind::LateEntry
            }
            Body::Support(..) => CauseKind::NewEntry,
            Body::SupportCorrected(_) => CauseKind::Correction,
            Body::SupportReversed(_) => CauseKind::Reversal,
            Body::SupportRecovered(_) => CauseKind::Recovery,
            Body::HouseholdClassified(_) => CauseKind::Reclassification,
            Body::CatalogueAdopted(_) => CauseKind::Catalogue,
            Body::TemplateAdopted(_) => CauseKind::Template,
            Body::CohortListed(_)
            | Body::ProjectRegistered(_)
            | Body::ProjectAdvanced(_)
            | Body::ProjectJoined(_) => CauseKind::Register,
            Body::TargetSet(_) | Body::BudgetAllocated(_) | Body::BudgetAdjusted(_) => {
                CauseKind::Stock
            }
            Body::PeriodClosed(_) | Body::PeriodReopened(_) => CauseKind::Closing,
            body if is_reorganisation(body) => CauseKind::UnitReorganisation,
            _ => return None,
        })
    }

    /// Whether an event is about what the report counts, though no figure need have moved.
    fn touches(&self, event: &Event) -> bool {
        match &event.body {
            Body::Support(..) => self.newer.base.contains(&event.seq),
            Body::SupportCorrected(_) | Body::SupportReversed(_) | Body::SupportRecovered(_) => {
                let support = support_of(event);
                let counts = |made: &Made| {
                    let mut granted = made.granted.keys();
                    granted.any(|(id, _)| Some(*id) == support)
                };
                self.newer.base.contains(&event.seq) || counts(self.older) || counts(self.newer)
            }
            Body::TemplateAdopted(data) => {
                let (code, version) = &self.newer.template;
                data.template == *code && data.version == *version
            }
            Body::ProjectRegistered(data) => self.shows(&data.project),
            Body::ProjectAdvanced(data) => self.shows(&data.project),
            Body::ProjectJoined(data) => self.shows(&data.project),
            Body::BudgetAllocated(data) | Body::BudgetAdjusted(data) => match &data.project {
                Some(project) => self.shows(project),
                None => self.asks(&data.period, |question| {
                    let same = |asked: &Option<String>, code: Option<&Code>| {
                        asked.as_deref() == code.map(Code::as_str)
                    };
                    question.measure == Asked::Budget
                        && same(&question.programme, data.programme.as_ref())
                        && same(&question.source, Some(&data.source))
                }),
            },
            Body::TargetSet(data) => self.asks(&Some(data.period), |question| {
                question.target.as_deref() == Some(data.kind.as_str())
            }),
            _ => {
                let touched = self.touched.get(&event.seq);
                touched.is_some_and(|names| !names.is_empty())
            }
        }
    }

    /// Whether a chart of either report shows a stock of a period.
    fn asks(&self, period: &Option<Period>, of: impl Fn(&Question) -> bool) -> bool {
        let reports = [&self.older.report, &self.newer.report].into_iter();
        let mut asked = reports.flat_map(|report| &report.beside.tables);
        let within = |question: &Question| {
            period.is_some_and(|period| {
                question.from <= period.first_day() && period.last_day() <= question.to
            })
        };
        asked.any(|question| within(question) && of(question))
    }

    /// Whether a table of either report lists a project.
    fn shows(&self, project: &Code) -> bool {
        let mut reports = [&self.older.report, &self.newer.report].into_iter();
        reports.any(|report| report.beside.projects.contains(project))
    }

    /// The supports of the report whose household, by this event, had another class on their day.
    fn reclassified(&self, event: &Event) -> Vec<String> {
        let Body::HouseholdClassified(data) = &event.body else {
            return Vec::new();
        };
        let other = self.older.granted.iter().filter(|(key, granted)| {
            let now = self.newer.granted.get(key);
            granted.household.as_ref() == Some(&data.household)
                && now.is_some_and(|now| now.known != granted.known)
        });
        other.map(|(_, granted)| granted.name.clone()).collect()
    }
}

/// The figures of an earlier report that another moment answers otherwise though it is asked only
/// for the rows that the report knew: by what is on its lists now, where its places are, and what
/// its catalogue says.
fn moved_by_frame(moment: Moment<'_>, older: &Report) -> Result<BTreeSet<String>, OfficeError> {
    let mut moved = BTreeSet::new();
    for figure in &older.figures {
        if matches!(figure.question.measure, Asked::Budget | Asked::Target) {
            continue;
        }
        let (axis, boundaries) = (older.axis, older.boundaries);
        let question = &figure.question;
        let again = question.written(moment.view, axis, boundaries, older.as_of.seq)?;
        if again != figure.value {
            moved.insert(figure.id.clone());
        }
    }
    Ok(moved)
}

/// The exact difference of two numbers, where both are.
fn difference(a: Option<&str>, b: Option<&str>) -> Option<String> {
    let number = |text: Option<&str>| text.unwrap_or("0").parse::<rust_decimal::Decimal>().ok();
    let difference = number(b)?.checked_sub(number(a)?)?;
    Some(difference.normalize().to_string())
}

/// Administrative units are others from then on.
fn is_reorganisation(body: &Body) -> bool {
    matches!(body.type_name(), "unit.reorganised" | "unit.renamed")
}

/// What can move a figure though none of its rows came or went: the lists and the frames it is
/// counted by.
fn around(event: &Event, question: &Question, boundaries: Boundaries) -> bool {
    let by =
        |name: &str| question.conditions.contains_key(name) || question.except.contains_key(name);
    match &event.body {
        Body::CohortListed(data) => {
            let lists = question.conditions.get("cohort");
            let except = question.except.get("cohort");
            let named = lists.into_iter().chain(except).flatten();
            named
                .into_iter()
                .any(|code| code.as_str() == data.cohort.as_str())
        }
        Body::TargetSet(data) => question.target.as_deref() == Some(data.kind.as_str()),
        Body::BudgetAllocated(_) | Body::BudgetAdjusted(_) => question.measure == Asked::Budget,
        Body::ProjectRegistered(_) => by("programme") || by("project"),
        body => {
            let by_place = match question.measure {
                Asked::VillageNames => true,
                Asked::Cube(Measure::Villages) => !boundaries.is_then(),
                _ => by("commune") || by("village"),
            };
            by_place && is_reorganisation(body)
        }
    }
}

/// What was asked of two reports differently.
fn parameters(a: &Report, b: &Report) -> Vec<Change> {
    let of = |report: &Report| {
        let template = &report.template;
        [
            ("period", report.period.label.to_string()),
            ("span", report.span.label.to_string()),
            ("axis", report.axis.name().to_owned()),
            ("boundaries", report.boundaries.to_string()),
            ("language", report.language.tag().to_owned()),
            (
                "template",
                format!("{} v{}", template.code, template.version),
            ),
        ]
    };
    let pairs = of(a).into_iter().zip(of(b));
    let other = pairs.filter(|((_, a), (_, b))| a != b);
    other
        .map(|((name, a), (_, b))| Change {
            name: name.to_owned(),
            a: Some(a),
            b: Some(b),
        })
        .collect()
}

type Cells = BTreeMap<(String, String, String), String>;

/// The numbers of the tables that differ.
fn cells(a: &Report, b: &Report) -> Vec<CellChange> {
    let (a, b) = (table_cells(a), table_cells(b));
    let keys: BTreeSet<_> = a.keys().chain(b.keys()).collect();
    let other = keys.into_iter().filter(|key| a.get(*key) != b.get(*key));
    other
        .map(|key| CellChange {
            table: key.0.clone(),
            row: key.1.clone(),
            change: Change {
                name: key.2.clone(),
                a: a.get(key).cloned(),
                b: b.get(key).cloned(),
            },
        })
        .collect()
}

fn table_cells(report: &Report) -> Cells {
    let mut cells = Cells::new();
    take(&report.opening, &mut cells);
    for section in report.sections.iter().chain(&report.annexes) {
        take_section(section, &mut cells);
    }
    take(&report.closing, &mut cells);
    cells
}

fn take_section(section: &Section, cells: &mut Cells) {
    take(&section.blocks, cells);
    for part in &section.sections {
        take_section(part, cells);
    }
}

fn take(blocks: &[Block], cells: &mut Cells) {
    for block in blocks {
        let (Block::Table(table) | Block::Chart(Chart { table, .. })) = block else {
            continue;
        };
        let total = (!table.total.is_empty()).then_some(&table.total);
        for row in table.rows.iter().chain(total) {
            let columns = || table.columns.iter().zip(row);
            let words = columns().filter(|(column, _)| !column.number);
            let words: Vec<&str> = words.map(|(_, cell)| cell.as_str()).collect();
            for (column, cell) in columns().filter(|(column, _)| column.number) {
                let key = (table.title.clone(), words.join(" / "), column.label.clone());
                cells.insert(key, cell.clone());
            }
        }
    }
}

/// What stands behind one figure of an issued report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The figure, with what it was asked.
    pub figure: Figure,
    /// The report.
    pub report: SideMark,
    /// The events, in their order.
    pub events: Vec<Traced>,
}

impl<L: EventRead> Ledger<L> {
    /// The events behind a figure of an issued report, as they were when it was made.
    ///
    /// # Errors
    /// An unknown figure, or a report that cannot be made again.
    pub fn explain_figure(
        &self,
        report: &IssuedReport,
        figure: &str,
    ) -> Result<Explanation, OfficeError> {
        let mut all = self.explain_figures(report, Some(figure))?;
        let unknown = || ReportError::UnknownFigure(figure.to_owned());
        Ok(all.pop().ok_or_else(unknown)?)
    }

    /// The same of one figure, or of all of them; the log is passed over once for the events.
    ///
    /// # Errors
    /// As [`Ledger::explain_figure`].
    pub fn explain_figures(
        &self,
        report: &IssuedReport,
        figure: Option<&str>,
    ) -> Result<Vec<Explanation>, OfficeError> {
        let side = Side::Issued(Box::new(report.clone()));
        let mut made = None;
        let order = ReportOrder::again(report, self.state());
        let places = BTreeSet::from([report.issued.as_of.seq]);
        each_moment(&self.log, &places, &mut |moment| {
            made = Some(self.made(moment, &side, &order)?);
            Ok(())
        })?;
        let unknown = || ReportError::UnknownFigure(figure.unwrap_or_default().to_owned());
        let made = made.ok_or_else(unknown)?;
        if let Some(figure) = figure {
            made.report.figure(figure).ok_or_else(unknown)?;
        }
        let wanted = |known: &&Figure| figure.is_none_or(|figure| known.id == figure);
        let wanted: Vec<&Figure> = made.report.figures.iter().filter(wanted).collect();
        let behind = |figure: &Figure| made.behind.get(&figure.id).into_iter().flatten();
        let seqs: BTreeSet<u64> = wanted.iter().flat_map(|one| behind(one)).copied().collect();
        let events = self.traced(&seqs)?;
        let events: BTreeMap<u64, &Traced> = events.iter().map(|one| (one.seq, one)).collect();
        let explained = |figure: &Figure| Explanation {
            figure: figure.clone(),
            report: made.mark.clone(),
            events: behind(figure)
                .filter_map(|seq| events.get(seq).map(|one| (*one).clone()))
                .collect(),
        };
        Ok(wanted.into_iter().map(explained).collect())
    }

    /// Some events, traced.
    ///
    /// # Errors
    /// When the log or an event cannot be read.
    pub fn traced(&self, seqs: &BTreeSet<u64>) -> Result<Vec<Traced>, OfficeError> {
        let (Some(first), Some(last)) = (seqs.first(), seqs.last()) else {
            return Ok(Vec::new());
        };
        let mut events = Vec::with_capacity(seqs.len());
        for stored in self.log.read(*first, *last)? {
            let stored = stored?;
            if seqs.contains(&stored.seq) {
                events.push(Traced::of(&decode(&stored)?, self.state()));
            }
        }
        Ok(events)
    }
}
