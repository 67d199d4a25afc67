//! Commands in, events appended: whole or not at all.

use std::borrow::Cow;
use std::thread;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::asof::local_date;
use super::batch::{Batch, Deciding, MANY, Purpose};
use super::error::OfficeError;
use super::ledger::{Ledger, decode, offset};
use super::named;
use super::opening::Tools;
use super::personal::{PersonalReader, seal_events};
use super::views::{Wants, is_of_a_subject};
use crate::domain::command::{Command, Context, SupportChange};
use crate::domain::custody::CustodyCommand;
use crate::domain::decide::{Proposed, decide};
use crate::domain::event::{Actor, Body, Document, Event, Source, support_type};
use crate::domain::finding::Finding;
use crate::domain::personal::Subject;
use crate::domain::rejection::Rejection;
use crate::domain::restate;
use crate::domain::stage::Stage;
use crate::domain::state::{State, SupportRecord};
use crate::domain::tags::body_tags;
use crate::log::{Condition, EventLog, NewEvent, codec};

/// By what a row of a list is known again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NaturalKey {
    /// The family of lists: `households`, `supports`, ...
    pub family: &'static str,
    /// The key in it: the household's code, the support's ref, else file hash and row.
    pub key: String,
}

/// One command with what it rests on.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What is asked.
    pub command: Command,
    /// The paper.
    pub document: Option<Document>,
    /// Why.
    pub reason: Option<String>,
    /// The row.
    pub source: Option<Source>,
    /// The row's key; without it the entry is made by hand and gets an id of its own.
    pub key: Option<NaturalKey>,
    /// A known household or person that differs is changed rather than refused.
    pub update: bool,
}

impl Entry {
    /// A command by hand.
    pub fn by_hand(command: Command) -> Entry {
        Entry {
            command,
            document: None,
            reason: None,
            source: None,
            key: None,
            update: false,
        }
    }
}

/// How much of a list must be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All or nothing.
    Whole,
    /// What is right goes in, the rest comes back.
    AcceptValid,
    /// Nothing goes in: only what would happen is told.
    DryRun,
}

/// What became of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Recorded, or what would be.
    New {
        /// The id of its main event: for a support, the support's id.
        id: Uuid,
        /// Its place in the log.
        seq: u64,
        /// What seemed doubtful.
        findings: Vec<Finding>,
        /// The villages that were registered on the way.
        events: usize,
    },
    /// There already, with the same content.
    Already {
        /// The id of the event that is there.
        id: Uuid,
    },
    /// Refused.
    Rejected(Rejection),
}

/// What became of all entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// One outcome an entry, in their order.
    pub outcomes: Vec<Outcome>,
    /// The events that were appended: first and last place; `None` when there were none.
    pub appended: Option<(u64, u64)>,
}

impl Recorded {
    /// Whether any entry was refused.
    pub fn any_rejected(&self) -> bool {
        self.outcomes
            .iter()
            .any(|outcome| matches!(outcome, Outcome::Rejected(_)))
    }
}

/// Entries that are decided one after the other, in their order.
pub(super) trait Entries {
    /// How many there are.
    fn count(&self) -> usize;
    /// One of them, which may be made only now, and for which nobody asks again.
    fn take(&mut self, at: usize) -> Option<Cow<'_, Entry>>;
}

impl Entries for &[Entry] {
    fn count(&self) -> usize {
        self.len()
    }

    fn take(&mut self, at: usize) -> Option<Cow<'_, Entry>> {
        self.get(at).map(Cow::Borrowed)
    }
}

/// What was decided about some entries, and what it gives.
pub(super) struct Plan {
    outcomes: Vec<Outcome>,
    batch: Batch,
    /// The state with these events.
    state: State,
    /// No event of it keeps its own time in the state.
    timeless: bool,
    /// It is to be appended.
    goes_in: bool,
}

impl Plan {
    /// One outcome an entry, in their order.
    pub(super) fn take_outcomes(&mut self) -> Vec<Outcome> {
        std::mem::take(&mut self.outcomes)
    }
}

/// What an entry is decided on: the ledger, and what the entries before it in the batch give.
struct Sight<'a, 'scope> {
    state: &'a State,
    batch: &'a Deciding<'scope>,
}

/// What an entry rests on, taken out of it where nobody else has it.
struct Rests {
    document: Option<Document>,
    reason: Option<String>,
    source: Option<Source>,
}

