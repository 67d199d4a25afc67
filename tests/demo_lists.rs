//! The demonstration's lists: they are what their generator makes, they are sound in themselves,
//! and their sums, taken from the CSV text alone, are the published figures of Lục Bình.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::{Datelike, NaiveDate};

#[path = "../examples/luc-binh-2023/generator.rs"]
mod generator;

/// The lists that record supports.
const SUPPORTS: [&str; 13] = [
    "loans.csv",
    "tuition.csv",
    "preschool-lunch.csv",
    "boarding-meal.csv",
    "boarding-rice.csv",
    "study-cost.csv",
    "insurance-cards.csv",
    "electricity.csv",
    "housing.csv",
    "water.csv",
    "wifi.csv",
    "goats.csv",
    "activities.csv",
];

/// What the Vietnamese headers of two of the lists mean.
const HEADERS: [(&str, &str); 19] = [
    ("Mã hộ", "household"),
    ("Chủ hộ", "head"),
    ("Thôn", "village"),
    ("Phân loại", "class"),
    ("Ngày áp dụng", "class_from"),
    ("Dân tộc", "ethnicity"),
    ("Số định danh", "id_number"),
    ("Số nhân khẩu", "members"),
    ("Mã hộ nghèo", "poverty_code"),
    ("Ghi chú", "note"),
    ("Mã phiếu", "ref"),
    ("Loại hỗ trợ", "kind"),
    ("Giai đoạn", "stage"),
    ("Số tiền", "amount"),
    ("Ngày thực hiện", "occurred_on"),
    ("Kỳ hưởng", "covers"),
    ("Nguồn vốn", "source"),
    ("Người nhận", "recipient"),
    ("Văn bản", "document"),
];

