//! Third-party subscribers read the topics of a real Kafka: Confluent's Python client with its Avro
//! deserializer, in groups of its own, and kcat. They get their schemas from the program's registry.

#![allow(clippy::unwrap_used)]

#[path = "../../schemas/tests/fixtures/mod.rs"]
mod fixtures;

use eventlog::{
    Batch, EmbeddedLog, KafkaLog, KafkaSettings, Log, NewRecord, Record, TopicPartition,
};
use schemas::{Topic, registry};
use serde_json::{Value, json};
use shell::{open, record_codec};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tests::cli::{Running, run, wait_for};
use tests::cluster::Cluster;
use tests::{pages, python};

const PARTITIONS: u32 = 12;
const TOKEN: &str = "a-token-of-this-test";
/// Records of a transaction.
const AT_ONCE: usize = 1_000;

/// The content of a topic: records, and events by kind.
#[derive(Default)]
struct Told {
    records: usize,
    kinds: BTreeMap<&'static str, usize>,
}

/// A demo's log and one event of every kind, copied to Kafka.
fn fill(data: &Path, kafka: &KafkaLog) -> BTreeMap<Topic, Told> {
    std::fs::write(
        data.join("butterquant.toml"),
        format!("token = \"{TOKEN}\"\n[settings]\ntraining_epochs = 2\n"),
    )
    .unwrap();
    run(data, "demo --days 150 --stocks 24 --history 1500 -o json").json();
    let demo = EmbeddedLog::open(data.join("runs/demo/log")).unwrap();
    let specs = Topic::ALL.map(|topic| open::spec(topic, PARTITIONS));
    assert!(kafka.ensure_topics(&specs).unwrap().is_empty());
    let mut producer = kafka.producer("copier").unwrap();
    let mut told: BTreeMap<Topic, Told> = BTreeMap::new();
    let extra: Vec<NewRecord> = fixtures::one_of_each()
        .iter()
        .filter(|event| event.body.marker().is_none()) // the demo has those
        .map(|event| record_codec::record(event, PARTITIONS, "test").unwrap())
        .collect();
    for topic in Topic::ALL {
        let mut records: Vec<NewRecord> = (0..topic.partitions(PARTITIONS))
            .flat_map(|partition| everything(&demo, record_codec::place(topic, partition)))
            .collect();
        records.extend(extra.iter().filter(|record| &*record.to.topic == topic.name()).cloned());
        let of_topic = told.entry(topic).or_default();
        for record in &records {
            let event = schemas::codec::decode(topic, &record.value).unwrap();
            of_topic.records += 1;
            *of_topic.kinds.entry(event.body.kind()).or_default() += 1;
        }
        for part in records.chunks(AT_ONCE) {
            producer.publish(Batch { records: part.to_vec(), ..Batch::default() }, None).unwrap();
        }
    }
    told
}

fn everything(log: &EmbeddedLog, place: TopicPartition) -> Vec<NewRecord> {
    let (mut reader, mut next, mut records) = (log.reader().unwrap(), 0, Vec::new());
    let end = log.watermarks(&place).unwrap().high;
    while next < end {
        for fetched in reader.poll(&[(place.clone(), next)], 5_000, Duration::from_secs(5)).unwrap()
        {
            next = fetched.position;
            records.extend(fetched.into_records().map(|record| again(&place, record)));
        }
    }
    records
}

fn again(place: &TopicPartition, record: Record) -> NewRecord {
    let Record { timestamp_ms, key, value, headers, .. } = record;
    NewRecord { to: place.clone(), timestamp_ms, key, value, headers }
}

/// Starts `schemas serve` and waits until it answers.
fn registry(data: &Path) -> (Running, String) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let running = Running::start(data, &format!("schemas serve --listen {address}"));
    wait_for("registry", || TcpStream::connect(&address).ok());
    (running, format!("http://{address}"))
}

