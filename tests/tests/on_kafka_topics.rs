//! Topics on a real Kafka: created to keep everything, and reported where their settings differ.
#![allow(clippy::unwrap_used)] // a test

use eventlog::{
    Batch, ErrorClass, KafkaLog, KafkaSettings, Log, NewRecord, TopicPartition, TopicSpec,
};
use schemas::Topic;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use tests::cli::{command, finish, wait_for};
use tests::cluster::Cluster;

fn settings(cluster: &Cluster, run: &str) -> KafkaSettings {
    let mut settings = KafkaSettings::new(cluster.brokers());
    settings.prefix = format!("{run}.");
    settings
}

/// A run name that no other test on the same broker uses.
fn run_of(test: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("{test}-{}", now.as_millis())
}

/// `name=value` of every setting that Kafka's own tool lists for a topic.
fn told(cluster: &Cluster, run: &str, topic: Topic) -> Vec<String> {
    let said = cluster.tool(&format!("topics --describe --topic {run}.{}", topic.name()));
    let configs = said.lines().next().unwrap().rsplit("Configs: ").next().unwrap();
    let count = said.split('\t').find(|word| word.starts_with("ReplicationFactor")).unwrap();
    configs.trim().split(',').map(str::to_owned).chain([count.trim().to_owned()]).collect()
}

#[test]
fn a_topic_keeps_everything_and_what_is_otherwise_is_reported() {
    let Some(cluster) = Cluster::shared() else { return };
    let run = run_of("topics");
    let log = KafkaLog::connect(settings(cluster, &run)).unwrap();
    assert_eq!(shell::open::ensure_topics(&log, 3).unwrap(), []);
    assert_eq!(shell::open::ensure_topics(&log, 3).unwrap(), [], "asked again");
    for topic in [Topic::Bars, Topic::DeadLetters] {
        let told = told(cluster, &run, topic);
        for wanted in [
            "cleanup.policy=delete",
            "retention.ms=-1",
            "retention.bytes=-1",
            "segment.ms=9223372036854775807",
            "message.timestamp.after.max.ms=9223372036854775807",
            "message.timestamp.type=CreateTime",
            "compression.type=producer",
        ] {
            assert!(told.iter().any(|one| one == wanted), "{topic}: {wanted}: {told:?}");
        }
        let large = told.iter().any(|one| one == "max.message.bytes=4194304");
        assert_eq!(large, topic == Topic::DeadLetters, "{told:?}");
    }

    let bars = format!("{run}.{}", Topic::Bars.name());
    let entity = format!("configs --alter --entity-type topics --entity-name {bars}");
    cluster.tool(&format!("{entity} --add-config retention.ms=86400000"));
    let data = tempfile::tempdir().unwrap();
    let ask = |words: &str| {
        let mut command = command(data.path(), words);
        command.args(["--run", &run, "--log", "kafka", "--brokers", cluster.brokers()]);
        command.env("BUTTERQUANT_PARTITIONS", "3");
        finish(command)
    };
    let remedy = format!(
        "change it with kafka-configs.sh --bootstrap-server {} --alter --entity-type topics --entity-name {bars} --add-config retention.ms=-1",
        cluster.brokers()
    );
    let described = ask("topics describe bars");
    described.well();
    for said in ["retention.ms is 86400000, not -1", &remedy] {
        assert!(described.out.contains(said), "{said}: {}", described.out);
    }
    // Nothing is written where it would be removed.
    let up = || ask("up --source sim:5,stocks=2,days=280 --until 2016-01-29");
    let removes = "the cluster removes records of this run";
    up().refused(&[removes, "retention.ms is 86400000, not -1", &remedy]);
    let left = told(cluster, &run, Topic::Bars);
    assert!(left.iter().any(|one| one == "retention.ms=86400000"), "nothing is changed: {left:?}");
    mend(cluster, &remedy);
    assert_eq!(shell::open::ensure_topics(&log, 3).unwrap(), []);
    up().well();
    ask("topics list").well();
    // Somebody compacts a topic of a run that goes on, and gives it more partitions.
    cluster.tool(&format!("{entity} --add-config cleanup.policy=compact"));
    cluster.tool(&format!("topics --alter --topic {bars} --partitions 5"));
    let compacted = "cleanup.policy is compact, not delete";
    for verb in ["topics list", "lag", "status", "doctor -o json"] {
        let shown = ask(verb);
        assert_eq!(shown.code, 1, "{verb}: {shown:?}");
        assert!(shown.out.contains(compacted), "{verb}: {shown:?}");
        assert!(shown.out.contains("somebody has added 2 to the 3"), "{verb}: {shown:?}");
    }
    up().refused(&[removes, compacted]);
    mend(cluster, &remedy.replace("retention.ms=-1", "cleanup.policy=delete"));
    let again = up();
    assert!(again.code == 0 && again.err.contains("somebody has added 2 to the 3"), "{again:?}");
    let listed = ask("topics list -o json").json();
    assert_eq!((&listed[0]["topic"], &listed[0]["name"]), (&json!("bars"), &json!(bars)));
}

