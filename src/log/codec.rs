//! Events to canonical bytes and back.
//!
//! The canonical form is RFC 8785 (JCS) narrowed: member names match `[a-z][a-z0-9_]*`, numbers
//! are integers from 0 to 2^53-1, amounts and quantities are strings, `null` and empty values never
//! appear. `serde_json` escapes strings exactly as RFC 8785 asks, so writing members in
//! alphabetical order is all it takes. **The reader accepts an event only if encoding it again
//! gives the same bytes**: there is one form of an event, and a hash covers it.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::canonical::{self, writer};
use super::event::{Envelope, Stamp, format_at};
use super::members::{Members, put_number};
use crate::domain::event::{Actor, Bodies, Body, BodyError, Document, Event, Happened, Source};
use crate::domain::finding::Finding;
use crate::domain::language::{Explain, Lang};

/// Why bytes are not an event of this program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not JSON, or not of the shape of an event.
    #[error("not an event: {0}")]
    Malformed(String),
    /// Another form of the same content: hashes would not be comparable.
    #[error("not in canonical form")]
    NotCanonical,
    /// A later program wrote it.
    #[error("an event of type {0} version {1} needs a newer program")]
    Newer(String, u32),
}

impl Explain for DecodeError {
    fn code(&self) -> &'static str {
        match self {
            DecodeError::Malformed(_) => "malformed_event",
            DecodeError::NotCanonical => "not_canonical",
            DecodeError::Newer(..) => "newer_ledger",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            DecodeError::Malformed(why) => (
                format!("không phải là sự kiện: {why}"),
                format!("not an event: {why}"),
            ),
            DecodeError::NotCanonical => (
                "sự kiện không ở dạng chuẩn".to_owned(),
                "the event is not in canonical form".to_owned(),
            ),
            DecodeError::Newer(name, v) => (
                format!("sổ có sự kiện “{name}” phiên bản {v}, chương trình này chưa biết"),
                format!(
                    "the ledger holds an event \"{name}\" version {v} that this program does not know"
                ),
            ),
        };
        lang.pick(vi, en)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        matches!(self, DecodeError::Newer(..)).then(|| {
            lang.pick(
                "hãy dùng phiên bản socai mới hơn",
                "use a newer version of socai",
            )
            .to_owned()
        })
    }
}

/// Writes a moment as events have it: UTC with milliseconds.
pub fn format_moment(at_ms: i64) -> String {
    format_at(at_ms).unwrap_or_else(|| {
        DateTime::<Utc>::from_timestamp_millis(at_ms)
            .unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Millis, true)
    })
}

/// Reads a moment of RFC 3339 into milliseconds since 1970.
pub fn parse_moment(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|moment| moment.timestamp_millis())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read<'a> {
    #[serde(borrow)]
    at: std::borrow::Cow<'a, str>,
    batch: Option<Uuid>,
    by: Actor,
    #[serde(borrow)]
    data: &'a RawValue,
    document: Option<Document>,
    #[serde(default)]
    findings: Vec<Finding>,
    id: Uuid,
    #[serde(default)]
    late: bool,
    ledger: String,
    reason: Option<String>,
    seq: u64,
    source: Option<Source>,
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
    v: u32,
}

/// Writes an event in canonical form.
///
/// # Errors
/// Only when a personal field is still open: it must be sealed first.
pub fn encode<B: Bodies>(event: &Event<B>) -> Result<Vec<u8>, serde_json::Error> {
    Ok(line(event, &members(event)?))
}

/// The whole event, from its members and what the log itself says in it.
fn line<B>(event: &Event<B>, members: &Members) -> Vec<u8> {
    let stamp = Stamp::of(format_moment(event.at_ms), &event.ledger);
    let mut out = Vec::with_capacity(members.encoded_len(event.seq));
    members.encode(&event.id, &stamp, event.seq, &mut out);
    out
}

/// Reads an event, and checks that it is in canonical form.
///
/// # Errors
/// [`DecodeError`] when it is no event, in another form, or of a later program.
pub fn decode(bytes: &[u8]) -> Result<Event, DecodeError> {
    match canonical::support_event(bytes) {
        Some(event) => Ok(event),
        None => decode_as::<Body>(bytes),
    }
}

/// An event as a fold of figures looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bare {
    at_ms: i64,
    pub(crate) body: Body,
    document_date: Option<NaiveDate>,
    id: Uuid,
    noted: bool,
    seq: u64,
}

impl Bare {
    fn of(event: Event) -> Bare {
        let Happened {
            at_ms,
            document_date,
            id,
            noted,
            seq,
            ..
        } = event.happened();
        Bare {
            at_ms,
            body: event.body,
            document_date,
            id,
            noted,
            seq,
        }
    }

    pub(crate) fn happened(&self) -> Happened<'_> {
        Happened {
            at_ms: self.at_ms,
            body: &self.body,
            document_date: self.document_date,
            id: self.id,
            noted: self.noted,
            seq: self.seq,
        }
    }
}

/// Reads events one after the other for a fold of figures. What they say again is shared.
#[derive(Debug, Default)]
pub(crate) struct BareReader {
    shared: canonical::Shared,
}

impl BareReader {
    /// Reads an event, and checks as [`decode`] does that it is in canonical form. Where it is of
    /// the most ordinary form it also says what the log wrote into it.
    ///
    /// # Errors
    /// As [`decode`].
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<(Bare, Option<Envelope>), DecodeError> {
        match canonical::SupportText::read(bytes, Some(&mut self.shared)) {
            Some(read) => {
                let document_date = read.document_date();
                let ledger = read.ledger.parse().ok();
                let bare = Bare {
                    at_ms: read.at_ms,
                    body: Body::Support(read.stage, read.state.into()),
                    document_date,
                    id: read.id,
                    noted: !read.findings.is_empty(),
                    seq: read.seq,
                };
                // A later version of the data has another form.
                if bare.body.version() != 1 {
                    return decode_as::<Body>(bytes).map(|event| (Bare::of(event), None));
                }
                let envelope = ledger.map(|ledger| Envelope {
                    at_ms: bare.at_ms,
                    id: bare.id,
                    ledger,
                    seq: bare.seq,
                });
                Ok((bare, envelope))
            }
            None => decode_as::<Body>(bytes).map(|event| (Bare::of(event), None)),
        }
    }
}

