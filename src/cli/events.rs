//! `socai events`: the log as it is, one event a line.

use serde_json::Value;

use super::args::EventsArgs;
use super::console::{Console, Failure};
use super::open::Place;
use crate::domain::code::Code;
use crate::domain::event::Event;
use crate::domain::personal::{Personal, Sealed};
use crate::domain::tags::household_tag;
use crate::log::{EventRead, Events, StoredEvent, codec};
use crate::office::OfficeError;
use crate::office::personal::PersonalReader;
use crate::office::views;

/// Runs the command. With `--raw` the lines are exactly the hashed bytes, and no event needs to be
/// understood; without it personal fields are opened where their keys exist.
///
/// # Errors
/// [`Failure`] when the ledger cannot be read.
pub fn run(console: &mut Console<'_>, place: &Place, args: &EventsArgs) -> Result<(), Failure> {
    let log = place.journal(console)?;
    let keys = place.keys(console)?;
    let ledger = log.ledger().to_string();
    let reader = PersonalReader::new(&keys, &ledger).watched(Some(&*place.access));
    let head = log.head().seq;
    let (from, to) = (
        args.from.unwrap_or(1).max(1),
        args.to.unwrap_or(head).min(head),
    );
    let told = |console: &Console<'_>, error| console.failure(&OfficeError::Log(error));
    let wanted = match &args.household {
        Some(code) => {
            let code = Code::new(code).map_err(|error| {
                console.wrong("--household", code, "không phải mã hộ", &error.to_string())
            })?;
            let tag = household_tag(&code);
            let found = views::tagged(&log, &place.dir, &tag);
            Some(match found.map_err(|error| console.failure(&error))? {
                Some(places) => places,
                None => log.tagged(&tag).map_err(|error| told(console, error))?,
            })
        }
        None => None,
    };
    if from > to {
        return Ok(());
    }
    let stored: Events<'_> = match wanted {
        Some(mut places) => {
            places.retain(|place| (from..=to).contains(place));
            let events = log.read_each(&places);
            let events = events.map_err(|error| told(console, error))?;
            Box::new(events.into_iter().map(Ok))
        }
        None => log.read(from, to).map_err(|error| told(console, error))?,
    };
    for stored in stored {
        let stored = stored.map_err(|error| told(console, error))?;
        let is_type = |kind: &String| type_of(&stored).is_some_and(|found| found == *kind);
        if !args.kind.as_ref().is_none_or(is_type) {
            continue;
        }
        if args.raw {
            console.out.write_all(&stored.bytes)?;
            console.out.write_all(b"\n")?;
        } else {
            let line = opened_line(&reader, &stored).map_err(|error| console.failure(&error))?;
            console.line(line)?;
        }
    }
    Ok(())
}

fn type_of(stored: &StoredEvent) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Typed {
        #[serde(rename = "type")]
        kind: String,
    }
    serde_json::from_slice::<Typed>(&stored.bytes)
        .ok()
        .map(|typed| typed.kind)
}

/// The stored event with its personal fields opened in their places.
fn opened_line(reader: &PersonalReader<'_>, stored: &StoredEvent) -> Result<String, OfficeError> {
    let mut event =
        codec::decode(&stored.bytes).map_err(|error| OfficeError::Decode(stored.seq, error))?;
    let mut value: Value = serde_json::from_slice(&stored.bytes).unwrap_or_default();
    reader.open_event(&mut event);
    if let Some(data) = value.get_mut("data") {
        put_opened(data, &event);
    }
    Ok(value.to_string())
}

/// The data of an event, with what is opened in the place of what is sealed.
pub fn open_data(event: &Event) -> Value {
    let mut copy = event.clone();
    // An open field has no written form: it is taken out, and put back as a text.
    copy.body.each_personal_mut(&mut |_, value| {
        if value.open_text().is_some()
            && let Some(sealed) = placeholder()
        {
            *value = Personal::from(sealed);
        }
    });
    let mut data = serde_json::to_value(&copy.body).unwrap_or_default();
    put_opened(&mut data, event);
    data
}

fn placeholder() -> Option<Sealed> {
    let length = |length| "0".repeat(length);
    let c = length(Sealed::SHORTEST_C);
    Sealed::new(
        c,
        length(Sealed::KEY_ID_LENGTH),
        length(Sealed::NONCE_LENGTH),
    )
    .ok()
}

fn put_opened(data: &mut Value, event: &Event) {
    event.body.each_personal(&mut |place, value| {
        let Some(text) = value.open_text() else {
            return;
        };
        let slot = place
            .split('.')
            .try_fold(&mut *data, |at, name| at.get_mut(name));
        if let Some(slot) = slot {
            *slot = Value::String(text.to_owned());
        }
    });
}