/// Runs the command of Kafka's own tools that a remedy names.
fn mend(cluster: &Cluster, remedy: &str) {
    let command = remedy.split("kafka-").nth(1).unwrap().split(" and start again").next().unwrap();
    let at = format!(".sh --bootstrap-server {}", cluster.brokers());
    assert!(command.contains(&at), "{command}");
    cluster.tool(&command.replacen(&at, "", 1));
}

/// The topics of the cluster whose names hold `part`.
fn there(cluster: &Cluster, part: &str) -> Vec<String> {
    let all = cluster.tool("topics --list");
    all.lines().filter(|name| name.contains(part)).map(str::to_owned).collect()
}

/// A subscriber that comes before the run can have made the broker create a topic as it creates any.
#[test]
fn topics_that_were_there_first_are_mended_by_the_commands_that_are_printed() {
    let Some(cluster) = Cluster::shared() else { return };
    let run = run_of("first");
    for (topic, count) in [(Topic::Predictions, 1), (Topic::Bars, 2)] {
        let name = format!("{run}.{}", topic.name());
        let policy = "--config cleanup.policy=compact --config compression.type=gzip";
        cluster.tool(&format!("topics --create --topic {name} --partitions {count} {policy}"));
    }
    let log = KafkaLog::connect(settings(cluster, &run)).unwrap();
    let mismatches = shell::open::ensure_topics(&log, 2).unwrap();
    let of_bars = mismatches.iter().filter(|one| one.topic == Topic::Bars.name());
    let settings: Vec<&str> = of_bars.clone().map(|one| one.setting.as_str()).collect();
    for setting in ["cleanup.policy", "compression.type", "retention.ms", "segment.ms"] {
        assert!(settings.contains(&setting), "{setting}: {settings:?}");
    }
    let remedies: BTreeSet<&String> = of_bars.map(|one| &one.remedy).collect();
    assert_eq!(remedies.len(), 1, "one command mends a topic: {remedies:?}");
    mend(cluster, remedies.first().unwrap());
    let count = mismatches.iter().find(|one| one.setting == "partitions").unwrap();
    assert_eq!((count.topic.as_str(), count.found.as_str()), (Topic::Predictions.name(), "1"));
    mend(cluster, &count.remedy);
    wait_for("topic that is gone", || {
        let name = format!("{run}.{}", Topic::Predictions.name());
        there(cluster, &name).is_empty().then_some(())
    });
    assert_eq!(shell::open::ensure_topics(&log, 2).unwrap(), []);
}

#[test]
fn a_run_that_kafka_cannot_hold_is_refused_before_anything_is_created() {
    let Some(cluster) = Cluster::shared() else { return };
    let data = tempfile::tempdir().unwrap();
    let up = |run: &str| {
        let mut up = command(data.path(), "up --source sim:5,stocks=2,days=280 --until 2016-01-29");
        up.args(["--run", run, "--log", "kafka", "--brokers", cluster.brokers()]);
        finish(up)
    };
    let known = run_of("a_b");
    let log = KafkaLog::connect(settings(cluster, &known)).unwrap();
    log.ensure_topics(&[TopicSpec::new(Topic::Bars.name(), 1)]).unwrap();
    let collides = known.replacen("a_b", "a.b", 1);
    // With a run's name of 100 characters every topic's is short enough for Kafka.
    let long = "x".repeat(101);
    for (run, why) in [
        ("__mine", "choose another name with --run"),
        (collides.as_str(), "'.' and '_' for the same"),
        (long.as_str(), "1 to 100 letters"),
    ] {
        let refused = up(run);
        refused.refused(&[why]);
        assert_eq!(there(cluster, &format!("{run}.")), Vec::<String>::new());
        assert!(!data.path().join("runs").join(run).exists(), "{run}");
    }
    assert_eq!(there(cluster, &known).len(), 1);
}

