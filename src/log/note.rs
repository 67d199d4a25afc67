//! C2SP signed notes: a text and Ed25519 signatures over it, readable by other tools.
//!
//! A note is a text that ends in a line feed, an empty line, and one line a signature:
//! `— <name> <base64 of 4 bytes of key hash and the signature>`. A verifier key is the string
//! `<name>+<key hash in hex>+<base64 of 0x01 and the public key>`, a signer key
//! `PRIVATE+KEY+<name>+<key hash in hex>+<base64 of 0x01 and the seed>`. The key hash is the first
//! 4 bytes of `SHA-256(name, LF, 0x01, public key)`.
//!
//! Another office signs a checkpoint as a C2SP cosignature: its algorithm byte is `0x04`, its
//! signature is the time (8 bytes, seconds since 1970) and an Ed25519 signature over
//! `cosignature/v1`, `time <seconds>` and the text, a line each.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::domain::language::{Explain, Lang};

/// The algorithm byte of Ed25519.
const ED25519: u8 = 0x01;
/// The algorithm byte of a timestamped Ed25519 cosignature.
const COSIGNATURE: u8 = 0x04;
/// What every signature line begins with.
const LINE_PREFIX: &str = "\u{2014} ";
/// What every signer key begins with.
const PRIVATE: &str = "PRIVATE+KEY+";
/// The most signature lines that are read, so that a file cannot keep a reader busy.
pub const MAX_SIGNATURES: usize = 100;
/// The longest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 64 << 10;

/// Why a key or a note is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// A key name must not be empty or hold spaces, a plus sign or controls.
    #[error("a key name is not empty and has no space, plus sign or control character")]
    BadName,
    /// The text is not a key string.
    #[error("the text is not a key, or its hash does not match")]
    BadKey,
    /// The text of a note must end in a line feed and hold no other control characters.
    #[error("the text of a note ends in a line feed and holds no other control character")]
    BadText,
    /// The note does not have the form of a signed note.
    #[error("this is not a signed note")]
    Malformed,
    /// No signature is by a known key.
    #[error("the note has no signature by a known key")]
    Unknown,
    /// A signature that claims a known key is not by it.
    #[error("the signature is not by the key that it names")]
    Forged,
}

impl Explain for NoteError {
    fn code(&self) -> &'static str {
        match self {
            NoteError::BadName => "bad_key_name",
            NoteError::BadKey => "bad_key",
            NoteError::BadText | NoteError::Malformed => "bad_note",
            NoteError::Unknown => "unknown_signature",
            NoteError::Forged => "forged_signature",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let vi = match self {
            NoteError::BadName => {
                "tên khóa không được trống, không có dấu cách, dấu cộng hay ký tự điều khiển"
            }
            NoteError::BadKey => "đây không phải là một khóa, hoặc mã băm của khóa không khớp",
            NoteError::BadText => {
                "văn bản phải kết thúc bằng xuống dòng và không có ký tự điều khiển khác"
            }
            NoteError::Malformed => "đây không phải là một bản ghi có chữ ký",
            NoteError::Unknown => "không có chữ ký nào của khóa đã biết",
            NoteError::Forged => "chữ ký không phải của khóa mà nó nêu tên",
        };
        lang.pick(vi.to_owned(), self.to_string())
    }

    fn hint(&self, _: Lang) -> Option<String> {
        None
    }
}

/// What a signature of a key covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// The text alone: a log signs so.
    Ed25519,
    /// The text and a moment: another office signs so, C2SP `tlog-cosignature` version 1.
    Cosignature,
}

impl Algorithm {
    fn byte(self) -> u8 {
        match self {
            Algorithm::Ed25519 => ED25519,
            Algorithm::Cosignature => COSIGNATURE,
        }
    }
}

/// A key that checks signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
    hash: u32,
    algorithm: Algorithm,
}

/// A key that signs. It is wiped from memory when dropped.
pub struct Signer {
    verifier: Verifier,
    key: SigningKey,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: String,
    /// The key hash that the line claims.
    pub hash: u32,
    /// The signature bytes, whatever their algorithm.
    pub signature: Vec<u8>,
}

