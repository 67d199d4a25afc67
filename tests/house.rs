//! The shape of the house: rooms use only rooms below them, and the core does no I/O.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms from the lowest to the highest; each may use itself and what stands before it.
const ROOMS: [&str; 9] = [
    "domain",
    "sheet",
    "log",
    "projection",
    "report",
    "import",
    "office",
    "export",
    "cli",
];

/// Rooms side by side: `report` and `import` do not know each other.
const STRANGERS: [(&str, &str); 2] = [("import", "report"), ("import", "projection")];

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code of a file without its comments and without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("\n#[cfg(test)]\n").next().unwrap().to_owned();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_test(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "tests.rs")
}

#[test]
fn rooms_depend_downward_only() {
    let mut faults = Vec::new();
    for (place, room) in ROOMS.iter().enumerate() {
        for path in sources(&src().join(room))
            .iter()
            .filter(|path| !is_test(path))
        {
            let text = code(path);
            for (other_place, other) in ROOMS.iter().enumerate() {
                let above = other_place > place;
                let stranger = STRANGERS.contains(&(*room, *other));
                if (above || stranger) && text.contains(&format!("crate::{other}::")) {
                    faults.push(format!("{} uses {other}", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_source_file_is_in_a_room() {
    for path in sources(&src()) {
        let relative = path.strip_prefix(src()).unwrap();
        let first = relative
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        let known = ROOMS.contains(&first) || ["lib.rs", "main.rs"].contains(&first);
        assert!(known, "{} stands in no room", relative.display());
    }
}

#[test]
fn the_core_does_no_io_and_reads_no_clock() {
    let banned = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "std::io",
        "SystemTime",
        "Instant::now",
        "Utc::now",
        "Local::now",
        "getrandom",
        "rand::",
        "println!",
        "eprintln!",
        "HashMap",
        "HashSet",
        "f32",
        "f64",
    ];
    let crates = [
        "serde",
        "serde_json",
        "schemars",
        "chrono",
        "uuid",
        "rust_decimal",
        "zeroize",
        "thiserror",
    ];
    for path in sources(&src().join("domain"))
        .iter()
        .filter(|path| !is_test(path))
    {
        let text = code(path);
        for word in banned {
            assert!(!text.contains(word), "{} mentions {word}", path.display());
        }
        for line in text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("use "))
        {
            let first = line.split("::").next().unwrap();
            let own = text.contains(&format!("mod {first};"));
            let known = own
                || ["super", "crate", "std", "self"].contains(&first)
                || crates.contains(&first);
            assert!(known, "{} uses {first}", path.display());
        }
    }
}

#[test]
fn folds_and_reports_are_pure() {
    let banned = [
        "std::fs",
        "std::net",
        "std::env",
        "SystemTime",
        "Utc::now",
        "getrandom",
        "f64",
    ];
    for room in ["projection", "report"] {
        for path in sources(&src().join(room))
            .iter()
            .filter(|path| !is_test(path))
        {
            let text = code(path);
            for word in banned {
                assert!(!text.contains(word), "{} mentions {word}", path.display());
            }
        }
    }
}

#[test]
fn money_never_meets_a_float() {
    // Places on a page of PDF: the library takes them so, and no amount comes there.
    let ink = src().join("report/document/pdf/ink.rs");
    for path in sources(&src()).iter().filter(|path| **path != ink) {
        let text = code(path);
        for word in ["f32", "f64"] {
            let whole = |part: &str| {
                part.chars()
                    .next_back()
                    .is_none_or(|c| !c.is_alphanumeric())
            };
            let found = text.match_indices(word).any(|(at, _)| whole(&text[..at]));
            assert!(!found, "{} mentions {word}", path.display());
        }
    }
}

#[test]
fn functions_and_files_stay_readable() {
    for path in sources(&src()) {
        let text = fs::read_to_string(&path).unwrap();
        let long = text.lines().enumerate().find(|(_, line)| {
            line.chars().count() > 100 && !line.contains('"') && !line.contains("//! |")
        });
        if let Some((number, _)) = long {
            panic!(
                "{}:{} is wider than 100 columns",
                path.display(),
                number + 1
            );
        }
        assert!(!text.contains("TODO"), "{} holds a TODO", path.display());
    }
}
