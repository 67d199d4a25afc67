//! `socai schema`: JSON Schemas (2020-12) of the events, from the program's own types.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::args::SchemaArgs;
use super::console::{Console, Failure};
use crate::domain::catalogue::Catalogue;
use crate::domain::event::{Actor, Body, Document, Source};
use crate::domain::finding::Finding;
use crate::office::OfficeError;

/// Every schema with the name of its file.
pub fn all() -> Vec<(String, Value)> {
    let mut files: Vec<(String, Value)> = Body::type_names()
        .into_iter()
        .filter_map(|name| {
            let v = Body::version_of(name)?;
            Some((format!("events/{name}.v{v}.json"), event(name)?))
        })
        .collect();
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut catalogue = generator.into_root_schema_for::<Catalogue>().to_value();
    if let Some(object) = catalogue.as_object_mut() {
        object.insert("title".to_owned(), json!("A support catalogue"));
    }
    files.push(("catalogue.schema.json".to_owned(), catalogue));
    files
}

/// The schema of a whole event of a type.
pub fn event(type_name: &str) -> Option<Value> {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let data = Body::data_schema(type_name, &mut generator)?.to_value();
    let v = Body::version_of(type_name)?;
    let by = generator.subschema_for::<Actor>().to_value();
    let document = generator.subschema_for::<Document>().to_value();
    let source = generator.subschema_for::<Source>().to_value();
    let finding = generator.subschema_for::<Finding>().to_value();
    let definitions = generator.take_definitions(true);
    let uuid = json!({ "type": "string", "format": "uuid" });
    let moment = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$";
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("{type_name} v{v}"),
        "type": "object",
        "additionalProperties": false,
        "required": ["at", "by", "data", "id", "ledger", "seq", "type", "v"],
        "properties": {
            "at": { "type": "string", "pattern": moment },
            "batch": uuid,
            "by": by,
            "data": data,
            "document": document,
            "findings": { "type": "array", "minItems": 1, "items": finding },
            "id": uuid,
            "late": { "const": true },
            "ledger": { "type": "string", "pattern": "^[0-9a-f]{32}$" },
            "reason": { "type": "string", "minLength": 1 },
            "seq": { "type": "integer", "minimum": 1, "maximum": 9_007_199_254_740_991_u64 },
            "source": source,
            "type": { "const": type_name },
            "v": { "const": v },
        },
        "$defs": definitions,
    });
    forbid_null(&mut schema);
    Some(schema)
}

/// An absent member is left out of an event: null never stands for it.
fn forbid_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let null = json!("null");
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| *name != null);
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
                choices.retain(|choice| choice.get("type") != Some(&null));
                if let [only] = choices.as_slice()
                    && let Some(only) = only.as_object().cloned()
                {
                    object.remove("anyOf");
                    object.extend(only);
                }
            }
            object.values_mut().for_each(forbid_null);
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_null),
        _ => {}
    }
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when there is no such type, or the folder cannot be written.
pub fn run(console: &mut Console<'_>, args: &SchemaArgs) -> Result<(), Failure> {
    if let Some(dir) = &args.output {
        for (name, schema) in all() {
            let path = dir.join(&name);
            let written = path
                .parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| std::fs::write(&path, pretty(&schema)));
            let file = path.display().to_string();
            written.map_err(|error| console.failure(&OfficeError::File(file, error)))?;
        }
        return Ok(());
    }
    match args.name.as_deref() {
        None => {
            for name in Body::type_names() {
                console.line(name)?;
            }
            console.line("catalogue")
        }
        Some(name) => {
            let wanted = |(file, _): &(String, Value)| {
                *file == format!("events/{name}.v1.json") || *file == format!("{name}.schema.json")
            };
            let (_, schema) = all().into_iter().find(wanted).ok_or_else(|| {
                console.wrong(
                    "schema",
                    name,
                    "không có loại sự kiện này",
                    "there is no such type",
                )
            })?;
            let text = pretty(&schema);
            console.line(text.trim_end())
        }
    }
}

/// A schema as its file has it.
pub fn pretty(schema: &Value) -> String {
    let mut text = serde_json::to_string_pretty(schema).unwrap_or_default();
    text.push('\n');
    text
}
