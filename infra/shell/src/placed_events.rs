//! Reading a whole topic with the place of each event, for those who must name it, and with what is gone of the
//! topic: an event that is not found may be in a hole.

use crate::error::ShellError;
use crate::holes::{Hole, PartitionCheck, unreadable};
use crate::inspect::inspect;
use crate::record_codec;
use eventlog::{Log, PartitionReader, Record};
use schemas::{Day, Event, Topic};

/// Shows every event of `topic` that a role would take in to `take`, with its partition and offset, partition by
/// partition; `previous` is the day before the run's first. Returns what is gone. A partition that cannot be read is
/// named there and hides no other.
pub fn each_placed_event(
    log: &dyn Log,
    topic: Topic,
    total: u32,
    previous: Day,
    take: &mut dyn FnMut(u32, u64, Event),
) -> Vec<Hole> {
    each_checked_record(log, topic, total, previous, &mut |check, partition, record| {
        let event = inspect(topic, partition, total, record).ok();
        check.take_event(record.offset, event.as_ref());
        if let Some(event) = event {
            take(partition, record.offset, event);
        }
    })
}

/// The same with every record, of which `take` must tell the check.
pub fn each_checked_record(
    log: &dyn Log,
    topic: Topic,
    total: u32,
    previous: Day,
    take: &mut dyn FnMut(&mut PartitionCheck, u32, &Record),
) -> Vec<Hole> {
    let (mut gone, mut reader) = (Vec::new(), None);
    for partition in 0..topic.partitions(total) {
        let mut read = || -> Result<Vec<Hole>, ShellError> {
            let place = record_codec::place(topic, partition);
            let ends = log.watermarks(&place)?;
            let mut check = PartitionCheck::new(topic, partition, total, ends.low, previous);
            // On Kafka a reader is a connection; one that has failed is not used again.
            let of = match reader.take() {
                Some(reader) => reader,
                None => PartitionReader::new(log)?,
            };
            let of = reader.insert(of);
            for record in of.records(&place, ends.low..ends.high) {
                take(&mut check, partition, &record?);
            }
            check.end(log, ends.high)
        };
        let holes = read();
        gone.extend(holes.unwrap_or_else(|error| {
            reader = None;
            vec![unreadable(topic, partition, &error)]
        }));
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;
    use eventlog::{Batch, MemoryLog};
    use schemas::events::{DayClosed, Outcome, Outcomes};
    use schemas::partition_of;

    #[test]
    fn events_have_their_offsets_and_a_day_with_too_few_is_a_hole() {
        let log = MemoryLog::new("memory").unwrap();
        crate::open::ensure_topics(&log, 2).unwrap();
        let home = partition_of("AAPL", 2);
        let matured = Outcomes::CandidateMatured(Outcome::default());
        let marker = |day: i32, events: i64| {
            let previous_day = Day(day - 1);
            let partition = i64::from(home);
            let closed = DayClosed { partition, previous_day, events, ..DayClosed::default() };
            Event::marker(Topic::Outcomes, Day(day), closed).unwrap()
        };
        let first = Event::new(Day(1), "AAPL", &["a"], matured);
        let events = [first.clone(), marker(1, 1), marker(2, 3)];
        let record = |event: &Event| record_codec::record(event, 2, "test").unwrap();
        let batch = Batch { records: events.iter().map(record).collect(), ..Batch::default() };
        log.producer("test").unwrap().publish(batch, None).unwrap();
        let mut seen = Vec::new();
        let gone =
            each_placed_event(&log, Topic::Outcomes, 2, Day(0), &mut |partition, offset, event| {
                seen.push((partition, offset, event.id));
            });
        assert_eq!((seen.len(), seen[0]), (3, (home, 0, first.id)));
        let [hole] = gone.as_slice() else { panic!("{gone:?}") };
        assert!(hole.partition == home && hole.what.contains("3 events"), "{hole}");
    }
}
