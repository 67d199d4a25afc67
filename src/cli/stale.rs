//! `socai household stale`: granted on one class, and another by what is known now.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};

use super::args::AsOfArgs;
use super::console::{Console, Failure, table};
use super::figures::{fingerprint, period_json, stand_json};
use super::open::{Place, Reader};
use crate::domain::class::HouseholdClass;
use crate::domain::code::Code;
use crate::domain::event::Event;
use crate::domain::fixed::format_thousandths;
use crate::domain::language::Lang;
use crate::domain::period::Period;
use crate::domain::standing::Lapsed;
use crate::projection::stale::{Direction, LeftOut, StaleSupport, stale};

/// `household stale`.
#[derive(Debug, Args)]
pub struct StaleArgs {
    /// Kỳ · period
    #[arg(long)]
    pub period: String,
    /// Giai đoạn, cách nhau dấu phẩy, hoặc all · stages, comma list, or all
    #[arg(long, value_delimiter = ',', default_value = "disbursed,held")]
    pub stage: Vec<String>,
    /// How much of the log is known.
    #[command(flatten)]
    pub as_of: AsOfArgs,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] for a value that is none, or a ledger that cannot be read.
pub fn run(console: &mut Console<'_>, place: &Place, args: &StaleArgs) -> Result<(), Failure> {
    let period: Period = args
        .period
        .parse()
        .map_err(|error| console.usage("--period", &error))?;
    let stages = super::figures::stages(console, &args.stage)?;
    let ledger = place.read(console, &args.as_of)?;
    let found = stale(
        ledger.state(),
        period.first_day(),
        period.last_day(),
        &stages,
    );
    let granted = found.supports.iter().map(|one| one.seq);
    let decided = found.supports.iter().filter_map(|one| one.decided_by);
    let others = found.left_out.iter().filter_map(|one| one.decided_by);
    let seqs: BTreeSet<u64> = granted.chain(decided).chain(others).collect();
    let events = behind(console, &ledger, &seqs)?;
    if console.is_json() {
        let supports = found.supports.iter().map(|one| support_json(one, &events));
        let left_out = found.left_out.iter().map(|one| left_out_json(one, &events));
        return console.json(&json!({
            "period": period_json(&period),
            "as_of": stand_json(ledger.stand()),
            "supports": supports.collect::<Vec<Value>>(),
            "left_out": left_out.collect::<Vec<Value>>(),
        }));
    }
    let lang = console.lang;
    console.line(format!("{} ({period})", period.label(lang)))?;
    print_supports(console, &ledger, &found.supports, &events)?;
    print_left_out(console, &ledger, &found.left_out)?;
    console.line(fingerprint(ledger.stand(), lang))
}

/// The events that stand behind what is shown, by their places.
fn behind(
    console: &Console<'_>,
    ledger: &Reader,
    seqs: &BTreeSet<u64>,
) -> Result<BTreeMap<u64, Event>, Failure> {
    let mut events = BTreeMap::new();
    for seq in seqs {
        let found = ledger.events(*seq, *seq);
        let found = found.map_err(|error| console.failure(&error))?;
        events.extend(found.into_iter().map(|event| (event.seq, event)));
    }
    Ok(events)
}

fn event_json(seq: Option<u64>, events: &BTreeMap<u64, Event>) -> Value {
    let event = seq.and_then(|seq| events.get(&seq));
    event.map_or(Value::Null, |event| {
        json!({
            "seq": event.seq,
            "type": event.body.type_name(),
            "at": crate::log::codec::format_moment(event.at_ms),
            "by": event.by,
            "document": event.document,
            "source": event.source,
        })
    })
}

fn support_json(one: &StaleSupport, events: &BTreeMap<u64, Event>) -> Value {
    json!({
        "support": one.support,
        "ref": one.reference,
        "kind": one.kind,
        "stage": one.stage,
        "household": one.household,
        "occurred_on": one.on,
        "covers": one.covers,
        "judged_on": one.judged_on,
        "amount": format_thousandths(one.amount),
        "granted": one.granted,
        "known_then": one.known_then,
        "known_now": one.known_now,
        "lapsed": one.lapsed.map(|lapsed| json!({
            "class": lapsed.class, "since": lapsed.since, "last": lapsed.last,
        })),
        "direction": one.direction,
        "granted_by": event_json(Some(one.seq), events),
        "decided_by": event_json(one.decided_by, events),
    })
}

fn left_out_json(one: &LeftOut, events: &BTreeMap<u64, Event>) -> Value {
    json!({
        "kind": one.kind,
        "covers": one.covers,
        "on": one.on,
        "judged_on": one.judged_on,
        "household": one.household,
        "class": one.class,
        "decided_by": event_json(one.decided_by, events),
    })
}