impl Rests {
    fn of(entry: &mut Cow<'_, Entry>) -> Rests {
        match entry {
            Cow::Borrowed(entry) => Rests {
                document: entry.document.clone(),
                reason: entry.reason.clone(),
                source: entry.source.clone(),
            },
            Cow::Owned(entry) => Rests {
                document: entry.document.take(),
                reason: entry.reason.take(),
                source: entry.source.take(),
            },
        }
    }
}

/// What is the same for all entries of a batch.
struct Given<'a> {
    by: &'a Actor,
    id: Option<Uuid>,
    now_ms: i64,
    today: NaiveDate,
}

enum Known {
    No,
    Same(Uuid),
    Differs(Rejection),
    Update(Box<Command>),
}

impl<L: EventLog> Ledger<L> {
    /// The official who acts: the one named, else the only one there is, else one of the names
    /// that the caller suggests.
    ///
    /// # Errors
    /// [`OfficeError::NoActor`], or an unknown id.
    pub fn actor(
        &self,
        named: Option<&str>,
        suggested: Option<&str>,
    ) -> Result<Actor, OfficeError> {
        let actors = &self.state().actors;
        let known = || actors.keys().map(ToString::to_string).collect::<Vec<_>>();
        let only = || {
            if actors.len() == 1 {
                actors.keys().next().map(|c| c.as_str())
            } else {
                None
            }
        };
        let suggested = suggested.filter(|id| actors.contains_key(*id));
        let id = named
            .or(suggested)
            .or_else(only)
            .ok_or_else(|| OfficeError::NoActor(known()))?;
        let Some((name, office)) = actors.get(id) else {
            let what = crate::domain::rejection::Unknown::Actor;
            return Err(Rejection::Unknown {
                what,
                name: id.to_owned(),
                known: known(),
            }
            .into());
        };
        Ok(Actor {
            id: id.to_owned(),
            name: name.clone(),
            office: office.clone(),
        })
    }

    /// Decides all entries on what the ledger knows and on each other, and appends what they give
    /// as one batch. Every entry is looked at, so that all errors are told at once.
    ///
    /// # Errors
    /// [`OfficeError`] when the log or the keys fail; refused entries are outcomes, not errors.
    pub fn record(
        &mut self,
        tools: &mut Tools,
        by: &Actor,
        entries: &[Entry],
        mode: Mode,
    ) -> Result<Recorded, OfficeError> {
        self.know(named::wants(&self.view.state, entries))?;
        self.record_known(tools, by, entries, mode)
    }

    /// As [`Ledger::record`], of entries whose decision looks at nothing that is not known.
    fn record_known(
        &mut self,
        tools: &mut Tools,
        by: &Actor,
        mut entries: &[Entry],
        mode: Mode,
    ) -> Result<Recorded, OfficeError> {
        let mut plan = self.plan(tools, by, &mut entries, mode)?;
        let outcomes = plan.take_outcomes();
        let appended = self.append_plan(tools, plan)?;
        Ok(Recorded { outcomes, appended })
    }

    /// Appends what was planned, where the plan says so: first and last place.
    ///
    /// # Errors
    /// [`OfficeError`] when the log or the keys fail.
    pub(super) fn append_plan(
        &mut self,
        tools: &mut Tools,
        plan: Plan,
    ) -> Result<Option<(u64, u64)>, OfficeError> {
        if !plan.goes_in || plan.batch.is_empty() {
            return Ok(None);
        }
        let planned = plan.timeless.then_some(plan.state);
        self.append_batch(tools, plan.batch, planned).map(Some)
    }

    /// Decides one entry; a refusal is an error.
    ///
    /// # Errors
    /// [`OfficeError::Rejected`], or what the log and the keys say.
    pub fn record_one(
        &mut self,
        tools: &mut Tools,
        by: &Actor,
        entry: Entry,
    ) -> Result<Outcome, OfficeError> {
        let recorded = self.record(tools, by, &[entry], Mode::Whole)?;
        match recorded.outcomes.into_iter().next() {
            Some(Outcome::Rejected(rejection)) => Err(rejection.into()),
            Some(outcome) => Ok(outcome),
            None => Err(OfficeError::NotFound {
                what: "entry",
                name: String::new(),
            }),
        }
    }

