//! A random office in memory: whatever an office does, with reports issued in between. Supports and
//! closings come from `random_ledger`; here come units, households, catalogues, norms, targets,
//! lists, templates and the reports.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use serde_json::Value;
use socai::domain::command::{
    BudgetDraft, Command, HouseholdDraft, PersonDraft, ProjectDraft, ReorganisationDraft, UnitDraft,
};
use socai::domain::ledger::UnitLevel;
use socai::domain::norm::{IndicatorSet, NormNotified};
use socai::domain::{Code, Document, HouseholdClass, Lang, Money, Quantity};
use socai::office::asof::local_date;
use socai::office::opening::adoption;
use socai::office::reports::{IssueBasis, ReportOrder};
use socai::office::{AsOf, Entry, OfficeError, Outcome};
use socai::projection::{Axis, Boundaries};
use socai::report::Report;
use socai::report::render::{Form, render};
use uuid::Uuid;

use crate::memory_office::{Office, code};
use crate::random_ledger::{self, HOUSEHOLDS};

const VILLAGES: [&str; 3] = ["Cao Lộc", "Lũng Chang", "Nà Nghịu"];
const PLACES: &str = include_str!("../templates/places.json");
const BUILT_IN: &str = "poverty-reduction-half-year";
const PERIODS: [(&str, Option<&str>); 4] = [
    ("2023-H1", Some("2023-04-30")),
    ("2023-H1", None),
    ("2023-Q2", None),
    ("2023", None),
];
const AXES: [Axis; 4] = [Axis::Occurred, Axis::Covers, Axis::Recorded, Axis::Decided];

/// 1 March 2023, 03:00 UTC.
const START_MS: i64 = 1_677_639_600_000;

/// Which report is asked for: period, axis, boundaries, template and language.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub period: usize,
    pub axis: usize,
    pub boundaries: usize,
    pub built_in: bool,
    pub english: bool,
}

/// One thing that somebody does; the small numbers choose among what there is.
#[derive(Debug, Clone)]
pub enum Act {
    Ledger(random_ledger::Act),
    Issue(Asked),
    Template { built_in: bool },
    Catalogue(usize),
    Norm { amount: i64, ago: u64 },
    Indicator { value: i64, ago: u64 },
    RenameActor(u32),
    RenameUnit { which: usize, ago: Option<u64> },
    MergeVillages { a: usize, b: usize, ago: u64 },
    DivideVillage { which: usize, ago: u64 },
    Commune { ago: u64 },
    Split { household: usize, ago: u64 },
    MergeHouseholds { a: usize, b: usize, ago: u64 },
    Move { household: usize, which: usize },
    List(usize),
    Target(i64),
    Budget(i64),
    Project(usize),
}

fn asked() -> impl Strategy<Value = Asked> {
    let axis = prop_oneof![3 => Just(0_usize), 1 => 1..4_usize];
    let days = prop_oneof![2 => Just(0_usize), 1 => 1..4_usize];
    (
        0..4_usize,
        axis,
        days,
        prop::bool::weighted(0.4),
        any::<bool>(),
    )
        .prop_map(|(period, axis, boundaries, built_in, english)| Asked {
            period,
            axis,
            boundaries,
            built_in,
            english,
        })
}

