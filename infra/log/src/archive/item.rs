//! The items of an archive.

use serde::{Deserialize, Serialize};

use crate::{Record, TopicPartition};

/// The first line of a file.
pub(super) const MAGIC: &[u8] = b"butterquant log 1\n";
/// Longer than any item: a record keeps its value within a megabyte or a few.
pub(super) const LONGEST: u32 = 64 << 20;

/// A topic, with the identity that saved state names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ArchivedTopic {
    pub(super) name: String,
    pub(super) partitions: u32,
    pub(super) id: String,
}

/// One item. New kinds go last: the position is the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Item {
    Head { identity: String, topics: Vec<ArchivedTopic> },
    Record { of: TopicPartition, record: Record },
    Offset { group: String, of: TopicPartition, next: u64 },
    End(Archived),
}

/// What a file holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// Records of all topics.
    pub records: u64,
    /// Committed offsets of all groups.
    pub offsets: u64,
    /// A sum over the items before the end.
    pub sum: u64,
}

impl Archived {
    /// Counts an item of these bytes.
    pub(super) fn count(&mut self, item: &Item, bytes: &[u8]) {
        match item {
            Item::Record { .. } => self.records += 1,
            Item::Offset { .. } => self.offsets += 1,
            Item::Head { .. } | Item::End(_) => {}
        }
        self.sum = self.sum.rotate_left(1).wrapping_add(u64::from(crc32fast::hash(bytes)));
    }
}
