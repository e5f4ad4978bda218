//! Opening a run: its topics, then one transaction with the first event on `controls` and the
//! markers of the day before, so that the first day is like any other. Later events on `controls`
//! are published here too.

use crate::effect_context::samples_before;
use crate::last_markers::last_closed;
use crate::last_record::Ends;
use crate::operator_word::OperatorWord;
use crate::{controls::ControlBook, error::ShellError, record_codec};
use eventlog::{Batch, Log, PartitionReader, Producer, TopicMismatch, TopicPartition, TopicSpec};
use schemas::events::{Controls, DayClosed, Halted, ModelRef, RunOpened};
use schemas::{Day, Event, EventId, Topic};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long readers may not see a publish: longer than a dead transaction before it can last.
const PATIENCE: Duration = Duration::from_secs(15);

/// Creates the topics; reports existing ones with other settings.
pub fn ensure_topics(log: &dyn Log, partitions: u32) -> Result<Vec<TopicMismatch>, ShellError> {
    let specs: Vec<TopicSpec> =
        Topic::ALL.into_iter().map(|topic| spec(topic, partitions)).collect();
    Ok(log.ensure_topics(&specs)?)
}

/// The topic as the log must have it, where data topics have `partitions`.
pub fn spec(topic: Topic, partitions: u32) -> TopicSpec {
    let largest = topic.largest();
    TopicSpec { largest, ..TopicSpec::new(topic.name(), topic.partitions(partitions)) }
}

/// How the log's run was opened, if it has one.
pub fn opened(log: &dyn Log) -> Result<Option<RunOpened>, ShellError> {
    let mut book = ControlBook::new(log)?;
    book.refresh(log)?;
    Ok(book.latest().opened.clone())
}

/// When the run of `log` was opened, RFC 3339; none if it was not, or by a version that did not record it.
pub fn opened_at(log: &dyn Log) -> Result<Option<String>, ShellError> {
    let place = record_codec::place(Topic::Controls, 0);
    let end = log.watermarks(&place)?.high;
    let mut reader = PartitionReader::new(log)?;
    let first = reader.records(&place, 0..end).next_batch()?.into_iter().flatten().next();
    Ok(first.and_then(|record| OperatorWord::of(&record).wall_time))
}

/// The partitions of a data topic that the run was opened with, where its opening says so.
pub fn partitions_of(opened: &RunOpened) -> Option<u32> {
    u32::try_from(opened.partitions).ok().filter(|partitions| *partitions > 0)
}

/// The kind of a run that cannot trade.
pub const WHAT_IF: &str = "what-if";

/// Opens the run, with `more` events (models trained from history, confirmed moves) and the champion among them. A
/// [`WHAT_IF`] run is halted from the start.
///
/// # Errors
/// Another process has opened it in the meantime, or the log fails.
pub fn open(
    log: &dyn Log,
    partitions: u32,
    run: &RunOpened,
    more: Vec<Event>,
    champion: Option<ModelRef>,
) -> Result<(), ShellError> {
    // Opened before looking for a run: a process that opens one later fences this producer.
    let mut producer = log.producer("opening")?;
    if opened(log)?.is_some() {
        let what =
            "another process has opened this run in the meantime; run the same command again";
        return Err(ShellError::CannotOpen(what.to_owned()));
    }
    let day = run.previous_day;
    let mut events = vec![Event::new(day, "", &["run"], Controls::RunOpened(run.clone()))];
    if run.kind == WHAT_IF {
        let reason = "a what-if run cannot trade".to_owned();
        let halted = Controls::Halted(Halted { track: None, reason });
        events.push(Event::new(day, "", &["1"], halted));
    }
    events.extend(more);
    for topic in [Topic::Models, Topic::Orders] {
        for partition in 0..topic.partitions(partitions) {
            let marker = DayClosed {
                partition: i64::from(partition),
                previous_day: day + -1,
                champion: champion.clone().filter(|_| topic == Topic::Models),
                ..DayClosed::default()
            };
            events.extend(Event::marker(topic, day, marker).map(|mut marker| {
                marker.control_offset = Some(0);
                marker
            }));
        }
    }
    let mut batch = Batch::default();
    for event in &events {
        batch.records.push(record_codec::record(event, partitions, "opening")?);
    }
    // The first record is the opening itself.
    batch.records[0].headers.extend(OperatorWord::of_nobody_now().headers());
    batch.expected_end.push((record_codec::place(Topic::Controls, 0), 0));
    publish(log, &mut *producer, batch)?;
    Ok(())
}

