//! Realistic ledgers from a seed: the same events on every machine.
//!
//! What makes them like real ones: a few households receive far more often than most; kinds have
//! their seasons; four events of five come from lists (with file, row and batch), one is made by
//! hand; three in a hundred are entered a month to half a year late; one in a hundred reverses a
//! support and one in a hundred corrects one; heads, notes and recipients are really sealed.
//! A fourth of the loans go through approval before they are paid.
//!
//! `events` gives them day by day over five years; `write` appends them to a new ledger folder in
//! the ordinary way. The events are such as `decide` would make: `tests/generated_ledger.rs`
//! compares the figures of a generated ledger with a count of its events.

#![allow(dead_code, reason = "each bench uses its part")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark stops where it cannot go on"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{Datelike, Days, NaiveDate};
use socai::domain::Code;
use socai::domain::class::HouseholdClass;
use socai::domain::event::{Actor, Body, Event, Source};
use socai::domain::fixed::{Money, Quantity};
use socai::domain::ledger::{UnitLevel, UnitRegistered};
use socai::domain::people::{HouseholdClassified, HouseholdRegistered};
use socai::domain::period::Period;
use socai::domain::personal::{Personal, Subject};
use socai::domain::stage::Stage;
use socai::domain::support::{
    CorrectionMode, Funding, SupportCorrected, SupportReversed, SupportState,
};
use socai::log::keys::KeyStore;
use socai::log::random::SeededRandom;
use socai::log::seal::{self, AssociatedData};
use socai::log::{Clock, Condition, EventLog, EventRead, LedgerId, LogOptions, NewEvent, SledLog};
use socai::office::{Opening, Tools, new_events, opening, tags_of};
use uuid::{Builder, Uuid};

/// The ledger that every generated event belongs to.
pub const LEDGER: LedgerId = LedgerId::new([0x5c; 16]);

/// How large a ledger is, and its seed.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Events after the opening of the ledger.
    pub events: u64,
    pub households: u64,
    pub villages: u64,
    pub seed: u64,
    /// Whether personal fields are sealed under real keys; without, events have none.
    pub sealed: bool,
}

impl Plan {
    /// A ledger of so many events: one household for twenty, one village for a hundred households.
    pub fn of(events: u64) -> Plan {
        let households = (events / 20).max(10);
        Plan {
            events,
            households,
            villages: (households / 100).clamp(5, 50_000),
            seed: 2023,
            sealed: true,
        }
    }
}

/// SplitMix64: small, fast, the same everywhere.
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    pub fn new(seed: u64) -> Seeded {
        Seeded(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product: no division.
        ((u128::from(self.next()) * u128::from(bound.max(1))) >> 64) as u64
    }

    pub fn per_mille(&mut self, share: u64) -> bool {
        self.below(1_000) < share
    }

    /// Half of what is drawn falls on about a seventh of the range.
    pub fn skewed(&mut self, bound: u64) -> u64 {
        let (a, b) = (self.below(1 << 20), self.below(1 << 20));
        ((u128::from(a) * u128::from(b) * u128::from(bound)) >> 40) as u64
    }
}

/// A support kind as these ledgers use it.
struct Kind {
    code: &'static str,
    source: &'static str,
    /// How often in each month, from January.
    season: [u16; 12],
    /// The smallest amount and the number of steps above it, in thousands of dong.
    amount: (i64, u64),
    /// The unit of its quantity.
    unit: Option<&'static str>,
    covers: Option<Covers>,
}

#[derive(Clone, Copy)]
enum Covers {
    Month,
    Quarter,
    Semester,
}

const EVEN: [u16; 12] = [10; 12];
const SCHOOL: [u16; 12] = [4, 30, 20, 8, 30, 4, 1, 4, 40, 40, 12, 30];
const YEAR_END: [u16; 12] = [30, 12, 4, 6, 8, 8, 6, 6, 8, 14, 30, 60];

