//! Sheets of paper, filled from the top: what is drawn where, in twips.

use qrcodegen::{QrCode, QrCodeEcc};

use super::super::DocumentError;
use super::super::columns;
use super::super::flow::{page, size};
use super::super::font::Face;
use super::ink::Ink;

/// What a sheet holds between its margins.
pub(super) const SPACE: i32 = page::HEIGHT - 2 * page::TOP;

/// Where the text of a sheet ends.
const BOTTOM: i32 = page::HEIGHT - page::TOP;

/// The height of a simple line of letters of a size: that of Times New Roman.
pub(super) fn height(size: i32) -> i32 {
    size * 115 / 100
}

/// The sheets of a document.
pub(super) struct Sheets {
    full: Vec<Vec<Ink>>,
    current: Vec<Ink>,
    y: i32,
}

impl Sheets {
    pub(super) fn new() -> Sheets {
        Sheets {
            full: Vec::new(),
            current: Vec::new(),
            y: page::TOP,
        }
    }

    /// How far down the sheet is filled.
    pub(super) fn y(&self) -> i32 {
        self.y
    }

    pub(super) fn go(&mut self, y: i32) {
        self.y = y;
    }

    /// Leaves space; none at the top of a sheet that was just begun.
    pub(super) fn gap(&mut self, gap: i32) {
        self.y += gap;
    }

    /// Begins a new sheet if this one has no room. Answers whether it did.
    pub(super) fn room(&mut self, tall: i32) -> bool {
        let full = self.y + tall > BOTTOM && self.y > page::TOP;
        if full {
            self.new_sheet();
        }
        full
    }

    /// Begins a new sheet. All but the first carry their number in the upper margin.
    pub(super) fn new_sheet(&mut self) {
        self.full.push(std::mem::take(&mut self.current));
        self.y = page::TOP;
        let number = (self.full.len() + 1).to_string();
        let letters = (Face::Regular, size::BODY);
        self.centred(&number, letters, page::LEFT, page::TEXT, page::NUMBER);
    }

    /// All sheets.
    pub(super) fn done(mut self) -> Vec<Vec<Ink>> {
        self.full.push(self.current);
        self.full
    }

    pub(super) fn ink(&mut self, ink: Ink) {
        self.current.push(ink);
    }

    /// A line across.
    pub(super) fn line(&mut self, x: i32, y: i32, long: i32, thick: i32) {
        self.ink(Ink::Box(x, y, long, thick));
    }

    /// A box with lines around it.
    pub(super) fn framed(&mut self, x: i32, y: i32, wide: i32, tall: i32) {
        if wide <= 0 {
            return;
        }
        self.line(x, y, wide, 8);
        self.line(x, y + tall, wide + 8, 8);
        self.ink(Ink::Box(x, y, 8, tall));
        self.ink(Ink::Box(x + wide, y, 8, tall));
    }

    /// A box with lines around it and stripes in it: it prints in black and white.
    pub(super) fn striped(&mut self, x: i32, y: i32, wide: i32, tall: i32) {
        if wide <= 0 {
            return;
        }
        self.framed(x, y, wide, tall);
        let mut stripe = x + 40;
        while stripe < x + wide {
            self.ink(Ink::Box(stripe, y, 14, tall));
            stripe += 40;
        }
    }

    /// A line of text whose top is at `y`; its spaces are wider by `spread` twips in all.
    pub(super) fn text(
        &mut self,
        text: &str,
        (face, size): (Face, i32),
        x: i32,
        y: i32,
        spread: i32,
    ) {
        if text.trim().is_empty() {
            return;
        }
        // Letters stand on a line 0.891 of their size below their top.
        self.ink(Ink::Text {
            text: text.to_owned(),
            face,
            size,
            x,
            y: y + size * 891 / 1_000,
            spread,
        });
    }

    pub(super) fn centred(
        &mut self,
        text: &str,
        (face, size): (Face, i32),
        left: i32,
        width: i32,
        y: i32,
    ) {
        let x = left + (width - face.width(text, size)) / 2;
        self.text(text, (face, size), x, y, 0);
    }

    /// A paragraph between the margins, its first line standing in. A line alone is left on no
    /// page. `line` is the height of a line in 240ths of a simple one.
    pub(super) fn paragraph(
        &mut self,
        text: &str,
        (face, size): (Face, i32),
        first: i32,
        line: i32,
    ) {
        let lines = columns::lines_after(text, face, size, page::TEXT, first);
        let tall = height(size) * line / 240;
        let mut left = lines.len();
        for (place, words) in lines.iter().enumerate() {
            let space = usize::try_from((BOTTOM - self.y) / tall).unwrap_or(0);
            let alone = place == 0 && left > 1 && space < 2;
            let orphan = left == 2 && place > 0 && space == 1;
            if space == 0 || alone || orphan {
                self.new_sheet();
            }
            left -= 1;
            let indent = if place == 0 { first } else { 0 };
            let free = page::TEXT - indent - face.width(words, size);
            let spread = if left > 0 { free.max(0) } else { 0 };
            let y = self.y + (tall - height(size)) / 2;
            self.text(words, (face, size), page::LEFT + indent, y, spread);
            self.y += tall;
        }
    }

    /// A QR code in a square of a side.
    pub(super) fn code(
        &mut self,
        text: &str,
        x: i32,
        y: i32,
        side: i32,
    ) -> Result<(), DocumentError> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium);
        let code = code.map_err(|error| DocumentError::Unwritable(error.to_string()))?;
        let modules = code.size();
        let edge = |place: i32| place * side / modules.max(1);
        for row in 0..modules {
            let mut column = 0;
            while column < modules {
                let start = column;
                while column < modules && code.get_module(column, row) {
                    column += 1;
                }
                if column > start {
                    let (left, top) = (x + edge(start), y + edge(row));
                    let wide = edge(column) - edge(start);
                    self.ink(Ink::Box(left, top, wide, edge(row + 1) - edge(row)));
                } else {
                    column += 1;
                }
            }
        }
        Ok(())
    }
}
