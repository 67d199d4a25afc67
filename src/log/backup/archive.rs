//! The little of ustar that a backup needs: regular files, one after the other.
//!
//! A header is 512 bytes: name 0..100, mode 100..108 (octal), uid, gid, size 124..136 (octal),
//! mtime 136..148, checksum 148..156, type 156, magic `ustar` 257..263, version `00`. The content
//! follows, padded with zeros to 512 bytes; two blocks of zeros end the archive.

use std::io::{self, Read, Write};

use super::MEMBER_MAX;
use super::error::BackupError;

const BLOCK: usize = 512;
/// The longest name that needs no extension.
const NAME_MAX: usize = 100;
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// Whether a name can be a member's: plain, relative, and below the place it is unpacked to.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part
                .chars()
                .all(|c| !c.is_control() && c != '\\' && c != ':')
    };
    name.len() <= NAME_MAX && name.split('/').all(part)
}

/// Writes one member.
///
/// # Errors
/// A name that is not plain, or what the output says.
pub(crate) fn write_member(
    to: &mut dyn Write,
    name: &str,
    bytes: &[u8],
) -> Result<(), BackupError> {
    let cannot = |why| BackupError::CannotHold {
        name: name.to_owned(),
        why,
    };
    if !is_plain_name(name) {
        return Err(cannot("the name is too long or not plain"));
    }
    if bytes.len() as u64 > MEMBER_MAX {
        return Err(cannot("it is too large"));
    }
    let io = |source| BackupError::Io {
        path: name.to_owned(),
        source,
    };
    to.write_all(&header(name, bytes.len())).map_err(io)?;
    to.write_all(bytes).map_err(io)?;
    let padding = bytes.len().next_multiple_of(BLOCK) - bytes.len();
    let zeros = [0; BLOCK];
    to.write_all(zeros.get(..padding).unwrap_or_default())
        .map_err(io)
}

/// Ends the archive.
///
/// # Errors
/// What the output says.
pub(crate) fn write_end(to: &mut dyn Write) -> io::Result<()> {
    to.write_all(&[0; 2 * BLOCK])
}

fn header(name: &str, size: usize) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| {
        for (place, byte) in header.iter_mut().skip(at).zip(text) {
            *place = *byte;
        }
    };
    put(0, name.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum = checksum(&header);
    let text = format!("{sum:06o}\0 ");
    for (place, byte) in header.iter_mut().skip(CHECKSUM.start).zip(text.as_bytes()) {
        *place = *byte;
    }
    header
}

/// The sum of all bytes, with spaces in the place of the sum itself.
fn checksum(header: &[u8; BLOCK]) -> u32 {
    let bytes = header.iter().enumerate();
    bytes
        .map(|(at, byte)| u32::from(if CHECKSUM.contains(&at) { b' ' } else { *byte }))
        .sum()
}

