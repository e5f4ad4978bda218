//! A record of the log as one JSON object, for people and for `jq`. The payload follows the topic's
//! schema: dates are written as `2018-06-29`, bytes by length and SHA-256. A record that cannot be
//! decoded is written with the reason.

use eventlog::{Nulls, Record, TopicPartition};
use schemas::codec::{DecodeError, schema_versions};
use schemas::id::{hex, sha256_hex};
use schemas::{Day, Event, EventId, Topic};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How many bytes are written of a value that cannot be decoded.
const SHOWN: usize = 64;
/// Milliseconds a day.
const DAY_MS: i64 = 86_400_000;

/// One record.
#[derive(Serialize)]
pub struct RecordJson<'a> {
    topic: &'a str,
    partition: u32,
    offset: u64,
    timestamp: i64,
    key: Option<String>,
    headers: BTreeMap<&'a str, Option<String>>,
    #[serde(flatten)]
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Event {
        id: EventId,
        kind: &'a str,
        day: String,
        ticker: &'a str,
        revision: i32,
        control_offset: Option<i64>,
        data: Value,
    },
    Unreadable {
        error: String,
        bytes: usize,
        /// `null` where the value is.
        value_hex: Option<String>,
    },
}

/// The day of a record: its event's, or that of its timestamp.
pub fn day(record: &Record, event: &Result<Event, DecodeError>) -> Day {
    let stamped = i32::try_from(record.timestamp_ms.div_euclid(DAY_MS)).unwrap_or(i32::MAX);
    event.as_ref().map_or(Day(stamped), |event| event.day)
}

/// Writes the records of one topic as JSON.
pub struct RecordFormat {
    record: Value,
    named: BTreeMap<String, Value>,
}

impl RecordFormat {
    /// For the records of `topic`, by its newest schema.
    pub fn new(topic: Topic) -> RecordFormat {
        let newest = schema_versions().iter().rev().find(|version| version.topic == topic);
        let record =
            newest.and_then(|version| serde_json::from_str(version.text).ok()).unwrap_or_default();
        let named = named(&record);
        RecordFormat { record, named }
    }

    /// The record as JSON; `event` is the result of decoding it.
    pub fn json<'a>(
        &self,
        place: &'a TopicPartition,
        record: &'a Record,
        event: &'a Result<Event, DecodeError>,
    ) -> RecordJson<'a> {
        let (nulls, headers) = Nulls::of(&record.headers);
        let content = match event {
            Ok(event) => Content::Event {
                id: event.id,
                kind: event.body.kind(),
                day: event.day.to_string(),
                ticker: &event.ticker,
                revision: event.revision,
                control_offset: event.control_offset,
                data: self.payload(event),
            },
            Err(error) => Content::Unreadable {
                error: error.to_string(),
                bytes: record.value.len(),
                value_hex: (!nulls.value)
                    .then(|| hex(&record.value[..record.value.len().min(SHOWN)])),
            },
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        RecordJson {
            topic: &place.topic,
            partition: place.partition,
            offset: record.offset,
            timestamp: record.timestamp_ms,
            key: record.key.as_deref().map(text),
            headers: headers
                .enumerate()
                .map(|(at, (name, value))| {
                    (name, (!nulls.headers.contains(&at)).then(|| text(value)))
                })
                .collect(),
            content,
        }
    }

    /// The event's payload, without the enums around it.
    fn payload(&self, event: &Event) -> Value {
        let inner = |value: Value| match value {
            Value::Object(map) => map.into_iter().next().map_or(Value::Null, |(_, inner)| inner),
            _ => Value::Null,
        };
        let payload = inner(inner(serde_json::to_value(&event.body).unwrap_or_default()));
        let name = event.body.kind().to_lowercase();
        let fields = self.record["fields"].as_array();
        let field =
            fields.and_then(|fields| fields.iter().find(|field| field["name"] == name.as_str()));
        field.map_or(Value::Null, |field| self.by_schema(payload, &field["type"]))
    }

    fn by_schema(&self, value: Value, schema: &Value) -> Value {
        match (schema, value) {
            (_, Value::Null) => Value::Null,
            (Value::Array(branches), value) => {
                let branch = branches.iter().find(|branch| *branch != "null");
                branch.map_or(Value::Null, |branch| self.by_schema(value, branch))
            }
            (Value::String(name), value) if name == "bytes" => bytes_summary(&value),
            (Value::String(name), value) => {
                match self.named.get(name.rsplit('.').next().unwrap_or(name)) {
                    Some(schema) => self.by_schema(value, schema),
                    None => value,
                }
            }
            (Value::Object(schema), value) => self.by_record(value, schema),
            (_, value) => value,
        }
    }

    fn by_record(&self, value: Value, schema: &Map<String, Value>) -> Value {
        let kind = schema.get("type").unwrap_or(&Value::Null);
        match (kind.as_str(), value) {
            (Some("record"), Value::Object(mut map)) => {
                for field in schema.get("fields").and_then(Value::as_array).into_iter().flatten() {
                    let name = field["name"].as_str().unwrap_or_default();
                    if let Some(value) = map.get_mut(name) {
                        *value = self.by_schema(value.take(), &field["type"]);
                    }
                }
                Value::Object(map)
            }
            (Some("array"), Value::Array(items)) => {
                let schema = schema.get("items").unwrap_or(&Value::Null);
                items.into_iter().map(|item| self.by_schema(item, schema)).collect()
            }
            (Some("int"), Value::Number(days))
                if schema.get("logicalType").is_some_and(|it| it == "date") =>
            {
                let day = days.as_i64().and_then(|days| i32::try_from(days).ok());
                day.map_or(Value::Number(days), |day| Day(day).to_string().into())
            }
            (Some("enum" | "fixed"), value) => value,
            (_, value) => self.by_schema(value, kind),
        }
    }
}

