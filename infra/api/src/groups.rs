//! The places of the roles' groups: what they have committed, held against the ends of the log and against what the
//! roles have written.

use crate::lag::{GroupOffset, OffsetState, SET_AHEAD, read_groups};
use crate::log_faults::by_group;
use crate::other_groups::{OtherGroup, other_groups};
use anyhow::Result;
use eventlog::TopicPartition;
use run::data_dir::{self, RunDir};
use run::topic_settings::{AddedPartitions, TopicFaults};
use schemas::Day;
use schemas::role::Role;
use serde::Serialize;
use shell::closed_days::ClosedDays;
use std::collections::BTreeMap;

/// A role's group.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct GroupPlace {
    /// Its name: the role's.
    pub group: &'static str,
    /// Its state in Kafka's words: `Empty` without members.
    pub state: String,
    /// Partitions that it reads and commits.
    pub partitions: usize,
    /// Those without a committed offset.
    pub uncommitted: usize,
    /// Those whose committed offset is behind the last record.
    pub behind: usize,
    /// How many offsets that is in all.
    pub lag: u64,
    /// Committed offsets that no record has had: `topic/partition offset > end`.
    pub beyond_end: Vec<String>,
    /// The last day that all its units have closed, by the day markers that they have written; none for a role that
    /// writes no topic.
    pub closed: Option<Day>,
    /// The last day that it has read to its end, by its committed offsets.
    pub read: Option<Day>,
    /// What is wrong with it, in words.
    pub problem: Option<String>,
}

/// The groups of a run.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Groups {
    /// Every role's.
    pub groups: Vec<GroupPlace>,
    /// Groups of other programs that read this run's topics.
    pub others: Vec<OtherGroup>,
    /// Whether `groups adopt` mends any of them.
    pub adoptable: bool,
    /// Topics with partitions that no group reads.
    pub added_partitions: Vec<AddedPartitions>,
}

/// The groups of `run`, and those of other programs that read its topics.
///
/// # Errors
/// There is no such run, or its log or the process that owns it does not answer.
pub fn groups(run: &RunDir) -> Result<Groups> {
    let groups = role_groups(run)?;
    let opened = data_dir::reach(run)?;
    Ok(Groups { others: other_groups(&*opened.log)?, ..groups })
}

/// The groups of the roles of `run` alone.
///
/// # Errors
/// As [`groups`].
pub(crate) fn role_groups(run: &RunDir) -> Result<Groups> {
    let opened = data_dir::reach(run)?;
    let log = &*opened.log;
    let partitions = data_dir::partitions(log)?;
    let found = read_groups(log, partitions)?;
    let problems: BTreeMap<&str, String> = by_group(&found.faults).collect();
    let all = |days: &ClosedDays, role: Role| -> Option<Day> {
        let units = if role.by_partition() { partitions } else { 1 };
        (0..units).map(|unit| days.get(&(role, unit)).copied()).min().flatten()
    };
    let admin = log.group_admin()?;
    let listed = admin.list()?;
    let state = |role: Role| -> String {
        let name = admin.full_name(role.name());
        let found = listed.iter().find(|one| one.name == name);
        found.map_or_else(|| "Empty".to_owned(), |one| one.state.clone())
    };
    let groups = found.committed.iter().map(|(role, offsets)| GroupPlace {
        state: state(*role),
        closed: all(&found.closed, *role),
        read: all(&found.read, *role),
        problem: problems.get(role.name()).cloned(),
        ..placed(*role, offsets)
    });
    Ok(Groups {
        adoptable: found.faults.iter().any(|of| of.verdict != SET_AHEAD),
        groups: groups.collect(),
        others: Vec::new(),
        added_partitions: TopicFaults::of(log, partitions)?.added_partitions,
    })
}

fn placed(role: Role, committed: &[(TopicPartition, GroupOffset)]) -> GroupPlace {
    let offsets = || committed.iter().map(|(_, offset)| offset);
    let beyond = offsets().filter(|of| of.offset_state == OffsetState::BeyondEnd);
    let said = |of: &GroupOffset| {
        let committed = of.committed.unwrap_or(0);
        format!("{}/{} {committed} > {}", of.topic, of.partition, of.end)
    };
    GroupPlace {
        group: role.name(),
        partitions: committed.len(),
        uncommitted: offsets().filter(|of| of.committed.is_none()).count(),
        behind: offsets().filter(|of| of.lag > 0).count(),
        lag: offsets().map(|of| of.lag).sum(),
        beyond_end: beyond.map(said).collect(),
        state: String::new(),
        closed: None,
        read: None,
        problem: None,
    }
}
