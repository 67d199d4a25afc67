//! Exact money and quantities: whole thousandths in a 64-bit integer, never a float.
//!
//! Both are written `-?(0|[1-9][0-9]*)(\.[0-9]{1,3})?` without a trailing fractional zero and
//! without `-0`, in events, in JSON output and in CSV. Sums use 128-bit integers, so a total of
//! any ledger is exact.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not an exact number of the canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FixedError {
    /// The text is no number of the canonical form.
    #[error("{0:?} is not a number of the form 1234 or 1234.5")]
    Malformed(String),
    /// More than three decimals, or more than the currency or unit has.
    #[error("{0:?} has more decimals than allowed")]
    TooFine(String),
    /// Beyond [`LARGEST`].
    #[error("{0:?} is beyond what can be recorded")]
    TooLarge(String),
}

/// The largest magnitude of one amount or quantity: 999,999,999,999,999 (a quadrillion less one).
/// The yearly state budget of Viet Nam is about three times this; one act of support is not.
pub const LARGEST: i64 = 999_999_999_999_999;

const SCALE: i64 = 1_000;

/// Writes thousandths in the canonical form.
pub fn format_thousandths(thousandths: i128) -> String {
    let sign = if thousandths < 0 { "-" } else { "" };
    let magnitude = thousandths.unsigned_abs();
    let (whole, rest) = (magnitude / 1_000, magnitude % 1_000);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{rest:03}");
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}

/// Reads the canonical form into thousandths.
///
/// # Errors
/// [`FixedError`] when the text is of another form, too fine, or beyond [`LARGEST`].
pub fn parse_thousandths(text: &str) -> Result<i64, FixedError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let malformed = || FixedError::Malformed(text.to_owned());
    if !plain(whole) || (whole.len() > 1 && whole.starts_with('0')) {
        return Err(malformed());
    }
    if let Some(fraction) = fraction {
        if !plain(fraction) || fraction.ends_with('0') {
            return Err(malformed());
        }
        if fraction.len() > 3 {
            return Err(FixedError::TooFine(text.to_owned()));
        }
    }
    if text.starts_with('-') && whole == "0" && fraction.is_none() {
        return Err(malformed());
    }
    if whole.len() > 15 {
        return Err(FixedError::TooLarge(text.to_owned()));
    }
    let whole: i64 = whole.parse().map_err(|_| malformed())?;
    let mut thousandths = whole * SCALE;
    if let Some(fraction) = fraction {
        let padded: i64 = format!("{fraction:0<3}").parse().map_err(|_| malformed())?;
        thousandths += padded;
    }
    Ok(if text.starts_with('-') {
        -thousandths
    } else {
        thousandths
    })
}

fn schema_of(description: &str) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{0,2}[1-9])?$",
        "description": description
    })
}

macro_rules! fixed {
    ($name:ident, $what:literal) => {
        impl $name {
            /// Nothing.
            pub const ZERO: $name = $name(0);

            /// From whole thousandths, as the facts table keeps them.
            pub const fn from_thousandths(thousandths: i64) -> $name {
                $name(thousandths)
            }

            /// Whole thousandths.
            pub const fn thousandths(self) -> i64 {
                self.0
            }

            /// From a whole number. Saturates beyond what a record can hold.
            pub const fn whole(value: i64) -> $name {
                $name(value.saturating_mul(SCALE))
            }

            /// From an exact decimal.
            ///
            /// # Errors
            /// [`FixedError`] when it has over three decimals or is beyond [`LARGEST`].
            pub fn from_decimal(value: Decimal) -> Result<$name, FixedError> {
                parse_thousandths(&value.normalize().to_string()).map($name)
            }

            /// As an exact decimal.
            pub fn to_decimal(self) -> Decimal {
                Decimal::new(self.0, 3).normalize()
            }

            /// How many decimals it needs: 0 to 3.
            pub fn decimals(self) -> u32 {
                match self.0 {
                    v if v % 1_000 == 0 => 0,
                    v if v % 100 == 0 => 1,
                    v if v % 10 == 0 => 2,
                    _ => 3,
                }
            }

            /// Below zero.
            pub fn is_negative(self) -> bool {
                self.0 < 0
            }

            /// The sum, or `None` beyond 64 bits.
            pub fn checked_add(self, other: $name) -> Option<$name> {
                self.0.checked_add(other.0).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&format_thousandths(i128::from(self.0)))
            }
        }

        impl FromStr for $name {
            type Err = FixedError;
            fn from_str(text: &str) -> Result<$name, FixedError> {
                parse_thousandths(text).map($name)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                schema_of($what)
            }
        }
    };
}

/// An amount of money in the ledger's currency. VND has no decimals; another currency has at most
/// three (ISO 4217), checked when an event is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

/// A quantity of goods in the unit that stands beside it (kg, head, ...), with up to three
/// decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(i64);

fixed!(Money, "an exact amount in the ledger's currency");
fixed!(
    Quantity,
    "an exact quantity in the unit that stands beside it"
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_canonical_form_is_the_only_form() {
        for good in ["0", "1", "-1", "1337000000", "0.5", "-0.125", "29615000.25"] {
            assert_eq!(good.parse::<Money>().unwrap().to_string(), good);
        }
        for bad in [
            "", "-", "-0", "00", "01", "1.", ".5", "1.50", "1.0", "+1", " 1", "1e3", "1,5", "٣",
        ] {
            assert!(bad.parse::<Money>().is_err(), "{bad:?} was read");
        }
        assert_eq!(
            "1.2345".parse::<Money>(),
            Err(FixedError::TooFine("1.2345".into()))
        );
        assert!(matches!(
            "1000000000000000".parse::<Money>(),
            Err(FixedError::TooLarge(_))
        ));
    }

    proptest! {
        #[test]
        fn writing_then_reading_gives_the_same(value in -LARGEST * 1000..=LARGEST * 1000) {
            let money = Money::from_thousandths(value);
            prop_assert_eq!(money.to_string().parse::<Money>().unwrap(), money);
            prop_assert_eq!(Money::from_decimal(money.to_decimal()).unwrap(), money);
        }
    }
}
