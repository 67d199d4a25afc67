//! Numbers in words (*bằng chữ*), as receipts and payment lists have them beside the figures.

use crate::domain::language::Lang;

const DIGITS: [&str; 10] = [
    "không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín",
];

const ONES: [&str; 20] = [
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

const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

const BILLION: u128 = 1_000_000_000;

/// Thousandths in words: `1337000000000` is *một tỷ ba trăm ba mươi bảy triệu*.
pub fn spelled(thousandths: i128, lang: Lang) -> String {
    let magnitude = thousandths.unsigned_abs();
    let mut words = Vec::new();
    if thousandths < 0 {
        words.push(lang.pick("âm", "minus").to_owned());
    }
    words.push(whole(magnitude / 1_000, lang));
    let rest = magnitude % 1_000;
    if rest > 0 {
        words.push(lang.pick("phẩy", "point").to_owned());
        let digits = format!("{rest:03}");
        let digits = digits.trim_end_matches('0').chars();
        let names = lang.pick(&DIGITS[..], &ONES[..10]);
        words.extend(digits.map(|digit| name(names, digit.to_digit(10).unwrap_or(0).into())));
    }
    words.join(" ")
}

/// An amount in words with its currency, beginning with a capital: *Năm mươi triệu đồng*.
pub fn amount(thousandths: i128, currency: &str, lang: Lang) -> String {
    let name = match currency {
        "VND" => lang.pick("đồng", "dong"),
        other => other,
    };
    let words = format!("{} {name}", spelled(thousandths, lang));
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn whole(number: u128, lang: Lang) -> String {
    let mut words = Vec::new();
    match lang {
        Lang::Vi => vietnamese(number, false, &mut words),
        Lang::En => english(number, &mut words),
    }
    words.join(" ")
}

fn name(names: &[&str], place: u128) -> String {
    let place = usize::try_from(place).unwrap_or(usize::MAX);
    names.get(place).copied().unwrap_or_default().to_owned()
}

/// A whole number; `inside` says that a larger part was said before, so that its hundreds are
/// said even where there are none (*một triệu không trăm linh năm*).
fn vietnamese(number: u128, inside: bool, words: &mut Vec<String>) {
    if number >= BILLION {
        vietnamese(number / BILLION, inside, words);
        words.push("tỷ".to_owned());
        if !number.is_multiple_of(BILLION) {
            vietnamese(number % BILLION, true, words);
        }
        return;
    }
    if number == 0 {
        words.push(name(&DIGITS, 0));
        return;
    }
    let mut inside = inside;
    for (size, unit) in [(1_000_000, "triệu"), (1_000, "nghìn"), (1, "")] {
        let group = number / size % 1_000;
        if group == 0 {
            continue;
        }
        hundreds(group, inside, words);
        if !unit.is_empty() {
            words.push(unit.to_owned());
        }
        inside = true;
    }
}

fn hundreds(group: u128, inside: bool, words: &mut Vec<String>) {
    let (hundreds, tens, ones) = (group / 100, group / 10 % 10, group % 10);
    if inside || hundreds > 0 {
        words.push(name(&DIGITS, hundreds));
        words.push("trăm".to_owned());
    }
    let said = match (tens, ones) {
        (0, 0) => return,
        (0, _) if inside || hundreds > 0 => format!("linh {}", name(&DIGITS, ones)),
        (0, _) => name(&DIGITS, ones),
        (1, 0) => "mười".to_owned(),
        (1, 5) => "mười lăm".to_owned(),
        (1, _) => format!("mười {}", name(&DIGITS, ones)),
        (_, 0) => format!("{} mươi", name(&DIGITS, tens)),
        (_, 1) => format!("{} mươi mốt", name(&DIGITS, tens)),
        (_, 4) => format!("{} mươi tư", name(&DIGITS, tens)),
        (_, 5) => format!("{} mươi lăm", name(&DIGITS, tens)),
        _ => format!("{} mươi {}", name(&DIGITS, tens), name(&DIGITS, ones)),
    };
    words.push(said);
}

fn english(number: u128, words: &mut Vec<String>) {
    if number < 1_000 {
        return english_group(number, words);
    }
    for (size, unit) in [
        (BILLION * BILLION, "quintillion"),
        (BILLION * 1_000_000, "quadrillion"),
        (BILLION * 1_000, "trillion"),
        (BILLION, "billion"),
        (1_000_000, "million"),
        (1_000, "thousand"),
    ] {
        if number >= size {
            english(number / size, words);
            words.push(unit.to_owned());
            if !number.is_multiple_of(size) {
                english(number % size, words);
            }
            return;
        }
    }
}

fn english_group(number: u128, words: &mut Vec<String>) {
    let (hundreds, rest) = (number / 100, number % 100);
    if hundreds > 0 {
        words.push(format!("{} hundred", name(&ONES, hundreds)));
    }
    match rest {
        0 if hundreds > 0 => {}
        0..20 => words.push(name(&ONES, rest)),
        _ if rest % 10 == 0 => words.push(name(&TENS, rest / 10)),
        _ => words.push(format!(
            "{}-{}",
            name(&TENS, rest / 10),
            name(&ONES, rest % 10)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_people_get_wrong() {
        for (number, vi) in [
            (0, "không"),
            (5, "năm"),
            (10, "mười"),
            (14, "mười bốn"),
            (15, "mười lăm"),
            (20, "hai mươi"),
            (21, "hai mươi mốt"),
            (24, "hai mươi tư"),
            (25, "hai mươi lăm"),
            (55, "năm mươi lăm"),
            (101, "một trăm linh một"),
            (104, "một trăm linh bốn"),
            (110, "một trăm mười"),
            (115, "một trăm mười lăm"),
            (1_005, "một nghìn không trăm linh năm"),
            (1_015, "một nghìn không trăm mười lăm"),
            (21_001, "hai mươi mốt nghìn không trăm linh một"),
            (1_000_005, "một triệu không trăm linh năm"),
            (11_109_000, "mười một triệu một trăm linh chín nghìn"),
            (1_337_000_000, "một tỷ ba trăm ba mươi bảy triệu"),
            (2_000_500_000, "hai tỷ năm trăm nghìn"),
            (1_005_000_000, "một tỷ không trăm linh năm triệu"),
            (1_000_000_000_000, "một nghìn tỷ"),
            (4_000_000_000_000_001, "bốn triệu tỷ không trăm linh một"),
            (1_000_000_000_000_000_000, "một tỷ tỷ"),
        ] {
            assert_eq!(spelled(number * 1_000, Lang::Vi), vi, "{number}");
        }
        let amount = amount(50_000_000_000, "VND", Lang::Vi);
        assert_eq!(amount, "Năm mươi triệu đồng");
        assert_eq!(
            spelled(-1_125_500, Lang::Vi),
            "âm một nghìn một trăm hai mươi lăm phẩy năm"
        );
        assert_eq!(spelled(50, Lang::Vi), "không phẩy không năm");
    }

    #[test]
    fn in_english_too() {
        for (number, en) in [
            (0, "zero"),
            (21, "twenty-one"),
            (117, "one hundred seventeen"),
            (
                1_337_000_000,
                "one billion three hundred thirty-seven million",
            ),
            (2_000_500_000, "two billion five hundred thousand"),
        ] {
            assert_eq!(spelled(number * 1_000, Lang::En), en, "{number}");
        }
    }

    /// Reads Vietnamese words back, by other means than they were written.
    fn read(words: &str) -> u128 {
        let (mut sum, mut part, mut group, mut digit) = (0_u128, 0_u128, 0_u128, 0_u128);
        for word in words.split(' ') {
            match word {
                "tỷ" => {
                    sum = (sum + part + group + digit) * BILLION;
                    (part, group, digit) = (0, 0, 0);
                }
                "triệu" | "nghìn" => {
                    let size = if word == "triệu" { 1_000_000 } else { 1_000 };
                    part += (group + digit) * size;
                    (group, digit) = (0, 0);
                }
                "trăm" => (group, digit) = (group + digit * 100, 0),
                "mươi" => (group, digit) = (group + digit * 10, 0),
                "mười" => group += 10,
                "linh" => {}
                "mốt" => digit = 1,
                "tư" => digit = 4,
                "lăm" => digit = 5,
                other => {
                    let place = DIGITS.iter().position(|name| *name == other);
                    digit = place.unwrap() as u128;
                }
            }
        }
        sum + part + group + digit
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_in_words_is_read_back(number: u64, shift in 0_u32..64) {
            let number = number >> shift;
            let words = spelled(i128::from(number) * 1_000, Lang::Vi);
            proptest::prop_assert_eq!(read(&words), u128::from(number), "{}", words);
            proptest::prop_assert!(!words.contains("  "));
        }
    }
}
