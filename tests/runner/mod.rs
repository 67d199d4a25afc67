//! The command line, run in process.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// What a command printed, and how it ended.
pub struct Ran {
    pub status: u8,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }

    /// The last line of the error stream as the error object.
    pub fn error(&self) -> Value {
        let line = self.err.lines().last().unwrap();
        serde_json::from_str::<Value>(line).unwrap()["error"].clone()
    }
}

pub fn socai<S: AsRef<str>>(arguments: &[S]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = arguments.iter().map(|word| OsString::from(word.as_ref()));
    let words = std::iter::once(OsString::from("socai")).chain(words);
    let status = socai::cli::run(words, &mut out, &mut err, false);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        status,
        out: text(out),
        err: text(err),
    }
}

/// Every file below a folder, by name.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A ledger in a folder of its own, with three households.
pub struct Place {
    pub dir: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Place {
        let place = Place {
            dir: tempfile::tempdir().unwrap(),
        };
        let ran = place.run("init --unit 01990 --name Lục_Bình");
        assert_eq!(ran.status, 0, "{}", ran.err);
        let list = "household,head,village,class,class_from\n\
                    H1,Nông Thị Liên,Cao Lộc,poor,2022-01-01\n\
                    H2,Đàm Văn Long,Lũng Chang,near_poor,2022-01-01\n\
                    H3,Hà Thị Đào,Cao Lộc,poor,2022-01-01\n";
        let ran = place.import("households", list.as_bytes(), "");
        assert_eq!(ran.status, 0, "{}", ran.err);
        place
    }

    /// With a loan of one household.
    pub fn with_loan() -> Place {
        let place = Place::new();
        let ran = place.run(
            "record support --kind preferential_loan --household H1 --amount 50.000.000 \
             --source vbsp --on 2023-03-10 --ref LOAN-1",
        );
        assert_eq!(ran.status, 0, "{}", ran.err);
        place
    }

    /// With three supports, an index and views that are made anew.
    pub fn with_views() -> Place {
        let place = Place::new();
        for number in 1..=3 {
            let line = format!(
                "record support --kind wifi --household H1 --amount {number}000 \
                 --source state_budget --on 2023-04-12"
            );
            assert_eq!(place.run(&line).status, 0);
        }
        assert_eq!(place.run("rebuild").status, 0);
        place
    }

    /// The path of a file that a command is to write.
    pub fn out(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    pub fn ledger(&self) -> PathBuf {
        self.dir.path().join("ledger")
    }

    /// Runs a command line of words parted by spaces; `_` in a word stands for a space.
    pub fn run(&self, line: &str) -> Ran {
        let mut words = vec!["--ledger".to_owned(), self.ledger().display().to_string()];
        // `--by` of `figures` is the grouping, and reading needs no recorder.
        if !line.contains("figures") {
            words.extend(["--by", "clerk"].map(String::from));
        }
        let typed = line.split(' ').filter(|word| !word.is_empty());
        words.extend(typed.map(|word| {
            let keeps = word.contains('/') || word.contains("near_poor") || word.contains("state_");
            if keeps || !word.contains('_') || word == word.to_lowercase() {
                word.to_owned()
            } else {
                word.replace('_', " ")
            }
        }));
        socai(&words)
    }

    pub fn json(&self, line: &str) -> Ran {
        self.run(&format!("--format json {line}"))
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Imports bytes as a list, with JSON answers.
    pub fn import(&self, list: &str, bytes: &[u8], more: &str) -> Ran {
        let file = self.file("list.csv", bytes);
        self.json(&format!("import {list} {} {more}", file.display()))
    }

    pub fn head(&self) -> u64 {
        self.json("figures --period 2023").json()["as_of"]["seq"]
            .as_u64()
            .unwrap()
    }
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
