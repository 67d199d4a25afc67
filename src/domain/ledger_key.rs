//! The events by which a ledger changes the key that signs its checkpoints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `ledger.key_rotated`: a checkpoint that covers this event is signed by another key. The event is
/// a leaf like any other, so the old key's checkpoints lead to the new key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerKeyRotated {
    /// The verifier key from here on, as a C2SP signed note has it.
    pub key: String,
    /// The verifier key up to here.
    pub previous: String,
}
