//! Everything that is folded from the log, together.

use super::facts::Facts;
use crate::domain::event::Event;
use crate::domain::state::{EvolveError, State};

/// The register and the facts, folded up to the same event.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Households, persons, projects, supports as they stand.
    pub state: State,
    /// The table that figures come from.
    pub facts: Facts,
}

impl View {
    /// Folds one event into all parts.
    ///
    /// # Errors
    /// [`EvolveError`] when the log needs a program that this one is not.
    pub fn evolve(&mut self, event: &Event) -> Result<(), EvolveError> {
        self.state.evolve(event)?;
        self.facts.evolve(event);
        Ok(())
    }
}
