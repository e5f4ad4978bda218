//! Publishes good and bad records and remembers the bad ones.

use super::record::{Bad, Kind, Written};
use eventlog::{Batch, Log, NewRecord};
use schemas::id::sha256_hex;

/// Bytes after which a batch is published.
const MOST_BYTES: usize = 4 << 20;

/// The batch to be published next, and which of its records are bad.
pub(super) struct Out<'a> {
    log: &'a dyn Log,
    batch: Batch,
    bad: Vec<Option<(Kind, &'static str)>>,
    bytes: usize,
}

impl<'a> Out<'a> {
    /// Empty, for `log`.
    pub(super) fn to(log: &'a dyn Log) -> Out<'a> {
        Out { log, batch: Batch::default(), bad: Vec::new(), bytes: 0 }
    }

    pub(super) fn add(
        &mut self,
        (record, bad): (NewRecord, Option<(Kind, &'static str)>),
        written: &mut Written,
    ) {
        self.bytes += record.value.len();
        self.batch.records.push(record);
        self.bad.push(bad);
        if self.bytes >= MOST_BYTES {
            self.publish(written);
        }
    }

    pub(super) fn publish(&mut self, written: &mut Written) {
        let batch = std::mem::take(&mut self.batch);
        let bad = std::mem::take(&mut self.bad);
        self.bytes = 0;
        let mut rejected: Vec<Option<(u32, Bad)>> = Vec::with_capacity(bad.len());
        for (record, bad) in batch.records.iter().zip(bad) {
            rejected.push(bad.map(|(kind, stage)| {
                let bad = Bad {
                    kind,
                    stage,
                    key: record.key.clone(),
                    headers: record.headers.clone(),
                    bytes: record.value.len(),
                    sha256: sha256_hex(&record.value),
                };
                (record.to.partition, bad)
            }));
        }
        let offsets = self.log.producer("test").unwrap().publish(batch, None).unwrap();
        for (offset, bad) in offsets.into_iter().zip(rejected) {
            if let Some((partition, bad)) = bad {
                written.insert((i64::from(partition), offset as i64), bad);
            }
        }
    }
}
