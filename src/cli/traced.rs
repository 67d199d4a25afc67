//! How an event behind a number is shown.

use super::console::{Console, Failure, grouped};
use super::history::document_text;
use crate::domain::language::Lang;
use crate::domain::state::State;
use crate::office::traced::Traced;

/// What happened, to whom, how much: the first line of an event.
pub fn what(event: &Traced, state: &State, lang: Lang) -> String {
    let said = &event.said;
    let catalogue = &state.catalogue;
    let mut parts = Vec::new();
    if let Some(kind) = &said.kind {
        let known = catalogue.kind(kind.as_str());
        let name = known.map(|kind| kind.name.get(lang).to_owned());
        parts.push(name.unwrap_or_else(|| kind.to_string()));
    }
    parts.extend(said.stage.map(|stage| stage.name().get(lang).to_owned()));
    parts.extend(said.reference.as_ref().map(ToString::to_string));
    let who = said.person.as_ref().or(said.household.as_ref());
    parts.extend(who.map(ToString::to_string));
    parts.extend(said.class.map(|class| class.name().get(lang).to_owned()));
    if let Some(amount) = said.amount.as_ref().filter(|amount| *amount != "0") {
        parts.push(format!("{} {}", grouped(amount, lang), catalogue.currency));
    }
    if let Some(quantity) = said.quantity {
        let unit = said.unit.as_ref().map(ToString::to_string);
        let number = grouped(&quantity.to_string(), lang);
        parts.push(
            format!("{number} {}", unit.unwrap_or_default())
                .trim_end()
                .to_owned(),
        );
    }
    let word = lang.pick("đối tượng", "beneficiaries");
    parts.extend(said.count.map(|count| format!("{count} {word}")));
    let day = |date: chrono::NaiveDate| date.format("%d/%m/%Y").to_string();
    parts.extend(said.occurred_on.map(day));
    if let Some(on) = said.effective_on.filter(|on| Some(*on) != said.occurred_on) {
        parts.push(format!("{} {}", lang.pick("tính từ", "effective"), day(on)));
    }
    if parts.is_empty() {
        parts.push(event.type_name.to_owned());
    }
    parts.join(" · ")
}

/// Who, when, why, on which paper, from which row.
pub fn whence(event: &Traced, lang: Lang) -> String {
    let by = &event.by;
    let office = by.office.as_ref().map(|office| format!(", {office}"));
    let on = event.recorded_on.format("%d/%m/%Y");
    let office = office.unwrap_or_default();
    let mut parts = vec![lang.pick(
        format!(
            "#{} ghi ngày {on} bởi {} ({}{office})",
            event.seq, by.name, by.id
        ),
        format!(
            "#{} recorded {on} by {} ({}{office})",
            event.seq, by.name, by.id
        ),
    )];
    if let Some(source) = &event.source {
        let sheet = source.sheet.as_ref().map(|sheet| format!(" [{sheet}]"));
        let sheet = sheet.unwrap_or_default();
        parts.push(lang.pick(
            format!("từ tệp {}{sheet}, dòng {}", source.file, source.row),
            format!("from file {}{sheet}, row {}", source.file, source.row),
        ));
    }
    let document = event.document.as_ref();
    parts.extend(document.map(|document| document_text(document, lang)));
    if let Some(reason) = &event.reason {
        parts.push(format!("{}: {reason}", lang.pick("lý do", "reason")));
    }
    parts.join("; ")
}

/// Prints events, two lines each.
///
/// # Errors
/// When the output cannot be written.
pub fn list(console: &mut Console<'_>, state: &State, events: &[Traced]) -> Result<(), Failure> {
    let lang = console.lang;
    for event in events {
        console.line(format!("  {}", what(event, state, lang)))?;
        console.line(format!("      {}", whence(event, lang)))?;
    }
    console.line(lang.pick(
        format!("{} sự kiện", events.len()),
        format!("{} events", events.len()),
    ))
}
