//! C2SP signed notes: a text and Ed25519 signatures over it, readable by other tools.
//!
//! A note is a text that ends in a line feed, an empty line, and one line a signature:
//! `— <name> <base64 of 4 bytes of key hash and the signature>`. A verifier key is the string
//! `<name>+<key hash in hex>+<base64 of 0x01 and the public key>`, a signer key
//! `PRIVATE+KEY+<name>+<key hash in hex>+<base64 of 0x01 and the seed>`. The key hash is the first
//! 4 bytes of `SHA-256(name, LF, 0x01, public key)`.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// The algorithm byte of Ed25519.
const ED25519: u8 = 0x01;
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

/// A key that checks signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
    hash: u32,
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

fn key_hash(name: &str, key: &VerifyingKey) -> u32 {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key.as_bytes())
        .finalize()
        .into();
    let [a, b, c, d, ..] = digest;
    u32::from_be_bytes([a, b, c, d])
}

/// Splits `name+hash+base64` into name, hash and the 32 bytes behind the algorithm byte.
fn split_key(text: &str) -> Result<(&str, u32, Zeroizing<[u8; 32]>), NoteError> {
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
    match bytes.split_first() {
        Some((&ED25519, key)) => {
            let key = key.try_into().map_err(|_| NoteError::BadKey)?;
            Ok((name, hash, Zeroizing::new(key)))
        }
        _ => Err(NoteError::BadKey),
    }
}

impl Verifier {
    /// A verifier of a name and a public key.
    ///
    /// # Errors
    /// A name that cannot stand in a note, or bytes that are no public key.
    pub fn new(name: &str, public: &[u8; 32]) -> Result<Verifier, NoteError> {
        check_name(name)?;
        let key = VerifyingKey::from_bytes(public).map_err(|_| NoteError::BadKey)?;
        let hash = key_hash(name, &key);
        Ok(Verifier {
            name: name.to_owned(),
            key,
            hash,
        })
    }

    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key hash.
    pub fn hash(&self) -> u32 {
        self.hash
    }

    /// Checks an Ed25519 signature over a text.
    ///
    /// # Errors
    /// [`NoteError::Forged`] where it does not hold.
    pub fn verify(&self, text: &str, signature: &[u8]) -> Result<(), NoteError> {
        let signature = Signature::from_slice(signature).map_err(|_| NoteError::Forged)?;
        self.key
            .verify_strict(text.as_bytes(), &signature)
            .map_err(|_| NoteError::Forged)
    }
}

impl FromStr for Verifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Verifier, NoteError> {
        let (name, hash, key) = split_key(text)?;
        let verifier = Verifier::new(name, &key)?;
        if verifier.hash == hash {
            Ok(verifier)
        } else {
            Err(NoteError::BadKey)
        }
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519], self.key.as_bytes().as_slice()].concat();
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
}

impl FromStr for Signer {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Signer, NoteError> {
        let key = text.strip_prefix(PRIVATE).ok_or(NoteError::BadKey)?;
        let (name, hash, seed) = split_key(key)?;
        let signer = Signer::new(name, &seed)?;
        if signer.verifier.hash == hash {
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
        let signature = signer.sign(&self.text);
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
}
