//! Events that stand on the log twice: something was decided a second time. Of two events with one id the first
//! counts for every role, but whoever reads the topic sees both.

use crate::decisions::Difference;
use crate::error::ShellError;
use crate::event_reader::sound_events;
use crate::record_codec;
use crate::unit_identity::unit_name;
use eventlog::{Log, PartitionReader};
use schemas::EventId;
use schemas::role::Role;
use std::collections::BTreeMap;

/// Every event of `role`'s outputs whose id stands there before, where data topics have `total` partitions. A marker
/// without a cause is an operator's, and the role's own one follows it.
pub(crate) fn twice(log: &dyn Log, role: Role, total: u32) -> Result<Vec<Difference>, ShellError> {
    let mut found = Vec::new();
    let mut reader = PartitionReader::new(log)?;
    for &topic in role.outputs() {
        for partition in 0..topic.partitions(total) {
            let place = record_codec::place(topic, partition);
            let mut first: BTreeMap<EventId, u64> = BTreeMap::new();
            let records = reader.to_end(log, &place)?;
            for event in sound_events(records, topic, partition, total) {
                let (offset, event) = event?;
                if event.causation.is_none() {
                    continue;
                }
                let before = *first.entry(event.id).or_insert(offset);
                if before != offset {
                    let what = format!(
                        "{} {} stands twice on {place}, at offsets {before} and {offset}",
                        event.body.kind(),
                        event.ticker
                    );
                    let unit = unit_name(role, partition);
                    found.push(Difference { unit, day: event.day, what });
                }
            }
        }
    }
    Ok(found)
}
