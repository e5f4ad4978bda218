//! The suite on the embedded log, the log in memory, and across HTTP; and failures that only a
//! directory can have.
#![allow(clippy::unwrap_used)] // helpers of tests

mod loopback;

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventlog::conformance::{self, Capabilities};
use eventlog::remote::{self, PATH};
use eventlog::{
    Batch, EmbeddedLog, ErrorClass, Log, MemoryLog, NewRecord, RemoteLog, Server, TopicPartition,
    TopicSpec,
};

fn conforms(log: &dyn Log) {
    let failures = conformance::run(log, "conf", Capabilities::LOCAL);
    assert!(failures.is_empty(), "{failures:#?}");
}

fn record(partition: u32, value: &str) -> NewRecord {
    NewRecord {
        to: TopicPartition::new("bars", partition),
        timestamp_ms: 1,
        key: None,
        value: value.as_bytes().to_vec(),
        headers: Default::default(),
    }
}

fn batch(value: &str) -> Batch {
    Batch { records: vec![record(0, value), record(1, value)], ..Batch::default() }
}

fn bars() -> [TopicSpec; 1] {
    [TopicSpec::new("bars", 2)]
}

fn read(log: &dyn Log, partition: u32) -> Vec<String> {
    let due = [(TopicPartition::new("bars", partition), 0)];
    let fetched = log.reader().unwrap().poll(&due, 10_000, Duration::ZERO).unwrap();
    fetched
        .into_iter()
        .flat_map(|f| f.into_records())
        .map(|r| String::from_utf8(r.value).unwrap())
        .collect()
}

#[test]
fn the_log_in_memory_conforms() {
    conforms(&MemoryLog::new("test").unwrap());
}

#[test]
fn the_embedded_log_conforms() {
    let dir = tempfile::tempdir().unwrap();
    conforms(&EmbeddedLog::open(dir.path()).unwrap());
}

#[test]
fn the_remote_log_conforms() {
    let dir = tempfile::tempdir().unwrap();
    let served = Arc::new(Server::new(Arc::new(EmbeddedLog::open(dir.path()).unwrap())));
    let endpoint = loopback::serve(served, 0);
    conforms(&RemoteLog::connect(&endpoint, None).unwrap());
}

#[test]
fn a_lost_answer_is_not_a_second_publish() {
    let log = MemoryLog::new("test").unwrap();
    log.ensure_topics(&bars()).unwrap();
    let server = Arc::new(Server::new(Arc::new(log.clone())));
    let endpoint = loopback::serve(server, 4);
    let remote = RemoteLog::connect(&endpoint, None).unwrap();
    let mut producer = loop {
        match remote.producer("scanner") {
            Ok(producer) => break producer,
            Err(error) => assert_eq!(error.class, ErrorClass::Retry, "{error}"),
        }
    };
    let names: Vec<String> = (0..20).map(|i| i.to_string()).collect();
    for name in &names {
        producer.publish(batch(name), None).unwrap();
    }
    assert_eq!(read(&log, 0), names, "every fourth answer was cut off");
}

#[test]
fn a_restarted_server_fences_the_producers_of_the_one_before() {
    let log = MemoryLog::new("test").unwrap();
    log.ensure_topics(&bars()).unwrap();
    let server = Arc::new(Server::new(Arc::new(log.clone())));
    let swap = loopback::Swap::new(server);
    let endpoint = swap.endpoint();
    let remote = RemoteLog::connect(&endpoint, None).unwrap();
    let mut producer = remote.producer("scanner").unwrap();
    producer.publish(batch("a"), None).unwrap();
    swap.replace(Arc::new(Server::new(Arc::new(log.clone()))));
    let error = producer.publish(batch("b"), None).unwrap_err();
    assert_eq!(error.class, ErrorClass::Fenced, "{error}");
    assert_eq!(read(&log, 0), ["a"]);
}

