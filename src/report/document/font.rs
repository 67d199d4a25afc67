//! The four faces of the documents: Tinos, whose letters are as wide as those of Times New Roman.
//! A document that is laid out here (PDF) embeds them; one that is laid out by the reader's own
//! program (Word) asks for Times New Roman, and the widths stay true.
//!
//! Sizes and widths are twips, the twentieth part of a point: a page is 11,906 of them wide.

use std::sync::OnceLock;

use skrifa::raw::TableProvider;
use skrifa::{FontRef, MetadataProvider};

/// The faces were cut down to the characters below this one (`fonts/subset.sh`).
const CHARACTERS: u32 = 0x2700;

/// Units of the faces in the height of a letter.
const EM: i64 = 2_048;

/// What stands for a character that the faces do not have.
const UNKNOWN: char = '\u{25a1}';

/// A face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Face {
    /// Upright.
    Regular,
    /// Upright, heavy.
    Bold,
    /// Slanted.
    Italic,
    /// Slanted, heavy.
    BoldItalic,
}

/// How a character is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Glyph {
    /// Its number in the face.
    pub id: u16,
    /// How far it moves on, in units of the face.
    pub advance: u16,
}

impl Face {
    /// All of them.
    pub const ALL: [Face; 4] = [Face::Regular, Face::Bold, Face::Italic, Face::BoldItalic];

    /// The face of a text.
    pub fn of(bold: bool, italic: bool) -> Face {
        match (bold, italic) {
            (false, false) => Face::Regular,
            (true, false) => Face::Bold,
            (false, true) => Face::Italic,
            (true, true) => Face::BoldItalic,
        }
    }

    /// The file of the face.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Face::Regular => include_bytes!("../fonts/Tinos-Regular.ttf"),
            Face::Bold => include_bytes!("../fonts/Tinos-Bold.ttf"),
            Face::Italic => include_bytes!("../fonts/Tinos-Italic.ttf"),
            Face::BoldItalic => include_bytes!("../fonts/Tinos-BoldItalic.ttf"),
        }
    }

    /// How a character is drawn; a box where the face does not have it.
    pub fn glyph(self, character: char) -> Glyph {
        let glyphs = self.glyphs();
        let found = glyphs.get(character as usize).copied().flatten();
        let unknown = || glyphs.get(UNKNOWN as usize).copied().flatten();
        found.or_else(unknown).unwrap_or_default()
    }

    /// Whether the face has a character.
    #[cfg(test)]
    fn has(self, character: char) -> bool {
        let glyphs = self.glyphs();
        glyphs.get(character as usize).copied().flatten().is_some()
    }

    /// The width of a text in twips, for letters of a size in twips.
    pub fn width(self, text: &str, size: i32) -> i32 {
        let advance = |character| i64::from(self.glyph(character).advance);
        let units: i64 = text.chars().map(advance).sum();
        i32::try_from(units * i64::from(size) / EM).unwrap_or(i32::MAX)
    }

    fn glyphs(self) -> &'static [Option<Glyph>] {
        static FACES: [OnceLock<Vec<Option<Glyph>>>; 4] = [
            OnceLock::new(),
            OnceLock::new(),
            OnceLock::new(),
            OnceLock::new(),
        ];
        let place = FACES.get(self as usize);
        place.map_or(&[], |face| face.get_or_init(|| read(self.bytes())))
    }
}

/// The glyph of each character, read from the file of a face.
fn read(bytes: &[u8]) -> Vec<Option<Glyph>> {
    let Ok(font) = FontRef::new(bytes) else {
        return Vec::new();
    };
    let (characters, Ok(widths)) = (font.charmap(), font.hmtx()) else {
        return Vec::new();
    };
    let glyph = |character: u32| {
        let id = characters.map(character)?;
        Some(Glyph {
            id: u16::try_from(id.to_u32()).ok()?,
            advance: widths.advance(id)?,
        })
    };
    (0..CHARACTERS).map(glyph).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_vietnamese_is_in_every_face() {
        let letters = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY";
        let marks = ["", "\u{300}", "\u{309}", "\u{303}", "\u{301}", "\u{323}"];
        let others = "bcdđghklmnpqrstvxfjwzBCDĐGHKLMNPQRSTVXFJWZ0123456789 .,;:!?()[]{}%&/\\\"'–—“”‘’…•₫€№×½²³°+-=<>≤≥≠|_@#";
        for face in Face::ALL {
            for letter in letters.chars() {
                for mark in marks {
                    let text: String = [letter].into_iter().chain(mark.chars()).collect();
                    let text: String =
                        unicode_normalization::UnicodeNormalization::nfc(&*text).collect();
                    assert!(text.chars().all(|c| face.has(c)), "{face:?}: {text}");
                }
            }
            let missing: String = others.chars().filter(|c| !face.has(*c)).collect();
            assert_eq!(missing, "", "{face:?}");
            assert!(face.has(UNKNOWN), "{face:?}");
        }
    }

    #[test]
    fn widths_are_those_of_times_new_roman() {
        // Times New Roman: M is 1,821 of 2,048 units wide, a figure 1,024.
        assert_eq!(Face::Regular.width("M", 2_048), 1_821);
        assert_eq!(Face::Bold.width("0123456789", 2_048), 10 * 1_024);
        assert_eq!(
            Face::Regular.width("đồng", 280),
            Face::Regular.width("dong", 280)
        );
    }

    #[test]
    fn what_no_face_has_is_a_box() {
        assert!(!Face::Regular.has('漢'));
        assert_eq!(Face::Regular.glyph('漢'), Face::Regular.glyph(UNKNOWN));
    }
}
