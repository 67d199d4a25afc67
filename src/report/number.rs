//! Numbers as documents write them: a dot after thousands and a comma before decimals in
//! Vietnamese (Law on Accounting), the other way round in English.

use crate::domain::language::{Lang, Text};

/// Thousandths as a number with groups of three digits.
pub fn grouped(thousandths: i128, lang: Lang) -> String {
    let (group, decimal) = lang.pick(('.', ','), (',', '.'));
    let magnitude = thousandths.unsigned_abs();
    let whole = (magnitude / 1_000).to_string();
    let mut out = String::with_capacity(whole.len() * 2);
    if thousandths < 0 {
        out.push('-');
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(group);
        }
        out.push(digit);
    }
    let rest = magnitude % 1_000;
    if rest > 0 {
        out.push(decimal);
        out.push_str(format!("{rest:03}").trim_end_matches('0'));
    }
    out
}

/// An amount with its currency: `1.337.000.000 đồng`.
pub fn money(thousandths: i128, currency: &str, lang: Lang) -> String {
    let name = match currency {
        "VND" => lang.pick("đồng", "dong"),
        other => other,
    };
    format!("{} {name}", grouped(thousandths, lang))
}

/// A quantity with the name of its unit: `1.125 kg`.
pub fn quantity(thousandths: i128, unit: Option<&Text>, lang: Lang) -> String {
    let digits = grouped(thousandths, lang);
    match unit {
        Some(unit) => format!("{digits} {}", unit.get(lang)),
        None => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_decimals_follow_the_language() {
        for (thousandths, vi, en) in [
            (0, "0", "0"),
            (999_000, "999", "999"),
            (1_000_000, "1.000", "1,000"),
            (1_337_000_000_000, "1.337.000.000", "1,337,000,000"),
            (1_125_500, "1.125,5", "1,125.5"),
            (-12_345_678, "-12.345,678", "-12,345.678"),
            (50, "0,05", "0.05"),
        ] {
            assert_eq!(grouped(thousandths, Lang::Vi), vi);
            assert_eq!(grouped(thousandths, Lang::En), en);
        }
        assert_eq!(money(5_000_000, "VND", Lang::Vi), "5.000 đồng");
        assert_eq!(money(5_000_000, "VND", Lang::En), "5,000 dong");
        assert_eq!(money(5_250, "USD", Lang::En), "5.25 USD");
        let head = Text::new("con", "head");
        assert_eq!(quantity(120_000, Some(&head), Lang::Vi), "120 con");
    }
}
