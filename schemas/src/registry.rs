//! Schemas as a schema registry knows them: subjects (`<topic>-value`), their versions, and which
//! version a schema's text is.

use crate::Topic;
use crate::codec::{SchemaVersion, schema_versions};
use apache_avro::Schema;
use serde_json::Value;

/// The media type of a schema registry's JSON.
pub const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";
/// How a topic's versions relate, in a schema registry's words.
pub const COMPATIBILITY: &str = "FULL_TRANSITIVE";

/// A text that is no Avro schema.
#[derive(Debug, thiserror::Error)]
#[error("it is no Avro schema: {0}")]
pub struct InvalidSchema(String);

/// The subject of `topic` in a run whose topics begin with `prefix`.
pub fn subject(topic: Topic, prefix: &str) -> String {
    format!("{prefix}{}-value", topic.name())
}

/// The topic of a subject, whatever run's prefix (`demo.`) stands before it.
pub fn topic_of(subject: &str) -> Option<Topic> {
    let name = subject.strip_suffix("-value")?;
    Topic::ALL.into_iter().find(|topic| {
        name.strip_suffix(topic.name()).is_some_and(|run| run.is_empty() || run.ends_with('.'))
    })
}

/// The versions of a topic's schema, oldest first.
pub fn versions(topic: Topic) -> impl DoubleEndedIterator<Item = &'static SchemaVersion> {
    schema_versions().iter().filter(move |version| version.topic == topic)
}

/// The version that has this id in the wire format.
pub fn by_id(id: u32) -> Option<&'static SchemaVersion> {
    schema_versions().iter().find(|version| version.id == id)
}

/// The version of `topic` that `text` is, if it is one.
///
/// # Errors
/// `text` is no schema.
pub fn find(topic: Topic, text: &str) -> Result<Option<&'static SchemaVersion>, InvalidSchema> {
    let asked = normal(text)?;
    Ok(versions(topic).find(|version| normal(version.text).is_ok_and(|known| known == asked)))
}

/// Whether two texts are one schema: spaces, the order of attributes and ways to write a name
/// do not count, everything else does.
pub fn same(one: &str, other: &str) -> bool {
    matches!((normal(one), normal(other)), (Ok(one), Ok(other)) if one == other)
}

/// The schema as every text of it reads after parsing.
pub(crate) fn normal(text: &str) -> Result<Value, InvalidSchema> {
    let schema = parsed(text)?;
    serde_json::to_value(&schema).map_err(|error| InvalidSchema(error.to_string()))
}

pub(crate) fn parsed(text: &str) -> Result<Schema, InvalidSchema> {
    Schema::parse_str(text).map_err(|error| InvalidSchema(error.to_string()))
}
