//! The laws of reports, over random ledgers: `tests/random_office` does what an office does and
//! issues reports in between. `SOCAI_CASES=5000 cargo test --release --test report_laws` runs a long
//! campaign.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod cases;
mod memory_office;
mod random_ledger;
mod random_office;

use std::collections::BTreeMap;

use memory_office::log_of;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value;
use sha2::{Digest, Sha256};
use socai::log::EventRead;
use socai::log::keys::KeyStore;
use socai::office::opening::hex;
use socai::office::reports::ReportOrder;
use socai::office::{AsOf, Ledger};
use socai::report::render::{Form, render};
use socai::report::template::{FigureSource, Measure};
use socai::report::{Report, Template};

use cases::cases;
use random_office::{Act, Asked, World, act, acts, all_forms};

/// A report of everything that was recorded, so that every random ledger issues one at least.
const ALL: Asked = Asked {
    period: 3,
    axis: 0,
    boundaries: 0,
    built_in: true,
    english: false,
};
const PLACES: Asked = Asked {
    period: 1,
    built_in: false,
    english: true,
    ..ALL
};

proptest! {
    #![proptest_config(cases(24))]

    /// regenerate(issue(x)) = x, whatever was recorded in between and afterwards.
    #[test]
    fn an_issued_report_is_the_same_after_anything(before in acts(30), after in acts(30)) {
        let mut world = World::after(&before);
        for asked in [&ALL, &PLACES] {
            world.issue(asked).unwrap();
        }
        for act in &after {
            world.perform(act);
        }
        let ledger = &world.office.ledger;
        // What `verify` runs: every digest, by who recorded all this and by who replays the log.
        let replayed = world.office.replayed(AsOf::Head);
        for checks in [ledger.check_issued(), replayed.check_issued()] {
            let checks = checks.unwrap();
            prop_assert_eq!(checks.len(), world.issued.len());
            for check in checks {
                prop_assert!(check.fault.is_none(), "{}: {:?}", check.name, check.fault);
            }
        }
        for issued in &world.issued {
            let known = ledger.issued(&issued.number).unwrap();
            for (form, bytes) in Form::ALL.iter().zip(&issued.forms) {
                let digest = hex(&Sha256::digest(bytes.as_bytes()));
                prop_assert_eq!(&known.issued.renderings[form.ending()], &digest);
            }
        }
        for (number, ledger) in [(world.issued.len() - 1, ledger), (0, &replayed)] {
            let issued = &world.issued[number];
            let known = ledger.issued(&issued.number).unwrap();
            prop_assert_eq!(&all_forms(&ledger.regenerate(known).unwrap()), &issued.forms);
        }
    }

    /// A report as of `n` is what a ledger that stopped at `n` would issue.
    #[test]
    fn as_of_is_a_ledger_that_stopped_there(acts in acts(40), place in 0..9_usize) {
        let mut world = World::after(&acts);
        world.issue(&ALL).unwrap();
        world.issue(&PLACES).unwrap();
        let issued = &world.issued;
        let chosen = &issued[place % issued.len()];
        let known = world.office.ledger.issued(&chosen.number).unwrap();
        let seq = known.issued.as_of.seq;
        let stored = world.office.stored();
        let log = log_of(
            world.office.ledger.log().ledger(),
            &stored[..usize::try_from(seq).unwrap()],
        );
        let keys = KeyStore::open_read_only(&world.office.folder.path().join("keys")).unwrap();
        let mut stopped = Ledger::fold(log, keys, AsOf::Head, i64::MAX).unwrap();
        let office = &mut world.office;
        let (again, _) = stopped
            .issue(&mut office.tools, &office.clerk, &chosen.order, AsOf::Head, &chosen.basis)
            .unwrap();
        prop_assert_eq!(&all_forms(&again), &chosen.forms);
        // And the whole ledger, asked for what it knew then.
        let mut basis = chosen.basis.clone();
        basis.number = "999".to_owned();
        let (again, _) = office
            .ledger
            .issue(&mut office.tools, &office.clerk, &chosen.order, AsOf::Seq(seq), &basis)
            .unwrap();
        prop_assert_eq!(&again.figures, &chosen.report.figures);
        prop_assert_eq!(&again.sections, &chosen.report.sections);
    }

    /// What a person, a program and a spreadsheet read are the same numbers.
    #[test]
    fn text_json_and_csv_carry_the_same_numbers(acts in acts(40)) {
        let mut world = World::after(&acts);
        world.issue(&ALL).unwrap();
        world.issue(&PLACES).unwrap();
        for issued in &world.issued {
            same_numbers(&issued.report)?;
            parts_sum_to_their_total(&world, &issued.report)?;
        }
    }

    /// Every figure that differs has events in between that made it differ; none of them is told of a
    /// figure that is the same.
    #[test]
    fn no_figure_differs_without_a_cause(before in acts(30), after in acts(20)) {
        let mut world = World::after(&before);
        world.issue(&ALL).unwrap();
        world.issue(&PLACES).unwrap();
        let count = world.issued.len();
        for act in &after {
            world.perform(act);
        }
        for issued in &world.issued[count - 2..count] {
            differs_for_a_reason(&world, &issued.number, after.is_empty())?;
        }
    }
}

