//! Opening, in, out, closing: `figures --table movement` and `household statement`.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::console::{Console, Failure, table};
use super::figures::{axis_name, dimension_name, key_name, measure_name};
use super::open::Reader;
use crate::domain::language::Lang;
use crate::domain::state::State;
use crate::projection::figures::Query;
use crate::projection::movement::{self, ADDITIVE, Balance, Movement, MovementRow};

/// Asks for the movements of a query.
///
/// # Errors
/// [`Failure::Usage`] for an unknown value.
pub fn ask(console: &Console<'_>, ledger: &Reader, query: &Query) -> Result<Movement, Failure> {
    movement::movement(ledger.facts(), ledger.state(), query)
        .map_err(|error| console.usage("figures", &error))
}

/// The measures of one column as output writes them.
pub fn balance_json(balance: &Balance) -> Value {
    let measure = |name| balance.measure(name).unwrap_or_default();
    json!({
        "turns": balance.turns,
        "count": balance.count,
        "amount": measure("amount"),
        "quantity": measure("quantity"),
        "recovered": measure("recovered"),
        "unit": balance.unit,
    })
}

/// The rows as output writes them.
pub fn rows_json(movement: &Movement) -> Vec<Value> {
    let row = |row: &MovementRow| {
        let mut object = Map::new();
        for (by, key) in movement.by.iter().zip(&row.keys) {
            object.insert(by.name().to_owned(), json!(key));
        }
        for (name, balance) in columns(row) {
            object.insert(name.to_owned(), balance_json(balance));
        }
        Value::Object(object)
    };
    movement.rows.iter().map(row).collect()
}

/// The columns of a row, by their names in output.
pub fn columns(row: &MovementRow) -> [(&'static str, &Balance); 6] {
    [
        ("opening", &row.opening),
        ("late", &row.late),
        ("in", &row.incoming),
        ("out", &row.outgoing),
        ("adjusted", &row.adjusted),
        ("closing", &row.closing),
    ]
}

/// What people call the columns.
pub fn column_names(lang: Lang) -> [&'static str; 6] {
    lang.pick(
        [
            "đầu kỳ",
            "bổ sung kỳ trước",
            "tăng",
            "giảm",
            "(điều chỉnh kỳ trước)",
            "cuối kỳ",
        ],
        [
            "opening",
            "late for an earlier period",
            "in",
            "out",
            "(corrections of an earlier period)",
            "closing",
        ],
    )
}

/// Prints the table: a line for each measure that has anything.
///
/// # Errors
/// When the output cannot be written.
pub fn print(
    console: &mut Console<'_>,
    state: &State,
    query: &Query,
    movement: &Movement,
) -> Result<(), Failure> {
    let lang = console.lang;
    let mut header: Vec<&str> = movement
        .by
        .iter()
        .map(|by| dimension_name(*by, lang))
        .collect();
    let first = header.len() + 1;
    header.push(lang.pick("số đo", "measure"));
    header.extend(column_names(lang));
    let mut cells = Vec::new();
    for row in &movement.rows {
        for name in ADDITIVE {
            let columns = columns(row);
            if columns.iter().all(|(_, balance)| balance.is_zero(name)) {
                continue;
            }
            let keys = movement.by.iter().zip(&row.keys);
            let mut line: Vec<String> = keys
                .map(|(by, key)| key_name(state, *by, key, lang))
                .collect();
            line.push(measure_name(name, lang).to_owned());
            let figure = |balance: &Balance| balance.measure(name).unwrap_or_default();
            line.extend(columns.map(|(_, balance)| console.number(&figure(balance))));
            cells.push(line);
        }
    }
    let empty = cells.is_empty();
    let numeric: Vec<usize> = (first..first + 6).collect();
    let text = table(&header, cells, &numeric);
    console.line(text)?;
    if empty {
        console.line(console.pick("(không có số liệu)", "(no figures)"))?;
    }
    console.line(lang.pick(
        "đầu kỳ + bổ sung kỳ trước + tăng - giảm = cuối kỳ",
        "opening + late + in - out = closing",
    ))?;
    let eve = query.from.pred_opt().unwrap_or(query.from);
    console.line(opening_text(movement, eve, lang))?;
    console.line(axis_name(query.axis, lang))
}

/// As of when the opening knows the days before the period.
fn opening_text(movement: &Movement, eve: NaiveDate, lang: Lang) -> String {
    let Some((through, seq)) = movement.opening_closed else {
        return lang.pick(
            format!(
                "Đầu kỳ: như đã biết nay; chưa khóa ngày nào đến {}",
                eve.format("%d/%m/%Y")
            ),
            format!("Opening: as it is known now; no day through {eve} is closed"),
        );
    };
    let mut text = lang.pick(
        format!(
            "Đầu kỳ: đến {} như đã biết khi khóa (#{seq})",
            through.format("%d/%m/%Y")
        ),
        format!("Opening: through {through} as it was known at its closing (#{seq})"),
    );
    if through < eve {
        text.push_str(&lang.pick(
            format!("; từ đó đến {} như đã biết nay", eve.format("%d/%m/%Y")),
            format!("; from there through {eve} as it is known now"),
        ));
    }
    text
}

/// The closed days of the opening and their closing, as output writes them.
pub fn opening_json(movement: &Movement) -> Value {
    match movement.opening_closed {
        Some((through, seq)) => json!({ "through": through, "seq": seq }),
        None => Value::Null,
    }
}
