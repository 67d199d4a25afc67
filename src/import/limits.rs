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
