//! How a page lies on paper: how wide its columns are, upright or on its side, on one sheet of A4
//! beside another where one would be too small to read.

use super::book::{Cell, Column, Letterhead, Page, Total};
use crate::domain::fixed::format_thousandths;

/// From how many rows the widths of columns are taken.
const MEASURED: usize = 2_000;
/// The widest a column becomes by what stands in it.
const WIDEST: usize = 38;
/// The same where much must go on a sheet.
const NARROWER: [usize; 2] = [28, 22];
/// From how many characters on a page lies on its side.
const UPRIGHT: usize = 88;
/// What an A4 sheet on its side has room for between its margins, in points of a screen: some less
/// than there is, since not every program measures letters alike.
const ROOM: usize = 1_000;
/// The smallest that a page is printed, in percent.
const SMALLEST: usize = 60;

/// A page as it lies on paper.
pub(super) struct Paper {
    /// How wide each column is, in digits of the standard letter.
    pub(super) widths: Vec<usize>,
    pub(super) is_lying: bool,
    /// How many sheets lie side by side.
    pub(super) sheets: u16,
    /// The last column that is printed.
    pub(super) printed: u16,
    /// The last column of the first sheet.
    pub(super) last: u16,
}

impl Paper {
    pub(super) fn of(page: &Page) -> Paper {
        let all = Paper::printing(page, page.columns.len());
        let mut paper = match all.sheets {
            1 => all,
            // What is for the screen alone stands at the end.
            _ => {
                let for_screen = page.columns.iter().rev();
                let for_screen = for_screen.take_while(|column| column.on_screen).count();
                Paper::printing(page, page.columns.len() - for_screen)
            }
        };
        paper.make_room(page.letterhead.as_ref());
        paper
    }

    /// The first columns on paper, so that they take as little of it as they can.
    fn printing(page: &Page, number: usize) -> Paper {
        let choices = [WIDEST].into_iter().chain(NARROWER).map(|widest| {
            let printed: Vec<usize> = widths(page, widest).into_iter().take(number).collect();
            let again = printed.first().map_or(0, |width| one(*width));
            // The first column is printed again on every sheet but the first.
            let room = |sheets: usize| (points(&printed) + again * (sheets - 1)).div_ceil(sheets);
            let most = ROOM * 100 / SMALLEST;
            let sheets = (1..=4).find(|sheets| room(*sheets) <= most).unwrap_or(4);
            let room = room(sheets);
            let rows = page.rows.iter().take(MEASURED);
            let lines: usize = rows.map(|row| lines(texts(row), &printed)).sum();
            // The smaller the letters, the less paper a line takes.
            let paper = lines * sheets * 1_000 / room.max(ROOM);
            (paper, printed, sheets, room)
        });
        let best = choices.min_by_key(|(paper, _, sheets, _)| (*sheets, *paper));
        let (_, mut all, sheets, room) = best.unwrap_or_default();
        // What is not printed need not be narrow.
        all.extend(widths(page, WIDEST).into_iter().skip(number));
        let printed = u16::try_from(number.saturating_sub(1)).unwrap_or(u16::MAX);
        let mut paper = Paper {
            is_lying: all.iter().take(number).sum::<usize>() > UPRIGHT,
            sheets: u16::try_from(sheets).unwrap_or(1),
            printed,
            last: printed,
            widths: all,
        };
        if sheets > 1 {
            paper.last = paper.last_within(room);
        }
        paper
    }

    /// The last of the columns that have room.
    fn last_within(&self, room: usize) -> u16 {
        let mut used = 0;
        let fits = self.widths.iter().take_while(|width| {
            used += one(**width);
            used <= room
        });
        let last = fits.count().saturating_sub(1);
        u16::try_from(last).unwrap_or(u16::MAX).min(self.printed)
    }

    /// Makes the outer columns so wide that a head has the room that it needs.
    fn make_room(&mut self, head: Option<&Letterhead>) {
        let Some(head) = head else { return };
        let (middle, last) = (self.middle(head), self.last);
        let left = needed(&head.issuer).saturating_sub(self.across(0, middle));
        let right = needed(&head.motto).saturating_sub(self.across(middle + 1, last));
        for (at, lack) in [(0, left), (last, right)] {
            if let Some(width) = self.widths.get_mut(usize::from(at)) {
                *width += lack.div_ceil(7);
            }
        }
    }

    fn across(&self, first: u16, last: u16) -> usize {
        let columns = self.widths.iter().skip(first.into());
        let columns = columns.take(usize::from(last.saturating_sub(first)) + 1);
        columns.map(|width| one(*width)).sum()
    }

    /// The last column of the left half of a head: both halves have their room, and are as alike as
    /// they can be.
    pub(super) fn middle(&self, head: &Letterhead) -> u16 {
        let (left, right) = (needed(&head.issuer), needed(&head.motto));
        let lack = |at: &u16| {
            let halves = (self.across(0, *at), self.across(*at + 1, self.last));
            let lack = left.saturating_sub(halves.0) + right.saturating_sub(halves.1);
            (lack, halves.0.abs_diff(halves.1))
        };
        (0..self.last).min_by_key(lack).unwrap_or(0)
    }
}

