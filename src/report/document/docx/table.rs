//! Tables as WordprocessingML: figures with a head that repeats on every page, and the two columns
//! without lines that head and foot of a document stand in.

use std::fmt::Write;

use super::super::super::model::Table;
use super::super::columns::{self, PADDING};
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
