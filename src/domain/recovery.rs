//! The event by which a ledger goes on after events were lost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `ledger.recovered`: the ledger was restored from a backup, and what had been recorded after it
/// is given up. From here on it has another origin and another key: the key that signed the lost
/// events signs no second history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerRecovered {
    /// The verifier key from here on, as a C2SP signed note has it.
    pub key: String,
    /// The root of the newest signed checkpoint that is known of the lost events, in lower-case
    /// hex; absent where none is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_root: Option<String>,
    /// How many events that checkpoint covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_size: Option<u64>,
    /// The origin line of the checkpoints from here on.
    pub origin: String,
    /// The verifier key up to here.
    pub previous: String,
}
