//! Changing the seed of the signing key without a moment in which the ledger has none.
//!
//! The next seed stands beside the old one as `signing.next` until the event that names its public
//! key is durable. Whichever of the two the ledger's last such event names is the one that signs;
//! a cut in between is finished by the next rotation or checkpoint.

use super::{KeyError, KeyStore, SECRET_LEN, draw_secret, files, read_secret};
use crate::log::disk;
use crate::log::random::Random;

use std::io;
use zeroize::Zeroizing;

/// A seed that waits for its event.
const NEXT: &str = "signing.next";
/// The old seed on its way out; the next open removes it too.
const OUT: &str = "signing.tmp";

impl KeyStore {
    /// Draws the next seed, durable before this returns. One that was drawn before and never came
    /// into use is replaced.
    ///
    /// # Errors
    /// [`KeyError::ReadOnly`]; [`KeyError::Stopped`]; [`KeyError::Io`].
    pub fn draw_next_seed(
        &self,
        random: &mut dyn Random,
    ) -> Result<Zeroizing<[u8; SECRET_LEN]>, KeyError> {
        let _state = self.lock_to_write()?;
        let path = self.folder.join(NEXT);
        files::destroy(&path)?;
        let seed = draw_secret(random);
        files::write_private_file(&path, seed.as_slice())?;
        files::sync_folder(&self.folder)?;
        Ok(seed)
    }

    /// The seed that waits for its event, if there is one.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] if it is not 32 bytes; [`KeyError::Io`].
    pub fn next_seed(&self) -> Result<Option<Zeroizing<[u8; SECRET_LEN]>>, KeyError> {
        match read_secret(&self.folder.join(NEXT)) {
            Ok(seed) => Ok(Some(seed)),
            Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Puts the next seed in the place of the old one, which is overwritten and removed. Where
    /// there is no next one, the old one stays.
    ///
    /// # Errors
    /// [`KeyError::SeedMissing`]; [`KeyError::ReadOnly`]; [`KeyError::Stopped`];
    /// [`KeyError::Io`].
    pub fn use_next_seed(&self) -> Result<(), KeyError> {
        let _state = self.lock_to_write()?;
        let next = self.folder.join(NEXT);
        if !disk::exists(&next) {
            return Err(KeyError::SeedMissing { file: next });
        }
        let (path, out) = (self.folder.join("signing"), self.folder.join(OUT));
        files::destroy(&out)?;
        match files::rename(&path, &out) {
            // A cut behind this rename, at an earlier try.
            Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
        files::rename(&next, &path)?;
        files::sync_folder(&self.folder)?;
        files::destroy(&out)?;
        files::sync_folder(&self.folder)
    }
}
