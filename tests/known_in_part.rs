//! A ledger that knows only what a decision looks at decides as one that knows everything: the same
//! outcomes, findings and refusals, and the same bytes in the log.
//!
//! `SOCAI_CASES=500 cargo test --test known_in_part`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod cases;
mod memory_office;

use std::sync::atomic::Ordering;

use cases::cases;
use memory_office::{Office, START_MS, code, support};
use proptest::prelude::*;
use socai::domain::command::{
    ClassGiven, Command, FundingDraft, HouseholdDraft, PersonDraft, ProjectDraft,
    ReorganisationDraft, SupportChange, UnitDraft,
};
use socai::domain::custody::CustodyCommand;
use socai::domain::personal::Subject;
use socai::domain::{Code, HouseholdClass, Money, Stage};
use socai::log::EventRead;
use socai::log::keys::KeyStore;
use socai::office::views;
use socai::office::{Entry, Ledger, Mode, NaturalKey, Recorded};
use uuid::Uuid;

const KINDS: [&str; 3] = ["preferential_loan", "electricity_subsidy", "housing"];
const VILLAGES: [&str; 5] = ["Cao Lộc", "thôn cao lộc", "Cao Lôc", "Lũng Chang", "Nà Pò"];
const CLASSES: [HouseholdClass; 2] = [HouseholdClass::Poor, HouseholdClass::NearPoor];
const STAGES: [Stage; 4] = [
    Stage::Proposed,
    Stage::Approved,
    Stage::Disbursed,
    Stage::Settled,
];

/// One thing that somebody does; small numbers choose among what there may be.
#[derive(Debug, Clone)]
struct Act {
    what: u8,
    a: usize,
    b: usize,
    c: usize,
    day: u32,
    flags: u8,
}

fn act() -> impl Strategy<Value = Act> {
    (
        0..24_u8,
        0..6_usize,
        0..6_usize,
        0..12_usize,
        1..28_u32,
        any::<u8>(),
    )
        .prop_map(|(what, a, b, c, day, flags)| Act {
            what,
            a,
            b,
            c,
            day,
            flags,
        })
}

impl Act {
    fn is(&self, flag: u8) -> bool {
        self.flags & (1 << flag) != 0
    }

    fn household(&self) -> Code {
        code(&format!("H{}", self.a))
    }

    fn person(&self) -> Code {
        code(&format!("P{}", self.b))
    }

    fn on(&self) -> chrono::NaiveDate {
        let month = 1 + self.c as u32 % 4;
        chrono::NaiveDate::from_ymd_opt(2023, month, self.day % 3 + 1).unwrap()
    }

    fn change(&self) -> SupportChange {
        SupportChange {
            amount: self.is(0).then(|| Money::whole(i64::from(self.day))),
            occurred_on: self.is(1).then(|| self.on()),
            household: self.is(2).then(|| self.household()),
            covers: self.is(3).then(|| "2023-02".parse().unwrap()),
            class: match self.is(4) {
                true => ClassGiven::Class(CLASSES[self.b % 2]),
                false => ClassGiven::Unsaid,
            },
            village: self.is(5).then(|| VILLAGES[self.b % 5].to_owned()),
            note: self.is(6).then(|| "noted".to_owned()),
            ..SupportChange::default()
        }
    }

    /// The command with the key of its row, where it comes from a list.
    fn entry(&self, made: &[Uuid]) -> Entry {
        let mut entry = Entry::by_hand(self.command(made));
        entry.reason = self.is(7).then(|| "a test".to_owned());
        entry.update = self.is(6);
        let key = |family, key: String| Some(NaturalKey { family, key });
        entry.key = match &entry.command {
            Command::RecordSupport(draft) => match &draft.reference {
                Some(reference) => key("supports", reference.to_string()),
                None if self.is(5) => key("supports", format!("file:{}", self.c)),
                None => None,
            },
            Command::RegisterHousehold(draft) => {
                key("households", draft.household.as_ref().unwrap().to_string())
            }
            Command::RegisterPerson(draft) => {
                key("persons", draft.person.as_ref().unwrap().to_string())
            }
            Command::Advance { support, .. } if self.is(5) => key("stages", support.to_string()),
            Command::RegisterProject(draft) => key("projects", draft.project.to_string()),
            _ => None,
        };
        entry
    }

