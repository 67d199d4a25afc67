//! A ledger folded from no more than a question needs: saved views and the events that follow.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use uuid::Uuid;

use super::keys::{Key, support_key, support_of, tag_key};
use super::run::Listed;
use super::save::earlier;
use super::words::Words;
use super::{Views, events_at};
use crate::domain::code::Code;
use crate::domain::event::{Body, Event};
use crate::domain::state::State;
use crate::domain::tags::{household_tag, person_tag, project_tag, tags};
use crate::log::keys::KeyStore;
use crate::log::merkle::{Frontier, leaf_hash};
use crate::log::{EventRead, StoredEvent, codec};
use crate::office::asof::AsOf;
use crate::office::error::OfficeError;
use crate::office::ledger::{Ledger, Stand, decode, offset};
use crate::office::noted::Noted;
use crate::projection::{Facts, View};

/// What a question needs to know of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Figures, and everything but single households, persons and supports; with `members` also
    /// who takes part in a project or stands on a list.
    Figures {
        /// Whether the lists are needed.
        members: bool,
    },
    /// Figures that neither group nor filter by villages or communes, nor name any.
    Sums {
        /// Whether the lists are needed.
        members: bool,
    },
    /// One household: its persons, its supports, and every event about them.
    Household(Code),
    /// Every household and person, without what they received.
    People,
    /// One project, or every one: who takes part, its supports, and every event about them.
    Projects(Option<Code>),
    /// What a report is made of: figures, lists, and what was noted on supports.
    Report,
}

/// Folds what a question needs, from the saved views where they are there and sound, else
/// everything from the log. What else the ledger holds is then not known to it.
///
/// # Errors
/// As [`Ledger::fold`].
pub fn glance<L: EventRead>(
    log: L,
    keys: KeyStore,
    as_of: AsOf,
    now_ms: i64,
    folder: &Path,
    need: &Need,
) -> Result<Ledger<L>, OfficeError> {
    match quick(&log, as_of, now_ms, folder, need) {
        Ok(Some(seen)) => Ok(Ledger {
            log,
            keys,
            view: seen.view,
            stand: seen.stand,
            watch: None,
            part: None,
            noted: seen.noted,
            at_hand: seen.events,
        }),
        Ok(None) | Err(OfficeError::Views(_)) => Ledger::fold(log, keys, as_of, now_ms),
        Err(error) => Err(error),
    }
}

/// What a glance found.
struct Seen {
    view: View,
    noted: Option<Noted>,
    stand: Stand,
    /// The events about what was asked for.
    events: BTreeMap<u64, Event>,
}

/// The view and where it stands; `None` where the saved views cannot give it.
fn quick<L: EventRead>(
    log: &L,
    as_of: AsOf,
    now_ms: i64,
    folder: &Path,
    need: &Need,
) -> Result<Option<Seen>, OfficeError> {
    let Some(views) = Views::open(folder, log.ledger().as_bytes(), &log.head()) else {
        return Ok(None);
    };
    let Some(tail) = views.tail(log)? else {
        return Ok(None);
    };
    let (members, villages) = match need {
        Need::Figures { members } => (*members, true),
        Need::Sums { members } => (*members, false),
        // Those that its events name are found afterwards.
        Need::Household(_) => (false, false),
        Need::Report => (true, true),
        _ => (false, true),
    };
    let core = views.core(members, villages).map_err(OfficeError::Views)?;
    let Some(stand) = stand(log, &views, &tail, &core, as_of, now_ms)? else {
        return Ok(None);
    };
    let known = |seq: u64| seq <= stand.seq;
    let tail = tail.iter().filter(|stored| known(stored.seq));
    let tail = tail.map(decode).collect::<Result<Vec<Event>, _>>()?;
    let core = core.into_iter().filter(|event| known(event.seq));
    let known = Known {
        log,
        views: &views,
        tail: &tail,
        seq: stand.seq,
    };
    let (mut noted, mut at_hand) = (None, BTreeMap::new());
    let mut view = match need {
        Need::Figures { .. } | Need::Sums { .. } => known.figures(core, &[])?,
        Need::Household(code) => {
            let (view, events) = known.circle(core, Circle::of_household(code), true)?;
            at_hand = events;
            view
        }
        Need::People => known.people(core)?,
        Need::Projects(which) => {
            let core: Vec<Event> = core.collect();
            let circle = Circle::of_projects(core.iter().chain(&tail), which.as_ref());
            let (view, events) = known.circle(core.into_iter(), circle, false)?;
            at_hand = events;
            view
        }
        Need::Report => {
            let events = known.listed(Listed::Noted)?;
            let mut all = Noted::default();
            events.iter().chain(&tail).for_each(|event| all.take(event));
            noted = Some(all);
            known.figures(core, &events)?
        }
    };
    (view.state.seq, view.state.at_ms) = (stand.seq, stand.at_ms);
    let events = at_hand;
    Ok(Some(Seen {
        view,
        noted,
        stand,
        events,
    }))
}

