//! The read side of the Confluent Schema Registry API over this program's own schemas, so that
//! any registry client reads the topics; and registering them with a registry elsewhere.
//!
//! Schemas are part of the program: nothing here can be written. Registering a schema that is
//! here already gives its id, as a registry does; everything else that would change something is
//! answered with error 42205.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use schemas::codec::{SchemaVersion, schema_versions};
use schemas::registry::{COMPATIBILITY, MEDIA_TYPE};
use schemas::{Topic, compatibility, registry};
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Parameters = Query<BTreeMap<String, String>>;
type Answer = Result<Found, Problem>;

/// An answer's body.
struct Found(Value);

/// A registry's error: its code begins with the HTTP status.
struct Problem(u32, String);

impl IntoResponse for Found {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, MEDIA_TYPE)], self.0.to_string()).into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Problem(code, message) = self;
        let status = u16::try_from(if code > 999 { code / 100 } else { code });
        let status = status.ok().and_then(|status| StatusCode::from_u16(status).ok());
        let body = Found(json!({ "error_code": code, "message": message }));
        (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body).into_response()
    }
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
    Ok(Found(value))
}

async fn read_only() -> Problem {
    Problem(
        42205,
        "these schemas are part of the program and read-only; a new version comes with a new release"
            .to_owned(),
    )
}

fn topic(subject: &str) -> Result<Topic, Problem> {
    registry::topic_of(subject)
        .ok_or_else(|| Problem(40401, format!("Subject '{subject}' not found.")))
}

/// The version meant by `1` or `latest`.
fn version_of(subject: &str, version: &str) -> Result<&'static SchemaVersion, Problem> {
    let mut versions = registry::versions(topic(subject)?);
    if ["latest", "-1"].contains(&version) {
        return versions.next_back().ok_or_else(|| Problem(40402, "no version".to_owned()));
    }
    let number = version.parse::<i32>().ok().filter(|number| *number > 0).ok_or_else(|| {
        Problem(
            42202,
            format!(
                "The specified version '{version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\""
            ),
        )
    })?;
    versions
        .find(|known| i64::from(known.version) == i64::from(number))
        .ok_or_else(|| Problem(40402, format!("Version {number} not found.")))
}

fn by_id(id: &str) -> Result<&'static SchemaVersion, Problem> {
    let number: u32 = id.parse().map_err(|_| Problem(404, format!("{id:?} is no schema id")))?;
    registry::by_id(number).ok_or_else(|| Problem(40403, format!("Schema {number} not found")))
}

/// The schema a call carries.
fn schema_in(body: &Bytes) -> Result<String, Problem> {
    let call: Value = serde_json::from_slice(body)
        .map_err(|error| Problem(400, format!("the call is no JSON: {error}")))?;
    let kind = call.get("schemaType").and_then(Value::as_str).unwrap_or("AVRO");
    match call.get("schema").and_then(Value::as_str) {
        Some(text) if kind == "AVRO" => Ok(text.to_owned()),
        Some(_) => Err(Problem(42201, format!("schemas are AVRO here, not {kind}"))),
        None => Err(Problem(42201, "the call has no \"schema\"".to_owned())),
    }
}

fn invalid(error: registry::InvalidSchema) -> Problem {
    Problem(42201, format!("Invalid schema: {error}"))
}

/// The schema without the line breaks and indents of its file.
fn compact(version: &SchemaVersion) -> String {
    version.text.lines().map(str::trim_start).collect()
}

fn record(subject: &str, version: &SchemaVersion) -> Value {
    json!({
        "subject": subject,
        "version": version.version,
        "id": version.id,
        "schemaType": "AVRO",
        "schema": compact(version),
    })
}

/// The part of a list that `offset` and `limit` ask for.
fn page(list: Vec<Value>, asked: &BTreeMap<String, String>) -> Answer {
    let number = |name: &str| asked.get(name).and_then(|text| text.parse::<usize>().ok());
    let limit = number("limit").filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    found(list.into_iter().skip(number("offset").unwrap_or(0)).take(limit).collect())
}