    fn command(&self, made: &[Uuid]) -> Command {
        let some = made.get(self.c % made.len().max(1)).copied();
        let some = some.unwrap_or(Uuid::from_u128(self.c as u128));
        let household = self.household();
        match self.what {
            0..=6 => {
                let mut draft = support(
                    KINDS[self.b % 3],
                    household.as_str(),
                    &self.on().to_string(),
                    i64::from(self.day),
                );
                draft.stage = self.is(0).then_some(STAGES[self.c % 4]);
                draft.reference = self.is(1).then(|| code(&format!("R{}", self.c)));
                draft.covers = self.is(2).then(|| "2023-02".parse().unwrap());
                if self.is(3) {
                    draft.person = Some(self.person());
                    draft.household = self.is(4).then(|| household.clone());
                }
                draft.follows = self.flags.is_multiple_of(11).then_some(some);
                draft.villages = match self.flags % 5 {
                    0 => vec![VILLAGES[self.c % 5].to_owned()],
                    _ => Vec::new(),
                };
                draft.note = self.is(6).then(|| "a note".to_owned());
                Command::RecordSupport(Box::new(draft))
            }
            7 => Command::Advance {
                support: some,
                to: STAGES[self.b % 4],
                change: Box::new(SupportChange {
                    occurred_on: Some(self.on()),
                    ..self.change()
                }),
            },
            8 | 9 => Command::Correct {
                support: some,
                stage: self.is(5).then_some(STAGES[self.b % 4]),
                change: Box::new(self.change()),
                effective_on: None,
            },
            10 => Command::Reverse {
                support: some,
                stage: self.is(5).then_some(STAGES[self.b % 4]),
                effective_on: None,
            },
            11 => Command::Recover {
                support: some,
                amount: Money::whole(i64::from(self.day % 5)),
                on: self.on(),
                source: None,
            },
            12 | 13 => Command::RegisterHousehold(HouseholdDraft {
                household: Some(household),
                head: self.is(0).then(|| format!("Head {}", self.b % 2)),
                village: self.is(1).then(|| VILLAGES[self.c % 5].to_owned()),
                class: self.is(2).then(|| CLASSES[self.b % 2]),
                class_from: self.is(3).then(|| self.on()),
                ethnicity: self.is(4).then(|| "Tày".to_owned()),
                members: self.is(5).then_some(self.b as u32),
                ..HouseholdDraft::default()
            }),
            14 => Command::RegisterPerson(PersonDraft {
                person: Some(self.person()),
                household: Some(household),
                name: self.is(0).then(|| format!("Name {}", self.c % 2)),
                ethnicity: self.is(1).then(|| "Kinh".to_owned()),
                ..PersonDraft::default()
            }),
            15 => Command::Classify {
                household,
                class: CLASSES[self.b % 2],
                from: self.is(0).then(|| self.on()),
                standard: None,
            },
            16 => match self.is(0) {
                true => Command::JoinProject {
                    project: code(&format!("D{}", self.b % 2)),
                    household,
                    role: self.is(1).then(|| code("lead")),
                    note: None,
                },
                false => Command::ListCohort {
                    cohort: code("poor-2023"),
                    year: 2023,
                    household,
                    note: None,
                },
            },
            17 => Command::RegisterProject(ProjectDraft {
                project: code(&format!("D{}", self.b % 2)),
                name: "A road".to_owned(),
                programme: None,
                village: self.is(1).then(|| VILLAGES[self.c % 5].to_owned()),
                quantity: None,
                unit: None,
                stage: self.is(2).then_some(Stage::Proposed),
                stage_on: None,
                budget: vec![FundingDraft {
                    source: Some("state_budget".to_owned()),
                    amount: Money::whole(self.c as i64),
                }],
            }),
            18 => Command::SplitHousehold {
                household: household.clone(),
                into: vec![
                    code(&format!("H{}", self.b)),
                    code(&format!("H{}", 6 + self.c % 2)),
                ],
                members: vec![(self.person(), code(&format!("H{}", self.b)))],
                on: self.on(),
            },
            19 => Command::MergeHousehold {
                household,
                into: code(&format!("H{}", self.b)),
                on: self.on(),
            },
            20 => match self.is(0) {
                true => Command::CloseHousehold {
                    household,
                    on: self.on(),
                },
                false => Command::LeaveHousehold {
                    person: self.person(),
                    on: self.on(),
                },
            },
            21 => match self.is(0) {
                true => Command::ClosePeriod {
                    period: None,
                    through: self.on(),
                },
                false => Command::ReopenPeriod { through: self.on() },
            },
            22 => Command::Custody(CustodyCommand::Hold {
                subject: Subject::Household(household),
                until: None,
                basis: "a court".to_owned(),
            }),
            _ => match self.is(0) {
                true => Command::RenameUnit {
                    unit: VILLAGES[self.c % 5].to_owned(),
                    name: VILLAGES[self.b % 5].to_owned(),
                    on: None,
                },
                false => Command::ReorganiseUnits(Box::new(ReorganisationDraft {
                    effective_on: Some(self.on()),
                    from: vec![VILLAGES[self.c % 5].to_owned()],
                    into: vec![UnitDraft {
                        unit: Some(VILLAGES[self.b % 5].to_owned()),
                        ..UnitDraft::default()
                    }],
                    ..ReorganisationDraft::default()
                })),
            },
        }
    }
}

