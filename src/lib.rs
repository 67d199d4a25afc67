//! socai: an event-sourced ledger of programme support disbursements.

pub mod cli;
pub mod domain;
pub mod import;
pub mod log;
pub mod office;
pub mod projection;
pub mod report;
