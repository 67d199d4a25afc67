//! The durable append-only log.
pub mod codec;
