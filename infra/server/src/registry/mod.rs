//! The read side of the Confluent Schema Registry API over this program's own schemas, so that
//! any registry client can read the topics.
//!
//! Schemas are part of the program: nothing can be written. Registering a schema that exists
//! returns its id, as a registry does; any other change is answered with error 42205.

mod answer;
mod lookup;

use answer::{Answer, RegistryError, RegistryJson};
use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use lookup::{by_id, compact, invalid, record, schema_in, topic, version_of};
use schemas::codec::{SchemaVersion, schema_versions};
use schemas::registry::{COMPATIBILITY, MEDIA_TYPE};
use schemas::{Topic, compatibility, registry};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use web::{Serving, serve};

type Parameters = Query<BTreeMap<String, String>>;

/// Starts to serve the schemas alone.
///
/// # Errors
/// As [`serve`].
pub fn start_schemas(listen: &str, token: Option<String>) -> Result<Serving> {
    serve("--listen", listen, token, routes())
}

/// The API.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let (level, mode) = (
        || found(json!({ "compatibilityLevel": COMPATIBILITY })),
        || found(json!({ "mode": "READONLY" })),
    );
    Router::new()
        .route("/subjects", get(subjects))
        .route("/subjects/{subject}", post(look_up).delete(read_only))
        .route("/subjects/{subject}/versions", get(versions).post(register))
        .route("/subjects/{subject}/versions/{version}", get(version).delete(read_only))
        .route("/subjects/{subject}/versions/{version}/schema", get(version_schema))
        .route("/subjects/{subject}/versions/{version}/referencedby", get(referenced_by))
        .route("/schemas", get(all))
        .route("/schemas/types", get(async || found(json!(["AVRO"]))))
        .route("/schemas/ids/{id}", get(schema))
        .route("/schemas/ids/{id}/schema", get(bare_schema))
        .route("/schemas/ids/{id}/subjects", get(subjects_of))
        .route("/schemas/ids/{id}/versions", get(versions_of))
        .route("/contexts", get(async || found(json!(["."]))))
        .route("/config", get(async move || level()).put(read_only).delete(read_only))
        .route("/mode", get(async move || mode()).put(read_only).delete(read_only))
        .route(
            "/config/{subject}",
            get(async move |Path(subject): Path<String>| topic(&subject).and_then(|_| level()))
                .put(read_only)
                .delete(read_only),
        )
        .route(
            "/mode/{subject}",
            get(async move |Path(subject): Path<String>| topic(&subject).and_then(|_| mode()))
                .put(read_only)
                .delete(read_only),
        )
        .route("/compatibility/subjects/{subject}/versions", post(compatible_with_all))
        .route("/compatibility/subjects/{subject}/versions/{version}", post(compatible))
}

fn found(value: Value) -> Answer {
    Ok(RegistryJson(value))
}

async fn read_only() -> RegistryError {
    RegistryError(
        42205,
        "these schemas are part of the program and read-only; a new version comes with a new release"
            .to_owned(),
    )
}

/// The part of a list selected by `offset` and `limit`.
fn page(list: Vec<Value>, parameters: &BTreeMap<String, String>) -> Answer {
    let number = |name: &str| parameters.get(name).and_then(|text| text.parse::<usize>().ok());
    let limit = number("limit").filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    found(list.into_iter().skip(number("offset").unwrap_or(0)).take(limit).collect())
}

fn yes(parameters: &BTreeMap<String, String>, names: &[&str]) -> bool {
    names
        .iter()
        .any(|name| parameters.get(*name).is_some_and(|text| text.eq_ignore_ascii_case("true")))
}

/// The subject of a topic: without a run's prefix, or as requested if it is of this topic.
fn named(topic: Topic, parameters: &BTreeMap<String, String>) -> Option<String> {
    let Some(subject) = parameters.get("subject") else {
        return Some(registry::subject(topic, ""));
    };
    (registry::topic_of(subject) == Some(topic)).then(|| subject.clone())
}

async fn subjects(Query(parameters): Parameters) -> Answer {
    if yes(&parameters, &["deletedOnly", "deleted_only"]) {
        return found(json!([]));
    }
    let prefix = parameters.get("subjectPrefix").map(String::as_str).unwrap_or_default();
    let prefix = prefix.strip_prefix(":*:").unwrap_or(prefix); // of all contexts: there is one
    let all = Topic::ALL.into_iter().map(|topic| registry::subject(topic, ""));
    page(all.filter(|subject| subject.starts_with(prefix)).map(Value::from).collect(), &parameters)
}