/// Publishes and waits until readers can see it: Kafka shows a commit a moment after it is made, and
/// a reader in between would find nothing. Returns the offset of the first record.
fn publish(log: &dyn Log, producer: &mut dyn Producer, batch: Batch) -> Result<u64, ShellError> {
    let places: Vec<TopicPartition> =
        batch.records.iter().map(|record| record.to.clone()).collect();
    let offsets = producer.publish(batch, None)?;
    let first = offsets.first().copied().unwrap_or(0);
    let behind: BTreeMap<TopicPartition, u64> = places.into_iter().zip(offsets).collect();
    let deadline = Instant::now() + PATIENCE;
    for (place, offset) in behind {
        while log.watermarks(&place)?.high <= offset {
            if Instant::now() > deadline {
                return Err(record_codec::not_shown(&place, offset).into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    Ok(first)
}

/// Publishes an event on `controls` for this program itself; returns its offset.
pub fn say(log: &dyn Log, word: Controls) -> Result<u64, ShellError> {
    say_with(log, word, &OperatorWord::default(), None)
}

/// Publishes a command on `controls`, together with a marker of a topic of `partitions`. Its day is the newest
/// that the source has published.
pub fn say_with(
    log: &dyn Log,
    word: Controls,
    given: &OperatorWord,
    marker: Option<(&Event, u32)>,
) -> Result<u64, ShellError> {
    // Opened first, to fence an earlier operator: this event's number is the end of `controls`.
    let mut producer = log.producer("operator")?;
    let Some(opened) = opened(log)? else { return Err(ShellError::NotOpened) };
    let place = record_codec::place(Topic::Controls, 0);
    let end = log.watermarks(&place)?.high;
    let event = Event::new(newest_day(log, &opened)?, "", &[&end.to_string()], word);
    let mut batch = Batch::default();
    let mut record = record_codec::record(&event, 1, "operator")?;
    record.headers.extend(given.headers());
    batch.records.push(record);
    batch.expected_end.push((place, end));
    if let Some((marker, partitions)) = marker {
        let record = record_codec::record(marker, partitions, "operator")?;
        let end = log.watermarks(&record.to)?.high;
        batch.expected_end.push((record.to.clone(), end));
        batch.records.push(record);
    }
    publish(log, &mut *producer, batch)
}

/// The newest day that the source has published. A command does not wait for bars that cannot be read: it then has
/// the day before the run's first.
fn newest_day(log: &dyn Log, opened: &RunOpened) -> Result<Day, ShellError> {
    let partitions = match u32::try_from(opened.partitions) {
        Ok(recorded) if recorded > 0 => recorded,
        _ => {
            let topics = log.topics()?.into_iter();
            let bars = topics.filter(|topic| topic.name == Topic::Bars.name());
            bars.map(|bars| bars.partitions).max().unwrap_or(0)
        }
    };
    Ok(last_closed(log, partitions, opened.previous_day).unwrap_or_else(|error| {
        tracing::warn!("the command bears the day before the run's first: {error}");
        opened.previous_day
    }))
}

/// The contents of `samples` after history was added.
pub struct Put {
    /// Every row, partition by partition; the first of two with the same id.
    pub events: Vec<Event>,
    /// How many of these are new.
    pub added: usize,
    /// The offsets after them, by partition.
    pub ends: Vec<i64>,
}

/// Publishes the rows of history that `samples` lacks (by event id), in one transaction. The ends are
/// counted rather than asked for again, as Kafka shows a commit a moment after it is made.
pub fn publish_samples(
    log: &dyn Log,
    partitions: u32,
    samples: &[Event],
) -> Result<Put, ShellError> {
    // Opened before reading the topic: of two processes that draw history, the later fences the other.
    let producer = if samples.is_empty() { None } else { Some(log.producer("history")?) };
    let mut batch = Batch::default();
    let mut ends = Vec::with_capacity(partitions as usize);
    let mut highs = Vec::with_capacity(partitions as usize);
    for partition in 0..partitions {
        let place = record_codec::place(Topic::Samples, partition);
        let high = log.watermarks(&place)?.high;
        let behind = match high {
            0 => 0,
            _ => Ends::default().behind_last_record(log, &place)?,
        };
        ends.push(behind as i64);
        highs.push(high as i64);
        batch.expected_end.push((place, high));
    }
    let mut events = samples_before(log, &ends)?;
    let mut known: BTreeSet<EventId> = events.iter().map(|event| event.id).collect();
    let there = events.len();
    for event in samples.iter().filter(|event| known.insert(event.id)) {
        let at = record_codec::partition(event, partitions) as usize;
        ends[at] = ends[at].max(highs[at]) + 1;
        batch.records.push(record_codec::record(event, partitions, "history")?);
        events.push(event.clone());
    }
    if let Some(mut producer) = producer.filter(|_| !batch.records.is_empty()) {
        producer.publish(batch, None)?;
    }
    events.sort_by_key(|event| record_codec::partition(event, partitions));
    Ok(Put { added: events.len() - there, events, ends })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faulty_log::FaultyMemoryLog;
    use schemas::events::Halted;

    /// Kafka acknowledges a commit before readers can see it. On a busy broker the halt of a what-if
    /// run, published next, found no run on the log.
    #[test]
    fn who_opens_a_run_or_says_something_finds_it_there() {
        let log = FaultyMemoryLog::late();
        ensure_topics(&log, 2).unwrap();
        let run = RunOpened { previous_day: Day(1), first_day: Day(2), ..RunOpened::default() };
        open(&log, 2, &run, Vec::new(), None).unwrap();
        assert_eq!(opened(&log).unwrap(), Some(run));

        let halt = || Halted { track: None, reason: "a test".to_owned() };
        let offset = say(&log, Controls::Halted(halt())).unwrap();
        assert_eq!(offset, 1, "behind the opening");
        let mut book = ControlBook::new(&log).unwrap();
        book.refresh(&log).unwrap();
        assert_eq!(book.latest().offset, 1);
        assert_eq!(say(&log, Controls::Halted(halt())).unwrap(), 2, "another word of its own");
    }

    /// Of `controls`, its day and headers are the operator's own: nothing else says when he spoke.
    #[test]
    fn a_command_bears_the_newest_day_and_who_gave_it_when() {
        let log = FaultyMemoryLog::late();
        ensure_topics(&log, 2).unwrap();
        let run = RunOpened { previous_day: Day(1), first_day: Day(2), ..RunOpened::default() };
        open(&log, 2, &run, Vec::new(), None).unwrap();
        let mut batch = Batch::default();
        for (partition, day) in [(0, 2), (1, 2), (0, 3)] {
            let (partition, previous_day) = (i64::from(partition), Day(day - 1));
            let marker = DayClosed { partition, previous_day, ..DayClosed::default() };
            let marker = Event::marker(Topic::Bars, Day(day), marker).unwrap();
            batch.records.push(record_codec::record(&marker, 2, "source").unwrap());
        }
        publish(&log, &mut *log.producer("source").unwrap(), batch).unwrap();
        let halted = Halted { track: None, reason: String::new() };
        let given = OperatorWord::now("ada@desk");
        let at = say_with(&log, Controls::Halted(halted), &given, None).unwrap();
        let place = record_codec::place(Topic::Controls, 0);
        let mut reader = eventlog::PartitionReader::new(&log).unwrap();
        let record = reader.records(&place, at..at + 1).next().unwrap().unwrap();
        let event = record_codec::event(Topic::Controls, &record).unwrap();
        assert_eq!(event.day, Day(2), "published in every partition");
        assert_eq!(record.timestamp_ms, schemas::close_ms(Day(2)));
        assert_eq!(OperatorWord::of(&record), given);
        assert!(given.wall_time.unwrap().ends_with('Z'));
    }
}
