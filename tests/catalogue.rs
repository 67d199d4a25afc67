//! The built-in catalogue, the example of another office, and every fault a catalogue can have.

// The helpers of these tests stand outside the test functions that clippy knows.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::{Value, json};
use socai::domain::catalogue::{
    Catalogue, CatalogueIssue, Certainty, List, Measure, Norm, NormPer, Place, SourceKind,
};
use socai::domain::language::{Explain, Lang};
use socai::domain::{HouseholdClass, Stage};

const OTHER_OFFICE: &str = include_str!("../examples/catalogue-other-office.json");

/// The kinds that lists, reports and other programs name.
const RELIED_ON: [&str; 20] = [
    "preferential_loan",
    "tuition_waiver",
    "preschool_lunch",
    "boarding_meal",
    "boarding_rice",
    "study_cost",
    "health_insurance_card",
    "medical_visit",
    "housing",
    "housing_2023_2025",
    "electricity_subsidy",
    "water_container",
    "wifi",
    "legal_aid",
    "livestock",
    "vocational_training",
    "job_counselling",
    "capacity_building",
    "labour_placement_domestic",
    "labour_export",
];

fn built_in() -> Catalogue {
    Catalogue::from_json(Catalogue::built_in_json(), "vietnam.json").unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn norms(catalogue: &Catalogue, kind: &str, on: &str) -> Vec<Norm> {
    let kind = catalogue.kind(kind).unwrap();
    kind.norm_on(day(on)).into_iter().cloned().collect()
}

fn amount_on(catalogue: &Catalogue, kind: &str, on: &str) -> String {
    let norms = norms(catalogue, kind, on);
    assert_eq!(norms.len(), 1, "{kind} on {on}");
    norms[0].amount.unwrap().to_string()
}

#[test]
fn the_built_in_catalogue_has_every_kind_source_group_and_indicator_that_is_relied_on() {
    let catalogue = built_in();
    assert_eq!(catalogue.validate(), []);
    for code in RELIED_ON {
        let kind = catalogue
            .kind(code)
            .unwrap_or_else(|| panic!("no kind {code}"));
        assert!(catalogue.programme(kind.programme.as_str()).is_some());
    }
    for code in [
        "vbsp",
        "state_budget",
        "fatherland_front",
        "ethnic_minority_programme",
        "ministry_of_defence",
        "district_decision",
        "household_counterpart",
    ] {
        let is_counterpart = catalogue.source(code).unwrap().kind == SourceKind::Counterpart;
        assert_eq!(is_counterpart, code == "household_counterpart", "{code}");
    }
    let card = catalogue.kind("health_insurance_card").unwrap();
    let groups: Vec<&str> = card.groups.iter().map(|code| code.as_str()).collect();
    assert_eq!(
        groups,
        [
            "under_six",
            "poor",
            "near_poor",
            "social_protection",
            "ethnic_minority",
            "extremely_difficult_area"
        ]
    );
    assert!(groups.iter().all(|code| catalogue.group(code).is_some()));
    for code in [
        "target_poor_households_reduced",
        "target_near_poor_households_reduced",
    ] {
        assert_eq!(
            catalogue.indicator(code).unwrap().unit.as_str(),
            "household"
        );
    }
    for (kind, unit) in [
        ("boarding_rice", "kg"),
        ("livestock", "head"),
        ("housing", "house"),
    ] {
        assert_eq!(
            catalogue
                .kind(kind)
                .unwrap()
                .unit
                .as_ref()
                .unwrap()
                .as_str(),
            unit
        );
        assert!(catalogue.unit(unit).is_some());
    }
    assert!(catalogue.kind("no_such_kind").is_none());
}

#[test]
fn every_amount_that_the_report_of_2023_rests_on_is_there_and_sure() {
    let catalogue = built_in();
    assert_eq!(
        amount_on(&catalogue, "preschool_lunch", "2023-03-16"),
        "160000"
    );
    assert_eq!(amount_on(&catalogue, "study_cost", "2023-03-22"), "150000");
    assert_eq!(
        amount_on(&catalogue, "boarding_meal", "2023-03-20"),
        "596000"
    );
    assert_eq!(
        amount_on(&catalogue, "electricity_subsidy", "2022-12-31"),
        "51000"
    );
    assert_eq!(
        amount_on(&catalogue, "electricity_subsidy", "2023-03-31"),
        "51000"
    );
    let rice = norms(&catalogue, "boarding_rice", "2023-02-24");
    assert_eq!(rice[0].quantity.unwrap().to_string(), "15");
    for kind in [
        "preschool_lunch",
        "study_cost",
        "boarding_meal",
        "electricity_subsidy",
    ] {
        let norm = &norms(&catalogue, kind, "2023-03-20")[0];
        assert!(
            matches!(norm.certainty, Certainty::Verified | Certainty::Computed),
            "{kind}"
        );
        assert_eq!(norm.per, NormPer::Month);
        assert!(norm.document.is_some());
    }
    // The sums of the report: pupils or households, times the norm, times the months.
    let total =
        |amount: String, count: u64, months: u64| amount.parse::<u64>().unwrap() * count * months;
    let on = "2023-01-31";
    assert_eq!(
        total(amount_on(&catalogue, "preschool_lunch", on), 117, 5),
        93_600_000
    );
    assert_eq!(
        total(amount_on(&catalogue, "study_cost", on), 317, 5),
        237_750_000
    );
    assert_eq!(
        total(amount_on(&catalogue, "boarding_meal", on), 7, 5),
        20_860_000
    );
    assert_eq!(
        total(amount_on(&catalogue, "electricity_subsidy", on), 92, 3),
        14_076_000
    );
}

#[test]
fn a_norm_changes_on_its_day() {
    let catalogue = built_in();
    for (kind, on, amount) in [
        ("preschool_lunch", "2025-10-19", "160000"),
        ("preschool_lunch", "2025-10-20", "360000"),
        ("boarding_meal", "2023-06-30", "596000"),
        ("boarding_meal", "2023-07-01", "720000"),
        ("boarding_meal", "2024-07-01", "936000"),
        ("boarding_meal", "2025-05-01", "936000"),
    ] {
        assert_eq!(amount_on(&catalogue, kind, on), amount, "{kind} on {on}");
    }
    // Before the fixed amount, a share of the base salary: words, and no number.
    let old = norms(&catalogue, "preschool_lunch", "2019-03-01");
    assert_eq!((old.len(), old[0].amount), (1, None));
    // Nobody knows the amount of that day, so there is none.
    assert!(norms(&catalogue, "electricity_subsidy", "2018-01-01").is_empty());
}

#[test]
fn being_near_poor_is_no_ground_for_study_cost() {
    let catalogue = built_in();
    let eligible = catalogue
        .kind("study_cost")
        .unwrap()
        .eligible
        .clone()
        .unwrap();
    assert_eq!(eligible.classes, [HouseholdClass::Poor]);
    let grounds: Vec<&str> = eligible.grounds.iter().map(|g| g.code.as_str()).collect();
    assert_eq!(
        grounds,
        ["poor", "orphan", "disabled", "extremely_difficult_village"]
    );
    // For lunch money it is one.
    let lunch = catalogue
        .kind("preschool_lunch")
        .unwrap()
        .eligible
        .clone()
        .unwrap();
    assert!(lunch.classes.contains(&HouseholdClass::NearPoor));
}

#[test]
fn stages_and_their_defaults() {
    let catalogue = built_in();
    let kind = |code| catalogue.kind(code).unwrap();
    for stage in Stage::ALL {
        assert_eq!(
            kind("housing").allows(stage),
            stage != Stage::Held,
            "housing {stage}"
        );
        assert_eq!(
            kind("medical_visit").allows(stage),
            stage == Stage::Held,
            "visit {stage}"
        );
        let of_course = [
            Stage::Registered,
            Stage::Held,
            Stage::Rejected,
            Stage::Withdrawn,
        ];
        let allowed = kind("vocational_training").allows(stage);
        assert_eq!(allowed, of_course.contains(&stage), "course {stage}");
    }
    for held in [
        "medical_visit",
        "legal_aid",
        "job_counselling",
        "labour_placement_domestic",
        "labour_export",
    ] {
        assert_eq!(kind(held).default_stage(), Some(Stage::Held), "{held}");
    }
    for stated in ["vocational_training", "capacity_building"] {
        assert_eq!(kind(stated).default_stage(), None, "{stated}");
    }
    // The built-in catalogue narrows the stages of nothing that is no activity.
    for kind in catalogue.kinds.iter().filter(|kind| !kind.activity) {
        assert_eq!(
            kind.default_stage(),
            Some(Stage::Disbursed),
            "{}",
            kind.code
        );
        assert_eq!(kind.stages, None, "{}", kind.code);
    }
}

#[test]
fn a_programme_comes_with_everything_below_it() {
    let catalogue = built_in();
    let below = |code| -> Vec<String> {
        let found = catalogue.descendants(code).into_iter();
        found.map(|one| one.code.to_string()).collect()
    };
    let target = below("ntp_poverty_reduction");
    assert_eq!(target[0], "ntp_poverty_reduction");
    for number in 1..=7 {
        assert!(target.contains(&format!("ntp_poverty_reduction_p{number}")));
    }
    assert!(target.contains(&"ntp_poverty_reduction_p4_3".to_owned()));
    assert_eq!(
        below("ntp_poverty_reduction_p2"),
        ["ntp_poverty_reduction_p2"]
    );
    assert_eq!(below("ntp_ethnic_minority").len(), 11);
    assert!(below("no_such_programme").is_empty());
    let livestock = catalogue.kind("livestock").unwrap();
    assert_eq!(livestock.programme.as_str(), "ntp_poverty_reduction_p2");
    let wifi = catalogue.kind("wifi").unwrap();
    assert!(below("regular_policies").contains(&wifi.programme.to_string()));
}

#[test]
fn what_was_not_confirmed_says_so() {
    let catalogue = built_in();
    let water = &catalogue.kind("water_container").unwrap().norms[0];
    assert_eq!(
        water.certainty.flag().unwrap().get(Lang::Vi),
        "chưa xác minh"
    );
    assert_eq!(Certainty::Verified.flag(), None);
    let description = catalogue.description.as_ref().unwrap();
    assert!(description.get(Lang::Vi).contains("chưa xác minh"));
}

/// Neither null nor anything empty stands in canonical form.
fn assert_nothing_empty(value: &Value) {
    match value {
        Value::Null => panic!("null"),
        Value::String(text) => assert!(!text.is_empty()),
        Value::Array(items) => {
            assert!(!items.is_empty());
            items.iter().for_each(assert_nothing_empty);
        }
        Value::Object(members) => {
            assert!(!members.is_empty());
            members.values().for_each(assert_nothing_empty);
        }
        Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn writing_a_catalogue_gives_its_canonical_form_and_reads_back_the_same() {
    for text in [Catalogue::built_in_json(), OTHER_OFFICE] {
        let catalogue = Catalogue::from_json(text, "a.json").unwrap();
        let written = serde_json::to_string(&catalogue).unwrap();
        let value: Value = serde_json::from_str(&written).unwrap();
        assert_nothing_empty(&value);
        // `Value` keeps its members sorted, so this finds a struct that declares them otherwise.
        assert_eq!(serde_json::to_string(&value).unwrap(), written);
        // And nothing of the file was dropped on the way.
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), value);
        assert_eq!(Catalogue::from_json(&written, "a.json").unwrap(), catalogue);
    }
}

#[test]
fn the_texts_are_in_normal_form_and_in_two_languages() {
    for text in [Catalogue::built_in_json(), OTHER_OFFICE] {
        assert!(unicode_normalization::is_nfc(text));
    }
    for kind in &built_in().kinds {
        assert_ne!(kind.name.vi, kind.name.en, "{}", kind.code);
    }
}

#[test]
fn another_office_abroad_has_its_own_catalogue() {
    let catalogue = Catalogue::from_json(OTHER_OFFICE, "catalogue-other-office.json").unwrap();
    assert_eq!(
        (catalogue.currency.as_str(), catalogue.currency_decimals),
        ("PHP", 2)
    );
    assert_eq!(
        amount_on(&catalogue, "cash_transfer", "2025-06-01"),
        "1250.5"
    );
    // What was only announced is not yet a norm.
    assert_eq!(
        amount_on(&catalogue, "cash_transfer", "2027-06-01"),
        "1250.5"
    );
    let cash = catalogue.kind("cash_transfer").unwrap();
    assert!(cash.allows(Stage::Disbursed) && !cash.allows(Stage::Proposed));
    assert!(
        cash.allows(Stage::Rejected),
        "what is approved can also be refused"
    );
    assert_eq!(catalogue.descendants("social_welfare").len(), 3);
    let course = catalogue.kind("sewing_course").unwrap();
    assert!(course.is_valid_on(day("2026-12-31")) && !course.is_valid_on(day("2027-01-01")));
}

#[test]
fn the_schema_describes_the_built_in_catalogue() {
    let schema = serde_json::to_value(schemars::schema_for!(Catalogue)).unwrap();
    let mut compiler = boon::Compiler::new();
    let mut schemas = boon::Schemas::new();
    compiler.add_resource("catalogue.json", schema).unwrap();
    let index = compiler.compile("catalogue.json", &mut schemas).unwrap();
    for text in [Catalogue::built_in_json(), OTHER_OFFICE] {
        let value: Value = serde_json::from_str(text).unwrap();
        if let Err(error) = schemas.validate(&value, index) {
            panic!("{error:#}");
        }
    }
    let mut wrong: Value = serde_json::from_str(OTHER_OFFICE).unwrap();
    wrong["kinds"][0]["code"] = json!("Cash Transfer");
    assert!(schemas.validate(&wrong, index).is_err());
}

/// The other office's catalogue with one thing changed, and the issues that this makes.
fn issues_after(change: impl FnOnce(&mut Value)) -> Vec<CatalogueIssue> {
    let mut value: Value = serde_json::from_str(OTHER_OFFICE).unwrap();
    change(&mut value);
    let text = serde_json::to_string_pretty(&value).unwrap();
    Catalogue::from_json(&text, "wrong.json").expect_err("the fault was not found")
}

/// Checks that a change makes exactly one issue, and what the issue says.
fn check(code: &str, entry: &str, field: &str, says: &str, change: impl FnOnce(&mut Value)) {
    let issues = issues_after(change);
    let [issue] = issues.as_slice() else {
        panic!("{code}: {issues:#?}");
    };
    assert_eq!(issue.code(), code);
    assert_eq!(
        (issue.entry.as_str(), issue.field.as_str()),
        (entry, field),
        "{code}"
    );
    for lang in [Lang::Vi, Lang::En] {
        let message = issue.message(lang);
        assert!(message.starts_with("wrong.json, "), "{message}");
        assert!(
            message.contains(entry) && message.contains(field),
            "{message}"
        );
        assert!(message.contains(says), "{message} does not say {says}");
        assert!(!issue.hint(lang).unwrap().is_empty());
    }
    assert_ne!(issue.message(Lang::Vi), issue.message(Lang::En));
    assert_ne!(issue.hint(Lang::Vi), issue.hint(Lang::En));
}

const CASH: &str = "kinds[0] `cash_transfer`";
const SEED: &str = "kinds[1] `rice_seed`";
const CLINIC: &str = "kinds[2] `clinic_day`";

#[test]
fn a_code_that_names_nothing_is_found() {
    check(
        "catalogue_unknown_programme",
        CASH,
        "programme",
        "social_care",
        |v| {
            v["kinds"][0]["programme"] = json!("social_care");
        },
    );
    check("catalogue_unknown_unit", SEED, "unit", "kilo", |v| {
        v["kinds"][1]["unit"] = json!("kilo");
    });
    check(
        "catalogue_unknown_group",
        CLINIC,
        "groups[1]",
        "adults",
        |v| {
            v["kinds"][2]["groups"][1] = json!("adults");
        },
    );
    check(
        "catalogue_unknown_source",
        CASH,
        "sources[0]",
        "bank",
        |v| {
            v["kinds"][0]["sources"][0] = json!("bank");
        },
    );
    check(
        "catalogue_unknown_kind",
        SEED,
        "successor",
        "maize_seed",
        |v| {
            v["kinds"][1]["successor"] = json!("maize_seed");
        },
    );
    let water = "indicators[0] `target_households_with_water`";
    check("catalogue_unknown_unit", water, "unit", "village", |v| {
        v["indicators"][0]["unit"] = json!("village");
    });
    let relief = "programmes[2] `social_welfare_relief`";
    check(
        "catalogue_unknown_programme",
        relief,
        "parent",
        "welfare",
        |v| {
            v["programmes"][2]["parent"] = json!("welfare");
        },
    );
}

#[test]
fn the_likeliest_code_is_offered_first() {
    let issues = issues_after(|v| v["kinds"][0]["programme"] = json!("social_welfare_cahs"));
    let hint = issues[0].hint(Lang::En).unwrap();
    assert!(
        hint.starts_with("use one of `social_welfare_cash`"),
        "{hint}"
    );
}

#[test]
fn a_wrong_code_is_found() {
    for bad in ["Cash", "2cash", "tiền", "cash-transfer", "_cash"] {
        let entry = format!("kinds[0] `{bad}`");
        check("catalogue_bad_code", &entry, "code", bad, |v| {
            v["kinds"][0]["code"] = json!(bad);
        });
    }
    check(
        "catalogue_duplicate_code",
        "kinds[1] `cash_transfer`",
        "code",
        "kinds[0]",
        |v| {
            v["kinds"][1]["code"] = json!("cash_transfer");
        },
    );
    check(
        "catalogue_duplicate_code",
        CLINIC,
        "groups[1]",
        "elderly",
        |v| {
            v["kinds"][2]["groups"][1] = json!("elderly");
        },
    );
    check("catalogue_own_successor", SEED, "successor", "", |v| {
        v["kinds"][1]["successor"] = json!("rice_seed");
    });
    let grounds = "eligible.grounds[1].code";
    check(
        "catalogue_duplicate_code",
        CASH,
        grounds,
        "single_parent",
        |v| {
            let ground = v["kinds"][0]["eligible"]["grounds"][0].clone();
            v["kinds"][0]["eligible"]["grounds"]
                .as_array_mut()
                .unwrap()
                .push(ground);
        },
    );
}

#[test]
fn a_programme_cannot_be_a_part_of_itself() {
    let issues = issues_after(|v| v["programmes"][0]["parent"] = json!("social_welfare_cash"));
    let named: Vec<(&str, &str)> = issues
        .iter()
        .map(|i| (i.code(), i.entry.as_str()))
        .collect();
    assert_eq!(
        named,
        [
            (
                "catalogue_programme_circle",
                "programmes[0] `social_welfare`"
            ),
            (
                "catalogue_programme_circle",
                "programmes[1] `social_welfare_cash`"
            ),
        ]
    );
    let message = issues[0].message(Lang::Vi);
    assert!(message.contains("social_welfare > social_welfare_cash > social_welfare"));
}

#[test]
fn texts_and_lists_cannot_be_empty() {
    check("catalogue_empty_text", CASH, "name.vi", "", |v| {
        v["kinds"][0]["name"]["vi"] = json!(" ");
    });
    check("catalogue_empty_text", CASH, "norms[1].text.en", "", |v| {
        v["kinds"][0]["norms"][1]["text"]["en"] = json!("");
    });
    check(
        "catalogue_empty_text",
        CASH,
        "legal_basis[0].number",
        "",
        |v| {
            v["kinds"][0]["legal_basis"][0]["number"] = json!("");
        },
    );
    check("catalogue_empty_text", "", "name.en", "", |v| {
        v["name"]["en"] = json!("")
    });
    check(
        "catalogue_control_character",
        CASH,
        "name.en",
        "Cash",
        |v| {
            v["kinds"][0]["name"]["en"] = json!("Cash\u{1b}[31m");
        },
    );
    check("catalogue_empty_list", "", "kinds", "", |v| {
        v["kinds"] = json!([])
    });
}

#[test]
fn stages_have_to_fit_the_kind() {
    check("catalogue_no_stages", CASH, "stages", "", |v| {
        v["kinds"][0]["stages"] = json!([]);
    });
    check(
        "catalogue_duplicate_stage",
        CASH,
        "stages[2]",
        "disbursed",
        |v| {
            v["kinds"][0]["stages"] = json!(["approved", "disbursed", "disbursed"]);
        },
    );
    check(
        "catalogue_outcome_stage",
        CASH,
        "stages[2]",
        "rejected",
        |v| {
            v["kinds"][0]["stages"] = json!(["approved", "disbursed", "rejected"]);
        },
    );
    check(
        "catalogue_stages_of_activity",
        CLINIC,
        "stages",
        "held",
        |v| {
            v["kinds"][2]["stages"] = json!(["registered"]);
        },
    );
    check(
        "catalogue_stages_of_activity",
        CASH,
        "stages",
        "held",
        |v| {
            v["kinds"][0]["stages"] = json!(["disbursed", "held"]);
        },
    );
    check(
        "catalogue_default_stage",
        CASH,
        "default_stage",
        "disbursed",
        |v| {
            v["kinds"][0]["stages"] = json!(["proposed", "approved"]);
        },
    );
    check(
        "catalogue_measure_of_activity",
        CLINIC,
        "measure",
        "true",
        |v| {
            v["kinds"][2]["measure"] = json!("service");
        },
    );
}

#[test]
fn norms_and_dates_have_to_be_possible() {
    check(
        "catalogue_overlapping_norms",
        SEED,
        "norms[1]",
        "norms[0]",
        |v| {
            let norm = v["kinds"][1]["norms"][0].clone();
            v["kinds"][1]["norms"].as_array_mut().unwrap().push(norm);
        },
    );
    check(
        "catalogue_reversed_dates",
        CASH,
        "norms[0].effective_to",
        "2024-12-31",
        |v| {
            v["kinds"][0]["norms"][0]["effective_to"] = json!("2024-12-31");
        },
    );
    check(
        "catalogue_reversed_dates",
        "kinds[3] `sewing_course`",
        "valid_to",
        "2020-01-01",
        |v| {
            v["kinds"][3]["valid_to"] = json!("2020-01-01");
        },
    );
    let basis = "legal_basis[0].effective_from";
    check("catalogue_reversed_dates", CASH, basis, "2024-11-03", |v| {
        v["kinds"][0]["legal_basis"][0]["effective_from"] = json!("2024-11-03");
    });
}

#[test]
fn numbers_have_to_fit_the_currency_and_the_unit() {
    check("catalogue_negative", CASH, "norms[0].amount", "-1", |v| {
        v["kinds"][0]["norms"][0]["amount"] = json!("-1");
    });
    check(
        "catalogue_too_fine",
        CASH,
        "norms[0].amount",
        "1.125",
        |v| {
            v["kinds"][0]["norms"][0]["amount"] = json!("1.125");
        },
    );
    check(
        "catalogue_too_fine",
        SEED,
        "norms[0].quantity",
        "1.25",
        |v| {
            v["kinds"][1]["norms"][0]["quantity"] = json!("1.25");
        },
    );
    check("catalogue_no_unit", CASH, "norms[0].quantity", "", |v| {
        v["kinds"][0]["norms"][0]["quantity"] = json!("2");
    });
    check("catalogue_no_unit", SEED, "unit", "", |v| {
        v["kinds"][1].as_object_mut().unwrap().remove("unit");
    });
    check(
        "catalogue_out_of_range",
        CASH,
        "norms[0].max_months",
        "13",
        |v| {
            v["kinds"][0]["norms"][0]["max_months"] = json!(13);
        },
    );
    check(
        "catalogue_out_of_range",
        "units[1] `kg`",
        "decimals",
        "4",
        |v| {
            v["units"][1]["decimals"] = json!(4);
        },
    );
    check("catalogue_currency", "", "currency", "peso", |v| {
        v["currency"] = json!("peso")
    });
}

#[test]
fn norms_for_different_cases_or_times_do_not_overlap() {
    let mut value: Value = serde_json::from_str(OTHER_OFFICE).unwrap();
    let norm = value["kinds"][1]["norms"][0].clone();
    let (mut later, mut upland) = (norm.clone(), norm);
    later["effective_from"] = json!("2026-01-01");
    upland["variant"] = json!({"code": "upland", "name": {"en": "Upland", "vi": "Vùng cao"}});
    value["kinds"][1]["norms"][0]["effective_to"] = json!("2025-12-31");
    value["kinds"][1]["norms"]
        .as_array_mut()
        .unwrap()
        .extend([later, upland]);
    let catalogue = Catalogue::from_json(&value.to_string(), "a.json").unwrap();
    let seed = catalogue.kind("rice_seed").unwrap();
    assert_eq!(seed.norm_on(day("2025-12-31")).len(), 2);
    // A law that reaches back is applied from the earlier day, and then it does overlap.
    value["kinds"][1]["norms"][1]["applies_from"] = json!("2025-12-01");
    let issues = Catalogue::from_json(&value.to_string(), "a.json").unwrap_err();
    assert_eq!(issues[0].code(), "catalogue_overlapping_norms");
}

#[test]
fn members_that_are_unknown_or_missing_are_found() {
    check("catalogue_unknown_member", "", "kindz", "kindz", |v| {
        v["kindz"] = json!([])
    });
    check("catalogue_missing_member", "", "version", "version", |v| {
        v.as_object_mut().unwrap().remove("version");
    });
    check(
        "catalogue_missing_member",
        "",
        "programmes",
        "programmes",
        |v| {
            v.as_object_mut().unwrap().remove("programmes");
        },
    );
    check("catalogue_wrong_value", "", "kinds", "{}", |v| {
        v["kinds"] = json!({})
    });
    check("catalogue_wrong_value", "", "version", "-1", |v| {
        v["version"] = json!(-1)
    });
    check(
        "catalogue_unknown_member",
        CASH,
        "norms[0].amout",
        "amout",
        |v| {
            v["kinds"][0]["norms"][0]["amout"] = json!("1");
        },
    );
    check(
        "catalogue_missing_member",
        SEED,
        "measure",
        "measure",
        |v| {
            v["kinds"][1].as_object_mut().unwrap().remove("measure");
        },
    );
    check(
        "catalogue_missing_member",
        SEED,
        "norms[0].per",
        "per",
        |v| {
            v["kinds"][1]["norms"][0]
                .as_object_mut()
                .unwrap()
                .remove("per");
        },
    );
}

#[test]
fn a_value_of_another_form_is_found() {
    check("catalogue_unknown_value", CASH, "cadence", "weekly", |v| {
        v["kinds"][0]["cadence"] = json!("weekly");
    });
    check(
        "catalogue_wrong_value",
        CASH,
        "norms[0].amount",
        "1250.5",
        |v| {
            v["kinds"][0]["norms"][0]["amount"] = json!(1250.5);
        },
    );
    check(
        "catalogue_wrong_value",
        CASH,
        "norms[0].effective_from",
        "2025-1-1",
        |v| {
            v["kinds"][0]["norms"][0]["effective_from"] = json!("2025-1-1");
        },
    );
    check(
        "catalogue_wrong_value",
        CASH,
        "norms[0].effective_from",
        "2025-02-30",
        |v| {
            v["kinds"][0]["norms"][0]["effective_from"] = json!("2025-02-30");
        },
    );
    check("catalogue_wrong_value", "kinds[0]", "", "5", |v| {
        v["kinds"][0] = json!(5)
    });
    check("catalogue_too_many", "", "groups", "2001", |v| {
        let group = |n| json!({"code": format!("g{n}"), "name": {"en": "a", "vi": "b"}});
        v["groups"] = (0..2001).map(group).collect();
        // The clinic's own groups are then unknown, which is not a second fault.
    });
}

#[test]
fn a_member_that_is_there_twice_is_found_at_every_depth() {
    let twice = OTHER_OFFICE.replace("\"version\": 3", "\"version\": 3, \"version\": 4");
    let issues = Catalogue::from_json(&twice, "wrong.json").unwrap_err();
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0].code(), "catalogue_duplicate_member");
    let twice = OTHER_OFFICE.replace(
        "\"per\": \"household\"",
        "\"per\": \"year\", \"per\": \"day\"",
    );
    let issues = Catalogue::from_json(&twice, "wrong.json").unwrap_err();
    let issue = &issues[0];
    assert_eq!(issue.code(), "catalogue_duplicate_member");
    assert_eq!(
        (issue.entry.as_str(), issue.field.as_str()),
        (SEED, "norms[0].per")
    );
}