/// The room that lines in bold capitals need, in points.
fn needed(lines: &[String]) -> usize {
    let longest = lines.iter().map(|line| line.chars().count()).max();
    longest.unwrap_or(0) * 10 + 10
}

/// The points of a column so wide.
fn one(width: usize) -> usize {
    width * 7 + 5
}

fn points(widths: &[usize]) -> usize {
    widths.iter().map(|width| one(*width)).sum()
}

/// How wide each column is.
fn widths(page: &Page, widest: usize) -> Vec<usize> {
    let columns = page.columns.iter().enumerate();
    columns
        .map(|(place, column)| width(page, place, column, widest))
        .collect()
}

/// The texts of a row.
pub(super) fn texts(cells: &[Cell]) -> impl Iterator<Item = &str> {
    cells.iter().map(|cell| match cell {
        Cell::Text(text) => text.as_str(),
        _ => "",
    })
}

/// How many lines the texts of a row take in columns so wide.
pub(super) fn lines<'t>(texts: impl Iterator<Item = &'t str>, widths: &[usize]) -> usize {
    let wrapped = |(text, width): (&str, &usize)| {
        // The letter that offices write in is narrower than the digit a width counts.
        let room = (width * 6 / 5).saturating_sub(2).max(4);
        let line = |line: &str| {
            // A word goes to the next line whole, and only one that has no room on any is broken.
            let (mut lines, mut used) = (1, 0);
            for word in line.split(' ') {
                let word = word.chars().count();
                if used > 0 && used + 1 + word > room {
                    lines += 1;
                    used = 0;
                }
                used += word + usize::from(used > 0);
                lines += used.saturating_sub(1) / room;
                used -= used.saturating_sub(1) / room * room;
            }
            lines
        };
        text.split('\n').map(line).sum::<usize>()
    };
    texts.zip(widths).map(wrapped).max().unwrap_or(1)
}

/// How wide a column has to be for what stands in it.
fn width(page: &Page, place: usize, column: &Column, widest: usize) -> usize {
    let cells = page.rows.iter().take(MEASURED);
    let shown = cells.map(|cells| match cells.get(place) {
        Some(Cell::Text(text)) => text.chars().count().min(widest),
        Some(Cell::Day(_)) => 10,
        Some(Cell::Number(number)) => grouped_length(*number),
        _ => 0,
    });
    let sum = match column.total {
        Total::Sum => {
            let cells = page.rows.iter().filter_map(|cells| cells.get(place));
            let number = |cell: &Cell| match cell {
                Cell::Number(number) => *number,
                _ => 0,
            };
            grouped_length(cells.map(number).sum())
        }
        _ => 0,
    };
    let words = column.label.split(' ').map(|word| word.chars().count());
    let shown = shown.chain([sum]).max().unwrap_or(0);
    // Room for the arrow of the filter.
    let label = words.max().unwrap_or(0) + 3;
    (shown + 2).max(label).max(usize::from(column.width)).max(6)
}

fn grouped_length(number: i128) -> usize {
    let text = format_thousandths(number);
    let whole = text.split('.').next().map_or(0, str::len);
    text.len() + whole.saturating_sub(1) / 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(columns: usize, width: usize) -> Page {
        let column = |at| {
            let column = Column::text("Cột");
            if at > 9 { column.on_screen() } else { column }
        };
        Page {
            columns: (0..columns).map(column).collect(),
            rows: vec![vec![Cell::text("a".repeat(width)); columns]],
            ..Page::default()
        }
    }

    #[test]
    fn no_page_is_printed_too_small_to_read() {
        for columns in 1..40 {
            for width in [3, 12, 30, 60] {
                let paper = Paper::of(&page(columns, width));
                let printed = &paper.widths[..=usize::from(paper.printed)];
                let sheets = usize::from(paper.sheets);
                let again = one(paper.widths[0]) * (sheets - 1);
                let room = (points(printed) + again).div_ceil(sheets);
                assert!(room * SMALLEST <= ROOM * 100, "{columns} of {width}");
                assert_eq!(paper.widths.len(), columns);
                // All is printed that can be read, and never less than what paper needs.
                let all = points(&paper.widths) * SMALLEST <= ROOM * 100;
                assert_eq!(printed.len(), if all { columns } else { columns.min(10) });
                assert!(sheets > 1 || paper.last == paper.printed);
            }
        }
    }

    #[test]
    fn a_head_has_room_for_its_two_halves() {
        let head = Letterhead {
            issuer: vec!["ỦY BAN NHÂN DÂN".to_owned()],
            motto: vec!["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM".to_owned()],
        };
        for columns in 2..9 {
            for width in [1, 8, 30] {
                let mut page = page(columns, width);
                page.letterhead = Some(head.clone());
                let paper = Paper::of(&page);
                let middle = paper.middle(&head);
                let right = paper.across(middle + 1, paper.last);
                assert!(
                    right >= needed(&head.motto),
                    "{columns} of {width}: {middle}"
                );
            }
        }
    }

    #[test]
    fn a_word_without_room_is_broken() {
        let lines = |text: &str| lines([text].into_iter(), &[12]);
        assert_eq!((lines("một hai"), lines("một hai ba bốn năm")), (1, 2));
        assert_eq!(lines("08ce8356-b74e-860e-8983-ce4e8f041354"), 3);
    }
}