#[test]
fn subscribers_with_tools_of_their_own_read_every_event_once() {
    let Some(cluster) = Cluster::start(1) else { return };
    let data = tempfile::tempdir().unwrap();
    let mut settings = KafkaSettings::new(cluster.brokers());
    // The broker may be a permanent one.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let prefix = format!("subscribed-{}.", now.as_millis());
    settings.prefix = prefix.clone();
    let told = fill(data.path(), &KafkaLog::connect(settings).unwrap());
    let all: usize = told.values().map(|of_topic| of_topic.records).sum();
    assert!(all > 10_000 && told[&Topic::Features].kinds["FEATURES_EXTRACTED"] > 50);

    let (_serving, url) = registry(data.path());
    let topics: Vec<Value> = told
        .iter()
        .map(|(topic, of_topic)| {
            json!({
                "topic": format!("{prefix}{}", topic.name()),
                "name": topic.name(),
                "single": topic.single(),
                "partitions": topic.partitions(PARTITIONS),
                "subject": registry::subject(*topic, &prefix),
                "versions": registry::versions(*topic).map(|it| it.version).collect::<Vec<_>>(),
                "id": registry::versions(*topic).next_back().unwrap().id,
                "records": of_topic.records,
                "kinds": of_topic.kinds,
            })
        })
        .collect();
    let asked =
        json!({ "brokers": cluster.brokers(), "registry": url, "token": TOKEN, "topics": topics });
    std::fs::write(data.path().join("subscriber.json"), asked.to_string()).unwrap();
    let needed = ["confluent_kafka.schema_registry.avro", "fastavro"];
    if let Some(said) = python::run("subscriber.py", &needed, data.path()) {
        assert!(said.contains(&format!("{all} events")), "{said}");
        python::say(said.trim());
    }
    kcat(cluster.brokers(), &prefix, &told);
    the_page(cluster.brokers(), &prefix, &url, &told);
}

/// The examples of the subscribers' page, with the addresses and the topics of this test.
fn the_page(brokers: &str, prefix: &str, url: &str, told: &BTreeMap<Topic, Told>) {
    let page = pages::read("subscribers.md");
    let registry = url.replace("http://", &format!("http://reader:{TOKEN}@"));
    let here = |text: &str| {
        let text = text.replace("127.0.0.1:19092", brokers);
        let text = text.replace("http://127.0.0.1:8081", &registry);
        text.replace("\"butterquant.", &format!("\"{prefix}butterquant."))
            .replace("-t butterquant.", &format!("-t {prefix}butterquant."))
    };
    let joined = |language| {
        let found = pages::blocks(&page, &[language]);
        assert!(!found.is_empty(), "the page has no {language}");
        here(&found.iter().map(|block| &*block.text).collect::<Vec<_>>().join("\n"))
    };
    let output = |program: &OsStr, text: String| {
        let output = Command::new(program).arg("-c").arg(text).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let predictions = &told[&Topic::Predictions];
    if python::has(&["confluent_kafka.schema_registry.avro", "fastavro"]) {
        let said = output(&python::interpreter(), joined("python"));
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 4, "{said}");
        assert!(lines[0].contains("candidates scored; the best: (("), "{said}");
        let by_hand = format!("{} events decoded by hand", predictions.records);
        assert!(lines[1].starts_with(&by_hand), "{by_hand}: {said}");
        for (kind, count) in &told[&Topic::Orders].kinds {
            assert!(lines[2].contains(&format!("'{kind}': {count}")), "{kind} {count}: {said}");
        }
        // The demo's days are all later; those of the events of every kind may be earlier.
        let since: usize = lines[3].split(' ').next().unwrap().parse().unwrap();
        assert!(since > predictions.records / 2 && since <= predictions.records, "{said}");
    }
    if Command::new("kcat").arg("-V").output().is_ok() {
        let said = output(OsStr::new("bash"), format!("set -eo pipefail\n{}", joined("sh")));
        let (records, last): (Vec<&str>, Vec<&str>) =
            said.lines().partition(|line| line.contains("ce_id="));
        assert_eq!(records.len(), predictions.records, "{said}");
        assert!(last.len() <= PARTITIONS as usize, "{last:?}");
    }
}

/// kcat sees the committed records and their headers.
fn kcat(brokers: &str, prefix: &str, told: &BTreeMap<Topic, Told>) {
    if Command::new("kcat").arg("-V").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "there is no kcat: apt-get install kcat");
        python::say("not read by kcat: there is none; apt-get install kcat");
        return;
    }
    for (topic, of_topic) in told {
        let name = format!("{prefix}{}", topic.name());
        let read = Command::new("kcat")
            .args(["-C", "-b", brokers, "-t", &name, "-o", "beginning", "-e", "-q"])
            .args(["-X", "isolation.level=read_committed", "-f", "%p|%k|%S|%h\n"])
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&read.stdout);
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        assert_eq!(out.lines().count(), of_topic.records, "{name}");
        let prefix = format!("ce_type={}.", topic.name());
        assert!(
            out.lines().all(|line| line.contains(&prefix) && line.contains("ce_id=")),
            "{name}"
        );
    }
}
