//! What checking costs: verification, proofs, and the index built anew, at a million events.
//!
//! `cargo bench --bench proof`; `SOCAI_BENCH_EVENTS=100000` for another size.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops where it cannot go on"
)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use socai::log::merkle::{leaf_hash, verify_consistency, verify_inclusion};
use socai::log::tree::Tree;
use socai::log::{EventBytes, EventRead, JournalReader, LogOptions, SledLog};
use socai::office::tags_of;
use socai::office::verify::{Verifying, verify};

mod generate;

fn options() -> LogOptions {
    LogOptions::new(Arc::new(tags_of))
}

fn checking(criterion: &mut Criterion) {
    let events = std::env::var("SOCAI_BENCH_EVENTS");
    let events = events.ok().and_then(|text| text.parse().ok());
    let plan = generate::Plan::of(events.unwrap_or(1_000_000));
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("ledger");
    let seq = generate::write(&place, plan, 50_000, &mut |_| {});

    let mut group = criterion.benchmark_group(format!("{seq} events"));
    group.sample_size(10);
    group.throughput(Throughput::Elements(seq));
    let reader = JournalReader::open(&place, &options()).unwrap();
    let bytes: Vec<EventBytes> = reader
        .read(1, seq)
        .unwrap()
        .map(|event| event.unwrap().bytes)
        .collect();
    group.bench_function("hash every event into the tree, one core", |bench| {
        bench.iter(|| {
            let mut tree = Tree::new();
            bytes.iter().for_each(|event| tree.push(leaf_hash(event)));
            tree.root()
        });
    });
    let mut tree = Tree::new();
    bytes.iter().for_each(|event| tree.push(leaf_hash(event)));
    drop(bytes);
    group.bench_function("verify: journal, tree, checkpoints", |bench| {
        bench.iter(|| {
            let found = verify(&place, &options(), Verifying::default()).unwrap();
            assert!(found.holds());
        });
    });
    group.bench_function("verify --full", |bench| {
        bench.iter(|| {
            let how = Verifying {
                full: true,
                ..Verifying::default()
            };
            let found = verify(&place, &options(), how).unwrap();
            assert_eq!(found.events, seq);
        });
    });
    group.bench_function("rebuild the index from the journal", |bench| {
        bench.iter(|| {
            SledLog::rebuild(&place, options())
                .unwrap()
                .close()
                .unwrap()
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group(format!("proofs in a tree of {seq}"));
    let root = tree.root();
    let index = seq / 3;
    group.bench_function("make an inclusion proof", |bench| {
        bench.iter(|| tree.prove_inclusion(black_box(index), seq).unwrap());
    });
    let proof = tree.prove_inclusion(index, seq).unwrap();
    let leaf = *tree.leaf(index).unwrap();
    group.bench_function("check an inclusion proof", |bench| {
        bench.iter(|| verify_inclusion(&leaf, black_box(index), seq, &proof, &root).unwrap());
    });
    let older = seq / 2 + 1;
    group.bench_function("make a consistency proof", |bench| {
        bench.iter(|| tree.prove_consistency(black_box(older), seq).unwrap());
    });
    let (proof, old_root) = (
        tree.prove_consistency(older, seq).unwrap(),
        tree.root_at(older).unwrap(),
    );
    group.bench_function("check a consistency proof", |bench| {
        bench.iter(|| verify_consistency(older, &old_root, seq, &root, black_box(&proof)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, checking);
criterion_main!(benches);
