//! The laws of reports, over random ledgers. `PROPTEST_CASES=5000 cargo test --test report_laws`
//! runs a long campaign.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod memory_office;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use memory_office::{Office, code, support};
use proptest::prelude::*;
use serde_json::Value;
use socai::domain::command::{ClassGiven, Command, SupportChange};
use socai::domain::{HouseholdClass, Lang, Money, Quantity, Stage};
use socai::office::reports::{IssueBasis, ReportOrder};
use socai::office::{AsOf, Outcome};
use socai::projection::{Axis, Boundaries};
use socai::report::Report;
use socai::report::render::{Form, render};

const KINDS: [&str; 3] = ["preferential_loan", "electricity_subsidy", "housing"];
const HOUSEHOLDS: [&str; 3] = ["H1", "H2", "H3"];
const DAYS: [&str; 4] = ["2023-01-15", "2023-04-30", "2023-05-01", "2023-08-09"];
const CLASSES: [HouseholdClass; 3] = [
    HouseholdClass::Poor,
    HouseholdClass::NearPoor,
    HouseholdClass::NewlyEscaped,
];

/// One thing that somebody does; the small numbers choose among what there is.
#[derive(Debug, Clone)]
enum Act {
    Support(usize, usize, usize, i64),
    Advance(usize, usize),
    Correct(usize, i64, usize),
    Reverse(usize, bool),
    Recover(usize, i64),
    Classify(usize, usize, usize),
    List(usize),
    Target(i64),
    Template,
    Rename(u32),
    Issue,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        5 => (0..3_usize, 0..3_usize, 0..4_usize, 1..90_i64).prop_map(|(k, h, d, n)| Act::Support(k, h, d, n)),
        1 => (0..9_usize, 0..4_usize).prop_map(|(which, day)| Act::Advance(which, day)),
        3 => (0..9_usize, 1..90_i64, 0..3_usize).prop_map(|(which, n, class)| Act::Correct(which, n, class)),
        2 => (0..9_usize, any::<bool>()).prop_map(|(which, whole)| Act::Reverse(which, whole)),
        1 => (0..9_usize, 1..20_i64).prop_map(|(which, n)| Act::Recover(which, n)),
        2 => (0..3_usize, 0..3_usize, 0..4_usize).prop_map(|(h, c, d)| Act::Classify(h, c, d)),
        1 => (0..3_usize).prop_map(Act::List),
        1 => (1..99_i64).prop_map(Act::Target),
        1 => Just(Act::Template),
        1 => (0..9_u32).prop_map(Act::Rename),
        1 => Just(Act::Issue),
    ]
}

struct World {
    office: Office,
    made: Vec<uuid::Uuid>,
    templates: u32,
    issued: u32,
}

impl World {
    fn new() -> World {
        let mut office = Office::reporting();
        for (household, class) in HOUSEHOLDS.iter().zip(CLASSES) {
            office.household(household, "Cao Lộc", Some(class));
        }
        World {
            office,
            made: Vec::new(),
            templates: 1,
            issued: 0,
        }
    }

    fn chosen(&self, which: usize) -> Option<uuid::Uuid> {
        (!self.made.is_empty()).then(|| self.made[which % self.made.len()])
    }

    /// Does one thing; what cannot be true is refused, and that is no fault. Time passes.
    fn perform(&mut self, act: &Act) -> bool {
        self.office.clock.0.fetch_add(36_000_000, Ordering::SeqCst);
        let command = match act {
            Act::Support(kind, household, day, amount) => {
                let draft = support(KINDS[*kind], HOUSEHOLDS[*household], DAYS[*day], *amount);
                let outcome = self.office.one(Command::RecordSupport(Box::new(draft)));
                if let Outcome::New { id, .. } = outcome {
                    self.made.push(id);
                    return true;
                }
                return false;
            }
            Act::Issue => return self.issue(Lang::Vi).is_some(),
            Act::Template => return self.adopt(),
            Act::Rename(number) => Command::RegisterActor {
                actor: code("clerk"),
                name: format!("Người số {number}"),
                office: None,
            },
            Act::Target(value) => Command::SetTarget {
                kind: "target_poor_households_reduced".to_owned(),
                period: "2023".parse().unwrap(),
                value: Quantity::whole(*value),
            },
            Act::List(household) => Command::ListCohort {
                cohort: code("escape-2023"),
                year: 2023,
                household: code(HOUSEHOLDS[*household]),
                note: None,
            },
            Act::Classify(household, class, day) => Command::Classify {
                household: code(HOUSEHOLDS[*household]),
                class: CLASSES[*class],
                from: DAYS[*day].parse().ok(),
                standard: None,
            },
            _ => match self.of_support(act) {
                Some(command) => command,
                None => return false,
            },
        };
        matches!(self.office.because(command), Outcome::New { .. })
    }

