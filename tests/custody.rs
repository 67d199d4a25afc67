//! Custody of personal data: erasing, holding, who opened what, and what is left on disk.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod memory_office;
mod runner;

use std::fs;
use std::path::{Path, PathBuf};

use memory_office::{Office, code};
use runner::Place;
use serde_json::Value;
use socai::domain::Subject;
use socai::domain::command::{Command, PersonDraft};
use socai::domain::custody::CustodyCommand;
use socai::log::EventRead;
use socai::office::opening::hex;
use socai::office::{Entry, ErasureOrder};

/// The bytes of every file below a folder.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

fn holds(folder: &Path, text: &str) -> Vec<PathBuf> {
    let needle = text.as_bytes();
    let hit = |bytes: &[u8]| bytes.windows(needle.len()).any(|part| part == needle);
    let found = files(folder).into_iter().filter(|(_, bytes)| hit(bytes));
    found.map(|(path, _)| path).collect()
}

fn filled() -> Place {
    let place = Place::new();
    let persons = "person,household,name,born,relation\n\
                   H1-02,H1,Nông Văn Minh,2018-05-03,con\n";
    assert_eq!(place.import("persons", persons.as_bytes(), "").status, 0);
    let supports = "ref,kind,household,amount,occurred_on,recipient,note\n\
                    S1,housing,H1,40000000,2023-03-01,Nông Văn Sơn,ghi chú riêng\n\
                    S2,housing,H2,40000000,2023-03-01,,\n";
    let ran = place.import("supports", supports.as_bytes(), "");
    assert_eq!(ran.status, 0, "{}", ran.err);
    place
}

const NAMES: [&str; 4] = [
    "Nông Thị Liên",
    "Nông Văn Minh",
    "Nông Văn Sơn",
    "ghi chú riêng",
];

#[test]
fn an_erased_household_is_gone_and_every_figure_stands() {
    let place = filled();
    let before = place.json("figures --period 2023 --by kind,class").json();
    let raw = place.run("events --raw").out;
    let shown = place.json("household history H1").out;
    assert!(NAMES.iter().all(|name| shown.contains(name)), "{shown}");

    let ran = place.json("subject erase H1 --basis Điều_16_Luật_91/2025 --requested-on 2024-01-02");
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(
        ran.json()["erased"],
        serde_json::json!(["household:H1", "person:H1-02"])
    );

    for command in [
        "household show H1",
        "household history H1",
        "household list",
        "events",
        "subject export H1",
    ] {
        for format in ["text", "json"] {
            let out = place.run(&format!("--format {format} {command}")).out;
            for name in NAMES {
                assert!(!out.contains(name), "{command}: {name} in {out}");
            }
        }
    }
    assert!(place.run("household show H1").out.contains("[đã xóa]"));
    assert!(place.run("household show H2").out.contains("Đàm Văn Long"));
    let found = place.json("household find Liên").json();
    assert_eq!(found["households"].as_array().unwrap().len(), 0);

    let after = place.json("figures --period 2023 --by kind,class").json();
    assert_eq!(before["rows"], after["rows"]);
    let raw_after = place.run("events --raw").out;
    assert!(raw_after.starts_with(&raw), "no stored byte has changed");
    let last: Value = serde_json::from_str(raw_after.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "subject.erased");
    assert_eq!(last["data"]["requested_on"], "2024-01-02");
}

#[test]
fn an_issued_report_is_the_same_bytes_after_an_erasure() {
    let place = filled();
    let issued = "report issue --period 2023-H1 --date 2023-07-05 --number 57";
    assert_eq!(place.run(issued).status, 0);
    let all = || {
        let endings = ["txt", "md", "html", "csv", "json"];
        endings.map(|ending| {
            let file = place.dir.path().join(format!("bao-cao.{ending}"));
            let line = format!("report regenerate 57 --output {}", file.display());
            assert_eq!(place.run(&line).status, 0, "{ending}");
            fs::read(file).unwrap()
        })
    };
    let reports_hold = || {
        let checked = place.json("verify --full").json();
        assert_eq!(checked["holds"], true, "{checked}");
        let checks = checked["checks"].as_array().unwrap();
        let reports = checks.iter().find(|one| one["check"] == "reports").unwrap();
        assert_eq!(reports["verdict"], "holds", "{checked}");
    };
    let before = all();
    reports_hold();
    for subject in ["H1", "H2"] {
        let line = format!("subject erase {subject} --basis Điều_16_Luật_91/2025");
        assert_eq!(place.run(&line).status, 0, "{subject}");
    }
    assert!(all() == before, "a report holds no sealed value");
    reports_hold();
    let diff = place.json("report diff 57 now").json();
    assert_eq!(diff["figures"].as_array().unwrap().len(), 0);
    assert_eq!(diff["causes"].as_array().unwrap().len(), 0);
}

