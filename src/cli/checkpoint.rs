//! `socai checkpoint`: signs where the log stands.

use super::console::{Console, Failure};
use super::open::Place;
use crate::log::checkpoint::{self, Checkpoint};
use crate::log::keys::KeyStore;
use crate::log::note::Signer;
use crate::office::OfficeError;

/// Runs the command. The ledger is opened for writing, so that the checkpoint covers durable events
/// only; it is durable itself before it is printed.
///
/// # Errors
/// [`Failure`] when the ledger or its signing key cannot be used.
pub fn run(console: &mut Console<'_>, place: &Place) -> Result<(), Failure> {
    let ledger = place.write(console)?;
    let keys = KeyStore::open_read_only(&place.dir.join("keys"))
        .map_err(|error| console.failure(&OfficeError::Keys(error)))?;
    let seed = keys
        .signing_seed()
        .map_err(|error| console.failure(&OfficeError::Keys(error)))?;
    let origin = ledger
        .state()
        .ledger
        .as_ref()
        .map(|known| known.origin.clone());
    let origin = origin.unwrap_or_default();
    let stand = ledger.stand();
    let checkpoint = Checkpoint {
        origin: origin.clone(),
        size: stand.seq,
        root: stand.root,
    };
    let note = Signer::new(&origin, &seed)
        .map_err(checkpoint::CheckpointError::from)
        .and_then(|signer| checkpoint.sign(&signer));
    let note = note.map_err(|error| console.failure(&OfficeError::Checkpoint(error)))?;
    checkpoint::save(&place.dir, &note)
        .map_err(|error| console.failure(&OfficeError::Checkpoint(error)))?;
    if console.is_json() {
        let root = crate::office::opening::hex(&checkpoint.root);
        return console.json(&serde_json::json!({
            "origin": checkpoint.origin, "size": checkpoint.size, "root": root,
            "note": note.to_string(),
        }));
    }
    let text = note.to_string();
    console.line(text.trim_end())
}
