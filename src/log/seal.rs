//! Sealing: how a personal field is turned into `{c, k, n}` and opened again.
//!
//! ```text
//! plaintext  = UTF-8 text ‖ 0x80 ‖ 0x00…          to the next multiple of 16 bytes
//! associated = the parts below, each as its length in 8 bytes (big-endian) and its bytes:
//!              "socai personal field v1", ledger id (hex text), event id (16 bytes),
//!              subject (text, `household:LB-0001`), place (text, `head.name`)
//! c          = base64url(XChaCha20-Poly1305(key, nonce, plaintext, associated) ‖ tag of 16 bytes)
//! n          = base64url(nonce of 24 bytes)
//! k          = hex(first 12 bytes of SHA-256 over the parts, encoded as above:
//!              "socai key id v1", ledger id (hex text), subject (text),
//!              erasure count in 4 bytes (big-endian))
//! ```
//!
//! The padding leaves of a text's length only the number of blocks of 16 bytes. The associated
//! data tie a field to where it stands: copied to another event, subject, place or ledger it does
//! not open.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::AeadInOut as _;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;
use zeroize::{Zeroize as _, Zeroizing};

use crate::domain::language::{Explain, Lang};
use crate::domain::personal::{Sealed, Subject};

/// The longest text of one sealed field, in bytes: its event, at most 65,535 bytes, must still
/// hold it as base64 beside everything else.
pub const TEXT_BYTES_MAX: usize = 45_000;

/// Texts are padded to a multiple of this many bytes.
const BLOCK_BYTES: usize = 16;
/// The tag of Poly1305.
const TAG_BYTES: usize = 16;

/// The public name of a subject's key: 12 bytes, written as 24 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 12]);

impl KeyId {
    /// The id of a subject's key. `erasures` counts how often a key of this subject was
    /// destroyed before: after an erasure the subject's new key has another id, so that no field
    /// of before looks as if it could still be opened.
    pub fn of(ledger: &str, subject: &Subject, erasures: u32) -> KeyId {
        let encoded = prefixed(&[
            b"socai key id v1",
            ledger.as_bytes(),
            subject.to_string().as_bytes(),
            &erasures.to_be_bytes(),
        ]);
        let mut id = [0; 12];
        for (to, from) in id.iter_mut().zip(Sha256::digest(&encoded)) {
            *to = from;
        }
        KeyId(id)
    }

    /// Reads the 24 hexadecimal digits of a key id.
    pub fn parse(text: &str) -> Option<KeyId> {
        let digits = text.as_bytes();
        let lower = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
        if digits.len() != 24 || !digits.iter().all(lower) {
            return None;
        }
        let number = u128::from_str_radix(text, 16).ok()?.to_be_bytes();
        number.last_chunk().copied().map(KeyId)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// The key that seals the fields of one subject. Wiped from memory when it is dropped.
#[derive(Clone)]
pub struct SubjectKey {
    id: KeyId,
    bytes: Zeroizing<[u8; 32]>,
}

impl SubjectKey {
    /// A key of 32 random bytes under its id.
    pub fn new(id: KeyId, bytes: Zeroizing<[u8; 32]>) -> SubjectKey {
        SubjectKey { id, bytes }
    }

    /// Its public name.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The secret bytes, for the key files only.
    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.bytes
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.bytes).into())
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectKey({}, [secret])", self.id)
    }
}

/// Where a sealed field stands: it opens there and nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct AssociatedData<'a> {
    /// The ledger's id: 32 lower-case hexadecimal digits.
    pub ledger: &'a str,
    /// The id of the event.
    pub event: Uuid,
    /// Who the field is about.
    pub subject: &'a Subject,
    /// The path of the field in the event's `data`, such as `head.name`.
    pub place: &'a str,
}

