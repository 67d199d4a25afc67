//! From a [`Book`] to the bytes of an `.xlsx`: the same book, the same bytes, wherever and when.

use rust_decimal::Decimal;
use rust_xlsxwriter::utility::column_number_to_name;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, Formula, Workbook, Worksheet, XlsxError,
};

use super::bars;
use super::book::{Book, Cell, Column, Letterhead, Look, Page, Signature, Total};
use super::look::Looks;
use super::paper::{Paper, lines, texts};
use crate::domain::fixed::format_thousandths;
use crate::domain::language::{Explain, Lang};

/// The most rows a table can have on a sheet: what a spreadsheet holds, less what stands around it.
const MOST_ROWS: usize = 1_048_000;
/// The most characters of a text in a cell.
const LONGEST: usize = 32_000;
/// A spreadsheet is exact to fifteen digits; a longer number is written as a text.
const EXACT: i128 = 1_000_000_000_000_000;

/// Why a workbook cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// A page has more rows than a sheet can hold.
    #[error("{rows} rows are more than a sheet holds")]
    TooManyRows {
        /// How many it has.
        rows: usize,
    },
    /// What the writer says.
    #[error("the workbook cannot be written: {0}")]
    Unwritable(#[from] XlsxError),
}

impl Explain for BookError {
    fn code(&self) -> &'static str {
        match self {
            BookError::TooManyRows { .. } => "too_many_rows",
            BookError::Unwritable(_) => "workbook_unwritable",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match self {
            BookError::TooManyRows { rows } => lang.pick(
                format!("{rows} dòng: một trang tính chỉ chứa được {MOST_ROWS} dòng"),
                format!("{rows} rows: a sheet holds only {MOST_ROWS}"),
            ),
            BookError::Unwritable(why) => lang.pick(
                format!("không ghi được bảng tính: {why}"),
                format!("the workbook cannot be written: {why}"),
            ),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        matches!(self, BookError::TooManyRows { .. }).then(|| {
            lang.pick(
                "chia theo kỳ, theo chính sách hoặc theo thôn, hoặc dùng `socai export csv`",
                "ask by period, kind or village, or use `socai export csv`",
            )
            .to_owned()
        })
    }
}

/// Writes a workbook.
///
/// # Errors
/// [`BookError`] where a sheet cannot hold a page.
pub fn write(book: &Book) -> Result<Vec<u8>, BookError> {
    let mut out = Workbook::new();
    let born = ExcelDateTime::from_ymd(2000, 1, 1)?;
    out.set_properties(&DocProperties::new().set_creation_datetime(&born));
    let looks = Looks::new();
    let mut names: Vec<String> = Vec::new();
    for page in &book.pages {
        if page.rows.len() > MOST_ROWS {
            let rows = page.rows.len();
            return Err(BookError::TooManyRows { rows });
        }
        let name = sheet_name(&page.name, &names);
        let sheet = out.add_worksheet();
        sheet.set_name(&name)?;
        names.push(name);
        Writer::new(sheet, &looks, book.lang).page(page)?;
    }
    let name = sheet_name(book.lang.pick("Nguồn gốc", "Origin"), &names);
    let sheet = out.add_worksheet();
    sheet.set_name(&name)?;
    origin(sheet, &looks, &book.origin)?;
    Ok(out.save_to_buffer()?)
}

fn origin(
    sheet: &mut Worksheet,
    looks: &Looks,
    lines: &[(String, String)],
) -> Result<(), BookError> {
    for (row, (name, value)) in (0_u32..).zip(lines) {
        sheet.write_string_with_format(row, 0, name, &looks.label)?;
        sheet.write_string_with_format(row, 1, cut(value), &looks.plain)?;
    }
    sheet.set_column_width(0, 28)?;
    sheet.set_column_width(1, 80)?;
    sheet.set_paper_size(9).set_print_fit_to_pages(1, 0);
    Ok(())
}

/// A name that a sheet can have and no other has: 31 characters, none that formulas use.
fn sheet_name(name: &str, taken: &[String]) -> String {
    let kept = name.chars().map(|c| match c {
        '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'' => ' ',
        c => c,
    });
    let kept: String = kept.take(31).collect();
    let kept = match kept.trim() {
        "" => "socai",
        kept => kept,
    };
    let is_taken = |name: &str| {
        let name = name.to_lowercase();
        taken.iter().any(|known| known.to_lowercase() == name)
    };
    let numbered = |number: u32| {
        let end = format!(" ({number})");
        let room = 31_usize.saturating_sub(end.len());
        kept.chars().take(room).collect::<String>() + &end
    };
    if !is_taken(kept) {
        return kept.to_owned();
    }
    let mut numbers = (2_u32..).map(numbered);
    numbers.find(|name| !is_taken(name)).unwrap_or_default()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text.to_owned(),
    }
}

