//! A run at one moment, as the page, the metrics and the alerts show it.

use super::health::Verdict;
use crate::lag::LagReport;
use schemas::Day;
use serde::Serialize;

/// A sample of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot {
    /// When it was taken, milliseconds since 1970.
    pub at_ms: i64,
    /// How long that took, milliseconds.
    pub took_ms: u64,
    /// The run's id.
    pub run: String,
    /// `live`, `backtest`, `demo`, `what-if`; none before the run is opened.
    pub kind: Option<String>,
    /// The market.
    pub source: Option<String>,
    /// Each group.
    pub groups: Vec<GroupHealth>,
    /// Each partition that a group reads.
    pub partitions: Vec<PartitionHealth>,
    /// Each topic of the run.
    pub topics: Vec<TopicFlow>,
    /// How old the data are that decisions rest on.
    pub freshness: Freshness,
    /// What `lag -o json` prints.
    pub lag: LagReport,
}

/// A group.
#[derive(Clone, Debug, Serialize)]
pub struct GroupHealth {
    /// Its name: the role's.
    pub group: &'static str,
    /// Whether it has members; none where the log does not say.
    pub active: Option<bool>,
    /// The worst verdict on its partitions.
    pub verdict: Verdict,
    /// The reason of that one.
    pub reason: String,
    /// Partitions read.
    pub partitions: usize,
    /// Offsets unread in all.
    pub lag_offsets: u64,
    /// Events unread in all; none until they have been counted.
    pub lag_events: Option<u64>,
    /// The longest time that one of its partitions lags behind, seconds.
    pub lag_seconds: Option<f64>,
    /// The most days that one of its partitions lags behind, by the events' own time.
    pub lag_event_days: Option<i32>,
    /// Events read a second.
    pub velocity: Option<f64>,
    /// Seconds until it has caught up at this speed; none where it does not.
    pub catch_up_s: Option<f64>,
    /// Lag in events over the last two hours: Unix milliseconds and offsets unread in all.
    pub line: Vec<(i64, u64)>,
}

/// A partition that a group reads.
#[derive(Clone, Debug, Serialize)]
pub struct PartitionHealth {
    /// The group.
    pub group: &'static str,
    /// The topic's short name.
    pub topic: &'static str,
    /// The partition.
    pub partition: u32,
    /// The unit that reads it.
    pub unit: String,
    /// The committed offset; none if the group never committed.
    pub committed: Option<u64>,
    /// The first offset that is there.
    pub start: u64,
    /// The end, for readers of committed records.
    pub end: u64,
    /// Offsets to the end, as Kafka's own tools count them: the ends of transactions included.
    pub lag_offsets: u64,
    /// Events to the end; none until they have been counted.
    pub lag_events: Option<u64>,
    /// Seconds since the committed offset was the end, estimated from the samples.
    pub lag_seconds: Option<f64>,
    /// Days from the first event unread to the last event, by the events' own time.
    pub lag_event_days: Option<i32>,
    /// Events read a second over the last minute.
    pub velocity: Option<f64>,
    /// Events written a second over the last minute.
    pub written: Option<f64>,
    /// Seconds until it has caught up at this speed; none where it does not.
    pub catch_up_s: Option<f64>,
    /// Offsets between the start of the partition and the committed one: what retention may still take.
    pub retention_margin: Option<u64>,
    /// Seconds since the committed offset was seen to move; none where it was not.
    pub commit_age_s: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Where its unit stands: the next record that it reads.
    pub next: Option<NextRecord>,
}

/// The next record that a unit reads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NextRecord {
    /// The topic's short name.
    pub topic: String,
    /// The partition.
    pub partition: u32,
    /// The offset.
    pub offset: u64,
    /// Whether it is on the log already.
    pub there: bool,
}

/// What flows through a topic.
#[derive(Clone, Debug, Serialize)]
pub struct TopicFlow {
    /// Its short name.
    pub topic: &'static str,
    /// Its partitions.
    pub partitions: u32,
    /// The sum of their ends, in offsets.
    pub end: u64,
    /// Offsets at their starts, in sum: above 0 where records are gone.
    pub start: u64,
    /// Events written a second over the last minute.
    pub rate: Option<f64>,
    /// The day of its last event.
    pub last_day: Option<Day>,
}

/// How old the data are that decisions rest on.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Freshness {
    /// The newest day of bars.
    pub bars_day: Option<Day>,
    /// Seconds since that day's close.
    pub bars_age_s: Option<f64>,
    /// The newest day of orders: the last one decided.
    pub decided_day: Option<Day>,
    /// Days from there to the newest day of bars: 0 where decisions rest on the newest data.
    pub behind_days: Option<i32>,
}
