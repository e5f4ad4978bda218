//! The right to publish for a group, on a real Kafka (`BUTTERQUANT_KAFKA=host:port` names it), in both
//! group protocols: a member that the group left behind may not, whatever it has noticed, and one
//! that lives keeps what it holds until it lets go.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // helpers of tests

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use eventlog::kafka::GroupProtocol;
use eventlog::{
    Batch, Consumed, ErrorClass, KafkaLog, KafkaSettings, Log, Member, NewRecord, TopicPartition,
    TopicSpec,
};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

const PATIENCE: Duration = Duration::from_secs(40);
const PARTITIONS: u32 = 4;
/// Names the prefix and the protocol to the process that is to be frozen.
const FROZEN: &str = "BUTTERQUANT_TEST_FROZEN";

fn settings(prefix: String, protocol: GroupProtocol) -> Option<KafkaSettings> {
    let Ok(brokers) = std::env::var("BUTTERQUANT_KAFKA") else {
        println!("not run: BUTTERQUANT_KAFKA names no cluster");
        return None;
    };
    let mut settings = KafkaSettings::new(brokers);
    (settings.prefix, settings.group_protocol) = (prefix, protocol);
    Some(settings)
}

fn prefix(test: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!("test-{now}-{test}.")
}

/// A record with `value`, made from the records of `in/0` so far.
fn made(value: &str, from: u64, next: u64) -> Batch {
    let record = NewRecord {
        to: TopicPartition::new("out", 0),
        timestamp_ms: 1,
        key: None,
        value: value.as_bytes().to_vec(),
        headers: Default::default(),
    };
    let consumed = vec![Consumed { tp: TopicPartition::new("in", 0), from, next }];
    Batch { records: vec![record], consumed, ..Batch::default() }
}

fn poll_until(member: &mut dyn Member, wanted: impl Fn(&BTreeSet<u32>) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let held = member.poll().unwrap().partitions;
        if wanted(&held) {
            return;
        }
        assert!(Instant::now() < deadline, "it holds {held:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The other process: it holds all, publishes once, and then does not look at its group again.
/// It reports its attempts after waking on standard output.
#[test]
#[ignore = "a part of the tests below, which start it"]
fn the_one_that_is_frozen() {
    let Ok(about) = std::env::var(FROZEN) else { return };
    let (name, protocol) = about.split_once(' ').unwrap();
    let protocol =
        if protocol == "classic" { GroupProtocol::Classic } else { GroupProtocol::Consumer };
    let log = KafkaLog::connect(settings(name.to_owned(), protocol).unwrap()).unwrap();
    let mut member = log.member("scorer", "a", &["in".to_owned()]).unwrap();
    poll_until(&mut *member, |held| held.len() == PARTITIONS as usize);
    let mut producer = log.producer("scorer-a").unwrap();
    producer.publish(made("a", 0, 1), Some(&*member)).unwrap();
    let mut later = log.producer("scorer-a-again").unwrap();
    println!("\nsays ready");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let attempt = |value, producer: &mut Box<dyn eventlog::Producer>| match producer
        .publish(made(value, 1, 2), Some(&*member))
    {
        Ok(_) => println!("\nsays published"),
        Err(error) => println!("\nsays {:?}: {error}", error.class),
    };
    attempt("a, at once", &mut producer);
    // Meanwhile its client hears in the background that the group has left it behind.
    std::thread::sleep(Duration::from_secs(4));
    attempt("a, later", &mut later);
}

struct Frozen(Child, ChildStdin, Receiver<String>);

impl Frozen {
    fn start(prefix: &str, protocol: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "the_one_that_is_frozen", "--ignored", "--nocapture"]);
        command.env(FROZEN, format!("{prefix} {protocol}"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (told, heard) = sync_channel(10);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(said) = line.strip_prefix("says ")
                    && told.send(said.to_owned()).is_err()
                {
                    return;
                }
            }
        });
        let input = child.stdin.take().unwrap();
        let frozen = Self(child, input, heard);
        assert_eq!(frozen.says(), "ready");
        frozen
    }

    fn says(&self) -> String {
        self.2.recv_timeout(PATIENCE).unwrap()
    }

    fn signal(&self, name: &str) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended
        let _ = self.0.wait();
    }
}

