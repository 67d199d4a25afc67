//! Days in a catalogue: `YYYY-MM-DD` and nothing else, years 1900 to 2199.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serializer};

const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// Writes a day that is present.
pub(super) fn serialize<S: Serializer>(
    day: &Option<NaiveDate>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match day {
        Some(day) => serializer.collect_str(day),
        None => serializer.serialize_none(),
    }
}

/// Reads a day in its one form. chrono alone would also take `2023-4-5`.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<NaiveDate>, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    text.parse::<NaiveDate>()
        .ok()
        .filter(|day| YEARS.contains(&day.year()) && day.to_string() == text)
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a day")))
}

/// The JSON Schema of a day.
pub(super) struct IsoDay;

impl JsonSchema for IsoDay {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "IsoDay".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date",
            "pattern": "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"
        })
    }
}
