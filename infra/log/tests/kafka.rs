//! The suite on Kafka: librdkafka's own test cluster, and a real one where
//! `BUTTERQUANT_KAFKA=host:port` names it.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // helpers of tests

use std::time::{SystemTime, UNIX_EPOCH};

use eventlog::conformance::{self, Capabilities};
use eventlog::kafka::GroupProtocol;
use eventlog::{ErrorClass, KafkaLog, KafkaSettings};
use rdkafka::mocking::MockCluster;

fn conforms(settings: KafkaSettings, run: &str, can: Capabilities) {
    let log = KafkaLog::connect(settings).unwrap();
    let begun = std::time::Instant::now();
    let failures = conformance::run(&log, run, can);
    println!("{run}: the checks took {:?}", begun.elapsed());
    assert!(failures.is_empty(), "{failures:#?}");
}

/// This test cluster does not isolate transactions, they only seem to succeed: passing here shows
/// that the calls come in the right order, and nothing about transactions.
#[test]
fn the_adapter_speaks_to_the_test_cluster() {
    let cluster = MockCluster::new(1).unwrap();
    for spec in conformance::topics_needed("conf") {
        cluster.create_topic(&spec.name, spec.partitions as i32, 1).unwrap();
    }
    let mut settings = KafkaSettings::new(cluster.bootstrap_servers());
    settings.group_protocol = GroupProtocol::Classic;
    conforms(settings, "conf", Capabilities::MOCK);
}

#[test]
fn a_real_kafka_conforms_with_the_protocol_it_offers() {
    real(GroupProtocol::Auto, "auto");
}

#[test]
fn a_real_kafka_conforms_with_the_classic_protocol() {
    real(GroupProtocol::Classic, "classic");
}

fn real(protocol: GroupProtocol, name: &str) {
    let Ok(brokers) = std::env::var("BUTTERQUANT_KAFKA") else {
        println!("not run: BUTTERQUANT_KAFKA names no cluster");
        return;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let mut settings = KafkaSettings::new(brokers);
    settings.prefix = format!("test-{now}-{name}.");
    settings.group_protocol = protocol;
    conforms(settings, name, Capabilities::KAFKA);
}

#[test]
fn no_broker_at_the_address_says_so() {
    let mut settings = KafkaSettings::new("127.0.0.1:9");
    settings.timeout = std::time::Duration::from_millis(300);
    let Err(error) = KafkaLog::connect(settings) else { panic!("connected to nobody") };
    assert_eq!(error.class, ErrorClass::Retry);
    assert!(error.to_string().contains("127.0.0.1:9"), "{error}");
}
