//! Whether a schema may become a topic's next version: Avro's FULL_TRANSITIVE (each version reads the
//! others' data), and this project's stricter rules, because Avro's check has been wrong about
//! unions:
//!
//! 1. One record, named after the topic; no union at the top.
//! 2. `kind` is an enum that begins with `UNKNOWN`, its default. Every other kind has a
//!    nullable field of its name, null by default.
//! 3. Nothing is removed: no field, branch or symbol goes, moves or changes its type or default.
//!    Additions come last, and a new field has a default.

use crate::Topic;
use crate::codec::SchemaVersion;
use crate::registry::{InvalidSchema, normal, parsed, versions};
use apache_avro::schema_compatibility::{Compatibility, SchemaCompatibility};
use serde_json::Value;

/// The problems of `text` as a version of `topic` beside `others`, one sentence each; empty if it is
/// compatible.
///
/// # Errors
/// `text` is not a schema.
pub fn check(
    topic: Topic,
    others: &[&SchemaVersion],
    text: &str,
) -> Result<Vec<String>, InvalidSchema> {
    let (schema, new) = (parsed(text)?, normal(text)?);
    let mut problems = of_itself(topic, &new);
    for other in others {
        let (old_schema, old) = (parsed(other.text)?, normal(other.text)?);
        let mut found = Vec::new();
        kept(&old, &new, "", &mut found);
        for (writer, reader, what) in [
            (&old_schema, &schema, "it cannot read every event of"),
            (&schema, &old_schema, "its events cannot all be read by"),
        ] {
            match SchemaCompatibility::can_read(writer, reader) {
                Ok(Compatibility::Full) => {}
                Ok(Compatibility::Partial) => found.push(what.to_owned()),
                Err(error) => found.push(format!("{what} ({error})")),
            }
        }
        problems.extend(
            found.into_iter().map(|problem| format!("version {}: {problem}", other.version)),
        );
    }
    Ok(problems)
}

/// The same beside all versions.
///
/// # Errors
/// `text` is not a schema.
pub fn check_all(topic: Topic, text: &str) -> Result<Vec<String>, InvalidSchema> {
    check(topic, &versions(topic).collect::<Vec<_>>(), text)
}

/// Rules 1 and 2.
fn of_itself(topic: Topic, new: &Value) -> Vec<String> {
    let expected = versions(topic).next().and_then(|first| normal(first.text).ok());
    let name = |schema: &Value| (schema["namespace"].clone(), schema["name"].clone());
    if new["type"] != "record" {
        return vec!["the top level is not a record".to_owned()];
    }
    let mut problems = Vec::new();
    if expected.is_some_and(|expected| name(&expected) != name(new)) {
        problems.push(format!("the record's name is not that of {topic}"));
    }
    let fields = list(&new["fields"]);
    let Some(kind) = fields.iter().find(|field| field["name"] == "kind") else {
        problems.push("there is no field `kind`".to_owned());
        return problems;
    };
    let symbols = list(&kind["type"]["symbols"]);
    let unknown = symbols.first().is_some_and(|first| first == "UNKNOWN")
        && kind["type"]["default"] == "UNKNOWN"
        && kind["default"] == "UNKNOWN";
    if !unknown {
        problems
            .push("`kind` is not an enum that begins with UNKNOWN and defaults to it".to_owned());
    }
    for symbol in symbols.iter().skip(1).filter_map(Value::as_str) {
        let own = fields.iter().find(|field| field["name"] == *symbol.to_lowercase());
        if !own.is_some_and(nullable) {
            problems.push(format!("kind {symbol} has no nullable field of its name"));
        }
    }
    problems
}

/// A union of null and one type, null by default.
fn nullable(field: &Value) -> bool {
    let branches = list(&field["type"]);
    branches.len() == 2 && branches[0] == "null" && field.get("default") == Some(&Value::Null)
}

/// Rule 3: `new` has all of `old`, at `path`.
fn kept(old: &Value, new: &Value, path: &str, problems: &mut Vec<String>) {
    let place = if path.is_empty() { "the record" } else { path };
    let kind = |schema: &Value| schema["type"].as_str().map(str::to_owned);
    match (old, new) {
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (old, new) in old.iter().zip(new) {
                kept(old, new, path, problems);
            }
        }
        (Value::Object(_), Value::Object(_))
            if kind(old) == kind(new) && old["name"] == new["name"] =>
        {
            match kind(old).as_deref() {
                Some("record") => fields_kept(old, new, path, problems),
                Some("enum") => {
                    if !list(&new["symbols"]).starts_with(list(&old["symbols"])) {
                        problems.push(format!("{place}: a symbol is gone or moved"));
                    }
                    if old["default"] != new["default"] {
                        problems.push(format!("{place}: the enum's default changed"));
                    }
                }
                Some("array") => kept(&old["items"], &new["items"], path, problems),
                Some("map") => kept(&old["values"], &new["values"], path, problems),
                _ if old == new => {}
                _ => problems.push(format!("{place}: the type changed")),
            }
        }
        (old, new) if old == new => {}
        _ => problems.push(format!("{place}: the type changed")),
    }
}

fn fields_kept(old: &Value, new: &Value, path: &str, problems: &mut Vec<String>) {
    let (before, after) = (list(&old["fields"]), list(&new["fields"]));
    let path_of = |field: &Value| {
        let name = field["name"].as_str().unwrap_or_default();
        if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
    };
    for (at, field) in before.iter().enumerate() {
        let path = path_of(field);
        match after.get(at).filter(|now| now["name"] == field["name"]) {
            None => problems.push(format!("{path}: the field is gone or moved")),
            Some(now) => {
                if now.get("default") != field.get("default") {
                    problems.push(format!("{path}: the default changed"));
                }
                kept(&field["type"], &now["type"], &path, problems);
            }
        }
    }
    for field in after.iter().filter(|field| !before.iter().any(|old| old["name"] == field["name"]))
    {
        let path = path_of(field);
        let top = !path.contains('.');
        if top && !nullable(field) {
            problems.push(format!("{path}: a new field must be nullable, null by default"));
        } else if field.get("default").is_none() {
            problems.push(format!("{path}: a new field must have a default"));
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
