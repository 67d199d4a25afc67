//! A file sealed with a passphrase.
//!
//! ```text
//! header  "socai sealed backup 1" LF ‖ memory in KiB u32 ‖ passes u32 ‖ lanes u32
//!         ‖ salt 16 ‖ prefix 19                                              69 bytes
//! key     Argon2id (version 0x13) of the passphrase (UTF-8, NFC) and the salt, 32 bytes
//! chunk   XChaCha20-Poly1305(key, nonce, up to 65,536 bytes, associated data = the header)
//!         ‖ tag of 16 bytes
//! nonce   prefix 19 ‖ number of the chunk u32, from 0 ‖ 1 in the last chunk, else 0
//! ```
//!
//! Numbers are big-endian. This is the STREAM construction: a chunk that is moved, left out, or cut
//! off behind does not open, nor does one under a changed header. Every chunk but the last is full.

use std::io::{self, Read, Write};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::AeadInOut as _;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use zeroize::{Zeroize as _, Zeroizing};

use super::error::BackupError;
use crate::log::random::Random;

/// The first bytes of a sealed file.
pub const MAGIC: &[u8; 22] = b"socai sealed backup 1\n";
/// The least number of characters of a passphrase.
pub const PASSPHRASE_LEAST: usize = 10;

const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const HEADER: usize = 69;
const PREFIX: usize = 19;
/// What a reader is ready to spend: 1 GiB and 16 passes. Written are 64 MiB and 3.
const MEMORY_MOST: u32 = 1 << 20;
const PASSES_MOST: u32 = 16;

/// How much work it takes to derive the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// How often it is gone over.
    pub passes: u32,
    /// How many lanes.
    pub lanes: u32,
}

impl Default for Cost {
    /// 64 MiB and three passes, as RFC 9106 recommends where memory is scarce.
    fn default() -> Cost {
        Cost {
            memory_kib: 64 * 1024,
            passes: 3,
            lanes: 1,
        }
    }
}

/// A passphrase, wiped from memory when it is dropped.
pub struct Passphrase(Zeroizing<String>);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase([secret])")
    }
}

impl Passphrase {
    /// A passphrase as it was typed: the ends of lines at its end are not part of it, and two ways
    /// of typing one Vietnamese letter are the same.
    pub fn new(typed: Zeroizing<String>) -> Passphrase {
        use unicode_normalization::UnicodeNormalization as _;
        let text = typed.trim_end_matches(['\r', '\n']);
        // Room for the longest normal form, so that no copy is left behind in freed memory.
        let mut normal = Zeroizing::new(String::with_capacity(text.len() * 4));
        normal.extend(text.nfc());
        Passphrase(normal)
    }

    /// Refuses one that can be guessed.
    ///
    /// # Errors
    /// [`BackupError::WeakPassphrase`].
    pub fn check_strength(&self) -> Result<(), BackupError> {
        if self.0.chars().count() < PASSPHRASE_LEAST {
            return Err(BackupError::WeakPassphrase {
                least: PASSPHRASE_LEAST,
            });
        }
        Ok(())
    }

    fn cipher(&self, cost: Cost, salt: &[u8]) -> Result<XChaCha20Poly1305, BackupError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32));
        let params = params.map_err(|_| BackupError::TooCostly)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut key = Zeroizing::new([0; 32]);
        argon
            .hash_password_into(self.0.as_bytes(), salt, key.as_mut_slice())
            .map_err(|_| BackupError::TooCostly)?;
        Ok(XChaCha20Poly1305::new((&*key).into()))
    }
}

struct Stream {
    cipher: XChaCha20Poly1305,
    header: [u8; HEADER],
    /// The number of the next chunk.
    next: u32,
}

impl Stream {
    fn nonce(&self, last: bool) -> [u8; 24] {
        let mut nonce = [0; 24];
        let prefix = self.header.iter().skip(HEADER - PREFIX);
        let number = self.next.to_be_bytes();
        let tail = number
            .iter()
            .chain(std::iter::once(if last { &1 } else { &0 }));
        for (place, byte) in nonce.iter_mut().zip(prefix.chain(tail)) {
            *place = *byte;
        }
        nonce
    }

    /// Counts on; a file of 2^32 chunks (256 TiB) has no further.
    fn step(&mut self) -> io::Result<()> {
        let next = self.next.checked_add(1);
        self.next = next.ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(())
    }
}

/// Seals what is written to it.
pub struct SealingWriter<W: Write> {
    to: W,
    stream: Stream,
    chunk: Zeroizing<Vec<u8>>,
}