#[test]
fn broken_json_names_its_line_and_column() {
    let broken = "{\n  \"code\": \"thử\", ?\n}";
    let issues = Catalogue::from_json(broken, "wrong.json").unwrap_err();
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0].code(), "catalogue_not_json");
    assert_eq!(issues[0].place.map(|place| place.line), Some(2));
    let message = issues[0].message(Lang::Vi);
    assert!(message.starts_with("wrong.json, dòng 2, cột "), "{message}");
    for text in ["", "[]", "null", "{", "\u{feff}"] {
        let issues = Catalogue::from_json(text, "wrong.json").unwrap_err();
        assert_eq!(issues[0].code(), "catalogue_not_json", "{text:?}");
    }
}

#[test]
fn a_wrong_value_names_its_line_and_column_in_characters() {
    let at = |text: &str| Catalogue::from_json(text, "a.json").unwrap_err()[0].place;
    let wrong = OTHER_OFFICE.replace("\"1250.5\"", "12");
    let line = wrong
        .lines()
        .position(|line| line.contains("\"amount\": 12,"))
        .unwrap()
        + 1;
    assert_eq!(at(&wrong), Some(Place { line, column: 21 }));
    let one_line = r#"{"description": {"vi": "ổ", "en": 1}}"#;
    let issues = Catalogue::from_json(one_line, "a.json").unwrap_err();
    let issue = issues
        .iter()
        .find(|issue| issue.field == "description.en")
        .unwrap();
    assert_eq!(
        issue.place,
        Some(Place {
            line: 1,
            column: 35
        })
    );
}

