//! The cells of one row, read into values; what cannot be read becomes an issue.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::citation::{Citation, read_citation};
use super::date::read_date;
use super::header::Places;
use super::issue::{ImportIssue, ImportNotice, ImportProblem};
use super::limits::LONGEST_CELL;
use super::list::Origin;
use super::number::{self, DotUse, NumberError};
use super::table::RawRow;
use super::text::{clean, is_blank, shown};
use super::words::{self, ClassCell};
use super::workbook::is_error_text;
use crate::domain::{Code, Money, Period, Quantity, Stage};

/// What quantities are measured in, as far as the caller knows. A quantity is read by the decimals
/// of its unit, so its unit must be known before it can be read.
#[derive(Clone, Copy)]
pub struct Units<'a> {
    /// The decimals of the ledger's currency: 0 for đồng.
    pub currency_decimals: u32,
    /// The unit and its decimals of a kind of support, by its code or name.
    pub of_kind: &'a (dyn Fn(&str) -> Option<(String, u32)> + Sync),
    /// The unit and its decimals of a support that is already there, by its `ref`.
    pub of_support: &'a (dyn Fn(&str) -> Option<(String, u32)> + Sync),
    /// The decimals of a unit, by its code or name.
    pub decimals: &'a (dyn Fn(&str) -> Option<u32> + Sync),
}

impl Units<'static> {
    /// For lists that hold no quantities.
    pub const NONE: Units<'static> = Units {
        currency_decimals: 0,
        of_kind: &|_| None,
        of_support: &|_| None,
        decimals: &|_| None,
    };
}

/// What reading a list has found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) issues: Vec<ImportIssue>,
    thousands: Option<(u64, String)>,
    decimals: Option<(u64, String)>,
}

impl Findings {
    /// What was found in rows further down.
    pub(super) fn then(&mut self, later: Findings) {
        self.issues.extend(later.issues);
        self.thousands = self.thousands.take().or(later.thousands);
        self.decimals = self.decimals.take().or(later.decimals);
    }

    /// What is to be noticed about the quantities of the list as a whole.
    pub(super) fn mixed_dots(&self, places: &Places) -> Option<ImportNotice> {
        let (thousands, decimals) = self.thousands.clone().zip(self.decimals.clone())?;
        Some(ImportNotice::MixedDots {
            column: places.written("quantity").to_owned(),
            thousands,
            decimals,
        })
    }
}

/// One row, its columns, and where its issues go.
pub(super) struct Cells<'a> {
    pub(super) origin: &'a Origin,
    pub(super) places: &'a Places,
    pub(super) defaults: &'a [(&'static str, String)],
    pub(super) raw: &'a RawRow,
    pub(super) findings: &'a mut Findings,
    pub(super) seen: &'a mut Seen,
}

/// What cells were read as before. A list says the same few things again and again: who pays, on
/// which paper, what for, on which day.
#[derive(Debug, Default)]
pub(super) struct Seen {
    citations: Memory<Arc<Citation>>,
    classes: Memory<ClassCell>,
    codes: Memory<Vec<Code>>,
    dates: Memory<chrono::NaiveDate>,
    money: Memory<Money>,
    names: Memory<Arc<str>>,
    periods: Memory<Period>,
    stages: Memory<Stage>,
}

type Memory<T> = HashMap<Box<str>, T>;

/// How many texts are remembered of a sort: what does not repeat is not worth it.
const REMEMBERED: usize = 2_048;

impl<'a> Cells<'a> {
    /// The number of the row.
    pub(super) fn row(&self) -> u64 {
        self.raw.row
    }

