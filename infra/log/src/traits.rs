//! The traits every home of the log implements.

use std::any::Any;
use std::time::Duration;

use crate::{
    Assignment, Batch, Cut, Fetched, GroupAdmin, LogError, Result, TopicInfo, TopicMismatch,
    TopicPartition, TopicSpec, Watermarks,
};

/// A log: topics of ordered, durable records, and the offsets that groups have committed.
pub trait Log: Send + Sync {
    /// This log's identity, for ever: the cluster's id, or one drawn at its creation.
    fn identity(&self) -> Result<String>;

    /// The identity of this incarnation of a topic; `None` where there is no such topic.
    fn topic_identity(&self, topic: &str) -> Result<Option<String>>;

    /// Fails where this process owns the log and the log takes no writes until it is opened again.
    /// An owner with no work of its own learns of it here.
    fn check_open(&self) -> Result<()> {
        Ok(())
    }

    /// Creates missing topics. Existing topics with other settings are reported and left as they
    /// are.
    fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>>;

    /// The settings in which existing topics differ from `specs`; creates none.
    fn topic_mismatches(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
        let known = self.topics()?;
        let differs = |spec: &TopicSpec| {
            let found = known.iter().find(|topic| topic.name == spec.name)?.partitions;
            (found != spec.partitions).then(|| TopicMismatch::partitions(spec, found))
        };
        Ok(specs.iter().filter_map(differs).collect())
    }

    /// All topics, by name.
    fn topics(&self) -> Result<Vec<TopicInfo>>;

    /// The ends of a partition.
    fn watermarks(&self, tp: &TopicPartition) -> Result<Watermarks>;

    /// The end of a partition with open transactions counted in. As soon as a transaction's offsets
    /// can be seen, its records lie before this end, even where readers cannot see them yet. Where it
    /// stays above the end for readers ([`Watermarks::high`], Kafka's last stable offset), an open
    /// transaction holds back everything behind that.
    fn written_end(&self, tp: &TopicPartition) -> Result<u64> {
        self.watermarks(tp).map(|ends| ends.high)
    }

    /// Whether records can be removed behind the program's back, by retention or compaction.
    fn removes_records(&self) -> bool {
        false
    }

    /// The offset of the first record that is still there, or the end: above the low watermark where somebody has
    /// removed records from inside a partition.
    fn first_record(&self, tp: &TopicPartition) -> Result<u64> {
        self.watermarks(tp).map(|ends| ends.low)
    }

    /// Whether nothing was ever written at `from..to`, not even by a transaction that was aborted, or it is gone. A
    /// reader is not shown what was aborted.
    fn holds_nothing(&self, tp: &TopicPartition, from: u64, to: u64) -> Result<bool> {
        let _ = (tp, from, to);
        Ok(true)
    }

    /// The offset of the first record whose timestamp is at least `timestamp_ms`, or the end.
    fn offset_for_time(&self, tp: &TopicPartition, timestamp_ms: i64) -> Result<u64>;

    /// The offsets `group` has committed, in the order of `tps`.
    fn committed(&self, group: &str, tps: &[TopicPartition]) -> Result<Vec<Option<u64>>>;

    /// The groups that have members or committed offsets, by name.
    fn groups(&self) -> Result<Vec<String>>;

    /// The groups that have members now, whichever process these are in, by name.
    fn active_groups(&self) -> Result<Vec<String>>;

    /// Ends and committed offsets of one moment, which a backup needs. Kafka has none.
    fn cut(&self) -> Result<Cut> {
        Err(LogError::fatal(
            "only an embedded log can be copied as of one moment",
            "this log",
            "Kafka keeps copies of its own: give its topics a replication above 1",
        ))
    }

    /// The groups as an operator sees and changes them.
    fn group_admin(&self) -> Result<Box<dyn GroupAdmin>> {
        Err(LogError::fatal(
            "groups are not administered here",
            "this log",
            "use the run's own log",
        ))
    }

    /// A reader outside any group.
    fn reader(&self) -> Result<Box<dyn Reader>>;

    /// A member of `group`, which shares the partitions of `topics` among its members. The topics
    /// have the same partition count. A member leaves when dropped; a second one of the same
    /// `instance` takes the place of the first.
    fn member(&self, group: &str, instance: &str, topics: &[String]) -> Result<Box<dyn Member>>;

    /// A producer; fences an older one with the same id.
    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>>;
}

/// Reads committed records of given partitions from given offsets.
pub trait Reader: Send {
    /// Reads at most `max_records` of the due partitions, in the given order, each from its offset;
    /// waits up to `wait` for the first record. Leaves out partitions whose position did not move.
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

    /// The present assignment; to be called once a round. The caller reloads its state whenever
    /// the generation has changed. The adapter sends the heartbeats; on Kafka a member that does
    /// not poll for five minutes is dropped all the same (`max.poll.interval.ms`).
    fn poll(&mut self) -> Result<Assignment>;

    /// Lets an adapter recognise its own members.
    fn as_any(&self) -> &dyn Any;
}

/// Publishes batches, each whole or not at all.
pub trait Producer: Send {
    /// Publishes `batch` and commits its consumed offsets for the group of `member`, which must be
    /// given where `consumed` is not empty. Returns the offset of each record.
    fn publish(&mut self, batch: Batch, member: Option<&dyn Member>) -> Result<Vec<u64>>;
}
