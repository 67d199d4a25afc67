//! Tables as WordprocessingML: figures with a head that repeats on every page, and the two columns
//! without lines that head and foot of a document stand in.

use std::fmt::Write;

use super::super::super::drawn::{Bar, Drawn, Fill};
use super::super::super::model::Table;
use super::super::columns::{self, PADDING};
use super::super::flow::{page, size};
use super::paragraph::{Align, Look, Paragraph};

const LINES: [&str; 6] = ["top", "left", "bottom", "right", "insideH", "insideV"];

/// What stands above figures in rows, and stays with them.
pub(super) fn title(text: &str) -> String {
    let title = Paragraph {
        align: Align::Left,
        look: Look::new(size::TABLE).italic(true),
        before: 60,
        after: 60,
        with_next: true,
        ..Paragraph::of(text)
    };
    title.xml()
}

/// Figures in rows. `with_next` keeps the last of them with what follows.
pub(super) fn data(table: &Table, with_next: bool) -> String {
    let widths = columns::widths(table, size::TABLE, page::TEXT);
    let mut out = opening(&widths, true);
    let labels: Vec<String> = table.columns.iter().map(|c| c.label.clone()).collect();
    row(table, &labels, &widths, Place::Head, &mut out);
    let last = table.rows.len().saturating_sub(1);
    for (place, cells) in table.rows.iter().enumerate() {
        let ends = place == last && (with_next || !table.total.is_empty());
        // The first row does not stand alone under the head, and a short table is not parted.
        let begins = place < last && (place == 0 || is_short(table));
        let place = if ends || begins {
            Place::Kept
        } else {
            Place::Body
        };
        row(table, cells, &widths, place, &mut out);
    }
    if !table.total.is_empty() {
        let place = if with_next {
            Place::TotalKept
        } else {
            Place::Total
        };
        row(table, &table.total, &widths, place, &mut out);
    }
    out.push_str("</w:tbl>");
    // What follows a table stands off from it, and two tables do not become one.
    let gap = Paragraph {
        look: Look::new(size::MARKS),
        exact: 120,
        with_next,
        ..Paragraph::of("")
    };
    out.push_str(&gap.xml());
    out
}

/// Whether a table stands on one page.
pub(super) fn is_short(table: &Table) -> bool {
    table.rows.len() <= 10
}

/// Opens a row without lines that is not parted, and what stands in it.
pub(super) fn frame() -> String {
    let whole = page::TEXT;
    format!(
        "{}<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc><w:tcPr><w:tcW w:w=\"{whole}\" \
         w:type=\"dxa\"/></w:tcPr>",
        opening(&[whole], false)
    )
}

/// Ends it, with a paragraph that is not seen, so that the next frame is a table of its own.
pub(super) const FRAME_END: &str = "</w:tc></w:tr></w:tbl><w:p><w:pPr><w:spacing \
    w:before=\"0\" w:after=\"0\" w:line=\"20\" w:lineRule=\"exact\"/><w:rPr><w:sz w:val=\"2\"/>\
    </w:rPr></w:pPr></w:p>";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Head,
    Body,
    /// A row that stays with the next: the first, and the one before the total.
    Kept,
    Total,
    /// The total stays with what is said of it.
    TotalKept,
}

impl Place {
    fn is_bold(self) -> bool {
        matches!(self, Place::Head | Place::Total | Place::TotalKept)
    }

    fn stays(self) -> bool {
        matches!(self, Place::Head | Place::Kept | Place::TotalKept)
    }
}

fn row(table: &Table, cells: &[String], widths: &[i32], place: Place, out: &mut String) {
    out.push_str("<w:tr><w:trPr><w:cantSplit/>");
    if place == Place::Head {
        out.push_str("<w:tblHeader/>");
    }
    out.push_str("</w:trPr>");
    for ((cell, width), column) in cells.iter().zip(widths).zip(&table.columns) {
        let align = match (place, column.number) {
            (Place::Head, _) => Align::Centre,
            (_, true) => Align::Right,
            (_, false) => Align::Left,
        };
        let paragraph = Paragraph {
            align,
            look: Look::new(size::TABLE).bold(place.is_bold()),
            before: 20,
            after: 20,
            with_next: place.stays(),
            ..Paragraph::of(cell)
        };
        let middle = if place == Place::Head {
            "<w:vAlign w:val=\"center\"/>"
        } else {
            ""
        };
        let _ = write!(
            out,
            "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>{middle}</w:tcPr>{}</w:tc>",
            paragraph.xml()
        );
    }
    out.push_str("</w:tr>");
}

