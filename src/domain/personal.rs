//! Personal fields: what an event says of a person by name, and says only sealed.
//!
//! A field is opened for a screen or a form and sealed before it enters an event. **Invariant:**
//! an opened field has no written form: serialising one is an error, printing one for debugging
//! shows `[open]`, and its text is wiped from memory when it is dropped. Sealing itself needs
//! keys and is the work of the log; this file knows only the shapes.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::ZeroizeOnDrop;

use super::code::{Code, CodeError};

/// Who a personal field is about, and so whose key seals it.
///
/// Written `household:LB-0001`, `person:LB-0001-02` or `ledger`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A household, by its code.
    Household(Code),
    /// A person, by its code.
    Person(Code),
    /// Free text about no one in particular.
    Ledger,
}

/// Why a text names no subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// It does not begin with `household:` or `person:`, and is not `ledger`.
    #[error("{0:?} is no subject: it must be `household:CODE`, `person:CODE` or `ledger`")]
    UnknownForm(String),
    /// What follows the colon is no code.
    #[error("the subject has no valid code: {0}")]
    BadCode(#[from] CodeError),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Household(code) => write!(f, "household:{code}"),
            Subject::Person(code) => write!(f, "person:{code}"),
            Subject::Ledger => f.write_str("ledger"),
        }
    }
}

impl FromStr for Subject {
    type Err = SubjectError;
    fn from_str(text: &str) -> Result<Subject, SubjectError> {
        match text.split_once(':') {
            Some(("household", code)) => Ok(Subject::Household(Code::new(code)?)),
            Some(("person", code)) => Ok(Subject::Person(Code::new(code)?)),
            None if text == "ledger" => Ok(Subject::Ledger),
            _ => Err(SubjectError::UnknownForm(text.to_owned())),
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Subject, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Subject {
    fn schema_name() -> Cow<'static, str> {
        "Subject".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(ledger|(household|person):[^;]+)$",
            "description": "who a personal field is about, and so whose key seals it"
        })
    }
}

/// A sealed personal field, as it stands in an event: XChaCha20-Poly1305 over the padded text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "SealedParts")]
pub struct Sealed {
    /// The ciphertext with its 16-byte tag, base64url without padding.
    pub c: String,
    /// The id of the key: 24 lower-case hexadecimal digits.
    pub k: String,
    /// The 24-byte nonce, base64url without padding: 32 characters.
    pub n: String,
}

/// Why a `{c, k, n}` object is no sealed field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// `c` is not base64url, or shorter than one padded block and its tag.
    #[error("`c` of a sealed field must be base64url without padding, at least 43 characters")]
    BadCiphertext,
    /// `k` is not 24 lower-case hexadecimal digits.
    #[error("`k` of a sealed field must be 24 lower-case hexadecimal digits")]
    BadKeyId,
    /// `n` is not 32 characters of base64url.
    #[error("`n` of a sealed field must be 32 characters of base64url")]
    BadNonce,
}

/// [`Sealed`] before its members are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedParts {
    c: String,
    k: String,
    n: String,
}

impl Sealed {
    /// The shortest ciphertext in characters: one block of 16 bytes and the tag of 16.
    pub const SHORTEST_C: usize = 43;
    /// The length of a key id in characters (12 bytes).
    pub const KEY_ID_LENGTH: usize = 24;
    /// The length of a nonce in characters (24 bytes).
    pub const NONCE_LENGTH: usize = 32;

    /// Checks the form of the three members; whether the field opens is for its key to say.
    ///
    /// # Errors
    /// [`SealedError`] names the member at fault.
    pub fn new(c: String, k: String, n: String) -> Result<Sealed, SealedError> {
        // One character over a multiple of four cannot stand in base64.
        if c.len() < Sealed::SHORTEST_C || c.len() % 4 == 1 || !is_base64url(&c) {
            return Err(SealedError::BadCiphertext);
        }
        let hex = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
        if k.len() != Sealed::KEY_ID_LENGTH || !k.bytes().all(hex) {
            return Err(SealedError::BadKeyId);
        }
        if n.len() != Sealed::NONCE_LENGTH || !is_base64url(&n) {
            return Err(SealedError::BadNonce);
        }
        Ok(Sealed { c, k, n })
    }
}

fn is_base64url(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

impl TryFrom<SealedParts> for Sealed {
    type Error = SealedError;
    fn try_from(parts: SealedParts) -> Result<Sealed, SealedError> {
        Sealed::new(parts.c, parts.k, parts.n)
    }
}

impl JsonSchema for Sealed {
    fn schema_name() -> Cow<'static, str> {
        "Sealed".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "a personal field, sealed with XChaCha20-Poly1305 \
                under the key of its subject",
            "properties": {
                "c": {
                    "type": "string",
                    "minLength": Sealed::SHORTEST_C,
                    "pattern": "^[A-Za-z0-9_-]+$",
                    "description": "ciphertext and tag, base64url without padding"
                },
                "k": {
                    "type": "string",
                    "pattern": "^[0-9a-f]{24}$",
                    "description": "id of the key"
                },
                "n": {
                    "type": "string",
                    "pattern": "^[A-Za-z0-9_-]{32}$",
                    "description": "nonce of 24 bytes, base64url without padding"
                }
            },
            "required": ["c", "k", "n"],
            "additionalProperties": false
        })
    }
}

