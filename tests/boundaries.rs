//! A report by the boundaries of the time or of a day, and what a comparison says of a
//! reorganisation or a catalogue: only what the report counts.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use runner::Place;
use serde_json::{Value, json};

/// A report that tells places apart: a table by commune, one by village, the villages by name.
const TEMPLATE: &str = include_str!("templates/places.json");

const ISSUE: &str = "report issue --period 2023-H1 --template places --date 2023-07-05";

fn done(place: &Place, line: &str) -> String {
    let ran = place.run(line);
    assert_eq!(ran.status, 0, "{line}: {}{}", ran.out, ran.err);
    ran.out
}

fn json(place: &Place, line: &str) -> Value {
    let ran = place.json(line);
    assert_eq!(ran.status, 0, "{line}: {}", ran.err);
    ran.json()
}

/// Loans in Cao Lộc and Lũng Chang; nothing in Nà Nghịu.
fn place() -> Place {
    let place = Place::new();
    let list = "household,head,village,class,class_from\n\
                H4,Lý Thị Mai,Nà Nghịu,poor,2022-01-01\n";
    assert_eq!(place.import("households", list.as_bytes(), "").status, 0);
    for (household, amount) in [("H1", 50), ("H2", 30)] {
        done(
            &place,
            &format!(
                "record support --kind preferential_loan --household {household} \
                 --amount {amount} --source vbsp --on 2023-03-10"
            ),
        );
    }
    let file = place.file("places.json", TEMPLATE.as_bytes());
    done(&place, &format!("report adopt {}", file.display()));
    place
}

fn village(name: &str, parent: &str) -> Value {
    json!({"level": "village", "unit": name, "name": name, "parent": parent})
}

/// The two villages become one, Tân Lập, from July 2025.
fn merge(place: &Place) {
    let draft = json!({
        "effective_on": "2025-07-01",
        "from": ["Cao Lộc", "Lũng Chang"],
        "into": [village("Tân Lập", "01990")],
    });
    let file = place.file("merge.json", draft.to_string().as_bytes());
    done(place, &format!("unit reorganise {}", file.display()));
}

/// Without the line breaks of a page.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn causes(diff: &Value) -> Vec<&str> {
    let all = diff["causes"].as_array().unwrap().iter();
    all.map(|one| one["cause"].as_str().unwrap()).collect()
}

#[test]
fn a_report_by_todays_boundaries_is_issued_and_stays() {
    let place = place();
    merge(&place);
    done(&place, &format!("{ISSUE} --number 1"));
    let issued = json(&place, &format!("{ISSUE} --number 2 --boundaries now"));
    let today = issued["boundaries"].as_str().unwrap().to_owned();
    assert!(
        today.as_str() > "2025-07-01",
        "now is a day from then on: {today}"
    );
    let issued = json(
        &place,
        &format!("{ISSUE} --number 3 --boundaries 2025-06-30"),
    );
    assert_eq!(issued["boundaries"], "2025-06-30");
    let text = |number: &str| done(&place, &format!("report regenerate {number}"));
    let (then, now, eve) = (text("1"), text("2"), text("3"));
    assert!(
        then.contains("80 đồng tại 2 thôn: Cao Lộc, Lũng Chang."),
        "{then}"
    );
    assert!(
        !then.contains("địa giới"),
        "what says nothing counts by the time itself"
    );
    assert!(now.contains("80 đồng tại 1 thôn: Tân Lập."), "{now}");
    let (year, month, day) = (&today[..4], &today[5..7], &today[8..]);
    let stated = format!("địa giới ngày {day}/{month}/{year}");
    assert!(one_line(&now).contains(&stated), "{now}");
    assert!(eve.contains("tại 2 thôn"), "{eve}");
    assert!(one_line(&eve).contains("địa giới ngày 30/06/2025"), "{eve}");
    // The table tells its rows in the same boundaries.
    let table = |text: &str| text.split("Theo thôn").nth(1).unwrap().to_owned();
    assert!(
        table(&now).contains("Tân Lập") && !table(&now).contains("Cao Lộc"),
        "{now}"
    );
    assert!(table(&then).contains("Cao Lộc"), "{then}");
    // A later order of the villages moves none of them: not even one for days before.
    let draft = json!({
        "effective_on": "2025-08-01",
        "from": ["Tân Lập"],
        "into": [village("Đồng Tâm", "01990")],
    });
    let file = place.file("again.json", draft.to_string().as_bytes());
    done(&place, &format!("unit reorganise {}", file.display()));
    for (number, before) in [("1", &then), ("2", &now), ("3", &eve)] {
        assert_eq!(text(number), *before);
        for ending in ["txt", "md", "html", "csv", "json"] {
            let file = place.dir.path().join(format!("bao-cao.{ending}"));
            done(
                &place,
                &format!("report regenerate {number} --output {}", file.display()),
            );
        }
    }
    let verified = json(&place, "verify --full");
    assert_eq!(verified["holds"], true, "{verified}");
    let shown = done(
        &place,
        "report show --period 2023-H1 --template places --boundaries now",
    );
    assert!(shown.contains("tại 1 thôn: Đồng Tâm."), "{shown}");
    let shown = done(
        &place,
        "--lang en report show --period 2023-H1 --template places --boundaries 2025-07-01",
    );
    assert!(
        one_line(&shown).contains("boundaries of 2025-07-01"),
        "{shown}"
    );
}