/// The figures of the report that lists make: id, measure, condition, value. Its other three (the
/// two targets and the allocation) are recorded by hand.
const FIGURES: [(&str, &str, &str, i64); 52] = [
    (
        "loan.turns",
        "turns",
        "kind=preferential_loan,stage=disbursed",
        21,
    ),
    (
        "loan.turns.poor",
        "turns",
        "kind=preferential_loan,stage=disbursed,class=poor",
        11,
    ),
    (
        "loan.turns.near_poor",
        "turns",
        "kind=preferential_loan,stage=disbursed,class=near_poor",
        5,
    ),
    (
        "loan.turns.newly_escaped",
        "turns",
        "kind=preferential_loan,stage=disbursed,class=newly_escaped",
        4,
    ),
    (
        "loan.amount",
        "amount",
        "kind=preferential_loan,stage=disbursed",
        1_337_000_000,
    ),
    (
        "loan.expected_to_escape.poor",
        "households",
        "kind=preferential_loan,stage=disbursed,class=poor,cohort=escape-2023",
        8,
    ),
    (
        "loan.expected_to_escape.near_poor",
        "households",
        "kind=preferential_loan,stage=disbursed,class=near_poor,cohort=escape-2023",
        4,
    ),
    (
        "labour.domestic",
        "count",
        "kind=labour_placement_domestic,stage=held",
        20,
    ),
    ("labour.export", "count", "kind=labour_export,stage=held", 0),
    (
        "tuition_waiver.people",
        "count",
        "kind=tuition_waiver,stage=disbursed",
        117,
    ),
    (
        "tuition_waiver.amount",
        "amount",
        "kind=tuition_waiver,stage=disbursed",
        11_109_000,
    ),
    (
        "preschool_lunch.people",
        "count",
        "kind=preschool_lunch,stage=disbursed",
        117,
    ),
    (
        "preschool_lunch.amount",
        "amount",
        "kind=preschool_lunch,stage=disbursed",
        93_600_000,
    ),
    (
        "boarding_meal.people",
        "count",
        "kind=boarding_meal,stage=disbursed",
        7,
    ),
    (
        "boarding_meal.amount",
        "amount",
        "kind=boarding_meal,stage=disbursed",
        20_860_000,
    ),
    (
        "boarding_rice.people",
        "count",
        "kind=boarding_rice,stage=disbursed",
        15,
    ),
    (
        "boarding_rice.quantity",
        "quantity",
        "kind=boarding_rice,stage=disbursed,unit=kg",
        1_125,
    ),
    (
        "study_cost.people",
        "count",
        "kind=study_cost,stage=disbursed",
        317,
    ),
    (
        "study_cost.amount",
        "amount",
        "kind=study_cost,stage=disbursed",
        237_750_000,
    ),
    (
        "insurance_card.under_six",
        "count",
        "kind=health_insurance_card,stage=disbursed,group=under_six",
        222,
    ),
    (
        "insurance_card.poor",
        "count",
        "kind=health_insurance_card,stage=disbursed,group=poor",
        224,
    ),
    (
        "insurance_card.near_poor",
        "count",
        "kind=health_insurance_card,stage=disbursed,group=near_poor",
        0,
    ),
    (
        "insurance_card.social_protection",
        "count",
        "kind=health_insurance_card,stage=disbursed,group=social_protection",
        65,
    ),
    (
        "insurance_card.ethnic_minority",
        "count",
        "kind=health_insurance_card,stage=disbursed,group=ethnic_minority",
        1_636,
    ),
    (
        "insurance_card.extremely_difficult_area",
        "count",
        "kind=health_insurance_card,stage=disbursed,group=extremely_difficult_area",
        41,
    ),
    (
        "medical_visit.count",
        "count",
        "kind=medical_visit,stage=held",
        817,
    ),
    (
        "housing.households",
        "households",
        "kind=housing,stage=proposed",
        20,
    ),
    (
        "housing.households.fatherland_front",
        "households",
        "kind=housing,stage=proposed,source=fatherland_front",
        4,
    ),
    (
        "housing.households.ethnic_minority_programme",
        "households",
        "kind=housing,stage=proposed,source=ethnic_minority_programme",
        8,
    ),
    (
        "housing.households.ministry_of_defence",
        "households",
        "kind=housing,stage=proposed,source=ministry_of_defence",
        7,
    ),
    (
        "housing.households.district_decision",
        "households",
        "kind=housing,stage=proposed,source=district_decision",
        1,
    ),
    (
        "housing.surveyed_2023_2025",
        "households",
        "kind=housing_2023_2025,stage=proposed",
        8,
    ),
    (
        "electricity.q1_2023.households",
        "households",
        "kind=electricity_subsidy,stage=proposed,class=poor,covers=2023-Q1",
        92,
    ),
    (
        "electricity.q1_2023.amount",
        "amount",
        "kind=electricity_subsidy,stage=proposed,class=poor,covers=2023-Q1",
        14_076_000,
    ),
    (
        "electricity.q4_2022.households",
        "households",
        "kind=electricity_subsidy,stage=approved,class=poor,covers=2022-Q4",
        140,
    ),
    (
        "electricity.q4_2022.amount",
        "amount",
        "kind=electricity_subsidy,stage=approved,class=poor,covers=2022-Q4",
        21_420_000,
    ),
    (
        "water_container.households",
        "households",
        "kind=water_container,stage=proposed,class=poor,source=ethnic_minority_programme",
        40,
    ),
    (
        "wifi.households",
        "households",
        "kind=wifi,stage=disbursed",
        28,
    ),
    ("legal_aid.count", "count", "kind=legal_aid,stage=held", 119),
    (
        "legal_aid.villages",
        "villages",
        "kind=legal_aid,stage=held",
        2,
    ),
    (
        "target.expected_to_escape",
        "households",
        "kind=housing,stage=proposed,class=poor,cohort=escape-2023",
        20,
    ),
    (
        "goat.households",
        "households",
        "kind=livestock,stage=proposed",
        20,
    ),
    (
        "goat.households.poor",
        "households",
        "kind=livestock,stage=proposed,class=poor",
        7,
    ),
    (
        "goat.households.near_poor",
        "households",
        "kind=livestock,stage=proposed,class=near_poor",
        12,
    ),
    (
        "goat.households.other",
        "households",
        "kind=livestock,stage=proposed,class=other",
        1,
    ),
    (
        "goat.quantity",
        "quantity",
        "kind=livestock,stage=proposed,unit=head",
        120,
    ),
    (
        "goat.budget",
        "amount",
        "kind=livestock,stage=proposed",
        592_300_000,
    ),
    (
        "goat.budget.state",
        "amount",
        "kind=livestock,stage=proposed,source=state_budget",
        500_000_000,
    ),
    (
        "goat.budget.counterpart",
        "amount",
        "kind=livestock,stage=proposed,source=household_counterpart",
        92_300_000,
    ),
    (
        "vocational_training.people",
        "count",
        "kind=vocational_training,stage=registered",
        68,
    ),
    (
        "job_fair.people",
        "count",
        "kind=job_counselling,stage=held",
        50,
    ),
    (
        "capacity_building.people",
        "count",
        "kind=capacity_building,stage=registered",
        20,
    ),
];