async fn all(Query(parameters): Parameters) -> Answer {
    let prefix = parameters.get("subjectPrefix").map(String::as_str).unwrap_or_default();
    let latest = yes(&parameters, &["latestOnly"]);
    let newest = |version: &SchemaVersion| {
        registry::versions(version.topic).next_back().is_some_and(|last| last.id == version.id)
    };
    let wanted = schema_versions().iter().filter(|version| !latest || newest(version));
    let named = wanted.map(|version| (registry::subject(version.topic, ""), version));
    let shown = named.filter(|(subject, _)| subject.starts_with(prefix));
    page(shown.map(|(subject, version)| record(&subject, version)).collect(), &parameters)
}

async fn versions(Path(subject): Path<String>, Query(parameters): Parameters) -> Answer {
    let versions = registry::versions(topic(&subject)?);
    page(versions.map(|version| version.version.into()).collect(), &parameters)
}

async fn version(Path((subject, version)): Path<(String, String)>) -> Answer {
    found(record(&subject, version_of(&subject, &version)?))
}

async fn version_schema(
    Path((subject, version)): Path<(String, String)>,
) -> Result<Response, RegistryError> {
    Ok(bare(version_of(&subject, &version)?))
}

async fn referenced_by(Path((subject, version)): Path<(String, String)>) -> Answer {
    version_of(&subject, &version)?;
    found(json!([]))
}

/// The file itself.
fn bare(version: &SchemaVersion) -> Response {
    ([(CONTENT_TYPE, MEDIA_TYPE)], version.text).into_response()
}

async fn schema(Path(id): Path<String>) -> Answer {
    found(json!({ "schemaType": "AVRO", "schema": compact(by_id(&id)?) }))
}

async fn bare_schema(Path(id): Path<String>) -> Result<Response, RegistryError> {
    Ok(bare(by_id(&id)?))
}

async fn subjects_of(Path(id): Path<String>, Query(parameters): Parameters) -> Answer {
    let subject = named(by_id(&id)?.topic, &parameters);
    page(subject.into_iter().map(Value::from).collect(), &parameters)
}

async fn versions_of(Path(id): Path<String>, Query(parameters): Parameters) -> Answer {
    let version = by_id(&id)?;
    let one = |subject| json!({ "subject": subject, "version": version.version });
    page(named(version.topic, &parameters).into_iter().map(one).collect(), &parameters)
}

async fn look_up(Path(subject): Path<String>, body: Bytes) -> Answer {
    let topic = topic(&subject)?;
    let known = registry::find(topic, &schema_in(&body)?).map_err(invalid)?;
    found(record(
        &subject,
        known.ok_or_else(|| RegistryError(40403, "Schema not found".to_owned()))?,
    ))
}

async fn register(Path(subject): Path<String>, body: Bytes) -> Answer {
    if let Ok(topic) = topic(&subject)
        && let Some(known) = registry::find(topic, &schema_in(&body)?).map_err(invalid)?
    {
        return found(json!({ "id": known.id }));
    }
    Err(read_only().await)
}

async fn compatible_with_all(
    Path(subject): Path<String>,
    Query(parameters): Parameters,
    body: Bytes,
) -> Answer {
    let topic = topic(&subject)?;
    verdict(compatibility::check_all(topic, &schema_in(&body)?), &parameters)
}

async fn compatible(
    Path((subject, version)): Path<(String, String)>,
    Query(parameters): Parameters,
    body: Bytes,
) -> Answer {
    let other = version_of(&subject, &version)?;
    verdict(compatibility::check(other.topic, &[other], &schema_in(&body)?), &parameters)
}

fn verdict(
    checked: Result<Vec<String>, registry::InvalidSchema>,
    parameters: &BTreeMap<String, String>,
) -> Answer {
    let problems = checked.map_err(invalid)?;
    let mut answer = json!({ "is_compatible": problems.is_empty() });
    if yes(parameters, &["verbose"]) {
        answer["messages"] = problems.into();
    }
    found(answer)
}

#[cfg(test)]
mod tests;
