//! From the bytes of a file to text in normal form C.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1258};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::is_nfc_quick;

use super::limits::LARGEST_FILE;
use crate::domain::Lang;
use crate::domain::language::Explain;

/// How the text of a file was encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16 with the mark of the low byte first.
    Utf16Le,
    /// UTF-16 with the mark of the high byte first.
    Utf16Be,
    /// The Vietnamese code page of older Windows programs. It has no mark: it is assumed for what
    /// is no UTF-8, and the reader is told.
    Windows1258,
}

/// Why a file cannot be read as text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// Over [`LARGEST_FILE`] bytes.
    #[error("the file has {bytes} bytes")]
    TooLarge {
        /// The size of the file.
        bytes: u64,
    },
    /// An Excel workbook, new or old.
    #[error("the file is an Excel workbook")]
    Excel,
    /// A file of another kind that is known by its first bytes.
    #[error("the file is {0}, not a list")]
    OtherKind(&'static str),
    /// NUL bytes: no text of any encoding that a list comes in.
    #[error("the file is binary")]
    Binary,
    /// UTF-8 with damaged places.
    #[error("the file is UTF-8 with bytes that are not, first on line {line}")]
    BrokenUtf8 {
        /// The physical line of the first damage, from 1.
        line: u64,
    },
    /// UTF-16 with damaged places.
    #[error("the file is damaged UTF-16")]
    BrokenUtf16,
}

/// Checks the size of a file before it is read.
///
/// # Errors
/// [`EncodingError::TooLarge`] above [`LARGEST_FILE`].
pub fn check_size(bytes: u64) -> Result<(), EncodingError> {
    if bytes > LARGEST_FILE {
        return Err(EncodingError::TooLarge { bytes });
    }
    Ok(())
}

/// Reads bytes as text: normal form C, line feeds only, no byte order mark.
///
/// # Errors
/// [`EncodingError`] says why the bytes are no text.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), EncodingError> {
    check_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    let (text, encoding) = if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        (decode_utf16(UTF_16LE, rest)?, Encoding::Utf16Le)
    } else if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        (decode_utf16(UTF_16BE, rest)?, Encoding::Utf16Be)
    } else {
        check_kind(bytes)?;
        let marked = bytes.strip_prefix(b"\xEF\xBB\xBF");
        match std::str::from_utf8(marked.unwrap_or(bytes)) {
            Ok(text) => (Cow::Borrowed(text), Encoding::Utf8),
            Err(_) => {
                let text = decode_1258(bytes, marked.is_some())?;
                (Cow::Owned(text), Encoding::Windows1258)
            }
        }
    };
    let text = if is_nfc_quick(text.chars()) == unicode_normalization::IsNormalized::Yes {
        text
    } else {
        Cow::Owned(text.nfc().collect())
    };
    Ok((with_line_feeds(text), encoding))
}

fn decode_utf16<'b>(
    encoding: &'static encoding_rs::Encoding,
    bytes: &'b [u8],
) -> Result<Cow<'b, str>, EncodingError> {
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or(EncodingError::BrokenUtf16)
}

/// Refuses what its first bytes, or a NUL byte anywhere, show to be no text.
fn check_kind(bytes: &[u8]) -> Result<(), EncodingError> {
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(if holds(b"xl/") {
            EncodingError::Excel
        } else if holds(b"word/") {
            EncodingError::OtherKind("Word")
        } else {
            EncodingError::OtherKind("ZIP")
        });
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Err(EncodingError::Excel);
    }
    if bytes.starts_with(b"%PDF-") {
        return Err(EncodingError::OtherKind("PDF"));
    }
    if bytes.contains(&0) {
        return Err(EncodingError::Binary);
    }
    Ok(())
}

/// Reads what is no valid UTF-8 as Windows-1258, unless it evidently was UTF-8 before something
/// damaged it: Vietnamese in Windows-1258 does not form valid sequences of UTF-8, so a file that
/// holds more of those than broken ones would turn into rubbish without anybody noticing.
fn decode_1258(bytes: &[u8], marked: bool) -> Result<String, EncodingError> {
    let (mut line, mut first_broken, mut broken, mut valid) = (1_u64, None, 0_u64, 0_u64);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            valid += u64::from(!c.is_ascii());
            line += u64::from(c == '\n');
        }
        if !chunk.invalid().is_empty() {
            broken += 1;
            first_broken.get_or_insert(line);
        }
    }
    if marked || valid > broken {
        let line = first_broken.unwrap_or(1);
        return Err(EncodingError::BrokenUtf8 { line });
    }
    let (text, _) = WINDOWS_1258.decode_without_bom_handling(bytes);
    Ok(text.into_owned())
}

/// Windows ends a line, and Excel a line in a cell, with two characters; old programs with one.
fn with_line_feeds(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        text
    }
}