impl AssociatedData<'_> {
    fn encode(&self) -> Vec<u8> {
        prefixed(&[
            b"socai personal field v1",
            self.ledger.as_bytes(),
            self.event.as_bytes(),
            self.subject.to_string().as_bytes(),
            self.place.as_bytes(),
        ])
    }

    fn field(&self) -> FieldPlace {
        FieldPlace {
            event: self.event,
            subject: self.subject.clone(),
            place: self.place.to_owned(),
        }
    }
}

/// Which field an error speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPlace {
    /// The id of the event.
    pub event: Uuid,
    /// Who the field is about.
    pub subject: Subject,
    /// The path of the field in the event's `data`.
    pub place: String,
}

impl fmt::Display for FieldPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.place, self.subject, self.event)
    }
}

/// Why a field could not be sealed or opened. No variant carries any of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The text is longer than [`TEXT_BYTES_MAX`].
    #[error(
        "the text of {field} has {bytes} bytes; a sealed field holds at most {TEXT_BYTES_MAX} bytes"
    )]
    TooLong {
        /// Which field.
        field: FieldPlace,
        /// The length found, in bytes.
        bytes: usize,
    },
    /// The field names another key than the one given.
    #[error("{field} is sealed under the key {found}, but the key given is {given}")]
    OtherKey {
        /// Which field.
        field: FieldPlace,
        /// The key id in the field.
        found: String,
        /// The id of the key given.
        given: KeyId,
    },
    /// `c` or `n` is not base64url of a possible length.
    #[error("the sealed form of {field} is damaged: `c` or `n` is not valid base64url")]
    Malformed {
        /// Which field.
        field: FieldPlace,
    },
    /// The tag does not fit: changed, moved from another place, or sealed under a lost key.
    #[error(
        "{field} does not open: it was changed, moved here from another place, or sealed under an \
         earlier key of the same id"
    )]
    Refused {
        /// Which field.
        field: FieldPlace,
    },
    /// It opened, but what is inside is no padded UTF-8 text.
    #[error("{field} opened, but holds no text that this program could have sealed")]
    NotText {
        /// Which field.
        field: FieldPlace,
    },
}

impl SealError {
    fn vietnamese(&self) -> String {
        match self {
            SealError::TooLong { field, bytes } => format!(
                "nội dung của {field} dài {bytes} byte; một trường niêm phong chứa tối đa \
                 {TEXT_BYTES_MAX} byte"
            ),
            SealError::OtherKey {
                field,
                found,
                given,
            } => format!(
                "{field} được niêm phong bằng khóa {found}, nhưng khóa được đưa vào là {given}"
            ),
            SealError::Malformed { field } => format!(
                "dạng niêm phong của {field} bị hỏng: `c` hoặc `n` không phải base64url hợp lệ"
            ),
            SealError::Refused { field } => format!(
                "không mở được {field}: dữ liệu đã bị sửa, bị chuyển từ chỗ khác đến, hoặc được \
                 niêm phong bằng một khóa cũ cùng mã"
            ),
            SealError::NotText { field } => format!(
                "đã mở {field} nhưng bên trong không phải văn bản do chương trình này niêm phong"
            ),
        }
    }
}

impl Explain for SealError {
    fn code(&self) -> &'static str {
        match self {
            SealError::TooLong { .. } => "field_too_long",
            SealError::OtherKey { .. } => "field_other_key",
            SealError::Malformed { .. } => "field_malformed",
            SealError::Refused { .. } => "field_refused",
            SealError::NotText { .. } => "field_not_text",
        }
    }

    fn message(&self, lang: Lang) -> String {
        lang.pick(self.vietnamese(), self.to_string())
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let (vi, en) = match self {
            SealError::TooLong { .. } => (
                "Hãy rút gọn nội dung; văn bản dài nên để trong hồ sơ kèm theo.",
                "Shorten the text; a long text belongs in a document beside the ledger.",
            ),
            SealError::OtherKey { .. } | SealError::Malformed { .. } => (
                "Hãy chạy `socai verify` để tìm sự kiện bị hỏng.",
                "Run `socai verify` to find the event at fault.",
            ),
            SealError::Refused { .. } | SealError::NotText { .. } => (
                "Hãy chạy `socai verify`; nếu sổ cái đúng, hãy khôi phục thư mục khóa từ bản sao \
                 lưu đúng của sổ cái này.",
                "Run `socai verify`; if the ledger is sound, restore the keys folder from the \
                 right backup of this ledger.",
            ),
        };
        Some(lang.pick(vi, en).to_owned())
    }
}

