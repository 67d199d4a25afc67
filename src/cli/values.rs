//! Values of options, read as the lists read their cells: `66.850.000`, `12/4/2023`, `hộ nghèo`.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use chrono::NaiveDate;

use super::console::{Console, Failure, Problem};
use crate::domain::class::HouseholdClass;
use crate::domain::code::Code;
use crate::domain::command::{ClassGiven, FundingDraft};
use crate::domain::event::Document;
use crate::domain::fixed::{Money, Quantity};
use crate::domain::language::{Explain, Lang};
use crate::domain::period::Period;
use crate::domain::stage::Stage;
use crate::domain::state::State;
use crate::import::citation::read_citation;
use crate::import::date::read_date;
use crate::import::number::{read_money, read_quantity};
use crate::import::words::{self, ClassCell};
use crate::office::OfficeError;

fn refused(error: &dyn Explain, option: &str, lang: Lang) -> Failure {
    Failure::Refused(Problem::of(error, lang).at(option))
}

/// A date.
///
/// # Errors
/// [`Failure::Refused`] names the option and what is wrong.
pub fn date(console: &Console<'_>, option: &str, text: &str) -> Result<NaiveDate, Failure> {
    read_date(text).map_err(|error| refused(&error, option, console.lang))
}

/// A period.
///
/// # Errors
/// [`Failure::Refused`] names the option and what is wrong.
pub fn period(console: &Console<'_>, option: &str, text: &str) -> Result<Period, Failure> {
    Period::parse_vietnamese(text).map_err(|error| refused(&error, option, console.lang))
}

/// A code.
///
/// # Errors
/// [`Failure::Refused`] names the option and what is wrong.
pub fn code(console: &Console<'_>, option: &str, text: &str) -> Result<Code, Failure> {
    Code::new(&crate::import::text::normalised(text)).map_err(|error| {
        let rejection = crate::domain::rejection::Rejection::BadCode(error.to_string());
        refused(&rejection, option, console.lang)
    })
}

/// An optional code.
///
/// # Errors
/// As [`code`].
pub fn maybe_code(
    console: &Console<'_>,
    option: &str,
    text: Option<&String>,
) -> Result<Option<Code>, Failure> {
    text.map(|text| code(console, option, text)).transpose()
}

/// An amount in the ledger's currency.
///
/// # Errors
/// [`Failure::Refused`] names the option and what is wrong.
pub fn money(
    console: &Console<'_>,
    state: &State,
    option: &str,
    text: &str,
) -> Result<Money, Failure> {
    read_money(text, state.catalogue.currency_decimals.into())
        .map_err(|error| refused(&error, option, console.lang))
}

/// An amount that may be below zero.
///
/// # Errors
/// As [`money`].
pub fn signed_money(
    console: &Console<'_>,
    state: &State,
    option: &str,
    text: &str,
) -> Result<Money, Failure> {
    match text.strip_prefix('-') {
        None => money(console, state, option, text),
        Some(rest) => {
            let magnitude = money(console, state, option, rest)?;
            Ok(Money::from_thousandths(-magnitude.thousandths()))
        }
    }
}

/// An exact number of any kind, such as a tax rate of 0.08.
///
/// # Errors
/// As [`money`].
pub fn exact(console: &Console<'_>, option: &str, text: &str) -> Result<Quantity, Failure> {
    if let Ok(value) = text.parse::<Quantity>() {
        return Ok(value);
    }
    read_quantity(text, "", 3).map_err(|error| refused(&error, option, console.lang))
}

/// A quantity, read by its unit: the one given, else the kind's.
///
/// # Errors
/// [`Failure::Refused`] names the option and what is wrong.
pub fn quantity(
    console: &Console<'_>,
    state: &State,
    text: &str,
    unit: Option<&str>,
    kind: Option<&str>,
) -> Result<Quantity, Failure> {
    let of_kind = kind.and_then(|kind| state.catalogue.kind(kind)?.unit.as_ref());
    let unit = unit
        .map(str::to_owned)
        .or(of_kind.map(Code::to_string))
        .unwrap_or_default();
    let decimals = state
        .catalogue
        .unit(&unit)
        .map_or(3, |unit| unit.decimals.into());
    read_quantity(text, &unit, decimals)
        .map_err(|error| refused(&error, "--quantity", console.lang))
}