const KINDS: [Kind; 16] = [
    kind(
        "electricity_subsidy",
        "state_budget",
        [30, 5, 5, 30, 5, 5, 30, 5, 5, 30, 5, 5],
        (168, 1),
        None,
        Some(Covers::Quarter),
    ),
    kind(
        "health_insurance_card",
        "state_budget",
        [90, 20, 8, 6, 6, 6, 6, 6, 6, 8, 12, 40],
        (804, 1),
        Some("card"),
        None,
    ),
    kind(
        "tuition_waiver",
        "state_budget",
        SCHOOL,
        (100, 60),
        None,
        Some(Covers::Semester),
    ),
    kind(
        "study_cost",
        "state_budget",
        SCHOOL,
        (750, 1),
        None,
        Some(Covers::Semester),
    ),
    kind(
        "preschool_lunch",
        "state_budget",
        SCHOOL,
        (160, 4),
        None,
        Some(Covers::Month),
    ),
    kind(
        "boarding_meal",
        "state_budget",
        SCHOOL,
        (720, 2),
        None,
        Some(Covers::Month),
    ),
    kind(
        "boarding_rice",
        "state_reserve",
        SCHOOL,
        (0, 1),
        Some("kg"),
        Some(Covers::Month),
    ),
    kind("preferential_loan", "vbsp", EVEN, (10_000, 90), None, None),
    kind(
        "livestock",
        "ethnic_minority_programme",
        [4, 4, 20, 30, 20, 8, 4, 4, 20, 20, 8, 4],
        (3_000, 40),
        Some("head"),
        None,
    ),
    kind(
        "housing",
        "fatherland_front",
        [4, 4, 8, 12, 16, 20, 20, 16, 12, 12, 20, 30],
        (20_000, 40),
        Some("house"),
        None,
    ),
    kind(
        "water_container",
        "ethnic_minority_programme",
        YEAR_END,
        (1_500, 3),
        Some("set"),
        None,
    ),
    kind(
        "wifi",
        "state_budget",
        EVEN,
        (90, 3),
        None,
        Some(Covers::Month),
    ),
    kind(
        "nursery_lunch",
        "state_budget",
        SCHOOL,
        (160, 2),
        None,
        Some(Covers::Month),
    ),
    kind(
        "boarding_housing",
        "state_budget",
        SCHOOL,
        (180, 2),
        None,
        Some(Covers::Month),
    ),
    kind("housing_loan", "vbsp", EVEN, (20_000, 30), None, None),
    kind(
        "temporary_house_elimination",
        "fatherland_front",
        YEAR_END,
        (30_000, 30),
        Some("house"),
        None,
    ),
];

const fn kind(
    code: &'static str,
    source: &'static str,
    season: [u16; 12],
    amount: (i64, u64),
    unit: Option<&'static str>,
    covers: Option<Covers>,
) -> Kind {
    Kind {
        code,
        source,
        season,
        amount,
        unit,
        covers,
    }
}

const CLASSES: [HouseholdClass; 4] = [
    HouseholdClass::Poor,
    HouseholdClass::NearPoor,
    HouseholdClass::NewlyEscaped,
    HouseholdClass::Average,
];

/// The first and the last day on which events are recorded.
pub const FIRST_DAY: (i32, u32, u32) = (2021, 1, 4);
const DAYS: u64 = 5 * 365 - 10;
/// Corrections and reversals reach back at most this many supports.
const REACH: usize = 1 << 16;

/// The events that one day brings.
#[derive(Debug)]
pub struct DayOfEvents {
    /// When they are recorded.
    pub at_ms: i64,
    pub events: Vec<Event>,
}

/// A generated ledger's events, day by day, numbered from `first_seq` on.
pub struct Events {
    plan: Plan,
    random: Seeded,
    seq: u64,
    done: u64,
    day: u64,
    codes: Codes,
    /// Supports that can still be reversed, corrected or moved on.
    open: Vec<Open>,
    file: (String, String),
    batch: Uuid,
    row: u64,
    keys: Option<(Arc<KeyStore>, SeededRandom)>,
}

struct Codes {
    kinds: Vec<Code>,
    sources: Vec<Code>,
    units: Vec<Option<Code>>,
    clerks: Vec<Actor>,
}

