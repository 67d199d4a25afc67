//! Every question that is answered from the saved views is answered as by folding the whole log.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use runner::socai;

/// Questions to a ledger with a household and a project in it.
fn questions(household: &str, project: &str) -> Vec<String> {
    let mut questions = Vec::new();
    for question in [
        "household list",
        "household list --class poor",
        "household list --period 2023-Q1",
        "household find nông",
        &format!("household show {household}"),
        &format!("household history {household}"),
        &format!("household statement {household} --period 2023"),
        "project list",
        &format!("project show {project}"),
        &format!("events --household {household}"),
        &format!("events --household {household} --raw --from 9"),
        "figures --period 2023-H1 --by kind,class",
        "figures --period 2023 --by kind",
        "figures --period 2023-Q2",
        "report show --period 2023-H1",
    ] {
        for format in ["text", "json"] {
            questions.push(format!("--format {format} --lang en {question}"));
        }
    }
    questions
}

fn ask(ledger: &str, questions: &[String], as_of: Option<u64>) -> Vec<String> {
    let asked = questions
        .iter()
        .filter(|question| as_of.is_none() || question.contains("json"));
    let answer = |question: &String| {
        let mut words = vec!["--ledger", ledger];
        words.extend(question.split(' '));
        let place = as_of.map(|place| place.to_string());
        if let Some(place) = place.as_ref().filter(|_| !question.contains("events")) {
            words.extend(["--as-of", place]);
        }
        let ran = socai(&words);
        assert_eq!(ran.status, 0, "{question}: {}", ran.err);
        ran.out
    };
    asked.map(answer).collect()
}

#[test]
fn saved_views_answer_as_the_whole_log_does() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("demo");
    let ledger = ledger.to_str().unwrap();
    assert_eq!(socai(&["demo", ledger]).status, 0);
    let views = std::path::Path::new(ledger).join("views");
    if views.exists() {
        std::fs::remove_dir_all(&views).unwrap();
    }
    let first = |what: [&str; 2], list: &str, name: &str| {
        let ran = socai(&["--ledger", ledger, "--format", "json", what[0], what[1]]);
        ran.json()[list][0][name].as_str().unwrap().to_owned()
    };
    let household = first(["household", "list"], "households", "household");
    let project = first(["project", "list"], "projects", "project");
    let questions = questions(&household, &project);
    let head = socai(&["--ledger", ledger, "--format", "json", "sizes"]).json();
    let middle = head["events"].as_u64().unwrap() * 3 / 4;
    let folded = [None, Some(middle)].map(|as_of| ask(ledger, &questions, as_of));
    assert_eq!(socai(&["--ledger", ledger, "rebuild"]).status, 0);
    assert!(views.join("manifest").exists());
    // What the rebuilt index replaced was sound, and is gone.
    let left = std::fs::read_dir(ledger).unwrap();
    let left = left.filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    assert!(!left.into_iter().any(|name| name.contains("damaged")));
    for (as_of, folded) in [None, Some(middle)].into_iter().zip(folded) {
        let saved = ask(ledger, &questions, as_of);
        for (place, (saved, folded)) in saved.into_iter().zip(folded).enumerate() {
            assert_eq!(saved, folded, "question {place} as of {as_of:?}");
        }
    }
}
