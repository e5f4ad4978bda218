//! What an operator asks of consumer groups and does to them, by the names that every client of the log knows: on
//! Kafka those of other programs' groups among them. A run's own groups have its prefix there.

use serde::{Deserialize, Serialize};

use crate::{LogError, Result, TopicPartition};

/// A group in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupListing {
    /// Its name.
    pub name: String,
    /// Its state in Kafka's words: `Empty` without members, `Stable` with them.
    pub state: String,
    /// Whether it has members.
    pub active: bool,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMember {
    /// Its id within the group.
    pub id: String,
    /// What it calls itself.
    pub client: String,
    /// Where it is, if the log knows.
    pub host: String,
    /// The partitions that it holds, of topics of this log.
    pub partitions: Vec<TopicPartition>,
}

/// Groups, administered from outside. A group with members is refused every change: they would not see it.
pub trait GroupAdmin: Send + Sync {
    /// The name by which others know this run's group `group`.
    fn full_name(&self, group: &str) -> String;

    /// All groups that have members or committed offsets, by name.
    fn list(&self) -> Result<Vec<GroupListing>>;

    /// The members of `group`; none where there is no such group.
    fn members(&self, group: &str) -> Result<Vec<GroupMember>>;

    /// What `group` has committed on topics of this log, in order.
    fn offsets(&self, group: &str) -> Result<Vec<(TopicPartition, u64)>>;

    /// Commits these offsets for `group`, back or ahead, at most to the ends; all of them or, on Kafka, an error that
    /// names the first that was refused.
    fn set_offsets(&self, group: &str, offsets: &[(TopicPartition, u64)]) -> Result<()>;

    /// Removes `group` with all offsets that it has committed; one that is not there is removed already.
    fn delete(&self, group: &str) -> Result<()>;
}

/// The refusal to change a group that has members.
pub(crate) fn has_members(group: &str) -> LogError {
    LogError::fatal(
        "the group has members, which would not see the change",
        group,
        "stop the processes that read with it, then try again; Kafka forgets one that was killed after its session timeout",
    )
}

/// The refusal of an offset that no record can have.
pub(crate) fn beyond_end(place: &TopicPartition, offset: u64, end: u64) -> LogError {
    LogError::fatal(
        format!("offset {offset} is beyond the end, {end}"),
        place,
        "choose an offset of the partition, or its end",
    )
}