/// A support that stands.
struct Open {
    id: Uuid,
    event: Uuid,
    stage: Stage,
    state: Arc<SupportState>,
}

/// The code of a household by its number.
pub fn household(number: u64) -> Code {
    Code::new(&format!("H-{number:07}")).unwrap()
}

/// The id of a village by its number.
pub fn village(number: u64) -> Code {
    Code::new(&format!("V-{number:05}")).unwrap()
}

/// The class that a household is registered with.
pub fn class_of(number: u64) -> HouseholdClass {
    CLASSES[(Seeded(number).next() % 4) as usize]
}

fn village_of(plan: &Plan, number: u64) -> Code {
    village(Seeded(number ^ 0xff).skewed(plan.villages))
}

/// The generated events. Without `keys` no event has a personal field.
pub fn events(plan: Plan, first_seq: u64, keys: Option<Arc<KeyStore>>) -> Events {
    let clerk = |number: usize| Actor {
        id: format!("clerk{number}"),
        name: format!("Cán bộ {number}"),
        office: Some("Văn hóa - Xã hội".to_owned()),
    };
    let mut events = Events {
        random: Seeded(plan.seed),
        seq: first_seq,
        done: 0,
        day: 0,
        codes: Codes {
            kinds: KINDS
                .iter()
                .map(|kind| Code::new(kind.code).unwrap())
                .collect(),
            sources: KINDS
                .iter()
                .map(|kind| Code::new(kind.source).unwrap())
                .collect(),
            units: KINDS
                .iter()
                .map(|kind| kind.unit.map(|unit| Code::new(unit).unwrap()))
                .collect(),
            clerks: (1..=6).map(clerk).collect(),
        },
        open: Vec::with_capacity(REACH),
        file: (String::new(), String::new()),
        batch: Uuid::nil(),
        row: 0,
        keys: keys
            .filter(|_| plan.sealed)
            .map(|keys| (keys, SeededRandom::new(plan.seed))),
        plan,
    };
    events.next_list();
    events
}

impl Iterator for Events {
    type Item = DayOfEvents;

    fn next(&mut self) -> Option<DayOfEvents> {
        if self.done >= self.plan.events {
            return None;
        }
        let date = self.date();
        let midnight = date
            .and_hms_opt(0, 0, 0)
            .unwrap()
            .and_utc()
            .timestamp_millis();
        // Eight in the morning at +07:00.
        let at_ms = midnight + 3_600_000 + i64::try_from(self.random.below(20_000_000)).unwrap();
        let mut events = Vec::new();
        if self.day == 0 {
            self.registrations(at_ms, &mut events);
        }
        let left = DAYS.saturating_sub(self.day).max(1);
        let share = self.plan.events.saturating_sub(self.done).div_ceil(left);
        let due = if self.day == 0 {
            0
        } else {
            (share / 2 + self.random.below(share + 1)).max(1)
        };
        let due = if left == 1 {
            self.plan.events - self.done
        } else {
            due
        };
        for _ in 0..due.min(self.plan.events - self.done) {
            let event = self.action(date, at_ms);
            events.push(event);
        }
        self.seal(&mut events);
        self.day += 1;
        Some(DayOfEvents { at_ms, events })
    }
}

impl Events {
    fn date(&self) -> NaiveDate {
        let (year, month, day) = FIRST_DAY;
        let first = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        first
            .checked_add_days(Days::new(self.day.min(DAYS)))
            .unwrap()
    }

    fn id(&mut self) -> Uuid {
        let bytes = (u128::from(self.random.next()) << 64) | u128::from(self.random.next());
        Builder::from_custom_bytes(bytes.to_be_bytes()).into_uuid()
    }

    fn next_list(&mut self) {
        let sha: String = (0..4)
            .map(|_| format!("{:016x}", self.random.next()))
            .collect();
        let number = self.random.below(100_000);
        self.file = (format!("danh-sach-{number:05}.csv"), sha);
        self.batch = self.id();
        self.row = 1;
    }