#[test]
fn boundaries_that_are_none_are_refused() {
    let place = place();
    let head = place.head();
    for (line, hint) in [
        ("report show --period 2023-H1", "then"),
        (ISSUE, "then"),
        ("report diff 1 2 --period 2023-H1", "then"),
    ] {
        for wrong in ["soon", "2025-7-1", "2025-02-30", ""] {
            let number = if line == ISSUE { "--number 9" } else { "" };
            let ran = place.json(&format!("{line} {number} --boundaries={wrong}"));
            assert_eq!(ran.status, 2, "{line} {wrong}: {}{}", ran.out, ran.err);
            let error = ran.error();
            assert_eq!(error["code"], "unknown_value", "{error}");
            assert!(error["hint"].to_string().contains(hint), "{error}");
        }
    }
    assert_eq!(place.head(), head, "nothing was recorded");
}

#[test]
fn a_reorganisation_is_named_where_the_report_counts_its_units() {
    let place = place();
    done(&place, &format!("{ISSUE} --number 1"));
    // Nobody in Nà Nghịu got a loan.
    done(
        &place,
        "unit rename Nà_Nghịu --name Nà_Nghịu_Mới --on 2024-01-01",
    );
    let draft = json!({
        "effective_on": "2025-01-01",
        "from": ["Nà Nghịu"],
        "into": [village("Nà Mới", "01990")],
    });
    let file = place.file("other.json", draft.to_string().as_bytes());
    done(&place, &format!("unit reorganise {}", file.display()));
    let diff = json(&place, "report diff 1 now");
    assert_eq!(causes(&diff), Vec::<&str>::new(), "{diff}");
    merge(&place);
    let diff = json(&place, "report diff 1 now");
    assert_eq!(causes(&diff), ["unit_reorganisation"]);
    assert_eq!(
        diff["causes"][0]["touched"],
        json!(["Cao Lộc", "Lũng Chang"])
    );
    assert_eq!(
        diff["causes"][0]["figures"],
        json!([]),
        "by the boundaries of the time"
    );
    let diff = json(&place, "report diff 1 now --boundaries 2025-07-01");
    assert_eq!(diff["parameters"][0]["name"], "boundaries");
    assert_eq!(
        diff["causes"][0]["figures"],
        json!(["loan.names", "loan.villages"]),
        "told in the new villages they are others: {diff}"
    );
    let text = done(&place, "report diff 1 now");
    assert!(
        text.contains("trong những gì báo cáo đếm: Cao Lộc, Lũng Chang"),
        "{text}"
    );
}

#[test]
fn a_name_put_right_stands_in_a_figure_whatever_else_came() {
    let place = place();
    done(&place, &format!("{ISSUE} --number 1"));
    done(&place, "unit rename Cao_Lộc --name Cao_Lộc_Cũ");
    done(
        &place,
        "record support --kind preferential_loan --household H3 --amount 9 --source vbsp \
         --on 2023-04-01",
    );
    let diff = json(&place, "report diff 1 now");
    assert_eq!(causes(&diff), ["unit_reorganisation", "late_entry"]);
    assert_eq!(diff["causes"][0]["figures"], json!(["loan.names"]));
    assert_eq!(diff["causes"][0]["touched"], json!(["Cao Lộc"]));
    assert_eq!(diff["causes"][1]["figures"], json!(["loan", "loan.names"]));
}

#[test]
fn a_catalogue_is_named_where_an_entry_of_the_report_changed() {
    let place = place();
    done(&place, &format!("{ISSUE} --number 1"));
    let adopt = |version: u32, change: &dyn Fn(&mut Value)| {
        let text = socai::domain::Catalogue::built_in_json();
        let mut catalogue: Value = serde_json::from_str(text).unwrap();
        catalogue["version"] = (catalogue["version"].as_u64().unwrap() + u64::from(version)).into();
        change(&mut catalogue);
        let file = place.file("catalogue.json", catalogue.to_string().as_bytes());
        done(&place, &format!("catalogue adopt {}", file.display()));
    };
    let rename = |catalogue: &mut Value, code: &str| {
        let kinds = catalogue["kinds"].as_array_mut().unwrap();
        let kind = kinds.iter_mut().find(|kind| kind["code"] == code).unwrap();
        kind["name"]["vi"] = "một tên khác".into();
    };
    adopt(1, &|catalogue| rename(catalogue, "wifi"));
    let diff = json(&place, "report diff 1 now");
    assert_eq!(
        causes(&diff),
        Vec::<&str>::new(),
        "no figure is of that kind"
    );
    adopt(2, &|catalogue| {
        rename(catalogue, "wifi");
        rename(catalogue, "preferential_loan");
    });
    let diff = json(&place, "report diff 1 now");
    assert_eq!(causes(&diff), ["catalogue"], "{diff}");
    assert_eq!(diff["causes"][0]["touched"], json!(["preferential_loan"]));
    assert_eq!(diff["causes"][0]["figures"], json!([]));
}
