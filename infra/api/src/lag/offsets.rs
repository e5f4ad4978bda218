//! What groups have committed of their inputs, and how far that is from the ends.

use super::log_ends::LogEnds;
use anyhow::Result;
use eventlog::{Log, TopicPartition};
use run::data_dir;
use schemas::Topic;
use schemas::role::Role;
use serde::Serialize;
use shell::offsets::{GroupOffsets, of_group};
use std::collections::BTreeMap;

/// Where a committed offset lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OffsetState {
    /// Between the partition's start and its end.
    InRange,
    /// The group has never committed one.
    NeverCommitted,
    /// Before the start: what lay between is gone from the log.
    BelowStart,
    /// Behind the end: the log has lost records, or somebody has set the offset.
    BeyondEnd,
}

impl OffsetState {
    /// The word that JSON and metrics have for it.
    pub fn name(self) -> &'static str {
        match self {
            OffsetState::InRange => "in_range",
            OffsetState::NeverCommitted => "never_committed",
            OffsetState::BelowStart => "below_start",
            OffsetState::BeyondEnd => "beyond_end",
        }
    }
}

/// A partition that a group reads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GroupOffset {
    /// The group: the role's name.
    pub group: &'static str,
    /// The topic's short name.
    pub topic: &'static str,
    /// The partition.
    pub partition: u32,
    /// The committed offset; none if the group never committed.
    pub committed: Option<u64>,
    /// Where that lies.
    pub offset_state: OffsetState,
    /// The first offset that is there.
    pub start: u64,
    /// The end of the partition, for readers of committed records.
    pub end: u64,
    /// Offsets there from the committed one to the end; never negative.
    pub lag: u64,
}

impl GroupOffset {
    fn new(
        role: Role,
        topic: Topic,
        partition: u32,
        committed: Option<u64>,
        (start, end): (u64, u64),
    ) -> GroupOffset {
        let offset_state = match committed {
            None => OffsetState::NeverCommitted,
            Some(offset) if offset < start => OffsetState::BelowStart,
            Some(offset) if offset > end => OffsetState::BeyondEnd,
            Some(_) => OffsetState::InRange,
        };
        let from = committed.unwrap_or(start).max(start);
        let (group, topic, lag) = (role.name(), topic.dataset(), end.saturating_sub(from));
        GroupOffset { group, topic, partition, committed, offset_state, start, end, lag }
    }

    /// What is wrong with the committed offset, if anything is.
    pub fn problem(&self) -> Option<String> {
        let GroupOffset { committed, start, end, .. } = self;
        let offset = (*committed)?;
        match self.offset_state {
            OffsetState::BelowStart => Some(format!(
                "its committed offset {offset} lies before the start {start}: what was between is gone"
            )),
            OffsetState::BeyondEnd => {
                Some(format!("its committed offset {offset} lies behind the end {end}"))
            }
            OffsetState::InRange | OffsetState::NeverCommitted => None,
        }
    }
}

/// The committed offsets of all groups, by role, in its reading order.
pub(crate) type Committed = BTreeMap<Role, Vec<(TopicPartition, GroupOffset)>>;

/// The offsets of all groups.
///
/// # Errors
/// The log's.
pub fn group_offsets(log: &dyn Log) -> Result<Vec<GroupOffset>> {
    let partitions = data_dir::partitions(log)?;
    let answers = ask(log, partitions)?;
    let committed = against(answers, &LogEnds::read(log, partitions)?);
    Ok(committed.into_values().flatten().map(|(_, offset)| offset).collect())
}

/// Committed offsets as the log answers, by role.
pub(crate) type Answers = BTreeMap<Role, GroupOffsets>;

/// Asks for the offsets of all groups. To be asked before the ends: then none is behind an end by mistake.
pub(crate) fn ask(log: &dyn Log, partitions: u32) -> Result<Answers> {
    let reading = Role::ALL.into_iter().filter(|role| !role.inputs().is_empty());
    reading.map(|role| Ok((role, of_group(log, role, partitions)?))).collect()
}

/// The same, compared with the ends.
pub(crate) fn against(answers: Answers, ends: &LogEnds) -> Committed {
    let of_role = |(role, answers): (Role, GroupOffsets)| {
        let of = answers.into_iter().filter_map(move |(place, committed)| {
            // A group reads topics of this program alone.
            let topic: Topic = place.topic.parse().ok()?;
            let span = (ends.start(&place), ends.end(&place));
            let offset = GroupOffset::new(role, topic, place.partition, committed, span);
            Some((place, offset))
        });
        (role, of.collect())
    };
    answers.into_iter().map(of_role).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_is_never_negative_and_says_what_it_rests_on() {
        let check = |committed, lag, state: OffsetState, says: Option<&str>| {
            let of = GroupOffset::new(Role::Scanner, Topic::Bars, 3, committed, (10, 50));
            assert_eq!((of.lag, of.offset_state), (lag, state), "{committed:?}");
            assert_eq!(of.problem().is_some(), says.is_some());
            assert!(says.is_none_or(|says| of.problem().unwrap().contains(says)), "{of:?}");
        };
        check(Some(50), 0, OffsetState::InRange, None);
        check(Some(48), 2, OffsetState::InRange, None);
        check(None, 40, OffsetState::NeverCommitted, None);
        check(Some(4), 40, OffsetState::BelowStart, Some("4 lies before the start 10"));
        check(Some(60), 0, OffsetState::BeyondEnd, Some("60 lies behind the end 50"));
    }
}
