//! The schemas as a schema registry sees them: subjects (`<topic>-value`), their versions, and the
//! version of a schema's text.

use crate::Topic;
use crate::codec::{SchemaVersion, schema_versions};
use apache_avro::Schema;
use serde_json::Value;

/// The media type of a schema registry's JSON.
pub const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";
/// How a topic's versions relate, in a schema registry's words.
pub const COMPATIBILITY: &str = "FULL_TRANSITIVE";

/// The text is not an Avro schema.
#[derive(Debug, thiserror::Error)]
#[error("not a valid Avro schema: {0}")]
pub struct InvalidSchema(String);

/// The subject of `topic` in a run whose topics begin with `prefix`.
pub fn subject(topic: Topic, prefix: &str) -> String {
    format!("{prefix}{}-value", topic.name())
}

/// The topic of a subject, whatever the run's prefix (`demo.`).
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

/// The version with this id in the wire format.
pub fn by_id(id: u32) -> Option<&'static SchemaVersion> {
    schema_versions().iter().find(|version| version.id == id)
}

/// The version of `topic` whose schema equals `text`, if any.
///
/// # Errors
/// `text` is not a schema.
pub fn find(topic: Topic, text: &str) -> Result<Option<&'static SchemaVersion>, InvalidSchema> {
    let asked = normal(text)?;
    Ok(versions(topic).find(|version| normal(version.text).is_ok_and(|known| known == asked)))
}

/// Whether two texts are the same schema: whitespace, attribute order and the notation of names do
/// not matter, everything else does.
pub fn same(one: &str, other: &str) -> bool {
    matches!((normal(one), normal(other)), (Ok(one), Ok(other)) if one == other)
}

/// The schema's canonical form.
pub(crate) fn normal(text: &str) -> Result<Value, InvalidSchema> {
    let schema = parsed(text)?;
    serde_json::to_value(&schema).map_err(|error| InvalidSchema(error.to_string()))
}

pub(crate) fn parsed(text: &str) -> Result<Schema, InvalidSchema> {
    Schema::parse_str(text).map_err(|error| InvalidSchema(error.to_string()))
}
