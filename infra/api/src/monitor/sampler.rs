//! Samples of a run, each from what the log and the processes say now and from the samples before it.

use super::health::{self, GroupSigns, Speeds, Verdict};
use super::history::{EndTimes, Point, RowHistory};
use super::snapshot::{Freshness, GroupHealth, NextRecord, PartitionHealth, Snapshot, TopicFlow};
use super::tail::Tails;
use crate::lag::{LagReport, PartitionLag, UnitState, lag_on};
use crate::log_faults::LogFaults;
use anyhow::Result;
use eventlog::{Log, TopicPartition};
use run::data_dir::RunDir;
use schemas::events::RunOpened;
use schemas::{Day, Topic, close_ms};
use shell::record_codec;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// Rounds after which the faults of the log, which cost more than all the rest, are looked for again.
const FAULTS_EVERY: u32 = 15;

type RowKey = (&'static str, &'static str, u32);

/// Everything that has been seen of a run.
pub(crate) struct Sampler {
    log: Arc<dyn Log>,
    run: RunDir,
    owner: Option<String>,
    rounds: u32,
    faults: Option<LogFaults>,
    opened: Option<RunOpened>,
    tails: Tails,
    rows: BTreeMap<RowKey, RowHistory>,
    ends: BTreeMap<TopicPartition, EndTimes>,
    recent_ends: BTreeMap<TopicPartition, RowHistory>,
    /// Groups without members, and since when; none for those that had none from the first sample on.
    gone: BTreeMap<&'static str, Option<i64>>,
}

/// Milliseconds since 1970 by this machine's clock.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The day of an event's time: its close is on the same day in Greenwich.
fn day_of(event_time_ms: i64) -> Day {
    Day(i32::try_from(event_time_ms.div_euclid(86_400_000)).unwrap_or_default())
}

impl Sampler {
    /// Of `run` on `log`, which the process at `owner` owns, if that is another one.
    pub(crate) fn new(log: Arc<dyn Log>, run: RunDir, owner: Option<String>) -> Sampler {
        Sampler {
            log,
            run,
            owner,
            rounds: 0,
            faults: None,
            opened: None,
            tails: Tails::default(),
            rows: BTreeMap::new(),
            ends: BTreeMap::new(),
            recent_ends: BTreeMap::new(),
            gone: BTreeMap::new(),
        }
    }

    /// The next sample.
    ///
    /// # Errors
    /// The log does not answer.
    pub(crate) fn sample(&mut self) -> Result<Snapshot> {
        let began = Instant::now();
        if self.rounds.is_multiple_of(FAULTS_EVERY) {
            self.faults = None;
        }
        let lag = lag_on(&*self.log, &self.run, self.owner.as_ref(), self.faults.as_ref())?;
        self.faults = Some(lag.faults.clone());
        if self.opened.is_none() {
            self.opened = shell::open::opened(&*self.log)?;
        }
        let topics = self.ends(&lag)?;
        let at_ms = now_ms();
        self.remember(&lag, &topics, at_ms);
        self.tails.read_on(&*self.log, &self.needed(&topics))?;
        self.rounds += 1;
        let partitions = self.partitions(&lag, at_ms);
        Ok(Snapshot {
            at_ms,
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            run: self.run.id.clone(),
            kind: self.opened.as_ref().map(|opened| opened.kind.clone()),
            source: self.opened.as_ref().map(|opened| opened.source.clone()),
            groups: self.groups(&lag, &partitions),
            topics: self.flows(&topics),
            freshness: self.freshness(&lag, at_ms),
            partitions,
            lag,
        })
    }

    /// The start and the end of each partition of the run: those that groups read as the lag has them, because on Kafka
    /// each is a question of its own.
    fn ends(&self, lag: &LagReport) -> Result<BTreeMap<TopicPartition, Range<u64>>> {
        let mut ends: BTreeMap<TopicPartition, Range<u64>> = BTreeMap::new();
        for of in lag.partitions.iter().map(|row| &row.offset) {
            if let Ok(topic) = of.topic.parse::<Topic>() {
                ends.insert(record_codec::place(topic, of.partition), of.start..of.end);
            }
        }
        let known = self.log.topics()?;
        for topic in Topic::ALL {
            let found = known.iter().find(|one| one.name == topic.name());
            for partition in 0..found.map_or(0, |found| found.partitions) {
                let place = record_codec::place(topic, partition);
                if let Entry::Vacant(vacant) = ends.entry(place) {
                    let marks = self.log.watermarks(vacant.key())?;
                    vacant.insert(marks.low..marks.high);
                }
            }
        }
        Ok(ends)
    }

    fn remember(
        &mut self,
        lag: &LagReport,
        ends: &BTreeMap<TopicPartition, Range<u64>>,
        at_ms: i64,
    ) {
        for row in &lag.partitions {
            let of = &row.offset;
            let history = self.rows.entry((of.group, of.topic, of.partition)).or_default();
            history.take(Point { at_ms, committed: of.committed, end: of.end }, of.lag);
        }
        for (place, range) in ends {
            self.ends.entry(place.clone()).or_default().take(range.end, at_ms);
            let point = Point { at_ms, committed: Some(range.end), end: range.end };
            self.recent_ends.entry(place.clone()).or_default().take(point, 0);
        }
        let first = self.rounds == 0;
        for group in groups_of(lag) {
            match lag.active_groups.as_ref().is_none_or(|active| active.contains(group)) {
                true => _ = self.gone.remove(group),
                false => _ = self.gone.entry(group).or_insert((!first).then_some(at_ms)),
            }
        }
    }

    /// What is to be known of each partition: from the oldest offset that a speed or a lag begins at, to the end.
    fn needed(
        &self,
        ends: &BTreeMap<TopicPartition, Range<u64>>,
    ) -> BTreeMap<TopicPartition, Range<u64>> {
        let mut needed = ends.clone();
        for (place, range) in &mut needed {
            let begins = self.recent_ends.get(place).and_then(|of| of.oldest()?.committed);
            range.start = begins.unwrap_or(range.end).clamp(range.start, range.end);
            // One event at the end tells its time.
            range.start = range.start.min(range.end.saturating_sub(2)).max(ends[place].start);
        }
        for ((_, topic, partition), history) in &self.rows {
            let Ok(topic) = topic.parse::<Topic>() else { continue };
            let place = record_codec::place(topic, *partition);
            let Some(start) = ends.get(&place).map(|range| range.start) else { continue };
            let from = history.oldest().and_then(|point| point.committed).unwrap_or(start);
            if let Some(range) = needed.get_mut(&place) {
                range.start = range.start.min(from).max(start);
            }
        }
        needed
    }

    fn partitions(&self, lag: &LagReport, at_ms: i64) -> Vec<PartitionHealth> {
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
        let last = tail.and_then(super::tail::PlaceTail::last_event_time);
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

    fn groups(&self, lag: &LagReport, partitions: &[PartitionHealth]) -> Vec<GroupHealth> {
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

    fn flows(&self, ends: &BTreeMap<TopicPartition, Range<u64>>) -> Vec<TopicFlow> {
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

    fn freshness(&self, lag: &LagReport, at_ms: i64) -> Freshness {
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

/// The groups of a report, each once, in its order.
fn groups_of(lag: &LagReport) -> impl Iterator<Item = &'static str> {
    lag.partitions
        .chunk_by(|a, b| a.offset.group == b.offset.group)
        .filter_map(|of| of.first().map(|row| row.offset.group))
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
