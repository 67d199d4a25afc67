//! The journal: the commit point of the log, and its only irreplaceable part.
//!
//! # Byte layout, format 1
//!
//! The folder `journal/` holds **segments**, named by the 20 digits of their first `seq` with the
//! ending `.frames`. A segment is a header and frames; behind the last frame it holds zeros, so
//! that a commit into them changes no size. All numbers are big-endian; `CRC` is CRC-32C.
//!
//! | segment header | bytes | |
//! |---|---|---|
//! | magic | 0..16 | `socai journal` LF NUL NUL |
//! | format | 16..20 | 1 |
//! | zero | 20..24 | |
//! | ledger id | 24..40 | |
//! | first `seq` | 40..48 | |
//! | hash of the frame before | 48..80 | zeros in the first segment |
//! | root before | 80..112 | RFC 6962 root of the events before this segment |
//! | last `at` before | 112..120 | milliseconds |
//! | zero | 120..124 | |
//! | CRC of 0..124 | 124..128 | at this place in every later format too |
//!
//! | frame | bytes | |
//! |---|---|---|
//! | magic | 0..4 | `SCFR` |
//! | flags | 4 | 1 = `end`: the last frame of its batch |
//! | zero | 5..8 | |
//! | ledger id | 8..24 | |
//! | first `seq` | 24..32 | |
//! | first `seq` of the batch | 32..40 | |
//! | events in the frame | 40..44 | |
//! | length of the events | 44..48 | bytes, with line feeds |
//! | `at` of the last event | 48..56 | milliseconds |
//! | hash of the frame before | 56..88 | SHA-256 over its 128 header bytes |
//! | root | 88..120 | RFC 6962 root of all events up to the end of this frame |
//! | CRC of the events | 120..124 | |
//! | CRC of 0..124 | 124..128 | so of the events too |
//! | events | 128.. | canonical JSON, each closed by one line feed |
//!
//! The hash of a frame is taken over its header alone: the root in it already commits to every
//! event, so no event is hashed twice.
//!
//! A **batch** here is what one `fdatasync` made durable: one append, or several that waited
//! together. It is part of the log once its frame with `end` and all before it are whole. A frame
//! of a later batch proves that every earlier batch had been made durable; this is how recovery
//! tells a torn tail from damage.
//!
//! Every segment but the newest is in time **sealed**: its events, one a line and compressed, in a
//! file `<first seq>.ndjson.zst` that `zstdcat` reads, with what the frames said in a part that
//! every decoder passes over (`sealed.rs` has its layout, `sealing.rs` says how it is made without
//! ever being without a whole copy). The newest segment is never sealed, so recovery meets frames.

pub(crate) mod build;
pub(crate) mod each;
pub(crate) mod files;
pub(crate) mod layout;
pub(crate) mod range;
pub(crate) mod salvage;
pub(crate) mod sealed;
pub(crate) mod sealing;
pub(crate) mod sheaves;
pub(crate) mod survey;
pub(crate) mod walk;
pub(crate) mod write;