/// Seals a text for one place. The nonce must be random and never used twice with this key.
///
/// # Errors
/// [`SealError::TooLong`].
pub fn seal(
    key: &SubjectKey,
    nonce: [u8; 24],
    ad: &AssociatedData<'_>,
    text: &str,
) -> Result<Sealed, SealError> {
    let too_long = || SealError::TooLong {
        field: ad.field(),
        bytes: text.len(),
    };
    if text.len() > TEXT_BYTES_MAX {
        return Err(too_long());
    }
    // The room for padding and tag is taken at once: a buffer that grows would leave a copy of
    // the text behind in freed memory.
    let mut buffer = Vec::with_capacity(text.len() + BLOCK_BYTES + TAG_BYTES);
    buffer.extend_from_slice(text.as_bytes());
    pad(&mut buffer);
    key.cipher()
        .encrypt_in_place((&nonce).into(), &ad.encode(), &mut buffer)
        .map_err(|_| too_long())?;
    Ok(Sealed {
        c: URL_SAFE_NO_PAD.encode(&buffer),
        k: key.id.to_string(),
        n: URL_SAFE_NO_PAD.encode(nonce),
    })
}

/// Opens a sealed field at its place.
///
/// # Errors
/// [`SealError`] says why it does not open; none of its variants holds any of the text.
pub fn open(
    key: &SubjectKey,
    ad: &AssociatedData<'_>,
    sealed: &Sealed,
) -> Result<String, SealError> {
    if sealed.k != key.id.to_string() {
        return Err(SealError::OtherKey {
            field: ad.field(),
            found: sealed.k.clone(),
            given: key.id,
        });
    }
    let malformed = || SealError::Malformed { field: ad.field() };
    let nonce: [u8; 24] = URL_SAFE_NO_PAD
        .decode(&sealed.n)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(malformed)?;
    let mut buffer = URL_SAFE_NO_PAD.decode(&sealed.c).map_err(|_| malformed())?;
    key.cipher()
        .decrypt_in_place((&nonce).into(), &ad.encode(), &mut buffer)
        .map_err(|_| SealError::Refused { field: ad.field() })?;
    unpad(buffer).ok_or_else(|| SealError::NotText { field: ad.field() })
}

/// Appends 0x80 and zeros to the next multiple of a block (ISO/IEC 7816-4): at least one byte.
fn pad(buffer: &mut Vec<u8>) {
    buffer.push(0x80);
    buffer.resize(buffer.len().next_multiple_of(BLOCK_BYTES), 0);
}

fn unpad(mut buffer: Vec<u8>) -> Option<String> {
    let end = buffer.iter().rposition(|&byte| byte != 0);
    let padded = end.filter(|&end| {
        buffer.get(end) == Some(&0x80)
            && buffer.len().is_multiple_of(BLOCK_BYTES)
            && buffer.len() - end <= BLOCK_BYTES
    });
    let Some(end) = padded else {
        buffer.zeroize();
        return None;
    };
    buffer.truncate(end);
    String::from_utf8(buffer)
        .map_err(|error| error.into_bytes().zeroize())
        .ok()
}

