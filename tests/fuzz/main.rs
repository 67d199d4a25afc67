//! Every reader of foreign bytes, given bytes that nobody meant: no panic, no endless work, and
//! what is accepted is read back as the same.
//!
//! The inputs of `corpus/<target>/` are mutated: bits, bytes, blocks, words of the format, parts of
//! other inputs. An ordinary test run takes a few thousand mutants; a long one is
//!
//! ```sh
//! SOCAI_FUZZ_SECONDS=600 cargo test --release --test fuzz -- --nocapture
//! ```
//!
//! for so many seconds a target (`SOCAI_SEED` for other mutants). What makes a reader fail is
//! written to its corpus as `crash-…`, and stays there when it is mended.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod files;
mod mutate;
mod targets;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mutate::Mutator;

/// How many mutants an ordinary run tries a target.
const FEW: u64 = 1_500;
/// How long one input may take in a long run.
const PATIENCE: Duration = Duration::from_secs(10);

/// A reader under test.
struct Target {
    name: &'static str,
    /// Words of the format, put in here and there.
    words: &'static [&'static str],
    /// Makes a mutant pass the first checks, such as a checksum, so that the later ones are met.
    repair: fn(&mut [u8]),
    read: fn(&[u8]),
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(name)
}

/// The inputs of a target, by name.
fn corpus(name: &str) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder(name)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn try_one(target: &Target, input: &[u8]) -> Duration {
    let begun = Instant::now();
    if catch_unwind(AssertUnwindSafe(|| (target.read)(input))).is_err() {
        let name = format!("crash-{:08x}", crc32c::crc32c(input));
        std::fs::write(folder(target.name).join(&name), input).unwrap();
        panic!("{}: an input failed; it is kept as {name}", target.name);
    }
    begun.elapsed()
}

fn fuzz(target: &Target) {
    let corpus: Vec<Vec<u8>> = corpus(target.name).into_values().collect();
    assert!(!corpus.is_empty(), "{} has no corpus", target.name);
    for input in &corpus {
        try_one(target, input);
    }
    let seconds = number("SOCAI_FUZZ_SECONDS").map(Duration::from_secs);
    let seed =
        number("SOCAI_SEED").unwrap_or(1) ^ u64::from(crc32c::crc32c(target.name.as_bytes()));
    let mut mutator = Mutator::new(seed, target.words);
    let begun = Instant::now();
    let (mut count, mut slowest) = (0u64, Duration::ZERO);
    loop {
        let enough = match seconds {
            Some(seconds) => begun.elapsed() >= seconds,
            None => count >= FEW,
        };
        if enough {
            break;
        }
        let mut input = mutator.mutant(&corpus);
        if mutator.once_in(2) {
            (target.repair)(&mut input);
        }
        let mut took = try_one(target, &input);
        if seconds.is_some() && took > PATIENCE {
            // A machine with too much to do can stand still for that long: once more.
            took = try_one(target, &input);
        }
        if seconds.is_some() && took > PATIENCE {
            std::fs::write(folder(target.name).join("slow"), &input).unwrap();
            panic!("{}: an input took {took:?}", target.name);
        }
        slowest = slowest.max(took);
        count += 1;
    }
    println!(
        "fuzz {}: {} inputs kept, {count} mutants, slowest {slowest:?}, 0 failed",
        target.name,
        corpus.len()
    );
}

/// Writes the first inputs that only the program can make: a journal, keys, a checkpoint.
#[test]
#[ignore = "writes to the corpus"]
fn write_first_inputs() {
    let write = |target: &str, name: &str, bytes: &[u8]| {
        std::fs::create_dir_all(folder(target)).unwrap();
        std::fs::write(folder(target).join(name), bytes).unwrap();
    };
    targets::write_first_inputs(write);
    files::write_first_inputs(&write);
}

macro_rules! targets {
    ($($name:ident: $target:expr;)*) => {
        $(#[test]
        fn $name() {
            let mut target = $target;
            target.name = stringify!($name);
            fuzz(&target);
        })*

        #[test]
        fn every_corpus_has_a_target() {
            let known = [$(stringify!($name)),*];
            for entry in std::fs::read_dir(folder("")).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                assert!(known.contains(&name.as_str()), "{name} is read by no target");
            }
        }
    };
}

targets! {
    event: targets::EVENT;
    frames: targets::FRAMES;
    keys: targets::KEYS;
    note: targets::NOTE;
    list: targets::LIST;
    cell: targets::CELL;
    catalogue: targets::CATALOGUE;
    template: targets::TEMPLATE;
    narrative: targets::NARRATIVE;
    command_line: targets::COMMAND_LINE;
    segment: files::SEGMENT;
    proof: files::PROOF;
    backup: files::BACKUP;
    sealed_backup: files::SEALED_BACKUP;
    workbook: files::WORKBOOK;
}