#[test]
fn no_personal_field_ever_stands_open_on_disk() {
    let place = filled();
    let ledger = place.ledger();
    place.run("household history H1");
    place.run("figures --period 2023");
    for name in NAMES.iter().chain(["Đàm Văn Long"].iter()) {
        assert_eq!(holds(&ledger, name), Vec::<PathBuf>::new(), "{name}");
    }
    let key = socai::log::keys::KeyStore::open_read_only(&ledger.join("keys")).unwrap();
    let subject: Subject = "household:H1".parse().unwrap();
    assert!(key.key_for(&subject, 0).unwrap().is_some());
    let master = fs::read(ledger.join("keys/master.1")).unwrap();
    assert_eq!(place.run("subject erase H1 --basis Luật").status, 0);
    for name in NAMES {
        assert_eq!(holds(&ledger, name), Vec::<PathBuf>::new(), "{name}");
    }
    // The old master key is nowhere any more.
    let left = files(&ledger);
    assert!(
        left.iter()
            .all(|(_, bytes)| !bytes.windows(32).any(|part| part == master))
    );
    assert!(!ledger.join("keys/erasing").exists());
    assert!(!ledger.join("keys/subjects.1").exists());
}

#[test]
fn an_old_list_does_not_bring_an_erased_name_back() {
    let place = filled();
    assert_eq!(place.run("subject erase H1 --basis Luật").status, 0);
    let head = place.head();
    let list = "household,head,village,class,class_from\n\
                H1,Nông Thị Liên,Cao Lộc,poor,2022-01-01\n";
    for more in ["", "--update"] {
        let ran = place.import("households", list.as_bytes(), more);
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert_eq!(place.head(), head, "{more}");
    }
}

#[test]
fn what_is_recorded_after_an_erasure_has_a_key_of_its_own() {
    let place = filled();
    assert_eq!(place.run("subject erase H1 --basis Luật").status, 0);
    let supports = "ref,kind,household,amount,occurred_on,recipient\n\
                    S3,housing,H1,1000000,2024-03-01,Người Mới\n";
    let ran = place.import("supports", supports.as_bytes(), "");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    let shown = place.run("household history H1").out;
    assert!(
        shown.contains("Người Mới") && !shown.contains("Nông Văn Sơn"),
        "{shown}"
    );
    // Again, and only what came since; the members have nothing left.
    let ran = place.json("subject erase H1 --basis Luật");
    assert_eq!(ran.json()["erased"], serde_json::json!(["household:H1"]));
    assert!(!place.run("household history H1").out.contains("Người Mới"));
    let error = place.json("subject erase H1 --basis Luật").error();
    assert_eq!(error["code"], "nothing_to_erase");
}

#[test]
fn a_legal_hold_refuses_and_says_why() {
    let place = filled();
    let held = place.json("subject hold H1-02 --basis Luật_Kế_toán_2015,_Điều_41");
    assert_eq!(held.status, 0, "{}", held.err);
    // The hold of a member keeps the household, and the other way round.
    for subject in ["H1", "H1-02", "person:H1-02", "household:H1"] {
        let ran = place.json(&format!("subject erase {subject} --basis Luật"));
        assert_eq!(ran.status, 1);
        assert_eq!(ran.error()["code"], "subject_held");
        assert!(ran.err.contains("Luật Kế toán 2015"), "{}", ran.err);
    }
    assert_eq!(place.json("subject erase H2 --basis Luật").status, 0);
    assert_eq!(
        place.json("subject release H1-02").error()["code"],
        "reason_needed"
    );
    assert_eq!(
        place.json("subject release H1-02 --reason hết_hạn").status,
        0
    );
    assert_eq!(
        place.json("subject release H1-02 --reason hết_hạn").error()["code"],
        "which_hold"
    );
    assert_eq!(place.json("subject erase H1-02 --basis Luật").status, 0);
    let over = place.json("subject hold H1 --basis Luật --until 2020-01-01");
    assert_eq!(over.error()["code"], "hold_is_over");
    for (subject, wanted) in [("H9", "unknown_household"), ("person:H9", "unknown_person")] {
        let ran = place.json(&format!("subject erase {subject} --basis Luật"));
        assert_eq!(ran.error()["code"], wanted);
    }
}