/// A row of a list: the cells that are not empty, by the English name of their column.
type Row = BTreeMap<String, String>;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/luc-binh-2023")
}

fn text_of(file: &str) -> String {
    std::fs::read_to_string(folder().join(file)).unwrap()
}

fn rows(file: &str) -> Vec<Row> {
    let text = text_of(file);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let english = |name: &str| {
        let known = HEADERS.iter().find(|(vietnamese, _)| *vietnamese == name);
        known.map_or(name, |(_, english)| english).to_owned()
    };
    let columns: Vec<String> = reader.headers().unwrap().iter().map(english).collect();
    let row = |record: csv::StringRecord| {
        let cells = columns
            .iter()
            .cloned()
            .zip(record.iter().map(str::to_owned));
        cells.filter(|(_, cell)| !cell.is_empty()).collect()
    };
    reader
        .records()
        .map(|record| row(record.unwrap()))
        .collect()
}

fn cell<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).map_or("", String::as_str)
}

/// `2023-04-12` or `12/4/2023`.
fn date(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .or_else(|_| NaiveDate::parse_from_str(text, "%d/%m/%Y"))
        .unwrap_or_else(|_| panic!("no date: {text:?}"))
}

/// `1337000000` or `1.337.000.000`; an empty cell is 0.
fn whole(text: &str) -> i64 {
    let mut groups = text.split('.').skip(1);
    assert!(
        groups.all(|group| group.len() == 3),
        "thousands are written in threes: {text:?}"
    );
    if text.is_empty() {
        0
    } else {
        text.replace('.', "").parse().unwrap()
    }
}

fn covers_key(text: &str) -> &str {
    match text {
        "quý I/2023" => "2023-Q1",
        "quý IV/2022" => "2022-Q4",
        "SY2022-2023-S2" => "2023-01..2023-05",
        other => other,
    }
}

/// The classes of every household: in 2022, and as the review changed them for 2023.
struct Classes {
    first: BTreeMap<String, String>,
    changed: BTreeMap<String, String>,
}

impl Classes {
    fn read() -> Classes {
        let of = |file, from| {
            let class = |row: Row| {
                assert_eq!(date(cell(&row, "class_from")), date(from));
                (row["household"].clone(), row["class"].clone())
            };
            rows(file).into_iter().map(class).collect()
        };
        let first = of("households.csv", "2022-01-01");
        Classes {
            first,
            changed: of("households-2023.csv", "2023-01-01"),
        }
    }

    fn on(&self, household: &str, day: NaiveDate) -> &str {
        let changed = self.changed.get(household).filter(|_| day.year() >= 2023);
        changed.unwrap_or_else(|| &self.first[household])
    }

    fn count_in(&self, year: i32, class: &str) -> usize {
        let day = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        self.first
            .keys()
            .filter(|household| self.on(household, day) == class)
            .count()
    }
}

/// One support action: the rows of one `ref`.
struct Action {
    row: Row,
    class: String,
    stage: String,
    funding: BTreeMap<String, i64>,
    quantity: i64,
    cohort: bool,
}

impl Action {
    fn open(row: &Row, classes: &Classes, cohort: &BTreeSet<String>) -> Action {
        let (household, kind) = (cell(row, "household"), cell(row, "kind"));
        let class = match cell(row, "class") {
            "none" => "",
            "" if household.is_empty() => "",
            "" => classes.on(household, date(cell(row, "occurred_on"))),
            given => given,
        };
        let stage = match (cell(row, "stage"), kind) {
            ("", "medical_visit" | "legal_aid" | "job_counselling")
            | ("", "labour_placement_domestic" | "labour_export") => "held",
            ("", "vocational_training" | "capacity_building") => panic!("{kind} needs a stage"),
            ("", _) => "disbursed",
            (given, _) => given,
        };
        Action {
            row: row.clone(),
            class: class.to_owned(),
            stage: stage.to_owned(),
            funding: BTreeMap::new(),
            quantity: 0,
            cohort: cohort.contains(household),
        }
    }