/// The longest bar, and the space for its figure.
const BAR: i32 = 3_800;
const FIGURE: i32 = 1_900;

/// Bars as rows of a table: name, bar, figure. They need no picture, print in black and white, and
/// Word and others show them alike. A bar is a cell filled with a pattern. `with_next` keeps the
/// last of them with what follows.
pub(super) fn bars(drawn: &Drawn, with_next: bool) -> String {
    let name = page::TEXT - BAR - FIGURE;
    // The columns end where a part of some bar ends.
    let all = drawn.groups.iter().flat_map(|group| &group.bars);
    let mut ends: Vec<i32> = all.flat_map(parts).map(|(end, _)| end).collect();
    ends.push(page::TEXT - name);
    ends.sort_unstable();
    ends.dedup();
    let mut widths = vec![name];
    let mut from = 0;
    for end in &ends {
        widths.push(end - from);
        from = *end;
    }
    let mut out = bar_opening(&widths);
    for (place, group) in drawn.groups.iter().enumerate() {
        let last = place + 1 == drawn.groups.len();
        let stays = with_next || !drawn.legend.is_empty() || !last;
        group_rows(&group.label, &group.bars, &ends, stays, &mut out);
        if !last {
            between(widths.len(), &mut out);
        }
    }
    out.push_str("</w:tbl>");
    if !drawn.legend.is_empty() {
        let gap = Paragraph {
            look: Look::new(40),
            exact: 80,
            with_next: true,
            ..Paragraph::of("")
        };
        out.push_str(&gap.xml());
        legend(drawn, with_next, &mut out);
    }
    out
}

/// A low row in which nothing stands.
fn between(columns: usize, out: &mut String) {
    let nothing = Paragraph {
        look: Look::new(40),
        exact: 60,
        with_next: true,
        ..Paragraph::of("")
    };
    let _ = write!(
        out,
        "<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val=\"80\" w:hRule=\"exact\"/></w:trPr>\
         <w:tc><w:tcPr><w:tcW w:w=\"{}\" w:type=\"dxa\"/><w:gridSpan w:val=\"{columns}\"/>\
         </w:tcPr>{}</w:tc></w:tr>",
        page::TEXT,
        nothing.xml()
    );
}

/// A cell of bars.
struct Cell {
    words: Paragraph,
    fill: Option<Fill>,
    width: i32,
    /// How many columns of the table it spans.
    spans: usize,
    /// Whether it begins, or goes on with, a cell over several rows.
    merge: Option<bool>,
}

/// The ends of the parts of a bar from the left, each with how it is filled.
fn parts(bar: &Bar) -> Vec<(i32, Fill)> {
    // At least a line, so that a small figure is seen; none for nothing.
    let long = |thousandths: i32| match thousandths {
        0 => 0,
        some => (BAR * some / 1_000).max(40),
    };
    let (length, frame) = (long(bar.length), long(bar.frame));
    let mut parts = Vec::new();
    if length > 0 {
        parts.push((length, bar.fill));
    }
    if frame > length {
        parts.push((frame, Fill::Empty));
    }
    parts
}

/// A row for each bar of a group, its name beside them all.
fn group_rows(label: &str, bars: &[Bar], ends: &[i32], stays: bool, out: &mut String) {
    let name = page::TEXT - BAR - FIGURE;
    let whole = page::TEXT - name;
    let words = |text: &str, align| Paragraph {
        align,
        look: Look::new(size::RECIPIENTS),
        before: 40,
        after: 40,
        with_next: stays,
        ..Paragraph::of(text)
    };
    for (place, bar) in bars.iter().enumerate() {
        let text = if place == 0 { label } else { "" };
        let mut cells = vec![Cell {
            words: words(text, Align::Right),
            fill: None,
            width: name,
            spans: 1,
            merge: (bars.len() > 1).then_some(place == 0),
        }];
        let mut from = 0;
        let all = parts(bar).into_iter().map(|(end, fill)| (end, Some(fill)));
        for (end, fill) in all.chain([(whole, None)]) {
            let spanned = ends.iter().filter(|one| **one > from && **one <= end);
            let text = if fill.is_none() {
                bar.figure.as_str()
            } else {
                ""
            };
            cells.push(Cell {
                words: words(text, Align::Left),
                fill,
                width: end - from,
                spans: spanned.count(),
                merge: None,
            });
            from = end;
        }
        row_of(&cells, out);
    }
}

