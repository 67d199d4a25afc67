//! Files that are either wholly there or not there, even after a power cut.
//!
//! A file is written under another name, made durable, given its name, and then the folder that
//! holds the name is made durable. Files are for their owner alone (0600, folders 0700).

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::disk::{self, File};

/// Creates a folder for its owner alone, with those above it that are not there, and makes their
/// names durable.
///
/// # Errors
/// What the system says.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !disk::exists(folder))
        .collect();
    disk::private_folder().recursive(true).create(path)?;
    sync_folder(path)?;
    sync_folder(parent(path))?;
    missing
        .into_iter()
        .skip(1)
        .try_for_each(|folder| sync_folder(parent(folder)))
}

/// Makes the names in a folder durable. Windows has no such call and needs none here.
///
/// # Errors
/// What the system says.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()
    } else {
        Ok(())
    }
}

/// Writes a file so that after a power cut its old or its new content is there, and nothing else.
///
/// # Errors
/// What the system says; the old content is then still there, or the new one already is.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    let mut file = disk::private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&beside)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    drop(file);
    if let Err(error) = written.and_then(|()| disk::rename(&beside, path)) {
        // The half-written file is of no use; the error that made it so is what counts.
        drop(disk::remove_file(&beside));
        return Err(error);
    }
    sync_folder(parent(path))
}

/// Removes a file so that it stays removed after a power cut.
///
/// # Errors
/// What the system says.
pub fn remove(path: &Path) -> io::Result<()> {
    disk::remove_file(path)?;
    sync_folder(parent(path))
}

/// The folder that holds a name.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("checkpoint");
        replace(&path, b"one").unwrap();
        replace(&path, b"two and more").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two and more");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn a_failed_replacement_leaves_the_old_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("name");
        create_folder(&path).unwrap();
        fs::write(path.join("inside"), b"x").unwrap();
        assert!(replace(&path, b"new").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
