//! The HTTP side of the process that owns a run: its log for other processes, what its units
//! are doing, the views as JSON, its schemas as a registry serves them, and metrics for
//! Prometheus.
//!
//! 1. It listens on this machine only, unless a token is set; then every call but `/health`
//!    must show it.
//! 2. Without a token a browser is kept out: a call must name this machine as its host, and one
//!    to the log must have a content type that no page of another site can send unasked.
//! 3. It runs on threads of its own and blocks no role.

mod metrics;
mod registry;

use anyhow::Result;
use api::answers::{self, Question, answer};
use api::unit_progress::UnitProgress;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use eventlog::remote::PATH;
use eventlog::{Log, Server};
use schemas::Day;
use serde_json::{Value, json};
use shell::redrive::DeadLetterTally;
use shell::status_board::StatusBoard;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Duration;
use store::Views;
use web::{Serving, error_reply as refused, serve};

/// The largest call that is read: a publish of a whole day of bars with room to spare.
const LARGEST_CALL: usize = 64 << 20;
/// Scan days whose quality `/metrics` tells: a year, and those that have not matured.
const MEASURED_DAYS: usize = 310;
/// How long a call for metrics waits for the dead letters to be counted.
const COUNTING: Duration = Duration::from_secs(1);
/// What has been counted so far.
#[derive(Default)]
struct Counting {
    letters: DeadLetterTally,
    /// The day the views had reached when quality was counted.
    measured: Option<Option<Day>>,
}

struct Served {
    calls: Server,
    log: Arc<dyn Log>,
    /// Held by the one who counts.
    counting: Mutex<Counting>,
    /// As last counted, as metrics: the letters, and how good predictions are.
    told: Mutex<(String, String)>,
    board: Arc<StatusBoard>,
    views: Views,
}

/// Starts to serve a run.
///
/// # Errors
/// As [`serve`]; or the address is taken.
pub fn start(
    listen: &str,
    token: Option<String>,
    log: Arc<dyn Log>,
    board: Arc<StatusBoard>,
    views: Views,
) -> Result<Serving> {
    let calls = Server::new(Arc::clone(&log));
    let served = Arc::new(Served {
        calls,
        log,
        counting: Mutex::default(),
        told: Mutex::default(),
        board,
        views,
    });
    serve("listen", listen, token, of_a_run().with_state(served))
}

/// Starts to serve the schemas alone.
///
/// # Errors
/// As [`start`].
pub fn start_schemas(listen: &str, token: Option<String>) -> Result<Serving> {
    serve("--listen", listen, token, registry::routes())
}

fn of_a_run() -> Router<Arc<Served>> {
    Router::new()
        .route(PATH, post(log_call).layer(DefaultBodyLimit::max(LARGEST_CALL)))
        .route("/status", get(status))
        .route("/views/{view}", get(view))
        .route("/metrics", get(told_metrics))
        .merge(registry::routes())
}

async fn log_call(State(served): State<Arc<Served>>, headers: HeaderMap, body: Bytes) -> Response {
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "application/octet-stream") {
        return refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a call to the log is application/octet-stream",
        );
    }
    match tokio::task::spawn_blocking(move || served.calls.handle(PATH, &body)).await {
        Ok(Ok(bytes)) => bytes.into_response(),
        Ok(Err(error)) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn status(State(served): State<Arc<Served>>) -> Json<Value> {
    let units: Vec<UnitProgress> = served.board.all().iter().filter_map(UnitProgress::of).collect();
    Json(json!({ "units": units }))
}

async fn told_metrics(State(served): State<Arc<Served>>) -> Response {
    let mut text = metrics::text(&served.board.all());
    let counting = Arc::clone(&served);
    let counted = tokio::task::spawn_blocking(move || count(&counting));
    // A log that is away is waited for without end; what is measured is asked for now.
    match tokio::time::timeout(COUNTING, counted).await {
        Ok(Ok(Ok(()))) | Err(_) => {}
        Ok(Ok(Err(error))) => tracing::warn!("a part of /metrics cannot be told: {error:#}"),
        Ok(Err(error)) => tracing::warn!("a part of /metrics cannot be told: {error}"),
    }
    let told = served.told.lock().unwrap_or_else(PoisonError::into_inner);
    text.push_str(&told.0);
    text.push_str(&told.1);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// Counts what has come since the last time, unless somebody is at it. How good predictions are
/// is counted once a day closes: a scrape comes every few seconds.
fn count(served: &Served) -> Result<()> {
    let mut counting = match served.counting.try_lock() {
        Ok(counting) => counting,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return Ok(()),
    };
    let told = || served.told.lock().unwrap_or_else(PoisonError::into_inner);
    let through = served.views.through()?;
    if counting.measured != Some(through) {
        let figures = answers::quality::quality(&served.views, MEASURED_DAYS)?;
        counting.measured = Some(through);
        told().1 = metrics::quality(&figures);
    }
    counting.letters.read_on(&*served.log)?;
    told().0 = metrics::letters(&counting.letters);
    Ok(())
}

async fn view(
    State(served): State<Arc<Served>>,
    Path(view): Path<String>,
    Query(given): Query<BTreeMap<String, String>>,
) -> Response {
    let question = match Question::asked(&view, &given) {
        Ok(question) => question,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &format!("{error:#}")),
    };
    match tokio::task::spawn_blocking(move || answer(&served.views, &question)).await {
        Ok(Ok(found)) => Json(found).into_response(),
        Ok(Err(error)) => refused(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}")),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

#[cfg(test)]
mod tests;
