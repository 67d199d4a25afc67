//! Versions of an event's data, and how an older one is read as the newest.
//!
//! A stored version is for ever. When the data of a type has to change, its struct is kept under
//! the name of its version and the new struct says what the old one meant, in one step; the steps
//! of several versions follow each other. A fold only ever sees the newest.
//!
//! **Invariant:** an old event is held to its own canonical form: it is written again by the
//! struct of its own version, never by the newest, and the reader compares that with the stored
//! bytes.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The newest version of some data that has older ones.
pub trait Versioned: Sized + Serialize + for<'de> Deserialize<'de> {
    /// The version before this one; [`Nothing`] before the first.
    type Before: Versioned;

    /// The number that is stored as `v`.
    const V: u32 = <Self::Before as Versioned>::V + 1;

    /// Says in this version what the version before said. It cannot fail: what was once decided
    /// has a meaning for ever. A personal field keeps its place, since its seal is bound to it.
    fn lift(before: Self::Before) -> Self;

    /// Reads the data of a version up to this one; `None` for a later one.
    ///
    /// # Errors
    /// The deserialiser's own.
    fn read<'de, D: Deserializer<'de>>(v: u32, data: D) -> Result<Option<Read<Self>>, D::Error> {
        if v == Self::V {
            let data = Self::deserialize(data)?;
            return Ok(Some(Read { data, stored: None }));
        }
        if v > Self::V {
            return Ok(None);
        }
        let Some(older) = <Self::Before as Versioned>::read(v, data)? else {
            return Ok(None);
        };
        let stored = match older.stored {
            Some(stored) => stored,
            None => serde_json::to_string(&older.data).map_err(D::Error::custom)?,
        };
        Ok(Some(Read {
            data: Self::lift(older.data),
            stored: Some(stored),
        }))
    }
}

/// Data as the newest version has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read<T> {
    /// What it says.
    pub data: T,
    /// Of an older version: what was stored, written again by that version.
    pub stored: Option<String>,
}

/// The version before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nothing {}

impl Versioned for Nothing {
    type Before = Nothing;
    const V: u32 = 0;

    fn lift(before: Nothing) -> Nothing {
        before
    }

    fn read<'de, D: Deserializer<'de>>(_: u32, _: D) -> Result<Option<Read<Nothing>>, D::Error> {
        Ok(None)
    }
}

impl Serialize for Nothing {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        match *self {}
    }
}

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Nothing, D::Error> {
        Err(D::Error::custom("no version"))
    }
}

/// Reads data that has had one version only.
pub(super) fn read_first<'de, T, D>(v: u32, data: D) -> Result<Option<Read<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    if v != 1 {
        return Ok(None);
    }
    let data = T::deserialize(data)?;
    Ok(Some(Read { data, stored: None }))
}

/// Reads data whose version before the newest is `B`.
#[allow(dead_code, reason = "no type has a second version yet")]
pub(super) fn read_after<'de, T, B, D>(v: u32, data: D) -> Result<Option<Read<T>>, D::Error>
where
    T: Versioned<Before = B>,
    D: Deserializer<'de>,
{
    T::read(v, data)
}
