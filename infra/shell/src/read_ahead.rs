//! Records of a stage that were read before they are due, kept so that they are read once.

use eventlog::SharedRecord;
use std::collections::VecDeque;

/// Bytes of a stage above which reading stops, and below which it goes on. They are far apart,
/// because a Kafka client drops what it has fetched of a partition when that is paused.
const FULL: usize = 512 << 10;
const LOW: usize = FULL / 8;

/// Records of one stage, in offset order, and the position after them.
#[derive(Default)]
pub(crate) struct ReadAhead {
    records: VecDeque<SharedRecord>,
    /// The offset after everything read.
    pub(crate) position: u64,
    bytes: usize,
    full: bool,
}

impl ReadAhead {
    pub(crate) fn extend(&mut self, records: impl Iterator<Item = SharedRecord>, position: u64) {
        for record in records {
            self.bytes += record.bytes();
            self.records.push_back(record);
        }
        self.full |= self.bytes >= FULL;
        self.position = self.position.max(position);
    }

    pub(crate) fn pop(&mut self) -> Option<SharedRecord> {
        let record = self.records.pop_front()?;
        self.bytes -= record.bytes();
        self.full &= self.bytes > LOW;
        Some(record)
    }

    /// The records in order.
    pub(crate) fn next(&self) -> impl Iterator<Item = &SharedRecord> {
        self.records.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether reading must pause.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }
}
