//! Events as a history that people can read: what, when, by whom, on which paper, from which row;
//! a correction beside what it corrects.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::book;
use super::console::{Console, Failure};
use super::figures::{fingerprint, stand_json};
use super::open::Reader;
use super::span::Span;
use crate::domain::code::Code;
use crate::domain::event::{Body, Event};
use crate::domain::fixed::format_thousandths;
use crate::domain::language::Lang;
use crate::domain::personal::Personal;
use crate::domain::stage::Stage;
use crate::domain::support::{CorrectionMode, SupportState};
use crate::log::codec::format_moment;
use crate::office::asof::local_date;
use crate::office::personal::ERASED;
use crate::projection::Dimension;

/// Which events say that an earlier one is not what stands.
#[derive(Default)]
struct Overtaken {
    corrected_by: BTreeMap<Uuid, u64>,
    reversed_by: BTreeMap<(Uuid, Option<Stage>), u64>,
}

impl Overtaken {
    fn of(events: &[Event]) -> Overtaken {
        let mut overtaken = Overtaken::default();
        for event in events {
            match &event.body {
                Body::SupportCorrected(data) => {
                    overtaken.corrected_by.insert(data.corrects, event.seq);
                }
                Body::SupportReversed(data) => {
                    overtaken
                        .reversed_by
                        .insert((data.support, data.stage), event.seq);
                }
                _ => {}
            }
        }
        overtaken
    }

    fn reversal(&self, event: &Event) -> Option<u64> {
        let (support, stage) = match &event.body {
            Body::Support(stage, state) => (state.support.unwrap_or(event.id), *stage),
            Body::SupportCorrected(data) => (data.support, data.stage),
            _ => return None,
        };
        let whole = self.reversed_by.get(&(support, None));
        whole
            .or_else(|| self.reversed_by.get(&(support, Some(stage))))
            .copied()
    }
}

/// Prints the history of a household or a project.
///
/// # Errors
/// When the output cannot be written.
pub fn print(
    console: &mut Console<'_>,
    ledger: &Reader,
    what: &str,
    code: &Code,
    mut events: Vec<Event>,
    span: Span,
) -> Result<(), Failure> {
    let overtaken = Overtaken::of(&events);
    let offset = offset(ledger).to_owned();
    events.retain(|event| span.holds(event, &offset));
    open_all(ledger, &mut events);
    if console.is_json() {
        let rows: Vec<Value> = events
            .iter()
            .map(|event| event_json(ledger, event, &overtaken, console.lang))
            .collect();
        let as_of = stand_json(ledger.stand());
        let (period, axis) = span.json();
        return console.json(&json!({
            what: code, "as_of": as_of, "period": period, "axis": axis, "events": rows
        }));
    }
    let lang = console.lang;
    console.line(lang.pick(format!("Lịch sử: {code}"), format!("History: {code}")))?;
    console.line(span.text(lang))?;
    for event in &events {
        print_event(console, ledger, event, &overtaken)?;
    }
    console.line(lang.pick(
        format!("{} sự kiện", events.len()),
        format!("{} events", events.len()),
    ))?;
    console.line(fingerprint(ledger.stand(), lang))
}

/// Events with what overtook them, for people.
///
/// # Errors
/// When the output cannot be written.
pub fn print_events(
    console: &mut Console<'_>,
    ledger: &Reader,
    events: &mut [Event],
) -> Result<(), Failure> {
    open_all(ledger, events);
    let overtaken = Overtaken::of(events);
    for event in events.iter() {
        print_event(console, ledger, event, &overtaken)?;
    }
    Ok(())
}

/// Events with what overtook them, for programs.
pub fn events_json(ledger: &Reader, events: &mut [Event], lang: Lang) -> Vec<Value> {
    open_all(ledger, events);
    let overtaken = Overtaken::of(events);
    let json = |event: &Event| event_json(ledger, event, &overtaken, lang);
    events.iter().map(json).collect()
}

fn open_all(ledger: &Reader, events: &mut [Event]) {
    let reader = ledger.personal();
    reader.look_for(events);
    for event in events {
        reader.open_event(event);
    }
}

fn offset(ledger: &Reader) -> &str {
    let opened = ledger.state().ledger.as_ref();
    opened.map_or("+00:00", |known| &known.offset)
}

