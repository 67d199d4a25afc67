//! The durable append-only log.

pub mod codec;
pub mod keys;
pub mod random;
pub mod seal;