fn row_of(cells: &[Cell], out: &mut String) {
    out.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
    for cell in cells {
        let _ = write!(
            out,
            "<w:tc><w:tcPr><w:tcW w:w=\"{}\" w:type=\"dxa\"/>",
            cell.width
        );
        if cell.spans > 1 {
            let _ = write!(out, "<w:gridSpan w:val=\"{}\"/>", cell.spans);
        }
        match cell.merge {
            Some(true) => out.push_str("<w:vMerge w:val=\"restart\"/>"),
            Some(false) => out.push_str("<w:vMerge/>"),
            None => {}
        }
        if let Some(fill) = cell.fill {
            out.push_str(BOXED);
            if fill == Fill::Striped {
                out.push_str(FILLED);
            }
        }
        let words = cell.words.xml();
        let _ = write!(out, "<w:vAlign w:val=\"center\"/></w:tcPr>{words}</w:tc>");
    }
    out.push_str("</w:tr>");
}

/// What each filling shows, side by side in the middle.
fn legend(drawn: &Drawn, with_next: bool, out: &mut String) {
    const SAMPLE: i32 = 400;
    let each = (page::TEXT - 1_400) / i32::try_from(drawn.legend.len()).unwrap_or(1).max(1);
    let words = |text: &str| Paragraph {
        look: Look::new(size::RECIPIENTS),
        with_next,
        ..Paragraph::of(text)
    };
    let cell = |text: &str, fill, width| Cell {
        words: words(text),
        fill,
        width,
        spans: 1,
        merge: None,
    };
    let mut cells = vec![cell("", None, 1_400)];
    for (fill, what) in &drawn.legend {
        cells.push(cell("", Some(*fill), SAMPLE));
        cells.push(cell(what, None, each - SAMPLE));
    }
    let widths: Vec<i32> = cells.iter().map(|cell| cell.width).collect();
    out.push_str(&bar_opening(&widths));
    row_of(&cells, out);
    out.push_str("</w:tbl>");
}

/// Lines around a bar.
const BOXED: &str = "<w:tcBorders><w:top w:val=\"single\" w:sz=\"4\" w:space=\"0\" \
    w:color=\"000000\"/><w:left w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>\
    <w:bottom w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/><w:right \
    w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/></w:tcBorders>";

/// Stripes in it.
const FILLED: &str = "<w:shd w:val=\"pct50\" w:color=\"000000\" w:fill=\"FFFFFF\"/>";

fn bar_opening(widths: &[i32]) -> String {
    let mut out = opening(widths, false);
    // A name and a figure keep a little away from the bar.
    let none = "w:w=\"0\" w:type=\"dxa\"";
    let some = format!("w:w=\"{PADDING}\" w:type=\"dxa\"");
    for side in ["left", "right"] {
        out = out.replace(
            &format!("<w:{side} {none}/>"),
            &format!("<w:{side} {some}/>"),
        );
    }
    out
}

fn opening(widths: &[i32], lines: bool) -> String {
    let whole: i32 = widths.iter().sum();
    let mut out = format!("<w:tbl><w:tblPr><w:tblW w:w=\"{whole}\" w:type=\"dxa\"/>");
    out.push_str("<w:tblInd w:w=\"0\" w:type=\"dxa\"/><w:tblBorders>");
    for side in LINES {
        let line = if lines {
            "w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\""
        } else {
            "w:val=\"nil\""
        };
        let _ = write!(out, "<w:{side} {line}/>");
    }
    out.push_str("</w:tblBorders><w:tblLayout w:type=\"fixed\"/><w:tblCellMar>");
    let padding = if lines { PADDING } else { 0 };
    for side in ["left", "right"] {
        let _ = write!(out, "<w:{side} w:w=\"{padding}\" w:type=\"dxa\"/>");
    }
    out.push_str("</w:tblCellMar></w:tblPr><w:tblGrid>");
    for width in widths {
        let _ = write!(out, "<w:gridCol w:w=\"{width}\"/>");
    }
    out.push_str("</w:tblGrid>");
    out
}

/// Two columns without lines. `together` keeps their rows on one page.
pub(super) fn sides(widths: &[i32; 2], rows: &[[Vec<Paragraph>; 2]], together: bool) -> String {
    let mut out = opening(widths, false);
    for row in rows {
        out.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(
                out,
                "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/></w:tcPr>"
            );
            for paragraph in cell {
                let paragraph = Paragraph {
                    with_next: together,
                    ..paragraph.clone()
                };
                out.push_str(&paragraph.xml());
            }
            if cell.is_empty() {
                out.push_str(&Paragraph::of("").xml());
            }
            out.push_str("</w:tc>");
        }
        out.push_str("</w:tr>");
    }
    out.push_str("</w:tbl>");
    out
}
