//! The figures of a sample: of each partition, group and topic, from what the log says now and what has been seen before.

use super::health::{self, GroupSigns, Speeds, Verdict};
use super::history::RowHistory;
use super::sampler::{Sampler, day_of, groups_of};
use super::snapshot::{Freshness, GroupHealth, NextRecord, PartitionHealth, TopicFlow};
use super::tail::PlaceTail;
use crate::lag::{LagReport, PartitionLag, UnitState};
use eventlog::TopicPartition;
use schemas::{Topic, close_ms};
use shell::record_codec;
use std::collections::BTreeMap;
use std::ops::Range;

impl Sampler {
    pub(super) fn partitions(&self, lag: &LagReport, at_ms: i64) -> Vec<PartitionHealth> {
        let signs: BTreeMap<&str, GroupSigns> =
            groups_of(lag).map(|group| (group, self.signs(lag, group, at_ms))).collect();
        let none = (RowHistory::default(), GroupSigns::default());
        lag.partitions
            .iter()
            .map(|row| {
                let of = &row.offset;
                let history = self.rows.get(&(of.group, of.topic, of.partition));
                let mut signs = signs.get(of.group).unwrap_or(&none.1).clone();
                // A unit of which another process tells is not in the one that hangs.
                if lag.units.iter().any(|one| one.from_process && one.progress.unit == row.unit) {
                    signs.hung = None;
                }
                self.partition(lag, row, history.unwrap_or(&none.0), &signs, at_ms)
            })
            .collect()
    }

    fn partition(
        &self,
        lag: &LagReport,
        row: &PartitionLag,
        history: &RowHistory,
        signs: &GroupSigns,
        at_ms: i64,
    ) -> PartitionHealth {
        let of = &row.offset;
        let place = of.topic.parse::<Topic>().ok();
        let place = place.map(|topic| record_codec::place(topic, of.partition));
        let tail = place.as_ref().and_then(|place| self.tails.of(place));
        let from = of.committed.unwrap_or(of.start).clamp(of.start, of.end.max(of.start));
        let lag_events = tail.and_then(|tail| tail.events(from..of.end));
        let first_unread = tail.filter(|_| of.lag > 0).and_then(|tail| tail.event_time_at(from));
        let last = tail.and_then(PlaceTail::last_event_time);
        let lag_event_days = match (lag_events, first_unread, last) {
            (Some(0), ..) => Some(0),
            (Some(_), Some(first), Some(last)) => Some(day_of(last) - day_of(first)),
            _ => None,
        };
        let speeds = self.speeds(history, place.as_ref(), of.start);
        let unread = lag_events.unwrap_or(of.lag);
        let (verdict, reason) = health::verdict(row, unread, history, speeds, signs, at_ms);
        let times = place.as_ref().and_then(|place| self.ends.get(place));
        PartitionHealth {
            group: of.group,
            topic: of.topic,
            partition: of.partition,
            unit: row.unit.clone(),
            committed: of.committed,
            start: of.start,
            end: of.end,
            lag_offsets: of.lag,
            lag_events,
            lag_seconds: match of.lag {
                0 => Some(0.0),
                _ => times.and_then(|times| times.seconds_since(from, at_ms)),
            },
            lag_event_days,
            velocity: speeds.map(|speeds| speeds.read),
            written: speeds.map(|speeds| speeds.written),
            // What stands still does not catch up at the speed that it had.
            catch_up_s: catch_up(unread, speeds.filter(|_| verdict < Verdict::NeverCommitted)),
            retention_margin: of.committed.map(|committed| committed.saturating_sub(of.start)),
            commit_age_s: history.moved_ms.map(|moved| (at_ms - moved) as f64 / 1e3),
            verdict,
            reason,
            next: next_record(lag, &row.unit),
        }
    }

    /// Events read and written a second, of those that have been counted.
    fn speeds(
        &self,
        history: &RowHistory,
        place: Option<&TopicPartition>,
        start: u64,
    ) -> Option<Speeds> {
        let (seconds, oldest) = (history.seconds()?, history.oldest()?);
        let newest = history.newest()?;
        let tail = self.tails.of(place?)?;
        // A group that has committed nothing begins at the start.
        let from = oldest.committed.unwrap_or(start);
        let read = tail.events(from..newest.committed.unwrap_or(from))?;
        let written = tail.events(oldest.end..newest.end)?;
        Some(Speeds { read: read as f64 / seconds, written: written as f64 / seconds })
    }

    fn signs(&self, lag: &LagReport, group: &'static str, at_ms: i64) -> GroupSigns {
        let hung = lag.processes.iter().find(|process| process.problem.is_some());
        let gone = self.gone.get(group).map(|since| match since {
            Some(since) => format!("no process has run it for {} s", (at_ms - since) / 1_000),
            None => "no process runs it".to_owned(),
        });
        GroupSigns {
            gone,
            hung: hung.map(|process| format!("process {process}")),
            dead_letters: lag.dead_letters.values().sum(),
        }
    }

