//! The tags of some events, one behind the other in one piece of memory.

use super::event::Tag;

/// Collects the tags of events, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct TagList {
    bytes: Vec<u8>,
    /// Where each tag ends.
    ends: Vec<usize>,
    /// How many tags there are with those of each event.
    events: Vec<usize>,
}

impl TagList {
    /// Adds a tag of the event that is looked at.
    pub(crate) fn put(&mut self, tag: &[u8]) {
        self.put_parts(&[tag]);
    }

    /// Adds a tag that is put together of parts.
    pub(crate) fn put_parts(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.ends.push(self.bytes.len());
    }

    /// All tags of an event were added.
    pub(crate) fn close_event(&mut self) {
        self.events.push(self.ends.len());
    }

    /// The tags of each event.
    pub(crate) fn events(&self) -> impl Iterator<Item = impl Iterator<Item = &[u8]>> {
        let from = std::iter::once(0).chain(self.events.iter().copied());
        let events = from.zip(self.events.iter().copied());
        events.map(|(from, to)| (from..to).map(|place| self.tag(place)))
    }

    /// The tags of an event by its place among them.
    pub(crate) fn of(&self, event: usize) -> Vec<Tag> {
        let from = event
            .checked_sub(1)
            .map_or(Some(&0), |before| self.events.get(before));
        let (Some(from), Some(to)) = (from, self.events.get(event)) else {
            return Vec::new();
        };
        (*from..*to).map(|place| self.tag(place).to_vec()).collect()
    }

    fn tag(&self, place: usize) -> &[u8] {
        let from = place
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        let to = self.ends.get(place).copied().unwrap_or_default();
        self.bytes
            .get(from.copied().unwrap_or(0)..to)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_gets_its_own_tags_back() {
        let events: [&[&[u8]]; 4] = [&[b"ha", b"pb"], &[], &[b"j"], &[b"", b"x"]];
        let mut list = TagList::default();
        for tags in events {
            tags.iter().for_each(|tag| list.put(tag));
            list.close_event();
        }
        let back: Vec<Vec<&[u8]>> = list.events().map(Iterator::collect).collect();
        assert_eq!(back, events);
        for (place, tags) in events.iter().enumerate() {
            assert_eq!(list.of(place), *tags);
        }
        assert!(list.of(4).is_empty());
    }
}
