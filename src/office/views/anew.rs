//! The views made anew while the index is: the journal is read, unpacked and decoded once for both.

use std::path::{Path, PathBuf};

use super::run::is_of_a_subject;
use super::save::{Folded, Saved};
use crate::domain::tags::each_tag;
use crate::log::codec::{Bare, BareReader, DecodeError};
use crate::log::merkle::Frontier;
use crate::log::{Envelope, Follow, LedgerId, TagList};
use crate::office::error::OfficeError;

/// Follows the building of an index, folds every event and saves what that gives.
pub struct Anew {
    ledger: PathBuf,
    /// As long as every event could be folded.
    folded: Result<Folded, OfficeError>,
    saved: Option<Result<Saved, OfficeError>>,
}

impl Anew {
    /// The views of the ledger in a folder.
    pub fn of(ledger: &Path) -> Anew {
        Anew {
            ledger: ledger.to_owned(),
            folded: Ok(Folded::nothing()),
            saved: None,
        }
    }

    /// What was saved; nothing, where the index was not built to its end.
    pub fn saved(self) -> Option<Result<Saved, OfficeError>> {
        self.saved
    }
}

/// The bytes of an event, where they are saved.
type Line = Option<Box<[u8]>>;

/// What was read of the events that were looked into together.
#[derive(Default)]
pub struct Seen {
    reader: BareReader,
    events: Vec<(Result<Bare, DecodeError>, Line)>,
}

impl Follow for Anew {
    type Found = Seen;

    fn look(bytes: &[u8], tags: &mut TagList, seen: &mut Seen) -> Result<Option<Envelope>, String> {
        match seen.reader.read(bytes) {
            Ok((bare, envelope)) => {
                each_tag(&bare.body, &mut |family, code| {
                    tags.put_parts(&[&[family], code.as_str().as_bytes()]);
                });
                let line = (!is_of_a_subject(&bare.body)).then(|| bytes.into());
                seen.events.push((Ok(bare), line));
                Ok(envelope)
            }
            // It is kept and proved, and never folded; nobody here knows its tags.
            Err(error @ DecodeError::Newer(..)) => {
                seen.events.push((Err(error), None));
                Ok(None)
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn take(&mut self, seq: u64, place: usize, seen: &Seen, tree: &Frontier) {
        let (Ok(folded), Some((event, line))) = (&mut self.folded, seen.events.get(place)) else {
            return;
        };
        match event {
            Ok(event) => folded.take(event.happened(), line.as_deref().unwrap_or_default(), tree),
            Err(error) => self.folded = Err(OfficeError::Decode(seq, error.clone())),
        }
    }

    fn end(&mut self, ledger: LedgerId, tree: &Frontier) {
        let ended = Err(OfficeError::Views("they are saved already".to_owned()));
        let folded = std::mem::replace(&mut self.folded, ended);
        let saved = folded.and_then(|folded| folded.save(&self.ledger, *ledger.as_bytes(), tree));
        self.saved = Some(saved);
    }
}
