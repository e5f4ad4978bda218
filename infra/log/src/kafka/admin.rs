//! Creates topics that keep every record, and compares existing topics with them.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode as Code;

use super::cluster::Cluster;
use super::errors::{Place, of_code};
use super::settings::Quiet;
use crate::{ErrorClass, LogError, Result, TopicInfo, TopicMismatch, TopicSpec};

/// Settings that delete nothing and recompress no record. Records bear the events' own times, so
/// every limit by time is at its maximum.
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
pub(crate) fn ensure_topics(cluster: &Cluster, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
    let config = cluster.settings.query_client();
    let admin: AdminClient<Quiet> = cluster.settings.create(&config, Quiet)?;
    let copies = cluster.settings.replication.map_or_else(|| usual_copies(cluster, &admin), Ok)?;
    let known = cluster.topics()?;
    let (there, missing): (Vec<_>, Vec<_>) =
        specs.iter().partition(|spec| known.iter().any(|info| info.name == spec.name));
    let mut mismatches = compare(cluster, &admin, &there, &known, copies)?;
    mismatches.extend(offsets_expire(cluster, &admin)?);
    if !missing.is_empty() {
        create(cluster, &admin, &missing, copies)?;
        // Another process may have created them first, with other settings.
        mismatches.extend(compare(
            cluster,
            &admin,
            &missing,
            &wait_for(cluster, &missing)?,
            copies,
        )?);
    }
    Ok(mismatches)
}

fn options(cluster: &Cluster) -> AdminOptions {
    let timeout = Some(cluster.settings.timeout);
    AdminOptions::new().request_timeout(timeout).operation_timeout(timeout)
}

/// The settings of a topic with `copies` copies. An event is safe once two brokers have it.
fn wanted(spec: &TopicSpec, copies: u32) -> Vec<(&'static str, String)> {
    let mut wanted: Vec<_> =
        KEEP_ALL.iter().map(|(name, value)| (*name, (*value).to_string())).collect();
    wanted.extend(spec.largest.map(|bytes| ("max.message.bytes", bytes.to_string())));
    wanted.extend((copies >= 3).then(|| ("min.insync.replicas", "2".to_string())));
    wanted
}

/// Whether `found` suffices; a limit may also be higher.
fn will_do(setting: &str, wanted: &str, found: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().ok();
    match setting {
        "max.message.bytes" | "min.insync.replicas" => number(found) >= number(wanted),
        _ => found == wanted,
    }
}

/// A broker's own value of `setting`; `None` where this user has no right to ask.
fn of_broker(
    cluster: &Cluster,
    admin: &AdminClient<Quiet>,
    setting: &str,
) -> Result<Option<String>> {
    let place = "reading the settings of a broker";
    let metadata = cluster.client.fetch_metadata(None, cluster.settings.timeout).at(place)?;
    let brokers = metadata.brokers().iter().take(1);
    let asked: Vec<_> = brokers.map(|broker| ResourceSpecifier::Broker(broker.id())).collect();
    let found = block_on(admin.describe_configs(&asked, &options(cluster))).at(place)?;
    let known = found.into_iter().next().and_then(|resource| resource.ok());
    Ok(known.and_then(|resource| resource.get(setting)?.value.clone()))
}

/// Copies of a partition by default, as a broker is configured; 0 where this user has no right to
/// ask, so that only a `replication` that is set is checked.
fn usual_copies(cluster: &Cluster, admin: &AdminClient<Quiet>) -> Result<u32> {
    let usual = of_broker(cluster, admin, "default.replication.factor")?;
    Ok(usual.and_then(|usual| usual.parse().ok()).unwrap_or(0))
}

/// Reports a retention of offsets: a run idle for longer loses its place in every partition.
fn offsets_expire(cluster: &Cluster, admin: &AdminClient<Quiet>) -> Result<Option<TopicMismatch>> {
    const SETTING: &str = "offsets.retention.minutes";
    let wanted = i32::MAX.to_string();
    let found = of_broker(cluster, admin, SETTING)?.filter(|found| *found != wanted);
    Ok(found.map(|found| TopicMismatch {
        topic: "__consumer_offsets".to_string(),
        setting: SETTING.to_string(),
        remedy: format!("set {SETTING}={wanted} in the server.properties of every broker"),
        expected: wanted,
        found,
    }))
}

