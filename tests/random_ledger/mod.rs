//! A random ledger without a disk: commands are decided and folded, and nothing else. It is quick
//! enough for thousands of cases, and whatever it does shrinks.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::OnceLock;

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use socai::domain::command::{
    ClassGiven, Command, Context, FundingDraft, SupportChange, SupportDraft,
};
use socai::domain::decide::decide;
use socai::domain::event::{Actor, Document};
use socai::domain::{Body, Event, HouseholdClass, Money, Quantity, Stage};
use socai::log::codec;
use socai::projection::View;
use uuid::Uuid;

use crate::memory_office::{Office, code};

pub const KINDS: [&str; 4] = [
    "preferential_loan",
    "electricity_subsidy",
    "housing",
    "livestock",
];
pub const HOUSEHOLDS: [&str; 4] = ["H1", "H2", "H3", "H4"];
pub const SOURCES: [&str; 2] = ["state_budget", "vbsp"];
const STAGES: [Stage; 5] = [
    Stage::Registered,
    Stage::Proposed,
    Stage::Approved,
    Stage::Disbursed,
    Stage::Settled,
];

/// The first day of a random ledger.
pub fn first_day() -> NaiveDate {
    "2023-03-01".parse().unwrap()
}

/// A ledger that is only folded.
#[derive(Clone)]
pub struct Book {
    pub view: View,
    pub events: Vec<Event>,
    pub today: NaiveDate,
}

/// The opened ledger with its households, made once.
fn opened() -> &'static (View, Vec<Event>) {
    static OPENED: OnceLock<(View, Vec<Event>)> = OnceLock::new();
    OPENED.get_or_init(|| {
        let mut office = Office::new();
        let classes = [
            Some(HouseholdClass::Poor),
            Some(HouseholdClass::NearPoor),
            None,
            Some(HouseholdClass::Poor),
        ];
        for (place, household) in HOUSEHOLDS.iter().enumerate() {
            let village = ["Cao Lộc", "Lũng Chang"][place % 2];
            office.household(household, village, classes[place]);
        }
        let stored = office.stored();
        let events = stored.iter().map(|bytes| codec::decode(bytes).unwrap());
        let events: Vec<Event> = events.collect();
        (fold(&events), events)
    })
}

/// The view of some events, from nothing.
pub fn fold(events: &[Event]) -> View {
    let mut view = View::default();
    for event in events {
        view.evolve(event).unwrap();
    }
    view
}

impl Book {
    pub fn new() -> Book {
        let (view, events) = opened().clone();
        Book {
            view,
            events,
            today: first_day(),
        }
    }

    /// The view of the first `seq` events. The catalogue is not read again.
    pub fn at(&self, seq: u64) -> View {
        let (opened, first) = opened();
        if seq < first.len() as u64 {
            return fold(&self.events[..usize::try_from(seq).unwrap()]);
        }
        let mut view = opened.clone();
        for event in &self.events[first.len()..usize::try_from(seq).unwrap()] {
            view.evolve(event).unwrap();
        }
        view
    }

    pub fn ago(&self, days: u64) -> NaiveDate {
        self.today.checked_sub_days(Days::new(days)).unwrap()
    }

    /// Decides and folds; `None` when it is refused.
    pub fn record(&mut self, command: &Command, paper: Option<NaiveDate>) -> Option<Uuid> {
        let document = paper.map(|date| Document {
            date: Some(date),
            issuer: None,
            number: None,
            kind: None,
        });
        let context = Context {
            today: self.today,
            document,
            reason: Some("a test".to_owned()),
        };
        let mut first = None;
        for proposed in decide(&self.view.state, &context, command).ok()? {
            let seq = self.events.len() as u64 + 1;
            let event = Event {
                at_ms: noon(self.today),
                batch: None,
                by: Actor {
                    id: "clerk".into(),
                    name: "A clerk".into(),
                    office: None,
                },
                body: proposed.body,
                document: proposed.document,
                findings: proposed.findings,
                id: Uuid::from_u128(u128::from(seq) + (7 << 76) + (2 << 62)),
                late: proposed.late,
                ledger: self.events[0].ledger.clone(),
                reason: proposed.reason,
                seq,
                source: None,
            };
            first = first.or(Some(event.id));
            self.view.evolve(&event).unwrap();
            self.events.push(event);
        }
        first
    }
}

/// Noon of a day in Viet Nam.
fn noon(day: NaiveDate) -> i64 {
    let midnight = day.and_hms_opt(5, 0, 0).unwrap();
    midnight.and_utc().timestamp_millis()
}

