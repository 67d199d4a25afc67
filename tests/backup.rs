//! Backups: what is in them, what is found in damaged ones, and what comes back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use runner::{Place, Ran, copy, socai};
use socai::log::backup::read::{NoSink, read};

fn at(place: &Place, name: &str) -> PathBuf {
    place.dir.path().join(name)
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Runs words on the ledger in a folder.
fn on(ledger: &Path, line: &str) -> Ran {
    let ledger = text(ledger);
    let mut words = vec!["--ledger", &ledger, "--format", "json"];
    // `--by` of `figures` is the grouping.
    if !line.starts_with("figures") {
        words.extend(["--by", "clerk"]);
    }
    words.extend(line.split(' ').filter(|word| !word.is_empty()));
    socai(&words)
}

fn supports(place: &Place, number: u32) {
    let list = format!(
        "ref,kind,household,amount,occurred_on,recipient\n\
         R{number},housing,H1,1000000,2023-03-01,Nông Văn Sơn\n"
    );
    let ran = place.import("supports", list.as_bytes(), "");
    assert_eq!(ran.status, 0, "{}", ran.err);
}

fn backup(place: &Place, name: &str, more: &str) -> PathBuf {
    let file = at(place, name);
    let ran = on(
        &place.ledger(),
        &format!("backup {} {more}", file.display()),
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(ran.json()["sealed"], more.contains("passphrase"));
    file
}

fn checkpoint(ledger: &Path, to: &Path) {
    let ran = on(ledger, "checkpoint");
    fs::write(to, ran.json()["note"].as_str().unwrap()).unwrap();
}

fn raw(ledger: &Path) -> String {
    on(ledger, "events --raw").out
}

#[test]
fn what_was_backed_up_comes_back_as_it_was() {
    let place = Place::new();
    supports(&place, 1);
    checkpoint(&place.ledger(), &at(&place, "note"));
    on(&place.ledger(), "household show H1");
    fs::create_dir_all(place.ledger().join("kept")).unwrap();
    fs::write(place.ledger().join("kept/bao-cao.md"), "# Báo cáo").unwrap();
    let file = backup(&place, "a.socai", "");
    let verified = on(
        &place.ledger(),
        &format!("backup verify {}", file.display()),
    );
    assert_eq!(verified.json()["keys"], true);

    let into = at(&place, "again");
    let note = text(&at(&place, "note"));
    let ran = on(
        &place.ledger(),
        &format!(
            "restore {} {} --verify-against {note}",
            file.display(),
            into.display()
        ),
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(ran.json()["compared"], place.head());
    assert_eq!(raw(&into), raw(&place.ledger()));
    for command in ["figures --period 2023", "household show H1", "access show"] {
        let (before, after) = (on(&place.ledger(), command), on(&into, command));
        assert_eq!(after.status, 0, "{}", after.err);
        if command != "access show" {
            assert_eq!(before.out, after.out, "{command}");
        }
    }
    assert_eq!(
        fs::read(into.join("kept/bao-cao.md")).unwrap(),
        "# Báo cáo".as_bytes()
    );
    assert_eq!(
        fs::read(into.join("checkpoint")).unwrap(),
        fs::read(place.ledger().join("checkpoint")).unwrap()
    );
    // It goes on: the same row is known, another is recorded, the next checkpoint is signed.
    assert_eq!(on(&into, "subject hold H1 --basis Luật").status, 0);
    assert_eq!(on(&into, "checkpoint").status, 0);
}

#[test]
fn the_same_folder_gives_the_same_bytes() {
    let place = Place::new();
    supports(&place, 1);
    let (one, two) = (at(&place, "one"), at(&place, "two"));
    copy(&place.ledger(), &one);
    copy(&place.ledger(), &two);
    let (first, second) = (at(&place, "one.socai"), at(&place, "two.socai"));
    assert_eq!(on(&one, &format!("backup {}", first.display())).status, 0);
    assert_eq!(on(&two, &format!("backup {}", second.display())).status, 0);
    assert_eq!(fs::read(first).unwrap(), fs::read(second).unwrap());
}

/// tar and zstd alone give the hashed bytes.
#[test]
fn an_outsider_reads_it_without_this_program() {
    let tools = ["tar", "zstd"].map(|tool| Process::new(tool).arg("--version").output());
    if tools.iter().any(Result::is_err) {
        println!("skipped: no tar or no zstd here");
        return;
    }
    let place = Place::new();
    supports(&place, 1);
    let file = backup(&place, "a.socai", "");
    let unpacked = at(&place, "unpacked");
    fs::create_dir(&unpacked).unwrap();
    let done = Process::new("tar")
        .arg("xf")
        .arg(&file)
        .current_dir(&unpacked)
        .status();
    assert!(done.unwrap().success());
    let mut lines = Vec::new();
    let mut parts: Vec<_> = fs::read_dir(unpacked.join("events")).unwrap().collect();
    parts.sort_by_key(|part| part.as_ref().unwrap().file_name());
    for part in parts {
        let path = part.unwrap().path();
        lines.extend(
            Process::new("zstd")
                .arg("-dc")
                .arg(path)
                .output()
                .unwrap()
                .stdout,
        );
    }
    assert_eq!(String::from_utf8(lines).unwrap(), raw(&place.ledger()));
}

#[test]
fn an_occupied_place_and_an_existing_file_are_left_alone() {
    let place = Place::new();
    let file = backup(&place, "a.socai", "");
    let before = fs::read(&file).unwrap();
    let again = on(&place.ledger(), &format!("backup {}", file.display()));
    assert_eq!(again.status, 1);
    assert_eq!(fs::read(&file).unwrap(), before);
    let taken = at(&place, "taken");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("x"), b"x").unwrap();
    for dir in [taken.clone(), place.ledger(), file.clone()] {
        let ran = on(
            &taken,
            &format!("restore {} {}", file.display(), dir.display()),
        );
        assert_eq!(ran.error()["code"], "not_empty");
    }
    let empty = at(&place, "empty");
    fs::create_dir(&empty).unwrap();
    let ran = on(
        &taken,
        &format!("restore {} {}", file.display(), empty.display()),
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(fs::read_dir(&taken).unwrap().count(), 1);
}

#[test]
fn increments_follow_each_other_or_are_refused() {
    let place = Place::new();
    checkpoint(&place.ledger(), &at(&place, "note-1"));
    // The full backup goes beyond the checkpoint: the increment overlaps it.
    supports(&place, 1);
    let full = backup(&place, "full.socai", "");
    supports(&place, 2);
    let since = format!("--since {}", at(&place, "note-1").display());
    let first = backup(&place, "first.socai", &since);
    checkpoint(&place.ledger(), &at(&place, "note-2"));
    supports(&place, 3);
    let since = format!("--since {}", at(&place, "note-2").display());
    let second = backup(&place, "second.socai", &since);
    let verified = on(
        &place.ledger(),
        &format!("backup verify {}", second.display()),
    );
    assert_eq!(
        verified.json()["base"],
        verified.json()["from"].as_u64().unwrap() - 1
    );

    let [full, first, second] = [full, first, second].map(|path| text(&path));
    let into = at(&place, "again");
    let line = format!(
        "restore {full} {} --then {first} --then {second}",
        into.display()
    );
    let ran = on(&place.ledger(), &line);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(raw(&into), raw(&place.ledger()));

    let into = at(&place, "refused").display().to_string();
    for (line, code) in [
        (format!("restore {first} {into}"), "backup_does_not_follow"),
        (
            format!("restore {full} {into} --then {second}"),
            "backup_does_not_follow",
        ),
    ] {
        let ran = on(&place.ledger(), &line);
        assert_eq!(ran.error()["code"], code, "{}", ran.err);
        assert!(!Path::new(&into).exists());
    }
    // Another ledger's increment does not follow, whatever its numbers.
    let other = Place::new();
    checkpoint(&other.ledger(), &at(&other, "note"));
    supports(&other, 2);
    let since = format!("--since {}", at(&other, "note").display());
    let foreign = text(&backup(&other, "foreign.socai", &since));
    let ran = on(
        &place.ledger(),
        &format!("restore {full} {into} --then {foreign}"),
    );
    assert_eq!(ran.error()["code"], "backup_does_not_follow", "{}", ran.err);
    // Nor can an increment be made against a checkpoint that is not the ledger's own.
    let file = at(&place, "x.socai");
    let note = at(&other, "note").display().to_string();
    let ran = on(
        &place.ledger(),
        &format!("backup {} --since {note}", file.display()),
    );
    assert_eq!(ran.status, 1);
    assert!(!file.exists());
}

#[test]
fn a_sealed_backup_needs_its_passphrase_and_shows_nothing() {
    let place = Place::new();
    let words = place.file("words", "mười hai con trâu\n".as_bytes());
    let wrong = place.file("wrong", "mười hai con bò\n".as_bytes());
    let short = place.file("short", "ngắn".as_bytes());
    let option = |file: &Path| format!("--passphrase-file {}", file.display());
    let ran = on(
        &place.ledger(),
        &format!("backup {} {}", at(&place, "x").display(), option(&short)),
    );
    assert_eq!(ran.error()["code"], "weak_passphrase");
    let file = backup(&place, "sealed.socai", &option(&words));
    let bytes = fs::read(&file).unwrap();
    for secret in [&b"MANIFEST"[..], b"Lung", b"socaikey"] {
        assert!(!bytes.windows(secret.len()).any(|part| part == secret));
    }
    let into = at(&place, "again");
    let line = format!("restore {} {}", file.display(), into.display());
    let ran = on(&place.ledger(), &line);
    assert_eq!(ran.error()["code"], "passphrase_needed");
    let ran = on(&place.ledger(), &format!("{line} {}", option(&wrong)));
    assert_eq!(ran.error()["code"], "wrong_passphrase");
    let ran = on(&place.ledger(), &format!("{line} {}", option(&words)));
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(raw(&into), raw(&place.ledger()));
}

/// Every byte of a backup is changed, and it is cut at every length: always found, never a panic.
/// The reader is asked directly; what `restore` would do with it, it does only after the reader.
#[test]
fn every_changed_byte_and_every_cut_is_found() {
    let place = Place::new();
    supports(&place, 1);
    let bytes = fs::read(backup(&place, "a.socai", "")).unwrap();
    assert!(read(&mut &bytes[..], None, &mut NoSink).is_ok());
    let step = std::env::var("SOCAI_EVERY_BYTE").map_or(13, |_| 1);
    let (mut changed, mut cut) = (0, 0);
    for place in (0..bytes.len()).step_by(step) {
        let mut bad = bytes.clone();
        bad[place] ^= 1 << (place % 8);
        assert!(
            read(&mut &bad[..], None, &mut NoSink).is_err(),
            "byte {place}"
        );
        changed += 1;
    }
    for length in (0..bytes.len()).step_by(step * 7) {
        assert!(
            read(&mut &bytes[..length], None, &mut NoSink).is_err(),
            "cut at {length}"
        );
        cut += 1;
    }
    println!(
        "backup of {} bytes: {changed} changed, {cut} cut, all found",
        bytes.len()
    );
}

#[test]
fn a_known_checkpoint_decides() {
    let place = Place::new();
    supports(&place, 1);
    let file = text(&backup(&place, "a.socai", ""));
    let old = at(&place, "old-note");
    checkpoint(&place.ledger(), &old);
    supports(&place, 2);
    let newer = at(&place, "newer-note");
    checkpoint(&place.ledger(), &newer);
    let into = at(&place, "again").display().to_string();
    let against =
        |note: &Path| format!("restore {file} {into} --verify-against {}", note.display());
    let ran = on(&place.ledger(), &against(&newer));
    assert_eq!(ran.error()["code"], "backup_older", "{}", ran.err);
    assert!(!Path::new(&into).exists());
    // A checkpoint of another ledger, or one whose signature does not hold, is no known one.
    let other = Place::new();
    checkpoint(&other.ledger(), &at(&other, "note"));
    let ran = on(&place.ledger(), &against(&at(&other, "note")));
    assert_eq!(ran.error()["code"], "checkpoint_unsigned");
    let ran = on(&place.ledger(), &against(&old));
    assert_eq!(ran.status, 0, "{}", ran.err);

    // A ledger that was continued otherwise: the same size, another root.
    let fork = at(&place, "fork");
    assert_eq!(
        on(
            &place.ledger(),
            &format!("restore {file} {}", fork.display())
        )
        .status,
        0
    );
    assert_eq!(on(&fork, "subject hold H1 --basis Luật").status, 0);
    let forked = text(&at(&place, "fork.socai"));
    assert_eq!(on(&fork, &format!("backup {forked}")).status, 0);
    let into = at(&place, "third").display().to_string();
    let line = format!(
        "restore {forked} {into} --verify-against {}",
        newer.display()
    );
    let ran = on(&place.ledger(), &line);
    let code = ran.error()["code"].as_str().unwrap().to_owned();
    assert!(
        ["other_history", "backup_older"].contains(&code.as_str()),
        "{code}"
    );
    assert_eq!(code, "other_history");
}

#[test]
fn an_erasure_names_the_backups_that_can_still_open_it() {
    let place = Place::new();
    let before = text(&backup(&place, "before.socai", ""));
    let list = "household,head,village\nH9,Lục Văn Chín,Cao Lộc\n";
    assert_eq!(place.import("households", list.as_bytes(), "").status, 0);
    let with = text(&backup(&place, "with.socai", ""));
    let ran = on(&place.ledger(), "subject erase H9 --basis Luật");
    let backups = &ran.json()["earlier_backups"];
    assert_eq!(backups.as_array().unwrap().len(), 1, "{}", ran.out);
    assert_eq!(backups[0]["file"], with.as_str());

    // A backup made later cannot open it; an earlier one can.
    let later = text(&backup(&place, "later.socai", ""));
    for (file, shown) in [(later, "[đã xóa]"), (with, "Lục Văn Chín")] {
        let into = at(&place, "into");
        let ran = on(
            &place.ledger(),
            &format!("restore {file} {}", into.display()),
        );
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert_eq!(on(&into, "household show H9").json()["head"], shown);
        fs::remove_dir_all(&into).unwrap();
    }
    let ran = on(&place.ledger(), "subject erase H1 --basis Luật");
    assert_eq!(ran.json()["earlier_backups"].as_array().unwrap().len(), 3);
    assert!(ran.out.contains(&before));
}

/// A restoration of a full backup and an increment made after an erasure opens nothing of it.
#[test]
fn an_increment_takes_destroyed_keys_with_it() {
    let place = Place::new();
    let full = text(&backup(&place, "full.socai", ""));
    checkpoint(&place.ledger(), &at(&place, "note"));
    assert_eq!(
        on(&place.ledger(), "subject erase H1 --basis Luật").status,
        0
    );
    let since = format!("--since {}", at(&place, "note").display());
    let more = text(&backup(&place, "more.socai", &since));
    let into = at(&place, "again");
    let ran = on(
        &place.ledger(),
        &format!("restore {full} {} --then {more}", into.display()),
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(on(&into, "household show H1").json()["head"], "[đã xóa]");
    assert_eq!(
        on(&into, "household show H2").json()["head"],
        "Đàm Văn Long"
    );
    assert!(!into.join("keys/master.1").exists());
}

#[test]
fn a_backup_beside_a_writer_holds_whole_batches() {
    let place = Place::new();
    let ledger = place.ledger();
    let writer = {
        let dir = place.dir.path().to_owned();
        std::thread::spawn(move || {
            for number in 0..12 {
                let list = dir.join(format!("list-{number}.csv"));
                let rows: String = (0..40)
                    .map(|row| format!("Q{number}-{row},Hộ {number} {row},Cao Lộc\n"))
                    .collect();
                fs::write(&list, format!("household,head,village\n{rows}")).unwrap();
                let ran = on(&ledger, &format!("import households {}", list.display()));
                assert_eq!(ran.status, 0, "{}", ran.err);
            }
        })
    };
    let mut made = Vec::new();
    while !writer.is_finished() || made.is_empty() {
        made.push(backup(&place, &format!("b-{}.socai", made.len()), ""));
    }
    writer.join().unwrap();
    let whole = raw(&place.ledger());
    for file in made {
        let into = at(&place, "into");
        let ran = on(
            &place.ledger(),
            &format!("restore {} {}", file.display(), into.display()),
        );
        assert_eq!(ran.status, 0, "{}", ran.err);
        let restored = raw(&into);
        assert!(whole.starts_with(&restored));
        // Each import of 40 households is in it wholly or not at all.
        let households = on(&into, "household list").json();
        let households = households["households"].as_array().unwrap();
        assert_eq!((households.len() - 3) % 40, 0);
        assert!(households.iter().all(|row| row["head"] != "[đã xóa]"));
        fs::remove_dir_all(&into).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn backups_and_what_is_restored_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let file = backup(&place, "a.socai", "");
    let into = at(&place, "again");
    let ran = on(
        &place.ledger(),
        &format!("restore {} {}", file.display(), into.display()),
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&into), 0o700);
    assert_eq!(mode(&into.join("keys")), 0o700);
    for entry in fs::read_dir(into.join("keys")).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}
