//! Writing the members of events straight into bytes, in the one form they have.
//!
//! **Invariant:** what is written here is byte for byte what `serde_json` writes of the same
//! structs. A test compares the two over random events.

use chrono::{Datelike, NaiveDate};
use std::io::Write as _;
use uuid::Uuid;

use crate::domain::code::Code;
use crate::domain::event::{Actor, Document, Source};
use crate::domain::finding::Finding;
use crate::domain::personal::Personal;
use crate::domain::support::{Funding, SupportState};
use crate::log::members::{put_name, put_number};

type Written = Result<(), serde_json::Error>;

/// An object in the making.
pub(in crate::log) struct Object<'a> {
    out: &'a mut Vec<u8>,
    separator: u8,
}

impl Object<'_> {
    pub(in crate::log) fn new(out: &mut Vec<u8>) -> Object<'_> {
        Object {
            out,
            separator: b'{',
        }
    }

    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.push(self.separator);
        self.separator = b',';
        put_name(name, self.out);
        self.out
    }

    fn text(&mut self, name: &str, text: &str) -> Written {
        put_escaped(text, self.name(name))
    }

    fn optional_text(&mut self, name: &str, text: Option<&str>) -> Written {
        text.map_or(Ok(()), |text| self.text(name, text))
    }

    fn code(&mut self, name: &str, code: Option<&Code>) -> Written {
        self.optional_text(name, code.map(Code::as_str))
    }

    fn uuid(&mut self, name: &str, id: Option<&Uuid>) {
        if let Some(id) = id {
            put_uuid(id, self.name(name));
        }
    }

    fn personal(&mut self, name: &str, value: Option<&Personal>) -> Written {
        match value {
            Some(value) => serde_json::to_writer(self.name(name), value),
            None => Ok(()),
        }
    }

    fn close(self) {
        if self.separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

/// Writes who recorded an event.
pub(in crate::log) fn put_actor(actor: &Actor, out: &mut Vec<u8>) -> Written {
    let mut object = Object::new(out);
    object.text("id", &actor.id)?;
    object.text("name", &actor.name)?;
    object.optional_text("office", actor.office.as_deref())?;
    object.close();
    Ok(())
}

/// Writes the row that an event came from.
pub(in crate::log) fn put_source(source: &Source, out: &mut Vec<u8>) -> Written {
    let mut object = Object::new(out);
    object.text("file", &source.file)?;
    object.text("file_sha256", &source.file_sha256)?;
    put_number(source.row, object.name("row"));
    object.optional_text("sheet", source.sheet.as_deref())?;
    object.close();
    Ok(())
}

/// Writes the paper that an event rests on.
pub(in crate::log) fn put_document(document: &Document, out: &mut Vec<u8>) -> Written {
    let mut object = Object::new(out);
    if let Some(date) = document.date {
        put_date(date, object.name("date"))?;
    }
    object.optional_text("issuer", document.issuer.as_deref())?;
    object.optional_text("number", document.number.as_deref())?;
    object.optional_text("type", document.kind.as_deref())?;
    object.close();
    Ok(())
}

/// Writes what seemed doubtful when an event was decided.
pub(in crate::log) fn put_findings(findings: &[Finding], out: &mut Vec<u8>) -> Written {
    put_list(findings, out, |finding, out| {
        let mut object = Object::new(out);
        object.text("code", finding.code.code())?;
        object.optional_text("expected", finding.expected.as_deref())?;
        object.optional_text("found", finding.found.as_deref())?;
        object.close();
        Ok(())
    })
}

/// Writes the data of an event by which a support reaches a stage.
///
/// # Errors
/// Where a personal field is still open.
pub(in crate::log) fn put_support(state: &SupportState, out: &mut Vec<u8>) -> Written {
    let mut object = Object::new(out);
    object.optional_text("class", state.class.map(|class| class.code()))?;
    if let Some(count) = state.count {
        put_number(count, object.name("count"));
    }
    if let Some(covers) = &state.covers {
        // Writing to memory cannot fail.
        drop(write!(object.name("covers"), "\"{covers}\""));
    }
    object.uuid("follows", state.follows.as_ref());
    if !state.funding.is_empty() {
        put_list(&state.funding, object.name("funding"), put_funding)?;
    }
    object.optional_text("ground", state.ground.as_deref())?;
    object.code("group", state.group.as_ref())?;
    object.code("household", state.household.as_ref())?;
    object.text("kind", state.kind.as_str())?;
    object.code("lender", state.lender.as_ref())?;
    if let Some(minority) = state.minority {
        let text: &[u8] = if minority { b"true" } else { b"false" };
        object.name("minority").extend_from_slice(text);
    }
    object.personal("note", state.note.as_ref())?;
    put_date(state.occurred_on, object.name("occurred_on"))?;
    object.code("person", state.person.as_ref())?;
    object.code("project", state.project.as_ref())?;
    if let Some(quantity) = state.quantity {
        put_thousandths(quantity.thousandths(), object.name("quantity"));
    }
    object.personal("recipient", state.recipient.as_ref())?;
    object.code("ref", state.reference.as_ref())?;
    object.optional_text("sex", state.sex.map(|sex| sex.code()))?;
    object.uuid("support", state.support.as_ref());
    object.code("unit", state.unit.as_ref())?;
    if !state.villages.is_empty() {
        put_list(&state.villages, object.name("villages"), |village, out| {
            put_escaped(village.as_str(), out)
        })?;
    }
    object.close();
    Ok(())
}

fn put_funding(funding: &Funding, out: &mut Vec<u8>) -> Written {
    let mut object = Object::new(out);
    put_thousandths(funding.amount.thousandths(), object.name("amount"));
    object.code("source", funding.source.as_ref())?;
    object.close();
    Ok(())
}

fn put_list<T>(
    list: &[T],
    out: &mut Vec<u8>,
    put: impl Fn(&T, &mut Vec<u8>) -> Written,
) -> Written {
    let mut separator = b'[';
    for item in list {
        out.push(separator);
        separator = b',';
        put(item, out)?;
    }
    out.push(b']');
    Ok(())
}

/// Writes a text; most need no escaping.
pub(in crate::log) fn put_escaped(text: &str, out: &mut Vec<u8>) -> Written {
    if is_escaped(text.as_bytes()) {
        return serde_json::to_writer(out, text);
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}

/// Whether anything in a text must be escaped, looked for in eight bytes at once.
fn is_escaped(bytes: &[u8]) -> bool {
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    const fn all(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    // Only a byte below another makes its subtraction borrow from the high bit.
    let below = |word: u64, byte: u8| word.wrapping_sub(all(byte)) & !word & HIGHS;
    let (words, rest) = bytes.as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| {
        let word = u64::from_le_bytes(*word);
        let special = below(word ^ all(b'"'), 1) | below(word ^ all(b'\\'), 1);
        found | special | below(word, 0x20)
    });
    let plain = |byte: &u8| *byte >= 0x20 && !matches!(byte, b'"' | b'\\');
    found != 0 || !rest.iter().all(plain)
}

pub(in crate::log) fn put_uuid(id: &Uuid, out: &mut Vec<u8>) {
    let mut text = [0; 38];
    if let Some(inner) = text.get_mut(1..37) {
        id.hyphenated().encode_lower(inner);
    }
    (text[0], text[37]) = (b'"', b'"');
    out.extend_from_slice(&text);
}

/// An amount or a quantity, as `domain::fixed` writes it.
fn put_thousandths(thousandths: i64, out: &mut Vec<u8>) {
    out.push(b'"');
    if thousandths < 0 {
        out.push(b'-');
    }
    let magnitude = thousandths.unsigned_abs();
    put_number(magnitude / 1_000, out);
    let rest = magnitude % 1_000;
    if rest != 0 {
        out.push(b'.');
        let digits = [rest / 100, rest / 10 % 10, rest % 10];
        let len = 3 - digits.iter().rev().take_while(|digit| **digit == 0).count();
        out.extend(digits.iter().take(len).map(|digit| b'0' + *digit as u8));
    }
    out.push(b'"');
}

fn put_date(date: NaiveDate, out: &mut Vec<u8>) -> Written {
    match u32::try_from(date.year()) {
        Ok(year @ 0..=9_999) => {
            let digit = |number: u32| b'0' + (number % 10) as u8;
            let (month, day) = (date.month(), date.day());
            out.extend_from_slice(&[
                b'"',
                digit(year / 1_000),
                digit(year / 100),
                digit(year / 10),
                digit(year),
                b'-',
                digit(month / 10),
                digit(month),
                b'-',
                digit(day / 10),
                digit(day),
                b'"',
            ]);
            Ok(())
        }
        _ => serde_json::to_writer(out, &date),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::fixed::Money;

    fn written(put: impl FnOnce(&mut Vec<u8>) -> Written) -> String {
        let mut out = Vec::new();
        put(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn a_text_is_written_as_serde_writes_it(text in any::<String>(), plain in "[ -~à-ỹ]{0,40}") {
            for text in [&text, &plain] {
                let expected = serde_json::to_string(text).unwrap();
                prop_assert_eq!(written(|out| put_escaped(text, out)), expected);
            }
        }

        #[test]
        fn a_number_and_a_date_are_written_as_serde_writes_them(
            thousandths in any::<i64>(),
            small in -20_000i64..20_000,
            day in -800_000i32..4_000_000,
        ) {
            for number in [thousandths, small] {
                let expected = serde_json::to_string(&Money::from_thousandths(number)).unwrap();
                let put = |out: &mut Vec<u8>| { put_thousandths(number, out); Ok(()) };
                prop_assert_eq!(written(put), expected);
            }
            let date = NaiveDate::from_num_days_from_ce_opt(day).unwrap();
            let expected = serde_json::to_string(&date).unwrap();
            prop_assert_eq!(written(|out| put_date(date, out)), expected);
        }
    }
}