    /// The envelope of the next event: from a list, or by hand.
    fn event(&mut self, at_ms: i64, by_hand: bool, body: Body) -> Event {
        let clerk = self.random.below(self.codes.clerks.len() as u64) as usize;
        let id = self.id();
        let seq = self.seq;
        self.seq += 1;
        self.done += 1;
        if self.row > 400 {
            self.next_list();
        }
        let source = (!by_hand).then(|| {
            self.row += 1;
            let (file, file_sha256) = self.file.clone();
            Source {
                file,
                file_sha256,
                row: self.row,
                sheet: None,
            }
        });
        Event {
            at_ms,
            batch: (!by_hand).then_some(self.batch),
            by: self.codes.clerks[clerk].clone(),
            body,
            document: None,
            findings: Vec::new(),
            id,
            late: false,
            ledger: LEDGER.to_string(),
            reason: None,
            seq,
            source,
        }
    }

    fn registrations(&mut self, at_ms: i64, out: &mut Vec<Event>) {
        // A small ledger must not be registrations only.
        let most = self.plan.events / 3;
        for number in 0..self.plan.villages.min(most / 4) {
            let body = Body::UnitRegistered(Box::new(UnitRegistered {
                code: None,
                level: UnitLevel::Village,
                name: format!("Thôn {number}"),
                parent: Some(Code::new("01990").unwrap()),
                unit: village(number),
                valid_from: None,
            }));
            out.push(self.event(at_ms, false, body));
        }
        for number in 0..self.plan.households.min(most / 3) {
            let household = household(number);
            let head = Personal::Open(format!("Nguyễn Thị {number}"));
            let body = Body::HouseholdRegistered(Box::new(HouseholdRegistered {
                ethnicity: None,
                head: self.keys.is_some().then_some(head),
                household: household.clone(),
                id_number: None,
                members: Some(1 + (number % 7) as u32),
                minority: Some(!number.is_multiple_of(3)),
                note: None,
                poverty_code: None,
                village: Some(village_of(&self.plan, number)),
            }));
            out.push(self.event(at_ms, false, body));
            let body = Body::HouseholdClassified(Box::new(HouseholdClassified {
                class: class_of(number),
                effective_from: NaiveDate::from_ymd_opt(2021, 1, 1),
                standard: Some("07/2021/NĐ-CP".to_owned()),
                household,
            }));
            out.push(self.event(at_ms, false, body));
        }
    }

    fn action(&mut self, date: NaiveDate, at_ms: i64) -> Event {
        let drawn = self.random.below(1_000);
        if self.open.len() > 100 {
            match drawn {
                0..10 => return self.reversal(at_ms),
                10..20 => return self.correction(at_ms),
                _ => {}
            }
        }
        self.support(date, at_ms)
    }

    fn take_open(&mut self) -> Open {
        let place = self.random.below(self.open.len() as u64) as usize;
        self.open.swap_remove(place)
    }

    fn reversal(&mut self, at_ms: i64) -> Event {
        let Open { id, state, .. } = self.take_open();
        let body = Body::SupportReversed(Box::new(SupportReversed {
            effective_on: state.occurred_on,
            household: state.household.clone(),
            mode: CorrectionMode::InPlace,
            person: None,
            project: None,
            stage: None,
            support: id,
        }));
        let mut event = self.event(at_ms, true, body);
        event.reason = Some("Ghi nhầm hộ".to_owned());
        event
    }

    fn correction(&mut self, at_ms: i64) -> Event {
        let Open {
            id,
            event: corrects,
            stage,
            state,
        } = self.take_open();
        let mut state = Arc::unwrap_or_clone(state);
        state.support = Some(id);
        (state.note, state.recipient) = (None, None);
        if let Some(part) = state.funding.first_mut() {
            let more = i64::try_from(self.random.below(50) + 1).unwrap() * 10_000_000;
            part.amount = Money::from_thousandths(part.amount.thousandths() + more);
        }
        let body = Body::SupportCorrected(Box::new(SupportCorrected {
            corrects,
            effective_on: state.occurred_on,
            mode: CorrectionMode::InPlace,
            stage,
            support: id,
            to: state.clone(),
        }));
        let mut event = self.event(at_ms, true, body);
        event.reason = Some("Sai số tiền trong danh sách".to_owned());
        let corrected = Open {
            id,
            event: event.id,
            stage,
            state: state.into(),
        };
        self.open.push(corrected);
        event
    }

