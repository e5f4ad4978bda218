//! Ten thousand bad events among a hundred thousand good ones on a real Kafka: every bad one is
//! kept with its bytes, every good one is scored once, and `dlq` deals with them.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use eventlog::{KafkaLog, KafkaSettings, Log};
use schemas::Topic;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tests::cli::run;
use tests::cluster::Cluster;
use tests::poison::{Kind, Mixture, env, lag, letters_are, score, scores_are};
use tests::python;

/// A run name that no other test on the same broker uses.
fn run_of(test: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!("{test}{now}")
}

#[test]
fn bad_events_among_good_ones_on_kafka() {
    let Some(cluster) = Cluster::start(1) else { return };
    let bad = vec![
        (Kind::Noise, 2_000),
        (Kind::Truncated, 2_000),
        (Kind::Trailing, 500),
        (Kind::UnknownSchema, 1_000),
        (Kind::WrongTopic, 1_000),
        (Kind::Large, 200),
        (Kind::NotFinite, 2_000),
        (Kind::Flipped, 500),
        (Kind::WrongPartition, 300),
        (Kind::WrongKey, 200),
        (Kind::Conflict, 300),
    ];
    let mixture = Mixture { seed: 11, days: 10, good_a_day: 10_000, bad, large: 990_000 };
    let id = run_of("letters");
    let mut settings = KafkaSettings::new(cluster.brokers());
    settings.prefix = format!("{id}.");
    let log: Arc<dyn Log> = Arc::new(KafkaLog::connect(settings).unwrap());
    let written = mixture.write(&*log);
    score(&env(Arc::clone(&log)).0);
    assert_eq!(lag(&*log), 0);
    let ids = letters_are(&*log, written);
    scores_are(&*log, &mixture);

    let folder = tempfile::tempdir().unwrap();
    let dlq = |words: &str| {
        let home = format!("--log kafka --brokers {} --run {id}", cluster.brokers());
        run(folder.path(), &format!("{home} dlq {words}"))
    };
    let listed = dlq("list -n 7 -o json").json();
    let rows = listed["counts"].as_array().unwrap();
    let all: u64 = rows.iter().map(|row| row["open"].as_u64().unwrap()).sum();
    assert_eq!((all, listed["letters"].as_array().unwrap().len()), (10_000, 7));
    let (noise, poison) = (ids[&Kind::Noise][0], ids[&Kind::NotFinite][0]);
    dlq(&format!("drop {noise} --why noise")).well();
    dlq(&format!("redrive {poison}")).well();
    dlq(&format!("redrive {noise}")).refused(&["dropped already"]);
    dlq(&format!("redrive {poison}")).refused(&["redriven already"]);
    score(&env(Arc::clone(&log)).0);
    let listed = dlq("list --reason contract --state open -n 1 -o json").json();
    assert_eq!(listed["letters"][0]["redriven_from"], poison);
    assert_eq!(listed["matching"], 2_000);
    scores_are(&*log, &mixture);
}

/// A tombstone is put back as one, whatever this program thinks of it: a null is no empty value to its readers.
#[test]
fn null_values_and_null_headers_come_back_from_the_dead_letters_as_null() {
    let Some(cluster) = Cluster::start(1) else { return };
    let bad = vec![(Kind::Tombstone, 1), (Kind::Noise, 1)];
    let few = Mixture { seed: 3, days: 1, good_a_day: 24, bad, large: 0 };
    let id = run_of("nulls");
    let mut settings = KafkaSettings::new(cluster.brokers());
    settings.prefix = format!("{id}.");
    let log: Arc<dyn Log> = Arc::new(KafkaLog::connect(settings).unwrap());
    let written = few.write(&*log);
    let (partition, offset) = *written
        .iter()
        .find_map(|(place, bad)| (bad.kind == Kind::Tombstone).then_some(place))
        .unwrap();
    score(&env(Arc::clone(&log)).0);
    let letter = letters_are(&*log, written)[&Kind::Tombstone][0];

    let folder = tempfile::tempdir().unwrap();
    let ask = |words: &str| {
        let home = format!("--log kafka --brokers {} --run {id}", cluster.brokers());
        run(folder.path(), &format!("{home} {words}"))
    };
    let shown = ask(&format!("dlq show {letter} -o json")).json();
    assert_eq!((&shown["value_hex"], &shown["bytes"]), (&Value::Null, &json!(0)));
    let headers = shown["headers"].as_array().unwrap();
    let last = &headers[headers.len() - 2..];
    let empty = json!({ "name": "empty", "value": "" });
    assert_eq!(last, [json!({ "name": "null", "value": null }), empty]);
    let shown = ask(&format!("dlq show {letter}")).out;
    assert!(shown.contains("the value is null"), "{shown}");
    ask(&format!("dlq redrive {letter}")).well();

    let asked = json!({
        "brokers": cluster.brokers(),
        "topic": format!("{id}.{}", Topic::Features.name()),
        "partition": partition,
    });
    std::fs::write(folder.path().join("nulls.json"), asked.to_string()).unwrap();
    let Some(said) = python::run("nulls.py", &["confluent_kafka"], folder.path()) else { return };
    let read: Vec<Value> = serde_json::from_str(&said).unwrap();
    let first = read.iter().find(|record| record["offset"] == offset).unwrap();
    let again = read.last().unwrap();
    for record in [first, again] {
        assert_eq!((&record["value"], &record["key"]), (&json!(false), &json!(true)), "{record}");
    }
    let first = first["headers"].as_array().unwrap();
    assert_eq!(first[first.len() - 2..], [json!(["null", null]), json!(["empty", ""])]);
    let mut expected = first.clone();
    expected.push(json!(["butterquant.redriven", letter.to_string()]));
    assert_eq!(again["headers"], json!(expected));
}
