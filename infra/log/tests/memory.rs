//! The memory that an embedded log of large records takes; alone in its process, because the
//! system counts by process.
#![allow(clippy::unwrap_used)] // a test

use eventlog::{Batch, EmbeddedLog, Log, NewRecord, TopicPartition, TopicSpec};
use std::time::Duration;

const RECORDS: usize = 500;
const BYTES: usize = 1 << 20;

/// The most memory this process has had, in MiB; none where the system does not say.
fn peak_mib() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<usize>().ok()? / 1024)
}

/// sled's cache is 64 MiB, but pages over 128 KiB are not counted in it: with large records in
/// one piece all of them stayed in memory.
#[test]
fn large_records_do_not_stay_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path()).unwrap();
    log.ensure_topics(&[TopicSpec::new("large", 1)]).unwrap();
    let mut producer = log.producer("p").unwrap();
    let place = TopicPartition::new("large", 0);
    for number in 0..RECORDS {
        let record = NewRecord {
            to: place.clone(),
            timestamp_ms: 1,
            key: None,
            value: vec![number as u8; BYTES],
            headers: Default::default(),
        };
        producer.publish(Batch { records: vec![record], ..Batch::default() }, None).unwrap();
    }
    assert!(peak_mib().is_none_or(|mib| mib < 300), "{:?} MiB to write them", peak_mib());
    let (mut reader, mut read) = (log.reader().unwrap(), 0);
    while read < RECORDS {
        let due = [(place.clone(), read as u64)];
        let fetched = reader.poll(&due, 2_000, Duration::from_secs(5)).unwrap();
        for record in &fetched[0].records {
            assert_eq!((record.value[0], record.value.len()), (read as u8, BYTES));
            read += 1;
        }
        assert!(fetched[0].records.len() <= 8, "{} MiB in one poll", fetched[0].records.len());
    }
    assert!(peak_mib().is_none_or(|mib| mib < 600), "{:?} MiB to read them", peak_mib());
}