/// The places of the events with a tag, ascending, without reading the whole log; `None` where the
/// saved views cannot tell.
///
/// # Errors
/// When the log or an event cannot be read.
pub fn tagged<L: EventRead>(
    log: &L,
    folder: &Path,
    tag: &[u8],
) -> Result<Option<Vec<u64>>, OfficeError> {
    let Some(views) = Views::open(folder, log.ledger().as_bytes(), &log.head()) else {
        return Ok(None);
    };
    let Some(tail) = views.tail(log)? else {
        return Ok(None);
    };
    let Ok(mut places) = views.places(tag_key(tag)) else {
        return Ok(None);
    };
    places.sort_unstable();
    places.dedup();
    let has = |event: &Event| tags(event).iter().any(|its| its == tag);
    // Another tag can have the same key.
    let mut events = events_at(log, &places)?;
    for stored in &tail {
        events.push(decode(stored)?);
    }
    let found = events.iter().filter(|event| has(event));
    Ok(Some(found.map(|event| event.seq).collect()))
}

/// What is known of a ledger: its saved views, and the events that follow, up to one of them.
struct Known<'a, L> {
    log: &'a L,
    views: &'a Views,
    tail: &'a [Event],
    seq: u64,
}

impl<L: EventRead> Known<'_, L> {
    /// The facts, and the state of everything but households, persons and supports; of the supports
    /// of some events the state too.
    fn figures(
        &self,
        core: impl Iterator<Item = Event>,
        of: &[Event],
    ) -> Result<View, OfficeError> {
        let mut facts = Facts::over(Some(self.views.base()));
        let later = self.tail.iter().filter_map(|event| {
            let support = support_of(event)?;
            (support != event.id).then_some(support)
        });
        let later: HashSet<Uuid> = later.collect();
        let mut of: HashSet<Uuid> = of.iter().filter_map(support_of).collect();
        of.extend(&later);
        let mut known: BTreeMap<u64, Event> = core.map(|event| (event.seq, event)).collect();
        for event in earlier(self.log, self.views, &of)? {
            if support_of(&event).is_some_and(|support| later.contains(&support)) {
                facts.evolve(&event);
            }
            if event.seq <= self.seq {
                known.insert(event.seq, event);
            }
        }
        let mut state = State::default();
        for event in known.values() {
            state.evolve(event)?;
        }
        facts.know_only(self.seq);
        let mut view = View::from_parts(state, facts);
        for event in self.tail {
            view.evolve(event)?;
        }
        Ok(view)
    }

    /// Saved events whose places are listed, as far as they are known.
    fn listed(&self, which: Listed) -> Result<Vec<Event>, OfficeError> {
        let mut places = self.views.listed(which).map_err(OfficeError::Views)?;
        places.retain(|place| *place <= self.seq);
        events_at(self.log, &places)
    }

    /// The register of households and persons.
    fn people(&self, core: impl Iterator<Item = Event>) -> Result<View, OfficeError> {
        let people = self.listed(Listed::People)?;
        let known = core.chain(people).map(|event| (event.seq, event));
        let known: BTreeMap<u64, Event> = known.collect();
        let mut state = State::default();
        for event in known.values().chain(self.tail) {
            state.evolve(event)?;
        }
        Ok(View::from_parts(state, Facts::default()))
    }

    /// What belongs together, beside what every question needs; with `name_villages` also the
    /// villages that it names, if `core` has none.
    fn circle(
        &self,
        core: impl Iterator<Item = Event>,
        mut circle: Circle,
        name_villages: bool,
    ) -> Result<(View, BTreeMap<u64, Event>), OfficeError> {
        let mut events: BTreeMap<u64, Event> = core.map(|event| (event.seq, event)).collect();
        let core_tail = self.tail.iter().filter(|event| !is_about_subjects(event));
        events.extend(core_tail.map(|event| (event.seq, event.clone())));
        let mut words = Words::default();
        while let Some(keys) = circle.next() {
            let mut places = Vec::new();
            for key in keys {
                places.extend(self.views.places(key).map_err(OfficeError::Views)?);
            }
            places.retain(|place| *place <= self.seq && !circle.seen.contains(place));
            places.sort_unstable();
            places.dedup();
            circle.seen.extend(&places);
            for stored in self.log.read_each(&places)? {
                words.take(&stored.bytes);
                circle.strangers.push(decode(&stored)?);
            }
            for event in circle.belonging(self.tail) {
                if event.seq > self.views.seq() {
                    let bytes = codec::encode(&event).map_err(|_| OfficeError::Unsealed)?;
                    words.take(&bytes);
                }
                events.insert(event.seq, event);
            }
        }
        if name_villages {
            let villages = self.villages(&events, &words)?;
            let known = villages.into_iter().filter(|event| event.seq <= self.seq);
            events.extend(known.map(|event| (event.seq, event)));
        }
        let mut view = View::default();
        for event in events.values() {
            view.evolve(event)?;
        }
        Ok((view, events))
    }
}

