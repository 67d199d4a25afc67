//! What the key store promises: keys last, erased keys are gone, and no cut loses a key.

use super::*;
use crate::domain::code::Code;
use crate::domain::language::{Explain as _, Lang};
use crate::log::random::SeededRandom;
use crate::log::seal::{AssociatedData, open, seal};
use sha2::{Digest as _, Sha256};
use std::fs::{self, OpenOptions};
use tempfile::TempDir;
use uuid::Uuid;

const LEDGER: &str = "00112233445566778899aabbccddeeff";

fn household(number: u32) -> (Subject, u32) {
    let code = Code::new(&format!("LB-{number:04}")).unwrap();
    (Subject::Household(code), 0)
}

fn households(numbers: std::ops::RangeInclusive<u32>) -> Vec<(Subject, u32)> {
    numbers.map(household).collect()
}

/// A store with the keys of households 1 to 5, drawn from seed 1.
fn store_of_five() -> (TempDir, PathBuf, KeyStore) {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("keys");
    let mut random = SeededRandom::new(1);
    let store = KeyStore::create(&folder, LEDGER, &mut random).unwrap();
    store.ensure(&households(1..=5), &mut random).unwrap();
    (dir, folder, store)
}

fn secret(store: &KeyStore, number: u32) -> Option<[u8; 32]> {
    let (subject, erasures) = household(number);
    let key = store.key_for(&subject, erasures).unwrap();
    key.map(|key| *key.secret())
}

fn secrets(store: &KeyStore, numbers: std::ops::RangeInclusive<u32>) -> Vec<Option<[u8; 32]>> {
    numbers.map(|number| secret(store, number)).collect()
}

/// Every file of a folder by name.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    names(folder)
        .unwrap()
        .into_iter()
        .map(|name| (name.clone(), fs::read(folder.join(name)).unwrap()))
        .collect()
}

fn folder_with(files: &[(&str, &[u8])]) -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("keys");
    fs::create_dir(&folder).unwrap();
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    (dir, folder)
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn keys_survive_reopening_and_open_what_they_sealed() {
    let (_dir, folder, store) = store_of_five();
    let (subject, _) = household(3);
    let ad = AssociatedData {
        ledger: LEDGER,
        event: Uuid::from_u128(1),
        subject: &subject,
        place: "head.name",
    };
    let key = store.key_for(&subject, 0).unwrap().unwrap();
    let sealed = seal(&key, [1; 24], &ad, "Lý Thị Vạ").unwrap();
    drop((store, key));
    for store in [
        KeyStore::open(&folder).unwrap(),
        KeyStore::open_read_only(&folder).unwrap(),
    ] {
        let key = store.key_for(&subject, 0).unwrap().unwrap();
        assert_eq!(open(&key, &ad, &sealed).unwrap(), "Lý Thị Vạ");
        assert!(store.key_for(&subject, 1).unwrap().is_none());
        assert!(store.key_for(&household(6).0, 0).unwrap().is_none());
        assert_eq!((store.count().unwrap(), store.ledger()), (5, LEDGER.into()));
        assert_eq!(store.findings().unwrap(), []);
    }
}

#[test]
fn ensure_makes_only_what_is_missing() {
    let (_dir, folder, store) = store_of_five();
    let mut random = SeededRandom::new(2);
    let asked = [household(5), household(6), household(6), household(1)];
    let keys = store.ensure(&asked, &mut random).unwrap();
    let got: Vec<_> = keys.iter().map(|key| Some(*key.secret())).collect();
    let known = KeyStore::open_read_only(&folder).unwrap();
    let expected = [5, 6, 6, 1].map(|number| secret(&known, number));
    assert_eq!(got, expected);
    assert_eq!(store.count().unwrap(), 6);

    let before = contents(&folder);
    store.ensure(&asked, &mut random).unwrap();
    assert_eq!(contents(&folder), before);
}

#[test]
fn every_key_is_another() {
    let (_dir, _folder, store) = store_of_five();
    let all = secrets(&store, 1..=5);
    let distinct: BTreeSet<_> = all.iter().flatten().collect();
    assert_eq!(distinct.len(), 5);
}