/// Bytes as their length and hash.
fn bytes_summary(value: &Value) -> Value {
    let numbers = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let bytes: Vec<u8> = numbers
        .iter()
        .filter_map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok()))
        .collect();
    json!({ "bytes": bytes.len(), "sha256": sha256_hex(&bytes) })
}

/// The records of a schema by their names.
pub fn named(schema: &Value) -> BTreeMap<String, Value> {
    let mut named = BTreeMap::new();
    collect_names(schema, &mut named);
    named
}

/// The kinds of events in a topic's schema.
pub fn kinds(schema: &Value) -> impl Iterator<Item = &str> {
    let symbols = schema["fields"][0]["type"]["symbols"].as_array();
    let named = symbols.into_iter().flatten().filter_map(Value::as_str);
    named.filter(|kind| *kind != "UNKNOWN")
}

/// Collects the named types: a schema spells each out once and refers to it by name afterwards.
fn collect_names(schema: &Value, named: &mut BTreeMap<String, Value>) {
    match schema {
        Value::Object(map) => {
            if let (Some(name), true) =
                (map.get("name").and_then(Value::as_str), map.contains_key("fields"))
            {
                named.insert(name.to_owned(), schema.clone());
            }
            map.values().for_each(|inner| collect_names(inner, named));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect_names(inner, named)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eventlog::Headers;
    use schemas::events::{Bar, Bars, ModelTrained, Models};
    use shell::record_codec;

    fn shown(event: &Event) -> Value {
        let written = record_codec::record(event, 1, "test").unwrap();
        let place = written.to.clone();
        let record = Record {
            offset: 3,
            timestamp_ms: written.timestamp_ms,
            key: written.key,
            value: written.value,
            headers: written.headers,
        };
        let event = record_codec::event(event.topic(), &record);
        let topic = place.topic.parse().unwrap();
        serde_json::to_value(RecordFormat::new(topic).json(&place, &record, &event)).unwrap()
    }

    #[test]
    fn a_record_is_one_object_with_dates_and_without_bytes() {
        let bar = Bar { bar_day: Day(17_711), close: 1.5, ..Bar::default() };
        let line = shown(&Event::new(Day(17_711), "AAPL", &["AAPL"], Bars::BarClosed(bar)));
        assert_eq!(
            (&line["day"], &line["key"], &line["kind"]),
            (&json!("2018-06-29"), &json!("AAPL"), &json!("BAR_CLOSED"))
        );
        assert_eq!(
            (&line["data"]["bar_day"], &line["data"]["close"]),
            (&json!("2018-06-29"), &json!(1.5))
        );
        assert_eq!(line["headers"]["ce_id"], line["id"]);
        let model = ModelTrained { onnx: vec![1, 2, 255], ..ModelTrained::default() };
        let line = shown(&Event::new(Day(1), "", &["1"], Models::ModelTrained(model)));
        assert_eq!(line["data"]["onnx"], json!({ "bytes": 3, "sha256": sha256_hex(&[1, 2, 255]) }));
    }

    #[test]
    fn what_cannot_be_read_is_shown_with_its_first_bytes() {
        let place = record_codec::place(Topic::Bars, 2);
        let record = Record {
            offset: 0,
            timestamp_ms: DAY_MS * 5 + 1,
            key: None,
            value: vec![0xab; 100],
            headers: Default::default(),
        };
        let event = record_codec::event(Topic::Bars, &record);
        assert_eq!(day(&record, &event), Day(5));
        let line =
            serde_json::to_value(RecordFormat::new(Topic::Bars).json(&place, &record, &event))
                .unwrap();
        assert_eq!((&line["bytes"], line["value_hex"].as_str().unwrap().len()), (&json!(100), 128));
        assert!(line["error"].as_str().unwrap().contains("100 bytes"));
        assert!(line.get("data").is_none());
        assert_eq!(line["headers"], json!({}));

        let mut headers = Headers::from([("a", ""), ("b", "")]);
        Nulls { value: true, headers: [1].into(), ..Nulls::default() }.mark(&mut headers);
        let tombstone = Record { value: Vec::new(), headers, ..record };
        let event = record_codec::event(Topic::Bars, &tombstone);
        let format = RecordFormat::new(Topic::Bars);
        let line = serde_json::to_value(format.json(&place, &tombstone, &event)).unwrap();
        assert_eq!((&line["value_hex"], &line["bytes"]), (&Value::Null, &json!(0)));
        assert_eq!(line["headers"], json!({ "a": "", "b": null }));
    }
}