/// A personal field: opened in memory, or sealed as it is stored.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub enum Personal {
    /// The text itself. It can never be serialised, and is wiped from memory when dropped.
    Open(String),
    /// The sealed text: the only form that is written.
    Sealed(#[zeroize(skip)] Box<Sealed>),
}

impl Personal {
    /// The text, where the field is opened.
    pub fn open_text(&self) -> Option<&str> {
        match self {
            Personal::Open(text) => Some(text),
            Personal::Sealed(_) => None,
        }
    }

    /// The sealed form, where the field is sealed.
    pub fn sealed(&self) -> Option<&Sealed> {
        match self {
            Personal::Open(_) => None,
            Personal::Sealed(sealed) => Some(sealed),
        }
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Personal::Open(_) => f.write_str("[open]"),
            Personal::Sealed(sealed) => sealed.fmt(f),
        }
    }
}

impl From<Sealed> for Personal {
    fn from(sealed: Sealed) -> Personal {
        Personal::Sealed(Box::new(sealed))
    }
}

impl Serialize for Personal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Personal::Open(_) => Err(serde::ser::Error::custom(
                "a personal field must be sealed before it is written",
            )),
            Personal::Sealed(sealed) => sealed.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Personal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Personal, D::Error> {
        Sealed::deserialize(deserializer).map(Personal::from)
    }
}

impl JsonSchema for Personal {
    fn schema_name() -> Cow<'static, str> {
        Sealed::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Sealed::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Sealed {
        Sealed::new("A".repeat(43), "0".repeat(24), "-".repeat(32)).unwrap()
    }

    #[test]
    fn an_open_field_is_never_written() {
        let open = Personal::Open("Lý Thị Vạ".to_owned());
        let error = serde_json::to_string(&open).unwrap_err().to_string();
        assert!(error.contains("must be sealed"), "{error}");
        assert!(!error.contains("Lý"), "{error}");
        // Neither inside another value, nor by a format that is not JSON.
        assert!(serde_json::to_value(vec![Some(&open)]).is_err());
        assert!(postcard::to_stdvec(&open).is_err());
    }

    #[test]
    fn debug_hides_an_open_field() {
        let open = Personal::Open("Lý Thị Vạ".to_owned());
        assert_eq!(format!("{:?}", Some(&open)), "Some([open])");
        assert_eq!(open.open_text(), Some("Lý Thị Vạ"));
    }

    #[test]
    fn a_sealed_field_is_read_back_as_written() {
        let field = Personal::from(sealed());
        let json = serde_json::to_string(&field).unwrap();
        let (c, k, n) = ("A".repeat(43), "0".repeat(24), "-".repeat(32));
        assert_eq!(json, format!(r#"{{"c":"{c}","k":"{k}","n":"{n}"}}"#));
        assert_eq!(serde_json::from_str::<Personal>(&json).unwrap(), field);
        assert_eq!(field.open_text(), None);
    }

    #[test]
    fn only_a_sealed_object_is_read() {
        let (c, k, n) = ("A".repeat(43), "0".repeat(24), "-".repeat(32));
        for bad in [
            r#""Lý Thị Vạ""#.to_owned(),
            format!(r#"{{"c":"{c}","k":"{k}"}}"#),
            format!(r#"{{"c":"{c}","k":"{k}","n":"{n}","name":"x"}}"#),
            format!(r#"{{"c":"{c}A=","k":"{k}","n":"{n}"}}"#),
            format!(r#"{{"c":"AAAA","k":"{k}","n":"{n}"}}"#),
            format!(r#"{{"c":"{c}AA","k":"{k}","n":"{n}"}}"#),
            format!(r#"{{"c":"{c}","k":"{}","n":"{n}"}}"#, "A".repeat(24)),
            format!(r#"{{"c":"{c}","k":"{k}","n":"{n}A"}}"#),
        ] {
            assert!(serde_json::from_str::<Personal>(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_schema_agrees_with_the_reader() {
        let schema = serde_json::to_value(schemars::schema_for!(Personal)).unwrap();
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        compiler.add_resource("mem://personal", schema).unwrap();
        let index = compiler.compile("mem://personal", &mut schemas).unwrap();
        let good = serde_json::to_value(sealed()).unwrap();
        assert!(schemas.validate(&good, index).is_ok());
        for member in ["c", "k", "n"] {
            let mut bad = good.clone();
            bad[member] = "?".into();
            assert!(schemas.validate(&bad, index).is_err(), "{member}");
        }
        assert!(
            schemas
                .validate(&serde_json::json!("Lý Thị Vạ"), index)
                .is_err()
        );
    }

    #[test]
    fn subjects_have_one_written_form() {
        for text in ["household:LB-0001", "person:A:B", "ledger"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        for bad in ["", "household", "ledger:", "village:LB", "Person:1"] {
            assert!(
                matches!(bad.parse::<Subject>(), Err(SubjectError::UnknownForm(_))),
                "{bad}"
            );
        }
        assert_eq!(
            "person:".parse::<Subject>(),
            Err(SubjectError::BadCode(CodeError::Empty))
        );
        assert!("person:006080001235".parse::<Subject>().is_err());
    }
}
