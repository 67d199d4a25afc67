//! How lists spell the names of villages.

/// How close two village names are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// But for case, spaces and the word *thôn*.
    Same,
    /// But for a mark.
    Near,
    /// Another name.
    Other,
}

const VILLAGE_WORDS: [&str; 7] = ["thôn", "bản", "xóm", "làng", "ấp", "buôn", "tổ dân phố"];

fn bare_village(name: &str) -> String {
    let lower = name.to_lowercase();
    let bare = VILLAGE_WORDS
        .iter()
        .find_map(|word| {
            lower
                .strip_prefix(word)
                .and_then(|rest| rest.strip_prefix(' '))
        })
        .unwrap_or(&lower);
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The letter under a Vietnamese vowel's marks, so that a forgotten tone is found.
fn unmarked(c: char) -> char {
    match c {
        'à'..='å' | 'ă' | 'ạ'..='ặ' => 'a',
        'è'..='ê' | 'ẹ'..='ệ' => 'e',
        'ì' | 'í' | 'ĩ' | 'ỉ' | 'ị' => 'i',
        'ò'..='õ' | 'ơ' | 'ọ'..='ợ' => 'o',
        'ù' | 'ú' | 'ũ' | 'ư' | 'ụ'..='ự' => 'u',
        'ý' | 'ỳ'..='ỹ' => 'y',
        'đ' => 'd',
        other => other,
    }
}

/// The letters of a village's name: names that are the same or near have the same.
pub fn letters(name: &str) -> String {
    bare_village(name).chars().map(unmarked).collect()
}

pub(super) fn likeness(a: &str, b: &str) -> Likeness {
    let (a, b) = (bare_village(a), bare_village(b));
    if a == b {
        return Likeness::Same;
    }
    if a.chars().map(unmarked).eq(b.chars().map(unmarked)) {
        Likeness::Near
    } else {
        Likeness::Other
    }
}

/// Two spellings of one village: case, spaces and the word *thôn* aside.
pub fn same_village(a: &str, b: &str) -> bool {
    likeness(a, b) == Likeness::Same
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn villages_are_the_same_by_name_and_near_by_letters() {
        for (a, b, like) in [
            ("Cao Lộc", "thôn cao  lộc", Likeness::Same),
            ("Thôn Cao Lộc", "Bản Cao Lộc", Likeness::Same),
            ("Cao Lộc", "Cao Lôc", Likeness::Near),
            ("Lũng Chang", "Lung Chang", Likeness::Near),
            ("Lũng Chang", "Cao Lộc", Likeness::Other),
        ] {
            assert_eq!(likeness(a, b), like, "{a} {b}");
            assert_eq!(letters(a) == letters(b), like != Likeness::Other, "{a} {b}");
        }
    }
}