impl Explain for EncodingError {
    fn code(&self) -> &'static str {
        match self {
            EncodingError::TooLarge { .. } => "file_too_large",
            EncodingError::Excel => "excel_workbook",
            EncodingError::OtherKind(_) => "not_a_list",
            EncodingError::Binary => "binary_file",
            EncodingError::BrokenUtf8 { .. } => "broken_utf8",
            EncodingError::BrokenUtf16 => "broken_utf16",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let most = LARGEST_FILE / (1024 * 1024);
        match self {
            EncodingError::TooLarge { bytes } => lang.pick(
                format!("tệp có {bytes} byte, quá giới hạn {most} MiB"),
                format!("the file has {bytes} bytes, over the limit of {most} MiB"),
            ),
            EncodingError::Excel => lang.pick(
                "đây là tệp Excel, chưa phải danh sách CSV".to_owned(),
                "this is an Excel workbook, not a CSV list".to_owned(),
            ),
            EncodingError::OtherKind(kind) => lang.pick(
                format!("đây là tệp {kind}, không phải danh sách CSV"),
                format!("this is a {kind} file, not a CSV list"),
            ),
            EncodingError::Binary => lang.pick(
                "tệp có byte NUL nên không phải là văn bản".to_owned(),
                "the file holds NUL bytes, so it is no text".to_owned(),
            ),
            EncodingError::BrokenUtf8 { line } => lang.pick(
                format!("tệp UTF-8 bị hỏng, chỗ đầu tiên ở dòng {line} của tệp"),
                format!("the file is damaged UTF-8, first on line {line} of the file"),
            ),
            EncodingError::BrokenUtf16 => lang.pick(
                "tệp UTF-16 bị hỏng".to_owned(),
                "the file is damaged UTF-16".to_owned(),
            ),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let hint = match self {
            EncodingError::TooLarge { .. } => lang.pick(
                "chia danh sách thành nhiều tệp nhỏ hơn",
                "split the list into smaller files",
            ),
            EncodingError::Excel => lang.pick(
                "trong Excel chọn Lưu thành (Save As), kiểu \"CSV UTF-8\"",
                "in Excel choose Save As, type \"CSV UTF-8\"",
            ),
            EncodingError::OtherKind(_) | EncodingError::Binary => lang.pick(
                "lưu danh sách thành tệp \"CSV UTF-8\" rồi nhập lại",
                "save the list as a \"CSV UTF-8\" file and import that",
            ),
            EncodingError::BrokenUtf8 { .. } | EncodingError::BrokenUtf16 => lang.pick(
                "lưu lại danh sách từ chương trình gốc thành tệp \"CSV UTF-8\"",
                "save the list again from the program it came from, as \"CSV UTF-8\"",
            ),
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Hộ;Chủ hộ\nHN-01;Hoàng Thị Mai\n";

    fn read(bytes: &[u8]) -> (String, Encoding) {
        let (text, encoding) = decode(bytes).unwrap();
        (text.into_owned(), encoding)
    }

    #[test]
    fn utf8_with_and_without_a_mark_is_the_same() {
        let marked = [b"\xEF\xBB\xBF", TEXT.as_bytes()].concat();
        assert_eq!(read(TEXT.as_bytes()), (TEXT.to_owned(), Encoding::Utf8));
        assert_eq!(read(&marked), (TEXT.to_owned(), Encoding::Utf8));
        assert_eq!(read(b""), (String::new(), Encoding::Utf8));
    }

    #[test]
    fn utf16_of_both_orders_is_read() {
        let le: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let le = [b"\xFF\xFE".as_slice(), &le].concat();
        let be = [b"\xFE\xFF".as_slice(), &be].concat();
        assert_eq!(read(&le), (TEXT.to_owned(), Encoding::Utf16Le));
        assert_eq!(read(&be), (TEXT.to_owned(), Encoding::Utf16Be));
        let cut = &le[..le.len() - 1];
        assert_eq!(decode(cut), Err(EncodingError::BrokenUtf16));
    }

    #[test]
    fn windows_1258_is_read_into_composed_letters() {
        // "Hộ nghèo, thôn Đông": the code page writes ộ as ô and a combining dot below (F2).
        let bytes = b"H\xF4\xF2 ngh\xE8o, th\xF4n \xD0\xF4ng\n";
        let (text, encoding) = read(bytes);
        assert_eq!(text, "Hộ nghèo, thôn Đông\n");
        assert_eq!(encoding, Encoding::Windows1258);
    }

    #[test]
    fn damaged_utf8_is_not_taken_for_windows_1258() {
        let mut bytes = TEXT.as_bytes().to_vec();
        bytes.push(0xC3);
        assert_eq!(decode(&bytes), Err(EncodingError::BrokenUtf8 { line: 3 }));
    }

    #[test]
    fn decomposed_text_is_composed_and_lines_end_in_line_feeds() {
        let (text, _) = read("Ho\u{302}\u{323}\r\na\rb".as_bytes());
        assert_eq!(text, "Hộ\na\nb");
    }

    #[test]
    fn what_is_no_text_says_what_it_is() {
        let excel = b"PK\x03\x04....[Content_Types].xml....xl/workbook.xml";
        for (bytes, error) in [
            (excel.as_slice(), EncodingError::Excel),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1..", EncodingError::Excel),
            (b"PK\x03\x04...", EncodingError::OtherKind("ZIP")),
            (b"%PDF-1.7 ...", EncodingError::OtherKind("PDF")),
            (b"a,b\n\0,1\n", EncodingError::Binary),
        ] {
            assert_eq!(decode(bytes), Err(error));
        }
        let message = EncodingError::Excel.hint(Lang::En).unwrap();
        assert!(message.contains("CSV UTF-8"));
    }

    #[test]
    fn a_file_over_the_limit_is_refused_from_its_size() {
        assert_eq!(check_size(LARGEST_FILE), Ok(()));
        let bytes = 200_000_000;
        assert_eq!(check_size(bytes), Err(EncodingError::TooLarge { bytes }));
    }
}
