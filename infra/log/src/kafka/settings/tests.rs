//! The properties that the clients run with.

use super::*;

fn settings() -> KafkaSettings {
    let mut settings = KafkaSettings::new("127.0.0.1:9092");
    settings.prefix = "demo.".to_owned();
    settings.extra.insert("linger.ms".to_owned(), "7".to_owned());
    settings
}

/// Compares a config with what librdkafka reads from it.
fn check(config: &ClientConfig, wanted: &[(&str, &str)]) {
    let config = config.create_native_config().unwrap();
    for (key, value) in wanted {
        assert_eq!(config.get(key).unwrap(), *value, "{key}");
    }
}

#[test]
fn a_producer_is_idempotent_and_waits_for_all_replicas() {
    let wanted = [
        ("transactional.id", "demo.scorer-a"),
        ("enable.idempotence", "true"),
        ("acks", "-1"), // all
        ("compression.codec", "zstd"),
        ("compression.level", "1"),
        ("transaction.timeout.ms", "10000"),
        ("retry.backoff.ms", "5"),
        ("retry.backoff.max.ms", "1000"),
        ("queue.buffering.max.ms", "7"), // the user's
    ];
    check(&settings().producer("scorer-a"), &wanted);
}

#[test]
fn all_that_read_see_committed_records_only_and_commit_nothing_by_themselves() {
    let common = [("isolation.level", "read_committed"), ("enable.auto.commit", "false")];
    let settings = settings();
    let clients = [
        settings.query_client(),
        settings.reader(),
        settings.member("scorer", "a", true),
        settings.member("scorer", "a", false),
    ];
    clients.iter().for_each(|client| check(client, &common));
    check(&clients[1], &[("auto.offset.reset", "error"), ("enable.auto.offset.store", "false")]);
}

#[test]
fn members_hold_ranges_in_either_protocol() {
    let classic = [
        ("group.id", "demo.scorer"),
        ("group.protocol", "classic"),
        ("partition.assignment.strategy", "range"),
        ("session.timeout.ms", "6000"),
    ];
    check(&settings().member("scorer", "a", true), &classic);
    let new = [
        ("group.id", "demo.scorer"),
        ("group.protocol", "consumer"),
        ("group.remote.assignor", "range"),
    ];
    check(&settings().member("scorer", "a", false), &new);
}
