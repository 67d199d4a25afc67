//! **socai** (*sổ cái*, "ledger"): an event-sourced ledger of programme support disbursements.
//!
//! Every support action (a loan, a tuition waiver, a house, an electricity subsidy, goats, 15 kg of
//! rice) is appended as an immutable event to a durable log. Everything else is folded from the
//! log: households, projects, and every figure of every report. So nothing is ever lost, a past
//! report can be made again, and each number leads back to the events behind it.
//!
//! The house has rooms, and each uses only what lies below it:
//!
//! ```text
//! main.rs                 parse, run, exit code
//! cli/                    people: one file a command
//!       export/           the ledger for the tools of others: CSV, Parquet, accounting journals
//!       office/           the one way in: open a ledger, decide, append, query
//! import/     report/     lists in; documents out
//!       projection/       folds of events into views: the register, the facts, the cube
//!       log/              the durable append-only log: journal, index, Merkle tree, keys
//!       sheet/            workbooks out: typed cells to the bytes of an .xlsx
//!       domain/           pure: values, events, catalogue, decide, evolve
//! ```
//!
//! A ledger in memory, from a command to a figure:
//!
//! ```
//! use socai::domain::{Code, Period};
//! use socai::domain::command::{Command, HouseholdDraft, SupportDraft};
//! use socai::domain::event::Actor;
//! use socai::office::{AsOf, Entry, Ledger, Mode, Opening, Tools, opening};
//! use socai::log::{LedgerId, LogOptions, MemoryLog, keys::KeyStore, random::SeededRandom};
//! use socai::projection::{Query, figures};
//! # use std::sync::Arc;
//! # struct Noon;
//! # impl socai::log::Clock for Noon { fn now_ms(&self) -> i64 { 1_700_000_000_000 } }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut tools = Tools::new(Arc::new(Noon), Box::new(SeededRandom::new(1)));
//! let id = LedgerId::new([7; 16]);
//! # let folder = tempfile::tempdir()?;
//! let keys = KeyStore::create(&folder.path().join("keys"), &id.to_string(), tools.random.as_mut())?;
//! # let options = LogOptions::new(Arc::new(socai::office::tags_of));
//! # let options = LogOptions { clock: Arc::new(Noon), ..options };
//! let mut log = MemoryLog::new(id, options);
//! let clerk = Actor { id: "clerk".into(), name: "A clerk".into(), office: None };
//! opening::open(&mut log, &mut tools, &Opening::built_in(Code::new("01990")?, clerk.clone()))?;
//! let mut ledger = Ledger::fold(log, keys, AsOf::Head, 1_700_000_000_000)?;
//!
//! let household = Some(Code::new("LB-0001")?);
//! let draft = HouseholdDraft { household: household.clone(), ..Default::default() };
//! let wifi = SupportDraft {
//!     kind: "wifi".into(),
//!     household,
//!     occurred_on: Some("2023-04-12".parse()?),
//!     ..Default::default()
//! };
//! let commands = [Command::RegisterHousehold(draft), Command::RecordSupport(Box::new(wifi))];
//! ledger.record(&mut tools, &clerk, &commands.map(Entry::by_hand), Mode::Whole)?;
//!
//! let query = Query::of(&"2023-H1".parse::<Period>()?);
//! let answer = figures::figures(ledger.facts(), ledger.state(), &query)?;
//! assert_eq!(answer.rows[0].households, 1);
//! # Ok(())
//! # }
//! ```

pub mod cli;
pub mod domain;
pub mod export;
pub mod import;
pub mod log;
pub mod office;
pub mod projection;
pub mod report;
pub mod sheet;
