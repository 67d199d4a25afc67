//! From figures to an office's report.
//!
//! A [`Template`] says which figures a report asks the cube for and in which sentences and tables
//! they stand. [`Report::build`] answers them all and gives the canonical model: every text
//! resolved, every figure with the question it answers. [`render`] turns the model into text that
//! is the same bytes for ever, [`document`] into what an office prints; both add nothing to it.
//!
//! **Invariant:** pure. The same input gives the same bytes: no clock, no I/O, no order of a hash
//! map. A breakdown always sums to its total, since a template that leaves one open is refused.

pub mod build;
mod chart;
pub mod check;
pub mod document;
mod drawn;
pub mod figure;
pub mod issue;
pub mod model;
pub mod narrative;
pub mod number;
mod point;
pub mod render;
pub mod sentence;
pub mod spelled;
mod table;
pub mod template;
mod words;

pub use build::{KnownAs, ReportError, ReportInput};
pub use issue::{TemplateIssue, TemplateProblem};
pub use model::Report;
pub use narrative::{Narrative, NarrativeIssue};
pub use template::Template;
pub use words::unit_upper;
