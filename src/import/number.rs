//! Amounts and quantities as people write them, read by the decimals of the declared unit.
//!
//! A Vietnamese list groups thousands with dots and writes decimals after a comma; a program may
//! write a dot before decimals. The same text means different numbers in the two, so the unit
//! decides, never the look of the text:
//!
//! - A unit without decimals (đồng, head): both signs, and spaces, can only group thousands.
//! - A unit with decimals (kg): a comma stands before decimals. Dots that are each followed by
//!   exactly three digits group thousands (`1.125` kg is 1,125 kg); another single dot stands
//!   before decimals (`0.5`), and so does the dot of `0.125`, which can be nothing else.

use crate::domain::language::Explain;
use crate::domain::{FixedError, Lang, Money, Quantity};

/// Why a cell is no number, and which text was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} cannot be read as a number: {fault:?}")]
pub struct NumberError {
    /// The text of the cell.
    pub found: String,
    /// What is wrong with it.
    pub fault: NumberFault,
    /// How many decimals the currency or the unit has.
    pub decimals: u32,
}

/// What is wrong with a text that should be a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFault {
    /// It starts with `=`, `+`, `@` or a tab, as a formula of a spreadsheet does.
    Formula,
    /// It is below zero.
    Negative,
    /// It holds something else than digits, dots, commas and spaces.
    Letters,
    /// It is of the form `1.3E+09`, as a spreadsheet shortens a long number.
    Scientific,
    /// It has a fraction, and the currency or unit has none.
    Fraction,
    /// It has more decimals than the currency or unit.
    TooFine,
    /// Its groups are not of three digits each.
    Grouping,
    /// A comma before a dot, or several commas: dots group thousands and a comma marks decimals.
    ForeignSigns,
    /// It is beyond what one record can hold.
    TooLarge,
}

/// Reads an amount of money in a currency with `decimals` decimals (đồng: 0). A sign of the đồng
/// after it is passed over.
///
/// # Errors
/// [`NumberError`] names the text and what is wrong with it.
pub fn read_money(text: &str, decimals: u32) -> Result<Money, NumberError> {
    let fail = |fault| NumberError::new(text, fault, decimals);
    let bare = without_suffix(text, &["đồng", "vnđ", "vnd", "đ", "₫"]);
    let canonical = canonical(bare, decimals).map_err(fail)?;
    canonical.parse().map_err(|error| fail(fault_of(&error)))
}

/// Reads a quantity in `unit`, which has `decimals` decimals. The unit after it is passed over.
///
/// # Errors
/// [`NumberError`] names the text and what is wrong with it.
pub fn read_quantity(text: &str, unit: &str, decimals: u32) -> Result<Quantity, NumberError> {
    let fail = |fault| NumberError::new(text, fault, decimals);
    let bare = without_suffix(text, &[&unit.to_lowercase()]);
    let canonical = canonical(bare, decimals).map_err(fail)?;
    canonical.parse().map_err(|error| fail(fault_of(&error)))
}

/// Reads a count of people, cards or households: a whole number, zero included.
///
/// # Errors
/// [`NumberError`] names the text and what is wrong with it.
pub fn read_count(text: &str) -> Result<u64, NumberError> {
    let fail = |fault| NumberError::new(text, fault, 0);
    let canonical = canonical(text, 0).map_err(fail)?;
    let largest = u64::from(u32::MAX);
    let count = canonical.parse().ok().filter(|&count| count <= largest);
    count.ok_or_else(|| fail(NumberFault::TooLarge))
}

/// Whether a text starts as a formula of a spreadsheet does.
pub fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '@', '\t'])
}

/// What the one dot of a quantity means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DotUse {
    /// It groups thousands: `1.125` is 1,125.
    Thousands,
    /// It stands before decimals: `1.5`.
    Decimals,
}