    fn add(&mut self, row: &Row) {
        let counterpart = whole(cell(row, "counterpart"));
        let amount = whole(cell(row, "amount")) - counterpart;
        assert!(amount >= 0 && counterpart >= 0);
        if row.contains_key("amount") {
            *self.funding.entry(row["source"].clone()).or_default() += amount;
        }
        if counterpart > 0 {
            *self
                .funding
                .entry("household_counterpart".to_owned())
                .or_default() += counterpart;
        }
        self.quantity += whole(cell(row, "quantity"));
    }

    fn meets(&self, condition: &str) -> bool {
        condition
            .split(',')
            .all(|part| match part.split_once('=').unwrap() {
                ("class", class) => self.class == class,
                ("stage", stage) => self.stage == stage,
                ("source", source) => self.funding.contains_key(source),
                ("cohort", code) => code == "escape-2023" && self.cohort,
                ("covers", period) => covers_key(cell(&self.row, "covers")) == period,
                (column @ ("kind" | "group" | "unit"), value) => cell(&self.row, column) == value,
                (other, _) => panic!("no dimension {other}"),
            })
    }
}

fn cohort() -> BTreeSet<String> {
    rows("cohort-escape-2023.csv")
        .into_iter()
        .map(|row| row["household"].clone())
        .collect()
}

fn actions() -> Vec<Action> {
    let (classes, cohort) = (Classes::read(), cohort());
    let mut actions: BTreeMap<String, Action> = BTreeMap::new();
    for row in SUPPORTS.iter().flat_map(|file| rows(file)) {
        let action = actions
            .entry(row["ref"].clone())
            .or_insert_with(|| Action::open(&row, &classes, &cohort));
        action.add(&row);
    }
    actions.into_values().collect()
}

fn measure(actions: &[Action], measure: &str, condition: &str) -> i64 {
    let chosen: Vec<&Action> = actions
        .iter()
        .filter(|action| action.meets(condition))
        .collect();
    // A nil return is a row too: a figure of 0 must not come from a condition that meets nothing.
    assert!(!chosen.is_empty(), "nothing meets {condition}");
    let source = condition
        .split(',')
        .find_map(|part| part.strip_prefix("source="));
    let distinct = |values: BTreeSet<&str>| i64::try_from(values.len()).unwrap();
    match measure {
        "turns" => i64::try_from(chosen.len()).unwrap(),
        "count" => chosen
            .iter()
            .map(|action| action.row.get("count").map_or(1, |n| whole(n)))
            .sum(),
        "households" => distinct(chosen.iter().map(|a| a.row["household"].as_str()).collect()),
        "villages" => distinct(
            chosen
                .iter()
                .flat_map(|a| a.row["village"].split(';'))
                .collect(),
        ),
        "quantity" => chosen.iter().map(|action| action.quantity).sum(),
        "amount" => {
            let parts = chosen.iter().flat_map(|action| &action.funding);
            parts
                .filter(|(key, _)| source.is_none_or(|s| s == *key))
                .map(|(_, part)| part)
                .sum()
        }
        other => panic!("no measure {other}"),
    }
}

#[test]
fn the_files_are_what_the_generator_makes() {
    let files = generator::files();
    for (name, content) in &files {
        assert!(
            text_of(name) == *content,
            "{name}: run `cargo run --example generate_luc_binh`"
        );
    }
    let made: BTreeSet<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    let names = std::fs::read_dir(folder()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(
        names
            .filter(|name| name.ends_with(".csv"))
            .collect::<BTreeSet<_>>(),
        made
    );
}

#[test]
fn the_sums_are_the_published_figures() {
    let actions = actions();
    let ids: BTreeSet<&str> = FIGURES.iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids.len(), FIGURES.len());
    for (id, of, condition, value) in FIGURES {
        assert_eq!(measure(&actions, of, condition), value, "{id}");
    }
}

#[test]
fn nothing_stands_beside_the_figures() {
    // Every action belongs to a figure; so the lists hold nothing that the report does not.
    for action in actions() {
        let known = FIGURES
            .iter()
            .any(|(_, _, condition, _)| action.meets(condition));
        assert!(known, "{:?}", action.row);
    }
}

