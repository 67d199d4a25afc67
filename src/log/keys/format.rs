//! The bytes of the key files: the header, the records, and how a master key wraps a key.
//! Pure: bytes in, bytes out.

use chacha20poly1305::aead::AeadInOut as _;
use chacha20poly1305::{KeyInit as _, Tag, XChaCha20Poly1305};
use zeroize::Zeroizing;

use super::error::Fault;
use crate::log::seal::{KeyId, prefixed};

/// A header, and a record, are 88 bytes each: record `i` (from 1) begins at byte 88 × `i`.
pub(super) const RECORD_BYTES: u64 = 88;
/// The same as a length in memory.
pub(super) const RECORD_LEN: usize = 88;
/// The length of a master key file and of a signing seed.
pub(super) const SECRET_LEN: usize = 32;

const MAGIC: [u8; 8] = *b"socaikey";
const FORMAT: u32 = 1;

/// The first 88 bytes of a subjects file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The number in the file's name.
    pub generation: u64,
    /// The ledger's id, 128 bits.
    pub ledger: [u8; 16],
    /// How many records the file was published with: fewer means that it was cut.
    pub count: u64,
}

/// Why a header was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeaderError {
    Fault(Fault),
    Newer(u32),
}

impl Header {
    /// The header's bytes. The tag ties the header to its master key, so that two files that do
    /// not belong together are found at once.
    pub(super) fn encode(&self, master: &Master, nonce: [u8; 24]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(RECORD_LEN);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_be_bytes());
        bytes.extend(self.generation.to_be_bytes());
        bytes.extend(self.ledger);
        bytes.extend(self.count.to_be_bytes());
        let tag = master.tag(nonce, &bytes);
        bytes.extend(nonce);
        bytes.extend(tag);
        bytes.extend(crc32c::crc32c(&bytes).to_be_bytes());
        bytes
    }

    /// Reads a header and checks it against its master key.
    pub(super) fn decode(bytes: &[u8; RECORD_LEN], master: &Master) -> Result<Header, HeaderError> {
        let unreadable = HeaderError::Fault(Fault::Header);
        let mut rest = bytes.as_slice();
        let magic: Option<[u8; 8]> = take(&mut rest);
        let format = take(&mut rest).map(u32::from_be_bytes);
        let (Some(MAGIC), Some(format)) = (magic, format) else {
            return Err(unreadable);
        };
        // A later format may keep its checksum elsewhere, so the number is looked at first.
        if format > FORMAT {
            return Err(HeaderError::Newer(format));
        }
        let fields = (|| {
            let header = Header {
                generation: take(&mut rest).map(u64::from_be_bytes)?,
                ledger: take(&mut rest)?,
                count: take(&mut rest).map(u64::from_be_bytes)?,
            };
            let tagged = bytes.get(..bytes.len() - rest.len())?;
            let (nonce, tag) = (take(&mut rest)?, take::<16>(&mut rest)?);
            Some((header, tagged, nonce, tag))
        })();
        let (Some((header, tagged, nonce, tag)), true) = (fields, crc_fits(bytes)) else {
            return Err(unreadable);
        };
        if master.tag_fits(nonce, tagged, tag) {
            Ok(header)
        } else {
            Err(HeaderError::Fault(Fault::Master))
        }
    }
}

/// One wrapped key.
pub(super) struct Record {
    pub id: KeyId,
    pub nonce: [u8; 24],
    /// The key and its tag.
    pub wrapped: [u8; 48],
}

impl Record {
    /// Appends the record's 88 bytes.
    pub(super) fn encode(&self, to: &mut Vec<u8>) {
        let mut bytes = [0; RECORD_LEN - 4];
        let fields = self.id.0.iter().chain(&self.nonce).chain(&self.wrapped);
        for (place, byte) in bytes.iter_mut().zip(fields) {
            *place = *byte;
        }
        to.extend(bytes);
        to.extend(crc32c::crc32c(&bytes).to_be_bytes());
    }

    /// Reads a record, whether its checksum fits or not.
    pub(super) fn decode(bytes: &[u8; RECORD_LEN]) -> Option<Record> {
        let mut rest = bytes.as_slice();
        Some(Record {
            id: KeyId(take(&mut rest)?),
            nonce: take(&mut rest)?,
            wrapped: take(&mut rest)?,
        })
    }

    /// The id of a record.
    pub(super) fn id(bytes: &[u8; RECORD_LEN]) -> Option<KeyId> {
        Some(KeyId(*bytes.first_chunk()?))
    }
}

/// The key that wraps every other key of one generation.
pub(super) struct Master {
    // The cipher wipes its key when it is dropped (feature `zeroize` of its crate).
    cipher: XChaCha20Poly1305,
}

impl Master {
    pub(super) fn new(bytes: &[u8; SECRET_LEN]) -> Master {
        Master {
            cipher: XChaCha20Poly1305::new(bytes.into()),
        }
    }

