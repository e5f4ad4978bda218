//! The harness of the Kafka tests: a cluster that is killed, restarts, and ends with its test.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test

use eventlog::kafka::GroupProtocol;
use eventlog::{
    Batch, Consumed, ErrorClass, KafkaLog, KafkaSettings, Log, NewRecord, TopicPartition, TopicSpec,
};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tests::cli::wait_for;
use tests::cluster::Cluster;

/// How long one publish may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a cluster on a busy machine may take, which may put a live node out too; and the publish that was in flight
/// when a node was killed. Its offsets have the client's 15 seconds, and 15 more for the call that is running then; so has
/// its end, whether commit or abort; delivery has 15. That makes 75, and a new producer after a failure has 30.
const CLUSTER: Duration = Duration::from_secs(120);

/// One at a time: five nodes on two cores put each other out of their clusters.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_node_is_killed_and_comes_back_with_what_it_held() {
    let _alone = alone();
    let Some(cluster) = Cluster::start_own(1) else { return };
    let topic = TopicSpec::new("kept", 2);
    let log = KafkaLog::connect(KafkaSettings::new(cluster.brokers())).unwrap();
    log.ensure_topics(std::slice::from_ref(&topic)).unwrap();
    let pid = cluster.pid(1).unwrap();
    cluster.kill(1);
    assert_eq!(cluster.pid(1), None);
    cluster.restart(1);
    assert_ne!(cluster.pid(1).unwrap(), pid);
    let again = KafkaLog::connect(KafkaSettings::new(cluster.brokers())).unwrap();
    assert!(again.topics().unwrap().iter().any(|info| info.name == topic.name));
    let address = cluster.brokers().to_string();
    drop(cluster);
    assert!(std::net::TcpStream::connect(address).is_err(), "it ends with its test");
}

/// A group as the brokers describe it: its type and protocol.
fn kind(cluster: &Cluster, group: &str) -> Vec<String> {
    let listed = cluster.tool("groups --list");
    let words = listed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let found = words.into_iter().find(|words| words.first() == Some(&group));
    let found = found.unwrap_or_else(|| panic!("{group} is not there: {listed}"));
    found[1..].iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_group_uses_the_new_protocol_where_the_brokers_have_it_and_the_classic_one_when_told() {
    let _alone = alone();
    let Some(cluster) = Cluster::shared() else { return };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut settings = KafkaSettings::new(cluster.brokers());
    settings.prefix = format!("protocols-{}.", now.as_millis());
    for (protocol, kind_of) in
        [(GroupProtocol::Auto, "Consumer"), (GroupProtocol::Classic, "Classic")]
    {
        settings.group_protocol = protocol;
        let log = KafkaLog::connect(settings.clone()).unwrap();
        log.ensure_topics(&[TopicSpec::new("shared", 2)]).unwrap();
        let mut member = log.member(kind_of, "one", &["shared".to_owned()]).unwrap();
        let group = format!("{}{kind_of}", settings.prefix);
        wait_for("assignment", || (member.poll().unwrap().partitions.len() == 2).then_some(()));
        assert_eq!(kind(cluster, &group), [kind_of, "consumer"], "{protocol:?}");
    }
}

fn moved(partition: u32) -> NewRecord {
    let to = TopicPartition::new("moved", partition);
    NewRecord { to, timestamp_ms: 1, key: None, value: vec![1], headers: Default::default() }
}

/// A client of its own writes to every partition, and the group's coordinator answers it.
fn try_cluster(settings: &KafkaSettings) -> eventlog::Result<()> {
    let log = KafkaLog::connect(settings.clone())?;
    let records = (0..3).map(moved).collect();
    log.producer("two")?.publish(Batch { records, ..Batch::default() }, None)?;
    log.committed("coordinated", &[moved(0).to]).map(|_| ())
}

/// A member that publishes without end, a record and an offset each time, and reports each.
fn publish_on(settings: KafkaSettings, told: &SyncSender<()>) {
    let log = KafkaLog::connect(settings).unwrap();
    let mut member = log.member("coordinated", "one", &["moved".to_string()]).unwrap();
    let mut producer = log.producer("one").unwrap();
    for n in 0.. {
        while member.poll().unwrap().partitions.len() < 3 {
            std::thread::sleep(Duration::from_millis(20));
        }
        let record = moved(n as u32 % 3);
        let consumed = vec![Consumed { tp: record.to.clone(), from: n, next: n + 1 }];
        let batch = Batch { records: vec![record], consumed, ..Batch::default() };
        match producer.publish(batch, Some(&*member)) {
            Ok(_) if told.send(()).is_err() => return,
            Ok(_) => {}
            Err(error) => {
                eprintln!("{error}"); // shown when the test fails
                assert_ne!(error.class, ErrorClass::Fatal, "{error}");
                if let Ok(fresh) = log.producer("one") {
                    producer = fresh;
                }
            }
        }
    }
}

/// Sending offsets used to wait without end for a coordinator that had left the cluster.
#[test]
fn offsets_are_sent_though_the_coordinator_of_their_group_has_left() {
    let _alone = alone();
    let Some(cluster) = Cluster::start_own(3) else { return };
    let settings = KafkaSettings::new(cluster.brokers());
    let log = KafkaLog::connect(settings.clone()).unwrap();
    log.ensure_topics(&[TopicSpec::new("moved", 3)]).unwrap();
    let (told, heard) = sync_channel(10_000);
    let same = settings.clone();
    std::thread::spawn(move || publish_on(same, &told));
    heard.recv_timeout(2 * PATIENCE).unwrap();

    let state = cluster.tool("consumer-groups --describe --state --group coordinated");
    let id = state.split(['(', ')']).find_map(|part| part.parse().ok()).unwrap();
    cluster.kill(id);
    // It stays away. The publish in flight is reported first.
    std::thread::sleep(Duration::from_secs(8));
    // The patience counts from when a client that knew nothing of the killed node can publish.
    let able = Instant::now();
    while let Err(error) = try_cluster(&settings) {
        assert!(able.elapsed() < CLUSTER, "the cluster did not recover: {error}");
    }
    while heard.try_recv().is_ok() {}
    let mut longest = Duration::ZERO;
    for n in 0..20 {
        let (began, patience) = (Instant::now(), if n == 0 { CLUSTER } else { PATIENCE });
        let published = heard.recv_timeout(patience);
        longest = longest.max(began.elapsed());
        assert!(published.is_ok(), "nothing in {patience:?} after {n} publishes");
    }
    eprintln!("node {id} was killed; the longest publish took {longest:?}");
}