#[test]
fn the_review_of_2022_changes_what_the_story_says() {
    let classes = Classes::read();
    assert_eq!(classes.first.len(), 420);
    let (poor, near, escaped) = ("poor", "near_poor", "newly_escaped");
    let counts = |year| [poor, near, escaped].map(|class| classes.count_in(year, class));
    assert_eq!(counts(2022), [140, 90, 0]);
    assert_eq!(counts(2023), [92, 110, 40]);
    let before: BTreeMap<String, Row> = rows("households.csv")
        .into_iter()
        .map(|row| (row["household"].clone(), row))
        .collect();
    for row in rows("households-2023.csv") {
        let old = &before[&row["household"]];
        assert_ne!(row["class"], old["class"]);
        for column in [
            "head",
            "village",
            "ethnicity",
            "id_number",
            "members",
            "note",
        ] {
            assert_eq!(
                row[column], old[column],
                "only the class and its certificate change"
            );
        }
    }
}

#[test]
fn the_cohort_is_the_housing_list_and_four_near_poor_borrowers() {
    let (classes, cohort) = (Classes::read(), cohort());
    assert_eq!(cohort.len(), 24);
    let day = date("2023-04-30");
    let (poor, others): (Vec<&String>, Vec<&String>) = cohort
        .iter()
        .partition(|household| classes.on(household, day) == "poor");
    let listed = |kind: &str| -> BTreeSet<String> {
        let of_kind = actions()
            .into_iter()
            .filter(|action| action.row["kind"] == kind);
        of_kind
            .map(|action| action.row["household"].clone())
            .collect()
    };
    assert_eq!(
        poor.into_iter().cloned().collect::<BTreeSet<_>>(),
        listed("housing")
    );
    assert_eq!(others.len(), 4);
    assert!(
        others
            .iter()
            .all(|household| classes.on(household, day) == "near_poor")
    );
    assert!(
        others
            .iter()
            .all(|household| listed("preferential_loan").contains(*household))
    );
    assert!(listed("housing").is_disjoint(&listed("housing_2023_2025")));
}

#[test]
fn the_twenty_first_loan_is_a_second_one_without_class() {
    let loans = rows("loans.csv");
    let mut of_household: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for loan in &loans {
        of_household
            .entry(&loan["household"])
            .or_default()
            .push(loan);
    }
    assert_eq!((loans.len(), of_household.len()), (21, 20));
    for loans in of_household.values() {
        let lent: i64 = loans.iter().map(|loan| whole(&loan["amount"])).sum();
        assert!(lent <= 100_000_000, "over the ceiling: {loans:?}");
    }
    let unclassified: Vec<&Row> = loans
        .iter()
        .filter(|loan| loan.contains_key("class"))
        .collect();
    assert_eq!(unclassified.len(), 1);
    assert_eq!(cell(unclassified[0], "class"), "none");
    assert_eq!(of_household[cell(unclassified[0], "household")].len(), 2);
}

#[test]
fn households_and_persons_that_supports_name_exist() {
    let classes = Classes::read();
    let persons: BTreeMap<String, Row> = rows("persons.csv")
        .into_iter()
        .map(|row| (row["person"].clone(), row))
        .collect();
    assert_eq!(persons.len(), rows("persons.csv").len());
    assert_eq!(classes.first.len(), rows("households.csv").len());
    for person in persons.values() {
        assert!(
            classes.first.contains_key(&person["household"]),
            "{person:?}"
        );
    }
    for action in actions() {
        let row = &action.row;
        assert_ne!(
            row.contains_key("household"),
            row.contains_key("count"),
            "{row:?}"
        );
        if let Some(household) = row.get("household") {
            assert!(classes.first.contains_key(household), "{row:?}");
        }
        if let Some(person) = row.get("person") {
            assert_eq!(persons[person]["household"], row["household"], "{row:?}");
        }
    }
    let named = rows("members.csv")
        .into_iter()
        .chain(rows("cohort-escape-2023.csv"));
    assert!(
        named
            .into_iter()
            .all(|row| classes.first.contains_key(&row["household"]))
    );
}

