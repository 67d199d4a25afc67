//! Signing checkpoints, and changing the key that signs them.

use super::error::OfficeError;
use super::ledger::Ledger;
use super::opening::Tools;
use super::recording::id_by_hand;
use crate::domain::event::{Actor, Body, Event};
use crate::domain::ledger_key::LedgerKeyRotated;
use crate::log::EventLog;
use crate::log::checkpoint::{Checkpoint, CheckpointError};
use crate::log::keys::KeyError;
use crate::log::note::{Note, Signer};

/// A key that took the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// The key from here on.
    pub key: String,
    /// The key up to here.
    pub previous: String,
    /// The event that says so.
    pub seq: u64,
}

impl<L: EventLog> Ledger<L> {
    /// The origin line and the verifier key of the ledger's checkpoints, as its events say.
    pub fn origin(&self) -> (String, String) {
        let opened = self.state().ledger.as_ref();
        opened.map_or_else(Default::default, |opened| {
            (opened.origin.clone(), opened.key.clone())
        })
    }

    /// The key that the ledger's events name. A rotation that was cut short after its event is
    /// finished here.
    ///
    /// # Errors
    /// [`OfficeError::OtherSigningKey`] where the seed is not that of the named key.
    pub fn signer(&self) -> Result<Signer, OfficeError> {
        let (origin, named) = self.origin();
        let of = |seed: &[u8; 32]| Signer::new(&origin, seed).map_err(CheckpointError::from);
        let seed = self.keys.signing_seed();
        if let Ok(seed) = &seed {
            let signer = of(seed)?;
            if signer.verifier().to_string() == named {
                return Ok(signer);
            }
        }
        if let Some(next) = self.keys.next_seed()? {
            let signer = of(&next)?;
            if signer.verifier().to_string() == named {
                self.keys.use_next_seed()?;
                return Ok(signer);
            }
        }
        match seed {
            Err(error @ (KeyError::SeedMissing { .. } | KeyError::Io { .. })) => Err(error.into()),
            _ => Err(OfficeError::OtherSigningKey(named)),
        }
    }

    /// The signed checkpoint of where the ledger stands. It covers durable events only.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn checkpoint(&self) -> Result<(Checkpoint, Note), OfficeError> {
        let signer = self.signer()?;
        let checkpoint = Checkpoint {
            origin: self.origin().0,
            size: self.stand.seq,
            root: self.stand.root,
        };
        let note = checkpoint.sign(&signer)?;
        Ok((checkpoint, note))
    }

    /// Draws a new signing key, records it, and destroys the old one. The order is: the new seed is
    /// durable, the event is durable, the old seed is gone.
    ///
    /// # Errors
    /// What the keys and the log say; the key in use is then still the one that the events name.
    pub fn rotate_key(
        &mut self,
        tools: &mut Tools,
        by: &Actor,
        reason: &str,
    ) -> Result<Rotated, OfficeError> {
        let (origin, previous) = self.origin();
        // An earlier rotation that was cut short is finished first.
        self.signer()?;
        let key = self.next_key(tools, &origin)?;
        let body = Body::LedgerKeyRotated(Box::new(LedgerKeyRotated {
            key: key.clone(),
            previous: previous.clone(),
        }));
        let seq = self.change_key(tools, by, reason, body)?;
        Ok(Rotated { key, previous, seq })
    }

    /// Draws the next key, durable when this returns.
    pub(super) fn next_key(&self, tools: &mut Tools, origin: &str) -> Result<String, OfficeError> {
        let seed = self.keys.draw_next_seed(tools.random.as_mut())?;
        let signer = Signer::new(origin, &seed).map_err(CheckpointError::from)?;
        Ok(signer.verifier().to_string())
    }

    /// Records the event that names the next key, and destroys the old one.
    pub(super) fn change_key(
        &mut self,
        tools: &mut Tools,
        by: &Actor,
        reason: &str,
        body: Body,
    ) -> Result<u64, OfficeError> {
        let at_ms = tools.clock.now_ms().max(self.stand.at_ms);
        let event = Event {
            at_ms,
            batch: None,
            by: by.clone(),
            body,
            document: None,
            findings: Vec::new(),
            id: id_by_hand(tools, at_ms),
            late: false,
            ledger: self.log.ledger().to_string(),
            reason: Some(reason.to_owned()),
            seq: 0,
            source: None,
        };
        let (seq, _) = self.append(tools, vec![event])?;
        self.keys.use_next_seed()?;
        Ok(seq)
    }
}
