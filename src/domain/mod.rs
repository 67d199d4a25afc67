//! The pure core: values, events, the catalogue, `decide` and `evolve`.
//!
//! **Invariant:** nothing here does I/O, reads a clock, draws randomness, starts a thread or
//! depends on hash-map order. It uses serde, schemars, chrono, uuid, `rust_decimal` and zeroize,
//! and no other room of the house. A test (`tests/house.rs`) enforces it.

pub mod adoption;
pub mod catalogue;
pub mod class;
pub mod closing;
pub mod code;
pub mod command;
pub mod custody;
pub mod decide;
mod decide_closing;
mod decide_support;
pub mod event;
pub mod finding;
pub mod fixed;
pub mod language;
pub mod ledger;
pub mod ledger_key;
pub mod money;
pub mod norm;
pub mod papers;
pub mod people;
pub mod period;
pub mod personal;
pub mod recovery;
pub mod rejection;
pub mod report;
pub mod restate;
pub mod stage;
pub mod standing;
pub mod state;
pub mod succession;
pub mod support;
pub mod tags;
pub mod unit;
pub mod version;
pub(crate) mod village_name;

pub use catalogue::{Catalogue, CatalogueIssue, SupportKind};
pub use class::HouseholdClass;
pub use code::Code;
pub use event::{Actor, Bodies, Body, Document, Event, Sex, Source};
pub use finding::{Finding, FindingCode};
pub use fixed::{FixedError, Money, Quantity};
pub use language::{Explain, Lang, Text};
pub use period::{Period, PeriodError};
pub use personal::{Personal, Sealed, Subject};
pub use stage::Stage;
pub use state::State;
