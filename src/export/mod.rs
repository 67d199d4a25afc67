//! The ledger for the tools of others: tables as CSV or Parquet, journals of plain-text accounting.
//!
//! Nothing is counted here: rows are those of the facts table and of the register, so that a sum
//! over them is the figure of the same question. Without being asked, no personal field is opened.

mod csv;
pub mod journal;
mod parquet;
pub mod table;
mod tables;

pub use csv::CsvFolder;
pub use journal::{Dialect, Journal};
pub use parquet::ParquetFolder;
pub use table::{ExportError, Sink, TABLES, TableSpec, Value};
pub use tables::fill;
