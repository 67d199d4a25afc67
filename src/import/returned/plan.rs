//! What is to stand in a list that is given back: which cells become red, what is said of them, and
//! what became of each row, in two columns behind the last.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{RESULT, RowAnswer, WHY, answer_header, is_called, said};
use crate::domain::Lang;
use crate::import::issue::ImportIssue;
use crate::import::list::ListRead;
use crate::import::sheet_table::mapping;
use crate::import::text::is_blank;
use crate::import::workbook::Sheet;

/// All that is to change in a sheet.
pub(super) struct Plan {
    /// By the number of the row, from 1.
    pub(super) rows: BTreeMap<u64, RowPlan>,
    /// What is said of a cell, by its row, from 1, and its column, from 0.
    pub(super) notes: BTreeMap<(u64, u32), String>,
    /// The columns of results.
    pub(super) answers: Vec<Answer>,
    /// Cells of the header that become one: the first and the last row, and the column.
    pub(super) merges: Vec<(u64, u64, u32)>,
}

/// What is to change in a row, by its column, from 0.
#[derive(Default)]
pub(super) struct RowPlan {
    pub(super) changes: BTreeMap<u32, Change>,
}

/// What becomes of a cell.
pub(super) enum Change {
    /// It says what it said, in red.
    Red,
    /// It says this.
    Text { text: Cow<'static, str>, red: bool },
    /// It says nothing.
    Blank,
}

/// A column of results.
pub(super) struct Answer {
    /// Where it stands, from 0.
    pub(super) at: u32,
    /// It was not there before.
    pub(super) is_new: bool,
    pub(super) width: u32,
}

/// How wide the columns of results are.
const WIDTHS: [u32; 2] = [18, 60];

/// The longest text of a cell, in characters: a spreadsheet takes a little more.
const LONGEST: usize = 32_000;

fn column_of(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

impl Plan {
    pub(super) fn of<R>(
        list: &ListRead<R>,
        sheet: &Sheet,
        issues: &[ImportIssue],
        answers: &BTreeMap<u64, RowAnswer>,
        ledger: &str,
        lang: Lang,
    ) -> Plan {
        let mut plan = Plan {
            rows: BTreeMap::new(),
            notes: BTreeMap::new(),
            answers: list.answer_columns(sheet, ledger),
            merges: Vec::new(),
        };
        for ((row, column), issues) in list.marks(issues) {
            let text: Vec<String> = issues.iter().map(|issue| said(issue, lang)).collect();
            plan.change(row, column, Change::Red);
            plan.notes.insert((row, column), text.join("\n"));
        }
        plan.head(list, sheet, ledger, lang);
        plan.answer(list, issues, answers, lang);
        plan
    }

    fn change(&mut self, row: u64, column: u32, change: Change) {
        let row = self.rows.entry(row).or_default();
        row.changes.insert(column, change);
    }

    fn head<R>(&mut self, list: &ListRead<R>, sheet: &Sheet, ledger: &str, lang: Lang) {
        let names = [RESULT, WHY].map(|[vi, en]| lang.pick(vi, en));
        let places: Vec<(u32, bool)> = self.answers.iter().map(|it| (it.at, it.is_new)).collect();
        let first = places.iter().map(|(at, _)| *at).min().unwrap_or(0);
        let top = high_as(sheet, list.header_row, first);
        for ((at, is_new), name) in places.into_iter().zip(names) {
            let text = answer_header(ledger, name);
            let (text, red) = (text.into(), false);
            let top = if is_new {
                top
            } else {
                high_as(sheet, list.header_row, at + 1)
            };
            self.change(top, at, Change::Text { text, red });
            if is_new && top < list.header_row {
                let blank = top + 1..=list.header_row;
                blank.for_each(|row| self.change(row, at, Change::Blank));
                self.merges.push((top, list.header_row, at));
            }
        }
    }

    fn answer<R>(
        &mut self,
        list: &ListRead<R>,
        issues: &[ImportIssue],
        answers: &BTreeMap<u64, RowAnswer>,
        lang: Lang,
    ) {
        let mut wrong: BTreeMap<u64, Vec<&ImportIssue>> = BTreeMap::new();
        for issue in issues {
            wrong.entry(issue.row.unwrap_or(0)).or_default().push(issue);
        }
        let [result, why] = match self.answers.as_slice() {
            [result, why] => [result.at, why.at],
            _ => return,
        };
        for raw in &list.raw {
            let wrong = wrong.get(&raw.row).map_or(&[][..], Vec::as_slice);
            let reasons = wrong.iter().map(|issue| match &issue.column {
                Some(column) => format!("{column}: {}", said(issue, lang)),
                None => said(issue, lang),
            });
            let reasons = reasons.collect::<Vec<String>>().join("; ");
            let red = !wrong.is_empty();
            let answer = match red {
                true => RowAnswer::Wrong,
                false => answers.get(&raw.row).copied().unwrap_or(RowAnswer::Valid),
            };
            let text = answer.text(lang).into();
            self.change(raw.row, result, Change::Text { text, red });
            let reasons = match reasons.char_indices().nth(LONGEST) {
                Some((end, _)) => reasons.get(..end).unwrap_or_default().to_owned(),
                None => reasons,
            };
            let change = match reasons.is_empty() {
                true => Change::Blank,
                false => Change::Text {
                    text: reasons.into(),
                    red: false,
                },
            };
            self.change(raw.row, why, change);
        }
    }
}

/// The first row of the header beside a column: cells of several rows that are shown as one.
fn high_as(sheet: &Sheet, header_row: u64, column: u32) -> u64 {
    let beside = sheet.merges.iter().find(|merge| {
        column
            .checked_sub(1)
            .is_some_and(|left| (merge.left..=merge.right).contains(&left))
            && u64::from(merge.bottom) + 1 == header_row
    });
    beside.map_or(header_row, |merge| u64::from(merge.top) + 1)
}

impl<R> ListRead<R> {
    /// Where the columns of results stand: where they stood, or behind all that stands in the rows
    /// of the list.
    fn answer_columns(&self, sheet: &Sheet, ledger: &str) -> Vec<Answer> {
        let last = self.raw.last().map_or(self.header_row, |raw| raw.row);
        let rows = sheet.rows.iter();
        let in_list = rows.filter(|row| (self.header_row..=last).contains(&row.row));
        let widest = in_list.map(|row| row.cells.len()).max().unwrap_or(0);
        let merged = sheet.merges.iter().filter(|merge| {
            u64::from(merge.top) < last && u64::from(merge.bottom) + 1 >= self.header_row
        });
        let merged = merged.map(|merge| merge.right + 1).max().unwrap_or(0);
        let mut free = merged.max(column_of(widest.max(self.header.len())));
        let columns = [RESULT, WHY].into_iter().zip(WIDTHS).map(|(names, width)| {
            let mut header = self.header.iter();
            let old = header.position(|cell| is_called(cell, ledger, &names));
            let at = old.map(column_of).unwrap_or_else(|| {
                free += 1;
                free - 1
            });
            Answer {
                at,
                is_new: old.is_none(),
                width,
            }
        });
        columns.collect()
    }

    /// The issues by the cell they are about; those about a whole row stand at its first cell.
    fn marks<'i>(&self, issues: &'i [ImportIssue]) -> BTreeMap<(u64, u32), Vec<&'i ImportIssue>> {
        let columns = mapping(&self.places);
        let mut marks: BTreeMap<(u64, u32), Vec<&ImportIssue>> = BTreeMap::new();
        for issue in issues {
            let Some(row) = issue.row else { continue };
            let place = issue.column.as_deref().and_then(|written| {
                let mut known = columns.iter();
                known.find_map(|(place, name, _)| (name == written).then_some(*place))
            });
            let place = place.unwrap_or_else(|| self.first_cell(row));
            marks
                .entry((row, column_of(place)))
                .or_default()
                .push(issue);
        }
        marks
    }

    fn first_cell(&self, row: u64) -> usize {
        let place = self.raw.binary_search_by_key(&row, |raw| raw.row).ok();
        let raw = place.and_then(|place| self.raw.get(place));
        let first = raw.and_then(|raw| raw.cells().position(|cell| !is_blank(cell)));
        first.unwrap_or(0)
    }
}
