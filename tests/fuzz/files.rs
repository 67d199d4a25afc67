//! The readers of whole files: sealed segments, proofs, backups, workbooks.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::sync::Arc;

use socai::import;
use socai::log::backup::read::{NoSink, read};
use socai::log::backup::sealed::{Cost, MAGIC, Passphrase};
use socai::log::proof::Proof;
use socai::log::random::SeededRandom;
use socai::log::tree::Tree;
use socai::log::{
    Condition, EventLog, EventRead, JournalReader, LedgerId, LogOptions, NewEvent, SledLog,
};
use socai::office::backup::{BackupOrder, backup};
use socai::office::{Prover, Tools};
use zeroize::Zeroizing;

use super::Target;
use super::targets::{ledger, read_segment, scratch, target};

const SEALED: &str = "journal/00000000000000000001.ndjson.zst";

/// A sealed segment: whatever is read is an event at its place.
pub const SEGMENT: Target = Target {
    repair: repair_manifest,
    ..target(&["SCSEALED", "\n", "\u{28}\u{b5}/\u{fd}"], |bytes| {
        read_segment(SEALED, bytes);
    })
};

/// Gives what stands behind the events the length and the checksum that it ought to have.
fn repair_manifest(bytes: &mut [u8]) {
    let Some(from) = bytes.windows(8).rposition(|part| part == b"SCSEALED") else {
        return;
    };
    let (Some(from), end) = (from.checked_sub(8), bytes.len()) else {
        return;
    };
    if end < from + 24 {
        return;
    }
    let len = u32::try_from(end - from).unwrap();
    bytes[from + 4..from + 8].copy_from_slice(&(len - 8).to_le_bytes());
    bytes[end - 8..end - 4].copy_from_slice(&len.to_be_bytes());
    let crc = crc32c::crc32c(&bytes[from..end - 4]).to_be_bytes();
    bytes[end - 4..].copy_from_slice(&crc);
}

/// Proofs: what is read is written again as it was, and checking it ends.
pub const PROOF: Target = target(
    &[
        "c2sp.org/tlog-proof@v1\n",
        "index ",
        "extra ",
        "\n\n\u{2014} ",
        "\n",
        "=",
        "18446744073709551615",
        "AAAA",
        " ",
    ],
    |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        match Proof::parse(text) {
            Ok(Proof::Inclusion(proof)) => {
                let again = proof.to_string();
                assert!(
                    matches!(Proof::parse(&again), Ok(Proof::Inclusion(same)) if same == proof)
                );
                drop(proof.check(None));
                drop(proof.check(Some(b"{}")));
            }
            Ok(Proof::Consistency(proof)) => {
                let again = proof.to_string();
                assert!(
                    matches!(Proof::parse(&again), Ok(Proof::Consistency(same)) if same == proof)
                );
                drop(proof.check());
            }
            Err(_) => {}
        }
    },
);

/// A backup that is not sealed.
pub const BACKUP: Target = Target {
    repair: repair_tar,
    ..target(
        &[
            "ustar",
            "MANIFEST.json",
            "events/",
            "keys/",
            "\0\0\0\0",
            "null",
        ],
        |bytes| {
            drop(read(&mut &bytes[..], None, &mut NoSink));
        },
    )
};

/// Gives the headers of the archive the checksums that they ought to have.
fn repair_tar(bytes: &mut [u8]) {
    let mut at = 0;
    while bytes.len() >= at + 512 {
        let header = &mut bytes[at..at + 512];
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let size = std::str::from_utf8(&header[124..135]).ok();
        let size = size.and_then(|size| usize::from_str_radix(size.trim(), 8).ok());
        at += 512 + size.unwrap_or(0).div_ceil(512) * 512;
    }
}

fn words() -> Passphrase {
    Passphrase::new(Zeroizing::new("mười hai con trâu".to_owned()))
}

/// The least that a key costs, so that a mutant costs no second. The header is sealed, so a
/// changed cost is found by whoever pays for it.
const CHEAP: Cost = Cost {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};

