//! socai: an event-sourced ledger of programme support disbursements.

pub mod domain;
pub mod import;
pub mod log;
pub mod projection;