    /// The text of a cell as it stands in the file; `None` where it is blank.
    fn found(&self, column: &str) -> Option<&'a str> {
        self.written(column).or_else(|| {
            let given = self.defaults.iter().find(|(name, _)| *name == column);
            given.map(|(_, value)| value.as_str())
        })
    }

    fn written(&self, column: &str) -> Option<&'a str> {
        let cell = self.raw.cell(self.places.place(column)?);
        // A file of rejects marks what a spreadsheet would take for a formula as text.
        let cell = match cell.strip_prefix('\'') {
            Some(rest) if rest.trim_start().starts_with(['=', '+', '-', '@']) => rest,
            _ => cell,
        };
        (!is_blank(cell)).then_some(cell)
    }

    /// Whether anything stands in a cell.
    pub(super) fn is_filled(&self, column: &str) -> bool {
        self.found(column).is_some()
    }

    /// Reports a problem of one cell.
    pub(super) fn issue(&mut self, column: &str, problem: ImportProblem) {
        let found = self.found(column).map(shown);
        self.findings.issues.push(ImportIssue {
            file: self.origin.file.clone(),
            sheet: self.origin.sheet.clone(),
            row: Some(self.raw.row),
            column: Some(self.places.written(column).to_owned()),
            value: found,
            problem,
        });
    }

    /// Reports a problem of the row as a whole.
    pub(super) fn row_issue(&mut self, problem: ImportProblem) {
        self.findings.issues.push(ImportIssue {
            file: self.origin.file.clone(),
            sheet: self.origin.sheet.clone(),
            row: Some(self.raw.row),
            column: None,
            value: None,
            problem,
        });
    }

    /// Reports cells that stand in no column.
    pub(super) fn check_width(&mut self, own_width: usize, width: usize) {
        for (place, cell) in self.raw.cells().enumerate() {
            let is_extra = place >= width || (place < own_width && self.places.is_unnamed(place));
            if is_extra && !is_blank(cell) {
                self.findings.issues.push(ImportIssue {
                    file: self.origin.file.clone(),
                    sheet: self.origin.sheet.clone(),
                    row: Some(self.raw.row),
                    column: Some(spreadsheet_column(place)),
                    value: Some(shown(cell)),
                    problem: ImportProblem::CellWithoutColumn,
                });
            }
        }
    }

    /// Reports columns that are there or required, and blank in this row.
    pub(super) fn require(&mut self, columns: &[&str]) {
        for column in columns {
            if !self.is_filled(column) {
                self.issue(column, ImportProblem::EmptyCell);
            }
        }
    }

    /// The cleaned text of a cell, if it is text at all.
    fn cleaned(&self, column: &str) -> Option<Result<Cow<'a, str>, ImportProblem>> {
        let found = self.found(column)?;
        if found.len() > LONGEST_CELL {
            return Some(Err(ImportProblem::CellTooLong(found.len())));
        }
        if is_error_text(found) {
            return Some(Err(ImportProblem::FormulaError));
        }
        match clean(found) {
            Ok(text) if text.is_empty() => None,
            Ok(text) => Some(Ok(text)),
            Err(control) => Some(Err(ImportProblem::ControlCharacter(control))),
        }
    }

    /// Reads a cell; `None` where it is blank, or where it cannot be read and an issue says so.
    pub(super) fn read<T, E: Into<ImportProblem>>(
        &mut self,
        column: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.cleaned(column)?;
        match text.and_then(|text| read(&text).map_err(Into::into)) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.issue(column, problem);
                None
            }
        }
    }

    /// Reads a cell as a cell with the same text was read before, if there was one.
    fn again<T: Clone>(
        &mut self,
        column: &str,
        memory: fn(&mut Seen) -> &mut Memory<T>,
        read: impl FnOnce(&mut Cells<'a>) -> Option<T>,
    ) -> Option<T> {
        let found = self.found(column)?;
        if let Some(value) = memory(self.seen).get(found) {
            return Some(value.clone());
        }
        let value = read(self)?;
        let memory = memory(self.seen);
        if memory.len() < REMEMBERED {
            memory.insert(found.into(), value.clone());
        }
        Some(value)
    }

    /// Free text: names, notes, grounds.
    pub(super) fn text(&mut self, column: &str) -> Option<String> {
        self.read(column, |text| match text {
            text if text.starts_with(['=', '@']) => Err(ImportProblem::Formula),
            text => Ok(text.to_owned()),
        })
    }

    /// Text that names one thing, such as a kind, a source or a citizen's number.
    pub(super) fn name(&mut self, column: &str) -> Option<String> {
        self.read(column, |text| name_of(text).map(str::to_owned))
    }

    /// As [`Cells::name`], of what is named in many rows.
    pub(super) fn shared_name(&mut self, column: &str) -> Option<Arc<str>> {
        self.again(
            column,
            |seen| &mut seen.names,
            |cells| cells.read(column, |text| name_of(text).map(Arc::from)),
        )
    }

    /// A code.
    pub(super) fn code(&mut self, column: &str) -> Option<Code> {
        self.read(column, code_of)
    }

    /// Codes with semicolons between them.
    pub(super) fn codes(&mut self, column: &str) -> Option<Vec<Code>> {
        let read = |text: &str| {
            let parts = text
                .split(';')
                .map(str::trim)
                .filter(|part| !part.is_empty());
            parts.map(code_of).collect::<Result<Vec<Code>, _>>()
        };
        self.again(
            column,
            |seen| &mut seen.codes,
            |cells| cells.read(column, read),
        )
    }

    /// A date.
    pub(super) fn date(&mut self, column: &str) -> Option<chrono::NaiveDate> {
        self.again(
            column,
            |seen| &mut seen.dates,
            |cells| cells.read(column, read_date),
        )
    }

    /// A period, in a form of [`Period`] or in words.
    pub(super) fn period(&mut self, column: &str) -> Option<Period> {
        self.again(
            column,
            |seen| &mut seen.periods,
            |cells| cells.read(column, Period::parse_vietnamese),
        )
    }

    /// A document.
    pub(super) fn citation(&mut self, column: &str) -> Option<Arc<Citation>> {
        self.again(
            column,
            |seen| &mut seen.citations,
            |cells| cells.text(column).map(|text| read_citation(&text).into()),
        )
    }

    /// A class, none, or nothing.
    pub(super) fn class(&mut self, column: &str) -> ClassCell {
        let read = |text: &str| words::read_class(text).ok_or(ImportProblem::UnknownClass);
        let class = self.again(
            column,
            |seen| &mut seen.classes,
            |cells| cells.read(column, read),
        );
        class.unwrap_or_default()
    }

    /// A stage.
    pub(super) fn stage(&mut self, column: &str) -> Option<Stage> {
        let read = |text: &str| words::read_stage(text).ok_or(ImportProblem::UnknownStage);
        self.again(
            column,
            |seen| &mut seen.stages,
            |cells| cells.read(column, read),
        )
    }

    /// A count.
    pub(super) fn count(&mut self, column: &str) -> Option<u64> {
        self.number(column, number::read_count)
    }

    /// An amount of money.
    pub(super) fn money(&mut self, column: &str, units: &Units<'_>) -> Option<Money> {
        let decimals = units.currency_decimals;
        self.again(
            column,
            |seen| &mut seen.money,
            |cells| cells.number(column, |text| number::read_money(text, decimals)),
        )
    }

    /// A quantity in a unit that has been found; without one, `missing` says what has no unit.
    pub(super) fn quantity(
        &mut self,
        unit: Option<&(String, u32)>,
        missing: impl FnOnce() -> ImportProblem,
    ) -> Option<Quantity> {
        const COLUMN: &str = "quantity";
        let Some((unit, decimals)) = unit else {
            if self.is_filled(COLUMN) {
                self.issue(COLUMN, missing());
            }
            return None;
        };
        let quantity = self.number(COLUMN, |text| number::read_quantity(text, unit, *decimals))?;
        let text = self.found(COLUMN).unwrap_or_default().trim().to_owned();
        let seen = match number::dot_use(&text, unit, *decimals) {
            None => return Some(quantity),
            Some(DotUse::Thousands) => &mut self.findings.thousands,
            Some(DotUse::Decimals) => &mut self.findings.decimals,
        };
        seen.get_or_insert((self.raw.row, text));
        Some(quantity)
    }

    /// As [`Cells::read`], but a tab at the start is the mark of a formula, not only invisible.
    fn number<T>(
        &mut self,
        column: &str,
        read: impl FnOnce(&str) -> Result<T, NumberError>,
    ) -> Option<T> {
        let read = |text: &str| {
            read(text).map_err(|error| NumberError {
                found: shown(text),
                ..error
            })
        };
        match self.found(column) {
            Some(found) if number::is_formula(found) => {
                let problem = read(found).err().map(ImportProblem::from);
                self.issue(column, problem.unwrap_or(ImportProblem::Formula));
                None
            }
            _ => self.read(column, read),
        }
    }
}

fn name_of(text: &str) -> Result<&str, ImportProblem> {
    if number::is_formula(text) {
        return Err(ImportProblem::Formula);
    }
    if number::is_scientific(text) {
        return Err(ImportProblem::ShortenedCode);
    }
    Ok(text)
}

fn code_of(text: &str) -> Result<Code, ImportProblem> {
    Ok(Code::new(name_of(text)?)?)
}

/// How a spreadsheet names a column: A to Z, then AA.
fn spreadsheet_column(place: usize) -> String {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap_or(0));
    let mut name = letter(place).to_string();
    let mut rest = place / 26;
    while rest > 0 {
        name.insert(0, letter(rest - 1));
        rest = (rest - 1) / 26;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_a_spreadsheet_does() {
        for (place, name) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (51, "AZ"),
            (52, "BA"),
            (702, "AAA"),
        ] {
            assert_eq!(spreadsheet_column(place), name);
        }
    }
}