pub fn act() -> impl Strategy<Value = Act> {
    let ago = || 0..120_u64;
    prop_oneof![
        40 => random_ledger::act().prop_map(Act::Ledger),
        3 => asked().prop_map(Act::Issue),
        1 => any::<bool>().prop_map(|built_in| Act::Template { built_in }),
        1 => (0..5_usize).prop_map(Act::Catalogue),
        1 => (1..99_i64, ago()).prop_map(|(amount, ago)| Act::Norm { amount, ago }),
        1 => (1..99_i64, ago()).prop_map(|(value, ago)| Act::Indicator { value, ago }),
        1 => (0..9_u32).prop_map(Act::RenameActor),
        1 => (0..9_usize, prop::option::of(ago()))
            .prop_map(|(which, ago)| Act::RenameUnit { which, ago }),
        1 => (0..9_usize, 0..9_usize, ago()).prop_map(|(a, b, ago)| Act::MergeVillages { a, b, ago }),
        1 => (0..9_usize, ago()).prop_map(|(which, ago)| Act::DivideVillage { which, ago }),
        1 => ago().prop_map(|ago| Act::Commune { ago }),
        1 => (0..4_usize, ago()).prop_map(|(household, ago)| Act::Split { household, ago }),
        1 => (0..4_usize, 0..4_usize, ago()).prop_map(|(a, b, ago)| Act::MergeHouseholds { a, b, ago }),
        1 => (0..4_usize, 0..9_usize).prop_map(|(household, which)| Act::Move { household, which }),
        1 => (0..4_usize).prop_map(Act::List),
        1 => (1..99_i64).prop_map(Act::Target),
        1 => (1..99_i64).prop_map(Act::Budget),
        1 => (0..9_usize).prop_map(Act::Project),
    ]
}

pub fn acts(most: usize) -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(act(), 0..most)
}

/// The bytes that every form of a report had when it was issued.
pub struct Issued {
    pub number: String,
    pub order: ReportOrder,
    pub basis: IssueBasis,
    pub forms: Vec<String>,
    pub report: Report,
}

pub struct World {
    pub office: Office,
    pub made: Vec<Uuid>,
    pub issued: Vec<Issued>,
    templates: [u32; 2],
    catalogues: u32,
    /// Makes names of what is new.
    number: usize,
}

impl World {
    pub fn new() -> World {
        let mut templates: Vec<(Code, u32, String)> = socai::report::Template::built_in()
            .into_iter()
            .map(|(name, version, text)| (code(name), version, text.to_owned()))
            .collect();
        templates.push((code("places"), 1, PLACES.to_owned()));
        let newest = templates
            .iter()
            .filter(|(name, ..)| name.as_str() == BUILT_IN);
        let newest = newest.map(|(_, version, _)| *version).max().unwrap();
        let catalogue = socai::domain::Catalogue::built_in_json();
        let mut office = Office::opened_at(START_MS, catalogue, templates);
        for (place, household) in HOUSEHOLDS.iter().enumerate() {
            let class = [HouseholdClass::Poor, HouseholdClass::NearPoor].get(place % 3);
            office.household(household, VILLAGES[place % 2], class.copied());
            office.one(Command::RegisterPerson(PersonDraft {
                person: Some(code(&format!("P-{household}"))),
                household: Some(code(household)),
                name: Some(format!("Member of {household}")),
                ..PersonDraft::default()
            }));
        }
        office.household("H9", VILLAGES[2], None);
        World {
            office,
            made: Vec::new(),
            issued: Vec::new(),
            templates: [1, newest],
            catalogues: built_in_catalogue()["version"].as_u64().unwrap() as u32,
            number: 0,
        }
    }

    pub fn after(acts: &[Act]) -> World {
        let mut world = World::new();
        for act in acts {
            world.perform(act);
        }
        world
    }

    fn today(&self) -> NaiveDate {
        local_date(self.office.clock.0.load(Ordering::SeqCst), "+07:00")
    }