/// The history as a workbook.
///
/// # Errors
/// When the file exists or cannot be written.
pub fn save(
    console: &mut Console<'_>,
    ledger: &Reader,
    code: &Code,
    mut events: Vec<Event>,
    span: Span,
    path: &std::path::Path,
) -> Result<(), Failure> {
    let lang = console.lang;
    let overtaken = Overtaken::of(&events);
    let offset = offset(ledger).to_owned();
    events.retain(|event| span.holds(event, &offset));
    open_all(ledger, &mut events);
    let told = |event: &Event| {
        let document = event.document.as_ref();
        book::history::Told {
            by: format!("{} ({})", event.by.name, event.by.id),
            document: document
                .map(|it| document_text(it, lang))
                .unwrap_or_default(),
            notes: notes(ledger, event, &overtaken, lang).join("\n"),
            recorded: local_date(event.at_ms, &offset),
            seq: event.seq,
            text: sentence(ledger, event, lang),
        }
    };
    let rows = events.iter().map(told).collect();
    let title = lang.pick(format!("LỊCH SỬ: {code}"), format!("HISTORY: {code}"));
    let page = book::history::page(title, span.text(lang), rows, lang);
    book::save(console, ledger, path, vec![page], book::spanned(span, lang))
}

fn print_event(
    console: &mut Console<'_>,
    ledger: &Reader,
    event: &Event,
    overtaken: &Overtaken,
) -> Result<(), Failure> {
    let lang = console.lang;
    let recorded = local_date(event.at_ms, offset(ledger));
    let office = event
        .by
        .office
        .as_ref()
        .map(|office| format!(", {office}"))
        .unwrap_or_default();
    console.line(format!("#{} {}", event.seq, sentence(ledger, event, lang)))?;
    console.line(format!(
        "    {} {} {} {} ({}{office})",
        lang.pick("ghi ngày", "recorded"),
        recorded.format("%d/%m/%Y"),
        lang.pick("bởi", "by"),
        event.by.name,
        event.by.id
    ))?;
    for note in notes(ledger, event, overtaken, lang) {
        console.line(format!("    {note}"))?;
    }
    Ok(())
}

/// What is said of an event beside its sentence: where it stands, from which row, on which paper,
/// what overtook it.
fn notes(ledger: &Reader, event: &Event, overtaken: &Overtaken, lang: Lang) -> Vec<String> {
    let mut notes = Vec::new();
    if event.late {
        notes.push(lang.pick(
            "bổ sung cho kỳ đã khóa".to_owned(),
            "late: of a period that was closed".to_owned(),
        ));
    }
    notes.extend(stands(event, lang));
    if let Some(source) = &event.source {
        notes.push(lang.pick(
            format!("từ tệp {}, dòng {}", source.file, source.row),
            format!("from file {}, row {}", source.file, source.row),
        ));
    }
    if let Some(document) = &event.document {
        notes.push(document_text(document, lang));
        notes.extend(right_citation(ledger, document, lang));
    }
    if let Some(reason) = &event.reason {
        notes.push(format!("{}: {reason}", lang.pick("lý do", "reason")));
    }
    if let Some(seq) = overtaken.corrected_by.get(&event.id) {
        notes.push(lang.pick(
            format!("đã điều chỉnh ở #{seq}"),
            format!("corrected by #{seq}"),
        ));
    }
    if let Some(seq) = overtaken.reversal(event) {
        notes.push(lang.pick(format!("đã hủy ở #{seq}"), format!("reversed by #{seq}")));
    }
    notes.extend(
        event
            .findings
            .iter()
            .map(|finding| format!("⚠ {}", finding.message(lang))),
    );
    notes
}

/// Where a correction stands, when that is not the day of what it puts right.
fn stands(event: &Event, lang: Lang) -> Option<String> {
    let (mode, on) = match &event.body {
        Body::SupportCorrected(data) => (data.mode, data.effective_on),
        Body::SupportReversed(data) => (data.mode, data.effective_on),
        _ => return None,
    };
    let day = on.format("%d/%m/%Y");
    (mode == CorrectionMode::Contra).then(|| {
        lang.pick(
            format!("kỳ gốc giữ nguyên; tính vào ngày {day}"),
            format!("the original stays; signed rows stand at {on}"),
        )
    })
}

/// What the register of documents says where an event cites a document by a wrong number.
fn right_citation(
    ledger: &Reader,
    document: &crate::domain::Document,
    lang: Lang,
) -> Option<String> {
    let cited = document.number.as_deref()?;
    let known = ledger.state().documents.get(cited)?;
    if known.number == cited {
        return None;
    }
    let right = crate::domain::Document {
        date: known.date,
        issuer: known.issuer.clone(),
        number: Some(known.number.clone()),
        kind: known.kind.clone(),
    };
    let text = document_text(&right, lang);
    Some(format!("{}: {text}", lang.pick("đính chính", "put right")))
}

/// A document as it is cited.
pub fn document_text(document: &crate::domain::Document, lang: Lang) -> String {
    let mut text = document
        .kind
        .clone()
        .unwrap_or_else(|| lang.pick("văn bản", "document").into());
    if let Some(number) = &document.number {
        text.push_str(&format!(" {} {number}", lang.pick("số", "no.")));
    }
    if let Some(date) = document.date {
        text.push_str(&format!(
            " {} {}",
            lang.pick("ngày", "of"),
            date.format("%d/%m/%Y")
        ));
    }
    if let Some(issuer) = &document.issuer {
        text.push_str(&format!(" {} {issuer}", lang.pick("của", "by")));
    }
    text
}

