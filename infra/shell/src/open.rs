//! Beginning a run: its topics, and one transaction with the first word on `controls` and the
//! markers of the day before, so that the first day is like any other. And saying something on
//! `controls` later.

use crate::tail::Ends;
use crate::world::samples_before;
use crate::{controls::ControlBook, error::ShellError, wire};
use eventlog::{Batch, ErrorClass, Log, LogError, TopicMismatch, TopicSpec};
use schemas::events::{Controls, DayClosed, ModelRef, RunOpened};
use schemas::{Event, EventId, Topic};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long a word that was published may take to be shown.
const SHOWN: Duration = Duration::from_secs(30);

/// Makes the topics; those that exist with other settings are reported.
pub fn ensure_topics(log: &dyn Log, partitions: u32) -> Result<Vec<TopicMismatch>, ShellError> {
    let specs: Vec<TopicSpec> =
        Topic::ALL.into_iter().map(|topic| spec(topic, partitions)).collect();
    Ok(log.ensure_topics(&specs)?)
}

/// What the log is asked for where data topics have `partitions`.
pub fn spec(topic: Topic, partitions: u32) -> TopicSpec {
    let largest = topic.largest();
    TopicSpec { largest, ..TopicSpec::new(topic.name(), topic.partitions(partitions)) }
}

/// How the log's run was opened, if it was.
pub fn opened(log: &dyn Log) -> Result<Option<RunOpened>, ShellError> {
    let mut book = ControlBook::new(log)?;
    book.refresh(log)?;
    Ok(book.latest().opened.clone())
}

/// Opens the run with the models trained from history, if any, and the champion among them.
pub fn open(
    log: &dyn Log,
    partitions: u32,
    run: &RunOpened,
    models: Vec<Event>,
    champion: Option<ModelRef>,
) -> Result<(), ShellError> {
    let day = run.previous_day;
    let mut events = vec![Event::new(day, "", &["run"], Controls::RunOpened(run.clone()))];
    events.extend(models);
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
        batch.records.push(wire::record(event, partitions, "opening")?);
    }
    batch.expected_end.push((wire::place(Topic::Controls, 0), 0));
    publish_shown(log, "opening", batch).map(drop)
}

/// Publishes what begins with a word on `controls`, waits until readers are shown it, and gives
/// the offset after it. Kafka shows a commit a moment after it is made; whoever is told that it is
/// done counts on it, the roles that are started next above all.
fn publish_shown(log: &dyn Log, producer: &str, batch: Batch) -> Result<u64, ShellError> {
    let place = wire::place(Topic::Controls, 0);
    let offsets = log.producer(producer)?.publish(batch, None)?;
    let Some(&offset) = offsets.first() else { return Ok(log.watermarks(&place)?.high) };
    let deadline = Instant::now() + SHOWN;
    while log.watermarks(&place)?.high <= offset {
        if Instant::now() > deadline {
            let what = "what was said is not shown to readers yet";
            let remedy = "check that the cluster is well; `topics consume controls` shows whether it is there";
            let place = place.to_string();
            return Err(LogError::new(ErrorClass::Uncertain, what, place, remedy).into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(offset + 1)
}

/// Says something on `controls`; gives the offset after it.
pub fn say(log: &dyn Log, word: Controls) -> Result<u64, ShellError> {
    let mut book = ControlBook::new(log)?;
    book.refresh(log)?;
    let Some(opened) = &book.latest().opened else { return Err(ShellError::NotOpened) };
    let place = wire::place(Topic::Controls, 0);
    let end = log.watermarks(&place)?.high;
    let event = Event::new(opened.previous_day, "", &[&end.to_string()], word);
    let mut batch = Batch::default();
    batch.records.push(wire::record(&event, 1, "operator")?);
    batch.expected_end.push((place, end));
    publish_shown(log, "operator", batch)
}

/// What is on `samples` after rows were put there.
pub struct Put {
    /// Every row, partition by partition; of two with one id the first.
    pub events: Vec<Event>,
    /// Rows of these that were not there before.
    pub added: usize,
    /// The offsets behind them, by partition.
    pub ends: Vec<i64>,
}

/// Publishes those rows of history on `samples` that are not there yet (by event id), as one
/// transaction. The ends are counted, not asked for again: Kafka shows a commit a moment after it
/// is made.
pub fn publish_samples(
    log: &dyn Log,
    partitions: u32,
    samples: &[Event],
) -> Result<Put, ShellError> {
    // Opened before the topic is read: of two that draw at once the later one fences the other.
    let producer = if samples.is_empty() { None } else { Some(log.producer("history")?) };
    let mut batch = Batch::default();
    let mut ends = Vec::with_capacity(partitions as usize);
    let mut highs = Vec::with_capacity(partitions as usize);
    for partition in 0..partitions {
        let place = wire::place(Topic::Samples, partition);
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
        let at = wire::partition(event, partitions) as usize;
        ends[at] = ends[at].max(highs[at]) + 1;
        batch.records.push(wire::record(event, partitions, "history")?);
        events.push(event.clone());
    }
    if let Some(mut producer) = producer.filter(|_| !batch.records.is_empty()) {
        producer.publish(batch, None)?;
    }
    events.sort_by_key(|event| wire::partition(event, partitions));
    Ok(Put { added: events.len() - there, events, ends })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