    fn of_support(&self, act: &Act) -> Option<Command> {
        Some(match act {
            Act::Advance(which, day) => Command::Advance {
                support: self.chosen(*which)?,
                to: Stage::Settled,
                change: Box::new(SupportChange {
                    occurred_on: DAYS[*day].parse().ok(),
                    ..SupportChange::default()
                }),
            },
            Act::Correct(which, amount, class) => Command::Correct {
                support: self.chosen(*which)?,
                stage: None,
                change: Box::new(SupportChange {
                    amount: Some(Money::whole(*amount)),
                    class: ClassGiven::Class(CLASSES[*class]),
                    ..SupportChange::default()
                }),
                effective_on: None,
            },
            Act::Reverse(which, whole) => Command::Reverse {
                support: self.chosen(*which)?,
                stage: (!whole).then_some(Stage::Disbursed),
                effective_on: None,
            },
            Act::Recover(which, amount) => Command::Recover {
                support: self.chosen(*which)?,
                amount: Money::whole(*amount),
                on: "2023-09-09".parse().ok()?,
                source: None,
            },
            _ => return None,
        })
    }

    /// A new version of the template, with another title.
    fn adopt(&mut self) -> bool {
        let (_, _, text) = socai::report::Template::built_in()[0];
        let mut template: Value = serde_json::from_str(text).unwrap();
        self.templates += 1;
        template["version"] = self.templates.into();
        template["header"]["title"]["vi"] = format!("BÁO CÁO {}", self.templates).into();
        let office = &mut self.office;
        let adopted = office.ledger.adopt_template(
            &mut office.tools,
            &office.clerk,
            (&template.to_string(), "template.json"),
            (None, None),
        );
        adopted.is_ok()
    }

    fn order(lang: Lang) -> ReportOrder {
        ReportOrder {
            period: "2023-H1".parse().unwrap(),
            cut_off: "2023-04-30".parse().ok(),
            axis: Axis::Occurred,
            boundaries: Boundaries::Then,
            template: "poverty-reduction-half-year".to_owned(),
            lang,
            narrative: None,
        }
    }

    fn issue(&mut self, lang: Lang) -> Option<Report> {
        self.issued += 1;
        let basis = IssueBasis {
            number: self.issued.to_string(),
            date: "2023-05-05".parse().unwrap(),
            document: None,
            reason: None,
        };
        let office = &mut self.office;
        let issued = office.ledger.issue(
            &mut office.tools,
            &office.clerk,
            &World::order(lang),
            AsOf::Head,
            &basis,
        );
        issued.ok().map(|(report, _)| report)
    }
}

fn all_forms(report: &Report) -> Vec<String> {
    let forms = Form::ALL.into_iter();
    forms.map(|form| render(report, form).unwrap()).collect()
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(act(), 0..12)
}