fn day(lang: Lang, day: NaiveDate) -> String {
    lang.pick(day.format("%d/%m/%Y").to_string(), day.to_string())
}

fn class_name(class: Option<HouseholdClass>, lapsed: Option<Lapsed>, lang: Lang) -> String {
    match (class, lapsed) {
        (Some(class), _) => class.name().get(lang).to_owned(),
        (None, Some(lapsed)) => lang.pick(
            format!("hết thời hạn từ sau {}", day(lang, lapsed.last)),
            format!("ran out after {}", lapsed.last),
        ),
        (None, None) => lang.pick("chưa phân loại", "unclassified").to_owned(),
    }
}

fn direction_name(direction: Direction, lang: Lang) -> &'static str {
    match direction {
        Direction::NotEntitled => lang.pick("không thuộc diện", "not entitled"),
        Direction::EntitledOtherwise => lang.pick("lẽ ra thuộc diện", "entitled by its class"),
        Direction::OtherClass => lang.pick("loại hộ khác", "another class"),
    }
}

fn kind_name(ledger: &Reader, kind: &Code, lang: Lang) -> String {
    let known = ledger.state().catalogue.kind(kind.as_str());
    known.map_or(kind.to_string(), |known| known.name.get(lang).to_owned())
}

fn print_supports(
    console: &mut Console<'_>,
    ledger: &Reader,
    supports: &[StaleSupport],
    events: &BTreeMap<u64, Event>,
) -> Result<(), Failure> {
    let lang = console.lang;
    console.line(lang.pick(
        format!(
            "Hỗ trợ theo phân loại khác với phân loại nay đã biết của kỳ hưởng (không ghi kỳ hưởng thì của ngày cấp): {}",
            supports.len()
        ),
        format!(
            "Granted on another class than is now known for what it covers, else for its day: {}",
            supports.len()
        ),
    ))?;
    if supports.is_empty() {
        return Ok(());
    }
    let header = lang.pick(
        [
            "hộ",
            "ngày",
            "kỳ hưởng",
            "chính sách",
            "số tiền",
            "cấp theo",
            "sổ khi đó",
            "nay biết",
            "ý nghĩa",
            "sự kiện",
        ],
        [
            "household",
            "day",
            "covers",
            "kind",
            "amount",
            "granted on",
            "known then",
            "known now",
            "meaning",
            "events",
        ],
    );
    let who = |seq: u64| {
        let by = events.get(&seq).map(|event| event.by.id.as_str());
        format!("#{seq} {}", by.unwrap_or_default())
    };
    let rows = supports.iter().map(|one| {
        let decided = one.decided_by.map(|seq| format!(" ← {}", who(seq)));
        vec![
            one.household.to_string(),
            day(lang, one.on),
            one.covers
                .map(|covers| covers.to_string())
                .unwrap_or_default(),
            kind_name(ledger, &one.kind, lang),
            console.number(&format_thousandths(one.amount)),
            class_name(one.granted, None, lang),
            class_name(one.known_then, None, lang),
            class_name(one.known_now, one.lapsed, lang),
            direction_name(one.direction, lang).to_owned(),
            format!("{}{}", who(one.seq), decided.unwrap_or_default()),
        ]
    });
    let text = table(&header, rows.collect(), &[4]);
    console.line(text)
}

fn print_left_out(
    console: &mut Console<'_>,
    ledger: &Reader,
    left_out: &[LeftOut],
) -> Result<(), Failure> {
    let lang = console.lang;
    console.line(lang.pick(
        format!(
            "Hộ thuộc diện trong kỳ hưởng (theo dữ liệu nay đã biết) mà không có trong lần cấp: {}",
            left_out.len()
        ),
        format!(
            "Entitled then by what is known now, and left out: {}",
            left_out.len()
        ),
    ))?;
    if left_out.is_empty() {
        return Ok(());
    }
    let header = lang.pick(
        [
            "hộ",
            "chính sách",
            "kỳ hưởng",
            "ngày",
            "phân loại",
            "sự kiện",
        ],
        ["household", "kind", "covers", "day", "class", "event"],
    );
    let rows = left_out.iter().map(|one| {
        let covers = one.covers.map(|covers| covers.to_string());
        let decided = one.decided_by.map(|seq| format!("#{seq}"));
        vec![
            one.household.to_string(),
            kind_name(ledger, &one.kind, lang),
            covers.unwrap_or_default(),
            day(lang, one.on),
            one.class.name().get(lang).to_owned(),
            decided.unwrap_or_default(),
        ]
    });
    let text = table(&header, rows.collect(), &[]);
    console.line(text)
}