/// What the dot means in a quantity that has one dot, no comma, and a unit with decimals. A list
/// that uses it in both ways was perhaps written by somebody to whom `1.125` is a little over one.
pub fn dot_use(text: &str, unit: &str, decimals: u32) -> Option<DotUse> {
    let text = without_suffix(text, &[&unit.to_lowercase()]).trim();
    let (whole, fraction) = text.split_once('.').filter(|_| decimals > 0)?;
    let one_sign = !fraction.contains(['.', ',']) && !whole.contains([',', ' ']);
    one_sign.then(|| {
        if fraction.len() == 3 && !whole.starts_with('0') {
            DotUse::Thousands
        } else {
            DotUse::Decimals
        }
    })
}

/// The form that a spreadsheet gives to a long number in a column of numbers: `6.08E+10`.
pub fn is_scientific(text: &str) -> bool {
    let Some((digits, exponent)) = text.trim().split_once(['e', 'E']) else {
        return false;
    };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let number = |part: &str, also: &[char]| {
        part.starts_with(|c: char| c.is_ascii_digit())
            && part
                .chars()
                .all(|c| c.is_ascii_digit() || also.contains(&c))
    };
    number(digits, &['.', ',']) && number(exponent, &[])
}

impl NumberError {
    fn new(found: &str, fault: NumberFault, decimals: u32) -> NumberError {
        NumberError {
            found: found.to_owned(),
            fault,
            decimals,
        }
    }
}

fn fault_of(error: &FixedError) -> NumberFault {
    match error {
        FixedError::TooLarge(_) => NumberFault::TooLarge,
        FixedError::TooFine(_) => NumberFault::TooFine,
        FixedError::Malformed(_) => NumberFault::Letters,
    }
}

fn without_suffix<'t>(text: &'t str, suffixes: &[&str]) -> &'t str {
    let trimmed = text.trim_end();
    for suffix in suffixes.iter().filter(|suffix| !suffix.is_empty()) {
        let count = suffix.chars().count();
        let cut = trimmed.char_indices().rev().nth(count - 1);
        let Some((head, tail)) = cut.and_then(|(at, _)| trimmed.split_at_checked(at)) else {
            continue;
        };
        if tail.to_lowercase() == **suffix
            && head.trim_end().ends_with(|c: char| c.is_ascii_digit())
        {
            return head;
        }
    }
    text
}

/// Turns what people write into the canonical form of [`crate::domain::fixed`].
fn canonical(text: &str, decimals: u32) -> Result<String, NumberFault> {
    if is_formula(text) {
        return Err(NumberFault::Formula);
    }
    let text = text.trim();
    if is_formula(text) {
        return Err(NumberFault::Formula);
    }
    let bracketed = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    let below = text
        .strip_prefix(['-', '\u{2212}', '\u{2013}'])
        .or(bracketed);
    if below.is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit())) {
        return Err(NumberFault::Negative);
    }
    if is_scientific(text) {
        return Err(NumberFault::Scientific);
    }
    let space = |c: char| matches!(c, ' ' | '\u{A0}' | '\u{202F}' | '\u{2009}');
    let known = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',') || space(c);
    if !text.starts_with(|c: char| c.is_ascii_digit()) || !text.chars().all(known) {
        return Err(NumberFault::Letters);
    }
    let text: String = text
        .chars()
        .map(|c| if space(c) { ' ' } else { c })
        .collect();
    let (whole, fraction) = if decimals == 0 {
        (whole_without_decimals(&text)?, "")
    } else {
        with_decimals(&text)?
    };
    // Zeros at the end say nothing: `1,1250` is `1,125`.
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > usize::try_from(decimals).unwrap_or(usize::MAX) {
        return Err(NumberFault::TooFine);
    }
    Ok(join(&whole, fraction))
}

