//! Whether two runs have the same past: every event of every topic up to a day, record by record. Two runs of one question
//! over markets that differ only afterwards must have.
//!
//! Compared are key, bytes, time and headers of each record, in the order of its partition. Left out are the clock on the
//! wall in the headers of what opened the run, and of the opening itself the hash of the market and the last day, which
//! say what was asked for and not what was decided.

use anyhow::Result;
use eventlog::{Log, PartitionReader, Record};
use schemas::events::{Bars, Controls};
use schemas::{Body, Day, Event, EventId, Topic};
use shell::operator_word::WALL_TIME;
use shell::record_codec;
use std::collections::{BTreeMap, HashMap};

/// Milliseconds a day.
const DAY_MS: i64 = 86_400_000;

/// What was compared, and where the runs differ first.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PastCompared {
    /// Records that are the same, by topic; markers included.
    pub topics: BTreeMap<Topic, u64>,
    /// The same by day; the day before the first has the opening and the first model.
    pub days: BTreeMap<Day, u64>,
    /// The first difference, by day and then in the order of the topics.
    pub first: Option<PastDifference>,
}

/// Two records that should be the same; one may be missing.
#[derive(Clone, PartialEq, Debug)]
pub struct PastDifference {
    /// The day of the record that is there; of two, the earlier.
    pub day: Day,
    /// Their topic.
    pub topic: Topic,
    /// Their partition.
    pub partition: u32,
    /// In the first run.
    pub one: Option<Record>,
    /// In the other one.
    pub other: Option<Record>,
}

/// Compares the records of `one` and `other` up to and with `through`, where data topics have `partitions`.
///
/// # Errors
/// A log cannot be read.
pub fn compare(
    one: &dyn Log,
    other: &dyn Log,
    partitions: u32,
    through: Day,
) -> Result<PastCompared> {
    let mut found = PastCompared::default();
    let (mut ones, mut others) = (PartitionReader::new(one)?, PartitionReader::new(other)?);
    for topic in Topic::ALL {
        for partition in 0..topic.partitions(partitions) {
            let mut left = past_of(&mut ones, one, topic, partition, through)?;
            let mut right = past_of(&mut others, other, topic, partition, through)?;
            let differ = loop {
                match (left.next().transpose()?, right.next().transpose()?) {
                    (None, None) => break None,
                    (Some((day, a)), Some((_, b))) if same(topic, &a, &b) => {
                        found.count(topic, day)
                    }
                    (a, b) => break Some((a, b)),
                }
            };
            if let Some((a, b)) = differ {
                let days = [&a, &b].into_iter().flatten().map(|(day, _)| *day);
                let day = days.min().unwrap_or(through);
                let record = |of: Option<(Day, Record)>| of.map(|(_, record)| record);
                let (one, other) = (record(a), record(b));
                found.differ(PastDifference { day, topic, partition, one, other });
            }
        }
    }
    Ok(found)
}

impl PastCompared {
    fn count(&mut self, topic: Topic, day: Day) {
        *self.topics.entry(topic).or_default() += 1;
        *self.days.entry(day).or_default() += 1;
    }

    /// Of several differences on one day, the topic that is written first is nearest to the cause.
    fn differ(&mut self, one: PastDifference) {
        let earlier = |first: &PastDifference| (one.day, one.topic) < (first.day, first.topic);
        if self.first.as_ref().is_none_or(earlier) {
            self.first = Some(one);
        }
    }
}

/// The records of a partition up to `through`, each with its day.
fn past_of<'a>(
    reader: &'a mut PartitionReader,
    log: &dyn Log,
    topic: Topic,
    partition: u32,
    through: Day,
) -> Result<impl Iterator<Item = Result<(Day, Record)>> + 'a> {
    let records = reader.to_end(log, &record_codec::place(topic, partition))?;
    let dated = records.map(move |record| {
        let record = record?;
        Ok((day_of(topic, &record), record))
    });
    Ok(dated.filter(move |record: &Result<(Day, Record)>| {
        record.as_ref().map_or(true, |(day, _)| *day <= through)
    }))
}

/// The day of its event, or of its time if it cannot be read.
fn day_of(topic: Topic, record: &Record) -> Day {
    let stamped = i32::try_from(record.timestamp_ms.div_euclid(DAY_MS)).unwrap_or(i32::MAX);
    record_codec::event(topic, record).map_or(Day(stamped), |event| event.day)
}

fn same(topic: Topic, one: &Record, other: &Record) -> bool {
    let headers = |record: &Record| -> Vec<(String, Vec<u8>)> {
        let lasting = record.headers.iter().filter(|(name, _)| *name != WALL_TIME);
        lasting.map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
    };
    one.key == other.key
        && one.timestamp_ms == other.timestamp_ms
        && (one.headers == other.headers || headers(one) == headers(other))
        && (one.value == other.value || same_opening(topic, one, other))
}

