//! Another Avro implementation reads every event that this program writes, and the other way round:
//! with today's schemas, and with a next version that this program does not know.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../../schemas/tests/fixtures/mod.rs"]
mod fixtures;

use fixtures::one_of_each;
use schemas::{Event, Topic, codec};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The event as its Avro record has it, without empty fields.
fn record(event: &Event) -> Value {
    let kind = event.body.kind();
    let body = serde_json::to_value(&event.body).unwrap();
    let payload = body.as_object().unwrap().values().next().unwrap();
    let payload = payload.as_object().unwrap().values().next().unwrap();
    json!({
        "kind": kind,
        "id": event.id.to_string(),
        "day": event.day.to_string(),
        "ticker": event.ticker,
        "revision": event.revision,
        "control_offset": event.control_offset,
        kind.to_lowercase(): payload,
    })
}

/// One event of each kind, as the codec writes it, with the schema to read it.
fn write_all(folder: &Path) -> Vec<Event> {
    fs::create_dir_all(folder).unwrap();
    let events = one_of_each();
    let entry = |(number, event): (usize, &Event)| {
        let (file, topic) = (format!("{number}.bin"), event.topic());
        fs::write(folder.join(&file), codec::encode(event).unwrap()).unwrap();
        let versions = codec::schema_versions().iter().filter(|version| version.topic == topic);
        let path = |version: &codec::SchemaVersion| {
            workspace().join(format!("schemas/avro/{topic}.{}.avsc", version.version))
        };
        let mut older: Vec<PathBuf> = versions.map(path).collect();
        let schema = older.pop().unwrap();
        json!({ "file": file, "topic": topic.dataset(), "schema": schema, "older": older, "record": record(event) })
    };
    let index: Vec<Value> = events.iter().enumerate().map(entry).collect();
    fs::write(folder.join("index.json"), Value::from(index).to_string()).unwrap();
    events
}

#[test]
fn a_foreign_program_reads_every_event_and_is_read_also_from_the_future() {
    let dir = tempfile::tempdir().unwrap();
    let events = write_all(&dir.path().join("rust"));
    let Some(said) = tests::python::run("foreign_reader.py", &["fastavro"], dir.path()) else {
        return;
    };
    assert!(said.contains(&format!("{} events read", events.len())), "{said}");

    let written = |name: String| fs::read(dir.path().join("python").join(name)).unwrap();
    let next = |topic: Topic| String::from_utf8(written(format!("{topic}.next.avsc"))).unwrap();
    for (number, event) in events.iter().enumerate() {
        let (topic, what) = (event.topic(), event.body.kind());
        let expected = Event { causation: None, correlation: None, ..event.clone() };
        let same = written(format!("same.{number}"));
        assert_eq!(same, codec::encode(event).unwrap(), "{topic} {what}");
        assert_eq!(codec::decode(topic, &same).unwrap(), expected, "{topic} {what}");
        let value = written(format!("next.{number}"));
        assert_eq!(
            codec::decode_with(topic, &next(topic), &value).unwrap(),
            expected,
            "{topic} {what}"
        );
    }
    for topic in Topic::ALL {
        let value = written(format!("new.{topic}"));
        let read = codec::decode_with(topic, &next(topic), &value).unwrap();
        let about = events.iter().rev().find(|event| event.topic() == topic).unwrap();
        assert_eq!((read.topic(), read.body.kind()), (topic, "UNKNOWN"));
        assert_eq!((read.id, read.day, &read.ticker), (about.id, about.day, &about.ticker));
        // Without its writer's schema it is not misread.
        assert!(codec::decode(topic, &value).is_err(), "{topic}");
    }
}

#[test]
fn a_schema_from_elsewhere_that_does_not_fit_is_an_error() {
    let event = &one_of_each()[0];
    let value = codec::encode(event).unwrap();
    let of = |topic: Topic| {
        let versions = codec::schema_versions().iter();
        versions.rev().find(|version| version.topic == topic).unwrap().text
    };
    let read = |writer: &str, value: &[u8]| codec::decode_with(Topic::Bars, writer, value);
    assert_eq!(read(of(Topic::Bars), &value).unwrap(), Event { causation: None, ..event.clone() });
    assert!(read("{", &value).unwrap_err().to_string().contains("writer's schema"));
    assert!(read(of(Topic::Scans), &value).is_err());
    assert!(read(of(Topic::Bars), &value[..20]).is_err());
    assert!(read(of(Topic::Bars), &value[1..]).is_err());
}

/// Schema files edited before the first release, each by agreement; the list stays empty.
const EDITED: [&str; 0] = [];

#[test]
fn a_schema_file_that_was_committed_is_never_edited_nor_removed() {
    let git = |arguments: &[&str]| -> Option<String> {
        let output = Command::new("git").current_dir(workspace()).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let log = ["log", "--format=", "--raw", "--no-abbrev", "--no-renames", "--", "schemas/avro"];
    let Some(history) = git(&log).filter(|history| !history.is_empty()) else {
        tests::python::say("skipped: there is no git history here");
        return;
    };
    // `:100644 100644 <old blob> <new blob> M<tab>schemas/avro/bars.1.avsc`
    for line in history.lines() {
        let (blobs, path) = line.split_once('\t').unwrap();
        let committed = blobs.split(' ').nth(3).unwrap();
        if EDITED.contains(&path) || committed.bytes().all(|digit| digit == b'0') {
            continue;
        }
        let today = git(&["hash-object", path]).unwrap_or_default();
        assert_eq!(
            today, committed,
            "{path} was committed otherwise: a change is a new version, in a new file"
        );
    }
}
