//! The file system as the log uses it: every file of a ledger but sled's own goes through here.
//!
//! Outside of the unit tests these names are those of `std::fs` and cost nothing. In the unit tests
//! a folder can lie on a simulated disk (`disk/simulated.rs`) that loses, tears and flips what it
//! was given, and then the same code of the journal, the checkpoint and the keys runs on it.

#[cfg(test)]
mod campaign;
#[cfg(test)]
pub(crate) mod simulated;

#[cfg(not(test))]
pub(crate) use real::*;
#[cfg(test)]
pub(crate) use simulated::{
    DirBuilder, File, OpenOptions, available, exists, read, read_at, read_dir, remove_dir_all,
    remove_file, rename, segment_target, write, write_all_at,
};

/// Options for a file that only its owner may read.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(all(unix, not(test)))]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    #[cfg(test)]
    options.mode(0o600);
    options
}

/// Makes folders that only their owner may enter.
pub(crate) fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(all(unix, not(test)))]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    #[cfg(test)]
    builder.mode(0o700);
    builder
}

/// The file system itself, also in the unit tests.
pub(crate) mod real {
    #![cfg_attr(test, allow(dead_code, unused_imports))]

    use std::io;
    use std::path::Path;

    pub(crate) use std::fs::{
        DirBuilder, File, OpenOptions, read, read_dir, remove_dir_all, remove_file, rename, write,
    };

    /// How many bytes are left on the disk, where the system says so.
    pub(crate) fn available(path: &Path) -> Option<u64> {
        fs2::available_space(path).ok()
    }

    /// The size of a journal segment; a simulated disk has smaller ones.
    pub(crate) fn segment_target(bytes: u64) -> u64 {
        bytes
    }

    /// Whether something has this name, be it a link to nowhere.
    pub(crate) fn exists(path: &Path) -> bool {
        std::fs::symlink_metadata(path).is_ok()
    }

    /// Reads once at a place; fewer bytes than asked for are no error.
    #[cfg(unix)]
    pub(crate) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(file, bytes, offset)
    }

    /// Reads once at a place; fewer bytes than asked for are no error.
    #[cfg(windows)]
    pub(crate) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
    }

    /// Writes all bytes at a place.
    #[cfg(unix)]
    pub(crate) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
    }

    /// Writes all bytes at a place.
    #[cfg(windows)]
    pub(crate) fn write_all_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = bytes.get(count..).unwrap_or_default();
            offset += count as u64;
        }
        Ok(())
    }
}