/// Reads an event of a set of types, by reading it as JSON and encoding it again. An older version
/// is held to the canonical form of its own version, and comes out as the newest.
///
/// # Errors
/// As [`decode`].
pub fn decode_as<B: Bodies>(bytes: &[u8]) -> Result<Event<B>, DecodeError> {
    let (event, stored, v) = read_as::<B>(bytes)?;
    let again = match &stored {
        Some(stored) => {
            let put = |out: &mut Vec<u8>| serde_json::to_writer(out, stored);
            members_with(&event, put, v).map(|members| line(&event, &members))
        }
        None => encode(&event),
    };
    match again {
        Ok(again) if again == bytes => Ok(event),
        _ => Err(DecodeError::NotCanonical),
    }
}

/// Reads an event that was read from the log before, and kept behind a checksum: its form was
/// checked then.
///
/// # Errors
/// As [`decode`], but for the form.
pub fn decode_kept(bytes: &[u8]) -> Result<Event, DecodeError> {
    match canonical::support_event(bytes) {
        Some(event) => Ok(event),
        None => read_as::<Body>(bytes).map(|(event, _, _)| event),
    }
}

/// An event, the data of an older version as it stands in the bytes, and the version.
type ReadAs<B> = (Event<B>, Option<Box<RawValue>>, u32);

fn read_as<B: Bodies>(bytes: &[u8]) -> Result<ReadAs<B>, DecodeError> {
    let malformed = |error: serde_json::Error| DecodeError::Malformed(error.to_string());
    let read: Read<'_> = serde_json::from_slice(bytes).map_err(malformed)?;
    let mut data = serde_json::Deserializer::from_str(read.data.get());
    let body = B::read(&read.kind, read.v, &mut data).map_err(|error| match error {
        BodyError::Newer(name, v) => DecodeError::Newer(name, v),
        BodyError::Malformed(error) => malformed(error),
    })?;
    let stored = body.stored.map(RawValue::from_string).transpose();
    let stored = stored.map_err(malformed)?;
    let at_ms = parse_moment(&read.at).ok_or(DecodeError::NotCanonical)?;
    let v = read.v;
    let event = Event {
        at_ms,
        batch: read.batch,
        by: read.by,
        body: body.data,
        document: read.document,
        findings: read.findings,
        id: read.id,
        late: read.late,
        ledger: read.ledger,
        reason: read.reason,
        seq: read.seq,
        source: read.source,
    };
    Ok((event, stored, v))
}

/// The members of an event that the log does not fill in itself.
///
/// # Errors
/// Only when a personal field is still open: it must be sealed first.
pub fn members<B: Bodies>(event: &Event<B>) -> Result<Members, serde_json::Error> {
    let put = |out: &mut Vec<u8>| match event.body.support() {
        Some(state) => writer::put_support(state, out),
        None => serde_json::to_writer(out, &event.body),
    };
    members_with(event, put, event.body.version())
}

fn members_with<B: Bodies>(
    event: &Event<B>,
    data: impl FnOnce(&mut Vec<u8>) -> Result<(), serde_json::Error>,
    v: u32,
) -> Result<Members, serde_json::Error> {
    let mut members = Members::default();
    if let Some(batch) = &event.batch {
        members.put("batch", |out| {
            writer::put_uuid(batch, out);
            Ok(())
        })?;
    }
    members.put("by", |out| writer::put_actor(&event.by, out))?;
    members.put("data", data)?;
    if let Some(document) = &event.document {
        members.put("document", |out| writer::put_document(document, out))?;
    }
    if !event.findings.is_empty() {
        members.put("findings", |out| writer::put_findings(&event.findings, out))?;
    }
    if event.late {
        members.put("late", |out| {
            out.extend_from_slice(b"true");
            Ok(())
        })?;
    }
    if let Some(reason) = &event.reason {
        members.put("reason", |out| writer::put_escaped(reason, out))?;
    }
    if let Some(source) = &event.source {
        members.put("source", |out| writer::put_source(source, out))?;
    }
    let name = event.body.type_name();
    members.put("type", |out| writer::put_escaped(name, out))?;
    members.put("v", |out| {
        put_number(v.into(), out);
        Ok(())
    })?;
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every event that a golden ledger has, in whatever form: a fold of figures sees the same of
    /// it by both readers.
    #[test]
    fn a_bare_event_is_what_a_fold_sees_of_the_whole() {
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
        let (mut events, mut known) = (0, 0);
        for entry in std::fs::read_dir(golden).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "ndjson") {
                continue;
            }
            let mut reader = BareReader::default();
            for line in std::fs::read(&path).unwrap().split(|byte| *byte == b'\n') {
                let Ok(event) = decode(line) else {
                    assert!(reader.read(line).is_err());
                    continue;
                };
                let (bare, envelope) = reader.read(line).unwrap();
                assert_eq!(
                    format!("{:?}", bare.happened()),
                    format!("{:?}", event.happened())
                );
                if let Some(envelope) = envelope {
                    assert_eq!(Some(envelope), Envelope::read(line));
                    known += 1;
                }
                events += 1;
            }
        }
        assert!(
            events > 500 && known > events / 4,
            "{events} events, {known} known"
        );
    }
}
