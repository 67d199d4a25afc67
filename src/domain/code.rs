//! Codes: the short names by which events refer to households, kinds, projects and units.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A code as an office writes it: one to 120 characters, trimmed, no control characters, no
/// semicolon (it separates several villages in one cell), and not 12 digits, since that is the
/// form of a citizen's identification number and a code stands in the clear. Copies share the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(Arc<str>);

/// Why a text cannot be a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Nothing in it.
    #[error("a code cannot be empty")]
    Empty,
    /// Longer than [`Code::LONGEST`] characters.
    #[error("the code {0:?} is longer than 120 characters")]
    TooLong(String),
    /// A control character, a semicolon, or a space at an end.
    #[error("the code {0:?} holds a character that a code cannot hold")]
    BadCharacter(String),
    /// Twelve digits: a citizen's number must be sealed, never used as a code.
    #[error("a code of 12 digits looks like a citizen's number, which must not stand in the clear")]
    LooksLikeCitizenId,
}

impl Code {
    /// The longest code, in characters.
    pub const LONGEST: usize = 120;

    /// Checks a text and makes it a code.
    ///
    /// # Errors
    /// [`CodeError`] says which rule of [`Code`] it breaks.
    pub fn new(text: &str) -> Result<Code, CodeError> {
        // What most codes are made of breaks no rule but the one of twelve digits.
        let ordinary = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let bytes = text.as_bytes();
        if (1..=Code::LONGEST).contains(&bytes.len())
            && bytes.iter().all(|byte| ordinary(*byte))
            && (bytes.len() != 12 || !bytes.iter().all(u8::is_ascii_digit))
        {
            return Ok(Code(text.into()));
        }
        if text.is_empty() {
            return Err(CodeError::Empty);
        }
        if text.chars().count() > Code::LONGEST {
            return Err(CodeError::TooLong(
                text.chars().take(Code::LONGEST).collect(),
            ));
        }
        if text.trim() != text || text.chars().any(|c| c.is_control() || c == ';') {
            return Err(CodeError::BadCharacter(text.to_owned()));
        }
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let separators = text.chars().filter(|c| matches!(c, ' ' | '.')).count();
        if digits == 12 && digits + separators == text.chars().count() {
            return Err(CodeError::LooksLikeCitizenId);
        }
        Ok(Code(text.into()))
    }

    /// A code of the program's own, known to be one.
    pub(super) fn known(text: &'static str) -> Code {
        Code(text.into())
    }

    /// The text of the code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Code {
    type Err = CodeError;
    fn from_str(text: &str) -> Result<Code, CodeError> {
        Code::new(text)
    }
}

impl std::borrow::Borrow<str> for Code {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Code::new(&text).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Code {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Code".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": Code::LONGEST,
            "pattern": "^[^;]+$",
            "description": "a code as an office writes it; never a citizen's number"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citizen_number_is_no_code() {
        for number in ["006080001235", "006 080 001 235", "006.080.001.235"] {
            assert_eq!(Code::new(number), Err(CodeError::LooksLikeCitizenId));
        }
        assert!(Code::new("HN-2023-0001-0002").is_ok());
        assert!(Code::new("2023-0001-0002").is_ok());
        assert!(Code::new("Cao Lộc").is_ok());
    }

    #[test]
    fn what_cannot_be_a_code() {
        assert_eq!(Code::new(""), Err(CodeError::Empty));
        for bad in [" a", "a\n", "a;b", "a\u{0}"] {
            assert!(
                matches!(Code::new(bad), Err(CodeError::BadCharacter(_))),
                "{bad:?}"
            );
        }
        assert!(matches!(
            Code::new(&"x".repeat(121)),
            Err(CodeError::TooLong(_))
        ));
    }
}