#[test]
fn an_erased_key_is_in_no_file_and_the_others_still_open() {
    let (_dir, folder, store) = store_of_five();
    let before = contents(&folder);
    let kept = secrets(&store, 1..=5);
    let gone = secret(&store, 3).unwrap();
    let id = KeyId::of(LEDGER, &household(3).0, 0);
    let record = before["subjects.1"].chunks(RECORD_LEN).nth(3).unwrap();
    assert_eq!(record[..12], id.0);

    let mut random = SeededRandom::new(9);
    let erased = store.erase(&[household(3)], &mut random).unwrap();
    assert_eq!((erased.keys, erased.kept, erased.damaged), (1, 4, 0));

    let after = contents(&folder);
    assert_eq!(after.keys().collect::<Vec<_>>(), ["master.2", "subjects.2"]);
    // The id, the nonce, any half of the wrapped key, the key, and the old master key.
    let parts: [&[u8]; 6] = [
        &id.0,
        &record[12..36],
        &record[36..52],
        &record[52..68],
        &gone[..16],
        &before["master.1"][..16],
    ];
    for (name, bytes) in &after {
        for part in parts {
            assert!(!holds(bytes, part), "{name}");
        }
    }
    // The scan finds what is there.
    assert!(
        parts[..4]
            .iter()
            .all(|part| holds(&before["subjects.1"], part))
    );

    for store in [store, KeyStore::open(&folder).unwrap()] {
        let mut expected = kept.clone();
        expected[2] = None;
        assert_eq!(secrets(&store, 1..=5), expected);
        assert_eq!(store.findings().unwrap(), []);
    }
}

#[test]
fn the_old_files_are_overwritten_before_they_are_removed() {
    let (dir, folder, store) = store_of_five();
    let linked = ["master.1", "subjects.1"].map(|name| {
        let link = dir.path().join(name);
        fs::hard_link(folder.join(name), &link).unwrap();
        link
    });
    let mut random = SeededRandom::new(9);
    store.erase(&[household(3)], &mut random).unwrap();
    for link in linked {
        let bytes = fs::read(&link).unwrap();
        assert!(!bytes.is_empty() && bytes.iter().all(|byte| *byte == 0));
    }
}

#[test]
fn an_erased_subject_gets_another_key_id_afterwards() {
    let (_dir, folder, store) = store_of_five();
    let mut random = SeededRandom::new(9);
    store.erase(&[household(3)], &mut random).unwrap();
    let (subject, _) = household(3);
    let again = store.ensure(&[(subject.clone(), 1)], &mut random).unwrap();
    let store = KeyStore::open(&folder).unwrap();
    assert!(store.key_for(&subject, 0).unwrap().is_none());
    let key = store.key_for(&subject, 1).unwrap().unwrap();
    assert_eq!(key.secret(), again[0].secret());
    assert_ne!(key.id(), KeyId::of(LEDGER, &subject, 0));
}

#[test]
fn erasing_again_changes_nothing() {
    let (_dir, folder, store) = store_of_five();
    let mut random = SeededRandom::new(9);
    store.erase(&[household(3)], &mut random).unwrap();
    let before = contents(&folder);
    let asked = [household(3), household(77)];
    let erased = store.erase(&asked, &mut random).unwrap();
    assert_eq!((erased.keys, erased.kept), (0, 4));
    assert_eq!(contents(&folder), before);
}

