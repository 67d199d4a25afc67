//! `socai init`: a new ledger.

use std::path::Path;

use serde_json::json;

use super::args::InitArgs;
use super::console::{Console, Failure};
use super::open::{self, Place};
use super::values;
use crate::domain::catalogue::Catalogue;
use crate::domain::code::Code;
use crate::domain::event::Actor;
use crate::log::checkpoint::CheckpointError;
use crate::log::keys::{KeyError, KeyStore};
use crate::log::note::Signer;
use crate::log::{EventRead, JournalReader, LedgerId, LogError, LogOptions, SledLog};
use crate::office::opening::{self, Opening};
use crate::office::{OfficeError, Tools};
use crate::report::Template;

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the folder is taken, an option is wrong, or the disk cannot be written.
pub fn run(console: &mut Console<'_>, place: &Place, args: &InitArgs) -> Result<(), Failure> {
    let catalogue = match &args.catalogue {
        Some(path) => {
            let name = path.display().to_string();
            (values::file(console, path, Catalogue::LARGEST_BYTES)?, name)
        }
        None => built_in_catalogue(),
    };
    let user = place
        .by
        .clone()
        .or_else(open::system_user)
        .unwrap_or_else(|| "admin".to_owned());
    let unit_since = args.unit_since.as_ref();
    let unit_since = unit_since
        .map(|text| values::date(console, "--unit-since", text))
        .transpose()?;
    if !is_offset(&args.offset) {
        return Err(console.wrong(
            "--offset",
            &args.offset,
            "phải có dạng +07:00",
            "must have the form +07:00",
        ));
    }
    let wanted = Wanted {
        unit: values::code(console, "--unit", &args.unit)?,
        name: crate::import::text::normalised(&args.name),
        valid_from: unit_since,
        offset: args.offset.clone(),
        catalogue,
        actor: Actor {
            name: args.actor_name.clone().unwrap_or_else(|| user.clone()),
            id: user,
            office: values::text(args.office.as_ref()),
        },
    };
    let mut tools = place.tools();
    let id = create(&place.dir, wanted, place.options(), &mut tools)
        .map_err(|error| console.failure(&error))?;
    if console.is_json() {
        let dir = place.dir.display().to_string();
        return console.json(&json!({ "ledger": id.to_string(), "dir": dir }));
    }
    let dir = place.dir.display();
    console.line(console.pick(
        format!("Đã mở sổ {id} tại {dir}"),
        format!("Opened ledger {id} at {dir}"),
    ))?;
    console.line(console.pick(
        "Tiếp theo: socai import households DANH_SACH.csv",
        "Next: socai import households LIST.csv",
    ))
}

fn is_offset(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    bytes.len() == 6
        && matches!(bytes.first(), Some(b'+' | b'-'))
        && bytes.get(3) == Some(&b':')
        && [1, 2, 4, 5].into_iter().all(digit)
}

/// The built-in catalogue with the name it goes by in messages.
pub fn built_in_catalogue() -> (String, String) {
    (
        Catalogue::built_in_json().to_owned(),
        "vietnam.json".to_owned(),
    )
}

/// What a new ledger should begin with.
pub struct Wanted {
    /// The official code of the unit.
    pub unit: Code,
    /// What people call it.
    pub name: String,
    /// The day it came into being under this code.
    pub valid_from: Option<chrono::NaiveDate>,
    /// The offset from UTC.
    pub offset: String,
    /// The catalogue's text and the name of its file.
    pub catalogue: (String, String),
    /// The first official.
    pub actor: Actor,
}

/// Makes the folder, the keys and the log, and appends the first events.
///
/// # Errors
/// When the folder is taken, the catalogue has errors, or the disk cannot be written. The catalogue
/// is checked before anything is written.
pub fn create(
    dir: &Path,
    wanted: Wanted,
    options: LogOptions,
    tools: &mut Tools,
) -> Result<LedgerId, OfficeError> {
    let (text, file) = &wanted.catalogue;
    Catalogue::from_json(text, file).map_err(OfficeError::Catalogue)?;
    let mut bytes = [0; 16];
    tools.random.fill(&mut bytes);
    let id = LedgerId::new(bytes);
    let mut log = begin(dir, id, options)?;
    let id = log.ledger();
    let (keys, folder) = (id.to_string(), dir.join("keys"));
    let keys = if folder.exists() {
        let found = KeyStore::open(&folder)?;
        found.check_ledger(&keys)?;
        found
    } else {
        KeyStore::create(&folder, &keys, tools.random.as_mut())?
    };
    let seed = match keys.signing_seed() {
        Err(KeyError::SeedMissing { .. }) => keys.create_signing_seed(tools.random.as_mut())?,
        other => other?,
    };
    let origin = format!("socai/{}/{id}", ascii(wanted.unit.as_str()));
    let signer = Signer::new(&origin, &seed).map_err(CheckpointError::from)?;
    let templates = Template::built_in()
        .into_iter()
        .filter_map(|(code, version, text)| Some((Code::new(code).ok()?, version, text.to_owned())))
        .collect();
    let opening = Opening {
        unit: wanted.unit,
        name: wanted.name,
        valid_from: wanted.valid_from,
        offset: wanted.offset,
        catalogue: wanted.catalogue,
        templates,
        actor: wanted.actor,
        key: signer.verifier().to_string(),
        origin,
    };
    opening::open(&mut log, tools, &opening)?;
    log.close()?;
    Ok(id)
}

/// Makes the log, or takes up one that has no event yet: what an `init` that was cut short left.
fn begin(dir: &Path, id: LedgerId, options: LogOptions) -> Result<SledLog, OfficeError> {
    match SledLog::create(dir, id, options.clone()) {
        Err(LogError::LedgerExists { .. })
            if JournalReader::open(dir, &options).is_ok_and(|log| log.head().seq == 0) =>
        {
            Ok(SledLog::open(dir, options)?)
        }
        other => Ok(other?),
    }
}

/// An origin line holds no spaces and no plus sign.
fn ascii(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}