    /// Decides entries whose decision looks at nothing that is not known.
    ///
    /// # Errors
    /// [`OfficeError`] when the log or the keys fail.
    pub(super) fn plan<E: Entries>(
        &self,
        tools: &mut Tools,
        by: &Actor,
        entries: &mut E,
        mode: Mode,
    ) -> Result<Plan, OfficeError> {
        let now_ms = tools.clock.now_ms().max(self.stand.at_ms);
        let given = Given {
            by,
            id: (entries.count() > 1).then(|| id_by_hand(tools, now_ms)),
            now_ms,
            today: local_date(now_ms, offset(self.state())),
        };
        let purpose = match mode {
            Mode::DryRun => Purpose::Telling,
            _ if self.part.is_none() => Purpose::Counting,
            _ => Purpose::Appending,
        };
        thread::scope(|scope| {
            let mut batch = Deciding::begin(scope, entries.count(), purpose);
            let mut plan = Plan {
                outcomes: Vec::with_capacity(entries.count()),
                batch: Batch::default(),
                state: self.view.state.clone(),
                timeless: true,
                goes_in: mode != Mode::DryRun,
            };
            let count = entries.count();
            for at in 0..count {
                let Some(entry) = entries.take(at) else {
                    break;
                };
                tools.tick(at, count);
                let outcome = self.decided(tools, &given, entry, &mut plan, &mut batch)?;
                if mode == Mode::Whole && matches!(outcome, Outcome::Rejected(_)) {
                    plan.goes_in = false;
                    batch.only_tell();
                }
                plan.outcomes.push(outcome);
            }
            plan.batch = batch.finish()?;
            Ok(plan)
        })
    }

    /// Decides one entry; what it gives is in the batch and in the planned state then.
    fn decided(
        &self,
        tools: &mut Tools,
        given: &Given<'_>,
        mut entry: Cow<'_, Entry>,
        plan: &mut Plan,
        batch: &mut Deciding<'_>,
    ) -> Result<Outcome, OfficeError> {
        let sight = Sight {
            state: &plan.state,
            batch,
        };
        let command = match self.known(&sight, &entry)? {
            Known::Same(id) => return Ok(Outcome::Already { id }),
            Known::Differs(rejection) => return Ok(Outcome::Rejected(rejection)),
            Known::Update(command) => Some(*command),
            Known::No => None,
        };
        let rests = Rests::of(&mut entry);
        let command = command.map_or(Cow::Borrowed(&entry.command), Cow::Owned);
        let command = match *command {
            Command::Advance { .. } | Command::Correct { .. } => {
                Cow::Owned(self.carry_over(&sight, command.into_owned())?)
            }
            _ => command,
        };
        let context = Context {
            today: given.today,
            document: rests.document,
            reason: rests.reason,
        };
        let proposed = match decide(&plan.state, &context, &command) {
            Err(rejection) => return Ok(Outcome::Rejected(rejection)),
            Ok(proposed) => proposed,
        };
        let first = self.stand.seq + 1 + batch.len() as u64;
        let key = entry.key.as_ref().filter(|_| !is_change(&command));
        let source = rests.source;
        let events = shape(tools, given, source, key, proposed, first, &plan.state);
        let outcome = outcome(&events);
        for event in events {
            plan.state.evolve(&event)?;
            plan.timeless &= is_timeless(&event.body);
            batch.take(event)?;
        }
        Ok(outcome)
    }

    pub(super) fn append(
        &mut self,
        tools: &mut Tools,
        events: Vec<Event>,
    ) -> Result<(u64, u64), OfficeError> {
        self.append_batch(tools, Batch::of(events), None)
    }

