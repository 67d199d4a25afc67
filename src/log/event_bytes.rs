//! The bytes of one event, shared with those of the events that were written or read with it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A part of a larger piece of memory; cheap to clone.
///
/// The whole piece (a frame of the journal, about 64 KiB) lives as long as any part of it.
#[derive(Clone)]
pub struct EventBytes {
    whole: Arc<[u8]>,
    from: u32,
    to: u32,
}

impl EventBytes {
    /// A part of shared bytes; without bytes where the part is not in them.
    pub(crate) fn part(whole: &Arc<[u8]>, from: usize, to: usize) -> EventBytes {
        match (u32::try_from(from), u32::try_from(to)) {
            (Ok(from), Ok(to)) => EventBytes {
                whole: whole.clone(),
                from,
                to,
            },
            _ => EventBytes::from(whole.get(from..to).unwrap_or_default()),
        }
    }
}

impl From<Vec<u8>> for EventBytes {
    fn from(bytes: Vec<u8>) -> EventBytes {
        bytes.as_slice().into()
    }
}

impl From<&[u8]> for EventBytes {
    fn from(bytes: &[u8]) -> EventBytes {
        // An event has at most 65,535 bytes.
        let to = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        EventBytes {
            whole: bytes.into(),
            from: 0,
            to,
        }
    }
}

impl Deref for EventBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let part = self.from as usize..self.to as usize;
        self.whole.get(part).unwrap_or_default()
    }
}

impl AsRef<[u8]> for EventBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for EventBytes {
    fn eq(&self, other: &EventBytes) -> bool {
        **self == **other
    }
}

impl Eq for EventBytes {}

impl fmt::Debug for EventBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", String::from_utf8_lossy(self))
    }
}
