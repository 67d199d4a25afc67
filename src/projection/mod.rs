//! Folds of events into views. Pure: a projection is a function of the log and nothing else, and
//! can always be thrown away and folded again.

pub mod base;
pub mod boundaries;
pub mod cells;
pub mod column;
mod cube;
pub mod facts;
pub mod figures;
pub mod interner;
pub mod layers;
pub mod movement;
pub mod packed;
pub mod partition;
mod shelf;
pub mod stale;
pub mod view;

pub use boundaries::Boundaries;
pub use facts::Facts;
pub use figures::{Axis, Dimension, Entries, Figures, FiguresError, Filter, Query, Row};
pub use movement::{Balance, Movement, MovementRow};
pub use view::View;
