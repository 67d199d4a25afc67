//! `socai demo`: a real half-year out of a ledger of events.

use serde_json::json;

use super::args::{AsOfArgs, DemoArgs};
use super::console::{Console, Failure, Problem};
use super::init::{self, Wanted};
use super::open::{Place, Writer};
use super::report::{LayoutArgs, OrderArgs, ReportArgs};
use crate::domain::code::Code;
use crate::domain::command::{BudgetDraft, Command};
use crate::domain::event::{Actor, Document};
use crate::domain::fixed::{Money, Quantity};
use crate::domain::language::Lang;
use crate::domain::period::Period;
use crate::office::lists::{List, ListFile};
use crate::office::{Entry, Mode, OfficeError, Tools};

macro_rules! lists {
    ($($list:ident $name:literal,)*) => {
        /// The lists in the order in which they go in.
        const LISTS: &[(List, &str, &[u8])] = &[$((
            List::$list,
            $name,
            include_bytes!(concat!("../../examples/luc-binh-2023/", $name)),
        ),)*];
    };
}

lists! {
    Households "households.csv",
    Households "households-2023.csv",
    Persons "persons.csv",
    Projects "projects.csv",
    Members "members.csv",
    Cohort "cohort-escape-2023.csv",
    Supports "loans.csv",
    Supports "tuition.csv",
    Supports "preschool-lunch.csv",
    Supports "boarding-meal.csv",
    Supports "boarding-rice.csv",
    Supports "study-cost.csv",
    Supports "insurance-cards.csv",
    Supports "electricity.csv",
    Supports "housing.csv",
    Supports "water.csv",
    Supports "wifi.csv",
    Supports "goats.csv",
    Supports "activities.csv",
}

/// The narrative parts of the demo's report, in Vietnamese and in English.
pub const NARRATIVES: [(&str, &str); 2] = [
    (
        "narrative.md",
        include_str!("../../examples/luc-binh-2023/narrative.md"),
    ),
    (
        "narrative.en.md",
        include_str!("../../examples/luc-binh-2023/narrative.en.md"),
    ),
];

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the folder is taken or cannot be written.
pub fn run(console: &mut Console<'_>, place: &Place, args: &DemoArgs) -> Result<(), Failure> {
    let place = place.at(&args.dir);
    let exists = place.dir.join("journal").is_dir();
    if exists {
        console.notice(console.pick(
            format!("Sổ mẫu đã có tại {}: in lại báo cáo", place.dir.display()),
            format!(
                "The demo ledger is at {} already: its report again",
                place.dir.display()
            ),
        ));
    } else {
        let mut tools = place.tools();
        tools.lang = console.lang;
        fill(console, &place, &mut tools)?;
    }
    let report = ReportArgs {
        order: OrderArgs {
            period: "2023-H1".to_owned(),
            cut_off: Some("2023-04-30".to_owned()),
            axis: "occurred".to_owned(),
            boundaries: "then".to_owned(),
            template: "poverty-reduction-half-year".to_owned(),
            narrative: None,
            as_of: AsOfArgs::default(),
        },
        output: None,
        layout: LayoutArgs::default(),
    };
    let [vi, en] = NARRATIVES;
    super::report::show(console, &place, &report, Some(console.pick(vi, en)))?;
    if console.is_json() {
        Ok(())
    } else {
        next(console, &place)
    }
}

fn fill(console: &mut Console<'_>, place: &Place, tools: &mut Tools) -> Result<(), Failure> {
    let actor = Actor {
        id: "vhxh".to_owned(),
        name: "Công chức Văn hóa - Xã hội".to_owned(),
        office: Some("UBND xã Lục Bình".to_owned()),
    };
    let wanted = Wanted {
        unit: Code::new("01990").map_err(|error| bad(console, &error.to_string()))?,
        name: "xã Lục Bình".to_owned(),
        valid_from: None,
        offset: "+07:00".to_owned(),
        catalogue: init::built_in_catalogue(),
        actor: actor.clone(),
    };
    init::create(&place.dir, wanted, place.options(), tools)
        .map_err(|error| console.failure(&error))?;
    let mut ledger = place.write(console)?;
    for (list, name, bytes) in LISTS {
        let file = ListFile {
            options: crate::import::ReadOptions::default(),
            as_workbook: false,
            list: *list,
            bytes: bytes.to_vec(),
            name: (*name).to_owned(),
            cohort: Code::new("escape-2023").ok().map(|code| (code, 2023)),
            document: None,
            reason: None,
            update: *name == "households-2023.csv",
        };
        let imported = ledger
            .import(tools, &actor, &file, Mode::Whole)
            .map_err(|error| console.failure(&error))?;
        for issue in &imported.issues {
            console.notice(issue.line(console.lang));
        }
        if !imported.issues.is_empty() {
            return Err(bad(console, name));
        }
        console.notice(console.pick(
            format!("  {name}: {} dòng", imported.rows),
            format!("  {name}: {} rows", imported.rows),
        ));
    }
    by_hand(console, &mut ledger, tools, &actor)
}

