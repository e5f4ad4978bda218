//! A backup: whole, of one moment, and read back into a log that is the same; a cut or changed file is
//! refused.
#![allow(clippy::unwrap_used)] // helpers of tests

use eventlog::{
    Batch, Consumed, Cut, EmbeddedLog, Log, NewRecord, PartitionReader, Record, TopicPartition,
    TopicSpec, archive,
};
use std::fs;
use std::path::Path;

fn record(partition: u32, number: u32) -> NewRecord {
    // Every tenth is large enough to be kept in parts.
    let bytes = if number.is_multiple_of(10) { 30_000 } else { 40 };
    NewRecord {
        to: TopicPartition::new("bars", partition),
        timestamp_ms: i64::from(number) + 1,
        key: (!number.is_multiple_of(3)).then(|| number.to_be_bytes().to_vec()),
        value: (0..bytes).map(|at| (at as u32 * number % 251) as u8).collect(),
        headers: eventlog::Headers::from([("ce_id", [number as u8])]),
    }
}

/// Publishes records and, with each batch, offsets of a group.
fn fill(log: &EmbeddedLog, batches: std::ops::Range<u32>) {
    log.ensure_topics(&[TopicSpec::new("bars", 3), TopicSpec::new("controls", 1)]).unwrap();
    let topics = ["bars".to_owned()];
    let mut member = log.member("scorer", "one", &topics).unwrap();
    member.poll().unwrap();
    let mut producer = log.producer("p").unwrap();
    for batch in batches {
        let tp = TopicPartition::new("bars", 0);
        let from = log.committed("scorer", std::slice::from_ref(&tp)).unwrap()[0].unwrap_or(0);
        let next = log.watermarks(&tp).unwrap().high;
        let records = (0..7).map(|number| record(number % 3, batch * 7 + number)).collect();
        let consumed = vec![Consumed { tp, from, next }];
        let batch = Batch { records, consumed, ..Batch::default() };
        producer.publish(batch, Some(&*member)).unwrap();
    }
}

/// Everything that a log holds.
fn all(log: &EmbeddedLog) -> (String, Vec<Option<String>>, Cut, Vec<Record>) {
    let ids = ["bars", "controls"].map(|topic| log.topic_identity(topic).unwrap()).to_vec();
    let mut reader = PartitionReader::new(log).unwrap();
    let mut records = Vec::new();
    for partition in 0..3 {
        let place = TopicPartition::new("bars", partition);
        records.extend(reader.to_end(log, &place).unwrap().map(Result::unwrap));
    }
    (log.identity().unwrap(), ids, log.cut().unwrap(), records)
}

fn backup(log: &EmbeddedLog, file: &Path) -> archive::Archived {
    archive::write(log, file, &mut |_| {}).unwrap()
}

#[test]
fn a_restored_log_is_the_same_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (file, target) = (folder.path().join("a.backup"), folder.path().join("restored"));
    let log = EmbeddedLog::open(folder.path().join("log")).unwrap();
    fill(&log, 0..40);
    let archived = backup(&log, &file);
    assert_eq!((archived.records, archived.offsets), (280, 1));
    let whole = all(&log);
    fill(&log, 40..45);
    assert_eq!(archive::restore(&file, &target).unwrap(), archived);
    let restored = EmbeddedLog::open(&target).unwrap();
    assert!(all(&restored) == whole);
    restored.check_records().unwrap();
    fill(&restored, 40..45);
    assert!(all(&restored).2 == all(&log).2 && all(&restored).3 == all(&log).3);
    // A file is never replaced.
    assert!(archive::write(&log, &file, &mut |_| {}).is_err());
}

#[test]
fn a_backup_of_a_log_at_work_is_of_one_moment() {
    let folder = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(folder.path().join("log")).unwrap();
    fill(&log, 0..5);
    let at_work = log.clone();
    let writer = std::thread::spawn(move || fill(&at_work, 5..120));
    for number in 0..4 {
        let (file, target) =
            (folder.path().join(format!("{number}")), folder.path().join(format!("r{number}")));
        backup(&log, &file);
        archive::restore(&file, &target).unwrap();
        let restored = EmbeddedLog::open(&target).unwrap();
        let (_, _, cut, records) = all(&restored);
        // Each batch writes seven records, and commits where the partition ended before it.
        assert_eq!(records.len() % 7, 0);
        let before = cut.committed[0].2;
        let end = restored.watermarks(&TopicPartition::new("bars", 0)).unwrap().high;
        assert!(end - before <= 3 && end > before, "{before} of {end}");
    }
    writer.join().unwrap();
}

#[test]
fn a_file_that_was_cut_or_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.backup");
    let log = EmbeddedLog::open(folder.path().join("log")).unwrap();
    fill(&log, 0..20);
    let archived = backup(&log, &file);
    let whole = fs::read(&file).unwrap();
    let wounded = folder.path().join("wounded");
    let refused = |bytes: &[u8], what: String| {
        fs::write(&wounded, bytes).unwrap();
        let target = folder.path().join("target");
        match archive::restore(&wounded, &target) {
            // Snappy can say the same bytes in two ways.
            Ok(same) => assert!(same == archived && what.starts_with("flipped"), "{what}"),
            Err(error) => assert!(error.to_string().contains("wounded"), "{error}"),
        }
        let _ = fs::remove_dir_all(&target);
    };
    for part in 0..30 {
        let at = whole.len() * part / 30 + 5;
        refused(&whole[..at], format!("cut at {at}"));
        let mut flipped = whole.clone();
        flipped[at] ^= 4;
        refused(&flipped, format!("flipped at {at}"));
    }
    refused(b"", "empty".to_owned());
    refused(&whole[..whole.len() - 1], "cut by a byte".to_owned());
}

#[test]
fn an_offset_that_is_older_than_it_was_is_damage_and_a_log_without_sums_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = EmbeddedLog::open(&path).unwrap();
    fill(&log, 0..9);
    let whole = all(&log);
    drop(log);
    let change = |prefix: &[u8], to: &dyn Fn(&[u8]) -> Vec<u8>| {
        let db = kv::Db::open(&path).unwrap();
        let tree = db.plain_tree("log").unwrap();
        let (key, value) = tree.scan_prefix(prefix).next().unwrap().unwrap();
        tree.insert(&*key, to(&value)).unwrap();
        db.flush().unwrap();
        value.to_vec()
    };
    let before = change(b"O", &|_| vec![1, 0, 3]); // an older offset of partition 0
    let error = EmbeddedLog::open(&path).err().unwrap();
    assert!(error.what.contains("a committed offset is not that of write"), "{error}");
    change(b"O", &|_| before.clone());
    // The number alone, as the program wrote it before there were sums.
    change(b"n", &|entry| entry[..entry.len() - 16].to_vec());
    let old = EmbeddedLog::open(&path).unwrap();
    assert!(all(&old) == whole);
    fill(&old, 9..11);
    drop(old);
    EmbeddedLog::open(&path).unwrap().check_records().unwrap();
    change(b"r", &|_| vec![1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let error = EmbeddedLog::open(&path).unwrap().check_records().unwrap_err();
    assert!(error.what.contains("a record is not that of its"), "{error}");
}
