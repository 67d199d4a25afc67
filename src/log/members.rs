//! The members of an event that the office hands over, put together as they will stand in it.

use uuid::Uuid;

use super::canonical::writer::put_escaped;
use super::event::{OWN, Stamp};

/// The length of `YYYY-MM-DDThh:mm:ss.sssZ`.
const AT_LEN: usize = 24;
/// The length of a hyphenated id.
const ID_LEN: usize = 36;
/// The length of a ledger id in hexadecimal.
const LEDGER_LEN: usize = 32;
/// Most events fit here, so that writing one takes no second piece of memory.
const USUAL: usize = 1_024;

/// Every member of an event but the four that the log writes (`at`, `id`, `ledger`, `seq`), in one
/// text, with the places at which those four go in.
///
/// Made from pairs of a name and its canonical JSON, in any order, or written one after the other
/// with [`Members::put`]. What would not be one canonical line is refused at the append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// Each as `"name":value,`.
    text: Vec<u8>,
    /// Where each of the log's own members goes in.
    places: [usize; OWN.len()],
    /// How many of those places are known.
    passed: usize,
    last: &'static str,
    /// The first member that no event can have here.
    unfit: Option<&'static str>,
}

impl Default for Members {
    fn default() -> Members {
        Members {
            text: Vec::with_capacity(USUAL),
            places: [0; OWN.len()],
            passed: 0,
            last: "",
            unfit: None,
        }
    }
}

impl From<Vec<(&'static str, String)>> for Members {
    fn from(mut pairs: Vec<(&'static str, String)>) -> Members {
        pairs.sort_by_key(|(name, _)| *name);
        let mut members = Members::default();
        for (name, value) in pairs {
            let put = |out: &mut Vec<u8>| -> Result<(), std::convert::Infallible> {
                out.extend_from_slice(value.as_bytes());
                Ok(())
            };
            match members.put(name, put) {
                Ok(()) => {}
            }
        }
        members
    }
}

impl Members {
    /// Writes one more member; members come in the order of their names.
    ///
    /// # Errors
    /// What writing the value says.
    pub fn put<E>(
        &mut self,
        name: &'static str,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        while OWN.get(self.passed).is_some_and(|own| *own < name) {
            self.pass();
        }
        put_name(name, &mut self.text);
        let begin = self.text.len();
        let written = write(&mut self.text);
        let value = self.text.get(begin..).unwrap_or_default();
        let unfit = name <= self.last
            || !is_member_name(name)
            || OWN.contains(&name)
            || value.is_empty()
            || value.contains(&b'\n');
        if unfit && self.unfit.is_none() {
            self.unfit = Some(name);
        }
        self.text.push(b',');
        self.last = name;
        written
    }

    /// Takes no more memory than there is text: of a batch all members wait at once.
    pub(crate) fn shrink(&mut self) {
        self.text.shrink_to_fit();
    }

    fn pass(&mut self) {
        if let Some(place) = self.places.get_mut(self.passed) {
            *place = self.text.len();
        }
        self.passed += 1;
    }

    /// The first member that would not stand in one canonical line.
    pub(crate) fn unfit(&self) -> Option<&'static str> {
        self.unfit
    }

    /// Where the log's own members go in.
    fn places(&self) -> [usize; OWN.len()] {
        let mut places = self.places;
        places
            .iter_mut()
            .skip(self.passed)
            .for_each(|place| *place = self.text.len());
        places
    }

    /// The length of the event in bytes once it is numbered, without a line feed.
    pub(crate) fn encoded_len(&self, seq: u64) -> usize {
        // A member of the log costs its name, its value, two quotes, a colon and a comma.
        let names = "at".len() + "id".len() + "ledger".len() + "seq".len() + 4 * OWN.len();
        let values = AT_LEN + 2 + ID_LEN + 2 + LEDGER_LEN + 2 + digits(seq);
        // Two braces, and no comma behind the last.
        names + values + self.text.len() + 1
    }

    /// Writes the event, without a line feed, after what `out` already holds.
    pub(crate) fn encode(&self, id: &Uuid, stamp: &Stamp, seq: u64, out: &mut Vec<u8>) {
        out.push(b'{');
        let mut from = 0;
        for (own, place) in OWN.into_iter().zip(self.places()) {
            out.extend_from_slice(self.text.get(from..place).unwrap_or_default());
            from = place;
            put_name(own, out);
            match own {
                "at" => put_text(stamp.at(), out),
                "id" => {
                    let mut text = [0; ID_LEN];
                    put_text(id.hyphenated().encode_lower(&mut text), out);
                }
                // Of a ledger that is read anything may stand here.
                "ledger" => drop(put_escaped(stamp.ledger(), out)),
                _ => put_number(seq, out),
            }
            out.push(b',');
        }
        out.extend_from_slice(self.text.get(from..).unwrap_or_default());
        // The comma behind the last member becomes the closing brace.
        if let Some(last) = out.last_mut() {
            *last = b'}';
        }
    }
}

/// Writes a name and its colon.
pub(super) fn put_name(name: &str, out: &mut Vec<u8>) {
    put_text(name, out);
    out.push(b':');
}

/// Writes a text in which nothing needs to be escaped.
pub(super) fn put_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Writes a number.
pub(super) fn put_number(mut number: u64, out: &mut Vec<u8>) {
    let mut text = [b'0'; 20];
    let mut from = text.len();
    for place in text.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
        from -= 1;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
}

fn is_member_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_the_library_writes_it() {
        for number in [0, 1, 9, 10, 99, 100, 12_345_678_901, u64::MAX] {
            let mut out = Vec::new();
            put_number(number, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
            assert_eq!(digits(number), number.to_string().len());
        }
    }
}
