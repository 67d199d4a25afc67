//! What each part of a ledger's folder takes on the disk.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// A part of the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Sealed segments of the journal.
    Sealed,
    /// Segments of frames.
    Frames,
    /// The index in sled.
    Index,
    /// The facts by month.
    Months,
    /// What was counted of whole periods.
    Cells,
    /// Keys that lead to events, codes with their numbers, and the manifest of the saved views.
    Keys,
    /// The keys of personal fields.
    Subjects,
    /// Everything else.
    Others,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 8] = [
        Part::Sealed,
        Part::Frames,
        Part::Index,
        Part::Months,
        Part::Cells,
        Part::Keys,
        Part::Subjects,
        Part::Others,
    ];

    /// Its name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Part::Sealed => "journal_sealed",
            Part::Frames => "journal_frames",
            Part::Index => "index",
            Part::Months => "views_months",
            Part::Cells => "views_cells",
            Part::Keys => "views_keys",
            Part::Subjects => "keys",
            Part::Others => "others",
        }
    }

    /// The part that a file belongs to: by the folder at the top, and its own name.
    fn of(top: &str, name: &str) -> Part {
        match top {
            "journal" if name.ends_with(".zst") => Part::Sealed,
            "journal" => Part::Frames,
            "sled" => Part::Index,
            "views" if name.starts_with("month.") || name.starts_with("layers.") => Part::Months,
            "views" if name.starts_with("cells.") => Part::Cells,
            "views" => Part::Keys,
            "keys" => Part::Subjects,
            _ => Part::Others,
        }
    }
}

/// The bytes of each part, in the order of [`Part::ALL`].
///
/// # Errors
/// What the system says. A file that goes away meanwhile takes nothing.
pub fn of(ledger: &Path) -> io::Result<Vec<(Part, u64)>> {
    let mut sizes: BTreeMap<Part, u64> = Part::ALL.into_iter().map(|part| (part, 0)).collect();
    for entry in fs::read_dir(ledger)? {
        let path = entry?.path();
        let top = path.file_name().unwrap_or_default().to_string_lossy();
        add(&path, &top, &mut sizes)?;
    }
    Ok(sizes.into_iter().collect())
}

fn add(path: &Path, top: &str, sizes: &mut BTreeMap<Part, u64>) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata?,
    };
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            add(&entry?.path(), top, sizes)?;
        }
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    *sizes.entry(Part::of(top, &name)).or_default() += metadata.len();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_belongs_to_one_part() {
        let dir = tempfile::tempdir().unwrap();
        for (path, len) in [
            ("journal/1.ndjson.zst", 7),
            ("journal/8.frames", 20),
            ("sled/db", 300),
            ("sled/blobs/1", 4_000),
            ("views/month.24000.9", 50_000),
            ("views/cells.9", 600_000),
            ("views/run.1-9", 7_000_000),
            ("keys/master.1", 2),
            ("lock", 1),
        ] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, vec![0; len]).unwrap();
        }
        let sizes = of(dir.path()).unwrap();
        let bytes: Vec<u64> = sizes.iter().map(|(_, bytes)| *bytes).collect();
        assert_eq!(bytes, [7, 20, 4_300, 50_000, 600_000, 7_000_000, 2, 1]);
        assert!(sizes.iter().map(|(part, _)| *part).eq(Part::ALL));
    }
}
