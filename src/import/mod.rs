//! Lists in: from the bytes of a CSV file to typed rows, with all errors of all rows at once.
//!
//! **Invariant:** nothing here decides anything about households or the ledger, or knows what the
//! ledger holds. A list is read by what stands in it, and by the units that the caller names.
//!
//! The steps, each in its module: bytes to text ([`encoding`]), text to a table ([`table`]), header
//! cells to columns ([`header`]), cells to values ([`number`], [`date`], [`citation`], [`words`]),
//! and a row to its type ([`rows`]).

pub mod citation;
pub mod columns;
pub mod date;
pub mod encoding;
pub mod header;
pub mod limits;
pub mod number;
pub mod period_words;
pub mod table;
pub mod text;
pub mod words;

pub use text::fold;
