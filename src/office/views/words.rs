//! The words of some events, and the villages that they may name.

use std::collections::HashSet;

/// What stands between quotation marks in the canonical JSON of some events, and a little more.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(HashSet<Vec<u8>>);

impl Words {
    /// Takes the words of an event in.
    pub(super) fn take(&mut self, event: &[u8]) {
        // A mark within a word only makes more words.
        for word in event.split(|byte| *byte == b'"') {
            let word = without_day(word);
            if !self.0.contains(word) {
                self.0.insert(word.to_vec());
            }
        }
    }

    /// Whether the unit that an event registers may be one that the words name, or one with the
    /// same official code. Never `false` where it is.
    pub(super) fn may_name(&self, registered: &[u8]) -> bool {
        if memchr::memchr(b'\\', registered).is_some() {
            return true;
        }
        let mut parts = registered.split(|byte| *byte == b'"');
        while let Some(part) = parts.next() {
            if matches!(part, b"unit" | b"code") {
                let value = parts.nth(1).unwrap_or_default();
                if self.0.contains(without_day(value)) {
                    return true;
                }
            }
        }
        false
    }
}

/// The id of a unit without the day that tells it from an earlier one with its code.
fn without_day(id: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'@', id).unwrap_or(id.len());
    id.get(..end).unwrap_or(id)
}
