//! A document as a cell cites it: *Quyết định số 20/QĐ-UBND ngày 28/02/2023 của UBND xã*.

use chrono::NaiveDate;

use super::date::read_date;
use super::text::fold;

/// What a cell says of a document. Offices cite in many ways, and a citation must never stop a
/// list: what is not understood stays, as written, in `number`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Citation {
    /// What kind of document it is, as written: *Quyết định*.
    pub kind: Option<String>,
    /// Its number and symbol, `20/QĐ-UBND`; or the whole text where no number is understood.
    pub number: Option<String>,
    /// Its date.
    pub date: Option<NaiveDate>,
    /// Who issued it, as written: *UBND xã*.
    pub issuer: Option<String>,
}

/// The kinds of document, folded; the longer before what it begins with. The list is that of
/// Decree 30/2020/NĐ-CP as far as lists cite it, and what English lists write.
const KINDS: &[&str] = &[
    "nghi quyet",
    "nghi dinh",
    "quyet dinh",
    "thong tu",
    "thong bao",
    "ke hoach",
    "bao cao",
    "to trinh",
    "cong van",
    "bien ban",
    "danh sach",
    "huong dan",
    "giay chung nhan",
    "hop dong",
    "decision",
    "resolution",
    "decree",
    "circular",
    "plan",
    "report",
    "letter",
];

/// Reads a citation. It never fails.
///
/// ```
/// use socai::import::citation::read_citation;
/// let cited = read_citation("Quyết định số 20/QĐ-UBND ngày 28/02/2023 của UBND xã");
/// assert_eq!(cited.kind.as_deref(), Some("Quyết định"));
/// assert_eq!(cited.number.as_deref(), Some("20/QĐ-UBND"));
/// assert_eq!(cited.issuer.as_deref(), Some("UBND xã"));
/// ```
pub fn read_citation(text: &str) -> Citation {
    let whole = text.trim();
    let words: Vec<&str> = whole.split_whitespace().collect();
    let folded: Vec<String> = words.iter().map(|word| fold(word)).collect();
    let folded: Vec<&str> = folded.iter().map(String::as_str).collect();
    let whole_as_number = || Citation {
        number: (!whole.is_empty()).then(|| whole.to_owned()),
        ..Citation::default()
    };
    parse(&words, &folded).unwrap_or_else(whole_as_number)
}

/// The parts in their order: kind, `số`, number, `ngày` with a date, `của` with who issued it.
/// `None` where a word is left that belongs to no part.
fn parse(words: &[&str], folded: &[&str]) -> Option<Citation> {
    let mut cited = Citation::default();
    let mut at = kind_length(folded);
    if at > 0 {
        cited.kind = Some(words.get(..at)?.join(" "));
    }
    if matches!(folded.get(at), Some(&"so" | &"so:" | &"no." | &"no")) {
        at += 1;
    }
    if let Some(word) = words.get(at).filter(|word| is_number(word)) {
        cited.number = Some(word.trim_end_matches([',', ';', '.']).to_owned());
        at += 1;
    }
    if let Some((date, length)) = date_at(words.get(at..)?, folded.get(at..)?) {
        cited.date = Some(date);
        at += length;
    }
    if matches!(folded.get(at), Some(&"cua" | &"of" | &"by")) {
        let issuer = words.get(at + 1..)?.join(" ");
        cited.issuer = (!issuer.is_empty()).then_some(issuer);
        at = words.len();
    }
    let understood = at == words.len() && cited.number.is_some();
    understood.then_some(cited)
}

/// How many words name the kind of document.
fn kind_length(folded: &[&str]) -> usize {
    let starts = |kind: &&&str| {
        let length = kind.split(' ').count();
        folded
            .get(..length)
            .is_some_and(|words| words.join(" ") == ***kind)
    };
    let kind = KINDS.iter().find(starts);
    kind.map_or(0, |kind| kind.split(' ').count())
}

/// A number of a document starts with a digit and is no date: `20/QĐ-UBND`, `54/KH-UBND`, `118`.
fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && read_date(word).is_err()
}

/// A date after `ngày`, `dated` or `on`, or by itself, and how many words it takes.
fn date_at(words: &[&str], folded: &[&str]) -> Option<(NaiveDate, usize)> {
    let introduced = matches!(folded.first(), Some(&"ngay" | &"dated" | &"on" | &"of"));
    let start = usize::from(introduced);
    let bare = words.get(start)?.trim_end_matches([',', ';', '.']);
    if let Ok(date) = read_date(bare) {
        return Some((date, start + 1));
    }
    let long = folded.get(..6).filter(|_| introduced)?.join(" ");
    read_date(&long).ok().map(|date| (date, 6))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(text: &str) -> [String; 4] {
        let cited = read_citation(text);
        [
            cited.kind.unwrap_or_default(),
            cited.number.unwrap_or_default(),
            cited.date.map(|date| date.to_string()).unwrap_or_default(),
            cited.issuer.unwrap_or_default(),
        ]
    }

    #[test]
    fn a_citation_is_taken_apart() {
        for (text, expected) in [
            (
                "Quyết định số 20/QĐ-UBND ngày 28/02/2023 của UBND xã",
                ["Quyết định", "20/QĐ-UBND", "2023-02-28", "UBND xã"],
            ),
            (
                "quyết định số 20/QĐ-UBND ngày 28 tháng 02 năm 2023 của UBND xã Lục Bình",
                ["quyết định", "20/QĐ-UBND", "2023-02-28", "UBND xã Lục Bình"],
            ),
            ("20/QĐ-UBND", ["", "20/QĐ-UBND", "", ""]),
            (
                "20/QĐ-UBND, ngày 28/02/2023",
                ["", "20/QĐ-UBND", "2023-02-28", ""],
            ),
            ("Kế hoạch 54/KH-UBND", ["Kế hoạch", "54/KH-UBND", "", ""]),
            (
                "Decision 20/QD-UBND of 2023-02-28 by the commune",
                ["Decision", "20/QD-UBND", "2023-02-28", "the commune"],
            ),
            ("", ["", "", "", ""]),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_stays_whole() {
        for text in [
            "theo chỉ đạo của huyện",
            "Quyết định của UBND xã",
            "Quyết định số 20/QĐ-UBND ngày 31/4/2023",
            "28/02/2023",
            "20/QĐ-UBND và 21/QĐ-UBND",
        ] {
            assert_eq!(parts(text), ["", text, "", ""]);
        }
    }

    proptest! {
        #[test]
        fn no_citation_is_lost(text in any::<String>()) {
            let cited = read_citation(&text);
            prop_assert_eq!(cited.number.is_none(), text.trim().is_empty());
        }
    }
}
