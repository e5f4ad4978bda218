//! Samples of a run, each from what the log and the processes say now and from the samples before it.

use super::history::{EndTimes, Point, RowHistory};
use super::snapshot::Snapshot;
use super::tail::Tails;
use crate::lag::{Known, LagReport, lag_on};
use crate::log_faults::LogFaults;
use anyhow::Result;
use eventlog::{Log, TopicPartition};
use run::data_dir::RunDir;
use schemas::events::RunOpened;
use schemas::{Day, Topic};
use shell::record_codec;
use shell::redrive::DeadLetterTally;
use shell::status_board::StatusBoard;
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
    pub(super) run: RunDir,
    owner: Option<String>,
    /// The progress of this process's own roles, if it runs any.
    board: Option<Arc<StatusBoard>>,
    rounds: u32,
    faults: Option<LogFaults>,
    letters: DeadLetterTally,
    pub(super) opened: Option<RunOpened>,
    pub(super) tails: Tails,
    pub(super) rows: BTreeMap<RowKey, RowHistory>,
    pub(super) ends: BTreeMap<TopicPartition, EndTimes>,
    pub(super) recent_ends: BTreeMap<TopicPartition, RowHistory>,
    /// Groups without members, and since when; none for those that had none from the first sample on.
    pub(super) gone: BTreeMap<&'static str, Option<i64>>,
}

/// Milliseconds since 1970 by this machine's clock.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The day of an event's time: its close is on the same day in Greenwich.
pub(super) fn day_of(event_time_ms: i64) -> Day {
    Day(i32::try_from(event_time_ms.div_euclid(86_400_000)).unwrap_or_default())
}

impl Sampler {
    /// Of `run` on `log`, which the process at `owner` owns, if that is another one.
    pub(crate) fn new(
        log: Arc<dyn Log>,
        run: RunDir,
        owner: Option<String>,
        board: Option<Arc<StatusBoard>>,
    ) -> Sampler {
        Sampler {
            log,
            run,
            owner,
            board,
            rounds: 0,
            faults: None,
            letters: DeadLetterTally::default(),
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
        let known = Known { faults: self.faults.as_ref(), own: self.board.as_deref() };
        let (owner, letters) = (self.owner.as_ref(), &mut self.letters);
        let lag = lag_on(&*self.log, &self.run, owner, &known, letters)?;
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
}

/// The groups of a report, each once, in its order.
pub(super) fn groups_of(lag: &LagReport) -> impl Iterator<Item = &'static str> {
    lag.partitions
        .chunk_by(|a, b| a.offset.group == b.offset.group)
        .filter_map(|of| of.first().map(|row| row.offset.group))
}