impl<W: Write> SealingWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// A weak passphrase, or what the output says.
    pub fn new(
        mut to: W,
        passphrase: &Passphrase,
        cost: Cost,
        random: &mut dyn Random,
    ) -> Result<SealingWriter<W>, BackupError> {
        passphrase.check_strength()?;
        let mut drawn = [0; 16 + PREFIX];
        random.fill(&mut drawn);
        let mut header = [0; HEADER];
        let numbers = [cost.memory_kib, cost.passes, cost.lanes].map(u32::to_be_bytes);
        let bytes = MAGIC.iter().chain(numbers.as_flattened()).chain(&drawn);
        for (place, byte) in header.iter_mut().zip(bytes) {
            *place = *byte;
        }
        let salt = drawn.get(..16).unwrap_or_default();
        let cipher = passphrase.cipher(cost, salt)?;
        to.write_all(&header).map_err(|source| BackupError::Io {
            path: "header".to_owned(),
            source,
        })?;
        Ok(SealingWriter {
            to,
            stream: Stream {
                cipher,
                header,
                next: 0,
            },
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK + TAG)),
        })
    }

    fn put(&mut self, last: bool) -> io::Result<()> {
        let nonce = self.stream.nonce(last);
        let sealed = self.stream.cipher.encrypt_in_place(
            (&nonce).into(),
            &self.stream.header,
            &mut *self.chunk,
        );
        sealed.map_err(|_| io::ErrorKind::FileTooLarge)?;
        self.to.write_all(&self.chunk)?;
        self.chunk.clear();
        self.stream.step()
    }

    /// Writes the last chunk, and gives the output back.
    ///
    /// # Errors
    /// What the output says.
    pub fn finish(mut self) -> io::Result<W> {
        self.put(true)?;
        Ok(self.to)
    }
}

impl<W: Write> Write for SealingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk goes out only when more follows: the last one is sealed as the last.
        if self.chunk.len() == CHUNK && !bytes.is_empty() {
            self.put(false)?;
        }
        let count = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk
            .extend_from_slice(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Opens what is read through it.
pub struct OpeningReader<R: Read> {
    from: R,
    stream: Stream,
    /// What was opened, and how much of it is handed out.
    chunk: Zeroizing<Vec<u8>>,
    given: usize,
    /// One sealed chunk, and the first bytes of the next.
    sealed: Vec<u8>,
    done: bool,
}

impl<R: Read> OpeningReader<R> {
    /// Reads the header and the first chunk.
    ///
    /// # Errors
    /// [`BackupError::WrongPassphrase`]; a header that is none or asks for too much.
    pub fn new(mut from: R, passphrase: &Passphrase) -> Result<OpeningReader<R>, BackupError> {
        let mut header = [0; HEADER];
        from.read_exact(&mut header)
            .map_err(|_| BackupError::NotABackup)?;
        let rest = header.strip_prefix(MAGIC).ok_or(BackupError::NotABackup)?;
        let (numbers, rest) = rest.split_at_checked(12).ok_or(BackupError::NotABackup)?;
        let mut numbers = numbers
            .as_chunks()
            .0
            .iter()
            .copied()
            .map(u32::from_be_bytes);
        let mut number = || numbers.next().unwrap_or_default();
        let (memory_kib, passes, lanes) = (number(), number(), number());
        let cost = Cost {
            memory_kib,
            passes,
            lanes,
        };
        if memory_kib > MEMORY_MOST || passes > PASSES_MOST || lanes > PASSES_MOST {
            return Err(BackupError::TooCostly);
        }
        let cipher = passphrase.cipher(cost, rest.get(..16).unwrap_or_default())?;
        let mut reader = OpeningReader {
            from,
            stream: Stream {
                cipher,
                header,
                next: 0,
            },
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK + TAG)),
            given: 0,
            sealed: Vec::with_capacity(CHUNK + TAG + 1),
            done: false,
        };
        reader.open_next().map_err(|error| {
            let damage = error.downcast::<BackupError>();
            damage.map_or_else(
                |source| BackupError::Io {
                    path: "chunk 0".to_owned(),
                    source,
                },
                |_| BackupError::WrongPassphrase,
            )
        })?;
        Ok(reader)
    }

    fn open_next(&mut self) -> io::Result<()> {
        let wanted = (CHUNK + TAG + 1 - self.sealed.len()) as u64;
        let mut part = Read::take(&mut self.from, wanted);
        part.read_to_end(&mut self.sealed)?;
        let last = self.sealed.len() <= CHUNK + TAG;
        let next = if last { None } else { self.sealed.pop() };
        let nonce = self.stream.nonce(last);
        self.chunk.zeroize();
        self.chunk.extend_from_slice(&self.sealed);
        let opened = self.stream.cipher.decrypt_in_place(
            (&nonce).into(),
            &self.stream.header,
            &mut *self.chunk,
        );
        let place = format!("chunk {}", self.stream.next);
        opened.map_err(|_| {
            let why = "it was changed, moved or cut short";
            io::Error::other(BackupError::damaged(&place, why))
        })?;
        self.stream.step()?;
        self.sealed.clear();
        self.sealed.extend(next);
        (self.given, self.done) = (0, last);
        Ok(())
    }
}

