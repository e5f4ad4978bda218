//! Topics, ends and committed offsets, and the check that turns a batch into a change.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::group_admin::beyond_end;
use crate::{Batch, Consumed, LogError, NewRecord, Record, Result, TopicPartition};

/// A topic as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredTopic {
    /// Its number, the first part of its records' keys.
    pub(crate) number: u32,
    /// Its identity, drawn when it was created.
    pub(crate) id: String,
    /// How many partitions it has.
    pub(crate) partitions: u32,
}

/// Topic number and partition: where the store keeps a partition's records.
pub(crate) type Slot = (u32, u32);

/// Partitions of a topic whose ends, or whose committed offsets, are one entry: a publish writes all of those it touches.
const BLOCK: u32 = 64;

/// The block of a partition.
pub(crate) fn block_of(partition: u32) -> u32 {
    partition / BLOCK
}

/// The partitions of a block.
pub(crate) fn partitions_of(block: u32) -> RangeInclusive<u32> {
    let first = block.saturating_mul(BLOCK);
    first..=first.saturating_add(BLOCK - 1)
}

/// The end of a partition, and whether its timestamps can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    /// The next offset to be written.
    pub(crate) offset: u64,
    /// The greatest timestamp so far.
    pub(crate) last_ms: i64,
    /// Whether no timestamp was below one before it.
    pub(crate) ordered: bool,
}

impl Default for End {
    fn default() -> Self {
        Self { offset: 0, last_ms: i64::MIN, ordered: true }
    }
}

/// The changes of a publish or of a new topic, apart from the records.
#[derive(Debug, Clone, Default)]
pub(crate) struct StateChange {
    pub(crate) topics: Vec<(Arc<str>, StoredTopic)>,
    pub(crate) ends: Vec<(Slot, End)>,
    /// What groups have committed; none where an offset is removed.
    pub(crate) committed: Vec<(String, TopicPartition, Option<u64>)>,
}

/// Records with their places.
pub(crate) type Placed = Vec<(Slot, Record)>;

/// Topics, ends and committed offsets.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogState {
    pub(crate) topics: BTreeMap<Arc<str>, StoredTopic>,
    pub(crate) ends: BTreeMap<Slot, End>,
    pub(crate) committed: BTreeMap<String, BTreeMap<TopicPartition, u64>>,
}

impl LogState {
    /// The place of `tp`.
    pub(crate) fn slot(&self, tp: &TopicPartition) -> Result<Slot> {
        let topic = self.topics.get(&tp.topic).ok_or_else(|| LogError::no_topic(&tp.topic))?;
        if tp.partition >= topic.partitions {
            return Err(LogError::no_partition(tp));
        }
        Ok((topic.number, tp.partition))
    }

    /// The end of the partition at `slot`.
    pub(crate) fn end(&self, slot: Slot) -> End {
        self.ends.get(&slot).copied().unwrap_or_default()
    }

    /// The offset `group` has committed for `tp`.
    pub(crate) fn committed(&self, group: &str, tp: &TopicPartition) -> Option<u64> {
        self.committed.get(group)?.get(tp).copied()
    }

    /// The ends of a block of a topic's partitions, as they are once `change` is applied.
    pub(crate) fn ends_after(&self, change: &StateChange, block: Slot) -> BTreeMap<u32, End> {
        let partitions = partitions_of(block.1);
        let (first, last) = ((block.0, *partitions.start()), (block.0, *partitions.end()));
        let before = self.ends.range(first..=last).map(|(at, end)| (at.1, *end));
        let changed = change.ends.iter().filter(|(at, _)| (first..=last).contains(at));
        before.chain(changed.map(|(at, end)| (at.1, *end))).collect()
    }

    /// What `group` has committed in a block of a topic's partitions, once `change` is applied.
    pub(crate) fn committed_after(
        &self,
        change: &StateChange,
        group: &str,
        topic: &Arc<str>,
        block: u32,
    ) -> BTreeMap<u32, u64> {
        let partitions = partitions_of(block);
        let of = |partition: &u32| TopicPartition::new(Arc::clone(topic), *partition);
        let range = of(partitions.start())..=of(partitions.end());
        let before = self.committed.get(group).into_iter();
        let before = before.flat_map(|committed| committed.range(range.clone()));
        let changed = change.committed.iter();
        let changed = changed.filter(|(by, tp, _)| by == group && range.contains(tp));
        let mut after: BTreeMap<u32, u64> =
            before.map(|(tp, next)| (tp.partition, *next)).collect();
        for (_, tp, next) in changed {
            put_or_remove(&mut after, tp.partition, *next);
        }
        after
    }

