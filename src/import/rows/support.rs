//! The list of support actions.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::{Code, Money, Period, Quantity, Stage};
use crate::import::cells::{Cells, Units};
use crate::import::citation::Citation;
use crate::import::columns;
use crate::import::header::ListColumns;
use crate::import::issue::ImportProblem;
use crate::import::list::{ListRead, ListRow, ReadOptions, read_list};
use crate::import::words::ClassCell;

/// A support action of a list, or one of its sources: rows with the same `reference` and another
/// `source` are one support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportRow {
    /// The number of the row.
    pub row: u64,
    /// The list's own key of the row: its column `ref`.
    pub reference: Option<Code>,
    /// The kind, by code or name.
    pub kind: Arc<str>,
    /// The stage; where empty, the kind decides.
    pub stage: Option<Stage>,
    /// The code of the household.
    pub household: Option<Code>,
    /// The code of the person.
    pub person: Option<Code>,
    /// Who it is for by name, where the list has no code.
    pub name: Option<String>,
    /// Who it is for by citizen's number, where the list has no code.
    pub id_number: Option<String>,
    /// How many beneficiaries a group row stands for; 0 says that there were none.
    pub count: Option<u64>,
    /// The class.
    pub class: ClassCell,
    /// The group within the kind, by code or name.
    pub group: Option<Arc<str>>,
    /// The villages, by code or name. Only an activity names several.
    pub villages: Vec<Code>,
    /// The amount; of a group, the total.
    pub amount: Option<Money>,
    /// What the household pays itself.
    pub counterpart: Option<Money>,
    /// The quantity in `unit`; of a group, the total.
    pub quantity: Option<Quantity>,
    /// The unit of the kind, where there is a quantity.
    pub unit: Option<Arc<str>>,
    /// The day it happened.
    pub occurred_on: NaiveDate,
    /// What it pays for.
    pub covers: Option<Period>,
    /// The source of the amount, by code or name.
    pub source: Option<Arc<str>>,
    /// The code of the project.
    pub project: Option<Code>,
    /// Who lends, by code or name.
    pub lender: Option<Arc<str>>,
    /// Who received it.
    pub recipient: Option<String>,
    /// What entitles to it.
    pub ground: Option<String>,
    /// The document it rests on.
    pub document: Option<Arc<Citation>>,
    /// Why it was done.
    pub reason: Option<String>,
    /// A note.
    pub note: Option<String>,
}

impl ListRow for SupportRow {
    const LIST: ListColumns = columns::SUPPORTS;

    fn read(cells: &mut Cells<'_>, units: &Units<'_>) -> Option<SupportRow> {
        cells.require(&["kind", "occurred_on"]);
        let (reference, kind) = (cells.code("ref"), cells.shared_name("kind"));
        let (household, person) = (cells.code("household"), cells.code("person"));
        let (name, id_number) = (cells.text("name"), cells.name("id_number"));
        let count = cells.count("count");
        check_beneficiary(cells);
        let (stage, class) = (cells.stage("stage"), cells.class("class"));
        let (group, villages) = (cells.shared_name("group"), cells.codes("village"));
        let amount = cells.money("amount", units);
        let counterpart = cells.money("counterpart", units);
        let (quantity, unit) = quantity(cells, units, kind.as_deref());
        let (occurred_on, covers) = (cells.date("occurred_on"), cells.period("covers"));
        let (source, project) = (cells.shared_name("source"), cells.code("project"));
        let (lender, recipient) = (cells.shared_name("lender"), cells.text("recipient"));
        let (ground, document) = (cells.text("ground"), cells.citation("document"));
        let (reason, note) = (cells.text("reason"), cells.text("note"));
        Some(SupportRow {
            row: cells.row(),
            reference,
            kind: kind?,
            stage,
            household,
            person,
            name,
            id_number,
            count,
            class,
            group,
            villages: villages.unwrap_or_default(),
            amount,
            counterpart,
            quantity,
            unit,
            occurred_on: occurred_on?,
            covers,
            source,
            project,
            lender,
            recipient,
            ground,
            document,
            reason,
            note,
        })
    }
}

/// A row is of somebody or of a number of people; never of neither, never of both.
fn check_beneficiary(cells: &mut Cells<'_>) {
    let who = ["household", "person", "id_number", "name"];
    let is_named = who.iter().any(|column| cells.is_filled(column));
    match (is_named, cells.is_filled("count")) {
        (false, false) => cells.row_issue(ImportProblem::NoBeneficiary),
        (true, true) => cells.issue("count", ImportProblem::CountOfNamed),
        _ => {}
    }
}

/// The quantity in the unit that stands beside it, else in that of the kind; whether the two agree
/// is decided with the kind. Where the kind itself cannot be read, it is the kind that has to be
/// corrected first.
fn quantity(
    cells: &mut Cells<'_>,
    units: &Units<'_>,
    kind: Option<&str>,
) -> (Option<Quantity>, Option<Arc<str>>) {
    let Some(kind) = kind else {
        return (None, None);
    };
    let given = cells.shared_name("unit");
    if !cells.is_filled("quantity") {
        return (None, None);
    }
    let unit = match &given {
        Some(name) => (units.decimals)(name).map(|decimals| (name.to_string(), decimals)),
        None => (units.of_kind)(kind),
    };
    let quantity = cells.quantity(unit.as_ref(), || match &given {
        Some(name) => ImportProblem::UnknownUnit(name.to_string()),
        None => ImportProblem::NoUnit(kind.to_owned()),
    });
    let unit = unit.filter(|_| quantity.is_some()).map(|(unit, _)| unit);
    (quantity, unit.map(Arc::from))
}

/// Reads a list of support actions: `ref, kind, stage, household, person, count, class, group,
/// village, amount, counterpart, quantity, unit, occurred_on, covers, source, project,
/// lender, recipient, ground, document, reason, note`. A quantity is read by the unit beside it,
/// else by that of its kind.
pub fn read_supports(
    bytes: &[u8],
    file: &str,
    options: &ReadOptions,
    units: &Units<'_>,
) -> ListRead<SupportRow> {
    read_list(bytes, file, options, units)
}
