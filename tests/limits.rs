//! The limits of what is read: each has a name, and one more than it is refused in words. The limits
//! of an append are tested in `log_contract.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use std::fs::File;

use runner::{Place, socai};
use socai::domain::Lang;
use socai::domain::catalogue::Catalogue;
use socai::domain::code::Code;
use socai::import::limits::{LARGEST_FILE, LONGEST_CELL, MOST_COLUMNS, MOST_ROWS};
use socai::import::{HouseholdRow, ListRead, ReadOptions, load, read_households};
use socai::log::checkpoint::Checkpoint;
use socai::log::note::{MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteError, Signer};
use socai::log::{JournalReader, LogError, LogOptions, codec};
use socai::report::{Narrative, Template};

/// Deeper nesting of JSON than any reader follows (it is that of `serde_json`).
const TOO_DEEP: usize = 128;

fn refused<R>(list: &ListRead<R>, word: &str) {
    let text: String = list
        .issues
        .iter()
        .map(|issue| issue.line(Lang::En))
        .collect();
    assert!(text.contains(word), "{word}: {text}");
    assert!(
        list.issues
            .iter()
            .all(|issue| issue.line(Lang::Vi) != issue.line(Lang::En))
    );
}

fn households(bytes: &[u8]) -> ListRead<HouseholdRow> {
    read_households(bytes, "list.csv", &ReadOptions::default())
}

#[test]
fn a_list_has_so_many_columns_rows_and_bytes_a_cell() {
    let header = |columns: usize| {
        let more = (2..columns).map(|number| format!(",extra{number}"));
        format!("household,head{}\nH1,Liên\n", more.collect::<String>())
    };
    let list = households(header(MOST_COLUMNS).as_bytes());
    assert_eq!((list.rows.len(), list.issues.len()), (1, 0));
    let list = households(header(MOST_COLUMNS + 1).as_bytes());
    refused(&list, &MOST_COLUMNS.to_string());
    let cell = |bytes: usize| format!("household,head,note\nH1,Liên,{}\n", "x".repeat(bytes));
    let list = households(cell(LONGEST_CELL).as_bytes());
    assert_eq!((list.rows.len(), list.issues.len()), (1, 0));
    refused(
        &households(cell(LONGEST_CELL + 1).as_bytes()),
        &LONGEST_CELL.to_string(),
    );
    let rows = "H,x\n".repeat(MOST_ROWS as usize + 1);
    let list = households(format!("household,head\n{rows}").as_bytes());
    refused(&list, &MOST_ROWS.to_string());
    assert_eq!(list.issues.len(), 1, "every row is told");
}

#[test]
fn a_file_is_refused_by_its_size_before_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list.csv");
    File::create(&path)
        .unwrap()
        .set_len(LARGEST_FILE + 1)
        .unwrap();
    let issue = load(&path).unwrap_err();
    let most = (LARGEST_FILE / (1 << 20)).to_string();
    assert!(
        issue.line(Lang::En).contains(&most),
        "{}",
        issue.line(Lang::En)
    );
    let place = Place::new();
    let before = place.head();
    let ran = place.json(&format!("import households {}", path.display()));
    assert_eq!((ran.status, place.head()), (1, before));
}

/// A file without end, as an option: only so much of it is read as shows that it is too long.
#[cfg(target_os = "linux")]
#[test]
fn files_named_by_options_are_read_only_so_far() {
    let place = Place::new();
    let ran = place.json("report show --period 2023-H1 --narrative /dev/zero");
    assert_eq!(ran.status, 1, "{}", ran.err);
    let ledger = place.dir.path().join("other").display().to_string();
    let words = "--format json init --unit 01990 --name X --catalogue /dev/zero --ledger";
    let words: Vec<&str> = words.split(' ').chain([ledger.as_str()]).collect();
    let ran = socai(&words);
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(!std::path::Path::new(&ledger).exists());
}

#[test]
fn catalogues_templates_and_narratives_have_a_largest_size() {
    let long = |bytes: usize| format!("\"{}\"", "x".repeat(bytes));
    let issues = Catalogue::from_json(&long(Catalogue::LARGEST_BYTES), "x").unwrap_err();
    assert_eq!(issues.len(), 1);
    let issues = Template::from_json(&long(Template::LARGEST_BYTES), "x").unwrap_err();
    assert_eq!(issues.len(), 1);
    let (_, _, text) = Template::built_in().pop().unwrap();
    let template = Template::from_json(text, "built-in").unwrap();
    let issues = Narrative::parse(&long(Narrative::LARGEST_BYTES), "x", &template).unwrap_err();
    assert_eq!(issues.len(), 1);
}

#[test]
fn deep_json_is_refused_and_never_overflows() {
    for depth in [TOO_DEEP, 200_000] {
        let lists = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let objects = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        for text in [&lists, &objects] {
            assert!(codec::decode(text.as_bytes()).is_err());
            assert!(Catalogue::from_json(text, "x").is_err());
            assert!(Template::from_json(text, "x").is_err());
        }
    }
}

#[test]
fn codes_have_a_longest_length() {
    assert!(Code::new(&"ộ".repeat(Code::LONGEST)).is_ok());
    assert!(Code::new(&"ộ".repeat(Code::LONGEST + 1)).is_err());
}

#[test]
fn notes_have_a_longest_length_and_so_many_signatures() {
    let signer = Signer::new("socai/01990", &[7; 32]).unwrap();
    let checkpoint = Checkpoint {
        origin: "socai/01990".to_owned(),
        size: 1,
        root: [1; 32],
    };
    let mut note = checkpoint.sign(&signer).unwrap();
    let signature = note.signatures[0].clone();
    note.signatures = vec![signature.clone(); MAX_SIGNATURES];
    assert!(Note::parse(&note.to_string()).is_ok());
    note.signatures.push(signature);
    assert_eq!(Note::parse(&note.to_string()), Err(NoteError::Malformed));
    let mut long = checkpoint.sign(&signer).unwrap().to_string();
    long.insert_str(0, &"x".repeat(MAX_NOTE_BYTES));
    assert_eq!(Note::parse(&long), Err(NoteError::Malformed));
    // The file in a ledger's folder too.
    let place = Place::new();
    let path = place.ledger().join("checkpoint");
    File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let options = LogOptions::new(std::sync::Arc::new(|_| Ok(Vec::new())));
    let reader = JournalReader::open(&place.ledger(), &options).unwrap();
    assert!(matches!(
        reader.fault(),
        Some(LogError::BadCheckpoint { .. })
    ));
}
