//! `topics describe`: what a topic's events look like and how to read them, for those who
//! subscribe to it with tools of their own.

use crate::exit::Found;
use crate::printer;
use crate::record_json::{self, Shower};
use anyhow::Result;
use eventlog::{Log, TopicPartition};
use report::tables;
use run::config::Config;
use run::data_dir::{self};
use schemas::{Day, Topic, headers, registry};
use serde::Serialize;
use serde_json::Value;
use shell::{open, record_codec};
use std::time::Duration;

/// One topic.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// bars, scans, features, predictions, orders, fills, outcomes, models, controls, samples, dead-letters
    pub topic: Topic,
}

/// Records of a partition that are looked at for an example.
const LOOKED_AT: u64 = 200;
/// How long a read waits for records that must be there.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Described {
    topic: &'static str,
    name: &'static str,
    name_on_kafka: String,
    keyed_by: Option<&'static str>,
    marked: bool,
    value: &'static str,
    timestamp: &'static str,
    schemas: Vec<Version>,
    fields: Vec<Said>,
    kinds: Vec<Kind>,
    headers: Vec<Said>,
    example: Option<Value>,
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

/// A name and what it means.
#[derive(Serialize)]
struct Said {
    name: String,
    meaning: String,
}

/// A kind of event, and what one of it says in the field of its name.
#[derive(Serialize)]
struct Kind {
    kind: String,
    meaning: String,
    fields: Vec<Said>,
}

#[derive(Serialize)]
struct Ends {
    partition: u32,
    low: u64,
    high: u64,
    first_day: Option<String>,
    last_day: Option<String>,
}

/// Describes one topic.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let topic = args.topic;
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let log = &*opened.log;
    let mut partitions = Vec::new();
    for partition in 0..topic.partitions(data_dir::partitions(log)?) {
        partitions.push(ends(log, topic, partition)?);
    }
    let gone = partitions.iter().filter(|ends| ends.low > 0).map(|ends| {
        format!(
            "{topic}/{}: what was before offset {} is deleted, so replay and rebuild no longer see the whole run (law 1); set retention.ms=-1 and retention.bytes=-1 and begin another run",
            ends.partition, ends.low
        )
    });
    let prefix = run.topic_prefix();
    let schemas = versions(topic, &prefix)?;
    let newest = schemas.last().map(|version| version.avsc.clone()).unwrap_or_default();
    let described = Described {
        topic: topic.dataset(),
        name: topic.name(),
        name_on_kafka: format!("{}{}", run.prefix_on_kafka(), topic.name()),
        keyed_by: (!topic.single()).then_some("ticker"),
        marked: topic.marked(),
        value: "Avro in the Confluent wire format: 0x00, the schema id in 4 bytes big-endian, the datum",
        timestamp: "the close of the event's trading day, in milliseconds",
        fields: envelope(&newest),
        kinds: kinds(&newest),
        schemas,
        headers: headers_of(topic),
        example: example(log, topic, &partitions)?,
        warnings: gone.chain(otherwise_set(log, topic)?).collect(),
        partitions,
    };
    printer::show(config.output()?, &described, print)?;
    Ok(Found::Nothing)
}

/// What the topic's settings are that a run would have made otherwise.
fn otherwise_set(log: &dyn Log, topic: Topic) -> Result<Vec<String>> {
    let spec = open::spec(topic, data_dir::partitions(log)?);
    Ok(log.ensure_topics(&[spec])?.iter().map(ToString::to_string).collect())
}

