//! How far every role has read, and what it waits for. A unit that has closed the newest published
//! day is caught up; one that waits for the marker of a published day names the partition.

use crate::unit_progress::{self, UnitProgress};
use anyhow::Result;
use eventlog::{Log, TopicPartition};
use run::data_dir::{self, RunDir};
use schemas::role::Role;
use schemas::{Day, Topic};
use serde::Serialize;
use shell::holes::{Hole, at_a_glance};
use shell::record_codec;
use shell::redrive::DeadLetterTally;
use shell::status_board::SourceWait;
use std::collections::BTreeMap;

/// What a unit is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitState {
    /// It has closed the newest published day.
    CaughtUp,
    /// It has events to read.
    Behind,
    /// It has read everything and its day is not complete.
    Waiting,
    /// No running unit and no checkpoint reports it.
    Unknown,
}

/// The progress of a run.
#[derive(Clone, Debug, Serialize)]
pub struct LagReport {
    /// The run's id.
    pub run: String,
    /// Address of the process that runs it; none while the run is stopped.
    pub running_at: Option<String>,
    /// The newest day that the source has published completely.
    pub newest_day: Option<Day>,
    /// The day that the source of that process does not publish yet, and why.
    pub source: Option<SourceWait>,
    /// Every unit.
    pub units: Vec<UnitLag>,
    /// Every partition that a group reads.
    pub partitions: Vec<PartitionLag>,
    /// Open dead letters by reason.
    pub dead_letters: BTreeMap<String, u64>,
    /// What the log no longer holds, as far as the ends of its partitions show it.
    pub holes: Vec<Hole>,
}

/// A unit and what it waits for.
#[derive(Clone, Debug, Serialize)]
pub struct UnitLag {
    /// Its progress.
    #[serde(flatten)]
    pub progress: UnitProgress,
    /// The end of the partition it reads next.
    pub end_offset: u64,
    /// What it is doing.
    pub state: UnitState,
    /// The same in words.
    pub verdict: String,
}

/// A partition that a group reads.
#[derive(Clone, Debug, Serialize)]
pub struct PartitionLag {
    /// The group: the role's name.
    pub group: &'static str,
    /// The topic's short name.
    pub topic: &'static str,
    /// The partition.
    pub partition: u32,
    /// The committed offset; none if the group never committed.
    pub committed: Option<u64>,
    /// The end of the partition.
    pub end: u64,
    /// Offsets between the two.
    pub lag: u64,
    /// The unit that reads it.
    pub unit: String,
    /// What that unit is doing.
    pub state: UnitState,
    /// The same in words.
    pub verdict: String,
}

/// How far every role of `run` has read.
///
/// # Errors
/// The log or the process that owns it does not answer.
pub fn lag(run: &RunDir) -> Result<LagReport> {
    let opened = data_dir::reach(run)?;
    let log = &*opened.log;
    let partitions = data_dir::partitions(log)?;
    let ends = ends(log, partitions)?;
    let opened_run = shell::open::opened(log)?;
    let newest = match &opened_run {
        Some(run) => Some(shell::source::last_closed(log, partitions, run.previous_day)?),
        None => None,
    };
    let (running_at, progress) = unit_progress::all(run, opened.owner.clone(), partitions)?;
    let units: Vec<UnitLag> =
        progress.units.into_iter().map(|progress| unit_lag(progress, &ends, newest)).collect();
    Ok(LagReport {
        run: run.id.clone(),
        running_at,
        newest_day: newest,
        source: progress.source,
        partitions: by_partition(log, partitions, &ends, &units)?,
        units,
        dead_letters: dead_letters(log)?,
        holes: at_a_glance(log, partitions),
    })
}

fn ends(log: &dyn Log, partitions: u32) -> Result<BTreeMap<TopicPartition, u64>> {
    let mut ends = BTreeMap::new();
    for topic in Topic::ALL {
        for partition in 0..topic.partitions(partitions) {
            let place = record_codec::place(topic, partition);
            let high = log.watermarks(&place)?.high;
            ends.insert(place, high);
        }
    }
    Ok(ends)
}

fn unit_lag(
    progress: UnitProgress,
    ends: &BTreeMap<TopicPartition, u64>,
    newest: Option<Day>,
) -> UnitLag {
    let topic: Option<Topic> = progress.topic.parse().ok();
    let end = topic
        .and_then(|topic| ends.get(&record_codec::place(topic, progress.partition)))
        .copied()
        .unwrap_or(0);
    let place = format!("{}/{}", progress.topic, progress.partition);
    let closed = progress.closed;
    let (state, verdict) = if newest.is_none_or(|newest| newest <= closed) {
        (UnitState::CaughtUp, "caught up".to_owned())
    } else if progress.next_offset < end {
        (UnitState::Behind, format!("behind: {} of {place} to read", end - progress.next_offset))
    } else {
        let role = Role::ALL.into_iter().find(|role| role.name() == progress.role);
        let inputs = role.map_or(&[][..], Role::inputs);
        let day_before = inputs.iter().any(|input| Some(input.topic) == topic && input.day_before);
        let day = match (day_before, progress.current) {
            (true, _) => closed.to_string(),
            (false, Some(current)) => current.to_string(),
            (false, None) => format!("the day after {closed}"),
        };
        (UnitState::Waiting, format!("waits for {place} of {day}"))
    };
    UnitLag { progress, end_offset: end, state, verdict }
}

fn by_partition(
    log: &dyn Log,
    partitions: u32,
    ends: &BTreeMap<TopicPartition, u64>,
    units: &[UnitLag],
) -> Result<Vec<PartitionLag>> {
    let mut lines = Vec::new();
    for role in Role::ALL {
        for input in role.inputs() {
            let topic = input.topic;
            if role.by_partition() && topic.single() {
                continue; // every instance reads it, outside the group
            }
            let places: Vec<TopicPartition> = (0..topic.partitions(partitions))
                .map(|one| record_codec::place(topic, one))
                .collect();
            for (place, committed) in places.iter().zip(log.committed(role.name(), &places)?) {
                let name = unit_progress::unit_name(role, place.partition);
                let unit = units.iter().find(|unit| unit.progress.unit == name);
                let end = ends.get(place).copied().unwrap_or(0);
                let lag = end.saturating_sub(committed.unwrap_or(0));
                let unknown = || {
                    if committed.is_none() { "never ran" } else { "not run by this process" }
                        .to_owned()
                };
                lines.push(PartitionLag {
                    group: role.name(),
                    topic: topic.dataset(),
                    partition: place.partition,
                    committed,
                    end,
                    lag,
                    unit: name,
                    state: unit.map_or(UnitState::Unknown, |unit| unit.state),
                    verdict: unit.map_or_else(unknown, |unit| unit.verdict.clone()),
                });
            }
        }
    }
    Ok(lines)
}

fn dead_letters(log: &dyn Log) -> Result<BTreeMap<String, u64>> {
    let mut open = BTreeMap::new();
    for ((_, reason), count) in DeadLetterTally::of(log)?.counts {
        if count.open > 0 {
            *open.entry(reason).or_default() += count.open;
        }
    }
    Ok(open)
}

#[cfg(test)]
mod tests;
