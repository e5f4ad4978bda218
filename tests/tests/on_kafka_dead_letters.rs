//! Ten thousand bad events among a hundred thousand good ones on a real Kafka: every bad one is
//! kept with its bytes, every good one is scored once, and `dlq` deals with them.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use eventlog::{KafkaLog, KafkaSettings, Log};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tests::cli::run;
use tests::cluster::Cluster;
use tests::poison::{Kind, Mixture, env, lag, letters_are, score, scores_are};

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
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let id = format!("letters{now}");
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
    assert_eq!(dlq(&format!("drop {noise} --why noise")).code, 0);
    assert_eq!(dlq(&format!("redrive {poison}")).code, 0);
    dlq(&format!("redrive {noise}")).refused(&["dropped already"]);
    dlq(&format!("redrive {poison}")).refused(&["redriven already"]);
    score(&env(Arc::clone(&log)).0);
    let listed = dlq("list --reason contract --state open -n 1 -o json").json();
    assert_eq!(listed["letters"][0]["redriven_from"], poison);
    assert_eq!(listed["matching"], 2_000);
    scores_are(&*log, &mixture);
}
