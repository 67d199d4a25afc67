//! An event as the log knows it: bytes in a fixed form, an id, tags.
//!
//! The office hands over the members of an event; the log adds `at`, `id`, `ledger` and `seq` and
//! writes all of them sorted by name, which is RFC 8785 order for names of `[a-z][a-z0-9_]*`. It
//! never looks inside a member.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use uuid::Uuid;

use super::error::LogError;
use super::event_bytes::EventBytes;
use super::members::Members;

/// The largest event, in bytes without a line feed: the C2SP `tlog-tiles` limit of an entry.
pub const MAX_EVENT_BYTES: usize = 65_535;
/// The most events of one batch.
pub const MAX_BATCH_EVENTS: usize = 1_000_000;
/// The most bytes of one batch, each event counted with one line feed.
pub const MAX_BATCH_BYTES: u64 = 1 << 30;
/// The longest tag in bytes: its length is kept in one byte.
pub const MAX_TAG_BYTES: usize = 255;

/// The members that the log itself writes, in order.
pub(super) const OWN: [&str; 4] = ["at", "id", "ledger", "seq"];
/// The length of `YYYY-MM-DDThh:mm:ss.sssZ`.
const AT_LEN: usize = 24;
/// The last millisecond of the year 9999, the last that the form of `at` can show.
const LAST_MS: i64 = 253_402_300_799_999;

/// Opaque bytes by which events are found again; derived outside the log. At most 255 bytes.
pub type Tag = Vec<u8>;

/// An event that the office hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The id, written as member `id`; unique in the log.
    pub id: Uuid,
    /// Every member but `at`, `id`, `ledger` and `seq`.
    pub members: Members,
    /// What the event is found by.
    pub tags: Vec<Tag>,
}

/// An event as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place: 1 for the first.
    pub seq: u64,
    /// When it was recorded, in milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    /// Its id.
    pub id: Uuid,
    /// Its canonical JSON without a line feed: exactly the bytes that its leaf hashes.
    pub bytes: EventBytes,
}

/// The state of a whole log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last `seq`; 0 for an empty log.
    pub seq: u64,
    /// The RFC 6962 root over all events.
    pub root: [u8; 32],
    /// When the last event was recorded, in milliseconds; 0 for an empty log.
    pub at_ms: i64,
}

/// What must hold at the moment of an append.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    /// The append fails if an event with any of these tags exists.
    pub fail_if_any: Vec<Tag>,
    /// Only events after this `seq` count; `None` means all.
    pub after: Option<u64>,
}

/// The 128 random bits that name a ledger; shown as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerId([u8; 16]);

impl LedgerId {
    /// An id from its bytes.
    pub const fn new(bytes: [u8; 16]) -> LedgerId {
        LedgerId(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for LedgerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LedgerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LedgerId({self})")
    }
}

/// The text is no ledger id: it must be 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ledger id is 32 lower-case hexadecimal digits")]
pub struct LedgerIdError;

impl FromStr for LedgerId {
    type Err = LedgerIdError;

    fn from_str(text: &str) -> Result<LedgerId, LedgerIdError> {
        parse_hex_id(text.as_bytes()).ok_or(LedgerIdError)
    }
}

fn parse_hex_id(text: &[u8]) -> Option<LedgerId> {
    let (pairs, rest) = text.as_chunks::<2>();
    let mut bytes = [0; 16];
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
    }
    Some(LedgerId(bytes))
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// What the log writes into every event of one commit.
pub(crate) struct Stamp {
    at: String,
    ledger: String,
}

impl Stamp {
    /// The stamp of an event that has its time and its ledger already.
    pub(super) fn of(at: String, ledger: &str) -> Stamp {
        Stamp {
            at,
            ledger: ledger.to_owned(),
        }
    }

    /// The stamp of a moment, or `None` where the year does not have four digits.
    pub(crate) fn new(at_ms: i64, ledger: LedgerId) -> Option<Stamp> {
        Some(Stamp {
            at: format_at(at_ms)?,
            ledger: ledger.to_string(),
        })
    }

    pub(super) fn at(&self) -> &str {
        &self.at
    }