#[test]
fn a_remote_member_at_long_work_stays_and_one_of_which_nothing_is_heard_is_let_go() {
    let log = MemoryLog::new("test").unwrap();
    log.ensure_topics(&bars()).unwrap();
    let swap = loopback::Swap::new(Arc::new(Server::new(Arc::new(log.clone()))));
    let remote = RemoteLog::connect(&swap.endpoint(), None).unwrap();
    let topics = ["bars".to_string()];
    let mut silent = remote.member("scanners", "a", &topics).unwrap();
    let mut lively = log.member("scanners", "b", &topics).unwrap();
    assert_eq!(silent.poll().unwrap().partitions.len(), 1);
    let holds = lively.poll().unwrap();
    std::thread::sleep(remote::MEMBER_LIFE + Duration::from_secs(1));
    assert_eq!(lively.poll().unwrap(), holds, "it does not poll, and lives");
    let silence = swap.hold();
    let begun = Instant::now();
    while lively.poll().unwrap().partitions.len() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(9), "still there");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(begun.elapsed() > Duration::from_secs(3), "let go too soon");
    drop(silence);
    assert_eq!(silent.poll().unwrap().partitions.len(), 1, "it takes its seat again");
}

#[test]
fn nobody_at_the_address_says_so() {
    let Err(error) = RemoteLog::connect("http://127.0.0.1:9", None) else {
        panic!("connected to nobody")
    };
    assert_eq!(error.class, ErrorClass::Retry);
    assert!(error.to_string().contains(&format!("http://127.0.0.1:9{PATH}")), "{error}");
}

#[test]
fn what_was_published_is_there_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let identity;
    {
        let log = EmbeddedLog::open(dir.path()).unwrap();
        identity = (log.identity().unwrap(), log.topic_identity("bars").unwrap());
        log.ensure_topics(&bars()).unwrap();
        let mut producer = log.producer("p").unwrap();
        for i in 0..200 {
            producer.publish(batch(&i.to_string()), None).unwrap();
        }
        // The files as a killed process leaves them: nothing is closed.
        copy_dir(dir.path(), copy.path());
    }
    for path in [copy.path(), dir.path()] {
        let log = EmbeddedLog::open(path).unwrap();
        assert_eq!(log.identity().unwrap(), identity.0);
        assert!(log.topic_identity("bars").unwrap().is_some());
        let expected: Vec<String> = (0..200).map(|i| i.to_string()).collect();
        assert_eq!(read(&log, 0), expected);
        assert_eq!(read(&log, 1), expected);
        log.producer("p").unwrap().publish(batch("after"), None).unwrap();
        assert_eq!(read(&log, 1).len(), 201);
    }
}

#[test]
fn a_directory_in_use_names_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path()).unwrap();
    log.announce("http://127.0.0.1:7700").unwrap();
    let Err(error) = EmbeddedLog::open(dir.path()) else { panic!("opened twice") };
    let said = error.to_string();
    let pid = format!("process {}", std::process::id());
    assert!(said.contains(&pid) && said.contains("http://127.0.0.1:7700"), "{said}");
}

#[test]
fn a_damaged_directory_is_never_taken_for_a_short_log() {
    let dir = tempfile::tempdir().unwrap();
    {
        let log = EmbeddedLog::open(dir.path()).unwrap();
        log.ensure_topics(&bars()).unwrap();
        let mut producer = log.producer("p").unwrap();
        for i in 0..3_000 {
            producer.publish(batch(&format!("{i:0200}")), None).unwrap();
        }
    }
    let whole = std::fs::read(dir.path().join("db")).unwrap();
    for part in 1..8 {
        let copy = tempfile::tempdir().unwrap();
        copy_dir(dir.path(), copy.path());
        let mut bytes = whole.clone();
        let at = bytes.len() * part / 8;
        bytes[at..].iter_mut().take(4096).for_each(|b| *b = !*b);
        std::fs::write(copy.path().join("db"), bytes).unwrap();
        let error = match EmbeddedLog::open(copy.path()) {
            Err(error) => error,
            Ok(log) => {
                let due = [(TopicPartition::new("bars", 0), 0)];
                let read = log.reader().unwrap().poll(&due, 10_000, Duration::ZERO);
                match read {
                    Ok(fetched) if fetched.iter().any(|f| f.position == 3_000) => continue,
                    Ok(_) => panic!("damage at {part}/8 lost records in silence"),
                    Err(error) => error,
                }
            }
        };
        assert_eq!(error.class, ErrorClass::Fatal, "{error}");
        assert!(error.to_string().contains(&copy.path().display().to_string()), "{error}");
    }
}