    fn wait(&mut self, days: u64) {
        let ms = i64::try_from(days).unwrap() * 86_400_000;
        self.office.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Does one thing; what cannot be true is refused, and that is no fault. Time passes.
    pub fn perform(&mut self, act: &Act) -> bool {
        self.number += 1;
        self.office.clock.0.fetch_add(3_600_000, Ordering::SeqCst);
        match act {
            Act::Ledger(random_ledger::Act::Wait(days)) => {
                self.wait(*days);
                true
            }
            Act::Ledger(act) => self.ledger(act),
            Act::Issue(asked) => self.issue(asked).is_ok(),
            Act::Template { built_in } => self.adopt(*built_in),
            Act::Catalogue(which) => self.catalogue(*which),
            other => match self.command(other) {
                Some(command) => {
                    matches!(self.office.because(command), Outcome::New { .. })
                }
                None => false,
            },
        }
    }

    fn ledger(&mut self, act: &random_ledger::Act) -> bool {
        let closed = self.office.ledger.state().closings.through();
        let today = self.today();
        let Some((command, paper)) = random_ledger::command(today, closed, &self.made, act) else {
            return false;
        };
        let named = matches!(&command, Command::RecordSupport(draft) if draft.household.is_some());
        let mut entry = Entry::by_hand(command);
        entry.reason = Some("a test".to_owned());
        entry.document = paper.map(|date| Document {
            date: Some(date),
            issuer: None,
            number: None,
            kind: None,
        });
        match self.office.entry(entry) {
            Outcome::New { id, .. } => {
                self.made.extend(named.then_some(id));
                true
            }
            _ => false,
        }
    }

    fn command(&self, act: &Act) -> Option<Command> {
        let today = self.today();
        let day = |ago: &u64| today.checked_sub_days(Days::new(*ago)).unwrap();
        Some(match act {
            Act::Norm { amount, ago } => Command::NotifyNorm(NormNotified {
                amount: Some(Money::whole(*amount)),
                announced: false,
                applies_from: None,
                effective_from: day(ago),
                effective_to: None,
                kind: code("housing"),
                per: serde_json::from_value("house".into()).unwrap(),
                quantity: None,
                variant: None,
            }),
            Act::Indicator { value, ago } => Command::SetIndicator(IndicatorSet {
                announced: false,
                from: day(ago),
                indicator: code("base_salary"),
                value: Quantity::whole(*value),
            }),
            Act::RenameActor(number) => Command::RegisterActor {
                actor: code("clerk"),
                name: format!("Người số {number}"),
                office: None,
            },
            Act::Split { household, ago } => Command::SplitHousehold {
                household: code(HOUSEHOLDS[*household]),
                into: vec![
                    code(HOUSEHOLDS[*household]),
                    code(&format!("S{}", self.number)),
                ],
                members: vec![(
                    code(&format!("P-{}", HOUSEHOLDS[*household])),
                    code(&format!("S{}", self.number)),
                )],
                on: day(ago),
            },
            Act::MergeHouseholds { a, b, ago } => Command::MergeHousehold {
                household: code(HOUSEHOLDS[*a]),
                into: code(HOUSEHOLDS[*b]),
                on: day(ago),
            },
            Act::Move { household, which } => {
                let villages = self.living(today);
                Command::UpdateHousehold(HouseholdDraft {
                    household: Some(code(HOUSEHOLDS[*household])),
                    village: Some(villages[which % villages.len()].clone()),
                    ..HouseholdDraft::default()
                })
            }
            Act::List(household) => Command::ListCohort {
                cohort: code("escape-2023"),
                year: 2023,
                household: code(HOUSEHOLDS[*household]),
                note: None,
            },
            Act::Target(value) => Command::SetTarget {
                kind: "target_poor_households_reduced".to_owned(),
                period: "2023".parse().unwrap(),
                value: Quantity::whole(*value),
            },
            Act::Budget(amount) => Command::ChangeBudget(BudgetDraft {
                programme: Some("ntp_poverty_reduction".to_owned()),
                project: None,
                source: "state_budget".to_owned(),
                amount: Money::whole(*amount),
                period: "2023".parse().ok(),
                adjustment: false,
            }),
            Act::Project(which) => Command::RegisterProject(ProjectDraft {
                project: code(&format!("project-{}", self.number)),
                name: format!("Dự án {}", self.number),
                programme: Some("ntp_poverty_reduction_p2".to_owned()),
                village: {
                    let villages = self.living(today);
                    Some(villages[which % villages.len()].clone())
                },
                quantity: None,
                unit: None,
                stage: None,
                stage_on: None,
                budget: Vec::new(),
            }),
            other => return self.of_units(other),
        })
    }

    /// Villages that exist on a day, by id.
    fn living(&self, on: NaiveDate) -> Vec<String> {
        self.units(UnitLevel::Village, on)
    }

    fn units(&self, level: UnitLevel, on: NaiveDate) -> Vec<String> {
        let units = self.office.ledger.state().units.values();
        let living = units.filter(|unit| unit.registered.level == level && unit.is_valid_on(on));
        living
            .map(|unit| unit.registered.unit.to_string())
            .collect()
    }

    fn of_units(&self, act: &Act) -> Option<Command> {
        let today = self.today();
        let day = |ago: &u64| today.checked_sub_days(Days::new(*ago)).unwrap();
        let new = |level, name: String, parent: Option<&String>| UnitDraft {
            level: Some(level),
            name: Some(name),
            parent: parent.cloned(),
            ..UnitDraft::default()
        };
        let number = self.number;
        let draft = match act {
            Act::RenameUnit { which, ago } => {
                let villages = self.living(today);
                return Some(Command::RenameUnit {
                    unit: villages[which % villages.len()].clone(),
                    name: format!("Thôn số {number}"),
                    on: ago.as_ref().map(day),
                });
            }
            Act::MergeVillages { a, b, ago } => {
                let on = day(ago);
                let (villages, communes) = (self.living(on), self.units(UnitLevel::Commune, on));
                let (a, b) = (a % villages.len(), b % villages.len());
                ReorganisationDraft {
                    effective_on: Some(on),
                    from: vec![villages[a].clone(), villages[b].clone()],
                    into: vec![new(
                        UnitLevel::Village,
                        format!("Thôn gộp {number}"),
                        communes.first(),
                    )],
                    ..ReorganisationDraft::default()
                }
            }
            Act::DivideVillage { which, ago } => {
                let on = day(ago);
                let (villages, communes) = (self.living(on), self.units(UnitLevel::Commune, on));
                let village = villages[which % villages.len()].clone();
                let names = [format!("Thôn {number} A"), format!("Thôn {number} B")];
                let half = |name: &String| new(UnitLevel::Village, name.clone(), communes.first());
                let homes = self.office.ledger.state().each_household();
                let lives = |known: &&socai::domain::state::Household| {
                    let home = known.villages.on(on);
                    home.is_some_and(|home| home.as_str() == village)
                };
                let homes = homes.filter(lives).enumerate();
                ReorganisationDraft {
                    effective_on: Some(on),
                    from: vec![village.clone()],
                    into: names.iter().map(half).collect(),
                    parts: names.iter().map(|n| (village.clone(), n.clone())).collect(),
                    homes: homes
                        .map(|(place, known)| (known.code.clone(), names[place % 2].clone()))
                        .collect(),
                    ..ReorganisationDraft::default()
                }
            }
            Act::Commune { ago } => {
                let on = day(ago);
                let mut into = new(UnitLevel::Commune, format!("xã số {number}"), None);
                into.code = Some(code("01990"));
                ReorganisationDraft {
                    effective_on: Some(on),
                    from: self.units(UnitLevel::Commune, on),
                    into: vec![into],
                    ..ReorganisationDraft::default()
                }
            }
            _ => return None,
        };
        Some(Command::ReorganiseUnits(Box::new(draft)))
    }

    /// A new version of a template, with another title.
    fn adopt(&mut self, built_in: bool) -> bool {
        let text = if built_in {
            socai::report::Template::built_in().last().unwrap().2
        } else {
            PLACES
        };
        let mut template: Value = serde_json::from_str(text).unwrap();
        let version = &mut self.templates[usize::from(built_in)];
        *version += 1;
        template["version"] = (*version).into();
        template["header"]["title"]["vi"] = format!("BÁO CÁO {version}").into();
        let office = &mut self.office;
        let adopted = office.ledger.adopt_template(
            &mut office.tools,
            &office.clerk,
            (&template.to_string(), "template.json"),
            (None, None),
        );
        adopted.is_ok()
    }

    /// A newer catalogue, in which something is otherwise.
    fn catalogue(&mut self, which: usize) -> bool {
        let mut catalogue = built_in_catalogue().clone();
        self.catalogues += 1;
        catalogue["version"] = self.catalogues.into();
        let kinds = catalogue["kinds"].as_array_mut().unwrap();
        let one = |kinds: &[Value], code: &str| -> usize {
            kinds.iter().position(|kind| kind["code"] == code).unwrap()
        };
        match which {
            0 => {
                let place = one(kinds, "housing");
                kinds[place]["name"]["vi"] = format!("Nhà ở {}", self.catalogues).into();
            }
            1 => {
                let place = one(kinds, "livestock");
                kinds[place]["valid_to"] = "2023-06-30".into();
            }
            2 => {
                let place = one(kinds, "electricity_subsidy");
                kinds[place]["eligible"]["classes"] = serde_json::json!(["near_poor"]);
            }
            3 => {
                // The kind comes under another programme.
                let (from, to) = (one(kinds, "preferential_loan"), one(kinds, "housing"));
                kinds[to]["programme"] = kinds[from]["programme"].clone();
            }
            _ => {
                let sources = catalogue["sources"].as_array_mut().unwrap();
                sources[0]["name"]["vi"] = format!("Nguồn {}", self.catalogues).into();
            }
        }
        let Ok(adoption) = adoption(&catalogue.to_string(), "catalogue.json") else {
            return false;
        };
        let command = Command::AdoptCatalogue(Box::new(adoption));
        matches!(self.office.because(command), Outcome::New { .. })
    }

    pub fn order(asked: &Asked) -> ReportOrder {
        let (period, cut_off) = PERIODS[asked.period];
        let boundaries = ["then", "2023-03-01", "2023-07-01", "2024-06-01"][asked.boundaries];
        ReportOrder {
            period: period.parse().unwrap(),
            cut_off: cut_off.and_then(|day| day.parse().ok()),
            axis: AXES[asked.axis],
            boundaries: boundaries.parse::<Boundaries>().unwrap(),
            template: if asked.built_in { BUILT_IN } else { "places" }.to_owned(),
            lang: if asked.english { Lang::En } else { Lang::Vi },
            narrative: asked
                .built_in
                .then(|| (NARRATIVE.to_owned(), "loi-van.md".to_owned())),
        }
    }

    /// Issues a report and keeps its bytes.
    pub fn issue(&mut self, asked: &Asked) -> Result<(), OfficeError> {
        let number = (self.issued.len() + 1).to_string();
        let basis = IssueBasis {
            number: number.clone(),
            date: self.today(),
            document: None,
            reason: None,
        };
        let order = World::order(asked);
        let office = &mut self.office;
        let (tools, ledger) = (&mut office.tools, &mut office.ledger);
        let (report, _) = ledger.issue(tools, &office.clerk, &order, AsOf::Head, &basis)?;
        let forms = all_forms(&report);
        self.issued.push(Issued {
            number: format!("{number}@{}", basis.date.format("%Y")),
            order,
            basis,
            forms,
            report,
        });
        Ok(())
    }
}

const NARRATIVE: &str = "## basis\n\nTheo Kế hoạch số 118/KH-UBND.\n";

fn built_in_catalogue() -> &'static Value {
    static CATALOGUE: OnceLock<Value> = OnceLock::new();
    CATALOGUE
        .get_or_init(|| serde_json::from_str(socai::domain::Catalogue::built_in_json()).unwrap())
}

/// A report in every form.
pub fn all_forms(report: &Report) -> Vec<String> {
    let forms = Form::ALL.into_iter();
    forms.map(|form| render(report, form).unwrap()).collect()
}
