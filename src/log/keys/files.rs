//! The file operations of the key store: private files, durable names, and files that are
//! overwritten before they are removed.

use std::io::{self, Write};
use std::path::Path;

use super::error::KeyError;
use crate::log::disk::{self, File, OpenOptions};

/// Makes a folder that only its owner may enter.
pub(super) fn create_private_folder(path: &Path) -> Result<(), KeyError> {
    disk::private_folder()
        .create(path)
        .map_err(KeyError::io("create", path))
}

/// Makes a new file that only its owner may read.
pub(super) fn create_private_file(path: &Path) -> Result<File, KeyError> {
    disk::private()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(KeyError::io("create", path))
}

/// Writes a new private file and makes its content durable; its name is so only after
/// [`sync_folder`].
pub(super) fn write_private_file(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let mut file = create_private_file(path)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(KeyError::io("write", path))
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), KeyError> {
    // Windows has no such call for folders; its renames are journalled by the file system.
    #[cfg(unix)]
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(KeyError::io("sync", path))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Gives a file its final name.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), KeyError> {
    disk::rename(from, to).map_err(KeyError::io("rename", from))
}

/// Overwrites a file with zeros, makes that durable, and removes it. A file that is not there is
/// no error.
///
/// On media that write elsewhere than they are told (flash, copy-on-write file systems) the old
/// bytes may survive below the file system for a while. What they held is a master key and what
/// it wrapped, so an office that must exclude this encrypts the disk itself.
pub(super) fn destroy(path: &Path) -> Result<(), KeyError> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(KeyError::io("overwrite", path)(error)),
    };
    overwrite(&mut file).map_err(KeyError::io("overwrite", path))?;
    disk::remove_file(path).map_err(KeyError::io("remove", path))
}

fn overwrite(file: &mut File) -> io::Result<()> {
    const ZEROS: [u8; 16 * 1024] = [0; 16 * 1024];
    let mut left = file.metadata()?.len();
    while left > 0 {
        let part = usize::try_from(left).map_or(ZEROS.len(), |left| left.min(ZEROS.len()));
        file.write_all(ZEROS.get(..part).unwrap_or(&ZEROS))?;
        left -= part as u64;
    }
    file.sync_all()
}