    pub(super) fn ledger(&self) -> &str {
        &self.ledger
    }
}

/// `YYYY-MM-DDThh:mm:ss.sssZ`; `None` outside the years 1970 to 9999.
pub(crate) fn format_at(at_ms: i64) -> Option<String> {
    if !(0..=LAST_MS).contains(&at_ms) {
        return None;
    }
    let moment = DateTime::from_timestamp_millis(at_ms)?;
    let ms = u32::try_from(at_ms % 1_000).ok()?;
    let mut text = String::with_capacity(AT_LEN);
    let parts = [
        (4, u32::try_from(moment.year()).ok()?, '-'),
        (2, moment.month(), '-'),
        (2, moment.day(), 'T'),
        (2, moment.hour(), ':'),
        (2, moment.minute(), ':'),
        (2, moment.second(), '.'),
        (3, ms, 'Z'),
    ];
    for (digits, number, behind) in parts {
        for place in (0..digits).rev() {
            text.push(char::from(b'0' + (number / 10u32.pow(place) % 10) as u8));
        }
        text.push(behind);
    }
    Some(text)
}

/// Reads `YYYY-MM-DDThh:mm:ss.sssZ` and no other form.
pub(crate) fn parse_at(text: &[u8]) -> Option<i64> {
    let text: &[u8; AT_LEN] = text.try_into().ok()?;
    let &[
        y0,
        y1,
        y2,
        y3,
        b'-',
        mo0,
        mo1,
        b'-',
        d0,
        d1,
        b'T',
        h0,
        h1,
        b':',
        mi0,
        mi1,
        b':',
        s0,
        s1,
        b'.',
        ms0,
        ms1,
        ms2,
        b'Z',
    ] = text
    else {
        return None;
    };
    let year = i32::try_from(number(&[y0, y1, y2, y3])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(&[mo0, mo1])?, number(&[d0, d1])?)?;
    let moment = date.and_hms_milli_opt(
        number(&[h0, h1])?,
        number(&[mi0, mi1])?,
        number(&[s0, s1])?,
        number(&[ms0, ms1, ms2])?,
    )?;
    Some(moment.and_utc().timestamp_millis())
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

impl NewEvent {
    /// Refuses what would not be one canonical line.
    pub(crate) fn check(&self) -> Result<(), LogError> {
        if let Some(member) = self.members.unfit() {
            return Err(LogError::BadMember {
                id: self.id,
                member: member.to_owned(),
            });
        }
        match self.tags.iter().find(|tag| tag.len() > MAX_TAG_BYTES) {
            Some(tag) => Err(LogError::TagTooLong {
                id: self.id,
                bytes: tag.len(),
            }),
            None => Ok(()),
        }
    }

    /// The length of the event in bytes once it is numbered, without a line feed.
    pub(crate) fn encoded_len(&self, seq: u64) -> usize {
        self.members.encoded_len(seq)
    }

    /// Writes the event, without a line feed, after what `out` already holds.
    pub(crate) fn encode(&self, stamp: &Stamp, seq: u64, out: &mut Vec<u8>) {
        self.members.encode(&self.id, stamp, seq, out);
    }
}

/// The four members that the log wrote, read back from the bytes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) at_ms: i64,
    pub(crate) id: Uuid,
    pub(crate) ledger: LedgerId,
    pub(crate) seq: u64,
}

impl Envelope {
    /// Reads the four members; `None` where one is missing or not in its form. The other members
    /// are stepped over, not checked: whether they mean anything is not the log's to say.
    pub(crate) fn read(event: &[u8]) -> Option<Envelope> {
        let (mut at, mut id, mut ledger, mut seq) = (None, None, None, None);
        let mut rest = event.strip_prefix(b"{")?;
        while at.is_none() || id.is_none() || ledger.is_none() || seq.is_none() {
            let (name, after) = split_string(rest)?;
            let (value, after) = split_value(after.strip_prefix(b":")?)?;
            match name {
                b"at" => at = Some(parse_at(unquote(value)?)?),
                b"id" => id = Some(Uuid::try_parse_ascii(unquote(value)?).ok()?),
                b"ledger" => ledger = Some(parse_hex_id(unquote(value)?)?),
                b"seq" => seq = Some(std::str::from_utf8(value).ok()?.parse().ok()?),
                _ => {}
            }
            rest = after.strip_prefix(b",").unwrap_or_default();
        }
        Some(Envelope {
            at_ms: at?,
            id: id?,
            ledger: ledger?,
            seq: seq?,
        })
    }
}

fn unquote(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// Splits a JSON string, without its quotes, off the front.
fn split_string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_prefix(b"\"")?;
    let len = string_len(inner)?;
    let (string, rest) = inner.split_at_checked(len)?;
    Some((string, rest.strip_prefix(b"\"")?))
}

/// The length of a JSON string up to its closing quote, from behind its opening quote.
fn string_len(inner: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = inner.get(at..)?;
        let step = memchr::memchr2(b'"', b'\\', rest)?;
        if rest.get(step) == Some(&b'"') {
            return Some(at + step);
        }
        at += step + 2;
    }
}

/// Splits a JSON value off the front.
fn split_value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut depth = 0usize;
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => at += 1 + string_len(text.get(at + 1..)?)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => depth -= 1,
            b',' | b'}' | b']' if depth == 0 => return text.split_at_checked(at),
            _ => {}
        }
        at += 1;
    }
}

impl StoredEvent {
    /// An event read back from its bytes; `None` where the log's own members are not in them.
    pub(crate) fn read(bytes: &[u8]) -> Option<StoredEvent> {
        StoredEvent::of(bytes.into())
    }

