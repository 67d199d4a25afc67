//! Recording by hand, moving on, putting right, and what the views then show.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use runner::Place;
use serde_json::Value;

fn turns(place: &Place, query: &str) -> (i64, String) {
    let answer = place.json(&format!("figures --period 2023 {query}")).json();
    let row = &answer["rows"][0];
    (
        row["turns"].as_i64().unwrap(),
        row["amount"].as_str().unwrap().to_owned(),
    )
}

fn record(place: &Place, line: &str) -> Value {
    let ran = place.json(line);
    assert_eq!(ran.status, 0, "{line}: {}", ran.err);
    ran.json()
}

#[test]
fn a_support_is_recorded_advanced_corrected_and_reversed() {
    let place = Place::new();
    let line = "record support --kind preferential_loan --household H1 --amount 66.850.000 \
                --source vbsp --on 12/4/2023 --stage approved --ref L1 --document QĐ";
    let first = record(&place, line);
    assert!(first["id"].is_string() && first["seq"].is_number());
    assert_eq!(
        record(&place, line)["status"],
        "already",
        "the same ref and content again"
    );
    assert_eq!(turns(&place, "--stage approved"), (1, "66850000".into()));
    assert_eq!(
        turns(&place, ""),
        (0, "0".into()),
        "approved is not disbursed"
    );

    record(&place, "advance L1 --to disbursed --on 2023-05-02");
    assert_eq!(turns(&place, ""), (1, "66850000".into()));
    assert_eq!(
        turns(&place, "--stage approved"),
        (1, "66850000".into()),
        "it stays approved"
    );
    assert_eq!(
        turns(&place, "--stage all"),
        (1, "66850000".into()),
        "one action, counted once"
    );

    let before = place.head();
    record(&place, "correct L1 --amount 60000000 --reason nhầm");
    assert_eq!(turns(&place, ""), (1, "60000000".into()));
    assert_eq!(turns(&place, "--stage approved"), (1, "66850000".into()));
    let then = format!("--as-of {before}");
    assert_eq!(
        turns(&place, &then),
        (1, "66850000".into()),
        "what was known before"
    );

    record(
        &place,
        "record recovery L1 --amount 1000000 --on 2023-06-01 --reason sai",
    );
    let answer = place.json("figures --period 2023").json();
    assert_eq!(answer["rows"][0]["recovered"], "1000000");

    record(&place, "reverse L1 --reason trùng");
    assert_eq!(turns(&place, "--stage all"), (0, "0".into()));
    let history = place.json("household history H1").json();
    let events = history["events"].as_array().unwrap();
    let approved = events
        .iter()
        .find(|event| event["type"] == "support.approved")
        .unwrap();
    assert!(approved["reversed_by"].is_number());
    assert!(events.iter().any(|event| event["corrected_by"].is_number()));
    let reversal = events.last().unwrap();
    assert_eq!(
        (&reversal["type"], &reversal["reason"]),
        (&"support.reversed".into(), &"trùng".into())
    );
    assert_eq!(
        place.json("correct L1 --amount 1 --reason x").status,
        1,
        "it is reversed"
    );
}

