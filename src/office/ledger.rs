//! A ledger in the hand: its log, its keys, and what is folded from it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use super::access::Watch;
use super::asof::AsOf;
use super::error::OfficeError;
use super::noted::Noted;
use super::personal::PersonalReader;
use super::views::{Source, Wants};
use crate::domain::code::Code;
use crate::domain::event::{Body, Event};
use crate::domain::state::State;
use crate::log::codec;
use crate::log::keys::KeyStore;
use crate::log::merkle::Frontier;
use crate::log::{EventRead, StoredEvent};
use crate::projection::{Facts, View};

/// The point of the log that a view stands at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand {
    /// Number of events known.
    pub seq: u64,
    /// Time of the last of them.
    pub at_ms: i64,
    /// Root of the Merkle tree over them.
    pub root: [u8; 32],
}

/// A ledger, folded up to a point of its log.
pub struct Ledger<L> {
    pub(super) log: L,
    pub(super) keys: KeyStore,
    pub(super) view: View,
    pub(super) stand: Stand,
    pub(super) watch: Option<Arc<dyn Watch>>,
    /// What the state is folded from, where it is folded only as far as it is wanted.
    pub(super) part: Option<Source>,
    /// What was noted on supports, where it is known without reading the log.
    pub(super) noted: Option<Noted>,
    /// Events that were read on the way.
    pub(super) at_hand: BTreeMap<u64, Event>,
}

impl<L: EventRead> Ledger<L> {
    /// Folds a log up to a point.
    ///
    /// # Errors
    /// When an event cannot be read or folded, or `as_of` is beyond the log.
    pub fn fold(log: L, keys: KeyStore, as_of: AsOf, now_ms: i64) -> Result<Self, OfficeError> {
        let head = log.head();
        let beyond = |asked: String| OfficeError::AsOfBeyond {
            asked,
            head: head.seq,
        };
        if let AsOf::Seq(seq) = as_of
            && seq > head.seq
        {
            return Err(beyond(seq.to_string()));
        }
        let last = match as_of {
            AsOf::Seq(seq) => seq,
            _ => head.seq,
        };
        let mut view = View::default();
        let mut frontier = Frontier::default();
        let whole = matches!(as_of, AsOf::Head) || last == head.seq && as_of == AsOf::Seq(last);
        if last > 0 {
            for stored in log.read(1, last)? {
                let stored = stored?;
                let event = decode(&stored)?;
                // The first event brings the offset by which a date is read.
                let offset = match &event.body {
                    Body::LedgerOpened(opened) => opened.offset.as_str(),
                    _ => offset(&view.state),
                };
                if as_of.is_future(now_ms, offset) {
                    return Err(beyond(format!("{as_of:?}")));
                }
                if !as_of.knows(stored.seq, stored.at_ms, offset) {
                    break;
                }
                view.evolve(&event)?;
                if !whole {
                    frontier.push(crate::log::merkle::leaf_hash(&stored.bytes));
                }
            }
        }
        let root = if whole { head.root } else { frontier.root() };
        let stand = Stand {
            seq: view.state.seq,
            at_ms: view.state.at_ms,
            root,
        };
        Ok(Ledger {
            log,
            keys,
            view,
            stand,
            watch: None,
            part: None,
            noted: None,
            at_hand: BTreeMap::new(),
        })
    }

    /// Opens a ledger to record in it: folded only as far as a decision looks at it, from the saved
    /// views where they are there and sound, else whole. What single households, persons and
    /// supports are is not known before something is recorded or asked for by `know`;
    /// there are no facts.
    ///
    /// # Errors
    /// As [`Ledger::fold`].
    pub fn to_write(
        log: L,
        keys: KeyStore,
        folder: &Path,
        now_ms: i64,
    ) -> Result<Self, OfficeError> {
        let opened = Source::open(&log, folder).and_then(|source| {
            let Some(mut source) = source else {
                return Ok(None);
            };
            let state = source.fold(&log, Wants::default())?;
            Ok(Some((source, state)))
        });
        let (source, state) = match opened {
            Ok(Some(opened)) => opened,
            Ok(None) | Err(OfficeError::Views(_)) => {
                return Ledger::fold(log, keys, AsOf::Head, now_ms);
            }
            Err(error) => return Err(error),
        };
        let head = log.head();
        let stand = Stand {
            seq: head.seq,
            at_ms: head.at_ms,
            root: head.root,
        };
        Ok(Ledger {
            log,
            keys,
            view: View::from_parts(state, Facts::default()),
            stand,
            watch: None,
            part: Some(source),
            noted: None,
            at_hand: BTreeMap::new(),
        })
    }

