//! `topics describe`: describes a topic's events and how to read them, for subscribers with tools of
//! their own.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::record_json::{self, RecordFormat};
use eventlog::{Log, PartitionReader, Record, TopicMismatch, Watermarks};
use report::tables;
use run::config::Config;
use run::data_dir;
use schemas::{Topic, headers, registry};
use serde::Serialize;
use serde_json::Value;
use shell::{open, operator_word, record_codec};

/// Arguments of `topics describe`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Topic: bars, scans, features, predictions, orders, fills, outcomes, models, controls, samples, dead-letters
    pub topic: Topic,
}

/// How many of a partition's last records are searched for an example.
const SEARCHED: u64 = 200;

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
    fields: Vec<Named>,
    kinds: Vec<Kind>,
    headers: Vec<Named>,
    example: Option<Value>,
    partitions: Vec<PartitionEnds>,
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
struct Named {
    name: String,
    meaning: String,
}

/// A kind of event and the fields of its payload, which is in the field named after the kind.
#[derive(Serialize)]
struct Kind {
    kind: String,
    meaning: String,
    fields: Vec<Named>,
}

#[derive(Serialize)]
struct PartitionEnds {
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
    let (mut reader, mut partitions) = (PartitionReader::new(log)?, Vec::new());
    for partition in 0..topic.partitions(data_dir::partitions(log)?) {
        partitions.push(ends(log, &mut reader, topic, partition)?);
    }
    let gone = partitions.iter().filter(|ends| ends.low > 0).map(|ends| {
        format!(
            "{topic}/{}: records before offset {} are deleted, so replay and rebuild no longer see the whole run; set retention.ms=-1 and retention.bytes=-1 and begin another run",
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
        timestamp: "the close of the event's trading day in New York (16:00, on half days 13:00), in milliseconds since 1970; on Kafka a search by time finds transaction markers first, so skip what is older",
        fields: envelope(&newest),
        kinds: kinds(&newest),
        schemas,
        headers: headers_of(topic),
        example: example(&mut reader, topic, &partitions)?,
        warnings: gone.chain(differing_settings(log, topic)?).collect(),
        partitions,
    };
    printer::show(config.output()?, &described, |described| print(config, described))?;
    Ok(Found::Nothing)
}

/// The settings of the topic that differ from those of a new run.
fn differing_settings(log: &dyn Log, topic: Topic) -> Result<Vec<String>> {
    let spec = open::spec(topic, data_dir::partitions(log)?);
    let said = |one: &TopicMismatch| match one.setting.as_str() {
        "partitions" => format!(
            "{} has {} partitions; the run was opened with {} and uses no others",
            one.topic, one.found, one.expected
        ),
        _ => one.to_string(),
    };
    Ok(log.topic_mismatches(&[spec])?.iter().map(said).collect())
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

fn named(field: &Value) -> Named {
    let text = |name: &str| field[name].as_str().unwrap_or_default().to_owned();
    Named { name: text("name"), meaning: text("doc") }
}

/// The fields that events of every kind have.
fn envelope(schema: &Value) -> Vec<Named> {
    let kinds: Vec<String> = record_json::kinds(schema).map(str::to_lowercase).collect();
    let all = list(&schema["fields"]).iter().map(named);
    all.filter(|field| !kinds.contains(&field.name)).collect()
}

fn kinds(schema: &Value) -> Vec<Kind> {
    let records = record_json::named(schema);
    let of = |kind: &str| {
        let name = kind.to_lowercase();
        let field = list(&schema["fields"]).iter().find(|field| field["name"] == name.as_str());
        let branch = field.map(|field| &field["type"][1]);
        // A schema spells a record out once and refers to it by name afterwards.
        let record =
            branch.map(|branch| branch.as_str().and_then(|it| records.get(it)).unwrap_or(branch));
        Kind {
            kind: kind.to_owned(),
            meaning: record.and_then(|it| it["doc"].as_str()).unwrap_or_default().to_owned(),
            fields: record
                .map(|it| list(&it["fields"]).iter().map(named).collect())
                .unwrap_or_default(),
        }
    };
    record_json::kinds(schema).map(of).collect()
}

fn headers_of(topic: Topic) -> Vec<Named> {
    let own = headers::MEANINGS.iter();
    let letters = headers::DEAD_LETTER_MEANINGS.iter().filter(|_| topic == Topic::DeadLetters);
    let one = |(name, meaning): &(&str, &str)| Named {
        name: (*name).to_owned(),
        meaning: (*meaning).to_owned(),
    };
    let commands = operator_word::MEANINGS.iter().filter(|_| topic == Topic::Controls);
    own.chain(letters).chain(commands).map(one).collect()
}

/// One of the last events, but no day marker, as `topics consume` prints it.
fn example(
    reader: &mut PartitionReader,
    topic: Topic,
    partitions: &[PartitionEnds],
) -> Result<Option<Value>> {
    let format = RecordFormat::new(topic);
    for ends in partitions {
        let place = record_codec::place(topic, ends.partition);
        let (mut last, from) = (None, ends.high.saturating_sub(SEARCHED).max(ends.low));
        for record in reader.records(&place, from..ends.high) {
            let record = record?;
            let event = record_codec::event(topic, &record);
            if event.as_ref().is_ok_and(|event| event.body.marker().is_none()) {
                last = Some((record, event));
            }
        }
        if let Some((record, event)) = last {
            return Ok(Some(serde_json::to_value(format.json(&place, &record, &event))?));
        }
    }
    Ok(None)
}

fn print(config: &Config, described: &Described) {
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
    let rows = |all: &[Named]| -> Vec<Vec<String>> {
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
        printer::line(format!("An example, decoded: {example:#}"));
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
        "To read its events: `{}`. To print its schema: `butterquant schemas show {}`.",
        config.command_line(&format!("topics consume {}", described.topic), config.run()),
        described.topic
    ));
    printer::line(format!(
        "On Kafka (--log kafka) its name is {}. The HTTP side of a run and `butterquant schemas serve` serve the schemas to registry clients.",
        described.name_on_kafka
    ));
}

fn ends(
    log: &dyn Log,
    reader: &mut PartitionReader,
    topic: Topic,
    partition: u32,
) -> Result<PartitionEnds> {
    let place = record_codec::place(topic, partition);
    let Watermarks { low, high } = log.watermarks(&place)?;
    let day = |record: Record| {
        record_json::day(&record, &record_codec::event(topic, &record)).to_string()
    };
    let first = reader.records(&place, low..high).next().transpose()?;
    let (mut back, mut last) = (1, None);
    // On Kafka the last offsets may be transaction markers, which are not records.
    while last.is_none() && first.is_some() && back / 4 < high - low {
        let from = high.saturating_sub(back).max(low);
        last = reader.records(&place, from..high).last().transpose()?;
        back *= 4;
    }
    Ok(PartitionEnds { partition, low, high, first_day: first.map(day), last_day: last.map(day) })
}