fn bad(console: &Console<'_>, name: &str) -> Failure {
    Failure::Refused(Problem {
        code: "demo".to_owned(),
        message: console.pick(
            format!("danh sách mẫu {name} không nhập được"),
            format!("the demo list {name} cannot be imported"),
        ),
        location: None,
        hint: None,
    })
}

/// What an office records by hand: targets and the district's allocation.
fn by_hand(
    console: &mut Console<'_>,
    ledger: &mut Writer,
    tools: &mut Tools,
    actor: &Actor,
) -> Result<(), Failure> {
    let year = Period::year(2023);
    let target = |kind: &str, value: i64| {
        year.map(|period| Command::SetTarget {
            kind: kind.to_owned(),
            period,
            value: Quantity::whole(value),
        })
    };
    let allocation = Command::ChangeBudget(BudgetDraft {
        programme: Some(PROGRAMME.to_owned()),
        project: None,
        source: "state_budget".to_owned(),
        amount: Money::whole(500_000_000),
        period: year,
        adjustment: false,
    });
    let decision = Document {
        date: chrono::NaiveDate::from_ymd_opt(2023, 2, 28),
        issuer: Some("UBND xã".to_owned()),
        number: Some("20/QĐ-UBND".to_owned()),
        kind: Some("Quyết định".to_owned()),
    };
    let commands = [
        target("target_poor_households_reduced", 42),
        target("target_near_poor_households_reduced", 80),
        Some(allocation),
    ];
    let entries: Vec<Entry> = commands
        .into_iter()
        .flatten()
        .map(|command| {
            let is_target = matches!(command, Command::SetTarget { .. });
            let mut entry = Entry::by_hand(command);
            entry.document = is_target.then(|| decision.clone());
            entry
        })
        .collect();
    for entry in entries {
        ledger
            .record_one(tools, actor, entry)
            .map_err(|error: OfficeError| console.failure(&error))?;
    }
    Ok(())
}

/// The target programme that the district's allocation of 2023 comes under.
const PROGRAMME: &str = "ntp_poverty_reduction";

fn next(console: &mut Console<'_>, place: &Place) -> Result<(), Failure> {
    let dir = place.dir.display();
    // The program as it was called, so that the lines can be copied as they stand.
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| "socai".to_owned());
    let ledger = format!("{program} --ledger {dir}");
    let lang = if console.lang == Lang::En {
        " --lang en"
    } else {
        ""
    };
    let tries = [
        (
            "figures --period 2023-01..2023-04 --kind preferential_loan --by class".to_owned(),
            console.pick("vay vốn theo phân loại hộ", "loans by class"),
        ),
        (
            "household history LB-0059".to_owned(),
            console.pick("toàn bộ lịch sử một hộ", "the whole history of a household"),
        ),
        (
            "household find \"long\"".to_owned(),
            console.pick(
                "tìm hộ, không cần gõ dấu",
                "find a household, no marks needed",
            ),
        ),
        (
            "project show goats-2023".to_owned(),
            console.pick("dự án nuôi dê sinh sản", "the goat project"),
        ),
        (
            "correct LOAN-2023-001 --amount 60.000.000 --reason \"ghi nhầm số tiền\"".to_owned(),
            console.pick("điều chỉnh một khoản vay", "correct a loan"),
        ),
        (
            "report show --period 2023-H1 --cut-off 2023-04-30 --output bao-cao.md".to_owned(),
            console.pick("báo cáo ra tệp Markdown", "the report as Markdown"),
        ),
        (
            "events --raw --to 3".to_owned(),
            console.pick(
                "các sự kiện đúng như được băm",
                "the events exactly as hashed",
            ),
        ),
    ];
    console.line("")?;
    console.line(console.pick("Thử tiếp:", "Try next:"))?;
    for (command, what) in tries {
        console.line(format!("  {ledger}{lang} {command}"))?;
        console.line(format!("      {what}"))?;
    }
    if console.is_json() {
        let dir = dir.to_string();
        return console.json(&json!({ "ledger": dir }));
    }
    Ok(())
}