    fn pick_kind(&mut self, month: usize) -> usize {
        let total: u64 = KINDS.iter().map(|kind| u64::from(kind.season[month])).sum();
        let mut drawn = self.random.below(total);
        for (place, kind) in KINDS.iter().enumerate() {
            let weight = u64::from(kind.season[month]);
            if drawn < weight {
                return place;
            }
            drawn -= weight;
        }
        0
    }

    fn support(&mut self, date: NaiveDate, at_ms: i64) -> Event {
        let occurred_on = if self.random.per_mille(30) {
            date - Days::new(30 + self.random.below(150))
        } else {
            date - Days::new(self.random.below(12))
        };
        let place = self.pick_kind(occurred_on.month0() as usize);
        let kind = &KINDS[place];
        let loan = kind.source == "vbsp";
        let stage = if loan && self.random.per_mille(250) {
            Stage::Approved
        } else {
            Stage::Disbursed
        };
        let number = self.random.skewed(self.plan.households);
        let amount = kind.amount.0 + i64::try_from(self.random.below(kind.amount.1)).unwrap() * 500;
        let quantity = kind.unit.map(|unit| match unit {
            "kg" => Quantity::whole(15),
            "head" => Quantity::whole(i64::try_from(self.random.below(4)).unwrap() + 1),
            _ => Quantity::whole(1),
        });
        let by_hand = self.random.per_mille(200);
        let (seq, year, month) = (self.seq, occurred_on.year(), occurred_on.month());
        let covers = kind.covers.and_then(|covers| match covers {
            Covers::Month => Period::month(year, month),
            Covers::Quarter => Period::quarter(year, (month - 1) / 3 + 1),
            Covers::Semester if month >= 9 => Period::semester(year, 1),
            Covers::Semester => Period::semester(year - 1, 2),
        });
        let personal = |text: &str| Some(Personal::Open(text.to_owned()));
        let (noted, received) = (self.random.per_mille(20), self.random.per_mille(15));
        let sealed = self.keys.is_some();
        let state = SupportState {
            class: Some(class_of(number)),
            count: None,
            covers,
            follows: None,
            funding: vec![Funding {
                amount: Money::whole(amount * 1_000),
                source: Some(self.codes.sources[place].clone()),
            }],
            ground: None,
            group: (kind.code == "health_insurance_card").then(|| {
                Code::new(["poor", "near_poor", "under_six"][(number % 3) as usize]).unwrap()
            }),
            household: Some(household(number)),
            kind: self.codes.kinds[place].clone(),
            lender: None,
            minority: Some(!number.is_multiple_of(3)),
            note: if noted && sealed {
                personal("Hộ đã nhận đủ, có xác nhận của trưởng thôn")
            } else {
                None
            },
            occurred_on,
            person: None,
            project: None,
            quantity,
            recipient: if received && sealed {
                personal("Trần Văn Ba")
            } else {
                None
            },
            reference: (!by_hand).then(|| Code::new(&format!("R-{seq:08}")).unwrap()),
            sex: None,
            support: None,
            unit: self.codes.units[place].clone(),
            villages: vec![village_of(&self.plan, number)],
        };
        let state = Arc::new(state);
        let event = self.event(at_ms, by_hand, Body::Support(stage, state.clone()));
        let open = Open {
            id: event.id,
            event: event.id,
            stage,
            state,
        };
        self.remember(open);
        event
    }

    fn remember(&mut self, open: Open) {
        if self.open.len() < REACH {
            self.open.push(open);
        } else {
            let place = self.random.below(REACH as u64) as usize;
            self.open[place] = open;
        }
    }