fn versions(topic: Topic, prefix: &str) -> Result<Vec<Version>> {
    let one = |version: &schemas::codec::SchemaVersion| {
        let avsc = serde_json::from_str(version.text)?;
        let subject = registry::subject(topic, prefix);
        Ok(Version { version: version.version, id: version.id, subject, avsc })
    };
    registry::versions(topic).map(one).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn said(field: &Value) -> Said {
    let text = |name: &str| field[name].as_str().unwrap_or_default().to_owned();
    Said { name: text("name"), meaning: text("doc") }
}

/// What every event of the topic has, whatever its kind.
fn envelope(schema: &Value) -> Vec<Said> {
    let kinds: Vec<String> = record_json::kinds(schema).map(str::to_lowercase).collect();
    let all = list(&schema["fields"]).iter().map(said);
    all.filter(|field| !kinds.contains(&field.name)).collect()
}

fn kinds(schema: &Value) -> Vec<Kind> {
    let named = record_json::named(schema);
    let of = |kind: &str| {
        let name = kind.to_lowercase();
        let field = list(&schema["fields"]).iter().find(|field| field["name"] == name.as_str());
        let branch = field.map(|field| &field["type"][1]);
        // A record is written out once and named from then on.
        let record =
            branch.map(|branch| branch.as_str().and_then(|it| named.get(it)).unwrap_or(branch));
        Kind {
            kind: kind.to_owned(),
            meaning: record.and_then(|it| it["doc"].as_str()).unwrap_or_default().to_owned(),
            fields: record
                .map(|it| list(&it["fields"]).iter().map(said).collect())
                .unwrap_or_default(),
        }
    };
    record_json::kinds(schema).map(of).collect()
}

fn headers_of(topic: Topic) -> Vec<Said> {
    let own = headers::MEANINGS.iter();
    let letters = headers::DEAD_LETTER_MEANINGS.iter().filter(|_| topic == Topic::DeadLetters);
    let one = |(name, meaning): &(&str, &str)| Said {
        name: (*name).to_owned(),
        meaning: (*meaning).to_owned(),
    };
    own.chain(letters).map(one).collect()
}

/// A late event that is no day marker, as `topics consume` shows it.
fn example(log: &dyn Log, topic: Topic, partitions: &[Ends]) -> Result<Option<Value>> {
    let (shower, mut reader) = (Shower::new(topic), log.reader()?);
    for ends in partitions {
        let place = record_codec::place(topic, ends.partition);
        let (mut next, mut found) = (ends.high.saturating_sub(LOOKED_AT).max(ends.low), None);
        while next < ends.high {
            let fetched = reader.poll(&[(place.clone(), next)], LOOKED_AT as usize, PATIENCE)?;
            let Some(fetched) = fetched.into_iter().next() else { break };
            for record in &fetched.records {
                let event = record_codec::event(topic, record);
                if event.as_ref().is_ok_and(|event| event.body.marker().is_none()) {
                    found = Some(serde_json::to_value(shower.line(&place, record, &event))?);
                }
            }
            next = fetched.position;
        }
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn print(described: &Described) {
    let keyed = described.keyed_by.map_or("without keys, in one partition".to_owned(), |key| {
        format!("keyed by {key} (murmur2, as Java clients do; day markers have no key)")
    });
    let days =
        if described.marked { "its days are closed by markers" } else { "without day markers" };
    printer::line(format!("{}: {keyed}; {days}", described.name));
    printer::line(format!("value: {}", described.value));
    printer::line(format!("timestamp: {}", described.timestamp));
    for schema in &described.schemas {
        printer::line(format!(
            "schema: id {}, version {} of subject {}",
            schema.id, schema.version, schema.subject
        ));
    }
    let rows = |all: &[Said]| -> Vec<Vec<String>> {
        all.iter().map(|one| vec![one.name.clone(), one.meaning.clone()]).collect()
    };
    printer::line(tables::table(&["header", "meaning"], rows(&described.headers)));
    printer::line(tables::table(&["field of every event", "meaning"], rows(&described.fields)));
    for kind in &described.kinds {
        let names: Vec<&str> = kind.fields.iter().map(|field| field.name.as_str()).collect();
        printer::line(format!("kind {}: {}", kind.kind, kind.meaning));
        printer::line(format!("  in {}: {}", kind.kind.to_lowercase(), names.join(", ")));
    }
    if let Some(example) = &described.example {
        printer::line(format!("An event, decoded: {example:#}"));
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
    printer::line(tables::table(&["partition>", "low>", "high>", "first day", "last day"], rows));
    described.warnings.iter().for_each(printer::line);
    printer::line(format!(
        "Events: `butterquant topics consume {}`. The schema: `butterquant schemas show {}`.",
        described.topic, described.topic
    ));
    printer::line(format!(
        "On Kafka (--log kafka) it is {}. Registry clients take schemas from the HTTP side of a run or from `butterquant schemas serve`.",
        described.name_on_kafka
    ));
}

fn ends(log: &dyn Log, topic: Topic, partition: u32) -> Result<Ends> {
    let place = record_codec::place(topic, partition);
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
            reader.poll(&[(place.clone(), next)], many, PATIENCE)?.into_iter().next()
        else {
            break;
        };
        if let Some(record) = fetched.records.last() {
            found = Some(record_json::day(record, &record_codec::event(topic, record)));
        }
        next = fetched.position;
    }
    Ok(found)
}