#[test]
fn a_start_that_is_refused_leaves_no_topics() {
    let Some(cluster) = Cluster::shared() else { return };
    let data = tempfile::tempdir().unwrap();
    let run = run_of("refused");
    let ask = |words: &str| {
        let mut ask = command(data.path(), words);
        ask.args(["--run", &run, "--log", "kafka", "--brokers", cluster.brokers()]);
        finish(ask)
    };
    let market = "--source sim:5,stocks=2,days=280";
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at_taken = taken.local_addr().unwrap().to_string();
    let mut listens = command(data.path(), &format!("up {market} --run {run} --log kafka"));
    listens.args(["--brokers", cluster.brokers()]).env("BUTTERQUANT_LISTEN", &at_taken);
    let refused = finish(listens);
    assert!(refused.code == 2 && refused.err.contains(&at_taken), "{refused:?}");
    assert_eq!(there(cluster, &run), Vec::<String>::new(), "{refused:?}");
    for words in [
        format!("up {market} --from 2099-01-01"),
        format!("up {market} --until 1999-01-04"),
        format!("backtest {market} --from 2099-01-01 --to 2099-02-01"),
        format!("run source {market} --data-dir /dev/null/none"),
        format!("history generate {market} --before 1990-01-01"),
        "up --source csv:nowhere".to_owned(),
        "scan --source sim:5,stocks=2,days=280 --tickers NONE".to_owned(),
    ] {
        let refused = ask(&words);
        assert_eq!(refused.code, 2, "{words}: {refused:?}");
        assert_eq!(there(cluster, &run), Vec::<String>::new(), "{words}: {refused:?}");
    }
}

#[test]
fn a_log_that_lost_its_beginning_is_reported_at_start() {
    let Some(cluster) = Cluster::shared() else { return };
    let run = run_of("lost");
    let log = KafkaLog::connect(settings(cluster, &run)).unwrap();
    shell::open::ensure_topics(&log, 1).unwrap();
    publish(&log, Topic::Scans, 100).unwrap();
    let scans = format!("{run}.{}", Topic::Scans.name());
    let data = tempfile::tempdir().unwrap();
    let list = data.path().join("delete.json");
    let what = format!(
        "{{\"partitions\":[{{\"topic\":\"{scans}\",\"partition\":0,\"offset\":1}}],\"version\":1}}"
    );
    std::fs::write(&list, what).unwrap();
    cluster.tool(&format!("delete-records --offset-json-file {}", list.display()));
    let mut up =
        command(data.path(), "up --source sim:5,stocks=2,days=280 --until 1999-01-04 --log kafka");
    up.args(["--run", &run, "--brokers", cluster.brokers()]).env("BUTTERQUANT_PARTITIONS", "1");
    let up = finish(up);
    assert!(up.err.contains("scans/0, offset 0: deleted by retention"), "{up:?}");
}

fn publish(log: &KafkaLog, topic: Topic, bytes: usize) -> eventlog::Result<Vec<u64>> {
    // Bytes that do not compress.
    let mut state = 1_u64;
    let value = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    });
    let record = NewRecord {
        to: TopicPartition::new(topic.name(), 0),
        timestamp_ms: 1_500_000_000_000,
        key: None,
        value: value.take(bytes).collect(),
        headers: Default::default(),
    };
    let batch = Batch { records: vec![record], ..Batch::default() };
    log.producer("letters")?.publish(batch, None)
}

