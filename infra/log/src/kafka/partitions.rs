//! Partitions and offsets, between this crate's types and librdkafka's.

use rdkafka::{Offset, TopicPartitionList};

use super::errors::Place;
use super::settings::KafkaSettings;
use crate::{Result, TopicPartition};

/// librdkafka's list of partitions with offsets.
pub(super) fn partition_list(
    settings: &KafkaSettings,
    places: impl IntoIterator<Item = (TopicPartition, Offset)>,
) -> Result<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (tp, offset) in places {
        list.add_partition_offset(&settings.name(&tp.topic), tp.partition as i32, offset)
            .at(&tp)?;
    }
    Ok(list)
}

/// librdkafka counts offsets in signed numbers; the negative ones are no offsets.
pub(super) fn unsigned(offset: i64) -> u64 {
    u64::try_from(offset).unwrap_or(0)
}
