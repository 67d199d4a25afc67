//! The short way to read the events of supports takes what the general reader takes, and nothing
//! else.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod cases;
mod memory_office;
mod random_facts;

use std::sync::Arc;

use cases::cases;
use proptest::prelude::*;
use random_facts::{events, seeds};
use socai::domain::event::{Actor, Document, Event, Source};
use socai::domain::finding::{Finding, FindingCode};
use socai::domain::personal::Sealed;
use socai::domain::{Body, Personal};
use socai::log::codec::{decode, decode_as, encode};
use uuid::Uuid;

const TEXTS: [&str; 6] = [
    "H-01",
    "Danh sách hộ nghèo.csv",
    "a \"quoted\" name",
    "line\nfeed",
    "\u{7f}\u{2028}é",
    "\"type\":\"support.disbursed\",\"v\":1}",
];

/// Fills the envelope in, as the bits of a number say.
fn dress(event: &mut Event, bits: u16) {
    let text = |place: u16| TEXTS[usize::from(bits >> place & 7) % TEXTS.len()].to_owned();
    let given = |place: u16| bits >> place & 1 == 1;
    event.batch = given(0).then(|| Uuid::from_u128(u128::from(bits) << 77));
    event.by.name = text(1);
    event.by.office = given(2).then(|| text(3));
    event.late = given(4);
    event.reason = given(5).then(|| text(6));
    event.source = given(7).then(|| Source {
        file: text(8),
        file_sha256: "ab".repeat(32),
        row: u64::from(bits),
        sheet: given(9).then(|| text(10)),
    });
    event.document = given(11).then(|| Document {
        date: given(12).then(|| "2023-04-20".parse().unwrap()),
        issuer: given(13).then(|| text(2)),
        number: given(14).then(|| text(5)),
        kind: given(15).then(|| text(8)),
    });
    let codes = FindingCode::ALL.into_iter().enumerate();
    let noted = codes.filter(|(place, _)| bits >> place & 5 == 5);
    event.findings = noted
        .map(|(place, code)| Finding {
            code,
            expected: given(1).then(|| text(place as u16 % 16)),
            found: given(12).then(|| text(7)),
        })
        .collect();
    if let Body::Support(_, state) = &mut event.body
        && given(3)
    {
        let state = Arc::make_mut(state);
        let sealed = r#"{"c":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","k":"aaaaaaaaaaaaaaaaaaaaaaaa","n":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#;
        {
            let sealed: Sealed = serde_json::from_str(sealed).unwrap();
            state.note = Some(Personal::from(sealed.clone()));
            state.recipient = given(6).then(|| Personal::from(sealed));
        }
        state.ground = given(8).then(|| text(9));
    }
}

/// An event as `serde_json` writes it, member by member.
#[derive(serde::Serialize)]
struct Written<'a> {
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<Uuid>,
    by: &'a Actor,
    data: &'a Body,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a Document>,
    #[serde(skip_serializing_if = "<[Finding]>::is_empty")]
    findings: &'a [Finding],
    id: Uuid,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    late: bool,
    ledger: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a Source>,
    #[serde(rename = "type")]
    kind: &'static str,
    v: u32,
}

fn written(event: &Event) -> String {
    let written = Written {
        at: chrono::DateTime::from_timestamp_millis(event.at_ms)
            .unwrap()
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        batch: event.batch,
        by: &event.by,
        data: &event.body,
        document: event.document.as_ref(),
        findings: &event.findings,
        id: event.id,
        late: event.late,
        ledger: &event.ledger,
        reason: event.reason.as_deref(),
        seq: event.seq,
        source: event.source.as_ref(),
        kind: event.body.type_name(),
        v: 1,
    };
    serde_json::to_string(&written).unwrap()
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn both_readers_give_the_same(
        seeds in seeds(40),
        bits in any::<u16>(),
        damage in prop::collection::vec((any::<u16>(), any::<u8>(), 0..3_u8), 12),
    ) {
        for (place, mut event) in events(&seeds).into_iter().enumerate() {
            dress(&mut event, bits.rotate_left(place as u32 % 16));
            let Ok(bytes) = encode(&event) else { continue };
            prop_assert_eq!(std::str::from_utf8(&bytes).unwrap(), written(&event));
            prop_assert_eq!(&decode(&bytes).unwrap(), &event);
            prop_assert_eq!(&decode_as::<Body>(&bytes).unwrap(), &event);
            for (at, to, how) in &damage {
                let mut other = bytes.clone();
                let at = usize::from(*at) % other.len();
                match how {
                    0 => other[at] ^= 1 << (to % 8),
                    1 => {
                        other.remove(at);
                    }
                    _ => other.insert(at, b"\"\\,:{}[]0 ant-"[usize::from(*to) % 14]),
                }
                prop_assert_eq!(decode(&other), decode_as::<Body>(&other), "{}", String::from_utf8_lossy(&other));
            }
        }
    }
}
