//! The read side of the Confluent Schema Registry API over this program's own schemas, so that
//! any registry client can read the topics.
//!
//! Schemas are part of the program: nothing can be written. Registering a schema that exists
//! returns its id, as a registry does; any other change is answered with error 42205.

mod answer;
mod lookup;

use answer::{Answer, RegistryError, RegistryJson};
use anyhow::Result;
use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use lookup::{by_id, compact, invalid, record, schema_in, topic, unqualified, version_of};
use schemas::codec::{SchemaVersion, schema_versions};
use schemas::registry::{COMPATIBILITY, MEDIA_TYPE};
use schemas::{Topic, compatibility, registry};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use web::{Serving, serve};

type Parameters = Query<BTreeMap<String, String>>;

/// Starts to serve the schemas alone, and lists the subjects of the runs whose topics begin with `prefixes`.
///
/// # Errors
/// As [`serve`].
pub fn start_schemas(
    listen: &str,
    token: Option<String>,
    prefixes: Vec<String>,
) -> Result<Serving> {
    let routes = routes(prefixes).route("/", get(async || root()));
    serve("--listen", listen, token, routes.fallback(nowhere))
}

/// The answer at `/`, by which clients see that a registry is there.
pub(crate) fn root() -> Response {
    found(json!({})).into_response()
}

/// The API but for `/`, each path also with a slash at its end.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(prefixes: Vec<String>) -> Router<S> {
    let paths = [
        ("/subjects", get(subjects)),
        ("/subjects/{subject}", post(look_up).delete(read_only)),
        ("/subjects/{subject}/versions", get(versions).post(register)),
        ("/subjects/{subject}/versions/{version}", get(version).delete(read_only)),
        ("/subjects/{subject}/versions/{version}/schema", get(version_schema)),
        ("/subjects/{subject}/versions/{version}/referencedby", get(referenced_by)),
        ("/schemas", get(all)),
        ("/schemas/types", get(async || found(json!(["AVRO"])))),
        ("/schemas/ids/{id}", get(schema)),
        ("/schemas/ids/{id}/schema", get(bare_schema)),
        ("/schemas/ids/{id}/subjects", get(subjects_of)),
        ("/schemas/ids/{id}/versions", get(versions_of)),
        ("/schemas/guids/{guid}", get(by_guid)),
        ("/schemas/guids/{guid}/ids", get(by_guid)),
        ("/contexts", get(async || found(json!(["."])))),
        ("/config", get(async || found(level())).put(read_only).delete(read_only)),
        ("/mode", get(async || found(mode())).put(read_only).delete(read_only)),
        ("/config/{subject}", get(config).put(read_only).delete(read_only)),
        ("/mode/{subject}", get(mode_of).put(read_only).delete(read_only)),
        ("/compatibility/subjects/{subject}/versions", post(compatible_with_all)),
        ("/compatibility/subjects/{subject}/versions/{version}", post(compatible)),
        ("/v1/metadata/id", get(async || found(cluster_id()))),
        ("/v1/metadata/version", get(async || found(program_version()))),
    ];
    let router = paths.into_iter().fold(Router::new(), |router, (path, methods)| {
        router.route(&format!("{path}/"), methods.clone()).route(path, methods)
    });
    router.method_not_allowed_fallback(not_allowed).layer(Extension(Runs(prefixes.into())))
}

/// The prefixes of the runs whose subjects are listed.
#[derive(Clone)]
struct Runs(Arc<[String]>);

impl Runs {
    /// The subjects of `topic` that begin with `wanted`, which may name another run's prefix: any run has them.
    fn subjects<'a>(&'a self, topic: Topic, wanted: &'a str) -> impl Iterator<Item = String> + 'a {
        let run = wanted.find("butterquant.").map_or(wanted, |at| &wanted[..at]);
        let other = Some(run).filter(|run| run.ends_with('.') && self.0.iter().all(|p| p != run));
        let prefixes = self.0.iter().map(String::as_str).chain(other);
        prefixes
            .map(move |prefix| registry::subject(topic, prefix))
            .filter(move |subject| subject.starts_with(wanted))
    }
}

/// The answer to a path that a registry does not have.
pub(crate) async fn nowhere() -> Response {
    RegistryError(404, "HTTP 404 Not Found".to_owned()).into_response()
}