#[test]
fn the_largest_letter_is_taken_and_read_and_too_large_a_bar_is_refused() {
    let Some(cluster) = Cluster::shared() else { return };
    let log = KafkaLog::connect(settings(cluster, &run_of("large"))).unwrap();
    shell::open::ensure_topics(&log, 1).unwrap();
    let large = (4 << 20) - 4096;
    publish(&log, Topic::DeadLetters, large).unwrap();
    let refused = publish(&log, Topic::Bars, large).unwrap_err();
    assert_eq!(refused.class, ErrorClass::Fatal, "{refused}");
    assert!(refused.to_string().contains("max.message.bytes"), "{refused}");
    publish(&log, Topic::Bars, 900_000).unwrap();
    for (topic, bytes) in [(Topic::DeadLetters, large), (Topic::Bars, 900_000)] {
        let (mut reader, place) = (log.reader().unwrap(), TopicPartition::new(topic.name(), 0));
        let (mut from, mut read) = (0, vec![]);
        for _ in 0..100 {
            for fetched in
                reader.poll(&[(place.clone(), from)], 10, Duration::from_millis(100)).unwrap()
            {
                from = fetched.position;
                read.extend(fetched.records.into_iter().map(|record| record.value.len()));
            }
            if !read.is_empty() {
                break;
            }
        }
        assert_eq!(read, [bytes], "{topic}");
    }
}

#[test]
fn three_copies_are_safe_with_two_and_fewer_are_reported() {
    let Some(cluster) = &Cluster::start(3) else { return };
    let folder = tempfile::tempdir().unwrap();
    // As with a production cluster, with a password over TLS.
    let login = cluster.sasl_ssl().unwrap();
    let with = |run: &str, copies: Option<u32>| {
        let mut settings = KafkaSettings::new(login.brokers.as_str());
        settings.prefix = format!("{run}.");
        settings.extra = login.properties.clone();
        settings.replication = copies;
        KafkaLog::connect(settings).unwrap()
    };
    assert_eq!(shell::open::ensure_topics(&with("three", Some(3)), 1).unwrap(), []);
    assert_eq!(publish(&with("three", None), Topic::Bars, 1_000).unwrap(), [0]);
    let told = told(cluster, "three", Topic::Orders);
    for wanted in ["min.insync.replicas=2", "ReplicationFactor: 3"] {
        assert!(told.iter().any(|one| one == wanted), "{wanted}: {told:?}");
    }
    shell::open::ensure_topics(&with("one", Some(1)), 1).unwrap();
    let found = shell::open::ensure_topics(&with("one", Some(3)), 1).unwrap();
    let of_bars = found.iter().find(|one| one.topic == Topic::Bars.name()).unwrap().to_string();
    assert!(of_bars.contains("replication is 1, not 3"), "{of_bars}");
    assert!(of_bars.contains("--command-config FILE"), "{of_bars}");
    let list = folder.path().join("copies.json");
    let json = of_bars.split("write ").nth(1).unwrap().split(" to a file JSON").next().unwrap();
    std::fs::write(&list, json).unwrap();
    let list = list.display();
    cluster.tool(&format!("reassign-partitions --execute --reassignment-json-file {list}"));
    wait_for("more copies", || {
        let found = shell::open::ensure_topics(&with("one", Some(3)), 1).unwrap();
        found.iter().all(|one| one.topic != Topic::Bars.name()).then_some(())
    });
    let found = shell::open::ensure_topics(&with("one", Some(3)), 1).unwrap();
    // Without a setting, the brokers' default applies: three here.
    assert_eq!(shell::open::ensure_topics(&with("one", None), 1).unwrap(), found);
    assert_eq!(shell::open::ensure_topics(&with("three", None), 1).unwrap(), []);
    let refused = shell::open::ensure_topics(&with("five", Some(5)), 1).unwrap_err().to_string();
    assert!(
        refused.contains("fewer than 5 brokers") && refused.contains("replication"),
        "{refused}"
    );
}

/// A client that had lost its brokers used to go on reporting an unknown partition, and an executor
/// that had taken over never started.
#[test]
fn a_partition_that_a_client_does_not_know_is_found_when_it_is_asked_for_again() {
    let Some(cluster) = Cluster::shared() else { return };
    let run = run_of("grown");
    let log = KafkaLog::connect(settings(cluster, &run)).unwrap();
    log.ensure_topics(&[TopicSpec::new("t", 1)]).unwrap();
    let [known, unknown] = [0, 1].map(|partition| TopicPartition::new("t", partition));
    assert_eq!((log.watermarks(&known).unwrap().high, log.written_end(&known).unwrap()), (0, 0));
    assert_eq!(log.written_end(&unknown).unwrap_err().class, ErrorClass::Fatal);
    cluster.tool(&format!("topics --alter --topic {run}.t --partitions 2"));
    wait_for("end of the new partition", || log.watermarks(&unknown).ok());
    wait_for("end of what is written there", || log.written_end(&unknown).ok());
}
