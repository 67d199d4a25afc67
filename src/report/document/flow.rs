//! What stands on paper one under the other: the order of a document's parts, which Word and PDF
//! share. The head, which is the same on every document, is not among them.

use super::super::model::{Block, Chart, Report, Section, Table};

/// Sizes of letters in twips (Decree 30/2020/NĐ-CP, annex I: the body 13 to 14 points).
pub mod size {
    /// The body, headings, motto, date, title and signature.
    pub const BODY: i32 = 280;
    /// The name of the state, the issuer, the number.
    pub const HEAD: i32 = 260;
    /// Tables, and the word *Nơi nhận*.
    pub const TABLE: i32 = 240;
    /// The recipients.
    pub const RECIPIENTS: i32 = 220;
    /// The fingerprint.
    pub const MARKS: i32 = 160;
}

/// The sheet in twips: A4 upright, its margins 20 mm above and below, 30 left and 15 right.
pub mod page {
    /// Its width.
    pub const WIDTH: i32 = 11_906;
    /// Its height.
    pub const HEIGHT: i32 = 16_838;
    /// Above and below.
    pub const TOP: i32 = 1_134;
    /// Left.
    pub const LEFT: i32 = 1_701;
    /// Right.
    pub const RIGHT: i32 = 850;
    /// From the upper edge to the page number.
    pub const NUMBER: i32 = 510;
    /// What is left for the text.
    pub const TEXT: i32 = WIDTH - LEFT - RIGHT;
    /// The first line of a paragraph: 10 mm.
    pub const INDENT: i32 = 567;
    /// The left half of the head. The name of the state needs the rest.
    pub const HEAD_LEFT: i32 = 3_770;
}

/// A part of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A heading of a depth, from 1.
    Heading(&'a Section, usize),
    /// A paragraph or an item of a list: its mark and its text.
    Paragraph(Option<&'a str>, &'a str),
    /// Figures in rows.
    Table(&'a Table),
    /// Figures as bars, and in rows.
    Chart(&'a Chart),
    /// The recipients and the signature.
    Foot,
    /// An annex begins, on a new page.
    Annex(&'a Section),
    /// What the document can be checked by.
    Marks,
}

/// The parts of a whole document.
pub fn whole(report: &Report) -> Vec<Piece<'_>> {
    let mut pieces = body(report);
    pieces.push(Piece::Foot);
    pieces.extend(annexes(report));
    pieces.push(Piece::Marks);
    pieces
}

/// From the opening to what ends the body.
pub fn body(report: &Report) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    blocks(&report.opening, &mut pieces);
    for part in &report.sections {
        section(part, 1, &mut pieces);
    }
    blocks(&report.closing, &mut pieces);
    pieces
}

/// What stands after the signature.
pub fn annexes(report: &Report) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for annex in &report.annexes {
        pieces.push(Piece::Annex(annex));
        blocks(&annex.blocks, &mut pieces);
        for part in &annex.sections {
            section(part, 2, &mut pieces);
        }
    }
    pieces
}

/// A part of the outline by its number: `II`, `II.2`, `II.2.a`, `3.1`.
pub fn numbered<'a>(report: &'a Report, number: &str) -> Option<Vec<Piece<'a>>> {
    let (found, depth) = find(&report.sections, bare(number), 1)?;
    let mut pieces = Vec::new();
    section(found, depth, &mut pieces);
    Some(pieces)
}

/// A number without what ends it: `2` of `2.`, `a` of `a)`.
fn bare(number: &str) -> &str {
    number.trim_end_matches(['.', ')'])
}

fn find<'a>(sections: &'a [Section], wanted: &str, depth: usize) -> Option<(&'a Section, usize)> {
    let own = |section: &'a Section| section.number.as_deref().map(bare);
    let here = sections.iter().find(|section| own(section) == Some(wanted));
    if let Some(section) = here {
        return Some((section, depth));
    }
    sections.iter().find_map(|section| {
        let inside = own(section).and_then(|own| wanted.strip_prefix(own)?.strip_prefix('.'));
        let inner = inside.and_then(|rest| find(&section.sections, rest, depth + 1));
        inner.or_else(|| find(&section.sections, wanted, depth + 1))
    })
}

fn section<'a>(part: &'a Section, depth: usize, pieces: &mut Vec<Piece<'a>>) {
    pieces.push(Piece::Heading(part, depth));
    blocks(&part.blocks, pieces);
    for inner in &part.sections {
        section(inner, depth + 1, pieces);
    }
}

fn blocks<'a>(blocks: &'a [Block], pieces: &mut Vec<Piece<'a>>) {
    pieces.extend(blocks.iter().map(|block| match block {
        Block::Paragraph(paragraph) => Piece::Paragraph(paragraph.mark.as_deref(), &paragraph.text),
        Block::Table(table) => Piece::Table(table),
        Block::Chart(chart) => Piece::Chart(chart),
    }));
}

/// The heading with its number.
pub fn heading(section: &Section) -> String {
    match &section.number {
        Some(number) => format!("{number} {}", section.heading),
        None => section.heading.clone(),
    }
}
