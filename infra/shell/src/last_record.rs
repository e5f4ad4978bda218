//! Looking at a partition from its end: in windows that grow until they hold what is looked for.

use crate::{error::ShellError, record_codec};
use eventlog::{Log, Record, TopicPartition};
use std::collections::BTreeMap;
use std::time::Duration;

/// Records of the first window.
const FIRST: u64 = 64;

/// What `pick` makes of the last record that it makes anything of.
pub(crate) fn find_last<T>(
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
            let fetched = fetched.into_iter().next().ok_or_else(|| record_codec::gave_nothing(place))?;
            found = fetched.records.iter().filter_map(&mut pick).last().or(found);
            next = fetched.position;
        }
        if found.is_some() || back >= end {
            return Ok(found);
        }
        back *= 4;
    }
}

/// Offsets behind the last records, looked up again only where a partition has grown. Unlike its
/// end, such an offset does not count transaction markers, so it is the same wherever the log lives.
#[derive(Default)]
pub struct Ends(BTreeMap<TopicPartition, (u64, u64)>);

impl Ends {
    /// The offset behind the last record of a partition.
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