impl<R: Read> Read for OpeningReader<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.given == self.chunk.len() {
            if self.done {
                return Ok(0);
            }
            self.open_next()?;
        }
        let rest = self.chunk.get(self.given..).unwrap_or_default();
        let count = rest.len().min(to.len());
        for (place, byte) in to.iter_mut().zip(rest) {
            *place = *byte;
        }
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::random::SeededRandom;

    /// As cheap as Argon2 allows.
    const CHEAP: Cost = Cost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(Zeroizing::new(text.to_owned()))
    }

    fn sealed(text: &[u8]) -> Vec<u8> {
        let mut random = SeededRandom::new(1);
        let words = passphrase("mười hai con trâu");
        let mut writer = SealingWriter::new(Vec::new(), &words, CHEAP, &mut random).unwrap();
        writer.write_all(text).unwrap();
        writer.finish().unwrap()
    }

    fn opened(bytes: &[u8], words: &str) -> Result<Vec<u8>, BackupError> {
        let mut reader = OpeningReader::new(bytes, &passphrase(words))?;
        let mut text = Vec::new();
        match reader.read_to_end(&mut text) {
            Ok(_) => Ok(text),
            Err(error) => Err(error.downcast::<BackupError>().unwrap()),
        }
    }

    #[test]
    fn what_is_sealed_opens_again() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let text: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let bytes = sealed(&text);
            let chunks = length.div_ceil(CHUNK).max(1);
            assert_eq!(bytes.len(), HEADER + length + chunks * TAG);
            assert_eq!(opened(&bytes, "mười hai con trâu").unwrap(), text);
        }
    }

    #[test]
    fn the_way_a_letter_is_typed_does_not_count() {
        use unicode_normalization::UnicodeNormalization as _;
        let apart: String = "mười hai con trâu".nfd().collect();
        assert_eq!(
            opened(&sealed(b"x"), &format!("{apart}\r\n")).unwrap(),
            b"x"
        );
        assert!(matches!(
            opened(&sealed(b"x"), "mười hai con bò"),
            Err(BackupError::WrongPassphrase)
        ));
        assert!(passphrase("123456789").check_strength().is_err());
        assert!(passphrase("1234567890").check_strength().is_ok());
    }

    #[test]
    fn any_change_cut_or_exchange_of_chunks_is_found() {
        let text = vec![9; 2 * CHUNK + 10];
        let bytes = sealed(&text);
        let words = "mười hai con trâu";
        for at in (0..HEADER).chain((HEADER..bytes.len()).step_by(4_099)) {
            let mut bad = bytes.clone();
            // The numbers of the cost are bounded; the rest does not open.
            bad[at] ^= 1;
            assert!(opened(&bad, words).is_err(), "byte {at}");
        }
        let whole = CHUNK + TAG;
        for length in [
            0,
            10,
            HEADER,
            HEADER + whole,
            HEADER + 2 * whole,
            bytes.len() - 1,
        ] {
            assert!(opened(&bytes[..length], words).is_err(), "cut at {length}");
        }
        let (first, second) = (HEADER..HEADER + whole, HEADER + whole..HEADER + 2 * whole);
        let exchanged = [
            &bytes[..HEADER],
            &bytes[second],
            &bytes[first],
            &bytes[HEADER + 2 * whole..],
        ]
        .concat();
        assert!(opened(&exchanged, words).is_err());
    }

    #[test]
    fn a_header_cannot_ask_for_all_memory() {
        let mut bytes = sealed(b"x");
        bytes[22] = 0xff;
        let error = opened(&bytes, "mười hai con trâu").unwrap_err();
        assert!(matches!(error, BackupError::TooCostly), "{error}");
    }
}