fn join(whole: &str, fraction: &str) -> String {
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

/// A unit without decimals: one sign, which can only group thousands.
fn whole_without_decimals(text: &str) -> Result<String, NumberFault> {
    let mut signs = text.chars().filter(|c| !c.is_ascii_digit());
    let Some(sign) = signs.next() else {
        return Ok(text.to_owned());
    };
    if signs.any(|other| other != sign) {
        // Two signs are the thousands and the decimals of some way of writing.
        return Err(NumberFault::Fraction);
    }
    ungroup(text, sign).ok_or(match (sign, text.split_once(sign)) {
        (' ', _) => NumberFault::Grouping,
        (_, Some((_, rest))) if rest.contains(sign) || rest.is_empty() => NumberFault::Grouping,
        _ => NumberFault::Fraction,
    })
}

/// A unit with decimals: the whole part without its groups, and the decimals.
fn with_decimals(text: &str) -> Result<(String, &str), NumberFault> {
    if let Some((whole, fraction)) = text.split_once(',') {
        if fraction.contains([',', '.']) {
            return Err(NumberFault::ForeignSigns);
        }
        return Ok((ungroup_any(whole)?, digits(fraction)?));
    }
    match text.split_once('.') {
        Some((whole, fraction)) if !fraction.contains('.') => {
            let groups = fraction.len() == 3 && !whole.starts_with('0');
            if groups && !whole.contains(' ') {
                return Ok((ungroup_any(text)?, ""));
            }
            Ok((ungroup_any(whole)?, digits(fraction)?))
        }
        _ => Ok((ungroup_any(text)?, "")),
    }
}

fn digits(text: &str) -> Result<&str, NumberFault> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then_some(text).ok_or(NumberFault::Grouping)
}

/// Groups by dots or by spaces, but not both.
fn ungroup_any(text: &str) -> Result<String, NumberFault> {
    let sign = text.chars().find(|c| !c.is_ascii_digit());
    match sign {
        None => digits(text).map(str::to_owned),
        Some(sign) => ungroup(text, sign).ok_or(NumberFault::Grouping),
    }
}

/// Takes out a sign that groups thousands: one to three digits, not starting with 0, then groups
/// of exactly three.
fn ungroup(text: &str, sign: char) -> Option<String> {
    let mut groups = text.split(sign);
    let first = groups.next()?;
    let plain = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let leads = (1..=3).contains(&first.len()) && plain(first) && !first.starts_with('0');
    let follow = groups.all(|group| group.len() == 3 && plain(group));
    (leads && follow).then(|| text.replace(sign, ""))
}