#[test]
fn a_name_that_stands_under_another_key_is_told() {
    let place = filled();
    let persons = "person,household,name\nH1-01,H1,Nông Thị Liên\n";
    assert_eq!(place.import("persons", persons.as_bytes(), "").status, 0);
    let ran = place.json("subject erase H1-01 --basis Luật");
    let elsewhere = &ran.json()["named_elsewhere"][0];
    assert_eq!(elsewhere["subject"], "household:H1");
    assert_eq!(elsewhere["place"], "head");
}

/// A cut between any two steps is finished by the next recording, and by nothing else before it.
#[test]
fn an_erasure_that_was_cut_short_is_finished() {
    for destroyed in [false, true] {
        let mut office = Office::new();
        office.household("H1", "Cao Lộc", None);
        office.household("H2", "Cao Lộc", None);
        let subject: Subject = "household:H1".parse().unwrap();
        let order = ErasureOrder {
            subjects: vec![subject.clone()],
            basis: "Luật".to_owned(),
            requested_on: None,
            document: None,
            reason: None,
        };
        let folder = office.folder.path().to_owned();
        let (clerk, head) = (office.clerk.clone(), office.ledger.stand().seq);
        office
            .ledger
            .intend_erasure(&mut office.tools, &folder, &clerk, &order)
            .unwrap();
        assert_eq!(office.ledger.stand().seq, head, "an intent is no event");
        if destroyed {
            let keys = socai::log::keys::KeyStore::open(&folder.join("keys")).unwrap();
            let mut random = socai::log::random::SeededRandom::new(9);
            assert_eq!(
                keys.erase(&[(subject.clone(), 0)], &mut random)
                    .unwrap()
                    .keys,
                1
            );
        }
        let keys = socai::log::keys::KeyStore::open(&folder.join("keys")).unwrap();
        let ledger = std::mem::replace(&mut office, Office::new());
        let log = ledger.ledger.into_log();
        let mut again =
            socai::office::Ledger::fold(log, keys, Default::default(), i64::MAX).unwrap();
        let mut tools = ledger.tools;
        let report = again.finish_erasure(&mut tools, &folder).unwrap().unwrap();
        assert_eq!(report.subjects, std::slice::from_ref(&subject));
        assert_eq!(report.recorded, Some((head + 1, head + 1)));
        assert_eq!(again.finish_erasure(&mut tools, &folder).unwrap(), None);
        assert_eq!(again.state().erasures(&subject), 1);
        let known = &again.state().households["H1"];
        assert_eq!(
            again.personal().field(&subject, &known.personal, "head"),
            "[đã xóa]"
        );
        let other: Subject = "household:H2".parse().unwrap();
        let known = &again.state().households["H2"];
        assert_eq!(
            again.personal().field(&other, &known.personal, "head"),
            "Head of H2"
        );
    }
}

#[test]
fn every_opening_of_personal_fields_is_logged_and_chained() {
    let place = filled();
    let log = place.ledger().join("access/log.ndjson");
    assert!(!log.exists(), "recording and figures show nobody's name");
    place.run("figures --period 2023");
    place.run("events --raw");
    assert!(!log.exists());
    place.run("household show H1");
    let shown = place.json("access show --subject H1").json();
    let entries = shown["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["command"], "household show");
    assert_eq!(entries[0]["by"], "clerk");
    assert_eq!(entries[0]["phase"], "opened");
    assert_eq!(shown["total"], 2);

    assert_eq!(place.json("access anchor").status, 0);
    assert_eq!(
        place.json("access anchor").error()["code"],
        "nothing_changes"
    );
    place.run("household list");
    assert_eq!(place.json("access show").json()["anchored"], 2);

    // Every changed byte of an anchored entry, and every cut below the anchor, is found.
    let good = fs::read(&log).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    let anchored: usize = text.lines().take(2).map(|line| line.len() + 1).sum();
    for at in (0..anchored).step_by(7) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&log, &bad).unwrap();
        assert_eq!(place.json("access show").status, 1, "byte {at}");
    }
    let first = text.lines().next().unwrap().len() + 1;
    fs::write(&log, &good[..first]).unwrap();
    assert_eq!(place.json("access show").error()["code"], "access_log_cut");
    // Written anew with a chain of its own, it is not the one that was anchored.
    fs::remove_file(&log).unwrap();
    place.run("household show H1");
    place.run("household show H1");
    assert_eq!(
        place.json("access show").error()["code"],
        "access_log_changed"
    );
    // A line that was cut short never counted.
    fs::write(&log, [&good[..], b"{\"at\":\"20"].concat()).unwrap();
    assert_eq!(place.json("access show").status, 0);
    place.run("household show H2");
    assert_eq!(place.json("access show").json()["total"], 6);
}