fn text(field: Option<&Personal>) -> String {
    field.map_or_else(String::new, |field| {
        field.open_text().unwrap_or(ERASED).to_owned()
    })
}

fn sentence(ledger: &Reader, event: &Event, lang: Lang) -> String {
    let units = &ledger.state().units;
    let day = local_date(event.at_ms, offset(ledger));
    match &event.body {
        Body::HouseholdRegistered(data) => format!(
            "{}: {}{}",
            lang.pick("đăng ký hộ", "household registered"),
            text(data.head.as_ref()),
            data.village
                .as_ref()
                .map(|village| format!(", {}", units.name_on(village.as_str(), day)))
                .unwrap_or_default()
        ),
        Body::HouseholdMoved(data) => {
            format!(
                "{}: {}",
                lang.pick("chuyển đến thôn", "moved to"),
                units.name_on(data.village.as_str(), day)
            )
        }
        Body::HouseholdHeadChanged(data) => format!(
            "{}: {}",
            lang.pick("thay đổi thông tin chủ hộ", "head changed"),
            text(data.head.as_ref())
        ),
        Body::HouseholdChanged(_) => lang
            .pick("thay đổi thông tin hộ", "household changed")
            .to_owned(),
        Body::HouseholdClassified(data) => {
            let from = data.effective_from.map(|day| {
                lang.pick(
                    format!(" từ {}", day.format("%d/%m/%Y")),
                    format!(" from {day}"),
                )
            });
            let name = data.class.name();
            let what = lang.pick("phân loại", "classified");
            format!("{what}: {}{}", name.get(lang), from.unwrap_or_default())
        }
        Body::PersonJoined(data) => format!(
            "{}: {} ({})",
            lang.pick("nhân khẩu", "member"),
            text(data.name.as_ref()),
            data.person
        ),
        Body::PersonChanged(data) => {
            format!(
                "{}: {}",
                lang.pick("thay đổi nhân khẩu", "member changed"),
                data.person
            )
        }
        Body::PersonLeft(data) => format!("{}: {}", lang.pick("rời hộ", "left"), data.person),
        Body::CohortListed(data) => {
            format!(
                "{}: {}",
                lang.pick("đưa vào danh sách", "put on the list"),
                data.cohort
            )
        }
        Body::ProjectRegistered(data) => {
            format!(
                "{}: {}",
                lang.pick("đăng ký dự án", "project registered"),
                data.name
            )
        }
        Body::ProjectAdvanced(data) => format!(
            "{}: {}",
            lang.pick("dự án chuyển giai đoạn", "project reached"),
            data.stage.name().get(lang)
        ),
        Body::ProjectJoined(data) => {
            format!(
                "{}: {} ({})",
                lang.pick("tham gia dự án", "joined project"),
                data.project,
                data.household
            )
        }
        Body::BudgetAllocated(data) | Body::BudgetAdjusted(data) => format!(
            "{}: {} ({})",
            lang.pick("phân bổ vốn", "budget"),
            super::console::grouped(&data.amount.to_string(), lang),
            data.source
        ),
        Body::Support(stage, state) => support_sentence(ledger, *stage, state, lang),
        Body::SupportCorrected(data) => format!(
            "{}: {}",
            lang.pick("điều chỉnh thành", "corrected to"),
            support_sentence(ledger, data.stage, &data.to, lang)
        ),
        Body::SupportReversed(data) => {
            let what = lang.pick("hủy lượt hỗ trợ", "support reversed");
            let stage = data
                .stage
                .map(|stage| format!(" ({})", stage.name().get(lang)));
            format!("{what} {}{}", data.support, stage.unwrap_or_default())
        }
        Body::SupportRecovered(data) => format!(
            "{}: {} {}",
            lang.pick("thu hồi", "recovered"),
            super::console::grouped(&data.amount.to_string(), lang),
            data.occurred_on.format("%d/%m/%Y")
        ),
        Body::SubjectErased(data) => format!(
            "{} {}: {}",
            lang.pick("đã xóa vĩnh viễn thông tin cá nhân của", "erased for good:"),
            data.subject,
            data.basis
        ),
        Body::SubjectHeld(data) => format!(
            "{} {}: {}",
            lang.pick("giữ lại theo luật dữ liệu của", "legal hold on"),
            data.subject,
            data.basis
        ),
        Body::SubjectReleased(data) => format!(
            "{} {}",
            lang.pick("chấm dứt việc giữ lại dữ liệu của", "legal hold ended:"),
            data.subject
        ),
        Body::HouseholdSplit(data) => format!(
            "{}: {} → {} ({})",
            lang.pick("tách hộ", "household split"),
            data.household,
            joined(&data.into),
            data.on
        ),
        Body::HouseholdMerged(data) => format!(
            "{}: {} → {} ({})",
            lang.pick("nhập hộ", "household merged"),
            data.household,
            data.into,
            data.on
        ),
        Body::HouseholdClosed(data) => format!(
            "{}: {} ({})",
            lang.pick("hộ kết thúc", "household closed"),
            data.household,
            data.on
        ),
        Body::UnitReorganised(data) => format!(
            "{}: {} → {} ({})",
            lang.pick("sắp xếp đơn vị hành chính", "units reorganised"),
            joined(&data.from),
            joined(&data.into),
            data.effective_on
        ),
        body => body.type_name().to_owned(),
    }
}

