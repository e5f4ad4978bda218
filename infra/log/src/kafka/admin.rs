//! Creating topics that keep everything, and comparing those that exist.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode as Code;

use super::KafkaLog;
use super::errors::{Place, of_code};
use super::settings::Quiet;
use crate::{ErrorClass, Log, LogError, Result, TopicInfo, TopicMismatch, TopicSpec};

/// The settings under which nothing is ever deleted and no record is compressed anew. Record
/// timestamps are the events' own, so everything that goes by time must be at its maximum.
const KEEP_ALL: [(&str, &str); 7] = [
    ("cleanup.policy", "delete"),
    ("retention.ms", "-1"),
    ("retention.bytes", "-1"),
    ("segment.ms", "9223372036854775807"),
    ("message.timestamp.after.max.ms", "9223372036854775807"),
    ("message.timestamp.type", "CreateTime"),
    ("compression.type", "producer"),
];
const PAUSE: Duration = Duration::from_millis(50);

/// See [`Log::ensure_topics`].
pub(crate) fn ensure_topics(log: &KafkaLog, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
    let config = log.settings.asker();
    let admin: AdminClient<Quiet> = log.settings.create(&config, Quiet)?;
    let copies = log.settings.replication.map_or_else(|| usual_copies(log, &admin), Ok)?;
    let known = log.topics()?;
    let (there, missing): (Vec<_>, Vec<_>) =
        specs.iter().partition(|spec| known.iter().any(|info| info.name == spec.name));
    let mut mismatches = compare(log, &admin, &there, &known, copies)?;
    mismatches.extend(offsets_expire(log, &admin)?);
    if !missing.is_empty() {
        create(log, &admin, &missing, copies)?;
        // Another process may have created them meanwhile, with settings of its own.
        mismatches.extend(compare(log, &admin, &missing, &wait_for(log, &missing)?, copies)?);
    }
    Ok(mismatches)
}

fn options(log: &KafkaLog) -> AdminOptions {
    let timeout = Some(log.settings.timeout);
    AdminOptions::new().request_timeout(timeout).operation_timeout(timeout)
}

/// What a topic of `copies` copies is to be set to. An event is safe once two brokers have it.
fn wanted(spec: &TopicSpec, copies: u32) -> Vec<(&'static str, String)> {
    let mut wanted: Vec<_> =
        KEEP_ALL.iter().map(|(name, value)| (*name, (*value).to_string())).collect();
    wanted.extend(spec.largest.map(|bytes| ("max.message.bytes", bytes.to_string())));
    wanted.extend((copies >= 3).then(|| ("min.insync.replicas", "2".to_string())));
    wanted
}

/// Whether `found` will do; of limits more will do too.
fn will_do(setting: &str, wanted: &str, found: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().ok();
    match setting {
        "max.message.bytes" | "min.insync.replicas" => number(found) >= number(wanted),
        _ => found == wanted,
    }
}

/// What a broker says of a setting of its own; none where this user may not ask.
fn of_broker(log: &KafkaLog, admin: &AdminClient<Quiet>, setting: &str) -> Result<Option<String>> {
    let place = "reading the settings of a broker";
    let metadata = log.asker.fetch_metadata(None, log.settings.timeout).at(place)?;
    let brokers = metadata.brokers().iter().take(1);
    let asked: Vec<_> = brokers.map(|broker| ResourceSpecifier::Broker(broker.id())).collect();
    let found = block_on(admin.describe_configs(&asked, &options(log))).at(place)?;
    let known = found.into_iter().next().and_then(|resource| resource.ok());
    Ok(known.and_then(|resource| resource.get(setting)?.value.clone()))
}

/// Copies of a topic's partitions where nothing else is asked for: what a broker says of itself.
/// Who may not ask sets `replication`, or is told of what is missing.
fn usual_copies(log: &KafkaLog, admin: &AdminClient<Quiet>) -> Result<u32> {
    let usual = of_broker(log, admin, "default.replication.factor")?;
    Ok(usual.and_then(|usual| usual.parse().ok()).unwrap_or(0))
}

/// A run that stood still for longer than this has lost its place in every partition.
fn offsets_expire(log: &KafkaLog, admin: &AdminClient<Quiet>) -> Result<Option<TopicMismatch>> {
    const SETTING: &str = "offsets.retention.minutes";
    let wanted = i32::MAX.to_string();
    let found = of_broker(log, admin, SETTING)?.filter(|found| *found != wanted);
    Ok(found.map(|found| TopicMismatch {
        topic: "__consumer_offsets".to_string(),
        setting: SETTING.to_string(),
        remedy: format!("set {SETTING}={wanted} in the server.properties of every broker"),
        expected: wanted,
        found,
    }))
}