/// Writes one page from its top to its bottom.
struct Writer<'w> {
    lang: Lang,
    looks: &'w Looks,
    row: u32,
    sheet: &'w mut Worksheet,
}

impl<'w> Writer<'w> {
    fn new(sheet: &'w mut Worksheet, looks: &'w Looks, lang: Lang) -> Writer<'w> {
        Writer {
            lang,
            looks,
            row: 0,
            sheet,
        }
    }

    fn page(&mut self, page: &Page) -> Result<(), BookError> {
        let paper = Paper::of(page);
        let last = paper.last;
        if let Some(head) = &page.letterhead {
            self.letterhead(head, &paper)?;
        }
        for (place, line) in page.title.iter().enumerate() {
            let format = match place {
                0 => &self.looks.title,
                _ => &self.looks.subtitle,
            };
            across(self.sheet, self.row, (0, last), line, format)?;
            self.row += 1;
        }
        if self.row > 0 {
            self.row += 1;
        }
        let head = self.row;
        self.table(page, &paper.widths)?;
        self.bars(page, head)?;
        for line in &page.foot {
            across(self.sheet, self.row, (0, last), line, &self.looks.foot)?;
            self.row += 1;
        }
        if let Some(line) = self.unprinted(page, &paper) {
            across(self.sheet, self.row, (0, last), &line, &self.looks.foot)?;
            self.row += 1;
        }
        self.signatures(&page.signatures, last)?;
        self.paper(&paper)
    }

    /// What paper has no room for is named on it.
    fn unprinted(&self, page: &Page, paper: &Paper) -> Option<String> {
        let rest = page.columns.iter().skip(usize::from(paper.printed) + 1);
        let names: Vec<&str> = rest.map(|column| column.label.as_str()).collect();
        let names = Some(names).filter(|names| !names.is_empty())?.join(", ");
        Some(self.lang.pick(
            format!("Không in, xem trong tệp: {names}."),
            format!("Not printed, see the file: {names}."),
        ))
    }

    fn letterhead(&mut self, head: &Letterhead, paper: &Paper) -> Result<(), BookError> {
        let (middle, last) = (paper.middle(head), paper.last);
        for place in 0..head.issuer.len().max(head.motto.len()) {
            let motto = match place {
                0 => &self.looks.issuer,
                _ => &self.looks.motto,
            };
            if let Some(line) = head.issuer.get(place) {
                across(self.sheet, self.row, (0, middle), line, &self.looks.issuer)?;
            }
            if let Some(line) = head.motto.get(place) {
                across(self.sheet, self.row, (middle + 1, last), line, motto)?;
            }
            self.row += 1;
        }
        self.row += 1;
        Ok(())
    }

    fn table(&mut self, page: &Page, widths: &[usize]) -> Result<(), BookError> {
        let header = self.row;
        let labels = page.columns.iter().map(|column| column.label.as_str());
        self.height(header, lines(labels, widths))?;
        for (at, column) in (0_u16..).zip(&page.columns) {
            let label = cut(&capital(&column.label));
            self.sheet
                .write_string_with_format(header, at, label, &self.looks.header)?;
        }
        for (row, cells) in (header + 1..).zip(&page.rows) {
            self.height(row, lines(texts(cells), widths))?;
            for ((at, column), cell) in (0_u16..).zip(&page.columns).zip(cells) {
                self.cell(row, at, column, cell)?;
            }
        }
        let rows = u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
        let last = header + rows;
        self.row = last + 1;
        if rows > 0 && page.columns.iter().any(|one| one.total != Total::None) {
            self.totals(page, header + 1, last)?;
            self.row += 1;
        }
        self.sheet.set_freeze_panes(header + 1, 0)?;
        self.sheet.set_repeat_rows(header, header)?;
        if rows > 0 {
            self.sheet.autofilter(header, 0, last, last_column(page))?;
        }
        self.row += 1;
        Ok(())
    }

    /// The bars of the table whose head stands in a row.
    fn bars(&mut self, page: &Page, head: u32) -> Result<(), BookError> {
        let rows = u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
        let Some(bars) = page.bars.as_ref().filter(|_| rows > 0) else {
            return Ok(());
        };
        let names = match bars.names.is_empty() {
            true => 0,
            false => last_column(page) + 1,
        };
        for (row, name) in (head + 1..).zip(&bars.names) {
            self.sheet.write_string(row, names, cut(name))?;
            self.sheet.set_column_hidden(names)?;
        }
        let place = bars::Place {
            sheet: &self.sheet.name(),
            head,
            last: head + rows,
            names,
        };
        let (chart, tall) = bars::chart(bars, place);
        self.sheet.insert_chart(self.row, 0, &chart)?;
        // A row is 20 pixels high.
        self.row += tall / 20 + 2;
        Ok(())
    }

    /// Room for lines: not every program that shows a sheet makes it by itself.
    fn height(&mut self, row: u32, lines: usize) -> Result<(), BookError> {
        if let Ok(lines @ 2..) = u16::try_from(lines) {
            self.sheet.set_row_height(row, lines.min(24) * 16)?;
        }
        Ok(())
    }

    fn cell(&mut self, row: u32, at: u16, column: &Column, cell: &Cell) -> Result<(), BookError> {
        let looks = self.looks;
        match cell {
            Cell::Blank => {
                let format = match column.look {
                    Look::Number => &looks.whole,
                    Look::Order => &looks.order,
                    Look::Day => &looks.day,
                    Look::Text => &looks.text,
                };
                self.sheet.write_blank(row, at, format)?;
            }
            Cell::Day(day) => {
                let text = day.format("%Y-%m-%d").to_string();
                match ExcelDateTime::parse_from_str(&text) {
                    Ok(day) => self
                        .sheet
                        .write_datetime_with_format(row, at, &day, &looks.day)?,
                    // A day before 1900 is none that a spreadsheet knows.
                    Err(_) => self
                        .sheet
                        .write_string_with_format(row, at, text, &looks.text)?,
                };
            }
            Cell::Number(number) if column.look == Look::Order => {
                let number = exact(*number).unwrap_or_default();
                self.sheet
                    .write_with_format(row, at, number, &looks.order)?;
            }
            Cell::Number(number) => self.number(row, at, *number, false)?,
            Cell::Text(text) => {
                self.sheet
                    .write_string_with_format(row, at, cut(text), &looks.text)?;
            }
        }
        Ok(())
    }

    fn number(&mut self, row: u32, at: u16, number: i128, total: bool) -> Result<(), BookError> {
        let format = self.looks.number(number, total);
        match exact(number) {
            Some(value) => self.sheet.write_with_format(row, at, value, format)?,
            None => {
                let text = format_thousandths(number);
                self.sheet.write_string_with_format(row, at, text, format)?
            }
        };
        Ok(())
    }

    /// The row of totals, from the first to the last row of the table.
    fn totals(&mut self, page: &Page, first: u32, last: u32) -> Result<(), BookError> {
        let row = last + 1;
        let label = self.lang.pick("Cộng", "Total");
        let name_at = page.columns.iter().position(|one| one.look == Look::Text);
        for ((at, column), place) in (0_u16..).zip(&page.columns).zip(0_usize..) {
            match &column.total {
                Total::Sum => {
                    let cells = page.rows.iter().filter_map(|cells| cells.get(place));
                    let sum: i128 = cells
                        .map(|cell| match cell {
                            Cell::Number(number) => *number,
                            _ => 0,
                        })
                        .sum();
                    let letter = column_number_to_name(at);
                    let formula = format!("=SUM({letter}{}:{letter}{})", first + 1, last + 1);
                    let formula = Formula::new(formula).set_result(format_thousandths(sum));
                    let format = self.looks.number(sum, true);
                    self.sheet
                        .write_formula_with_format(row, at, formula, format)?;
                }
                Total::Value(Cell::Number(number)) => self.number(row, at, *number, true)?,
                _ => {
                    let here = Some(place) == name_at;
                    let text = if here { label } else { "" };
                    let format = &self.looks.total_text;
                    match text {
                        "" => self.sheet.write_blank(row, at, format)?,
                        text => self.sheet.write_string_with_format(row, at, text, format)?,
                    };
                }
            }
        }
        Ok(())
    }

    /// Signatures side by side, with room for a hand below each.
    fn signatures(&mut self, signatures: &[Signature], last: u16) -> Result<(), BookError> {
        let number = u16::try_from(signatures.len()).unwrap_or(u16::MAX);
        if number == 0 {
            return Ok(());
        }
        self.row += 1;
        let columns = last + 1;
        for (place, signature) in (0_u16..).zip(signatures) {
            let from = columns * place / number;
            let to = (columns * (place + 1) / number).saturating_sub(1).max(from);
            let (row, looks) = (self.row, self.looks);
            across(self.sheet, row, (from, to), &signature.who, &looks.sign)?;
            let how = &signature.how;
            across(self.sheet, row + 1, (from, to), how, &looks.sign_how)?;
        }
        self.row += 6;
        Ok(())
    }

    fn paper(&mut self, paper: &Paper) -> Result<(), BookError> {
        for (at, width) in (0_u16..).zip(&paper.widths) {
            let width = u16::try_from(*width).unwrap_or(u16::MAX);
            self.sheet.set_column_width(at, width)?;
        }
        self.sheet.set_paper_size(9);
        self.sheet.set_print_fit_to_pages(paper.sheets, 0);
        self.sheet.set_margins(0.6, 0.4, 0.7, 0.7, 0.3, 0.3);
        self.sheet.set_footer("&C&P/&N");
        if paper.is_lying {
            self.sheet.set_landscape();
        }
        if paper.sheets > 1 {
            self.sheet.set_repeat_columns(0, 0)?;
        }
        if usize::from(paper.printed) + 1 < paper.widths.len() {
            let last = self.row.max(1) - 1;
            self.sheet.set_print_area(0, 0, last, paper.printed)?;
        }
        Ok(())
    }
}

