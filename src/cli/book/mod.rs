//! What commands show, as workbooks: each answer a page, and a last page that says where it is
//! from.

pub mod disbursements;
pub mod figures;
pub mod history;
pub mod household;
pub mod project;
pub mod traced;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;

use serde_json::json;

use super::console::{Console, Failure};
use super::figures::axis_name;
use super::open::Reader;
use super::span::Span;
use crate::domain::language::Lang;
use crate::domain::period::Period;
use crate::log::codec::format_moment;
use crate::office::OfficeError;
use crate::office::opening::hex;
use crate::projection::figures::Axis;
use crate::report::unit_upper;
use crate::sheet::{Book, Letterhead, Page, write};

/// The name and the value of a line that says where a workbook is from.
pub type Origin = (String, String);

/// The command as it was typed, without where the ledger is and where the output goes: what a
/// workbook says of itself is the same wherever it is made.
pub fn said(arguments: &[OsString]) -> String {
    let mut words = vec!["socai".to_owned()];
    let mut skip = false;
    for argument in arguments.iter().skip(1) {
        let word = argument.to_string_lossy();
        if std::mem::take(&mut skip) {
            continue;
        }
        let option = ["--ledger", "--output"];
        if option.contains(&word.as_ref()) {
            skip = true;
            continue;
        }
        let joined = |option: &&str| word.starts_with(&format!("{option}="));
        if option.iter().any(joined) {
            continue;
        }
        words.push(if word.contains(' ') {
            format!("\"{word}\"")
        } else {
            word.into_owned()
        });
    }
    words.join(" ")
}

/// Refuses an `--output` that is no workbook, before anything is read.
///
/// # Errors
/// [`Failure::Usage`] names the file.
pub fn check(console: &Console<'_>, output: Option<&Path>) -> Result<(), Failure> {
    match output {
        Some(path) if !is_workbook(path) => Err(console.wrong(
            "--output",
            &path.display().to_string(),
            "tên tệp phải kết thúc bằng .xlsx",
            "the file must end in .xlsx",
        )),
        _ => Ok(()),
    }
}

/// Whether a file's name says that it is a workbook.
pub fn is_workbook(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"))
}

/// Writes pages as a workbook, with a page that says where they are from, to a file that must not
/// exist.
///
/// # Errors
/// [`Failure`] when a sheet cannot hold a page, or the file cannot be written.
pub fn save(
    console: &mut Console<'_>,
    ledger: &Reader,
    path: &Path,
    pages: Vec<Page>,
    asked: Vec<Origin>,
) -> Result<(), Failure> {
    let rows = pages.first().map_or(0, |page| page.rows.len());
    let mut lines = asked;
    lines.extend(stand(console, ledger));
    let book = Book {
        lang: console.lang,
        origin: lines,
        pages,
    };
    let bytes = write(&book).map_err(|error| console.refused(&error))?;
    let name = path.display().to_string();
    write_new(path, &bytes)
        .map_err(|error| console.failure(&OfficeError::File(name.clone(), error)))?;
    if console.is_json() {
        return console.json(&json!({ "output": name, "rows": rows }));
    }
    console.line(console.pick(
        format!("đã ghi {rows} dòng ra {name}"),
        format!("wrote {rows} rows to {name}"),
    ))
}

/// Writes a file that must not exist, for its owner alone: it holds names.
///
/// # Errors
/// When it exists, or cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// How much of which ledger a workbook knows, and how to make it again.
fn stand(console: &Console<'_>, ledger: &Reader) -> Vec<Origin> {
    let stand = ledger.stand();
    let lang = console.lang;
    let state = ledger.state();
    let unit = state.ledger.as_ref();
    let unit = unit.map_or("", |unit| unit.name.as_str());
    let lines = [
        ("đơn vị", "unit", unit.to_owned()),
        ("sổ", "ledger", state.ledger_id.clone()),
        ("số liệu đến sự kiện", "as of event", stand.seq.to_string()),
        ("ghi lúc", "recorded at", format_moment(stand.at_ms)),
        ("mã gốc (SHA-256)", "root (SHA-256)", hex(&stand.root)),
        ("lệnh", "command", console.said.clone()),
        (
            "lập lại đúng bảng này",
            "the same again",
            lang.pick(
                format!("thêm --as-of {} vào lệnh", stand.seq),
                format!("add --as-of {} to the command", stand.seq),
            ),
        ),
    ];
    let line = |(vi, en, value): (&str, &str, String)| (lang.pick(vi, en).to_owned(), value);
    lines.map(line).into()
}

/// What was asked: the period and the axis.
pub fn asked(period: Option<&Period>, axis: Axis, lang: Lang) -> Vec<Origin> {
    let period = match period {
        Some(period) => format!("{} ({period})", period.label(lang)),
        None => lang.pick("mọi kỳ", "all periods").to_owned(),
    };
    vec![
        (lang.pick("kỳ", "period").to_owned(), period),
        (
            lang.pick("trục thời gian", "axis").to_owned(),
            axis_name(axis, lang).to_owned(),
        ),
    ]
}

/// The same of a view that may be asked for all days.
pub fn spanned(span: Span, lang: Lang) -> Vec<Origin> {
    asked(span.period.as_ref(), span.axis, lang)
}

/// The head of the office's paper.
pub fn letterhead(ledger: &Reader, lang: Lang) -> Letterhead {
    let opened = ledger.state().ledger.as_ref();
    let unit = opened.map_or("", |opened| opened.name.as_str());
    let (issuer, motto) = lang.pick(
        (
            "ỦY BAN NHÂN DÂN",
            [
                "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
                "Độc lập - Tự do - Hạnh phúc",
            ],
        ),
        (
            "PEOPLE'S COMMITTEE",
            [
                "SOCIALIST REPUBLIC OF VIET NAM",
                "Independence - Freedom - Happiness",
            ],
        ),
    );
    Letterhead {
        issuer: vec![issuer.to_owned(), unit_upper(unit, lang)],
        motto: motto.map(str::to_owned).into(),
    }
}

/// The head of a household by its code, or the name of a person: opened through the access log.
pub fn name_of(ledger: &Reader, household: Option<&str>, person: Option<&str>) -> String {
    use crate::domain::personal::Subject;
    let (state, reader) = (ledger.state(), ledger.personal());
    if let Some((code, known)) = person.and_then(|code| state.persons.get_key_value(code)) {
        return reader.field(&Subject::Person(code.clone()), &known.personal, "name");
    }
    let known = household.and_then(|code| state.households.get(code));
    known.map_or_else(String::new, |known| {
        let subject = Subject::Household(known.code.clone());
        reader.field(&subject, &known.personal, "head")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_says_nothing_of_this_machine() {
        let typed = [
            "socai",
            "--ledger",
            "/home/a b",
            "figures",
            "--output=x.xlsx",
            "--by",
            "kind",
            "--where",
            "village=Cao Lộc",
        ];
        let typed: Vec<OsString> = typed.iter().map(OsString::from).collect();
        let text = "socai figures --by kind --where \"village=Cao Lộc\"";
        assert_eq!(said(&typed), text);
    }
}