impl NoteSignature {
    /// When it was made, in seconds since 1970, if it has the form of a cosignature.
    pub fn time(&self) -> Option<u64> {
        split_time(&self.signature).map(|(time, _)| time)
    }
}

/// A note with its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text, with its closing line feed.
    pub text: String,
    /// All signature lines, in their order.
    pub signatures: Vec<NoteSignature>,
}

fn check_name(name: &str) -> Result<(), NoteError> {
    let unfit = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.contains(unfit) {
        return Err(NoteError::BadName);
    }
    Ok(())
}

fn key_hash(name: &str, algorithm: Algorithm, key: &VerifyingKey) -> u32 {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', algorithm.byte()])
        .chain_update(key.as_bytes())
        .finalize()
        .into();
    let [a, b, c, d, ..] = digest;
    u32::from_be_bytes([a, b, c, d])
}

/// The parts of a key string: its name, its hash, what it signs, its 32 bytes.
type KeyParts<'a> = (&'a str, u32, Algorithm, Zeroizing<[u8; 32]>);

/// Splits `name+hash+base64`.
fn split_key(text: &str) -> Result<KeyParts<'_>, NoteError> {
    let mut parts = text.splitn(3, '+');
    let mut part = || parts.next().ok_or(NoteError::BadKey);
    let (name, hash, key) = (part()?, part()?, part()?);
    check_name(name)?;
    let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if hash.len() != 8 || !hash.bytes().all(lower_hex) {
        return Err(NoteError::BadKey);
    }
    let hash = u32::from_str_radix(hash, 16).map_err(|_| NoteError::BadKey)?;
    let bytes = Zeroizing::new(STANDARD.decode(key).map_err(|_| NoteError::BadKey)?);
    let (algorithm, key) = match bytes.split_first() {
        Some((&ED25519, key)) => (Algorithm::Ed25519, key),
        Some((&COSIGNATURE, key)) => (Algorithm::Cosignature, key),
        _ => return Err(NoteError::BadKey),
    };
    let key = key.try_into().map_err(|_| NoteError::BadKey)?;
    Ok((name, hash, algorithm, Zeroizing::new(key)))
}

impl Verifier {
    /// A verifier of a name and a public key.
    ///
    /// # Errors
    /// A name that cannot stand in a note, or bytes that are no public key.
    pub fn new(name: &str, public: &[u8; 32]) -> Result<Verifier, NoteError> {
        Verifier::with(name, Algorithm::Ed25519, public)
    }

    fn with(name: &str, algorithm: Algorithm, public: &[u8; 32]) -> Result<Verifier, NoteError> {
        check_name(name)?;
        let key = VerifyingKey::from_bytes(public).map_err(|_| NoteError::BadKey)?;
        let hash = key_hash(name, algorithm, &key);
        Ok(Verifier {
            name: name.to_owned(),
            key,
            hash,
            algorithm,
        })
    }

    /// What a signature of this key covers.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The same key as the key of an office that cosigns.
    pub fn cosigner(&self) -> Verifier {
        Verifier {
            hash: key_hash(&self.name, Algorithm::Cosignature, &self.key),
            algorithm: Algorithm::Cosignature,
            ..self.clone()
        }
    }

    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key hash.
    pub fn hash(&self) -> u32 {
        self.hash
    }

    /// Checks a signature over a text.
    ///
    /// # Errors
    /// [`NoteError::Forged`] where it does not hold.
    pub fn verify(&self, text: &str, signature: &[u8]) -> Result<(), NoteError> {
        match self.algorithm {
            Algorithm::Ed25519 => self.verify_bytes(text, signature),
            Algorithm::Cosignature => {
                let (time, signature) = split_time(signature).ok_or(NoteError::Forged)?;
                self.verify_bytes(&cosigned_text(text, time), signature)
            }
        }
    }

    fn verify_bytes(&self, text: &str, signature: &[u8]) -> Result<(), NoteError> {
        let signature = Signature::from_slice(signature).map_err(|_| NoteError::Forged)?;
        self.key
            .verify_strict(text.as_bytes(), &signature)
            .map_err(|_| NoteError::Forged)
    }
}