#[test]
fn households_have_room_for_their_persons() {
    let mut listed: BTreeMap<String, i64> = BTreeMap::new();
    let mut heads: BTreeMap<String, Row> = BTreeMap::new();
    for person in rows("persons.csv") {
        *listed.entry(person["household"].clone()).or_default() += 1;
        if person["relation"] == "chủ hộ" {
            heads.insert(person["household"].clone(), person);
        }
    }
    for home in rows("households.csv") {
        let Some(count) = listed.get(&home["household"]) else {
            continue;
        };
        assert!(whole(&home["members"]) >= *count, "{home:?}");
        let head = &heads[&home["household"]];
        assert_eq!(
            (&head["name"], &head["id_number"]),
            (&home["head"], &home["id_number"])
        );
    }
}

#[test]
fn a_ref_names_one_row_or_the_two_sources_of_one_herd() {
    let mut by_ref: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in SUPPORTS.iter().flat_map(|file| rows(file)) {
        by_ref.entry(row["ref"].clone()).or_default().push(row);
    }
    let shared: Vec<&Vec<Row>> = by_ref.values().filter(|rows| rows.len() > 1).collect();
    assert_eq!(shared.len(), 10);
    for rows in shared {
        assert_eq!(rows.len(), 2);
        for column in ["kind", "stage", "household", "occurred_on", "project"] {
            assert_eq!(cell(&rows[0], column), cell(&rows[1], column));
        }
        let sources = [cell(&rows[0], "source"), cell(&rows[1], "source")];
        assert_eq!(sources, ["state_budget", "household_counterpart"]);
    }
}

#[test]
fn no_beneficiary_gets_a_kind_twice_for_a_period() {
    let mut seen = BTreeSet::new();
    for action in actions()
        .iter()
        .filter(|action| action.row.contains_key("household"))
    {
        let row = &action.row;
        if row["kind"] == "preferential_loan" {
            continue;
        }
        let key = ["kind", "household", "person", "covers"].map(|column| cell(row, column));
        assert!(seen.insert(key.map(str::to_owned)), "{row:?}");
    }
}

#[test]
fn pupils_have_the_age_for_what_they_get() {
    let persons: BTreeMap<String, Row> = rows("persons.csv")
        .into_iter()
        .map(|row| (row["person"].clone(), row))
        .collect();
    for action in actions() {
        let row = &action.row;
        let ages = match row["kind"].as_str() {
            "tuition_waiver" | "preschool_lunch" => 3..=5,
            "boarding_meal" | "boarding_rice" => 11..=15,
            "study_cost" => 3..=18,
            _ => {
                assert!(!row.contains_key("person"), "{row:?}");
                continue;
            }
        };
        let age = date(&row["occurred_on"]).years_since(date(&persons[&row["person"]]["born"]));
        assert!(
            age.is_some_and(|age| ages.contains(&age)),
            "{age:?}: {row:?}"
        );
    }
}

#[test]
fn every_household_has_a_parent_old_enough() {
    let year = |row: &Row| {
        let born = &row["born"];
        if born.len() == 4 {
            born.parse().unwrap()
        } else {
            date(born).year()
        }
    };
    let persons = rows("persons.csv");
    let (heads, children): (Vec<&Row>, Vec<&Row>) = persons
        .iter()
        .partition(|person| person["relation"] == "chủ hộ");
    let heads: BTreeMap<&str, i32> = heads
        .into_iter()
        .map(|head| (head["household"].as_str(), year(head)))
        .collect();
    for child in children {
        let years = year(child) - heads[child["household"].as_str()];
        let apart = if child["relation"] == "con" {
            18..=45
        } else {
            46..=60
        };
        assert!(apart.contains(&years), "{years}: {child:?}");
    }
}

#[test]
fn citizen_numbers_are_nobodys_and_stand_in_their_column_alone() {
    let mut numbers: BTreeMap<String, String> = BTreeMap::new();
    for (file, _) in generator::files() {
        for row in rows(file) {
            for (column, value) in &row {
                let digits = value.chars().filter(char::is_ascii_digit).count();
                // A period such as 2023-01..2023-05 has twelve digits too, and is no code.
                let is_number = digits >= 12 && column != "covers";
                let in_column = column == "id_number";
                assert_eq!(in_column, is_number, "{file}: {column} {value:?}");
                assert!(
                    !in_column || (value.starts_with("000") && value.len() == 12),
                    "{value}"
                );
            }
            if let Some(number) = row.get("id_number") {
                let name = row.get("head").or_else(|| row.get("name")).unwrap();
                assert_eq!(numbers.entry(number.clone()).or_insert(name.clone()), name);
            }
        }
    }
}