fn cases() -> ProptestConfig {
    // A report is some thousand times the work of a figure: few cases unless more are asked for.
    let asked = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig::with_cases(asked.and_then(|text| text.parse().ok()).unwrap_or(6))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn an_issued_report_is_the_same_after_anything(before in acts(), after in acts(), english: bool) {
        let mut world = World::new();
        for act in &before {
            world.perform(act);
        }
        let lang = if english { Lang::En } else { Lang::Vi };
        let issued = world.issue(lang).unwrap();
        let number = world.issued.to_string();
        let bytes = all_forms(&issued);
        for act in &after {
            world.perform(act);
        }
        let ledger = &world.office.ledger;
        let known = ledger.issued(&number).unwrap();
        prop_assert_eq!(&all_forms(&ledger.regenerate(known).unwrap()), &bytes);
        // And for who replays the log from nothing, on another day.
        let replayed = world.office.replayed(AsOf::Head);
        for check in replayed.check_issued().unwrap() {
            prop_assert!(check.fault.is_none(), "{}: {:?}", check.name, check.fault);
        }
        let known = replayed.issued(&number).unwrap();
        prop_assert_eq!(&all_forms(&replayed.regenerate(known).unwrap()), &bytes);
    }

    #[test]
    fn text_json_and_csv_carry_the_same_numbers(acts in acts(), english: bool) {
        let mut world = World::new();
        for act in &acts {
            world.perform(act);
        }
        let lang = if english { Lang::En } else { Lang::Vi };
        let report = world.office.ledger.draft(&World::order(lang)).unwrap();
        let json: Value = serde_json::from_str(&render(&report, Form::Json).unwrap()).unwrap();
        let (figures, cells) = of_csv(&render(&report, Form::Csv).unwrap());
        let in_json = json["figures"].as_array().unwrap();
        prop_assert_eq!(in_json.len(), figures.len());
        for figure in in_json {
            let value = figure["value"].as_str().unwrap_or_default();
            prop_assert_eq!(value, &figures[figure["id"].as_str().unwrap()]);
        }
        let mut shown = Vec::new();
        table_numbers(&json, &mut shown);
        prop_assert_eq!(shown.len(), cells.len());
        let texts = [Form::Text, Form::Markdown, Form::Html].map(|form| render(&report, form).unwrap());
        for (shown, cell) in shown.iter().zip(&cells) {
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            prop_assert_eq!(digits(shown), digits(cell));
            for text in &texts {
                prop_assert!(text.contains(shown.as_str()), "{} is missing", shown);
            }
        }
    }

    #[test]
    fn no_figure_differs_without_a_cause(before in acts(), after in acts()) {
        let mut world = World::new();
        for act in &before {
            world.perform(act);
        }
        world.issue(Lang::Vi).unwrap();
        let number = world.issued.to_string();
        let issued = world.office.ledger.issued(&number).unwrap().clone();
        for act in &after {
            world.perform(act);
        }
        let ledger = &world.office.ledger;
        let (a, b) = (ledger.side(&number).unwrap(), ledger.side("now").unwrap());
        let order = ReportOrder::again(&issued, ledger.state());
        let diff = ledger.compare(&a, &b, &order, i64::MAX).unwrap();
        for figure in &diff.figures {
            prop_assert!(!figure.events.is_empty(), "{} has no cause", figure.change.name);
            for seq in &figure.events {
                prop_assert!(*seq > issued.issued.as_of.seq);
                let cause = diff.causes.iter().find(|cause| cause.event.seq == *seq);
                let figures = cause.map(|cause| &cause.figures);
                prop_assert!(figures.is_some_and(|names| names.contains(&figure.change.name)));
            }
        }
        let back = ledger.compare(&b, &a, &order, i64::MAX).unwrap();
        prop_assert_eq!(&back.causes, &diff.causes);
        prop_assert_eq!(back.figures.len(), diff.figures.len());
        if after.is_empty() {
            prop_assert!(diff.figures.is_empty() && diff.causes.is_empty());
        }
    }
}

/// The figures by name, and the cells of the tables in their order.
fn of_csv(text: &str) -> (BTreeMap<String, String>, Vec<String>) {
    let text = text.strip_prefix('\u{feff}').unwrap();
    let (mut figures, mut cells) = (BTreeMap::new(), Vec::new());
    for record in csv::Reader::from_reader(text.as_bytes()).records() {
        let record = record.unwrap();
        match &record[0] {
            "figure" => drop(figures.insert(record[1].to_owned(), record[4].to_owned())),
            "table" => cells.push(record[4].to_owned()),
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
        let table = &part["table"];
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
fn a_random_ledger_does_what_the_laws_are_about() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut world, mut done) = (World::new(), [0; 11]);
    for _ in 0..150 {
        let act = act().new_tree(&mut runner).unwrap().current();
        let place = match act {
            Act::Support(..) => 0,
            Act::Advance(..) => 1,
            Act::Correct(..) => 2,
            Act::Reverse(..) => 3,
            Act::Recover(..) => 4,
            Act::Classify(..) => 5,
            Act::List(..) => 6,
            Act::Target(..) => 7,
            Act::Template => 8,
            Act::Rename(..) => 9,
            Act::Issue => 10,
        };
        done[place] += usize::from(world.perform(&act));
    }
    assert!(
        done.iter().all(|count| *count > 0),
        "laws over too little: {done:?}"
    );
}