/// Every state that a cut can leave, built from the files before and after an erasure.
#[test]
fn a_cut_at_any_step_of_an_erasure_leaves_the_old_state_or_the_new() {
    let (_dir, folder, store) = store_of_five();
    let before = contents(&folder);
    let all = secrets(&store, 1..=5);
    store
        .erase(&[household(3)], &mut SeededRandom::new(9))
        .unwrap();
    let after = contents(&folder);
    let mut erased = all.clone();
    erased[2] = None;

    let (m1, s1) = (&before["master.1"][..], &before["subjects.1"][..]);
    let (m2, s2) = (&after["master.2"][..], &after["subjects.2"][..]);
    let zeros = vec![0; s1.len()];
    let half = [&zeros[..200], &s1[200..]].concat();
    let old = [("master.1", m1), ("subjects.1", s1)];
    let new = [("master.2", m2), ("subjects.2", s2)];
    let old_wins: [&[(&str, &[u8])]; 8] = [
        &[],
        &[("subjects.tmp", &s2[..0])],
        &[("subjects.tmp", &s2[..100])],
        &[("subjects.tmp", s2), ("master.tmp", &m2[..7])],
        &[("subjects.tmp", s2), ("master.tmp", m2)],
        &[("subjects.2", s2), ("master.tmp", m2)],
        // A file system may have made the second name durable before the first, or kept a name
        // without its content.
        &[("subjects.tmp", s2), ("master.2", m2)],
        &[("subjects.2", &s2[..0]), ("master.2", m2)],
    ];
    let new_wins: [&[(&str, &[u8])]; 6] = [
        &old,
        &[("master.1", &zeros[..32]), ("subjects.1", s1)],
        &[("subjects.1", s1)],
        &[("subjects.1", &half)],
        &[("subjects.1", &zeros)],
        &[],
    ];
    for (base, rests, expected) in [(old, &old_wins[..], &all), (new, &new_wins[..], &erased)] {
        for (case, rest) in rests.iter().enumerate() {
            let (_dir, folder) = folder_with(&[&base[..], rest].concat());
            let reader = KeyStore::open_read_only(&folder).unwrap();
            assert_eq!(&secrets(&reader, 1..=5), expected, "reader, case {case}");
            assert_eq!(contents(&folder).len(), 2 + rest.len(), "case {case}");

            let writer = KeyStore::open(&folder).unwrap();
            assert_eq!(&secrets(&writer, 1..=5), expected, "writer, case {case}");
            assert_eq!(writer.findings().unwrap().len(), rest.len(), "case {case}");
            let names: Vec<_> = contents(&folder).into_keys().collect();
            assert_eq!(names, base.map(|(name, _)| name), "case {case}");

            // Repeating the erasure settles it, and the store goes on.
            let mut random = SeededRandom::new(10);
            writer.erase(&[household(3)], &mut random).unwrap();
            writer.ensure(&[household(6)], &mut random).unwrap();
            let store = KeyStore::open(&folder).unwrap();
            assert_eq!(secrets(&store, 1..=5), erased, "case {case}");
            assert!(secret(&store, 6).is_some(), "case {case}");
        }
    }
}

#[test]
fn an_append_cut_at_any_byte_costs_no_earlier_key() {
    let (_dir, folder, store) = store_of_five();
    let all = secrets(&store, 1..=5);
    let files = contents(&folder);
    let (master, subjects) = (&files["master.1"][..], &files["subjects.1"][..]);
    let three = RECORD_LEN * 4;
    for cut in three..subjects.len() {
        let (_dir, folder) = folder_with(&[("master.1", master), ("subjects.1", &subjects[..cut])]);
        let store = KeyStore::open(&folder).unwrap();
        let whole = cut / RECORD_LEN - 1;
        let torn = cut % RECORD_LEN;
        assert_eq!(store.count().unwrap(), whole as u64, "cut {cut}");
        assert_eq!(secrets(&store, 1..=3), all[..3], "cut {cut}");
        let torn_tail = KeyFinding::TornTail {
            file: folder.join("subjects.1"),
            bytes: torn as u64,
        };
        let expected = if torn == 0 { vec![] } else { vec![torn_tail] };
        assert_eq!(store.findings().unwrap(), expected, "cut {cut}");

        let mut random = SeededRandom::new(2);
        let made = store.ensure(&[household(9)], &mut random).unwrap();
        assert_eq!(store.findings().unwrap(), []);
        let again = KeyStore::open(&folder).unwrap();
        assert_eq!(again.findings().unwrap(), [], "cut {cut}");
        assert_eq!(secret(&again, 9), Some(*made[0].secret()), "cut {cut}");
        assert_eq!(secrets(&again, 1..=3), all[..3], "cut {cut}");
    }
}

#[test]
fn a_tail_of_zeros_is_torn_and_is_cut_off_by_the_next_append() {
    // After a power cut a file can have its new length without its new content.
    let (_dir, folder, store) = store_of_five();
    drop(store);
    let path = folder.join("subjects.1");
    let length = fs::metadata(&path).unwrap().len();
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(length + 10 * RECORD_BYTES + 17).unwrap();
    let store = KeyStore::open(&folder).unwrap();
    assert!(matches!(
        store.findings().unwrap()[..],
        [KeyFinding::TornTail { bytes: 897, .. }]
    ));
    let mut random = SeededRandom::new(2);
    store.ensure(&[household(6)], &mut random).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), length + RECORD_BYTES);
}