async fn not_allowed() -> RegistryError {
    RegistryError(405, "HTTP 405 Method Not Allowed".to_owned())
}

fn level() -> Value {
    json!({ "compatibilityLevel": COMPATIBILITY })
}

fn mode() -> Value {
    json!({ "mode": "READONLY" })
}

/// A registry names itself by its own group and the cluster that keeps its schemas; there is none here.
fn cluster_id() -> Value {
    let clusters = json!({ "kafka-cluster": "", "schema-registry-cluster": "butterquant" });
    json!({ "scope": { "path": [], "clusters": clusters }, "id": "" })
}

fn program_version() -> Value {
    json!({ "version": env!("CARGO_PKG_VERSION"), "commitId": "" })
}

/// Whether a subject has a level and a mode: its own, or the global one where that is asked for.
fn has_own(subject: &str, parameters: &BTreeMap<String, String>) -> bool {
    topic(subject).is_ok() || yes(parameters, &["defaultToGlobal"])
}

async fn config(Path(subject): Path<String>, Query(parameters): Parameters) -> Answer {
    if has_own(&subject, &parameters) {
        return found(level());
    }
    let what = "does not have subject-level compatibility configured";
    Err(RegistryError(40408, format!("Subject '{subject}' {what}")))
}

async fn mode_of(Path(subject): Path<String>, Query(parameters): Parameters) -> Answer {
    if has_own(&subject, &parameters) {
        return found(mode());
    }
    let what = "does not have subject-level mode configured";
    Err(RegistryError(40409, format!("Subject '{subject}' {what}")))
}

/// Schemas have no GUID here: their ids are fixed.
async fn by_guid(Path(guid): Path<String>) -> RegistryError {
    RegistryError(40403, format!("Schema {guid} not found"))
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

/// The subjects of a topic: those of the listed runs, or the one asked for if it is of this topic.
fn named(topic: Topic, runs: &Runs, parameters: &BTreeMap<String, String>) -> Vec<String> {
    let Some(subject) = parameters.get("subject") else {
        return runs.subjects(topic, "").collect();
    };
    let subject = unqualified(subject);
    if registry::topic_of(subject) == Some(topic) { vec![subject.to_owned()] } else { Vec::new() }
}

/// The beginning that the listed subjects must have.
fn wanted(parameters: &BTreeMap<String, String>) -> &str {
    let prefix = parameters.get("subjectPrefix").map(String::as_str).unwrap_or_default();
    let of_all = prefix.strip_prefix(":*:"); // of all contexts: there is one
    of_all.unwrap_or_else(|| unqualified(prefix))
}

async fn subjects(Extension(runs): Extension<Runs>, Query(parameters): Parameters) -> Answer {
    if yes(&parameters, &["deletedOnly", "deleted_only"]) {
        return found(json!([]));
    }
    let wanted = wanted(&parameters);
    let all = Topic::ALL.into_iter().flat_map(|topic| runs.subjects(topic, wanted));
    page(all.map(Value::from).collect(), &parameters)
}

async fn all(Extension(runs): Extension<Runs>, Query(parameters): Parameters) -> Answer {
    let (wanted, latest) = (wanted(&parameters), yes(&parameters, &["latestOnly"]));
    let newest = |version: &SchemaVersion| {
        registry::versions(version.topic).next_back().is_some_and(|last| last.id == version.id)
    };
    let versions = schema_versions().iter().filter(|version| !latest || newest(version));
    let shown = versions.flat_map(|version| {
        runs.subjects(version.topic, wanted).map(move |subject| record(&subject, version))
    });
    page(shown.collect(), &parameters)
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

async fn subjects_of(
    Extension(runs): Extension<Runs>,
    Path(id): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    let subjects = named(by_id(&id)?.topic, &runs, &parameters);
    page(subjects.into_iter().map(Value::from).collect(), &parameters)
}

async fn versions_of(
    Extension(runs): Extension<Runs>,
    Path(id): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    let version = by_id(&id)?;
    let one = |subject| json!({ "subject": subject, "version": version.version });
    page(named(version.topic, &runs, &parameters).into_iter().map(one).collect(), &parameters)
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