fn yes(asked: &BTreeMap<String, String>, names: &[&str]) -> bool {
    names.iter().any(|name| asked.get(*name).is_some_and(|text| text.eq_ignore_ascii_case("true")))
}

/// The subjects of a topic: without a run's prefix, or the one that is asked for.
fn named(topic: Topic, asked: &BTreeMap<String, String>) -> Option<String> {
    let Some(subject) = asked.get("subject") else {
        return Some(registry::subject(topic, ""));
    };
    (registry::topic_of(subject) == Some(topic)).then(|| subject.clone())
}

async fn subjects(Query(asked): Parameters) -> Answer {
    if yes(&asked, &["deletedOnly", "deleted_only"]) {
        return found(json!([]));
    }
    let prefix = asked.get("subjectPrefix").map(String::as_str).unwrap_or_default();
    let prefix = prefix.strip_prefix(":*:").unwrap_or(prefix); // of all contexts: there is one
    let all = Topic::ALL.into_iter().map(|topic| registry::subject(topic, ""));
    page(all.filter(|subject| subject.starts_with(prefix)).map(Value::from).collect(), &asked)
}

async fn all(Query(asked): Parameters) -> Answer {
    let prefix = asked.get("subjectPrefix").map(String::as_str).unwrap_or_default();
    let latest = yes(&asked, &["latestOnly"]);
    let newest = |version: &SchemaVersion| {
        registry::versions(version.topic).next_back().is_some_and(|last| last.id == version.id)
    };
    let wanted = schema_versions().iter().filter(|version| !latest || newest(version));
    let named = wanted.map(|version| (registry::subject(version.topic, ""), version));
    let shown = named.filter(|(subject, _)| subject.starts_with(prefix));
    page(shown.map(|(subject, version)| record(&subject, version)).collect(), &asked)
}

async fn versions(Path(subject): Path<String>, Query(asked): Parameters) -> Answer {
    let versions = registry::versions(topic(&subject)?);
    page(versions.map(|version| version.version.into()).collect(), &asked)
}

async fn version(Path((subject, version)): Path<(String, String)>) -> Answer {
    found(record(&subject, version_of(&subject, &version)?))
}

async fn version_schema(
    Path((subject, version)): Path<(String, String)>,
) -> Result<Response, Problem> {
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

async fn bare_schema(Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(bare(by_id(&id)?))
}

async fn subjects_of(Path(id): Path<String>, Query(asked): Parameters) -> Answer {
    let subject = named(by_id(&id)?.topic, &asked);
    page(subject.into_iter().map(Value::from).collect(), &asked)
}

async fn versions_of(Path(id): Path<String>, Query(asked): Parameters) -> Answer {
    let version = by_id(&id)?;
    let one = |subject| json!({ "subject": subject, "version": version.version });
    page(named(version.topic, &asked).into_iter().map(one).collect(), &asked)
}

async fn look_up(Path(subject): Path<String>, body: Bytes) -> Answer {
    let topic = topic(&subject)?;
    let known = registry::find(topic, &schema_in(&body)?).map_err(invalid)?;
    found(record(&subject, known.ok_or_else(|| Problem(40403, "Schema not found".to_owned()))?))
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
    Query(asked): Parameters,
    body: Bytes,
) -> Answer {
    let topic = topic(&subject)?;
    verdict(compatibility::check_all(topic, &schema_in(&body)?), &asked)
}

async fn compatible(
    Path((subject, version)): Path<(String, String)>,
    Query(asked): Parameters,
    body: Bytes,
) -> Answer {
    let other = version_of(&subject, &version)?;
    verdict(compatibility::check(other.topic, &[other], &schema_in(&body)?), &asked)
}

fn verdict(
    checked: Result<Vec<String>, registry::InvalidSchema>,
    asked: &BTreeMap<String, String>,
) -> Answer {
    let problems = checked.map_err(invalid)?;
    let mut said = json!({ "is_compatible": problems.is_empty() });
    if yes(asked, &["verbose"]) {
        said["messages"] = problems.into();
    }
    found(said)
}

#[cfg(test)]
mod tests;
