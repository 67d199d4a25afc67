//! Workbooks out: typed cells, a table a page, to the bytes of an `.xlsx`. Knows nothing of the
//! ledger.

mod bars;
mod book;
mod look;
mod paper;
mod write;

pub use book::{Bars, Book, Cell, Column, Letterhead, Look, Page, Signature, Total};
pub use write::{BookError, write};