/// A member that was read.
#[derive(Debug)]
pub(crate) struct ReadMember {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Reads the next member; `None` at the end of the archive.
///
/// # Errors
/// Bytes that are no such archive, or one that was cut short.
pub(crate) fn read_member(
    from: &mut dyn Read,
    first: bool,
) -> Result<Option<ReadMember>, BackupError> {
    let mut block = [0; BLOCK];
    read_exact(from, &mut block, "header", first)?;
    if block.iter().all(|byte| *byte == 0) {
        return end(from).map(|()| None);
    }
    let bad = |why: &str| {
        if first {
            BackupError::NotABackup
        } else {
            BackupError::damaged("header", why)
        }
    };
    let sum = octal(block.get(CHECKSUM).unwrap_or_default());
    if sum != Some(u64::from(checksum(&block))) {
        return Err(bad("its checksum is wrong"));
    }
    let name = block.get(..NAME_MAX).unwrap_or_default();
    let length = name.iter().position(|byte| *byte == 0).unwrap_or(NAME_MAX);
    let name = name
        .get(..length)
        .and_then(|name| std::str::from_utf8(name).ok());
    let name = name.filter(|name| is_plain_name(name));
    let size = octal(block.get(124..136).unwrap_or_default()).filter(|size| *size <= MEMBER_MAX);
    let (Some(name), Some(size)) = (name, size) else {
        return Err(bad("its name or its length cannot be"));
    };
    // Only what this program writes is read: no links, folders or devices.
    if header(name, usize::try_from(size).unwrap_or(0)) != block {
        return Err(bad("it holds more than a plain file"));
    }
    let mut bytes = Vec::new();
    let read = Read::take(&mut *from, size).read_to_end(&mut bytes);
    read.map_err(|error| io_or_damage(name, error))?;
    if bytes.len() as u64 != size {
        return Err(BackupError::damaged(name, "it was cut short"));
    }
    let padding = bytes.len().next_multiple_of(BLOCK) - bytes.len();
    let mut zeros = [0; BLOCK];
    let zeros = zeros.get_mut(..padding).unwrap_or_default();
    read_exact(from, zeros, name, false)?;
    if zeros.iter().any(|byte| *byte != 0) {
        return Err(BackupError::damaged(name, "there is something behind it"));
    }
    Ok(Some(ReadMember {
        name: name.to_owned(),
        bytes,
    }))
}

/// The second block of zeros, and nothing behind it.
fn end(from: &mut dyn Read) -> Result<(), BackupError> {
    let mut block = [0; BLOCK];
    read_exact(from, &mut block, "end", false)?;
    let mut more = [0; 1];
    let count = from.read(&mut more);
    let count = count.map_err(|error| io_or_damage("end", error))?;
    if count > 0 || block.iter().any(|byte| *byte != 0) {
        return Err(BackupError::damaged("end", "there is something behind it"));
    }
    Ok(())
}

fn read_exact(
    from: &mut dyn Read,
    bytes: &mut [u8],
    place: &str,
    first: bool,
) -> Result<(), BackupError> {
    from.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof if first => BackupError::NotABackup,
        io::ErrorKind::UnexpectedEof => BackupError::damaged(place, "it was cut short"),
        _ => io_or_damage(place, error),
    })
}

/// A fault of the sealing below travels inside an `io::Error`.
fn io_or_damage(place: &str, error: io::Error) -> BackupError {
    let path = place.to_owned();
    match error.downcast::<BackupError>() {
        Ok(error) => error,
        Err(source) => BackupError::Io { path, source },
    }
}

fn octal(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = std::str::from_utf8(text.get(..digits)?).ok()?;
    u64::from_str_radix(digits, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, content) in members {
            write_member(&mut bytes, name, content).unwrap();
        }
        write_end(&mut bytes).unwrap();
        bytes
    }

    fn read_all(mut bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, BackupError> {
        let mut members = Vec::new();
        while let Some(member) = read_member(&mut bytes, members.is_empty())? {
            members.push((member.name, member.bytes));
        }
        Ok(members)
    }

    #[test]
    fn what_is_written_is_read() {
        let long = vec![7; 1_025];
        let bytes = archive(&[("README.txt", b""), ("events/1", b"abc"), ("x", &long)]);
        assert_eq!(bytes.len() % 512, 0);
        let members = read_all(&bytes).unwrap();
        assert_eq!(members.len(), 3);
        assert_eq!(members[2], ("x".to_owned(), long));
    }

    #[test]
    fn every_cut_and_every_changed_header_byte_is_found() {
        let bytes = archive(&[("a", b"content"), ("b", b"more")]);
        for length in 0..bytes.len() {
            assert!(read_all(&bytes[..length]).is_err(), "cut at {length}");
        }
        for at in (0..512).chain(1_024..1_536) {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(read_all(&bad).is_err(), "byte {at}");
        }
    }

    #[test]
    fn no_name_leads_out_of_the_place() {
        for name in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "./a",
            "a\\b",
            "C:x",
            "a\n",
        ] {
            assert!(!is_plain_name(name), "{name:?}");
            assert!(write_member(&mut Vec::new(), name, b"").is_err());
        }
        assert!(is_plain_name("kept/báo cáo.docx"));
        assert!(!is_plain_name(&"x".repeat(101)));
    }
}
