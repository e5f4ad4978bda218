//! How the topics of a run differ from what it needs, as far as that costs records or confuses readers: settings by
//! which a cluster removes records, and partitions that somebody has added.

use anyhow::{Result, bail};
use eventlog::{Log, TopicMismatch, TopicSpec};
use schemas::Topic;
use serde::Serialize;
use shell::open;
use std::fmt;

/// What differs.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct TopicFaults {
    /// Settings by which the cluster removes records, each with what mends it.
    pub removing: Vec<TopicMismatch>,
    /// Topics that have more partitions than the run was opened with. Keys would move, so nothing reads or writes those.
    pub added_partitions: Vec<AddedPartitions>,
}

/// A topic with partitions that its run does not use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AddedPartitions {
    /// The topic.
    pub topic: String,
    /// The partitions that the run was opened with.
    pub used: u32,
    /// Those that the topic has.
    pub found: u32,
}

impl fmt::Display for AddedPartitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AddedPartitions { topic, used, found } = self;
        write!(
            f,
            "{topic} has {found} partitions: somebody has added {} to the {used} that this run was opened with, and it uses no others",
            found - used
        )
    }
}

impl TopicFaults {
    /// Of the topics that are there, where data topics should have `partitions`; changes none of them.
    ///
    /// # Errors
    /// The log's.
    pub fn of(log: &dyn Log, partitions: u32) -> Result<TopicFaults> {
        let specs: Vec<TopicSpec> =
            Topic::ALL.into_iter().map(|topic| open::spec(topic, partitions)).collect();
        let (mut faults, known) = (TopicFaults::default(), log.topics()?);
        for spec in &specs {
            let found = known.iter().find(|info| info.name == spec.name);
            let added = found.filter(|info| info.partitions > spec.partitions);
            faults.added_partitions.extend(added.map(|info| AddedPartitions {
                topic: info.name.clone(),
                used: spec.partitions,
                found: info.partitions,
            }));
        }
        let mismatches = log.topic_mismatches(&specs)?.into_iter();
        faults.removing = mismatches.filter(TopicMismatch::removes_records).collect();
        Ok(faults)
    }

    /// Fails where the cluster removes records: whatever is written would be gone, and Kafka takes no day marker in a
    /// compacted topic.
    ///
    /// # Errors
    /// It does; the first such setting and what mends it.
    pub fn refuse_removing(&self) -> Result<()> {
        let Some(first) = self.removing.first() else { return Ok(()) };
        let more = match self.removing.len() - 1 {
            0 => String::new(),
            more => format!("; {more} more such settings, which `butterquant doctor` shows"),
        };
        bail!("the cluster removes records of this run: {first}{more}")
    }
}