    /// Wraps a key. `None` only if the cipher refuses 32 bytes, which it does not.
    pub(super) fn wrap(
        &self,
        ledger: [u8; 16],
        id: KeyId,
        nonce: [u8; 24],
        key: &[u8; 32],
    ) -> Option<Record> {
        let mut text = Zeroizing::new(*key);
        let tag = self
            .cipher
            .encrypt_inout_detached(
                (&nonce).into(),
                &wrap_data(ledger, id),
                text.as_mut_slice().into(),
            )
            .ok()?;
        let mut wrapped = [0; 48];
        for (place, byte) in wrapped.iter_mut().zip(text.iter().chain(&tag)) {
            *place = *byte;
        }
        Some(Record { id, nonce, wrapped })
    }

    /// The key inside a record, or nothing if the record was changed.
    pub(super) fn unwrap(&self, ledger: [u8; 16], record: &Record) -> Option<Zeroizing<[u8; 32]>> {
        let mut rest = record.wrapped.as_slice();
        let mut key = Zeroizing::new(take::<32>(&mut rest)?);
        let tag = Tag::from(take::<16>(&mut rest)?);
        self.cipher
            .decrypt_inout_detached(
                (&record.nonce).into(),
                &wrap_data(ledger, record.id),
                key.as_mut_slice().into(),
                &tag,
            )
            .ok()?;
        Some(key)
    }

    fn tag(&self, nonce: [u8; 24], header: &[u8]) -> [u8; 16] {
        let data = prefixed(&[b"socai key file v1", header]);
        let sealed =
            self.cipher
                .encrypt_inout_detached((&nonce).into(), &data, [].as_mut_slice().into());
        // The cipher never refuses an empty text; if it did, the header would not open again,
        // and every writer reads its header back before it relies on it.
        sealed.map(Into::into).unwrap_or_default()
    }

    fn tag_fits(&self, nonce: [u8; 24], header: &[u8], tag: [u8; 16]) -> bool {
        let data = prefixed(&[b"socai key file v1", header]);
        let nothing = [].as_mut_slice().into();
        let opened =
            self.cipher
                .decrypt_inout_detached((&nonce).into(), &data, nothing, &tag.into());
        opened.is_ok()
    }
}

fn wrap_data(ledger: [u8; 16], id: KeyId) -> Vec<u8> {
    prefixed(&[b"socai key wrap v1", &ledger, &id.0])
}

/// Takes the next `N` bytes.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*first)
}

/// Whether the last four bytes are the CRC-32C of the others.
pub(super) fn crc_fits(bytes: &[u8; RECORD_LEN]) -> bool {
    bytes
        .split_last_chunk::<4>()
        .is_some_and(|(before, crc)| crc32c::crc32c(before) == u32::from_be_bytes(*crc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_opens_under_its_master_ledger_and_id_alone() {
        let master = Master::new(&[1; 32]);
        let record = master
            .wrap([2; 16], KeyId([3; 12]), [4; 24], &[5; 32])
            .unwrap();
        assert_eq!(*master.unwrap([2; 16], &record).unwrap(), [5; 32]);
        assert!(master.unwrap([9; 16], &record).is_none());
        assert!(Master::new(&[9; 32]).unwrap([2; 16], &record).is_none());
        let moved = Record {
            id: KeyId([9; 12]),
            ..record
        };
        assert!(master.unwrap([2; 16], &moved).is_none());
    }

    #[test]
    fn every_changed_bit_of_a_header_is_found() {
        let master = Master::new(&[1; 32]);
        let header = Header {
            generation: 1,
            ledger: [2; 16],
            count: 0,
        };
        let bytes: [u8; RECORD_LEN] = header.encode(&master, [4; 24]).try_into().unwrap();
        assert_eq!(Header::decode(&bytes, &master), Ok(header));
        for bit in 0..RECORD_LEN * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::decode(&changed, &master).is_err(), "bit {bit}");
        }
        assert_eq!(
            Header::decode(&bytes, &Master::new(&[9; 32])),
            Err(HeaderError::Fault(Fault::Master))
        );
    }

    #[test]
    fn zeros_are_no_record() {
        assert!(!crc_fits(&[0; RECORD_LEN]));
    }

    #[test]
    fn a_record_is_read_back() {
        let master = Master::new(&[1; 32]);
        let record = master
            .wrap([2; 16], KeyId([3; 12]), [4; 24], &[5; 32])
            .unwrap();
        let mut bytes = Vec::new();
        record.encode(&mut bytes);
        let bytes = bytes.try_into().unwrap();
        assert!(crc_fits(&bytes));
        assert_eq!(Record::id(&bytes), Some(record.id));
        let again = Record::decode(&bytes).unwrap();
        assert_eq!(
            (again.id, again.nonce, again.wrapped),
            (record.id, record.nonce, record.wrapped)
        );
    }
}
