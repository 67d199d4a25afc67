//! A report does not depend on where it is made. A file of its own: starting a process while
//! another test holds the lock of a ledger would hand the lock down to the child for a moment.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod runner;

use std::process::Command;

use runner::Place;

#[test]
fn another_time_zone_locale_and_process_give_the_same_bytes() {
    let place = Place::new();
    for line in [
        "record support --kind preferential_loan --household H1 --amount 50.000.000 \
         --source vbsp --on 2023-03-10",
        "report issue --period 2023-H1 --number 57 --date 2023-07-05",
    ] {
        let ran = place.run(line);
        assert_eq!(ran.status, 0, "{}", ran.err);
    }
    let here = place.run("report regenerate 57").out;
    for (zone, locale) in [
        ("UTC", "C"),
        ("America/St_Johns", "vi_VN.UTF-8"),
        ("Pacific/Kiritimati", "ar_EG.UTF-8"),
    ] {
        let ran = Command::new(env!("CARGO_BIN_EXE_socai"))
            .args(["--ledger", &place.ledger().display().to_string()])
            .args(["report", "regenerate", "57"])
            .env_clear()
            .env("TZ", zone)
            .env("LANG", locale)
            .env("LC_ALL", locale)
            .output()
            .unwrap();
        assert!(ran.status.success());
        assert_eq!(
            String::from_utf8(ran.stdout).unwrap(),
            here,
            "{zone} {locale}"
        );
    }
}