#[test]
fn a_damaged_record_costs_its_own_subject_alone() {
    let (_dir, folder, store) = store_of_five();
    let all = secrets(&store, 1..=5);
    let files = contents(&folder);
    for byte in 0..RECORD_LEN {
        let mut subjects = files["subjects.1"].clone();
        subjects[2 * RECORD_LEN + byte] ^= 0x10;
        let (_dir, folder) =
            folder_with(&[("master.1", &files["master.1"]), ("subjects.1", &subjects)]);
        let store = KeyStore::open(&folder).unwrap();
        for number in [1, 3, 4, 5] {
            assert_eq!(secret(&store, number), all[number as usize - 1]);
        }
        let key = store.key_for(&household(2).0, 0);
        if byte >= RECORD_LEN - 4 {
            // Only the checksum was hit: the tag still proves the key.
            assert_eq!(*key.unwrap().unwrap().secret(), all[1].unwrap());
            assert_eq!(store.findings().unwrap(), []);
            continue;
        }
        let findings = store.findings().unwrap();
        assert!(
            matches!(findings[..], [KeyFinding::DamagedRecord { record: 2, .. }]),
            "byte {byte}: {findings:?}"
        );
        // Where the id was hit nobody can say whose record it was.
        match key {
            Err(KeyError::KeyDamaged { record: 2, .. }) => assert!(byte >= 12, "byte {byte}"),
            other => assert!(byte < 12 && other.unwrap().is_none(), "byte {byte}"),
        }
    }
}

#[test]
fn a_damaged_key_is_never_replaced_silently_but_can_be_erased() {
    let (_dir, folder, store) = store_of_five();
    drop(store);
    let path = folder.join("subjects.1");
    let mut subjects = fs::read(&path).unwrap();
    subjects[2 * RECORD_LEN + 40] ^= 1;
    fs::write(&path, &subjects).unwrap();

    let store = KeyStore::open(&folder).unwrap();
    let mut random = SeededRandom::new(2);
    let refused = store.ensure(&[household(6), household(2)], &mut random);
    assert!(matches!(
        refused,
        Err(KeyError::KeyDamaged { record: 2, .. })
    ));
    assert_eq!(fs::read(&path).unwrap(), subjects);

    let erased = store.erase(&[household(2)], &mut random).unwrap();
    assert_eq!((erased.keys, erased.kept, erased.damaged), (0, 4, 1));
    assert_eq!(store.findings().unwrap(), []);
    assert!(store.key_for(&household(2).0, 0).unwrap().is_none());
}

#[test]
fn damage_to_the_header_or_the_master_key_stops_and_removes_nothing() {
    let (_dir, folder, store) = store_of_five();
    drop(store);
    let files = contents(&folder);
    let damaged = |name: &str, bytes: &[u8], expected: Fault| {
        let mut changed: BTreeMap<&str, &[u8]> =
            files.iter().map(|(n, b)| (n.as_str(), &b[..])).collect();
        changed.insert(name, bytes);
        let changed: Vec<_> = changed.into_iter().collect();
        let (_dir, folder) = folder_with(&changed);
        let before = contents(&folder);
        for opened in [KeyStore::open(&folder), KeyStore::open_read_only(&folder)] {
            assert!(
                matches!(&opened, Err(KeyError::Damaged { why, .. }) if *why == expected),
                "{opened:?}"
            );
        }
        assert_eq!(contents(&folder), before);
    };
    let flipped = |name: &str, at: usize| {
        let mut bytes = files[name].clone();
        bytes[at] ^= 1;
        bytes
    };
    damaged("master.1", &flipped("master.1", 31), Fault::Master);
    damaged("master.1", &files["master.1"][..31], Fault::Length);
    damaged("subjects.1", &flipped("subjects.1", 3), Fault::Header);
    damaged("subjects.1", &flipped("subjects.1", 30), Fault::Header);
    damaged("subjects.1", &files["subjects.1"][..40], Fault::Length);

    // A damaged newest generation never brings an older one, with erased keys, back to life.
    let (_dir, folder) = folder_with(&[
        ("master.1", &files["master.1"]),
        ("subjects.1", &files["subjects.1"]),
        ("master.2", &[0; 32]),
        ("subjects.2", &files["subjects.1"]),
    ]);
    assert!(matches!(
        KeyStore::open(&folder),
        Err(KeyError::Damaged { .. })
    ));
    assert_eq!(contents(&folder).len(), 4);
}

