//! The last record of some kind in a partition, searched from its end in windows that grow.

use crate::error::ShellError;
use eventlog::{Log, PartitionReader, Record, TopicPartition};
use std::collections::BTreeMap;

/// Records in the first window.
const FIRST_WINDOW: u64 = 64;

/// The last record of a partition for which `pick` returns `Some`.
pub(crate) fn find_last<T>(
    log: &dyn Log,
    place: &TopicPartition,
    mut pick: impl FnMut(&Record) -> Option<T>,
) -> Result<Option<T>, ShellError> {
    let end = log.watermarks(place)?.high;
    let mut reader = PartitionReader::new(log)?;
    let mut back = FIRST_WINDOW;
    loop {
        let mut found = None;
        for record in reader.records(place, end.saturating_sub(back)..end) {
            found = pick(&record?).or(found);
        }
        if found.is_some() || back >= end {
            return Ok(found);
        }
        back *= 4;
    }
}

/// The offsets after the last record of each partition, looked up again only where one has grown.
/// Unlike a partition's end, they do not count transaction markers, so they are the same in every
/// home of the log.
#[derive(Default)]
pub struct Ends(BTreeMap<TopicPartition, (u64, u64)>);

impl Ends {
    /// The offset after the last record of a partition.
    pub fn behind_last_record(
        &mut self,
        log: &dyn Log,
        place: &TopicPartition,
    ) -> Result<u64, ShellError> {
        let high = log.watermarks(place)?.high;
        match self.0.get(place) {
            Some(&(then, behind)) if then == high => Ok(behind),
            _ => {
                let behind = find_last(log, place, |record| Some(record.offset + 1))?.unwrap_or(0);
                self.0.insert(place.clone(), (high, behind));
                Ok(behind)
            }
        }
    }
}