#[test]
fn each_thing_can_be_recorded_and_shown() {
    let place = Place::new();
    for line in [
        "record actor --id ketoan --name Kế_toán",
        "record household --household H4 --head Lý_Văn_Đại --village Cao_Lộc --class poor --class-from 1/1/2023",
        "record person --person P1 --household H4 --name Lý_Thị_Hoa --sex nữ --born 2018",
        "record class --household H4 --class near_poor --from 2024-01-01 --reason rà_soát",
        "record project --project G1 --name Nuôi_dê --programme ntp_poverty_reduction_p2 --stage proposed --funding state_budget=1000000 --quantity 6 --unit head",
        "record member --project G1 --household H4 --role member",
        "record cohort --code escape-2023 --year 2023 --household H4",
        "record target --kind target_poor_households_reduced --period 2023 --value 42",
        "record allocation --programme ntp_poverty_reduction --source state_budget --amount 500.000.000 --period 2023",
        "record adjustment --programme ntp_poverty_reduction --source state_budget --amount -1.000.000 --period 2023",
        "record activity --kind legal_aid --count 119 --village Cao_Lộc --village Lũng_Chang --on 15/3/2023",
        "record support --kind livestock --household H4 --project G1 --stage approved --quantity 6 --amount 600000 --source state_budget --on 2023-04-01",
    ] {
        record(&place, line);
    }
    let shown = place.json("household show H4").json();
    assert_eq!(
        (&shown["head"], &shown["class"]),
        (&"Lý Văn Đại".into(), &"near_poor".into())
    );
    assert_eq!(shown["persons"][0]["name"], "Lý Thị Hoa");
    assert_eq!(
        (&shown["cohorts"][0], &shown["projects"][0]),
        (&"escape-2023".into(), &"G1".into())
    );
    let project = place.json("project show G1").json();
    let money = &project["money"][0];
    assert_eq!(
        (&money["budget"], &money["committed"]),
        (&"1000000".into(), &"600000".into())
    );
    assert_eq!(money["remaining"], "400000");
    let targets = place.json("figures --period 2023 --table targets").json();
    assert_eq!(targets["rows"][0]["value"], "42");
    let budget = place.json("figures --period 2023 --table budget").json();
    let rows = budget["rows"].as_array().unwrap();
    let programme = rows.iter().find(|row| row["project"] == "").unwrap();
    assert_eq!(programme["amount"], "499000000");
    let villages = place.json("figures --period 2023 --kind legal_aid").json();
    assert_eq!(
        (
            &villages["rows"][0]["villages"],
            &villages["rows"][0]["count"]
        ),
        (&2.into(), &119.into())
    );
    let found = place.json("household find ly").json();
    assert_eq!(
        found["households"][0]["household"], "H4",
        "marks need not be typed"
    );
    let before_class = place
        .json("household list --class poor --on 2023-06-01")
        .json();
    assert!(
        before_class["households"]
            .as_array()
            .unwrap()
            .iter()
            .any(|h| h["household"] == "H4")
    );
}

#[test]
fn an_update_appends_what_changed_and_again_nothing() {
    let place = Place::new();
    let list = "household,head,village,class,class_from\nH1,Nông Thị Liên,Lũng Chang,near_poor,2024-01-01\n";
    let refused = place.import("households", list.as_bytes(), "");
    assert_eq!(refused.status, 1);
    let head = place.head();
    assert_eq!(
        place
            .import("households", list.as_bytes(), "--update")
            .json()["recorded"],
        1
    );
    assert!(place.head() > head);
    let head = place.head();
    assert_eq!(
        place
            .import("households", list.as_bytes(), "--update")
            .json()["already"],
        1
    );
    assert_eq!(place.head(), head);
    let shown = place.json("household show H1").json();
    assert_eq!(
        (&shown["village"], &shown["class"]),
        (&"Lũng Chang".into(), &"near_poor".into())
    );
    // Support of 2023 is still granted on the class of the day.
    record(
        &place,
        "record support --kind wifi --household H1 --on 2023-04-01",
    );
    assert_eq!(turns(&place, "--where class=poor").0, 1);
}

#[test]
fn a_list_of_stages_moves_many_on_and_again_nothing() {
    let place = Place::new();
    let list = "ref,kind,stage,household,source,occurred_on\n\
                A,housing,proposed,H1,fatherland_front,2023-02-01\n\
                B,housing,proposed,H2,fatherland_front,2023-02-01\n";
    assert_eq!(place.import("supports", list.as_bytes(), "").status, 0);
    let stages = "ref,stage,occurred_on,amount\nA,approved,2023-03-01,40000000\nB,approved,2023-03-01,40000000\n";
    assert_eq!(
        place.import("stages", stages.as_bytes(), "").json()["recorded"],
        2
    );
    assert_eq!(
        place.import("stages", stages.as_bytes(), "").json()["already"],
        2
    );
    assert_eq!(turns(&place, "--stage approved"), (2, "80000000".into()));
}

#[test]
fn the_raw_events_give_the_root_that_figures_state() {
    let place = Place::new();
    let raw = place.run("events --raw").out;
    let mut frontier = socai::log::merkle::Frontier::new();
    for line in raw.lines() {
        frontier.push(socai::log::merkle::leaf_hash(line.as_bytes()));
    }
    let hex: String = frontier
        .root()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        place.json("figures --period 2023").json()["as_of"]["root"],
        hex.as_str()
    );
    let note = place.json("checkpoint").json();
    assert_eq!(note["root"], hex.as_str());
}
