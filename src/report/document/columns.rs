//! How wide the columns of a table are, and where its words break.

use super::super::model::Table;
use super::font::Face;

/// Space left and right of the words of a cell, in twips.
pub const PADDING: i32 = 85;

/// A text in lines that are no wider than some twips. A word that is wider than a line is cut.
pub fn lines(text: &str, face: Face, size: i32, width: i32) -> Vec<String> {
    lines_after(text, face, size, width, 0)
}

/// The same where the first line stands in by some twips.
pub fn lines_after(text: &str, face: Face, size: i32, width: i32, first: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in text.split('\n') {
        let mut line = String::new();
        for word in part.split(' ').filter(|word| !word.is_empty()) {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            let space = if lines.is_empty() {
                width - first
            } else {
                width
            };
            if face.width(&longer, size) <= space {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line = cut(word, face, size, width, &mut lines);
        }
        lines.push(line);
    }
    lines
}

/// The last piece of a word of which all others are whole lines.
fn cut(word: &str, face: Face, size: i32, width: i32, lines: &mut Vec<String>) -> String {
    let mut piece = String::new();
    for character in word.chars() {
        piece.push(character);
        if piece.chars().count() > 1 && face.width(&piece, size) > width {
            piece.pop();
            lines.push(std::mem::take(&mut piece));
            piece.push(character);
        }
    }
    piece
}

/// The width of each column, in twips: what its cells need. What is left over goes to the columns
/// of words; where there is too little they give, down to their longest word.
pub fn widths(table: &Table, size: i32, whole: i32) -> Vec<i32> {
    let mut columns: Vec<Need> = Vec::with_capacity(table.columns.len());
    for (place, column) in table.columns.iter().enumerate() {
        let mut need = Need::of(&column.label, Face::Bold, size);
        let rows = table.rows.iter().map(|row| (row, Face::Regular));
        let total = [(&table.total, Face::Bold)];
        for (row, face) in rows.chain(total) {
            let Some(cell) = row.get(place) else { continue };
            need.widen(&Need::of(cell, face, size), column.number);
        }
        need.number = column.number;
        columns.push(need);
    }
    share(&mut columns, whole);
    columns.iter().map(|need| need.wanted).collect()
}

#[derive(Debug, Clone, Copy)]
struct Need {
    least: i32,
    wanted: i32,
    number: bool,
}

impl Need {
    fn of(text: &str, face: Face, size: i32) -> Need {
        let words = text.split([' ', '\n']);
        let least = words.map(|word| face.width(word, size)).max().unwrap_or(0);
        let wanted = face.width(text, size);
        // A twip more, so that rounding breaks no line.
        Need {
            least: least + 2 * PADDING + 20,
            wanted: wanted + 2 * PADDING + 20,
            number: false,
        }
    }

    fn widen(&mut self, other: &Need, number: bool) {
        self.wanted = self.wanted.max(other.wanted);
        // A number stands on one line.
        let least = if number { other.wanted } else { other.least };
        self.least = self.least.max(least);
    }
}

/// Fits what the columns want into a whole.
fn share(columns: &mut [Need], whole: i32) {
    let wanted: i32 = columns.iter().map(|need| need.wanted).sum();
    let words = columns.iter().filter(|need| !need.number).count();
    let last = columns.len().saturating_sub(1);
    if wanted <= whole {
        let mut rest = whole - wanted;
        let takers = if words == 0 { columns.len() } else { words };
        let each = rest / i32::try_from(takers.max(1)).unwrap_or(1);
        for need in columns.iter_mut() {
            if words == 0 || !need.number {
                need.wanted += each;
                rest -= each;
            }
        }
        if let Some(need) = columns.get_mut(last) {
            need.wanted += rest;
        }
        return;
    }
    // Numbers keep what they need; words share what is left by what they want.
    let least: i32 = columns.iter().map(|need| need.least).sum();
    let spare = i64::from((whole - least).max(0));
    let more = |need: &Need| i64::from(need.wanted - need.least);
    let all: i64 = columns.iter().map(more).sum::<i64>().max(1);
    let mut given = 0;
    for need in columns.iter_mut() {
        let share = i32::try_from(more(need) * spare / all).unwrap_or(0);
        need.wanted = if least > whole {
            let part = i64::from(need.least) * i64::from(whole) / i64::from(least);
            i32::try_from(part).unwrap_or(0)
        } else {
            need.least + share
        };
        given += need.wanted;
    }
    if let Some(need) = columns.first_mut() {
        need.wanted += whole - given;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::model::Column;
    use super::*;

    #[test]
    fn lines_are_no_wider_and_no_word_is_lost() {
        let text = "Chương trình mục tiêu quốc gia phát triển kinh tế - xã hội vùng đồng bào";
        for width in [900, 1_500, 4_000, 20_000] {
            let lines = lines(text, Face::Regular, 240, width);
            assert_eq!(lines.join(" "), text);
            for line in &lines {
                assert!(Face::Regular.width(line, 240) <= width, "{line}");
            }
        }
        let cut = lines("aaaaaaaaaaaaaaaaaaaaaaaa b", Face::Regular, 240, 500);
        assert!(cut.len() > 3);
        assert_eq!(cut.concat(), "aaaaaaaaaaaaaaaaaaaaaaaab");
        assert_eq!(lines("", Face::Regular, 240, 500), [""]);
    }

    #[test]
    fn columns_fill_the_page_and_numbers_stay_whole() {
        let column = |label: &str, number| Column {
            label: label.to_owned(),
            number,
        };
        let row = |words: &str| vec![words.to_owned(), "1.337.000.000".to_owned()];
        for words in ["Hộ nghèo", &"Hộ nghèo đặc biệt khó khăn ".repeat(20)] {
            let table = Table {
                columns: vec![
                    column("Phân loại hộ", false),
                    column("Số tiền (đồng)", true),
                ],
                rows: vec![row(words)],
                title: "t".to_owned(),
                total: Vec::new(),
            };
            let widths = widths(&table, 240, 9_355);
            assert_eq!(widths.iter().sum::<i32>(), 9_355);
            let number = Face::Regular.width("1.337.000.000", 240) + 2 * PADDING;
            assert!(widths[1] >= number);
        }
    }
}