fn same_opening(topic: Topic, one: &Record, other: &Record) -> bool {
    let asked = |record: &Record| -> Option<Event> {
        let mut event = record_codec::event(topic, record).ok()?;
        let Body::Controls(Controls::RunOpened(opened)) = &mut event.body else { return None };
        (opened.market_sha256, opened.last_day) = (String::new(), None);
        Some(event)
    };
    asked(one).is_some_and(|one| Some(one) == asked(other))
}

/// Bars of the days after `day` in `other`: how many there are, and how many of them `one` has otherwise or not at all.
///
/// # Errors
/// A log cannot be read.
pub fn later_bars(
    one: &dyn Log,
    other: &dyn Log,
    partitions: u32,
    day: Day,
) -> Result<(usize, usize)> {
    let (before, now) = (bars_after(one, partitions, day)?, bars_after(other, partitions, day)?);
    let changed = now.iter().filter(|(id, value)| before.get(*id) != Some(*value));
    Ok((now.len(), changed.count()))
}

fn bars_after(log: &dyn Log, partitions: u32, day: Day) -> Result<HashMap<EventId, Vec<u8>>> {
    let (mut reader, mut bars) = (PartitionReader::new(log)?, HashMap::new());
    for partition in 0..Topic::Bars.partitions(partitions) {
        for record in reader.to_end(log, &record_codec::place(Topic::Bars, partition))? {
            let record = record?;
            let Ok(event) = record_codec::event(Topic::Bars, &record) else { continue };
            if event.day > day && matches!(event.body, Body::Bars(Bars::BarClosed(_))) {
                let _ = bars.insert(event.id, record.value);
            }
        }
    }
    Ok(bars)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use eventlog::{Batch, MemoryLog};
    use schemas::events::{Bar, RunOpened};
    use shell::open;

    /// A run with a bar of A and of B on each of some days, with these closes.
    fn run(until: i32, closes: &[(i32, &str, f64)]) -> MemoryLog {
        let log = MemoryLog::new("memory").unwrap();
        open::ensure_topics(&log, 2).unwrap();
        let opened = RunOpened {
            partitions: 2,
            previous_day: Day(9),
            last_day: Some(Day(until)),
            market_sha256: until.to_string(),
            ..RunOpened::default()
        };
        open::open(&log, 2, &opened, Vec::new(), None).unwrap();
        let mut batch = Batch::default();
        for (day, ticker, close) in closes {
            let bar = Bar { bar_day: Day(*day), close: *close, ..Bar::default() };
            let about = [*ticker, &Day(*day).to_string()];
            let event = Event::new(Day(*day), ticker, &about, Bars::BarClosed(bar));
            batch.records.push(record_codec::record(&event, 2, "source").unwrap());
        }
        log.producer("source").unwrap().publish(batch, None).unwrap();
        log
    }

    const TRUE: [(i32, &str, f64); 4] =
        [(10, "A", 1.0), (10, "B", 2.0), (11, "A", 1.1), (11, "B", 2.1)];

    #[test]
    fn a_past_is_the_same_whatever_comes_after_it_and_whatever_was_asked_for() {
        let one = run(11, &TRUE);
        let other = run(10, &[(10, "A", 1.0), (10, "B", 2.0), (11, "A", 7.0)]);
        let compared = compare(&one, &other, 2, Day(10)).unwrap();
        assert_eq!(compared.first, None);
        assert_eq!((compared.topics[&Topic::Bars], compared.topics[&Topic::Controls]), (2, 1));
        assert_eq!(compared.days[&Day(10)], 2);
        assert_eq!(later_bars(&one, &other, 2, Day(10)).unwrap(), (1, 1));
        assert_eq!(later_bars(&one, &one, 2, Day(9)).unwrap(), (4, 0));
    }

    #[test]
    fn the_first_difference_is_named_be_it_a_value_or_a_missing_record() {
        let one = run(11, &TRUE);
        let changed = TRUE.map(|(day, ticker, close)| {
            let changed = (day, ticker) == (11, "A");
            (day, ticker, if changed { 9.0 } else { close })
        });
        for (other, missing) in [(run(11, &changed), false), (run(11, &TRUE[..2]), true)] {
            let first = compare(&one, &other, 2, Day(11)).unwrap().first.unwrap();
            assert_eq!((first.day, first.topic), (Day(11), Topic::Bars));
            assert_eq!((first.one.is_some(), first.other.is_none()), (true, missing));
            assert_eq!(compare(&one, &other, 2, Day(10)).unwrap().first, None);
        }
    }
}