    /// Makes sure that the state knows what a decision looks at; `None` is everything.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn know(&mut self, wants: Option<Wants>) -> Result<(), OfficeError> {
        let Some(source) = &mut self.part else {
            return Ok(());
        };
        let Some(wants) = wants else {
            return self.know_all();
        };
        if source.has(&wants) {
            return Ok(());
        }
        match source.fold(&self.log, wants) {
            Ok(state) => {
                self.view.state = state;
                Ok(())
            }
            // A saved file is damaged: the log has everything.
            Err(OfficeError::Views(_)) => self.know_all(),
            Err(error) => Err(error),
        }
    }

    /// Folds the whole log, where that was not done before.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn know_all(&mut self) -> Result<(), OfficeError> {
        if self.part.is_none() {
            return Ok(());
        }
        let mut view = View::default();
        for stored in self.log.read(1, self.stand.seq)? {
            view.evolve(&decode(&stored?)?)?;
        }
        (self.view, self.part) = (view, None);
        Ok(())
    }

    /// Has somebody told of every personal field that is handed out.
    #[must_use]
    pub fn watched(mut self, watch: Arc<dyn Watch>) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Everything that is folded.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// What is known of households, persons, projects and supports.
    pub fn state(&self) -> &State {
        &self.view.state
    }

    /// The table that figures come from; of a ledger that was opened to write there is none.
    pub fn facts(&self) -> &Facts {
        &self.view.facts
    }

    /// Whether the state knows everything that the log says, and not only what was asked for.
    pub fn knows_all(&self) -> bool {
        self.part.is_none()
    }

    /// The log below.
    pub fn log(&self) -> &L {
        &self.log
    }

    /// Lets go of what was folded. Nothing can be decided or asked after it but of the log.
    pub fn let_go_of_state(&mut self) {
        (self.view, self.part) = (View::default(), None);
    }

    /// Gives the log back.
    pub fn into_log(self) -> L {
        self.log
    }

    /// The point the view stands at.
    pub fn stand(&self) -> &Stand {
        &self.stand
    }

    /// Opens personal fields, where their keys exist.
    pub fn personal(&self) -> PersonalReader<'_> {
        PersonalReader::new(&self.keys, &self.view.state.ledger_id).watched(self.watch.as_deref())
    }

    /// One event by its id.
    ///
    /// # Errors
    /// When the log or the event cannot be read.
    pub fn event(&self, id: &Uuid) -> Result<Option<Event>, OfficeError> {
        let Some(seq) = self.log.find(id)? else {
            return Ok(None);
        };
        Ok(self.events(seq, seq)?.pop())
    }

    /// Events from one place to another, both included, as far as the view knows.
    ///
    /// # Errors
    /// When the log or an event cannot be read.
    pub fn events(&self, from: u64, to: u64) -> Result<Vec<Event>, OfficeError> {
        let to = to.min(self.stand.seq);
        if from > to {
            return Ok(Vec::new());
        }
        self.log
            .read(from, to)?
            .map(|stored| decode(&stored?))
            .collect()
    }

    /// The events that carry any of the tags, in their order, as far as the view knows. Nothing but
    /// the parts of the log that hold them is read.
    ///
    /// # Errors
    /// When the log or an event cannot be read.
    pub fn tagged(&self, tags: &[Vec<u8>]) -> Result<Vec<Event>, OfficeError> {
        let mentions = tags.iter().flat_map(|tag| self.view.mentions(tag));
        let wanted: std::collections::BTreeSet<u64> = mentions.copied().collect();
        self.events_at(&wanted.into_iter().collect::<Vec<u64>>())
    }

    /// The events at some places, which ascend.
    ///
    /// # Errors
    /// As [`Ledger::events`].
    pub fn events_at(&self, places: &[u64]) -> Result<Vec<Event>, OfficeError> {
        let known = places.partition_point(|place| *place <= self.stand.seq);
        let places = places.get(..known).unwrap_or_default();
        let at_hand = places.iter().map(|place| self.at_hand.get(place).cloned());
        match at_hand.collect() {
            Some(events) => Ok(events),
            None => self.log.read_each(places)?.iter().map(decode).collect(),
        }
    }

    /// As [`Ledger::support_id`], for a ledger that may not know the support yet.
    ///
    /// # Errors
    /// As [`Ledger::support_id`], or when the log cannot be read.
    pub fn find_support(&mut self, text: &str) -> Result<Uuid, OfficeError> {
        let wants = Wants {
            supports: Uuid::parse_str(text).into_iter().collect(),
            references: Code::new(text).into_iter().collect(),
            ..Wants::default()
        };
        self.know(Some(wants))?;
        self.support_id(text)
    }

    /// The id of the support that a text names: an id, or the row key of a list.
    ///
    /// # Errors
    /// [`OfficeError::NotFound`].
    pub fn support_id(&self, text: &str) -> Result<Uuid, OfficeError> {
        let state = self.state();
        let by_id = Uuid::parse_str(text)
            .ok()
            .filter(|id| state.supports.contains_key(id));
        by_id
            .or_else(|| state.references.get(text).copied())
            .ok_or_else(|| {
                let (what, name) = ("support", text.to_owned());
                OfficeError::NotFound { what, name }
            })
    }
}

/// The ledger's offset; UTC before it is opened.
pub(super) fn offset(state: &State) -> &str {
    state
        .ledger
        .as_ref()
        .map_or("+00:00", |ledger| ledger.offset.as_str())
}

pub(super) fn decode(stored: &StoredEvent) -> Result<Event, OfficeError> {
    codec::decode(&stored.bytes).map_err(|error| OfficeError::Decode(stored.seq, error))
}