/// One thing that somebody does; small numbers choose among what there is, `ago` counts days.
#[derive(Debug, Clone)]
pub enum Act {
    Wait(u64),
    Support {
        kind: usize,
        household: usize,
        ago: u64,
        stage: usize,
        amounts: Vec<(usize, i64)>,
        heads: Option<i64>,
        covers: bool,
        paper: Option<u64>,
    },
    Group {
        ago: u64,
        count: u64,
    },
    Advance {
        which: usize,
        to: usize,
        ago: u64,
        amount: Option<i64>,
    },
    Correct {
        which: usize,
        stage: Option<usize>,
        amount: i64,
        class: bool,
        household: Option<usize>,
        ago: Option<u64>,
        effective: Option<u64>,
        paper: Option<u64>,
    },
    Reverse {
        which: usize,
        stage: Option<usize>,
        effective: Option<u64>,
    },
    Recover {
        which: usize,
        amount: i64,
        ago: u64,
    },
    Classify {
        household: usize,
        class: usize,
        ago: u64,
    },
    Close {
        ago: u64,
    },
    Reopen {
        further: u64,
    },
}

fn support() -> impl Strategy<Value = Act> {
    let amounts = prop::collection::vec((0..SOURCES.len(), 1..50_i64), 0..3);
    let heads = prop::option::of(1..9_i64);
    let what = (0..KINDS.len(), 0..HOUSEHOLDS.len(), 0..STAGES.len());
    let paper = prop::option::of(0..150_u64);
    (what, 0..90_u64, amounts, heads, any::<bool>(), paper).prop_map(
        |((kind, household, stage), ago, amounts, heads, covers, paper)| Act::Support {
            kind,
            household,
            ago,
            stage,
            amounts,
            heads,
            covers,
            paper,
        },
    )
}

fn correct() -> impl Strategy<Value = Act> {
    let what = (0..12_usize, prop::option::of(0..STAGES.len()));
    let household = prop::option::of(0..HOUSEHOLDS.len());
    let ago = prop::option::of(0..90_u64);
    let effective = prop::option::weighted(0.2, 0..60_u64);
    let paper = prop::option::of(0..150_u64);
    (
        what,
        1..50_i64,
        any::<bool>(),
        household,
        ago,
        effective,
        paper,
    )
        .prop_map(
            |((which, stage), amount, class, household, ago, effective, paper)| Act::Correct {
                which,
                stage,
                amount,
                class,
                household,
                ago,
                effective,
                paper,
            },
        )
}

/// What one list of an office may hold: nothing of it touches the closing.
pub fn entry() -> impl Strategy<Value = Act> {
    let effective = prop::option::weighted(0.2, 0..60_u64);
    let stage = prop::option::of(0..STAGES.len());
    prop_oneof![
        6 => support(),
        1 => (0..90_u64, 0..30_u64).prop_map(|(ago, count)| Act::Group { ago, count }),
        4 => (0..12_usize, 0..STAGES.len(), 0..60_u64, prop::option::of(1..50_i64))
            .prop_map(|(which, to, ago, amount)| Act::Advance { which, to, ago, amount }),
        4 => correct(),
        3 => (0..12_usize, stage, effective)
            .prop_map(|(which, stage, effective)| Act::Reverse { which, stage, effective }),
        2 => (0..12_usize, 1..20_i64, 0..60_u64)
            .prop_map(|(which, amount, ago)| Act::Recover { which, amount, ago }),
    ]
}

pub fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => entry(),
        4 => (1..30_u64).prop_map(Act::Wait),
        1 => (0..HOUSEHOLDS.len(), 0..HouseholdClass::ALL.len(), 0..300_u64)
            .prop_map(|(household, class, ago)| Act::Classify { household, class, ago }),
        3 => (0..120_u64).prop_map(|ago| Act::Close { ago }),
        1 => (0..90_u64).prop_map(|further| Act::Reopen { further }),
    ]
}

pub fn acts() -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(act(), 1..40)
}

/// Does one thing; what cannot be true is refused, and that is no fault.
pub fn perform(book: &mut Book, made: &mut Vec<Uuid>, act: &Act) -> bool {
    if let Act::Wait(days) = act {
        book.today = book.today.checked_add_days(Days::new(*days)).unwrap();
        return true;
    }
    let closed = book.view.state.closings.through();
    let Some((command, paper)) = command(book.today, closed, made, act) else {
        return false;
    };
    let recorded = book.record(&command, paper);
    if let (Command::RecordSupport(draft), Some(id)) = (&command, recorded)
        && draft.household.is_some()
    {
        made.push(id);
    }
    recorded.is_some()
}

