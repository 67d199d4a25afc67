//! **A stored event version is never edited.** The schemas of every event version and the golden
//! ledgers are pinned by their digests in `golden/manifest.sha256`: a change of one byte of them
//! fails here. A new file is pinned by `SOCAI_PIN=1 cargo test --test versions`, which never
//! changes a line that is there.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use socai::domain::Body;
use socai::office::opening::hex;

const MANIFEST: &str = "tests/golden/manifest.sha256";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Path to digest, as the manifest has them: the form of `sha256sum`.
fn pinned() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(root().join(MANIFEST)).unwrap_or_default();
    text.lines()
        .map(|line| line.split_once("  ").unwrap())
        .map(|(digest, path)| (path.to_owned(), digest.to_owned()))
        .collect()
}

/// Path to digest, as the files are.
fn found() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (folder, end) in [
        ("schemas/events", ".json"),
        ("tests/golden", ".ndjson"),
        ("tests/golden", ".v1.json"),
    ] {
        for file in std::fs::read_dir(root().join(folder)).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            if name.ends_with(end) {
                let digest = Sha256::digest(std::fs::read(file.path()).unwrap());
                found.insert(format!("{folder}/{name}"), hex(&digest));
            }
        }
    }
    found
}

#[test]
fn no_stored_version_was_edited() {
    let (mut pinned, found) = (pinned(), found());
    if std::env::var_os("SOCAI_PIN").is_some() {
        for (path, digest) in &found {
            pinned.entry(path.clone()).or_insert(digest.clone());
        }
        let line = |(path, digest): (&String, &String)| format!("{digest}  {path}\n");
        let text: String = pinned.iter().map(line).collect();
        std::fs::write(root().join(MANIFEST), text).unwrap();
    }
    for (path, digest) in &pinned {
        let now = found.get(path);
        assert_eq!(
            now,
            Some(digest),
            "{path} is a stored version and was edited or removed: bring it back, and make a new \
             version (ARCHITECTURE.md, \"How an event changes\")"
        );
    }
    for name in Body::type_names() {
        for v in 1..=Body::version_of(name).unwrap() {
            let path = format!("schemas/events/{name}.v{v}.json");
            assert!(found.contains_key(&path), "{path} is not there");
        }
    }
    let new: Vec<_> = found.keys().filter(|p| !pinned.contains_key(*p)).collect();
    assert!(
        new.is_empty(),
        "not pinned yet: {new:?}; run SOCAI_PIN=1 cargo test --test versions"
    );
}

/// The test above can fail: an edit of one byte gives another digest than the pinned one.
#[test]
fn an_edit_of_one_byte_is_seen() {
    for (path, digest) in pinned() {
        let mut bytes = std::fs::read(root().join(&path)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        assert_ne!(hex(&Sha256::digest(&bytes)), digest, "{path}");
    }
}