    /// Applies `change`.
    pub(crate) fn apply(&mut self, change: StateChange) {
        self.topics.extend(change.topics);
        self.ends.extend(change.ends);
        for (group, tp, next) in change.committed {
            let offsets = self.committed.entry(group).or_default();
            put_or_remove(offsets, tp, next);
        }
        self.committed.retain(|_, offsets| !offsets.is_empty());
    }

    /// The change that gives `group` these offsets.
    pub(crate) fn plan_set(
        &self,
        group: &str,
        offsets: &[(TopicPartition, u64)],
    ) -> Result<StateChange> {
        let mut change = StateChange::default();
        for (tp, next) in offsets {
            let end = self.end(self.slot(tp)?).offset;
            if *next > end {
                return Err(beyond_end(tp, *next, end));
            }
            change.committed.push((group.to_string(), tp.clone(), Some(*next)));
        }
        Ok(change)
    }

    /// The change that removes all offsets of `group`.
    pub(crate) fn plan_delete(&self, group: &str) -> StateChange {
        let offsets = self.committed.get(group).into_iter().flat_map(BTreeMap::keys);
        let committed = offsets.map(|tp| (group.to_string(), tp.clone(), None)).collect();
        StateChange { committed, ..StateChange::default() }
    }

    /// Checks a batch against the offsets it starts from and gives each record its place; changes
    /// nothing yet.
    pub(crate) fn plan(&self, batch: Batch, group: Option<&str>) -> Result<(StateChange, Placed)> {
        let mut change = StateChange::default();
        for (tp, expected) in &batch.expected_end {
            let found = self.end(self.slot(tp)?).offset;
            if found != *expected {
                return Err(LogError::fenced(
                    format!("the end is {found}, the publish expected {expected}"),
                    tp,
                ));
            }
        }
        for consumed in batch.consumed {
            change.committed.push(self.plan_offset(consumed, group)?);
        }
        let mut ends: BTreeMap<Slot, End> = BTreeMap::new();
        let mut placed = Vec::with_capacity(batch.records.len());
        for record in batch.records {
            record.check()?;
            let slot = self.slot(&record.to)?;
            let end = ends.entry(slot).or_insert_with(|| self.end(slot));
            placed.push((slot, place(record, end)));
        }
        change.ends.extend(ends);
        Ok((change, placed))
    }

    fn plan_offset(
        &self,
        consumed: Consumed,
        group: Option<&str>,
    ) -> Result<(String, TopicPartition, Option<u64>)> {
        let Consumed { tp, from, next } = consumed;
        let Some(group) = group else {
            return Err(LogError::fatal(
                "offsets can only be committed by a member of a group",
                tp,
                "publish with the member whose group reads this partition",
            ));
        };
        let found = self.committed(group, &tp).unwrap_or(0);
        if found != from {
            return Err(LogError::fenced(
                format!("{group} has committed {found}, the publish starts from {from}"),
                tp,
            ));
        }
        let end = self.end(self.slot(&tp)?).offset;
        if next < from || next > end {
            return Err(LogError::fatal(
                format!("cannot commit {next}: it starts from {from} and the end is {end}"),
                tp,
                "offsets only go forward, to the end; `butterquant rebuild --all` makes state again from the log",
            ));
        }
        Ok((group.to_string(), tp, Some(next)))
    }
}

fn put_or_remove<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}

fn place(new: NewRecord, end: &mut End) -> Record {
    let record = Record {
        offset: end.offset,
        timestamp_ms: new.timestamp_ms,
        key: new.key,
        value: new.value,
        headers: new.headers,
    };
    end.offset += 1;
    end.ordered &= new.timestamp_ms >= end.last_ms;
    end.last_ms = end.last_ms.max(new.timestamp_ms);
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_is_in_one_block() {
        assert!((0..300).all(|partition| partitions_of(block_of(partition)).contains(&partition)));
        assert_eq!((block_of(63), block_of(64), partitions_of(1)), (0, 1, 64..=127));
    }
}
