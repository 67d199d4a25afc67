//! The readers, each with what must hold of what it accepts.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use socai::domain::catalogue::Catalogue;
use socai::domain::code::Code;
use socai::domain::{Money, Period, Quantity};
use socai::import::{self, Units};
use socai::log::checkpoint::Checkpoint;
use socai::log::keys::KeyStore;
use socai::log::note::{Note, Signer};
use socai::log::{EventRead, JournalReader, LogOptions, codec};
use socai::office::AsOf;
use socai::report::{Narrative, Template};

use super::Target;

pub const fn target(words: &'static [&'static str], read: fn(&[u8])) -> Target {
    Target {
        name: "",
        words,
        repair: |_| {},
        read,
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// A stored event: what is accepted gives the same bytes again.
pub const EVENT: Target = target(
    &[
        "null",
        "{}",
        "[]",
        "\"\"",
        "\"a\":",
        "{\"c\":\"\",\"k\":\"\",\"n\":\"\"}",
        "-0",
        "1.000",
        "true",
        "\\u0000",
        "2023-02-30",
        "[[[[[[[[[[[[[[[[",
    ],
    |bytes| {
        if let Ok(event) = codec::decode(bytes) {
            assert_eq!(codec::encode(&event).unwrap(), bytes);
        }
    },
);

/// A folder of this thread, made anew for each input that needs files.
pub fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

const SEGMENT: &str = "journal/00000000000000000001.frames";

/// A segment of the journal: whatever is read is an event at its place.
pub const FRAMES: Target = Target {
    repair: repair_frames,
    ..target(&["SCFR", "\n", "socai journal\n\0\0"], |bytes| {
        read_segment(SEGMENT, bytes);
    })
};

/// Reads a journal of one segment: whatever is read is an event at its place.
pub fn read_segment(name: &str, bytes: &[u8]) {
    let dir = scratch();
    std::fs::create_dir(dir.path().join("journal")).unwrap();
    std::fs::write(dir.path().join(name), bytes).unwrap();
    let options = LogOptions::new(Arc::new(|_| Ok(Vec::new())));
    let Ok(reader) = JournalReader::open(dir.path(), &options) else {
        return;
    };
    let Ok(events) = reader.read(1, u64::MAX) else {
        return;
    };
    for (seq, event) in (1..).zip(events) {
        match event {
            Ok(event) => assert_eq!(event.seq, seq),
            Err(_) => break,
        }
    }
    drop(reader.find(&uuid::Uuid::nil()));
}

/// Gives the headers the checksums that they ought to have.
fn repair_frames(bytes: &mut [u8]) {
    let seal = |header: &mut [u8]| {
        let crc = crc32c::crc32c(&header[..124]).to_be_bytes();
        header[124..128].copy_from_slice(&crc);
    };
    if bytes.len() >= 128 {
        seal(&mut bytes[..128]);
    }
    let mut at = 128;
    while bytes.len() >= at + 128 {
        let len = u32::from_be_bytes(bytes[at + 44..at + 48].try_into().unwrap()) as usize;
        let end = (at + 128).saturating_add(len);
        if let Some(events) = bytes.get(at + 128..end) {
            let crc = crc32c::crc32c(events).to_be_bytes();
            bytes[at + 120..at + 124].copy_from_slice(&crc);
        }
        seal(&mut bytes[at..at + 128]);
        at = end;
    }
}

/// The two key files, parted by a line: no wrong key is ever given out.
pub const KEYS: Target = target(&["socaikey", "\u{1}"], |bytes| {
    let dir = scratch();
    let folder = dir.path().join("keys");
    std::fs::create_dir(&folder).unwrap();
    let (master, subjects) = bytes.split_at(bytes.len().min(32));
    std::fs::write(folder.join("master.1"), master).unwrap();
    std::fs::write(folder.join("subjects.1"), subjects).unwrap();
    if let Ok(keys) = KeyStore::open_read_only(&folder) {
        let subject = socai::domain::personal::Subject::Household(Code::new("H1").unwrap());
        drop(keys.key_for(&subject, 0));
        drop(keys.findings());
    }
});

/// Signed notes and checkpoints.
pub const NOTE: Target = target(
    &["\n\n\u{2014} ", "\u{2014} ", "\n", "=", "+", "AAAA", " "],
    |bytes| {
        let Some(text) = text(bytes) else { return };
        if let Ok(note) = Note::parse(text) {
            assert_eq!(note.to_string(), text);
            drop(Checkpoint::parse(&note.text));
        }
        let signer = Signer::new("socai/01990", &[7; 32]).unwrap();
        let opened = Checkpoint::open(text, "socai/01990", &[signer.verifier().clone()]);
        if let Ok(checkpoint) = opened {
            assert_eq!(Checkpoint::parse(&checkpoint.text()).unwrap(), checkpoint);
        }
        drop(Checkpoint::parse(text));
    },
);

/// Lists, as each of their types.
pub const LIST: Target = target(
    &[
        "\n",
        ",",
        ";",
        "\t",
        "\"",
        "\"\"",
        "\r\n",
        "\u{feff}",
        "=1+1",
        "12/4/2023",
        "1.337.000",
        "hộ nghèo",
        "household",
        "mã hộ",
        "kind",
        "ref",
        "amount",
        "kỳ hưởng",
        "quý I/2023",
        "1.125",
        "@",
        "\0",
    ],
    |bytes| {
        let units = Units {
            currency_decimals: 0,
            of_kind: &|_| Some(("kg".to_owned(), 3)),
            of_support: &|_| None,
            decimals: &|_| Some(3),
        };
        let options = import::ReadOptions::default();
        let (lang, file) = (socai::domain::Lang::Vi, "list.csv");
        macro_rules! read {
            ($($list:expr),*) => {$({
                let list = $list;
                for issue in &list.issues {
                    assert!(!issue.line(lang).is_empty());
                }
                for notice in &list.notices {
                    drop(notice.spoken(lang));
                }
                drop(list.write_rejects(&list.issues, lang));
            })*};
        }
        read!(
            import::read_households(bytes, file, &options),
            import::read_persons(bytes, file, &options),
            import::read_members(bytes, file, &options),
            import::read_cohort(bytes, file, &options),
            import::read_projects(bytes, file, &options, &units),
            import::read_stages(bytes, file, &options, &units),
            import::read_supports(bytes, file, &options, &units)
        );
    },
);

/// A single cell or option: dates, periods, numbers, codes, moments.
pub const CELL: Target = target(
    &[
        "-Q1",
        "-H2",
        "..",
        "SY",
        "-S2",
        "quý ",
        "tháng ",
        "6 tháng đầu năm ",
        "T4/",
        "từ ",
        " đến ",
        "ngày ",
        "/",
        "-",
        ".",
        ",",
        "đ",
        "đồng",
        "triệu",
        "kg",
        "%",
        "E+",
        "năm học ",
        "học kỳ ",
        "số ",
        "QĐ-UBND",
        "Z",
        "+07:00",
        "\u{a0}",
        "Ⅳ",
        "०",
    ],
    |bytes| {
        let Some(text) = text(bytes) else { return };
        let read = [text.parse::<Period>(), Period::parse_vietnamese(text)];
        for period in read.into_iter().flatten() {
            assert!(period.first_day() <= period.last_day());
            assert_eq!(period.to_string().parse::<Period>(), Ok(period));
            for lang in [socai::domain::Lang::Vi, socai::domain::Lang::En] {
                assert!(!period.label(lang).is_empty());
            }
        }
        for decimals in 0..=3 {
            if let Ok(money) = import::number::read_money(text, decimals) {
                assert_eq!(money.to_string().parse::<Money>().unwrap(), money);
            }
            if let Ok(quantity) = import::number::read_quantity(text, "kg", decimals) {
                assert_eq!(quantity.to_string().parse::<Quantity>().unwrap(), quantity);
            }
            import::number::dot_use(text, "kg", decimals);
        }
        let _ = import::number::read_count(text);
        let _ = import::date::read_date(text);
        let _ = import::date::read_born(text);
        drop(import::citation::read_citation(text));
        let _ = import::words::read_class(text);
        let _ = import::words::read_stage(text);
        let _ = import::words::read_sex(text);
        drop(import::text::clean(text));
        import::text::normalised(&import::text::shown(text));
        drop(Code::new(text));
        drop(AsOf::parse(text));
        let _ = codec::parse_moment(text);
    },
);

/// A catalogue.
pub const CATALOGUE: Target = target(
    &[
        "null",
        "{}",
        "[]",
        "\"\"",
        "\"2023-02-30\"",
        "-1",
        "true",
        "\"norms\":",
        "[[[[[[[[",
    ],
    |bytes| {
        let Some(text) = text(bytes) else { return };
        match Catalogue::from_json(text, "catalogue.json") {
            Ok(catalogue) => {
                let again = serde_json::to_string(&catalogue).unwrap();
                assert_eq!(Catalogue::from_json(&again, "again").unwrap(), catalogue);
            }
            Err(issues) => assert!(!issues.is_empty()),
        }
    },
);

/// A report template.
pub const TEMPLATE: Target = target(
    &[
        "null", "{}", "[]", "\"\"", "{amount}", "{{", "}}", "\"by\":", "-1", "[[[[[[[[",
    ],
    |bytes| {
        let Some(text) = text(bytes) else { return };
        match Template::from_json(text, "template.json") {
            Ok(template) => drop(template.to_canonical_json().unwrap()),
            Err(issues) => assert!(!issues.is_empty()),
        }
    },
);

/// A narrative, for the built-in template.
pub const NARRATIVE: Target = target(
    &["# ", "## ", "\n\n", "- ", "**", "\u{feff}", "\u{200b}", "{"],
    |bytes| {
        let Some(text) = text(bytes) else { return };
        static TEMPLATE: OnceLock<Template> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let (_, _, text) = Template::built_in().pop().unwrap();
            Template::from_json(text, "built-in").unwrap()
        });
        if let Err(issues) = Narrative::parse(text, "narrative.md", template) {
            assert!(!issues.is_empty());
        }
    },
);