/// The first writes after an opening come from several roles at once.
#[test]
fn a_log_that_is_whole_takes_the_first_writes_of_many_at_once() {
    let dir = tempfile::tempdir().unwrap();
    {
        let log = EmbeddedLog::open(dir.path()).unwrap();
        log.ensure_topics(&bars()).unwrap();
        let mut producer = log.producer("p").unwrap();
        (0..2_000).for_each(|i| {
            producer.publish(batch(&format!("{i:0500}")), None).unwrap();
        });
    }
    // Covered by a snapshot, so that the next opening does not read it.
    drop(EmbeddedLog::open(dir.path()).unwrap());
    let log = EmbeddedLog::open(dir.path()).unwrap();
    std::thread::scope(|scope| {
        for number in 0..6 {
            let mut producer = log.producer(&format!("role-{number}")).unwrap();
            scope.spawn(move || {
                (0..50).for_each(|i| {
                    producer.publish(batch(&format!("{number} {i}")), None).unwrap();
                });
            });
        }
    });
    log.check_records().unwrap();
}

/// One flipped byte, a command that was acknowledged, and at the next opening no record could be read any more.
#[test]
fn a_log_with_a_damaged_record_takes_no_writes_and_is_read_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let value = |i: u32| format!("{i:0200}");
    {
        let log = EmbeddedLog::open(dir.path()).unwrap();
        log.ensure_topics(&[TopicSpec::new("bars", 2), TopicSpec::new("controls", 1)]).unwrap();
        let mut producer = log.producer("p").unwrap();
        for i in 0..3_000 {
            producer.publish(batch(&value(i)), None).unwrap();
        }
        let mut command = batch("opened");
        command.records.truncate(1);
        command.records[0].to = TopicPartition::new("controls", 0);
        producer.publish(command, None).unwrap();
    }
    // Everything is covered by a snapshot, so that no later opening reads it.
    drop(EmbeddedLog::open(dir.path()).unwrap());
    let mut bytes = std::fs::read(dir.path().join("db")).unwrap();
    let flipped = value(1_234).into_bytes();
    // sled leaves older copies of a page behind.
    while let Some(at) = bytes.windows(200).position(|part| part == flipped) {
        bytes[at + 150] ^= 1;
    }
    std::fs::write(dir.path().join("db"), bytes).unwrap();
    for _ in 0..3 {
        let log = EmbeddedLog::open(dir.path()).unwrap();
        let refused = log.producer("p").unwrap().publish(batch("more"), None).unwrap_err();
        let said = (refused.class, refused.to_string());
        assert!(said.0 == ErrorClass::Fatal && said.1.contains("damaged"), "{said:?}");
        let read = |topic: &str| {
            let due = [(TopicPartition::new(topic, 0), 0)];
            log.reader().unwrap().poll(&due, 10_000, Duration::ZERO)
        };
        assert!(read("bars").is_err());
        assert_eq!(read("controls").unwrap()[0].position, 1);
    }
}

fn copy_dir(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn large_records_come_back_beside_small_ones() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = [0, 6_000, 6_100, 6_200, 12_288, 1 << 20, 3, (3 << 20) + 1];
    let value = |bytes: usize| (0..bytes).map(|at| (at * 31 % 251) as u8).collect::<Vec<u8>>();
    let large = |bytes| NewRecord { value: value(bytes), ..record(0, "") };
    {
        let log = EmbeddedLog::open(dir.path()).unwrap();
        log.ensure_topics(&bars()).unwrap();
        let records = sizes.into_iter().map(large).collect();
        let batch = Batch { records, ..Batch::default() };
        log.producer("p").unwrap().publish(batch, None).unwrap();
    }
    let log = EmbeddedLog::open(dir.path()).unwrap();
    let due = [(TopicPartition::new("bars", 0), 0)];
    let fetched = log.reader().unwrap().poll(&due, 100, Duration::ZERO).unwrap();
    let found: Vec<&Vec<u8>> = fetched.iter().flat_map(|f| &f.records).map(|r| &r.value).collect();
    assert_eq!(found.len(), sizes.len());
    for (found, bytes) in found.into_iter().zip(sizes) {
        assert!(*found == value(bytes), "{bytes} bytes");
    }
    assert_eq!(log.offset_for_time(&TopicPartition::new("bars", 0), 2).unwrap(), 8);
}