/// What a cosignature covers.
fn cosigned_text(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// The moment of a cosignature, in seconds since 1970, and its Ed25519 signature.
fn split_time(signature: &[u8]) -> Option<(u64, &[u8])> {
    let (time, rest) = signature.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    let fits = rest.len() == Signature::BYTE_SIZE && i64::try_from(time).is_ok();
    fits.then_some((time, rest))
}

impl FromStr for Verifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Verifier, NoteError> {
        let (name, hash, algorithm, key) = split_key(text)?;
        let verifier = Verifier::with(name, algorithm, &key)?;
        if verifier.hash == hash {
            Ok(verifier)
        } else {
            Err(NoteError::BadKey)
        }
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.algorithm.byte()], self.key.as_bytes().as_slice()].concat();
        write!(
            f,
            "{}+{:08x}+{}",
            self.name,
            self.hash,
            STANDARD.encode(key)
        )
    }
}

impl Signer {
    /// A signer of a name and 32 random bytes.
    ///
    /// # Errors
    /// A name that cannot stand in a note.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Signer, NoteError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = Verifier::new(name, key.verifying_key().as_bytes())?;
        Ok(Signer { verifier, key })
    }

    /// The key that checks what this one signs.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The signer key string. Whoever has it can sign in this name.
    pub fn secret(&self) -> Zeroizing<String> {
        let mut key = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        let encoded = Zeroizing::new(STANDARD.encode(&key));
        key.zeroize();
        let Verifier { name, hash, .. } = &self.verifier;
        Zeroizing::new(format!("{PRIVATE}{name}+{hash:08x}+{}", *encoded))
    }

    /// The signature of a text.
    fn sign(&self, text: &str) -> NoteSignature {
        NoteSignature {
            name: self.verifier.name.clone(),
            hash: self.verifier.hash,
            signature: self.key.sign(text.as_bytes()).to_bytes().to_vec(),
        }
    }

    /// The cosignature of a text at a moment.
    fn cosign(&self, text: &str, time: u64) -> NoteSignature {
        let text = cosigned_text(text, time);
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        NoteSignature {
            name: self.verifier.name.clone(),
            hash: self.verifier.cosigner().hash,
            signature: [time.to_be_bytes().as_slice(), &signature].concat(),
        }
    }
}