/// A ledger with three households, made once.
pub fn ledger() -> &'static tempfile::TempDir {
    static LEDGER: OnceLock<tempfile::TempDir> = OnceLock::new();
    LEDGER.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let ledger = dir.path().join("ledger").display().to_string();
        let list = dir.path().join("households.csv");
        let rows = "household,head,village,class,class_from\nH1,Nông Thị Liên,Cao Lộc,poor,\
                    2022-01-01\nH2,Đàm Văn Long,Lũng Chang,near_poor,2022-01-01\n";
        std::fs::write(&list, rows).unwrap();
        let list = list.display().to_string();
        for words in [
            vec![
                "init",
                "--unit",
                "01990",
                "--name",
                "Lục Bình",
                "--by",
                "clerk",
            ],
            vec!["import", "households", &list, "--by", "clerk"],
        ] {
            let words = ["socai", "--ledger", &ledger].into_iter().chain(words);
            let status = socai::cli::run(
                words.map(Into::into),
                &mut std::io::sink(),
                &mut std::io::sink(),
                false,
            );
            assert_eq!(status, 0);
        }
        dir
    })
}

/// The words of a command line, one a line, on a ledger that is only read.
pub const COMMAND_LINE: Target = target(
    &[
        "\n",
        "--period\n",
        "--by\n",
        "--where\n",
        "--as-of\n",
        "--axis\n",
        "--kind\n",
        "--stage\n",
        "2023-Q1",
        "class=poor",
        "kind,class",
        "figures\n",
        "household\n",
        "show\n",
        "H1",
        "events\n",
        "--from\n",
        "--to\n",
        "--type\n",
        "report\n",
        "--table\n",
        "budget",
        "--format\n",
        "json\n",
        "--lang\n",
        "en\n",
        "--cut-off\n",
    ],
    |bytes| {
        let Some(text) = text(bytes) else { return };
        let words: Vec<&str> = text.lines().collect();
        // Only commands that read, and none that names a file of its own.
        let reads = [
            "figures",
            "household",
            "project",
            "events",
            "report",
            "schema",
        ];
        let writes = [
            "--output",
            "--narrative",
            "--template",
            "-o",
            "record",
            "import",
            "--ledger",
        ];
        if !words.first().is_some_and(|word| reads.contains(word))
            || words
                .iter()
                .any(|word| writes.iter().any(|other| word.starts_with(other)))
            || text.contains('\0')
        {
            return;
        }
        let ledger = ledger().path().join("ledger").display().to_string();
        let words = ["socai", "--ledger", &ledger].into_iter().chain(words);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = socai::cli::run(words.map(Into::into), &mut out, &mut err, false);
        assert!(status <= 2);
        assert_eq!(
            status != 0,
            !err.is_empty() && status != 0,
            "a failure without a word"
        );
    },
);