/// A heading begins with a capital.
fn capital(label: &str) -> String {
    let mut letters = label.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A number that a spreadsheet keeps exactly.
fn exact(thousandths: i128) -> Option<Decimal> {
    let kept = thousandths.abs() < EXACT;
    let number = i64::try_from(thousandths).ok().filter(|_| kept)?;
    Some(Decimal::new(number, 3).normalize())
}

fn last_column(page: &Page) -> u16 {
    let last = page.columns.len().saturating_sub(1);
    u16::try_from(last).unwrap_or(u16::MAX)
}

/// Writes a text over some columns of a row.
fn across(
    sheet: &mut Worksheet,
    row: u32,
    (from, to): (u16, u16),
    text: &str,
    format: &Format,
) -> Result<(), BookError> {
    if from < to {
        sheet.merge_range(row, from, row, to, &cut(text), format)?;
    } else {
        sheet.write_string_with_format(row, from, cut(text), format)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_have_names_that_a_spreadsheet_takes_and_no_two_have_one() {
        let mut taken = Vec::new();
        for name in [
            "Hộ/2023",
            "hộ 2023",
            "",
            "socai",
            &"a".repeat(40),
            &"A".repeat(40),
        ] {
            let name = sheet_name(name, &taken);
            assert!(name.chars().count() <= 31 && !name.is_empty());
            taken.push(name);
        }
        let mut folded: Vec<String> = taken.iter().map(|name| name.to_lowercase()).collect();
        folded.sort();
        folded.dedup();
        assert_eq!(folded.len(), taken.len(), "{taken:?}");
    }

    #[test]
    fn a_number_beyond_fifteen_digits_is_a_text() {
        assert_eq!(exact(1_337_000_500), Some(Decimal::new(13_370_005, 1)));
        assert_eq!(exact(EXACT), None);
        assert_eq!(exact(-EXACT), None);
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        let text = "ộ".repeat(LONGEST + 5);
        assert_eq!(cut(&text).chars().count(), LONGEST + 1);
        assert_eq!(cut("=1+1"), "=1+1");
    }
}