impl FromStr for Signer {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Signer, NoteError> {
        let key = text.strip_prefix(PRIVATE).ok_or(NoteError::BadKey)?;
        let (name, hash, algorithm, seed) = split_key(key)?;
        let signer = Signer::new(name, &seed)?;
        if signer.verifier.hash == hash && algorithm == Algorithm::Ed25519 {
            Ok(signer)
        } else {
            Err(NoteError::BadKey)
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

impl Note {
    /// A note of this text without signatures.
    ///
    /// # Errors
    /// [`NoteError::BadText`] where the text cannot be one of a note.
    pub fn new(text: &str) -> Result<Note, NoteError> {
        let control = |c: char| c.is_control() && c != '\n';
        if !text.ends_with('\n') || text.contains(control) {
            return Err(NoteError::BadText);
        }
        Ok(Note {
            text: text.to_owned(),
            signatures: Vec::new(),
        })
    }

    /// Adds a signature; one of the same key takes the place of the old.
    pub fn sign(&mut self, signer: &Signer) {
        self.put(signer.sign(&self.text));
    }

    /// Adds a cosignature made at a moment (seconds since 1970); one of the same key takes the
    /// place of the old.
    pub fn cosign(&mut self, signer: &Signer, time: u64) {
        self.put(signer.cosign(&self.text, time));
    }

    fn put(&mut self, signature: NoteSignature) {
        self.signatures
            .retain(|old| (&old.name, old.hash) != (&signature.name, signature.hash));
        self.signatures.push(signature);
    }

    /// Reads a note without checking any signature.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] where it has not the form of a note.
    pub fn parse(note: &str) -> Result<Note, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Malformed);
        }
        let split = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, lines) = note
            .split_at_checked(split + 1)
            .ok_or(NoteError::Malformed)?;
        let lines = lines
            .strip_prefix('\n')
            .and_then(|lines| lines.strip_suffix('\n'));
        let lines = lines
            .filter(|lines| !lines.is_empty())
            .ok_or(NoteError::Malformed)?;
        let mut note = Note::new(text).map_err(|_| NoteError::Malformed)?;
        for line in lines.split('\n') {
            note.signatures.push(parse_line(line)?);
            if note.signatures.len() > MAX_SIGNATURES {
                return Err(NoteError::Malformed);
            }
        }
        Ok(note)
    }

    /// Reads a note and checks it: at least one signature must be by a known key, and none that
    /// claims a known key may be false. Signatures by other keys stay in the note, unchecked.
    /// Returns the note and the known keys that signed it, in the order of their lines.
    ///
    /// # Errors
    /// What does not hold.
    pub fn open<'v>(
        note: &str,
        known: &'v [Verifier],
    ) -> Result<(Note, Vec<&'v Verifier>), NoteError> {
        let note = Note::parse(note)?;
        let mut signed: Vec<&Verifier> = Vec::new();
        for line in &note.signatures {
            let claims = |key: &&Verifier| key.name == line.name && key.hash == line.hash;
            if let Some(key) = known.iter().find(claims) {
                key.verify(&note.text, &line.signature)?;
                if !signed.contains(&key) {
                    signed.push(key);
                }
            }
        }
        if signed.is_empty() {
            return Err(NoteError::Unknown);
        }
        Ok((note, signed))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.signatures {
            let bytes = [line.hash.to_be_bytes().as_slice(), &line.signature].concat();
            writeln!(f, "{LINE_PREFIX}{} {}", line.name, STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}

fn parse_line(line: &str) -> Result<NoteSignature, NoteError> {
    let (name, encoded) = line
        .strip_prefix(LINE_PREFIX)
        .and_then(|rest| rest.split_once(' '))
        .ok_or(NoteError::Malformed)?;
    check_name(name).map_err(|_| NoteError::Malformed)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Malformed)?;
    match bytes.split_first_chunk::<4>() {
        Some((hash, signature)) if !signature.is_empty() => Ok(NoteSignature {
            name: name.to_owned(),
            hash: u32::from_be_bytes(*hash),
            signature: signature.to_vec(),
        }),
        _ => Err(NoteError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The published example of golang.org/x/mod/sumdb/note.
    const SIGNER: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const SIGNED: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const COSIGNER: &str =
        "witness.example.com/w1+8122a5ab+BOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
    const COSIGNED: &str = "\u{2014} witness.example.com/w1 gSKlqwAAAABkGFDLWr4Jea05CAgwNVtwky0Jgz6WfX0\
        QJgM//FkB/W9BoT9TX0DkTxG+2cT4p/ViKNhUM/SnUwFcYQzugGFQ15LwDw==\n";
    const SECOND_VERIFIER: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
    const SECOND_LINE: &str = "\u{2014} EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

    #[test]
    fn the_published_note_is_signed_and_opened() {
        let signer: Signer = SIGNER.parse().unwrap();
        assert_eq!(signer.verifier().to_string(), VERIFIER);
        assert_eq!(*signer.secret(), SIGNER);
        let mut note = Note::new(TEXT).unwrap();
        note.sign(&signer);
        assert_eq!(note.to_string(), SIGNED);

        let known = [VERIFIER.parse().unwrap()];
        let (opened, signed) = Note::open(SIGNED, &known).unwrap();
        assert_eq!(opened, note);
        assert_eq!(signed[0].name(), "PeterNeumann");
    }

    #[test]
    fn several_offices_sign_one_note() {
        let both = format!("{SIGNED}{SECOND_LINE}");
        let known: Vec<Verifier> = [VERIFIER, SECOND_VERIFIER]
            .iter()
            .map(|key| key.parse().unwrap())
            .collect();
        let (note, signed) = Note::open(&both, &known).unwrap();
        assert_eq!(signed.len(), 2);
        assert_eq!(note.to_string(), both);
        let (note, signed) = Note::open(&both, &known[..1]).unwrap();
        assert_eq!((signed.len(), note.signatures.len()), (1, 2));
    }

    #[test]
    fn a_changed_note_is_forged_and_an_unknown_key_is_unknown() {
        let known = [VERIFIER.parse().unwrap()];
        let changed = SIGNED.replace("answer", "solution");
        assert_eq!(Note::open(&changed, &known), Err(NoteError::Forged));
        let other = [SECOND_VERIFIER.parse().unwrap()];
        assert_eq!(Note::open(SIGNED, &other), Err(NoteError::Unknown));
    }

    #[test]
    fn what_is_no_note_or_key_is_refused() {
        for text in [
            "",
            "\n",
            "a\n",
            "a\n\n",
            "a\n\n\u{2014} x\n",
            "a\n\n\u{2014} x AAAA\n",
        ] {
            assert_eq!(Note::parse(text), Err(NoteError::Malformed), "{text:?}");
        }
        assert_eq!(Note::new("no line feed"), Err(NoteError::BadText));
        assert_eq!(Note::new("a\tb\n"), Err(NoteError::BadText));
        let wrong_hash = VERIFIER.replace("c74f20a3", "c74f20a4");
        for key in [
            "",
            "a",
            "a+b",
            "a+00000000+AQ==",
            VERIFIER.trim_end_matches('W'),
            &wrong_hash,
        ] {
            assert!(key.parse::<Verifier>().is_err(), "{key}");
        }
        assert!(Signer::new("two words", &[1; 32]).is_err());
        assert!(VERIFIER.parse::<Signer>().is_err());
    }

    #[test]
    fn signing_again_replaces_the_line() {
        let signer = Signer::new("xa.luc-binh", &[5; 32]).unwrap();
        let mut note = Note::new("text\n").unwrap();
        note.sign(&signer);
        note.sign(&signer);
        assert_eq!(note.signatures.len(), 1);
        let again: Signer = signer.secret().parse().unwrap();
        assert_eq!(again.verifier(), signer.verifier());
    }

    #[test]
    fn published_cosigner_keys_are_read_and_a_cosignature_says_when() {
        // From the tests of transparency-dev/formats.
        for key in [
            "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
            "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        ] {
            assert_eq!(key.parse::<Verifier>().unwrap().to_string(), key);
        }
        let line = "\u{2014} remora.n621.de ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyoc\
                    WODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA==";
        assert_eq!(parse_line(line).unwrap().time(), Some(1_727_964_367));
        let plain = "\u{2014} x eQjRQm6eSKzFoiYalgwCPXu2y3ijtg68is9M46JKxuZB+dRfTmeQeDBoXnvxZx2ugnky\
                     V+MUMLXpWs1hPb/W/4xkNQY=";
        assert_eq!(parse_line(plain).unwrap().time(), None);
        // The example of C2SP tlog-cosignature.
        let example = "\u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5\
                       OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
        assert_eq!(parse_line(example).unwrap().time(), Some(1_679_315_147));
    }

    #[test]
    fn a_cosignature_is_that_of_another_implementation() {
        // Made with Python's `cryptography` from the seed 32 times 0x07.
        let text =
            "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let signer = Signer::new("witness.example.com/w1", &[7; 32]).unwrap();
        let mut note = Note::new(text).unwrap();
        note.cosign(&signer, 1_679_315_147);
        assert_eq!(note.to_string(), format!("{text}\n{COSIGNED}"));
        assert_eq!(signer.verifier().cosigner().to_string(), COSIGNER);

        let known = [COSIGNER.parse().unwrap()];
        Note::open(&note.to_string(), &known).unwrap();
        let plain = [signer.verifier().clone()];
        assert_eq!(
            Note::open(&note.to_string(), &plain),
            Err(NoteError::Unknown)
        );
        for bit in 0..72 * 8 {
            let mut changed = note.clone();
            changed.signatures[0].signature[bit / 8] ^= 1 << (bit % 8);
            let opened = Note::open(&changed.to_string(), &known);
            assert_eq!(opened, Err(NoteError::Forged));
        }
    }
}
