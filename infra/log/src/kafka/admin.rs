//! Creates topics that keep every record, and compares existing topics with them.

use std::thread;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode as Code;

use super::admin_answer::{block_on, options};
use super::cluster::Cluster;
use super::errors::{Place, of_code};
use super::names;
use super::settings::Quiet;
use super::topic_settings::{compare, wanted};
use crate::{ErrorClass, LogError, Result, TopicInfo, TopicMismatch, TopicSpec};

const PAUSE: Duration = Duration::from_millis(50);

/// See [`Log::ensure_topics`].
pub(crate) fn ensure_topics(cluster: &Cluster, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
    let (admin, copies) = asking(cluster)?;
    let known = cluster.topics()?;
    let mut mismatches = of_existing(cluster, &admin, specs, &known, copies)?;
    let missing: Vec<_> = specs.iter().filter(|spec| !is_among(&known, spec)).collect();
    if !missing.is_empty() {
        check_missing(cluster, &missing)?;
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

/// See [`Log::topic_mismatches`].
pub(crate) fn topic_mismatches(
    cluster: &Cluster,
    specs: &[TopicSpec],
) -> Result<Vec<TopicMismatch>> {
    let (admin, copies) = asking(cluster)?;
    of_existing(cluster, &admin, specs, &cluster.topics()?, copies)
}

/// A client for settings, and the copies that a partition should have.
fn asking(cluster: &Cluster) -> Result<(AdminClient<Quiet>, u32)> {
    let config = cluster.settings.query_client();
    let admin: AdminClient<Quiet> = cluster.settings.create(&config, Quiet)?;
    let copies = cluster.settings.replication.map_or_else(|| usual_copies(cluster, &admin), Ok)?;
    Ok((admin, copies))
}

fn is_among(known: &[TopicInfo], spec: &TopicSpec) -> bool {
    known.iter().any(|info| info.name == spec.name)
}

fn of_existing(
    cluster: &Cluster,
    admin: &AdminClient<Quiet>,
    specs: &[TopicSpec],
    known: &[TopicInfo],
    copies: u32,
) -> Result<Vec<TopicMismatch>> {
    let there: Vec<_> = specs.iter().filter(|spec| is_among(known, spec)).collect();
    let mut mismatches = compare(cluster, admin, &there, known, copies)?;
    mismatches.extend(offsets_expire(cluster, admin)?);
    Ok(mismatches)
}

/// Refuses names that Kafka would not create, before the first topic is.
fn check_missing(cluster: &Cluster, missing: &[&TopicSpec]) -> Result<()> {
    let all = cluster.all_names()?;
    for spec in missing {
        let name = cluster.settings.name(&spec.name);
        names::check_names([name.as_str()])?;
        names::check_new(&name, all.iter().cloned())?;
    }
    Ok(())
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
    let (mut created, mut refused) = (Vec::new(), None);
    for result in results {
        match result {
            Ok(name) => created.push(name),
            Err((_, Code::TopicAlreadyExists)) => {}
            Err((topic, code)) => refused = refused.or(Some((topic, code))),
        }
    }
    let Some((topic, code)) = refused else { return Ok(()) };
    // A start that is refused leaves nothing behind.
    if let Err(left) = remove_names(cluster, admin, &created) {
        tracing::warn!("topics that were just created are left behind: {left}");
    }
    Err(refusal(topic, code, copies))
}

fn refusal(topic: String, code: Code, copies: Option<u32>) -> LogError {
    match code {
        Code::InvalidReplicationFactor => LogError::fatal(
            format!("the cluster has fewer than {} brokers for its copies", copies.unwrap_or(0)),
            topic,
            "start more brokers, or set `replication` to fewer copies",
        ),
        _ => of_code(code, format!("creating {topic}")),
    }
}

/// Removes topics of the run.
pub(crate) fn remove_topics(cluster: &Cluster, topics: &[String]) -> Result<()> {
    if topics.is_empty() {
        return Ok(());
    }
    let admin: AdminClient<Quiet> =
        cluster.settings.create(&cluster.settings.query_client(), Quiet)?;
    let names: Vec<String> = topics.iter().map(|topic| cluster.settings.name(topic)).collect();
    remove_names(cluster, &admin, &names)?;
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

/// Removes topics by their names on Kafka.
fn remove_names(cluster: &Cluster, admin: &AdminClient<Quiet>, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Ok(()); // librdkafka refuses an empty list
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let results = block_on(admin.delete_topics(&names, &options(cluster))).at("removing topics")?;
    for result in results {
        match result {
            Ok(_) | Err((_, Code::UnknownTopicOrPartition)) => {}
            Err((topic, code)) => return Err(of_code(code, format!("removing {topic}"))),
        }
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
