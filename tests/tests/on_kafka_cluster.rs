//! The harness of the Kafka tests: a cluster that is killed and comes back, and ends with its
//! test.
#![allow(clippy::unwrap_used)] // a test

use eventlog::{KafkaLog, KafkaSettings, Log, TopicSpec};
use tests::cluster::Cluster;

#[test]
fn a_node_is_killed_and_comes_back_with_what_it_held() {
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
