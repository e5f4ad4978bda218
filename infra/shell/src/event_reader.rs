//! Reading the events of a topic that a role would take in.

use crate::error::ShellError;
use crate::inspect::inspect;
use crate::record_codec;
use eventlog::{Log, LogError, PartitionReader, PartitionRecords};
use schemas::{Event, Topic};

/// The events among `records` of a partition of `topic` that a role would take in, with their
/// offsets, where data topics have `total` partitions.
pub fn sound_events(
    records: PartitionRecords<'_>,
    topic: Topic,
    partition: u32,
    total: u32,
) -> impl Iterator<Item = Result<(u64, Event), LogError>> {
    records.filter_map(move |record| match record {
        Ok(record) => {
            let event = inspect(topic, partition, total, &record).ok()?;
            Some(Ok((record.offset, event)))
        }
        Err(error) => Some(Err(error)),
    })
}

/// Shows every such event of `topic` to `take`, partition by partition, each to its end as it is
/// when that partition is begun.
///
/// # Errors
/// Those of the log, and the first one of `take`.
pub fn each_event(
    log: &dyn Log,
    topic: Topic,
    total: u32,
    take: &mut dyn FnMut(Event) -> Result<(), ShellError>,
) -> Result<(), ShellError> {
    let mut reader = PartitionReader::new(log)?;
    for partition in 0..topic.partitions(total) {
        let records = reader.to_end(log, &record_codec::place(topic, partition))?;
        for event in sound_events(records, topic, partition, total) {
            take(event?.1)?;
        }
    }
    Ok(())
}
