//! The program is killed while it erases a subject.
//!
//! A file of its own: a child that is being started holds the locks of every ledger that its parent
//! has open.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use std::fs;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::time::Instant;

use runner::Place;

fn filled() -> Place {
    let place = Place::new();
    let persons = "person,household,name\nH1-02,H1,Nông Văn Minh\n";
    assert_eq!(place.import("persons", persons.as_bytes(), "").status, 0);
    place
}

fn erasing(ledger: &Path) -> Child {
    Process::new(env!("CARGO_BIN_EXE_socai"))
        .arg("--ledger")
        .arg(ledger)
        .args(["--by", "clerk", "subject", "erase", "H1", "--basis", "Luật"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The program is killed while it erases, at moments that move through the whole of it. Afterwards
/// either nothing has happened, or all of it has; other names stay.
#[test]
fn killed_while_erasing() {
    let rounds: u64 = std::env::var("SOCAI_KILLS")
        .ok()
        .map_or(20, |text| text.parse().unwrap());
    let place = filled();
    let origin = place.dir.path().join("origin");
    runner::copy(&place.ledger(), &origin);
    // How long it takes here and now says where its moments are.
    let whole = place.dir.path().join("whole");
    runner::copy(&origin, &whole);
    let begun = Instant::now();
    assert!(erasing(&whole).wait().unwrap().success());
    let span = begun.elapsed();
    let mut outcomes = [0_u64; 2];
    for round in 0..rounds {
        let ledger = place.dir.path().join(format!("round-{round}"));
        runner::copy(&origin, &ledger);
        let mut child = erasing(&ledger);
        std::thread::sleep(span * (u32::try_from(round * 37 % 100).unwrap() + 10) / 100);
        let _ = child.kill();
        child.wait().unwrap();
        let run = |words: &str| {
            let ledger = ledger.display().to_string();
            let mut line = vec!["--ledger", &ledger, "--by", "clerk", "--format", "json"];
            line.extend(words.split(' '));
            runner::socai(&line)
        };
        // Recording anything finishes what was begun.
        let held = run("subject hold H2 --basis Luật");
        assert_eq!(held.status, 0, "{}", held.err);
        let shown = run("household show H1").json();
        let events = run("events --raw --type subject.erased").out;
        let erased = shown["head"] == "[đã xóa]";
        assert_eq!(
            events.lines().count(),
            if erased { 2 } else { 0 },
            "round {round}"
        );
        assert_eq!(shown["head"] == "Nông Thị Liên", !erased, "round {round}");
        assert!(!ledger.join("keys/erasing").exists());
        assert_eq!(run("household show H2").json()["head"], "Đàm Văn Long");
        outcomes[usize::from(erased)] += 1;
        fs::remove_dir_all(&ledger).unwrap();
    }
    println!("killed while erasing: {rounds} rounds, {outcomes:?} (untouched, erased)");
}
