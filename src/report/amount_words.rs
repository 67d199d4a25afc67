//! An amount in words, as every paper about money ends: *Bằng chữ: Một triệu ba trăm ba mươi bảy
//! nghìn đồng*.

use crate::domain::language::Lang;

const VI: [&str; 10] = [
    "không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín",
];

const EN: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const EN_TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

/// An amount of dong in words; a part of a dong after a comma. It begins with a capital letter.
pub fn amount_in_words(thousandths: i128, lang: Lang) -> String {
    let whole = thousandths.unsigned_abs() / 1_000;
    let rest = thousandths.unsigned_abs() % 1_000;
    let mut text = String::new();
    if thousandths < 0 {
        text.push_str(lang.pick("âm ", "minus "));
    }
    text.push_str(&number_in_words(whole, lang));
    if rest > 0 {
        text.push_str(lang.pick(" phẩy", " point"));
        for digit in format!("{rest:03}").trim_end_matches('0').bytes() {
            text.push(' ');
            text.push_str(vi_or_en(u128::from(digit.saturating_sub(b'0')), lang));
        }
    }
    text.push_str(lang.pick(" đồng", " dong"));
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

fn vi_or_en(digit: u128, lang: Lang) -> &'static str {
    let known = usize::try_from(digit).ok();
    let word = known.and_then(|place| lang.pick(VI.get(place), EN.get(place)));
    word.copied().unwrap_or_default()
}

fn number_in_words(number: u128, lang: Lang) -> String {
    if number == 0 {
        return vi_or_en(0, lang).to_owned();
    }
    let billion = 1_000_000_000;
    let (high, low) = (number / billion, number % billion);
    let mut words = Vec::new();
    if high > 0 {
        words.push(number_in_words(high, lang));
        words.push(lang.pick("tỷ", "billion").to_owned());
    }
    let mut told = high > 0;
    let groups = [
        (low / 1_000_000, lang.pick("triệu", "million")),
        (low / 1_000 % 1_000, lang.pick("nghìn", "thousand")),
        (low % 1_000, ""),
    ];
    for (group, unit) in groups {
        if group == 0 {
            continue;
        }
        words.push(match lang {
            Lang::Vi => three_vi(group, told),
            Lang::En => three_en(group),
        });
        if !unit.is_empty() {
            words.push(unit.to_owned());
        }
        told = true;
    }
    words.join(" ")
}

/// Three digits; after a higher group the hundreds are always said: *một nghìn không trăm linh
/// năm*.
fn three_vi(group: u128, after: bool) -> String {
    let (hundreds, tens, ones) = (group / 100, group / 10 % 10, group % 10);
    let word = |digit| vi_or_en(digit, Lang::Vi);
    let mut words = Vec::new();
    if hundreds > 0 || after {
        words.extend([word(hundreds), "trăm"]);
    }
    match tens {
        0 if ones > 0 && !words.is_empty() => words.push("linh"),
        0 => {}
        1 => words.push("mười"),
        _ => words.extend([word(tens), "mươi"]),
    }
    match (tens, ones) {
        (_, 0) => {}
        (2.., 1) => words.push("mốt"),
        (1.., 5) => words.push("lăm"),
        (_, ones) => words.push(word(ones)),
    }
    words.join(" ")
}

fn three_en(group: u128) -> String {
    let (hundreds, rest) = (group / 100, group % 100);
    let mut words = Vec::new();
    if hundreds > 0 {
        words.push(format!("{} hundred", vi_or_en(hundreds, Lang::En)));
    }
    if rest >= 20 {
        let tens = usize::try_from(rest / 10).ok();
        let tens = tens.and_then(|place| EN_TENS.get(place)).copied();
        let tens = tens.unwrap_or_default();
        words.push(match rest % 10 {
            0 => tens.to_owned(),
            ones => format!("{tens}-{}", vi_or_en(ones, Lang::En)),
        });
    } else if rest > 0 {
        words.push(vi_or_en(rest, Lang::En).to_owned());
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_said_as_papers_say_them() {
        let said = [
            (0, "Không đồng", "Zero dong"),
            (1, "Một đồng", "One dong"),
            (15, "Mười lăm đồng", "Fifteen dong"),
            (21, "Hai mươi mốt đồng", "Twenty-one dong"),
            (105, "Một trăm linh năm đồng", "One hundred five dong"),
            (1_000, "Một nghìn đồng", "One thousand dong"),
            (
                1_005,
                "Một nghìn không trăm linh năm đồng",
                "One thousand five dong",
            ),
            (
                1_337_000,
                "Một triệu ba trăm ba mươi bảy nghìn đồng",
                "One million three hundred thirty-seven thousand dong",
            ),
            (
                66_850_000,
                "Sáu mươi sáu triệu tám trăm năm mươi nghìn đồng",
                "Sixty-six million eight hundred fifty thousand dong",
            ),
            (
                2_000_000_011,
                "Hai tỷ không trăm mười một đồng",
                "Two billion eleven dong",
            ),
        ];
        for (number, vi, en) in said {
            assert_eq!(amount_in_words(number * 1_000, Lang::Vi), vi);
            assert_eq!(amount_in_words(number * 1_000, Lang::En), en);
        }
        assert_eq!(amount_in_words(-1_500, Lang::Vi), "Âm một phẩy năm đồng");
    }
}
