//! The last day markers before given offsets. Many partitions are read at once: on Kafka one after the
//! other would cost a connection and a fetch each.

use crate::error::ShellError;
use crate::{inspect::inspect, record_codec};
use eventlog::{Log, LogError, Reader, TopicPartition};
use schemas::{Day, Topic};
use std::collections::BTreeMap;
use std::time::Duration;

/// Records in the first window.
const FIRST_WINDOW: u64 = 64;
/// Records of one poll, at most.
const MOST_RECORDS: usize = 10_000;
const WAIT: Duration = Duration::from_secs(5);
/// Empty polls in a row before a partition counts as unreadable; a Kafka reader that has lost a leader
/// needs some seconds.
const PATIENCE: u32 = 3;

/// A stretch of a partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Stretch {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: u32,
    /// The first offset that is there.
    pub start: u64,
    /// The offset behind the last one that counts.
    pub end: u64,
}

/// A day marker that roles would take in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlacedMarker {
    /// The day it closes.
    pub day: Day,
    /// The day before it in this run.
    pub previous_day: Day,
}

/// Which markers count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// All.
    Any,
    /// Those that a role has written: an opening's and an operator's follow from no event.
    OfRoles,
}

/// The last marker of each stretch, or why the stretch cannot be read; data topics have `total` partitions.
///
/// # Errors
/// The log gives no reader.
pub fn last_markers(
    log: &dyn Log,
    total: u32,
    which: Which,
    stretches: impl IntoIterator<Item = Stretch>,
) -> Result<BTreeMap<Stretch, Result<Option<PlacedMarker>, LogError>>, LogError> {
    let mut reader = log.reader()?;
    let mut found = BTreeMap::new();
    let mut open: BTreeMap<Stretch, u64> =
        stretches.into_iter().map(|stretch| (stretch, FIRST_WINDOW)).collect();
    while !open.is_empty() {
        // A reader is at one place of a partition at a time.
        let mut lot: BTreeMap<TopicPartition, Window> = BTreeMap::new();
        for (stretch, back) in &open {
            lot.entry(stretch.place())
                .or_insert_with(|| Window::new(*stretch, *back, total, which));
        }
        read(log, &mut reader, &mut lot)?;
        for window in lot.into_values() {
            let Window { stretch, from, last, failed, .. } = window;
            match (last, failed) {
                (_, Some(error)) => found.insert(stretch, Err(error)),
                (None, None) if from > stretch.start => {
                    open.entry(stretch).and_modify(|back| *back *= 4);
                    continue;
                }
                (last, None) => found.insert(stretch, Ok(last)),
            };
            open.remove(&stretch);
        }
    }
    Ok(found)
}

/// The oldest of the last markers of the partitions of `bars`; `previous` for a partition without one.
///
/// # Errors
/// Those of the log.
pub fn last_closed(log: &dyn Log, partitions: u32, previous: Day) -> Result<Day, ShellError> {
    let bars = (0..partitions).map(|partition| Stretch::whole(log, Topic::Bars, partition));
    let stretches: Vec<Stretch> = bars.collect::<Result<_, _>>()?;
    let mut oldest: Option<Day> = None;
    for marker in last_markers(log, partitions, Which::Any, stretches)?.into_values() {
        let last = marker?.map_or(previous, |marker| marker.day);
        oldest = Some(oldest.map_or(last, |day| day.min(last)));
    }
    Ok(oldest.unwrap_or(previous))
}

impl Stretch {
    /// All of a partition.
    ///
    /// # Errors
    /// The log's.
    pub fn whole(log: &dyn Log, topic: Topic, partition: u32) -> Result<Stretch, LogError> {
        let ends = log.watermarks(&record_codec::place(topic, partition))?;
        Ok(Stretch { topic, partition, start: ends.low, end: ends.high })
    }

    fn place(&self) -> TopicPartition {
        record_codec::place(self.topic, self.partition)
    }
}

/// The end of a stretch, as it is read.
struct Window {
    stretch: Stretch,
    total: u32,
    which: Which,
    from: u64,
    position: u64,
    last: Option<PlacedMarker>,
    failed: Option<LogError>,
}

impl Window {
    fn new(stretch: Stretch, back: u64, total: u32, which: Which) -> Window {
        let from = stretch.end.saturating_sub(back).max(stretch.start);
        Window { stretch, total, which, from, position: from, last: None, failed: None }
    }

    fn is_open(&self) -> bool {
        self.failed.is_none() && self.position < self.stretch.end
    }

    fn take(&mut self, fetched: &eventlog::Fetched) {
        let Stretch { topic, partition, end, .. } = self.stretch;
        for record in fetched.records.iter().filter(|record| record.offset < end) {
            let Ok(event) = inspect(topic, partition, self.total, record) else { continue };
            let counts = self.which == Which::Any || event.causation.is_some();
            if let Some(marker) = event.body.marker().filter(|_| counts) {
                let previous_day = marker.previous_day;
                self.last = Some(PlacedMarker { day: event.day, previous_day });
            }
        }
        self.position = fetched.position.min(end);
    }
}

