//! Where holes are looked for: at the ends of every partition, in all of a short log, or in all of any.

use super::hole::{Hole, HoleKind, deleted, empty_offsets, unreadable};
use super::partition_check::{PartitionCheck, TRANSACTION_ENDS};
use crate::error::ShellError;
use crate::{open, record_codec};
use eventlog::{Log, LogError, PartitionReader, TopicPartition};
use schemas::{Day, Topic};
use serde::Serialize;
use std::time::Duration;

/// Records of one poll, at most.
const MOST_RECORDS: usize = 10_000;
const WAIT: Duration = Duration::from_secs(5);
/// Empty polls in a row before the log counts as unreadable.
const PATIENCE: u32 = 3;

/// The holes that a look at the ends of every partition shows; reads no record. A partition that does not answer is
/// one of them.
pub fn at_a_glance(log: &dyn Log, total: u32) -> Vec<Hole> {
    let look = |(topic, partition): (Topic, u32)| match glance(
        log,
        &record_codec::place(topic, partition),
    ) {
        Ok(None) => None,
        Ok(Some((from, to, kind, what))) => {
            Some(Hole { topic: topic.dataset(), partition, from, to, kind, what })
        }
        Err(error) => Some(unreadable(topic, partition, &error)),
    };
    places(total).filter_map(look).collect()
}

type Glance = Option<(u64, u64, HoleKind, String)>;

fn glance(log: &dyn Log, place: &TopicPartition) -> Result<Glance, LogError> {
    let ends = log.watermarks(place)?;
    if ends.low > 0 {
        return Ok(Some((0, ends.low, HoleKind::Deleted, deleted())));
    }
    let first = if ends.high > 0 { log.first_record(place)? } else { 0 };
    let empty = first > TRANSACTION_ENDS && log.holds_nothing(place, 0, first)?;
    Ok(empty.then(|| (0, first, HoleKind::Empty, empty_offsets())))
}

/// Offsets of a log that is read whole by whoever shows where a run stands or starts it: a second of Kafka's.
const SHORT: u64 = 100_000;

/// What was found, and where.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct HolesFound {
    /// What is gone.
    pub holes: Vec<Hole>,
    /// Whether only the ends of a long log were looked at.
    pub only_at_ends: bool,
}

/// What is gone from a log, as far as that can be found in a moment: every hole of a short one, and what the ends of a
/// longer one show. `previous` is the day before the run's first.
pub fn in_a_moment(log: &dyn Log, total: u32, previous: Day) -> HolesFound {
    let holes = at_a_glance(log, total);
    if !holes.is_empty() || !log.removes_records() {
        return HolesFound { holes, only_at_ends: false };
    }
    let offsets = |topic: Topic, partition| {
        let ends = log.watermarks(&record_codec::place(topic, partition));
        ends.map_or(0, |ends| ends.high - ends.low)
    };
    let all: u64 = places(total).map(|(topic, partition)| offsets(topic, partition)).sum();
    let only_at_ends = all > SHORT;
    if !only_at_ends {
        return HolesFound { holes: in_all(log, total, previous), only_at_ends };
    }
    HolesFound { holes, only_at_ends }
}

fn places(total: u32) -> impl Iterator<Item = (Topic, u32)> {
    Topic::ALL.into_iter().flat_map(move |topic| {
        (0..topic.partitions(total)).map(move |partition| (topic, partition))
    })
}

/// Every hole of the log: reads all of it. A partition that cannot be read is one, and hides no other.
///
/// # Errors
/// `controls` cannot be read, or holds no run.
pub fn thorough(log: &dyn Log, total: u32) -> Result<Vec<Hole>, ShellError> {
    let previous = open::opened(log)?.ok_or(ShellError::NotOpened)?.previous_day;
    Ok(in_all(log, total, previous))
}

/// Every hole of one partition.
pub fn of_partition(
    log: &dyn Log,
    topic: Topic,
    partition: u32,
    total: u32,
    previous: Day,
) -> Vec<Hole> {
    let look = || -> Result<Vec<Hole>, ShellError> {
        let place = record_codec::place(topic, partition);
        let ends = log.watermarks(&place)?;
        let mut check = PartitionCheck::new(topic, partition, total, ends.low, previous);
        for record in PartitionReader::new(log)?.records(&place, ends.low..ends.high) {
            check.take(&record?);
        }
        check.end(log, ends.high)
    };
    look().unwrap_or_else(|error| vec![unreadable(topic, partition, &error)])
}

fn in_all(log: &dyn Log, total: u32, previous: Day) -> Vec<Hole> {
    all_at_once(log, total, previous).unwrap_or_else(|error| {
        tracing::debug!(%error, "reading partition by partition");
        let found =
            places(total).map(|(topic, one)| of_partition(log, topic, one, total, previous));
        found.flatten().collect()
    })
}

/// A partition that is being read.
struct Open {
    place: TopicPartition,
    check: PartitionCheck,
    position: u64,
    high: u64,
}

/// Reads all partitions together: on Kafka one after the other would cost a connection and a fetch each.
fn all_at_once(log: &dyn Log, total: u32, previous: Day) -> Result<Vec<Hole>, ShellError> {
    let mut open = Vec::new();
    for (topic, partition) in places(total) {
        let place = record_codec::place(topic, partition);
        let ends = log.watermarks(&place)?;
        let check = PartitionCheck::new(topic, partition, total, ends.low, previous);
        open.push(Open { place, check, position: ends.low, high: ends.high });
    }
    let (mut reader, mut empty) = (log.reader()?, 0);
    loop {
        let unread = open.iter().filter(|of| of.position < of.high);
        let due: Vec<(TopicPartition, u64)> =
            unread.map(|of| (of.place.clone(), of.position)).collect();
        let Some((first, _)) = due.first() else { break };
        let fetched = reader.poll(&due, MOST_RECORDS, WAIT)?;
        empty = if fetched.is_empty() { empty + 1 } else { 0 };
        if empty == PATIENCE {
            return Err(record_codec::gave_nothing(first).into());
        }
        for part in fetched {
            let Some(of) = open.iter_mut().find(|of| of.place == part.tp) else { continue };
            let high = of.high;
            part.records.iter().filter(|one| one.offset < high).for_each(|one| of.check.take(one));
            of.position = part.position;
        }
    }
    let mut found = Vec::new();
    for of in open {
        found.extend(of.check.end(log, of.high)?);
    }
    Ok(found)
}