#[test]
fn files_renamed_to_another_generation_are_refused() {
    let (_dir, folder, store) = store_of_five();
    drop(store);
    let files = contents(&folder);
    let (_dir, folder) = folder_with(&[
        ("master.7", &files["master.1"]),
        ("subjects.7", &files["subjects.1"]),
    ]);
    assert!(matches!(
        KeyStore::open(&folder),
        Err(KeyError::Damaged {
            why: Fault::Name,
            ..
        })
    ));
}

#[test]
fn a_later_format_is_named() {
    let (_dir, folder, store) = store_of_five();
    drop(store);
    let path = folder.join("subjects.1");
    let mut subjects = fs::read(&path).unwrap();
    subjects[11] = 2;
    fs::write(&path, subjects).unwrap();
    assert!(matches!(
        KeyStore::open(&folder),
        Err(KeyError::NewerFormat { found: 2, .. })
    ));
}

#[test]
fn a_missing_folder_is_said_so() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("keys");
    for opened in [KeyStore::open(&folder), KeyStore::open_read_only(&folder)] {
        let error = opened.unwrap_err();
        assert!(matches!(error, KeyError::KeysMissing { .. }), "{error:?}");
        assert_eq!(error.code(), "keys_missing");
        assert!(error.message(Lang::Vi).contains("không có thư mục khóa"));
        assert!(error.message(Lang::En).contains("show as sealed"));
        assert!(error.hint(Lang::Vi).unwrap().contains("bản sao lưu"));
    }
    fs::create_dir(&folder).unwrap();
    assert!(matches!(
        KeyStore::open(&folder),
        Err(KeyError::Incomplete { .. })
    ));
}

#[test]
fn creation_replaces_nothing_and_can_be_repeated_after_a_cut() {
    let (dir, folder, store) = store_of_five();
    drop(store);
    let before = contents(&folder);
    let mut random = SeededRandom::new(3);
    let created = KeyStore::create(&folder, LEDGER, &mut random);
    assert!(matches!(created, Err(KeyError::AlreadyThere { .. })));
    assert_eq!(contents(&folder), before);

    let cut = dir.path().join("other.new");
    fs::create_dir(&cut).unwrap();
    fs::write(cut.join("master.1"), [1; 20]).unwrap();
    let folder = dir.path().join("other");
    let store = KeyStore::create(&folder, LEDGER, &mut random).unwrap();
    assert_eq!(store.findings().unwrap(), []);
    assert!(!cut.exists());
}

#[test]
fn keys_know_their_ledger() {
    let (dir, _folder, store) = store_of_five();
    store.check_ledger(LEDGER).unwrap();
    let other = "f".repeat(32);
    let error = store.check_ledger(&other).unwrap_err();
    assert!(error.message(Lang::Vi).contains(&other));
    let mut random = SeededRandom::new(3);
    for bad in [
        "",
        "0",
        &LEDGER.to_uppercase(),
        &format!("+{}", &LEDGER[1..]),
    ] {
        let created = KeyStore::create(&dir.path().join("bad"), bad, &mut random);
        assert!(
            matches!(created, Err(KeyError::BadLedgerId { .. })),
            "{bad}"
        );
    }
}

#[test]
fn a_reader_follows_the_writer_and_never_writes() {
    let (_dir, folder, writer) = store_of_five();
    let reader = KeyStore::open_read_only(&folder).unwrap();
    let mut random = SeededRandom::new(4);
    assert_eq!(reader.count().unwrap(), 5);
    writer.ensure(&[household(6)], &mut random).unwrap();
    assert_eq!(secret(&reader, 6), secret(&writer, 6));
    assert!(secret(&reader, 6).is_some());

    // What it has read already is gone for it too, as soon as the writer has erased it.
    assert!(secret(&reader, 2).is_some());
    writer.erase(&[household(2)], &mut random).unwrap();
    assert_eq!(secret(&reader, 2), None);
    assert_eq!(secrets(&reader, 3..=6), secrets(&writer, 3..=6));
    writer.ensure(&[household(7)], &mut random).unwrap();
    assert_eq!(secret(&reader, 7), secret(&writer, 7));

    let before = contents(&folder);
    assert!(matches!(
        reader.ensure(&[household(8)], &mut random),
        Err(KeyError::ReadOnly)
    ));
    assert!(matches!(
        reader.erase(&[household(1)], &mut random),
        Err(KeyError::ReadOnly)
    ));
    assert!(matches!(
        reader.create_signing_seed(&mut random),
        Err(KeyError::ReadOnly)
    ));
    assert_eq!(contents(&folder), before);
}

