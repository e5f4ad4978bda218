//! What was read of a stage and is not due yet: kept, so that it is not read again.

use eventlog::Record;
use std::collections::VecDeque;

/// Bytes held of a stage above which it is not read on, and below which it is again: far apart,
/// because a log that reads over a network throws away what it fetched of a partition let go.
const FULL: usize = 512 << 10;
const LOW: usize = FULL / 8;

/// Records of one stage, in offset order, and the position behind them.
#[derive(Default)]
pub(crate) struct ReadAhead {
    records: VecDeque<Record>,
    /// The offset behind everything read.
    pub(crate) position: u64,
    bytes: usize,
    full: bool,
}

impl ReadAhead {
    pub(crate) fn extend(&mut self, records: impl Iterator<Item = Record>, position: u64) {
        for record in records {
            self.bytes += record.bytes();
            self.records.push_back(record);
        }
        self.full |= self.bytes >= FULL;
        self.position = self.position.max(position);
    }

    pub(crate) fn pop(&mut self) -> Option<Record> {
        let record = self.records.pop_front()?;
        self.bytes -= record.bytes();
        self.full &= self.bytes > LOW;
        Some(record)
    }

    /// The records that come next, first to last.
    pub(crate) fn next(&self) -> impl Iterator<Item = &Record> {
        self.records.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether no more is to be read for now.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }
}
