//! The events behind numbers by name and address: who, where, how much, on which paper, from which
//! row of which file.

use super::super::history::document_text;
use super::super::open::Reader;
use super::super::traced::what;
use super::name_of;
use crate::domain::code::Code;
use crate::domain::language::Lang;
use crate::office::traced::Traced;
use crate::sheet::{Cell, Column, Page};

/// A page of events, each under the number it stands behind.
pub fn page<'t>(
    ledger: &Reader,
    name: &str,
    title: Vec<String>,
    rows: impl IntoIterator<Item = (String, &'t Traced)>,
    lang: Lang,
) -> Page {
    let columns = vec![
        Column::text(lang.pick("số liệu", "figure")),
        Column::text(lang.pick("mã hộ", "household")),
        Column::text(lang.pick("họ và tên", "name")).wide(22),
        Column::text(lang.pick("thôn", "village")),
        Column::text(lang.pick("phân loại", "class")),
        Column::text(lang.pick("nội dung", "what")).wide(30),
        Column::day(lang.pick("ngày", "day")),
        Column::number(lang.pick("số tiền", "amount")),
        Column::number(lang.pick("số lượng", "quantity")),
        Column::text(lang.pick("văn bản", "document")).wide(20),
        Column::order(lang.pick("sự kiện", "event")),
        Column::text(lang.pick("mã sự kiện", "event id")).on_screen(),
        Column::day(lang.pick("ngày ghi", "recorded")).on_screen(),
        Column::text(lang.pick("người ghi", "by")).on_screen(),
        Column::text(lang.pick("từ tệp", "from file")).on_screen(),
        Column::text(lang.pick("lý do", "reason")).on_screen(),
    ];
    let rows = rows.into_iter();
    Page {
        columns,
        name: name.to_owned(),
        rows: rows
            .map(|(figure, event)| row(ledger, figure, event, lang))
            .collect(),
        title,
        ..Page::default()
    }
}

fn row(ledger: &Reader, figure: String, event: &Traced, lang: Lang) -> Vec<Cell> {
    let (state, said) = (ledger.state(), &event.said);
    let household = said.household.as_ref().or_else(|| {
        let person = state.persons.get(said.person.as_ref()?)?;
        Some(&person.household)
    });
    let known = household.and_then(|code| state.households.get(code));
    let day = said.occurred_on.or(said.effective_on);
    let village = known.and_then(|known| match day {
        Some(day) => known.villages.on(day).or_else(|| known.villages.latest()),
        None => known.villages.latest(),
    });
    let day_of_name = day.unwrap_or(event.recorded_on);
    let village = village.map(|code| state.units.name_on(code.as_str(), day_of_name));
    let document = event.document.as_ref().map(|it| document_text(it, lang));
    let source = event
        .source
        .as_ref()
        .map(|it| format!("{}:{}", it.file, it.row));
    let code = |code: &Code| code.to_string();
    let class = said.class.map(|class| class.name().get(lang).to_owned());
    vec![
        Cell::text(figure),
        Cell::text(household.map(code).unwrap_or_default()),
        Cell::text(name_of(
            ledger,
            household.map(Code::as_str),
            said.person.as_ref().map(Code::as_str),
        )),
        Cell::text(village.unwrap_or_default()),
        Cell::text(class.unwrap_or_default()),
        Cell::text(what(event, state, lang)),
        Cell::day(day),
        Cell::of_canonical(said.amount.as_deref().unwrap_or_default()),
        Cell::of_canonical(&said.quantity.map(|it| it.to_string()).unwrap_or_default()),
        Cell::text(document.unwrap_or_default()),
        Cell::count(event.seq),
        Cell::text(event.id.to_string()),
        Cell::Day(event.recorded_on),
        Cell::text(event.by.name.clone()),
        Cell::text(source.unwrap_or_default()),
        Cell::text(event.reason.clone().unwrap_or_default()),
    ]
}
