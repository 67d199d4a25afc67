//! The pure core: values, events, the catalogue, `decide` and `evolve`.
//!
//! **Invariant:** nothing here does I/O, reads a clock, draws randomness, starts a thread or
//! depends on hash-map order. It uses serde, schemars, chrono, uuid and `rust_decimal`, and no
//! other room of the house. A test (`tests/house.rs`) enforces it.

pub mod catalogue;
pub mod class;
pub mod code;
pub mod fixed;
pub mod language;
pub mod stage;

pub use catalogue::{Catalogue, CatalogueIssue, SupportKind};
pub use class::HouseholdClass;
pub use code::Code;
pub use fixed::{FixedError, Money, Quantity};
pub use language::{Lang, Text};
pub use stage::Stage;