/// A backup that is sealed.
pub const SEALED_BACKUP: Target = Target {
    repair: cheap,
    ..target(&["socai sealed backup 1\n", "\0\0\0\u{1}"], |bytes| {
        let mut bytes = bytes.to_vec();
        cheap(&mut bytes);
        drop(read(&mut &bytes[..], Some(&words()), &mut NoSink));
        drop(read(&mut &bytes[..], None, &mut NoSink));
    })
};

fn cheap(bytes: &mut [u8]) {
    let at = MAGIC.len();
    if bytes.len() >= at + 12 {
        for (place, number) in [CHEAP.memory_kib, CHEAP.passes, CHEAP.lanes]
            .into_iter()
            .enumerate()
        {
            let at = at + 4 * place;
            bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
        }
    }
}

/// What parts the files of a workbook that stands unpacked in the corpus.
const PART: &str = "\n==== ";

/// A workbook: its bytes as they are, or unpacked, so that a mutant meets the readers of what is
/// in it and not only those of the packing.
pub const WORKBOOK: Target = target(
    &[
        PART,
        "<c r=\"A1\" t=\"s\">",
        "<v>",
        "</v>",
        "<row r=\"",
        "<mergeCell ref=\"A1:XFD1048576\"/>",
        "<f>",
        "t=\"e\"",
        "s=\"1\"",
        "1048577",
        "-1",
        "1E308",
        "&#0;",
        "<!DOCTYPE x>",
        "]]>",
        "<is><t>",
        "xl/sharedStrings.xml",
        "<dimension ref=\"A1:XFD1048576\"/>",
    ],
    |bytes| {
        let units = socai::import::Units {
            currency_decimals: 0,
            of_kind: &|_| Some(("kg".to_owned(), 3)),
            of_support: &|_| None,
            decimals: &|_| Some(3),
        };
        let packed = match bytes.strip_prefix(b"PK") {
            Some(_) => Some(bytes.to_vec()),
            None => pack(bytes),
        };
        let Some(packed) = packed else { return };
        let options = import::ReadOptions::default();
        let list = import::read_households(&packed, "list.xlsx", &options);
        for issue in &list.issues {
            assert!(!issue.line(socai::domain::Lang::Vi).is_empty());
        }
        drop(list.write_rejects(&list.issues, socai::domain::Lang::Vi));
        check_returned(&list, &packed);
        drop(import::read_supports(&packed, "list.xlsx", &options, &units).issues);
    },
);

/// A list is given back, kept or rebuilt; what is kept says in every cell what it said.
fn check_returned<R>(list: &import::ListRead<R>, packed: &[u8]) {
    let (answers, lang) = (BTreeMap::new(), socai::domain::Lang::Vi);
    let back = list.write_returned(packed, &list.issues, &answers, "01990", lang);
    let (Ok(back), Some(sheet)) = (back, &list.sheet) else {
        return;
    };
    let again = import::workbook::read_workbook(&back.bytes).unwrap();
    if back.rebuilt.is_some() {
        return;
    }
    let kept = again.iter().find(|kept| kept.name == sheet.name).unwrap();
    for row in &sheet.rows {
        let now = kept.rows.iter().find(|now| now.row == row.row).unwrap();
        let mut cells = row.cells.iter().zip(&now.cells);
        assert!(row.cells.len() <= now.cells.len());
        assert!(
            cells.all(|(old, now)| old.text.is_empty() || old == now),
            "{row:?} {now:?}"
        );
    }
}

/// Packs what stands unpacked.
fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for part in text.split(PART).skip(1) {
        let (name, content) = part.split_once('\n')?;
        zip.start_file(name, options).ok()?;
        zip.write_all(content.as_bytes()).ok()?;
    }
    Some(zip.finish().ok()?.into_inner())
}