fn differs_for_a_reason(
    world: &World,
    number: &str,
    nothing_came: bool,
) -> Result<(), TestCaseError> {
    let ledger = &world.office.ledger;
    let issued = ledger.issued(number).unwrap();
    let (a, b) = (ledger.side(number).unwrap(), ledger.side("now").unwrap());
    let order = ReportOrder::again(issued, ledger.state());
    let diff = ledger.compare(&a, &b, &order, i64::MAX).unwrap();
    for figure in &diff.figures {
        prop_assert!(
            !figure.events.is_empty(),
            "{} has no cause",
            figure.change.name
        );
        for seq in &figure.events {
            prop_assert!(*seq > issued.issued.as_of.seq);
            let cause = diff.causes.iter().find(|cause| cause.event.seq == *seq);
            let figures = cause.map(|cause| &cause.figures);
            prop_assert!(
                figures.is_some_and(|names| names.contains(&figure.change.name)),
                "{}: event {seq} is no cause",
                figure.change.name
            );
        }
    }
    for cause in &diff.causes {
        for name in &cause.figures {
            let differs = diff
                .figures
                .iter()
                .any(|figure| figure.change.name == *name);
            prop_assert!(differs, "{name} is the same");
        }
    }
    if !diff.cells.is_empty() {
        prop_assert!(!diff.causes.is_empty(), "{:?} without a cause", diff.cells);
    }
    let back = ledger.compare(&b, &a, &order, i64::MAX).unwrap();
    prop_assert_eq!(&back.causes, &diff.causes);
    prop_assert_eq!(back.figures.len(), diff.figures.len());
    if nothing_came {
        prop_assert!(diff.figures.is_empty() && diff.cells.is_empty());
    }
    Ok(())
}

fn same_numbers(report: &Report) -> Result<(), TestCaseError> {
    let json: Value = serde_json::from_str(&render(report, Form::Json).unwrap()).unwrap();
    let (figures, cells) = of_csv(&render(report, Form::Csv).unwrap());
    let in_json = json["figures"].as_array().unwrap();
    prop_assert_eq!(in_json.len(), figures.len());
    for figure in in_json {
        let value = figure["value"].as_str().unwrap_or_default();
        prop_assert_eq!(value, &figures[figure["id"].as_str().unwrap()]);
    }
    let mut shown = Vec::new();
    table_numbers(&json, &mut shown);
    prop_assert_eq!(shown.len(), cells.len());
    let texts = [Form::Text, Form::Markdown, Form::Html].map(|form| render(report, form).unwrap());
    for (shown, cell) in shown.iter().zip(&cells) {
        let digits = |text: &str| {
            text.chars()
                .filter(char::is_ascii_digit)
                .collect::<String>()
        };
        prop_assert_eq!(digits(shown), digits(cell));
        for text in &texts {
            prop_assert!(text.contains(shown.as_str()), "{} is missing", shown);
        }
    }
    Ok(())
}