/// A class.
///
/// # Errors
/// [`Failure::Usage`] names what there is.
pub fn class(console: &Console<'_>, option: &str, text: &str) -> Result<HouseholdClass, Failure> {
    match words::read_class(text) {
        Some(ClassCell::Given(class)) => Ok(class),
        _ => Err(no_class(console, option, text)),
    }
}

fn no_class(console: &Console<'_>, option: &str, text: &str) -> Failure {
    let all = HouseholdClass::ALL.map(HouseholdClass::code).join(", ");
    let (vi, en) = (
        format!("không phải phân loại hộ; có: {all}"),
        format!("no class; there are: {all}"),
    );
    console.wrong(option, text, &vi, &en)
}

/// A class, `none`, or nothing.
///
/// # Errors
/// As [`class`].
pub fn class_given(console: &Console<'_>, text: Option<&String>) -> Result<ClassGiven, Failure> {
    let Some(text) = text else {
        return Ok(ClassGiven::Unsaid);
    };
    match words::read_class(text) {
        Some(ClassCell::Given(class)) => Ok(ClassGiven::Class(class)),
        Some(ClassCell::None) => Ok(ClassGiven::None),
        _ => Err(no_class(console, "--class", text)),
    }
}

/// A stage.
///
/// # Errors
/// [`Failure::Usage`] names what there is.
pub fn stage(console: &Console<'_>, option: &str, text: &str) -> Result<Stage, Failure> {
    words::read_stage(text).ok_or_else(|| {
        let all = Stage::ALL.map(Stage::code).join(", ");
        let (vi, en) = (
            format!("không phải giai đoạn; có: {all}"),
            format!("no stage; there are: {all}"),
        );
        console.wrong(option, text, &vi, &en)
    })
}

/// An optional stage.
///
/// # Errors
/// As [`stage`].
pub fn maybe_stage(
    console: &Console<'_>,
    option: &str,
    text: Option<&String>,
) -> Result<Option<Stage>, Failure> {
    text.map(|text| stage(console, option, text)).transpose()
}

/// `SOURCE=AMOUNT` parts.
///
/// # Errors
/// [`Failure`] names the part that is wrong.
pub fn funding(
    console: &Console<'_>,
    state: &State,
    parts: &[String],
) -> Result<Vec<FundingDraft>, Failure> {
    let part = |text: &String| {
        let (source, amount) = text.split_once('=').ok_or_else(|| {
            console.wrong(
                "--funding",
                text,
                "phải có dạng NGUỒN=SỐ_TIỀN",
                "must be SOURCE=AMOUNT",
            )
        })?;
        let amount = money(console, state, "--funding", amount)?;
        Ok(FundingDraft {
            source: Some(source.trim().to_owned()),
            amount,
        })
    };
    parts.iter().map(part).collect()
}

/// A document as it is cited.
pub fn document(text: Option<&String>) -> Option<Document> {
    let text = crate::import::text::normalised(text?);
    (!text.is_empty()).then(|| cited(&text))
}

/// A cited document as an event has it.
pub fn cited(text: &str) -> Document {
    let citation = read_citation(text);
    Document {
        date: citation.date,
        issuer: citation.issuer,
        number: citation.number,
        kind: citation.kind,
    }
}

/// The bytes of a file, read only so far that a longer one is known to be too long: whoever reads
/// them as something refuses that.
///
/// # Errors
/// [`Failure::Refused`] names the file.
pub fn bytes(console: &Console<'_>, path: &Path, largest: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let file = File::open(path);
    let read = file.and_then(|file| file.take(largest as u64 + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(console.failure(&OfficeError::File(path.display().to_string(), error))),
    }
}

/// The text of a file; see [`bytes`].
///
/// # Errors
/// [`Failure::Refused`] names the file.
pub fn file(console: &Console<'_>, path: &Path, largest: usize) -> Result<String, Failure> {
    let mut bytes = bytes(console, path, largest)?;
    if bytes.len() > largest {
        // It is too long whatever it says: a character that was cut off shall not hide that.
        bytes = String::from_utf8_lossy(&bytes).into_owned().into_bytes();
    }
    String::from_utf8(bytes).map_err(|error| {
        let error = io::Error::new(io::ErrorKind::InvalidData, error);
        console.failure(&OfficeError::File(path.display().to_string(), error))
    })
}

/// Free text in normal form, `None` when nothing is left.
pub fn text(text: Option<&String>) -> Option<String> {
    let text = crate::import::text::normalised(text?);
    (!text.is_empty()).then_some(text)
}