    /// Seals what is personal, as the office does.
    fn seal(&mut self, events: &mut [Event]) {
        let Some((keys, random)) = &mut self.keys else {
            return;
        };
        let mut wanted: Vec<(Subject, u32)> = Vec::new();
        for event in events.iter() {
            event
                .body
                .each_personal(&mut |_, _| wanted.push((event.body.subject(), 0)));
        }
        wanted.dedup();
        if wanted.is_empty() {
            return;
        }
        let keys = keys.ensure(&wanted, random).unwrap();
        let keys: std::collections::HashMap<_, _> = wanted
            .iter()
            .map(|(subject, _)| subject)
            .zip(&keys)
            .collect();
        let ledger = LEDGER.to_string();
        for event in events {
            let (subject, id) = (event.body.subject(), event.id);
            event.body.each_personal_mut(&mut |place, value| {
                let Some(text) = value.open_text() else {
                    return;
                };
                let mut nonce = [0; 24];
                for chunk in nonce.chunks_mut(8) {
                    chunk.copy_from_slice(&self.random.next().to_be_bytes());
                }
                let ad = AssociatedData {
                    ledger: &ledger,
                    event: id,
                    subject: &subject,
                    place,
                };
                *value = seal::seal(keys[&subject], nonce, &ad, text).unwrap().into();
            });
        }
    }
}

/// A clock that is set.
#[derive(Debug)]
pub struct SetClock(pub AtomicI64);

impl Clock for SetClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// An empty ledger at the first day, opened with the built-in catalogue.
pub fn open(dir: &Path) -> (SledLog, Arc<KeyStore>, Arc<SetClock>) {
    let (year, month, day) = FIRST_DAY;
    let first = NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let at_ms = first
        .and_hms_opt(1, 0, 0)
        .unwrap()
        .and_utc()
        .timestamp_millis();
    let clock = Arc::new(SetClock(AtomicI64::new(at_ms)));
    let mut options = LogOptions::new(Arc::new(tags_of));
    options.clock = clock.clone();
    // Five years pass in seconds.
    options.accept_clock = true;
    let mut log = SledLog::create(dir, LEDGER, options).unwrap();
    let mut random = SeededRandom::new(1);
    let keys = KeyStore::create(&dir.join("keys"), &LEDGER.to_string(), &mut random).unwrap();
    let mut tools = Tools::new(clock.clone(), Box::new(random));
    let by = Actor {
        id: "clerk1".into(),
        name: "Cán bộ 1".into(),
        office: None,
    };
    let opening = Opening::built_in(Code::new("01990").unwrap(), by);
    opening::open(&mut log, &mut tools, &opening).unwrap();
    (log, Arc::new(keys), clock)
}

/// An event as the log takes it.
pub fn new_event(event: &Event) -> NewEvent {
    new_events(std::slice::from_ref(event)).unwrap().remove(0)
}

/// Writes a generated ledger into a new folder, at most `batch` events an append, and shows each
/// event on its way. Gives the number of events in the ledger.
pub fn write(dir: &Path, plan: Plan, batch: usize, seen: &mut dyn FnMut(&Event)) -> u64 {
    let (mut log, keys, clock) = open(dir);
    let mut waiting = Vec::with_capacity(batch);
    let append = |log: &mut SledLog, waiting: &mut Vec<Event>| {
        if !waiting.is_empty() {
            let events = new_events(&std::mem::take(waiting)).unwrap();
            log.append(events, &Condition::default()).unwrap();
        }
    };
    let mut month = None;
    for day in events(plan, log.head().seq + 1, Some(keys)) {
        let this_month = day.at_ms / (30 * 86_400_000);
        if month.replace(this_month) != Some(this_month) {
            append(&mut log, &mut waiting);
        }
        // The days of a batch share the moment of its last: `at` is when a batch was recorded.
        clock.0.store(day.at_ms, Ordering::SeqCst);
        for event in day.events {
            seen(&event);
            waiting.push(event);
            if waiting.len() >= batch {
                append(&mut log, &mut waiting);
            }
        }
    }
    append(&mut log, &mut waiting);
    let seq = log.head().seq;
    log.close().unwrap();
    seq
}
