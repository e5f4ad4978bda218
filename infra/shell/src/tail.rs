//! Looking at a partition from its end: in windows that grow until they hold what is looked for.

use crate::{error::ShellError, wire};
use eventlog::{Log, Record, TopicPartition};
use std::time::Duration;

/// Records of the first window.
const FIRST: u64 = 64;

/// What `pick` makes of the last record that it makes anything of.
pub fn last<T>(
    log: &dyn Log,
    place: &TopicPartition,
    mut pick: impl FnMut(&Record) -> Option<T>,
) -> Result<Option<T>, ShellError> {
    let end = log.watermarks(place)?.high;
    let mut back = FIRST;
    loop {
        let mut next = end.saturating_sub(back);
        let mut reader = log.reader()?;
        let mut found = None;
        while next < end {
            let fetched = reader.poll(&[(place.clone(), next)], 2_000, Duration::from_secs(5))?;
            let fetched = fetched.into_iter().next().ok_or_else(|| wire::gave_nothing(place))?;
            found = fetched.records.iter().filter_map(&mut pick).last().or(found);
            next = fetched.position;
        }
        if found.is_some() || back >= end {
            return Ok(found);
        }
        back *= 4;
    }
}

/// The offset behind the last record. Unlike the end of the partition it does not count
/// transaction markers, so it is the same wherever the log lives.
pub fn behind_last_record(log: &dyn Log, place: &TopicPartition) -> Result<u64, ShellError> {
    Ok(last(log, place, |record| Some(record.offset + 1))?.unwrap_or(0))
}