    pub(super) fn groups(
        &self,
        lag: &LagReport,
        partitions: &[PartitionHealth],
    ) -> Vec<GroupHealth> {
        let mut groups = Vec::new();
        for group in groups_of(lag) {
            let own = || partitions.iter().filter(|of| of.group == group);
            let Some(worst) = own().max_by_key(|of| (of.verdict, of.lag_offsets)) else { continue };
            let all = |of: fn(&PartitionHealth) -> Option<f64>| own().map(of).sum::<Option<f64>>();
            let most =
                |of: fn(&PartitionHealth) -> Option<f64>| own().filter_map(of).reduce(f64::max);
            let lag_events = own().map(|of| of.lag_events).sum::<Option<u64>>();
            let velocity = all(|of| of.velocity);
            let caught_up = own().all(|of| of.catch_up_s.is_some());
            groups.push(GroupHealth {
                group,
                active: lag.active_groups.as_ref().map(|active| active.contains(group)),
                verdict: worst.verdict,
                reason: worst.reason.clone(),
                partitions: own().count(),
                lag_offsets: own().map(|of| of.lag_offsets).sum(),
                lag_events,
                lag_seconds: most(|of| of.lag_seconds),
                lag_event_days: own().filter_map(|of| of.lag_event_days).max(),
                velocity,
                catch_up_s: most(|of| of.catch_up_s).filter(|_| caught_up),
                line: self.line(group),
            });
        }
        groups
    }

    /// Its lag over time, in offsets.
    fn line(&self, group: &str) -> Vec<(i64, u64)> {
        let mut line: BTreeMap<i64, u64> = BTreeMap::new();
        for (_, history) in self.rows.iter().filter(|((of, _, _), _)| *of == group) {
            for (at, lag) in &history.line {
                *line.entry(*at).or_default() += lag;
            }
        }
        line.into_iter().collect()
    }

    pub(super) fn flows(&self, ends: &BTreeMap<TopicPartition, Range<u64>>) -> Vec<TopicFlow> {
        let flow = |topic: Topic| {
            let own = || ends.iter().filter(|(place, _)| *place.topic == *topic.name());
            let rate = |place: &TopicPartition| {
                let history = self.recent_ends.get(place)?;
                let (oldest, newest) = (history.oldest()?.committed?, history.newest()?.committed?);
                let events = self.tails.of(place)?.events(oldest..newest)?;
                Some(events as f64 / history.seconds()?)
            };
            let last = own().filter_map(|(place, _)| self.tails.of(place)?.last_event_time()).max();
            TopicFlow {
                topic: topic.dataset(),
                partitions: u32::try_from(own().count()).unwrap_or(u32::MAX),
                end: own().map(|(_, range)| range.end).sum(),
                start: own().map(|(_, range)| range.start).sum(),
                rate: own().map(|(place, _)| rate(place)).sum(),
                last_day: last.map(day_of),
            }
        };
        Topic::ALL.into_iter().map(flow).filter(|flow| flow.partitions > 0).collect()
    }

    pub(super) fn freshness(&self, lag: &LagReport, at_ms: i64) -> Freshness {
        let decided = lag.units.iter().find(|unit| unit.progress.role == "executor");
        let first = self.opened.as_ref().map(|opened| opened.scan_from);
        let decided_day = decided
            .map(|unit| unit.progress.closed)
            .filter(|day| first.is_some_and(|first| *day >= first));
        Freshness {
            bars_day: lag.newest_day,
            bars_age_s: lag.newest_day.map(|day| (at_ms - close_ms(day)) as f64 / 1e3),
            decided_day,
            behind_days: lag.newest_day.zip(decided_day).map(|(newest, decided)| newest - decided),
        }
    }
}

fn catch_up(unread: u64, speeds: Option<Speeds>) -> Option<f64> {
    if unread == 0 {
        return Some(0.0);
    }
    let net = speeds.map(|speeds| speeds.read - speeds.written).filter(|net| *net > 0.0)?;
    Some(unread as f64 / net)
}

fn next_record(lag: &LagReport, unit: &str) -> Option<NextRecord> {
    let unit = lag.units.iter().find(|of| of.progress.unit == unit)?;
    if unit.state == UnitState::CaughtUp {
        return None;
    }
    let of = &unit.progress;
    let there = of.next_offset < unit.end_offset;
    Some(NextRecord {
        topic: of.topic.clone(),
        partition: of.partition,
        offset: of.next_offset,
        there,
    })
}