#[test]
fn a_reader_sees_when_an_append_was_taken_back() {
    let (_dir, folder, writer) = store_of_five();
    drop(writer);
    let path = folder.join("subjects.1");
    let five = fs::read(&path).unwrap();
    let mut random = SeededRandom::new(4);
    let writer = KeyStore::open(&folder).unwrap();
    writer.ensure(&households(6..=7), &mut random).unwrap();
    let reader = KeyStore::open_read_only(&folder).unwrap();
    assert_eq!(reader.count().unwrap(), 7);
    // The file as it stands when that append fails, and after another one.
    drop(writer);
    fs::write(&path, five).unwrap();
    assert!(matches!(
        reader.key_for(&household(7).0, 0),
        Ok(None) | Err(KeyError::KeyDamaged { .. })
    ));
    let writer = KeyStore::open(&folder).unwrap();
    writer.ensure(&households(8..=9), &mut random).unwrap();
    assert_eq!(secrets(&reader, 8..=9), secrets(&writer, 8..=9));
    assert!(secret(&reader, 9).is_some());
    assert_eq!(secret(&reader, 6), None);
}

#[test]
fn what_was_looked_for_in_one_pass_is_what_the_index_finds() {
    let (_dir, folder, store) = store_of_five();
    let reader = KeyStore::open_read_only(&folder).unwrap();
    let id = |(subject, erasures): (Subject, u32)| KeyId::of(LEDGER, &subject, erasures);
    // Household 9 has no key, and household 4 was not looked for.
    let ids = [1, 2, 3, 5, 9].map(household).map(id);
    reader.look_for(&BTreeSet::from(ids)).unwrap();
    assert_eq!(secrets(&reader, 1..=3), secrets(&store, 1..=3));
    let mut random = SeededRandom::new(2);
    store.erase(&[household(2)], &mut random).unwrap();
    assert_eq!(secret(&reader, 2), None);
    assert_eq!(secrets(&reader, 3..=5), secrets(&store, 3..=5));
    assert_eq!(secret(&reader, 9), None);
}

#[test]
fn a_record_damaged_after_it_was_looked_for_is_named() {
    let (_dir, folder, store) = store_of_five();
    let reader = KeyStore::open_read_only(&folder).unwrap();
    let id = |(subject, erasures): (Subject, u32)| KeyId::of(LEDGER, &subject, erasures);
    reader
        .look_for(&BTreeSet::from([2, 3].map(household).map(id)))
        .unwrap();
    let path = folder.join("subjects.1");
    let mut bytes = fs::read(&path).unwrap();
    bytes[2 * RECORD_LEN + 50] ^= 1;
    fs::write(&path, bytes).unwrap();
    let (subject, erasures) = household(2);
    let refused = reader.key_for(&subject, erasures);
    assert!(matches!(
        refused,
        Err(KeyError::KeyDamaged { record: 2, .. })
    ));
    assert_eq!(secret(&reader, 3), secret(&store, 3));
}

#[test]
fn a_reader_beside_erasures_never_loses_another_key() {
    let (_dir, folder, writer) = store_of_five();
    let mut random = SeededRandom::new(4);
    writer.ensure(&households(6..=40), &mut random).unwrap();
    let expected = secret(&writer, 1);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let long = KeyStore::open_read_only(&folder).unwrap();
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                assert_eq!(secret(&long, 1), expected);
                let short = KeyStore::open_read_only(&folder).unwrap();
                assert_eq!(secret(&short, 1), expected);
            }
        });
        for number in 2..=40 {
            writer.erase(&[household(number)], &mut random).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(writer.count().unwrap(), 1);
}

#[test]
fn many_threads_share_a_store() {
    let (_dir, folder, store) = store_of_five();
    std::thread::scope(|scope| {
        for thread in 0_u32..4 {
            let store = &store;
            scope.spawn(move || {
                let mut random = SeededRandom::new(u64::from(thread));
                for number in 1..=20 {
                    store.ensure(&[household(number)], &mut random).unwrap();
                }
            });
        }
    });
    let again = KeyStore::open(&folder).unwrap();
    assert_eq!(again.count().unwrap(), 20);
    assert_eq!(secrets(&again, 1..=20), secrets(&store, 1..=20));
}

