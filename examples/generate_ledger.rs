//! Writes a large ledger from a seed, for trying out and for measuring.
//!
//! `cargo run --release --example generate_ledger -- 1000000 /tmp/million`

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    missing_docs,
    reason = "a tool for developers stops where it cannot go on"
)]

use std::path::PathBuf;
use std::time::Instant;

#[path = "../benches/generate/mod.rs"]
mod generate;

/// Events an append.
const BATCH: usize = 50_000;

fn main() {
    let mut args = std::env::args().skip(1);
    let events = args
        .next()
        .and_then(|text| text.replace('_', "").parse().ok());
    let (Some(events), Some(dir)) = (events, args.next().map(PathBuf::from)) else {
        eprintln!("generate_ledger EVENTS DIR [SEED]");
        std::process::exit(2);
    };
    let mut plan = generate::Plan::of(events);
    if let Some(seed) = args.next().and_then(|text| text.parse().ok()) {
        plan.seed = seed;
    }
    let begun = Instant::now();
    let mut told = Instant::now();
    let mut count = 0u64;
    let seq = generate::write(&dir, plan, BATCH, &mut |_| {
        count += 1;
        if told.elapsed().as_secs() >= 5 {
            told = Instant::now();
            eprintln!("{count} / {events}");
        }
    });
    let seconds = begun.elapsed();
    eprintln!("{seq} events in {} after {seconds:.1?}", dir.display());
}
