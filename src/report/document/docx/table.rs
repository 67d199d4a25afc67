//! Tables as WordprocessingML: figures with a head that repeats on every page, and the two columns
//! without lines that head and foot of a document stand in.

use std::fmt::Write;

use super::super::super::model::Table;
use super::super::columns::{self, PADDING};
use super::super::drawn::Chart;
use super::super::flow::{page, size};
use super::paragraph::{Align, Look, Paragraph};

const LINES: [&str; 6] = ["top", "left", "bottom", "right", "insideH", "insideV"];

/// Figures in rows, under their title.
pub(super) fn data(table: &Table) -> String {
    let widths = columns::widths(table, size::TABLE, page::TEXT);
    let title = Paragraph {
        align: Align::Left,
        look: Look::new(size::TABLE).italic(true),
        before: 60,
        after: 60,
        with_next: true,
        ..Paragraph::of(&table.title)
    };
    let mut out = title.xml();
    out.push_str(&opening(&widths, true));
    let labels: Vec<String> = table.columns.iter().map(|c| c.label.clone()).collect();
    row(table, &labels, &widths, Place::Head, &mut out);
    let last = table.rows.len().saturating_sub(1);
    for (place, cells) in table.rows.iter().enumerate() {
        let ends = place == last && !table.total.is_empty();
        row(
            table,
            cells,
            &widths,
            if ends { Place::Last } else { Place::Body },
            &mut out,
        );
    }
    if !table.total.is_empty() {
        row(table, &table.total, &widths, Place::Total, &mut out);
    }
    out.push_str("</w:tbl>");
    // What follows a table stands off from it, and two tables do not become one.
    let gap = Paragraph {
        look: Look::new(size::MARKS),
        exact: 120,
        ..Paragraph::of("")
    };
    out.push_str(&gap.xml());
    out
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Head,
    Body,
    /// The row before the total stays with it.
    Last,
    Total,
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
            look: Look::new(size::TABLE).bold(matches!(place, Place::Head | Place::Total)),
            before: 20,
            after: 20,
            with_next: matches!(place, Place::Head | Place::Last),
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
/// Word and others show them alike. A bar is a cell filled with a pattern.
pub(super) fn bars(chart: &Chart<'_>) -> String {
    let name = page::TEXT - BAR - FIGURE;
    let mut out = String::new();
    for (place, bar) in chart.bars.iter().enumerate() {
        // At least a line, so that a small figure is seen; none for nothing.
        let least = if bar.length > 0 { 40 } else { 0 };
        let long = (BAR * bar.length / 1_000).max(least);
        let (label, figure) = (bar.label, bar.figure);
        let last = place + 1 == chart.bars.len();
        let words = |text: &str, align| Paragraph {
            align,
            look: Look::new(size::RECIPIENTS),
            before: 40,
            after: 40,
            with_next: !last,
            ..Paragraph::of(text)
        };
        let mut widths = vec![name];
        let mut cells = vec![(words(label, Align::Right), false)];
        if long > 0 {
            widths.push(long);
            cells.push((words("", Align::Left), true));
        }
        widths.push(page::TEXT - name - long);
        cells.push((words(figure, Align::Left), false));
        // Each bar is a table of its own, since its columns are its own; between them stands
        // nothing that is seen.
        let _ = write!(
            out,
            "{}<w:tr><w:trPr><w:cantSplit/></w:trPr>",
            bar_opening(&widths)
        );
        for ((paragraph, is_bar), width) in cells.iter().zip(&widths) {
            let _ = write!(out, "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>");
            if *is_bar {
                out.push_str(FILLED);
            }
            let _ = write!(
                out,
                "<w:vAlign w:val=\"center\"/></w:tcPr>{}</w:tc>",
                paragraph.xml()
            );
        }
        out.push_str("</w:tr></w:tbl>");
        let between = Paragraph {
            look: Look::new(40),
            exact: 60,
            with_next: !last,
            ..Paragraph::of("")
        };
        out.push_str(&between.xml());
    }
    out
}

/// Lines around a bar, and stripes in it.
const FILLED: &str = "<w:tcBorders><w:top w:val=\"single\" w:sz=\"4\" w:space=\"0\" \
    w:color=\"000000\"/><w:left w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>\
    <w:bottom w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/><w:right \
    w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/></w:tcBorders>\
    <w:shd w:val=\"pct50\" w:color=\"000000\" w:fill=\"FFFFFF\"/>";

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