/// What is asked of a ledger on a day, and the date of the paper it rests on.
pub fn command(
    today: NaiveDate,
    closed: Option<NaiveDate>,
    made: &[Uuid],
    act: &Act,
) -> Option<(Command, Option<NaiveDate>)> {
    let chosen = |which: &usize| (!made.is_empty()).then(|| made[which % made.len()]);
    let day = |ago: &u64| today.checked_sub_days(Days::new(*ago)).unwrap();
    Some(match act {
        Act::Wait(_) => return None,
        Act::Support {
            kind,
            household,
            ago,
            stage,
            amounts,
            heads,
            covers,
            paper,
        } => {
            let heads = heads.filter(|_| KINDS[*kind] == "livestock");
            let draft = SupportDraft {
                kind: KINDS[*kind].to_owned(),
                household: Some(code(HOUSEHOLDS[*household])),
                stage: Some(STAGES[*stage]),
                occurred_on: Some(day(ago)),
                covers: covers.then(|| "2023-Q1".parse().unwrap()),
                quantity: heads.map(Quantity::whole),
                funding: amounts
                    .iter()
                    .map(|(source, amount)| FundingDraft {
                        source: Some(SOURCES[*source].to_owned()),
                        amount: Money::whole(*amount),
                    })
                    .collect(),
                ..SupportDraft::default()
            };
            let paper = paper.as_ref().map(day);
            (Command::RecordSupport(Box::new(draft)), paper)
        }
        Act::Group { ago, count } => {
            let draft = SupportDraft {
                kind: "medical_visit".to_owned(),
                count: Some(*count),
                villages: vec!["Cao Lộc".to_owned()],
                occurred_on: Some(day(ago)),
                ..SupportDraft::default()
            };
            (Command::RecordSupport(Box::new(draft)), None)
        }
        Act::Advance {
            which,
            to,
            ago,
            amount,
        } => {
            let change = SupportChange {
                occurred_on: Some(day(ago)),
                amount: amount.map(Money::whole),
                ..SupportChange::default()
            };
            let command = Command::Advance {
                support: chosen(which)?,
                to: STAGES[*to],
                change: Box::new(change),
            };
            (command, None)
        }
        Act::Correct {
            which,
            stage,
            amount,
            class,
            household,
            ago,
            effective,
            paper,
        } => {
            let change = SupportChange {
                funding: vec![FundingDraft {
                    source: Some(SOURCES[0].to_owned()),
                    amount: Money::whole(*amount),
                }],
                household: household.map(|place| code(HOUSEHOLDS[place])),
                occurred_on: ago.as_ref().map(day),
                class: if *class {
                    ClassGiven::None
                } else {
                    ClassGiven::Unsaid
                },
                ..SupportChange::default()
            };
            let command = Command::Correct {
                support: chosen(which)?,
                stage: stage.map(|place| STAGES[place]),
                change: Box::new(change),
                effective_on: effective.as_ref().map(day),
            };
            (command, paper.as_ref().map(day))
        }
        Act::Reverse {
            which,
            stage,
            effective,
        } => {
            let command = Command::Reverse {
                support: chosen(which)?,
                stage: stage.map(|place| STAGES[place]),
                effective_on: effective.as_ref().map(day),
            };
            (command, None)
        }
        Act::Recover { which, amount, ago } => {
            let command = Command::Recover {
                support: chosen(which)?,
                amount: Money::whole(*amount),
                on: day(ago),
                source: Some(SOURCES[0].to_owned()),
            };
            (command, None)
        }
        Act::Classify {
            household,
            class,
            ago,
        } => {
            let command = Command::Classify {
                household: code(HOUSEHOLDS[*household]),
                class: HouseholdClass::ALL[*class],
                from: Some(day(ago)),
                standard: None,
            };
            (command, None)
        }
        Act::Close { ago } => {
            let through = day(ago);
            let command = Command::ClosePeriod {
                period: None,
                through,
            };
            (command, None)
        }
        Act::Reopen { further } => {
            let through = closed?.checked_sub_days(Days::new(*further))?;
            (Command::ReopenPeriod { through }, None)
        }
    })
}

/// A book after some acts.
pub fn played(acts: &[Act]) -> Book {
    let (mut book, mut made) = (Book::new(), Vec::new());
    for act in acts {
        perform(&mut book, &mut made, act);
    }
    book
}

/// Where the body of an event stands on the occurred axis, if it has rows.
pub fn stands_on(event: &Event) -> Option<NaiveDate> {
    match &event.body {
        Body::Support(_, data) => Some(data.occurred_on),
        Body::SupportCorrected(data) => Some(data.effective_on),
        Body::SupportReversed(data) => Some(data.effective_on),
        Body::SupportRecovered(data) => Some(data.occurred_on),
        _ => None,
    }
}