#[test]
fn a_hundred_thousand_keys_in_one_call() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("keys");
    let mut random = SeededRandom::new(1);
    let store = KeyStore::create(&folder, LEDGER, &mut random).unwrap();
    let all = households(1..=100_000);
    let keys = store.ensure(&all, &mut random).unwrap();
    assert_eq!(keys.len(), 100_000);
    let again = KeyStore::open(&folder).unwrap();
    assert_eq!(again.count().unwrap(), 100_000);
    for number in [1, 4096, 4097, 50_000, 100_000] {
        assert_eq!(
            secret(&again, number),
            Some(*keys[number as usize - 1].secret())
        );
    }
}

#[test]
fn the_signing_seed_is_made_once() {
    let (_dir, folder, store) = store_of_five();
    let error = store.signing_seed().unwrap_err();
    assert_eq!(error.code(), "signing_seed_missing");
    let mut random = SeededRandom::new(5);
    let seed = store.create_signing_seed(&mut random).unwrap();
    assert!(matches!(
        store.create_signing_seed(&mut random),
        Err(KeyError::AlreadyThere { .. })
    ));
    // Without a next seed the one in use stays.
    let error = store.use_next_seed().unwrap_err();
    assert_eq!(error.code(), "signing_seed_missing");
    assert_eq!(*store.signing_seed().unwrap(), *seed);
    // An erasure leaves it as it is.
    store.erase(&[household(1)], &mut random).unwrap();
    let reader = KeyStore::open_read_only(&folder).unwrap();
    assert_eq!(*reader.signing_seed().unwrap(), *seed);
    fs::write(folder.join("signing"), [1; 31]).unwrap();
    assert!(matches!(
        reader.signing_seed(),
        Err(KeyError::Damaged {
            why: Fault::Length,
            ..
        })
    ));
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_dir, folder, store) = store_of_five();
    let mut random = SeededRandom::new(5);
    store.create_signing_seed(&mut random).unwrap();
    store.erase(&[household(1)], &mut random).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let names: Vec<_> = contents(&folder).into_keys().collect();
    assert_eq!(names, ["master.2", "signing", "subjects.2"]);
    for name in names {
        assert_eq!(mode(&folder.join(&name)), 0o600, "{name}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_failed_write_that_cannot_be_taken_back_stops_the_store() {
    // `/dev/full` answers every write as a full disk does.
    let (_dir, folder, store) = store_of_five();
    let mut full = disk::OpenOptions::new();
    let full = full.write(true).open("/dev/full").unwrap();
    let good = {
        let mut state = store.lock();
        state.generation.index().unwrap();
        std::mem::replace(&mut state.generation.file, full)
    };
    let mut random = SeededRandom::new(5);
    let refused = store.ensure(&[household(6)], &mut random).unwrap_err();
    assert!(matches!(refused, KeyError::Io { .. }), "{refused:?}");
    // A device cannot be cut back, so what is on the disk is unknown to the store.
    let refused = store.ensure(&[household(6)], &mut random).unwrap_err();
    assert!(matches!(refused, KeyError::Stopped), "{refused:?}");
    store.lock().generation.file = good;
    assert!(secret(&store, 5).is_some());
    assert_eq!(KeyStore::open(&folder).unwrap().count().unwrap(), 5);
}

#[test]
fn the_files_of_a_seed_never_change() {
    let (_dir, folder, store) = store_of_five();
    let mut random = SeededRandom::new(6);
    let digest = |name: &str| -> String {
        let bytes = fs::read(folder.join(name)).unwrap();
        let digest = Sha256::digest(bytes);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    // Computed with another program from the description of the format.
    assert_eq!(
        digest("master.1"),
        "193e3b20e50472844cb468a2ce71a74e3c665544313a01487fe16d079339bf07"
    );
    assert_eq!(
        digest("subjects.1"),
        "e3fd595bfbc8acd93dcb019425b625d20f45c7085ea4dbba8933d3bd3948371e"
    );
    store.erase(&[household(3)], &mut random).unwrap();
    assert_eq!(
        digest("master.2"),
        "320cf78d496c7f443c1f925d1c06708414ab8d50032f9a9f89fe9f8d9298e205"
    );
    assert_eq!(
        digest("subjects.2"),
        "38dc0e13ca96de647c07953fff1e127d959a3a87e8f180e8fd87f5567112220c"
    );
}