/// Reads every window of `lot` to its end. Where that fails for all together, each is tried alone, so that
/// one partition that cannot be read hides no other.
fn read(
    log: &dyn Log,
    reader: &mut Box<dyn Reader>,
    lot: &mut BTreeMap<TopicPartition, Window>,
) -> Result<(), LogError> {
    let places: Vec<TopicPartition> = lot.keys().cloned().collect();
    let Err(error) = read_all(&mut **reader, lot, &places) else { return Ok(()) };
    tracing::debug!(%error, "reading partition by partition");
    for place in places {
        *reader = log.reader()?;
        let read = read_all(&mut **reader, lot, std::slice::from_ref(&place));
        if let (Err(error), Some(window)) = (read, lot.get_mut(&place)) {
            window.failed = Some(error);
        }
    }
    Ok(())
}

fn read_all(
    reader: &mut dyn Reader,
    lot: &mut BTreeMap<TopicPartition, Window>,
    places: &[TopicPartition],
) -> Result<(), LogError> {
    let mut empty = 0;
    loop {
        let open = places.iter().filter_map(|place| Some((place, lot.get(place)?)));
        let due: Vec<(TopicPartition, u64)> = open
            .filter(|(_, window)| window.is_open())
            .map(|(place, window)| (place.clone(), window.position))
            .collect();
        let Some((first, _)) = due.first() else { return Ok(()) };
        let fetched = reader.poll(&due, MOST_RECORDS, WAIT)?;
        empty = if fetched.is_empty() { empty + 1 } else { 0 };
        if empty == PATIENCE {
            return Err(record_codec::gave_nothing(first));
        }
        for part in fetched {
            if let Some(window) = lot.get_mut(&part.tp) {
                window.take(&part);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open;
    use eventlog::{Batch, MemoryLog};
    use schemas::Event;
    use schemas::events::{Bar, Bars, DayClosed, RunOpened};

    /// A day of two partitions: in each `bars` events and the marker.
    fn publish(log: &MemoryLog, day: i32, bars: u32) {
        let mut batch = Batch::default();
        for partition in 0..2 {
            for number in 0..bars {
                let ticker = (0..).map(|n| format!("T{number}X{n}"));
                let mut own = ticker.filter(|one| schemas::partition_of(one, 2) == partition);
                let ticker = own.next().unwrap();
                let event =
                    Event::new(Day(day), &ticker, &[&ticker], Bars::BarClosed(Bar::default()));
                batch.records.push(record_codec::record(&event, 2, "source").unwrap());
            }
            let marker = DayClosed {
                partition: i64::from(partition),
                previous_day: Day(day - 1),
                ..DayClosed::default()
            };
            let marker = Event::marker(Topic::Bars, Day(day), marker).unwrap();
            batch.records.push(record_codec::record(&marker, 2, "source").unwrap());
        }
        log.producer("source").unwrap().publish(batch, None).unwrap();
    }

    fn log() -> MemoryLog {
        let log = MemoryLog::new("memory").unwrap();
        open::ensure_topics(&log, 2).unwrap();
        let run = RunOpened { previous_day: Day(1), first_day: Day(2), ..RunOpened::default() };
        open::open(&log, 2, &run, Vec::new(), None).unwrap();
        log
    }

    #[test]
    fn the_last_marker_before_an_offset_is_found_however_far_back_it_lies() {
        let log = log();
        publish(&log, 2, 1);
        publish(&log, 3, 300);
        let bars = |partition, end| Stretch { topic: Topic::Bars, partition, start: 0, end };
        let ends =
            [(0, 0, None), (0, 1, None), (0, 2, Some(2)), (0, 302, Some(2)), (1, 303, Some(3))];
        let asked = ends.iter().map(|(partition, end, _)| bars(*partition, *end));
        let found = last_markers(&log, 2, Which::Any, asked).unwrap();
        for (partition, end, day) in ends {
            let marker = found[&bars(partition, end)].clone().unwrap();
            assert_eq!(marker.map(|marker| marker.day), day.map(Day), "{partition} before {end}");
            assert_eq!(marker.map(|marker| marker.previous_day + 1), day.map(Day));
        }
    }

    #[test]
    fn the_day_closed_last_is_that_of_the_partition_that_is_behind() {
        let log = log();
        assert_eq!(last_closed(&log, 2, Day(1)).unwrap(), Day(1));
        publish(&log, 2, 1);
        assert_eq!(last_closed(&log, 2, Day(1)).unwrap(), Day(2));
    }

    #[test]
    fn a_partition_that_cannot_be_read_hides_no_other() {
        let log = log();
        publish(&log, 2, 1);
        let good = Stretch { topic: Topic::Bars, partition: 0, start: 0, end: 2 };
        let missing = Stretch { partition: 9, ..good };
        let found = last_markers(&log, 2, Which::Any, [good, missing]).unwrap();
        assert!(found[&missing].is_err());
        assert_eq!(found[&good].clone().unwrap().map(|marker| marker.day), Some(Day(2)));
    }
}