#[test]
fn everything_falls_into_the_four_months() {
    let months = date("2023-01-01")..=date("2023-04-30");
    for file in SUPPORTS {
        for row in rows(file) {
            assert!(months.contains(&date(&row["occurred_on"])), "{row:?}");
        }
    }
    for action in actions() {
        let expected = match (action.row["kind"].as_str(), action.stage.as_str()) {
            ("electricity_subsidy", "approved") => "2022-Q4",
            ("electricity_subsidy", _) => "2023-Q1",
            ("tuition_waiver" | "preschool_lunch" | "study_cost", _)
            | ("boarding_meal" | "boarding_rice", _) => "2023-01..2023-05",
            _ => "",
        };
        assert_eq!(
            covers_key(cell(&action.row, "covers")),
            expected,
            "{:?}",
            action.row
        );
    }
}

#[test]
fn the_herd_is_kept_in_lung_chang_within_the_budget_of_the_project() {
    let villages: BTreeMap<String, String> = rows("households.csv")
        .into_iter()
        .map(|row| (row["household"].clone(), row["village"].clone()))
        .collect();
    let actions = actions();
    let goats: Vec<&Action> = actions
        .iter()
        .filter(|action| action.row["kind"] == "livestock")
        .collect();
    let mut roles = BTreeMap::new();
    for action in &goats {
        let household = &action.row["household"];
        assert_eq!(villages[household], "Lũng Chang");
        let role = if action.class == "other" {
            "experienced"
        } else {
            "member"
        };
        roles.insert(household.clone(), role.to_owned());
    }
    let members = rows("members.csv").into_iter();
    let members = members.map(|row| (row["household"].clone(), row["role"].clone()));
    assert_eq!(members.collect::<BTreeMap<_, _>>(), roles);
    let budget = rows("projects.csv");
    assert_eq!(budget.len(), 2);
    for row in budget {
        let asked: i64 = goats
            .iter()
            .map(|action| action.funding[&row["source"]])
            .sum();
        assert_eq!(asked, whole(&row["amount"]));
    }
}

#[test]
fn the_doubts_that_the_readme_names_are_there() {
    let (classes, actions) = (Classes::read(), actions());
    let without_ground = actions.iter().filter(|action| {
        action.meets("kind=study_cost,class=near_poor") && !action.row.contains_key("ground")
    });
    assert_eq!(without_ground.count(), 41);
    let no_longer_poor = actions.iter().filter(|action| {
        let day = date(&action.row["occurred_on"]);
        action.meets("kind=electricity_subsidy,stage=approved")
            && classes.on(&action.row["household"], day) != action.class
    });
    assert_eq!(no_longer_poor.count(), 48);
    let persons = |kind: &str| -> BTreeSet<&str> {
        let of_kind = actions.iter().filter(|action| action.row["kind"] == kind);
        of_kind
            .map(|action| action.row["person"].as_str())
            .collect()
    };
    assert_eq!(persons("tuition_waiver"), persons("preschool_lunch"));
    assert!(persons("boarding_meal").is_subset(&persons("boarding_rice")));
}

#[test]
fn the_text_is_plain_and_both_forms_of_headers_dates_and_amounts_occur() {
    let files = generator::files();
    for (name, content) in &files {
        assert!(
            !content.starts_with('\u{feff}') && !content.contains('\r'),
            "{name}"
        );
        assert!(content.ends_with('\n') && !content.contains('"'), "{name}");
    }
    let vietnamese = files
        .iter()
        .filter(|(_, content)| !content.lines().next().unwrap().is_ascii());
    let vietnamese: Vec<&str> = vietnamese.map(|(name, _)| *name).collect();
    assert_eq!(vietnamese, ["households.csv", "electricity.csv"]);
    let loans = rows("loans.csv");
    for (column, mark) in [("occurred_on", "/"), ("amount", ".")] {
        let marked = loans
            .iter()
            .filter(|loan| loan[column].contains(mark))
            .count();
        assert!((1..loans.len()).contains(&marked), "{column}");
    }
}