fn create(
    log: &KafkaLog,
    admin: &AdminClient<Quiet>,
    missing: &[&TopicSpec],
    expected: u32,
) -> Result<()> {
    let copies = log.settings.replication;
    let settled: Vec<(String, Vec<_>)> = missing
        .iter()
        .map(|spec| (log.settings.name(&spec.name), wanted(spec, expected)))
        .collect();
    let topics: Vec<NewTopic<'_>> = missing
        .iter()
        .zip(&settled)
        .map(|(spec, (name, settings))| NewTopic {
            config: settings.iter().map(|(name, value)| (*name, value.as_str())).collect(),
            ..NewTopic::new(
                name,
                spec.partitions as i32,
                // Minus one is what the brokers are set to.
                TopicReplication::Fixed(copies.map_or(-1, |copies| copies as i32)),
            )
        })
        .collect();
    let results = block_on(admin.create_topics(&topics, &options(log))).at("creating topics")?;
    for result in results {
        match result {
            Ok(_) | Err((_, Code::TopicAlreadyExists)) => {}
            Err((topic, Code::InvalidReplicationFactor)) => {
                return Err(LogError::fatal(
                    format!("there are not {} brokers for its copies", copies.unwrap_or(0)),
                    topic,
                    "start more brokers, or set `replication` to fewer copies",
                ));
            }
            Err((topic, code)) => return Err(of_code(code, format!("creating {topic}"))),
        }
    }
    Ok(())
}

/// Removes topics of the run.
pub(crate) fn remove_topics(log: &KafkaLog, topics: &[String]) -> Result<()> {
    if topics.is_empty() {
        return Ok(()); // librdkafka refuses to ask for nothing
    }
    let admin: AdminClient<Quiet> = log.settings.create(&log.settings.asker(), Quiet)?;
    let names: Vec<String> = topics.iter().map(|topic| log.settings.name(topic)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let results =
        block_on(admin.delete_topics(&names, &options(log))).at("removing the run's topics")?;
    for result in results {
        match result {
            Ok(_) | Err((_, Code::UnknownTopicOrPartition)) => {}
            Err((topic, code)) => return Err(of_code(code, format!("removing {topic}"))),
        }
    }
    // Until the brokers know it, they would take the topics for those to be made next.
    let deadline = Instant::now() + log.settings.timeout;
    while log.topics()?.iter().any(|info| topics.contains(&info.name)) {
        if Instant::now() > deadline {
            return Err(of_code(Code::OperationTimedOut, "removing the run's topics"));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Waits until every partition of the new topics has a leader that clients can find.
fn wait_for(log: &KafkaLog, specs: &[&TopicSpec]) -> Result<Vec<TopicInfo>> {
    let deadline = Instant::now() + log.settings.timeout;
    loop {
        let known = log.topics()?;
        let settled = specs.iter().all(|spec| {
            known.iter().any(|info| info.name == spec.name && info.partitions > 0)
                && (0..spec.partitions).all(|n| {
                    log.watermarks(&crate::TopicPartition::new(spec.name.as_str(), n)).is_ok()
                })
        });
        if settled || Instant::now() > deadline {
            return match settled {
                true => Ok(known),
                false => Err(LogError::new(
                    ErrorClass::Retry,
                    "new topics have no leaders yet",
                    &log.settings.brokers,
                    "wait a moment, or check that enough brokers run for the replication asked for",
                )),
            };
        }
        thread::sleep(PAUSE);
    }
}

fn compare(
    log: &KafkaLog,
    admin: &AdminClient<Quiet>,
    specs: &[&TopicSpec],
    known: &[TopicInfo],
    expected: u32,
) -> Result<Vec<TopicMismatch>> {
    let mut mismatches = Vec::new();
    let names: Vec<String> = specs.iter().map(|s| log.settings.name(&s.name)).collect();
    let asked: Vec<_> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    if asked.is_empty() {
        return Ok(mismatches);
    }
    let found = block_on(admin.describe_configs(&asked, &options(log)))
        .at("reading the settings of topics")?;
    for ((spec, name), resource) in specs.iter().zip(&names).zip(found) {
        if let Some(info) = known.iter().find(|info| info.name == spec.name)
            && info.partitions != spec.partitions
        {
            mismatches.push(TopicMismatch::partitions(spec, info.partitions));
        }
        let mut report = |setting: &str, wanted: &str, found: &str, remedy: String| {
            let (topic, setting) = (spec.name.clone(), setting.to_string());
            let (expected, found) = (wanted.to_string(), found.to_string());
            mismatches.push(TopicMismatch { topic, setting, expected, found, remedy });
        };
        let copies = copies(log, name)?;
        if copies < expected {
            let remedy = "kafka-reassign-partitions.sh gives a topic more copies".to_string();
            report("replication", &expected.to_string(), &copies.to_string(), remedy);
        }
        let resource = resource.map_err(|code| of_code(code, &spec.name))?;
        for (setting, wanted) in wanted(spec, copies) {
            // A broker too old to know a setting does not report it.
            let Some(entry) = resource.get(setting) else { continue };
            let found = entry.value.as_deref().unwrap_or("");
            if !will_do(setting, &wanted, found) {
                let remedy = format!(
                    "change it with kafka-configs.sh --bootstrap-server {} --alter \
                     --entity-type topics --entity-name {name} --add-config {setting}={wanted}",
                    log.settings.brokers
                );
                report(setting, &wanted, found, remedy);
            }
        }
    }
    Ok(mismatches)
}

/// How many brokers are to have each partition of a topic, the fewest counting.
fn copies(log: &KafkaLog, name: &str) -> Result<u32> {
    let metadata = log.asker.fetch_metadata(Some(name), log.settings.timeout).at(name)?;
    let topic = metadata.topics().iter().find(|topic| topic.name() == name);
    let partitions = topic.map_or(&[][..], |topic| topic.partitions());
    Ok(partitions.iter().map(|one| one.replicas().len() as u32).min().unwrap_or(0))
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for one answer of the admin client, which has a thread of its own.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
