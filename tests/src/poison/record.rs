//! A bad record, and the dimensions of the log it is written to.

use eventlog::Headers;
use schemas::Day;
use std::collections::BTreeMap;

/// Partitions of a data topic.
pub const PARTITIONS: u32 = 12;
/// The day before the first.
pub(super) const BEFORE: Day = Day(17_000);

/// How a record is bad.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Kind {
    Noise,
    Truncated,
    Trailing,
    UnknownSchema,
    WrongTopic,
    Large,
    NotFinite,
    Flipped,
    WrongPartition,
    WrongKey,
    Conflict,
    Tombstone,
}

/// A bad record as it was written.
pub struct Bad {
    /// How it is bad.
    pub kind: Kind,
    pub(super) stage: &'static str,
    pub(super) key: Option<Vec<u8>>,
    pub(super) headers: Headers,
    pub(super) bytes: usize,
    pub(super) sha256: String,
}

/// The bad records that were written, by partition and offset.
pub type Written = BTreeMap<(i64, i64), Bad>;

/// The name of stock `n`.
pub(super) fn ticker(n: usize) -> String {
    format!("T{n:04}")
}