fn record(office: &mut Office, acts: &[Act], made: &[Uuid], mode: Mode) -> String {
    let entries: Vec<Entry> = acts.iter().map(|act| act.entry(made)).collect();
    let recorded: Result<Recorded, _> =
        office
            .ledger
            .record(&mut office.tools, &office.clerk, &entries, mode);
    format!("{recorded:#?}")
}

fn supports(office: &Office) -> Vec<Uuid> {
    office.ledger.state().supports.keys().copied().collect()
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn what_is_known_in_part_decides_as_the_whole(
        batches in prop::collection::vec((prop::collection::vec(act(), 1..6), 0..8_u8), 4..28),
    ) {
        let (mut whole, mut part) = (Office::new(), Office::new());
        let mut in_part = 0;
        for (acts, how) in &batches {
            let now_ms = whole.clock.0.fetch_add(86_400_000, Ordering::SeqCst);
            prop_assert!(now_ms >= START_MS);
            part.clock.0.fetch_add(86_400_000, Ordering::SeqCst);
            // The same log, opened anew; what is saved is saved now and then.
            let Office { ledger, tools, clock, clerk, folder } = part;
            let log = ledger.into_log();
            if how % 2 == 0 {
                views::save(folder.path(), &log, &mut |_, _| {}).unwrap();
            }
            let keys = KeyStore::open(&folder.path().join("keys")).unwrap();
            let ledger = Ledger::to_write(log, keys, folder.path(), now_ms).unwrap();
            part = Office { ledger, tools, clock, clerk, folder };
            in_part += usize::from(!part.ledger.knows_all());
            let made = supports(&whole);
            let mode = if how / 2 % 2 == 0 { Mode::Whole } else { Mode::AcceptValid };
            // What the log refuses leaves nothing behind: a clock that went back, then put right.
            if how / 4 == 1 {
                for office in [&whole, &part] {
                    office.clock.0.fetch_sub(2 * 86_400_000, Ordering::SeqCst);
                }
                let expected = record(&mut whole, acts, &made, mode);
                prop_assert_eq!(record(&mut part, acts, &made, mode), expected);
                for office in [&whole, &part] {
                    office.clock.0.fetch_add(2 * 86_400_000, Ordering::SeqCst);
                }
            }
            let expected = record(&mut whole, acts, &made, mode);
            let found = record(&mut part, acts, &made, mode);
            prop_assert_eq!(found, expected);
            prop_assert_eq!(part.ledger.log().head(), whole.ledger.log().head());
            // A second batch of the same opening looks at other things.
            let turned: Vec<Act> = acts.iter().map(|act| Act { a: 5 - act.a, ..act.clone() }).collect();
            let made = supports(&whole);
            let expected = record(&mut whole, &turned, &made, mode);
            prop_assert_eq!(record(&mut part, &turned, &made, mode), expected);
        }
        prop_assert_eq!(part.stored(), whole.stored());
        let never = batches.iter().all(|(_, how)| how % 2 == 1);
        prop_assert!(in_part > 0 || never);
    }
}
