//! The campaign of faults on real files: processes killed, power cut under a real file system, a
//! disk really full, sled damaged. Each test runs a few rounds; the long campaign is
//!
//! ```sh
//! SOCAI_ROUNDS=1000 cargo test --release --test campaign -- --nocapture --test-threads 1
//! ```
//!
//! and prints its counts. `SOCAI_SEED` chooses other moments. The simulated disk, which needs the
//! inside of the library, is in `src/log/disk/campaign.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a test stops where it fails"
)]
#![cfg(unix)]

mod common;
mod full;
mod index;
mod kill;
#[path = "../log_setup/mod.rs"]
mod log_setup;
mod model;
mod power;
