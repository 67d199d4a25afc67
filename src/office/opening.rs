//! Opening a new ledger: its first events.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::error::OfficeError;
use super::recording::id_by_hand;
use crate::domain::adoption::Adoption;
use crate::domain::catalogue::Catalogue;
use crate::domain::code::Code;
use crate::domain::event::{Actor, Body, Event};
use crate::domain::ledger::{
    ActorRegistered, CatalogueAdopted, ContentPart, LedgerOpened, TemplateAdopted, UnitLevel,
    UnitRegistered,
};
use crate::domain::state::SEMANTICS;
use crate::domain::tags::body_tags;
use crate::log::random::Random;
use crate::log::{Clock, Condition, EventLog, NewEvent, codec};

/// What the office is given from outside: time, randomness, and somebody to tell how far it is.
pub struct Tools {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for keys, nonces and ids.
    pub random: Box<dyn Random>,
    /// The language of files made for people, such as the rejected rows of a list.
    pub lang: crate::domain::Lang,
    /// Told how many of how many entries are decided.
    pub progress: Option<Box<dyn FnMut(usize, usize) + Send>>,
}

impl Tools {
    /// Tools that tell nobody how far they are.
    pub fn new(clock: Arc<dyn Clock>, random: Box<dyn Random>) -> Tools {
        Tools {
            clock,
            random,
            lang: crate::domain::Lang::Vi,
            progress: None,
        }
    }

    pub(super) fn tick(&mut self, done: usize, of: usize) {
        if let Some(progress) = &mut self.progress {
            progress(done, of);
        }
    }
}

/// What a new ledger begins with.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The official code of the unit, such as `01990`.
    pub unit: Code,
    /// What people call the unit.
    pub name: String,
    /// The day the unit came into being under this code, where that is known.
    pub valid_from: Option<chrono::NaiveDate>,
    /// The offset from UTC.
    pub offset: String,
    /// The catalogue's text and the name of its file.
    pub catalogue: (String, String),
    /// Report templates: code, version and text.
    pub templates: Vec<(Code, u32, String)>,
    /// The first official.
    pub actor: Actor,
    /// The verifier key of the checkpoints.
    pub key: String,
    /// The origin line of the checkpoints.
    pub origin: String,
}

impl Opening {
    /// The beginning of a ledger at UTC+7 with the built-in Vietnamese catalogue, without
    /// templates and without a key for checkpoints.
    pub fn built_in(unit: Code, actor: Actor) -> Opening {
        Opening {
            name: unit.to_string(),
            origin: format!("socai/{unit}"),
            unit,
            valid_from: None,
            offset: "+07:00".to_owned(),
            catalogue: (
                Catalogue::built_in_json().to_owned(),
                "vietnam.json".to_owned(),
            ),
            templates: Vec::new(),
            actor,
            key: "none".to_owned(),
        }
    }
}

/// Parts of a text: an event holds 65,535 bytes, and JSON can double a text's length.
const PART_BYTES: usize = 24_000;

/// Appends the first events of a ledger.
///
/// # Errors
/// When the catalogue has errors, or the log cannot be written.
pub fn open<L: EventLog>(
    log: &mut L,
    tools: &mut Tools,
    opening: &Opening,
) -> Result<(), OfficeError> {
    let (text, file) = &opening.catalogue;
    let catalogue = Catalogue::from_json(text, file).map_err(OfficeError::Catalogue)?;
    let canonical = serde_json::to_string(&catalogue).unwrap_or_else(|_| text.clone());
    let actor = Code::new(&opening.actor.id)
        .map_err(|error| crate::domain::rejection::Rejection::BadCode(error.to_string()))?;
    let unit_id = match opening.valid_from {
        Some(date) => {
            Code::new(&format!("{}@{date}", opening.unit)).unwrap_or(opening.unit.clone())
        }
        None => opening.unit.clone(),
    };
    let mut bodies = vec![
        Body::LedgerOpened(Box::new(LedgerOpened {
            currency: catalogue.currency.clone(),
            key: opening.key.clone(),
            name: opening.name.clone(),
            offset: opening.offset.clone(),
            origin: opening.origin.clone(),
            semantics: SEMANTICS,
            unit: unit_id.clone(),
        })),
        Body::ActorRegistered(Box::new(ActorRegistered {
            actor,
            name: opening.actor.name.clone(),
            office: opening.actor.office.clone(),
        })),
        Body::UnitRegistered(Box::new(UnitRegistered {
            code: Some(opening.unit.clone()),
            level: UnitLevel::Commune,
            name: opening.name.clone(),
            parent: None,
            unit: unit_id,
            valid_from: opening.valid_from,
        })),
    ];
    let sha256 = content(&mut bodies, &canonical);
    let (code, version) = (catalogue.code.clone(), catalogue.version);
    let adopted = CatalogueAdopted {
        catalogue: code,
        sha256,
        version,
    };
    bodies.push(Body::CatalogueAdopted(Box::new(adopted)));
    for (template, version, text) in &opening.templates {
        let sha256 = content(&mut bodies, text);
        let adopted = TemplateAdopted {
            sha256,
            template: template.clone(),
            version: *version,
        };
        bodies.push(Body::TemplateAdopted(Box::new(adopted)));
    }
    append(log, tools, opening, bodies)
}

/// A catalogue on its way into the ledger: its canonical text in parts, with the digest by which it
/// is named.
///
/// # Errors
/// [`OfficeError::Catalogue`] with everything that is wrong with the text.
pub fn adoption(text: &str, file: &str) -> Result<Adoption, OfficeError> {
    let catalogue = Catalogue::from_json(text, file).map_err(OfficeError::Catalogue)?;
    let canonical = serde_json::to_string(&catalogue).unwrap_or_else(|_| text.to_owned());
    let mut bodies = Vec::new();
    let sha256 = content(&mut bodies, &canonical);
    let parts = bodies.into_iter().filter_map(|body| match body {
        Body::ContentPart(part) => Some(*part),
        _ => None,
    });
    Ok(Adoption {
        catalogue,
        parts: parts.collect(),
        sha256,
    })
}

/// Adds the parts of a text, and gives the digest by which it is named.
pub(super) fn content(bodies: &mut Vec<Body>, text: &str) -> String {
    let sha256 = hex(&Sha256::digest(text.as_bytes()));
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(PART_BYTES);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (part, left) = rest.split_at(end);
        parts.push(part);
        rest = left;
    }
    let of = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    for (index, part) in (0u32..).zip(parts) {
        let (sha256, text) = (sha256.clone(), part.to_owned());
        bodies.push(Body::ContentPart(Box::new(ContentPart {
            index,
            of,
            sha256,
            text,
        })));
    }
    sha256
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn append<L: EventLog>(
    log: &mut L,
    tools: &mut Tools,
    opening: &Opening,
    bodies: Vec<Body>,
) -> Result<(), OfficeError> {
    let at_ms = tools.clock.now_ms();
    let batch = Some(id_by_hand(tools, at_ms));
    let mut events = Vec::with_capacity(bodies.len());
    for body in bodies {
        let event = Event {
            at_ms,
            batch,
            by: opening.actor.clone(),
            id: id_by_hand(tools, at_ms),
            ledger: log.ledger().to_string(),
            seq: 0,
            document: None,
            findings: Vec::new(),
            late: false,
            reason: None,
            source: None,
            body,
        };
        let members = codec::members(&event).map_err(|_| OfficeError::Unsealed)?;
        events.push(NewEvent {
            id: event.id,
            members,
            tags: body_tags(&event.body),
        });
    }
    log.append(events, &Condition::default())?;
    Ok(())
}
