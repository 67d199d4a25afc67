//! Everything that is folded from the log, together.

use std::collections::HashMap;

use super::facts::Facts;
use super::interner::Quick;
use crate::domain::event::Event;
use crate::domain::state::{EvolveError, State};
use crate::domain::tags::each_tag;

/// The register and the facts, folded up to the same event.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Households, persons, projects, supports as they stand.
    pub state: State,
    /// The table that figures come from.
    pub facts: Facts,
    mentions: HashMap<Vec<u8>, Vec<u64>, Quick>,
}

impl View {
    /// A view that goes on from parts; what was folded into them before is not found by tags.
    pub fn from_parts(state: State, facts: Facts) -> View {
        View {
            state,
            facts,
            mentions: HashMap::default(),
        }
    }

    /// Folds one event into all parts.
    ///
    /// # Errors
    /// [`EvolveError`] when the log needs a program that this one is not.
    pub fn evolve(&mut self, event: &Event) -> Result<(), EvolveError> {
        self.state.evolve(event)?;
        self.count(event);
        Ok(())
    }

    /// Folds one event for figures alone: the state then knows no support by itself and no personal
    /// field, which no figure asks for, and nothing is found by tags. Of a long log that is most of
    /// what is kept.
    ///
    /// # Errors
    /// As [`View::evolve`].
    pub fn evolve_figures(&mut self, event: &Event) -> Result<(), EvolveError> {
        self.state.evolve_for_figures(event)?;
        self.facts.evolve(event);
        Ok(())
    }

    /// Folds one event into all parts but the state, which knows it already.
    pub fn count(&mut self, event: &Event) {
        self.facts.evolve(event);
        let (mentions, mut tag) = (&mut self.mentions, Vec::with_capacity(32));
        each_tag(&event.body, &mut |family, code| {
            tag.clear();
            tag.push(family);
            tag.extend_from_slice(code.as_str().as_bytes());
            match mentions.get_mut(&tag) {
                Some(seqs) => seqs.push(event.seq),
                None => drop(mentions.insert(tag.clone(), vec![event.seq])),
            }
        });
    }

    /// The places of the events that carry a tag (`domain::tags`), in their order.
    pub fn mentions(&self, tag: &[u8]) -> &[u64] {
        self.mentions
            .get(tag)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}