#[test]
fn a_catalogue_that_is_too_large_is_not_read() {
    let large = " ".repeat(Catalogue::LARGEST_BYTES + 1);
    let issues = Catalogue::from_json(&large, "wrong.json").unwrap_err();
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0].code(), "catalogue_too_large");
    assert!(Catalogue::built_in_json().len() * 8 < Catalogue::LARGEST_BYTES);
}

#[test]
fn a_file_saved_with_a_byte_order_mark_is_read() {
    let marked = format!("\u{feff}{OTHER_OFFICE}");
    assert!(Catalogue::from_json(&marked, "a.json").is_ok());
}

#[test]
fn all_issues_come_at_once_and_none_follows_from_another() {
    let issues = issues_after(|v| {
        v["version"] = json!("three");
        v["kinds"][0]["cadence"] = json!("weekly");
        v["kinds"][1]["unit"] = json!("kilo");
        v["kinds"][1]["name"]["vi"] = json!("");
        // Unreadable, yet still known to the two programmes that name it.
        v["programmes"][0]["kind"] = json!("x");
        v["units"][2]["decimals"] = json!(9);
    });
    let mut found: Vec<(String, String)> = issues
        .iter()
        .map(|issue| (issue.entry.clone(), issue.field.clone()))
        .collect();
    found.sort();
    let expected = [
        ("", "version"),
        (CASH, "cadence"),
        (SEED, "name.vi"),
        (SEED, "unit"),
        ("programmes[0] `social_welfare`", "kind"),
        ("units[2] `visit`", "decimals"),
    ];
    assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn validation_of_a_catalogue_in_memory_names_no_file() {
    let mut catalogue = built_in();
    let position = catalogue
        .kinds
        .iter()
        .position(|kind| kind.code.as_str() == "livestock");
    let position = position.unwrap();
    catalogue.kinds[position].unit = None;
    catalogue.kinds[position].measure = Measure::Goods;
    let issues = catalogue.validate();
    assert_eq!(issues.len(), 1);
    let entry = format!("{}[{position}] `livestock`", List::Kinds.member());
    assert_eq!(issues[0].entry, entry);
    assert!(issues[0].to_string().starts_with(&entry));
}

proptest! {
    /// Whatever bytes a file holds, reading ends with a catalogue or with issues that can be said.
    #[test]
    fn any_cut_or_changed_file_is_read_or_explained(at in 0usize..4000, byte in any::<u8>()) {
        let mut bytes = OTHER_OFFICE.as_bytes().to_vec();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        let changed = String::from_utf8_lossy(&bytes);
        let cut: String = OTHER_OFFICE.chars().take(at).collect();
        for text in [changed.as_ref(), cut.as_str()] {
            match Catalogue::from_json(text, "any.json") {
                Ok(catalogue) => prop_assert!(catalogue.validate().is_empty()),
                Err(issues) => {
                    prop_assert!(!issues.is_empty());
                    for issue in issues {
                        prop_assert!(issue.message(Lang::Vi).contains("any.json"));
                        prop_assert!(issue.hint(Lang::En).is_some());
                    }
                }
            }
        }
    }
}