/// Joins parts so that no two lists of parts give the same bytes: each part is preceded by its
/// length in 8 bytes, big-endian.
pub(crate) fn prefixed(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::Code;
    use crate::log::random::{Random as _, SeededRandom};
    use proptest::prelude::*;

    const LEDGER: &str = "00112233445566778899aabbccddeeff";

    fn household(code: &str) -> Subject {
        Subject::Household(Code::new(code).unwrap())
    }

    fn key(seed: u64, subject: &Subject) -> SubjectKey {
        let mut bytes = Zeroizing::new([0; 32]);
        SeededRandom::new(seed).fill(&mut *bytes);
        SubjectKey::new(KeyId::of(LEDGER, subject, 0), bytes)
    }

    fn at<'a>(subject: &'a Subject, event: u128, place: &'a str) -> AssociatedData<'a> {
        AssociatedData {
            ledger: LEDGER,
            event: Uuid::from_u128(event),
            subject,
            place,
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_again(
            text in "\\PC{0,60}", seed: u64, nonce: [u8; 24], event: u128, place in "[a-z.]{0,12}",
        ) {
            let subject = household("LB-0001");
            let (key, ad) = (key(seed, &subject), at(&subject, event, &place));
            let sealed = seal(&key, nonce, &ad, &text).unwrap();
            prop_assert_eq!(open(&key, &ad, &sealed).unwrap(), text);
            let checked = Sealed::new(sealed.c.clone(), sealed.k.clone(), sealed.n.clone());
            prop_assert_eq!(checked.unwrap(), sealed);
        }

        #[test]
        fn any_changed_character_is_found(at_byte in 0_usize..43, to in "[A-Za-z0-9_-]") {
            let subject = household("LB-0001");
            let (key, ad) = (key(1, &subject), at(&subject, 1, "head"));
            let sealed = seal(&key, [3; 24], &ad, "Lý Thị Vạ").unwrap();
            let mut changed = sealed.clone();
            changed.c.replace_range(at_byte..=at_byte, &to);
            prop_assume!(changed.c != sealed.c);
            prop_assert!(open(&key, &ad, &changed).is_err());
        }
    }

    #[test]
    fn a_field_opens_only_where_it_was_sealed() {
        let subject = household("LB-0001");
        let key_of = |subject: &Subject| {
            // The same secret under whatever id is asked for: the associated data must hold alone.
            SubjectKey::new(KeyId::of(LEDGER, subject, 0), Zeroizing::new([7; 32]))
        };
        let sealed = seal(
            &key_of(&subject),
            [5; 24],
            &at(&subject, 1, "head"),
            "Lý Thị Vạ",
        )
        .unwrap();
        let other = household("LB-0002");
        let person = Subject::Person(Code::new("LB-0001").unwrap());
        let other_ledger = AssociatedData {
            ledger: "ffeeddccbbaa99887766554433221100",
            ..at(&subject, 1, "head")
        };
        for ad in [
            at(&subject, 2, "head"),
            at(&subject, 1, "heads"),
            at(&subject, 1, ""),
            at(&other, 1, "head"),
            at(&person, 1, "head"),
            other_ledger,
        ] {
            let opened = open(&key_of(&subject), &ad, &sealed);
            assert!(
                matches!(opened, Err(SealError::Refused { .. })),
                "{ad:?}: {opened:?}"
            );
        }
    }

    #[test]
    fn another_key_does_not_open() {
        let (subject, other) = (household("LB-0001"), household("LB-0002"));
        let ad = at(&subject, 1, "head");
        let sealed = seal(&key(1, &subject), [5; 24], &ad, "Lý Thị Vạ").unwrap();
        assert!(matches!(
            open(&key(1, &other), &ad, &sealed),
            Err(SealError::OtherKey { .. })
        ));
        assert!(matches!(
            open(&key(2, &subject), &ad, &sealed),
            Err(SealError::Refused { .. })
        ));
    }

    #[test]
    fn associated_data_are_unambiguous() {
        // Characters that move from one part to its neighbour give other bytes.
        assert_ne!(prefixed(&[b"ab", b"c"]), prefixed(&[b"a", b"bc"]));
        assert_ne!(prefixed(&[b"ab"]), prefixed(&[b"ab", b""]));
    }

    #[test]
    fn a_name_shows_only_its_number_of_blocks() {
        let subject = household("LB-0001");
        let ad = at(&subject, 1, "head");
        let length = |text: &str| {
            let sealed = seal(&key(1, &subject), [5; 24], &ad, text).unwrap();
            URL_SAFE_NO_PAD.decode(sealed.c).unwrap().len()
        };
        assert_eq!([length(""), length("Vạ"), length(&"x".repeat(15))], [32; 3]);
        assert_eq!([length(&"x".repeat(16)), length(&"x".repeat(31))], [48; 2]);
    }

    #[test]
    fn only_this_padding_is_taken_off() {
        assert_eq!(
            unpad([b"ab\x80".as_slice(), &[0; 13]].concat()).as_deref(),
            Some("ab")
        );
        for bad in [
            vec![],
            vec![0; 16],
            b"0123456789abcdef".to_vec(),
            b"ab\x80".to_vec(),
            [b"ab\x80".as_slice(), &[0; 29]].concat(),
            [b"\xff\x80".as_slice(), &[0; 14]].concat(),
        ] {
            assert_eq!(unpad(bad.clone()), None, "{bad:?}");
        }
    }

    #[test]
    fn a_text_has_a_longest_length() {
        let subject = household("LB-0001");
        let (key, ad) = (key(1, &subject), at(&subject, 1, "note"));
        let longest = "x".repeat(TEXT_BYTES_MAX);
        let sealed = seal(&key, [1; 24], &ad, &longest).unwrap();
        assert!(sealed.c.len() < 61_000);
        assert_eq!(open(&key, &ad, &sealed).unwrap(), longest);
        assert!(matches!(
            seal(&key, [1; 24], &ad, &format!("{longest}x")),
            Err(SealError::TooLong { bytes: 45_001, .. })
        ));
    }

    #[test]
    fn key_ids_differ_by_ledger_subject_and_erasure() {
        let (subject, other) = (household("LB-0001"), household("LB-0002"));
        let ids = std::collections::BTreeSet::from([
            KeyId::of(LEDGER, &subject, 0),
            KeyId::of(LEDGER, &subject, 1),
            KeyId::of(LEDGER, &other, 0),
            KeyId::of(LEDGER, &Subject::Ledger, 0),
            KeyId::of("ffeeddccbbaa99887766554433221100", &subject, 0),
        ]);
        assert_eq!(ids.len(), 5);
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = SubjectKey::new(KeyId([0xab; 12]), Zeroizing::new([0x5a; 32]));
        assert_eq!(
            format!("{key:?}"),
            format!("SubjectKey({}, [secret])", "ab".repeat(12))
        );
    }

    #[test]
    fn sealed_bytes_never_change() {
        let subject = household("LB-0001");
        let sealed = seal(
            &key(1, &subject),
            [5; 24],
            &at(&subject, 1, "head.name"),
            "Lý Thị Vạ",
        )
        .unwrap();
        // Computed with another program (HChaCha20 by hand, ChaCha20-Poly1305 of OpenSSL).
        assert_eq!(sealed.c, "ZU8P-PWZfIXRar2E6kRqaInN7d3N4y_yNmU8vWHd-3k");
        assert_eq!(sealed.k, "0193eef8c048507ae9776f8a");
        assert_eq!(sealed.n, "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF");
    }

    #[test]
    fn errors_speak_both_languages_and_tell_no_text() {
        let subject = household("LB-0001");
        let ad = at(&subject, 1, "head");
        let sealed = seal(&key(1, &subject), [5; 24], &ad, "Lý Thị Vạ").unwrap();
        let error = open(&key(2, &subject), &ad, &sealed).unwrap_err();
        assert_eq!(error.code(), "field_refused");
        assert!(error.message(Lang::Vi).starts_with("không mở được head"));
        assert!(
            error
                .message(Lang::En)
                .contains("head (household:LB-0001, ")
        );
        for lang in [Lang::Vi, Lang::En] {
            assert!(error.hint(lang).is_some());
            assert!(!error.message(lang).contains("Vạ"));
        }
    }
}
