//! How many columns of a fixed-width screen a text takes, and its lines.

/// Ranges of characters that stand on the one before them.
const NONE: [(char, char); 6] = [
    ('\u{300}', '\u{36f}'),
    ('\u{1ab0}', '\u{1aff}'),
    ('\u{1dc0}', '\u{1dff}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{20d0}', '\u{20ff}'),
    ('\u{fe20}', '\u{fe2f}'),
];

/// Ranges of characters that take two columns (East Asian wide).
const TWO: [(char, char); 7] = [
    ('\u{1100}', '\u{115f}'),
    ('\u{2e80}', '\u{a4cf}'),
    ('\u{ac00}', '\u{d7a3}'),
    ('\u{f900}', '\u{faff}'),
    ('\u{fe30}', '\u{fe6f}'),
    ('\u{ff00}', '\u{ff60}'),
    ('\u{1f300}', '\u{1faff}'),
];

fn in_ranges(ranges: &[(char, char)], character: char) -> bool {
    ranges
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&character))
}

/// The columns a text takes. A Vietnamese letter takes one however it is composed.
pub(super) fn width(text: &str) -> usize {
    let one = |character: char| match character {
        _ if in_ranges(&NONE, character) => 0,
        _ if in_ranges(&TWO, character) => 2,
        _ => 1,
    };
    text.chars().map(one).sum()
}

/// Breaks a text at its spaces into lines of at most `columns`. A longer word keeps a line of its
/// own. An empty text has one empty line.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let joined = width(&line) + 1 + width(word);
        if !line.is_empty() && joined > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// The text with spaces after it up to `columns`.
pub(super) fn left(text: &str, columns: usize) -> String {
    let gap = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(gap))
}

/// The text with spaces before it up to `columns`.
pub(super) fn right(text: &str, columns: usize) -> String {
    let gap = columns.saturating_sub(width(text));
    format!("{}{text}", " ".repeat(gap))
}

/// The text in the middle of `columns`, without spaces after it.
pub(super) fn centre(text: &str, columns: usize) -> String {
    let gap = columns.saturating_sub(width(text)) / 2;
    format!("{}{text}", " ".repeat(gap))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_takes_one_column_however_it_is_composed() {
        assert_eq!(width("Lục Bình"), 8);
        assert_eq!(width("Lu\u{323}c Bi\u{300}nh"), 8);
        assert_eq!(width("中文"), 4);
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("một hai ba", 7), ["một hai", "ba"]);
        assert_eq!(wrap("một hai ba", 6), ["một", "hai ba"]);
        assert_eq!(wrap("dài-không-thể-ngắt x", 4), ["dài-không-thể-ngắt", "x"]);
        assert_eq!(wrap("", 4), [""]);
    }
}
