//! The Kafka adapter under faults, and the yardstick. On librdkafka's own
//! test cluster, and on a real one where `BUTTERQUANT_KAFKA=host:port` names it.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // helpers of tests

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use eventlog::kafka::GroupProtocol;
use eventlog::kafka::copy::copy_plainly;
use eventlog::{
    Batch, ErrorClass, KafkaLog, KafkaSettings, Log, LogError, NewRecord, Record, TopicPartition,
    TopicSpec,
};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

fn everything(log: &KafkaLog, topic: &str) -> Vec<Vec<Record>> {
    let mut reader = log.reader().unwrap();
    let mut read = |partition| {
        let place = TopicPartition::new(topic, partition);
        let (mut records, mut next) = (Vec::new(), 0);
        while next < log.watermarks(&place).unwrap().high {
            let due = [(place.clone(), next)];
            for fetched in reader.poll(&due, 1_000, Duration::from_secs(5)).unwrap() {
                next = fetched.position;
                records.extend(fetched.into_records());
            }
        }
        records
    };
    (0..3).map(&mut read).collect()
}

#[test]
fn a_plain_copy_is_the_same_records() {
    let cluster = MockCluster::new(1).unwrap();
    for topic in ["from", "to"] {
        cluster.create_topic(topic, 3, 1).unwrap();
    }
    let settings = KafkaSettings::new(cluster.bootstrap_servers());
    let log = KafkaLog::connect(settings.clone()).unwrap();
    let record = |n: u32| NewRecord {
        to: TopicPartition::new("from", n % 3),
        timestamp_ms: 1_000 + i64::from(n),
        key: n.is_multiple_of(2).then(|| vec![n as u8]),
        value: vec![n as u8; 10],
        headers: eventlog::Headers::from([("n", n.to_string())]),
    };
    let records = (0..1_500).map(record).collect();
    log.producer("copied").unwrap().publish(Batch { records, ..Batch::default() }, None).unwrap();

    let copied = copy_plainly(&settings, "from", "to", 1_500).unwrap();

    assert_eq!((copied.records, copied.bytes), (1_500, 15_000 + 750));
    assert!(copied.seconds > 0.0);
    assert_eq!(everything(&log, "from"), everything(&log, "to"));
    let mut hasty = settings;
    hasty.timeout = Duration::from_secs(3); // a busy machine has let more than half a second pass between two partitions
    let short = copy_plainly(&hasty, "from", "to", 1_501).unwrap_err();
    assert!(short.to_string().contains("1500 of the 1501"), "{short}");
}

/// One broker that only seems to know transactions, with the topic `t` of one partition.
fn test_cluster(timeout: Duration) -> (MockCluster<'static, DefaultProducerContext>, KafkaLog) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let mut settings = KafkaSettings::new(cluster.bootstrap_servers());
    settings.timeout = timeout;
    (cluster, KafkaLog::connect(settings).unwrap())
}

fn batch(sizes: &[usize]) -> Batch {
    let record = |(n, size): (usize, &usize)| NewRecord {
        to: TopicPartition::new("t", 0),
        timestamp_ms: 1_000,
        key: Some(format!("K{n}").into_bytes()),
        value: vec![0; *size],
        headers: Default::default(),
    };
    Batch { records: sizes.iter().enumerate().map(record).collect(), ..Batch::default() }
}

fn check_named(error: &LogError, which: &str) {
    assert_eq!(error.class, ErrorClass::Fatal, "{error}");
    assert!(error.place.contains(which), "{error}");
}

#[test]
fn a_record_too_large_for_this_client_is_named() {
    let (_cluster, log) = test_cluster(Duration::from_secs(5));
    let publish = |sizes| log.producer("p").unwrap().publish(batch(sizes), None);
    let error = publish(&[10, 5_000_000, 10]).unwrap_err();
    check_named(&error, "t/0: record 2 of 3, key K1, 5000000 bytes");
    publish(&[10]).unwrap();
}