/// The inverse of [`pack`].
fn unpack(bytes: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = Vec::new();
    for at in 0..zip.len() {
        let name = zip.name_for_index(at).unwrap().unwrap().into_owned();
        writeln!(text, "{PART}{name}").unwrap();
        let mut file = zip.by_index(at).unwrap();
        std::io::copy(&mut file, &mut text).unwrap();
    }
    text
}

/// The first inputs of these targets.
pub fn write_first_inputs(write: &dyn Fn(&str, &str, &[u8])) {
    let dir = scratch();
    let mut options = LogOptions::new(Arc::new(|_| Ok(Vec::new())));
    options.segment_bytes = 2_000;
    let mut log = SledLog::create(dir.path(), LedgerId::new([0xa5; 16]), options).unwrap();
    for number in 1..=40u128 {
        let event = NewEvent {
            id: uuid::Uuid::from_u128(number),
            tags: Vec::new(),
            members: vec![
                ("data", format!("\"{number}\"")),
                ("type", "\"t\"".to_owned()),
            ]
            .into(),
        };
        log.append(vec![event], &Condition::default()).unwrap();
    }
    log.close().unwrap();
    write(
        "segment",
        "one-chunk",
        &std::fs::read(dir.path().join(SEALED)).unwrap(),
    );

    let place = ledger().path().join("ledger");
    let options = LogOptions::new(Arc::new(socai::office::tags_of));
    for (target, passphrase) in [("backup", None), ("sealed_backup", Some(words()))] {
        let file = dir.path().join(target);
        let order = BackupOrder {
            file: &file,
            since: None,
            passphrase: passphrase.as_ref(),
            cost: CHEAP,
        };
        let clock = Arc::new(socai::log::SystemClock);
        let mut tools = Tools::new(clock, Box::new(SeededRandom::new(3)));
        backup(&place, &options, &order, &mut tools).unwrap();
        write(target, "two-households", &std::fs::read(&file).unwrap());
    }

    let reader = JournalReader::open(&place, &options).unwrap();
    let signer = socai::log::note::Signer::new("socai/01990", &[7; 32]).unwrap();
    let (size, root) = (reader.head().seq, reader.head().root);
    let origin = "socai/01990".to_owned();
    let checkpoint = socai::log::checkpoint::Checkpoint { origin, size, root };
    let note = checkpoint.sign(&signer).unwrap();
    let prover = Prover::read(&reader).unwrap();
    let event = reader.read(2, 2).unwrap().next().unwrap().unwrap();
    let inclusion = socai::log::proof::InclusionProof {
        event: Some(event.bytes.to_vec()),
        index: 1,
        path: prover.tree.prove_inclusion(1, size).unwrap(),
        checkpoint: note,
    };
    write("proof", "inclusion", inclusion.to_string().as_bytes());
    let mut tree = Tree::new();
    (0..9u8).for_each(|leaf| tree.push([leaf; 32]));
    let consistency = socai::log::proof::ConsistencyProof {
        older: (4, tree.root_at(4).unwrap()),
        newer: (9, tree.root()),
        path: tree.prove_consistency(4, 9).unwrap(),
    };
    write("proof", "consistency", consistency.to_string().as_bytes());

    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let rows = [
        ["DANH SÁCH HỘ NGHÈO NĂM 2023", "", "", "", ""],
        ["Mã hộ", "Chủ hộ", "Thôn", "Phân loại", "Từ ngày"],
        ["N1", "Nông Văn Một", "Cao Lộc", "hộ nghèo", "1/1/2023"],
        [
            "N2",
            "Đàm Thị Hai",
            "Lũng Chang",
            "hộ cận nghèo",
            "1/1/2023",
        ],
    ];
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    sheet.write_number(4, 0, 12.5).unwrap();
    sheet
        .write_formula(
            4,
            1,
            rust_xlsxwriter::Formula::new("=A1&B2").set_result("N3"),
        )
        .unwrap();
    let packed = book.save_to_buffer().unwrap();
    write("workbook", "packed", &packed);
    write("workbook", "unpacked", &unpack(&packed));
}