/// A journal of three batches, its keys, and a signed checkpoint of it.
pub fn write_first_inputs(write: impl Fn(&str, &str, &[u8])) {
    use socai::log::random::SeededRandom;
    use socai::log::{Condition, EventLog, LedgerId, NewEvent, SledLog};
    let dir = scratch();
    let id = LedgerId::new([0xa5; 16]);
    let options = LogOptions::new(Arc::new(|_| Ok(Vec::new())));
    let mut log = SledLog::create(dir.path(), id, options).unwrap();
    for batch in [1..=1, 2..=4, 5..=5] {
        let event = |number: u128| NewEvent {
            id: uuid::Uuid::from_u128(number),
            tags: Vec::new(),
            members: vec![
                ("data", format!("\"{number}\"")),
                ("type", "\"t\"".to_owned()),
            ]
            .into(),
        };
        log.append(batch.map(event).collect(), &Condition::default())
            .unwrap();
    }
    let (size, root) = (log.head().seq, log.head().root);
    drop(log);
    let mut segment = std::fs::read(dir.path().join(SEGMENT)).unwrap();
    let used = segment.iter().rposition(|byte| *byte != 0).unwrap();
    segment.truncate(used + 100);
    write("frames", "three-batches", &segment);
    let signer = Signer::new("socai/01990", &[7; 32]).unwrap();
    let origin = "socai/01990".to_owned();
    let checkpoint = Checkpoint { origin, size, root };
    let note = checkpoint.sign(&signer).unwrap().to_string();
    write("note", "checkpoint", note.as_bytes());
    let mut random = SeededRandom::new(1);
    let folder = dir.path().join("keys");
    let keys = KeyStore::create(&folder, &id.to_string(), &mut random).unwrap();
    let subject = |number: u32| {
        let code = Code::new(&format!("H{number}")).unwrap();
        (socai::domain::personal::Subject::Household(code), 0)
    };
    keys.ensure(&[subject(1), subject(2)], &mut random).unwrap();
    let mut files = std::fs::read(folder.join("master.1")).unwrap();
    files.extend(std::fs::read(folder.join("subjects.1")).unwrap());
    write("keys", "two-households", &files);
}