/// Named parts, the others and the unclassified of a breakdown make up what is broken down.
fn parts_sum_to_their_total(world: &World, report: &Report) -> Result<(), TestCaseError> {
    let state = world.office.ledger.state();
    let code = report.template.code.as_str();
    let adopted = state.contents.values().filter_map(|text| {
        let template = Template::from_json(text, "").ok()?;
        let same = template.code.as_str() == code && template.version == report.template.version;
        same.then_some(template)
    });
    let template = adopted.collect::<Vec<_>>().pop().unwrap();
    let value = |name: &str| {
        let value = report.figure(name).and_then(|figure| figure.value.clone());
        value
            .unwrap_or_default()
            .parse::<Decimal>()
            .unwrap_or_default()
    };
    let mut sums: BTreeMap<(&str, &str), (Decimal, bool)> = BTreeMap::new();
    for (name, source) in &template.figures {
        let (by, of, others) = match source {
            FigureSource::Part { by, of, .. } | FigureSource::Unclassified { by, of } => {
                (by, of, false)
            }
            FigureSource::Others { by, of } => (by, of, true),
            _ => continue,
        };
        let sum = sums.entry((of, by)).or_default();
        sum.0 += value(name);
        sum.1 |= others;
    }
    for ((of, by), (sum, complete)) in sums {
        let adds_up = match &template.figures[of] {
            FigureSource::Query { measure, .. } | FigureSource::Same { measure, .. } => matches!(
                measure,
                Measure::Turns | Measure::Count | Measure::Amount | Measure::Quantity
            ),
            _ => false,
        };
        // By source a turn stands under each of its sources.
        if complete && adds_up && by != "source" {
            prop_assert_eq!(sum, value(of), "{} by {}", of, by);
        }
    }
    Ok(())
}
/// The figures by name, and the cells of the tables in their order.
fn of_csv(text: &str) -> (BTreeMap<String, String>, Vec<String>) {
    let text = text.strip_prefix('\u{feff}').unwrap();
    let (mut figures, mut cells) = (BTreeMap::new(), Vec::new());
    for record in csv::Reader::from_reader(text.as_bytes()).records() {
        let record = record.unwrap();
        match &record[0] {
            "figure" => drop(figures.insert(record[1].to_owned(), record[4].to_owned())),
            "table" | "chart" => cells.push(record[4].to_owned()),
            _ => {}
        }
    }
    (figures, cells)
}

/// The numbers in the tables of the model, in the order in which they are printed.
fn table_numbers(report: &Value, shown: &mut Vec<String>) {
    for part in ["opening", "sections", "closing", "annexes"] {
        parts(&report[part], shown);
    }
}

fn parts(parts_of: &Value, shown: &mut Vec<String>) {
    for part in parts_of.as_array().into_iter().flatten() {
        let charted = &part["chart"]["table"];
        let table = if charted.is_object() {
            charted
        } else {
            &part["table"]
        };
        if let Some(columns) = table["columns"].as_array() {
            let rows = table["rows"].as_array().into_iter().flatten();
            let total = table.get("total");
            for row in rows.chain(total) {
                for (column, cell) in columns.iter().zip(row.as_array().unwrap()) {
                    if column["number"] == true {
                        shown.push(cell.as_str().unwrap().to_owned());
                    }
                }
            }
        }
        parts(&part["blocks"], shown);
        parts(&part["sections"], shown);
    }
}

#[test]
fn a_random_office_does_what_the_laws_are_about() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut done: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..6 {
        let mut world = World::new();
        for _ in 0..150 {
            let act = act().new_tree(&mut runner).unwrap().current();
            let count = done.entry(name(&act)).or_default();
            *count += usize::from(world.perform(&act));
        }
    }
    let too_little: Vec<_> = done.iter().filter(|(_, count)| **count < 2).collect();
    assert!(too_little.is_empty() && done.len() == 27, "{done:?}");
}

fn name(act: &Act) -> &'static str {
    use random_ledger::Act as Entry;
    match act {
        Act::Ledger(act) => match act {
            Entry::Wait(_) => "wait",
            Entry::Support { .. } => "support",
            Entry::Group { .. } => "group",
            Entry::Advance { .. } => "advance",
            Entry::Correct { .. } => "correct",
            Entry::Reverse { .. } => "reverse",
            Entry::Recover { .. } => "recover",
            Entry::Classify { .. } => "classify",
            Entry::Close { .. } => "close",
            Entry::Reopen { .. } => "reopen",
        },
        Act::Issue(_) => "issue",
        Act::Template { .. } => "template",
        Act::Catalogue(_) => "catalogue",
        Act::Norm { .. } => "norm",
        Act::Indicator { .. } => "indicator",
        Act::RenameActor(_) => "rename actor",
        Act::RenameUnit { .. } => "rename unit",
        Act::MergeVillages { .. } => "merge villages",
        Act::DivideVillage { .. } => "divide village",
        Act::Commune { .. } => "commune",
        Act::Split { .. } => "split",
        Act::MergeHouseholds { .. } => "merge households",
        Act::Move { .. } => "move",
        Act::List(_) => "list",
        Act::Target(_) => "target",
        Act::Budget(_) => "budget",
        Act::Project(_) => "project",
    }
}
