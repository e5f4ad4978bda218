//! `topics list` and `topics describe`: what is on the log, and how to read it from elsewhere.

use super::Found;
use crate::cli::TopicsVerb;
use crate::config::Config;
use crate::digest::{self, TopicDigest};
use crate::home::{self, RunDir};
use crate::plain;
use crate::{out, verbs::consume};
use anyhow::Result;
use eventlog::{Log, TopicPartition};
use schemas::codec::schema_versions;
use schemas::{Day, Topic};
use serde::Serialize;
use serde_json::Value;
use shell::wire;
use std::time::Duration;

/// Carries out one of them.
pub fn topics(config: &Config, verb: &TopicsVerb) -> Result<Found> {
    match verb {
        TopicsVerb::List => list(config),
        TopicsVerb::Describe { topic } => describe(config, *topic),
        TopicsVerb::Consume(args) => consume::consume(config, args),
    }
}

#[derive(Serialize)]
struct Listed {
    topic: &'static str,
    name: &'static str,
    partitions: u32,
    #[serde(flatten)]
    digest: TopicDigest,
}

fn list(config: &Config) -> Result<Found> {
    let opened = home::reach(config, &RunDir::of(config, config.run())?)?;
    let partitions = home::partitions(&*opened.log)?;
    let mut listed = Vec::new();
    for topic in Topic::ALL {
        let digest = digest::topic(&*opened.log, topic, partitions)?;
        listed.push(Listed {
            topic: topic.dataset(),
            name: topic.name(),
            partitions: topic.partitions(partitions),
            digest,
        });
    }
    out::show(config.output()?, &listed, |listed| {
        let rows = listed.iter().map(|one| {
            let digest = &one.digest;
            let short = digest.sha256.chars().take(16).collect();
            vec![
                one.topic.to_owned(),
                one.partitions.to_string(),
                digest.events.to_string(),
                digest.markers.to_string(),
                short,
            ]
        });
        out::line(out::table(&["topic", "partitions>", "events>", "day markers>", "digest"], rows));
        for one in listed {
            if let Some(unreadable) = one.digest.kinds.get("UNREADABLE") {
                out::line(format!(
                    "{}: {unreadable} records cannot be read; see `butterquant topics consume dead-letters`",
                    one.topic
                ));
            }
        }
    })?;
    Ok(Found::Nothing)
}

#[derive(Serialize)]
struct Described {
    topic: &'static str,
    name: &'static str,
    keyed_by: Option<&'static str>,
    marked: bool,
    schemas: Vec<Version>,
    partitions: Vec<Ends>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Version {
    version: u32,
    id: u32,
    subject: String,
    avsc: Value,
}

#[derive(Serialize)]
struct Ends {
    partition: u32,
    low: u64,
    high: u64,
    first_day: Option<String>,
    last_day: Option<String>,
}

fn describe(config: &Config, topic: Topic) -> Result<Found> {
    let opened = home::reach(config, &RunDir::of(config, config.run())?)?;
    let log = &*opened.log;
    let mut partitions = Vec::new();
    for partition in 0..topic.partitions(home::partitions(log)?) {
        partitions.push(ends(log, topic, partition)?);
    }
    let gone = partitions.iter().filter(|ends| ends.low > 0).map(|ends| {
        format!(
            "{topic}/{}: what was before offset {} is deleted, so replay and rebuild no longer see the whole run (law 1); set retention.ms=-1 and retention.bytes=-1 and begin another run",
            ends.partition, ends.low
        )
    });
    let versions = schema_versions().iter().filter(|version| version.topic == topic);
    let described = Described {
        topic: topic.dataset(),
        name: topic.name(),
        keyed_by: (!topic.single()).then_some("ticker"),
        marked: topic.marked(),
        schemas: versions
            .map(|version| {
                let avsc = serde_json::from_str(version.text)?;
                Ok(Version {
                    version: version.version,
                    id: version.id,
                    subject: format!("{}-value", topic.name()),
                    avsc,
                })
            })
            .collect::<Result<_>>()?,
        warnings: gone.collect(),
        partitions,
    };
    out::show(config.output()?, &described, print)?;
    Ok(Found::Nothing)
}

fn print(described: &Described) {
    let keyed = described.keyed_by.map_or("without keys, in one partition".to_owned(), |key| {
        format!("keyed by {key} (murmur2)")
    });
    let days =
        if described.marked { "its days are closed by markers" } else { "without day markers" };
    out::line(format!("{}: {keyed}; {days}", described.name));
    for schema in &described.schemas {
        let doc = schema.avsc["doc"].as_str().unwrap_or_default();
        out::line(format!(
            "schema version {}, id {} in the wire format, subject {}: {doc}",
            schema.version, schema.id, schema.subject
        ));
        let fields = schema.avsc["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        let names: Vec<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
        out::line(format!("  fields: {}", names.join(", ")));
    }
    let rows = described.partitions.iter().map(|ends| {
        let day = |day: &Option<String>| day.clone().unwrap_or_else(|| "–".to_owned());
        vec![
            ends.partition.to_string(),
            ends.low.to_string(),
            ends.high.to_string(),
            day(&ends.first_day),
            day(&ends.last_day),
        ]
    });
    out::line(out::table(&["partition>", "low>", "high>", "first day", "last day"], rows));
    described.warnings.iter().for_each(out::line);
    out::line("The whole schema: add -o json. The events: `butterquant topics consume`.");
}

fn ends(log: &dyn Log, topic: Topic, partition: u32) -> Result<Ends> {
    let place = wire::place(topic, partition);
    let marks = log.watermarks(&place)?;
    let first = day_in(log, topic, &place, marks.low, marks.high, true)?;
    let (mut back, mut last) = (1, None);
    // On Kafka the last offsets may be transaction markers, which are no records.
    while last.is_none() && first.is_some() && back / 4 < marks.high - marks.low {
        last = day_in(
            log,
            topic,
            &place,
            marks.high.saturating_sub(back).max(marks.low),
            marks.high,
            false,
        )?;
        back *= 4;
    }
    let shown = |day: Option<Day>| day.map(|day| day.to_string());
    Ok(Ends {
        partition,
        low: marks.low,
        high: marks.high,
        first_day: shown(first),
        last_day: shown(last),
    })
}

/// The day of the first or last record from `from` on.
fn day_in(
    log: &dyn Log,
    topic: Topic,
    place: &TopicPartition,
    from: u64,
    end: u64,
    first: bool,
) -> Result<Option<Day>> {
    let (mut reader, mut next, mut found) = (log.reader()?, from, None);
    while next < end && !(first && found.is_some()) {
        let many = if first { 1 } else { 1_000 };
        let Some(fetched) =
            reader.poll(&[(place.clone(), next)], many, Duration::from_secs(5))?.into_iter().next()
        else {
            break;
        };
        if let Some(record) = fetched.records.last() {
            found = Some(plain::day(record, &wire::event(topic, record)));
        }
        next = fetched.position;
    }
    Ok(found)
}