fn left_behind(protocol: GroupProtocol, name: &str) {
    let prefix = prefix(name);
    let Some(settings) = settings(prefix.clone(), protocol) else { return };
    let log = KafkaLog::connect(settings).unwrap();
    log.ensure_topics(&[TopicSpec::new("in", PARTITIONS), TopicSpec::new("out", 1)]).unwrap();
    let mut frozen = Frozen::start(&prefix, name);

    // It lives and has not let go, so the other gets no partition.
    let mut member = log.member("scorer", "b", &["in".to_owned()]).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(5) {
        let held = member.poll().unwrap().partitions;
        assert!(held.is_empty(), "{held:?} are still another's, who lives");
        std::thread::sleep(Duration::from_millis(20));
    }
    // It lives no more, as far as anybody can tell.
    frozen.signal("-STOP");
    poll_until(&mut *member, |held| held.len() == PARTITIONS as usize);
    let mut producer = log.producer("scorer-b").unwrap();
    producer.publish(made("b", 1, 2), Some(&*member)).unwrap();

    frozen.signal("-CONT");
    writeln!(frozen.1, "go on").unwrap();
    for attempt in ["at once", "later"] {
        let said = frozen.says();
        println!("{name}, {attempt}: {said}");
        assert!(said.starts_with("Fenced"), "{attempt}: {said}");
    }

    let out = TopicPartition::new("out", 0);
    let (mut reader, mut position, mut values) = (log.reader().unwrap(), 0, Vec::new());
    producer.publish(made("b again", 2, 3), Some(&*member)).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while values.last().is_none_or(|last| last != "b again") {
        assert!(Instant::now() < deadline, "{values:?}");
        for fetched in
            reader.poll(&[(out.clone(), position)], 100, Duration::from_millis(100)).unwrap()
        {
            position = fetched.position;
            values.extend(fetched.into_records().map(|r| String::from_utf8(r.value).unwrap()));
        }
    }
    assert_eq!(values, ["a", "b", "b again"]);
    let committed = log.committed("scorer", &[TopicPartition::new("in", 0)]).unwrap();
    assert_eq!(committed, [Some(3)]);
}

#[test]
fn who_was_left_behind_by_its_group_publishes_nothing_with_the_new_protocol() {
    left_behind(GroupProtocol::Consumer, "consumer");
}

#[test]
fn who_was_left_behind_by_its_group_publishes_nothing_with_the_classic_protocol() {
    left_behind(GroupProtocol::Classic, "classic");
}

/// A foreign program in the group that reads one of its two topics takes that topic's partitions
/// from a member and leaves it those of the other.
fn uneven(protocol: GroupProtocol, name: &str, foreign: &[(&str, &str)]) {
    let prefix = prefix(&format!("uneven-{name}"));
    let Some(settings) = settings(prefix.clone(), protocol) else { return };
    let log = KafkaLog::connect(settings.clone()).unwrap();
    let topics = ["one".to_owned(), "two".to_owned()];
    let specs = topics.each_ref().map(|topic| TopicSpec::new(topic.as_str(), PARTITIONS));
    log.ensure_topics(&specs).unwrap();
    let mut member = log.member("shared", "ours", &topics).unwrap();
    poll_until(&mut *member, |held| held.len() == PARTITIONS as usize);

    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &settings.brokers);
    config.set("group.id", format!("{prefix}shared"));
    for (key, value) in foreign {
        config.set(*key, *value);
    }
    let consumer: BaseConsumer = config.create().unwrap();
    consumer.subscribe(&[&format!("{prefix}one")]).unwrap();
    let begun = Instant::now();
    let error = loop {
        let _ = consumer.poll(Duration::ZERO); // there is nothing to read
        match member.poll() {
            Ok(_) => assert!(begun.elapsed() < PATIENCE, "nobody noticed"),
            Err(error) => break error,
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(error.class, ErrorClass::Fatal, "{error}");
    for said in ["not the same partitions of all topics", "shared", "range assignor"] {
        assert!(error.to_string().contains(said), "{said}: {error}");
    }
    assert!(begun.elapsed() > Duration::from_secs(10), "hands may change for a while");
}

#[test]
fn other_partitions_of_one_topic_than_of_the_other_halt_with_the_new_protocol() {
    let foreign = [("group.protocol", "consumer"), ("group.remote.assignor", "range")];
    uneven(GroupProtocol::Consumer, "consumer", &foreign);
}

#[test]
fn other_partitions_of_one_topic_than_of_the_other_halt_with_the_classic_protocol() {
    uneven(GroupProtocol::Classic, "classic", &[("partition.assignment.strategy", "range")]);
}
