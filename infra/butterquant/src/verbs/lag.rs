//! `lag`: how far every role has read, and what it waits for. A unit that waits for a day nobody
//! has published yet is caught up; one that waits for the marker of a published day says whose.

use super::Found;
use crate::config::Config;
use crate::home::{self, RunDir};
use crate::out;
use crate::standing::{self, Date, Standing};
use anyhow::Result;
use eventlog::{Log, TopicPartition};
use schemas::role::Role;
use schemas::{Day, Topic};
use serde::Serialize;
use shell::record_codec;
use shell::redrive::DeadLetterTally;
use std::collections::BTreeMap;

/// What a unit is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It has closed the newest published day.
    CaughtUp,
    /// There is something for it to read.
    Behind,
    /// It has read all there is and the day it is in is not complete.
    Waiting,
    /// Neither this process's units nor saved ones say anything of it.
    Unknown,
}

#[derive(Serialize)]
struct Report {
    run: String,
    /// Address of the process that runs it.
    running_at: Option<String>,
    /// The newest day the source has published whole.
    newest_day: Option<Date>,
    units: Vec<UnitLine>,
    partitions: Vec<PartitionLine>,
    /// Open dead letters by reason.
    dead_letters: BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct UnitLine {
    #[serde(flatten)]
    standing: Standing,
    end_offset: u64,
    state: State,
    verdict: String,
}

#[derive(Serialize)]
struct PartitionLine {
    group: &'static str,
    topic: &'static str,
    partition: u32,
    committed: Option<u64>,
    end: u64,
    lag: u64,
    unit: String,
    state: State,
    verdict: String,
}

/// Shows it.
pub fn lag(config: &Config) -> Result<Found> {
    let run = RunDir::of(config, config.run())?;
    let opened = home::reach(config, &run)?;
    let log = &*opened.log;
    let partitions = home::partitions(log)?;
    let ends = ends(log, partitions)?;
    let begun = shell::open::opened(log)?;
    let newest = match &begun {
        Some(begun) => Some(shell::source::last_closed(log, partitions, begun.previous_day)?),
        None => None,
    };
    let (running_at, standings) = standing::all(config, &run, opened.owner.clone(), partitions)?;
    let units: Vec<UnitLine> =
        standings.into_iter().map(|standing| judged(standing, &ends, newest)).collect();
    let report = Report {
        run: run.id.clone(),
        running_at,
        newest_day: newest.map(Date),
        partitions: by_partition(log, partitions, &ends, &units)?,
        units,
        dead_letters: dead_letters(log)?,
    };
    out::show(config.output()?, &report, print)?;
    Ok(Found::Nothing)
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

fn judged(
    standing: Standing,
    ends: &BTreeMap<TopicPartition, u64>,
    newest: Option<Day>,
) -> UnitLine {
    let topic: Option<Topic> = standing.topic.parse().ok();
    let end = topic
        .and_then(|topic| ends.get(&record_codec::place(topic, standing.partition)))
        .copied()
        .unwrap_or(0);
    let place = format!("{}/{}", standing.topic, standing.partition);
    let closed = standing.closed.0;
    let (state, verdict) = if newest.is_none_or(|newest| newest <= closed) {
        (State::CaughtUp, "caught up".to_owned())
    } else if standing.next_offset < end {
        (State::Behind, format!("behind: {} of {place} to read", end - standing.next_offset))
    } else {
        let role = Role::ALL.into_iter().find(|role| role.name() == standing.role);
        let inputs = role.map_or(&[][..], Role::inputs);
        let day_before = inputs.iter().any(|input| Some(input.topic) == topic && input.day_before);
        let day = match (day_before, standing.current) {
            (true, _) => closed.to_string(),
            (false, Some(current)) => current.0.to_string(),
            (false, None) => format!("the day after {closed}"),
        };
        (State::Waiting, format!("waits for {place} of {day}"))
    };
    UnitLine { standing, end_offset: end, state, verdict }
}

fn by_partition(
    log: &dyn Log,
    partitions: u32,
    ends: &BTreeMap<TopicPartition, u64>,
    units: &[UnitLine],
) -> Result<Vec<PartitionLine>> {
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
                let name = if role.by_partition() {
                    format!("{role}-{}", place.partition)
                } else {
                    role.name().to_owned()
                };
                let unit = units.iter().find(|unit| unit.standing.unit == name);
                let end = ends.get(place).copied().unwrap_or(0);
                let lag = end.saturating_sub(committed.unwrap_or(0));
                let unknown = || {
                    if committed.is_none() { "never ran" } else { "not run by this process" }
                        .to_owned()
                };
                lines.push(PartitionLine {
                    group: role.name(),
                    topic: topic.dataset(),
                    partition: place.partition,
                    committed,
                    end,
                    lag,
                    unit: name,
                    state: unit.map_or(State::Unknown, |unit| unit.state),
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

fn print(report: &Report) {
    let at =
        report.running_at.as_ref().map_or("stopped".to_owned(), |at| format!("running at {at}"));
    let newest = out::or_dash(report.newest_day, |day| day.0.to_string());
    out::line(format!("run {}, {at}; newest published day {newest}", report.run));
    let rows = together(&report.partitions);
    out::line(out::table(
        &["group", "topic/partition", "committed>", "end>", "lag>", "verdict"],
        rows,
    ));
    for unit in &report.units {
        let counts = unit.standing.counts;
        let met = [
            (counts.late, "late"),
            (counts.duplicates, "duplicate"),
            (counts.conflicts, "conflicting"),
            (counts.undecodable, "undecodable"),
            (counts.unknown, "of an unknown kind"),
        ];
        let met: Vec<String> = met
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if !met.is_empty() {
            out::line(format!("{}: {}", unit.standing.unit, met.join(", ")));
        }
    }
    if !report.dead_letters.is_empty() {
        let open = report.dead_letters.iter().map(|(reason, count)| format!("{count} {reason}"));
        let open: Vec<String> = open.collect();
        out::line(format!("open dead letters: {}; see `butterquant dlq list`", open.join(", ")));
    }
}

/// Neighbours without lag whose units say the same are one row, with the sums of their offsets.
fn together(lines: &[PartitionLine]) -> Vec<Vec<String>> {
    let quiet = |line: &PartitionLine| line.lag == 0 && line.committed.is_some();
    let same = |a: &PartitionLine, b: &PartitionLine| {
        quiet(a) && quiet(b) && (a.group, a.topic, &a.verdict) == (b.group, b.topic, &b.verdict)
    };
    let row = |lines: &[PartitionLine]| {
        let (first, last) = (lines.first()?, lines.last()?);
        let to = if lines.len() > 1 { format!("–{}", last.partition) } else { String::new() };
        let committed: Option<u64> = lines.iter().map(|line| line.committed).sum();
        Some(vec![
            first.group.to_owned(),
            format!("{}/{}{to}", first.topic, first.partition),
            out::or_dash(committed, |offset| offset.to_string()),
            lines.iter().map(|line| line.end).sum::<u64>().to_string(),
            lines.iter().map(|line| line.lag).sum::<u64>().to_string(),
            first.verdict.clone(),
        ])
    };
    lines.chunk_by(same).filter_map(row).collect()
}

#[cfg(test)]
mod tests;