#[cfg(unix)]
#[test]
fn reading_goes_on_where_access_cannot_be_logged() {
    let place = filled();
    // A file where the folder should come: the way a disk that cannot be written to looks, also to
    // a user whom no permission stops.
    fs::write(place.ledger().join("access"), b"").unwrap();
    let ran = place.run("household show H1");
    assert_eq!(ran.status, 0);
    assert!(ran.out.contains("Nông Thị Liên"));
    assert!(ran.err.contains("nhật ký truy cập"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn files_with_secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = filled();
    place.run("household show H1");
    assert_eq!(place.run("subject erase H1-02 --basis Luật").status, 0);
    for folder in ["keys", "access"] {
        for (path, _) in files(&place.ledger().join(folder)) {
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", path.display());
        }
        let mode = fs::metadata(place.ledger().join(folder))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
}

#[test]
fn a_citizen_number_is_refused_wherever_it_would_stand_in_the_clear() {
    let place = filled();
    for (list, bytes) in [
        ("households", "household,head\n006080001235,A\n"),
        ("persons", "person,household,name\n006080001235,H1,A\n"),
        (
            "supports",
            "ref,kind,household,amount,occurred_on\n006080001235,housing,H1,1,2023-01-01\n",
        ),
    ] {
        let ran = place.import(list, bytes.as_bytes(), "");
        assert_eq!(ran.status, 1, "{list}");
    }
}

#[test]
fn an_erased_name_goes_out_of_kept_files_too() {
    let place = filled();
    let kept = place.ledger().join("kept");
    fs::create_dir(&kept).unwrap();
    fs::write(kept.join("a.md"), "Hộ Nông Thị Liên và hộ Đàm Văn Long").unwrap();
    fs::write(kept.join("b.csv"), "Đàm Văn Long").unwrap();
    fs::write(kept.join("c.docx"), [0xff, 0xfe, 0, 1]).unwrap();
    let ran = place.json("subject erase H1 --basis Luật").json();
    assert_eq!(ran["kept_files_redacted"], serde_json::json!(["kept/a.md"]));
    assert_eq!(
        ran["kept_files_unsearched"],
        serde_json::json!(["kept/c.docx"])
    );
    let text = fs::read_to_string(kept.join("a.md")).unwrap();
    assert_eq!(text, "Hộ [đã xóa] và hộ Đàm Văn Long");
    assert_eq!(
        fs::read_to_string(kept.join("b.csv")).unwrap(),
        "Đàm Văn Long"
    );
}

#[test]
fn a_list_for_posting_shows_three_things_and_sums_to_the_figure() {
    let place = filled();
    let supports = "ref,kind,count,village,amount,occurred_on\n\
                    S7,housing,3,Cao Lộc,7000000,2023-04-01\n";
    assert_eq!(place.import("supports", supports.as_bytes(), "").status, 0);
    assert_eq!(
        place
            .run("correct S2 --amount 39000000 --reason sai")
            .status,
        0
    );
    let question = "--period 2023 --kind housing";
    let figure = place
        .json(&format!("figures {question} --stage disbursed"))
        .json();
    for profile in ["posting", "audit"] {
        let list = place.json(&format!(
            "export disbursements {question} --profile {profile}"
        ));
        let list = list.json();
        let rows = list["rows"].as_array().unwrap();
        let sum: i64 = rows
            .iter()
            .map(|row| row["amount"].as_str().unwrap().parse::<i64>().unwrap())
            .sum();
        assert_eq!(figure["rows"][0]["amount"], sum.to_string(), "{profile}");
        let turns = rows.len() as u64;
        assert_eq!(figure["rows"][0]["turns"], turns, "{profile}");
    }
    let ran = place.run(&format!(
        "export disbursements {question} --profile posting"
    ));
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(
        lines,
        [
            "họ và tên,thôn,số tiền",
            "Nông Thị Liên,Cao Lộc,40000000",
            "(3 đối tượng),Cao Lộc,7000000",
            "Đàm Văn Long,Lũng Chang,39000000",
        ]
    );
    let ran = place.run(&format!(
        "export disbursements {question} --profile audit --lang en"
    ));
    assert!(
        ran.out
            .starts_with("seq,recorded_at,recorded_by,support,ref,kind"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("Nông Văn Sơn") && ran.out.contains("list.csv"),
        "{}",
        ran.out
    );
    let file = place.dir.path().join("list.csv.out");
    let line = format!(
        "export disbursements {question} --profile posting --output {}",
        file.display()
    );
    assert_eq!(place.run(&line).status, 0);
    assert_eq!(
        place.run(&line).status,
        1,
        "a list that is there is not written over"
    );
    // After an erasure the list has the same amounts and no name.
    assert_eq!(place.run("subject erase H1 --basis Luật").status, 0);
    let ran = place.run(&format!(
        "export disbursements {question} --profile posting"
    ));
    assert!(ran.out.contains("[đã xóa],Cao Lộc,40000000"), "{}", ran.out);
}

#[test]
fn a_cell_is_never_a_formula() {
    let place = filled();
    // A list with a formula is refused; a hand can still type one.
    let ran = place.run("record household --household H8 --head @LINK(1) --village Cao_Lộc");
    assert_eq!(ran.status, 0, "{}", ran.err);
    let supports = "ref,kind,household,amount,occurred_on\nS8,housing,H8,1000,2023-04-01\n";
    assert_eq!(place.import("supports", supports.as_bytes(), "").status, 0);
    let ran = place.run("export disbursements --period 2023 --kind housing --profile posting");
    assert!(ran.out.contains("'@LINK(1),Cao Lộc,1000"), "{}", ran.out);
}

// The golden ledger of these events.

const ROOT: &str = "3bf45ab4742a074b3c3d5221d273cd7dde3dccd3ed8b6c0e44dcc264e87e2d6e";

fn golden() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/custody.v1.ndjson");
    fs::read_to_string(path).unwrap_or_default()
}

fn golden_office() -> Office {
    let mut office = Office::with_catalogue(include_str!("golden/catalogue.v1.json"));
    office.household("LB-0001", "Cao Lộc", None);
    office.record(vec![Command::RegisterPerson(PersonDraft {
        person: Some(code("LB-0001-02")),
        household: Some(code("LB-0001")),
        name: Some("Nông Văn Minh".to_owned()),
        ..PersonDraft::default()
    })]);
    let subject: Subject = "household:LB-0001".parse().unwrap();
    let hold = |until: Option<&str>| CustodyCommand::Hold {
        subject: "person:LB-0001-02".parse().unwrap(),
        basis: "Luật Kế toán 88/2015/QH13, Điều 41".to_owned(),
        until: until.and_then(|day| day.parse().ok()),
    };
    office.one(Command::Custody(hold(Some("2033-12-31"))));
    office.one(Command::Custody(hold(None)));
    let ids: Vec<_> = {
        let custody = office.ledger.state().custody.values().next().unwrap();
        custody.holds.keys().copied().collect()
    };
    for hold in ids {
        let release = CustodyCommand::Release {
            subject: "person:LB-0001-02".parse().unwrap(),
            hold: Some(hold),
        };
        let mut entry = Entry::by_hand(Command::Custody(release));
        entry.reason = Some("hết hạn lưu trữ".to_owned());
        office.entry(entry);
    }
    let order = ErasureOrder {
        subjects: vec![subject, "person:LB-0001-02".parse().unwrap()],
        basis: "Luật 91/2025/QH15, Điều 16".to_owned(),
        requested_on: "2024-11-30".parse().ok(),
        document: None,
        reason: Some("theo đơn của chủ hộ".to_owned()),
    };
    let (folder, clerk) = (office.folder.path().to_owned(), office.clerk.clone());
    let report = office
        .ledger
        .erase(&mut office.tools, &folder, &clerk, &order);
    assert_eq!(report.unwrap().subjects.len(), 2);
    office.one(Command::Custody(CustodyCommand::Anchor {
        entries: 17,
        sha256: "ab".repeat(32),
    }));
    office
}

#[test]
fn the_bytes_and_the_root_are_what_they_always_were() {
    let office = golden_office();
    let lines: Vec<String> = office
        .stored()
        .into_iter()
        .map(|it| String::from_utf8(it).unwrap())
        .collect();
    let written = lines.join("\n") + "\n";
    if golden().is_empty() {
        let dir = tempfile::tempdir().unwrap().keep();
        fs::write(dir.join("custody.v1.ndjson"), &written).unwrap();
        let root = hex(&office.ledger.log().head().root);
        panic!(
            "no golden file; {} holds one with the root {root}",
            dir.display()
        );
    }
    for (number, (now, then)) in written.lines().zip(golden().lines()).enumerate() {
        assert_eq!(now, then, "event {}", number + 1);
    }
    assert_eq!(hex(&office.ledger.log().head().root), ROOT);
    let replayed = office.replayed(Default::default());
    assert_eq!(replayed.state().custody, office.ledger.state().custody);
}
