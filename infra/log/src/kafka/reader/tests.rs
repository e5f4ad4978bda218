//! Due partitions that give no records, on librdkafka's own test cluster.

use rdkafka::mocking::MockCluster;

use super::*;
use crate::{Batch, KafkaLog, Log, NewRecord};

const LITTLE: Duration = Duration::from_secs(1);

fn place(partition: u32, from: u64) -> (TopicPartition, u64) {
    (TopicPartition::new("t", partition), from)
}

#[test]
fn what_is_due_and_did_not_move_for_long_is_quiet_once() {
    let mut reader = KafkaReader::new(KafkaSettings::new("127.0.0.1:9")).unwrap();
    let (then, due) = (Instant::now(), [place(0, 5), place(1, 5), place(3, 5)]);
    let moved = [then, then + LITTLE, then, then + QUIET];
    for (partition, moved) in moved.into_iter().enumerate() {
        let state = PartitionState { position: Some(5), paused: partition == 2, moved };
        reader.states.insert(TopicPartition::new("t", partition as u32), state);
    }
    assert_eq!(reader.quiet(&due, then + QUIET), []);
    let now = then + QUIET + LITTLE / 2;
    assert_eq!(reader.quiet(&due, now), [place(0, 5)], "1 moved later, 2 is not due");
    assert_eq!(reader.quiet(&due, now + LITTLE), [place(1, 5)], "0 has just been named");
    assert_eq!(reader.quiet(&due, now + QUIET + LITTLE / 2).len(), 2, "0 and 3");
}

/// After brokers were lost, librdkafka stopped fetching some partitions without an error. Here a seek
/// behind the reader's back has the same effect.
#[test]
fn a_partition_that_librdkafka_fetches_no_more_is_read_again() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let settings = KafkaSettings::new(cluster.bootstrap_servers());
    let log = KafkaLog::connect(settings.clone()).unwrap();
    let mut producer = log.producer("p").unwrap();
    let mut publish = |value: u8| {
        let to = TopicPartition::new("t", 0);
        let (value, headers) = (vec![value], Headers::default());
        let record = NewRecord { to, timestamp_ms: 1, key: None, value, headers };
        producer.publish(Batch { records: vec![record], ..Batch::default() }, None).unwrap();
    };
    let mut reader = KafkaReader::new(settings).unwrap();
    publish(1);
    let first = reader.poll(&[place(0, 0)], 10, Duration::from_secs(10)).unwrap();
    let next = first[0].position;
    publish(2);
    reader.consumer.seek("t", 0, Offset::End, Duration::from_secs(10)).unwrap();
    assert!(
        reader.poll(&[place(0, next)], 10, LITTLE).unwrap().is_empty(),
        "librdkafka reads elsewhere"
    );

    let state = reader.states.get_mut(&TopicPartition::new("t", 0)).unwrap();
    state.moved = state.moved.checked_sub(QUIET).unwrap();
    let read = reader.poll(&[place(0, next)], 10, Duration::from_secs(10)).unwrap();
    assert_eq!(read[0].records[0].value, [2]);
}
