//! The schemas are those of the code, and every event keeps to its own.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};
use socai::domain::{Body, Catalogue};

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

/// Every event type's schema, compiled.
struct Types {
    schemas: Schemas,
    by_name: BTreeMap<String, SchemaIndex>,
}

impl Types {
    fn load() -> Types {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let mut by_name = BTreeMap::new();
        for (name, schema) in socai::cli::schema::all() {
            let url = format!("https://socai.invalid/{name}");
            compiler.add_resource(&url, schema).unwrap();
            by_name.insert(name, compiler.compile(&url, &mut schemas).unwrap());
        }
        Types { schemas, by_name }
    }

    fn check(&self, event: &Value) -> Result<(), String> {
        let name = format!("events/{}.v1.json", event["type"].as_str().unwrap());
        let index = self.by_name[&name];
        self.schemas
            .validate(event, index)
            .map_err(|error| format!("{error:#}"))
    }
}

#[test]
fn the_files_are_what_the_code_gives() {
    let all = socai::cli::schema::all();
    for (name, schema) in &all {
        let file = fs::read_to_string(schemas().join(name)).unwrap_or_default();
        let same = file == socai::cli::schema::pretty(schema);
        assert!(
            same,
            "schemas/{name} is old: cargo run -- schema --output schemas"
        );
    }
    let types: BTreeSet<&str> = Body::type_names().into_iter().collect();
    for file in fs::read_dir(schemas().join("events")).unwrap() {
        // Schemas of older versions stay for ever; their bytes are pinned (tests/versions.rs).
        let name = file.unwrap().file_name().into_string().unwrap();
        let (of, v) = name.trim_end_matches(".json").rsplit_once(".v").unwrap();
        assert!(types.contains(of), "{name}: a schema without its type");
        assert!(
            v.parse::<u32>().unwrap() <= Body::version_of(of).unwrap(),
            "{name}"
        );
    }
}

fn demo_events() -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("demo");
    let ledger = ledger.to_str().unwrap();
    let run = |arguments: &[&str]| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let arguments = std::iter::once("socai")
            .chain(arguments.iter().copied())
            .map(Into::into);
        assert_eq!(socai::cli::run(arguments, &mut out, &mut err, false), 0);
        String::from_utf8(out).unwrap()
    };
    run(&["demo", ledger]);
    for command in [
        vec![
            "correct",
            "LOAN-2023-001",
            "--amount",
            "1000000",
            "--reason",
            "a test",
        ],
        vec!["reverse", "LOAN-2023-002", "--reason", "a test"],
        vec![
            "advance",
            "HOUSING-2023-001",
            "--to",
            "approved",
            "--on",
            "2023-05-01",
        ],
        vec![
            "record",
            "recovery",
            "LOAN-2023-001",
            "--amount",
            "5000",
            "--on",
            "2023-06-01",
            "--reason",
            "a test",
        ],
    ] {
        let mut arguments = vec!["--ledger", ledger];
        arguments.extend(command);
        run(&arguments);
    }
    let raw = run(&["--ledger", ledger, "events", "--raw"]);
    raw.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_event_of_the_demo_keeps_to_its_schema_and_no_other_form_does() {
    let types = Types::load();
    let events = demo_events();
    assert!(events.len() > 2_600);
    for event in &events {
        types
            .check(event)
            .unwrap_or_else(|error| panic!("{error}\n{event}"));
    }
    let loan = events
        .iter()
        .find(|event| event["data"]["funding"].is_array())
        .unwrap();
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut event = loan.clone();
        change(&mut event);
        assert!(types.check(&event).is_err(), "{event}");
    };
    broken(&|event| event["data"]["funding"][0]["amount"] = json!(1.5));
    broken(&|event| event["data"]["funding"][0]["amount"] = json!("1.50"));
    broken(&|event| event["data"]["class"] = Value::Null);
    broken(&|event| event["data"]["surprise"] = json!(1));
    broken(&|event| event["data"]["note"] = json!("an open note"));
    broken(&|event| event["seq"] = json!(0));
    broken(&|event| event["late"] = json!(false));
    broken(&|event| event["at"] = json!("2023-04-12T03:04:05Z"));
    broken(&|event| drop(event.as_object_mut().unwrap().remove("by")));
}

#[test]
fn the_built_in_catalogue_keeps_to_its_schema() {
    let types = Types::load();
    let catalogue: Value = serde_json::from_str(Catalogue::built_in_json()).unwrap();
    let index = types.by_name["catalogue.schema.json"];
    types
        .schemas
        .validate(&catalogue, index)
        .unwrap_or_else(|error| panic!("{error:#}"));
}