#[test]
fn a_record_that_the_broker_refuses_is_named() {
    let (cluster, log) = test_cluster(Duration::from_secs(5));
    for refusal in [
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_RECORD,
    ] {
        let mut producer = log.producer("p").unwrap();
        cluster.request_errors(RDKafkaApiKey::Produce, &[refusal]);
        let error = producer.publish(batch(&[10, 700, 10]), None).unwrap_err();
        check_named(&error, "t/0: record 2 of 3, key K1, 700 bytes");
    }
}

#[test]
fn a_broker_that_was_away_is_gone_back_to() {
    let (cluster, log) = test_cluster(Duration::from_millis(1_500));
    let mut producer = log.producer("p").unwrap();
    producer.publish(batch(&[1]), None).unwrap();
    cluster.broker_down(1).unwrap();
    let error = producer.publish(batch(&[2]), None).unwrap_err();
    assert!(matches!(error.class, ErrorClass::Retry | ErrorClass::Uncertain), "{error}");
    let error = log.watermarks(&TopicPartition::new("t", 0)).unwrap_err();
    assert_eq!(error.class, ErrorClass::Retry, "{error}");
    drop(producer);
    cluster.broker_up(1).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let again = || log.producer("p")?.publish(batch(&[3]), None);
    while let Err(error) = again() {
        assert!(error.class != ErrorClass::Fatal && Instant::now() < deadline, "{error}");
    }
}

/// A poll served one thing: a line of the client's own log, a lost connection, or a change of hands.
#[test]
fn a_change_of_hands_does_not_wait_behind_what_else_a_client_says() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let mut settings = KafkaSettings::new(cluster.bootstrap_servers());
    settings.group_protocol = GroupProtocol::Classic;
    settings.extra.insert("debug".to_string(), "all".to_string());
    let log = KafkaLog::connect(settings).unwrap();
    let mut member = log.member("talkative", "one", &["t".to_string()]).unwrap();
    // That cluster gives partitions after three seconds.
    let assigned = (0..400).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        !member.poll().unwrap().partitions.is_empty()
    });
    assert!(assigned, "its partitions were not seen in 400 polls");
}

/// Memory of this process that is not given back, in MiB.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
}

/// A slow reader makes librdkafka stop fetching instead of filling the memory.
#[test]
fn a_slow_reader_is_held_back() {
    const BACKLOG_MIB: usize = 256;
    let Ok(brokers) = std::env::var("BUTTERQUANT_KAFKA") else {
        println!("not run: BUTTERQUANT_KAFKA names no cluster");
        return;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let mut settings = KafkaSettings::new(brokers);
    settings.prefix = format!("test-{now}-slow.");
    let log = KafkaLog::connect(settings).unwrap();
    let partitions = 12;
    log.ensure_topics(&[TopicSpec::new("backlog", partitions)]).unwrap();
    let mut producer = log.producer("filler").unwrap();
    for chunk in 0..BACKLOG_MIB {
        // All different, so that zstd cannot compress them.
        let mut seed = chunk as u64 + 1;
        let record = |n: u32| {
            let mut value = Vec::with_capacity(1 << 10);
            while value.len() < 1 << 10 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                value.extend_from_slice(&seed.to_be_bytes());
            }
            let to = TopicPartition::new("backlog", n % partitions);
            NewRecord { to, timestamp_ms: 1_000, key: None, value, headers: Default::default() }
        };
        let records = (0..1_024).map(record).collect();
        producer.publish(Batch { records, ..Batch::default() }, None).unwrap();
    }
    drop(producer);
    let before = resident_mib();
    let mut reader = log.reader().unwrap();
    let due: Vec<_> = (0..partitions).map(|n| (TopicPartition::new("backlog", n), 0)).collect();
    assert_eq!(reader.poll(&due, 1, Duration::from_secs(10)).unwrap().len(), 1);
    let (mut most, mut grew) = (resident_mib(), Instant::now());
    while grew.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(50));
        if resident_mib() > most {
            (most, grew) = (resident_mib(), Instant::now());
        }
    }
    println!("{before} MiB before, {most} MiB at most, of a backlog of {BACKLOG_MIB} MiB");
    assert!(most < before + 64, "it took {} MiB", most - before);
}