fn joined(codes: &[Code]) -> String {
    let codes: Vec<&str> = codes.iter().map(Code::as_str).collect();
    codes.join(", ")
}

fn support_sentence(ledger: &Reader, stage: Stage, state: &SupportState, lang: Lang) -> String {
    let kind = ledger.state().catalogue.kind(state.kind.as_str());
    let name = kind.map_or(state.kind.as_str(), |kind| kind.name.get(lang));
    let mut parts = vec![format!(
        "{} {}",
        stage.name().get(lang),
        state.occurred_on.format("%d/%m/%Y")
    )];
    let amount = state.amount_thousandths();
    if amount != 0 {
        let currency = ledger.state().catalogue.currency.clone();
        let amount = super::console::grouped(&format_thousandths(amount), lang);
        parts.push(format!(
            "{amount} {}",
            if currency == "VND" {
                lang.pick("đồng", "dong").to_owned()
            } else {
                currency
            }
        ));
    }
    if let Some(quantity) = state.quantity {
        let unit = state.unit.as_ref().map(Code::as_str).unwrap_or_default();
        let unit = super::figures::unit_name(ledger.state(), unit, lang);
        parts.push(format!(
            "{} {unit}",
            super::console::grouped(&quantity.to_string(), lang)
        ));
    }
    if let Some(covers) = &state.covers {
        parts.push(format!(
            "{} {}",
            lang.pick("kỳ hưởng", "covers"),
            covers.label(lang)
        ));
    }
    if let Some(class) = state.class {
        parts.push(class.name().get(lang).to_owned());
    }
    let sources: Vec<String> = state
        .funding
        .iter()
        .filter_map(|part| part.source.as_ref())
        .map(|source| {
            let key = source.as_str();
            super::figures::key_name(ledger.state(), Dimension::Source, key, lang)
        })
        .collect();
    if !sources.is_empty() {
        parts.push(sources.join(" + "));
    }
    if let Some(reference) = &state.reference {
        parts.push(reference.to_string());
    }
    let recipient = text(state.recipient.as_ref());
    if !recipient.is_empty() {
        parts.push(format!(
            "{} {recipient}",
            lang.pick("người nhận", "recipient")
        ));
    }
    format!("{name}: {}", parts.join(" · "))
}

fn event_json(ledger: &Reader, event: &Event, overtaken: &Overtaken, lang: Lang) -> Value {
    let (support, occurred_on) = match &event.body {
        Body::Support(_, state) => (
            Some(state.support.unwrap_or(event.id)),
            Some(state.occurred_on),
        ),
        Body::SupportCorrected(data) => (Some(data.support), Some(data.to.occurred_on)),
        Body::SupportReversed(data) => (Some(data.support), Some(data.effective_on)),
        Body::SupportRecovered(data) => (Some(data.support), Some(data.occurred_on)),
        _ => (None, None),
    };
    let (mode, effective_on) = match &event.body {
        Body::SupportCorrected(data) => (Some(data.mode), Some(data.effective_on)),
        Body::SupportReversed(data) => (Some(data.mode), Some(data.effective_on)),
        _ => (None, None),
    };
    let covers = match &event.body {
        Body::Support(_, state) => state.covers,
        Body::SupportCorrected(data) => data.to.covers,
        _ => None,
    };
    json!({
        "seq": event.seq,
        "id": event.id,
        "type": event.body.type_name(),
        "at": format_moment(event.at_ms),
        "by": event.by,
        "occurred_on": occurred_on,
        "covers": covers,
        "effective_on": effective_on,
        "mode": mode,
        "support": support,
        "text": sentence(ledger, event, lang),
        "source": event.source,
        "document": event.document,
        "reason": event.reason,
        "late": event.late,
        "findings": event.findings,
        "corrected_by": overtaken.corrected_by.get(&event.id),
        "reversed_by": overtaken.reversal(event),
        "data": super::events::open_data(event),
    })
}
