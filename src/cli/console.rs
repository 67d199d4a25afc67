//! Where a command writes: results, notices, errors, in one language and form.

use std::io::Write;

use serde_json::{Value, json};

use super::args::{Cli, Format};
use crate::domain::language::{Explain, Lang};
use crate::office::OfficeError;

/// Why a command ends without its result.
#[derive(Debug)]
pub enum Failure {
    /// Refused, or a check failed: exit status 1.
    Refused(Problem),
    /// Wrong usage: exit status 2.
    Usage(Problem),
    /// Told already: exit status 1.
    Told,
    /// Nobody reads the output any more.
    BrokenPipe,
}

/// An error as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable name.
    pub code: String,
    /// What was wrong.
    pub message: String,
    /// Where: a file and row, or an option.
    pub location: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl Problem {
    /// From an error that explains itself.
    pub fn of(error: &dyn Explain, lang: Lang) -> Problem {
        Problem {
            code: error.code().to_owned(),
            message: error.message(lang),
            location: None,
            hint: error.hint(lang),
        }
    }

    /// The same, at a place.
    pub fn at(mut self, location: impl Into<String>) -> Problem {
        self.location = Some(location.into());
        self
    }

    fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(object) = error.as_object_mut() {
            for (name, value) in [("where", &self.location), ("hint", &self.hint)] {
                object.insert(
                    name.to_owned(),
                    value.clone().map_or(Value::Null, Value::String),
                );
            }
        }
        json!({ "error": error })
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Failure::BrokenPipe;
        }
        Failure::Refused(Problem {
            code: "output".to_owned(),
            message: error.to_string(),
            location: None,
            hint: None,
        })
    }
}

/// Where a command writes.
pub struct Console<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Errors, notices and progress.
    pub err: &'a mut dyn Write,
    /// The language.
    pub lang: Lang,
    /// The form.
    pub format: Format,
    /// The standard error is a terminal.
    pub interactive: bool,
    /// The command as it was typed, without where the ledger is and where the output goes.
    pub said: String,
}

impl<'a> Console<'a> {
    /// A console for a parsed command line.
    pub fn new(cli: &Cli, out: &'a mut dyn Write, err: &'a mut dyn Write) -> Console<'a> {
        Console {
            out,
            err,
            lang: cli.lang.into(),
            format: cli.format,
            interactive: false,
            said: String::new(),
        }
    }

    /// Picks the text of the console's language.
    pub fn pick<T>(&self, vi: T, en: T) -> T {
        self.lang.pick(vi, en)
    }

    /// Output is for programs.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Writes one JSON value on one line.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn json(&mut self, value: &Value) -> Result<(), Failure> {
        writeln!(self.out, "{value}").map_err(Failure::from)
    }

    /// Writes one line.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        writeln!(self.out, "{}", text.as_ref()).map_err(Failure::from)
    }

    /// Tells something beside the result.
    pub fn notice(&mut self, text: impl AsRef<str>) {
        // A notice that cannot be told must not end a command that succeeded.
        let _ = writeln!(self.err, "{}", text.as_ref());
    }

    /// A failure from an error of the office: what was asked wrongly is usage.
    pub fn failure(&self, error: &OfficeError) -> Failure {
        let problem = Problem::of(error, self.lang);
        match error {
            OfficeError::Figures(_) | OfficeError::BadAsOf(_) => Failure::Usage(problem),
            _ => Failure::Refused(problem),
        }
    }

    /// A failure from any error that explains itself: exit status 1.
    pub fn refused(&self, error: &dyn Explain) -> Failure {
        Failure::Refused(Problem::of(error, self.lang))
    }

    /// A failure of an option: exit status 2.
    pub fn usage(&self, option: &str, error: &dyn Explain) -> Failure {
        Failure::Usage(Problem::of(error, self.lang).at(option))
    }

    /// A failure of an option with a text of its own: exit status 2.
    pub fn wrong(&self, option: &str, value: &str, vi: &str, en: &str) -> Failure {
        Failure::Usage(Problem {
            code: "usage".to_owned(),
            message: self.pick(format!("“{value}”: {vi}"), format!("\"{value}\": {en}")),
            location: Some(option.to_owned()),
            hint: None,
        })
    }

    /// Tells a problem on the error stream.
    pub fn tell(&mut self, problem: &Problem) {
        if self.is_json() {
            let _ = writeln!(self.err, "{}", problem.to_json());
            return;
        }
        let place = problem
            .location
            .as_ref()
            .map(|at| format!("{at}: "))
            .unwrap_or_default();
        let _ = writeln!(
            self.err,
            "{}: {place}{}",
            self.pick("lỗi", "error"),
            problem.message
        );
        if let Some(hint) = &problem.hint {
            let _ = writeln!(self.err, "  → {hint}");
        }
    }

    /// A bar on the error stream that shows how far something long is; `None` where nobody looks.
    pub fn progress_bar(&self) -> Option<indicatif::ProgressBar> {
        self.interactive.then(|| {
            let bar = indicatif::ProgressBar::new(0);
            if let Ok(style) = indicatif::ProgressStyle::with_template("{wide_bar} {pos}/{len}") {
                bar.set_style(style);
            }
            bar
        })
    }

    /// The number as people of the language write it: `1.337.000.000` or `1,337,000,000`.
    pub fn number(&self, canonical: &str) -> String {
        grouped(canonical, self.lang)
    }
}

/// Groups a canonical number by thousands: dot in Vietnamese (Law on Accounting), comma in English.
pub fn grouped(canonical: &str, lang: Lang) -> String {
    let (group, point) = lang.pick(('.', ','), (',', '.'));
    let (sign, digits) = canonical
        .strip_prefix('-')
        .map_or(("", canonical), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(group);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(point);
        text.push_str(fraction);
    }
    text
}

/// A table for people: no lines but one under the header, columns aligned by what they show.
pub fn table(header: &[&str], rows: Vec<Vec<String>>, numeric: &[usize]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(header.iter().map(|name| comfy_table::Cell::new(*name)));
    table.add_rows(rows);
    for column in numeric {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    let text = table.to_string();
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_as_each_language_writes_them() {
        assert_eq!(grouped("1337000000", Lang::Vi), "1.337.000.000");
        assert_eq!(grouped("-1125.5", Lang::Vi), "-1.125,5");
        assert_eq!(grouped("1337000000", Lang::En), "1,337,000,000");
        assert_eq!(grouped("0", Lang::En), "0");
        assert_eq!(grouped("999", Lang::En), "999");
    }
}
