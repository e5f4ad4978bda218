//! Which schemas may become a topic's next version, and which version a text is.

#![allow(clippy::unwrap_used)] // helpers of tests

use schemas::codec::schema_versions;
use schemas::{Topic, compatibility, registry};
use serde_json::{Value, json};

fn newest(topic: Topic) -> Value {
    serde_json::from_str(registry::versions(topic).next_back().unwrap().text).unwrap()
}

/// Given the newest schema of `topic` with this change, then these are its problems.
fn check(topic: Topic, change: impl Fn(&mut Value), expected: &[&str]) {
    let mut schema = newest(topic);
    change(&mut schema);
    let found = compatibility::check_all(topic, &schema.to_string()).unwrap();
    for expected in expected {
        assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}: {found:#?}");
    }
    assert_eq!(found.is_empty(), expected.is_empty(), "{found:#?}");
}

fn fields(schema: &mut Value) -> &mut Vec<Value> {
    schema["fields"].as_array_mut().unwrap()
}

fn field<'a>(schema: &'a mut Value, name: &str) -> &'a mut Value {
    fields(schema).iter_mut().find(|field| field["name"] == name).unwrap()
}

fn with_kind(schema: &mut Value, field: Value) {
    let symbol = field["name"].as_str().unwrap().to_uppercase();
    schema["fields"][0]["type"]["symbols"].as_array_mut().unwrap().push(symbol.into());
    fields(schema).push(field);
}

fn bar(schema: &mut Value) -> &mut Value {
    &mut field(schema, "bar_closed")["type"][1]
}

#[test]
fn every_version_is_compatible_with_those_before_it_and_itself() {
    for version in schema_versions() {
        let others: Vec<_> = registry::versions(version.topic)
            .filter(|other| other.version <= version.version)
            .collect();
        let found = compatibility::check(version.topic, &others, version.text).unwrap();
        assert!(found.is_empty(), "{} {}: {found:?}", version.topic, version.version);
    }
}

#[test]
fn a_next_version_adds_kinds_and_fields_with_defaults() {
    let note = json!({ "type": "record", "name": "Note", "fields": [{ "name": "text", "type": "string" }] });
    for topic in Topic::ALL {
        let new = json!({ "name": "noted", "type": ["null", note], "default": null });
        check(topic, |schema| with_kind(schema, new.clone()), &[]);
        check(topic, |schema| schema["doc"] = "Said better.".into(), &[]);
    }
    let session = json!({ "name": "session", "type": "string", "default": "regular" });
    check(Topic::Bars, |schema| fields(bar(schema)).push(session.clone()), &[]);
}

#[test]
fn what_breaks_a_reader_is_refused() {
    let bars =
        |change: &dyn Fn(&mut Value), expected: &[&str]| check(Topic::Bars, change, expected);
    bars(&|schema| *schema = json!(["null", schema.clone()]), &["the top level is not a record"]);
    bars(&|schema| schema["name"] = "Other".into(), &["name is not that of"]);
    bars(&|schema| drop(fields(schema).remove(0)), &["no field `kind`", "kind: the field is gone"]);
    bars(&|schema| drop(fields(schema).pop()), &["INDEX_LOADED has no nullable field", "gone"]);
    bars(&|schema| fields(schema).swap(1, 2), &["id: the field is gone or moved"]);
    bars(
        &|schema| schema["fields"][0]["type"]["symbols"].as_array_mut().unwrap().swap(0, 1),
        &["begins with UNKNOWN", "a symbol is gone or moved"],
    );
    bars(
        &|schema| drop(schema["fields"][0]["type"].as_object_mut().unwrap().remove("default")),
        &["begins with UNKNOWN", "enum's default changed"],
    );
    bars(
        &|schema| schema["fields"][0]["type"]["symbols"].as_array_mut().unwrap().swap(1, 2),
        &["a symbol is gone or moved"],
    );
    bars(
        &|schema| {
            schema["fields"][0]["type"]["symbols"].as_array_mut().unwrap().push("SPUN".into())
        },
        &["SPUN has no nullable field"],
    );
    bars(
        &|schema| with_kind(schema, json!({ "name": "halted", "type": "string" })),
        &["HALTED has no", "halted: a new field must be nullable", "version 1: it cannot read"],
    );
    bars(
        &|schema| field(schema, "revision")["type"] = "long".into(),
        &["revision: the type changed", "its events cannot all be read"],
    );
    bars(&|schema| field(schema, "day")["type"] = "int".into(), &["day: the type changed"]);
    bars(&|schema| field(schema, "id")["type"] = "bytes".into(), &["id: the type changed"]);
    bars(
        &|schema| field(schema, "ticker")["default"] = "none".into(),
        &["ticker: the default changed"],
    );
    bars(
        &|schema| field(schema, "control_offset")["type"] = json!(["null", "long", "string"]),
        &["control_offset: the type changed", "its events cannot all be read"],
    );
    bars(
        &|schema| fields(bar(schema)).push(json!({ "name": "turnover", "type": "double" })),
        &["bar_closed.turnover: a new field must have a default", "it cannot read"],
    );
    bars(
        &|schema| drop(fields(bar(schema)).remove(5)),
        &["bar_closed.volume: the field is gone", "its events cannot all be read"],
    );
    // Avro's own rules allow the last one of these where a default stands in.
    check(
        Topic::Orders,
        |schema| {
            let symbols = &mut bar_track(schema)["symbols"];
            symbols.as_array_mut().unwrap().push("ButterThird".into());
        },
        &["its events cannot all be read"],
    );
}

fn bar_track(schema: &mut Value) -> &mut Value {
    let intent = fields(schema).iter_mut().find(|field| field["name"] == "order_intended").unwrap();
    let track = fields(&mut intent["type"][1]).iter_mut().find(|field| field["name"] == "track");
    &mut track.unwrap()["type"]
}

#[test]
fn a_text_is_known_however_it_is_written() {
    for version in schema_versions() {
        let found = |text: &str| registry::find(version.topic, text).unwrap().map(|found| found.id);
        let spread: Value = serde_json::from_str(version.text).unwrap();
        assert_eq!(found(version.text), Some(version.id));
        assert_eq!(found(&spread.to_string()), Some(version.id), "in another order");
        assert!(registry::same(version.text, &spread.to_string()));
        let mut other = spread;
        fields(&mut other)[4]["default"] = 1.into();
        assert_eq!(found(&other.to_string()), None);
        assert_eq!(registry::by_id(version.id).unwrap().text, version.text);
    }
    assert!(registry::find(Topic::Bars, r#"{"type":"record"}"#).is_err());
    assert!(compatibility::check_all(Topic::Bars, "{").is_err());
}

#[test]
fn a_subject_is_known_with_the_prefix_of_any_run() {
    for topic in Topic::ALL {
        for prefix in ["", "demo.", "backtest-2018.a."] {
            assert_eq!(registry::topic_of(&registry::subject(topic, prefix)), Some(topic));
        }
    }
    for stranger in ["butterquant.bars.v1", "xbutterquant.bars.v1-value", "bars-value", ""] {
        assert_eq!(registry::topic_of(stranger), None, "{stranger}");
    }
}
