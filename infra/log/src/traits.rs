//! The traits every home of the log implements.

use std::any::Any;
use std::time::Duration;

use crate::{
    Assignment, Batch, Fetched, Result, TopicInfo, TopicMismatch, TopicPartition, TopicSpec,
    Watermarks,
};

/// A log: topics of ordered, durable records, and the offsets of those who read them.
pub trait Log: Send + Sync {
    /// Names this log for ever: the cluster's id, or one drawn when it was created.
    fn identity(&self) -> Result<String>;

    /// Names this incarnation of a topic; none where there is no such topic.
    fn topic_identity(&self, topic: &str) -> Result<Option<String>>;

    /// Fails where this process owns the log and it takes no more until it is opened again: who
    /// owns it must hear of that even if nothing is left to do for itself.
    fn check_open(&self) -> Result<()> {
        Ok(())
    }

    /// Creates the topics that are missing. Those that exist with other settings are
    /// reported and left as they are.
    fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>>;

    /// The topics there are, by name.
    fn topics(&self) -> Result<Vec<TopicInfo>>;

    /// The ends of a partition.
    fn watermarks(&self, tp: &TopicPartition) -> Result<Watermarks>;

    /// The end of a partition with what open transactions have written counted in. What a role's
    /// own transaction wrote lies before it as soon as the offsets it committed are seen, also
    /// where readers are not shown it yet.
    fn written_end(&self, tp: &TopicPartition) -> Result<u64> {
        self.watermarks(tp).map(|ends| ends.high)
    }

    /// The offset of the first record whose timestamp is at least `timestamp_ms`; the end
    /// where there is none.
    fn offset_for_time(&self, tp: &TopicPartition, timestamp_ms: i64) -> Result<u64>;

    /// The offsets `group` has committed, in the order of `tps`.
    fn committed(&self, group: &str, tps: &[TopicPartition]) -> Result<Vec<Option<u64>>>;

    /// The groups that have members or committed offsets, by name.
    fn groups(&self) -> Result<Vec<String>>;

    /// A reader, outside every group.
    fn reader(&self) -> Result<Box<dyn Reader>>;

    /// A member of `group` that shares `topics`, all with the same partition count, with
    /// the other members. It leaves when dropped. A second one of the same `instance`
    /// takes the place of the first.
    fn member(&self, group: &str, instance: &str, topics: &[String]) -> Result<Box<dyn Member>>;

    /// A producer; an older one with the same id is fenced from now on.
    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>>;
}

/// Reads committed records from where it is told to.
pub trait Reader: Send {
    /// Reads at most `max_records` of the due partitions, in the order given, each from
    /// its offset; waits up to `wait` if none of them has any. A partition that gave
    /// nothing and whose position did not move is left out.
    fn poll(
        &mut self,
        due: &[(TopicPartition, u64)],
        max_records: usize,
        wait: Duration,
    ) -> Result<Vec<Fetched>>;
}

/// A place in a group.
pub trait Member: Send {
    /// The group's name.
    fn group(&self) -> &str;

    /// What this member holds now, called once a round. The caller reloads its state whenever the
    /// generation has changed. Signs of life are the adapter's business; on Kafka a member that
    /// does not call for five minutes is let go nevertheless (`max.poll.interval.ms`).
    fn poll(&mut self) -> Result<Assignment>;

    /// Lets an adapter recognise its own members.
    fn as_any(&self) -> &dyn Any;
}

/// Publishes batches, each whole or not at all.
pub trait Producer: Send {
    /// Publishes `batch` and commits what it consumed for the group of `member`, which
    /// must be given where `consumed` is not empty. Gives the offset of each record.
    fn publish(&mut self, batch: Batch, member: Option<&dyn Member>) -> Result<Vec<u64>>;
}
