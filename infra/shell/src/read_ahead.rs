//! Records of a stage that were read before they are due, kept so that they are read once.

use eventlog::SharedRecord;
use std::collections::VecDeque;
use std::time::Instant;

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
    /// The offset after what came at once, and when it came; for metrics only.
    arrivals: VecDeque<(u64, Instant)>,
}

impl ReadAhead {
    pub(crate) fn extend(&mut self, records: impl Iterator<Item = SharedRecord>, position: u64) {
        let before = self.records.len();
        for record in records {
            self.bytes += record.bytes();
            self.records.push_back(record);
        }
        if self.records.len() > before {
            let end = self.records.back().map_or(0, |last| last.offset + 1);
            self.arrivals.push_back((end, Instant::now()));
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

    /// When the record at `offset` arrived, which has just been popped. Forgets what came before it.
    pub(crate) fn arrival_of(&mut self, offset: u64) -> Option<Instant> {
        while self.arrivals.front().is_some_and(|(end, _)| *end <= offset) {
            self.arrivals.pop_front();
        }
        self.arrivals.front().map(|(_, at)| *at)
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
