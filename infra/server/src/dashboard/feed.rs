//! What happens in a run, as it happens: the latest events of the topics that people follow, kept for pages that open and
//! for those that come back.
//!
//! 1. An event's id is the offset behind it in each partition followed, so that a page that was away goes on where it
//!    stopped: what is no longer kept is read from the log.
//! 2. One reader serves all pages. A log that does not answer stops this thread alone.

use api::record_json::RecordFormat;
use eventlog::{Log, PartitionReader, Record, TopicPartition};
use parking_lot::Mutex;
use schemas::{Event, Topic};
use serde_json::{Value, json};
use shell::record_codec;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// The topics followed.
const FOLLOWED: [Topic; 5] =
    [Topic::Orders, Topic::Fills, Topic::Models, Topic::Controls, Topic::DeadLetters];
/// Events kept.
const KEPT: usize = 300;
/// Records of one partition from before a page opened, at most, that it is given.
const BEFORE: u64 = 12;
/// Records of one partition that a page which was away is given, at most.
const MISSED: u64 = 500;
const MOST_RECORDS: usize = 500;
const WAIT: Duration = Duration::from_millis(500);
const AGAIN: Duration = Duration::from_secs(2);

/// The next offset of each partition followed, in their order.
pub(crate) type Positions = Vec<u64>;

/// An event that happened.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    /// Where a page that has this one goes on.
    pub(crate) positions: Positions,
    /// The record as JSON.
    pub(crate) json: Arc<str>,
}

#[derive(Default)]
struct Kept {
    events: VecDeque<Happened>,
    /// Events before the first one kept.
    dropped: u64,
}

/// The latest events of a run, until this is dropped.
pub(crate) struct Feed {
    log: Arc<dyn Log>,
    places: Vec<TopicPartition>,
    kept: Mutex<Kept>,
    /// How many there have been.
    count: watch::Sender<u64>,
    stopped: AtomicBool,
}