    /// The same of bytes that are shared with other events.
    pub(crate) fn of(bytes: EventBytes) -> Option<StoredEvent> {
        let envelope = Envelope::read(&bytes)?;
        Some(StoredEvent {
            seq: envelope.seq,
            at_ms: envelope.at_ms,
            id: envelope.id,
            bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEDGER: LedgerId = LedgerId::new([0xab; 16]);

    fn event(members: Vec<(&'static str, String)>) -> NewEvent {
        NewEvent {
            id: Uuid::from_u128(7),
            members: members.into(),
            tags: Vec::new(),
        }
    }

    fn encode(event: &NewEvent, seq: u64) -> Vec<u8> {
        let stamp = Stamp::new(1_681_268_645_678, LEDGER).unwrap();
        let mut out = Vec::new();
        event.encode(&stamp, seq, &mut out);
        out
    }

    #[test]
    fn the_members_stand_in_order_with_those_of_the_log_between() {
        let event = event(vec![
            ("v", "1".into()),
            ("by", r#"{"id":"vhxh"}"#.into()),
            ("data", r#"{"a":"x,}\"]"}"#.into()),
        ]);
        event.check().unwrap();
        let bytes = encode(&event, 17);
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            concat!(
                r#"{"at":"2023-04-12T03:04:05.678Z","by":{"id":"vhxh"},"data":{"a":"x,}\"]"},"#,
                r#""id":"00000000-0000-0000-0000-000000000007","#,
                r#""ledger":"abababababababababababababababab","seq":17,"v":1}"#
            )
        );
        assert_eq!(event.encoded_len(17), bytes.len());
        let envelope = Envelope::read(&bytes).unwrap();
        assert_eq!(envelope.seq, 17);
        assert_eq!(envelope.at_ms, 1_681_268_645_678);
        assert_eq!(envelope.id, event.id);
        assert_eq!(envelope.ledger, LEDGER);
    }

    #[test]
    fn a_member_that_would_break_the_line_is_refused() {
        for (name, value) in [
            ("Data", "1"),
            ("", "1"),
            ("seq", "1"),
            ("data", ""),
            ("data", "{\n}"),
            ("9a", "1"),
        ] {
            let refused = event(vec![(name, value.into())]).check();
            assert!(
                matches!(refused, Err(LogError::BadMember { .. })),
                "{name}: {value}"
            );
        }
        let twice = event(vec![("data", "1".into()), ("data", "2".into())]).check();
        assert!(matches!(twice, Err(LogError::BadMember { .. })));
    }

    #[test]
    fn a_moment_has_one_form() {
        assert_eq!(format_at(0).unwrap(), "1970-01-01T00:00:00.000Z");
        assert_eq!(format_at(LAST_MS).unwrap(), "9999-12-31T23:59:59.999Z");
        assert_eq!(format_at(-1), None);
        assert_eq!(format_at(LAST_MS + 1), None);
        assert_eq!(parse_at(b"2023-02-29T00:00:00.000Z"), None);
        assert_eq!(parse_at(b"2023-02-28T00:00:00.0000Z"), None);
        assert_eq!(parse_at(b"2023-02-28 00:00:00.000Z"), None);
    }

    #[test]
    fn a_ledger_id_is_read_back_from_its_text() {
        assert_eq!(LEDGER.to_string().parse::<LedgerId>(), Ok(LEDGER));
        assert!("AB".repeat(16).parse::<LedgerId>().is_err());
        assert!("ab".repeat(15).parse::<LedgerId>().is_err());
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            any::<u32>().prop_map(serde_json::Value::from),
            any::<String>().prop_map(serde_json::Value::from),
            any::<bool>().prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_json_and_is_read_back(
            data in json(),
            reason in json(),
            at in 0..=LAST_MS,
            seq in 1u64..1 << 53,
            id in any::<u128>(),
        ) {
            let event = NewEvent {
                id: Uuid::from_u128(id),
                members: vec![("data", data.to_string()), ("reason", reason.to_string())].into(),
                tags: Vec::new(),
            };
            let stamp = Stamp::new(at, LEDGER).unwrap();
            let mut bytes = Vec::new();
            event.encode(&stamp, seq, &mut bytes);
            prop_assert_eq!(bytes.len(), event.encoded_len(seq));
            let parsed: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(&parsed["data"], &data);
            prop_assert_eq!(parsed["seq"].as_u64(), Some(seq));
            let read = StoredEvent::read(&bytes).unwrap();
            prop_assert_eq!((read.seq, read.at_ms, read.id), (seq, at, event.id));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Envelope::read(&bytes);
        }

        #[test]
        fn no_cut_or_changed_event_makes_the_reader_panic(cut in 0usize..150, flip in any::<u8>()) {
            let mut bytes = encode(&event(vec![("data", r#"{"a":"x,}\"]"}"#.into())]), 3);
            bytes.truncate(cut);
            if let Some(last) = bytes.last_mut() {
                *last ^= flip;
            }
            let _ = Envelope::read(&bytes);
        }
    }
}
