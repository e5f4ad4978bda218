//! An embedded log as one file: written while its owner goes on, read back into a directory of its own.
//!
//! The file begins with a line that names it. A Snappy stream follows, whose chunks carry checksums: one
//! item after the other, each its length (4 bytes, little endian) and postcard. The first is the head, the
//! last the end with the sum over all records, so that a file that was cut is no backup.

mod item;
mod read;
mod write;

pub use item::Archived;
pub use read::restore;
pub use write::write;
