//! The text of a cell: cleaned for keeping, or folded for comparing.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Folds a text for comparing and searching, never for keeping: lower case, without diacritics,
/// `đ` as `d`, and every run of white space as one space.
///
/// ```
/// use socai::import::fold;
/// assert_eq!(fold("  Hộ  NGHÈO, thôn Đông "), "ho ngheo, thon dong");
/// ```
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    // A lower-case letter can itself be decomposable, hence normalised on both sides.
    for c in text.nfkd().flat_map(char::to_lowercase).nfkd() {
        if is_combining_mark(c) || is_invisible(c) {
            continue;
        }
        if c.is_whitespace() {
            gap = !folded.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            folded.push(' ');
        }
        folded.push(match c {
            'đ' | 'ð' | 'ɖ' => 'd',
            other => other,
        });
    }
    folded
}

/// Cleans the text of one cell for keeping: normal form C, white space trimmed at the ends of each
/// line, runs of spaces (also no-break spaces) as one space, invisible characters dropped. Line
/// feeds stay.
///
/// # Errors
/// The first control character other than a line feed, or the first one that turns the direction
/// of writing: neither can be seen by who checks the list.
pub fn clean(text: &str) -> Result<Cow<'_, str>, char> {
    if is_clean(text) {
        return Ok(Cow::Borrowed(text));
    }
    if let Some(control) = text.chars().find(|&c| is_refused(c)) {
        return Err(control);
    }
    let visible: String = text.nfc().filter(|&c| !is_invisible(c)).collect();
    let lines: Vec<String> = visible
        .split('\n')
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let kept = lines.join("\n");
    Ok(Cow::Owned(kept.trim().nfc().collect()))
}

/// Whether nothing can be seen in a cell.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// How many characters of a cell a message repeats.
const SHOWN: usize = 120;

/// A cell as a message repeats it: on one line, not too long, and without anything that could
/// move the cursor of a terminal.
pub fn shown(text: &str) -> String {
    let visible = text.trim().chars().take(SHOWN).map(|c| match c {
        '\n' => ' ',
        c if is_refused(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    });
    visible.collect()
}

/// Cleans a text that was typed as an option. What a list would refuse is left out.
pub fn normalised(text: &str) -> String {
    match clean(text) {
        Ok(clean) => clean.into_owned(),
        Err(_) => {
            let kept: String = text.chars().filter(|c| !is_refused(*c)).collect();
            clean(&kept).map(Cow::into_owned).unwrap_or_default()
        }
    }
}

/// Most cells need no work: visible characters in normal form C, without a space at an end or two
/// in a row.
fn is_clean(text: &str) -> bool {
    if text.starts_with(' ') || text.ends_with(' ') || text.contains("  ") {
        return false;
    }
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return true;
    }
    let plain = |c: char| {
        c == ' ' || !(c.is_control() || c.is_whitespace() || is_refused(c) || is_invisible(c))
    };
    text.chars().all(plain) && is_nfc_quick(text.chars()) == IsNormalized::Yes
}

fn is_refused(c: char) -> bool {
    let turns_direction = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && c != '\n') || turns_direction
}

/// Characters of no width that programs leave behind and that make two equal codes differ.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folding_ignores_case_diacritics_and_form() {
        for text in [
            "Hộ nghèo",
            "HỘ NGHÈO",
            "  hô\u{323}  nghe\u{300}o ",
            "ho\u{302}\u{323} ngheo\u{300}",
            "ho\u{A0}ngheo",
        ] {
            assert_eq!(fold(text), "ho ngheo", "{text:?}");
        }
        assert_eq!(fold("Đặng Thị Ngọc ĐIỆP"), "dang thi ngoc diep");
        assert_eq!(fold("ƯƠNG ươ"), "uong uo");
        assert_eq!(fold(""), "");
    }

    #[test]
    fn a_kept_text_keeps_its_diacritics_and_its_lines() {
        let clean = |text| clean(text).unwrap().into_owned();
        assert_eq!(clean("  Hoa\u{300}ng   Thị\u{A0} Mai "), "Hoàng Thị Mai");
        assert_eq!(clean("dòng  một \n  dòng hai\n"), "dòng một\ndòng hai");
        assert_eq!(clean("HN\u{200B}-01\u{FEFF}"), "HN-01");
        assert_eq!(clean("\n \u{A0}"), "");
    }

    #[test]
    fn control_characters_are_refused() {
        for bad in ['\t', '\0', '\u{7}', '\u{85}', '\r', '\u{202E}'] {
            assert_eq!(clean(&format!("a{bad}b")), Err(bad));
        }
    }

    #[test]
    fn a_message_repeats_a_cell_without_what_moves_a_cursor() {
        assert_eq!(shown(" a\u{1B}[2Jb\nc "), "a\u{FFFD}[2Jb c");
        assert_eq!(shown(&"ộ".repeat(500)).chars().count(), SHOWN);
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn cleaning_twice_is_cleaning_once(text in any::<String>()) {
            if let Ok(once) = clean(&text) {
                prop_assert_eq!(clean(&once).unwrap(), once.clone());
                prop_assert!(unicode_normalization::is_nfc(&once));
            }
        }
    }
}
