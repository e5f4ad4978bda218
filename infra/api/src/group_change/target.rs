//! Where an operator wants a group to go, as the tools of Kafka and Redpanda name it, and which offset of a partition
//! that is.

use anyhow::{Result, bail};
use eventlog::{Log, TopicPartition, Watermarks};
use schemas::{Topic, close_ms};
use shell::source::last_closed;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Where a group is to go.
#[derive(Clone, PartialEq, Debug)]
pub enum Target {
    /// The first record that is there.
    Start,
    /// Behind the last one.
    End,
    /// Where it is: shows its offsets, or sets them once more.
    Current,
    /// The first record whose event is not before this time, in milliseconds since 1970.
    Time(i64),
    /// As far back in event time from the close of the newest published day.
    Back(Duration),
    /// This offset of each partition.
    Offset(u64),
    /// So many offsets ahead, or back.
    Shift(i64),
    /// Offsets partition by partition.
    Places(BTreeMap<TopicPartition, u64>),
    /// Where this other group is.
    Group(String),
}

/// A topic of which the offsets are to move, and the partitions if not all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicChoice {
    /// The topic.
    pub topic: Topic,
    /// Its partitions; none means all.
    pub partitions: Option<BTreeSet<u32>>,
}

impl TopicChoice {
    /// Whether `place` is among `choices`, which mean every place if there are none.
    pub(super) fn among(choices: &[TopicChoice], place: &TopicPartition) -> bool {
        let chosen = |one: &TopicChoice| {
            one.topic.name() == &*place.topic
                && one.partitions.as_ref().is_none_or(|some| some.contains(&place.partition))
        };
        choices.is_empty() || choices.iter().any(chosen)
    }

    /// The places of `choices` that the run has.
    pub(super) fn places(choices: &[TopicChoice], partitions: u32) -> Vec<TopicPartition> {
        let all = |one: &TopicChoice| {
            let topic = one.topic;
            (0..topic.partitions(partitions)).map(move |at| shell::record_codec::place(topic, at))
        };
        let places = choices.iter().flat_map(all);
        places.filter(|place| TopicChoice::among(choices, place)).collect()
    }

    /// Fails for a choice that is no place of the run.
    pub(super) fn check(choices: &[TopicChoice], partitions: u32) -> Result<()> {
        for TopicChoice { topic, partitions: chosen } in choices {
            let count = topic.partitions(partitions);
            if let Some(missing) = chosen.iter().flatten().find(|at| **at >= count) {
                bail!(
                    "there is no partition {missing} of {}: it has {count}, from 0 to {}",
                    topic.dataset(),
                    count.saturating_sub(1)
                );
            }
        }
        Ok(())
    }
}

/// A target that can be asked for each partition.
pub(super) struct Aim<'a> {
    log: &'a dyn Log,
    target: Target,
    /// Offsets of the other group of [`Target::Group`].
    other: BTreeMap<TopicPartition, u64>,
}

impl<'a> Aim<'a> {
    /// Of `target`; `full_name` gives the name of a group as the log has it.
    pub(super) fn new(
        log: &'a dyn Log,
        target: &Target,
        partitions: u32,
        full_name: &dyn Fn(&str) -> String,
    ) -> Result<Aim<'a>> {
        let (mut target, mut other) = (target.clone(), BTreeMap::new());
        if let Target::Back(back) = target {
            let opened = shell::open::opened(log)?.ok_or(shell::ShellError::NotOpened)?;
            let newest = close_ms(last_closed(log, partitions, opened.previous_day)?);
            let back = i64::try_from(back.as_millis()).unwrap_or(i64::MAX);
            target = Target::Time(newest.saturating_sub(back));
        }
        if let Target::Group(group) = &target {
            let offsets = log.group_admin()?.offsets(&full_name(group))?;
            if offsets.is_empty() {
                bail!(
                    "group {group} has committed no offset of this run; `butterquant groups list` shows those that have"
                );
            }
            other = offsets.into_iter().collect();
        }
        Ok(Aim { log, target, other })
    }

    /// The offset of `place` that is meant, within its ends; none where the target says nothing of it.
    pub(super) fn offset(
        &self,
        place: &TopicPartition,
        committed: Option<u64>,
        ends: Watermarks,
    ) -> Result<Option<u64>> {
        let wanted = match &self.target {
            Target::Start => Some(ends.low),
            Target::End => Some(ends.high),
            Target::Current => committed,
            Target::Time(at) => Some(self.log.offset_for_time(place, *at)?),
            Target::Offset(offset) => Some(*offset),
            Target::Shift(by) => Some(committed.unwrap_or(ends.low).saturating_add_signed(*by)),
            Target::Places(places) => places.get(place).copied(),
            Target::Group(_) => self.other.get(place).copied(),
            Target::Back(_) => None,
        };
        Ok(wanted.map(|offset| offset.clamp(ends.low, ends.high.max(ends.low))))
    }
}