    /// Appends a batch. `planned` is the state with it, as its events were before they were sealed:
    /// where that makes no difference to it, nothing is folded a second time.
    fn append_batch(
        &mut self,
        tools: &mut Tools,
        mut batch: Batch,
        planned: Option<State>,
    ) -> Result<(u64, u64), OfficeError> {
        let random = tools.random.as_mut();
        let sealed = seal_events(&self.keys, random, &self.view.state, &mut batch.kept)?;
        let planned = planned.filter(|_| !sealed);
        let new = batch.take_new()?;
        let folded = planned.is_some();
        let before = planned.and_then(|planned| {
            let before = std::mem::replace(&mut self.view.state, planned);
            // Beside a long list there is no room for two states: of a ledger that is known in
            // part, the one before is folded again in the one case that it is needed.
            self.part.is_none().then_some(before)
        });
        let counts = self.part.is_none();
        let appended = if counts || !folded {
            self.log.append(new, &Condition::default())
        } else {
            self.log.append_unseen(new, &Condition::default())
        };
        let appended = match appended {
            Ok(appended) => appended,
            Err(error) => {
                self.restore_state(folded, before)?;
                return Err(error.into());
            }
        };
        if folded {
            let state = &mut self.view.state;
            (state.seq, state.at_ms) = (appended.last, appended.at_ms);
        }
        for stored in &appended.events {
            let event = match batch.next_kept(stored.id) {
                Some(mut event) => {
                    (event.at_ms, event.seq) = (stored.at_ms, stored.seq);
                    event
                }
                None => decode(stored)?,
            };
            if !folded {
                self.view.state.evolve(&event)?;
            }
            if counts {
                self.view.count(&event);
            }
        }
        let head = self.log.head();
        self.stand = super::ledger::Stand {
            seq: head.seq,
            at_ms: head.at_ms,
            root: head.root,
        };
        Ok((appended.first, appended.last))
    }

