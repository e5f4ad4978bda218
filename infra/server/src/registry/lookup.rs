//! Schemas by subject, version and id, and a schema as the registry shows it.

use super::answer::RegistryError;
use axum::body::Bytes;
use schemas::codec::SchemaVersion;
use schemas::{Topic, registry};
use serde_json::{Value, json};

/// The subject without the name of the default context, the only one: `:.:S` is `S`.
pub(super) fn unqualified(subject: &str) -> &str {
    subject.strip_prefix(":.:").unwrap_or(subject)
}

pub(super) fn topic(subject: &str) -> Result<Topic, RegistryError> {
    registry::topic_of(unqualified(subject))
        .ok_or_else(|| RegistryError(40401, format!("Subject '{subject}' not found.")))
}

/// The version named `1` or `latest`.
pub(super) fn version_of(
    subject: &str,
    version: &str,
) -> Result<&'static SchemaVersion, RegistryError> {
    let mut versions = registry::versions(topic(subject)?);
    if ["latest", "-1"].contains(&version) {
        return versions.next_back().ok_or_else(|| RegistryError(40402, "no versions".to_owned()));
    }
    let number = version.parse::<i32>().ok().filter(|number| *number > 0).ok_or_else(|| {
        RegistryError(
            42202,
            format!(
                "The specified version '{version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\""
            ),
        )
    })?;
    versions
        .find(|known| i64::from(known.version) == i64::from(number))
        .ok_or_else(|| RegistryError(40402, format!("Version {number} not found.")))
}

pub(super) fn by_id(id: &str) -> Result<&'static SchemaVersion, RegistryError> {
    let number: u32 =
        id.parse().map_err(|_| RegistryError(404, "HTTP 404 Not Found".to_owned()))?;
    registry::by_id(number)
        .ok_or_else(|| RegistryError(40403, format!("Schema {number} not found")))
}

/// The schema in a request's body.
pub(super) fn schema_in(body: &Bytes) -> Result<String, RegistryError> {
    let request: Value = serde_json::from_slice(body)
        .map_err(|error| RegistryError(400, format!("the request body is not JSON: {error}")))?;
    let kind = request.get("schemaType").and_then(Value::as_str).unwrap_or("AVRO");
    match request.get("schema").and_then(Value::as_str) {
        Some(text) if kind == "AVRO" => Ok(text.to_owned()),
        Some(_) => Err(RegistryError(42201, format!("schemas are AVRO here, not {kind}"))),
        None => Err(RegistryError(42201, "the request body has no \"schema\"".to_owned())),
    }
}

pub(super) fn invalid(error: registry::InvalidSchema) -> RegistryError {
    RegistryError(42201, format!("Invalid schema: {error}"))
}

/// The schema without the line breaks and indents of its file.
pub(super) fn compact(version: &SchemaVersion) -> String {
    version.text.lines().map(str::trim_start).collect()
}

pub(super) fn record(subject: &str, version: &SchemaVersion) -> Value {
    json!({
        "subject": unqualified(subject),
        "version": version.version,
        "id": version.id,
        "schemaType": "AVRO",
        "schema": compact(version),
    })
}
