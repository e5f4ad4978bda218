//! The settings that a topic must have, and what differs of one that exists.

use rdkafka::admin::{AdminClient, ResourceSpecifier};
use rdkafka::consumer::Consumer;

use super::admin_answer::{block_on, options};
use super::cluster::Cluster;
use super::errors::{Place, of_code};
use super::settings::{KafkaSettings, Quiet};
use crate::{Result, TopicInfo, TopicMismatch, TopicPartition, TopicSpec};

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
/// The settings of a topic with `copies` copies. An event is safe once two brokers have it.
pub(super) fn wanted(spec: &TopicSpec, copies: u32) -> Vec<(&'static str, String)> {
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

/// The settings of existing topics that differ from those of new ones, each with what mends it.
pub(super) fn compare(
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
            mismatches.push(partitions(cluster, spec, info.partitions)?);
        }
        let mut report = |setting: &str, wanted: &str, found: &str, remedy: String| {
            let (topic, setting) = (spec.name.clone(), setting.to_string());
            let (expected, found) = (wanted.to_string(), found.to_string());
            mismatches.push(TopicMismatch { topic, setting, expected, found, remedy });
        };
        let copies = copies(cluster, name)?;
        if copies < expected {
            let remedy = more_copies(cluster, name, expected)?;
            report("replication", &expected.to_string(), &copies.to_string(), remedy);
        }
        let resource = resource.map_err(|code| of_code(code, &spec.name))?;
        let differ: Vec<_> = wanted(spec, copies)
            .into_iter()
            .filter_map(|(setting, wanted)| {
                // A broker too old to know a setting does not report it.
                let found = resource.get(setting)?.value.clone().unwrap_or_default();
                (!will_do(setting, &wanted, &found)).then_some((setting, wanted, found))
            })
            .collect();
        let all: Vec<String> =
            differ.iter().map(|(setting, wanted, _)| format!("{setting}={wanted}")).collect();
        let change = format!(
            "--alter --entity-type topics --entity-name {name} --add-config {}",
            all.join(",")
        );
        let remedy = format!("change it with {}", tool(cluster, "configs", &change));
        for (setting, wanted, found) in differ {
            report(setting, &wanted, &found, remedy.clone());
        }
    }
    Ok(mismatches)
}

/// A command of Kafka's own tools. The login of this program is not in a form that they read.
fn tool(cluster: &Cluster, name: &str, words: &str) -> String {
    let KafkaSettings { brokers, extra, .. } = &cluster.settings;
    let secured =
        extra.get("security.protocol").is_some_and(|one| !one.eq_ignore_ascii_case("plaintext"));
    let login = if secured { " --command-config FILE, where FILE has your login" } else { "" };
    format!("kafka-{name}.sh --bootstrap-server {brokers} {words}{login}")
}

/// Another partition count. A subscriber that came first can have made the broker create the topic; while it is empty
/// it can go.
fn partitions(cluster: &Cluster, spec: &TopicSpec, found: u32) -> Result<TopicMismatch> {
    for partition in 0..found {
        if cluster.ends(&TopicPartition::new(spec.name.as_str(), partition))?.high > 0 {
            return Ok(TopicMismatch::partitions(spec, found));
        }
    }
    let name = cluster.settings.name(&spec.name);
    let delete = tool(cluster, "topics", &format!("--delete --topic {name}"));
    let remedy = format!("it is empty: delete it with {delete} and start again");
    Ok(TopicMismatch { remedy, ..TopicMismatch::partitions(spec, found) })
}

/// The brokers that have copies of each partition of the topic, and those of the cluster.
fn replicas(cluster: &Cluster, name: &str) -> Result<(Vec<Vec<i32>>, Vec<i32>)> {
    let metadata = cluster.client.fetch_metadata(Some(name), cluster.settings.timeout).at(name)?;
    let topic = metadata.topics().iter().find(|topic| topic.name() == name);
    let mut partitions: Vec<_> = topic.map_or(&[][..], |topic| topic.partitions()).iter().collect();
    partitions.sort_by_key(|one| one.id());
    let of_partitions = partitions.iter().map(|one| one.replicas().to_vec()).collect();
    let mut brokers: Vec<i32> = metadata.brokers().iter().map(|broker| broker.id()).collect();
    brokers.sort_unstable();
    Ok((of_partitions, brokers))
}

/// The fewest copies that a partition of the topic has.
fn copies(cluster: &Cluster, name: &str) -> Result<u32> {
    let (partitions, _) = replicas(cluster, name)?;
    Ok(partitions.iter().map(|one| one.len() as u32).min().unwrap_or(0))
}

/// What gives each partition of the topic `expected` copies: those it has, and the next brokers.
fn more_copies(cluster: &Cluster, name: &str, expected: u32) -> Result<String> {
    let (mut partitions, brokers) = replicas(cluster, name)?;
    let expected = expected as usize;
    if brokers.len() < expected {
        return Ok("start more brokers, or set `replication` to fewer copies".to_string());
    }
    let mut listed = Vec::new();
    for (partition, held) in partitions.iter_mut().enumerate() {
        for at in 0..brokers.len() {
            let next = brokers[(partition + at) % brokers.len()];
            if held.len() < expected && !held.contains(&next) {
                held.push(next);
            }
        }
        listed.push(format!(r#"{{"topic":"{name}","partition":{partition},"replicas":{held:?}}}"#));
    }
    let change = tool(cluster, "reassign-partitions", "--execute --reassignment-json-file JSON");
    Ok(format!(
        r#"write {{"version":1,"partitions":[{}]}} to a file JSON and run {change}"#,
        listed.join(",")
    ))
}