impl Feed {
    /// Follows `log` on a thread of its own.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(log: Arc<dyn Log>, partitions: u32) -> std::io::Result<Arc<Feed>> {
        let all = FOLLOWED.into_iter().flat_map(|topic| {
            (0..topic.partitions(partitions)).map(move |one| record_codec::place(topic, one))
        });
        let feed = Arc::new(Feed {
            log,
            places: all.collect(),
            kept: Mutex::default(),
            count: watch::Sender::new(0),
            stopped: AtomicBool::new(false),
        });
        let following = Arc::clone(&feed);
        std::thread::Builder::new().name("event-feed".to_owned()).spawn(move || following.run())?;
        Ok(feed)
    }

    /// Ends the thread, at its next pause.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Told whenever something has happened.
    pub(crate) fn count(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }

    /// The events from number `from` on that are kept.
    pub(crate) fn from(&self, from: u64) -> Vec<Happened> {
        let kept = self.kept.lock();
        let skip = usize::try_from(from.saturating_sub(kept.dropped)).unwrap_or(usize::MAX);
        kept.events.iter().skip(skip).cloned().collect()
    }

    /// The events behind `positions` up to number `until`, read from the log where they are no longer kept.
    ///
    /// # Errors
    /// The log's.
    pub(crate) fn missed(
        &self,
        positions: &Positions,
        until: u64,
    ) -> anyhow::Result<Vec<Happened>> {
        let (kept, first) = {
            let kept = self.kept.lock();
            let count = usize::try_from(until.saturating_sub(kept.dropped)).unwrap_or(usize::MAX);
            let events: Vec<Happened> = kept.events.iter().take(count).cloned().collect();
            let first = events.first().map(|first| first.positions.clone());
            (events, first)
        };
        let behind = |of: &Happened| of.positions.iter().zip(positions).any(|(at, had)| at > had);
        let Some(first) = first else { return Ok(Vec::new()) };
        let mut missed = Vec::new();
        let mut now = positions.clone();
        let mut reader = PartitionReader::new(&*self.log)?;
        for (at, place) in self.places.iter().enumerate() {
            let to = first.get(at).copied().unwrap_or(0).saturating_sub(1);
            let had = positions.get(at).copied().unwrap_or(to);
            for record in reader.records(place, had.max(to.saturating_sub(MISSED))..to) {
                let record = record?;
                now[at] = record.offset + 1;
                missed.extend(happened(place, &record, &now));
            }
        }
        missed.extend(kept.into_iter().filter(behind));
        Ok(missed)
    }

    fn run(&self) {
        let mut positions = None;
        while !self.stopped.load(Ordering::Relaxed) {
            if let Err(error) = self.follow(&mut positions) {
                tracing::debug!("the event feed stands still: {error:#}");
                std::thread::sleep(AGAIN);
            }
        }
    }

    /// Reads on until it is stopped or the log fails; `positions` are none before the first time.
    fn follow(&self, positions: &mut Option<Positions>) -> anyhow::Result<()> {
        let mut reader = self.log.reader()?;
        let at = match positions {
            Some(at) => at,
            None => positions.insert(self.begin()?),
        };
        while !self.stopped.load(Ordering::Relaxed) {
            let due: Vec<(TopicPartition, u64)> =
                self.places.iter().cloned().zip(at.iter().copied()).collect();
            let fetched = reader.poll(&due, MOST_RECORDS, WAIT)?;
            if fetched.is_empty() {
                // A reader of an embedded log does not wait where nothing is there at all.
                std::thread::sleep(WAIT / 2);
            }
            for part in fetched {
                let Some(index) = self.places.iter().position(|place| *place == part.tp) else {
                    continue;
                };
                for record in &part.records {
                    at[index] = record.offset + 1;
                    self.keep(happened(&part.tp, record, at));
                }
                at[index] = part.position;
            }
        }
        Ok(())
    }

    /// The last records before the ends.
    fn begin(&self) -> anyhow::Result<Positions> {
        let mut begin = Positions::new();
        for place in &self.places {
            let ends = self.log.watermarks(place)?;
            begin.push(ends.high.saturating_sub(BEFORE).max(ends.low));
        }
        Ok(begin)
    }

    fn keep(&self, event: Option<Happened>) {
        let Some(event) = event else { return };
        let mut kept = self.kept.lock();
        kept.events.push_back(event);
        if kept.events.len() > KEPT {
            kept.events.pop_front();
            kept.dropped += 1;
        }
        let count = kept.dropped + kept.events.len() as u64;
        self.count.send_replace(count);
    }
}

/// The mark of a track, written for every day.
const TRACK_MARKED: &str = "TRACK_MARKED";

/// The record at `place` as JSON, unless it only says that a day is over.
fn happened(place: &TopicPartition, record: &Record, positions: &[u64]) -> Option<Happened> {
    let topic: Topic = place.topic.parse().ok()?;
    let event = record_codec::event(topic, record);
    let ends_a_day =
        |event: &Event| event.body.marker().is_some() || event.body.kind() == TRACK_MARKED;
    if event.as_ref().is_ok_and(ends_a_day) {
        return None;
    }
    let mut value =
        serde_json::to_value(RecordFormat::new(topic).json(place, record, &event)).ok()?;
    value["topic"] = Value::from(topic.dataset());
    if let Some(map) = value.as_object_mut() {
        map.remove("headers");
    }
    Some(Happened { positions: positions.to_vec(), json: json!(value).to_string().into() })
}

/// Positions as the id of an event of a stream.
pub(crate) fn id_of(positions: &[u64]) -> String {
    positions.iter().map(u64::to_string).collect::<Vec<_>>().join("-")
}

/// The positions in such an id; none where it is no such one.
pub(crate) fn positions_of(id: &str, places: usize) -> Option<Positions> {
    let found: Option<Positions> = id.split('-').map(|one| one.parse().ok()).collect();
    found.filter(|found| found.len() == places)
}

impl Feed {
    /// How many partitions are followed.
    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }
}

/// The partitions of the data topics; 12, the usual number, where the log does not tell.
pub(crate) fn partitions_of(log: &dyn Log) -> u32 {
    let topics: BTreeMap<String, u32> = log
        .topics()
        .map(|all| all.into_iter().map(|one| (one.name, one.partitions)).collect())
        .unwrap_or_default();
    topics.get(Topic::Bars.name()).copied().unwrap_or(12)
}
