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
use serde_json::Value;
use shell::record_codec;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
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
    /// The number of its partition among those followed, and its offset there.
    at: (usize, u64),
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
    /// Where reading stood before the first one kept; none before it has begun.
    before: Option<Positions>,
}

impl Kept {
    fn count(&self) -> u64 {
        self.dropped + self.events.len() as u64
    }
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

    /// How many partitions are followed.
    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }

    /// Told whenever something has happened.
    pub(crate) fn count(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }

    /// All events that are kept, and how many there have been.
    pub(crate) fn kept(&self) -> (Vec<Happened>, u64) {
        let kept = self.kept.lock();
        (kept.events.iter().cloned().collect(), kept.count())
    }

    /// The events from number `from` on, and how many there have been; none where some of them are no longer kept.
    pub(crate) fn since(&self, from: u64) -> Option<(Vec<Happened>, u64)> {
        let kept = self.kept.lock();
        let skip = usize::try_from(from.checked_sub(kept.dropped)?).ok()?;
        Some((kept.events.iter().skip(skip).cloned().collect(), kept.count()))
    }

    /// The events behind `had`, read from the log where they are no longer kept, and how many there have been.
    ///
    /// # Errors
    /// The log's, or it has not answered yet.
    pub(crate) fn missed(&self, had: &Positions) -> anyhow::Result<(Vec<Happened>, u64)> {
        let (kept, count, before) = self.begun()?;
        let (mut missed, mut now) = (Vec::new(), had.clone());
        let mut reader = PartitionReader::new(&*self.log)?;
        for (number, place) in self.places.iter().enumerate() {
            let (from, to) = (had[number], before[number]);
            for record in reader.records(place, from.max(to.saturating_sub(MISSED))..to) {
                let record = record?;
                now[number] = record.offset + 1;
                missed.extend(happened(number, place, &record, &now));
            }
        }
        missed.extend(kept.into_iter().filter(|event| event.at.1 >= had[event.at.0]));
        Ok((missed, count))
    }

    /// What is kept, how many there have been, and where reading stood before, once it has begun.
    fn begun(&self) -> anyhow::Result<(Vec<Happened>, u64, Positions)> {
        let until = Instant::now() + AGAIN;
        loop {
            let kept = self.kept.lock();
            if let Some(before) = kept.before.clone() {
                return Ok((kept.events.iter().cloned().collect(), kept.count(), before));
            }
            drop(kept);
            anyhow::ensure!(Instant::now() < until, "the log has not answered yet");
            std::thread::sleep(WAIT / 10);
        }
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
            None => {
                let begin = self.begin()?;
                self.kept.lock().before = Some(begin.clone());
                positions.insert(begin)
            }
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
                    self.keep(happened(index, &part.tp, record, at));
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
            kept.before = kept.events.pop_front().map(|first| first.positions);
            kept.dropped += 1;
        }
        self.count.send_replace(kept.count());
    }
}

/// The mark of a track, written for every day.
const TRACK_MARKED: &str = "TRACK_MARKED";

/// The record at `place` as JSON, unless it only says that a day is over.
fn happened(
    number: usize,
    place: &TopicPartition,
    record: &Record,
    positions: &[u64],
) -> Option<Happened> {
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
    let (at, positions) = ((number, record.offset), positions.to_vec());
    Some(Happened { at, positions, json: value.to_string().into() })
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

/// The partitions of the data topics; 12, the usual number, where the log does not tell.
pub(crate) fn partitions_of(log: &dyn Log) -> u32 {
    let topics: BTreeMap<String, u32> = log
        .topics()
        .map(|all| all.into_iter().map(|one| (one.name, one.partitions)).collect())
        .unwrap_or_default();
    topics.get(Topic::Bars.name()).copied().unwrap_or(12)
}

#[cfg(test)]
mod tests {
    use super::*;
    use eventlog::{Batch, MemoryLog, NewRecord};
    use shell::open;

    const PARTITIONS: u32 = 2;

    fn publish(log: &MemoryLog, topic: Topic, partition: u32, count: usize) {
        let record = |_| NewRecord {
            to: record_codec::place(topic, partition),
            timestamp_ms: 1,
            key: None,
            value: vec![0],
            headers: eventlog::Headers::default(),
        };
        let batch = Batch { records: (0..count).map(record).collect(), ..Batch::default() };
        log.producer("test").unwrap().publish(batch, None).unwrap();
    }

    fn until(feed: &Feed, count: u64) {
        let end = Instant::now() + Duration::from_secs(30);
        while feed.kept().1 < count {
            assert!(Instant::now() < end, "{} of {count} events", feed.kept().1);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn places(events: &[Happened]) -> Vec<(usize, u64)> {
        events.iter().map(|event| event.at).collect()
    }

    #[test]
    fn a_page_that_comes_back_is_given_each_event_once_however_many_it_has_missed() {
        let log = Arc::new(MemoryLog::new("memory").unwrap());
        open::ensure_topics(&*log, PARTITIONS).unwrap();
        let feed = Feed::start(log.clone(), PARTITIONS).unwrap();
        let (orders, fills, behind) = (0, 2, KEPT + 90);
        publish(&log, Topic::Orders, 0, 3);
        publish(&log, Topic::Fills, 0, 2);
        until(&feed, 5);
        let (first, seen) = feed.kept();
        let had = first[1].positions.clone();
        publish(&log, Topic::Orders, 0, behind);
        publish(&log, Topic::Fills, 0, 1);
        until(&feed, 6 + behind as u64);
        assert!(feed.since(seen).is_none(), "some are no longer kept");
        let (missed, count) = feed.missed(&had).unwrap();
        assert_eq!(count, 6 + behind as u64);
        let all = (0..3 + behind as u64).map(|at| (orders, at)).chain((0..3).map(|at| (fills, at)));
        let mut wanted: Vec<(usize, u64)> = all.filter(|(place, at)| *at >= had[*place]).collect();
        let mut found = places(&missed);
        wanted.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, wanted);
        let (none, _) = feed.missed(&missed.last().unwrap().positions).unwrap();
        assert_eq!(places(&none), []);
        feed.stop();
    }

    #[test]
    fn what_a_page_has_from_another_process_is_no_news() {
        let log = Arc::new(MemoryLog::new("memory").unwrap());
        open::ensure_topics(&*log, PARTITIONS).unwrap();
        publish(&log, Topic::Orders, 1, 40);
        publish(&log, Topic::Fills, 1, 40);
        let feed = Feed::start(log.clone(), PARTITIONS).unwrap();
        // It begins with the last events of each partition; the page had 30 of one and 35 of the other.
        let mut had = vec![0; feed.places()];
        (had[1], had[3]) = (30, 35);
        let (missed, _) = feed.missed(&had).unwrap();
        until(&feed, 2 * BEFORE);
        let (again, _) = feed.missed(&had).unwrap();
        let wanted: Vec<(usize, u64)> =
            (30..40).map(|at| (1, at)).chain((35..40).map(|at| (3, at))).collect();
        let mut found = places(&again);
        found.sort_unstable();
        assert_eq!(found, wanted);
        assert!(places(&missed).iter().all(|place| wanted.contains(place)), "{missed:?}");
        feed.stop();
    }
}