impl Explain for NumberError {
    fn code(&self) -> &'static str {
        match self.fault {
            NumberFault::Formula => "formula",
            NumberFault::Negative => "negative_number",
            NumberFault::Letters => "not_a_number",
            NumberFault::Scientific => "shortened_number",
            NumberFault::Fraction => "fraction_not_allowed",
            NumberFault::TooFine => "too_many_decimals",
            NumberFault::Grouping => "bad_grouping",
            NumberFault::ForeignSigns => "foreign_number_signs",
            NumberFault::TooLarge => "number_too_large",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (found, decimals) = (&self.found, self.decimals);
        match self.fault {
            NumberFault::Formula => lang.pick(
                format!("\"{found}\" là công thức, không phải là số"),
                format!("\"{found}\" is a formula, not a number"),
            ),
            NumberFault::Negative => lang.pick(
                format!("\"{found}\" là số âm"),
                format!("\"{found}\" is below zero"),
            ),
            NumberFault::Letters => lang.pick(
                format!("\"{found}\" không phải là số"),
                format!("\"{found}\" is not a number"),
            ),
            NumberFault::Scientific => lang.pick(
                format!("\"{found}\" là số đã bị bảng tính rút gọn, không còn đủ chữ số"),
                format!("\"{found}\" was shortened by a spreadsheet and lacks digits"),
            ),
            NumberFault::Fraction => lang.pick(
                format!("\"{found}\" có phần lẻ, mà ở đây chỉ dùng số nguyên"),
                format!("\"{found}\" has a fraction, where only whole numbers are used"),
            ),
            NumberFault::TooFine => lang.pick(
                format!("\"{found}\" có nhiều hơn {decimals} chữ số thập phân"),
                format!("\"{found}\" has more than {decimals} decimals"),
            ),
            NumberFault::Grouping => lang.pick(
                format!("\"{found}\" có nhóm chữ số không đủ ba chữ số"),
                format!("\"{found}\" has groups that are not of three digits"),
            ),
            NumberFault::ForeignSigns => lang.pick(
                format!("\"{found}\" dùng dấu phẩy để ngăn hàng nghìn, mà ở đây là dấu thập phân"),
                format!("\"{found}\" groups thousands with commas, which mark decimals here"),
            ),
            NumberFault::TooLarge => lang.pick(
                format!("\"{found}\" quá lớn"),
                format!("\"{found}\" is too large"),
            ),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let hint = match self.fault {
            NumberFault::Formula => lang.pick(
                "ghi kết quả của công thức, ví dụ 1.337.000",
                "write the result of the formula, such as 1337000",
            ),
            NumberFault::Negative => lang.pick(
                "ghi số từ 0 trở lên; muốn hủy hay thu hồi, dùng reverse hoặc record recovery",
                "write 0 or more; to void or take back money, use reverse or record recovery",
            ),
            NumberFault::Scientific => lang.pick(
                "định dạng cột là Văn bản (Text), nhập lại số đầy đủ rồi lưu",
                "format the column as text, enter the full number again, then save",
            ),
            NumberFault::ForeignSigns => lang.pick(
                "ghi 1.337.000,5 hoặc 1337000,5",
                "write 1.337.000,5 or 1337000,5",
            ),
            NumberFault::TooLarge => lang.pick(
                "kiểm tra lại số; lớn nhất là 999.999.999.999.999 (số lượng đếm: 4.294.967.295)",
                "check it; the largest is 999,999,999,999,999 (a count: 4,294,967,295)",
            ),
            _ if self.decimals == 0 => lang.pick(
                "ghi số nguyên đầy đủ, ví dụ 1337000 hoặc 1.337.000",
                "write the whole number in full, such as 1337000 or 1.337.000",
            ),
            _ => lang.pick(
                "ghi ví dụ 1125, 1.125 hoặc 45,5: dấu chấm ngăn hàng nghìn, dấu phẩy là thập phân",
                "write 1125, 1.125 or 45,5: dots group thousands, a comma marks decimals",
            ),
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn money(text: &str) -> Result<String, NumberFault> {
        let read = read_money(text, 0);
        read.map(|m| m.to_string()).map_err(|error| error.fault)
    }

    fn kilograms(text: &str) -> Result<String, NumberFault> {
        let read = read_quantity(text, "kg", 3);
        read.map(|q| q.to_string()).map_err(|error| error.fault)
    }

    #[test]
    fn dong_is_read_in_every_grouping() {
        for (text, value) in [
            ("1337000000", "1337000000"),
            ("1.337.000.000", "1337000000"),
            ("1,337,000,000", "1337000000"),
            ("1 337 000", "1337000"),
            ("1\u{A0}337\u{202F}000", "1337000000".get(..7).unwrap()),
            (" 51.000 đ ", "51000"),
            ("51.000đồng", "51000"),
            ("51.000 Đồng", "51000"),
            ("51,000 VND", "51000"),
            ("51000 vnđ", "51000"),
            ("51000₫", "51000"),
            ("1.125", "1125"),
            ("0", "0"),
            ("08", "8"),
            ("999.999.999.999.999", "999999999999999"),
        ] {
            assert_eq!(money(text), Ok(value.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_amount_of_dong_says_why() {
        use NumberFault::*;
        for (text, fault) in [
            ("1000,5", Fraction),
            ("1000.00", Fraction),
            ("0.5", Fraction),
            ("0.500", Fraction),
            ("1.337.000,00", Fraction),
            ("1,337.000", Fraction),
            ("1.33.000", Grouping),
            ("13 37", Grouping),
            ("1..000", Grouping),
            ("1.000.", Grouping),
            ("-5", Negative),
            ("- 5", Negative),
            ("\u{2212}5", Negative),
            ("(1.000)", Negative),
            ("1,3 tỷ", Letters),
            ("năm triệu", Letters),
            ("", Letters),
            (".5", Letters),
            ("đ", Letters),
            ("٣", Letters),
            ("1e3x", Letters),
            ("1.337E+09", Scientific),
            ("1,3E9", Scientific),
            ("=1+1", Formula),
            ("+5", Formula),
            ("@SUM(A1)", Formula),
            ("\t5", Formula),
            (" =5", Formula),
            ("1000000000000000", TooLarge),
            ("99999999999999999999999999", TooLarge),
        ] {
            assert_eq!(money(text), Err(fault), "{text:?}");
            let error = read_money(text, 0).unwrap_err();
            for lang in [Lang::Vi, Lang::En] {
                assert!(error.message(lang).contains(text));
                assert!(error.hint(lang).is_some());
            }
        }
    }

    #[test]
    fn a_quantity_is_read_by_its_unit() {
        for (text, value) in [
            ("1.125", "1125"),
            ("1.125,5", "1125.5"),
            ("45,5", "45.5"),
            ("45,125", "45.125"),
            ("1,125", "1.125"),
            ("0.5", "0.5"),
            ("1.5", "1.5"),
            ("1.50", "1.5"),
            ("0.125", "0.125"),
            ("0,125", "0.125"),
            ("1.337.000", "1337000"),
            ("1 337,5", "1337.5"),
            ("1 337", "1337"),
            ("1125 kg", "1125"),
            ("45,5KG", "45.5"),
            ("0", "0"),
            ("15,000", "15"),
        ] {
            assert_eq!(kilograms(text), Ok(value.to_owned()), "{text:?}");
        }
        assert_eq!(
            read_quantity("12 con", "con", 0).unwrap(),
            Quantity::whole(12)
        );
    }

    #[test]
    fn what_is_no_quantity_says_why() {
        use NumberFault::*;
        for (text, fault) in [
            ("1,337,000", ForeignSigns),
            ("1,337.5", ForeignSigns),
            ("1.33.000", Grouping),
            ("1.12,5", Grouping),
            ("1.125.5", Grouping),
            ("45,", Grouping),
            ("45.", Grouping),
            ("1,1255", TooFine),
            ("1.1255", TooFine),
            ("2 tấn", Letters),
            ("-1", Negative),
        ] {
            assert_eq!(kilograms(text), Err(fault), "{text:?}");
        }
        let fault = |text, decimals| read_quantity(text, "kg", decimals).unwrap_err().fault;
        assert_eq!(fault("45,55", 1), TooFine);
        assert_eq!(fault("1,5", 0), Fraction);
    }

    #[test]
    fn a_count_may_be_zero() {
        assert_eq!(read_count("0"), Ok(0));
        assert_eq!(read_count("1.636"), Ok(1636));
        assert_eq!(read_count("08"), Ok(8));
        for bad in ["-1", "1,5", "4294967296", "nhiều"] {
            assert!(read_count(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn however_an_amount_is_grouped_it_is_the_same(value in 0..=999_999_999_999_999_i64) {
            let plain = value.to_string();
            for sign in [".", ",", " "] {
                prop_assert_eq!(money(&grouped(&plain, sign)), Ok(plain.clone()));
            }
        }

        #[test]
        fn a_quantity_written_in_the_vietnamese_way_is_read(value in 0..=999_999_999_999_i64) {
            let quantity = Quantity::from_thousandths(value);
            let plain = quantity.to_string();
            let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, "0"));
            for sign in ["", ".", " "] {
                let text = format!("{},{fraction}", grouped(whole, sign));
                prop_assert_eq!(read_quantity(&text, "kg", 3), Ok(quantity));
            }
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".{0,16}", decimals in 0..4_u32) {
            let _ = read_money(&text, decimals);
            let _ = read_quantity(&text, "kg", decimals);
        }

        #[test]
        fn no_digits_and_signs_break_the_reader(text in "[-0-9., đ]{0,16}", decimals in 0..4_u32) {
            let _ = read_quantity(&text, "đ", decimals);
        }
    }

    fn grouped(digits: &str, sign: &str) -> String {
        let mut groups: Vec<&str> = Vec::new();
        let mut rest = digits;
        while rest.len() > 3 {
            let (head, tail) = rest.split_at(rest.len() - 3);
            groups.insert(0, tail);
            rest = head;
        }
        groups.insert(0, rest);
        groups.join(sign)
    }
}
