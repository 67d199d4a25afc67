//! The events of a batch between their decision and their append.
//!
//! What has no open personal field is written at once, in a thread behind the one that decides, and
//! only its bytes are kept. What has one waits as it is: keys are made, and durable, only once the
//! whole batch is known to go in.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use uuid::Uuid;

use super::error::OfficeError;
use super::personal::is_personal;
use super::recording::{new_event, new_events};
use crate::domain::event::{Body, Event};
use crate::log::NewEvent;

/// From so many entries a thread on it pays to write their events beside.
pub(super) const MANY: usize = 256;
/// How many events go to the writing thread at a time.
const CHUNK: usize = 128;
/// How many chunks may wait for it.
const WAITING: usize = 16;

type Written = Result<Vec<NewEvent>, OfficeError>;

/// What is to become of the events of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Nothing: they are decided to be told.
    Telling,
    /// They are appended.
    Appending,
    /// They are appended and counted, so that all of each is needed afterwards.
    Counting,
}

/// A decided batch.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The events in their order.
    places: Vec<(Uuid, Place)>,
    /// What is not written yet, in its order.
    pub(super) kept: Vec<Event>,
    written: Vec<NewEvent>,
}

/// Where an event of a batch is.
#[derive(Debug)]
enum Place {
    /// In `kept`.
    Kept,
    /// In `written`; what it says is asked for by later entries.
    Written(Body),
}

/// A batch that is being decided.
pub(super) struct Deciding<'scope> {
    batch: Batch,
    purpose: Purpose,
    chunk: Vec<Event>,
    behind: Option<(SyncSender<Vec<Event>>, ScopedJoinHandle<'scope, Written>)>,
}

impl<'scope> Deciding<'scope> {
    /// Begins a batch of the events of so many entries.
    pub(super) fn begin<'env>(
        scope: &'scope Scope<'scope, 'env>,
        entries: usize,
        purpose: Purpose,
    ) -> Deciding<'scope> {
        let beside = entries >= MANY && purpose == Purpose::Appending;
        let behind = beside.then(|| {
            let (send, receive) = sync_channel(WAITING);
            let thread = Builder::new().spawn_scoped(scope, move || write(&receive));
            // Without a thread this one writes.
            thread.ok().map(|thread| (send, thread))
        });
        Deciding {
            batch: Batch {
                places: Vec::with_capacity(entries),
                ..Batch::default()
            },
            purpose,
            chunk: Vec::new(),
            behind: behind.flatten(),
        }
    }

    /// How many events there are so far.
    pub(super) fn len(&self) -> usize {
        self.batch.places.len()
    }

    /// What is decided so far will not be appended.
    pub(super) fn only_tell(&mut self) {
        self.purpose = Purpose::Telling;
    }

    /// Takes a decided event.
    pub(super) fn take(&mut self, event: Event) -> Result<(), OfficeError> {
        let keeps = self.purpose == Purpose::Counting || is_personal(&event.body);
        if self.purpose == Purpose::Telling || !keeps {
            let place = Place::Written(event.body.clone());
            self.batch.places.push((event.id, place));
            if self.purpose != Purpose::Telling {
                self.write(event)?;
            }
            return Ok(());
        }
        self.batch.places.push((event.id, Place::Kept));
        self.batch.kept.push(event);
        Ok(())
    }

    fn write(&mut self, event: Event) -> Result<(), OfficeError> {
        let Some((send, _)) = &self.behind else {
            self.batch.written.push(new_event(&event)?);
            return Ok(());
        };
        self.chunk.push(event);
        if self.chunk.len() == CHUNK {
            // A thread that has stopped says why when it is joined.
            drop(send.send(std::mem::take(&mut self.chunk)));
        }
        Ok(())
    }

    /// What an event of the batch says.
    pub(super) fn said(&self, id: &Uuid) -> Option<Body> {
        let mut kept = self.batch.kept.iter().rev();
        let mut places = self.batch.places.iter().rev();
        match places.find(|(known, _)| known == id)? {
            (_, Place::Written(body)) => Some(body.clone()),
            (_, Place::Kept) => kept.find(|event| event.id == *id).map(|it| it.body.clone()),
        }
    }

    /// Waits for what is being written.
    pub(super) fn finish(mut self) -> Result<Batch, OfficeError> {
        if let Some((send, thread)) = self.behind.take() {
            drop(send.send(self.chunk));
            drop(send);
            match thread.join() {
                Ok(written) => self.batch.written = written?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(self.batch)
    }
}

fn write(chunks: &Receiver<Vec<Event>>) -> Written {
    let mut written = Vec::new();
    for chunk in chunks {
        for event in chunk {
            let mut new = new_event(&event)?;
            new.members.shrink();
            written.push(new);
        }
    }
    Ok(written)
}

impl Batch {
    /// Whether there is no event in it.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// A batch of events that were not decided here.
    pub(super) fn of(events: Vec<Event>) -> Batch {
        Batch {
            places: events.iter().map(|event| (event.id, Place::Kept)).collect(),
            kept: events,
            written: Vec::new(),
        }
    }

    /// All events as the log takes them, once what was open is sealed. Of the batch only what is
    /// kept is left.
    ///
    /// # Errors
    /// [`OfficeError::Unsealed`].
    pub(super) fn take_new(&mut self) -> Result<Vec<NewEvent>, OfficeError> {
        let (places, written) = (
            std::mem::take(&mut self.places),
            std::mem::take(&mut self.written),
        );
        let kept = new_events(&self.kept)?;
        self.kept.reverse();
        if kept.is_empty() {
            return Ok(written);
        }
        let (mut kept, mut written) = (kept.into_iter(), written.into_iter());
        let next = |(_, place)| match place {
            Place::Kept => kept.next(),
            Place::Written(_) => written.next(),
        };
        Ok(places.into_iter().filter_map(next).collect())
    }

    /// The kept event with this id, where it is the next.
    pub(super) fn next_kept(&mut self, id: Uuid) -> Option<Event> {
        self.kept.pop_if(|event| event.id == id)
    }
}
