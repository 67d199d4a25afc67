//! A village with an official code is shown by its name wherever a household is, and is found by
//! its name, whatever is saved.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use runner::Place;

fn told(place: &Place, line: &str) -> String {
    let ran = place.run(line);
    assert_eq!(ran.status, 0, "{line}: {}", ran.err);
    ran.out
}

/// Two households of one name in two villages; one of these has a code and later another name.
fn place() -> Place {
    let place = Place::new();
    told(
        &place,
        "unit register --level village --code 77001 --name Nà_Mới --parent 01990",
    );
    let households = "household,head,village,class,class_from\n\
         B1,Triệu Văn Nam,Nà Mới,poor,2022-01-01\n\
         B2,Triệu Văn Nam,Cao Lộc,poor,2022-01-01\n";
    let ran = place.import("households", households.as_bytes(), "");
    assert_eq!(ran.status, 0, "{}", ran.out);
    place
}

#[test]
fn a_household_is_shown_with_the_name_of_its_village() {
    let place = place();
    let mut before = Vec::new();
    for saved in [false, true] {
        if saved {
            told(&place, "rebuild");
        }
        let shown = [
            "household history B1",
            "household show B1",
            "household find Nam",
        ]
        .map(|line| told(&place, line));
        for text in &shown {
            assert!(text.contains("Nà Mới") && !text.contains("77001"), "{text}");
        }
        before.push(shown);
    }
    assert_eq!(before[0], before[1]);
    let json = place.json("household show B1").json();
    assert_eq!(json["village"], "77001");
    assert_eq!(json["village_name"], "Nà Mới");

    told(&place, "unit rename 77001 --name Nà_Phặc --on 2024-01-01");
    told(&place, "rebuild");
    assert!(told(&place, "household show B1").contains("thôn: Nà Phặc"));
    assert!(told(&place, "household history B1").contains(", Nà "));
}

#[test]
fn a_village_is_found_by_its_name() {
    let place = place();
    for name in ["Nà_Mới", "77001", "thôn_Nà_Mới", "Na_Moi"] {
        let found = told(&place, &format!("household list --village {name}"));
        assert!(
            found.contains("B1") && !found.contains("B2"),
            "{name}: {found}"
        );
    }
    // A list without codes tells the two by their villages.
    let list = "họ tên,thôn,loại hỗ trợ,số tiền,nguồn,ngày\n\
         Triệu Văn Nam,thôn Nà Mới,wifi,90000,state_budget,2023-04-12\n";
    let ran = place.import("supports", list.as_bytes(), "");
    assert_eq!(ran.status, 0, "{}", ran.out);
    assert!(told(&place, "household history B1").contains("wifi"));
    assert!(!told(&place, "household history B2").contains("wifi"));
}