    /// Puts the state from before a planned batch back, which did not go in.
    fn restore_state(&mut self, folded: bool, before: Option<State>) -> Result<(), OfficeError> {
        match (before, &mut self.part) {
            (Some(before), _) => self.view.state = before,
            (None, Some(part)) if folded => {
                part.forget();
                self.know(Some(Wants::default()))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The note and the recipient of a support are sealed to one event: they are opened here and
    /// sealed again with the next.
    fn carry_over(&self, sight: &Sight, mut command: Command) -> Result<Command, OfficeError> {
        let (support, stage, change) = match &mut command {
            Command::Advance {
                support, change, ..
            } => (*support, None, change),
            Command::Correct {
                support,
                stage,
                change,
                ..
            } => (*support, *stage, change),
            _ => return Ok(command),
        };
        let record = sight.state.supports.get(&support);
        let entry = record.and_then(|record| match stage {
            Some(stage) => record.at(stage),
            None => record.furthest(),
        });
        if let Some(entry) = entry
            && let Some(mut body) = self.seen(sight, &entry.event)?
        {
            self.personal().open_body(entry.event, &mut body);
            body.each_personal_mut(&mut |place, value| {
                let text = value.open_text().map(str::to_owned);
                match place.rsplit('.').next() {
                    Some("note") => change.carried.note = text,
                    Some("recipient") => change.carried.recipient = text,
                    _ => {}
                }
            });
        }
        Ok(command)
    }

    /// What an event of the log says or, where the log has none, one of the batch so far.
    fn seen(&self, sight: &Sight, id: &Uuid) -> Result<Option<Body>, OfficeError> {
        let record = sight.state.supports.get(id);
        if let Some(body) = record.and_then(|record| said(record, id)) {
            return Ok(Some(body));
        }
        let stored = self.event(id)?.map(|event| event.body);
        Ok(stored.or_else(|| sight.batch.said(id)))
    }

    fn known(&self, sight: &Sight, entry: &Entry) -> Result<Known, OfficeError> {
        let scratch = sight.state;
        match &entry.command {
            Command::RegisterHousehold(draft) => self.known_household(sight, entry, draft),
            Command::RegisterPerson(draft) => self.known_person(sight, entry, draft),
            Command::RecordSupport(draft) => self.known_support(sight, entry, draft),
            Command::Advance {
                support,
                to,
                change,
            } => {
                let Some(key) = &entry.key else {
                    return Ok(Known::No);
                };
                self.known_stage(sight, key, *support, *to, change)
            }
            Command::RegisterProject(draft) => Ok(match scratch.projects.get(&draft.project) {
                None => Known::No,
                Some(known) => {
                    let registered = &known.registered;
                    let mut fields = Vec::new();
                    let programme = registered.programme.as_ref().map(|code| code.as_str());
                    let village = match (&draft.village, &registered.village) {
                        (Some(given), Some(known)) => scratch.units.is_called(known, given),
                        (None, None) => true,
                        _ => false,
                    };
                    for (name, same) in [
                        ("name", registered.name == draft.name),
                        ("programme", programme == draft.programme.as_deref()),
                        ("village", village),
                        ("quantity", registered.quantity == draft.quantity),
                        (
                            "stage",
                            (draft.stage).is_none_or(|to| known.stages.iter().any(|s| s.0 == to)),
                        ),
                        ("amount", self.same_budget(sight, entry, draft)?),
                    ] {
                        fields.extend((!same).then(|| name.to_owned()));
                    }
                    if fields.is_empty() {
                        Known::Same(Uuid::nil())
                    } else {
                        differs("project", draft.project.as_str(), fields)
                    }
                }
            }),
            Command::JoinProject {
                project,
                household,
                role,
                ..
            } => {
                let members = scratch
                    .projects
                    .get(project)
                    .map(|known| known.members.as_slice());
                let known = members
                    .unwrap_or_default()
                    .iter()
                    .find(|(code, _)| code == household);
                Ok(match known {
                    None => Known::No,
                    Some((_, known)) if known == role => Known::Same(Uuid::nil()),
                    Some(_) => differs("member", household.as_str(), vec!["role".to_owned()]),
                })
            }
            Command::ListCohort {
                cohort, household, ..
            } => {
                let listed = scratch.cohorts.get(cohort);
                let listed = listed.is_some_and(|known| known.households.contains(household));
                Ok(if listed {
                    Known::Same(Uuid::nil())
                } else {
                    Known::No
                })
            }
            Command::RegisterActor {
                actor,
                name,
                office,
            } => {
                let same = scratch.actors.get(actor) == Some(&(name.clone(), office.clone()));
                Ok(if same {
                    Known::Same(Uuid::nil())
                } else {
                    Known::No
                })
            }
            Command::Custody(CustodyCommand::Erase { .. }) => {
                let key = entry.key.as_ref();
                let id = key.map(|key| id_of_row(&sight.state.ledger_id, key, "subject.erased", 0));
                Ok(match id {
                    Some(id) if self.seen(sight, &id)?.is_some() => Known::Same(id),
                    _ => Known::No,
                })
            }
            _ => Ok(Known::No),
        }
    }

    /// Whether a row of a list of stages is there already.
    fn known_stage(
        &self,
        sight: &Sight,
        key: &NaturalKey,
        support: Uuid,
        to: Stage,
        change: &SupportChange,
    ) -> Result<Known, OfficeError> {
        let id = id_of_row(&sight.state.ledger_id, key, support_type(to), 0);
        // Most rows of such a list are new: only one whose stage is reached can be there.
        let record = sight.state.supports.get(&support);
        let reached = record.is_some_and(|record| record.reversed || record.at(to).is_some());
        let body = match record.and_then(|record| said(record, &id)) {
            Some(body) => Some(body),
            None if reached => self.seen(sight, &id)?,
            None => self.event(&id)?.map(|event| event.body),
        };
        let Some(body) = body else {
            return Ok(Known::No);
        };
        let Body::Support(_, state) = &body else {
            return Ok(Known::No);
        };
        let subject = body.subject();
        let reader = PersonalReader::new(&self.keys, &sight.state.ledger_id);
        let opened = |kept: &_| reader.open(&subject, kept);
        let fields = restate::stage_differs(support, change, state, id, &opened);
        Ok(if fields.is_empty() {
            Known::Same(id)
        } else {
            differs("stage", &format!("{} {to}", key.key), fields)
        })
    }

    /// Whether a project's row names the budget that it was registered with; what was allocated or
    /// adjusted since does not count.
    fn same_budget(
        &self,
        sight: &Sight,
        entry: &Entry,
        draft: &crate::domain::command::ProjectDraft,
    ) -> Result<bool, OfficeError> {
        let Some(key) = &entry.key else {
            return Ok(true);
        };
        let mut known = Vec::new();
        for ordinal in 0.. {
            let id = id_of_row(&sight.state.ledger_id, key, "budget.allocated", ordinal);
            let Some(body) = self.seen(sight, &id)? else {
                break;
            };
            if let Body::BudgetAllocated(data) = &body {
                known.push((Some(data.source.to_string()), data.amount));
            }
        }
        let given = draft
            .budget
            .iter()
            .map(|part| (part.source.clone(), part.amount));
        Ok(known == given.collect::<Vec<_>>())
    }

    fn known_household(
        &self,
        sight: &Sight,
        entry: &Entry,
        draft: &crate::domain::command::HouseholdDraft,
    ) -> Result<Known, OfficeError> {
        let Some(code) = &draft.household else {
            return Ok(Known::No);
        };
        let Some(known) = sight.state.households.get(code) else {
            return Ok(Known::No);
        };
        let subject = Subject::Household(code.clone());
        let reader = PersonalReader::new(&self.keys, &sight.state.ledger_id);
        let opened = |kept: &_| reader.open(&subject, kept);
        let village_is = |name: &str, code: &_| sight.state.units.is_called(code, name);
        let mut news = draft.clone();
        let fields = restate::household_news(&mut news, known, &village_is, &opened);
        if fields.is_empty() {
            return Ok(Known::Same(known.registered));
        }
        if let Some(body) = self.seen(sight, &known.registered)?
            && let Body::HouseholdRegistered(registered) = &body
        {
            let first = known.classes.entries().iter().min_by_key(|class| class.seq);
            let first = first.map(|class| (class.value, class.from));
            let differ = restate::household_registration_differs(
                draft,
                registered,
                known.registered,
                first,
                &village_is,
                &opened,
            );
            if differ.is_empty() {
                return Ok(Known::Same(known.registered));
            }
        }
        Ok(if entry.update {
            Known::Update(Box::new(Command::UpdateHousehold(news)))
        } else {
            differs("household", code.as_str(), fields)
        })
    }

    fn known_person(
        &self,
        sight: &Sight,
        entry: &Entry,
        draft: &crate::domain::command::PersonDraft,
    ) -> Result<Known, OfficeError> {
        let Some(code) = &draft.person else {
            return Ok(Known::No);
        };
        let Some(known) = sight.state.persons.get(code) else {
            return Ok(Known::No);
        };
        let subject = Subject::Person(code.clone());
        let reader = PersonalReader::new(&self.keys, &sight.state.ledger_id);
        let opened = |kept: &_| reader.open(&subject, kept);
        let mut news = draft.clone();
        let fields = restate::person_news(&mut news, known, &opened);
        if fields.is_empty() {
            return Ok(Known::Same(known.registered));
        }
        let id = known.registered;
        if let Some(body) = self.seen(sight, &id)?
            && let Body::PersonJoined(joined) = &body
            && restate::person_registration_differs(draft, joined, id, &opened).is_empty()
        {
            return Ok(Known::Same(id));
        }
        Ok(if entry.update {
            Known::Update(Box::new(Command::UpdatePerson(news)))
        } else {
            differs("person", code.as_str(), fields)
        })
    }

    fn known_support(
        &self,
        sight: &Sight,
        entry: &Entry,
        draft: &crate::domain::command::SupportDraft,
    ) -> Result<Known, OfficeError> {
        let by_reference = draft
            .reference
            .as_ref()
            .and_then(|reference| sight.state.references.get(reference));
        let kind = sight.state.catalogue.kind(&draft.kind);
        let stage = draft
            .stage
            .or_else(|| kind.and_then(|kind| kind.default_stage()));
        let Some(stage) = stage else {
            return Ok(Known::No);
        };
        let by_row = entry.key.as_ref();
        let by_row =
            by_row.map(|key| id_of_row(&sight.state.ledger_id, key, support_type(stage), 0));
        let by_row = by_row.filter(|id| sight.state.supports.contains_key(id));
        let Some(id) = by_reference.copied().or(by_row) else {
            return Ok(Known::No);
        };
        let name = draft
            .reference
            .as_ref()
            .map_or_else(|| id.to_string(), ToString::to_string);
        let Some(body) = self.seen(sight, &id)? else {
            return Ok(differs("support", &name, vec!["ref".to_owned()]));
        };
        let Body::Support(known_stage, known) = &body else {
            return Ok(Known::No);
        };
        let subject = body.subject();
        let reader = PersonalReader::new(&self.keys, &sight.state.ledger_id);
        let opened = |kept: &_| reader.open(&subject, kept);
        let village_is = |name: &str, code: &_| sight.state.units.is_called(code, name);
        let fields =
            restate::support_differs(draft, stage, *known_stage, known, id, &village_is, &opened);
        Ok(if fields.is_empty() {
            Known::Same(id)
        } else {
            differs("support", &name, fields)
        })
    }
}

/// What the event of a stage said: as long as it was not corrected it stands in the state as it is
/// in the log.
fn said(record: &SupportRecord, event: &Uuid) -> Option<Body> {
    let entry = record.entries.iter().find(|entry| entry.event == *event)?;
    Some(Body::Support(entry.stage, entry.state.clone()))
}

fn differs(what: &str, name: &str, fields: Vec<String>) -> Known {
    Known::Differs(Rejection::Differs {
        what: format!("{what} {name}"),
        fields,
    })
}

/// A change of something known gets an id of its own, since the same row may change it again.
fn is_change(command: &Command) -> bool {
    matches!(
        command,
        Command::UpdateHousehold(_) | Command::UpdatePerson(_)
    )
}

fn outcome(events: &[Event]) -> Outcome {
    let main = events
        .iter()
        .rfind(|event| matches!(event.body, Body::Support(..) | Body::SupportCorrected(_)));
    let Some(main) = main.or_else(|| events.last()) else {
        return Outcome::Already { id: Uuid::nil() };
    };
    let findings = events
        .iter()
        .flat_map(|event| event.findings.iter().cloned())
        .collect();
    Outcome::New {
        id: main.id,
        seq: main.seq,
        findings,
        events: events.len(),
    }
}

/// Whether the state that an event is folded into keeps nothing of its time.
fn is_timeless(body: &Body) -> bool {
    is_of_a_subject(body) || matches!(body, Body::UnitRegistered(_))
}

fn shape(
    tools: &mut Tools,
    given: &Given<'_>,
    source: Option<Source>,
    key: Option<&NaturalKey>,
    proposed: Vec<Proposed>,
    first: u64,
    state: &State,
) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::with_capacity(proposed.len());
    for (seq, proposed) in (first..).zip(proposed) {
        let name = proposed.body.type_name();
        let ordinal = events
            .iter()
            .filter(|event| event.body.type_name() == name)
            .count();
        let id = match key {
            Some(key) => id_of_row(&state.ledger_id, key, name, ordinal),
            None => id_by_hand(tools, given.now_ms),
        };
        events.push(Event {
            at_ms: given.now_ms,
            batch: given.id,
            by: given.by.clone(),
            body: proposed.body,
            document: proposed.document,
            findings: proposed.findings,
            id,
            late: proposed.late,
            ledger: state.ledger_id.clone(),
            reason: proposed.reason,
            seq,
            source: source.clone(),
        });
    }
    events
}

/// Events as the log takes them; of many, half are written in another thread.
///
/// # Errors
/// [`OfficeError::Unsealed`] where a personal field is still open.
pub fn new_events(events: &[Event]) -> Result<Vec<NewEvent>, OfficeError> {
    let write = |events: &[Event]| events.iter().map(new_event).collect::<Result<Vec<_>, _>>();
    let half = events.len() / 2;
    let (left, right) = events.split_at_checked(half).unwrap_or((events, &[]));
    if half < MANY {
        return write(events);
    }
    thread::scope(|scope| {
        let beside = thread::Builder::new().spawn_scoped(scope, || write(left));
        let right = write(right)?;
        // Without a thread, or with one that stopped, this one does it all.
        let made = beside.ok().and_then(|beside| beside.join().ok());
        let mut new = made.unwrap_or_else(|| write(left))?;
        new.extend(right);
        Ok(new)
    })
}

/// One event as the log takes it.
pub(super) fn new_event(event: &Event) -> Result<NewEvent, OfficeError> {
    Ok(NewEvent {
        id: event.id,
        members: codec::members(event).map_err(|_| OfficeError::Unsealed)?,
        tags: body_tags(&event.body),
    })
}

/// A UUIDv7 for an entry by hand.
pub(super) fn id_by_hand(tools: &mut Tools, at_ms: i64) -> Uuid {
    let mut random = [0; 10];
    tools.random.fill(&mut random);
    Builder::from_unix_timestamp_millis(u64::try_from(at_ms).unwrap_or(0), &random).into_uuid()
}

/// A UUIDv8 for a row of a list: the same row gives the same id.
pub(super) fn id_of_row(ledger: &str, key: &NaturalKey, type_name: &str, ordinal: usize) -> Uuid {
    let mut hasher = Sha256::new();
    let ordinal = ordinal.to_string();
    for part in [
        "socai row id v1",
        ledger,
        key.family,
        &key.key,
        type_name,
        &ordinal,
    ] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hasher.finalize()) {
        *byte = hashed;
    }
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// The tags of an event's bytes, for a log that builds its index anew.
///
/// # Errors
/// When the bytes are no event of this program. An event of a later program has no tags that this
/// one could know: it is kept and proved, and never folded.
pub fn tags_of(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    match codec::decode(bytes) {
        Ok(event) => Ok(body_tags(&event.body)),
        Err(codec::DecodeError::Newer(..)) => Ok(Vec::new()),
        Err(error) => Err(error.to_string()),
    }
}