impl<L> Known<'_, L> {
    /// The saved villages that some events name; all, where a village may have gone on as another.
    fn villages(
        &self,
        events: &BTreeMap<u64, Event>,
        words: &Words,
    ) -> Result<Vec<Event>, OfficeError> {
        let mut bodies = events.values().map(|event| &event.body);
        let reorganised = bodies.any(|body| matches!(body, Body::UnitReorganised(_)));
        let found = match reorganised {
            true => self.views.core(false, true),
            false => self.views.villages(words),
        };
        found.map_err(OfficeError::Views)
    }
}

/// Whether an event is found by its keys rather than needed by every question.
fn is_about_subjects(event: &Event) -> bool {
    let alone = matches!(event.body, Body::CohortListed(_) | Body::ProjectJoined(_));
    alone || super::run::is_of_a_subject(&event.body)
}

/// What belongs to a household or to projects, as far as it is known yet.
#[derive(Default)]
struct Circle {
    household: Option<Code>,
    projects: BTreeSet<Code>,
    tags: BTreeSet<Vec<u8>>,
    supports: BTreeSet<Uuid>,
    /// Keys that were not asked yet.
    open: Vec<Key>,
    /// Places that were read.
    seen: HashSet<u64>,
    /// Events that were read and do not belong to it, as far as it is known yet.
    strangers: Vec<Event>,
    /// Events of the tail that belong to it already.
    taken: HashSet<u64>,
}

impl Circle {
    fn of_household(code: &Code) -> Circle {
        let mut circle = Circle {
            household: Some(code.clone()),
            ..Circle::default()
        };
        circle.tag(household_tag(code));
        circle
    }