fn create(
    cluster: &Cluster,
    admin: &AdminClient<Quiet>,
    missing: &[&TopicSpec],
    expected: u32,
) -> Result<()> {
    let copies = cluster.settings.replication;
    let settled: Vec<(String, Vec<_>)> = missing
        .iter()
        .map(|spec| (cluster.settings.name(&spec.name), wanted(spec, expected)))
        .collect();
    let topics: Vec<NewTopic<'_>> = missing
        .iter()
        .zip(&settled)
        .map(|(spec, (name, settings))| NewTopic {
            config: settings.iter().map(|(name, value)| (*name, value.as_str())).collect(),
            ..NewTopic::new(
                name,
                spec.partitions as i32,
                // Minus one leaves it to the brokers.
                TopicReplication::Fixed(copies.map_or(-1, |copies| copies as i32)),
            )
        })
        .collect();
    let results =
        block_on(admin.create_topics(&topics, &options(cluster))).at("creating topics")?;
    for result in results {
        match result {
            Ok(_) | Err((_, Code::TopicAlreadyExists)) => {}
            Err((topic, Code::InvalidReplicationFactor)) => {
                return Err(LogError::fatal(
                    format!(
                        "the cluster has fewer than {} brokers for its copies",
                        copies.unwrap_or(0)
                    ),
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
pub(crate) fn remove_topics(cluster: &Cluster, topics: &[String]) -> Result<()> {
    if topics.is_empty() {
        return Ok(()); // librdkafka refuses an empty list
    }
    let admin: AdminClient<Quiet> =
        cluster.settings.create(&cluster.settings.query_client(), Quiet)?;
    let names: Vec<String> = topics.iter().map(|topic| cluster.settings.name(topic)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let results =
        block_on(admin.delete_topics(&names, &options(cluster))).at("removing the run's topics")?;
    for result in results {
        match result {
            Ok(_) | Err((_, Code::UnknownTopicOrPartition)) => {}
            Err((topic, code)) => return Err(of_code(code, format!("removing {topic}"))),
        }
    }
    // A topic created before the brokers know of the removal would be taken for the old one.
    let deadline = Instant::now() + cluster.settings.timeout;
    while cluster.topics()?.iter().any(|info| topics.contains(&info.name)) {
        if Instant::now() > deadline {
            return Err(of_code(Code::OperationTimedOut, "removing the run's topics"));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Waits until every partition of the new topics has a leader that clients can find.
fn wait_for(cluster: &Cluster, specs: &[&TopicSpec]) -> Result<Vec<TopicInfo>> {
    let deadline = Instant::now() + cluster.settings.timeout;
    loop {
        let known = cluster.topics()?;
        let settled = specs.iter().all(|spec| {
            known.iter().any(|info| info.name == spec.name && info.partitions > 0)
                && (0..spec.partitions).all(|n| {
                    cluster.ends(&crate::TopicPartition::new(spec.name.as_str(), n)).is_ok()
                })
        });
        if settled || Instant::now() > deadline {
            return match settled {
                true => Ok(known),
                false => Err(LogError::new(
                    ErrorClass::Retry,
                    "new topics have no leaders yet",
                    &cluster.settings.brokers,
                    "wait a moment, or check that enough brokers run for the replication asked for",
                )),
            };
        }
        thread::sleep(PAUSE);
    }
}

fn compare(
    cluster: &Cluster,
    admin: &AdminClient<Quiet>,
    specs: &[&TopicSpec],
    known: &[TopicInfo],
    expected: u32,
) -> Result<Vec<TopicMismatch>> {
    let mut mismatches = Vec::new();
    let names: Vec<String> = specs.iter().map(|s| cluster.settings.name(&s.name)).collect();
    let asked: Vec<_> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    if asked.is_empty() {
        return Ok(mismatches);
    }
    let found = block_on(admin.describe_configs(&asked, &options(cluster)))
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
        let copies = copies(cluster, name)?;
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
                    cluster.settings.brokers
                );
                report(setting, &wanted, found, remedy);
            }
        }
    }
    Ok(mismatches)
}

/// The fewest copies that a partition of the topic has.
fn copies(cluster: &Cluster, name: &str) -> Result<u32> {
    let metadata = cluster.client.fetch_metadata(Some(name), cluster.settings.timeout).at(name)?;
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

/// Waits for one answer of the admin client, which works in its own thread.
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
