//! What a list may be at most. A list beyond these is a slip or an attack, not a list: the
//! largest commune has some thousands of households.

/// The largest file, in bytes.
pub const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// The most rows below the header.
pub const MOST_ROWS: u64 = 500_000;

/// The longest cell, in bytes of UTF-8. An event holds at most 65,535 bytes.
pub const LONGEST_CELL: usize = 32 * 1024;

/// The most columns.
pub const MOST_COLUMNS: usize = 100;

/// The most sheets of a workbook.
pub const MOST_SHEETS: usize = 100;

/// The most cells of a sheet that hold anything.
pub const MOST_CELLS: usize = 5_000_000;

/// The most bytes that a workbook may unpack to. A list of 100,000 rows and ten columns unpacks to
/// some 40 MiB.
pub const LARGEST_UNPACKED: u64 = 512 * 1024 * 1024;