    /// One project, or all that some events register.
    fn of_projects<'a>(events: impl Iterator<Item = &'a Event>, which: Option<&Code>) -> Circle {
        let registered = events.filter_map(|event| match &event.body {
            Body::ProjectRegistered(data) => Some(data.project.clone()),
            _ => None,
        });
        let mut circle = Circle {
            projects: match which {
                Some(code) => BTreeSet::from([code.clone()]),
                None => registered.collect(),
            },
            ..Circle::default()
        };
        for code in circle.projects.clone() {
            circle.tag(project_tag(&code));
        }
        circle
    }

    fn tag(&mut self, tag: Vec<u8>) {
        let key = tag_key(&tag);
        if self.tags.insert(tag) {
            self.open.push(key);
        }
    }

    fn next(&mut self) -> Option<Vec<Key>> {
        let open = std::mem::take(&mut self.open);
        (!open.is_empty()).then_some(open)
    }

    fn has(&self, event: &Event) -> bool {
        let support = support_of(event).is_some_and(|support| self.supports.contains(&support));
        support || tags(event).iter().any(|tag| self.tags.contains(tag))
    }

    /// The events that turn out to belong to it, until no more do.
    fn belonging(&mut self, tail: &[Event]) -> Vec<Event> {
        let mut belonging: Vec<Event> = Vec::new();
        loop {
            let strangers = std::mem::take(&mut self.strangers);
            let (mut found, left): (Vec<Event>, Vec<Event>) =
                strangers.into_iter().partition(|event| self.has(event));
            self.strangers = left;
            let tail = tail.iter().filter(|event| !self.taken.contains(&event.seq));
            let of_tail: Vec<Event> = tail.filter(|event| self.has(event)).cloned().collect();
            self.taken.extend(of_tail.iter().map(|event| event.seq));
            found.extend(of_tail);
            if found.is_empty() {
                return belonging;
            }
            for event in &found {
                self.widen(event);
            }
            belonging.extend(found);
        }
    }

    fn widen(&mut self, event: &Event) {
        match &event.body {
            Body::PersonJoined(data) if self.household.as_ref() == Some(&data.household) => {
                self.tag(person_tag(&data.person));
            }
            // Who takes part is told by name.
            Body::ProjectJoined(data) if self.projects.contains(&data.project) => {
                self.tag(household_tag(&data.household));
            }
            _ => {}
        }
        if let Some(support) = support_of(event)
            && self.supports.insert(support)
        {
            self.open.push(support_key(&support));
        }
    }
}

/// Where an as-of stands; `None` where nothing is known, or the saved views cannot tell.
fn stand<L: EventRead>(
    log: &L,
    views: &Views,
    tail: &[StoredEvent],
    core: &[Event],
    as_of: AsOf,
    now_ms: i64,
) -> Result<Option<Stand>, OfficeError> {
    let head = log.head();
    let at_head = Stand {
        seq: head.seq,
        at_ms: head.at_ms,
        root: head.root,
    };
    let mut opening = State::default();
    if let Some(first) = core.first() {
        opening.evolve(first)?;
    }
    let offset = offset(&opening).to_owned();
    let beyond = match as_of {
        AsOf::Head => return Ok(Some(at_head)),
        AsOf::Seq(seq) => seq > head.seq,
        _ => as_of.is_future(now_ms, &offset),
    };
    if beyond {
        // Folding gives the refusal its words.
        return Ok(None);
    }
    let knows = |seq: u64, at_ms: i64| as_of.knows(seq, at_ms, &offset);
    if knows(head.seq, head.at_ms) {
        return Ok(Some(at_head));
    }
    let mut frontier = views.manifest.frontier().unwrap_or_default();
    let mut at_ms = views.manifest.at_ms;
    if knows(views.seq(), at_ms) {
        for stored in tail.iter().filter(|stored| knows(stored.seq, stored.at_ms)) {
            frontier.push(leaf_hash(&stored.bytes));
            at_ms = stored.at_ms;
        }
    } else {
        let mark = views.mark_before(&knows).map_err(OfficeError::Views)?;
        frontier = mark.frontier().unwrap_or_else(Frontier::new);
        at_ms = mark.at_ms;
        for stored in log.read(frontier.size() + 1, head.seq)? {
            let stored = stored?;
            if !knows(stored.seq, stored.at_ms) {
                break;
            }
            frontier.push(leaf_hash(&stored.bytes));
            at_ms = stored.at_ms;
        }
    }
    let (seq, root) = (frontier.size(), frontier.root());
    Ok((seq > 0).then_some(Stand { seq, at_ms, root }))
}
